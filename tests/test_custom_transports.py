"""The promises of a client hold for any `http_transport=`: deadline, size limit, exceptions, no redirects."""

import asyncio
import contextlib
import itertools
import pickle
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from job_status import (
    InvalidArgumentError,
    JobStatusError,
    JobTimeoutError,
    NotFoundError,
    TransportError,
    UnexpectedResponseError,
)

from .hostile import hostile
from .products import AGENT, BOTH

TIMEOUT = 0.4  # seconds
SLACK = 0.6  # seconds by which a call may exceed its timeout on a loaded machine
BODY = AGENT.body("mine")
# A status or an exception for a request, after a number of seconds.
Handler = Callable[[httpx.Request], httpx.Response]


class CustomTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport, sync and async, that waits and then handles a request."""

    def __init__(self, handle: Handler, pause: float = 0.0) -> None:
        self.handle = handle
        self.pause = pause
        self.closed = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        time.sleep(self.pause)
        return self.handle(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.pause)
        return self.handle(request)

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of chunks, each after a pause."""

    def __init__(self, chunks: Iterator[bytes], pause: float = 0.0) -> None:
        self.chunks = chunks
        self.pause = pause

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            time.sleep(self.pause)
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            await asyncio.sleep(self.pause)
            yield chunk


class LibraryError(Exception):
    """An exception of another HTTP library, with arguments of its own."""

    def __init__(self, request: object, *, code: int) -> None:
        super().__init__(f"garbage {code}")
        self.request = request


def respond(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=BODY)


def raising(make: Callable[[httpx.Request], BaseException]) -> Handler:
    """Return a handler that raises."""

    def handle(request: httpx.Request) -> httpx.Response:
        raise make(request)

    return handle


def streamed(chunks: Callable[[], Iterator[bytes]], pause: float = 0.0) -> Handler:
    """Return a handler whose body is streamed."""
    return lambda _: httpx.Response(200, stream=Chunks(chunks(), pause))


def failing_stream() -> Iterator[bytes]:
    yield BODY[:5]
    raise LibraryError(None, code=7)


def redirected(request: httpx.Request) -> httpx.Response:
    """Return the response of a transport that has followed a redirect."""
    return httpx.Response(200, content=BODY, history=[httpx.Response(302, request=request)])


def call(transport: httpx.BaseTransport | httpx.AsyncBaseTransport, asynchronous: bool, **options: Any) -> Any:
    """Make one call."""
    options = {"timeout": TIMEOUT, "max_retries": 0, **options}
    client = AGENT.client("http://host", asynchronous=asynchronous, http_transport=transport, **options)
    if not asynchronous:
        with client as api:
            return api.get_dock_status("mine")

    async def run() -> Any:
        async with client as api:
            return await api.get_dock_status("mine")

    return asyncio.run(run())


@pytest.mark.parametrize(
    "transport",
    {
        "slow headers": lambda: CustomTransport(respond, pause=5),
        "slow body": lambda: CustomTransport(streamed(lambda: iter([BODY[:5], BODY[5:]]), pause=5)),
        "body byte by byte": lambda: CustomTransport(streamed(lambda: itertools.repeat(b" "), pause=0.1)),
    }.items(),
    ids=lambda member: member[0],
)
@BOTH
def test_deadline_holds(asynchronous: bool, transport: tuple[str, Callable[[], CustomTransport]]) -> None:
    started = time.monotonic()
    with pytest.raises(TransportError) as caught:
        call(transport[1](), asynchronous)

    assert TIMEOUT <= time.monotonic() - started < TIMEOUT + SLACK
    assert caught.value.timed_out
    assert caught.value.reason == "ReadTimeout"


@BOTH
def test_deadline_holds_for_waits(asynchronous: bool) -> None:
    client = AGENT.client(
        "http://host", asynchronous=asynchronous, http_transport=CustomTransport(respond, 5), timeout=0.2
    )

    def wait() -> None:
        if asynchronous:
            asyncio.run(client.wait_for_dock_status("mine", timeout=0.5))
        else:
            client.wait_for_dock_status("mine", timeout=0.5)

    started = time.monotonic()
    with pytest.raises(JobTimeoutError, match="no status received"):
        wait()

    assert time.monotonic() - started < 0.5 + 0.2 + SLACK


def test_response_after_the_deadline_is_closed() -> None:
    closed = threading.Event()

    class Late(httpx.Response):
        def close(self) -> None:
            closed.set()
            super().close()

    transport = CustomTransport(lambda _: Late(200, stream=Chunks(iter([BODY]))), pause=TIMEOUT + 0.3)
    with pytest.raises(TransportError):
        call(transport, False)

    assert closed.wait(5)


@pytest.mark.parametrize(
    "make",
    {
        "exception of another library": lambda request: LibraryError(request, code=3),
        "ValueError": lambda _: ValueError("bad"),
        "KeyError": lambda _: KeyError("bad"),
        "RuntimeError": lambda _: RuntimeError("bad"),
        "StopIteration": lambda _: StopIteration("bad"),
        "OSError": lambda _: OSError(5, "bad"),
        "EOFError": lambda _: EOFError("bad"),
        "MemoryError": lambda _: MemoryError("bad"),
        "httpx.ReadError": lambda _: httpx.ReadError("bad"),
        "exception group": lambda _: ExceptionGroup("bad", [ValueError("worse")]),
    }.items(),
    ids=lambda member: member[0],
)
@BOTH
def test_every_exception_becomes_a_transport_error(
    asynchronous: bool, make: tuple[str, Callable[[httpx.Request], BaseException]]
) -> None:
    with pytest.raises(TransportError) as caught:
        call(CustomTransport(raising(make[1])), asynchronous)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert pickle.loads(pickle.dumps(caught.value)) == caught.value  # noqa: S301 - our own


