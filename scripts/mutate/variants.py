"""Conforming variants: what a server may do, and the simulator does not. No check may fail for any of them."""

import email.utils
import json
import re
import time
import zlib
from collections.abc import Callable

from .http import accepts_gzip, compressed, date_of, is_pending, on_job
from .messages import Mutation, Request, Response, Serve, unchanged
from .mutant import Api, on_request, on_response

Variant = Callable[[Api], Mutation]
VARIANTS: dict[str, tuple[Variant, Callable[[Api], bool]]] = {}
Test = Callable[[Api], bool]


def variant(needs: Test = lambda _: True) -> Callable[[Variant], Variant]:
    """Register a conforming variant for the documents that have what it needs."""

    def register(make: Variant) -> Variant:
        VARIANTS[make.__name__] = (make, needs)
        return make

    return register


def with_header(name: str, value: str, when: Callable[[Api, Response], bool] = lambda _, __: True) -> Variant:
    """Return a variant that adds a header."""
    return lambda api: on_response(lambda _, r: r.with_header(name, value) if when(api, r) else None)


def is_final(api: Api, response: Response) -> bool:
    """Return whether a response reports a job that has ended."""
    return response.is_success and isinstance(response.json, dict) and api.job.is_final(str(api.state(response.json)))


def has_open_schema(api: Api) -> bool:
    """Require that a status may have undocumented fields."""
    schema = api.operation.success.media_types[0].schema
    body = {**api.operation.success.examples[0][1].value, "x_more": 1}
    return api.document.validator(schema).is_valid(body)


def has_error(status: str) -> Test:
    """Require a documented error."""
    return lambda api: any(response.status == status for response in api.operation.responses)


for name, (header, value) in {
    "no_store": ("cache-control", "no-store, max-age=0"),
    "must_be_validated": ("cache-control", "no-cache, must-revalidate"),
    "not_fresh": ("cache-control", "private, max-age=0, must-revalidate"),
    "expired": ("expires", "0"),
    "vary_any": ("vary", "*"),
    "request_id": ("x-request-id", "0123-4567"),
    "session_cookie": ("set-cookie", "sid=1; Path=/; HttpOnly"),
    "strict_transport": ("strict-transport-security", "max-age=31536000"),
    "age_zero": ("age", "0"),
    "server_name": ("server", "envoy"),
    "deprecation": ("deprecation", "@1767225600"),
    "deprecation_of_a_draft": ("deprecation", "true"),
    "sunset": ("sunset", "Thu, 31 Dec 2026 23:59:59 GMT"),
    "rate_limit": ("ratelimit", '"default";r=0;t=1'),
}.items():
    VARIANTS[name] = (with_header(header, value), lambda _: True)
VARIANTS["unchanged"] = (lambda _: unchanged, lambda _: True)
VARIANTS["no_date"] = (lambda _: on_response(lambda __, r: r.with_header("date", None)), lambda _: True)
VARIANTS["end_may_be_cached"] = (with_header("cache-control", "max-age=3600", is_final), lambda _: True)
VARIANTS["retry_after_seconds"] = (with_header("retry-after", "2", is_pending), lambda _: True)
VARIANTS["retry_after_date"] = (with_header("retry-after", "Thu, 01 Jan 2026 00:05:00 GMT", is_pending), lambda _: True)


@variant()
def other_whitespace(_: Api) -> Mutation:
    """JSON with other whitespace."""
    return on_response(lambda _, r: r.with_body(json.dumps(r.json, indent=3).encode() + b"\n") if r.json else None)


@variant()
def reversed_members(_: Api) -> Mutation:
    """Members in another order."""

    def change(_: Request, response: Response) -> Response | None:
        body = response.json
        return response.with_json(dict(reversed(body.items()))) if isinstance(body, dict) else None

    return on_response(change)


@variant()
def charset_parameter(_: Api) -> Mutation:
    """The charset of JSON, in capitals."""
    return on_response(
        lambda _, r: (
            r.with_header("content-type", "Application/JSON;Charset=UTF-8")
            if r.header("content-type") == "application/json"
            else None
        )
    )


