"""One look at a job: `poll_once`, `done`, what a status model says of itself, and changes in the log."""

import contextlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from job_status import (
    InvalidArgumentError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    ServerError,
    UnexpectedResponseError,
)
from job_status.ai_for_process import DockStatus, DockStatusState
from job_status.ai_for_service import PublishStatus
from job_status.opensearch_flow_framework import WorkflowStatus

from .conftest import ROOT
from .harness import STREAM_ID, Harness, publish_status
from .vendor import dock_status, ends_at, json_response, workflow


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def harness(request: pytest.FixtureRequest) -> Harness:
    """Run a test with sync and with async clients."""
    return Harness(request.param)


def dock_job(harness: Harness, report: Any, fault: Any = None, **options: Any) -> Any:
    """Return the handle of the job `ds-1`."""
    vendor = harness.vendor(report, **({"fault": fault} if fault else {}))
    return harness.client("AIForProcess", vendor).dock_status_job("ds-1", **options)


def test_job_in_progress_is_not_done(harness: Harness) -> None:
    job = dock_job(harness, ends_at(20))

    assert not job.done
    assert harness.call(job.poll_once).status == "IN_PROGRESS"
    assert (job.done, job.outcome, job.state) == (False, None, "IN_PROGRESS")
    assert harness.clock.time < 0.1


def test_success_is_done_and_not_read_again(harness: Harness) -> None:
    job = dock_job(harness, ends_at(0))

    first, second = harness.call(job.poll_once), harness.call(job.poll_once)

    assert first.status == second.status == "SUCCESS"
    assert job.done
    assert job.outcome.result().status == "SUCCESS"
    assert len(harness.last_vendor.polls) == 1


def test_failed_job_is_done_and_raises_only_in_its_outcome(harness: Harness) -> None:
    job = dock_job(harness, ends_at(0, "FAILED"))

    assert [harness.call(job.poll_once).status for _ in range(2)] == ["FAILED", "FAILED"]
    assert job.done
    with pytest.raises(JobFailedError):
        job.outcome.result()


def test_wait_continues_after_a_single_poll(harness: Harness) -> None:
    job = dock_job(harness, ends_at(20))
    harness.call(job.poll_once)

    assert harness.call(job.wait).status == "SUCCESS"
    assert job.done


@pytest.mark.parametrize(
    ("final", "error"), [("SUCCESS", None), ("FAILED", JobFailedError), ("IN_PROGRESS", JobTimeoutError)]
)
def test_program_that_pauses_by_itself_polls_as_a_wait_does(harness: Harness, final: str, error: Any) -> None:
    """Each poll is that of another process, which has the resume token alone."""
    vendor = harness.vendor(ends_at(40, final))
    api = harness.client("AIForProcess", vendor)
    token, pause = api.dock_status_job("ds-1", timeout=60).token(), 0.0
    while pause is not None:
        harness.clock.time += pause
        job = api.resume(token)
        harness.call(job.poll_once)
        token, pause = job.token(), job.next_poll_in
    polls = vendor.poll_times
    with contextlib.nullcontext() if error is None else pytest.raises(error):
        harness.call(job.wait)

    assert vendor.poll_times == polls
    assert json.loads(token)["polls"] == len(polls)
    reference = Harness(harness.asynchronous)
    with contextlib.suppress(JobFailedError, JobTimeoutError):
        reference.wait_for_dock(ends_at(40, final), timeout=60)
    # Both have jitter of a tenth.
    assert len(polls) == pytest.approx(len(reference.last_vendor.polls), abs=1)
    assert polls[-1] == pytest.approx(59.9 if error is JobTimeoutError else 44, abs=4)
    assert harness.clock.time == pytest.approx(60) if error is JobTimeoutError else polls[-1]


def test_pause_is_that_of_the_server_up_to_the_deadline(harness: Harness) -> None:
    def fault(request: Any, number: int) -> Any:
        return json_response(200, dock_status("ds-1", "IN_PROGRESS"), **{"Retry-After": "20"})

    for timeout, expected in ((100, 20), (10, 9.9)):
        job = dock_job(harness, ends_at(20), fault, timeout=timeout)
        assert job.next_poll_in == 0
        harness.call(job.poll_once)
        assert job.next_poll_in == pytest.approx(expected, abs=2 if expected == 20 else 0.01)


def test_no_poll_is_due_after_the_deadline(harness: Harness) -> None:
    job = dock_job(harness, ends_at(20), timeout=5)
    harness.clock.time = 5.0

    assert job.next_poll_in is None


def test_job_can_be_read_after_its_wait_timed_out(harness: Harness) -> None:
    job = dock_job(harness, ends_at(20), timeout=5)
    with pytest.raises(JobTimeoutError):
        harness.call(job.wait)
    assert not job.done

    harness.clock.time = 30.0

    assert harness.call(job.poll_once).status == "SUCCESS"
    assert job.done


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (json_response(404, {"errors": [{"msg": "Not found"}]}), NotFoundError),
        (json_response(500), ServerError),
        (json_response(200, dock_status("ds-2", "SUCCESS")), UnexpectedResponseError),
        (json_response(200, {"_id": "ds-1"}), UnexpectedResponseError),
    ],
)
def test_error_is_raised_and_ends_nothing(harness: Harness, response: Any, error: type[Exception]) -> None:
    job = dock_job(harness, ends_at(0), lambda _, number: response if number == 1 else None)

    with pytest.raises(error):
        harness.call(job.poll_once)
    assert (job.done, job.outcome) == (False, None)
    assert harness.call(job.poll_once).status == "SUCCESS"


