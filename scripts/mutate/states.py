"""Mutants of states and progress."""

from collections.abc import Callable
from typing import Any

from ..document import MISSING
from .messages import Log, Mutation
from .mutant import (
    FINAL,
    Api,
    Poll,
    Report,
    by_job,
    mutant,
    on_status,
    put,
    reports,
    some_exchange,
    some_pair,
    some_report,
)
from .requirements import has, is_plain, set_state, state_at


def leaves_final(api: Api, first: Report, second: Report) -> bool:
    """Hold if a job leaves a final state."""
    return api.kind(first.sent) in FINAL and api.state(second.sent) != api.state(first.sent)


left_final = some_pair(leaves_final)


@mutant("lifecycle", "terminal_is_final", "x-job: a final state stays", left_final)
def ended_job_runs_again(api: Api) -> Mutation:
    """Every second status after the end is pending."""

    def change(poll: Poll) -> None:
        if poll.after_end > 0 and poll.after_end % 2:
            set_state(api, poll, api.first("pending"))

    return on_status(api, change)


@mutant("lifecycle", "terminal_is_final", "x-job: a final state stays", left_final)
def success_becomes_failure(api: Api) -> Mutation:
    """A job that has succeeded fails later."""
    return _after_end(api, "success", "failure")


@mutant("lifecycle", "terminal_is_final", "x-job: a final state stays", left_final)
def failure_becomes_success(api: Api) -> Mutation:
    """A job that has failed succeeds later."""
    return _after_end(api, "failure", "success")


def _after_end(api: Api, before: str, after: str) -> Mutation:
    def change(poll: Poll) -> None:
        if poll.kind == before and poll.after_end > 0:
            set_state(api, poll, api.first(after))

    return on_status(api, change)


@mutant("lifecycle", "terminal_is_final", "x-job: a final state stays", left_final)
def pending_once_after_end(api: Api) -> Mutation:
    """One status after the end, the third, is pending."""

    def change(poll: Poll) -> None:
        if poll.after_end == 3:
            set_state(api, poll, api.first("pending"))

    return on_status(api, change)


def steps_back(api: Api, first: Report, second: Report) -> bool:
    """Hold if a pending job returns to a state before the start."""
    return (api.kind(first.sent), api.kind(second.sent)) == ("pending", "notStarted")


@mutant("lifecycle", "never_backwards", "x-job: a started job stays started", some_pair(steps_back), has("notStarted"))
def returns_to_not_started(api: Api) -> Mutation:
    """The second status of a pending job is that of one that has not started."""

    def change(poll: Poll) -> None:
        if poll.kind == "pending" and poll.number in {3, 4}:
            set_state(api, poll, api.first("notStarted"))

    return on_status(api, change)


def never_final(api: Api, log: Log) -> bool:
    """Hold if a job has ended and no status of it says so."""
    jobs = by_job(api, log).values()
    return any(
        any(api.kind(r.conforming) in FINAL for r in seen) and all(api.kind(r.sent) not in FINAL for r in seen)
        for seen in jobs
    )


@mutant("lifecycle", "ends", "x-job: a job ends", never_final)
def never_ends(api: Api) -> Mutation:
    """No job ever ends."""
    return _stuck(api, lambda poll: True)


@mutant("lifecycle", "ends", "x-job: a job ends", never_final)
def only_first_job_ends(api: Api) -> Mutation:
    """Only the job that is polled first ends."""
    return _stuck(api, lambda poll: poll.job_id != poll.shared.setdefault("first", poll.job_id))


@mutant("lifecycle", "ends", "x-job: a job ends", never_final)
def failed_jobs_stay_pending(api: Api) -> Mutation:
    """A job that has failed stays pending."""
    return _stuck(api, lambda poll: poll.kind == "failure")


@mutant("lifecycle", "ends", "x-job: a job ends", never_final)
def success_is_never_reported(api: Api) -> Mutation:
    """A job that has succeeded stays pending."""
    return _stuck(api, lambda poll: poll.kind == "success")


