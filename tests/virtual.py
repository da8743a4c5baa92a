"""Time that passes at once: a clock for waits, and an event loop that lives by it."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from job_status._client.clock import Clock

T = TypeVar("T")
C = TypeVar("C")
EPOCH = 1_790_000_000.0  # seconds since 1970, when the clock reads 0


class VirtualClock(Clock):
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        """Seconds since the beginning."""
        return self.time

    def wall(self) -> float:
        """Seconds since 1970."""
        return EPOCH + self.time

    def sleep(self, seconds: float) -> None:
        """Lets the time pass at once."""
        self.time += seconds

    def timed(self, cls: Callable[..., C]) -> Callable[..., C]:
        """A client class that lives by this clock."""
        name, bases = getattr(cls, "__name__", ""), (cls,)
        made: Callable[..., C] = type(name, bases, {"_clock": self})  # type: ignore[arg-type]
        return made


class _Selector(selectors.DefaultSelector):
    """Lets the time pass to the next timer instead of waiting for it."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; else the time passes."""
        ready = super().select(0)
        # asyncio calls what is due within a nanosecond; such a timer would be called again and again at the same time.
        self.clock.time += 2e-9
        if not ready and timeout:
            self.clock.time += timeout
        elif not ready and timeout is None:
            ready = super().select(None)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_Selector(clock))
        self.clock = clock

    def time(self) -> float:
        """The virtual time."""
        return self.clock.time


def run(clock: VirtualClock, main: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine on a loop that lives by the clock."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(main)
