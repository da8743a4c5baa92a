# Generated from scripts/client/arguments.py by `make generate`; do not edit.

"""Validation of arguments, before anything is sent."""

import math
import operator
import re
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from .clock import MAX_SECONDS
from .errors import InvalidArgumentError
from .sanitize import describe, sanitize

HOST_LABEL: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FRAMING_HEADERS: Final = frozenset({"content-length", "transfer-encoding", "connection", "host"})
MAX_ID: Final = 8000  # characters; no server accepts a longer URL


def parse_base_url(base_url: Any) -> tuple[str, str, bool]:
    """Parse a base URL.

    Returns:
        The URL without a trailing slash, its origin, and whether it is https.

    Raises:
        InvalidArgumentError: It is not a URL, or has a part that a base URL cannot have.
    """
    if not isinstance(base_url, str | httpx.URL):
        got = "None" if base_url is None else type(base_url).__name__
        raise InvalidArgumentError(f"base_url= must be a URL like https://host, got {got}")
    text = str(base_url)
    if "@" in text.partition("//")[2].partition("/")[0]:
        raise InvalidArgumentError("base_url= contains a user or password; pass credentials by their own keywords")
    got = sanitize(repr(text), 200)
    if not text.isprintable() or " " in text:
        raise InvalidArgumentError(f"base_url= contains a space or an unprintable character: {got}")
    try:
        parts, url = urllib.parse.urlsplit(text), httpx.URL(text)
        port, name = parts.port, url.raw_host.decode() if url.host else ""
    except (ValueError, httpx.InvalidURL) as error:
        raise InvalidArgumentError(f"base_url= must be a URL like https://host, got {got}: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not name or port == 0:
        raise InvalidArgumentError(f"base_url= must be a URL like https://host, got {got}")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise InvalidArgumentError(f"base_url= must be a URL without a query or fragment, got {got}")
    if "\\" in text or "//" in parts.path or {".", ".."} & set(parts.path.split("/")):
        raise InvalidArgumentError(f"base_url= has a path with an empty segment, dots or a backslash, got {got}")
    labels = name.removesuffix(".").split(".")
    if ":" not in name and not (len(name) <= 254 and all(HOST_LABEL.fullmatch(label) for label in labels)):
        raise InvalidArgumentError(f"base_url= has an invalid host name, got {got}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    origin = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), origin, parts.scheme == "https"


def validate_id(operation: str, name: str, value: Any) -> Any:
    """Return an id as it is sent. Strings, UUIDs and integers of any library are ids.

    Raises:
        InvalidArgumentError: It would reach another endpoint, or cannot be part of a URL.
    """
    if isinstance(value, str):
        plain: Any = str.__str__(value)
    elif isinstance(value, uuid.UUID):
        plain = str(value)
    elif isinstance(value, float) and math.isfinite(value):
        plain = value
    elif _is_integer(value):
        plain = operator.index(value)
    else:
        got = "None" if value is None else type(value).__name__
        raise InvalidArgumentError(f"{operation}: {name} must be the id of a job (str, int or UUID), got {got}")
    try:
        text = str(plain)
    except ValueError:  # an integer with more digits than Python converts
        raise InvalidArgumentError(f"{operation}: {name} has too many digits for a URL") from None
    if text in {"", ".", ".."}:
        raise InvalidArgumentError(
            f"{operation}: {name} is {plain!r}, which would reach another endpoint; pass the id of a job"
        )
    if len(text) > MAX_ID:
        raise InvalidArgumentError(f"{operation}: {name} has {len(text)} characters, too many for a URL")
    if not text.isprintable():
        problem = next(c for c in text if not c.isprintable())
        raise InvalidArgumentError(
            f"{operation}: {name} contains the unprintable character U+{ord(problem):04X}; pass the id of a job"
        )
    return plain


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        operator.index(value)
    except Exception:  # an object of another library may raise anything
        return False
    return True


def validate_headers(headers: Mapping[str, str] | None) -> None:
    """Reject headers that cannot be sent, or that control the framing of the message.

    Raises:
        InvalidArgumentError: There is such a header.
    """
    if headers is not None and not isinstance(headers, Mapping):
        raise InvalidArgumentError(f"headers= must be a mapping of strings, got {type(headers).__name__}")
    for name, value in (headers or {}).items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise InvalidArgumentError(f"headers= must map strings to strings, got {type(value).__name__} for {name!r}")
        if not name.isprintable() or not value.isprintable():
            raise InvalidArgumentError(f"headers= contains a line break or another unprintable character in {name!r}")
        if not HEADER_NAME.fullmatch(name):
            got = sanitize(repr(name), 60)
            raise InvalidArgumentError(f"headers= must have names of letters, digits and dashes, got {got}")
        if value != value.strip() or not value.isascii():
            problem = "a leading or trailing space or a non-ASCII character"
            raise InvalidArgumentError(f"headers= has {problem} in the value of {name!r}")
        if name.lower() in FRAMING_HEADERS:
            raise InvalidArgumentError(f"headers= cannot set {name}, which belongs to the connection")


def to_float(value: Any) -> float | None:
    """Return a number of any library as a float, or None if it is not a number. Strings and booleans are not."""
    if isinstance(value, bool | str | bytes):
        return None
    try:
        # Python itself accepts anything with `__float__` or `__index__`.
        return float(value)
    except Exception:  # an object of another library may raise anything
        return None


def validate_seconds(timeout: Any, name: str = "timeout", *, allow_zero: bool = False) -> float:
    """Return a number of seconds above 0, or from 0 with `allow_zero`.

    Raises:
        InvalidArgumentError: It is not such a number.
    """
    found = to_float(timeout)
    if found is None or not found <= MAX_SECONDS or not (found >= 0 if allow_zero else found > 0):
        least = ", 0 or more" if allow_zero else " above 0"
        raise InvalidArgumentError(f"{name}= must be a number of seconds{least}, at most 1e9, got {describe(timeout)}")
    return found


def validate_count(value: Any, name: str, least: int = 0) -> int:
    """Return an integer that is at least 0, or another number.

    Raises:
        InvalidArgumentError: It is not such an integer.
    """
    if not _is_integer(value) or operator.index(value) < least:
        raise InvalidArgumentError(f"{name}= must be an integer, {least} or more, got {describe(value)}")
    return operator.index(value)


def validate_flag(value: Any, name: str) -> None:
    """Check that a value is true or false.

    Raises:
        InvalidArgumentError: It is not.
    """
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"{name}= must be True or False, got {describe(value)}")


def validate_maximum(value: Any, name: str, largest: int) -> int:
    """Return an integer from 1 to the largest.

    Raises:
        InvalidArgumentError: It is not such an integer.
    """
    if not _is_integer(value) or not 1 <= operator.index(value) <= largest:
        raise InvalidArgumentError(f"{name}= must be an integer from 1 to {largest}, got {describe(value)}")
    return operator.index(value)


def validate_hooks(event_hooks: Any) -> Mapping[str, tuple[Callable[..., Any], ...]]:
    """Return the hooks of `request` and `response`.

    Raises:
        InvalidArgumentError: It is not a mapping of these to lists of callables.
    """
    if event_hooks is not None and not isinstance(event_hooks, Mapping):
        got = type(event_hooks).__name__
        raise InvalidArgumentError(f"event_hooks= must map request and response to lists of callables, got {got}")
    hooks = dict(event_hooks or {})
    if unknown := sorted(map(str, set(hooks) - {"request", "response"})):
        raise InvalidArgumentError(f"event_hooks= must have the keys request and response, got {', '.join(unknown)}")
    for name, listed in hooks.items():
        if not isinstance(listed, list | tuple) or not all(callable(hook) for hook in listed):
            raise InvalidArgumentError(f"event_hooks= must be a list of callables for {name}, got {describe(listed)}")
    return {name: tuple(listed) for name, listed in hooks.items()}
