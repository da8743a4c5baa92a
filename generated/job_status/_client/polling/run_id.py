# Generated from scripts/client/polling/run_id.py by `make generate`; do not edit.

"""Runs of a job whose status URL outlives a run: the status of a bot can still report the previous run."""

from __future__ import annotations

import datetime
import math
from typing import Any

from attrs import frozen

EPOCH_DIGITS = frozenset({9, 10, 12, 13})  # digits of seconds and of milliseconds since 1970, in a string


@frozen
class RunId:
    """The identity of the run that a status reports. Pass it as `after_run=` to wait for a later run.

    Attributes:
        ids: The values that identify the run, except its time, in the order of the document; None if not reported.
        requested_at: When the run was requested, in seconds since 1970, or None if not reported.
    """

    ids: tuple[Any, ...] = ()
    requested_at: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether a run is reported at all."""
        return self.requested_at is not None or any(value is not None for value in self.ids)

    def is_newer_than(self, other: RunId) -> bool:
        """Return whether this is a later run. Without times, any other run counts as later."""
        if not other.is_known:
            return self.is_known
        same = self._is_same(other)
        if same is None or same:
            return False
        return not self.is_older_than(other)

    def is_older_than(self, other: RunId) -> bool:
        """Return whether this is an earlier run according to the times of both."""
        return (
            self.requested_at is not None and other.requested_at is not None and self.requested_at < other.requested_at
        )

    def _is_same(self, other: RunId) -> bool | None:
        """Return whether both are the same run, by the ids that both have, else by time; None if unknown."""
        pairs = [(one, two) for one, two in zip(self.ids, other.ids, strict=False) if None not in (one, two)]
        if pairs:
            return all(one == two for one, two in pairs)
        if self.requested_at is not None and other.requested_at is not None:
            return self.requested_at == other.requested_at
        return None


def parse_timestamp(value: Any) -> float | None:
    """Return seconds since 1970 from seconds, milliseconds or an ISO 8601 date-time, or None for anything else.

    Numbers may be strings, as in JSON that was made from protocol buffers.
    """
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, str) and value.isdecimal() and len(value) in EPOCH_DIGITS:
            value = int(value)
        if isinstance(value, int | float):
            seconds = value / 1000 if abs(value) > 1e11 else float(value)
        elif isinstance(value, str):
            parsed = datetime.datetime.fromisoformat(value)
            seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)).timestamp()
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None
