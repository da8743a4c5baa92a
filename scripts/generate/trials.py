"""Tries a written package before it is put in place: every module, every model, every call, against the document."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..document import MISSING, Document, DocumentError, Operation, Problem, sample, walk
from . import waits
from .classes import Function
from .identifiers import Names

PROGRAM = Path(__file__).with_name("trial.py")
SECONDS = 120
Plan = dict[str, Any]


def plan(document: Document, names: Names, models: Mapping[str, str], functions: Iterable[Function]) -> Plan:
    """What is to be tried of a document's sub-package, as plain data.

    `models` is the class of each component schema.
    """
    return {
        "package": names.package,
        "class": names.class_name,
        "credentials": {
            names.schemes[key]: ["user", "trial-password"] if scheme.scheme == "basic" else "trial-credential"
            for key, scheme in document.security_schemes.items()
        },
        "models": [
            {"class": cls, "sample": made, "pointer": ["components", "schemas", name]}
            for name, cls in models.items()
            if isinstance(made := sample(document, {"$ref": _reference(name)}), dict)
        ],
        "operations": [_operation(document, function) for function in functions],
    }


def run(folder: Path, documents: Sequence[Document], plans: Sequence[Plan]) -> None:
    """Tries the distribution in a folder, in a process of its own.

    Raises:
        DocumentError: something of a document cannot be used through the package.
    """
    done = subprocess.run(  # noqa: S603 - this project's own program
        [sys.executable, "-I", "-B", str(PROGRAM), str(folder)],
        input=json.dumps(plans),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        raise RuntimeError(f"the program that tries a package has failed: {last}")
    problems = []
    for found in json.loads(done.stdout):
        document = documents[found["document"]]
        pointer = tuple(found["pointer"])
        owner = next((o.id for o in document.operations if pointer[: len(o.pointer)] == o.pointer), "")
        where = owner or (str(pointer[2]) if pointer[:1] == ("components",) else "")
        message = f"the code written for it does not work: {found['message']}; rename it, or leave it out"
        problems.append(Problem(document.path, document.line(pointer), where, message))
    if problems:
        raise DocumentError(problems)


def _reference(name: str) -> str:
    return "#/components/schemas/" + name.replace("~", "~0").replace("/", "~1")


def _operation(document: Document, function: Function) -> dict[str, Any]:
    operation = function.operation
    arguments = []
    for python, parameter in function.described.items():
        values = [*parameter.known_values, sample(document, parameter.schema)]
        value = next((one for one in values if one is not MISSING), MISSING)
        if value is not MISSING:
            arguments.append([python, parameter.where, parameter.name, value, list(parameter.pointer)])
    body = MISSING
    if operation.body is not None:
        made = sample(document, operation.body.schema)
        body = next((example.value for example in operation.body.examples), made)
    return {
        "id": operation.id,
        "module": f"api.{function.tag}.{operation.id}",
        "noun": waits.noun(operation) if operation.job else "",
        "pointer": list(operation.pointer),
        "arguments": arguments,
        "body": None if body is MISSING else body,
        "has_body": operation.body is not None and "body" in function.keyword_names,
        **_reply(document, operation),
    }


def _reply(document: Document, operation: Operation) -> dict[str, Any]:
    """An answer of success: of a job, one that says that it has succeeded."""
    response = operation.success
    media_type = next((m for m in response.media_types if m.is_json), None)
    bodies = [example.value for m, example in response.examples if m is media_type and example.when is None]
    if operation.job:
        bodies = [body for body in bodies if walk(body, operation.job.state) in operation.job.success] or bodies
    body = bodies[0] if bodies else sample(document, media_type.schema) if media_type else MISSING
    return {
        "status": int(response.status) if response.status.isdecimal() else 200,
        "type": media_type.name if media_type else "application/json",
        "reply": {} if body is MISSING else body,
        "id_path": list(operation.job.id) if operation.job else [],
    }
