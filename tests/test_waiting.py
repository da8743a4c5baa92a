"""Waiting for one job: when it is asked about, what its answers mean, and how the wait ends."""

import asyncio
import datetime
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
from job_status.ai_for_process.models import DockStatus, ModelUndeployment
from job_status.ai_for_service.models import PublishStatus
from job_status.opensearch_flow_framework.models import WorkflowStatus

from .fuzz import spoiled
from .hostile import always, answer, hostile
from .vendor import Vendor, dock, ends, told, workflow
from .virtual import EPOCH, VirtualClock, run

KEYS: dict[str, Any] = {"api_key": "process-key-1"}
BOT = "st-1"


class World:
    """A vendor, a clock, and clients of it that are sync or async."""

    def __init__(self, asynchronous: bool) -> None:
        self.asynchronous = asynchronous
        self.clock = VirtualClock()

    def vendor(self, report: Callable[[str, float], Any], **more: Any) -> Vendor:
        """A vendor that lives by the clock."""
        self.last = Vendor(self.clock, report, **more)
        return self.last

    def client(self, name: str, vendor: Vendor, **more: Any) -> Any:
        """A client of that class, or of its async twin."""
        import job_status

        credentials = {"AIForService": {"jwt": "token"}, "OpenSearchFlowFramework": {}}.get(name, KEYS)
        cls = getattr(job_status, f"Async{name}" if self.asynchronous else name)
        return self.clock.timed(cls)("http://vendor", http_transport=httpx.MockTransport(vendor), **credentials, **more)

    def wait(self, name: str, vendor: Vendor, method: str, *arguments: Any, **options: Any) -> Any:
        """Calls a method of a fresh client."""
        api = self.client(name, vendor)
        return self.do(lambda: getattr(api, method)(*arguments, **options))

    def do(self, call: Callable[[], Any]) -> Any:
        """What a call returns, awaited where it is async."""
        if not self.asynchronous:
            return call()

        async def awaited() -> Any:
            return await call()

        return run(self.clock, awaited())

    def dock(self, report: Callable[[str, float], Any], fault: Any = None, **options: Any) -> Any:
        """Waits for a dock status."""
        vendor = self.vendor(report, **({"fault": fault} if fault else {}))
        return self.wait("AIForProcess", vendor, "wait_for_dock_status", "ds-1", **options)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request: pytest.FixtureRequest) -> World:
    """Everything, sync and async."""
    return World(request.param)


def run_at(name: str, run_id: str, requested: float, state: str, **more: Any) -> dict[str, Any]:
    """A publish status of a run that was asked for at a moment of the virtual clock."""
    moment = datetime.datetime.fromtimestamp(EPOCH + requested, tz=datetime.UTC).isoformat()
    return {"streamId": name, "_id": run_id, "requestedTime": moment, "status": state, **more}


# How it ends


def test_a_job_that_succeeds_gives_its_last_status(world: World) -> None:
    status = world.dock(ends(20, "SUCCESS"))

    assert (type(status), status.status, status.field_id) == (DockStatus, "SUCCESS", "ds-1")
    assert 20 <= world.clock.time < 26


def test_a_job_that_fails_says_why_after_how_long_and_after_how_many_polls(world: World) -> None:
    vendor = world.vendor(
        lambda name, now: run_at(name, "ds-9", 0, "failed" if now > 5 else "inprogress", error="no  module")
    )

    with pytest.raises(
        JobFailedError, match=r"get_publish_status st-1: failed after \d+\.\d s and \d polls: no module"
    ) as e:
        world.wait("AIForService", vendor, "wait_for_publish_status", BOT)

    assert (e.value.reason, e.value.state, e.value.polls) == ("no module", "failed", len(vendor.asked))
    assert isinstance(e.value.status, PublishStatus)
    assert e.value.elapsed == pytest.approx(world.clock.time)


def test_a_wait_whose_time_is_over_says_how_far_it_has_come(world: World) -> None:
    vendor = world.vendor(lambda name, _: run_at(name, "ds-9", 0, "inprogress", percentageComplete=40))

    with pytest.raises(
        JobTimeoutError, match=r"still inprogress \(40 %\) after 30\.0 s and \d+ polls; the job goes on"
    ) as e:
        world.wait("AIForService", vendor, "wait_for_publish_status", BOT, timeout=30)

    assert world.clock.time == pytest.approx(30)
    assert e.value.wait.progress == 40
    assert 29.4 < vendor.times[-1] < 30


def test_no_poll_is_sent_after_the_deadline_and_the_last_is_just_before_it(world: World) -> None:
    for timeout in (0.001, 0.3, 3, 77.7, 1000):
        began = world.clock.time
        with pytest.raises(JobTimeoutError):
            world.dock(lambda name, _: dock(name, "IN_PROGRESS"), timeout=timeout)

        times = [moment - began for moment in world.last.times]
        assert times
        assert max(times) < timeout
        assert timeout - max(times) <= min(0.6, timeout)
        assert world.clock.time - began == pytest.approx(timeout, abs=1e-6)


def test_a_wait_without_a_timeout_goes_on(world: World) -> None:
    status = world.dock(ends(100_000), timeout=None)

    assert status.status == "SUCCESS"
    assert world.clock.time >= 100_000


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5", True, 10**400])
def test_a_timeout_that_is_none_is_refused(world: World, timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout= wants a number of seconds above 0"):
        world.dock(ends(1), timeout=timeout)


# The schedule


def test_poll_k_is_due_at_a_quarter_of_k_squared(world: World) -> None:
    world.dock(ends(3000))

    times = world.last.times
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] == pytest.approx(0, abs=1e-6)
    assert all(0.5 - 1e-9 <= gap <= 30 for gap in gaps)
    assert sum(moment <= 400 for moment in times) == pytest.approx(40, abs=5)
    assert all(gap >= 27 for earlier, gap in zip(times, gaps, strict=False) if earlier > 1000)


