"""The client classes: typed methods, connection pooling, retries, and credentials that are renewed."""

import asyncio
import inspect
import logging
import pickle
import random
import socket
import threading
import time
import uuid
import weakref
from collections.abc import Iterator
from typing import Any, assert_type, cast

import attrs
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
from job_status._client.call import Operation
from job_status._client.transport import MAX_CALLS_IN_FLIGHT
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
from .hostile import Behaviour, HostileServer, always, hostile, http_response
from .paths import path_of
from .products import async_transport as async_transport

MODEL = "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380"
PROCESS_JOB = "ds-24c1d3e3-04fc-5ab5-a1d3-c19f0b6e2a78"
AGENT_JOB = "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8"
BOT = "st-a86a6717-340b-5830-a8b6-13b4aebxxxxx"
WORKFLOW = "d6WKB6IBR8spXwU9M5eD"
DOCK = path_of("agent-platform", "get_dock_status", "ds-1")
SECRET = "a-client-secret-that-is-32-bytes-long"


def sequence(*responses: bytes) -> Behaviour:
    """Return a behaviour that sends the responses in order, and repeats the last one."""
    left = list(responses)

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return behave


def test_sync_methods_return_typed_models(simulator: Simulator, serve: Serve) -> None:
    base = serve(simulator)
    with (
        AIForProcess(f"{base}/ai-for-process", api_key=ENVIRONMENT["AI_FOR_PROCESS_API_KEY"]) as process,
        AgentPlatform(f"{base}/agent-platform", api_key=lambda: ENVIRONMENT["AGENT_PLATFORM_API_KEY"]) as agent,
        AIForService(f"{base}/ai-for-service", jwt=ENVIRONMENT["AI_FOR_SERVICE_JWT"]) as service,
        OpenSearchFlowFramework(f"{base}/opensearch-flow-framework", basic_auth=("admin", "admin-password")) as search,
    ):
        undeployment = assert_type(process.undeploy_model(MODEL), ModelUndeployment)
        process_status = assert_type(process.get_dock_status(PROCESS_JOB), ProcessStatus)
        agent_status = assert_type(agent.get_dock_status(AGENT_JOB), AgentStatus)
        publish_status = assert_type(service.get_publish_status(BOT), PublishStatus)
        workflow = assert_type(search.get_workflow_status(WORKFLOW, all_=True), WorkflowStatus)
        raw = assert_type(search.get_workflow_status_raw(WORKFLOW), RawResponse[WorkflowStatus])

    assert (undeployment.model_id, process_status.field_id, agent_status.field_id) == (MODEL, PROCESS_JOB, AGENT_JOB)
    assert (publish_status.stream_id, workflow.workflow_id) == (BOT, WORKFLOW)
    assert (raw.status, raw.attempts, raw.parsed.workflow_id) == (200, 1, WORKFLOW)
    assert raw.headers["x-opensearch-version"].startswith("OpenSearch/")
    assert raw.content.startswith(b"{")


@pytest.mark.usefixtures("async_transport")
def test_async_methods_return_typed_models(simulator: Simulator, serve: Serve) -> None:
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


def test_sync_and_async_classes_have_the_same_methods(documents: dict[str, Document]) -> None:
    for document in documents.values():
        sync_class = getattr(job_status, document.class_name)
        async_class = getattr(job_status, f"Async{document.class_name}")
        for operation in document.operations:
            for name in (operation.id, f"{operation.id}_raw"):
                assert inspect.signature(getattr(sync_class, name)) == inspect.signature(getattr(async_class, name))
            docstring = inspect.getdoc(getattr(sync_class, operation.id)) or ""
            assert "Args:" in docstring
            assert "Raises:" in docstring
            assert operation.raw["externalDocs"]["url"] in docstring