def _stuck(api: Api, when: Callable[[Poll], bool]) -> Mutation:
    def change(poll: Poll) -> None:
        if when(poll) and poll.is_final:
            set_state(api, poll, api.first("pending"))
            if api.job.progress:
                put(poll.body, api.job.progress.at, 10)

    return on_status(api, change)


def progress_of(api: Api, body: Any) -> float:
    """Return the progress in a status, or -1."""
    found = api.job.progress.percent(body) if api.job.progress else None
    return -1 if found is None else found


def progress_fell(api: Api, first: Report, second: Report) -> bool:
    """Hold if the progress is lower than before."""
    return progress_of(api, first.sent) > progress_of(api, second.sent) >= 0


@mutant("lifecycle", "progress_never_falls", "x-job: progress never falls", some_pair(progress_fell), has("progress"))
def progress_falls(api: Api) -> Mutation:
    """The progress of a pending job decreases with each poll."""

    def change(poll: Poll) -> None:
        if poll.kind == "pending" and api.job.progress:
            put(poll.body, api.job.progress.at, 60 - poll.number)

    return on_status(api, change)


@mutant("lifecycle", "progress_never_falls", "x-job: progress never falls", some_pair(progress_fell), has("progress"))
def first_progress_is_ahead(api: Api) -> Mutation:
    """The first status of a job has more progress than the second."""

    def change(poll: Poll) -> None:
        if poll.kind == "pending" and api.job.progress:
            put(poll.body, api.job.progress.at, 90 if poll.number == 1 else 20)

    return on_status(api, change)


@mutant(
    "lifecycle",
    "progress_matches_state",
    "x-job: progress is below 100 before the end",
    some_report(lambda api, r: api.kind(r.sent) == "pending" and progress_of(api, r.sent) == 100),
    has("progress"),
)
def complete_while_pending(api: Api) -> Mutation:
    """A pending job has a progress of 100."""

    def change(poll: Poll) -> None:
        if poll.kind == "pending" and api.job.progress:
            put(poll.body, api.job.progress.at, 100)

    return on_status(api, change)


@mutant(
    "lifecycle",
    "progress_matches_state",
    "x-job: progress is 100 with success",
    some_report(lambda api, r: api.kind(r.sent) == "success" and 0 <= progress_of(api, r.sent) < 100),
    has("progress"),
)
def success_at_40_percent(api: Api) -> Mutation:
    """A job succeeds with a progress of 40."""

    def change(poll: Poll) -> None:
        if api.job.progress and poll.kind in {"success", "pending"}:
            put(poll.body, api.job.progress.at, 40 if poll.kind == "success" else 20)

    return on_status(api, change)


@mutant(
    "lifecycle",
    "response_schema_conformance",
    "every state is documented",
    some_exchange(
        lambda api, e: (
            api.job_id(e.request) is not None
            and e.sent.is_success
            and api.state(e.sent.json) not in (MISSING, *api.job.kinds)
        )
    ),
    is_plain,
)
def undocumented_state(api: Api) -> Mutation:
    """A pending job is in a state that the document does not list."""

    def change(poll: Poll) -> None:
        if poll.kind == "pending":
            put(poll.body, state_at(api), "PAUSED")

    return on_status(api, change)


def differs_once(api: Api, log: Log) -> bool:
    """Hold if a status of a job that has ended has a member that neither the one before nor the one after has."""
    return any("x_odd" in report.sent for report in reports(api, log) if api.kind(report.conforming) in FINAL)


@mutant("lifecycle", "stays_the_same", "a poll changes nothing", differs_once, lambda api: api.job.detail is None)
def one_odd_status(api: Api) -> Mutation:
    """One status of a job that has ended, the fifth, has another member than those before and after."""

    def change(poll: Poll) -> None:
        if poll.after_end == 5:
            poll.body["x_odd"] = 1

    return on_status(api, change)
