"""The processes of Airflow on PostgreSQL: many deferred tasks, faults, and a triggerer that is killed among them."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from scripts.simulate.durations import JobDistribution
from scripts.simulate.remote import RunningSimulator, run_simulator

from ..live_products.environments import ROOT
from ..live_products.servers import Servers, free_port, members
from .conftest import PROGRAMS, connection, variables
from .postgres import start_cluster

COUNT: Final = int(os.environ.get("N") or 40)
MODEL: Final = "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380"
LOOPBACK: Final = "127.0.0.1"
EARLY, LATE = 1000.0, 5000.0  # when jobs end, in seconds of the simulator's clock
TIMEOUT: Final = 600.0
NICE: Final = ("nice", "-n", "5")


class Processes:
    """Airflow as processes: API server, scheduler, DAG processor and triggerer, with a database of PostgreSQL."""

    def __init__(self, python: Path, home: Path, connections: dict[str, Any], jobs: dict[str, list[str]]) -> None:
        self.servers, self.home = Servers(home), home
        self.airflow = [*NICE, str(python), "-m", "airflow"]
        self.url = f"http://{LOOPBACK}:{free_port()}"
        password, self.triggerers = secrets.token_hex(16), 0
        # It ends the processes if the test is killed.
        guard = [sys.executable, str(PROGRAMS / "guard.py")]
        self.guard = subprocess.Popen(guard, stdin=subprocess.PIPE, text=True, start_new_session=True)
        try:
            settings = {
                "api__host": LOOPBACK,
                "api__port": self.url.rpartition(":")[2],
                "api__workers": "1",
                "api_auth__jwt_secret": secrets.token_hex(32),
                "core__dags_are_paused_at_creation": "False",
                "core__dags_folder": str(PROGRAMS / "dags"),
                "core__execution_api_server_url": f"{self.url}/execution/",
                "core__fernet_key": "",
                "core__max_active_tasks_per_dag": "500",
                "core__parallelism": "4",
                "core__simple_auth_manager_users": "admin:admin",
                "database__sql_alchemy_conn": start_cluster(self.servers),
                "logging__logging_level": "WARNING",
                "scheduler__scheduler_idle_sleep_time": "0.2",
                "triggerer__job_heartbeat_sec": "2",
                "triggerer__triggerer_health_check_threshold": "6",
            }
            self.variables = variables(home, connections, **settings) | {"DAG_MANY_JOBS": json.dumps(jobs)}
            names = json.dumps({"admin": password})
            (home / "simple_auth_manager_passwords.json.generated").write_text(names, encoding="utf-8")
            migrate = [*self.airflow, "db", "migrate"]
            subprocess.run(migrate, env=self.variables, check=True, capture_output=True)
            for name, *options in (("api-server",), ("scheduler", "--skip-serve-logs"), ("dag-processor",)):
                self._start(name, name, *options)
            self.start_triggerer()
            self.servers.wait_until("the API server responds", self._is_ready, TIMEOUT)
            login = {"username": "admin", "password": password}
            token = httpx.post(f"{self.url}/auth/token", json=login, timeout=60).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            self.api = httpx.Client(base_url=f"{self.url}/api/v2/dags/", headers=headers, timeout=60)
        except BaseException:
            self._end()
            raise

    def start_triggerer(self) -> None:
        """Start a triggerer, or another one after the first was killed."""
        self.triggerers += 1
        self._start(f"triggerer-{self.triggerers}", "triggerer", "--skip-serve-logs")

    def kill_triggerer(self) -> None:
        """Kill the triggerer, with the process in which its triggers run."""
        process = self.servers.remove(f"triggerer-{self.triggerers}")
        for pid in members([process.pid]):
            os.kill(pid, signal.SIGKILL)
        process.wait()

    def wait_for_scheduler(self) -> None:
        """Wait until the scheduler knows that the processes of deferred tasks have ended.

        Airflow 3.3.2 fails a task that runs again before the scheduler has processed the end of its first process
        ("finished with state success, but the task instance's state attribute is running").
        """
        seen: set[str] = set()

        def have_changed() -> bool:
            health = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=30, trust_env=False).json()
            seen.add(health["scheduler"]["latest_scheduler_heartbeat"])
            return len(seen) > 3

        self.servers.wait_until("the scheduler has sent three heartbeats", have_changed, TIMEOUT)

    def tasks(self, run: str) -> list[dict[str, Any]]:
        """Return the task instances of a run of the DAG."""
        found: list[dict[str, Any]] = []
        while True:
            query = {"limit": 100, "offset": len(found)}
            page = self.api.get(f"many/dagRuns/{run}/taskInstances", params=query).raise_for_status().json()
            found += page["task_instances"]
            if len(found) >= page["total_entries"] or not page["task_instances"]:
                return found

    def result(self, run: str, task: str, index: int) -> Any:
        """Return the result of an expanded task."""
        path = f"many/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
        return self.api.get(path, params={"map_index": index}).raise_for_status().json()["value"]

    def stop(self) -> None:
        """Stop the processes."""
        self.api.close()
        self._end()

    def _start(self, log: str, *command: str) -> None:
        self.servers.start(log, [*self.airflow, *command], self.variables, self.home)
        assert self.guard.stdin is not None
        self.guard.stdin.writelines(f"{session}\n" for session in self.servers.sessions())
        self.guard.stdin.flush()

    def _end(self) -> None:
        self.servers.stop()
        self.guard.communicate(timeout=30)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/version", timeout=30, trust_env=False).is_success
        except httpx.TransportError:
            return False


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Run a simulator whose clock stands still until the test moves it."""
    jobs = JobDistribution(median=EARLY, failures=0.0)
    with run_simulator(ROOT / "openapi", speed=0, distribution=jobs) as running:
        yield running


