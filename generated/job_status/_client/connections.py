# Generated from scripts/client/connections.py by `make generate`; do not edit.

"""The connections of a client: idle ones are reused, the last used first.

httpcore's own pool examines every connection for every request, so its cost grows with the square of the requests in
flight. Here a request takes one connection and puts it back, at a cost that does not depend on their number.
A factory creates the connections, which detect a server that has closed: one of `sync_connection.py` or
`asyncio_connection.py`, or httpcore's pool, directly or through a proxy.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpcore

from .attempt import begin
from .transport import IS_REUSED

if TYPE_CHECKING:
    import anyio

C = TypeVar("C", bound="httpcore.ConnectionInterface | httpcore.AsyncConnectionInterface")


class Connections(Generic[C]):
    """The connections to one server.

    Operations are single calls of `deque` and `set`, which are atomic: an exception of a signal handler, at any time,
    loses at most one connection.

    Args:
        factory: What creates connections, at first the httpcore pool.
        network: The network backend of the pool.
        keepalive: Seconds for which an idle connection is kept, 0 to use each connection once.
    """

    def __init__(self, factory: Any, network: Any, keepalive: float) -> None:
        self.factory = factory
        self.network = network
        self._keepalive = keepalive
        self._idle: deque[tuple[float, C]] = deque()
        self._in_use: set[C] = set()

    @property
    def _is_closed(self) -> bool:
        """Whether the client is closed: all its connections have one backend."""
        is_closed: bool = self.network.is_closed
        return is_closed

    @property
    def in_use(self) -> list[C]:
        """The connections of requests in flight."""
        return list(self._in_use)

    @property
    def connections(self) -> list[C]:
        """The open connections."""
        return [*self.in_use, *(connection for _, connection in self._idle)]

    def take(self, origin: httpcore.Origin, stale: list[C]) -> tuple[C, bool]:
        """Return a connection and whether it has been used before. Connections to close are added to `stale`.

        Raises:
            httpcore.ConnectError: The client was closed while the request waited for a connection.
        """
        if self._is_closed:
            raise httpcore.ConnectError("the client is closed")
        found = None
        while found is None:
            try:
                released_at, connection = self._idle.pop()
            except IndexError:
                break
            is_old = released_at + self._keepalive < time.monotonic()
            if is_old or connection.has_expired() or not connection.can_handle_request(origin):
                stale.append(connection)
            else:
                found = connection
        self._expire(stale)
        is_reused = found is not None
        connection = found if found is not None else self.factory.create_connection(origin)
        self._in_use.add(connection)
        return connection, is_reused

    def put_back(self, connection: C, stale: list[C]) -> None:
        """Keep a connection whose response has ended. It is added to `stale` if it is to be closed."""
        self._in_use.discard(connection)
        if connection.is_closed():
            return
        if self._is_closed or not self._keepalive or not connection.is_idle():
            stale.append(connection)
            return
        self._idle.append((time.monotonic(), connection))
        # Another thread may have closed the pool in between.
        if self._is_closed:
            stale.extend(self.clear())

    def clear(self) -> list[C]:
        """Return the idle connections, to close them."""
        idle: list[C] = []
        with contextlib.suppress(IndexError):
            while True:
                idle.append(self._idle.pop()[1])
        return idle

    def shut(self) -> list[C]:
        """Keep no connection from now on, and return the idle ones, to close them."""
        self.network.is_closed = True
        return self.clear()

    def _expire(self, stale: list[C]) -> None:
        """Remove the connections that have been idle for too long: the first ones."""
        with contextlib.suppress(IndexError):
            while self._idle and self._idle[0][0] + self._keepalive < time.monotonic():
                stale.append(self._idle.popleft()[1])


def _pool_timeout(request: httpcore.Request) -> float | None:
    seconds: float | None = request.extensions.get("timeout", {}).get("pool")
    return seconds


class Pool:
    """What a sync httpx transport sends its requests with.

    Args:
        connections: The connections, which other pools may share.
        limit: Maximum number of requests in flight, or None if the caller limits them.
    """

    def __init__(self, connections: Connections[httpcore.ConnectionInterface], limit: int | None) -> None:
        self.shared = connections
        # Taking and returning a token is one call in C, which an exception of a signal handler cannot divide.
        self._tokens: queue.SimpleQueue[None] | None = None
        if limit is not None:
            self._tokens = queue.SimpleQueue()
            for _ in range(limit):
                self._tokens.put(None)

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, on a connection of its own until the response is closed."""
        if self._tokens is not None:
            try:
                self._tokens.get(timeout=_pool_timeout(request))
            except queue.Empty:
                raise httpcore.PoolTimeout("every connection is in use") from None
        connection = None
        try:
            stale: list[httpcore.ConnectionInterface] = []
            connection, is_reused = self.shared.take(request.url.origin, stale)
            _close_all(stale)
            response = connection.handle_request(request)
        except BaseException:
            self.put_back(connection)
            raise
        response.stream = _Body(response.stream, lambda: self.put_back(connection))
        response.extensions[IS_REUSED] = is_reused
        return response

    def put_back(self, connection: httpcore.ConnectionInterface | None) -> None:
        """Return a connection, if there is one, and the right to have a request in flight."""
        stale: list[httpcore.ConnectionInterface] = []
        if connection is not None:
            self.shared.put_back(connection, stale)
        if self._tokens is not None:
            self._tokens.put(None)
        _close_all(stale)

    def close(self) -> None:
        """Close the idle connections, and end the requests in flight, whose threads close theirs."""
        _close_all(self.shared.shut())
        self.shared.network.abort()


