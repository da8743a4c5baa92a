"""Interrupts and closing during waits: no connection, lock or thread is leaked, and no wait hangs."""

import asyncio
import itertools
import json
import linecache
import logging
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

import pytest
import trio
from attrs import evolve
from job_status import (
    InvalidArgumentError,
    JobStatusError,
    JobTimeoutError,
    as_completed,
    async_as_completed,
    async_wait_all,
    wait_all,
)
from job_status._client.clock import Clock

from .hostile import HostileServer, hostile, http_response
from .products import AGENT, BOTH, EACH, Product, do, echo, in_time, requested_id

MAX_POLLS, MAX_CALLS = 8, 10  # of a client at the same time
SLACK = 0.5  # seconds by which a call may end late on a loaded machine


class InterruptError(BaseException):
    """Raised by a signal handler or a trace function."""


class BarrierServer:
    """A server that responds once the required number of requests is pending at the same time, or after a second."""

    def __init__(self) -> None:
        self.required = 1
        self.most = 0
        self.current = 0
        self.lock = threading.Condition()

    def __call__(self, connection: Any, head: bytes) -> None:
        """Respond to one request."""
        with self.lock:
            self.current += 1
            self.most = max(self.most, self.current)
            self.lock.notify_all()
            self.lock.wait_for(lambda: self.most >= self.required, 1.0)
            self.current -= 1
        connection.sendall(http_response(body=AGENT.body(requested_id(head))))

    def max_concurrency(self, required: int, action: Callable[[int], Any]) -> int:
        """Return how many requests are pending at the same time if `required` threads make one each."""
        self.required, self.most = required, 0
        threads = [threading.Thread(target=action, args=(number,), daemon=True) for number in range(required)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        self.required = 1
        assert not any(thread.is_alive() for thread in threads), "a wait did not end by its deadline"
        return self.most


def has_full_capacity(api: Any, barrier: BarrierServer) -> bool:
    """Return whether a client can make as many polls and calls at the same time as a new client."""

    def wait(number: int) -> None:
        api.wait_for_dock_status(f"ds-{number}", timeout=3)

    def call(number: int) -> None:
        api.get_dock_status(f"ds-{number}")

    return (barrier.max_concurrency(MAX_POLLS, wait), barrier.max_concurrency(MAX_CALLS, call)) == (
        MAX_POLLS,
        MAX_CALLS,
    )


# Exceptions at any time


class RandomInterrupter:
    """Interrupts the main thread at random times while it is armed."""

    def __init__(self) -> None:
        self.armed = False
        self.stopped = threading.Event()
        self.main = threading.main_thread().ident or 0
        self.random = random.Random(14)

    def __enter__(self) -> "RandomInterrupter":
        self.before = signal.signal(signal.SIGUSR1, self._raise)
        self.thread = threading.Thread(target=self._send_signals, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()
        signal.signal(signal.SIGUSR1, self.before)

    def _raise(self, number: int, frame: FrameType | None) -> None:
        if self.armed:
            self.armed = False
            raise InterruptError

    def _send_signals(self) -> None:
        while not self.stopped.wait(self.random.uniform(0, 0.004)):
            signal.pthread_kill(self.main, signal.SIGUSR1)

    def interrupted(self, action: Callable[[], Any]) -> bool:
        """Return whether an action was interrupted before its end."""
        try:
            self.armed = True
            action()
            self.armed = False
        except InterruptError:
            return True
        return False


needs_signals = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs pthread_kill")


def wait_once(api: Any) -> None:
    api.wait_for_dock_status("ds-1", timeout=1, schedule=[0, 0.002, 0.004, 0.006])


def call_once(api: Any) -> None:
    api.get_dock_status("ds-1")


def wait_for_several(api: Any) -> None:
    wait_all([api.dock_status_job(f"ds-{number}", timeout=1) for number in range(4)])


def iterate_several(api: Any) -> None:
    for _ in as_completed([api.dock_status_job(f"ds-{number}", timeout=1) for number in range(4)]):
        pass


ACTIONS: dict[str, Callable[[Any], None]] = {
    "wait": wait_once,
    "call": call_once,
    "wait_all": wait_for_several,
    "as_completed": iterate_several,
}


@needs_signals
@pytest.mark.parametrize("action", ACTIONS)
def test_signals_at_random_times_leak_nothing(action: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "job_status")
    barrier = BarrierServer()
    with hostile(barrier) as server, RandomInterrupter() as interrupter:
        api = AGENT.client(server.url, timeout=2, max_retries=0)
        interrupted = attempts = 0
        deadline = time.monotonic() + 2
        while interrupted < 300 and time.monotonic() < deadline:
            attempts += 1
            interrupted += interrupter.interrupted(lambda: ACTIONS[action](api))
        assert interrupted > 50
        assert in_time(8, lambda: has_full_capacity(api, barrier))


TRACED = ("job_status", "httpcore", "httpx", "threading", "contextlib", "h11")


class LineInterrupter:
    """Interrupts the n-th line that runs in the modules of a wait, where signals would interrupt random lines.

    The lines of `with` statements are left out: Python handles signals after calls and at the end of loop iterations,
    but never between the end of a with-block and the release of its lock.
    """

    def __init__(self, at: int) -> None:
        self.remaining = at

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Trace the frame if it belongs to one of the modules."""
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(TRACED):
            return None
        return self._line

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip()
        if event in {"line", "return"} and not line.startswith(("with ", "async with ")):
            self.remaining -= 1
            if self.remaining == 0:
                sys.settrace(None)
                raise InterruptError
        return self._line

    def interrupted(self, action: Callable[[], Any]) -> bool:
        """Return whether the action had that many lines, and was interrupted."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            action()
        except InterruptError:
            return True
        finally:
            sys.settrace(before)
        return False


PARTS = 8


def interrupt_each_line(action: str, api: Any, first: int, step: int) -> int:
    """Repeat an action, interrupted at one line after the other; return the number of the last line."""
    at = first
    while in_time(4, partial(LineInterrupter(at).interrupted, partial(ACTIONS[action], api))):
        at += step
    return at


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("action", ["wait", "call"])
def test_interrupt_at_any_line_leaks_nothing(action: str, part: int, caplog: pytest.LogCaptureFixture) -> None:
    """The parts can run in parallel. `close` has a time limit, since an interrupt can leave a lock acquired."""
    caplog.set_level(logging.CRITICAL, "job_status")
    barrier = BarrierServer()
    with hostile(barrier) as server:
        api = AGENT.client(server.url, timeout=2, max_retries=0)
        assert interrupt_each_line(action, api, 1 + part, PARTS) > 200
        assert in_time(8, lambda: has_full_capacity(api, barrier))
        in_time(2, api.close)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, InterruptError, GeneratorExit])
