"""The command `job-status` against the simulator: exit statuses, output, and what it does for several jobs."""

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from job_status import LearnedSchedule
from job_status._client.command.github import group

from scripts.simulate.remote import RunningSimulator

from .installed import Command

PROCESS, SERVICE, SEARCH = "ai-for-process", "ai-for-service", "opensearch-flow-framework"
DOCK = (PROCESS, "dock-status")
PENDING, QUICK = [[0, "IN_PROGRESS"]], [[0, "IN_PROGRESS"], [1.5, "SUCCESS"]]
FAILING = [[0, "IN_PROGRESS"], [1.5, "FAILED"]]
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def job(simulator: RunningSimulator, after: Any, api: str = PROCESS, **fields: Any) -> str:
    """Create a job, and return its id."""
    return str(simulator.create_job(api=api, after=after, **fields)["id"])


# Exit statuses


def test_success_is_0(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, QUICK)

    done = command.run("wait", *DOCK, name)

    assert (done.status, done.out) == (0, f"{name} SUCCESS\n")
    assert re.fullmatch(
        f"{STAMP} ai-for-process dock-status {name}: IN_PROGRESS\n{STAMP} ai-for-process dock-status {name}: SUCCESS\n",
        done.err,
    )


def test_failure_is_1_at_once(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, [[0, "inprogress"], [1.5, "failed"]], SERVICE, reason="no disk")

    began = time.monotonic()
    done = command.run("wait", SERVICE, "publish-status", name, "--timeout", "10m")

    assert (done.status, done.out) == (1, f"{name} failed\n")
    assert time.monotonic() - began < 20
    assert "failed after" in done.err
    assert "no disk" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("wait",),
        ("wait", "nope"),
        ("wait", PROCESS, "nope"),
        ("wait", *DOCK),
        ("wait", *DOCK, "ds-1", "--timeout", "soon"),
        ("wait", *DOCK, "ds-1", "--timeout", "0"),
        ("wait", *DOCK, "ds-1", "--max-rate", "0"),
        ("wait", *DOCK, "ds-1", "--any", "--all"),
        ("wait", *DOCK, "ds-1", "--no-such-option"),
        ("wait", *DOCK, "-", "ds-1"),
        ("wait", *DOCK, ".."),
        ("wait", *DOCK, "ds-1", "--url", "ftp://h"),
        ("wait", *DOCK, "ds-1", "--profile", "nope"),
        ("get", *DOCK, ".."),
        ("start", PROCESS, "undeploy-model"),
        ("start", SERVICE, "undeploy-model"),
        ("start", PROCESS, "undeploy-model", ".."),
        ("wait", SERVICE, "publish-status", "st-1", "--after-run", "nonsense"),
        ("wait", *DOCK, "ds-1", "--schedule", "missing.json"),
        ("resume", "missing-file"),
        ("resume",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_sends_nothing(
    command: Command, simulator: RunningSimulator, arguments: tuple[str, ...]
) -> None:
    done = command.run(*arguments)

    assert (done.status, done.out) == (2, "")
    assert done.err
    assert "Traceback" not in done.err
    assert simulator.requests() == []


def test_missing_url_is_2_and_names_the_ways(command: Command) -> None:
    done = command.run("wait", *DOCK, "ds-1", env={"AI_FOR_PROCESS_URL": ""})

    assert done.status == 2
    assert "pass --url, set AI_FOR_PROCESS_URL, or add url to a profile in " in done.err


def test_learned_schedule_polls_when_past_jobs_have_ended(
    command: Command, simulator: RunningSimulator, tmp_path: Path
) -> None:
    """A job that is polled at once by default; the file says that such jobs end after a second and a half."""
    path, name = tmp_path / "schedule.json", job(simulator, [[0, "SUCCESS"]])
    LearnedSchedule.from_durations({"get_dock_status": [1.5] * 100}).save(path)

    done = command.run("wait", *DOCK, name, "--schedule", str(path), "--output", "json")

    assert done.status == 0, done.err
    assert json.loads(done.out)["polls"] == 1
    assert json.loads(done.out)["elapsed"] > 1
    path.write_text("[]", encoding="utf-8")
    wrong = command.run("wait", *DOCK, name, "--schedule", str(path))
    assert (wrong.status, wrong.out) == (2, "")
    assert wrong.err.endswith("schedule.json: the file must be an object, got []\n")


def test_timeout_is_3(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, PENDING)

    done = command.run("wait", *DOCK, name, "--timeout", "1s")

    assert (done.status, done.out) == (3, f"{name} IN_PROGRESS\n")
    assert "timed out after" in done.err
    assert "api.resume" not in done.err


def test_job_that_was_never_started_is_3(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, [[0, "NOT_STARTED"]], SEARCH)
    arguments = (SEARCH, "workflow-status", name)

    waited = command.run("wait", *arguments, "--not-started-timeout", "1s")
    read = command.run("get", *arguments)

    assert (waited.status, waited.out) == (3, f"{name} NOT_STARTED\n")
    assert (read.status, read.out) == (3, f"{name} NOT_STARTED\n")


@pytest.mark.parametrize("verb", ["wait", "get"])
@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"AI_FOR_PROCESS_API_KEY": "wrong-key-canary"}, "returned 401"),
        ({"AI_FOR_PROCESS_API_KEY": ""}, "a credential is missing; set AI_FOR_PROCESS_API_KEY (or --api-key-file)"),
    ],
)
def test_wrong_or_missing_credential_is_4(command: Command, verb: str, env: dict[str, str], message: str) -> None:
    done = command.run(verb, *DOCK, "ds-1", env=env)

    assert done.status == 4
    assert message in done.err
    assert "canary" not in done.err + done.out


