"""What crosses the border of a client: cancellation, closing, signals, callables of the caller, and cookies."""

import asyncio
import contextlib
import json
import signal
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from job_status import (
    AgentPlatform,
    AIForProcess,
    AsyncAgentPlatform,
    AsyncAIForProcess,
    InvalidArgumentError,
    JobStatusError,
    TransportError,
    UnauthorizedError,
    async_wait_all,
    wait_all,
)
from job_status._client.call import _join_cookies
from job_status._client.limits_store import Guarded
from job_status._client.transport import MAX_CALLS_IN_FLIGHT

from .hostile import Behaviour, HostileServer, always, hostile, http_response
from .products import AGENT, echo, requested_id
from .products import async_transport as async_transport

BUILT_IN = pytest.mark.parametrize("async_transport", ["httpcore", "fast"], indirect=True)
CANARY = "canary-that-must-not-be-shown"


def held(released: threading.Event, behave: Behaviour) -> Behaviour:
    """Return a behaviour that responds once an event is set."""

    def respond(connection: socket.socket, head: bytes) -> None:
        released.wait(20)
        behave(connection, head)

    return respond


async def until(condition: Any) -> None:
    """Wait until a condition holds."""
    while not condition():
        await asyncio.sleep(0.005)


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Return an event that is set at the end."""
    event = threading.Event()
    yield event
    event.set()


def test_left_wait_for_many_passes_its_turn_on(released: threading.Event) -> None:
    hold = held(released, echo(AGENT))

    def behave(connection: socket.socket, head: bytes) -> None:
        (hold if requested_id(head) == "held" else echo(AGENT))(connection, head)

    async def waits(server: HostileServer) -> None:
        async with AsyncAgentPlatform(server.url, api_key="k", max_in_flight=1) as api:
            first = asyncio.create_task(api.wait_for_dock_status("held"))
            await until(lambda: server.requests)
            left = asyncio.create_task(async_wait_all([api.dock_status_job("left")]))
            await until(lambda: api._core._waiting)
            last = asyncio.create_task(api.wait_for_dock_status("last", timeout=20))
            await until(lambda: len(api._core._waiting) == 2)
            left.cancel()
            await asyncio.wait([left])
            released.set()
            await first
            await asyncio.wait_for(last, 5)

    with hostile(behave) as server:
        asyncio.run(waits(server))


def test_client_closed_by_a_signal_handler_ends_waits_for_many() -> None:
    with hostile(echo(AGENT, state="IN_PROGRESS")) as server:
        for delay in (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1):
            with AgentPlatform(server.url, api_key="k") as api:
                previous = signal.signal(signal.SIGALRM, lambda *_, api=api: api.close())
                signal.setitimer(signal.ITIMER_REAL, delay)
                try:
                    outcomes = wait_all([api.dock_status_job(f"ds-{number}") for number in range(30)])
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    signal.signal(signal.SIGALRM, previous)

            assert {type(outcome.error) for outcome in outcomes} == {InvalidArgumentError}


def test_signal_handler_that_closes_while_the_wait_holds_its_lock() -> None:
    from job_status._client.polling.threads import _ThreadedWait

    with hostile(echo(AGENT, state="IN_PROGRESS")) as server, AgentPlatform(server.url, api_key="k") as api:
        woken: list[bool] = []
        original = _ThreadedWait._notify_caller

        def notify(wait: _ThreadedWait) -> None:
            if not woken:
                woken.append(wait.lock.locked())
                api.close()
            original(wait)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_ThreadedWait, "_notify_caller", notify)
            (outcome,) = wait_all([api.dock_status_job("ds-1")])

    assert woken == [True]
    assert isinstance(outcome.error, InvalidArgumentError)


@BUILT_IN
@pytest.mark.usefixtures("async_transport")
def test_closed_async_client_sends_no_queued_start(released: threading.Event) -> None:
    async def starts(server: HostileServer) -> list[Any]:
        api = AsyncAIForProcess(server.url, api_key="k", timeout=10)
        tasks = [asyncio.create_task(api.undeploy_model(f"m-{number}")) for number in range(MAX_CALLS_IN_FLIGHT + 5)]
        await until(lambda: len(server.requests) == MAX_CALLS_IN_FLIGHT)
        await api.aclose()
        return await asyncio.gather(*tasks, return_exceptions=True)

    with hostile(held(released, always(http_response(202)))) as server:
        results = asyncio.run(asyncio.wait_for(starts(server), 20))
        assert len(server.requests) == MAX_CALLS_IN_FLIGHT

    assert [type(result) for result in results[-5:]] == [InvalidArgumentError] * 5
    assert {type(result) for result in results[:-5]} == {TransportError}


def test_closed_client_sends_no_queued_start(released: threading.Event) -> None:
    errors: list[BaseException] = []

    def start(api: AIForProcess) -> None:
        try:
            api.undeploy_model("m-1")
        except JobStatusError as error:
            errors.append(error)

    with hostile(held(released, always(http_response(202)))) as server:
        api = AIForProcess(server.url, api_key="k", timeout=10)
        threads = [threading.Thread(target=start, args=(api,)) for _ in range(MAX_CALLS_IN_FLIGHT + 5)]
        for thread in threads:
            thread.start()
        while len(server.requests) < MAX_CALLS_IN_FLIGHT:
            time.sleep(0.005)
        api.close()
        for thread in threads:
            thread.join(15)
        assert len(server.requests) == MAX_CALLS_IN_FLIGHT

    kinds = [type(error) for error in errors]
    assert kinds.count(InvalidArgumentError) == 5
    assert len(kinds) == MAX_CALLS_IN_FLIGHT + 5


@BUILT_IN
@pytest.mark.usefixtures("async_transport")
def test_close_that_is_cancelled_closes_the_connections(released: threading.Event) -> None:
    hold = held(released, echo(AGENT))

    def behave(connection: socket.socket, head: bytes) -> None:
        (hold if requested_id(head) == "slow" else echo(AGENT))(connection, head)

    async def close(server: HostileServer) -> None:
        api = AsyncAgentPlatform(server.url, api_key="k", timeout=10)
        await asyncio.gather(*(api.get_dock_status(f"ds-{number}") for number in range(5)))
        slow = asyncio.create_task(api.get_dock_status("slow"))
        await until(lambda: len(server.requests) == 6)
        slow.cancel()
        await asyncio.wait([slow])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(api.aclose(), 0.1)
        await until(lambda: len(server._open) == 1)  # the slow one

    with hostile(behave) as server:
        asyncio.run(asyncio.wait_for(close(server), 15))


@BUILT_IN
@pytest.mark.usefixtures("async_transport")
def test_call_that_is_cancelled_in_a_hook_is_not_sent(tmp_path: Path) -> None:
    record = tmp_path / "calls.har"

    async def calls(url: str) -> None:
        entered = asyncio.Event()

        async def hook(_: Any) -> None:
            entered.set()
            await asyncio.sleep(20)

        hooks = {"request": [hook]}
        async with AsyncAIForProcess(url, api_key="k", event_hooks=hooks, record=record) as api:
            start = asyncio.create_task(api.undeploy_model("m-1"))
            await entered.wait()
            start.cancel()
            await asyncio.wait([start])

    with hostile(always(http_response(202))) as server:
        asyncio.run(asyncio.wait_for(calls(server.url), 10))
        assert not server.requests

    assert json.loads(record.read_text(encoding="utf-8"))["log"]["entries"] == [] if record.stat().st_size else True


@pytest.mark.parametrize("async_transport", ["fast"], indirect=True)
@pytest.mark.usefixtures("async_transport")
def test_call_that_is_cancelled_while_connecting_is_not_sent() -> None:
    received: list[bytes] = []

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                time.sleep(0.2)  # the TLS handshake
                while data := connection.recv(65536):
                    received.append(data)

    async def call(port: int) -> None:
        async with AsyncAIForProcess(f"https://127.0.0.1:{port}", api_key="k", timeout=10, verify=False) as api:
            start = asyncio.create_task(api.undeploy_model("m-1"))
            await asyncio.sleep(0.1)
            start.cancel()
            await asyncio.wait([start])
            for _ in range(100):
                await asyncio.sleep(0)
            assert not api._core.detached

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, args=(listener,), daemon=True)
        thread.start()
        asyncio.run(asyncio.wait_for(call(listener.getsockname()[1]), 8))
        thread.join(5)

    assert not thread.is_alive()  # the connection is closed


def test_cancellation_in_trio_ends_a_call_that_waits_for_a_connection(released: threading.Event) -> None:
    async def calls(server: HostileServer) -> None:
        async with AsyncAgentPlatform(server.url, api_key="k", timeout=10) as api, trio.open_nursery() as nursery:
            for number in range(MAX_CALLS_IN_FLIGHT):
                nursery.start_soon(api.get_dock_status, f"ds-{number}")
            while len(server.requests) < MAX_CALLS_IN_FLIGHT:
                await trio.sleep(0.005)
            with trio.move_on_after(0.05) as scope:
                await api.get_dock_status("queued")
            assert scope.cancelled_caught
            assert len(server.requests) == MAX_CALLS_IN_FLIGHT
            released.set()

    with hostile(held(released, echo(AGENT))) as server:
        trio.run(calls, server)


def test_request_that_has_begun_is_not_cancelled_in_trio() -> None:
    async def calls(server: HostileServer) -> None:
        async with AsyncAgentPlatform(server.url, api_key="k", timeout=10) as api:
            with trio.move_on_after(0.05):
                await api.get_dock_status("ds-1")
            await api.get_dock_status("ds-2")
            assert server.connections == 1

    with hostile(echo(AGENT, pause=0.3)) as server:
        trio.run(calls, server)


def test_single_status_that_fails_sets_the_pause_until_the_next() -> None:
    limited = http_response(429, b"{}", "Retry-After: 60")
    with hostile(always(limited)) as server, AgentPlatform(server.url, api_key="k", timeout=1) as api:
        job = api.dock_status_job("ds-1")
        with pytest.raises(JobStatusError):
            job.poll_once()

        assert job.next_poll_in == pytest.approx(63, abs=3.1)
        assert not job.done


@pytest.mark.parametrize("status", [401, 404, 500])
def test_single_status_with_an_error_is_not_due_at_once(status: int) -> None:
    response = http_response(status, b"{}")
    with hostile(always(response)) as server, AgentPlatform(server.url, api_key="k", max_retries=0) as api:
        job = api.dock_status_job("ds-1")
        with pytest.raises(JobStatusError):
            job.poll_once()

        assert job.next_poll_in
        assert job.next_poll_in > 0.3


def test_async_client_does_not_wait_longer_for_a_credential() -> None:
    async def credential() -> str:
        await asyncio.sleep(20)
        return "k"

    async def call(url: str) -> None:
        async with AsyncAgentPlatform(url, api_key=credential, timeout=0.3) as api:
            with pytest.raises(TransportError, match="a credential did not return in time") as caught:
                await api.get_dock_status("ds-1")
            assert caught.value.timed_out

    with hostile(always(http_response())) as server:
        asyncio.run(asyncio.wait_for(call(server.url), 5))
        assert not server.requests


def test_async_client_does_not_wait_longer_for_a_hook() -> None:
    async def hook(_: Any) -> None:
        await asyncio.sleep(20)

    async def call(url: str, kind: str) -> None:
        async with AsyncAgentPlatform(url, api_key="k", timeout=0.3, event_hooks={kind: [hook]}) as api:
            with pytest.raises(TransportError, match=f"a {kind} hook did not return in time"):
                await api.get_dock_status("ds-1")

    with hostile(always(http_response())) as server:
        for kind in ("request", "response"):
            asyncio.run(asyncio.wait_for(call(server.url, kind), 5))


class Renewable:
    """A credential of which the first value is rejected."""

    def __init__(self) -> None:
        self.number = 1

    async def __call__(self) -> str:
        return f"token-{self.number}"

    async def renew(self) -> None:
        self.number += 1


def reject_first(connection: socket.socket, head: bytes) -> None:
    """Accept the second token only."""
    connection.sendall(http_response() if b"token-2" in head else http_response(401, b"{}"))


def test_async_credential_is_renewed() -> None:
    async def call(url: str) -> None:
        async with AsyncAgentPlatform(url, api_key=Renewable()) as api:
            await api.get_dock_status("ds-1")

    with hostile(reject_first) as server:
        asyncio.run(call(server.url))
        assert len(server.requests) == 2


def test_sync_client_refuses_an_async_renewal() -> None:
    class Mixed(Renewable):
        def __call__(self) -> str:  # type: ignore[override]
            return "token-1"

    message = "api_key= has an async renew; a sync client needs a sync one"
    with (
        hostile(reject_first) as server,
        AgentPlatform(server.url, api_key=Mixed()) as api,
        pytest.raises(InvalidArgumentError, match=message),
    ):
        api.get_dock_status("ds-1")


def test_response_of_an_earlier_credential_is_redacted() -> None:
    number = 0

    def credential() -> str:
        nonlocal number
        number += 1
        return f"{CANARY}-{number}"

    def echo_key(connection: socket.socket, head: bytes) -> None:
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"x-api-key")).split(b": ")[1]
        connection.sendall(http_response(200, json.dumps({"echo": key.decode()}).encode()))

    with hostile(echo_key) as server, AIForProcess(server.url, api_key=credential) as api:
        started = api.undeploy_model("m-1")
        with pytest.raises(JobStatusError):
            api.get_dock_status("ds-1")
        with pytest.raises(JobStatusError) as caught:
            api.wait(started)

    shown = [*traceback.format_exception(caught.value), str(getattr(caught.value, "excerpt", ""))]
    assert CANARY not in "".join(shown)
    assert "***" in shown[-1]


@pytest.mark.parametrize("value", [f"{CANARY}\n", f" {CANARY}", (CANARY,), b"canary-that-must-not-be-shown"])
def test_traceback_of_an_invalid_credential_does_not_show_it(value: Any) -> None:
    with (
        hostile(always(http_response())) as server,
        AgentPlatform(server.url, api_key=lambda: value) as api,
        pytest.raises(InvalidArgumentError) as caught,
    ):
        api.get_dock_status("ds-1")

    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    shown = [str(frame.locals) for frame in frames if "/_client/" in frame.filename]
    assert shown
    assert not any(CANARY in text for text in shown)


def test_repr_of_a_client_that_was_not_created() -> None:
    assert repr(AgentPlatform.__new__(AgentPlatform)) == "AgentPlatform()"


def test_cookies_of_the_credentials_and_of_the_call_are_both_sent() -> None:
    headers = [(b"Accept", b"*/*"), (b"Cookie", b"sid=secret")]

    assert _join_cookies(headers, {"region": "eu"}) == [(b"Accept", b"*/*"), (b"Cookie", b"sid=secret; region=eu")]
    assert _join_cookies(headers, {}) == headers
    assert _join_cookies(headers[:1], {"region": "eu"})[1:] == [(b"Cookie", b"region=eu")]


def test_limits_store_that_hangs_is_left_alone_for_a_while() -> None:
    requests = []

    class Hanging:
        def acquire(self, key: str, windows: Any, *, is_sent: bool) -> float:
            requests.append(key)
            raise TimeoutError

    store = Guarded(Hanging())

    assert [store.acquire("key", ((1, 1.0),), is_sent=False) for _ in range(50)] == [0.0] * 50
    assert len(requests) == 1


def test_rejected_credential_without_renewal_is_an_error() -> None:
    with (
        hostile(reject_first) as server,
        AgentPlatform(server.url, api_key=lambda: "token-1") as api,
        pytest.raises(UnauthorizedError),
    ):
        api.get_dock_status("ds-1")
