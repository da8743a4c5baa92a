"""The rules below the API bite: each has a server that breaks it, and no other of the project's own rules names it."""

import asyncio
import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest

from scripts.document import Document, load
from scripts.simulate import Simulator
from scripts.verify.calls import Caller
from scripts.verify.coverage import coverage
from scripts.verify.exchange import Exchange
from scripts.verify.preflight import known_values
from scripts.verify.probe import record
from scripts.verify.result import Result
from scripts.verify.rules import oddities, protocol
from scripts.verify.rules.protocol import CLAUSES
from scripts.verify.run import verify
from scripts.verify.target import target

from .conftest import ENVIRONMENT, ROOT, Serve
from .lies import held

API, SEARCH = "agent-platform", "opensearch-flow-framework"
ENVIRONMENT_IDS = [
    str(value)
    for operation in load(ROOT / "openapi" / f"{API}.yaml").operations
    for parameter in operation.parameters_in("path")
    for value in parameter.known_values
]
Application = Callable[[Any, Any, Any], Any]


def probed(serve: Serve, application: Application, document: Document) -> Result:
    """What the odd requests find, and one plain reading."""
    url = f"{serve(application)}/{document.stem}"
    aimed = target(document, url, ENVIRONMENT, profile="full", writes=True, stepping=True)
    result = Result(document, url, aimed.operations)
    result.hear = protocol.Wire(aimed, result).hear
    with Caller(aimed) as caller:
        for operation in aimed.operations:
            result.coverage[operation.id] = coverage(aimed, operation)
            values = known_values(aimed, operation)[0]
            record(aimed, result, operation, caller.call(operation, values))
            oddities.probe(aimed, caller, result, operation, values)
    return result


def around(
    change: Callable[[Any], None] = lambda scope: None,
    reply: Callable[[Any, dict[bytes, bytes], int, bytes], tuple[int, bytes]] = lambda s, h, status, body: (
        status,
        body,
    ),
) -> Callable[[Application], Application]:
    """A server around a simulator that changes requests on their way in and answers on their way out."""

    def wrapped(application: Application) -> Application:
        async def called(scope: Any, receive: Any, send: Any) -> None:
            seen = {**scope, "headers": list(scope["headers"])}
            change(seen)
            start, body = await held(application, seen, receive)
            headers = {name.lower(): value for name, value in start["headers"]}
            status, body = reply(scope, headers, start["status"], body)
            headers[b"content-length"] = str(len(body)).encode()
            await send({"type": "http.response.start", "status": status, "headers": list(headers.items())})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

        return called

    return wrapped


def forgiving(forgive: Callable[[bytes, bytes], bool]) -> Callable[[Any], None]:
    """Takes a credential for the right one where it is near enough."""
    right = ENVIRONMENT["AGENT_PLATFORM_API_KEY"].encode()

    def change(scope: Any) -> None:
        scope["headers"] = [
            (name, right if name == b"x-api-key" and forgive(value, right) else value)
            for name, value in scope["headers"]
        ]

    return change


