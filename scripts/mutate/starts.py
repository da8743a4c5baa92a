"""Mutants of starts."""

import copy
from collections.abc import Callable
from typing import Any

from ..document import MISSING, Keys, walk
from .fields import immutable_path, values_at
from .messages import Exchange, Log, Mutation, Request, Response, Serve
from .mutant import (
    FINAL,
    Api,
    by_job,
    mutant,
    on_response,
    put,
)
from .requirements import all_of, has, state_at
from .states import progress_of


def starts(api: Api, log: Log) -> list[Exchange]:
    """Return the exchanges of accepted starts."""
    return [e for e in log if api.is_start(e.request) and e.sent.is_success and isinstance(e.sent.json, dict)]


def started_id(api: Api, body: Any) -> Any:
    """Return the id of the job in a start response, or `MISSING`."""
    for path in link_paths(api):
        if (value := walk(body, path)) is not MISSING:
            return value
    return MISSING


def link_paths(api: Api) -> list[Keys]:
    """Return the paths of the id in a start response."""
    links = [link for r in (api.start.responses if api.start else ()) for link in r.links]
    return [
        expression.keys
        for link in links
        for expression in link.parameters.values()
        if expression.source == "response.body"
    ]


def has_start(api: Api) -> bool:
    """Require an operation that starts a job."""
    return api.start is not None and bool(link_paths(api))


def on_start(api: Api, change: Callable[[dict[str, Any], int], None]) -> Mutation:
    """Return a mutation of the bodies of accepted starts."""
    count = [0]

    def changed(request: Request, response: Response) -> Response | None:
        if not api.is_start(request) or not response.is_success or not isinstance(response.json, dict):
            return None
        count[0] += 1
        body = copy.deepcopy(response.json)
        change(body, count[0])
        return response.with_json(body)

    return on_response(changed)


def put_id(api: Api, body: dict[str, Any], value: Any) -> None:
    """Set or remove the id in a start response."""
    for path in link_paths(api):
        if walk(body, path) is not MISSING:
            put(body, path, value)


@mutant(
    "lifecycle",
    "start_is_new",
    "a start returns the id of a new job",
    lambda api, log: len({str(started_id(api, e.sent.json)) for e in starts(api, log)}) < len(starts(api, log)),
    has_start,
)
def same_id_for_every_start(api: Api) -> Mutation:
    """Every start returns the id of the first one."""
    first: list[Any] = []

    def change(body: dict[str, Any], _: int) -> None:
        first.append(started_id(api, body))
        put_id(api, body, first[0])

    return on_start(api, change)


@mutant(
    "lifecycle",
    "start_is_new",
    "a start returns the id of a new job",
    lambda api, log: any(started_id(api, e.sent.json) in _known(api) for e in starts(api, log)),
    has_start,
)
def start_returns_an_existing_job(api: Api) -> Mutation:
    """A start returns the id of a job that existed before."""
    return on_start(api, lambda body, _: put_id(api, body, _known(api)[-1]))


def _known(api: Api) -> list[Any]:
    return list(api.operation.job_parameter.known_values)


def unresolved(api: Api, log: Log) -> bool:
    """Hold if the id of a started job is unknown."""
    ids = {str(started_id(api, e.sent.json)) for e in starts(api, log)}
    return any(api.job_id(e.request) in ids and e.sent.status >= 400 for e in log)


@mutant("lifecycle", "start_resolves", "a started job has a status", unresolved, has_start)
def started_id_is_unknown(api: Api) -> Mutation:
    """The id in a start response belongs to no job."""
    return on_start(api, lambda body, count: put_id(api, body, f"{started_id(api, body)}-{count}"))


@mutant(
    "lifecycle",
    "start_resolves response_schema_conformance",
    "a started job has a status",
    lambda api, log: any(started_id(api, e.sent.json) is MISSING for e in starts(api, log)),
    has_start,
)
def start_returns_no_id(api: Api) -> Mutation:
    """A start response has no id."""
    return on_start(api, lambda body, _: put_id(api, body, MISSING))


@mutant("lifecycle", "start_resolves", "a started job has a status", unresolved, has_start)
def second_start_is_lost(api: Api) -> Mutation:
    """The job of every second start is unknown."""
    lost: set[str] = set()
    count = [0]

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.is_start(request) and response.is_success:
            count[0] += 1
            if count[0] % 2 == 0:
                lost.add(str(started_id(api, response.json)))
        elif api.job_id(request) in lost:
            return await serve(
                Request(request.method, request.target.replace(str(api.job_id(request)), "lost-1"), request.headers)
            )
        return response

    return mutation


def start_contradicted(api: Api, log: Log) -> bool:
    """Hold if a start response has a final state and the job another one."""
    jobs = by_job(api, log)
    return any(
        api.kind(e.sent.json) in FINAL
        and any(api.state(r.sent) != api.state(e.sent.json) for r in jobs.get(str(started_id(api, e.sent.json)), ()))
        for e in starts(api, log)
    )


def start_has_state(api: Api) -> bool:
    """Require a start response with the state of the job."""
    examples = api.start.success.examples if api.start else ()
    return has_start(api) and any(api.state(example.value) is not MISSING for _, example in examples)


@mutant("lifecycle", "start_state", "x-job: a final state stays", start_contradicted, start_has_state)
def start_reports_success_at_once(api: Api) -> Mutation:
    """A start response reports success while the job is pending."""
    return on_start(
        api, lambda body, _: put(body, state_at(api), api.first("success")) if api.kind(body) == "pending" else None
    )


@mutant("lifecycle", "start_state", "x-job: a final state stays", start_contradicted, start_has_state)
def start_reports_failure(api: Api) -> Mutation:
    """A start response reports a failure of a job that succeeds."""
    return on_start(
        api, lambda body, _: put(body, state_at(api), api.first("failure")) if api.kind(body) != "failure" else None
    )


@mutant(
    "lifecycle",
    "start_state progress_never_falls",
    "x-job: progress never falls",
    lambda api, log: any(progress_of(api, e.sent.json) == 80 for e in starts(api, log)),
    all_of(has_start, has("progress")),
)
def start_is_ahead(api: Api) -> Mutation:
    """The progress in a start response is more than that of the first status."""
    return on_start(api, lambda body, _: put(body, api.job.progress.at if api.job.progress else (), 80))


@mutant(
    "lifecycle",
    "start_keeps_its_kind",
    "x-job: immutable",
    lambda api, log: any(e.conforming is not None and e.sent.json != e.conforming.json for e in starts(api, log)),
    all_of(
        has_start,
        lambda api: any(
            walk(e.value, immutable_path(api)) is not MISSING
            for _, e in (api.start.success.examples if api.start else ())
        ),
    ),
)
def start_reports_another_kind(api: Api) -> Mutation:
    """An immutable value in a start response is not that of the job."""

    def change(body: dict[str, Any], _: int) -> None:
        value = walk(body, immutable_path(api))
        if value is not MISSING:
            put(
                body, immutable_path(api), next((v for v in values_at(api, immutable_path(api)) if v != value), "other")
            )

    return on_start(api, change)
