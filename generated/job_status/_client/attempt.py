# Generated from scripts/client/attempt.py by `make generate`; do not edit.

"""The request that an async call is about to send: whether it has begun decides what a cancellation does."""

from contextvars import ContextVar
from typing import Any, Final


class Attempt:
    """One request of an async call, which can be cancelled until it begins: after that, a connection would leak."""

    __slots__ = ("has_begun", "scope")

    def __init__(self) -> None:
        self.has_begun = False
        self.scope: Any = None  # the cancel scope to shield, in event loops other than asyncio's

    def begin(self) -> None:
        """Note that a connection is being used."""
        self.has_begun = True
        if self.scope is not None:
            self.scope.shield = True


ATTEMPT: Final[ContextVar[Attempt | None]] = ContextVar("job_status_attempt", default=None)


def begin() -> None:
    """Note that the request of this context begins."""
    attempt = ATTEMPT.get()
    if attempt is not None:
        attempt.begin()
