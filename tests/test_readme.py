"""The commands and the code of README.md and docs/ run."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from scripts.document import Document, load
from scripts.document.job import parse_job
from scripts.document.rules import SCENARIOS
from scripts.simulate import ControlledSimulator, Simulator, SimulatorSettings
from scripts.simulate.credentials import load_credentials
from scripts.simulate.faults import KINDS
from scripts.simulate.remote import RunningSimulator, run_simulator
from scripts.verify.traffic.check import check_traffic

from .command.installed import Command, connection, install
from .conftest import ENVIRONMENT, ROOT, Serve
from .paths import simulated_path
from .strict_mypy import strict_mypy

PAGES = {
    path.name: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
FIRST_CALL, WAITING = ("README.md", 0), ("README.md", 1)
LEARNED, MANY_JOBS = ("waiting.md", 0), ("waiting.md", 1)
ASYNC_CALL, MODELS = ("client.md", 0), ("client.md", 1)
FIXTURE, RECORDING = ("simulator.md", 0), ("traffic.md", 0)
Block = tuple[str, int]


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)


def program(block: Block) -> str:
    """Return a Python block."""
    page, index = block
    return blocks(page, "python")[index]


def commands() -> Iterator[str]:
    """Yield every shell command of every page, with continued lines joined."""
    for page in PAGES:
        for block in blocks(page, "sh"):
            yield from block.replace("\\\n", " ").strip().splitlines()


def run_program(source: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python program with the generated package."""
    return subprocess.run(
        [sys.executable, "-c", source],
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT / "generated")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_readme_is_short() -> None:
    assert len(PAGES["README.md"].splitlines()) < 120


def test_links_between_pages_exist() -> None:
    for page, text in PAGES.items():
        folder = ROOT if page == "README.md" else ROOT / "docs"
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (folder / target).is_file(), f"{page}: {target}"


def test_every_python_block_is_run_by_a_test() -> None:
    found = {(page, index) for page in PAGES for index in range(len(blocks(page, "python")))}

    # Those of a-document-of-your-own.md are run by test_own_document.
    own = {("a-document-of-your-own.md", 0), ("a-document-of-your-own.md", 1)}
    own |= {("verification.md", 0)}  # by test_mutants
    own |= {("airflow.md", 0), ("airflow.md", 1)}  # by airflow_provider/test_dag
    own |= {("engines.md", index) for index in range(5)}  # by tests/engines
    own |= {("tutorial.md", 0)}  # by test_tutorial
    assert found == {FIRST_CALL, WAITING, LEARNED, MANY_JOBS, ASYNC_CALL, MODELS, FIXTURE, RECORDING, *own}


def test_every_make_target_of_the_pages_exists() -> None:
    named = {
        target
        for page in PAGES.values()
        for text in re.findall(r"make ([a-z -]+)", page)
        for target in text.split()
        if target in TARGETS
    }

    assert {"verify", "test", "generate", "simulate", "check", "help", "bench", "fuzz"} <= named
    for command in commands():
        name, *arguments = [argument for argument in shlex.split(command) if "=" not in argument]
        if name == "make":
            assert set(arguments) <= TARGETS, command


def test_first_call_runs_against_the_simulator(serve: Serve, simulator: Simulator, tmp_path: Path) -> None:
    source = program(FIRST_CALL)
    assert "http://127.0.0.1:8765" in source
    source = source.replace("http://127.0.0.1:8765", serve(simulator))
    source = source.replace("simulated-api-key-of-agent-platform", ENVIRONMENT["AGENT_PLATFORM_API_KEY"])

    done = run_program(source, {}, tmp_path)

    lines = done.stdout.splitlines()
    assert lines[0] == "IN_PROGRESS TOOLS", done.stderr
    assert lines[1].startswith("{'_id': 'ds-24a6f1c3-")
    assert lines[2].startswith("get_dock_status: http://127.0.0.1:")
    assert lines[2].endswith(" returned 404: Not found")


def test_waits_run_against_the_simulator(serve: Serve, simulator: Simulator, tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "AI_FOR_PROCESS_URL": f"{serve(simulator)}/ai-for-process"}

    done = run_program(program(WAITING), environment, tmp_path)

    lines = done.stdout.splitlines()
    assert lines[0] == "SUCCESS", done.stderr
    assert lines[1].startswith("get_dock_status ds-c65e0f15-d2bd-5a3f-9e1d-07f4b3c6a1e8 DockStatus(")
    assert ": FAILED after " in lines[2]


def test_learned_schedule_runs_against_the_simulator(serve: Serve, simulator: Simulator, tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "AGENT_PLATFORM_URL": f"{serve(simulator)}/agent-platform"}

    done = run_program(program(LEARNED), environment, tmp_path)

    assert done.stdout == "SUCCESS\n", done.stderr
    assert (tmp_path / "schedule.json").is_file()


