"""The async clients of the triggerer: the triggers of one connection share one, with its connections and limits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakKeyDictionary

from airflow.providers.common.compat.sdk import Connection
from asgiref.sync import sync_to_async

from ..client.base import AsyncClient
from .hook import JobStatusHook


class _Shared:
    """A client and the number of its users."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.users = 0


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[Any, ...], _Shared]] = WeakKeyDictionary()


@contextlib.asynccontextmanager
async def shared_client(hook: JobStatusHook[Any, Any]) -> AsyncIterator[Any]:
    """Yield the client of a hook's connection in this event loop; the last user closes it.

    A connection that has changed gets a client of its own; those who wait keep the client that they have.
    """
    connection = await _connection(hook)
    clients = _shared.setdefault(asyncio.get_running_loop(), {})
    key = (type(hook), *_fields(connection))
    if key not in clients:
        clients[key] = _Shared(hook.async_client(connection))
    shared = clients[key]
    shared.users += 1
    try:
        yield shared.client
    finally:
        shared.users -= 1
        if not shared.users:
            del clients[key]
            await shared.client.aclose()


async def _connection(hook: JobStatusHook[Any, Any]) -> Connection:
    """Return the connection, without blocking the event loop."""
    if get := getattr(hook, "aget_connection", None):  # since Airflow 3.1
        found: Connection = await get(hook.conn_id)
        return found
    return await sync_to_async(hook.get_connection)(hook.conn_id)


def _fields(connection: Connection) -> tuple[Any, ...]:
    names = ("conn_id", "host", "port", "schema", "login", "password", "extra")
    return tuple(getattr(connection, name) for name in names)
