"""Files of the repository's top level that the tools need. The wheel contains them in the package."""

import tomllib
from importlib.resources import as_file, files
from pathlib import Path


def project_file(name: str) -> Path:
    """Return the path of a file or folder: in the installed package, or in the repository around `scripts`."""
    with as_file(files(__package__)) as package:
        installed = package / name
        return installed if installed.exists() else package.parent / name


def project_version() -> str:
    """Return the version of the project."""
    return str(tomllib.loads(project_file("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
