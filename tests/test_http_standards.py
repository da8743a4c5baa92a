"""Checks against HTTP and JSON and edge cases: each fails for a server with one specific fault, and no other does."""

import asyncio
import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest

from scripts.document import Document, load
from scripts.mutate.catalogue import MUTANTS
from scripts.simulate import Simulator
from scripts.verify.checks import CHECKS
from scripts.verify.checks.edge_cases import EdgeCaseCheck
from scripts.verify.checks.http_standards import HttpCheck
from scripts.verify.exchange import Exchange
from scripts.verify.observers import CoverageCounter, HttpChecks, ResponseChecks
from scripts.verify.result import Result
from scripts.verify.run import verify
from scripts.verify.scenarios.edge_cases import request_edge_cases
from scripts.verify.session import Session
from scripts.verify.target import make_target

from .conftest import ENVIRONMENT, ROOT, Serve
from .faulty_responses import buffer_response
from .paths import operation_in, path_of

API, SEARCH = "agent-platform", "opensearch-flow-framework"
ENVIRONMENT_IDS = [
    str(value)
    for operation in load(ROOT / "openapi" / f"{API}.yaml").operations
    for parameter in operation.parameters_in("path")
    for value in parameter.known_values
]
Application = Callable[[Any, Any, Any], Any]


def send_requests(serve: Serve, application: Application, document: Document) -> Result:
    """Send one ordinary request and the edge cases, and return the result."""
    url = f"{serve(application)}/{document.stem}"
    target = make_target(document, url, ENVIRONMENT, profile="full", writes=True, stepping=True)
    with Session(target, observers=(CoverageCounter, HttpChecks, ResponseChecks)) as session:
        for operation in target.operations:
            session.call(operation, session.known_values(operation)[0])
            request_edge_cases(session, operation)
    return session.result


def wrap(
    change: Callable[[Any], None] = lambda scope: None,
    reply: Callable[[Any, dict[bytes, bytes], int, bytes], tuple[int, bytes]] = lambda s, h, status, body: (
        status,
        body,
    ),
) -> Callable[[Application], Application]:
    """Make a wrapper for a simulator that changes requests before it and responses after it."""

    def wrapped(application: Application) -> Application:
        async def called(scope: Any, receive: Any, send: Any) -> None:
            seen = {**scope, "headers": list(scope["headers"])}
            change(seen)
            start, body = await buffer_response(application, seen, receive)
            headers = {name.lower(): value for name, value in start["headers"]}
            status, body = reply(scope, headers, start["status"], body)
            headers[b"content-length"] = str(len(body)).encode()
            await send({"type": "http.response.start", "status": status, "headers": list(headers.items())})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

        return called

    return wrapped


def accept_if(matches: Callable[[bytes, bytes], bool]) -> Callable[[Any], None]:
    """Accept a credential that `matches` the valid one."""
    valid = ENVIRONMENT["AGENT_PLATFORM_API_KEY"].encode()

    def change(scope: Any) -> None:
        scope["headers"] = [
            (name, valid if name == b"x-api-key" and matches(value, valid) else value)
            for name, value in scope["headers"]
        ]

    return change


