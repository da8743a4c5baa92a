"""Check of the views of a status: the responses to one poll with each value of the `detail` parameter."""

import itertools
from typing import Any

from ...document import MISSING, JobLifecycle, Operation, walk
from ..probe import Probe
from .lifecycle import XJobCheck, shorten
from .registry import Finding, Findings, ProbeCheck, register


@register
class Detail(XJobCheck, ProbeCheck):
    name = "detail"
    description = "a wider view contains the narrower one, and each shows its documented fields"
    clause = "detail"

    def check(self, probe: Probe) -> Findings:
        """Yield the findings on the views, from the narrowest to the widest, which is the exchange of the probe."""
        operation, job, views = probe.operation, probe.operation.job, (*probe.others, probe.exchange)
        if job is None or job.detail is None or any(not isinstance(view.json, dict) for view in views):
            return
        name, values = job.detail.parameter, job.detail.values
        for narrow, wide in itertools.pairwise(views):
            got = _view_difference(job, narrow.json, wide.json)
            yield Finding(f"all fields of the narrower {name}", got, exchange=wide)
        documented = _documented_fields(operation, job)
        for view, value, fields_by_state in zip(views[:-1], values[:-1], documented[:-1], strict=True):
            state = str(job.state_of(view.json))
            here, wider = fields_by_state.get(state), documented[-1].get(state)
            if here is not None and wider is not None and here != wider:
                extra = sorted((wider - here) & view.json.keys())
                got = f"{', '.join(extra)} with {name}={value}" if extra else ""
                yield Finding(f"only {', '.join(sorted(here))}", got, exchange=view)
        state = str(job.state_of(probe.exchange.json))
        if only_wide := documented[-1].get(state, set()) - documented[0].get(state, set()):
            got = f"none of them with {name}={values[-1]}" if not only_wide & probe.exchange.json.keys() else ""
            yield Finding(f"also {', '.join(sorted(only_wide))}", got)


def _view_difference(job: JobLifecycle, narrow: Any, wide: Any) -> str:
    """Return the first field of a narrow view that the wide view lacks; empty if none, or if the states differ."""
    changing = {path[0] for path in (*job.timestamps, *job.expressions()["progress"])}
    if job.state_of(narrow) != job.state_of(wide):
        return ""
    for name, value in narrow.items():
        wide_value = wide.get(name, MISSING)
        if (name,) in job.append_only and isinstance(value, list) and isinstance(wide_value, list):
            # The wide view was requested later, so the list may have grown.
            wide_value = value if all(entry in wide_value for entry in value) else wide_value
        if name not in changing and wide_value != value:
            return f"{name} {shorten(value)}, but {shorten(wide.get(name, MISSING))} in the wider view"
    return ""


def _documented_fields(operation: Operation, job: JobLifecycle) -> list[dict[str, set[str]]]:
    """Return, for each view, the fields by state in the document's examples, for states with an example per view."""
    examples: dict[tuple[str, str], list[set[str]]] = {}
    for _, example in operation.success.examples:
        if isinstance(example.value, dict) and example.scenario is None:
            identity = (str(walk(example.value, job.id or ())), str(job.state_of(example.value)))
            examples.setdefault(identity, []).append(set(example.value))
    count = len(job.detail.values) if job.detail else 0
    fields_by_view: list[dict[str, set[str]]] = [{} for _ in range(count)]
    for (_, state), fields in examples.items():
        if len(fields) == count:
            for index, names in enumerate(sorted(fields, key=len)):
                fields_by_view[index][state] = names
    return fields_by_view
