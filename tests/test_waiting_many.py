"""Waiting for many jobs at once: nothing is lost, nothing is left behind, and nobody is asked too often."""

import asyncio
import itertools
import json
import os
import random
import signal
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
    NotFoundError,
    Outcome,
    RateLimitError,
    RunId,
    as_completed,
    async_as_completed,
    async_wait_all,
    wait_all,
)
from job_status.agent_platform.models import DockStatus
from starlette.requests import Request
from starlette.responses import JSONResponse

from .bench.schedules import lognormal
from .bench.server import server
from .bench.watching import PENDING
from .conftest import ROOT, Serve
from .hostile import answer, hostile
from .test_waiting import run_at, within
from .vendor import Vendor, dock, ends, named, told, workflow
from .virtual import VirtualClock, run


def lives(name: str, now: float) -> Any:
    """A job `ds-7` ends after 7 seconds: with a multiple of three it fails, and with four it is unknown."""
    number = int(name.removeprefix("ds-"))
    if number % 12 == 0:
        return None
    return dock(name, "IN_PROGRESS" if now < number else "FAILED" if number % 3 == 0 else "SUCCESS")


def expected(number: int) -> Any:
    """What a wait for the job ends with."""
    return NotFoundError if number % 12 == 0 else JobFailedError if number % 3 == 0 else type(None)


# Every outcome


def test_every_outcome_comes_in_the_order_of_the_jobs() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, lives)

    async def wait() -> list[Outcome[Any]]:
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        return await async_wait_all([api.dock_status_job(f"ds-{number}") for number in range(200)])

    outcomes = run(clock, wait())

    assert [outcome.job.name for outcome in outcomes] == [f"get_dock_status ds-{n}" for n in range(200)]
    assert [type(outcome.error) for outcome in outcomes] == [expected(number) for number in range(200)]
    assert [outcome.result().status for outcome in outcomes if outcome.error is None] == ["SUCCESS"] * 133


def test_threads_bring_every_outcome_too() -> None:
    with hostile(lambda connection, head: connection.sendall(_answer_of(head))) as server_:
        api = AgentPlatform(server_.url, api_key="k")
        outcomes = wait_all([api.dock_status_job(f"ds-{number}") for number in range(60)])

    assert [type(outcome.error) for outcome in outcomes] == [
        JobFailedError if n % 3 == 0 else type(None) for n in range(60)
    ]
    assert len(server_.requests) == 60 + 20
    assert server_.connections <= 8


def _answer_of(head: bytes, seen: dict[str, int] | None = None) -> bytes:
    """Ends at once; a third fails at the second reading."""
    seen = _SEEN if seen is None else seen
    name = head.split(b" ")[1].rpartition(b"/")[2].decode()
    seen[name] = seen.get(name, 0) + 1
    third = int(name.removeprefix("ds-")) % 3 == 0
    word = ("IN_PROGRESS" if seen[name] == 1 else "FAILED") if third else "SUCCESS"
    return answer(body=json.dumps(dock(name, word)).encode())


_SEEN: dict[str, int] = {}


def test_outcomes_come_as_jobs_end() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, lives)

    async def wait() -> list[tuple[str, float]]:
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        jobs = [api.dock_status_job(f"ds-{number}") for number in (80, 10, 40, 20)]
        return [(outcome.job.name, clock.time) async for outcome in async_as_completed(jobs)]

    found = run(clock, wait())

    assert [name.split("-")[1] for name, _ in found] == ["10", "20", "40", "80"]
    assert all(0 <= moment - int(name.split("-")[1]) < 20 for name, moment in found)


def test_jobs_are_asked_about_while_the_loop_does_other_things() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, lives)

    async def wait() -> int:
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        async for _ in async_as_completed([api.dock_status_job("ds-1"), api.dock_status_job("ds-50")]):
            await asyncio.sleep(100)
            return len(vendor.asked)
        return 0

    assert run(clock, wait()) > 10


def test_what_a_callback_raises_is_the_outcome_of_its_job_alone() -> None:
    def grumble(status: Any, _: float | None) -> None:
        raise LookupError(status.field_id)

    clock = VirtualClock()

    async def wait() -> list[Outcome[Any]]:
        vendor = Vendor(clock, ends(5))
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        return await async_wait_all([api.dock_status_job("ds-1", on_update=grumble), api.dock_status_job("ds-2")])

    for outcomes in (run(clock, wait()), _in_threads(grumble)):
        assert isinstance(outcomes[0].error, LookupError)
        assert outcomes[1].result().status == "SUCCESS"
        with pytest.raises(LookupError):
            outcomes[0].result()


