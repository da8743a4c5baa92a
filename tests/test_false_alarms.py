"""A server that keeps to its document is never accused, whatever its manners, the seed, or what stands before it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from scripts.document import Document
from scripts.simulate import Settings, Simulator, SteppingClock
from scripts.verify import engine
from scripts.verify.calls import Caller
from scripts.verify.coverage import coverage
from scripts.verify.exchange import Exchange
from scripts.verify.result import Result
from scripts.verify.rules.life import Lives
from scripts.verify.rules.protocol import Wire
from scripts.verify.run import verify
from scripts.verify.target import Target, target

from .conftest import ENVIRONMENT, served
from .lies import held
from .network import Network, proxied

STEMS = ("agent-platform", "ai-for-process", "ai-for-service", "opensearch-flow-framework")
SEEDS = 20
Application = Callable[[Any, Any, Any], Any]


def honest(documents: dict[str, Document], seed: int = 1) -> Simulator:
    return Simulator(documents.values(), Settings(environment=ENVIRONMENT, clock=SteppingClock(1.0), seed=seed))


def aimed(document: Document, url: str) -> Target:
    return target(document, f"{url}/{document.stem}", ENVIRONMENT, profile="full", writes=True, stepping=True)


def judged(document: Document, url: str, seed: int = 1) -> Result:
    """A whole verification of a server that is made for it."""
    return verify(aimed(document, url), seed)


def judged_by_chance(document: Document, url: str, seed: int) -> Result:
    """What the requests that are drawn from a seed find, held to the rules of a job's life as well."""
    goal = aimed(document, url)
    result = Result(document, goal.base_url, goal.operations)
    result.coverage = {operation.id: coverage(goal, operation) for operation in goal.operations}
    lives, wire = Lives(goal, result), Wire(goal, result)

    def hear(exchange: Exchange) -> None:
        lives.hear(exchange)
        wire.hear(exchange)

    result.hear = hear
    with Caller(goal) as caller:
        engine.run(goal, caller, result, seed)
    assert all(seen.accepted for seen in result.coverage.values())
    return result


def accused(result: Result) -> list[str]:
    """What a result says against a server."""
    return [*result.problems, *(f"{f.operation_id} {f.rule}: {f.got}" for f in result.failures())]


@pytest.mark.parametrize("stem", STEMS)
def test_no_seed_brings_a_false_alarm(documents: dict[str, Document], stem: str) -> None:
    for seed in range(1, SEEDS + 1):
        with served(honest(documents, seed)) as url:
            # What is not drawn from the seed is the same for all of them.
            result = judged(documents[stem], url) if seed == 1 else judged_by_chance(documents[stem], url, seed)
        assert accused(result) == [], f"seed {seed}"


