"""Connections on asyncio do what httpcore's do, with either parser: each test compares them, on real sockets."""

import asyncio
import contextlib
import inspect
import itertools
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpcore
import httpx
import pytest
import trio
import trustme
import uvloop
from attrs import frozen
from job_status import AsyncAgentPlatform, JobStatusError, TransportError
from job_status._client import asyncio_connection, sync_connection, transport
from job_status._client.asyncio_connection import Connection, Factory
from job_status._client.response_parser import H11Parser, HttptoolsParser, Parser

from .hostile import BODY, Behaviour, HostileServer, always, hostile, http_response
from .products import AGENT, echo

LENGTH = b"Content-Length: %d\r\n" % len(BODY)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKS = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:]))
INTERIM = b"HTTP/1.1 102 Processing\r\nX-Interim: yes\r\n\r\n"

# Complete responses, whose connection can be used again, or is closed by one of the two.
COMPLETE = {
    "length": HEAD + LENGTH + b"\r\n" + BODY,
    "no reason": b"HTTP/1.1 200\r\n" + LENGTH + b"\r\n" + BODY,
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"0\r\n\r\n",
    "trailers": HEAD + b"transfer-encoding: Chunked\r\n\r\n" + CHUNKS + b"0\r\nX-Sum: 1\r\nRetry-After: 9\r\n\r\n",
    "chunk extension": HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "length and chunks": HEAD + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"0\r\n\r\n",
    "connection close": HEAD + LENGTH + b"Connection: close\r\n\r\n" + BODY,
    "HTTP/1.0": HEAD.replace(b"1.1", b"1.0") + LENGTH + b"\r\n" + BODY,
    "HTTP/1.0 keep-alive": HEAD.replace(b"1.1", b"1.0") + LENGTH + b"Connection: keep-alive\r\n\r\n" + BODY,
    "interim": INTERIM + b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + LENGTH + b"\r\n" + BODY,
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n",
    "not found": http_response(404, b'{"message":"no such job"}'),
    "redirect": http_response(302, b"", "Location: http://127.0.0.1:1/"),
    "busy": http_response(503, b"later", "Retry-After: 7"),
    "upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "upgrade offered": HEAD + LENGTH + b"Upgrade: h2,h2c\r\nConnection: Upgrade, Keep-Alive\r\n\r\n" + BODY,
    "empty header": HEAD + LENGTH + b"X-Empty:\r\n\r\n" + BODY,
    "repeated header": HEAD + LENGTH + b"X-A: 1\r\nX-A: 2\r\n\r\n" + BODY,
    "spaces": HEAD + b"Content-Length:   %d  \r\n\r\n" % len(BODY) + BODY,
    "lines without CR": b"HTTP/1.1 200 OK\nContent-Type: a\nContent-Length: %d\n\n" % len(BODY) + BODY,
    "spaces after a chunk size": HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n%x  \r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "HTTP/1.2": HEAD.replace(b"1.1", b"1.2") + LENGTH + b"\r\n" + BODY,
    "spaces after a value": HEAD + LENGTH + b"X-A: abc   \r\n\r\n" + BODY,
    "latin-1": HEAD + LENGTH + b"X-Name: caf\xe9\r\n\r\n" + BODY,
}
# Responses that end with the connection.
CLOSED = {
    "until the end": HEAD + b"\r\n" + BODY,
    "until the end, HTTP/1.0": HEAD.replace(b"1.1", b"1.0") + b"\r\n" + BODY,
    "no response": b"",
    "part of a line": b"HTTP/1.1 20",
    "part of the head": HEAD,
    "part of the body": HEAD + LENGTH + b"\r\n" + BODY[:-1],
    "part of the chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "interim only": INTERIM,
    "identity": HEAD + LENGTH + b"Transfer-Encoding: identity\r\n\r\n" + BODY,
    "gzip and chunked": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS + b"0\r\n\r\n",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + CHUNKS + b"0\r\n\r\n",
    "interim with a body": b"HTTP/1.1 199 X\r\nContent-Length: 4\r\n\r\n    " + HEAD + LENGTH + b"\r\n" + BODY,
    "status of 99": b"HTTP/1.1 099 X\r\n\r\n",
    "length, and more": HEAD.replace(b"1.1", b"1.0") + LENGTH + b"\r\n" + BODY + b"\r\n",
    "close, and more": HEAD + LENGTH + b"Connection: close\r\n\r\n" + BODY + b"more",
    "gzip until the end": HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + BODY,
    "garbage": b"\x00\x01garbage\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "status": b"HTTP/1.1 abc OK\r\n\r\n",
    "short status": b"HTTP/1.1 20 OK\r\n\r\n",
    "no colon": HEAD + b"nonsense\r\n\r\n",
    "header with NUL": HEAD + LENGTH + b"X-A: \x00\r\n\r\n" + BODY,
    "length of letters": HEAD + b"Content-Length: ten\r\n\r\n" + BODY,
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
    "two lengths": HEAD + LENGTH + b"Content-Length: 3\r\n\r\n" + BODY,
    "huge length": HEAD + b"Content-Length: 99999999999999999999999999\r\n\r\n" + BODY,
    "chunk of letters": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "huge chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n",
    "many headers": HEAD + b"".join(b"X-%d: %b\r\n" % (n, b"x" * 1000) for n in range(200)),
    "endless header": HEAD + b"X-A: " + b"x" * 500_000,
}


