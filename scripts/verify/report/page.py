"""HTML report: one page without external resources."""

import html
from collections.abc import Iterable, Iterator, Sequence

from ...printable import printable
from ..checks import CHECKS
from ..coverage import Coverage
from ..result import Failure, Result, TimelineEntry

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #1c1e21 }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .25rem .75rem; text-align: left; border-bottom: 1px solid #ddd; vertical-align: top }
td.failed { background: #fbe3e4; font-weight: 600 } td.none { color: #999 } td.ok { color: #17692d }
td.accepted { background: #fdf3d8 }
section.failure { border-left: 4px solid #c62828; padding: .25rem 1rem; margin: 1rem 0; background: #fafafa }
section.accepted { border-left-color: #d9a400 } s { color: #999 } code, pre { font: 13px/1.5 ui-monospace, monospace }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f2f2f2; padding: .5rem }
"""


def escape(text: str) -> str:
    """Escape untrusted text for the page."""
    return html.escape(printable(text, None))


def page(results: Sequence[Result], headline: str) -> str:
    """Return the report as HTML."""
    failures = [_failure(result, found) for result in results for found in result.failures()]
    accepted = [_failure(result, found, reason) for result in results for found, reason in result.accepted()]
    remarks = [
        f"<p><b>{escape(result.document.stem)}</b> {escape(text)}</p>"
        for result in results
        for text in (
            *result.problems,
            *result.notes,
            *result.retirement_notes,
            *(f"not checked: {text}" for text in result.skipped_operations),
        )
    ]
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>job-status verify</title><style>{STYLE}</style>
<h1>{escape(headline)}</h1>
{"".join(remarks)}
{"<h2>Failures</h2>" if failures else ""}{"".join(failures)}
{"<h2>Accepted for now</h2>" if accepted else ""}{"".join(accepted)}
<h2>Checks</h2>
{_checks(results)}
<h2>Coverage of the documents</h2>
<p>Struck through: documented, not seen.</p>
{"".join(_covered(result.document.stem, coverage) for result in results for coverage in result.coverage.values())}
<h2>Jobs as they were polled</h2>
{"".join(_timeline(result, key, entries) for result in results for key, entries in result.timelines.items())}
</html>
"""


def _checks(results: Sequence[Result]) -> str:
    columns = [(result, operation) for result in results for operation in result.operations]
    head = "".join(f"<th>{escape(result.document.stem)}<br>{escape(o.id)}</th>" for result, o in columns)
    rows = []
    for check in CHECKS:
        cells = []
        for result, operation in columns:
            tally = result.tally(operation.id, check.name)
            kind = {"-": "none"}.get(tally.verdict, tally.verdict.lower())
            cells.append(f'<td class="{kind}">{tally.checked or ""} {escape(tally.verdict)}</td>')
        rows.append(f'<tr><th title="{escape(check.description)}">{check.name}</th>{"".join(cells)}</tr>')
    return f"<table><tr><th>check</th>{head}</tr>{''.join(rows)}</table>"


def _covered(stem: str, coverage: Coverage) -> str:
    rows = [("statuses", _marked(coverage.documented_statuses, coverage.unseen))]
    if coverage.states:
        unseen = [state for state in coverage.states if state not in coverage.seen_states]
        rows.append(("state", _marked(coverage.states, unseen)))
    for name, values in coverage.values.items():
        shown = ["left out" if value is None else str(value).lower() for value in values]
        rows.append((f"parameter {name}", _marked(shown, [text.lower() for text in coverage.unseen_values(name)])))
    for status, fields in coverage.fields.items():
        if fields and coverage.has_seen(status):
            rows.append(
                (f"fields of {status}", _marked(["/" + "/".join(f) for f in fields], coverage.unseen_fields(status)))
            )
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{marked}</td></tr>" for name, marked in rows)
    counted = f"{coverage.requests} requests, {coverage.accepted} accepted"
    return f"<h3>{escape(stem)} {escape(coverage.operation.id)}</h3><p>{counted}</p><table>{lines}</table>"


def _marked(documented: Iterable[str], unseen: Iterable[str]) -> str:
    missing = set(unseen)
    return ", ".join(f"<s>{escape(item)}</s>" if item in missing else escape(item) for item in documented)


def _timeline(result: Result, key: tuple[str, ...], entries: Sequence[TimelineEntry]) -> str:
    operation_id, *values = key
    states = " → ".join(dict.fromkeys(entry.state for entry in entries))
    count = sum(entry.count for entry in entries)
    head = f"{result.document.stem} {operation_id} {'/'.join(values)}: {states} ({count} polls)"
    rows = "".join(_timeline_rows(entries))
    return (
        f"<details><summary>{escape(head)}</summary><table><tr><th>after</th><th>query</th><th>status</th>"
        f"<th>state</th><th>changed</th><th>seen</th></tr>{rows}</table></details>"
    )


def _timeline_rows(entries: Sequence[TimelineEntry]) -> Iterator[str]:
    for entry in entries:
        cells = (
            f"{entry.at - entries[0].at:.3f} s",
            entry.query,
            str(entry.status),
            entry.state,
            ", ".join(entry.changed),
            "once" if entry.count == 1 else f"{entry.count} times",
        )
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _failure(result: Result, found: Failure, reason: str = "") -> str:
    kind, why = ("failure accepted", f"<p><b>accepted</b> {escape(reason)}</p>") if reason else ("failure", "")
    title = f"{escape(result.document.stem)} {escape(found.operation_id)} {escape(found.check)}"
    return (
        f'<section class="{kind}"><h3>{title}</h3>'
        f"{why}<p>{escape(found.clause)}</p><p><b>expected</b> {escape(found.expected)}</p>"
        f"<p><b>got</b> {escape(found.got)}</p><pre>{escape(found.replay)}</pre></section>"
    )
