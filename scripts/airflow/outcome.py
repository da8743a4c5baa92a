"""How a wait ended, as the event of a trigger: JSON, and the same whichever triggerer has waited."""

from __future__ import annotations

from typing import Any, Final, TypedDict

from ..client.command.job import PYTHON_HINT
from ..client.errors import (
    CallError,
    JobError,
    JobFailedError,
    JobPartialError,
    JobStatusError,
    JobTimeoutError,
    NotFoundError,
)

SUCCESS: Final = "success"
FAILED: Final = "failed"
TIMED_OUT: Final = "timed_out"
UNKNOWN: Final = "unknown"  # nothing could be found out: the API refused or did not respond
GONE: Final = "gone"  # the API does not know the job
ENDED: Final = frozenset({SUCCESS, FAILED, GONE})


class Event(TypedDict):
    """The event of a trigger.

    Attributes:
        result: `success`, `failed`, `timed_out`, `gone` or `unknown`.
        message: Why it did not succeed, with the API's reason; empty for success.
        status: The last status of the job, as JSON, or None if no status was received.
        token: The resume token of a wait that ended before the job, empty otherwise.
    """

    result: str
    message: str
    status: Any
    token: str


def succeeded(status: Any) -> Event:
    """Return the event of a job that has succeeded, from its last status."""
    return Event(result=SUCCESS, message="", status=as_json(status), token="")


def ended_with(error: JobStatusError) -> Event:
    """Return the event of a wait that has raised an error."""
    wait = error.wait if isinstance(error, JobError | CallError) else None
    result, token = _result(error), wait.token if wait else ""
    status = as_json(wait.status) if wait else None
    return Event(
        result=result, message=PYTHON_HINT.sub("", str(error)), status=status, token="" if result in ENDED else token
    )


def _result(error: JobStatusError) -> str:
    if isinstance(error, JobFailedError | JobPartialError):
        return FAILED
    if isinstance(error, JobTimeoutError):
        return TIMED_OUT
    return GONE if isinstance(error, NotFoundError) else UNKNOWN


def as_json(status: Any) -> Any:
    """Return a status as JSON; the status of a job without a body is null."""
    return status.to_dict() if hasattr(status, "to_dict") else status
