"""Show results as one table on a terminal, and as docs/performance.md."""

import datetime
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .results import Figure, Results, Table

BEGIN, END = "<!-- Written by `python -m tests.bench --write-docs`. -->\n", "<!-- End of the figures. -->\n"
TIMES = "\N{MULTIPLICATION SIGN}"
HEADS = ("measured", "of", "figure", "median (minimum to maximum)", "ratio", "goal")


def terminal(tables: Sequence[Table]) -> str:
    """Return all figures as one table, a line for each."""
    rows = [HEADS]
    for table in tables:
        for subject, metric, figure in table.figures():
            ratio = f"{figure.ratio} x {table.reference}" if figure.ratio else ""
            # A goal is for ours; others are what it is compared with.
            goal = metric.goal if subject.startswith("job-status") else ""
            name = f"{metric.name}, {metric.unit}" if metric.unit else metric.name
            rows.append((table.title, subject, name, str(figure.value), ratio, goal))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines) + "\n"


def markdown(results: Results) -> str:
    """Return the figures of all parts as sections, each with its date."""
    return "\n".join(_sections(results))


def _sections(results: Results) -> Iterator[str]:
    machine = results.machine
    yield f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}."
    yield ""
    for part, found in results.parts.items():
        # The versions and the date are those of the part: parts can be measured one by one.
        versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
        for table in results.tables(part):
            yield f"## {table.title}"
            yield ""
            yield " ".join(filter(None, [_sentence(table), _conditions(found), versions and f"With {versions}."]))
            yield ""
            yield from _rows(table)
            yield ""


def _sentence(table: Table) -> str:
    note = table.note.rstrip(".")
    compared = f"{TIMES} is the ratio to {table.reference} in the same round" if table.reference else ""
    return "".join(f"{text[0].upper()}{text[1:]}. " for text in (note, compared) if text).strip()


def _conditions(found: dict[str, Any]) -> str:
    day = datetime.datetime.fromisoformat(found["date"])
    return f"Measured on {day.day} {day:%B %Y} in {found['seconds']} s; load average before: {found['load']}."


def _rows(table: Table) -> Iterator[str]:
    metrics = list(table.metrics.values())
    yield f"| | {' | '.join(metric.head for metric in metrics)} |"
    yield f"|---{'|---' * len(metrics)}|"
    for subject in table.rows:
        cells = (table.figure(subject, metric.name) for metric in metrics)
        yield f"| {subject} | {' | '.join(map(_cell, cells))} |"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return f"{figure.value}, {TIMES} {figure.ratio}" if figure.ratio else str(figure.value)


def replace_figures(page: str, figures: str) -> str:
    """Return a page with other figures between the two marks.

    Raises:
        ValueError: A mark is missing.
    """
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"expected {BEGIN.strip()!r} and {END.strip()!r}, in this order")
    return f"{head}{BEGIN}\n{figures}\n{END}{tail}"


def write_docs(results: Results, page: Path, published: Path) -> None:
    """Write the figures to a page, and the results from which it is made next to the benchmarks."""
    page.write_text(replace_figures(page.read_text(encoding="utf-8"), markdown(results)), encoding="utf-8")
    text = json.dumps({"machine": results.machine, "parts": results.parts}, indent=1)
    published.write_text(f"{text}\n", encoding="utf-8")
