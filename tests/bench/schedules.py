"""Polls and overshoot of the schedule beside the defaults of other libraries, on six kinds of jobs.

The others are written down as their sources have them: google-api-core 2.44 (`future.polling`: uniform(0, min(1.5^k, 20))
from a poll at once), azure-core 1.41 (`LROPoller`: every 30 s from a poll at once), botocore 1.44 (the commonest waiter:
every 15 s from a poll at once, 40 times).
"""

import itertools
import math
import random
from collections.abc import Callable, Iterator

from job_status._client.polling.schedule import gap

JOBS = 20_000
Z99 = 2.3263
NOTE = "every schedule begins with the job; botocore gives up after 585 s"


def ours() -> Iterator[float]:
    """Poll k at (k/2)^2 s, with jitter."""
    now = 0.0
    while True:
        now += gap(now)
        yield now


def google() -> Iterator[float]:
    """Full jitter under a growing bound."""
    now, bound = 0.0, 1.0
    while True:
        yield now
        now += random.uniform(0.0, bound)
        bound = min(bound * 1.5, 20.0)


def azure() -> Iterator[float]:
    """A fixed interval."""
    return itertools.count(0.0, 30.0)


def botocore() -> Iterator[float]:
    """A fixed interval, forty times."""
    return (15.0 * k for k in range(40))


def lognormal(median: float, sigma: float) -> float:
    """A duration whose logarithm is normal."""
    return random.lognormvariate(math.log(median), sigma)


# p1 5 s, p99 20 min.
DEPLOY_MEDIAN, DEPLOY_SIGMA = math.sqrt(5 * 1200), math.log(1200 / 5) / (2 * Z99)


def heavy() -> float:
    """Lomax with a = 1.2 and a median of 12 s, 6 h at the most."""
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


def measured(schedule: Callable[[], Iterator[float]], durations: list[float]) -> tuple[float, float, int]:
    """Mean polls, mean overshoot in seconds, and how many jobs were given up."""
    polls, overshoot, given_up = 0, 0.0, 0
    for duration in durations:
        for due in schedule():
            polls += 1
            if due >= duration:
                overshoot += due - duration
                break
        else:
            given_up += 1
    seen = len(durations) - given_up
    return polls / len(durations), overshoot / seen, given_up


def table(jobs: int, seed: int = 1) -> dict[str, dict[str, tuple[float, float, int]]]:
    """Every schedule on every workload, on the same jobs."""
    random.seed(seed)
    result = {}
    for name, duration in WORKLOADS.items():
        durations = [duration() for _ in range(jobs)]
        result[name] = {schedule: measured(make, durations) for schedule, make in SCHEDULES.items()}
    return result


def main() -> None:
    """Prints polls and overshoot, and ours as ratios of google-api-core's."""
    print(f"\nmean polls / mean overshoot in s, {JOBS} jobs each; {NOTE}")
    print(f"{'':12}" + "".join(f"{name:>20}" for name in SCHEDULES) + f"{'ours / google':>20}")
    for name, row in table(JOBS).items():
        cells = "".join(f"{f'{polls:.1f} / {late:.2f}':>20}" for polls, late, _ in row.values())
        ratio = f"{row['ours'][0] / row['google-api-core'][0]:.2f} / {row['ours'][1] / row['google-api-core'][1]:.2f}"
        print(f"{name:12}{cells}{ratio:>20}")
