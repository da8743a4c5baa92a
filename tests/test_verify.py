"""Verification: it finds failures, reports their location, and reports what could not be checked."""

import contextlib
import importlib
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest import mock

import pytest

from scripts.document import Document, load
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock
from scripts.verify.__main__ import main
from scripts.verify.checks import CHECKS
from scripts.verify.local_constants import constants_kept, local_constants

from .conftest import ENVIRONMENT, ROOT, Serve
from .faulty_responses import FaultyServer, OutgoingResponse
from .network import Network, proxied
from .paths import operation_in


def verify(*arguments: str, out: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command of the verification in this process, which has imported everything already."""
    command = ["python -m scripts.verify", "--out", str(out), *arguments]
    inherited = {name: value for name, value in os.environ.items() if name != "ALLOW_WRITES"}
    output, errors = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {**inherited, **environment}, clear=True),
        mock.patch.object(sys, "argv", command),
        # The clocks of the test servers advance with each request.
        mock.patch("scripts.verify.scenarios.polling.POLL_INTERVAL", 0.001),
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        try:
            status = main()
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
    return subprocess.CompletedProcess(command, status, output.getvalue(), errors.getvalue())


def verify_in_a_process(*arguments: str, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the command of the verification as a process."""
    command = [sys.executable, "-m", "scripts.verify", "--out", str(out), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def accepted(operation: str) -> Callable[[OutgoingResponse], bool]:
    """Return a predicate for a 200 response of an operation."""
    return lambda response: (
        response.status == 200 and operation_in(response.path) == operation and response.method != "OPTIONS"
    )


def lower_case_status(response: OutgoingResponse) -> None:
    if accepted("get_dock_status")(response):
        response.body["status"] = response.body["status"].lower()


def workflow_id_as_number(response: OutgoingResponse) -> None:
    if accepted("get_dock_status")(response) and "workflowId" in response.body:
        response.body["workflowId"] = 17


def server_error(response: OutgoingResponse) -> None:
    if accepted("get_dock_status")(response):
        response.status = 500


def no_started_id(response: OutgoingResponse) -> None:
    if accepted("undeploy_model")(response):
        for name in ("dock-statusId", "dockStatusId"):
            response.body.pop(name, None)


def unresolvable_id(response: OutgoingResponse) -> None:
    if accepted("undeploy_model")(response):
        name = "dock-statusId" if "dock-statusId" in response.body else "dockStatusId"
        response.body[name] = "ds-00000000-1111-5222-8333-444444444444"


def undocumented_202(response: OutgoingResponse) -> None:
    if accepted("get_dock_status")(response):
        response.status = 202


def text_instead_of_json(response: OutgoingResponse) -> None:
    if accepted("get_dock_status")(response):
        response.content_type = "text/plain"


def unknown_id_is_known(response: OutgoingResponse) -> None:
    if response.status == 404 and operation_in(response.path) == "get_dock_status":
        response.status = 200
        response.body = {"_id": "ds-1", "jobType": "MODELS", "action": "DEPLOY", "status": "SUCCESS"}


def accepts_any_key(response: OutgoingResponse) -> None:
    if response.status == 401:
        unknown_id_is_known(response)
        response.status = 200
        response.body = {"_id": "ds-1", "jobType": "MODELS", "action": "DEPLOY", "status": "SUCCESS"}


# Each fault: the operation, one of the checks that must fail, and a part of the message.
FAULTS: dict[Callable[[OutgoingResponse], None], tuple[str, str, str]] = {
    lower_case_status: (
        "get_dock_status",
        "response_schema_conformance",
        r'/status is "(success|in_progress)": .* is not one of',
    ),
    workflow_id_as_number: (
        "get_dock_status",
        "response_schema_conformance",
        r'/workflowId is 17: 17 is not of type "string"',
    ),
    server_error: ("get_dock_status", "not_a_server_error", r"expected  no server error\n  got       500"),
    no_started_id: (
        "undeploy_model",
        "start_resolves",
        r"the id of the started job at /dock-statusId or /dockStatusId",
    ),
    unresolvable_id: ("undeploy_model", "start_resolves", r"get_dock_status knows the started job ds-00000000-1111"),
    undocumented_202: (
        "get_dock_status",
        "status_code_conformance",
        r"a documented status: 200, 400, 401, 403, 404, 429",
    ),
    text_instead_of_json: ("get_dock_status", "content_type_conformance", r"got       text/plain"),
    unknown_id_is_known: ("get_dock_status", "scenarios", r"expected  404: There is no such job"),
    accepts_any_key: ("get_dock_status", "ignored_auth", r"FAILED ai-for-process get_dock_status ignored_auth"),
}


@pytest.fixture
def faulty_server(simulator: Simulator, serve: Serve) -> Callable[[Callable[[OutgoingResponse], None]], str]:
    """Serve AI for Process with a fault; return its base URL."""
    return lambda change: serve(FaultyServer(simulator, change)) + "/ai-for-process"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_is_reported_with_status_1(
    faulty_server: Callable[[Callable[[OutgoingResponse], None]], str],
    tmp_path: Path,
    fault: Callable[[OutgoingResponse], None],
) -> None:
    operation, check, message = FAULTS[fault]

    done = verify(
        "--api", "ai-for-process", "--url", faulty_server(fault), "--profile", "full", out=tmp_path, **ENVIRONMENT
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"FAILED ai-for-process {operation} {check} (openapi/ai-for-process.yaml:" in done.stdout
    assert re.search(message, done.stdout), done.stdout
    assert "  expected  " in done.stdout
    assert "  replay    curl -s -i" in done.stdout


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "set a valid credential in AI_FOR_PROCESS_API_KEY"),
        (404, "set the id of an existing job in AI_FOR_PROCESS_DOCK_STATUS_ID"),
        (429, "too many requests; wait"),
    ],
)
def test_server_with_one_response_for_everything_is_inconclusive(
    faulty_server: Callable[[Callable[[OutgoingResponse], None]], str], tmp_path: Path, status: int, message: str
) -> None:
    def same_response(response: OutgoingResponse) -> None:
        response.status = status
        response.body = {}

    done = verify(
        "--api",
        "ai-for-process",
        "--url",
        faulty_server(same_response),
        "--profile",
        "full",
        out=tmp_path,
        **ENVIRONMENT,
    )

    assert done.returncode == 2
    assert message in done.stdout.splitlines()[1]
    assert "\nFAILED" not in done.stdout


