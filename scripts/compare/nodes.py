"""Read a schema for a comparison: what its references and `allOf` say together, its alternatives, its types."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ..document.expression import Keys
from ..document.references import resolve
from ..document.source import Pointer
from .pairing import ANNOTATIONS

Schema = Mapping[str, Any]
# Keywords that limit values, and whether a larger number allows less.
LIMITS = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), True),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), False),
}
OTHERS = ("additionalProperties", "unevaluatedProperties")  # what properties in addition to the named ones may be
OTHER_LIMITS = ("pattern", "format", "multipleOf", "uniqueItems", *OTHERS)
NUMERIC = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")
# The keywords that limit values of one type only.
OF_TYPE = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "array": ("minItems", "maxItems", "uniqueItems", "items", "prefixItems"),
    "object": ("minProperties", "maxProperties", "properties", "required", "patternProperties", *OTHERS),
    "number": NUMERIC,
    "integer": NUMERIC,
}
ONLY = {"allOf", *ANNOTATIONS}  # the keywords of a schema that is one of others, described
# Keywords that limit values next to `$ref`, from OpenAPI 3.1 on.
NEXT_TO_REFERENCES = {*LIMITS, *OTHER_LIMITS, "const", "enum", "not", "required"}
NOTHING: Schema = {"not": {}}  # what `false` says
JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


@frozen
class Node:
    """A schema with its place.

    `subject` is how the report names it, such as `DockStatus.modelId`; `component` is the one that it refers to.
    """

    schema: Schema
    pointer: Pointer
    subject: str
    component: str = ""


def node_of(data: Any, schema: Any, pointer: Pointer, subject: str) -> Node:
    """Return a schema with what its reference and its `allOf` say; a component gives the subject its name."""
    component = ""
    while isinstance(schema, Mapping) and "$ref" in schema:
        limiting = {key: schema[key] for key in schema.keys() & NEXT_TO_REFERENCES}
        if limiting and not str(data.get("openapi", "")).startswith("3.0"):
            referred = node_of(data, {"$ref": schema["$ref"]}, pointer, subject)
            return Node(_merged(referred.schema, limiting), pointer, referred.subject, referred.component)
        schema, pointer = resolve(data, schema, pointer)
        if pointer[:2] == ("components", "schemas"):
            subject = component = str(pointer[2])
    if not isinstance(schema, Mapping):
        return Node(_as_mapping(schema is not False), pointer, subject, component)
    if "allOf" not in schema:
        return Node(schema, pointer, subject, component)
    merged: dict[str, Any] = {}
    for index, branch in enumerate((*schema["allOf"], {key: schema[key] for key in schema if key != "allOf"})):
        place = (*pointer, "allOf", index) if index < len(schema["allOf"]) else pointer
        flat = node_of(data, branch, place, subject)
        if len(schema["allOf"]) == 1 and isinstance(branch, Mapping) and "$ref" in branch and schema.keys() <= ONLY:
            pointer, subject, component = flat.pointer, flat.subject, component or flat.component
        properties = {
            name: _Placed(_as_mapping(child), getattr(child, "pointer", (*flat.pointer, "properties", name)))
            for name, child in flat.schema.get("properties", {}).items()
            if isinstance(child, Mapping | bool)
        }
        both = merged.get("properties", {}), properties
        merged = {
            **_merged(merged, flat.schema),
            "properties": {**both[0], **{name: _joined(both[0].get(name), child) for name, child in both[1].items()}},
            "required": [*merged.get("required", ()), *flat.schema.get("required", ())],
        }
    return Node({key: value for key, value in merged.items() if value not in ({}, [])}, pointer, subject, component)


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two branches of `allOf` say together. What cannot be united is kept, to be compared as it is."""
    found, kept = dict(first), {}
    for key, value in second.items():
        if key not in first or first[key] == value or key == "type" or key in ANNOTATIONS or key.startswith("x-"):
            found[key] = value
        elif key in LIMITS:
            found[key] = max(first[key], value) if LIMITS[key] else min(first[key], value)
        elif key == "enum":
            found[key] = [one for one in first[key] if one in value]
        elif key not in ("properties", "required", "allOf"):
            kept[key] = value
    branches = [*first.get("allOf", ()), *second.get("allOf", ()), *([kept] if kept else [])]
    return {**found, "allOf": branches} if branches else found


