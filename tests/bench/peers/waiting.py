"""Poll many jobs at a fixed rate, with one of several clients, and print what that costs as JSON.

All clients follow the same schedule. Ours limit their requests in flight by themselves; the others may have more than the
rate needs, or what is best for them. A poll is complete when the state of the job has been compared. Runs in an environment where each client is installed.
"""

import asyncio
import contextlib
import heapq
import importlib.util
import itertools
import json
import logging
import math
import random
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

import aiohttp
import httpx

INTERVAL: Final = 2.0  # seconds between two polls of a job
FAST: Final = "httptools"  # what the extra `fast` installs
PENDING_STATE: Final = "IN_PROGRESS"
HEADERS: Final = {"x-api-key": "key"}
TIMEOUT: Final = 30.0
Row = dict[str, float]


def job_ids(count: int) -> list[str]:
    """Return job ids of a realistic length."""
    return [f"ds-24a6f1c3-0b9c-5e75-a8d3-{number:012d}" for number in range(count)]


def offsets() -> Iterator[float]:
    """Yield the seconds from the start to each poll of a job; the jobs are spread over the first interval."""
    return itertools.count(random.uniform(0.0, INTERVAL), INTERVAL)


def in_flight(jobs: int, latency: float) -> int:
    """Return the requests in flight that other clients may have: half as many again as the rate needs, and 8."""
    return math.ceil(1.5 * jobs / INTERVAL * latency) + 8


# With more requests in flight, the pool of httpx takes longer for a poll than it gains. These achieve the highest rate of
# 1200 jobs on two cores, of 8 to 200 that were tried; by latency in seconds.
BEST_OF_HTTPX: Final[Mapping[str, Mapping[float, int]]] = {
    "async": {0.05: 16, 0.2: 32},
    "threads": {0.05: 40, 0.2: 80},
}


class Meter:
    """Counts polls and their lateness, and measures the CPU time, from `start` on."""

    def __init__(self) -> None:
        self.lateness: list[float] = []

    def start(self) -> None:
        """Begin to measure."""
        self.lateness.clear()
        self.cpu, self.wall = time.process_time(), time.monotonic()

    def row(self) -> Row:
        """Return polls per second, CPU seconds per poll, and the seconds by which half and 99 % of the polls are late."""
        cpu, wall, lateness = time.process_time() - self.cpu, time.monotonic() - self.wall, sorted(self.lateness)
        if not lateness:
            raise AssertionError(f"no poll in {wall:.1f} s")
        p50, p99 = (lateness[int(share * len(lateness))] for share in (0.5, 0.99))
        return {"rate": len(lateness) / wall, "cpu": cpu / len(lateness), "p50": p50, "p99": p99}


