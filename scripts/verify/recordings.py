"""Checks of recorded exchanges: files in the HTTP Archive format, HAR 1.2.

Entries with the same `_name`, an extension, form one recording: the distinct responses to a repeated request, in order.
Recordings whose names differ only in a numeric suffix, such as `failed_1` and `failed_2`, are consecutive polls. An
entry whose response has the status 0 has none, and `_error` in its place.
"""

import base64
import datetime
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ..document import Document, Operation
from .exchange import Exchange
from .result import Failure
from .session import Session
from .target import make_target

BASE = "http://recorded"
UNKNOWN_TYPE = "x-unknown"  # the mimeType of a body without a content type


@frozen
class Recording:
    """The recorded exchanges of one name, in order."""

    name: str
    exchanges: tuple[Exchange, ...]

    @property
    def series(self) -> str:
        """Return the name without the number of the poll."""
        return re.sub(r"_\d+$", "", self.name)


def read_recordings(path: Path, document: Document) -> Iterator[Recording]:
    """Yield the recordings in a HAR file that belong to an operation of the document.

    Raises:
        ValueError: the file is not a HAR file.
    """
    named: dict[str, list[Exchange]] = {}
    number = 0
    try:
        for number, entry in enumerate(json.loads(path.read_text(encoding="utf-8"))["log"]["entries"], 1):
            if operation := _operation(document, entry["request"]["url"]):
                named.setdefault(str(entry.get("_name", f"entry {number}")), []).append(_exchange(operation, entry))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: entry {number}: expected HAR 1.2, got {error!r}") from error
    for name, exchanges in named.items():
        yield Recording(name, tuple(exchanges))


def check_recordings(document: Document, recordings: Iterable[Recording]) -> dict[str, list[Failure]]:
    """Run all checks of responses on recordings; return the failures by the name of the recording."""
    series: dict[str, list[Recording]] = {}
    for recording in recordings:
        series.setdefault(recording.series, []).append(recording)
    found: dict[str, list[Failure]] = {}
    for members in series.values():
        session = Session(make_target(document, BASE, {}, profile="live", writes=True, recorded=True))
        for recording in members:
            known = list(session.result.failures())
            for exchange in recording.exchanges:
                operation = document.operation(exchange.operation_id)
                if exchange.method == operation.method and exchange.status is not None:
                    session.publish(exchange)
            found[recording.name] = [failure for failure in session.result.failures() if failure not in known]
    return found


def _exchange(operation: Operation, entry: Mapping[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    content = response["content"]
    text = content.get("text", "")
    body = base64.b64decode(text, validate=True) if content.get("encoding") == "base64" else text.encode()
    headers = _headers(response)
    if body and content["mimeType"] != UNKNOWN_TYPE:
        headers.setdefault("content-type", content["mimeType"])
    if not isinstance(response["status"], int):
        raise TypeError(f"expected a number as status, got {response['status']!r}")
    return Exchange(
        operation.id,
        request["method"],
        request["url"],
        _headers(request),
        response["status"] or None,
        headers,
        body,
        entry["time"] / 1000,
        response.get("_error", ""),
        datetime.datetime.fromisoformat(entry["startedDateTime"]).timestamp(),
    )


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a request or a response, those with the same name joined."""
    joined: dict[str, str] = {}
    for header in message["headers"]:
        name, value = header["name"].lower(), header["value"]
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _operation(document: Document, url: str) -> Operation | None:
    """Return the operation that the path of a request matches, or None."""
    path = urllib.parse.urlsplit(url).path
    for operation in document.operations:
        pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]*", re.escape(operation.path))
        if re.fullmatch(pattern, path):
            return operation
    return None
