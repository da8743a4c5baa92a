"""Fault injection: which faults apply to which requests, and how often. The seed makes it repeatable."""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
from attrs import define, field, frozen

from ..document import MISSING, Document, Keys, Operation
from .bodies import set_value
from .control_request import ControlRequestError

# The fields that each kind takes in addition to those of SCOPE.
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
# What a response with a fault of each kind is like.
EFFECTS: Mapping[str, str] = {
    "latency": "The response is late",
    "trickle": "The response is sent byte by byte",
    "status": "An error status",
    "expired": "The credential is rejected",
    "unknown_id": "The job is unknown",
    "example": "An error that the document describes, by the name of its example",
    "reset": "The connection is reset",
    "truncate": "The body is cut off",
    "content_type": "Another Content-Type",
    "unknown_word": "An undocumented state",
    "unknown_field": "An undocumented property",
    "missing_field": "A property is missing",
    "null": "A property is null",
    "stale": "An earlier status of the job",
    "backwards": "An earlier state of the job",
}
# The fields that say which requests a fault applies to.
SCOPE = frozenset({"kind", "api", "operation", "id", "share", "after", "times"})
MAX_DEPTH = 64  # levels of nesting of a value
# The kinds that change a job's status response. All others apply to any request.
STATUS_KINDS = frozenset({"unknown_word", "unknown_field", "missing_field", "null", "stale", "backwards"})


@frozen
class Fault:
    """A fault to inject.

    Attributes:
        kind: one of `KINDS`.
        api, operation, id: the requests that it applies to; None for all.
        share: the share of these requests that it applies to, 0 to 1.
        after: the number of these requests to leave unaffected first.
        times: the maximum number of requests that it applies to; None for no limit.
        seconds: the duration of the response; with `most`, a random duration between the two.
        status, retry_after, html: the status of the response, its Retry-After in seconds, and whether it is HTML.
        field, value: the field to change and its new value; `value` is also the content type, or the name of an error
            example.
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

    def described(self) -> dict[str, Any]:
        """Return the fault as JSON."""
        return attrs.asdict(self, recurse=False, filter=lambda _, value: value is not None)


@define
class _ActiveFault:
    """A fault with its number, the count of matching requests, and the count of affected ones."""

    number: int
    fault: Fault
    source: random.Random
    seen: int = 0
    met: int = 0


@define
class FaultInjector:
    """The active faults, each with its own random source."""

    seed: int
    _active: list[_ActiveFault] = field(factory=list)
    _count: int = 0

    def add(self, fault: Fault) -> int:
        """Add a fault and return its number."""
        self._count += 1
        source = random.Random(f"{self.seed}-{self._count}")  # noqa: S311 - repeatable, not for security
        self._active.append(_ActiveFault(self._count, fault, source))
        return self._count

    def remove(self, number: int) -> bool:
        """Remove a fault; return whether it existed."""
        kept = [active for active in self._active if active.number != number]
        found = len(kept) < len(self._active)
        self._active = kept
        return found

    def clear(self) -> None:
        """Remove all faults."""
        self._active = []

    def active_faults(self) -> Iterator[tuple[int, Fault, int]]:
        """Yield each fault with its number and the count of requests that it has affected."""
        for active in self._active:
            yield active.number, active.fault, active.met

    def apply(self, api: str, operation: Operation, ids: Iterable[str]) -> list[Fault]:
        """Return the faults that apply to a request, in the order in which they were added, and count the request."""
        if not self._active:
            return []
        known, found = set(ids), []
        for active in self._active:
            fault = active.fault
            if (fault.api or api) != api or (fault.operation or operation.id) != operation.id:
                continue
            if fault.kind in STATUS_KINDS and operation.job is None:
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


def find_fault(faults: Iterable[Fault], kind: str) -> Fault | None:
    """Return the first fault of a kind, or None."""
    return next((fault for fault in faults if fault.kind == kind), None)


def corrupt_status(body: Any, fault: Fault, state: Keys) -> None:
    """Apply a fault to one field of a status body in place: to `fault.field`, or else to the state."""
    path = tuple(fault.field.strip("/").split("/")) if fault.field else state
    if fault.kind == "unknown_word":
        set_value(body, state, fault.value or "UNHEARD_OF")
    elif fault.kind == "unknown_field":
        set_value(body, path if fault.field else ("unheardOf",), True if fault.value is None else fault.value)
    elif fault.kind == "missing_field":
        set_value(body, path, MISSING)
    elif fault.kind == "null":
        set_value(body, path, None)


def parse_fault(raw: Mapping[str, Any], documents: Iterable[Document]) -> Fault:
    """Return the fault from JSON that satisfies the schema of the control API.

    Raises:
        ControlRequestError: its fields do not go together, or it names an API, operation or example that no document
            has.
    """
    kind = raw["kind"]
    if unsupported := sorted(set(raw) - SCOPE - KINDS[kind]):
        allowed = ", ".join(sorted(KINDS[kind])) or "only the fields that select requests"
        raise ControlRequestError(unsupported[0], f"is not a field of the kind {kind}, which takes {allowed}")
    if missing := sorted(REQUIRED.get(kind, frozenset()) - set(raw)):
        raise ControlRequestError(missing[0], f"is required for the kind {kind}")
    fault = Fault(**{name: value for name, value in raw.items() if value is not None})
    if fault.most is not None and fault.most < fault.seconds:
        raise ControlRequestError("most", f"expected at least seconds, {fault.seconds:g}, got {fault.most:g}")
    operations = [
        (document, operation)
        for document in documents
        if fault.api in (None, document.stem)
        for operation in document.operations
        if fault.operation in (None, operation.id)
    ]
    if not operations:
        at = "operation" if fault.operation is not None else "api"
        given = str(fault.operation if fault.operation is not None else fault.api)[:80]
        known = sorted({d.stem for d in documents} if at == "api" else {o.id for d in documents for o in d.operations})
        raise ControlRequestError(at, f"is not simulated: expected one of {', '.join(known)}, got {given!r}")
    if kind in STATUS_KINDS and not any(operation.job for _, operation in operations):
        raise ControlRequestError(
            "operation", f"reports no job: expected one that does, because {kind} changes a job's status"
        )
    value = fault.value
    if kind == "example":
        names = sorted({e.name for _, o in operations for r in o.responses for _, e in r.examples if not r.is_success})
        if value not in names:
            raise ControlRequestError("value", f"is not an error example: expected one of {', '.join(names)}")
    is_printable = isinstance(value, str) and value.isascii() and value.isprintable()
    if kind == "content_type" and value is not None and not is_printable:
        raise ControlRequestError("value", "expected a content type of printable ASCII characters")
    if json_depth(fault.value) > MAX_DEPTH:
        raise ControlRequestError("value", f"is nested more than {MAX_DEPTH} levels deep")
    if kind == "unknown_word":
        _check_unknown_state(fault, (operation for _, operation in operations))
    return fault


def json_depth(value: Any) -> int:
    """Return the nesting depth of JSON data, counted up to one level more than `MAX_DEPTH`."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        depth += 1
    return depth


def _check_unknown_state(fault: Fault, operations: Iterable[Operation]) -> None:
    for operation in operations:
        if operation.job and fault.value in operation.job.states:
            raise ControlRequestError(
                "value", f"expected an unknown state, got {fault.value}, a state of {operation.id}"
            )