class Load:
    """What is measured: a number of jobs at one server."""

    def __init__(self, url: str, jobs: int, latency: float, seconds: float, warm_up: float | None = None) -> None:
        self.url, self.jobs, self.latency = url, jobs, latency
        # Connections are opened, and limits adapt, before anything is measured.
        self.warm_up = INTERVAL + 1.0 + 2 * latency if warm_up is None else warm_up
        self.seconds = seconds
        self.limit = in_flight(jobs, latency)
        self.meter = Meter()

    async def measure(self, work: Awaitable[object]) -> Row:
        """Measure work that does not end by itself."""
        task = asyncio.ensure_future(work)
        await asyncio.wait([task], timeout=self.warm_up)
        self.meter.start()
        await asyncio.wait([task], timeout=self.seconds)
        row = self.meter.row()
        if task.done():
            raise AssertionError(f"the polls have ended: {task.exception()!r}")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return row

    def measure_threads(self, work: Callable[[], None], threads: int = 1) -> Row:
        """Measure work that does not end by itself, in threads."""
        failures: list[Exception | None] = []

        def run() -> None:
            try:
                work()
            except Exception as error:
                failures.append(error)
            else:
                failures.append(None)

        for _ in range(threads):
            threading.Thread(target=run, daemon=True).start()
        time.sleep(self.warm_up)
        self.meter.start()
        time.sleep(self.seconds)
        row = self.meter.row()
        if failures:
            raise AssertionError(f"the polls have ended: {failures[0]!r}")
        return row

    async def poll_in_turn(self, poll: Callable[[str], Awaitable[object]]) -> None:
        """Poll every job when it is due, with one heap and a limit of the requests in flight."""
        gate = asyncio.Semaphore(self.limit)
        heap, tasks = self._heap(), set[asyncio.Task[None]]()

        async def one(job: str) -> None:
            try:
                state = await poll(job)
            finally:
                gate.release()
            if state != PENDING_STATE:
                raise AssertionError(f"expected {PENDING_STATE}, got {state!r}")

        def finish(task: "asyncio.Task[None]") -> None:
            tasks.discard(task)
            if not task.cancelled() and task.exception() and not failed.done():
                failed.set_exception(task.exception() or AssertionError)

        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            while not failed.done():
                due, job, later = heap[0]
                if (now := time.monotonic()) < due:
                    await asyncio.wait([failed], timeout=due - now)
                    continue
                await gate.acquire()
                self.meter.lateness.append(time.monotonic() - due)
                heapq.heapreplace(heap, (next(later), job, later))
                task = asyncio.ensure_future(one(job))
                tasks.add(task)
                task.add_done_callback(finish)
            failed.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def poll_in_threads(self, poll: Callable[[str], object]) -> Row:
        """Measure polls of every job when it is due, with one heap and as many threads as requests in flight."""
        heap, lock = self._heap(), threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    due, job, later = heap[0]
                    now = time.monotonic()
                    if now >= due:
                        self.meter.lateness.append(now - due)
                        heapq.heapreplace(heap, (next(later), job, later))
                if now < due:
                    time.sleep(due - now)
                elif (state := poll(job)) != PENDING_STATE:
                    raise AssertionError(f"expected {PENDING_STATE}, got {state!r}")

        return self.measure_threads(work, self.limit)

    def tune_httpx(self, kind: str) -> httpx.Limits:
        """Limit the requests in flight to what is best for httpx, and return limits with a kept connection for each."""
        self.limit = min(self.limit, BEST_OF_HTTPX[kind].get(self.latency, self.limit))
        return httpx.Limits(max_connections=self.limit, max_keepalive_connections=self.limit, keepalive_expiry=60.0)

    def _heap(self) -> list[tuple[float, str, Iterator[float]]]:
        now = time.monotonic()
        schedules = [(job, (now + offset for offset in offsets())) for job in job_ids(self.jobs)]
        heap: list[tuple[float, str, Iterator[float]]] = [(next(later), job, later) for job, later in schedules]
        heapq.heapify(heap)
        return heap


def count_polls(meter: Meter) -> None:
    """Make our queue of polls record their lateness."""
    from job_status._client.polling.queue import PollQueue

    pop = PollQueue.pop_due

    def recorded_pop(queue: Any, now: float) -> Any:
        poller = pop(queue, now)
        if poller is not None:
            meter.lateness.append(now - poller.next_poll_at)
        return poller

    PollQueue.pop_due = recorded_pop  # type: ignore[method-assign, assignment]


def ours_async(load: Load) -> Row:
    """Measure `async_wait_all`."""
    from job_status import AsyncAgentPlatform, async_wait_all

    count_polls(load.meter)

    async def run() -> Row:
        async with AsyncAgentPlatform(load.url, api_key="key") as api:
            jobs = [api.dock_status_job(job, schedule=offsets(), timeout=None) for job in job_ids(load.jobs)]
            return await load.measure(async_wait_all(jobs))

    return asyncio.run(run())


