"""Read ids of sessions from stdin until its end, which is that of the test, and kill the processes still in them."""

import contextlib
import os
import signal
import subprocess
import sys


def main() -> None:
    """Wait for the end of stdin, then kill."""
    sessions = {int(line) for line in sys.stdin}
    listed = subprocess.run(["ps", "-e", "-o", "pid=,sess="], capture_output=True, text=True, check=True).stdout
    for pid, session in (map(int, row.split()) for row in listed.splitlines()):
        if session in sessions:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
