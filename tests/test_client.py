"""The client classes: typed calls over few connections, tried again where that is right, with credentials that renew."""

import asyncio
import inspect
import logging
import pickle
import random
import socket
import time
import weakref
from collections.abc import Iterator
from typing import Any, assert_type, cast

import httpx
import job_status
import jwt
import pytest
import trio
from job_status import (
    AgentPlatform,
    AIForProcess,
    AIForService,
    AsyncAgentPlatform,
    AsyncAIForProcess,
    AsyncAIForService,
    AsyncOpenSearchFlowFramework,
    InvalidArgumentError,
    JobStatusError,
    OpenSearchFlowFramework,
    RateLimitError,
    RawResponse,
    ServerError,
    TransportError,
    UnauthorizedError,
)
from job_status.agent_platform.models import DockStatus as AgentStatus
from job_status.ai_for_process.models import DockStatus as ProcessStatus
from job_status.ai_for_process.models import ModelUndeployment
from job_status.ai_for_service.models import PublishStatus
from job_status.credentials import AppToken
from job_status.opensearch_flow_framework.models import WorkflowStatus
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from scripts.document import Document
from scripts.simulate import Simulator

from .conftest import ENVIRONMENT, Serve
from .hostile import Behaviour, HostileServer, always, answer, hostile

MODEL = "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380"
PROCESS_JOB = "ds-24c1d3e3-04fc-5ab5-a1d3-c19f0b6e2a78"
AGENT_JOB = "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8"
BOT = "st-a86a6717-340b-5830-a8b6-13b4aebxxxxx"
WORKFLOW = "d6WKB6IBR8spXwU9M5eD"
SECRET = "a-client-secret-that-is-32-bytes-long"


def script(*answers: bytes) -> Behaviour:
    """Answers one after the other; the last for ever."""
    left = list(answers)

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return behave


def test_every_operation_is_a_typed_sync_method(simulator: Simulator, serve: Serve) -> None:
    base = serve(simulator)
    with (
        AIForProcess(f"{base}/ai-for-process", api_key=ENVIRONMENT["AI_FOR_PROCESS_API_KEY"]) as process,
        AgentPlatform(f"{base}/agent-platform", api_key=lambda: ENVIRONMENT["AGENT_PLATFORM_API_KEY"]) as agent,
        AIForService(f"{base}/ai-for-service", jwt=ENVIRONMENT["AI_FOR_SERVICE_JWT"]) as service,
        OpenSearchFlowFramework(f"{base}/opensearch-flow-framework", basic_auth=("admin", "admin-password")) as search,
    ):
        started = assert_type(process.undeploy_model(MODEL), ModelUndeployment)
        process_status = assert_type(process.get_dock_status(PROCESS_JOB), ProcessStatus)
        agent_status = assert_type(agent.get_dock_status(AGENT_JOB), AgentStatus)
        published = assert_type(service.get_publish_status(BOT), PublishStatus)
        workflow = assert_type(search.get_workflow_status(WORKFLOW, all_=True), WorkflowStatus)
        raw = assert_type(search.get_workflow_status_raw(WORKFLOW), RawResponse[WorkflowStatus])

    assert (started.model_id, process_status.field_id, agent_status.field_id) == (MODEL, PROCESS_JOB, AGENT_JOB)
    assert (published.stream_id, workflow.workflow_id) == (BOT, WORKFLOW)
    assert (raw.status, raw.attempts, raw.parsed.workflow_id) == (200, 1, WORKFLOW)
    assert raw.headers["x-opensearch-version"].startswith("OpenSearch/")
    assert raw.content.startswith(b"{")


