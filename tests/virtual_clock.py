"""Virtual time for tests: a clock that does not wait, and an event loop that runs on it."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from job_status._client.clock import Clock

T = TypeVar("T")
C = TypeVar("C")
EPOCH = 1_790_000_000.0  # Unix time in seconds at which the clock reads 0


class VirtualClock(Clock):
    """A clock that advances only when code sleeps, without waiting.

    Attributes:
        time: The monotonic time in seconds.
        pass_seconds: What each pass of the event loop takes: more than nothing in a busy program.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self.pass_seconds = 0.0

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return self.time

    def wall(self) -> float:
        """Return the Unix time in seconds."""
        return EPOCH + self.time

    def sleep(self, seconds: float) -> None:
        """Advance the time without waiting."""
        self.time += seconds

    def client_class(self, cls: Callable[..., C]) -> Callable[..., C]:
        """Return a subclass of a client class that uses this clock."""
        name, bases = getattr(cls, "__name__", ""), (cls,)
        subclass: Callable[..., C] = type(name, bases, {"_clock": self})  # type: ignore[arg-type]
        return subclass


class _VirtualSelector(selectors.DefaultSelector):
    """A selector that advances the clock to the next timer instead of waiting for it."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the events that are ready now; otherwise advance the clock by `timeout`."""
        ready = super().select(0)
        # asyncio runs timers that are due within a nanosecond. Without progress, such a timer would run again and again.
        self.clock.time += 2e-9 + self.clock.pass_seconds
        if not ready and timeout:
            self.clock.time += timeout
        elif not ready and timeout is None:
            ready = super().select(None)
        return ready


class _VirtualEventLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_VirtualSelector(clock))
        self.clock = clock

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.clock.time


def run_until_complete(clock: VirtualClock, main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on an event loop that uses the clock; return its result."""
    with asyncio.Runner(loop_factory=lambda: _VirtualEventLoop(clock)) as runner:
        return runner.run(main)
