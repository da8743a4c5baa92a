"""Commands that continue others: files of `--resume`, and the commands that are printed for jobs that are left."""

import json
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from job_status import LearnedSchedule

from .farm import FarmServer, build_farm
from .installed import Command, Done, install
from .test_command_any_document import served

RENDER, EXPORT = ("farm", "render"), ("farm", "export")
START = ("start", "farm", "start-render", "A", "--body", "a.json")
FIRST = (*START, "--resume", "ci.resume")
# Measuring coverage delays the start of Python, which a signal would then end.
UNMEASURED = {"COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate and install the distribution."""
    target = tmp_path_factory.mktemp("package")
    build_farm(tmp_path_factory.mktemp("documents"), target)
    return install(target, tmp_path_factory.mktemp("command"))


@pytest.fixture
def server() -> FarmServer:
    """Return the server."""
    return FarmServer()


@pytest.fixture
def command(folder: Path, server: FarmServer, tmp_path: Path) -> Iterator[Command]:
    """Return the command with the URL of the server in its environment, and two bodies."""
    (tmp_path / "a.json").write_text('{"scene": "a", "frames": 1}')
    (tmp_path / "b.json").write_text('{"scene": "b", "frames": 1}')
    with served(server) as url:
        yield Command(folder, tmp_path, "farm-jobs", {"FARM_URL": url})


def printed(done: Done | str, prefix: str) -> list[str]:
    """Return the arguments of the command that a command has printed after a prefix."""
    text = done if isinstance(done, str) else done.err
    (line,) = [line.removeprefix(prefix) for line in text.splitlines() if line.startswith(prefix)]
    program, *arguments = shlex.split(line)
    assert program == "farm-jobs"
    return arguments


def detached(command: Command, server: FarmServer, *arguments: str) -> str:
    """Interrupt a command after its first poll, and return its stderr."""
    process = command.start(*arguments, env=UNMEASURED)
    deadline = time.monotonic() + 20
    while not server.sent("GET"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 143, err
    return err


# A file of another command


@pytest.mark.parametrize(
    "arguments",
    [
        ("start", "farm", "start-render", "B", "--body", "a.json"),
        ("start", "farm", "start-render", "A", "--body", "b.json"),
        ("start", "farm", "start-render", "A", "--body", "a.json", "--priority", "1"),
        ("start", "farm", "replace-render", "A", "--body", "a.json"),
        ("start", "farm", "create-export", "--tenant", "A"),
        (*START, "--url", "http://127.0.0.1:1"),
    ],
    ids=" ".join,
)
def test_file_of_another_start_is_refused(command: Command, server: FarmServer, arguments: tuple[str, ...]) -> None:
    assert command.run(*FIRST).status == 0
    token = (command.home / "ci.resume").read_text()
    requests = len(server.requests)

    done = command.run(*arguments, "--resume", "ci.resume", "--wait")

    assert (done.status, done.out) == (2, "")
    assert "is of another start or wait" in done.err
    assert len(server.requests) == requests
    assert (command.home / "ci.resume").read_text() == token


def test_start_refuses_the_file_of_a_wait(command: Command, server: FarmServer) -> None:
    assert command.run("wait", *RENDER, "A", "q", "--timeout", "1s", "--resume", "ci.resume").status == 3

    assert command.run(*FIRST, "--wait").status == 2
    assert server.sent("POST") == []


def test_same_start_written_otherwise_continues(command: Command, server: FarmServer) -> None:
    assert command.run(*FIRST).status == 0
    # Another wait of the same job keeps that the file is of this start.
    assert command.run("resume", "ci.resume", "--timeout", "1s").status == 3
    (command.home / "c.json").write_text('{"frames":1,\n "scene":"a"}')

    again = ("start", "farm", "start_render", "--resume", "./ci.resume", "--body", "c.json", "-q", "A", "--wait")
    done = command.run(*again, "--timeout", "1s", "--url", command.environment["FARM_URL"] + "/")

    assert (done.status, done.out) == (3, "q queued\n")
    assert len(server.sent("POST")) == 1
    assert "frames" not in (command.home / "ci.resume").read_text()


def test_wait_continues_with_its_own_parameters_alone(command: Command, server: FarmServer) -> None:
    wait = ("wait", *EXPORT, "q", "--timeout", "1s", "--resume", "ci.resume", "--tenant")
    assert command.run(*wait, "one").status == 3
    server.requests.clear()

    assert command.run(*wait, "two").status == 3

    assert {target.partition("?")[2] for target in server.sent("GET")} == {"job=q&tenant=two"}
    tokens = [json.loads(line) for line in (command.home / "ci.resume").read_text().splitlines()]
    assert [token["arguments"] for token in tokens] == [{"tenant": "two"}, {"tenant": "one"}]


# A file that is not only its own


def test_tokens_of_other_commands_are_kept(command: Command) -> None:
    file = command.home / "ci.resume"
    assert command.run("wait", *RENDER, "A", "q", "--timeout", "1s", "--resume", str(file)).status == 3
    token = file.read_text()

    assert command.run("wait", *RENDER, "A", "d", "--resume", str(file)).status == 0
    assert json.loads(file.read_text()) == json.loads(token)


@pytest.mark.parametrize("kind", ["empty", "missing", "notes"])
def test_file_without_tokens_is_not_touched_by_resume(command: Command, kind: str) -> None:
    file = command.home / "mine"
    if kind != "missing":
        file.write_text("" if kind == "empty" else "my notes")
    before = file.read_text() if file.exists() else None

    assert command.run("resume", "mine").status == 2
    assert (file.read_text() if file.exists() else None) == before


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        *((("wait", *RENDER, "A", "q"), kind) for kind in ("fifo", "socket", "folder", "link to fifo", "device")),
        (START, "link to fifo"),
        (("resume",), "device"),
    ],
)
def test_only_a_regular_file_is_used(
    command: Command, server: FarmServer, arguments: tuple[str, ...], kind: str
) -> None:
    path = command.home / "special"
    if kind == "device":
        path.symlink_to("/dev/null")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(command.home / "fifo")
        path = command.home / "fifo" if kind == "fifo" else path
        if kind != "fifo":
            path.symlink_to("fifo")
    mode = path.lstat().st_mode
    options = () if arguments == ("resume",) else ("--resume",)

    done = command.run(*arguments, *options, path.name)

    assert (done.status, done.out) == (2, "")
    assert "is not a regular file" in done.err
    assert path.lstat().st_mode == mode
    assert Path("/dev/null").is_char_device()
    assert server.requests == []


