"""How long a verification takes beside stock schemathesis on the same simulator."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.document import load_folder
from scripts.verify.calls import Caller
from scripts.verify.coverage import coverage
from scripts.verify.hosted import made_up_environment, simulator
from scripts.verify.result import Result
from scripts.verify.run import examine
from scripts.verify.target import credential_place, target

from ..conftest import ROOT


def stock(url: str, path: Path, header: str) -> float:
    """Seconds that `st run` takes with its own settings and a credential."""
    command = [str(Path(sys.executable).with_name("st")), "run", str(path), "--url", url, "--header", header]
    began = time.perf_counter()
    subprocess.run(command, cwd=tempfile.gettempdir(), capture_output=True, check=False, timeout=600)
    return time.perf_counter() - began


def main() -> None:
    """Measures the whole and the deterministic part alone."""
    documents = load_folder(ROOT / "openapi")
    environment = made_up_environment(documents)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, "-m", "scripts.verify", "--out", folder]
        subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, check=True)
        whole = time.perf_counter() - began
        with simulator(ROOT / "openapi", environment, 1, Path(folder)) as base:
            began = time.perf_counter()
            for document in documents:
                url = f"{base}/{document.stem}"
                aimed = target(document, url, environment, profile="full", writes=True, stepping=True)
                result = Result(document, url, aimed.operations)
                result.coverage = {operation.id: coverage(aimed, operation) for operation in aimed.operations}
                with Caller(aimed) as caller:
                    examine(aimed, caller, result)
            probe = time.perf_counter() - began
            plain = 0.0
            for document in documents:
                key = next(iter(document.security_schemes))
                value = environment[document.environment_variable(key)]
                _, name, credential = credential_place(document.security_schemes[key], value)
                plain += stock(f"{base}/{document.stem}", document.path, f"{name}: {credential}")
    for what, ours, goal in (("whole verification", whole, 30), ("its deterministic part", probe, 3)):
        print(
            f"{what:48} stock {plain:7.1f} s    ours {ours:8.1f} s    ratio {ours / plain:5.2f}   goal under {goal} s"
        )
