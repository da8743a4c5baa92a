"""`x-job`: the states of the job that an operation reports, and the fields that describe it."""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import evolve, field, frozen

from .expression import (
    BODY,
    MISSING,
    STATUS,
    Expression,
    Keys,
    Message,
    parse_expression,
    parse_pointer,
    parse_runtime_expression,
    walk,
)

Kind = Literal["pending", "success", "partial", "failure", "notStarted"]
KINDS: Final[tuple[Kind, ...]] = ("pending", "success", "partial", "failure", "notStarted")


def state_name(value: Any) -> str:
    """Return the name of a state that a field reports: a string as it is, any other scalar as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


@frozen
class FieldTest:
    """A test of a response: an expression, and the values that it may have, or whether it is present at all."""

    expression: Expression
    values: tuple[Any, ...] = ()
    present: bool | None = None

    def holds(self, message: Message) -> bool:
        """Return whether a response satisfies the test. A null counts as absent."""
        value = self.expression.evaluate(message)
        if self.present is not None:
            return self.present == (value is not MISSING and value is not None)
        return any(type(value) is type(one) and value == one for one in self.values)


@frozen
class Condition:
    """One row of a state of several fields: if all tests hold, the job is of this kind."""

    tests: tuple[FieldTest, ...]
    kind: Kind

    def holds(self, message: Message) -> bool:
        """Return whether a response satisfies every test."""
        return all(test.holds(message) for test in self.tests)


@frozen
class Progress:
    """The progress of a job: where it is, and what 100 % is: a number, or the path of one."""

    at: Keys
    of: float | Keys = 100.0

    def percent(self, body: Any) -> float | None:
        """Return the progress of a status, 0 to 100, or None if it is missing or not a number."""
        value = walk(body, self.at)
        whole = walk(body, self.of) if isinstance(self.of, tuple) else self.of
        numbers = [one for one in (value, whole) if isinstance(one, int | float) and not isinstance(one, bool)]
        return float(numbers[0] * 100 / numbers[1]) if len(numbers) == 2 and numbers[1] else None


@frozen
class Subtasks:
    """Subtasks that have all succeeded once the job has: the list, the state within an item, and its success states."""

    items: Keys
    state: Keys
    success: frozenset[str]


@frozen
class Mirror:
    """A second field that reports the state: its path, and its value for each state."""

    at: Keys
    values: Mapping[str, str]


@frozen
class Detail:
    """A query parameter that selects the level of detail; each value returns all that the previous one returns."""

    parameter: str
    values: tuple[Any, ...]


@frozen
class Limit:
    """A rate limit: at most `requests` requests to one status URL in any `per` seconds."""

    requests: int
    per: float


@frozen
class JobLifecycle:
    """The content of `x-job`. Paths are tuples of keys into the response body.

    Attributes:
        state: The path of the state, None if `conditions` decide it. Then the state is named after its kind.
        id: The path of the id of the job, None if the response has none.
        id_match: Whether the id equals the parameter, or ends with it, as `jobs/{id}` or a URL does.
        names: The parameter whose value names the job, as written; `parameter` once the operation is known.
        raw_states: The JSON value of each state, whose name is a string.
        unknown: Tests of a response that says that the job does not exist.
    """

    state: Keys | None
    pending: tuple[str, ...]
    success: tuple[str, ...]
    failure: tuple[str, ...]
    not_started: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    id: Keys | None = None
    id_match: Literal["equal", "suffix"] = "equal"
    names: str | None = None
    parameter: str = ""
    progress: Progress | None = None
    reason: Keys | None = None
    run: tuple[Keys, ...] = ()
    timestamps: tuple[Keys, ...] = ()
    immutable: tuple[Keys, ...] = ()
    append_only: tuple[Keys, ...] = ()
    subtasks: Subtasks | None = None
    mirrors: tuple[Mirror, ...] = ()
    detail: Detail | None = None
    limits: tuple[Limit, ...] = ()
    unknown: tuple[FieldTest, ...] = ()
    raw_states: Mapping[str, Any] = field(factory=dict)
    kinds: Mapping[str, Kind] = field(init=False)

    @kinds.default
    def _kinds(self) -> Mapping[str, Kind]:
        return {state: kind for kind, states in self.lists.items() for state in states}

    @property
    def lists(self) -> Mapping[Kind, tuple[str, ...]]:
        """The list of states of each kind."""
        return {
            "pending": self.pending,
            "success": self.success,
            "partial": self.partial,
            "failure": self.failure,
            "notStarted": self.not_started,
        }

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order pending, success, partial, failure, notStarted."""
        return tuple(state for states in self.lists.values() for state in states)

    @property
    def interval(self) -> float:
        """The seconds between two polls that the rate limits allow on average, 0 without a limit."""
        return max((limit.per / limit.requests for limit in self.limits), default=0.0)

    def is_final(self, state: str) -> bool:
        """Return whether a job in this state has ended. Unknown states are not final."""
        return self.kinds.get(state) in {"success", "partial", "failure"}

    def state_of(self, body: Any, status: int = 200, headers: Mapping[str, str] = {}) -> Any:
        """Return the name of the state that a response reports, or `MISSING`."""
        if self.state is None:
            message = Message(body, status, headers)
            return next((condition.kind for condition in self.conditions if condition.holds(message)), MISSING)
        value = walk(body, self.state)
        if value is MISSING and self.raw_states.get("null", MISSING) is None and isinstance(body, dict):
            return "null"
        return MISSING if value is MISSING or isinstance(value, dict | list) else state_name(value)

    def is_unknown(self, body: Any, status: int = 200, headers: Mapping[str, str] = {}) -> bool:
        """Return whether a response says that the job does not exist."""
        message = Message(body, status, headers)
        return bool(self.unknown) and all(test.holds(message) for test in self.unknown)

    def is_id(self, value: Any, job_id: str) -> bool:
        """Return whether the value of the id field names the job of the request."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return False
        text = str(value)
        return text == job_id or (self.id_match == "suffix" and text.rstrip("/").endswith(f"/{job_id}"))

    @property
    def status_codes(self) -> frozenset[int]:
        """The status codes that a condition tests: a response with one of them reports the job, whatever it is."""
        tests = (test for condition in self.conditions for test in condition.tests)
        return frozenset(value for test in tests if test.expression.source == STATUS for value in test.values)

    def expressions(self) -> dict[str, tuple[Keys, ...]]:
        """Return every path into the body by the name of its key in `x-job`."""
        progress = self.progress
        tested = (test.expression for condition in self.conditions for test in condition.tests)
        return {
            "id": (self.id,) if self.id else (),
            "state": (self.state,) if self.state else tuple(one.keys for one in tested if one.source == BODY),
            "progress": (progress.at, *((progress.of,) if isinstance(progress.of, tuple) else ())) if progress else (),
            "reason": (self.reason,) if self.reason else (),
            "run": self.run,
            "timestamps": self.timestamps,
            "immutable": self.immutable,
            "appendOnly": self.append_only,
            "subtasks": (self.subtasks.items,) if self.subtasks else (),
            "mirrors": tuple(mirror.at for mirror in self.mirrors),
        }

    def with_parameter(self, name: str) -> "JobLifecycle":
        """Return the lifecycle with the name of the parameter whose value names the job."""
        return evolve(self, parameter=name)


def parse_job(raw: Mapping[str, Any]) -> JobLifecycle:
    """Parse an `x-job` that satisfies its JSON Schema."""

    def expressions(name: str) -> tuple[Keys, ...]:
        return tuple(parse_expression(expression) for expression in raw.get(name, ()))

    subtasks, detail, progress = raw.get("subtasks"), raw.get("detail"), raw.get("progress")
    identity = raw.get("id")
    identity = {"at": identity} if isinstance(identity, str) else identity
    conditions: tuple[Condition, ...] = ()
    if isinstance(raw["state"], list):
        conditions = tuple(Condition(_tests(row["when"]), row["is"]) for row in raw["state"])
        raw_states: dict[str, Any] = {}
        used = {condition.kind for condition in conditions}
        lists: dict[Kind, tuple[str, ...]] = {kind: (kind,) if kind in used else () for kind in KINDS}
    else:
        raw_states = {state_name(value): value for kind in KINDS for value in raw.get(kind, ())}
        lists = {kind: tuple(map(state_name, raw.get(kind, ()))) for kind in KINDS}
    return JobLifecycle(
        state=None if conditions else parse_expression(raw["state"]),
        pending=lists["pending"],
        success=lists["success"],
        failure=lists["failure"],
        not_started=lists["notStarted"],
        partial=lists["partial"],
        conditions=conditions,
        id=parse_expression(identity["at"]) if identity else None,
        id_match=identity.get("match", "equal") if identity else "equal",
        names=raw.get("names"),
        progress=_progress({"at": progress} if isinstance(progress, str) else progress) if progress else None,
        reason=parse_expression(raw["reason"]) if "reason" in raw else None,
        run=expressions("run"),
        timestamps=expressions("timestamps"),
        immutable=expressions("immutable"),
        append_only=expressions("appendOnly"),
        subtasks=Subtasks(
            parse_expression(subtasks["items"]), parse_pointer(subtasks["state"]), frozenset(subtasks["success"])
        )
        if subtasks
        else None,
        mirrors=tuple(Mirror(parse_expression(entry["at"]), dict(entry["as"])) for entry in raw.get("mirrors", ())),
        detail=Detail(detail["parameter"], tuple(detail["values"])) if detail else None,
        limits=tuple(Limit(entry["requests"], float(entry["per"])) for entry in raw.get("limits", ())),
        unknown=_tests(raw.get("unknown", {})),
        raw_states=raw_states,
    )


def _tests(raw: Mapping[str, Any]) -> tuple[FieldTest, ...]:
    found = []
    for text, expected in raw.items():
        expression = parse_runtime_expression(text)
        if isinstance(expected, dict):
            found.append(FieldTest(expression, present=expected["present"]))
        else:
            found.append(FieldTest(expression, tuple(expected) if isinstance(expected, list) else (expected,)))
    return tuple(found)


def _progress(raw: Mapping[str, Any]) -> Progress:
    whole = raw.get("of", 100)
    return Progress(parse_expression(raw["at"]), parse_expression(whole) if isinstance(whole, str) else float(whole))
