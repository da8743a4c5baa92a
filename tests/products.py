"""The four products as tables: a client of each, what its status looks like, and a server that echoes the id it is asked for."""

import asyncio
import json
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable
from typing import Any, Final, TypeVar

import httpx
import job_status
import pytest
from attrs import frozen

from .hostile import Behaviour, answer

T = TypeVar("T")


@frozen
class Product:
    """A product with one status: names, words, and a credential."""

    name: str
    noun: str
    id: str
    state: str
    success: str
    pending: str
    credentials: dict[str, Any]

    def client(self, url: str, *, asynchronous: bool = False, **options: Any) -> Any:
        """A client of the product, or its async twin."""
        cls = getattr(job_status, f"Async{self.name}" if asynchronous else self.name)
        return cls(url, **{**self.credentials, **options})

    def body(self, identifier: Any, state: str | None = None) -> bytes:
        """A status of a job."""
        return json.dumps({self.id: identifier, self.state: state or self.success}).encode()


PRODUCTS: Final = (
    Product("AgentPlatform", "dock_status", "_id", "status", "SUCCESS", "IN_PROGRESS", {"api_key": "canary-key"}),
    Product("AIForProcess", "dock_status", "_id", "status", "SUCCESS", "IN_PROGRESS", {"api_key": "canary-key"}),
    Product("AIForService", "publish_status", "streamId", "status", "successful", "inprogress", {"jwt": "canary-jwt"}),
    Product("OpenSearchFlowFramework", "workflow_status", "workflow_id", "state", "COMPLETED", "PROVISIONING", {}),
)
AGENT: Final = PRODUCTS[0]
EVERY: Final = pytest.mark.parametrize("product", PRODUCTS, ids=[product.name for product in PRODUCTS])
BOTH: Final = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def asked(head: bytes) -> str:
    """The id that a request asks for."""
    return asked_by(head.split(b" ")[1])


def asked_by(target: bytes) -> str:
    """The id in the target of a request, a slash in it and all."""
    parts = target.decode().partition("?")[0].split("/")
    return urllib.parse.unquote(next(part for part in reversed(parts) if part not in {"_status", "status", "publish"}))


def echo(product: Product, pause: float = 0.0, state: str | None = None) -> Behaviour:
    """Answers every request with the id it asks for, and keeps the connection."""

    def behave(connection: socket.socket, head: bytes) -> None:
        time.sleep(pause)
        connection.sendall(answer(body=product.body(asked(head), state)))

    return behave


def mocked(product: Product, seen: list[httpx.Request] | None = None) -> httpx.MockTransport:
    """Answers in memory with the id that is asked for; it serves sync and async clients."""

    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(200, content=product.body(asked_by(request.url.raw_path)))

    return httpx.MockTransport(handle)


def in_time(seconds: float, function: Callable[[], T]) -> T:
    """What a function returns or raises, or a failure if it takes longer; a thread that hangs is left behind."""
    ended: list[Callable[[], T]] = []

    def work() -> None:
        try:
            value = function()
        except BaseException as error:
            failed = error

            def fail() -> T:
                raise failed

            ended.append(fail)
        else:
            ended.append(lambda: value)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        pytest.fail(f"still under way after {seconds} s")
    return ended[0]()


def do(asynchronous: bool, use: Callable[[], Any]) -> Any:
    """What a call returns, awaited on a loop of its own where it is async."""
    if not asynchronous:
        return use()

    async def awaited() -> Any:
        return await use()

    return asyncio.run(awaited())


def closed(api: Any, asynchronous: bool) -> None:
    """Closes a client."""
    do(asynchronous, api.aclose if asynchronous else api.close)
