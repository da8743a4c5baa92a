"""What sync and async connections have in common: their state, the head of a request, the response of a parser."""

from __future__ import annotations

import re
import ssl
from collections import deque
from typing import Any, Final

import httpcore

from .httpx_internals import is_readable
from .response_parser import LARGEST_HEAD, Parser

NAME: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# How a response says where its body ends. Without these, and with a status that has one, it ends with the connection.
FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class BaseConnection:
    """A connection for one request at a time, whatever it reads and writes with.

    The parser of its responses calls the methods that begin with `on_`.

    Args:
        origin: The server.
        tls_context: The TLS context, or None for plain http.
        parser: The parser of responses.
    """

    def __init__(self, origin: httpcore.Origin, tls_context: ssl.SSLContext | None, parser: type[Parser]) -> None:
        self._origin = origin
        self._tls_context = tls_context
        self._is_closed = False
        self._is_busy = False
        self._parser: Parser = parser(self)
        self._expect(b"")

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        """Return whether requests to an origin can use this connection."""
        return origin == self._origin

    def is_idle(self) -> bool:
        """Return whether the connection is open, and has no request."""
        return not self._is_busy and not self._is_closed

    def is_closed(self) -> bool:
        """Return whether the connection is closed."""
        return self._is_closed

    def has_expired(self) -> bool:
        """Return whether the server has closed the connection, or has sent something that was not requested."""
        return self._is_closed or is_readable(self._socket())

    def _socket(self) -> Any:
        raise NotImplementedError

    def _expect(self, method: bytes) -> None:
        """Expect the response to a request."""
        self._method = method
        self._is_reusable = True
        self._received = 0  # bytes of the body
        self._overhead = 0  # bytes since the last part of the body
        self._problem = ""  # what the parser accepts, and httpcore does not
        self._has_head = self._is_complete = False
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self.on_message_begin()
        if method:
            self._parser.begin(method)

    def _feed(self, data: bytes) -> None:
        """Receive a part of the response.

        Raises:
            httpcore.RemoteProtocolError: It is not valid.
        """
        received = self._received
        try:
            self._parser.feed(data)
            if self._problem:
                raise httpcore.RemoteProtocolError(self._problem)
            # Headers, and what is not the body after them: extensions of chunks, trailers.
            self._overhead = self._overhead + len(data) if self._received == received else 0
            if self._overhead > LARGEST_HEAD:
                raise httpcore.RemoteProtocolError(f"the headers or trailers exceed {LARGEST_HEAD} bytes")
        except httpcore.RemoteProtocolError:
            self._is_reusable = False
            if not self._is_complete:
                raise  # otherwise, it is about what follows the response

    def _end(self) -> None:
        """Note that the server has closed the connection: a body without a length ends with it.

        Raises:
            httpcore.RemoteProtocolError: The response is incomplete.
        """
        self._is_reusable = False
        if not self._has_head:
            raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
        if not self._ends_with_connection:
            problem = "peer closed connection without sending complete message body (incomplete read)"
            raise httpcore.RemoteProtocolError(problem)
        self._is_complete = True

    def _extensions(self, stream: object) -> dict[str, object]:
        """Return what httpcore says about a response, in addition to status and headers."""
        return {
            "http_version": f"HTTP/{self._parser.http_version}".encode(),
            "reason_phrase": self._reason,
            "network_stream": stream,
        }

    def on_message_begin(self) -> None:
        """Start a response: the one that was requested, or an interim one before it."""
        if self._is_complete:
            self._is_reusable = False
            return
        self._headers: list[tuple[bytes, bytes]] = []
        self._reason = b""
        self._status = 0
        self._ends_with_connection = False

    def on_status(self, status: bytes) -> None:
        """Keep the reason phrase."""
        if not self._is_complete:
            self._reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header. Those after the body are ignored."""
        if not self._has_head:
            self._headers.append((name, value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        """Accept the headers, unless those of an interim response."""
        if self._is_complete:
            return
        self._status = self._parser.status
        codings = [value.lower() for name, value in self._headers if name.lower() == b"transfer-encoding"]
        if codings not in ([], [b"chunked"]) or self._status < 100:
            self._problem = "the response has a status or a Transfer-Encoding that does not exist"
        if self._problem or self._status < 200:
            return
        self._has_head = True
        self._ends_with_connection = FRAMING.isdisjoint([name.lower() for name, _ in self._headers])
        if self._method == b"HEAD":
            # The parser cannot know that no body follows.
            self._is_complete, self._is_reusable = True, False

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        if not self._has_head:
            self._problem = "an interim response has a body"
        elif not self._is_complete:
            self._chunks.append(body)
            self._buffered += len(body)
            self._received += len(body)

    def on_message_complete(self) -> None:
        """Complete the response, unless it is an interim one."""
        if self._has_head and not self._is_complete:
            self._is_complete = True
            self._is_reusable = self._is_reusable and self._parser.keeps_alive


def head_of(request: httpcore.Request) -> bytes:
    """Return a request without its body.

    Raises:
        httpcore.LocalProtocolError: A header is not valid.
    """
    lines = [b"%b %b HTTP/1.1" % (request.method, request.url.target)]
    for name, value in request.headers:
        if not NAME.fullmatch(name) or value != value.strip():
            raise httpcore.LocalProtocolError(f"the header {name.decode('latin-1')!r} is not valid")
        lines.append(b"%b: %b" % (name, value))
    head = b"\r\n".join([*lines, b"", b""])
    if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1 or b"\0" in head:
        raise httpcore.LocalProtocolError("a header contains a line break or a NUL character")
    return head


def length_of(request: httpcore.Request) -> int | None:
    """Return the length of the body of a request, or None if it is sent in chunks."""
    length = 0
    for name, value in request.headers:
        if name.lower() == b"content-length":
            length = int(value)
        elif name.lower() == b"transfer-encoding":
            return None
    return length


def check_length(size: int, length: int | None) -> None:
    """Check the size of a body that was sent.

    Raises:
        httpcore.LocalProtocolError: It is not the declared length.
    """
    if length is not None and size != length:
        raise httpcore.LocalProtocolError(f"the body has {size} bytes, Content-Length is {length}")


def encoded(chunk: bytes, length: int | None) -> bytes:
    """Return a part of a body as it is sent, in chunks or not."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk) if length is None else chunk
