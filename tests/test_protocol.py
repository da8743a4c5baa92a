"""The rules below the API bite: each has a server that breaks it, and no other of the project's own rules names it."""

from collections.abc import Callable
from typing import Any

import pytest

from scripts.document import Document
from scripts.simulate import Simulator
from scripts.verify import protocol
from scripts.verify.calls import Caller
from scripts.verify.preflight import known_values
from scripts.verify.probe import record
from scripts.verify.protocol import CLAUSES
from scripts.verify.result import Result
from scripts.verify.run import _coverage
from scripts.verify.target import target

from .conftest import ENVIRONMENT, Serve

API, SEARCH = "agent-platform", "opensearch-flow-framework"
Application = Callable[[Any, Any, Any], Any]


def probed(serve: Serve, application: Application, document: Document) -> Result:
    """What the odd requests find, and one plain reading."""
    url = f"{serve(application)}/{document.stem}"
    aimed = target(document, url, ENVIRONMENT, profile="full", writes=True, stepping=True)
    result = Result(document, url, aimed.operations)
    result.hear = protocol.Wire(aimed, result).hear
    with Caller(aimed) as caller:
        for operation in aimed.operations:
            result.coverage[operation.id] = _coverage(aimed, operation)
            values = known_values(aimed, operation)[0]
            record(aimed, result, operation, caller.call(operation, values))
            protocol.probe(aimed, caller, result, operation, values)
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
            start: dict[str, Any] = {}
            chunks: list[bytes] = []

            async def hold(message: Any) -> None:
                if message["type"] == "http.response.start":
                    start.update(message)
                else:
                    chunks.append(message.get("body", b""))

            await application(seen, receive, hold)
            headers = {name.lower(): value for name, value in start["headers"]}
            status, body = reply(scope, headers, start["status"], b"".join(chunks))
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
    return status, body


def kept(_: Any, headers: dict[bytes, bytes], status: int, body: bytes) -> tuple[int, bytes]:
    headers[b"cache-control"] = b"public, max-age=60"
    return status, body


def fails_on_long(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (500, b"{}") if len(scope["path"]) > 1000 else (status, body)


def knows_everything(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
    return (
        (200, b'{"_id":"ds-1","jobType":"MODELS","action":"DEPLOY","status":"SUCCESS"}')
        if status == 404
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


LIARS: list[tuple[str, str, Callable[[Application], Application], str]] = [
    (API, "strict_json", around(reply=twice), "the name 'status' twice in one object"),
    (API, "strict_json", around(reply=marked), "a byte order mark"),
    (API, "strict_json", around(reply=latin), "charset=iso-8859-1"),
    (API, "caching", around(reply=kept), "max-age=60 with IN_PROGRESS"),
    (API, "near_miss_credential", around(forgiving(lambda value, right: value.startswith(right))), "200 "),
    (API, "near_miss_credential", around(forgiving(lambda value, right: value == right[:-1])), "200 "),
    (API, "near_miss_credential", around(forgiving(lambda value, right: value.lower() == right.lower())), "200 "),
    (API, "strange_ids", around(reply=fails_on_long), "500 "),
    (API, "strange_ids", around(reply=knows_everything), "200 "),
    (API, "strange_ids", around(reply=sends_away), "302 "),
    (API, "odd_queries", around(reply=fails_on_unheard_of), "500 "),
    (SEARCH, "odd_queries", around(reply=fails_on_unheard_of), "500 "),
    (API, "head", around(reply=fails_on_head), "500 where GET answers 200"),
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

    # A byte order mark and two names are no JSON to the schema's own reader, which may say so as well.
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
@pytest.mark.parametrize("benign", [around(), around(reply=chunked_elsewhere), around(reply=refuses_head)])
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
    assert all(clause.startswith("RFC ") for clause in CLAUSES.values())
