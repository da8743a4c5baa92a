"""The formats of the report: text, JSON, HTML, Markdown for a pull request, and annotations of GitHub Actions."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ..github_text import annotation, markdown_cell
from ..pages import page
from ..printable import printable
from .change import Change, Level, Verdict
from .comparison import Comparison, columns
from .release import Bump, Release

NOTHING = "no change for anybody"
LENGTH = 45_000  # characters of the changes in a comment; GitHub refuses one of more than 65 536
MARK = "<!-- job-status compare -->"  # by which the comment on a pull request is found again
MARKDOWN = {Level.FINE: "fine", Level.CHANGES: "changes", Level.BREAKS: "**breaks**"}


@frozen
class Report:
    """What was found, and how much of it is to be shown."""

    comparison: Comparison
    release: Release
    notes: tuple[str, ...] = ()
    oasdiff: tuple[str, ...] = ()
    witnesses: bool = False
    details: bool = False


def text(report: Report) -> str:
    """Return the report for a terminal."""
    return "\n".join([*_text_lines(report), ""])


def _text_lines(report: Report) -> Iterator[str]:
    for change in report.comparison.changes:
        yield from _text_change(change, witnesses=report.witnesses, details=report.details)
    for note in (*report.notes, *report.oasdiff):
        yield f"note: {note}"
    yield summary(report)
    yield from _release_lines(report)


def _text_change(change: Change, *, witnesses: bool, details: bool) -> Iterator[str]:
    product = f"{change.document} " if change.document else ""
    yield f"{product}{change.rule}: {printable(change.message)}  [{change.fingerprint}]"
    if places := _places(change):
        yield f"  {places}"
    for name, verdict in change.verdicts.items():
        if verdict.level is not Level.FINE:
            yield f"  {name:5} {verdict.level}: {printable(verdict.why, None)}"
            if verdict.fix:
                yield f"        do: {printable(verdict.fix)}"
    if fine := [name for name, verdict in change.verdicts.items() if verdict.level is Level.FINE]:
        yield f"  fine: {', '.join(fine)}"
    if change.accepted:
        yield f"  accepted: {change.accepted}"
    for one in change.breakages if details or len(change.breakages) == 1 else change.breakages[:1]:
        if one.old or one.new:
            yield f"  old: {printable(one.old, None)}"
            yield f"  new: {printable(one.new, None) or 'none'}"
    if witnesses:
        for one in change.breakages:
            if one.witness:
                yield f"  witness of {one}:"
                yield from (f"    {line}".rstrip() for line in one.witness.source.splitlines())
            elif not one.is_harmless:
                yield f"  witness of {one}: none, a type checker does not see it"


def _places(change: Change) -> str:
    if not change.old and not change.new:
        return ""
    return " -> ".join(str(place or "none") for place in (change.old, change.new))


def summary(report: Report) -> str:
    """Return the last line: who breaks."""
    changes = report.comparison.changes
    if not changes:
        return NOTHING
    parts = [f"{name} {verdict.level}" for name, verdict in _columns(report).items()]
    accepted = sum(bool(change.accepted) for change in changes)
    more = f", {accepted} accepted" if accepted else ""
    return f"{len(changes)} change{'s' * (len(changes) != 1)}{more}: {', '.join(parts)}"


def _columns(report: Report) -> Mapping[str, Verdict]:
    """Return the most serious verdict of each column among the changes that are not accepted."""
    return columns(change for change in report.comparison.changes if not change.accepted)


def _release_lines(report: Report) -> Iterator[str]:
    release = report.release
    if release.bump is Bump.NONE:
        return
    version = f", {release.required} or higher" if release.required else ""
    yield f"version: {release.bump}{version}"
    if release.lines:
        yield "lines for CHANGELOG.md:"
        for section, lines in release.lines.items():
            yield f"### {section}"
            yield from (printable(line, None) for line in lines)
    yield from (f"error: {problem}" for problem in release.problems)


def as_json(report: Report) -> str:
    """Return the report as JSON."""
    release = report.release
    data: dict[str, Any] = {
        "old": report.comparison.old.name,
        "new": report.comparison.new.name,
        "verdicts": {name: verdict.level for name, verdict in _columns(report).items()},
        "changes": [_json_change(change) for change in report.comparison.changes],
        "release": {
            "bump": release.bump,
            "required_version": str(release.required) if release.required else None,
            "changelog": release.lines,
            "problems": release.problems,
        },
        "notes": report.notes,
        "oasdiff": report.oasdiff,
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _json_change(change: Change) -> dict[str, Any]:
    return {
        "rule": change.rule,
        "fingerprint": change.fingerprint,
        "document": change.document,
        "subject": change.subject,
        "message": change.message,
        "old": {"file": change.old.file, "line": change.old.line} if change.old else None,
        "new": {"file": change.new.file, "line": change.new.line} if change.new else None,
        "verdicts": {
            name: {"level": verdict.level, "why": verdict.why, "fix": verdict.fix}
            for name, verdict in change.verdicts.items()
        },
        "is_new": change.is_new,
        "accepted": change.accepted or None,
        "package": [
            {
                "path": f"{one.path}{one.parameter}",
                "what": one.what,
                "old": one.old,
                "new": one.new,
                "witness": one.witness.source if one.witness else None,
            }
            for one in change.breakages
        ],
    }


def html(report: Report) -> str:
    """Return the report as one HTML page."""
    changes = report.comparison.changes
    return page(
        __package__,
        "comparison.html.jinja",
        report=report,
        changes=sorted(changes, key=lambda one: (bool(one.accepted), not one.breaks)),
        summary=summary(report),
        verdicts=_columns(report),
        release="\n".join(_release_lines(report)),
        places=_places,
    )


def markdown(report: Report) -> str:
    """Return the report as the comment on a pull request, with the changes that GitHub has room for."""
    changes = report.comparison.changes
    lines = [MARK, f"### Who breaks: {summary(report)}", ""]
    if changes:
        lines += ["| change | code | field | wait |", "|---|---|---|---|"]
    room = LENGTH
    for index, change in enumerate(changes):
        cells = [f"{markdown_cell(change.message)}<br>`{change.rule}` {markdown_cell(_places(change))}"]
        if change.accepted:
            cells[0] += f"<br>accepted: {markdown_cell(change.accepted)}"
        for verdict in change.verdicts.values():
            why = f"<br>{markdown_cell(verdict.why)}" if verdict.why else ""
            fix = f"<br>*{markdown_cell(verdict.fix)}*" if verdict.fix and verdict.level is Level.BREAKS else ""
            cells.append(f"{MARKDOWN[verdict.level]}{why}{fix}")
        row = f"| {' | '.join(cells)} |"
        room -= len(row) + 1
        if room < 0:
            lines.append(f"| and {len(changes) - index} more, which the log of the run lists | | | |")
            break
        lines.append(row)
    lines += ["", *(f"- {markdown_cell(note)}" for note in (*report.notes, *report.oasdiff))]
    if report.release.bump is not Bump.NONE:
        release = "\n".join(_release_lines(report))
        lines += ["", "```text", release if len(release) <= LENGTH // 4 else f"{release[: LENGTH // 4]} ...", "```"]
    return "\n".join(lines).rstrip() + "\n"


def github(report: Report) -> str:
    """Return workflow commands of GitHub Actions: an annotation at the clause of each change that breaks something."""
    lines = []
    for change in report.comparison.changes:
        if not change.breaks or change.accepted:
            continue
        whys = [f"{name}: {change.verdicts[name].why}" for name in change.breaks]
        place = change.new or change.above
        file, line = (place.file, place.line) if place else ("", 0)
        title = f"{', '.join(change.breaks)} breaks"
        lines.append(annotation("warning", "; ".join([change.message, *whys]), title=title, file=file, line=line))
    lines += [annotation("error", problem, title="release") for problem in report.release.problems]
    return "\n".join([*lines, summary(report), ""])


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": text,
    "json": as_json,
    "html": html,
    "markdown": markdown,
    "github": github,
}
