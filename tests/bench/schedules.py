"""Polls and overshoot of our schedules, compared with the defaults of other libraries, for six workloads.

The other schedules reproduce the sources of the libraries; each begins with an immediate poll, as ours does for a job
whose id is known:

- google-api-core 2.44, `future.polling`: intervals of uniform(0, min(1.5^k, 20)) s;
- azure-core 1.41, `LROPoller`: every 30 s;
- botocore 1.44, the most common waiter: every 15 s, 40 times.

The learned schedule is compared with the optimum, by dynamic programming on the distribution that is known here, and,
with the history of another workload, with the default schedule.
"""

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

from job_status import LearnedSchedule
from job_status._client.polling.schedule import LONGEST_INTERVAL, interval

from .distributions import Distribution, Lognormal, Lomax, Mixture, cost, mean_measure, optimum, repeat

JOBS = 20_000
Z99 = 2.3263
NOTE = "every schedule begins at the start of the job, with a poll at once; botocore gives up after 585 s"
HISTORY = 100  # past jobs of a learned schedule
SEEDS = range(5)
RUNS = 4  # of a schedule with jitter


def ours() -> Iterator[float]:
    """Return the times of the default schedule: at once, then poll k at 0.36 k^2 s, with jitter."""
    return repeat(interval, first=0.0)


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
WORKLOADS: dict[str, Distribution] = {
    "deploy": Lognormal(DEPLOY_MEDIAN, DEPLOY_SIGMA),
    "bimodal": Mixture(((0.6, Lognormal(8, 0.3)), (0.4, Lognormal(180, 0.3)))),
    "heavy": Lomax(1.2, 12, 6 * 3600),
    "opensearch": Mixture(((0.9, Lognormal(3, 0.3)), (0.1, Lognormal(45, 0.3)))),
    "publish": Lognormal(2, 0.5),
}
WORKLOADS["mix"] = Mixture(tuple((1 / 5, workload) for workload in WORKLOADS.values()))
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
    for name, workload in WORKLOADS.items():
        durations = [workload.sample() for _ in range(jobs)]
        result[name] = {schedule: measure(make, durations) for schedule, make in SCHEDULES.items()}
    return result


@cache
def default_costs() -> Mapping[str, float]:
    """Return the cost of the default schedule for each workload, the poll at once included."""
    random.seed(1)
    measured = mean_measure(ours, list(WORKLOADS.values()), 40)
    return {name: cost(*means) for name, means in zip(WORKLOADS, measured, strict=True)}


def learned_costs(history: str, jobs: int = HISTORY, runs: int = RUNS) -> Mapping[str, float]:
    """Return the cost for each workload of a schedule that has learned from jobs of one, the mean of several seeds."""
    totals = dict.fromkeys(WORKLOADS, 0.0)
    for seed in SEEDS:
        random.seed(f"{history} {seed}")
        learned = LearnedSchedule.from_durations([WORKLOADS[history].sample() for _ in range(jobs)])
        plan = learned.plan("", "")
        if plan is None:
            raise LookupError("expected a plan for every operation, got none")
        measured = mean_measure(partial(repeat, plan.interval), list(WORKLOADS.values()), runs)
        for name, means in zip(WORKLOADS, measured, strict=True):
            totals[name] += cost(*means) / len(SEEDS)
    return totals


def print_learned() -> None:
    """Print the costs of learned schedules as ratios, with the right and with wrong histories."""
    print(f"\ncost = 0.25 x polls + overshoot; history of {HISTORY} jobs, mean of {len(SEEDS)} seeds")
    print(f"optimum: of all schedules with at most {LONGEST_INTERVAL:.0f} s between two polls, as ours; free: of all")
    heads = ("default/optimum", "learned/optimum", "learned/free", "5 jobs/optimum", "worst wrong history/default")
    print(f"{'':12}" + "".join(f"{head:>{len(head) + 3}}" for head in heads))
    default = default_costs()
    learned = {history: learned_costs(history) for history in WORKLOADS}
    for name, workload in WORKLOADS.items():
        best, free = optimum(workload, LONGEST_INTERVAL), optimum(workload)
        few = learned_costs(name, jobs=5)[name]
        wrong = {history: learned[history][name] / default[name] for history in WORKLOADS if history != name}
        worst = max(wrong, key=lambda history: wrong[history])
        own = learned[name][name]
        ratios = (default[name] / best, own / best, own / free, few / best)
        cells = "".join(f"{ratio:>{len(head) + 3}.2f}" for head, ratio in zip(heads, ratios, strict=False))
        print(f"{name:12}{cells}{f'{wrong[worst]:.2f} ({worst})':>{len(heads[-1]) + 3}}")


def main() -> None:
    """Print polls and overshoot, and the ratios of our schedule to that of google-api-core."""
    print(f"\nmean polls / mean overshoot in s, {JOBS} jobs each; {NOTE}")
    print(f"{'':12}" + "".join(f"{name:>20}" for name in SCHEDULES) + f"{'ours / google':>20}")
    for name, row in table(JOBS).items():
        cells = "".join(f"{f'{polls:.1f} / {overshoot:.2f}':>20}" for polls, overshoot, _ in row.values())
        ratio = f"{row['ours'][0] / row['google-api-core'][0]:.2f} / {row['ours'][1] / row['google-api-core'][1]:.2f}"
        print(f"{name:12}{cells}{ratio:>20}")
    print_learned()