def test_two_waits_do_not_keep_in_step() -> None:
    seen = []
    for _ in range(2):
        world = World(asynchronous=False)
        world.dock(ends(60))
        seen.append(world.last.times)

    assert seen[0] != seen[1]


def test_another_schedule_can_be_given(world: World) -> None:
    world.dock(ends(21), schedule=[0, 1, 3, 8])

    assert world.last.times == pytest.approx([0, 1, 3, 8, 13, 18, 23], abs=1e-6)


def test_due_times_that_have_been_missed_are_left_out(world: World) -> None:
    def slow(_: httpx.Request, number: int) -> None:
        world.clock.time += 2.5 if number == 2 else 0

    world.dock(ends(6), fault=slow, schedule=itertools.count(1, 1))

    assert world.last.times == pytest.approx([1, 2, 5, 6], abs=1e-6)


@pytest.mark.parametrize(
    ("poll", "said"),
    [
        (5, "schedule= wants an iterable of due times"),
        ([], "schedule= gives no due time"),
        ([3, 3], "schedule= wants due times that rise, got 3 after 3"),
        ([1, 0.5], "schedule= wants due times that rise"),
        (["soon"], "schedule= wants due times in seconds, got 'soon'"),
        ([-1], "schedule= wants due times in seconds, got -1"),
        (itertools.repeat(0), "schedule= wants due times that rise, got 0 after 0"),
    ],
)
def test_a_schedule_that_is_none_is_refused(world: World, poll: Any, said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        world.dock(ends(100), schedule=poll)


def test_a_job_that_is_met_late_is_asked_about_at_once_and_then_as_its_age_says(world: World) -> None:
    world.clock.time = 900.0
    vendor = world.vendor(lambda name, now: run_at(name, "ds-1", 0, "successful" if now > 960 else "inprogress"))

    world.wait("AIForService", vendor, "wait_for_publish_status", BOT)

    assert vendor.times[0] == pytest.approx(900)
    assert len(vendor.times) <= 4


# Faults


def answers(*statuses: int, **headers: str) -> Callable[[httpx.Request, int], httpx.Response | None]:
    """Answers with these statuses first, then as the job stands."""
    return lambda _, number: told(statuses[number - 1], **headers) if number <= len(statuses) else None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520])
def test_a_passing_fault_is_borne(world: World, status: int) -> None:
    assert world.dock(ends(5), fault=answers(status, status, status)).status == "SUCCESS"


def test_a_connection_that_fails_is_borne(world: World) -> None:
    def reset(_: httpx.Request, number: int) -> None:
        if number < 4:
            raise httpx.ReadError("reset by peer")

    assert world.dock(ends(5), fault=reset).status == "SUCCESS"


def test_faults_without_an_end_are_reported_when_they_end_the_wait(world: World) -> None:
    reading = lambda _, number: told(503) if number > 3 else None  # noqa: E731

    with pytest.raises(ServerError, match="answers 503") as e:
        world.dock(ends(5000), fault=reading, error_timeout=100)

    assert e.value.wait is not None
    assert (e.value.wait.state, e.value.wait.polls) == ("IN_PROGRESS", len(world.last.asked))
    assert e.value.wait.faults == len(world.last.asked) - 3
    assert e.value.__notes__[0].startswith("This ended the wait for get_dock_status ds-1 after ")
    assert 100 < world.clock.time < 200


def test_faults_that_come_and_go_are_borne_for_ever(world: World) -> None:
    flapping = lambda _, number: told(502) if number % 2 else None  # noqa: E731

    assert world.dock(ends(3000), fault=flapping).status == "SUCCESS"


def test_a_wait_that_ends_amid_faults_says_so(world: World) -> None:
    with pytest.raises(JobTimeoutError, match=r"the last \d+ of them in vain: .* answers 503") as e:
        world.dock(ends(5000), fault=lambda *_: told(503), timeout=60)

    assert e.value.wait.last_fault is not None
    assert (e.value.state, e.value.status) == (None, None)


def test_faults_do_not_bring_the_end_forward(world: World) -> None:
    for timeout in (1, 7, 55):
        began = world.clock.time
        with pytest.raises(JobTimeoutError, match="not read once"):
            world.dock(ends(5000), fault=lambda *_: told(503), timeout=timeout)

        assert world.clock.time - began == pytest.approx(timeout, abs=1e-6)
        assert timeout - (world.last.times[-1] - began) < 0.6


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"_id":"ds-1"}', b'{"_id":"ds-1","status":7}', b'{"status":"SUCCESS"}', b'{"a":NaN}']
)
def test_an_address_that_serves_something_else_is_known_after_half_a_minute(world: World, body: bytes) -> None:
    with pytest.raises(UnexpectedResponseError):
        world.dock(ends(0), fault=lambda *_: httpx.Response(200, content=body))

    assert 30 <= world.clock.time < 60


def test_a_page_of_html_at_the_beginning_is_borne(world: World) -> None:
    page = lambda *_: httpx.Response(200, html="<h1>Maintenance</h1>") if world.clock.time < 15 else None  # noqa: E731

    assert world.dock(ends(60), fault=page).status == "SUCCESS"