def test_exception_of_event_hook_leaks_nothing(error: type[BaseException]) -> None:
    armed = [True]

    def hook(_: Any) -> None:
        if armed[0]:
            raise error

    for kind in ("request", "response"):
        barrier, armed[0] = BarrierServer(), True
        with hostile(barrier) as server, AGENT.client(server.url, timeout=2, event_hooks={kind: [hook]}) as api:
            for _ in range(12):
                with pytest.raises(error):
                    api.wait_for_dock_status("ds-1", timeout=1)
            armed[0] = False
            assert has_full_capacity(api, barrier)


def hold_slow_jobs(connection: Any, head: bytes) -> None:
    """Respond about jobs whose id begins with `slow` after 1.5 seconds, and about others at once."""
    time.sleep(1.5 if requested_id(head).startswith("slow") else 0)
    connection.sendall(http_response(body=AGENT.body(requested_id(head))))


def run_while_busy(url: str, asynchronous: bool, action: Callable[[Any], Any]) -> tuple[Any, float]:
    """Use a client while all its permits are taken; return the result or exception, and the seconds that it took."""
    slow = [f"slow-{number}" for number in range(MAX_POLLS)]

    async def run() -> tuple[Any, float]:
        api = AGENT.client(url, asynchronous=True, timeout=4)
        tasks = [asyncio.ensure_future(api.wait_for_dock_status(name, timeout=4)) for name in slow]
        await asyncio.sleep(0.3)
        start = time.monotonic()
        (result,) = await asyncio.gather(*[action(api)], return_exceptions=True)
        seconds = time.monotonic() - start
        assert len(await asyncio.gather(*tasks, return_exceptions=True)) == MAX_POLLS
        return result, seconds

    if asynchronous:
        return in_time(8, lambda: asyncio.run(run()))
    with AGENT.client(url, timeout=4) as api:
        for name in slow:
            wait = partial(api.wait_for_dock_status, name, timeout=4)
            threading.Thread(target=result_of, args=(wait,), daemon=True).start()
        time.sleep(0.3)
        start = time.monotonic()
        return result_of(lambda: in_time(5, lambda: action(api))), time.monotonic() - start


