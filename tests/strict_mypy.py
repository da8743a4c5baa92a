"""mypy --strict on programs that use the generated package."""

import os
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT


def strict_mypy(folder: Path, name: str = ".") -> subprocess.CompletedProcess[str]:
    """Check the types of a program in a folder, or of all programs in it."""
    options = ["--strict", "--config-file", os.devnull, "--cache-dir", str(folder / "cache")]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, name],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT / "generated")},
        capture_output=True,
        text=True,
        check=False,
    )
