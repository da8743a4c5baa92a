"""The simulated jobs of one operation that reports jobs."""

import itertools
import json
import random
import re
import string
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import attrs

from ..document import MISSING, RUNNING, JobLifecycle, Keys, Operation, id_schema, sample, walk
from .bodies import set_value
from .derived import DerivedResponses
from .durations import JobDistribution
from .parameters import NUMBER, parse_scalar
from .status import SimulatedJob, StatusTemplates, Timeline
from .status_templates import StatusTemplate

# Which status of a job to report: the current one, one of the start of its run, or one of its previous run.
Version = Literal["current", "initial", "previous"]
MAX_RECENT_JOBS = 500


def similar_id(value: str, source: random.Random) -> str:
    """Return a random id of the same shape: digits and hexadecimal letters are replaced, other letters are kept."""

    def replace(match: re.Match[str]) -> str:
        letter = match.group()
        pool = string.digits if letter.isdigit() else "abcdef" if letter.islower() else "ABCDEF"
        return source.choice(pool)

    prefix = re.match(r"[A-Za-z]+[-_]|", value)
    head = prefix.group() if prefix else ""
    made = re.sub(r"[0-9a-fA-F]", replace, value[len(head) :].replace("x", "0"))
    # A numeric id must not start with 0 and needs enough digits to be unique.
    return str(source.randrange(10**6, 10**9)) if value.isdecimal() else head + made


class RecentJobs:
    """The jobs of all operations whose runs were created last, at most `MAX_RECENT_JOBS`: the only ones to be watched.

    The newest one is the last one.
    """

    def __init__(self) -> None:
        self._jobs: dict[tuple[int, tuple[str, ...]], tuple[OperationJobs, tuple[str, ...], SimulatedJob]] = {}

    def __iter__(self) -> "Iterator[tuple[OperationJobs, tuple[str, ...], SimulatedJob]]":
        """Yield the operation, the path parameters and the run of each job."""
        return iter(self._jobs.values())

    def add(self, jobs: "OperationJobs", key: tuple[str, ...], job: SimulatedJob) -> None:
        """Add a job, or its new run."""
        self.discard(jobs, key)
        self._jobs[id(jobs), key] = (jobs, key, job)
        if len(self._jobs) > MAX_RECENT_JOBS:
            del self._jobs[next(iter(self._jobs))]

    def discard(self, jobs: "OperationJobs", key: tuple[str, ...]) -> None:
        """Remove a job that has been deleted."""
        self._jobs.pop((id(jobs), key), None)