def test_every_operation_is_a_typed_async_method(simulator: Simulator, serve: Serve) -> None:
    base = serve(simulator)

    async def key() -> str:
        await asyncio.sleep(0)
        return ENVIRONMENT["AGENT_PLATFORM_API_KEY"]

    async def calls() -> None:
        async with (
            AsyncAIForProcess(f"{base}/ai-for-process", api_key=ENVIRONMENT["AI_FOR_PROCESS_API_KEY"]) as process,
            AsyncAgentPlatform(f"{base}/agent-platform", api_key=key) as agent,
            AsyncAIForService(f"{base}/ai-for-service", jwt=ENVIRONMENT["AI_FOR_SERVICE_JWT"]) as service,
            AsyncOpenSearchFlowFramework(
                f"{base}/opensearch-flow-framework", basic_auth=lambda: ("admin", "admin-password")
            ) as search,
        ):
            assert assert_type(await process.undeploy_model(MODEL), ModelUndeployment).model_id == MODEL
            assert assert_type(await process.get_dock_status(PROCESS_JOB), ProcessStatus).field_id == PROCESS_JOB
            assert assert_type(await agent.get_dock_status(AGENT_JOB), AgentStatus).field_id == AGENT_JOB
            assert assert_type(await service.get_publish_status(BOT), PublishStatus).stream_id == BOT
            assert (
                assert_type(await search.get_workflow_status(WORKFLOW, all_=True), WorkflowStatus).workflow_id
                == WORKFLOW
            )
            raw = assert_type(await search.get_workflow_status_raw(WORKFLOW), RawResponse[WorkflowStatus])
            assert raw.parsed.workflow_id == WORKFLOW

    asyncio.run(calls())


def test_a_sync_and_an_async_class_have_the_same_methods(documents: dict[str, Document]) -> None:
    for document in documents.values():
        sync = getattr(job_status, document.class_name)
        twin = getattr(job_status, f"Async{document.class_name}")
        for operation in document.operations:
            for name in (operation.id, f"{operation.id}_raw"):
                assert inspect.signature(getattr(sync, name)) == inspect.signature(getattr(twin, name))
            text = inspect.getdoc(getattr(sync, operation.id)) or ""
            assert "Args:" in text
            assert "Raises:" in text
            assert operation.raw["externalDocs"]["url"] in text


def test_the_package_says_what_it_exports() -> None:
    assert job_status.__all__ == sorted(job_status.__all__)
    assert all(hasattr(job_status, name) for name in job_status.__all__)
    assert set(job_status.__all__) <= set(dir(job_status))
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = job_status.Nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: AgentPlatform("http://h", api_key=""), "api_key= wants a text, got an empty text"),
        (lambda: AgentPlatform("http://h", api_key=cast("str", None)), "the API asks for a credential; pass api_key="),
        (lambda: AgentPlatform("http://h", api_key="a\nb"), "api_key= holds a line break"),
        (lambda: AgentPlatform("http://h", api_key=" a"), "a blank at an end"),
        (lambda: AgentPlatform("http://h", api_key="ü"), "a character that no header can carry"),
        (
            lambda: OpenSearchFlowFramework("http://h", basic_auth=cast("tuple[str, str]", "a:b")),
            r"basic_auth= wants \(user, password\), got str",
        ),
        (lambda: OpenSearchFlowFramework("http://h", basic_auth=("a:b", "c")), "a user with a colon"),
        (lambda: AgentPlatform("http://h", api_key="k", max_retries=-1), "max_retries= wants 0 or more"),
        (
            lambda: AgentPlatform("http://h", api_key="k", event_hooks={"before": []}),
            "event_hooks= knows request and response",
        ),
    ],
)
def test_a_wrong_argument_says_what_was_wanted(made: Any, said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        made()


def test_an_optional_credential_can_be_left_out() -> None:
    with hostile(always(answer(body=b'{"workflow_id":"w","state":"COMPLETED"}'))) as server:
        with OpenSearchFlowFramework(server.url) as api:
            assert api.get_workflow_status("w").state == "COMPLETED"

        assert b"authorization" not in server.requests[0].lower()


def test_a_call_takes_its_own_timeout_and_headers() -> None:
    def slow(connection: socket.socket, head: bytes) -> None:
        if b"x-slow" in head.lower():
            time.sleep(3)
        connection.sendall(answer())

    with (
        hostile(slow) as server,
        AgentPlatform(server.url, api_key="k", headers={"X-Team": "a", "X-Both": "client"}) as api,
    ):
        api.get_dock_status("ds-1", headers={"X-Both": "call"})
        head = server.requests[0].lower()
        with pytest.raises(TransportError):
            api.get_dock_status("ds-1", timeout=0.3, headers={"X-Slow": "1"})

    assert b"x-team: a" in head
    assert b"x-both: call" in head
    assert b"x-both: client" not in head
    assert b"x-api-key: k" in head


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_one_connection_serves_many_calls(asynchronous: bool) -> None:
    with hostile(always(answer())) as server:
        if asynchronous:

            async def calls() -> None:
                async with AsyncAgentPlatform(server.url, api_key="k") as api:
                    for _ in range(50):
                        await api.get_dock_status("ds-1")

            asyncio.run(calls())
        else:
            with AgentPlatform(server.url, api_key="k") as api:
                for _ in range(50):
                    api.get_dock_status("ds-1")

        assert (server.connections, len(server.requests)) == (1, 50)


def test_connections_are_few_and_kept_for_long() -> None:
    with AgentPlatform("http://h", api_key="k") as api:
        pool = api._transport._pool  # type: ignore[attr-defined]

    assert (pool._max_connections, pool._max_keepalive_connections, pool._keepalive_expiry) == (10, 10, 60.0)


def test_clients_share_one_tls_context_made_when_first_wanted() -> None:
    from job_status._client.transport import shared_context

    clients: list[Any] = [
        AgentPlatform("http://h", api_key="k"),
        AgentPlatform("https://h", api_key="k"),
        AsyncAgentPlatform("https://h", api_key="k"),
    ]

    contexts = [client._transport._pool._ssl_context for client in clients]
    assert contexts[1] is contexts[2] is shared_context()
    assert contexts[0] is not contexts[1]


FAULTS = [429, 502, 503, 504]


@pytest.mark.parametrize("status", FAULTS)
def test_a_read_is_tried_again_after(status: int) -> None:
    with hostile(script(answer(status, b"{}"), answer())) as server, AgentPlatform(server.url, api_key="k") as api:
        raw = api.get_dock_status_raw("ds-1")

    assert (raw.attempts, raw.parsed.status) == (2, "SUCCESS")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 501, 520])