def ours_sync(load: Load) -> Row:
    """Measure `wait_all`."""
    from job_status import AgentPlatform, InvalidArgumentError, wait_all

    count_polls(load.meter)
    with AgentPlatform(load.url, api_key="key") as api:
        jobs = [api.dock_status_job(job, schedule=offsets(), timeout=None) for job in job_ids(load.jobs)]

        def work() -> None:
            with contextlib.suppress(InvalidArgumentError):  # the client is closed after the measurement
                wait_all(jobs)

        return load.measure_threads(work)


def stock_async(load: Load) -> Row:
    """Measure the client of openapi-python-client as it is, with a tuned httpx."""
    from stock_client import Client
    from stock_client.api.dock_status import get_dock_status

    limits = load.tune_httpx("async")

    async def run() -> Row:
        http = httpx.AsyncClient(base_url=load.url, headers=HEADERS, timeout=TIMEOUT, limits=limits)
        client = Client(base_url=load.url).set_async_httpx_client(http)

        async def poll(job: str) -> object:
            parsed = await get_dock_status.asyncio(job, client=client)
            return parsed.status.value if parsed is not None and hasattr(parsed, "status") else parsed

        async with http:
            return await load.measure(load.poll_in_turn(poll))

    return asyncio.run(run())


def status_path() -> str:
    """Return the path of a status without its id, as the stock client builds it."""
    from stock_client.api.dock_status.get_dock_status import _get_kwargs

    return str(_get_kwargs("")["url"])


def httpx_async(load: Load) -> Row:
    """Measure plain httpx."""
    limits, path = load.tune_httpx("async"), status_path()

    async def run() -> Row:
        async with httpx.AsyncClient(base_url=load.url, headers=HEADERS, timeout=TIMEOUT, limits=limits) as client:

            async def poll(job: str) -> object:
                response = await client.get(path + job)
                return response.raise_for_status().json()["status"]

            return await load.measure(load.poll_in_turn(poll))

    return asyncio.run(run())


def httpx_sync(load: Load) -> Row:
    """Measure plain httpx with threads."""
    limits, path = load.tune_httpx("threads"), status_path()
    client = httpx.Client(base_url=load.url, headers=HEADERS, timeout=TIMEOUT, limits=limits)
    return load.poll_in_threads(lambda job: client.get(path + job).raise_for_status().json()["status"])


def aiohttp_async(load: Load) -> Row:
    """Measure aiohttp."""
    path = status_path()

    async def run() -> Row:
        connector = aiohttp.TCPConnector(limit=load.limit, keepalive_timeout=60.0)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(load.url, connector=connector, headers=HEADERS, timeout=timeout) as session:

            async def poll(job: str) -> object:
                async with session.get(path + job, raise_for_status=True) as response:
                    return (await response.json())["status"]

            return await load.measure(load.poll_in_turn(poll))

    return asyncio.run(run())


VARIANTS: Final[Mapping[str, Callable[[Load], Row]]] = {
    "job-status, async": ours_async,
    "job-status[fast], async": ours_async,
    "job-status, sync": ours_sync,
    "stock client, async": stock_async,
    "httpx, async": httpx_async,
    "httpx, threads": httpx_sync,
    "aiohttp, async": aiohttp_async,
}
NEEDS_FAST: Final = frozenset({"job-status[fast], async"})


def has_fast_transport() -> bool:
    """Return whether the extra `fast` is installed."""
    return importlib.util.find_spec(FAST) is not None


def measure(variant: str, url: str, jobs: int, latency: float, seconds: float, warm_up: float | None = None) -> Row:
    """Return the measurements of one variant, in this process; latency, length and warm-up are in seconds."""
    if variant not in NEEDS_FAST:
        sys.modules[FAST] = None  # type: ignore[assignment]
    elif not has_fast_transport():
        raise AssertionError(f"{variant} needs {FAST}")
    logging.disable()
    return VARIANTS[variant](Load(url, jobs, latency, seconds, warm_up))


if __name__ == "__main__":
    name, url, jobs, *numbers = sys.argv[1:]
    print(json.dumps(measure(name, url, int(jobs), *map(float, numbers))))
