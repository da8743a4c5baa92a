# Generated from scripts/client/polling/tasks.py by `make generate`; do not edit.

"""Many jobs at once, of one or several clients, async: one heap and one task that watches it, not a task per job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any, TypeVar

from ..clock import LONGEST, REAL
from ..errors import InvalidArgumentError
from .detach import detached
from .job import AsyncJob
from .poller import Outcome
from .queue import PollQueue
from .threads import agenda_of, claimed, release

T = TypeVar("T")


async def async_wait_all(
    jobs: Iterable[AsyncJob[T]], *, timeout: float | None = None, max_rate: float | None = None
) -> list[Outcome[T]]:
    """Waits until every job has ended, well or badly. No job's end costs another its outcome. Runs under asyncio.

    Args:
        jobs: the jobs, of one or several clients.
        timeout: seconds for all of them, beside each job's own.
        max_rate: requests per second at the most, all jobs and clients together.

    Returns:
        The outcomes, in the order of the jobs.

    Raises:
        InvalidArgumentError: these are no jobs, or one of them is being waited for already.
    """
    wanted = list(jobs) if isinstance(jobs, Iterable) else jobs
    outcomes = async_as_completed(wanted, timeout=timeout, max_rate=max_rate)
    try:
        async for _ in outcomes:
            pass
    finally:
        await outcomes.aclose()
    return [outcome for job in wanted if (outcome := job.outcome) is not None]


async def async_as_completed(
    jobs: Iterable[AsyncJob[T]], *, timeout: float | None = None, max_rate: float | None = None
) -> AsyncGenerator[Outcome[T], None]:
    """Waits for many jobs, and gives the outcome of each as it ends, well or badly. Runs under asyncio.

    Jobs are asked about also while the loop over the outcomes does other things. Leaving it early leaves the jobs to
    themselves; they can be waited for again.

    Args:
        jobs: the jobs, of one or several clients.
        timeout: seconds for all of them, beside each job's own.
        max_rate: requests per second at the most, all jobs and clients together.

    Raises:
        InvalidArgumentError: these are no jobs, one of them is being waited for already, or this is not asyncio.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise InvalidArgumentError(
            "many jobs at once are waited for under asyncio only; wait for each by itself"
        ) from None
    fleet = _Fleet(*claimed(jobs, AsyncJob, timeout), max_rate, loop)
    watching = loop.create_task(fleet.watch())
    watching.add_done_callback(lambda _: fleet.has_ended.set())
    try:
        while True:
            while not fleet.agenda.ended and not watching.done():
                fleet.has_ended.clear()
                await fleet.has_ended.wait()
            if not fleet.agenda.ended:
                await watching
                return
            outcome = fleet.agenda.ended.popleft().outcome
            if outcome is not None:
                yield outcome
    except BaseException as error:
        detached(error, fleet.jobs)
        raise
    finally:
        fleet.stop()
        watching.cancel()
        release(fleet.jobs, fleet.deadlines)


class _Fleet:
    """The tasks of one wait: one that watches the clock, and one for each poll under way."""

    def __init__(
        self,
        jobs: list[AsyncJob[Any]],
        deadlines: dict[int, float | None],
        max_rate: float | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.jobs = jobs
        self.deadlines = deadlines
        self.loop = loop
        self.clock = jobs[0]._client._settings.clock if jobs else REAL
        self.agenda: PollQueue[AsyncJob[Any]] = agenda_of(jobs, self.clock.now(), max_rate)
        self.polls: dict[asyncio.Task[None], AsyncJob[Any]] = {}
        # Those of the polls that are over and whose news are being told.
        self.telling: set[asyncio.Task[None]] = set()
        self.changed = asyncio.Event()
        self.has_ended = asyncio.Event()
        self.stopped = False
        for job in jobs:
            job._client._fleets.add(self)

    async def watch(self) -> None:
        """Asks about each job when it is due, until all have ended."""
        agenda, clock = self.agenda, self.clock
        while agenda.open:
            job = agenda.take(clock.now())
            if agenda.ended:
                self.has_ended.set()
            if job is not None:
                task = self.loop.create_task(self._poll(job))
                self.polls[task] = job
                task.add_done_callback(self._over)
                continue
            if not agenda.open:
                return
            self.changed.clear()
            pause = agenda.pause(clock.now())
            timer = None if pause is None else self.loop.call_later(min(pause, LONGEST), self.changed.set)
            await self.changed.wait()
            if timer is not None:
                timer.cancel()

    def hurry(self) -> None:
        """A client has been closed: its jobs need not be waited for."""
        self.agenda.hurry(self.clock.now())
        self.changed.set()

    def _over(self, task: asyncio.Task[None]) -> None:
        self.polls.pop(task)
        self.telling.discard(task)

    async def _poll(self, job: AsyncJob[Any]) -> None:
        """Asks about one job. Once the wait is over, an answer is nobody's any more."""
        failed: BaseException | None = None
        answered = False
        try:
            call, answer = await job._ask(attached=True)
            if self.stopped:
                return
            self.agenda.answered(job)
            answered = True
            self.changed.set()
            news = job._learn(call, answer, self.clock.now())
            if news is not None and (task := asyncio.current_task()) is not None:
                self.telling.add(task)
                await job._tell(news)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # also the cancellation of something that a callback awaits
            failed = error
        if self.stopped:
            return
        if not answered:
            self.agenda.answered(job)
        if failed is not None:
            job._fail(failed)
        self.agenda.give_back(job)
        self.changed.set()

    def stop(self) -> None:
        """Leaves the polls under way to their end: a request that is cancelled costs httpx a connection for good."""
        self.stopped = True
        for task, job in self.polls.items():
            if task in self.telling:
                task.cancel()
            else:
                job._client._leave(task)
