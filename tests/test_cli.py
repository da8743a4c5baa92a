"""Exit statuses and messages of commands, and no process left running after a signal."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts import cli
from scripts.__main__ import COMMANDS
from scripts.generate.generator import format_package

from .conftest import ROOT
from .test_printable import UNSAFE

TOOLS = ("scripts.document", "scripts.generate", "scripts.simulate", "scripts.verify")


def running(mark: str) -> dict[int, str]:
    """Return the processes with a string in their command line, by process id."""
    found = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if folder.name.isdecimal() and mark in command and state != "Z" and int(folder.name) != os.getpid():
                found[int(folder.name)] = command
    return found


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"condition not met within {seconds} s"
        time.sleep(0.02)


@pytest.fixture
def verification(tmp_path: Path) -> Iterator[Callable[[list[str]], subprocess.Popen[str]]]:
    """Start a verification of the simulator, and wait until it has sent requests."""
    started: list[subprocess.Popen[str]] = []

    def begin(command: list[str]) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, "OUT": str(tmp_path / "out")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        until(
            lambda: (tmp_path / "out/requests.log").exists() and (tmp_path / "out/requests.log").stat().st_size > 3000,
            60,
        )
        return process

    yield begin
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: str(number.name)
)
def test_stopped_verification_leaves_no_process(
    number: signal.Signals, verification: Callable[[list[str]], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = verification([sys.executable, "-m", "scripts.verify", "--out", str(tmp_path / "out")])
    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    until(lambda: not running(str(tmp_path)))
    if number is signal.SIGKILL:
        return
    assert process.returncode == 128 + number, out + err
    assert err == f"stopped by {number.name}\n"
    assert "only partly checked" in out
    assert json.loads((tmp_path / "out/verify.sarif").read_text())
    assert "get_dock_status" in (tmp_path / "out/report.html").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: str(number.name))
def test_stopped_make_leaves_no_process(
    number: signal.Signals, verification: Callable[[list[str]], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = verification(["make", "verify"])
    process.send_signal(number)
    process.wait(timeout=30)

    until(lambda: not running(str(tmp_path)))


@pytest.mark.parametrize("wait", [0.15, 0.3, 0.5, 0.8, "lines", "request"])
def test_stopped_simulator_exits_with_0(wait: float | str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.simulate", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    if isinstance(wait, float):
        time.sleep(wait)
    else:
        base = process.stdout.readline().split()[1]
        if wait == "request":
            subprocess.run([sys.executable, "-c", f"import httpx; httpx.get({base!r})"], check=True)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)

    # Before this project's code runs, the interpreter handles the signal.
    assert process.returncode in ({0, -signal.SIGTERM} if wait == 0.15 else {0}), err
    assert "Traceback" not in err


def test_a_child_of_a_command_does_not_end_with_the_parent_of_the_command() -> None:
    child = "import sys, time; from scripts import cli; sys.exit(cli.run_command(lambda: time.sleep(0.5) or 0))"
    command = "import subprocess, sys; from scripts import cli; "
    command += "sys.exit(cli.run_command(lambda: subprocess.call([sys.executable, '-c', sys.argv[1]])))"
    environment = {**os.environ, cli.PARENT_VARIABLE: str(os.getpid())}

    done = subprocess.run(
        [sys.executable, "-c", command, child], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


INVALID_ARGUMENTS = {
    "missing folder": ["--openapi", "/nowhere"],
    "unknown option": ["--no-such-option"],
    "file instead of folder": ["--openapi", "README.md"],
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("arguments", INVALID_ARGUMENTS.values(), ids=INVALID_ARGUMENTS)
def test_invalid_arguments_exit_with_2_without_traceback(tool: str, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("unexpected"),
        ValueError("\x1b[2J\n::error::x"),
        RecursionError(),
        MemoryError(),
        ImportError("socksio"),
        KeyError("x"),
    ],
    ids=repr,
)
def test_internal_error_is_one_line_and_exit_status_2(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def failing() -> int:
        raise error

    assert cli.run_command(failing) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err[:-1].isprintable()
    assert type(error).__name__ in err
    assert "test_cli.py" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: str(number.name))
def test_signal_is_one_line_and_exit_status_128_plus_number(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(number)

    def interrupted() -> int:
        signal.raise_signal(number)
        return 0

    assert cli.run_command(interrupted) == 128 + number
    assert capsys.readouterr().err == f"stopped by {number.name}\n"
    assert signal.getsignal(number) == before


LOSING = """
import os, signal, sys, time
class Losing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000): pass
def main(*_):
    Losing()
    time.sleep(10)
    return 0
