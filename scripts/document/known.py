"""The values of parameters that exist on a simulator, from the document alone: its verification knows them too."""

import random
from collections.abc import Iterator
from typing import Any

from .expression import MISSING, walk
from .job import JobLifecycle
from .model import Document, Operation, Parameter
from .navigate import schemas_at
from .samples import allows, sample

MAX_VALUES = 8  # of a parameter without examples


def known_values(document: Document, parameter: Parameter) -> tuple[Any, ...]:
    """Return the values of a parameter that exist.

    They are its examples, else those of parameters of the same name, else the ids in examples of the job that it names,
    else generated ones: for the parameter that names a job, one for each state in which a job can end.
    """
    if parameter.known_values:
        return parameter.known_values
    is_valid = document.validator(parameter.schema).is_valid
    shown = (value for value in _shown_values(document, parameter) if isinstance(value, str | int) and is_valid(value))
    return tuple(dict.fromkeys(shown)) or tuple(_generated_values(document, parameter))


def _shown_values(document: Document, parameter: Parameter) -> Iterator[Any]:
    for operation in document.operations:
        for other in operation.parameters_in(parameter.where):
            if other.name == parameter.name:
                yield from other.known_values
    for operation, job in _jobs_named_by(document, parameter):
        for response in operation.status_responses:
            for _, example in response.examples:
                if example.scenario is None and job.id:
                    value = walk(example.value, job.id)
                    yield (
                        value.rstrip("/").rpartition("/")[2]
                        if job.id_match == "suffix" and isinstance(value, str)
                        else value
                    )


def _jobs_named_by(document: Document, parameter: Parameter) -> Iterator[tuple[Operation, JobLifecycle]]:
    return ((o, o.job) for o in document.operations if o.job and o.job.parameter == parameter.name)


def id_schema(document: Document, parameter: Parameter) -> Any:
    """Return the schema of the ids of jobs: that of their parameter, and of where responses repeat them.

    The latter counts only where it allows less, and any id at all.
    """
    repeated = [
        found
        for operation, job in _jobs_named_by(document, parameter)
        if job.id and job.id_match == "equal"
        for response in operation.status_responses
        for media_type in response.media_types
        for found in schemas_at(document.data, media_type.schema, job.id)
        if found.get("type", "string") == "string"
    ]
    combined = {"allOf": [parameter.schema, *repeated]}

    def is_possible(value: Any) -> bool:
        return value is not MISSING and allows(document, combined, value)

    samples = [sample(document, parameter.schema, source) for source in (None, random.Random(0))]  # noqa: S311
    if document.validator(parameter.schema).is_valid(simulated_id(parameter)):
        samples.append(simulated_id(parameter))
    if all(map(is_possible, samples)) or not is_possible(sample(document, combined)):
        return parameter.schema
    return combined


def simulated_id(parameter: Parameter) -> str:
    """Return an id that says what it is, for a parameter that accepts any string."""
    return f"simulated-{parameter.name}"


def _generated_values(document: Document, parameter: Parameter) -> Iterator[Any]:
    schema, allowed = document.resolve(parameter.schema), id_schema(document, parameter)
    ends = [len((*j.success, *j.partial, *j.failure)) for _, j in _jobs_named_by(document, parameter)]
    count = min(max(ends, default=len(schema.get("enum", "x"))), MAX_VALUES)
    first = sample(document, allowed)
    plain = simulated_id(parameter)
    values = [plain if first == "sample" and document.validator(allowed).is_valid(plain) else first]
    source = random.Random(parameter.name)  # noqa: S311 - ids, repeatable
    for _ in range(8 * count):
        value = sample(document, allowed, source)
        if len(values) < count and value not in values and value != "":
            values.append(value)
    yield from (value for value in values if value is not MISSING and value != "")
