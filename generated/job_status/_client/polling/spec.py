# Generated from scripts/client/polling/spec.py by `make generate`; do not edit.

"""The lifecycle of a job as its document declares it, for polling."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from attrs import field, frozen

from ..call import Operation
from .run_id import RunId, parse_timestamp

T = TypeVar("T")
Keys: TypeAlias = tuple[str, ...]
Kind: TypeAlias = Literal["pending", "success", "failure", "notStarted"]

SEPARATORS: Final = str.maketrans("", "", "-_ ")


def get_path(value: Any, path: Keys) -> Any:
    """Return the value at a path of keys, or None if missing."""
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def normalize(state: str) -> str:
    """Return a state without case, dashes, underscores and spaces."""
    return state.casefold().translate(SEPARATORS)


@frozen(eq=False)
class JobSpec(Generic[T]):
    """How a job is polled and how its status responses are interpreted. Paths are tuples of keys of the JSON body.

    Attributes:
        api: The name of the client class.
        operation: The operation that reports the job.
        build: The generated function that builds the request.
        parse: The generated function that creates the model from a body.
        id: The path of the id of the job.
        state: The path of its state.
        pending: The states of a job in progress.
        success: The states of a job that succeeded.
        failure: The states of a job that failed.
        not_started: The states that a job does not leave by itself.
        progress: The path of the progress, 0 to 100.
        reason: The path of the reason of a failure.
        run: The paths of the values that identify a run.
        requested_at: The path of the time when the run was requested.
        full_view: The keyword argument, and its value, with which the response is complete.
        unknown: Status and beginning of the message by which the server says that the job definitely does not exist,
            if the document distinguishes that from a job that is temporarily not found.
    """

    api: str
    operation: Operation
    build: Callable[..., dict[str, Any]]
    parse: Callable[[Mapping[str, Any]], T]
    id: Keys
    state: Keys
    pending: tuple[str, ...]
    success: tuple[str, ...]
    failure: tuple[str, ...]
    not_started: tuple[str, ...] = ()
    progress: Keys | None = None
    reason: Keys | None = None
    run: tuple[Keys, ...] = ()
    requested_at: Keys | None = None
    full_view: tuple[str, Any] | None = None
    unknown: tuple[int, str] | None = None
    _kinds: Mapping[str, Kind] = field(init=False, repr=False)
    _normalized_kinds: Mapping[str, Kind] = field(init=False, repr=False)

    @_kinds.default
    def _kinds_default(self) -> Mapping[str, Kind]:
        lists: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("pending", self.pending),
            ("success", self.success),
            ("failure", self.failure),
            ("notStarted", self.not_started),
        )
        return {state: kind for kind, states in lists for state in states}

    @_normalized_kinds.default
    def _normalized_kinds_default(self) -> Mapping[str, Kind]:
        kinds: dict[str, set[Kind]] = {}
        for state, kind in self._kinds.items():
            kinds.setdefault(normalize(state), set()).add(kind)
        return {state: next(iter(found)) for state, found in kinds.items() if len(found) == 1}

    @property
    def states(self) -> tuple[str, ...]:
        """Every documented state."""
        return (*self.pending, *self.success, *self.failure, *self.not_started)

    def kind(self, state: str) -> Kind | None:
        """Return the kind of a state, or None if unknown. Other spellings are accepted if they are unambiguous."""
        return self._kinds.get(state) or self._normalized_kinds.get(normalize(state))

    def is_definitely_unknown(self, status: int, detail: str) -> bool:
        """Return whether an error says that the job definitely does not exist."""
        return self.unknown is not None and status == self.unknown[0] and detail.startswith(self.unknown[1])

    def load(self, content: bytes) -> Any:
        """Parse the JSON of a response.

        Raises:
            ValueError: It is not JSON.
        """
        try:
            return json.loads(content, parse_constant=_reject_constant)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None

    def mismatch(self, body: Any, values: tuple[Any, ...]) -> str | None:
        """Return why a body is not a status of the requested job, or None if it is."""
        if not isinstance(body, dict):
            return f"the body is {_describe_json(body)}, expected an object"
        state = get_path(body, self.state)
        if not isinstance(state, str):
            return f"{to_pointer(self.state)} is {_describe_json(state)}, expected a state"
        job_id = get_path(body, self.id)
        if job_id is None or isinstance(job_id, dict | list):
            return f"{to_pointer(self.id)} is {_describe_json(job_id)}, expected the id of the job"
        if str(job_id) not in map(str, values):
            return f"{to_pointer(self.id)} is {str(job_id)!r}, which is another job"
        return None

    def get_progress(self, body: Any) -> float | None:
        """Return the progress in a body, 0 to 100, or None if missing."""
        value = get_path(body, self.progress) if self.progress else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
            return None
        return float(value)

    def failure_reason(self, body: Any) -> str:
        """Return the reason in a body, empty if missing."""
        value = get_path(body, self.reason) if self.reason else None
        return "" if value is None else " ".join((value if isinstance(value, str) else json.dumps(value)).split())

    def run_id(self, body: Any) -> RunId:
        """Return the run that a body reports."""
        requested_at = None
        if self.requested_at is not None and self.requested_at in self.run:
            requested_at = parse_timestamp(get_path(body, self.requested_at))
        paths = (path for path in self.run if requested_at is None or path != self.requested_at)
        return RunId(tuple(get_path(body, path) for path in paths), requested_at)


def _describe_json(value: Any) -> str:
    """Return a short description of a JSON value."""
    if value is None:
        return "missing or null"
    kinds: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}
    return kinds.get(type(value)) or repr(value)


def _reject_constant(constant: str) -> float:
    raise ValueError(f"{constant} is not valid JSON")


def to_pointer(path: Keys) -> str:
    """Return a path of keys as a JSON pointer."""
    return "/" + "/".join(path)