def test_package_exports() -> None:
    assert job_status.__all__ == sorted(job_status.__all__)
    assert all(hasattr(job_status, name) for name in job_status.__all__)
    assert set(job_status.__all__) <= set(dir(job_status))
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = job_status.Nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("create", "message"),
    [
        (lambda: AgentPlatform("http://h", api_key=""), "api_key= must be a string, got an empty string"),
        (lambda: AgentPlatform("http://h", api_key=cast("str", None)), "the API requires a credential; pass api_key="),
        (lambda: AgentPlatform("http://h", api_key="a\nb"), "api_key= contains a line break"),
        (lambda: AgentPlatform("http://h", api_key=" a"), "a leading or trailing space"),
        (lambda: AgentPlatform("http://h", api_key="ü"), "a character that a header cannot contain"),
        (
            lambda: OpenSearchFlowFramework("http://h", basic_auth=cast("tuple[str, str]", "a:b")),
            r"basic_auth= must be \(user, password\), got str",
        ),
        (lambda: OpenSearchFlowFramework("http://h", basic_auth=("a:b", "c")), "a user with a colon"),
        (lambda: AgentPlatform("http://h", api_key="k", max_retries=-1), "max_retries= must be an integer, 0 or more"),
        (
            lambda: AgentPlatform("http://h", api_key="k", event_hooks={"before": []}),
            "event_hooks= must have the keys request and response",
        ),
    ],
)
def test_invalid_argument_is_rejected(create: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        create()


def test_optional_credential_can_be_omitted() -> None:
    with hostile(always(http_response(body=b'{"workflow_id":"w","state":"COMPLETED"}'))) as server:
        with OpenSearchFlowFramework(server.url) as api:
            assert api.get_workflow_status("w").state == "COMPLETED"

        assert b"authorization" not in server.requests[0].lower()


def test_call_options_override_client_options() -> None:
    def slow(connection: socket.socket, head: bytes) -> None:
        if b"x-slow" in head.lower():
            time.sleep(3)
        connection.sendall(http_response())

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


@pytest.mark.usefixtures("async_transport")
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_connection_is_reused(asynchronous: bool) -> None:
    with hostile(always(http_response())) as server:
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


def test_https_clients_share_one_lazily_created_tls_context() -> None:
    from job_status._client.transport import default_context

    clients: list[Any] = [
        AgentPlatform("http://h", api_key="k"),
        AgentPlatform("https://h", api_key="k"),
        AsyncAgentPlatform("https://h", api_key="k"),
    ]

    contexts = [client._core.tls_context for client in clients]
    assert contexts[1] is contexts[2] is default_context()
    assert contexts[0] is not contexts[1]


RETRIED_STATUSES = [429, 502, 503, 504]


@pytest.mark.parametrize("status", RETRIED_STATUSES)
def test_get_is_retried(status: int) -> None:
    with (
        hostile(sequence(http_response(status, b"{}"), http_response())) as server,
        AgentPlatform(server.url, api_key="k") as api,
    ):
        raw = api.get_dock_status_raw("ds-1")

    assert (raw.attempts, raw.parsed.status) == (2, "SUCCESS")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 501, 520])
def test_get_is_not_retried(status: int) -> None:
    with (
        hostile(sequence(http_response(status, b"{}"), http_response())) as server,
        AgentPlatform(server.url, api_key="k") as api,
    ):
        with pytest.raises(JobStatusError):
            api.get_dock_status("ds-1")
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", RETRIED_STATUSES)
def test_write_is_never_retried(status: int) -> None:
    with hostile(always(http_response(status, b"{}"))) as server, AIForProcess(server.url, api_key="k") as api:
        with pytest.raises(JobStatusError):
            api.undeploy_model("m")
        assert len(server.requests) == 1


@pytest.mark.usefixtures("async_transport")
def test_async_get_is_retried() -> None:
    async def call(url: str) -> int:
        async with AsyncAgentPlatform(url, api_key="k") as api:
            return (await api.get_dock_status_raw("ds-1")).attempts

    with hostile(sequence(http_response(503, b"{}"), http_response(429, b"{}"), http_response())) as server:
        assert asyncio.run(call(server.url)) == 3


def test_retry_waits_at_least_retry_after() -> None:
    with (
        hostile(sequence(http_response(429, b"{}", "Retry-After: 1"), http_response())) as server,
        AgentPlatform(server.url, api_key="k") as api,
    ):
        started = time.monotonic()
        api.get_dock_status("ds-1")

    assert 1.0 <= time.monotonic() - started < 3


