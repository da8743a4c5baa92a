"""Distributions of durations of jobs, in seconds, with exact costs of schedules and the optimum for each.

The cost of a job is `POLL_COST` for each poll, and the seconds from its end to the poll that sees it.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from attrs import frozen

POLL_COST = 0.25
ROOT_STEP = 0.04  # the optimum polls at squares of its multiples
LONGEST_JOB = 6 * 3600.0  # seconds
Z99 = 2.3263
UNLIMITED = 150.0  # seconds between two polls of the optimum; a longer interval changes no digit


class Distribution(Protocol):
    """The distribution of the duration of a job."""

    def sample(self) -> float:
        """Return a random duration."""

    def ended(self, age: float) -> float:
        """Return the probability that a job of this age has ended."""

    def area(self, age: float) -> float:
        """Return the integral of `ended` from 0."""


def quantile(distribution: Distribution, share: float) -> float:
    """Return the age at which a share of the jobs, between 0 and 1, has ended."""
    low, high = 0.0, LONGEST_JOB
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if distribution.ended(middle) < share else (low, middle)
    return high


def normal(value: float) -> float:
    """Return the standard normal distribution function."""
    return 0.5 * math.erfc(-value * math.sqrt(0.5))


@frozen
class Lognormal:
    """A log-normal distribution; `sigma` is of the logarithm."""

    median: float
    sigma: float

    def sample(self) -> float:
        """Return a random duration."""
        return random.lognormvariate(math.log(self.median), self.sigma)

    def ended(self, age: float) -> float:
        """Return the probability that a job of this age has ended."""
        return normal(math.log(age / self.median) / self.sigma) if age > 0 else 0.0

    def area(self, age: float) -> float:
        """Return the integral of `ended` from 0."""
        if age <= 0:
            return 0.0
        mean = self.median * math.exp(self.sigma**2 / 2)
        return age * self.ended(age) - mean * normal(math.log(age / self.median) / self.sigma - self.sigma)


@frozen
class Lomax:
    """A distribution with a heavy tail, limited."""

    exponent: float
    median: float
    limit: float

    @property
    def scale(self) -> float:
        """The scale of the distribution."""
        return self.median / (math.pow(2, 1 / self.exponent) - 1)

    def sample(self) -> float:
        """Return a random duration."""
        return min(self.scale * (math.pow(1 - random.random(), -1 / self.exponent) - 1), self.limit)

    def ended(self, age: float) -> float:
        """Return the probability that a job of this age has ended."""
        return 1.0 if age >= self.limit else 1 - math.pow(1 + max(age, 0.0) / self.scale, -self.exponent)

    def area(self, age: float) -> float:
        """Return the integral of `ended` from 0."""
        age, beyond = min(max(age, 0.0), self.limit), max(age - self.limit, 0.0)
        power = self.exponent - 1
        return age - self.scale / power * (1 - math.pow(1 + age / self.scale, -power)) + beyond


@frozen
class Mixture:
    """Several distributions, each with its share."""

    parts: tuple[tuple[float, Distribution], ...]

    def sample(self) -> float:
        """Return a random duration."""
        (chosen,) = random.choices([part for _, part in self.parts], [share for share, _ in self.parts])
        return chosen.sample()

    def ended(self, age: float) -> float:
        """Return the probability that a job of this age has ended."""
        return sum([share * part.ended(age) for share, part in self.parts])

    def area(self, age: float) -> float:
        """Return the integral of `ended` from 0."""
        return sum([share * part.area(age) for share, part in self.parts])


def measure(schedule: Iterator[float], distributions: Sequence[Distribution]) -> list[tuple[float, float]]:
    """Return the expected polls and overshoot of one run of a schedule, exactly, for each distribution."""
    results = []
    times = [0.0]
    for distribution in distributions:
        polls = overshoot = 0.0
        ended, area, index = 0.0, 0.0, 0
        while ended < 1 - 1e-7:
            index += 1
            if index == len(times):
                times.append(next(schedule))
            age, earlier = times[index], times[index - 1]
            polls += 1 - ended
            reached = distribution.area(age)
            overshoot += reached - area - ended * (age - earlier)
            area, ended = reached, distribution.ended(age)
        results.append((polls, overshoot))
    return results


def mean_measure(
    make: Callable[[], Iterator[float]], distributions: Sequence[Distribution], runs: int
) -> list[tuple[float, float]]:
    """Return the mean polls and overshoot of a schedule with jitter, for each distribution."""
    measured = [measure(make(), distributions) for _ in range(runs)]
    return [
        (sum([polls for polls, _ in column]) / runs, sum([overshoot for _, overshoot in column]) / runs)
        for column in zip(*measured, strict=True)
    ]


def cost(polls: float, overshoot: float) -> float:
    """Return the cost of a job."""
    return POLL_COST * polls + overshoot


def optimum(distribution: Distribution, longest_interval: float = UNLIMITED) -> float:
    """Return the lowest expected cost that any schedule has for a distribution, by dynamic programming.

    Args:
        distribution: The distribution, as only a clairvoyant knows it.
        longest_interval: The longest allowed interval between two polls, in seconds.
    """
    ages = [0.0]
    while distribution.ended(ages[-1]) < 1 - 1e-7:
        ages.append((ROOT_STEP * len(ages)) ** 2)
    ended, areas = [distribution.ended(age) for age in ages], [distribution.area(age) for age in ages]
    last = len(ages) - 1
    bounds = [*areas]  # area and cost
    best = 0.0
    for i in range(last - 1, -1, -1):
        end = max(bisect_right(ages, ages[i] + longest_interval), i + 2)
        probability = ended[i]
        following = min([bounds[j] - probability * ages[j] for j in range(i + 1, min(end, last + 1))])
        best = POLL_COST * (1 - probability) + following - areas[i] + probability * ages[i]
        bounds[i] = areas[i] + best
    return best


def repeat(interval: Callable[[float], float], first: float | None = None) -> Iterator[float]:
    """Yield the due times of a schedule that gives the interval after each poll; with a first poll, if given."""
    now = 0.0 if first is None else first
    if first is not None:
        yield now
    while True:
        now += interval(now)
        yield now


# p1 5 s, p99 20 min.
DEPLOY_MEDIAN, DEPLOY_SIGMA = math.sqrt(5 * 1200), math.log(1200 / 5) / (2 * Z99)
WORKLOADS: dict[str, Distribution] = {
    "deploy": Lognormal(DEPLOY_MEDIAN, DEPLOY_SIGMA),
    "bimodal": Mixture(((0.6, Lognormal(8, 0.3)), (0.4, Lognormal(180, 0.3)))),
    "heavy": Lomax(1.2, 12, LONGEST_JOB),
    "opensearch": Mixture(((0.9, Lognormal(3, 0.3)), (0.1, Lognormal(45, 0.3)))),
    "publish": Lognormal(2, 0.5),
}
WORKLOADS["mix"] = Mixture(tuple((1 / 5, workload) for workload in WORKLOADS.values()))
