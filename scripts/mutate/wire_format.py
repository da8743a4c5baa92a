"""Mutants on the wire: JSON, encodings, lengths and content types."""

import gzip
import json
import re
from collections.abc import Callable

from attrs import evolve

from .http import on_job
from .messages import Mutation, Request, Response
from .mutant import Api, Witness, mutant, some_exchange

ONE_VALUE = "RFC 8259, 2: a JSON text is one value"

JSON_CLAUSE = "RFC 8259: JSON is UTF-8, without a byte order mark, and with unique names"
HEADERS_CLAUSE = "RFC 9110, 8.3, 8.4 and 8.6: type, encoding and length are those of the sent content"
STRICT = "strict_json response_schema_conformance"


def on_bodies(
    change: Callable[[bytes], bytes], when: Callable[[Request, Response], bool] = lambda _, r: r.is_success
) -> Callable[[Api], Mutation]:
    """Return a mutant that changes the bodies of responses, by default of successful ones."""
    return lambda api: on_job(api, lambda q, r: r.with_body(change(r.body)) if r.body and when(q, r) else None)


def sent(pattern: bytes) -> Witness:
    """Return a witness: a body that matches a pattern was sent."""
    return some_exchange(
        lambda api, e: (
            bool(re.search(pattern, e.sent.body)) and e.conforming is not None and e.sent.body != e.conforming.body
        )
    )


def changed_body(status: int = 200) -> Witness:
    """Return a witness: a body differs from that of the conforming server."""
    return some_exchange(
        lambda api, e: (
            e.conforming is not None and e.sent.body != e.conforming.body and e.sent.status // 100 == status // 100
        )
    )


@mutant("wire", "strict_json", JSON_CLAUSE, changed_body(), lambda api: api.job.state is not None)
def name_twice(api: Api) -> Mutation:
    """A status has its state twice, with two values."""
    name = json.dumps((api.job.state or ("",))[-1]).encode()
    first = json.dumps(api.first("success")).encode()
    return on_bodies(lambda body: re.sub(name + rb"\s*:", name + b":" + first + b"," + name + b":", body, count=1))(api)


@mutant("wire", STRICT, JSON_CLAUSE, sent(rb"^\xef\xbb\xbf"))
def byte_order_mark(api: Api) -> Mutation:
    """A status begins with a byte order mark."""
    return on_bodies(lambda body: b"\xef\xbb\xbf" + body)(api)


@mutant("wire", STRICT, JSON_CLAUSE, sent(rb"\xe9"))
def latin_1(api: Api) -> Mutation:
    """A status is in ISO 8859-1."""
    return on_bodies(lambda body: body[:-1] + b', "x_note": "\xe9"}')(api)


@mutant("wire", STRICT, "RFC 8259, 6: NaN is no number", sent(rb"NaN"))
def not_a_number(api: Api) -> Mutation:
    """A status has the number NaN."""
    return on_bodies(lambda body: body[:-1] + b', "x_rate": NaN}')(api)


@mutant("wire", STRICT, "RFC 8259, 6: Infinity is no number", sent(rb"Infinity"))
def infinity(api: Api) -> Mutation:
    """A status has the number Infinity."""
    return on_bodies(lambda body: body[:-1] + b', "x_rate": -Infinity}')(api)


@mutant("wire", STRICT, "RFC 8259, 8.2: a string is a sequence of Unicode characters", sent(rb"\\ud83d"))
def half_a_character(api: Api) -> Mutation:
    """A status has a string with one half of a surrogate pair."""
    return on_bodies(lambda body: body[:-1] + b', "x_note": "\\ud83d"}')(api)


@mutant("wire", STRICT, ONE_VALUE, changed_body())
def trailing_comma(api: Api) -> Mutation:
    """A status has a comma before its last brace."""
    return on_bodies(lambda body: body[:-1] + b",}")(api)


@mutant("wire", STRICT, ONE_VALUE, changed_body())
def two_values(api: Api) -> Mutation:
    """A status is two JSON values."""
    return on_bodies(lambda body: body + b"\n" + body)(api)


@mutant("wire", STRICT, ONE_VALUE, changed_body(400))
def error_is_not_json(api: Api) -> Mutation:
    """An error with the content type JSON is an HTML page."""
    return on_bodies(
        lambda _: b"<h1>error</h1>", lambda _, r: r.status >= 400 and "json" in (r.header("content-type") or "")
    )(api)