@pytest.mark.parametrize("exists", [True, False])
def test_symbolic_link_stays_one(command: Command, exists: bool) -> None:
    (command.home / "cache").mkdir()
    file, link = command.home / "cache/real", command.home / "link"
    if exists:
        file.touch()
    link.symlink_to("cache/real")

    assert command.run("wait", *RENDER, "A", "q", "--timeout", "1s", "--resume", "link").status == 3
    assert link.is_symlink()
    assert json.loads(file.read_text())["parameters"] == ["A", "q"]
    assert command.run(*("wait", *RENDER, "A", "q", "--resume", "link"), "--timeout", "1s").status == 3
    assert [path.name for path in (command.home / "cache").iterdir()] == ["real"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("wait", *RENDER, "A", ".."),
        ("wait", *RENDER, "A", "q", "--url", "ftp://x"),
        ("start", "farm", "start-render", "A", "--body", "missing.json"),
        (*START, "--url", "http://127.0.0.1:1"),
    ],
    ids=" ".join,
)
def test_command_that_fails_leaves_no_file(command: Command, arguments: tuple[str, ...]) -> None:
    assert command.run(*arguments, "--resume", "ci.resume").status in {2, 4}
    assert not (command.home / "ci.resume").exists()


@pytest.mark.parametrize("arguments", [("wait", *RENDER, "A", "q", "--timeout", "1s"), START], ids=["wait", "start"])
def test_file_that_cannot_be_written_is_reported_once(command: Command, arguments: tuple[str, ...]) -> None:
    """Python cannot replace a file, as in a container whose file is a mount."""
    (command.home / "broken").mkdir()
    (command.home / "broken/sitecustomize.py").write_text(
        "import os\ndef replace(*_):\n    raise OSError(28, 'No space left on device')\nos.replace = replace\n"
    )
    env = {"PYTHONPATH": f"{command.home / 'broken'}:{command.folder}"}

    done = command.run(*arguments, "--resume", "ci.resume", env=env)

    assert done.status in {0, 3}
    assert done.err.count("ci.resume cannot be written: No space left on device") == 1
    assert not list(command.home.glob(".resume-*"))


