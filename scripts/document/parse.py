"""Parse the plain data of an OpenAPI document into the model."""

from collections.abc import Iterator, Mapping
from typing import Any

from .expression import parse_expression
from .job import parse_job
from .model import (
    METHODS,
    Document,
    Example,
    InvalidExample,
    Link,
    MediaType,
    Operation,
    Parameter,
    Response,
    SecurityScheme,
    resolve,
)
from .source import Pointer, Source


def parse_document(source: Source) -> Document:
    """Parse a source for which `rules.check_source` has returned no problem."""
    data = source.data
    return Document(
        source=source,
        title=data["info"]["title"],
        security_schemes={
            key: _security_scheme(key, resolve(data, raw, ())[0])
            for key, raw in data.get("components", {}).get("securitySchemes", {}).items()
        },
        operations=tuple(
            _operation(data, path, item, method, pointer) for path, item, method, pointer in raw_operations(data)
        ),
    )


def raw_operations(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str, Pointer]]:
    """Yield the path, path item, method and pointer of each operation."""
    for path, item in (data.get("paths") or {}).items():
        if isinstance(item, Mapping):
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
                    yield path, item, method, ("paths", path, method)


def _security_scheme(key: str, raw: Mapping[str, Any]) -> SecurityScheme:
    return SecurityScheme(
        key=key,
        type=raw["type"],
        scheme=raw.get("scheme", "").lower(),
        where=raw.get("in", "header"),
        name=raw.get("name", "Authorization"),
    )


def _operation(data: dict[str, Any], path: str, item: Mapping[str, Any], method: str, pointer: Pointer) -> Operation:
    raw = item[method]
    parameters: dict[tuple[str, str], Parameter] = {}
    for owner, place in ((item, pointer[:-1]), (raw, pointer)):
        for index, entry in enumerate(owner.get("parameters", ())):
            parameter = _parameter(data, entry, (*place, "parameters", index))
            parameters[parameter.name, parameter.where] = parameter
    return Operation(
        id=raw["operationId"],
        method=method.upper(),
        path=path,
        parameters=tuple(parameters.values()),
        responses=tuple(
            _response(data, status, entry, (*pointer, "responses", status))
            for status, entry in raw["responses"].items()
        ),
        security=tuple(tuple(alternative) for alternative in raw.get("security", data.get("security", [])) or [{}]),
        job=parse_job(raw["x-job"]) if "x-job" in raw else None,
        body=_body(data, raw, pointer),
        raw=raw,
        pointer=pointer,
    )


def _body(data: dict[str, Any], raw: Mapping[str, Any], pointer: Pointer) -> MediaType | None:
    body, body_pointer = resolve(data, raw.get("requestBody"), (*pointer, "requestBody"))
    for name, media_type in (body or {}).get("content", {}).items():
        place = (*body_pointer, "content", name)
        found = MediaType(name, media_type.get("schema", {}), _examples(data, media_type, place), (), place)
        if found.is_json:
            return found
    return None


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


def _response(data: dict[str, Any], status: str, entry: Any, pointer: Pointer) -> Response:
    raw, pointer = resolve(data, entry, pointer)
    links = {
        name: _link(name, resolve(data, link, ())[0], (*pointer, "links", name))
        for name, link in raw.get("links", {}).items()
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
        links=tuple(links[name] for name in raw.get("x-link-order", links)),
        raw=raw,
        pointer=pointer,
    )


def _link(name: str, raw: Mapping[str, Any], pointer: Pointer) -> Link:
    parameters = {
        parameter: parse_expression(expression) for parameter, expression in raw.get("parameters", {}).items()
    }
    return Link(name, raw["operationId"], parameters, pointer)


def _examples(data: dict[str, Any], owner: Mapping[str, Any], pointer: Pointer) -> tuple[Example, ...]:
    found = []
    if "example" in owner:
        found.append(Example("example", owner["example"], None, (*pointer, "example")))
    for name, entry in owner.get("examples", {}).items():
        raw, place = resolve(data, entry, (*pointer, "examples", name))
        found.append(Example(name, raw.get("value"), raw.get("x-scenario"), place, raw.get("x-request", "")))
    return tuple(found)
