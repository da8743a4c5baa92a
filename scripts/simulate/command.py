"""The command of the simulator: serve all documents of a folder on one loopback port."""

import argparse
import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import uvicorn

from .. import cli, owned
from ..document import Document, DocumentError, load_folder
from ..owned import NotOwnedError
from .app import Simulator
from .clock import EPOCH, ScaledClock, SimulatorClock, SteppingClock
from .control import ROOT, ControlledSimulator, control_document
from .control_request import ControlRequestError
from .document_folder import default_document_folder
from .durations import DurationError, JobDistribution, parse_duration
from .faults import Fault, parse_fault
from .settings import SimulatorSettings
from .snippets import credential_lines, curl_command, known_ids
from .socket_faults import server_config

LOG_HEAD = "# job-status simulator: a line per request"


def serve() -> int:
    """Serve until the process is stopped; return 2 if the documents, the options or the port cannot be used."""
    arguments = _parser().parse_args()
    try:
        documents = load_folder(arguments.openapi or default_document_folder())
        simulator = Simulator(documents, _parse_settings(arguments, documents))
    except (DocumentError, UsageError) as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    try:
        listening = socket.create_server((arguments.host, arguments.port), backlog=2048)
    except OSError as error:
        reason = (
            f"cannot listen on {arguments.host}:{arguments.port}: {os.strerror(error.errno) if error.errno else error}"
        )
        cli.print_error(f"{reason}; name another port, or 0 for a free one")
        return cli.EXIT_ERROR
    host, port = listening.getsockname()[:2]
    base = f"http://{host}:{port}"
    print(f"simulator: {base}")
    allowed = "from any machine" if arguments.open_control else "from this machine only; --open-control allows others"
    print(f"control: {base}{ROOT} ({allowed})")
    print(f"page: {base}{ROOT}/")
    for document in documents:
        print("\n".join(_describe_api(simulator, document, f"{base}/{document.stem}")))
    sys.stdout.flush()
    controlled = ControlledSimulator(simulator, open_to_all=arguments.open_control)
    uvicorn.Server(server_config(controlled)).run(sockets=[listening])
    return 0


class UsageError(ValueError):
    """A command-line option is invalid. The message says what was expected."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=cli.program_name("simulate"),
        description="Serve a simulation of the documented APIs, with job lifecycles and fault injection.",
    )
    add = parser.add_argument
    add("--openapi", type=Path, help="the folder of documents (default: ./openapi, or the installed documents)")
    add("--host", default="127.0.0.1", help="the address to listen on (default: loopback)")
    add("--port", type=int, default=8765, help="the port; 0 takes a free one")
    add("--seed", type=int, default=0, help="the seed of ids, durations and faults")
    add(
        "--speed",
        type=float,
        default=1.0,
        help="the clock speed relative to real time. 0 pauses the clock; use the control API to advance it",
    )
    add("--step", type=float, help="seconds to advance the clock per request, instead of running it")
    add(
        "--duration",
        default="3",
        help="the duration of jobs in seconds, such as 3, or a median and a spread, such as 20:1.2",
    )
    add(
        "--failures",
        type=float,
        help="the share of jobs that fail, 0 to 1 (default: 0, or one in four if no example of the document fails)",
    )
    add("--faults", type=Path, help="a JSON file with a list of faults, in the format of POST /_simulator/faults")
    add("--enforce-limits", action="store_true", help="enforce the documented rate limits")
    add("--disabled", action="append", default=[], help="the file stem of an API to disable; can be repeated")
    add("--request-log", type=Path, help="a file to write one line per request to, for `learn`")
    add("--open-control", action="store_true", help="accept control requests from other machines")
    return parser


def _parse_settings(arguments: argparse.Namespace, documents: tuple[Document, ...]) -> SimulatorSettings:
    stems = [document.stem for document in documents]
    if unknown := set(arguments.disabled) - set(stems):
        raise UsageError(f"--disabled: expected one of {', '.join(stems)}, got {', '.join(sorted(unknown))}")
    if arguments.failures is not None and not 0 <= arguments.failures <= 1:
        raise UsageError(f"--failures: expected a share from 0 to 1, got {arguments.failures:g}")
    if not 0 <= arguments.speed <= 1e5:
        raise UsageError(f"--speed: expected 0 to 100000, got {arguments.speed:g}")
    try:
        median, spread = parse_duration(arguments.duration)
    except DurationError as error:
        raise UsageError(f"--duration: {error}") from None
    clock: SimulatorClock = ScaledClock(arguments.speed, None if arguments.speed == 1 else EPOCH)
    if arguments.step is not None and not 0 <= arguments.step <= 1e9:
        raise UsageError(f"--step: expected 0 to 1000000000 seconds, got {arguments.step:g}")
    if not 0 <= arguments.port <= 65535:
        raise UsageError(f"--port: expected 0 to 65535, got {arguments.port}")
    try:
        log_file = _open_log_file(arguments.request_log) if arguments.request_log else None
    except (OSError, NotOwnedError) as error:
        raise UsageError(f"--request-log: {error}") from None
    return SimulatorSettings(
        environment=os.environ,
        clock=clock if arguments.step is None else SteppingClock(arguments.step),
        seed=arguments.seed,
        disabled=frozenset(arguments.disabled),
        log_file=log_file,
        distribution=JobDistribution(median, spread, arguments.failures),
        enforce_limits=arguments.enforce_limits,
        faults=tuple(_load_faults(arguments.faults, documents)),
    )


def _open_log_file(path: Path) -> TextIO:
    owned.check_writable(path.parent, (path.name,), re.compile(rf"\A(\Z|{LOG_HEAD})".encode()), "the simulator")
    log_file = path.open("w", encoding="utf-8")
    print(LOG_HEAD, file=log_file, flush=True)
    return log_file


def _load_faults(path: Path | None, documents: tuple[Document, ...]) -> Iterator[Fault]:
    if path is None:
        return
    schema = control_document().operation("set_fault").body
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        if schema is None or not isinstance(listed, list):
            raise UsageError(f"{path}: expected a list of faults, got {type(listed).__name__}")
        for index, raw in enumerate(listed):
            for problem in control_document().validator(schema.schema).iter_errors(raw):
                where = "/".join(map(str, (index, *problem.instance_path)))
                raise UsageError(f"{path} at {where}: {problem.message}")
            try:
                yield parse_fault(raw, documents)
            except ControlRequestError as error:
                raise UsageError(f"{path} at {index}/{error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise error if isinstance(error, UsageError) else UsageError(f"{path}: {error}") from None


def _describe_api(simulator: Simulator, document: Document, base: str) -> list[str]:
    """Return the lines that show an API's base URL, generated credentials, known ids and curl commands."""
    return [
        "",
        f"{document.title}: {base}",
        *(f"  {line}" for line in credential_lines(simulator, document)),
        *(f"  {variable}: {', '.join(values)}" for variable, values in known_ids(simulator, document).items()),
        *(f"  {curl_command(simulator, document, operation, base)}" for operation in document.operations),
    ]
