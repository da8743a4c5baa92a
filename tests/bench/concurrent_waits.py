"""Thousands of concurrent waits in one process on one core, compared with plain httpx.

Measures CPU time per poll, memory, delay of polls, and start-up. Each variant runs in a separate process, with the same
server. All jobs start at the same time, as in a pipeline, and each is polled every five seconds:

- ours: `async_wait_all`, one heap;
- tuned: the generated function on an httpx client with our limits, with one heap and at most eight concurrent requests;
- tasks: the generated function on a default httpx client, with one asyncio task per job.
"""

import asyncio
import gc
import heapq
import itertools
import json
import logging
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import httpx
from job_status import AsyncAgentPlatform, async_wait_all
from job_status._client.polling.queue import PollQueue
from job_status.agent_platform import Client
from job_status.agent_platform.api.dock_status import get_dock_status

from ..conftest import ROOT
from .server import server

JOBS, SECONDS, INTERVAL = 2000, 10.0, 5.0
WAITING = 10_000
# A variant keeps up with a number of jobs if it makes at least this share of the scheduled polls.
KEEPS_UP = 0.95
LADDERS = {"ours": (2000, 3000, 4000, 5000, 6000), "tasks": (125, 250, 500, 1000, 2000)}
PENDING = json.dumps({"_id": "{id}", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": "IN_PROGRESS"})
TUNED = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=60.0)


def ids(count: int) -> list[str]:
    """Return job ids of a realistic length."""
    return [f"ds-24a6f1c3-0b9c-5e75-a8d3-{number:012d}" for number in range(count)]


def pauses() -> Iterator[float]:
    """Yield the seconds before each poll: none before the first, a random interval, then the fixed interval."""
    yield 0.0
    yield random.uniform(0.5 * INTERVAL, 1.5 * INTERVAL)
    yield from itertools.repeat(INTERVAL)


class Meter:
    """Measures the polls and their CPU time after the start-up phase."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.polls = 0
        self.delays: list[float] = []
        self.take: Any = None

    async def run(self, work: Any) -> None:
        """Run the work and print the measurements, without those of the first two intervals."""
        task = asyncio.ensure_future(work)
        await asyncio.sleep(2 * INTERVAL)
        self.delays.clear()
        cpu, polls, wall = time.process_time(), self.polls, time.monotonic()
        await asyncio.sleep(SECONDS)
        cpu, polls, wall = time.process_time() - cpu, self.polls - polls, time.monotonic() - wall
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.delays.sort()
        delay = self.delays[int(len(self.delays) * 0.99)] if self.delays else None
        print(json.dumps({"cpu": cpu / max(polls, 1), "rate": polls / wall, "delay": delay}))

    def instrument_poll_queue(self) -> None:
        """Patch `PollQueue.pop_due` to record every poll and its delay."""
        take = self.take = PollQueue.pop_due
        meter = self

        def recorded_take(queue: Any, now: float) -> Any:
            job = take(queue, now)
            if job is not None:
                meter.polls += 1
                meter.delays.append(now - job.next_poll_at)
            return job

        PollQueue.pop_due = recorded_take  # type: ignore[method-assign, assignment]


async def ours(url: str, meter: Meter) -> None:
    """Measure `async_wait_all`."""
    meter.instrument_poll_queue()
    async with AsyncAgentPlatform(url, api_key="key") as api:
        jobs = [
            api.dock_status_job(name, schedule=itertools.accumulate(pauses()), timeout=None) for name in ids(meter.jobs)
        ]
        await meter.run(async_wait_all(jobs))


async def tuned(url: str, meter: Meter) -> None:
    """Measure the generated function on a tuned client, with one heap."""
    http = httpx.AsyncClient(base_url=url, headers={"x-api-key": "key"}, timeout=30.0, limits=TUNED)
    client = Client(url).set_async_httpx_client(http)
    gate = asyncio.Semaphore(8)

    async def poll(name: str) -> None:
        try:
            response = await get_dock_status.asyncio_detailed(name, client=client)
            assert response.parsed is not None
        except httpx.TransportError:
            pass  # the benchmark has ended
        finally:
            gate.release()

    async def work() -> None:
        now = time.monotonic()
        heap = [(now, name, pauses()) for name in ids(meter.jobs)]
        tasks: set[asyncio.Task[None]] = set()
        while True:
            due, name, pause = heap[0]
            now = time.monotonic()
            if due > now:
                await asyncio.sleep(due - now)
                continue
            await gate.acquire()
            meter.polls += 1
            meter.delays.append(time.monotonic() - due)
            heapq.heapreplace(heap, (due + next(pause), name, pause))
            task = asyncio.ensure_future(poll(name))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async with http:
        await meter.run(work())


async def tasks(url: str, meter: Meter) -> None:
    """Measure the generated function on a default client, with one task per job."""
    http = httpx.AsyncClient(base_url=url, headers={"x-api-key": "key"}, timeout=30.0)
    client = Client(url).set_async_httpx_client(http)

    async def watch(name: str) -> None:
        due = time.monotonic()
        for pause in pauses():
            due = max(due + pause, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            try:
                await get_dock_status.asyncio_detailed(name, client=client)
            except httpx.TimeoutException:
                continue
            # Includes the time that the request waited for a connection of the pool.
            meter.delays.append(time.monotonic() - due)
            meter.polls += 1

    async with http:
        await meter.run(asyncio.gather(*(watch(name) for name in ids(meter.jobs))))


async def memory(url: str, meter: Meter) -> None:
    """Measure the bytes per waiting job, including its id, in addition to the body of its last response."""
    # Connections belong to the client, not to its jobs: a few are enough here.
    async with AsyncAgentPlatform(url, api_key="key", max_in_flight=8) as api:
        warm = asyncio.wait_for(async_wait_all([api.dock_status_job("warm")]), 1)
        await asyncio.gather(warm, return_exceptions=True)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        jobs = [api.dock_status_job(name, timeout=3600) for name in ids(meter.jobs)]
        task = asyncio.ensure_future(async_wait_all(jobs))
        while any(job.__poller__.last_content is None for job in jobs):
            await asyncio.sleep(0.1)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
        raw = sum(len(job.__poller__.last_content or b"") for job in jobs)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    print(json.dumps({"bytes": (used - raw) / len(jobs)}))


async def start(url: str, meter: Meter) -> None:
    """Measure the seconds until all waits are created, until the first poll, and until every job is polled."""
    meter.instrument_poll_queue()
    names = ids(meter.jobs)
    async with AsyncAgentPlatform(url, api_key="key") as api:
        started = time.perf_counter()
        jobs = [api.dock_status_job(name, timeout=3600) for name in names]
        created = time.perf_counter() - started
        task = asyncio.ensure_future(async_wait_all(jobs))
        while meter.polls < 1:
            await asyncio.sleep(0)
        first = time.perf_counter() - started
        while any(job.__poller__.last_content is None for job in jobs):
            await asyncio.sleep(0.1)
        polled = time.perf_counter() - started
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    print(json.dumps({"created": created, "first": first, "polled": polled}))


VARIANTS = {"ours": ours, "tuned": tuned, "tasks": tasks, "memory": memory, "start": start}


def run(variant: str, url: str, jobs: int) -> dict[str, float]:
    """Run one variant in a separate process and return its measurements."""
    command = [sys.executable, "-m", "tests.bench.concurrent_waits", variant, url, str(jobs)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def max_jobs(variant: str, url: str) -> int:
    """Return the largest number of jobs in `LADDERS` that a variant keeps up with."""
    best = 0
    for jobs in LADDERS[variant]:
        row = run(variant, url, jobs)
        share = row["rate"] / (jobs / INTERVAL)
        delay = f"{row['delay'] * 1e3:.0f} ms" if row["delay"] is not None else "-"
        print(f"  {variant:6} {jobs:5} jobs: {share:4.0%} of the scheduled polls, p99 delay {delay}", flush=True)
        if share < KEEPS_UP:
            break
        best = jobs
    return best


def main() -> None:
    """Print the measurements of each variant and the ratios."""
    with server(PENDING) as url:
        print(f"\n{JOBS} jobs, each polled every {INTERVAL:g} s, for {SECONDS:g} s")
        found = {variant: run(variant, url, JOBS) for variant in ("ours", "tuned")}
        for variant, row in found.items():
            print(
                f"  {variant:6} CPU {row['cpu'] * 1e6:6.0f} us per poll, {row['rate']:4.0f} polls/s, "
                f"p99 delay {row['delay'] * 1e3:.1f} ms, {INTERVAL / row['cpu']:.0f} jobs per core"
            )
        print(f"jobs per core, ours / tuned {found['tuned']['cpu'] / found['ours']['cpu']:6.2f}   goal 0.85")
        limits = {variant: max_jobs(variant, url) for variant in LADDERS}
        print(f"maximum number of jobs, ours / tasks {limits['ours'] / max(limits['tasks'], 1):6.1f}   goal 8")
        usage = run("memory", url, WAITING)
        print(f"memory per waiting job, without its last response, {usage['bytes']:5.0f} bytes   goal 500")
        startup = run("start", url, WAITING)
        print(
            f"{WAITING} waits: created in {startup['created']:.2f} s, first poll after {startup['first']:.2f} s, "
            f"all polled after {startup['polled']:.1f} s"
        )


if __name__ == "__main__":
    logging.disable()
    asyncio.run(VARIANTS[sys.argv[1]](sys.argv[2], Meter(int(sys.argv[3]))))
