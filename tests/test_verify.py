"""Verification finds what is wrong, says where, and claims nothing that it cannot judge."""

import contextlib
import io
import json
import os
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
from scripts.simulate import Settings, Simulator, SteppingClock
from scripts.verify.__main__ import main

from .conftest import ENVIRONMENT, ROOT, Serve
from .lies import Answer, Lie
from .network import Network, proxied


def verify(*arguments: str, out: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the verification as users do, but in this process, which has loaded everything already."""
    command = ["python -m scripts.verify", "--out", str(out), *arguments]
    surroundings = {name: value for name, value in os.environ.items() if name != "ALLOW_WRITES"}
    said, told = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {**surroundings, **environment}, clear=True),
        mock.patch.object(sys, "argv", command),
        # The clocks of the tests' servers move with the requests.
        mock.patch("scripts.verify.probe.PACE", 0.001),
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(told),
    ):
        try:
            status = main()
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
    return subprocess.CompletedProcess(command, status, said.getvalue(), told.getvalue())


def verify_in_a_process(*arguments: str, out: Path) -> subprocess.CompletedProcess[str]:
    """Runs the verification as users do."""
    command = [sys.executable, "-m", "scripts.verify", "--out", str(out), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def accepted(path: str) -> Callable[[Answer], bool]:
    """Whether an answer is a 200 to a path that holds a piece."""
    return lambda answer: answer.status == 200 and path in answer.path and answer.method != "OPTIONS"


def lower_case_status(answer: Answer) -> None:
    if accepted("/dock-status/")(answer):
        answer.body["status"] = answer.body["status"].lower()


def workflow_id_as_number(answer: Answer) -> None:
    if accepted("/dock-status/")(answer) and "workflowId" in answer.body:
        answer.body["workflowId"] = 17


def server_error(answer: Answer) -> None:
    if accepted("/dock-status/")(answer):
        answer.status = 500


def no_started_id(answer: Answer) -> None:
    if accepted("/undeploy")(answer):
        for name in ("dock-statusId", "dockStatusId"):
            answer.body.pop(name, None)


def unresolvable_id(answer: Answer) -> None:
    if accepted("/undeploy")(answer):
        name = "dock-statusId" if "dock-statusId" in answer.body else "dockStatusId"
        answer.body[name] = "ds-00000000-1111-5222-8333-444444444444"


def undocumented_202(answer: Answer) -> None:
    if accepted("/dock-status/")(answer):
        answer.status = 202


def text_instead_of_json(answer: Answer) -> None:
    if accepted("/dock-status/")(answer):
        answer.content_type = "text/plain"


def unknown_id_is_known(answer: Answer) -> None:
    if answer.status == 404 and "/dock-status/" in answer.path:
        answer.status = 200
        answer.body = {"_id": "ds-1", "jobType": "MODELS", "action": "DEPLOY", "status": "SUCCESS"}


def any_key_will_do(answer: Answer) -> None:
    if answer.status == 401:
        unknown_id_is_known(answer)
        answer.status = 200
        answer.body = {"_id": "ds-1", "jobType": "MODELS", "action": "DEPLOY", "status": "SUCCESS"}


# Each lie: the operation and one of the rules that must name it, and what the message must say.
LIES: dict[Callable[[Answer], None], tuple[str, str, str]] = {
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
    server_error: ("get_dock_status", "not_a_server_error", r"wanted  no server error\n  got     500"),
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
    text_instead_of_json: ("get_dock_status", "content_type_conformance", r"got     text/plain"),
    unknown_id_is_known: ("get_dock_status", "situations", r"wanted  404: There is no such job"),
    any_key_will_do: ("get_dock_status", "ignored_auth", r"FAILED ai-for-process get_dock_status ignored_auth"),
}


@pytest.fixture
def lying(simulator: Simulator, serve: Serve) -> Callable[[Callable[[Answer], None]], str]:
    """Serves AI for Process with a lie; gives its base URL."""
    return lambda change: serve(Lie(simulator, change)) + "/ai-for-process"


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_ends_with_1_and_is_named(
    lying: Callable[[Callable[[Answer], None]], str], tmp_path: Path, lie: Callable[[Answer], None]
) -> None:
    operation, rule, message = LIES[lie]

    done = verify("--api", "ai-for-process", "--url", lying(lie), "--profile", "full", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"FAILED ai-for-process {operation} {rule} (openapi/ai-for-process.yaml:" in done.stdout
    assert re.search(message, done.stdout), done.stdout
    assert "  wanted  " in done.stdout
    assert "  replay  curl -s -i" in done.stdout


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "another credential is wanted in AI_FOR_PROCESS_API_KEY"),
        (404, "name a job that exists in AI_FOR_PROCESS_DOCK_STATUS_ID"),
        (429, "too many requests; wait"),
    ],
)
def test_a_server_that_answers_everything_alike_cannot_be_judged(
    lying: Callable[[Callable[[Answer], None]], str], tmp_path: Path, status: int, said: str
) -> None:
    def everything(answer: Answer) -> None:
        answer.status = status
        answer.body = {}

    done = verify(
        "--api", "ai-for-process", "--url", lying(everything), "--profile", "full", out=tmp_path, **ENVIRONMENT
    )

    assert done.returncode == 2
    assert said in done.stdout.splitlines()[1]
    assert "\nFAILED" not in done.stdout


def test_an_html_page_cannot_be_judged(lying: Callable[[Callable[[Answer], None]], str], tmp_path: Path) -> None:
    def page(answer: Answer) -> None:
        answer.content_type, answer.body, answer.status = "text/html; charset=utf-8", b"<html>hello</html>", 200

    done = verify("--api", "ai-for-process", "--url", lying(page), out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 2
    assert "answers 200 with an HTML page" in done.stdout.splitlines()[1]


def test_a_server_that_does_not_answer_cannot_be_judged(tmp_path: Path) -> None:
    done = verify("--api", "agent-platform", "--url", "http://127.0.0.1:9", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 2
    assert "http://127.0.0.1:9 does not answer" in done.stdout.splitlines()[1]


def test_without_a_credential_nothing_is_sent(tmp_path: Path) -> None:
    done = verify("--api", "agent-platform", "--url", "http://127.0.0.1:9", out=tmp_path, AGENT_PLATFORM_API_KEY="")

    assert done.returncode == 2
    assert "get_dock_status asks for a credential; set AGENT_PLATFORM_API_KEY" in done.stdout


def test_an_expired_id_cannot_be_judged(simulator: Simulator, serve: Serve, tmp_path: Path) -> None:
    url = serve(simulator) + "/agent-platform"

    done = verify(
        "--api", "agent-platform", "--url", url, out=tmp_path, AGENT_PLATFORM_DOCK_STATUS_ID="ds-old", **ENVIRONMENT
    )

    assert done.returncode == 2
    assert "the known id has expired" in done.stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--api", "nothing"], "there is no document nothing; wanted one of agent-platform"),
        (["--url", "http://127.0.0.1:9"], "--url needs --api"),
        (["--api", "agent-platform", "--url", "example.ai"], "--url wants a base URL like https://host"),
        (["--openapi", "tests"], "holds no *.yaml document"),
    ],
)
def test_a_wrong_call_says_what_was_wanted(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = verify(*arguments, out=tmp_path)

    assert done.returncode == 2
    assert said in done.stderr


class Recorder:
    """An ASGI application that remembers the methods of what it was sent."""

    def __init__(self, application: Simulator) -> None:
        self.application = application
        self.methods: list[str] = []

    async def __call__(self, scope: dict[str, str], receive: object, send: object) -> None:
        self.methods.append(scope["method"])
        await self.application(scope, receive, send)  # type: ignore[arg-type]


@pytest.mark.parametrize("stem", ["agent-platform", "ai-for-process", "ai-for-service", "opensearch-flow-framework"])
def test_a_live_run_on_an_honest_server_is_green_and_only_reads(
    simulator: Simulator, serve: Serve, tmp_path: Path, stem: str
) -> None:
    recorder = Recorder(simulator)

    done = verify("--api", stem, "--url", f"{serve(recorder)}/{stem}", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 0, done.stdout
    assert set(recorder.methods) == {"GET"}
    assert len(recorder.methods) <= 45
    if stem == "ai-for-process":
        assert "not judged: undeploy_model is a POST; set ALLOW_WRITES=1 to have it sent" in done.stdout


def test_writes_are_sent_where_they_are_allowed(simulator: Simulator, serve: Serve, tmp_path: Path) -> None:
    recorder = Recorder(simulator)
    url = f"{serve(recorder)}/ai-for-process"

    done = verify("--api", "ai-for-process", "--url", url, out=tmp_path, ALLOW_WRITES="1", **ENVIRONMENT)

    assert done.returncode == 0, done.stdout
    assert set(recorder.methods) == {"GET", "POST"}


def test_a_document_that_moves_on_is_found_by_the_check_of_a_running_server(
    documents: Mapping[str, Document], serve: Serve, tmp_path: Path
) -> None:
    running = serve(Simulator(documents.values(), Settings(environment=ENVIRONMENT, clock=SteppingClock(1.0))))
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


def test_two_runs_of_one_seed_send_the_same_requests_and_another_seed_others(tmp_path: Path) -> None:
    logs = []
    for name, seed in (("one", "7"), ("two", "7"), ("three", "8")):
        done = verify_in_a_process("--seed", seed, out=tmp_path / name)
        assert done.returncode == 0, done.stdout
        assert f"seed {seed}" in done.stdout
        logs.append((tmp_path / name / "requests.log").read_bytes())

    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


def test_a_replay_repeats_the_failure_and_holds_no_credential(
    lying: Callable[[Callable[[Answer], None]], str], tmp_path: Path
) -> None:
    done = verify(
        "--api",
        "ai-for-process",
        "--url",
        lying(workflow_id_as_number),
        "--profile",
        "full",
        out=tmp_path,
        **ENVIRONMENT,
    )
    replay = next(line for line in done.stdout.splitlines() if line.startswith("  replay  ")).removeprefix("  replay  ")
    again = subprocess.run(
        ["bash", "-c", replay], env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=True
    )
    reports = (tmp_path / "report.html").read_text("utf-8") + (tmp_path / "junit.xml").read_text("utf-8")

    assert json.loads(again.stdout.split("\n\n")[1])["workflowId"] == 17
    for secret in ("process-key",):
        assert secret not in done.stdout + done.stderr + reports
    assert "$AI_FOR_PROCESS_API_KEY" in replay


def test_junit_has_a_case_per_operation_and_rule(
    lying: Callable[[Callable[[Answer], None]], str], tmp_path: Path
) -> None:
    verify("--api", "ai-for-process", "--url", lying(no_started_id), "--profile", "full", out=tmp_path, **ENVIRONMENT)

    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")  # noqa: S314 - our own report

    assert suite is not None
    cases = {(case.get("classname"), case.get("name")): case for case in suite.findall("testcase")}
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert ("ai-for-process.undeploy_model", "start_resolves") in failed
    assert ("ai-for-process.undeploy_model", "response_schema_conformance") in failed
    assert all(name[0] == "ai-for-process.undeploy_model" for name in failed)
    assert cases["ai-for-process.get_dock_status", "start_resolves"].find("skipped") is not None
    assert int(suite.get("failures", "0")) == len(failed)


def test_sarif_and_annotations_point_at_the_line_of_the_clause(
    lying: Callable[[Callable[[Answer], None]], str], tmp_path: Path
) -> None:
    done = verify(
        "--api", "ai-for-process", "--url", lying(lower_case_status), "--profile", "full",
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
    title = "title=ai-for-process get_dock_status response_schema_conformance::wanted "
    assert f"::error file=openapi/ai-for-process.yaml,line={line},{title}" in done.stdout
    assert ENVIRONMENT["AI_FOR_PROCESS_API_KEY"] not in json.dumps(log) + done.stdout


def test_what_cannot_be_judged_is_told_to_every_reader(tmp_path: Path) -> None:
    done = verify(
        "--api", "agent-platform", "--url", "http://127.0.0.1:9", out=tmp_path, **ENVIRONMENT, GITHUB_ACTIONS="true"
    )
    log = json.loads((tmp_path / "verify.sarif").read_text(encoding="utf-8"))["runs"][0]

    assert done.returncode == 2
    assert log["invocations"][0]["executionSuccessful"] is False
    assert "::error title=agent-platform cannot be judged::" in done.stdout


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    verify("--api", "agent-platform", out=tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert "get_dock_status" in page
    assert not re.search(r"(src|href)=", page)


def test_the_page_tells_each_job_as_it_was_polled_and_what_was_never_seen(tmp_path: Path) -> None:
    verify("--api", "opensearch-flow-framework", out=tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert "YKWJB6IBR8spXwU96JeT: PROVISIONING → COMPLETED (" in page
    assert "<td>all=true</td><td>200</td><td>COMPLETED</td><td>state, provisioning_progress, provision_end" in page
    assert "<th>statuses</th><td>200, 400, 401, 403, 404, 405, <s>406</s>" in page
    assert "<th>parameter all</th><td>left out, false, true</td>" in page
    assert "/resources_created/[]/resource_id" in page
    assert "<s>/user/name</s>" in page


def test_invented_vendors_are_generated_simulated_and_verified_without_a_change(tmp_path: Path) -> None:
    vendors = ROOT / "tests" / "vendors"
    command = [sys.executable, "-m", "scripts.generate", "--openapi", str(vendors), "--out", str(tmp_path / "client")]
    subprocess.run(command, cwd=ROOT, check=True)

    done = verify("--openapi", str(vendors), out=tmp_path / "reports")

    assert (tmp_path / "client/job_status/freight/api/shipments/get_shipment.py").is_file()
    assert done.returncode == 0, done.stdout
    assert "words seen QUEUED, MOVING, DELIVERED, RETURNED, LOST, HELD" in done.stdout
    assert "mill get_batch: statuses seen 200, 4XX; words seen waiting, milling, ground, spilt" in done.stdout
    assert load(vendors / "freight.yaml").class_name == "FreightOfNowhere"


@pytest.mark.parametrize("stem", ["ai-for-process", "opensearch-flow-framework"])
def test_faults_of_a_network_are_told_from_those_of_the_contract(
    simulator: Simulator, serve: Serve, tmp_path: Path, stem: str
) -> None:
    with proxied(serve(simulator), Network(seed=5, resets=0.03, bad_gateways=0.1, delay=0.005)) as (url, befallen):
        done = verify("--api", stem, "--url", f"{url}/{stem}", "--profile", "full", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 0, done.stdout + done.stderr
    assert befallen["reset"] > 3
    assert befallen["bad gateway"] > 10
    assert re.search(r"\d+ requests met a fault that was gone .* \d+ answered 502, \d+ not answered", done.stdout)


def test_a_contract_that_is_broken_is_found_through_a_faulty_network(
    simulator: Simulator, serve: Serve, tmp_path: Path
) -> None:
    lying = serve(Lie(simulator, workflow_id_as_number))
    with proxied(lying, Network(seed=5, resets=0.02, bad_gateways=0.1)) as (url, _):
        stem = "ai-for-process"
        done = verify("--api", stem, "--url", f"{url}/{stem}", "--profile", "full", out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 1
    rules = set(re.findall(r"^FAILED ai-for-process \w+ (\w+)", done.stdout, re.MULTILINE))
    assert rules == {"response_schema_conformance"}


def test_a_server_that_fails_every_time_is_not_excused_as_a_network(
    lying: Callable[[Callable[[Answer], None]], str], tmp_path: Path
) -> None:
    def unknown(answer: Answer) -> None:
        if answer.status == 404:
            answer.status, answer.body = 502, {}

    done = verify("--api", "ai-for-process", "--url", lying(unknown), out=tmp_path, **ENVIRONMENT)

    assert done.returncode == 1
    assert "not_a_server_error" in done.stdout


def test_a_verification_ends_in_the_time_that_it_is_given(simulator: Simulator, serve: Serve, tmp_path: Path) -> None:
    began = time.monotonic()
    with proxied(serve(simulator), Network(delay=0.5)) as (url, _):
        stem = "ai-for-process"
        done = verify("--api", stem, "--url", f"{url}/{stem}", "--max-time", "4", out=tmp_path, **ENVIRONMENT)

    assert time.monotonic() - began < 15
    assert done.returncode == 2
    assert "stopped after 4 s with part of it judged; give it more with --max-time" in done.stdout


def test_a_reader_who_leaves_early_has_the_reports_and_the_status(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m scripts.verify --out '{tmp_path}' | head -1; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)

    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
    assert (tmp_path / "verify.sarif").is_file()
