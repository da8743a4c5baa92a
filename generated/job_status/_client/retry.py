# Generated from scripts/client/retry.py by `make generate`; do not edit.

"""Which calls are retried, and when."""

import random
import threading
from typing import Final

IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
RETRYABLE_STATUSES: Final = frozenset({429, 502, 503, 504})
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds


class RetryBudget:
    """A token bucket shared by all calls of a client, so that retries do not multiply the load of an outage.

    A retry takes one token; a successful call returns a tenth.
    """

    __slots__ = ("_capacity", "_lock", "_tokens")

    def __init__(self, capacity: float = 10.0) -> None:
        self._capacity = capacity
        self._tokens = capacity
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token. Return False if the budget is exhausted."""
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def refill(self) -> None:
        """Return a tenth of a token."""
        if self._tokens < self._capacity:
            with self._lock:
                self._tokens = min(self._capacity, self._tokens + 0.1)


def backoff(attempt: int, retry_after: float | None) -> float:
    """Return the seconds before the next attempt: exponential, with jitter, at least `retry_after`."""
    pause: float = min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
    return pause if retry_after is None else max(pause, retry_after)