def _in_threads(grumble: Any) -> list[Outcome[DockStatus]]:
    with hostile(lambda connection, head: connection.sendall(_answer_of(head, {}))) as server_:
        api = AgentPlatform(server_.url, api_key="k")
        return wait_all([api.dock_status_job("ds-1", on_update=grumble), api.dock_status_job("ds-2")])


def test_jobs_of_several_clients_are_waited_for_together() -> None:
    clock = VirtualClock()

    async def wait() -> list[Any]:
        transport = httpx.MockTransport(Vendor(clock, ends(5)))
        flow = httpx.MockTransport(Vendor(clock, workflow("COMPLETED")))
        process = clock.timed(AsyncAIForProcess)("http://p", api_key="k", http_transport=transport)
        search = clock.timed(AsyncOpenSearchFlowFramework)("http://s", http_transport=flow)
        outcomes = await async_wait_all([process.dock_status_job("ds-1"), search.workflow_status_job("w-1")])
        return [outcome.result() for outcome in outcomes]

    first, second = run(clock, wait())

    assert (first.status, second.state) == ("SUCCESS", "COMPLETED")


def test_a_slow_server_holds_up_nobody_else_s_jobs() -> None:
    release = threading.Event()

    def slow(connection: Any, _: bytes) -> None:
        release.wait(20)
        connection.sendall(answer())

    with hostile(slow) as stuck, hostile(lambda c, head: c.sendall(_answer_of(head, {}))) as quick:
        one, other = AgentPlatform(stuck.url, api_key="k"), AgentPlatform(quick.url, api_key="k")
        jobs = [one.dock_status_job(f"ds-{n}") for n in range(30)] + [other.dock_status_job(f"ds-{n}") for n in (1, 2)]
        outcomes = as_completed(jobs)
        began = time.monotonic()
        names = [next(outcomes).job.name for _ in range(2)]
        took = time.monotonic() - began
        release.set()
        outcomes.close()

    assert sorted(names) == ["get_dock_status ds-1", "get_dock_status ds-2"]
    assert took < 5


def test_jobs_whose_time_is_over_while_a_server_is_slow_end_too() -> None:
    clock = VirtualClock()
    seen: set[str] = set()

    async def slow(request: httpx.Request) -> httpx.Response:
        name = named(request.url)
        await asyncio.sleep(5 if name in seen else 0)
        seen.add(name)
        return told(200, dock(name, "IN_PROGRESS"))

    async def wait() -> list[Outcome[Any]]:
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(slow))
        return await async_wait_all([api.dock_status_job(f"ds-{n}", timeout=1.5) for n in range(40)])

    assert {type(outcome.error) for outcome in run(clock, wait())} == {JobTimeoutError}
    assert clock.time < 7


def test_max_rate_bounds_the_requests_of_all_together() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, ends(100))

    async def wait() -> None:
        apis = [
            clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
            for _ in range(3)
        ]
        jobs = [api.dock_status_job(f"ds-{number}") for number in range(100) for api in apis]
        await async_wait_all(jobs, max_rate=10)

    run(clock, wait())

    assert within(vendor.times, 10, 0.99)
    assert len(vendor.asked) > 900
    assert {name for _, name in vendor.asked[:300]} == {f"ds-{number}" for number in range(100)}


def test_a_time_for_all_ends_what_has_not_ended() -> None:
    clock = VirtualClock()

    async def wait() -> list[Outcome[Any]]:
        vendor = Vendor(clock, lives)
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        return await async_wait_all([api.dock_status_job(f"ds-{n}") for n in (5, 7, 500)], timeout=60)

    outcomes = run(clock, wait())

    assert [type(outcome.error) for outcome in outcomes] == [type(None), type(None), JobTimeoutError]
    assert clock.time == pytest.approx(60)


def test_an_outcome_is_typed() -> None:
    def check(api: AgentPlatform, process: AIForProcess) -> None:
        for outcome in as_completed([api.dock_status_job("d")]):
            assert_type(outcome, Outcome[DockStatus])
            assert_type(outcome.result(), DockStatus)
        assert_type(wait_all([api.dock_status_job("d")]), list[Outcome[DockStatus]])

    assert callable(check)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((["ds-1"],), r"wanted a Job, as api\.<noun>_job\(id\), .* gives it, got str"),
        ((None,), "wanted jobs, such as a list of them, got NoneType"),
        ((7,), "wanted jobs, such as a list of them, got int"),
        (([],), None),
    ],
)
def test_what_is_no_job_is_refused(arguments: Any, said: str | None) -> None:
    if said is None:
        assert wait_all(*arguments) == []
        return
    with pytest.raises(InvalidArgumentError, match=said):
        wait_all(*arguments)


