"""Tasks that end in every way, run by `dag.test()`."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.simulate.remote import RunningSimulator

from ..live_products.environments import ROOT
from .conftest import PROGRAMS, Airflow, connection, simulated

PENDING = [0, "IN_PROGRESS"]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "airflow.md").read_text(encoding="utf-8"), re.M | re.S)
EXPECTED = {
    "by_token": "success",
    "expanded[0]": "success",
    "expanded[1]": "failed",
    "flag": "success",
    "sense_failed_here": "failed",
    "sense_failed_later": "failed",
    "sense_here": "success",
    "sense_later": "success",
    "sense_skipped_here": "skipped",
    "sense_skipped_later": "skipped",
    "sense_timed_out_here": "failed",
    "sense_timed_out_later": "failed",
    "start_here": "success",
    "start_later": "success",
    "start_resumed_here": "success",
    "start_resumed_later": "success",
    "started": "success",
    "unnamed": "failed",
    "wait_failed_here": "failed",
    "wait_failed_later": "failed",
    "wait_here": "success",
    "wait_later": "success",
    "wait_reason_here": "failed",
    "wait_reason_later": "failed",
    "wait_rejected_here": "failed",
    "wait_rejected_later": "failed",
    "wait_timed_out_here": "failed",
    "wait_timed_out_later": "failed",
}
REASON = "the disk is full"


def test_tasks_end_as_their_jobs_do(airflow: Airflow, simulator: RunningSimulator) -> None:
    simulator.create_job(api="agent-platform", id="ds-good", after=[PENDING, [20, "SUCCESS"]])
    simulator.create_job(api="agent-platform", id="ds-bad", after=[PENDING, [20, "FAILED"]])
    simulator.create_job(api="agent-platform", id="ds-endless", after=[PENDING])
    for name, state in {"wf-good": "COMPLETED", "wf-bad": "FAILED"}.items():
        after = [[0, "PROVISIONING"], [20, state]]
        simulator.create_job(
            api="opensearch-flow-framework", id=name, after=after, **({"reason": REASON} if state == "FAILED" else {})
        )
    apis = ("agent-platform", "ai-for-process", "opensearch-flow-framework")
    connections = {f"job_status_{api.replace('-', '_')}_default": connection(simulator, api) for api in apis}
    connections["rejected"] = connection(simulator, "agent-platform", password="another-key")
    with simulated() as here, simulated() as later:
        for place, other in {"here": here, "later": later}.items():
            other.fault("expired", operation="get_dock_status", times=1)
            connections[f"resumed_{place}"] = connection(other, "ai-for-process")
        tasks, log = airflow.run_dag(PROGRAMS / "dags" / "outcomes.py", connections)
        starts = [[one for one in other.requests() if one["method"] == "POST"] for other in (here, later)]

    assert {name: task["state"] for name, task in tasks.items()} == EXPECTED
    for place in ("here", "later"):
        assert tasks[f"start_{place}"]["return_value"]["status"] == "SUCCESS"
        assert tasks[f"wait_{place}"]["return_value"] == tasks[f"sense_{place}"]["return_value"]
        assert tasks[f"wait_{place}"]["return_value"]["_id"] == "ds-good"
        # A failed job is not waited for again; a started one is followed, and not started again.
        assert tasks[f"wait_failed_{place}"]["attempts"] == tasks[f"sense_failed_{place}"]["attempts"] == 1
        assert tasks[f"start_resumed_{place}"]["attempts"] == 2
        link = tasks[f"start_{place}"]["_link_DocumentationLink"]
        assert link == "https://docs.kore.ai/ai-for-process/apis/apis-list/undeploy-a-model"
    assert [len(found) for found in starts] == [1, 1]
    assert tasks["started"]["resume_token"]["api"] == "AIForProcess"  # JSON, and parsed by xcom_pull()
    assert tasks["by_token"]["return_value"]["_id"] == tasks["started"]["return_value"]["dockStatusId"]
    assert log.count(REASON) >= 2
    assert re.search(r"AirflowTaskTimeout: .*ds-endless", log)
    assert re.search(r"AirflowSensorTimeout: .*ds-endless", log)
    assert "the job keeps running; follow it with resume_token=" in log
    assert "expected either dock_status_id or resume_token" in log


def test_documented_dags_run(airflow: Airflow, simulator: RunningSimulator, tmp_path: Path) -> None:
    simulator.create_job(api="ai-for-service", id="st-1", after=[[0, "inprogress"], [20, "successful"]])
    apis = ("ai-for-process", "ai-for-service")
    connections = {f"job_status_{api.replace('-', '_')}_default": connection(simulator, api) for api in apis}
    lines = [line for line in BLOCKS[0].splitlines() if line]

    assert len(lines) == 12
    for number, (block, names) in enumerate(zip(BLOCKS, [{"undeploy", "published"}, {"start", "wait"}], strict=True)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "documented.py").write_text(block, encoding="utf-8")
        tasks, _ = airflow.run_dag(folder / "documented.py", connections)
        assert {name: task["state"] for name, task in tasks.items()} == dict.fromkeys(names, "success")


def hooks(python: Path, home: Path, *rows: tuple[str, bool, dict[str, Any]]) -> list[Any]:
    """Return what hooks make of connections: the arguments of the client, or the result of a test."""
    given = [{"product": product, "test": test, "connection": fields} for product, test, fields in rows]
    done = subprocess.run(
        [python, PROGRAMS / "hooks.py"],
        input=json.dumps(given),
        env={"AIRFLOW_HOME": str(home), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    found: list[Any] = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    return found


def test_connection_gives_url_and_credential(python: Path, tmp_path: Path) -> None:
    product, other = "ai-for-process", "opensearch-flow-framework"
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (product, {"host": "https://host/base/", "password": "k"}, {"base_url": "https://host/base", "api_key": "k"}),
        (product, {"host": "host", "password": "k"}, {"base_url": "https://host", "api_key": "k"}),
        (
            product,
            {"host": "host", "schema": "http", "port": 81, "password": "k"},
            {"base_url": "http://host:81", "api_key": "k"},
        ),
        (
            product,
            {"uri": "job-status-ai-for-process://https://:k@host:444/base"},
            {"base_url": "https://host:444/base", "api_key": "k"},
        ),
        (
            other,
            {"host": "http://host:9200", "login": "u", "password": "p", "extra": '{"verify": "false", "timeout": 5}'},
            {"base_url": "http://host:9200", "basic_auth": ["u", "p"], "verify": False, "timeout": 5},
        ),
        (other, {"host": "http://host:9200"}, {"base_url": "http://host:9200"}),
    ]

    found = hooks(python, tmp_path, *((product, False, fields) for product, fields, _ in rows))

    assert found == [expected for _, _, expected in rows]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"password": "k"}, "the connection 'tested' has no host; expected the base URL"),
        ({"host": "h"}, "lacks a credential: expected api_key; the password is api_key"),
        ({"host": "h", "password": "k", "extra": "["}, "its extra is not JSON"),
        ({"host": "h", "password": "k", "extra": "[]"}, "its extra must be an object"),
        ({"host": "h", "password": "k", "extra": '{"timeout": true}'}, "timeout of its extra must be int or float"),
    ],
)
def test_connection_that_cannot_be_used_is_explained(
    python: Path, tmp_path: Path, fields: dict[str, Any], expected: str
) -> None:
    assert expected in hooks(python, tmp_path, ("ai-for-process", False, fields))[0]


def test_test_of_a_connection(python: Path, tmp_path: Path, simulator: RunningSimulator) -> None:
    good = connection(simulator, "agent-platform")
    rows = [
        ("agent-platform", True, good),
        ("opensearch-flow-framework", True, connection(simulator, "opensearch-flow-framework")),
        ("agent-platform", True, {**good, "password": "another-key"}),
        ("agent-platform", True, {**good, "host": f"{good['host']}/elsewhere"}),
        ("agent-platform", True, {**good, "host": "http://127.0.0.1:1"}),
        ("agent-platform", True, {**good, "password": None}),
    ]

    found = hooks(python, tmp_path, *rows)

    assert [works for works, _ in found] == [True, True, False, False, False, False]
    assert good["host"] in found[0][1]
    assert "401" in found[2][1]
    assert not any(good["password"] in message or "another-key" in message for _, message in found)