def test_unknown_id_is_4(command: Command) -> None:
    done = command.run("get", *DOCK, "ds-unknown")
    waited = command.run("wait", *DOCK, "ds-unknown", "--error-timeout", "1s")

    assert (done.status, done.out) == (4, "ds-unknown -\n")
    assert (waited.status, waited.out) == (4, "ds-unknown -\n")
    assert "404" in done.err
    assert "404" in waited.err


@pytest.mark.parametrize("timeout", ["--timeout", "--error-timeout"])
def test_server_that_does_not_respond_is_4(command: Command, timeout: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = command.run("wait", *DOCK, "ds-1", "--url", url, timeout, "1s")

    assert (done.status, done.out) == (4, "ds-1 -\n")
    assert "ConnectError" in done.err


def test_another_api_is_4(command: Command, simulator: RunningSimulator) -> None:
    done = command.run("wait", *DOCK, "ds-1", "--url", f"{simulator.url}/nowhere", "--error-timeout", "1s")

    assert done.status == 4


def test_get_says_whether_a_job_is_over(command: Command, simulator: RunningSimulator) -> None:
    rows = {"SUCCESS": 0, "FAILED": 1, "IN_PROGRESS": 6}

    for state, status in rows.items():
        name = job(simulator, [[0, state]])
        done = command.run("get", *DOCK, name)
        assert (done.status, done.out) == (status, f"{name} {state}\n"), done.err


# Output


def test_json_has_the_status_and_the_result(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, FAILING)

    done = command.run("wait", *DOCK, name, "--output", "json")

    found = json.loads(done.out)
    assert done.out.count("\n") == 1
    assert (found["api"], found["job"], found["id"]) == (*DOCK, name)
    assert (found["state"], found["result"], found["exit"], found["done"]) == ("FAILED", "failure", 1, True)
    assert found["status"]["_id"] == name
    assert found["parameters"] == {"dockStatusId": name}
    assert found["polls"] > 1
    assert found["elapsed"] > 0
    assert "FAILED after" in found["problem"]


def test_quiet_prints_problems_alone(command: Command, simulator: RunningSimulator) -> None:
    good, bad = job(simulator, QUICK), job(simulator, FAILING)

    assert command.run("wait", *DOCK, good, "--quiet").err == ""
    err = command.run("wait", *DOCK, bad, "-q").err
    assert err.count("\n") == 1
    assert "FAILED after" in err


def test_options_and_ids_may_be_in_any_order(command: Command, simulator: RunningSimulator) -> None:
    one, two = job(simulator, QUICK), job(simulator, QUICK)

    done = command.run("wait", "ai_for_process", "dock_status", "-q", one, "--timeout", "1m", two)

    assert done.status == 0
    assert sorted(done.out.splitlines()) == sorted([f"{one} SUCCESS", f"{two} SUCCESS"])


# Several jobs


def test_worst_of_several_jobs_counts(command: Command, simulator: RunningSimulator) -> None:
    good, bad, slow = job(simulator, QUICK), job(simulator, FAILING), job(simulator, PENDING)

    one = command.run("wait", *DOCK, good, slow, "--timeout", "3s")
    two = command.run("wait", *DOCK, good, slow, bad, "--timeout", "3s")
    three = command.run("get", *DOCK, good, slow, bad, "ds-unknown")
    four = command.run("get", *DOCK, good, slow)

    assert [done.status for done in (one, two, three, four)] == [3, 1, 4, 6]
    assert three.out.splitlines() == [f"{good} SUCCESS", f"{slow} IN_PROGRESS", f"{bad} FAILED", "ds-unknown -"]


def test_any_ends_with_the_first_success(command: Command, simulator: RunningSimulator) -> None:
    good, bad, slow = (
        job(simulator, [[0, "IN_PROGRESS"], [9.5, "SUCCESS"]]),
        job(simulator, FAILING),
        job(simulator, PENDING),
    )

    done = command.run("wait", *DOCK, "--any", slow, bad, good, "--timeout", "1m")

    assert (done.status, done.out) == (0, f"{bad} FAILED\n{good} SUCCESS\n")
    assert f"detached: ai-for-process dock-status {slow} (IN_PROGRESS) keeps running" in done.err
    assert command.run("wait", *DOCK, "--any", bad).status == 1


def test_fail_fast_ends_with_the_first_failure(command: Command, simulator: RunningSimulator) -> None:
    good, bad, slow = (
        job(simulator, QUICK),
        job(simulator, [[0, "IN_PROGRESS"], [9.5, "FAILED"]]),
        job(simulator, PENDING),
    )

    done = command.run("wait", *DOCK, "--fail-fast", slow, bad, good, "--timeout", "1m")

    assert (done.status, done.out) == (1, f"{good} SUCCESS\n{bad} FAILED\n")


def test_ids_from_stdin(command: Command, simulator: RunningSimulator) -> None:
    one, two = job(simulator, QUICK), job(simulator, QUICK)

    done = command.run("wait", *DOCK, "-", "--quiet", stdin=f"{one}\n\n  {two}  \n{one}\n")

    assert done.status == 0
    assert sorted(done.out.splitlines()) == sorted([f"{one} SUCCESS", f"{two} SUCCESS"])
    assert command.run("wait", *DOCK, "-", stdin="").status == 2


def test_a_thousand_jobs_from_stdin(command: Command, simulator: RunningSimulator) -> None:
    """One process, up to 200 requests in flight, and each job is polled as the schedule says."""
    names = [
        found["id"]
        for found in simulator.create_jobs(1000, api=PROCESS, after=[[0, "IN_PROGRESS"], [1500.5, "SUCCESS"]])
    ]
    began = simulator.now()
    process = command.start("wait", *DOCK, "-", "--quiet", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write("\n".join(names))
    process.stdin.close()
    process.stdin = None
    peak, threads = 0, 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = max([peak, *(int(found) for found in re.findall(r"VmRSS:\s+(\d+)", status))])
        threads = max([threads, *(int(found) for found in re.findall(r"Threads:\s+(\d+)", status))])
        time.sleep(0.1)
    out = process.stdout.read() if process.stdout else ""

    assert process.returncode == 0
    assert sorted(out.splitlines()) == sorted(f"{name} SUCCESS" for name in names)
    assert peak < 80_000  # kB
    assert threads <= 200 + 4
    # No job has ended before the 1500th request, and then each needs one more.
    assert 1500 < simulator.now() - began <= 3 * len(names)


# Runs


def test_previous_run_is_ignored(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, [[0, "successful"]], SERVICE)
    publish = (SERVICE, "publish-status", name)
    run = command.run("get", *publish, "--run")
    assert run.status == 0
    assert json.loads(run.out).keys() == {"ids", "requested_at"}

    ignored = command.run("wait", *publish, "--after-run", run.out.strip(), "--timeout", "1s")
    assert ignored.status == 3
    simulator.advance(60)
    job(simulator, [[0, "inprogress"], [1.5, "failed"]], SERVICE, id=name)
    (command.home / "run.json").write_text(run.out)

    assert command.run("wait", *publish, "--after-run", "run.json", "--timeout", "1m").status == 1


# Starts


MODEL = "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380"


def test_start_prints_the_id(command: Command) -> None:
    done = command.run("start", PROCESS, "undeploy-model", MODEL)

    assert done.status == 0
    assert re.fullmatch(r"ds-[0-9a-f-]+\n", done.out)
    assert done.err == f"wait for it with: job-status wait ai-for-process dock-status {done.out}"
    assert command.run("wait", *DOCK, done.out.strip(), "--quiet").status in {0, 1}


def test_start_prints_the_response(command: Command) -> None:
    found = json.loads(command.run("start", PROCESS, "undeploy-model", MODEL, "--output", "json").out)

    assert found["id"].startswith("ds-")
    assert found["response"]["modelId"] == MODEL
    assert (found["api"], found["job"], found["http_status"]) == (*DOCK, 200)


def test_start_waits(command: Command, simulator: RunningSimulator) -> None:
    done = command.run("start", PROCESS, "undeploy-model", MODEL, "--wait", "--timeout", "1m")

    assert done.status == 0
    assert re.fullmatch(r"ds-\S+ SUCCESS\n", done.out)
    assert done.err.startswith("started: ai-for-process dock-status ds-")
    assert [request["method"] for request in simulator.requests()].count("POST") == 1


def test_start_of_something_unknown_is_4(command: Command) -> None:
    assert command.run("start", PROCESS, "undeploy-model", "cm-unknown").status == 4


# Resuming


def test_wait_continues_with_its_file(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, [[0, "IN_PROGRESS"], [4.5, "SUCCESS"]])
    file = command.home / "step.resume"
    arguments = ("wait", *DOCK, name, "--output", "json", "--resume", str(file))
    interrupted = command.start(*arguments, "--timeout", "1m")
    while not (file.is_file() and file.read_text()):
        time.sleep(0.02)
    time.sleep(0.5)
    interrupted.kill()
    interrupted.communicate()
    assert file.stat().st_mode & 0o077 == 0

    done = command.run(*arguments)

    assert done.status == 0
    assert not file.exists()
    assert json.loads(done.out)["state"] == "SUCCESS"


def test_restarted_command_keeps_its_deadline(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, [[0, "IN_PROGRESS"]])
    file = command.home / "step.resume"
    arguments = ("wait", *DOCK, name, "--resume", str(file))
    interrupted = command.start(*arguments, "--timeout", "3s")
    while not (file.is_file() and file.read_text()):
        time.sleep(0.02)
    interrupted.kill()
    interrupted.communicate()
    deadline = json.loads(file.read_text())["deadline"]
    time.sleep(1)

    # Neither the same option nor a later one moves it; an earlier one does.
    for timeout in ("3s", "1h", "none"):
        assert command.run(*arguments, "--timeout", timeout).status == 3
        assert json.loads(file.read_text())["deadline"] == pytest.approx(deadline, abs=0.1)


def test_timeout_of_a_restarted_command_shortens_its_deadline(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, [[0, "IN_PROGRESS"]])
    file = command.home / "step.resume"
    interrupted = command.start("wait", *DOCK, name, "--resume", str(file), "--timeout", "1h")
    while not (file.is_file() and file.read_text()):
        time.sleep(0.02)
    interrupted.kill()
    interrupted.communicate()

    assert command.run("wait", *DOCK, name, "--resume", str(file), "--timeout", "1s").status == 3


def test_start_is_not_repeated(command: Command, simulator: RunningSimulator) -> None:
    file = command.home / "step.resume"
    arguments = ("start", PROCESS, "undeploy-model", MODEL, "--resume", str(file))
    first = command.run(*arguments)

    second = command.run(*arguments, "--wait", "--timeout", "1m")

    assert second.status == 0
    assert second.out == f"{first.out.strip()} SUCCESS\n"
    assert "nothing is started" in second.err
    assert [request["method"] for request in simulator.requests()].count("POST") == 1
    assert not file.exists()


def test_resume_continues_the_jobs_of_a_file(command: Command, simulator: RunningSimulator) -> None:
    one, two = job(simulator, PENDING), job(simulator, QUICK)
    file = command.home / "step.resume"
    assert command.run("wait", *DOCK, one, two, "--timeout", "2s", "--resume", str(file)).status == 3
    assert len(file.read_text().splitlines()) == 1
    assert "api_key" not in file.read_text()

    late = command.run("resume", str(file))
    assert (late.status, late.out) == (3, f"{one} IN_PROGRESS\n")
    job(simulator, QUICK, id=one)
    done = command.run("resume", str(file), "--timeout", "1m")

    assert (done.status, done.out) == (0, f"{one} SUCCESS\n")
    assert not file.exists()


def test_file_that_is_not_ours_is_kept(command: Command, simulator: RunningSimulator) -> None:
    file = command.home / "notes.txt"
    file.write_text("my notes\n")

    done = command.run("start", PROCESS, "undeploy-model", MODEL, "--resume", str(file))

    assert done.status == 2
    assert file.read_text() == "my notes\n"
    assert simulator.requests() == []


def test_start_needs_a_file_that_can_be_written(command: Command, simulator: RunningSimulator) -> None:
    done = command.run("start", PROCESS, "undeploy-model", MODEL, "--resume", "missing/step.resume")

    assert done.status == 2
    assert simulator.requests() == []


# Help


def test_module_and_command_are_the_same(command: Command, folder: Path) -> None:
    by_module = subprocess.run(
        [sys.executable, "-m", "job_status", "--help"],
        env=command.variables({}),
        cwd=command.home,
        capture_output=True,
        text=True,
        check=True,
    )

    assert by_module.stdout == command.run("--help").out
    assert command.run("--version").out.startswith("job-status 0.")


def test_help_names_everything(command: Command) -> None:
    done = command.run("wait", *DOCK, "--help")

    assert done.status == 0
    for text in ("AI_FOR_PROCESS_URL", "AI_FOR_PROCESS_API_KEY", "--api-key-file", "exit statuses", "SUCCESS, FAILED"):
        assert text in done.out
    assert "--not-started-timeout" not in done.out
    assert "--after-run" not in done.out


def test_options_of_the_operation_are_offered(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, [[0, "COMPLETED"]], SEARCH)

    done = command.run("get", SEARCH, "workflow-status", name, "--all-parameter", "--output", "json")

    assert done.status == 0
    assert "all=true" in simulator.requests()[-1]["target"]
    assert len(json.loads(done.out)["status"]) > 4


def test_workflow_command_is_one_line() -> None:
    assert group("50 %\r\n::error::x") == "::group::50 %25%0D%0A::error::x"