def test_retry_after_beyond_the_deadline_raises_at_once() -> None:
    with (
        hostile(always(http_response(429, b"{}", "Retry-After: 60"))) as server,
        AgentPlatform(server.url, api_key="k", timeout=2) as api,
    ):
        started = time.monotonic()
        with pytest.raises(RateLimitError) as caught:
            api.get_dock_status("ds-1")

    assert time.monotonic() - started < 1
    assert caught.value.retry_after == 60.0


def test_retries_end_at_the_deadline() -> None:
    with (
        hostile(always(http_response(503, b"{}"))) as server,
        AgentPlatform(server.url, api_key="k", timeout=1.5, max_retries=50) as api,
    ):
        started = time.monotonic()
        with pytest.raises(ServerError) as caught:
            api.get_dock_status("ds-1")

    assert time.monotonic() - started < 2.5
    assert caught.value.attempts >= 2


def test_retry_budget_limits_requests_during_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    from job_status._client import retry

    monkeypatch.setattr(retry, "backoff", lambda attempt, retry_after: 0.0)
    with hostile(always(http_response(503, b"{}"))) as server, AgentPlatform(server.url, api_key="k") as api:
        for _ in range(40):
            with pytest.raises(ServerError):
                api.get_dock_status("ds-1")

        assert len(server.requests) == 40 + 10


def test_connection_error_is_retried() -> None:
    def close_first(connection: socket.socket, _: bytes) -> None:
        if len(server.requests) == 1:
            connection.close()
        else:
            connection.sendall(http_response())

    with hostile(close_first) as server, AgentPlatform(server.url, api_key="k") as api:
        assert api.get_dock_status_raw("ds-1").attempts == 2


@pytest.mark.slow
@pytest.mark.usefixtures("async_transport")
def test_cancelled_async_calls_do_not_leak_connections() -> None:
    source = random.Random(1)

    def slow(connection: socket.socket, head: bytes) -> None:
        time.sleep(0.001 if b"quick" in head else source.uniform(0.005, 0.03))
        identifier = head.split(b" ")[1].rpartition(b"/")[2]
        connection.sendall(http_response(body=b'{"_id":"%s","status":"SUCCESS"}' % identifier))

    async def call_until(api: AsyncAgentPlatform, until: float) -> int:
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
            until = time.monotonic() + 3  # a busy machine cancels fewer calls
            cancelled = sum(await asyncio.gather(*(call_until(api, until) for _ in range(40))))
            while api._core.detached:
                await asyncio.sleep(0.02)
            started = time.monotonic()
            await asyncio.gather(*(api.get_dock_status(f"quick-{number}", timeout=2) for number in range(10)))
            assert len(asyncio.all_tasks()) == 1
            return cancelled, time.monotonic() - started

    with hostile(slow) as server:
        cancelled, elapsed = asyncio.run(calls(server))

    assert cancelled > 200
    assert elapsed < 1


@pytest.mark.parametrize("async_transport", ["httpcore", "fast"], indirect=True)
@pytest.mark.usefixtures("async_transport")
def test_cancelled_calls_that_wait_for_a_connection_are_not_sent() -> None:
    released = threading.Event()

    def hold(connection: socket.socket, head: bytes) -> None:
        released.wait(20)
        always(http_response())(connection, head)

    async def calls(server: HostileServer) -> None:
        async with AsyncAgentPlatform(server.url, api_key="k", timeout=10) as api:
            tasks = [asyncio.create_task(api.get_dock_status("ds-1")) for _ in range(60)]
            while len(server.requests) < MAX_CALLS_IN_FLIGHT:
                await asyncio.sleep(0.01)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for _ in range(100):  # passes of the event loop
                await asyncio.sleep(0)
            assert len(api._core.detached) == len(server.requests) == MAX_CALLS_IN_FLIGHT
            released.set()
            await api.get_dock_status("ds-1")
        assert not api._core.detached

    with hostile(hold) as server:
        asyncio.run(asyncio.wait_for(calls(server), 20))
        assert len(server.requests) == MAX_CALLS_IN_FLIGHT + 1


def test_async_client_works_in_successive_event_loops() -> None:
    with hostile(always(http_response())) as server:
        api = AsyncAgentPlatform(server.url, api_key="k")

        async def call() -> Any:
            return (await api.get_dock_status("ds-1")).status

        assert [asyncio.run(call()) for _ in range(3)] == ["SUCCESS"] * 3


