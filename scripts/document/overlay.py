"""OpenAPI Overlay 1.0 and 1.1: changes to a vendor's document, which stays as the vendor wrote it."""

import re
from pathlib import Path
from typing import Any, Final

import attrs
from jsonpath_rfc9535 import JSONPathError, find

from .problem import DocumentError, Problem
from .read import read_file
from .source import Finding, Place, Source

MARK: Final = ".overlay"
MAX_ADDED: Final = 200_000  # values that all actions add
KEYS: Final = {"target", "description", "update", "remove", "copy"}
Keys = tuple[str | int, ...]


def overlay_of(path: Path) -> Path | None:
    """Return the overlay of a document, `<stem>.overlay.yaml`, `.yml` or `.json`, or None if it does not exist."""
    candidates = (path.with_name(f"{path.stem}{MARK}{suffix}") for suffix in (".yaml", ".yml", ".json"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def apply_overlay(source: Source, path: Path) -> tuple[Source, list[Problem]]:
    """Return the source with the actions of an overlay applied, and what in the overlay has no effect.

    Places of changed parts are those in the overlay.

    Raises:
        DocumentError: The overlay is invalid, or an action cannot be applied.
    """
    overlay = read_file(path)
    if problems := overlay.problems(_problems(overlay.data)):
        raise DocumentError(problems)
    unused: list[Finding] = []
    added = 0
    for index, action in enumerate(overlay.data["actions"]):
        place, where = ("actions", index, "target"), f"action {index + 1}"
        try:
            targets = [tuple(node.location) for node in find(action["target"], source.data)]
            if not targets:
                message = f"{action['target']} selects nothing in {source.path.name}; correct it, or remove the action"
                unused.append((place, where, message))
            added += _apply(source, overlay, action, ("actions", index), targets)
            if added > MAX_ADDED:
                raise ValueError(f"the actions add more than {MAX_ADDED} values")
        except (JSONPathError, ValueError) as error:
            message = f"cannot be applied: {_reason(error)}; correct the action"
            raise DocumentError(overlay.problems([(place, where, message)])) from None
    differences = [*source.differences, *overlay.differences]
    return attrs.evolve(source, overlay=path, differences=tuple(differences)), overlay.problems(unused)


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0]
    return f"the JSONPath is invalid: {text}" if isinstance(error, JSONPathError) else text


def _problems(data: dict[str, Any]) -> list[Finding]:
    if not re.fullmatch(r"1\.[01]\.\d+", str(data.get("overlay"))):
        message = f"expected Overlay 1.0 or 1.1, such as `overlay: 1.0.0`, got {data.get('overlay')!r}"
        return [(("overlay",), "", message)]
    actions = data.get("actions")
    if not isinstance(actions, list) or not actions:
        return [(("actions",), "", "expected a list of actions, each with a target and update, remove or copy")]
    found: list[Finding] = []
    for index, action in enumerate(actions):
        keys = set(action) if isinstance(action, dict) else set()
        unknown = sorted(key for key in keys - KEYS if not key.startswith("x-"))
        if not isinstance(action, dict) or not isinstance(action.get("target"), str):
            found.append((("actions", index), f"action {index + 1}", "has no target; write a JSONPath, such as $.info"))
        elif unknown or len(keys & {"update", "remove", "copy"}) != 1:
            message = "expected exactly one of update, remove and copy"
            message += f", got {', '.join(sorted(keys - {'target', 'description'})) or 'none'}; correct it"
            found.append((("actions", index), f"action {index + 1}", message))
        elif action.get("remove", True) is not True:
            found.append((("actions", index, "remove"), f"action {index + 1}", "remove must be true; or leave it out"))
    return found


def _apply(source: Source, overlay: Source, action: dict[str, Any], place: Keys, targets: list[Keys]) -> int:
    """Apply an action to its targets. Return how many values are added."""
    if action.get("remove"):
        for target in sorted(targets, key=_removal_order, reverse=True):
            _remove(source, target)
        return 0
    value, places = action.get("update"), overlay.place((*place, "update"))
    if "copy" in action:
        found = list(find(action["copy"], source.data))
        if len(found) != 1:
            raise ValueError(f"copy expects the JSONPath of one value, and {action['copy']} selects {len(found)}")
        value = found[0].value
    if (added := _parts(value) * len(targets)) > MAX_ADDED:
        return added
    if "copy" in action:
        # A copy, because the targets may contain it.
        value, places = _copied(value), _copied_place(source.place(tuple(found[0].location)))
    for target in targets:
        parent, key, place_of_parent = _parent(source, target)
        current = parent[key]
        if isinstance(current, list):
            _append(current, _child(place_of_parent, key), value, places)
        elif isinstance(current, dict) and isinstance(value, dict):
            _merge(current, _child(place_of_parent, key), value, places)
        elif isinstance(current, dict) or isinstance(value, dict | list):
            raise ValueError(f"the target is {type(current).__name__}, and the update is {type(value).__name__}")
        else:
            parent[key], place_of_parent.children[key] = value, places
    return added


def _parts(value: Any) -> int:
    """Return how many values there are in a value, with itself."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_parts, children))


def _removal_order(target: Keys) -> list[tuple[bool, Any]]:
    return [(isinstance(key, int), key) for key in target]


def _parent(source: Source, target: Keys) -> tuple[Any, str | int, Place]:
    """Return the container of a part, its key in it, and the place of the container."""
    if not target:
        return {"": source.data}, "", Place(source.path, 1, {"": source.root})
    node: Any = source.data
    for key in target[:-1]:
        node = node[key]
    return node, target[-1], source.place(target[:-1])


def _remove(source: Source, target: Keys) -> None:
    if not target:
        raise ValueError("the whole document cannot be removed")
    parent, key, place = _parent(source, target)
    del parent[key]
    place.children.pop(key, None)
    if isinstance(parent, list):
        rest = [one for _, one in sorted(place.children.items(), key=_index)]
        place.children.clear()
        place.children.update(enumerate(rest))


def _index(item: tuple[str | int, Place]) -> int:
    return int(item[0])


def _append(current: list[Any], place: Place, value: Any, places: Place) -> None:
    added = value if isinstance(value, list) else [value]
    for index, one in enumerate(added):
        place.children[len(current)] = places.children.get(index, places) if isinstance(value, list) else places
        current.append(_copied(one))


def _merge(current: dict[str, Any], place: Place, value: dict[str, Any], places: Place) -> None:
    """Merge recursively: mappings are merged, lists are concatenated, anything else is replaced."""
    for key, new in value.items():
        old, there = current.get(key), places.children.get(key, places)
        if isinstance(old, dict) and isinstance(new, dict):
            _merge(old, _child(place, key), new, there)
        elif isinstance(old, list) and isinstance(new, list):
            _append(old, _child(place, key), new, there)
        else:
            current[key], place.children[key] = _copied(new), _copied_place(there)


def _child(place: Place, key: str | int) -> Place:
    """Return the place of a part: that of the whole where it is not known, as in a part that an alias repeats."""
    return place.children.setdefault(key, Place(place.file, place.line))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(child) for key, child in value.items()}
    return [_copied(child) for child in value] if isinstance(value, list) else value


def _copied_place(place: Place) -> Place:
    return Place(place.file, place.line, {key: _copied_place(child) for key, child in place.children.items()})
