"""Mutants of fields: values that stay, lists that grow, subtasks, mirrors and timestamps."""

import re
from collections.abc import Callable
from typing import Any

from ..document import MISSING, Keys, walk
from .identity import identified_elsewhere
from .messages import Mutation
from .mutant import FINAL, Api, Poll, Report, differs, mutant, on_status, put, some_pair, some_report
from .requirements import has


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
    return identified_elsewhere(api) and any(isinstance(value, str) for value in values_at(api, immutable_path(api)))


@mutant("lifecycle", "immutable run start_keeps_its_kind", "x-job: immutable", CHANGED, has_text)
def immutable_alternates(api: Api) -> Mutation:
    """An immutable value has another form in every second status."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, immutable_path(api))
        if poll.number % 2 == 0 and isinstance(value, str):
            other = next((v for v in values_at(api, immutable_path(api)) if v != value), f"{value}x")
            put(poll.body, immutable_path(api), other)

    return on_status(api, change)


def values_at(api: Api, path: Keys) -> list[Any]:
    """Return the values of a field in the examples of the document."""
    found = [walk(example.value, path) for _, example in api.operation.success.examples]
    return [value for value in found if value is not MISSING]


@mutant("lifecycle", "immutable run", "x-job: immutable", CHANGED, has_text)
def immutable_changes_at_end(api: Api) -> Mutation:
    """An immutable value changes when the job ends."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, immutable_path(api))
        if poll.is_final and isinstance(value, str):
            other = next((v for v in values_at(api, immutable_path(api)) if v != value), f"{value}x")
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
            sample = next(v for v in values_at(api, api.job.append_only[0]) if v)[0]
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


@mutant("lifecycle", "append_only detail jobs_apart", "x-job: appendOnly", LOST, has("appendOnly"))
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
    return bool(api.job.timestamps) and any(isinstance(v, int) for v in values_at(api, api.job.timestamps[-1]))


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


def changes_after_end(path_of: Callable[[Api], Keys]) -> Callable[[Api, Report, Report], bool]:
    """Return whether a field has two values in two statuses of a job that has ended with the same request."""

    def holds(api: Api, first: Report, second: Report) -> bool:
        is_final = all(api.kind(one.sent) in FINAL for one in (first, second))
        values = [walk(one.sent, path_of(api)) for one in (first, second)]
        conforming = [walk(one.conforming, path_of(api)) for one in (first, second)]
        is_same = first.request.query == second.request.query and conforming[0] == conforming[1]
        return is_final and is_same and values[0] != values[1]

    return holds


def has_fixed_end(api: Api) -> bool:
    """Require a last timestamp that is not, by its name, that of a change."""
    return bool(api.job.timestamps) and not re.search("updat|modif", time_at(api, -1)[-1], re.IGNORECASE)


@mutant(
    "lifecycle",
    "timestamps_stay",
    "x-job: timestamps",
    some_pair(changes_after_end(lambda api: time_at(api, -1))),
    has_fixed_end,
)
def end_moves_with_each_poll(api: Api) -> Mutation:
    """The time of the end is calculated when it is read: a second later with each poll."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, time_at(api, -1))
        if poll.is_final and isinstance(value, str | int | float):
            put(poll.body, time_at(api, -1), shifted(value, poll.after_end))

    return on_status(api, change)


@mutant(
    "lifecycle",
    "timestamps_stay response_schema_conformance",
    "x-job: timestamps",
    some_pair(changes_after_end(lambda api: time_at(api, -1))),
    has_fixed_end,
)
def end_is_lost_for_good(api: Api) -> Mutation:
    """The time of the end is missing from the third status after the end on."""

    def change(poll: Poll) -> None:
        if poll.after_end > 2:
            put(poll.body, time_at(api, -1), MISSING)

    return on_status(api, change)


def reason_at(api: Api) -> Keys:
    """Return the path of the reason of a failure."""
    return api.job.reason or ()


def shows_reason(api: Api) -> str:
    """Return the reason in an example of a failure; empty if no example has one, or if one of a success has it too."""
    found: dict[bool, list[Any]] = {True: [], False: []}
    for _, example in api.operation.success.examples:
        value = walk(example.value, reason_at(api)) if api.job.reason else MISSING
        found[api.kind(example.value) == "failure"].append(value)
    reasons = [value for value in found[True] if isinstance(value, str) and value]
    is_alone = all(value in (MISSING, None, "") for value in found[False])
    return reasons[0] if reasons and found[False] and is_alone else ""


@mutant(
    "lifecycle",
    "reason_stays",
    "x-job: reason",
    some_pair(changes_after_end(reason_at)),
    lambda api: bool(shows_reason(api)),
)
def reason_changes_after_end(api: Api) -> Mutation:
    """The reason of a failure is another one from the third status after the end on."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, reason_at(api))
        if poll.after_end > 2 and isinstance(value, str) and value:
            put(poll.body, reason_at(api), f"retried: {value}")

    return on_status(api, change)
