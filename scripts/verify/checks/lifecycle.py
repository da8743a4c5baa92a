"""Checks of the lifecycle of jobs, defined by `x-job` alone: each poll against the earlier polls of the same job."""

import datetime
import email.utils
import itertools
import math
import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from attrs import Factory, define, field, frozen

from ...document import MISSING, Document, JobLifecycle, Keys, Operation, walk
from ...document.source import Pointer
from ..exchange import Exchange
from ..jobs import kind_of, reports_job, state_of
from ..probe import Probe
from .registry import Check, Finding, Findings, ProbeCheck, ResponseCheck, excerpt, pointer_text, register, shorten

YEAR_2000 = 946_684_800.0  # in seconds since 1970
ZERO_TIMES = frozenset({0.0, -62_135_596_800.0})  # 1970, and the year 1
EPOCH_DIGITS = frozenset({9, 10, 12, 13})  # digits of seconds and of milliseconds since 1970, in a string
MAX_SKEW = 60.0  # seconds between the clocks of a server and its workers
# Timestamps of what can happen to a job after its end.
LATER = re.compile("updat|modif|chang|access|seen|heartbeat|refresh|sync|poll|check", re.IGNORECASE)
PLANNED = re.compile("expir|schedul|deadline|due|until|next|estimat|plan|retention|valid", re.IGNORECASE)
BELOW_100 = math.nextafter(100, 0)
# The progress of a job that has ended without a failure: what is expected, and the range.
PROGRESS = {"success": ("100 with success", 100.0, 100.0), "partial": ("0 to 100", 0.0, 100.0)}
RANKS = {"notStarted": 0, "pending": 1, "success": 2, "partial": 2, "failure": 2}


@define(slots=False, frozen=True)
class Poll:
    """One status of a job. `job_id` is the parameter of the request that names the job, `query` its query string.

    `has_id` says whether such a response has an id: that to a status code which reports the end may have none.
    """

    job: JobLifecycle
    body: Any
    job_id: str
    query: str = ""
    status: int = 200
    headers: Mapping[str, str] = Factory(dict)
    has_id: bool = True

    @cached_property
    def state(self) -> Any:
        """The state, or `MISSING`."""
        return self.job.state_of(self.body, self.status, self.headers)

    @cached_property
    def kind(self) -> str | None:
        """The kind of the state, or None if the document does not name the state."""
        return self.job.kinds.get(self.state) if isinstance(self.state, str) else None

    @cached_property
    def progress(self) -> float | None:
        """The progress in percent, or None if it is missing or not a number."""
        return self.job.progress.percent(self.body) if self.job.progress else None

    @cached_property
    def run(self) -> tuple[Any, ...]:
        """The identity of the run, or an empty tuple if the status has none."""
        run = tuple(walk(self.body, path) for path in self.job.run)
        return () if MISSING in run or None in run else run

    @cached_property
    def began_at(self) -> float | None:
        """The first timestamp in seconds since 1970, or None if the status has none."""
        return timestamp_seconds(walk(self.body, self.job.timestamps[0])) if self.job.timestamps else None


@define
class RunState:
    """The values in the earlier polls of one run of a job."""

    state: str | None = None
    progress: float | None = None
    constants: dict[Keys, Any] = Factory(dict)
    # By query, because a narrow view may omit a field.
    present: dict[tuple[str, Keys], bool] = Factory(dict)
    lists: dict[tuple[str, Keys], list[Any]] = Factory(dict)
    # The last lists of any query that was present.
    shown: dict[Keys, list[Any]] = Factory(dict)
    subtasks: dict[str, list[str]] = Factory(dict)
    # What the last status after the end had, by query: fields that stay then.
    ended: dict[tuple[str, Keys], Any] = Factory(dict)


@frozen
class LastRun:
    """The run of the previous poll: its identity, when it began, and its last state."""

    run: tuple[Any, ...]
    began_at: float | None
    state: str | None


