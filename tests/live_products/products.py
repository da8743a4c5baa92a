"""The live products: how each is started with a throw-away home, and how its jobs are."""

import importlib
import json
import os
import secrets
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import httpx

from .environments import HERE, environment
from .servers import Servers, free_port

LOOPBACK: Final = "127.0.0.1"
QUICK, BROKEN = "quick", "broken"  # the jobs of jobs.py: one that succeeds, one that fails
UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"  # names no job
NICE: Final = ("nice", "-n", "10")


class Product(ABC):
    """A product that runs on this machine, until it is stopped.

    Attributes:
        name: the stem of its document, and the folder of its lock file, jobs and document here.
        client: the class of its generated client.
        noun: that of its job.
        success: the state of a job that has succeeded.
        failure: the state of a job that has failed.
    """

    name: ClassVar[str]
    client: ClassVar[str]
    noun: ClassVar[str]
    success: ClassVar[str]
    failure: ClassVar[str]

    def __init__(self, home: Path) -> None:
        self.home = home
        self.programs = environment(self.name) / "bin"
        self.servers = Servers(home)
        self.password = secrets.token_hex(16)
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTEST"))}
        self.variables = {**inherited, "NO_PROXY": LOOPBACK, "PYTHONDONTWRITEBYTECODE": "1", **self.settings()}
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """Return the environment variables of the processes."""

    @abstractmethod
    def start(self) -> None:
        """Start the processes, and wait until jobs can be started."""

    def stop(self) -> None:
        """Stop the processes."""
        self.servers.stop()

    def process(self, name: str, *command: str) -> None:
        """Start a program of the environment."""
        self.servers.start(name, [*NICE, self.programs / command[0], *command[1:]], self.variables, self.home)

    @classmethod
    @abstractmethod
    def write_document(cls, folder: Path) -> None:
        """Write the document of the product."""

    def write_verified_document(self, folder: Path) -> None:
        """Write the part of the document against which the server is verified."""
        self.write_document(folder)

    @abstractmethod
    def credentials(self) -> dict[str, Any]:
        """Return the credential as arguments of the client."""

    @abstractmethod
    def verification(self, job: Any) -> dict[str, str]:
        """Return the environment variables with which the server is verified, where a job is the one to read."""

    @property
    def models(self) -> Any:
        """Return the generated models of the product."""
        return importlib.import_module(f"job_status.{self.name}.models")

    @abstractmethod
    def start_job(self, api: Any, name: str) -> Any:
        """Start a job with a client, sync or async, and return what the call returns."""

    @abstractmethod
    def job(self, api: Any, status: Any, timeout: float) -> Any:
        """Return the handle of the job of a status."""

    def is_ready(self, path: str) -> bool:
        """Return whether a path of the server is served."""
        try:
            return httpx.get(self.url + path, timeout=30, trust_env=False).is_success
        except httpx.TransportError:
            return False


