"""Compare the time of a verification with that of stock schemathesis on the same simulator."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.document import load_folder
from scripts.verify.local_simulator import run_simulator, synthetic_environment
from scripts.verify.run import run_deterministic_checks
from scripts.verify.session import Session
from scripts.verify.target import credential_location, make_target

from ..conftest import ROOT
from .results import Table


def stock(url: str, path: Path, header: str) -> float:
    """Return the seconds that `st run` takes with default settings and a credential."""
    command = [str(Path(sys.executable).with_name("st")), "run", str(path), "--url", url, "--header", header]
    began = time.perf_counter()
    subprocess.run(command, cwd=tempfile.gettempdir(), capture_output=True, check=False, timeout=600)
    return time.perf_counter() - began


def tables() -> list[Table]:
    """Measure the complete verification and its deterministic part alone."""
    documents = load_folder(ROOT / "openapi")
    environment = synthetic_environment(documents)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, "-m", "scripts.verify", "--out", folder]
        subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, check=True)
        whole = time.perf_counter() - began
        with run_simulator(ROOT / "openapi", environment, 1, Path(folder)) as base:
            began = time.perf_counter()
            for document in documents:
                url = f"{base}/{document.stem}"
                target = make_target(document, url, environment, profile="full", writes=True, stepping=True)
                with Session(target) as session:
                    run_deterministic_checks(session)
            deterministic = time.perf_counter() - began
            plain = 0.0
            for document in documents:
                key = next(iter(document.security_schemes))
                value = environment[document.environment_variable(key)]
                _, name, credential = credential_location(document.security_schemes[key], value)
                plain += stock(f"{base}/{document.stem}", document.path, f"{name}: {credential}")
    stock_name = "schemathesis, st run"
    table = Table("Verification of the simulator", stock_name, "Seconds for the four documents, one run.")
    table.add(stock_name, "time", "s", plain)
    table.add("job-status, complete, under 30 s", "time", "s", whole)
    table.add("job-status, deterministic part, under 3 s", "time", "s", deterministic)
    return [table]
