"""Fixtures of the installed distributions: environments of each Python with the newest and the lowest dependencies."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx
import pytest
from attrs import frozen

from scripts.release.distributions import CLIENT, RESOLUTIONS, TOOLS, Distribution, lock_file, lock_name
from scripts.release.environments import build_environment, install_wheel, locked_environment, program

from ..live.signals import handle_signals
from ..live_products.servers import Servers
from ..suites import end_with_parent, is_named
from .pythons import pythons

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DIST = ROOT / "build" / "dist"
ENVIRONMENTS = ROOT / "build" / "package"
PYTHONS = pythons()
CASES = [(python, resolution) for python in PYTHONS for resolution in RESOLUTIONS]
# The cases in which tests run that hardly depend on versions.
EXTREMES = ((CASES[0][0], "lowest"), (CASES[-1][0], "newest"))
SECONDS = 200  # that a program may take


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out of a run that does not name them: they install the distributions."""
    return None if is_named(config, HERE) else True


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of tests that run in two cases alone, and end the run when its parent process has exited."""
    config.addinivalue_line("markers", "extremes: run with the lowest Python and dependencies, and with the newest")
    end_with_parent(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run `extremes` in two cases alone."""
    kept = []
    for item in items:
        chosen = (
            item.callspec.params.get("case")
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            else None
        )
        if chosen in EXTREMES or chosen is None or not item.get_closest_marker("extremes"):
            kept.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_report_header() -> str:
    """Return the line about the interpreters that were found."""
    return f"CPython: {', '.join(f'{version} ({path})' for version, path in PYTHONS.items())}"


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """End the run, and with it the programs, on a signal."""
    with handle_signals():
        yield


@frozen
class Installed:
    """An environment with a wheel, and an empty folder to run its programs in.

    Attributes:
        environment: The environment.
        home: The folder.
    """

    environment: Path
    home: Path

    def program(self, name: str) -> str:
        """Return the path of a program."""
        return str(program(self.environment, name))

    def variables(self, **extra: str) -> dict[str, str]:
        """Return the environment variables of a program: nothing of this machine but PATH."""
        path = f"{program(self.environment, 'python').parent}{os.pathsep}{os.environ['PATH']}"
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
        return {**kept, "PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", **extra}

    def run(self, name: str, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, in the folder."""
        return subprocess.run(
            [self.program(name), *arguments],
            cwd=self.home,
            env=self.variables(**(env or {})),
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    @contextmanager
    def simulate(self, *options: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Run the simulator; yield its URL, and the variables of base URLs and credentials that it prints."""
        servers = Servers(self.home)
        command = [self.program("job-status-tools"), "simulate", "--port", "0", *options]
        log = self.home / "simulator.log"
        try:
            servers.start("simulator", command, self.variables(PYTHONUNBUFFERED="1"), self.home)
            pattern = r"^simulator: (http://\S+)$"
            servers.wait_until(
                "its URL", lambda: bool(re.search(pattern, log.read_text(encoding="utf-8"), re.MULTILINE))
            )
            url = re.findall(pattern, log.read_text(encoding="utf-8"), re.MULTILINE)[0]
            servers.wait_until("a response", lambda: _responds(url))
            printed = log.read_text(encoding="utf-8")
            stems = re.findall(rf"^.*: {url}/([\w-]+)$", printed, re.MULTILINE)
            urls = {f"{stem.replace('-', '_').upper()}_URL": f"{url}/{stem}" for stem in stems if stem != "_simulator"}
            yield url, {**urls, **dict(re.findall(r"^  ([A-Z_]+)=(\S+)$", printed, re.MULTILINE))}
        finally:
            servers.stop()


def _responds(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_simulator/clock", trust_env=False).is_success
    except httpx.TransportError:
        return False


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Let one process of the tests make what has a name, while the others wait for it."""
    with (ENVIRONMENTS / f"{name}.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
        yield


@cache
def pip() -> Path:
    """Return the Python whose pip installs."""
    return program(build_environment(ENVIRONMENTS), "python")


def wheel(distribution: Distribution) -> Path:
    """Return the wheel that `make package` has built."""
    found = sorted(DIST.glob(f"{distribution.file_name}-*.whl"))
    assert len(found) == 1, f"expected one wheel of {distribution.name} in {DIST}, got {found}; run `make package`"
    return found[0]


@cache
def installed(distribution: Distribution, python: str, resolution: str, with_extras: bool = False) -> Path:
    """Return the environment of a wheel, with its dependencies as locked."""
    lock = lock_name(distribution, resolution, with_extras)
    folder = ENVIRONMENTS / f"{lock}-{python}"
    with one_at_a_time(folder.name):
        environment = locked_environment(folder, lock_file(lock), str(PYTHONS[python]), pip())
        install_wheel(pip(), environment, wheel(distribution))
    return environment


@pytest.fixture(
    scope="session",
    params=[pytest.param(case, id="-".join(case)) for case in CASES],
)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return a Python and a resolution of the dependencies."""
    chosen: tuple[str, str] = request.param
    return chosen


@pytest.fixture
def client(case: tuple[str, str], tmp_path: Path) -> Installed:
    """Install the client alone."""
    return Installed(installed(CLIENT, *case), tmp_path)


@pytest.fixture
def client_with_extras(case: tuple[str, str], tmp_path: Path) -> Installed:
    """Install the client with its extras."""
    return Installed(installed(CLIENT, *case, with_extras=True), tmp_path)


@pytest.fixture
def tools(case: tuple[str, str], tmp_path: Path) -> Installed:
    """Install the tools alone."""
    return Installed(installed(TOOLS, *case), tmp_path)


@pytest.fixture(scope="session")
def simulated(case: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Run the installed simulator of the documents of the wheel, with quick jobs."""
    simulator = Installed(installed(TOOLS, *case), tmp_path_factory.mktemp("simulator"))
    with simulator.simulate("--speed", "50") as running:
        yield running


@pytest.fixture(scope="session")
def pyright() -> list[str]:
    """Install pyright from the lock file, and return its command."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail("pyright is installed with npm, which is missing: install Node.js")
    folder = ENVIRONMENTS / "pyright"
    folder.mkdir(parents=True, exist_ok=True)
    with one_at_a_time("pyright"):
        lock, made = HERE / "pyright" / "package-lock.json", folder / "package-lock.json"
        if not made.is_file() or made.read_bytes() != lock.read_bytes():
            shutil.copy(HERE / "pyright" / "package.json", folder)
            command = [npm, "ci", "--ignore-scripts", "--silent", "--no-audit"]
            made.write_bytes(lock.read_bytes())
            subprocess.run(command, cwd=folder, check=True)
    return [str(shutil.which("node")), str(folder / "node_modules/pyright/index.js")]
