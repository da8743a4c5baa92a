"""Pair the parts of two versions: by name first, then by content, which recognizes what was renamed."""

import difflib
import json
import re
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

# Keywords whose items satisfy a value in any order.
UNORDERED = frozenset({"allOf", "anyOf", "dependentRequired", "oneOf", "type"})


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


@frozen
class Reused(Generic[T]):
    """A name that stands for another part than before, which has the name `other` now."""

    name: str
    before: T
    after: T
    other: str


def reused_names(named: Iterable[tuple[T, T, str, str]]) -> list[Reused[T]]:
    """Return the names that have passed from one part to another one, which no type shows.

    Not the name of a part that was removed: `x-name` keeps a name for what takes its place.

    Args:
        named: The parts that both versions have, with the names that both give them.
    """
    listed = list(named)
    now = {python_name(one[3]): one[1] for one in _unique(listed, lambda one: python_name(one[3])).values()}
    return [
        Reused(old_name, before, now[python_name(old_name)], new_name)
        for before, after, old_name, new_name in listed
        if now.get(python_name(old_name), after) is not after
    ]


def python_name(name: str) -> str:
    """Return what is the same in all spellings of a name: `JobResult`, `job_result` and `_job-result` are equal."""
    return re.sub(r"[\W_]", "", name).lower()


def _unique(parts: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, T]:
    found: dict[Hashable, list[T]] = {}
    for one in parts:
        if (name := key(one)) is not None:
            found.setdefault(name, []).append(one)
    return {name: ones[0] for name, ones in found.items() if len(ones) == 1}


def content(data: Any, node: Any, *, sort: bool = False) -> str:
    """Return the content of a part without its annotations, and with what its references refer to.

    `sort` says that the order of alternatives means nothing: a request satisfies them in any order.
    """
    plain = _plain(data, node, (), named=False)
    return json.dumps(_sorted(plain) if sort else plain, sort_keys=True, default=str)


def _sorted(node: Any, above: str = "") -> Any:
    if isinstance(node, list):
        return _literal([_sorted(one) for one in node]) if above in UNORDERED else [_sorted(one) for one in node]
    if isinstance(node, dict):
        # The keys of `dependentRequired` are names of properties.
        return {key: _sorted(child, above if above == "dependentRequired" else key) for key, child in node.items()}
    return node


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
