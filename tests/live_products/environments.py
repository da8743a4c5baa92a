"""The environments of the live products: one folder per product under build/live, made from its lock file."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
BUILD: Final = ROOT / "build" / "live"


def environment(name: str) -> Path:
    """Return the environment of a product, made again if its lock file has changed."""
    lock, folder = HERE / name / "requirements.lock", BUILD / name
    version = f"{sys.version}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}\n"
    made = folder / "made-from"
    if not made.is_file() or made.read_text(encoding="utf-8") != version:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)], check=True)
        made.write_text(version, encoding="utf-8")
    return folder
