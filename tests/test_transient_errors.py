"""Transient errors during a wait: which are retried and for how long, Retry-After, and what a resumed wait carries on."""

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
    AIForProcess,
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

from .harness import STREAM_ID, Harness, publish_status
from .vendor import Fault, Vendor, dock_status, ends_at, json_response, workflow
from .virtual_clock import EPOCH, VirtualClock

NOT_FOUND = {"errors": [{"msg": "Not found", "code": 404}]}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def harness(request: pytest.FixtureRequest) -> Harness:
    """Run a test with sync and with async clients."""
    return Harness(request.param)


def until(harness: Harness, end: float, *responses: Callable[[], httpx.Response]) -> Fault:
    """Return a fault that sends these responses in turn until a time in seconds."""

    def fault(_: httpx.Request, number: int) -> httpx.Response | None:
        return responses[(number - 1) % len(responses)]() if harness.clock.time < end else None

    return fault


def not_found() -> httpx.Response:
    return json_response(404, NOT_FOUND)


# 404


@pytest.mark.parametrize("seconds", [1, 3, 5.1, 8, 12.7, 20, 29])
def test_404_is_retried_for_30_seconds(harness: Harness, seconds: float) -> None:
    """A node that restarts responds with 404 for 5 to 13 seconds to polls of jobs that exist."""
    assert harness.wait_for_dock(ends_at(0), fault=until(harness, seconds, not_found)).status == "SUCCESS"


@pytest.mark.parametrize("schedule", [None, [0, 1, 2, 3, 4, 5, 6, 7], [0, 0.5, 1.0], [0, 10]])
def test_404_for_30_seconds_raises_not_found(harness: Harness, schedule: Any) -> None:
    with pytest.raises(NotFoundError) as caught:
        harness.wait_for_dock(ends_at(0), fault=lambda *_: not_found(), schedule=schedule)

    # With a schedule of the caller, errors add a back-off of at most 30 seconds between two polls.
    assert 30 <= harness.clock.time < (45 if schedule is None else 62)
    assert caught.value.wait is not None


@pytest.mark.parametrize("seconds", [5.1, 12.7, 25])
@pytest.mark.parametrize("age", [2, 40, 600])
def test_404_after_a_status_is_retried(harness: Harness, age: float, seconds: float) -> None:
    fault = lambda *_: not_found() if age <= harness.clock.time < age + seconds else None  # noqa: E731

    assert harness.wait_for_dock(ends_at(age + 100), fault=fault).status == "SUCCESS"


@pytest.mark.parametrize("age", [2, 40])
def test_not_found_error_has_last_state(harness: Harness, age: float) -> None:
    with pytest.raises(NotFoundError, match="IN_PROGRESS") as caught:
        harness.wait_for_dock(ends_at(1e6), fault=lambda *_: not_found() if harness.clock.time >= age else None)

    assert age + 30 <= harness.clock.time < age + 75
    assert caught.value.wait is not None
    assert caught.value.wait.state == "IN_PROGRESS"


@pytest.mark.parametrize("between", [503, 429, 408])
def test_other_error_between_404s_restarts_the_30_seconds(harness: Harness, between: int) -> None:
    fault = until(harness, 100, not_found, not_found, lambda: json_response(between))

    assert harness.wait_for_dock(ends_at(0), fault=fault).status == "SUCCESS"


def test_timeout_below_30_seconds_ends_wait_with_404s(harness: Harness) -> None:
    with pytest.raises(JobTimeoutError, match="returned 404"):
        harness.wait_for_dock(ends_at(0), fault=lambda *_: not_found(), timeout=10)

    assert harness.clock.time == pytest.approx(10, abs=0.2)


def test_error_timeout_below_30_seconds_applies_to_404(harness: Harness) -> None:
    with pytest.raises(NotFoundError):
        harness.wait_for_dock(ends_at(0), fault=lambda *_: not_found(), error_timeout=5)

    assert 5 <= harness.clock.time < 12


@pytest.mark.parametrize("seconds", [5.1, 12.7, 25])
def test_current_run_retries_404_of_restarting_node(harness: Harness, seconds: float) -> None:
    api = harness.client(
        "OpenSearchFlowFramework",
        harness.vendor(workflow("COMPLETED", provision_start_time=1), fault=until(harness, seconds, not_found)),
    )

    assert harness.call(api.workflow_status_job("w").current_run).is_known


