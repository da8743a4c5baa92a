# Generated from scripts/client/structured_fields.py by `make generate`; do not edit.

"""Structured fields of HTTP (RFC 9651): items, lists and dictionaries. Inner lists are not supported."""

import re
from typing import Any, Final, TypeAlias

from attrs import frozen

MAX_LENGTH: Final = 8192  # characters; a longer field is ignored

_KEY: Final = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_VALUE: Final = re.compile(
    r'(?P<string>"(?:[ !#-\[\]-~]|\\["\\])*")'
    r"|(?P<decimal>-?[0-9]{1,12}\.[0-9]{1,3})"
    r"|(?P<integer>-?[0-9]{1,15})"
    r"|@(?P<date>-?[0-9]{1,15})"
    r"|\?(?P<boolean>[01])"
    r"|(?P<token>[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*)"
    r"|:(?P<bytes>[A-Za-z0-9+/=]*):"
)
_SEPARATOR: Final = re.compile(r"[ \t]*,[ \t]*")
_SPACES: Final = re.compile(" *")


class Token(str):
    """A token, as opposed to a string in quotes."""

    __slots__ = ()


class Date(int):
    """A date, in seconds since 1970."""


@frozen
class Item:
    """A value with its parameters: a str, Token, int, Date, float, bool, or bytes that are not decoded."""

    value: Any
    parameters: dict[str, Any]


Found: TypeAlias = tuple[Item, int]  # the item, and the position after it


class _MalformedError(Exception):
    """The field is malformed."""


def parse_item(text: str) -> Item | None:
    """Return the item of a field, or None if it is malformed."""
    text = text.strip(" ")
    try:
        item, position = _item(text, 0)
    except _MalformedError:
        return None
    return item if position == len(text) else None


def parse_list(text: str) -> list[Item] | None:
    """Return the items of a field that is a list, or None if it is malformed."""
    text, items, position = text.strip(" "), [], 0
    try:
        while position < len(text):
            item, position = _item(text, position)
            items.append(item)
            position = _next_member(text, position)
    except _MalformedError:
        return None
    return items


def parse_dictionary(text: str) -> dict[str, Item] | None:
    """Return the items of a field that is a dictionary, or None if it is malformed."""
    text, members, position = text.strip(" "), {}, 0
    try:
        while position < len(text):
            key, position = _key(text, position)
            if text.startswith("=", position):
                members[key], position = _item(text, position + 1)
            else:
                parameters, position = _parameters(text, position)
                members[key] = Item(True, parameters)
            position = _next_member(text, position)
    except _MalformedError:
        return None
    return members


def _next_member(text: str, position: int) -> int:
    """Return where the next member begins, or the end of the text."""
    if position == len(text):
        return position
    found = _SEPARATOR.match(text, position)
    if found is None or found.end() == len(text):
        raise _MalformedError
    return found.end()


def _item(text: str, position: int) -> Found:
    value, position = _value(text, position)
    parameters, position = _parameters(text, position)
    return Item(value, parameters), position


def _parameters(text: str, position: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while text.startswith(";", position):
        spaces = _SPACES.match(text, position + 1)
        key, position = _key(text, spaces.end() if spaces else position + 1)
        found[key] = True
        if text.startswith("=", position):
            found[key], position = _value(text, position + 1)
    return found, position


def _key(text: str, position: int) -> tuple[str, int]:
    found = _KEY.match(text, position)
    if found is None:
        raise _MalformedError
    return found[0], found.end()


def _value(text: str, position: int) -> tuple[Any, int]:
    found = _VALUE.match(text, position) if len(text) <= MAX_LENGTH else None
    if found is None:
        raise _MalformedError
    kind, matched = found.lastgroup, found[found.lastgroup or 0]
    value: Any = Token(matched)
    if kind == "string":
        value = re.sub(r"\\(.)", r"\1", matched[1:-1])
    elif kind == "decimal":
        value = float(matched)
    elif kind in {"integer", "date"}:
        value = int(matched) if kind == "integer" else Date(matched)
    elif kind == "boolean":
        value = matched == "1"
    elif kind == "bytes":
        value = matched.encode()
    return value, found.end()
