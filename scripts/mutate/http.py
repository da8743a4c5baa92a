"""Mutants of HTTP: methods, caching, validators, redirects, negotiation and unusual requests."""

import email.utils
import gzip
from collections.abc import Callable

from .messages import Exchange, Mutation, Request, Response, Serve
from .mutant import FINAL, Api, Witness, mutant, on_request, on_response, put, some_exchange
from .starts import has_start

RETRY_AFTER = "RFC 9110, 10.2.3: Retry-After is a date or seconds"
HEAD = "RFC 9110, 9.3.2: HEAD is GET without the content"
NO_FAULT = "RFC 9110, 15.6: an error of the client is no server error"
UNKNOWN_ID = "RFC 9110, 15.5.5: an unknown id is a client error"
ALLOW = "RFC 9110, 10.2.1: Allow lists the supported methods"
ENCODING = "RFC 9110, 8.4: an encoding changes the form, not the content"
REDIRECT = "RFC 9110, 15.4: a redirect leads to another resource"
ACCEPTED = "RFC 9110, 12.5.1: a response has an accepted type, or a documented one"

JSON = (("content-type", "application/json"),)


def on_job(api: Api, change: Callable[[Request, Response], Response | None]) -> Mutation:
    """Return a mutation of the responses to requests for a status, with any method."""
    return on_response(
        lambda request, response: change(request, response) if api.path_id(request) is not None else None
    )


def is_pending(api: Api, response: Response) -> bool:
    """Return whether a response reports a pending job."""
    return response.is_success and isinstance(response.json, dict) and api.kind(response.json) == "pending"


def pending_header(name: str, value: str) -> Callable[[Api], Mutation]:
    """Return a mutant that adds a header to the status of pending jobs."""
    return lambda api: on_job(api, lambda _, r: r.with_header(name, value) if is_pending(api, r) else None)


def sent_pending(name: str) -> Witness:
    """Return a witness: a pending status was sent with a header."""
    return some_exchange(lambda api, e: is_pending(api, e.sent) and e.sent.header(name) is not None)


CACHING = "RFC 9111, 5.2: a response that a cache may store is reused while it is fresh"


@mutant("http", "caching", CACHING, sent_pending("cache-control"))
def pending_is_cacheable(api: Api) -> Mutation:
    """A pending status may be cached for a minute."""
    return pending_header("cache-control", "public, max-age=60")(api)


@mutant("http", "caching", CACHING, sent_pending("cache-control"))
def pending_is_cacheable_by_proxies(api: Api) -> Mutation:
    """A pending status may be cached by proxies only."""
    return pending_header("cache-control", "max-age=0, s-maxage=600")(api)


@mutant("http", "caching", CACHING, sent_pending("expires"))
def pending_expires_later(api: Api) -> Mutation:
    """A pending status expires in years."""
    return pending_header("expires", "Fri, 01 Jan 2999 00:00:00 GMT")(api)


@mutant("http", "caching", "RFC 9111, 5.2.2.4: no-cache with fields allows reuse", sent_pending("cache-control"))
def pending_is_cacheable_except_fields(api: Api) -> Mutation:
    """A pending status may be cached, except one of its headers."""
    return pending_header("cache-control", 'max-age=120, no-cache="set-cookie"')(api)


@mutant("http", "caching", "RFC 5861, 3: a stale response may be reused", sent_pending("cache-control"))
def pending_may_be_stale(api: Api) -> Mutation:
    """A pending status may be reused after it is stale."""
    return pending_header("cache-control", "max-age=0, stale-while-revalidate=600")(api)


@mutant("http", "caching", "RFC 9213, 2: a targeted header replaces Cache-Control", sent_pending("cdn-cache-control"))
def pending_is_cacheable_by_cdn(api: Api) -> Mutation:
    """A pending status may be cached by a content delivery network."""
    return pending_header("cdn-cache-control", "max-age=300")(api)


@mutant(
    "http", "caching", "RFC 9213, 2.2: any cache may have a targeted header", sent_pending("edge-cdn-cache-control")
)
def pending_is_cacheable_by_another_cdn(api: Api) -> Mutation:
    """A pending status may be cached by the network of one vendor."""
    return pending_header("edge-cdn-cache-control", "s-maxage=300")(api)


