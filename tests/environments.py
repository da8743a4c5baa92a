"""Environments of their own for other people's packages, each made from a committed lock file with hashes."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path


def environment(lock: Path, folder: Path) -> Path:
    """Return a folder with the environment that a lock file describes, made again if the file has changed.

    Raises:
        subprocess.CalledProcessError: It cannot be created, or a package cannot be installed.
    """
    version = f"{sys.version}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}\n"
    made = folder / "made-from"
    if not made.is_file() or made.read_text(encoding="utf-8") != version:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)], check=True)
        made.write_text(version, encoding="utf-8")
    return folder
