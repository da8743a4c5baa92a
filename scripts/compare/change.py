"""A change between two versions, and its three verdicts: for code, for installed clients, and for waits."""

import hashlib
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

from attrs import Factory, define, frozen

from ..document import Document
from ..document.source import Pointer
from .package import Breakage
from .pairing import python_name


class Level(StrEnum):
    """How serious a verdict is: nothing changes, something changes that needs no action, or it breaks."""

    FINE = "fine"
    CHANGES = "changes"
    BREAKS = "breaks"


@frozen
class Verdict:
    """What a change means for one column: how serious it is, why, and what to do."""

    level: Level = Level.FINE
    why: str = ""
    fix: str = ""


FINE = Verdict()
REGENERATE = "install a client generated from the new document"


def changes(why: str, fix: str = "") -> Verdict:
    """Return the verdict that something changes and needs no action."""
    return Verdict(Level.CHANGES, why, fix)


def breaks(why: str, fix: str = REGENERATE) -> Verdict:
    """Return the verdict that something breaks."""
    return Verdict(Level.BREAKS, why, fix)


@frozen
class Place:
    """The file and the line of a clause, as the report prints it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@define
class Change:
    """One change.

    Attributes:
        rule: Its kind, such as `property-removed`.
        document: The stem of the document, empty for what all products share.
        subject: What has changed, such as `DockStatus.modelId`.
        message: The change in one sentence, with the old and the new value.
        old: The clause in the old document, None if it has none.
        new: The clause in the new document, None if it has none.
        above: The clause, or what is left of the path to it in the new document.
        code: The verdict for a program written against the package.
        field: The verdict for the calls of a client installed before, against a server that has moved.
        wait: The verdict for waits: what they return or raise, and how often they poll.
        is_new: Whether users get something new.
        names: The names in the package that it is about, as `python_name` returns them.
        breakages: The differences of the package that it causes.
        additions: The paths in the package that are new because of it.
        accepted: The reason for which it is accepted, or an empty string.
        content: What the message leaves out, which distinguishes the change from others of the same place.
    """

    rule: str
    document: str
    subject: str
    message: str
    old: Place | None = None
    new: Place | None = None
    above: Place | None = None
    code: Verdict = FINE
    field: Verdict = FINE
    wait: Verdict = FINE
    is_new: bool = False
    names: frozenset[str] = frozenset()
    breakages: list[Breakage] = Factory(list)
    additions: list[str] = Factory(list)
    accepted: str = ""
    content: str = ""

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts by the name of their column."""
        return {"code": self.code, "field": self.field, "wait": self.wait}

    @property
    def fingerprint(self) -> str:
        """Twelve digits that stay the same while the change does, wherever it stands in the file."""
        parts = (self.rule, self.document, self.subject, self.message, *([self.content] if self.content else []))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    @property
    def breaks(self) -> list[str]:
        """The columns in which it breaks something."""
        return [name for name, verdict in self.verdicts.items() if verdict.level is Level.BREAKS]


@frozen
class Both:
    """The old and the new version of a document, and what gives their files the names of the report."""

    old: Document
    new: Document
    old_shown: Callable[[Path], str]
    new_shown: Callable[[Path], str]

    def change(
        self,
        rule: str,
        subject: str,
        message: str,
        old: Pointer | None,
        new: Pointer | None,
        *,
        names: Iterable[str] = (),
        code: Verdict = FINE,
        field: Verdict = FINE,
        wait: Verdict = FINE,
        is_new: bool = False,
        content: str = "",
    ) -> Change:
        """Return a change with the lines of its clauses."""
        return Change(
            rule,
            self.new.stem,
            subject,
            message,
            None if old is None else _place(self.old, old, self.old_shown),
            None if new is None else _place(self.new, new, self.new_shown),
            above=_place(self.new, new or old or (), self.new_shown),
            code=code,
            field=field,
            wait=wait,
            is_new=is_new,
            names=frozenset(python_name(name) for name in names if name),
            content=content,
        )


def _place(document: Document, pointer: Pointer, shown: Callable[[Path], str]) -> Place:
    """Return the file and the line of a clause, which may be in an overlay."""
    place = document.source.place(pointer)
    return Place(shown(place.file), place.line)
