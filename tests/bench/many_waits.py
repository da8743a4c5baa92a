"""Memory and start-up of ten thousand waits in one process. What their polls cost: `waiting` and `in_flight`."""

import asyncio
import gc
import json
import logging
import subprocess
import sys
import time
import tracemalloc

from job_status import AsyncAgentPlatform, async_wait_all

from ..conftest import ROOT
from .peers.waiting import Meter, count_polls, job_ids
from .results import Table
from .server import PENDING, server

WAITING = 10_000
ROUNDS = 3


async def memory(url: str, count: int) -> dict[str, float]:
    """Measure the bytes per waiting job, including its id, in addition to the body of its last response."""
    # Connections belong to the client, not to its jobs: a few are enough here.
    async with AsyncAgentPlatform(url, api_key="key", max_in_flight=8) as api:
        warm = asyncio.wait_for(async_wait_all([api.dock_status_job("warm")]), 1)
        await asyncio.gather(warm, return_exceptions=True)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        jobs = [api.dock_status_job(name, timeout=3600) for name in job_ids(count)]
        task = asyncio.ensure_future(async_wait_all(jobs))
        while any(job.__poller__.last_content is None for job in jobs):
            await asyncio.sleep(0.1)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
        raw = sum(len(job.__poller__.last_content or b"") for job in jobs)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return {"bytes": (used - raw) / len(jobs)}


async def start(url: str, count: int) -> dict[str, float]:
    """Measure the seconds until all waits are created, until the first poll, and until every job is polled."""
    meter = Meter()
    count_polls(meter)
    names = job_ids(count)
    async with AsyncAgentPlatform(url, api_key="key") as api:
        started = time.perf_counter()
        jobs = [api.dock_status_job(name, timeout=3600) for name in names]
        created = time.perf_counter() - started
        task = asyncio.ensure_future(async_wait_all(jobs))
        while not meter.lateness:
            await asyncio.sleep(0)
        first = time.perf_counter() - started
        while any(job.__poller__.last_content is None for job in jobs):
            await asyncio.sleep(0.1)
        polled = time.perf_counter() - started
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return {"created": created, "first": first, "polled": polled}


MEASUREMENTS = {"memory": memory, "start": start}


def run(measurement: str, url: str, count: int) -> dict[str, float]:
    """Run one measurement in a separate process and return its figures."""
    command = [sys.executable, "-m", "tests.bench.many_waits", measurement, url, str(count)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def tables(count: int = WAITING, rounds: int = ROUNDS) -> list[Table]:
    """Measure the memory once, and the start several times."""
    table = Table(
        f"{count} waits", None, "async_wait_all, at a server without latency; the memory without the last responses."
    )
    with server(PENDING) as url:
        used = run("memory", url, count)["bytes"]
        table.add("job-status", "memory per wait", "bytes", used, goal="up to 500")
        found = [run("start", url, count) for _ in range(rounds)]
        for name, metric in (("created", "all created"), ("first", "first poll"), ("polled", "all polled")):
            table.add("job-status", metric, "s", [one[name] for one in found])
    return [table]


if __name__ == "__main__":
    logging.disable()
    print(json.dumps(asyncio.run(MEASUREMENTS[sys.argv[1]](sys.argv[2], int(sys.argv[3])))))