def test_a_404_among_other_faults_is_counted_in_a_row_only(world: World) -> None:
    assert world.dock(ends(0), fault=answers(404, 503, 404, 503, 404, 503, 404, 503)).status == "SUCCESS"


def test_a_page_of_html_between_readings_is_borne(world: World) -> None:
    page = lambda _, number: httpx.Response(200, html="<h1>Maintenance</h1>") if 2 < number < 9 else None  # noqa: E731

    assert world.dock(ends(60), fault=page).status == "SUCCESS"


@pytest.mark.parametrize("status", [400, 401, 403, 410])
def test_a_refusal_ends_the_wait_at_once(world: World, status: int) -> None:
    with pytest.raises(CallError) as e:
        world.dock(ends(60), fault=lambda _, number: told(status) if number == 3 else None)

    assert len(world.last.asked) == 3
    assert e.value.wait is not None
    assert e.value.wait.state == "IN_PROGRESS"


def test_retry_after_is_a_floor_for_the_next_poll_and_no_more(world: World) -> None:
    fault = lambda _, number: told(429, retry_after="20") if number == 2 else None  # noqa: E731
    world.dock(ends(60), fault=fault)

    times = world.last.times
    assert 20 <= times[2] - times[1] <= 22.1
    assert times[3] - times[2] < 12


def test_a_pending_answer_can_ask_for_a_pause_too(world: World) -> None:
    vendor = world.vendor(
        lambda *_: None,
        fault=lambda _, n: told(200, dock("ds-1", "IN_PROGRESS" if n < 3 else "SUCCESS"), retry_after="9"),
    )

    world.wait("AIForProcess", vendor, "wait_for_dock_status", "ds-1")

    assert all(later - earlier >= 9 for earlier, later in itertools.pairwise(vendor.times))


# Words


def test_an_unknown_word_counts_as_pending_and_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    word = f"PAUSED_{world.asynchronous}"
    status = world.dock(ends(30, "SUCCESS", word))

    lines = [record.getMessage() for record in caplog.records if word in record.getMessage()]
    assert status.status == "SUCCESS"
    assert lines == [
        f"get_dock_status ds-1: the state '{word}' is none of IN_PROGRESS, SUCCESS, FAILED; it counts as pending"
    ]


@pytest.mark.parametrize("word", ["Success", "success", "SUC-CESS", " success "])
def test_another_spelling_of_a_word_counts(world: World, word: str) -> None:
    assert world.dock(ends(0, word)).status == word


def test_an_answer_about_another_job_is_not_taken(world: World) -> None:
    def mixed_up(name: str, now: float) -> Any:
        return dock("ds-2", "SUCCESS") if 0.1 < now < 5 else dock(name, "FAILED" if now > 9 else "IN_PROGRESS")

    with pytest.raises(JobFailedError):
        world.dock(mixed_up)


def test_a_job_that_rests_is_given_a_grace_to_be_started(world: World) -> None:
    vendor = world.vendor(workflow("NOT_STARTED"))

    with pytest.raises(
        JobNotStartedError, match=r"w-1: NOT_STARTED for 1[01]\.\d s, a state that the job does not leave"
    ) as e:
        world.wait("OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w-1", not_started_timeout=10)

    assert 10 <= world.clock.time < 10.2
    assert isinstance(e.value.status, WorkflowStatus)


def test_a_job_that_is_started_within_the_grace_is_waited_for(world: World) -> None:
    def report(name: str, now: float) -> Any:
        return {"workflow_id": name, "state": "NOT_STARTED" if now < 8 else "PROVISIONING" if now < 60 else "COMPLETED"}

    vendor = world.vendor(report)
    status = world.wait("OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w-1", not_started_timeout=10)

    assert status.state == "COMPLETED"


# Starts


def undeploying(**body: Any) -> ModelUndeployment:
    """The answer of a start."""
    return ModelUndeployment.from_dict({"modelId": "cm-1", "jobType": "MODELS", "action": "UNDEPLOY", **body})


@pytest.mark.parametrize("spelling", ["dock-statusId", "dockStatusId"])
def test_a_start_is_followed_under_either_spelling_of_its_id(world: World, spelling: str) -> None:
    vendor = world.vendor(ends(12))

    status = world.wait("AIForProcess", vendor, "wait", undeploying(**{spelling: "ds-7", "status": "IN_PROGRESS"}))

    assert (status.field_id, status.status) == ("ds-7", "SUCCESS")
    assert 0.5 <= vendor.times[0] <= 0.63


def test_the_first_link_that_resolves_is_followed(world: World) -> None:
    vendor = world.vendor(ends(0))
    started = undeploying(**{"dockStatusId": "ds-camel", "dock-statusId": "ds-dashed", "status": "IN_PROGRESS"})

    assert world.wait("AIForProcess", vendor, "wait", started).field_id == "ds-dashed"


@pytest.mark.parametrize("word", ["SUCCESS", "FAILED"])
def test_a_start_that_tells_an_end_is_read_once_and_the_reading_decides(world: World, word: str) -> None:
    vendor = world.vendor(ends(0))

    status = world.wait("AIForProcess", vendor, "wait", undeploying(dockStatusId="ds-7", status=word))

    assert (status.status, len(vendor.times)) == ("SUCCESS", 1)
    assert world.clock.time < 0.01


def test_a_start_that_fails_and_names_no_job_is_a_failed_job(world: World) -> None:
    vendor = world.vendor(ends(0))

    with pytest.raises(JobFailedError, match="undeploy_model: FAILED, and the answer names no job") as e:
        world.wait("AIForProcess", vendor, "wait", undeploying(status="FAILED"))

    assert e.value.status.model_id == "cm-1"
    assert vendor.asked == []


