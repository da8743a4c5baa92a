"""What an operation, a request and a response say about a job."""

import json
import os.path
import urllib.parse
from collections.abc import Mapping
from typing import Any

from ..document import MISSING, Document, JobLifecycle, Message, Operation, Parameter, Response, snake_case
from ..document.navigate import describes
from .exchange import Exchange, documented_response
from .schemas import schema_of


def is_read(operation: Operation) -> bool:
    """Return whether requests change nothing: GET, or a POST that reports a job."""
    return operation.method == "GET" or (operation.method == "POST" and operation.job is not None)


def changes_nothing_existing(document: Document, operation: Operation) -> bool:
    """Return whether requests may start or create something, but not change or delete what exists.

    That is a start of a job, unless it is a DELETE, or a POST that has no parameter in its path and that names no job.
    """
    if operation.method == "DELETE" or started_operations(document, operation):
        return operation.method != "DELETE"
    bodies = (schema_of(document, body.schema) for body in operation.bodies)
    names = [
        *(one.name for one in operation.parameters),
        *(name for body in bodies for name in body.get("properties", ())),
    ]
    jobs = {snake_case(one.job.parameter) for one in document.operations if one.job}
    is_new = operation.method == "POST" and not operation.parameters_in("path")
    return is_new and jobs.isdisjoint(map(snake_case, names))


def sent_parameters(operation: Operation) -> tuple[Parameter, ...]:
    """Return the parameters of every request: the required ones, and the one that names the job."""
    named = (operation.job_parameter,) if operation.job else ()
    return (*operation.required, *(one for one in named if one.where != "path" and not one.required))


def id_parameter(operation: Operation) -> Parameter | None:
    """Return the parameter that names the job or, without a job, the last one of the path, or None."""
    return operation.job_parameter if operation.job else next(reversed(operation.parameters_in("path")), None)


def job_values(name: str, in_path: Mapping[str, str] | None, url: str) -> dict[str, str] | None:
    """Return the parameters that identify the job of a request: those of its path, and the one with this name.

    The result equals None if `in_path` does, because the request is not of the operation, or if it names several jobs.
    """
    if in_path is None or name in in_path:
        return None if in_path is None else dict(in_path)
    given = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).get(name, ())
    return {**in_path, name: given[0]} if len(given) == 1 else None


def message(operation: Operation, exchange: Exchange) -> Message:
    """Return an exchange as runtime expressions refer to it."""
    parameters = operation.parameters_of_url(exchange.url)
    names = {parameter.name for parameter in operation.parameters_in("path")}
    try:
        sent = json.loads(exchange.content)
    except (ValueError, RecursionError):
        sent = dict(urllib.parse.parse_qsl(exchange.content.decode(errors="replace"))) or MISSING
    return Message(
        body=exchange.json,
        status=exchange.status or 0,
        headers=exchange.headers,
        path={name: value for name, value in parameters.items() if name in names},
        query={name: value for name, value in parameters.items() if name not in names},
        request_headers={name.lower(): value for name, value in exchange.request_headers.items()},
        request_body=sent,
    )


def started_operations(document: Document, operation: Operation) -> tuple[Operation, ...]:
    """Return the operations that report the jobs to which the responses of an operation link."""
    links = [link.operation_id for response in operation.responses for link in response.links]
    return tuple(one for one in map(document.operations_by_id.get, dict.fromkeys(links)) if one and one.job)


def named_values(message: Message) -> frozenset[str]:
    """Return the values by which a request can name a job: its parameters, headers, and fields of its body."""
    fields = message.request_body.values() if isinstance(message.request_body, dict) else ()
    values = (*message.path.values(), *message.query.values(), *message.request_headers.values(), *fields)
    return frozenset(str(value) for value in values if isinstance(value, str | int))


def follow_link(document: Document, response: Response, message: Message) -> tuple[Operation | None, dict[str, str]]:
    """Return the operation and the parameters of the first link to a job whose parameters all have values."""
    for link in response.links:
        target = document.operations_by_id.get(link.operation_id)
        if target and target.job and (values := link.values(target, message)) is not None:
            return target, values
    return None, {}


def state_of(operation: Operation, exchange: Exchange) -> Any:
    """Return the state in a response, or `MISSING`, also if the response says that the job is unknown."""
    if operation.job is None or not reports_job(operation, exchange):
        return MISSING
    return operation.job.state_of(exchange.json, exchange.status or 0, exchange.headers)


def kind_of(operation: Operation, exchange: Exchange) -> str | None:
    """Return the kind of the state in a response, or None if it has no documented state."""
    state = state_of(operation, exchange)
    return operation.job.kinds.get(state) if operation.job and state is not MISSING else None


def reports_job(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a response reports a known job: a 2xx, or a status that its state depends on."""
    return operation.job is not None and reports(operation.job, exchange) and not is_unknown(operation, exchange)


def reports(job: JobLifecycle, exchange: Exchange) -> bool:
    """Return whether a response reports a job, unless it is like the example of an unknown one."""
    has_status = bool(job.conditions) or isinstance(exchange.json, dict)
    is_report = exchange.is_accepted or exchange.status in job.status_codes
    return has_status and is_report and not job.is_unknown(exchange.json, exchange.status or 0, exchange.headers)


def describes_id(document: Document, operation: Operation, status: int) -> bool:
    """Return whether the response that the document describes for a status has the id of the job."""
    response, path = documented_response(operation, status), operation.job.id if operation.job else None
    bodies = response.media_types if response else ()
    return path is not None and any(describes(document.data, body.schema, path) for body in bodies)


def is_unknown(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a response says that there is no such job, by `x-job` or as the example of an unknown id does."""
    job = operation.job
    if job is None or exchange.status is None:
        return False
    state = job.state_of(exchange.json, exchange.status, exchange.headers)
    return job.is_unknown(exchange.json, exchange.status, exchange.headers) or (
        state not in job.kinds and is_response_to_unknown_id(operation, exchange)
    )


def is_response_to_unknown_id(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a response is one that the document describes for an unknown id, which may be a 2xx."""
    job, status = operation.job, exchange.status or 0
    if job and job.is_unknown(exchange.json, status, exchange.headers):
        return True
    response = documented_response(operation, status)
    samples = [example.value for found, _, example in operation.scenarios("unknown_id") if found is response]
    if job is None:
        return bool(samples)
    state = job.state_of(exchange.json, status, exchange.headers)
    return any(job.state_of(sample, status, exchange.headers) == state for sample in samples)


def is_temporarily_unknown(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a response is more like the example of a temporarily unknown job than that of an unknown one."""

    def likeness(scenario: str) -> int:
        found = operation.scenarios(scenario)
        samples = [json.dumps(e.value) for response, _, e in found if response.status == str(exchange.status)]
        body = json.dumps(exchange.json, default=str)
        return max((len(os.path.commonprefix([sample, body])) for sample in samples), default=0)

    return likeness("temporarily_unknown") > likeness("unknown_id")
