"""Timelines: the polls of each job in order."""

from typing import Any

from .exchange import Exchange
from .jobs import reports_job, state_of
from .result import Result, TimelineEntry
from .target import Target

SHOWN = 100  # characters of a state or a name, and changed fields
KEPT = 500  # distinct polls of one job; further ones are only counted


class Timelines:
    """Records the polls of every job."""

    subject = "the timeline of a job"

    def __init__(self, target: Target, result: Result) -> None:
        self._target = target
        self._entries = result.timelines
        self._last: dict[tuple[str, ...], tuple[dict[str, Any], TimelineEntry]] = {}

    def observe(self, exchange: Exchange) -> None:
        """Record one poll."""
        values = self._target.job_values(exchange) if exchange.is_ordered else None
        operation = self._target.document.operation(exchange.operation_id)
        if values is None or exchange.status is None or not reports_job(operation, exchange):
            return
        state = self._shown(str(state_of(operation, exchange)))
        # The body may be empty if the status code is the state.
        body = {"": state} if operation.job and operation.job.conditions else {}
        body |= exchange.json if isinstance(exchange.json, dict) else {}
        key = (operation.id, *values.values())
        _, _, query = self._target.redact(exchange.url).partition("?")
        last = self._last.get((*key, query))
        before = last[0] if last else body
        changed = tuple(name for name in {**before, **body} if before.get(name) != body.get(name))
        entries = self._entries.setdefault(key, [])
        if last and (not changed or len(entries) >= KEPT):
            last[1].count += 1
            last[1].until = exchange.at
            return
        names = tuple(self._shown(name) for name in changed[:SHOWN])
        job = operation.job
        kind = job.kinds.get(state) if job else None
        progress = job.progress.percent(body) if job and job.progress else None
        entry = TimelineEntry(exchange.at, query, exchange.status, state, names, kind, progress)
        entries.append(entry)
        self._last[(*key, query)] = body, entry

    def _shown(self, text: str) -> str:
        text = self._target.redact(text)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."