@define
class JobHistory:
    """The earlier polls of one job: the identity of the run, when it began, and its values."""

    run: tuple[Any, ...] = ()
    began_at: float | None = None
    seen: RunState = field(factory=RunState)

    def observe(
        self, poll: Poll, checks: Iterable["LifecycleCheck"] | None = None
    ) -> list[tuple["LifecycleCheck", Finding]]:
        """Return the findings of checks on a poll, by default of all checks, and add the poll to the history."""
        last = LastRun(self.run, self.began_at, self.seen.state) if self.run and poll.run else None
        if last and last.run != poll.run:
            self.seen = RunState()
        if poll.run:
            self.run, self.began_at = poll.run, poll.began_at
        findings = [
            (check, finding)
            for check in (LifecycleCheck.registered() if checks is None else checks)
            if poll.kind is not None or not check.needs_known_state
            for finding in check.check(poll, self.seen, last)
        ]
        if poll.kind is not None:
            self._add(poll)
        return findings

    def _add(self, poll: Poll) -> None:
        self.seen.state = poll.state
        if (progress := poll.progress) is not None:
            self.seen.progress = progress
        for path in poll.job.immutable:
            value = walk(poll.body, path)
            self.seen.present[poll.query, path] = value is not MISSING
            if value is not MISSING:
                self.seen.constants[path] = value
        for path in poll.job.append_only:
            value = walk(poll.body, path)
            self.seen.lists[poll.query, path] = value if isinstance(value, list) else []
            if isinstance(value, list):
                self.seen.shown[path] = value
        self.seen.subtasks[poll.query] = succeeded_subtasks(poll)
        if poll.job.is_final(poll.state):
            for path in (*fixed_timestamps(poll.job), *reason_of(poll.job)):
                self.seen.ended[poll.query, path] = walk(poll.body, path)


class XJobCheck(Check):
    """A check that `x-job` defines: `clause` is the key that it requires there."""

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        """Return whether the operation's `x-job` has the key."""
        return bool(operation.raw.get("x-job", {}).get(self.clause))

    def pointer(self, operation: Operation, finding: Finding) -> Pointer:
        """Return the pointer to the key of `x-job`."""
        return (*operation.pointer, "x-job", self.clause)


class LifecycleCheck(XJobCheck):
    """A check of each poll of a job; by default only of a poll with a documented state."""

    needs_known_state = True

    @abstractmethod
    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        """Yield the findings on a poll. `seen` are the earlier polls of this run, `last` the run of the last one."""


@register
class IdEcho(LifecycleCheck):
    name = "id_echo"
    description = "a status has the id of the requested job"
    clause = "id"
    fix_server = "Return the status of the requested job; look for a cache whose key lacks the id."
    fix_document = (
        "Point `id` at the field that has the requested id; if that ends with the id, add `match: suffix`; or set "
        "`names`."
    )
    needs_known_state = False

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        if poll.job.id is not None and poll.has_id:
            job_id = walk(poll.body, poll.job.id)
            got = "" if poll.job.is_id(job_id, poll.job_id) else f"{job_id!r}"
            expected = (
                f"an id that ends with /{poll.job_id}" if poll.job.id_match == "suffix" else f"the id {poll.job_id}"
            )
            yield Finding(expected, got)


@register
class TerminalIsFinal(LifecycleCheck):
    name = "terminal_is_final"
    description = "a job that has ended keeps its state"
    clause = "state"
    fix_server = "Ignore late events after the end of the job, and read the status from one store."
    fix_document = "Move a state that a job leaves to `pending`; if the status outlives a run, describe `run`."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        if seen.state is not None and poll.job.is_final(seen.state):
            got = "" if poll.state == seen.state else f"{poll.state} after {seen.state}"
            yield Finding(f"{seen.state} to stay", got)


@register
class NeverBackwards(LifecycleCheck):
    name = "never_backwards"
    description = "a job in progress does not return to a state before the start"
    clause = "state"
    fix_server = "Ignore events that arrive late; a replica may be behind."
    fix_document = "Move the state to the list of its kind, or describe `run`."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        if seen.state is not None and not poll.job.is_final(seen.state):
            falls = RANKS[poll.job.kinds[poll.state]] < RANKS[poll.job.kinds[seen.state]]
            yield Finding(f"no state before {seen.state}", f"{poll.state} after {seen.state}" if falls else "")


@register
class Ends(XJobCheck, ProbeCheck):
    name = "ends"
    description = "a simulated job ends within a bounded number of polls"
    clause = "pending"
    fix_server = "Look for a job that no worker takes."
    fix_document = "Show in an example how the job ends, so that the simulator can."

    def check(self, probe: Probe) -> Findings:
        """Yield the finding on all polls of a job, of which the last is the exchange of the probe."""
        if reports_job(probe.operation, probe.exchange):
            is_pending = kind_of(probe.operation, probe.exchange) == "pending"
            got = f"still {state_of(probe.operation, probe.exchange)}" if is_pending else ""
            yield Finding(f"an end within {len(probe.others) + 1} polls", got)


