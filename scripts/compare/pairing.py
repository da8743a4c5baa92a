"""Pair the parts of two versions: by name first, then by content, which recognizes what was renamed."""

import difflib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from attrs import frozen

from ..document.navigate import LITERAL, NAMED
from ..document.references import resolve

T = TypeVar("T")
# What says nothing about requests, responses or jobs.
ANNOTATIONS = frozenset(
    {
        "$comment",
        "deprecated",
        "description",
        "example",
        "examples",
        "externalDocs",
        "summary",
        "title",
        "x-invalid-examples",
        "x-unverified",
    }
)


@frozen
class Pairs(Generic[T]):
    """The parts that both versions have, and those that only one has."""

    both: tuple[tuple[T, T], ...]
    removed: tuple[T, ...]
    added: tuple[T, ...]


def pair(old: Iterable[T], new: Iterable[T], *keys: Callable[[T], Hashable]) -> Pairs[T]:
    """Pair parts that are equal by the first key, then the rest by the next. A key of several parts pairs none."""
    rest_old, rest_new = list(old), list(new)
    both: list[tuple[T, T]] = []
    for key in keys:
        olds, fresh = _unique(rest_old, key), _unique(rest_new, key)
        found = [(one, fresh[name]) for name, one in olds.items() if name in fresh]
        both += found
        taken = {id(one) for pair in found for one in pair}
        rest_old = [one for one in rest_old if id(one) not in taken]
        rest_new = [one for one in rest_new if id(one) not in taken]
    return Pairs(tuple(both), tuple(rest_old), tuple(rest_new))


def pair_renamed(pairs: Pairs[T], content_of: Callable[[T], Hashable], name_of: Callable[[T], str]) -> Pairs[T]:
    """Pair the rest too: what has equal content, in the order in which the names are alike."""
    rest_old, rest_new = list(pairs.removed), list(pairs.added)
    equal = [(one, two) for one in rest_old for two in rest_new if content_of(one) == content_of(two)]
    alike = [(difflib.SequenceMatcher(None, name_of(one), name_of(two)).ratio(), one, two) for one, two in equal]
    both = list(pairs.both)
    for _, one, two in sorted(alike, key=lambda entry: -entry[0]):
        if one in rest_old and two in rest_new:
            rest_old.remove(one)
            rest_new.remove(two)
            both.append((one, two))
    return Pairs(tuple(both), tuple(rest_old), tuple(rest_new))


def _unique(parts: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, T]:
    found: dict[Hashable, list[T]] = {}
    for one in parts:
        if (name := key(one)) is not None:
            found.setdefault(name, []).append(one)
    return {name: ones[0] for name, ones in found.items() if len(ones) == 1}


def content(data: Any, node: Any) -> str:
    """Return the content of a part without its annotations, and with what its references refer to."""
    return json.dumps(_plain(data, node, (), named=False), sort_keys=True, default=str)


def _plain(data: Any, node: Any, above: tuple[str, ...], *, named: bool) -> Any:
    if isinstance(node, list):
        return [_plain(data, one, above, named=False) for one in node]
    if not isinstance(node, Mapping):
        return node
    if isinstance(reference := node.get("$ref"), str) and not named:
        if reference in above:
            return {"$ref": above.index(reference)}
        above = (*above, reference)
        try:
            node, _ = resolve(data, node, ())
        except LookupError:
            return dict(node)
        if not isinstance(node, Mapping):
            return node
    return {
        key: _literal(child)
        if not named and (key in LITERAL or key == "required")
        else _plain(data, child, above, named=not named and (key,) in NAMED)
        for key, child in node.items()
        if named or key not in ANNOTATIONS
    }


def _literal(value: Any) -> Any:
    """Return a value as it is; the order of `enum` and `required` means nothing."""
    return (
        sorted(value, key=lambda one: json.dumps(one, sort_keys=True, default=str))
        if isinstance(value, list)
        else value
    )
