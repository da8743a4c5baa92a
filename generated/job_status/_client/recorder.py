# Generated from scripts/client/recorder.py by `make generate`; do not edit.

"""A recorder of the exchanges of a client: an HTTP Archive, HAR 1.2, with its secrets redacted."""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import logging
import os
import stat
import threading
from collections.abc import Iterable, Iterator
from typing import IO, Any, Final

import httpx

from .errors import InvalidArgumentError
from .redaction import Redactor, redact_entry
from .sanitize import describe, sanitize

if os.name == "posix":
    import fcntl

HEAD: Final = b'{"log": {"version": "1.2", "creator": {"name": "job-status", "version": "1"}, "entries": ['
TAIL: Final = b"\n]}}\n"

_logger = logging.getLogger("job_status")


class Recorder:
    """Appends each exchange to a file, which is a complete archive after each of them.

    Clients, threads and, except on Windows, processes can share a file. An existing file is continued if a recorder has
    written it.
    """

    def __init__(self, path: Any, secret_names: Iterable[str]) -> None:
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            raise InvalidArgumentError(f"record= must be the path of a file to write, got {describe(path)}")
        self._path = os.path.abspath(os.fsdecode(path))
        self._names = tuple(secret_names)
        self._lock = threading.Lock()
        self._descriptor = -1
        self._has_failed = False
        try:
            with self._opened() as file:
                self._end(file)
        except (OSError, ValueError) as error:
            reason = sanitize(getattr(error, "strerror", None) or error)
            raise InvalidArgumentError(
                f"record= is {sanitize(self._path, 200)}, which cannot be written: {reason}"
            ) from None

    def after_fork(self) -> None:
        """Release the locks that another thread of the forked process may have held: this one, and that of the file."""
        self._lock = threading.Lock()
        if self._descriptor >= 0:
            # The lock belongs to what this number refers to in both processes, so let it refer to something else.
            with open(os.devnull, "r+b") as null:
                os.dup2(null.fileno(), self._descriptor)

    def add(
        self,
        request: httpx.Request,
        response: httpx.Response | None,
        error: str,
        secrets: Iterable[str],
        began: float,
        elapsed: float,
    ) -> None:
        """Append an exchange; `began` is in seconds since 1970, `elapsed` in seconds. It never raises.

        Without a response, `error` says why. `secrets` are the credentials of the request.
        """
        try:
            redactor = Redactor(self._names, secrets)
            entry = redact_entry(redactor, _entry(request, response, error, began, elapsed))
            line = json.dumps(entry).encode()
            with self._opened() as file:
                self._append(file, line)
        except Exception as failed:  # a recording must not change the outcome of a call
            if not self._has_failed:
                self._has_failed = True
                _logger.warning("record=%s: cannot be written: %s", sanitize(self._path, 200), sanitize(failed, 200))

    def _append(self, file: IO[bytes], line: bytes) -> None:
        end = self._end(file)
        file.seek(end)
        try:
            _write(file, (b"\n" if end == len(HEAD) else b",\n") + line + TAIL)
        except OSError:
            # Keep what was written before, as on a full disk.
            with contextlib.suppress(OSError):
                file.seek(end)
                file.truncate()
                _write(file, TAIL)
            raise

    def _end(self, file: IO[bytes]) -> int:
        """Return the position after the last entry; begin an archive in an empty file."""
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            _write(file, HEAD + TAIL)
            return len(HEAD)
        file.seek(0)
        head = file.read(len(HEAD))
        file.seek(max(size - len(TAIL), 0))
        if head != HEAD or file.read() != TAIL:
            raise OSError(0, "another program has written it; name another file")
        return size - len(TAIL)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        """Open the file for this thread alone, and this process."""
        with self._lock, open(self._path, "r+b", 0, opener=_open_or_create) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(0, "it is not a regular file")
            try:
                self._descriptor = file.fileno()
                if os.name == "posix":
                    fcntl.flock(file, fcntl.LOCK_EX)
                yield file
            finally:
                if os.name == "posix":
                    fcntl.flock(file, fcntl.LOCK_UN)  # before a fork could no longer release it
                self._descriptor = -1


def _write(file: IO[bytes], data: bytes) -> None:
    """Write all of the data to a file without a buffer, which may take a part of it at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _open_or_create(path: str, _flags: int) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)


def _entry(
    request: httpx.Request, response: httpx.Response | None, error: str, began: float, elapsed: float
) -> dict[str, Any]:
    milliseconds = round(elapsed * 1000, 3)
    recorded: dict[str, Any] = {
        "startedDateTime": datetime.datetime.fromtimestamp(began, datetime.UTC).isoformat(timespec="microseconds"),
        "time": milliseconds,
        "request": {
            "method": request.method,
            "url": str(request.url),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(request.headers.multi_items()),
            "queryString": _pairs(request.url.params.multi_items()),
            "headersSize": -1,
            "bodySize": len(request.content),
        },
        "response": {
            "status": response.status_code if response else 0,
            "statusText": response.reason_phrase if response else "",
            "httpVersion": response.http_version if response else "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(response.headers.multi_items()) if response else [],
            "content": _content(response) if response else {"size": 0, "mimeType": "x-unknown"},
            "redirectURL": response.headers.get("location", "") if response else "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    if request.content:
        body = {"mimeType": request.headers.get("content-type", ""), **_text(request.content)}
        recorded["request"]["postData"] = body
    if response is None:
        recorded["response"]["_error"] = error
    return recorded


def _content(response: httpx.Response) -> dict[str, Any]:
    body = response.content
    return {"size": len(body), "mimeType": response.headers.get("content-type", "x-unknown"), **_text(body)}


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _pairs(items: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in items]
