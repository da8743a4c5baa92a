"""Tests that the simulator behaves as the documents say, in this process and as a command."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.document import Document, load
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock
from scripts.simulate.faults import Fault

from .bench import simulating
from .conftest import ENVIRONMENT, ROOT, Serve
from .paths import operation_in, simulated_path

DOCK = partial(simulated_path, "agent-platform", "get_dock_status")
PROCESS = partial(simulated_path, "ai-for-process", "get_dock_status")
UNDEPLOY = partial(simulated_path, "ai-for-process", "undeploy_model")
PUBLISH = partial(simulated_path, "ai-for-service", "get_publish_status")
WORKFLOW = partial(simulated_path, "opensearch-flow-framework", "get_workflow_status")
KEY = {"x-api-key": ENVIRONMENT["AGENT_PLATFORM_API_KEY"]}
PROCESS_KEY = {"x-api-key": ENVIRONMENT["AI_FOR_PROCESS_API_KEY"]}
TOKEN = {"auth": ENVIRONMENT["AI_FOR_SERVICE_JWT"]}
ADMIN = ("admin", "admin-password")
KNOWN = "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8"
COMPLETED = "d6WKB6IBR8spXwU9M5eD"


@pytest.fixture
def base(simulator: Simulator, serve: Serve) -> str:
    """Serve the simulator; return its URL."""
    return serve(simulator)


def poll_states(url: str, field: str, count: int, **options: Any) -> list[str]:
    """Return the states of successive polls."""
    return [httpx.get(url, **options).json()[field] for _ in range(count)]


def test_job_moves_from_pending_to_final_state_and_stays(base: str) -> None:
    seen = poll_states(base + DOCK(KNOWN), "status", 6, headers=KEY)

    assert seen[0] == "IN_PROGRESS"
    assert seen[-2:] == ["SUCCESS", "SUCCESS"]
    assert seen == sorted(seen)


def test_job_with_failed_example_fails(base: str) -> None:
    seen = poll_states(base + DOCK("ds-3e9a0d57-6b1c-5f82-8d40-1c7f9b2e5a63"), "status", 5, headers=KEY)

    assert (seen[0], seen[-1]) == ("IN_PROGRESS", "FAILED")


def test_not_started_job_stays_not_started(base: str) -> None:
    assert set(poll_states(base + WORKFLOW("X6WJB6IBR8spXwU96JdH"), "state", 5, auth=ADMIN)) == {"NOT_STARTED"}


@pytest.mark.parametrize(
    ("model", "key", "announced", "first"),
    [
        ("cm-77xxxxxb-exx9-5xxc-8xx6-52xxxxxxxxx1", "dock-statusId", "SUCCESS", "SUCCESS"),
        ("cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380", "dockStatusId", "IN_PROGRESS", "IN_PROGRESS"),
        ("cm-5f0a7c3e-92d1-5b64-8e07-3a9c1d5f2b46", "dock-statusId", "FAILED", "FAILED"),
    ],
)
def test_undeployment_starts_job_that_dock_status_reports(
    base: str, model: str, key: str, announced: str, first: str
) -> None:
    started = httpx.post(base + UNDEPLOY(model), headers=PROCESS_KEY).json()
    status = httpx.get(base + PROCESS(started[key]), headers=PROCESS_KEY).json()

    assert (started["modelId"], started["status"]) == (model, announced)
    assert status == {
        "_id": started[key],
        "modelId": model,
        "jobType": "MODELS",
        "action": "UNDEPLOY",
        "status": first,
    }


def test_started_jobs_have_unique_ids(base: str) -> None:
    url = base + UNDEPLOY("cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380")
    ids = [httpx.post(url, headers=PROCESS_KEY).json()["dockStatusId"] for _ in range(20)]

    assert len(set(ids)) == 20


def test_progress_never_decreases_and_is_100_only_on_success(base: str) -> None:
    url = base + PUBLISH("st-5c0d94e2-7f1b-5a36-8e2d-90b7c3f1a648")
    bodies = [httpx.get(url, headers=TOKEN).json() for _ in range(6)]
    progress = [body["percentageComplete"] for body in bodies]

    assert progress == sorted(progress)
    assert [value == 100 for value in progress] == [body["status"] == "successful" for body in bodies]
    assert bodies[-1]["requestedTime"] <= bodies[-1]["initiatedOn"] <= bodies[-1]["lastModifiedOn"]
    assert len({(body["_id"], body["createdBy"], body["requestedTime"]) for body in bodies}) == 1


def test_brief_view_is_subset_of_full_view(base: str) -> None:
    url = base + WORKFLOW(COMPLETED)
    for _ in range(3):
        brief = httpx.get(url, auth=ADMIN).json()
        full = httpx.get(url, params={"all": "true"}, auth=ADMIN).json()
        assert set(brief) <= {"workflow_id", "error", "state", "resources_created"}
        assert {"provisioning_progress", "provision_start_time"} <= set(full)
    pairs = {"PROVISIONING": "IN_PROGRESS", "COMPLETED": "DONE"}
    assert full["provisioning_progress"] == pairs[full["state"]]
    assert isinstance(full["provision_start_time"], int)


# Method, path, headers, basic credentials, expected status and expected text of the response.
ERROR_SCENARIOS: dict[str, tuple[str, str, dict[str, str], tuple[str, str] | None, int, str]] = {
    "no key": ("GET", DOCK(KNOWN), {}, None, 401, "API key is missing"),
    "a wrong key": ("GET", DOCK(KNOWN), {"x-api-key": "agent-key2"}, None, 401, "Invalid API key"),
    "an empty key": ("GET", DOCK(KNOWN), {"x-api-key": ""}, None, 401, "Invalid API key"),
    "an unknown job": ("GET", DOCK("ds-nothing"), KEY, None, 404, "Not found"),
    "an unknown model": ("POST", UNDEPLOY("cm-none"), PROCESS_KEY, None, 404, "Not found"),
    "an unknown bot": ("GET", PUBLISH("st-none"), TOKEN, None, 400, "Invalid StreamId"),
    "no token": ("GET", PUBLISH("st-none"), {}, None, 401, "Invalid SDK credentials"),
    "an unsupported method": ("PUT", PUBLISH("st-1"), TOKEN, None, 405, "Method Not Allowed"),
    "an invalid flag": (
        "GET",
        f"{WORKFLOW(COMPLETED)}?all=banana",
        {},
        ADMIN,
        400,
        "Failed to parse value",
    ),
    "an unknown flag": ("GET", f"{WORKFLOW(COMPLETED)}?foo=1", {}, ADMIN, 400, "unrecognized parameter"),
    "no password": ("GET", WORKFLOW(COMPLETED), {}, None, 401, "Unauthorized"),
    "a wrong password": ("GET", WORKFLOW(COMPLETED), {}, ("admin", "x"), 401, "Unauthorized"),
    "undecodable basic credentials": (
        "GET",
        WORKFLOW(COMPLETED),
        {"authorization": "Basic %%"},
        None,
        401,
        "Unauthorized",
    ),
    "an unknown workflow": ("GET", WORKFLOW("a/b"), {}, ADMIN, 404, "Fail to find workflow status of a/b"),
    "a posted status": ("POST", WORKFLOW(COMPLETED), {}, ADMIN, 405, "Incorrect HTTP method"),
    "another path": ("GET", "/agent-platform/elsewhere", {}, None, 404, "this simulator serves /agent-platform"),
}


@pytest.mark.parametrize("scenario", ERROR_SCENARIOS)
def test_error_response_is_as_documented(base: str, documents: dict[str, Document], scenario: str) -> None:
    method, path, headers, auth, status, text = ERROR_SCENARIOS[scenario]

    response = httpx.request(method, base + path, headers=headers, auth=auth)

    assert response.status_code == status
    assert text in response.text
    if status == 405:
        assert response.headers["allow"] == "GET"
    if "json" in response.headers["content-type"]:
        document = documents[path.split("/")[1]]
        operation = document.operation(operation_in(path))
        documented = next(documented for documented in operation.responses if documented.status == str(status))
        assert document.validator(documented.media_types[0].schema).is_valid(response.json())


def test_missing_basic_credential_returns_authentication_scheme(base: str) -> None:
    response = httpx.get(base + WORKFLOW(COMPLETED))

    assert response.headers["www-authenticate"] == 'Basic realm="OpenSearch Security"'
    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(("path", "status"), [(DOCK(KNOWN), 403), (PUBLISH("st-none"), 401)])
def test_credential_without_scope_is_rejected_as_documented(
    documents: dict[str, Document], serve: Serve, path: str, status: int
) -> None:
    environment = {"AGENT_PLATFORM_API_KEY_WITHOUT_SCOPE": "small", "AI_FOR_SERVICE_JWT_WITHOUT_SCOPE": "small"}
    base = serve(Simulator(documents.values(), SimulatorSettings(environment={**ENVIRONMENT, **environment})))

    response = httpx.get(base + path, headers={"x-api-key": "small", "auth": "small"})

    assert response.status_code == status
    assert "Permission denied" in response.text


def test_disabled_api_responds_as_documented(documents: dict[str, Document], serve: Serve) -> None:
    disabled = frozenset({"opensearch-flow-framework"})
    base = serve(Simulator(documents.values(), SimulatorSettings(environment=ENVIRONMENT, disabled=disabled)))

    response = httpx.get(base + WORKFLOW(COMPLETED), auth=ADMIN)
    invalid = httpx.get(base + WORKFLOW(COMPLETED), params={"all": "banana"}, auth=ADMIN)

    assert (response.status_code, invalid.status_code) == (403, 400)
    assert "This API is disabled" in response.json()["error"]


def test_stages_respond_in_documented_order(documents: dict[str, Document], serve: Serve) -> None:
    stem = "opensearch-flow-framework"
    variable = documents[stem].environment_variable("basic_auth")
    environment = {variable: "admin:full", f"{variable}_WITHOUT_SCOPE": "admin:small"}
    fault = Fault("status", status=503, times=1)
    settings = SimulatorSettings(environment=environment, disabled=frozenset({stem}), faults=(fault,))
    base = serve(Simulator(documents.values(), settings))

    def get(job: str, password: str, **query: str) -> tuple[int, str]:
        response = httpx.get(base + WORKFLOW(job), auth=("admin", password), params=query)
        return response.status_code, response.text

    # Each request has one fault less than the one before it.
    gateway = get("none", "wrong", all="banana")
    credential = get("none", "wrong", all="banana")
    parameters = get("none", "small", all="banana")
    disabled = get("none", "small")
    settings.disabled = frozenset()
    scope, job, accepted = get("none", "small"), get("none", "full"), get(COMPLETED, "full")

    assert [status for status, _ in (gateway, credential, parameters, disabled)] == [503, 401, 400, 403]
    assert "This API is disabled" in disabled[1]
    assert [status for status, _ in (scope, job, accepted)] == [403, 404, 200]
    assert "This API is disabled" not in scope[1]


def test_environment_is_read_once(documents: dict[str, Document], serve: Serve) -> None:
    environment = {**ENVIRONMENT, "AGENT_PLATFORM_DOCK_STATUS_ID": "ds-mine"}
    settings = SimulatorSettings(environment=environment)
    environment |= {"AGENT_PLATFORM_DOCK_STATUS_ID": "ds-later", "AGENT_PLATFORM_API_KEY": "later"}
    base = serve(Simulator(documents.values(), settings))

    assert [httpx.get(base + DOCK(job), headers=KEY).status_code for job in ("ds-mine", "ds-later")] == [200, 404]
    assert ENVIRONMENT["AGENT_PLATFORM_API_KEY"] not in repr(settings)


def test_optional_credential_is_required_only_if_environment_sets_one(
    documents: dict[str, Document], serve: Serve
) -> None:
    base = serve(Simulator(documents.values(), SimulatorSettings()))

    assert httpx.get(base + WORKFLOW(COMPLETED)).status_code == 200
    assert httpx.get(base + DOCK(KNOWN)).status_code == 401


def test_id_from_environment_exists(documents: dict[str, Document], serve: Serve) -> None:
    environment = {**ENVIRONMENT, "AGENT_PLATFORM_DOCK_STATUS_ID": "ds-mine", "AI_FOR_PROCESS_MODEL_ID": "cm-mine"}
    base = serve(Simulator(documents.values(), SimulatorSettings(environment=environment)))

    assert httpx.get(base + DOCK("ds-mine"), headers=KEY).json()["_id"] == "ds-mine"
    started = httpx.post(base + UNDEPLOY("cm-mine"), headers=PROCESS_KEY).json()
    assert (started["modelId"], started["status"]) == ("cm-mine", "IN_PROGRESS")


def test_status_of_every_known_job_matches_schema(base: str, documents: dict[str, Document]) -> None:
    for stem, document in documents.items():
        for operation in document.operations:
            if not operation.job:
                continue
            parameter = operation.parameters_in("path")[0]
            validator = document.validator(operation.success.media_types[0].schema)
            for value in parameter.known_values:
                url = base + simulated_path(stem, operation.id, value)
                for _ in range(5):
                    response = httpx.get(
                        url, headers={**KEY, **TOKEN, **({} if stem != "ai-for-process" else PROCESS_KEY)}, auth=ADMIN
                    )
                    assert response.status_code == 200, response.text
                    assert validator.is_valid(response.json()), response.text


def test_options_and_head_return_allowed_methods(base: str) -> None:
    options = httpx.options(base + DOCK(KNOWN), headers=KEY)
    head = httpx.head(base + WORKFLOW(COMPLETED), auth=ADMIN)

    assert (options.status_code, options.headers["allow"], options.content) == (200, "GET", b"")
    assert (head.status_code, head.content) == (405, b"")


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the simulator as a process; yield it with the lines that it has printed."""
    command = [sys.executable, "-m", "scripts.simulate", *arguments]
    running = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    lines: list[str] = []
    try:
        for line in running.stdout:
            lines.append(line.rstrip("\n"))
            if "curl" in line and "opensearch" in line:
                break
        yield running, lines
    finally:
        running.kill()
        running.wait()


