"""Baselines: files of accepted failures, each with a reason and an expiry date."""

import datetime
import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
from attrs import frozen

from ..document import Document, read_file
from ..printable import printable
from .checks import CHECKS
from .result import Failure, Result
from .target import UsageError

SCHEMA = jsonschema_rs.Draft202012Validator(
    json.loads((files(__package__) / "baseline.schema.json").read_text(encoding="utf-8"))
)


@frozen
class BaselineEntry:
    """Accepts failures of a check until a date. Empty fields match anything."""

    check: str
    reason: str
    expires: datetime.date
    place: str
    api: str = ""
    operation: str = ""
    got: str = ""

    def matches(self, api: str, failure: Failure) -> bool:
        """Return whether the entry accepts a failure."""
        return (
            failure.check == self.check
            and self.api in ("", api)
            and self.operation in ("", failure.operation_id)
            and self.got in failure.got
        )


def load_baseline(path: Path, documents: Iterable[Document]) -> tuple[BaselineEntry, ...]:
    """Load a baseline.

    Raises:
        DocumentError: the file is not valid YAML, or holds constructs that YAML loaders read differently.
        UsageError: an entry lacks its reason or expiry date, or names an unknown check, document or operation.
    """
    source = read_file(path)
    for error in SCHEMA.iter_errors(source.data):
        place = tuple(error.instance_path)
        raise UsageError(f"{path}:{source.line(place)} /{'/'.join(map(str, place))}: {error.message}")
    known = {document.stem: {operation.id for operation in document.operations} for document in documents}
    entries = []
    for index, raw in enumerate(source.data["accepted"]):
        where = f"{path}:{source.line(('accepted', index))}"
        operations = known.get(raw["api"], set()) if "api" in raw else set().union(*known.values())
        valid_values = {
            "rule": {check.name for check in CHECKS},
            "api": set(known),
            "operation": operations,
        }
        for name, valid in valid_values.items():
            if name in raw and raw[name] not in valid:
                raise UsageError(f"{where}: {name}: expected one of {', '.join(sorted(valid))}, got {raw[name]}")
        try:
            expires = datetime.date.fromisoformat(raw["expires"])
        except ValueError as error:
            raise UsageError(f"{where}: expires: expected a date, got {raw['expires']}: {error}") from error
        fields = {name: value for name, value in raw.items() if name != "rule"}
        fields |= {"check": raw["rule"], "reason": printable(raw["reason"]), "expires": expires, "place": where}
        entries.append(BaselineEntry(**fields))
    return tuple(entries)


def apply_baseline(results: Sequence[Result], entries: Iterable[BaselineEntry], today: datetime.date) -> None:
    """Move accepted failures out of those that count; add notes on entries that have expired or match nothing."""
    for entry in entries:
        selected = [result for result in results if entry.api in ("", result.document.stem)]
        expired = entry.expires < today
        matched = sum(_accept(result, entry, expired=expired) for result in selected)
        if not selected:
            continue
        if expired and matched:
            selected[0].notes.append(f"{entry.place}: the entry for {entry.check} expired on {entry.expires}")
        elif not matched and not any(result.problems for result in selected):
            selected[0].notes.append(f"{entry.place}: no failure of {entry.check} matches; remove the entry")


def _accept(result: Result, entry: BaselineEntry, *, expired: bool) -> int:
    """Accept the matching failures of a result unless the entry has expired; return their number."""
    matched = 0
    for tally in result.tallies.values():
        found = [failure for failure in tally.failures if entry.matches(result.document.stem, failure)]
        matched += len(found)
        if not expired:
            tally.failures = [failure for failure in tally.failures if failure not in found]
            tally.accepted += [(failure, f"{entry.reason} (until {entry.expires})") for failure in found]
    return matched
