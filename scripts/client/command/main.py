"""The entry point: parse the arguments, run the command, and return its exit status."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any, Final

from . import github
from .output import ClosedPipeError, mute, print_error
from .parser import PLAIN, entries, leaf_parser, whole_parser
from .status import CLOSED_PIPE, UNKNOWN, CommandError, StoppedError
from .table import Distribution, Job, Product, Start

SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
AGAIN: Final = 0.01  # seconds until a signal whose exception was lost is sent again


def run(distribution: Distribution, arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status; nothing is raised."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    sys.unraisablehook = partial(_report_unraisable, sys.unraisablehook)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a character that the terminal does not have is escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(distribution, argv)
    except SystemExit as ended:  # help, or wrong usage
        return ended.code if isinstance(ended.code, int) else UNKNOWN
    except CommandError as error:
        print_error(f"{distribution.program}: {error}")
        github.report_error(" ".join([distribution.program, *argv[:3]]), str(error), error.status)
        return error.status
    except ClosedPipeError:
        return CLOSED_PIPE
    except StoppedError as stopped:
        return stopped.status
    except BrokenPipeError:
        mute(sys.stdout)
        return CLOSED_PIPE
    except Exception as error:
        print_error(f"{distribution.program}: internal error, please report it: {type(error).__name__}: {error}")
        return UNKNOWN
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                mute(stream)


def _run(distribution: Distribution, argv: list[str]) -> int:
    verb = argv[0] if argv else ""
    if verb in PLAIN:
        parsed = PLAIN[verb](f"{distribution.program} {verb}").parse_args(argv[1:])
        if verb == "completion":
            return _completion(distribution, parsed.shell)
        if verb == "profiles":
            from .profiles import show

            return show(distribution, parsed.profile)
        from .verbs import resume

        return resume(distribution, parsed, argv)
    chosen = _choose(distribution, argv)
    if chosen is None:
        # Help, or an error: this parser ends the program.
        parsed = whole_parser(distribution).parse_args(argv)
        raise CommandError(f"unexpected arguments: {parsed}")
    product, entry = chosen
    parser = leaf_parser(" ".join([distribution.program, *argv[:3]]), verb, product, entry)
    parsed = parser.parse(argv[3:])
    from . import verbs

    if isinstance(entry, Start):
        return verbs.start(distribution, product, entry, parsed, argv)
    return (verbs.wait if verb == "wait" else verbs.get)(distribution, product, entry, parsed, argv)


def _choose(distribution: Distribution, argv: list[str]) -> tuple[Product, Job | Start] | None:
    """Return the product and the job or start that the arguments name; underscores are as good as dashes."""
    if len(argv) < 3 or argv[0] not in {"wait", "get", "start"}:
        return None
    for product in distribution.products:
        if product.name == _spelling(argv[1]):
            for entry in entries(product, argv[0]):
                if entry.name == _spelling(argv[2]):
                    return product, entry
    return None


def _spelling(name: str) -> str:
    return name.replace("_", "-")


def _completion(distribution: Distribution, shell: str) -> int:
    try:
        import shtab
    except ImportError:
        raise CommandError(f"completion needs shtab: pip install '{distribution.program}[cli]'") from None
    from .output import Results

    Results().print(shtab.complete(whole_parser(distribution), shell))
    return 0


def _report_unraisable(report: Callable[[Any], object], lost: Any) -> None:
    """Send the signal again if Python has discarded its exception, which a destructor or callback cannot pass on."""
    if not isinstance(lost.exc_value, StoppedError):
        report(lost)
        return
    number = lost.exc_value.number
    signal.signal(number, _stop)
    again = threading.Timer(
        AGAIN, partial(os.kill, os.getpid()) if os.name == "posix" else signal.raise_signal, [number]
    )
    again.daemon = True
    again.start()


def _stop(number: int, _: FrameType | None) -> None:
    # Another signal must not interrupt the end of the command.
    signal.signal(number, signal.SIG_IGN)
    raise StoppedError(number)
