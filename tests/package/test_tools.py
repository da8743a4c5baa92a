"""The installed tools alone, with documents of other APIs: every command works without a checkout."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT, Installed

# The client of the generated package starts jobs and waits for them, and records its requests.
WAIT = """
from job_status import MillCoBatch, wait_all
from job_status.mill import Order

with MillCoBatch(record="traffic.har") as api:
    jobs = [api.job(api.start_batch("north", body=Order(kilos=250.0))) for _ in range(3)]
    for outcome in wait_all(jobs, timeout=60):
        print(outcome.status.state)
"""
FIXTURE = """
def test_batch(job_status_simulator):
    job = job_status_simulator.create_job(api="mill", operation="get_batch", after=[[0, "milling"], [9, "ground"]])
    job_status_simulator.advance(10)
    assert job_status_simulator.jobs(api="mill", id=job["id"])[0]["state"] == "ground"
    assert set(job_status_simulator.credentials) == {"freight", "mill"}
"""
CONFTEST = """
import pathlib
import pytest

@pytest.fixture(scope="session")
def job_status_documents():
    return pathlib.Path(__file__).parent / "apis"
"""
TYPED = """
from pathlib import Path
from typing import assert_type

from job_status_tools.simulate.remote import RunningSimulator, run_simulator

with run_simulator(Path("apis")) as simulator:
    assert_type(simulator, RunningSimulator)
    assert_type(simulator.base_url("mill"), str)
"""


@pytest.fixture
def apis(tools: Installed) -> Path:
    """Copy documents of invented APIs, and one that a vendor publishes, into the folder of the tools."""
    folder = tools.home / "apis"
    shutil.copytree(ROOT / "tests" / "vendors", folder)
    return folder


@pytest.mark.extremes
def test_every_command_has_help(tools: Installed) -> None:
    commands = tools.run("job-status-tools", "--help").stdout.split("\n\n")[2].splitlines()

    assert len(commands) >= 9
    for line in commands:
        name = line.split()[0]
        done = tools.run("job-status-tools", name, "--help")
        assert done.stdout.startswith(f"usage: job-status-tools {name} "), done.stderr


def test_generated_client_waits_and_its_traffic_is_used(tools: Installed, apis: Path) -> None:
    assert tools.run("job-status-tools", "lint", "--openapi", "apis").returncode == 0
    done = tools.run("job-status-tools", "generate", "--openapi", "apis", "--out", "client")
    assert done.returncode == 0, done.stderr

    with tools.simulate("--openapi", "apis", "--speed", "50", "--failures", "0") as (_, variables):
        done = tools.run("python", "-c", WAIT, env={**variables, "PYTHONPATH": "client"})
    assert done.stdout == "ground\n" * 3, done.stderr

    for name, *arguments in (
        ("redact", "traffic.har", "shared.har"),
        ("verify", "--openapi", "apis", "--api", "mill", "--har", "shared.har", "--url", variables["MILL_URL"]),
        ("learn", "--openapi", "apis", "--api", "mill", "--out", "schedule.json", "shared.har"),
    ):
        done = tools.run("job-status-tools", name, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "get_batch" in (tools.home / "schedule.json").read_text(encoding="utf-8")


@pytest.mark.extremes
def test_a_wrong_document_is_rejected_with_its_line(tools: Installed, apis: Path) -> None:
    mill = apis / "mill.yaml"
    mill.write_text(mill.read_text(encoding="utf-8").replace("failure: [spilt]", "failure: [split]"), encoding="utf-8")

    done = tools.run("job-status-tools", "lint", "--openapi", "apis")

    assert done.returncode == 1
    assert "mill.yaml:" in done.stderr


def test_simulator_and_server_are_verified(tools: Installed, apis: Path) -> None:
    done = tools.run("job-status-tools", "verify", "--openapi", "apis", "--api", "mill", "--out", "simulated")
    assert done.returncode == 0, done.stdout + done.stderr

    with tools.simulate("--openapi", "apis", "--speed", "50") as (_, variables):
        options = ["--api", "mill", "--url", variables["MILL_URL"], "--out", "live"]
        done = tools.run("job-status-tools", "verify", "--openapi", "apis", *options, env=variables)

    assert done.returncode == 0, done.stdout + done.stderr
    for folder in ("simulated", "live"):
        report = json.loads((tools.home / folder / "verify.sarif").read_text(encoding="utf-8"))
        assert report["runs"][0]["results"] == []


def test_versions_of_a_document_are_compared(tools: Installed, apis: Path) -> None:
    newer = tools.home / "newer"
    shutil.copytree(apis, newer)
    mill = newer / "mill.yaml"
    mill.write_text(mill.read_text(encoding="utf-8").replace("spilt", "spilled"), encoding="utf-8")

    assert tools.run("job-status-tools", "compare", "apis", "apis").returncode == 0
    done = tools.run("job-status-tools", "compare", "apis", "newer")

    assert "wait breaks" in done.stdout, done.stderr
    assert done.returncode == 1


def test_lifecycles_are_exported(tools: Installed, apis: Path) -> None:
    for name in ("arazzo", "speakeasy"):
        done = tools.run("job-status-tools", "export", "--openapi", "apis", "--format", name, "--out", name)
        assert done.returncode == 0, done.stderr
        assert any(path.stem.startswith("mill") for path in (tools.home / name).iterdir())


@pytest.mark.parametrize("way", ["setting", "fixture"])
def test_pytest_fixture_takes_documents_of_ones_own(tools: Installed, apis: Path, way: str) -> None:
    (tools.home / "test_it.py").write_text(FIXTURE, encoding="utf-8")
    setting = "[pytest]\njob_status_documents = apis\n" if way == "setting" else "[pytest]\n"
    (tools.home / "pytest.ini").write_text(setting, encoding="utf-8")
    if way == "fixture":
        (tools.home / "conftest.py").write_text(CONFTEST, encoding="utf-8")

    done = tools.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")

    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.extremes
def test_schemathesis_runs_the_checks(tools: Installed, apis: Path) -> None:
    (tools.home / "schemathesis.toml").write_text(
        'hooks = "job_status_tools.verify.checks.schemathesis_plugin"\n', encoding="utf-8"
    )
    with tools.simulate("--openapi", "apis") as (_, variables):
        arguments = ["run", str(apis / "mill.yaml"), "--url", variables["MILL_URL"], "--max-examples", "1"]
        done = tools.run("st", *arguments, "--phases", "examples", "-H", f"Cookie: sid={variables['MILL_SID']}")

    assert "Traceback" not in done.stdout + done.stderr
    assert "Examples" in done.stdout, done.stdout + done.stderr


@pytest.mark.extremes
def test_types_of_the_tools_are_seen_from_outside(tools: Installed, apis: Path, pyright: list[str]) -> None:
    (tools.home / "typed.py").write_text(TYPED, encoding="utf-8")

    done = tools.run("python", "typed.py")
    assert done.returncode == 0, done.stderr
    checked = subprocess.run(
        [*pyright, "--pythonpath", tools.program("python"), "typed.py"],
        cwd=tools.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
