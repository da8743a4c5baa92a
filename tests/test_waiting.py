"""Waits for one job: poll schedule, transient errors, states, run ids, rate limits, tokens and outcomes."""

import asyncio
import itertools
import json
import logging
import pickle
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, assert_type

import httpx
import pytest
import trio
from job_status import (
    AgentPlatform,
    AIForProcess,
    AIForService,
    AsyncAgentPlatform,
    AsyncAIForProcess,
    AsyncAIForService,
    AsyncJob,
    AsyncOpenSearchFlowFramework,
    CallError,
    InvalidArgumentError,
    Job,
    JobError,
    JobFailedError,
    JobNotStartedError,
    JobStatusError,
    JobTimeoutError,
    NotFoundError,
    OpenSearchFlowFramework,
    RunId,
    ServerError,
    TransportError,
    UnauthorizedError,
    UnexpectedResponseError,
)
from job_status._client.polling.token import dumps, loads
from job_status.ai_for_process.models import DockStatus, ModelUndeployment
from job_status.ai_for_service.models import PublishStatus
from job_status.opensearch_flow_framework.models import WorkflowStatus

from .fuzz import corrupt_value
from .harness import STREAM_ID, Harness, publish_status, rate_is_within
from .hostile import always, hostile, http_response
from .vendor import Vendor, dock_status, ends_at, json_response, workflow
from .virtual_clock import EPOCH, VirtualClock, run_until_complete


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def harness(request: pytest.FixtureRequest) -> Harness:
    """Run a test with sync and with async clients."""
    return Harness(request.param)


# Outcomes


def test_success_returns_final_status(harness: Harness) -> None:
    status = harness.wait_for_dock(ends_at(20, "SUCCESS"))

    assert (type(status), status.status, status.field_id) == (DockStatus, "SUCCESS", "ds-1")
    assert 20 <= harness.clock.time < 26


def test_job_failed_error_has_reason_elapsed_and_polls(harness: Harness) -> None:
    vendor = harness.vendor(
        lambda name, now: publish_status(name, "ds-9", 0, "failed" if now > 5 else "inprogress", error="no  module")
    )

    with pytest.raises(
        JobFailedError, match=r"get_publish_status st-1: failed after \d+\.\d s and \d polls: no module"
    ) as e:
        harness.call_method("AIForService", vendor, "wait_for_publish_status", STREAM_ID)

    assert (e.value.reason, e.value.state, e.value.polls) == ("no module", "failed", len(vendor.polls))
    assert isinstance(e.value.status, PublishStatus)
    assert e.value.elapsed == pytest.approx(harness.clock.time)


def test_timeout_error_has_progress(harness: Harness) -> None:
    vendor = harness.vendor(lambda name, _: publish_status(name, "ds-9", 0, "inprogress", percentageComplete=40))

    with pytest.raises(
        JobTimeoutError,
        match=r"timed out after 30\.0 s: still inprogress \(40 %\) after \d+ polls\. The job is still running",
    ) as e:
        harness.call_method("AIForService", vendor, "wait_for_publish_status", STREAM_ID, timeout=30)

    assert harness.clock.time == pytest.approx(30)
    assert e.value.wait.progress == 40
    assert 29.4 < vendor.poll_times[-1] < 30


def test_last_poll_is_just_before_deadline(harness: Harness) -> None:
    for timeout in (0.001, 0.3, 3, 77.7, 1000):
        start = harness.clock.time
        with pytest.raises(JobTimeoutError):
            harness.wait_for_dock(lambda name, _: dock_status(name, "IN_PROGRESS"), timeout=timeout)

        times = [time - start for time in harness.last_vendor.poll_times]
        assert times
        assert max(times) < timeout
        assert timeout - max(times) <= min(0.6, timeout)
        assert harness.clock.time - start == pytest.approx(timeout, abs=1e-6)


def test_timeout_none_waits_indefinitely(harness: Harness) -> None:
    status = harness.wait_for_dock(ends_at(100_000), timeout=None)

    assert status.status == "SUCCESS"
    assert harness.clock.time >= 100_000


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5", True, 10**400])
def test_invalid_timeout_is_rejected(harness: Harness, timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout= must be a number of seconds above 0"):
        harness.wait_for_dock(ends_at(1), timeout=timeout)


# Poll schedule


def test_default_schedule_is_quadratic(harness: Harness) -> None:
    """Poll k is due at k**2 / 3 seconds, with gaps between 0.5 and 30 seconds."""
    harness.wait_for_dock(ends_at(3000))

    times = harness.last_vendor.poll_times
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] == pytest.approx(0, abs=1e-6)
    assert all(0.5 - 1e-9 <= gap <= 30 for gap in gaps)
    assert sum(time <= 400 for time in times) == pytest.approx(36, abs=4)
    assert all(gap >= 27 for earlier, gap in zip(times, gaps, strict=False) if earlier > 1000)


def test_default_schedule_has_jitter() -> None:
    seen = []
    for _ in range(2):
        harness = Harness(asynchronous=False)
        harness.wait_for_dock(ends_at(60))
        seen.append(harness.last_vendor.poll_times)

    assert seen[0] != seen[1]


def test_custom_schedule(harness: Harness) -> None:
    harness.wait_for_dock(ends_at(21), schedule=[0, 1, 3, 8])

    assert harness.last_vendor.poll_times == pytest.approx([0, 1, 3, 8, 13, 18, 23], abs=1e-6)


