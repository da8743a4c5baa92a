"""The installed client alone: what README.md and docs/ show runs against the installed simulator, and is typed."""

import re
import subprocess
import sys

import pytest

from scripts.cli import EXIT_ERROR

from ..test_readme import (
    ASYNC_CALL,
    FIRST_CALL,
    LEARNED,
    MANY_JOBS,
    MODELS,
    RECORDING,
    WAITING,
    blocks,
    program,
)
from .conftest import Installed

Simulated = tuple[str, dict[str, str]]
TYPED = (FIRST_CALL, WAITING, LEARNED, MANY_JOBS, ASYNC_CALL, MODELS, RECORDING)
WRONG = "\nfrom job_status import AgentPlatform\nAgentPlatform().get_dock_status('ds-1').state\n"
# The package has optional dependencies, which are absent here.
ABSENT = "import importlib.util, sys; sys.exit(any(map(importlib.util.find_spec, ['rich', 'shtab', 'jwt', 'pip'])))"

SIGNED = """
from job_status import AIForService, UnauthorizedError
from job_status.credentials import AppToken

try:
    AIForService(jwt=AppToken("cs-1", "s" * 32, sub="me")).get_publish_status("st-1")
except UnauthorizedError:
    print("rejected")
"""


def test_environment_has_nothing_else(client: Installed) -> None:
    assert client.run("python", "-c", ABSENT).returncode == 0


def test_first_call_of_the_readme_runs(client: Installed, simulated: Simulated) -> None:
    source = program(FIRST_CALL).replace("http://127.0.0.1:8765", simulated[0])

    done = client.run("python", "-c", source)

    lines = done.stdout.splitlines()
    assert re.fullmatch("(IN_PROGRESS|SUCCESS) TOOLS", lines[0]), done.stderr
    assert lines[1].startswith("{'_id': 'ds-24a6f1c3-")
    assert lines[2].endswith(" returned 404: Not found")


def test_waits_of_the_readme_run(client: Installed, simulated: Simulated) -> None:
    done = client.run("python", "-c", program(WAITING), env=simulated[1])

    lines = done.stdout.splitlines()
    assert lines[0] == "SUCCESS", done.stderr
    assert lines[1].startswith("get_dock_status ds-c65e0f15-d2bd-5a3f-9e1d-07f4b3c6a1e8 DockStatus(")
    assert ": FAILED after " in lines[2]


@pytest.mark.extremes
@pytest.mark.parametrize(
    "block", [LEARNED, MANY_JOBS, ASYNC_CALL, MODELS, RECORDING], ids=lambda block: f"{block[0]}-{block[1]}"
)
def test_program_of_the_pages_runs(client: Installed, simulated: Simulated, block: tuple[str, int]) -> None:
    url, variables = simulated
    more = {
        "DOCK_STATUS_IDS": "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8",
        "OPENSEARCH_URL": f"{url}/opensearch-flow-framework",
        "OPENSEARCH_PASSWORD": "any",
    }

    done = client.run("python", "-c", program(block), env={**variables, **more})

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout or (client.home / "traffic.har").is_file()


def test_command_of_the_readme_runs(client: Installed, simulated: Simulated) -> None:
    command = blocks("README.md", "sh")[0].splitlines()[1]
    name, *arguments = command.split()

    done = client.run(name, *arguments, env=simulated[1])

    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"ds-\S+ SUCCESS\n", done.stdout)


def test_command_says_which_extra_it_needs(client: Installed) -> None:
    done = client.run("job-status", "completion", "bash")

    assert done.returncode == EXIT_ERROR
    assert "job-status[cli]" in done.stderr


def test_extras_are_used(client_with_extras: Installed, simulated: Simulated) -> None:
    done = client_with_extras.run("job-status", "completion", "bash")
    assert "complete " in done.stdout, done.stderr

    # The simulator accepts one token alone, and this one is signed.
    done = client_with_extras.run(
        "python", "-c", SIGNED, env={"AI_FOR_SERVICE_URL": simulated[1]["AI_FOR_SERVICE_URL"]}
    )
    assert done.stdout == "rejected\n", done.stderr


def test_programs_pass_mypy_and_a_wrong_one_does_not(client: Installed) -> None:
    _write_programs(client)
    python = client.program("python")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--python-executable", python, "."]

    done = subprocess.run(command, cwd=client.home, capture_output=True, text=True, check=False)

    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [line.split(":")[0] for line in errors] == ["wrong.py"], done.stdout + done.stderr
    assert "has no attribute" in errors[0]


@pytest.mark.extremes
def test_programs_pass_pyright_and_a_wrong_one_does_not(client: Installed, pyright: list[str]) -> None:
    _write_programs(client)
    command = [*pyright, "--pythonpath", client.program("python"), "."]

    done = subprocess.run(command, cwd=client.home, capture_output=True, text=True, check=False)

    errors = [line for line in done.stdout.splitlines() if " error: " in line]
    assert [line.split(":")[0].rpartition("/")[2] for line in errors] == ["wrong.py"], done.stdout + done.stderr
    assert "Cannot access attribute" in errors[0]


def _write_programs(client: Installed) -> None:
    for number, block in enumerate(TYPED):
        (client.home / f"program_{number}.py").write_text(program(block), encoding="utf-8")
    (client.home / "wrong.py").write_text(WRONG, encoding="utf-8")
