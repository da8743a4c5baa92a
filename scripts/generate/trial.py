"""Try a generated package before it is moved to its place: import every module, use every model, call every method."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ..document import MISSING, Document, DocumentError, Operation, Problem, sample, walk
from ..document.source import Pointer
from . import generated_source, waits
from .generated_source import EndpointFunction
from .identifiers import Names

SECONDS = 120
Plan = dict[str, Any]


def plan(document: Document, names: Names, models: Mapping[str, str], functions: Iterable[EndpointFunction]) -> Plan:
    """Return the models and calls of a document's sub-package to try, as JSON.

    `models` maps each component schema to its class.
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
    """Try the distribution in a folder, in a new process.

    Raises:
        DocumentError: A model or call does not work.
    """
    with as_file(files(__package__) / "trial_program.py") as program:
        done = subprocess.run(  # noqa: S603 - this project's own program
            [sys.executable, "-I", "-B", str(program), str(folder)],
            input=json.dumps(plans),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise RuntimeError(f"the program that tries the package failed: {last}")
    problems = []
    for found in json.loads(done.stdout):
        document, pointer = documents[found["document"]], tuple(found["pointer"])
        module = folder.joinpath(*found["module"].split(".")).with_suffix(".py") if found["module"] else None
        collisions = list(_collisions(plans[found["document"]], pointer, module)) if module else []
        for place, message in collisions or [(pointer, found["message"])]:
            owner = next((o.id for o in document.operations if place[: len(o.pointer)] == o.pointer), "")
            where = owner or (str(place[2]) if place[:1] == ("components",) else "")
            message = f"the code generated for it does not work: {message}; rename it, or leave it out"
            problems.append(Problem(document.path, document.line(place), where, message))
    if problems:
        raise DocumentError(problems)


def _collisions(plan: Plan, pointer: Pointer, module: Path) -> Iterator[tuple[Pointer, str]]:
    """Yield the properties of a model, or the parameters of an operation, that have a name of the generated code."""
    source = module.read_text(encoding="utf-8")
    if pointer[0] == "components":
        local = generated_source.local_names(source, ("from_dict", "to_dict"))
        for name, attribute in generated_source.attributes(source).items():
            if attribute in local:
                yield (*pointer, "properties", name), f"the property {name!r} collides with the generated code"
        return
    local = generated_source.local_names(source)
    operation = next(operation for operation in plan["operations"] if tuple(operation["pointer"]) == pointer)
    for python, _, name, _, place in operation["arguments"]:
        if python in local:
            yield tuple(place), f"the parameter {name!r} collides with the generated code"


def _reference(name: str) -> str:
    return "#/components/schemas/" + name.replace("~", "~0").replace("/", "~1")


def _operation(document: Document, function: EndpointFunction) -> dict[str, Any]:
    operation = function.operation
    arguments = []
    for python, parameter in function.parameters.items():
        values = [*parameter.known_values, sample(document, parameter.schema)]
        value = next((value for value in values if value is not MISSING), MISSING)
        if value is not MISSING:
            arguments.append([python, parameter.where, parameter.name, value, list(parameter.pointer)])
    body = MISSING
    if operation.body is not None:
        made = sample(document, operation.body.schema)
        body = next((example.value for example in operation.body.examples), made)
    return {
        "id": operation.id,
        "module": function.module,
        "noun": waits.job_noun(operation) if operation.job else "",
        "pointer": list(operation.pointer),
        "arguments": arguments,
        "body": None if body is MISSING else body,
        "has_body": operation.body is not None and "body" in function.keywords,
        **_reply(document, operation),
    }


def _reply(document: Document, operation: Operation) -> dict[str, Any]:
    """Return the success response of an operation; for a job, one with a success state."""
    response = operation.success
    media_type = next((m for m in response.media_types if m.is_json), None)
    bodies = [example.value for m, example in response.examples if m is media_type and example.scenario is None]
    if operation.job:
        bodies = [body for body in bodies if walk(body, operation.job.state) in operation.job.success] or bodies
    body = bodies[0] if bodies else sample(document, media_type.schema) if media_type else MISSING
    return {
        "status": int(response.status) if response.status.isdecimal() else 200,
        "type": media_type.name if media_type else "application/json",
        "reply": {} if body is MISSING else body,
        "id_path": list(operation.job.id) if operation.job else [],
    }
