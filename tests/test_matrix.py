"""Documents with one feature each: refused by lint with a line and a way out, or usable from lint to a wait.

No document may be accepted and then be broken. `make test-matrix` runs these tests; `python -m tests.matrix NAME` runs
single rows.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from .matrix.document import REMOVED
from .matrix.pipeline import Failure, run
from .matrix.row import Row, refused, works
from .matrix.rows import ROWS, batches

BATCHES = tuple(batches(ROWS))

pytestmark = [pytest.mark.matrix, pytest.mark.timeout(900)]


def parameters() -> Iterator[object]:
    """Yield each row with the number of its batch; the rows of a batch run in one process."""
    for number, batch in enumerate(BATCHES):
        for row in batch:
            yield pytest.param(number, row, id=row.name, marks=pytest.mark.xdist_group(f"matrix-{number}"))


@cache
def working_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is deleted when the process ends."""
    return tempfile.TemporaryDirectory(prefix="job-status-matrix-")


@cache
def failures_of(number: int) -> Mapping[Row, Sequence[Failure]]:
    """Return the failures of a batch."""
    return run(BATCHES[number], Path(working_folder().name) / str(number))


@pytest.mark.parametrize(("number", "row"), tuple(parameters()))
def test_document(number: int, row: Row) -> None:
    found = failures_of(number).get(row, ())

    assert not found, f"{row.name}: {' || '.join(map(str, found))}"


def test_rows_are_many_and_distinct() -> None:
    assert len(ROWS) >= 150
    assert len({row.stem for row in ROWS}) == len(ROWS)
    assert sum(len(batch) for batch in BATCHES) == len(ROWS)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (refused("accepted", "no such message"), "accepted, expected the refusal"),
        (refused("another message", "no such message", {"paths": REMOVED}), "in the message, got"),
        (refused("another line", "no operation", {"paths": REMOVED}, at="nowhere"), "expected the line of 'nowhere'"),
        (works("not accepted", {"paths": REMOVED}), "refused: "),
        (works("no warning", warned="careful"), "expected a warning with 'careful', got []"),
    ],
    ids=lambda value: value.name if isinstance(value, Row) else None,
)
def test_unexpected_result_of_lint_is_a_failure(row: Row, reason: str, tmp_path: Path) -> None:
    (failure,) = run([row], tmp_path)[row]

    assert failure.room == "document"
    assert reason in failure.reason
