"""Clocks by which simulated jobs live."""

import math
import time
from typing import Protocol

from attrs import define

LAST_MOMENT = 253_402_214_400.0  # 9999-12-31T00:00:00Z, after which dates cannot be written
EPOCH = 1_767_225_600.0  # 2026-01-01T00:00:00Z, where a clock starts that is not the time of day


class Clock(Protocol):
    """Tells the time in seconds since 1970, and hears of each request."""

    def now(self) -> float:
        """The time."""

    def request(self) -> None:
        """A request has come in."""

    def advance(self, seconds: float) -> None:
        """Moves on."""


class RunningClock:
    """Runs `speed` times as fast as the time of day. With speed 0 it stands, and moves only when it is told to."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        self._speed = speed
        self._told = time.time() if start is None else start
        self._since = time.monotonic()

    @property
    def speed(self) -> float:
        """How much faster than the time of day it runs."""
        return self._speed

    def now(self) -> float:
        """The time."""
        return min(self._told + (time.monotonic() - self._since) * self._speed, LAST_MOMENT)

    def request(self) -> None:
        """Changes nothing."""

    def run_at(self, speed: float) -> None:
        """Runs on at another speed."""
        if not (math.isfinite(speed) and speed >= 0):
            raise ValueError(f"a clock wants a speed of 0 or more, got {speed!r}")
        self._told, self._since = self.now(), time.monotonic()
        self._speed = speed

    def advance(self, seconds: float) -> None:
        """Moves on."""
        self._told += seconds

    def restart(self, at: float, speed: float) -> None:
        """Begins anew. The time of day is no other for that."""
        self._told, self._since, self._speed = (time.time() if speed == 1 else at), time.monotonic(), speed


@define
class SteppingClock:
    """Moves a fixed step per request, or when it is told to, so that the same requests see the same history."""

    step: float
    _now: float = EPOCH

    def now(self) -> float:
        """The time."""
        return self._now

    def request(self) -> None:
        """Moves on by one step."""
        self._now += self.step

    def advance(self, seconds: float) -> None:
        """Moves on."""
        self._now += seconds
