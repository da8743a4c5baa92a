"""The command `job-status` in pseudo-terminals, with signals and closed pipes."""

import html
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from scripts.simulate.remote import RunningSimulator

from .installed import Command

DOCK = ("ai-for-process", "dock-status")
PUBLISH = ("ai-for-service", "publish-status")
# The measurement of coverage suppresses exceptions when it starts, and now and then in its callbacks: those of signals too.
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}
PENDING, QUICK = [[0, "IN_PROGRESS"]], [[0, "IN_PROGRESS"], [2.5, "SUCCESS"]]
PUBLISHING = [[0, "inprogress"], [4.5, "successful"]]
ESCAPE = "\x1b["
COLOR = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture(params=["plain", "rich"])
def display(request: pytest.FixtureRequest, command: Command, tmp_path: Path) -> str:
    """Run a test without rich, and with it."""
    name = str(request.param)
    if name == "plain":
        (tmp_path / "hidden").mkdir()
        (tmp_path / "hidden" / "rich.py").write_text("raise ImportError('not installed')\n")
        command.environment["PYTHONPATH"] = f"{tmp_path / 'hidden'}:{command.folder}"
    return name


def job(simulator: RunningSimulator, after: Any, api: str = DOCK[0], **fields: Any) -> str:
    """Create a job, and return its id."""
    return str(simulator.create_job(api=api, after=after, **fields)["id"])


# The live view


def test_terminal_shows_a_live_line_per_job(command: Command, simulator: RunningSimulator, display: str) -> None:
    names = [job(simulator, QUICK), job(simulator, [[0, "IN_PROGRESS"], [2.5, "FAILED"]])]

    with command.terminal("wait", *DOCK, *names) as terminal:
        terminal.wait_for("IN_PROGRESS")
        terminal.wait_for("next poll")
        done = terminal.end()

    assert done.status == 1
    assert sorted(done.out.splitlines()) == sorted([f"{names[0]} SUCCESS", f"{names[1]} FAILED"])
    assert ESCAPE in terminal.raw
    rows = {row.split()[0]: row.split()[1] for row in terminal.screen if row.startswith("ds-")}
    assert rows == {names[0]: "SUCCESS", names[1]: "FAILED"}
    assert sum(names[0] in row for row in terminal.screen) == 1
    assert any("FAILED after" in row for row in terminal.screen)


def test_progress_is_a_bar(command: Command, simulator: RunningSimulator, display: str) -> None:
    name = job(simulator, PUBLISHING, PUBLISH[0])

    with command.terminal("wait", *PUBLISH, name) as terminal:
        done = terminal.end()

    assert done.status == 0
    (row,) = [row for row in terminal.screen if name in row]
    assert "100 %" in row
    assert re.search("=====|━━━━━", row)


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(
    command: Command, simulator: RunningSimulator, display: str, columns: int
) -> None:
    names = [job(simulator, PUBLISHING, PUBLISH[0]), job(simulator, PUBLISHING, PUBLISH[0], id="st-" + "a" * 60)]

    with command.terminal("wait", *PUBLISH, *names, columns=columns) as terminal:
        done = terminal.end()

    assert done.status == 0
    # `screen` checks the width of every line.
    assert sum("successful" in row for row in terminal.screen) == 2, terminal.screen
    assert len(terminal.screen) == 2


def test_more_jobs_than_lines(command: Command, simulator: RunningSimulator, display: str) -> None:
    names = [found["id"] for found in simulator.create_jobs(30, api=DOCK[0], after=QUICK)]

    with command.terminal("wait", *DOCK, *names, lines=10) as terminal:
        terminal.wait_for("30 jobs: ")
        done = terminal.end()

    assert done.status == 0
    assert len(done.out.splitlines()) == 30
    assert len(terminal.screen) <= 10
    assert "30 jobs: 0 running, 30 ended" in terminal.raw


def test_no_color(command: Command, simulator: RunningSimulator, display: str) -> None:
    colored, plain = job(simulator, QUICK), job(simulator, QUICK)

    with command.terminal("wait", *DOCK, colored) as terminal:
        terminal.end()
    assert COLOR.search(terminal.raw)
    with command.terminal("wait", *DOCK, plain, env={"NO_COLOR": "1"}) as terminal:
        terminal.end()

    assert not re.search(r"\x1b\[[\d;]*3\dm", terminal.raw)
    assert ESCAPE in terminal.raw


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": ""}])
def test_dumb_terminal_gets_a_log(command: Command, simulator: RunningSimulator, env: dict[str, str]) -> None:
    name = job(simulator, QUICK)

    with command.terminal("wait", *DOCK, name, env=env) as terminal:
        done = terminal.end()

    assert done.status == 0
    assert ESCAPE not in terminal.raw
    assert f"{name}: IN_PROGRESS" in terminal.raw


def test_quiet_terminal_stays_empty(command: Command, simulator: RunningSimulator) -> None:
    with command.terminal("wait", *DOCK, job(simulator, QUICK), "--quiet") as terminal:
        assert terminal.end().status == 0

    assert terminal.raw == ""


