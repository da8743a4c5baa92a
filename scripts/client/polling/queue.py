"""A priority queue of waits, ordered by next poll time. Performs no I/O and never sleeps."""

import heapq
import math
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from ..arguments import to_float, validate_maximum
from ..errors import InvalidArgumentError
from ..poll_limit import LARGEST_MAXIMUM, Permit
from ..sanitize import describe
from .poller import Poller

# Seconds, per wait, for which waits are not examined again: many times what that takes.
EXAMINATION: Final = 2e-6


class PollQueue:
    """The unfinished waits of any number of clients.

    Each client has a limit on its polls in flight, which all its waits share, so a slow server delays its own jobs
    only. `max_rate` limits the requests per second of all clients of the wait together, `max_in_flight` their polls.

    Attributes:
        pending: Number of unfinished waits, including those being polled.
        finished: Finished waits that have not been collected yet.
    """

    def __init__(
        self, pollers: Sequence[Poller[Any]], now: float, max_rate: float | None, max_in_flight: int | None = None
    ) -> None:
        rate = None if max_rate is None else to_float(max_rate)
        if max_rate is not None and not (rate is not None and 0 < rate < math.inf):
            raise InvalidArgumentError(f"max_rate= must be requests per second, above 0, got {describe(max_rate)}")
        self._heap = [poller for poller in pollers if not poller.is_finished]
        heapq.heapify(self._heap)
        self.pending = len(self._heap)
        if max_in_flight is not None:
            max_in_flight = validate_maximum(max_in_flight, "max_in_flight", LARGEST_MAXIMUM)
        self._max_in_flight = math.inf if max_in_flight is None else max_in_flight
        # By client: the number of polls in flight, the due jobs that wait for a permit, and a claim to the next one.
        self._in_flight: dict[int, int] = {}
        self._throttled: dict[int, deque[Poller[Any]]] = {}
        self._claims: dict[int, Permit] = {}
        self._min_interval = 1 / rate if rate else 0.0
        self._next_request_at = now
        # Waits that the rate or the limit on polls in flight delays beyond their deadlines end on time all the same:
        # all of them are examined at the earliest deadline of one, and not again too soon.
        self._earliest_deadline = math.inf
        self._examined_until = now
        for poller in self._heap if rate else ():
            self._note_deadline(poller)
        self._popped: dict[int, Permit | None] = {}
        self.finished = deque(poller for poller in pollers if poller.is_finished)

    @property
    def in_flight(self) -> int:
        """The number of polls in flight."""
        return sum(self._in_flight.values())

    def pop_due(self, now: float) -> Poller[Any] | None:
        """Return the next wait to poll, or None if none is due, or none may be polled.

        Each returned wait must be passed to `take_permit`, to `release` when its response has arrived, and then to
        `push`. Waits that end without a poll go to `finished`.
        """
        while True:
            self._expire(now)
            if self._is_rate_limited(now):
                return None
            found = self._next_permitted(now)
            if found is None:
                return None
            poller, permit = found
            if poller.should_poll(now):
                client = id(poller.core)
                if client in self._throttled:
                    poller.core.poll_limit.adaptive.note_demand()
                self._in_flight[client] = self._in_flight.get(client, 0) + 1
                self._next_request_at = max(self._next_request_at, now) + self._min_interval
                self._popped[id(poller)] = permit
                return poller
            self._store(poller)

    def take_permit(self, poller: Poller[Any]) -> Permit:
        """Return the permit of a poll, which the caller holds until its response has arrived."""
        permit = self._popped[id(poller)]
        assert permit is not None  # noqa: S101 - it is taken once
        self._popped[id(poller)] = None
        return permit

    def release(self, poller: Poller[Any]) -> None:
        """Note that a response has arrived."""
        self._in_flight[id(poller.core)] -= 1

    def starving(self) -> list[Any]:
        """Return the clients whose jobs wait for a permit while none of them is being polled."""
        return [jobs[0].core for client, jobs in self._throttled.items() if client in self._claims]

    def has_permitted(self) -> bool:
        """Return whether a due job that has waited for a permit may have one now."""
        return self.in_flight < self._max_in_flight and any(
            jobs[0].core.poll_limit.free > 0 for jobs in self._throttled.values()
        )

    def abandon(self) -> None:
        """Release what the queue holds of its clients."""
        self._claims.clear()
        self._throttled.clear()
        self._popped.clear()

    def _is_rate_limited(self, now: float) -> bool:
        return bool(self._min_interval) and self._next_request_at > now

    def _next_permitted(self, now: float) -> tuple[Poller[Any], Permit] | None:
        """Return the next due job whose client has a permit for it: first those that have waited for one."""
        for client, jobs in self._throttled.items():
            permit = self._acquire(jobs[0], now)
            if permit is not None:
                poller = jobs.popleft()
                if not jobs:
                    del self._throttled[client]
                return poller, permit
        while self._heap and self._heap[0].next_poll_at <= now:
            poller = heapq.heappop(self._heap)
            if poller.is_finished:  # its deadline has passed
                continue
            client = id(poller.core)
            permit = None if client in self._throttled else self._acquire(poller, now)
            if permit is not None:
                return poller, permit
            self._throttled.setdefault(client, deque()).append(poller)
            self._note_deadline(poller)
        return None

    def _acquire(self, poller: Poller[Any], now: float) -> Permit | None:
        client, limit = id(poller.core), poller.core.poll_limit
        if self.in_flight >= self._max_in_flight:
            return None
        permit = limit.acquire(now, self._claims.get(client))
        if permit is not None:
            self._claims.pop(client, None)
        elif not self._in_flight.get(client) and client not in self._claims:
            # No response of its own will wake this wait up.
            self._claims[client] = limit.claim()
        return permit

    def push(self, poller: Poller[Any]) -> None:
        """Schedule the next poll of a wait, or collect it if it has finished or its client is closed."""
        self._popped.pop(id(poller), None)
        if poller.core.is_closed and not poller.is_finished:
            poller.end_closed()
        self._store(poller)

    def _note_deadline(self, poller: Poller[Any]) -> None:
        if poller.deadline is not None and poller.deadline < self._earliest_deadline:
            self._earliest_deadline = poller.deadline

    @property
    def _expires_at(self) -> float:
        """When waits whose polls are delayed are to be examined for the next time."""
        return max(self._earliest_deadline, self._examined_until)

    def _expire(self, now: float) -> None:
        """End the waits whose deadline has passed while the rate or the limit on polls in flight delays them."""
        if self._expires_at <= now:
            delayed = [poller for jobs in self._throttled.values() for poller in jobs]
            if self._min_interval:
                delayed += self._heap
            self._earliest_deadline = math.inf
            self._examined_until = now + EXAMINATION * len(delayed)
            for poller in delayed:
                if poller.is_finished or poller.deadline is None:
                    continue
                if poller.deadline > now:
                    self._note_deadline(poller)
                    continue
                poller.expire(now)
                if poller.is_finished:
                    self._store(poller)
        for client, jobs in list(self._throttled.items()):
            while jobs and jobs[0].is_finished:
                jobs.popleft()
            if not jobs:
                del self._throttled[client]
                self._claims.pop(client, None)

    def end_closed(self) -> None:
        """End the waits of closed clients that are not being polled."""
        waiting = [*self._heap, *(poller for jobs in self._throttled.values() for poller in jobs)]
        self._heap = [poller for poller in self._heap if not poller.core.is_closed]
        heapq.heapify(self._heap)
        for poller in waiting:
            if poller.core.is_closed and not poller.is_finished:
                poller.end_closed()
                self._store(poller)

    def delay(self, now: float) -> float | None:
        """Return the seconds until the next poll may be due, or None if that depends on responses alone."""
        is_limited = self._is_rate_limited(now)
        times = [self._expires_at] if is_limited or self._throttled else []
        if self._heap:
            times.append(max(self._heap[0].next_poll_at, self._next_request_at if is_limited else now))
        if is_limited and self._throttled:
            times.append(self._next_request_at)
        earliest = min(times, default=math.inf)
        return earliest - now if earliest < math.inf else None

    def _store(self, poller: Poller[Any]) -> None:
        if poller.is_finished:
            self.pending -= 1
            self.finished.append(poller)
        else:
            heapq.heappush(self._heap, poller)
            if self._min_interval:
                self._note_deadline(poller)
