"""What goes wrong below HTTP, on the real socket: resets, bodies cut short, bodies that trickle."""

import asyncio
import logging
import socket
import struct
from collections.abc import MutableMapping
from typing import Any

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "simulated.transport"
PIECES = 20  # of a body that trickles


class Protocol(HttpToolsProtocol):
    """uvicorn's own protocol, which lets the simulator have the connection."""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}


class _Farewell(logging.Filter):
    """Leaves out what uvicorn says of requests that a stop has cut off: that is how a stop is to be."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is of interest."""
        cut_off = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not cut_off and "graceful shutdown exceeded" not in record.getMessage()


def config(application: ASGIApp) -> uvicorn.Config:
    """How a simulator is served: it tells the date by its own clock, and its connections can be spoiled."""
    logging.getLogger("uvicorn.error").addFilter(_FAREWELL)
    return uvicorn.Config(
        application,
        http=Protocol,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        ws="none",
        server_header=False,
        date_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )


_FAREWELL = _Farewell()


def transport_of(scope: MutableMapping[str, Any]) -> asyncio.Transport:
    """The connection of a request.

    Raises:
        RuntimeError: the simulator is not served by `config`.
    """
    extension = scope.get("extensions", {}).get(TRANSPORT)
    if extension is None:
        raise RuntimeError("faults of the wire need a socket; serve the simulator as simulate.wire.config says")
    transport: asyncio.Transport = extension["transport"]
    return transport


def reset(scope: MutableMapping[str, Any]) -> None:
    """Ends the connection with RST."""
    transport = transport_of(scope)
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def truncate(scope: MutableMapping[str, Any], response: Response) -> None:
    """Announces the whole body, sends half of it, and closes."""
    transport = transport_of(scope)
    transport.write(_head(response) + response.body[: len(response.body) // 2])
    transport.close()


async def trickle(scope: MutableMapping[str, Any], response: Response, seconds: float) -> None:
    """Sends the body in pieces, over so many seconds, and closes."""
    transport = transport_of(scope)
    transport.write(_head(response))
    body = bytes(response.body)
    size = max(1, -(-len(body) // PIECES))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    for piece in pieces:
        await asyncio.sleep(seconds / len(pieces))
        if transport.is_closing():
            return
        transport.write(piece)
    transport.close()


def _head(response: Response) -> bytes:
    lines = [f"HTTP/1.1 {response.status_code} Simulated".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*lines, b"connection: close", b"", b""])
