# Generated from scripts/client/clock.py by `make generate`; do not edit.

"""The clock that polling uses. A test can substitute another."""

import contextlib
import threading
import time
from typing import Final

MAX_SECONDS: Final = 1e9  # about thirty years; the clocks of operating systems end soon after
LONGEST_SLEEP: Final = 86_400.0  # seconds; a longer pause is several sleeps


class Latch:
    """An event that is set at most once.

    It consists of one lock of the operating system, so an exception of a signal handler cannot leave it half changed,
    as it can with `threading.Event`.
    """

    __slots__ = ("_lock", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, seconds: float) -> None:
        """Block until the latch is set, or for `seconds`, at most a day."""
        if not self.is_set and self._lock.acquire(timeout=min(seconds, LONGEST_SLEEP)):
            self._lock.release()

    def set(self) -> None:
        """Release every waiter, now and later."""
        if not self.is_set:
            self.is_set = True
            with contextlib.suppress(RuntimeError):  # another thread has set it at the same time
                self._lock.release()


class Clock:
    """The clock of this machine."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Sleep, at most a day."""
        time.sleep(min(seconds, LONGEST_SLEEP))

    async def sleep_async(self, seconds: float) -> None:
        """Sleep, at most a day, and let other tasks run."""
        import anyio

        await anyio.sleep(min(seconds, LONGEST_SLEEP))


SYSTEM_CLOCK: Final = Clock()
