"""Refuses what cannot be sent, before anything is."""

import urllib.parse
from collections.abc import Mapping
from typing import Any

from .errors import InvalidArgument


def read_base_url(base_url: str) -> tuple[str, str, bool]:
    """The base URL without a slash at its end, its origin, and whether it is https."""
    try:
        parts = urllib.parse.urlsplit(base_url)
        port = parts.port
    except (ValueError, AttributeError, TypeError):
        raise InvalidArgument("base_url= wants a URL like https://host, got one that cannot be read") from None
    if parts.username or parts.password or "@" in parts.netloc:
        raise InvalidArgument("base_url= holds a user or password; pass credentials by their own keywords")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise InvalidArgument(f"base_url= wants a URL like https://host, got {base_url!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    origin = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    return base_url.rstrip("/"), origin, parts.scheme == "https"


def check_id(operation: str, name: str, value: Any) -> None:
    """Refuses ids that would reach another endpoint, or none."""
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or text in {"", ".", ".."}:
        raise InvalidArgument(
            f"{operation}: {name} is {value!r}, which would reach another endpoint; pass the id of a job"
        )
    if not text.isprintable():
        problem = next(c for c in text if not c.isprintable())
        raise InvalidArgument(
            f"{operation}: {name} holds the unprintable character U+{ord(problem):04X}; pass the id of a job"
        )


def check_headers(headers: Mapping[str, str] | None) -> None:
    """Refuses headers that cannot be sent, or that say how the message itself is framed."""
    for name, value in (headers or {}).items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise InvalidArgument(f"headers= wants texts, got {type(value).__name__} for {name!r}")
        if not name.isascii() or not name.isprintable() or not value.isprintable():
            raise InvalidArgument(f"headers= holds a line break or another unprintable character in {name!r}")
        if name.lower() in {"content-length", "transfer-encoding", "connection", "host"}:
            raise InvalidArgument(f"headers= cannot set {name}, which belongs to the connection")


def seconds(timeout: float) -> float:
    """Refuses a timeout that is no time."""
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < 1e12:
        raise InvalidArgument(f"timeout= wants a number of seconds above 0, got {str(timeout)[:40]}")
    return float(timeout)
