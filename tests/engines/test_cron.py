"""cron: the line of docs/engines.md, its process killed amid the wait, and continued in a later minute."""

import os
import re
import signal
import subprocess
from pathlib import Path

from scripts.simulate.remote import RunningSimulator

from ..live_products.servers import Servers
from .programs import block, reaches, variables


def test_killed_wait_is_continued_by_a_later_run(
    python: Path, servers: Servers, simulator: RunningSimulator, tmp_path: Path
) -> None:
    schedule, _, line = block("cron").strip().rpartition("* * * * * ")
    assert schedule == ""
    command = tmp_path / "bin" / "job-status"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{python}" -m job_status "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    simulator.create_job(
        api="ai-for-process", operation="get_dock_status", id="ds-1", after=[[0, "IN_PROGRESS"], [8, "SUCCESS"]]
    )
    environment = variables(simulator, DOCK_STATUS_ID="ds-1")
    environment["PATH"] = f"{command.parent}{os.pathsep}{environment['PATH']}"
    resume = tmp_path / "undeploy.resume"

    first = subprocess.Popen(["sh", "-c", line], cwd=tmp_path, env=environment, start_new_session=True)
    try:
        servers.wait_until("the job is polled", reaches(simulator, "ds-1", 2), 60)
        other = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, check=False)
        assert (other.returncode, other.stdout) == (1, b"")
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        # The last of its processes has ended when the lock is free.
        subprocess.run(["flock", "undeploy.lock", "true"], cwd=tmp_path, check=True, timeout=30)
    before, polls = deadlines(resume), len(simulator.requests())
    with subprocess.Popen(
        ["sh", "-c", line], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as second:
        servers.wait_until("the job is polled again", reaches(simulator, "ds-1", polls + 1), 60)
        after = deadlines(resume)
        found, _ = second.communicate(timeout=60)

    assert (second.returncode, "SUCCESS" in found) == (0, True)
    assert len(before) == len(after) == 1
    assert abs(before[0] - after[0]) < 0.1


def deadlines(path: Path) -> list[float]:
    """Return the deadlines of the tokens in a file of `--resume`."""
    return [float(found) for found in re.findall(r'deadline\\*": ([\d.]+)', path.read_text(encoding="utf-8"))]
