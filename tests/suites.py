"""Suites that run on their own, each with its `pytest.ini`: they install, start or open what the other tests need not."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.cli import exit_with_parent

from .live.signals import handle_signals


def is_named(config: pytest.Config, folder: Path) -> bool:
    """Return whether the command names a folder or a test in it."""
    named = ((config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args)
    return any(path.is_relative_to(folder) for path in named)


def end_with_parent(config: pytest.Config) -> None:
    """End a run with several workers on a signal and when the parent process has exited; the workers end with it.

    They would inherit the variable that names the parent, and have another one.
    """
    if not hasattr(config, "workerinput"):
        stack = ExitStack()
        stack.enter_context(handle_signals())
        config.add_cleanup(stack.close)
        exit_with_parent()


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """End a run in one process, and with it its programs, on a signal and when the parent process has exited."""
    with handle_signals():
        exit_with_parent()
        yield
