"""What follows for the release: the version bump and the lines of the changelog, and whether both are there."""

import re
from collections.abc import Collection, Iterable
from enum import StrEnum

from attrs import frozen
from packaging.version import Version

from .change import Change
from .comparison import Comparison

SECTIONS = ("Added", "Changed", "Deprecated", "Removed")


class Bump(StrEnum):
    """The part of the version that has to rise."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


@frozen
class Release:
    """What a release with these changes needs.

    Attributes:
        bump: The part of the version that has to rise.
        required: The lowest version that will do, None if the old version is not known.
        lines: The lines of the changelog by section.
        problems: What is missing: the version is too small, or changes are not in the changelog.
    """

    bump: Bump
    required: Version | None
    lines: dict[str, list[str]]
    problems: tuple[str, ...]


def release_of(comparison: Comparison) -> Release:
    """Return what a release needs. Changes that are accepted need nothing."""
    counted = [change for change in comparison.changes if not change.accepted]
    bump = _bump(counted)
    old, new = comparison.old, comparison.new
    required = _required(old.version, bump) if old.version else None
    lines: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for change in counted:
        if change.breaks or change.is_new or change.rule == "deprecated":
            lines[_section(change)].append(_line(change))
    problems = []
    # A pre-release of the required version will do: it announces it.
    if required and new.version and bump is not Bump.NONE and Version(new.version.base_version) < required:
        problems.append(
            f"the version is {new.version}, and was {old.version}: a {bump} bump needs {required} or higher "
            "(`version` in pyproject.toml)"
        )
    if new.changelog is not None:
        stems = {one.stem for side in (old, new) for one in side.documents or ()}
        written = set(new.changelog.splitlines()) - set((old.changelog or "").splitlines())
        missing = [
            change for change in counted if (change.breaks or change.is_new) and not _is_written(change, written, stems)
        ]
        shown = ", ".join(change.subject for change in missing[:5]) + (", ..." if len(missing) > 5 else "")
        if missing:
            problems.append(f"CHANGELOG.md has no new line about {shown}; take those of this report")
    if not (old.version and new.version) and any(change.breaks for change in counted):
        problems.append("something breaks, and no version is known that could say so")
    return Release(bump, required, {name: ones for name, ones in lines.items() if ones}, tuple(problems))


def _bump(changes: Iterable[Change]) -> Bump:
    bump = Bump.NONE
    for change in changes:
        if {"code", "wait"} & set(change.breaks):
            return Bump.MAJOR
        bump = Bump.MINOR if change.is_new or bump is Bump.MINOR else Bump.PATCH
    return bump


def _required(version: Version, bump: Bump) -> Version:
    """Return the next version; below 1.0 a break raises the minor number, and the rest the patch number."""
    major, minor, patch = (*version.release, 0, 0)[:3]
    if bump is Bump.NONE:
        return version
    if major == 0:
        return Version(f"0.{minor + 1}.0" if bump is Bump.MAJOR else f"0.{minor}.{patch + 1}")
    if bump is Bump.MAJOR:
        return Version(f"{major + 1}.0.0")
    return Version(f"{major}.{minor + 1}.0" if bump is Bump.MINOR else f"{major}.{minor}.{patch + 1}")


def _section(change: Change) -> str:
    if change.rule == "deprecated":
        return "Deprecated"
    if "removed" in change.rule:
        return "Removed"
    return "Added" if change.is_new and not change.breaks else "Changed"


def _line(change: Change) -> str:
    """Return the line of the changelog about a change."""
    whys = [verdict.why for verdict in change.verdicts.values() if verdict.level == "breaks" and verdict.why]
    product = f"{change.document}: " if change.document else ""
    return f"- {product}`{change.subject}`: {'; '.join(dict.fromkeys([change.message, *whys]))}."


def _is_written(change: Change, lines: Iterable[str], stems: Collection[str]) -> bool:
    """Return whether a line names the last two names of the subject of a change, and begins with no other document."""
    names = re.findall(r"[\w-]+", change.subject)[-2:]
    for line in lines:
        begin = re.match(r"\W*([\w-]+)[^\w\s]*:", line)
        is_other = begin is not None and begin[1] in stems and begin[1] != change.document
        if not is_other and all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line) for name in names):
            return True
    return False
