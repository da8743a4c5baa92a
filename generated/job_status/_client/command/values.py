# Generated from scripts/client/command/values.py by `make generate`; do not edit.

"""The values of options: durations, files, and what the type hints of a method expect."""

from __future__ import annotations

import argparse
import contextlib
import enum
import json
import math
import re
import sys
import types
import typing
from pathlib import Path
from typing import Any, Final

from ..clock import MAX_SECONDS
from ..sanitize import describe
from .status import CommandError
from .table import Parameter

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
STDIN: Final = "-"
MAX_FILE: Final = 100_000_000  # bytes


def duration(text: str) -> float:
    """Return the seconds of a duration such as `90`, `10m` or `1h30m`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhd])?", text)
    if not parts or "".join(map("".join, parts)) != text or (len(parts) > 1 and not all(unit for _, unit in parts)):
        raise argparse.ArgumentTypeError(f"expected a duration such as 90s, 10m or 1h30m, got {describe(text)}")
    seconds = sum(float(number) * UNITS[unit or "s"] for number, unit in parts)
    if seconds > MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"expected a duration up to {MAX_SECONDS:g} seconds, got {describe(text)}")
    return seconds


def given(text: str) -> str:
    """Return an argument that is not empty, as that of a variable is that is not set."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; give a value, or leave the option out")
    return text


def limit(text: str) -> float | None:
    """Return the seconds of a duration that is above 0, or None for `none`."""
    seconds = None if text == "none" else duration(text)
    if seconds == 0:
        raise argparse.ArgumentTypeError("expected a duration above 0, or none")
    return seconds


def rate(text: str) -> float:
    """Return a number above 0."""
    with contextlib.suppress(ValueError):
        if 0 < (number := float(text)) < math.inf:
            return number
    raise argparse.ArgumentTypeError(f"expected requests per second, above 0, got {describe(text)}")


def show_duration(seconds: float) -> str:
    """Return a duration for people, such as `42s`, `3m05s` or `2h10m`."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole}s"
    return f"{whole // 60}m{whole % 60:02}s" if whole < 3600 else f"{whole // 3600}h{whole // 60 % 60:02}m"


def read_file(name: str, purpose: str) -> str:
    """Return the content of a file, or of stdin for `-`.

    Raises:
        CommandError: It cannot be read.
    """
    try:
        if name == STDIN:
            if sys.stdin is None:
                raise CommandError(f"{purpose}: stdin is closed")
            return sys.stdin.buffer.read(MAX_FILE).decode()
        return Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CommandError(f"{purpose}: {name} is not UTF-8") from None
    except OSError as error:
        raise CommandError(f"{purpose}: {name}: {error.strerror or error}") from None


def read_json(name: str, purpose: str) -> Any:
    """Return the JSON in a file, or in stdin for `-`.

    Raises:
        CommandError: It cannot be read, or is not JSON.
    """
    try:
        return json.loads(read_file(name, purpose))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{purpose}: {name} is not JSON: {error}") from None


def from_json(value: Any, hint: Any) -> Any:
    """Return a JSON value as a type hint expects it: as a model, an enum, a date or a UUID.

    Raises:
        CommandError: It is not of that type.
    """
    problems = []
    for kind in _members(hint):
        if typing.get_origin(kind) is list and isinstance(value, list):
            (element,) = typing.get_args(kind)
            return [from_json(one, element) for one in value]
        create = _creator(kind)
        expected = dict if hasattr(kind, "from_dict") else list if typing.get_origin(kind) is list else object
        if not isinstance(value, expected):
            problems.append(f"expected {'an object' if expected is dict else 'a list'}")
            continue
        if create is None:
            continue
        try:
            return create(value)
        except Exception as error:  # a model may raise anything
            problems.append(f"{getattr(kind, '__name__', kind)}: {type(error).__name__}: {error}")
    if problems and not any(kind in {Any, type(value), object} for kind in _members(hint)):
        raise CommandError(f"expected another value than {json.dumps(value)[:100]}: {'; '.join(problems)}")
    return value


def positional(parameter: Parameter, text: str) -> str:
    """Return the text of a positional argument, which is sent as it is.

    Raises:
        CommandError: The document does not allow it.
    """
    if parameter.choices and text not in parameter.choices:
        raise CommandError(f"{parameter.name}: expected one of {', '.join(parameter.choices)}, got {describe(text)}")
    if parameter.is_integer and not re.fullmatch(r"-?\d{1,300}", text, re.ASCII):
        raise CommandError(f"{parameter.name}: expected an integer, got {describe(text)}")
    return text


def from_text(text: str, hint: Any, as_json: str = "") -> Any:
    """Return the text of an option as a type hint expects it; an object or a list of a union is JSON.

    `as_json` is what it is in JSON, `object` or `any`, where the hint is `Any`; empty if it is not JSON.

    Raises:
        CommandError: It is not of that type.
    """
    members = _members(hint)
    kinds = [kind for kind in members if not _is_structured(kind) and not (as_json and kind is Any)]
    structured = len(kinds) < len(members)
    if structured and (not kinds or re.match(r"\s*[{[]", text)):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            if not kinds:
                raise CommandError(f"expected JSON, such as {_example(members)}, got {describe(text)}") from None
        else:
            if as_json != "object" or isinstance(value, dict):
                return from_json(value, hint)
            raise CommandError(f"expected an object, such as {_example(members)}, got {describe(text)}")
    for kind, pattern in ((bool, r"true|false"), (int, r"-?\d{1,18}"), (float, r"-?\d+(\.\d+)?([eE][-+]?\d+)?")):
        if kind in kinds and re.fullmatch(pattern, text):
            return text == "true" if kind is bool else kind(text)
    integers = [
        kind for kind in kinds if isinstance(kind, type) and issubclass(kind, enum.Enum) and issubclass(kind, int)
    ]
    value = int(text) if integers and re.fullmatch(r"-?\d{1,18}", text) else text
    if str in kinds or not kinds:
        with contextlib.suppress(CommandError):
            return from_json(value, hint)
        return value
    made = from_json(value, hint)
    if made is text and kinds and all(kind in {bool, int, float} for kind in kinds):
        expected = " or ".join({bool: "true or false", int: "an integer", float: "a number"}[kind] for kind in kinds)
        raise CommandError(f"expected {expected}, got {describe(text)}")
    return made


def _is_structured(kind: Any) -> bool:
    return hasattr(kind, "from_dict") or typing.get_origin(kind) is list


def _example(members: list[Any]) -> str:
    return '["value"]' if all(typing.get_origin(kind) is list for kind in members) else '{"name": "value"}'


def _members(hint: Any) -> list[Any]:
    """Return the types of a union, except None and the type of missing values."""
    origin = typing.get_origin(hint)
    members = typing.get_args(hint) if origin in {typing.Union, types.UnionType} else (hint,)
    return [one for one in members if one is not type(None) and getattr(one, "__name__", "") != "Unset"]


def _creator(kind: Any) -> Any:
    """Return what creates a value of a type from JSON, or None if JSON has the type itself."""
    for name in ("from_dict", "fromisoformat"):
        if found := getattr(kind, name, None):
            return found
    is_own = isinstance(kind, type) and (issubclass(kind, enum.Enum) or kind.__name__ == "UUID")
    return kind if is_own else None