def test_missed_due_times_are_skipped(harness: Harness) -> None:
    def slow(_: httpx.Request, number: int) -> None:
        harness.clock.time += 2.5 if number == 2 else 0

    harness.wait_for_dock(ends_at(6), fault=slow, schedule=itertools.count(1, 1))

    assert harness.last_vendor.poll_times == pytest.approx([1, 2, 5, 6], abs=1e-6)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (5, "schedule= must be an iterable of due times"),
        ([], "schedule= is empty"),
        ([3, 3], "schedule= must have increasing due times, got 3 after 3"),
        ([1, 0.5], "schedule= must have increasing due times"),
        (["soon"], "schedule= must contain due times in seconds, got 'soon'"),
        ([-1], "schedule= must contain due times in seconds, got -1"),
        (itertools.repeat(0), "schedule= must have increasing due times, got 0 after 0"),
    ],
)
def test_invalid_schedule_is_rejected(harness: Harness, schedule: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        harness.wait_for_dock(ends_at(100), schedule=schedule)


def test_old_run_is_polled_at_once_and_then_by_its_age(harness: Harness) -> None:
    """The gap between polls depends on the age of the run, not of the wait."""
    harness.clock.time = 900.0
    vendor = harness.vendor(
        lambda name, now: publish_status(name, "ds-1", 0, "successful" if now > 960 else "inprogress")
    )

    harness.call_method("AIForService", vendor, "wait_for_publish_status", STREAM_ID)

    assert vendor.poll_times[0] == pytest.approx(900)
    assert len(vendor.poll_times) <= 4


# Transient errors


def first_responses(*codes: int, **headers: str) -> Callable[[httpx.Request, int], httpx.Response | None]:
    """Return a fault that responds to the first requests with these HTTP status codes."""
    return lambda _, number: json_response(codes[number - 1], **headers) if number <= len(codes) else None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520])
def test_transient_http_errors_are_retried(harness: Harness, status: int) -> None:
    assert harness.wait_for_dock(ends_at(5), fault=first_responses(status, status, status)).status == "SUCCESS"


def test_connection_errors_are_retried(harness: Harness) -> None:
    def reset(_: httpx.Request, number: int) -> None:
        if number < 4:
            raise httpx.ReadError("reset by peer")

    assert harness.wait_for_dock(ends_at(5), fault=reset).status == "SUCCESS"


def test_persistent_errors_end_wait_after_error_timeout(harness: Harness) -> None:
    fault = lambda _, number: json_response(503) if number > 3 else None  # noqa: E731

    with pytest.raises(ServerError, match="returned 503") as e:
        harness.wait_for_dock(ends_at(5000), fault=fault, error_timeout=100)

    assert e.value.wait is not None
    assert (e.value.wait.state, e.value.wait.polls) == ("IN_PROGRESS", len(harness.last_vendor.polls))
    assert e.value.wait.failed_polls == len(harness.last_vendor.polls) - 3
    assert e.value.__notes__[0].startswith("This ended the wait for get_dock_status ds-1 after ")
    assert 100 < harness.clock.time < 200


def test_intermittent_errors_are_retried_indefinitely(harness: Harness) -> None:
    flapping = lambda _, number: json_response(502) if number % 2 else None  # noqa: E731

    assert harness.wait_for_dock(ends_at(3000), fault=flapping).status == "SUCCESS"


def test_timeout_error_reports_last_transient_error(harness: Harness) -> None:
    with pytest.raises(JobTimeoutError, match=r"no status received in \d+ polls \(last error: .* returned 503") as e:
        harness.wait_for_dock(ends_at(5000), fault=lambda *_: json_response(503), timeout=60)

    assert e.value.wait.last_error is not None
    assert (e.value.state, e.value.status) == (None, None)


def test_transient_errors_do_not_shorten_timeout(harness: Harness) -> None:
    for timeout in (1, 7, 55):
        start = harness.clock.time
        with pytest.raises(JobTimeoutError, match="no status received"):
            harness.wait_for_dock(ends_at(5000), fault=lambda *_: json_response(503), timeout=timeout)

        assert harness.clock.time - start == pytest.approx(timeout, abs=1e-6)
        assert timeout - (harness.last_vendor.poll_times[-1] - start) < 0.6


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"_id":"ds-1"}', b'{"_id":"ds-1","status":7}', b'{"status":"SUCCESS"}', b'{"a":NaN}']
)
def test_only_unexpected_responses_end_wait_after_30_seconds(harness: Harness, body: bytes) -> None:
    with pytest.raises(UnexpectedResponseError):
        harness.wait_for_dock(ends_at(0), fault=lambda *_: httpx.Response(200, content=body))

    assert 30 <= harness.clock.time < 60


def test_initial_html_responses_are_retried(harness: Harness) -> None:
    page = lambda *_: httpx.Response(200, html="<h1>Maintenance</h1>") if harness.clock.time < 15 else None  # noqa: E731

    assert harness.wait_for_dock(ends_at(60), fault=page).status == "SUCCESS"


def test_only_consecutive_404s_are_counted(harness: Harness) -> None:
    assert (
        harness.wait_for_dock(ends_at(0), fault=first_responses(404, 503, 404, 503, 404, 503, 404, 503)).status
        == "SUCCESS"
    )


def test_html_responses_between_statuses_are_retried(harness: Harness) -> None:
    page = lambda _, number: httpx.Response(200, html="<h1>Maintenance</h1>") if 2 < number < 9 else None  # noqa: E731

    assert harness.wait_for_dock(ends_at(60), fault=page).status == "SUCCESS"


@pytest.mark.parametrize("status", [400, 401, 403, 410])
def test_permanent_http_errors_end_wait_at_once(harness: Harness, status: int) -> None:
    with pytest.raises(CallError) as e:
        harness.wait_for_dock(ends_at(60), fault=lambda _, number: json_response(status) if number == 3 else None)

    assert len(harness.last_vendor.polls) == 3
    assert e.value.wait is not None
    assert e.value.wait.state == "IN_PROGRESS"


