"""Wait for jobs, show their progress, and return the exit status."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import Final

from ..errors import InvalidArgumentError
from ..polling.threads import as_completed
from . import github
from .display import Display, choose_display
from .job import Followed
from .output import ClosedPipeError, Results, print_error
from .resume_file import ResumeFile
from .status import CLOSED_PIPE, FAILED, PARTIAL, SUCCESS, CommandError, StoppedError, first_success, worst

logger: Final = logging.getLogger("job_status")
MAX_LISTED: Final = 5


class _Handler(logging.Handler):
    """Show warnings of the client, such as one about an unknown state."""

    def __init__(self, display: Display) -> None:
        super().__init__(logging.WARNING)
        self.display = display

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record, except one about the end of the command, which says that itself."""
        if record.module != "detach":
            self.display.message(record.getMessage())


class Follower:
    """The jobs of one command.

    Args:
        jobs: The jobs, in the order of the arguments.
        until: `all`, `any` (until one succeeds) or `fail-fast` (until one fails).
        output: `text` or `json`.
        resume: The file with the resume tokens, or None.
        max_rate: Maximum number of requests per second, or None.
        resume_command: Returns the command that continues for the jobs that are left, or None.
    """

    def __init__(
        self,
        jobs: Sequence[Followed],
        *,
        until: str = "all",
        output: str = "text",
        resume: ResumeFile | None = None,
        max_rate: float | None = None,
        resume_command: Callable[[Sequence[Followed]], str | None] = lambda _: None,
    ) -> None:
        self.jobs = jobs
        self.until = until
        self.output = output
        self.resume = resume
        self.max_rate = max_rate
        self.resume_command = resume_command
        self.by_handle = {id(job.handle): job for job in jobs}

    def run(self, title: str, *, quiet: bool, announcement: str = "") -> int:
        """Wait, and return the exit status."""
        results = Results()
        status = None
        try:
            if announcement and not quiet:
                print_error(announcement)
            self._save(now=True)
            try:
                with choose_display(self.jobs, title, quiet=quiet) as display:
                    self._show(results, display)
            finally:
                results.release()
        except StoppedError as stopped:
            status = stopped.status
        except ClosedPipeError:
            status = None if all(job.is_over for job in self.jobs) else CLOSED_PIPE
        except InvalidArgumentError as error:  # two arguments are the same job, for example
            raise CommandError(str(error)) from None
        finally:
            self._save(now=True)
        return self._report(status)

    def _show(self, results: Results, display: Display) -> None:
        """Wait, and show the progress."""
        if display.is_live:
            results.hold()
        handler = _Handler(display)
        logger.addHandler(handler)
        for job in self.jobs:
            job.listener = display.change
        try:
            self._wait(results, display)
        finally:
            logger.removeHandler(handler)

    def _wait(self, results: Results, display: Display) -> None:
        enough = {"any": {SUCCESS, PARTIAL}, "fail-fast": {FAILED}}.get(self.until, set())
        try:
            with closing(as_completed([job.handle for job in self.jobs], max_rate=self.max_rate)) as outcomes:
                for outcome in outcomes:
                    job = self.by_handle[id(outcome.job)]
                    self._end(job, results, display)
                    self._save(report=display.message)
                    if job.exit in enough:
                        break
        except StoppedError:
            with suppress(ClosedPipeError):
                self._end_others(results, display)
            raise
        self._end_others(results, display)

    def _end_others(self, results: Results, display: Display) -> None:
        """Take the jobs that have ended before the wait was left."""
        for job in self.jobs:
            if not job.is_over and job.handle.outcome is not None:
                self._end(job, results, display)

    def _end(self, job: Followed, results: Results, display: Display) -> None:
        job.end()
        results.print(job.row(self.output))
        if job.problem:
            display.message(job.problem)

    def _save(self, *, now: bool = False, report: Callable[[str], object] = print_error) -> None:
        if self.resume is not None:
            self.resume.save(self.jobs, now=now, report=report)

    def _report(self, status: int | None) -> int:
        """Report the end, and return the exit status: the given one, or that of the jobs."""
        github.report(self.jobs)
        if status != CLOSED_PIPE:
            self._detached()
        if status is not None:
            return status
        statuses = [job.exit for job in self.jobs if job.exit is not None]
        return first_success(statuses) if self.until == "any" else worst(statuses)

    def _detached(self) -> None:
        """Say which jobs keep running, and how to continue."""
        left = [job for job in self.jobs if not job.is_over]
        if not left:
            return
        listed = ", ".join(f"{job.name} ({job.state or 'no status yet'})" for job in left[:MAX_LISTED])
        more = f" and {len(left) - MAX_LISTED} more" if len(left) > MAX_LISTED else ""
        keeps = "keeps" if len(left) == 1 else "keep"
        print_error(f"detached: {listed}{more} {keeps} running")
        if command := self.resume_command(left):
            print_error(f"continue with: {command}")


def remaining(job: Followed) -> str:
    """Return the time that is left until the deadline of a job, as in a command."""
    deadline = job.handle.__poller__.deadline
    if deadline is None:
        return "none"
    return f"{int(max(deadline - job.handle.__poller__.core.settings.clock.now(), 1.0))}s"
