"""Requests to the control API that create jobs."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..document import MISSING, Document
from .control_request import ControlRequestError
from .faults import MAX_DEPTH, json_depth
from .jobs import OperationJobs
from .parameters import InvalidParameterError, parse_value
from .status import Timeline
from .store import JobStore

MAX_LISTED_JOBS = 1000  # created jobs in one response


def create_jobs(documents: Iterable[Document], store: JobStore, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Create the jobs that the body of a request describes; return the body of the response.

    Raises:
        ControlRequestError: the job does not exist in the document, or the fields contradict each other.
    """
    document, jobs = _find_jobs(documents, store, body)
    given = dict(body.get("parameters", {}))
    if unknown := sorted(set(given) - set(jobs.parameter_names)):
        raise ControlRequestError(
            f"parameters/{unknown[0]}", f"is not a path parameter: expected one of {', '.join(jobs.parameter_names)}"
        )
    timeline = _parse_timeline(body["after"], jobs) if "after" in body else None
    fixed_fields = _parse_fields(body, jobs)
    count = body.get("count", 1)
    if "id" in body:
        given[jobs.id_parameter] = body["id"]
    if count > 1 and jobs.id_parameter in given:
        raise ControlRequestError("count", f"expected 1 if an id is given, got {count}")
    _check_parameters(document, jobs, given)
    listed: list[dict[str, Any]] = []
    for _ in range(count):
        parameters = jobs.complete_parameters(given)
        created = jobs.create(parameters, timeline, body.get("reason"), now, fixed_fields)
        if len(listed) < MAX_LISTED_JOBS:
            listed.append(
                {
                    "api": document.stem,
                    "operation": jobs.operation.id,
                    "id": parameters[jobs.id_parameter],
                    "parameters": parameters,
                    "path": f"/{document.stem}{jobs.path_of(parameters)}",
                    "after": [list(step) for step in created],
                }
            )
    return {"jobs": listed, "count": count}


def check_api(documents: Iterable[Document], api: str) -> None:
    """Reject an API that is not simulated."""
    known = [document.stem for document in documents]
    if api not in known:
        raise ControlRequestError("api", f"expected one of {', '.join(known)}, got {api[:80]!r}")


def _find_jobs(
    documents: Iterable[Document], store: JobStore, body: Mapping[str, Any]
) -> tuple[Document, OperationJobs]:
    """Return the document and the jobs of the operation that a request refers to."""
    if "api" in body:
        check_api(documents, body["api"])
    found = [
        (api, jobs)
        for api, jobs in store
        if body.get("api", api) == api and body.get("operation", jobs.operation.id) == jobs.operation.id
    ]
    if len(found) != 1:
        field = "api" if "api" not in body and len({api for api, _ in found}) != 1 else "operation"
        choice = sorted({api if field == "api" else jobs.operation.id for api, jobs in store})
        got = f"{body[field][:80]!r}" if field in body else "none"
        raise ControlRequestError(field, f"expected one of {', '.join(choice)}, which report jobs, got {got}")
    api, jobs = found[0]
    return next(document for document in documents if document.stem == api), jobs


def _parse_timeline(raw: list[list[Any]], jobs: OperationJobs) -> Timeline:
    """Return the timeline of a job: times that increase from 0, known states, and no state after a final one."""
    spec, last = jobs.job_spec, -1.0
    for index, (offset, state) in enumerate(raw):
        where = f"after/{index}"
        if state not in spec.states:
            raise ControlRequestError(f"{where}/1", f"expected one of {', '.join(spec.states)}, got {state[:80]!r}")
        if index == 0 and offset != 0:
            raise ControlRequestError(f"{where}/0", f"expected 0 for the first state, got {offset:g}")
        if offset <= last:
            raise ControlRequestError(f"{where}/0", f"expected more than {last:g}, got {offset:g}")
        if index and spec.is_final(raw[index - 1][1]):
            raise ControlRequestError(
                where,
                f"expected no state after the final state {raw[index - 1][1]}; use the fault backwards for a state "
                "that goes back",
            )
        last = offset
    return tuple((float(offset), state) for offset, state in raw)


def _parse_fields(body: Mapping[str, Any], jobs: OperationJobs) -> tuple[tuple[str, Any], ...]:
    """Return the constant fields of `fields` and `without`.

    Raises:
        ControlRequestError: they contradict each other, `reason`, or the job's other fields.
    """
    spec, reason = jobs.job_spec, body.get("reason")
    if reason is not None and spec.reason is None:
        raise ControlRequestError("reason", f"is not supported: {jobs.operation.id} reports no failure reason")
    fields, without = body.get("fields", {}), frozenset(body.get("without", ()))
    if both := sorted(set(fields) & without):
        raise ControlRequestError(f"without/{both[0]}", "is also set by fields; name it in one of them")
    reserved = {path[0]: "is the state; set it with after" for path in spec.expressions()["state"]}
    reserved |= {spec.id[0]: "is the id of the job; set it with id"} if spec.id else {}
    if conflicting := sorted((set(fields) | without) & set(reserved)):
        raise ControlRequestError(f"fields/{conflicting[0]}", reserved[conflicting[0]])
    if reason is not None and spec.reason and spec.reason[0] in fields:
        raise ControlRequestError(
            "reason", f"is reported at /{spec.reason[0]}, which fields also sets; name it in one of them"
        )
    if json_depth(fields) > MAX_DEPTH:
        raise ControlRequestError("fields", f"is nested more than {MAX_DEPTH} levels deep")
    return (*fields.items(), *((name, MISSING) for name in without))


def _check_parameters(document: Document, jobs: OperationJobs, given: Mapping[str, str]) -> None:
    """Reject path parameters with which no client could request the job."""
    for parameter in jobs.operation.parameters:
        value = given.get(parameter.name)
        if value is None:
            continue
        field = "id" if parameter.name == jobs.id_parameter else f"parameters/{parameter.name}"
        try:
            parse_value(document, parameter, [value])
        except InvalidParameterError:
            reason = f"expected a value that the path parameter accepts, got {value[:80]!r}"
            raise ControlRequestError(field, reason) from None
        if value in {".", ".."} or "/" in value:
            raise ControlRequestError(field, f"expected a single path segment, got {value[:80]!r}")
