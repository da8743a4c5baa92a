# Generated from scripts/client/polling/learned.py by `make generate`; do not edit.

"""A schedule of polls that has learned from the durations of jobs that have ended.

The durations of past jobs, smoothed, and a share for the case that they are no guide, give the distribution of the
duration of the next job. For that distribution, dynamic programming finds the next poll at each age of the job that
minimizes the expected cost: `POLL_COST` for each poll, and the seconds from the end of the job to the poll that sees
it.
"""

from __future__ import annotations

import json
import math
import os
import random
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from ..arguments import to_float
from ..clock import MAX_SECONDS
from ..errors import InvalidArgumentError
from ..sanitize import describe, sanitize
from .schedule import LONGEST_INTERVAL, SHORTEST_INTERVAL, AgeSchedule, interval

VERSION: Final = 1
MAX_KEPT: Final = 200  # durations of one operation; of more, the quantiles are kept
MAX_FILE: Final = 10_000_000  # bytes
ANY: Final = "*"  # the history of the operations that have none of their own
FORMAT: Final = "job_status_schedule"

POLL_COST: Final = 0.25  # the seconds that an end may be noticed later, for one poll less
JITTER: Final = 0.05

# The durations that are expected when the history is no guide: jobs of a few seconds, for which a late first poll is
# expensive, and jobs of any length. The default schedule is a good one for the latter.
SHORT_SHARE, SHORT_MEDIAN, SHORT_SIGMA = 0.19, 2.2, 0.32
LONG_SHARE, LONG_SCALE, LONG_EXPONENT = 0.14, 10.0, 0.5
DOUBTFUL_JOBS: Final = 1.0  # the number of past jobs with which the history has half of its final share

BANDWIDTHS: Final = (0.06, 0.09, 0.13, 0.18, 0.25, 0.35, 0.5)  # of the kernels, in logarithms of seconds
SHORTEST: Final = 0.05  # seconds; the logarithm of a shorter duration would be of no use
ROOT_STEP: Final = 0.05  # the ages in a table are the squares of its multiples ...
LONGEST_STEP: Final = 5.0  # ... as far as they are no further apart than these seconds
LONGEST_TABLE: Final = 21_600.0  # seconds; at a higher age the default schedule is as good
REACH: Final = 3.0  # the table ends at so many times the longest duration


@frozen
class History:
    """The durations of past jobs of one operation.

    Attributes:
        jobs: The number of jobs.
        seconds: Their durations, increasing; at most `MAX_KEPT` quantiles.
    """

    jobs: int
    seconds: tuple[float, ...]


