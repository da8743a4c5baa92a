"""The connections of a client, on real sockets: reused, limited, renewed and closed; and polls that are late."""

import asyncio
import itertools
import logging
import socket
import threading
import time
from typing import Any

import httpx
import pytest
from job_status import (
    AIForProcess,
    AsyncAIForProcess,
    InvalidArgumentError,
    JobTimeoutError,
    TransportError,
    as_completed,
    async_wait_all,
    wait_all,
)
from job_status._client import poll_limit, transport

from .hostile import HostileServer, always, hostile, http_response
from .products import AGENT, EACH, echo, in_time, mocked, requested_id
from .test_interrupts import result_of
from .vendor import Vendor, ends_at
from .virtual_clock import VirtualClock, run_until_complete


class Counting:
    """A behaviour that responds with the requested id after a pause, and counts the requests in flight.

    Args:
        pause: Seconds.
        state: State of the job, a success if absent.
        until: Number of requests in flight up to which the first ones wait for each other, however slow the machine
            is. After ten seconds they get their responses nevertheless.
    """

    def __init__(self, pause: float = 0.02, state: str | None = None, until: int = 0) -> None:
        self.pause = pause
        self.state = state
        self.until = until
        self.changed = threading.Condition()
        self.current = self.most = 0

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        """Respond to one request."""
        with self.changed:
            self.current += 1
            self.most = max(self.most, self.current)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.most >= self.until, timeout=10)
        time.sleep(self.pause)
        with self.changed:
            self.current -= 1
        connection.sendall(http_response(body=AGENT.body(requested_id(head), self.state)))


def use(url: str, asynchronous: bool, names: list[str], **options: Any) -> None:
    """Make calls and waits, such as `call` and `wait`, one after the other, with one client."""

    async def run() -> None:
        async with AGENT.client(url, asynchronous=True, **options) as api:
            for name in names:
                await (api.get_dock_status("ds-1") if name == "call" else api.wait_for_dock_status("ds-1", timeout=5))

    if asynchronous:
        asyncio.run(run())
        return
    with AGENT.client(url, **options) as api:
        for name in names:
            _ = api.get_dock_status("ds-1") if name == "call" else api.wait_for_dock_status("ds-1", timeout=5)


def wait_for(url: str, asynchronous: bool, count: int, wait: dict[str, Any] | None = None, **options: Any) -> Any:
    """Wait for many jobs at once, and return their outcomes."""

    async def run() -> Any:
        async with AGENT.client(url, asynchronous=True, **options) as api:
            return await async_wait_all([api.dock_status_job(f"ds-{n}") for n in range(count)], **(wait or {}))

    if asynchronous:
        return asyncio.run(run())
    with AGENT.client(url, **options) as api:
        return wait_all([api.dock_status_job(f"ds-{n}") for n in range(count)], **(wait or {}))


@EACH
def test_calls_and_polls_share_connections(asynchronous: bool) -> None:
    with hostile(echo(AGENT)) as server:
        use(server.url, asynchronous, ["call", "wait", "call", "wait"], max_retries=0)

        assert (server.connections, len(server.requests)) == (1, 4)


def wait_until_closed(server: HostileServer) -> bool:
    """Return whether all connections of a server are closed within two seconds."""
    ends_at = time.monotonic() + 2
    while server._open and time.monotonic() < ends_at:
        time.sleep(0.01)
    return not server._open


@EACH
def test_idle_connections_are_closed_with_the_client(asynchronous: bool) -> None:
    with hostile(Counting()) as server:
        wait_for(server.url, asynchronous, 100)

        assert server.connections > 1
        assert wait_until_closed(server)


