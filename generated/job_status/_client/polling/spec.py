# Generated from scripts/client/polling/spec.py by `make generate`; do not edit.

"""What the document says of a job, as far as waiting for it needs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from attrs import field, frozen

from ..call import Operation
from .run_id import RunId, moment

T = TypeVar("T")
Keys: TypeAlias = tuple[str, ...]
Kind: TypeAlias = Literal["pending", "success", "failure", "notStarted"]

FOLDED: Final = str.maketrans("", "", "-_ ")


def walk(value: Any, path: Keys) -> Any:
    """The value under a path of keys, None where there is nothing."""
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def fold(word: str) -> str:
    """A word of a state without its case, dashes, underscores and blanks."""
    return word.casefold().translate(FOLDED)


@frozen(eq=False)
class JobSpec(Generic[T]):
    """How a job is asked about and how its answers are read. Paths are tuples of keys into the JSON body.

    Attributes:
        api: the class of the client.
        operation: the operation that reports the job.
        request: the generated function that gives the request for parameters.
        read: the generated function that makes the model from a body.
        parameters: the names of the path parameters.
        widest: the keyword argument that has everything told, with its value, where there is one.
        unknown: the status and the beginning of the text by which the server says for sure that there is no such job,
            where the document tells it from an answer that the job is not to be found for now.
    """

    api: str
    operation: Operation
    request: Callable[..., dict[str, Any]]
    read: Callable[[Mapping[str, Any]], T]
    id: Keys
    state: Keys
    pending: tuple[str, ...]
    success: tuple[str, ...]
    failure: tuple[str, ...]
    not_started: tuple[str, ...] = ()
    progress: Keys | None = None
    reason: Keys | None = None
    run: tuple[Keys, ...] = ()
    begun: Keys | None = None
    widest: tuple[str, Any] | None = None
    unknown: tuple[int, str] | None = None
    _kinds: Mapping[str, Kind] = field(init=False, repr=False)
    _folded: Mapping[str, Kind] = field(init=False, repr=False)

    @_kinds.default
    def _exact_words(self) -> Mapping[str, Kind]:
        lists: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("pending", self.pending),
            ("success", self.success),
            ("failure", self.failure),
            ("notStarted", self.not_started),
        )
        return {word: kind for kind, words in lists for word in words}

    @_folded.default
    def _folded_words(self) -> Mapping[str, Kind]:
        kinds: dict[str, set[Kind]] = {}
        for word, kind in self._kinds.items():
            kinds.setdefault(fold(word), set()).add(kind)
        return {word: next(iter(found)) for word, found in kinds.items() if len(found) == 1}

    def kind(self, word: str) -> Kind | None:
        """The kind of a state's word, None where it is unknown. Other spellings count where they are unambiguous."""
        return self._kinds.get(word) or self._folded.get(fold(word))

    def surely_unknown(self, status: int, detail: str) -> bool:
        """Whether an error says for sure that there is no such job."""
        return self.unknown is not None and status == self.unknown[0] and detail.startswith(self.unknown[1])

    def body(self, content: bytes) -> Any:
        """The JSON of an answer.

        Raises:
            ValueError: it is none.
        """
        try:
            return json.loads(content, parse_constant=_no_constant)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None

    def unfit(self, body: Any, values: tuple[Any, ...]) -> str | None:
        """Why a body reports no job that was asked for, None where it does."""
        if not isinstance(body, dict):
            return f"the body is {_named(body)}, wanted an object"
        state = walk(body, self.state)
        if not isinstance(state, str):
            return f"{pointer(self.state)} is {_named(state)}, wanted the word of a state"
        reported = walk(body, self.id)
        if reported is None or isinstance(reported, dict | list):
            return f"{pointer(self.id)} is {_named(reported)}, wanted the id of the job"
        if str(reported) not in map(str, values):
            return f"{pointer(self.id)} is {str(reported)!r}, which is another job"
        return None

    def percent(self, body: Any) -> float | None:
        """The progress that a body reports, 0 to 100, None where it reports none."""
        value = walk(body, self.progress) if self.progress else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
            return None
        return float(value)

    def why(self, body: Any) -> str:
        """The reason that a body gives, empty where it gives none."""
        value = walk(body, self.reason) if self.reason else None
        return "" if value is None else " ".join((value if isinstance(value, str) else json.dumps(value)).split())

    def mark(self, body: Any) -> RunId:
        """The run that a body reports."""
        begun = moment(walk(body, self.begun)) if self.begun is not None and self.begun in self.run else None
        told = (path for path in self.run if begun is None or path != self.begun)
        return RunId(tuple(walk(body, path) for path in told), begun)


def _named(value: Any) -> str:
    """A JSON value in a few words."""
    if value is None:
        return "missing or null"
    kinds: dict[type, str] = {dict: "an object", list: "an array", str: "a text"}
    return kinds.get(type(value)) or repr(value)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def pointer(path: Keys) -> str:
    """A path of keys as a JSON pointer."""
    return "/" + "/".join(path)
