"""Write the distribution to its folder in one step, or compare it with the folder."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from .. import owned
from ..document import Document, Problem
from ..printable import printable
from .distribution import MARK
from .distribution_names import OWN_PACKAGE, DistributionNames
from .package import build
from .provider import FOLDER

WRITER = "make generate"
PROJECT = "pyproject.toml"
PACKAGE = re.compile(rb'^packages = \["(\w+)"\]', re.MULTILINE)  # in a generated pyproject.toml


def generate(
    documents: tuple[Document, ...],
    out: Path,
    label: str,
    chosen: DistributionNames | None = None,
    show: Callable[[str], object] = lambda _: None,
    *,
    with_provider: bool = True,
) -> list[Problem]:
    """Build the distribution in a temporary folder, move its files to `out` and return the warnings.

    An error leaves `out` unchanged. `chosen` are the names of the distribution, by default those of this project.
    `show` is called with each step that takes a while. `with_provider` adds the provider for Apache Airflow.

    Raises:
        DocumentError: A document has a feature that the client would not support.
        GenerationError: openapi-python-client warned, failed or left something out.
        owned.NotOwnedError: A file that was not generated is in the way, or another generated client.
    """
    out = out.resolve()
    owned.check_writable(out, (), MARK, WRITER)
    if with_provider and (other := _package(out / FOLDER)) and not other.endswith("_airflow"):
        there = f"{printable(out / FOLDER, None)} contains the generated client {other}"
        raise owned.NotOwnedError(f"{there}; nothing was changed, name another folder with OUT= or leave out Airflow")
    with tempfile.TemporaryDirectory(prefix="job-status-") as aside:
        fresh = Path(aside, "new")
        warnings = build(documents, fresh, label, chosen, show, with_provider=with_provider)
        owned.replace_files(fresh, out, MARK, WRITER, _former_files(out, chosen))
        return warnings


def stale(
    documents: tuple[Document, ...],
    out: Path,
    label: str,
    chosen: DistributionNames | None = None,
    *,
    with_provider: bool = True,
) -> list[str]:
    """Return a line for each file of `out` that is not up to date; empty if all are.

    Files that were not generated are listed only in the packages, since they would be distributed with them.
    """
    with tempfile.TemporaryDirectory(prefix="job-status-") as aside:
        fresh = Path(aside, "new")
        build(documents, fresh, label, chosen, with_provider=with_provider)
        expected, former = owned.list_files(fresh), _former_files(out, chosen)
        lines = []
        for name in sorted({*expected, *former}):
            path = out / name
            if name not in expected:
                if "/" in name.removeprefix(f"{FOLDER}/") or owned.is_marked(path, MARK):
                    lines.append(f"{path}: is not generated from any document")
            elif not path.is_file():
                lines.append(f"{path}: is missing")
            elif expected[name].read_bytes() != path.read_bytes():
                lines.append(f"{path}: differs from the generated file")
        return lines


def _former_files(out: Path, chosen: DistributionNames | None) -> list[str]:
    """Return the files at the places of the distribution: the top of `out`, its package, and the provider's.

    A package of another name is one of them if the pyproject.toml of an earlier run names it. Other folders, such as
    those of other generated clients and of virtual environments, are not.
    """
    packages = {chosen.import_name if chosen else OWN_PACKAGE, _package(out)} - {""}
    providers = {f"{name}_airflow" for name in packages}
    folders = [(out, packages), *([(out / FOLDER, providers)] if _package(out / FOLDER) in providers else [])]
    found: list[Path] = []
    for top, names in folders:
        found += owned.list_files(top, deep=False).values()
        for package in (top / name for name in sorted(names)):
            if not package.is_symlink() and not (package / PROJECT).exists():
                found += owned.list_files(package).values()
    return [path.relative_to(out).as_posix() for path in found]


def _package(folder: Path) -> str:
    """Return the package of the distribution that was generated into a folder, or an empty string."""
    project = folder / PROJECT
    if not project.is_file() or folder.is_symlink() or not owned.is_marked(project, MARK):
        return ""
    named = PACKAGE.search(project.read_bytes())
    return named[1].decode() if named else ""