@register
class ProgressNeverFalls(LifecycleCheck):
    name = "progress_never_falls"
    description = "progress never decreases within a run"
    clause = "progress"
    fix_server = "Report the highest progress of the run."
    fix_document = "Remove `progress` if it starts again with each phase."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        value = poll.progress
        if value is not None and seen.progress is not None:
            got = f"{value:g} after {seen.progress:g}" if value < seen.progress else ""
            yield Finding(f"{seen.progress:g} or more", got)


@register
class ProgressMatchesState(LifecycleCheck):
    name = "progress_matches_state"
    description = "progress is 100 on success, and less before"
    clause = "progress"
    fix_server = "Report 100 with success, and less before."
    fix_document = "Correct the scale with `of`, or remove `progress`."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        value = poll.progress
        if value is not None:
            expected, lowest, highest = PROGRESS.get(poll.kind or "", ("0 or more, and less than 100", 0.0, BELOW_100))
            yield Finding(expected, "" if lowest <= value <= highest else f"{value:g} with {poll.state}")


@register
class Run(LifecycleCheck):
    name = "run"
    description = "a run differs from the previous run, and is not replaced while it is in progress"
    clause = "run"
    fix_server = "Set the identity and the time of a run when it starts, and keep them."
    fix_document = "List fields in `run` that identify a run, and only those."
    needs_known_state = False

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        if last is None:
            return
        if poll.run == last.run:
            yield Finding("the same run")
            return
        if poll.began_at is not None and last.began_at is not None:
            problem = "" if poll.began_at > last.began_at else "another run that is not later"
        else:
            # Without timestamps, only a run that has ended may be replaced.
            in_progress = poll.job.kinds.get(last.state or "") == "pending"
            problem = "another run while it is in progress" if in_progress else ""
        yield Finding(f"the run {shorten(last.run)}, or a later one", problem and f"{problem}: {shorten(poll.run)}")


@register
class Immutable(LifecycleCheck):
    name = "immutable"
    description = "immutable fields do not change within a run"
    clause = "immutable"
    fix_server = "Set the field when the job starts, and do not change it within the run."
    fix_document = "Remove the field from `immutable`."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        for path in poll.job.immutable:
            value = walk(poll.body, path)
            # Without the identity of the run, it may be another run.
            is_lost = value is MISSING and path not in poll.job.run and seen.present.get((poll.query, path), False)
            if path in seen.constants and (value is not MISSING or is_lost):
                before = seen.constants[path]
                got = f"{shorten(value)} after {shorten(before)} at {pointer_text(path)}" if value != before else ""
                yield Finding(f"{pointer_text(path)} to stay {shorten(before)} within a run", got)


@register
class AppendOnly(LifecycleCheck):
    name = "append_only"
    description = "append-only lists lose no entries within a run"
    clause = "appendOnly"
    fix_server = "Keep the entries of the list until the run has ended."
    fix_document = "Remove the list from `appendOnly`."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        for path in poll.job.append_only:
            value = walk(poll.body, path)
            entries = value if isinstance(value, list) else []
            # A view may omit the list, but each view that has it has all entries.
            before = seen.lists.get((poll.query, path), [])
            if isinstance(value, list) and value:
                before = max(before, seen.shown.get(path, []), key=len)
            if before:
                lost = [entry for entry in before if before.count(entry) > entries.count(entry)]
                yield Finding(
                    f"{pointer_text(path)} to keep its entries", f"{shorten(lost[0])} is missing" if lost else ""
                )


@register
class SubtasksSucceed(LifecycleCheck):
    name = "subtasks"
    description = "every subtask has succeeded if the job has"
    clause = "subtasks"
    fix_server = "Report success of the job after all of its subtasks have succeeded."
    fix_document = "Add the state to `success` of `subtasks`, or make the state of the job `partial`."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        subtasks = poll.job.subtasks
        items = walk(poll.body, subtasks.items) if subtasks and poll.kind == "success" else None
        if subtasks and isinstance(items, list):
            expected = f"every subtask {' or '.join(sorted(map(str, subtasks.success)))} after the job has succeeded"
            for index, item in enumerate(items):
                state = walk(item, subtasks.state)
                got = "" if state in subtasks.success else f"{state!r} at {pointer_text(subtasks.items)}/{index}"
                yield Finding(expected, got)


@register
class SubtasksStay(LifecycleCheck):
    name = "subtasks_stay"
    description = "a subtask of a job that has ended stays"
    clause = "subtasks"
    fix_server = "Keep the subtasks of a job that has ended."
    fix_document = "Remove `subtasks` if the list has only those that are in progress."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        before = seen.subtasks.get(poll.query)
        if before and seen.state == poll.state and poll.job.is_final(poll.state):
            succeeded = succeeded_subtasks(poll)
            lost = [name for name in before if before.count(name) > succeeded.count(name)]
            yield Finding("every subtask that had succeeded", f"{lost[0]} has not, or is missing" if lost else "")


