"""The four products as data: their clients, the JSON of their statuses, and servers that echo the requested id."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
import httpx
import job_status
import pytest
from attrs import evolve, frozen
from httpx_aiohttp import AiohttpTransport
from job_status._client import transport
from job_status._client.core import AsyncCore

from .hostile import Behaviour, http_response
from .paths import id_in

T = TypeVar("T")


@frozen
class Product:
    """A product: the names of its client, its status operation and JSON fields, two states, and credentials."""

    name: str
    noun: str
    id: str
    state: str
    success: str
    pending: str
    credentials: dict[str, Any]

    def client(self, url: str, *, asynchronous: bool = False, **options: Any) -> Any:
        """Return a client of the product, sync or async."""
        cls = getattr(job_status, f"Async{self.name}" if asynchronous else self.name)
        return cls(url, **{**self.credentials, **options})

    def body(self, identifier: Any, state: str | None = None) -> bytes:
        """Return the body of a status response, in the success state unless another is given."""
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
# As `BOTH`, and the async client both without and with the extra `fast`: for tests of connections.
EACH: Final = pytest.mark.parametrize("asynchronous", ["sync", "async", "fast"], indirect=True)


def ssl_context(certificates: Path) -> ssl.SSLContext:
    """Return a context that trusts the certificates in a file."""
    return ssl.create_default_context(cafile=str(certificates))


def aiohttp_transport(verify: ssl.SSLContext | bool = True) -> httpx.AsyncBaseTransport:
    """Return the transport of httpx-aiohttp, which keeps none of the promises of the client by itself."""
    return AiohttpTransport(client=lambda: aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=verify)))


@pytest.fixture(params=["httpcore", "fast", "aiohttp"])
def async_transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test with the built-in async transport, without and with the extra `fast`, and with that of httpx-aiohttp."""
    monkeypatch.setattr(transport, "has_fast_extra", lambda: request.param == "fast")
    if request.param == "aiohttp":
        original = AsyncCore.__init__

        def init(core: AsyncCore, options: Any, *arguments: Any) -> None:
            chosen = options.http_transport or aiohttp_transport()
            original(core, evolve(options, http_transport=chosen), *arguments)

        monkeypatch.setattr(AsyncCore, "__init__", init)


def requested_id(head: bytes) -> str:
    """Return the job id in the head of a request."""
    return id_in(head.split(b" ")[1])


def echo(product: Product, pause: float = 0.0, state: str | None = None) -> Behaviour:
    """Return a behaviour that responds with the requested id after `pause` seconds, and keeps the connection open."""

    def behave(connection: socket.socket, head: bytes) -> None:
        time.sleep(pause)
        connection.sendall(http_response(body=product.body(requested_id(head), state)))

    return behave


def mocked(product: Product, seen: list[httpx.Request] | None = None, state: str | None = None) -> httpx.MockTransport:
    """Return an in-memory transport, for sync and async clients, that responds with the requested id."""

    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(200, content=product.body(id_in(request.url.raw_path), state))

    return httpx.MockTransport(handle)


def in_time(seconds: float, function: Callable[[], T]) -> T:
    """Return or raise the result of a function, or fail the test after `seconds`; a thread that hangs is abandoned."""
    results: list[Callable[[], T]] = []

    def work() -> None:
        try:
            value = function()
        except BaseException as error:
            failed = error

            def fail() -> T:
                raise failed

            results.append(fail)
        else:
            results.append(lambda: value)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        pytest.fail(f"still running after {seconds} s")
    return results[0]()


def do(asynchronous: bool, use: Callable[[], Any]) -> Any:
    """Return the result of a call; if it is async, run it in a new event loop."""
    if not asynchronous:
        return use()

    async def awaited() -> Any:
        return await use()

    return asyncio.run(awaited())


def close_client(api: Any, asynchronous: bool) -> None:
    """Close a client, sync or async."""
    do(asynchronous, api.aclose if asynchronous else api.close)