def test_a_read_is_not_tried_again_after(status: int) -> None:
    with hostile(script(answer(status, b"{}"), answer())) as server, AgentPlatform(server.url, api_key="k") as api:
        with pytest.raises(JobStatusError):
            api.get_dock_status("ds-1")
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", FAULTS)
def test_a_write_is_never_tried_again(status: int) -> None:
    with hostile(always(answer(status, b"{}"))) as server, AIForProcess(server.url, api_key="k") as api:
        with pytest.raises(JobStatusError):
            api.undeploy_model("m")
        assert len(server.requests) == 1


def test_an_async_read_is_tried_again() -> None:
    async def call(url: str) -> int:
        async with AsyncAgentPlatform(url, api_key="k") as api:
            return (await api.get_dock_status_raw("ds-1")).attempts

    with hostile(script(answer(503, b"{}"), answer(429, b"{}"), answer())) as server:
        assert asyncio.run(call(server.url)) == 3


def test_retry_after_is_a_floor() -> None:
    with (
        hostile(script(answer(429, b"{}", "Retry-After: 1"), answer())) as server,
        AgentPlatform(server.url, api_key="k") as api,
    ):
        began = time.monotonic()
        api.get_dock_status("ds-1")

    assert 1.0 <= time.monotonic() - began < 3


def test_a_retry_after_beyond_the_deadline_ends_the_call_at_once() -> None:
    with (
        hostile(always(answer(429, b"{}", "Retry-After: 60"))) as server,
        AgentPlatform(server.url, api_key="k", timeout=2) as api,
    ):
        began = time.monotonic()
        with pytest.raises(RateLimitError) as caught:
            api.get_dock_status("ds-1")

    assert time.monotonic() - began < 1
    assert caught.value.retry_after == 60.0


def test_retries_stay_within_the_deadline_of_the_call() -> None:
    with (
        hostile(always(answer(503, b"{}"))) as server,
        AgentPlatform(server.url, api_key="k", timeout=1.5, max_retries=50) as api,
    ):
        began = time.monotonic()
        with pytest.raises(ServerError) as caught:
            api.get_dock_status("ds-1")

    assert time.monotonic() - began < 2.5
    assert caught.value.attempts >= 2


def test_an_outage_is_not_answered_with_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    from job_status._client import retry

    monkeypatch.setattr(retry, "pause", lambda attempt, retry_after: 0.0)
    with hostile(always(answer(503, b"{}"))) as server, AgentPlatform(server.url, api_key="k") as api:
        for _ in range(40):
            with pytest.raises(ServerError):
                api.get_dock_status("ds-1")

        assert len(server.requests) == 40 + 10


def test_a_connection_error_is_tried_again() -> None:
    def once(connection: socket.socket, _: bytes) -> None:
        if len(server.requests) == 1:
            connection.close()
        else:
            connection.sendall(answer())

    with hostile(once) as server, AgentPlatform(server.url, api_key="k") as api:
        assert api.get_dock_status_raw("ds-1").attempts == 2


