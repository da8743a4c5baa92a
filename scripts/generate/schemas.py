"""The schemas of a document in the few forms that openapi-python-client generates correct code for.

A schema becomes any value (`{}`), a scalar, an enum of strings or integers, an array, an object, or `anyOf` of these
with at most one object and one array. Objects and enums become components, everything else is written where it is used.
`allOf` is merged; the objects of `oneOf` and `anyOf` become one object with the properties of all of them, because a
response is read without its `required` and `const`, which could distinguish them.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define
from openapi_python_client import strings

from ..document.references import resolve
from ..document.source import Pointer

Schema = dict[str, Any]
ANNOTATIONS = ("description", "example", "default", "x-name", "x-enum-varnames")
COMBINATIONS = ("allOf", "anyOf", "oneOf")
# Keywords that say nothing about the form of a value.
NOTES = frozenset(
    {
        *ANNOTATIONS,
        "title",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "externalDocs",
        "xml",
        "$comment",
        "nullable",
    }
)
OBJECT_KEYWORDS = ("properties", "additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames")
ARRAY_KEYWORDS = ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems")
FORMATS = frozenset({"date-time", "date", "uuid"})  # converted by the generated code
SCALARS = ("string", "integer", "number", "boolean")


@define
class Component:
    """An object or an enum of the view.

    Attributes:
        base: The class name that it gets if it is not taken.
        pointer: Its place in the document.
        flat: The object or enum, with the schemas of its properties as in the document.
        properties: The simplified schemas of the properties.
        additional: The simplified schema of other properties, or None for any value.
        subclass_of: The key of the component that it only gives another class, or None.
        is_scalar: Whether it is a string or an integer that has a class of its own.
    """

    base: str
    pointer: Pointer
    flat: Schema
    properties: dict[str, Schema]
    additional: Schema | None = None
    subclass_of: str | None = None
    is_scalar: bool = False

    @property
    def is_enum(self) -> bool:
        """Whether it is an enum."""
        return "enum" in self.flat


class Schemas:
    """The components of a document, in their simple form, by their key, and those that inline schemas become."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.components: dict[str, Component] = {}
        self._data = data
        self._keys: dict[int, str] = {}
        self._flats: dict[int, tuple[Any, Schema]] = {}  # with the schema, so that no other one gets its id
        self._queue: deque[Component] = deque()
        # All before the properties of any, so that each keeps its own name.
        for name, schema in data.get("components", {}).get("schemas", {}).items():
            self._simplify(schema, name, ("components", "schemas", name), ())
        self._describe_all()

    def simplify(self, schema: Any, name: str, pointer: Pointer) -> Schema:
        """Return the simple form of a schema. `name` is the class that it gets if it is an inline object or enum."""
        simple = self._simplify(schema, name, pointer, ())
        self._describe_all()
        return simple

    def subclass(self, key: str, base: str, pointer: Pointer) -> str:
        """Add a component that is a subclass of another one; return its key."""
        return self._add(Component(base, pointer, self.components[key].flat, {}, None, key))

    def scalar(self, kind: str, base: str, pointer: Pointer) -> str:
        """Add a component that is a class of a string or an integer; return its key."""
        return self._add(Component(base, pointer, {"type": kind}, {}, is_scalar=True))

    def kinds(self, schema: Schema) -> set[str]:
        """Return the types that a simple schema allows; formats that are converted are types of their own."""
        if "$ref" in schema:
            return {str(self.components[schema["$ref"]].flat["type"])}
        if "anyOf" in schema:
            return {kind for member in schema["anyOf"] for kind in self.kinds(member)}
        declared = schema.get("type", "any")
        kinds = set(declared if isinstance(declared, list) else [declared])
        is_converted = "string" in kinds and schema.get("format") in FORMATS
        return (kinds - {"string"}) | {str(schema["format"])} if is_converted else kinds

    def used_by(self, schemas: Iterable[Any]) -> set[str]:
        """Return the keys of all components that simple schemas refer to, directly or not."""
        found: set[str] = set()
        left = list(schemas)
        while left:
            node = left.pop()
            if isinstance(node, list):
                left += node
            elif isinstance(node, Mapping):
                key = node.get("$ref")
                if key in self.components and key not in found:
                    found.add(key)
                    component = self.components[key]
                    left += [component.properties, component.additional, {"$ref": component.subclass_of}]
                left += node.values()
        return found

    def _add(self, component: Component) -> str:
        key = f"#{len(self.components)}"
        self.components[key] = component
        return key

    def _describe_all(self) -> None:
        while self._queue:
            self._describe(self._queue.popleft())

    def _describe(self, component: Component) -> None:
        """Simplify the properties of an object."""
        for name, schema in component.flat.get("properties", {}).items():
            child = component.base + strings.pascal_case(name)
            component.properties[name] = self._simplify(schema, child, (*component.pointer, "properties", name), ())
        if "additionalProperties" in component.flat:
            simple = self._simplify(
                component.flat["additionalProperties"],
                f"{component.base}AdditionalProperty",
                (*component.pointer, "additionalProperties"),
                (),
            )
            component.additional = simple or None

    def _simplify(self, schema: Any, name: str, pointer: Pointer, above: tuple[int, ...]) -> Schema:
        target, place = self._follow(schema, pointer)
        if place[:2] == ("components", "schemas") and len(place) == 3 and place != pointer:
            name = str(place[2])
        flat = self._flat(target)
        notes = {key: schema[key] for key in ("description", "x-name") if isinstance(schema, Mapping) and key in schema}
        if flat.get("type") == "object" or ("enum" in flat and "x-const" not in flat):
            if id(target) not in self._keys:
                component = Component(name, place, flat, {})
                self._keys[id(target)] = self._add(component)
                self._queue.append(component)
            return {"$ref": self._keys[id(target)], **notes}
        if id(target) in above:
            return {}  # an array or a union that contains itself
        above = (*above, id(target))
        notes = {key: value for key, value in flat.items() if key in {"description", "example", "x-name"}} | notes
        if flat.get("type") == "array":
            items = self._simplify(flat["items"], f"{name}Item", (*place, "items"), above)
            return {"type": "array", "items": items, **notes}
        if "anyOf" in flat:
            members: list[Schema] = []
            for member in flat["anyOf"]:
                simple = self._simplify(member, name, place, above)
                members += [simple] if simple not in members else []
            return {"anyOf": members, **notes} if all(members) else notes
        kept: Schema = {key: flat[key] for key in ("type", "format", "default") if key in flat}
        return {**kept, **notes} if "type" in kept else notes

    def _follow(self, schema: Any, pointer: Pointer) -> tuple[Any, Pointer]:
        """Return the schema that a reference, or a combination of one schema with nothing else, stands for."""
        for _ in range(100):
            if not isinstance(schema, Mapping):
                break
            keywords = schema.keys() - NOTES
            if keywords == {"$ref"}:
                schema, pointer = resolve(self._data, schema, pointer)
                continue
            key = next(iter(keywords)) if len(keywords) == 1 else ""
            if key not in COMBINATIONS or len(schema[key]) != 1:
                break
            schema, pointer = schema[key][0], (*pointer, key, 0)
        return schema, pointer

    def _flat(self, schema: Any) -> Schema:
        """Return the flat form of a schema: without `$ref`, `allOf` and `oneOf`, except in its properties and items."""
        if id(schema) not in self._flats:
            self._flats[id(schema)] = (schema, self._flatten(schema, frozenset()))
        return self._flats[id(schema)][1]

    def _flatten(self, schema: Any, above: frozenset[int]) -> Schema:
        if not isinstance(schema, Mapping) or id(schema) in above:
            return {}
        above |= {id(schema)}
        flat = _own(schema)
        if isinstance(schema.get("$ref"), str):
            flat = self._merged(flat, self._flatten(resolve(self._data, schema, ())[0], above))
        for member in schema.get("allOf", ()):
            flat = self._merged(flat, self._flatten(member, above))
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                flat = self._merged(flat, self._union(schema[key], above))
        return flat

    def _union(self, members: Sequence[Any], above: frozenset[int]) -> Schema:
        alternatives: list[Schema] = []
        for member in members:
            flat = self._flatten(member, above)
            if "anyOf" in flat:
                alternatives += flat["anyOf"]
            elif "type" not in flat:
                return {}
            else:
                target, _ = self._follow(member, ())
                alternatives.append(target if id(target) in self._keys else flat)
        return self._collapsed(alternatives)

    def _collapsed(self, alternatives: list[Schema]) -> Schema:
        """Return the union of alternatives: of several objects, arrays or inline enums, one."""
        groups: dict[Any, list[Schema]] = {}
        for alternative in alternatives:
            flat = self._flat(alternative)
            kind = str(flat.get("type"))
            if "enum" in flat:
                kind += f" enum {id(alternative) if id(alternative) in self._keys else ''}"
            elif kind not in {"object", "array"}:
                kind += repr(flat)
            if alternative not in groups.setdefault(kind, []):
                groups[kind].append(alternative)
        united = [same[0] if len(same) == 1 else self._united(same) for same in groups.values()]
        return self._flat(united[0]) if len(united) == 1 else {"anyOf": united}

    def _united(self, alternatives: list[Schema]) -> Schema:
        flats = [self._flat(alternative) for alternative in alternatives]
        if flats[0]["type"] == "array":
            return {"type": "array", "items": {"anyOf": [flat["items"] for flat in flats]}}
        if flats[0]["type"] != "object":
            return {"type": flats[0]["type"], "enum": list(dict.fromkeys(v for flat in flats for v in flat["enum"]))}
        properties: dict[str, list[Any]] = {}
        for flat in flats:
            for name, schema in flat["properties"].items():
                if schema not in properties.setdefault(name, []):
                    properties[name].append(schema)
        required = [name for name in flats[0]["required"] if all(name in flat["required"] for flat in flats)]
        united = {"type": "object", "properties": {n: _one("anyOf", s) for n, s in properties.items()}}
        return {**united, "required": required}

    def _merged(self, left: Schema, right: Schema) -> Schema:
        """Return the flat form of `allOf` of two flat schemas. The notes of the left one take precedence."""
        notes = {key: flat[key] for flat in (right, left) for key in ANNOTATIONS if key in flat}
        required = list(dict.fromkeys([*left.get("required", ()), *right.get("required", ())]))
        if "anyOf" not in left and "type" not in left:
            merged = dict(right)
        elif "anyOf" not in right and "type" not in right:
            merged = dict(left)
        else:
            pairs = [
                _both(self._flat(one), self._flat(other))
                for one in left.get("anyOf", (left,))
                for other in right.get("anyOf", (right,))
            ]
            kept = [pair for pair in pairs if pair]
            # Schemas that no value satisfies describe nothing; the server decides.
            merged = dict(self._collapsed(kept)) if kept else {}
        if required:
            merged["required"] = required
        return {**merged, **notes}