def is_not_started(api: Api, response: Response) -> bool:
    """Return whether a response reports a job that has not started."""
    return response.is_success and isinstance(response.json, dict) and api.kind(response.json) == "notStarted"


@mutant(
    "http",
    "caching",
    CACHING,
    some_exchange(lambda api, e: is_not_started(api, e.sent) and e.sent.header("cache-control") is not None),
    lambda api: bool(api.job.not_started),
)
def not_started_is_cacheable(api: Api) -> Mutation:
    """The status of a job that has not started may be cached for an hour."""
    return on_job(api, lambda _, r: r.with_header("cache-control", "max-age=3600") if is_not_started(api, r) else None)


@mutant("http", "caching", "RFC 9111, 5.1: Age says that a response comes from a cache", sent_pending("age"))
def pending_from_a_cache(api: Api) -> Mutation:
    """A pending status is two minutes old."""
    return pending_header("age", "120")(api)


@mutant(
    "http",
    "caching",
    CACHING,
    some_exchange(lambda api, e: e.sent.status == 401 and e.sent.header("cache-control") is not None),
    lambda api: api.scheme is not None,
)
def refusal_is_cacheable(api: Api) -> Mutation:
    """A 401 may be cached."""
    return on_job(api, lambda _, r: r.with_header("cache-control", "public, max-age=300") if r.status == 401 else None)


@mutant("http", "caching", CACHING, sent_pending("cache-control"), lambda api: api.is_optional)
def pending_is_cacheable_where_optional(api: Api) -> Mutation:
    """A pending status may be cached where the document also allows no credential."""
    return pending_header("cache-control", "private, max-age=30")(api)


@mutant("http", "response_headers_conformance retry_after", RETRY_AFTER, sent_pending("retry-after"))
def retry_after_soon(api: Api) -> Mutation:
    """Retry-After of a pending status is a string."""
    return pending_header("retry-after", "soon")(api)


@mutant("http", "retry_after", RETRY_AFTER, sent_pending("retry-after"))
def retry_after_negative(api: Api) -> Mutation:
    """Retry-After of a pending status is negative."""
    return pending_header("retry-after", "-5")(api)


@mutant("http", "retry_after", RETRY_AFTER, sent_pending("retry-after"))
def retry_after_iso(api: Api) -> Mutation:
    """Retry-After of a pending status is a date that is no HTTP date."""
    return pending_header("retry-after", "2026-01-01T00:00:30Z")(api)


@mutant("http", "retry_after", "RFC 9110, 5.6.7: an HTTP date is a date", sent_pending("retry-after"))
def retry_after_no_such_day(api: Api) -> Mutation:
    """Retry-After of a pending status is a day that its month lacks."""
    return pending_header("retry-after", "Tue, 31 Feb 2026 00:00:00 GMT")(api)


@mutant("http", "retry_after", "RFC 9110, 5.6.7: an HTTP date is a date", sent_pending("retry-after"))
def retry_after_no_such_time(api: Api) -> Mutation:
    """Retry-After of a pending status is a time that no day has."""
    return pending_header("retry-after", "Thu, 01 Jan 2026 25:61:00 GMT")(api)


@mutant("http", "retry_after", "RFC 9110, 10.2.3: Retry-After is a delay", sent_pending("retry-after"))
def retry_after_is_a_time(api: Api) -> Mutation:
    """Retry-After of a pending status is a time in milliseconds since 1970."""
    return pending_header("retry-after", "1767225600000")(api)


@mutant(
    "http",
    "retry_after",
    RETRY_AFTER,
    some_exchange(lambda api, e: e.sent.status == 404 and e.sent.header("retry-after") is not None),
)
def retry_after_with_unit(api: Api) -> Mutation:
    """Retry-After of an error has a unit."""
    return on_response(lambda _, r: r.with_header("retry-after", "30s") if r.status >= 400 else None)


RETIREMENT = "RFC 9745, 2.1 and 4, and RFC 8594, 3: Deprecation and Sunset are dates, in this order"


@mutant("http", "retirement", RETIREMENT, sent_pending("deprecation"))
def deprecation_is_an_integer(api: Api) -> Mutation:
    """Deprecation of a pending status is an integer, not a date of a structured field."""
    return pending_header("deprecation", "1767225600")(api)


