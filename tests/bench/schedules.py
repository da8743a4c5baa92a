"""Polls and overshoot of the default schedule, compared with the defaults of other libraries, for six workloads.

The other schedules reproduce the sources of the libraries; each begins with an immediate poll:

- google-api-core 2.44, `future.polling`: intervals of uniform(0, min(1.5^k, 20)) s;
- azure-core 1.41, `LROPoller`: every 30 s;
- botocore 1.44, the most common waiter: every 15 s, 40 times.
"""

import itertools
import math
import random
from collections.abc import Callable, Iterator

from job_status._client.polling.schedule import interval as gap

JOBS = 20_000
Z99 = 2.3263
NOTE = "every schedule begins at the start of the job; botocore gives up after 585 s"


def ours() -> Iterator[float]:
    """Yield the times of the default schedule: poll k at (k/2)^2 s, with jitter."""
    now = 0.0
    while True:
        now += gap(now)
        yield now


def google() -> Iterator[float]:
    """Yield times with full jitter and a growing upper bound."""
    now, bound = 0.0, 1.0
    while True:
        yield now
        now += random.uniform(0.0, bound)
        bound = min(bound * 1.5, 20.0)


def azure() -> Iterator[float]:
    """Return times at a fixed interval."""
    return itertools.count(0.0, 30.0)


def botocore() -> Iterator[float]:
    """Return forty times at a fixed interval."""
    return (15.0 * k for k in range(40))


def lognormal(median: float, sigma: float) -> float:
    """Return a random duration with a log-normal distribution, in the unit of the median."""
    return random.lognormvariate(math.log(median), sigma)


# p1 5 s, p99 20 min.
DEPLOY_MEDIAN, DEPLOY_SIGMA = math.sqrt(5 * 1200), math.log(1200 / 5) / (2 * Z99)


def heavy() -> float:
    """Return a random duration with a Lomax distribution: a = 1.2, a median of 12 s, limited to 6 h."""
    a, median = 1.2, 12.0
    scale = median / (math.pow(2, 1 / a) - 1)
    return min(scale * (math.pow(1 - random.random(), -1 / a) - 1), 6 * 3600)


WORKLOADS: dict[str, Callable[[], float]] = {
    "deploy": lambda: lognormal(DEPLOY_MEDIAN, DEPLOY_SIGMA),
    "bimodal": lambda: lognormal(8, 0.3) if random.random() < 0.6 else lognormal(180, 0.3),
    "heavy": heavy,
    "opensearch": lambda: lognormal(3, 0.3) if random.random() < 0.9 else lognormal(45, 0.3),
    "publish": lambda: lognormal(2, 0.5),
}
WORKLOADS["mix"] = lambda: random.choice(list(WORKLOADS.values())[:5])()
SCHEDULES: dict[str, Callable[[], Iterator[float]]] = {
    "ours": ours,
    "google-api-core": google,
    "azure-core": azure,
    "botocore": botocore,
}


def measure(schedule: Callable[[], Iterator[float]], durations: list[float]) -> tuple[float, float, int]:
    """Return mean polls, mean overshoot in seconds, and the number of jobs whose end was not detected."""
    polls, overshoot, given_up = 0, 0.0, 0
    for duration in durations:
        for due in schedule():
            polls += 1
            if due >= duration:
                overshoot += due - duration
                break
        else:
            given_up += 1
    detected = len(durations) - given_up
    return polls / len(durations), overshoot / detected, given_up


def table(jobs: int, seed: int = 1) -> dict[str, dict[str, tuple[float, float, int]]]:
    """Measure every schedule for every workload, with the same jobs."""
    random.seed(seed)
    result = {}
    for name, duration in WORKLOADS.items():
        durations = [duration() for _ in range(jobs)]
        result[name] = {schedule: measure(make, durations) for schedule, make in SCHEDULES.items()}
    return result


def main() -> None:
    """Print polls and overshoot, and the ratios of our schedule to that of google-api-core."""
    print(f"\nmean polls / mean overshoot in s, {JOBS} jobs each; {NOTE}")
    print(f"{'':12}" + "".join(f"{name:>20}" for name in SCHEDULES) + f"{'ours / google':>20}")
    for name, row in table(JOBS).items():
        cells = "".join(f"{f'{polls:.1f} / {overshoot:.2f}':>20}" for polls, overshoot, _ in row.values())
        ratio = f"{row['ours'][0] / row['google-api-core'][0]:.2f} / {row['ours'][1] / row['google-api-core'][1]:.2f}"
        print(f"{name:12}{cells}{ratio:>20}")
