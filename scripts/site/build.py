"""Builds the site with Sphinx, in a temporary folder, and moves it into place."""

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from .. import cli
from .errors import SiteError
from .llms import write_llms
from .markup import correct_pages
from .settings import settings
from .sources import write_sources

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MARKER = ".job-status-site"  # a file in each folder that this module has written, and may replace


def build(root: Path, out: Path) -> str:
    """Build the site of a repository in a folder; return the warnings, which leave the folder as it was.

    Raises:
        SiteError: The folder has something else, or Sphinx cannot build the site.
    """
    if out.exists() and not out.is_dir():
        raise SiteError(f"{out} is not a folder; choose another one with --out")
    if out.exists() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise SiteError(f"{out} has files that this command has not written; choose another folder with --out")
    with tempfile.TemporaryDirectory(prefix="job-status-") as folder, _importable(root / "generated"):
        sources, site = Path(folder) / "docs", Path(folder) / "site"
        cli.show_step("writing the references")
        write_sources(root, sources)
        cli.show_step("building the site")
        warnings = _run_sphinx(sources, site)
        cli.show_step("")
        if not warnings:
            correct_pages(site)
            write_llms(sources, site)
            (site / MARKER).touch()
            shutil.rmtree(out, ignore_errors=True)
            out.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(site, out)
        return warnings


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let the packages in a folder be imported, for autodoc."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _run_sphinx(sources: Path, site: Path) -> str:
    """Build the site; return the warnings, with the paths of the repository."""
    warnings = io.StringIO()
    try:
        with patch_docutils(), docutils_namespace():
            Sphinx(
                sources,
                None,
                site,
                sources.with_name("doctrees"),
                "html",
                confoverrides=settings(),
                status=None,
                warning=warnings,
                freshenv=True,
            ).build()
    except SphinxError as error:
        raise SiteError(f"{error}\n{_of_repository(warnings.getvalue(), sources)}".strip()) from error
    return _of_repository(warnings.getvalue(), sources)


def _of_repository(warnings: str, sources: Path) -> str:
    return re.sub(re.escape(f"{sources}/"), "docs/", COLOUR.sub("", warnings)).strip()
