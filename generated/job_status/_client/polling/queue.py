# Generated from scripts/client/polling/queue.py by `make generate`; do not edit.

"""A priority queue of waits, ordered by next poll time. Performs no I/O and never sleeps."""

import heapq
import math
from collections import deque
from collections.abc import Sequence
from typing import Any

from ..arguments import to_float
from ..errors import InvalidArgumentError
from ..sanitize import describe
from ..transport import MAX_POLLS_IN_FLIGHT
from .poller import Poller


class PollQueue:
    """The unfinished waits of any number of clients.

    A client has at most `MAX_POLLS_IN_FLIGHT` polls in flight, so a slow server delays its own jobs only. `max_rate`
    limits the requests per second of all clients together.

    Attributes:
        pending: Number of unfinished waits, including those being polled.
        finished: Finished waits that have not been collected yet.
    """

    def __init__(self, pollers: Sequence[Poller[Any]], now: float, max_rate: float | None) -> None:
        rate = None if max_rate is None else to_float(max_rate)
        if max_rate is not None and not (rate is not None and 0 < rate < math.inf):
            raise InvalidArgumentError(f"max_rate= must be requests per second, above 0, got {describe(max_rate)}")
        self._heap = [poller for poller in pollers if not poller.is_finished]
        heapq.heapify(self._heap)
        self.pending = len(self._heap)
        self._in_flight: dict[int, int] = {}
        self._throttled: dict[int, deque[Poller[Any]]] = {}
        self._min_interval = 1 / rate if rate else 0.0
        self._next_request_at = now
        # Waits that the rate delays beyond their deadlines end on time all the same.
        self._deadlines = [
            (poller.deadline, id(poller), poller) for poller in self._heap if rate and poller.deadline is not None
        ]
        heapq.heapify(self._deadlines)
        self._popped: set[int] = set()
        self._expired: set[int] = set()
        self.finished = deque(poller for poller in pollers if poller.is_finished)

    def pop_due(self, now: float) -> Poller[Any] | None:
        """Return the next wait to poll, or None if none is due.

        Each returned wait must be passed to `release` when its response has arrived, and then to `push`. Waits that end
        without a poll go to `finished`.
        """
        heap = self._heap
        while heap and heap[0].next_poll_at <= now:
            if self._min_interval and self._next_request_at > now:
                self._expire(now)
                return None
            poller = heapq.heappop(heap)
            if id(poller) in self._expired:
                continue
            client = id(poller.core)
            if self._in_flight.get(client, 0) >= MAX_POLLS_IN_FLIGHT:
                self._throttled.setdefault(client, deque()).append(poller)
            elif poller.should_poll(now):
                self._in_flight[client] = self._in_flight.get(client, 0) + 1
                self._next_request_at = max(self._next_request_at, now) + self._min_interval
                self._popped.add(id(poller))
                return poller
            else:
                self._store(poller)
                self._unthrottle(client)
        return None

    def release(self, poller: Poller[Any]) -> None:
        """Allow another poll of the client whose response has arrived."""
        client = id(poller.core)
        self._in_flight[client] -= 1
        self._unthrottle(client)

    def push(self, poller: Poller[Any]) -> None:
        """Schedule the next poll of a wait, or collect it if it has finished."""
        self._popped.discard(id(poller))
        self._store(poller)

    def _expire(self, now: float) -> None:
        """End the waits whose deadline passes while the rate delays them."""
        while self._deadlines and self._deadlines[0][0] <= now:
            poller = heapq.heappop(self._deadlines)[2]
            if not poller.is_finished and id(poller) not in self._popped:
                poller.should_poll(now)
                if poller.is_finished:
                    self._expired.add(id(poller))
                    self._store(poller)

    def end_closed(self, now: float) -> None:
        """Make the waits of closed clients due, so that they end."""
        for poller in self._heap:
            if poller.core.is_closed:
                poller.next_poll_at = min(poller.next_poll_at, now)
        heapq.heapify(self._heap)

    def delay(self, now: float) -> float | None:
        """Return the seconds until the next poll is due, or None if every pending wait is being polled."""
        if not self._heap:
            return None
        due = max(self._heap[0].next_poll_at, self._next_request_at if self._min_interval else now)
        return (min(due, self._deadlines[0][0]) if self._deadlines else due) - now

    def _unthrottle(self, client: int) -> None:
        throttled = self._throttled.get(client)
        if throttled:
            heapq.heappush(self._heap, throttled.popleft())

    def _store(self, poller: Poller[Any]) -> None:
        if poller.is_finished:
            self.pending -= 1
            self.finished.append(poller)
        else:
            heapq.heappush(self._heap, poller)
