"""A reverse proxy on a loopback port, good or bad: it resets connections, answers 502 for a gateway, and is slow."""

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
    """What befalls requests: shares of resets and of bad gateways, seconds of delay, and answers in HTTP/1.0."""

    seed: int = 0
    resets: float = 0.0
    bad_gateways: float = 0.0
    delay: float = 0.0
    http10: bool = False


@contextmanager
def proxied(url: str, network: Network) -> Iterator[tuple[str, Counter[str]]]:
    """Stands before a server; gives its own URL, and counts what it does."""
    upstream = urllib.parse.urlsplit(url)
    befallen: Counter[str] = Counter()
    draw = random.Random(network.seed)
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                await asyncio.sleep(network.delay)
                drawn = draw.random()
                if drawn < network.resets:
                    befallen["reset"] += 1
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    break
                if drawn < network.resets + network.bad_gateways:
                    befallen["bad gateway"] += 1
                    writer.write(BAD_GATEWAY)
                    continue
                befallen["passed on"] += 1
                head = re.sub(rb"\r\nconnection: [^\r]*", b"", head, flags=re.IGNORECASE)
                back, forth = await asyncio.open_connection(upstream.hostname, upstream.port, limit=2**20)
                forth.write(head[:-2] + b"Connection: close\r\nVia: 1.1 proxy\r\n\r\n" + body)
                answer = re.sub(rb"\r\nconnection: close", b"", await back.read(), count=1, flags=re.IGNORECASE)
                forth.close()
                writer.write(answer.replace(b"HTTP/1.1", b"HTTP/1.0", 1) if network.http10 else answer)
                await writer.drain()
                if network.http10:
                    break
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        async with await asyncio.start_server(talk, sock=listening, limit=2**20):
            await ended.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            await asyncio.wait([task])

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", befallen
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(timeout=10)
        loop.close()