def test_cancelled_async_calls_leak_no_connection() -> None:
    source = random.Random(1)

    def slow(connection: socket.socket, head: bytes) -> None:
        time.sleep(0.001 if b"quick" in head else source.uniform(0.005, 0.03))
        asked = head.split(b" ")[1].rpartition(b"/")[2]
        connection.sendall(answer(body=b'{"_id":"%s","status":"SUCCESS"}' % asked))

    async def storm(api: AsyncAgentPlatform, until: float) -> int:
        cancelled = 0
        while time.monotonic() < until:
            try:
                async with asyncio.timeout(source.uniform(0.001, 0.04)):
                    await api.get_dock_status("slow")
            except TimeoutError:
                cancelled += 1
        return cancelled

    async def calls(server: HostileServer) -> tuple[int, float]:
        async with AsyncAgentPlatform(server.url, api_key="k", timeout=5) as api:
            until = time.monotonic() + 2
            cancelled = sum(await asyncio.gather(*(storm(api, until) for _ in range(40))))
            while api._detached:
                await asyncio.sleep(0.02)
            began = time.monotonic()
            await asyncio.gather(*(api.get_dock_status(f"quick-{number}", timeout=2) for number in range(10)))
            assert len(asyncio.all_tasks()) == 1
            return cancelled, time.monotonic() - began

    with hostile(slow) as server:
        cancelled, took = asyncio.run(calls(server))

    assert cancelled > 500
    assert took < 1


def test_an_async_client_can_be_used_from_one_loop_after_another() -> None:
    with hostile(always(answer())) as server:
        api = AsyncAgentPlatform(server.url, api_key="k")

        async def call() -> Any:
            return (await api.get_dock_status("ds-1")).status

        assert [asyncio.run(call()) for _ in range(3)] == ["SUCCESS"] * 3


def test_an_async_client_runs_under_trio() -> None:
    async def call(url: str) -> Any:
        async with AsyncAgentPlatform(url, api_key="k") as api:
            return (await api.get_dock_status("ds-1")).status

    with hostile(always(answer())) as server:
        assert trio.run(call, server.url) == "SUCCESS"


def test_a_closed_client_says_so() -> None:
    with AgentPlatform("http://127.0.0.1:9", api_key="k") as api:
        pass

    with pytest.raises(InvalidArgumentError, match="the client is closed"):
        api.get_dock_status("ds-1")


def test_hooks_see_requests_without_credentials() -> None:
    seen: list[Any] = []
    hooks = {"request": [seen.append], "response": [seen.append]}
    with hostile(always(answer())) as server:
        with AgentPlatform(server.url, api_key="canary", event_hooks=hooks) as api:
            api.get_dock_status("ds-1")
        sent = server.requests[0]

    request, response = seen
    assert b"x-api-key: canary" in sent
    assert "canary" not in str(request.headers.raw)
    assert "canary" not in str(response.request.headers.raw)
    assert (request.method, response.status_code) == ("GET", 200)


def test_another_httpx_transport_can_be_plugged_in() -> None:
    class Counting(httpx.HTTPTransport):
        count = 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            Counting.count += 1
            return super().handle_request(request)

    with hostile(always(answer())) as server:
        with AgentPlatform(server.url, api_key="k", http_transport=Counting()) as api:
            assert api.get_dock_status("ds-1").status == "SUCCESS"
        assert b"x-api-key: k" in server.requests[0]

    assert Counting.count == 1


def test_a_proxy_is_asked_for_the_whole_url() -> None:
    with hostile(always(answer())) as proxy:
        with AgentPlatform("http://api.example", api_key="k", proxy=proxy.url) as api:
            assert api.get_dock_status("ds-1").status == "SUCCESS"

        assert proxy.requests[0].startswith(b"GET http://api.example/api/public/dock-status/ds-1 HTTP/1.1")


def test_each_attempt_is_logged_with_its_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="job_status")
    with hostile(script(answer(503, b"{}"), answer())) as server, AgentPlatform(server.url, api_key="k") as api:
        api.get_dock_status("ds-1")

    lines = [record.getMessage() for record in caplog.records if record.name == "job_status"]
    assert len(lines) == 2
    assert lines[0].startswith(f"get_dock_status GET {server.url}/api/public/dock-status/ds-1: 503, attempt 1, ")
    assert "200, attempt 2, " in lines[1]
    assert lines[1].endswith(" ms")


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What OpenTelemetry's own instrumentation of httpx tells."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


