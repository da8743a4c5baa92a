"""Client of the control API, and a simulator that runs in a thread, for tests."""

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
from .app import Simulator
from .clock import EPOCH, ScaledClock
from .control import ROOT, ControlledSimulator
from .credentials import SimulatedCredential
from .durations import JobDistribution
from .settings import SimulatorSettings
from .socket_faults import server_config


class ControlError(Exception):
    """The simulator rejects a control request. The message names the field and the reason."""


class Control:
    """Client of the control API of a running simulator, in this process or on any host.

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
        """Close the connections."""
        self._http.close()

    def base_url(self, api: str) -> str:
        """Return the base URL of an API, by the file stem of its document."""
        return f"{self.url}/{api}"

    def create_job(self, **fields: Any) -> dict[str, Any]:
        """Create a job, or start a new run if the job exists.

        Args:
            **fields: `api`, `operation`, `id`, `parameters`, `after`, `reason`, `fields`, `without`. `after` is the
                timeline, such as `[[0, "IN_PROGRESS"], [3, "SUCCESS"]]`; `fields` sets fields of the status response
                by name, `without` names fields to omit.
        """
        return dict(self.send("POST", "/jobs", fields)["jobs"][0])

    def create_jobs(self, count: int, **fields: Any) -> list[dict[str, Any]]:
        """Create `count` jobs; return the first 1000."""
        return list(self.send("POST", "/jobs", {**fields, "count": count})["jobs"])

    def jobs(self, **filters: Any) -> list[dict[str, Any]]:
        """Return the jobs with their states. The filters are `api`, `id` and `limit`."""
        return list(self.send("GET", "/jobs", query=filters)["jobs"])

    def fault(self, kind: str, **fields: Any) -> int:
        """Add a fault; return its number for `clear_faults`."""
        return int(self.send("POST", "/faults", {"kind": kind, **fields})["number"])

    def faults(self) -> list[dict[str, Any]]:
        """Return the active faults; `met` is the number of affected requests."""
        return list(self.send("GET", "/faults")["faults"])

    def clear_faults(self, number: int | None = None) -> None:
        """Remove one fault, or all of them."""
        self.send("DELETE", "/faults" if number is None else f"/faults/{number}")

    def now(self) -> float:
        """Return the simulator's time in seconds since 1970."""
        return float(self.send("GET", "/clock")["now"])

    def advance(self, seconds: float) -> float:
        """Move the clock forward; return the new time."""
        return float(self.send("PUT", "/clock", {"advance": seconds})["now"])

    def run_at(self, speed: float) -> None:
        """Run the clock `speed` times as fast as real time; 0 pauses it."""
        self.send("PUT", "/clock", {"speed": speed})

    def enforce_limits(self, enforced: bool = True) -> None:
        """Enforce the documented rate limits, or stop enforcing them."""
        self.send("PUT", "/limits", {"enforced": enforced})

    def requests(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the most recent requests with a number above `after`."""
        return list(self.send("GET", "/requests", query={"after": after})["requests"])

    def reset(self) -> None:
        """Restore the initial jobs, faults, clock and limits, and clear the request log."""
        self.send("POST", "/reset")

    def send(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Send a control request; return the JSON body of the response, or None if it is empty.

        Raises:
            ControlError: the simulator rejects the request.
        """
        response = self._http.request(method, path, json=body, params=query)
        if response.is_success:
            return response.json() if response.content else None
        errors = response.json()["errors"]
        details = "; ".join(f"{error['field'] or 'the request'}: {error['reason']}" for error in errors)
        raise ControlError(f"{method} {path}: {response.status_code}: {details}")


class RunningSimulator(Control):
    """A simulator that runs in a thread of this process, with its control API.

    Attributes:
        simulator: the ASGI application.
        credentials: the credentials for a client of each API, by file stem and then by security scheme key.
    """

    def __init__(self, url: str, simulator: Simulator) -> None:
        super().__init__(url)
        self.simulator = simulator
        self.credentials: dict[str, dict[str, Any]] = {
            api: {key: _client_credential(credential) for key, credential in credentials.items()}
            for api, credentials in simulator.credentials.items()
        }


def _client_credential(credential: SimulatedCredential) -> Any:
    """Return a credential as a client takes it: basic authentication as a pair."""
    if credential.scheme.scheme != "basic":
        return credential.accepted
    user, _, password = credential.accepted.partition(":")
    return user, password


@contextlib.contextmanager
def run_simulator(
    openapi: Path,
    *,
    environment: Mapping[str, str] | None = None,
    seed: int = 0,
    speed: float = 1.0,
    distribution: JobDistribution | None = None,
) -> Iterator[RunningSimulator]:
    """Run a simulator on a free loopback port for the length of the context.

    Args:
        openapi: the folder of documents.
        environment: credentials and known ids, named as in the README; generated if missing.
        seed: the seed of ids, durations and faults.
        speed: how many times as fast as real time the clock runs; 0 pauses it, use `advance` to move it.
        distribution: the durations and failures of jobs without a timeline.
    """
    clock = ScaledClock(speed, None if speed == 1 else EPOCH)
    settings = SimulatorSettings(
        environment=environment or {}, clock=clock, seed=seed, distribution=distribution or JobDistribution()
    )
    simulator = Simulator(_load_documents(openapi), settings)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(server_config(ControlledSimulator(simulator)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="simulator", daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.002)
    try:
        with RunningSimulator(f"http://127.0.0.1:{listening.getsockname()[1]}", simulator) as control:
            yield control
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


@cache
def _load_documents(openapi: Path) -> tuple[Document, ...]:
    return load_folder(openapi)
