"""The timeout of a call includes the look-up of the host name and the connection attempts to all its addresses."""

import asyncio
import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from job_status import InvalidArgumentError, JobTimeoutError, TransportError, async_wait_all, wait_all
from job_status._client import connect

from .hostile import hostile
from .products import AGENT, EACH, do, echo, in_time

TIMEOUT = 0.5  # of a call, in seconds
SLACK = 0.35  # seconds by which a call may exceed its timeout on a loaded machine
HANGING_HOST = "hanging.example"
LOOPBACK = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="127.0.0.2 is a loopback address on Linux only"
)


class HangingLookup:
    """Records the host names that are looked up; the look-up of `HANGING_HOST` blocks until it is released."""

    def __init__(self) -> None:
        self.looked_up: list[str] = []
        self.released = threading.Event()


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingLookup]:
    """Replace `getaddrinfo` so that the look-up of `HANGING_HOST` blocks for up to five seconds and then fails."""
    original, lookup = socket.getaddrinfo, HangingLookup()

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        lookup.looked_up.append(name)
        if name == HANGING_HOST:
            lookup.released.wait(5)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return original(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield lookup
    lookup.released.set()
    # Calls share the look-up of a name, so wait until this one ends: the next test must not join it.
    deadline = time.monotonic() + 5
    while connect.lookups and time.monotonic() < deadline:
        time.sleep(0.01)


def open_unresponsive_port(stack: contextlib.ExitStack, address: str, port: int = 0) -> int:
    """Open a port that neither accepts nor refuses connections, because its backlog is full; return the port."""
    listener = stack.enter_context(socket.socket())
    listener.bind((address, port))
    listener.listen(0)
    for _ in range(4):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
    return int(listener.getsockname()[1])


@pytest.fixture
def resolve_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Return a function that makes `many.example` resolve to the addresses that are passed."""
    original = socket.getaddrinfo

    def resolve(addresses: list[str]) -> None:
        def look_up(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
            if host not in ("many.example", b"many.example"):
                return original(host, port, *arguments, **options)
            kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
            return [(*kind, (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return resolve


def call(api: Any, **options: Any) -> Any:
    return api.get_dock_status("ds-1", **options)


def call_raw(api: Any, **options: Any) -> Any:
    return api.get_dock_status_raw("ds-1", **options)


def timed(use: Callable[[], Any]) -> tuple[float, Any]:
    """Return the duration of a call in seconds, and its result or exception."""
    started = time.monotonic()
    try:
        result = use()
    except Exception as error:
        result = error
    return time.monotonic() - started, result


async def timed_async(use: Callable[[], Any], after: Callable[[], None] = lambda: None) -> tuple[float, Any]:
    """Return the duration of an async call in seconds, and its result or exception, after calling `after`.

    `after` can release a look-up: the event loop waits for the threads of look-ups when it closes, the call does not.
    """
    started = time.monotonic()
    try:
        result = await use()
    except Exception as error:
        result = error
    elapsed = time.monotonic() - started
    after()
    return elapsed, result


def time_call(
    url: str, asynchronous: bool, method: Callable[..., Any], after: Callable[[], None] = lambda: None, **options: Any
) -> tuple[float, Any]:
    """Return the duration of one call of a new client in seconds, and its result or exception."""
    settings = {"max_retries": 0, "timeout": TIMEOUT, **options}
    if not asynchronous:
        with AGENT.client(url, **settings) as api:
            return in_time(20, lambda: timed(lambda: method(api)))
    api = AGENT.client(url, asynchronous=True, **settings)

    async def run() -> tuple[float, Any]:
        return await timed_async(lambda: method(api), after)

    return asyncio.run(run())


@pytest.mark.parametrize("max_retries", [0, 2])
@pytest.mark.parametrize("timeout", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("method", [call, call_raw])
@EACH
def test_hanging_lookup_does_not_delay_a_call(
    hanging: HangingLookup, asynchronous: bool, method: Callable[..., Any], timeout: float, max_retries: int
) -> None:
    elapsed, result = time_call(
        f"http://{HANGING_HOST}", asynchronous, method, hanging.released.set, timeout=timeout, max_retries=max_retries
    )

    assert isinstance(result, TransportError), result
    assert result.timed_out
    assert elapsed < timeout + SLACK
    assert HANGING_HOST in hanging.looked_up


@pytest.mark.parametrize("scheme", ["http", "https"])
@EACH
def test_hanging_lookup_of_a_proxy_does_not_delay_a_call(
    hanging: HangingLookup, asynchronous: bool, scheme: str
) -> None:
    elapsed, result = time_call(
        f"{scheme}://127.0.0.1:9", asynchronous, call, hanging.released.set, proxy=f"http://{HANGING_HOST}:3128"
    )

    assert isinstance(result, TransportError), result
    assert elapsed < TIMEOUT + SLACK
    assert HANGING_HOST in hanging.looked_up


@EACH
def test_hanging_lookup_does_not_delay_a_wait(hanging: HangingLookup, asynchronous: bool) -> None:
    """A poll takes at most the timeout of a call, and a wait ends at most one poll after its deadline."""
    elapsed, result = time_call(
        f"http://{HANGING_HOST}",
        asynchronous,
        lambda api: api.wait_for_dock_status("ds-1", timeout=0.6),
        hanging.released.set,
        timeout=0.3,
    )

    assert isinstance(result, JobTimeoutError), result
    assert elapsed < 0.6 + 0.3 + SLACK


@EACH
def test_hanging_lookup_does_not_delay_other_jobs(hanging: HangingLookup, asynchronous: bool) -> None:
    with hostile(echo(AGENT)) as server:
        if asynchronous:

            async def wait() -> tuple[float, Any]:
                slow = AGENT.client(f"http://{HANGING_HOST}", asynchronous=True, timeout=0.3)
                quick = AGENT.client(server.url, asynchronous=True)
                jobs = [api.dock_status_job(f"ds-{n}", timeout=0.6) for n in range(12) for api in (slow, quick)]
                return await timed_async(lambda: async_wait_all(jobs), hanging.released.set)

            elapsed, outcomes = asyncio.run(wait())
        else:
            slow, quick = AGENT.client(f"http://{HANGING_HOST}", timeout=0.3), AGENT.client(server.url)
            jobs = [api.dock_status_job(f"ds-{n}", timeout=0.6) for n in range(12) for api in (slow, quick)]
            elapsed, outcomes = in_time(15, lambda: timed(lambda: wait_all(jobs)))

    assert [outcome.error is None for outcome in outcomes] == [False, True] * 12
    assert elapsed < 0.6 + 0.3 + SLACK


def test_lookup_threads_do_not_accumulate(hanging: HangingLookup) -> None:
    """Repeated calls to a host whose look-up hangs share a thread, or use at most ten."""
    before = threading.active_count()

    def call_repeatedly() -> None:
        with AGENT.client(f"http://{HANGING_HOST}", timeout=0.05, max_retries=0) as api:
            for _ in range(20):
                timed(lambda: call(api))

    in_time(4, call_repeatedly)

    assert threading.active_count() - before <= 10


@LOOPBACK
@pytest.mark.parametrize("count", [1, 2, 6, 12])
@EACH
def test_unresponsive_addresses_share_the_timeout_of_a_call(
    resolve_to: Callable[[list[str]], None], asynchronous: bool, count: int
) -> None:
    addresses = [f"127.0.0.{number}" for number in range(2, count + 2)]
    with contextlib.ExitStack() as stack:
        port = open_unresponsive_port(stack, addresses[0])
        for address in addresses[1:]:
            open_unresponsive_port(stack, address, port)
        resolve_to(addresses)
        elapsed, result = time_call(f"http://many.example:{port}", asynchronous, call)

    assert isinstance(result, TransportError), result
    assert result.timed_out
    assert elapsed < TIMEOUT + SLACK


@LOOPBACK
@pytest.mark.parametrize("count", [1, 2, 5])
@EACH
def test_responsive_address_is_reached_after_unresponsive_ones(
    resolve_to: Callable[[list[str]], None], asynchronous: bool, count: int
) -> None:
    addresses = [f"127.0.0.{number}" for number in range(2, count + 2)]
    with contextlib.ExitStack() as stack, hostile(echo(AGENT)) as server:
        for address in addresses:
            open_unresponsive_port(stack, address, server.port)
        resolve_to([*addresses, "127.0.0.1"])
        elapsed, result = time_call(f"http://many.example:{server.port}", asynchronous, call, timeout=1.8)

    assert not isinstance(result, Exception), result
    assert elapsed < 1.8


@LOOPBACK
@pytest.mark.parametrize("count", [1, 6])
@EACH
def test_responsive_address_is_reached_immediately_after_refusing_ones(
    resolve_to: Callable[[list[str]], None], asynchronous: bool, count: int
) -> None:
    with hostile(echo(AGENT)) as server:
        resolve_to([*(f"127.0.0.{number}" for number in range(2, count + 2)), "127.0.0.1"])
        elapsed, result = time_call(f"http://many.example:{server.port}", asynchronous, call)

    assert not isinstance(result, Exception), result
    assert elapsed < TIMEOUT


@LOOPBACK
@EACH
def test_connect_timeout_applies_to_all_addresses_together(
    monkeypatch: pytest.MonkeyPatch, resolve_to: Callable[[list[str]], None], asynchronous: bool
) -> None:
    monkeypatch.setattr("job_status._client.call.CONNECT_TIMEOUT", 0.4)  # instead of 5 seconds
    addresses = [f"127.0.0.{number}" for number in range(2, 8)]
    with contextlib.ExitStack() as stack:
        port = open_unresponsive_port(stack, addresses[0])
        for address in addresses[1:]:
            open_unresponsive_port(stack, address, port)
        resolve_to(addresses)
        elapsed, result = time_call(f"http://many.example:{port}", asynchronous, call, timeout=30.0)

    assert isinstance(result, TransportError), result
    assert elapsed < 0.4 + SLACK


LOOKUP_ERRORS: dict[str, Exception] = {
    "unknown name": socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    "temporary failure": socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "too many open files": OSError(24, "Too many open files"),
    "invalid name": UnicodeError("label empty or too long"),
}


@pytest.mark.parametrize("failure", LOOKUP_ERRORS)
@pytest.mark.parametrize("method", ["call", "wait"])
@EACH
def test_failed_lookup_raises_a_job_status_error(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, method: str, failure: str
) -> None:
    original = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in ("lost.example", b"lost.example"):
            return original(host, *arguments, **options)
        raise LOOKUP_ERRORS[failure]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    function = call if method == "call" else lambda api: api.wait_for_dock_status("ds-1", timeout=0.3)
    elapsed, result = time_call("http://lost.example", asynchronous, function)

    assert isinstance(result, TransportError | InvalidArgumentError | JobTimeoutError), result
    assert elapsed < TIMEOUT + SLACK
    if method == "call":
        assert "lost.example" in str(result)


class InterruptError(BaseException):
    """Raised by a signal handler."""


THREAD_ERRORS: dict[str, BaseException] = {
    "no thread left": RuntimeError("can't start new thread"),
    "interrupt": InterruptError(),
    "Ctrl-C": KeyboardInterrupt(),
    "no memory": MemoryError(),
}


@pytest.mark.parametrize("error", THREAD_ERRORS)
@EACH
def test_failed_start_of_a_thread_does_not_prevent_later_calls(
    asynchronous: bool, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call without a thread looks up the name itself, or raises within the family; later ones work."""
    failed: list[str] = []
    original = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if failed or not thread.name.startswith(("job-status-dns", "asyncio", "AnyIO")):
            original(thread)
            return
        failed.append(thread.name)
        raise THREAD_ERRORS[error]

    def use() -> Any:
        return in_time(5, lambda: do(asynchronous, lambda: call(client())))

    def client() -> Any:
        url = server.url.replace("127.0.0.1", "localhost")
        return AGENT.client(url, asynchronous=asynchronous, timeout=2, max_retries=0)

    with hostile(echo(AGENT)) as server:
        monkeypatch.setattr(threading.Thread, "start", start)
        try:
            first: Any = use()
        except BaseException as raised:
            first = raised
        assert use().status == "SUCCESS"

    assert failed
    if error == "no thread left":
        assert isinstance(first, TransportError) if asynchronous else first.status == "SUCCESS", first
    assert not connect.lookups
