"""Run rows of the matrix and print what fails: `python -m tests.matrix [--group jobs] [NAME ...]`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from .pipeline import run
from .rows import ROWS, batches


def main() -> int:
    """Run the rows whose name contains one of the arguments, by default all."""
    parser = argparse.ArgumentParser(description="Run rows of the matrix.")
    parser.add_argument("names", nargs="*", help="parts of names; default: all rows")
    parser.add_argument("--group", action="append", help="a module of rows; default: all")
    parser.add_argument("--keep", type=Path, help="a folder for the documents and clients, kept afterwards")
    arguments = parser.parse_args()
    groups = [row for row in ROWS if not arguments.group or row.group in arguments.group]
    rows = [row for row in groups if not arguments.names or any(name in row.name for name in arguments.names)]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="job-status-") as scratch:
        for number, batch in enumerate(batches(rows)):
            started = time.monotonic()
            failures = run(batch, (arguments.keep or Path(scratch)) / str(number))
            failed += len(failures)
            for row, found in failures.items():
                for failure in found:
                    print(f"{failure.room}\t{row.group}\t{row.name}\t{' '.join(failure.reason.split())}", flush=True)
            print(f"# {len(batch)} rows in {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)
    print(f"{len(rows)} rows, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