def _both(left: Schema, right: Schema) -> Schema | None:
    """Return the flat form of `allOf` of two schemas that are no unions, or None if no value satisfies it."""
    if left["type"] == right["type"] == "object":
        properties: dict[str, list[Any]] = {}
        for flat in (left, right):
            for name, schema in flat["properties"].items():
                if schema not in properties.setdefault(name, []):
                    properties[name].append(schema)
        merged = {**left, **right, "properties": {n: _one("allOf", s) for n, s in properties.items()}}
        return {**merged, "required": list(dict.fromkeys([*left["required"], *right["required"]]))}
    if left["type"] == right["type"] == "array":
        return {**left, **right, "items": _one("allOf", [left["items"], right["items"]])}
    types = [
        kind for kind in _types(left) if kind in _types(right) or (kind == "integer" and "number" in _types(right))
    ]
    types += [kind for kind in _types(right) if kind == "integer" and "number" in _types(left) and kind not in types]
    if not types or {"object", "array"} & set(types):
        return None
    merged = {**left, **right, "type": types[0] if len(types) == 1 else types}
    if "enum" in left and "enum" in right:
        merged["enum"] = [value for value in left["enum"] if value in right["enum"]] or right["enum"]
    return merged


def _one(combination: str, schemas: Sequence[Any]) -> Any:
    return schemas[0] if all(schema == schemas[0] for schema in schemas) else {combination: list(schemas)}


