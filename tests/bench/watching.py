"""Thousands of watched jobs in one process on one core, beside plain httpx: CPU per poll, memory, lateness, start-up.

Each way runs in a process of its own, on the same server. All jobs begin at once, as a pipeline begins them, and are
asked about once in five seconds each:

- ours: `async_wait_all`, one heap;
- tuned: the generated call as it is, on an httpx client tuned as ours is, driven by a heap and eight requests at a time;
- tasks: the generated call as it is, on a default httpx client, one asyncio task per job.
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
# A way keeps up with so many jobs when it asks about all of them as often as it should, but for one in twenty.
KEEPS_UP = 0.95
LADDERS = {"ours": (2000, 3000, 4000, 5000, 6000), "tasks": (125, 250, 500, 1000, 2000)}
PENDING = json.dumps({"_id": "{id}", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": "IN_PROGRESS"})
TUNED = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=60.0)


def ids(count: int) -> list[str]:
    """Ids of the usual length."""
    return [f"ds-24a6f1c3-0b9c-5e75-a8d3-{number:012d}" for number in range(count)]


def pauses() -> Iterator[float]:
    """Seconds to each poll from the one before: at once, then spread."""
    yield 0.0
    yield random.uniform(0.5 * INTERVAL, 1.5 * INTERVAL)
    yield from itertools.repeat(INTERVAL)


class Meter:
    """Counts polls from the moment when all have begun, and the CPU that they took."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.polls = 0
        self.late: list[float] = []
        self.take: Any = None

    async def run(self, work: Any) -> None:
        """Runs some work, leaves the first two intervals out, and prints what the rest has cost."""
        task = asyncio.ensure_future(work)
        await asyncio.sleep(2 * INTERVAL)
        self.late.clear()
        cpu, polls, wall = time.process_time(), self.polls, time.monotonic()
        await asyncio.sleep(SECONDS)
        cpu, polls, wall = time.process_time() - cpu, self.polls - polls, time.monotonic() - wall
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.late.sort()
        late = self.late[int(len(self.late) * 0.99)] if self.late else None
        print(json.dumps({"cpu": cpu / max(polls, 1), "rate": polls / wall, "late": late}))

    def watch_agenda(self) -> None:
        """Counts what every agenda gives out, and how late."""
        take = self.take = PollQueue.take
        meter = self

        def counted(agenda: Any, now: float) -> Any:
            job = take(agenda, now)
            if job is not None:
                meter.polls += 1
                meter.late.append(now - job._due)
            return job

        PollQueue.take = counted  # type: ignore[method-assign, assignment]


async def ours(url: str, meter: Meter) -> None:
    """One heap of ours."""
    meter.watch_agenda()
    async with AsyncAgentPlatform(url, api_key="key") as api:
        jobs = [
            api.dock_status_job(name, schedule=itertools.accumulate(pauses()), timeout=None) for name in ids(meter.jobs)
        ]
        await meter.run(async_wait_all(jobs))


async def tuned(url: str, meter: Meter) -> None:
    """The generated call on a tuned client, one heap."""
    http = httpx.AsyncClient(base_url=url, headers={"x-api-key": "key"}, timeout=30.0, limits=TUNED)
    client = Client(url).set_async_httpx_client(http)
    gate = asyncio.Semaphore(8)

    async def poll(name: str) -> None:
        try:
            answer = await get_dock_status.asyncio_detailed(name, client=client)
            assert answer.parsed is not None
        except httpx.TransportError:
            pass  # the bench is over
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
            meter.late.append(time.monotonic() - due)
            heapq.heapreplace(heap, (due + next(pause), name, pause))
            task = asyncio.ensure_future(poll(name))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async with http:
        await meter.run(work())


async def tasks(url: str, meter: Meter) -> None:
    """The generated call on a default client, a task per job."""
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
            # The request has been waiting for one of the pool's connections.
            meter.late.append(time.monotonic() - due)
            meter.polls += 1

    async with http:
        await meter.run(asyncio.gather(*(watch(name) for name in ids(meter.jobs))))


