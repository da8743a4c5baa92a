"""A simulator as a test holds it: started on a free port, and told what to do."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn

from ..document import Document, load_folder
from .clock import EPOCH, RunningClock
from .control import ROOT, Controlled
from .credentials import Credential
from .draws import Draws
from .server import Settings, Simulator
from .wire import config


class ControlError(Exception):
    """The simulator refuses what it was told. The message names the field and the reason."""


class Control:
    """The control API of a running simulator, in this process or anywhere.

    Args:
        url: the simulator's URL, such as `http://127.0.0.1:8765`.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url + ROOT, timeout=30.0, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def base_url(self, api: str) -> str:
        """The base URL of an API, by the file stem of its document."""
        return f"{self.url}/{api}"

    def create_job(self, **order: Any) -> dict[str, Any]:
        """Creates a job, or begins a new run of one: `api`, `operation`, `id`, `parameters`, `after`, `reason`,
        `fields`, `without`.

        `after` is its script, such as `[[0, "IN_PROGRESS"], [3, "SUCCESS"]]`; `fields` what it tells beside that by
        name, `without` the names of what it does not.
        """
        job: dict[str, Any] = self._told("POST", "/jobs", order)["jobs"][0]
        return job

    def create_jobs(self, count: int, **order: Any) -> list[dict[str, Any]]:
        """Creates so many jobs; gives the first thousand."""
        jobs: list[dict[str, Any]] = self._told("POST", "/jobs", {**order, "count": count})["jobs"]
        return jobs

    def jobs(self, **wanted: Any) -> list[dict[str, Any]]:
        """The jobs with their states: `api`, `id`, `limit`."""
        jobs: list[dict[str, Any]] = self._told("GET", "/jobs", query=wanted)["jobs"]
        return jobs

    def fault(self, kind: str, **fault: Any) -> int:
        """Lets something go wrong; gives the number to take it back by."""
        number: int = self._told("POST", "/faults", {"kind": kind, **fault})["number"]
        return number

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are set, each with how many requests it has `met`."""
        faults: list[dict[str, Any]] = self._told("GET", "/faults")["faults"]
        return faults

    def clear_faults(self, number: int | None = None) -> None:
        """Takes one fault back, or all of them."""
        self._told("DELETE", "/faults" if number is None else f"/faults/{number}")

    def now(self) -> float:
        """The simulator's time, in seconds since 1970."""
        now: float = self._told("GET", "/clock")["now"]
        return now

    def advance(self, seconds: float) -> float:
        """Moves the clock on; gives the time."""
        now: float = self._told("PUT", "/clock", {"advance": seconds})["now"]
        return now

    def run_at(self, speed: float) -> None:
        """Lets the clock run so many times as fast as the time of day; 0 stops it."""
        self._told("PUT", "/clock", {"speed": speed})

    def enforce_limits(self, enforced: bool = True) -> None:
        """Refuses more requests than the documents allow, or does not any more."""
        self._told("PUT", "/limits", {"enforced": enforced})

    def requests(self, after: int = 0) -> list[dict[str, Any]]:
        """The last requests, those after a number."""
        requests: list[dict[str, Any]] = self._told("GET", "/requests", query={"after": after})["requests"]
        return requests

    def reset(self) -> None:
        """Begins anew."""
        self._told("POST", "/reset")

    def _told(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        response = self._http.request(method, path, json=body, params=query)
        if response.is_success:
            return response.json() if response.content else None
        told = "; ".join(f"{error['field'] or 'the request'}: {error['reason']}" for error in response.json()["errors"])
        raise ControlError(f"{method} {path}: {response.status_code}: {told}")


class Running(Control):
    """A simulator that runs in a thread of this process, and its control.

    Attributes:
        simulator: the application itself.
        credentials: for each API, by the file stem, what a client of it is given, by the key of the security scheme.
    """

    def __init__(self, url: str, simulator: Simulator) -> None:
        super().__init__(url)
        self.simulator = simulator
        self.credentials: dict[str, dict[str, Any]] = {
            api: {key: _as_given(credential) for key, credential in held.items()}
            for api, held in simulator.credentials.items()
        }


def _as_given(credential: Credential) -> Any:
    """A credential as a client takes it: basic authentication as a pair."""
    if credential.scheme.scheme != "basic":
        return credential.accepted
    user, _, password = credential.accepted.partition(":")
    return user, password


@contextlib.contextmanager
def running(
    openapi: Path,
    *,
    environment: Mapping[str, str] | None = None,
    seed: int = 0,
    speed: float = 1.0,
    draws: Draws | None = None,
) -> Iterator[Running]:
    """Starts a simulator on a free loopback port, and stops it.

    Args:
        openapi: the folder of documents.
        environment: credentials and known ids, named as in the README; made up otherwise.
        seed: the seed of ids, durations and faults.
        speed: how much faster than the time of day its clock runs; 0: it moves only when it is told to.
        draws: how long jobs take and how often they fail, where nobody says it.
    """
    clock = RunningClock(speed, None if speed == 1 else EPOCH)
    settings = Settings(environment=environment or {}, clock=clock, seed=seed, draws=draws or Draws())
    simulator = Simulator(_documents(openapi), settings)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(config(Controlled(simulator)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="simulator", daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.002)
    try:
        with Running(f"http://127.0.0.1:{listening.getsockname()[1]}", simulator) as control:
            yield control
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


@cache
def _documents(openapi: Path) -> tuple[Document, ...]:
    return load_folder(openapi)
