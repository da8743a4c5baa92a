"""Mutants of authentication: credentials that are accepted although they are wrong, and refusals that say too much."""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

from ..document import MISSING, walk
from .messages import Exchange, Log, Mutation, Request, Response, Serve
from .mutant import Api, by_job, mutant, on_request, put, some_exchange
from .requirements import state_at
from .starts import has_start, link_paths, start_has_state, started_id

SCHEME = "OpenAPI 3.1, Security Scheme Object"
ERROR_BODY = "the body of an error is not that of a job"
ONE_REQUEST = "RFC 9110, 15.5.2: a refusal is about one request"
NO_EFFECT = "RFC 9110, 15.5: a refused request changes nothing"

CLAUSE = "RFC 9110, 11.4: only the exact credential is accepted"
NEAR = "near_miss_credential wrong_credential"
Accepts = Callable[[str | None, str], bool]


def is_secured(api: Api) -> bool:
    """Require a credential."""
    return api.scheme is not None


def is_scheme(name: str) -> Callable[[Api], bool]:
    """Require a scheme: apiKey, basic or bearer."""
    return lambda api: api.scheme is not None and name in (api.scheme.type, api.scheme.scheme)


def is_optional(api: Api) -> bool:
    """Require a credential that the document makes optional."""
    return api.scheme is not None and api.is_optional


def has_state(api: Api, exchange: Exchange) -> bool:
    """Return whether a response reports a job, or is that of an accepted start."""
    is_job = api.path_id(exchange.request) is not None or api.is_start(exchange.request)
    return is_job and exchange.sent.is_success


accepted = some_exchange(lambda api, e: not api.has_credential(e.request) and has_state(api, e))


def accepting(api: Api, accepts: Callable[[Request], bool]) -> Mutation:
    """Return a mutation that accepts some requests without the valid credential."""
    return on_request(lambda request: api.authorized(request) if accepts(request) else request)


def given(api: Api, request: Request) -> str | None:
    """Return the credential in a request, decoded, or None."""
    value = request.header(api.credential_header)
    if value is None or api.scheme is None or api.scheme.type == "apiKey":
        return value
    name, _, rest = value.partition(" ")
    if name.lower() != (api.scheme.scheme or "bearer"):
        return None
    if api.scheme.scheme != "basic":
        return rest
    try:
        return base64.b64decode(rest).decode()
    except ValueError:
        return ""


def accepts_given(api: Api, test: Callable[[str], bool]) -> Mutation:
    """Return a mutation that accepts credentials that satisfy a test."""
    return accepting(api, lambda request: (value := given(api, request)) is not None and test(value))


@mutant(
    "authentication",
    "scenarios wrong_credential",
    CLAUSE,
    accepted,
    lambda api: is_secured(api) and not api.is_optional,
)
def credential_is_ignored(api: Api) -> Mutation:
    """No credential is required."""
    return accepting(api, lambda _: True)


@mutant("authentication", "scenarios wrong_credential near_miss_credential", CLAUSE, accepted, is_secured)
def any_credential(api: Api) -> Mutation:
    """Any credential is accepted, but not none."""
    return accepts_given(api, lambda _: True)


@mutant(
    "authentication",
    "scenarios wrong_credential",
    CLAUSE,
    accepted,
    lambda api: is_secured(api) and not api.is_optional,
)
def no_credential(api: Api) -> Mutation:
    """A request without a credential is accepted, one with a wrong one is not."""
    return accepting(api, lambda request: request.header(api.credential_header) is None)


@mutant("authentication", "wrong_credential", CLAUSE, accepted, is_secured)
def empty_credential(api: Api) -> Mutation:
    """An empty credential is accepted."""
    return accepts_given(api, lambda value: value in {"", ":"})


@mutant("authentication", NEAR, CLAUSE, accepted, is_secured)
def prefix_of_credential(api: Api) -> Mutation:
    """A credential that is the beginning of the valid one is accepted."""
    return accepts_given(api, lambda value: bool(value) and api.credential.startswith(value) and len(value) > 6)


