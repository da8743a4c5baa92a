"""The rules about `x-job` of an operation and the responses that report the job: `RULES` lists them."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from attrs import frozen

from .expression import Keys, walk
from .job import JobLifecycle
from .model import Document, Operation
from .navigate import enum_values_at, schemas_at
from .source import Finding, Pointer

Located = tuple[Pointer, str]  # the place within `x-job` to correct and the message


@frozen(slots=False)
class ReportedJob:
    """An `x-job` with the operation that it describes and the schemas of its 2xx responses."""

    document: Document
    operation: Operation
    job: JobLifecycle

    @cached_property
    def schemas(self) -> list[Any]:
        """The schemas of the JSON responses with a 2xx status."""
        return [m.schema for r in self.operation.responses if r.is_success for m in r.media_types if m.is_json]

    @cached_property
    def states(self) -> set[str]:
        """The states of the enum."""
        return self.values_at(self.job.state)

    def values_at(self, path: Keys) -> set[str]:
        """Return the enum at a path of the responses."""
        return {value for schema in self.schemas for value in enum_values_at(self.document.data, schema, path)}


def check_job(document: Document, operation: Operation) -> Iterator[Finding]:
    """Check `x-job` of an operation. Stop where a prerequisite of the further rules is not satisfied."""
    if operation.job is None:
        return
    reported = ReportedJob(document, operation, operation.job)
    for rule in RULES:
        found = [((*operation.pointer, "x-job", *place), operation.id, message) for place, message in rule(reported)]
        yield from found
        if found and rule in PREREQUISITES:
            return


def _responses(reported: ReportedJob) -> Iterator[Located]:
    if not reported.schemas:
        yield (), "has x-job but no JSON response with a 2xx status; describe the response that reports the job"


def _expressions(reported: ReportedJob) -> Iterator[Located]:
    for name, expressions in reported.job.expressions().items():
        for path in expressions:
            if not any(any(schemas_at(reported.document.data, schema, path)) for schema in reported.schemas):
                message = "which no 2xx schema describes; correct it or add the property"
                yield (name,), f"x-job {name} points to /{'/'.join(path)}, {message}"


def _enum(reported: ReportedJob) -> Iterator[Located]:
    if not reported.states:
        path = "/".join(reported.job.state)
        yield ("state",), f"the state /{path} has no enum; list the vendor's documented states"


def _one_list_per_state(reported: ReportedJob) -> Iterator[Located]:
    for state in sorted(reported.states):
        found = [name for name, listed in reported.job.lists.items() if state in listed]
        if not found:
            yield (), f"state {state} is in no x-job list; add it to pending, success, failure or notStarted"
        elif len(found) > 1:
            yield (found[1],), f"state {state} is in {' and '.join(found)} of x-job; keep it in one"


def _listed_states(reported: ReportedJob) -> Iterator[Located]:
    expected = ", ".join(sorted(reported.states))
    for name, listed in reported.job.lists.items():
        for state in listed:
            if state not in reported.states:
                message = f"x-job {name} lists {state}, which is not in the state's enum; expected one of {expected}"
                yield (name,), message


def _examples(reported: ReportedJob) -> Iterator[Located]:
    responses = [response for response in reported.operation.responses if response.is_success]
    shown = {walk(example.value, reported.job.state) for r in responses for _, example in r.examples}
    for state in sorted(reported.states - shown):
        yield (), f"no example has the state {state}; add one to the 2xx response, the simulator sends examples"


def _mirrors(reported: ReportedJob) -> Iterator[Located]:
    for index, mirror in enumerate(reported.job.mirrors):
        mirrored = reported.values_at(mirror.at)
        if missing := sorted(reported.states - set(mirror.values)):
            yield ("mirrors", index), f"x-job mirrors has no value for {', '.join(missing)}; add it under as"
        for state, value in mirror.values.items():
            if state not in reported.states or (mirrored and value not in mirrored):
                message = f"x-job mirrors maps {state} to {value}, and one of them is not in its enum; correct the pair"
                yield ("mirrors", index, "as", state), message


def _detail(reported: ReportedJob) -> Iterator[Located]:
    detail = reported.job.detail
    if detail is None:
        return
    parameter = next((p for p in reported.operation.parameters_in("query") if p.name == detail.parameter), None)
    if parameter is None:
        message = "which the operation does not have; describe it"
        yield ("detail",), f"x-job detail names the query parameter {detail.parameter}, {message}"
        return
    for value in detail.values:
        if not reported.document.validator(parameter.schema).is_valid(value):
            message = f"which the schema of {parameter.name} does not allow; correct one"
            yield ("detail", "values"), f"x-job detail lists the value {value!r}, {message}"


RULES: Final = (_responses, _expressions, _enum, _one_list_per_state, _listed_states, _examples, _mirrors, _detail)
PREREQUISITES: Final = (_responses, _enum)