def _close_all(connections: list[httpcore.ConnectionInterface]) -> None:
    for connection in connections:
        connection.close()


class _Body:
    """The body of a response, which gives its connection back when it is closed."""

    def __init__(self, stream: Any, put_back: Callable[[], None]) -> None:
        self._stream = stream
        self._put_back = put_back
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        """Close the response."""
        if not self._is_closed:
            self._is_closed = True
            try:
                self._stream.close()
            finally:
                self._put_back()


class AsyncPool:
    """What an async httpx transport sends its requests with, in one event loop; see `Pool`."""

    def __init__(self, connections: Connections[httpcore.AsyncConnectionInterface], limit: int | None) -> None:
        self.shared = connections
        self._limit = limit
        self._semaphore: anyio.Semaphore | None = None

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, on a connection of its own until the response is closed."""
        if self._limit is not None:
            await self._acquire(request)
        connection = None
        try:
            stale: list[httpcore.AsyncConnectionInterface] = []
            connection, is_reused = self.shared.take(request.url.origin, stale)
            if stale:
                await _close_all_async(stale)
            if not hasattr(connection, "begins_itself"):
                begin()  # httpcore connects, and a cancelled connection attempt would leak the socket
            response = await connection.handle_async_request(request)
        except BaseException:
            await self.put_back(connection)
            raise
        response.stream = _AsyncBody(response.stream, self, connection)
        response.extensions[IS_REUSED] = is_reused
        return response

    async def _acquire(self, request: httpcore.Request) -> None:
        import anyio

        if self._semaphore is None:
            self._semaphore = anyio.Semaphore(self._limit or 1)
        try:
            self._semaphore.acquire_nowait()
        except anyio.WouldBlock:
            try:
                with anyio.fail_after(_pool_timeout(request)):
                    await self._semaphore.acquire()
            except TimeoutError:
                raise httpcore.PoolTimeout("every connection is in use") from None

    async def put_back(self, connection: httpcore.AsyncConnectionInterface | None) -> None:
        """Return a connection, if there is one, and the right to have a request in flight."""
        stale: list[httpcore.AsyncConnectionInterface] = []
        if connection is not None:
            self.shared.put_back(connection, stale)
        if self._semaphore is not None:
            self._semaphore.release()
        if stale:
            await _close_all_async(stale)

    async def aclose(self) -> None:
        """Close all connections."""
        await _close_all_async([*self.shared.shut(), *self.shared.in_use])


async def _close_all_async(connections: list[httpcore.AsyncConnectionInterface]) -> None:
    import anyio

    with anyio.CancelScope(shield=True):
        for connection in connections:
            await connection.aclose()


class _AsyncBody:
    """The body of a response, which gives its connection back when it is closed."""

    def __init__(self, stream: Any, pool: AsyncPool, connection: httpcore.AsyncConnectionInterface) -> None:
        self._stream = stream
        self._pool = pool
        self._connection = connection
        self._is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        iterator: AsyncIterator[bytes] = self._stream.__aiter__()
        return iterator

    async def aclose(self) -> None:
        """Close the response."""
        if not self._is_closed:
            self._is_closed = True
            try:
                await self._stream.aclose()
            finally:
                await self._pool.put_back(self._connection)
