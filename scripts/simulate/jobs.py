"""The simulated jobs of one operation that reports jobs."""

import random
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import attrs

from ..document import MISSING, RUNNING, JobLifecycle, Keys, Operation, walk
from .bodies import copy_json
from .durations import JobDistribution
from .status import SimulatedJob, StatusTemplates, Timeline

# Which status of a job to report: the current one, one of the start of its run, or one of its previous run.
Version = Literal["current", "initial", "previous"]


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


class OperationJobs:
    """The simulated jobs of one operation that reports jobs, by their path parameters."""

    def __init__(self, operation: Operation, source: random.Random, distribution: JobDistribution) -> None:
        if operation.job is None:
            raise ValueError(f"{operation.id} reports no job")
        self.operation = operation
        self.job_spec: JobLifecycle = operation.job
        self._distribution = distribution
        self._random = source
        self._jobs: dict[tuple[str, ...], SimulatedJob] = {}
        self._ids: set[str] = set()
        self._runs = 0
        self._templates = StatusTemplates(operation, self.job_spec)
        self.parameter_names = tuple(parameter.name for parameter in operation.parameters_in("path"))
        ids = {str(walk(example.body, self.job_spec.id)) for example in self._templates.examples}
        matching = [p.name for p in operation.parameters_in("path") if ids & set(map(str, p.known_values))]
        self.id_parameter = matching[0] if matching else self.parameter_names[-1]

    def add_known_jobs(self, known: Mapping[str, Iterable[str]]) -> None:
        """Add a job for each known id: one with the state of its example if it has one, or else a random outcome."""
        first = {name: next(iter(known.get(name, ())), "") for name in self.parameter_names}
        for value in known.get(self.id_parameter, ()):
            values = {**first, self.id_parameter: value}
            if self._key(values) not in self._jobs:
                self._store(values, self._make_known_job(value))

    def add_started_job(self, parameters: Mapping[str, str], response: Mapping[str, Any]) -> None:
        """Add the job that the response of a start operation announces, with its fields and final state."""
        announced = walk(response, self.job_spec.state)
        state = str(announced) if announced in self.job_spec.kinds else self.job_spec.success[0]
        nearest = self._templates.nearest(response)
        body = copy_json(nearest)
        self._templates.merge(body, response)
        # If the response already has a final state, the job is finished from the start.
        timeline = ((0.0, state),) if self.job_spec.is_final(state) else self._make_timeline(state)
        identity = self._make_identity(nearest, parameters[self.id_parameter])
        self._store(parameters, SimulatedJob(body, identity, timeline))

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
        template = self._templates.by_state[final_state]
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
        """Put a job into a state: `RUNNING` starts a new run, None deletes the job."""
        if state is None:
            self._jobs.pop(self._key(parameters), None)
            self._ids.discard(parameters[self.id_parameter])
        else:
            self.create(parameters, None if state == RUNNING else ((0.0, state),), None, now)

    def has_id(self, value: str) -> bool:
        """Return whether a job or run has this id."""
        return value in self._ids

    def states(self, now: float) -> Iterator[tuple[dict[str, str], str]]:
        """Yield the path parameters and the state of each job."""
        for key, job in self._jobs.items():
            state = job.timeline[0][1] if job.started_at is None else job.progress_at(now)[0]
            yield dict(zip(self.parameter_names, key, strict=True)), state

    def status(self, parameters: Mapping[str, str], view: Any, now: float, version: Version = "current") -> Any:
        """Return the status body of a job in a view, or `MISSING` if the job does not exist.

        The `initial` version is of the start of the run; so is the `previous` one if the job has no earlier run.
        """
        job = self._jobs.get(self._key(parameters))
        if job is None:
            return MISSING
        if version == "previous" and job.previous_run is not None:
            return self._templates.render(job.previous_run, view, now)
        if version != "current" and job.started_at is not None:
            now = job.started_at
        return self._templates.render(job, view, now)

    def complete_parameters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the path parameters of a job: those given, those of an existing job, and a new id if none is given."""
        some = next(iter(self._jobs), tuple("simulated" for _ in self.parameter_names))
        values = {**dict(zip(self.parameter_names, some, strict=True)), **given}
        if self.id_parameter not in given:
            values[self.id_parameter] = self.new_id(values[self.id_parameter])
        return values

    def typed_id(self, value: str) -> Any:
        """Return an id as it stands in the bodies of this operation: a number if the examples have numbers."""
        sample = walk(self._templates.examples[0].body, self.job_spec.id)
        return int(value) if isinstance(sample, int) and value.isdecimal() else value

    def new_id(self, pattern: str) -> str:
        """Return an unused id of the shape of `pattern`."""
        for _ in range(100):
            candidate = similar_id(pattern, self._random)
            if candidate not in self._ids:
                return candidate
        return f"{pattern}-{len(self._ids)}"

    def _make_known_job(self, value: str) -> SimulatedJob:
        own = [example for example in self._templates.examples if str(walk(example.body, self.job_spec.id)) == value]
        if own:
            fullest = max(own, key=lambda example: len(example.body))
            return SimulatedJob(fullest.body, (), self._make_timeline(fullest.state))
        final_state = self._sample_final_state()
        template = self._templates.by_state[final_state]
        return SimulatedJob(template, self._make_identity(template, value), self._make_timeline(final_state))

    def _make_identity(self, template: Any, value: str) -> tuple[tuple[Keys, Any], ...]:
        """Return the overrides for a job's id and for new run ids. Timestamps come from the clock."""
        runs: list[tuple[Keys, Any]] = []
        for path in self.job_spec.run:
            run = walk(template, path)
            if path == self.job_spec.id or path in self.job_spec.timestamps or isinstance(run, bool):
                continue
            if isinstance(run, int):
                self._runs += 1
                runs.append((path, run + self._runs))
            elif isinstance(run, str):
                runs.append((path, self.new_id(run)))
                self._ids.add(runs[-1][1])
        return ((self.job_spec.id, self.typed_id(value)), *runs)

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
        return self.job_spec.failure[0] if fails else self.job_spec.success[0]

    def _store(self, parameters: Mapping[str, str], job: SimulatedJob) -> None:
        self._jobs[self._key(parameters)] = job
        self._ids.add(parameters[self.id_parameter])

    def _key(self, parameters: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(parameters[name] for name in self.parameter_names)
