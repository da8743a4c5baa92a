"""A TCP server on a loopback port that sends arbitrary bytes as its responses."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket, bytes], None]  # called with the connection and the head of a request

BODY = b'{"_id":"ds-1","toolId":"a-1","jobType":"TOOLS","action":"DEPLOY","status":"SUCCESS"}'


def http_response(
    status: int = 200, body: bytes = BODY, *headers: str, content_type: str = "application/json"
) -> bytes:
    """Return the bytes of a well-formed HTTP response."""
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Close a connection with a TCP reset (RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class HostileServer:
    """A server that calls a behaviour for each request, and records the heads of the requests.

    A connection stays open for more requests unless the behaviour closes it. `greeting` is sent before any request.
    """

    def __init__(self, behaviour: Behaviour, greeting: bytes = b"") -> None:
        self.behaviour = behaviour
        self.greeting = greeting
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._respond(connection)
        finally:
            with contextlib.suppress(OSError):
                connection.close()
            self._open.discard(connection)

    def _respond(self, connection: socket.socket) -> None:
        buffer = b""
        with contextlib.suppress(OSError):
            connection.sendall(self.greeting)
            while True:
                while b"\r\n\r\n" not in buffer:
                    data = connection.recv(65536)
                    if not data:
                        return
                    buffer += data
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                self.requests.append(head)
                self.behaviour(connection, head)
                if connection.fileno() < 0:
                    return

    def close(self) -> None:
        """Stop listening and close all connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.close()


@contextlib.contextmanager
def hostile(behaviour: Behaviour, greeting: bytes = b"") -> Iterator[HostileServer]:
    """Run a server with a behaviour; close it when the block ends."""
    server = HostileServer(behaviour, greeting)
    try:
        yield server
    finally:
        server.close()


def always(data: bytes, *, then_close: bool = False) -> Behaviour:
    """Return a behaviour that sends the same bytes for every request."""

    def behave(connection: socket.socket, head: bytes) -> None:
        connection.sendall(data)
        if then_close:
            connection.close()

    return behave
