"""The part of a request that every poll repeats, parsed once per client: the base URL and the headers."""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx

from . import httpx_internals
from .auth import AuthParameters

# Of a path and a query: characters and escapes that httpx sends as they are. A path has no segment of dots.
CHARACTERS: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})"
PATH: Final = re.compile(rf"(?:/(?!\.{{1,2}}(?:/|\Z)){CHARACTERS}*)+")
QUERY: Final = re.compile(rf"{CHARACTERS}+")
LONGEST: Final = 4000  # characters; the limits of httpx apply to longer ones


class RequestTemplate:
    """Creates the requests of one client, as `httpx.Request` would.

    Args:
        base_url: The base URL, without a trailing slash.
        headers: The headers of every request.
    """

    __slots__ = ("_base", "_headers", "_path")

    def __init__(self, base_url: str, headers: list[tuple[bytes, bytes]]) -> None:
        self._base = httpx.URL(base_url)
        self._path = self._base.raw_path.decode().rstrip("/")
        self._headers = [(b"Host", self._base.netloc), *headers]

    def url(self, path: str, query: str) -> httpx.URL | None:
        """Return the URL of a path and a query below the base URL, without parsing it, or None if it must be parsed."""
        if len(path) + len(query) > LONGEST or not PATH.fullmatch(path) or (query and not QUERY.fullmatch(query)):
            return None
        return httpx_internals.with_path(self._base, self._path + path, query or None)

    def request(
        self, request: Mapping[str, Any], query: str, auth: AuthParameters, timeout: Mapping[str, float]
    ) -> httpx.Request | None:
        """Return a GET request without a body and without headers of its own, or None if this is another kind."""
        if request["method"].upper() != "GET" or request.keys() - {"method", "url", "params"} or auth.query():
            return None
        url = self.url(request["url"], query)
        if url is None:
            return None
        made = httpx.Request(
            "GET",
            url,
            headers=auth.merge(self._headers),
            stream=httpx.ByteStream(b""),
            extensions={"timeout": timeout},
        )
        made.read()  # hooks and transports may use its content
        return made