class OperationJobs:
    """The simulated jobs of one operation that reports jobs, by their path parameters."""

    def __init__(
        self,
        derived: DerivedResponses,
        operation: Operation,
        source: random.Random,
        distribution: JobDistribution,
        recent: RecentJobs,
    ) -> None:
        if operation.job is None:
            raise ValueError(f"{operation.id} reports no job")
        self.operation = operation
        self._document = derived.document
        self.job_spec: JobLifecycle = operation.job
        self._distribution = distribution
        self._random = source
        self._recent = recent
        self._jobs: dict[tuple[str, ...], SimulatedJob] = {}
        self._ids: set[str] = set()
        unknown = (one.value for one in operation.job_parameter.examples if one.scenario is not None)
        self._never_ids = frozenset({*map(format_id, unknown), "", ".", ".."})
        self._id_schema = id_schema(self._document, operation.job_parameter)
        self._runs = 0
        self._templates = StatusTemplates(derived, operation, self.job_spec)
        self.id_parameter = self.job_spec.parameter
        in_path = [parameter.name for parameter in operation.parameters_in("path")]
        self.parameter_names = tuple(dict.fromkeys((*in_path, self.id_parameter)))
        # If no known job fails, some of the others do, so that a client sees failures.
        self._ends: Iterator[str] = itertools.cycle(self.job_spec.success[:1])

    def add_known_jobs(self, known: Mapping[str, Iterable[str]]) -> None:
        """Add a job for each known id: with the state of its example, or one that ends in the next possible state."""
        first = {name: next(iter(known.get(name, ())), "") for name in self.parameter_names}
        examples = {value: self._own_example(value) for value in known.get(self.id_parameter, ())}
        spec = self.job_spec
        fails = any(example is not None and example.state in spec.failure for example in examples.values())
        is_mixed = self._distribution.failures is None and not fails
        if is_mixed:
            self._ends = itertools.cycle((*spec.success, *spec.partial, *spec.failure))
        for value, example in examples.items():
            values = {**first, self.id_parameter: value}
            if self._key(values) not in self._jobs:
                self._store(values, self._make_known_job(value, example))
        if is_mixed:
            self._ends = _mixed_ends(spec)

    def add_started_job(self, parameters: Mapping[str, str], response: Any, now: float) -> None:
        """Add the job that the response of a start operation announces, with its fields and final state.

        What the response says about the run, its id and when it began, is set in place as the job reports it later.
        """
        spec = self.job_spec
        announced = spec.state_of(response) if spec.state else MISSING
        state = str(announced) if announced in spec.kinds else next(iter(spec.pending), "")
        fields = response if isinstance(response, dict) else {}
        nearest = self._templates.nearest(fields)
        # If the response already has a final state, the job is finished from the start.
        timeline = ((0.0, state),) if spec.is_final(state) else self._make_timeline(state or next(self._ends))
        identity = self._make_identity(nearest, parameters[self.id_parameter])
        job = SimulatedJob(self._templates.merge(nearest, fields), identity, timeline)
        begun = [path for path in spec.timestamps if path in (spec.timestamps[0], *spec.immutable)]
        times = ((path, self._templates.timestamp(nearest, path, walk(fields, path), now)) for path in begun)
        job.fixed_times = tuple((path, time) for path, time in times if time is not MISSING)
        for path, value in (*identity, *job.fixed_times):
            if path != spec.id and walk(fields, path) is not MISSING:
                set_value(fields, path, value)
        self._store(parameters, job)

    def first_progress(self, body: Any) -> float:
        """Return the progress that the response to a start reports."""
        return self._templates.first_progress(next(iter(self.job_spec.pending), ""), body)

    def create(
        self,
        parameters: Mapping[str, str],
        timeline: Timeline | None,
        reason: str | None,
        now: float,
        fixed_fields: tuple[tuple[str, Any], ...] = (),
    ) -> Timeline:
        """Create a job that starts now, or a new run if the job exists. Return its timeline.

        Args:
            parameters: the path parameters of the job.
            timeline: the states of the job; random if None.
            reason: the failure reason; None for the one of the example.
            now: the current time.
            fixed_fields: top-level fields with constant values; `MISSING` omits a field.
        """
        final_state = timeline[-1][1] if timeline else self._sample_final_state()
        template = self._templates.by_state[final_state].body
        identity = self._make_identity(template, parameters[self.id_parameter])
        if (previous := self._jobs.get(self._key(parameters))) is not None:
            # A run that was never polled counts as finished a minute ago.
            started_at = now - previous.duration - 60 if previous.started_at is None else previous.started_at
            previous = attrs.evolve(previous, started_at=started_at, previous_run=None)
            # Two runs start at different times even if the clock is paused.
            now = max(now, started_at + 0.001)
        job = SimulatedJob(
            template, identity, timeline or self._make_timeline(final_state), now, reason, previous, fixed_fields
        )
        self._store(parameters, job)
        return job.timeline

    def set_state(self, parameters: Mapping[str, str], state: str | None, now: float) -> None:
        """Put a job into a state: `RUNNING` starts a new run, None deletes the job. A pending job continues."""
        if state is None:
            self._jobs.pop(self._key(parameters), None)
            self._recent.discard(self, self._key(parameters))
            self._ids.discard(parameters[self.id_parameter])
        else:
            kept: Timeline | None = None if state == RUNNING else ((0.0, state),)
            if state in self.job_spec.pending:
                timeline = self._make_timeline(next(self._ends))
                start = self.job_spec.pending.index(state)
                offset = timeline[start][0]
                kept = tuple((at - offset, name) for at, name in timeline[start:])
            self.create(parameters, kept, None, now)

    def has_id(self, value: str) -> bool:
        """Return whether a job or run has this id."""
        return value in self._ids

    @property
    def api(self) -> str:
        """The file stem of the document."""
        return self._document.stem

    @property
    def count(self) -> int:
        """The number of jobs."""
        return len(self._jobs)

    def states(self, now: float) -> Iterator[tuple[dict[str, str], str]]:
        """Yield the path parameters and the state of each job."""
        for key, job in self._jobs.items():
            yield self.parameters_of(key), job.state_at(now)

    def status(
        self, parameters: Mapping[str, str], view: Any, now: float, version: Version = "current"
    ) -> StatusTemplate | None:
        """Return the status response of a job in a view, or None if the job does not exist.

        The `initial` version is of the start of the run; so is the `previous` one if the job has no earlier run.
        """
        job = self._jobs.get(self._key(parameters))
        if job is None:
            return None
        if version == "previous" and job.previous_run is not None:
            return self._templates.render(job.previous_run, view, now)
        if version != "current" and job.started_at is not None:
            now = job.started_at
        return self._templates.render(job, view, now)

    def complete_parameters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the path parameters of a job: those given, those of an existing job, and a new id if none is given."""
        some = next(iter(self._jobs), tuple("simulated" for _ in self.parameter_names))
        values = {**dict(zip(self.parameter_names, some, strict=True)), **given}
        values = {name: values[name] for name in self.parameter_names}
        if self.id_parameter not in given:
            values[self.id_parameter] = self.new_id(values[self.id_parameter])
        return values

    def parameters_of(self, key: tuple[str, ...]) -> dict[str, str]:
        """Return the path parameters of a job by name."""
        return dict(zip(self.parameter_names, key, strict=True))

    def path_of(self, parameters: Mapping[str, str]) -> str:
        """Return the path of the status of a job, with its query if a parameter is there."""
        quoted = {name: urllib.parse.quote(value, safe="") for name, value in parameters.items()}
        template = self.operation.path
        in_query = "&".join(f"{name}={value}" for name, value in quoted.items() if f"{{{name}}}" not in template)
        path = re.sub(r"\{([^{}]+)\}", lambda found: quoted[found[1]], template)
        return path + (f"?{in_query}" if in_query else "")

    def new_id(self, pattern: str, allows: Callable[[str], bool] = bool) -> str:
        """Return an unused id of the shape of `pattern`, or another one that the parameter and `allows` accept.

        If the schema allows no further id, it is that of the oldest job.
        """
        parameter = self.operation.job_parameter
        is_valid = self._document.validator(self._id_schema).is_valid
        head, slash, tail = pattern.rpartition("/")
        generated = (sample(self._document, self._id_schema, self._random) for _ in range(100))
        similar = (head + slash + similar_id(tail, self._random) for _ in range(100))
        made = itertools.chain(similar, (format_id(value) for value in generated if value is not MISSING))
        unused = (one for one in made if one not in self._ids and one not in self._never_ids)
        known = (self.parameters_of(key)[self.id_parameter] for key in self._jobs)
        for candidate in itertools.chain(unused, known):
            if is_valid(parse_scalar(self._document, parameter.schema, candidate)) and allows(candidate):
                return candidate
        return f"{pattern}-{len(self._ids)}"

    def _own_example(self, value: str) -> StatusTemplate | None:
        path = self.job_spec.id
        own = [e for e in self._templates.examples if path and self.job_spec.is_id(walk(e.body, path), value)]
        return max(own, key=lambda example: len(example.body)) if own else None

    def _make_known_job(self, value: str, example: StatusTemplate | None) -> SimulatedJob:
        if example is not None:
            return SimulatedJob(example.body, (), self._make_timeline(example.state))
        final_state = self._sample_final_state()
        template = self._templates.by_state[final_state].body
        return SimulatedJob(template, self._make_identity(template, value), self._make_timeline(final_state))

    def _make_identity(self, template: Any, value: str) -> tuple[tuple[Keys, Any], ...]:
        """Return the overrides for a job's id and for new run ids. Timestamps come from the clock."""
        runs: list[tuple[Keys, Any]] = []
        for path in self.job_spec.run:
            run = walk(template, path)
            if path == self.job_spec.id or path in self.job_spec.timestamps or isinstance(run, bool):
                continue
            candidates: Iterable[Any] = ()
            if isinstance(run, int):
                self._runs += 1
                candidates = (run + self._runs,)
            elif isinstance(run, str):
                similar = (similar_id(run, self._random) for _ in range(100))
                candidates = (one for one in (*similar, f"{run}-{len(self._ids)}") if one not in self._ids)
            for fresh in candidates:
                # The schema may allow few ids: then runs share one.
                if self._templates.allows(template, {path: fresh}):
                    runs.append((path, fresh))
                    self._ids.add(str(fresh))
                    break
        id_path = self.job_spec.id
        if not id_path:
            return tuple(runs)
        # The body of one state may lack an id that others have.
        bodies = (template, *(one.body for one in self._templates.by_state.values()))
        shown = next((found for body in bodies if (found := walk(body, id_path)) is not MISSING), MISSING)
        return ((id_path, id_like(shown, value)), *runs)

    def _make_timeline(self, final_state: str) -> Timeline:
        """Return a timeline of random duration through the pending states to a final state."""
        kind = self.job_spec.kinds.get(final_state)
        if kind == "notStarted":
            return ((0.0, final_state),)
        if kind == "pending":
            final_state = self._sample_final_state()
        duration = self._distribution.sample_duration(self._random)
        steps = len(self.job_spec.pending)
        pending = tuple((duration * index / steps, name) for index, name in enumerate(self.job_spec.pending))
        return (*pending, (duration, final_state))

    def _sample_final_state(self) -> str:
        fails = self.job_spec.failure and self._distribution.sample_failure(self._random)
        return self.job_spec.failure[0] if fails else next(self._ends)

    def _store(self, parameters: Mapping[str, str], job: SimulatedJob) -> None:
        key = self._key(parameters)
        self._jobs.pop(key, None)  # the newest job is the last one
        self._jobs[key] = job
        self._recent.add(self, key, job)
        self._ids.add(parameters[self.id_parameter])

    def _key(self, parameters: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(parameters[name] for name in self.parameter_names)


def _mixed_ends(spec: JobLifecycle) -> Iterator[str]:
    """Yield final states: of four jobs the second one fails, and the fourth one succeeds in part if it can."""
    failures, partial = itertools.cycle(spec.failure or spec.success), itertools.cycle(spec.partial or spec.success[:1])
    while True:
        yield spec.success[0]
        yield next(failures)
        yield spec.success[0]
        yield next(partial)


def id_like(sample_id: Any, value: str) -> Any:
    """Return an id as it stands in a body: a number, or the end of a path or a URL, if the sample is one."""
    if isinstance(sample_id, int | float) and not isinstance(sample_id, bool) and NUMBER.fullmatch(value):
        return json.loads(value)
    if isinstance(sample_id, str) and "/" in sample_id and "/" not in value:
        return sample_id.rpartition("/")[0] + "/" + value
    return value


def format_id(value: Any) -> str:
    """Return a value as it stands in a URL."""
    return value if isinstance(value, str) else json.dumps(value)