def test_a_start_that_names_no_job_is_told_apart(world: World) -> None:
    with pytest.raises(UnexpectedResponseError, match="it lacks /dock-statusId or /dockStatusId"):
        world.wait("AIForProcess", world.vendor(ends(0)), "wait", undeploying(status="SUCCESS"))


def test_an_empty_id_is_no_id_and_one_that_reaches_elsewhere_is_the_server_s_fault(world: World) -> None:
    vendor = world.vendor(ends(0))
    started = undeploying(**{"dock-statusId": "", "dockStatusId": "ds-7", "status": "IN_PROGRESS"})

    assert world.wait("AIForProcess", vendor, "wait", started).field_id == "ds-7"
    with pytest.raises(UnexpectedResponseError, match="names a job that cannot be asked about"):
        world.wait("AIForProcess", vendor, "wait", undeploying(dockStatusId="..", status="IN_PROGRESS"))


@pytest.mark.parametrize("other", ["ds-1", None, 7])
def test_what_no_start_has_answered_is_refused(world: World, other: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="wait wants the ModelUndeployment that undeploy_model returns, got"):
        world.wait("AIForProcess", world.vendor(ends(0)), "wait", other)


@pytest.mark.parametrize("identifier", ["", ".", "..", "a\nb", None, ["x"], True])
def test_an_id_that_would_reach_elsewhere_is_refused(world: World, identifier: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        world.wait("AIForProcess", world.vendor(ends(0)), "wait_for_dock_status", identifier)


# Updates


def test_on_update_hears_of_each_change_and_of_nothing_else(world: World) -> None:
    def report(name: str, now: float) -> Any:
        done = min(int(now) // 20 * 20, 100)
        return run_at(name, "ds-1", 0, "successful" if done == 100 else "inprogress", percentageComplete=done, n=now)

    heard: list[tuple[str, float | None]] = []
    vendor = world.vendor(report)
    world.wait(
        "AIForService",
        vendor,
        "wait_for_publish_status",
        BOT,
        on_update=lambda status, progress: heard.append((str(status.status), progress)),
    )

    assert [progress for _, progress in heard] == [0, 20, 40, 60, 80, 100]
    assert heard[-1][0] == "successful"
    assert len(vendor.asked) > 6


def test_on_update_can_be_async() -> None:
    world = World(asynchronous=True)
    heard: list[Any] = []

    async def hear(status: Any, progress: float | None) -> None:
        await asyncio.sleep(1)
        heard.append((status.status, progress))

    world.dock(ends(10), on_update=hear)

    assert heard == [("IN_PROGRESS", None), ("SUCCESS", None)]


def test_an_async_on_update_is_refused_by_a_sync_client() -> None:
    async def hear(*_: Any) -> None:
        raise AssertionError

    with pytest.raises(
        InvalidArgumentError, match="on_update= is an async callable; a sync client wants one that returns"
    ):
        World(asynchronous=False).dock(ends(1), on_update=hear)


def test_what_on_update_raises_is_passed_on_and_the_job_can_be_waited_for_again(world: World) -> None:
    api = world.client("AIForProcess", world.vendor(ends(10)))
    calls = itertools.count()

    def grumble(*_: Any) -> None:
        if next(calls) == 0:
            raise LookupError("of the caller")

    job = api.dock_status_job("ds-1", on_update=grumble)
    with pytest.raises(LookupError, match="of the caller") as e:
        world.do(job.wait)

    assert "go on: get_dock_status ds-1 (IN_PROGRESS)" in e.value.__notes__[0]
    assert world.do(job.wait).status == "SUCCESS"


# Runs


def test_the_run_before_does_not_count(world: World) -> None:
    def report(name: str, now: float) -> Any:
        if now < 30:
            return run_at(name, "ds-old", -500, "successful")
        return run_at(name, "ds-new", 12, "successful" if now > 60 else "inprogress")

    api = world.client("AIForService", world.vendor(report))
    mark = world.do(api.publish_status_job(BOT).current_run)
    status = world.do(lambda: api.wait_for_publish_status(BOT, after_run=mark))

    assert mark == RunId(("ds-old",), EPOCH - 500)
    assert status.field_id == "ds-new"
    assert world.clock.time > 60


def test_a_reading_of_a_still_older_run_does_not_count_either(world: World) -> None:
    def report(name: str, now: float) -> Any:
        return run_at(name, "ds-older", -900, "failed") if now < 30 else run_at(name, "ds-new", 1, "successful")

    mark = RunId(("ds-old",), EPOCH - 500)
    vendor = world.vendor(report)

    assert world.wait("AIForService", vendor, "wait_for_publish_status", BOT, after_run=mark).field_id == "ds-new"


def test_a_stale_reading_of_the_run_before_does_not_end_a_run_that_was_seen(world: World) -> None:
    def report(name: str, now: float) -> Any:
        if 5 < now < 20:
            return run_at(name, "ds-old", -500, "failed")
        return run_at(name, "ds-new", 0, "inprogress" if now < 40 else "successful")

    vendor = world.vendor(report)

    assert world.wait("AIForService", vendor, "wait_for_publish_status", BOT).field_id == "ds-new"


def test_a_wait_that_sees_only_the_run_before_says_so(world: World) -> None:
    api = world.client("AIForService", world.vendor(lambda name, _: run_at(name, "ds-old", 0, "successful")))
    mark = world.do(api.publish_status_job(BOT).current_run)

    with pytest.raises(JobTimeoutError, match=r"still reporting no newer run after 20\.0 s"):
        world.do(lambda: api.wait_for_publish_status(BOT, after_run=mark, timeout=20))


def test_the_mark_of_a_job_that_has_never_run_is_passed_by_any_run(world: World) -> None:
    report = lambda name, now: run_at(name, "ds-1", 70, "successful") if now > 70 else None  # noqa: E731
    api = world.client("AIForService", world.vendor(report))
    mark = world.do(api.publish_status_job(BOT).current_run)
    world.clock.time = 80

    assert not mark.is_known
    assert world.do(lambda: api.wait_for_publish_status(BOT, after_run=mark)).field_id == "ds-1"


def test_runs_that_only_the_widest_view_tells_apart_are_asked_for_in_it(world: World) -> None:
    def report(name: str, now: float) -> Any:
        begun = {"provision_start_time": 1_000_000_000_000 if now < 9 else 1_000_000_060_000}
        return {
            "workflow_id": name,
            "state": "COMPLETED",
            **(begun if "all=true" in str(vendor.requests[-1].url) else {}),
        }

    vendor = world.vendor(report)
    api = world.client("OpenSearchFlowFramework", vendor)
    mark = world.do(api.workflow_status_job("w").current_run)
    status = world.do(lambda: api.wait_for_workflow_status("w", after_run=mark))

    assert (mark.moment, status.provision_start_time) == (1_000_000_000.0, 1_000_000_060_000)


@pytest.mark.parametrize(
    "spelling",
    [{"requestedTime": None}, {"requestedTime": "2026-09-21T14:05:00.000Z"}, {"requestedTime": 1_789_999_500_000}],
)
def test_the_run_before_is_known_again_however_its_moment_is_written(world: World, spelling: dict[str, Any]) -> None:
    def report(name: str, now: float) -> Any:
        old = run_at(name, "ds-old", -500, "successful")
        return old if now < 1 else {**old, **spelling} if now < 30 else run_at(name, "ds-new", 20, "successful")

    api = world.client("AIForService", world.vendor(report))
    mark = world.do(api.publish_status_job(BOT).current_run)
    world.clock.time = 2

    assert world.do(lambda: api.wait_for_publish_status(BOT, after_run=mark)).field_id == "ds-new"


def test_a_404_that_passes_is_no_sign_that_there_was_no_run(world: World) -> None:
    vendor = world.vendor(lambda name, _: run_at(name, "ds-old", 0, "successful"), fault=answers(404, 404))
    api = world.client("AIForService", vendor)

    assert world.do(api.publish_status_job(BOT).current_run).ids == ("ds-old",)
    vendor.fault = lambda *_: httpx.Response(404, html="<h1>nginx</h1>")
    with pytest.raises(NotFoundError):
        world.do(api.publish_status_job(BOT).current_run)


def test_a_job_that_nobody_starts_is_not_started_also_when_a_newer_run_is_wanted(world: World) -> None:
    api = world.client("OpenSearchFlowFramework", world.vendor(workflow("NOT_STARTED")))
    mark = world.do(api.workflow_status_job("w").current_run)

    with pytest.raises(JobNotStartedError):
        world.do(lambda: api.wait_for_workflow_status("w", after_run=mark))
    assert world.clock.time < 40


def test_a_mark_of_something_else_is_refused(world: World) -> None:
    with pytest.raises(InvalidArgumentError, match=r"after_run= wants the mark that current_run\(\) gives, got 'ds-1'"):
        world.wait("AIForService", world.vendor(ends(0)), "wait_for_publish_status", BOT, after_run="ds-1")


def test_a_job_whose_runs_cannot_be_told_apart_has_no_last_run(world: World) -> None:
    api = world.client("AIForProcess", world.vendor(ends(0)))

    with pytest.raises(InvalidArgumentError, match="tells no runs of this job apart"):
        world.do(api.dock_status_job("ds-1").current_run)


# Limits


def within(times: list[float], requests: int, seconds: float) -> bool:
    """Whether no window of that many seconds holds more requests."""
    times = sorted(times)
    return all(times[i + requests] - times[i] >= seconds for i in range(len(times) - requests))


def test_all_waits_for_one_url_share_the_documented_limits() -> None:
    clock = VirtualClock()
    vendor = Vendor(clock, lambda name, now: run_at(name, "r", 0, "successful" if now > 900 else "inprogress"))

    async def many() -> None:
        cls = clock.timed(AsyncAIForService)
        async with cls("http://v", jwt="token", http_transport=httpx.MockTransport(vendor)) as api:
            waits = [api.wait_for_publish_status(BOT, schedule=itertools.count(i / 10, 1)) for i in range(9)]
            for _ in range(20):
                await api.get_publish_status(BOT)
            await asyncio.gather(*waits)

    run(clock, many())

    assert len(vendor.asked) > 700
    assert within(vendor.times, 60, 60)
    assert within(vendor.times, 1800, 3600)


def test_a_wait_that_the_limits_hold_back_ends_at_its_deadline(world: World) -> None:
    vendor = world.vendor(lambda name, _: run_at(name, "r", 0, "inprogress"))
    api = world.client("AIForService", vendor)
    for _ in range(60):
        world.do(lambda: api.get_publish_status(BOT))

    with pytest.raises(JobTimeoutError, match=r"not read once after 0\.0 s and 0 polls"):
        world.do(lambda: api.wait_for_publish_status(BOT, timeout=30))
    assert len(vendor.asked) == 60
    world.clock.time += 62
    with pytest.raises(JobTimeoutError, match="still inprogress"):
        world.do(lambda: api.wait_for_publish_status(BOT, timeout=1))


def test_a_pause_that_a_server_asks_for_holds_for_all_waits_of_that_url() -> None:
    clock = VirtualClock()
    fault = lambda _, number: told(429, retry_after="40") if number == 3 else None  # noqa: E731
    vendor = Vendor(clock, lambda name, now: dock(name, "SUCCESS" if now > 60 else "IN_PROGRESS"), fault=fault)

    async def many() -> None:
        async with clock.timed(AsyncAIForProcess)(
            "http://v", api_key="k", http_transport=httpx.MockTransport(vendor)
        ) as api:
            await asyncio.gather(
                *(api.wait_for_dock_status("ds-1", schedule=itertools.count(i / 4, 1)) for i in range(4))
            )

    run(clock, many())

    assert not [moment for moment in vendor.times[3:] if moment < vendor.times[2] + 40]


# Tokens


def test_a_token_goes_on_with_the_same_deadline(world: World) -> None:
    api = world.client("AIForProcess", world.vendor(lambda name, _: dock(name, "IN_PROGRESS")))
    token = api.dock_status_job("ds-1", timeout=100).token()
    world.clock.time += 70
    resumed = api.resume(token)

    with pytest.raises(JobTimeoutError) as e:
        world.do(resumed.wait)

    assert world.clock.time == pytest.approx(100, abs=0.01)
    assert e.value.elapsed == pytest.approx(100, abs=0.01)
    assert world.last.times[0] == pytest.approx(70)


def test_a_token_goes_on_with_the_same_notion_of_the_run(world: World) -> None:
    def report(name: str, now: float) -> Any:
        if 50 <= now < 60:
            return run_at(name, "ds-old", -500, "failed")
        return run_at(name, "ds-new", 1, "inprogress" if now < 80 else "successful")

    api = world.client("AIForService", world.vendor(report))
    mark = RunId(("ds-old",), EPOCH - 500)
    with pytest.raises(JobTimeoutError) as e:
        world.do(lambda: api.wait_for_publish_status(BOT, after_run=mark, timeout=50))

    told_token = json.loads(e.value.token)
    assert told_token["run"]["ids"] == ["ds-new"]
    assert world.do(api.resume(e.value.token, timeout=300).wait).field_id == "ds-new"


def test_a_token_goes_on_by_another_schedule_and_not_beyond_its_deadline(world: World) -> None:
    api = world.client("AIForProcess", world.vendor(lambda name, _: dock(name, "IN_PROGRESS")))
    token = api.dock_status_job("ds-1", timeout=100).token()
    world.clock.time += 10
    resumed = api.resume(token, schedule=[20, 50, 600])

    with pytest.raises(JobTimeoutError):
        world.do(resumed.wait)
    assert world.last.times == pytest.approx([20, 50, 99.9], abs=1e-6)
    for timeout in (0, False):
        with pytest.raises(InvalidArgumentError, match="timeout= wants a number of seconds above 0"):
            api.resume(token, timeout=timeout)


def test_a_token_whose_time_is_over_is_read_once(world: World) -> None:
    api = world.client("AIForProcess", world.vendor(ends(50)))
    token = api.dock_status_job("ds-1", timeout=10).token()
    world.clock.time += 60

    assert world.do(api.resume(token).wait).status == "SUCCESS"
    with pytest.raises(JobTimeoutError):
        world.wait("AIForProcess", world.vendor(ends(500)), "wait_for_dock_status", "ds-1", timeout=1)


def test_a_token_is_plain_versioned_json_without_a_secret(world: World) -> None:
    vendor = world.vendor(workflow("PROVISIONING"))
    cls: Any = world.clock.timed(AsyncOpenSearchFlowFramework if world.asynchronous else OpenSearchFlowFramework)
    transport: Any = httpx.MockTransport(vendor)
    api = cls("http://v", basic_auth=("admin", "canary-password"), http_transport=transport)

    token = json.loads(api.workflow_status_job("w-1", all_=True, timeout=60, headers={"x-a": "canary"}).token())

    assert token == {
        "job_status": 1,
        "api": "OpenSearchFlowFramework",
        "operation": "get_workflow_status",
        "parameters": ["w-1"],
        "arguments": {"all_": True, "pretty": False, "human": False, "error_trace": False},
        "began": EPOCH,
        "deadline": EPOCH + 60,
        "after_run": None,
        "run": None,
        "state": None,
        "not_started_timeout": 30.0,
        "error_timeout": 120.0,
        "polls": 0,
        "faults": 0,
        "elapsed": 0.0,
        "left": 60.0,
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("no json", "resume wants a token as job.token"),
        ("[]", "wants a token with job_status 1, got none"),
        ({"job_status": 2}, "wants a token with job_status 1, got 2"),
        ({"api": "AIForService"}, "the token is of 'AIForService', and this is AIForProcess"),
        ({"operation": "get_other"}, "the token is of 'get_other', which reports no job here"),
        ({"parameters": []}, "parameters want a value for each of dock_status_id, got 0"),
        ({"parameters": [[]]}, "parameters holds list, wanted texts"),
        ({"parameters": [".."]}, "would reach another endpoint"),
        ({"arguments": {"x": 1}}, "an argument cannot be sent"),
        ({"began": "soon"}, "began wants seconds, got 'soon'"),
        ({"deadline": float("nan")}, "deadline wants seconds"),
        ({"began": 10**400}, "began wants seconds"),
        ({"run": 7}, "run wants null or an object with ids"),
        (None, "resume wants a token"),
    ],
)
def test_what_is_no_token_is_refused_with_what_was_wanted(world: World, changed: Any, said: str) -> None:
    api = world.client("AIForProcess", world.vendor(ends(0)))
    text = changed
    if isinstance(changed, dict):
        text = json.dumps({**json.loads(api.dock_status_job("ds-1").token()), **changed})

    with pytest.raises(InvalidArgumentError, match=said):
        api.resume(text)


# What an error holds


def test_the_errors_of_a_wait_pickle_with_the_model_they_hold(world: World) -> None:
    with pytest.raises(JobFailedError) as e:
        world.dock(ends(0, "FAILED"))

    copy = pickle.loads(pickle.dumps(e.value))  # noqa: S301 - our own bytes
    assert (copy, copy.status, copy.token) == (e.value, e.value.status, e.value.token)
    assert copy.status.workflow_id is e.value.status.workflow_id
    assert isinstance(copy, JobError)
    assert isinstance(copy, JobStatusError)


def test_a_credential_that_a_status_repeats_is_in_no_error_and_no_token(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "canary/7f3a+9c"
    word = f"PAUSED {canary}"
    reports: list[Any] = [
        lambda name, _: run_at(name, canary, 0, "failed", error=f"key {canary}", createdBy=canary),
        lambda name, _: run_at(name, canary, 0, word, createdBy=[canary]),
    ]
    for report in reports:
        cls: Any = world.clock.timed(AsyncAIForService if world.asynchronous else AIForService)
        vendor = world.vendor(report)
        transport: Any = httpx.MockTransport(vendor)
        api = cls("http://v", jwt=canary, http_transport=transport)
        with pytest.raises(JobError) as e:
            world.do(lambda api=api: api.wait_for_publish_status(BOT, timeout=5))  # type: ignore[misc]

        shown = [str(e.value), repr(e.value.wait), e.value.token, str(e.value.status), str(e.value.__dict__)]
        assert canary not in "".join(shown)
        assert canary.encode() not in pickle.dumps(e.value)
        assert e.value.status.created_by in ("***", ["***"])
    assert canary not in caplog.text


def test_a_credential_that_is_renewed_for_each_request_is_masked_too(world: World) -> None:
    numbers = itertools.count(1)

    def echo(request: httpx.Request, number: int) -> httpx.Response:
        body = run_at(BOT, "ds-1", 0, "inprogress", createdBy=request.headers["auth"])
        return told(200, body) if number < 3 else told(503)

    cls: Any = world.clock.timed(AsyncAIForService if world.asynchronous else AIForService)
    transport: Any = httpx.MockTransport(world.vendor(lambda *_: None, fault=echo))
    api = cls("http://v", jwt=lambda: f"rotating-secret-{next(numbers)}", http_transport=transport)
    with pytest.raises(JobTimeoutError) as e:
        world.do(lambda: api.wait_for_publish_status(BOT, timeout=20))

    assert e.value.status.created_by == "***"
    assert b"rotating-secret" not in pickle.dumps(e.value)


def test_a_credential_is_masked_before_a_text_is_cut(world: World) -> None:
    canary = "canary-7f3a9c-0123456789"
    padding = "x" * 65
    cls: Any = world.clock.timed(AsyncAIForService if world.asynchronous else AIForService)
    vendor = world.vendor(lambda *_: {"streamId": padding + canary, "status": "inprogress", "_id": [canary]})
    transport: Any = httpx.MockTransport(vendor)
    api = cls("http://v", jwt=canary, http_transport=transport)
    with pytest.raises(UnexpectedResponseError) as e:
        world.do(lambda: api.wait_for_publish_status(BOT))

    assert "canary" not in str(e.value) + str(e.value.__dict__)


@pytest.mark.parametrize("moment", [10**400, 1e308, "9" * 5000, [], {}, True])
def test_a_moment_that_is_none_brings_no_wait_down(world: World, moment: Any) -> None:
    vendor = world.vendor(lambda name, _: {"streamId": name, "_id": "r", "status": "failed", "requestedTime": moment})

    with pytest.raises(JobFailedError) as e:
        world.wait("AIForService", vendor, "wait_for_publish_status", BOT)
    json.loads(e.value.token)


def test_a_success_whose_body_cannot_be_read_is_no_success(world: World) -> None:
    broken = lambda name, _: {"workflow_id": name, "state": "COMPLETED", "resources_created": [7]}  # noqa: E731
    vendor = world.vendor(broken)

    with pytest.raises(UnexpectedResponseError, match="the job has ended with COMPLETED, and its body cannot be read"):
        world.wait("OpenSearchFlowFramework", vendor, "wait_for_workflow_status", "w-1")


def test_no_body_brings_anything_but_an_end_or_an_error_of_the_family(world: World) -> None:
    source = random.Random(7)
    ended: Counter[str] = Counter()
    errors: list[JobStatusError] = []
    for _ in range(400):
        body = spoiled(
            source, run_at(BOT, "ds-1", 3, source.choice(["successful", "failed", "inprogress"]), percentageComplete=4)
        )
        content = json.dumps(body).encode() if source.random() < 0.9 else source.randbytes(40)
        vendor = world.vendor(lambda *_: None, fault=lambda *_: httpx.Response(200, content=content))  # noqa: B023
        try:
            world.wait("AIForService", vendor, "wait_for_publish_status", BOT, timeout=50, on_update=lambda *_: None)
            ended["success"] += 1
        except JobStatusError as error:
            ended[type(error).__name__] += 1
            errors.append(error)

    assert [pickle.loads(pickle.dumps(error)) for error in errors] == errors  # noqa: S301 - our own bytes
    assert set(ended) == {"success", "JobFailedError", "JobTimeoutError", "UnexpectedResponseError"}


# The job in one's hand


def test_a_job_is_waited_for_by_one_at_a_time() -> None:
    world = World(asynchronous=True)
    api = world.client("AIForProcess", world.vendor(ends(20)))

    async def twice() -> Any:
        job = api.dock_status_job("ds-1")
        return await asyncio.gather(job.wait(), job.wait(), return_exceptions=True)

    first, second = run(world.clock, twice())

    assert first.status == "SUCCESS"
    assert isinstance(second, InvalidArgumentError)
    assert "is being waited for already" in str(second)


def test_a_job_that_has_ended_is_not_asked_about_again(world: World) -> None:
    api = world.client("AIForProcess", world.vendor(ends(3, "FAILED")))
    job = api.dock_status_job("ds-1")
    for _ in range(2):
        with pytest.raises(JobFailedError):
            world.do(job.wait)
    polls = len(world.last.asked)

    assert job.outcome is not None
    assert isinstance(job.outcome.error, JobFailedError)
    assert (polls, job.state) == (len(world.last.asked), "FAILED")
    assert repr(job).endswith(f"get_dock_status ds-1: ended, {polls} polls>")


def test_an_interrupted_wait_says_what_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    world = World(asynchronous=False)

    def interrupt(_: httpx.Request, number: int) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as e:
        world.dock(ends(100), fault=interrupt)

    assert e.value.__notes__ == ["stopped waiting for 1 of 1 jobs, which go on: get_dock_status ds-1 (IN_PROGRESS)"]
    assert e.value.__notes__[0] in caplog.text


def test_a_job_is_not_pickled() -> None:
    world = World(asynchronous=False)
    job = world.client("AIForProcess", world.vendor(ends(0))).dock_status_job("ds-1")

    with pytest.raises(TypeError, match=r"keep its token\(\) and resume it"):
        pickle.dumps(job)


def test_waits_are_typed() -> None:
    def sync(process: AIForProcess, service: AIForService, search: OpenSearchFlowFramework, mark: RunId) -> None:
        assert_type(process.wait(undeploying()), DockStatus)
        assert_type(process.job(undeploying()), Job[DockStatus])
        assert_type(process.wait_for_dock_status("d", on_update=lambda s, p: print(s.status, p)), DockStatus)
        assert_type(process.resume("{}"), Job[DockStatus])
        assert_type(service.wait_for_publish_status("b", after_run=mark), PublishStatus)
        assert_type(search.wait_for_workflow_status("w", not_started_timeout=5), WorkflowStatus)

    async def asynchronous(process: AsyncAIForProcess, search: AsyncOpenSearchFlowFramework) -> None:
        assert_type(await process.wait(undeploying()), DockStatus)
        assert_type(process.job(undeploying()), AsyncJob[DockStatus])
        assert_type(await search.wait_for_workflow_status("w"), WorkflowStatus)

    assert callable(sync)
    assert callable(asynchronous)


def test_one_client_waits_under_one_event_loop_after_the_other() -> None:
    with hostile(always(answer())) as server:
        api = AsyncAgentPlatform(server.url, api_key="k")

        async def wait() -> Any:
            return (await api.wait_for_dock_status("ds-1")).status

        ways: list[Callable[[Any], Any]] = [lambda f: asyncio.run(f()), trio.run]
        assert [way(wait) for way in (*ways, *ways)] == ["SUCCESS"] * 4


def test_one_wait_runs_under_trio() -> None:
    clock = VirtualClock()

    async def wait() -> Any:
        vendor = Vendor(clock, ends(0))
        cls = clock.timed(AsyncAgentPlatform)
        async with cls("http://v", api_key="k", http_transport=httpx.MockTransport(vendor)) as api:
            return (await api.wait_for_dock_status("ds-1")).status

    assert trio.run(wait) == "SUCCESS"


def test_a_wait_ends_at_most_one_request_after_its_deadline() -> None:
    def silent(connection: Any, _: bytes) -> None:
        time.sleep(5)

    with hostile(silent) as server, AgentPlatform(server.url, api_key="k", timeout=0.5) as api:
        began = time.monotonic()
        with pytest.raises(JobTimeoutError, match="no answer in time"):
            api.wait_for_dock_status("ds-1", timeout=1)

        assert time.monotonic() - began < 1 + 0.5 + 0.5


def test_a_wait_on_a_closed_client_says_so() -> None:
    with hostile(always(answer())) as server:
        with AgentPlatform(server.url, api_key="k") as api:
            pass
        with pytest.raises(InvalidArgumentError, match="the client is closed"):
            api.wait_for_dock_status("ds-1")


def test_a_server_that_is_not_there_is_borne_until_the_faults_last_too_long() -> None:
    with hostile(always(b"")) as server:
        url = server.url
    with AgentPlatform(url, api_key="k") as api, pytest.raises(TransportError) as e:
        api.wait_for_dock_status("ds-1", error_timeout=0, timeout=60, schedule=itertools.count(0, 0.05))

    assert e.value.wait is not None
    assert e.value.wait.polls == 2


def test_a_refused_credential_ends_a_wait() -> None:
    with hostile(always(answer(401, b"{}"))) as server, AgentPlatform(server.url, api_key="k") as api:
        with pytest.raises(UnauthorizedError):
            api.wait_for_dock_status("ds-1")
        assert len(server.requests) == 1
