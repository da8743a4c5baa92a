"""Judges what a server has answered before: recorded exchanges, and recorded histories of one request.

A recording is a file of JSON lines. An exchange has a `name`, a `request` with `method`, `path` and `headers`, and a
`response` with `status`, `headers` and `body_text` or `body_base64`; one without an answer has a `transport_error`
instead. A history has a `name`, a `path` and `changes`, each with `t_ms`, `status` and `body_text`: the different
answers to one request in their order. A line that is neither, such as a count, is passed over. Names that differ only in a number behind them, such as `failed_1` and
`failed_2`, are readings in their order.
"""

import base64
import gzip
import json
import re
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ..document import Document, Operation
from . import probe
from .coverage import coverage
from .exchange import Exchange
from .result import Failure, Result
from .rules import conformance
from .rules.life import Lives
from .rules.protocol import Wire
from .target import Target, target

BASE = "http://recorded"


@frozen
class Recorded:
    """One recorded exchange or history: its name and what was exchanged, in order."""

    name: str
    exchanges: tuple[Exchange, ...]

    @property
    def series(self) -> str:
        """The name without the number of a reading."""
        return re.sub(r"_\d+$", "", self.name)


def read(path: Path, document: Document) -> Iterator[Recorded]:
    """The recorded exchanges of a file that are of an operation of the document; others are passed over.

    Raises:
        ValueError: a line is no exchange and no history.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            name = str(entry.get("name", f"line {number}"))
            exchanges = tuple(_exchanges(document, entry))
        except (ValueError, KeyError, TypeError, AttributeError, OSError, zlib.error) as error:
            raise ValueError(f"{path}:{number}: is no recorded exchange and no history: {error!r}") from error
        if exchanges:
            yield Recorded(name, exchanges)


def judge(document: Document, recordings: Iterable[Recorded]) -> dict[str, list[Failure]]:
    """What is wrong with recorded answers, by the name of the recording."""
    series: dict[str, list[Recorded]] = {}
    for recorded in recordings:
        series.setdefault(recorded.series, []).append(recorded)
    found: dict[str, list[Failure]] = {}
    for members in series.values():
        result, aimed = _empty(document)
        lives, wire = Lives(aimed, result), Wire(aimed, result)
        for recorded in members:
            known = list(result.failures())
            for exchange in recorded.exchanges:
                operation = document.operation(exchange.operation_id)
                if exchange.method == operation.method and exchange.status is not None:
                    result.saw(exchange, probe.words(aimed, operation, exchange))
                    lives.hear(exchange)
                    wire.hear(exchange)
                    conformance.judge(aimed, operation, exchange, result)
            found[recorded.name] = [failure for failure in result.failures() if failure not in known]
    return found


def _empty(document: Document) -> tuple[Result, Target]:
    aimed = target(document, BASE, {}, profile="live", writes=False, recorded=True)
    result = Result(document, BASE, document.operations)
    result.coverage = {operation.id: coverage(aimed, operation) for operation in document.operations}
    return result, aimed


def _exchanges(document: Document, entry: Mapping[str, Any]) -> Iterator[Exchange]:
    if "request" in entry:
        yield from _exchange(document, entry)
    elif "changes" in entry and "path" in entry:
        yield from _history(document, entry)


def _exchange(document: Document, entry: Mapping[str, Any]) -> Iterator[Exchange]:
    request, response = entry["request"], entry.get("response") or {"transport_error": entry.get("transport_error")}
    operation = _operation(document, request["path"])
    if operation is None:
        return
    headers = response.get("headers") or {}
    if "body_base64" in response:
        body = base64.b64decode(response["body_base64"], validate=True)
    else:
        body = (response.get("body_text") or "").encode()
    headers = {name.lower(): ", ".join([value] if isinstance(value, str) else value) for name, value in headers.items()}
    if not isinstance(response.get("status"), int | None):
        raise TypeError(f"status is {response['status']!r}, wanted a number, or null where none came")
    yield Exchange(
        operation.id,
        request["method"],
        BASE + request["path"],
        {name.lower(): value for name, value in (request.get("headers") or {}).items()},
        response.get("status"),
        headers,
        _decoded(headers.get("content-encoding", ""), body),
        0.0,
        response.get("transport_error") or "",
    )


def _decoded(encoding: str, body: bytes) -> bytes:
    """The content as its client read it."""
    match encoding.lower():
        case "gzip":
            return gzip.decompress(body)
        case "deflate":
            return zlib.decompress(body)
    return body


def _history(document: Document, entry: Mapping[str, Any]) -> Iterator[Exchange]:
    operation = _operation(document, entry.get("path", ""))
    if operation is None:
        return
    for change in entry["changes"]:
        if change.get("status") is not None:
            yield Exchange(
                operation.id,
                operation.method,
                BASE + entry["path"],
                {},
                change["status"],
                {"content-type": "application/json"},
                change.get("body_text", change.get("text", "")).encode(),
                0.0,
                at=change["t_ms"] / 1000,
            )


def _operation(document: Document, url: str) -> Operation | None:
    """The operation whose path a request took."""
    path = urllib.parse.urlsplit(url).path
    for operation in document.operations:
        pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]*", re.escape(operation.path))
        if re.fullmatch(pattern, path):
            return operation
    return None