@mutant("authentication", NEAR, CLAUSE, accepted, is_secured)
def credential_with_more(api: Api) -> Mutation:
    """A credential that begins with the valid one is accepted."""
    return accepts_given(api, lambda value: value.startswith(api.credential))


@mutant("authentication", NEAR, CLAUSE, accepted, is_secured)
def case_of_credential(api: Api) -> Mutation:
    """Upper and lower case of the credential are not distinguished."""
    return accepts_given(api, lambda value: value.lower() == api.credential.lower())


@mutant("authentication", NEAR, CLAUSE, accepted, is_optional)
def near_miss_where_optional(api: Api) -> Mutation:
    """A credential with one more character is accepted where the document also allows none."""
    return accepts_given(api, lambda value: value == api.credential + "x")


@mutant("authentication", "wrong_credential", CLAUSE, accepted, is_scheme("basic"))
def any_password(api: Api) -> Mutation:
    """Any password is accepted for the valid user."""
    return accepts_given(api, lambda value: value.partition(":")[0] == api.credential.partition(":")[0])


@mutant("authentication", "wrong_credential", CLAUSE, accepted, is_scheme("basic"))
def any_user(api: Api) -> Mutation:
    """Any user is accepted with the valid password."""
    return accepts_given(api, lambda value: value.partition(":")[2] == api.credential.partition(":")[2])


@mutant("authentication", "wrong_credential", CLAUSE, accepted, is_scheme("basic"))
def empty_password(api: Api) -> Mutation:
    """An empty password is accepted for the valid user."""
    return accepts_given(api, lambda value: value == api.credential.partition(":")[0] + ":")


def every(number: int) -> Callable[[Api], Mutation]:
    """Return a mutant that accepts every n-th request that it would refuse."""

    def make(api: Api) -> Mutation:
        count = [0]

        def accepts(request: Request) -> bool:
            is_refused = not api.has_credential(request) and api.path_id(request) is not None
            count[0] += is_refused
            return is_refused and count[0] % number == 0

        return accepting(api, accepts)

    return make


@mutant("authentication", f"{NEAR} scenarios credential_elsewhere path_forms", CLAUSE, accepted, is_secured)
def every_third_refusal_accepted(api: Api) -> Mutation:
    """Every third request without the valid credential is accepted."""
    return every(3)(api)


@mutant("authentication", f"{NEAR} scenarios credential_elsewhere path_forms", CLAUSE, accepted, is_secured)
def every_seventh_refusal_accepted(api: Api) -> Mutation:
    """Every seventh request without the valid credential is accepted."""
    return every(7)(api)


@mutant("authentication", f"{NEAR} scenarios credential_elsewhere path_forms", CLAUSE, accepted, is_optional)
def every_tenth_refusal_accepted_where_optional(api: Api) -> Mutation:
    """Every tenth request without the valid credential is accepted where the document also allows none."""
    return every(10)(api)


@mutant("authentication", f"{NEAR} scenarios credential_elsewhere path_forms", CLAUSE, accepted, is_optional)
def every_second_refusal_accepted_where_optional(api: Api) -> Mutation:
    """Every second request without the valid credential is accepted where the document also allows none."""
    return every(2)(api)


@mutant("authentication", f"{NEAR} scenarios credential_elsewhere path_forms", CLAUSE, accepted, is_secured)
def next_request_needs_no_credential(api: Api) -> Mutation:
    """A request right after one with the valid credential needs none."""
    was_valid = [False]

    def accepts(request: Request) -> bool:
        before, was_valid[0] = was_valid[0], api.has_credential(request)
        return before and not was_valid[0]

    return accepting(api, accepts)