def expired_token(api: Any) -> str:
    """Return a token whose deadline has passed."""
    raw = json.loads(api.dock_status_job("ds-1", timeout=1).token())
    return json.dumps({**raw, "remaining": -5, "deadline": raw["deadline"] - 9, "started_at": raw["started_at"] - 9})


QUEUED: dict[str, Callable[[Any, Any], Any]] = {
    "wait": lambda api, _: api.wait_for_dock_status("ds-1", timeout=0.5),
    "resumed wait": lambda api, _: api.resume(api.dock_status_job("ds-1", timeout=0.5).token()).wait(),
    "many": lambda api, many: many([api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(30)]),
    "many within a timeout": lambda api, many: many([api.dock_status_job(f"ds-{n}") for n in range(30)], timeout=0.5),
    "many in order of deadlines": lambda api, many: many(
        [api.dock_status_job(f"ds-{n}", timeout=0.5 - 0.01 * n) for n in range(30)]
    ),
    "many with a rate": lambda api, many: many(
        [api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(30)], max_rate=5
    ),
}


def result_errors(result: Any) -> set[Any]:
    """Return the types of the exceptions of one wait, or of a wait for many."""
    return {type(one.error) for one in result} if isinstance(result, list) else {type(result)}


@pytest.mark.parametrize("queued", QUEUED)
@EACH
def test_queued_wait_ends_at_deadline(asynchronous: bool, queued: str) -> None:
    """All polls that a client can make at the same time are pending at a server that does not respond."""
    many = async_wait_all if asynchronous else wait_all
    with hostile(hold_slow_jobs) as server:
        result, seconds = run_while_busy(server.url, asynchronous, lambda api: QUEUED[queued](api, many))

    assert result_errors(result) == {JobTimeoutError}, result
    assert seconds < 0.5 + SLACK


@EACH
def test_queued_wait_with_an_expired_token_still_polls_once(asynchronous: bool) -> None:
    with hostile(hold_slow_jobs) as server:
        status, _ = run_while_busy(server.url, asynchronous, lambda api: api.resume(expired_token(api)).wait())

    assert getattr(status, "status", status) == "SUCCESS"


@pytest.mark.parametrize("limit", ["of the wait", "of the client"])
@EACH
def test_job_that_queues_behind_another_of_its_wait_ends_at_its_deadline(asynchronous: bool, limit: str) -> None:
    options: dict[str, Any] = {"max_in_flight": 1}
    of_client, of_wait = (options, dict[str, Any]()) if limit == "of the client" else (dict[str, Any](), options)
    ended: list[float] = []

    def jobs(api: Any) -> list[Any]:
        return [api.dock_status_job("slow-1"), *(api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(3))]

    async def iterate() -> None:
        api = AGENT.client(server.url, asynchronous=True, timeout=4, **of_client)
        start = time.monotonic()
        async for outcome in async_as_completed(jobs(api), **of_wait):
            ended.append(time.monotonic() - start if outcome.error else 0.0)

    with hostile(hold_slow_jobs) as server:
        if asynchronous:
            in_time(6, lambda: asyncio.run(iterate()))
        else:
            api = AGENT.client(server.url, timeout=4, **of_client)
            start = time.monotonic()
            for outcome in as_completed(jobs(api), **of_wait):
                ended.append(time.monotonic() - start if outcome.error else 0.0)

    assert ended[3:] == [0.0]
    assert all(0.4 < seconds < 0.5 + SLACK for seconds in ended[:3]), ended


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_permit_of_a_queued_wait_that_ends_is_left_to_others(asynchronous: bool) -> None:
    def action(api: Any) -> Any:
        async def both() -> Any:
            first = asyncio.ensure_future(api.wait_for_dock_status("ds-1", timeout=0.5))
            second = asyncio.ensure_future(api.wait_for_dock_status("ds-2", timeout=9))
            return await asyncio.gather(first, second, return_exceptions=True)

        if asynchronous:
            return both()
        return [result_of(lambda: api.wait_for_dock_status("ds-1", timeout=0.5)), api.wait_for_dock_status("ds-2")]

    with hostile(hold_slow_jobs) as server:
        (first, second), seconds = run_while_busy(server.url, asynchronous, action)

    assert isinstance(first, JobTimeoutError)
    assert second.status == "SUCCESS"
    assert seconds < 1.5 + SLACK


