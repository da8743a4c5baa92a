"""The rules about schemas: they are JSON Schema, and their defaults are values that they allow."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import jsonschema_rs

from .model import Document
from .navigate import LITERAL, owner_of, schema_roots, subschemas
from .source import Finding, Pointer

META_SCHEMA: Final = "https://json-schema.org/draft/2020-12/schema"


def check_schemas(data: Any) -> Iterator[Finding]:
    """Find schemas that are no JSON Schema, such as an unknown type or an invalid regular expression."""
    for root, place in schema_roots(data):
        for error in _meta_schema().iter_errors(root):
            pointer = (*place, *error.instance_path)
            message = f"{error.message[:300]} (JSON Schema); correct it"
            yield pointer, owner_of(data, pointer), f"{'/'.join(map(str, pointer[-2:]))}: {message}"


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
