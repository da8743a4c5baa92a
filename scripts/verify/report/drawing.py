"""The polls of a job as a drawing: states over time, progress, polls and failures. Positions are in percent."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from ...document import Kind
from ..result import Failure, TimelineEntry

LABELLED = 12.0  # percent of the width that a state needs for its name
MAX_TICKS = 200
LAST = 0.04  # of the width, after the last poll


@frozen
class Segment:
    """A state, from the first poll that reports it to the first poll of the next one."""

    state: str
    kind: Kind | None
    after: float  # seconds
    polls: int
    start: float
    width: float

    @property
    def is_labelled(self) -> bool:
        """Whether the name of the state fits."""
        return self.width >= LABELLED


@frozen
class Drawing:
    """A drawing.

    Attributes:
        seconds: The time from the first poll to the last.
        segments: The states, in order.
        ticks: The times of the polls.
        marks: The times of the polls that a failure is about.
        progress: The points of the curve, as times and percent; empty if no poll reports progress.
    """

    seconds: float
    segments: tuple[Segment, ...]
    ticks: tuple[float, ...]
    marks: tuple[float, ...]
    progress: tuple[tuple[float, float], ...]
    _place: Callable[[float], float]

    def place(self, failure: Failure) -> float:
        """Return the place of the mark of a failure."""
        return self._place(failure.at)

    @property
    def points(self) -> str:
        """The curve as the points of an SVG polyline of 100 by 100."""
        return " ".join(f"{at:.2f},{100 - percent:.2f}" for at, percent in self.progress)


def draw(entries: Sequence[TimelineEntry], failures: Iterable[Failure]) -> Drawing:
    """Draw the polls of one job, and the failures about them."""
    ordered = sorted(entries, key=lambda entry: entry.at)
    first, last = ordered[0].at, max(entry.until for entry in ordered)
    # The last state continues after the last poll.
    whole = (last - first) / (1 - LAST) or 1.0

    def place(at: float) -> float:
        return round(min(max((at - first) / whole * 100, 0.0), 100.0), 2)

    times = sorted({place(at) for entry in ordered for at in (entry.at, entry.until)})
    return Drawing(
        seconds=last - first,
        segments=tuple(_segments(ordered, place)),
        ticks=tuple(times[:: len(times) // MAX_TICKS + 1]),
        marks=tuple(sorted({place(failure.at) for failure in failures})),
        progress=tuple(_progress([(place(entry.at), entry.progress) for entry in ordered])),
        place=place,
    )


def _segments(entries: Sequence[TimelineEntry], place: Callable[[float], float]) -> Iterator[Segment]:
    runs = [list(run) for _, run in itertools.groupby(entries, key=lambda entry: entry.state)]
    ends = [*(place(run[0].at) for run in runs[1:]), 100.0]
    for run, end in zip(runs, ends, strict=True):
        start, polls = place(run[0].at), sum(entry.count for entry in run)
        yield Segment(run[0].state, run[0].kind, run[0].at - entries[0].at, polls, start, round(end - start, 2))


def _progress(points: Sequence[tuple[float, float | None]]) -> Iterator[tuple[float, float]]:
    known = [(at, min(max(percent, 0.0), 100.0)) for at, percent in points if percent is not None]
    for index, (at, percent) in enumerate(known):
        if index:
            yield at, known[index - 1][1]
        yield at, percent
    if known and known[-1][0] < 100:
        yield 100.0, known[-1][1]
