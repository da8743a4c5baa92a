"""What `x-job` says about a status, on its model: whether the job has ended, and its state as a closed type."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from openapi_python_client.strings import PythonIdentifier

from ..client.expressions import BODY
from ..document import JobLifecycle
from .generated_source import EndpointFunction
from .models import export
from .renames import FIELD
from .rendering import render
from .waits import JobMethods

TYPING = re.compile(r"^from typing import (.*)\n", re.MULTILINE)
PROPERTIES = ("is_final", "is_success", "is_failure", "job_state")


def add_job_properties(functions: Iterable[EndpointFunction], folder: Path, taken: set[str]) -> bool:
    """Add the properties to the model of each job, and the type of its states; return whether there is one.

    A model without the state, as one of a job whose state the status code decides, has none; nor has one that several
    operations report in different ways.

    Args:
        functions: The functions of the document.
        folder: The sub-package of the document.
        taken: The classes of the document.
    """
    found: dict[str, list[JobMethods]] = {}
    for job in (JobMethods(function) for function in functions if function.operation.job):
        for model in list(job.function.result.models)[:1]:
            found.setdefault(model, []).append(job)
    added = {}
    for model, jobs in found.items():
        if len({_key(job.job) for job in jobs}) > 1 or not _is_in_body(jobs[0].job):
            continue
        alias = next(name for name in _names(model) if name not in taken)
        home = PythonIdentifier(model, FIELD)
        path = folder / "models" / f"{home}.py"
        text = _with_properties(path.read_text(encoding="utf-8"), model, alias, folder.name, jobs[0])
        path.write_text(text, encoding="utf-8", newline="\n")
        taken.add(alias)
        added[alias] = home
    export(folder, added)
    return bool(added)


def _names(model: str) -> Iterable[str]:
    yield f"{model}State"
    yield from (f"{model}State{number}" for number in range(2, 1000))


def _key(job: JobLifecycle) -> object:
    return job.state, job.pending, job.success, job.partial, job.failure, job.not_started, job.conditions


def _is_in_body(job: JobLifecycle) -> bool:
    """Return whether the body alone shows the state."""
    return all(test.expression.source == BODY for condition in job.conditions for test in condition.tests)


def _with_properties(text: str, model: str, alias: str, package: str, job: JobMethods) -> str:
    tree = ast.parse(text)
    cls = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == model)
    attributes = {
        node.target.id for node in cls.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    methods = [node for node in cls.body if isinstance(node, ast.FunctionDef)]
    names = {name: f"{name}_" if name in attributes | {m.name for m in methods} else name for name in PROPERTIES}
    states = dict.fromkeys((*job.job.pending, *job.job.not_started, *job.final_states))
    made = render(
        "job_properties.py.jinja", names=names, alias=alias, package=package, job=job, final_states=job.final_states
    )
    lines = text.splitlines(keepends=True)
    first = min([methods[0].lineno, *(node.lineno for node in methods[0].decorator_list)]) - 1
    lines.insert(first, made)
    literal = f"{alias}: TypeAlias = Literal[{', '.join(map(repr, states))}]\n\n\n"
    lines.insert(min([cls.lineno, *(node.lineno for node in cls.decorator_list)]) - 1, literal)
    return TYPING.sub(_with_types, "".join(lines), count=1)


def _with_types(found: re.Match[str]) -> str:
    """Return an import from typing that has the names of the closed type too, in the order of ruff."""
    names = {*found[1].split(", "), "Literal", "TypeAlias"}
    ordered = sorted(names, key=lambda name: (not name.isupper(), name.islower(), name))
    return found[0].replace(found[1], ", ".join(ordered))
