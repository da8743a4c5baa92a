"""Walks a schema as an instance would be walked."""

from collections.abc import Iterator, Mapping
from typing import Any

from .expression import Keys
from .model import resolve

Schema = Any
BRANCHES = ("allOf", "anyOf", "oneOf")
CONDITIONS = ("if", "then", "else")


def schemas_at(data: Any, schema: Schema, path: Keys) -> Iterator[Schema]:
    """Every subschema that describes the value under `path`, through `$ref`, combinations and conditions."""
    schema, _ = resolve(data, schema, ())
    if not isinstance(schema, Mapping):
        return
    if not path:
        yield schema
        for branch in _branches(schema):
            yield from schemas_at(data, branch, path)
        return
    head, rest = path[0], path[1:]
    if head in schema.get("properties", {}):
        yield from schemas_at(data, schema["properties"][head], rest)
    elif head.isdecimal() and "items" in schema:
        yield from schemas_at(data, schema["items"], rest)
    for branch in (*_branches(schema), *(schema[name] for name in CONDITIONS if name in schema)):
        yield from schemas_at(data, branch, path)


def words_at(data: Any, schema: Schema, path: Keys) -> tuple[str, ...]:
    """The words of the enum under `path`, empty where there is none."""
    for found in schemas_at(data, schema, path):
        if "enum" in found:
            return tuple(word for word in found["enum"] if word is not None)
        if "const" in found:
            return (found["const"],)
    return ()


def fields_of(data: Any, schema: Schema, _above: tuple[str, ...] = ()) -> Iterator[Keys]:
    """Every field that a schema describes, as the path to it; `[]` stands for any element, `*` for any other name."""
    if isinstance(schema, Mapping) and "$ref" in schema:
        if schema["$ref"] in _above:
            return
        _above = (*_above, schema["$ref"])
    schema, _ = resolve(data, schema, ())
    if not isinstance(schema, Mapping):
        return
    for name, child in schema.get("properties", {}).items():
        yield (name,)
        yield from ((name, *rest) for rest in fields_of(data, child, _above))
    for name, key in (("items", "[]"), ("additionalProperties", "*")):
        if isinstance(schema.get(name), Mapping):
            yield from ((key, *rest) for rest in fields_of(data, schema[name], _above))
    for branch in (*_branches(schema), *(schema[name] for name in ("then", "else") if name in schema)):
        yield from fields_of(data, branch, _above)


def _branches(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(branch for name in BRANCHES for branch in schema.get(name, ()))


def subschemas(node: Any, pointer: tuple[str | int, ...]) -> Iterator[tuple[Mapping[str, Any], tuple[str | int, ...]]]:
    """A schema and every schema written inside it, with their places. `$ref`s are not followed."""
    if not isinstance(node, Mapping):
        return
    yield node, pointer
    for name in ("properties", "patternProperties", "$defs", "dependentSchemas"):
        for key, child in node.get(name, {}).items():
            yield from subschemas(child, (*pointer, name, key))
    for name in (*BRANCHES, "prefixItems"):
        for index, child in enumerate(node.get(name, ())):
            yield from subschemas(child, (*pointer, name, index))
    for name in (
        *CONDITIONS,
        "not",
        "items",
        "additionalProperties",
        "unevaluatedProperties",
        "propertyNames",
        "contains",
    ):
        if name in node:
            yield from subschemas(node[name], (*pointer, name))