def test_waits_for_many_jobs_run_against_the_simulator(serve: Serve, simulator: Simulator, tmp_path: Path) -> None:
    known = "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8"
    environment = {**ENVIRONMENT, "AGENT_PLATFORM_URL": f"{serve(simulator)}/agent-platform", "DOCK_STATUS_IDS": known}

    done = run_program(program(MANY_JOBS), environment, tmp_path)

    assert done.stdout.startswith(f"get_dock_status {known} DockStatus("), done.stderr


def test_async_call_runs_against_the_simulator(serve: Serve, simulator: Simulator, tmp_path: Path) -> None:
    environment = {
        "OPENSEARCH_URL": f"{serve(simulator)}/opensearch-flow-framework",
        "OPENSEARCH_PASSWORD": "admin-password",
    }

    done = run_program(program(ASYNC_CALL), environment, tmp_path)

    assert done.stdout == "PROVISIONING\n", done.stderr


def test_recording_example_runs(serve: Serve, documents: dict[str, Document], tmp_path: Path) -> None:
    url = serve(Simulator(list(documents.values()), SimulatorSettings(environment=ENVIRONMENT)))
    environment = {**ENVIRONMENT, "AGENT_PLATFORM_URL": f"{url}/agent-platform"}

    done = run_program(program(RECORDING), environment, tmp_path)

    assert done.returncode == 0, done.stderr
    report = check_traffic([str(tmp_path / "traffic.har")], [documents["agent-platform"]], {})
    assert [result.status for result in report.results] == [0]


def test_model_example_runs(tmp_path: Path) -> None:
    done = run_program(program(MODELS), {}, tmp_path)

    assert done.stdout.splitlines() == [
        "ds-1 IN_PROGRESS True",
        "{'futureField': 1}",
        "{'futureField': 1, '_id': 'ds-1', 'status': 'IN_PROGRESS'}",
    ], done.stderr


def test_pytest_fixture_example_passes(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(program(FIXTURE))
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


def test_programs_pass_strict_mypy(tmp_path: Path) -> None:
    for number, block in enumerate((FIRST_CALL, WAITING, LEARNED, MANY_JOBS, ASYNC_CALL, MODELS, RECORDING)):
        (tmp_path / f"example_{number}.py").write_text(program(block), encoding="utf-8")

    done = strict_mypy(tmp_path)

    assert done.returncode == 0, done.stdout


def test_curl_commands_control_the_simulator(serve: Serve, simulator: Simulator) -> None:
    url = serve(ControlledSimulator(simulator))
    outputs = [
        subprocess.run(
            ["bash", "-c", command.replace("http://127.0.0.1:8765", url)], capture_output=True, text=True, check=True
        ).stdout
        for block in blocks("simulator.md", "sh")
        for command in block.strip().splitlines()
        if "/_simulator" in command
    ]

    job, fault, clock, requests, reset, stream = outputs
    assert json.loads(job)["jobs"][0]["path"] == simulated_path("ai-for-service", "get_publish_status", "st-mine")
    assert json.loads(fault) == {"number": 1}
    assert json.loads(clock)["now"] > 0
    assert json.loads(requests) == {"requests": []}
    assert reset == ""
    assert "\nevent: snapshot\n" in stream


def test_every_kind_of_fault_is_listed() -> None:
    assert all(f"`{kind}`" in PAGES["simulator.md"] for kind in KINDS)


def test_every_scenario_and_keyword_is_listed() -> None:
    schema = json.loads((ROOT / "scripts/document/x-job.schema.json").read_text(encoding="utf-8"))
    example, conditions = blocks("documents.md", "yaml")
    job = yaml.safe_load(example)["x-job"]
    assert parse_job(yaml.safe_load(conditions)).states == ("pending", "success", "failure")

    assert all(f"`{name}`" in PAGES["documents.md"] for name in SCENARIOS)
    assert job.keys() == schema["properties"].keys()
    assert parse_job(job).states == ("inprogress", "successful", "failed")


def test_example_credential_is_accepted_by_the_simulator() -> None:
    accepted = load_credentials(load(ROOT / "openapi/agent-platform.yaml"), {})

    assert accepted["api_key"].accepted in program(FIRST_CALL)


@pytest.mark.parametrize("command", [command for command in commands() if "agent-platform.example.ai" in command])
def test_commands_for_a_live_server_run(serve: Serve, simulator: Simulator, tmp_path: Path, command: str) -> None:
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


@pytest.mark.parametrize(
    "command", [command for command in commands() if "OPENAPI=" in command and "kiln" not in command]
)
def test_commands_for_other_documents_run(tmp_path: Path, command: str) -> None:
    command = command.replace("/path/to/documents", str(ROOT / "tests/vendors"))
    command = re.sub(r"OUT=\S+", f"OUT={tmp_path / 'out'}", command)

    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "out").iterdir())


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert [line for line in script.splitlines() if line.startswith("make")] == [
        "make check",
        "make verify",
        "make compare",
        "make test",
        "make test-all",
        "make test-matrix",
        "make mutants",
        "make test-live",
        "make test-package",
        "make test-airflow",
        "make test-engines",
        "make test-pages",
    ]
    assert "bash .ci/run" in (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the command."""
    return install(ROOT / "generated", tmp_path_factory.mktemp("command"))


@pytest.fixture
def quick_simulator() -> Iterator[RunningSimulator]:
    """Run a simulator whose jobs are quick."""
    with run_simulator(ROOT / "openapi", speed=50) as simulator:
        yield simulator


def run_script(
    script: str, folder: Path, home: Path, simulator: RunningSimulator, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script of a page with the installed command, against a simulator."""
    command = Command(folder, home, environment={**connection(simulator), **environment})
    for exported in re.findall(r"export (.*)", script):
        names = [assignment.partition("=")[0] for assignment in shlex.split(exported)]
        assert set(names) <= command.environment.keys()
        script = script.replace(f"export {exported}", "")
    variables = command.variables({"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"})
    return subprocess.run(
        ["bash", "-ec", script], cwd=home, env=variables, capture_output=True, text=True, check=False, timeout=60
    )


def steps() -> dict[str, str]:
    """Return the example of the README for each kind of pipeline."""
    (example,) = blocks("README.md", "yaml")
    github, gitlab = example.split("# GitLab")
    return {"shell": blocks("README.md", "sh")[0], "github": github, "gitlab": gitlab.partition("\n")[2]}


def test_shell_example_waits(installed: Path, quick_simulator: RunningSimulator, tmp_path: Path) -> None:
    done = run_script(steps()["shell"], installed, tmp_path, quick_simulator)

    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"ds-\S+ SUCCESS\n", done.stdout)


