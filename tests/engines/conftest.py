"""Fixtures of the engines: their environment, a Redis of their own, and the simulator."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.release.environments import locked_environment
from scripts.simulate.remote import RunningSimulator, run_simulator

from ..conftest import ROOT
from ..live_products.servers import Servers, free_port
from ..suites import interruptible as interruptible
from ..suites import is_named

HERE = Path(__file__).parent
PASSWORD = "redis-password-1"


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out of a run that does not name them: they install packages."""
    return None if is_named(config, HERE) else True


@pytest.fixture(scope="session")
def python() -> Path:
    """Return the Python of the environment build/engines, which is made if it is not current."""
    return locked_environment(ROOT / "build" / "engines", HERE / "requirements.lock") / "bin" / "python"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Return the processes of a test, which are stopped after it."""
    running = Servers(tmp_path)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def redis_url(servers: Servers, tmp_path: Path) -> str:
    """Start Redis with a password and without persistence, and return its URL."""
    if shutil.which("redis-server") is None:
        pytest.fail("redis-server is not installed: apt-get install redis-server")
    port = str(free_port())
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    servers.start("redis", [*command, "--requirepass", PASSWORD], {}, tmp_path)
    ping = ["redis-cli", "-p", port, "-a", PASSWORD, "--no-auth-warning", "ping"]
    servers.wait_until(
        "Redis responds",
        lambda: subprocess.run(ping, capture_output=True, text=True, check=False).stdout == "PONG\n",
    )
    return f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Run the simulator in real time."""
    with run_simulator(ROOT / "openapi") as running:
        running.run_at(1)
        yield running
