"""A reverse proxy on a loopback port that injects network faults: connection resets, 502 responses and delays."""

import asyncio
import random
import re
import socket
import struct
import threading
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<p>upstream</p>"


@frozen
class Network:
    """The faults to inject: shares of resets and of 502 responses (0 to 1), delay in seconds, responses in HTTP/1.0."""

    seed: int = 0
    resets: float = 0.0
    bad_gateways: float = 0.0
    delay: float = 0.0
    http10: bool = False


@contextmanager
def proxied(url: str, network: Network) -> Iterator[tuple[str, Counter[str]]]:
    """Run the proxy for the server at `url`; yield the URL of the proxy and the number of requests by outcome."""
    upstream = urllib.parse.urlsplit(url)
    outcomes: Counter[str] = Counter()
    source = random.Random(network.seed)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)

    async def serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                await asyncio.sleep(network.delay)
                share = source.random()
                if share < network.resets:
                    outcomes["reset"] += 1
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    break
                if share < network.resets + network.bad_gateways:
                    outcomes["bad gateway"] += 1
                    writer.write(BAD_GATEWAY)
                    continue
                outcomes["forwarded"] += 1
                head = re.sub(rb"\r\nconnection: [^\r]*", b"", head, flags=re.IGNORECASE)
                reply_reader, request_writer = await asyncio.open_connection(
                    upstream.hostname, upstream.port, limit=2**20
                )
                request_writer.write(head[:-2] + b"Connection: close\r\nVia: 1.1 proxy\r\n\r\n" + body)
                response = re.sub(
                    rb"\r\nconnection: close", b"", await reply_reader.read(), count=1, flags=re.IGNORECASE
                )
                request_writer.close()
                writer.write(response.replace(b"HTTP/1.1", b"HTTP/1.0", 1) if network.http10 else response)
                await writer.drain()
                if network.http10:
                    break
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def serve() -> None:
        async with await asyncio.start_server(serve_connection, sock=listener, limit=2**20):
            await stopped.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            await asyncio.wait([task])

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", outcomes
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(timeout=10)
        loop.close()
