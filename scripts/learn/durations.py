"""From polls of jobs to the durations of those that have ended."""

from collections.abc import Iterable

from attrs import Factory, define, frozen

from ..document import Kind

FINAL: frozenset[Kind] = frozenset({"success", "partial", "failure"})


@frozen
class Record:
    """One status of one job.

    Attributes:
        operation: The operation that reports the job, as a schedule names it.
        job: What names the job, equal for all its records.
        at: When the status was received, in seconds since 1970.
        kind: The kind of its state.
    """

    operation: str
    job: tuple[str, ...]
    at: float
    kind: Kind


@define
class Learned:
    """What records say about the jobs of one operation.

    Attributes:
        seconds: The durations of the jobs that have ended, in the order of their ends.
        without_start: The number of jobs whose first record is their end.
        without_end: The number of jobs that have not ended in the records.
    """

    seconds: list[float] = Factory(list)
    without_start: int = 0
    without_end: int = 0


@define
class _Job:
    """A job that is watched: when it began, and when it was seen last before its end."""

    began_at: float
    seen_at: float
    has_ended: bool = False


def learn_durations(records: Iterable[Record]) -> dict[str, Learned]:
    """Return the durations of the jobs of each operation.

    A job begins with its first record, or the last one that says that nobody has started it; it ends between the last
    record in progress and the first final one, of which the middle is taken. A record in progress after the end begins
    another run.

    Args:
        records: The records, in the order of their times.
    """
    learned: dict[str, Learned] = {}
    jobs: dict[tuple[str, tuple[str, ...]], _Job] = {}
    for record in records:
        found = learned.setdefault(record.operation, Learned())
        name = (record.operation, record.job)
        job = jobs.get(name)
        if record.kind in FINAL:
            if job is None:
                found.without_start += 1
                jobs[name] = _Job(record.at, record.at, has_ended=True)
            elif not job.has_ended:
                found.seconds.append(max((job.seen_at + record.at) / 2 - job.began_at, 0.0))
                job.has_ended = True
        elif job is None or job.has_ended or record.kind == "notStarted":
            jobs[name] = _Job(record.at, record.at)
        else:
            job.seen_at = record.at
    for (operation, _), job in jobs.items():
        if not job.has_ended:
            learned[operation].without_end += 1
    return learned
