# Generated from scripts/client/rate_limit.py by `make generate`; do not edit.

"""Client-side rate limits: the documented maximum of requests per status URL and time window."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .clock import Clock

if TYPE_CHECKING:
    from .limits_store import LimitsStore

Limit: TypeAlias = tuple[int, float]  # requests, seconds

# A server counts requests when they arrive, not when they are sent, so a window is taken to be longer than documented.
WINDOW_MARGIN: Final = 0.02
MAX_WINDOW_MARGIN: Final = 1.0  # seconds


def _windows(limits: tuple[Limit, ...]) -> list[Limit]:
    """Return the limits with windows that are longer by the margin."""
    return [(requests, seconds + min(seconds * WINDOW_MARGIN, MAX_WINDOW_MARGIN)) for requests, seconds in limits]


def _key(operation: str, values: tuple[Any, ...]) -> Hashable:
    """Return the key of a status URL."""
    return (operation, *map(str, values))


class RateLimiter:
    """The recent requests to each status URL, of all calls and polls of one client.

    Calls are counted and sent; polls are delayed until the limits allow them.

    Args:
        clock: The clock of the client.
        store: Where other processes count their requests too, or None.
        scope: What the limits are of, such as the base URL.
    """

    __slots__ = ("_clock", "_deferred", "_lock", "_longest", "_scope", "_sent", "_store", "_sweep_at")

    def __init__(self, clock: Clock, store: LimitsStore | None = None, scope: str = "") -> None:
        self._clock = clock
        self._store = store
        self._scope = scope
        self._lock = threading.Lock()
        self._sent: dict[Hashable, array[float]] = {}
        self._deferred: dict[Hashable, float] = {}
        self._longest = 0.0
        self._sweep_at = 1024

    def count(self, operation: str, values: tuple[Any, ...], limits: tuple[Limit, ...]) -> None:
        """Count a request that is sent regardless of the limits."""
        with self._lock:
            self._add(_key(operation, values), limits, self._clock.now())
            self._share(operation, values, limits, is_sent=True)

    def defer(self, operation: str, values: tuple[Any, ...], until: float) -> None:
        """Allow no poll of a URL before a time, as its server requested."""
        with self._lock:
            key = _key(operation, values)
            self._deferred[key] = max(until, self._deferred.get(key, until))

    def acquire(
        self, operation: str, values: tuple[Any, ...], limits: tuple[Limit, ...], *, heed_server: bool = True
    ) -> float | None:
        """Count a poll and return None if it is allowed now; otherwise return the time when it will be.

        With `heed_server=False` only the documented limits apply, not the pauses that the server requested.
        """
        with self._lock:
            if not limits and not self._deferred:
                return None
            now, key = self._clock.now(), _key(operation, values)
            allowed_at = self._deferred.get(key, now) if heed_server else now
            sent = self._sent.get(key, ())
            for requests, window in _windows(limits):
                if len(sent) >= requests:
                    allowed_at = max(allowed_at, sent[-requests] + window)
            if allowed_at > now:
                return allowed_at
            if limits and (seconds := self._share(operation, values, limits)) > 0:
                return now + seconds
            self._deferred.pop(key, None)
            if limits:
                self._add(key, limits, now)
            return None

    def _share(
        self, operation: str, values: tuple[Any, ...], limits: tuple[Limit, ...], *, is_sent: bool = False
    ) -> float:
        """Count a request for other processes too, or return the seconds until they leave room for it."""
        if self._store is None:
            return 0.0
        key = " ".join([self._scope, operation, *map(str, values)])
        return self._store.acquire(key, _windows(limits), is_sent=is_sent)

    def _add(self, key: Hashable, limits: tuple[Limit, ...], now: float) -> None:
        sent = self._sent.get(key)
        if sent is None:
            if len(self._sent) >= self._sweep_at:
                self._sweep(now)
            sent = self._sent[key] = array("d")
        most = max(requests for requests, _ in limits)
        longest = max(seconds for _, seconds in limits) + MAX_WINDOW_MARGIN
        self._longest = max(self._longest, longest)
        sent.append(now)
        if len(sent) > most or now - sent[0] > 2 * longest:
            del sent[: max(len(sent) - most, sum(1 for time in sent if now - time > longest))]

    def _sweep(self, now: float) -> None:
        """Remove the URLs whose requests are older than the longest window."""
        self._sent = {key: sent for key, sent in self._sent.items() if now - sent[-1] <= self._longest}
        self._sweep_at = max(1024, 2 * len(self._sent))
