"""The time of a call holds before its connection stands: for the name, and for all addresses of a name together."""

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
from .products import AGENT, BOTH, echo, in_time

TIMEOUT = 0.5  # seconds a call may take here
LATE = 0.35  # seconds this machine may be late
HANGING = "hanging.example"
LOOPBACK = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="127.0.0.2 is an address on Linux only")


class Hanging:
    """A name server that does not answer for one name, until it is let go."""

    def __init__(self) -> None:
        self.looked_up: list[str] = []
        self.let_go = threading.Event()


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    """Has the look-up of one name hang for five seconds."""
    plain, told = socket.getaddrinfo, Hanging()

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        told.looked_up.append(name)
        if name == HANGING:
            told.let_go.wait(5)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return plain(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield told
    told.let_go.set()
    # A look-up is shared by all who ask for the name: what hangs here is not to be met by the next test.
    until = time.monotonic() + 5
    while connect._under_way and time.monotonic() < until:
        time.sleep(0.01)


def dead(stack: contextlib.ExitStack, address: str, port: int = 0) -> int:
    """Has an address take no connection and refuse none: its backlog is full. Gives the port."""
    full = stack.enter_context(socket.socket())
    full.bind((address, port))
    full.listen(0)
    for _ in range(4):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
    return int(full.getsockname()[1])


@pytest.fixture
def named_many(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Gives the name `many.example` to loopback addresses."""
    plain = socket.getaddrinfo

    def name(addresses: list[str]) -> None:
        def look_up(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
            if host not in ("many.example", b"many.example"):
                return plain(host, port, *arguments, **options)
            kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
            return [(*kind, (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return name


def call(api: Any, **options: Any) -> Any:
    return api.get_dock_status("ds-1", **options)


def call_raw(api: Any, **options: Any) -> Any:
    return api.get_dock_status_raw("ds-1", **options)


def timed(use: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that it took, and what it has returned or raised."""
    began = time.monotonic()
    try:
        got = use()
    except Exception as error:
        got = error
    return time.monotonic() - began, got


async def timed_async(use: Callable[[], Any], over: Callable[[], None] = lambda: None) -> tuple[float, Any]:
    """The same, and what is done then: the loop waits for threads that look names up, and the call does not."""
    began = time.monotonic()
    try:
        got = await use()
    except Exception as error:
        got = error
    seconds = time.monotonic() - began
    over()
    return seconds, got


def took(
    url: str, asynchronous: bool, method: Callable[..., Any], over: Callable[[], None] = lambda: None, **options: Any
) -> tuple[float, Any]:
    """Seconds that one call of a fresh client took, and what it has returned or raised."""
    told = {"max_retries": 0, "timeout": TIMEOUT, **options}
    if not asynchronous:
        with AGENT.client(url, **told) as api:
            return in_time(20, lambda: timed(lambda: method(api)))
    api = AGENT.client(url, asynchronous=True, **told)

    async def ask() -> tuple[float, Any]:
        return await timed_async(lambda: method(api), over)

    return asyncio.run(ask())


@pytest.mark.parametrize("max_retries", [0, 2])
@pytest.mark.parametrize("timeout", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("method", [call, call_raw])
@BOTH
def test_a_name_server_that_hangs_does_not_hold_up_a_call(
    hanging: Hanging, asynchronous: bool, method: Callable[..., Any], timeout: float, max_retries: int
) -> None:
    seconds, got = took(
        f"http://{HANGING}", asynchronous, method, hanging.let_go.set, timeout=timeout, max_retries=max_retries
    )

    assert isinstance(got, TransportError), got
    assert got.timed_out
    assert seconds < timeout + LATE
    assert HANGING in hanging.looked_up


@pytest.mark.parametrize("scheme", ["http", "https"])
@BOTH
def test_a_proxy_whose_name_hangs_does_not_hold_up_a_call(hanging: Hanging, asynchronous: bool, scheme: str) -> None:
    seconds, got = took(
        f"{scheme}://127.0.0.1:9", asynchronous, call, hanging.let_go.set, proxy=f"http://{HANGING}:3128"
    )

    assert isinstance(got, TransportError), got
    assert seconds < TIMEOUT + LATE
    assert HANGING in hanging.looked_up


@BOTH
def test_a_name_server_that_hangs_does_not_hold_up_a_wait(hanging: Hanging, asynchronous: bool) -> None:
    """A poll takes the time of a call at most, and the wait ends at most one poll after its deadline."""
    seconds, got = took(
        f"http://{HANGING}",
        asynchronous,
        lambda api: api.wait_for_dock_status("ds-1", timeout=0.6),
        hanging.let_go.set,
        timeout=0.3,
    )

    assert isinstance(got, JobTimeoutError), got
    assert seconds < 0.6 + 0.3 + LATE


@BOTH
def test_a_name_server_that_hangs_does_not_hold_up_the_jobs_of_others(hanging: Hanging, asynchronous: bool) -> None:
    with hostile(echo(AGENT)) as server:
        if asynchronous:

            async def wait() -> tuple[float, Any]:
                slow = AGENT.client(f"http://{HANGING}", asynchronous=True, timeout=0.3)
                quick = AGENT.client(server.url, asynchronous=True)
                jobs = [api.dock_status_job(f"ds-{n}", timeout=0.6) for n in range(12) for api in (slow, quick)]
                return await timed_async(lambda: async_wait_all(jobs), hanging.let_go.set)

            seconds, outcomes = asyncio.run(wait())
        else:
            slow, quick = AGENT.client(f"http://{HANGING}", timeout=0.3), AGENT.client(server.url)
            jobs = [api.dock_status_job(f"ds-{n}", timeout=0.6) for n in range(12) for api in (slow, quick)]
            seconds, outcomes = in_time(15, lambda: timed(lambda: wait_all(jobs)))

    assert [outcome.error is None for outcome in outcomes] == [False, True] * 12
    assert seconds < 0.6 + 0.3 + LATE


def test_threads_that_look_a_name_up_do_not_heap_up(hanging: Hanging) -> None:
    """A name that hangs is asked for again and again by waits: its thread is shared, or they are few."""
    before = threading.active_count()

    def ask() -> None:
        with AGENT.client(f"http://{HANGING}", timeout=0.05, max_retries=0) as api:
            for _ in range(20):
                timed(lambda: call(api))

    in_time(4, ask)

    assert threading.active_count() - before <= 10


@LOOPBACK
@pytest.mark.parametrize("count", [1, 2, 6, 12])
@BOTH
def test_addresses_that_do_not_answer_share_the_time_of_a_call(
    named_many: Callable[[list[str]], None], asynchronous: bool, count: int
) -> None:
    addresses = [f"127.0.0.{number}" for number in range(2, count + 2)]
    with contextlib.ExitStack() as stack:
        port = dead(stack, addresses[0])
        for address in addresses[1:]:
            dead(stack, address, port)
        named_many(addresses)
        seconds, got = took(f"http://many.example:{port}", asynchronous, call)

    assert isinstance(got, TransportError), got
    assert got.timed_out
    assert seconds < TIMEOUT + LATE


@LOOPBACK
@pytest.mark.parametrize("count", [1, 2, 5])
@BOTH
def test_an_address_that_answers_is_reached_behind_some_that_do_not(
    named_many: Callable[[list[str]], None], asynchronous: bool, count: int
) -> None:
    addresses = [f"127.0.0.{number}" for number in range(2, count + 2)]
    with contextlib.ExitStack() as stack, hostile(echo(AGENT)) as server:
        for address in addresses:
            dead(stack, address, server.port)
        named_many([*addresses, "127.0.0.1"])
        seconds, got = took(f"http://many.example:{server.port}", asynchronous, call, timeout=1.8)

    assert not isinstance(got, Exception), got
    assert seconds < 1.8


@LOOPBACK
@pytest.mark.parametrize("count", [1, 6])
@BOTH
def test_an_address_that_answers_is_reached_at_once_behind_some_that_refuse(
    named_many: Callable[[list[str]], None], asynchronous: bool, count: int
) -> None:
    with hostile(echo(AGENT)) as server:
        named_many([*(f"127.0.0.{number}" for number in range(2, count + 2)), "127.0.0.1"])
        seconds, got = took(f"http://many.example:{server.port}", asynchronous, call)

    assert not isinstance(got, Exception), got
    assert seconds < TIMEOUT


@LOOPBACK
@BOTH
def test_all_addresses_together_take_five_seconds_of_the_default_thirty(
    monkeypatch: pytest.MonkeyPatch, named_many: Callable[[list[str]], None], asynchronous: bool
) -> None:
    monkeypatch.setattr("job_status._client.call.CONNECT_TIMEOUT", 0.4)  # in place of the five
    addresses = [f"127.0.0.{number}" for number in range(2, 8)]
    with contextlib.ExitStack() as stack:
        port = dead(stack, addresses[0])
        for address in addresses[1:]:
            dead(stack, address, port)
        named_many(addresses)
        seconds, got = took(f"http://many.example:{port}", asynchronous, call, timeout=30.0)

    assert isinstance(got, TransportError), got
    assert seconds < 0.4 + LATE


UNRESOLVABLE: dict[str, Exception] = {
    "no such name": socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    "try again": socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "out of files": OSError(24, "Too many open files"),
    "a name that cannot be encoded": UnicodeError("label empty or too long"),
}


@pytest.mark.parametrize("problem", UNRESOLVABLE)
@pytest.mark.parametrize("way", ["call", "wait"])
@BOTH
def test_a_name_that_is_not_found_is_an_error_of_the_family(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, way: str, problem: str
) -> None:
    plain = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in ("lost.example", b"lost.example"):
            return plain(host, *arguments, **options)
        raise UNRESOLVABLE[problem]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    method = call if way == "call" else lambda api: api.wait_for_dock_status("ds-1", timeout=0.3)
    seconds, got = took("http://lost.example", asynchronous, method)

    assert isinstance(got, TransportError | InvalidArgumentError | JobTimeoutError), got
    assert seconds < TIMEOUT + LATE
    if way == "call":
        assert "lost.example" in str(got)
