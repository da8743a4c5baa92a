"""Refuses what cannot be sent, before anything is."""

import math
import operator
import re
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from .errors import InvalidArgumentError
from .sanitize import shown

MOST_SECONDS: Final = 1e9  # some thirty years; the clocks of operating systems end soon after
LABEL: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")  # of the name of a host
TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # the name of a header
LONGEST_ID: Final = 8000  # characters; no server takes a longer URL


def read_base_url(base_url: Any) -> tuple[str, str, bool]:
    """The base URL without a slash at its end, its origin, and whether it is https.

    Raises:
        InvalidArgumentError: it is none under which a path could be asked for.
    """
    if not isinstance(base_url, str | httpx.URL):
        kind = "None; is its variable set?" if base_url is None else type(base_url).__name__
        raise InvalidArgumentError(f"base_url= wants a URL like https://host, got {kind}")
    text = str(base_url)
    if "@" in text.partition("//")[2].partition("/")[0]:
        raise InvalidArgumentError("base_url= holds a user or password; pass credentials by their own keywords")
    said = shown(repr(text), 200)
    if not text.isprintable() or " " in text:
        raise InvalidArgumentError(f"base_url= holds a blank or a character that cannot be seen: {said}")
    try:
        parts, url = urllib.parse.urlsplit(text), httpx.URL(text)
        port, name = parts.port, url.raw_host.decode() if url.host else ""
    except (ValueError, httpx.InvalidURL) as error:
        raise InvalidArgumentError(f"base_url= wants a URL like https://host, got {said}: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not name or port == 0:
        raise InvalidArgumentError(f"base_url= wants a URL like https://host, got {said}")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise InvalidArgumentError(f"base_url= wants a URL without a query or fragment, got {said}")
    if "\\" in text or "//" in parts.path or {".", ".."} & set(parts.path.split("/")):
        raise InvalidArgumentError(f"base_url= has a path with an empty part, dots or a backslash, got {said}")
    labels = name.removesuffix(".").split(".")
    if ":" not in name and not (len(name) <= 254 and all(LABEL.fullmatch(label) for label in labels)):
        raise InvalidArgumentError(f"base_url= names a host that there cannot be, got {said}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    origin = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), origin, parts.scheme == "https"


def read_id(operation: str, name: str, value: Any) -> Any:
    """An id as it is sent: texts, UUIDs and whole numbers of any library are ids.

    Raises:
        InvalidArgumentError: it would reach another endpoint, or none.
    """
    if isinstance(value, str):
        plain: Any = str.__str__(value)
    elif isinstance(value, uuid.UUID):
        plain = str(value)
    elif isinstance(value, float) and math.isfinite(value):
        plain = value
    elif _is_whole(value):
        plain = operator.index(value)
    else:
        got = "None" if value is None else type(value).__name__
        raise InvalidArgumentError(f"{operation}: {name} wants the id of a job, a text, a number or a UUID, got {got}")
    try:
        text = str(plain)
    except ValueError:  # a number of more digits than Python writes
        raise InvalidArgumentError(
            f"{operation}: {name} is a number of too many digits; no URL holds so many"
        ) from None
    if text in {"", ".", ".."}:
        raise InvalidArgumentError(
            f"{operation}: {name} is {plain!r}, which would reach another endpoint; pass the id of a job"
        )
    if len(text) > LONGEST_ID:
        raise InvalidArgumentError(f"{operation}: {name} has {len(text)} characters; no URL holds so many")
    if not text.isprintable():
        problem = next(c for c in text if not c.isprintable())
        raise InvalidArgumentError(
            f"{operation}: {name} holds the unprintable character U+{ord(problem):04X}; pass the id of a job"
        )
    return plain


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        operator.index(value)
    except Exception:  # whatever an object of another library raises
        return False
    return True


def check_headers(headers: Mapping[str, str] | None) -> None:
    """Refuses headers that cannot be sent, or that say how the message itself is framed."""
    if headers is not None and not isinstance(headers, Mapping):
        raise InvalidArgumentError(f"headers= wants a mapping of texts, got {type(headers).__name__}")
    for name, value in (headers or {}).items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise InvalidArgumentError(f"headers= wants texts, got {type(value).__name__} for {name!r}")
        if not name.isprintable() or not value.isprintable():
            raise InvalidArgumentError(f"headers= holds a line break or another unprintable character in {name!r}")
        if not TOKEN.fullmatch(name):
            raise InvalidArgumentError(
                f"headers= wants names of letters, digits and dashes, got {shown(repr(name), 60)}"
            )
        if value != value.strip() or not value.isascii():
            raise InvalidArgumentError(
                f"headers= holds a blank at an end or a letter beyond ASCII in the value of {name!r}"
            )
        if name.lower() in {"content-length", "transfer-encoding", "connection", "host"}:
            raise InvalidArgumentError(f"headers= cannot set {name}, which belongs to the connection")


def number(value: Any) -> float | None:
    """A number of any library as a float, None where it is none. Texts and truth values are none."""
    if isinstance(value, bool | str | bytes):
        return None
    try:
        # Python itself takes what has `__float__` or `__index__`.
        return float(value)
    except Exception:  # whatever an object of another library raises
        return None


def seconds(timeout: Any, name: str = "timeout", *, or_none_at_all: bool = False) -> float:
    """A number of seconds above 0, or from 0 where none at all is one too.

    Raises:
        InvalidArgumentError: it is no time.
    """
    found = number(timeout)
    if found is None or not found <= MOST_SECONDS or not (found >= 0 if or_none_at_all else found > 0):
        wanted = ", 0 or more" if or_none_at_all else " above 0"
        raise InvalidArgumentError(f"{name}= wants a number of seconds{wanted}, at most 1e9, got {told(timeout)}")
    return found


def told(value: Any) -> str:
    """What was passed, in short; its kind where it cannot say itself."""
    try:
        return shown(repr(value), 60)
    except Exception:  # whatever an object of another library raises
        return type(value).__name__


def whole(value: Any, name: str) -> int:
    """A whole number from 0.

    Raises:
        InvalidArgumentError: it is none.
    """
    if not _is_whole(value) or operator.index(value) < 0:
        raise InvalidArgumentError(f"{name}= wants 0 or more, a whole number, got {told(value)}")
    return operator.index(value)


def read_hooks(event_hooks: Any) -> Mapping[str, tuple[Callable[..., Any], ...]]:
    """The hooks of requests and responses.

    Raises:
        InvalidArgumentError: these are none.
    """
    if event_hooks is not None and not isinstance(event_hooks, Mapping):
        got = type(event_hooks).__name__
        raise InvalidArgumentError(
            f"event_hooks= wants a mapping of request and response to lists of callables, got {got}"
        )
    hooks = dict(event_hooks or {})
    if unknown := sorted(map(str, set(hooks) - {"request", "response"})):
        raise InvalidArgumentError(f"event_hooks= knows request and response, got {', '.join(unknown)}")
    for name, listed in hooks.items():
        if not isinstance(listed, list | tuple) or not all(callable(hook) for hook in listed):
            raise InvalidArgumentError(f"event_hooks= wants a list of callables for {name}, got {told(listed)}")
    return {name: tuple(listed) for name, listed in hooks.items()}