def test_opentelemetry_sees_every_call(spans: InMemorySpanExporter) -> None:
    async def call(url: str) -> None:
        async with AsyncAgentPlatform(url, api_key="canary") as api:
            await api.get_dock_status("ds-1")

    with hostile(always(answer())) as server:
        with AgentPlatform(server.url, api_key="canary") as api:
            api.get_dock_status("ds-1")
        asyncio.run(call(server.url))
        assert b"traceparent" in server.requests[0]

    found = spans.get_finished_spans()
    assert [span.name for span in found] == ["GET", "GET"]
    assert "canary" not in "".join(span.to_json() for span in found)


def token_server(accepted: list[str], refuse_first: bool = False) -> Behaviour:
    """Takes tokens signed with the secret, notes them, and can refuse the first."""

    def behave(connection: socket.socket, head: bytes) -> None:
        line = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"auth:"))
        token = line.split(b":", 1)[1].strip().decode()
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        accepted.append(token)
        assert (claims["appId"], claims["sub"]) == ("cs-1", "me")
        if refuse_first and len(accepted) == 1:
            connection.sendall(answer(401, b'{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}'))
        else:
            connection.sendall(answer(body=b'{"streamId":"st-1","status":"successful"}'))

    return behave


def minted(**options: Any) -> AppToken:
    return AppToken("cs-1", SECRET, sub="me", claims=lambda: {"jti": str(time.perf_counter_ns())}, **options)


def test_a_token_is_minted_once_and_used_while_it_lives() -> None:
    tokens: list[str] = []
    with hostile(token_server(tokens)) as server, AIForService(server.url, jwt=minted()) as api:
        for _ in range(3):
            api.get_publish_status("st-1")

    claims = jwt.decode(tokens[0], SECRET, algorithms=["HS256"])
    assert len(set(tokens)) == 1
    assert claims["exp"] - time.time() == pytest.approx(300, abs=5)
    # A clock that is a minute fast makes no token of the future.
    assert claims["exp"] - claims["iat"] == 360
    assert jwt.get_unverified_header(tokens[0])["alg"] == "HS256"


def test_a_token_is_renewed_before_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    token = minted(lifetime=100)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    first = token()
    monkeypatch.setattr(time, "time", lambda: now + 89)
    assert token() == first
    monkeypatch.setattr(time, "time", lambda: now + 91)
    assert token() != first


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_refused_token_is_renewed_once(asynchronous: bool) -> None:
    tokens: list[str] = []

    async def call(url: str) -> None:
        async with AsyncAIForService(url, jwt=minted()) as api:
            await api.get_publish_status("st-1")

    with hostile(token_server(tokens, refuse_first=True)) as server:
        if asynchronous:
            asyncio.run(call(server.url))
        else:
            with AIForService(server.url, jwt=minted()) as api:
                api.get_publish_status("st-1")

    assert len(tokens) == len(set(tokens)) == 2


def test_a_token_that_is_always_refused_ends_in_unauthorized() -> None:
    with hostile(always(answer(401, b"{}"))) as server, AIForService(server.url, jwt=minted()) as api:
        with pytest.raises(UnauthorizedError):
            api.get_publish_status("st-1")
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"client_id": ""}, "client_id= wants a text that is not empty"),
        ({"client_secret": b"x"}, "client_secret= wants a text that is not empty, got bytes"),
        ({"lifetime": 0}, "lifetime= wants more than 1 second"),
    ],
)
def test_a_token_that_cannot_be_minted_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        AppToken(**{"client_id": "c", "client_secret": "s", "sub": "me", **arguments})


def test_neither_a_client_nor_a_token_is_pickled() -> None:
    with pytest.raises(TypeError, match="is not pickled; make it anew"):
        pickle.dumps(AgentPlatform("http://h", api_key="k"))
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(minted())


def test_a_client_that_is_let_go_is_collected() -> None:
    api = AgentPlatform("http://h", api_key="k")
    reference = weakref.ref(api)
    del api

    assert reference() is None


def test_the_repr_of_a_client_is_its_url() -> None:
    assert repr(AgentPlatform("http://h/", api_key="canary")) == "AgentPlatform('http://h')"
