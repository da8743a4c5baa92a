"""Celery on Redis: the task of docs/engines.md, its worker killed amid the wait, and finished by another."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from scripts.simulate.remote import RunningSimulator

from ..live_products.servers import Servers
from .programs import (
    CELERY_RESULT,
    CELERY_START,
    CELERY_WORKER,
    ENDS,
    TOKEN,
    block,
    check_tokens,
    last_json,
    output,
    polls_of,
    reaches,
    variables,
)

VISIBILITY = 5  # seconds, instead of those of the page


@ENDS
def test_task_of_a_killed_worker_is_finished_by_another(
    timeline: Any,
    timeout: int,
    expected: dict[str, str],
    python: Path,
    servers: Servers,
    simulator: RunningSimulator,
    redis_url: str,
    tmp_path: Path,
) -> None:
    source = block("Celery")
    assert '"visibility_timeout": 120' in source
    engine = source.replace('"visibility_timeout": 120', f'"visibility_timeout": {VISIBILITY}')
    (tmp_path / "engine.py").write_text(engine, encoding="utf-8")
    (tmp_path / "worker.py").write_text(CELERY_WORKER, encoding="utf-8")
    simulator.create_job(api="ai-for-process", operation="get_dock_status", id="ds-1", after=timeline)
    environment = variables(simulator, REDIS_URL=redis_url)
    environment["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
    token = output(python, TOKEN, "ds-1", str(timeout), folder=tmp_path, environment=environment)
    command = [str(python), "-m", "celery", "-A", "worker", "worker", "--pool", "solo", "--loglevel", "INFO"]

    servers.start("first", command, environment, tmp_path)
    output(python, CELERY_START, token, folder=tmp_path, environment=environment)
    servers.wait_until("the job is polled", reaches(simulator, "ds-1", 2), 60)
    first = servers.remove("first")
    first.send_signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    before = polls_of(simulator, "ds-1")
    # A worker restores the tasks of others when it starts, and then each 100 seconds.
    time.sleep(max(VISIBILITY + 1, timeout if timeout < 60 else 0))
    servers.start("second", command, environment, tmp_path)
    end = last_json(output(python, CELERY_RESULT, folder=tmp_path, environment=environment))

    assert {name: end[name] for name in expected} == expected, end
    lines = [line.split(" ", 1) for line in (tmp_path / "tokens").read_text(encoding="utf-8").splitlines()]
    assert len({process for process, _ in lines}) == 2
    polls = check_tokens(token, [text for _, text in lines])
    assert polls == sorted(polls)
    assert polls[0] == 0
    assert json.loads(lines[-1][1])["polls"] == polls[-1] > 0
    if expected.get("error") == "JobTimeoutError":
        assert polls_of(simulator, "ds-1") - before <= 2
