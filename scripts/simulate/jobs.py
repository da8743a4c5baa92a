"""Jobs with a life, told in the document's own examples."""

import datetime
import random
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
from attrs import define, frozen

from ..document import MISSING, UNDER_WAY, Job, Keys, Operation, walk
from .draws import Draws

Timeline = tuple[tuple[float, str], ...]


def put(body: Any, path: Keys, value: Any) -> None:
    """Sets the value under `path`, making objects on the way; `MISSING` removes it. A number steps into a list."""
    for key in path[:-1]:
        child = _child(body, key)
        if not isinstance(child, dict | list):
            if value is MISSING or not isinstance(body, dict):
                return
            child = body[key] = {}
        body = child
    last = path[-1]
    if isinstance(body, dict):
        if value is MISSING:
            body.pop(last, None)
        else:
            body[last] = value
    elif isinstance(body, list) and last.isdecimal() and int(last) < len(body):
        if value is MISSING:
            del body[int(last)]
        else:
            body[int(last)] = value


def _child(body: Any, key: str) -> Any:
    if isinstance(body, dict):
        return body.get(key)
    return body[int(key)] if isinstance(body, list) and key.isdecimal() and int(key) < len(body) else None


def carry(body: Any, form: Any, path: Keys) -> None:
    """Lets a body be under `path` as a form is: with what it has there, and without what it lacks, no half of either."""
    for length in range(1, len(path) + 1):
        above = path[:length]
        shown = walk(form, above)
        if shown is MISSING or length == len(path) or not isinstance(walk(body, above), dict | list):
            put(body, above, copied(shown))
            return


