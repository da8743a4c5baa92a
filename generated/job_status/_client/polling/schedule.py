# Generated from scripts/client/polling/schedule.py by `make generate`; do not edit.

"""When a job is asked about next.

Nothing is known of how long a job takes, so poll k is due (k/2)^2 seconds after the start: among all schedules this
one has the smallest bounded ratio to the best fixed interval chosen in hindsight (Keller 1974, optimum checking).
"""

import math
import random
from collections.abc import Iterable
from typing import Any, Final

from ..arguments import MOST_SECONDS, number, told
from ..errors import InvalidArgumentError

FLOOR, CAP = 0.5, 30.0  # seconds between two polls
SPREAD: Final = 0.1
FIRST_SPREAD: Final = 0.25
LEAST: Final = 0.05


def gap(elapsed: float) -> float:
    """Seconds from a poll to the next, `elapsed` seconds after the job's start, with jitter.

    The jitter makes it shorter, never longer: no poll comes later than the schedule has it, which is what a bound on
    how late an end is noticed rests on. It needs no memory of the polls before: a job that is met late goes on where its age puts it.
    """
    elapsed = max(elapsed, 0.0)
    root = math.sqrt(elapsed)
    if root + 0.25 >= CAP:
        wait = CAP
    else:
        k = math.floor(2 * root + 0.5) + 1
        wait = min(max(k * k / 4 - elapsed, FLOOR), CAP)
    if elapsed == 0:
        return random.uniform(FLOOR, wait * (1 + FIRST_SPREAD))  # noqa: S311 - jitter
    return max(wait * random.uniform(1 - SPREAD, 1 - LEAST), FLOOR)  # noqa: S311 - jitter


def backoff(faults: int) -> float:
    """The least number of seconds to the next poll after so many faults in a row."""
    return min(FLOOR * 2.0 ** min(faults - 1, 10), CAP) * random.uniform(1 - SPREAD, 1)  # noqa: S311 - jitter


def spread(pause: float) -> float:
    """A pause and up to a tenth more: many may have been told to make the same one."""
    return pause * random.uniform(1, 1 + SPREAD)  # noqa: S311 - jitter


def _moment(due: Any) -> int | float:
    found = number(due)
    if found is None or not 0 <= found <= MOST_SECONDS:
        least = ", 1e9 at most" if found is not None and found > MOST_SECONDS else ""
        raise InvalidArgumentError(f"schedule= wants due times in seconds{least}, got {told(due)}")
    return due if isinstance(due, int | float) else found


class Steps:
    """A schedule of the caller's own: due times in seconds after the wait began. The last gap repeats at the end."""

    __slots__ = ("_due", "_gap", "_times")

    def __init__(self, times: Iterable[float]) -> None:
        try:
            self._times = iter(times)
        except Exception:
            raise InvalidArgumentError(
                f"schedule= wants an iterable of due times in seconds, such as itertools.count(5, 5), got {told(times)}"
            ) from None
        self._due = -math.inf
        self._gap = 0.0

    def after(self, elapsed: float) -> float:
        """The first due time after `elapsed`. Those that have been missed are left out.

        Raises:
            InvalidArgumentError: the due times are no numbers, or do not rise.
        """
        while self._due <= elapsed:
            due = next(self._times, None)
            if due is None:
                if self._due < 0:
                    raise InvalidArgumentError("schedule= gives no due time at all, wanted due times in seconds")
                step = self._gap or CAP
                self._due += step * (math.floor((elapsed - self._due) / step) + 1)
                return max(self._due, math.nextafter(elapsed, math.inf))
            due = _moment(due)
            if due <= self._due:
                raise InvalidArgumentError(f"schedule= wants due times that rise, got {due!r} after {self._due!r}")
            if math.isfinite(self._due):
                self._gap = due - self._due
            self._due = float(due)
        return self._due