@frozen
class LearnedSchedule:
    """A schedule of polls that has learned how long jobs take.

    Pass it as `schedule=` of any number of waits, sync and async. Each poll is sent when the jobs of the past make it
    worthwhile, given how long this job has run. A job that takes longer than all of them is polled as by default, and
    so is one of an operation without a history. Some polls allow for a history that is no guide, so that a wrong one
    costs little more than the default schedule.

    Like the default schedule, it keeps 0.5 to 30 seconds between two polls. The first poll is not sent at once: the
    schedule counts from the start of the wait, or of the job if the status reports when that was.
    """

    _histories: Mapping[str, History] = field(hash=False, repr=False)
    _key: tuple[tuple[str, History], ...] = field(init=False, eq=False, hash=True, repr=False)

    @_key.default
    def _key_default(self) -> tuple[tuple[str, History], ...]:
        return tuple(sorted(self._histories.items(), key=lambda item: item[0]))

    @classmethod
    def from_durations(cls, durations: Iterable[Any] | Mapping[str, Iterable[Any]]) -> LearnedSchedule:
        """Learn from jobs that have ended, successfully or not.

        Args:
            durations: Seconds, as numbers of any library or `timedelta`, from the start of each job to its end; or a
                mapping of operations, such as `get_dock_status`, to those of their jobs. An operation can be preceded
                by the client class, `AgentPlatform.get_dock_status`, if several documents have one of that name.

        Raises:
            InvalidArgumentError: A duration is not a number of seconds, or all are missing.
        """
        if not isinstance(durations, Mapping):
            return cls({ANY: _history(durations, "durations=")})
        if not durations:
            raise InvalidArgumentError("durations= is empty; it must contain the seconds of at least one job")
        if wrong := [name for name in durations if not isinstance(name, str) or not name]:
            raise InvalidArgumentError(f"durations= must have names of operations as keys, got {describe(wrong[0])}")
        return cls({name: _history(found, f"durations= of {name!r}") for name, found in durations.items()})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LearnedSchedule:
        """Read a schedule from a file that `save` or `job-status-tools learn` has written.

        Raises:
            InvalidArgumentError: The file is not such a schedule; the message says where.
            OSError: The file cannot be read.
        """
        path = _path(path)
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
        try:
            if len(content) > MAX_FILE:
                raise _WrongFileError(f"the file has more than {MAX_FILE} bytes")
            return cls(_load(content))
        except _WrongFileError as error:
            raise InvalidArgumentError(f"{sanitize(str(path), 200)}: {error}") from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the schedule to a JSON file, for a team to commit. It contains durations and names of operations only.

        The same jobs give the same bytes. An existing file is replaced, at once or not at all.

        Raises:
            OSError: The file cannot be written.
        """
        path = _path(path)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with partial.open("w", encoding="utf-8", newline="\n") as file:
                file.write(self._dump())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @property
    def jobs(self) -> dict[str, int]:
        """The number of past jobs of each operation; of `*` for those without a history of their own."""
        return {name: history.jobs for name, history in self._key}

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}: {jobs}" for name, jobs in list(self.jobs.items())[:5])
        return f"<LearnedSchedule of {sanitize(listed, 200)} jobs>"

    def plan(self, api: str, operation: str) -> Plan | None:
        """Return when to poll jobs of an operation, None if there is no history for it."""
        names = (f"{api}.{operation}", operation, ANY)
        history = next((self._histories[name] for name in names if name in self._histories), None)
        return None if history is None else _plan(history)

    def _dump(self) -> str:
        rows = [
            f'    {json.dumps(name)}: {{"jobs": {history.jobs}, "seconds": {json.dumps(list(history.seconds))}}}'
            for name, history in self._key
        ]
        listed = ",\n".join(rows)
        return f'{{\n  "{FORMAT}": {VERSION},\n  "operations": {{\n{listed}\n  }}\n}}\n'


# What `schedule=` accepts.
AnySchedule: TypeAlias = Iterable[float] | LearnedSchedule


class _WrongFileError(Exception):
    """A file is no schedule."""


def _path(path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise InvalidArgumentError(f"path must be the path of a file, got {describe(path)}")
    return Path(path)


# From durations to a history.


def _seconds(value: Any) -> float | None:
    """Return a duration in seconds, rounded to milliseconds, or None if it is not one."""
    found = value.total_seconds() if isinstance(value, timedelta) else to_float(value)
    return round(found, 3) if found is not None and 0 <= found <= MAX_SECONDS else None


def _history(durations: Any, name: str) -> History:
    try:
        listed = list(durations)
    except Exception:  # an iterable of another library may raise anything
        raise InvalidArgumentError(f"{name} must be an iterable of seconds, got {describe(durations)}") from None
    found = []
    for index, value in enumerate(listed):
        seconds = _seconds(value)
        if seconds is None:
            problem = f"{name} must contain seconds, 0 or more and at most 1e9"
            raise InvalidArgumentError(f"{problem}, got {describe(value)} at index {index}")
        found.append(seconds)
    if not found:
        raise InvalidArgumentError(f"{name} is empty; it must contain the seconds of at least one job")
    return History(len(found), _quantiles(sorted(found)))


def _quantiles(increasing: list[float]) -> tuple[float, ...]:
    count = len(increasing)
    if count <= MAX_KEPT:
        return tuple(increasing)
    return tuple(increasing[int((k + 0.5) * count / MAX_KEPT)] for k in range(MAX_KEPT))


# From a file to histories.


def _load(content: bytes) -> dict[str, History]:
    try:
        raw = json.loads(content, object_pairs_hook=_unique, parse_constant=_no_constant)
    except _WrongFileError:
        raise
    except (ValueError, RecursionError) as error:
        raise _WrongFileError(f"expected JSON: {error}") from None
    _require(isinstance(raw, dict), "", "an object", raw)
    _require(raw.get(FORMAT) == VERSION and raw[FORMAT] is not True, f"/{FORMAT}", str(VERSION), raw.get(FORMAT))
    _only(raw, "", (FORMAT, "operations"))
    operations = raw["operations"]
    _require(isinstance(operations, dict) and bool(operations), "/operations", "an object, not empty", operations)
    return {name: _load_history(history, f"/operations/{name}") for name, history in operations.items()}


def _load_history(raw: Any, where: str) -> History:
    _require(isinstance(raw, dict), where, "an object", raw)
    _only(raw, where, ("jobs", "seconds"))
    jobs, listed = raw["jobs"], raw["seconds"]
    expected = f"an array of 1 to {MAX_KEPT} increasing numbers of seconds"
    _require(isinstance(listed, list) and 0 < len(listed) <= MAX_KEPT, f"{where}/seconds", expected, listed)
    for index, value in enumerate(listed):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        _require(is_number and 0 <= value <= MAX_SECONDS, f"{where}/seconds/{index}", "seconds, 0 to 1e9", value)
        is_increasing = not index or value >= listed[index - 1]
        _require(is_increasing, f"{where}/seconds/{index}", f"at least {listed[index - 1]}", value)
    is_count = isinstance(jobs, int) and not isinstance(jobs, bool) and jobs >= len(listed)
    _require(is_count, f"{where}/jobs", f"an integer from {len(listed)}, the number of seconds", jobs)
    return History(jobs, tuple(map(float, listed)))


def _require(condition: bool, where: str, expected: str, got: Any) -> None:
    if not condition:
        shown = "nothing" if got is None else sanitize(json.dumps(got), 60)
        raise _WrongFileError(f"{sanitize(where, 200) or 'the file'} must be {expected}, got {shown}")


def _only(raw: dict[str, Any], where: str, names: tuple[str, ...]) -> None:
    """Require these keys and no others."""
    problem = ", ".join(names)
    if set(raw) != set(names):
        got = sanitize(", ".join(sorted(raw)), 100) or "none"
        raise _WrongFileError(f"{sanitize(where, 200) or 'the file'} must have the keys {problem}, got {got}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _WrongFileError(f"the key {sanitize(name, 100)!r} must occur once in an object, got it twice")
        found[name] = value
    return found


def _no_constant(constant: str) -> float:
    raise ValueError(f"{constant} is not valid JSON")


# From a history to a plan.


class Plan(AgeSchedule):
    """When to poll, for each age of a job: the ages of a table, and the age at which a job polled then is polled next.

    It is a function of the age alone, so a wait that is late, or resumed, continues it.
    """

    __slots__ = ("_ages", "_next")

    def __init__(self, ages: list[float], following: list[float]) -> None:
        self._ages = ages
        self._next = following

    def interval(self, elapsed: float) -> float:
        """Return the seconds from a poll to the next, `elapsed` seconds after the start of the job, with jitter."""
        elapsed = max(elapsed, 0.0)
        index = bisect_right(self._ages, elapsed) - 1
        if index >= len(self._next):
            return interval(elapsed)
        seconds = min(max(self._next[index] - elapsed, SHORTEST_INTERVAL), LONGEST_INTERVAL)
        return max(seconds * random.uniform(1 - JITTER, 1), SHORTEST_INTERVAL)  # noqa: S311 - jitter


@lru_cache(maxsize=256)
def _plan(history: History) -> Plan:
    ages = _table(history.seconds[-1])
    ended = _distribution(history, ages)
    return Plan(ages, _optimum(ages, ended)[:-1])


def _table(longest: float) -> list[float]:
    """Return the ages of a table, from 0."""
    end = min(max(REACH * longest, LONGEST_INTERVAL), LONGEST_TABLE)
    ages = [0.0]
    while ages[-1] < end:
        root = math.sqrt(ages[-1]) + ROOT_STEP
        ages.append(min(root * root, ages[-1] + LONGEST_STEP))
    return ages


def _distribution(history: History, ages: list[float]) -> list[float]:
    """Return the probability that a job has ended, at each age: that of the history, and that of no history."""
    unknown = SHORT_SHARE + LONG_SHARE
    share = (1 - unknown) * history.jobs / (history.jobs + DOUBTFUL_JOBS)
    scale = (1 - share) / unknown
    logs = [math.log(max(seconds, SHORTEST)) for seconds in history.seconds]
    bandwidth = _bandwidth(logs)
    median = math.log(SHORT_MEDIAN)
    ended = [0.0]
    for age in ages[1:]:
        log = math.log(age)
        # Kernels this far below or above are constant.
        first, last = bisect_right(logs, log - 4 * bandwidth), bisect_right(logs, log + 4 * bandwidth)
        learned = (first + sum([_normal((log - one) / bandwidth) for one in logs[first:last]])) / len(logs)
        short = SHORT_SHARE * _normal((log - median) / SHORT_SIGMA)
        long = LONG_SHARE * (1 - (1 + age / LONG_SCALE) ** -LONG_EXPONENT)
        ended.append(share * learned + scale * (short + long))
    return ended


def _normal(value: float) -> float:
    """Return the standard normal distribution function."""
    return 0.5 * math.erfc(-value * math.sqrt(0.5))


def _bandwidth(logs: list[float]) -> float:
    """Return the bandwidth with which the other durations best predict each one (likelihood cross-validation)."""
    if len(logs) < 3:
        return BANDWIDTHS[-1]
    best, found = -math.inf, BANDWIDTHS[-1]
    floor = 1e-5 * len(logs)  # an outlier is no reason for wide kernels
    for bandwidth in BANDWIDTHS:
        sums = [0.0] * len(logs)
        for i, one in enumerate(logs):
            for j in range(i + 1, len(logs)):
                distance = (logs[j] - one) / bandwidth
                if distance > 5:
                    break
                kernel = math.exp(-0.5 * distance * distance) / bandwidth
                sums[i] += kernel
                sums[j] += kernel
        likelihood = sum([math.log(total + floor) for total in sums])
        if likelihood > best:
            best, found = likelihood, bandwidth
    return found


def _optimum(ages: list[float], ended: list[float]) -> list[float]:
    """Return the age of the next poll after a poll at each age, at the lowest expected cost, by dynamic programming."""
    steps = zip(pairwise(ended), pairwise(ages), strict=True)
    areas = [(a + b) / 2 * (later - earlier) for (a, b), (earlier, later) in steps]
    integral = [0.0, *accumulate(areas)]
    last = len(ages) - 1
    # Afterwards the default schedule continues, at about this cost.
    costs = [0.0] * last + [(1 - ended[last]) * 2 * math.sqrt(POLL_COST * ages[last])]
    bounds = [0.0] * last + [integral[last] + costs[last]]
    following = [ages[last]] * len(ages)
    for i in range(last - 1, -1, -1):
        age, probability = ages[i], ended[i]
        first = min(max(bisect_right(ages, age + SHORTEST_INTERVAL - 1e-9), i + 1), last)
        end = max(bisect_right(ages, age + LONGEST_INTERVAL + 1e-9), first + 1)
        best, at = math.inf, first
        for j in range(first, min(end, last + 1)):
            cost = bounds[j] - probability * ages[j]
            if cost < best:
                best, at = cost, j
        following[i] = ages[at]
        costs[i] = POLL_COST * (1 - probability) + best - integral[i] + probability * age
        bounds[i] = integral[i] + costs[i]
    return following
