"""The table that a verification prints."""

from collections.abc import Iterable, Sequence

from ...printable import printable
from ..coverage import Coverage
from ..result import Failure, Result
from ..rules import RULES

SHOWN = 3  # failures of one rule on one operation


def table(results: Sequence[Result]) -> str:
    """Operations by checks, what was seen of each operation, and every failure."""
    columns = [(result, operation) for result in results for operation in result.operations]
    header = [["", *(result.document.stem for result, _ in columns)], ["check", *(o.id for _, o in columns)]]
    rows = [
        ["requests", *(str(result.coverage[o.id].requests) for result, o in columns)],
        ["accepted answers", *(str(result.coverage[o.id].accepted) for result, o in columns)],
    ]
    for rule in RULES:
        tallies = [result.tally(operation.id, rule.name) for result, operation in columns]
        cells = [f"{tally.judged} {tally.verdict}" if tally.judged else "-" for tally in tallies]
        rows.append([rule.name, *cells])
    widths = [max(len(row[index]) for row in (*header, *rows)) for index in range(len(columns) + 1)]
    lines = [_row(row, widths) for row in header]
    lines.append("  ".join("-" * width for width in widths))
    lines += [_row(row, widths) for row in rows]
    lines.append("")
    for result, operation in columns:
        lines += _seen(result.document.stem, result.coverage[operation.id])
    for result in results:
        lines += [f"{result.document.stem}: {note}" for note in result.notes]
        lines += [f"{result.document.stem}: not judged: {text}" for text in result.left_out]
        for tally in result.tallies.values():
            lines += [line for found in tally.failures[:SHOWN] for line in _failure(result, found)]
            if len(tally.failures) > SHOWN:
                lines.append(f"  and {len(tally.failures) - SHOWN} more of this rule, in the reports")
        lines += [
            f"{result.document.stem} {found.operation_id} {found.rule}: accepted: {found.got}: {reason}"
            for found, reason in result.accepted()
        ]
        lines += [f"{result.document.stem}: {problem}" for problem in result.problems]
    # Each text has been redacted; here it is made sure that it stays on its line, wherever it comes from.
    return "\n".join(printable(line, None) for line in lines)


def _row(cells: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _seen(stem: str, coverage: Coverage) -> list[str]:
    seen = [status for status in coverage.documented if coverage.has_seen(status)]
    parts = [f"statuses seen {', '.join(seen) or 'none'}"]
    if coverage.unseen:
        parts.append(f"not seen {', '.join(coverage.unseen)}")
    if coverage.words:
        words = [word for word in coverage.words if word in coverage.seen_words]
        parts.append(f"words seen {', '.join(words) or 'none'}")
        if missing := [word for word in coverage.words if word not in coverage.seen_words]:
            parts.append(f"not seen {', '.join(missing)}")
    return [f"{stem} {coverage.operation.id}: {'; '.join(parts)}"]


def _failure(result: Result, found: Failure) -> list[str]:
    return [
        "",
        f"FAILED {result.document.stem} {found.operation_id} {found.rule} ({found.clause})",
        f"  wanted  {found.wanted}",
        f"  got     {found.got}",
        f"  replay  {found.replay}",
    ]
