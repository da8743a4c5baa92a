"""Clocks by which simulated jobs live."""

import time
from typing import Protocol

from attrs import define

EPOCH = 1_767_225_600.0  # 2026-01-01T00:00:00Z, where a stepping clock starts


class Clock(Protocol):
    """Tells the time in seconds since 1970, and hears of each request."""

    def now(self) -> float:
        """The time."""

    def request(self) -> None:
        """A request has come in."""


class WallClock:
    """The time of day."""

    def now(self) -> float:
        """The time of day."""
        return time.time()

    def request(self) -> None:
        """Changes nothing."""


@define
class SteppingClock:
    """Moves a fixed step per request and not otherwise, so that the same requests see the same history."""

    step: float
    _now: float = EPOCH

    def now(self) -> float:
        """The time."""
        return self._now

    def request(self) -> None:
        """Moves on by one step."""
        self._now += self.step