@pytest.mark.parametrize("many", [False, True], ids=["wait", "wait_all"])
@EACH
def test_closing_client_ends_queued_waits(asynchronous: bool, many: bool) -> None:
    def action(api: Any) -> Any:
        async def close_soon() -> Any:
            task = asyncio.ensure_future(queued(api))
            await asyncio.sleep(0.3)
            closing = asyncio.ensure_future(api.aclose())
            await asyncio.wait([task], timeout=2)
            closing.cancel()
            return await task

        if asynchronous:
            return close_soon()
        threading.Timer(0.3, api.close).start()
        return queued(api)

    def queued(api: Any) -> Any:
        if not many:
            return api.wait_for_dock_status("ds-1")
        jobs = [api.dock_status_job(f"ds-{number}") for number in range(20)]
        return async_wait_all(jobs) if asynchronous else wait_all(jobs)

    with hostile(hold_slow_jobs) as server:
        result, seconds = run_while_busy(server.url, asynchronous, action)

    assert result_errors(result) == {InvalidArgumentError}, result
    assert seconds < 0.3 + SLACK


@BOTH
def test_jobs_are_free_after_an_interrupt_before_their_first_poll(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool
) -> None:
    def interrupt(*_: object) -> None:
        raise InterruptError

    async def wait_for_all(jobs: list[Any]) -> list[Any]:
        return await async_wait_all(jobs) if asynchronous else wait_all(jobs)

    kind = "tasks._AsyncWait" if asynchronous else "threads._ThreadedWait"
    with hostile(echo(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        jobs = [getattr(api, f"{AGENT.noun}_job")(f"ds-{number}") for number in range(3)]
        for interrupted in ("__init__", "run" if asynchronous else "_start_thread"):
            with monkeypatch.context() as patch:
                patch.setattr(f"job_status._client.polling.{kind}.{interrupted}", interrupt)
                with pytest.raises(InterruptError):
                    asyncio.run(wait_for_all(jobs))

        assert [outcome.error for outcome in asyncio.run(wait_for_all(jobs))] == [None] * 3


# Closing a client


def result_of(action: Callable[[], Any]) -> Any:
    """Return the result of a call, or the exception that it raised."""
    try:
        return action()
    except Exception as error:
        return error


def pending_jobs(product: Product) -> Callable[[Any, bytes], None]:
    """Return a behaviour whose jobs stay pending."""
    return echo(product, state=product.pending)


def respond_503(connection: Any, head: bytes) -> None:
    connection.sendall(http_response(503, b"{}", "Retry-After: 9"))


WAITING_STATES: dict[str, tuple[Callable[[Any, bytes], None], Callable[[Any], Any]]] = {
    "between two polls": (pending_jobs(AGENT), lambda api: api.wait_for_dock_status("ds-1", schedule=[0, 20])),
    "before the first poll": (pending_jobs(AGENT), lambda api: api.wait_for_dock_status("ds-1", schedule=[20])),
    "with the default schedule": (pending_jobs(AGENT), lambda api: api.resume(old_token(api)).wait()),
    "during Retry-After": (respond_503, lambda api: api.wait_for_dock_status("ds-1")),
    "before a retry": (respond_503, lambda api: api.get_dock_status("ds-1")),
}


def old_token(api: Any) -> str:
    """Return the token of an old job, which is polled every 30 seconds."""
    raw = json.loads(api.dock_status_job("ds-1").token())
    return json.dumps({**raw, "started_at": raw["started_at"] - 3000, "deadline": None})


@pytest.mark.parametrize("waiting", WAITING_STATES)
@EACH
def test_closing_client_wakes_up_sleeping_calls(asynchronous: bool, waiting: str) -> None:
    behave, action = WAITING_STATES[waiting]
    with hostile(behave) as server:
        error, seconds = close_during(server, asynchronous, action, {"timeout": 15.0})

    assert isinstance(error, InvalidArgumentError), error
    assert "the client is closed" in str(error)
    assert seconds < SLACK


@EACH
@pytest.mark.parametrize("options", [{}, {"max_rate": 2.0}])
@pytest.mark.parametrize("behave", ["pause", "in flight", "pending"])
def test_closing_client_ends_a_wait_for_many_at_once(asynchronous: bool, behave: str, options: dict[str, Any]) -> None:
    def respond(connection: Any, head: bytes) -> None:
        if behave == "in flight":
            time.sleep(0.6)
        headers = ["Retry-After: 600"] if behave == "pause" else []
        body = json.dumps({**json.loads(AGENT.body(requested_id(head))), "status": "IN_PROGRESS"}).encode()
        connection.sendall(http_response(200, body, *headers))

    def action(api: Any) -> Any:
        jobs = [api.dock_status_job(f"ds-{number}", schedule=[0, 3600]) for number in range(20)]
        return async_wait_all(jobs, **options) if asynchronous else wait_all(jobs, **options)

    with hostile(respond) as server:
        outcomes, seconds = close_during(server, asynchronous, action, {"timeout": 15.0})

    assert [type(outcome.error) for outcome in outcomes] == [InvalidArgumentError] * 20, outcomes
    assert all("the client is closed" in str(outcome.error) for outcome in outcomes)
    assert seconds < SLACK + 0.6


def close_during(
    server: HostileServer, asynchronous: bool, action: Callable[[Any], Any], options: dict[str, Any]
) -> tuple[Any, float]:
    """Close a client during an action; return the result or exception of the action, and its seconds after the close."""

    async def run_and_close() -> tuple[Any, float]:
        api = AGENT.client(server.url, asynchronous=True, **options)
        task = asyncio.ensure_future(action(api))
        await asyncio.sleep(0.3)
        start = time.monotonic()
        await api.aclose()
        done, _ = await asyncio.wait([task], timeout=2)
        assert done, "still sleeping"
        return result_of(task.result), time.monotonic() - start

    if asynchronous:
        return in_time(6, lambda: asyncio.run(run_and_close()))
    api = AGENT.client(server.url, **options)
    close_time: list[float] = []

    def close() -> None:
        time.sleep(0.3)
        close_time.append(time.monotonic())
        api.close()

    threading.Thread(target=close, daemon=True).start()
    error = result_of(lambda: in_time(3, lambda: action(api)))
    return error, time.monotonic() - close_time[0]


@pytest.mark.parametrize("due", [[0, 20], [20]])
@pytest.mark.parametrize("count", [1, 5, 30])
@EACH
def test_closing_client_ends_all_its_waits(asynchronous: bool, count: int, due: list[float]) -> None:
    def action(api: Any) -> Any:
        jobs = [api.dock_status_job(f"ds-{number}", schedule=due) for number in range(count)]
        return async_wait_all(jobs) if asynchronous else wait_all(jobs)

    with hostile(pending_jobs(AGENT)) as server:
        outcomes, seconds = close_during(server, asynchronous, action, {})

    assert isinstance(outcomes, list), outcomes
    assert all("the client is closed" in str(outcome.error) for outcome in outcomes)
    assert seconds < SLACK


@EACH
def test_closing_client_keeps_waits_of_other_clients(asynchronous: bool) -> None:
    with hostile(pending_jobs(AGENT)) as server, hostile(echo(AGENT)) as other_server:
        other = AGENT.client(other_server.url, asynchronous=asynchronous)

        def action(api: Any) -> Any:
            jobs = [api.dock_status_job("ds-1", schedule=[0, 20]), other.dock_status_job("ds-2", schedule=[0.8])]
            return async_wait_all(jobs) if asynchronous else wait_all(jobs)

        outcomes, _ = close_during(server, asynchronous, action, {})

    assert isinstance(outcomes, list), outcomes
    assert "the client is closed" in str(outcomes[0].error)
    assert outcomes[1].error is None


def test_error_of_closed_client_names_job() -> None:
    with hostile(pending_jobs(AGENT)) as server:
        error, _ = close_during(server, False, lambda api: api.wait_for_dock_status("ds-1", schedule=[0, 20]), {})

    assert "ds-1" in str(error) + " ".join(getattr(error, "__notes__", ()))


# Exceptions that must not make wait_all hang


class FailingClock(Clock):
    """A clock that raises on its n-th call."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.count = itertools.count(1)
        self.at = at
        self.error = error
        self.raised = False

    def now(self) -> float:
        """Return the time in seconds, or raise."""
        if next(self.count) == self.at:
            self.raised = True
            raise self.error
        return super().now()


ERRORS: dict[str, BaseException] = {
    "RuntimeError": RuntimeError("canary"),
    "MemoryError": MemoryError("canary"),
    "StopIteration": StopIteration("canary"),
    "KeyboardInterrupt": KeyboardInterrupt("canary"),
    "SystemExit": SystemExit("canary"),
    "BaseException": InterruptError("canary"),
}


def wait_for_all(asynchronous: bool, jobs: Callable[[], list[Any]]) -> Any:
    """Return the outcomes of a wait for several jobs, or the exception that it raised; fail the test if it hangs."""
    try:
        if asynchronous:

            async def wait() -> Any:
                return await async_wait_all(jobs())

            return in_time(3, lambda: asyncio.run(wait()))
        return in_time(3, lambda: wait_all(jobs()))
    except BaseException as error:
        if isinstance(error, pytest.fail.Exception):
            raise
        return error


def error_is_reported(result: Any) -> bool:
    """Return whether an outcome or the raised exception has the message of the error."""
    if isinstance(result, BaseException):
        return "canary" in str(result)
    return any("canary" in str(outcome.error) for outcome in result)


@pytest.mark.parametrize("at", [*range(5, 25, 2)])
@pytest.mark.parametrize("error", ERRORS)
@EACH
def test_failing_clock_does_not_hang(asynchronous: bool, error: str, at: int) -> None:
    with hostile(pending_jobs(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        clock = FailingClock(at, ERRORS[error])

        def jobs() -> list[Any]:
            api._core.settings = evolve(api._core.settings, clock=clock)
            return [api.dock_status_job(f"ds-{number}", timeout=0.8, schedule=[0, 0.05]) for number in range(3)]

        result = wait_for_all(asynchronous, jobs)

    assert error_is_reported(result) or not clock.raised or error == "StopIteration", result


def failing_schedule(error: BaseException, after: int) -> Iterator[float]:
    """Yield due times, then raise."""
    yield from (number / 50 for number in range(after))
    raise error


@pytest.mark.parametrize("after", [0, 1, 2, 5])
@pytest.mark.parametrize("error", ERRORS)
@EACH
def test_failing_schedule_does_not_hang(asynchronous: bool, error: str, after: int) -> None:
    with hostile(pending_jobs(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)

        def jobs() -> list[Any]:
            valid = [api.dock_status_job(f"ds-{number}", timeout=0.6) for number in range(3)]
            return [*valid, api.dock_status_job("ds-9", timeout=0.6, schedule=failing_schedule(ERRORS[error], after))]

        result = wait_for_all(asynchronous, jobs)

    assert error_is_reported(result) or error == "StopIteration", result


class FailingHandler(logging.Handler):
    """A log handler that raises."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def handle(self, record: logging.LogRecord) -> bool:
        """Raise the error."""
        raise self.error


@pytest.mark.parametrize("error", ERRORS)
@EACH
def test_failing_log_handler_does_not_hang(asynchronous: bool, error: str) -> None:
    handler, logger = FailingHandler(ERRORS[error]), logging.getLogger("job_status")
    state = f"UNKNOWN_{error}_{asynchronous}"
    with hostile(echo(AGENT, state=state)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        logger.addHandler(handler)
        try:
            wait_for_all(asynchronous, lambda: [api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(3)])
        finally:
            logger.removeHandler(handler)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("where", ["acquire", "defer", "count"])
@EACH
def test_failing_rate_limiter_does_not_hang(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, where: str, error: str
) -> None:
    def fail(*_: Any) -> None:
        raise ERRORS[error]

    monkeypatch.setattr(f"job_status._client.rate_limit.RateLimiter.{where}", fail)
    with hostile(respond_503) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        wait_for_all(asynchronous, lambda: [api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(3)])


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("where", ["credential", "request", "response", "on_update"])
@EACH
def test_failing_callbacks_do_not_hang(asynchronous: bool, where: str, error: str) -> None:
    def fail(*_: Any) -> str:
        raise ERRORS[error]

    async def fail_async(*_: Any) -> None:
        raise ERRORS[error]

    hook = fail_async if asynchronous else fail
    options: dict[str, Any] = {"api_key": fail} if where == "credential" else {}
    if where in {"request", "response"}:
        options["event_hooks"] = {where: [hook]}
    job_options = {"on_update": fail} if where == "on_update" else {}
    with hostile(pending_jobs(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous, **options)
        result = wait_for_all(
            asynchronous, lambda: [api.dock_status_job(f"ds-{n}", timeout=0.5, **job_options) for n in range(3)]
        )

    assert error_is_reported(result) or error == "StopIteration", result


@pytest.mark.parametrize("started", [0, 1, 3])
def test_failing_thread_start_does_not_hang(monkeypatch: pytest.MonkeyPatch, started: int) -> None:
    original, count = threading.Thread.start, itertools.count()

    def start(thread: threading.Thread) -> None:
        if thread.name.startswith("job-status") and next(count) >= started:
            raise RuntimeError("can't start new thread")
        original(thread)

    with hostile(echo(AGENT)) as server, AGENT.client(server.url) as api:
        monkeypatch.setattr(threading.Thread, "start", start)
        result = wait_for_all(False, lambda: [api.dock_status_job(f"ds-{n}", timeout=2) for n in range(5)])

    if started:
        assert [outcome.error for outcome in result] == [None] * 5
    else:
        assert isinstance(result, RuntimeError)


# Other event loops


async def call_async(api: Any) -> Any:
    return await api.get_dock_status("ds-1")


async def wait_async(api: Any) -> Any:
    return await api.wait_for_dock_status("ds-1", timeout=2)


async def cancel_one(api: Any) -> None:
    """Cancel a call whose request is in flight."""
    task = asyncio.ensure_future(api.get_dock_status("ds-1"))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("close", ["aclose", "context manager"])
@pytest.mark.parametrize("action", [call_async, wait_async, cancel_one])
def test_async_client_can_be_closed_in_another_loop(action: Callable[[Any], Any], close: str) -> None:
    async def exit_context(api: Any) -> None:
        await api.__aexit__(None, None, None)

    with hostile(echo(AGENT, pause=0.1)) as server:
        api = AGENT.client(server.url, asynchronous=True)
        asyncio.run(action(api))
        in_time(3, lambda: asyncio.run(api.aclose() if close == "aclose" else exit_context(api)))

        with pytest.raises(InvalidArgumentError, match="the client is closed"):
            asyncio.run(call_async(api))


@pytest.mark.parametrize("first", ["asyncio", "trio", "none"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_async_client_can_be_closed_under_another_async_library(first: str, second: str) -> None:
    with hostile(echo(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=True)
        if first == "asyncio":
            asyncio.run(call_async(api))
        elif first == "trio":
            trio.run(call_async, api)
        if second == "asyncio":
            in_time(3, lambda: asyncio.run(api.aclose()))
        else:
            in_time(3, lambda: trio.run(api.aclose))
        for attempt in range(2):
            asyncio.run(api.aclose())
            assert attempt in {0, 1}


def test_context_manager_can_be_exited_in_another_loop() -> None:
    """Async fixtures of test frameworks do that."""
    with hostile(echo(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=True)
        asyncio.run(api.__aenter__())
        for _ in range(3):
            asyncio.run(call_async(api))
        asyncio.run(api.__aexit__(None, None, None))


def test_closing_async_client_in_another_thread_ends_its_waits() -> None:
    with hostile(pending_jobs(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=True)
        errors: list[Any] = []

        def wait() -> None:
            errors.append(result_of(lambda: asyncio.run(api.wait_for_dock_status("ds-1", timeout=8, schedule=[0, 5]))))

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        time.sleep(0.3)
        asyncio.run(api.aclose())
        thread.join(2)

    assert errors, "still sleeping"
    assert isinstance(errors[0], JobStatusError)
    assert "the client is closed" in str(errors[0])


@EACH
def test_client_can_be_closed_twice(asynchronous: bool) -> None:
    with hostile(echo(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        for _ in range(2):
            do(asynchronous, api.aclose if asynchronous else api.close)
