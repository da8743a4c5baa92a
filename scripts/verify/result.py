"""The result of a verification, which all reports are made from."""

import datetime
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from attrs import Factory, define, field, frozen

from .. import cli
from ..document import Document, Kind, Operation
from .coverage import Coverage
from .http_dates import NO_DATE
from .sender import TimeBudgetExceededError
from .target import UsageError


@frozen
class Failure:
    """A failed check.

    `clause` is the file and line of the document that the response violates; `replay` a shell command that repeats the
    request, with credentials as environment variables. `job` is the key of the job in `Result.timelines`, empty if the
    request was not a poll; `at` is the time of the request in seconds since 1970.
    """

    check: str
    operation_id: str
    expected: str
    got: str
    clause: str
    replay: str
    job: tuple[str, ...] = ()
    at: float = 0.0


@define
class Tally:
    """The number of times that one check ran on one operation, and its distinct failures.

    `accepted` holds the failures that a baseline accepts, each with the reason.
    """

    checked: int = 0
    failures: list[Failure] = Factory(list)
    accepted: list[tuple[Failure, str]] = Factory(list)

    @property
    def verdict(self) -> str:
        """Return `-` if it did not run, else `ok`, `FAILED`, or `accepted` if a baseline accepts each failure."""
        if self.failures:
            return "FAILED"
        if self.accepted:
            return "accepted"
        return "ok" if self.checked else "-"


@define
class TimelineEntry:
    """The first of consecutive polls with the same query and the same response; `count` is the number of them.

    `changed` names the fields that differ from the previous poll with the same query. `at` and `until` are the times of
    the first and the last of them, in seconds since 1970; `kind` is empty for an undocumented state, `progress` is in
    percent.
    """

    at: float
    query: str
    status: int
    state: str
    changed: tuple[str, ...]
    kind: Kind | None = None
    progress: float | None = None
    count: int = 1
    until: float = field(default=Factory(lambda entry: entry.at, takes_self=True))


@frozen
class Run:
    """One run of the command: the last line of its output, where the requests are from, and how to repeat it."""

    headline: str
    origin: str
    command: str
    version: str
    date: datetime.datetime
    seconds: float


@define
class Result:
    """The result of verifying one document.

    `profile` is `recorded` for recorded traffic.
    """

    document: Document
    base_url: str
    operations: tuple[Operation, ...]
    profile: Literal["full", "live", "recorded"] = "full"
    skipped_operations: tuple[str, ...] = ()
    tallies: dict[tuple[str, str], Tally] = Factory(dict)
    coverage: dict[str, Coverage] = Factory(dict)
    # The polls of each job, by operation and path values.
    timelines: dict[tuple[str, ...], list[TimelineEntry]] = Factory(dict)
    problems: list[str] = Factory(list)
    # The exception that interrupted the verification.
    stopped: BaseException | None = None
    notes: list[str] = Factory(list)
    # What of all documents is not in recorded traffic, so that nothing is known about it.
    absent: list[str] = Factory(list)
    # The earliest dates by which a server announces the end of an operation, by operation and header.
    retirements: dict[str, dict[str, str]] = Factory(dict)
    # The jobs of which no end was seen, by operation and parameters, with their last state.
    unended: dict[tuple[str, ...], str] = Factory(dict)
    # Whether the verification is complete only if it has seen the end of each job.
    needs_ends: bool = False
    _seen: set[tuple[str, str, str, str]] = field(factory=set, repr=False)

    def add_check(self, operation_id: str, check: str, failure: Failure | None = None) -> None:
        """Count one check, passed or failed. Repeated failures are kept once."""
        tally = self.tallies.setdefault((operation_id, check), Tally())
        tally.checked += 1
        if failure is not None:
            # Failures that differ only in ids and times are equal.
            key = (
                failure.operation_id,
                failure.check,
                failure.expected,
                re.sub(r"[0-9a-f]*[0-9][0-9a-f]*", "#", failure.got),
            )
            if key not in self._seen:
                self._seen.add(key)
                tally.failures.append(failure)

    @contextmanager
    def guarded(self, check: str, operation_id: str) -> Iterator[None]:
        """Confine an unexpected exception of a check to this check, which is then reported as inconclusive."""
        try:
            yield
        except (TimeBudgetExceededError, UsageError):
            raise
        except Exception as error:
            self.add_problem(f"{operation_id}: {check} could not be checked: {cli.internal_error(error)}")

    def add_problem(self, problem: str) -> None:
        """Add the reason why something could not be checked. Repeated reasons are kept once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def add_retirement(self, operation_id: str, dates: Mapping[str, str]) -> None:
        """Keep the dates of `Deprecation` and `Sunset` in a response, of several the earliest."""
        kept = self.retirements.setdefault(operation_id, {})
        for name, date in dates.items():
            earliest = min(kept.get(name, date), date)
            # A parenthesis sorts before any date.
            kept[name] = max(kept.get(name, date), date) if earliest == NO_DATE else earliest

    @property
    def retirement_notes(self) -> list[str]:
        """A note for each operation that is deprecated or has a sunset."""
        return [
            f"{operation_id}: the server announces: {', '.join(f'{name} {dates[name]}' for name in sorted(dates))}"
            for operation_id, dates in sorted(self.retirements.items())
        ]

    def tally(self, operation_id: str, check: str) -> Tally:
        """Return the tally of a check on an operation."""
        return self.tallies.get((operation_id, check), Tally())

    def failures(self) -> Iterator[Failure]:
        """Yield every failure, by operation and check."""
        for tally in self.tallies.values():
            yield from tally.failures

    def accepted(self) -> Iterator[tuple[Failure, str]]:
        """Yield every failure that the baseline accepts, with its reason."""
        for tally in self.tallies.values():
            yield from tally.accepted

    @property
    def status(self) -> int:
        """Return 0 if no check failed, 1 if one failed, 2 if something could not be checked."""
        if any(tally.failures for tally in self.tallies.values()):
            return 1
        return 2 if self.problems or (self.needs_ends and self.unended) else 0