KINDS = ("httpcore", "h11", "httptools")
EACH_PARSER = pytest.mark.parametrize("parser", [H11Parser, HttptoolsParser])


@contextlib.contextmanager
def using(kind: str) -> Iterator[None]:
    """Let async clients have connections of one kind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "has_fast_extra", lambda: kind == "httptools")
        if kind == "httpcore":
            patch.setattr(transport, "_connections", lambda transports: [])
        yield


@pytest.fixture(params=KINDS)
def connection(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a test with each kind of connections."""
    with using(request.param):
        yield request.param


def sending(data: bytes, size: int, then_close: bool) -> Behaviour:
    """Return a behaviour that sends bytes in pieces."""

    def behave(connection: socket.socket, head: bytes) -> None:
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
            if size < len(data):
                time.sleep(0.0002)
        if then_close:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    return behave


async def outcome(api: Any, **options: Any) -> Any:
    """Return what a caller sees of a call: the response, or the error without the message of the parser."""
    try:
        raw = api.get_dock_status_raw("ds-1", **options)
        raw = await raw if inspect.isawaitable(raw) else raw
    except TransportError as error:
        return type(error).__name__, error.timed_out
    except JobStatusError as error:
        fields = getattr(error, "status", None), getattr(error, "excerpt", None), getattr(error, "retry_after", None)
        return type(error).__name__, *fields
    return raw.status, raw.headers.multi_items(), raw.content


def compared(behaviour: Behaviour, calls: int = 3, greeting: bytes = b"", **options: Any) -> None:
    """Make calls with each kind of connections, which must have the same outcomes."""

    async def run(url: str) -> list[Any]:
        async with AGENT.client(url, asynchronous=True, max_retries=0, timeout=5, **options) as api:
            return [await outcome(api) for _ in range(calls)]

    async def run_sync(url: str) -> list[Any]:
        with AGENT.client(url, max_retries=0, timeout=5, **options) as api:
            return [await outcome(api) for _ in range(calls)]

    found = []
    for kind, each in itertools.product(KINDS, (run, run_sync)):
        with using(kind), hostile(behaviour, greeting) as server:
            found.append((asyncio.run(each(server.url)), server.connections))
    (expected, connections), *others = found
    for outcomes, own_connections in others:
        assert outcomes == expected
        # httpcore does not keep those of HTTP/1.0.
        assert own_connections <= connections


@pytest.mark.parametrize("size", [1 << 20, 1], ids=["at once", "by byte"])
@pytest.mark.parametrize("data", COMPLETE.values(), ids=COMPLETE.keys())
def test_complete_responses(data: bytes, size: int) -> None:
    compared(sending(data, size, then_close=False))


