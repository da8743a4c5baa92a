"""Refuses what cannot be sent, before anything is."""

import numbers
import operator
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from .errors import InvalidArgument
from .texts import shown

MOST_SECONDS: Final = 1e9  # some thirty years; the clocks of operating systems end soon after
LONGEST_ID: Final = 8000  # characters; no server takes a longer URL


def read_base_url(base_url: Any) -> tuple[str, str, bool]:
    """The base URL without a slash at its end, its origin, and whether it is https.

    Raises:
        InvalidArgument: it is none under which a path could be asked for.
    """
    if not isinstance(base_url, str | httpx.URL):
        kind = "None; is its variable set?" if base_url is None else type(base_url).__name__
        raise InvalidArgument(f"base_url= wants a URL like https://host, got {kind}")
    text = str(base_url)
    if "@" in text.partition("//")[2].partition("/")[0]:
        raise InvalidArgument("base_url= holds a user or password; pass credentials by their own keywords")
    told = shown(repr(text), 200)
    if not text.isprintable() or " " in text:
        raise InvalidArgument(f"base_url= holds a blank or a character that cannot be seen: {told}")
    try:
        parts, url = urllib.parse.urlsplit(text), httpx.URL(text)
        port, name = parts.port, url.raw_host.decode() if url.host else ""
    except (ValueError, httpx.InvalidURL) as error:
        raise InvalidArgument(f"base_url= wants a URL like https://host, got {told}: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not name or port == 0:
        raise InvalidArgument(f"base_url= wants a URL like https://host, got {told}")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise InvalidArgument(f"base_url= wants a URL without a query or fragment, got {told}")
    if "//" in parts.path or {".", ".."} & set(parts.path.split("/")):
        raise InvalidArgument(f"base_url= has a path with an empty part or dots, got {told}")
    if ":" not in name and any(not 1 <= len(label) <= 63 for label in name.removesuffix(".").split(".")):
        raise InvalidArgument(f"base_url= names a host that there cannot be, got {told}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    origin = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), origin, parts.scheme == "https"


def check_id(operation: str, name: str, value: Any) -> None:
    """Refuses ids that would reach another endpoint, or none. Texts, UUIDs and whole numbers of any library are ids."""
    if not isinstance(value, str) and not isinstance(value, uuid.UUID | float) and not _is_whole(value):
        got = "None" if value is None else type(value).__name__
        raise InvalidArgument(f"{operation}: {name} wants the id of a job, a text, a number or a UUID, got {got}")
    text = str(value)
    if text in {"", ".", ".."}:
        raise InvalidArgument(
            f"{operation}: {name} is {value!r}, which would reach another endpoint; pass the id of a job"
        )
    if len(text) > LONGEST_ID:
        raise InvalidArgument(f"{operation}: {name} has {len(text)} characters; no URL holds so many")
    if not text.isprintable():
        problem = next(c for c in text if not c.isprintable())
        raise InvalidArgument(
            f"{operation}: {name} holds the unprintable character U+{ord(problem):04X}; pass the id of a job"
        )


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def check_headers(headers: Mapping[str, str] | None) -> None:
    """Refuses headers that cannot be sent, or that say how the message itself is framed."""
    if headers is not None and not isinstance(headers, Mapping):
        raise InvalidArgument(f"headers= wants a mapping of texts, got {type(headers).__name__}")
    for name, value in (headers or {}).items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise InvalidArgument(f"headers= wants texts, got {type(value).__name__} for {name!r}")
        if not name.isascii() or not name.isprintable() or not value.isprintable():
            raise InvalidArgument(f"headers= holds a line break or another unprintable character in {name!r}")
        if name.lower() in {"content-length", "transfer-encoding", "connection", "host"}:
            raise InvalidArgument(f"headers= cannot set {name}, which belongs to the connection")


def seconds(timeout: Any, name: str = "timeout", least: float = 0.0) -> float:
    """A number of seconds, of any library: above 0, or from `least` where that is given.

    Raises:
        InvalidArgument: it is no time.
    """
    number = None
    if not isinstance(timeout, bool | str | bytes) and (
        isinstance(timeout, numbers.Number) or hasattr(timeout, "__float__")
    ):
        try:
            number = float(timeout)
        except (TypeError, ValueError, OverflowError):
            number = None
    if number is None or not number <= MOST_SECONDS or not (number >= least if least else number > 0):
        wanted = f"from {least:g}" if least else "above 0"
        raise InvalidArgument(
            f"{name}= wants a number of seconds {wanted} and at most 1e9, got {shown(repr(timeout), 60)}"
        )
    return number


def whole(value: Any, name: str) -> int:
    """A whole number from 0.

    Raises:
        InvalidArgument: it is none.
    """
    if not _is_whole(value) or operator.index(value) < 0:
        raise InvalidArgument(f"{name}= wants 0 or more, a whole number, got {shown(repr(value), 60)}")
    return operator.index(value)


def read_hooks(event_hooks: Any) -> Mapping[str, tuple[Callable[..., Any], ...]]:
    """The hooks of requests and responses.

    Raises:
        InvalidArgument: these are none.
    """
    if event_hooks is not None and not isinstance(event_hooks, Mapping):
        got = type(event_hooks).__name__
        raise InvalidArgument(f"event_hooks= wants a mapping of request and response to lists of callables, got {got}")
    hooks = dict(event_hooks or {})
    if unknown := sorted(map(str, set(hooks) - {"request", "response"})):
        raise InvalidArgument(f"event_hooks= knows request and response, got {', '.join(unknown)}")
    for name, listed in hooks.items():
        if not isinstance(listed, list | tuple) or not all(callable(hook) for hook in listed):
            raise InvalidArgument(f"event_hooks= wants a list of callables for {name}, got {shown(repr(listed), 60)}")
    return {name: tuple(listed) for name, listed in hooks.items()}
