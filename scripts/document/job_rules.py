"""The rules about `x-job` of an operation and the responses that report the job: `RULES` lists them."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from attrs import frozen

from .expression import BODY, HEADER, MISSING, STATUS, Keys, walk
from .job import JobLifecycle, state_name
from .model import Document, Operation, Response
from .navigate import describes, enum_values_at, schemas_at
from .samples import sample_body
from .source import Finding, Pointer

# The status codes that say nothing about a job, and what they say about the request.
NEVER_REPORTS: Final[Mapping[int, str]] = {
    401: "has no valid credential",
    404: "is for an unknown job or path",
    405: "has a method that is not allowed",
    429: "came too soon",
    **dict.fromkeys((502, 503, 504), "may have reached a gateway only"),
}
Located = tuple[Pointer, str]  # the place within `x-job` to correct and the message


@frozen(slots=False)
class ReportedJob:
    """An `x-job` with the operation that it describes and the schemas of its 2xx responses."""

    document: Document
    operation: Operation
    job: JobLifecycle

    @cached_property
    def schemas(self) -> list[Any]:
        """The schemas of the JSON responses that report the job."""
        return [m.schema for response in self.operation.status_responses for m in response.media_types if m.is_json]

    @cached_property
    def states(self) -> set[str]:
        """The states of the enum; empty if the schema has none, and the lists of `x-job` are all that is known."""
        if self.job.state is None:
            return set()
        found = {state_name(value) for value in self.values_at(self.job.state)}
        types = {self.type_of(schema) for schema in self._schemas_at(self.job.state)}
        return found or ({"true", "false"} if "boolean" in types else set())

    def values_at(self, path: Keys) -> set[Any]:
        """Return the enum at a path of the responses."""
        return {value for schema in self.schemas for value in enum_values_at(self.document.data, schema, path)}

    def sample_of(self, response: Response) -> Any:
        """Return an example of a response, or a body that is made from its schema."""
        return next((sample_body(self.document, media_type) for media_type in response.media_types), MISSING)

    def types_at(self, path: Keys) -> set[str]:
        """Return the types at a path of the responses, without null; empty if no schema says."""
        return {self.type_of(schema) for schema in self._schemas_at(path)} - {""}

    def maximum_at(self, path: Keys) -> Any:
        """Return the maximum of a number, or None."""
        return next((schema["maximum"] for schema in self._schemas_at(path) if "maximum" in schema), None)

    def allows(self, path: Keys, value: Any) -> bool:
        """Return whether a schema at a path of the responses allows a value, or no schema says."""
        schemas = self._schemas_at(path)
        return not schemas or any(self.document.validator(schema).is_valid(value) for schema in schemas)

    def _schemas_at(self, path: Keys) -> list[Any]:
        return [found for schema in self.schemas for found in schemas_at(self.document.data, schema, path)]

    @staticmethod
    def type_of(schema: Any) -> str:
        """Return the type of a schema, without null; empty if it has none."""
        kind = schema.get("type", "")
        return next((one for one in kind if one != "null"), "") if isinstance(kind, list) else str(kind)


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


def _method(reported: ReportedJob) -> Iterator[Located]:
    if (method := reported.operation.method) not in {"GET", "POST"}:
        reason = "has no body" if method == "HEAD" else "changes something, and a wait repeats it"
        yield (), f"x-job is on a {method} operation, which {reason}; move it to GET or POST"


def _status_codes(reported: ReportedJob) -> Iterator[Located]:
    described = reported.operation.responses_by_status
    for index, condition in enumerate(reported.job.conditions):
        place: Pointer = ("state", index, "when")
        for code in (code for test in condition.tests if test.expression.source == STATUS for code in test.values):
            if not isinstance(code, int) or isinstance(code, bool):
                yield place, f"x-job tests the status {code!r}, which is no number; write one such as 202"
            elif not {str(code), f"{str(code)[0]}XX"} & described.keys():
                yield place, f"x-job tests the status {code}, which no response describes; describe it, or correct it"
            elif code in NEVER_REPORTS:
                message = f"which says that the request {NEVER_REPORTS[code]}; test another one"
                yield place, f"x-job tests the status {code}, {message}"


def _unknown(reported: ReportedJob) -> Iterator[Located]:
    """Find responses to an unknown id that report a job."""
    operation, job = reported.operation, reported.job
    found = [(response, example.value) for response, _, example in operation.scenarios("unknown_id")]
    if not found and not job.unknown:
        described = operation.responses_by_status
        implied = next((described[status] for status in ("404", "410", "4XX") if status in described), None)
        found = [(implied, reported.sample_of(implied))] if implied else []
    for response, body in found:
        status = int(response.status) if response.status.isdecimal() else 404
        if job.is_unknown(body, status) or (state := job.state_of(body, status)) not in job.kinds:
            continue
        message = f"{status} is the response to an unknown id, and has the state {state}"
        if status in job.status_codes:
            what = "so that a job that does not exist is waited for; test something else, or add unknown to x-job"
            yield ("state",), f"{message}, {what}"
        elif response.is_success and job.id is not None:
            unknown = [str(one.value) for one in operation.job_parameter.examples if one.scenario == "unknown_id"]
            if not any(job.is_id(walk(body, job.id), one) for one in unknown):
                yield ("state",), f"{message}, and the id of another job; correct its id, or add unknown to x-job"


def _responses(reported: ReportedJob) -> Iterator[Located]:
    tests = [test.expression.source for condition in reported.job.conditions for test in condition.tests]
    if not reported.schemas and (BODY in tests or not tests):
        yield (), "has x-job but no JSON response with a 2xx status; describe the response that reports the job"


def _expressions(reported: ReportedJob) -> Iterator[Located]:
    for name, expressions in reported.job.expressions().items():
        for path in expressions:
            if not any(describes(reported.document.data, schema, path) for schema in reported.schemas):
                message = "which no 2xx schema describes; correct it or add the property"
                yield (name,), f"x-job {name} points to /{'/'.join(path)}, {message}"


def _names(reported: ReportedJob) -> Iterator[Located]:
    operation, job = reported.operation, reported.job
    named = [p.name for p in operation.parameters if p.where in {"path", "query"}]
    if job.parameter not in named:
        place: Pointer = ("names",) if job.names else ()
        expected = f"expected one of {', '.join(named)}" if named else "it has none; describe it"
        if job.names:
            yield place, f"x-job names {job.names}, which is no path or query parameter; {expected}"
        else:
            yield place, f"no parameter names the job; add names: to x-job with a path or query parameter; {expected}"


def _lists(reported: ReportedJob) -> Iterator[Located]:
    job = reported.job
    if not job.success:
        yield ("success",), "x-job has no state of success; list at least one"
    seen: dict[str, str] = {}
    for name, listed in job.lists.items():
        for state in listed if job.state is not None else ():
            if (other := seen.setdefault(state, name)) != name:
                yield (name,), f"state {state} is in {other} and {name} of x-job; keep it in one"
    for index, condition in enumerate(job.conditions):
        for test in condition.tests:
            if test.expression.source not in {BODY, HEADER, STATUS}:
                message = f"{test.expression} is not part of a response; test $response.body#/, a header or $statusCode"
                yield ("state", index, "when"), message


def _body(reported: ReportedJob) -> Iterator[Located]:
    body = reported.document.resolve(reported.operation.raw.get("requestBody") or {})
    if body.get("required"):
        message = "has x-job and requires a request body, which a poll does not have; remove required, or x-job"
        yield (), f"the operation {message}"


def _array(reported: ReportedJob) -> Iterator[Located]:
    for schema in reported.schemas:
        types = {ReportedJob.type_of(one) for one in schemas_at(reported.document.data, schema, ())}
        if "array" in types:
            yield (), "the response that reports the job is an array at the top; expected an object"


def _progress(reported: ReportedJob) -> Iterator[Located]:
    progress = reported.job.progress
    if progress is None:
        return
    path, whole = progress.at, progress.of
    if whole == 100 and reported.maximum_at(path) == 1:
        message = "has a maximum of 1; write {at: ..., of: 1}, or correct the maximum"
        yield ("progress",), f"x-job progress /{'/'.join(path)} {message}"
    elif not isinstance(whole, tuple) and not reported.allows(path, whole):
        message = f"is {whole:g} once the job has succeeded, which its schema does not allow; correct one of them"
        yield ("progress",), f"x-job progress /{'/'.join(path)} {message}"


def _types(reported: ReportedJob) -> Iterator[Located]:
    """Find fields of a type that says nothing of what `x-job` says of them."""
    job = reported.job
    of = job.progress.of if job.progress else None
    numbers = [*((job.progress.at,) if job.progress else ()), *((of,) if isinstance(of, tuple) else ())]
    lists = (job.subtasks.items,) if job.subtasks else ()
    for name, paths, expected, types in (
        ("progress", numbers, "a number", {"number", "integer"}),
        ("timestamps", job.timestamps, "a string or a number", {"string", "number", "integer"}),
        ("appendOnly", job.append_only, "an array", {"array"}),
        ("subtasks", lists, "an array", {"array"}),
    ):
        for path in paths:
            found = reported.types_at(path)
            if found and not found & types:
                message = f"is of type {', '.join(sorted(found))}, expected {expected}"
                yield (name,), f"x-job {name} /{'/'.join(path)} {message}; correct the schema, or leave it out"


def _subtasks(reported: ReportedJob) -> Iterator[Located]:
    if (subtasks := reported.job.subtasks) is None:
        return
    states = reported.values_at((*subtasks.items, "0", *subtasks.state))
    for state in sorted(subtasks.success - states, key=str) if states else ():
        expected = ", ".join(sorted(map(str, states)))
        message = f"x-job subtasks lists {state}, which is not in the enum of /{'/'.join(subtasks.state)}"
        yield ("subtasks", "success"), f"{message}; expected one of {expected}"


def _one_list_per_state(reported: ReportedJob) -> Iterator[Located]:
    tests = (test for test in reported.job.unknown if test.expression.keys == reported.job.state)
    unknown = {state_name(value) for test in tests for value in test.values}
    for state in sorted(reported.states - unknown):
        if state not in reported.job.kinds:
            yield (), f"state {state} is in no x-job list; add it to pending, success, partial, failure or notStarted"


def _listed_states(reported: ReportedJob) -> Iterator[Located]:
    expected = ", ".join(sorted(reported.states))
    for name, listed in reported.job.lists.items() if reported.states else ():
        for state in listed:
            if state not in reported.states and state != "null":
                message = f"x-job {name} lists {state}, which is not in the state's enum; expected one of {expected}"
                yield (name,), message


def _mirrors(reported: ReportedJob) -> Iterator[Located]:
    for index, mirror in enumerate(reported.job.mirrors):
        mirrored = reported.values_at(mirror.at)
        if missing := sorted(set(reported.job.states) - set(mirror.values)):
            yield ("mirrors", index), f"x-job mirrors has no value for {', '.join(missing)}; add it under as"
        for state, value in mirror.values.items():
            if state not in reported.job.kinds or (mirrored and value not in mirrored):
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


RULES: Final = (
    _method,
    _responses,
    _status_codes,
    _names,
    _body,
    _array,
    _expressions,
    _progress,
    _types,
    _lists,
    _unknown,
    _one_list_per_state,
    _listed_states,
    _mirrors,
    _subtasks,
    _detail,
)
PREREQUISITES: Final = (_method, _responses, _status_codes, _names, _array, _expressions)