"""


def test_signal_whose_exception_is_lost_still_stops_a_tool() -> None:
    program = f"{LOSING}\nfrom scripts import cli\nsys.exit(cli.run_command(main))"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=8, check=False
    )

    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "stopped by SIGTERM\n")


def test_signal_whose_exception_is_lost_still_stops_the_command() -> None:
    program = f"{LOSING}\nfrom job_status._client.command import main as command\ncommand._run = main\n"
    program += "sys.exit(command.run(None, ['wait']))"
    environment = {**os.environ, "PYTHONPATH": "generated"}

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=8,
        check=False,
    )

    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")


def run_tools(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the one command of the tools."""
    command = [sys.executable, "-m", "scripts", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("text", UNSAFE, ids=lambda text: ascii(text[:20]))
@pytest.mark.parametrize("show", [cli.print_output, cli.print_error, cli.show_step])
def test_printed_text_is_escaped(
    show: Callable[[str], None], text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")

    show(text)

    shown = "".join(capsys.readouterr()).replace("\r\x1b[2K", "")
    assert all(line.isprintable() and not line.lstrip().startswith("::") for line in shown.split("\n"))
    assert "##[" not in shown


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["lint"], 0),
        (["generate", "--no-airflow", "--out", "{}"], 0),
        (["generate", "--check", "--out", "{}/none"], 1),
        (["export", "--out", "{}"], 0),
        (["verify", "--profile", "live", "--out", "{}"], 0),
        (["verify", "--url", "", "--out", "{}"], 2),
    ],
)
def test_paths_are_escaped_in_the_output_of_commands(command: list[str], status: int, tmp_path: Path) -> None:
    name = "::error::a\u202eb\x1b[31m\n::error::c##[x]"
    folder = tmp_path / name / "openapi"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "openapi/agent-platform.yaml", folder)
    if command[0] == "export":  # a reference in a file
        shutil.move(folder, tmp_path / "openapi")
        (tmp_path / name).rmdir()
        (tmp_path / name).symlink_to(tmp_path)
    arguments = [argument.format(f"{name}/out") for argument in command]

    done = subprocess.run(
        [sys.executable, "-m", "scripts", *arguments, "--openapi", f"{name}/openapi"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    shown = done.stdout + done.stderr
    assert done.returncode == status, shown
    assert all(line.isprintable() and not line.lstrip().startswith("::") for line in shown.split("\n")), shown
    assert "##[" not in shown


def test_help_lists_every_command() -> None:
    done = run_tools("--help")

    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(("arguments", "got"), [([], "got none"), (["frobnicate"], "got 'frobnicate'")])
def test_unknown_command_is_a_usage_error(arguments: list[str], got: str) -> None:
    done = run_tools(*arguments)

    assert done.returncode == 2
    expected = ", ".join(COMMANDS)
    assert done.stderr == f"job-status-tools: expected a command, one of {expected}; {got}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_usage_of_a_command_names_the_command(name: str) -> None:
    done = run_tools(name, "--help")

    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: job-status-tools {name} ")
    assert run_tools(name, "--no-such-option").returncode == 2


def test_status_of_a_command_is_that_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("openapi: 3.1.1\ninfo: {title: Bad, version: '1'}\npaths: {}\n")

    assert run_tools("lint", "--openapi", "openapi").returncode == 0
    assert run_tools("lint", "--openapi", str(tmp_path)).returncode == 1
    assert run_tools("lint", "--openapi", str(tmp_path / "missing")).returncode == 2


def test_character_that_the_encoding_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))

    def show() -> int:
        print("Prüfung", flush=True)
        return 0

    assert cli.run_command(show) == 0
    assert raw.getvalue() == b"Pr\\xfcfung\n"


def test_ruff_is_found_apart_from_the_interpreter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    module = tmp_path / "module.py"
    module.write_text("x = { 'a':1 }\n", encoding="utf-8")

    format_package(tmp_path)

    assert module.read_text(encoding="utf-8") == 'x = {"a": 1}\n'
