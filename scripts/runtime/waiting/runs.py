"""Runs of a job that is keyed by its owner: the status of a bot can report the run before."""

from __future__ import annotations

import datetime
from typing import Any

from attrs import frozen


@frozen
class RunMark:
    """The run that a status reported when it was read, to wait for a newer one.

    Attributes:
        values: what tells runs apart, in the document's order; empty or all None where there was no run.
        moment: when the run was asked for, in seconds since 1970, None where that is not told.
    """

    values: tuple[Any, ...] = ()
    moment: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether there was a run."""
        return any(value is not None for value in self.values)

    def is_newer_than(self, other: RunMark) -> bool:
        """Whether this is a later run. Without moments, another run counts as a later one."""
        if not self.is_known or self.values == other.values:
            return False
        return not self.is_older_than(other)

    def is_older_than(self, other: RunMark) -> bool:
        """Whether this is an earlier run, as far as moments tell."""
        return self.moment is not None and other.moment is not None and self.moment < other.moment


def moment(value: Any) -> float | None:
    """A moment in seconds since 1970, from seconds, milliseconds or a date-time; None where it is no moment."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value / 1000 if abs(value) > 1e11 else float(value)
    if not isinstance(value, str):
        return None
    try:
        read = datetime.datetime.fromisoformat(value)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=datetime.UTC)).timestamp()