# Retry-After


def http_date(harness: Harness, seconds: float) -> str:
    """Return the HTTP date that is `seconds` from now."""
    return email.utils.formatdate(EPOCH + harness.clock.time + seconds, usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("retry_after", "duration"), [(60, 1800), (300, 1800), (5, 600), (3000, 3000), (1, 400)])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_errors_with_retry_after_do_not_count_for_error_timeout(
    harness: Harness, status: int, retry_after: int, duration: float, form: str
) -> None:
    def busy() -> httpx.Response:
        value = str(retry_after) if form == "seconds" else http_date(harness, retry_after)
        return json_response(status, retry_after=value, date=http_date(harness, 0))

    final = harness.wait_for_dock(ends_at(duration + 100), fault=until(harness, duration, busy), timeout=7200)

    assert final.status == "SUCCESS"
    assert all(
        later - earlier >= retry_after - 1
        for earlier, later in itertools.pairwise(harness.last_vendor.poll_times)
        if later < duration
    )


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_busy_server_that_says_when_to_come_back_is_in_order(harness: Harness, status: int) -> None:
    fault = until(harness, 600, lambda: json_response(status, retry_after="5"))

    assert harness.wait_for_dock(ends_at(0), fault=fault).status == "SUCCESS"


UNKNOWN_FLOW = {"error": "Fail to find workflow status of w"}


@pytest.mark.parametrize("pause", ["0.5", "1", "5", "60", None])
def test_pause_does_not_prolong_the_wait_for_a_job_that_is_unknown(harness: Harness, pause: str | None) -> None:
    headers = {} if pause is None else {"retry_after": pause}
    vendor = harness.vendor(lambda *_: None, fault=lambda *_: json_response(404, UNKNOWN_FLOW, **headers))
    with pytest.raises(NotFoundError):
        harness.call_method("OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w", timeout=None)

    assert len(vendor.polls) == 3
    assert 2 * float(pause or 0) <= harness.clock.time < 2.3 * float(pause or 0) + 3


NOT_THIS_JOB: dict[str, Callable[..., httpx.Response]] = {
    "404": lambda **headers: json_response(404, NOT_FOUND, **headers),
    "html": lambda **headers: httpx.Response(200, html="<h1>Hello</h1>", headers=headers),
    "redirect": lambda **headers: httpx.Response(302, headers={"location": "/login", **headers}),
    "another job": lambda **headers: httpx.Response(200, json=dock_status("ds-2", "SUCCESS"), headers=headers),
    "not JSON": lambda **headers: httpx.Response(200, text="ok", headers=headers),
}


@pytest.mark.parametrize("response", NOT_THIS_JOB)
@pytest.mark.parametrize("pause", [1, 5, 60])
def test_pause_does_not_prolong_the_wait_at_a_wrong_server(harness: Harness, response: str, pause: int) -> None:
    name = "retry_after" if response == "404" else "retry-after"
    with pytest.raises((NotFoundError, UnexpectedResponseError)):
        harness.wait_for_dock(ends_at(0), fault=lambda *_: NOT_THIS_JOB[response](**{name: str(pause)}), timeout=None)

    assert max(30, 2 * pause) <= harness.clock.time < max(75, 2.3 * pause)
    assert all(after - before >= pause for before, after in itertools.pairwise(harness.last_vendor.poll_times))


@pytest.mark.parametrize("error_timeout", [0, 5, 30])
def test_errors_with_retry_after_are_retried_with_short_error_timeout(harness: Harness, error_timeout: float) -> None:
    fault = until(harness, 600, lambda: json_response(429, retry_after="60"))

    assert harness.wait_for_dock(ends_at(700), fault=fault, error_timeout=error_timeout).status == "SUCCESS"


@pytest.mark.parametrize("status", [429, 503])
def test_errors_without_retry_after_count_for_error_timeout(harness: Harness, status: int) -> None:
    """Errors without Retry-After are counted from the first of them, after four with Retry-After: 60."""
    with pytest.raises((RateLimitError, ServerError)):
        harness.wait_for_dock(
            ends_at(1e6),
            fault=lambda _, number: json_response(status, retry_after="60") if number < 5 else json_response(status),
            timeout=None,
        )

    assert 240 + 120 <= harness.clock.time < 240 * 1.1 + 120 + 45


