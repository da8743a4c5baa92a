"""The distributions of the repository, and the lock files of their dependencies."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from attrs import frozen

# `lowest`: the lower bounds of pyproject.toml; `newest`: what was newest when the lock files were written.
RESOLUTIONS: Final = {"lowest": "lowest-direct", "newest": "highest"}


@frozen
class Distribution:
    """A distribution.

    Attributes:
        name: Its name.
        folder: The folder of its pyproject.toml, below the repository.
        documentation: The page that the project URL `Documentation` leads to.
        required: Files that its wheel must contain.
        extras: The optional dependencies that have lock files of their own, together.
        client: The distribution that it extends, and needs in the same version.
        host: The dependencies that come with the program into which it is installed, in the versions of that program:
            they are not locked, and are listed without a version in the bill of materials.
    """

    name: str
    folder: str
    documentation: str
    required: tuple[str, ...]
    extras: tuple[str, ...] = ()
    client: Distribution | None = None
    host: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """The name as wheels and source archives spell it."""
        return self.name.replace("-", "_")

    def project(self, root: Path) -> dict[str, Any]:
        """Return the table `project` of its pyproject.toml."""
        text = (root / self.folder / "pyproject.toml").read_text(encoding="utf-8")
        table: dict[str, Any] = tomllib.loads(text)["project"]
        return table

    def requirements(self, root: Path, with_extras: bool) -> list[str]:
        """Return its dependencies, with those of the extras or without."""
        project = self.project(root)
        extras = self.extras if with_extras else ()
        return [*project["dependencies"], *(one for name in extras for one in project["optional-dependencies"][name])]


CLIENT: Final = Distribution(
    name="job-status",
    folder="generated",
    documentation="docs/client.md",
    required=("job_status/py.typed", "job_status/__main__.py", "job_status/_client/polling/poller.py"),
    extras=("cli", "jwt"),
)
TOOLS: Final = Distribution(
    name="job-status-tools",
    folder=".",
    documentation="README.md",
    required=(
        "job_status_tools/LICENSE",
        "job_status_tools/pyproject.toml",
        "job_status_tools/client/core.py",
        "job_status_tools/document/x-job.schema.json",
        "job_status_tools/openapi/agent-platform.yaml",
    ),
)
PROVIDER: Final = Distribution(
    name="airflow-provider-job-status",
    folder="generated/airflow",
    documentation="docs/airflow.md",
    required=(
        "job_status_airflow/py.typed",
        "job_status_airflow/get_provider_info.py",
        "job_status_airflow/_provider/trigger.py",
        "job_status_airflow/operators/agent_platform.py",
    ),
    client=CLIENT,
    host=("apache-airflow", "apache-airflow-providers-common-compat", "asgiref"),
)
DISTRIBUTIONS: Final = (CLIENT, TOOLS, PROVIDER)
LOCKED: Final = tuple(one for one in DISTRIBUTIONS if one.client is None)
BUILD: Final = "build"  # the lock file of the tools that build and check
BUILD_REQUIREMENTS: Final = ["build>=1.2", "cyclonedx-bom>=7", "hatchling>=1.27", "pip>=25", "twine>=6.1", "uv>=0.9"]


def lock_name(distribution: Distribution, resolution: str, with_extras: bool = False) -> str:
    """Return the name of a lock file."""
    extras = "".join(f"-{extra}" for extra in distribution.extras) if with_extras else ""
    return f"{distribution.name}{extras}-{resolution}"


def lock_file(name: str) -> Path:
    """Return the path of a lock file."""
    with as_file(files(__package__)) as package:
        return package / "locks" / f"{name}.lock"


def locks(root: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each lock file: its name, the resolution and the requirements that it is made from."""
    yield BUILD, RESOLUTIONS["newest"], BUILD_REQUIREMENTS
    for distribution in LOCKED:
        for with_extras in (False, True) if distribution.extras else (False,):
            for name, resolution in RESOLUTIONS.items():
                requirements = distribution.requirements(root, with_extras)
                yield lock_name(distribution, name, with_extras), resolution, requirements
