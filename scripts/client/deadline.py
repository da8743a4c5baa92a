"""When the call that is being made has to be over."""

from contextvars import ContextVar
from typing import Final

# On the monotonic clock; None outside of calls.
DEADLINE: Final[ContextVar[float | None]] = ContextVar("job_status_deadline", default=None)
