"""The provider is installed next to Airflow: what Airflow knows of it, its types, and its trigger without a triggerer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.generate.provider import RESERVED
from scripts.simulate.remote import RunningSimulator

from ..live_products.environments import ROOT
from .conftest import PROGRAMS, connection
from .environments import BUILD

NAMES = ("agent_platform", "ai_for_process", "ai_for_service", "opensearch_flow_framework")


def run(python: Path, home: Path, *command: str, given: str = "") -> str:
    """Run a program of the environment; return its stdout."""
    environment = {"AIRFLOW_HOME": str(home), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([python, *command], env=environment, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def last_json(output: str) -> Any:
    """Return the JSON in the last line of an output."""
    return json.loads(output.rstrip().rpartition("\n")[2])


def test_airflow_lists_the_provider_and_its_connections(python: Path, tmp_path: Path) -> None:
    listed = last_json(run(python, tmp_path, "-m", "airflow", "providers", "list", "--output", "json"))
    hooks = last_json(run(python, tmp_path, "-m", "airflow", "providers", "hooks", "--output", "json"))

    assert "airflow-provider-job-status" in {row["package_name"] for row in listed}
    types = {row["connection_type"] for row in hooks if row["package_name"] == "airflow-provider-job-status"}
    assert types == {f"job_status_{name}" for name in NAMES}


def test_types_are_strict_in_the_environment_of_airflow(python: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--python-executable", str(python)]
    # The client, which `make check` checks, may import packages that this environment does not have.
    options = ["--explicit-package-bases", "--follow-imports", "silent", "--cache-dir", str(BUILD / "mypy")]
    for sources in (["generated/airflow/job_status_airflow"], ["scripts/airflow"]):
        done = subprocess.run([*command, *options, *sources], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_names_of_airflow_are_reserved(python: Path, tmp_path: Path) -> None:
    """A new version of Airflow may have more names; they are added to scripts/generate/airflow_names.txt."""
    names = run(python, tmp_path, str(PROGRAMS / "reserved.py")).rstrip().rpartition("\n")[2].split()

    assert "dag_id" in names
    assert set(names) - RESERVED == set()


def test_triggers_of_a_connection_share_a_client(python: Path, tmp_path: Path, simulator: RunningSimulator) -> None:
    simulator.create_job(api="agent-platform", id="ds-good", after=[[0, "IN_PROGRESS"], [20, "SUCCESS"]])
    simulator.create_job(api="agent-platform", id="ds-bad", after=[[0, "IN_PROGRESS"], [20, "FAILED"]])
    good = connection(simulator, "agent-platform")
    names = [
        ("first", "ds-good"),
        ("first", "ds-good"),
        ("first", "ds-bad"),
        ("second", "ds-good"),
        ("none", "ds-good"),
    ]
    connections = {"first": good, "second": {**good, "extra": '{"timeout": 9}'}, "none": {**good, "host": None}}
    given = json.dumps({"connections": connections, "triggers": names})

    found = last_json(run(python, tmp_path, str(PROGRAMS / "sharing.py"), given=given))

    assert [event["result"] for event in found["events"]] == ["success", "success", "failed", "success", "unknown"]
    # The event is the same whichever triggerer has waited.
    assert found["events"][0] == found["events"][1]
    assert found["events"][0]["status"]["_id"] == "ds-good"
    assert "FAILED" in found["events"][2]["message"]
    assert "no host" in found["events"][4]["message"]
    assert (found["clients"], found["closed"]) == (2, [True, True])
