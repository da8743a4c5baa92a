"""Nothing that ends a wait from outside, at whatever moment, costs the client anything; and nothing makes a wait hang."""

import asyncio
import itertools
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
from job_status import InvalidArgumentError, JobStatusError, JobTimeoutError, as_completed, async_wait_all, wait_all
from job_status._client.clock import Clock

from .hostile import HostileServer, answer, hostile
from .products import AGENT, BOTH, Product, asked, do, echo, in_time

POLLS, CALLS = 8, 10  # under way at a time
LATE = 0.5  # seconds this machine may be late


class Interrupted(BaseException):
    """What a signal handler raises."""


class Together:
    """A server that answers once so many requests are there at the same time, or after a while that they have failed."""

    def __init__(self) -> None:
        self.wanted = 1
        self.most = 0
        self.here = 0
        self.lock = threading.Condition()

    def __call__(self, connection: Any, head: bytes) -> None:
        """Answers one request."""
        with self.lock:
            self.here += 1
            self.most = max(self.most, self.here)
            self.lock.notify_all()
            self.lock.wait_for(lambda: self.most >= self.wanted, 1.0)
            self.here -= 1
        connection.sendall(answer(body=AGENT.body(asked(head))))

    def most_at_once(self, wanted: int, use: Callable[[int], Any]) -> int:
        """How many requests come at the same time when so many threads make one each."""
        self.wanted, self.most = wanted, 0
        threads = [threading.Thread(target=use, args=(number,), daemon=True) for number in range(wanted)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        self.wanted = 1
        assert not any(thread.is_alive() for thread in threads), "a wait did not end by its deadline"
        return self.most


def nothing_is_lost(api: Any, together: Together) -> bool:
    """Whether eight waits and ten calls can be under way at a time, as with a client that is new."""

    def wait(number: int) -> None:
        api.wait_for_dock_status(f"ds-{number}", timeout=3)

    def call(number: int) -> None:
        api.get_dock_status(f"ds-{number}")

    return (together.most_at_once(POLLS, wait), together.most_at_once(CALLS, call)) == (POLLS, CALLS)


# Exceptions at any moment


class Pest:
    """Interrupts the main thread at random moments, while it is armed."""

    def __init__(self) -> None:
        self.armed = False
        self.stopped = threading.Event()
        self.main = threading.main_thread().ident or 0
        self.draw = random.Random(14)

    def __enter__(self) -> "Pest":
        self.before = signal.signal(signal.SIGUSR1, self._raise)
        self.thread = threading.Thread(target=self._pester, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()
        signal.signal(signal.SIGUSR1, self.before)

    def _raise(self, number: int, frame: FrameType | None) -> None:
        if self.armed:
            self.armed = False
            raise Interrupted

    def _pester(self) -> None:
        while not self.stopped.wait(self.draw.uniform(0, 0.004)):
            signal.pthread_kill(self.main, signal.SIGUSR1)

    def interrupted(self, use: Callable[[], Any]) -> bool:
        """Whether something was interrupted before it was over."""
        try:
            self.armed = True
            use()
            self.armed = False
        except Interrupted:
            return True
        return False


needs_signals = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no such signals here")


def waits(api: Any) -> None:
    api.wait_for_dock_status("ds-1", timeout=1, schedule=[0, 0.002, 0.004, 0.006])


def calls(api: Any) -> None:
    api.get_dock_status("ds-1")


def waits_for_many(api: Any) -> None:
    wait_all([api.dock_status_job(f"ds-{number}", timeout=1) for number in range(4)])


def loops(api: Any) -> None:
    for _ in as_completed([api.dock_status_job(f"ds-{number}", timeout=1) for number in range(4)]):
        pass


USES: dict[str, Callable[[Any], None]] = {
    "wait": waits,
    "call": calls,
    "wait_all": waits_for_many,
    "as_completed": loops,
}


@needs_signals
@pytest.mark.parametrize("use", USES)
def test_interrupts_at_random_moments_cost_nothing(use: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "job_status")
    together = Together()
    with hostile(together) as server, Pest() as pest:
        api = AGENT.client(server.url, timeout=2, max_retries=0)
        interrupted = tried = 0
        until = time.monotonic() + 2
        while interrupted < 300 and time.monotonic() < until:
            tried += 1
            interrupted += pest.interrupted(lambda: USES[use](api))
        assert interrupted > 50
        assert in_time(8, lambda: nothing_is_lost(api, together))


OURS = ("job_status", "httpcore", "httpx", "threading", "contextlib", "h11")


class Tracer:
    """Interrupts the n-th line that is run in the modules a wait is made of; systematic where signals are random.

    The interpreter lets signals in after calls and between rounds of a loop, and so never between the end of a
    with-block and the release of a lock of its own; the line of the `with` is left out.
    """

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Traces a frame, or not."""
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(OURS):
            return None
        return self._line

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip()
        if event in {"line", "return"} and not line.startswith(("with ", "async with ")):
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise Interrupted
        return self._line

    def interrupted(self, use: Callable[[], Any]) -> bool:
        """Whether it came that far."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            use()
        except Interrupted:
            return True
        finally:
            sys.settrace(before)
        return False


PARTS = 8


def line_by_line(use: str, api: Any, first: int, step: int) -> int:
    """Uses a client again and again, interrupted at one line after the other; gives the last."""
    at = first
    while in_time(4, partial(Tracer(at).interrupted, partial(USES[use], api))):
        at += step
    return at


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("use", ["wait", "call"])
def test_an_interrupt_at_any_line_costs_nothing(use: str, part: int, caplog: pytest.LogCaptureFixture) -> None:
    """Each line in turn; the parts can run beside each other. Nothing is closed, since a lock may be lost."""
    caplog.set_level(logging.CRITICAL, "job_status")
    together = Together()
    with hostile(together) as server:
        api = AGENT.client(server.url, timeout=2, max_retries=0)
        assert line_by_line(use, api, 1 + part, PARTS) > 200
        assert in_time(8, lambda: nothing_is_lost(api, together))
        in_time(2, api.close)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, Interrupted, GeneratorExit])
