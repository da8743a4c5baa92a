"""Where a value is in a request and its response: the runtime expressions of OpenAPI in generated code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

Keys: TypeAlias = tuple[str, ...]
# A source, such as `response.header`, and the path into a body, or the name of a header or parameter. Part of a
# response in tests, and a constant or part of either message in links.
Expression: TypeAlias = tuple[str, tuple[Any, ...]]
# The expression, and the values that it may have, or whether it is present.
Test: TypeAlias = tuple[str, Keys, tuple[Any, ...] | bool]
Tests: TypeAlias = tuple[Test, ...]

BODY: Final = "response.body"
HEADER: Final = "response.header"
CONSTANT: Final = "constant"
NO_HEADERS: Final[Mapping[str, str]] = {}


def get_path(value: Any, path: Keys) -> Any:
    """Return the value at a path of keys, or None if missing."""
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def to_pointer(path: Keys) -> str:
    """Return a path of keys as a JSON pointer."""
    return "/" + "/".join(path)


def to_text(value: Any) -> str:
    """Return a string as it is, and any other JSON value as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def all_hold(tests: Iterable[Test], body: Any, status: int, headers: Mapping[str, str]) -> bool:
    """Return whether a response satisfies every test. A null counts as absent."""
    for source, keys, expected in tests:
        value = _in_response(source, keys, body, status, headers)
        if isinstance(expected, bool):
            if expected != (value is not None):
                return False
        # True equals 1 in Python, and not in JSON.
        elif not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in expected):
            return False
    return True


def _in_response(source: str, keys: Keys, body: Any, status: int, headers: Mapping[str, str]) -> Any:
    if source == BODY:
        return get_path(body, keys)
    return headers.get(keys[0]) if source == HEADER else status