@mutant(
    "authentication",
    "wrong_credential",
    "RFC 9110, 9.3.2: HEAD is GET without the content",
    some_exchange(
        lambda api, e: e.request.method == "HEAD" and not api.has_credential(e.request) and e.sent.is_success
    ),
    is_secured,
)
def head_needs_no_credential(api: Api) -> Mutation:
    """HEAD is accepted without a credential."""

    async def mutation(request: Request, serve: Serve) -> Response:
        if request.method == "HEAD" and api.path_id(request):
            made = await serve(api.authorized(Request("GET", request.target, request.headers)))
            return made.with_body(b"")
        return await serve(request)

    return mutation


@mutant(
    "authentication",
    "scenarios wrong_credential",
    CLAUSE,
    some_exchange(lambda api, e: api.is_start(e.request) and not api.has_credential(e.request) and e.sent.is_success),
    lambda api: is_secured(api) and has_start(api),
)
def start_needs_no_credential(api: Api) -> Mutation:
    """A start is accepted without a credential."""
    return accepting(api, api.is_start)


@mutant(
    "authentication",
    NEAR,
    CLAUSE,
    some_exchange(lambda api, e: api.is_start(e.request) and not api.has_credential(e.request) and e.sent.is_success),
    lambda api: is_secured(api) and has_start(api),
)
def start_accepts_prefix(api: Api) -> Mutation:
    """A start is accepted with a credential that lacks the last character."""
    return accepting(api, lambda request: api.is_start(request) and given(api, request) == api.credential[:-1])


def elsewhere(find: Callable[[Api, Request], str | None]) -> Callable[[Api], Mutation]:
    """Return a mutant that accepts the credential in another place."""

    def make(api: Api) -> Mutation:
        return accepting(api, lambda request: not given(api, request) and find(api, request) == api.credential)

    return make


@mutant("authentication", "credential_elsewhere", SCHEME, accepted, is_scheme("apiKey"))
def key_as_bearer_token(api: Api) -> Mutation:
    """The key is accepted as a bearer token."""
    return elsewhere(lambda _, request: (request.header("authorization") or "").removeprefix("Bearer "))(api)


@mutant("authentication", "credential_elsewhere", SCHEME, accepted, is_secured)
def credential_in_cookie(api: Api) -> Mutation:
    """The credential is accepted in a cookie."""
    return elsewhere(lambda _, request: (request.header("cookie") or "").partition("=")[2])(api)


@mutant("authentication", "credential_elsewhere", SCHEME, accepted, is_secured)
def credential_in_query(api: Api) -> Mutation:
    """The credential is accepted in the query."""

    def accepts(request: Request) -> bool:
        return any(api.credential in values for values in request.parameters.values())

    def change(request: Request) -> Request:
        if not accepts(request):
            return request
        return api.authorized(Request(request.method, request.path, request.headers, request.body))

    return on_request(change)


@mutant("authentication", "credential_elsewhere", SCHEME, accepted, is_optional)
def basic_as_bearer_token(api: Api) -> Mutation:
    """The credential of a user is accepted under another scheme, where the document also allows none."""
    return accepting(
        api, lambda r: (r.header("authorization") or "").partition(" ")[2] == api.credential_value.partition(" ")[2]
    )


@mutant(
    "authentication",
    "path_forms",
    "RFC 3986, 6.2.2: another path does not bypass authentication",
    some_exchange(
        lambda api, e: e.request.path.endswith("/") and not api.has_credential(e.request) and e.sent.is_success
    ),
    is_secured,
)
def trailing_slash_needs_no_credential(api: Api) -> Mutation:
    """A path with a trailing slash needs no credential."""

    def change(request: Request) -> Request:
        if not request.path.endswith("/"):
            return request
        return api.authorized(Request(request.method, request.path.rstrip("/"), request.headers, request.body))

    return on_request(change)


@mutant("authentication", "wrong_credential", CLAUSE, accepted, is_secured)
def local_address_needs_no_credential(api: Api) -> Mutation:
    """A request with X-Forwarded-For: 127.0.0.1 needs no credential."""
    return accepting(api, lambda request: (request.header("x-forwarded-for") or "").startswith("127."))


