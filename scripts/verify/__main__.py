"""`python -m scripts.verify`: verify the simulator or the server at a URL against OpenAPI documents.

Exit status: 0 if no check failed, 1 if a check failed, 2 if something could not be checked.
"""

import argparse
import datetime
import os
import re
import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from .. import cli, github_runner, owned
from ..document import Document, DocumentError, load_folder
from ..har.archive import STDIN, HarError
from ..owned import NotOwnedError
from ..pages import page_mark
from ..project_files import project_version
from .baseline import apply_baseline, load_baseline
from .local_simulator import SimulatorStartError, run_simulator, synthetic_environment
from .report import REPORTS, annotations, error_annotations, summary, table
from .result import Result, Run
from .run import SECONDS, announcement, default_seconds, verify
from .target import Target, UsageError, is_loopback, make_target, parse_base_url
from .traffic.check import check_traffic
from .traffic.suggestion import suggestion_path

LOGS = ("requests.log", "simulator.log")
# Marks the files that a verification has written.
MARK = re.compile(
    rb"\A(?:"
    + page_mark("[^\\n]*: job-status verify")
    + rb"|<\?xml [^\n]*\?>\s*<testsuites name=\"job-status verify\""
    + rb"|\{\s*\"\$schema\": [^\n]*\s*\"version\": [^\n]*\s*\"runs\": \[\s*\{\s*"
    + rb"\"tool\": \{\s*\"driver\": \{\s*\"name\": \"job-status verify\""
    + rb"|# job-status simulator|# Suggested from recorded traffic; )"
)


def main() -> int:
    """Run a verification and write its reports."""
    parser = argparse.ArgumentParser(prog=cli.program_name("verify"), description="Verify servers against documents.")
    parser.add_argument(
        "--openapi", type=Path, default=Path("openapi"), help="the folder of documents, or one document"
    )
    parser.add_argument("--out", type=Path, default=Path("build/verify"), help="the folder of the reports")
    parser.add_argument("--api", metavar="STEM", help="the file stem of one document (default: all)")
    parser.add_argument(
        "--url", help="the base URL of a server (default: a simulator started for the run), or of recorded requests"
    )
    parser.add_argument(
        "--har", nargs="+", metavar="FILE", help="check recorded traffic and send nothing: .har, .har.gz; - for stdin"
    )
    parser.add_argument("--seed", type=int, default=1, help="the seed of generated requests")
    parser.add_argument(
        "--profile", choices=["full", "live"], help="full for simulators, live (the default with --url)"
    )
    parser.add_argument("--ca-file", type=Path, help="the CA certificates to trust for the server at --url")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="a YAML file of accepted failures")
    parser.add_argument(
        "--max-time", type=_seconds, help=f"maximum seconds per document (default: {SECONDS}, more for many operations)"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="print a table of all checks as well")
    arguments = parser.parse_args()
    began = time.monotonic()
    try:
        all_documents = load_folder(arguments.openapi)
        documents = _selected(all_documents, arguments.api)
        baseline = load_baseline(arguments.baseline, all_documents) if arguments.baseline else ()
        if arguments.har:
            _check_options(arguments)
        if arguments.ca_file and arguments.url is None:
            raise UsageError("--ca-file needs --url: the simulator started for the run does not use TLS")
        if arguments.url is not None and not arguments.har and len(documents) != 1:
            raise UsageError(f"--url needs --api, one of {', '.join(document.stem for document in documents)}")
        target = _make_target(documents[0], arguments) if arguments.url is not None and not arguments.har else None
        logs = () if target or arguments.har else LOGS
        overlays = [suggestion_path(document, Path()).name for document in documents] if arguments.har else []
        owned.check_writable(arguments.out, (*REPORTS, *logs, *overlays), MARK, "make verify")
        arguments.out.mkdir(parents=True, exist_ok=True)
        results: list[Result] = []
        suggestions: dict[str, str] = {}
        stopped: BaseException | None = None
        try:
            if arguments.har:
                results, suggestions = _check_traffic(documents, arguments)
            else:
                for result in [_verify(target, arguments)] if target else _verify_simulated(documents, arguments):
                    results.append(result)
        except KeyboardInterrupt as error:
            if not results:
                raise
            # Interrupted between two documents: report on those that were verified.
            stopped = error
            results[-1].problems.append(f"{error or 'stopped by SIGINT'}: only partly checked")
    except (DocumentError, HarError, NotOwnedError, SimulatorStartError, UsageError) as error:
        return _refused(error)
    except OSError as error:
        return _refused(UsageError(f"{error.filename or arguments.out}: {error.strerror or error}"))
    apply_baseline(results, baseline, datetime.date.today())
    status = 1 if any(result.status == 1 for result in results) else max(result.status for result in results)
    _report(arguments, documents, results, suggestions, _run(arguments, results, time.monotonic() - began))
    if stopped := next((result.stopped for result in results if result.stopped), stopped):
        raise stopped
    return status