def test_transient_error_is_retried(harness: Harness) -> None:
    job = dock_job(harness, ends_at(0), lambda _, number: json_response(503) if number == 1 else None)

    assert harness.call(job.poll_once).status == "SUCCESS"


def test_status_of_an_earlier_run_is_returned_and_not_done(harness: Harness) -> None:
    vendor = harness.vendor(lambda name, now: publish_status(name, f"run-{now > 5}", now, "successful"))
    api = harness.client("AIForService", vendor)
    run = harness.call(api.publish_status_job(STREAM_ID).current_run)
    job = api.publish_status_job(STREAM_ID, after_run=run)

    harness.clock.time = 1.0
    assert harness.call(job.poll_once).status == "successful"
    assert not job.done
    harness.clock.time = 6.0
    assert harness.call(job.poll_once).status == "successful"
    assert job.done


def test_job_that_is_not_started_is_not_done(harness: Harness) -> None:
    vendor = harness.vendor(workflow("NOT_STARTED"))
    job = harness.client("OpenSearchFlowFramework", vendor).workflow_status_job("w-1")

    assert harness.call(job.poll_once).state == "NOT_STARTED"
    assert not job.done


def test_job_that_starts_after_the_second_poll_is_waited_for(harness: Harness) -> None:
    vendor = harness.vendor(lambda name, now: workflow("NOT_STARTED" if now < 100 else "COMPLETED")(name, now))
    job = harness.client("OpenSearchFlowFramework", vendor).workflow_status_job("w-1")
    for _ in range(2):
        assert harness.call(job.poll_once).state == "NOT_STARTED"
        harness.clock.time += 50

    assert harness.call(job.wait).state == "COMPLETED"


def test_final_status_that_cannot_be_parsed_is_no_pending_one(harness: Harness) -> None:
    job = dock_job(harness, lambda name, _: {**dock_status(name, "SUCCESS"), "response": 7}, timeout=60)
    for attempt in (job.poll_once, job.wait, job.poll_once, job.wait):
        with pytest.raises(UnexpectedResponseError, match="cannot be parsed"):
            harness.call(attempt)


def test_update_is_reported(harness: Harness) -> None:
    seen: list[Any] = []
    job = dock_job(harness, ends_at(20), on_update=lambda status, progress: seen.append((str(status.status), progress)))

    for _ in range(2):
        harness.call(job.poll_once)

    assert seen == [("IN_PROGRESS", None)]


def test_job_that_is_being_waited_for_is_refused() -> None:
    harness = Harness(False)
    errors: list[str] = []

    def read_again(*_: Any) -> None:
        try:
            job.poll_once()
        except InvalidArgumentError as error:
            errors.append(str(error))

    job = dock_job(harness, ends_at(0), on_update=read_again)
    job.wait()

    assert "is being waited for already" in errors[0]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (DockStatus.from_dict({"_id": "1", "status": "IN_PROGRESS"}), (False, False, False, "IN_PROGRESS")),
        (DockStatus.from_dict({"_id": "1", "status": "SUCCESS"}), (True, True, False, "SUCCESS")),
        (DockStatus.from_dict({"_id": "1", "status": "FAILED"}), (True, False, True, "FAILED")),
        (DockStatus.from_dict({"_id": "1", "status": "PAUSED"}), (False, False, False, None)),
        (DockStatus.from_dict({"_id": "1", "status": "success"}), (True, True, False, None)),
        (PublishStatus.from_dict({"streamId": "1", "status": "failed"}), (True, False, True, "failed")),
        (
            WorkflowStatus.from_dict({"workflow_id": "1", "state": "NOT_STARTED"}),
            (False, False, False, "NOT_STARTED"),
        ),
    ],
)
def test_status_says_whether_the_job_has_ended(status: Any, expected: tuple[Any, ...]) -> None:
    assert (status.is_final, status.is_success, status.is_failure, status.job_state) == expected


def test_type_of_the_states_lists_the_states_of_the_document() -> None:
    assert get_args(DockStatusState) == ("IN_PROGRESS", "SUCCESS", "FAILED")


PROGRAM = """\
from job_status.ai_for_process import DockStatus, DockStatusState
right: DockStatusState = "SUCCESS"
wrong: DockStatusState = "SUCCES"
def is_over(status: DockStatus) -> bool:
    return status.job_state == "FAILD" or status.is_final
"""


@pytest.mark.slow
def test_type_checker_finds_a_mistyped_state(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", "cache"]
    environment = {**os.environ, "MYPYPATH": str(ROOT / "generated")}

    done = subprocess.run(
        [*command, "program.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    errors = [line.split(":")[1] for line in done.stdout.splitlines() if " error: " in line]
    assert errors == ["3", "5"], done.stdout


def test_changes_are_logged_at_info(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "job_status")

    harness.wait_for_dock(
        lambda name, now: dock_status(name, "SUCCESS" if now > 20 else "IN_PROGRESS", percentageComplete=now // 10)
    )

    messages = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert messages[0] == "get_dock_status ds-1: IN_PROGRESS"
    assert messages[-1].startswith("get_dock_status ds-1: SUCCESS")
    assert len(messages) == len(set(messages)) < len(harness.last_vendor.polls)
