"""Environments that are made from a lock file with hashes, and kept until it changes."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from .distributions import BUILD, lock_file

PIP: Final = ("--disable-pip-version-check", "install", "--quiet")
LOCKED: Final = ("--no-deps", "--only-binary", ":all:", "--require-hashes")


def program(environment: Path, name: str) -> Path:
    """Return the path of a program of an environment."""
    return environment / "Scripts" / f"{name}.exe" if sys.platform == "win32" else environment / "bin" / name


def build_environment(folder: Path) -> Path:
    """Return the environment of the tools that build, check and install, below a folder."""
    return locked_environment(folder / BUILD, lock_file(BUILD))


def locked_environment(folder: Path, lock: Path, python: str = sys.executable, pip: Path | None = None) -> Path:
    """Return an environment with what a lock file lists, made again if the file or the Python has changed.

    Args:
        folder: The folder of the environment.
        lock: The lock file, with hashes.
        python: The Python to make it with.
        pip: The Python whose pip installs; without it the environment has a pip of its own.
    """
    version = subprocess.run(
        [python, "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=True
    )
    source = f"{version.stdout}{hashlib.sha256(lock.read_bytes()).hexdigest()}\n"
    made = folder / "made-from"
    if not made.is_file() or made.read_text(encoding="utf-8") != source:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", *(["--without-pip"] if pip else []), str(folder)], check=True)
        own = program(folder, "python")
        target = [str(pip), "-m", "pip", "--python", str(own)] if pip else [str(own), "-m", "pip"]
        subprocess.run([*target, *PIP, *LOCKED, "-r", str(lock)], check=True)
        made.write_text(source, encoding="utf-8")
    return folder


def install_wheel(pip: Path, environment: Path, wheel: Path) -> None:
    """Install a wheel into an environment without its dependencies, unless it is there; check that they are."""
    source, made = f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n", environment / "installed-from"
    if made.is_file() and made.read_text(encoding="utf-8") == source:
        return
    target = [str(pip), "-m", "pip", "--python", str(program(environment, "python"))]
    subprocess.run([*target, *PIP, "--no-deps", "--no-index", "--force-reinstall", str(wheel)], check=True)
    subprocess.run([*target, "--disable-pip-version-check", "check"], check=True, capture_output=True)
    made.write_text(source, encoding="utf-8")
