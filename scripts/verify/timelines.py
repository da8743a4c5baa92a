"""Timelines: the polls of each job in order."""

import json
from typing import Any

from ..document import walk
from .exchange import Exchange
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
        values = self._target.path_values(exchange) if exchange.is_ordered else None
        operation = self._target.document.operation(exchange.operation_id)
        body = exchange.json
        if operation.job is None or values is None or exchange.status is None or not exchange.is_accepted:
            return
        if exchange.method != operation.method or not isinstance(body, dict):
            return
        key = (operation.id, *values)
        _, _, query = self._target.redact(exchange.url).partition("?")
        last = self._last.get((*key, query))
        before = last[0] if last else body
        changed = tuple(name for name in {**before, **body} if before.get(name) != body.get(name))
        entries = self._entries.setdefault(key, [])
        if last and (not changed or len(entries) >= KEPT):
            last[1].count += 1
            return
        state = self._shown(json.dumps(walk(body, operation.job.state), default=str).strip('"'))
        names = tuple(self._shown(name) for name in changed[:SHOWN])
        entry = TimelineEntry(exchange.at, query, exchange.status, state, names)
        entries.append(entry)
        self._last[(*key, query)] = body, entry

    def _shown(self, text: str) -> str:
        text = self._target.redact(text)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."