def test_stdout_on_the_same_terminal_is_not_overwritten(
    command: Command, simulator: RunningSimulator, display: str
) -> None:
    names = [
        job(simulator, [[0, "IN_PROGRESS"], [6.5, "SUCCESS"]]),
        job(simulator, [[0, "IN_PROGRESS"], [1.5, "FAILED"]]),
    ]

    with command.terminal("wait", *DOCK, *names, shared=True) as terminal:
        terminal.wait_for("FAILED")
        assert terminal.end().status == 1

    assert terminal.screen[-2:] == [f"{names[1]} FAILED", f"{names[0]} SUCCESS"]
    assert sum(row.startswith(names[0]) for row in terminal.screen) == 2


def test_warning_is_shown_above_the_lines(command: Command, simulator: RunningSimulator, display: str) -> None:
    name = job(simulator, QUICK)
    simulator.fault("unknown_word", times=1)

    with command.terminal("wait", *DOCK, name, columns=200) as terminal:
        assert terminal.end().status == 0

    assert any("unknown state" in row for row in terminal.screen)
    assert sum(row.startswith(name) for row in terminal.screen) == 1


# Signals


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signal_detaches(
    command: Command, simulator: RunningSimulator, display: str, number: signal.Signals, status: int
) -> None:
    name = job(simulator, PENDING)

    with command.terminal("wait", *DOCK, name, "--timeout", "10m", columns=200) as terminal:
        terminal.wait_for("IN_PROGRESS")
        began = time.monotonic()
        terminal.send(number)
        done = terminal.end()

    assert (done.status, done.out) == (status, "")
    assert time.monotonic() - began < 3
    detached, resume = [row for row in terminal.screen if not row.startswith("ds-")]
    assert detached == f"detached: ai-for-process dock-status {name} (IN_PROGRESS) keeps running"
    found = re.fullmatch(rf"continue with: job-status (wait ai-for-process dock-status {name} --timeout 59\ds)", resume)
    assert found, resume
    job(simulator, QUICK, id=name)
    assert command.run(*found[1].split()).status == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_in_a_pipe_detaches_and_says_so_once(
    command: Command, simulator: RunningSimulator, number: signal.Signals
) -> None:
    ended, left = job(simulator, [[0, "SUCCESS"]]), job(simulator, PENDING)
    process = command.start("wait", *DOCK, ended, left, "--resume", "step.resume", env=UNMEASURED)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(number)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)

    assert (process.returncode, first + out) == (128 + number, f"{ended} SUCCESS\n")
    assert err.count("detached: ") == 1
    assert err.count("keep running") + err.count("keeps running") == 1
    assert f"continue with: job-status wait ai-for-process dock-status {ended} {left} --resume step.resume" in err
    assert "Traceback" not in err
    assert left in (command.home / "step.resume").read_text()


def test_signal_after_a_start_names_the_started_job(command: Command, simulator: RunningSimulator) -> None:
    process = command.start(
        *("start", "ai-for-process", "undeploy-model", "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380", "--wait"),
        *("--url", simulator.base_url(DOCK[0])),
        env=UNMEASURED,
    )
    assert process.stderr is not None
    started = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)

    name = started.split()[-1]
    assert process.returncode == 130
    assert f"continue with: job-status wait ai-for-process dock-status {name} --timeout " in err
    assert f"--url {simulator.base_url(DOCK[0])}" in err


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_signal_at_any_time_is_silent_or_detaches(command: Command, simulator: RunningSimulator, delay: float) -> None:
    process = command.start("wait", *DOCK, job(simulator, PENDING), env=UNMEASURED)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)

    # Python itself has no handler yet while it starts.
    assert process.returncode in {130, -signal.SIGINT, 1}
    if process.returncode == 130:
        assert "Traceback" not in err


@pytest.mark.parametrize("verb", ["get", "wait", "start"])
def test_signal_while_a_server_does_not_respond(command: Command, verb: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        arguments = ("ai-for-process", "undeploy-model", "cm-1") if verb == "start" else (*DOCK, "ds-1", "ds-2")
        process = command.start(verb, *arguments, "--url", url, env=UNMEASURED)
        silent.accept()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert process.returncode == 143
    assert time.monotonic() - began < 3
    assert "Traceback" not in err


# Closed pipes


def test_closed_stdout_is_silent(command: Command, simulator: RunningSimulator) -> None:
    one, two = job(simulator, [[0, "SUCCESS"]]), job(simulator, PENDING)
    process = command.start("wait", *DOCK, one, two, "--quiet", "--timeout", "1m")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None

    assert process.stderr.read() == ""
    assert process.wait(10) == 141


def test_closed_stdout_of_the_last_job_keeps_the_status(command: Command, simulator: RunningSimulator) -> None:
    process = command.start("wait", *DOCK, job(simulator, [[0, "FAILED"]]), "--quiet")
    assert process.stdout is not None
    process.stdout.close()

    assert process.wait(10) == 1
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_stream_that_was_never_open(command: Command, simulator: RunningSimulator, closed: str) -> None:
    redirection = {"stdout": ">&-", "stderr": "2>&-"}[closed]
    script = f"{command.folder / 'bin/job-status'} wait {' '.join(DOCK)} {job(simulator, QUICK)} {redirection}"

    done = subprocess.run(
        ["bash", "-c", script], cwd=command.home, env=command.variables({}), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("get", *DOCK, "ds-unknown")])
