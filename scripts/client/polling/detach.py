"""Leaving jobs to themselves, and saying so."""

import logging
from collections.abc import Sequence
from typing import Any, Final

from .poller import Poller

logger: Final = logging.getLogger("job_status")
SHOWN: Final = 5


def detached(error: BaseException, jobs: Sequence[Poller[Any]]) -> None:
    """Says which jobs go on although nobody waits for them any more: in the log, and in a note on the error."""
    left = [job for job in jobs if job.outcome is None]
    if not left:
        return
    told = ", ".join(f"{job.name} ({job.state or 'not read yet'})" for job in left[:SHOWN])
    more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    text = f"stopped waiting for {len(left)} of {len(jobs)} jobs, which go on: {told}{more}"
    # Who cancels one wait of ten thousand knows it; who interrupts a program, or a wait for many, may not.
    loud = isinstance(error, KeyboardInterrupt) or (len(jobs) > 1 and not isinstance(error, GeneratorExit))
    logger.log(logging.WARNING if loud else logging.INFO, "%s", text)
    error.add_note(text)
