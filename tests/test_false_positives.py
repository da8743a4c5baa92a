"""Verification of a conforming server reports no failures with any seed, optional server behaviour or proxy."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from scripts.document import Document
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock
from scripts.verify import engine
from scripts.verify.result import Result
from scripts.verify.run import verify
from scripts.verify.session import Session
from scripts.verify.target import Target, make_target

from .conftest import ENVIRONMENT, served
from .faulty_responses import buffer_response
from .network import Network, proxied
from .paths import simulated_path

STEMS = ("agent-platform", "ai-for-process", "ai-for-service", "opensearch-flow-framework")
SEEDS = 20
Application = Callable[[Any, Any, Any], Any]


def conforming_server(documents: dict[str, Document], seed: int = 1) -> Simulator:
    return Simulator(
        documents.values(), SimulatorSettings(environment=ENVIRONMENT, clock=SteppingClock(1.0), seed=seed)
    )


def full_target(document: Document, url: str) -> Target:
    return make_target(document, f"{url}/{document.stem}", ENVIRONMENT, profile="full", writes=True, stepping=True)


def verify_all(document: Document, url: str, seed: int = 1) -> Result:
    """Run the complete verification, with all writes allowed."""
    return verify(full_target(document, url), seed)


def verify_generated_requests(document: Document, url: str, seed: int) -> Result:
    """Run only the checks of requests that are generated from the seed, with the rules of the job's lifecycle."""
    goal = full_target(document, url)
    with Session(goal) as session:
        engine.run_schemathesis(session, seed)
    assert all(seen.accepted for seen in session.result.coverage.values())
    return session.result


def reported(result: Result) -> list[str]:
    """Return the problems and failures of a result."""
    return [*result.problems, *(f"{f.operation_id} {f.check}: {f.got}" for f in result.failures())]


@pytest.mark.parametrize("stem", STEMS)
def test_no_seed_causes_a_false_positive(documents: dict[str, Document], stem: str) -> None:
    for seed in range(1, SEEDS + 1):
        with served(conforming_server(documents, seed)) as url:
            # Checks that do not depend on the seed run once.
            run = verify_all if seed == 1 else verify_generated_requests
            result = run(documents[stem], url, seed)
        assert reported(result) == [], f"seed {seed}"


def with_changed_responses(change: Callable[[dict[str, Any], list[tuple[bytes, bytes]], bytes], bytes]) -> Any:
    """Return a middleware whose `change` gets start, headers and body of each response, and returns the new body."""

    def middleware(application: Application) -> Application:
        async def handle(scope: Any, receive: Any, send: Any) -> None:
            start, body = await buffer_response(application, scope, receive)
            headers = [h for h in start["headers"] if h[0].lower() != b"content-length"]
            body = change(dict(start), headers, body) if scope["method"] != "HEAD" else body
            await send({**start, "headers": headers})
            for index in range(0, len(body), 40):
                await send({"type": "http.response.body", "body": body[index : index + 40], "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        return handle

    return middleware


def chunked_body(_: Any, __: Any, body: bytes) -> bytes:
    return body


def reversed_fields(_: Any, __: Any, body: bytes) -> bytes:
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


def charset_parameter(_: Any, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    headers[:] = [
        (name, b"Application/JSON;Charset=UTF-8" if value == b"application/json" else value) for name, value in headers
    ]
    return body


def additional_field(start: dict[str, Any], _: Any, body: bytes) -> bytes:
    """Add optional fields that the document has and the simulator omits."""
    try:
        content = json.loads(body)
    except ValueError:
        return body
    if start["status"] == 200 and "jobType" in content and "_id" in content and "statusSummary" not in content:
        content["percentageComplete"] = 0
    if "workflow_id" in content and "provisioning_progress" in content:
        content["tenant_id"] = "t1"
    return json.dumps(content).encode()


CONFORMING_CHANGES = [
    chunked_body,
    reversed_fields,
    other_whitespace,
    extra_headers,
    charset_parameter,
    additional_field,
]


@pytest.mark.parametrize("change", CONFORMING_CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("stem", STEMS)
def test_conforming_response_variant_has_no_failures(
    documents: dict[str, Document], stem: str, change: Callable[..., bytes]
) -> None:
    with served(with_changed_responses(change)(conforming_server(documents))) as url:
        assert reported(verify_all(documents[stem], url)) == []


@contextmanager
def http_1_0(application: Any) -> Iterator[str]:
    """Serve over HTTP/1.0, which closes the connection after each response."""
    with served(application) as url, proxied(url, Network(http10=True)) as (outside, _):
        yield outside


@contextmanager
def reverse_proxy(application: Any) -> Iterator[str]:
    with served(application) as url, proxied(url, Network()) as (outside, _):
        yield outside


@contextmanager
def slow_network(application: Any) -> Iterator[str]:
    with served(application) as url, proxied(url, Network(delay=0.02)) as (outside, _):
        yield outside


@pytest.mark.parametrize("serve_through", [http_1_0, reverse_proxy, slow_network], ids=lambda serve: serve.__name__)
@pytest.mark.parametrize("stem", STEMS)
def test_network_in_between_causes_no_failures(
    documents: dict[str, Document], stem: str, serve_through: Callable[[Any], Any]
) -> None:
    with serve_through(conforming_server(documents)) as url:
        assert reported(verify_all(documents[stem], url)) == []


def test_behaviour_of_real_opensearch_nodes_causes_no_failures(documents: dict[str, Document]) -> None:
    rejection = b'{"error":"Unexpected HTTP method, allowed: [GET]","status":405}'

    def with_node_behaviour(application: Application) -> Application:
        """Add what OpenSearch nodes do and the simulator does not: 405 for an invalid percent escape, YAML on request."""

        async def handle(scope: Any, receive: Any, send: Any) -> None:
            accept = dict(scope["headers"]).get(b"accept", b"")
            if re.search(rb"%(?![0-9a-fA-F]{2})", scope["raw_path"]):
                headers = [(b"content-type", b"application/json; charset=UTF-8"), (b"allow", b"GET")]
                await send({"type": "http.response.start", "status": 405, "headers": headers})
                await send({"type": "http.response.body", "body": rejection})
            elif b"yaml" in accept:
                headers = [(b"content-type", b"application/yaml")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": b'---\nstate: "COMPLETED"\n'})
            else:
                await application(scope, receive, send)

        return handle

    with served(with_node_behaviour(conforming_server(documents))) as url:
        assert reported(verify_all(documents["opensearch-flow-framework"], url)) == []
        assert_recorded_behaviour(url)


def assert_recorded_behaviour(url: str) -> None:
    """Assert that the simulator has the recorded behaviour of nodes, so that a rule against it would have failed."""
    base = url + simulated_path("opensearch-flow-framework", "get_workflow_status", "d6WKB6IBR8spXwU9M5eD")
    auth = ("admin", "admin-password")
    with httpx.Client(auth=auth) as client:
        assert client.head(base).status_code == 405
        assert client.options(base).status_code == 200
        assert client.get(f"{base}/").status_code == 200
        assert "provisioning_progress" in client.get(f"{base}?all=").json()
        assert "provisioning_progress" in client.get(f"{base}?all=false&all=true").json()
        assert client.request("GET", base, json={"a": 1}).status_code == 200
        assert client.get(base, headers={"accept": "application/x-unknown"}).status_code == 200
