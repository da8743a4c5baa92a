# Generated from scripts/client/network.py by `make generate`; do not edit.

"""Connections that know the deadline of the call, however slowly its bytes trickle.

httpx bounds each read, so a server that sends a byte now and then is never too slow for it. Here every read, write and
handshake of a connection gets what is left of the call's time, and no more.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
from httpcore._backends.sync import SyncStream  # nothing public of httpcore makes a stream of a socket

from .connect import connect
from .deadline import DEADLINE


def left(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    """The smaller of a timeout and what is left until the deadline."""
    deadline = DEADLINE.get()
    if deadline is None:
        return timeout
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise error("the deadline of the call has passed")
    return remaining if timeout is None or remaining < timeout else timeout


class Stream(httpcore.NetworkStream):
    """A connection that knows the deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Reads, until the deadline at the latest."""
        return self._inner.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Writes, until the deadline at the latest."""
        self._inner.write(buffer, left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Closes the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shakes hands, until the deadline at the latest."""
        return Stream(self._inner.start_tls(ssl_context, server_hostname, left(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Opens connections that know the deadline."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects, until the deadline at the latest: the look-up of the name and every address count."""
        limit = left(timeout, httpcore.ConnectTimeout)
        if limit is None:
            return Stream(self._inner.connect_tcp(host, port, limit, local_address, socket_options))
        return Stream(SyncStream(connect(host, port, limit, local_address, socket_options or ())))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Connects, until the deadline at the latest."""
        return Stream(self._inner.connect_unix_socket(path, left(timeout, httpcore.ConnectTimeout), socket_options))

    def sleep(self, seconds: float) -> None:
        """Sleeps."""
        self._inner.sleep(seconds)


class AsyncStream(httpcore.AsyncNetworkStream):
    """A connection that knows the deadline."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Reads, until the deadline at the latest."""
        return await self._inner.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Writes, until the deadline at the latest."""
        await self._inner.write(buffer, left(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        """Closes the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Shakes hands, until the deadline at the latest."""
        limit = left(timeout, httpcore.ConnectTimeout)
        return AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens connections that know the deadline."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects, until the deadline at the latest."""
        limit = left(timeout, httpcore.ConnectTimeout)
        try:
            return AsyncStream(await self._inner.connect_tcp(host, port, limit, local_address, socket_options))
        except ValueError as error:  # a name without any address
            raise httpcore.ConnectError(str(error)) from None

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects, until the deadline at the latest."""
        limit = left(timeout, httpcore.ConnectTimeout)
        return AsyncStream(await self._inner.connect_unix_socket(path, limit, socket_options))

    async def sleep(self, seconds: float) -> None:
        """Sleeps."""
        await self._inner.sleep(seconds)
