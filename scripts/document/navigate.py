"""Find subschemas by the path of the value that they describe."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .expression import Keys, walk
from .references import resolve
from .source import Pointer

Schema = Any
BRANCHES = ("allOf", "anyOf", "oneOf")
CONDITIONS = ("if", "then", "else")
LITERAL = ("example", "value", "default", "const", "enum", "x-invalid-examples")
NAMED = {("responses",), ("properties",), ("schemas",), ("parameters",), ("paths",), ("headers",), ("$defs",)}
SUBSCHEMAS = ("not", "items", "additionalProperties", "unevaluatedProperties", "propertyNames", "contains")


def schemas_at(data: Any, schema: Schema, path: Keys) -> Iterator[Schema]:
    """Yield every subschema that describes the value at `path`, following `$ref`, combinations and conditions."""
    schema, _ = resolve(data, schema, ())
    if not isinstance(schema, Mapping):
        return
    if not path:
        yield schema
        for branch in _branches(schema):
            yield from schemas_at(data, branch, path)
        return
    head, rest = path[0], path[1:]
    prefix = schema.get("prefixItems", ())
    if head in schema.get("properties", {}):
        yield from schemas_at(data, schema["properties"][head], rest)
    elif head.isdecimal() and int(head) < len(prefix):
        yield from schemas_at(data, prefix[int(head)], rest)
    elif head.isdecimal() and "items" in schema:
        yield from schemas_at(data, schema["items"], rest)
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield from schemas_at(data, schema["additionalProperties"], rest)
    for branch in (*_branches(schema), *(schema[name] for name in CONDITIONS if name in schema)):
        yield from schemas_at(data, branch, path)


def enum_values_at(data: Any, schema: Schema, path: Keys) -> tuple[Any, ...]:
    """Return the values of the `enum`s and `const`s at `path`, without null, lists and objects."""
    found: dict[tuple[type, Any], None] = {}
    for one in schemas_at(data, schema, path):
        values = one["enum"] if "enum" in one else [one["const"]] if "const" in one else []
        found |= dict.fromkeys((type(value), value) for value in values if isinstance(value, str | int | float))
    return tuple(value for _, value in found)


def fields_of(data: Any, schema: Schema, _above: tuple[str, ...] = ()) -> Iterator[Keys]:
    """Yield the path of every field that a schema describes; `[]` is any element, `*` any additional property."""
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


def mappings(
    node: Any, pointer: Pointer = (), skip: Collection[str] = ()
) -> Iterator[tuple[Mapping[str, Any], Pointer]]:
    """Yield every mapping that is not under a key in `skip`, with its pointer. Do not follow `$ref`."""
    if isinstance(node, Mapping):
        yield node, pointer
        names_parts = pointer[-1:] in NAMED  # its keys are names, such as a response `default`
        for key, child in node.items():
            if key not in skip or names_parts:
                yield from mappings(child, (*pointer, key), skip)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from mappings(child, (*pointer, index), skip)


def owner_of(data: Any, pointer: Pointer) -> str:
    """Return the operationId or the component that a place of a document belongs to."""
    if len(pointer) >= 3 and pointer[0] == "paths":
        operation = walk(data, [str(key) for key in pointer[:3]])
        name = operation.get("operationId") if isinstance(operation, Mapping) else None
        return str(name or f"{str(pointer[2]).upper()} {pointer[1]}")
    if len(pointer) >= 3 and pointer[0] == "components":
        return str(pointer[2])
    return "/".join(map(str, pointer[:1]))


def schema_roots(data: Any) -> Iterator[tuple[Any, Pointer]]:
    """Yield every schema that no other contains: those of components, parameters, headers and media types."""
    components = data.get("components")
    components = components if isinstance(components, dict) else {}
    schemas = components.get("schemas")
    for name, schema in schemas.items() if isinstance(schemas, dict) else ():
        yield schema, ("components", "schemas", name)
    others = {**data, "components": {key: child for key, child in components.items() if key != "schemas"}}
    for node, pointer in mappings(others, skip=(*LITERAL, "schema", "examples")):
        if isinstance(node.get("schema"), Mapping) and pointer[-1:] not in NAMED:
            yield node["schema"], (*pointer, "schema")


def describes(data: Any, schema: Schema, path: Keys) -> bool:
    """Return whether a schema describes the value at `path`."""
    return next(iter(schemas_at(data, schema, path)), None) is not None


def subschemas(node: Any, pointer: Pointer) -> Iterator[tuple[Mapping[str, Any], Pointer]]:
    """Yield a schema and every schema nested in it, with their pointers. Do not follow `$ref`."""
    if not isinstance(node, Mapping):
        return
    yield node, pointer
    for name in ("properties", "patternProperties", "$defs", "dependentSchemas"):
        for key, child in node.get(name, {}).items():
            yield from subschemas(child, (*pointer, name, key))
    for name in (*BRANCHES, "prefixItems"):
        for index, child in enumerate(node.get(name, ())):
            yield from subschemas(child, (*pointer, name, index))
    for name in (*CONDITIONS, *SUBSCHEMAS):
        if name in node:
            yield from subschemas(node[name], (*pointer, name))
