"""The live tests, against a simulated node: what they report, that they clean up, and when they do not write."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from scripts.document import Document, load, read_file
from scripts.simulate import Simulator, SimulatorSettings
from scripts.simulate.durations import JobDistribution
from scripts.simulate.faults import Fault

from .conftest import ENVIRONMENT, ROOT, Serve
from .faulty_responses import FaultyServer, OutgoingResponse

STEM = "opensearch-flow-framework"
PASSWORD = ENVIRONMENT["OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH"].split(":")[1]


@pytest.fixture(scope="session")
def live_document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Return the product's document, extended with the other operations that the live tests call."""
    product = read_file(ROOT / "openapi" / f"{STEM}.yaml").data
    simulated = read_file(ROOT / "tests" / "live" / "simulated_operations.yaml").data
    path = tmp_path_factory.mktemp("documents") / f"{STEM}.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump({**product, "paths": {**product["paths"], **simulated["paths"]}}, file)
    return load(path)


class SimulatedNode:
    """A simulated node with a configurable duration and failure rate of provisionings."""

    def __init__(self, document: Document, serve: Serve) -> None:
        self._document, self._serve = document, serve

    def start(
        self, seconds: float = 1.0, failures: float = 0.0, change: Callable[[OutgoingResponse], None] | None = None
    ) -> str:
        """Serve the node and return its base URL.

        Args:
            seconds: the median duration of a provisioning.
            failures: the share of provisionings that fail, from 0 to 1.
            change: a modification of every response.
        """
        durations = JobDistribution(median=seconds, failures=failures)
        self.simulator = Simulator([self._document], SimulatorSettings(environment=ENVIRONMENT, distribution=durations))
        application: Any = WithClusterSettings(self.simulator)
        return self._serve(FaultyServer(application, change) if change else application) + f"/{STEM}"

    def request_count(self) -> int:
        """Return the number of received requests."""
        return sum(1 for _ in self.simulator.request_log.after(0))

    def workflows(self) -> list[str]:
        """Return the ids of all existing workflows."""
        jobs = self.simulator.jobs.of(STEM, "get_workflow_status")
        return [parameters["workflow_id"] for parameters, _ in jobs.states(0.0)]


@pytest.fixture
def node(live_document: Document, serve: Serve) -> SimulatedNode:
    """Return a node that is not yet started."""
    return SimulatedNode(live_document, serve)


class WithClusterSettings:
    """A simulated node whose cluster settings enable and disable the plugin."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].endswith("/_cluster/settings"):
            await self.simulator(scope, receive, send)
            return
        message = await receive()
        self.simulator.faults.clear()
        if b"false" in message["body"]:
            self.simulator.faults.add(Fault("example", value="disabled"))

        async def replay() -> Any:
            return message

        await self.simulator(scope, replay, send)


def start_live_tests(story: str, url: str, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Start the live tests in a process."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    given = {"API": STEM, "URL": url, "STORY": story, "ALLOW_WRITES": "1", **ENVIRONMENT, **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "tests/live", *options],
        cwd=ROOT,
        env={**inherited, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_live_tests(story: str, url: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the live tests in a process; return its output without the password, which it must not hold."""
    # The delay of detection depends on the load of this machine; test_recordings checks it with a virtual clock.
    running = start_live_tests(story, url, "--max-delay", "30", *options, **environment)
    output, _ = running.communicate(timeout=120)
    assert PASSWORD not in output
    assert "\x1b" not in output
    return subprocess.CompletedProcess(running.args, running.returncode, output)


@pytest.mark.parametrize(
    ("selected", "failures", "names"),
    [
        ("not failure", 0.0, ["noop[sync]", "noop[async]", "create_index[sync]", "create_index[async]", "disabled"]),
        ("failure", 1.0, ["failure[sync]", "failure[async]"]),
    ],
)
def test_live_tests_succeed_and_leave_no_resources(
    node: SimulatedNode, tmp_path: Path, selected: str, failures: float, names: list[str]
) -> None:
    url = node.start(failures=failures)
    before = node.workflows()

    done = run_live_tests("all", url, "-k", selected, f"--junitxml={tmp_path / 'junit.xml'}")

    assert done.returncode == 0, done.stdout
    assert re.findall(r"::test_(\S+) PASSED", done.stdout) == names
    assert node.workflows() == before
    report = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert PASSWORD not in report
    cases = ET.fromstring(report).iter("testcase")  # noqa: S314 - our own report
    states = {case.get("name"): [item.get("value") for item in case.iter("property")] for case in cases}
    for name in names:
        if name.startswith("noop"):
            assert states[f"test_{name}"] == ["NOT_STARTED → PROVISIONING → COMPLETED"]


