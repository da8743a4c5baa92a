"""Random job durations and failures, for jobs that are created without a timeline."""

import random

from attrs import frozen

DEFAULT_DURATION = 3.0  # seconds from the start of a job to its final state


class DurationError(ValueError):
    """A duration cannot be parsed. The message says what was expected."""


@frozen
class JobDistribution:
    """Distribution of job durations and failures. A spread of 0 is a fixed duration, otherwise it is log-normal.

    Attributes:
        median: seconds from the start of a job to its final state.
        spread: the standard deviation of the logarithm of the duration.
        failures: the share of jobs that fail, 0 to 1; None for one in four if no example of the document fails.
    """

    median: float = DEFAULT_DURATION
    spread: float = 0.0
    failures: float | None = None

    def sample_duration(self, source: random.Random) -> float:
        """Return a random duration in seconds."""
        return self.median * source.lognormvariate(0.0, self.spread) if self.spread else self.median

    def sample_failure(self, source: random.Random) -> bool:
        """Return whether a job fails, at random."""
        return bool(self.failures) and source.random() < (self.failures or 0.0)


def parse_duration(text: str) -> tuple[float, float]:
    """Return the median and the spread from `20` or `20:1.2`.

    Raises:
        DurationError: the text is neither.
    """
    median, _, spread = text.partition(":")
    try:
        found = float(median), float(spread or 0)
    except ValueError:
        found = (-1.0, 0.0)
    if not (0 <= found[0] < 1e9 and 0 <= found[1] <= 10):
        raise DurationError(f"expected seconds, such as 20, or a median and a spread, such as 20:1.2, got {text!r}")
    return found
