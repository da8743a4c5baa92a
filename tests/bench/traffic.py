"""Recorded traffic: 100,000 exchanges are checked, in comparison with validating the bodies of a file in memory."""

import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from ..conftest import ROOT
from ..paths import path_of
from .results import Table

EXCHANGES, JOBS = 100_000, 1000
STEM = "agent-platform"
# The alternative: the whole file at once, and each body against the schema alone, without jobs, order or redaction.
PLAIN = """
import json, sys
from pathlib import Path
from scripts.document import load
document = load(Path("openapi", sys.argv[2] + ".yaml"))
schema = document.operations[0].success.media_types[0].schema
log = json.loads(Path(sys.argv[1]).read_text())["log"]
bodies = (json.loads(entry["response"]["content"]["text"]) for entry in log["entries"])
print(sum(not document.validator(schema).is_valid(body) for body in bodies))
"""


def write(path: Path, exchanges: int = EXCHANGES) -> None:
    """Write an archive in which jobs are polled in turn until they succeed."""
    polls = exchanges // JOBS
    with path.open("w", encoding="utf-8") as file:
        file.write('{"log": {"version": "1.2", "creator": {"name": "bench", "version": "1"}, "entries": [\n')
        for number in range(exchanges):
            poll, job = divmod(number, JOBS)
            entry = json.dumps(_entry(number, f"ds-{job:036d}", poll, polls))
            file.write(f"{',' if number else ''}{entry}\n")
        file.write("]}}\n")


def _entry(number: int, job: str, poll: int, polls: int) -> dict[str, object]:
    state = "SUCCESS" if poll + 10 >= polls else "IN_PROGRESS"
    at = datetime.datetime.fromtimestamp(1.78e9 + number * 0.013, datetime.UTC)
    body = {"_id": job, "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": state}
    text = json.dumps({**body, "percentageComplete": 100 if state == "SUCCESS" else poll})
    headers = {"Content-Type": "application/json", "Content-Length": str(len(text)), "Server": "bench"}
    return {
        "startedDateTime": at.isoformat(timespec="microseconds"),
        "time": 12.5,
        "request": {
            "method": "GET",
            "url": f"https://agent-platform.domain.ai{path_of(STEM, 'get_dock_status', job)}",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": "x-api-key", "value": "key-of-the-bench"}, {"name": "Accept", "value": "*/*"}],
            "queryString": [],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
            "cookies": [],
            "content": {"size": len(text), "mimeType": "application/json", "text": text},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(text),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 12, "receive": 0.5},
    }


def measure(command: list[str]) -> tuple[float, float]:
    """Return the processor seconds and the largest memory in MB of a command that succeeds."""
    program = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024); sys.exit(done.returncode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory


def tables() -> list[Table]:
    """Return what checking recorded traffic costs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "traffic.har")
        write(path)
        size = path.stat().st_size / 1e6
        plain = measure([sys.executable, "-c", PLAIN, str(path), STEM])
        ours = measure([sys.executable, "-m", "scripts", "verify", "--har", str(path), "--out", f"{folder}/out"])
    validating = "validating the bodies"
    table = Table("Recorded traffic", validating, f"{EXCHANGES} exchanges, {size:.0f} MB, by `verify --har`.")
    for subject, (seconds, memory) in ((validating, plain), ("job-status", ours)):
        table.add(subject, "CPU time", "s", seconds, goal="up to 60 s")
        table.add(subject, "memory", "MB", memory)
    return [table]
