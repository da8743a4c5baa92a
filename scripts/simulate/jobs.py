"""Jobs with a life, told in the document's own examples."""

import copy
import datetime
import random
import re
import string
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, frozen

from ..document import MISSING, Job, Keys, Operation, walk

DURATION = 3.0  # seconds from the first reading of a job to its end


def put(body: Any, path: Keys, value: Any) -> None:
    """Sets the value under `path`, making objects on the way; `MISSING` removes it."""
    for key in path[:-1]:
        if not isinstance(body, dict):
            return
        body = body.setdefault(key, {})
    if not isinstance(body, dict):
        return
    if value is MISSING:
        body.pop(path[-1], None)
    else:
        body[path[-1]] = value


def sibling(value: str, source: random.Random) -> str:
    """Another id of the same shape: digits stay digits, hexadecimal letters stay so, other letters stay."""

    def another(match: re.Match[str]) -> str:
        letter = match.group()
        pool = string.digits if letter.isdigit() else "abcdef" if letter.islower() else "ABCDEF"
        return source.choice(pool)

    prefix = re.match(r"[A-Za-z]+[-_]|", value)
    head = prefix.group() if prefix else ""
    made = re.sub(r"[0-9a-fA-F]", another, value[len(head) :].replace("x", "0"))
    # A number does not begin with a nought, and needs room to be another one.
    return str(source.randrange(10**6, 10**9)) if value.isdecimal() else head + made


def overlay(
    body: Any, answer: Mapping[str, Any], readings: Iterable["Reading"], kept: set[Keys], path: Keys = ()
) -> None:
    """Carries what an answer says over to a body, where some reading has such a field; `kept` paths stay."""
    for key, value in answer.items():
        place = (*path, key)
        if isinstance(value, Mapping):
            overlay(body, value, readings, kept, place)
        elif place not in kept and any(walk(reading.body, place) is not MISSING for reading in readings):
            put(body, place, value)


@frozen
class Reading:
    """A documented reading of a job: an example of a 2xx answer, and the word of its state."""

    word: str
    body: Any


@define
class Life:
    """One run of one job. It begins with its first reading, so that nobody who looks comes too late."""

    base: Any
    timeline: tuple[tuple[float, str], ...]
    begun: float | None = None

    def at(self, now: float) -> tuple[str, float, float]:
        """The state, the seconds since the run began, and the moment of the last change, all at `now`."""
        if self.begun is None:
            self.begun = now
        elapsed = now - self.begun
        changed, word = self.timeline[0]
        for offset, name in self.timeline:
            if offset <= elapsed:
                changed, word = offset, name
        return word, elapsed, self.begun + changed

    @property
    def duration(self) -> float:
        """Seconds from the beginning to the last change."""
        return self.timeline[-1][0]