def test_html_page_is_inconclusive(
    faulty_server: Callable[[Callable[[OutgoingResponse], None]], str], tmp_path: Path
) -> None:
    def page(response: OutgoingResponse) -> None:
        response.content_type, response.body, response.status = "text/html; charset=utf-8", b"<html>hello</html>", 200

    done = verify("--api", "ai-for-process", "--url", faulty_server(page), out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 2
    assert "returned 200 with an HTML page" in done.stdout.splitlines()[1]


def test_unreachable_server_is_inconclusive(tmp_path: Path) -> None:
    done = verify("--api", "agent-platform", "--url", "http://127.0.0.1:9", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 2
    assert "http://127.0.0.1:9 does not respond" in done.stdout.splitlines()[1]


def test_missing_credential_is_reported_before_any_request(tmp_path: Path) -> None:
    done = verify("--api", "agent-platform", "--url", "http://127.0.0.1:9", out=tmp_path, AGENT_PLATFORM_API_KEY="")

    assert done.returncode == 2
    assert "get_dock_status requires a credential; set AGENT_PLATFORM_API_KEY" in done.stdout


def test_expired_id_is_inconclusive(simulator: Simulator, serve: Serve, tmp_path: Path) -> None:
    url = serve(simulator) + "/agent-platform"

    done = verify(
        "--api", "agent-platform", "--url", url, out=tmp_path, AGENT_PLATFORM_DOCK_STATUS_ID="ds-old", **ENVIRONMENT
    )

    assert done.returncode == 2
    assert "the known id has expired" in done.stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--api", "nothing"],
            "--api: expected one of agent-platform, ai-for-process, ai-for-service, opensearch-flow-framework, got nothing",
        ),
        (["--url", "http://127.0.0.1:9"], "--url needs --api"),
        (["--api", "agent-platform", "--url", "example.ai"], "--url: expected a base URL like https://host"),
        (["--api", "agent-platform", "--url", ""], "--url: expected a base URL like https://host, got an empty string"),
        (["--openapi", "tests"], "contains no *.yaml, *.yml or *.json document"),
    ],
)
def test_invalid_argument_is_rejected(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = verify(*arguments, out=tmp_path)

    assert done.returncode == 2
    assert message in done.stderr


class MethodRecorder:
    """An ASGI application that records the methods of the requests."""

    def __init__(self, application: Simulator) -> None:
        self.application = application
        self.methods: list[str] = []

    async def __call__(self, scope: dict[str, str], receive: object, send: object) -> None:
        self.methods.append(scope["method"])
        await self.application(scope, receive, send)  # type: ignore[arg-type]


@pytest.mark.parametrize("stem", ["agent-platform", "ai-for-process", "ai-for-service", "opensearch-flow-framework"])
def test_live_run_on_a_conforming_server_succeeds_with_reads_only(
    simulator: Simulator, serve: Serve, tmp_path: Path, stem: str
) -> None:
    recorder = MethodRecorder(simulator)

    done = verify("--api", stem, "--url", f"{serve(recorder)}/{stem}", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 0, done.stdout
    assert set(recorder.methods) == {"GET"}
    assert len(recorder.methods) <= 45
    if stem == "ai-for-process":
        assert "not checked: undeploy_model is a POST; set ALLOW_WRITES=1 to send it" in done.stdout


def test_writes_are_sent_if_allowed(simulator: Simulator, serve: Serve, tmp_path: Path) -> None:
    recorder = MethodRecorder(simulator)
    url = f"{serve(recorder)}/ai-for-process"

    done = verify("--api", "ai-for-process", "--url", url, out=tmp_path, ALLOW_WRITES="1", **ENVIRONMENT)

    assert done.returncode == 0, done.stdout
    assert set(recorder.methods) == {"GET", "POST"}


def test_server_that_lags_behind_its_document_fails(
    documents: Mapping[str, Document], serve: Serve, tmp_path: Path
) -> None:
    running = serve(Simulator(documents.values(), SimulatorSettings(environment=ENVIRONMENT, clock=SteppingClock(1.0))))
    folder = tmp_path / "openapi"
    folder.mkdir()
    text = documents["agent-platform"].path.read_text(encoding="utf-8")
    (folder / "agent-platform.yaml").write_text(text.replace("SUCCESS", "SUCCEEDED"), encoding="utf-8")

    done = verify(
        "--openapi",
        str(folder),
        "--api",
        "agent-platform",
        "--url",
        f"{running}/agent-platform",
        out=tmp_path,
        **ENVIRONMENT,
    )

    assert done.returncode == 1
    assert '/status is "SUCCESS"' in done.stdout


def test_requests_are_determined_by_the_seed(tmp_path: Path) -> None:
    logs = []
    for name, seed in (("one", "7"), ("two", "7"), ("three", "8")):
        done = verify_in_a_process("--seed", seed, out=tmp_path / name)
        assert done.returncode == 0, done.stdout
        assert f"seed {seed}" in done.stdout
        logs.append((tmp_path / name / "requests.log").read_bytes())

    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


def test_replay_repeats_the_failure_without_a_credential(
    faulty_server: Callable[[Callable[[OutgoingResponse], None]], str], tmp_path: Path
) -> None:
    done = verify(
        "--api",
        "ai-for-process",
        "--url",
        faulty_server(workflow_id_as_number),
        "--profile",
        "full",
        out=tmp_path,
        **ENVIRONMENT,
    )
    replay = next(line for line in done.stdout.splitlines() if line.startswith("  replay    ")).removeprefix(
        "  replay    "
    )
    again = subprocess.run(
        ["bash", "-c", replay], env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=True
    )
    reports = (tmp_path / "report.html").read_text("utf-8") + (tmp_path / "junit.xml").read_text("utf-8")

    assert json.loads(again.stdout.split("\n\n")[1])["workflowId"] == 17
    for secret in ("process-key",):
        assert secret not in done.stdout + done.stderr + reports
    assert "$AI_FOR_PROCESS_API_KEY" in replay


def test_junit_has_a_case_per_operation_and_check(
    faulty_server: Callable[[Callable[[OutgoingResponse], None]], str], tmp_path: Path
) -> None:
    verify(
        "--api",
        "ai-for-process",
        "--url",
        faulty_server(no_started_id),
        "--profile",
        "full",
        out=tmp_path,
        **ENVIRONMENT,
    )

    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")  # noqa: S314 - our own report

    assert suite is not None
    cases = {(case.get("classname"), case.get("name")): case for case in suite.findall("testcase")}
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert ("ai-for-process.undeploy_model", "start_resolves") in failed
    assert ("ai-for-process.undeploy_model", "response_schema_conformance") in failed
    assert all(name[0] == "ai-for-process.undeploy_model" for name in failed)
    assert cases["ai-for-process.get_dock_status", "start_resolves"].find("skipped") is not None
    assert int(suite.get("failures", "0")) == len(failed)


def test_sarif_and_annotations_have_the_line_of_the_clause(
    faulty_server: Callable[[Callable[[OutgoingResponse], None]], str], tmp_path: Path
) -> None:
    done = verify(
        "--api", "ai-for-process", "--url", faulty_server(lower_case_status), "--profile", "full",
        out=tmp_path, **ENVIRONMENT, GITHUB_ACTIONS="true",
    )  # fmt: skip
    log = json.loads((tmp_path / "verify.sarif").read_text(encoding="utf-8"))["runs"][0]

    found = next(r for r in log["results"] if r["ruleId"] == "response_schema_conformance")
    place = found["locations"][0]["physicalLocation"]
    lines = (ROOT / place["artifactLocation"]["uri"]).read_text(encoding="utf-8").splitlines()
    assert place["artifactLocation"]["uri"] == "openapi/ai-for-process.yaml"
    assert lines[place["region"]["startLine"] - 1].strip() == "'200':"
    assert {rule["id"] for rule in log["tool"]["driver"]["rules"]} == {r["ruleId"] for r in log["results"]}
    assert log["invocations"][0] == {"executionSuccessful": True, "toolExecutionNotifications": []}
    line = place["region"]["startLine"]
    title = "title=ai-for-process get_dock_status response_schema_conformance::expected "
    assert f"::error file=openapi/ai-for-process.yaml,line={line},{title}" in done.stdout
    assert ENVIRONMENT["AI_FOR_PROCESS_API_KEY"] not in json.dumps(log) + done.stdout


def test_inconclusive_run_is_in_sarif_and_annotations(tmp_path: Path) -> None:
    done = verify(
        "--api", "agent-platform", "--url", "http://127.0.0.1:9", out=tmp_path, **ENVIRONMENT, GITHUB_ACTIONS="true"
    )
    log = json.loads((tmp_path / "verify.sarif").read_text(encoding="utf-8"))["runs"][0]

    assert done.returncode == 2
    assert log["invocations"][0]["executionSuccessful"] is False
    assert "::error title=agent-platform could not be checked::" in done.stdout


@pytest.mark.parametrize("options", [[], ["-v"]])
def test_table_of_checks_is_printed_if_verbose(tmp_path: Path, options: list[str]) -> None:
    done = verify("--api", "agent-platform", "--profile", "live", *options, out=tmp_path)
    names = {check.name for check in CHECKS}
    lines = done.stdout.splitlines()

    assert done.returncode == 0, done.stdout
    assert ({line.split()[0] for line in lines if line} >= names) is bool(options)
    assert [line for line in lines if line.startswith("agent-platform get_dock_status: ")]
    assert len(lines) < 10 or options


def test_page_has_no_external_resources(tmp_path: Path) -> None:
    verify("--api", "agent-platform", out=tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert "get_dock_status" in page
    assert "--api agent-platform" in page
    assert set(re.findall(r"""(?:src|href)="([^"]{,6})""", page)) == {"data:,", *re.findall(r'href="(#[^"]{,5})', page)}


def test_page_shows_timelines_and_coverage(tmp_path: Path) -> None:
    verify("--api", "opensearch-flow-framework", out=tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    cells = re.sub(r"\s*<[^>]*>\s*", "|", page)
    assert "YKWJB6IBR8spXwU96JeT: PROVISIONING → COMPLETED (" in page
    assert re.search(r"200\|+COMPLETED\|+state, provisioning_progress, provision_end[^|]*\|+[^|]+\|+all=true\|", cells)
    assert re.search(r"\|statuses\|+200, 400, 401, 403, 404, 405\|+406[,|]", cells)
    assert re.search(r"\|parameter all\|+left out, false, true\|+", cells)
    assert re.search(r"\|fields of 200\|+[^|]*/resources_created/\[\]/resource_id[^|]*\|+[^|]*/user/name", cells)


def test_unknown_vendors_are_generated_simulated_and_verified(tmp_path: Path) -> None:
    vendors = ROOT / "tests" / "vendors"
    command = [sys.executable, "-m", "scripts.generate", "--openapi", str(vendors), "--out", str(tmp_path / "client")]
    subprocess.run(command, cwd=ROOT, check=True)

    done = verify("--openapi", str(vendors), out=tmp_path / "reports")

    assert (tmp_path / "client/job_status/freight/api/shipments/get_shipment.py").is_file()
    assert done.returncode == 0, done.stdout
    assert "states seen QUEUED, MOVING, DELIVERED, RETURNED, LOST, HELD" in done.stdout
    assert re.search(
        r"^mill get_batch: \d+ checks, 0 failed; \d+ requests, \d+ accepted; "
        r"statuses seen 200, 4XX; states seen waiting, milling, ground, spilt$",
        done.stdout,
        re.MULTILINE,
    ), done.stdout
    assert load(vendors / "freight.yaml").class_name == "FreightOfNowhere"


@pytest.mark.parametrize("stem", ["ai-for-process", "opensearch-flow-framework"])
def test_network_errors_are_not_failures_of_the_server(
    simulator: Simulator, serve: Serve, tmp_path: Path, stem: str
) -> None:
    with proxied(serve(simulator), Network(seed=5, resets=0.03, bad_gateways=0.1, delay=0.005)) as (url, outcomes):
        done = verify("--api", stem, "--url", f"{url}/{stem}", "--profile", "full", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 0, done.stdout + done.stderr
    assert outcomes["reset"] > 3
    assert outcomes["bad gateway"] > 10
    assert re.search(
        r"\d+ requests succeeded only when resent .* \d+ with status 502, \d+ without a response", done.stdout
    )


def test_failure_is_found_despite_network_errors(simulator: Simulator, serve: Serve, tmp_path: Path) -> None:
    upstream = serve(FaultyServer(simulator, workflow_id_as_number))
    with proxied(upstream, Network(seed=5, resets=0.02, bad_gateways=0.1)) as (url, _):
        stem = "ai-for-process"
        done = verify("--api", stem, "--url", f"{url}/{stem}", "--profile", "full", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 1
    checks = set(re.findall(r"^FAILED ai-for-process \w+ (\w+)", done.stdout, re.MULTILINE))
    assert checks == {"response_schema_conformance"}


def test_repeated_gateway_error_is_a_failure_of_the_server(
    faulty_server: Callable[[Callable[[OutgoingResponse], None]], str], tmp_path: Path
) -> None:
    def bad_gateway(response: OutgoingResponse) -> None:
        if response.status == 404:
            response.status, response.body = 502, {}

    done = verify("--api", "ai-for-process", "--url", faulty_server(bad_gateway), out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 1
    assert "not_a_server_error" in done.stdout


def test_verification_ends_within_max_time(simulator: Simulator, serve: Serve, tmp_path: Path) -> None:
    began = time.monotonic()
    with proxied(serve(simulator), Network(delay=0.5)) as (url, _):
        stem = "ai-for-process"
        done = verify("--api", stem, "--url", f"{url}/{stem}", "--max-time", "4", out=tmp_path, **ENVIRONMENT)

    assert time.monotonic() - began < 15
    assert done.returncode == 2
    assert "stopped after 4 s, only partly checked; increase --max-time" in done.stdout


def test_closed_pipe_affects_neither_reports_nor_status(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m scripts.verify --out '{tmp_path}' | head -1; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)

    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
    assert (tmp_path / "verify.sarif").is_file()


def test_steps_are_shown_on_a_terminal(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "scripts.verify", "--api", "agent-platform", "--out", str(tmp_path / "out")]
    environment = {**os.environ, "TERM": "xterm"}

    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=slave, env=environment)
    os.close(slave)
    shown = os.read(master, 10_000).decode()
    os.close(master)

    steps = [step for step in shown.split("\r\x1b[2K") if step]
    assert steps == [
        f"agent-platform: {step}"
        for step in ("polling and starting jobs", "edge cases of get_dock_status", "generating requests")
    ]
    assert shown.endswith("\r\x1b[2K")
    assert b"\x1b" not in done.stdout


def test_modules_that_are_imported_during_a_run_do_not_change_the_requests(tmp_path: Path) -> None:
    constants = local_constants()
    known = set(constants.integers)
    (tmp_path / "constants_of_nobody.py").write_text("NUMBER = 918273645\n", encoding="utf-8")

    with constants_kept(constants), pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        patch.chdir(tmp_path)
        importlib.import_module("constants_of_nobody")

        assert local_constants() is constants
        assert set(local_constants().integers) == known
