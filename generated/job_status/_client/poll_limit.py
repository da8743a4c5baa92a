# Generated from scripts/client/poll_limit.py by `make generate`; do not edit.

"""The number of polls of one client that are in flight: as many as the demand needs and the server can do.

By Little's law, a rate of polls needs rate x latency polls in flight. So the limit rises while polls have to wait for
it, and falls when the server slows down or is overloaded: additive increase, multiplicative decrease.
"""

import math
import threading
import weakref
from typing import Final

INITIAL: Final = 8  # polls in flight at first, and after a pause
DEFAULT_MAXIMUM: Final = 200
LARGEST_MAXIMUM: Final = 1000
WINDOW: Final = 8  # the least number of responses from which anything is concluded
IDLE: Final = 60.0  # seconds without a response after which the limit starts again
# A server has slowed down if its mean latency is above so many times the lowest one, plus so many seconds, twice.
SLOW_FACTOR: Final = 2.0
SLOW_SECONDS: Final = 0.05
SLOW_WINDOWS: Final = 2
SLOW_DECREASE: Final = 0.7
# Passes of the event loop, at least, from a response that can be read to its measurement: one in which the loop finds
# it, and one in which the task that waits for it runs. A busy program, or machine, has long ones.
PASSES: Final = 2
# A decrease that lowers the latency by less than this was of no use; after so many, the latency is not ours.
USEFUL: Final = 0.9
USELESS_DECREASES: Final = 2
OVERLOAD_SHARE: Final = 0.1  # of the responses
OVERLOAD_DECREASE: Final = 0.5
INCREASE: Final = 4  # polls per window


class AdaptiveLimit:
    """A limit that follows the demand and the latency. Performs no I/O and has no clock.

    Responses are counted in windows of about one round trip. The limit doubles in each window until the first
    decrease, and then rises by a constant.
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._limit = float(min(INITIAL, maximum))
        self._is_starting = True
        self._has_demand = False
        self._lowest = math.inf
        self._slow_windows = 0
        # The mean latency at the last decrease for slowness, and how many in a row were of no use.
        self._before_decrease = math.inf
        self._useless = 0
        self._last_at = -math.inf
        self._lock = threading.Lock()
        self._begin_window()

    @property
    def value(self) -> int:
        """The limit, from 1 to the maximum."""
        return int(self._limit)

    def note_demand(self) -> None:
        """Note that a poll waits for the limit: without demand it does not rise."""
        self._has_demand = True

    def check_idle(self, now: float) -> None:
        """Start again after a pause: what the server could do then says nothing about now."""
        if now - self._last_at > IDLE and self._limit > INITIAL:
            self._limit = float(min(INITIAL, self._maximum))
            self._is_starting = True

    def add(self, seconds: float | None, now: float, *, is_overloaded: bool = False) -> None:
        """Count a response.

        Args:
            seconds: Its latency, or None if that says nothing, as on a new connection.
            now: The time, in seconds.
            is_overloaded: Whether it says that the server is overloaded, or is missing.
        """
        # A sample that another thread prevents is lost, which does no harm; waiting for it could.
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._last_at = now
            self._count += 1
            self._overloads += is_overloaded
            if seconds is not None and not is_overloaded:
                self._timed += 1
                self._seconds += seconds
            if self._count >= max(WINDOW, self._limit):
                self._adjust()
                self._begin_window()
        finally:
            self._lock.release()

    def add_pass(self, seconds: float) -> None:
        """Count a pass of the event loop, whose length the server has no part in."""
        self._pass_count += 1
        self._pass_seconds += seconds

    def _begin_window(self) -> None:
        self._count = self._overloads = self._timed = 0
        self._seconds = 0.0
        self._pass_count, self._pass_seconds = 0, 0.0
        self._has_demand = False

    def _adjust(self) -> None:
        if self._overloads > OVERLOAD_SHARE * self._count:
            self._decrease(OVERLOAD_DECREASE)
            return
        mean = self._seconds / self._timed if self._timed else None
        # What the program itself needed is not part of a slow response, though it may be of the lowest latency: an
        # estimate that is too high must not make all later responses slow.
        own = PASSES * self._pass_seconds / self._pass_count if self._pass_count else 0.0
        if mean is not None and mean - own > SLOW_FACTOR * self._lowest + SLOW_SECONDS:
            self._is_starting = False
            self._slow_windows += 1
            if self._slow_windows >= SLOW_WINDOWS:
                self._slow_down(mean - own)
            return
        self._slow_windows = 0
        if mean is not None:
            self._lowest = min(self._lowest, mean)
            self._before_decrease, self._useless = math.inf, 0
        if self._has_demand:
            step = self._limit if self._is_starting else min(self._limit, INCREASE)
            self._limit = min(self._limit + step, float(self._maximum))

    def _slow_down(self, mean: float) -> None:
        """Decrease the limit, unless the latency turns out not to depend on it: then the server is like that now."""
        self._slow_windows = 0
        self._useless = self._useless + 1 if mean > USEFUL * self._before_decrease else 0
        self._before_decrease = mean
        if self._useless >= USELESS_DECREASES or self.value == 1:
            self._lowest, self._before_decrease, self._useless = mean, math.inf, 0
            return
        self._decrease(SLOW_DECREASE)

    def _decrease(self, factor: float) -> None:
        self._is_starting = False
        self._limit = max(self._limit * factor, 1.0)


class _Anchor:
    """The object that permits refer to."""

    __slots__ = ("__weakref__",)


class Permit(weakref.ref[_Anchor]):
    """The right to have a poll in flight, released when the last reference to it is dropped.

    The interpreter counts references whatever happens to the code that held them, so no exception, at any time, can
    leave a permit taken. A claim, which reserves the next free permit, is one too.
    """

    __slots__ = ()


class PollLimit:
    """The permits of one client, for all its waits together. They cannot be lost.

    A wait that has no poll in flight and gets no permit holds a claim. Waits without a claim get a permit only if one
    remains for every claim, so that no wait is starved by another.

    Attributes:
        adaptive: The limit on the number of permits.
    """

    def __init__(self, maximum: int) -> None:
        self.adaptive = AdaptiveLimit(maximum)
        self._permits = _Anchor()
        self._claims = _Anchor()

    @property
    def in_use(self) -> int:
        """The number of permits taken."""
        return weakref.getweakrefcount(self._permits)

    @property
    def free(self) -> int:
        """The number of permits that can be taken."""
        return self.adaptive.value - self.in_use

    def claim(self) -> Permit:
        """Return a claim, to be held in a variable."""
        return Permit(self._claims)

    def acquire(self, now: float, claim: Permit | None = None) -> Permit | None:
        """Return a permit, to be held in a variable, or None if none is free."""
        self.adaptive.check_idle(now)
        permit = Permit(self._permits)
        if self.in_use > self.adaptive.value:
            self.adaptive.note_demand()
            return None
        claims = weakref.getweakrefcount(self._claims)
        if claims:
            self.adaptive.note_demand()
        if claim is None and self.in_use + claims > self.adaptive.value:
            return None
        return permit
