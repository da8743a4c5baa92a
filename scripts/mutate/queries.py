"""Mutants of query parameters: unknown, repeated, empty and malformed ones, defaults, and the view of a status."""

import json
from collections.abc import Callable

from .http import JSON, on_job
from .messages import Exchange, Mutation, Request, Response, Serve
from .mutant import FINAL, Api, Witness, mutant, on_request, put, some_exchange
from .requirements import has
from .views import view_of

MALFORMED = "the document says how a malformed value is refused"
UNKNOWN_PARAMETER = "an unknown parameter changes nothing, or is refused"
OMITTED = "JSON Schema, 9.2: an omitted parameter has its default"

CLAUSE = "RFC 9110, 15.5 and 15.6: an error of the client is a 4xx"


def fails_if(test: Callable[[Api, Request], bool]) -> Callable[[Api], Mutation]:
    """Return a mutant: requests that satisfy a test cause a server error."""
    return lambda api: on_request(
        lambda r: Response(500, JSON, b"{}") if api.job_id(r) is not None and test(api, r) else r
    )


failed = some_exchange(lambda api, e: bool(e.request.query) and e.sent.status == 500)


def view(api: Api) -> str:
    """Return the name of the parameter that selects the view."""
    return api.job.detail.parameter if api.job.detail else ""


def unknown(api: Api, request: Request) -> set[str]:
    """Return the parameters of a request that the document does not describe."""
    return request.parameters.keys() - {p.name for p in api.operation.parameters_in("query")}


@mutant("query", "odd_queries", CLAUSE, failed)
def unknown_parameter_fails(api: Api) -> Mutation:
    """An unknown parameter causes a server error."""
    return fails_if(lambda api, r: bool(unknown(api, r)))(api)


@mutant("query", "odd_queries scenarios", CLAUSE, failed, has("detail"))
def repeated_parameter_fails(api: Api) -> Mutation:
    """A repeated parameter causes a server error."""
    return fails_if(lambda api, r: len(r.parameters.get(view(api), ())) > 1)(api)


@mutant("query", "odd_queries", CLAUSE, failed, has("detail"))
def empty_parameter_fails(api: Api) -> Mutation:
    """An empty parameter causes a server error."""
    return fails_if(lambda api, r: r.parameters.get(view(api)) == [""])(api)


@mutant("query", "odd_queries", CLAUSE, failed, has("detail"))
def name_in_other_case_fails(api: Api) -> Mutation:
    """The name of a parameter in another case causes a server error."""
    return fails_if(lambda api, r: view(api).swapcase() in r.parameters)(api)


@mutant("query", "odd_queries", CLAUSE, failed)
def long_query_fails(api: Api) -> Mutation:
    """A long query causes a server error."""
    return fails_if(lambda api, r: len(r.query) > 500)(api)


@mutant("query", "odd_queries", CLAUSE, failed)
def escaped_query_fails(api: Api) -> Mutation:
    """A value with characters outside ASCII causes a server error."""
    return fails_if(lambda api, r: not "".join(v for vs in r.parameters.values() for v in vs).isascii())(api)


def is_boolean_view(api: Api) -> bool:
    """Require a view that is a boolean."""
    return bool(api.job.detail) and isinstance(api.job.detail.values[0] if api.job.detail else "", bool)


@mutant(
    "query",
    "scenarios",
    MALFORMED,
    some_exchange(lambda api, e: "banana" in e.request.query and e.sent.is_success),
    is_boolean_view,
)
def malformed_value_is_accepted(api: Api) -> Mutation:
    """A value that is no boolean is accepted as false."""
    return on_request(lambda r: Request(r.method, r.target.replace("banana", "false"), r.headers))


@mutant(
    "query",
    "scenarios odd_queries",
    MALFORMED,
    some_exchange(lambda api, e: "banana" in e.request.query and e.sent.status == 500),
    is_boolean_view,
)
def malformed_value_fails(api: Api) -> Mutation:
    """A value that is no boolean causes a server error."""
    return fails_if(lambda api, r: "banana" in r.query)(api)


@mutant(
    "query",
    "scenarios",
    "the document says how an unknown parameter is refused",
    some_exchange(lambda api, e: bool(unknown(api, e.request)) and e.sent.is_success),
    lambda api: api.operation.scenario("unknown_parameter") is not None,
)
def unknown_parameter_is_accepted(api: Api) -> Mutation:
    """An unknown parameter is accepted although the document says that it is refused."""

    def change(request: Request) -> Request:
        kept = [part for part in request.query.split("&") if part.partition("=")[0] not in unknown(api, request)]
        return Request(request.method, request.path + (f"?{'&'.join(kept)}" if kept else ""), request.headers)

    return on_request(change)


