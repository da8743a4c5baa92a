"""The rows of the matrix, grouped by kind of feature."""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve

from ..row import Row
from . import (
    bodies,
    fields,
    files,
    jobs,
    names,
    others,
    overlays,
    published,
    responses,
    starts,
    third_party,
    versions,
)

MODULES = (versions, files, names, bodies, responses, jobs, fields, starts, others, third_party, overlays, published)
ROWS: Final = tuple(evolve(row, group=module.__name__.rsplit(".", 1)[1]) for module in MODULES for row in module.ROWS)
BATCH: Final = 30  # documents per generated distribution


def batches(rows: Sequence[Row]) -> Iterator[tuple[Row, ...]]:
    """Yield the rows in batches of about equal size. Refused rows are spread, since they take no time."""
    count = -(-len(rows) // BATCH)
    for number in range(count):
        yield tuple(rows[number::count])