def never_completed(response: OutgoingResponse) -> None:
    if "_status" in response.path and response.status == 200 and response.body["state"] == "COMPLETED":
        response.body["state"] = "PROVISIONING"


def progress_uses_state_values(response: OutgoingResponse) -> None:
    if "_status" in response.path and response.status == 200 and response.body.get("provisioning_progress") == "DONE":
        response.body["provisioning_progress"] = "COMPLETED"


has_completed: set[str] = set()


def leaves_completed(response: OutgoingResponse) -> None:
    if "_status" in response.path and response.status == 200 and response.body["state"] == "COMPLETED":
        if response.path in has_completed:
            response.body["state"] = "PROVISIONING"
        has_completed.add(response.path)


def state_is_repeated(response: OutgoingResponse) -> None:
    if "_status" in response.path and response.status == 200:
        response.body = f'{json.dumps(response.body)[:-1]}, "state": "{response.body["state"]}"}}'.encode()


def rejected_provisioning(response: OutgoingResponse) -> None:
    if response.path.endswith("_provision"):
        response.status, response.body = 400, {"error": "not today\x1b[2J"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rejected_provisioning, r'/_provision: expected status 200 or 202, got 400 \{"error": ?"not today'),
        (progress_uses_state_values, r"response_schema_conformance .*\n.*\n.*/provisioning_progress is"),
        (leaves_completed, r"terminal_is_final .*\n  expected  COMPLETED to stay\n  got       PROVISIONING after"),
        (state_is_repeated, r"strict_json .*\n.*\n  got       the name 'state' twice in one object"),
        (never_completed, r"JobTimeoutError: "),
    ],
)
def test_failure_is_reported_with_expected_and_actual_and_resources_are_cleaned_up(
    node: SimulatedNode, change: Callable[[OutgoingResponse], None], message: str
) -> None:
    url = node.start(change=change)
    before = node.workflows()

    done = run_live_tests("noop", url, "--wait-timeout", "2")

    assert done.returncode == 1, done.stdout
    assert re.search(message, done.stdout), done.stdout
    assert re.search(r"^FAILED tests/live/test_flow_framework.py::test_noop\[sync\]", done.stdout, re.MULTILINE), (
        done.stdout
    )
    assert re.search(r"^FAILED tests/live/test_flow_framework.py::test_noop\[async\]", done.stdout, re.MULTILINE), (
        done.stdout
    )
    assert node.workflows() == before


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"ALLOW_WRITES": "0"}, "they write to the server; set ALLOW_WRITES=1 to run noop"),
        ({"URL": ""}, "set URL to the base URL of a server"),
    ],
)
def test_live_tests_are_deselected_without_a_server_or_permission_to_write(
    node: SimulatedNode, environment: dict[str, str], reason: str
) -> None:
    done = run_live_tests("noop", **{"url": node.start(), **environment})

    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert f"live tests not run: {reason}" in done.stdout
    assert "7 deselected" in done.stdout
    assert node.request_count() == 0


def test_live_tests_do_not_run_in_parallel(node: SimulatedNode) -> None:
    done = run_live_tests("noop", node.start(), "-n", "2")

    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "live tests not run: one of them changes the settings of the whole cluster" in done.stdout
    assert node.request_count() == 0


