"""The HTTP/1.1 connections of sync clients where no proxy is used.

They take the place of httpcore's, and need less processor time. What a caller sees is the same: deadlines, errors,
limits.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any, Final

import httpcore

from .base_connection import BaseConnection, check_length, encoded, head_of, length_of
from .response_parser import Parser

READ_SIZE: Final = 64 * 1024  # bytes


class Factory:
    """Creates connections.

    Args:
        network: The network backend, whose streams keep the deadline of the call.
        tls_context: The TLS context of https connections.
        parser: The parser of responses.
    """

    def __init__(self, network: httpcore.NetworkBackend, tls_context: ssl.SSLContext, parser: type[Parser]) -> None:
        self._network = network
        self._tls_context = tls_context
        self._parser = parser

    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        """Return a connection that connects with its first request."""
        tls_context = self._tls_context if origin.scheme == b"https" else None
        return Connection(origin, self._network, tls_context, self._parser)


class Connection(BaseConnection, httpcore.ConnectionInterface):
    """A connection for one request at a time."""

    def __init__(
        self,
        origin: httpcore.Origin,
        network: httpcore.NetworkBackend,
        tls_context: ssl.SSLContext | None,
        parser: type[Parser],
    ) -> None:
        super().__init__(origin, tls_context, parser)
        self._network = network
        self._stream: Any = None

    def _socket(self) -> Any:
        return self._stream.get_extra_info("socket")

    def close(self) -> None:
        """Close the connection."""
        self._is_closed = True
        if self._stream is not None:
            self._stream.close()

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
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
            if self._stream is None:
                self._connect(timeouts.get("connect"))
            self._expect(request.method)
            try:
                self._send(head, request, timeouts.get("write"))
            except httpcore.WriteError:  # the server may have responded before the end of the request
                self._is_reusable = False
            while not self._has_head:
                self._receive(timeouts.get("read"))
        except BaseException:
            self.close()
            raise
        content, extensions = _Body(self, timeouts.get("read")), self._extensions(self._stream)
        return httpcore.Response(self._status, headers=self._headers, content=content, extensions=extensions)

    def _connect(self, timeout: float | None) -> None:
        host = self._origin.host.decode("ascii")
        self._stream = self._network.connect_tcp(host, self._origin.port, timeout)
        if self._tls_context is not None:
            self._tls_context.set_alpn_protocols(["http/1.1"])  # another client of the context may have set others
            self._stream = self._stream.start_tls(self._tls_context, host, timeout)

    def _send(self, head: bytes, request: httpcore.Request, timeout: float | None) -> None:
        length, pieces, size = length_of(request), [head], 0
        body: Any = request.stream
        for chunk in body:
            if chunk:
                size += len(chunk)
                pieces.append(encoded(chunk, length))
                self._stream.write(b"".join(pieces), timeout)
                pieces.clear()
        check_length(size, length)
        if length is None:
            pieces.append(b"0\r\n\r\n")
        if pieces:
            self._stream.write(b"".join(pieces), timeout)

    def _receive(self, timeout: float | None) -> None:
        """Receive a part of the response."""
        data = self._stream.read(READ_SIZE, timeout)
        if data:
            self._feed(data)
        else:
            self._end()

    def body(self, timeout: float | None) -> Iterator[bytes]:
        """Yield the chunks of the body."""
        while True:
            while self._chunks:
                yield self._chunks.popleft()
            if self._is_complete:
                return
            self._receive(timeout)

    def release(self) -> None:
        """End the request. The connection is closed unless the response was read to its end."""
        if not self._is_complete or not self._is_reusable:
            self.close()
        self._is_busy = False


class _Body:
    """The body of a response."""

    def __init__(self, connection: Connection, timeout: float | None) -> None:
        self._connection = connection
        self._timeout = timeout

    def __iter__(self) -> Iterator[bytes]:
        return self._connection.body(self._timeout)

    def close(self) -> None:
        """Close the response."""
        self._connection.release()
