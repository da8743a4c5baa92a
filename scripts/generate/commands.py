"""The table of the commands of a distribution: what its documents say about products, jobs and starts, as literals."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..document import Document, known_values
from ..document import Parameter as DocumentParameter
from ..printable import printable
from .classes import example_url
from .credentials import alternatives, credential_kind
from .distribution_names import DistributionNames
from .docstrings import one_line
from .generated_source import EndpointFunction
from .identifiers import Names
from .operations import is_json_name
from .rendering import render
from .waits import JobMethods, StartMethods

LONGEST_TEXT = 400  # characters of a description in the help of a command
ENTRY = '''\
"""The command `{program}`, also `python -m {package}`."""

import sys

from ._client.command.main import run
from ._commands import DISTRIBUTION


def main() -> None:
    """Run the command, and exit with its status."""
    sys.exit(run(DISTRIBUTION))


if __name__ == "__main__":
    main()
'''
Literals = tuple[tuple[object, ...], Mapping[str, object]]  # the arguments of a row, positional and by keyword


def entry_point(chosen: DistributionNames) -> str:
    """Return the `__main__.py` of the package."""
    return ENTRY.format(program=chosen.name, package=chosen.import_name)


def table(
    listed: Iterable[tuple[Document, list[EndpointFunction]]], names: Mapping[str, Names], chosen: DistributionNames
) -> str:
    """Return the module with the table. A document without a job has no command."""
    products = []
    taken: set[str] = set()
    for document, functions in listed:
        jobs = jobs_of(functions)
        if jobs:
            name = _free(names[document.stem].package, taken)
            products.append(_product(name, document, names[document.stem], functions, jobs))
    return render("commands.py.jinja", chosen=chosen, products=products)


def jobs_of(functions: Iterable[EndpointFunction]) -> list[JobMethods]:
    """Return the jobs of a document."""
    return [JobMethods(function) for function in functions if function.operation.job]


def _free(python: str, taken: set[str]) -> str:
    """Return a Python name as a command, with a number if another has the same."""
    base = python.strip("_").replace("_", "-") or python
    made, number = base, 1
    while made in taken:
        number += 1
        made = f"{base}-{number}"
    taken.add(made)
    return made


def _product(
    name: str, document: Document, names: Names, functions: list[EndpointFunction], jobs: list[JobMethods]
) -> dict[str, object]:
    schemes = {key: scheme for key, scheme in document.security_schemes.items() if key in names.schemes}
    taken: set[str] = set()
    commands = {job.operation.id: _free(job.noun, taken) for job in jobs}
    starts = StartMethods.of(functions, jobs)
    taken = set()
    return {
        "fields": (
            name,
            names.class_name,
            text(document.title),
            text(document.data["info"].get("summary", "")),
            document.environment_variable("URL"),
            text(example_url(document)),
            tuple(
                (names.schemes[key], document.environment_variable(key), credential_kind(scheme))
                for key, scheme in schemes.items()
            ),
            tuple(
                tuple(names.schemes[key] for key in keys)
                for keys in alternatives(document, (function.operation for function in functions))
            ),
        ),
        "jobs": [_job(document, job, commands[job.operation.id]) for job in jobs],
        "starts": [
            _start(
                document,
                start.function,
                _free(start.function.name, taken),
                [commands[link.job.operation.id] for link in start.links],
            )
            for start in starts.rows
        ],
    }


def _job(document: Document, job: JobMethods, name: str) -> dict[str, object]:
    function = job.function
    names = list(function.positional)
    return {
        "fields": (name, job.noun, job.operation.id, _summary(function)),
        "parameters": [_parameter(document, function, one) for one in names],
        "id": names.index(function.argument(job.job.parameter)),
        "options": _options(document, function),
        "keywords": _given(
            final=tuple(map(text, job.final_states)),
            waits=tuple(one.name for one in job.options if one.name in {"after_run", "not_started_timeout"}),
            body=_body(function),
        ),
    }


def _start(document: Document, function: EndpointFunction, name: str, jobs: list[str]) -> dict[str, object]:
    return {
        "fields": (name, function.name, _summary(function)),
        "parameters": [_parameter(document, function, one) for one in function.positional],
        "options": _options(document, function),
        "keywords": _given(body=_body(function), jobs=tuple(dict.fromkeys(jobs))),
    }


def _options(document: Document, function: EndpointFunction) -> list[Literals]:
    return [_parameter(document, function, one) for one in function.keywords if one in function.parameters]


def _body(function: EndpointFunction) -> str:
    source = function.keywords.get("body")
    return "" if source is None else "optional" if " = " in source else "required"


def _summary(function: EndpointFunction) -> str:
    raw = function.operation.raw
    return text(raw.get("summary") or raw.get("description") or function.operation.id).rstrip(".")


def _parameter(document: Document, function: EndpointFunction, python: str) -> Literals:
    parameter = function.parameters[python]
    content = parameter.raw.get("content") or {}
    schema = _schema(document, next(iter(content.values())).get("schema") if content else parameter.schema)
    kinds = _kinds(schema)
    items = _kinds(_schema(document, schema.get("items"))) if kinds == {"array"} else kinds
    is_content = any(map(is_json_name, content)) and "string" not in items
    listed = schema.get("enum", ())
    choices = tuple(text(value) for value in listed if isinstance(value, str | int) and not isinstance(value, bool))
    fields = (python, text(parameter.name), text(parameter.raw.get("description", "")))
    return fields, _given(
        required=python in function.keywords and " = " not in function.keywords[python],
        is_flag=kinds == {"boolean"},
        is_list=kinds == {"array"},
        is_integer=kinds == {"integer"},
        json="object" if items == {"object"} else "any" if is_content else "",
        choices=choices if len(choices) == len(listed) else (),
        example=_example(document, parameter),
    )


def _schema(document: Document, schema: object) -> Mapping[str, Any]:
    """Return the schema behind a reference, empty for one that is true or false."""
    found = document.resolve(schema)
    return found if isinstance(found, Mapping) else {}


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    """Return the types that a schema names, except null."""
    kinds = schema.get("type", ())
    return {kinds} if isinstance(kinds, str) else set(kinds) - {"null"}


def _given(**values: object) -> dict[str, object]:
    """Return the arguments that are not empty."""
    return {name: value for name, value in values.items() if value}


def _example(document: Document, parameter: DocumentParameter) -> str:
    value = next((one for one in known_values(document, parameter) if isinstance(one, str | int)), "")
    return text(value, 60)


def text(value: object, limit: int = LONGEST_TEXT) -> str:
    """Return text of a document as the help of a command shows it."""
    shown = printable(one_line(str(value)), None)
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."
