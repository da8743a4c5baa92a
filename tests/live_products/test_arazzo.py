"""Exported Arazzo workflows, run by Redocly Respect against the simulator, where Node is present."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .environments import BUILD, HERE, ROOT

NODE = shutil.which("npm")
KEY = "simulated-api-key-of-{}"
# The workflow, its inputs, and the exit status of Respect. It validates no `if` within a schema.
WORKFLOWS = {
    "a success": (
        "agent-platform",
        "wait_for_get_dock_status",
        "dockStatusId=ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8",
        0,
    ),
    "a failure": (
        "agent-platform",
        "wait_for_get_dock_status",
        "dockStatusId=ds-3e9a0d57-6b1c-5f82-8d40-1c7f9b2e5a63",
        1,
    ),
    "an unknown id": (
        "agent-platform",
        "wait_for_get_dock_status",
        "dockStatusId=ds-00000000-0000-5000-8000-000000000000",
        1,
    ),
    "a start": ("ai-for-process", "undeploy_model_by_camel_id", "modelId=cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380", 0),
}


@pytest.fixture(scope="session")
def respect() -> list[str]:
    """Install Redocly's command line from the lock file, and return its command."""
    folder = BUILD / "redocly"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "redocly" / name, folder)
    subprocess.run([str(NODE), "ci", "--ignore-scripts", "--silent", "--no-audit"], cwd=folder, check=True)
    return [str(folder / "node_modules/.bin/redocly"), "respect"]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export our documents."""
    out = tmp_path_factory.mktemp("arazzo")
    subprocess.run([sys.executable, "-m", "scripts", "export", "--out", str(out)], cwd=ROOT, check=True)
    return out


@pytest.fixture(scope="session")
def simulator() -> Iterator[str]:
    """Start the simulator, 60 times as fast, and return its URL."""
    command = [sys.executable, "-m", "scripts", "simulate", "--port", "0", "--speed", "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            found = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stdout)
            yield next(match[0] for match in found if match)
        finally:
            process.terminate()


@pytest.mark.parametrize("name", WORKFLOWS if NODE else ())
def test_workflow_ends_as_its_job(name: str, respect: list[str], exported: Path, simulator: str) -> None:
    product, workflow, given, status = WORKFLOWS[name]
    command = [*respect, str(exported / f"{product}.arazzo.yaml"), "--workflow", workflow, "--input", given]
    command += ["--input", f"api_key={KEY.format(product)}", "--severity", "SCHEMA_CHECK=off"]
    command += ["--server", f"{product.replace('-', '_')}={simulator}/{product}"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == status, done.stdout + done.stderr
    if name == "a failure":
        # The state ended it, not the number of polls.
        assert "$response.body#/status == 'SUCCESS'" in done.stdout
        assert len(re.findall(r"Retrying step poll", done.stdout)) < 20
