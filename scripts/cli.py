"""Run a command: signals, unexpected exceptions, exit statuses and messages on stderr."""

import io
import logging
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from .printable import printable

PROGRAM = "job-status-tools"
EXIT_ERROR = 2  # the command could not do its work; 1 means that it has found problems
PARENT_VARIABLE = "JOB_STATUS_ENDS_WITH"  # the id of the parent process; the command exits when the parent has exited
_PARENT_INTERVAL = 0.2  # seconds between two checks of the parent process
_AGAIN = 0.01  # seconds until a signal whose exception was lost is sent again


class SignalInterrupt(KeyboardInterrupt):
    """A signal stops the command. A subclass of KeyboardInterrupt, which event loops do not suppress."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def status(self) -> int:
        """The exit status by shell convention: 130 for SIGINT, 143 for SIGTERM."""
        return 128 + self.number

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.number).name}"


_received: list[int] = []  # the signal that stops this command


def program_name(room: str) -> str:
    """Return the name of the running program, for usage messages: the command, or the module that was run."""
    return sys.argv[0] if sys.argv[0].startswith(f"{PROGRAM} ") else f"python -m scripts.{room}"


def raise_if_stopped() -> None:
    """Raise the interrupt again if a signal was received and the exception was lost.

    Python discards exceptions that are raised in a destructor or a callback of the garbage collector.

    Raises:
        SignalInterrupt: A signal was received.
    """
    if _received:
        raise SignalInterrupt(_received[0])


def clear_signal() -> None:
    """Mark the received signal as handled: the command then exits with its own status."""
    _received.clear()


def run_command(main: Callable[[], int]) -> int:
    """Run a command and return its exit status.

    The status is 128 plus its number for a signal and 2 for an unhandled exception, each with one line on stderr. The
    command also stops when the process named by `PARENT_VARIABLE` has exited.
    """
    signals = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    previous = {
        number: signal.signal(number, _stop) for number in signals if signal.getsignal(number) != signal.SIG_IGN
    }
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that its encoding does not have is escaped
            stream.reconfigure(errors="backslashreplace")
    hook = sys.unraisablehook
    sys.unraisablehook = partial(_report_unraisable, hook)
    try:
        exit_with_parent()
        status = main()
        raise_if_stopped()
        return status
    except SignalInterrupt as interrupt:
        print_error(str(interrupt))
        return interrupt.status
    except KeyboardInterrupt:
        print_error("stopped by SIGINT")
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Stdout is closed; also prevent the interpreter's final flush from failing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except Exception as error:
        if _received:
            # The exception is a consequence of the interruption.
            print_error(str(SignalInterrupt(_received[0])))
            return 128 + _received[0]
        print_error(internal_error(error))
        return EXIT_ERROR
    finally:
        _received.clear()
        sys.unraisablehook = hook
        for number, handler in previous.items():
            signal.signal(number, handler)


def internal_error(error: BaseException) -> str:
    """Return a one-line message for an unexpected exception, with its location in this project."""
    package = Path(internal_error.__code__.co_filename).parent
    # An installed package has the libraries around it, the repository its tests.
    above = package if package.parent.name in {"site-packages", "dist-packages"} else package.parent
    frames = [
        (path.relative_to(package.parent).as_posix(), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(above) and "site-packages" not in path.relative_to(above).parts
    ]
    where = f" at {frames[-1][0]}:{frames[-1][1]}" if frames else ""
    return f"internal error, please report it: {type(error).__name__}: {printable(error)}{where}"


def escaped(text: object) -> str:
    """Return text of several lines in which each is printable, and no workflow command of GitHub Actions."""
    return "\n".join(printable(line, None) for line in str(text).split("\n"))


def print_output(text: object) -> None:
    """Print text to stdout, escaped."""
    print(escaped(text), flush=True)


def print_error(text: object) -> None:
    """Print text to stderr, escaped; ignore errors such as a closed stream."""
    _print_error(f"{escaped(text)}\n")


def _print_error(text: str) -> None:
    try:
        print(text, end="", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def show_step(step: str) -> None:
    """Show a step that takes a while on a terminal, instead of the last one; an empty string removes it."""
    if sys.stderr.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}:
        _print_error(f"\r\x1b[2K{printable(step)}")


def exit_with_parent() -> None:
    """Send SIGTERM to this process once the process that `PARENT_VARIABLE` names is no longer its parent.

    The variable is addressed to this process alone: it is removed from the environment, so that no child inherits it.
    """
    parent = os.environ.pop(PARENT_VARIABLE, "")
    if parent.isdecimal() and hasattr(os, "getppid") and os.name == "posix":
        threading.Thread(target=_watch_parent, args=(int(parent),), daemon=True, name="parent").start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_INTERVAL)
    os.kill(os.getpid(), signal.SIGTERM)


def _report_unraisable(report: Callable[[Any], object], lost: Any) -> None:
    """Send the signal again if Python has discarded its exception, which a destructor or callback cannot pass on."""
    if not isinstance(lost.exc_value, SignalInterrupt):
        report(lost)
        return
    number = lost.exc_value.number
    _received.clear()
    signal.signal(number, _stop)
    again = threading.Timer(
        _AGAIN, partial(os.kill, os.getpid()) if os.name == "posix" else signal.raise_signal, [number]
    )
    again.daemon = True
    again.start()


def _stop(number: int, _: FrameType | None) -> None:
    # Ignore further signals, so that they do not interrupt the cleanup.
    signal.signal(number, signal.SIG_IGN)
    # The exception can interrupt a coroutine of a library before it is awaited.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    # So can it a task, which asyncio reports when it is destroyed.
    logging.getLogger("asyncio").disabled = True
    _received.append(number)
    raise SignalInterrupt(number)
