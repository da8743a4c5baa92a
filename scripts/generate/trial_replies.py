"""The responses in the trial of a generated package: for a job, one that says that it has succeeded."""

import copy
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from attrs import frozen

from ..document import MISSING, Document, FieldTest, JobLifecycle, Keys, Operation, Response, sample, walk
from .operations import OperationView, is_json

SUCCESSFUL = frozenset({"success", "partial"})


@frozen
class Reply:
    """A response. Its body is `MISSING` if it has none, and `ends` is False for a job that it does not end."""

    status: int
    type: str
    body: Any
    headers: Mapping[str, str]
    ends: bool = True

    @property
    def plan(self) -> dict[str, Any]:
        """The response as JSON."""
        made = {"status": self.status, "type": self.type, "headers": dict(self.headers), "ends": self.ends}
        return made if self.body is MISSING else made | {"reply": self.body}


def reply(document: Document, view: OperationView, job_id: Any) -> Reply:
    """Return a success response of an operation; `job_id` is the value of the parameter that names the job."""
    operation, job = view.operation, view.operation.job
    responses = [r for r in operation.responses if r.status in view.successes]
    found = [one for response in responses for one in _documented(document, response)]
    if job is None:
        return found[0] if found else Reply(200, "application/json", MISSING, {})
    found = [_with_id(job, one, job_id) for one in found]
    ends = (one for documented in found for one in _variants(operation, job, documented) if _succeeds(job, one))
    never = Reply(found[0].status, found[0].type, found[0].body, {}, ends=False)
    return _with_id(job, next(ends, never), job_id)


def _documented(document: Document, response: Response) -> Iterator[Reply]:
    status = int(response.status) if response.status.isdecimal() else 200
    media_type = next((m for m in response.media_types if is_json(m)), None)
    if media_type is None:
        yield Reply(status, "application/json", MISSING, {})
        return
    name = "application/json" if "*" in media_type.name else media_type.name
    examples = (example for m, example in response.examples if m is media_type and example.scenario is None)
    for body in (*(example.value for example in examples), sample(document, media_type.schema)):
        if body is not MISSING:
            yield Reply(status, name, body, {})
    yield Reply(status, name, {}, {})


def _succeeds(job: JobLifecycle, one: Reply) -> bool:
    state = job.state_of(one.body, one.status, one.headers)
    return not job.is_unknown(one.body, one.status, one.headers) and job.kinds.get(state) in SUCCESSFUL


def _variants(operation: Operation, job: JobLifecycle, one: Reply) -> Iterator[Reply]:
    """Yield the response, and the response changed so that its state may be a success."""
    yield one
    if not isinstance(one.body, dict) and one.body is not MISSING:
        return
    if job.state is not None:
        for state in (*job.success, *job.partial):
            body = copy.deepcopy(one.body)
            _put(body, job.state, job.raw_states[state])
            yield Reply(one.status, one.type, body, {})
    for index, condition in enumerate(job.conditions):
        if condition.kind in SUCCESSFUL:
            others = [test for earlier in job.conditions[:index] for test in earlier.tests]
            yield _satisfying(operation, one, condition.tests)
            yield _satisfying(operation, one, (*map(_negated, others), *condition.tests))


def _negated(test: FieldTest) -> FieldTest:
    """Return a test that holds if another one does not."""
    return FieldTest(test.expression, present=test.present is False)


def _satisfying(operation: Operation, one: Reply, tests: tuple[FieldTest, ...]) -> Reply:
    """Return the response, changed so that the tests hold. Its status code remains, if it is documented."""
    body, headers, status = copy.deepcopy(one.body), dict(one.headers), one.status
    documented = {response.status for response in operation.responses}
    for test in tests:
        value = test.values[0] if test.values else "sample" if test.present else None
        if test.expression.source == "response.body" and body is not MISSING:
            _put(body, test.expression.keys, value)
        elif test.expression.source == "response.header" and value is not None:
            headers[test.expression.keys[0].lower()] = str(value)
        elif test.expression.source == "statusCode" and isinstance(value, int) and str(value) not in documented:
            status = value
    return Reply(status, one.type, body, headers)


def _with_id(job: JobLifecycle, one: Reply, job_id: Any) -> Reply:
    """Return the response with the id of the job."""
    if job.id is None or not isinstance(one.body, dict) or job.is_id(walk(one.body, job.id), str(job_id)):
        return one
    body = copy.deepcopy(one.body)
    _put(body, job.id, job_id if job.id_match == "equal" else f"jobs/{job_id}")
    return Reply(one.status, one.type, body, one.headers, one.ends)


def _put(body: Any, path: Keys, value: Any) -> None:
    """Set a value in a body; None removes it."""
    for key, following in pairwise(path):
        empty: Any = [{}] if following.isdecimal() else {}
        if isinstance(body, list):
            body = body[int(key)] if key.isdecimal() and int(key) < len(body) else {}
        elif isinstance(body, dict):
            inner = body[key] if isinstance(body.get(key), dict | list) and body[key] else empty
            body[key] = inner
            body = inner
    if isinstance(body, list) and path[-1].isdecimal() and int(path[-1]) < len(body):
        body[int(path[-1])] = value
    elif isinstance(body, dict):
        body.pop(path[-1], None)
        if value is not None:
            body[path[-1]] = value