def _joined(first: "_Placed | None", second: "_Placed") -> "_Placed":
    """Return a property that two branches of `allOf` describe."""
    if first is None or first == second:
        return second
    if second.keys() <= set(ANNOTATIONS):
        return _Placed({**first, **second}, first.pointer)
    return _Placed({"allOf": [dict(first), dict(second)]}, second.pointer)


class _Placed(dict[str, Any]):
    """A property of a branch of `allOf`, with its place."""

    def __init__(self, schema: Mapping[str, Any], pointer: Pointer) -> None:
        super().__init__(schema)
        self.pointer = pointer


def properties_of(node: Node) -> list[Node]:
    found = node.schema.get("properties", {})
    return [
        Node(
            _as_mapping(child), getattr(child, "pointer", (*node.pointer, "properties", name)), f"{node.subject}.{name}"
        )
        for name, child in (found.items() if isinstance(found, Mapping) else ())
        if isinstance(child, Mapping | bool)
    ]


def _as_mapping(schema: Any) -> Schema:
    """Return a schema that may be written as true, which allows everything, or false."""
    return schema if isinstance(schema, Mapping) else {} if schema else NOTHING


def forms_of(data: Any, node: Node) -> list[Node]:
    """Return the alternatives of a schema, except null; the schema itself if it has none."""
    found = [
        node_of(data, branch, (*node.pointer, keyword, index), node.subject)
        for keyword in ("oneOf", "anyOf")
        for index, branch in enumerate(node.schema.get(keyword, ()))
    ]
    if found and not any(one.component for one in found) and all(_only_values(one.schema) for one in found):
        # A list of values, each with its own description.
        values = [value for one in found for value in values_of(one.schema) or () if value is not None]
        schema = {key: value for key, value in node.schema.items() if key not in ("oneOf", "anyOf")}
        return [Node({**schema, "enum": values}, node.pointer, node.subject, node.component)]
    found = [one for one in found if types_of(one.schema) or one.schema.get("type") != "null"]
    return found if found and "properties" not in node.schema else [node]


def forms_by_type(node: Node, forms: list[Node]) -> list[Node]:
    """Return the alternatives of a schema; one for each type, if it lists types instead."""
    types = sorted(types_of(node.schema))
    if forms != [node] or len(types) < 2 or "enum" in node.schema:
        return forms
    others = {keyword for one in types for keyword in OF_TYPE.get(one, ())}
    return [
        Node(
            {key: value for key, value in node.schema.items() if key not in others - {*OF_TYPE.get(one, ())}}
            | {"type": one},
            node.pointer,
            node.subject,
        )
        for one in types
    ]


def has_null(data: Any, node: Node) -> bool:
    """Return whether a schema allows null by its type, or by one of its alternatives."""
    branches = (*node.schema.get("oneOf", ()), *node.schema.get("anyOf", ()))
    return any("null" in listed_types(one.schema) for one in (node, *(node_of(data, b, (), "") for b in branches)))


def _only_values(schema: Schema) -> bool:
    return values_of(schema) is not None and schema.keys() <= {"const", "enum", "type", *ANNOTATIONS}


def listed_types(schema: Schema) -> frozenset[str]:
    """Return the types that a schema allows; those of its values, if it names none."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if "type" not in schema and values:
        return frozenset(JSON_TYPES.get(type(value), "object") for value in values)
    found = schema.get("type", ())
    types = frozenset([found] if isinstance(found, str) else found)
    # A list of values without null allows none, whatever the type says.
    return types - {"null"} if values and None not in values else types


def types_of(schema: Schema) -> frozenset[str]:
    return listed_types(schema) - {"null"}


def values_of(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return [one for one in schema["enum"] if one is not None] if isinstance(schema.get("enum"), list) else None


def is_always_there(data: Any, schema: Any, path: Keys) -> bool:
    """Return whether a value that satisfies a schema always has a value at a path, other than null."""
    node = node_of(data, schema, (), "")
    if has_null(data, node):
        return False
    forms = forms_of(data, node)
    if forms not in ([], [node]):
        return all(is_always_there(data, one.schema, path) for one in forms)
    if not path:
        return True
    child = node.schema.get("properties", {}).get(path[0], True)
    return path[0] in node.schema.get("required", ()) and is_always_there(data, child, path[1:])


def may_have_parts(data: Any, schema: Any) -> bool:
    """Return whether a value may be a list or an object."""
    node = node_of(data, schema, (), "")
    return any(not types_of(one.schema) or types_of(one.schema) & {"array", "object"} for one in forms_of(data, node))