def test_retry_after_delays_only_next_poll(harness: Harness) -> None:
    fault = lambda _, number: json_response(429, retry_after="20") if number == 2 else None  # noqa: E731
    harness.wait_for_dock(ends_at(60), fault=fault)

    times = harness.last_vendor.poll_times
    assert 20 <= times[2] - times[1] <= 22.1
    assert times[3] - times[2] < 12


def test_retry_after_of_pending_status_delays_next_poll(harness: Harness) -> None:
    vendor = harness.vendor(
        lambda *_: None,
        fault=lambda _, n: json_response(
            200, dock_status("ds-1", "IN_PROGRESS" if n < 3 else "SUCCESS"), retry_after="9"
        ),
    )

    harness.call_method("AIForProcess", vendor, "wait_for_dock_status", "ds-1")

    assert all(later - earlier >= 9 for earlier, later in itertools.pairwise(vendor.poll_times))


# States


def test_unknown_state_is_pending_and_logged_once(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    state = f"PAUSED_{harness.asynchronous}"
    status = harness.wait_for_dock(ends_at(30, "SUCCESS", state))

    messages = [record.getMessage() for record in caplog.records if state in record.getMessage()]
    assert status.status == "SUCCESS"
    assert messages == [
        f"get_dock_status ds-1: unknown state '{state}', treated as pending; documented: IN_PROGRESS, SUCCESS, FAILED"
    ]


@pytest.mark.parametrize("state", ["Success", "success", "SUC-CESS", " success "])
def test_states_match_in_any_case_and_punctuation(harness: Harness, state: str) -> None:
    assert harness.wait_for_dock(ends_at(0, state)).status == state


def test_status_of_another_job_is_ignored(harness: Harness) -> None:
    def report(name: str, now: float) -> Any:
        return (
            dock_status("ds-2", "SUCCESS")
            if 0.1 < now < 5
            else dock_status(name, "FAILED" if now > 9 else "IN_PROGRESS")
        )

    with pytest.raises(JobFailedError):
        harness.wait_for_dock(report)


def test_job_not_started_error_after_not_started_timeout(harness: Harness) -> None:
    vendor = harness.vendor(workflow("NOT_STARTED"))

    with pytest.raises(
        JobNotStartedError, match=r"w-1: NOT_STARTED for 1[01]\.\d s; the job has not been started"
    ) as e:
        harness.call_method(
            "OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w-1", not_started_timeout=10
        )

    assert 10 <= harness.clock.time < 10.2
    assert isinstance(e.value.status, WorkflowStatus)


def test_job_started_within_not_started_timeout_is_waited_for(harness: Harness) -> None:
    def report(name: str, now: float) -> Any:
        return {"workflow_id": name, "state": "NOT_STARTED" if now < 8 else "PROVISIONING" if now < 60 else "COMPLETED"}

    vendor = harness.vendor(report)
    status = harness.call_method(
        "OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w-1", not_started_timeout=10
    )

    assert status.state == "COMPLETED"


# Start responses


def undeployment(**body: Any) -> ModelUndeployment:
    """Return the response of a start."""
    return ModelUndeployment.from_dict({"modelId": "cm-1", "jobType": "MODELS", "action": "UNDEPLOY", **body})


@pytest.mark.parametrize("spelling", ["dock-statusId", "dockStatusId"])
def test_job_id_of_start_response_in_either_spelling(harness: Harness, spelling: str) -> None:
    vendor = harness.vendor(ends_at(12))

    status = harness.call_method(
        "AIForProcess", vendor, "wait", undeployment(**{spelling: "ds-7", "status": "IN_PROGRESS"})
    )

    assert (status.field_id, status.status) == ("ds-7", "SUCCESS")
    assert 0.5 <= vendor.poll_times[0] <= 0.63


def test_first_link_that_resolves_is_followed(harness: Harness) -> None:
    vendor = harness.vendor(ends_at(0))
    started = undeployment(**{"dockStatusId": "ds-camel", "dock-statusId": "ds-dashed", "status": "IN_PROGRESS"})

    assert harness.call_method("AIForProcess", vendor, "wait", started).field_id == "ds-dashed"


@pytest.mark.parametrize("state", ["SUCCESS", "FAILED"])
def test_start_response_with_final_state_is_confirmed_by_one_poll(harness: Harness, state: str) -> None:
    """The state in the status response decides, not the state in the start response."""
    vendor = harness.vendor(ends_at(0))

    status = harness.call_method("AIForProcess", vendor, "wait", undeployment(dockStatusId="ds-7", status=state))

    assert (status.status, len(vendor.poll_times)) == ("SUCCESS", 1)
    assert harness.clock.time < 0.01


def test_failed_start_response_without_job_id_raises_job_failed(harness: Harness) -> None:
    vendor = harness.vendor(ends_at(0))

    with pytest.raises(JobFailedError, match="undeploy_model: FAILED, and the response contains no job id") as e:
        harness.call_method("AIForProcess", vendor, "wait", undeployment(status="FAILED"))

    assert e.value.status is not None
    assert e.value.status.model_id == "cm-1"
    assert vendor.polls == []


def test_start_response_without_job_id_raises_unexpected_response(harness: Harness) -> None:
    with pytest.raises(UnexpectedResponseError, match="/dock-statusId or /dockStatusId is missing"):
        harness.call_method("AIForProcess", harness.vendor(ends_at(0)), "wait", undeployment(status="SUCCESS"))


def test_start_response_with_empty_or_unsafe_job_id(harness: Harness) -> None:
    vendor = harness.vendor(ends_at(0))
    started = undeployment(**{"dock-statusId": "", "dockStatusId": "ds-7", "status": "IN_PROGRESS"})

    assert harness.call_method("AIForProcess", vendor, "wait", started).field_id == "ds-7"
    with pytest.raises(UnexpectedResponseError, match="contains an id that cannot be requested"):
        harness.call_method("AIForProcess", vendor, "wait", undeployment(dockStatusId="..", status="IN_PROGRESS"))


@pytest.mark.parametrize("other", ["ds-1", None, 7])
def test_wait_rejects_anything_but_a_start_response(harness: Harness, other: Any) -> None:
    with pytest.raises(
        InvalidArgumentError, match=r"wait\(\) expects the ModelUndeployment returned by undeploy_model\(\), got"
    ):
        harness.call_method("AIForProcess", harness.vendor(ends_at(0)), "wait", other)


@pytest.mark.parametrize("identifier", ["", ".", "..", "a\nb", None, ["x"], True])
def test_unsafe_id_is_rejected(harness: Harness, identifier: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        harness.call_method("AIForProcess", harness.vendor(ends_at(0)), "wait_for_dock_status", identifier)


# on_update


def test_on_update_is_called_once_per_change(harness: Harness) -> None:
    def report(name: str, now: float) -> Any:
        done = min(int(now) // 20 * 20, 100)
        return publish_status(
            name, "ds-1", 0, "successful" if done == 100 else "inprogress", percentageComplete=done, n=now
        )

    updates: list[tuple[str, float | None]] = []
    vendor = harness.vendor(report)
    harness.call_method(
        "AIForService",
        vendor,
        "wait_for_publish_status",
        STREAM_ID,
        on_update=lambda status, progress: updates.append((str(status.status), progress)),
    )

    assert [progress for _, progress in updates] == [0, 20, 40, 60, 80, 100]
    assert updates[-1][0] == "successful"
    assert len(vendor.polls) > 6


def test_on_update_can_be_async() -> None:
    harness = Harness(asynchronous=True)
    updates: list[Any] = []

    async def on_update(status: Any, progress: float | None) -> None:
        await asyncio.sleep(1)
        updates.append((status.status, progress))

    harness.wait_for_dock(ends_at(10), on_update=on_update)

    assert updates == [("IN_PROGRESS", None), ("SUCCESS", None)]


def test_sync_client_rejects_async_on_update() -> None:
    async def on_update(*_: Any) -> None:
        raise AssertionError

    with pytest.raises(InvalidArgumentError, match="on_update= is an async callable; a sync client needs a sync one"):
        Harness(asynchronous=False).wait_for_dock(ends_at(1), on_update=on_update)


def test_exception_of_on_update_propagates_and_job_can_be_waited_for_again(harness: Harness) -> None:
    api = harness.client("AIForProcess", harness.vendor(ends_at(10)))
    calls = itertools.count()

    def on_update(*_: Any) -> None:
        if next(calls) == 0:
            raise LookupError("of the caller")

    job = api.dock_status_job("ds-1", on_update=on_update)
    with pytest.raises(LookupError, match="of the caller") as e:
        harness.call(job.wait)

    assert "keep running: get_dock_status ds-1 (IN_PROGRESS)" in e.value.__notes__[0]
    assert harness.call(job.wait).status == "SUCCESS"


# Run ids


def test_after_run_ignores_that_run(harness: Harness) -> None:
    def report(name: str, now: float) -> Any:
        if now < 30:
            return publish_status(name, "ds-old", -500, "successful")
        return publish_status(name, "ds-new", 12, "successful" if now > 60 else "inprogress")

    api = harness.client("AIForService", harness.vendor(report))
    run_id = harness.call(api.publish_status_job(STREAM_ID).current_run)
    status = harness.call(lambda: api.wait_for_publish_status(STREAM_ID, after_run=run_id))

    assert run_id == RunId(("ds-old",), EPOCH - 500)
    assert status.field_id == "ds-new"
    assert harness.clock.time > 60


def test_after_run_ignores_older_runs(harness: Harness) -> None:
    def report(name: str, now: float) -> Any:
        return (
            publish_status(name, "ds-older", -900, "failed")
            if now < 30
            else publish_status(name, "ds-new", 1, "successful")
        )

    run_id = RunId(("ds-old",), EPOCH - 500)
    vendor = harness.vendor(report)

    assert (
        harness.call_method("AIForService", vendor, "wait_for_publish_status", STREAM_ID, after_run=run_id).field_id
        == "ds-new"
    )


def test_stale_status_of_previous_run_is_ignored(harness: Harness) -> None:
    def report(name: str, now: float) -> Any:
        if 5 < now < 20:
            return publish_status(name, "ds-old", -500, "failed")
        return publish_status(name, "ds-new", 0, "inprogress" if now < 40 else "successful")

    vendor = harness.vendor(report)

    assert harness.call_method("AIForService", vendor, "wait_for_publish_status", STREAM_ID).field_id == "ds-new"


def test_timeout_error_reports_missing_newer_run(harness: Harness) -> None:
    api = harness.client(
        "AIForService", harness.vendor(lambda name, _: publish_status(name, "ds-old", 0, "successful"))
    )
    run_id = harness.call(api.publish_status_job(STREAM_ID).current_run)

    with pytest.raises(JobTimeoutError, match=r"timed out after 20\.0 s: no later run reported"):
        harness.call(lambda: api.wait_for_publish_status(STREAM_ID, after_run=run_id, timeout=20))


def test_any_run_is_newer_than_no_run(harness: Harness) -> None:
    report = lambda name, now: publish_status(name, "ds-1", 70, "successful") if now > 70 else None  # noqa: E731
    api = harness.client("AIForService", harness.vendor(report))
    run_id = harness.call(api.publish_status_job(STREAM_ID).current_run)
    harness.clock.time = 80

    assert not run_id.is_known
    assert harness.call(lambda: api.wait_for_publish_status(STREAM_ID, after_run=run_id)).field_id == "ds-1"


def test_polls_request_the_parameters_that_include_run_times(harness: Harness) -> None:
    """The start time of a run is only in responses to requests with `all=true`."""

    def report(name: str, now: float) -> Any:
        run = {"provision_start_time": 1_000_000_000_000 if now < 9 else 1_000_000_060_000}
        return {
            "workflow_id": name,
            "state": "COMPLETED",
            **(run if "all=true" in str(vendor.requests[-1].url) else {}),
        }

    vendor = harness.vendor(report)
    api = harness.client("OpenSearchFlowFramework", vendor)
    run_id = harness.call(api.workflow_status_job("w").current_run)
    status = harness.call(lambda: api.wait_for_workflow_status("w", after_run=run_id))

    assert (run_id.requested_at, status.provision_start_time) == (1_000_000_000.0, 1_000_000_060_000)


@pytest.mark.parametrize(
    "spelling",
    [{"requestedTime": None}, {"requestedTime": "2026-09-21T14:05:00.000Z"}, {"requestedTime": 1_789_999_500_000}],
)
def test_previous_run_is_recognized_in_any_timestamp_format(harness: Harness, spelling: dict[str, Any]) -> None:
    def report(name: str, now: float) -> Any:
        old = publish_status(name, "ds-old", -500, "successful")
        return old if now < 1 else {**old, **spelling} if now < 30 else publish_status(name, "ds-new", 20, "successful")

    api = harness.client("AIForService", harness.vendor(report))
    run_id = harness.call(api.publish_status_job(STREAM_ID).current_run)
    harness.clock.time = 2

    assert harness.call(lambda: api.wait_for_publish_status(STREAM_ID, after_run=run_id)).field_id == "ds-new"


def test_current_run_retries_404_and_raises_on_404_of_a_proxy(harness: Harness) -> None:
    vendor = harness.vendor(
        lambda name, _: publish_status(name, "ds-old", 0, "successful"), fault=first_responses(404, 404)
    )
    api = harness.client("AIForService", vendor)

    assert harness.call(api.publish_status_job(STREAM_ID).current_run).ids == ("ds-old",)
    vendor.fault = lambda *_: httpx.Response(404, html="<h1>nginx</h1>")
    with pytest.raises(NotFoundError):
        harness.call(api.publish_status_job(STREAM_ID).current_run)


def test_not_started_timeout_applies_with_after_run(harness: Harness) -> None:
    api = harness.client("OpenSearchFlowFramework", harness.vendor(workflow("NOT_STARTED")))
    run_id = harness.call(api.workflow_status_job("w").current_run)

    with pytest.raises(JobNotStartedError):
        harness.call(lambda: api.wait_for_workflow_status("w", after_run=run_id))
    assert harness.clock.time < 40


def test_invalid_after_run_is_rejected(harness: Harness) -> None:
    with pytest.raises(InvalidArgumentError, match=r"after_run= must be a RunId from current_run\(\), got 'ds-1'"):
        harness.call_method(
            "AIForService", harness.vendor(ends_at(0)), "wait_for_publish_status", STREAM_ID, after_run="ds-1"
        )


def test_current_run_is_rejected_for_jobs_without_run_ids(harness: Harness) -> None:
    api = harness.client("AIForProcess", harness.vendor(ends_at(0)))

    with pytest.raises(InvalidArgumentError, match="does not identify runs of this job"):
        harness.call(api.dock_status_job("ds-1").current_run)


# Rate limits


def test_waits_for_one_url_share_documented_rate_limits() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, lambda name, now: publish_status(name, "r", 0, "successful" if now > 900 else "inprogress"))

    async def wait_for_all() -> None:
        cls = clock.client_class(AsyncAIForService)
        async with cls("http://v", jwt="token", http_transport=httpx.MockTransport(vendor)) as api:
            waits = [api.wait_for_publish_status(STREAM_ID, schedule=itertools.count(i / 10, 1)) for i in range(9)]
            for _ in range(20):
                await api.get_publish_status(STREAM_ID)
            await asyncio.gather(*waits)

    run_until_complete(clock, wait_for_all())

    assert len(vendor.polls) > 700
    assert rate_is_within(vendor.poll_times, 60, 60)
    assert rate_is_within(vendor.poll_times, 1800, 3600)


def test_rate_limited_wait_ends_at_deadline(harness: Harness) -> None:
    vendor = harness.vendor(lambda name, _: publish_status(name, "r", 0, "inprogress"))
    api = harness.client("AIForService", vendor)
    for _ in range(60):
        harness.call(lambda: api.get_publish_status(STREAM_ID))

    with pytest.raises(JobTimeoutError, match=r"timed out after 0\.0 s: no status received in 0 polls"):
        harness.call(lambda: api.wait_for_publish_status(STREAM_ID, timeout=30))
    assert len(vendor.polls) == 60
    harness.clock.time += 62
    with pytest.raises(JobTimeoutError, match="still inprogress"):
        harness.call(lambda: api.wait_for_publish_status(STREAM_ID, timeout=1))


def test_retry_after_applies_to_all_waits_for_url() -> None:
    clock = VirtualClock()
    fault = lambda _, number: json_response(429, retry_after="40") if number == 3 else None  # noqa: E731
    vendor = Vendor(clock, lambda name, now: dock_status(name, "SUCCESS" if now > 60 else "IN_PROGRESS"), fault=fault)

    async def wait_for_all() -> None:
        async with clock.client_class(AsyncAIForProcess)(
            "http://v", api_key="k", http_transport=httpx.MockTransport(vendor)
        ) as api:
            await asyncio.gather(
                *(api.wait_for_dock_status("ds-1", schedule=itertools.count(i / 4, 1)) for i in range(4))
            )

    run_until_complete(clock, wait_for_all())

    assert not [time for time in vendor.poll_times[3:] if time < vendor.poll_times[2] + 40]


# Tokens


def test_resumed_wait_keeps_deadline(harness: Harness) -> None:
    api = harness.client("AIForProcess", harness.vendor(lambda name, _: dock_status(name, "IN_PROGRESS")))
    token = api.dock_status_job("ds-1", timeout=100).token()
    harness.clock.time += 70
    resumed = api.resume(token)

    with pytest.raises(JobTimeoutError) as e:
        harness.call(resumed.wait)

    assert harness.clock.time == pytest.approx(100, abs=0.01)
    assert e.value.elapsed == pytest.approx(100, abs=0.01)
    assert harness.last_vendor.poll_times[0] == pytest.approx(70)


def test_resumed_wait_keeps_observed_run(harness: Harness) -> None:
    def report(name: str, now: float) -> Any:
        if 50 <= now < 60:
            return publish_status(name, "ds-old", -500, "failed")
        return publish_status(name, "ds-new", 1, "inprogress" if now < 80 else "successful")

    api = harness.client("AIForService", harness.vendor(report))
    run_id = RunId(("ds-old",), EPOCH - 500)
    with pytest.raises(JobTimeoutError) as e:
        harness.call(lambda: api.wait_for_publish_status(STREAM_ID, after_run=run_id, timeout=50))

    raw_token = json.loads(e.value.token)
    assert raw_token["run"]["ids"] == ["ds-new"]
    assert harness.call(api.resume(e.value.token, timeout=300).wait).field_id == "ds-new"


def test_resumed_wait_takes_new_schedule_and_keeps_deadline(harness: Harness) -> None:
    api = harness.client("AIForProcess", harness.vendor(lambda name, _: dock_status(name, "IN_PROGRESS")))
    token = api.dock_status_job("ds-1", timeout=100).token()
    harness.clock.time += 10
    resumed = api.resume(token, schedule=[20, 50, 600])

    with pytest.raises(JobTimeoutError):
        harness.call(resumed.wait)
    assert harness.last_vendor.poll_times == pytest.approx([20, 50, 99.9], abs=1e-6)
    for timeout in (0, False):
        with pytest.raises(InvalidArgumentError, match="timeout= must be a number of seconds above 0"):
            api.resume(token, timeout=timeout)


def test_expired_token_is_polled_once(harness: Harness) -> None:
    api = harness.client("AIForProcess", harness.vendor(ends_at(50)))
    token = api.dock_status_job("ds-1", timeout=10).token()
    harness.clock.time += 60

    assert harness.call(api.resume(token).wait).status == "SUCCESS"
    with pytest.raises(JobTimeoutError):
        harness.call_method("AIForProcess", harness.vendor(ends_at(500)), "wait_for_dock_status", "ds-1", timeout=1)


@pytest.mark.parametrize("value", [["a", "b"], [1, True, None], [], [{"x": [1]}], {"x": 1}, "a"])
def test_token_keeps_arguments_of_any_form(value: Any) -> None:
    api = OpenSearchFlowFramework("http://h", basic_auth=("u", "p"))
    raw = json.loads(api.workflow_status_job("w-1", all_=True).token())
    token = loads(json.dumps({**raw, "arguments": {"value": value}}), raw["api"])

    assert json.loads(dumps(token))["arguments"] == {"value": value}


def test_token_is_versioned_json_without_credentials(harness: Harness) -> None:
    vendor = harness.vendor(workflow("PROVISIONING"))
    cls: Any = harness.clock.client_class(
        AsyncOpenSearchFlowFramework if harness.asynchronous else OpenSearchFlowFramework
    )
    transport: Any = httpx.MockTransport(vendor)
    api = cls("http://v", basic_auth=("admin", "canary-password"), http_transport=transport)

    token = json.loads(api.workflow_status_job("w-1", all_=True, timeout=60, headers={"x-a": "canary"}).token())

    assert token == {
        "job_status": 1,
        "api": "OpenSearchFlowFramework",
        "operation": "get_workflow_status",
        "parameters": ["w-1"],
        "arguments": {"all_": True, "pretty": False, "human": False, "error_trace": False},
        "started_at": EPOCH,
        "deadline": EPOCH + 60,
        "after_run": None,
        "run": None,
        "state": None,
        "not_started_timeout": 30.0,
        "error_timeout": 120.0,
        "polls": 0,
        "failed_polls": 0,
        "elapsed": 0.0,
        "remaining": 60.0,
    }


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("no json", r"resume\(\) expects a token from job.token"),
        ("[]", "expects a token with job_status 1, got none"),
        ({"job_status": 2}, "expects a token with job_status 1, got 2"),
        ({"api": "AIForService"}, "the token is of 'AIForService', and this is AIForProcess"),
        ({"operation": "get_other"}, "the token is of 'get_other', which reports no job of this API"),
        ({"parameters": []}, "parameters must have a value for each of dock_status_id, got 0"),
        ({"parameters": [[]]}, "parameters must contain strings, numbers or booleans, got list"),
        ({"parameters": [".."]}, "would reach another endpoint"),
        ({"arguments": {"x": 1}}, "an argument cannot be sent"),
        ({"started_at": "soon"}, "started_at must be seconds, got 'soon'"),
        ({"deadline": float("nan")}, "deadline must be seconds"),
        ({"started_at": 10**400}, "started_at must be seconds"),
        ({"run": 7}, "run must be null or an object with ids"),
        (None, r"resume\(\) expects a token"),
    ],
)
def test_invalid_token_is_rejected(harness: Harness, changed: Any, message: str) -> None:
    api = harness.client("AIForProcess", harness.vendor(ends_at(0)))
    text = changed
    if isinstance(changed, dict):
        text = json.dumps({**json.loads(api.dock_status_job("ds-1").token()), **changed})

    with pytest.raises(InvalidArgumentError, match=message):
        api.resume(text)


