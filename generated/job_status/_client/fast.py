# Generated from scripts/client/fast.py by `make generate`; do not edit.

"""The HTTP/1.1 connections of the extra `fast`: asyncio's transports, and llhttp (httptools) as the parser.

They take the place of httpcore's in async clients, in asyncio's own event loops, where no proxy is used. What a caller
sees is the same: deadlines, errors, limits.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

import httpcore
import httptools

from .attempt import begin
from .connect import HEAD_START
from .httpx_internals import is_readable
from .network import remaining

LARGEST_HEAD: Final = 100 * 1024  # bytes of a response before its body, as in httpcore
BUFFER: Final = 256 * 1024  # bytes of a body that are kept before the socket is no longer read
NAME: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# How a response says where its body ends. Without these, and with a status that has one, it ends with the connection.
FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class Factory:
    """Creates connections: those of this module in asyncio's event loops, in others those of an httpcore pool.

    uvloop, which is another one, tries the addresses of a host one after the other.

    Args:
        pool: The httpcore pool.
        tls_context: The TLS context of https connections.
    """

    def __init__(self, pool: Any, tls_context: ssl.SSLContext) -> None:
        self._pool = pool
        self._tls_context = tls_context
        tls_context.set_alpn_protocols(["http/1.1"])

    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        """Return a connection that connects with its first request."""
        try:
            loop: Any = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if isinstance(loop, asyncio.BaseEventLoop):
            return Connection(origin, self._tls_context if origin.scheme == b"https" else None)
        connection: httpcore.AsyncConnectionInterface = self._pool.create_connection(origin)
        return connection


class Connection(httpcore.AsyncConnectionInterface, asyncio.Protocol):
    """A connection for one request at a time."""

    begins_itself = True  # a request can be cancelled until it is connected

    def __init__(self, origin: httpcore.Origin, tls_context: ssl.SSLContext | None) -> None:
        self._origin = origin
        self._tls_context = tls_context
        self._transport: Any = None
        self._parser: Any = None
        self._is_closed = False
        self._is_busy = False
        self._is_writable = True
        self._is_sending = False
        # Set while a request waits for an event of the connection.
        self._changed: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._begin(b"")

    def _begin(self, method: bytes) -> None:
        self._method = method
        self._failure: tuple[type[Exception], str] | None = None
        self._is_reusable = True
        self._head_size = 0
        self._has_head = self._is_complete = False
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._is_paused = False
        self.on_message_begin()

    # The interface of httpcore

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        """Return whether requests to an origin can use this connection."""
        return origin == self._origin

    def is_idle(self) -> bool:
        """Return whether the connection is open, and has no request."""
        return not self._is_busy and not self._is_closed

    def is_closed(self) -> bool:
        """Return whether the connection is closed, by either side."""
        return self._is_closed

    def has_expired(self) -> bool:
        """Return whether the server has closed the connection, or has sent something that was not requested."""
        return self._is_closed or is_readable(self._transport.get_extra_info("socket"))

    async def aclose(self) -> None:
        """Close the connection."""
        self._abort()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and return the response with its body unread.

        Raises:
            httpcore.TimeoutException: The deadline of the call, or a timeout of the request, has passed.
            httpcore.NetworkError: The connection failed.
            httpcore.ProtocolError: The request is not valid HTTP, or the response is not.
        """
        timeouts = request.extensions.get("timeout", {})
        self._is_busy = True
        try:
            head = _head_of(request)
            if self._transport is None:
                await self._connect(remaining(timeouts.get("connect"), httpcore.ConnectTimeout))
            self._begin(request.method)
            limit = remaining(timeouts.get("read"), httpcore.ReadTimeout)
            if limit is not None:
                self._timer = asyncio.get_running_loop().call_later(limit, self._expire)
            self._is_sending = True
            begin()
            await self._send(head, request)
            self._is_sending = False
            while not self._has_head:
                await self._event()
        except BaseException:
            self.release()
            raise
        extensions = {
            "http_version": f"HTTP/{self._parser.get_http_version()}".encode(),
            "reason_phrase": self._reason,
            "network_stream": _Stream(self._transport),
        }
        return httpcore.Response(self._status, headers=self._headers, content=_Body(self), extensions=extensions)

    # The steps of a request

    async def _connect(self, limit: float | None) -> None:
        host = self._origin.host.decode("ascii")
        tls: dict[str, Any] = {}
        if self._tls_context is not None:
            tls = {"ssl": self._tls_context, "server_hostname": host}
        try:
            async with asyncio.timeout(limit):
                await asyncio.get_running_loop().create_connection(
                    lambda: self, host, self._origin.port, happy_eyeballs_delay=HEAD_START, **tls
                )
        except TimeoutError:
            error: Exception = httpcore.ConnectTimeout("no connection in time")
        except (OSError, ValueError, RuntimeError) as failed:  # a name that cannot be encoded, no thread for its lookup
            error = httpcore.ConnectError(str(failed))
        else:
            return
        raise error

    async def _send(self, head: bytes, request: httpcore.Request) -> None:
        is_chunked, length = False, 0
        for name, value in request.headers:
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"transfer-encoding":
                is_chunked = True
        pieces, size = [head], 0
        body: Any = request.stream
        async for chunk in body:
            if not chunk:
                continue
            size += len(chunk)
            pieces.append(b"%x\r\n%b\r\n" % (len(chunk), chunk) if is_chunked else chunk)
            await self._write(pieces)
            pieces.clear()
            if self._has_head:
                # The server has responded without the rest of the request.
                self._is_reusable = False
                return
        if not is_chunked and size != length:
            raise httpcore.LocalProtocolError(f"the body has {size} bytes, Content-Length is {length}")
        if is_chunked:
            pieces.append(b"0\r\n\r\n")
        if pieces:
            await self._write(pieces)

    async def _write(self, pieces: list[bytes]) -> None:
        """Write, and wait until the socket has taken most of it, or the response begins."""
        self._transport.write(b"".join(pieces))
        while not self._is_writable and not self._has_head:
            await self._event()

    async def _event(self) -> None:
        """Wait until something happens to the connection.

        Raises:
            httpcore.NetworkError: The connection failed, or another error that has ended the request.
        """
        if self._failure is None:
            self._changed = asyncio.get_running_loop().create_future()
            try:
                await self._changed
            finally:
                self._changed = None
        if self._failure is not None:
            cls, problem = self._failure
            raise cls(problem)

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the chunks of the body."""
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._buffered -= len(chunk)
                if self._is_paused and self._buffered < BUFFER:
                    self._is_paused = False
                    self._transport.resume_reading()
                yield chunk
            if self._is_complete:
                return
            await self._event()

    def release(self) -> None:
        """End the request. The connection is closed unless the response was read to its end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_busy = False
        if not self._is_complete or not self._is_reusable or self._is_paused:
            self._abort()

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    def _fail(self, cls: type[Exception], problem: str) -> None:
        if self._failure is None and not self._is_complete:
            self._failure = cls, problem
        self._abort()
        self._wake()

    def _expire(self) -> None:
        cls = httpcore.WriteTimeout if self._is_sending else httpcore.ReadTimeout
        self._fail(cls, "the deadline of the call has passed")

    def _abort(self) -> None:
        self._is_closed = True
        if self._transport is not None:
            self._transport.abort()

    # The protocol of asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport
        self._parser = httptools.HttpResponseParser(self)
        # As httpcore does: a response with both a length and chunks has chunks.
        self._parser.set_dangerous_leniencies(lenient_chunked_length=True)
        if self._is_closed:
            transport.abort()  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Parse a part of the response."""
        if not self._is_busy or self._is_complete or self._is_closed:
            # The server sends what was not requested.
            self._is_reusable = False
            self._abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(httpcore.RemoteProtocolError, "the server switches to another protocol, which was not requested")
        except httptools.HttpParserError as error:
            # After the end of the response, this is about what follows it.
            self._is_reusable = False
            self._fail(httpcore.RemoteProtocolError, str(error))
        if not self._has_head:
            self._head_size += len(data)
            if self._head_size > LARGEST_HEAD:
                self._fail(httpcore.RemoteProtocolError, f"the headers exceed {LARGEST_HEAD} bytes")
        elif not self._is_paused and self._buffered > BUFFER and not self._is_complete:
            self._is_paused = True
            self._transport.pause_reading()
        if self._has_head:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the response: a body without a length ends with the connection."""
        self._is_closed = True
        if exc is None and self._has_head and self._ends_with_connection:
            self._is_complete, self._is_reusable = True, False
            self._wake()
        elif exc is not None:
            self._fail(httpcore.ReadError, str(exc))
        elif self._has_head:
            problem = "peer closed connection without sending complete message body (incomplete read)"
            self._fail(httpcore.RemoteProtocolError, problem)
        else:
            self._fail(httpcore.RemoteProtocolError, "Server disconnected without sending a response.")

    def pause_writing(self) -> None:
        """Note that the buffer of the socket is full."""
        self._is_writable = False

    def resume_writing(self) -> None:
        """Let the rest of the body of the request be sent."""
        self._is_writable = True
        self._wake()

    # The callbacks of the parser

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
            self._reason = status

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header. Those after the body are ignored."""
        if not self._has_head:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Accept the headers, unless those of an interim response."""
        if self._is_complete:
            return
        self._status = self._parser.get_status_code()
        if self._status < 200:
            return
        self._has_head = True
        self._ends_with_connection = FRAMING.isdisjoint([name.lower() for name, _ in self._headers])
        if self._method == b"HEAD":
            # The parser cannot know that no body follows.
            self._is_complete, self._is_reusable = True, False

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        if not self._is_complete:
            self._chunks.append(body)
            self._buffered += len(body)

    def on_message_complete(self) -> None:
        """Complete the response, unless it is an interim one."""
        if self._has_head and not self._is_complete:
            self._is_complete = True
            self._is_reusable = self._is_reusable and self._parser.should_keep_alive()


class _Body:
    """The body of a response."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._connection.body()

    async def aclose(self) -> None:
        """Close the response."""
        self._connection.release()


class _Stream(httpcore.AsyncNetworkStream):
    """What event hooks can learn about the connection of a response."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def get_extra_info(self, info: str) -> Any:
        """Return `ssl_object`, `client_addr`, `server_addr` or `socket`, or None."""
        name = {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        return self._transport.get_extra_info(name)


def _head_of(request: httpcore.Request) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method, request.url.target)]
    for name, value in request.headers:
        if not NAME.fullmatch(name) or value != value.strip():
            raise httpcore.LocalProtocolError(f"the header {name.decode('latin-1')!r} is not valid")
        lines.append(b"%b: %b" % (name, value))
    head = b"\r\n".join([*lines, b"", b""])
    if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1 or b"\0" in head:
        raise httpcore.LocalProtocolError("a header contains a line break or a NUL character")
    return head
