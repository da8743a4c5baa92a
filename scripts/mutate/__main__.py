"""`python -m scripts.mutate`: verify mutants and conforming servers, and report which are detected.

Exit status: 0 if the expected check detects each mutant and nothing is reported about a conforming server, 1 if not,
2 if the mutants cannot be run.
"""

import argparse
import re
import sys
import time
from pathlib import Path

from .. import cli, owned
from ..document import DocumentError
from ..owned import NotOwnedError
from ..pages import page_mark
from .matrix import Matrix, MutantError, run_matrix
from .reports import as_json, page, text
from .runner import Outcome

MARK = re.compile(
    rb"\A(?:"
    + page_mark("job-status verify: mutants")
    + rb"|\{\s*\"seconds\": [^\n]*\s*\"seeds\": \{\s*\"\d+\": \{\s*\"killed_percent\""
    + rb"|kind +mutants +killed +otherwise )"
)
REPORTS = {"mutants.txt": lambda matrix: text(matrix) + "\n", "mutants.json": as_json, "mutants.html": page}


def main() -> int:
    """Run the matrix and write its reports."""
    parser = argparse.ArgumentParser(
        prog=cli.program_name("mutate"), description="Measure what a verification detects."
    )
    parser.add_argument("--openapi", type=Path, default=Path("openapi"), help="the folder of documents")
    parser.add_argument("--out", type=Path, default=Path("build/mutants"), help="the folder of the reports")
    parser.add_argument("--mutants", type=Path, metavar="FOLDER", help="a folder of Python files with other mutants")
    parser.add_argument("--seeds", type=int, default=1, help="the number of seeds, from 1 (default: 1)")
    parser.add_argument("--workers", type=int, default=2, help="the number of processes (default: 2)")
    parser.add_argument("--peers", action="store_true", help="also run other tools on the same mutants")
    arguments = parser.parse_args()
    if arguments.seeds < 1 or arguments.workers < 1:
        parser.error("--seeds and --workers must be 1 or more")
    try:
        owned.check_writable(arguments.out, REPORTS, MARK, "make mutants")
        arguments.out.mkdir(parents=True, exist_ok=True)
        matrix = _run(arguments)
    except (DocumentError, MutantError, NotOwnedError) as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    for name, write in REPORTS.items():
        (arguments.out / name).write_text(write(matrix), encoding="utf-8")
    names = ", ".join(str(arguments.out / name) for name in REPORTS)
    cli.print_output(f"{text(matrix)}\nreports: {names}")
    return 0 if matrix.is_passed else 1


def _run(arguments: argparse.Namespace) -> Matrix:
    began = time.monotonic()
    counted = [0]

    def progress(_: Outcome) -> None:
        counted[0] += 1
        if counted[0] % 100 == 0:
            print(f"{counted[0]} servers", flush=True)

    seeds = range(1, arguments.seeds + 1)
    matrix = run_matrix(
        arguments.openapi, arguments.mutants, seeds, arguments.workers, progress, with_peers=arguments.peers
    )
    matrix.seconds = time.monotonic() - began
    return matrix


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
