# Generated from scripts/client/polling/tasks.py by `make generate`; do not edit.

"""Waits for many jobs at once, async: one queue and one task that drives it, not a task per job."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable
from typing import Any, TypeVar

from ..clock import LONGEST_SLEEP
from ..core import AsyncCore
from ..errors import InvalidArgumentError
from ..poll_limit import Permit
from .detach import note_detached
from .group import JobGroup
from .job import AsyncJob, notify_async, poll_async
from .poller import DETACHED_POLL, Outcome, Poller

T = TypeVar("T")


async def async_wait_all(
    jobs: Iterable[AsyncJob[T]],
    *,
    timeout: float | None = None,
    max_rate: float | None = None,
    max_in_flight: int | None = None,
) -> list[Outcome[T]]:
    """Wait until every job has ended, successfully or not. One job's failure does not affect the others.

    Runs under asyncio.

    Args:
        jobs: The jobs, of one or several clients.
        timeout: Seconds for all of them, in addition to each job's own timeout.
        max_rate: Maximum number of requests per second, of all jobs and clients together.
        max_in_flight: Maximum number of polls in flight, of all jobs and clients together, up to 1000. Each client has
            a limit of its own.

    Returns:
        The outcomes, in the order of the jobs.

    Raises:
        InvalidArgumentError: These are not jobs, or one of them is being waited for already.
    """
    listed = list(jobs) if isinstance(jobs, Iterable) else jobs
    outcomes = async_as_completed(listed, timeout=timeout, max_rate=max_rate, max_in_flight=max_in_flight)
    try:
        async for _ in outcomes:
            pass
    finally:
        await outcomes.aclose()
    return [outcome for job in listed if (outcome := job.outcome) is not None]


async def async_as_completed(
    jobs: Iterable[AsyncJob[T]],
    *,
    timeout: float | None = None,
    max_rate: float | None = None,
    max_in_flight: int | None = None,
) -> AsyncGenerator[Outcome[T], None]:
    """Wait for many jobs, and yield the outcome of each as it ends, successfully or not. Runs under asyncio.

    Jobs are polled also while the body of the loop awaits something else. Jobs that are pending when the loop is left
    keep running, and can be waited for again.

    Args:
        jobs: The jobs, of one or several clients.
        timeout: Seconds for all of them, in addition to each job's own timeout.
        max_rate: Maximum number of requests per second, of all jobs and clients together.
        max_in_flight: Maximum number of polls in flight, of all jobs and clients together, up to 1000. Each client has
            a limit of its own.

    Raises:
        InvalidArgumentError: These are not jobs, one of them is being waited for already, or this is not asyncio.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        problem = "waits for many jobs need asyncio; wait for each job by itself"
        raise InvalidArgumentError(problem) from None
    group = JobGroup(jobs, AsyncJob, timeout, max_rate, max_in_flight)
    try:
        wait = _AsyncWait(group, loop)
        driver = loop.create_task(wait.run())
        try:
            driver.add_done_callback(lambda _: wait.has_finished.set())
            while True:
                while not wait.queue.finished and not driver.done():
                    wait.has_finished.clear()
                    await wait.has_finished.wait()
                if not wait.queue.finished:
                    await driver
                    return
                outcome = wait.queue.finished.popleft().outcome
                if outcome is not None:
                    yield outcome
        except BaseException as error:
            note_detached(error, group.pollers)
            raise
        finally:
            wait.stop()
            driver.cancel()
    finally:
        group.release()


class _AsyncWait:
    """The tasks of one wait: one that drives the queue, and one for each poll in flight."""

    def __init__(self, group: JobGroup[AsyncJob[Any]], loop: asyncio.AbstractEventLoop) -> None:
        self.group = group
        self.loop = loop
        self.clock = group.clock
        self.queue = group.queue
        self.polls: dict[asyncio.Task[None], AsyncJob[Any]] = {}
        # The tasks whose poll has ended, and that call `on_update`.
        self.notifying: set[asyncio.Task[None]] = set()
        self.changed = asyncio.Event()
        self.has_finished = asyncio.Event()
        self.is_stopped = False
        self.cores: list[AsyncCore] = group.cores()
        for core in self.cores:
            core.wait_groups.add(self)
            core.bind_loop()

    async def run(self) -> None:
        """Poll each job when it is due, until all have ended."""
        queue, clock = self.queue, self.clock
        while queue.pending:
            poller = queue.pop_due(clock.now())
            if queue.finished:
                self.has_finished.set()
            if poller is not None:
                job = self.group.job(poller)
                task = self.loop.create_task(self._poll(job, poller, queue.take_permit(poller)))
                self.polls[task] = job
                task.add_done_callback(self._discard)
                continue
            if not queue.pending:
                return
            self.changed.clear()
            for core in queue.starving():
                core.call_when_free(self.changed.set)
            # Permits that this wait does not use are for others.
            for core in self.cores:
                core.wake_waiting()
            delay = queue.delay(clock.now())
            timer = None if delay is None else self.loop.call_later(min(delay, LONGEST_SLEEP), self.changed.set)
            await self.changed.wait()
            if timer is not None:
                timer.cancel()

    def wake(self) -> None:
        """End the jobs of closed clients. May be called from another loop or thread."""
        if not self.is_stopped:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self.loop.call_soon_threadsafe(self._end_closed)

    def _end_closed(self) -> None:
        self.queue.end_closed()
        self.changed.set()

    def _discard(self, task: asyncio.Task[None]) -> None:
        self.polls.pop(task)
        self.notifying.discard(task)

    async def _poll(self, job: AsyncJob[Any], poller: Poller[Any], permit: Permit | None) -> None:
        """Poll one job. After the end of the wait, the response is discarded."""
        failed: BaseException | None = None
        released = False
        try:
            request = poll_async(job, DETACHED_POLL, permit)
            permit = None
            call, result = await request
            if self.is_stopped:
                return
            self.queue.release(poller)
            released = True
            self.changed.set()
            update = poller.handle_result(call, result, self.clock.now())
            if update is not None and (task := asyncio.current_task()) is not None:
                self.notifying.add(task)
                await notify_async(job, update)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # includes the cancellation of something that a callback awaits
            failed = error
        if self.is_stopped:
            return
        if not released:
            self.queue.release(poller)
        if failed is not None:
            poller.fail(failed)
        self.queue.push(poller)
        self.changed.set()

    def stop(self) -> None:
        """Leave the polls in flight running: cancelling a request would leak a connection of httpx."""
        self.is_stopped = True
        self.queue.abandon()
        for core in self.cores:
            core.forget(self.changed.set)
            core.wake_waiting()
        for task, job in self.polls.items():
            if task in self.notifying:
                task.cancel()
            else:
                job.__core__.detach(task)