@pytest.mark.parametrize("value", ["0", "-5", "soon", "1e99", ""])
def test_invalid_retry_after_is_ignored(harness: Harness, value: str) -> None:
    with pytest.raises(RateLimitError):
        harness.wait_for_dock(ends_at(1e6), fault=lambda *_: json_response(429, retry_after=value), timeout=None)

    assert 120 <= harness.clock.time < 200


def test_concurrent_waits_retry_errors_with_retry_after() -> None:
    harness = Harness(True)  # threads do not use the virtual clock

    def wait() -> Any:
        fault = until(harness, 1800, lambda: json_response(429, retry_after="60"))
        api = harness.client("AIForProcess", harness.vendor(ends_at(1900), fault=fault))
        jobs = [api.dock_status_job(f"ds-{number}", timeout=7200) for number in range(3)]
        return async_wait_all(jobs)

    assert [outcome.error for outcome in harness.call(wait)] == [None] * 3


# Unexpected responses


UNEXPECTED: dict[str, Callable[[], httpx.Response]] = {
    "no id": lambda: json_response(200, {"_id": None, "status": "IN_PROGRESS"}),
    "id of another job": lambda: json_response(200, dock_status("ds-2", "IN_PROGRESS")),
    "no state": lambda: json_response(200, {"_id": "ds-1"}),
    "state is a number": lambda: json_response(200, dock_status("ds-1", 7)),
    "html": lambda: httpx.Response(200, html="<h1>Maintenance</h1>"),
    "list": lambda: json_response(200, []),
    "redirect": lambda: json_response(302, location="https://login.example"),
    "empty": lambda: httpx.Response(204),
}
ERRORS: dict[str, Callable[[], httpx.Response]] = {
    "503": lambda: json_response(503),
    "502": lambda: json_response(502),
    "429": lambda: json_response(429),
    "404": not_found,
    "408": lambda: json_response(408),
}


