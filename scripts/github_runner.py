"""The runner of GitHub Actions: the files through which a step reports, and the paths that it shows."""

import os
import uuid
from collections.abc import Mapping
from pathlib import Path

from . import cli


def is_runner() -> bool:
    """Return whether this process runs in a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def repository_path(path: str | Path) -> str:
    """Return a path relative to the repository, or to the current folder outside of a runner, if it is below that."""
    root = Path((is_runner() and os.environ.get("GITHUB_WORKSPACE")) or Path.cwd())
    absolute = Path(os.path.abspath(path))
    return (absolute.relative_to(root) if absolute.is_relative_to(root) else Path(path)).as_posix()


def append_summary(markdown: str) -> None:
    """Append to the job summary. A file that cannot be written is reported, and has no other effect."""
    _append("GITHUB_STEP_SUMMARY", f"{markdown}\n")


def set_outputs(values: Mapping[str, str]) -> None:
    """Set outputs of the step, of any characters. A file that cannot be written is reported, with no other effect."""
    end = uuid.uuid4().hex
    _append("GITHUB_OUTPUT", "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items()))


def _append(variable: str, text: str) -> None:
    if path := os.environ.get(variable):
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            cli.print_error(f"{variable}: cannot be written: {error.strerror or error}")
