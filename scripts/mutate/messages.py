"""Requests and responses as they are on the wire, and the log of a run, which witnesses examine."""

import json
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, Self

from attrs import define, evolve

from ..document import MISSING

Headers = tuple[tuple[str, str], ...]


def header_of(headers: Headers, name: str) -> str | None:
    """Return the value of the first header with a name in lower case, or None."""
    return next((value for key, value in headers if key.lower() == name), None)


@define(slots=False, frozen=True)
class Request:
    """A request. `target` is the path with the query, percent-encoded."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query, without the question mark."""
        return self.target.partition("?")[2]

    @cached_property
    def parameters(self) -> Mapping[str, list[str]]:
        """The parameters of the query."""
        return urllib.parse.parse_qs(self.query, keep_blank_values=True)

    def header(self, name: str) -> str | None:
        """Return the value of a header, by its name in lower case."""
        return header_of(self.headers, name)

    def with_header(self, name: str, value: str | None) -> Self:
        """Return the request with another value of a header, or without the header."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name)
        return evolve(self, headers=kept if value is None else (*kept, (name, value)))


@define(slots=False, frozen=True)
class Response:
    """A response. If `is_cut`, the connection is closed before the last bytes of the body."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    is_cut: bool = False

    @cached_property
    def json(self) -> Any:
        """The body parsed as JSON, or `MISSING`."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return MISSING

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """Return the value of a header, by its name in lower case."""
        return header_of(self.headers, name)

    def with_header(self, name: str, value: str | None) -> Self:
        """Return the response with another value of a header, or without the header."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name)
        return evolve(self, headers=kept if value is None else (*kept, (name, value)))

    def with_body(self, body: bytes) -> Self:
        """Return the response with another body and its length."""
        return evolve(self, body=body).with_header("content-length", str(len(body)))

    def with_json(self, value: Any) -> Self:
        """Return the response with another JSON body."""
        return self.with_body(json.dumps(value).encode())


Serve = Callable[[Request], Awaitable[Response]]
# A mutation gets a request and the function that passes a request to the conforming server.
Mutation = Callable[[Request, Serve], Awaitable[Response]]


@define(slots=False, frozen=True)
class Exchange:
    """A received request, the response that was sent, and what the conforming server got and returned, if anything."""

    request: Request
    sent: Response
    forwarded: Request | None = None
    conforming: Response | None = None


Log = list[Exchange]


async def unchanged(request: Request, serve: Serve) -> Response:
    """Return the response of the conforming server: the mutation of no mutant."""
    return await serve(request)
