"""The command `job-status-tools compare`: who breaks between two versions of the documents, and how.

Exit statuses: 0 nothing is missing, 1 the version is too small, changelog lines are missing, or something breaks and no
version is known, 2 the versions cannot be compared.
"""

import argparse
import datetime
import os
import sys
import tempfile
from pathlib import Path

from .. import cli
from ..document import DocumentError
from ..generate.distribution_names import InvalidNameError
from ..generate.generator import GenerationError
from ..printable import printable
from .accepted import accept, load_accepted
from .comparison import Comparison, compare_sides
from .oasdiff import run_oasdiff
from .release import release_of
from .report import FORMATS, Report
from .side import CannotCompareError, open_side


def main() -> int:
    """Compare two versions and print the report; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=cli.program_name("compare"),
        description="Compare two versions of the documents and of the package: who breaks, and how.",
    )
    sides = "a git ref, a folder (of documents, or of a project), a document, or a wheel"
    parser.add_argument("old", metavar="OLD", help=sides)
    parser.add_argument("new", metavar="NEW", nargs="?", default=".", help="the same; by default this folder")
    parser.add_argument("--openapi", default="openapi", help="the folder of the documents in a project")
    parser.add_argument("--generated", default="generated", help="the folder of the distribution in a project")
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="the format of the report")
    parser.add_argument("--accepted", type=Path, help="a YAML file of accepted changes")
    parser.add_argument("--witness", action="store_true", help="print programs that show each break of code")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every signature")
    parser.add_argument("--oasdiff", action="store_true", help="add the verdict of oasdiff, if it is on PATH")
    arguments = parser.parse_args()
    try:
        entries = load_accepted(arguments.accepted) if arguments.accepted else ()
        with tempfile.TemporaryDirectory(prefix="job-status-") as aside:
            try:
                comparison = _compare(arguments, Path(aside))
            finally:
                cli.show_step("")
            notes = accept(comparison.changes, entries, datetime.datetime.now(tz=datetime.UTC).date())
            oasdiff = tuple(run_oasdiff(comparison.old, comparison.new)) if arguments.oasdiff else ()
    except (DocumentError, GenerationError, InvalidNameError, CannotCompareError) as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    except OSError as error:
        cli.print_error(f"{printable(error.filename or arguments.old, None)}: {error.strerror or error}")
        return cli.EXIT_ERROR
    release = release_of(comparison)
    report = Report(comparison, release, (*comparison.notes, *notes), oasdiff, arguments.witness, arguments.verbose)
    sys.stdout.write(FORMATS[arguments.format](report))
    return 1 if release.problems else 0


def _compare(arguments: argparse.Namespace, aside: Path) -> Comparison:
    """Open both versions, and compare them. Documents that an absolute path names belong to the project around them."""
    folders = [aside / name for name in ("old-files", "new-files", "packages")]
    for folder in folders:
        folder.mkdir()
    openapi, name = arguments.openapi, arguments.new
    if ".." in Path(openapi).parts:
        openapi = str(Path(openapi).resolve())  # of this folder, and not of each version
    cli.show_step(f"opening {printable(arguments.old)}")
    old = open_side(arguments.old, folders[0], openapi, arguments.generated)
    if name == "." and Path(openapi).is_absolute():
        above = Path(openapi).resolve().parents
        project = next((folder for folder in above if (folder / "pyproject.toml").is_file()), None)
        name, openapi = (str(project), os.path.relpath(openapi, project)) if project else (openapi, openapi)
    new = open_side(name, folders[1], openapi, arguments.generated)
    cli.show_step("generating and comparing the packages")
    return compare_sides(old, new, folders[2])


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