@mutant("http", "retirement", RETIREMENT, sent_pending("sunset"))
def sunset_iso(api: Api) -> Mutation:
    """Sunset of a pending status is a date that is no HTTP date."""
    return pending_header("sunset", "2026-12-31T23:59:59Z")(api)


@mutant("http", "retirement", RETIREMENT, some_exchange(lambda api, e: e.sent.header("sunset") is not None))
def sunset_before_deprecation(api: Api) -> Mutation:
    """Sunset of every response is a year before its deprecation."""
    sunset = "Thu, 01 Jan 2026 00:00:00 GMT"
    return on_response(lambda _, r: r.with_header("deprecation", "@1798761600").with_header("sunset", sunset))


def is_refused_method(exchange: Exchange) -> bool:
    """Return whether a method was refused."""
    return exchange.sent.status == 405


@mutant(
    "http",
    "allow",
    ALLOW,
    some_exchange(lambda _, e: is_refused_method(e) and e.request.method in (e.sent.header("allow") or "")),
)
def allow_lists_the_refused_method(api: Api) -> Mutation:
    """Allow of a 405 lists the method that was refused."""
    return on_response(lambda q, r: r.with_header("allow", f"GET, {q.method}") if r.status == 405 else None)


@mutant(
    "http",
    "allow",
    "RFC 9110, 15.5.6: a 405 has Allow",
    some_exchange(lambda _, e: is_refused_method(e) and e.sent.header("allow") is None),
)
def no_allow(api: Api) -> Mutation:
    """A 405 has no Allow."""
    return on_response(lambda _, r: r.with_header("allow", None) if r.status == 405 else None)


@mutant(
    "http",
    "allow",
    ALLOW,
    some_exchange(lambda api, e: is_refused_method(e) and api.operation.method not in (e.sent.header("allow") or "")),
)
def allow_lacks_the_documented_method(api: Api) -> Mutation:
    """Allow of a 405 lacks the method that the document describes."""
    return on_response(lambda q, r: r.with_header("allow", "OPTIONS") if r.status == 405 else None)


@mutant(
    "http",
    "allow allow_documented",
    ALLOW,
    some_exchange(lambda api, e: is_refused_method(e) and e.sent.header("allow") == "PUT"),
)
def allow_lists_another_method(api: Api) -> Mutation:
    """Allow of a 405 lists only a method that the document does not describe."""
    return on_response(lambda q, r: r.with_header("allow", "PUT") if r.status == 405 and q.method != "PUT" else None)


@mutant(
    "http",
    "allow",
    "RFC 9110, 10.2.1: Allow is a list of tokens, with commas",
    some_exchange(lambda api, e: is_refused_method(e) and ";" in (e.sent.header("allow") or "")),
)
def allow_has_semicolons(api: Api) -> Mutation:
    """Allow of a 405 separates the methods by semicolons."""
    return on_response(lambda q, r: r.with_header("allow", "GET; HEAD") if r.status == 405 else None)


@mutant(
    "http",
    "allow allow_documented",
    ALLOW,
    some_exchange(lambda api, e: is_refused_method(e) and e.sent.header("allow") == ""),
)
def allow_is_empty(api: Api) -> Mutation:
    """Allow of a 405 lists no method."""
    return on_response(lambda q, r: r.with_header("allow", "") if r.status == 405 else None)


@mutant(
    "http",
    "unknown_method",
    "RFC 9110, 15.5.6: an unsupported method is refused",
    some_exchange(lambda api, e: e.request.method not in {"GET", "HEAD", "OPTIONS", "POST"} and e.sent.is_success),
)
def any_method_reads(api: Api) -> Mutation:
    """Any unsupported method returns the status."""

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if response.status == 405 and request.method not in {"HEAD", "OPTIONS"}:
            return await serve(Request(api.operation.method, request.target, request.headers))
        return response

    return mutation


@mutant("http", "unknown_method", NO_FAULT, some_exchange(lambda api, e: e.sent.status == 500))
def unknown_method_fails(api: Api) -> Mutation:
    """An unsupported method causes a server error."""
    return on_response(lambda q, r: Response(500, JSON, b"{}") if r.status == 405 and q.method != "HEAD" else None)


