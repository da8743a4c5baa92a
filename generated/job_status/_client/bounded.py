# Generated from scripts/client/bounded.py by `make generate`; do not edit.

"""The deadline of a call for transports that do not enforce it themselves: any `http_transport=` of the user."""

import contextlib
import contextvars
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from .clock import Latch

T = TypeVar("T")


def _timeout() -> httpx.TimeoutException:
    return httpx.ReadTimeout("the deadline of the call has passed")


def run(function: Callable[[], T], deadline: float) -> tuple[BaseException | None, T | None]:
    """Run a blocking function until a deadline.

    It runs in a thread of its own, because nothing else can interrupt it. At the deadline that thread is abandoned;
    what it returns later is closed. Exceptions of signal handlers are raised, those of the function are returned.

    Args:
        function: The function to run.
        deadline: The deadline on the monotonic clock.

    Returns:
        The exception of the function, or None, and its result.
    """
    finished, outcomes, abandoned = Latch(), [], Latch()
    context = contextvars.copy_context()

    def work() -> None:
        outcome: tuple[BaseException | None, T | None]
        try:
            outcome = None, context.run(function)
        except BaseException as error:
            outcome = error, None
        outcomes.append(outcome)
        finished.set()
        if abandoned.is_set:
            close(outcome[1])

    try:
        threading.Thread(target=work, name="job-status-transport", daemon=True).start()
    except RuntimeError:
        # The machine has no thread left: the call is made all the same, within the timeouts of the transport.
        work()
    try:
        finished.wait(max(deadline - time.monotonic(), 0.0))
    except BaseException:
        abandoned.set()
        if outcomes:
            close(outcomes[0][1])
        raise
    if not outcomes:
        abandoned.set()
    # The function may have returned in between.
    return outcomes[0] if outcomes else (_timeout(), None)


def close(*results: Any) -> None:
    """Close what a transport has returned, if it can be closed."""
    for result in results:
        closer = getattr(result, "close", None)
        if closer is not None:
            with contextlib.suppress(Exception):  # another thread may use it
                closer()


async def run_async(function: Callable[[], Awaitable[T]], deadline: float) -> tuple[BaseException | None, T | None]:
    """Await a function until a deadline, at which it is cancelled.

    Args:
        function: The function to call.
        deadline: The deadline on the monotonic clock.

    Returns:
        The exception of the function, or None, and its result.
    """
    import anyio

    with anyio.move_on_after(max(deadline - time.monotonic(), 0.0)):
        try:
            return None, await function()
        except Exception as error:
            return error, None
    return _timeout(), None
