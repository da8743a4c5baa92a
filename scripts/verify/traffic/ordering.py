"""Order recorded exchanges by time, however many there are: they are kept in a temporary database."""

import json
import math
import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from attrs import frozen

from ..exchange import Exchange
from .entries import Entry
from .matching import Key

COLUMNS = (
    "began number document base operation method url request_headers status headers body elapsed error content "
    "origin archive duration has_fraction is_cut is_local"
)
BATCH = 500  # rows that are inserted at a time
CACHE = 20_000  # KiB of the database in memory; the rest is in a temporary file without a name


@frozen
class Row:
    """A recorded exchange of an operation, and the document and base URL that it belongs to."""

    key: Key
    entry: Entry


class Spool:
    """Keeps matched entries on disk, and yields them by time. The file has no name, and is removed with the process."""

    def __init__(self) -> None:
        # The empty name makes a temporary database.
        self._database = sqlite3.connect("")
        self._database.execute(f"PRAGMA cache_size = -{CACHE}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(f"CREATE TABLE entries ({', '.join(COLUMNS.split())})")
        self._waiting: list[tuple[object, ...]] = []
        self._number = 0
        # The archives with times that have fractions: a time in whole seconds is exact there.
        self._exact: set[str] = set()
        self.duplicates = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, key: Key, operation_id: str, entry: Entry, archive: str) -> None:
        """Add an entry of an operation, from the archive of a name."""
        exchange = entry.exchange
        if entry.has_fraction:
            self._exact.add(archive)
        self._number += 1
        self._waiting.append(
            (
                # NaN is null in SQLite, which comes first.
                math.inf if math.isnan(exchange.at) else exchange.at,
                self._number,
                *key,
                operation_id,
                exchange.method,
                exchange.url,
                json.dumps(dict(exchange.request_headers)),
                exchange.status,
                json.dumps(dict(exchange.headers)),
                exchange.body,
                exchange.elapsed,
                exchange.error,
                exchange.content,
                exchange.origin,
                archive,
                entry.duration,
                entry.has_fraction,
                entry.is_cut,
                entry.is_local,
            )
        )
        if len(self._waiting) >= BATCH:
            self._flush()

    def rows(self) -> Iterator[Row]:
        """Yield the entries by time; those without a time come last, and those of equal times as they were added.

        An entry that is in several archives is yielded once; `duplicates` counts the others.
        """
        self._flush()
        self.duplicates, latest, seen = 0, math.inf, set[tuple[object, ...]]()
        for row in self._database.execute("SELECT * FROM entries ORDER BY began, number"):
            at, _, stem, base, operation_id, method, url, sent, status, headers, body, elapsed, *rest = row
            error, content, origin, archive, duration, has_fraction, is_cut, is_local = rest
            exchange = Exchange(
                operation_id,
                method,
                url,
                json.loads(sent),
                status,
                json.loads(headers),
                body,
                math.nan if elapsed is None else elapsed,
                error,
                math.nan if math.isinf(at) else at,
                content,
                origin=origin,
            )
            entry = Entry(
                exchange,
                math.nan if duration is None else duration,
                bool(has_fraction) or archive in self._exact,
                bool(is_cut),
                bool(is_local),
            )
            same = (stem, base, method, url, status, body, content)
            if at != latest:
                latest = at
                seen.clear()
            if entry.has_fraction and same in seen and not math.isinf(at):
                self.duplicates += 1
                continue
            seen.add(same)
            yield Row((stem, base), entry)

    def _flush(self) -> None:
        marks = ", ".join("?" * len(COLUMNS.split()))
        self._database.executemany(f"INSERT INTO entries VALUES ({marks})", self._waiting)  # noqa: S608 - no values
        self._waiting.clear()