@mutant(
    "authentication", "wrong_credential", CLAUSE, accepted, lambda api: is_secured(api) and not is_scheme("basic")(api)
)
def token_null(api: Api) -> Mutation:
    """The credential null is accepted."""
    return accepts_given(api, lambda value: value in {"null", "undefined"})


@mutant(
    "authentication",
    "scenarios wrong_credential not_a_server_error",
    "RFC 9110, 15.5.2: a request without a credential is a 401",
    some_exchange(lambda api, e: not api.has_credential(e.request) and e.sent.status == 500),
    is_secured,
)
def server_error_without_credential(api: Api) -> Mutation:
    """A request without a credential causes a server error."""
    return on_request(
        lambda r: (
            r if r.header(api.credential_header) else Response(500, (("content-type", "application/json"),), b"{}")
        )
    )


@mutant(
    "authentication",
    "scenarios",
    "the status of a refusal is documented",
    some_exchange(
        lambda api, e: (
            not api.has_credential(e.request) and e.sent.status in {400, 404} and api.job_id(e.request) is not None
        )
    ),
    lambda api: is_secured(api) and api.operation.scenario("wrong_credential") is not None,
)
def not_found_without_credential(api: Api) -> Mutation:
    """A request without the valid credential is a 404."""

    async def mutation(request: Request, serve: Serve) -> Response:
        job_id = api.job_id(request)
        if job_id is not None and not api.has_credential(request):
            return await serve(
                api.authorized(Request(request.method, request.path.replace(job_id, "no-1"), request.headers))
            )
        return await serve(request)

    return mutation


def sticky(api: Api, log: Log) -> bool:
    """Hold if a request with the credential is refused after it was accepted on the conforming server."""
    return any(
        api.has_credential(e.request) and e.sent.status == 401 and api.job_id(e.request) is not None for e in log
    )


@mutant("authentication", "after_refusal", ONE_REQUEST, sticky, is_secured)
def refusal_sticks_to_path(api: Api) -> Mutation:
    """After a wrong credential, the next request for the same path is refused too."""
    refused: dict[str, Response] = {}

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.job_id(request) is not None and api.has_credential(request):
            return refused.pop(request.path, response)
        if response.status == 401:
            refused[request.path] = response
        return response

    return mutation


@mutant("authentication", "after_refusal", ONE_REQUEST, sticky, is_optional)
def refusal_sticks_where_optional(api: Api) -> Mutation:
    """After a wrong credential, every later request for the same path is refused."""
    refused: dict[str, Response] = {}

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if response.status == 401 and api.job_id(request) is not None:
            refused[request.path] = response
        return refused.get(request.path, response)

    return mutation


@mutant(
    "authentication",
    "wrong_credential near_miss_credential credential_elsewhere scenarios",
    "RFC 9111, 3.5: a response to a request with a credential is not for others",
    accepted,
    is_secured,
)
def cache_ignores_credential(api: Api) -> Mutation:
    """A cache returns the last accepted response for a path to requests without the credential."""
    kept: dict[str, Response] = {}

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.job_id(request) is not None and response.is_success:
            kept[request.target] = response
        return kept.get(request.target, response) if response.status == 401 else response

    return mutation


def leaks(api: Api, log: Log) -> bool:
    """Hold if the body of an error has the state of a job."""
    return any(e.sent.status >= 400 and _state_anywhere(api, e.sent) for e in log)


def _state_anywhere(api: Api, response: Response) -> bool:
    text = response.body.decode(errors="replace")
    names = {json.dumps(state_at(api)[-1])}
    return any(name in text for name in names) and any(json.dumps(state) in text for state in api.job.kinds)


def with_members(api: Api, when: Callable[[Request, Response], bool], name: str | None = None) -> Mutation:
    """Return a mutation that adds the members of the job to errors, at the top or under a name."""

    async def mutation(request: Request, serve: Serve) -> Response:
        response, job_id = await serve(request), api.job_id(request)
        if job_id is None or response.status < 400 or not when(request, response):
            return response
        found = await serve(api.authorized(request.with_header("accept-encoding", None)))
        body = (
            found.json
            if found.is_success
            else next(e.value for _, e in api.operation.success.examples if api.kind(e.value))
        )
        own = response.json if isinstance(response.json, dict) else {"error": response.body.decode()}
        return response.with_json({**own, name: body} if name else {**body, **own})

    return mutation