@pytest.mark.parametrize(("state", "status"), [("SUCCESS", 0), ("FAILED", 1)])
def test_github_example_waits(
    installed: Path, quick_simulator: RunningSimulator, tmp_path: Path, state: str, status: int
) -> None:
    (step,) = yaml.safe_load(steps()["github"])
    job = quick_simulator.create_job(api="ai-for-process", after=[[0, "IN_PROGRESS"], [75, state]])
    named = re.findall(r"\$\{\{ (?:vars|secrets)\.(\w+) \}\}", " ".join(step["env"].values()))
    assert named == list(step["env"]) == ["AI_FOR_PROCESS_URL", "AI_FOR_PROCESS_API_KEY"]
    runner = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}

    done = run_script(step["run"], installed, tmp_path, quick_simulator, DOCK_STATUS_ID=job["id"], **runner)

    assert done.returncode == status, done.stderr
    assert ("::error" in done.stderr) is (status == 1)
    assert job["id"] in (tmp_path / "summary.md").read_text()


def test_gitlab_example_waits(installed: Path, quick_simulator: RunningSimulator, tmp_path: Path) -> None:
    script = yaml.safe_load(steps()["gitlab"])["undeploy"]["script"]
    model = "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380"

    done = run_script(script, installed, tmp_path, quick_simulator, MODEL_ID=model)

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "undeploy.resume").exists()


@pytest.mark.parametrize("command", blocks("command-line.md", "sh")[0].splitlines())
def test_commands_of_the_command_line_run(
    installed: Path, quick_simulator: RunningSimulator, tmp_path: Path, command: str
) -> None:
    done = run_script(command, installed, tmp_path, quick_simulator)

    assert done.returncode in ({0, 6} if " get " in command else {0}), done.stderr
    assert done.stdout


def test_example_of_a_previous_run_ignores_it(
    installed: Path, quick_simulator: RunningSimulator, tmp_path: Path
) -> None:
    done = run_script(blocks("command-line.md", "sh")[1], installed, tmp_path, quick_simulator)

    assert done.returncode == 3, done.stderr


def test_table_of_exit_statuses_is_that_of_the_command() -> None:
    from job_status._client.command import status

    rows = re.findall(r"^\| (\d) \| (.*) \|$", PAGES["command-line.md"], re.MULTILINE)

    assert [int(number) for number, _ in rows] == [number for number, _ in status.MEANINGS]
    for number in (0, 1, 3, 4, 5):
        assert re.search(rf"\b{number} (for|if)", PAGES["README.md"])


def test_example_of_profiles_is_read(installed: Path, tmp_path: Path) -> None:
    (example,) = blocks("command-line.md", "toml")
    path = tmp_path / ".config" / "job-status" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(example)
    path.chmod(0o600)

    done = Command(installed, tmp_path).run("profiles", "--profile", "staging")

    assert "opensearch-flow-framework basic_auth: profile staging" in done.out
