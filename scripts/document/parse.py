"""Parse the plain data of an OpenAPI document into the model."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .expression import Expression, parse_runtime_expression
from .job import parse_job
from .model import (
    Document,
    Example,
    InvalidExample,
    Link,
    MediaType,
    Operation,
    Parameter,
    Response,
    SecurityScheme,
)
from .naming import raw_operations
from .references import resolve
from .source import Pointer, Source

# OpenAPI ignores header parameters with these names.
IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})


def parse_document(source: Source, operation_ids: Mapping[tuple[str, str], str] = {}) -> Document:
    """Parse a source for which `rules.check_source` has returned no problem.

    `operation_ids` are the operationIds as written, by path and method, if they were replaced by Python names.
    """
    data = source.data
    operations = [(item[method], pointer) for _, item, method, pointer in raw_operations(data)]
    # A link to an operation that reports no job says nothing about jobs. An unknown target is kept, and refused later.
    other = frozenset(raw["operationId"] for raw, _ in operations if "x-job" not in raw)
    return Document(
        source=source,
        title=data["info"]["title"],
        security_schemes={
            key: _security_scheme(key, resolve(data, raw, ())[0])
            for key, raw in data.get("components", {}).get("securitySchemes", {}).items()
        },
        operations=tuple(
            _operation(data, other, path, item, method, pointer, operation_ids.get((path, method)))
            for path, item, method, pointer in raw_operations(data)
        ),
    )


def _security_scheme(key: str, raw: Mapping[str, Any]) -> SecurityScheme:
    return SecurityScheme(
        key=key,
        type=raw["type"],
        scheme=raw.get("scheme", "").lower(),
        where=raw.get("in", "header"),
        name=raw.get("name", "Authorization"),
    )


def _operation(
    data: dict[str, Any],
    without_job: frozenset[str],
    path: str,
    item: Mapping[str, Any],
    method: str,
    pointer: Pointer,
    operation_id: str | None,
) -> Operation:
    raw = item[method]
    parameters: dict[tuple[str, str], Parameter] = {}
    for owner, place in ((item, pointer[:-1]), (raw, pointer)):
        for index, entry in enumerate(owner.get("parameters", ())):
            parameter = _parameter(data, entry, (*place, "parameters", index))
            if parameter.where != "header" or parameter.name.lower() not in IGNORED_HEADERS:
                parameters[parameter.name, parameter.where] = parameter
    # Those of the path in its order, then the others in theirs.
    ordered = sorted(
        parameters.values(), key=lambda one: path.find(f"{{{one.name}}}") if one.where == "path" else len(path)
    )
    job = parse_job(raw["x-job"]) if "x-job" in raw else None
    if job is not None:
        job = job.with_parameter(job.names or _job_parameter(ordered))
    return Operation(
        id=raw["operationId"],
        operation_id=raw["operationId"] if operation_id is None else operation_id,
        method=method.upper(),
        path=path,
        parameters=tuple(ordered),
        responses=tuple(
            _response(data, without_job, status, entry, (*pointer, "responses", status))
            for status, entry in raw["responses"].items()
        ),
        security=tuple(tuple(alternative) for alternative in raw.get("security", data.get("security", [])) or [{}]),
        job=job,
        bodies=_bodies(data, raw, pointer),
        raw=raw,
        pointer=pointer,
    )


def _job_parameter(parameters: Sequence[Parameter]) -> str:
    """Return the parameter that names the job: the last one of the path, else the only required query one."""
    in_path = [parameter.name for parameter in parameters if parameter.where == "path"]
    in_query = [parameter.name for parameter in parameters if parameter.where == "query" and parameter.required]
    return in_path[-1] if in_path else in_query[0] if len(in_query) == 1 else ""


def _bodies(data: dict[str, Any], raw: Mapping[str, Any], pointer: Pointer) -> tuple[MediaType, ...]:
    body, body_pointer = resolve(data, raw.get("requestBody"), (*pointer, "requestBody"))
    found = []
    for name, media_type in (body or {}).get("content", {}).items():
        place = (*body_pointer, "content", name)
        found.append(MediaType(name, media_type.get("schema", {}), _examples(data, media_type, place), (), place))
    return tuple(found)


def _parameter(data: dict[str, Any], entry: Any, pointer: Pointer) -> Parameter:
    raw, pointer = resolve(data, entry, pointer)
    return Parameter(
        name=raw["name"],
        where=raw["in"],
        required=raw.get("required", False),
        schema=raw.get("schema", {}),
        raw=raw,
        examples=_examples(data, raw, pointer),
        pointer=pointer,
        coerces=raw.get("x-coerces", {}),
    )


def _response(data: dict[str, Any], without_job: frozenset[str], status: str, entry: Any, pointer: Pointer) -> Response:
    raw, pointer = resolve(data, entry, pointer)
    raw_links = {name: resolve(data, link, ())[0] for name, link in raw.get("links", {}).items()}
    links = {
        name: _link(name, link, (*pointer, "links", name))
        for name, link in raw_links.items()
        if link.get("operationId") not in without_job
    }
    return Response(
        status=status,
        media_types=tuple(
            MediaType(
                name=name,
                schema=media_type.get("schema", {}),
                examples=_examples(data, media_type, (*pointer, "content", name)),
                invalid_examples=tuple(
                    InvalidExample(
                        key, entry["value"], entry["reason"], (*pointer, "content", name, "x-invalid-examples", key)
                    )
                    for key, entry in media_type.get("x-invalid-examples", {}).items()
                ),
                pointer=(*pointer, "content", name),
            )
            for name, media_type in raw.get("content", {}).items()
        ),
        headers={name: resolve(data, header, ())[0] for name, header in raw.get("headers", {}).items()},
        links=tuple(links[name] for name in raw.get("x-link-order", links) if name in links),
        raw=raw,
        pointer=pointer,
    )


def _link(name: str, raw: Mapping[str, Any], pointer: Pointer) -> Link:
    parameters: dict[str, Expression] = {
        # A name may be qualified by its place, such as path.id.
        re.sub(r"^(path|query|header|cookie)\.", "", parameter): parse_runtime_expression(value)
        for parameter, value in raw.get("parameters", {}).items()
    }
    return Link(name, raw.get("operationId", raw.get("operationRef", "")), parameters, pointer)


def _examples(data: dict[str, Any], owner: Mapping[str, Any], pointer: Pointer) -> tuple[Example, ...]:
    found = []
    if "example" in owner:
        found.append(Example("example", owner["example"], None, (*pointer, "example")))
    for name, entry in owner.get("examples", {}).items():
        raw, place = resolve(data, entry, (*pointer, "examples", name))
        found.append(Example(name, raw.get("value"), raw.get("x-scenario"), place, raw.get("x-request", "")))
    return tuple(found)
