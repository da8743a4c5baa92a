"""Tests that the control API matches its document, and that no control request crashes the simulator."""

import itertools
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from job_status import AgentPlatform, OpenSearchFlowFramework
from schemathesis.specs.openapi.checks import positive_data_acceptance

from scripts.document import load, walk
from scripts.simulate import ControlledSimulator, JobDistribution, Simulator, SimulatorSettings
from scripts.simulate.control import control_document
from scripts.simulate.control_operations import ControlOperations
from scripts.simulate.faults import KINDS
from scripts.simulate.remote import Control, ControlError, RunningSimulator, run_simulator

from .conftest import ROOT, Serve
from .paths import simulated_path

pytest_plugins = ["scripts.simulate.plugin"]
API = "agent-platform"
VENDORS = ROOT / "tests" / "vendors"


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Run a simulator with a paused clock."""
    with run_simulator(ROOT / "openapi", speed=0) as started:
        yield started


def poll(simulator: RunningSimulator, job: dict[str, Any]) -> dict[str, Any]:
    """Return the status of a job as the simulated API reports it."""
    credentials = simulator.credentials[job["api"]]
    names = {"api_key": "x-api-key", "jwt": "auth"}
    headers = {header: credentials[key] for key, header in names.items() if key in credentials}
    body: dict[str, Any] = httpx.get(simulator.url + job["path"], headers=headers).json()
    return body


# Jobs


def test_job_follows_timeline(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API, after=[[0, "IN_PROGRESS"], [3, "SUCCESS"]])
    seen = []
    for _ in range(4):
        seen.append(poll(simulator, job)["status"])
        simulator.advance(1)

    assert seen == ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "SUCCESS"]
    assert simulator.jobs(api=API, id=job["id"]) == [
        {"api": API, "operation": "get_dock_status", "parameters": {"dockStatusId": job["id"]}, "state": "SUCCESS"}
    ]


def test_failed_job_reports_reason(simulator: RunningSimulator) -> None:
    job = simulator.create_job(
        api="ai-for-service", id="st-mine", after=[[0, "inprogress"], [2, "failed"]], reason="no disk"
    )
    assert "error" not in poll(simulator, job)
    simulator.advance(2)

    body = poll(simulator, job)
    assert (body["streamId"], body["status"], body["error"]) == ("st-mine", "failed", "no disk")


def test_new_run_has_new_id_and_later_start(simulator: RunningSimulator) -> None:
    first = simulator.create_job(api="ai-for-service", id="st-mine")
    before = poll(simulator, first)
    simulator.advance(50)
    second = poll(simulator, simulator.create_job(api="ai-for-service", id="st-mine"))

    assert before["_id"] != second["_id"]
    assert before["requestedTime"] < second["requestedTime"]


def test_durations_and_failures_follow_distribution() -> None:
    with run_simulator(ROOT / "openapi", speed=0, seed=5, distribution=JobDistribution(20, 1.0, 0.3)) as simulator:
        jobs = simulator.create_jobs(300, api=API)

    ends = [job["after"][-1] for job in jobs]
    assert 60 < sum(state == "FAILED" for _, state in ends) < 120
    assert len({duration for duration, _ in ends}) == 300
    assert 10 < sorted(duration for duration, _ in ends)[150] < 40
    assert len({job["id"] for job in jobs}) == 300


def test_hundred_thousand_jobs_are_created_in_time(simulator: RunningSimulator) -> None:
    began = time.monotonic()
    jobs = simulator.create_jobs(100_000, api=API)

    assert poll(simulator, jobs[-1])["_id"] == jobs[-1]["id"]
    assert len(simulator.jobs(api=API, limit=1000)) == 1000
    assert time.monotonic() - began < 30


def test_clock_runs_at_speed(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API, after=[[0, "IN_PROGRESS"], [60, "SUCCESS"]])
    simulator.run_at(1000)
    time.sleep(0.2)

    assert poll(simulator, job)["status"] == "SUCCESS"
    assert simulator.now() > 1_767_225_600 + 100


def test_date_header_follows_simulator_clock(simulator: RunningSimulator) -> None:
    before = httpx.get(simulator.base_url(API) + "/x").headers.get_list("date")
    simulator.advance(3600)
    after = httpx.get(simulator.base_url(API) + "/x").headers.get_list("date")

    assert (before, after) == (["Thu, 01 Jan 2026 00:00:00 GMT"], ["Thu, 01 Jan 2026 01:00:00 GMT"])


def test_reset_restores_initial_state(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API)
    simulator.fault("status", status=500)
    simulator.enforce_limits()
    simulator.advance(99)
    simulator.reset()

    assert (simulator.faults(), simulator.requests(), simulator.now()) == ([], [], 1_767_225_600.0)
    assert simulator.jobs(id=job["id"]) == []
    assert httpx.get(simulator.url + "/_simulator").json()["limits"] == {"enforced": False}


def test_request_log_redacts_credentials_in_query(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API)
    poll(simulator, job)
    httpx.get(simulator.url + job["path"] + "?a=b")

    first, second = simulator.requests()
    assert (first["number"], first["method"], first["target"], first["status"]) == (1, "GET", job["path"], 200)
    assert (second["target"], second["status"]) == (job["path"] + "?a=b", 401)
    assert simulator.requests(after=1) == [second]
    with run_simulator(VENDORS) as other:
        token = other.credentials["freight"]["portal_key"]
        httpx.get(other.base_url("freight") + f"/v2/shipments/SH-100200?portal-key={token}&detail=full")
        assert other.requests()[0]["target"] == "/freight/v2/shipments/SH-100200?portal-key=***&detail=full"


# Invented vendors


def test_invented_vendor_supports_every_feature() -> None:
    freight = load(VENDORS / "freight.yaml")
    operation = freight.operation("get_shipment")
    validator = freight.validator(operation.success.media_types[0].schema)
    timeline = [[0, "QUEUED"], [10, "MOVING"], [40, "LOST"]]
    with run_simulator(VENDORS, speed=0) as simulator:
        job = simulator.create_job(api="freight", after=timeline, reason="pirates")
        headers = {"authorization": f"Bearer {simulator.credentials['freight']['access_token']}"}
        url = simulator.url + job["path"]
        seen = []
        for _ in range(6):
            full, brief = (httpx.get(f"{url}?detail={view}", headers=headers).json() for view in ("full", "brief"))
            validator.validate(full)
            assert brief.items() <= full.items()
            seen.append(full)
            simulator.advance(10)
        assert [walk(body, ("shipment", "phase")) for body in seen] == [
            "QUEUED",
            *["MOVING"] * 3,
            *["LOST"] * 2,
        ]
        assert [body["light"] for body in seen] == ["amber"] * 4 + ["red"] * 2
        assert seen[-1]["shipment"]["remark"] == "pirates"
        assert len({(body["shipment"]["journey"], body["owner"]) for body in seen}) == 1
        assert all(len(a["checkpoints"]) <= len(b["checkpoints"]) for a, b in itertools.pairwise(seen))
        done = [body["shipment"]["done"] for body in seen]
        assert done == sorted(done)
        assert max(done) < 100
        started = httpx.post(simulator.base_url("freight") + "/v2/plans/P-1001/dispatch", headers=headers).json()
        status = httpx.get(
            f"{simulator.base_url('freight')}/v2/shipments/{started['shipment']['number']}", headers=headers
        )
        assert status.json()["shipment"]["phase"] == "QUEUED"
        simulator.fault("unknown_word", api="freight", value="ASLEEP")
        assert walk(httpx.get(url, headers=headers).json(), ("shipment", "phase")) == "ASLEEP"
        simulator.clear_faults()
        simulator.fault("null", api="freight", field="shipment/done")
        assert httpx.get(url, headers=headers).json()["shipment"]["done"] is None
        simulator.clear_faults()
        simulator.enforce_limits()
        statuses = [httpx.get(url, headers=headers).status_code for _ in range(101)]
        assert statuses == [200] * 100 + [429]


def test_request_log_redacts_credentials_in_any_encoding(serve: Serve) -> None:
    environment = {"FREIGHT_PORTAL_KEY": "TOP/SECRET", "FREIGHT_ACCESS_TOKEN_WITHOUT_SCOPE": "OTHER-SECRET"}
    documents = [load(VENDORS / "freight.yaml"), load(VENDORS / "mill.yaml")]
    url = serve(ControlledSimulator(Simulator(documents, SimulatorSettings(environment=environment))))
    for path in (
        "/freight/nope?portal-key=TOP%2FSECRET",
        "/mill/plants/north/batches/17?portal-key=TOP%2FSECRET",
        "/nowhere/OTHER-SECRET?a=TOP/SECRET",
    ):
        httpx.get(url + path)

    assert "SECRET" not in httpx.get(f"{url}/_simulator/requests").text


def test_runs_differ_while_clock_is_paused(simulator: RunningSimulator) -> None:
    api = "opensearch-flow-framework"
    start_times = []
    for _ in range(4):
        job = simulator.create_job(api=api, id="wf", after=[[0, "PROVISIONING"]])
        start_times.append(httpx.get(simulator.url + job["path"] + "?all=true").json()["provision_start_time"])

    assert start_times == sorted(set(start_times))
    with run_simulator(VENDORS, speed=0) as other:
        headers = {"authorization": f"Bearer {other.credentials['freight']['access_token']}"}
        job = other.create_job(api="freight", id="SH-1")
        journeys = set()
        for _ in range(60):
            journeys.add(httpx.get(other.url + job["path"], headers=headers).json()["shipment"]["journey"])
            other.create_job(api="freight", id="SH-1")
        assert len(journeys) == 60


def test_reset_restores_initial_faults(serve: Serve) -> None:
    from scripts.simulate.faults import Fault

    settings = SimulatorSettings(faults=(Fault("status", status=503),))
    with Control(
        serve(ControlledSimulator(Simulator([load(ROOT / "openapi/agent-platform.yaml")], settings)))
    ) as control:
        control.clear_faults()
        control.reset()

        assert [fault["status"] for fault in control.faults()] == [503]


def test_status_fault_does_not_count_requests_that_report_no_job() -> None:
    with run_simulator(VENDORS, speed=0) as simulator:
        headers = {"authorization": f"Bearer {simulator.credentials['freight']['access_token']}"}
        simulator.fault("unknown_word", value="ASLEEP", times=1)
        httpx.post(simulator.base_url("freight") + "/v2/plans/P-1001/dispatch", headers=headers)
        response = httpx.get(simulator.base_url("freight") + "/v2/shipments/SH-100200", headers=headers)

        assert response.json()["shipment"]["phase"] == "ASLEEP"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"api": "mill", "id": "abc"}, "id: expected a value that the path parameter accepts, got 'abc'"),
        ({"api": "mill", "parameters": {"batch": "5"}, "count": 3}, "count: expected 1 if an id is given, got 3"),
        ({"api": "freight", "id": "a/b"}, "id: expected a single path segment, got 'a/b'"),
        ({"api": "freight", "id": ".."}, "id: expected a single path segment, got '..'"),
    ],
)
def test_job_with_unusable_id_is_rejected(fields: dict[str, Any], message: str) -> None:
    with run_simulator(VENDORS, speed=0) as simulator:
        with pytest.raises(ControlError) as e:
            simulator.create_job(**fields)
        headers = {"authorization": f"Bearer {simulator.credentials['freight']['access_token']}"}
        escaped = simulator.create_job(api="freight", id="x?y#%41 ü")
        assert httpx.get(simulator.url + escaped["path"], headers=headers).json()["shipment"]["number"] == "x?y#%41 ü"

    assert message in str(e.value)


def test_control_request_from_web_page_is_rejected(controlled: RunningSimulator) -> None:
    response = httpx.post(f"{controlled.url}/_simulator/reset", headers={"origin": "https://elsewhere.example"})

    assert response.status_code == 403


def test_null_fields_and_overlapping_paths_are_simulated(tmp_path: Path) -> None:
    text = (VENDORS / "mill.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "batch: {type: integer}, state: {$ref: '#/components/schemas/Step'}}}\n    Step",
        "batch: {type: integer}, done: {type: [integer, 'null']}, ended: {type: [string, 'null']}, state: {$ref: '#/components/schemas/Step'}}}\n    Step",
    )
    text = text.replace("        spilt: []", "").replace(
        "        failure: [spilt]",
        "        failure: [spilt]\n        progress: $response.body#/done\n        timestamps: [$response.body#/ended]",
    )
    text = text.replace(
        "{value: {batch: 20, state: waiting}}", "{value: {batch: 20, done: null, ended: null, state: waiting}}"
    )
    text = text.replace(
        "{batch: 17, state: ground}", "{batch: 17, done: 100, ended: '2026-01-01T00:00:00Z', state: ground}"
    )
    latest = (
        "  /plants/{plant}/batches/latest:\n    get:\n      operationId: get_latest\n      parameters:\n"
        "        - {name: plant, in: path, required: true, schema: {type: string}, examples: {a: {value: north}}}\n"
        "      responses: {'200': {description: It., content: {application/json: {schema: {type: object}, examples: {a: {value: {is: latest}}}}}}}\n"
    )
    (tmp_path / "mill.yaml").write_text(
        text.replace("components:\n  examples", latest + "components:\n  examples"), encoding="utf-8"
    )
    with run_simulator(tmp_path, speed=0) as simulator:
        cookies = {"sid": simulator.credentials["mill"]["sid"]}
        job = simulator.create_job(api="mill", after=[[0, "waiting"], [9, "ground"]])
        first = httpx.get(simulator.url + job["path"], cookies=cookies).json()
        simulator.advance(9)
        last = httpx.get(simulator.url + job["path"], cookies=cookies).json()
        latest_response = httpx.get(simulator.base_url("mill") + "/plants/north/batches/latest", cookies=cookies)

    assert (first["done"], first["ended"], last["done"]) == (None, None, 100)
    assert last["ended"].startswith("2026-01-01T00:00:0")
    assert latest_response.json() == {"is": "latest"}


# The control API and its document

schema = schemathesis.openapi.from_path(ROOT / "scripts/simulate/control.yaml")


@pytest.fixture(scope="module")
def controlled() -> Iterator[RunningSimulator]:
    """Run a simulator for arbitrary control requests."""
    with run_simulator(ROOT / "openapi", speed=0) as started:
        yield started


@schema.parametrize()
@settings(
    max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_control_api_matches_document(controlled: RunningSimulator, case: Any) -> None:
    if isinstance(case.body, dict) and isinstance(case.body.get("count"), int):
        case.body["count"] = min(case.body["count"], 50)
    if case.operation.path.endswith("/events"):
        # A stream without end is tested in test_simulator_events.py.
        case.query = {**(case.query or {}), "seconds": 0}
    # Contradictory fields and unknown names are rejected although they match the schema.
    case.call_and_validate(base_url=controlled.url, excluded_checks=[positive_data_acceptance])


@given(
    method=st.sampled_from(["POST", "PUT"]),
    path=st.sampled_from(["jobs", "faults", "clock", "limits"]),
    body=st.binary(max_size=60),
)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_control_api_handles_arbitrary_bytes(controlled: RunningSimulator, method: str, path: str, body: bytes) -> None:
    response = httpx.request(method, f"{controlled.url}/_simulator/{path}", content=body)

    assert response.status_code in {200, 201, 400, 405}
    if response.status_code >= 400:
        assert response.json()["errors"][0].keys() == {"field", "reason"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "jobs", {"api": "nowhere"}, 400, "api: expected one of agent-platform, ai-for-process, "),
        ("POST", "jobs", {}, 400, "api: expected one of agent-platform, ai-for-process, ai-for-service, opensearch"),
        ("POST", "jobs", {"api": API, "operation": "get_x"}, 400, "operation: expected one of get_dock_status"),
        (
            "POST",
            "jobs",
            {"api": API, "after": [[0, "DONE"]]},
            400,
            "after/0/1: expected one of IN_PROGRESS, SUCCESS, FAILED, got 'DONE'",
        ),
        (
            "POST",
            "jobs",
            {"api": API, "after": [[1, "SUCCESS"]]},
            400,
            "after/0/0: expected 0 for the first state, got 1",
        ),
        (
            "POST",
            "jobs",
            {"api": API, "after": [[0, "IN_PROGRESS"], [0, "SUCCESS"]]},
            400,
            "after/1/0: expected more than 0, got 0",
        ),
        (
            "POST",
            "jobs",
            {"api": API, "after": [[0, "FAILED"], [1, "SUCCESS"]]},
            400,
            "after/1: expected no state after the final state FAILED",
        ),
        ("POST", "jobs", {"api": API, "after": []}, 400, "after: [] has less than 1 item"),
        (
            "POST",
            "jobs",
            {"api": API, "reason": "x"},
            400,
            "reason: is not supported: get_dock_status reports no failure reason",
        ),
        ("POST", "jobs", {"api": API, "id": "a", "count": 2}, 400, "count: expected 1 if an id is given, got 2"),
        (
            "POST",
            "jobs",
            {"api": API, "parameters": {"x": "y"}},
            400,
            "parameters/x: is not a path parameter: expected one of dockStatusId",
        ),
        ("POST", "jobs", {"speed": 3}, 400, "the request: Additional properties are not allowed"),
        ("PUT", "clock", {"advance": -1}, 400, "advance: -1 is less than the minimum of 0"),
        ("PUT", "clock", {}, 400, "the request: {} has less than 1 property"),
        ("PUT", "limits", {"enforced": "yes"}, 400, 'enforced: "yes" is not of type "boolean"'),
        ("GET", "requests?after=x", None, 400, "after: is missing or invalid"),
        ("GET", "jobs?limits=1", None, 400, "limits: is not a parameter of list_jobs, which takes api, id, limit"),
        ("DELETE", "faults/7", None, 404, "number: no fault has the number 7"),
        ("DELETE", "faults/x", None, 400, "number: is missing or invalid"),
        ("DELETE", "clock", None, 405, "the request: expected one of the methods GET, PUT, got DELETE"),
        ("GET", "nothing", None, 404, "the request: unknown path /_simulator/nothing; the control API serves "),
    ],
)
def test_invalid_control_request_is_rejected_with_field_and_reason(
    controlled: RunningSimulator, method: str, path: str, body: Any, status: int, message: str
) -> None:
    with pytest.raises(ControlError) as e:
        controlled.send(method, f"/{path}", body)

    assert f": {status}: {message}" in str(e.value)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("jobs", b'{"api": "agent-platform", "id": "\\ud800"}'),
        ("faults", b'{"kind": "unknown_field", "field": "x", "value": NaN}'),
        ("faults", b'{"kind": "unknown_field", "field": "x", "value": 1e999}'),
        ("faults", b'{"kind": "unknown_field", "field": "x", "value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("faults", b'{"kind": "reset", "after": ' + b"9" * 5000 + b"}"),
        ("faults", b'{"kind": "content_type", "value": "a/b\\r\\nX-Evil: 1"}'),
        ("faults", b'{"kind": "unknown_field", "value": ' + b"[" * 300 + b"]" * 300 + b"}"),
        ("clock", b'{"advance": 1e400}'),
        ("jobs", b'{"api": "agent-platform", "id": "\xff"}'),
    ],
)
def test_body_that_cannot_be_serialized_is_rejected(controlled: RunningSimulator, path: str, body: bytes) -> None:
    method = "PUT" if path == "clock" else "POST"
    response = httpx.request(method, f"{controlled.url}/_simulator/{path}", content=body)

    assert response.status_code == 400
    assert httpx.get(f"{controlled.url}/_simulator/faults").status_code == 200
    assert httpx.get(f"{controlled.url}/_simulator/jobs").status_code == 200


def test_clock_stops_at_year_9999(simulator: RunningSimulator) -> None:
    while simulator.now() < 253_402_214_400 - 1e9:
        simulator.advance(1e9)
    with pytest.raises(ControlError, match="advance: exceeds the year 9999"):
        simulator.advance(1e9)
    job = simulator.create_job(api="ai-for-service", id="st-late")
    simulator.run_at(1e5)

    assert poll(simulator, job)["requestedTime"].startswith("99")


@pytest.mark.parametrize("status", [204, 304, 599])
def test_any_status_can_be_injected(simulator: RunningSimulator, status: int) -> None:
    job = simulator.create_job(api=API)
    simulator.fault("status", status=status)

    assert httpx.get(simulator.url + job["path"]).status_code == status


def test_too_large_body_is_rejected(controlled: RunningSimulator) -> None:
    response = httpx.post(f"{controlled.url}/_simulator/jobs", content=b" " * ((1 << 20) + 1))

    assert (response.status_code, response.json()["errors"][0]["reason"]) == (
        413,
        "the body is larger than 1048576 bytes",
    )


def test_control_from_another_machine_requires_open_control(serve: Serve) -> None:
    simulator = Simulator([load(ROOT / "openapi/agent-platform.yaml")])

    def from_elsewhere(application: Any) -> Any:
        async def with_remote_client(scope: Any, receive: Any, send: Any) -> None:
            await application({**scope, "client": ("192.0.2.7", 4711)}, receive, send)

        return with_remote_client

    closed = httpx.get(serve(from_elsewhere(ControlledSimulator(simulator))) + "/_simulator")
    opened = httpx.get(serve(from_elsewhere(ControlledSimulator(simulator, open_to_all=True))) + "/_simulator")

    assert (closed.status_code, opened.status_code) == (403, 200)
    assert "--open-control" in closed.json()["errors"][0]["reason"]


def test_control_api_returns_no_credential(serve: Serve) -> None:
    environment = {"AGENT_PLATFORM_API_KEY": "canary-key"}
    simulator = Simulator([load(ROOT / "openapi/agent-platform.yaml")], SimulatorSettings(environment=environment))
    url = serve(ControlledSimulator(simulator))
    httpx.get(url + simulated_path("agent-platform", "get_dock_status", "x"), headers={"x-api-key": "canary-key"})

    for path in ("", "/jobs", "/requests", "/faults", "/clock"):
        assert "canary" not in httpx.get(f"{url}/_simulator{path}").text


def test_every_documented_operation_has_a_handler() -> None:
    operations = control_document().operations

    assert [o.id for o in operations if not callable(getattr(ControlOperations, o.id, None))] == []


def test_documented_faults_are_those_of_the_simulator() -> None:
    assert set(control_document().data["components"]["schemas"]["FaultKind"]["enum"]) == set(KINDS)


# The fixture, the command and the container


def test_fixture_starts_in_under_a_second_and_returns_control(job_status_simulator: RunningSimulator) -> None:
    with run_simulator(ROOT / "openapi"):
        pass
    began = time.monotonic()
    with run_simulator(ROOT / "openapi") as started:
        took = time.monotonic() - began
        assert isinstance(started, Control)

    job = job_status_simulator.create_job(api=API, after=[[0, "IN_PROGRESS"], [60, "SUCCESS"]])
    with AgentPlatform(job_status_simulator.base_url(API), **job_status_simulator.credentials[API]) as api:
        assert api.get_dock_status(job["id"]).status == "IN_PROGRESS"
        job_status_simulator.advance(60)
        assert api.wait_for_dock_status(job["id"]).status == "SUCCESS"
    credentials = job_status_simulator.credentials["opensearch-flow-framework"]
    with OpenSearchFlowFramework(job_status_simulator.base_url("opensearch-flow-framework"), **credentials) as flow:
        assert flow.get_workflow_status("d6WKB6IBR8spXwU9M5eD").workflow_id == "d6WKB6IBR8spXwU9M5eD"
    assert took < 1


def simulate(*options: str) -> subprocess.Popen[str]:
    """Start the simulator as a process."""
    command = [sys.executable, "-m", "scripts.simulate", "--port", "0", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_process_is_controlled_and_stops_on_sigterm(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('[{"kind": "status", "status": 503, "times": 1}]')
    process = simulate("--faults", str(tmp_path / "faults.json"), "--speed", "0", "--duration", "20:0.5")
    assert process.stdout is not None
    url = process.stdout.readline().split()[1]
    control_line = process.stdout.readline()
    with Control(url) as control:
        job = control.create_job(api=API)
        assert httpx.get(url + job["path"]).status_code == 503
        assert control.faults()[0]["met"] == 1
        assert job["after"][-1][0] != 20
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=10)

    assert control_line == f"control: {url}/_simulator (from this machine only; --open-control allows others)\n"
    assert (process.returncode, errors) == (0, "")


def test_sigterm_cancels_delayed_responses_silently() -> None:
    process = simulate()
    assert process.stdout is not None
    url = process.stdout.readline().split()[1]
    with Control(url) as control:
        control.fault("latency", seconds=60)
        job = control.create_job(api=API)
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as waiting:
            waiting.sendall(f"GET {job['path']} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=10)

    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--duration", "soon"],
            "--duration: expected seconds, such as 20, or a median and a spread, such as 20:1.2, got 'soon'",
        ),
        (["--failures", "2"], "--failures: expected a share from 0 to 1, got 2"),
        (["--speed", "-1"], "--speed: expected 0 to 100000, got -1"),
        (["--faults", "/nowhere.json"], "/nowhere.json: "),
        (["--faults", "{file}"], "at 0/kind: "),
        (["--step", "-1"], "--step: expected 0 to 1000000000 seconds, got -1"),
        (["--request-log", "/nowhere/log"], "--request-log: "),
    ],
)
def test_invalid_option_is_rejected(options: list[str], message: str, tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"kind": "flood"}]')
    process = simulate(*(option.format(file=file) for option in options))
    _, errors = process.communicate(timeout=20)

    assert process.returncode == 2
    assert message in errors
    assert errors.count("\n") == 1


def test_port_in_use_is_reported_with_solution() -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        command = [sys.executable, "-m", "scripts.simulate", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; name another port, or 0" in done.stderr


def test_containerfile_copies_existing_files() -> None:
    text = (ROOT / "scripts/simulate/Containerfile").read_text(encoding="utf-8")
    copied = [name for line in text.splitlines() if line.startswith("COPY") for name in line.split()[1:-1]]

    assert copied
    assert all((ROOT / name).exists() for name in copied)
    command = json.loads(text[text.index("ENTRYPOINT") :].split(" ", 1)[1].splitlines()[0])
    assert command[0] == "job-status-simulator"
    help_text = subprocess.run(
        [sys.executable, "-m", "scripts.simulate", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert all(option in help_text for option in command[1:] if option.startswith("--"))
