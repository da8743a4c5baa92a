"""The types that schemas name."""

from collections.abc import Mapping
from typing import Any

from ..document import Document

UNLIKE_TEXT = frozenset({"integer", "number", "boolean", "null"})  # types that few strings have


def schema_of(document: Document, schema: Any) -> Mapping[str, Any]:
    """Return a schema without `$ref`; an empty one for `true` and `false`."""
    schema = document.resolve(schema)
    return schema if isinstance(schema, Mapping) else {}


def schema_types(document: Document, schema: Any) -> frozenset[str]:
    """Return the types that a schema names itself; empty if it names none."""
    types = schema_of(document, schema).get("type", ())
    return frozenset([types] if isinstance(types, str) else types)
