"""The command `job-status-tools redact`: copy an HTTP Archive with its secrets redacted.

Exit statuses: 0 success, 2 an archive cannot be read or written.
"""

import argparse
import contextlib
import gzip
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from .. import cli, owned
from ..client.redaction import Redactor, learn_entry, redact_entry
from ..document import Document, DocumentError, load_folder
from ..printable import printable
from .archive import STDIN, Archive, HarError
from .secrets import make_redactor

WRITER = "job-status-tools redact"
MARK = re.compile(rf'\A(\Z|\{{"log": \{{"_redacted": "{WRITER}")'.encode())  # an empty file may be replaced


def main() -> int:
    """Redact an archive; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=cli.program_name("har"), description="Copy an HTTP Archive with its secrets redacted."
    )
    parser.add_argument("source", metavar="IN", help="a .har or .har.gz file; - for standard input")
    parser.add_argument("target", metavar="OUT", help="the file to write, compressed if it ends with .gz; - for stdout")
    parser.add_argument(
        "--openapi", type=Path, help="the folder of documents whose credentials are secret (default: openapi, if any)"
    )
    parser.add_argument("--name", action="append", default=[], help="a header, parameter or field that is secret")
    arguments = parser.parse_args()
    try:
        redactor = make_redactor(_documents(arguments.openapi), arguments.name)
        with Archive(arguments.source) as archive:
            if arguments.target == STDIN:
                count = _write(archive, redactor, sys.stdout.buffer)
            else:
                with _replacing(Path(arguments.target)) as file:
                    count = _write(archive, redactor, file)
    except (DocumentError, HarError, owned.NotOwnedError) as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    except BrokenPipeError:
        raise
    except OSError as error:
        cli.print_error(f"{printable(error.filename or arguments.target, None)}: {error.strerror or error}")
        return cli.EXIT_ERROR
    name = "standard output" if arguments.target == STDIN else printable(arguments.target, None)
    cli.print_error(f"{name}: {count} {'entry' if count == 1 else 'entries'}; check it before you share it")
    return 0


def _documents(folder: Path | None) -> tuple[Document, ...]:
    if folder is None and not Path("openapi").is_dir():
        return ()
    return load_folder(folder or Path("openapi"))


def _write(archive: Archive, redactor: Redactor, file: IO[bytes]) -> int:
    """Write the redacted archive; return the number of entries. It is read twice: first to learn its secrets."""
    head = archive.head()
    for entry in archive.entries():
        learn_entry(redactor, entry)
    log = {"_redacted": WRITER, "version": "1.2", **redactor.member("", head)}
    file.write(f'{{"log": {_dumped(log)[:-1]}, "entries": ['.encode())
    count = 0
    for count, entry in enumerate(archive.entries(), 1):
        file.write(f"{',' if count > 1 else ''}\n{_dumped(redact_entry(redactor, entry))}".encode())
    file.write(b"\n]}}\n")
    file.flush()
    return count


def _dumped(value: Any) -> str:
    # ASCII, because a string of JSON may hold half of a surrogate pair.
    return json.dumps(value)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name when it is complete."""
    is_zipped = path.suffix == ".gz"
    if path.exists() and is_zipped and not path.is_dir():
        with path.open("rb") as file:
            is_own = file.read(2) == b"\x1f\x8b" and bool(MARK.search(_head(path)))
        if not is_own:
            raise owned.NotOwnedError(f"{printable(path, None)} was not written by {WRITER}; name another file")
    else:
        owned.check_writable(path.parent, [path.name], MARK, WRITER)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as plain:
            if is_zipped:
                with gzip.open(plain, "wb") as zipped:
                    yield zipped  # type: ignore[misc]
            else:
                yield plain
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _head(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(owned.MARKER_RANGE)
    except (OSError, EOFError):
        return b""


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
