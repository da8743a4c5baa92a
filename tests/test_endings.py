"""However a command ends, nothing of it is left running, and its status says what it found."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts import ending

from .conftest import ROOT

TOOLS = ("scripts.document", "scripts.generate", "scripts.simulate", "scripts.verify")


def running(mark: str) -> dict[int, str]:
    """The processes with a text in their command line, by their number."""
    found = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if folder.name.isdecimal() and mark in words and state != "Z" and int(folder.name) != os.getpid():
                found[int(folder.name)] = words
    return found


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come about"
        time.sleep(0.02)


@pytest.fixture
def verification(tmp_path: Path) -> Iterator[Callable[[list[str]], subprocess.Popen[str]]]:
    """Starts a verification of the simulator, and waits until it is in the middle of it."""
    begun: list[subprocess.Popen[str]] = []

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
        begun.append(process)
        until(
            lambda: (tmp_path / "out/requests.log").exists() and (tmp_path / "out/requests.log").stat().st_size > 3000,
            60,
        )
        return process

    yield begin
    for process in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: str(number.name)
)
def test_nothing_is_left_of_a_verification_that_is_stopped(
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
    assert "only a part of it was judged" in out
    assert json.loads((tmp_path / "out/verify.sarif").read_text())
    assert "get_dock_status" in (tmp_path / "out/report.html").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: str(number.name))
def test_nothing_is_left_when_make_is_stopped(
    number: signal.Signals, verification: Callable[[list[str]], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = verification(["make", "verify"])
    process.send_signal(number)
    process.wait(timeout=30)

    until(lambda: not running(str(tmp_path)))


@pytest.mark.parametrize("wait", [0.15, 0.3, 0.5, 0.8, "lines", "request"])
def test_the_simulator_ends_with_0_at_any_moment(wait: float | str) -> None:
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

    # Before Python has read a line of ours, the signal is the interpreter's.
    assert process.returncode in ({0, -signal.SIGTERM} if wait == 0.15 else {0}), err
    assert "Traceback" not in err


NONSENSE = {
    "no such folder": ["--openapi", "/nowhere"],
    "no such option": ["--no-such-option"],
    "a file for a folder": ["--openapi", "README.md"],
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("arguments", NONSENSE.values(), ids=NONSENSE)
def test_what_is_no_verdict_ends_with_2_and_no_traceback(tool: str, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("odd"),
        ValueError("\x1b[2J\n::error::x"),
        RecursionError(),
        MemoryError(),
        ImportError("socksio"),
        KeyError("x"),
    ],
    ids=repr,
)
def test_a_fault_of_ours_is_one_line_and_2(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> int:
        raise error

    assert ending.run(broken) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err[:-1].isprintable()
    assert type(error).__name__ in err
    assert "test_endings.py" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: str(number.name))
def test_a_signal_is_one_line_and_its_status(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(number)

    def interrupted() -> int:
        signal.raise_signal(number)
        return 0

    assert ending.run(interrupted) == 128 + number
    assert capsys.readouterr().err == f"stopped by {number.name}\n"
    assert signal.getsignal(number) == before