@EACH
def test_connection_that_the_server_has_closed_is_not_used(asynchronous: bool) -> None:
    """The server closes each connection after a response, without saying so."""

    def behave(connection: socket.socket, head: bytes) -> None:
        echo(AGENT)(connection, head)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        time.sleep(0.01)

    with hostile(behave) as server:
        names = ["wait", "call"] * 5

        async def run() -> None:
            async with AGENT.client(server.url, asynchronous=True, max_retries=0) as api:
                for name in names:
                    job = api.dock_status_job("ds-1")
                    await (api.get_dock_status("ds-1") if name == "call" else job.wait())
                    assert name == "call" or job.__poller__._failed_polls == 0
                    await asyncio.sleep(0.05)

        if asynchronous:
            asyncio.run(run())
        else:
            with AGENT.client(server.url, max_retries=0) as api:
                for name in names:
                    job = api.dock_status_job("ds-1")
                    _ = api.get_dock_status("ds-1") if name == "call" else job.wait()
                    assert name == "call" or job.__poller__._failed_polls == 0
                    time.sleep(0.05)

        assert (server.connections, len(server.requests)) == (10, 10)


@EACH
def test_connection_is_renewed_after_it_has_been_idle_for_long(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool
) -> None:
    monkeypatch.setattr(transport, "KEEPALIVE", 0.1)

    async def run(url: str) -> None:
        async with AGENT.client(url, asynchronous=True) as api:
            for _ in range(3):
                await api.get_dock_status("ds-1")
                await asyncio.sleep(0.2)

    with hostile(echo(AGENT)) as server:
        if asynchronous:
            asyncio.run(run(server.url))
        else:
            with AGENT.client(server.url) as api:
                for _ in range(3):
                    api.get_dock_status("ds-1")
                    time.sleep(0.2)
        assert server.connections == 3


def test_connections_that_are_no_longer_needed_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "KEEPALIVE", 0.5)
    with hostile(Counting()) as server, AGENT.client(server.url) as api:
        wait_all([api.dock_status_job(f"ds-{n}") for n in range(100)])
        assert server.connections > 8
        shared = api._core.transports.calls._pool.shared
        connections = server.connections
        for _ in range(100):
            api.get_dock_status("ds-1")
            if len(shared.connections) == 1:
                break
            time.sleep(0.05)

        assert len(shared.connections) == 1
        assert server.connections == connections