class Lives:
    """The jobs that one operation reports."""

    def __init__(self, operation: Operation, source: random.Random) -> None:
        if operation.job is None:
            raise ValueError(f"{operation.id} reports no job")
        self.operation = operation
        self.job: Job = operation.job
        self._random = source
        self._lives: dict[tuple[str, ...], Life] = {}
        self._parameters = tuple(parameter.name for parameter in operation.parameters_in("path"))
        examples = [
            Reading(str(walk(example.value, self.job.state)), example.value)
            for response in operation.responses
            if response.is_success
            for media_type, example in response.examples
            if media_type.is_json and example.when is None
        ]
        self._forms: dict[str, Any] = {}
        for reading in examples:
            if reading.word not in self._forms or len(reading.body) > len(self._forms[reading.word]):
                self._forms[reading.word] = reading.body
        ids = {str(walk(reading.body, self.job.id)) for reading in examples}
        named = [p.name for p in operation.parameters_in("path") if ids & set(map(str, p.known_values))]
        self.id_parameter = named[0] if named else self._parameters[-1]
        self._hidden = self._hidden_keys(examples)
        self._readings = examples

    def _hidden_keys(self, examples: Iterable[Reading]) -> tuple[frozenset[str], ...]:
        """For each value of the `views` parameter, the fields that the widest reading has and this one lacks."""
        if self.job.views is None:
            return ()
        count = len(self.job.views.values)
        hidden: list[set[str]] = [set() for _ in range(count)]
        chains: dict[tuple[Any, str], list[set[str]]] = {}
        for reading in examples:
            identity = (walk(reading.body, self.job.id), reading.word)
            chains.setdefault(identity, []).append(set(reading.body))
        for chain in chains.values():
            chain.sort(key=len)
            if len(chain) == count:
                for index in range(count):
                    hidden[index] |= chain[-1] - chain[index]
        return tuple(frozenset(keys) for keys in hidden)

    def _timeline(self, word: str) -> tuple[tuple[float, str], ...]:
        kind = self.job.kinds.get(word)
        if kind == "idle":
            return ((0.0, word),)
        end = self.job.success[0] if kind == "pending" else word
        steps = len(self.job.pending)
        pending = tuple((DURATION * index / steps, name) for index, name in enumerate(self.job.pending))
        return (*pending, (DURATION, end))

    def seed(self, known: Mapping[str, Iterable[str]]) -> None:
        """Lets the known ids exist: an example's id with the example's end, any other with the first success."""
        first = {name: next(iter(known.get(name, ())), "") for name in self._parameters}
        for value in known.get(self.id_parameter, ()):
            values = {**first, self.id_parameter: value}
            self._lives.setdefault(tuple(values[name] for name in self._parameters), self._seeded(value))

    def _seeded(self, value: str) -> Life:
        own = [reading for reading in self._readings if str(walk(reading.body, self.job.id)) == value]
        if own:
            widest = max(own, key=lambda reading: len(reading.body))
            return Life(copy.deepcopy(widest.body), self._timeline(widest.word))
        word = self.job.success[0]
        body = copy.deepcopy(self._forms[word])
        put(body, self.job.id, self.typed_id(value))
        self._renew_run(body)
        return Life(body, self._timeline(word))

    def _renew_run(self, body: Any) -> None:
        """Another run of a job: what tells runs apart is new. Times are told by the clock."""
        for path in self.job.run:
            run = walk(body, path)
            if path != self.job.id and path not in self.job.times and isinstance(run, str):
                put(body, path, sibling(run, self._random))

    def start(self, parameters: Mapping[str, str], answer: Mapping[str, Any]) -> None:
        """A job that an answer of a start operation has announced. It is of the answer's kind and ends as it says."""
        said = walk(answer, self.job.state)
        word = str(said) if said in self.job.kinds else self.job.success[0]
        same = [
            (sum(reading.body.get(key) == value for key, value in answer.items()), reading)
            for reading in self._readings
        ]
        _, nearest = max(same, key=lambda pair: pair[0])
        body = copy.deepcopy(nearest.body)
        self._renew_run(body)
        overlay(body, answer, self._readings, {self.job.id, self.job.state})
        put(body, self.job.id, self.typed_id(parameters[self.id_parameter]))
        # An answer that already tells the end leaves nothing to wait for.
        timeline = ((0.0, word),) if self.job.is_final(word) else self._timeline(word)
        self._lives[tuple(parameters[name] for name in self._parameters)] = Life(body, timeline)

    def typed_id(self, value: str) -> Any:
        """An id as the bodies of this operation write it: a number where the examples have numbers."""
        sample = walk(self._readings[0].body, self.job.id)
        return int(value) if isinstance(sample, int) and value.isdecimal() else value

    def new_id(self, pattern: str) -> str:
        """An id like `pattern` that no job has."""
        taken = {value for key in self._lives for value in key}
        for _ in range(100):
            candidate = sibling(pattern, self._random)
            if candidate not in taken:
                return candidate
        return f"{pattern}-{len(self._lives)}"

    def read(self, parameters: Mapping[str, str], view: Any, now: float) -> Any:
        """The body that reports a job, or `MISSING` where there is none."""
        life = self._lives.get(tuple(parameters[name] for name in self._parameters))
        if life is None:
            return MISSING
        word, elapsed, changed = life.at(now)
        body = copy.deepcopy(life.base)
        form = self._forms[word]
        for path in self._varying():
            put(body, path, copy.deepcopy(walk(form, path)))
        put(body, self.job.state, word)
        self._tell_progress(body, form, word, elapsed / life.duration if life.duration else 1.0)
        self._tell_times(body, form, now - elapsed, changed)
        if self.job.views is not None and view in self.job.views.values:
            for key in self._hidden[self.job.views.values.index(view)]:
                body.pop(key, None)
        return body

    def _varying(self) -> tuple[Keys, ...]:
        job = self.job
        parts = (job.parts.items,) if job.parts else ()
        reason = (job.reason,) if job.reason else ()
        return (*reason, *job.times, *job.grows, *parts, *(agreement.at for agreement in job.agrees))

    def _tell_progress(self, body: Any, form: Any, word: str, share: float) -> None:
        path = self.job.progress
        if path is None:
            return
        sample = walk(form, path)
        if sample is MISSING:
            put(body, path, MISSING)
        elif self.job.kinds.get(word) == "success":
            put(body, path, type(sample)(100))
        else:
            put(body, path, type(sample)(min(99, int(100 * min(share, 1.0)))))

    def _tell_times(self, body: Any, form: Any, begun: float, changed: float) -> None:
        last = len(self.job.times) - 1
        for index, path in enumerate(self.job.times):
            sample = walk(form, path)
            moment = begun if index == 0 else begun + 0.001 * index
            if index == last and index > 0:
                moment = max(moment, changed)
            put(body, path, MISSING if sample is MISSING else _like(sample, moment))


def _like(sample: Any, moment: float) -> Any:
    """A moment written as the sample is: seconds or milliseconds since 1970, or a date-time."""
    if isinstance(sample, int | float):
        return type(sample)(round(moment * 1000) if sample > 1e11 else moment)
    written = datetime.datetime.fromtimestamp(round(moment, 3), tz=datetime.UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
