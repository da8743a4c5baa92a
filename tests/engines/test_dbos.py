"""DBOS on SQLite: the workflow of docs/engines.md, its process killed amid the wait, and finished by another."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from scripts.simulate.remote import RunningSimulator

from ..live_products.servers import Servers
from .programs import DBOS_RUN, ENDS, TOKEN, block, check_tokens, last_json, output, polls_of, reaches, variables


@ENDS
def test_killed_workflow_is_finished_by_another_process(
    timeline: Any,
    timeout: int,
    expected: dict[str, str],
    python: Path,
    servers: Servers,
    simulator: RunningSimulator,
    tmp_path: Path,
) -> None:
    (tmp_path / "engine.py").write_text(block("DBOS"), encoding="utf-8")
    simulator.create_job(api="ai-for-process", operation="get_dock_status", id="ds-1", after=timeline)
    environment = variables(simulator)
    environment["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
    token = output(python, TOKEN, "ds-1", str(timeout), folder=tmp_path, environment=environment)
    with (tmp_path / "first.log").open("wb") as log:
        first = subprocess.Popen([python, "-c", DBOS_RUN, token], cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        servers.wait_until("the job is polled", reaches(simulator, "ds-1", 2), 60)
    finally:
        first.send_signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    before = polls_of(simulator, "ds-1")
    if expected.get("error") == "JobTimeoutError":
        time.sleep(timeout)

    end = last_json(output(python, DBOS_RUN, folder=tmp_path, environment=environment))

    assert {name: end[name] for name in expected} == expected, end
    polls = check_tokens(token, end["tokens"])
    assert polls == list(range(1, len(polls) + 1))
    # One poll more if the process was killed before the step was kept, and the one of the end.
    assert polls_of(simulator, "ds-1") - len(polls) in {1, 2}
    if expected.get("error") == "JobTimeoutError":
        # A deadline that had begun again would have needed a poll per second.
        assert polls_of(simulator, "ds-1") - before <= 2