@mutant("http", "head", HEAD, some_exchange(lambda api, e: e.request.method == "HEAD" and e.sent.status == 500))
def head_fails(api: Api) -> Mutation:
    """HEAD causes a server error."""
    return on_response(lambda q, _: Response(500, JSON) if q.method == "HEAD" else None)


@mutant("http", "head", HEAD, some_exchange(lambda api, e: e.request.method == "HEAD" and e.sent.status == 404))
def head_finds_nothing(api: Api) -> Mutation:
    """HEAD returns 404 where GET returns a status."""
    return on_response(lambda q, _: Response(404, JSON) if q.method == "HEAD" else None)


@mutant(
    "http",
    "head",
    HEAD,
    some_exchange(lambda api, e: e.request.method == "HEAD" and "html" in (e.sent.header("content-type") or "")),
)
def head_has_another_type(api: Api) -> Mutation:
    """HEAD has another content type than GET."""
    return on_response(lambda q, _: Response(200, (("content-type", "text/html"),)) if q.method == "HEAD" else None)


@mutant(
    "http",
    "head wrong_credential",
    HEAD,
    some_exchange(
        lambda api, e: e.request.method == "HEAD" and e.sent.status == 200 and not api.has_credential(e.request)
    ),
    lambda api: api.scheme is not None,
)
def head_is_always_ok(api: Api) -> Mutation:
    """HEAD returns 200 for any id and any credential."""
    return on_response(lambda q, _: Response(200, JSON) if q.method == "HEAD" else None)


def status_of(response: Response) -> bytes:
    """Return the content of a response."""
    return response.body


def same_tag_for_different_bodies(api: Api, log: list[Exchange]) -> bool:
    """Hold if two different bodies of one URL have the same ETag."""
    seen: dict[tuple[str, str], bytes] = {}
    for exchange in log:
        tag = exchange.sent.header("etag")
        if tag and exchange.sent.status == 200:
            before = seen.setdefault((exchange.request.target, tag), exchange.sent.body)
            if before != exchange.sent.body:
                return True
    return False


VALIDATORS = "RFC 9110, 8.8.3: an entity tag identifies one representation"


@mutant("http", "validators", VALIDATORS, same_tag_for_different_bodies)
def one_tag_for_all_bodies(api: Api) -> Mutation:
    """Every status has the same ETag."""
    return on_job(api, lambda _, r: r.with_header("etag", '"v1"') if r.is_success else None)


@mutant("http", "validators", VALIDATORS, same_tag_for_different_bodies)
def tag_of_the_job(api: Api) -> Mutation:
    """The ETag is made from the id of the job alone, and marked as weak."""
    return on_job(api, lambda q, r: r.with_header("etag", f'W/"{api.path_id(q)}"') if r.is_success else None)


@mutant(
    "http",
    "validators",
    "RFC 9110, 8.8.3: an entity tag is quoted",
    some_exchange(lambda api, e: (e.sent.header("etag") or '"').isalnum()),
)
def tag_without_quotes(api: Api) -> Mutation:
    """The ETag has no quotes."""
    return on_job(api, lambda _, r: r.with_header("etag", f"{hash(r.body) % 10**8}") if r.is_success else None)


not_modified = some_exchange(lambda api, e: e.sent.status == 304)


@mutant("http", "conditional_requests", "RFC 9110, 13.1.2: 304 only for a listed ETag", not_modified)
def any_tag_matches(api: Api) -> Mutation:
    """Any If-None-Match gets a 304."""
    return on_job(api, lambda q, _: Response(304) if q.header("if-none-match") and q.method == "GET" else None)


@mutant("http", "conditional_requests", "RFC 9110, 13.1.2: 304 only for the current ETag", not_modified)
def old_tag_matches(api: Api) -> Mutation:
    """An ETag of an earlier status gets a 304."""
    import zlib

    seen: set[str] = set()

    def change(request: Request, response: Response) -> Response | None:
        if not response.is_success or request.method != "GET":
            return None
        tag = f'"{zlib.crc32(response.body):x}"'
        seen.add(tag)
        given = request.header("if-none-match")
        return Response(304, (("etag", given),)) if given in seen else response.with_header("etag", tag)

    return on_job(api, change)


@mutant("http", "conditional_requests", "RFC 9110, 13.1.3: 304 only if not modified since", not_modified)
def never_modified(api: Api) -> Mutation:
    """Any If-Modified-Since gets a 304."""
    return on_job(api, lambda q, _: Response(304) if q.header("if-modified-since") and q.method == "GET" else None)


