"""The types that schemas name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..client.redaction import REDACTED
from ..document import Document
from .exchange import Exchange

UNLIKE_TEXT = frozenset({"integer", "number", "boolean", "null"})  # types that few strings have


# Keywords of a schema that apply others, which say about a value that is not known whether they hold.
COMBINING = frozenset({"allOf", "anyOf", "oneOf", "not", "contains", "uniqueItems", "const", "enum"})


def known_errors(errors: Iterable[Any], exchange: Exchange) -> Iterator[Any]:
    """Yield the errors of a validation without those of values that are unknown, because they were redacted."""
    for error in errors:
        is_combined = str(error.schema_path[-1]) in COMBINING
        if not exchange.origin or not (error.instance == REDACTED or (is_combined and _is_redacted(error.instance))):
            yield error


def _is_redacted(value: Any) -> bool:
    """Return whether a part of a value is redacted."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if item == REDACTED:
            return True
        waiting += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return False


def schema_of(document: Document, schema: Any) -> Mapping[str, Any]:
    """Return a schema without `$ref`; an empty one for `true` and `false`."""
    schema = document.resolve(schema)
    return schema if isinstance(schema, Mapping) else {}


def schema_types(document: Document, schema: Any) -> frozenset[str]:
    """Return the types that a schema names itself; empty if it names none."""
    types = schema_of(document, schema).get("type", ())
    return frozenset([types] if isinstance(types, str) else types)
