"""A file of accepted changes: the fingerprint of each, the reason, and the last day on which it is accepted."""

import datetime
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from ..document import read_file
from ..printable import printable
from .change import Change
from .side import CannotCompareError

KEYS = {"fingerprint", "reason", "expires", "rule"}


@frozen
class AcceptedChange:
    """An entry of the file. `place` is its file and line."""

    fingerprint: str
    reason: str
    place: str
    expires: datetime.date | None = None


def load_accepted(path: Path) -> tuple[AcceptedChange, ...]:
    """Load a file of accepted changes.

    Raises:
        DocumentError: The file is not valid YAML.
        CannotCompareError: An entry lacks its fingerprint or reason, or has an unknown key or an invalid date.
    """
    source = read_file(path)
    entries = source.data.get("accepted") if isinstance(source.data, dict) else None
    if not isinstance(entries, list):
        raise CannotCompareError(f"{path}:1: expected a list `accepted` of entries with `fingerprint` and `reason`")
    found = []
    for index, raw in enumerate(entries):
        where = f"{path}:{source.line(('accepted', index))}"
        if not isinstance(raw, dict) or not all(isinstance(raw.get(key), str) for key in ("fingerprint", "reason")):
            raise CannotCompareError(f"{where}: expected an entry with the strings `fingerprint` and `reason`")
        if unknown := sorted(map(str, raw.keys() - KEYS)):
            expected = ", ".join(sorted(KEYS))
            raise CannotCompareError(f"{where}: expected the keys {expected}, got {printable(', '.join(unknown))}")
        try:
            expires = datetime.date.fromisoformat(str(raw["expires"])) if "expires" in raw else None
        except ValueError:
            got = printable(raw["expires"])
            raise CannotCompareError(f"{where}: expires: expected a date such as 2027-01-31, got {got}") from None
        found.append(AcceptedChange(raw["fingerprint"], printable(raw["reason"]), where, expires))
    return tuple(found)


def accept(changes: Iterable[Change], entries: Iterable[AcceptedChange], today: datetime.date) -> list[str]:
    """Mark the changes that are accepted; return a note for each entry that has expired or meets no change."""
    by_fingerprint = {change.fingerprint: change for change in changes}
    notes = []
    for entry in entries:
        change = by_fingerprint.get(entry.fingerprint)
        if change is None:
            notes.append(
                f"{entry.place}: no change has the fingerprint {printable(entry.fingerprint)}; remove the entry"
            )
        elif entry.expires and entry.expires < today:
            notes.append(f"{entry.place}: the entry expired on {entry.expires}; the change counts again")
        else:
            change.accepted = entry.reason
    return notes
