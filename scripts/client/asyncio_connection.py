"""The HTTP/1.1 connections of async clients in asyncio's own event loops, where no proxy is used.

They take the place of httpcore's, and need less processor time: asyncio's transports without a layer above them. What a
caller sees is the same: deadlines, errors, limits.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any, Final

import httpcore

from .attempt import begin
from .base_connection import BaseConnection, check_length, encoded, head_of, length_of
from .connect import HEAD_START
from .network import remaining
from .response_parser import Parser

BUFFER: Final = 256 * 1024  # bytes of a body that are kept before the socket is no longer read


class Factory:
    """Creates connections: those of this module in asyncio's event loops, in others those of an httpcore pool.

    uvloop, which is another one, tries the addresses of a host one after the other.

    Args:
        pool: The httpcore pool.
        tls_context: The TLS context of https connections.
        parser: The parser of responses.
    """

    def __init__(self, pool: Any, tls_context: ssl.SSLContext, parser: type[Parser]) -> None:
        self._pool = pool
        self._tls_context = tls_context
        self._parser = parser

    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        """Return a connection that connects with its first request."""
        try:
            loop: Any = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if isinstance(loop, asyncio.BaseEventLoop):
            return Connection(origin, self._tls_context if origin.scheme == b"https" else None, self._parser)
        connection: httpcore.AsyncConnectionInterface = self._pool.create_connection(origin)
        return connection


class Connection(BaseConnection, httpcore.AsyncConnectionInterface, asyncio.Protocol):
    """A connection for one request at a time."""

    begins_itself = True  # a request can be cancelled until it is connected

    def __init__(self, origin: httpcore.Origin, tls_context: ssl.SSLContext | None, parser: type[Parser]) -> None:
        super().__init__(origin, tls_context, parser)
        self._transport: Any = None
        self._is_writable = True
        self._is_sending = False
        # Set while a request waits for an event of the connection.
        self._changed: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._failure: tuple[type[Exception], str] | None = None
        self._is_paused = False

    # The interface of httpcore

    def _socket(self) -> Any:
        return self._transport.get_extra_info("socket")

    async def aclose(self) -> None:
        """Close the connection. A request in flight fails."""
        if self._is_busy:
            self._fail(httpcore.ReadError, "the connection was closed")
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
            head = head_of(request)
            self._expect(request.method)
            self._failure, self._is_paused = None, False
            if self._transport is None:
                await self._connect(remaining(timeouts.get("connect"), httpcore.ConnectTimeout))
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
            self._is_reusable = False  # a part of the request may be missing
            self.release()
            raise
        extensions = self._extensions(_Stream(self._transport))
        return httpcore.Response(self._status, headers=self._headers, content=_Body(self), extensions=extensions)

    # The steps of a request

    async def _connect(self, limit: float | None) -> None:
        host = self._origin.host.decode("ascii")
        tls: dict[str, Any] = {}
        if self._tls_context is not None:
            self._tls_context.set_alpn_protocols(["http/1.1"])  # another client of the context may have set others
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
        length = length_of(request)
        pieces, size = [head], 0
        body: Any = request.stream
        async for chunk in body:
            if not chunk:
                continue
            size += len(chunk)
            pieces.append(encoded(chunk, length))
            await self._write(pieces)
            pieces.clear()
            if self._has_head:
                # The server has responded without the rest of the request.
                self._is_reusable = False
                return
        check_length(size, length)
        if length is None:
            pieces.append(b"0\r\n\r\n")
        if pieces:
            await self._write(pieces)

    async def _write(self, pieces: list[bytes]) -> None:
        """Write, and wait until the socket has taken most of it, or the response begins."""
        self._raise_failure()
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
        self._raise_failure()

    def _raise_failure(self) -> None:
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
            self._feed(data)
        except httpcore.RemoteProtocolError as error:
            self._fail(httpcore.RemoteProtocolError, str(error))
        if not self._is_paused and self._buffered > BUFFER and not self._is_complete:
            self._is_paused = True
            self._transport.pause_reading()
        if self._has_head:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the response: a body without a length ends with the connection."""
        self._is_closed = True
        if self._is_complete:
            return
        if exc is not None:
            self._fail(httpcore.ReadError, str(exc))
            return
        try:
            self._end()
        except httpcore.RemoteProtocolError as error:
            self._fail(httpcore.RemoteProtocolError, str(error))
        self._wake()

    def pause_writing(self) -> None:
        """Note that the buffer of the socket is full."""
        self._is_writable = False

    def resume_writing(self) -> None:
        """Let the rest of the body of the request be sent."""
        self._is_writable = True
        self._wake()


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
