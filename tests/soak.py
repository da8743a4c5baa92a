"""A soak: many jobs are waited for while the server fails now and then, and server and client are stopped by SIGSTOP.

`PYTHONPATH=generated .venv/bin/python -m tests.soak --jobs 10000` prints how many outcomes were right, wrong and lost, and how often what was stopped.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from job_status import JobFailedError, wait_all

from .conftest import ROOT
from .hostile import HostileServer, http_response, reset
from .products import AGENT, requested_id

SUCCEEDS, FAILS = "s", "f"
LONGEST_JOB: Final = 3.0  # seconds
TIMEOUT: Final = 300.0  # seconds for all jobs
FAULTS: Final = {
    "503": http_response(503, b'{"message":"busy"}'),
    "429": http_response(429, b"{}", "Retry-After: 1"),
    "page": http_response(200, b"<html>maintenance</html>", content_type="text/html"),
    "another job": http_response(200, AGENT.body("ds-other")),
    "reset": b"",
}


class Server:
    """Jobs that end with what their id says, and a fault in every twentieth response."""

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)
        self._ends: dict[str, float] = {}

    def respond(self, connection: socket.socket, head: bytes) -> None:
        """Respond to a poll."""
        if self._source.random() < 0.05:
            fault = self._source.choice(list(FAULTS))
            if fault == "reset":
                reset(connection)
            else:
                connection.sendall(FAULTS[fault])
            return
        identifier = requested_id(head)
        end = self._ends.setdefault(identifier, time.monotonic() + self._source.uniform(0, LONGEST_JOB))
        state = "SUCCESS" if identifier.startswith(SUCCEEDS) else "FAILED"
        body = AGENT.body(identifier, state if time.monotonic() >= end else "IN_PROGRESS")
        connection.sendall(http_response(body=body))


def serve(seed: int) -> None:
    """Print the URL of a server, and serve until the process is ended."""
    print(HostileServer(Server(seed).respond).url, flush=True)
    time.sleep(TIMEOUT * 2)


def wait(url: str, count: int) -> Counter[str]:
    """Wait for jobs, of which every third fails; return how many outcomes are right and wrong."""
    found: Counter[str] = Counter()
    with AGENT.client(url, timeout=10.0, max_retries=0) as api:
        ids = [f"{FAILS if number % 3 == 0 else SUCCEEDS}-{number}" for number in range(count)]
        for outcome in wait_all([api.dock_status_job(one) for one in ids], timeout=TIMEOUT):
            identifier = outcome.job.name.rpartition(" ")[2]
            is_failure = isinstance(outcome.error, JobFailedError)
            status = outcome.error.status if isinstance(outcome.error, JobFailedError) else outcome.status
            is_right = is_failure == identifier.startswith(FAILS) and getattr(status, "field_id", None) == identifier
            found["right" if is_right else f"wrong: {identifier}: {outcome.error!r}"] += 1
    return found


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run this module in another process, and end that."""
    command = [sys.executable, "-m", "tests.soak", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generated")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def soak(count: int, seed: int) -> dict[str, Any]:
    """Wait for `count` jobs while server and client are stopped in turn, at random times."""
    source = random.Random(seed)
    stops: Counter[str] = Counter()
    with program("serve", "--seed", str(seed)) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        with program("wait", "--url", url, "--jobs", str(count)) as client:
            while client.poll() is None:
                time.sleep(source.uniform(0.1, 0.6))
                name, process = source.choice([("client", client), ("server", server)])
                process.send_signal(signal.SIGSTOP)
                time.sleep(source.uniform(0.05, 1.5))
                process.send_signal(signal.SIGCONT)
                stops[name] += 1
            output, _ = client.communicate()
    found = json.loads(output)
    return {**found, "lost": count - sum(found.values()), "stops": dict(stops)}


def main() -> None:
    """Run the soak, or one of its two processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["serve", "wait"])
    parser.add_argument("--url", default="")
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.part == "serve":
        serve(arguments.seed)
    elif arguments.part == "wait":
        print(json.dumps(wait(arguments.url, arguments.jobs)))
    else:
        print(json.dumps(soak(arguments.jobs, arguments.seed)))


if __name__ == "__main__":
    main()
