"""Read durations of jobs, and records of polls, from files."""

import base64
import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from ..document import MISSING, Kind
from ..har.archive import Archive, HarError
from ..printable import printable
from .durations import Record
from .operations import Operations, Reported

KINDS: tuple[Kind, ...] = get_args(Kind)
# What the simulator writes with --request-log.
LINE = re.compile(r"(?P<method>[A-Z]+) (?P<target>/\S*) (?P<status>\d{3}|-) (?P<at>\d+\.\d+) (?P<kind>\w+|-)")
ARCHIVE = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"log"\s*:')  # or any compressed file
ANY = "*"  # the operation of durations without one


class UnreadableError(Exception):
    """A file is not one of those that are read; the message says where, what was expected and what was found."""


def read_file(path: Path, operations: Operations) -> tuple[dict[str, list[Any]], list[Record]]:
    """Return the durations by operation, or the records, in a file.

    Raises:
        UnreadableError: It has neither.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(200)
    if head.startswith(b"\x1f\x8b") or ARCHIVE.match(head):
        with _archive_errors(), Archive(str(path)) as archive:
            return {}, list(read_har(path, archive.entries(), operations))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path}: expected UTF-8, got another encoding at byte {error.start}") from None
    if not text.lstrip().startswith(("[", "{")):
        return {}, list(read_log(path, text, operations))
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{path}: expected JSON: {error}") from None
    named = {ANY: raw} if isinstance(raw, list) else raw
    if wrong := [name for name, durations in named.items() if not isinstance(durations, list)]:
        problem = "expected HAR, an array of seconds, or an object with such an array for each operation"
        raise UnreadableError(f"{path}: {problem}, got {_shown(named[wrong[0]])} at /{printable(wrong[0], 100)}")
    return named, []


@contextlib.contextmanager
def _archive_errors() -> Iterator[None]:
    try:
        yield
    except HarError as error:
        raise UnreadableError(str(error)) from None


def read_log(path: Path, text: str, operations: Operations) -> Iterator[Record]:
    """Yield the records in a request log of the simulator.

    Raises:
        UnreadableError: A line is not of such a log.
    """
    for number, line in enumerate(text.splitlines(), 1):
        found = LINE.fullmatch(line)
        if found is None or not (found["kind"] == "-" or found["kind"] in KINDS):
            expected = "METHOD TARGET STATUS TIME KIND, as --request-log writes"
            raise UnreadableError(f"{path}:{number}: expected {expected}, got {printable(line, 100)!r}")
        reported = operations.find(found["method"], found["target"])
        if reported is not None:
            kind = next((kind for kind in KINDS if kind == found["kind"]), None)
            if kind is not None:
                yield Record(reported.operation, reported.job, float(found["at"]), kind)


def read_har(path: Path, entries: Iterable[Any], operations: Operations) -> Iterator[Record]:
    """Yield the records in the entries of a HAR file.

    Raises:
        UnreadableError: An entry is not one of HAR 1.2.
    """
    for number, entry in enumerate(entries):
        try:
            record = har_record(entry, operations)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            problem = f"{type(error).__name__}: {printable(error, 200)}"
            raise UnreadableError(f"{path}: /log/entries/{number} must be an entry of HAR 1.2, got {problem}") from None
        if record is not None:
            yield record


def har_record(entry: Mapping[str, Any], operations: Operations) -> Record | None:
    """Return the record in an entry of a HAR file, or None if it is not a status of a job.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: It is not an entry of HAR 1.2.
    """
    request, response = entry["request"], entry["response"]
    reported = operations.find(request["method"], request["url"])
    if reported is None:
        return None
    headers = {str(one["name"]).lower(): str(one["value"]) for one in response.get("headers", ())}
    kind = _kind(reported, response["status"], headers, response.get("content") or {})
    if kind is None:
        return None
    started = datetime.fromisoformat(entry["startedDateTime"])
    started = started if started.tzinfo else started.replace(tzinfo=UTC)
    return Record(reported.operation, reported.job, started.timestamp() + max(float(entry["time"]), 0.0) / 1000, kind)


def _kind(reported: Reported, status: int, headers: Mapping[str, str], content: Mapping[str, Any]) -> Kind | None:
    """Return the kind of the state that a response reports; None if it reports none."""
    lifecycle = reported.lifecycle
    if not (200 <= status < 300 or status in lifecycle.status_codes):
        return None
    text = content.get("text") or ""
    try:
        body = json.loads(base64.b64decode(text) if content.get("encoding") == "base64" else text) if text else None
    except ValueError:
        return None
    if lifecycle.is_unknown(body, status, headers):
        return None
    state = lifecycle.state_of(body, status, headers)
    # The client treats a state that the document does not list as pending, too.
    return None if state is MISSING else lifecycle.kinds.get(state, "pending")


def _shown(value: Any) -> str:
    return printable(json.dumps(value), 60)
