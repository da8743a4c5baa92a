# Generated from scripts/client/deadline.py by `make generate`; do not edit.

"""The deadline of the current call, for the network code below it."""

from contextvars import ContextVar
from typing import Final

# On the monotonic clock, or None outside of a call.
DEADLINE: Final[ContextVar[float | None]] = ContextVar("job_status_deadline", default=None)
