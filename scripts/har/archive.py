"""Read HTTP Archives of any size: `.har` and `.har.gz` files, and standard input."""

import contextlib
import gzip
import io
import json
import os
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import IO, Any, Self

import ijson  # type: ignore[import-untyped]

from ..printable import printable

STDIN = "-"
EXPECTED = "expected an HTTP Archive (HAR 1.2), a JSON object with log.entries"
GZIP_MAGIC = b"\x1f\x8b"
ESCAPE = re.compile(rb"\\.", re.DOTALL)
NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
MAX_DEPTH = 500
PAIRS = ("headers", "cookies", "queryString")  # lists of objects with name and value
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class HarError(Exception):
    """A file is not an HTTP Archive. The message says which, where, and what was expected."""


class _Guard:
    """A stream of JSON that raises an error when it nests too deeply, which would exhaust the memory of the parser."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._depth = 0
        self._is_in_string = False
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, as `file.read`."""
        data = self._file.read(size)
        self._check(data)
        return data

    def _check(self, data: bytes) -> None:
        data = ESCAPE.sub(b"", self._rest + data)
        self._rest = b"\\" if data.endswith(b"\\") else b""
        outside = data.translate(None, NOT_STRUCTURE)
        if self._is_in_string:
            _, quote, outside = outside.partition(b'"')
            self._is_in_string = not quote
        parts = outside.split(b'"')
        self._is_in_string = self._is_in_string or len(parts) % 2 == 0
        brackets = b"".join(parts[::2])
        for _ in range(8):  # most of them are pairs
            brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        for bracket in brackets:
            self._depth += 1 if bracket in b"[{" else -1
            if self._depth > MAX_DEPTH:
                raise RecursionError(f"more than {MAX_DEPTH} levels of nesting")


class Archive:
    """A file with recorded traffic, of which one entry is in memory at a time; `-` is standard input.

    Standard input is copied to a temporary file, which has no name, so that it can be read several times.
    """

    def __init__(self, path: str) -> None:
        self.name = "standard input" if path == STDIN else printable(path, None)
        self._path = path
        self._spool: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self._path == STDIN:
            self._spool = tempfile.TemporaryFile(prefix="job-status-")
            shutil.copyfileobj(sys.stdin.buffer, self._spool)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spool:
            self._spool.close()

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries of the log, one without a response, such as one in flight, with a response of status 0.

        Raises:
            HarError: The file cannot be read, or is another kind of file.
        """
        number = 0
        with self._errors(lambda: number), self._open() as file:
            for entry in ijson.items(file, "log.entries.item", use_float=True):
                number += 1
                if not is_entry(entry):
                    raise self._error(number, "expected a request with a method and a URL, and a response")
                yield _normalized(entry)
        if not number:
            self.head()

    def head(self) -> dict[str, Any]:
        """Return the members of the log except its entries.

        Raises:
            HarError: The file cannot be read, or has no log with entries.
        """
        builder, depth = ijson.ObjectBuilder(), 0
        has_entries = False
        with self._errors(lambda: 0), self._open() as file:
            for prefix, event, value in ijson.parse(file, use_float=True):
                if prefix.startswith("log.entries"):
                    has_entries = has_entries or (prefix, event) == ("log.entries", "start_array")
                elif prefix == "log" and event == "map_key" and value == "entries":
                    continue
                elif prefix == "log" or prefix.startswith("log."):
                    depth += 1
                    builder.event(event, value)
        if not has_entries or not isinstance(getattr(builder, "value", None), dict):
            raise self._error(0, f"{EXPECTED}, got JSON without it")
        return dict(builder.value)

    @contextlib.contextmanager
    def _open(self) -> Iterator[_Guard]:
        file: IO[bytes]
        if self._spool is not None:
            self._spool.seek(0)
            # A wrapper of its own, because closing it closes what it wraps.
            file = io.BufferedReader(io.FileIO(os.dup(self._spool.fileno())))
            file.seek(0)
        else:
            file = open(self._path, "rb")  # noqa: SIM115 - closed below
        with file:
            head = file.read(len(BYTE_ORDER_MARK))
            file.seek(0)
            if head.startswith(GZIP_MAGIC):
                with gzip.open(file) as unzipped:
                    yield _guarded(unzipped)
            else:
                yield _guarded(file)

    @contextlib.contextmanager
    def _errors(self, entry: Any) -> Iterator[None]:
        try:
            yield
        except (ijson.JSONError, UnicodeError, RecursionError) as error:
            raise self._error(entry() + 1 if entry() else 0, f"{EXPECTED}, got {_reason(error)}") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._error(entry(), f"the compressed data is broken: {_reason(error)}") from None
        except OSError as error:
            raise HarError(f"{self.name}: {printable(error.strerror or error)}") from None

    def _error(self, entry: int, problem: str) -> HarError:
        return HarError(f"{self.name}: {f'entry {entry}: ' if entry else ''}{problem}")


def is_entry(entry: Any) -> bool:
    """Return whether a value has the parts that an entry needs."""
    if not isinstance(entry, Mapping):
        return False
    request, response = entry.get("request"), entry.get("response")
    if not isinstance(request, Mapping) or not isinstance(response, Mapping | None):
        return False
    return isinstance(request.get("method"), str) and isinstance(request.get("url"), str)


def _normalized(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry as HAR 1.2 says, with a response, and with lists of pairs where some recorders write objects."""
    response = entry.get("response") or {"status": 0, "headers": [], "content": {}}
    return {**entry, "request": _with_pairs(entry["request"]), "response": _with_pairs(response)}


def _with_pairs(message: dict[str, Any]) -> dict[str, Any]:
    objects = {name: message[name] for name in PAIRS if isinstance(message.get(name), Mapping)}
    pairs = {
        name: [
            {"name": key, "value": one if isinstance(one, str) else json.dumps(one)}
            for key, value in members.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        for name, members in objects.items()
    }
    return {**message, **pairs}


def _guarded(file: Any) -> _Guard:
    if file.read(len(BYTE_ORDER_MARK)) != BYTE_ORDER_MARK:
        file.seek(0)
    return _Guard(file)


def _reason(error: Exception) -> str:
    """Return the first line of the message of a parser, without the excerpt of the file that may follow."""
    message = error.args[0] if error.args else ""
    lines = (message.decode(errors="replace") if isinstance(message, bytes) else str(error)).strip().splitlines()
    return printable(lines[0] if lines else type(error).__name__)[:200]
