"""Properties of one direction: requests may leave out those that are `readOnly`, responses those that are `writeOnly`.

A property in `required` is required in the other direction only, as the OpenAPI specification says.
"""

from collections.abc import Mapping
from typing import Any, Final

from .navigate import LITERAL
from .references import resolve

READ_ONLY: Final = "readOnly"
WRITE_ONLY: Final = "writeOnly"


def optional_in(schema: Any, data: Any, mark: str, _above: frozenset[str] = frozenset()) -> Any:
    """Return a copy of a schema in which no property with a mark is required. References stay.

    Args:
        schema: The schema, or any part of a document that has schemas.
        data: The document, for the references.
        mark: `READ_ONLY` for requests, `WRITE_ONLY` for responses.
    """
    if isinstance(schema, list):
        return [optional_in(part, data, mark, _above) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    marked = _above | _marked_properties(schema, data, mark)
    made: dict[str, Any] = {}
    for key, part in schema.items():
        if key == "required" and isinstance(part, list):
            made[key] = [name for name in part if name not in marked]
        elif key == "properties" and isinstance(part, Mapping):
            made[key] = {name: optional_in(one, data, mark) for name, one in part.items()}
        elif key in LITERAL:
            made[key] = part
        else:
            # The branches of allOf are about the same object.
            made[key] = optional_in(part, data, mark, marked if key == "allOf" else frozenset())
    return made


def has_mark(part: Any, mark: str) -> bool:
    """Return whether a mark is anywhere in a part of a document."""
    if isinstance(part, Mapping):
        return mark in part or any(has_mark(one, mark) for one in part.values())
    return isinstance(part, list) and any(has_mark(one, mark) for one in part)


def is_marked(schema: Any, data: Any, mark: str) -> bool:
    """Return whether a schema has a mark: itself, behind a reference, or in a branch of `allOf`."""
    return any(part.get(mark) is True for part in _parts(schema, data))


def _marked_properties(schema: Any, data: Any, mark: str) -> frozenset[str]:
    return frozenset(
        name
        for part in _parts(schema, data)
        if isinstance(properties := part.get("properties"), Mapping)
        for name, one in properties.items()
        if is_marked(one, data, mark)
    )


def _parts(schema: Any, data: Any) -> list[Mapping[str, Any]]:
    """Return a schema and all that it refers to or combines with `allOf`."""
    found: list[Mapping[str, Any]] = []
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Mapping) or any(part is one for one in found):
            continue
        found.append(part)
        if isinstance(part.get("$ref"), str):
            waiting.append(resolve(data, part, ())[0])
        waiting += part["allOf"] if isinstance(part.get("allOf"), list) else []
    return found
