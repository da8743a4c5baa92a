"""A file of failures that are accepted for a while, each with a reason and a last day."""

import datetime
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import jsonschema_rs
from attrs import frozen

from ..document import Document, read
from ..printable import printable
from .result import Failure, Result
from .rules import RULES
from .target import WrongCall

SCHEMA = jsonschema_rs.Draft202012Validator(
    json.loads((Path(__file__).parent / "baseline.schema.json").read_text(encoding="utf-8"))
)


@frozen
class Entry:
    """What is accepted: failures of a rule, until a day. Empty fields stand for any."""

    rule: str
    reason: str
    expires: datetime.date
    place: str
    api: str = ""
    operation: str = ""
    got: str = ""

    def matches(self, api: str, failure: Failure) -> bool:
        """Whether a failure is the one that is meant."""
        return (
            failure.rule == self.rule
            and self.api in ("", api)
            and self.operation in ("", failure.operation_id)
            and self.got in failure.got
        )


def load_baseline(path: Path, documents: Iterable[Document]) -> tuple[Entry, ...]:
    """Reads a baseline.

    Raises:
        DocumentError: it is not YAML, or holds what loaders read differently.
        WrongCall: an entry lacks its reason or its last day, or names what there is not.
    """
    source = read(path)
    for error in SCHEMA.iter_errors(source.data):
        place = tuple(error.instance_path)
        raise WrongCall(f"{path}:{source.line(place)} /{'/'.join(map(str, place))}: {error.message}")
    known = {document.stem: {operation.id for operation in document.operations} for document in documents}
    entries = []
    for index, raw in enumerate(source.data["accepted"]):
        where = f"{path}:{source.line(('accepted', index))}"
        operations = known.get(raw["api"], set()) if "api" in raw else set().union(*known.values())
        wanted = {
            "rule": {rule.name for rule in RULES},
            "api": set(known),
            "operation": operations,
        }
        for name, allowed in wanted.items():
            if name in raw and raw[name] not in allowed:
                raise WrongCall(f"{where}: there is no {name} {raw[name]}; wanted one of {', '.join(sorted(allowed))}")
        try:
            expires = datetime.date.fromisoformat(raw["expires"])
        except ValueError as error:
            raise WrongCall(f"{where}: expires is {raw['expires']}, which is no day: {error}") from error
        entries.append(Entry(**{**raw, "reason": printable(raw["reason"]), "expires": expires, "place": where}))
    return tuple(entries)


def accept(results: Sequence[Result], entries: Iterable[Entry], today: datetime.date) -> None:
    """Takes accepted failures out of those that count, and notes the entries that have expired or that met nothing."""
    for entry in entries:
        meant = [result for result in results if entry.api in ("", result.document.stem)]
        expired = entry.expires < today
        met = sum(_accept(result, entry, expired=expired) for result in meant)
        if not meant:
            continue
        if expired and met:
            meant[0].notes.append(f"{entry.place}: what it accepts of {entry.rule} has counted since {entry.expires}")
        elif not met and not any(result.problems for result in meant):
            meant[0].notes.append(f"{entry.place}: no failure of {entry.rule} was met; the entry can go")


def _accept(result: Result, entry: Entry, *, expired: bool) -> int:
    """How many failures of a result an entry means; they are accepted unless it has expired."""
    met = 0
    for tally in result.tallies.values():
        found = [failure for failure in tally.failures if entry.matches(result.document.stem, failure)]
        met += len(found)
        if not expired:
            tally.failures = [failure for failure in tally.failures if failure not in found]
            tally.accepted += [(failure, f"{entry.reason} (until {entry.expires})") for failure in found]
    return met
