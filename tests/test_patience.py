"""How long a wait bears what: counted from the first of its kind, in time and not in polls, and never by a guess."""

import datetime
import email.utils
import itertools
import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from job_status import (
    InvalidArgumentError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    RateLimitError,
    RunId,
    ServerError,
    UnexpectedResponseError,
    async_wait_all,
    wait_all,
)

from .test_waiting import BOT, World, run_at
from .vendor import Vendor, dock, ends, told, workflow
from .virtual import EPOCH, VirtualClock

Fault = Callable[[httpx.Request, int], httpx.Response | None]
MISSING = {"errors": [{"msg": "Not found", "code": 404}]}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request: pytest.FixtureRequest) -> World:
    """Everything, sync and async."""
    return World(request.param)


def until(world: World, moment: float, *answers: Callable[[], httpx.Response]) -> Fault:
    """Faults, one after the other and again, until a moment."""

    def fault(_: httpx.Request, number: int) -> httpx.Response | None:
        return answers[(number - 1) % len(answers)]() if world.clock.time < moment else None

    return fault


def missing() -> httpx.Response:
    return told(404, MISSING)


# Where nothing is found


@pytest.mark.parametrize("seconds", [1, 3, 5.1, 8, 12.7, 20, 29])
def test_a_404_is_borne_for_half_a_minute(world: World, seconds: float) -> None:
    """A node that starts again tells 404 of what it will know in 5 to 13 seconds."""
    assert world.dock(ends(0), fault=until(world, seconds, missing)).status == "SUCCESS"


@pytest.mark.parametrize("poll", [None, [0, 1, 2, 3, 4, 5, 6, 7], [0, 0.5, 1.0], [0, 10]])
def test_a_job_that_is_not_found_for_half_a_minute_is_not_there(world: World, poll: Any) -> None:
    with pytest.raises(NotFoundError) as caught:
        world.dock(ends(0), fault=lambda *_: missing(), schedule=poll)

    # Between two polls of one's own schedule, faults bring a back-off of half a minute at most.
    assert 30 <= world.clock.time < (45 if poll is None else 62)
    assert caught.value.wait is not None


@pytest.mark.parametrize("seconds", [5.1, 12.7, 25])
@pytest.mark.parametrize("age", [2, 40, 600])
def test_a_404_amid_a_wait_is_borne_too(world: World, age: float, seconds: float) -> None:
    fault = lambda *_: missing() if age <= world.clock.time < age + seconds else None  # noqa: E731

    assert world.dock(ends(age + 100), fault=fault).status == "SUCCESS"


@pytest.mark.parametrize("age", [2, 40])
def test_a_job_that_goes_is_told_with_what_was_last_read_of_it(world: World, age: float) -> None:
    with pytest.raises(NotFoundError, match="IN_PROGRESS") as caught:
        world.dock(ends(1e6), fault=lambda *_: missing() if world.clock.time >= age else None)

    assert age + 30 <= world.clock.time < age + 75
    assert caught.value.wait is not None
    assert caught.value.wait.state == "IN_PROGRESS"


@pytest.mark.parametrize("between", [503, 429, 408])
def test_another_fault_between_two_404_begins_the_half_minute_anew(world: World, between: int) -> None:
    fault = until(world, 100, missing, missing, lambda: told(between))

    assert world.dock(ends(0), fault=fault).status == "SUCCESS"


def test_a_timeout_that_is_shorter_than_the_half_minute_is_what_ends_the_wait(world: World) -> None:
    with pytest.raises(JobTimeoutError, match="answers 404"):
        world.dock(ends(0), fault=lambda *_: missing(), timeout=10)

    assert world.clock.time == pytest.approx(10, abs=0.2)


