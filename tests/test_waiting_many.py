"""Waits for many jobs at once: outcomes, rate limits, resource leaks, resuming and fault injection."""

import asyncio
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, assert_type

import httpx
import pytest
import trio
from job_status import (
    AgentPlatform,
    AIForProcess,
    AsyncAgentPlatform,
    AsyncAIForProcess,
    AsyncAIForService,
    AsyncOpenSearchFlowFramework,
    InvalidArgumentError,
    JobFailedError,
    JobTimeoutError,
    LearnedSchedule,
    NotFoundError,
    Outcome,
    RateLimitError,
    RunId,
    ServerError,
    as_completed,
    async_as_completed,
    async_wait_all,
    wait_all,
)
from job_status.agent_platform.models import DockStatus
from starlette.responses import JSONResponse

from .bench.distributions import Lognormal
from .bench.server import PENDING, server
from .conftest import ROOT, Serve
from .harness import publish_status, rate_is_within
from .hostile import hostile, http_response
from .paths import id_in, operation_in
from .products import AGENT, BOTH, mocked
from .vendor import Vendor, dock_status, ends_at, json_response, workflow
from .virtual_clock import VirtualClock, run_until_complete


def mixed_outcomes(name: str, now: float) -> Any:
    """Report job `ds-7` as ended after 7 seconds: multiples of 3 fail, multiples of 12 are not found."""
    number = int(name.removeprefix("ds-"))
    if number % 12 == 0:
        return None
    return dock_status(name, "IN_PROGRESS" if now < number else "FAILED" if number % 3 == 0 else "SUCCESS")


def expected_error(number: int) -> Any:
    """Return the type of the error of a job in `mixed_outcomes`, or NoneType."""
    return NotFoundError if number % 12 == 0 else JobFailedError if number % 3 == 0 else type(None)


# Outcomes


def test_async_wait_all_returns_outcomes_in_order_of_jobs() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, mixed_outcomes)

    async def wait() -> list[Outcome[Any]]:
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        return await async_wait_all([api.dock_status_job(f"ds-{number}") for number in range(200)])

    outcomes = run_until_complete(clock, wait())

    assert [outcome.job.name for outcome in outcomes] == [f"get_dock_status ds-{n}" for n in range(200)]
    assert [type(outcome.error) for outcome in outcomes] == [expected_error(number) for number in range(200)]
    assert [outcome.result().status for outcome in outcomes if outcome.error is None] == ["SUCCESS"] * 133


def test_wait_all_returns_outcomes_in_order_of_jobs() -> None:
    with hostile(lambda connection, head: connection.sendall(_dock_response(head))) as server_:
        api = AgentPlatform(server_.url, api_key="k")
        outcomes = wait_all([api.dock_status_job(f"ds-{number}") for number in range(60)])

    assert [type(outcome.error) for outcome in outcomes] == [
        JobFailedError if n % 3 == 0 else type(None) for n in range(60)
    ]
    assert len(server_.requests) == 60 + 20
    assert server_.connections <= 60  # the polls in flight rise from 8


def _dock_response(head: bytes, polls: dict[str, int] | None = None) -> bytes:
    """Return a final status: a success at once, or for every third job a failure at the second poll."""
    polls = _POLLS if polls is None else polls
    name = head.split(b" ")[1].rpartition(b"/")[2].decode()
    polls[name] = polls.get(name, 0) + 1
    third = int(name.removeprefix("ds-")) % 3 == 0
    state = ("IN_PROGRESS" if polls[name] == 1 else "FAILED") if third else "SUCCESS"
    return http_response(body=json.dumps(dock_status(name, state)).encode())


_POLLS: dict[str, int] = {}


def test_async_as_completed_yields_outcomes_as_jobs_end() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, mixed_outcomes)

    async def wait() -> list[tuple[str, float]]:
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        jobs = [api.dock_status_job(f"ds-{number}") for number in (80, 10, 40, 20)]
        return [(outcome.job.name, clock.time) async for outcome in async_as_completed(jobs)]

    outcomes_by_job = run_until_complete(clock, wait())

    assert [name.split("-")[1] for name, _ in outcomes_by_job] == ["10", "20", "40", "80"]
    assert all(0 <= ended_at - int(name.split("-")[1]) < 20 for name, ended_at in outcomes_by_job)


