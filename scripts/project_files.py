"""Files of the repository's top level that the tools need. The wheel contains them in the package."""

from importlib.resources import as_file, files
from pathlib import Path


def project_file(name: str) -> Path:
    """Return the path of a file or folder: in the installed package, or in the repository around `scripts`."""
    with as_file(files(__package__)) as package:
        installed = package / name
        return installed if installed.exists() else package.parent / name
