"""httpcore network backends that enforce the deadline of the call.

httpx limits each read, so a server that sends one byte at a time never exceeds its timeout. Here every read, write and
handshake is limited by the remaining time of the call.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from .connect import connect
from .deadline import DEADLINE
from .httpx_internals import is_readable, stream_of_socket


def remaining(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    """Return the smaller of a timeout and the time until the deadline."""
    deadline = DEADLINE.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise error("the deadline of the call has passed")
    return left if timeout is None or left < timeout else timeout


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose operations end at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, others: set["DeadlineStream"]) -> None:
        self._inner = inner
        self._others = others
        others.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read, until the deadline at the latest."""
        return self._inner.read(max_bytes, remaining(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, until the deadline at the latest."""
        self._inner.write(buffer, remaining(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._others.discard(self)
        self._inner.close()

    def abort(self) -> None:
        """End what another thread reads or writes, which then closes the connection.

        Closing it here could let that thread wait for another connection, which has got the same file descriptor.
        """
        with contextlib.suppress(OSError):
            # Not the method of a TLS socket, which the other thread uses.
            socket.socket.shutdown(self._inner.get_extra_info("socket"), socket.SHUT_RDWR)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Perform the TLS handshake, until the deadline at the latest."""
        limit = remaining(timeout, httpcore.ConnectTimeout)
        try:
            return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, limit), self._others)
        finally:
            # The TLS connection replaces this one, which a failed handshake closes.
            self._others.discard(self)

    def get_extra_info(self, info: str) -> Any:
        """Return information about the connection."""
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """A backend that opens such connections. `is_closed` says that its client is closed."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner
        self.is_closed = False
        self._streams: set[DeadlineStream] = set()

    def abort(self) -> None:
        """End what other threads read or write."""
        for stream in list(self._streams):
            stream.abort()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect, until the deadline at the latest, name resolution and all addresses included."""
        limit = remaining(timeout, httpcore.ConnectTimeout)
        if limit is None:
            opened = self._inner.connect_tcp(host, port, limit, local_address, socket_options)
        else:
            opened = stream_of_socket(connect(host, port, limit, local_address, socket_options or ()))
        return DeadlineStream(opened, self._streams)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Connect, until the deadline at the latest."""
        limit = remaining(timeout, httpcore.ConnectTimeout)
        return DeadlineStream(self._inner.connect_unix_socket(path, limit, socket_options), self._streams)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        self._inner.sleep(seconds)


class AsyncDeadlineStream(httpcore.AsyncNetworkStream):
    """A connection whose operations end at the deadline."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._socket: Any = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read, until the deadline at the latest."""
        return await self._inner.read(max_bytes, remaining(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, until the deadline at the latest."""
        await self._inner.write(buffer, remaining(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Perform the TLS handshake, until the deadline at the latest."""
        limit = remaining(timeout, httpcore.ConnectTimeout)
        return AsyncDeadlineStream(await self._inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        """Return information about the connection."""
        if info != "is_readable":
            return self._inner.get_extra_info(info)
        # Needed for each request. anyio would collect all that it knows about the socket, for its file descriptor.
        if self._socket is None:
            self._socket = self._inner.get_extra_info("socket")
        return is_readable(self._socket)


class AsyncDeadlineBackend(httpcore.AsyncNetworkBackend):
    """A backend that opens such connections. `is_closed` says that its client is closed."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner
        self.is_closed = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, until the deadline at the latest."""
        limit = remaining(timeout, httpcore.ConnectTimeout)
        try:
            return AsyncDeadlineStream(await self._inner.connect_tcp(host, port, limit, local_address, socket_options))
        except (ValueError, RuntimeError) as error:  # a name without an address, a machine without a thread
            raise httpcore.ConnectError(str(error)) from None

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, until the deadline at the latest."""
        limit = remaining(timeout, httpcore.ConnectTimeout)
        return AsyncDeadlineStream(await self._inner.connect_unix_socket(path, limit, socket_options))

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await self._inner.sleep(seconds)
