"""A limit on the polls of one client that are in flight."""

import random
import time
import weakref
from typing import Final

from .clock import Latch

RETRY_PAUSES: Final = 0.002, 0.05  # seconds between two attempts to get a permit: the first, and the longest


class _Anchor:
    """The object that the permits of a semaphore refer to."""

    __slots__ = ("__weakref__",)


class Permit(weakref.ref[_Anchor]):
    """The right to have a poll in flight, released when the last reference to it is dropped.

    The interpreter counts references whatever happens to the code that held them, so no exception, at any time, can
    leave a permit taken.
    """

    __slots__ = ()


class PollSemaphore:
    """A semaphore for threads whose permits cannot be lost."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._anchor = _Anchor()

    @property
    def in_use(self) -> int:
        """The number of permits taken."""
        return weakref.getweakrefcount(self._anchor)

    def acquire(self, seconds: float, closed: Latch) -> Permit | None:
        """Return a permit, to be held in a variable, or None if none is free in time or the client is closed."""
        ends_at = time.monotonic() + seconds
        pause, longest = RETRY_PAUSES
        while True:
            permit = Permit(self._anchor)
            if self.in_use <= self._limit:
                return permit
            del permit
            left = ends_at - time.monotonic()
            if left <= 0 or closed.is_set:
                return None
            # Jitter, so that two threads that try at the same time do not do so again.
            closed.wait(min(pause * random.uniform(0.5, 1), left))  # noqa: S311 - jitter
            pause = min(2 * pause, longest)
