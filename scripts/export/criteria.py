"""How a job ends, as criteria of Arazzo, which Speakeasy's polling extension uses as well."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from ..document import Expression, FieldTest, JobLifecycle, Operation
from ..document.expression import BODY
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
    """Return alternatives, each a list of criteria that all hold, for a job whose state is of one of the kinds."""
    job = operation.job
    if job is None:
        return []
    chosen = set(kinds)
    if job.conditions:
        return _of_conditions(job, chosen)
    states = [state for state, kind in job.kinds.items() if kind in chosen]
    if not states or job.state is None:
        return []
    accepted: Criterion = {"condition": status_condition(operation.success.status)}
    path = str(Expression(BODY, job.state))
    values = [job.raw_states.get(state, state) for state in states]
    if len(values) == 1 or not all(isinstance(value, str) for value in values):
        return [[accepted, {"condition": " || ".join(f"{path} == {literal(value)}" for value in values)}]]
    pattern = "|".join(re.escape(state) for state in states)
    return [[accepted, {"context": path, "condition": f"^({pattern})$", "type": "regex"}]]


def combined(alternatives: list[list[Criterion]]) -> list[Criterion]:
    """Return one list of criteria that holds if all criteria of one alternative do."""
    if len(alternatives) == 1:
        return alternatives[0]
    # Only conditional states have several, and those have simple conditions.
    rows = [" && ".join(str(one["condition"]) for one in alternative) for alternative in alternatives]
    return [{"condition": " || ".join(f"({row})" for row in rows)}]


def status_condition(status: str) -> str:
    """Return the condition that a response has a documented status, such as `200` or `2XX`."""
    if status.isdecimal():
        return f"$statusCode == {status}"
    first = int(status[0]) if status[0].isdecimal() else 2
    return f"$statusCode >= {first}00 && $statusCode < {first + 1}00"


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
    """Return the condition that not all tests hold."""
    parts = [
        _test(FieldTest(test.expression, present=not test.present))
        if test.present is not None
        else " && ".join(f"{test.expression} != {literal(value)}" for value in test.values)
        for test in tests
    ]
    return parts[0] if len(parts) == 1 else f"({' || '.join(f'({part})' for part in parts)})"


def literal(value: Any) -> str:
    """Return a value as a literal of a simple condition: strings in single quotes, those inside doubled."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else json.dumps(value)
