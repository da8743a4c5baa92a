"""The command of the simulator: serves all documents of a folder on one loopback port."""

import argparse
import json
import os
import re
import shlex
import socket
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import uvicorn

from .. import ending, owned
from ..document import Document, DocumentError, load_folder
from ..owned import NotOurs
from . import control
from .clock import EPOCH, Clock, RunningClock, SteppingClock
from .control import ROOT, Controlled
from .draws import DrawError, Draws, read_duration
from .faults import Fault, FaultError
from .faults import read as read_fault
from .folders import default_documents
from .server import Settings, Simulator
from .wire import config


def serve() -> int:
    """Serves until it is told to stop; 2 when the documents, the options or the port cannot be used."""
    arguments = _parser().parse_args()
    try:
        documents = load_folder(arguments.openapi or default_documents())
        simulator = Simulator(documents, _settings(arguments, documents))
    except (DocumentError, Unusable) as error:
        ending.say(str(error))
        return ending.CANNOT_TELL
    try:
        listening = socket.create_server((arguments.host, arguments.port), backlog=2048)
    except OSError as error:
        reason = (
            f"cannot listen on {arguments.host}:{arguments.port}: {os.strerror(error.errno) if error.errno else error}"
        )
        ending.say(f"{reason}; name another port, or 0 for a free one")
        return ending.CANNOT_TELL
    host, port = listening.getsockname()[:2]
    base = f"http://{host}:{port}"
    print(f"simulator: {base}")
    allowed = "from anywhere" if arguments.open_control else "from this machine only; --open-control lets others"
    print(f"control: {base}{ROOT} ({allowed})")
    for document in documents:
        print("\n".join(_introduction(simulator, document, f"{base}/{document.stem}")))
    sys.stdout.flush()
    controlled = Controlled(simulator, open_to_all=arguments.open_control)
    uvicorn.Server(config(controlled)).run(sockets=[listening])
    return 0


LOG_HEAD = "# job-status simulator: a line per request"


