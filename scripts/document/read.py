"""Read YAML and JSON files.

YAML is read by the rules of YAML 1.2 (core schema) from the events of libyaml, so that the size of the result is known
before it is built, and every value keeps its line. What a YAML 1.1 loader reads differently is noted.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import yaml
from attrs import Factory, define
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from .problem import DocumentError, Problem
from .source import Finding, Place, Pointer, Source

MAX_BYTES: Final = 64 * 2**20
MAX_PARTS: Final = 5_000_000  # values, after aliases are expanded
MAX_EXPANSION: Final = 10_000  # values that aliases may add for each value that is written
MAX_DEPTH: Final = 100
MAX_NUMBER: Final = 2**64
LONE_SURROGATE: Final = "contains an unpaired surrogate, which is not valid Unicode; write the character itself"
TAG: Final = "tag:yaml.org,2002:"
CORE_SCHEMA: Final = (  # the plain scalars of YAML 1.2 that are not strings
    ("null", re.compile(r"null|Null|NULL|~|")),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    ("float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")),
)
SURROGATE_PAIR: Final = re.compile(r"\\u[dD][89a-bA-B][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?")


class _InvalidError(Exception):
    """A file cannot be read; the message says why. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_file(path: Path) -> Source:
    """Read a YAML file, or a JSON file if its name ends in `.json`.

    Raises:
        DocumentError: It cannot be read, is not YAML or JSON, is not a mapping, or is unreasonably large or nested.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _InvalidError(1, f"is larger than {MAX_BYTES // 2**20} MiB; remove what no operation needs")
        text = path.read_text(encoding="utf-8-sig")
        data, root, differences = _read_json(path, text) if path.suffix == ".json" else _read_yaml(path, text)
        if not isinstance(data, dict):
            found = "nothing" if data is None else type(data).__name__
            raise _InvalidError(1, f"expected a mapping at the top, got {found}")
    except UnicodeDecodeError as error:
        problem = Problem(path, 1, "", f"cannot be read: {error}; save it as UTF-8")
        raise DocumentError([problem]) from error
    except OSError as error:
        raise DocumentError([Problem(path, 1, "", f"cannot be read: {error}")]) from error
    except _InvalidError as error:
        raise DocumentError([Problem(path, error.line, "", str(error))]) from error
    source = Source(path, data, root)
    if surrogates := source.problems(_lone_surrogates(data, ())):
        raise DocumentError(surrogates)
    return attrs.evolve(source, differences=tuple(source.problems(differences)))


def _read_json(path: Path, text: str) -> tuple[Any, Place, list[Finding]]:
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_finite, parse_float=_finite)
    except RecursionError:
        raise _InvalidError(1, "is nested too deeply; make it flatter") from None
    except json.JSONDecodeError as error:
        raise _InvalidError(error.lineno, f"is not JSON: {error.msg}; correct the syntax") from None
    except ValueError as error:
        raise _InvalidError(1, f"is not JSON: {error}") from None
    # JSON is YAML, except for tabs and surrogate pairs: the lines of its parts are those of the same text as YAML.
    similar = SURROGATE_PAIR.sub(r"\\uFFFD", text).replace("\t", " ")
    try:
        _, root, _ = _read_yaml(path, similar)
    except _InvalidError as error:
        if "not YAML" not in str(error):
            raise
        root = Place(path, 1)
    return data, root, []


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"duplicate key {next(key for key in keys if keys.count(key) > 1)!r}; write each key once")
    return found


def _not_finite(constant: str) -> float:
    raise ValueError(f"{constant} is not a number of JSON")


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


@define
class _Anchored:
    """A complete value: the number of its parts, and how deep they are nested."""

    value: Any
    place: Place
    parts: int = 1
    height: int = 0


@define
class _Container:
    """A mapping or list that is being read. `key` is the key whose value comes next."""

    value: Any
    place: Place
    anchor: str | None
    key: str | None = None
    key_line: int = 0
    parts: int = 1
    height: int = 1
    merged: list[tuple[dict[str, Any], Place]] = Factory(list)


class _YamlReader:
    """Builds the data of one YAML file from its events."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack: list[_Container] = []
        self._anchors: dict[str, _Anchored] = {}
        self._written = 0
        self._total = 0
        self.documents = 0
        self.result: tuple[Any, Place] = (None, Place(path, 1))
        self.differences: list[Finding] = []

    def add(self, event: Any) -> None:
        """Process one event."""
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _InvalidError(line, "contains several YAML documents; split the file")
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), line)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)

    def _open(self, event: Any, line: int) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            raise _InvalidError(line, "a key is a mapping or a list, expected a string; write it as a string")
        self._check_depth(len(self._stack) + 1, line)
        if event.tag not in {None, "!", TAG + "map", TAG + "seq"}:
            raise _InvalidError(line, f"the tag {event.tag} is not supported; remove it")
        self._count(1, line)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Container(value, Place(self._path, line), event.anchor))

    def _close(self) -> None:
        done = self._stack.pop()
        for mapping, place in done.merged:
            for key, value in mapping.items():
                if key not in done.value:
                    done.value[key], done.place.children[key] = _copy(value), place.children[key]
        complete = _Anchored(done.value, done.place, done.parts, done.height)
        if done.anchor:
            self._anchors[done.anchor] = complete
        self._put(complete)

    def _alias(self, anchor: str, line: int) -> None:
        if anchor not in self._anchors:
            raise _InvalidError(
                line, f"the alias *{anchor} refers to a part that contains it, or to none; write it out"
            )
        found = self._anchors[anchor]
        self._check_depth(len(self._stack) + found.height, line)
        self._count(found.parts, line, is_alias=True)
        self._put(_Anchored(_copy(found.value), found.place, found.parts, found.height))

    def _check_depth(self, depth: int, line: int) -> None:
        if depth > MAX_DEPTH:
            raise _InvalidError(line, f"is nested more than {MAX_DEPTH} levels deep; make it flatter")

    def _count(self, parts: int, line: int, is_alias: bool = False) -> None:
        self._written += not is_alias
        self._total += parts
        if self._total > min(MAX_PARTS, self._written + MAX_EXPANSION + 100 * self._written):
            raise _InvalidError(line, f"expands to more than {self._total - parts} values; write fewer aliases")

    def _scalar(self, event: Any, line: int) -> None:
        self._count(1, line)
        container = self._stack[-1] if self._stack else None
        if container is not None and isinstance(container.value, dict) and container.key is None:
            self._key(container, event, line)
            return
        value = self._resolve(event, line)
        complete = _Anchored(value, Place(self._path, line))
        if event.anchor:
            self._anchors[event.anchor] = complete
        if event.implicit[0] and not event.style and (message := _difference(event.value, value)):
            self.differences.append((self._pointer(), "/".join(map(str, self._pointer())), message))
        self._put(complete)

    def _pointer(self) -> Pointer:
        """Return the pointer of the value that comes next."""
        return tuple(len(one.value) if isinstance(one.value, list) else str(one.key) for one in self._stack)

    def _key(self, container: _Container, event: Any, line: int) -> None:
        container.key, container.key_line = sys.intern(event.value), line  # a large document repeats few keys
        if event.implicit[0] and not event.style:
            value = self._resolve(event, line)
            message = ""
            if event.value == "<<":
                message = "the merge key << is not part of YAML 1.2; write the keys out"
            elif not isinstance(value, str):
                message = f"the key {event.value} is of type {type(value).__name__}, expected a string"
                message += f"; write '{event.value}' in quotes"
            elif _difference(event.value, value):
                message = f"the key {event.value} is not a string for a YAML 1.1 loader; put it in quotes"
            if message:
                self.differences.append((self._pointer(), "/".join(map(str, self._pointer())), message))
        if container.key in container.value:
            raise _InvalidError(line, f"is not YAML: found duplicate key {container.key!r}; write each key once")

    def _put(self, complete: _Anchored) -> None:
        """Add a complete value to the container that is open."""
        value, place = complete.value, complete.place
        if not self._stack:
            self.result = (value, place)
            return
        container = self._stack[-1]
        container.parts += complete.parts
        container.height = max(container.height, complete.height + 1)
        if isinstance(container.value, list):
            container.place.children[len(container.value)] = place
            container.value.append(value)
            return
        key, container.key = str(container.key), None
        if key == "<<":
            merged = [value] if isinstance(value, dict) else value
            if not isinstance(merged, list) or not all(isinstance(one, dict) for one in merged):
                raise _InvalidError(container.key_line, "the merge key << expects a mapping or a list of mappings")
            places = [place] if isinstance(value, dict) else [place.children[i] for i in range(len(merged))]
            container.merged += zip(merged, places, strict=True)
            return
        container.value[key] = value
        container.place.children[key] = Place(self._path, container.key_line, place.children)

    def _resolve(self, event: Any, line: int) -> Any:
        """Return the value of a scalar by the rules of YAML 1.2."""
        text: str = event.value
        if event.tag not in {None, "!"}:
            kind = event.tag.removeprefix(TAG)
            if kind not in {"str", *(name for name, _ in CORE_SCHEMA)}:
                raise _InvalidError(line, f"the tag {event.tag} is not supported; remove it")
        elif event.implicit[0]:
            kind = next((name for name, pattern in CORE_SCHEMA if pattern.fullmatch(text)), "str")
        else:
            kind = "str"
        try:
            return _CONSTRUCT[kind](text)
        except (ValueError, KeyError):
            raise _InvalidError(line, f"the {kind} {text[:40]!r} cannot be read; put it in quotes") from None