def test_a_refused_wait_leaves_its_jobs_free() -> None:
    clock = VirtualClock()
    api = clock.timed(AIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(Vendor(clock, ends(0))))
    job = api.dock_status_job("ds-1")

    with pytest.raises(InvalidArgumentError, match="max_rate= wants requests per second, more than 0, got 0"):
        wait_all([job], max_rate=0)
    with pytest.raises(InvalidArgumentError, match="timeout= wants"):
        wait_all([job], timeout=-1)
    with pytest.raises(InvalidArgumentError, match="wanted a Job"):
        wait_all([job, 7])  # type: ignore[arg-type]
    assert wait_all([job, job])[1].result().status == "SUCCESS"
    assert wait_all([job])[0].result().status == "SUCCESS"


def test_many_at_once_need_asyncio_and_say_so() -> None:
    async def wait() -> None:
        api = AsyncAgentPlatform("http://v", api_key="k")
        await async_wait_all([api.dock_status_job("ds-1")])

    with pytest.raises(InvalidArgumentError, match="waited for under asyncio only; wait for each by itself"):
        trio.run(wait)


def test_a_way_out_of_the_program_is_taken_by_the_thread_that_waits() -> None:
    def leave(*_: Any) -> None:
        sys.exit(7)

    with hostile(lambda connection, head: connection.sendall(_answer_of(head, {}))) as server_:
        api = AgentPlatform(server_.url, api_key="k")
        with pytest.raises(SystemExit, match="7"):
            wait_all([api.dock_status_job("ds-1", on_update=leave), api.dock_status_job("ds-3")], timeout=9)


def test_what_a_callback_awaits_can_be_cancelled_without_the_wait() -> None:
    clock = VirtualClock()

    async def wait() -> list[Outcome[Any]]:
        never = asyncio.ensure_future(asyncio.sleep(1e6))

        async def hear(*_: Any) -> None:
            never.cancel()
            await never

        transport = httpx.MockTransport(Vendor(clock, ends(5)))
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        return await async_wait_all([api.dock_status_job("ds-1", on_update=hear), api.dock_status_job("ds-2")])

    first, second = run(clock, wait())

    assert isinstance(first.error, asyncio.CancelledError)
    assert second.result().status == "SUCCESS"


def test_slow_callbacks_do_not_hold_up_the_polls_of_others() -> None:
    clock = VirtualClock()

    async def slow(*_: Any) -> None:
        await asyncio.sleep(400)

    async def wait() -> list[Outcome[Any]]:
        transport = httpx.MockTransport(Vendor(clock, ends(5)))
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        jobs = [api.dock_status_job(f"ds-{n}", on_update=slow, timeout=1000) for n in range(12)]
        return await async_wait_all([*jobs, api.dock_status_job("ds-99", timeout=20)])

    assert [outcome.error for outcome in run(clock, wait())] == [None] * 13


def test_a_job_that_was_left_has_its_own_deadline_again() -> None:
    clock = VirtualClock()

    async def wait() -> Any:
        transport = httpx.MockTransport(Vendor(clock, lives))
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        jobs = [api.dock_status_job("ds-1"), api.dock_status_job("ds-500")]
        outcomes = async_as_completed(jobs, timeout=10)
        await anext(outcomes)
        await outcomes.aclose()
        return await jobs[1].wait()

    assert run(clock, wait()).status == "SUCCESS"


def test_a_callback_under_way_does_not_outlive_the_loop_that_is_left() -> None:
    clock = VirtualClock()

    async def slow(*_: Any) -> None:
        await asyncio.sleep(1e5)

    async def wait() -> None:
        transport = httpx.MockTransport(Vendor(clock, lives))
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=transport)
        async with api:
            outcomes = async_as_completed([api.dock_status_job("ds-1"), api.dock_status_job("ds-2", on_update=slow)])
            await anext(outcomes)
            await outcomes.aclose()

    run(clock, wait())

    assert clock.time < 100


def test_a_time_for_all_is_kept_by_those_that_were_never_asked_about() -> None:
    clock = VirtualClock()

    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        raise httpx.ConnectTimeout("no answer")

    async def wait() -> list[Outcome[Any]]:
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(slow))
        return await async_wait_all([api.dock_status_job(f"ds-{n}") for n in range(1000)], timeout=60)

    assert {type(outcome.error) for outcome in run(clock, wait())} == {JobTimeoutError}
    assert clock.time < 66