def _report(
    arguments: argparse.Namespace,
    documents: Sequence[Document],
    results: Sequence[Result],
    suggestions: Mapping[str, str],
    run: Run,
) -> None:
    """Write the reports, and print the summary."""
    for name, write in REPORTS.items():
        (arguments.out / name).write_text(write(results, run), encoding="utf-8")
    for document in documents:
        path = suggestion_path(document, arguments.out)
        if document.stem in suggestions:
            path.write_text(suggestions[document.stem], encoding="utf-8")
        elif arguments.har:
            path.unlink(missing_ok=True)  # that of an earlier run
    # Write the reports before printing, which may fail if the reader closes the pipe.
    names = ", ".join(str(arguments.out / name) for name in REPORTS)
    lines = [table(results, verbose=arguments.verbose), ""]
    for stem, text in suggestions.items():
        lines += [f"suggested overlay, {arguments.out / stem}.overlay.yaml:", "", text]
    lines += [run.headline, f"reports: {names}"]
    commands = annotations(results) if github_runner.is_runner() else []
    if github_runner.is_runner():
        github_runner.append_summary(summary(results, run.headline))
        failures = sum(len(list(result.failures())) for result in results)
        github_runner.set_outputs({"failures": str(failures), "reports": str(arguments.out)})
    _print("\n".join(lines), commands)


def _refused(error: Exception) -> int:
    """Print why nothing could be checked; return the exit status."""
    cli.print_error(error)
    if github_runner.is_runner():
        _print(commands=error_annotations(error))
    return cli.EXIT_ERROR


def _print(text: str = "", commands: Iterable[str] = ()) -> None:
    """Print text, escaped, and workflow commands to stdout; ignore a closed pipe."""
    try:
        print("\n".join([*([cli.escaped(text)] if text else []), *commands]), flush=True)
    except BrokenPipeError:
        # Replaced, so that the flush of the interpreter at exit does not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of seconds, 1 or more, got {text}")
    return int(text)


def _check_options(arguments: argparse.Namespace) -> None:
    """Check that no option is given that has no effect on recorded traffic."""
    for name in ("profile", "ca_file", "max_time"):
        if getattr(arguments, name):
            raise UsageError(f"--{name.replace('_', '-')} has no effect with --har, which sends nothing; leave it out")
    if arguments.har.count(STDIN) > 1:
        raise UsageError("--har: standard input, -, can be named only once")


def _check_traffic(documents: Sequence[Document], arguments: argparse.Namespace) -> tuple[list[Result], dict[str, str]]:
    base_url = None if arguments.url is None else parse_base_url(arguments.url)
    report = check_traffic(arguments.har, documents, os.environ, base_url)
    for result in report.results:
        _print(f"checking the traffic of {result.base_url} against {result.document.path}")
    return report.results, report.suggestions


def _selected(documents: tuple[Document, ...], stem: str | None) -> tuple[Document, ...]:
    selected = tuple(document for document in documents if stem in (None, document.stem))
    if not selected:
        raise UsageError(f"--api: expected one of {', '.join(d.stem for d in documents)}, got {stem}")
    return selected


def _make_target(document: Document, arguments: argparse.Namespace) -> Target:
    """Make the target for --url; an invalid URL or environment variable is rejected before any request."""
    url, profile = parse_base_url(arguments.url), arguments.profile or "live"
    allowed = os.environ.get("ALLOW_WRITES") == "1"
    return make_target(
        document,
        url,
        os.environ,
        profile="full" if profile == "full" else "live",
        writes=allowed or (profile == "full" and is_loopback(url)),
        ca_file=arguments.ca_file,
    )


def _verify_simulated(documents: Sequence[Document], arguments: argparse.Namespace) -> Iterator[Result]:
    environment = synthetic_environment(documents)
    live = arguments.profile == "live"
    with run_simulator(arguments.openapi, environment, arguments.seed, arguments.out) as base:
        targets = [
            make_target(
                document,
                f"{base}/{document.stem}",
                environment,
                profile="live" if live else "full",
                writes=not live,
                stepping=True,
            )
            for document in documents
        ]
        for target in targets:
            result = _verify(target, arguments)
            yield result
            if result.stopped:
                break


def _verify(target: Target, arguments: argparse.Namespace) -> Result:
    _print(announcement(target))
    try:
        result = verify(
            target,
            arguments.seed,
            arguments.max_time or default_seconds(target),
            show=lambda step: cli.show_step(f"{target.document.stem}: {step}"),
        )
    finally:
        cli.show_step("")
    if result.status == 2:
        reason = next(iter(result.problems), "no end was seen of a job")
        _print(f"{target.document.stem} could not be checked: {reason}")
    return result


def _run(arguments: argparse.Namespace, results: Sequence[Result], seconds: float) -> Run:
    origin = "recorded traffic" if arguments.har else f"seed {arguments.seed}"
    return Run(
        headline=_headline(results, origin, seconds),
        origin=origin,
        command=shlex.join([*cli.program_name("verify").split(), *sys.argv[1:]]),
        version=project_version(),
        date=datetime.datetime.now(datetime.UTC),
        seconds=seconds,
    )


def _headline(results: Sequence[Result], origin: str, seconds: float) -> str:
    failures = sum(len(list(result.failures())) for result in results)
    checks = sum(tally.checked for result in results for tally in result.tallies.values())
    problems = sum(len(result.problems) for result in results)
    parts = [f"{checks} checks", f"{failures} failed"]
    if problems:
        parts.append(f"{problems} could not be checked")
    return f"{', '.join(parts)}; {origin}, {seconds:.1f} s"


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
