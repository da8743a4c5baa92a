"""The wheel of the tools, installed: every command works on documents outside the repository."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import httpx
import pytest

from .conftest import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(installed_tools: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Return a function that starts a command of the installed tools in a folder outside the repository."""
    shutil.copytree(ROOT / "tests/vendors", tmp_path / "apis")
    environment = {**os.environ, "PYTHONPATH": str(installed_tools)}

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def run(command: Callable[..., subprocess.Popen[str]], installed_tools: Path) -> Run:
    """Return a function that runs `job-status-tools` to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        process = command(str(installed_tools / "bin/job-status-tools"), *arguments)
        out, err = process.communicate(timeout=140)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return run


def test_lint_reports_a_wrong_job(run: Run, tmp_path: Path) -> None:
    assert run("lint", "--openapi", "apis").returncode == 0

    mill = tmp_path / "apis/mill.yaml"
    mill.write_text(
        mill.read_text(encoding="utf-8").replace("      x-job:\n", "      x-job:\n        final: [ground]\n")
    )
    done = run("lint", "--openapi", "apis")

    assert done.returncode == 1
    assert "x-job" in done.stderr
    assert "Traceback" not in done.stderr


def test_generated_client_is_that_of_the_repository(run: Run, tmp_path: Path) -> None:
    done = run("generate", "--openapi", "apis", "--out", "installed")
    own = [sys.executable, "-m", "scripts", "generate", "--openapi", str(tmp_path / "apis")]
    subprocess.run([*own, "--out", str(tmp_path / "repository")], cwd=ROOT, check=True)
    got, expected = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "installed", tmp_path / "repository")
    )

    assert done.returncode == 0, done.stderr
    assert got == expected
    assert "job_status/_client/polling/poller.py" in got
    assert b"Permission is hereby granted" in got["LICENSE"]
    assert run("generate", "--openapi", "apis", "--out", "installed", "--check").returncode == 0


def test_verification_of_the_simulator_passes(run: Run, tmp_path: Path) -> None:
    done = run("verify", "--openapi", "apis", "--api", "mill", "--out", "report")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "mill get_batch: " in done.stdout
    assert (tmp_path / "report/verify.sarif").is_file()


@pytest.mark.parametrize("program", ["job-status-tools simulate", "job-status-simulator"])
def test_simulator_serves_the_documents_of_the_wheel_by_default(
    command: Callable[..., subprocess.Popen[str]], installed_tools: Path, program: str
) -> None:
    script, *arguments = program.split()
    process = command(str(installed_tools / "bin" / script), *arguments, "--port", "0")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    page = httpx.get(lines[2].removeprefix("page: ").strip())
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)

    assert lines[0].startswith("simulator: http://127.0.0.1:")
    assert lines[4].startswith("Agent Platform: ")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "new EventSource(" in page.text
    assert process.returncode == 0


def test_fixture_of_the_simulator_is_registered(
    command: Callable[..., subprocess.Popen[str]], installed_tools: Path, tmp_path: Path
) -> None:
    (tmp_path / "test_it.py").write_text(
        "def test_it(job_status_simulator):\n"
        "    assert job_status_simulator.create_job(api='agent-platform')['id'].startswith('ds-')\n"
    )
    process = command("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "test_it.py")
    out, err = process.communicate(timeout=100)

    assert "1 passed" in out, out + err


def test_distribution_names_its_commands(installed_tools: Path) -> None:
    (distribution,) = metadata.distributions(path=[str(installed_tools)])

    assert {(entry.name, entry.value) for entry in distribution.entry_points} == {
        ("job-status-tools", "job_status_tools.__main__:run"),
        ("job-status-simulator", "job_status_tools.simulate.__main__:main"),
        ("job_status_simulator", "job_status_tools.simulate.plugin"),
    }
