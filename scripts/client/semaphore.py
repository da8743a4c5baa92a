"""How many polls of one client are under way at a time."""

import random
import time
import weakref
from typing import Final

from .clock import Door

PAUSE: Final = 0.002, 0.05  # seconds between two looks whether there is room: the first, and the most


class _Anchor:
    """What the permits of a gate are references to."""

    __slots__ = ("__weakref__",)


class Permit(weakref.ref[_Anchor]):
    """The right to have a poll under way. It lasts as long as somebody holds it.

    The interpreter counts references when they go, whatever has become of the code that held them, so no exception,
    at whatever moment, can keep a permit from being free again.
    """

    __slots__ = ()


class Gate:
    """Gives out permits, a number of them at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._anchor = _Anchor()

    @property
    def out(self) -> int:
        """How many permits are held."""
        return weakref.getweakrefcount(self._anchor)

    def permit(self, seconds: float, door: Door) -> Permit | None:
        """A permit, to be held in a variable while it is used; None where there is none in time, or the door is open."""
        ends_at = time.monotonic() + seconds
        pause, most = PAUSE
        while True:
            permit = Permit(self._anchor)
            if self.out <= self._most:
                return permit
            del permit
            left = ends_at - time.monotonic()
            if left <= 0 or door.is_open:
                return None
            # Two who look at the same moment are not to do so for ever.
            door.wait(min(pause * random.uniform(0.5, 1), left))  # noqa: S311 - jitter
            pause = min(2 * pause, most)
