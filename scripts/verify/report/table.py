"""The summary that a verification prints."""

from collections.abc import Iterable, Iterator, Sequence

from ...printable import printable
from ..checks import CHECKS
from ..result import Failure, Result

SHOWN_FAILURES = 3  # failures of one check on one operation


def table(results: Sequence[Result], *, verbose: bool = False) -> str:
    """Return one line per operation, the notes, and every failure; if verbose, also a table of operations by checks."""
    lines = [*_checks(results), ""] if verbose else []
    lines += [_operation(result, operation.id) for result in results for operation in result.operations]
    for result in results:
        lines += _details(result)
    # All parts are redacted already; this also escapes line breaks and control characters.
    return "\n".join(printable(line, None) for line in lines)


def _checks(results: Sequence[Result]) -> Iterator[str]:
    columns = [(result, operation) for result in results for operation in result.operations]
    rows = [["", *(result.document.stem for result, _ in columns)], ["check", *(o.id for _, o in columns)]]
    for check in CHECKS:
        tallies = [result.tally(operation.id, check.name) for result, operation in columns]
        rows.append([check.name, *(f"{t.checked} {t.verdict}" if t.checked else "-" for t in tallies)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for index, row in enumerate(rows):
        yield _row(row, widths)
        if index == 1:
            yield "  ".join("-" * width for width in widths)


def _row(cells: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _operation(result: Result, operation_id: str) -> str:
    coverage = result.coverage[operation_id]
    tallies = [tally for (name, _), tally in result.tallies.items() if name == operation_id]
    parts = [
        f"{sum(tally.checked for tally in tallies)} checks, {sum(len(tally.failures) for tally in tallies)} failed",
        f"{coverage.requests} requests, {coverage.accepted} accepted",
        _seen("statuses", coverage.documented_statuses, coverage.unseen),
    ]
    if coverage.states:
        unseen = [state for state in coverage.states if state not in coverage.seen_states]
        parts.append(_seen("states", coverage.states, unseen))
    return f"{result.document.stem} {operation_id}: {'; '.join(parts)}"


def _seen(kind: str, documented: Sequence[str], unseen: Sequence[str]) -> str:
    seen = ", ".join(item for item in documented if item not in unseen) or "none"
    return f"{kind} seen {seen}" + (f"; not seen {', '.join(unseen)}" if unseen else "")


def _details(result: Result) -> Iterator[str]:
    stem = result.document.stem
    yield from (f"{stem}: {note}" for note in (*result.notes, *result.retirement_notes))
    yield from (f"{stem}: not checked: {text}" for text in result.skipped_operations)
    for tally in result.tallies.values():
        for failure in tally.failures[:SHOWN_FAILURES]:
            yield from _failure(stem, failure)
        if len(tally.failures) > SHOWN_FAILURES:
            yield f"  and {len(tally.failures) - SHOWN_FAILURES} more of this check, in the reports"
    for failure, reason in result.accepted():
        yield f"{stem} {failure.operation_id} {failure.check}: accepted: {failure.got}: {reason}"
    yield from (f"{stem}: {problem}" for problem in result.problems)


def _failure(stem: str, failure: Failure) -> Iterator[str]:
    yield ""
    yield f"FAILED {stem} {failure.operation_id} {failure.check} ({failure.clause})"
    yield f"  expected  {failure.expected}"
    yield f"  got       {failure.got}"
    yield f"  replay    {failure.replay}"