def date_of(response: Response, seconds: float) -> str:
    """Return the Date of a response, shifted, as an HTTP date."""
    at = email.utils.parsedate_to_datetime(response.header("date") or "Thu, 01 Jan 2026 00:00:00 GMT").timestamp()
    return email.utils.formatdate(at + seconds, usegmt=True)


@mutant(
    "http",
    "validators",
    "RFC 9110, 8.8.2.1: Last-Modified is not later than Date",
    some_exchange(lambda api, e: e.sent.header("last-modified") is not None),
)
def modified_after_date(api: Api) -> Mutation:
    """Last-Modified is an hour after Date."""
    return on_job(api, lambda _, r: r.with_header("last-modified", date_of(r, 3600)) if r.is_success else None)


def modified_unseen(api: Api, log: list[Exchange]) -> bool:
    """Hold if the state of a job has changed, and Last-Modified has not."""
    seen: dict[tuple[str, str], object] = {}
    for exchange in log:
        at = exchange.sent.header("last-modified")
        if at and exchange.sent.is_success and api.job_id(exchange.request):
            state = api.state(exchange.sent.json)
            if seen.setdefault((exchange.request.target, at), state) != state:
                return True
    return False


@mutant("http", "validators", "RFC 9110, 8.8.2: Last-Modified is when the status has changed", modified_unseen)
def modified_only_once(api: Api) -> Mutation:
    """Last-Modified is the time of the first status, and gets a 304 for good."""
    first: dict[str, str] = {}

    def change(request: Request, response: Response) -> Response | None:
        if not response.is_success or request.method != "GET":
            return None
        at = first.setdefault(request.path, date_of(response, 0))
        is_known = request.header("if-modified-since") == at
        return Response(304, (("last-modified", at),)) if is_known else response.with_header("last-modified", at)

    return on_job(api, change)


@mutant(
    "http",
    "validators",
    "RFC 9110, 5.6.7: an HTTP date has the day of the week of its day",
    some_exchange(lambda api, e: (e.sent.header("date") or "").startswith("Mon, 01 Jan 2026")),
)
def date_on_another_weekday(api: Api) -> Mutation:
    """Date has the wrong day of the week."""
    return on_response(lambda _, r: r.with_header("date", "Mon, 01 Jan 2026 00:00:00 GMT"))


@mutant(
    "http",
    "validators",
    "RFC 9110, 8.8.2: Last-Modified is an HTTP date",
    some_exchange(lambda api, e: e.sent.header("last-modified") is not None),
)
def modified_without_a_date(api: Api) -> Mutation:
    """Last-Modified is not an HTTP date."""
    return on_job(api, lambda _, r: r.with_header("last-modified", "2026-01-01T00:00:00Z") if r.is_success else None)


@mutant(
    "http",
    "validators",
    "RFC 9110, 6.6.1: Date is an HTTP date",
    some_exchange(lambda api, e: "T" in (e.sent.header("date") or "")[5:12]),
)
def malformed_date(api: Api) -> Mutation:
    """Date is not an HTTP date."""
    return on_response(lambda _, r: r.with_header("date", "2026-01-01T00:00:00Z"))


def compressed(response: Response) -> Response:
    """Return a response with its body compressed."""
    return response.with_body(gzip.compress(response.body)).with_header("content-encoding", "gzip")


def accepts_gzip(request: Request) -> bool:
    """Return whether a request accepts gzip."""
    return "gzip" in (request.header("accept-encoding") or "")


@mutant(
    "http",
    "vary",
    "RFC 9110, 12.5.5: Vary lists what has selected the representation",
    some_exchange(lambda api, e: e.sent.header("content-encoding") == "gzip" and e.sent.header("vary") is None),
)
def compressed_without_vary(api: Api) -> Mutation:
    """A status is compressed if that is accepted, without Vary."""
    return on_job(api, lambda q, r: compressed(r) if accepts_gzip(q) and r.is_success and r.body else None)


