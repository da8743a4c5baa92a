"""Each job as it was polled."""

import json
from typing import Any

from attrs import define

from ..document import walk
from .exchange import Exchange
from .target import Target

SHOWN = 100  # characters of a state or a name, and changed fields
KEPT = 500  # different readings of one job; the rest is only counted


@define
class Reading:
    """What a reading has told, at what moment first, and how many with the same query have told the same after it.

    `changed` names the fields that differ from the reading before with the same query.
    """

    at: float
    query: str
    status: int
    state: str
    changed: tuple[str, ...]
    count: int = 1


class Timelines:
    """Writes down the readings of every job."""

    def __init__(self, target: Target, readings: dict[tuple[str, ...], list[Reading]]) -> None:
        self._target = target
        self._readings = readings
        self._last: dict[tuple[str, ...], tuple[dict[str, Any], Reading]] = {}

    def hear(self, exchange: Exchange, values: tuple[str, ...] | None) -> None:
        """Writes one reading down, `values` being the path parameters that it was asked with."""
        operation = self._target.document.operation(exchange.operation_id)
        body = exchange.json
        if operation.job is None or values is None or exchange.status is None or not exchange.is_accepted:
            return
        if exchange.method != operation.method or not isinstance(body, dict):
            return
        key = (operation.id, *values)
        _, _, query = self._target.redact(exchange.url).partition("?")
        told = self._last.get((*key, query))
        before = told[0] if told else body
        changed = tuple(name for name in {**before, **body} if before.get(name) != body.get(name))
        readings = self._readings.setdefault(key, [])
        if told and (not changed or len(readings) >= KEPT):
            told[1].count += 1
            return
        state = self._shown(json.dumps(walk(body, operation.job.state), default=str).strip('"'))
        names = tuple(self._shown(name) for name in changed[:SHOWN])
        reading = Reading(exchange.at, query, exchange.status, state, names)
        readings.append(reading)
        self._last[(*key, query)] = body, reading

    def _shown(self, text: str) -> str:
        text = self._target.redact(text)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."