@EACH
def test_calls_at_the_same_time_are_limited(asynchronous: bool) -> None:
    counting = Counting()

    async def run(url: str) -> None:
        async with AGENT.client(url, asynchronous=True) as api:
            await asyncio.gather(*(api.get_dock_status(f"ds-{n}") for n in range(50)))

    with hostile(counting) as server:
        if asynchronous:
            asyncio.run(run(server.url))
        else:
            with AGENT.client(server.url) as api:
                threads = [threading.Thread(target=api.get_dock_status, args=(f"ds-{n}",)) for n in range(50)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

        assert (counting.most, len(server.requests)) == (10, 50)
        assert server.connections == 10


@EACH
def test_call_that_gets_no_connection_ends_at_its_deadline(asynchronous: bool) -> None:
    async def run(url: str) -> BaseException | None:
        async with AGENT.client(url, asynchronous=True, max_retries=0) as api:
            slow = [asyncio.ensure_future(api.get_dock_status("slow", timeout=1)) for _ in range(10)]
            await asyncio.sleep(0.1)
            results = await asyncio.gather(api.get_dock_status("ds-1", timeout=0.2), return_exceptions=True)
            await asyncio.gather(*slow, return_exceptions=True)
            return results[0] if isinstance(results[0], BaseException) else None

    with hostile(lambda connection, head: time.sleep(1.5)) as server:
        if asynchronous:
            found: Any = asyncio.run(run(server.url))
        else:
            with AGENT.client(server.url, max_retries=0) as api:
                for _ in range(10):
                    threading.Thread(
                        target=lambda: result_of(lambda: api.get_dock_status("slow", timeout=1)), daemon=True
                    ).start()
                time.sleep(0.1)
                found = result_of(lambda: api.get_dock_status("ds-1", timeout=0.2))

    assert isinstance(found, TransportError)
    assert found.timed_out


@EACH
def test_polls_in_flight_rise_with_the_demand(asynchronous: bool) -> None:
    counting = Counting()
    with hostile(counting) as server:
        outcomes = wait_for(server.url, asynchronous, 300)

    assert all(outcome.error is None for outcome in outcomes)
    assert counting.most > 16


@pytest.mark.parametrize("place", ["client", "wait"])
@pytest.mark.parametrize("maximum", [1, 3, 12])
@EACH
def test_maximum_of_polls_in_flight_is_kept(asynchronous: bool, maximum: int, place: str) -> None:
    expected = min(maximum, poll_limit.INITIAL)
    counting, option = Counting(0.005, until=expected), dict[str, Any](max_in_flight=maximum)
    with hostile(counting) as server:
        if place == "client":
            wait_for(server.url, asynchronous, 100, **option)
        else:
            wait_for(server.url, asynchronous, 100, option)

    assert counting.most <= maximum
    assert counting.most >= expected


@pytest.mark.parametrize("value", [0, -1, 1001, 2.5, True, "8", float("nan")])
@EACH
def test_maximum_of_polls_in_flight_is_validated(asynchronous: bool, value: Any) -> None:
    problem = "max_in_flight= must be an integer from 1 to 1000, got"
    with pytest.raises(InvalidArgumentError, match=problem):
        AGENT.client("http://host", asynchronous=asynchronous, max_in_flight=value)
    with pytest.raises(InvalidArgumentError, match=problem):
        wait_for("http://host", asynchronous, 1, {"max_in_flight": value})


@EACH
def test_waits_of_one_client_share_its_polls_in_flight(asynchronous: bool) -> None:
    """Waits for one job, and waits for many, at the same time: none is starved, and together they keep the limit."""
    counting = Counting(0.01)

    async def run(url: str) -> None:
        async with AGENT.client(url, asynchronous=True, max_in_flight=4) as api:
            many = [async_wait_all([api.dock_status_job(f"m-{i}-{n}") for n in range(60)]) for i in range(3)]
            await asyncio.gather(*many, *(api.wait_for_dock_status(f"ds-{n}") for n in range(60)))
            assert api._core.poll_limit.in_use == 0

    with hostile(counting) as server:
        if asynchronous:
            asyncio.run(asyncio.wait_for(run(server.url), 20))
        else:
            with AGENT.client(server.url, max_in_flight=4) as api:
                actions = [
                    lambda i=i: wait_all([api.dock_status_job(f"m-{i}-{n}") for n in range(60)]) for i in range(3)
                ]
                actions += [lambda n=n: api.wait_for_dock_status(f"ds-{n}", timeout=20) for n in range(20)]
                threads = [threading.Thread(target=action, daemon=True) for action in actions]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(20)
                assert not any(thread.is_alive() for thread in threads)
                assert api._core.poll_limit.in_use == 0

    assert counting.most <= 4


def test_cancelled_polls_keep_their_permit_until_the_request_has_ended() -> None:
    async def run(url: str) -> list[int]:
        async with AGENT.client(url, asynchronous=True, max_in_flight=20) as api:
            used = []
            for _ in range(4):
                tasks = [asyncio.ensure_future(api.wait_for_dock_status(f"ds-{n}")) for n in range(50)]
                await asyncio.sleep(0.02)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                used.append(api._core.poll_limit.in_use)
            await asyncio.gather(*api._core.detached)
            await asyncio.sleep(0)
            return [*used, api._core.poll_limit.in_use]

    counting = Counting(0.3, AGENT.pending)
    with hostile(counting) as server:
        used = asyncio.run(run(server.url))

    assert max(used) <= 20
    assert used[0] > 0
    assert used[-1] == 0
    assert counting.most <= 20


def test_async_client_opens_new_connections_in_each_event_loop() -> None:
    with hostile(echo(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=True)

        async def run() -> None:
            outcomes = await async_wait_all([api.dock_status_job("ds-1")])
            assert outcomes[0].error is None
            await api.wait_for_dock_status("ds-2")

        for _ in range(3):
            asyncio.run(run())

        assert (server.connections, len(server.requests)) == (3, 6)


def test_client_can_be_closed_during_many_polls_from_another_thread() -> None:
    with hostile(Counting(0.1, AGENT.pending)) as server:
        api = AGENT.client(server.url)
        threading.Timer(0.5, api.close).start()
        outcomes = in_time(5, lambda: wait_all([api.dock_status_job(f"ds-{n}") for n in range(300)]))

        assert {type(outcome.error) for outcome in outcomes} == {InvalidArgumentError}
        assert wait_until_closed(server)


def test_closing_a_client_ends_requests_in_flight_in_other_threads() -> None:
    release = threading.Event()
    with hostile(lambda connection, head: (release.wait(20), None)[1]) as server:
        api = AGENT.client(server.url, timeout=15, max_retries=0)
        errors: list[Any] = []
        threads = [
            threading.Thread(target=lambda: errors.append(result_of(lambda: api.get_dock_status("ds-1"))), daemon=True)
            for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        while len(server.requests) < 5:
            time.sleep(0.01)
        api.close()
        for thread in threads:
            thread.join(5)
        release.set()

    assert [type(error) for error in errors] == [TransportError] * 5


def test_connections_that_are_closed_or_failed_are_released() -> None:
    """Plain HTTP behind an https URL: the handshake fails, again and again."""
    with hostile(always(http_response(), then_close=True)) as server:
        for url in (server.url, server.url.replace("http:", "https:")):
            with AGENT.client(url, max_retries=0) as api:
                for _ in range(5):
                    result_of(lambda: api.get_dock_status("ds-1"))
                    time.sleep(0.02)
                streams = api._core.transports.calls._pool.shared.network._streams
                assert len(streams) <= 1


def test_threads_are_created_as_they_are_needed() -> None:
    counting = Counting(0.0, AGENT.pending)
    with hostile(counting) as server, AGENT.client(server.url) as api:
        others = set(threading.enumerate())
        jobs = [api.dock_status_job(f"ds-{n}", schedule=[0.05 * n, 100]) for n in range(5)]
        jobs += [api.dock_status_job(f"late-{n}", schedule=[100]) for n in range(300)]
        loop = as_completed([*jobs, api.dock_status_job("end", timeout=0.5)])
        assert isinstance(next(loop).error, JobTimeoutError)
        named = [t for t in set(threading.enumerate()) - others if t.name.startswith("job-status-")]
        loop.close()

    assert 1 <= len(named) <= 4


def test_start_is_sent_on_a_new_connection_after_polls() -> None:
    with hostile(always(http_response(body=b'{"_id":"ds-1","status":"SUCCESS"}'))) as server:
        with AIForProcess(server.url, api_key="k") as api:
            api.get_dock_status("ds-1")
            for _ in range(3):
                result_of(lambda: api.undeploy_model("cm-1"))
            api.get_dock_status("ds-1")

        assert (server.connections, len(server.requests)) == (4, 5)


# Late polls


def test_late_polls_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    """A hundred jobs that are due every second, at one request per second."""
    clock = VirtualClock()

    async def run() -> Any:
        transport = httpx.MockTransport(Vendor(clock, ends_at(150)))
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        jobs = [api.dock_status_job(f"ds-{n}", schedule=itertools.count()) for n in range(100)]
        return await async_wait_all(jobs, max_rate=1)

    with caplog.at_level(logging.WARNING, "job_status"):
        outcomes = run_until_complete(clock, run())

    assert all(outcome.lateness > 50 for outcome in outcomes)
    lines = [record.getMessage() for record in caplog.records if "late" in record.getMessage()]
    assert 1 <= len(lines) <= 1 + clock.time / 60
    assert "s late, with an interval of" in lines[0]


@EACH
def test_polls_in_time_are_not_reported(asynchronous: bool, caplog: pytest.LogCaptureFixture) -> None:
    clock = VirtualClock()
    transport = httpx.MockTransport(Vendor(clock, ends_at(50)))
    cls: Any = AsyncAIForProcess if asynchronous else AIForProcess
    api = clock.client_class(cls)("http://v", api_key="k", http_transport=transport)
    job = api.dock_status_job("ds-1")
    with caplog.at_level(logging.WARNING, "job_status"):
        if asynchronous:
            run_until_complete(clock, job.wait())
        else:
            job.wait()

    assert job.outcome.lateness < 0.1
    assert caplog.records == []


def test_lateness_is_part_of_a_failure() -> None:
    api = AGENT.client("http://host", http_transport=mocked(AGENT, state="IN_PROGRESS"))
    job = api.dock_status_job("ds-1", timeout=0.2)
    job.__poller__.lateness = 3.5

    assert wait_all([job])[0].lateness == 3.5
