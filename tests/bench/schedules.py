"""Polls and overshoot of our schedules and of those of other libraries, for six workloads.

The other libraries are installed, and wait with their own classes under a virtual clock: `peers.schedules`. The learned
schedule is compared with the optimum, by dynamic programming on the distribution that is known here, and, with the
history of another workload, with the default schedule.
"""

import random
from collections.abc import Iterator, Mapping
from functools import cache, partial

from job_status import LearnedSchedule
from job_status._client.polling.schedule import LONGEST_INTERVAL, interval

from . import installed
from .distributions import WORKLOADS, cost, mean_measure, optimum, repeat
from .results import Table

JOBS, ROUNDS = 300, 5
HISTORY = 100  # past jobs of a learned schedule
SEEDS = range(5)
RUNS = 4  # of a schedule with jitter
OURS = "job-status"
OPTIMUM = "optimum"


def ours() -> Iterator[float]:
    """Return the times of the default schedule: at once, then poll k at 0.36 k^2 s, with jitter."""
    return repeat(interval, first=0.0)


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


def peers(jobs: int = JOBS, rounds: int = ROUNDS) -> list[Table]:
    """Return polls, overshoot and cost of each library for each workload, and when each gives up."""
    found = installed.run("schedules", jobs, rounds)
    note = f"the jobs of one round are {jobs} of every length in its proportion"
    tables = [
        Table("Polls of one job", OURS, f"Wait loops of the installed libraries under a virtual clock; {note}."),
        Table("Seconds from the end of a job to the poll that sees it", OURS, "The same waits."),
        Table("Cost of a schedule", OPTIMUM, "0.25 x polls + seconds; the optimum knows the distribution."),
    ]
    for workload, distribution in WORKLOADS.items():
        tables[2].add(OPTIMUM, workload, "", optimum(distribution))
        for name in found["rounds"][0][workload]:
            means = [one[workload][name] for one in found["rounds"]]
            tables[0].add(name, workload, "", [one["polls"] for one in means])
            tables[1].add(name, workload, "s", [one["overshoot"] for one in means])
            tables[2].add(name, workload, "", [cost(one["polls"], one["overshoot"]) for one in means])
    limits = Table(
        "When a library gives up by default", None, "The age of a job at its last poll; the others never give up."
    )
    for name, seconds in found["gives_up"].items():
        if seconds is not None:
            limits.add(name, "age", "s", seconds)
    return [*tables, limits]


def learned() -> Table:
    """Return the costs of learned schedules as ratios, with the right and with wrong histories."""
    table = Table(
        "Cost of the learned schedule",
        None,
        f"Relative to the optimum with at most {LONGEST_INTERVAL:.0f} s between two polls, as ours (free: of all schedules), "
        f"and to the default schedule; a history of {HISTORY} jobs, the mean of {len(SEEDS)} seeds.",
    )
    default = default_costs()
    costs = {history: learned_costs(history) for history in WORKLOADS}
    for name, workload in WORKLOADS.items():
        best, free = optimum(workload, LONGEST_INTERVAL), optimum(workload)
        own = costs[name][name]
        wrong = max(costs[history][name] / default[name] for history in WORKLOADS if history != name)
        table.add(name, "default / optimum", "", default[name] / best)
        table.add(name, "learned / optimum", "", own / best)
        table.add(name, "learned / free optimum", "", own / free)
        table.add(name, "history of 5 jobs / optimum", "", learned_costs(name, jobs=5)[name] / best)
        table.add(name, "worst wrong history / default", "", wrong)
    return table


def tables() -> list[Table]:
    """Measure the schedules of all libraries, and learned ones."""
    return [*peers(), learned()]
