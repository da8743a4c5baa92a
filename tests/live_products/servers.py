"""Processes of a product: started in sessions of their own, and stopped by their ids."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

STOP_TIMEOUT: Final = 10.0  # seconds that a process has to end before it is killed
POLL_INTERVAL: Final = 0.2


class Servers:
    """The running processes of a product, with a log file each."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str], cwd: Path) -> None:
        """Start a process."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append((process, log))

    def wait_until(self, what: str, holds: Callable[[], bool], timeout: float = 120.0) -> None:
        """Wait until a condition holds.

        Raises:
            AssertionError: a process has exited, or the time is over. The message ends with the logs.
        """
        deadline = time.monotonic() + timeout
        while not holds():
            exited = [log.stem for process, log in self._running if process.poll() is not None]
            assert not exited, f"{', '.join(exited)} exited before {what}\n{self.logs()}"
            assert time.monotonic() < deadline, f"expected {what} within {timeout} s\n{self.logs()}"
            time.sleep(POLL_INTERVAL)

    def logs(self) -> str:
        """Return the ends of the logs."""
        ends = ((log, log.read_text(encoding="utf-8", errors="replace")) for _, log in self._running)
        return "\n".join(f"{log}:\n{text[-3000:]}" for log, text in ends)

    def sessions(self) -> list[int]:
        """Return the ids of the sessions of the running processes."""
        return [process.pid for process, _ in self._running]

    def remove(self, name: str) -> subprocess.Popen[bytes]:
        """Return a process by the name of its log file, and leave it to the caller to end it."""
        found = next(row for row in self._running if row[1].stem == name)
        self._running.remove(found)
        return found[0]

    def stop(self) -> None:
        """End all processes, with those that they have started in their sessions."""
        sessions = self.sessions()
        for process, _ in reversed(self._running):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT
        for process, _ in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for pid in members(sessions):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process, _ in self._running:
            process.wait()
        self._running.clear()


def members(sessions: Sequence[int]) -> list[int]:
    """Return the ids of the processes in sessions that this process has started."""
    command = ["ps", "-e", "-o", "pid=,sess="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, row.split())) for row in listed.splitlines()]
    return [pid for pid, session in rows if session in sessions]


def free_port() -> int:
    """Return a loopback port that is not in use."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
