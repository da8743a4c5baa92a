"""`python -m scripts.verify`: verifies the simulator, or the server at a URL.

Ends with 0 where no rule is broken, 1 where one is, 2 where something could not be judged.
"""

import argparse
import datetime
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from .. import ending, owned
from ..document import Document, DocumentError, load_folder
from ..owned import NotOurs
from ..printable import printable
from .baseline import accept, load_baseline
from .hosted import SimulatorDied, made_up_environment, simulator
from .report import annotations, junit, page, sarif, table
from .result import Result
from .run import SECONDS, announce, verify
from .stories import load_stories, play
from .target import Target, WrongCall, base_url, is_loopback, target

REPORTS: Mapping[str, Callable[[Sequence[Result], str], str]] = {
    "report.html": page,
    "junit.xml": lambda results, _: junit(results),
    "verify.sarif": lambda results, _: sarif(results),
}
LOGS = ("requests.log", "simulator.log")
# How each of them is known for what a verification has written.
MARK = re.compile(rb"job-status verify|\A# job-status simulator")


def main() -> int:
    """Runs a verification and writes its reports."""
    parser = argparse.ArgumentParser(prog="python -m scripts.verify", description="Verifies servers against documents.")
    parser.add_argument("--openapi", type=Path, default=Path("openapi"), help="the folder of documents")
    parser.add_argument("--out", type=Path, default=Path("build/verify"), help="the folder of the reports")
    parser.add_argument("--api", metavar="STEM", help="the file stem of one document (default: all)")
    parser.add_argument("--url", help="the base URL of a server (default: a simulator started for the run)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of generated requests")
    parser.add_argument(
        "--profile", choices=["full", "live"], help="full for simulators, live (the default with --url)"
    )
    parser.add_argument("--story", help="plays a story to the server at --url: a file, a name in tests/stories, or all")
    parser.add_argument("--ca-file", type=Path, help="the certificates that a server at --url is trusted by")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="a YAML file of failures that are accepted")
    parser.add_argument("--max-time", type=_seconds, default=SECONDS, help="seconds that one document may take at most")
    arguments = parser.parse_args()
    began = time.monotonic()
    try:
        every = load_folder(arguments.openapi)
        documents = _chosen(every, arguments.api)
        accepted = load_baseline(arguments.baseline, every) if arguments.baseline else ()
        if arguments.ca_file and not arguments.url:
            raise WrongCall("--ca-file needs --url: the simulator of a run has no certificate")
        if arguments.story and not arguments.url:
            raise WrongCall("--story needs --url and --api: it is played to a live server")
        if arguments.url and len(documents) != 1:
            raise WrongCall(f"--url needs --api, one of {', '.join(document.stem for document in documents)}")
        aimed = _aimed(documents[0], arguments) if arguments.url else None
        owned.check(arguments.out, (*REPORTS, *(() if aimed else LOGS)), MARK, "make verify")
        arguments.out.mkdir(parents=True, exist_ok=True)
        results: list[Result] = []
        stopped: BaseException | None = None
        try:
            for result in _live(aimed, arguments) if aimed else _simulated(documents, arguments):
                results.append(result)
        except KeyboardInterrupt as error:
            if not results:
                raise
            # Between two documents: those that were judged have their reports.
            stopped = error
            results[-1].problems.append(f"{error or 'stopped by SIGINT'}: only a part of it was judged")
    except (DocumentError, NotOurs, SimulatorDied, WrongCall) as error:
        ending.say(str(error))
        return ending.CANNOT_TELL
    except OSError as error:
        ending.say(f"{printable(error.filename or arguments.out, None)}: {printable(error.strerror or error)}")
        return ending.CANNOT_TELL
    accept(results, accepted, datetime.date.today())
    status = 1 if any(result.status == 1 for result in results) else max(result.status for result in results)
    headline = _headline(results, arguments.seed, time.monotonic() - began)
    for name, write in REPORTS.items():
        (arguments.out / name).write_text(write(results, headline), encoding="utf-8")
    # Whoever reads only the beginning of what is printed has the reports, and the status, all the same.
    names = ", ".join(str(arguments.out / name) for name in REPORTS)
    lines = [table(results), "", headline, f"reports: {names}"]
    if os.environ.get("GITHUB_ACTIONS") == "true":
        lines += annotations(results)
    _say("\n".join(lines))
    if stopped := next((result.stopped for result in results if result.stopped), stopped):
        raise stopped
    return status


def _say(text: str) -> None:
    """Prints, for as long as somebody reads it."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Nothing is left to be said, by the interpreter's own last flush either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"wanted whole seconds, 1 or more, got {text}")
    return int(text)


def _chosen(documents: tuple[Document, ...], stem: str | None) -> tuple[Document, ...]:
    chosen = tuple(document for document in documents if stem in (None, document.stem))
    if not chosen:
        raise WrongCall(f"there is no document {stem}; wanted one of {', '.join(d.stem for d in documents)}")
    return chosen


def _aimed(document: Document, arguments: argparse.Namespace) -> Target:
    """The server at a URL. Whatever of the URL and the environment cannot be used is refused before anything is sent."""
    url, profile = base_url(arguments.url), arguments.profile or "live"
    allowed = os.environ.get("ALLOW_WRITES") == "1"
    return target(
        document,
        url,
        os.environ,
        profile="full" if profile == "full" else "live",
        writes=allowed or (profile == "full" and is_loopback(url)),
        ca_file=arguments.ca_file,
    )


def _live(aimed: Target, arguments: argparse.Namespace) -> list[Result]:
    return _played(aimed, arguments) if arguments.story else [_run(aimed, arguments)]


def _played(aimed: Target, arguments: argparse.Namespace) -> list[Result]:
    stories = load_stories(arguments.story, (aimed.document,), aimed.document.stem)
    results = []
    for story in stories:
        _say(f"playing {story.name} to {aimed.redact(aimed.base_url)}: {story.about}")
        results.append(play(aimed, story, arguments.max_time))
        verdict = {0: "ok", 1: "FAILED"}.get(results[-1].status, f"cannot be judged: {(*results[-1].problems, '')[0]}")
        _say(f"{story.name}: {verdict}")
        if results[-1].problems:
            break  # what stands in the way of one stands in the way of all
    return results


def _simulated(documents: Sequence[Document], arguments: argparse.Namespace) -> Iterator[Result]:
    environment = made_up_environment(documents)
    live = arguments.profile == "live"
    with simulator(arguments.openapi, environment, arguments.seed, arguments.out) as base:
        targets = [
            target(
                document,
                f"{base}/{document.stem}",
                environment,
                profile="live" if live else "full",
                writes=not live,
                stepping=True,
            )
            for document in documents
        ]
        for aimed in targets:
            result = _run(aimed, arguments)
            yield result
            if result.stopped:
                break


def _run(aimed: Target, arguments: argparse.Namespace) -> Result:
    _say(announce(aimed))
    result = verify(aimed, arguments.seed, arguments.max_time)
    if result.status == 2:
        _say(f"cannot judge {aimed.document.stem}: {result.problems[0]}")
    return result


def _headline(results: Sequence[Result], seed: int, seconds: float) -> str:
    failures = sum(len(list(result.failures())) for result in results)
    judgements = sum(tally.judged for result in results for tally in result.tallies.values())
    problems = sum(len(result.problems) for result in results)
    parts = [f"{judgements} judgements", f"{failures} failures"]
    if problems:
        parts.append(f"{problems} could not be judged")
    return f"{', '.join(parts)}; seed {seed}, {seconds:.1f} s"


if __name__ == "__main__":
    sys.exit(ending.run(main))
