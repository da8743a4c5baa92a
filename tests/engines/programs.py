"""The programs that run the blocks of docs/engines.md: the block, then what starts and observes it."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from scripts.simulate.remote import RunningSimulator

from ..conftest import ROOT

DBOS_RUN = """
import json, sys
from dbos import SetWorkflowID
from engine import DBOS, follow
DBOS.launch()
if len(sys.argv) > 1:
    with SetWorkflowID("wait-1"):
        DBOS.start_workflow(follow, sys.argv[1])
try:
    end = {"status": DBOS.retrieve_workflow("wait-1").get_result()["status"]}
except Exception as error:
    end = {"error": type(error).__name__, "message": str(error)}
steps = DBOS.list_workflow_steps("wait-1")
end["tokens"] = [step["output"][0] for step in steps if step["function_name"] == "look"]
print(json.dumps(end))
"""
CELERY_WORKER = """
import os
from celery.signals import task_prerun
from engine import app, follow
@task_prerun.connect
def note(args=(), **_):
    with open("tokens", "a") as file:
        file.write(f"{os.getpid()} {args[0]}\\n")
"""
CELERY_START = "import sys; from engine import follow; print(follow.apply_async(args=[sys.argv[1]], task_id='wait-1'))"
CELERY_RESULT = """
import json
from engine import app
result = app.AsyncResult("wait-1")
try:
    end = {"status": result.get(timeout=90)["status"]}
except Exception as error:
    end = {"error": type(error).__name__, "message": str(error)}
print(json.dumps(end))
"""
TOKEN = """
import sys
from job_status import AIForProcess
with AIForProcess() as api:
    print(api.dock_status_job(sys.argv[1], timeout=float(sys.argv[2])).token())
"""

# How a job ends whose process is killed amid the wait: its states, the timeout of the wait, what the engine reports.
ENDS: Final = pytest.mark.parametrize(
    ("timeline", "timeout", "expected"),
    [
        ([[0, "IN_PROGRESS"], [8, "SUCCESS"]], 300, {"status": "SUCCESS"}),
        ([[0, "IN_PROGRESS"], [8, "FAILED"]], 300, {"error": "JobFailedError"}),
        ([[0, "IN_PROGRESS"]], 8, {"error": "JobTimeoutError"}),
    ],
    ids=["success", "failure", "deadline"],
)


def block(heading: str) -> str:
    """Return the code of a section of the page."""
    page = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^## {heading}\n.*?^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return str(found)


def variables(simulator: RunningSimulator, **more: str) -> dict[str, str]:
    """Return the environment of a program that uses the simulator."""
    (key,) = simulator.credentials["ai-for-process"].values()
    base = {name: value for name, value in os.environ.items() if not name.startswith(("DBOS", "CELERY", "PYTEST"))}
    url = simulator.base_url("ai-for-process")
    client = {"AI_FOR_PROCESS_URL": url, "AI_FOR_PROCESS_API_KEY": key, "PYTHONPATH": str(ROOT / "generated")}
    return {**base, **client, **more}


def output(python: Path, program: str, *arguments: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a program and return what it prints."""
    done = subprocess.run(
        [python, "-c", program, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def polls_of(simulator: RunningSimulator, job: str) -> int:
    """Return the number of requests about a job."""
    return sum(job in request["target"] for request in simulator.requests())


def reaches(simulator: RunningSimulator, job: str, count: int) -> Callable[[], bool]:
    """Return a function that says whether a job has been polled so often."""
    return lambda: polls_of(simulator, job) >= count


def check_tokens(first: str, later: list[str]) -> list[int]:
    """Check that tokens have the deadline and the start of the first, and return their numbers of polls."""
    start, *rest = (json.loads(token) for token in [first, *later])
    for token in rest:
        for name in ("deadline", "started_at"):
            assert abs(token[name] - start[name]) < 0.1, (name, token, start)
    return [token["polls"] for token in rest]


def last_json(text: str) -> Any:
    """Return the last line as JSON."""
    return json.loads(text.strip().splitlines()[-1])