@pytest.fixture
def jobs(simulator: RunningSimulator) -> dict[str, list[str]]:
    """Create the jobs: half of them end late, and each third fails. Return the arguments of each task."""
    ids: dict[str, list[str]] = {"wait": [], "sense": []}
    for number in range(COUNT - COUNT // 5):
        state, ending = ("FAILED" if number % 3 == 0 else "SUCCESS"), (LATE if number % 2 else EARLY)
        name = f"ds-{number}-{state.lower()}"
        simulator.create_job(api="agent-platform", id=name, after=[[0, "IN_PROGRESS"], [ending, state]])
        ids["sense" if number % 4 == 1 else "wait"].append(name)
    return {**ids, "start": [MODEL] * (COUNT // 5)}


@pytest.fixture
def airflow(
    python: Path, simulator: RunningSimulator, jobs: dict[str, list[str]], tmp_path: Path
) -> Iterator[Processes]:
    """Run Airflow."""
    apis = ("agent-platform", "ai-for-process")
    connections = {f"job_status_{api.replace('-', '_')}_default": connection(simulator, api) for api in apis}
    running = Processes(python, tmp_path, connections, jobs)
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.timeout(850)
def test_every_outcome_is_right_though_a_triggerer_is_killed(
    airflow: Processes, simulator: RunningSimulator, jobs: dict[str, list[str]]
) -> None:
    known = len(simulator.jobs(api="ai-for-process", limit=1000))
    wait = airflow.servers.wait_until
    wait("the DAG is known", lambda: airflow.api.get("many").is_success, TIMEOUT)
    run = airflow.api.post("many/dagRuns", json={"logical_date": None}).raise_for_status().json()["dag_run_id"]

    def states() -> list[str]:
        return [task["state"] for task in airflow.tasks(run)]

    wait("all tasks are deferred", lambda: states().count("deferred") == COUNT, TIMEOUT)
    airflow.wait_for_scheduler()
    simulator.fault("status", operation="get_dock_status", status=503, share=0.1)
    simulator.fault("reset", operation="get_dock_status", share=0.1)
    before = simulator.requests()[-1]["number"]
    started = len(simulator.jobs(api="ai-for-process", limit=1000))
    simulator.advance(EARLY)
    wait("the first tasks continue", lambda: states().count("deferred") < COUNT, TIMEOUT)
    airflow.kill_triggerer()
    left = states().count("deferred")
    simulator.advance(LATE - EARLY)
    airflow.start_triggerer()
    path = f"many/dagRuns/{run}"
    wait("the run has ended", lambda: airflow.api.get(path).json()["state"] in {"success", "failed"}, TIMEOUT)

    assert left > 0, "no task was waiting when the triggerer was killed"
    assert simulator.requests()[-1]["number"] > before
    tasks = airflow.tasks(run)
    assert len(tasks) == COUNT
    for task in tasks:
        name, index = task["task_id"], task["map_index"]
        expected = "failed" if jobs[name][index].endswith("failed") else "success"
        assert (name, index, task["state"]) == (name, index, expected)
        assert task["try_number"] == 1
        if expected == "success":
            status = airflow.result(run, name, index)
            assert status["status"] == "SUCCESS"
            if name != "start":
                assert status["_id"] == jobs[name][index]
    assert started == len(simulator.jobs(api="ai-for-process", limit=1000)) == known + len(jobs["start"])
