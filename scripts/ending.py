"""How a command ends: with a verdict of its own, or with 2 and one line whatever else happens."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType

from .printable import printable

CANNOT_TELL = 2
TIED = "JOB_STATUS_ENDS_WITH"  # names the process with whose end this one ends too
_LOOK = 0.2  # seconds between two looks at that process


class Stopped(KeyboardInterrupt):
    """A signal has asked the command to end. Event loops pass on what is a KeyboardInterrupt, and swallow others."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def status(self) -> int:
        """The exit status that a shell gives to the signal: 130 for SIGINT, 143 for SIGTERM."""
        return 128 + self.number

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.number).name}"


_asked: list[int] = []  # the signal that has asked this command to end


def check() -> None:
    """Ends the command where a signal has asked for it and the exception was lost on its way.

    Python drops what is raised in a destructor or a callback of the garbage collector.

    Raises:
        Stopped: a signal has asked for it.
    """
    if _asked:
        raise Stopped(_asked[0])


def heeded() -> None:
    """The signal has been heeded: the command ends as it is to end."""
    _asked.clear()


def run(main: Callable[[], int]) -> int:
    """Runs a command; gives its exit status.

    A signal ends it with 128 and the signal's number, an exception that it does not handle with 2, each with one line
    on stderr. A command that another has started and is tied to ends when that one does.
    """
    signals = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, _stop) for number in signals if signal.getsignal(number) != signal.SIG_IGN}
    tie()
    try:
        status = main()
        check()
        return status
    except Stopped as stopped:
        say(str(stopped))
        return stopped.status
    except KeyboardInterrupt:
        say("stopped by SIGINT")
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Nothing is left to be said, by the interpreter's own last flush either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CANNOT_TELL
    except Exception as error:
        if _asked:
            # What was cut off has fallen over itself.
            say(str(Stopped(_asked[0])))
            return 128 + _asked[0]
        say(bug(error))
        return CANNOT_TELL
    finally:
        _asked.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


def bug(error: BaseException) -> str:
    """One line for an exception that nobody expects: what, and where in this project."""
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    where = f" at {os.path.relpath(places[-1].filename)}:{places[-1].lineno}" if places else ""
    return f"this is a fault of the tool itself, please report it: {type(error).__name__}: {printable(error)}{where}"


def say(line: str) -> None:
    """Prints a line to stderr, if anybody is there to read it."""
    try:
        print(line, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def tie() -> None:
    """Ends this process, as SIGTERM would, once the process that `TIED` names is no longer its parent."""
    parent = os.environ.get(TIED, "")
    if parent.isdecimal() and hasattr(os, "getppid") and os.name == "posix":
        threading.Thread(target=_watch, args=(int(parent),), daemon=True, name="parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os.kill(os.getpid(), signal.SIGTERM)


def _stop(number: int, _: FrameType | None) -> None:
    # Once is enough: what is cleaned up after it is not to be cut off.
    signal.signal(number, signal.SIG_IGN)
    _asked.append(number)
    raise Stopped(number)