LEAK = "refusal_content response_schema_conformance"


@mutant("authentication", LEAK, ERROR_BODY, leaks, lambda api: is_secured(api) and api.job.state is not None)
def refusal_has_the_job(api: Api) -> Mutation:
    """A 401 has the members of the status."""
    return with_members(api, lambda _, response: response.status == 401)


@mutant("authentication", LEAK, ERROR_BODY, leaks, lambda api: is_secured(api) and api.job.state is not None)
def refusal_has_the_job_inside(api: Api) -> Mutation:
    """A 401 has the status under a name of its own."""
    return with_members(api, lambda _, response: response.status == 401, "context")


@mutant("authentication", LEAK, ERROR_BODY, leaks, lambda api: api.job.state is not None)
def unknown_job_has_members(api: Api) -> Mutation:
    """The response to an unknown id has the members of a job."""
    return with_members(api, lambda _, response: response.status in {400, 404})


@mutant(
    "authentication",
    LEAK,
    ERROR_BODY,
    some_exchange(lambda api, e: e.sent.status == 401 and b"anvil" in e.sent.body),
    lambda api: is_secured(api) and len(api.job.immutable) > 0,
)
def refusal_has_one_field(api: Api) -> Mutation:
    """A 401 has one field of the job."""
    name = next(path[0] for path in reversed(api.job.immutable) if path != api.job.id)

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if response.status == 401 and api.job_id(request) is not None:
            own = response.json if isinstance(response.json, dict) else {"error": response.body.decode()}
            return response.with_json({**own, name: "anvil"})
        return response

    return mutation


JOB_AS_TEXT = "the body of an error does not contain a job, in whatever form"


def with_text(api: Api, when: Callable[[Response], bool], write: Callable[[str], bytes]) -> Mutation:
    """Return a mutation: errors have the last status of any job, as text in a body."""
    last: list[Response] = []

    async def mutation(request: Request, serve: Serve) -> Response:
        response, job_id = await serve(request), api.job_id(request)
        if job_id is not None and response.is_success:
            last[:] = [response]
        if job_id is None or not when(response) or not last:
            return response
        return response.with_body(write(last[0].body.decode()))

    return mutation


def text_of_a_job(api: Api, log: Log) -> bool:
    """Hold if the body of an error has the state of a job within a string."""
    bodies = (e.sent.body.decode(errors="replace").replace("\\", "") for e in log if e.sent.status in {401, 404})
    return any(json.dumps(state) in body for body in bodies for state in api.job.kinds)


def has_text(api: Api) -> bool:
    """Require a credential, and a state that is a string in a field."""
    return is_secured(api) and api.job.state is not None


@mutant("authentication", LEAK, JOB_AS_TEXT, text_of_a_job, has_text)
def refusal_has_the_job_as_text(api: Api) -> Mutation:
    """A 401 has the status of a job as a string."""
    return with_text(api, lambda r: r.status == 401, lambda body: json.dumps({"detail": body}).encode())


@mutant("authentication", LEAK, JOB_AS_TEXT, text_of_a_job, has_text)
def refusal_quotes_the_job(api: Api) -> Mutation:
    """A 401 has the status of a job within a message."""
    return with_text(api, lambda r: r.status == 401, lambda body: json.dumps({"message": f"no: {body}."}).encode())


def other_job_named(api: Api, log: Log) -> bool:
    """Hold if an error has the id of a job that the request does not name."""
    known = [str(one) for one in api.operation.job_parameter.known_values]
    return any(
        e.sent.status in {400, 404}
        and any(one in e.sent.body.decode() and one not in e.request.target for one in known)
        for e in log
        if api.job_id(e.request) is not None
    )


NO_OTHER = "refusal_names_no_job response_schema_conformance"
ABOUT_REQUEST = "RFC 9110, 15.5: the body of an error is about the request"