class Airflow(Product):
    """Apache Airflow, with a database of SQLite and an executor of processes."""

    name = "airflow"
    client = "AirflowAPI"
    noun = "dag_run"
    success = "success"
    failure = "failed"
    published: ClassVar = "airflow/api_fastapi/core_api/openapi/v2-rest-api-generated.yaml"

    @classmethod
    def write_document(cls, folder: Path) -> None:
        """Write the document that the wheel ships, byte for byte, and the overlay."""
        (shipped,) = (environment(cls.name) / "lib").glob(f"*/site-packages/{cls.published}")
        shutil.copyfile(shipped, folder / "airflow.yaml")
        shutil.copy(HERE / "airflow" / "airflow.overlay.yaml", folder)

    def write_verified_document(self, folder: Path) -> None:
        """Write the operations that start, read and list runs."""
        self.write_document(folder)
        with (folder / "airflow.overlay.yaml").open("a", encoding="utf-8") as overlay:
            overlay.write((HERE / "airflow" / "verified.actions.yaml").read_text(encoding="utf-8"))

    def settings(self) -> Mapping[str, str]:
        """Return the environment variables of the processes."""
        settings = {
            "API__HOST": LOOPBACK,
            "API__PORT": str(self.port),
            "API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__DAGS_FOLDER": str(HERE / "airflow"),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__PARALLELISM": "2",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "LOGGING__LOGGING_LEVEL": "WARNING",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        }
        return {"AIRFLOW_HOME": str(self.home), **{f"AIRFLOW__{name}": value for name, value in settings.items()}}

    def start(self) -> None:
        """Start the processes, and run a DAG: the first run loads what all others use."""
        passwords = self.home / "simple_auth_manager_passwords.json.generated"
        passwords.write_text(json.dumps({"admin": self.password}), encoding="utf-8")
        subprocess.run(
            [*NICE, self.programs / "airflow", "db", "migrate"], env=self.variables, check=True, capture_output=True
        )
        self.process("api-server", "airflow", "api-server")
        self.process("scheduler", "airflow", "scheduler", "--skip-serve-logs")
        self.process("dag-processor", "airflow", "dag-processor")
        self.servers.wait_until("the API server responds", lambda: self.is_ready("/api/v2/version"))
        login = {"username": "admin", "password": self.password}
        self.token = httpx.post(f"{self.url}/auth/token", json=login, timeout=60).json()["access_token"]
        with httpx.Client(
            base_url=f"{self.url}/api/v2/dags/", headers={"Authorization": f"Bearer {self.token}"}, timeout=60
        ) as client:
            for dag in (QUICK, BROKEN):
                self.servers.wait_until(f"the DAG {dag} is known", lambda dag=dag: client.get(dag).is_success)  # type: ignore[misc]
            started = client.post(f"{BROKEN}/dagRuns", json={"logical_date": None}).raise_for_status().json()
            run = f"{BROKEN}/dagRuns/{started['dag_run_id']}"
            self.servers.wait_until("the first run has ended", lambda: client.get(run).json()["state"] == "failed")

    def credentials(self) -> dict[str, Any]:
        """Return the credential as arguments of the client."""
        return {"token": self.token}

    def verification(self, job: Any) -> dict[str, str]:
        """Return the environment variables with which the server is verified."""
        return {
            "AIRFLOW_HTTP_BEARER": self.token,
            "AIRFLOW_DAG_ID": job.dag_id,
            "AIRFLOW_DAG_RUN_ID": job.dag_run_id,
        }

    def start_job(self, api: Any, name: str) -> Any:
        """Start a run of a DAG."""
        return api.trigger_dag_run(name, body=self.models.TriggerDAGRunPostBody(logical_date=None))

    def job(self, api: Any, status: Any, timeout: float) -> Any:
        """Return the handle of a run."""
        return api.dag_run_job(status.dag_id, status.dag_run_id, timeout=timeout)


class Flower(Product):
    """Flower, with a worker of Celery and folders as the broker."""

    name = "flower"
    client = "Flower"
    noun = "task_info"
    success = "SUCCESS"
    failure = "FAILURE"

    @classmethod
    def write_document(cls, folder: Path) -> None:
        """Write the document."""
        shutil.copy(HERE / "flower" / "flower.yaml", folder)

    def settings(self) -> Mapping[str, str]:
        """Return the environment variables of the processes."""
        return {
            "FLOWER_BASIC_AUTH": f"admin:{self.password}",
            "JOBS_HOME": str(self.home),
            "PYTHONPATH": str(HERE / "flower"),
            "PYTHONWARNINGS": "ignore",
        }

    def start(self) -> None:
        """Start the processes."""
        pool = ("--pool=threads", "--concurrency=8", "--without-gossip", "--without-mingle")
        self.process("worker", "celery", "--app=jobs", "worker", "--task-events", "--loglevel=INFO", *pool)
        options = (f"--address={LOOPBACK}", f"--port={self.port}")
        self.process("flower", "celery", "--app=jobs", "flower", *options)
        self.servers.wait_until("Flower responds", lambda: self.is_ready("/healthcheck"))
        self.servers.wait_until("the worker is ready", lambda: "ready." in self.servers.logs())

    def credentials(self) -> dict[str, Any]:
        """Return the credential as arguments of the client."""
        return {"basic_auth": ("admin", self.password)}

    def verification(self, job: Any) -> dict[str, str]:
        """Return the environment variables with which the server is verified."""
        return {
            "FLOWER_BASIC_AUTH": f"admin:{self.password}",
            "FLOWER_TASKNAME": QUICK,
            "FLOWER_TASKID": job.uuid,
        }

    def start_job(self, api: Any, name: str) -> Any:
        """Start a task."""
        return api.apply_task(name, body=self.models.TaskCall.from_dict({"kwargs": {"seconds": 0.2}}))

    def job(self, api: Any, status: Any, timeout: float) -> Any:
        """Return the handle of a task."""
        return api.task_info_job(status.uuid, timeout=timeout)


PRODUCTS: Final[tuple[type[Product], ...]] = (Airflow, Flower)
