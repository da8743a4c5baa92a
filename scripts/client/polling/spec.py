"""The lifecycle of a job as its document declares it, for polling."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from attrs import field, frozen

from ..call import Operation
from ..expressions import BODY, NO_HEADERS, Keys, Tests, all_hold, get_path, to_pointer, to_text
from .run_id import RunId, parse_timestamp

T = TypeVar("T")
Kind: TypeAlias = Literal["pending", "success", "partial", "failure", "notStarted"]

FINAL: Final = frozenset({"success", "partial", "failure"})
SEPARATORS: Final = str.maketrans("", "", "-_ ")
NULL: Final = "null"  # the state that a null, or a missing field, reports
UNKNOWN: Final = "unknown"  # the state of a response that satisfies no condition


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
        state: The path of its state, or None if the conditions decide it. States that are no strings are JSON here.
        pending: The states of a job in progress.
        success: The states of a job that succeeded.
        partial: The states of a job that ended, and succeeded in part.
        failure: The states of a job that failed.
        not_started: The states that a job does not leave by itself.
        conditions: The tests of each kind, of which the first that hold decide. The state is named after the kind.
        without_body: The status codes, such as `303` or `2XX`, of responses without a JSON body.
        progress: The path of the progress.
        progress_of: What 100 % is: a number, or its path.
        reason: The path of the reason of a failure.
        run: The paths of the values that identify a run.
        requested_at: The path of the time when the run was requested.
        full_view: The keyword argument, and its value, with which the response is complete.
        unknown: Status and beginning of the message by which the server says that the job definitely does not exist,
            if the document distinguishes that from a job that is temporarily not found.
        converters: What makes the typed keyword arguments of the build function from JSON, if that differs from JSON.
    """

    api: str
    operation: Operation
    build: Callable[..., dict[str, Any]]
    parse: Callable[[Any], T]
    state: Keys | None = None
    pending: tuple[str, ...] = ()
    success: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    not_started: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    conditions: tuple[tuple[Kind, Tests], ...] = ()
    without_body: tuple[str, ...] = ()
    progress: Keys | None = None
    progress_of: float | Keys = 100.0
    reason: Keys | None = None
    run: tuple[Keys, ...] = ()
    requested_at: Keys | None = None
    full_view: tuple[str, Any] | None = None
    unknown: tuple[int, str] | None = None
    converters: Mapping[str, Callable[[Any], Any]] = field(factory=dict)
    _kinds: Mapping[str, Kind] = field(init=False, repr=False)
    _has_scalars: bool = field(init=False, repr=False)
    _normalized_kinds: Mapping[str, Kind] = field(init=False, repr=False)

    @_kinds.default
    def _kinds_default(self) -> Mapping[str, Kind]:
        lists: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("pending", self.pending),
            ("success", self.success),
            ("partial", self.partial),
            ("failure", self.failure),
            ("notStarted", self.not_started),
        )
        if self.conditions:
            return {kind: kind for kind, _ in self.conditions}
        return {state: kind for kind, states in lists for state in states}

    @_has_scalars.default
    def _has_scalars_default(self) -> bool:
        """Whether the document lists a state that is a number or a boolean."""
        return any(state in {"true", "false"} or state.lstrip("-")[:1].isdecimal() for state in self._kinds)

    @_normalized_kinds.default
    def _normalized_kinds_default(self) -> Mapping[str, Kind]:
        kinds: dict[str, set[Kind]] = {}
        for state, kind in self._kinds.items():
            kinds.setdefault(normalize(state), set()).add(kind)
        return {state: next(iter(found)) for state, found in kinds.items() if len(found) == 1}

    @property
    def states(self) -> tuple[str, ...]:
        """Every documented state."""
        return tuple(self._kinds)

    def kind(self, state: str) -> Kind | None:
        """Return the kind of a state, or None if unknown. Other spellings are accepted if they are unambiguous."""
        if (found := self._kinds.get(state)) is not None:
            return found
        # Numbers have no other spelling: -1 is not 1.
        return self._normalized_kinds.get(normalize(state)) if state.upper().isupper() else None

    def state_of(self, body: Any, status: int = 0, headers: Mapping[str, str] = NO_HEADERS) -> str | None:
        """Return the state that a response reports, or None if it reports none."""
        if self.state is not None:
            state = get_path(body, self.state)
            if isinstance(state, str):
                return state
            if state is None:
                return NULL if NULL in self._kinds and isinstance(body, dict) else None
            return to_text(state) if self._has_scalars and not isinstance(state, dict | list) else None
        for kind, tests in self.conditions:
            if all_hold(tests, body, status, headers):
                return kind
        tested = (keys for _, tests in self.conditions for source, keys, _ in tests if source == BODY)
        return UNKNOWN if any(get_path(body, keys) is not None for keys in tested) else None

    def known_state(self, status: Any) -> Any:
        """Return the state of a status as its model, or None if the document does not list it."""
        state = self.state_of(status.to_dict())
        return state if state in self._kinds else None

    def kind_of(self, status: Any) -> Kind | None:
        """Return the kind of the state of a status as its model, or None if unknown."""
        state = self.state_of(status.to_dict())
        return None if state is None else self.kind(state)

    def is_definitely_unknown(self, status: int, detail: str) -> bool:
        """Return whether an error says that the job definitely does not exist."""
        return self.unknown is not None and status == self.unknown[0] and detail.startswith(self.unknown[1])

    def has_body(self, status: int, content: bytes) -> bool:
        """Return whether a response whose state conditions decide has a JSON body."""
        return bool(content) and str(status) not in self.without_body and f"{status // 100}XX" not in self.without_body

    def load(self, content: bytes) -> Any:
        """Parse the JSON of a response.

        Raises:
            ValueError: It is not JSON.
        """
        try:
            return json.loads(content, parse_constant=_reject_constant)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None

    def mismatch(self, body: Any, state: str | None, values: tuple[Any, ...], *, has_body: bool = True) -> str | None:
        """Return why a body with a state is not a status of the requested job, or None if it is."""
        if has_body and not isinstance(body, dict):
            return f"the body is {_describe_json(body)}, expected an object"
        if state is None:
            if self.state is None:
                return "it satisfies no condition of the state"
            return f"{to_pointer(self.state)} is {_describe_json(get_path(body, self.state))}, expected a state"
        if not has_body or not (path := self.operation.job_id):
            return None
        job_id = get_path(body, path)
        if job_id is None or isinstance(job_id, dict | list):
            return f"{to_pointer(path)} is {_describe_json(job_id)}, expected the id of the job"
        return self.operation.other_job(job_id, values) or None

    def get_progress(self, body: Any) -> float | None:
        """Return the progress in a body, 0 to 100, or None if missing."""
        if self.progress is None:
            return None
        value, whole = get_path(body, self.progress), self.progress_of
        if isinstance(whole, tuple):
            whole = get_path(body, whole)
        if any(isinstance(one, bool) or not isinstance(one, int | float) for one in (value, whole)) or whole <= 0:
            return None
        return float(value * 100 / whole) if 0 <= value <= whole else None

    def failure_reason(self, body: Any) -> str:
        """Return the reason in a body, empty if missing. The strings of a list are joined."""
        value = get_path(body, self.reason) if self.reason else None
        if isinstance(value, list):
            value = "; ".join(map(to_text, value))
        return "" if value is None else " ".join(to_text(value).split())

    def converted(self, arguments: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        """Return JSON values as the typed arguments that the build function expects.

        Raises:
            Exception: A value is not of the type.
        """
        return tuple([(k, self.converters[k](v) if k in self.converters else v) for k, v in arguments.items()])

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
