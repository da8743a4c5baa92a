"""Status responses of simulated jobs, built from the document's examples."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, frozen

from ..document import MISSING, JobLifecycle, Keys, Operation, walk
from .bodies import copy_json, copy_value, set_value

# The states of a job, each with the seconds from its start to the state.
Timeline = tuple[tuple[float, str], ...]


@frozen
class StatusExample:
    """A documented status response: the body of a 2xx example, and its state."""

    state: str
    body: Any


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
    """

    template: Any
    overrides: tuple[tuple[Keys, Any], ...]
    timeline: Timeline
    started_at: float | None = None
    reason: str | None = None
    previous_run: "SimulatedJob | None" = None
    fixed_fields: tuple[tuple[str, Any], ...] = ()

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

    @property
    def duration(self) -> float:
        """Return the seconds from the start to the last state change."""
        return self.timeline[-1][0]


class StatusTemplates:
    """The documented status responses of one operation, as templates of the status of its jobs.

    Attributes:
        examples: all of them.
        by_state: the body with the most fields for each state.
    """

    def __init__(self, operation: Operation, spec: JobLifecycle) -> None:
        self._spec = spec
        self.examples = [
            StatusExample(str(walk(example.value, spec.state)), example.value)
            for response in operation.responses
            if response.is_success
            for media_type, example in response.examples
            if media_type.is_json and example.scenario is None
        ]
        self.by_state: dict[str, Any] = {}
        for example in self.examples:
            if example.state not in self.by_state or len(example.body) > len(self.by_state[example.state]):
                self.by_state[example.state] = example.body
        self._hidden_fields = _find_hidden_fields(spec, self.examples)
        self._state_dependent_paths: tuple[Keys, ...] = (
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
            key=lambda body: sum(body.get(key) == value for key, value in response.items()),
        )

    def merge(self, body: Any, response: Mapping[str, Any], path: Keys = ()) -> None:
        """Copy the fields of a response that exist in any status example to a body, except the id and the state."""
        for key, value in response.items():
            place = (*path, key)
            if isinstance(value, Mapping):
                self.merge(body, value, place)
            elif place not in (self._spec.id, self._spec.state) and any(
                walk(example.body, place) is not MISSING for example in self.examples
            ):
                set_value(body, place, value)

    def render(self, job: SimulatedJob, view: Any, at: float) -> Any:
        """Return the status body of a run at a time, in the given view."""
        spec = self._spec
        state, elapsed, changed_at = job.progress_at(at)
        body = copy_json(job.template)
        for path, value in job.overrides:
            set_value(body, path, value)
        template = self.by_state[state]
        for path in self._state_dependent_paths:
            copy_value(body, template, path)
        set_value(body, spec.state, state)
        if job.reason is not None and spec.reason and spec.kinds.get(state) == "failure":
            set_value(body, spec.reason, job.reason)
        self._set_progress(body, template, state, elapsed / job.duration if job.duration else 0.0)
        self._set_timestamps(body, template, at - elapsed, changed_at)
        for name, value in job.fixed_fields:
            set_value(body, (name,), value)
        if spec.detail is not None and view in spec.detail.values:
            for key in self._hidden_fields[spec.detail.values.index(view)]:
                body.pop(key, None)
        return body

    def _set_progress(self, body: Any, template: Any, state: str, share: float) -> None:
        path = self._spec.progress
        if path is None:
            return
        copy_value(body, template, path)
        sample = walk(template, path)
        kind = self._spec.kinds.get(state)
        if isinstance(sample, bool) or not isinstance(sample, int | float) or kind == "notStarted":
            return
        percent = 100 if kind == "success" else min(99, int(100 * min(max(share, 0.0), 1.0)))
        set_value(body, path, type(sample)(percent))

    def _set_timestamps(self, body: Any, template: Any, started_at: float, changed_at: float) -> None:
        last = len(self._spec.timestamps) - 1
        for index, path in enumerate(self._spec.timestamps):
            sample = walk(template, path)
            timestamp = started_at if index == 0 else started_at + 0.001 * index
            if index == last and index > 0:
                timestamp = max(timestamp, changed_at)
            copy_value(body, template, path)
            if sample is not MISSING and sample is not None:
                set_value(body, path, _format_timestamp(sample, timestamp))


def _find_hidden_fields(spec: JobLifecycle, examples: Iterable[StatusExample]) -> tuple[frozenset[str], ...]:
    """Return for each value of the `detail` parameter the fields of the most detailed example that it omits."""
    if spec.detail is None:
        return ()
    count = len(spec.detail.values)
    chains: dict[tuple[Any, str], list[set[str]]] = {}
    for example in examples:
        chains.setdefault((walk(example.body, spec.id), example.state), []).append(set(example.body))
    hidden: list[set[str]] = [set() for _ in range(count)]
    for chain in (sorted(views, key=len) for views in chains.values() if len(views) == count):
        for omitted, keys in zip(hidden, chain, strict=True):
            omitted |= chain[-1] - keys
    return tuple(map(frozenset, hidden))


def _format_timestamp(sample: Any, timestamp: float) -> Any:
    """Return a timestamp in the format of the sample: seconds or milliseconds since 1970, or a date-time."""
    if isinstance(sample, int | float):
        return type(sample)(round(timestamp * 1000) if sample > 1e11 else timestamp)
    written = datetime.datetime.fromtimestamp(round(timestamp, 3), tz=datetime.UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