# Commands that are printed

DASHES = ("--", "-q", "--quiet", "q x;y'$z")


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ((), DASHES),
        (("--any",), ("q", "q2")),
        (("--fail-fast", "--output", "json", "--quiet"), ("q",)),
        (("--error-timeout", "90s", "--not-started-timeout", "1h30m", "--max-rate", "2.5"), ("q",)),
        (("--view", "brief", "--deep"), DASHES),
        (("--no-deep", "--timeout", "none", "--schedule", "schedule.json"), ("q",)),
    ],
)
def test_interrupted_wait_prints_what_continues(
    command: Command, server: FarmServer, options: tuple[str, ...], ids: tuple[str, ...]
) -> None:
    LearnedSchedule.from_durations({"get_render": [0.5] * 100}).save(command.home / "schedule.json")
    url = command.environment.pop("FARM_URL")
    given = (*options, "--url", url)

    err = detached(command, server, "wait", *RENDER, *given, *(["--", "-A"] if "--" in ids else ["A"]), *_after(ids))

    arguments = printed(err, "continue with: ")
    assert arguments[:3] == ["wait", *RENDER]
    server.requests.clear()
    again = detached(command, server, *arguments)
    assert _without_timeout(printed(again, "continue with: ")) == _without_timeout(arguments)
    assert {*options} - {"none", "90s", "1h30m"} <= {*arguments}
    assert {"90", "5400"} <= {*arguments} or "--error-timeout" not in options
    assert ("brief" in server.sent("GET")[0]) == ("brief" in options)
    left = list(_after(ids))
    assert arguments[-len(left) :] == left or arguments[4 : 4 + len(left)] == left


def _after(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in ids if one != "--")


def _without_timeout(arguments: list[str]) -> list[str]:
    found = list(arguments)
    found[found.index("--timeout") + 1] = ""
    return found


def test_interrupted_wait_keeps_what_the_operation_requires(command: Command, server: FarmServer) -> None:
    err = detached(command, server, "wait", *EXPORT, "q", "--tenant", "-a b")

    assert "--tenant=-a b" in printed(err, "continue with: ")
    assert command.run(*printed(err, "continue with: "), "--timeout", "1s").status == 3
    assert server.sent("GET")[-1] in {"/exports?job=q&tenant=-a%20b", "/exports?job=q&tenant=-a+b"}


