"""Parsing and validation of request parameters and bodies against the document."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from ..document import Document, Operation, Parameter

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


QUERY_CACHE_SIZE = 1024


class InvalidParameterError(Exception):
    """A parameter or the body is missing or invalid. The message is its name."""


class UnknownParameterError(Exception):
    """The query has parameters that the document does not describe. The message lists their names."""


def parse_query(document: Document, operation: Operation, request: Request) -> dict[str, Any]:
    """Return the query parameters by name, with defaults filled in.

    Raises:
        InvalidParameterError: a parameter is missing, or its value does not match its schema.
        UnknownParameterError: a parameter is not described.
    """
    values: dict[str, Any] = {}
    given = request.query_params if request.scope["query_string"] else None
    parameters = operation.parameters_in("query")
    for parameter in parameters:
        if given and parameter.name in given:
            values[parameter.name] = parse_value(document, parameter, given.getlist(parameter.name))
        elif parameter.required:
            raise InvalidParameterError(parameter.name)
        else:
            schema = document.resolve(parameter.schema)
            if "default" in schema:
                values[parameter.name] = schema["default"]
    if given and (unknown := set(given) - accepted_query_names(document, operation)):
        raise UnknownParameterError(", ".join(sorted(unknown)))
    return values


class QueryParser:
    """A cache of the results of `parse_query`."""

    def __init__(self) -> None:
        self._results: dict[tuple[str, str, bytes], Mapping[str, Any] | Exception] = {}

    def parse(self, document: Document, operation: Operation, request: Request) -> Mapping[str, Any]:
        """Return what `parse_query` returns, or raise what it raises."""
        key = (operation.id, document.stem, request.scope["query_string"])
        result = self._results.get(key)
        if result is None:
            if len(self._results) >= QUERY_CACHE_SIZE:
                self._results.clear()
            try:
                result = parse_query(document, operation, request)
            except (InvalidParameterError, UnknownParameterError) as error:
                result = error
            self._results[key] = result
        if isinstance(result, Exception):
            raise result.with_traceback(None)
        return result


def accepted_query_names(document: Document, operation: Operation) -> frozenset[str]:
    """Return the names of the accepted query parameters: described, ignored, or carrying a credential."""
    credentials = {scheme.name for scheme in document.security_schemes.values() if scheme.where == "query"}
    return (
        operation.ignored_parameters | credentials | {parameter.name for parameter in operation.parameters_in("query")}
    )


def check_header_parameters(document: Document, operation: Operation, request: Request) -> None:
    """Validate the header and cookie parameters.

    Raises:
        InvalidParameterError: a parameter is missing, or its value does not match its schema.
    """
    for where in ("header", "cookie"):
        for parameter in operation.parameters_in(where):
            given: Mapping[str, str] = request.headers if where == "header" else request.cookies
            if parameter.name in given:
                parse_value(document, parameter, [given[parameter.name]])
            elif parameter.required:
                raise InvalidParameterError(parameter.name)


def check_path_parameters(document: Document, operation: Operation, values: Mapping[str, str]) -> None:
    """Validate the path parameters.

    Raises:
        InvalidParameterError: a value does not match its schema.
    """
    for parameter in operation.parameters_in("path"):
        parse_value(document, parameter, [values[parameter.name]])


async def parse_body(document: Document, operation: Operation, request: Request) -> Any:
    """Return the parsed JSON body, or None if it is absent or the document describes none.

    Raises:
        InvalidParameterError: the body is missing although required, not JSON, or does not match its schema.
    """
    if operation.body is None:
        return None
    described = document.resolve(operation.raw["requestBody"])
    body = await request.body()
    if not body:
        if described.get("required"):
            raise InvalidParameterError("body")
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidParameterError("body") from None
    if not document.validator(operation.body.schema).is_valid(value):
        raise InvalidParameterError("body")
    return value


def parse_value(document: Document, parameter: Parameter, given: Sequence[str]) -> Any:
    """Return the value of a parameter that is given once or, for an array, several times.

    Raises:
        InvalidParameterError: the value does not match the schema.
    """
    if given[-1] in parameter.coerces:
        return parameter.coerces[given[-1]]
    schema = document.resolve(parameter.schema)
    if schema.get("type") == "array":
        items = document.resolve(schema.get("items", {}))
        value: Any = [_parse_scalar(items, text) for text in given]
    else:
        value = _parse_scalar(schema, given[-1])
    if not document.validator(parameter.schema).is_valid(value):
        raise InvalidParameterError(parameter.name)
    return value


def _parse_scalar(schema: Mapping[str, Any], text: str) -> Any:
    declared = schema.get("type", "string")
    types = declared if isinstance(declared, list) else [declared]
    if "boolean" in types and text in {"true", "false"}:
        return text == "true"
    if "integer" in types and re.fullmatch(r"-?(0|[1-9]\d{0,400})", text):
        return int(text)
    if "number" in types and NUMBER.fullmatch(text):
        return float(text)
    return text
