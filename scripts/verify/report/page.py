"""One HTML page, without anything from elsewhere."""

import html
from collections.abc import Iterable, Iterator, Sequence

from ...printable import printable
from ..coverage import Coverage
from ..result import Failure, Result
from ..rules import RULES
from ..timelines import Reading

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #1c1e21 }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .25rem .75rem; text-align: left; border-bottom: 1px solid #ddd; vertical-align: top }
td.failed { background: #fbe3e4; font-weight: 600 } td.none { color: #999 } td.ok { color: #17692d } td.accepted { background: #fdf3d8 }
section.failure { border-left: 4px solid #c62828; padding: .25rem 1rem; margin: 1rem 0; background: #fafafa }
section.accepted { border-left-color: #d9a400 } s { color: #999 } code, pre { font: 13px/1.5 ui-monospace, monospace }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f2f2f2; padding: .5rem }
"""


def escape(text: str) -> str:
    """A text of others as it stands in the page."""
    return html.escape(printable(text, None))


def page(results: Sequence[Result], headline: str) -> str:
    """The page as text."""
    failures = [_failure(result, found) for result in results for found in result.failures()]
    accepted = [_failure(result, found, reason) for result in results for found, reason in result.accepted()]
    told = [
        f"<p><b>{escape(result.document.stem)}</b> {escape(text)}</p>"
        for result in results
        for text in (*result.problems, *result.notes, *(f"not judged: {one}" for one in result.left_out))
    ]
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>job-status verify</title><style>{STYLE}</style>
<h1>{escape(headline)}</h1>
{"".join(told)}
{"<h2>Failures</h2>" if failures else ""}{"".join(failures)}
{"<h2>Accepted for now</h2>" if accepted else ""}{"".join(accepted)}
<h2>Checks</h2>
{_checks(results)}
<h2>Coverage of the documents</h2>
<p>Struck through: documented, not seen.</p>
{"".join(_covered(result.document.stem, coverage) for result in results for coverage in result.coverage.values())}
<h2>Jobs as they were polled</h2>
{"".join(_timeline(result, key, readings) for result in results for key, readings in result.timelines.items())}
</html>
"""


def _checks(results: Sequence[Result]) -> str:
    columns = [(result, operation) for result in results for operation in result.operations]
    head = "".join(f"<th>{escape(result.document.stem)}<br>{escape(o.id)}</th>" for result, o in columns)
    rows = []
    for rule in RULES:
        cells = []
        for result, operation in columns:
            tally = result.tally(operation.id, rule.name)
            kind = {"-": "none"}.get(tally.verdict, tally.verdict.lower())
            cells.append(f'<td class="{kind}">{tally.judged or ""} {escape(tally.verdict)}</td>')
        rows.append(f'<tr><th title="{escape(rule.says)}">{rule.name}</th>{"".join(cells)}</tr>')
    return f"<table><tr><th>check</th>{head}</tr>{''.join(rows)}</table>"


def _covered(stem: str, coverage: Coverage) -> str:
    rows = [("statuses", _marked(coverage.documented, coverage.unseen))]
    if coverage.words:
        unseen = [word for word in coverage.words if word not in coverage.seen_words]
        rows.append(("state", _marked(coverage.words, unseen)))
    for name, values in coverage.values.items():
        shown = ["left out" if value is None else str(value).lower() for value in values]
        rows.append((f"parameter {name}", _marked(shown, [text.lower() for text in coverage.unseen_values(name)])))
    for status, fields in coverage.fields.items():
        if fields and coverage.has_seen(status):
            rows.append(
                (f"fields of {status}", _marked(["/" + "/".join(f) for f in fields], coverage.unseen_fields(status)))
            )
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{told}</td></tr>" for name, told in rows)
    counted = f"{coverage.requests} requests, {coverage.accepted} accepted"
    return f"<h3>{escape(stem)} {escape(coverage.operation.id)}</h3><p>{counted}</p><table>{lines}</table>"


def _marked(everything: Iterable[str], unseen: Iterable[str]) -> str:
    missing = set(unseen)
    return ", ".join(f"<s>{escape(one)}</s>" if one in missing else escape(one) for one in everything)


def _timeline(result: Result, key: tuple[str, ...], readings: Sequence[Reading]) -> str:
    operation_id, *values = key
    states = " → ".join(dict.fromkeys(reading.state for reading in readings))
    count = sum(reading.count for reading in readings)
    head = f"{result.document.stem} {operation_id} {'/'.join(values)}: {states} ({count} readings)"
    rows = "".join(_readings(readings))
    return (
        f"<details><summary>{escape(head)}</summary><table><tr><th>after</th><th>query</th><th>answer</th><th>state</th>"
        f"<th>changed</th><th>told</th></tr>{rows}</table></details>"
    )


def _readings(readings: Sequence[Reading]) -> Iterator[str]:
    for reading in readings:
        cells = (
            f"{reading.at - readings[0].at:.3f} s",
            reading.query,
            str(reading.status),
            reading.state,
            ", ".join(reading.changed),
            "once" if reading.count == 1 else f"{reading.count} times",
        )
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _failure(result: Result, found: Failure, reason: str = "") -> str:
    kind, why = ("failure accepted", f"<p><b>accepted</b> {escape(reason)}</p>") if reason else ("failure", "")
    return (
        f'<section class="{kind}"><h3>{escape(result.document.stem)} {escape(found.operation_id)} {escape(found.rule)}</h3>'
        f"{why}<p>{escape(found.clause)}</p><p><b>wanted</b> {escape(found.wanted)}</p>"
        f"<p><b>got</b> {escape(found.got)}</p><pre>{escape(found.replay)}</pre></section>"
    )
