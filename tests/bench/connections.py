"""Waits against a slow server: how many jobs one process polls in time, and the CPU time per poll.

Compares the connections of the client, whose number adapts, with what it had before: httpx's own pool of ten
connections and at most eight polls in flight. Each variant runs in a separate process, with the same server.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import statistics
import subprocess
import sys
import threading
import time
from typing import Any
from unittest import mock

import httpx
from job_status import AgentPlatform, AsyncAgentPlatform, InvalidArgumentError, async_wait_all, wait_all
from job_status._client import httpx_internals
from job_status._client.network import AsyncDeadlineBackend, DeadlineBackend
from job_status._client.poll_limit import AdaptiveLimit
from job_status._client.polling.queue import PollQueue
from job_status._client.transport import Transports

from ..conftest import ROOT
from .concurrent_waits import INTERVAL, PENDING, ids, pauses
from .server import server

LATENCY, JOBS, BEFORE = 0.1, 3000, 8
WARM_UP, SECONDS = 2 * INTERVAL, 10.0
IN_FLIGHT = (8, 64, 200)
ROUNDS = 3
SATURATED = 20_000  # jobs, each polled every second: there is always one due
Row = dict[str, float]


class Meter:
    """Counts polls and their lateness, and measures their CPU time."""

    def __init__(self) -> None:
        self.lateness: list[float] = []
        pop = PollQueue.pop_due
        lateness = self.lateness

        def recorded_pop(queue: Any, now: float) -> Any:
            poller = pop(queue, now)
            if poller is not None:
                lateness.append(now - poller.next_poll_at)
            return poller

        PollQueue.pop_due = recorded_pop  # type: ignore[method-assign, assignment]

    def start(self) -> None:
        """Begin to measure."""
        self.lateness.clear()
        self.cpu, self.wall = time.process_time(), time.monotonic()

    def stop(self) -> Row:
        """Return the CPU seconds per poll, polls per second, and the 99th percentile of the lateness."""
        cpu, wall, lateness = time.process_time() - self.cpu, time.monotonic() - self.wall, sorted(self.lateness)
        p99 = lateness[int(0.99 * len(lateness))] if lateness else 0.0
        return {"cpu": cpu / max(len(lateness), 1), "rate": len(lateness) / wall, "p99": p99}


PINNED: int | None = None  # polls in flight, instead of the adaptive limit


def use_httpx_pool(api: Any, cls: Any, backend: Any) -> None:
    """Give a client the pool that it had before."""
    limits = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=60.0)
    if PINNED is not None and PINNED > BEFORE:
        limits = httpx.Limits(max_connections=PINNED, max_keepalive_connections=PINNED, keepalive_expiry=60.0)
    transport = cls(limits=limits, verify=api._core.tls_context, trust_env=False)
    httpx_internals.replace_network_backend(transport, backend)
    api._core.transports = Transports(transport, transport, transport)


def measure_async(url: str, jobs: int, before: bool) -> Row:
    """Measure `async_wait_all`."""

    async def run() -> Row:
        meter = Meter()
        async with AsyncAgentPlatform(url, api_key="key", max_in_flight=1000) as api:
            if before:
                use_httpx_pool(api, httpx.AsyncHTTPTransport, AsyncDeadlineBackend)
                api._core._loop = None
            handles = [api.dock_status_job(name, schedule=_schedule(), timeout=None) for name in ids(jobs)]
            task = asyncio.ensure_future(async_wait_all(handles))
            await asyncio.sleep(_warm_up())
            meter.start()
            await asyncio.sleep(_seconds())
            row = meter.stop()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return row

    return asyncio.run(run())


def measure_sync(url: str, jobs: int, before: bool) -> Row:
    """Measure `wait_all`."""
    meter = Meter()
    with AgentPlatform(url, api_key="key", max_in_flight=1000) as api:
        if before:
            use_httpx_pool(api, httpx.HTTPTransport, DeadlineBackend)
        handles = [api.dock_status_job(name, schedule=_schedule(), timeout=None) for name in ids(jobs)]
        thread = threading.Thread(target=_wait, args=(handles,), daemon=True)
        thread.start()
        time.sleep(_warm_up())
        meter.start()
        time.sleep(_seconds())
        return meter.stop()


def _wait(handles: Any) -> None:
    with contextlib.suppress(InvalidArgumentError):  # the measurement has ended
        wait_all(handles)


def _schedule() -> Any:
    return itertools.accumulate(pauses()) if PINNED is None else itertools.count()


def _warm_up() -> float:
    return WARM_UP if PINNED is None else 2.0


def _seconds() -> float:
    return SECONDS if PINNED is None else 4.0


def measure(kind: str, which: str, pinned: int, url: str) -> Row:
    """Return the measurements of one variant, in this process."""
    global PINNED
    PINNED = pinned or None
    fixed = pinned or (BEFORE if which == "before" else 0)
    function = measure_async if kind == "async" else measure_sync
    jobs = SATURATED if pinned else JOBS
    if not fixed:
        return function(url, jobs, which == "before")
    with mock.patch.object(AdaptiveLimit, "value", fixed):
        return function(url, jobs, which == "before")


def run(kind: str, which: str, pinned: int, url: str) -> Row:
    """Return the measurements of one variant, from another process."""
    command = [sys.executable, "-m", "tests.bench.connections", kind, which, str(pinned), url]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    row: Row = json.loads(done.stdout)
    return row


def main() -> None:
    """Print the measurements and the ratios."""
    due = JOBS / INTERVAL
    with server(PENDING, LATENCY) as url:
        print(f"\n{JOBS} jobs, each polled every {INTERVAL:g} s, at a server of {LATENCY * 1e3:g} ms")
        for kind in ("async", "sync"):
            found = {which: run(kind, which, 0, url) for which in ("before", "now")}
            for which, row in found.items():
                print(
                    f"  {kind:5} {which:6} {row['rate'] / due:4.0%} of the scheduled polls, p99 {row['p99']:6.2f} s late, "
                    f"CPU {row['cpu'] * 1e6:5.0f} us per poll",
                    flush=True,
                )
            goal = "   goal 0.6" if kind == "async" else ""
            ratio = found["now"]["cpu"] / found["before"]["cpu"]
            print(f"CPU time per poll, {kind}, now / before {ratio:5.2f}{goal}", flush=True)
    with server(PENDING) as url:
        print("polls in flight, CPU time per poll, now / httpx's pool")
        for kind in ("async", "sync"):
            # The counts alternate, so that noise of the machine affects all of them.
            rounds = [{count: run(kind, "now", count, url)["cpu"] for count in IN_FLIGHT} for _ in range(ROUNDS)]
            times = {count: statistics.median(row[count] for row in rounds) for count in IN_FLIGHT}
            for count in IN_FLIGHT[:2]:
                before = run(kind, "before", count, url)["cpu"]
                pair = f"{times[count] * 1e6:5.0f} us / {before * 1e6:5.0f} us"
                print(f"  {kind:5} {count:4} {pair} = {times[count] / before:5.2f}", flush=True)
            growth = statistics.median(row[IN_FLIGHT[-1]] / row[IN_FLIGHT[0]] for row in rounds)
            print(f"CPU time per poll, {kind}, {IN_FLIGHT[-1]} in flight / {IN_FLIGHT[0]} {growth:5.2f}   goal 1.15")


if __name__ == "__main__":
    logging.disable()
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])))
