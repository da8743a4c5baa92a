"""Stdout and stderr: closed ones are no error, and the command ends when nobody reads its results."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO


class ClosedPipeError(Exception):
    """The reader of stdout has closed it."""


class Results:
    """Stdout, which gets results and nothing else."""

    def __init__(self) -> None:
        self.is_closed = sys.stdout is None

    def print(self, line: str) -> None:
        """Print a line.

        Raises:
            ClosedPipeError: The reader has closed stdout.
        """
        if self.is_closed:
            return
        try:
            print(line, flush=True)
        except BrokenPipeError:
            self.is_closed = True
            mute(sys.stdout)
            raise ClosedPipeError from None
        except (OSError, ValueError):  # stdout is closed, or its disk is full
            self.is_closed = True
            mute(sys.stdout)
            raise


def mute(stream: Any) -> None:
    """Discard what is written to a stream, also when the interpreter flushes it at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError, AttributeError):
        return


def print_error(text: str, stream: TextIO | None = None) -> None:
    """Print to stderr; a closed one is no error."""
    target = stream or sys.stderr
    try:
        if target is not None:
            print(text, file=target, flush=True)
    except (OSError, ValueError):
        mute(target)
