"""Which of many jobs is asked about next: one heap, whoever they belong to. It neither sends nor sleeps."""

import heapq
import math
from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from ..arguments import number, told
from ..errors import InvalidArgumentError
from ..transport import POLLS
from .poller import Poller

W = TypeVar("W", bound=Poller[Any])


class PollQueue(Generic[W]):
    """The jobs that are still waited for, by when they are due.

    The earliest due comes first. A client whose polls are all under way lets the others pass, so that a slow server
    holds up nobody else's jobs. `max_rate` bounds the requests per second of all of them together.

    Attributes:
        open: how many jobs have not ended.
        ended: the jobs that have, until somebody takes them away.
    """

    def __init__(self, jobs: Sequence[W], now: float, max_rate: float | None) -> None:
        rate = None if max_rate is None else number(max_rate)
        if max_rate is not None and not (rate is not None and 0 < rate < math.inf):
            raise InvalidArgumentError(f"max_rate= wants requests per second, more than 0, got {told(max_rate)}")
        self._heap = [job for job in jobs if job._outcome is None]
        heapq.heapify(self._heap)
        self.open = len(self._heap)
        self._flying: dict[int, int] = {}
        self._held: dict[int, deque[W]] = {}
        self._interval = 1 / rate if rate else 0.0
        self._free_at = now
        # Where a rate holds jobs up, those whose time is over meanwhile end all the same.
        self._ends = [(job._deadline, id(job), job) for job in self._heap if rate and job._deadline is not None]
        heapq.heapify(self._ends)
        self._away: set[int] = set()
        self._expired: set[int] = set()
        self.ended = deque(job for job in jobs if job._outcome is not None)

    def take(self, now: float) -> W | None:
        """A job to be asked about now; it is to be given back. Jobs that end without being asked go to `ended`."""
        heap = self._heap
        while heap and heap[0]._due <= now:
            if self._interval and self._free_at > now:
                self._expire(now)
                return None
            job = heapq.heappop(heap)
            if id(job) in self._expired:
                continue
            client = id(job._client)
            if self._flying.get(client, 0) >= POLLS:
                self._held.setdefault(client, deque()).append(job)
            elif job._turn(now):
                self._flying[client] = self._flying.get(client, 0) + 1
                self._free_at = max(self._free_at, now) + self._interval
                self._away.add(id(job))
                return job
            else:
                self._file(job)
                self._let_on(client)
        return None

    def answered(self, job: W) -> None:
        """The poll of a job that was taken is over, so that another of its client may go."""
        client = id(job._client)
        self._flying[client] -= 1
        self._let_on(client)

    def give_back(self, job: W) -> None:
        """Takes a job back whose poll is over, and whose answer has been taken in."""
        self._away.discard(id(job))
        self._file(job)

    def _expire(self, now: float) -> None:
        """Ends the jobs whose time is over while they wait for the rate to let them through."""
        while self._ends and self._ends[0][0] <= now:
            job = heapq.heappop(self._ends)[2]
            if job._outcome is None and id(job) not in self._away:
                job._turn(now)
                if job._outcome is not None:
                    self._expired.add(id(job))
                    self._file(job)

    def hurry(self, now: float) -> None:
        """Makes the jobs of closed clients due, so that they end."""
        for job in self._heap:
            if job._client._closed:
                job._due = min(job._due, now)
        heapq.heapify(self._heap)

    def pause(self, now: float) -> float | None:
        """Seconds until a job is due, None where nothing happens before one is given back."""
        if not self._heap:
            return None
        due = max(self._heap[0]._due, self._free_at if self._interval else now)
        return (min(due, self._ends[0][0]) if self._ends else due) - now

    def _let_on(self, client: int) -> None:
        """Lets the first of those that were held up by a client's other polls have its turn."""
        held = self._held.get(client)
        if held:
            heapq.heappush(self._heap, held.popleft())

    def _file(self, job: W) -> None:
        if job._outcome is None:
            heapq.heappush(self._heap, job)
        else:
            self.open -= 1
            self.ended.append(job)
