"""`x-job`: the states of the job that an operation reports, and the fields that describe it."""

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from .expression import Keys, parse_expression, parse_pointer

Kind = Literal["pending", "success", "failure", "notStarted"]


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
    """The content of `x-job`. Expressions are tuples of keys into the response body."""

    id: Keys
    state: Keys
    pending: tuple[str, ...]
    success: tuple[str, ...]
    failure: tuple[str, ...]
    not_started: tuple[str, ...] = ()
    progress: Keys | None = None
    reason: Keys | None = None
    run: tuple[Keys, ...] = ()
    timestamps: tuple[Keys, ...] = ()
    immutable: tuple[Keys, ...] = ()
    append_only: tuple[Keys, ...] = ()
    subtasks: Subtasks | None = None
    mirrors: tuple[Mirror, ...] = ()
    detail: Detail | None = None
    limits: tuple[Limit, ...] = ()
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
            "failure": self.failure,
            "notStarted": self.not_started,
        }

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order pending, success, failure, notStarted."""
        return (*self.pending, *self.success, *self.failure, *self.not_started)

    def is_final(self, state: str) -> bool:
        """Return whether a job in this state has ended. Unknown states are not final."""
        return self.kinds.get(state) in {"success", "failure"}

    def expressions(self) -> dict[str, tuple[Keys, ...]]:
        """Return every expression by the name of its key in `x-job`."""
        return {
            "id": (self.id,),
            "state": (self.state,),
            "progress": (self.progress,) if self.progress else (),
            "reason": (self.reason,) if self.reason else (),
            "run": self.run,
            "timestamps": self.timestamps,
            "immutable": self.immutable,
            "appendOnly": self.append_only,
            "subtasks": (self.subtasks.items,) if self.subtasks else (),
            "mirrors": tuple(mirror.at for mirror in self.mirrors),
        }


def parse_job(raw: Mapping[str, Any]) -> JobLifecycle:
    """Parse an `x-job` that satisfies its JSON Schema."""

    def expressions(name: str) -> tuple[Keys, ...]:
        return tuple(parse_expression(expression) for expression in raw.get(name, ()))

    subtasks = raw.get("subtasks")
    detail = raw.get("detail")
    return JobLifecycle(
        id=parse_expression(raw["id"]),
        state=parse_expression(raw["state"]),
        pending=tuple(raw["pending"]),
        success=tuple(raw["success"]),
        failure=tuple(raw["failure"]),
        not_started=tuple(raw.get("notStarted", ())),
        progress=parse_expression(raw["progress"]) if "progress" in raw else None,
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
    )
