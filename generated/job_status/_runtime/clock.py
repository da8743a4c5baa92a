# Generated from scripts/runtime/clock.py by `make generate`; do not edit.

"""The clock by which jobs are waited for. A test can put another in its place."""

import time
from typing import Final


class Clock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Sleeps."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Sleeps, and lets others run."""
        import anyio

        await anyio.sleep(seconds)


REAL: Final = Clock()
