"""The schedule of polls.

The duration of a job is unknown, so poll k is due 0.36 k^2 seconds after the start: only schedules of this form have a
bounded ratio to the best fixed interval chosen in hindsight (Keller 1974, optimum checking).
"""

import math
import random
from collections.abc import Iterable
from typing import Any, Final

from ..arguments import to_float
from ..clock import MAX_SECONDS
from ..errors import InvalidArgumentError
from ..sanitize import describe

SHORTEST_INTERVAL, LONGEST_INTERVAL = 0.5, 30.0  # seconds between two polls
SCALE: Final = 0.36  # seconds; poll k is due at this times k^2
JITTER: Final = 0.1
FIRST_JITTER: Final = 0.25
LEAST_JITTER: Final = 0.05


def interval(elapsed: float) -> float:
    """Return the seconds from a poll to the next, `elapsed` seconds after the start of the job, with jitter.

    Jitter shortens the interval and never extends it: a limit on how late the end of a job is noticed holds. The
    interval depends on the age of the job alone, so a wait that is resumed continues the same schedule.
    """
    elapsed = max(elapsed, 0.0)
    polls = math.sqrt(elapsed / SCALE)
    if SCALE * (2 * polls + 1) >= LONGEST_INTERVAL:
        seconds = LONGEST_INTERVAL
    else:
        k = math.floor(polls + 0.5) + 1
        seconds = min(max(SCALE * k * k - elapsed, SHORTEST_INTERVAL), LONGEST_INTERVAL)
    if elapsed == 0:
        return random.uniform(SHORTEST_INTERVAL, seconds * (1 + FIRST_JITTER))  # noqa: S311 - jitter
    jitter = random.uniform(1 - JITTER, 1 - LEAST_JITTER)  # noqa: S311 - jitter
    return max(seconds * jitter, SHORTEST_INTERVAL)


class AgeSchedule:
    """A schedule in which the interval to the next poll depends on the age of the job alone: here, the default one."""

    __slots__ = ()

    def interval(self, elapsed: float) -> float:
        """Return the seconds from a poll to the next, `elapsed` seconds after the start of the job, with jitter."""
        return interval(elapsed)


class EarlierStart(AgeSchedule):
    """A schedule that counts from the start of the job, `ahead` seconds before that of the wait."""

    __slots__ = ("_ahead", "_schedule")

    def __init__(self, schedule: AgeSchedule, ahead: float) -> None:
        self._schedule = schedule
        self._ahead = ahead

    def interval(self, elapsed: float) -> float:
        """Return the seconds from a poll to the next, `elapsed` seconds after the start of the wait, with jitter."""
        return self._schedule.interval(elapsed + self._ahead)


DEFAULT_SCHEDULE: Final = AgeSchedule()


def error_backoff(errors: int) -> float:
    """Return the minimum seconds to the next poll after a number of consecutive errors."""
    jitter = random.uniform(1 - JITTER, 1)  # noqa: S311 - jitter
    return min(SHORTEST_INTERVAL * 2.0 ** min(errors - 1, 10), LONGEST_INTERVAL) * jitter


def add_jitter(pause: float) -> float:
    """Return a pause that the server requested, extended by up to a tenth: other clients may have got the same."""
    return pause * random.uniform(1, 1 + JITTER)  # noqa: S311 - jitter


def _validate_due_time(value: Any) -> int | float:
    found = to_float(value)
    if found is None or not 0 <= found <= MAX_SECONDS:
        limit = ", at most 1e9" if found is not None and found > MAX_SECONDS else ""
        raise InvalidArgumentError(f"schedule= must contain due times in seconds{limit}, got {describe(value)}")
    return value if isinstance(value, int | float) else found


class Schedule:
    """A schedule of the caller: due times in seconds after the start of the wait. The last interval repeats."""

    __slots__ = ("_due", "_interval", "_times")

    def __init__(self, times: Iterable[float]) -> None:
        try:
            self._times = iter(times)
        except Exception:
            example = "such as itertools.count(5, 5)"
            raise InvalidArgumentError(
                f"schedule= must be an iterable of due times in seconds, {example}, got {describe(times)}"
            ) from None
        self._due = -math.inf
        self._interval = 0.0

    def interval(self, _elapsed: float) -> float:
        """Return the seconds between the last two due times."""
        return self._interval or LONGEST_INTERVAL

    def next_after(self, elapsed: float) -> float:
        """Return the first due time after `elapsed`. Missed ones are skipped.

        Raises:
            InvalidArgumentError: A due time is not a number, or does not increase.
        """
        while self._due <= elapsed:
            due = next(self._times, None)
            if due is None:
                if self._due < 0:
                    raise InvalidArgumentError("schedule= is empty; it must contain due times in seconds")
                step = self._interval or LONGEST_INTERVAL
                self._due += step * (math.floor((elapsed - self._due) / step) + 1)
                return max(self._due, math.nextafter(elapsed, math.inf))
            due = _validate_due_time(due)
            if due <= self._due:
                raise InvalidArgumentError(f"schedule= must have increasing due times, got {due!r} after {self._due!r}")
            if math.isfinite(self._due):
                self._interval = due - self._due
            self._due = float(due)
        return self._due