def test_who_bears_faults_for_less_bears_a_404_for_less(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.dock(ends(0), fault=lambda *_: missing(), error_timeout=5)

    assert 5 <= world.clock.time < 12


@pytest.mark.parametrize("seconds", [5.1, 12.7, 25])
def test_the_mark_of_the_last_run_waits_for_a_node_that_starts_again(world: World, seconds: float) -> None:
    api = world.client(
        "OpenSearchFlowFramework",
        world.vendor(workflow("COMPLETED", provision_start_time=1), fault=until(world, seconds, missing)),
    )

    assert world.do(api.workflow_status_job("w").current_run).is_known


# Pauses that a server asks for


def date_in(world: World, seconds: float) -> str:
    return email.utils.formatdate(EPOCH + world.clock.time + seconds, usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("pause", "lasting"), [(60, 1800), (300, 1800), (5, 600), (3000, 3000), (1, 400)])
@pytest.mark.parametrize("form", ["seconds", "a date"])
def test_a_server_that_says_when_to_come_back_is_not_out_of_order(
    world: World, status: int, pause: int, lasting: float, form: str
) -> None:
    def busy() -> httpx.Response:
        value = str(pause) if form == "seconds" else date_in(world, pause)
        return told(status, retry_after=value, date=date_in(world, 0))

    done = world.dock(ends(lasting + 100), fault=until(world, lasting, busy), timeout=7200)

    assert done.status == "SUCCESS"
    assert all(
        later - earlier >= pause - 1 for earlier, later in itertools.pairwise(world.last.times) if later < lasting
    )


@pytest.mark.parametrize("error_timeout", [0, 5, 30])
def test_it_is_borne_by_those_who_bear_few_faults_too(world: World, error_timeout: float) -> None:
    fault = until(world, 600, lambda: told(429, retry_after="60"))

    assert world.dock(ends(700), fault=fault, error_timeout=error_timeout).status == "SUCCESS"


@pytest.mark.parametrize("status", [429, 503])
def test_faults_between_the_pauses_are_counted(world: World, status: int) -> None:
    """A pause of a minute, then faults without one: they have their own time."""
    with pytest.raises((RateLimitError, ServerError)):
        world.dock(
            ends(1e6),
            fault=lambda _, number: told(status, retry_after="60") if number < 5 else told(status),
            timeout=None,
        )

    assert 240 + 120 <= world.clock.time < 240 * 1.1 + 120 + 45


@pytest.mark.parametrize("asked", ["0", "-5", "soon", "1e99", ""])
def test_a_pause_that_is_none_does_not_count_as_one(world: World, asked: str) -> None:
    with pytest.raises(RateLimitError):
        world.dock(ends(1e6), fault=lambda *_: told(429, retry_after=asked), timeout=None)

    assert 120 <= world.clock.time < 200


def test_many_waits_bear_the_pauses_of_a_server_too() -> None:
    world = World(True)  # threads do not live by the clock of the tests

    def wait() -> Any:
        fault = until(world, 1800, lambda: told(429, retry_after="60"))
        api = world.client("AIForProcess", world.vendor(ends(1900), fault=fault))
        jobs = [api.dock_status_job(f"ds-{number}", timeout=7200) for number in range(3)]
        return async_wait_all(jobs)

    assert [outcome.error for outcome in world.do(wait)] == [None] * 3


# One odd answer


ODD: dict[str, Callable[[], httpx.Response]] = {
    "no id": lambda: told(200, {"_id": None, "status": "IN_PROGRESS"}),
    "another id": lambda: told(200, dock("ds-2", "IN_PROGRESS")),
    "no state": lambda: told(200, {"_id": "ds-1"}),
    "a state that is none": lambda: told(200, dock("ds-1", 7)),
    "a page": lambda: httpx.Response(200, html="<h1>Maintenance</h1>"),
    "a list": lambda: told(200, []),
    "a redirect": lambda: told(302, location="https://login.example"),
    "nothing": lambda: httpx.Response(204),
}
FAULTS: dict[str, Callable[[], httpx.Response]] = {
    "503": lambda: told(503),
    "502": lambda: told(502),
    "429": lambda: told(429),
    "404": missing,
    "408": lambda: told(408),
}


def cut(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("first", [*FAULTS, "reset"])
def test_one_odd_answer_after_another_fault_is_borne(world: World, first: str, odd: str) -> None:
    def fault(request: httpx.Request, number: int) -> httpx.Response | None:
        if number == 1:
            return cut(request) if first == "reset" else FAULTS[first]()
        return ODD[odd]() if number == 2 else None

    assert world.dock(ends(0), fault=fault, timeout=600, schedule=[0, 31, 32, 33]).status == "SUCCESS"


@pytest.mark.parametrize("odd", ODD)
def test_two_odd_answers_far_apart_are_borne(world: World, odd: str) -> None:
    fault = lambda _, number: ODD[odd]() if number < 3 else None  # noqa: E731

    assert world.dock(ends(0), fault=fault, timeout=600, schedule=[0, 45, 90]).status == "SUCCESS"


@pytest.mark.parametrize("first", FAULTS)
@pytest.mark.parametrize("second", FAULTS)
def test_two_faults_far_apart_do_not_end_a_wait(world: World, first: str, second: str) -> None:
    """Nobody knows what lay between them: the process may have slept."""
    fault = lambda _, number: FAULTS[(first, second)[number - 1]]() if number < 3 else None  # noqa: E731

    assert world.dock(ends(0), fault=fault, timeout=3600, schedule=[0, 300, 600]).status == "SUCCESS"


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("by", ["a call", "another wait", "the wait itself"])
def test_a_client_that_has_read_the_api_is_at_no_wrong_address(world: World, by: str, odd: str) -> None:
    odd_from = [0.0]

    def fault(*_: Any) -> httpx.Response | None:
        return ODD[odd]() if odd_from[0] <= world.clock.time < odd_from[0] + 60 else None

    odd_from[0] = 1e9
    api = world.client(
        "AIForProcess",
        world.vendor(
            lambda name, now: dock(name, "SUCCESS" if name != "ds-1" or now > 100 else "IN_PROGRESS"), fault=fault
        ),
    )
    if by == "a call":
        world.do(lambda: api.get_dock_status("ds-0"))
    elif by == "another wait":
        world.do(lambda: api.wait_for_dock_status("ds-0"))
    odd_from[0] = world.clock.time + (5 if by == "the wait itself" else 0)

    assert world.do(lambda: api.wait_for_dock_status("ds-1")).status == "SUCCESS"


@pytest.mark.parametrize("odd", ODD)
def test_a_client_that_has_read_nothing_knows_a_wrong_address_after_half_a_minute(world: World, odd: str) -> None:
    with pytest.raises(UnexpectedResponseError):
        world.dock(ends(0), fault=lambda *_: ODD[odd]())

    assert 30 <= world.clock.time < 60


# A pause beyond the deadline


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("timeout", "pause"), [(2.5, 3600), (50, 600), (50, 51), (3600, 3700), (3600, 86_400)])
def test_a_pause_beyond_the_deadline_leaves_one_more_poll_just_before_it(
    world: World, status: int, timeout: float, pause: int
) -> None:
    with pytest.raises(JobTimeoutError, match=f"answers {status}") as caught:
        world.dock(ends(1e9), fault=lambda *_: told(status, retry_after=str(pause)), timeout=timeout)

    assert len(world.last.asked) == 2
    assert timeout - 0.3 <= world.last.times[1] < timeout
    assert caught.value.elapsed == pytest.approx(timeout, abs=0.3)


@pytest.mark.parametrize(("timeout", "pause"), [(2.5, 3600), (50, 600), (3600, 86_400)])
def test_the_last_poll_takes_a_job_that_has_ended_meanwhile(world: World, timeout: float, pause: int) -> None:
    fault = lambda _, number: told(503, retry_after=str(pause)) if number == 1 else None  # noqa: E731

    assert world.dock(ends(1), fault=fault, timeout=timeout).status == "SUCCESS"
    assert len(world.last.asked) == 2


@pytest.mark.parametrize(("timeout", "pause"), [(50, 600), (3600, 7200)])
def test_a_pending_answer_can_ask_for_a_pause_beyond_the_deadline_too(world: World, timeout: float, pause: int) -> None:
    def busy(*_: Any) -> httpx.Response:
        state = "SUCCESS" if world.clock.time > timeout / 2 else "IN_PROGRESS"
        return told(200, dock("ds-1", state), retry_after=str(pause))

    assert world.dock(ends(0), fault=busy, timeout=timeout).status == "SUCCESS"
    assert len(world.last.asked) == 2


def test_a_documented_limit_is_kept_by_the_last_poll_too(world: World) -> None:
    vendor = world.vendor(lambda name, _: run_at(name, "r", 0, "inprogress"))
    api = world.client("AIForService", vendor)
    for _ in range(60):
        world.do(lambda: api.get_publish_status(BOT))

    with pytest.raises(JobTimeoutError):
        world.do(lambda: api.wait_for_publish_status(BOT, timeout=30))
    assert len(vendor.asked) == 60


# Runs


def final(name: str, state: str, **more: Any) -> Callable[[str, float], Any]:
    return lambda job, _: {"workflow_id": job, "state": state, **more}


def tells_no_run(caplog: pytest.LogCaptureFixture, error: BaseException | None = None) -> bool:
    """Whether a log line or the error says that the final state carries no run."""
    shown = caplog.text + (str(error) + " ".join(getattr(error, "__notes__", ())) if error else "")
    return "tells no run" in shown


@pytest.mark.parametrize("mark", [RunId((), 1_000.0), RunId((), EPOCH - 500)])
@pytest.mark.parametrize("more", [{}, {"provision_end_time": 1_790_000_000_000}, {"provision_start_time": None}])
def test_a_success_that_tells_no_run_ends_the_wait_for_a_newer_one(
    world: World, caplog: pytest.LogCaptureFixture, mark: RunId, more: dict[str, Any]
) -> None:
    caplog.set_level(logging.INFO, "job_status")
    vendor = world.vendor(
        lambda job, now: {"workflow_id": job, "state": "COMPLETED" if now > 5 else "PROVISIONING", **more}
    )
    done = world.wait("OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w", after_run=mark)

    assert done.state == "COMPLETED"
    assert world.clock.time < 15
    assert tells_no_run(caplog)


def test_a_failure_that_tells_no_run_ends_the_wait_for_a_newer_one(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    vendor = world.vendor(workflow("FAILED"))
    with pytest.raises(JobFailedError) as caught:
        world.wait("OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w", after_run=RunId((), EPOCH - 500))

    assert world.clock.time < 5
    assert tells_no_run(caplog, caught.value)


@pytest.mark.parametrize("word", ["successful", "failed"])
def test_a_publish_status_that_tells_no_run_ends_it_too(
    world: World, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    vendor = world.vendor(lambda name, _: {"streamId": name, "status": word})
    mark = RunId(("ds-old",), EPOCH - 500)
    error: BaseException | None = None
    try:
        world.wait("AIForService", vendor, "wait_for_publish_status", BOT, after_run=mark)
    except JobFailedError as failed:
        error = failed

    assert (error is not None) == (word == "failed")
    assert world.clock.time < 5
    assert tells_no_run(caplog, error)


def test_a_pending_state_that_tells_no_run_goes_on(world: World) -> None:
    mark = RunId((), EPOCH - 500)
    with pytest.raises(JobTimeoutError):
        world.wait(
            "OpenSearchFlowFramework",
            world.vendor(workflow("PROVISIONING")),
            "wait_for_workflow_status",
            "w",
            after_run=mark,
            timeout=60,
        )


def test_the_run_before_is_still_passed_over(world: World) -> None:
    report = lambda job, now: {  # noqa: E731
        "workflow_id": job,
        "state": "COMPLETED",
        "provision_start_time": 1_000_000 if now < 20 else 2_000_000,
    }
    api = world.client("OpenSearchFlowFramework", world.vendor(report))
    mark = world.do(api.workflow_status_job("w").current_run)
    world.do(lambda: api.wait_for_workflow_status("w", after_run=mark))

    assert 20 <= world.clock.time < 30


# Tokens


class Wandering(VirtualClock):
    """A clock whose wall clock is set anew."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = 0.0

    def wall(self) -> float:
        """Seconds since 1970, as this machine has it."""
        return super().wall() + self.shift


class Elsewhere(World):
    """A world in which a token is taken up by a machine with another clock."""

    def __init__(self, asynchronous: bool) -> None:
        super().__init__(asynchronous)
        self.clock: Wandering = Wandering()

    def taken_up(self, shift: float, timeout: float | None, after: float, slept: float = 0.0) -> Any:
        """A job whose token was written after some seconds, and taken up on a clock that is set otherwise."""
        vendor = Vendor(self.clock, ends(2000))
        self.last = vendor
        api = self.client("AIForProcess", vendor)
        job = api.dock_status_job("ds-1", timeout=timeout)
        self.clock.time += after
        token = job.token()
        self.clock.shift = shift
        self.clock.time += slept
        return api.resume(token)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def elsewhere(request: pytest.FixtureRequest) -> Elsewhere:
    """Two machines, sync and async."""
    return Elsewhere(request.param)


@pytest.mark.parametrize("back", [1, 60, 3600, 86_400 * 11, 86_400 * 3650])
@pytest.mark.parametrize("after", [0, 20])
def test_a_clock_that_went_back_gives_a_token_no_more_time(elsewhere: Elsewhere, back: float, after: float) -> None:
    job = elsewhere.taken_up(-back, 60, after)
    began = elsewhere.clock.time
    with pytest.raises(JobTimeoutError) as caught:
        elsewhere.do(job.wait)

    assert elsewhere.clock.time - began <= 60 - after + 0.01
    assert caught.value.elapsed == pytest.approx(60, abs=0.5)


@pytest.mark.parametrize("ahead", [3600, 86_400 * 11])
def test_a_clock_that_went_ahead_leaves_a_token_one_reading(elsewhere: Elsewhere, ahead: float) -> None:
    job = elsewhere.taken_up(ahead, 60, 0)
    with pytest.raises(JobTimeoutError):
        elsewhere.do(job.wait)

    assert len(elsewhere.last.asked) == 1


def test_a_token_of_now_loses_no_time(elsewhere: Elsewhere) -> None:
    job = elsewhere.taken_up(0, 60, 10, slept=5)
    with pytest.raises(JobTimeoutError):
        elsewhere.do(job.wait)

    assert elsewhere.clock.time == pytest.approx(60, abs=0.01)


def test_a_token_without_a_deadline_has_none(elsewhere: Elsewhere) -> None:
    job = elsewhere.taken_up(-1000, None, 0)

    assert json.loads(job.token())["deadline"] is None


def test_a_token_taken_up_again_and_again_does_not_grow(elsewhere: Elsewhere) -> None:
    api = elsewhere.client("AIForProcess", elsewhere.vendor(ends(2000)))
    job = api.dock_status_job("ds-1", timeout=60)
    for _ in range(5):
        token = job.token()
        elsewhere.clock.shift -= 1000
        elsewhere.clock.time += 5
        job = api.resume(token)
    with pytest.raises(JobTimeoutError):
        elsewhere.do(job.wait)

    # The five times between are lost where the clock says nothing of them.
    assert elsewhere.clock.time <= 25 + 60.01


@pytest.mark.parametrize("rounds", [1, 2, 5])
@pytest.mark.parametrize("shift", [0.0, -3600.0])
def test_a_token_carries_polls_and_seconds(elsewhere: Elsewhere, rounds: int, shift: float) -> None:
    api = elsewhere.client("AIForProcess", elsewhere.vendor(ends(1e9)))
    with pytest.raises(JobTimeoutError) as caught:
        elsewhere.do(lambda: api.wait_for_dock_status("ds-1", timeout=20))
    for _ in range(rounds):
        token = caught.value.token
        elsewhere.clock.shift += shift
        with pytest.raises(JobTimeoutError) as caught:
            elsewhere.do(api.resume(token, timeout=20).wait)

    polls, elapsed = len(elsewhere.last.asked), 20 * (rounds + 1)
    assert (caught.value.polls, caught.value.wait.polls) == (polls, polls)
    assert caught.value.elapsed == pytest.approx(elapsed, abs=0.5)
    assert f"after {elapsed}.0 s and {polls} polls" in str(caught.value)


def test_a_token_carries_faults_too(elsewhere: Elsewhere) -> None:
    fault = lambda _, number: told(503) if number < 4 else None  # noqa: E731
    api = elsewhere.client("AIForProcess", elsewhere.vendor(ends(1e9), fault=fault))
    with pytest.raises(JobTimeoutError) as caught:
        elsewhere.do(lambda: api.wait_for_dock_status("ds-1", timeout=20))
    token = caught.value.token
    with pytest.raises(JobTimeoutError) as caught:
        elsewhere.do(api.resume(token, timeout=20).wait)

    assert caught.value.wait.faults == 3


@pytest.mark.parametrize("dropped", [["polls"], ["elapsed"], ["left"], ["polls", "elapsed", "left", "faults"]])
def test_a_token_of_the_version_before_is_read(world: World, dropped: list[str]) -> None:
    api = world.client("AIForProcess", world.vendor(ends(5)))
    raw = json.loads(api.dock_status_job("ds-1", timeout=60).token())
    assert "polls" in raw

    kept = {name: value for name, value in raw.items() if name not in dropped}
    assert world.do(api.resume(json.dumps(kept)).wait).status == "SUCCESS"


@pytest.mark.parametrize(
    ("name", "value"),
    [("polls", -1), ("polls", "3"), ("polls", True), ("polls", 1.5), ("polls", 10**400)],
    ids=["negative", "a text", "true", "a fraction", "huge"],
)
def test_a_count_that_is_none_is_refused(world: World, name: str, value: Any) -> None:
    api = world.client("AIForProcess", world.vendor(ends(5)))
    raw = json.loads(api.dock_status_job("ds-1", timeout=60).token())

    with pytest.raises(InvalidArgumentError, match=f"the token's {name} wants"):
        api.resume(json.dumps({**raw, name: value}))


def test_the_time_between_is_counted_where_the_clocks_agree(elsewhere: Elsewhere) -> None:
    job = elsewhere.taken_up(0, 60, 10, slept=20)
    with pytest.raises(JobTimeoutError) as caught:
        elsewhere.do(job.wait)

    assert caught.value.elapsed == pytest.approx(60, abs=0.1)


def test_dates_are_of_this_world() -> None:
    assert datetime.datetime.fromtimestamp(EPOCH, tz=datetime.UTC).year == 2026


def test_threads_bear_the_pauses_of_a_server_too() -> None:
    """The same with threads, whose time is real: pauses of a tenth of a second, and faults borne for less."""
    from job_status import AIForProcess

    answered = [0]

    def handle(request: httpx.Request) -> httpx.Response:
        answered[0] += 1
        return told(429, retry_after="0.1") if answered[0] < 8 else told(200, dock("ds-1", "SUCCESS"))

    with AIForProcess("http://v", api_key="k", http_transport=httpx.MockTransport(handle)) as api:
        (outcome,) = wait_all([api.dock_status_job("ds-1", timeout=30, error_timeout=0.3, schedule=[0, 0.1])])

    assert outcome.error is None