@variant()
def gzip_with_vary(api: Api) -> Mutation:
    """Compressed if accepted, with Vary."""

    def change(request: Request, response: Response) -> Response | None:
        made = response.with_header("vary", "Origin, Accept-Encoding")
        return compressed(made) if accepts_gzip(request) and made.body else made

    return on_job(api, change)


def tagged(api: Api, weak: str) -> Mutation:
    """Return a mutation: an ETag of the content, and a 304 if it is listed."""

    def change(request: Request, response: Response) -> Response | None:
        if not response.is_success or request.method != "GET":
            return None
        tag = f'{weak}"{zlib.crc32(response.body):x}"'
        is_listed = tag in (request.header("if-none-match") or "")
        return Response(304, (("etag", tag),)) if is_listed else response.with_header("etag", tag)

    return on_job(api, change)


@variant()
def strong_etag(api: Api) -> Mutation:
    """A strong ETag of the content."""
    return tagged(api, "")


@variant()
def weak_etag(api: Api) -> Mutation:
    """A weak ETag of the content."""
    return tagged(api, "W/")


@variant()
def last_modified(api: Api) -> Mutation:
    """Last-Modified of the content, and a 304 if it is not modified since."""
    changes: dict[str, tuple[bytes, str]] = {}

    def change(request: Request, response: Response) -> Response | None:
        if not response.is_success or request.method != "GET":
            return None
        body, at = changes.get(request.target, (b"", ""))
        if body != response.body:
            at = date_of(response, 0)
            changes[request.target] = (response.body, at)
        given = request.header("if-modified-since")
        is_known = given is not None and parsed(given) >= parsed(at)
        return Response(304, (("last-modified", at),)) if is_known else response.with_header("last-modified", at)

    return on_job(api, change)


def parsed(date: str) -> float:
    """Return an HTTP date in seconds."""
    return email.utils.parsedate_to_datetime(date).timestamp()


@variant()
def head_like_get(api: Api) -> Mutation:
    """HEAD returns what GET does."""

    async def mutation(request: Request, serve: Serve) -> Response:
        if request.method != "HEAD" or api.path_id(request) is None:
            return await serve(request)
        return await serve(Request("GET", request.target, request.headers))

    return mutation


@variant(lambda api: api.operation.scenario("wrong_method") is None)
def unknown_methods_are_not_implemented(_: Api) -> Mutation:
    """An unsupported method is a 501."""
    return on_response(lambda q, r: Response(501) if r.status == 405 and q.method not in {"HEAD", "OPTIONS"} else None)


@variant()
def trailing_slash_is_redirected(_: Api) -> Mutation:
    """A trailing slash is redirected to the path without it."""
    return on_request(lambda r: Response(308, (("location", r.path.rstrip("/")),)) if r.path.endswith("/") else r)


@variant()
def trailing_slash_is_ignored(_: Api) -> Mutation:
    """A trailing slash is ignored."""
    return on_request(lambda r: Request(r.method, re.sub(r"/(?=$|\?)", "", r.target), r.headers, r.body))


@variant(has_open_schema)
def more_fields(api: Api) -> Mutation:
    """A status with an undocumented field, where the schema allows it."""
    return on_job(api, lambda _, r: r.with_json({**r.json, "x_region": "eu"}) if r.is_success else None)


@variant(has_open_schema)
def time_of_the_server(api: Api) -> Mutation:
    """A status with a field that differs in each response."""
    return on_job(api, lambda _, r: r.with_json({**r.json, "x_now": time.perf_counter()}) if r.is_success else None)


@variant()
def null_escaped(_: Api) -> Mutation:
    """Strings with escaped letters."""
    return on_response(
        lambda _, r: r.with_body(r.body.replace(b"e", b"\\u0065")) if "Fail" in r.body.decode() else None
    )


@variant(lambda api: api.scheme is not None and api.scheme.type == "http")
def scheme_in_any_case(api: Api) -> Mutation:
    """The name of the authentication scheme in any case."""

    def change(request: Request) -> Request:
        name, _, value = (request.header("authorization") or "").partition(" ")
        return request.with_header("authorization", f"{name.capitalize()} {value}") if value else request

    return on_request(change)


@variant(lambda api: api.scheme is not None)
def refusal_is_not_stored(_: Api) -> Mutation:
    """A 401 with WWW-Authenticate that may not be stored."""
    return on_response(
        lambda _, r: (
            r.with_header("www-authenticate", 'Bearer realm="x"').with_header("cache-control", "no-store")
            if r.status == 401
            else None
        )
    )