def test_polling_continues_while_loop_body_runs() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, mixed_outcomes)

    async def wait() -> int:
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        async for _ in async_as_completed([api.dock_status_job("ds-1"), api.dock_status_job("ds-50")]):
            await asyncio.sleep(100)
            return len(vendor.polls)
        return 0

    assert run_until_complete(clock, wait()) > 10


def test_exception_of_on_update_is_the_outcome_of_its_job_only() -> None:
    def on_update(status: Any, _: float | None) -> None:
        raise LookupError(status.field_id)

    clock = VirtualClock()

    async def wait() -> list[Outcome[Any]]:
        vendor = Vendor(clock, ends_at(5))
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        return await async_wait_all([api.dock_status_job("ds-1", on_update=on_update), api.dock_status_job("ds-2")])

    for outcomes in (run_until_complete(clock, wait()), _wait_in_threads(on_update)):
        assert isinstance(outcomes[0].error, LookupError)
        assert outcomes[1].result().status == "SUCCESS"
        with pytest.raises(LookupError):
            outcomes[0].result()


def _wait_in_threads(on_update: Any) -> list[Outcome[DockStatus]]:
    with hostile(lambda connection, head: connection.sendall(_dock_response(head, {}))) as server_:
        api = AgentPlatform(server_.url, api_key="k")
        return wait_all([api.dock_status_job("ds-1", on_update=on_update), api.dock_status_job("ds-2")])


def test_jobs_of_several_clients() -> None:
    clock = VirtualClock()

    async def wait() -> list[Any]:
        transport = httpx.MockTransport(Vendor(clock, ends_at(5)))
        flow = httpx.MockTransport(Vendor(clock, workflow("COMPLETED")))
        process = clock.client_class(AsyncAIForProcess)("http://p", api_key="k", http_transport=transport)
        search = clock.client_class(AsyncOpenSearchFlowFramework)("http://s", http_transport=flow)
        outcomes = await async_wait_all([process.dock_status_job("ds-1"), search.workflow_status_job("w-1")])
        return [outcome.result() for outcome in outcomes]

    first, second = run_until_complete(clock, wait())

    assert (first.status, second.state) == ("SUCCESS", "COMPLETED")


def test_slow_server_does_not_delay_jobs_of_other_servers() -> None:
    release = threading.Event()

    def slow(connection: Any, _: bytes) -> None:
        release.wait(20)
        connection.sendall(http_response())

    with hostile(slow) as stuck, hostile(lambda c, head: c.sendall(_dock_response(head, {}))) as quick:
        slow_client, quick_client = AgentPlatform(stuck.url, api_key="k"), AgentPlatform(quick.url, api_key="k")
        jobs = [slow_client.dock_status_job(f"ds-{n}") for n in range(30)] + [
            quick_client.dock_status_job(f"ds-{n}") for n in (1, 2)
        ]
        outcomes = as_completed(jobs)
        start = time.monotonic()
        names = [next(outcomes).job.name for _ in range(2)]
        elapsed = time.monotonic() - start
        release.set()
        outcomes.close()

    assert sorted(names) == ["get_dock_status ds-1", "get_dock_status ds-2"]
    assert elapsed < 5


def test_jobs_time_out_while_server_is_slow() -> None:
    clock = VirtualClock()
    polled: set[str] = set()

    async def slow(request: httpx.Request) -> httpx.Response:
        name = id_in(request.url.raw_path)
        await asyncio.sleep(5 if name in polled else 0)
        polled.add(name)
        return json_response(200, dock_status(name, "IN_PROGRESS"))

    async def wait() -> list[Outcome[Any]]:
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(slow))
        return await async_wait_all([api.dock_status_job(f"ds-{n}", timeout=1.5) for n in range(40)])

    assert {type(outcome.error) for outcome in run_until_complete(clock, wait())} == {JobTimeoutError}
    assert clock.time < 7