def test_printed_curl_commands_work_and_sigterm_stops_process() -> None:
    with process("--port", "0") as (running, lines):
        curls = [line.strip() for line in lines if line.strip().startswith("curl")]
        outputs = [
            subprocess.run(
                ["bash", "-c", f"{line} -w ' %{{http_code}}'"], capture_output=True, text=True, check=True
            ).stdout
            for line in curls
        ]
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=10)

    assert len(curls) == 5
    assert [output[-3:] for output in outputs] == ["200"] * 5, outputs


def test_credential_from_environment_is_not_printed() -> None:
    with process("--port", "0", AGENT_PLATFORM_API_KEY="canary-key") as (_, lines):
        text = "\n".join(lines)

    assert "canary-key" not in text
    assert '"x-api-key: $AGENT_PLATFORM_API_KEY"' in text


def test_port_in_use_is_reported() -> None:
    with process("--port", "0") as (_, lines):
        port = re.findall(r":(\d+)$", lines[0])[0]
        command = [sys.executable, "-m", "scripts.simulate", "--port", port]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)

    assert second.returncode == 2
    assert second.stderr.startswith(f"cannot listen on 127.0.0.1:{port}")


def test_unknown_name_in_disabled_option_is_rejected() -> None:
    command = [sys.executable, "-m", "scripts.simulate", "--disabled", "nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)

    assert done.returncode == 2
    assert re.search(r"--disabled: expected one of agent-platform, .*, got nothing$", done.stderr)


def test_invented_vendor_is_simulated_with_its_own_states(serve: Serve) -> None:
    document = load(ROOT / "tests/vendors/freight.yaml")
    environment = {"FREIGHT_ACCESS_TOKEN": "t0ken", "FREIGHT_PORTAL_KEY": "p0rtal"}
    base = (
        serve(Simulator([document], SimulatorSettings(environment=environment, clock=SteppingClock(0.5))))
        + "/freight/v2"
    )
    bearer = {"authorization": "Bearer t0ken"}

    started = httpx.post(f"{base}/plans/P-1001/dispatch", headers=bearer)
    number = started.json()["shipment"]["number"]
    bodies = [httpx.get(f"{base}/shipments/{number}", headers=bearer).json() for _ in range(8)]
    by_query = httpx.get(f"{base}/shipments/{number}", params={"portal-key": "p0rtal", "detail": "brief"})

    assert started.status_code == 202
    phases = [body["shipment"]["phase"] for body in bodies]
    assert list(dict.fromkeys(phases)) == ["QUEUED", "MOVING", "DELIVERED"]
    assert [body["light"] for body in bodies] == [{"DELIVERED": "green"}.get(phase, "amber") for phase in phases]
    assert {body["shipment"]["number"] for body in bodies} == {number}
    assert bodies[-1]["crates"] == [{"at": {"phase": "THERE"}}]
    assert set(by_query.json()) == {"owner", "light", "shipment"}
    assert httpx.get(f"{base}/shipments/{number}").json() == {"fault": "who are you"}
    assert httpx.get(f"{base}/shipments/{number}", params={"page": "0"}, headers=bearer).status_code == 422
    assert httpx.get(f"{base}/shipments/SH-1", headers=bearer).status_code == 404


def test_request_log_contains_no_credential(documents: dict[str, Document], serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "requests.log"
    with path.open("w", encoding="utf-8") as log:
        base = serve(Simulator(documents.values(), SimulatorSettings(environment=ENVIRONMENT, log_file=log)))
        httpx.get(f"{base}{DOCK(KNOWN)}?x=1", headers=KEY)

    pattern = rf"GET {re.escape(DOCK(KNOWN))}\?x=1 200 \d+\.\d{{3}} pending\n"
    assert re.fullmatch(pattern, path.read_text(encoding="utf-8"))


def test_numeric_jobs_with_several_path_parameters_start_with_request_body(serve: Serve) -> None:
    document = load(ROOT / "tests/vendors/mill.yaml")
    simulator = Simulator([document], SimulatorSettings(environment={"MILL_SID": "s1d"}, clock=SteppingClock(1.0)))
    base, cookies = serve(simulator) + "/mill/plants/north/batches", {"cookie": "sid=s1d"}

    started = httpx.post(base, json={"kilos": 10}, headers=cookies)
    number = started.json()["batch"]
    states = [httpx.get(f"{base}/{number}", headers=cookies).json() for _ in range(5)]

    assert (started.status_code, type(number)) == (201, int)
    assert {body["batch"] for body in states} == {number}
    assert list(dict.fromkeys(body["state"] for body in states)) == ["waiting", "milling", "ground"]
    assert httpx.get(f"{base}/17", headers=cookies).json()["batch"] == 17
    assert httpx.post(base, json={"kilos": 0}, headers=cookies).json() == {"why": "what"}
    assert httpx.post(base, headers=cookies).status_code == 400
    assert httpx.get(f"{base}/17").json() == {"why": "who"}
    assert httpx.get(f"{base}/banana", headers=cookies).status_code == 400


def test_benchmark_skips_missing_prism(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulating, "ROOT", tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with simulating.run_prism() as port:
        assert port is None

    assert capsys.readouterr().out == "Prism: skipped, npm is missing or cannot install it\n"
