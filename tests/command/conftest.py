"""Fixtures: the installed command, and a simulator for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.simulate.remote import RunningSimulator

from ..conftest import ROOT
from .installed import Command, connection, install, stepping_simulator


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the generated distribution."""
    return install(ROOT / "generated", tmp_path_factory.mktemp("command"))


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    """Run a simulator whose jobs end after some polls."""
    with stepping_simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: RunningSimulator) -> Iterator[RunningSimulator]:
    """Reset the simulator."""
    yield running
    running.reset()


@pytest.fixture
def command(folder: Path, simulator: RunningSimulator, tmp_path: Path) -> Command:
    """Return the command with URL and credentials of the simulator in its environment."""
    return Command(folder, tmp_path, environment=connection(simulator))