def _read_yaml(path: Path, text: str) -> tuple[Any, Place, list[Finding]]:
    reader = _YamlReader(path)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            reader.add(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", "") or error).splitlines()[0]
        raise _InvalidError(mark.line + 1 if mark else 1, f"is not YAML: {reason}; correct the syntax") from None
    return *reader.result, reader.differences


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(child) for key, child in value.items()}
    return [_copy(child) for child in value] if isinstance(value, list) else value


def _integer(text: str) -> int:
    sign, digits = (-1 if text[0] == "-" else 1), text.lstrip("+-")
    base = {"0o": 8, "0x": 16}.get(digits[:2], 10)
    value = sign * int(digits[2:] if base != 10 else digits, base)
    if abs(value) > MAX_NUMBER:
        raise ValueError("too large")
    return value


def _float(text: str) -> float:
    return _finite(text.replace(".inf", "inf").replace(".nan", "nan").lower())


_CONSTRUCT: Final[dict[str, Any]] = {
    "null": lambda _: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": _integer,
    "float": _float,
    "str": str,
}
_RESOLVER: Final = Resolver()


def _difference(text: str, value: Any) -> str:
    """Return how a YAML 1.1 loader reads a plain scalar differently, or an empty string."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    if tag == TAG + "timestamp":
        return f"a bare timestamp is read as a date by some loaders; put {text} in quotes"
    if tag == TAG + "str" and isinstance(value, str):
        return ""
    try:
        other = SafeConstructor().construct_object(yaml.ScalarNode(tag, text))
    except (ValueError, yaml.YAMLError):
        other = text
    if type(other) is type(value) and other == value:
        return ""
    shown = f"reads as {value!r} in YAML 1.2 and as {other!r} in YAML 1.1"
    is_number = isinstance(value, float) and isinstance(other, str)
    return f"{shown}; write {_with_point(text)}" if is_number else f"{shown}; put it in quotes"


def _with_point(text: str) -> str:
    """Return a number with exponent in the form that all loaders read as a number: `1e-05` gives `1.0e-05`."""
    digits, _, exponent = text.lower().partition("e")
    digits = digits if "." in digits else f"{digits}.0"
    return f"{digits}e{exponent if exponent[:1] in {'-', '+'} else f'+{exponent}'}" if exponent else digits


def _lone_surrogates(node: Any, pointer: Pointer) -> Iterator[Finding]:
    if isinstance(node, dict):
        for key, child in node.items():
            if _has_lone_surrogate(key):
                yield (*pointer, key), "", LONE_SURROGATE
            yield from _lone_surrogates(child, (*pointer, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _lone_surrogates(child, (*pointer, index))
    elif isinstance(node, str) and _has_lone_surrogate(node):
        yield pointer, "/".join(map(str, pointer)), LONE_SURROGATE


def _has_lone_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
