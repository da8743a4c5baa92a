"""The OpenTelemetry spans of waits."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from job_status import (
    AgentPlatform,
    AsyncAgentPlatform,
    InvalidArgumentError,
    JobFailedError,
    JobTimeoutError,
    as_completed,
    async_wait_all,
)
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from .conftest import ROOT
from .hostile import BODY, Behaviour, hostile, http_response
from .products import AGENT, BOTH, EACH, PRODUCTS, Product

KEY = "canary-key"
SERVICE = PRODUCTS[2]
FAST = [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Yield the exported spans of waits and of the requests of httpx."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


def states(*names: str) -> Behaviour:
    """Return a behaviour that reports the states one after the other, each differently, and then the last one."""
    left = list(names)

    def behave(connection: Any, head: bytes) -> None:
        state = left.pop(0) if len(left) > 1 else left[0]
        body = json.loads(BODY) | {"status": state, "left": len(left)}
        connection.sendall(http_response(body=json.dumps(body).encode()))

    return behave


def named(spans: InMemorySpanExporter, name: str = "wait get_dock_status") -> list[ReadableSpan]:
    """Return the exported spans of a name, and check that none contains the credential."""
    found = spans.get_finished_spans()
    assert KEY not in "".join(span.to_json() for span in found)
    return [span for span in found if span.name == name]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """Return the attributes of a span without their prefix."""
    return {name.removeprefix("job_status."): value for name, value in (span.attributes or {}).items()}


def wait(url: str, asynchronous: bool, product: Product = AGENT, **options: Any) -> Any:
    """Wait for one job."""
    api = product.client(url, asynchronous=asynchronous, **dict.fromkeys(product.credentials, KEY))
    method = getattr(api, f"wait_for_{product.noun}")

    async def run() -> Any:
        async with api:
            return await method("ds-1", **options)

    if asynchronous:
        return asyncio.run(run())
    with api:
        return method("ds-1", **options)


@EACH
def test_wait_has_one_span(spans: InMemorySpanExporter, asynchronous: bool) -> None:
    with hostile(states("IN_PROGRESS", "IN_PROGRESS", "SUCCESS")) as server:
        wait(server.url, asynchronous, schedule=FAST)

    (span,) = named(spans)
    assert attributes(span) == {
        "api": "AgentPlatform",
        "operation": "get_dock_status",
        "job": "get_dock_status ds-1",
        "is_resumed": False,
        "outcome": "success",
        "state": "SUCCESS",
        "polls": 3,
        "failed_polls": 0,
    }
    assert span.status.status_code is StatusCode.UNSET
    reported = [dict(event.attributes or {})["job_status.state"] for event in span.events]
    assert reported == ["IN_PROGRESS", "SUCCESS"]
    requests = named(spans, "GET")
    assert len(requests) == 3
    for request in requests:
        assert request.parent is not None
        assert request.parent.span_id == span.context.span_id


@BOTH
def test_span_of_a_failure_has_its_reason(spans: InMemorySpanExporter, asynchronous: bool) -> None:
    body = {SERVICE.id: "ds-1", SERVICE.state: "failed", "error": f"no disk for {KEY}"}
    response = http_response(body=json.dumps(body).encode())
    with hostile(lambda connection, head: connection.sendall(response)) as server, pytest.raises(JobFailedError):
        wait(server.url, asynchronous, SERVICE)

    (span,) = named(spans, "wait get_publish_status")
    assert attributes(span)["outcome"] == "failure"
    assert span.status.status_code is StatusCode.ERROR
    assert "failed after" in str(span.status.description)
    assert ": no disk for " in str(span.status.description)


@BOTH
def test_span_of_a_timeout_and_its_continuation(spans: InMemorySpanExporter, asynchronous: bool) -> None:
    with hostile(states("IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "SUCCESS")) as server:
        with pytest.raises(JobTimeoutError) as caught:
            wait(server.url, asynchronous, schedule=[0, 100], timeout=0.3)

        async def resume() -> None:
            async with AGENT.client(server.url, asynchronous=True, api_key=KEY) as api:
                job = api.resume(caught.value.token, timeout=20, schedule=FAST)
                assert trace_of(job.token()) == trace_of(caught.value.token)
                await job.wait()

        if asynchronous:
            asyncio.run(resume())
        else:
            with AGENT.client(server.url, api_key=KEY) as api:
                api.resume(caught.value.token, timeout=20, schedule=FAST).wait()

    first, second = named(spans)
    assert (attributes(first)["outcome"], attributes(second)["outcome"]) == ("timeout", "success")
    assert (attributes(first)["is_resumed"], attributes(second)["is_resumed"]) == (False, True)
    assert second.context.trace_id == first.context.trace_id
    assert second.parent is not None
    assert second.parent.span_id == first.context.span_id
    assert second.parent.is_remote


def trace_of(token: str) -> str:
    """Return the context of the span in a token."""
    return str(json.loads(token)["trace"])


@BOTH
def test_span_of_a_wait_that_was_left(spans: InMemorySpanExporter, asynchronous: bool) -> None:
    def leave(status: Any, progress: Any) -> None:
        raise KeyboardInterrupt

    with hostile(states("IN_PROGRESS")) as server, pytest.raises(KeyboardInterrupt):
        wait(server.url, asynchronous, on_update=leave)

    (span,) = named(spans)
    assert attributes(span)["outcome"] == "stopped"
    assert attributes(span)["polls"] == 1


@BOTH
def test_span_of_an_error(spans: InMemorySpanExporter, asynchronous: bool) -> None:
    with (
        hostile(lambda connection, head: connection.sendall(http_response(403, KEY.encode()))) as server,
        pytest.raises(Exception, match="403"),
    ):
        wait(server.url, asynchronous)

    (span,) = named(spans)
    assert (attributes(span)["outcome"], attributes(span)["failed_polls"]) == ("error", 1)


def test_spans_of_many_jobs_end_with_their_jobs(spans: InMemorySpanExporter) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rsplit("/", 1)[1]
        return httpx.Response(200, content=AGENT.body(name, "SUCCESS" if name != "slow" else "IN_PROGRESS"))

    with AgentPlatform("http://h", api_key=KEY, http_transport=httpx.MockTransport(handle)) as api:
        jobs = [api.dock_status_job(f"ds-{n}") for n in range(20)]
        jobs.append(api.dock_status_job("slow", schedule=[0, 0.5, 100], timeout=0.6))
        loop = as_completed([*jobs, api.dock_status_job("slow", schedule=[0, 100], timeout=3600)])
        for _ in range(20):
            next(loop)
        assert len(named(spans)) == 20
        next(loop)
        assert len(named(spans)) == 21
        loop.close()
    outcomes = sorted(attributes(span)["outcome"] for span in named(spans))
    assert outcomes == ["stopped", *["success"] * 20, "timeout"]


def test_parent_of_a_wait_is_the_current_span(spans: InMemorySpanExporter) -> None:
    async def run(url: str) -> None:
        async with AsyncAgentPlatform(url, api_key=KEY) as api:
            with trace.get_tracer("test").start_as_current_span("deploy"):
                await async_wait_all([api.dock_status_job(f"ds-{n}") for n in range(3)])

    with hostile(
        lambda c, head: c.sendall(http_response(body=AGENT.body(head.split(b" ")[1].rsplit(b"/")[-1].decode())))
    ) as server:
        asyncio.run(run(server.url))
    (deploy,) = named(spans, "deploy")
    assert [span.parent.span_id for span in named(spans) if span.parent] == [deploy.context.span_id] * 3


def test_one_look_has_no_span_of_a_wait(spans: InMemorySpanExporter) -> None:
    with hostile(states("SUCCESS")) as server, AgentPlatform(server.url, api_key=KEY) as api:
        api.dock_status_job("ds-1").poll_once()
    assert named(spans) == []


class Raising(SpanProcessor):
    """A span processor that raises at the start or the end of a span."""

    def __init__(self, error: BaseException, at_end: bool) -> None:
        self.error: BaseException | None = error
        self.at_end = at_end

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if not self.at_end and self.error is not None:
            raise self.error

    def on_end(self, span: ReadableSpan) -> None:
        if self.at_end and self.error is not None:
            raise self.error


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException, bool], Raising]:
    """Return a function that installs a span processor that raises."""

    def install(error: BaseException, at_end: bool) -> Raising:
        processor, provider = Raising(error, at_end), TracerProvider()
        provider.add_span_processor(processor)
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
        monkeypatch.setattr("job_status._client.polling.tracing._logged_errors", set())
        return processor

    return install


@EACH
@pytest.mark.parametrize("at_end", [False, True])
def test_wait_does_not_depend_on_the_tracer(
    raising: Callable[[BaseException, bool], Raising],
    asynchronous: bool,
    at_end: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    raising(ValueError("the exporter\x1b[31m is broken"), at_end)
    with hostile(states("IN_PROGRESS", "SUCCESS")) as server:
        for _ in range(2):
            assert wait(server.url, asynchronous, schedule=FAST).status == "SUCCESS"
    with hostile(states("FAILED")) as server, pytest.raises(JobFailedError):
        wait(server.url, asynchronous, schedule=FAST)

    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning == r"OpenTelemetry failed, and spans are missing: ValueError: the exporter\x1b[31m is broken"


def test_job_can_be_waited_for_again_after_an_interrupt_in_the_tracer(
    raising: Callable[[BaseException, bool], Raising],
) -> None:
    processor = raising(KeyboardInterrupt(), False)
    with hostile(states("SUCCESS")) as server, AgentPlatform(server.url, api_key=KEY) as api:
        jobs = [api.dock_status_job("ds-1") for _ in range(3)]
        with pytest.raises(KeyboardInterrupt):
            jobs[1].wait()
        with pytest.raises(KeyboardInterrupt):
            next(as_completed(jobs))
        processor.error = None

        assert not any(outcome.error for outcome in as_completed(jobs))


def test_program_without_opentelemetry_does_not_import_it() -> None:
    program = """