def test_interrupted_wait_for_ids_of_stdin_says_so(command: Command, server: FarmServer) -> None:
    process = command.start("wait", *RENDER, "A", "-", "--view", "brief", env=UNMEASURED, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write("q\nq2\n")
    process.stdin.close()
    process.stdin = None
    while not server.sent("GET"):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)

    (line,) = [line for line in err.splitlines() if line.startswith("continue with: ")]
    assert line.startswith("continue with: farm-jobs wait farm render A - --timeout 359")
    assert line.endswith(" --view brief, with the same stdin")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (START, ["A", "q"]),
        (("start", "farm", "create-export", "--tenant", "t"), ["q", "--tenant", "t"]),
        ((*START, "--output", "json", "--resume", "f"), ["A", "q", "--output", "json", "--resume", "f"]),
        ((*START, "--resume", "f", "--error-timeout", "5s"), ["A", "q", "--error-timeout", "5", "--resume", "f"]),
    ],
)
def test_start_prints_what_waits_for_it(
    command: Command, server: FarmServer, start: tuple[str, ...], expected: list[str]
) -> None:
    done = command.run(*start)

    arguments = printed(done, "wait for it with: ")
    assert arguments[3:] == expected
    assert command.run(*arguments, "--timeout", "1s").status == 3
    polled = server.sent("GET")[-1]
    assert polled == ("/exports?job=q&tenant=t" if "create-export" in start else "/farms/A/renders/q")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_in_the_request_of_a_start_says_that_the_job_may_run(command: Command, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = command.start(*START, "--url", url, env=UNMEASURED)
        connection, _ = silent.accept()
        time.sleep(0.2)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        connection.close()

    assert process.returncode == 128 + number
    assert err.count("\n") == 1
    assert "the start may have been received, and whether the job runs is unknown" in err
    assert "farm-jobs get farm render" in err


@pytest.mark.parametrize(
    "option",
    [("--timeout", "10m"), ("--timeout", "none"), ("--max-rate", "1"), ("--error-timeout", "1m")],
    ids=" ".join,
)
def test_option_of_a_wait_needs_a_wait(command: Command, server: FarmServer, option: tuple[str, ...]) -> None:
    done = command.run(*START, *option)

    assert (done.status, done.out) == (2, "")
    assert f"{option[0]} is of a wait; add --wait, or --resume FILE" in done.err
    assert server.requests == []


# Arguments after --


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        (("get", *RENDER, "--", "A", "-d"), "/farms/A/renders/-d"),
        (("get", *RENDER, "-q", "A", "--", "-d"), "/farms/A/renders/-d"),
        (("get", *RENDER, "A", "--view", "brief", "--", "--d"), "/farms/A/renders/--d?view=brief"),
        (("get", *RENDER, "--", "-A", "--d"), "/farms/-A/renders/--d"),
        (("wait", *RENDER, "--", "-A", "-d"), "/farms/-A/renders/-d"),
    ],
)
def test_arguments_after_two_dashes_are_no_options(
    command: Command, server: FarmServer, arguments: tuple[str, ...], target: str
) -> None:
    done = command.run(*arguments)

    assert done.status == 0, done.err
    assert server.sent("GET") == [target]


def test_too_many_arguments_after_two_dashes_are_shown_as_written(command: Command) -> None:
    done = command.run(*START, "--", "-x")

    assert done.status == 2
    assert done.err.endswith("unrecognized arguments: -x\n")


# Bodies


@pytest.mark.parametrize("body", ["[]", '[["scene", "a"]]', "null", "7", '"x"', "true", "1.5"])
def test_body_of_another_form_is_wrong_usage(command: Command, server: FarmServer, body: str) -> None:
    (command.home / "a.json").write_text(body)

    done = command.run(*START)

    assert (done.status, done.out) == (2, "")
    assert "--body: expected another value than" in done.err
    assert "to_dict" not in done.err
    assert server.requests == []


# Infinite numbers, and states before the start


@pytest.mark.parametrize("number", ["1e999", "-1e999", '[1e999, {"a": 1e999}]'])
def test_json_is_valid_whatever_the_server_sends(command: Command, number: str) -> None:
    content = f'{{"state": "done", "fraction": 0.5, "other": {number}}}'.encode()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        process = command.start("get", *RENDER, "A", "d", "--output", "json", "--url", url)
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
            connection.sendall(head.encode() + content)
            out, err = process.communicate(timeout=20)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    assert process.returncode == 0, err
    status = json.loads(out, parse_constant=refuse)["status"]
    assert status["fraction"] == 0.5
    assert status["other"] == ([None, {"a": None}] if "[" in number else None)


def test_job_that_was_not_started_does_not_run_when_its_wait_times_out(command: Command) -> None:
    done = command.run("wait", *RENDER, "A", "n", "--timeout", "1s", "--not-started-timeout", "1m", "-q")

    assert (done.status, done.out) == (3, "n draft\n")
    assert "The job has not been started" in done.err
    assert "running" not in done.err
