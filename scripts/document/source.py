"""A YAML or JSON file as plain data, with the file and the line of each part."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import Factory, define, field, frozen

from .problem import Problem

Pointer = tuple[str | int, ...]
Finding = tuple[Pointer, str, str]  # the place to correct, `Problem.where` and `Problem.message`


@define(eq=False)
class Place:
    """Where a part of a file is, and the places of its parts by key or index."""

    file: Path
    line: int
    children: dict[str | int, "Place"] = Factory(dict)


@frozen(eq=False)
class Source:
    """The content of a file as plain data; an overlay may have changed it.

    `differences` are the parts that YAML 1.1 and YAML 1.2 loaders read differently.
    """

    path: Path
    data: dict[str, Any]
    root: Place
    differences: tuple[Problem, ...] = ()
    overlay: Path | None = field(default=None)

    def place(self, pointer: Pointer) -> Place:
        """Return the place of the part at `pointer`, or of its nearest existing ancestor."""
        place = self.root
        for key in pointer:
            if key not in place.children:
                break
            place = place.children[key]
        return place

    def line(self, pointer: Pointer) -> int:
        """Return the line, counted from 1, of the part at `pointer`, or of its nearest existing ancestor."""
        return self.place(pointer).line

    def problem(self, pointer: Pointer, where: str, message: str) -> Problem:
        """Return a problem at the file and the line of a part."""
        place = self.place(pointer)
        return Problem(place.file, place.line, where, message)

    def problems(self, findings: Iterable[Finding]) -> list[Problem]:
        """Return findings as problems, with the file and the line."""
        return [self.problem(*finding) for finding in findings]
