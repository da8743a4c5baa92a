# Generated from scripts/client/polling/detach.py by `make generate`; do not edit.

"""Waits that end early: the jobs keep running, and the log and the exception say so."""

import logging
from collections.abc import Sequence
from typing import Any, Final

from .poller import Poller

logger: Final = logging.getLogger("job_status")
MAX_LISTED: Final = 5


def note_detached(error: BaseException, pollers: Sequence[Poller[Any]]) -> None:
    """Log, and add to the exception as a note, which jobs are no longer waited for."""
    detached = [poller for poller in pollers if not poller.is_finished]
    if not detached:
        return
    listed = ", ".join(f"{poller.name} ({poller.state or 'no status yet'})" for poller in detached[:MAX_LISTED])
    more = f" and {len(detached) - MAX_LISTED} more" if len(detached) > MAX_LISTED else ""
    text = f"stopped waiting for {len(detached)} of {len(pollers)} jobs, which keep running: {listed}{more}"
    # Cancelling one wait of thousands is deliberate; an interrupted program, or a wait for many, may not be.
    is_loud = isinstance(error, KeyboardInterrupt) or (len(pollers) > 1 and not isinstance(error, GeneratorExit))
    logger.log(logging.WARNING if is_loud else logging.INFO, "%s", text)
    error.add_note(text)
