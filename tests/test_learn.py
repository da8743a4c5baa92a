"""`job-status-tools learn`: from request logs, HAR and durations to a schedule."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from job_status import LearnedSchedule

from scripts.document import Kind, load, load_folder
from scripts.learn.durations import Record, learn_durations
from scripts.learn.operations import Operations
from scripts.learn.readers import har_record
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock

from .conftest import ENVIRONMENT, ROOT, Serve
from .paths import path_of, simulated_path

OURS = load_folder(ROOT / "openapi")
KNOWN = {
    "agent-platform": "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8",
    "ai-for-process": "ds-c65e0f15-d2bd-5a3f-9e1d-07f4b3c6a1e8",
}
PATH = path_of("ai-for-service", "get_publish_status", "st-1")
BOT = f"/ai-for-service{PATH}"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    source = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from scripts.__main__ import run; sys.exit(run())"
    command = [sys.executable, "-c", source, "learn", *arguments, "--openapi", str(ROOT / "openapi")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def records(*rows: tuple[str, float, Kind]) -> list[Record]:
    """Return records of one operation: job, time and kind."""
    return [Record("get", (job,), at, kind) for job, at, kind in rows]


def test_job_ends_in_the_middle_between_its_last_polls() -> None:
    found = learn_durations(
        records(("a", 100, "pending"), ("b", 101, "pending"), ("a", 104, "pending"), ("a", 110, "success"))
        + records(("b", 111, "failure"), ("a", 120, "success"))
    )

    assert found["get"].seconds == [7.0, 5.0]
    assert (found["get"].without_start, found["get"].without_end) == (0, 0)


def test_jobs_without_start_or_end_are_counted_and_ignored() -> None:
    found = learn_durations(records(("a", 1, "success"), ("a", 2, "success"), ("b", 3, "pending"), ("c", 4, "partial")))

    assert (found["get"].seconds, found["get"].without_start, found["get"].without_end) == ([], 2, 1)


def test_job_begins_when_it_is_no_longer_waiting_for_its_start() -> None:
    rows: list[tuple[str, float, Kind]] = [("a", 0, "notStarted"), ("a", 50, "notStarted"), ("a", 52, "pending")]

    assert learn_durations(records(*rows, ("a", 54, "success")))["get"].seconds == [3.0]


def test_later_run_of_the_same_job_counts_from_its_first_record() -> None:
    rows: list[tuple[str, float, Kind]] = [("a", 0, "pending"), ("a", 10, "success"), ("a", 500, "pending")]

    assert learn_durations(records(*rows, ("a", 520, "failure")))["get"].seconds == [5.0, 10.0]


def test_jobs_of_other_operations_and_names_are_apart() -> None:
    found = learn_durations(
        [Record("x", ("a",), 0, "pending"), Record("y", ("a",), 5, "pending"), Record("y", ("a",), 7, "success")]
    )

    assert (found["x"].without_end, found["y"].seconds) == (1, [1.0])


# HAR


def entry(url: str, body: Any, **fields: Any) -> dict[str, Any]:
    """Return an entry of HAR 1.2."""
    request = {"method": fields.pop("method", "GET"), "url": url}
    text = body if isinstance(body, str) else json.dumps(body)
    response = {
        "status": fields.pop("status", 200),
        "headers": [],
        "content": {"text": text, **fields.pop("content", {})},
    }
    return {
        "startedDateTime": "2026-11-28T01:00:00.500Z",
        "time": 250,
        "request": request,
        "response": response,
        **fields,
    }


def test_entry_of_har_is_a_record() -> None:
    operations = Operations(OURS)
    url = f"https://host/proxy{PATH}?x=1"
    found = har_record(entry(url, {"streamId": "st-1", "status": "inprogress"}), operations)
    encoded = base64.b64encode(b'{"streamId": "st-1", "status": "failed"}').decode()
    failed = har_record(entry(url, encoded, content={"encoding": "base64"}), operations)

    assert found is not None
    assert (found.operation, found.kind) == ("get_publish_status", "pending")
    assert found.at == 1_795_827_600.75
    assert found.job[0] == "host"
    assert failed is not None
    assert (failed.kind, failed.job) == ("failure", found.job)


@pytest.mark.parametrize(
    "other",
    [
        entry("https://host/other", {"status": "successful"}),
        entry(f"https://host{PATH}", {"status": "successful"}, method="POST"),
        entry(f"https://host{PATH}", {"status": "successful"}, status=503),
        entry(f"https://host{PATH}", "<html>"),
        entry(f"https://host{PATH}", {"error": "?"}),
    ],
    ids=["path", "method", "status", "html", "no state"],
)
def test_entry_that_reports_no_job_is_no_record(other: dict[str, Any]) -> None:
    assert har_record(other, Operations(OURS)) is None


QUERY = """
openapi: 3.1.0
info: {title: Kilns, version: 1.0.0}
paths:
  /firing:
    get:
      operationId: getFiring
      parameters:
        - {name: id, in: query, required: true, schema: {type: string}}
        - {name: view, in: query, schema: {type: string}}
      responses:
        "200":
          description: The firing.
          content:
            application/json:
              schema: {type: object, required: [state], properties: {state: {type: string, enum: [hot, cold, broken]}}}
      x-job: {names: id, state: $response.body#/state, pending: [hot], success: [cold], failure: [broken]}
"""


def test_job_is_named_by_its_parameters_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "kilns.yaml"
    path.write_text(QUERY, encoding="utf-8")
    kilns, freight = Operations([load(path)]), Operations([load(ROOT / "tests/vendors/freight.yaml")])
    jobs = [kilns.find("GET", f"https://h/firing?{query}") for query in ("id=1", "id=1&view=all", "id=2")]
    shipments = [freight.find("GET", f"https://h/v2/shipments/7{query}") for query in ("", "?page=2")]

    assert jobs[0] == jobs[1] is not None
    assert jobs[0] != jobs[2]
    assert shipments[0] == shipments[1] is not None
    assert kilns.find("GET", "https://h/nowhere?id=1") is None


# The command


def test_log_of_the_simulator_becomes_a_schedule(serve: Serve, tmp_path: Path) -> None:
    """Two products have an operation of one name; `--api` takes one of them."""
    log = tmp_path / "requests.log"
    with log.open("w", encoding="utf-8") as file:
        settings = SimulatorSettings(environment=ENVIRONMENT, log_file=file, clock=SteppingClock(1.0))
        base = serve(Simulator(OURS, settings))
        for stem, known in KNOWN.items():
            key = {"x-api-key": ENVIRONMENT[f"{stem.upper().replace('-', '_')}_API_KEY"]}
            path = simulated_path(stem, "get_dock_status", known)
            states = [httpx.get(f"{base}{path}", headers=key).json() for _ in range(40)]
            assert states[-1].get("status") in {"SUCCESS", "FAILED"}, states[-1]
            httpx.get(f"{base}{path}-unknown")
    both = run(tmp_path, str(log), "--out", "both.json")
    one = run(tmp_path, str(log), "--out", "one.json", "--api", "agent-platform")

    assert (one.returncode, one.stderr) == (0, "")
    assert one.stdout == "get_dock_status: 1 job\none.json\n"
    assert both.stdout == "get_dock_status: 2 jobs\nboth.json\n", both.stderr
    learned = LearnedSchedule.load(tmp_path / "one.json")
    assert learned.jobs == {"get_dock_status": 1}
    seconds = json.loads((tmp_path / "one.json").read_text("utf-8"))["operations"]["get_dock_status"]["seconds"][0]
    lines = [line.split() for line in log.read_text("utf-8").splitlines() if "agent-platform" in line]
    ended = next(number for number, line in enumerate(lines) if line[4] == "success")
    assert seconds == pytest.approx((float(lines[ended][3]) + float(lines[ended - 1][3])) / 2 - float(lines[0][3]))


def test_files_of_all_kinds_count_together(tmp_path: Path) -> None:
    (tmp_path / "requests.log").write_text(
        f"GET {BOT} 200 100.000 pending\nGET {BOT} 503 101.500 -\nGET {BOT} 200 104.000 success\n"
        "GET /elsewhere 404 105.000 -\n",
        encoding="utf-8",
    )
    url = "https://host" + path_of("ai-for-service", "get_publish_status", "st-2")
    entries = [
        entry(url, {"streamId": "st-2", "status": state}, startedDateTime=f"2026-11-28T01:00:{second}Z")
        for state, second in (("inprogress", "10"), ("successful", "20"))
    ]
    (tmp_path / "traffic.har").write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    (tmp_path / "a.json").write_text('{"get_publish_status": [7, 8.5], "get_dock_status": [3]}', encoding="utf-8")
    (tmp_path / "b.json").write_text("[60, 70]", encoding="utf-8")

    done = run(tmp_path, "requests.log", "traffic.har", "a.json", "b.json", "--out", "schedule.json")
    content = (tmp_path / "schedule.json").read_bytes()
    again = run(tmp_path, "b.json", "a.json", "traffic.har", "requests.log", "--out", "schedule.json")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "*: 2 jobs\nget_dock_status: 1 job\nget_publish_status: 4 jobs\nschedule.json\n"
    found = json.loads(content)["operations"]
    assert found["get_publish_status"] == {"jobs": 4, "seconds": [2.0, 5.0, 7.0, 8.5]}
    assert found["*"]["seconds"] == [60.0, 70.0]
    assert again.returncode == 0
    assert (tmp_path / "schedule.json").read_bytes() == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("GET /x 200\n", "in:1: expected METHOD TARGET STATUS TIME KIND, as --request-log writes, got 'GET /x 200'"),
        ("GET /x 200 1.000 over\n", "in:1: expected METHOD TARGET STATUS TIME KIND"),
        ("{", "in: expected JSON: "),
        ('{"log": {}}', "in: expected an HTTP Archive (HAR 1.2), a JSON object with log.entries, got JSON without it"),
        ('{"log": {"entries": [{}]}}', "in: entry 1: expected a request with a method and a URL, and a response"),
        (
            '{"get": 5}',
            "in: expected HAR, an array of seconds, or an object with such an array for each operation, got 5",
        ),
        (
            '{"get": [1, "x"]}',
            "durations= of 'get' must contain seconds, 0 or more and at most 1e9, got 'x' at index 1",
        ),
        ('{"job_status_schedule": 1, "operations": {}}', "in: expected HAR, an array of seconds, or an object"),
    ],
)
def test_file_of_another_kind_is_2_and_nothing_is_written(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "in").write_text(content, encoding="utf-8")

    done = run(tmp_path, "in", "--out", "schedule.json")

    assert (done.returncode, done.stdout) in {(2, ""), (2, "get: 2 jobs\n")}
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "schedule.json").exists()


def test_no_ended_job_is_1(tmp_path: Path) -> None:
    (tmp_path / "in").write_text(f"GET {BOT} 200 100.000 pending\n", encoding="utf-8")

    done = run(tmp_path, "in", "--out", "schedule.json")

    assert (done.returncode, done.stdout) == (1, "get_publish_status: 0 jobs; ignored: 1 without an end\n")
    assert "expected jobs that have ended, found none" in done.stderr


def test_file_that_is_no_schedule_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("[1]", encoding="utf-8")

    done = run(tmp_path, "in", "--out", "in")
    missing = run(tmp_path, "absent", "--out", "out")
    unknown = run(tmp_path, "in", "--out", "out", "--api", "nope")

    assert (done.returncode, (tmp_path / "in").read_text("utf-8")) == (2, "[1]")
    assert done.stderr == "in: the file must be an object, got [1]\n"
    assert (missing.returncode, missing.stderr) == (2, "absent: No such file or directory\n")
    assert unknown.returncode == 2
    assert "--api: expected one of agent-platform, ai-for-process" in unknown.stderr