def ignores_unknown(api: Api) -> bool:
    """Require that an unknown parameter is ignored."""
    return api.operation.scenario("unknown_parameter") is None


changed = some_exchange(
    lambda api, e: (
        bool(unknown(api, e.request))
        and e.sent.is_success
        and e.conforming is not None
        and e.sent.body != e.conforming.body
    )
)


@mutant("query", "odd_queries", UNKNOWN_PARAMETER, changed, ignores_unknown)
def unknown_parameter_adds_a_field(api: Api) -> Mutation:
    """An unknown parameter is returned in the status."""
    return _with_unknown(api, lambda body, names: body.update({sorted(names)[0]: "1"}))


@mutant(
    "query",
    "odd_queries terminal_is_final",
    UNKNOWN_PARAMETER,
    changed,
    lambda api: ignores_unknown(api) and api.job.state is not None,
)
def unknown_parameter_changes_state(api: Api) -> Mutation:
    """With an unknown parameter, a job that has ended is pending."""
    return _with_unknown(api, lambda body, _: put(body, api.job.state or (), api.first("pending")))


def _with_unknown(api: Api, change: Callable[[dict[str, object], set[str]], None]) -> Mutation:
    def changed_response(request: Request, response: Response) -> Response | None:
        names = unknown(api, request)
        if not names or not response.is_success or not isinstance(response.json, dict):
            return None
        body = dict(response.json)
        change(body, names)
        return response.with_json(body)

    return on_job(api, changed_response)


def value_of(api: Api, index: int) -> str:
    """Return a value of the parameter that selects the view, as it stands in a query."""
    value = api.job.detail.values[index] if api.job.detail else ""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def other_view(test: Callable[[Api, Request], bool], index: int) -> Callable[[Api], Mutation]:
    """Return a mutant: requests that satisfy a test get another view."""

    def make(api: Api) -> Mutation:
        def change(request: Request) -> Request:
            if api.job_id(request) is None or not test(api, request):
                return request
            return Request(request.method, f"{request.path}?{view(api)}={value_of(api, index)}", request.headers)

        return on_request(change)

    return make


def viewed(test: Callable[[Api, Exchange], bool]) -> Witness:
    """Return a witness: a request that satisfies a test was passed on for another view, and accepted."""
    return some_exchange(
        lambda api, e: e.sent.is_success and e.forwarded is not None and e.forwarded != e.request and test(api, e)
    )


@mutant("query", "defaults detail", OMITTED, viewed(lambda api, e: not e.request.query), has("detail"))
def default_is_the_wide_view(api: Api) -> Mutation:
    """Without the parameter, the status is that of the wide view."""
    return other_view(lambda api, r: not r.query, -1)(api)


@mutant("query", "defaults detail", OMITTED, viewed(lambda api, e: not e.request.query), has("detail"))
def default_differs_while_pending(api: Api) -> Mutation:
    """Without the parameter, the status of a pending job is that of the wide view."""
    widen = other_view(lambda api, r: not r.query, -1)(api)

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await widen(request, serve)
        is_final = response.is_success and api.kind(response.json) in FINAL
        return await serve(request) if is_final else response

    return mutation


@mutant(
    "query",
    "detail",
    "x-job: detail",
    viewed(lambda api, e: view_of(api, e.request) == value_of(api, -1)),
    has("detail"),
)
def wide_view_is_narrow(api: Api) -> Mutation:
    """The wide view returns the narrow one."""
    return other_view(lambda api, r: r.parameters.get(view(api)) == [value_of(api, -1)], 0)(api)


@mutant(
    "query",
    "detail",
    "x-job: detail",
    viewed(lambda api, e: view_of(api, e.request) == value_of(api, 0)),
    has("detail"),
)
def narrow_view_is_wide(api: Api) -> Mutation:
    """The narrow view returns the wide one."""
    return other_view(lambda api, r: r.parameters.get(view(api)) == [value_of(api, 0)], -1)(api)


@mutant("query", "detail", "x-job: detail", viewed(lambda api, e: bool(e.request.query)), has("detail"))
def views_are_swapped(api: Api) -> Mutation:
    """The narrow view returns the wide one, and the wide one the narrow one."""

    def change(request: Request) -> Request:
        given = request.parameters.get(view(api))
        swapped = {value_of(api, 0): -1, value_of(api, -1): 0}
        if api.job_id(request) is None or not given or given[0] not in swapped:
            return request
        return Request(
            request.method, f"{request.path}?{view(api)}={value_of(api, swapped[given[0]])}", request.headers
        )

    return on_request(change)