@pytest.mark.parametrize("latency", [0.2, 4.0], ids=["same server", "slower server"])
def test_polls_in_flight_follow_the_server_and_not_a_busy_loop(latency: float) -> None:
    clock = VirtualClock()

    async def respond(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(latency if clock.pass_seconds else 0.2)
        return json_response(200, dock_status(id_in(request.url.raw_path), "IN_PROGRESS"))

    async def wait() -> list[int]:
        api = clock.client_class(AsyncAIForProcess)(
            "http://v", api_key="k", http_transport=httpx.MockTransport(respond)
        )
        jobs = [api.dock_status_job(f"ds-{n}", schedule=itertools.count(n / 200, 1)) for n in range(200)]
        waiting = asyncio.ensure_future(async_wait_all(jobs))
        found = []
        await asyncio.sleep(10)
        clock.pass_seconds = 0.15
        for _ in range(10):
            await asyncio.sleep(2)
            found.append(api._core.poll_limit.adaptive.value)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return found

    found = run_until_complete(clock, wait())

    assert (min(found) < 0.6 * found[0]) == (latency == 4.0), found


def test_max_rate_applies_to_all_jobs_together() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, ends_at(100))

    async def wait() -> None:
        apis = [
            clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
            for _ in range(3)
        ]
        jobs = [api.dock_status_job(f"ds-{number}") for number in range(100) for api in apis]
        await async_wait_all(jobs, max_rate=10)

    run_until_complete(clock, wait())

    assert rate_is_within(vendor.poll_times, 10, 0.99)
    assert len(vendor.polls) > 900
    assert {name for _, name in vendor.polls[:300]} == {f"ds-{number}" for number in range(100)}


@pytest.mark.parametrize("limit", [{"max_in_flight": 1}, {"max_rate": 0.05}], ids=["in flight", "rate"])
def test_each_delayed_job_ends_at_a_deadline_of_its_own(limit: dict[str, Any]) -> None:
    clock = VirtualClock()
    ended: dict[str, float] = {}

    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1000 if "max_in_flight" in limit else 0)
        return json_response(200, dock_status(id_in(request.url.raw_path), "IN_PROGRESS"))

    async def wait() -> None:
        api = clock.client_class(AsyncAIForProcess)(
            "http://v", api_key="k", timeout=2000, http_transport=httpx.MockTransport(slow)
        )
        # The deadlines are in no order of the jobs.
        timeouts = [1 + (number * 37) % 100 for number in range(300)]
        jobs = [api.dock_status_job(f"ds-{n}", timeout=seconds) for n, seconds in enumerate(timeouts)]
        async for outcome in async_as_completed([*jobs, api.dock_status_job("last", timeout=None)], **limit):
            ended[outcome.job.name] = clock.time
            if len(ended) >= 299:
                return

    run_until_complete(clock, wait())

    late = [at - (1 + (int(name.rpartition("-")[2]) * 37) % 100) for name, at in ended.items() if "ds-" in name]
    assert len(late) >= 298
    assert min(late) > -0.001
    assert max(late) < 0.01


def test_timeout_for_all_jobs_ends_pending_waits() -> None:
    clock = VirtualClock()

    async def wait() -> list[Outcome[Any]]:
        vendor = Vendor(clock, mixed_outcomes)
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        return await async_wait_all([api.dock_status_job(f"ds-{n}") for n in (5, 7, 500)], timeout=60)

    outcomes = run_until_complete(clock, wait())

    assert [type(outcome.error) for outcome in outcomes] == [type(None), type(None), JobTimeoutError]
    assert clock.time == pytest.approx(60)


def test_types_of_outcomes() -> None:
    def check(api: AgentPlatform, process: AIForProcess) -> None:
        for outcome in as_completed([api.dock_status_job("d")]):
            assert_type(outcome, Outcome[DockStatus])
            assert_type(outcome.result(), DockStatus)
        assert_type(wait_all([api.dock_status_job("d")]), list[Outcome[DockStatus]])

    assert callable(check)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["ds-1"],), r"expected Job objects from api\.<noun>_job\(id\), .*, got str"),
        ((None,), "expected jobs, such as a list of them, got NoneType"),
        ((7,), "expected jobs, such as a list of them, got int"),
        (([],), None),
    ],
)
def test_wait_all_rejects_anything_but_jobs(arguments: Any, message: str | None) -> None:
    if message is None:
        assert wait_all(*arguments) == []
        return
    with pytest.raises(InvalidArgumentError, match=message):
        wait_all(*arguments)


