"""The CPython interpreters of this machine that the distributions support."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LOWEST: Final = (3, 11)
NAME: Final = re.compile(r"python3?(\.\d+)?(\.exe)?")
# The version of an interpreter that can make environments; nothing for other implementations and pre-releases.
PROBE: Final = (
    "import platform, sys, venv; final = sys.version_info.releaselevel == 'final'; "
    "print(*sys.version_info[:3]) if final and platform.python_implementation() == 'CPython' else None"
)


def candidates() -> Iterator[Path]:
    """Yield what may be an interpreter: those on PATH, and the versions that pyenv has installed."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(home.glob("versions/*/bin/python"))
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if Path(folder).is_dir():
            yield from sorted(path for path in Path(folder).iterdir() if NAME.fullmatch(path.name))


def pythons() -> dict[str, Path]:
    """Return an interpreter for each minor version, such as 3.12: the newest one that can make environments."""
    found: dict[tuple[int, ...], Path] = {}
    for path in candidates():
        done = subprocess.run([str(path), "-c", PROBE], capture_output=True, text=True, check=False)
        version = tuple(map(int, done.stdout.split())) if done.returncode == 0 else ()
        if version[:2] >= LOWEST:
            found.setdefault(version, path)
    return {f"{version[0]}.{version[1]}": found[version] for version in sorted(found)}
