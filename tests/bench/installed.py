"""The installed packages of other libraries: their environment, and the client of openapi-python-client."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from scripts.release.environments import locked_environment

from ..conftest import ROOT

BUILD = ROOT / "build" / "bench"
LOCK = Path(__file__).with_name("peers") / "requirements.lock"
STOCK_DOCUMENT = ROOT / "openapi" / "agent-platform.yaml"


@cache
def python() -> Path:
    """Return the Python of the environment build/bench/venv, which is made if it is not current."""
    return locked_environment(BUILD / "venv", LOCK) / "bin" / "python"


@cache
def stock_client() -> Path:
    """Return a folder with the package `stock_client`, made by openapi-python-client as it is."""
    folder = BUILD / "stock"
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", str(STOCK_DOCUMENT)]
    command += ["--output-path", str(folder / "stock_client"), "--meta", "none", "--overwrite"]
    # It formats what it has written with a ruff that it finds in PATH.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"openapi-python-client returned {done.returncode}:\n{done.stdout}{done.stderr}")
    return folder


def run(program: str, *arguments: object) -> Any:
    """Return what a program of `peers` prints as JSON."""
    folders = [str(ROOT / "generated"), str(stock_client())]
    done = subprocess.run(
        [str(python()), "-m", f"tests.bench.peers.{program}", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def versions(*names: str) -> dict[str, str]:
    """Return the versions of packages in the environment."""
    program = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    done = subprocess.run([str(python()), "-c", program, *names], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found