def test_async_client_runs_under_trio() -> None:
    async def call(url: str) -> Any:
        async with AsyncAgentPlatform(url, api_key="k") as api:
            return (await api.get_dock_status("ds-1")).status

    with hostile(always(http_response())) as server:
        assert trio.run(call, server.url) == "SUCCESS"


def test_closed_client_raises() -> None:
    with AgentPlatform("http://127.0.0.1:9", api_key="k") as api:
        pass

    with pytest.raises(InvalidArgumentError, match="the client is closed"):
        api.get_dock_status("ds-1")


def test_event_hooks_receive_redacted_requests() -> None:
    seen: list[Any] = []
    hooks = {"request": [seen.append], "response": [seen.append]}
    with hostile(always(http_response())) as server:
        with AgentPlatform(server.url, api_key="canary", event_hooks=hooks) as api:
            api.get_dock_status("ds-1")
        sent = server.requests[0]

    request, response = seen
    assert b"x-api-key: canary" in sent
    assert "canary" not in str(request.headers.raw)
    assert "canary" not in str(response.request.headers.raw)
    assert (request.method, response.status_code) == ("GET", 200)


def test_custom_httpx_transport() -> None:
    class Counting(httpx.HTTPTransport):
        count = 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            Counting.count += 1
            return super().handle_request(request)

    with hostile(always(http_response())) as server:
        with AgentPlatform(server.url, api_key="k", http_transport=Counting()) as api:
            assert api.get_dock_status("ds-1").status == "SUCCESS"
        assert b"x-api-key: k" in server.requests[0]

    assert Counting.count == 1


def test_proxy_receives_the_absolute_url() -> None:
    with hostile(always(http_response())) as proxy:
        with AgentPlatform("http://api.example", api_key="k", proxy=proxy.url) as api:
            assert api.get_dock_status("ds-1").status == "SUCCESS"

        assert proxy.requests[0].startswith(f"GET http://api.example{DOCK} HTTP/1.1".encode())


def test_each_attempt_is_logged_with_its_duration(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="job_status")
    with (
        hostile(sequence(http_response(503, b"{}"), http_response())) as server,
        AgentPlatform(server.url, api_key="k") as api,
    ):
        api.get_dock_status("ds-1")

    lines = [record.getMessage() for record in caplog.records if record.name == "job_status"]
    assert len(lines) == 2
    assert lines[0].startswith(f"get_dock_status GET {server.url}{DOCK}: 503, attempt 1, ")
    assert "200, attempt 2, " in lines[1]
    assert lines[1].endswith(" ms")


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Yield the spans that OpenTelemetry's instrumentation of httpx exports."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


def test_opentelemetry_records_a_span_per_call(spans: InMemorySpanExporter) -> None:
    async def call(url: str) -> None:
        async with AsyncAgentPlatform(url, api_key="canary") as api:
            await api.get_dock_status("ds-1")

    with hostile(always(http_response())) as server:
        with AgentPlatform(server.url, api_key="canary") as api:
            api.get_dock_status("ds-1")
        asyncio.run(call(server.url))
        assert b"traceparent" in server.requests[0]

    finished = spans.get_finished_spans()
    assert [span.name for span in finished] == ["GET", "GET"]
    assert "canary" not in "".join(span.to_json() for span in finished)


def token_server(received: list[str], reject_first: bool = False) -> Behaviour:
    """Return a behaviour that verifies and records each token; with `reject_first`, the first gets a 401."""

    def behave(connection: socket.socket, head: bytes) -> None:
        line = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"auth:"))
        token = line.split(b":", 1)[1].strip().decode()
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        received.append(token)
        assert (claims["appId"], claims["sub"]) == ("cs-1", "me")
        if reject_first and len(received) == 1:
            connection.sendall(http_response(401, b'{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}'))
        else:
            connection.sendall(http_response(body=b'{"streamId":"st-1","status":"successful"}'))

    return behave


def app_token(**options: Any) -> AppToken:
    return AppToken("cs-1", SECRET, sub="me", claims=lambda: {"jti": str(time.perf_counter_ns())}, **options)


