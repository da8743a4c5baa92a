"""How a job ends, as criteria of Arazzo, which Speakeasy's polling extension uses as well."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from ..document import FieldTest, JobLifecycle, Operation
from ..document.job import Kind

Criterion = Mapping[str, Any]
INTERVAL = 2  # seconds between two polls, unless a rate limit needs more
DURATION = 3600  # seconds after which polling ends


class NotExpressibleError(Exception):
    """A lifecycle cannot be written in the other vocabulary. The message says why."""


@frozen
class Polling:
    """How often a job is polled: the seconds between two polls, and their number."""

    interval: int
    count: int


def polling_of(job: JobLifecycle) -> Polling:
    """Return the schedule of a job within its rate limits."""
    interval = max(INTERVAL, math.ceil(job.interval))
    return Polling(interval, max(1, DURATION // interval))


def criteria(operation: Operation, kinds: Iterable[Kind]) -> list[list[Criterion]]:
    """Return alternatives, each a list of criteria that all hold, for a job whose state is of one of the kinds.

    Raises:
        NotExpressibleError: A state is not a string or number of the body, or a test has no equivalent.
    """
    job = operation.job
    if job is None:
        return []
    chosen = set(kinds)
    if job.conditions:
        return _of_conditions(job, chosen)
    states = [state for state, kind in job.kinds.items() if kind in chosen]
    if not states or job.state is None:
        return []
    accepted: Criterion = {"condition": f"$statusCode == {_status(operation)}"}
    path = "$response.body#/" + "/".join(job.state)
    values = [job.raw_states.get(state, state) for state in states]
    if len(values) == 1:
        return [[accepted, {"condition": f"{path} == {literal(values[0])}"}]]
    if not all(isinstance(value, str) for value in values):
        return [[accepted, {"condition": f"{path} == {literal(value)}"}] for value in values]
    pattern = "|".join(re.escape(state) for state in states)
    return [[accepted, {"context": path, "condition": f"^({pattern})$", "type": "regex"}]]


def _status(operation: Operation) -> str:
    status = operation.success.status
    return status if status.isdecimal() else "200"


def _of_conditions(job: JobLifecycle, kinds: set[Kind]) -> list[list[Criterion]]:
    """Return the rows of a conditional state, each after those before it have failed to hold."""
    found: list[list[Criterion]] = []
    for index, row in enumerate(job.conditions):
        if row.kind not in kinds:
            continue
        earlier = [one for one in job.conditions[:index] if one.kind not in kinds]
        tests = [{"condition": _test(test)} for test in row.tests]
        negated = [{"condition": _negated(one.tests)} for one in earlier]
        found.append([*negated, *tests] or [{"condition": "$statusCode == 200"}])
    return found


def _test(test: FieldTest) -> str:
    if test.present is not None:
        return f"{test.expression} {'!=' if test.present else '=='} null"
    parts = [f"{test.expression} == {literal(value)}" for value in test.values]
    return parts[0] if len(parts) == 1 else f"({' || '.join(parts)})"


def _negated(tests: tuple[FieldTest, ...]) -> str:
    if len(tests) != 1 or len(tests[0].values) > 1:
        raise NotExpressibleError("a row of `state` with several tests precedes another kind, which has no equivalent")
    return _test(tests[0]).replace("==", "\0").replace("!=", "==").replace("\0", "!=")


def literal(value: Any) -> str:
    """Return a value as a literal of a simple condition: strings in single quotes, those inside doubled."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else json.dumps(value)
