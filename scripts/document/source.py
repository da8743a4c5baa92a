"""Read YAML files, keep line numbers, and refuse content that YAML 1.1 and YAML 1.2 loaders read differently."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from .problem import DocumentError, Problem

Pointer = tuple[str | int, ...]
Finding = tuple[Pointer, str, str]  # the place to correct, `Problem.where` and `Problem.message`
LONE_SURROGATE = "contains an unpaired surrogate, which is not valid Unicode; write the character itself"


@frozen
class Source:
    """The content of a YAML file as plain data, with the line of each part."""

    path: Path
    data: dict[str, Any]
    _marked: CommentedMap

    def line(self, pointer: Pointer) -> int:
        """Return the line, counted from 1, of the part at `pointer`, or of its nearest existing ancestor."""
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

    def problems(self, findings: Iterable[Finding]) -> list[Problem]:
        """Return findings as problems, with the file and the line."""
        return [Problem(self.path, self.line(pointer), where, message) for pointer, where, message in findings]


def read_yaml(path: Path) -> Source:
    """Read a YAML file.

    Raises:
        DocumentError: It is not YAML, not a mapping, or YAML 1.1 and YAML 1.2 loaders read it differently.
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
        message = f"is not YAML: {str(error.problem).splitlines()[0]}{advice}"
        raise DocumentError([Problem(path, line, "", message)]) from error
    if not isinstance(marked, CommentedMap):
        raise DocumentError([Problem(path, 1, "", f"expected a mapping at the top, got {type(marked).__name__}")])
    try:
        other = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise DocumentError([Problem(path, line, "", f"is not YAML to a YAML 1.1 loader: {error}")]) from error
    source = Source(path, _plain(marked), marked)
    differences = _loader_differences(marked, other, ())
    if problems := source.problems((pointer, "/".join(map(str, pointer)), message) for pointer, message in differences):
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


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _loader_differences(node: Any, other: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Find content that the two loaders read differently, and strings that JSON cannot hold."""
    if isinstance(node, datetime.date) or isinstance(other, datetime.date):
        yield pointer, f"a bare timestamp is read as a date by some loaders; put {_plain(node)!s} in quotes"
    elif isinstance(node, Mapping) and isinstance(other, Mapping):
        for key in node:
            if isinstance(key, str) and _has_lone_surrogate(key):
                yield (*pointer, key), LONE_SURROGATE
            elif not isinstance(key, str):
                yield (
                    (*pointer, key),
                    f"the key {key!r} is a {type(key).__name__}, expected a string; write '{key}' in quotes",
                )
            elif key not in other:
                yield (*pointer, key), f"the key {key} is not a string for a YAML 1.1 loader; put it in quotes"
            else:
                yield from _loader_differences(node[key], other[key], (*pointer, key))
    elif isinstance(node, list) and isinstance(other, list):
        for index, (left, right) in enumerate(zip(node, other, strict=True)):
            yield from _loader_differences(left, right, (*pointer, index))
    elif isinstance(node, str) and _has_lone_surrogate(node):
        yield pointer, LONE_SURROGATE
    elif type(_plain(node)) is not type(other) or _plain(node) != other:
        yield pointer, f"reads as {_plain(node)!r} in YAML 1.2 and as {other!r} in YAML 1.1; put it in quotes"
