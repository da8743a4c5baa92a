"""Clocks that drive the simulated jobs."""

import email.utils
import math
import time
from functools import lru_cache
from typing import Protocol

from attrs import define

MAX_TIME = 253_402_214_400.0  # 9999-12-31T00:00:00Z; later times cannot be formatted as dates
EPOCH = 1_767_225_600.0  # 2026-01-01T00:00:00Z, the start of a clock that does not follow real time


@lru_cache(maxsize=1)
def http_date(second: int) -> bytes:
    """Return the value of the Date header at a time in seconds since 1970."""
    return email.utils.formatdate(second, usegmt=True).encode()


class SimulatorClock(Protocol):
    """A clock in seconds since 1970 that is notified of each request."""

    @property
    def settings(self) -> tuple[float, ...]:
        """Return what decides the time: it changes whenever something else than the passage of time moves the clock."""

    def now(self) -> float:
        """Return the current time."""

    def on_request(self) -> None:
        """Handle the arrival of a request."""

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""


def describe_clock(clock: SimulatorClock) -> dict[str, float]:
    """Return the time and the speed, if it has one, as JSON."""
    return {"now": clock.now(), **({"speed": clock.speed} if isinstance(clock, ScaledClock) else {})}


class ScaledClock:
    """A clock that runs `speed` times as fast as real time. Speed 0 pauses it; then only `advance` moves it."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        self._speed = speed
        self._base = time.time() if start is None else start
        self._since = time.monotonic()

    @property
    def speed(self) -> float:
        """Return how many times as fast as real time the clock runs."""
        return self._speed

    @property
    def settings(self) -> tuple[float, ...]:
        """Return what decides the time: it changes whenever something else than the passage of time moves the clock."""
        return self._base, self._since, self._speed

    def now(self) -> float:
        """Return the current time."""
        return min(self._base + (time.monotonic() - self._since) * self._speed, MAX_TIME)

    def on_request(self) -> None:
        """Do nothing: requests do not move this clock."""

    def set_speed(self, speed: float) -> None:
        """Change the speed from now on.

        Raises:
            ValueError: the speed is negative or not finite.
        """
        if not (math.isfinite(speed) and speed >= 0):
            raise ValueError(f"expected a clock speed of 0 or more, got {speed!r}")
        self._base, self._since = self.now(), time.monotonic()
        self._speed = speed

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._base += seconds

    def restart(self, at: float, speed: float) -> None:
        """Restart at a time with a speed. With speed 1 the clock follows real time and ignores `at`."""
        self._base, self._since, self._speed = (time.time() if speed == 1 else at), time.monotonic(), speed


@define
class SteppingClock:
    """A clock that moves a fixed step per request or by `advance`, so that equal requests see equal responses."""

    step: float
    _now: float = EPOCH

    @property
    def settings(self) -> tuple[float, ...]:
        """Return the time."""
        return (self._now,)

    def now(self) -> float:
        """Return the current time."""
        return self._now

    def on_request(self) -> None:
        """Move the clock forward by one step."""
        self._now += self.step

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._now += seconds
