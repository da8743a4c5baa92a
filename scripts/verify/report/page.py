"""One HTML page, without anything from elsewhere."""

from collections.abc import Sequence
from html import escape

from ..result import Result
from ..rules import RULES

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1c1e21 }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .25rem .75rem; text-align: left; border-bottom: 1px solid #ddd }
td.failed { background: #fbe3e4; font-weight: 600 } td.none { color: #999 } td.ok { color: #17692d }
section.failure { border-left: 4px solid #c62828; padding: .25rem 1rem; margin: 1rem 0; background: #fafafa }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f2f2f2; padding: .5rem }
"""


def page(results: Sequence[Result], headline: str) -> str:
    """The page as text."""
    columns = [(result, operation) for result in results for operation in result.operations]
    head = "".join(f"<th>{escape(result.document.stem)}<br>{escape(o.id)}</th>" for result, o in columns)
    rows = []
    for rule in RULES:
        cells = []
        for result, operation in columns:
            tally = result.tally(operation.id, rule.name)
            kind = "failed" if tally.failures else "ok" if tally.judged else "none"
            cells.append(f'<td class="{kind}">{tally.judged or ""} {escape(tally.verdict)}</td>')
        rows.append(f'<tr><th title="{escape(rule.says)}">{rule.name}</th>{"".join(cells)}</tr>')
    seen = []
    for result, operation in columns:
        coverage = result.coverage[operation.id]
        statuses = ", ".join(f"<s>{s}</s>" if s in coverage.unseen else s for s in coverage.documented)
        words = ", ".join(w if w in coverage.seen_words else f"<s>{escape(w)}</s>" for w in coverage.words)
        seen.append(
            f"<tr><th>{escape(result.document.stem)} {escape(operation.id)}</th><td>{coverage.requests}</td>"
            f"<td>{coverage.accepted}</td><td>{statuses}</td><td>{words}</td></tr>"
        )
    failures = [
        f'<section class="failure"><h3>{escape(result.document.stem)} {escape(f.operation_id)} {escape(f.rule)}</h3>'
        f"<p>{escape(f.clause)}</p><p><b>wanted</b> {escape(f.wanted)}</p><p><b>got</b> {escape(f.got)}</p>"
        f"<pre>{escape(f.replay)}</pre></section>"
        for result in results
        for f in result.failures()
    ]
    problems = [f"<p><b>{escape(r.document.stem)}</b> {escape(text)}</p>" for r in results for text in r.problems]
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>job-status verify</title><style>{STYLE}</style>
<h1>{escape(headline)}</h1>
{"".join(problems)}
<table><tr><th>check</th>{head}</tr>{"".join(rows)}</table>
<h2>Seen</h2>
<table><tr><th></th><th>requests</th><th>accepted</th><th>statuses</th><th>words</th></tr>{"".join(seen)}</table>
<p>Struck through: documented, not seen.</p>
{"<h2>Failures</h2>" if failures else ""}{"".join(failures)}
</html>
"""