@pytest.mark.parametrize("claims", ["x", [1], 5, {1, 2}])
def test_claims_of_an_app_token_are_a_mapping(claims: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^claims= must be a mapping"):
        AppToken("cs-1", SECRET, sub="me", claims=claims)
    with pytest.raises(InvalidArgumentError, match=r"^claims= must return a mapping"):
        AppToken("cs-1", SECRET, sub="me", claims=lambda: claims)()


@pytest.mark.parametrize("value", [{1}, object(), b"x", lambda: 1])
def test_claims_that_are_no_json_are_an_error(value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^claims= cannot be encoded as JSON: "):
        AppToken("cs-1", SECRET, sub="me", claims={"jti": value})()


UUID_ID = "3F2504E0-4F89-11D3-9A0C-0305E82C3301"


@pytest.mark.parametrize("given", [UUID_ID, UUID_ID.lower(), uuid.UUID(UUID_ID)])
@pytest.mark.parametrize("received", [UUID_ID, UUID_ID.lower()])
def test_the_case_of_a_uuid_has_no_meaning(given: Any, received: str) -> None:
    operation = Operation("get", "GET", ("id",), job_id=("id",), job_parameter=0)
    suffix = attrs.evolve(operation, job_id_is_suffix=True)

    assert operation.other_job(received, (str(given),)) == ""
    assert suffix.other_job(f"jobs/{received}", (str(given),)) == ""
    for other in ("DS-1", received[:-1] + "2", f"{received}1"):
        assert "another job" in operation.other_job(other, (str(given),))
    assert "another job" in operation.other_job("DS-1", ("ds-1",))


def test_app_token_is_reused_until_it_expires() -> None:
    tokens: list[str] = []
    with hostile(token_server(tokens)) as server, AIForService(server.url, jwt=app_token()) as api:
        for _ in range(3):
            api.get_publish_status("st-1")

    claims = jwt.decode(tokens[0], SECRET, algorithms=["HS256"])
    assert len(set(tokens)) == 1
    assert claims["exp"] - time.time() == pytest.approx(300, abs=5)
    # `iat` is one minute in the past, so that a clock that is fast does not issue a token of the future.
    assert claims["exp"] - claims["iat"] == 360
    assert jwt.get_unverified_header(tokens[0])["alg"] == "HS256"


def test_app_token_is_renewed_before_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    token = app_token(lifetime=100)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    first = token()
    monkeypatch.setattr(time, "time", lambda: now + 89)
    assert token() == first
    monkeypatch.setattr(time, "time", lambda: now + 91)
    assert token() != first


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_rejected_app_token_is_renewed_once(asynchronous: bool) -> None:
    tokens: list[str] = []

    async def call(url: str) -> None:
        async with AsyncAIForService(url, jwt=app_token()) as api:
            await api.get_publish_status("st-1")

    with hostile(token_server(tokens, reject_first=True)) as server:
        if asynchronous:
            asyncio.run(call(server.url))
        else:
            with AIForService(server.url, jwt=app_token()) as api:
                api.get_publish_status("st-1")

    assert len(tokens) == len(set(tokens)) == 2


def test_app_token_that_is_always_rejected_raises_unauthorized() -> None:
    with hostile(always(http_response(401, b"{}"))) as server, AIForService(server.url, jwt=app_token()) as api:
        with pytest.raises(UnauthorizedError):
            api.get_publish_status("st-1")
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"client_id": ""}, "client_id= must be a string that is not empty"),
        ({"client_secret": b"x"}, "client_secret= must be a string that is not empty, got bytes"),
        ({"lifetime": 0}, "lifetime= must be more than 1 second"),
    ],
)
def test_invalid_app_token_argument_is_rejected(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        AppToken(**{"client_id": "c", "client_secret": "s", "sub": "me", **arguments})


def test_clients_and_app_tokens_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="cannot be pickled; create it where"):
        pickle.dumps(AgentPlatform("http://h", api_key="k"))
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(app_token())


def test_unreferenced_client_is_garbage_collected() -> None:
    api = AgentPlatform("http://h", api_key="k")
    reference = weakref.ref(api)
    del api

    assert reference() is None


def test_repr_of_a_client_contains_only_its_url() -> None:
    assert repr(AgentPlatform("http://h/", api_key="canary")) == "AgentPlatform('http://h')"
