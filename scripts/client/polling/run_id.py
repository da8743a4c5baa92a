"""Runs of a job that is keyed by its owner: the status of a bot can report the run before."""

from __future__ import annotations

import datetime
import math
from typing import Any

from attrs import frozen


@frozen
class RunId:
    """The run that a status reported when it was read, to wait for a newer one.

    Attributes:
        ids: what tells runs apart beside their moments, in the document's order; None where it is not told.
        moment: when the run was asked for, in seconds since 1970, None where it is not told.
    """

    ids: tuple[Any, ...] = ()
    moment: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether there was a run."""
        return self.moment is not None or any(value is not None for value in self.ids)

    def is_newer_than(self, other: RunId) -> bool:
        """Whether this is a later run. Any run is later than none; where no moments are told, another is a later one."""
        if not other.is_known:
            return self.is_known
        same = self._is_same(other)
        if same is None or same:
            return False
        return not self.is_older_than(other)

    def is_older_than(self, other: RunId) -> bool:
        """Whether this is an earlier run, as far as moments tell."""
        return self.moment is not None and other.moment is not None and self.moment < other.moment

    def _is_same(self, other: RunId) -> bool | None:
        """Whether this is the same run, by the ids that both tell, else by their moments; None where nothing tells."""
        told = [(one, two) for one, two in zip(self.ids, other.ids, strict=False) if None not in (one, two)]
        if told:
            return all(one == two for one, two in told)
        if self.moment is not None and other.moment is not None:
            return self.moment == other.moment
        return None


def moment(value: Any) -> float | None:
    """A moment in seconds since 1970, from seconds, milliseconds or a date-time; None where it is no moment."""
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            seconds = value / 1000 if abs(value) > 1e11 else float(value)
        elif isinstance(value, str):
            read = datetime.datetime.fromisoformat(value)
            seconds = (read if read.tzinfo else read.replace(tzinfo=datetime.UTC)).timestamp()
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None
