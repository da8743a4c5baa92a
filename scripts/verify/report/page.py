"""HTML report: one page without external resources, which can be read without scripts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from ...document import Operation
from ...pages import page as render
from ..checks import CHECKS, Check
from ..coverage import Coverage
from ..result import Failure, Result, Run, Tally, TimelineEntry
from .drawing import Drawing, draw

MAX_JOBS = 200  # with a drawing, those with a failure first
MAX_ROWS = 100  # polls of a job that are listed
KINDS = {"FAILED": "failed", "accepted": "accepted", "ok": "ok", "-": "none"}


@frozen
class JobView:
    """A job: the polls of it, their drawing, and the numbers of the failures about it."""

    id: str
    stem: str
    operation_id: str
    name: str
    entries: Sequence[TimelineEntry]
    drawing: Drawing
    failures: Sequence[int]

    @property
    def states(self) -> str:
        """The states in order, without repetition."""
        return " → ".join(dict.fromkeys(entry.state for entry in self.entries))

    @property
    def polls(self) -> int:
        """The number of polls."""
        return sum(entry.count for entry in self.entries)

    @property
    def title(self) -> str:
        """The job and its states in one line."""
        polls = f"{self.polls} poll{'s' * (self.polls != 1)}"
        return f"{self.stem} {self.operation_id} {self.name}: {self.states} ({polls})"

    @property
    def rows(self) -> Sequence[TimelineEntry]:
        """The polls that are listed."""
        return self.entries[:MAX_ROWS]


@frozen
class FailureView:
    """A failure: its number, its check, the job that it is about, and the reason if it is accepted."""

    number: int
    stem: str
    failure: Failure
    check: Check
    job: JobView | None
    reason: str = ""

    @property
    def place(self) -> float | None:
        """The place of its mark in the drawing of the job."""
        return self.job.drawing.place(self.failure) if self.job else None


@frozen
class OperationView:
    """An operation: the checks that have run on it, those that have not, and its coverage."""

    id: str
    stem: str
    operation: Operation
    checks: Sequence[tuple[Check, Tally]]
    others: Sequence[Check]
    coverage: Coverage

    @property
    def checked(self) -> int:
        """The number of checks."""
        return sum(tally.checked for _, tally in self.checks)

    @property
    def failed(self) -> int:
        """The number of failures."""
        return sum(len(tally.failures) for _, tally in self.checks)

    @property
    def accepted(self) -> int:
        """The number of failures that the baseline accepts."""
        return sum(len(tally.accepted) for _, tally in self.checks)

    @property
    def parts(self) -> list[tuple[str, Sequence[str], Sequence[str]]]:
        """What the document describes: the kind, what was seen of it, and what was not."""
        return list(_parts(self.coverage))


def page(results: Sequence[Result], run: Run) -> str:
    """Return the report as HTML."""
    jobs, hidden = _jobs(results)
    failures = list(_failures(results, {(one.stem, one.operation_id, one.name): one for one in jobs}))
    return render(
        __package__,
        "report.html.jinja",
        results=results,
        run=run,
        verdict=_verdict(results),
        failures=[one for one in failures if not one.reason],
        accepted=[one for one in failures if one.reason],
        operations=list(_operations(results)),
        jobs=jobs,
        hidden_jobs=hidden,
        checks=_used_checks(results),
        kinds=KINDS,
    )


def _verdict(results: Sequence[Result]) -> tuple[str, str]:
    """Return the kind of the verdict, and the heading."""
    failed = sum(len(list(result.failures())) for result in results)
    checked = sum(tally.checked for result in results for tally in result.tallies.values())
    if failed:
        return "failed", f"{failed:,} of {checked:,} checks failed"
    if any(result.status for result in results):
        return "accepted", "Not everything could be checked"
    return "ok", f"All {checked:,} checks passed"


def _jobs(results: Sequence[Result]) -> tuple[list[JobView], int]:
    """Return the jobs with a drawing, and the number of the others."""
    about: defaultdict[tuple[int, tuple[str, ...]], list[tuple[int, Failure]]] = defaultdict(list)
    for number, (owner, failure, _) in enumerate(_all_failures(results), 1):
        about[id(owner), failure.job].append((number, failure))
    keys = [(result, key) for result in results for key in result.timelines]
    keys.sort(key=lambda one: (id(one[0]), one[1]) not in about)
    shown = []
    for number, (result, key) in enumerate(keys[:MAX_JOBS], 1):
        failures = about[id(result), key]
        shown.append(
            JobView(
                id=f"job-{number}",
                stem=result.document.stem,
                operation_id=key[0],
                name="/".join(key[1:]),
                entries=result.timelines[key],
                drawing=draw(result.timelines[key], [failure for _, failure in failures]),
                failures=[one for one, _ in failures],
            )
        )
    return shown, len(keys) - len(shown)


def _all_failures(results: Sequence[Result]) -> Iterator[tuple[Result, Failure, str]]:
    for result in results:
        yield from ((result, failure, "") for failure in result.failures())
    for result in results:
        yield from ((result, failure, reason) for failure, reason in result.accepted())


def _failures(results: Sequence[Result], jobs: Any) -> Iterator[FailureView]:
    checks = {check.name: check for check in CHECKS}
    for number, (result, failure, reason) in enumerate(_all_failures(results), 1):
        stem, (operation_id, *values) = result.document.stem, failure.job or ("",)
        job = jobs.get((stem, operation_id, "/".join(values)))
        yield FailureView(number, stem, failure, checks[failure.check], job, reason)


def _operations(results: Sequence[Result]) -> Iterator[OperationView]:
    number = 0
    for result in results:
        for operation in result.operations:
            number += 1
            tallies = [(check, result.tally(operation.id, check.name)) for check in CHECKS]
            yield OperationView(
                id=f"operation-{number}",
                stem=result.document.stem,
                operation=operation,
                checks=sorted(
                    ((check, tally) for check, tally in tallies if tally.verdict != "-"),
                    key=lambda one: tuple(KINDS).index(one[1].verdict),
                ),
                others=[check for check, tally in tallies if tally.verdict == "-"],
                coverage=result.coverage[operation.id],
            )


def _used_checks(results: Sequence[Result]) -> list[Check]:
    used = {name for result in results for (_, name), tally in result.tallies.items() if tally.verdict != "-"}
    return [check for check in CHECKS if check.name in used]


def _parts(coverage: Coverage) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    def split(documented: Sequence[str], unseen: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        return [one for one in documented if one not in unseen], [one for one in documented if one in unseen]

    yield "statuses", *split(coverage.documented_statuses, coverage.unseen)
    if coverage.states:
        yield "states", *split(coverage.states, [one for one in coverage.states if one not in coverage.seen_states])
    for name, values in coverage.values.items():
        shown = ["left out" if value is None else str(value).lower() for value in values]
        yield f"parameter {name}", *split(shown, [text.lower() for text in coverage.unseen_values(name)])
    for status, fields in coverage.fields.items():
        if fields and coverage.has_seen(status):
            yield f"fields of {status}", *split(["/" + "/".join(one) for one in fields], coverage.unseen_fields(status))