def test_what_a_hook_raises_costs_nothing(error: type[BaseException]) -> None:
    armed = [True]

    def hook(_: Any) -> None:
        if armed[0]:
            raise error

    for kind in ("request", "response"):
        together, armed[0] = Together(), True
        with hostile(together) as server, AGENT.client(server.url, timeout=2, event_hooks={kind: [hook]}) as api:
            for _ in range(12):
                with pytest.raises(error):
                    api.wait_for_dock_status("ds-1", timeout=1)
            armed[0] = False
            assert nothing_is_lost(api, together)


def test_a_wait_whose_turn_does_not_come_ends_by_its_deadline() -> None:
    """Eight polls of other waits are under way, to a server that does not answer."""

    def behave(connection: Any, head: bytes) -> None:
        time.sleep(4 if asked(head).startswith("slow") else 0)
        connection.sendall(answer(body=AGENT.body(asked(head))))

    with hostile(behave) as server, AGENT.client(server.url, timeout=4) as api:
        for number in range(POLLS):
            threading.Thread(
                target=lambda number=number: ended(lambda: api.wait_for_dock_status(f"slow-{number}", timeout=4)),
                daemon=True,
            ).start()
        time.sleep(0.2)
        began = time.monotonic()
        error = ended(lambda: in_time(3, lambda: api.wait_for_dock_status("ds-1", timeout=0.5)))

    assert isinstance(error, JobTimeoutError), error
    assert time.monotonic() - began < 0.5 + LATE


# A client that is closed


def ended(use: Callable[[], Any]) -> Any:
    """What something has raised, or returned."""
    try:
        return use()
    except Exception as error:
        return error


def idle(product: Product) -> Callable[[Any, bytes], None]:
    """A server whose jobs do not end."""
    return echo(product, state=product.pending)


def say_503(connection: Any, head: bytes) -> None:
    connection.sendall(answer(503, b"{}", "Retry-After: 9"))


