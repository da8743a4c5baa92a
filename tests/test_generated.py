"""`generated/` is up to date with the documents, reproducible, and works."""

import asyncio
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from scripts.document import Document
from scripts.generate import lenient, stale
from scripts.project_files import project_version
from scripts.simulate import Simulator

from .conftest import ENVIRONMENT, ROOT, Serve
from .paths import path_of


def generate(out: Path, **environment: str) -> dict[str, bytes]:
    """Generate into a folder and return the content of every file by its path."""
    command = [sys.executable, "-m", "scripts.generate", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True)
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_generated_client_is_up_to_date(documents: dict[str, Document]) -> None:
    assert stale(tuple(documents.values()), ROOT / "generated", "openapi") == []


def test_output_does_not_depend_on_folder_hash_seed_or_ruff_on_path(tmp_path: Path) -> None:
    fake_ruff = tmp_path / "bin" / "ruff"
    fake_ruff.parent.mkdir()
    fake_ruff.write_text("#!/bin/sh\nexit 3\n")
    fake_ruff.chmod(fake_ruff.stat().st_mode | stat.S_IEXEC)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.ruff]\nline-length = 40\n[tool.ruff.format]\nquote-style = "single"\n'
    )
    path = f"{fake_ruff.parent}{os.pathsep}{os.environ['PATH']}"

    first = generate(tmp_path / "one" / "here", PYTHONHASHSEED="1")
    second = generate(tmp_path / "two", PYTHONHASHSEED="4242", PATH=path)

    assert first == second
    assert "job_status/agent_platform/models/dock_status.py" in first


def test_documents_are_listed_in_a_log(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.generate", "--out", str(tmp_path / "out"), "--name", "own-client"]

    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)

    rows = done.stdout.splitlines()
    assert rows[1] == "openapi/ai-for-process.yaml: 2 operations, 1 with a job"
    assert re.fullmatch(rf"{tmp_path}/out: own-client \d\S+", rows[-1])
    assert len(rows) == 5
    assert done.stderr == ""


def test_steps_are_shown_on_a_terminal(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "scripts.generate", "--out", str(tmp_path / "out")]
    environment = {**os.environ, "TERM": "xterm"}

    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=slave, env=environment)
    os.close(slave)
    shown = os.read(master, 10_000).decode()
    os.close(master)

    assert shown.startswith("\r\x1b[2Kgenerating agent-platform\r\x1b[2Kgenerating ai-for-process\r")
    assert shown.endswith("\r\x1b[2Ktrying every model and call\r\x1b[2K")
    assert b"\x1b" not in done.stdout