@BOTH
def test_exception_within_the_body_becomes_a_transport_error(asynchronous: bool) -> None:
    with pytest.raises(TransportError, match="garbage 7"):
        call(CustomTransport(streamed(failing_stream)), asynchronous)


@pytest.mark.parametrize("result", [None, "no response"])
@BOTH
def test_anything_but_a_response_is_an_error_of_the_family(asynchronous: bool, result: Any) -> None:
    with pytest.raises(JobStatusError):
        call(CustomTransport(lambda _: result), asynchronous)


@BOTH
def test_failed_assertion_of_a_mock_transport_is_raised(asynchronous: bool) -> None:
    with pytest.raises(AssertionError, match="wrong path"):
        call(CustomTransport(raising(lambda _: AssertionError("wrong path"))), asynchronous)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_exceptions_that_end_the_program_are_raised(error: type[BaseException]) -> None:
    with pytest.raises(error):
        call(CustomTransport(raising(lambda _: error())), False)


@BOTH
def test_size_limit_holds(asynchronous: bool) -> None:
    with pytest.raises(UnexpectedResponseError, match="too large"):
        call(CustomTransport(streamed(lambda: itertools.repeat(b" " * 1000))), asynchronous, max_response_bytes=5000)


@BOTH
def test_redirects_are_not_followed(asynchronous: bool) -> None:
    with pytest.raises(UnexpectedResponseError, match="the transport followed a redirect"):
        call(CustomTransport(redirected), asynchronous)
    with pytest.raises(UnexpectedResponseError, match="a redirect to 'http://elsewhere'"):
        call(CustomTransport(lambda _: httpx.Response(302, headers={"location": "http://elsewhere"})), asynchronous)


@pytest.mark.parametrize(("option", "value"), [("verify", False), ("verify", "ca.pem"), ("proxy", "http://proxy:3128")])
@BOTH
def test_verify_and_proxy_are_rejected_together_with_a_transport(asynchronous: bool, option: str, value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{option}= has no effect together with http_transport="):
        call(CustomTransport(respond), asynchronous, **{option: value})


def test_proxies_of_the_environment_are_ignored_with_a_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "not a proxy")

    assert call(CustomTransport(respond), False).status == "SUCCESS"


@BOTH
def test_transport_is_closed_once(asynchronous: bool) -> None:
    transport = CustomTransport(respond)
    call(transport, asynchronous)

    assert transport.closed == 1


@BOTH
def test_one_response_object_serves_several_calls(asynchronous: bool) -> None:
    response = httpx.Response(404, json={"message": "gone"})

    for _ in range(2):
        with pytest.raises(NotFoundError, match="gone"):
            call(CustomTransport(lambda _: response), asynchronous)


def test_abandoned_response_is_closed_so_that_the_transport_keeps_working() -> None:
    others = set(threading.enumerate())
    with (
        hostile(lambda connection, _: trickle(connection)) as server,
        httpx.HTTPTransport(limits=httpx.Limits(max_connections=2)) as transport,
        AGENT.client(server.url, http_transport=transport, timeout=0.2, max_retries=0) as api,
    ):
        for _ in range(4):
            with pytest.raises(TransportError) as caught:
                api.get_dock_status("mine")
            assert "PoolTimeout" not in str(caught.value)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and any("transport" in t.name for t in set(threading.enumerate()) - others):
            time.sleep(0.02)
        assert not transport._pool.connections


def trickle(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.05)


@BOTH
def test_response_after_a_redirect_is_closed(asynchronous: bool) -> None:
    response = httpx.Response(200, stream=Chunks(iter([BODY])), history=[httpx.Response(302)])
    with pytest.raises(UnexpectedResponseError, match="followed a redirect"):
        call(CustomTransport(lambda _: response), asynchronous)

    assert response.is_closed


def test_response_that_arrives_after_an_interrupt_is_closed() -> None:
    closed = threading.Event()

    class Late(httpx.Response):
        def close(self) -> None:
            closed.set()
            super().close()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            call(CustomTransport(lambda _: Late(200, stream=Chunks(iter([BODY]))), pause=0.4), False, timeout=5)
    finally:
        signal.signal(signal.SIGALRM, previous)

    assert closed.wait(5)


def test_open_and_read_run_in_one_thread() -> None:
    threads: list[int] = []

    def body() -> Iterator[bytes]:
        threads.append(threading.get_ident())
        yield BODY

    def handle(_: httpx.Request) -> httpx.Response:
        threads.append(threading.get_ident())
        return httpx.Response(200, stream=Chunks(body()))

    assert call(CustomTransport(handle), False).status == "SUCCESS"
    assert len(set(threads)) == 1


@BOTH
def test_response_hooks_see_the_response_before_its_body_is_read(asynchronous: bool) -> None:
    seen: list[bool] = []

    def sync_hook(response: httpx.Response) -> None:
        seen.append(response.is_stream_consumed)

    async def async_hook(response: httpx.Response) -> None:
        seen.append(response.is_stream_consumed)

    hooks = {"response": [async_hook if asynchronous else sync_hook]}
    transport = CustomTransport(streamed(lambda: iter([BODY])))

    assert call(transport, asynchronous, event_hooks=hooks).status == "SUCCESS"
    assert seen == [False]