def copied(value: Any) -> Any:
    """A copy of JSON; `copy.deepcopy` takes five times as long."""
    if isinstance(value, dict):
        return {key: copied(child) if isinstance(child, dict | list) else child for key, child in value.items()}
    if isinstance(value, list):
        return [copied(child) if isinstance(child, dict | list) else child for child in value]
    return value


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
    """One run of one job. Unless it has begun, it begins with its first reading, so that nobody comes too late.

    There can be very many, so what they have in common is shared: `base` is a reading of the document, and `own` what
    this job has of its own. `before` is the run before this one.
    """

    base: Any
    own: tuple[tuple[Keys, Any], ...]
    timeline: Timeline
    begun: float | None = None
    reason: str | None = None
    before: "Life | None" = None
    # Top-level fields with values that were ordered; `MISSING` leaves one out.
    ordered: tuple[tuple[str, Any], ...] = ()

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

    def __init__(self, operation: Operation, source: random.Random, draws: Draws) -> None:
        if operation.job is None:
            raise ValueError(f"{operation.id} reports no job")
        self.operation = operation
        self.job: Job = operation.job
        self.draws = draws
        self._random = source
        self._lives: dict[tuple[str, ...], Life] = {}
        self._ids: set[str] = set()
        self._runs = 0
        self.parameter_names = tuple(parameter.name for parameter in operation.parameters_in("path"))
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
        self.id_parameter = named[0] if named else self.parameter_names[-1]
        self._hidden = self._hidden_keys(examples)
        self._readings = examples
        job = self.job
        self._varying: tuple[Keys, ...] = (
            *((job.reason,) if job.reason else ()),
            *job.timestamps,
            *job.append_only,
            *((job.subtasks.items,) if job.subtasks else ()),
            *(mirror.at for mirror in job.mirrors),
        )

    def _hidden_keys(self, examples: Iterable[Reading]) -> tuple[frozenset[str], ...]:
        """For each value of the `detail` parameter, the fields that the widest reading has and this one lacks."""
        if self.job.detail is None:
            return ()
        count = len(self.job.detail.values)
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

    def _timeline(self, end: str) -> Timeline:
        """Through the pending words to an end, in a time that is drawn."""
        kind = self.job.kinds.get(end)
        if kind == "notStarted":
            return ((0.0, end),)
        if kind == "pending":
            end = self._drawn_end()
        duration = self.draws.duration(self._random)
        steps = len(self.job.pending)
        pending = tuple((duration * index / steps, name) for index, name in enumerate(self.job.pending))
        return (*pending, (duration, end))

    def _drawn_end(self) -> str:
        return self.job.failure[0] if self.job.failure and self.draws.fails(self._random) else self.job.success[0]

    def seed(self, known: Mapping[str, Iterable[str]]) -> None:
        """Lets the known ids exist: an example's id with the example's end, any other with an end that is drawn."""
        first = {name: next(iter(known.get(name, ())), "") for name in self.parameter_names}
        for value in known.get(self.id_parameter, ()):
            values = {**first, self.id_parameter: value}
            if self._key(values) not in self._lives:
                self._put(values, self._seeded(value))

    def _seeded(self, value: str) -> Life:
        own = [reading for reading in self._readings if str(walk(reading.body, self.job.id)) == value]
        if own:
            widest = max(own, key=lambda reading: len(reading.body))
            return Life(widest.body, (), self._timeline(widest.word))
        end = self._drawn_end()
        return Life(self._forms[end], self._identity(self._forms[end], value), self._timeline(end))

    def _identity(self, base: Any, value: str) -> tuple[tuple[Keys, Any], ...]:
        """The id of a job, and a run of its own. Times are told by the clock."""
        runs: list[tuple[Keys, Any]] = []
        for path in self.job.run:
            run = walk(base, path)
            if path == self.job.id or path in self.job.timestamps or isinstance(run, bool):
                continue
            if isinstance(run, int):
                self._runs += 1
                runs.append((path, run + self._runs))
            elif isinstance(run, str):
                runs.append((path, self.new_id(run)))
                self._ids.add(runs[-1][1])
        return ((self.job.id, self.typed_id(value)), *runs)

    def start(self, parameters: Mapping[str, str], answer: Mapping[str, Any]) -> None:
        """A job that an answer of a start operation has announced. It is of the answer's kind and ends as it says."""
        said = walk(answer, self.job.state)
        word = str(said) if said in self.job.kinds else self.job.success[0]
        same = [
            (sum(reading.body.get(key) == value for key, value in answer.items()), reading)
            for reading in self._readings
        ]
        _, nearest = max(same, key=lambda pair: pair[0])
        body = copied(nearest.body)
        overlay(body, answer, self._readings, {self.job.id, self.job.state})
        # An answer that already tells the end leaves nothing to wait for.
        timeline = ((0.0, word),) if self.job.is_final(word) else self._timeline(word)
        identity = self._identity(nearest.body, parameters[self.id_parameter])
        self._put(parameters, Life(body, identity, timeline))

    def create(
        self,
        parameters: Mapping[str, str],
        timeline: Timeline | None,
        reason: str | None,
        now: float,
        ordered: tuple[tuple[str, Any], ...] = (),
    ) -> Timeline:
        """A job with a life of its own that begins now; of a job that exists, a new run. Gives its timeline.

        `ordered` are fields that it tells with these values throughout, `MISSING` for none.
        """
        end = timeline[-1][1] if timeline else self._drawn_end()
        base = self._forms[end]
        identity = self._identity(base, parameters[self.id_parameter])
        if (before := self._lives.get(self._key(parameters))) is not None:
            # A run that nobody has looked at was over a minute ago.
            begun = now - before.duration - 60 if before.begun is None else before.begun
            before = attrs.evolve(before, begun=begun, before=None)
            # A clock that stands does not make two runs one.
            now = max(now, begun + 0.001)
        life = Life(base, identity, timeline or self._timeline(end), now, reason, before, ordered)
        self._put(parameters, life)
        return life.timeline

    def has(self, value: str) -> bool:
        """Whether there is a job of this id."""
        return value in self._ids

    def leave(self, parameters: Mapping[str, str], word: str | None, now: float) -> None:
        """Leaves a job in a state, `UNDER_WAY` for one that runs from now on; None takes it away."""
        if word is None:
            self._lives.pop(self._key(parameters), None)
            self._ids.discard(parameters[self.id_parameter])
        else:
            self.create(parameters, None if word == UNDER_WAY else ((0.0, word),), None, now)

    def parameters(self, given: Mapping[str, str]) -> dict[str, str]:
        """The path parameters of a job: those that are given, a new id, and otherwise what an existing job has."""
        some = next(iter(self._lives), tuple("simulated" for _ in self.parameter_names))
        values = {**dict(zip(self.parameter_names, some, strict=True)), **given}
        if self.id_parameter not in given:
            values[self.id_parameter] = self.new_id(values[self.id_parameter])
        return values

    def states(self, now: float) -> Iterator[tuple[dict[str, str], str]]:
        """Each job's parameters and the word of its state."""
        for key, life in self._lives.items():
            word = life.timeline[0][1] if life.begun is None else life.at(now)[0]
            yield dict(zip(self.parameter_names, key, strict=True)), word

    def _put(self, parameters: Mapping[str, str], life: Life) -> None:
        self._lives[self._key(parameters)] = life
        self._ids.add(parameters[self.id_parameter])

    def _key(self, parameters: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(parameters[name] for name in self.parameter_names)

    def typed_id(self, value: str) -> Any:
        """An id as the bodies of this operation write it: a number where the examples have numbers."""
        sample = walk(self._readings[0].body, self.job.id)
        return int(value) if isinstance(sample, int) and value.isdecimal() else value

    def new_id(self, pattern: str) -> str:
        """An id like `pattern` that no job has."""
        for _ in range(100):
            candidate = sibling(pattern, self._random)
            if candidate not in self._ids:
                return candidate
        return f"{pattern}-{len(self._ids)}"

    def read(self, parameters: Mapping[str, str], view: Any, now: float) -> Any:
        """The body that reports a job, or `MISSING` where there is none."""
        life = self._lives.get(self._key(parameters))
        return MISSING if life is None else self._told(life, view, now)

    def read_stale(self, parameters: Mapping[str, str], view: Any, now: float) -> Any:
        """What was so once: the run before, where there was one, or else the job at its beginning."""
        life = self._lives.get(self._key(parameters))
        if life is not None and life.before is not None:
            return self._told(life.before, view, now)
        return self.read_backwards(parameters, view, now)

    def read_backwards(self, parameters: Mapping[str, str], view: Any, now: float) -> Any:
        """The job as it was at the beginning of its run."""
        life = self._lives.get(self._key(parameters))
        if life is None:
            return MISSING
        life.at(now)
        return self._told(life, view, now if life.begun is None else life.begun)

    def _told(self, life: Life, view: Any, moment: float) -> Any:
        """What a life looks like at a moment."""
        word, elapsed, changed = life.at(moment)
        body = copied(life.base)
        for path, value in life.own:
            put(body, path, value)
        form = self._forms[word]
        for path in self._varying:
            carry(body, form, path)
        put(body, self.job.state, word)
        if life.reason is not None and self.job.reason and self.job.kinds.get(word) == "failure":
            put(body, self.job.reason, life.reason)
        self._tell_progress(body, form, word, elapsed / life.duration if life.duration else 0.0)
        self._tell_times(body, form, moment - elapsed, changed)
        for name, value in life.ordered:
            put(body, (name,), value)
        if self.job.detail is not None and view in self.job.detail.values:
            for key in self._hidden[self.job.detail.values.index(view)]:
                body.pop(key, None)
        return body

    def _tell_progress(self, body: Any, form: Any, word: str, share: float) -> None:
        path = self.job.progress
        if path is None:
            return
        carry(body, form, path)
        sample = walk(form, path)
        if isinstance(sample, bool) or not isinstance(sample, int | float) or self.job.kinds.get(word) == "notStarted":
            return
        if self.job.kinds.get(word) == "success":
            put(body, path, type(sample)(100))
        else:
            put(body, path, type(sample)(min(99, int(100 * min(max(share, 0.0), 1.0)))))

    def _tell_times(self, body: Any, form: Any, begun: float, changed: float) -> None:
        last = len(self.job.timestamps) - 1
        for index, path in enumerate(self.job.timestamps):
            sample = walk(form, path)
            moment = begun if index == 0 else begun + 0.001 * index
            if index == last and index > 0:
                moment = max(moment, changed)
            carry(body, form, path)
            if sample is not MISSING and sample is not None:
                put(body, path, _like(sample, moment))


def _like(sample: Any, moment: float) -> Any:
    """A moment written as the sample is: seconds or milliseconds since 1970, or a date-time."""
    if isinstance(sample, int | float):
        return type(sample)(round(moment * 1000) if sample > 1e11 else moment)
    written = datetime.datetime.fromtimestamp(round(moment, 3), tz=datetime.UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
