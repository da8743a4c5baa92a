"""Tests of fault injection: the client or plain httpx observes each fault on a real socket."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from job_status import (
    AgentPlatform,
    AIForProcess,
    AIForService,
    ApiError,
    InvalidArgumentError,
    JobFailedError,
    NotFoundError,
    OpenSearchFlowFramework,
    RateLimitError,
    ServerError,
    TransportError,
    UnauthorizedError,
    UnexpectedResponseError,
)

from scripts.simulate.remote import ControlError, RunningSimulator, run_simulator

from .conftest import ROOT
from .paths import path_of

BOT = "st-a86a6717-340b-5830-a8b6-13b4aebxxxxx"
API = "agent-platform"


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Run a simulator with a paused clock."""
    with run_simulator(ROOT / "openapi", speed=0, seed=3) as started:
        yield started


@pytest.fixture
def api(simulator: RunningSimulator) -> Iterator[AgentPlatform]:
    """Return a client without retries."""
    with AgentPlatform(simulator.base_url(API), **simulator.credentials[API], max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture
def job(simulator: RunningSimulator) -> str:
    """Create a job that succeeds after 3 seconds; return its id."""
    return str(simulator.create_job(api=API, after=[[0, "IN_PROGRESS"], [3, "SUCCESS"]])["id"])


def poll_every_50_ms() -> Iterator[float]:
    """Yield the poll times of a schedule with an interval of 50 ms."""
    return itertools.accumulate(itertools.repeat(0.05), initial=0.0)


def dock_url(simulator: RunningSimulator, job: str) -> str:
    """Return the status URL of a job."""
    return simulator.base_url(API) + path_of(API, "get_dock_status", job)


def api_key_header(simulator: RunningSimulator) -> dict[str, str]:
    """Return the header with the credential."""
    return {"x-api-key": simulator.credentials[API]["api_key"]}


# Slow responses


def test_latency_delays_response(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("latency", seconds=0.4)
    began = time.monotonic()
    api.get_dock_status(job)

    assert time.monotonic() - began >= 0.4
    with pytest.raises(TransportError, match="no response in time"):
        api.get_dock_status(job, timeout=0.2)


def test_latency_with_bounds_is_random(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("latency", seconds=0.05, most=0.3)
    took = []
    for _ in range(8):
        began = time.monotonic()
        api.get_dock_status(job)
        took.append(time.monotonic() - began)

    assert all(0.05 <= seconds < 0.6 for seconds in took)
    assert max(took) - min(took) > 0.05


def test_trickle_sends_body_slowly(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("trickle", seconds=0.6)
    began = time.monotonic()

    assert api.get_dock_status(job).field_id == job
    assert 0.5 < time.monotonic() - began < 3
    with pytest.raises(TransportError):
        api.get_dock_status(job, timeout=0.25)


# Error responses


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_error(simulator: RunningSimulator, api: AgentPlatform, job: str, status: int) -> None:
    simulator.fault("status", status=status, times=1)

    with pytest.raises(ServerError) as e:
        api.get_dock_status(job)
    assert e.value.status == status
    assert api.get_dock_status(job).status == "IN_PROGRESS"


@pytest.mark.parametrize("retry_after", [None, 7])
def test_rate_limit_error_with_and_without_retry_after(
    simulator: RunningSimulator, api: AgentPlatform, job: str, retry_after: int | None
) -> None:
    simulator.fault("status", status=429, **({"retry_after": retry_after} if retry_after else {}))

    with pytest.raises(RateLimitError, match="Rate limit for this API has been reached") as e:
        api.get_dock_status(job)
    assert e.value.retry_after == retry_after


@pytest.mark.parametrize("status", [200, 502])
def test_html_page(simulator: RunningSimulator, api: AgentPlatform, job: str, status: int) -> None:
    simulator.fault("status", status=status, html=True)

    with pytest.raises(UnexpectedResponseError if status == 200 else ServerError) as e:
        api.get_dock_status(job)
    assert "<!DOCTYPE html>" in vars(e.value)["excerpt"]


def test_token_expires_after_some_requests(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("expired", after=3)
    for _ in range(3):
        api.get_dock_status(job)

    with pytest.raises(UnauthorizedError, match="Invalid API key"):
        api.get_dock_status(job)


def test_unknown_id_fault_ends_after_times(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("unknown_id", id=job, times=2)
    for _ in range(2):
        with pytest.raises(NotFoundError):
            api.get_dock_status(job)

    assert api.get_dock_status(job).status == "IN_PROGRESS"


# Socket faults


def test_connection_reset_is_reported_and_logged(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("reset", times=1)

    with pytest.raises(TransportError) as e:
        api.get_dock_status(job)
    assert e.value.reason in {"ReadError", "RemoteProtocolError"}
    assert api.get_dock_status(job).status == "IN_PROGRESS"
    assert [entry["status"] for entry in simulator.requests()] == [None, 200]


def test_connection_reset_sends_rst(simulator: RunningSimulator, job: str) -> None:
    simulator.fault("reset")

    with pytest.raises(httpx.ReadError):
        httpx.get(dock_url(simulator, job), headers=api_key_header(simulator))


def test_truncated_body(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("truncate", times=1)

    with pytest.raises(TransportError, match="RemoteProtocolError"):
        api.get_dock_status(job)
    assert api.get_dock_status(job).status == "IN_PROGRESS"


# Corrupted status responses


def test_wrong_content_type(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("content_type", value="text/plain; charset=utf-8")
    response = httpx.get(dock_url(simulator, job), headers=api_key_header(simulator))

    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert api.get_dock_status(job).status == "IN_PROGRESS"


def test_unknown_state(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("unknown_word", value="PAUSED")

    assert api.get_dock_status(job).status == "PAUSED"


def test_unknown_field(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("unknown_field", field="mood", value={"today": "good"})

    assert api.get_dock_status(job).additional_properties["mood"] == {"today": "good"}


@pytest.mark.parametrize("kind", ["missing_field", "null"])
def test_wait_continues_while_state_is_missing(
    simulator: RunningSimulator, api: AgentPlatform, job: str, kind: str
) -> None:
    simulator.fault(kind, times=2)
    simulator.advance(5)
    updates: list[Any] = []

    status = api.wait_for_dock_status(
        job, schedule=poll_every_50_ms(), on_update=lambda status, _: updates.append(status.status)
    )
    assert (status.status, updates, len(simulator.requests())) == ("SUCCESS", ["SUCCESS"], 3)


def test_missing_field(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.fault("missing_field", field="jobType")

    assert "jobType" not in api.get_dock_status(job).to_dict()


def test_state_goes_back_once(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    simulator.advance(5)
    simulator.fault("backwards", after=1, times=1)

    assert [str(api.get_dock_status(job).status) for _ in range(3)] == ["SUCCESS", "IN_PROGRESS", "SUCCESS"]


def test_stale_status_is_of_previous_run(simulator: RunningSimulator) -> None:
    with AIForService(simulator.base_url("ai-for-service"), **simulator.credentials["ai-for-service"]) as api:
        first = api.get_publish_status(BOT)
        simulator.advance(100)
        previous_run = api.publish_status_job(BOT).current_run()
        simulator.create_job(api="ai-for-service", id=BOT, after=[[0, "inprogress"], [4, "failed"]], reason="no disk")
        simulator.fault("stale", times=2)
        stale, fresh = [api.get_publish_status(BOT) for _ in range(3)][1:]

        assert (stale.field_id, stale.status) == (first.field_id, "successful")
        assert fresh.field_id != first.field_id
        assert fresh.status == "inprogress"
        assert str(stale.requested_time) < str(fresh.requested_time)
        simulator.advance(5)
        with pytest.raises(JobFailedError, match="no disk"):
            api.wait_for_publish_status(BOT, after_run=previous_run, schedule=poll_every_50_ms())


def test_wait_succeeds_despite_many_faults(simulator: RunningSimulator, job: str) -> None:
    for fault in (
        {"kind": "status", "status": 503, "share": 0.2},
        {"kind": "status", "status": 502, "html": True, "share": 0.1},
        {"kind": "reset", "share": 0.1},
        {"kind": "truncate", "share": 0.1},
        {"kind": "unknown_word", "value": "PAUSED", "share": 0.1},
        {"kind": "null", "share": 0.1},
        {"kind": "stale", "share": 0.1},
    ):
        simulator.fault(**fault)  # type: ignore[arg-type]
    simulator.run_at(1)

    with AgentPlatform(simulator.base_url(API), **simulator.credentials[API]) as api:
        assert api.wait_for_dock_status(job, schedule=poll_every_50_ms(), timeout=30).status == "SUCCESS"
    assert sum(entry["met"] for entry in simulator.faults()) > 5


# Scope and frequency


def test_fault_applies_to_one_job_only(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    other = simulator.create_job(api=API)["id"]
    simulator.fault("status", status=500, id=job)

    assert api.get_dock_status(other).field_id == other
    with pytest.raises(ServerError):
        api.get_dock_status(job)


def test_fault_applies_to_one_operation_of_one_api_only(
    simulator: RunningSimulator, api: AgentPlatform, job: str
) -> None:
    simulator.fault("status", status=500, api="ai-for-process", operation="undeploy_model")
    base = simulator.base_url("ai-for-process")
    with AIForProcess(base, **simulator.credentials["ai-for-process"], max_retries=0) as process:
        assert process.get_dock_status("ds-24c1d3e3-04fc-5ab5-a1d3-c19f0b6e2a78")
        with pytest.raises(ServerError):
            process.undeploy_model("cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380")

    assert api.get_dock_status(job).status == "IN_PROGRESS"


def test_fault_applies_to_share_of_requests(simulator: RunningSimulator, api: AgentPlatform, job: str) -> None:
    number = simulator.fault("status", status=503, share=0.3)
    failed = 0
    for _ in range(200):
        try:
            api.get_dock_status(job)
        except ServerError:
            failed += 1

    assert 40 <= failed <= 80
    assert simulator.faults()[0]["met"] == failed
    simulator.clear_faults(number)
    assert api.get_dock_status(job).status == "IN_PROGRESS"


def test_documented_rate_limits_are_enforced_on_request(simulator: RunningSimulator) -> None:
    credentials = simulator.credentials["ai-for-service"]
    with AIForService(simulator.base_url("ai-for-service"), **credentials, max_retries=0) as api:
        for _ in range(70):
            api.get_publish_status(BOT)
        simulator.enforce_limits()
        for _ in range(60):
            api.get_publish_status(BOT)
        simulator.advance(10)
        with pytest.raises(ApiError) as e:
            api.get_publish_status(BOT)

        assert (e.value.status, e.value.retry_after) == (429, 50)
        simulator.advance(50)
        assert api.get_publish_status(BOT).stream_id == BOT


def limit_headers(response: httpx.Response) -> tuple[str | None, str | None]:
    """Return the headers about rate limits."""
    return response.headers.get("ratelimit-policy"), response.headers.get("ratelimit")


def test_enforced_rate_limits_are_reported(simulator: RunningSimulator) -> None:
    policy = '"60-per-60s";q=60;w=60, "1800-per-3600s";q=1800;w=3600'
    url = simulator.base_url("ai-for-service") + path_of("ai-for-service", "get_publish_status", BOT)
    with httpx.Client(headers={"auth": simulator.credentials["ai-for-service"]["jwt"]}) as api:
        assert limit_headers(api.get(url)) == (None, None)
        simulator.enforce_limits()
        assert limit_headers(api.get(url)) == (policy, '"60-per-60s";r=59;t=60, "1800-per-3600s";r=1799;t=3600')
        simulator.advance(10)
        for _ in range(58):
            api.get(url)
        assert limit_headers(api.get(url))[1] == '"60-per-60s";r=0;t=50, "1800-per-3600s";r=1740;t=3590'

        refused = api.get(url)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "50")
        assert limit_headers(refused) == (policy, '"60-per-60s";r=0;t=50, "1800-per-3600s";r=1740;t=3590')

        invalid = api.get(url.replace(BOT, f"{BOT}-2"))
        assert invalid.status_code == 400
        assert limit_headers(invalid)[1] == '"60-per-60s";r=59;t=60, "1800-per-3600s";r=1799;t=3600'
        simulator.advance(50)
        assert limit_headers(api.get(url))[1] == '"60-per-60s";r=0;t=10, "1800-per-3600s";r=1739;t=3540'
        simulator.fault("status", status=503, times=1)
        assert limit_headers(api.get(url))[1] == '"60-per-60s";r=0;t=10, "1800-per-3600s";r=1739;t=3540'


def test_operation_without_limits_reports_none(simulator: RunningSimulator, job: str) -> None:
    simulator.enforce_limits()
    url = simulator.base_url("agent-platform") + path_of("agent-platform", "get_dock_status", str(job))

    assert limit_headers(httpx.get(url)) == (None, None)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "flood"}, '"flood" is not one of'),
        ({"kind": "status"}, "status: is required for the kind status"),
        ({"kind": "latency"}, "seconds: is required for the kind latency"),
        ({"kind": "latency", "seconds": 3, "most": 1}, "most: expected at least seconds, 3, got 1"),
        ({"kind": "reset", "status": 500}, "status: is not a field of the kind reset"),
        ({"kind": "status", "status": 99}, "status: 99 is less than the minimum of 200"),
        ({"kind": "reset", "share": 2}, "share: 2 is greater than the maximum of 1"),
        ({"kind": "reset", "api": "nowhere"}, "api: is not simulated: expected one of agent-platform"),
        ({"kind": "reset", "operation": "get_all"}, "operation: is not simulated: expected one of get_dock"),
        ({"kind": "stale", "operation": "undeploy_model"}, "operation: reports no job"),
        (
            {"kind": "unknown_word", "value": "SUCCESS"},
            "value: expected an unknown state, got SUCCESS, a state of get_dock_status",
        ),
        ({"kind": "reset", "when": "now"}, "Additional properties are not allowed"),
    ],
)
def test_invalid_fault_is_rejected_with_field_and_reason(
    simulator: RunningSimulator, fault: dict[str, Any], message: str
) -> None:
    with pytest.raises(ControlError) as e:
        simulator.fault(**fault)

    assert "400" in str(e.value)
    assert message in str(e.value)


def test_same_seed_injects_same_faults(tmp_path: Path) -> None:
    stem = "ai-for-process"

    def run_session() -> list[Any]:
        with run_simulator(ROOT / "openapi", speed=0, seed=11) as simulator:
            simulator.fault("status", status=503, share=0.3)
            simulator.fault("reset", share=0.2)
            simulator.fault("unknown_word", share=0.2)
            base = simulator.base_url(stem)
            seen: list[Any] = []
            started: dict[str, Any] = {}
            with httpx.Client(headers={"x-api-key": simulator.credentials[stem]["api_key"]}) as client:
                for number in range(60):
                    model = "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380"
                    try:
                        if number % 10 == 0:
                            started = client.post(base + path_of(stem, "undeploy_model", model)).json()
                            seen.append(started)
                        response = client.get(base + path_of(stem, "get_dock_status", started["dockStatusId"]))
                        seen.append((response.status_code, response.text, response.headers["date"]))
                    except (httpx.HTTPError, ValueError, KeyError) as error:
                        seen.append(type(error).__name__)
                    simulator.advance(0.7)
            return seen

    first = run_session()

    assert first == run_session()
    assert {503, 200} <= {entry[0] for entry in first if isinstance(entry, tuple)}
    assert "ReadError" in first


def test_invalid_client_argument_sends_no_request(simulator: RunningSimulator) -> None:
    with OpenSearchFlowFramework(simulator.base_url("opensearch-flow-framework")) as api:
        with pytest.raises(InvalidArgumentError):
            api.get_workflow_status("..")
        assert api.get_workflow_status("d6WKB6IBR8spXwU9M5eD").workflow_id == "d6WKB6IBR8spXwU9M5eD"
    assert len(simulator.requests()) == 1