def _types(flat: Schema) -> list[str]:
    return flat["type"] if isinstance(flat["type"], list) else [flat["type"]]


def _own(schema: Mapping[str, Any]) -> Schema:
    """Return the flat form of a schema without what it refers to or combines."""
    notes = {key: schema[key] for key in ANNOTATIONS if key in schema and (key != "default" or _fits(schema))}
    flats = [flat for kind in _declared_types(schema) for flat in _of_type(schema, kind)]
    if not flats:
        return {**notes, **({"required": list(schema["required"])} if schema.get("required") else {})}
    if len(flats) == 1:
        return {**flats[0], **notes}
    if all("enum" not in flat and flat["type"] in (*SCALARS, "null") for flat in flats):
        format_ = {"format": schema["format"]} if "format" in schema else {}
        return {"type": [flat["type"] for flat in flats], **format_, **notes}
    return {"anyOf": flats, **notes}


def _declared_types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema allows, an empty list for any."""
    declared = schema.get("type", [])
    types = [declared] if isinstance(declared, str) else list(declared)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values is not None:
        types = list(dict.fromkeys(map(type_of, values)))
    elif not types and any(key in schema for key in OBJECT_KEYWORDS):
        types = ["object"]
    elif not types and any(key in schema for key in ARRAY_KEYWORDS):
        types = ["array"]
    if schema.get("nullable") is True and types and "null" not in types:
        types.append("null")
    return types


def _of_type(schema: Mapping[str, Any], kind: str) -> list[Schema]:
    if kind == "object":
        additional = schema.get("additionalProperties")
        # What matches a pattern may have another form.
        is_typed = isinstance(additional, Mapping) and additional and "patternProperties" not in schema
        found = {"type": kind, "properties": schema.get("properties", {}), "required": list(schema.get("required", ()))}
        return [{**found, **({"additionalProperties": additional} if is_typed else {})}]
    if kind == "array":
        return [{"type": kind, "items": {} if "prefixItems" in schema else schema.get("items", {})}]
    if kind not in SCALARS:
        return [{"type": "null"}] if kind == "null" else []
    flat: Schema = {"type": kind, **({"format": schema["format"]} if isinstance(schema.get("format"), str) else {})}
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    values = [value for value in values if type_of(value) == kind]
    if values and kind in {"string", "integer"}:
        flat["enum"] = list(dict.fromkeys(values))
        flat |= {"x-const": True} if "const" in schema or "x-const" in schema else {}
    return [flat]


def type_of(value: Any) -> str:
    """Return the JSON type of a value."""
    kinds = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object", type(None): "null"}
    return kinds.get(type(value), "string")


def _fits(schema: Mapping[str, Any]) -> bool:
    """Return whether the default of a schema can be written into the code: a scalar of its type, not converted."""
    default, declared = schema["default"], schema.get("type")
    kind = type_of(default)
    is_of_type = kind in SCALARS and (kind == declared or (kind == "integer" and declared == "number"))
    return is_of_type and not schema.get("format") and default in schema.get("enum", [default])