# Nothing is left behind


@pytest.fixture(scope="module")
def pending() -> Any:
    """A server whose jobs never end."""
    with server(PENDING) as url:
        yield url


def test_after_ten_thousand_ended_waits_no_connection_and_no_task_is_left(pending: str) -> None:
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

            began = time.monotonic()
            assert (await api.get_dock_status("ds-1")).status == "IN_PROGRESS"
            assert time.monotonic() - began < 1
            for _ in range(100):
                if asyncio.all_tasks() == {asyncio.current_task()}:
                    break
                await asyncio.sleep(0.05)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            connections = api._transport._pool.connections  # type: ignore[attr-defined]
            assert len(connections) <= 10
            assert all(connection.is_idle() for connection in connections)

    asyncio.run(wait())


def test_after_many_ended_waits_no_thread_is_left(pending: str) -> None:
    # Other tests of this process may have left requests that end by their own timeout.
    others = set(threading.enumerate())

    def threads() -> list[str]:
        return [t.name for t in set(threading.enumerate()) - others if t.name.startswith("job-status-")]

    with AgentPlatform(pending, api_key="k", timeout=10) as api:
        outcomes = wait_all([api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(500)])
        assert {type(outcome.error) for outcome in outcomes} == {JobTimeoutError}
        loop = as_completed(
            [api.dock_status_job(f"ds-{n}") for n in range(50)] + [api.dock_status_job("e", timeout=0.2)]
        )
        assert next(loop).job.name == "get_dock_status e"
        loop.close()
        # A request under way ends within the timeout of the client.
        deadline = time.monotonic() + 15
        while threads() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert threads() == []
        assert api.get_dock_status("ds-1").status == "IN_PROGRESS"


def test_an_interrupted_wait_for_many_says_what_goes_on_and_can_be_taken_up(caplog: pytest.LogCaptureFixture) -> None:
    with hostile(lambda connection, head: connection.sendall(_answer_of(head, {}))) as server_:
        api = AgentPlatform(server_.url, api_key="k")
        jobs = [api.dock_status_job("ds-1"), *(api.dock_status_job(f"ds-{n}") for n in range(3, 24, 3))]
        outcomes = as_completed(jobs)
        next(outcomes)
        with pytest.raises(KeyboardInterrupt) as e:
            outcomes.throw(KeyboardInterrupt())

        assert e.value.__notes__[0].startswith("stopped waiting for 7 of 8 jobs, which go on: get_dock_status ds-3 (")
        assert e.value.__notes__[0].endswith(" and 2 more")
        assert e.value.__notes__[0] in caplog.text
        assert [outcome.error for outcome in wait_all(jobs[:1])] == [None]


def test_an_abandoned_loop_does_not_go_on_asking() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, lives)

    async def wait() -> int:
        api = clock.timed(AsyncAIForProcess)("http://v", api_key="k", http_transport=httpx.MockTransport(vendor))
        outcomes = async_as_completed([api.dock_status_job("ds-1"), api.dock_status_job("ds-500")])
        await anext(outcomes)
        await outcomes.aclose()
        asked = len(vendor.asked)
        await asyncio.sleep(300)
        return len(vendor.asked) - asked

    assert run(clock, wait()) == 0


# A crash

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


def test_a_killed_process_goes_on_from_its_tokens_to_a_thousand_right_outcomes(serve: Serve, tmp_path: Path) -> None:
    began = time.monotonic()
    ends_of = {f"ds-{n}": (1 + n % 60 / 10, "FAILED" if n % 7 == 0 else "SUCCESS") for n in range(1000)}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        name = Request(scope).url.path.rpartition("/")[2]
        after, word = ends_of[name]
        body = dock(name, word if time.monotonic() - began > after else "IN_PROGRESS")
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
    found = dict(line.split() for line in second.stdout.splitlines()[1:])
    wanted = {name: "JobFailedError" if word == "FAILED" else word for name, (_, word) in ends_of.items()}
    assert found == wanted


# A day

HOUR = 3600.0


