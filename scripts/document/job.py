"""`x-job`: how a job reported by an operation lives and ends."""

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from .expression import Keys, keys, pointer_keys

Kind = Literal["pending", "success", "failure", "idle"]


@frozen
class Parts:
    """Parts that have all succeeded when the job has: where they stand, each one's state, and its good words."""

    items: Keys
    state: Keys
    success: frozenset[str]


@frozen
class Agreement:
    """A second telling of the state: where it stands, and its word for each word of the state."""

    at: Keys
    words: Mapping[str, str]


@frozen
class Views:
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
    idle: tuple[str, ...] = ()
    progress: Keys | None = None
    reason: Keys | None = None
    run: tuple[Keys, ...] = ()
    times: tuple[Keys, ...] = ()
    constant: tuple[Keys, ...] = ()
    grows: tuple[Keys, ...] = ()
    parts: Parts | None = None
    agrees: tuple[Agreement, ...] = ()
    views: Views | None = None
    limits: tuple[Limit, ...] = ()
    kinds: Mapping[str, Kind] = field(init=False)

    @kinds.default
    def _kinds(self) -> Mapping[str, Kind]:
        lists: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("pending", self.pending),
            ("success", self.success),
            ("failure", self.failure),
            ("idle", self.idle),
        )
        return {word: kind for kind, words in lists for word in words}

    @property
    def words(self) -> tuple[str, ...]:
        """Every word of the state, in the order pending, success, failure, idle."""
        return (*self.pending, *self.success, *self.failure, *self.idle)

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
            "times": self.times,
            "constant": self.constant,
            "grows": self.grows,
            "parts": (self.parts.items,) if self.parts else (),
            "agrees": tuple(agreement.at for agreement in self.agrees),
        }


def parse(raw: Mapping[str, Any]) -> Job:
    """Reads an `x-job` that satisfies its JSON Schema."""

    def many(name: str) -> tuple[Keys, ...]:
        return tuple(keys(expression) for expression in raw.get(name, ()))

    parts = raw.get("parts")
    views = raw.get("views")
    return Job(
        id=keys(raw["id"]),
        state=keys(raw["state"]),
        pending=tuple(raw["pending"]),
        success=tuple(raw["success"]),
        failure=tuple(raw["failure"]),
        idle=tuple(raw.get("idle", ())),
        progress=keys(raw["progress"]) if "progress" in raw else None,
        reason=keys(raw["reason"]) if "reason" in raw else None,
        run=many("run"),
        times=many("times"),
        constant=many("constant"),
        grows=many("grows"),
        parts=Parts(keys(parts["items"]), pointer_keys(parts["state"]), frozenset(parts["success"])) if parts else None,
        agrees=tuple(Agreement(keys(entry["with"]), dict(entry["as"])) for entry in raw.get("agrees", ())),
        views=Views(views["parameter"], tuple(views["values"])) if views else None,
        limits=tuple(Limit(entry["requests"], float(entry["per"])) for entry in raw.get("limits", ())),
    )
