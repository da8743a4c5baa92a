"""CPU time per poll with a fixed number of polls in flight: it is hardly to depend on it.

Each measurement runs in a separate process, with the same server; the numbers alternate, so that noise of the machine
affects all of them.
"""

import asyncio
import contextlib
import gc
import itertools
import json
import logging
import subprocess
import sys
from unittest import mock

from job_status import AgentPlatform, AsyncAgentPlatform, InvalidArgumentError, async_wait_all, wait_all
from job_status._client.poll_limit import AdaptiveLimit

from ..conftest import ROOT
from .peers.waiting import Load, Row, count_polls, job_ids
from .results import Table
from .server import PENDING, server

IN_FLIGHT = (8, 64, 200)
GC_THRESHOLD = 10_000  # what docs/waiting.md advises for very many polls in flight
ROUNDS = 3
SATURATED = 20_000  # jobs, each polled every second: there is always one due
WARM_UP, SECONDS = 2.0, 2.0


def measure_async(load: Load) -> Row:
    """Measure `async_wait_all`."""

    async def run() -> Row:
        async with AsyncAgentPlatform(load.url, api_key="key", max_in_flight=1000) as api:
            jobs = [api.dock_status_job(name, schedule=itertools.count(), timeout=None) for name in job_ids(load.jobs)]
            return await load.measure(async_wait_all(jobs))

    return asyncio.run(run())


def measure_sync(load: Load) -> Row:
    """Measure `wait_all`."""
    with AgentPlatform(load.url, api_key="key", max_in_flight=1000) as api:
        jobs = [api.dock_status_job(name, schedule=itertools.count(), timeout=None) for name in job_ids(load.jobs)]

        def work() -> None:
            with contextlib.suppress(InvalidArgumentError):  # the client is closed after the measurement
                wait_all(jobs)

        return load.measure_threads(work)


def measure(kind: str, number: int, url: str) -> Row:
    """Return the measurements with a number of polls in flight, in this process."""
    load = Load(url, SATURATED, 0.0, SECONDS, WARM_UP)
    count_polls(load.meter)
    with mock.patch.object(AdaptiveLimit, "value", number):
        return measure_async(load) if kind == "async" else measure_sync(load)


def run(kind: str, number: int, url: str, *threshold: int) -> float:
    """Return the CPU seconds per poll, from another process, whose garbage collector may have another threshold."""
    command = [sys.executable, "-m", "tests.bench.in_flight", kind, str(number), url, *map(str, threshold)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    row: Row = json.loads(done.stdout)
    return row["cpu"]


def tables(rounds: int = ROUNDS) -> list[Table]:
    """Measure the CPU time per poll."""
    reference = f"job-status, {IN_FLIGHT[0]} in flight"
    table = Table(
        "Polls in flight", reference, "CPU time per poll, with a poll always due, at a server without latency."
    )
    with server(PENDING) as url:
        for kind in ("async", "sync"):
            runs: list[tuple[int, ...]] = [(number,) for number in IN_FLIGHT] + [(IN_FLIGHT[-1], GC_THRESHOLD)] * (
                kind == "async"
            )
            found = [{one: run(kind, one[0], url, *one[1:]) for one in runs} for _ in range(rounds)]
            for each in runs:
                times = [one[each] for one in found]
                name = f"job-status, {each[0]} in flight{', gc.set_threshold(10_000)' if each[1:] else ''}"
                table.add(name, kind, "us", times, scale=1e6, goal="ratio up to 1.15")
    return [table]


if __name__ == "__main__":
    logging.disable()
    if sys.argv[4:]:
        gc.set_threshold(int(sys.argv[4]))
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