class Day:
    """A vendor with bad hours: 503s, resets, 429s with Retry-After, and readings of the run or the state before."""

    def __init__(self, clock: VirtualClock, count: int) -> None:
        self.clock = clock
        self.random = random.Random(4)
        # Of those with runs, the hour is when somebody looks which run was the last; then the next one begins.
        self.begun = {f"ds-{n}": n % 24 * HOUR + (1 if n % 4 else 1e6) for n in range(count)}
        self.lasting = {name: lognormal(20, 1.2) for name in self.begun}
        self.word = {name: self.random.random() < 0.9 for name in self.begun}
        self.asked: dict[str, list[float]] = defaultdict(list)
        self.not_before: dict[str, float] = {}
        self.faults: dict[str, int] = defaultdict(int)
        self.impatient = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers, or does not."""
        name, now = named(request.url), self.clock.time
        self.impatient += now < self.not_before.get(name, 0)
        self.asked[name].append(now)
        published = request.url.path.endswith("/publish/status")
        chance = self.random.random()
        stale = chance > 0.98
        if chance < 0.01:
            self.faults["503"] += 1
            return told(503)
        if chance < 0.015:
            self.faults["reset"] += 1
            raise httpx.ReadError("reset by peer")
        if chance < 0.02:
            self.faults["429"] += 1
            pause = self.random.randint(1, 40)
            self.not_before[name] = now + pause
            return told(429, retry_after=str(pause))
        self.faults["stale"] += stale
        begun, done = self.begun[name], now - self.begun[name] > self.lasting[name]
        if published:
            if stale or now < begun + 2:
                return told(200, run_at(name, f"old-{name}", int(name[3:]) % 24 * HOUR - 5000, "failed"))
            words = ("successful", "failed")
            return told(200, run_at(name, f"new-{name}", begun, words[not self.word[name]] if done else "inprogress"))
        words = ("SUCCESS", "FAILED")
        return told(200, dock(name, words[not self.word[name]] if done and not stale else "IN_PROGRESS"))


def test_a_day_of_ten_thousand_jobs_with_faults_ends_with_every_outcome_right() -> None:
    clock = VirtualClock()
    count = 10_000
    random.seed(5)
    day = Day(clock, count)
    names = list(day.begun)
    outcomes: dict[str, Any] = {}

    async def marked(service: AsyncAIForService, name: str) -> RunId:
        while True:
            try:
                mark = await service.publish_status_job(name).current_run()
                day.begun[name] = clock.time + 1
                return mark
            except RateLimitError as error:
                await asyncio.sleep(error.retry_after or 1)

    async def hour(process: AsyncAIForProcess, service: AsyncAIForService, batch: list[str], begin: float) -> None:
        await asyncio.sleep(begin - clock.time)
        docks = [process.dock_status_job(name, timeout=HOUR * 3) for name in batch if int(name[3:]) % 4]
        bots = [name for name in batch if int(name[3:]) % 4 == 0]
        marks = [await marked(service, name) for name in bots]
        runs = [
            service.publish_status_job(name, after_run=mark, timeout=HOUR * 3)
            for name, mark in zip(bots, marks, strict=True)
        ]
        for outcome in await async_wait_all([*docks, *runs]):
            outcomes[outcome.job.name.split()[1]] = outcome

    async def live() -> None:
        transport = httpx.MockTransport(day)
        process = clock.timed(AsyncAIForProcess)("http://p", api_key="k", http_transport=transport)
        service = clock.timed(AsyncAIForService)("http://s", jwt="t", http_transport=transport, max_retries=20)
        await asyncio.gather(
            *(hour(process, service, names[begin::24], begin * HOUR) for begin in range(24)),
        )

    run(clock, live())

    assert {name: outcome.error is None for name, outcome in outcomes.items()} == day.word
    assert all(isinstance(outcome.error, JobFailedError) for outcome in outcomes.values() if outcome.error is not None)
    assert clock.time > 23 * HOUR
    assert all(day.faults[kind] > 300 for kind in ("503", "reset", "429", "stale"))
    assert day.impatient == 0
    assert all(within(times, 60, 60) and within(times, 1800, 3600) for times in day.asked.values())
    assert sum(map(len, day.asked.values())) < 14 * count


def test_many_waits_begin_at_once_and_are_asked_about_in_turn(pending: str) -> None:
    async def wait() -> float:
        async with AsyncAgentPlatform(pending, api_key="k") as api:
            jobs = [api.dock_status_job(f"ds-{n}", schedule=itertools.count(0, 100)) for n in range(400)]
            task = asyncio.ensure_future(async_wait_all(jobs))
            began = time.monotonic()
            while any(job.state is None for job in jobs):
                await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return time.monotonic() - began

    assert asyncio.run(wait()) < 20
