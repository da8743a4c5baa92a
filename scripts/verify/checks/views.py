"""Check of the views of a status: the responses to one poll with each value of the `detail` parameter."""

import itertools
from collections.abc import Collection
from typing import Any

from ...document import MISSING, JobLifecycle, Operation, walk
from ..probe import Probe, ViewsProbe
from .lifecycle import XJobCheck
from .registry import Finding, Findings, ProbeCheck, register, shorten


@register
class Detail(XJobCheck, ProbeCheck):
    name = "detail"
    description = "a wider view contains the narrower one, and each shows its documented fields"
    clause = "detail"
    fix_server = "Build the narrow view from the wide one."
    fix_document = "Correct the order of `values`, and the examples of each view."

    def check(self, probe: Probe) -> Findings:
        """Yield the findings on the views, from the narrowest to the widest, which is the exchange of the probe."""
        operation, job, views = probe.operation, probe.operation.job, (*probe.others, probe.exchange)
        if job is None or job.detail is None or any(not isinstance(view.json, dict) for view in views):
            return
        name, values = job.detail.parameter, job.detail.values
        described = probe.described if isinstance(probe, ViewsProbe) else frozenset()
        for narrow, wide in itertools.pairwise(views):
            got = _view_difference(job, described, narrow.json, wide.json)
            yield Finding(f"all fields of the narrower {name}", got, exchange=wide)
        pairs = _examples_by_view(operation, job)
        shown = [set().union(*(names[index] for _, names in pairs)) for index in range(len(values))]
        is_complete = len({state for state, _ in pairs}) > 1
        for index, (view, value) in enumerate(zip(views[:-1], values[:-1], strict=True)):
            state = str(job.state_of(view.json))
            own = [names for of_state, names in pairs if of_state == state]
            if not pairs:
                continue
            # What only wider views show, in this state or in any; with examples of several states, all that none shows.
            wider = set().union(*(names[-1] - names[index] for names in own)) - set().union(*(n[index] for n in own))
            extra = (wider | (shown[-1] - shown[index])) & view.json.keys()
            if is_complete:
                extra |= (view.json.keys() & described) - shown[index]
            got = f"{', '.join(sorted(extra))} with {name}={value}" if extra else ""
            yield Finding(f"only {', '.join(sorted(shown[index]))}", got, exchange=view)
        own = [names for state, names in pairs if state == str(job.state_of(probe.exchange.json))]
        if only_wide := set.intersection(*(names[-1] - names[0] for names in own)) if own else set():
            missing = only_wide - probe.exchange.json.keys()
            got = f"no {', '.join(sorted(missing))} with {name}={values[-1]}" if missing else ""
            yield Finding(f"also {', '.join(sorted(only_wide))}", got)


def _view_difference(job: JobLifecycle, described: Collection[str], narrow: Any, wide: Any) -> str:
    """Return the first field of a narrow view that the wide view lacks; empty if none, or if the states differ."""
    changing = {path[0] for path in (*job.timestamps, *job.expressions()["progress"])}
    if job.state_of(narrow) != job.state_of(wide):
        return ""
    for name, value in narrow.items():
        if name not in described:
            continue
        wide_value = wide.get(name, MISSING)
        if (name,) in job.append_only and isinstance(value, list) and isinstance(wide_value, list):
            # The wide view was requested later, so the list of a job that has not ended may have grown.
            has_all = all(value.count(entry) <= wide_value.count(entry) for entry in value)
            wide_value = value if has_all and not job.is_final(str(job.state_of(narrow))) else wide_value
        if name not in changing and wide_value != value:
            return f"{name} {shorten(value)}, but {shorten(wide.get(name, MISSING))} in the wider view"
    return ""


def _examples_by_view(operation: Operation, job: JobLifecycle) -> list[tuple[str, list[set[str]]]]:
    """Return the state and the fields in each view of each job that has an example per view, by the narrowest first."""
    examples: dict[tuple[str, str], list[set[str]]] = {}
    for _, example in operation.success.examples:
        if isinstance(example.value, dict) and example.scenario is None:
            identity = (str(walk(example.value, job.id or ())), str(job.state_of(example.value)))
            examples.setdefault(identity, []).append(set(example.value))
    count = len(job.detail.values) if job.detail else 0
    return [(state, sorted(fields, key=len)) for (_, state), fields in examples.items() if len(fields) == count]
