"""Checks of recorded exchanges: files in the HTTP Archive format, HAR 1.2.

Entries with the same `_name`, an extension, form one recording: the distinct responses to a repeated request, in order.
Recordings whose names differ only in a numeric suffix, such as `failed_1` and `failed_2`, are consecutive polls. An
entry whose response has the status 0 has none, and `_error` in its place.
"""

import re
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import evolve, frozen

from ..document import Document, Operation
from ..har.archive import Archive
from ..har.secrets import make_redactor
from .exchange import Exchange
from .result import Failure
from .session import Session
from .target import make_target
from .traffic.entries import read_entry

BASE = "http://recorded"


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
    """Yield the recordings in a HAR file that belong to an operation of the document, by path.

    Raises:
        HarError: the file is not a HAR file.
    """
    named: dict[str, list[Exchange]] = {}
    with Archive(str(path)) as archive:
        for number, data in enumerate(archive.entries(), 1):
            if operation := _operation(document, data["request"]["url"]):
                exchange = evolve(read_entry(data, f"{path}, entry {number}").exchange, operation_id=operation.id)
                named.setdefault(str(data.get("_name", f"entry {number}")), []).append(exchange)
    for name, exchanges in named.items():
        yield Recording(name, tuple(exchanges))


def check_recordings(document: Document, recordings: Iterable[Recording]) -> dict[str, list[Failure]]:
    """Run all checks of responses on recordings; return the failures by the name of the recording."""
    series: dict[str, list[Recording]] = {}
    for recording in recordings:
        series.setdefault(recording.series, []).append(recording)
    redactor = make_redactor([document])
    for exchange in (exchange for members in series.values() for one in members for exchange in one.exchanges):
        redactor.learn_headers(exchange.request_headers.items())
        redactor.learn_url(exchange.url)
    found: dict[str, list[Failure]] = {}
    for members in series.values():
        session = Session(make_target(document, BASE, {}, profile="live", writes=True, redactor=redactor))
        for recording in members:
            known = list(session.result.failures())
            for exchange in recording.exchanges:
                operation = document.operation(exchange.operation_id)
                if exchange.method == operation.method and exchange.status is not None:
                    session.publish(exchange)
            found[recording.name] = [failure for failure in session.result.failures() if failure not in known]
    return found


def _operation(document: Document, url: str) -> Operation | None:
    """Return the operation that the path of a request matches, or None."""
    path = urllib.parse.urlsplit(url).path
    for operation in document.operations:
        pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]*", re.escape(operation.path))
        if re.fullmatch(pattern, path):
            return operation
    return None