class Unusable(ValueError):
    """An option that cannot be used. The message says what was wanted."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Simulates the documented servers, jobs with a life and bad days.")
    add = parser.add_argument
    add("--openapi", type=Path, help="the folder of documents (default: ./openapi, or those that come along)")
    add("--host", default="127.0.0.1", help="the address to listen on (default: loopback)")
    add("--port", type=int, default=8765, help="the port; 0 takes a free one")
    add("--seed", type=int, default=0, help="the seed of ids, durations and faults")
    add(
        "--speed", type=float, default=1.0, help="how much faster than the time of day; 0: a clock that is told to move"
    )
    add("--step", type=float, help="seconds that the clock moves per request, and not otherwise")
    add("--duration", default="3", help="seconds that jobs take, such as 3, or a median and a spread, such as 20:1.2")
    add("--failures", type=float, default=0.0, help="the share of jobs that fail, 0 to 1")
    add("--faults", type=Path, help="a JSON file with a list of faults, as POST /_simulator/faults takes them")
    add("--enforce-limits", action="store_true", help="refuse more requests than the documents allow")
    add("--disabled", action="append", default=[], help="the file stem of an API that is switched off")
    add("--request-log", type=Path, help="a file that gets one line per request")
    add("--open-control", action="store_true", help="let other machines control the simulator")
    return parser


def _settings(arguments: argparse.Namespace, documents: tuple[Document, ...]) -> Settings:
    stems = [document.stem for document in documents]
    if unknown := set(arguments.disabled) - set(stems):
        raise Unusable(f"--disabled names {', '.join(sorted(unknown))}; wanted one of {', '.join(stems)}")
    if not 0 <= arguments.failures <= 1:
        raise Unusable(f"--failures wants a share from 0 to 1, got {arguments.failures:g}")
    if not 0 <= arguments.speed <= 1e5:
        raise Unusable(f"--speed wants 0 to 100000, got {arguments.speed:g}")
    try:
        median, spread = read_duration(arguments.duration)
    except DrawError as error:
        raise Unusable(f"--duration: {error}") from None
    clock: Clock = RunningClock(arguments.speed, None if arguments.speed == 1 else EPOCH)
    if arguments.step is not None and not 0 <= arguments.step <= 1e9:
        raise Unusable(f"--step wants seconds from 0, got {arguments.step:g}")
    if not 0 <= arguments.port <= 65535:
        raise Unusable(f"--port wants 0 to 65535, got {arguments.port}")
    try:
        log = _request_log(arguments.request_log) if arguments.request_log else None
    except (OSError, NotOurs) as error:
        raise Unusable(f"--request-log: {error}") from None
    return Settings(
        environment=os.environ,
        clock=clock if arguments.step is None else SteppingClock(arguments.step),
        seed=arguments.seed,
        disabled=frozenset(arguments.disabled),
        request_log=log,
        draws=Draws(median, spread, arguments.failures),
        enforce_limits=arguments.enforce_limits,
        faults=tuple(_faults(arguments.faults, documents)),
    )


def _request_log(path: Path) -> TextIO:
    owned.check(path.parent, (path.name,), re.compile(b"\\A" + LOG_HEAD.encode()), "the simulator")
    log = path.open("w", encoding="utf-8")
    print(LOG_HEAD, file=log, flush=True)
    return log


def _faults(path: Path | None, documents: tuple[Document, ...]) -> Iterator[Fault]:
    if path is None:
        return
    schema = control.document().operation("set_fault").body
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        if schema is None or not isinstance(listed, list):
            raise Unusable(f"{path}: wanted a list of faults, got {type(listed).__name__}")
        for index, raw in enumerate(listed):
            for slip in control.document().validator(schema.schema).iter_errors(raw):
                where = "/".join(map(str, (index, *slip.instance_path)))
                raise Unusable(f"{path} at {where}: {slip.message}")
            try:
                yield read_fault(raw, documents)
            except FaultError as error:
                raise Unusable(f"{path} at {index}/{error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise error if isinstance(error, Unusable) else Unusable(f"{path}: {error}") from None


def _introduction(simulator: Simulator, document: Document, base: str) -> list[str]:
    """The base URL, the credential unless the environment holds it, the known ids, and a call to paste."""
    lines = ["", f"{document.title}: {base}"]
    options = ""
    for credential in simulator.credentials[document.stem].values():
        named = credential.is_named
        if not credential.enforced:
            lines.append(f"  no credential is asked for; name one in {credential.variable} to have it asked for")
            continue
        if not named:
            lines.append(f"  {credential.variable}={shlex.quote(credential.accepted)}")
            if not credential.is_unscoped_named:
                lines.append(f"  without the scope: {shlex.quote(credential.unscoped)}")
        value = f'"${credential.variable}"' if named else shlex.quote(credential.accepted)
        match credential.scheme.type, credential.scheme.scheme, credential.scheme.where:
            case "apiKey", _, "header":
                header = f'"{credential.scheme.name}: ${credential.variable}"'
                options += f" -H {header if named else shlex.quote(f'{credential.scheme.name}: {credential.accepted}')}"
            case "apiKey", _, "cookie":
                options += f" -b {credential.scheme.name}={value}"
            case "apiKey", _, _:
                options += f" -G -d {credential.scheme.name}={value}"
            case _, "basic", _:
                options += f" -u {value}"
            case _:
                bearer = f'"Authorization: Bearer ${credential.variable}"'
                options += f" -H {bearer if named else shlex.quote(f'Authorization: Bearer {credential.accepted}')}"
    for name, values in simulator.known[document.stem].items():
        lines.append(f"  {document.environment_variable(name)}: {', '.join(values)}")
    for operation in document.operations:
        path = operation.path
        for parameter in operation.parameters_in("path"):
            values = simulator.known_of(document, operation).get(parameter.name) or ["id"]
            path = path.replace(f"{{{parameter.name}}}", urllib.parse.quote(values[0], safe=""))
        method = "" if operation.method == "GET" else f" -X {operation.method}"
        body = ""
        if operation.body is not None and operation.body.examples:
            sent = json.dumps(operation.body.examples[0].value)
            body = f" -H 'content-type: application/json' -d {shlex.quote(sent)}"
        lines.append(f"  curl -s{method}{options}{body} {shlex.quote(base + path)}")
    return lines