def test_live_tests_are_not_collected_unless_named(node: SimulatedNode) -> None:
    url = node.start()
    command = [sys.executable, "-m", "pytest", "-n", "0", "--collect-only", "-q", "tests"]
    command += ["--ignore-glob", "*/tests/test_[!o]*.py"]
    environment = {**os.environ, **ENVIRONMENT, "URL": url, "ALLOW_WRITES": "1"}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert "tests/test_owned.py" in done.stdout
    assert "test_noop" not in done.stdout
    assert "live tests not run: name them" in done.stdout


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"STORY": "nothing"}, "STORY: expected one of create_index, disabled, failure, noop, all, got 'nothing'"),
        ({"API": "agent-platform"}, f"API: expected one of {STEM}, got 'agent-platform'"),
    ],
)
def test_unknown_test_is_rejected_with_the_list_of_tests(
    node: SimulatedNode, environment: dict[str, str], message: str
) -> None:
    done = run_live_tests(**{"story": "noop", "url": node.start(), **environment})

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert message in done.stdout
    assert node.request_count() == 0


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH": "admin:not-the-password"},
            "set a valid credential in OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH",
        ),
        ({"URL": "http://127.0.0.1:9"}, "http://127.0.0.1:9 does not respond"),
        ({"CA_FILE": "no-such-file.pem"}, "no-such-file.pem holds no certificates that can be read"),
    ],
)
def test_unusable_server_is_reported_once_before_any_write(
    node: SimulatedNode, environment: dict[str, str], message: str
) -> None:
    url = node.start()
    before = node.workflows()

    done = run_live_tests(**{"story": "all", "url": url, **environment})

    assert done.returncode == 2, done.stdout
    assert done.stdout.count(message) == 1, done.stdout
    assert " PASSED" not in done.stdout
    assert node.workflows() == before
    assert node.request_count() <= 1


@pytest.mark.parametrize(("kind", "number"), [("sync", signal.SIGTERM), ("async", signal.SIGINT)])
def test_terminated_wait_cleans_up(node: SimulatedNode, kind: str, number: signal.Signals) -> None:
    url = node.start(seconds=60)
    before = node.workflows()
    running = start_live_tests("noop", url, "-k", f"[{kind}]")
    wait_until(lambda: len(node.workflows()) > len(before))
    time.sleep(1.5)
    created = node.workflows()
    running.send_signal(number)
    output, _ = running.communicate(timeout=30)

    assert len(created) == len(before) + 1
    assert running.returncode == 2, output
    assert f"KeyboardInterrupt: stopped by {number.name}" in output
    assert node.workflows() == before


def test_ids_from_the_server_are_escaped_in_paths_and_shell_commands(node: SimulatedNode) -> None:
    def malicious_id(response: OutgoingResponse) -> None:
        paths.append(response.path)
        if response.status == 201:
            response.body["workflow_id"] = "../../a%2Fb?c#d$(touch x)"
        if response.status == 404:
            response.body = {"oops": "$(touch y)\x1b[2J"}

    paths: list[str] = []
    url = node.start(change=malicious_id)

    done = run_live_tests("noop", url)

    assert done.returncode == 1
    assert paths
    assert all("/_plugins/_flow_framework/workflow" in path for path in paths), paths
    replays = [line for line in done.stdout.splitlines() if "replay    curl" in line]
    assert replays, done.stdout
    assert not any(re.search(r"(?<!\\)\$\(touch", line) and "'" not in line for line in replays)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: str(number.name))
def test_signal_during_creation_is_handled_after_the_id_is_known(node: SimulatedNode, number: signal.Signals) -> None:
    creating = threading.Event()

    def slow_creation(response: OutgoingResponse) -> None:
        if response.method == "POST" and response.path.endswith("/workflow"):
            creating.set()
            time.sleep(1.5)

    url = node.start(seconds=60, change=slow_creation)
    before = node.workflows()
    running = start_live_tests("noop", url)
    assert creating.wait(30)
    running.send_signal(number)
    output, _ = running.communicate(timeout=30)

    assert running.returncode == 2, output
    assert "KeyboardInterrupt" in output
    assert node.workflows() == before, output


def test_live_tests_end_with_their_parent_process(node: SimulatedNode) -> None:
    """`make` passes its id; the live tests clean up after it has been killed."""
    url = node.start(seconds=60)
    before = node.workflows()
    command = ["sh", "-c", 'JOB_STATUS_ENDS_WITH=$$ "$@" > /dev/null & wait', "sh", sys.executable, "-m", "pytest"]
    environment = {**os.environ, **ENVIRONMENT, "URL": url, "STORY": "noop", "ALLOW_WRITES": "1"}
    parent = subprocess.Popen([*command, "tests/live"], cwd=ROOT, env=environment)
    wait_until(lambda: len(node.workflows()) > len(before))
    parent.kill()
    parent.wait()

    wait_until(lambda: node.workflows() == before)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: it does not hold within 30 seconds.
    """
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)
