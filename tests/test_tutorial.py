"""The tutorial works as it is written: each command and program in order, with the output that the page shows."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.simulate.remote import RunningSimulator, run_simulator

from .command.installed import install
from .conftest import ROOT
from .strict_mypy import strict_mypy

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
URL = "http://127.0.0.1:8765"
INSTALLATION = """\
python3 -m venv build/tutorial
build/tutorial/bin/pip install ./generated
export PATH="$PWD/build/tutorial/bin:$PATH"
"""
# What differs from run to run.
VARIABLE = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"ds-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"\d+\.\d s", "SECONDS"),
    (r"\d+ polls?", "POLLS"),
)
RUNNING = {f"TIME ai-for-process dock-status {job}: IN_PROGRESS" for job in ("ID", "ds-fails")}


def normalized(text: str) -> list[str]:
    """Return the lines of an output without what differs from run to run, those of stdout after those of stderr."""
    for pattern, replacement in VARIABLE:
        text = re.sub(pattern, replacement, text)
    return sorted(text.splitlines(), key=lambda line: not line.startswith(("TIME", "started")))


def speed() -> float:
    """Return the speed of the simulator that the first command of the page starts."""
    name, target, port, options = shlex.split(BLOCKS[0][1])
    assert (name, target, port) == ("make", "simulate", f"PORT={URL.rpartition(':')[2]}")
    return float(options.removeprefix("OPTIONS=--speed "))


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Run the simulator of the page."""
    with run_simulator(ROOT / "openapi", speed=speed()) as simulator:
        yield simulator


def test_tutorial_works_in_order(simulator: RunningSimulator, tmp_path: Path) -> None:
    (folder := tmp_path / "command").mkdir()
    installed = install(ROOT / "generated", folder)
    program = installed / "bin" / "python"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    environment = {
        "PATH": os.pathsep.join([str(installed / "bin"), os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(installed),
        "NO_PROXY": "127.0.0.1",
    }
    output = ""
    steps = [block for block in BLOCKS[1:] if block != ("sh", INSTALLATION)]
    assert len(steps) == len(BLOCKS) - 2
    for language, block in steps:
        if language == "text":
            printed, shown = normalized(output), normalized(block)
            # On a busy machine a job has ended before the first poll.
            assert [line for line in printed if line not in RUNNING] == [line for line in shown if line not in RUNNING]
            assert {line for line in printed if line in RUNNING} <= {line for line in shown if line in RUNNING}, output
        elif language == "python":
            (tmp_path / "undeploy.py").write_text(block, encoding="utf-8")
        elif block.startswith("export "):
            environment |= dict(line.removeprefix("export ").split("=", 1) for line in block.splitlines())
            environment = {name: value.replace(URL, simulator.url) for name, value in environment.items()}
        else:
            assert language == "sh"
            script = block.replace(URL, simulator.url)
            done = subprocess.run(
                ["bash", "-ec", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            output = done.stderr + done.stdout


def test_credential_of_the_page_is_that_of_the_simulator(simulator: RunningSimulator) -> None:
    (key,) = re.findall(r"^export AI_FOR_PROCESS_API_KEY=(.*)", PAGE, re.MULTILINE)

    assert key in simulator.credentials["ai-for-process"].values()


def test_program_of_the_page_passes_strict_mypy(tmp_path: Path) -> None:
    (program,) = (block for language, block in BLOCKS if language == "python")
    (tmp_path / "undeploy.py").write_text(program, encoding="utf-8")

    done = strict_mypy(tmp_path, "undeploy.py")

    assert done.returncode == 0, done.stdout
