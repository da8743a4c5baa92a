"""Documented rate limits: at most so many requests to one status URL in so many seconds."""

import threading
from array import array
from collections.abc import Hashable
from typing import Any, Final, TypeAlias

from .clock import Clock

Limit: TypeAlias = tuple[int, float]  # requests, seconds

# A server counts when requests arrive, not when they leave: its window is taken to be longer than documented.
MARGIN: Final = 0.02
MOST_MARGIN: Final = 1.0  # seconds


def _key(operation: str, values: tuple[Any, ...]) -> Hashable:
    """The URL that is asked."""
    return (operation, *map(str, values))


class RateLimiter:
    """When each status URL with documented limits was asked, by all calls and waits of one client.

    Calls are counted; polls are held back until there is room for them.
    """

    __slots__ = ("_clock", "_held", "_lock", "_longest", "_moments", "_sweep_at")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._moments: dict[Hashable, array[float]] = {}
        self._held: dict[Hashable, float] = {}
        self._longest = 0.0
        self._sweep_at = 1024

    def count(self, operation: str, values: tuple[Any, ...], limits: tuple[Limit, ...]) -> None:
        """Counts a request that is sent in any case."""
        with self._lock:
            self._add(_key(operation, values), limits, self._clock.now())

    def hold(self, operation: str, values: tuple[Any, ...], until: float) -> None:
        """Lets no poll of a URL go out before a moment: its server has asked for it."""
        with self._lock:
            key = _key(operation, values)
            self._held[key] = max(until, self._held.get(key, until))

    def take(
        self, operation: str, values: tuple[Any, ...], limits: tuple[Limit, ...], *, heed: bool = True
    ) -> float | None:
        """Counts a poll if it may go out now, and otherwise gives the moment when it may.

        `heed`: whether what the server has asked for counts, beside the documented limits.
        """
        with self._lock:
            if not limits and not self._held:
                return None
            now, key = self._clock.now(), _key(operation, values)
            free = self._held.get(key, now) if heed else now
            moments = self._moments.get(key, ())
            for requests, seconds in limits:
                if len(moments) >= requests:
                    window = seconds + min(seconds * MARGIN, MOST_MARGIN)
                    free = max(free, moments[-requests] + window)
            if free > now:
                return free
            self._held.pop(key, None)
            if limits:
                self._add(key, limits, now)
            return None

    def _add(self, key: Hashable, limits: tuple[Limit, ...], now: float) -> None:
        moments = self._moments.get(key)
        if moments is None:
            if len(self._moments) >= self._sweep_at:
                self._sweep(now)
            moments = self._moments[key] = array("d")
        most = max(requests for requests, _ in limits)
        longest = max(seconds for _, seconds in limits) + MOST_MARGIN
        self._longest = max(self._longest, longest)
        moments.append(now)
        if len(moments) > most or now - moments[0] > 2 * longest:
            del moments[: max(len(moments) - most, sum(1 for moment in moments if now - moment > longest))]

    def _sweep(self, now: float) -> None:
        """Forgets the URLs that have not been asked for as long as any limit reaches."""
        self._moments = {key: seen for key, seen in self._moments.items() if now - seen[-1] <= self._longest}
        self._sweep_at = max(1024, 2 * len(self._moments))
