"""Subprocess that runs the project's own simulator."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .. import cli
from ..document import Document
from .jobs import sent_parameters
from .target import UNSCOPED

STEP = 1.0  # seconds that the simulator's clock moves per request


class SimulatorStartError(Exception):
    """The simulator did not start. The message holds its output."""


@contextmanager
def run_simulator(openapi: Path, environment: Mapping[str, str], seed: int, log_folder: Path) -> Iterator[str]:
    """Run the simulator on a free loopback port; yield the URL that the document stems are appended to.

    Raises:
        SimulatorStartError: the process ended before it accepted connections.
    """
    log_folder.mkdir(parents=True, exist_ok=True)
    package = __package__.rsplit(".", 1)[0] if __package__ else "scripts"
    command = [sys.executable, "-m", f"{package}.simulate", "--openapi", str(openapi), "--port", "0"]
    command += ["--step", str(STEP), "--seed", str(seed), "--request-log", str(log_folder / "requests.log")]
    with (log_folder / "simulator.log").open("w", encoding="utf-8") as errors:
        print("# job-status simulator: output", file=errors, flush=True)
        process = subprocess.Popen(  # noqa: S603 - this project's own module
            command,
            # The simulator ends when this process ends, even if this process is killed.
            env={**os.environ, **environment, cli.PARENT_VARIABLE: str(os.getpid())},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe, see above
            first = process.stdout.readline().strip()
            if not first.startswith("simulator: "):
                process.wait(timeout=10)
                output = (log_folder / "simulator.log").read_text(encoding="utf-8").partition("\n")[2].strip()
                raise SimulatorStartError(output or f"the simulator ended with {process.returncode}")
            yield first.removeprefix("simulator: ")
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def synthetic_environment(documents: Iterable[Document]) -> dict[str, str]:
    """Return made-up credentials for the simulator, which take the place of real credentials and ids."""
    environment: dict[str, str] = {}
    for document in documents:
        for key, scheme in document.security_schemes.items():
            variable = document.environment_variable(key)
            prefix = "user:" if scheme.scheme == "basic" else ""
            environment[variable] = f"{prefix}verify-{document.stem}"
            environment[variable + UNSCOPED] = f"{prefix}verify-{document.stem}-without-scope"
        for operation in document.operations:
            for parameter in sent_parameters(operation):
                environment[document.environment_variable(parameter.name)] = ""
    return environment