def reset(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset")


@pytest.mark.parametrize("response", UNEXPECTED)
@pytest.mark.parametrize("first", [*ERRORS, "reset"])
def test_one_unexpected_response_after_an_error_is_retried(harness: Harness, first: str, response: str) -> None:
    def fault(request: httpx.Request, number: int) -> httpx.Response | None:
        if number == 1:
            return reset(request) if first == "reset" else ERRORS[first]()
        return UNEXPECTED[response]() if number == 2 else None

    assert harness.wait_for_dock(ends_at(0), fault=fault, timeout=600, schedule=[0, 31, 32, 33]).status == "SUCCESS"


@pytest.mark.parametrize("response", UNEXPECTED)
def test_two_distant_unexpected_responses_are_retried(harness: Harness, response: str) -> None:
    fault = lambda _, number: UNEXPECTED[response]() if number < 3 else None  # noqa: E731

    assert harness.wait_for_dock(ends_at(0), fault=fault, timeout=600, schedule=[0, 45, 90]).status == "SUCCESS"


@pytest.mark.parametrize("first", ERRORS)
@pytest.mark.parametrize("second", ERRORS)
def test_two_distant_errors_are_retried(harness: Harness, first: str, second: str) -> None:
    """No poll was sent between the two errors, as when the process was suspended."""
    fault = lambda _, number: ERRORS[(first, second)[number - 1]]() if number < 3 else None  # noqa: E731

    assert harness.wait_for_dock(ends_at(0), fault=fault, timeout=3600, schedule=[0, 300, 600]).status == "SUCCESS"


GAPS: dict[str, list[float]] = {
    "two samples after it": [0, 600, 601, 602],
    "one sample after it": [0, 600, 602],
    "in the middle": [0, 1, 600, 601, 602],
    "of a short schedule": [0, 70, 71, 72],
}


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("response", [*ERRORS, *UNEXPECTED, "reset"])
def test_errors_around_a_gap_do_not_show_how_long_they_lasted(harness: Harness, response: str, gap: str) -> None:
    """The last due time of each schedule finds the job in its final state."""
    due = GAPS[gap]

    def fault(request: httpx.Request, number: int) -> httpx.Response | None:
        if number >= len(due):
            return None
        return reset(request) if response == "reset" else {**ERRORS, **UNEXPECTED}[response]()

    assert harness.wait_for_dock(ends_at(0), fault=fault, timeout=3600, schedule=due).status == "SUCCESS"


@pytest.mark.parametrize("error_timeout", [3, 20, 120])
@pytest.mark.parametrize("stopped", [1.1, 5, 100])
def test_time_in_which_the_process_was_stopped_is_not_a_time_of_errors(
    harness: Harness, error_timeout: float, stopped: float
) -> None:
    def fault(_: httpx.Request, number: int) -> httpx.Response | None:
        if number == 1:
            harness.clock.time += stopped * error_timeout
        return json_response(503) if number <= 3 else None

    due = itertools.count(0, error_timeout / 10)
    final = harness.wait_for_dock(ends_at(0), fault=fault, error_timeout=error_timeout, timeout=None, schedule=due)

    assert final.status == "SUCCESS"


@pytest.mark.parametrize("interval", [5, 20, 59, 60, 300])
@pytest.mark.parametrize("status", [503, 404])
def test_errors_at_a_regular_interval_end_the_wait_in_time(harness: Harness, status: int, interval: int) -> None:
    """An interval of half the time that errors are tolerated, or more, leaves three samples."""
    tolerated = 120 if status == 503 else 30
    with pytest.raises((ServerError, NotFoundError)):
        harness.wait_for_dock(
            ends_at(0), fault=lambda *_: json_response(status), timeout=None, schedule=itertools.count(0, interval)
        )

    assert max(tolerated, 2 * interval) <= harness.clock.time <= max(tolerated + 2 * interval, 2 * interval) + 60


@pytest.mark.parametrize("response", UNEXPECTED)
@pytest.mark.parametrize("earlier", ["call", "another wait", "same wait"])
def test_unexpected_responses_after_a_valid_one_are_retried(harness: Harness, earlier: str, response: str) -> None:
    fault_start = [0.0]

    def fault(*_: Any) -> httpx.Response | None:
        return UNEXPECTED[response]() if fault_start[0] <= harness.clock.time < fault_start[0] + 60 else None

    fault_start[0] = 1e9
    api = harness.client(
        "AIForProcess",
        harness.vendor(
            lambda name, now: dock_status(name, "SUCCESS" if name != "ds-1" or now > 100 else "IN_PROGRESS"),
            fault=fault,
        ),
    )
    if earlier == "call":
        harness.call(lambda: api.get_dock_status("ds-0"))
    elif earlier == "another wait":
        harness.call(lambda: api.wait_for_dock_status("ds-0"))
    fault_start[0] = harness.clock.time + (5 if earlier == "same wait" else 0)

    assert harness.call(lambda: api.wait_for_dock_status("ds-1")).status == "SUCCESS"


@pytest.mark.parametrize("response", UNEXPECTED)
def test_only_unexpected_responses_end_wait_after_30_seconds(harness: Harness, response: str) -> None:
    with pytest.raises(UnexpectedResponseError):
        harness.wait_for_dock(ends_at(0), fault=lambda *_: UNEXPECTED[response]())

    assert 30 <= harness.clock.time < 60


# Retry-After beyond the deadline


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("timeout", "retry_after"), [(2.5, 3600), (50, 600), (50, 51), (3600, 3700), (3600, 86_400)])
def test_retry_after_beyond_deadline_leaves_last_poll_before_deadline(
    harness: Harness, status: int, timeout: float, retry_after: int
) -> None:
    with pytest.raises(JobTimeoutError, match=f"returned {status}") as caught:
        harness.wait_for_dock(
            ends_at(1e9), fault=lambda *_: json_response(status, retry_after=str(retry_after)), timeout=timeout
        )

    assert len(harness.last_vendor.polls) == 2
    assert timeout - 0.3 <= harness.last_vendor.poll_times[1] < timeout
    assert caught.value.elapsed == pytest.approx(timeout, abs=0.3)


@pytest.mark.parametrize(("timeout", "retry_after"), [(2.5, 3600), (50, 600), (3600, 86_400)])
def test_last_poll_after_long_retry_after_finds_ended_job(harness: Harness, timeout: float, retry_after: int) -> None:
    fault = lambda _, number: json_response(503, retry_after=str(retry_after)) if number == 1 else None  # noqa: E731

    assert harness.wait_for_dock(ends_at(1), fault=fault, timeout=timeout).status == "SUCCESS"
    assert len(harness.last_vendor.polls) == 2