# Errors and redaction


def test_wait_errors_are_picklable_with_status(harness: Harness) -> None:
    with pytest.raises(JobFailedError) as e:
        harness.wait_for_dock(ends_at(0, "FAILED"))

    copy = pickle.loads(pickle.dumps(e.value))  # noqa: S301 - bytes of this test
    assert (copy, copy.status, copy.token) == (e.value, e.value.status, e.value.token)
    assert copy.status is not None
    assert e.value.status is not None
    assert copy.status.workflow_id is e.value.status.workflow_id
    assert isinstance(copy, JobError)
    assert isinstance(copy, JobStatusError)


def test_credential_repeated_in_status_is_redacted(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "canary/7f3a+9c"
    state = f"PAUSED {canary}"
    reports: list[Any] = [
        lambda name, _: publish_status(name, canary, 0, "failed", error=f"key {canary}", createdBy=canary),
        lambda name, _: publish_status(name, canary, 0, state, createdBy=[canary]),
    ]
    for report in reports:
        cls: Any = harness.clock.client_class(AsyncAIForService if harness.asynchronous else AIForService)
        vendor = harness.vendor(report)
        transport: Any = httpx.MockTransport(vendor)
        api = cls("http://v", jwt=canary, http_transport=transport)
        with pytest.raises(JobError) as e:
            harness.call(lambda api=api: api.wait_for_publish_status(STREAM_ID, timeout=5))  # type: ignore[misc]

        exposed = [str(e.value), repr(e.value.wait), e.value.token, str(e.value.status), str(e.value.__dict__)]
        assert canary not in "".join(exposed)
        assert canary.encode() not in pickle.dumps(e.value)
        assert e.value.status is not None
        assert e.value.status.created_by in ("***", ["***"])
    assert canary not in caplog.text


def test_rotating_credential_is_redacted(harness: Harness) -> None:
    numbers = itertools.count(1)

    def echo(request: httpx.Request, number: int) -> httpx.Response:
        body = publish_status(STREAM_ID, "ds-1", 0, "inprogress", createdBy=request.headers["auth"])
        return json_response(200, body) if number < 3 else json_response(503)

    cls: Any = harness.clock.client_class(AsyncAIForService if harness.asynchronous else AIForService)
    transport: Any = httpx.MockTransport(harness.vendor(lambda *_: None, fault=echo))
    api = cls("http://v", jwt=lambda: f"rotating-secret-{next(numbers)}", http_transport=transport)
    with pytest.raises(JobTimeoutError) as e:
        harness.call(lambda: api.wait_for_publish_status(STREAM_ID, timeout=20))

    assert e.value.status is not None
    assert e.value.status.created_by == "***"
    assert b"rotating-secret" not in pickle.dumps(e.value)


def test_credential_is_redacted_before_truncation(harness: Harness) -> None:
    canary = "canary-7f3a9c-0123456789"
    padding = "x" * 65
    cls: Any = harness.clock.client_class(AsyncAIForService if harness.asynchronous else AIForService)
    vendor = harness.vendor(lambda *_: {"streamId": padding + canary, "status": "inprogress", "_id": [canary]})
    transport: Any = httpx.MockTransport(vendor)
    api = cls("http://v", jwt=canary, http_transport=transport)
    with pytest.raises(UnexpectedResponseError) as e:
        harness.call(lambda: api.wait_for_publish_status(STREAM_ID))

    assert "canary" not in str(e.value) + str(e.value.__dict__)


@pytest.mark.parametrize("timestamp", [10**400, 1e308, "9" * 5000, [], {}, True])
def test_invalid_run_timestamp_does_not_break_wait(harness: Harness, timestamp: Any) -> None:
    vendor = harness.vendor(
        lambda name, _: {"streamId": name, "_id": "r", "status": "failed", "requestedTime": timestamp}
    )

    with pytest.raises(JobFailedError) as e:
        harness.call_method("AIForService", vendor, "wait_for_publish_status", STREAM_ID)
    json.loads(e.value.token)


def test_success_with_invalid_body_raises_unexpected_response(harness: Harness) -> None:
    report = lambda name, _: {"workflow_id": name, "state": "COMPLETED", "resources_created": [7]}  # noqa: E731
    vendor = harness.vendor(report)

    with pytest.raises(UnexpectedResponseError, match="the job ended with COMPLETED, and its body cannot be parsed"):
        harness.call_method("OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w-1")


@pytest.mark.slow
def test_corrupt_bodies_raise_only_job_status_errors(harness: Harness) -> None:
    source = random.Random(7)
    outcomes: Counter[str] = Counter()
    errors: list[JobStatusError] = []
    for _ in range(400):
        body = corrupt_value(
            source,
            publish_status(
                STREAM_ID, "ds-1", 3, source.choice(["successful", "failed", "inprogress"]), percentageComplete=4
            ),
        )
        content = json.dumps(body).encode() if source.random() < 0.9 else source.randbytes(40)
        vendor = harness.vendor(lambda *_: None, fault=lambda *_: httpx.Response(200, content=content))  # noqa: B023
        try:
            harness.call_method(
                "AIForService", vendor, "wait_for_publish_status", STREAM_ID, timeout=50, on_update=lambda *_: None
            )
            outcomes["success"] += 1
        except JobStatusError as error:
            outcomes[type(error).__name__] += 1
            errors.append(error)

    assert [pickle.loads(pickle.dumps(error)) for error in errors] == errors  # noqa: S301 - bytes of this test
    assert set(outcomes) == {"success", "JobFailedError", "JobTimeoutError", "UnexpectedResponseError"}


# Job objects and event loops


def test_concurrent_waits_for_one_job_object_are_rejected() -> None:
    harness = Harness(asynchronous=True)
    api = harness.client("AIForProcess", harness.vendor(ends_at(20)))

    async def wait_twice() -> Any:
        job = api.dock_status_job("ds-1")
        return await asyncio.gather(job.wait(), job.wait(), return_exceptions=True)

    first, second = run_until_complete(harness.clock, wait_twice())

    assert first.status == "SUCCESS"
    assert isinstance(second, InvalidArgumentError)
    assert "is being waited for already" in str(second)


def test_ended_job_is_not_polled_again(harness: Harness) -> None:
    api = harness.client("AIForProcess", harness.vendor(ends_at(3, "FAILED")))
    job = api.dock_status_job("ds-1")
    for _ in range(2):
        with pytest.raises(JobFailedError):
            harness.call(job.wait)
    polls = len(harness.last_vendor.polls)

    assert job.outcome is not None
    assert isinstance(job.outcome.error, JobFailedError)
    assert (polls, job.state) == (len(harness.last_vendor.polls), "FAILED")
    assert repr(job).endswith(f"get_dock_status ds-1: finished, {polls} polls>")


def test_interrupted_wait_reports_jobs_in_progress(caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness(asynchronous=False)

    def interrupt(_: httpx.Request, number: int) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as e:
        harness.wait_for_dock(ends_at(100), fault=interrupt)

    assert e.value.__notes__ == [
        "stopped waiting for 1 of 1 jobs, which keep running: get_dock_status ds-1 (IN_PROGRESS)"
    ]
    assert e.value.__notes__[0] in caplog.text


def test_job_object_is_not_picklable() -> None:
    harness = Harness(asynchronous=False)
    job = harness.client("AIForProcess", harness.vendor(ends_at(0))).dock_status_job("ds-1")

    with pytest.raises(TypeError, match=r"keep its token\(\) and resume it"):
        pickle.dumps(job)


def test_types_of_wait_methods() -> None:
    def sync(process: AIForProcess, service: AIForService, search: OpenSearchFlowFramework, run_id: RunId) -> None:
        assert_type(process.wait(undeployment()), DockStatus)
        assert_type(process.job(undeployment()), Job[DockStatus])
        assert_type(process.wait_for_dock_status("d", on_update=lambda s, p: print(s.status, p)), DockStatus)
        assert_type(process.resume("{}"), Job[DockStatus])
        assert_type(service.wait_for_publish_status("b", after_run=run_id), PublishStatus)
        assert_type(search.wait_for_workflow_status("w", not_started_timeout=5), WorkflowStatus)

    async def asynchronous(process: AsyncAIForProcess, search: AsyncOpenSearchFlowFramework) -> None:
        assert_type(await process.wait(undeployment()), DockStatus)
        assert_type(process.job(undeployment()), AsyncJob[DockStatus])
        assert_type(await search.wait_for_workflow_status("w"), WorkflowStatus)

    assert callable(sync)
    assert callable(asynchronous)


def test_async_client_works_in_successive_event_loops() -> None:
    with hostile(always(http_response())) as server:
        api = AsyncAgentPlatform(server.url, api_key="k")

        async def wait() -> Any:
            return (await api.wait_for_dock_status("ds-1")).status

        runners: list[Callable[[Any], Any]] = [lambda f: asyncio.run(f()), trio.run]
        assert [runner(wait) for runner in (*runners, *runners)] == ["SUCCESS"] * 4


def test_async_wait_runs_under_trio() -> None:
    clock = VirtualClock()

    async def wait() -> Any:
        vendor = Vendor(clock, ends_at(0))
        cls = clock.client_class(AsyncAgentPlatform)
        async with cls("http://v", api_key="k", http_transport=httpx.MockTransport(vendor)) as api:
            return (await api.wait_for_dock_status("ds-1")).status

    assert trio.run(wait) == "SUCCESS"


def test_wait_exceeds_deadline_by_at_most_one_request() -> None:
    def silent(connection: Any, _: bytes) -> None:
        time.sleep(5)

    with hostile(silent) as server, AgentPlatform(server.url, api_key="k", timeout=0.5) as api:
        start = time.monotonic()
        with pytest.raises(JobTimeoutError, match="no response in time"):
            api.wait_for_dock_status("ds-1", timeout=1)

        assert time.monotonic() - start < 1 + 0.5 + 0.5


def test_wait_with_closed_client_is_rejected() -> None:
    with hostile(always(http_response())) as server:
        with AgentPlatform(server.url, api_key="k") as api:
            pass
        with pytest.raises(InvalidArgumentError, match="the client is closed"):
            api.wait_for_dock_status("ds-1")


def test_refused_connections_end_wait_after_error_timeout() -> None:
    with hostile(always(b"")) as server:
        url = server.url
    with AgentPlatform(url, api_key="k") as api, pytest.raises(TransportError) as e:
        api.wait_for_dock_status("ds-1", error_timeout=0, timeout=60, schedule=itertools.count(0, 0.05))

    assert e.value.wait is not None
    assert e.value.wait.polls == 2


def test_401_ends_wait_at_once() -> None:
    with hostile(always(http_response(401, b"{}"))) as server, AgentPlatform(server.url, api_key="k") as api:
        with pytest.raises(UnauthorizedError):
            api.wait_for_dock_status("ds-1")
        assert len(server.requests) == 1


def test_equal_arguments_of_different_types_are_not_mixed_up() -> None:
    sent: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.query.decode())
        return httpx.Response(200, json={"workflow_id": "w-1", "state": "COMPLETED"})

    with OpenSearchFlowFramework("http://host", http_transport=httpx.MockTransport(respond)) as api:
        for value in (True, 1):
            api.wait_for_workflow_status("w-1", all_=value)  # type: ignore[arg-type, unused-ignore]

    assert [query.split("&")[0] for query in sent] == ["all=true", "all=1"]
