"""Write the distribution to its folder in one step, or compare it with the folder."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from .. import owned
from ..document import Document, Problem
from .distribution import MARK
from .distribution_names import DistributionNames
from .package import build
from .provider import FOLDER

WRITER = "make generate"


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
        owned.NotOwnedError: A file that was not generated is in the way.
    """
    out = out.resolve()
    owned.check_writable(out, (), MARK, WRITER)
    with tempfile.TemporaryDirectory(prefix="job-status-") as aside:
        fresh = Path(aside, "new")
        warnings = build(documents, fresh, label, chosen, show, with_provider=with_provider)
        owned.replace_files(fresh, out, MARK, WRITER)
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
        package = chosen.import_name if chosen else "job_status"
        expected, got = owned.list_files(fresh), owned.list_files(out)
        lines = []
        for name in sorted(expected.keys() | got.keys()):
            if name not in got:
                lines.append(f"{out / name}: is missing")
            elif name not in expected:
                if name.startswith((f"{package}/", f"{FOLDER}/{package}_airflow/")) or owned.is_marked(got[name], MARK):
                    lines.append(f"{out / name}: is not generated from any document")
            elif expected[name].read_bytes() != got[name].read_bytes():
                lines.append(f"{out / name}: differs from the generated file")
        return lines