def older_in_one_encoding(is_stale: Callable[[Request], bool]) -> Callable[[Api], Mutation]:
    """Return a mutant whose responses in one encoding stay as the first one."""

    def make(api: Api) -> Mutation:
        first: dict[str, Response] = {}

        def change(request: Request, response: Response) -> Response | None:
            if not response.is_success or request.method != "GET":
                return None
            kept = first.setdefault(request.target, response) if is_stale(request) else response
            made = kept.with_header("vary", "accept-encoding")
            return compressed(made) if accepts_gzip(request) and made.body else made

        return on_job(api, change)

    return make


def is_older(api: Api, log: list[Exchange]) -> bool:
    """Hold if a pending status was sent for a job that has ended."""
    return any(
        e.conforming is not None
        and e.conforming.is_success
        and api.kind(e.conforming.json) in FINAL
        and api.kind(_plain(e.sent)) == "pending"
        for e in log
        if api.job_id(e.request) is not None
    )


def _plain(response: Response) -> object:
    is_zipped = response.header("content-encoding") == "gzip"
    return Response(200, (), gzip.decompress(response.body) if is_zipped else response.body).json


STALE = "terminal_is_final never_backwards representations ends"


@mutant("http", STALE, ENCODING, is_older)
def compressed_is_stale(api: Api) -> Mutation:
    """The compressed status of a job stays as it was first."""
    return older_in_one_encoding(accepts_gzip)(api)


@mutant("http", STALE, ENCODING, is_older)
def uncompressed_is_stale(api: Api) -> Mutation:
    """The uncompressed status of a job stays as it was first."""
    return older_in_one_encoding(lambda request: not accepts_gzip(request))(api)


redirected = some_exchange(lambda api, e: 300 <= e.sent.status < 400 and api.path_id(e.request) is not None)


@mutant("http", "redirects", REDIRECT, redirected)
def redirects_to_itself(api: Api) -> Mutation:
    """A request without a cookie is redirected to the same URL, with a cookie."""

    def change(request: Request) -> Request | Response:
        if request.header("cookie") or api.job_id(request) is None:
            return request
        return Response(307, (("location", request.target), ("set-cookie", "seen=1; Path=/")))

    return on_request(change)


def redirecting(write: Callable[[Request], str]) -> Callable[[Api], Mutation]:
    """Return a mutant: every request without a cookie is redirected to another form of its URL."""

    def change(api: Api, request: Request) -> Request | Response:
        if request.header("cookie") or api.job_id(request) is None:
            return request
        return Response(302, (("location", write(request)), ("set-cookie", "seen=1; Path=/")))

    return lambda api: on_request(lambda request: change(api, request))


@mutant("http", "redirects", REDIRECT, redirected)
def redirects_to_a_fragment(api: Api) -> Mutation:
    """A request without a cookie is redirected to a fragment of the same URL."""
    return redirecting(lambda request: f"{request.target}#status")(api)


@mutant("http", "redirects", REDIRECT, redirected)
def redirects_to_the_default_port(api: Api) -> Mutation:
    """A request without a cookie is redirected to the same URL with the port of its scheme."""
    return redirecting(lambda request: f"http://127.0.0.1:80{request.target}")(api)


@mutant("http", "redirects", REDIRECT, redirected)
def redirects_to_nothing(api: Api) -> Mutation:
    """A request without a cookie is redirected to an empty reference, which is the same URL."""
    return redirecting(lambda _: "")(api)


@mutant("http", "redirects", REDIRECT, redirected)
def redirects_to_and_fro(api: Api) -> Mutation:
    """A request without a cookie is redirected to a test for it, and back."""
    return redirecting(
        lambda request: request.path if "cookie_test" in request.query else f"{request.path}?cookie_test=1"
    )(api)


@mutant("http", "redirects status_code_conformance", REDIRECT, redirected)
def redirects_once_per_job(api: Api) -> Mutation:
    """The second poll of a job is redirected to the same URL."""
    count: dict[str, int] = {}

    def change(request: Request) -> Request | Response:
        job_id = api.job_id(request)
        if job_id is None:
            return request
        count[job_id] = count.get(job_id, 0) + 1
        return Response(302, (("location", request.target),)) if count[job_id] == 3 else request

    return on_request(change)


@mutant("http", "unknown_ids scenarios", UNKNOWN_ID, some_exchange(lambda api, e: e.sent.status == 302))
def unknown_id_redirects(api: Api) -> Mutation:
    """An unknown id is redirected to a login page."""
    return on_job(api, lambda _, r: Response(302, (("location", "/login"),)) if r.status in {400, 404} else None)