def test_closed_stdout_of_other_commands_is_silent(command: Command, arguments: tuple[str, ...]) -> None:
    process = command.start(*arguments)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.wait(10)

    assert "Traceback" not in err
    assert "BrokenPipe" not in err


def test_full_disk_is_4(command: Command, simulator: RunningSimulator) -> None:
    with Path("/dev/full").open("w") as full:
        process = command.start("wait", *DOCK, job(simulator, QUICK), "--quiet", stdout=full)
        _, err = process.communicate(timeout=20)

    assert process.returncode == 4
    assert err.startswith("job-status: stdout: ")
    assert err.count("\n") == 1


def test_started_job_is_named_though_stdout_is_full(command: Command) -> None:
    with Path("/dev/full").open("w") as full:
        process = command.start(
            "start", "ai-for-process", "undeploy-model", "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380", stdout=full
        )
        _, err = process.communicate(timeout=20)

    assert process.returncode == 4
    assert "wait for it with: job-status wait ai-for-process dock-status ds-" in err


@pytest.mark.parametrize(
    "arguments", [("--url", ""), ("--resume", "", "--wait"), ("--api-key-file", "")], ids=["url", "resume", "file"]
)
def test_empty_option_is_wrong_usage_and_nothing_is_sent(
    command: Command, simulator: RunningSimulator, arguments: tuple[str, ...]
) -> None:
    done = command.run(
        "start", "ai-for-process", "undeploy-model", "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380", *arguments
    )

    assert done.status == 2
    assert "it is empty; give a value, or leave the option out" in done.err
    assert not simulator.requests()


def test_characters_that_the_terminal_does_not_have_are_escaped(command: Command, simulator: RunningSimulator) -> None:
    name = job(simulator, [[0, "SUCCESS"]], id="ds-\u00fc\u4e2d")

    done = command.run("get", *DOCK, name, env={"PYTHONIOENCODING": "ascii"})

    assert (done.status, done.out) == (0, "ds-\\xfc\\u4e2d SUCCESS\n")


# GitHub Actions


def test_github_gets_groups_annotations_and_a_summary(command: Command, simulator: RunningSimulator) -> None:
    good = job(simulator, PUBLISHING, PUBLISH[0])
    bad = job(simulator, [[0, "inprogress"], [3.5, "failed"]], PUBLISH[0], reason="100 % full\n::warning::x | y")
    summary = command.home / "summary.md"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}

    done = command.run("wait", *PUBLISH, good, bad, env=env)

    rows = done.err.splitlines()
    assert done.status == 1
    assert rows[0] == "::group::job-status wait ai-for-service publish-status"
    assert "::endgroup::" in rows
    assert "::" not in done.out
    (annotation,) = [row for row in rows if row.startswith("::error ")]
    assert annotation.startswith(f"::error title=ai-for-service publish-status {bad}%3A failure::")
    assert "100 %25 full" in annotation
    assert not any(row.startswith("::warning") for row in rows)
    table = summary.read_text().splitlines()
    assert table[0] == "| job | state | result | elapsed |"
    assert len(table) >= 4
    assert any(bad in row and "failure" in row for row in table)


@pytest.mark.parametrize(
    ("arguments", "status", "row"),
    [
        (("get", *DOCK, "{bad}", "{slow}"), 1, "{bad} | FAILED | failure |"),
        (("get", *DOCK, "ds-unknown"), 4, "ds-unknown | - | unknown |"),
        (("start", DOCK[0], "undeploy-model", "cm-unknown"), 4, "job-status start ai-for-process undeploy-model | - |"),
        (("start", DOCK[0], "undeploy-model", "cm-unknown", "--wait"), 4, "undeploy-model | - | unknown | - |"),
        (("wait", *DOCK, "ds-1", "--url", "ftp://x"), 2, ""),
        (("get", *DOCK, "{slow}"), 6, ""),
    ],
)
def test_github_learns_of_every_command_that_did_not_succeed(
    command: Command, simulator: RunningSimulator, arguments: tuple[str, ...], status: int, row: str
) -> None:
    ids = {"bad": job(simulator, [[0, "FAILED"]]), "slow": job(simulator, PENDING)}
    summary = command.home / "summary.md"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}

    done = command.run(*(one.format(**ids) for one in arguments), env=env)

    assert done.status == status
    assert done.err.count("::error title=") == (status != 6)
    written = html.unescape(summary.read_text()) if summary.exists() else ""
    assert len(written.splitlines()) == (4 if row else 0)
    assert row.format(**ids) in written


def test_without_github_there_are_no_workflow_commands(command: Command, simulator: RunningSimulator) -> None:
    done = command.run("wait", *DOCK, job(simulator, [[0, "FAILED"]]))

    assert "::" not in done.err
