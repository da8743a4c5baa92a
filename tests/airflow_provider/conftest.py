"""Fixtures of the provider: the environment in which it is installed, a simulator, and homes of Airflow."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from scripts.simulate.durations import JobDistribution
from scripts.simulate.remote import RunningSimulator, run_simulator

from ..live_products.environments import ROOT
from ..suites import interruptible as interruptible
from ..suites import is_named
from .environments import provider_environment

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
SPEED = 20.0  # of the simulator's clock


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out of a run that does not name them: they install Airflow."""
    return None if is_named(config, HERE) else True


@pytest.fixture(scope="session")
def python() -> Path:
    """Return the Python of the environment with Airflow, the client and the provider."""
    return provider_environment()


def simulated() -> AbstractContextManager[RunningSimulator]:
    """Run a simulator whose jobs succeed within a second."""
    return run_simulator(ROOT / "openapi", speed=SPEED, distribution=JobDistribution(median=15.0, failures=0.0))


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Run a simulator."""
    with simulated() as running:
        yield running


def connection(simulator: RunningSimulator, api: str, **fields: Any) -> dict[str, Any]:
    """Return the connection to an API of a simulator."""
    (credential,) = simulator.credentials[api].values()
    login, password = credential if isinstance(credential, tuple) else (None, credential)
    found = {"conn_type": f"job_status_{api.replace('-', '_')}", "host": simulator.base_url(api)}
    return {**found, "login": login, "password": password, **fields}


def variables(home: Path, connections: Mapping[str, Mapping[str, Any]], **settings: str) -> dict[str, str]:
    """Return the environment variables of Airflow with a home, connections and settings such as `core__parallelism`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTEST"))}
    return {
        **inherited,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "NO_PROXY": "127.0.0.1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **{f"AIRFLOW__{name.upper()}": value for name, value in settings.items()},
        **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(fields) for name, fields in connections.items()},
    }


@frozen
class Airflow:
    """A home of Airflow on SQLite.

    Attributes:
        python: The Python of its environment.
        home: The home.
    """

    python: Path
    home: Path

    def run_dag(self, source: Path, connections: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], str]:
        """Run the DAG of a file with `dag.test()`. Return the state and the results of each task, and the log."""
        environment = variables(self.home, connections, core__dags_folder=str(source.parent))
        if not (self.home / "airflow.db").exists():
            migrate = [str(self.python), "-m", "airflow", "db", "migrate"]
            subprocess.run(migrate, env=environment, check=True, capture_output=True)
        command = [str(self.python), str(PROGRAMS / "run_dag.py"), str(source)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
        log, _, last = done.stdout.rstrip().rpartition("\n")
        return json.loads(last), log + done.stderr


@pytest.fixture(scope="session")
def airflow(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Return a home of Airflow on SQLite."""
    return Airflow(python, tmp_path_factory.mktemp("airflow"))