async def memory(url: str, meter: Meter) -> None:
    """Bytes per waiting job beyond the raw bytes of its last answer, ids and all."""
    async with AsyncAgentPlatform(url, api_key="key") as api:
        warm = asyncio.wait_for(async_wait_all([api.dock_status_job("warm")]), 1)
        await asyncio.gather(warm, return_exceptions=True)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        jobs = [api.dock_status_job(name, timeout=3600) for name in ids(meter.jobs)]
        task = asyncio.ensure_future(async_wait_all(jobs))
        while any(job._last is None for job in jobs):
            await asyncio.sleep(0.1)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
        raw = sum(len(job._last or b"") for job in jobs)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    print(json.dumps({"bytes": (used - raw) / len(jobs)}))


async def start(url: str, meter: Meter) -> None:
    """Seconds until ten thousand waits are made, until the first is asked about, and until all are."""
    meter.watch_agenda()
    names = ids(meter.jobs)
    async with AsyncAgentPlatform(url, api_key="key") as api:
        began = time.perf_counter()
        jobs = [api.dock_status_job(name, timeout=3600) for name in names]
        made = time.perf_counter() - began
        task = asyncio.ensure_future(async_wait_all(jobs))
        while meter.polls < 1:
            await asyncio.sleep(0)
        first = time.perf_counter() - began
        while any(job._last is None for job in jobs):
            await asyncio.sleep(0.1)
        read = time.perf_counter() - began
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    print(json.dumps({"made": made, "first": first, "read": read}))


WAYS = {"ours": ours, "tuned": tuned, "tasks": tasks, "memory": memory, "start": start}


def run(way: str, url: str, jobs: int) -> dict[str, float]:
    """One way, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.watching", way, url, str(jobs)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def kept_up(way: str, url: str) -> int:
    """The largest number of jobs on the way's ladder that it keeps up with."""
    best = 0
    for jobs in LADDERS[way]:
        row = run(way, url, jobs)
        share = row["rate"] / (jobs / INTERVAL)
        late = f"{row['late'] * 1e3:.0f} ms" if row["late"] is not None else "-"
        print(f"  {way:6} {jobs:5} jobs: {share:4.0%} of the polls that were due, p99 late {late}", flush=True)
        if share < KEEPS_UP:
            break
        best = jobs
    return best


def main() -> None:
    """Prints each way and the ratios."""
    with server(PENDING) as url:
        print(f"\n{JOBS} jobs, each asked about every {INTERVAL:g} s, for {SECONDS:g} s")
        found = {way: run(way, url, JOBS) for way in ("ours", "tuned")}
        for way, row in found.items():
            print(
                f"  {way:6} CPU {row['cpu'] * 1e6:6.0f} us a poll, {row['rate']:4.0f} polls/s, "
                f"p99 late {row['late'] * 1e3:.1f} ms, {INTERVAL / row['cpu']:.0f} jobs per core"
            )
        print(f"jobs per core, ours / tuned {found['tuned']['cpu'] / found['ours']['cpu']:6.2f}   goal 0.85")
        ways = {way: kept_up(way, url) for way in LADDERS}
        print(f"jobs kept up with, ours / tasks {ways['ours'] / max(ways['tasks'], 1):6.1f}   goal 8")
        room = run("memory", url, WAITING)
        print(f"memory of a waiting job beyond its last answer {room['bytes']:5.0f} bytes   goal 500")
        begun = run("start", url, WAITING)
        print(
            f"{WAITING} waits: made in {begun['made']:.2f} s, the first asked about after {begun['first']:.2f} s, "
            f"all read after {begun['read']:.1f} s"
        )


if __name__ == "__main__":
    logging.disable()
    asyncio.run(WAYS[sys.argv[1]](sys.argv[2], Meter(int(sys.argv[3]))))
