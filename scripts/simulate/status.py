"""Status responses of simulated jobs, built from the document's examples."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, evolve

from ..document import MISSING, JobLifecycle, Keys, Operation, walk
from ..document.expression import BODY
from .bodies import copy_json, copy_value, set_value
from .derived import DerivedResponses
from .status_templates import StatusTemplate, make_templates
from .timestamps import Form, forms

# The states of a job, each with the seconds from its start to the state.
Timeline = tuple[tuple[float, str], ...]
SOME_TIME = 1767225602.345  # seconds since 1970


@define
class SimulatedJob:
    """One run of one job. Unless `started_at` is set, it starts with its first poll, so that every client sees it run.

    There can be very many jobs, so they share data: `template` is an example of the document.

    Attributes:
        template: the example body.
        overrides: the values of this job that replace those of the template.
        timeline: the states of the job.
        started_at: the time of the start, None before the first poll.
        reason: the failure reason, None for the one of the example.
        previous_run: the run before this one.
        fixed_fields: top-level fields with constant values; `MISSING` omits a field.
        fixed_times: the timestamps that the response to the start has announced.
    """

    template: Any
    overrides: tuple[tuple[Keys, Any], ...]
    timeline: Timeline
    started_at: float | None = None
    reason: str | None = None
    previous_run: "SimulatedJob | None" = None
    fixed_fields: tuple[tuple[str, Any], ...] = ()
    fixed_times: tuple[tuple[Keys, Any], ...] = ()

    def progress_at(self, now: float) -> tuple[str, float, float]:
        """Return the state at a time, the seconds since the start, and the time of the last state change."""
        if self.started_at is None:
            self.started_at = now
        elapsed = now - self.started_at
        changed, state = self.timeline[0]
        for offset, name in self.timeline:
            if offset <= elapsed:
                changed, state = offset, name
        return state, elapsed, self.started_at + changed

    def state_at(self, now: float) -> str:
        """Return the state at a time, without starting the job."""
        return self.timeline[0][1] if self.started_at is None else self.progress_at(now)[0]

    @property
    def duration(self) -> float:
        """Return the seconds from the start to the last state change."""
        return self.timeline[-1][0]


class StatusTemplates:
    """The documented status responses of one operation, as templates of the status of its jobs.

    Attributes:
        examples: the responses of all examples; generated ones if there is no example.
        by_state: the response with the most fields for each state.
    """

    def __init__(self, derived: DerivedResponses, operation: Operation, spec: JobLifecycle) -> None:
        self._spec = spec
        self._document = derived.document
        self.by_state, self.examples = make_templates(derived, operation, spec)
        self._forms: dict[tuple[str, Keys], Form | None] = {}
        self._steps: dict[tuple[str, float], tuple[float, ...] | None] = {}
        self._hidden_fields = _find_hidden_fields(spec, self.examples)
        tested = (test.expression for condition in spec.conditions for test in condition.tests)
        self._state_paths = (
            *((spec.state,) if spec.state else ()),
            *(one.keys for one in tested if one.source == BODY and one.keys not in (spec.id, *spec.run)),
        )
        self._state_dependent_paths: tuple[Keys, ...] = (
            *self._state_paths,
            *((spec.reason,) if spec.reason else ()),
            *spec.timestamps,
            *spec.append_only,
            *((spec.subtasks.items,) if spec.subtasks else ()),
            *(mirror.at for mirror in spec.mirrors),
        )

    def nearest(self, response: Mapping[str, Any]) -> Any:
        """Return the body of the example that has the most fields in common with a response."""
        return max(
            (example.body for example in self.examples),
            key=lambda body: sum(walk(body, (key,)) == value for key, value in response.items()),
        )

    def merge(self, body: Any, response: Mapping[str, Any]) -> Any:
        """Return a body with the fields of a response that exist in any status example, except the id and the state.

        The body itself is returned if it would no longer be valid.
        """
        merged = copy_json(body)
        self._copy_fields(merged, response, ())
        return merged if self._is_as_valid(merged, body) else body

    def _copy_fields(self, body: Any, response: Mapping[str, Any], path: Keys) -> None:
        for key, value in response.items():
            place = (*path, key)
            if isinstance(value, Mapping):
                self._copy_fields(body, value, place)
            elif place not in (self._spec.id, *self._state_paths) and any(
                walk(example.body, place) is not MISSING for example in self.examples
            ):
                set_value(body, place, value)

    def render(self, job: SimulatedJob, view: Any, at: float) -> StatusTemplate:
        """Return the status response of a run at a time, in the given view."""
        spec = self._spec
        state, elapsed, changed_at = job.progress_at(at)
        template = self.by_state[state]
        share = elapsed / job.duration if job.duration else 0.0
        body = self._compose(job.template, job, template, share, (at - elapsed, changed_at))
        if job.template is not template.body and not self._is_like(template, body):
            # The response for this state has another form than the one with the fields of this job.
            body = copy_json(template.body)
            for path in ((spec.id,) if spec.id else ()) + spec.run:
                copy_value(body, job.template, path)
            body = self._compose(body, job, template, share, (at - elapsed, changed_at))
        for name, value in job.fixed_fields:
            set_value(body, (name,), value)
        if spec.detail is not None and view in spec.detail.values:
            for key in self._hidden_fields[spec.detail.values.index(view)]:
                body.pop(key, None)
        return evolve(template, body=body)

    def _is_like(self, template: StatusTemplate, body: Any) -> bool:
        """Return whether a body is valid, and has the state of the template."""
        state = self._spec.state_of(body, template.status, template.headers)
        return state == template.state and template.is_valid(self._document, body)

    def _compose(
        self, fields: Any, job: SimulatedJob, template: StatusTemplate, share: float, times: tuple[float, float]
    ) -> Any:
        spec, state = self._spec, template.state
        body = copy_json(fields)
        for path, value in job.overrides:
            set_value(body, path, value)
        for path in self._state_dependent_paths:
            copy_value(body, template.body, path)
        if job.reason is not None and spec.reason and spec.kinds.get(state) == "failure":
            set_value(body, spec.reason, job.reason)
        self._set_progress(body, template, share)
        self._set_timestamps(body, template, *times)
        for path, value in job.fixed_times:
            set_value(body, path, value)
        return body

    def _set_progress(self, body: Any, template: StatusTemplate, share: float) -> None:
        progress = self._spec.progress
        if progress is None:
            return
        copy_value(body, template.body, progress.at)
        sample, kind = walk(template.body, progress.at), self._spec.kinds.get(template.state)
        whole = walk(body, progress.of) if isinstance(progress.of, tuple) else progress.of
        if not _is_number(sample) or not _is_number(whole) or kind == "notStarted":
            return
        limit = whole if kind == "success" else 0.99 * whole
        value = limit if kind == "success" else min(limit, whole * min(max(share, 0.0), 1.0))
        set_value(body, progress.at, _progress_like(sample, self._allowed_progress(template, whole, value)))

    def first_progress(self, state: str, body: Any) -> float:
        """Return the lowest progress of a body of the start response, as a status in this state can report it."""
        progress, template = self._spec.progress, self.by_state.get(state)
        if progress is None or template is None:
            return 0
        whole = walk(body, progress.of) if isinstance(progress.of, tuple) else progress.of
        return self._allowed_progress(template, whole, 0) if _is_number(whole) else 0

    def _allowed_progress(self, template: StatusTemplate, whole: float, value: float) -> float:
        """Return the progress, or the nearest lower one that the schema allows, or else the lowest one."""
        steps = self._allowed_steps(template, whole)
        if steps is None:
            return value
        return max((one for one in steps if one <= value), default=min(steps, default=value))

    def _allowed_steps(self, template: StatusTemplate, whole: float) -> tuple[float, ...] | None:
        """Return which of the values from 0 to 100 % the schema allows, or None if it allows all."""
        progress, key = self._spec.progress, (template.state, whole)
        if progress is not None and key not in self._steps:
            sample = walk(template.body, progress.at)
            steps = dict.fromkeys(_progress_like(sample, whole * step / 100) for step in range(101))
            allowed = tuple(step for step in steps if self.allows(template.body, {progress.at: step}))
            self._steps[key] = None if len(allowed) == len(steps) else allowed
        return self._steps[key]

    def _set_timestamps(self, body: Any, template: StatusTemplate, started_at: float, changed_at: float) -> None:
        last = len(self._spec.timestamps) - 1
        for index, path in enumerate(self._spec.timestamps):
            timestamp = started_at if index == 0 else started_at + 0.001 * index
            if index == last and index > 0:
                timestamp = max(timestamp, changed_at)
            copy_value(body, template.body, path)
            if (form := self._form(template, path)) is not None:
                set_value(body, path, form(timestamp))

    def _form(self, template: StatusTemplate, path: Keys) -> Form | None:
        """Return the form of a timestamp like that of a template which satisfies the schema, or None."""
        key = template.state, path
        if key not in self._forms:
            likely = forms(walk(template.body, path))
            self._forms[key] = next((one for one in likely if self.allows(template.body, {path: one(SOME_TIME)})), None)
        return self._forms[key]

    def timestamp(self, body: Any, path: Keys, sample: Any, seconds: float) -> Any:
        """Return a timestamp like a sample which a status with this body can have too, or `MISSING`."""
        made = (form(seconds) for form in forms(sample))
        return next((one for one in made if self.allows(body, {path: one})), MISSING)

    def allows(self, body: Any, values: Mapping[Keys, Any]) -> bool:
        """Return whether a status with these values is still valid, if it is valid without them."""
        changed = copy_json(body)
        for path, value in values.items():
            set_value(changed, path, value)
        return self._is_as_valid(changed, body)

    def _is_as_valid(self, changed: Any, body: Any) -> bool:
        """Return whether a changed body is valid, or the body is not valid either."""
        return any(one.is_valid(self._document, changed) for one in self.examples) or not any(
            one.is_valid(self._document, body) for one in self.examples
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _progress_like(sample: Any, value: float) -> float:
    return int(value) if isinstance(sample, int) else round(float(value), 6)


def _find_hidden_fields(spec: JobLifecycle, examples: Iterable[StatusTemplate]) -> tuple[frozenset[str], ...]:
    """Return for each value of the `detail` parameter the fields of the most detailed example that it omits."""
    if spec.detail is None:
        return ()
    count = len(spec.detail.values)
    chains: dict[tuple[Any, str], list[set[str]]] = {}
    for example in examples:
        if not isinstance(example.body, dict):
            continue
        chains.setdefault((walk(example.body, spec.id or ()), example.state), []).append(set(example.body))
    hidden: list[set[str]] = [set() for _ in range(count)]
    for chain in (sorted(views, key=len) for views in chains.values() if len(views) == count):
        for omitted, keys in zip(hidden, chain, strict=True):
            omitted |= chain[-1] - keys
    return tuple(map(frozenset, hidden))