import sys
from job_status import AgentPlatform
api = AgentPlatform("http://h", api_key="k")
job = api.dock_status_job("ds-1")
assert type(job.__poller__).__name__ == "Poller", type(job.__poller__)
assert "trace" not in job.token()
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""
    environment = {"PYTHONPATH": str(ROOT / "generated"), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_unconfigured_opentelemetry_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    with hostile(states("SUCCESS")) as server, AgentPlatform(server.url, api_key=KEY) as api:
        job = api.dock_status_job("ds-1")
        job.wait()
        assert "trace" not in json.loads(job.token())


@pytest.mark.parametrize("value", [5, "", "00-1-2-03", f"01-{'a' * 32}-{'b' * 16}-01", [1]])
def test_token_with_an_invalid_trace_is_refused(value: Any) -> None:
    api = AgentPlatform("http://h", api_key="k")
    token = json.loads(api.dock_status_job("ds-1").token()) | {"trace": value}
    with pytest.raises(InvalidArgumentError, match="the token's trace must be a W3C traceparent, got"):
        api.resume(json.dumps(token))


def test_token_of_a_traced_wait_works_without_opentelemetry(spans: InMemorySpanExporter) -> None:
    with hostile(states("IN_PROGRESS")) as server, AgentPlatform(server.url, api_key=KEY) as api:
        with pytest.raises(JobTimeoutError) as caught:
            api.wait_for_dock_status("ds-1", timeout=0.1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "opentelemetry.trace", None)
            resumed = api.resume(caught.value.token)
    assert type(resumed.__poller__).__name__ == "Poller"
    assert resumed.name == "get_dock_status ds-1"
