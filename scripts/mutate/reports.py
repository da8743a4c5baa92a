"""The matrix as text, JSON and one HTML page."""

import json
from collections.abc import Iterator

import attrs

from ..pages import page as render
from ..printable import printable
from .matrix import Matrix
from .runner import Outcome

KINDS = ("lifecycle", "authentication", "http", "query", "wire", "schema")


def text(matrix: Matrix) -> str:
    """Return the summary: a line per kind of mutant, the worst seed, false alarms, and what is not as expected."""
    rows = _rows(matrix)
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", *_remarks(matrix)])


def _rows(matrix: Matrix) -> list[tuple[str, ...]]:
    """Return the table: its head, and a row per kind of mutant."""
    seed, first = matrix.worst_seed, next(iter(matrix.mutants))
    peers = sorted({name for outcome in matrix.mutants[first] for name in outcome.peers})
    rows = [("kind", "mutants", "killed", "otherwise", "survived", "live", "passive", *peers)]
    for kind in (*KINDS, "all"):
        chosen = [one for one in matrix.mutants[seed] if kind in ("all", one.kind)]
        if chosen:
            columns = [one for one in matrix.mutants[first] if kind in ("all", one.kind)]
            rows.append((kind, *_counts(chosen), *_columns(columns, peers)))
    return rows


def _counts(chosen: list[Outcome]) -> Iterator[str]:
    verdicts = [one.verdict for one in chosen]
    yield str(len(chosen))
    yield f"{verdicts.count('killed')} ({100 * verdicts.count('killed') / len(chosen):.1f} %)"
    yield str(verdicts.count("killed otherwise") + verdicts.count("inconclusive"))
    yield str(sum(verdicts.count(verdict) for verdict in ("survived", "no witness", "error")))


def _columns(chosen: list[Outcome], peers: list[str]) -> Iterator[str]:
    for found in (
        [one.live for one in chosen],
        [one.passive for one in chosen],
        *([one.peers.get(name, False) for one in chosen] for name in peers),
    ):
        yield f"{sum(found)} ({100 * sum(found) / len(found):.0f} %)"


def _remarks(matrix: Matrix) -> Iterator[str]:
    outcomes = [*matrix.conforming, *(one for some in matrix.mutants.values() for one in some)]
    others = sum(one.kind != "schema" for one in matrix.mutants[matrix.worst_seed])
    shares = ", ".join(f"{seed}: {matrix.share(seed):.1f} %" for seed in matrix.mutants)
    yield f"killed by the expected check, by seed: {shares}; {others} mutants are not of schemas"
    yield f"{len(matrix.conforming)} conforming servers, {len(matrix.false_alarms)} with a false alarm"
    requests, seconds = sum(one.requests for one in outcomes), matrix.seconds
    yield f"{len(outcomes)} servers, {requests} requests, {seconds:.0f} s"
    for one in matrix.survivors:
        found = " ".join((*one.checks, *one.reported)) or "nothing"
        yield f"{one.verdict}: {one.id} ({one.document}), expected {' or '.join(one.expected)}, got {found}"
    for one in matrix.false_alarms:
        yield f"false alarm: {one.id}: {printable('; '.join(one.reported))}"
    for name in matrix.missing:
        yield f"no document has what the mutant needs: {name}"


def as_json(matrix: Matrix) -> str:
    """Return everything as JSON."""
    content = {
        "seconds": matrix.seconds,
        "seeds": {
            str(seed): {"killed_percent": matrix.share(seed), "mutants": [attrs.asdict(one) for one in outcomes]}
            for seed, outcomes in matrix.mutants.items()
        },
        "conforming": [attrs.asdict(one) for one in matrix.conforming],
        "missing": matrix.missing,
    }
    return json.dumps(content, indent=1) + "\n"


def page(matrix: Matrix) -> str:
    """Return everything as one HTML page."""
    first = next(iter(matrix.mutants))
    verdicts = {(seed, one.id): str(one.verdict) for seed, outcomes in matrix.mutants.items() for one in outcomes}
    return render(
        __package__,
        "mutants.html.jinja",
        matrix=matrix,
        rows=_rows(matrix),
        remarks=list(_remarks(matrix)),
        peers=sorted({name for outcome in matrix.mutants[first] for name in outcome.peers}),
        outcomes=sorted(matrix.mutants[first], key=lambda one: verdicts[matrix.worst_seed, one.id] == "killed"),
        verdicts=verdicts,
        share=matrix.share(matrix.worst_seed),
    )