def test_jobs_can_be_waited_for_after_a_rejected_call() -> None:
    clock = VirtualClock()
    api = clock.client_class(AIForProcess)(
        "http://v", api_key="k", http_transport=httpx.MockTransport(Vendor(clock, ends_at(0)))
    )
    job = api.dock_status_job("ds-1")

    with pytest.raises(InvalidArgumentError, match="max_rate= must be requests per second, above 0, got 0"):
        wait_all([job], max_rate=0)
    with pytest.raises(InvalidArgumentError, match="timeout= must be"):
        wait_all([job], timeout=-1)
    with pytest.raises(InvalidArgumentError, match="expected Job objects"):
        wait_all([job, 7])  # type: ignore[arg-type]
    assert wait_all([job, job])[1].result().status == "SUCCESS"
    assert wait_all([job])[0].result().status == "SUCCESS"


def test_async_wait_all_requires_asyncio() -> None:
    async def wait() -> None:
        api = AsyncAgentPlatform("http://v", api_key="k")
        await async_wait_all([api.dock_status_job("ds-1")])

    with pytest.raises(InvalidArgumentError, match="waits for many jobs need asyncio; wait for each job by itself"):
        trio.run(wait)


def test_system_exit_in_callback_is_raised_in_waiting_thread() -> None:
    def on_update(*_: Any) -> None:
        sys.exit(7)

    with hostile(lambda connection, head: connection.sendall(_dock_response(head, {}))) as server_:
        api = AgentPlatform(server_.url, api_key="k")
        with pytest.raises(SystemExit, match="7"):
            wait_all([api.dock_status_job("ds-1", on_update=on_update), api.dock_status_job("ds-3")], timeout=9)


def test_cancellation_inside_callback_does_not_cancel_wait() -> None:
    clock = VirtualClock()

    async def wait() -> list[Outcome[Any]]:
        sleeper = asyncio.ensure_future(asyncio.sleep(1e6))

        async def on_update(*_: Any) -> None:
            sleeper.cancel()
            await sleeper

        transport = httpx.MockTransport(Vendor(clock, ends_at(5)))
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        return await async_wait_all([api.dock_status_job("ds-1", on_update=on_update), api.dock_status_job("ds-2")])

    first, second = run_until_complete(clock, wait())

    assert isinstance(first.error, asyncio.CancelledError)
    assert second.result().status == "SUCCESS"


def test_slow_callbacks_do_not_delay_polls_of_other_jobs() -> None:
    clock = VirtualClock()

    async def slow(*_: Any) -> None:
        await asyncio.sleep(400)

    async def wait() -> list[Outcome[Any]]:
        transport = httpx.MockTransport(Vendor(clock, ends_at(5)))
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        jobs = [api.dock_status_job(f"ds-{n}", on_update=slow, timeout=1000) for n in range(12)]
        return await async_wait_all([*jobs, api.dock_status_job("ds-99", timeout=20)])

    assert [outcome.error for outcome in run_until_complete(clock, wait())] == [None] * 13


def test_job_keeps_own_deadline_after_closed_iterator() -> None:
    clock = VirtualClock()

    async def wait() -> Any:
        transport = httpx.MockTransport(Vendor(clock, mixed_outcomes))
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        jobs = [api.dock_status_job("ds-1"), api.dock_status_job("ds-500")]
        outcomes = async_as_completed(jobs, timeout=10)
        await anext(outcomes)
        await outcomes.aclose()
        return await jobs[1].wait()

    assert run_until_complete(clock, wait()).status == "SUCCESS"


def test_closing_iterator_cancels_running_callbacks() -> None:
    clock = VirtualClock()

    async def slow(*_: Any) -> None:
        await asyncio.sleep(1e5)

    async def wait() -> None:
        transport = httpx.MockTransport(Vendor(clock, mixed_outcomes))
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        async with api:
            outcomes = async_as_completed([api.dock_status_job("ds-1"), api.dock_status_job("ds-2", on_update=slow)])
            await anext(outcomes)
            await outcomes.aclose()

    run_until_complete(clock, wait())

    assert clock.time < 100


def test_timeout_for_all_jobs_applies_to_jobs_without_a_poll() -> None:
    clock = VirtualClock()

    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        raise httpx.ConnectTimeout("timed out")

    async def wait() -> list[Outcome[Any]]:
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(slow))
        return await async_wait_all([api.dock_status_job(f"ds-{n}") for n in range(1000)], timeout=60)

    assert {type(outcome.error) for outcome in run_until_complete(clock, wait())} == {JobTimeoutError}
    assert clock.time < 66


# Resource leaks


@pytest.fixture(scope="module")
def pending() -> Any:
    """Run a server whose jobs never end."""
    with server(PENDING) as url:
        yield url


