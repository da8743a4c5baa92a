"""`python -m scripts.document`: check documents, those of a folder. The exit status is 1 if there are problems."""

import argparse
import sys
from pathlib import Path

from .. import cli
from . import house
from .load import load_files, load_folder
from .problem import DocumentError, NoDocumentsError


def main() -> int:
    """Check documents."""
    parser = argparse.ArgumentParser(prog=cli.program_name("document"), description="Check OpenAPI documents.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="documents to check, or their overlays")
    parser.add_argument("--openapi", type=Path, help="the folder of documents, or one document (default: openapi)")
    parser.add_argument("--house", action="store_true", help="also check this project's house style")
    arguments = parser.parse_args()
    if arguments.files and arguments.openapi:
        parser.error("--openapi has no effect with files; leave it out")
    try:
        documents = (
            load_files(arguments.files) if arguments.files else load_folder(arguments.openapi or Path("openapi"))
        )
    except DocumentError as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR if isinstance(error, NoDocumentsError) else 1
    for document in documents if not arguments.house else ():
        for warning in document.warnings:
            cli.print_error(str(warning))
    problems = [problem for document in documents for problem in house.check_style(document)] if arguments.house else []
    for problem in problems:
        cli.print_error(str(problem))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
