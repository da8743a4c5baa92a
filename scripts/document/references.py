"""Local references of a document: `#/components/schemas/Job`."""

from collections.abc import Mapping
from typing import Any

from .expression import parse_pointer
from .source import Pointer


def resolve(data: Any, node: Any, pointer: Pointer) -> tuple[Any, Pointer]:
    """Follow local `$ref`s and return the node with its pointer.

    Raises:
        LookupError: The reference is not local, its target does not exist, or it is circular.
    """
    seen: set[str] = set()
    while isinstance(node, Mapping) and isinstance(reference := node.get("$ref"), str):
        if not reference.startswith("#/"):
            raise LookupError(f"{reference} points outside this file; bundle the files first, as `redocly bundle` does")
        if reference in seen:
            raise LookupError(f"{reference} is circular")
        seen.add(reference)
        node, pointer = data, ()
        for key in parse_pointer(reference):
            if not isinstance(node, Mapping) or key not in node:
                raise LookupError(f"{reference} does not exist")
            node, pointer = node[key], (*pointer, key)
    return node, pointer


def reachable(data: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return the part of a document that the references of a schema reach, at the same place."""
    found: dict[str, Any] = {}
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, Mapping):
            pending += node.values()
            reference = node.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#/"):
                continue
            keys = parse_pointer(reference)
            if keys[0] != "components" or len(keys) != 3:
                return dict(data)
            kind, name = keys[1:]
            place = found.setdefault("components", {}).setdefault(kind, {})
            if name not in place and name in data.get("components", {}).get(kind, {}):
                place[name] = data["components"][kind][name]
                pending.append(place[name])
    return found