@variant(has_error("429"))
def limited_at_times(api: Api) -> Mutation:
    """Every thirteenth request is a 429 with Retry-After."""
    response = next(one for one in api.operation.responses if one.status == "429")
    media_type, example = response.examples[0]
    refusal = Response(429, (("content-type", media_type.name), ("retry-after", "0"))).with_json(example.value)
    count = [0]

    def change(request: Request) -> Request | Response:
        count[0] += api.path_id(request) is not None
        return refusal if count[0] % 13 == 0 and api.job_id(request) is not None else request

    return on_request(change)


@variant(lambda api: bool(api.job.progress))
def progress_in_large_steps(api: Api) -> Mutation:
    """Progress that stays at 0 until the end."""

    def change(_: Request, response: Response) -> Response | None:
        if not is_pending(api, response) or api.job.progress is None:
            return None
        path = api.job.progress.at
        return response.with_json({**response.json, path[0]: 0}) if path[0] in response.json else None

    return on_job(api, change)


def with_member(name: str, value: Callable[[int], object]) -> tuple[Variant, Test]:
    """Return a variant: a status has one more member, made from the number of the request."""

    def make(api: Api) -> Mutation:
        count = [0]

        def change(_: Request, response: Response) -> Response | None:
            count[0] += 1
            is_status = response.is_success and isinstance(response.json, dict)
            return response.with_json({**response.json, name: value(count[0])}) if is_status else None

        return on_job(api, change)

    return make, has_open_schema


def clock(size: int) -> Callable[[int], object]:
    """Return a function: the time, which is the same for some requests."""
    return lambda number: number // size


def day(size: int) -> Callable[[int], object]:
    """Return a function: the time as a string, which is the same for some requests."""
    return lambda number: f"2026-{number // size}"


def node(size: int) -> Callable[[int], object]:
    """Return a function: the names of some nodes in turn."""
    return lambda number: f"node-{number % size}"


VARIANTS |= {
    **{f"clock_of_{size}_requests": with_member("x_now", clock(size)) for size in (2, 3, 4, 7)},
    **{f"day_of_{size}_requests": with_member("x_now", day(size)) for size in (2, 5, 9)},
    **{f"node_of_{size}": with_member("x_node", node(size)) for size in (2, 3, 5)},
    "node_at_random": with_member("x_node", lambda n: f"node-{zlib.crc32(str(n).encode()) % 2}"),
    "milliseconds": with_member("x_took", lambda n: (3, 4, 3, 5, 3, 3, 4)[n % 7]),
    "milliseconds_seldom": with_member("x_took", lambda n: int(n % 19 == 0)),
    "id_of_the_request": with_member("x_request", lambda n: f"q{n}"),
    "load_inside": with_member("x_server", lambda n: {"load": n % 3, "node": f"node-{n % 2}"}),
}


@variant(lambda api: api.scheme is not None and api.is_optional)
def authentication_is_off(api: Api) -> Mutation:
    """Any credential is accepted, and none, where the document makes it optional."""
    return on_request(api.authorized)


@variant(lambda api: api.scheme is not None and api.is_optional)
def anonymous_is_accepted(api: Api) -> Mutation:
    """A request without a credential is accepted, one with a wrong one is not, where the document makes it optional."""
    return on_request(lambda r: api.authorized(r) if r.header(api.credential_header) is None else r)


@variant()
def refusal_repeats_the_request(api: Api) -> Mutation:
    """An error has the id and the URL of the request."""

    def change(request: Request, response: Response) -> Response | None:
        if response.status not in {401, 404} or has_closed_error(api, response):
            return None
        own = response.json if isinstance(response.json, dict) else {"error": response.body.decode()}
        return response.with_json({**own, "id": api.path_id(request), "path": request.target})

    return on_job(api, change)


def has_closed_error(api: Api, response: Response) -> bool:
    """Return whether the document forbids more members in an error."""
    described = [one for one in api.operation.responses if one.status == str(response.status)]
    schemas = [media_type.schema for one in described for media_type in one.media_types]
    return not all(api.document.validator(schema).is_valid({"id": "x", "error": "x"}) for schema in schemas)
