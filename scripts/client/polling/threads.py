"""Waits for many jobs at once, sync: one queue and a few threads, not a thread per job."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Final, TypeVar

from ..clock import LONGEST_SLEEP
from ..errors import InvalidArgumentError
from ..poll_limit import Permit
from .detach import note_detached
from .group import JobGroup
from .job import Job, notify, poll
from .poller import Outcome, Poller

T = TypeVar("T")
SIGNAL_INTERVAL: Final = 0.2  # seconds until a signal is noticed
RETRY_INTERVAL: Final = 0.02  # seconds until a permit is tried again that other waits hold


def wait_all(
    jobs: Iterable[Job[T]],
    *,
    timeout: float | None = None,
    max_rate: float | None = None,
    max_in_flight: int | None = None,
) -> list[Outcome[T]]:
    """Wait until every job has ended, successfully or not. One job's failure does not affect the others.

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
    for _ in as_completed(listed, timeout=timeout, max_rate=max_rate, max_in_flight=max_in_flight):
        pass
    return [outcome for job in listed if (outcome := job.outcome) is not None]


def as_completed(
    jobs: Iterable[Job[T]],
    *,
    timeout: float | None = None,
    max_rate: float | None = None,
    max_in_flight: int | None = None,
) -> Generator[Outcome[T], None, None]:
    """Wait for many jobs, and yield the outcome of each as it ends, successfully or not.

    `on_update` of a job is called in a thread of the wait. Jobs that are pending when the loop is left keep running,
    and can be waited for again.

    Args:
        jobs: The jobs, of one or several clients.
        timeout: Seconds for all of them, in addition to each job's own timeout.
        max_rate: Maximum number of requests per second, of all jobs and clients together.
        max_in_flight: Maximum number of polls in flight, of all jobs and clients together, up to 1000. Each client has
            a limit of its own.

    Raises:
        InvalidArgumentError: These are not jobs, or one of them is being waited for already.
    """
    group = JobGroup(jobs, Job, timeout, max_rate, max_in_flight)
    try:
        yield from _ThreadedWait(group).outcomes()
    finally:
        group.release()


class _ThreadedWait:
    """The threads of one wait: one more than polls are in flight, made as they are needed."""

    def __init__(self, group: JobGroup[Job[Any]]) -> None:
        self.group = group
        self.clock = group.clock
        self.queue = group.queue
        # One lock, and one condition for each kind of waiter: the thread that waits for the next due time, and the
        # other threads. The caller waits in one call in C: an exception of a signal handler cannot divide it.
        self.lock = threading.Lock()
        self.timer, self.idle = (threading.Condition(self.lock) for _ in range(2))
        self.changes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.timer_until: float | None = None
        self.threads = self.free_threads = 0
        self.max_threads = min(sum(core.max_in_flight for core in group.cores()) + 1, self.queue.pending)
        self.is_stopped = False
        self.has_closed_client = False
        self.process = os.getpid()
        # An exception that ends the program, raised by a callback in one of the threads.
        self.fatal: BaseException | None = None

    def outcomes(self) -> Iterator[Outcome[Any]]:
        """Start the threads, and yield the outcomes."""
        cores = self.group.cores()
        try:
            for core in cores:
                core.wait_groups.add(self)
            with self.lock:
                self._start_thread()
            while (outcome := self._next_outcome()) is not None:
                yield outcome
        except BaseException as error:
            note_detached(error, self.group.pollers)
            raise
        finally:
            if not self._is_forked():
                with self.lock:
                    self.is_stopped = True
                    self.queue.abandon()
                    self._wake_all()

    def _is_forked(self) -> bool:
        """Return whether this is a copy of the wait in a forked process, without its threads; one may hold its lock."""
        return self.process != os.getpid()

    def _next_outcome(self) -> Outcome[Any] | None:
        while True:
            if self._is_forked():
                raise InvalidArgumentError("the process was forked during this wait; wait for the jobs again")
            with self.lock:
                if self.fatal is not None:
                    raise self.fatal
                if self.has_closed_client:
                    self.has_closed_client = False
                    self.queue.end_closed()
                    self._wake_all()
                if self.queue.finished:
                    return self.queue.finished.popleft().outcome
                if not self.queue.pending:
                    return None
            with contextlib.suppress(queue.Empty):
                # Not forever: a signal that arrives just before the wait would not end it.
                self.changes.get(timeout=SIGNAL_INTERVAL)

    def wake(self) -> None:
        """Let the caller of the wait end the jobs of closed clients. Takes no lock: a signal handler may call it."""
        self.has_closed_client = True
        self.changes.put(None)

    def _start_thread(self) -> None:
        """Start a thread, if none is free to wait for the next due time and more are allowed."""
        if self.free_threads or self.threads >= self.max_threads:
            return
        name = f"job-status-{self.threads}"
        self.threads += 1
        self.free_threads += 1
        try:
            threading.Thread(target=self._work, name=name, daemon=True).start()
        except RuntimeError:
            # The machine has no thread left; fewer are enough.
            self.threads -= 1
            self.free_threads -= 1
            self.max_threads = self.threads
            if not self.threads:
                raise

    def _work(self) -> None:
        """Poll until all jobs have ended. Every exception reaches the caller."""
        try:
            self._poll_due_jobs()
        except BaseException as error:
            with self.lock:
                self.fatal = self.fatal or error
                self.is_stopped = True
                self._wake_all()

    def _poll_due_jobs(self) -> None:
        while (due := self._next_due()) is not None:
            poller, permit = due
            del due
            job = self.group.job(poller)
            failed: BaseException | None = None
            try:
                call, result = poll(job)
            except BaseException as error:
                failed = error
            del permit  # the request has ended
            with self.lock:
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
        with self.lock:
            if self.is_stopped:
                return
            if isinstance(failed, Exception):
                poller.fail(failed)
            elif failed is not None:
                self.fatal = failed
            self.queue.push(poller)
            self.free_threads += 1
            self._notify_caller()

    def _next_due(self) -> tuple[Poller[Any], Permit] | None:
        """Return the next due job and the permit to poll it, or None when all have ended."""
        with self.lock:
            while self.queue.pending and not self.is_stopped:
                now = self.clock.now()
                poller = self.queue.pop_due(now)
                self._notify_caller()
                if poller is not None:
                    permit = self.queue.take_permit(poller)
                    self.free_threads -= 1
                    self._start_thread()
                    self.idle.notify()
                    if self.queue.has_permitted():
                        self.timer.notify()
                    return poller, permit
                if not self.queue.pending:
                    break
                self._wait_until_due(now)
            self._wake_all()
            return None

    def _wait_until_due(self, now: float) -> None:
        """Wait for the next due time, in one thread; the others wait until that thread is busy."""
        delay = self.queue.delay(now)
        if self.queue.starving():
            delay = RETRY_INTERVAL if delay is None else min(delay, RETRY_INTERVAL)
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
        if self.changes.empty() and (self.queue.finished or not self.queue.pending or self.fatal is not None):
            self.changes.put(None)

    def _wake_all(self) -> None:
        self.timer.notify_all()
        self.idle.notify_all()
        self.changes.put(None)
