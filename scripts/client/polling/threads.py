"""Many jobs at once, of one or several clients: one heap and a few threads, not a thread per job."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ..arguments import seconds
from ..clock import LONGEST, REAL
from ..errors import InvalidArgumentError
from ..transport import POLLS
from .detach import detached
from .job import Job
from .poller import Outcome, Poller
from .queue import PollQueue

T = TypeVar("T")
W = TypeVar("W", bound=Poller[Any])


def wait_all(
    jobs: Iterable[Job[T]], *, timeout: float | None = None, max_rate: float | None = None
) -> list[Outcome[T]]:
    """Waits until every job has ended, well or badly. No job's end costs another its outcome.

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
    for _ in as_completed(wanted, timeout=timeout, max_rate=max_rate):
        pass
    return [outcome for job in wanted if (outcome := job.outcome) is not None]


def as_completed(
    jobs: Iterable[Job[T]], *, timeout: float | None = None, max_rate: float | None = None
) -> Generator[Outcome[T], None, None]:
    """Waits for many jobs, and gives the outcome of each as it ends, well or badly.

    `on_update` of a job is called in a thread of the wait. Leaving the loop early leaves the jobs to themselves; they
    can be waited for again.

    Args:
        jobs: the jobs, of one or several clients.
        timeout: seconds for all of them, beside each job's own.
        max_rate: requests per second at the most, all jobs and clients together.

    Raises:
        InvalidArgumentError: these are no jobs, or one of them is being waited for already.
    """
    yield from _Fleet(*claimed(jobs, Job, timeout), max_rate).outcomes()


def claimed(jobs: Iterable[Any], kind: type[W], timeout: float | None) -> tuple[list[W], dict[int, float | None]]:
    """The jobs of a wait, each once, with the wait's deadline; and their own deadlines, where the wait has one."""
    unique: dict[int, W] = {}
    try:
        listed = list(jobs)
    except TypeError:
        raise InvalidArgumentError(f"wanted jobs, such as a list of them, got {type(jobs).__name__}") from None
    for job in listed:
        if not isinstance(job, kind):
            made = "api.<noun>_job(id), api.job(started) or api.resume(token)"
            raise InvalidArgumentError(f"wanted a {kind.__name__}, as {made} gives it, got {type(job).__name__}")
        unique[id(job)] = job
    allowed = None if timeout is None else seconds(timeout)
    taken: list[W] = []
    try:
        for job in unique.values():
            job._claim()
            taken.append(job)
    except InvalidArgumentError:
        release(taken)
        raise
    if allowed is None:
        return taken, {}
    own = {id(job): job._deadline for job in taken}
    common: dict[int, float] = {}
    for job in taken:
        clock = job._client._settings.clock
        job._limit(common.setdefault(id(clock), clock.now() + allowed))
    return taken, own


def agenda_of(jobs: list[W], now: float, max_rate: float | None) -> PollQueue[W]:
    """The agenda of claimed jobs; where it is refused, they are let go."""
    try:
        return PollQueue(jobs, now, max_rate)
    except InvalidArgumentError:
        release(jobs)
        raise


def release(jobs: Iterable[Poller[Any]], deadlines: Mapping[int, float | None] | None = None) -> None:
    """Lets jobs be waited for again, those that have not ended until their own deadlines."""
    for job in jobs:
        job._busy = False
        if deadlines:
            job._unlimit(deadlines[id(job)])


