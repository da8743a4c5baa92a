"""Run the installed command `job-status` as its users do: in pipes and in pseudo-terminals."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, define, frozen

from scripts.document import load_folder
from scripts.simulate import ControlledSimulator, Simulator, SimulatorSettings, SteppingClock
from scripts.simulate.durations import JobDistribution
from scripts.simulate.remote import RunningSimulator

from ..conftest import ROOT, served

SECONDS = 60
CONTROL = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


def install(source: Path, folder: Path) -> Path:
    """Build a generated distribution, and install it without its dependencies into a folder for PYTHONPATH."""
    built = folder / "source"
    subprocess.run(["cp", "-r", str(source), str(built)], check=True)
    wheel = ["build", "--wheel", "--no-isolation", "--outdir", str(folder), str(built)]
    for arguments in (wheel, ["pip", "install", "--no-deps", "--no-index", "--target", str(folder / "installed")]):
        if arguments[0] == "pip":
            arguments += [str(path) for path in folder.glob("*.whl")]
        done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "installed"


@frozen
class Done:
    """What a command has printed, and its exit status."""

    status: int
    out: str
    err: str


@define
class Command:
    """An installed command.

    Attributes:
        folder: Where the distribution is installed.
        home: The home folder, which is empty.
        name: The name of the command.
        environment: The environment variables in addition to PATH.
    """

    folder: Path
    home: Path
    name: str = "job-status"
    environment: dict[str, str] = Factory(dict)

    def variables(self, extra: dict[str, str]) -> dict[str, str]:
        """Return the environment of the command: nothing of this machine but PATH, and the measurement of coverage."""
        kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COVERAGE")}
        own = {"PYTHONPATH": str(self.folder), "HOME": str(self.home), "LANG": "C.UTF-8"}
        return {**kept, **own, **self.environment, **extra}

    def start(self, *arguments: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """Start the command in pipes."""
        defaults: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        program = [str(self.folder / "bin" / self.name), *arguments]
        return subprocess.Popen(
            program, cwd=self.home, env=self.variables(env or {}), text=True, **{**defaults, **options}
        )

    def run(self, *arguments: str, stdin: str | None = None, env: dict[str, str] | None = None) -> Done:
        """Run the command to its end in pipes."""
        process = self.start(*arguments, env=env, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
        out, err = process.communicate(stdin, timeout=SECONDS)
        return Done(process.returncode, out, err)

    @contextmanager
    def terminal(
        self,
        *arguments: str,
        columns: int = 100,
        lines: int = 24,
        env: dict[str, str] | None = None,
        shared: bool = False,
    ) -> Iterator["Terminal"]:
        """Start the command with stderr in a pseudo-terminal, and stdout in a pipe or in the same one."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        streams: dict[str, Any] = {"stderr": slave, **({"stdout": slave} if shared else {})}
        process = self.start(*arguments, env={"TERM": "xterm-256color", **(env or {})}, **streams)
        os.close(slave)
        terminal = Terminal(process, columns)
        reader = threading.Thread(target=terminal.read, args=(master,), daemon=True)
        reader.start()
        terminal.reader = reader
        try:
            yield terminal
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()
            reader.join(10)
            os.close(master)


@define
class Terminal:
    """A command in a pseudo-terminal, and what it has written there."""

    process: subprocess.Popen[str]
    columns: int
    raw: str = ""
    reader: threading.Thread | None = None

    def read(self, master: int) -> None:
        """Read until the command closes the terminal."""
        while True:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # EIO: the command has closed it
                return
            if not chunk:
                return
            self.raw += chunk.decode()

    def wait_for(self, text: str) -> None:
        """Wait until a string is on the terminal."""
        deadline = time.monotonic() + 20
        while text not in self.raw:
            assert time.monotonic() < deadline, f"{text!r} is missing in {self.raw!r}"
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command."""
        self.process.send_signal(number)

    def end(self) -> Done:
        """Wait until the command has ended, and return its result."""
        out, _ = self.process.communicate(timeout=SECONDS)
        assert self.reader is not None
        self.reader.join(10)
        return Done(self.process.returncode, out, self.raw)

    @property
    def screen(self) -> list[str]:
        """The lines that are visible now, as a terminal without a limit of lines shows them."""
        rows: list[list[str]] = [[]]
        row = column = 0
        for parameters, letter, control, text in CONTROL.findall(self.raw):
            if text:
                assert column + len(text) <= self.columns, f"wider than {self.columns} columns: {text!r}"
                line = rows[row]
                line.extend(" " * (column + len(text) - len(line)))
                line[column : column + len(text)] = text
                column += len(text)
            elif control == "\r":
                column = 0
            elif control == "\n":
                row += 1
                rows.extend([] for _ in range(row + 1 - len(rows)))
            elif letter == "A":
                row = max(row - int(parameters or 1), 0)
            elif letter == "J":
                rows[row:] = [rows[row][:column]]
            elif letter == "K":
                rows[row] = rows[row][:column] if parameters in {"", "0"} else []
        return ["".join(line).rstrip() for line in rows if "".join(line).strip()]


@contextmanager
def stepping_simulator() -> Iterator[RunningSimulator]:
    """Run a simulator whose clock advances by one second per request, so that a slow machine changes nothing."""
    distribution = JobDistribution(median=1.5, failures=0.0)
    settings = SimulatorSettings(clock=SteppingClock(1.0), distribution=distribution)
    simulator = Simulator(load_folder(ROOT / "openapi"), settings)
    with served(ControlledSimulator(simulator)) as url, RunningSimulator(url, simulator) as control:
        yield control


def connection(
    simulator: Any, apis: Sequence[str] = ("ai-for-process", "ai-for-service", "opensearch-flow-framework")
) -> dict[str, str]:
    """Return the variables of the base URL and the credential of products of a simulator."""
    found = {}
    for api in apis:
        prefix = api.replace("-", "_").upper()
        found[f"{prefix}_URL"] = simulator.base_url(api)
        for keyword, value in simulator.credentials[api].items():
            found[f"{prefix}_{keyword.upper()}"] = ":".join(value) if isinstance(value, tuple) else value
    return found
