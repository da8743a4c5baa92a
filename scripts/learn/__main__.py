"""The command `job-status-tools learn`: write the schedule that past jobs suggest.

Exit statuses: 0 success, 1 no ended job was found, 2 another error.
"""

import argparse
import sys
from pathlib import Path

from .. import cli
from ..client.errors import InvalidArgumentError
from ..client.polling.learned import LearnedSchedule
from ..document import DocumentError, load_folder
from ..printable import printable
from .durations import Learned, Record, learn_durations
from .operations import Operations
from .readers import UnreadableError, read_file


def main() -> int:
    """Learn from files; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=cli.program_name("learn"),
        description="Write the schedule of polls that the durations of past jobs suggest.",
    )
    text = "HAR files, request logs of the simulator, or durations in seconds as JSON"
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=text)
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the schedule to write, JSON")
    parser.add_argument("--openapi", type=Path, default=Path("openapi"), help="the folder of documents")
    parser.add_argument("--api", help="the file stem of the only document whose operations count")
    arguments = parser.parse_args()
    try:
        if arguments.out.exists():
            LearnedSchedule.load(arguments.out)  # another file is not replaced
        documents = load_folder(arguments.openapi)
        stems = [document.stem for document in documents]
        if arguments.api not in {None, *stems}:
            parser.error(f"--api: expected one of {', '.join(stems)}, got {printable(arguments.api)!r}")
        learned = _learn(arguments.files, Operations(documents, arguments.api))
        durations = {name: found.seconds for name, found in learned.items() if found.seconds}
        for name, found in sorted(learned.items()):
            cli.print_output(printable(_summary(name, found)))
        if not durations:
            cli.print_error(f"{cli.program_name('learn')}: expected jobs that have ended, found none")
            return 1
        LearnedSchedule.from_durations(durations).save(arguments.out)
    except OSError as error:
        cli.print_error(f"{error.filename or arguments.out}: {error.strerror or error}")
        return cli.EXIT_ERROR
    except (DocumentError, UnreadableError, InvalidArgumentError) as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    cli.print_output(arguments.out)
    return 0


def _learn(files: list[Path], operations: Operations) -> dict[str, Learned]:
    """Return what the files say about the jobs of each operation."""
    records: list[Record] = []
    named: dict[str, list[float]] = {}
    for path in files:
        durations, found = read_file(path, operations)
        records += found
        for name, seconds in durations.items():
            named.setdefault(name, []).extend(seconds)
    learned = learn_durations(sorted(records, key=lambda record: record.at))
    for name, seconds in named.items():
        learned.setdefault(name, Learned()).seconds.extend(seconds)
    return learned


def _summary(name: str, learned: Learned) -> str:
    """Return a line about an operation."""
    ignored = [
        f"{count} {text}"
        for count, text in ((learned.without_start, "without a start"), (learned.without_end, "without an end"))
        if count
    ]
    jobs = f"{len(learned.seconds)} job{'' if len(learned.seconds) == 1 else 's'}"
    return f"{name}: {jobs}" + (f"; ignored: {', '.join(ignored)}" if ignored else "")


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
