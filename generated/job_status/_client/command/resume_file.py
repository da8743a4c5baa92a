# Generated from scripts/client/command/resume_file.py by `make generate`; do not edit.

"""The file of `--resume`: a resume token per line, of the jobs that have not ended."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from .job import Followed
from .output import print_error
from .status import TIMED_OUT, UNKNOWN, CommandError

INTERVAL: Final = 5.0  # seconds between two versions of the file while jobs end


class ResumeFile:
    """The tokens of a command, so that a restarted one continues. They contain no secrets.

    Tokens of jobs that the command does not follow are kept. The file is created when there is a token, and removed
    only if its content is tokens.

    Args:
        path: The path, `-` is no file here. A symbolic link stays one.

    Attributes:
        path: The path of the file itself.
        others: The tokens of the jobs that the command does not follow, by what identifies the job.

    Raises:
        CommandError: It contains something else, or cannot be written.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(os.path.realpath(path))
        try:
            tokens = self._read()
            # A replaced file needs a folder that can be written.
            with tempfile.TemporaryFile(dir=self.path.parent):
                pass
        except OSError as error:
            raise CommandError(f"--resume: {self.path}: {error.strerror or error}") from None
        self.others = {_identity(token): token for token in tokens}
        self._written_at = 0.0
        self._has_tokens = bool(tokens)
        self._is_reported = False

    def _read(self) -> list[dict[str, Any]]:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise CommandError(f"--resume: {self.path} is not a regular file; choose another path")
            text = self.path.read_text(encoding="utf-8")
            tokens = [json.loads(line) for line in text.splitlines() if line.strip()]
        except FileNotFoundError:
            return []
        except (ValueError, RecursionError):
            tokens = [None]
        if not all(isinstance(token, dict) and isinstance(token.get("api"), str) for token in tokens):
            raise CommandError(f"--resume: {self.path} contains something else than resume tokens; choose another file")
        return tokens

    def take(self, job: Followed) -> str | None:
        """Return the token of a job that the command follows from now on, or None if missing."""
        token = self.others.pop(_identity(json.loads(job.handle.token())), None)
        return None if token is None else _continue(job, token)

    def take_start(self, job: Followed, start: str) -> str | None:
        """Return the token of the job of a start, or None if it has not been started.

        Raises:
            CommandError: The file is of another start or wait.
        """
        job.start = start
        for identity, token in self.others.items():
            if token.get("start") == start:
                return _continue(job, self.others.pop(identity))
        if self.others:
            raise CommandError(
                f"--resume: {self.path} is of another start or wait: its server, operation, arguments, options or body "
                "differ; nothing is started. Choose another file, or remove this one"
            )
        return None

    def save(
        self, jobs: Iterable[Followed], *, now: bool = False, report: Callable[[str], object] = print_error
    ) -> None:
        """Write the tokens of the jobs that have not ended; remove the file if all have.

        Without `now`, only if some seconds have passed since the last time. A problem is reported once.
        """
        if not now and time.monotonic() - self._written_at < INTERVAL:
            return
        self._written_at = time.monotonic()
        # Of a job that timed out, or about which nothing is known, the wait can be continued.
        left = [_token(job) for job in jobs if job.exit in {None, TIMED_OUT, UNKNOWN}]
        left += map(json.dumps, self.others.values())
        try:
            if left:
                self._replace("".join(f"{token}\n" for token in left))
                self._has_tokens = True
            elif self._has_tokens:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            if not self._is_reported:
                report(
                    f"--resume: {self.path} cannot be written: {error.strerror or error}; "
                    "a restarted command does not know what this one has done"
                )
            self._is_reported = True

    def _replace(self, text: str) -> None:
        """Write the file as a whole or not at all."""
        number, name = tempfile.mkstemp(dir=self.path.parent, prefix=".resume-")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _identity(token: dict[str, Any]) -> tuple[str, ...]:
    """Return what identifies the job of a token: its operation, and the parameters and options of its requests."""
    parameters, arguments = token.get("parameters"), token.get("arguments")
    values = map(str, parameters) if isinstance(parameters, list) else ()
    options = sorted(f"{name}={value}" for name, value in arguments.items()) if isinstance(arguments, dict) else ()
    return (token["api"], str(token.get("operation")), *values, "", *options)


def _continue(job: Followed, token: dict[str, Any]) -> str:
    job.start = str(token.get("start", ""))
    return json.dumps(token)


def _token(job: Followed) -> str:
    """Return the token of a job, with the start that it comes from."""
    token = job.handle.token()
    return json.dumps({**json.loads(token), "start": job.start}) if job.start else token
