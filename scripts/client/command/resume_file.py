"""The file of `--resume`: a resume token per line, of the jobs that have not ended."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from .job import Followed
from .status import TIMED_OUT, UNKNOWN, CommandError

INTERVAL: Final = 5.0  # seconds between two versions of the file while jobs end


class ResumeFile:
    """The tokens of a command, so that a restarted one continues. They contain no secrets.

    Args:
        path: The path, `-` is no file here.

    Raises:
        CommandError: It contains something else, or cannot be written.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.tokens = self._read()
        self._written_at = 0.0
        try:
            self.path.touch(mode=0o600)
        except OSError as error:
            raise CommandError(f"--resume: {self.path}: {error.strerror or error}") from None

    def _read(self) -> list[dict[str, Any]]:
        try:
            text = self.path.read_text(encoding="utf-8")
            tokens = [json.loads(line) for line in text.splitlines() if line.strip()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise CommandError(f"--resume: {self.path}: {error.strerror or error}") from None
        except (ValueError, RecursionError):
            tokens = [None]
        if not all(isinstance(token, dict) and isinstance(token.get("api"), str) for token in tokens):
            raise CommandError(f"--resume: {self.path} contains something else than resume tokens; choose another file")
        return tokens

    def token_of(self, api: str, operation: str, values: tuple[str, ...]) -> str | None:
        """Return the token of a job, or None if missing."""
        for token in self.tokens:
            if (token["api"], token.get("operation")) == (api, operation):
                parameters = token.get("parameters")
                if isinstance(parameters, list) and tuple(map(str, parameters)) == values:
                    return json.dumps(token)
        return None

    def save(self, jobs: Iterable[Followed], *, now: bool = False) -> None:
        """Write the tokens of the jobs that have not ended; remove the file if all have.

        Without `now`, only if some seconds have passed since the last time.
        """
        if not now and time.monotonic() - self._written_at < INTERVAL:
            return
        self._written_at = time.monotonic()
        # Of a job that timed out, or about which nothing is known, the wait can be continued.
        left = [job.handle.token() for job in jobs if job.exit in {None, TIMED_OUT, UNKNOWN}]
        with contextlib.suppress(OSError):
            if left:
                self._replace("".join(f"{token}\n" for token in left))
            else:
                self.path.unlink(missing_ok=True)

    def _replace(self, text: str) -> None:
        """Write the file as a whole or not at all."""
        number, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, self.path)
