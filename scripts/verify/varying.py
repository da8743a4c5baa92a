"""Members of a status that differ from read to read by themselves, such as a duration or the name of a node."""

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

from attrs import Factory, define, evolve

from ..document import MISSING, Keys, Operation
from .exchange import Exchange, leaves
from .jobs import kind_of
from .probe import Probe

ENOUGH = 3  # changes of a member until it counts as varying


@define
class VaryingMembers:
    """Learns which members of a status change between reads of one job that has ended, with no other job in between.

    One odd response is two changes, and thus not enough; of a number, one is. A member that `x-job` names never varies.
    """

    _job: dict[str, str] = Factory(dict)  # the last one of each operation, as the URL without the query
    _reads: dict[str, Exchange] = Factory(dict)
    _changes: Counter[tuple[str, Keys]] = Factory(Counter)

    def learn(self, operation: Operation, exchange: Exchange, *, has_ended: bool = False) -> None:
        """Compare a plain read to the one before; `has_ended` also if its state is not final."""
        job = exchange.url.partition("?")[0]
        if self._job.get(operation.id) != job:
            # The first read after one of another job may have values of that job, which is a fault.
            self._job[operation.id] = job
            self._reads.clear()
            return
        if not has_ended and kind_of(operation, exchange) in {None, "pending", "notStarted"}:
            return
        before = self._reads.get(exchange.url)
        self._reads[exchange.url] = exchange
        if before is not None and before.json != exchange.json:
            first, second = leaves(before.json), leaves(exchange.json)
            for path in {**first, **second}:
                values = (first.get(path, MISSING), second.get(path, MISSING))
                if values[0] != values[1]:
                    self._changes[operation.id, path] += ENOUGH if all(map(_is_number, values)) else 1

    def of(self, operation: Operation) -> frozenset[Keys]:
        """Return the paths of the varying members of a status."""
        changed = [path for (name, path), count in self._changes.items() if name == operation.id and count >= ENOUGH]
        return frozenset(path for path in changed if not _is_named(operation, path))

    def without(self, probe: Probe) -> Probe:
        """Return a probe whose exchanges lack the varying members."""
        paths = self.of(probe.operation) | _measured(probe)
        others = tuple(_without(exchange, paths) for exchange in probe.others)
        return evolve(probe, exchange=_without(probe.exchange, paths), others=others) if paths else probe


def _measured(probe: Probe) -> frozenset[Keys]:
    """Return the paths of numbers that only the exchange of a probe has: a measurement may differ once."""
    if not probe.others:
        return frozenset()
    found, own, *others = (leaves(exchange.json) for exchange in (probe.exchange, *probe.others))
    return frozenset(
        path
        for path, value in found.items()
        if _is_number(value)
        and _is_number(own.get(path))
        and all(other.get(path) != value for other in (own, *others))
        and not _is_named(probe.operation, path)
    )


def _is_named(operation: Operation, path: Keys) -> bool:
    """Return whether `x-job` names a path, or one above or below it."""
    named = [one for paths in operation.job.expressions().values() for one in paths] if operation.job else []
    return any(path[: len(one)] == one or one[: len(path)] == path for one in named)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _without(exchange: Exchange, paths: Collection[Keys]) -> Exchange:
    if not isinstance(exchange.json, dict):
        return exchange
    return evolve(exchange, body=json.dumps(_reduced(exchange.json, paths)).encode())


def _reduced(value: Any, paths: Collection[Keys], path: Keys = ()) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _reduced(v, paths, (*path, name)) for name, v in value.items() if (*path, name) not in paths}
