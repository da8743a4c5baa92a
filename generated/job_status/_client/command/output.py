# Generated from scripts/client/command/output.py by `make generate`; do not edit.

"""Stdout and stderr: closed ones are no error, and the command ends when nobody reads its results."""

from __future__ import annotations

import json
import math
import os
import sys
from typing import Any, TextIO

from .status import UNKNOWN, CommandError


class ClosedPipeError(Exception):
    """The reader of stdout has closed it."""


class Results:
    """Stdout, which gets results and nothing else."""

    def __init__(self) -> None:
        self.is_closed = sys.stdout is None
        self._held: list[str] | None = None

    def hold(self) -> None:
        """Keep lines until `release`, if stdout is a terminal: live lines of stderr are on it too."""
        if not self.is_closed and sys.stdout.isatty():
            self._held = []

    def release(self) -> None:
        """Print the lines that were kept."""
        held, self._held = self._held, None
        for line in held or ():
            self.print(line)

    def print(self, line: str) -> None:
        """Print a line.

        Raises:
            ClosedPipeError: The reader has closed stdout.
            CommandError: It cannot be written.
        """
        if self._held is not None:
            self._held.append(line)
            return
        if self.is_closed:
            return
        try:
            print(line, flush=True)
        except BrokenPipeError:
            self.is_closed = True
            mute(sys.stdout)
            raise ClosedPipeError from None
        except (OSError, ValueError) as error:  # its disk is full, for example
            self.is_closed = True
            mute(sys.stdout)
            raise CommandError(f"stdout: {error}", UNKNOWN) from None


def to_json(value: Any) -> str:
    """Return a value as JSON, which has no infinite numbers: they are null."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