def answers(change: Callable[[dict[str, Any], list[tuple[bytes, bytes]], bytes], bytes]) -> Any:
    """A server whose answers are changed on their way out; `change` is given start, headers and body."""

    def wrapped(application: Application) -> Application:
        async def called(scope: Any, receive: Any, send: Any) -> None:
            start, body = await held(application, scope, receive)
            headers = [h for h in start["headers"] if h[0].lower() != b"content-length"]
            body = change(dict(start), headers, body) if scope["method"] != "HEAD" else body
            await send({**start, "headers": headers})
            for index in range(0, len(body), 40):
                await send({"type": "http.response.body", "body": body[index : index + 40], "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        return called

    return wrapped


def chunked(_: Any, __: Any, body: bytes) -> bytes:
    return body


def other_order(_: Any, __: Any, body: bytes) -> bytes:
    try:
        content = json.loads(body)
    except ValueError:
        return body
    return json.dumps(dict(reversed(content.items())) if isinstance(content, dict) else content).encode()


def other_whitespace(_: Any, __: Any, body: bytes) -> bytes:
    try:
        return b"\r\n" + json.dumps(json.loads(body), indent=3).encode() + b"\n"
    except ValueError:
        return body


def extra_headers(_: Any, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    headers += [(b"x-request-id", b"0123"), (b"server", b"envoy"), (b"set-cookie", b"route=1; Path=/"), (b"vary", b"*")]
    headers += [(b"strict-transport-security", b"max-age=31536000"), (b"cache-control", b"no-store, max-age=0")]
    return body


def charset(_: Any, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    headers[:] = [
        (name, b"Application/JSON;Charset=UTF-8" if value == b"application/json" else value) for name, value in headers
    ]
    return body


def new_optional_field(start: dict[str, Any], _: Any, body: bytes) -> bytes:
    """A field that the document knows and the simulator leaves out, and open error objects with one more."""
    try:
        content = json.loads(body)
    except ValueError:
        return body
    if start["status"] == 200 and "jobType" in content and "_id" in content and "statusSummary" not in content:
        content["percentageComplete"] = 0
    if "workflow_id" in content and "provisioning_progress" in content:
        content["tenant_id"] = "t1"
    return json.dumps(content).encode()


BENIGN = [chunked, other_order, other_whitespace, extra_headers, charset, new_optional_field]


@pytest.mark.parametrize("change", BENIGN, ids=lambda change: change.__name__)
@pytest.mark.parametrize("stem", STEMS)
def test_a_server_of_other_manners_is_not_accused(
    documents: dict[str, Document], stem: str, change: Callable[..., bytes]
) -> None:
    with served(answers(change)(honest(documents))) as url:
        assert accused(judged(documents[stem], url)) == []


@contextmanager
def in_http_1_0(application: Any) -> Iterator[str]:
    """A connection per request, closed after the answer."""
    with served(application) as url, proxied(url, Network(http10=True)) as (outside, _):
        yield outside


@contextmanager
def through_a_proxy(application: Any) -> Iterator[str]:
    with served(application) as url, proxied(url, Network()) as (outside, _):
        yield outside


@contextmanager
def slowly(application: Any) -> Iterator[str]:
    with served(application) as url, proxied(url, Network(delay=0.02)) as (outside, _):
        yield outside


@pytest.mark.parametrize("way", [in_http_1_0, through_a_proxy, slowly], ids=lambda way: way.__name__)
@pytest.mark.parametrize("stem", STEMS)
def test_what_stands_before_a_server_is_not_held_against_it(
    documents: dict[str, Document], stem: str, way: Callable[[Any], Any]
) -> None:
    with way(honest(documents)) as url:
        assert accused(judged(documents[stem], url)) == []


def test_the_manners_of_a_real_node_are_not_held_against_it(documents: dict[str, Document]) -> None:
    refused = b'{"error":"Unexpected HTTP method, allowed: [GET]","status":405}'

    def mannered(application: Application) -> Application:
        """What nodes of OpenSearch do beyond the simulator: an escape that is none is 405, YAML is for the asking."""

        async def called(scope: Any, receive: Any, send: Any) -> None:
            asked = dict(scope["headers"]).get(b"accept", b"")
            if re.search(rb"%(?![0-9a-fA-F]{2})", scope["raw_path"]):
                headers = [(b"content-type", b"application/json; charset=UTF-8"), (b"allow", b"GET")]
                await send({"type": "http.response.start", "status": 405, "headers": headers})
                await send({"type": "http.response.body", "body": refused})
            elif b"yaml" in asked:
                headers = [(b"content-type", b"application/yaml")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": b'---\nstate: "COMPLETED"\n'})
            else:
                await application(scope, receive, send)

        return called

    with served(mannered(honest(documents))) as url:
        assert accused(judged(documents["opensearch-flow-framework"], url)) == []
        assert_manners(url)


def assert_manners(url: str) -> None:
    """The manners that recordings show, as the simulator has them: a rule that forbids one would have been broken."""
    base = f"{url}/opensearch-flow-framework/_plugins/_flow_framework/workflow/d6WKB6IBR8spXwU9M5eD/_status"
    auth = ("admin", "admin-password")
    with httpx.Client(auth=auth) as client:
        assert client.head(base).status_code == 405
        assert client.options(base).status_code == 200
        assert client.get(f"{base}/").status_code == 200
        assert "provisioning_progress" in client.get(f"{base}?all=").json()
        assert "provisioning_progress" in client.get(f"{base}?all=false&all=true").json()
        assert client.request("GET", base, json={"a": 1}).status_code == 200
        assert client.get(base, headers={"accept": "application/x-unheard-of"}).status_code == 200
