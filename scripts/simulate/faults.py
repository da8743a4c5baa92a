"""Bad days: what goes wrong, for whom, how often. All of it can be repeated from a seed."""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
from attrs import define, field, frozen

from ..document import Document, Operation

# For each kind, the fields that it takes beside those that say for whom and when.
KINDS: Mapping[str, frozenset[str]] = {
    "latency": frozenset({"seconds", "most"}),
    "trickle": frozenset({"seconds"}),
    "status": frozenset({"status", "retry_after", "html"}),
    "expired": frozenset(),
    "unknown_id": frozenset(),
    "example": frozenset({"value"}),
    "reset": frozenset(),
    "truncate": frozenset(),
    "content_type": frozenset({"value"}),
    "unknown_word": frozenset({"value"}),
    "unknown_field": frozenset({"field", "value"}),
    "missing_field": frozenset({"field"}),
    "null": frozenset({"field"}),
    "stale": frozenset(),
    "backwards": frozenset(),
}
REQUIRED: Mapping[str, frozenset[str]] = {
    "latency": frozenset({"seconds"}),
    "status": frozenset({"status"}),
    "example": frozenset({"value"}),
}
SCOPE = frozenset({"kind", "api", "operation", "id", "share", "after", "times"})
# Answered before the job is looked at, or on the way out; the rest spoil a reading of a job.
DEEPEST = 64  # levels of a value
READINGS = frozenset({"unknown_word", "unknown_field", "missing_field", "null", "stale", "backwards"})


class FaultError(ValueError):
    """A fault that cannot be. `field` says which part of it."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


@frozen
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: one of `KINDS`.
        api, operation, id: for whom; None is for all.
        share: the share of their requests that it befalls, 0 to 1.
        after: how many of their requests go well first.
        times: how many requests it befalls at the most, None for all.
        seconds: how long an answer takes; with `most`, drawn between the two.
        status, retry_after, html: what is answered instead, its Retry-After, and whether it is a page of HTML.
        field, value: the field that is spoiled, and what it or the content type is; of `example` the example's name.
    """

    kind: str
    api: str | None = None
    operation: str | None = None
    id: str | None = None
    share: float = 1.0
    after: int = 0
    times: int | None = None
    seconds: float = 0.0
    most: float | None = None
    status: int = 503
    retry_after: float | None = None
    html: bool = False
    field: str | None = None
    value: Any = None


@define
class _Active:
    """A fault that has been set, and how often it has been met."""

    number: int
    fault: Fault
    source: random.Random
    seen: int = 0
    met: int = 0


@define
class Faults:
    """The faults that are set, each with chances of its own."""

    seed: int
    _active: list[_Active] = field(factory=list)
    _count: int = 0

    def add(self, fault: Fault) -> int:
        """Sets a fault; gives its number."""
        self._count += 1
        source = random.Random(f"{self.seed}-{self._count}")  # noqa: S311 - repeatable chance
        self._active.append(_Active(self._count, fault, source))
        return self._count

    def remove(self, number: int) -> bool:
        """Takes a fault back; whether there was one of that number."""
        kept = [active for active in self._active if active.number != number]
        found = len(kept) < len(self._active)
        self._active = kept
        return found

    def clear(self) -> None:
        """Takes every fault back."""
        self._active = []

    def listed(self) -> Iterator[tuple[int, Fault, int]]:
        """Each fault with its number and how many requests it has befallen."""
        for active in self._active:
            yield active.number, active.fault, active.met

    def due(self, api: str, operation: Operation, ids: Iterable[str]) -> list[Fault]:
        """What befalls this request, in the order in which the faults were set."""
        if not self._active:
            return []
        known, found = set(ids), []
        for active in self._active:
            fault = active.fault
            if (fault.api or api) != api or (fault.operation or operation.id) != operation.id:
                continue
            if fault.kind in READINGS and operation.job is None:
                continue
            if fault.id is not None and fault.id not in known:
                continue
            active.seen += 1
            if active.seen <= fault.after or (fault.times is not None and active.met >= fault.times):
                continue
            if fault.share < 1 and active.source.random() >= fault.share:
                continue
            active.met += 1
            if fault.most is not None:
                fault = attrs.evolve(fault, seconds=active.source.uniform(fault.seconds, fault.most))
            found.append(fault)
        return found


def read(raw: Mapping[str, Any], documents: Iterable[Document]) -> Fault:
    """A fault from the JSON that satisfies the schema of the control API.

    Raises:
        FaultError: its fields do not go together, or it names what no document has.
    """
    kind = raw["kind"]
    if unfit := sorted(set(raw) - SCOPE - KINDS[kind]):
        allowed = ", ".join(sorted(KINDS[kind])) or "none beside for whom and when"
        raise FaultError(unfit[0], f"is no field of the kind {kind}, which takes {allowed}")
    if missing := sorted(REQUIRED.get(kind, frozenset()) - set(raw)):
        raise FaultError(missing[0], f"is required for the kind {kind}")
    fault = Fault(**{name: value for name, value in raw.items() if value is not None})
    if fault.most is not None and fault.most < fault.seconds:
        raise FaultError("most", f"is less than seconds, {fault.seconds:g}")
    operations = [
        (document, operation)
        for document in documents
        if fault.api in (None, document.stem)
        for operation in document.operations
        if fault.operation in (None, operation.id)
    ]
    if not operations:
        at = "operation" if fault.operation is not None else "api"
        known = sorted({d.stem for d in documents} if at == "api" else {o.id for d in documents for o in d.operations})
        raise FaultError(at, f"is none that is simulated; wanted one of {', '.join(known)}")
    if kind in READINGS and not any(operation.job for _, operation in operations):
        raise FaultError("operation", f"reports no job, and {kind} spoils the reading of one")
    value = fault.value
    if kind == "example":
        names = sorted({e.name for _, o in operations for r in o.responses for _, e in r.examples if not r.is_success})
        if value not in names:
            raise FaultError("value", f"names no example of an error; wanted one of {', '.join(names)}")
    readable = isinstance(value, str) and value.isascii() and value.isprintable()
    if kind == "content_type" and value is not None and not readable:
        raise FaultError("value", "a content type is a printable text in ASCII")
    if depth(fault.value) > DEEPEST:
        raise FaultError("value", f"is nested more than {DEEPEST} levels deep")
    if kind == "unknown_word":
        _check_word(fault, (operation for _, operation in operations))
    return fault


def depth(value: Any) -> int:
    """How deep JSON is nested, as far as it matters."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        depth += 1
    return depth


def _check_word(fault: Fault, operations: Iterable[Operation]) -> None:
    for operation in operations:
        if operation.job and fault.value in operation.job.words:
            raise FaultError("value", f"{fault.value} is a word that {operation.id} knows")
