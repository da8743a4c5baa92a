"""GitHub Actions: annotations at the violated clauses, and the job summary."""

from collections.abc import Iterator, Sequence

from ...document import DocumentError
from ...github_runner import repository_path
from ...github_text import annotation, markdown_cell
from ...printable import printable
from ..result import Failure, Result
from .sarif import message, place

MAX_ROWS = 300  # of each table; a summary may have 1 MiB


def annotations(results: Sequence[Result]) -> Iterator[str]:
    """Yield a workflow command for each failure and each problem."""
    for result in results:
        for failure in result.failures():
            title = f"{result.document.stem} {failure.operation_id} {failure.check}"
            file, line = place(failure)
            yield annotation("error", message(failure), title=title, file=file, line=line)
        for problem in result.problems:
            yield annotation("error", problem, title=f"{result.document.stem} could not be checked")


def error_annotations(error: Exception) -> Iterator[str]:
    """Yield a workflow command for the error that prevented a verification; for each problem of a document."""
    if not isinstance(error, DocumentError):
        yield annotation("error", str(error), title="nothing was checked")
        return
    for problem in error.problems:
        title = problem.where or "OpenAPI document"
        yield annotation("error", problem.message, title=title, file=repository_path(problem.file), line=problem.line)


def summary(results: Sequence[Result], headline: str) -> str:
    """Return the job summary as Markdown: a row per operation, and one per failure with the violated clause."""
    operations = [_operation(result, operation.id) for result in results for operation in result.operations]
    failures = [_failure(result, failure) for result in results for failure in result.failures()]
    lines = [f"### job-status verify: {markdown_cell(headline)}", ""]
    lines += _table(("operation", "checks", "failed", "not checked", "states seen"), operations)
    if failures:
        lines += _table(("failed check", "clause", "expected", "got"), failures)
    for result in results:
        stem = markdown_cell(result.document.stem)
        lines += [f"- {stem} could not be checked: {_cell(problem)}" for problem in result.problems]
        lines += [
            f"- {stem} {_cell(failure.operation_id)} {_cell(failure.check)}: accepted: {_cell(reason)}"
            for failure, reason in result.accepted()
        ]
        lines += [f"- {stem}: {_cell(note)}" for note in (*result.notes, *result.retirement_notes)]
        lines += [f"- {stem}: not checked: {_cell(text)}" for text in result.skipped_operations]
    return "\n".join([*lines, ""])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows[:MAX_ROWS])
    yield ""
    if len(rows) > MAX_ROWS:
        yield from (f"and {len(rows) - MAX_ROWS} more, in the reports", "")


def _operation(result: Result, operation_id: str) -> Sequence[str]:
    tallies = [tally for (name, _), tally in result.tallies.items() if name == operation_id]
    failed = sum(len(tally.failures) for tally in tallies)
    coverage = result.coverage[operation_id]
    states = [state for state in coverage.states if state in coverage.seen_states]
    return (
        _cell(f"{result.document.stem} {operation_id}"),
        str(sum(tally.checked for tally in tallies)),
        f"**{failed}**" if failed else "0",
        "" if coverage.accepted else "never a 2xx",
        _cell(", ".join(states)),
    )


def _failure(result: Result, failure: Failure) -> Sequence[str]:
    name = f"{result.document.stem} {failure.operation_id} {failure.check}"
    file, line = place(failure)
    return tuple(map(_cell, (name, f"{file}:{line}", failure.expected, failure.got)))


def _cell(text: str) -> str:
    return markdown_cell(printable(text))
