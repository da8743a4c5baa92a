"""The checks module of the installed tools as hooks of `st run`: faulty servers are caught, conforming ones pass."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.simulate import Simulator
from scripts.verify.checks.http_standards import HttpCheck
from scripts.verify.checks.lifecycle import LifecycleCheck

from .conftest import ENVIRONMENT, ROOT, Serve
from .faulty_responses import FaultyServer, OutgoingResponse
from .paths import operation_in
from .test_lifecycle_checks import DOCK, PROCESS, changed_status

HOOKS = "job_status_tools.verify.checks.schemathesis_plugin"
NAMES = {check.name for kind in (LifecycleCheck, HttpCheck) for check in kind.registered()}
SEEDS = (1, 2, 3)
API = "agent-platform"
KEYS = {API: ENVIRONMENT["AGENT_PLATFORM_API_KEY"], PROCESS: ENVIRONMENT["AI_FOR_PROCESS_API_KEY"]}


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_schemathesis(tmp_path: Path, installed_tools: Path) -> Run:
    """Return a function that runs `st run` with default settings and the checks module of the wheel as only hooks."""
    (tmp_path / "schemathesis.toml").write_text(f'hooks = "{HOOKS}"\n', encoding="utf-8")

    def run(url: str, seed: int, stem: str = API) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("st")), "run", str(ROOT / f"openapi/{stem}.yaml")]
        command += ["--url", f"{url}/{stem}", "--seed", str(seed), "--no-color"]
        command += ["--header", f"x-api-key: {KEYS[stem]}"]
        environment = {**os.environ, "PYTHONPATH": str(installed_tools)}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=140
        )

    return run


def leaves_success(body: dict[str, Any], memory: dict[str, Any]) -> None:
    """Report another state of a job in the poll after each SUCCESS."""
    if memory.get("succeeded"):
        body["status"] = "IN_PROGRESS"
    memory["succeeded"] = body["status"] == "SUCCESS"


def fails_after_success(body: dict[str, Any], memory: dict[str, Any]) -> None:
    """Report the failure of a job from the second poll after a SUCCESS on."""
    if body["status"] == "SUCCESS":
        memory["successes"] = memory.get("successes", 0) + 1
    if memory.get("successes", 0) > 2:
        body["status"] = "FAILED"


def failed_checks(output: str) -> set[str]:
    """Return the names of the plugin's checks that failed."""
    return set(re.findall(r"Custom check failed: `(\w+)`", output)) & NAMES


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", [leaves_success, fails_after_success], ids=lambda fault: fault.__name__)
def test_job_that_leaves_success_is_caught(
    simulator: Simulator,
    serve: Serve,
    run_schemathesis: Run,
    fault: Callable[[dict[str, Any], dict[str, Any]], None],
    seed: int,
) -> None:
    done = run_schemathesis(serve(FaultyServer(simulator, changed_status(DOCK, fault))), seed)

    assert done.returncode == 1, done.stdout + done.stderr
    assert failed_checks(done.stdout) == {"terminal_is_final"}
    assert re.search(r"expected SUCCESS to stay\s+got (FAILED|IN_PROGRESS) after SUCCESS", done.stdout), done.stdout
    assert KEYS[API] not in done.stdout + done.stderr


def test_repeated_name_is_caught(simulator: Simulator, serve: Serve, run_schemathesis: Run) -> None:
    def duplicate_name(response: OutgoingResponse) -> None:
        if response.status == 200 and operation_in(response.path) == DOCK:
            response.body = b'{"status": "SUCCESS", "status": "SUCCESS"}'

    done = run_schemathesis(serve(FaultyServer(simulator, duplicate_name)), 1)

    assert done.returncode == 1
    assert "strict_json" in failed_checks(done.stdout)
    assert "the name 'status' twice in one object" in done.stdout


@pytest.mark.parametrize(("stem", "seed"), [*((API, seed) for seed in SEEDS), (PROCESS, 1)])
def test_conforming_server_passes(
    simulator: Simulator, serve: Serve, run_schemathesis: Run, stem: str, seed: int
) -> None:
    done = run_schemathesis(serve(simulator), seed, stem)

    assert done.returncode == 0, done.stdout + done.stderr
    assert failed_checks(done.stdout) == set()
