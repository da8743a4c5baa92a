"""The rules about schemas: they are JSON Schema, and their defaults are values that they allow."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs

from .expression import parse_pointer, walk
from .model import Document
from .navigate import BRANCHES, CONDITIONS, LITERAL, owner_of, schema_roots, subschemas
from .source import Finding, Pointer

MAX_BRANCHES: Final = 1000  # schemas that combinations and references make of one
META_SCHEMA: Final = "https://json-schema.org/draft/2020-12/schema"


def check_schemas(data: Any) -> Iterator[Finding]:
    """Find schemas that are no JSON Schema, such as an unknown type or an invalid regular expression."""
    for root, place in schema_roots(data):
        for error in _meta_schema().iter_errors(root):
            pointer = (*place, *error.instance_path)
            message = f"{error.message[:300]} (JSON Schema); correct it"
            yield pointer, owner_of(data, pointer), f"{'/'.join(map(str, pointer[-2:]))}: {message}"
        for pointer, message in _large_patterns(root, place):
            yield pointer, owner_of(data, pointer), message
    sizes: dict[str, int] = {}
    for root, place in schema_roots(data):
        for schema, pointer in subschemas(root, place):
            if _branches(data, schema, sizes) > MAX_BRANCHES:
                message = f"combines more than {MAX_BRANCHES} schemas with allOf, anyOf, oneOf and $ref; simplify it"
                yield pointer, owner_of(data, pointer), message
                return


def _large_patterns(root: Any, place: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Find regular expressions that are valid, and too large to be used."""
    for schema, pointer in subschemas(root, place):
        patterns = [((*pointer, "pattern"), schema["pattern"])] if isinstance(schema.get("pattern"), str) else []
        patterns += [((*pointer, "patternProperties", key), key) for key in schema.get("patternProperties", ())]
        for where, pattern in patterns:
            if not _is_usable(str(pattern)):
                message = f"the pattern {pattern[:60]} cannot be compiled: it is invalid or repeats too much"
                yield where, f"{message}; shorten it, or state the length with maxLength"


@cache
def _is_usable(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True


def _branches(data: Any, schema: Any, sizes: dict[str, int]) -> int:
    """Return how many schemas a schema is with all that it combines. `sizes` keeps those of references."""
    if not isinstance(schema, Mapping):
        return 1
    members = [one for name in BRANCHES for one in schema.get(name, ())]
    total = 1 + sum(_branches(data, one, sizes) for one in (*members, *(schema[c] for c in CONDITIONS if c in schema)))
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference not in sizes:
            sizes[reference] = 0  # while it is counted: a reference to itself adds nothing
            sizes[reference] = _branches(data, walk(data, parse_pointer(reference)), sizes)
        total += sizes[reference]
    return total


def endless_schemas(data: Any) -> Iterator[Finding]:
    """Find components that contain themselves without a property or an item in between, which is an error for jobs."""
    for name, schema in data.get("components", {}).get("schemas", {}).items():
        if _leads_to(data, schema, f"#/components/schemas/{name}", set()):
            pointer = ("components", "schemas", name)
            message = "contains itself in allOf, anyOf, oneOf, not or $ref: what it allows is undefined"
            yield pointer, owner_of(data, pointer), f"{message}; refer to it in a property, or leave it out there"


def _leads_to(data: Any, schema: Any, reference: str, seen: set[str]) -> bool:
    """Return whether a schema combines what a reference refers to."""
    if not isinstance(schema, Mapping):
        return False
    own = schema.get("$ref")
    if isinstance(own, str) and own not in seen:
        seen.add(own)
        if own == reference or _leads_to(data, walk(data, parse_pointer(own)), reference, seen):
            return True
    members = [one for name in BRANCHES for one in schema.get(name, ())]
    members += [schema[name] for name in ("not", *CONDITIONS) if name in schema]
    return any(_leads_to(data, one, reference, seen) for one in members)


def invalid_defaults(document: Document) -> Iterator[Finding]:
    """Find defaults that their schema does not allow."""
    for root, place in schema_roots(document.data):
        for schema, pointer in subschemas(root, place):
            if "default" not in schema or {"default", "examples"} & set(pointer[len(place) :]) & set(LITERAL):
                continue
            for error in document.validator(_without_default(schema)).iter_errors(schema["default"]):
                where: Pointer = (*pointer, "default")
                message = f"the default {schema['default']!r}: {error.message}; correct it, it is ignored"
                yield where, owner_of(document.data, pointer), message
                break


def _without_default(schema: Any) -> Any:
    return {key: value for key, value in schema.items() if key != "default"}


@cache
def _meta_schema() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": META_SCHEMA}, validate_formats=True)
