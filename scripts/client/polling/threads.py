"""Waits for many jobs at once, sync: one queue and a few threads, not a thread per job."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Final, TypeVar

from ..clock import LONGEST_SLEEP
from ..transport import MAX_POLLS_IN_FLIGHT
from .detach import note_detached
from .group import JobGroup
from .job import Job, notify, poll
from .poller import Outcome, Poller

T = TypeVar("T")
SIGNAL_INTERVAL: Final = 0.2  # seconds until a signal is noticed


def wait_all(
    jobs: Iterable[Job[T]], *, timeout: float | None = None, max_rate: float | None = None
) -> list[Outcome[T]]:
    """Wait until every job has ended, successfully or not. One job's failure does not affect the others.

    Args:
        jobs: The jobs, of one or several clients.
        timeout: Seconds for all of them, in addition to each job's own timeout.
        max_rate: Maximum number of requests per second, of all jobs and clients together.

    Returns:
        The outcomes, in the order of the jobs.

    Raises:
        InvalidArgumentError: These are not jobs, or one of them is being waited for already.
    """
    listed = list(jobs) if isinstance(jobs, Iterable) else jobs
    for _ in as_completed(listed, timeout=timeout, max_rate=max_rate):
        pass
    return [outcome for job in listed if (outcome := job.outcome) is not None]


def as_completed(
    jobs: Iterable[Job[T]], *, timeout: float | None = None, max_rate: float | None = None
) -> Generator[Outcome[T], None, None]:
    """Wait for many jobs, and yield the outcome of each as it ends, successfully or not.

    `on_update` of a job is called in a thread of the wait. Jobs that are pending when the loop is left keep running,
    and can be waited for again.

    Args:
        jobs: The jobs, of one or several clients.
        timeout: Seconds for all of them, in addition to each job's own timeout.
        max_rate: Maximum number of requests per second, of all jobs and clients together.

    Raises:
        InvalidArgumentError: These are not jobs, or one of them is being waited for already.
    """
    yield from _ThreadedWait(JobGroup(jobs, Job, timeout, max_rate)).outcomes()


class _ThreadedWait:
    """The threads of one wait."""

    def __init__(self, group: JobGroup[Job[Any]]) -> None:
        self.group = group
        self.clock = group.clock
        self.queue = group.queue
        # One lock, and one condition for each kind of waiter: the thread that waits for the next due time, the other
        # threads, and the caller.
        lock = threading.Lock()
        self.timer, self.idle, self.caller = (threading.Condition(lock) for _ in range(3))
        self.timer_until: float | None = None
        self.is_stopped = False
        # An exception that ends the program, raised by a callback in one of the threads.
        self.fatal: BaseException | None = None

    def outcomes(self) -> Iterator[Outcome[Any]]:
        """Start the threads, and yield the outcomes."""
        cores = self.group.cores()
        try:
            for core in cores:
                core.wait_groups.add(self)
            for number in range(min(MAX_POLLS_IN_FLIGHT * len(cores), self.queue.pending)):
                try:
                    threading.Thread(target=self._work, name=f"job-status-{number}", daemon=True).start()
                except RuntimeError:
                    # The machine has no thread left; fewer are enough.
                    if not number:
                        raise
                    break
            while (outcome := self._next_outcome()) is not None:
                yield outcome
        except BaseException as error:
            note_detached(error, self.group.pollers)
            raise
        finally:
            with self.caller:
                self.is_stopped = True
                self._wake_all()
            self.group.release()

    def _next_outcome(self) -> Outcome[Any] | None:
        with self.caller:
            while not self.queue.finished and self.queue.pending and self.fatal is None:
                # Not forever: a signal that arrives just before the wait would not end it.
                self.caller.wait(SIGNAL_INTERVAL)
            if self.fatal is not None:
                raise self.fatal
            return self.queue.finished.popleft().outcome if self.queue.finished else None

    def wake(self) -> None:
        """End the jobs of closed clients."""
        with self.caller:
            self.queue.end_closed(self.clock.now())
            self._wake_all()

    def _work(self) -> None:
        """Poll until all jobs have ended. Every exception reaches the caller."""
        try:
            self._poll_due_jobs()
        except BaseException as error:
            with self.caller:
                self.fatal = self.fatal or error
                self.is_stopped = True
                self._wake_all()

    def _poll_due_jobs(self) -> None:
        while (poller := self._next_due()) is not None:
            job = self.group.job(poller)
            failed: BaseException | None = None
            try:
                call, result = poll(job)
            except BaseException as error:
                failed = error
            with self.caller:
                # After the end of the wait, a response is discarded.
                if self.is_stopped:
                    return
                self.queue.release(poller)
                update = None if failed else poller.handle_result(call, result, self.clock.now())
            try:
                notify(job, update)
            except BaseException as error:
                failed = error
            self._push(poller, failed)

    def _push(self, poller: Poller[Any], failed: BaseException | None) -> None:
        with self.caller:
            if self.is_stopped:
                return
            if isinstance(failed, Exception):
                poller.fail(failed)
            elif failed is not None:
                self.fatal = failed
            self.queue.push(poller)
            self._notify_caller()

    def _next_due(self) -> Poller[Any] | None:
        """Return the next due job, or None when all have ended."""
        with self.caller:
            while self.queue.pending and not self.is_stopped:
                now = self.clock.now()
                poller = self.queue.pop_due(now)
                self._notify_caller()
                if poller is not None:
                    self.idle.notify()
                    return poller
                if not self.queue.pending:
                    break
                self._wait_until_due(now)
            self._wake_all()
            return None

    def _wait_until_due(self, now: float) -> None:
        """Wait for the next due time, in one thread; the others wait until that thread is busy."""
        delay = self.queue.delay(now)
        until = math.inf if delay is None else now + delay
        if self.timer_until is not None:
            if until < self.timer_until:
                self.timer.notify()
            self.idle.wait()
            return
        self.timer_until = until
        self.timer.wait(None if delay is None else min(delay, LONGEST_SLEEP))
        self.timer_until = None

    def _notify_caller(self) -> None:
        if self.queue.finished or not self.queue.pending or self.fatal is not None:
            self.caller.notify()

    def _wake_all(self) -> None:
        for condition in (self.timer, self.idle, self.caller):
            condition.notify_all()
