"""The README tells the truth: its commands and its code run."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.simulate import Controlled, Simulator

from .conftest import ENVIRONMENT, ROOT, Serve

README = (ROOT / "README.md").read_text(encoding="utf-8")
VERBS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> Iterator[str]:
    """Every shell command, continued lines joined."""
    for block in blocks("sh"):
        yield from block.replace("\\\n", " ").strip().splitlines()


def test_every_make_verb_of_the_readme_exists() -> None:
    named = {
        word
        for text in re.findall(r"make ([a-z ]+)", README)
        for word in text.split()
        if word in VERBS or word.islower()
    }

    assert {"verify", "test", "generate", "simulate", "check", "help"} <= named & (VERBS)
    for command in commands():
        words = [word for word in shlex.split(command) if "=" not in word]
        if words[0] == "make":
            assert set(words[1:]) <= VERBS, command


def test_the_first_call_runs_against_the_simulator(serve: Serve, simulator: Simulator, tmp_path: Path) -> None:
    program = blocks("python")[0]
    assert "http://127.0.0.1:8765" in program
    program = program.replace("http://127.0.0.1:8765", serve(simulator))
    program = program.replace("simulated-api-key-of-agent-platform", ENVIRONMENT["AGENT_PLATFORM_API_KEY"])

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "generated")},
        capture_output=True,
        text=True,
        check=False,
    )

    lines = done.stdout.splitlines()
    assert lines[0] == "IN_PROGRESS", done.stderr
    assert lines[1].startswith("get_dock_status: http://127.0.0.1:")
    assert lines[1].endswith(" answers 404: Not found")


def test_the_waits_run_against_the_simulator(serve: Serve, simulator: Simulator, tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "AI_FOR_PROCESS_URL": f"{serve(simulator)}/ai-for-process"}

    done = subprocess.run(
        [sys.executable, "-c", blocks("python")[1]],
        cwd=tmp_path,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT / "generated")},
        capture_output=True,
        text=True,
        check=False,
    )

    lines = done.stdout.splitlines()
    assert lines[:2] == ["SUCCESS", "get_dock_status ds-c65e0f15-d2bd-5a3f-9e1d-07f4b3c6a1e8 SUCCESS"], done.stderr
    assert ": FAILED after " in lines[2]


def test_the_async_call_runs_against_the_simulator(serve: Serve, simulator: Simulator, tmp_path: Path) -> None:
    environment = {
        "OPENSEARCH_URL": f"{serve(simulator)}/opensearch-flow-framework",
        "OPENSEARCH_PASSWORD": "admin-password",
    }

    done = subprocess.run(
        [sys.executable, "-c", blocks("python")[2]],
        cwd=tmp_path,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT / "generated")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "PROVISIONING\n", done.stderr


def test_the_fixture_s_test_passes(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(blocks("python")[3])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "scripts.simulate.plugin", "-p", "no:cacheprovider"]

    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path / "test_it.py")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'generated'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_simulator_is_told_what_the_curls_tell_it(serve: Serve, simulator: Simulator) -> None:
    url = serve(Controlled(simulator))
    answers = [
        subprocess.run(
            ["bash", "-c", command.replace("http://127.0.0.1:8765", url)], capture_output=True, text=True, check=True
        ).stdout
        for command in commands()
        if "/_simulator" in command
    ]

    job, fault, clock, requests, reset = answers
    assert json.loads(job)["jobs"][0]["path"] == "/ai-for-service/api/public/bot/st-mine/publish/status"
    assert json.loads(fault) == {"number": 1}
    assert json.loads(clock)["now"] > 0
    assert json.loads(requests) == {"requests": []}
    assert reset == ""


def test_every_kind_of_fault_is_named() -> None:
    from scripts.simulate.faults import KINDS

    assert all(f"`{kind}`" in README for kind in KINDS)


def test_the_made_up_credential_of_the_readme_is_the_simulator_s() -> None:
    program = blocks("python")[0]
    from scripts.document import load
    from scripts.simulate.credentials import credentials

    held = credentials(load(ROOT / "openapi/agent-platform.yaml"), {})

    assert held["api_key"].accepted in program


@pytest.mark.parametrize("command", [command for command in commands() if "example.ai" in command])
def test_the_commands_for_a_live_server_run(serve: Serve, simulator: Simulator, tmp_path: Path, command: str) -> None:
    url = f"{serve(simulator)}/agent-platform"
    assert "https://agent-platform.example.ai" in command
    command = command.replace("https://agent-platform.example.ai", url)
    command = command.replace(
        "AGENT_PLATFORM_API_KEY=...", f"AGENT_PLATFORM_API_KEY={ENVIRONMENT['AGENT_PLATFORM_API_KEY']}"
    )
    command = command.replace(
        "AGENT_PLATFORM_DOCK_STATUS_ID=...", "AGENT_PLATFORM_DOCK_STATUS_ID=ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8"
    )
    command = command.replace(".venv/bin/python", sys.executable)
    command += f" OUT={tmp_path}" if "make" in command else f" --out {tmp_path}"

    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [command for command in commands() if "OPENAPI=" in command])
def test_the_commands_for_documents_of_your_own_run(tmp_path: Path, command: str) -> None:
    command = command.replace("/path/to/documents", str(ROOT / "tests/vendors"))
    command = re.sub(r"OUT=\S+", f"OUT={tmp_path / 'out'}", command)

    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "out").iterdir())


def test_ci_runs_the_readme_s_own_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert [line for line in script.splitlines() if line.startswith("make")] == [
        "make check",
        "make verify",
        "make test",
    ]
    assert "bash .ci/run" in (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")
