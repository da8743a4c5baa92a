"""When a call is tried again, and when not."""

import random
import threading
from typing import Final

IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
STATUSES: Final = frozenset({429, 502, 503, 504})
FIRST, MOST = 0.5, 8.0  # seconds


class Budget:
    """Tokens for retries, shared by all calls of a client, so that an outage is not answered with a flood.

    A retry takes one token, a call that succeeds gives a tenth back.
    """

    __slots__ = ("_capacity", "_lock", "_tokens")

    def __init__(self, capacity: float = 10.0) -> None:
        self._capacity = capacity
        self._tokens = capacity
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Takes a token, if there is one."""
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def give(self) -> None:
        """Gives a tenth of a token back."""
        if self._tokens < self._capacity:
            with self._lock:
                self._tokens = min(self._capacity, self._tokens + 0.1)


def pause(attempt: int, retry_after: float | None) -> float:
    """Seconds before the next attempt: doubling, with jitter, and never less than the server asks for."""
    wait: float = min(FIRST * 2.0**attempt, MOST) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
    return wait if retry_after is None else max(wait, retry_after)
