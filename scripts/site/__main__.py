"""`python -m scripts.site`: build the documentation site, or write the references that are pages of the repository.

Exit statuses: 0 it is built, 1 Sphinx has warned of something, such as a dead link, 2 it cannot be built.
"""

import argparse
import sys
from pathlib import Path

from .. import cli
from .build import build
from .errors import SiteError
from .references import REFERENCES

DOCS = Path("docs")


def main() -> int:
    """Build the site, or write the references; return the exit status."""
    parser = argparse.ArgumentParser(prog=cli.program_name("site"), description="Build the documentation site.")
    parser.add_argument("--out", type=Path, default=Path("build/docs"), help="the folder of the site (%(default)s)")
    parser.add_argument(
        "--write-docs", action="store_true", help=f"write {', '.join(REFERENCES)} to {DOCS}/, and build nothing"
    )
    arguments = parser.parse_args()
    if not DOCS.is_dir():
        cli.print_error(f"expected the folder {DOCS} here; run this in the repository")
        return cli.EXIT_ERROR
    if arguments.write_docs:
        for name, write in REFERENCES.items():
            (DOCS / name).write_text(write(), encoding="utf-8")
            print(f"wrote {DOCS / name}")
        return 0
    try:
        warnings = build(Path.cwd(), arguments.out)
    except SiteError as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    except OSError as error:
        cli.print_error(f"{error.filename or arguments.out}: {error.strerror or error}")
        return cli.EXIT_ERROR
    if warnings:
        cli.print_error(warnings)
        return 1
    cli.print_output(f"{len(list(arguments.out.rglob('*.html')))} pages: {arguments.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