def succeeded_subtasks(poll: Poll) -> list[str]:
    """Return the names of the subtasks that have succeeded: the first string in each that is not the state."""
    subtasks = poll.job.subtasks
    items = walk(poll.body, subtasks.items) if subtasks else MISSING
    if subtasks is None or not isinstance(items, list):
        return []
    succeeded = [item for item in items if walk(item, subtasks.state) in subtasks.success and isinstance(item, dict)]
    names = [[v for k, v in item.items() if isinstance(v, str) and (k,) != subtasks.state] for item in succeeded]
    return [name[0] for name in names if name]


@register
class TimestampsInOrder(LifecycleCheck):
    name = "timestamps_in_order"
    description = "timestamps are in order once the job has ended"
    clause = "timestamps"
    fix_server = "Set each timestamp when its event occurs, from one clock."
    fix_document = "Correct the order in `timestamps`, or remove the field that has another meaning."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        if not poll.job.is_final(poll.state):
            return
        timestamps = [(path, timestamp_seconds(walk(poll.body, path))) for path in poll.job.timestamps]
        known = [(path, value) for path, value in timestamps if value is not None and not _never_was(poll, value)]
        for (earlier, first), (later, second) in itertools.pairwise(known):
            got = f"{second:.3f} after {first:.3f}" if second < first else ""
            yield Finding(f"{pointer_text(later)} not before {pointer_text(earlier)}", got)


@register
class TimestampsPlausible(LifecycleCheck):
    name = "timestamps_plausible"
    description = "timestamps are between 2000 and the Date of the response, in one unit"
    clause = "timestamps"
    fix_server = "Send seconds or milliseconds since 1970, or a date with its zone, of a clock that is synchronized."
    fix_document = "Remove a field from `timestamps` that is planned, not past."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        date, units = timestamp_of_date(poll.headers.get("date", "")), set()
        for path in poll.job.timestamps:
            value = walk(poll.body, path)
            seconds = timestamp_seconds(value)
            # Zero is a common value of a time that has not come yet.
            if seconds is None or (not poll.job.is_final(poll.state) and seconds <= 0) or _never_was(poll, seconds):
                continue
            expected, got = f"{pointer_text(path)} from 2000 to the Date of the response", f"{shorten(value)}"
            is_planned = bool(PLANNED.search(path[-1]))
            is_later = date is not None and seconds > date + MAX_SKEW and not is_planned
            yield Finding(expected, got if seconds < YEAR_2000 or is_later else "")
            if isinstance(value, int | float):
                units.add("milliseconds" if abs(value) > 1e11 else "seconds")
        if units:
            yield Finding("timestamps in one unit", " and ".join(sorted(units)) if len(units) > 1 else "")


def _never_was(poll: Poll, seconds: float) -> bool:
    """Return whether a time is that of something that a job has not come to before it failed."""
    return seconds in ZERO_TIMES and poll.kind in {"failure", "partial"}


def fixed_timestamps(job: JobLifecycle) -> tuple[Keys, ...]:
    """Return the timestamps that do not change after the end."""
    return tuple(path for path in job.timestamps if not (LATER.search(path[-1]) or PLANNED.search(path[-1])))


def reason_of(job: JobLifecycle) -> tuple[Keys, ...]:
    """Return the path of the reason, if there is one."""
    return (job.reason,) if job.reason else ()


class StaysAfterEnd(LifecycleCheck):
    """A check that a field has one value in all statuses after the end of a run. It may appear later, but not leave."""

    @abstractmethod
    def paths(self, job: JobLifecycle) -> tuple[Keys, ...]:
        """Return the paths of the fields."""

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        if poll.state != seen.state or not poll.job.is_final(poll.state):
            return
        for path in self.paths(poll.job):
            before = seen.ended.get((poll.query, path), MISSING)
            if before not in (MISSING, None, ""):
                value = walk(poll.body, path)
                got = f"{shorten(value)} after {shorten(before)}" if value != before else ""
                yield Finding(f"{pointer_text(path)} to stay after the end", got)


@register
class TimestampsStay(StaysAfterEnd):
    name = "timestamps_stay"
    description = "the timestamps of a job that has ended stay"
    clause = "timestamps"
    fix_server = "Store each time once, when its event occurs, instead of calculating it when it is read."
    fix_document = "Remove a field from `timestamps` that changes after the end."

    def paths(self, job: JobLifecycle) -> tuple[Keys, ...]:
        return fixed_timestamps(job)


