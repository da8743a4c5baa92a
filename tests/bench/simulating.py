"""Benchmark of the simulator against Prism's mock of the same document: requests per second and memory.

Each server runs on one core, the load generator on another. One request in twenty is invalid and must be rejected.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import uvloop

from scripts.simulate.remote import Control

from ..conftest import ROOT
from ..paths import path_of
from .results import Table

DOCUMENT = "opensearch-flow-framework"
PRISM = "@stoplight/prism-cli@5.14.2"
CONNECTIONS, SECONDS = 32, 6.0
ROUNDS = 3
HUNDRED_THOUSAND, LAST_REQUEST = 100_000, 300_000
PATH = path_of(DOCUMENT, "get_workflow_status", "d6WKB6IBR8spXwU9M5eD")
HEAD = "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"


def taskset(core: int) -> list[str]:
    """Return the command prefix that pins a process to one core, or an empty list if that is not possible."""
    return ["taskset", "-c", str(core)] if shutil.which("taskset") and (os.cpu_count() or 1) > 1 else []


class LoadGenerator:
    """A load of requests over persistent connections, one in twenty of them invalid."""

    def __init__(self, port: int, base: str) -> None:
        self.port = port
        valid, invalid = (HEAD.format(path=f"{base}{PATH}?all={value}").encode() for value in ("true", "banana"))
        self.requests = [valid] * 19 + [invalid]
        self.statuses: Counter[tuple[bool, int]] = Counter()

    async def run_connection(self, number: int, deadline: float, count: int) -> None:
        """Send requests over one connection, until a deadline or up to a count."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        sent = number
        while time.monotonic() < deadline and count > 0:
            request = self.requests[sent % 20]
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
            )
            await reader.readexactly(length)
            self.statuses[sent % 20 == 19, int(head[9:12])] += 1
            sent, count = sent + 1, count - 1
        writer.close()

    def run(self, seconds: float = 1e9, requests: int = 10**9) -> float:
        """Send requests over all connections; return the requests per second."""

        async def run_all() -> None:
            deadline = time.monotonic() + seconds
            await asyncio.gather(
                *(self.run_connection(n, deadline, requests // CONNECTIONS) for n in range(CONNECTIONS))
            )

        before, began = self.statuses.total(), time.monotonic()
        uvloop.run(run_all())
        return (self.statuses.total() - before) / (time.monotonic() - began)

    def wrong(self) -> int:
        """Return how many responses were unexpected: exactly the invalid requests are to be rejected."""
        return sum(count for (invalid, status), count in self.statuses.items() if invalid != (400 <= status < 500))


@contextlib.contextmanager
def run_simulator_process() -> Iterator[tuple[int, int]]:
    """Run the simulator on its own core; yield its port and process id."""
    command = [*taskset(0), sys.executable, "-m", "scripts.simulate", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().strip().rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def run_prism() -> Iterator[int | None]:
    """Run Prism's mock on its own core; yield its port, or None with a message if it cannot be installed."""
    home = ROOT / "build" / "prism"
    program = home / "node_modules" / ".bin" / "prism"
    if not program.exists() and shutil.which("npm"):
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home), PRISM]
        subprocess.run(install, check=False, capture_output=True, timeout=240)
    if not program.exists():
        print("Prism: skipped, npm is missing or cannot install it")
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    document = str(ROOT / "openapi" / f"{DOCUMENT}.yaml")
    command = [*taskset(0), str(program), "mock", "--multiprocess", "false", "-v", "error", "-p", str(port), document]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}{PATH}")
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def affinity() -> set[int]:
    """Return the cores on which this process may run, or none if the system does not report them."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def resident_memory(pid: int) -> float:
    """Return the resident memory of a process in MB, or 0 if the system does not report it."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def tables() -> list[Table]:
    """Return the request rates of both, and the memory of the simulator."""
    prism = "Prism"
    rates = Table(
        "Requests to the simulator",
        prism,
        f"{DOCUMENT}, {CONNECTIONS} connections; one request in twenty is invalid. Each server has one core.",
    )
    memory = Table("Memory of the simulator", None, "Resident memory of the process.")
    before_all = affinity()
    if taskset(1):
        os.sched_setaffinity(0, {1})
    try:
        with run_simulator_process() as (port, pid):
            load = LoadGenerator(port, f"/{DOCUMENT}")
            with run_prism() as other:
                loads = {"job-status": load}
                if other is not None:
                    loads[prism] = LoadGenerator(other, "")
                found: dict[str, list[float]] = {name: [] for name in loads}
                for one in loads.values():
                    one.run(1.0)
                for _ in range(ROUNDS):
                    for name, one in loads.items():
                        found[name].append(one.run(SECONDS / ROUNDS))
                for name, one in loads.items():
                    rates.add(name, "rate", "requests/s", found[name], goal="ratio of 3 or more")
                    rates.add(name, "unexpected responses", "", one.wrong())
            before = resident_memory(pid)
            with Control(f"http://127.0.0.1:{port}") as control:
                began = time.monotonic()
                control.create_jobs(HUNDRED_THOUSAND, api=DOCUMENT)
                took = time.monotonic() - began
            memory.add("job-status", f"creation of {HUNDRED_THOUSAND} jobs", "s", took)
            memory.add("job-status", f"memory of {HUNDRED_THOUSAND} jobs", "MB", resident_memory(pid) - before)
            load.run(requests=max(HUNDRED_THOUSAND - load.statuses.total(), CONNECTIONS))
            first = resident_memory(pid)
            load.run(requests=LAST_REQUEST - load.statuses.total())
            name = f"growth from request {HUNDRED_THOUSAND} to {LAST_REQUEST}"
            memory.add("job-status", name, "MB", resident_memory(pid) - first, goal="up to 20")
    finally:
        if before_all:
            os.sched_setaffinity(0, before_all)
    return [rates, memory]