def test_ten_thousand_waits_leak_no_connection_and_no_task(pending: str) -> None:
    async def wait() -> None:
        async with AsyncAgentPlatform(pending, api_key="k") as api:
            each = [asyncio.ensure_future(api.wait_for_dock_status(f"ds-{n}")) for n in range(3000)]
            await asyncio.sleep(1)
            for task in each:
                task.cancel()
            assert all(
                isinstance(e, asyncio.CancelledError) for e in await asyncio.gather(*each, return_exceptions=True)
            )
            shared = asyncio.ensure_future(async_wait_all([api.dock_status_job(f"ds-{n}") for n in range(3500)]))
            await asyncio.sleep(1)
            shared.cancel()
            with pytest.raises(asyncio.CancelledError):
                await shared
            outcomes = await async_wait_all([api.dock_status_job(f"ds-{n}", timeout=1) for n in range(3500)])
            assert {type(outcome.error) for outcome in outcomes} == {JobTimeoutError}

            start = time.monotonic()
            assert (await api.get_dock_status("ds-1")).status == "IN_PROGRESS"
            assert time.monotonic() - start < 1
            for _ in range(100):
                if asyncio.all_tasks() == {asyncio.current_task()}:
                    break
                await asyncio.sleep(0.05)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            connections = api._core.transports.calls._pool.shared.connections
            assert len(connections) <= 200 + 10
            assert all(connection.is_idle() for connection in connections)

    asyncio.run(wait())


@pytest.mark.parametrize("schedule", [None, LearnedSchedule.from_durations([5.0, 9.0])], ids=["default", "learned"])
def test_wait_is_small(schedule: LearnedSchedule | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)  # a wait with a span is larger
    with AGENT.client("http://host") as api:
        poller = api.dock_status_job("ds-1", schedule=schedule).__poller__

    # The object itself, in bytes: `make bench PARTS=many_waits` measures all of a wait.
    assert sys.getsizeof(poller) <= 160


def test_many_waits_leak_no_thread(pending: str) -> None:
    # Requests of earlier tests may still be in flight in this process.
    other_threads = set(threading.enumerate())

    def own_threads() -> list[str]:
        return [t.name for t in set(threading.enumerate()) - other_threads if t.name.startswith("job-status-")]

    with AgentPlatform(pending, api_key="k", timeout=10) as api:
        outcomes = wait_all([api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(500)])
        assert {type(outcome.error) for outcome in outcomes} == {JobTimeoutError}
        loop = as_completed(
            [api.dock_status_job(f"ds-{n}") for n in range(50)] + [api.dock_status_job("e", timeout=0.2)]
        )
        assert next(loop).job.name == "get_dock_status e"
        loop.close()
        # A request in flight ends within the timeout of the client.
        deadline = time.monotonic() + 15
        while own_threads() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert own_threads() == []
        assert api.get_dock_status("ds-1").status == "IN_PROGRESS"


def test_interrupted_iterator_reports_jobs_in_progress_and_can_be_repeated(caplog: pytest.LogCaptureFixture) -> None:
    with hostile(lambda connection, head: connection.sendall(_dock_response(head, {}))) as server_:
        api = AgentPlatform(server_.url, api_key="k")
        jobs = [api.dock_status_job("ds-1"), *(api.dock_status_job(f"ds-{n}") for n in range(3, 24, 3))]
        outcomes = as_completed(jobs)
        next(outcomes)
        with pytest.raises(KeyboardInterrupt) as e:
            outcomes.throw(KeyboardInterrupt())

        assert e.value.__notes__[0].startswith(
            "stopped waiting for 7 of 8 jobs, which keep running: get_dock_status ds-3 ("
        )
        assert e.value.__notes__[0].endswith(" and 2 more")
        assert e.value.__notes__[0] in caplog.text
        assert [outcome.error for outcome in wait_all(jobs[:1])] == [None]


