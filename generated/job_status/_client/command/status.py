# Generated from scripts/client/command/status.py by `make generate`; do not edit.

"""The exit statuses, and the errors that have one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SUCCESS: Final = 0
FAILED: Final = 1
USAGE: Final = 2
TIMED_OUT: Final = 3
UNKNOWN: Final = 4
PARTIAL: Final = 5
RUNNING: Final = 6
CLOSED_PIPE: Final = 141  # 128 + SIGPIPE, as of a program that the signal ends

MEANINGS: Final = (
    (SUCCESS, "every job succeeded"),
    (FAILED, "a job failed"),
    (USAGE, "wrong usage; nothing was sent"),
    (TIMED_OUT, "timed out, or the job was never started"),
    (UNKNOWN, "could not find out: credentials, network, unknown id, another API"),
    (PARTIAL, "a job succeeded in part"),
    (RUNNING, "still running (get)"),
)
RESULTS: Final = {
    SUCCESS: "success",
    FAILED: "failure",
    USAGE: "usage",
    TIMED_OUT: "timed_out",
    UNKNOWN: "unknown",
    PARTIAL: "partial",
    RUNNING: "running",
}
# From the worst to the best.
_ORDER: Final = (UNKNOWN, FAILED, TIMED_OUT, RUNNING, PARTIAL, SUCCESS)


def worst(statuses: Iterable[int]) -> int:
    """Return the status that counts of those of several jobs."""
    return min(statuses, key=_ORDER.index, default=SUCCESS)


def first_success(statuses: Iterable[int]) -> int:
    """Return the status of a wait that one success is enough for."""
    listed = list(statuses)
    return min((status for status in listed if status in {SUCCESS, PARTIAL}), default=worst(listed))


class CommandError(Exception):
    """An error that ends the command, with its exit status."""

    def __init__(self, message: str, status: int = USAGE) -> None:
        super().__init__(message)
        self.status = status


class StoppedError(KeyboardInterrupt):
    """A signal stops the command. A subclass of KeyboardInterrupt, so that no library handles it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.status = 128 + number