@pytest.mark.parametrize("size", [1 << 20, 3], ids=["at once", "in parts"])
@pytest.mark.parametrize("data", CLOSED.values(), ids=CLOSED.keys())
def test_responses_that_end_with_the_connection(data: bytes, size: int) -> None:
    size = size if len(data) < 10_000 else 1 << 16
    compared(sending(data, size, then_close=True), calls=2)


def test_endless_head_is_refused_before_the_deadline() -> None:
    compared(sending(HEAD + b"X-A: " + b"x" * 500_000, 1 << 16, then_close=False), calls=1)


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"220 ready\r\n", http_response(), INTERIM, b"\0"])
def test_server_that_speaks_before_the_request(greeting: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = Connection._connect

    async def connect_and_wait(connection: Connection, limit: float | None) -> None:
        await connect(connection, limit)
        await asyncio.sleep(0.05)  # what the server sends has arrived

    monkeypatch.setattr(Connection, "_connect", connect_and_wait)

    def behave(connection: socket.socket, head: bytes) -> None:
        time.sleep(0.1)
        connection.close()

    compared(behave, calls=1, greeting=greeting)


@pytest.mark.parametrize("more", [http_response(), b"x", b"\r\n\r\n"], ids=["response", "byte", "lines"])
def test_what_was_not_requested_is_no_response(more: bytes) -> None:
    """A second response to one request must not become that of the next one, which is about another job."""
    number = itertools.count(1)

    def behave(connection: socket.socket, head: bytes) -> None:
        connection.sendall(http_response(body=AGENT.body(f"ds-{next(number)}")) + more)

    async def run(url: str) -> list[Any]:
        async with AGENT.client(url, asynchronous=True, max_retries=0) as api:
            return [(await api.get_dock_status(f"ds-{n}")).field_id for n in (1, 2, 3)]

    with using("httptools"), hostile(behave) as server:
        assert asyncio.run(run(server.url)) == ["ds-1", "ds-2", "ds-3"]


def test_large_bodies_are_limited_in_memory(connection: str) -> None:
    """A body of 40 MB, of which the client takes 8 MB, or reads slowly."""
    sent = [0]

    def behave(peer: socket.socket, head: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(400):
            peer.sendall(b"%x\r\n%b\r\n" % (100_000, b" " * 100_000))
            sent[0] += 100_000

    async def run(url: str) -> None:
        async with AGENT.client(url, asynchronous=True, max_retries=0, max_response_bytes=8_000_000) as api:
            error = await outcome(api)
            assert error[:2] == ("UnexpectedResponseError", 200)

    with hostile(behave) as server:
        asyncio.run(run(server.url))
    assert sent[0] < 25_000_000


@EACH_PARSER
def test_body_that_is_not_read_is_not_buffered(parser: type[Parser]) -> None:
    sent = [0]

    def behave(peer: socket.socket, head: bytes) -> None:
        peer.sendall(HEAD + b"Content-Length: 100000000\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(1000):
                peer.sendall(b" " * 100_000)
                sent[0] += 100_000

    async def run(server: HostileServer) -> tuple[int, int]:
        connection, request = opened(server, parser)
        response = await connection.handle_async_request(request)
        await asyncio.sleep(0.3)
        buffered, before = connection._buffered, sent[0]
        size = 0
        async for chunk in response.stream:  # type: ignore[union-attr]
            size += len(chunk)
            if size > before + 5_000_000:
                break
        await response.aclose()
        assert connection.is_closed()
        return buffered, size

    with hostile(behave) as server:
        buffered, size = asyncio.run(run(server))
    assert buffered < 2 * asyncio_connection.BUFFER
    assert size > 5_000_000


def opened(server: HostileServer, parser: type[Parser], **request: Any) -> tuple[Connection, httpcore.Request]:
    """Return a connection to a server, and a request for it."""
    url = f"{server.url}/jobs/ds-1"
    made = httpcore.Request(**{"method": "GET", "url": url, "headers": {"Host": "h"}, **request})
    return Connection(made.url.origin, None, parser), made


@pytest.mark.parametrize(
    "data",
    [HEAD + LENGTH + b"\r\n" + BODY + b"garbage", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"],
    ids=["length", "no content"],
)
def test_what_follows_a_response_is_no_part_of_it(data: bytes) -> None:
    # The next call is on a new connection, and not, as with httpcore, one that reads the rest of this response.
    compared(sending(data, 1 << 20, then_close=False), calls=1)


@pytest.mark.parametrize("end", [CHUNKS + b"0\r\nX-A: ", b"5;a="], ids=["trailer", "chunk extension"])
def test_what_is_not_the_body_has_a_limit(end: bytes) -> None:
    data = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + end + b"x" * 500_000

    compared(sending(data, 1 << 20, then_close=False), calls=1)


def test_reason_arrives_in_parts(connection: str) -> None:
    data = b"HTTP/1.1 200 Everything fine\r\n" + LENGTH + b"\r\n" + BODY

    async def run(url: str) -> list[Any]:
        request = httpx.Request("GET", url)
        with AGENT.client(url) as api:
            found = [api._core.transports.calls.handle_request(request)]
        async with AGENT.client(url, asynchronous=True) as other:
            found.append(await other._core.transports.calls.handle_async_request(request))
        return [one.extensions["reason_phrase"] for one in found]

    with hostile(sending(data, 5, then_close=False)) as server:
        assert asyncio.run(run(server.url)) == [b"Everything fine"] * 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("handled", [KeyboardInterrupt, SystemExit, ValueError])
def test_invalid_response_while_another_exception_is_handled(kind: str, handled: type[BaseException]) -> None:
    behaviour = always(b"\x00garbage\r\n\r\n", then_close=True)
    with using(kind), hostile(behaviour) as server, AGENT.client(server.url, max_retries=0) as api:
        try:
            raise handled
        except BaseException:
            with pytest.raises(TransportError):
                api.get_dock_status("ds-1")


def test_closed_client_is_no_end_of_a_body(connection: str) -> None:
    async def run(url: str) -> Any:
        api = AGENT.client(url, asynchronous=True, max_retries=0, timeout=20)
        waiting = asyncio.ensure_future(outcome(api))
        await asyncio.sleep(0.3)
        await api.aclose()
        return await asyncio.wait_for(waiting, 5)

    def behave(peer: socket.socket, head: bytes) -> None:
        peer.sendall(HEAD + b"\r\n" + BODY)
        time.sleep(3)

    with hostile(behave) as server:
        assert asyncio.run(run(server.url))[0] != 200


@EACH_PARSER
def test_connection_is_closed_if_its_request_ends_early(parser: type[Parser]) -> None:
    async def body() -> Any:
        yield b"y" * 10
        await asyncio.sleep(0.2)  # the response has arrived
        raise LookupError("no more")

    async def run(server: HostileServer) -> None:
        connection, request = opened(server, parser, method="POST", headers={"Content-Length": "10000"}, content=body())
        with pytest.raises(LookupError):
            await connection.handle_async_request(request)
        assert connection.is_closed()

    with hostile(always(http_response())) as server:
        asyncio.run(run(server))


@EACH_PARSER
def test_connection_that_fails_ends_the_upload(parser: type[Parser]) -> None:
    pieces = []

    async def body() -> Any:
        for number in range(1000):
            pieces.append(number)
            yield b"y" * 100
            await asyncio.sleep(0.005)

    async def run(server: HostileServer) -> None:
        connection, request = opened(
            server, parser, method="POST", headers={"Content-Length": "100000"}, content=body()
        )
        with pytest.raises((httpcore.NetworkError, httpcore.RemoteProtocolError)):
            await connection.handle_async_request(request)

    def reset(peer: socket.socket, head: bytes) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()

    with hostile(reset) as server:
        asyncio.run(run(server))
    assert len(pieces) < 500


@EACH_PARSER
def test_response_of_a_server_that_reads_no_further_is_returned(parser: type[Parser]) -> None:
    class Stream(httpcore.MockStream):
        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            raise httpcore.WriteError("the server has closed its side")

    class Network(httpcore.MockBackend):
        def connect_tcp(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
            return Stream([http_response(413, b"too large")])

    request = httpcore.Request("POST", "http://h/", headers={"Content-Length": "5"}, content=b"large")
    connection = sync_connection.Connection(request.url.origin, Network([]), None, parser)
    response = connection.handle_request(request)

    assert (response.status, response.read()) == (413, b"too large")
    response.close()
    assert connection.is_closed()


# Requests


def received(connection: socket.socket, head: bytes, size: int) -> None:
    """Receive the body of a request, before a response."""
    while size > 0:
        size -= len(connection.recv(min(size, 1 << 16)))
    connection.sendall(http_response())


@pytest.mark.parametrize(
    ("method", "length", "declared"),
    [("POST", 0, True), ("POST", 10, True), ("PUT", 5_000_000, True), ("POST", 100_000, False), ("DELETE", 0, False)],
)
def test_bodies_of_requests_arrive(connection: str, method: str, length: int, declared: bool) -> None:
    async def body() -> Any:
        for start in range(0, length, 70_000):
            yield b"y" * min(70_000, length - start)

    seen: list[tuple[str, bytes]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        parts = []
        while True:
            message = await receive()
            parts.append(message["body"])
            if not message.get("more_body"):
                break
        seen.append((scope["method"], b"".join(parts)))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def run(url: str) -> None:
        async with AGENT.client(url, asynchronous=True) as api:
            headers = {"Content-Length": str(length)} if declared else {}
            content = body() if length else None
            for _ in range(2):
                made = httpx.Request(method, url, content=content, headers=headers)
                response = await api._core.transports.calls.handle_async_request(made)
                assert await response.aread() == b"ok"
                content, headers["Content-Length"] = None, "0"
                await response.aclose()

    from .conftest import served

    with served(application) as url:
        asyncio.run(run(url))
    assert seen == [(method, b"y" * length), (method, b"")]


@pytest.mark.parametrize(
    "headers",
    [{"X-A": "a\r\nX-B: b"}, {"X-A": "a\nb"}, {"X-A": "a\0b"}, {"X A": "b"}, {"X-A:": "b"}, {"": "b"}, {"X\r\nB": "b"}],
    ids=repr,
)
@EACH_PARSER
def test_headers_that_would_change_the_request_are_refused(headers: dict[str, str], parser: type[Parser]) -> None:
    with hostile(always(http_response())) as server:

        async def run() -> None:
            connection, request = opened(server, parser, headers=headers)
            with pytest.raises(httpcore.LocalProtocolError) as caught:
                await connection.handle_async_request(request)
            assert "a\r\n" not in str(caught.value)

        asyncio.run(run())
        assert server.requests == []


@EACH_PARSER
@pytest.mark.parametrize("size", [3, 20])
def test_body_of_another_length_than_declared_is_refused(size: int, parser: type[Parser]) -> None:
    async def run(server: HostileServer) -> None:
        connection, request = opened(
            server, parser, method="POST", headers={"Content-Length": "10"}, content=b"y" * size
        )
        with pytest.raises(httpcore.LocalProtocolError, match=f"the body has {size} bytes, Content-Length is 10"):
            await connection.handle_async_request(request)
        assert connection.is_closed()

    with hostile(always(http_response())) as server:
        asyncio.run(run(server))


@EACH_PARSER
def test_response_before_the_end_of_the_request_is_returned(parser: type[Parser]) -> None:
    def behave(peer: socket.socket, head: bytes) -> None:
        peer.sendall(http_response(413, b"{}"))
        time.sleep(1)

    async def run(server: HostileServer) -> None:
        content = b"y" * 20_000_000
        connection, request = opened(
            server, parser, method="POST", headers={"Content-Length": str(len(content))}, content=content
        )
        response = await connection.handle_async_request(request)
        assert response.status == 413
        await response.aread()
        await response.aclose()
        assert connection.is_closed()

    with hostile(behave) as server:
        asyncio.run(asyncio.wait_for(run(server), 10))


@EACH_PARSER
def test_head_has_no_body(parser: type[Parser]) -> None:
    async def run(server: HostileServer) -> None:
        connection, request = opened(server, parser, method="HEAD")
        response = await connection.handle_async_request(request)
        assert (response.status, await response.aread()) == (200, b"")
        await response.aclose()

    head = http_response().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    with hostile(sending(head, 1 << 10, then_close=False)) as server:
        asyncio.run(asyncio.wait_for(run(server), 10))


# Deadlines, TLS, event loops


@frozen
class Slow:
    """A server that sends one byte at a time, from a part of the response on."""

    start: int

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        """Respond."""
        data = HEAD + b"Content-Length: 10000\r\n\r\n" + b" " * 10000
        connection.sendall(data[: self.start])
        with contextlib.suppress(OSError):
            for number in range(self.start, len(data)):
                connection.sendall(data[number : number + 1])
                time.sleep(0.02)


@pytest.mark.parametrize("start", [0, 20, len(HEAD) + 100], ids=["status", "head", "body"])
def test_trickling_response_ends_at_the_deadline(connection: str, start: int) -> None:
    async def run(url: str) -> tuple[Any, float]:
        async with AGENT.client(url, asynchronous=True, max_retries=0) as api:
            began = time.monotonic()
            return await outcome(api, timeout=0.5), time.monotonic() - began

    with hostile(Slow(start)) as server:
        found, seconds = asyncio.run(run(server.url))
    assert found == ("TransportError", True)
    assert 0.4 < seconds < 5


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Create a certificate authority."""
    return trustme.CA()


@contextlib.contextmanager
def tls_server(authority: trustme.CA, name: str, tmp_path: Any) -> Iterator[tuple[str, str]]:
    """Serve HTTPS, and yield the URL and the file of the authority's certificate."""
    from .conftest import served

    certificate = authority.issue_cert(name)
    key, chain, root = (str(tmp_path / file) for file in ("key.pem", "chain.pem", "root.pem"))
    certificate.private_key_pem.write_to_path(key)
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    authority.cert_pem.write_to_path(root)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})

    from pathlib import Path

    with served(application, Path(key), Path(chain)) as url:
        yield url, root


def test_tls_is_verified(connection: str, authority: trustme.CA, tmp_path: Any) -> None:
    async def run(url: str, verify: Any) -> Any:
        peers = []

        async def hook(response: httpx.Response) -> None:
            stream = response.extensions["network_stream"]
            peers.append((stream.get_extra_info("ssl_object").version(), stream.get_extra_info("server_addr")[0]))

        options = {"verify": verify, "event_hooks": {"response": [hook]}, "max_retries": 0}
        async with AGENT.client(url, asynchronous=True, **options) as api:
            found = [await outcome(api) for _ in range(2)]
        assert peers in ([], [("TLSv1.3", "127.0.0.1")] * 2)
        return found[0][0], found[1][0]

    with tls_server(authority, "127.0.0.1", tmp_path) as (url, root):
        assert asyncio.run(run(url, root)) == (200, 200)
        assert asyncio.run(run(url, False)) == (200, 200)
        assert asyncio.run(run(url, True)) == ("TransportError", "TransportError")
        assert asyncio.run(run(url.replace("127.0.0.1", "localhost"), root)) == ("TransportError", "TransportError")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_context_of_another_client_too_negotiates_http_1(
    connection: str, asynchronous: bool, authority: trustme.CA, tmp_path: Any
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    shared = ssl.create_default_context()
    authority.configure_trust(shared)
    chosen: list[str | None] = []

    def serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as peer:
            chosen.append(peer.selected_alpn_protocol())

    async def run(url: str) -> None:
        api = AGENT.client(url, asynchronous=asynchronous, verify=shared, max_retries=0)
        shared.set_alpn_protocols(["h2", "http/1.1"])  # as httpx.Client(http2=True) does
        assert (await outcome(api))[0] == "TransportError"

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        asyncio.run(run(f"https://127.0.0.1:{listening.getsockname()[1]}"))
        thread.join()
    assert chosen == ["http/1.1"]


def test_handshake_that_never_ends_ends_at_the_deadline(connection: str) -> None:
    async def run(url: str) -> Any:
        async with AGENT.client(url, asynchronous=True, max_retries=0) as api:
            return await outcome(api, timeout=0.5)

    listening = socket.create_server(("127.0.0.1", 0))
    with listening:
        found = asyncio.run(run(f"https://127.0.0.1:{listening.getsockname()[1]}"))
    assert found == ("TransportError", True)


def test_refused_connection_and_unknown_name(connection: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    async def run(url: str) -> Any:
        async with AGENT.client(url, asynchronous=True, max_retries=0) as api:
            with pytest.raises(TransportError) as caught:
                await api.get_dock_status("ds-1", timeout=5)
            return caught.value.reason

    assert asyncio.run(run(f"http://127.0.0.1:{port}")) == "ConnectError"
    assert asyncio.run(run("http://name.invalid")) == "ConnectError"


def test_every_kind_of_address_works(connection: str) -> None:
    async def run(port: int) -> list[Any]:
        found = []
        for host in ("127.0.0.1", "localhost"):
            async with AGENT.client(f"http://{host}:{port}", asynchronous=True) as api:
                found.append((await api.get_dock_status("ds-1")).field_id)
        return found

    with hostile(echo(AGENT)) as server:
        assert asyncio.run(run(server.port)) == ["ds-1", "ds-1"]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop", "trio"])
def test_each_event_loop(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In trio and uvloop, the client uses httpcore's connections."""
    made: list[Any] = []
    create = Factory.create_connection

    def recorded(factory: Factory, origin: httpcore.Origin) -> Any:
        made.append(create(factory, origin))
        return made[-1]

    monkeypatch.setattr(Factory, "create_connection", recorded)
    monkeypatch.setattr(transport, "has_fast_extra", lambda: True)

    async def run() -> Any:
        async with AGENT.client(server.url, asynchronous=True) as api:
            await api.wait_for_dock_status("ds-0")
            return (await api.get_dock_status("ds-1")).field_id

    with hostile(echo(AGENT)) as server:
        if loop == "trio":
            assert trio.run(run) == "ds-1"
        else:
            runner = asyncio.Runner(loop_factory=uvloop.new_event_loop if loop == "uvloop" else None)
            with runner:
                assert runner.run(run()) == "ds-1"

    assert [isinstance(connection, Connection) for connection in made] == [loop == "asyncio"]


def test_proxy_uses_connections_of_httpcore() -> None:
    with using("httptools"):
        direct = AsyncAgentPlatform("http://h", api_key="k")
        proxied = AsyncAgentPlatform("http://h", api_key="k", proxy="http://proxy:3128")
    for transport_of, expected in ((direct, True), (proxied, False)):
        for each in transport_of._core.transports.each():
            assert isinstance(each._pool.shared.factory, Factory) is expected


def test_closing_the_client_ends_its_requests() -> None:
    release = threading.Event()

    async def run(url: str) -> Any:
        api = AGENT.client(url, asynchronous=True, max_retries=0, timeout=20)
        waiting = asyncio.ensure_future(outcome(api))
        await asyncio.sleep(0.2)
        for each in api._core.transports.each():
            await each.aclose()
        return await asyncio.wait_for(waiting, 5)

    with using("httptools"), hostile(lambda connection, head: (release.wait(20), None)[1]) as server:
        assert asyncio.run(run(server.url)) == ("TransportError", False)
        release.set()


def test_missing_extra_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httptools", None)
    transport.has_fast_extra.cache_clear()
    try:
        assert not transport.has_fast_extra()
        with hostile(echo(AGENT)) as server:
            api = AGENT.client(server.url, asynchronous=True)
            assert asyncio.run(api.get_dock_status("ds-1")).field_id == "ds-1"
    finally:
        transport.has_fast_extra.cache_clear()