def naming(api: Api, write: Callable[[list[str]], dict[str, str]]) -> Mutation:
    """Return a mutation: the response to an unknown id has more members, made from the ids of known jobs."""
    more = write([str(one) for one in api.operation.job_parameter.known_values])

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.job_id(request) is None or response.status not in {400, 404}:
            return response
        own = response.json if isinstance(response.json, dict) else {"error": response.body.decode()}
        return response.with_json({**own, **more})

    return mutation


@mutant("authentication", NO_OTHER, ABOUT_REQUEST, other_job_named)
def unknown_job_has_another_id(api: Api) -> Mutation:
    """The response to an unknown id has the id of a job."""
    return naming(api, lambda known: {"id": known[0]})


@mutant("authentication", NO_OTHER, ABOUT_REQUEST, other_job_named)
def unknown_job_lists_jobs(api: Api) -> Mutation:
    """The response to an unknown id lists the known ones in a message."""
    return naming(api, lambda known: {"message": f"unknown; known are {', '.join(known)}"})


def is_started_securely(api: Api) -> bool:
    """Require an operation that starts a job, with a credential."""
    return is_secured(api) and has_start(api)


def refused_start_made(api: Api, log: Log) -> bool:
    """Hold if a start was refused and the body has the id of a job."""
    return any(
        api.is_start(e.request) and e.sent.status >= 400 and started_id(api, e.sent.json) is not MISSING for e in log
    )


@mutant(
    "authentication",
    "refused_start",
    NO_EFFECT,
    refused_start_made,
    is_started_securely,
)
def refused_start_starts(api: Api) -> Mutation:
    """A start without the valid credential is refused and starts a job, whose id is in the error."""

    def announce(response: Response, started: Response) -> Response:
        body = copy.deepcopy(response.json)
        for path in link_paths(api):
            if (value := walk(started.json, path)) is not MISSING:
                put(body, path, value)
        return response.with_json(body)

    return starting(api, announce)


def starting(api: Api, announce: Callable[[Response, Response], Response]) -> Mutation:
    """Return a mutation that starts a job although it refuses to; `announce` puts its id into the refusal."""

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.is_start(request) and response.status == 401:
            started = await serve(api.authorized(request))
            return announce(response, started) if started.is_success else response
        return response

    return mutation


def started_id_in(part: Callable[[Response], str]) -> Callable[[Api, Log], bool]:
    """Return whether a part of a refused start has the id of a job of which the status is read afterwards."""

    def witness(api: Api, log: Log) -> bool:
        refused = [part(e.sent) for e in log if api.is_start(e.request) and e.sent.status == 401]
        polled = {api.job_id(e.request) for e in log if e.sent.is_success} - {None}
        known = {*map(str, api.operation.job_parameter.known_values)}
        return any(str(one) in text for text in refused for one in polled - known)

    return witness


def _body(response: Response) -> str:
    return response.body.decode(errors="replace")


@mutant("authentication", "refused_start", NO_EFFECT, started_id_in(_body), is_started_securely)
def refused_start_starts_a_nested_job(api: Api) -> Mutation:
    """A start without the valid credential starts a job; the response to the start is a member of the error."""
    return starting(
        api, lambda response, started: response.with_json({**_error(response), "data": {"result": started.json}})
    )


@mutant("authentication", "refused_start", NO_EFFECT, started_id_in(_body), is_started_securely)
def refused_start_names_its_job_in_a_message(api: Api) -> Mutation:
    """A start without the valid credential starts a job; the message of the error names it."""
    return starting(
        api,
        lambda response, started: response.with_json(
            {**_error(response), "hint": f"queued as {started_id(api, started.json)}, not authorized"}
        ),
    )


@mutant(
    "authentication",
    "refused_start",
    NO_EFFECT,
    started_id_in(lambda response: response.header("x-job") or ""),
    is_started_securely,
)
def refused_start_names_its_job_in_a_header(api: Api) -> Mutation:
    """A start without the valid credential starts a job; a header of the error names it."""
    return starting(
        api, lambda response, started: response.with_header("x-job", f"/jobs/{started_id(api, started.json)}?view=all")
    )


