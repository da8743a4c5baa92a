"""Try a generated package before it is moved to its place: import every module, use every model, call every method."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ..document import MISSING, Document, DocumentError, Problem, sample
from ..document.source import Pointer
from . import generated_source
from .generated_source import EndpointFunction
from .identifiers import Names
from .schemas import Schema
from .trial_replies import reply
from .unsupported import is_start
from .view import View

SECONDS = 120
Plan = dict[str, Any]


def plan(view: View, names: Names, functions: Iterable[EndpointFunction]) -> Plan:
    """Return the models and calls of a document's sub-package to try, as JSON."""
    document = view.document
    return {
        "package": names.package,
        "class": names.class_name,
        "credentials": {
            names.schemes[key]: ["user", "trial-password"] if scheme.scheme == "basic" else "trial-credential"
            for key, scheme in document.security_schemes.items()
            if key in names.schemes
        },
        "models": [
            {"class": cls, "sample": made, "pointer": list(component.pointer)}
            for component, cls in (
                (view.schemas.components[key], name) for key, name in view.classes.items() if key not in view.files
            )
            if not component.is_enum and (made := _sample(document, component.flat)) is not None
        ],
        "operations": [_operation(document, function) for function in functions],
    }


def _sample(document: Document, schema: Schema) -> dict[str, Any] | None:
    """Return an object that satisfies a schema, with anything for a required property of any type."""
    made = sample(document, schema)
    return dict.fromkeys(schema["required"], "trial") | made if isinstance(made, dict) else None


def run(folder: Path, import_name: str, documents: Sequence[Document], plans: Sequence[Plan]) -> None:
    """Try the distribution in a folder, in a new process.

    Raises:
        DocumentError: A model or call does not work.
    """
    with as_file(files(__package__) / "trial_program.py") as program:
        done = subprocess.run(  # noqa: S603 - this project's own program
            [sys.executable, "-I", "-B", str(program), str(folder), import_name],
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
    if module.parent.name == "models":
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


def _operation(document: Document, function: EndpointFunction) -> dict[str, Any]:
    operation = function.operation
    arguments = []
    for python, parameter in function.parameters.items():
        values = [*parameter.known_values, sample(document, parameter.schema)]
        value = next((value for value in values if value is not MISSING), MISSING)
        if parameter.where == "path" and (isinstance(value, bool) or not isinstance(value, str | int)):
            value = "trial"
        if value is not MISSING:
            arguments.append([python, parameter.where, parameter.name, value, list(parameter.pointer)])
    request = function.view.request
    media_type = next((one for one in operation.bodies if request and one.name == request.name), None)
    body = MISSING
    if media_type is not None:
        made = sample(document, media_type.schema, of_request=True)
        body = next((example.value for example in media_type.examples), made)
    job_id = next((row[3] for row in arguments if operation.job and row[2] == operation.job.parameter), None)
    return {
        "id": function.name,
        "is_start": is_start(document, operation),
        "module": function.module,
        "noun": function.noun,
        "pointer": list(operation.pointer),
        "arguments": arguments,
        "body": None if body is MISSING else body,
        "has_body": request is not None,
        **reply(document, function.view, job_id).plan,
    }