@mutant(
    "wire",
    "truthful_headers",
    HEADERS_CLAUSE,
    some_exchange(lambda api, e: e.sent.header("content-encoding") == "gzip" and e.sent.body[:2] != b"\x1f\x8b"),
)
def claims_gzip(api: Api) -> Mutation:
    """A status that is not compressed says that it is."""
    return on_job(api, lambda q, r: r.with_header("content-encoding", "gzip") if r.is_success and r.body else None)


@mutant(
    "wire",
    "truthful_headers",
    HEADERS_CLAUSE,
    some_exchange(
        lambda api, e: e.request.header("accept-encoding") == "identity" and e.sent.header("content-encoding") == "gzip"
    ),
)
def compresses_always(api: Api) -> Mutation:
    """A status is compressed although the request does not accept that."""
    return on_job(
        api,
        lambda q, r: (
            r.with_body(gzip.compress(r.body)).with_header("content-encoding", "gzip")
            if r.is_success and r.body
            else None
        ),
    )


@mutant("wire", "truthful_headers", HEADERS_CLAUSE, some_exchange(lambda api, e: e.sent.is_cut))
def body_is_cut(api: Api) -> Mutation:
    """The last bytes of a status are missing."""
    return on_job(api, lambda q, r: evolve(r, body=r.body[:-3], is_cut=True) if r.is_success and r.body else None)


@mutant(
    "wire",
    "truthful_headers",
    HEADERS_CLAUSE,
    some_exchange(lambda api, e: "charset=klingon" in (e.sent.header("content-type") or "")),
)
def unknown_charset(api: Api) -> Mutation:
    """The charset of a status is unknown."""
    return on_job(
        api, lambda q, r: r.with_header("content-type", "application/json; charset=klingon") if r.body else None
    )


@mutant(
    "wire",
    "content_type_conformance",
    HEADERS_CLAUSE,
    some_exchange(lambda api, e: e.sent.header("content-type") == "text/plain"),
)
def status_is_plain_text(api: Api) -> Mutation:
    """A status has the content type text/plain."""
    return on_job(api, lambda q, r: r.with_header("content-type", "text/plain") if r.is_success else None)


@mutant(
    "wire",
    "content_type_conformance",
    HEADERS_CLAUSE,
    some_exchange(lambda api, e: bool(e.sent.body) and e.sent.header("content-type") is None),
)
def no_content_type(api: Api) -> Mutation:
    """A status has no content type."""
    return on_job(api, lambda q, r: r.with_header("content-type", None) if r.is_success else None)


@mutant(
    "wire",
    "response_schema_conformance",
    "a status has a body",
    some_exchange(lambda api, e: e.sent.status == 200 and not e.sent.body and api.job_id(e.request) is not None),
)
def empty_status(api: Api) -> Mutation:
    """The status of a job that has ended is empty."""

    def change(request: Request, response: Response) -> Response | None:
        is_final = response.is_success and api.kind(response.json) in {"success", "failure"}
        return response.with_body(b"") if is_final else None

    return on_job(api, change)


@mutant("wire", "response_schema_conformance", "a status is an object", changed_body())
def status_in_a_list(api: Api) -> Mutation:
    """A status is in a list."""
    return on_bodies(lambda body: b"[" + body + b"]")(api)


@mutant("wire", "response_schema_conformance", "a status is an object", changed_body())
def status_as_a_string(api: Api) -> Mutation:
    """A status is a JSON string that contains JSON."""
    return on_bodies(lambda body: json.dumps(body.decode()).encode())(api)


@mutant("wire", "strict_json", JSON_CLAUSE, changed_body(), lambda api: api.job.id is not None)
def nested_name_twice(api: Api) -> Mutation:
    """An object within a status has a name twice."""
    return on_bodies(lambda body: body[:-1] + b', "x_more": {"a": 1, "a": 2}}')(api)


@mutant(
    "wire",
    "truthful_headers",
    "RFC 9110, 8.3.2: charset is that of the content",
    some_exchange(lambda api, e: "utf-16" in (e.sent.header("content-type") or "")),
)
def utf_8_as_utf_16(api: Api) -> Mutation:
    """A status in UTF-8 is labelled as UTF-16."""
    return on_job(
        api, lambda _, r: r.with_header("content-type", "application/json; charset=utf-16") if r.is_success else None
    )