@mutant(
    "http",
    "unknown_ids scenarios not_a_server_error",
    NO_FAULT,
    some_exchange(lambda api, e: e.sent.status == 500),
)
def long_id_fails(api: Api) -> Mutation:
    """A long id causes a server error."""
    return on_job(api, lambda q, _: Response(500, JSON, b"{}") if len(q.path) > 1000 else None)


@mutant(
    "http",
    "unknown_ids scenarios",
    UNKNOWN_ID,
    some_exchange(
        lambda api, e: e.sent.status == 200 and e.conforming is not None and e.conforming.status in {400, 404}
    ),
)
def unknown_id_is_known(api: Api) -> Mutation:
    """An unknown id returns the status of a job, with that id."""
    body = max((e.value for _, e in api.operation.success.examples if api.kind(e.value) == "success"), key=len)

    def change(request: Request, response: Response) -> Response | None:
        job_id = api.job_id(request)
        if job_id is None or response.status not in {400, 404} or request.query:
            return None
        made = {**body}
        if api.job.id:
            put(made, api.job.id, job_id)
        return Response(200, response.headers).with_json(made)

    return on_job(api, change)


def stem_of(job_id: str, known: list[str]) -> str | None:
    """Return the id that begins with a given one, which lacks its end."""
    return next((one for one in known if one != job_id and len(job_id) > 3 and one.startswith(job_id)), None)


@mutant(
    "http",
    "unknown_ids id_echo",
    UNKNOWN_ID,
    some_exchange(lambda api, e: e.sent.is_success and e.conforming is not None and e.forwarded != e.request),
)
def beginning_of_an_id(api: Api) -> Mutation:
    """The beginning of an id is accepted in place of the id."""
    known = list(map(str, api.operation.job_parameter.known_values))

    def change(request: Request) -> Request:
        job_id = api.job_id(request)
        found = stem_of(job_id, known) if job_id else None
        return (
            Request(request.method, request.target.replace(str(job_id), found), request.headers) if found else request
        )

    return on_request(change)


@mutant(
    "http",
    "accept content_type_conformance",
    ACCEPTED,
    some_exchange(lambda api, e: "html" in (e.sent.header("content-type") or "")),
)
def page_for_browsers(api: Api) -> Mutation:
    """A request that accepts any type gets an HTML page."""
    page = Response(200, (("content-type", "text/html"),), b"<p>hello</p>")
    return on_job(api, lambda q, r: page if q.header("accept") == "*/*" and r.is_success else None)


@mutant("http", "accept", ACCEPTED, some_exchange(lambda api, e: e.sent.status == 500))
def unknown_type_fails(api: Api) -> Mutation:
    """A request for an unknown type causes a server error."""
    return on_job(api, lambda q, _: Response(500, JSON, b"{}") if "unheard" in (q.header("accept") or "") else None)


def changed_by(name: str, value: str) -> Witness:
    """Return a witness: a request with a header gets another content than the conforming server returns."""
    return some_exchange(
        lambda api, e: (
            value in (e.request.header(name) or "") and e.conforming is not None and e.sent.body != e.conforming.body
        )
    )


@mutant(
    "http",
    "representations response_schema_conformance",
    "RFC 9110, 12.5.4: a language changes the form, not the state",
    changed_by("accept-language", "de"),
    lambda api: api.job.state is not None,
)
def state_is_translated(api: Api) -> Mutation:
    """The state is translated if the request prefers another language."""

    def change(request: Request, response: Response) -> Response | None:
        if "de" not in (request.header("accept-language") or "") or not response.is_success:
            return None
        made = dict(response.json)
        put(made, api.job.state or (), "FERTIG")
        return response.with_json(made)

    return on_job(api, change)


@mutant(
    "http",
    "representations",
    "RFC 9110, 10.1.5: a user agent changes no state",
    some_exchange(lambda api, e: "python" not in (e.request.header("user-agent") or "") and e.sent.status == 403),
)
def other_agents_are_refused(api: Api) -> Mutation:
    """Only one user agent is accepted."""
    return on_request(lambda r: r if "python" in (r.header("user-agent") or "") else Response(403, JSON, b"{}"))


