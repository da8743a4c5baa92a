"""Signals that end a test run, delayed while a test creates or deletes something on the server."""

import contextlib
import signal
from collections.abc import Iterator


class SignalHandling:
    """A handler of the signals that end a program. The first one interrupts the run, all later ones are ignored."""

    def __init__(self) -> None:
        self._is_held = False
        self._is_pending = False
        self._is_interrupted = False

    def interrupt(self, number: int, frame: object) -> None:
        """Handle a signal."""
        if self._is_interrupted:
            return
        if self._is_held:
            self._is_pending = True
            return
        self._is_interrupted = True
        raise KeyboardInterrupt(f"stopped by {signal.Signals(number).name}")

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Delay a signal until the end of the block: only a response to a write shows what has to be deleted."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._is_pending and not self._is_interrupted:
            self._is_interrupted = True
            raise KeyboardInterrupt("stopped by a signal")


@contextlib.contextmanager
def handle_signals() -> Iterator[SignalHandling]:
    """Handle SIGINT, SIGTERM and SIGHUP until the end of the block."""
    handling = SignalHandling()
    before = {
        number: signal.signal(number, handling.interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield handling
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
