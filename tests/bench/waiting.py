"""Many waiting jobs at servers of several latencies: our clients, the stock client, httpx and aiohttp.

Each measurement runs in a separate process in the environment of the peers, with the same server. The clients take turns
in every round, so that noise of the machine affects all of them.
"""

from collections.abc import Sequence

from . import installed
from .peers.waiting import INTERVAL, NEEDS_FAST, VARIANTS, has_fast_transport
from .results import Table
from .server import PENDING, server

LATENCIES = (0.0, 0.05, 0.2)  # seconds
JOBS, SECONDS, ROUNDS = 1200, 3.0, 3
REFERENCE = "job-status, async"


def available() -> list[str]:
    """Return the names of the clients that can be measured."""
    return [name for name in VARIANTS if name not in NEEDS_FAST or has_fast_transport()]


def measure(latency: float, jobs: int, seconds: float, rounds: int, variants: Sequence[str], *warm_up: float) -> Table:
    """Measure several clients at a server of one latency; latency, length and warm-up are in seconds."""
    table = Table(
        f"Waiting for {jobs} jobs, server of {latency * 1e3:.0f} ms",
        REFERENCE,
        f"Every job is due each {INTERVAL:.0f} s: {jobs / INTERVAL:.0f} polls/s. CPU time is that of the process; late: from "
        f"the time that a poll is due until it is begun; {rounds} rounds of {seconds:g} s.",
    )
    with server(PENDING, latency) as url:
        found = [
            {name: installed.run("waiting", name, url, jobs, latency, seconds, *warm_up) for name in variants}
            for _ in range(rounds)
        ]
    for name in variants:
        rows = [one[name] for one in found]
        table.add(name, "polls achieved", "per s", [row["rate"] for row in rows])
        table.add(name, "CPU time per poll", "us", [row["cpu"] for row in rows], scale=1e6)
        table.add(name, "late, median", "ms", [row["p50"] for row in rows], scale=1e3, compared=False)
        table.add(name, "late, 99 %", "ms", [row["p99"] for row in rows], scale=1e3, compared=False)
    return table


def tables() -> list[Table]:
    """Measure all clients at all latencies."""
    return [measure(latency, JOBS, SECONDS, ROUNDS, available()) for latency in LATENCIES]