class _Fleet:
    """The threads of one wait."""

    def __init__(self, jobs: list[Job[Any]], deadlines: dict[int, float | None], max_rate: float | None) -> None:
        self.jobs = jobs
        self.deadlines = deadlines
        self.clock = jobs[0]._client._settings.clock if jobs else REAL
        self.agenda: PollQueue[Job[Any]] = agenda_of(jobs, self.clock.now(), max_rate)
        # One lock, and one condition for each of those who wait: the thread that watches the clock, the other threads,
        # and the loop over the outcomes.
        lock = threading.Lock()
        self.leader, self.others, self.caller = (threading.Condition(lock) for _ in range(3))
        self.leader_until: float | None = None
        self.stopped = False
        # What ends the program, raised by a callback in one of the threads.
        self.fatal: BaseException | None = None

    def outcomes(self) -> Iterator[Outcome[Any]]:
        """Starts the threads, and gives the outcomes as they come."""
        clients = {id(job._client): job._client for job in self.jobs}
        try:
            for client in clients.values():
                client._fleets.add(self)
            for number in range(min(POLLS * len(clients), self.agenda.open)):
                try:
                    threading.Thread(target=self._work, name=f"job-status-{number}", daemon=True).start()
                except RuntimeError:
                    # This machine has no more to spare; fewer do it too.
                    if not number:
                        raise
                    break
            while (outcome := self._next_outcome()) is not None:
                yield outcome
        except BaseException as error:
            detached(error, self.jobs)
            raise
        finally:
            with self.caller:
                self.stopped = True
                self._wake_all()
            release(self.jobs, self.deadlines)

    def _next_outcome(self) -> Outcome[Any] | None:
        with self.caller:
            while not self.agenda.ended and self.agenda.open and self.fatal is None:
                self.caller.wait()
            if self.fatal is not None:
                raise self.fatal
            return self.agenda.ended.popleft().outcome if self.agenda.ended else None

    def hurry(self) -> None:
        """A client has been closed: its jobs need not be waited for."""
        with self.caller:
            self.agenda.hurry(self.clock.now())
            self._wake_all()

    def _work(self) -> None:
        """Works until all jobs have ended. Whatever goes wrong in it reaches the one who waits."""
        try:
            self._ask_on()
        except BaseException as error:
            with self.caller:
                self.fatal = self.fatal or error
                self.stopped = True
                self._wake_all()

    def _ask_on(self) -> None:
        """Asks about one due job after the other, until all have ended."""
        while (job := self._next_job()) is not None:
            failed: BaseException | None = None
            try:
                call, answer = job._ask()
            except BaseException as error:
                failed = error
            with self.caller:
                # Once the wait is over, an answer is nobody's any more.
                if self.stopped:
                    return
                self.agenda.answered(job)
                news = None if failed else job._learn(call, answer, self.clock.now())
            try:
                job._tell(news)
            except BaseException as error:
                failed = error
            self._give_back(job, failed)

    def _give_back(self, job: Job[Any], failed: BaseException | None) -> None:
        with self.caller:
            if self.stopped:
                return
            if isinstance(failed, Exception):
                job._fail(failed)
            elif failed is not None:
                self.fatal = failed
            self.agenda.give_back(job)
            self._tell_caller()

    def _next_job(self) -> Job[Any] | None:
        """The next due job, None when there is none left."""
        with self.caller:
            while self.agenda.open and not self.stopped:
                now = self.clock.now()
                job = self.agenda.take(now)
                self._tell_caller()
                if job is not None:
                    self.others.notify()
                    return job
                if not self.agenda.open:
                    break
                self._rest(now)
            self._wake_all()
            return None

    def _rest(self, now: float) -> None:
        """Waits until a job is due, as the one who watches the clock, or until that one is busy."""
        pause = self.agenda.pause(now)
        until = math.inf if pause is None else now + pause
        if self.leader_until is not None:
            if until < self.leader_until:
                self.leader.notify()
            self.others.wait()
            return
        self.leader_until = until
        self.leader.wait(None if pause is None else min(pause, LONGEST))
        self.leader_until = None

    def _tell_caller(self) -> None:
        if self.agenda.ended or not self.agenda.open or self.fatal is not None:
            self.caller.notify()

    def _wake_all(self) -> None:
        for condition in (self.leader, self.others, self.caller):
            condition.notify_all()