@mutant(
    "http",
    "representations",
    "RFC 9111, 5.2.1.4: no-cache gets the current status",
    changed_by("cache-control", "no-cache"),
)
def fresh_only_without_cache(api: Api) -> Mutation:
    """A request with no-cache gets another content than one without."""

    def change(request: Request, response: Response) -> Response | None:
        is_read = (
            response.is_success
            and isinstance(response.json, dict)
            and "no-cache" in (request.header("cache-control") or "")
        )
        return response.with_json({**response.json, "x_fresh": True}) if is_read else None

    return on_job(api, change)


@mutant(
    "http",
    "undeclared_body",
    "RFC 9110, 9.3.1: content of a GET changes nothing",
    some_exchange(lambda api, e: bool(e.request.body) and e.sent.status == 500),
)
def body_fails(api: Api) -> Mutation:
    """A body that the document does not describe causes a server error."""
    return on_job(api, lambda q, _: Response(500, JSON, b"{}") if q.body else None)


@mutant(
    "http",
    "undeclared_body",
    "RFC 9110, 9.3.1: content of a GET changes nothing",
    some_exchange(
        lambda api, e: bool(e.request.body) and e.conforming is not None and e.sent.body != e.conforming.body
    ),
    lambda api: api.job.state is not None and not api.operation.bodies,
)
def body_changes_state(api: Api) -> Mutation:
    """A body that the document does not describe changes the state."""

    def change(request: Request, response: Response) -> Response | None:
        if not request.body or not response.is_success:
            return None
        made = dict(response.json)
        put(made, api.job.state or (), api.first("pending"))
        return response.with_json(made)

    return on_job(api, change)


@mutant(
    "http",
    "path_forms",
    "RFC 3986, 6.2.2: another path is another resource",
    some_exchange(lambda api, e: e.request.path.endswith("/") and e.sent.status == 500),
)
def trailing_slash_fails(api: Api) -> Mutation:
    """A trailing slash causes a server error."""
    return on_request(lambda r: Response(500, JSON, b"{}") if r.path.endswith("/") else r)


@mutant(
    "http",
    "concurrent_reads",
    "RFC 9110, 9.2.1: a read changes nothing",
    some_exchange(
        lambda api, e: (
            e.conforming is not None and e.conforming.is_success and "x_shared" in e.sent.body.decode(errors="replace")
        )
    ),
)
def concurrent_reads_differ(api: Api) -> Mutation:
    """Of two polls of a job in flight at the same time, one has another content."""
    import asyncio

    in_flight: list[str] = []

    async def mutation(request: Request, serve: Serve) -> Response:
        job_id = api.job_id(request)
        if job_id is None:
            return await serve(request)
        is_second = job_id in in_flight
        in_flight.append(job_id)
        response = await serve(request)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        in_flight.remove(job_id)
        return response.with_json({**response.json, "x_shared": 1}) if is_second and response.is_success else response

    return mutation


@mutant(
    "http",
    "not_a_server_error",
    "RFC 9110, 15.6: a valid request is no server error",
    some_exchange(lambda api, e: e.sent.status == 500),
)
def every_tenth_poll_fails(api: Api) -> Mutation:
    """Every tenth poll of a job is a server error."""
    count = [0]

    def change(request: Request, response: Response) -> Response | None:
        count[0] += 1
        return Response(500, JSON, b"{}") if count[0] % 10 == 0 and response.is_success else None

    return on_job(api, change)


@mutant(
    "http", "status_code_conformance", "every status is documented", some_exchange(lambda api, e: e.sent.status == 206)
)
def partial_content(api: Api) -> Mutation:
    """A pending status is returned with 206 although no range was requested."""
    return on_job(api, lambda _, r: Response(206, r.headers, r.body) if is_pending(api, r) else None)


@mutant(
    "http",
    "refused_start",
    NO_FAULT,
    some_exchange(lambda api, e: api.is_start(e.request) and e.sent.status == 500),
    lambda api: has_start(api) and api.start is not None and bool(api.start.bodies),
)
def malformed_body_of_start_fails(api: Api) -> Mutation:
    """A start whose body is not JSON causes a server error."""
    return on_request(lambda r: Response(500, JSON, b"{}") if api.is_start(r) and r.body == b"{" else r)
