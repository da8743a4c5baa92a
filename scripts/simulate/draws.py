"""How long jobs take and how often they fail, where nobody says it."""

import random

from attrs import frozen

DURATION = 3.0  # seconds from the beginning of a job to its end


class DrawError(ValueError):
    """A distribution cannot be read. The message says what was wanted."""


@frozen
class Draws:
    """Durations and failures of jobs. A spread of 0 is a fixed duration; otherwise its logarithm is normal.

    Attributes:
        median: seconds from the beginning of a job to its end.
        spread: the standard deviation of the logarithm of the duration.
        failures: the share of jobs that fail.
    """

    median: float = DURATION
    spread: float = 0.0
    failures: float = 0.0

    def duration(self, source: random.Random) -> float:
        """The duration of a job."""
        return self.median * source.lognormvariate(0.0, self.spread) if self.spread else self.median

    def fails(self, source: random.Random) -> bool:
        """Whether a job fails."""
        return self.failures > 0 and source.random() < self.failures


def read_duration(text: str) -> tuple[float, float]:
    """A median and a spread, from `20` or `20:1.2`.

    Raises:
        DrawError: it is neither.
    """
    median, _, spread = text.partition(":")
    try:
        found = float(median), float(spread or 0)
    except ValueError:
        found = (-1.0, 0.0)
    if not (0 <= found[0] < 1e9 and 0 <= found[1] <= 10):
        raise DrawError(f"a duration is seconds, such as 20, or a median and a spread, such as 20:1.2, got {text!r}")
    return found
