"""`x-job`: how a job reported by an operation lives and ends."""

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from .expression import Keys, keys, pointer_keys

Kind = Literal["pending", "success", "failure", "notStarted"]


@frozen
class Subtasks:
    """Parts that have all succeeded when the job has: where they stand, each one's state, and its good words."""

    items: Keys
    state: Keys
    success: frozenset[str]


@frozen
class Mirror:
    """A second telling of the state: where it stands, and its word for each word of the state."""

    at: Keys
    words: Mapping[str, str]


@frozen
class Detail:
    """A query parameter that chooses how much is told; each value shows all that the one before it shows."""

    parameter: str
    values: tuple[Any, ...]


@frozen
class Limit:
    """At most `requests` requests to one status URL in any `per` seconds."""

    requests: int
    per: float


@frozen
class Job:
    """How a job lives and ends, as `x-job` declares it. Expressions are tuples of keys into the body."""

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
        lists: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("pending", self.pending),
            ("success", self.success),
            ("failure", self.failure),
            ("notStarted", self.not_started),
        )
        return {word: kind for kind, words in lists for word in words}

    @property
    def words(self) -> tuple[str, ...]:
        """Every word of the state, in the order pending, success, failure, notStarted."""
        return (*self.pending, *self.success, *self.failure, *self.not_started)

    def is_final(self, word: str) -> bool:
        """Whether a job in the state `word` has ended. Unknown words are not final."""
        return self.kinds.get(word) in {"success", "failure"}

    def expressions(self) -> dict[str, tuple[Keys, ...]]:
        """Every expression, under the name of the key that holds it."""
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


def parse(raw: Mapping[str, Any]) -> Job:
    """Reads an `x-job` that satisfies its JSON Schema."""

    def many(name: str) -> tuple[Keys, ...]:
        return tuple(keys(expression) for expression in raw.get(name, ()))

    subtasks = raw.get("subtasks")
    detail = raw.get("detail")
    return Job(
        id=keys(raw["id"]),
        state=keys(raw["state"]),
        pending=tuple(raw["pending"]),
        success=tuple(raw["success"]),
        failure=tuple(raw["failure"]),
        not_started=tuple(raw.get("notStarted", ())),
        progress=keys(raw["progress"]) if "progress" in raw else None,
        reason=keys(raw["reason"]) if "reason" in raw else None,
        run=many("run"),
        timestamps=many("timestamps"),
        immutable=many("immutable"),
        append_only=many("appendOnly"),
        subtasks=Subtasks(keys(subtasks["items"]), pointer_keys(subtasks["state"]), frozenset(subtasks["success"]))
        if subtasks
        else None,
        mirrors=tuple(Mirror(keys(entry["at"]), dict(entry["as"])) for entry in raw.get("mirrors", ())),
        detail=Detail(detail["parameter"], tuple(detail["values"])) if detail else None,
        limits=tuple(Limit(entry["requests"], float(entry["per"])) for entry in raw.get("limits", ())),
    )