@register
class ReasonStays(StaysAfterEnd):
    name = "reason_stays"
    description = "the reason of a job that has ended stays"
    clause = "reason"
    fix_server = "Store the reason when the job ends."
    fix_document = "Point `reason` at a field that does not change after the end."

    def paths(self, job: JobLifecycle) -> tuple[Keys, ...]:
        return reason_of(job)


@register
class NoEndWhilePending(XJobCheck, ResponseCheck):
    name = "no_end_while_pending"
    description = "a pending job has no end time of its run, as in the examples of the document"
    clause = "timestamps"
    fix_server = "Set the time of the end only when the job has ended."
    fix_document = "Let an example of a pending job show the field, if it is there before the end."
    any_request = True

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        """Return whether the examples show the last timestamp for jobs that have ended only."""
        job = operation.job
        if job is None or len(job.timestamps) < 2:
            return False
        samples = [example.value for _, example in operation.success.examples if example.scenario is None]
        shown = {job.kinds.get(str(job.state_of(sample))) for sample in samples if walk(sample, job.timestamps[-1])}
        kinds = {job.kinds.get(str(job.state_of(sample))) for sample in samples}
        return "pending" not in shown and "pending" in kinds and bool(shown & {"success", "failure"})

    def check(self, document: Document, operation: Operation, exchange: Exchange) -> Findings:
        """Yield the finding on the last timestamp of a pending job."""
        job = operation.job
        if job is None or not self.applies(document, operation, full=True) or kind_of(operation, exchange) != "pending":
            return
        paths = job.timestamps
        begun, ended = (timestamp_seconds(walk(exchange.json, path)) for path in (paths[0], paths[-1]))
        # An end before the beginning is that of the run before.
        if begun is not None:
            got = f"{shorten(walk(exchange.json, paths[-1]))} while it is pending" if ended and ended >= begun else ""
            yield Finding(f"no {pointer_text(paths[-1])} before the end", got)


@register
class StaysTheSame(Check):
    name = "stays_the_same"
    description = "of three statuses of a job that has ended, the second is not the only one that differs"
    fix_server = "Read the status of a job that has ended from one store: replicas or caches differ."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return operation.job is not None

    def check(self, probe: Probe) -> Findings:
        """Yield the finding on a response to a request, if those before and after it, the others, are equal."""
        before, after = (other.json for other in probe.others)
        if before == after:
            bodies = [body if isinstance(body, dict) else {"": body} for body in (before, probe.exchange.json)]
            names = [name for name in {**bodies[0], **bodies[1]} if bodies[0].get(name) != bodies[1].get(name)]
            got = f"other {', '.join(map(shorten, names))}, between two that are the same" if names else ""
            yield Finding("the same status as before and after", got)


@register
class StaysKnown(Check):
    name = "stays_known"
    description = "a job that was reported is not unknown or refused afterwards"
    fix_server = "Keep a job for as long as its status is read; look for replicas that do not know it yet."
    fix_document = (
        "Describe how long a job is kept; `temporarily_unknown` is the scenario of a job that is not known yet."
    )

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return operation.job is not None

    def check(self, exchange: Exchange) -> Findings:
        """Yield the finding on the response to a plain request for a job that was reported before."""
        is_error = exchange.status is not None and 400 <= exchange.status < 500
        yield Finding("the status of the job, as before", f"{exchange.status} {excerpt(exchange)}" if is_error else "")


@register
class Mirrors(LifecycleCheck):
    name = "mirrors"
    description = "fields that mirror the state agree with it"
    clause = "mirrors"
    fix_server = "Set both fields from one state."
    fix_document = "Correct the values in `as`, or remove the entry of `mirrors`."

    def check(self, poll: Poll, seen: RunState, last: LastRun | None) -> Findings:
        for mirror in poll.job.mirrors:
            other = walk(poll.body, mirror.at)
            if other is not MISSING:
                expected = mirror.values.get(poll.state)
                got = "" if other == expected else f"{other!r} at {pointer_text(mirror.at)}"
                yield Finding(f"{expected!r} with {poll.state}", got)


def timestamp_of_date(date: str) -> float | None:
    """Convert an HTTP date to seconds since 1970; return None if it is invalid."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def timestamp_seconds(value: Any) -> float | None:
    """Convert seconds or milliseconds, also in a string, or a date-time to seconds; return None for other values."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, str) and value.isdecimal() and len(value) in EPOCH_DIGITS:
            value = int(value)
        if isinstance(value, int | float):
            return value / 1000 if abs(value) > 1e11 else float(value)
        parsed = datetime.datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
