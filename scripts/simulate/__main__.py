"""`python -m scripts.simulate`: serves all documents of a folder on one loopback port."""

import argparse
import os
import shlex
import socket
import sys
from pathlib import Path

import uvicorn

from ..document import Document, DocumentError, load_folder
from .clock import SteppingClock, WallClock
from .server import Settings, Simulator


def main() -> int:
    """Serves until it is told to stop; 1 when the documents or the port cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m scripts.simulate", description="Simulates the documented servers.")
    parser.add_argument("--openapi", type=Path, default=Path("openapi"), help="the folder of documents")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: loopback)")
    parser.add_argument("--port", type=int, default=8765, help="the port; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="the seed of made-up ids")
    parser.add_argument(
        "--step", type=float, help="seconds that the clock moves per request (default: it is the wall clock)"
    )
    parser.add_argument("--disabled", action="append", default=[], help="the file stem of an API that is switched off")
    parser.add_argument("--request-log", type=Path, help="a file that gets one line per request")
    arguments = parser.parse_args()
    try:
        documents = load_folder(arguments.openapi)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 1
    stems = [document.stem for document in documents]
    if unknown := set(arguments.disabled) - set(stems):
        print(f"--disabled names {', '.join(sorted(unknown))}; wanted one of {', '.join(stems)}", file=sys.stderr)
        return 1
    try:
        listening = socket.create_server((arguments.host, arguments.port), backlog=2048)
    except OSError as error:
        reason = f"cannot listen on {arguments.host}:{arguments.port}: {error.strerror}"
        print(f"{reason}; name another port, or 0 for a free one", file=sys.stderr)
        return 1
    log = arguments.request_log.open("w", encoding="utf-8") if arguments.request_log else None
    simulator = Simulator(
        documents,
        Settings(
            environment=os.environ,
            clock=WallClock() if arguments.step is None else SteppingClock(arguments.step),
            seed=arguments.seed,
            disabled=frozenset(arguments.disabled),
            request_log=log,
        ),
    )
    host, port = listening.getsockname()[:2]
    print(f"simulator: http://{host}:{port}")
    for document in documents:
        print("\n".join(_introduction(simulator, document, f"http://{host}:{port}/{document.stem}")))
    sys.stdout.flush()
    config = uvicorn.Config(simulator, log_level="warning", access_log=False, server_header=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _introduction(simulator: Simulator, document: Document, base: str) -> list[str]:
    """The base URL, the credential unless the environment holds it, the known ids, and a call to paste."""
    lines = ["", f"{document.title}: {base}"]
    options = ""
    for credential in simulator.credentials[document.stem].values():
        named = credential.variable in os.environ
        if not credential.enforced:
            lines.append(f"  no credential is asked for; name one in {credential.variable} to have it asked for")
            continue
        if not named:
            lines.append(f"  {credential.variable}={shlex.quote(credential.accepted)}")
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
            values = simulator.known[document.stem].get(parameter.name) or ["id"]
            path = path.replace(f"{{{parameter.name}}}", values[0])
        method = "" if operation.method == "GET" else f" -X {operation.method}"
        lines.append(f"  curl -s{method}{options} {shlex.quote(base + path)}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