SLEEPS: dict[str, tuple[Callable[[Any, bytes], None], Callable[[Any], Any]]] = {
    "between two polls": (idle(AGENT), lambda api: api.wait_for_dock_status("ds-1", schedule=[0, 20])),
    "before the first poll": (idle(AGENT), lambda api: api.wait_for_dock_status("ds-1", schedule=[20])),
    "by the plain schedule": (idle(AGENT), lambda api: api.resume(old_token(api)).wait()),
    "in a pause that the server asks for": (say_503, lambda api: api.wait_for_dock_status("ds-1")),
    "before a retry": (say_503, lambda api: api.get_dock_status("ds-1")),
}


def old_token(api: Any) -> str:
    """The token of a job that is asked about each half minute."""
    import json

    raw = json.loads(api.dock_status_job("ds-1").token())
    return json.dumps({**raw, "began": raw["began"] - 3000, "deadline": None})


@pytest.mark.parametrize("sleep", SLEEPS)
@BOTH
def test_closing_a_client_ends_what_sleeps(asynchronous: bool, sleep: str) -> None:
    behave, use = SLEEPS[sleep]
    with hostile(behave) as server:
        error, seconds = closed_amid(server, asynchronous, use, {"timeout": 15.0})

    assert isinstance(error, InvalidArgumentError), error
    assert "the client is closed" in str(error)
    assert seconds < LATE


def closed_amid(
    server: HostileServer, asynchronous: bool, use: Callable[[Any], Any], options: dict[str, Any]
) -> tuple[Any, float]:
    """What something ends in when its client is closed from elsewhere, and how soon."""

    async def both() -> tuple[Any, float]:
        api = AGENT.client(server.url, asynchronous=True, **options)
        task = asyncio.ensure_future(use(api))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await api.aclose()
        done, _ = await asyncio.wait([task], timeout=2)
        assert done, "still asleep"
        return ended(task.result), time.monotonic() - began

    if asynchronous:
        return in_time(6, lambda: asyncio.run(both()))
    api = AGENT.client(server.url, **options)
    moment: list[float] = []

    def close() -> None:
        time.sleep(0.3)
        moment.append(time.monotonic())
        api.close()

    threading.Thread(target=close, daemon=True).start()
    error = ended(lambda: in_time(3, lambda: use(api)))
    return error, time.monotonic() - moment[0]


@pytest.mark.parametrize("due", [[0, 20], [20]])
@pytest.mark.parametrize("count", [1, 5, 30])
@BOTH
def test_closing_a_client_ends_all_waits_of_it(asynchronous: bool, count: int, due: list[float]) -> None:
    def use(api: Any) -> Any:
        jobs = [api.dock_status_job(f"ds-{number}", schedule=due) for number in range(count)]
        return async_wait_all(jobs) if asynchronous else wait_all(jobs)

    with hostile(idle(AGENT)) as server:
        outcomes, seconds = closed_amid(server, asynchronous, use, {})

    assert isinstance(outcomes, list), outcomes
    assert all("the client is closed" in str(outcome.error) for outcome in outcomes)
    assert seconds < LATE


@BOTH
def test_closing_one_client_leaves_the_waits_of_another(asynchronous: bool) -> None:
    with hostile(idle(AGENT)) as server, hostile(echo(AGENT)) as good:
        other = AGENT.client(good.url, asynchronous=asynchronous)

        def use(api: Any) -> Any:
            jobs = [api.dock_status_job("ds-1", schedule=[0, 20]), other.dock_status_job("ds-2", schedule=[0.8])]
            return async_wait_all(jobs) if asynchronous else wait_all(jobs)

        outcomes, _ = closed_amid(server, asynchronous, use, {})

    assert isinstance(outcomes, list), outcomes
    assert "the client is closed" in str(outcomes[0].error)
    assert outcomes[1].error is None


def test_a_job_that_was_left_by_a_closing_can_be_taken_up_by_its_token() -> None:
    with hostile(idle(AGENT)) as server:
        error, _ = closed_amid(server, False, lambda api: api.wait_for_dock_status("ds-1", schedule=[0, 20]), {})

    assert "ds-1" in str(error) + " ".join(getattr(error, "__notes__", ()))


# What must not make wait_all hang