def _error(response: Response) -> dict[str, Any]:
    return dict(response.json) if isinstance(response.json, dict) else {}


@mutant(
    "authentication",
    "refused_start",
    NO_EFFECT,
    some_exchange(
        lambda api, e: api.is_start(e.request) and e.sent.status >= 400 and e.sent.header("location") is not None
    ),
    lambda api: is_secured(api) and has_start(api),
)
def refused_start_has_a_location(api: Api) -> Mutation:
    """A refused start has a Location, the URL of the status of a job."""

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.is_start(request) and response.status == 401:
            path = api.operation.path.replace(
                f"{{{api.job.parameter}}}", str(api.operation.job_parameter.known_values[0])
            )
            return response.with_header("location", f"/{api.document.stem}{path}")
        return response

    return mutation


@mutant(
    "authentication",
    "terminal_is_final refused_start jobs_apart",
    NO_EFFECT,
    lambda api, log: any(
        any(
            api.kind(a.sent) in {"success", "failure"} and api.state(b.sent) != api.state(a.sent)
            for a in seen[:i]
            for b in seen[i:]
        )
        for seen in by_job(api, log).values()
        for i in range(1, len(seen))
    ),
    lambda api: is_secured(api) and start_has_state(api),
)
def refused_start_changes_jobs(api: Api) -> Mutation:
    """A refused start sets the jobs that have been started before to failed."""
    started: set[str] = set()
    failed: set[str] = set()

    async def mutation(request: Request, serve: Serve) -> Response:
        response, job_id = await serve(request), api.job_id(request)
        if api.is_start(request):
            if response.is_success:
                started.add(str(started_id(api, response.json)))
            elif response.status == 401:
                failed.update(started)
        if job_id in failed and response.is_success:
            body = copy.deepcopy(response.json)
            put(body, state_at(api), api.first("failure") if api.kind(body) != "failure" else api.first("success"))
            return response.with_json(body)
        return response

    return mutation


@mutant("authentication", NEAR, CLAUSE, accepted, is_secured)
def last_character_of_credential(api: Api) -> Mutation:
    """The last character of the credential is not compared."""
    return accepts_given(api, lambda value: value[:-1] == api.credential[:-1] and bool(value))


@mutant("authentication", NEAR, CLAUSE, accepted, is_secured)
def end_of_credential(api: Api) -> Mutation:
    """A credential that ends with the valid one is accepted."""
    return accepts_given(api, lambda value: value.endswith(api.credential))


@mutant("authentication", "wrong_credential", CLAUSE, accepted, is_scheme("basic"))
def case_of_password(api: Api) -> Mutation:
    """Upper and lower case of the password are not distinguished."""
    user, _, password = api.credential.partition(":")
    return accepts_given(api, lambda value: value != api.credential and value.lower() == f"{user}:{password.lower()}")


@mutant(
    "authentication",
    "wrong_credential",
    CLAUSE,
    accepted,
    lambda api: api.scheme is not None and api.scheme.type == "http",
)
def empty_header(api: Api) -> Mutation:
    """A header for the credential without a value is accepted."""
    return accepting(api, lambda request: request.header(api.credential_header) == "")


@mutant(
    "authentication",
    "after_refusal",
    ONE_REQUEST,
    some_exchange(lambda api, e: api.is_start(e.request) and api.has_credential(e.request) and e.sent.status == 401),
    lambda api: is_secured(api) and has_start(api),
)
def refusal_sticks_to_start(api: Api) -> Mutation:
    """After a start with a wrong credential, every later start is refused."""
    refused: dict[str, Response] = {}

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.is_start(request) and response.status == 401 and request.body != b"{":
            refused["start"] = response
        is_valid = api.is_start(request) and response.is_success
        return refused.get("start", response) if is_valid else response

    return mutation