def twice(_: Any, __: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return status, body.replace(b'"status":', b'"status":"SUCCESS","status":', 1)


def marked(_: Any, __: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return status, b"\xef\xbb\xbf" + body if status == 200 else body


def latin(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-type"] = b"application/json; charset=iso-8859-1"
    return status, body.replace(b'"jobType":"', b'"jobType":"\xe9')


def latin_by_name(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-type"] = b"application/json; charset=ISO-8859-1"
    return status, body


def kept_for_some(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"cache-control"] = b"max-age=0, s-maxage=600"
    return status, body


def kept_by_one(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"cache-control"] = b"private, max-age=86400"
    return status, body


def kept_until(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"expires"] = b"Fri, 01 Jan 2999 00:00:00 GMT"
    return status, body


def kept(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"cache-control"] = b"public, max-age=60"
    return status, body


def fails_on_long(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if len(scope["path"]) > 1000 else (status, body)


def knows_everything(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (
        (200, b'{"_id":"ds-1","jobType":"MODELS","action":"DEPLOY","status":"SUCCESS"}')
        if status == 404 and re.search("/dock-status/[^/]+$", scope["path"])
        else (status, body)
    )


def fails_on_unheard_of(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if b"x_unheard_of" in scope["query_string"] else (status, body)


def fails_on_head(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"") if scope["method"] == "HEAD" else (status, body)


def sends_away(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if status == 404:
        headers[b"location"] = b"/login"
        return 302, b""
    return status, body


def elsewhere(take: Callable[[Any], bytes | None]) -> Callable[[Any], None]:
    """Takes the credential from another place of the request."""

    def change(scope: Any) -> None:
        if (found := take(scope)) and not any(name == b"x-api-key" for name, _ in scope["headers"]):
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


def squeezed(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-encoding"] = b"gzip"
    return status, gzip.compress(body)


def only_called_squeezed(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if dict(scope["headers"]).get(b"accept-encoding") == b"identity":
        headers[b"content-encoding"] = b"gzip"
    return status, body


def not_so_written(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-type"] = b"application/json; charset=utf-8"
    return status, body.replace(b'"jobType":"', b'"jobType":"\xc9')


def in_no_charset(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"content-type"] = b"application/json; charset=undefined"
    return status, body


def cut_short(application: Application) -> Application:
    """A server that breaks off in one answer, always the same."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        broken = dict(scope["headers"]).get(b"accept-encoding") == b"identity"

        async def cut(message: Any) -> None:
            if broken and message["type"] == "http.response.body":
                message = {**message, "body": message["body"][:-3], "more_body": True}
            await send(message)

        await application(scope, receive, cut)

    return called


def all_by_default(scope: Any) -> None:
    if not scope["query_string"]:
        scope["query_string"] = b"all=true"


def slash(scope: Any) -> None:
    """Takes the path with a slash behind it, or in another case, for the described one."""
    stem, _, rest = scope["path"].lstrip("/").partition("/")
    literal, _, job = rest.rstrip("/").rpartition("/")
    scope["path"] = f"/{stem}/{literal.lower()}/{job}"
    scope["raw_path"] = scope["path"].encode()


def forgives_slash(scope: Any) -> None:
    scope["path"] = scope["path"].rstrip("/")
    scope["raw_path"] = scope["path"].encode()


def open_at_the_back(scope: Any) -> None:
    right = ENVIRONMENT["AGENT_PLATFORM_API_KEY"].encode()
    if scope["path"].endswith("/"):
        scope["headers"].append((b"x-api-key", right))
        slash(scope)


def open_in_capitals(scope: Any) -> None:
    right = ENVIRONMENT["AGENT_PLATFORM_API_KEY"].encode()
    if "/API/" in scope["path"]:
        scope["headers"].append((b"x-api-key", right))
        slash(scope)


def fails_on_slash(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if scope["path"].endswith("/") else (status, body)


def fails_on_body(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    asked = dict(scope["headers"]).get(b"content-length", b"0")
    return (500, b"{}") if asked != b"0" else (status, body)


def heeds_body(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    asked = dict(scope["headers"]).get(b"content-length", b"0")
    return status, re.sub(b"SUCCESS|IN_PROGRESS", b"FAILED", body) if asked != b"0" else body


def page_for_browsers(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if dict(scope["headers"]).get(b"accept") == b"*/*":
        headers[b"content-type"] = b"text/html"
        return status, b"<p>hello</p>"
    return status, body


def fails_on_unheard_of_type(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if b"unheard" in dict(scope["headers"]).get(b"accept", b"") else (status, body)


def fails_on_empty_value(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if scope["query_string"] == b"all=" else (status, body)


def fails_on_repetition(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if scope["query_string"].count(b"all=") > 1 else (status, body)


def knows_beginnings(scope: Any) -> None:
    """Finds a job under the beginning of its id as well."""
    head, _, job = scope["path"].rpartition("/")
    for known in ENVIRONMENT_IDS:
        if known.startswith(job) and len(job) > 3:
            scope["path"] = f"{head}/{known}"
            scope["raw_path"] = scope["path"].encode()


def mixed_up(application: Application) -> Application:
    """A server that keeps the job that it tells of where two requests can reach it."""
    under_way = 0

    async def called(scope: Any, receive: Any, send: Any) -> None:
        nonlocal under_way
        under_way += 1
        alone = under_way == 1

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
            under_way -= 1

    return called


LIARS: list[tuple[str, str, Callable[[Application], Application], str]] = [
    (API, "strict_json", around(reply=twice), "the name 'status' twice in one object"),
    (API, "strict_json", around(reply=marked), "a byte order mark"),
    (API, "strict_json", around(reply=latin), "invalid continuation byte"),
    (API, "caching", around(reply=kept), "max-age=60 with IN_PROGRESS"),
    (API, "caching", around(reply=kept_for_some), "s-maxage=600 with IN_PROGRESS"),
    (API, "caching", around(reply=kept_by_one), "max-age=86400 with IN_PROGRESS"),
    (API, "caching", around(reply=kept_until), "Expires: Fri, 01 Jan 2999"),
    (API, "near_miss_credential", around(forgiving(lambda value, right: value.startswith(right))), "200 "),
    (API, "near_miss_credential", around(forgiving(lambda value, right: value == right[:-1])), "200 "),
    (API, "near_miss_credential", around(forgiving(lambda value, right: value.lower() == right.lower())), "200 "),
    (API, "strange_ids", around(reply=fails_on_long), "500 "),
    (API, "strange_ids", around(reply=knows_everything), "200 "),
    (API, "strange_ids", around(reply=sends_away), "302 "),
    (API, "odd_queries", around(reply=fails_on_unheard_of), "500 "),
    (SEARCH, "odd_queries", around(reply=fails_on_unheard_of), "500 "),
    (API, "head", around(reply=fails_on_head), "500 where GET answers 200"),
    (API, "credential_elsewhere", around(elsewhere(from_authorization)), "200 "),
    (API, "credential_elsewhere", around(elsewhere(from_cookie)), "200 "),
    (API, "credential_elsewhere", around(elsewhere(from_query)), "200 "),
    (API, "truthful_headers", around(reply=squeezed), "gzip where only identity was asked for"),
    (API, "truthful_headers", around(reply=only_called_squeezed), "not encoded as its header says"),
    (API, "strict_json", around(reply=not_so_written), "invalid continuation byte at byte"),
    (API, "truthful_headers", around(reply=in_no_charset), "charset=undefined, which there is none of"),
    (API, "truthful_headers", cut_short, "another length than the header says"),
    (API, "strange_ids", around(knows_beginnings), "200 "),
    (SEARCH, "odd_queries", around(reply=fails_on_empty_value), "500 "),
    (SEARCH, "odd_queries", around(reply=fails_on_repetition), "500 "),
    (SEARCH, "defaults", around(all_by_default), "other provisioning_progress"),
    (API, "path_forms", around(open_at_the_back), "without a credential"),
    (API, "path_forms", around(open_in_capitals), "without a credential"),
    (API, "path_forms", around(reply=fails_on_slash), "500 "),
    (API, "undeclared_body", around(reply=fails_on_body), "500 "),
    (API, "undeclared_body", around(reply=heeds_body), "FAILED"),
    (API, "accept", around(reply=page_for_browsers), "Accept: */* answered with text/html"),
    (API, "accept", around(reply=fails_on_unheard_of_type), "500 "),
    (API, "concurrent_readings", mixed_up, "other action beside another reading"),
]


@pytest.mark.parametrize(
    ("stem", "rule", "liar", "got"), LIARS, ids=[f"{rule}-{index}" for index, (_, rule, _, _) in enumerate(LIARS)]
)
def test_each_rule_names_the_server_that_breaks_it(
    documents: dict[str, Document],
    simulator: Simulator,
    serve: Serve,
    stem: str,
    rule: str,
    liar: Callable[[Application], Application],
    got: str,
) -> None:
    found = list(probed(serve, liar(simulator), documents[stem]).failures())

    # What is no JSON to the schema's own reader it may name as well.
    assert {failure.rule for failure in found} - {"response_schema_conformance"} == {rule}
    assert got in next(failure for failure in found if failure.rule == rule).got


def chunked_elsewhere(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"x-served-by"] = b"somewhere"
    headers[b"cache-control"] = b"no-cache, max-age=0"
    return status, body.replace(b",", b" ,\n")


def refuses_head(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"allow"] = b"GET"
    return (405, b"") if scope["method"] == "HEAD" else (status, body)


@pytest.mark.parametrize("stem", [API, "ai-for-process", "ai-for-service", SEARCH])
@pytest.mark.parametrize(
    "benign",
    [
        around(),
        around(reply=chunked_elsewhere),
        around(reply=refuses_head),
        around(forgives_slash),
        around(reply=latin_by_name),
    ],
)
def test_no_rule_names_a_server_that_is_only_different(
    documents: dict[str, Document],
    simulator: Simulator,
    serve: Serve,
    stem: str,
    benign: Callable[[Application], Application],
) -> None:
    assert list(probed(serve, benign(simulator), documents[stem]).failures()) == []


def test_every_rule_has_a_liar_and_says_which_clause_it_enforces() -> None:
    assert {rule for _, rule, _, _ in LIARS} == set(CLAUSES)
    assert all(clause.startswith(("RFC ", "OpenAPI 3.1, ", "JSON Schema, ")) for clause in CLAUSES.values())


def no_allow(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if status == 405:
        headers.pop(b"allow", None)
    return status, body


def deletes(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    return (204, b"") if scope["method"] == "DELETE" and status == 405 else (status, body)


def allows_too_much(scope: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    if scope["method"] == "OPTIONS":
        headers[b"allow"] = b"GET, DELETE"
    return status, body


@pytest.mark.parametrize(
    ("rule", "reply", "got"),
    [
        ("unsupported_method", no_allow, "405 to "),
        ("unsupported_method", deletes, "204 to DELETE"),
        ("allow_header_conformance", allows_too_much, "to OPTIONS"),
    ],
)
def test_methods_that_nobody_described_are_refused_as_the_standard_has_it(
    documents: dict[str, Document], simulator: Simulator, serve: Serve, rule: str, reply: Any, got: str
) -> None:
    url = f"{serve(around(reply=reply)(simulator))}/{API}"

    found = list(
        verify(target(documents[API], url, ENVIRONMENT, profile="full", writes=True, stepping=True), 1).failures()
    )

    assert {failure.rule for failure in found} == {rule}
    assert all(got in failure.got for failure in found)


def test_a_request_that_went_to_another_path_is_judged_by_nothing(documents: dict[str, Document]) -> None:
    aimed = target(documents[API], "http://127.0.0.1:9/base", ENVIRONMENT, profile="full", writes=False)

    def asked(path: str) -> Exchange:
        return Exchange("get_dock_status", "GET", f"http://127.0.0.1:9{path}", {}, 404, {}, b"", 0.0)

    assert aimed.path_values(asked("/base/api/public/dock-status/ds%2F1?a=b")) == ("ds/1",)
    assert aimed.path_values(asked("/base/api/public/dock-status/")) is None
    assert aimed.path_values(asked("/base/api/public")) is None
