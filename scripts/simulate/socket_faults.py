"""Faults below HTTP, on the real socket: connection resets, truncated bodies, slow bodies."""

import asyncio
import logging
import socket
import struct
from collections.abc import Iterable
from typing import Any

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .faults import Fault, find_fault

TRANSPORT = "simulated.transport"
TRICKLE_CHUNKS = 20


class TransportProtocol(HttpToolsProtocol):
    """uvicorn's protocol, extended to pass the transport to the application, and to say when the server stops."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._stopping = asyncio.Event()

    def on_message_begin(self) -> None:
        """Add the transport to the ASGI scope of a new request."""
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport, "stopping": self._stopping}}

    def shutdown(self) -> None:
        """Set the event that ends a stream, which would otherwise delay the end of the server."""
        super().shutdown()
        self._stopping.set()


class _ShutdownFilter(logging.Filter):
    """Drop uvicorn's messages about requests that a shutdown has cancelled: cancelling them is intended."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log the record."""
        cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not cancelled and "graceful shutdown exceeded" not in record.getMessage()


def server_config(application: ASGIApp) -> uvicorn.Config:
    """Return the uvicorn settings of a simulator: it sets the Date header itself and supports socket faults."""
    logging.getLogger("uvicorn.error").addFilter(_SHUTDOWN_FILTER)
    return uvicorn.Config(
        application,
        http=TransportProtocol,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        ws="none",
        server_header=False,
        date_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )


_SHUTDOWN_FILTER = _ShutdownFilter()


async def apply_socket_faults(faults: Iterable[Fault], scope: Scope, response: Response, receive: Receive) -> bool:
    """Apply latency and socket faults; return whether the connection is closed and nothing is left to send."""
    if latency := find_fault(faults, "latency"):
        await asyncio.sleep(latency.seconds)
    if find_fault(faults, "reset"):
        reset_connection(scope)
    elif find_fault(faults, "truncate"):
        send_truncated(scope, response)
    elif trickle := find_fault(faults, "trickle"):
        await send_slowly(scope, response, trickle.seconds)
    else:
        return False
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


def get_transport(scope: Scope) -> asyncio.Transport:
    """Return the transport of a request.

    Raises:
        RuntimeError: the simulator is not served with `server_config`.
    """
    extension = scope.get("extensions", {}).get(TRANSPORT)
    if extension is None:
        raise RuntimeError("socket faults need a socket; serve the simulator with socket_faults.server_config")
    transport: asyncio.Transport = extension["transport"]
    return transport


def get_stopping(scope: Scope) -> asyncio.Event:
    """Return the event that is set when the server of a request stops; one that never is if the server has none."""
    extension = scope.get("extensions", {}).get(TRANSPORT, {})
    stopping: asyncio.Event = extension.get("stopping") or asyncio.Event()
    return stopping


def reset_connection(scope: Scope) -> None:
    """Close the connection with RST."""
    transport = get_transport(scope)
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def send_truncated(scope: Scope, response: Response) -> None:
    """Announce the full content length, send half of the body, and close the connection."""
    transport = get_transport(scope)
    transport.write(_head(response) + response.body[: len(response.body) // 2])
    transport.close()


async def send_slowly(scope: Scope, response: Response, seconds: float) -> None:
    """Send the body in chunks over `seconds`, and close the connection."""
    transport = get_transport(scope)
    transport.write(_head(response))
    body = bytes(response.body)
    size = max(1, -(-len(body) // TRICKLE_CHUNKS))
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    for chunk in chunks:
        await asyncio.sleep(seconds / len(chunks))
        if transport.is_closing():
            return
        transport.write(chunk)
    transport.close()


def _head(response: Response) -> bytes:
    """Return the status line and the headers."""
    lines = [f"HTTP/1.1 {response.status_code} Simulated".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*lines, b"connection: close", b"", b""])