class Failing(Clock):
    """A clock that raises at its n-th reading."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.count = itertools.count(1)
        self.at = at
        self.error = error
        self.raised = False

    def now(self) -> float:
        """Seconds, for a while."""
        if next(self.count) == self.at:
            self.raised = True
            raise self.error
        return super().now()


ERRORS: dict[str, BaseException] = {
    "an error": RuntimeError("canary"),
    "no memory": MemoryError("canary"),
    "an end of iteration": StopIteration("canary"),
    "an interrupt": KeyboardInterrupt("canary"),
    "an exit": SystemExit("canary"),
    "something else": Interrupted("canary"),
}


def all_at_once(asynchronous: bool, jobs: Callable[[], list[Any]]) -> Any:
    """What a wait for several jobs ends in, which it has to soon."""
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


def spelled(result: Any) -> bool:
    """Whether the reason is told, by an outcome or by what was raised."""
    if isinstance(result, BaseException):
        return "canary" in str(result)
    return any("canary" in str(outcome.error) for outcome in result)


@pytest.mark.parametrize("at", [*range(5, 25, 2)])
@pytest.mark.parametrize("error", ERRORS)
@BOTH
def test_a_clock_that_fails_does_not_make_it_hang(asynchronous: bool, error: str, at: int) -> None:
    with hostile(idle(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        clock = Failing(at, ERRORS[error])

        def jobs() -> list[Any]:
            from attrs import evolve

            api._settings = evolve(api._settings, clock=clock)
            return [api.dock_status_job(f"ds-{number}", timeout=0.8, schedule=[0, 0.05]) for number in range(3)]

        result = all_at_once(asynchronous, jobs)

    assert spelled(result) or not clock.raised or error == "an end of iteration", result


def failing_later(error: BaseException, after: int) -> Iterator[float]:
    """A schedule that fails."""
    yield from (number / 50 for number in range(after))
    raise error


@pytest.mark.parametrize("after", [0, 1, 2, 5])
@pytest.mark.parametrize("error", ERRORS)
@BOTH
def test_a_schedule_that_fails_does_not_make_it_hang(asynchronous: bool, error: str, after: int) -> None:
    with hostile(idle(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)

        def jobs() -> list[Any]:
            good = [api.dock_status_job(f"ds-{number}", timeout=0.6) for number in range(3)]
            return [*good, api.dock_status_job("ds-9", timeout=0.6, schedule=failing_later(ERRORS[error], after))]

        result = all_at_once(asynchronous, jobs)

    assert spelled(result) or error == "an end of iteration", result


class Loud(logging.Handler):
    """A handler of logs that raises."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def handle(self, record: logging.LogRecord) -> bool:
        """Raises."""
        raise self.error


