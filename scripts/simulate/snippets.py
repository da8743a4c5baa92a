"""How to call a simulated API: its credentials and known ids, and a curl command and a Python program per operation.

The command of the simulator prints them, and its page shows them. Credentials from the environment are secret: only the
names of their variables are shown.
"""

import json
import shlex
import urllib.parse
from collections import Counter
from typing import Any

from ..document import Document, Operation, job_noun, snake_case
from .app import Simulator
from .credentials import SimulatedCredential

WAIT = 60  # seconds


def credential_lines(simulator: Simulator, document: Document) -> list[str]:
    """Return the lines that show the credentials of an API."""
    lines = []
    for credential in simulator.credentials[document.stem].values():
        if not credential.enforced:
            lines.append(f"no credential required; set {credential.variable} to require one")
        elif not credential.is_from_environment:
            lines.append(f"{credential.variable}={shlex.quote(credential.accepted)}")
            if not credential.is_unscoped_from_environment:
                lines.append(f"without the scope: {shlex.quote(credential.unscoped)}")
    return lines


def known_ids(simulator: Simulator, document: Document) -> dict[str, list[str]]:
    """Return the values that exist from the start for each path parameter of an API, by its variable."""
    known: dict[str, list[str]] = {}
    for operation in document.operations:
        for name, values in simulator.jobs.known_ids(document.stem, operation.id).items():
            variable = document.environment_variable(name)
            known[variable] = list(dict.fromkeys([*known.get(variable, ()), *values]))
    return known


def curl_command(simulator: Simulator, document: Document, operation: Operation, base: str) -> str:
    """Return the command with which curl calls an operation, at the base URL of its API."""
    path = operation.path
    for name, value in _path_values(simulator, document, operation).items():
        path = path.replace(f"{{{name}}}", urllib.parse.quote(value, safe=""))
    enforced = (c for c in simulator.credentials[document.stem].values() if c.enforced)
    method = "" if operation.method == "GET" else f" -X {operation.method}"
    body = ""
    if operation.body is not None and operation.body.examples:
        sent = json.dumps(operation.body.examples[0].value)
        body = f" -H 'content-type: application/json' -d {shlex.quote(sent)}"
    return f"curl -s{method}{''.join(map(_curl_options, enforced))}{body} {shlex.quote(base + path)}"


def python_program(simulator: Simulator, document: Document, operation: Operation, base: str) -> str:
    """Return the program that calls an operation with the generated client, and waits for the job that it starts.

    It is empty if the names of the client do not follow from the document alone, as those of a request body.
    """
    in_path = _path_values(simulator, document, operation)
    others = [p for p in operation.parameters if p.required and p.where != "path" and not p.is_implied]
    queried = operation.job.parameter if operation.job else ""
    if not document.class_name.isidentifier() or operation.bodies or any(p.name != queried for p in others):
        return ""
    ordered = sorted(in_path, key=lambda name: operation.path.find(f"{{{name}}}"))
    known = simulator.jobs.known_ids(document.stem, operation.id)
    values = [in_path[name] for name in ordered] + [next(iter(known.get(p.name, ())), "id") for p in others]
    arguments, options = ", ".join(map(repr, values)), _credential_arguments(simulator, document)
    lines = [f"from job_status import {document.class_name}", ""]
    lines.append(f"with {document.class_name}({', '.join([repr(base), *options])}) as api:")
    if operation.is_start:
        lines.append(f"    started = api.{operation.id}({arguments})")
        lines.append(f"    print(api.wait(started, timeout={WAIT}))")
    elif operation.job:
        nouns = Counter(job_noun(one.id) for one in document.operations if one.job)
        noun = job_noun(operation.id) if nouns[job_noun(operation.id)] == 1 else operation.id
        lines.append(f"    print(api.{operation.id}({arguments}))")
        lines.append(f"    print(api.wait_for_{noun}({', '.join(filter(None, [arguments, f'timeout={WAIT}']))}))")
    else:
        lines.append(f"    print(api.{operation.id}({arguments}))")
    return "\n".join(lines)


def _path_values(simulator: Simulator, document: Document, operation: Operation) -> dict[str, str]:
    known = simulator.jobs.known_ids(document.stem, operation.id)
    return {p.name: next(iter(known.get(p.name, ())), "id") for p in operation.parameters_in("path")}


def _credential_arguments(simulator: Simulator, document: Document) -> list[str]:
    """Return the credentials of the client; it finds those of the environment there, by the same variables."""
    found = []
    for key, credential in simulator.credentials[document.stem].items():
        if credential.enforced and not credential.is_from_environment:
            raw: Any = document.resolve(document.data["components"]["securitySchemes"][key])
            user, _, password = credential.accepted.partition(":")
            value = (user, password) if credential.scheme.scheme == "basic" else credential.accepted
            found.append(f"{snake_case(str(raw.get('x-name', key)))}={value!r}")
    return found


def _curl_options(credential: SimulatedCredential) -> str:
    """Return the options with which curl sends a credential: its value, or its variable if it is secret."""
    scheme, is_secret = credential.scheme, credential.is_from_environment
    value = f"${credential.variable}" if is_secret else credential.accepted

    def quote(text: str) -> str:
        return f'"{text}"' if is_secret else shlex.quote(text)

    match scheme.type, scheme.scheme, scheme.where:
        case "apiKey", _, "header":
            return f" -H {quote(f'{scheme.name}: {value}')}"
        case "apiKey", _, "cookie":
            return f" -b {scheme.name}={quote(value)}"
        case "apiKey", _, _:
            return f" -G -d {scheme.name}={quote(value)}"
        case _, "basic", _:
            return f" -u {quote(value)}"
        case _:
            return f" -H {quote(f'Authorization: Bearer {value}')}"