def test_closed_iterator_stops_polling() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, mixed_outcomes)

    async def wait() -> int:
        api = clock.client_class(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        outcomes = async_as_completed([api.dock_status_job("ds-1"), api.dock_status_job("ds-500")])
        await anext(outcomes)
        await outcomes.aclose()
        polls_before = len(vendor.polls)
        await asyncio.sleep(300)
        return len(vendor.polls) - polls_before

    assert run_until_complete(clock, wait()) == 0


# Resuming after a crash

PROGRAM = """
import asyncio, json, sys
from job_status import AsyncAgentPlatform, async_as_completed

async def main(url, tokens):
    async with AsyncAgentPlatform(url, api_key="k") as api:
        try:
            jobs = [api.resume(token) for token in json.load(open(tokens))]
        except FileNotFoundError:
            jobs = [api.dock_status_job(f"ds-{number}", timeout=90) for number in range(1000)]
            with open(tokens, "w") as file:
                json.dump([job.token() for job in jobs], file)
        print("waiting", flush=True)
        async for outcome in async_as_completed(jobs):
            name = outcome.job.name.split()[1]
            print(name, type(outcome.error).__name__ if outcome.error else outcome.status.status, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def test_killed_process_resumes_thousand_jobs_from_tokens(serve: Serve, tmp_path: Path) -> None:
    start = time.monotonic()
    finals = {f"ds-{n}": (1 + n % 60 / 10, "FAILED" if n % 7 == 0 else "SUCCESS") for n in range(1000)}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        name = id_in(scope["raw_path"])
        after, state = finals[name]
        body = dock_status(name, state if time.monotonic() - start > after else "IN_PROGRESS")
        await JSONResponse(body)(scope, receive, send)

    command = [sys.executable, "-c", PROGRAM, serve(application), str(tmp_path / "tokens")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generated")}
    first = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    lines = [first.stdout.readline() for _ in range(300)]
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    second = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)

    assert lines[0] == "waiting\n"
    outcomes_by_job = dict(line.split() for line in second.stdout.splitlines()[1:])
    expected_outcomes = {name: "JobFailedError" if state == "FAILED" else state for name, (_, state) in finals.items()}
    assert outcomes_by_job == expected_outcomes


# Fault injection

HOUR = 3600.0


class FaultyVendor:
    """A vendor that injects 503s, resets, 429s with Retry-After, and stale statuses.

    Jobs whose number is a multiple of four are runs of streams; the others have dock statuses.
    """

    def __init__(self, clock: VirtualClock, count: int) -> None:
        self.clock = clock
        self.random = random.Random(4)
        # A run starts once its previous run is known, that is, after `current_run` in its hour.
        self.starts = {f"ds-{n}": n % 24 * HOUR + (1 if n % 4 else 1e6) for n in range(count)}
        self.durations = {name: Lognormal(20, 1.2).sample() for name in self.starts}
        self.succeeds = {name: self.random.random() < 0.9 for name in self.starts}
        self.polls: dict[str, list[float]] = defaultdict(list)
        self.retry_times: dict[str, float] = {}
        self.faults: dict[str, int] = defaultdict(int)
        self.early_polls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Respond to a poll, or inject a fault."""
        name, now = id_in(request.url.raw_path), self.clock.time
        self.early_polls += now < self.retry_times.get(name, 0)
        self.polls[name].append(now)
        published = operation_in(request.url.raw_path) == "get_publish_status"
        sample = self.random.random()
        stale = sample > 0.98
        if sample < 0.01:
            self.faults["503"] += 1
            return json_response(503)
        if sample < 0.015:
            self.faults["reset"] += 1
            raise httpx.ReadError("reset by peer")
        if sample < 0.02:
            self.faults["429"] += 1
            retry_after = self.random.randint(1, 40)
            self.retry_times[name] = now + retry_after
            return json_response(429, retry_after=str(retry_after))
        self.faults["stale"] += stale
        start, ended = self.starts[name], now - self.starts[name] > self.durations[name]
        if published:
            if stale or now < start + 2:
                return json_response(
                    200, publish_status(name, f"old-{name}", int(name[3:]) % 24 * HOUR - 5000, "failed")
                )
            states = ("successful", "failed")
            return json_response(
                200,
                publish_status(name, f"new-{name}", start, states[not self.succeeds[name]] if ended else "inprogress"),
            )
        states = ("SUCCESS", "FAILED")
        return json_response(
            200, dock_status(name, states[not self.succeeds[name]] if ended and not stale else "IN_PROGRESS")
        )


def test_ten_thousand_jobs_in_one_day_with_fault_injection() -> None:
    clock = VirtualClock()
    count = 10_000
    random.seed(5)
    vendor = FaultyVendor(clock, count)
    names = list(vendor.starts)
    outcomes: dict[str, Any] = {}

    async def current_run(service: AsyncAIForService, name: str) -> RunId:
        while True:
            try:
                run_id = await service.publish_status_job(name).current_run()
                vendor.starts[name] = clock.time + 1
                return run_id
            except RateLimitError as error:
                await asyncio.sleep(error.retry_after or 1)

    async def hour(process: AsyncAIForProcess, service: AsyncAIForService, batch: list[str], begin: float) -> None:
        await asyncio.sleep(begin - clock.time)
        docks = [process.dock_status_job(name, timeout=HOUR * 3) for name in batch if int(name[3:]) % 4]
        streams = [name for name in batch if int(name[3:]) % 4 == 0]
        run_ids = [await current_run(service, name) for name in streams]
        runs = [
            service.publish_status_job(name, after_run=run_id, timeout=HOUR * 3)
            for name, run_id in zip(streams, run_ids, strict=True)
        ]
        for outcome in await async_wait_all([*docks, *runs]):
            outcomes[outcome.job.name.split()[1]] = outcome

    async def wait_for_all() -> None:
        transport = httpx.MockTransport(vendor)
        process = clock.client_class(AsyncAIForProcess)("http://p", api_key="k", http_transport=transport)
        service = clock.client_class(AsyncAIForService)("http://s", jwt="t", http_transport=transport, max_retries=20)
        await asyncio.gather(
            *(hour(process, service, names[begin::24], begin * HOUR) for begin in range(24)),
        )

    run_until_complete(clock, wait_for_all())

    assert {name: outcome.error is None for name, outcome in outcomes.items()} == vendor.succeeds
    assert all(isinstance(outcome.error, JobFailedError) for outcome in outcomes.values() if outcome.error is not None)
    assert clock.time > 23 * HOUR
    assert all(vendor.faults[kind] > 300 for kind in ("503", "reset", "429", "stale"))
    assert vendor.early_polls == 0
    assert all(rate_is_within(times, 60, 60) and rate_is_within(times, 1800, 3600) for times in vendor.polls.values())
    assert sum(map(len, vendor.polls.values())) < 14 * count


def test_many_jobs_are_all_polled_soon(pending: str) -> None:
    async def wait() -> float:
        async with AsyncAgentPlatform(pending, api_key="k") as api:
            jobs = [api.dock_status_job(f"ds-{n}", schedule=itertools.count(0, 100)) for n in range(400)]
            task = asyncio.ensure_future(async_wait_all(jobs))
            start = time.monotonic()
            while any(job.state is None for job in jobs):
                await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return time.monotonic() - start

    assert asyncio.run(wait()) < 20


@pytest.mark.parametrize("peeks", [False, True], ids=["", "outcome read before"])
@BOTH
def test_exception_of_on_update_at_the_last_status_is_the_outcome(asynchronous: bool, peeks: bool) -> None:
    jobs: list[Any] = []

    def fail(*_: Any) -> None:
        if peeks:
            assert jobs[0].outcome is not None
        raise ValueError("callback")

    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=mocked(AGENT))
    jobs.append(api.dock_status_job("mine", on_update=fail))
    outcomes = asyncio.run(async_wait_all(jobs)) if asynchronous else wait_all(jobs)

    assert isinstance(outcomes[0].error, ValueError)
    assert outcomes[0].status is None
    assert jobs[0].outcome is jobs[0].outcome


def test_client_can_be_closed_in_a_later_event_loop_than_that_of_a_wait() -> None:
    api = AGENT.client("http://host", asynchronous=True, http_transport=mocked(AGENT, state="IN_PROGRESS"))
    errors = []
    try:
        asyncio.run(asyncio.wait_for(async_wait_all([api.dock_status_job("mine")]), 0.1))
    except TimeoutError as error:
        errors.append(error)  # keeps the wait alive

    asyncio.run(api.aclose())
    assert errors


def test_async_close_during_a_request_ends_the_retry_pause() -> None:
    async def run() -> float:
        api = AGENT.client(slow.url, asynchronous=True)
        task = asyncio.create_task(api.get_dock_status("ds-1"))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        await api.aclose()
        with pytest.raises((InvalidArgumentError, ServerError)):
            await task
        return time.monotonic() - started

    def respond(connection: socket.socket, _: bytes) -> None:
        time.sleep(0.3)
        connection.sendall(http_response(503, b"{}", "Retry-After: 5"))

    with hostile(respond) as slow:
        assert asyncio.run(run()) < 3