@pytest.mark.parametrize("error", ERRORS)
@BOTH
def test_a_log_that_fails_does_not_make_it_hang(asynchronous: bool, error: str) -> None:
    handler, logger = Loud(ERRORS[error]), logging.getLogger("job_status")
    word = f"A_WORD_OF_{error}_{asynchronous}"
    with hostile(echo(AGENT, state=word)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        logger.addHandler(handler)
        try:
            all_at_once(asynchronous, lambda: [api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(3)])
        finally:
            logger.removeHandler(handler)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("where", ["take", "hold", "count"])
@BOTH
def test_limits_that_fail_do_not_make_it_hang(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, where: str, error: str
) -> None:
    def fail(*_: Any) -> None:
        raise ERRORS[error]

    monkeypatch.setattr(f"job_status._client.rate_limit.RateLimiter.{where}", fail)
    with hostile(say_503) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        all_at_once(asynchronous, lambda: [api.dock_status_job(f"ds-{n}", timeout=0.5) for n in range(3)])


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("where", ["credential", "request", "response", "on_update"])
@BOTH
def test_callbacks_that_fail_do_not_make_it_hang(asynchronous: bool, where: str, error: str) -> None:
    def fail(*_: Any) -> str:
        raise ERRORS[error]

    async def fail_async(*_: Any) -> None:
        raise ERRORS[error]

    hook = fail_async if asynchronous else fail
    options: dict[str, Any] = {"api_key": fail} if where == "credential" else {}
    if where in {"request", "response"}:
        options["event_hooks"] = {where: [hook]}
    more = {"on_update": fail} if where == "on_update" else {}
    with hostile(idle(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous, **options)
        result = all_at_once(
            asynchronous, lambda: [api.dock_status_job(f"ds-{n}", timeout=0.5, **more) for n in range(3)]
        )

    assert spelled(result) or error == "an end of iteration", result


@pytest.mark.parametrize("started", [0, 1, 3])
def test_a_machine_that_has_no_thread_to_spare_does_not_make_it_hang(
    monkeypatch: pytest.MonkeyPatch, started: int
) -> None:
    plain, count = threading.Thread.start, itertools.count()

    def start(thread: threading.Thread) -> None:
        if thread.name.startswith("job-status") and next(count) >= started:
            raise RuntimeError("can't start new thread")
        plain(thread)

    with hostile(echo(AGENT)) as server, AGENT.client(server.url) as api:
        monkeypatch.setattr(threading.Thread, "start", start)
        result = all_at_once(False, lambda: [api.dock_status_job(f"ds-{n}", timeout=2) for n in range(5)])

    if started:
        assert [outcome.error for outcome in result] == [None] * 5
    else:
        assert isinstance(result, RuntimeError)


# Another loop


async def use_once(api: Any) -> Any:
    return await api.get_dock_status("ds-1")


async def wait_once(api: Any) -> Any:
    return await api.wait_for_dock_status("ds-1", timeout=2)


async def leave_one(api: Any) -> None:
    """Leaves a request under way."""
    task = asyncio.ensure_future(api.get_dock_status("ds-1"))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("close", ["aclose", "a with block"])
@pytest.mark.parametrize("use", [use_once, wait_once, leave_one])
def test_an_async_client_can_be_closed_in_another_loop(use: Callable[[Any], Any], close: str) -> None:
    async def end_block(api: Any) -> None:
        await api.__aexit__(None, None, None)

    with hostile(echo(AGENT, pause=0.1)) as server:
        api = AGENT.client(server.url, asynchronous=True)
        asyncio.run(use(api))
        in_time(3, lambda: asyncio.run(api.aclose() if close == "aclose" else end_block(api)))

        with pytest.raises(InvalidArgumentError, match="the client is closed"):
            asyncio.run(use_once(api))


@pytest.mark.parametrize("first", ["asyncio", "trio", "none"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_an_async_client_can_be_closed_under_another_kind_of_loop(first: str, second: str) -> None:
    with hostile(echo(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=True)
        if first == "asyncio":
            asyncio.run(use_once(api))
        elif first == "trio":
            trio.run(use_once, api)
        if second == "asyncio":
            in_time(3, lambda: asyncio.run(api.aclose()))
        else:
            in_time(3, lambda: trio.run(api.aclose))
        for again in range(2):
            asyncio.run(api.aclose())
            assert again in {0, 1}


def test_a_with_block_can_be_entered_in_one_loop_and_left_in_another() -> None:
    """As fixtures of tests do."""
    with hostile(echo(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=True)
        asyncio.run(api.__aenter__())
        for _ in range(3):
            asyncio.run(use_once(api))
        asyncio.run(api.__aexit__(None, None, None))


def test_an_async_client_closed_in_another_thread_s_loop_ends_what_runs_in_its_own() -> None:
    with hostile(idle(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=True)
        errors: list[Any] = []

        def wait() -> None:
            errors.append(ended(lambda: asyncio.run(api.wait_for_dock_status("ds-1", timeout=8, schedule=[0, 5]))))

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        time.sleep(0.3)
        asyncio.run(api.aclose())
        thread.join(2)

    assert errors, "still asleep"
    assert isinstance(errors[0], JobStatusError)
    assert "the client is closed" in str(errors[0])


@BOTH
def test_a_client_can_be_closed_twice(asynchronous: bool) -> None:
    with hostile(echo(AGENT)) as server:
        api = AGENT.client(server.url, asynchronous=asynchronous)
        for _ in range(2):
            do(asynchronous, api.aclose if asynchronous else api.close)
