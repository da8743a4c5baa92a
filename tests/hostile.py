"""A server that answers with any bytes at all, on real sockets."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket, bytes], None]

BODY = b'{"_id":"ds-1","toolId":"a-1","jobType":"TOOLS","action":"DEPLOY","status":"SUCCESS"}'


def answer(status: int = 200, body: bytes = BODY, *headers: str, content_type: str = "application/json") -> bytes:
    """The bytes of an ordinary answer."""
    lines = [f"HTTP/1.1 {status} Word", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Closes a connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class HostileServer:
    """Runs a behaviour for each request. A behaviour that closes the connection ends it."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests: list[bytes] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        waiting = b""
        with contextlib.suppress(OSError):
            while True:
                while b"\r\n\r\n" not in waiting:
                    data = connection.recv(65536)
                    if not data:
                        return
                    waiting += data
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                self.requests.append(head)
                self.behaviour(connection, head)
                if connection.fileno() < 0:
                    return
        with contextlib.suppress(OSError):
            connection.close()
        self._open.discard(connection)

    def close(self) -> None:
        """Stops listening and closes every connection."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.close()


@contextlib.contextmanager
def hostile(behaviour: Behaviour) -> Iterator[HostileServer]:
    """A hostile server for the length of a block."""
    server = HostileServer(behaviour)
    try:
        yield server
    finally:
        server.close()


def always(data: bytes, *, then_close: bool = False) -> Behaviour:
    """Answers every request with the same bytes."""

    def behave(connection: socket.socket, head: bytes) -> None:
        connection.sendall(data)
        if then_close:
            connection.close()

    return behave