@pytest.mark.parametrize(("timeout", "retry_after"), [(50, 600), (3600, 7200)])
def test_retry_after_of_pending_status_beyond_deadline(harness: Harness, timeout: float, retry_after: int) -> None:
    def busy(*_: Any) -> httpx.Response:
        state = "SUCCESS" if harness.clock.time > timeout / 2 else "IN_PROGRESS"
        return json_response(200, dock_status("ds-1", state), retry_after=str(retry_after))

    assert harness.wait_for_dock(ends_at(0), fault=busy, timeout=timeout).status == "SUCCESS"
    assert len(harness.last_vendor.polls) == 2


PAUSES: dict[str, dict[str, str]] = {
    "Retry-After": {"retry_after": "60"},
    "RateLimit": {"ratelimit": '"d";r=0;t=60'},
    "RateLimit-Reset": {"ratelimit_remaining": "0", "ratelimit_reset": "60"},
}


@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("status", [200, 429, 503])
@pytest.mark.parametrize("progress", [True, False], ids=["changing", "same"])
def test_timeout_error_names_the_pause_that_the_server_requested(
    harness: Harness, status: int, pause: str, progress: bool
) -> None:
    def respond(_: httpx.Request, number: int) -> httpx.Response:
        members = {"percentageComplete": number} if progress else {}
        return json_response(status, dock_status("ds-1", "IN_PROGRESS", **members), **PAUSES[pause])

    with pytest.raises(JobTimeoutError, match="the server requested a pause of 60 s"):
        harness.wait_for_dock(ends_at(1e9), fault=respond, timeout=1.5)


@pytest.mark.parametrize("pause", ["", "0", "0.1"])
def test_timeout_error_names_no_pause_that_has_delayed_nothing(harness: Harness, pause: str) -> None:
    report = dock_status("ds-1", "IN_PROGRESS")
    with pytest.raises(JobTimeoutError) as caught:
        harness.wait_for_dock(ends_at(0), fault=lambda *_: json_response(200, report, retry_after=pause), timeout=30)

    assert "pause" not in str(caught.value)


def test_last_poll_respects_documented_rate_limit(harness: Harness) -> None:
    vendor = harness.vendor(lambda name, _: publish_status(name, "r", 0, "inprogress"))
    api = harness.client("AIForService", vendor)
    for _ in range(60):
        harness.call(lambda: api.get_publish_status(STREAM_ID))

    with pytest.raises(JobTimeoutError):
        harness.call(lambda: api.wait_for_publish_status(STREAM_ID, timeout=30))
    assert len(vendor.polls) == 60


# Run ids


def missing_run_is_reported(caplog: pytest.LogCaptureFixture, error: BaseException | None = None) -> bool:
    """Return whether the log or the error says that the final status has no run id."""
    text = caplog.text + (str(error) + " ".join(getattr(error, "__notes__", ())) if error else "")
    return "identifies no run" in text


@pytest.mark.parametrize("run_id", [RunId((), 1_000.0), RunId((), EPOCH - 500)])
@pytest.mark.parametrize("members", [{}, {"provision_end_time": 1_790_000_000_000}, {"provision_start_time": None}])
def test_success_without_run_id_ends_wait_with_after_run(
    harness: Harness, caplog: pytest.LogCaptureFixture, run_id: RunId, members: dict[str, Any]
) -> None:
    caplog.set_level(logging.INFO, "job_status")
    vendor = harness.vendor(
        lambda job, now: {"workflow_id": job, "state": "COMPLETED" if now > 5 else "PROVISIONING", **members}
    )
    final = harness.call_method("OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w", after_run=run_id)

    assert final.state == "COMPLETED"
    assert harness.clock.time < 15
    assert missing_run_is_reported(caplog)


