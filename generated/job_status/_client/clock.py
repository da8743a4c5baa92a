# Generated from scripts/client/clock.py by `make generate`; do not edit.

"""The clock by which jobs are waited for. A test can put another in its place."""

import threading
import time
from typing import Final

LONGEST: Final = 86_400.0  # seconds of one sleep; who has to sleep longer sleeps again


class Door:
    """Shut until it is opened, once: then nobody waits in front of it any more.

    It is one lock that the system knows, so that an exception of a signal handler cannot leave it in between.
    """

    __slots__ = ("_lock", "is_open")

    def __init__(self) -> None:
        self.is_open = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, seconds: float) -> None:
        """Waits until it is opened, or for so many seconds, a day at most."""
        if not self.is_open and self._lock.acquire(timeout=min(seconds, LONGEST)):
            self._lock.release()

    def open(self) -> None:
        """Lets everybody through from now on."""
        if not self.is_open:
            self.is_open = True
            self._lock.release()


class Clock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Sleeps, a day at most."""
        time.sleep(min(seconds, LONGEST))

    async def sleep_async(self, seconds: float) -> None:
        """Sleeps, and lets others run."""
        import anyio

        await anyio.sleep(min(seconds, LONGEST))


REAL: Final = Clock()