def duplicate_name(_: Any, __: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return status, body.replace(b'"status":', b'"status":"SUCCESS","status":', 1)


def byte_order_mark(_: Any, __: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return status, b"\xef\xbb\xbf" + body if status == 200 else body


def latin_1(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-type"] = b"application/json; charset=iso-8859-1"
    return status, body.replace(b'"jobType":"', b'"jobType":"\xe9')


def latin_1_header_only(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-type"] = b"application/json; charset=ISO-8859-1"
    return status, body


def s_maxage(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"cache-control"] = b"max-age=0, s-maxage=600"
    return status, body


def private_max_age(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"cache-control"] = b"private, max-age=86400"
    return status, body


def expires(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"expires"] = b"Fri, 01 Jan 2999 00:00:00 GMT"
    return status, body


def public_max_age(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"cache-control"] = b"public, max-age=60"
    return status, body


def fails_on_long_path(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if len(scope["path"]) > 1000 else (status, body)


def accepts_unknown_ids(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (
        (200, b'{"_id":"ds-1","jobType":"MODELS","action":"DEPLOY","status":"SUCCESS"}')
        if status == 404 and operation_in(scope["path"]) == "get_dock_status"
        else (status, body)
    )


def fails_on_unknown_parameter(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if b"x_unheard_of" in scope["query_string"] else (status, body)


def fails_on_head(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"") if scope["method"] == "HEAD" else (status, body)


def redirects(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if status == 404:
        headers[b"location"] = b"/login"
        return 302, b""
    return status, body


def accept_elsewhere(extract: Callable[[Any], bytes | None]) -> Callable[[Any], None]:
    """Accept the credential in another location of the request."""

    def change(scope: Any) -> None:
        if (found := extract(scope)) and not any(name == b"x-api-key" for name, _ in scope["headers"]):
            scope["headers"].append((b"x-api-key", found))
        scope["query_string"] = re.sub(rb"&?(x-)?api-key=[^&]*", b"", scope["query_string"], flags=re.IGNORECASE)

    return change


def from_authorization(scope: Any) -> bytes | None:
    return next((v.removeprefix(b"Bearer ") for name, v in scope["headers"] if name == b"authorization"), None)


def from_cookie(scope: Any) -> bytes | None:
    return next((v.partition(b"=")[2] for name, v in scope["headers"] if name == b"cookie"), None)


def from_query(scope: Any) -> bytes | None:
    found = re.search(rb"api-key=([^&]*)", scope["query_string"], re.IGNORECASE)
    return found[1] if found else None


def compresses_always(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-encoding"] = b"gzip"
    return status, gzip.compress(body)


def claims_gzip(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if dict(scope["headers"]).get(b"accept-encoding") == b"identity":
        headers[b"content-encoding"] = b"gzip"
    return status, body


def invalid_utf_8(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-type"] = b"application/json; charset=utf-8"
    return status, body.replace(b'"jobType":"', b'"jobType":"\xc9')


def unknown_charset(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-type"] = b"application/json; charset=undefined"
    return status, body


def truncates_body(application: Application) -> Application:
    """Truncate the body of the responses to one request."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        broken = dict(scope["headers"]).get(b"accept-encoding") == b"identity"

        async def cut(message: Any) -> None:
            if broken and message["type"] == "http.response.body":
                message = {**message, "body": message["body"][:-3], "more_body": True}
            await send(message)

        await application(scope, receive, cut)

    return called


def wrong_default(scope: Any) -> None:
    if not scope["query_string"]:
        scope["query_string"] = b"all=true"


def normalize_path(scope: Any) -> None:
    """Remove the trailing slash of a path and convert it to lower case."""
    stem, _, rest = scope["path"].lstrip("/").partition("/")
    literal, _, job = rest.rstrip("/").rpartition("/")
    scope["path"] = f"/{stem}/{literal.lower()}/{job}"
    scope["raw_path"] = scope["path"].encode()


def accepts_trailing_slash(scope: Any) -> None:
    scope["path"] = scope["path"].rstrip("/")
    scope["raw_path"] = scope["path"].encode()


def no_authentication_with_trailing_slash(scope: Any) -> None:
    valid = ENVIRONMENT["AGENT_PLATFORM_API_KEY"].encode()
    if scope["path"].endswith("/"):
        scope["headers"].append((b"x-api-key", valid))
        normalize_path(scope)


def no_authentication_in_upper_case(scope: Any) -> None:
    valid = ENVIRONMENT["AGENT_PLATFORM_API_KEY"].encode()
    if operation_in(scope["path"].lower()) and not operation_in(scope["path"]):
        scope["headers"].append((b"x-api-key", valid))
        normalize_path(scope)


def fails_on_slash(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if scope["path"].endswith("/") else (status, body)


def fails_on_body(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return (500, b"{}") if length != b"0" else (status, body)


def body_changes_state(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return status, re.sub(b"SUCCESS|IN_PROGRESS", b"FAILED", body) if length != b"0" else body


def html_for_browsers(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if dict(scope["headers"]).get(b"accept") == b"*/*":
        headers[b"content-type"] = b"text/html"
        return status, b"<p>hello</p>"
    return status, body


def fails_on_unknown_type(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if b"unheard" in dict(scope["headers"]).get(b"accept", b"") else (status, body)


def fails_on_empty_value(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if scope["query_string"] == b"all=" else (status, body)


def fails_on_repetition(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if scope["query_string"].count(b"all=") > 1 else (status, body)


def accepts_prefix_of_id(scope: Any) -> None:
    """Accept a prefix of the id of a job."""
    head, _, job = scope["path"].rpartition("/")
    for known in ENVIRONMENT_IDS:
        if known.startswith(job) and len(job) > 3:
            scope["path"] = f"{head}/{known}"
            scope["raw_path"] = scope["path"].encode()


def mixes_concurrent_responses(application: Application) -> Application:
    """Mix up the responses to concurrent requests, as a server with shared state does."""
    in_flight = 0

    async def called(scope: Any, receive: Any, send: Any) -> None:
        nonlocal in_flight
        in_flight += 1
        alone = in_flight == 1

        async def mix(message: Any) -> None:
            if message["type"] == "http.response.body" and not alone:
                message = {**message, "body": re.sub(b'"action":"(?!UN)', b'"action":"UN', message["body"])}
            await send(message)

        held: list[Any] = []

        async def hold(message: Any) -> None:
            held.append(message)

        try:
            await application(scope, receive, hold)
            if not alone:
                for message in held:
                    if message["type"] == "http.response.start":
                        message["headers"] = [h for h in message["headers"] if h[0].lower() != b"content-length"]
            await asyncio.sleep(0.02)
            for message in held:
                await mix(message)
        finally:
            in_flight -= 1

    return called


FAULTY_SERVERS: list[tuple[str, str, Callable[[Application], Application], str]] = [
    (API, "strict_json", wrap(reply=duplicate_name), "the name 'status' twice in one object"),
    (API, "strict_json", wrap(reply=byte_order_mark), "a byte order mark"),
    (API, "strict_json", wrap(reply=latin_1), "invalid continuation byte"),
    (API, "caching", wrap(reply=public_max_age), "max-age=60 with IN_PROGRESS"),
    (API, "caching", wrap(reply=s_maxage), "s-maxage=600 with IN_PROGRESS"),
    (API, "caching", wrap(reply=private_max_age), "max-age=86400 with IN_PROGRESS"),
    (API, "caching", wrap(reply=expires), "Expires: Fri, 01 Jan 2999"),
    (API, "near_miss_credential", wrap(accept_if(lambda value, valid: value.startswith(valid))), "200 "),
    (API, "near_miss_credential", wrap(accept_if(lambda value, valid: value == valid[:-1])), "200 "),
    (API, "near_miss_credential", wrap(accept_if(lambda value, valid: value.lower() == valid.lower())), "200 "),
    (API, "unknown_ids", wrap(reply=fails_on_long_path), "500 "),
    (API, "unknown_ids", wrap(reply=accepts_unknown_ids), "200 "),
    (API, "unknown_ids", wrap(reply=redirects), "302 "),
    (API, "odd_queries", wrap(reply=fails_on_unknown_parameter), "500 "),
    (SEARCH, "odd_queries", wrap(reply=fails_on_unknown_parameter), "500 "),
    (API, "head", wrap(reply=fails_on_head), "500, but GET returned 200"),
    (API, "credential_elsewhere", wrap(accept_elsewhere(from_authorization)), "200 "),
    (API, "credential_elsewhere", wrap(accept_elsewhere(from_cookie)), "200 "),
    (API, "credential_elsewhere", wrap(accept_elsewhere(from_query)), "200 "),
    (API, "truthful_headers", wrap(reply=compresses_always), "gzip although the request accepts identity only"),
    (API, "truthful_headers", wrap(reply=claims_gzip), "content that does not match Content-Encoding"),
    (API, "strict_json", wrap(reply=invalid_utf_8), "invalid continuation byte at byte"),
    (API, "truthful_headers", wrap(reply=unknown_charset), "charset=undefined, which is unknown"),
    (API, "truthful_headers", truncates_body, "content that does not match Content-Length"),
    (API, "unknown_ids", wrap(accepts_prefix_of_id), "200 "),
    (SEARCH, "odd_queries", wrap(reply=fails_on_empty_value), "500 "),
    (SEARCH, "odd_queries", wrap(reply=fails_on_repetition), "500 "),
    (SEARCH, "defaults", wrap(wrong_default), "other provisioning_progress"),
    (API, "path_forms", wrap(no_authentication_with_trailing_slash), "without a credential"),
    (API, "path_forms", wrap(no_authentication_in_upper_case), "without a credential"),
    (API, "path_forms", wrap(reply=fails_on_slash), "500 "),
    (API, "undeclared_body", wrap(reply=fails_on_body), "500 "),
    (API, "undeclared_body", wrap(reply=body_changes_state), "FAILED"),
    (API, "accept", wrap(reply=html_for_browsers), "Accept: */* returned text/html"),
    (API, "accept", wrap(reply=fails_on_unknown_type), "500 "),
    (API, "concurrent_reads", mixes_concurrent_responses, "other action in a concurrent read"),
]


@pytest.mark.parametrize(
    ("stem", "check", "faulty", "got"),
    FAULTY_SERVERS,
    ids=[f"{check}-{index}" for index, (_, check, _, _) in enumerate(FAULTY_SERVERS)],
)
def test_fault_fails_its_check_and_no_other(
    documents: dict[str, Document],
    simulator: Simulator,
    serve: Serve,
    stem: str,
    check: str,
    faulty: Callable[[Application], Application],
    got: str,
) -> None:
    found = list(send_requests(serve, faulty(simulator), documents[stem]).failures())

    # A body that is not valid JSON fails the schema check as well, and a HEAD that fails does so with any credential.
    others = {"response_schema_conformance"} | ({"wrong_credential"} if check == "head" else set())
    assert {failure.check for failure in found} - others == {check}
    assert got in next(failure for failure in found if failure.check == check).got


def other_headers_and_whitespace(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"x-served-by"] = b"somewhere"
    headers[b"cache-control"] = b"no-cache, max-age=0"
    return status, body.replace(b",", b" ,\n")


def rejects_head(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"allow"] = b"GET"
    return (405, b"") if scope["method"] == "HEAD" else (status, body)


@pytest.mark.parametrize("stem", [API, "ai-for-process", "ai-for-service", SEARCH])
@pytest.mark.parametrize(
    "benign",
    [
        wrap(),
        wrap(reply=other_headers_and_whitespace),
        wrap(reply=rejects_head),
        wrap(accepts_trailing_slash),
        wrap(reply=latin_1_header_only),
    ],
)
def test_allowed_differences_are_not_failures(
    documents: dict[str, Document],
    simulator: Simulator,
    serve: Serve,
    stem: str,
    benign: Callable[[Application], Application],
) -> None:
    assert list(send_requests(serve, benign(simulator), documents[stem]).failures()) == []


def test_every_check_has_a_clause_and_a_faulty_server() -> None:
    clauses = {check.name: check.clause for check in CHECKS if isinstance(check, HttpCheck | EdgeCaseCheck)}

    expected = {check for mutant in MUTANTS for check in mutant.expected}
    assert {check for _, check, _, _ in FAULTY_SERVERS} <= set(clauses) <= {*expected, *(f[1] for f in FAULTY_SERVERS)}
    assert all(clause.startswith(("RFC ", "OpenAPI 3.1, ", "JSON Schema, ")) for clause in clauses.values())


def omits_allow(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if status == 405:
        headers.pop(b"allow", None)
    return status, body


def accepts_delete(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    return (204, b"") if scope["method"] == "DELETE" and status == 405 else (status, body)


def allows_delete(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if scope["method"] == "OPTIONS":
        headers[b"allow"] = b"GET, DELETE"
    return status, body


@pytest.mark.parametrize(
    ("check", "reply", "got"),
    [
        ("unsupported_method", omits_allow, "405 to "),
        ("unsupported_method", accepts_delete, "204 to DELETE"),
        ("allow_header_conformance", allows_delete, "to OPTIONS"),
    ],
)
def test_undocumented_method_must_be_rejected(
    documents: dict[str, Document], simulator: Simulator, serve: Serve, check: str, reply: Any, got: str
) -> None:
    url = f"{serve(wrap(reply=reply)(simulator))}/{API}"

    found = list(
        verify(make_target(documents[API], url, ENVIRONMENT, profile="full", writes=True, stepping=True), 1).failures()
    )

    assert {check} <= {failure.check for failure in found} <= {check, "allow", "unknown_method"}
    assert all(got in failure.got for failure in found if failure.check == check)


def test_path_values_of_another_path_are_missing(documents: dict[str, Document]) -> None:
    target = make_target(documents[API], "http://127.0.0.1:9/base", ENVIRONMENT, profile="full", writes=False)

    def request(path: str) -> Exchange:
        return Exchange("get_dock_status", "GET", f"http://127.0.0.1:9{path}", {}, 404, {}, b"", 0.0)

    assert target.path_values(request(f"/base{path_of(API, 'get_dock_status', 'ds/1')}?a=b")) == ("ds/1",)
    assert target.path_values(request(f"/base{path_of(API, 'get_dock_status', '')}")) is None
    assert target.path_values(request("/base")) is None
