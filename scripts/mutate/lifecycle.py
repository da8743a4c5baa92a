"""Mutants of the lifecycle of jobs: states, progress, identity, lists, timestamps, views and starts."""

import copy
import json
from collections.abc import Callable
from typing import Any

from ..document import MISSING, Keys, walk
from .messages import Exchange, Log, Mutation, Request, Response, Serve
from .mutant import (
    FINAL,
    Api,
    Poll,
    Report,
    by_job,
    differs,
    mutant,
    on_response,
    on_status,
    put,
    reports,
    some_exchange,
    some_pair,
    some_report,
)

Change = Callable[[Poll], Response | None]


def has(name: str) -> Callable[[Api], bool]:
    """Return the requirement that `x-job` has a key."""
    return lambda api: bool(api.operation.raw["x-job"].get(name))


def is_plain(api: Api) -> bool:
    """Require that the state is a string in a field."""
    return api.job.state is not None


def all_of(*needs: Callable[[Api], bool]) -> Callable[[Api], bool]:
    """Return the requirement that all requirements hold."""
    return lambda api: all(need(api) for need in needs)


def set_state(api: Api, poll: Poll, state: str) -> None:
    """Set the state of a status, and the fields that mirror it."""
    put(poll.body, api.job.state or (), state)
    for mirror in api.job.mirrors:
        if walk(poll.body, mirror.at) is not MISSING:
            put(poll.body, mirror.at, mirror.values[state])


def state_at(api: Api) -> Keys:
    """Return the path of the state."""
    return api.job.state or ()


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


def other_id(api: Api, report: Report) -> bool:
    """Hold if the id in the status is not that of the request."""
    return not api.job.is_id(walk(report.sent, api.job.id or ()), report.job_id)


@mutant("lifecycle", "id_echo", "x-job: a status has the id of the request", some_report(other_id), has("id"))
def another_id(api: Api) -> Mutation:
    """Every status has the id of another job."""

    def change(poll: Poll) -> None:
        put(poll.body, api.job.id or (), str(walk(poll.body, api.job.id or ()))[:-1] + "~")

    return on_status(api, change)


@mutant("lifecycle", "id_echo", "x-job: a status has the id of the request", some_report(other_id), has("id"))
def previous_job_returned(api: Api) -> Mutation:
    """Every fifth status is the previous response, which may be that of another job."""

    def change(poll: Poll) -> Response | None:
        before = poll.shared.get("before")
        poll.shared["count"] = poll.shared.get("count", 0) + 1
        poll.shared["before"] = poll.response
        return before if poll.shared["count"] % 5 == 0 else None

    return on_status(api, change)


def identified_elsewhere(api: Api) -> bool:
    """Require fields other than the id and the state in a status."""
    return is_plain(api) and len(api.job.immutable) > 1


def content_of(api: Api, body: Any) -> Any:
    """Return a status without the id."""
    found = copy.deepcopy(body)
    put(found, api.job.id or (), MISSING)
    return found


def taken_over(api: Api, log: Log) -> bool:
    """Hold if a job that has ended has content of another job, which it does not have on the conforming server."""
    return any(
        api.kind(r.conforming) in FINAL
        and api.kind(r.sent) in FINAL
        and content_of(api, r.sent) != content_of(api, r.conforming)
        and not other_id(api, r)
        for r in reports(api, log)
    )


APART = "jobs_apart concurrent_reads immutable terminal_is_final"


@mutant(
    "lifecycle", APART, "RFC 9110, 9.3.1: a response is about the requested resource", taken_over, identified_elsewhere
)
def content_of_another_job(api: Api) -> Mutation:
    """A poll right after one of another job that has ended returns the content of that job, with its own id."""

    def change(poll: Poll) -> None:
        before = poll.shared.get("before")
        if poll.is_final:
            poll.shared["before"] = (poll.job_id, copy.deepcopy(poll.body), poll.request.query)
        if poll.after_end > 0 and before and before[0] != poll.job_id and before[2] == poll.request.query:
            own = walk(poll.body, api.job.id or ())
            poll.body = copy.deepcopy(before[1])
            put(poll.body, api.job.id or (), own)

    return on_status(api, change)


@mutant(
    "lifecycle", APART, "RFC 9110, 9.3.1: a response is about the requested resource", taken_over, identified_elsewhere
)
def field_of_another_job(api: Api) -> Mutation:
    """A status has one field of the job that was polled before it."""

    def change(poll: Poll) -> None:
        before = poll.shared.get("before")
        poll.shared["before"] = (poll.job_id, copy.deepcopy(poll.body))
        path = next(path for path in reversed(api.job.immutable) if path != api.job.id)
        value = walk(before[1], path) if before else MISSING
        if poll.after_end > 0 and before and before[0] != poll.job_id and value is not MISSING:
            put(poll.body, path, value)

    return on_status(api, change)


