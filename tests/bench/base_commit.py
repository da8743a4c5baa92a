"""CPU time of a call and of a poll, compared with the package at an earlier commit, which `BASE` names."""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from ..conftest import ROOT
from .results import Table
from .server import server

ROUNDS, CALLS = 15, 1000
BODY = json.dumps({"_id": "ds-1", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": "SUCCESS"})
# Runs in one process for each package, and measures one round for each line of its standard input.
PROGRAM = """
import asyncio, sys, time
from job_status import AgentPlatform, AsyncAgentPlatform

url, count = sys.argv[1], int(sys.argv[2])

def rounds():
    while line := sys.stdin.readline():
        yield line.strip()

def sync():
    with AgentPlatform(url, api_key="key") as api:
        uses = {"call": lambda: api.get_dock_status("ds-1"), "poll": lambda: api.wait_for_dock_status("ds-1", timeout=9)}
        for name in rounds():
            if name == "async":
                return
            started = time.process_time()
            for _ in range(count):
                uses[name]()
            print((time.process_time() - started) / count, flush=True)

async def main():
    async with AsyncAgentPlatform(url, api_key="key") as api:
        for name in rounds():
            started = time.process_time()
            for _ in range(count):
                await api.get_dock_status("ds-1")
            print((time.process_time() - started) / count, flush=True)

sync()
asyncio.run(main())
"""


def tables() -> list[Table]:
    """Measure both packages alternately."""
    base = os.environ.get("BASE") or "HEAD~1"
    table = Table("Since an earlier commit", base, "CPU time of calls and of polls by id, at a server without latency.")
    with tempfile.TemporaryDirectory() as folder, server(BODY) as url:
        packed = subprocess.run(["git", "archive", base, "generated"], cwd=ROOT, capture_output=True, check=False)
        if packed.returncode:
            print(f"BASE={base} is not a commit of this repository; the comparison with it is skipped")
            return []
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            archive.extractall(folder, filter="data")
        packages = (Path(folder, "generated"), ROOT / "generated")
        programs = [
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, url, str(CALLS)],
                env={**os.environ, "PYTHONPATH": str(package)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for package in packages
        ]
        for name in ("call", "poll", "async"):
            for subject, times in zip((base, "job-status"), _alternate(programs, name), strict=True):
                table.add(subject, name, "us", times, scale=1e6, goal="ratio up to 1.02")
        for program in programs:
            program.communicate()
    return [table]


def _alternate(programs: list["subprocess.Popen[str]"], name: str) -> list[list[float]]:
    times: list[list[float]] = [[], []]
    if name == "async":
        for program in programs:
            _send_line(program, "async")
    for number in range(ROUNDS + 1):
        for index, program in enumerate(programs):
            _send_line(program, name)
            assert program.stdout is not None
            took = float(program.stdout.readline())
            if number:  # the first round is a warm-up
                times[index].append(took)
    return times


def _send_line(program: "subprocess.Popen[str]", line: str) -> None:
    assert program.stdin is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()