def test_every_file_has_the_generated_banner() -> None:
    files = [path for path in (ROOT / "generated").rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert files
    for path in files:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.search("Generated from (openapi|scripts/(client|airflow)/)", first), path
        assert "`make generate`; do not edit." in first, path


def test_banner_of_a_subpackage_names_its_document() -> None:
    first = (ROOT / "generated/job_status/ai_for_service/client.py").read_text(encoding="utf-8").splitlines()[0]

    assert first == "# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit."


def test_check_lists_every_stale_file(documents: dict[str, Document], tmp_path: Path) -> None:
    copy = tmp_path / "generated"
    shutil.copytree(ROOT / "generated", copy)
    (copy / "job_status/py.typed").unlink()
    (copy / "job_status/extra.py").write_text("")
    with (copy / "job_status/ai_for_process/client.py").open("a") as client:
        client.write("# changed by hand\n")

    lines = stale(tuple(documents.values()), copy, "openapi")

    assert lines == [
        f"{copy}/job_status/ai_for_process/client.py: differs from the generated file",
        f"{copy}/job_status/extra.py: is not generated from any document",
        f"{copy}/job_status/py.typed: is missing",
    ]


def test_check_lists_files_that_are_stale_after_an_enum_change(tmp_path: Path) -> None:
    folder = tmp_path / "openapi"
    shutil.copytree(ROOT / "openapi", folder)
    path = folder / "agent-platform.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("IN_PROGRESS", "RUNNING"), encoding="utf-8")

    command = [sys.executable, "-m", "scripts.generate", "--check", "--openapi", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "job_status/agent_platform/models/job_state.py: differs" in done.stderr


def test_version_is_that_of_the_project() -> None:
    text = (ROOT / "generated/pyproject.toml").read_text(encoding="utf-8")

    assert f'version = "{project_version()}"' in text


def test_lenient_schema_keeps_the_fields_that_jobs_require(documents: dict[str, Document]) -> None:
    schemas = lenient(documents["ai-for-service"])["components"]["schemas"]

    assert schemas["PublishStatus"]["required"] == ["streamId", "status"]
    assert schemas["ErrorEntry"]["required"] == []
    assert schemas["PublishStatus"]["properties"]["requestedTime"]["anyOf"][1] == {"type": "string"}
    assert schemas["PublishStatus"]["properties"]["status"]["anyOf"][1] == {"type": "string"}
    assert schemas["PublishStatus"]["properties"]["action"]["type"] == "string"
    assert "if" not in schemas["PublishStatus"]


def test_lenient_schema_does_not_modify_the_document(documents: dict[str, Document]) -> None:
    lenient(documents["ai-for-service"])

    assert "if" in documents["ai-for-service"].data["components"]["schemas"]["PublishStatus"]


def test_models_parse_undocumented_values_and_fields(documents: dict[str, Document]) -> None:
    from job_status.ai_for_service.models import PublishStatus

    status = PublishStatus.from_dict({"streamId": "st-1", "status": "paused", "requestedTime": "soon", "new": [1]})

    assert status.status == "paused"
    assert status.requested_time == "soon"
    assert status.additional_properties == {"new": [1]}


def test_every_generated_endpoint_function_returns_its_model_sync_and_async(simulator: Simulator, serve: Serve) -> None:
    from job_status.agent_platform import Client as AgentPlatform
    from job_status.agent_platform.api.dock_status import get_dock_status as agent_status
    from job_status.agent_platform.models import DockStatus as AgentStatus
    from job_status.ai_for_process import Client as Process
    from job_status.ai_for_process.api.dock_status import get_dock_status as process_status
    from job_status.ai_for_process.api.models import undeploy_model
    from job_status.ai_for_process.models import DockStatus as ProcessStatus
    from job_status.ai_for_process.models import ModelUndeployment
    from job_status.ai_for_service import Client as Service
    from job_status.ai_for_service.api.publish import get_publish_status
    from job_status.ai_for_service.models import PublishStatus
    from job_status.opensearch_flow_framework import AuthenticatedClient as OpenSearch
    from job_status.opensearch_flow_framework.api.workflow import get_workflow_status
    from job_status.opensearch_flow_framework.models import WorkflowStatus

    base = serve(simulator)
    agent = AgentPlatform(f"{base}/agent-platform", headers={"x-api-key": ENVIRONMENT["AGENT_PLATFORM_API_KEY"]})
    process = Process(f"{base}/ai-for-process", headers={"x-api-key": ENVIRONMENT["AI_FOR_PROCESS_API_KEY"]})
    service = Service(f"{base}/ai-for-service", headers={"auth": ENVIRONMENT["AI_FOR_SERVICE_JWT"]})
    basic = "YWRtaW46YWRtaW4tcGFzc3dvcmQ="
    search = OpenSearch(f"{base}/opensearch-flow-framework", token=basic, prefix="Basic")
    agent_id, process_id = "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8", "ds-24c1d3e3-04fc-5ab5-a1d3-c19f0b6e2a78"
    model_id, bot_id = "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380", "st-a86a6717-340b-5830-a8b6-13b4aebxxxxx"
    workflow_id = "d6WKB6IBR8spXwU9M5eD"

    assert isinstance(agent_status.sync(agent_id, client=agent), AgentStatus)
    assert isinstance(process_status.sync(process_id, client=process), ProcessStatus)
    assert isinstance(undeploy_model.sync(model_id, client=process), ModelUndeployment)
    assert isinstance(get_publish_status.sync(bot_id, client=service), PublishStatus)
    assert isinstance(get_workflow_status.sync(workflow_id, client=search, all_=True), WorkflowStatus)

    async def call_async() -> None:
        assert isinstance(await agent_status.asyncio(agent_id, client=agent), AgentStatus)
        assert isinstance(await process_status.asyncio(process_id, client=process), ProcessStatus)
        assert isinstance(await undeploy_model.asyncio(model_id, client=process), ModelUndeployment)
        assert isinstance(await get_publish_status.asyncio(bot_id, client=service), PublishStatus)
        assert isinstance(await get_workflow_status.asyncio(workflow_id, client=search), WorkflowStatus)

    asyncio.run(call_async())


def test_distribution_installs_into_an_empty_environment(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    source = tmp_path / "generated"
    shutil.copytree(ROOT / "generated", source, ignore=shutil.ignore_patterns("__pycache__"))
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(source)]
    subprocess.run(install, check=True, cwd=tmp_path)

    program = (
        "import importlib.metadata, job_status\n"
        "from job_status.opensearch_flow_framework.api.workflow import get_workflow_status\n"
        "assert importlib.metadata.version('job-status') == job_status.__version__\n"
        "print(job_status.__file__, get_workflow_status.sync.__name__)\n"
    )
    done = subprocess.run([python, "-c", program], check=True, cwd=tmp_path, capture_output=True, text=True)

    assert "site-packages" in done.stdout
    assert list((tmp_path / "venv").rglob("job_status/py.typed"))


@pytest.mark.parametrize("stem", ["agent-platform", "ai-for-process", "ai-for-service", "opensearch-flow-framework"])
def test_distribution_readme_lists_every_operation(documents: dict[str, Document], stem: str) -> None:
    text = (ROOT / "generated/README.md").read_text(encoding="utf-8")

    for operation in documents[stem].operations:
        assert f"`{operation.method} {operation.path}`" in text


def interpreters() -> list[str]:
    """Return the paths of the other supported Python versions that are installed on this machine."""
    found = []
    running = ".".join(map(str, sys.version_info[:2]))
    for version in sorted({"3.11", "3.12", "3.13"} - {running}):
        candidates = [
            shutil.which(f"python{version}"),
            *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
        ]
        for candidate in filter(None, candidates):
            probe = subprocess.run([candidate, "-c", "import venv"], capture_output=True, check=False)
            if probe.returncode == 0:
                found.append(candidate)
                break
    return found


@pytest.mark.parametrize("python", interpreters(), ids=lambda path: Path(path).parts[-3])
def test_client_works_on_every_installed_python(
    python: str, simulator: Simulator, serve: Serve, tmp_path: Path
) -> None:
    subprocess.run([python, "-m", "venv", str(tmp_path / "venv")], check=True)
    shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=shutil.ignore_patterns("__pycache__"))
    venv_python = str(tmp_path / "venv" / "bin" / "python")
    install = [
        venv_python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        f"{tmp_path / 'generated'}[jwt]",
    ]
    subprocess.run(install, check=True, cwd=tmp_path)
    program = f"""
import asyncio
from job_status import AgentPlatform, AsyncAgentPlatform, NotFoundError
url, key, job = "{serve(simulator)}/agent-platform", "{ENVIRONMENT["AGENT_PLATFORM_API_KEY"]}", "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8"
with AgentPlatform(url, api_key=key) as api:
    print(api.get_dock_status(job).field_id == job)
    try:
        api.get_dock_status("nothing")
    except NotFoundError as error:
        print(error.status)
async def main():
    async with AsyncAgentPlatform(url, api_key=key) as api:
        print((await api.get_dock_status(job)).field_id == job)
asyncio.run(main())
"""
    done = subprocess.run([venv_python, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.stdout.split() == ["True", "404", "True"], done.stderr


TWO_STARTS = """
import asyncio
from typing import assert_type
from job_status import AIForProcess, AsyncAIForProcess, Job
from job_status.ai_for_process.models import DockStatus, ModelDeployment, ModelUndeployment

def sync(api: AIForProcess, one: ModelUndeployment, other: ModelDeployment) -> None:
    assert_type(api.wait(one), DockStatus)
    assert_type(api.wait(other, timeout=5), DockStatus)
    assert_type(api.job(other), Job[DockStatus])
    api.wait("ds-1")

async def asynchronous(api: AsyncAIForProcess, other: ModelDeployment) -> None:
    assert_type(await api.wait(other), DockStatus)
"""


def test_wait_has_an_overload_for_each_start_model(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    text = (ROOT / "openapi/ai-for-process.yaml").read_text(encoding="utf-8")
    undeploy = path_of("ai-for-process", "undeploy_model")
    start = text[text.index(f"  {undeploy}:") : text.index("components:\n  securitySchemes")]
    other = start.replace(undeploy, f"{undeploy}/deploy").replace("undeploy_model", "deploy_model")
    schema = text[text.index("    ModelUndeployment:") : text.index("    JobType:")]
    text = text.replace(
        "components:\n  securitySchemes",
        other.replace("ModelUndeployment", "ModelDeployment") + "components:\n  securitySchemes",
    )
    text = text.replace("    JobType:", schema.replace("ModelUndeployment:", "ModelDeployment:") + "    JobType:")
    (folder / "ai-for-process.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "scripts.generate", "--openapi", str(folder), "--out", str(tmp_path / "out")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (tmp_path / "typed.py").write_text(TWO_STARTS)

    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(tmp_path / "cache"),
        str(tmp_path / "typed.py"),
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(tmp_path / "out")},
        capture_output=True,
        text=True,
        check=False,
    )

    errors = [line for line in done.stdout.splitlines() if "error:" in line]
    assert len(errors) == 1, done.stdout
    assert 'No overload variant of "wait" of "AIForProcess" matches argument type "str"' in errors[0]


@pytest.mark.parametrize(
    ("operation", "methods"),
    [
        ("wait", ["wait_", "wait__raw", "wait", "wait_for_dock_status", "dock_status_job"]),
        ("wait_for_dock_status", ["wait_for_dock_status", "wait_for_get_dock_status", "get_dock_status_job"]),
    ],
)
def test_conflicting_method_names_are_made_different(tmp_path: Path, operation: str, methods: list[str]) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    text = (ROOT / "openapi/ai-for-process.yaml").read_text(encoding="utf-8")
    text = text.replace("operationId: undeploy_model", f"operationId: {operation}")
    (folder / "ai-for-process.yaml").write_text(text, encoding="utf-8")

    command = [sys.executable, "-m", "scripts.generate", "--openapi", str(folder), "--out", str(tmp_path / "out")]
    subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    source = (tmp_path / "out/job_status/_apis/ai_for_process.py").read_text(encoding="utf-8")
    sync = re.findall(r"^    def (\w+)\(", source.partition("class Async")[0], re.MULTILINE)
    assert set(methods) < set(sync)
    assert len(sync) == len(set(sync))


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_client_type_checks_for_every_python_version(version: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--python-version",
        version,
        "--cache-dir",
        str(tmp_path),
        "generated/job_status",
    ]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
