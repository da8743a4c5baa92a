"""A minimal HTTP server with little overhead, in a separate process."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

# The status of a job that has not ended; the server puts in the id of the request.
PENDING: Final = json.dumps(
    {"_id": "{id}", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": "IN_PROGRESS"}
)

PROGRAM = """
import asyncio, sys
body, delay = sys.argv[1].encode(), float(sys.argv[2])
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
            if delay:
                loop.call_later(delay, self.transport.write, response(head))
            else:
                self.transport.write(response(head))

async def main():
    global loop
    loop = asyncio.get_running_loop()
    server = await asyncio.get_running_loop().create_server(HttpProtocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


@contextlib.contextmanager
def server(body: str, delay: float = 0.0) -> Iterator[str]:
    """Serve one body for every request, after `delay` seconds, and yield the URL.

    `{id}` in the body is replaced by the last segment of the path.
    """
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, body, str(delay)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
