"""One job that a command follows: what it shows of it, and its result."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any, Final

from ..errors import CallError, InvalidArgumentError, JobError, JobFailedError, JobPartialError
from ..polling.job import Job as Handle
from ..polling.spec import FINAL
from ..sanitize import sanitize
from .output import to_json
from .status import FAILED, PARTIAL, RESULTS, RUNNING, SUCCESS, TIMED_OUT, UNKNOWN
from .table import Job, Product

PYTHON_HINT: Final = re.compile(r"; continue with api\.resume\(.*$")


class Followed:
    """A job and its progress.

    Attributes:
        product: Its product.
        job: Its entry in the table.
        handle: Its handle, which the caller creates with `changed` as `on_update=`.
        listener: Called after each change.
        state: Its last state, None before the first status.
        progress: Its progress, 0 to 100, or None.
        exit: The exit status that it gives, None while it is followed.
        problem: Why it did not succeed, for people.
        result: How the wait ended, in one keyword.
        start: What identifies the start that it comes from, for a file of `--resume`; else empty.
        ended_at: When, in seconds of the monotonic clock.
    """

    __slots__ = (
        *("ended_at", "exit", "handle", "job", "listener", "problem", "product"),
        *("progress", "result", "start", "started_at", "state"),
    )

    handle: Handle[Any]

    def __init__(self, product: Product, job: Job) -> None:
        self.product = product
        self.job = job
        self.listener: Callable[[Followed], None] | None = None
        self.state: str | None = None
        self.progress: float | None = None
        self.exit: int | None = None
        self.problem = ""
        self.result = "running"
        self.start = ""
        self.started_at = time.monotonic()
        self.ended_at: float | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The values of the parameters that name it."""
        return tuple(map(str, self.handle.__poller__.values))

    @property
    def id(self) -> str:
        """Its id, printable."""
        return sanitize(self.values[self.job.id], 200)

    @property
    def name(self) -> str:
        """Its product, its kind and the values that name it, printable."""
        return sanitize(" ".join([self.product.name, self.job.name, *self.values]), 400)

    @property
    def is_over(self) -> bool:
        """Whether it is no longer followed."""
        return self.exit is not None

    @property
    def elapsed(self) -> float:
        """Seconds since the command follows it."""
        return (time.monotonic() if self.ended_at is None else self.ended_at) - self.started_at

    @property
    def next_poll_in(self) -> float:
        """Seconds until its next poll."""
        poller = self.handle.__poller__
        return max(float(poller.next_poll_at - poller.core.settings.clock.now()), 0.0)

    @property
    def kind(self) -> str | None:
        """The kind of its state: pending, success, partial, failure, notStarted, or None if unknown."""
        return None if self.state is None else self.handle.__poller__.spec.kind(self.state)

    def changed(self, _: Any, progress: float | None) -> None:
        """Take the state and the progress that were reported last."""
        self.state = self.handle.state
        self.progress = progress
        if self.listener is not None:
            self.listener(self)

    def end(self, error: BaseException | None = None) -> None:
        """Take the outcome of its wait, or an error that the wait has not seen."""
        self.ended_at = time.monotonic()
        outcome = self.handle.outcome
        error = error or (outcome.error if outcome is not None else None)
        self.state = self.handle.state or self.state
        if error is None:
            self.exit = SUCCESS if outcome is not None and not outcome.partial else PARTIAL
        else:
            self.exit = exit_of(error)
            self.problem = PYTHON_HINT.sub(".", str(error))
            if isinstance(error, CallError | InvalidArgumentError):
                self.problem = f"{self.name}: {self.problem}"
        self.result = RESULTS[self.exit]
        if self.kind == "notStarted" and self.exit == TIMED_OUT:
            self.result = "not_started"

    def look(self) -> None:
        """Take the result of a single poll."""
        if self.handle.done:
            self.end()
            return
        self.changed(None, _progress_of(self.handle))
        self.exit = TIMED_OUT if self.kind == "notStarted" else RUNNING
        self.result = "not_started" if self.exit == TIMED_OUT else RESULTS[self.exit]
        self.ended_at = time.monotonic()
        if self.exit == TIMED_OUT:
            self.problem = f"{self.name}: {self.state}; the job has not been started"

    def row(self, output: str) -> str:
        """Return the last status as a line of stdout."""
        if output == "text":
            return f"{self.id} {self.state or '-'}"
        poller = self.handle.__poller__
        names = [parameter.name for parameter in self.job.parameters]
        progress = _progress_of(self.handle)
        shown = {
            "api": self.product.name,
            "job": self.job.name,
            "id": self.values[self.job.id],
            "parameters": dict(zip(names, self.values, strict=True)),
            "state": self.state,
            "result": self.result,
            "done": self.kind in FINAL,
            "exit": self.exit,
            "progress": progress,
            "elapsed": round(self.elapsed, 3),
            "polls": poller.polls,
            "problem": self.problem or None,
            "status": json.loads(poller.last_content) if poller.last_content else None,
        }
        return to_json(shown)


def exit_of(error: BaseException) -> int:
    """Return the exit status of an error of a wait."""
    if isinstance(error, JobFailedError):
        return FAILED
    if isinstance(error, JobPartialError):
        return PARTIAL
    if isinstance(error, JobError):
        # Without any status of the job, nothing is known about it but that every poll has failed.
        knows_nothing = error.state is None and 0 < error.polls == error.wait.failed_polls
        return UNKNOWN if knows_nothing else TIMED_OUT
    return UNKNOWN


def _progress_of(handle: Handle[Any]) -> float | None:
    poller = handle.__poller__
    return poller.spec.get_progress(json.loads(poller.last_content)) if poller.last_content else None
