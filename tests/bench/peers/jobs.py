"""Jobs under a virtual clock that count how often they are polled."""

import math
from collections.abc import Callable, Sequence

from ...virtual_clock import VirtualClock

NEVER = 7 * 3600.0  # seconds after which a library that is still waiting never gives up; the longest job takes 6 hours
Mean = dict[str, float]


class StillWaitingError(Exception):
    """A library has not given up."""


class Job:
    """A job that ends after `duration` seconds, and counts its polls."""

    def __init__(self, clock: VirtualClock, duration: float) -> None:
        self.clock = clock
        self.began, self.duration = clock.now(), duration
        self.polls = 0
        self.last_age = 0.0

    def poll(self) -> bool:
        """Return whether the job has ended."""
        self.polls += 1
        self.last_age = self.clock.now() - self.began
        if self.last_age >= self.duration:
            return True
        if self.last_age > NEVER:
            raise StillWaitingError
        return False


Follow = Callable[[Job, bool], object]


def mean(clock: VirtualClock, follow: Follow, durations: Sequence[float]) -> Mean:
    """Return the mean polls and the mean seconds from the end of a job to the poll that sees it."""
    polls, overshoot = 0, 0.0
    for duration in durations:
        job = Job(clock, duration)
        follow(job, False)
        if job.last_age < duration:
            raise AssertionError(f"a job of {duration} s was left at {job.last_age} s")
        polls, overshoot = polls + job.polls, overshoot + job.last_age - duration
    return {"polls": polls / len(durations), "overshoot": overshoot / len(durations)}


def gives_up(clock: VirtualClock, follow: Follow) -> float | None:
    """Return the age in seconds of a job that does not end at its last poll, or None if it is polled indefinitely."""
    job = Job(clock, math.inf)
    try:
        follow(job, True)
    except StillWaitingError:
        return None
    except Exception:
        # Each library has its own error for this; one that has nothing to do with the time is not one of them.
        if job.polls < 2:
            raise
    return job.last_age