def test_failure_without_run_id_ends_wait_with_after_run(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    vendor = harness.vendor(workflow("FAILED"))
    with pytest.raises(JobFailedError) as caught:
        harness.call_method(
            "OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w", after_run=RunId((), EPOCH - 500)
        )

    assert harness.clock.time < 5
    assert missing_run_is_reported(caplog, caught.value)


@pytest.mark.parametrize("state", ["successful", "failed"])
def test_publish_status_without_run_id_ends_wait_with_after_run(
    harness: Harness, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    vendor = harness.vendor(lambda name, _: {"streamId": name, "status": state})
    run_id = RunId(("ds-old",), EPOCH - 500)
    error: BaseException | None = None
    try:
        harness.call_method("AIForService", vendor, "wait_for_publish_status", STREAM_ID, after_run=run_id)
    except JobFailedError as failed:
        error = failed

    assert (error is not None) == (state == "failed")
    assert harness.clock.time < 5
    assert missing_run_is_reported(caplog, error)


def test_pending_status_without_run_id_continues_wait(harness: Harness) -> None:
    run_id = RunId((), EPOCH - 500)
    with pytest.raises(JobTimeoutError):
        harness.call_method(
            "OpenSearchFlowFramework",
            harness.vendor(workflow("PROVISIONING")),
            "wait_for_workflow_status",
            "w",
            after_run=run_id,
            timeout=60,
        )


def test_workflow_status_of_previous_run_is_ignored(harness: Harness) -> None:
    report = lambda job, now: {  # noqa: E731
        "workflow_id": job,
        "state": "COMPLETED",
        "provision_start_time": 1_000_000 if now < 20 else 2_000_000,
    }
    api = harness.client("OpenSearchFlowFramework", harness.vendor(report))
    run_id = harness.call(api.workflow_status_job("w").current_run)
    harness.call(lambda: api.wait_for_workflow_status("w", after_run=run_id))

    assert 20 <= harness.clock.time < 30


# Tokens


class ShiftedClock(VirtualClock):
    """A virtual clock whose wall clock can be shifted against its monotonic time."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = 0.0

    def wall(self) -> float:
        """Return the Unix time in seconds, shifted."""
        return super().wall() + self.shift


class TwoMachines(Harness):
    """A harness in which a machine with another wall clock resumes a wait."""

    def __init__(self, asynchronous: bool) -> None:
        super().__init__(asynchronous)
        self.clock: ShiftedClock = ShiftedClock()

    def resumed_job(self, shift: float, timeout: float | None, after: float, slept: float = 0.0) -> Any:
        """Return a job that is resumed from a token.

        Args:
            shift: of the wall clock that the wait is resumed with, in seconds.
            timeout: of the job, in seconds.
            after: age of the job when its token is written, in seconds.
            slept: seconds between the writing of the token and its use.
        """
        vendor = Vendor(self.clock, ends_at(2000))
        self.last_vendor = vendor
        api = self.client("AIForProcess", vendor)
        job = api.dock_status_job("ds-1", timeout=timeout)
        self.clock.time += after
        token = job.token()
        self.clock.shift = shift
        self.clock.time += slept
        return api.resume(token)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def machines(request: pytest.FixtureRequest) -> TwoMachines:
    """Run a test with sync and with async clients on two machines."""
    return TwoMachines(request.param)


@pytest.mark.parametrize("back", [1, 60, 3600, 86_400 * 11, 86_400 * 3650])
@pytest.mark.parametrize("after", [0, 20])
def test_wall_clock_set_back_does_not_extend_deadline(machines: TwoMachines, back: float, after: float) -> None:
    job = machines.resumed_job(-back, 60, after)
    start = machines.clock.time
    with pytest.raises(JobTimeoutError) as caught:
        machines.call(job.wait)

    assert machines.clock.time - start <= 60 - after + 0.01
    assert caught.value.elapsed == pytest.approx(60, abs=0.5)


@pytest.mark.parametrize("ahead", [3600, 86_400 * 11])
def test_wall_clock_set_ahead_leaves_one_poll(machines: TwoMachines, ahead: float) -> None:
    job = machines.resumed_job(ahead, 60, 0)
    with pytest.raises(JobTimeoutError):
        machines.call(job.wait)

    assert len(machines.last_vendor.polls) == 1


def test_resumed_wait_keeps_deadline_if_clocks_agree(machines: TwoMachines) -> None:
    job = machines.resumed_job(0, 60, 10, slept=5)
    with pytest.raises(JobTimeoutError):
        machines.call(job.wait)

    assert machines.clock.time == pytest.approx(60, abs=0.01)


def test_token_without_deadline_is_resumed_without_deadline(machines: TwoMachines) -> None:
    job = machines.resumed_job(-1000, None, 0)

    assert json.loads(job.token())["deadline"] is None


def test_repeatedly_resumed_wait_is_not_extended(machines: TwoMachines) -> None:
    api = machines.client("AIForProcess", machines.vendor(ends_at(2000)))
    job = api.dock_status_job("ds-1", timeout=60)
    for _ in range(5):
        token = job.token()
        machines.clock.shift -= 1000
        machines.clock.time += 5
        job = api.resume(token)
    with pytest.raises(JobTimeoutError):
        machines.call(job.wait)

    # The wall clock does not show the 5 seconds of each round, so that these are lost.
    assert machines.clock.time <= 25 + 60.01


@pytest.mark.parametrize("rounds", [1, 2, 5])
@pytest.mark.parametrize("shift", [0.0, -3600.0])
def test_token_carries_polls_and_elapsed_time(machines: TwoMachines, rounds: int, shift: float) -> None:
    api = machines.client("AIForProcess", machines.vendor(ends_at(1e9)))
    with pytest.raises(JobTimeoutError) as caught:
        machines.call(lambda: api.wait_for_dock_status("ds-1", timeout=20))
    for _ in range(rounds):
        token = caught.value.token
        machines.clock.shift += shift
        with pytest.raises(JobTimeoutError) as caught:
            machines.call(api.resume(token, timeout=20).wait)

    polls, elapsed = len(machines.last_vendor.polls), 20 * (rounds + 1)
    assert (caught.value.polls, caught.value.wait.polls) == (polls, polls)
    assert caught.value.elapsed == pytest.approx(elapsed, abs=0.5)
    assert f"timed out after {elapsed}.0 s: still IN_PROGRESS after {polls} polls" in str(caught.value)


def test_token_carries_number_of_errors(machines: TwoMachines) -> None:
    fault = lambda _, number: json_response(503) if number < 4 else None  # noqa: E731
    api = machines.client("AIForProcess", machines.vendor(ends_at(1e9), fault=fault))
    with pytest.raises(JobTimeoutError) as caught:
        machines.call(lambda: api.wait_for_dock_status("ds-1", timeout=20))
    token = caught.value.token
    with pytest.raises(JobTimeoutError) as caught:
        machines.call(api.resume(token, timeout=20).wait)

    assert caught.value.wait.failed_polls == 3


@pytest.mark.parametrize(
    "dropped", [["polls"], ["elapsed"], ["remaining"], ["polls", "elapsed", "remaining", "failed_polls"]]
)
def test_token_of_previous_version_is_accepted(harness: Harness, dropped: list[str]) -> None:
    api = harness.client("AIForProcess", harness.vendor(ends_at(5)))
    token = json.loads(api.dock_status_job("ds-1", timeout=60).token())
    assert "polls" in token

    kept = {name: value for name, value in token.items() if name not in dropped}
    assert harness.call(api.resume(json.dumps(kept)).wait).status == "SUCCESS"


@pytest.mark.parametrize(
    ("name", "value"),
    [("polls", -1), ("polls", "3"), ("polls", True), ("polls", 1.5), ("polls", 10**400)],
    ids=["negative", "string", "bool", "fraction", "huge"],
)
def test_invalid_count_in_token_is_rejected(harness: Harness, name: str, value: Any) -> None:
    api = harness.client("AIForProcess", harness.vendor(ends_at(5)))
    token = json.loads(api.dock_status_job("ds-1", timeout=60).token())

    with pytest.raises(InvalidArgumentError, match=f"the token's {name} must be"):
        api.resume(json.dumps({**token, name: value}))


def test_elapsed_time_includes_time_before_resuming(machines: TwoMachines) -> None:
    job = machines.resumed_job(0, 60, 10, slept=20)
    with pytest.raises(JobTimeoutError) as caught:
        machines.call(job.wait)

    assert caught.value.elapsed == pytest.approx(60, abs=0.1)


def test_virtual_epoch_is_in_2026() -> None:
    assert datetime.datetime.fromtimestamp(EPOCH, tz=datetime.UTC).year == 2026


def test_threads_retry_errors_with_retry_after() -> None:
    """Threads use real time, so that Retry-After is 0.1 s; `error_timeout` is shorter than all of them together."""
    requests = [0]

    def handle(request: httpx.Request) -> httpx.Response:
        requests[0] += 1
        return (
            json_response(429, retry_after="0.1")
            if requests[0] < 8
            else json_response(200, dock_status("ds-1", "SUCCESS"))
        )

    with AIForProcess("http://v", api_key="k", http_transport=httpx.MockTransport(handle)) as api:
        (outcome,) = wait_all([api.dock_status_job("ds-1", timeout=30, error_timeout=0.3, schedule=[0, 0.1])])

    assert outcome.error is None
