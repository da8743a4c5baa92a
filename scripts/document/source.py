"""Reads YAML so that every reader would see the same, and remembers the lines."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from .problem import DocumentError, Problem

Pointer = tuple[str | int, ...]
BROKEN = "holds half of a surrogate pair, which is no text; write the letter itself"


@frozen
class Source:
    """The text of a document: plain data, and the line on which each part of it stands."""

    path: Path
    data: dict[str, Any]
    _marked: CommentedMap

    def line(self, pointer: Pointer) -> int:
        """The line, counted from 1, of the part at `pointer`, or of the nearest part above it that exists."""
        node: Any = self._marked
        line = 1
        for key in pointer:
            if isinstance(node, CommentedMap) and key in node:
                line = node.lc.key(key)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
                line = node.lc.item(key)[0] + 1
            else:
                break
            node = node[key]
        return line


def read(path: Path) -> Source:
    """Reads a YAML file.

    Raises:
        DocumentError: it is not YAML, not a mapping, or holds what YAML 1.1 and YAML 1.2 loaders read differently.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError([Problem(path, 1, "", f"cannot be read: {error}")]) from error
    try:
        marked = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        advice = "; write each key once" if "duplicate key" in str(error.problem) else ""
        slip = f"is not YAML: {str(error.problem).splitlines()[0]}{advice}"
        raise DocumentError([Problem(path, line, "", slip)]) from error
    if not isinstance(marked, CommentedMap):
        raise DocumentError([Problem(path, 1, "", f"wanted a mapping at the top, this is {type(marked).__name__}")])
    try:
        other = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise DocumentError([Problem(path, line, "", f"is not YAML to a YAML 1.1 loader: {error}")]) from error
    source = Source(path, _plain(marked), marked)
    problems = [
        Problem(path, source.line(pointer), "/".join(map(str, pointer)), message)
        for pointer, message in _slips(marked, other, ())
    ]
    if problems:
        raise DocumentError(problems)
    return source


def _plain(node: Any) -> Any:
    match node:
        case Mapping():
            return {key: _plain(value) for key, value in node.items()}
        case str():
            return str(node)
        case Sequence():
            return [_plain(value) for value in node]
        case bool() | None:
            return node
        case int():
            return int(node)
        case float():
            return float(node)
        case _:
            return node


def _is_broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _slips(node: Any, other: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Where the two loaders disagree, and what no JSON document could hold."""
    if isinstance(node, datetime.date) or isinstance(other, datetime.date):
        yield pointer, f"a bare timestamp is read as a date by some loaders; put {_plain(node)!s} in quotes"
    elif isinstance(node, Mapping) and isinstance(other, Mapping):
        for key in node:
            if isinstance(key, str) and _is_broken(key):
                yield (*pointer, key), BROKEN
            elif not isinstance(key, str):
                yield (
                    (*pointer, key),
                    f"the key {key!r} is a {type(key).__name__}, wanted a string; write '{key}' in quotes",
                )
            elif key not in other:
                yield (*pointer, key), f"the key {key} is no string to a YAML 1.1 loader; put it in quotes"
            else:
                yield from _slips(node[key], other[key], (*pointer, key))
    elif isinstance(node, list) and isinstance(other, list):
        for index, (left, right) in enumerate(zip(node, other, strict=True)):
            yield from _slips(left, right, (*pointer, index))
    elif isinstance(node, str) and _is_broken(node):
        yield pointer, BROKEN
    elif type(_plain(node)) is not type(other) or _plain(node) != other:
        yield pointer, f"reads as {_plain(node)!r} in YAML 1.2 and as {other!r} in YAML 1.1; put it in quotes"
