"""Reads the parameters of a request as the document describes them."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from ..document import Document, Operation, Parameter

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


class BadParameter(Exception):
    """A parameter is missing or cannot be read."""


class UnknownParameter(Exception):
    """A query parameter that the document does not name."""


def read_query(document: Document, operation: Operation, request: Request) -> dict[str, Any]:
    """The query parameters by name, defaults filled in.

    Raises:
        BadParameter: one is missing, or its value is not of its schema.
        UnknownParameter: one is not described.
    """
    values: dict[str, Any] = {}
    given = request.query_params if request.scope["query_string"] else None
    parameters = operation.parameters_in("query")
    for parameter in parameters:
        if given and parameter.name in given:
            values[parameter.name] = _value(document, parameter, given.getlist(parameter.name))
        elif parameter.required:
            raise BadParameter(parameter.name)
        else:
            schema = document.resolve(parameter.schema)
            if "default" in schema:
                values[parameter.name] = schema["default"]
    if given and (unknown := set(given) - known_names(document, operation)):
        raise UnknownParameter(", ".join(sorted(unknown)))
    return values


def known_names(document: Document, operation: Operation) -> frozenset[str]:
    """The names of the query parameters that are no slip: described, ignored, or a credential's."""
    credentials = {scheme.name for scheme in document.security_schemes.values() if scheme.where == "query"}
    return operation.ignores | credentials | {parameter.name for parameter in operation.parameters_in("query")}


def check_headers(document: Document, operation: Operation, request: Request) -> None:
    """Whether header and cookie parameters can be read.

    Raises:
        BadParameter: one is missing, or its value is not of its schema.
    """
    for where in ("header", "cookie"):
        for parameter in operation.parameters_in(where):
            given: Mapping[str, str] = request.headers if where == "header" else request.cookies
            if parameter.name in given:
                _value(document, parameter, [given[parameter.name]])
            elif parameter.required:
                raise BadParameter(parameter.name)


def check_path(document: Document, operation: Operation, values: Mapping[str, str]) -> None:
    """Whether the parameters of the path can be read.

    Raises:
        BadParameter: a value is not of its schema.
    """
    for parameter in operation.parameters_in("path"):
        check_parameter(document, parameter, values[parameter.name])


def check_parameter(document: Document, parameter: Parameter, value: str) -> None:
    """Whether a value of one parameter can be read.

    Raises:
        BadParameter: it is not of its schema.
    """
    _value(document, parameter, [value])


async def read_body(document: Document, operation: Operation, request: Request) -> Any:
    """The body, where the document describes one; any other is ignored.

    Raises:
        BadParameter: it is missing, no JSON, or not of its schema.
    """
    if operation.body is None:
        return None
    described = document.resolve(operation.raw["requestBody"])
    body = await request.body()
    if not body:
        if described.get("required"):
            raise BadParameter("body")
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadParameter("body") from None
    if not document.validator(operation.body.schema).is_valid(value):
        raise BadParameter("body")
    return value


def _value(document: Document, parameter: Parameter, given: Sequence[str]) -> Any:
    if given[-1] in parameter.reads:
        return parameter.reads[given[-1]]
    schema = document.resolve(parameter.schema)
    if schema.get("type") == "array":
        items = document.resolve(schema.get("items", {}))
        value: Any = [_scalar(items, text) for text in given]
    else:
        value = _scalar(schema, given[-1])
    if not document.validator(parameter.schema).is_valid(value):
        raise BadParameter(parameter.name)
    return value


def _scalar(schema: Mapping[str, Any], text: str) -> Any:
    wanted = schema.get("type", "string")
    types = wanted if isinstance(wanted, list) else [wanted]
    if "boolean" in types and text in {"true", "false"}:
        return text == "true"
    if "integer" in types and re.fullmatch(r"-?(0|[1-9]\d{0,400})", text):
        return int(text)
    if "number" in types and NUMBER.fullmatch(text):
        return float(text)
    return text