@mutant("lifecycle", APART, "RFC 9110, 9.3.1: a response is about the requested resource", taken_over, is_plain)
def missing_field_is_filled(api: Api) -> Mutation:
    """A field that a job lacks has the value of the job that was polled before it."""

    def change(poll: Poll) -> None:
        before = poll.shared.get("before", {})
        poll.shared["before"] = copy.deepcopy(poll.body)
        if poll.after_end > 0 and before and api.kind(before) in FINAL:
            for name in before.keys() - poll.body.keys():
                poll.body[name] = before[name]

    return on_status(api, change)


@mutant(
    "lifecycle", APART, "RFC 9110, 9.3.1: a response is about the requested resource", taken_over, identified_elsewhere
)
def concurrent_jobs_are_mixed(api: Api) -> Mutation:
    """Of polls in flight at the same time, the second one gets the content of the first."""
    import asyncio

    in_flight: list[Any] = []

    async def mutation(request: Request, serve: Serve) -> Response:
        job_id = api.job_id(request)
        if job_id is None:
            return await serve(request)
        response = await serve(request)
        entry = (job_id, response)
        in_flight.append(entry)
        others = [one for one in in_flight if one[0] != job_id and isinstance(one[1].json, dict)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        in_flight.remove(entry)
        if others and isinstance(response.json, dict) and response.is_success and others[0][1].is_success:
            body = copy.deepcopy(others[0][1].json)
            put(body, api.job.id or (), walk(response.json, api.job.id or ()))
            return response.with_json(body)
        return response

    return mutation


def immutable_path(api: Api) -> Keys:
    """Return the last immutable path that is not the id."""
    return next((path for path in reversed(api.job.immutable) if path != api.job.id), ())


def immutable_changed(api: Api, first: Report, second: Report) -> bool:
    """Hold if an immutable value changes while the run is the same."""
    a, b = (walk(one.sent, immutable_path(api)) for one in (first, second))
    runs = [[walk(one.conforming, path) for path in api.job.run] for one in (first, second)]
    return MISSING not in (a, b) and a != b and runs[0] == runs[1]


CHANGED = some_pair(immutable_changed)


def has_text(api: Api) -> bool:
    """Require an immutable string in each status."""
    return identified_elsewhere(api) and any(isinstance(value, str) for value in _values(api, immutable_path(api)))


@mutant("lifecycle", "immutable run start_keeps_its_kind", "x-job: immutable", CHANGED, has_text)
def immutable_alternates(api: Api) -> Mutation:
    """An immutable value has another form in every second status."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, immutable_path(api))
        if poll.number % 2 == 0 and isinstance(value, str):
            other = next((v for v in _values(api, immutable_path(api)) if v != value), f"{value}x")
            put(poll.body, immutable_path(api), other)

    return on_status(api, change)


def _values(api: Api, path: Keys) -> list[Any]:
    """Return the values of a field in the examples of the document."""
    found = [walk(example.value, path) for _, example in api.operation.success.examples]
    return [value for value in found if value is not MISSING]


@mutant("lifecycle", "immutable run", "x-job: immutable", CHANGED, has_text)
def immutable_changes_at_end(api: Api) -> Mutation:
    """An immutable value changes when the job ends."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, immutable_path(api))
        if poll.is_final and isinstance(value, str):
            other = next((v for v in _values(api, immutable_path(api)) if v != value), f"{value}x")
            put(poll.body, immutable_path(api), other)

    return on_status(api, change)


@mutant(
    "lifecycle",
    "immutable response_schema_conformance",
    "x-job: immutable",
    some_pair(
        lambda api, a, b: (
            walk(a.sent, immutable_path(api)) is not MISSING is walk(b.sent, immutable_path(api))
            and a.request.query == b.request.query
        )
    ),
    lambda api: identified_elsewhere(api) and immutable_path(api) not in api.job.run,
)
def immutable_disappears(api: Api) -> Mutation:
    """An immutable value is missing once the job has ended."""

    def change(poll: Poll) -> None:
        if poll.is_final and walk(poll.body, immutable_path(api)) is not MISSING:
            put(poll.body, immutable_path(api), MISSING)

    return on_status(api, change)


def list_at(api: Api, body: Any) -> list[Any]:
    """Return the first append-only list in a status."""
    found = walk(body, api.job.append_only[0])
    return found if isinstance(found, list) else []


def entries_lost(api: Api, first: Report, second: Report) -> bool:
    """Hold if a list has fewer of some entry than before."""
    before, after = list_at(api, first.sent), list_at(api, second.sent)
    is_same_view = first.request.query == second.request.query or bool(after)
    return is_same_view and any(before.count(entry) > after.count(entry) for entry in before)


LOST = some_pair(entries_lost)


@mutant("lifecycle", "append_only", "x-job: appendOnly", LOST, has("appendOnly"))
def list_is_emptied(api: Api) -> Mutation:
    """An append-only list is empty after it was not."""

    def change(poll: Poll) -> None:
        key = f"had {poll.request.query}"
        if poll.memory.get(key) and list_at(api, poll.body):
            put(poll.body, api.job.append_only[0], [])
        poll.memory[key] = poll.memory.get(key) or bool(list_at(api, poll.body))

    return on_status(api, change)


@mutant("lifecycle", "append_only", "x-job: appendOnly", LOST, has("appendOnly"))
def list_is_replaced_at_end(api: Api) -> Mutation:
    """A pending job has an entry in an append-only list that it loses at the end."""

    def change(poll: Poll) -> None:
        if poll.kind == "pending":
            sample = next(v for v in _values(api, api.job.append_only[0]) if v)[0]
            entry = {**sample, next(iter(sample)): "early"} if isinstance(sample, dict) else "early"
            put(poll.body, api.job.append_only[0], [*list_at(api, poll.body), entry])

    return on_status(api, change)


@mutant("lifecycle", "append_only detail", "x-job: appendOnly", LOST, has("appendOnly"))
def duplicate_entry_disappears(api: Api) -> Mutation:
    """One of two equal entries of an append-only list disappears at the end."""

    def change(poll: Poll) -> None:
        entries = list_at(api, poll.body)
        if entries and poll.after_end < 1:
            put(poll.body, api.job.append_only[0], [*entries, entries[-1], entries[-1]])

    return on_status(api, change)


@mutant(
    "lifecycle",
    "append_only detail jobs_apart",
    "x-job: appendOnly",
    LOST,
    has("appendOnly"),
)
def list_misses_once(api: Api) -> Mutation:
    """One status of a job that has ended has an empty list, between two with entries."""

    def change(poll: Poll) -> None:
        if poll.after_end == 2 and list_at(api, poll.body):
            put(poll.body, api.job.append_only[0], [])

    return on_status(api, change)


def subtasks_of(api: Api, body: Any) -> list[Any]:
    """Return the subtasks in a status."""
    found = walk(body, api.job.subtasks.items) if api.job.subtasks else MISSING
    return found if isinstance(found, list) else []


def unfinished_subtask(api: Api, report: Report) -> bool:
    """Hold if a job has succeeded and a subtask has not."""
    success = api.job.subtasks.success if api.job.subtasks else ()
    states = [walk(item, api.job.subtasks.state) for item in subtasks_of(api, report.sent) if api.job.subtasks]
    return api.kind(report.sent) == "success" and any(state not in success for state in states)


@mutant("lifecycle", "subtasks", "x-job: subtasks", some_report(unfinished_subtask), has("subtasks"))
def subtask_failed(api: Api) -> Mutation:
    """A job has succeeded although its last subtask has not."""

    def change(poll: Poll) -> None:
        items = subtasks_of(api, poll.body)
        if poll.kind == "success" and items and api.job.subtasks:
            put(items[-1], api.job.subtasks.state, "FAILED")

    return on_status(api, change)


def fewer_subtasks(api: Api, first: Report, second: Report) -> bool:
    """Hold if a subtask that had succeeded is missing later."""
    before, after = subtasks_of(api, first.sent), subtasks_of(api, second.sent)
    return (
        api.kind(first.sent) in FINAL
        and first.request.query == second.request.query
        and any(item not in after for item in before if after)
    )


@mutant("lifecycle", "subtasks_stay", "x-job: subtasks", some_pair(fewer_subtasks), has("subtasks"))
def subtask_disappears(api: Api) -> Mutation:
    """The first subtask of a job is missing after the end."""

    def change(poll: Poll) -> None:
        items = subtasks_of(api, poll.body)
        if poll.after_end > 0 and len(items) > 1 and api.job.subtasks:
            put(poll.body, api.job.subtasks.items, items[1:])

    return on_status(api, change)


@mutant(
    "lifecycle",
    "subtasks subtasks_stay jobs_apart",
    "x-job: subtasks",
    some_report(unfinished_subtask),
    has("subtasks"),
)
def subtask_runs_again(api: Api) -> Mutation:
    """A subtask that has succeeded is in another state later."""

    def change(poll: Poll) -> None:
        items = subtasks_of(api, poll.body)
        if poll.after_end == 2 and items and api.job.subtasks:
            put(items[0], api.job.subtasks.state, "RUNNING")

    return on_status(api, change)


def time_at(api: Api, index: int) -> Keys:
    """Return the path of a timestamp."""
    return api.job.timestamps[index]


def shifted(value: Any, seconds: float) -> Any:
    """Return a timestamp, a number of milliseconds or seconds or a date-time, at another time."""
    import datetime

    if isinstance(value, str):
        parsed = datetime.datetime.fromisoformat(value) + datetime.timedelta(seconds=seconds)
        return parsed.isoformat().replace("+00:00", "Z")
    return value + (seconds * 1000 if value > 1e11 else seconds)


def shift_time(api: Api, index: int, seconds: float, when: Callable[[Poll], bool]) -> Mutation:
    """Return a mutation that shifts one timestamp."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, time_at(api, index))
        if when(poll) and isinstance(value, str | int | float):
            put(poll.body, time_at(api, index), shifted(value, seconds))

    return on_status(api, change)


DAY, YEAR = 86_400, 31_557_600


@mutant(
    "lifecycle",
    "timestamps_in_order",
    "x-job: timestamps",
    some_report(differs(lambda api: time_at(api, -1))),
    has("timestamps"),
)
def ends_before_it_begins(api: Api) -> Mutation:
    """The last timestamp of a job is a day before the first."""
    return shift_time(api, -1, -DAY, lambda poll: poll.is_final)


@mutant(
    "lifecycle",
    "timestamps_plausible",
    "RFC 9110, 6.6.1: Date is when the message originated",
    some_report(differs(lambda api: time_at(api, -1))),
    has("timestamps"),
)
def ends_in_the_future(api: Api) -> Mutation:
    """A job that has ended ends an hour after the Date of the response."""
    return shift_time(api, -1, 3600, lambda poll: poll.is_final)


@mutant(
    "lifecycle",
    "timestamps_plausible timestamps_in_order",
    "RFC 9110, 6.6.1: Date is when the message originated",
    some_report(differs(lambda api: time_at(api, 0))),
    has("timestamps"),
)
def begins_in_the_future(api: Api) -> Mutation:
    """A pending job begins a day after the Date of the response."""
    return shift_time(api, 0, DAY, lambda poll: poll.kind == "pending")


@mutant(
    "lifecycle",
    "timestamps_plausible",
    "x-job: timestamps",
    some_report(differs(lambda api: time_at(api, 0))),
    has("timestamps"),
)
def begins_in_the_last_century(api: Api) -> Mutation:
    """A job begins before 2000."""
    return shift_time(api, 0, -56 * YEAR, lambda poll: True)


@mutant(
    "lifecycle",
    "timestamps_plausible timestamps_in_order",
    "x-job: timestamps",
    some_report(differs(lambda api: time_at(api, 0))),
    has("timestamps"),
)
def begins_in_1970(api: Api) -> Mutation:
    """A job that has ended began at the start of 1970."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, time_at(api, 0))
        if poll.is_final and value is not MISSING:
            put(poll.body, time_at(api, 0), "1970-01-01T00:00:00Z" if isinstance(value, str) else 0)

    return on_status(api, change)


def has_numeric_times(api: Api) -> bool:
    """Require timestamps that are numbers."""
    return bool(api.job.timestamps) and any(isinstance(v, int) for v in _values(api, api.job.timestamps[-1]))


@mutant(
    "lifecycle",
    "timestamps_plausible",
    "x-job: timestamps have one unit",
    some_report(differs(lambda api: time_at(api, -1))),
    has_numeric_times,
)
def two_units_of_time(api: Api) -> Mutation:
    """The last timestamp is in seconds, the first in milliseconds."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, time_at(api, -1))
        if isinstance(value, int):
            put(poll.body, time_at(api, -1), -(-value // 1000))

    return on_status(api, change)


@mutant(
    "lifecycle",
    "timestamps_plausible",
    "x-job: timestamps have one unit",
    some_report(differs(lambda api: time_at(api, 0))),
    has_numeric_times,
)
def times_in_microseconds(api: Api) -> Mutation:
    """All timestamps are in microseconds."""

    def change(poll: Poll) -> None:
        for path in api.job.timestamps:
            if isinstance(value := walk(poll.body, path), int):
                put(poll.body, path, value * 1000)

    return on_status(api, change)


def has_end_time(api: Api) -> bool:
    """Require a last timestamp that only jobs that have ended have."""
    examples = [example.value for _, example in api.operation.success.examples if isinstance(example.value, dict)]
    pending = (
        [walk(body, time_at(api, -1)) for body in examples if api.kind(body) == "pending"] if api.job.timestamps else []
    )
    return bool(pending) and all(value is MISSING for value in pending)


@mutant(
    "lifecycle",
    "no_end_while_pending",
    "x-job: timestamps",
    some_report(lambda api, r: api.kind(r.sent) == "pending" and walk(r.sent, time_at(api, -1)) is not MISSING),
    has_end_time,
)
def pending_job_has_an_end(api: Api) -> Mutation:
    """A pending job has the time of its end."""

    def change(poll: Poll) -> None:
        begun = walk(poll.body, time_at(api, 0))
        if poll.kind == "pending" and begun is not MISSING:
            put(poll.body, time_at(api, -1), begun)

    return on_status(api, change)


def mirror_contradicts(api: Api, report: Report) -> bool:
    """Hold if a field that mirrors the state contradicts it."""
    mirror = api.job.mirrors[0]
    value = walk(report.sent, mirror.at)
    return value is not MISSING and value != mirror.values.get(api.state(report.sent))


@mutant("lifecycle", "mirrors", "x-job: mirrors", some_report(mirror_contradicts), has("mirrors"))
def mirror_is_ahead(api: Api) -> Mutation:
    """The field that mirrors the state reports success while the job is pending."""
    return _mirror(api, "pending", "success")


@mutant("lifecycle", "mirrors", "x-job: mirrors", some_report(mirror_contradicts), has("mirrors"))
def mirror_lags(api: Api) -> Mutation:
    """The field that mirrors the state is pending after the end."""
    return _mirror(api, "success", "pending")


def _mirror(api: Api, kind: str, shown: str) -> Mutation:
    def change(poll: Poll) -> None:
        mirror = api.job.mirrors[0]
        if poll.kind == kind and walk(poll.body, mirror.at) is not MISSING:
            put(poll.body, mirror.at, mirror.values[api.first(shown)])

    return on_status(api, change)


def view_of(api: Api, request: Request) -> str:
    """Return the view of a request, by default the narrowest."""
    detail = api.job.detail
    if detail is None:
        return ""
    default = next(
        (p.schema.get("default") for p in api.operation.parameters_in("query") if p.name == detail.parameter), None
    )
    shown = detail.values[0] if default is None else default
    given = request.parameters.get(detail.parameter, [json.dumps(shown) if isinstance(shown, bool) else str(shown)])
    return given[-1]


def is_narrow(api: Api, request: Request) -> bool:
    """Return whether a request is for the narrowest view."""
    detail = api.job.detail
    narrow = detail.values[0] if detail else ""
    return view_of(api, request) == (json.dumps(narrow) if isinstance(narrow, bool) else str(narrow))


def only_wide(api: Api) -> Keys:
    """Return the path of a field that only the wide view has: a mirror or the last timestamp."""
    return (
        api.job.timestamps[0]
        if api.job.timestamps and not _in_narrow(api, api.job.timestamps[0])
        else api.job.timestamps[-1]
    )


def _in_narrow(api: Api, path: Keys) -> bool:
    shortest = min((e.value for _, e in api.operation.success.examples if api.kind(e.value) == "success"), key=len)
    return walk(shortest, path) is not MISSING


NARROW = some_report(lambda api, r: is_narrow(api, r.request) and set(r.sent) > set(r.conforming))


@mutant("lifecycle", "detail", "x-job: detail", NARROW, has("detail"))
def narrow_view_shows_more_while_pending(api: Api) -> Mutation:
    """The narrow view of a pending job has the fields of the wide one."""
    return _wide_always(api, lambda kind: kind == "pending")


@mutant("lifecycle", "detail", "x-job: detail", NARROW, has("detail"))
def narrow_view_shows_more_at_end(api: Api) -> Mutation:
    """The narrow view of a job that has ended has the fields of the wide one."""
    return _wide_always(api, lambda kind: kind in FINAL)


def _wide_always(api: Api, when: Callable[[str | None], bool]) -> Mutation:
    detail = api.job.detail
    assert detail is not None  # noqa: S101 - a requirement

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.job_id(request) is None or not response.is_success or not is_narrow(api, request):
            return response
        if not when(api.kind(response.json)):
            return response
        wide = detail.values[-1]
        value = json.dumps(wide) if isinstance(wide, bool) else str(wide)
        full = await serve(Request(request.method, f"{request.path}?{detail.parameter}={value}", request.headers))
        added = {name: full.json[name] for name in full.json if name not in response.json} if full.is_success else {}
        return (
            response.with_json({**response.json, **added})
            if api.kind(full.json) == api.kind(response.json)
            else response
        )

    return mutation


def unshown(api: Api) -> str | None:
    """Return a string member of a status that is described and in no example, or None."""
    shown = {name for _, e in api.operation.success.examples if isinstance(e.value, dict) for name in e.value}
    schema = api.document.resolve(api.operation.success.media_types[0].schema)
    described = schema.get("properties", {}).items()
    return next((name for name, member in described if name not in shown and member.get("type") == "string"), None)


@mutant(
    "lifecycle",
    "detail",
    "x-job: detail",
    some_report(lambda api, r: is_narrow(api, r.request) and str(unshown(api)) in r.sent.keys() - r.conforming.keys()),
    lambda api: api.job.detail is not None and unshown(api) is not None,
)
def narrow_view_has_an_optional_field(api: Api) -> Mutation:
    """The narrow view has a field that the document shows in no example."""

    def change(poll: Poll) -> None:
        if is_narrow(api, poll.request):
            poll.body[str(unshown(api))] = "ann"

    return on_status(api, change)


@mutant(
    "lifecycle",
    "detail",
    "x-job: detail",
    some_report(lambda api, r: not is_narrow(api, r.request) and set(r.sent) < set(r.conforming)),
    has("detail"),
)
def wide_view_shows_less(api: Api) -> Mutation:
    """The wide view lacks one field that the document shows there."""

    def change(poll: Poll) -> None:
        if not is_narrow(api, poll.request):
            put(poll.body, api.job.timestamps[-1], MISSING)

    return on_status(api, change)


@mutant(
    "lifecycle",
    "detail append_only",
    "x-job: detail",
    some_report(lambda api, r: len(list_at(api, r.sent)) != len(list_at(api, r.conforming))),
    all_of(has("detail"), has("appendOnly")),
)
def list_of_narrow_view_is_shorter(api: Api) -> Mutation:
    """The list in the narrow view lacks the last entry of the wide one."""

    def change(poll: Poll) -> None:
        if is_narrow(api, poll.request) and list_at(api, poll.body):
            put(poll.body, api.job.append_only[0], list_at(api, poll.body)[:-1])

    return on_status(api, change)


@mutant(
    "lifecycle",
    "detail append_only",
    "x-job: detail",
    some_report(lambda api, r: list_at(api, r.sent) != list_at(api, r.conforming)),
    all_of(has("detail"), has("appendOnly")),
)
def lists_of_views_differ(api: Api) -> Mutation:
    """The list in the wide view has an entry that the narrow one lacks, after the end."""

    def change(poll: Poll) -> None:
        entries = list_at(api, poll.body)
        if not is_narrow(api, poll.request) and poll.is_final and entries:
            put(poll.body, api.job.append_only[0], [*entries, entries[0]])

    return on_status(api, change)


@mutant(
    "lifecycle",
    "terminal_is_final never_backwards mirrors",
    "x-job: a final state stays",
    left_final,
    has("detail"),
)
def wide_view_lags(api: Api) -> Mutation:
    """The wide view of a job that has ended is still pending."""

    def change(poll: Poll) -> None:
        if not is_narrow(api, poll.request) and poll.is_final and poll.after_end < 4:
            set_state(api, poll, api.first("pending"))

    return on_status(api, change)


def run_path(api: Api) -> Keys:
    """Return the path of the identity of the run."""
    return api.job.run[0]


@mutant(
    "lifecycle",
    "run immutable",
    "x-job: run",
    some_pair(
        lambda api, a, b: api.kind(a.sent) == "pending" and walk(a.sent, run_path(api)) != walk(b.sent, run_path(api))
    ),
    lambda api: bool(api.job.run) and any(isinstance(v, str) for v in _values(api, api.job.run[0])),
)
def another_run_while_pending(api: Api) -> Mutation:
    """A pending job has another run in each status."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, run_path(api))
        if isinstance(value, str):
            put(poll.body, run_path(api), f"{value[:-2]}{poll.number:02}")

    return on_status(api, change)


def starts(api: Api, log: Log) -> list[Exchange]:
    """Return the exchanges of accepted starts."""
    return [e for e in log if api.is_start(e.request) and e.sent.is_success and isinstance(e.sent.json, dict)]


def started_id(api: Api, body: Any) -> Any:
    """Return the id of the job in a start response, or `MISSING`."""
    for path in link_paths(api):
        if (value := walk(body, path)) is not MISSING:
            return value
    return MISSING


def link_paths(api: Api) -> list[Keys]:
    """Return the paths of the id in a start response."""
    links = [link for r in (api.start.responses if api.start else ()) for link in r.links]
    return [
        expression.keys
        for link in links
        for expression in link.parameters.values()
        if expression.source == "response.body"
    ]


def has_start(api: Api) -> bool:
    """Require an operation that starts a job."""
    return api.start is not None and bool(link_paths(api))


def on_start(api: Api, change: Callable[[dict[str, Any], int], None]) -> Mutation:
    """Return a mutation of the bodies of accepted starts."""
    count = [0]

    def changed(request: Request, response: Response) -> Response | None:
        if not api.is_start(request) or not response.is_success or not isinstance(response.json, dict):
            return None
        count[0] += 1
        body = copy.deepcopy(response.json)
        change(body, count[0])
        return response.with_json(body)

    return on_response(changed)


def put_id(api: Api, body: dict[str, Any], value: Any) -> None:
    """Set or remove the id in a start response."""
    for path in link_paths(api):
        if walk(body, path) is not MISSING:
            put(body, path, value)


@mutant(
    "lifecycle",
    "start_is_new",
    "a start returns the id of a new job",
    lambda api, log: len({str(started_id(api, e.sent.json)) for e in starts(api, log)}) < len(starts(api, log)),
    has_start,
)
def same_id_for_every_start(api: Api) -> Mutation:
    """Every start returns the id of the first one."""
    first: list[Any] = []

    def change(body: dict[str, Any], _: int) -> None:
        first.append(started_id(api, body))
        put_id(api, body, first[0])

    return on_start(api, change)


@mutant(
    "lifecycle",
    "start_is_new",
    "a start returns the id of a new job",
    lambda api, log: any(started_id(api, e.sent.json) in _known(api) for e in starts(api, log)),
    has_start,
)
def start_returns_an_existing_job(api: Api) -> Mutation:
    """A start returns the id of a job that existed before."""
    return on_start(api, lambda body, _: put_id(api, body, _known(api)[-1]))


def _known(api: Api) -> list[Any]:
    return list(api.operation.job_parameter.known_values)


def unresolved(api: Api, log: Log) -> bool:
    """Hold if the id of a started job is unknown."""
    ids = {str(started_id(api, e.sent.json)) for e in starts(api, log)}
    return any(api.job_id(e.request) in ids and e.sent.status >= 400 for e in log)


@mutant("lifecycle", "start_resolves", "a started job has a status", unresolved, has_start)
def started_id_is_unknown(api: Api) -> Mutation:
    """The id in a start response belongs to no job."""
    return on_start(api, lambda body, count: put_id(api, body, f"{started_id(api, body)}-{count}"))


@mutant(
    "lifecycle",
    "start_resolves response_schema_conformance",
    "a started job has a status",
    lambda api, log: any(started_id(api, e.sent.json) is MISSING for e in starts(api, log)),
    has_start,
)
def start_returns_no_id(api: Api) -> Mutation:
    """A start response has no id."""
    return on_start(api, lambda body, _: put_id(api, body, MISSING))


@mutant("lifecycle", "start_resolves", "a started job has a status", unresolved, has_start)
def second_start_is_lost(api: Api) -> Mutation:
    """The job of every second start is unknown."""
    lost: set[str] = set()
    count = [0]

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.is_start(request) and response.is_success:
            count[0] += 1
            if count[0] % 2 == 0:
                lost.add(str(started_id(api, response.json)))
        elif api.job_id(request) in lost:
            return await serve(
                Request(request.method, request.target.replace(str(api.job_id(request)), "lost-1"), request.headers)
            )
        return response

    return mutation


def start_contradicted(api: Api, log: Log) -> bool:
    """Hold if a start response has a final state and the job another one."""
    jobs = by_job(api, log)
    return any(
        api.kind(e.sent.json) in FINAL
        and any(api.state(r.sent) != api.state(e.sent.json) for r in jobs.get(str(started_id(api, e.sent.json)), ()))
        for e in starts(api, log)
    )


def start_has_state(api: Api) -> bool:
    """Require a start response with the state of the job."""
    examples = api.start.success.examples if api.start else ()
    return has_start(api) and any(api.state(example.value) is not MISSING for _, example in examples)


@mutant("lifecycle", "start_state", "x-job: a final state stays", start_contradicted, start_has_state)
def start_reports_success_at_once(api: Api) -> Mutation:
    """A start response reports success while the job is pending."""
    return on_start(
        api, lambda body, _: put(body, state_at(api), api.first("success")) if api.kind(body) == "pending" else None
    )


@mutant("lifecycle", "start_state", "x-job: a final state stays", start_contradicted, start_has_state)
def start_reports_failure(api: Api) -> Mutation:
    """A start response reports a failure of a job that succeeds."""
    return on_start(
        api, lambda body, _: put(body, state_at(api), api.first("failure")) if api.kind(body) != "failure" else None
    )


@mutant(
    "lifecycle",
    "start_state progress_never_falls",
    "x-job: progress never falls",
    lambda api, log: any(progress_of(api, e.sent.json) == 80 for e in starts(api, log)),
    all_of(has_start, has("progress")),
)
def start_is_ahead(api: Api) -> Mutation:
    """The progress in a start response is more than that of the first status."""
    return on_start(api, lambda body, _: put(body, api.job.progress.at if api.job.progress else (), 80))


@mutant(
    "lifecycle",
    "start_keeps_its_kind",
    "x-job: immutable",
    lambda api, log: any(e.conforming is not None and e.sent.json != e.conforming.json for e in starts(api, log)),
    all_of(
        has_start,
        lambda api: any(
            walk(e.value, immutable_path(api)) is not MISSING
            for _, e in (api.start.success.examples if api.start else ())
        ),
    ),
)
def start_reports_another_kind(api: Api) -> Mutation:
    """An immutable value in a start response is not that of the job."""

    def change(body: dict[str, Any], _: int) -> None:
        value = walk(body, immutable_path(api))
        if value is not MISSING:
            put(body, immutable_path(api), next((v for v in _values(api, immutable_path(api)) if v != value), "other"))

    return on_start(api, change)


def gap(status: Callable[[Exchange], bool]) -> Callable[[Api, Log], bool]:
    """Return a witness: between two statuses of a job, or after one, a request with the credential fails."""

    def witness(api: Api, log: Log) -> bool:
        seen: set[str] = set()
        for exchange in log:
            job_id = api.job_id(exchange.request)
            if (
                job_id in seen
                and status(exchange)
                and exchange.conforming is not None
                and exchange.conforming.is_success
            ):
                return True
            if job_id is not None and exchange.sent.is_success:
                seen.add(job_id)
        return False

    return witness


async def unknown_response(api: Api, serve: Serve, request: Request) -> Response:
    """Return the response to an unknown id."""
    job_id = str(api.job_id(request))
    return await serve(Request(request.method, request.path.replace(job_id, "no-such-job-1"), request.headers))


def missing_when(api: Api, when: Callable[[int, int], bool]) -> Mutation:
    """Return a mutation: a job is unknown when a test of the number of the poll and of those after the end holds."""
    polls: dict[str, list[int]] = {}

    async def mutation(request: Request, serve: Serve) -> Response:
        response, job_id = await serve(request), api.job_id(request)
        if job_id is None or not response.is_success:
            return response
        counts = polls.setdefault(job_id, [0, -1])
        counts[0] += 1
        counts[1] += api.kind(response.json) in FINAL
        if when(*counts):
            return await unknown_response(api, serve, request)
        return response

    return mutation


IS_MISSING = gap(lambda exchange: exchange.sent.status in {400, 404, 410})


@mutant("lifecycle", "stays_known", "a job that exists stays known", IS_MISSING)
def unknown_once(api: Api) -> Mutation:
    """The third poll of a job says that it does not exist."""
    return missing_when(api, lambda number, _: number == 3)


@mutant("lifecycle", "stays_known", "a job that exists stays known", IS_MISSING)
def unknown_at_times(api: Api) -> Mutation:
    """Every eleventh poll of a job says that it does not exist."""
    return missing_when(api, lambda number, _: number % 11 == 0)


@mutant("lifecycle", "stays_known", "a job that exists stays known", IS_MISSING)
def gone_after_end(api: Api) -> Mutation:
    """A job is unknown once its end was reported."""
    return missing_when(api, lambda _, after_end: after_end > 0)


@mutant("lifecycle", "stays_known ends", "a job that exists stays known", IS_MISSING)
def gone_before_end(api: Api) -> Mutation:
    """A job is unknown instead of ended."""
    return missing_when(api, lambda _, after_end: after_end >= 0)


@mutant(
    "lifecycle",
    "stays_known",
    "a valid credential stays valid",
    gap(lambda exchange: exchange.sent.status == 401),
    lambda api: api.scheme is not None,
)
def refused_once(api: Api) -> Mutation:
    """The fourth poll with the valid credential is refused."""
    count = [0]

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.job_id(request) is not None and response.is_success:
            count[0] += 1
            if count[0] == 4:
                return await serve(request.with_header(api.credential_header, "wrong"))
        return response

    return mutation


@mutant(
    "lifecycle",
    "subtasks_stay jobs_apart append_only progress_never_falls terminal_is_final immutable never_backwards",
    "a poll reports what was reported, or later",
    left_final,
)
def stale_once(api: Api) -> Mutation:
    """One poll after the end returns the first response of the job."""

    def change(poll: Poll) -> Response | None:
        first = poll.memory.setdefault(f"first {poll.request.query}", poll.response)
        return first if poll.after_end in {1, 2} else None

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
