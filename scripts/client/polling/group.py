"""The jobs of one wait for many, of one or several clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from ..arguments import validate_seconds
from ..clock import SYSTEM_CLOCK
from ..errors import InvalidArgumentError
from .job import AsyncJob, Job
from .poller import Poller
from .queue import PollQueue

J = TypeVar("J", bound="Job[Any] | AsyncJob[Any]")


class JobGroup(Generic[J]):
    """The jobs of a wait, each once, reserved for it, in a queue.

    Attributes:
        pollers: The waits of the jobs, in their order.
        clock: The clock of the clients.
        queue: The unfinished waits.
    """

    def __init__(
        self,
        jobs: Iterable[Any],
        cls: type[J],
        timeout: float | None,
        max_rate: float | None,
        max_in_flight: int | None,
    ) -> None:
        by_poller: dict[Poller[Any], J] = {}
        try:
            listed = list(jobs)
        except TypeError:
            raise InvalidArgumentError(f"expected jobs, such as a list of them, got {type(jobs).__name__}") from None
        for job in listed:
            if not isinstance(job, cls):
                source = "api.<noun>_job(id), api.job(started) or api.resume(token)"
                raise InvalidArgumentError(f"expected {cls.__name__} objects from {source}, got {type(job).__name__}")
            by_poller[job.__poller__] = job
        seconds = None if timeout is None else validate_seconds(timeout)
        self.pollers = list(by_poller)
        self.clock = self.pollers[0].core.settings.clock if self.pollers else SYSTEM_CLOCK
        # The deadlines of the jobs themselves, if the wait has one of its own.
        self._deadlines: dict[Poller[Any], float | None] = {}
        acquired: list[Poller[Any]] = []
        try:
            for poller in self.pollers:
                poller.acquire(by_poller[poller])
                acquired.append(poller)
            if seconds is not None:
                self._limit(seconds)
            self.queue = PollQueue(self.pollers, self.clock.now(), max_rate, max_in_flight)
        except BaseException:
            self._release(acquired)
            raise

    def _limit(self, seconds: float) -> None:
        deadlines: dict[int, float] = {}
        for poller in self.pollers:
            clock = poller.core.settings.clock
            self._deadlines[poller] = poller.deadline
            poller.limit(deadlines.setdefault(id(clock), clock.now() + seconds))

    def job(self, poller: Poller[Any]) -> J:
        """Return the handle of a wait."""
        found: J = poller.waiter
        return found

    def cores(self) -> list[Any]:
        """Return the clients of the jobs, each once."""
        return list({id(poller.core): poller.core for poller in self.pollers}.values())

    def release(self) -> None:
        """Allow other waits for the jobs, until their own deadlines."""
        self._release(self.pollers)

    def _release(self, pollers: Iterable[Poller[Any]]) -> None:
        for poller in pollers:
            poller.release()
            if poller in self._deadlines:
                poller.restore_deadline(self._deadlines[poller])
