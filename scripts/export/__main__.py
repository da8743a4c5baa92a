"""The command `job-status-tools export`: write the lifecycles of jobs in another vocabulary.

Exit statuses: 0 success, 1 a document is rejected or its jobs cannot be expressed, 2 another error.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

import yaml

from .. import cli, owned
from ..document import Document, DocumentError, NoDocumentsError, load_folder
from ..printable import printable
from .arazzo import arazzo
from .criteria import NotExpressibleError
from .speakeasy import speakeasy

WRITER = "job-status-tools export"
SUFFIXES = {"arazzo": ".arazzo.yaml", "speakeasy": ".speakeasy.overlay.yaml"}


def main() -> int:
    """Export the documents; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=cli.program_name("export"), description="Write the lifecycles of jobs as Arazzo or for Speakeasy."
    )
    parser.add_argument("--openapi", type=Path, default=Path("openapi"), help="the folder of documents")
    parser.add_argument("--format", choices=list(SUFFIXES), default="arazzo", help="the vocabulary")
    parser.add_argument("--out", type=Path, default=Path("build/export"), help="the folder to write to")
    arguments = parser.parse_args()
    try:
        documents = load_folder(arguments.openapi)
        written = _export(documents, arguments.format, arguments.out)
    except DocumentError as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR if isinstance(error, NoDocumentsError) else 1
    except NotExpressibleError as error:
        cli.print_error(str(error))
        return 1
    except owned.NotOwnedError as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    except OSError as error:
        cli.print_error(f"{printable(error.filename or arguments.out, None)}: {error.strerror or error}")
        return cli.EXIT_ERROR
    for path in written:
        cli.print_output(path)
    return 0


def _reference(path: Path, folder: Path) -> str:
    """Return the relative reference of a file from a folder, or its URL if it is on another drive."""
    if path.anchor != folder.anchor:
        return path.as_uri()
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _export(documents: tuple[Document, ...], form: str, out: Path) -> list[Path]:
    """Write a file for each document; an error leaves the folder unchanged."""
    out = out.resolve()
    # The files of another vocabulary, and of other tools, are kept.
    mark = re.compile(rf"\A# Exported from [^\n]* for {form} by `{WRITER}`".encode())
    owned.check_writable(out, (), mark, WRITER)
    names = []
    with tempfile.TemporaryDirectory(prefix="job-status-") as aside:
        for document in documents:
            source = _reference(document.path.resolve(), out)
            try:
                data = arazzo(document, source) if form == "arazzo" else speakeasy(document)
            except NotExpressibleError as error:
                raise NotExpressibleError(f"{document.path}: {error}") from None
            text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
            head = f"# Exported from {printable(document.path.name, None)} for {form} by `{WRITER}`.\n"
            name = f"{document.stem}{SUFFIXES[form]}"
            Path(aside, name).write_text(head + text, encoding="utf-8", newline="\n")
            names.append(name)
        owned.replace_files(Path(aside), out, mark, WRITER, owned.list_files(out, deep=False))
    return [out / name for name in names]


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
