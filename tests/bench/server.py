"""A minimal HTTP server with little overhead, in a separate process."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

PROGRAM = """
import asyncio, sys
body = sys.argv[1].encode()
HEAD = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n"
HAS_ID = b"{id}" in body

def response(head):
    if not HAS_ID:
        return HEAD % len(body) + body
    content = body.replace(b"{id}", head.split(b" ", 2)[1].rpartition(b"/")[2])
    return HEAD % len(content) + content

class HttpProtocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        while b"\\r\\n\\r\\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\\r\\n\\r\\n")
            self.transport.write(response(head))

async def main():
    server = await asyncio.get_running_loop().create_server(HttpProtocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


@contextlib.contextmanager
def server(body: str) -> Iterator[str]:
    """Serve one body for every request and yield the URL; `{id}` in it is replaced by the last segment of the path."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, body], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
