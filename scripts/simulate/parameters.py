"""Parsing and validation of request parameters and bodies against the document."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from ..document import Document, Operation, Parameter

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}  # of an array in one text, by the style of its parameter

QUERY_CACHE_SIZE = 1024


class InvalidParameterError(Exception):
    """A parameter or the body is missing or invalid. The message is its name."""


class UnknownParameterError(Exception):
    """The query has parameters that the document does not describe. The message lists their names."""


def parse_query(document: Document, operation: Operation, request: Request, *, lenient: bool = False) -> dict[str, Any]:
    """Return the query parameters by name, with defaults filled in; `lenient` treats invalid ones as absent.

    Raises:
        InvalidParameterError: a parameter is missing, or its value does not match its schema.
        UnknownParameterError: a parameter is not described.
    """
    values: dict[str, Any] = {}
    given = request.query_params if request.scope["query_string"] else None
    parameters = operation.parameters_in("query")
    for parameter in parameters:
        if given and parameter.name in given:
            try:
                values[parameter.name] = parse_value(document, parameter, given.getlist(parameter.name))
                continue
            except InvalidParameterError:
                if not lenient:
                    raise
        elif parameter.required and not lenient and "object" not in schema_types(document, parameter.schema):
            # The properties of an object are parameters of their own.
            raise InvalidParameterError(parameter.name)
        schema = document.resolve(parameter.schema)
        if "default" in schema:
            values[parameter.name] = schema["default"]
    if not lenient and given and (unknown := set(given) - accepted_query_names(document, operation)):
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


def parse_value(document: Document, parameter: Parameter, given: Sequence[str]) -> Any:
    """Return the value of a parameter that is given once or, for an array, several times.

    Raises:
        InvalidParameterError: the value does not match the schema.
    """
    if given[-1] in parameter.coerces:
        return parameter.coerces[given[-1]]
    is_valid = document.validator(parameter.schema).is_valid
    for value in _interpretations(document, parameter, given):
        if is_valid(value):
            return value
    raise InvalidParameterError(parameter.name)


def _interpretations(document: Document, parameter: Parameter, given: Sequence[str]) -> Iterator[Any]:
    """Yield the values that the strings of a parameter can stand for."""
    for content in parameter.raw.get("content", {}):
        if content.endswith(("/json", "+json")):
            yield _parse_json(given[-1])
    types = schema_types(document, parameter.schema)
    if "array" in types:
        items: Any = next(iter(_item_schemas(document, parameter.schema)), {})
        delimiter = DELIMITERS.get(parameter.raw.get("style", ""), ",")
        explode = parameter.where in {"query", "cookie"} and parameter.raw.get("explode", delimiter == ",")
        yield [parse_scalar(document, items, text) for text in (given if explode else given[-1].split(delimiter))]
    if types != {"array"}:
        yield parse_scalar(document, parameter.schema, given[-1])
        yield given[-1]


def _item_schemas(document: Document, schema: Any) -> Iterator[Any]:
    schema = document.resolve(schema)
    if "items" in schema:
        yield schema["items"]
    for member in _members(schema):
        yield from _item_schemas(document, member)


def parse_scalar(document: Document, schema: Any, text: str) -> Any:
    """Return a string as a value of one of the types that a schema names, or the string itself."""
    types = schema_types(document, schema)
    if "boolean" in types and text in {"true", "false"}:
        return text == "true"
    if "integer" in types and re.fullmatch(r"-?(0|[1-9]\d{0,400})", text):
        return int(text)
    if "number" in types and NUMBER.fullmatch(text):
        return float(text)
    if "null" in types and text in {"", "null"}:
        return None
    if not types and "enum" in document.resolve(schema):
        return next((one for one in document.resolve(schema)["enum"] if _format(one) == text), text)
    return text


def schema_types(document: Document, schema: Any) -> frozenset[str]:
    """Return the types that a schema and its combinations name."""
    schema = document.resolve(schema)
    if not isinstance(schema, Mapping):
        return frozenset()
    declared = schema.get("type", ())
    types = frozenset({declared} if isinstance(declared, str) else declared)
    return types.union(*(schema_types(document, member) for member in _members(schema)))


def _members(schema: Mapping[str, Any]) -> Iterator[Any]:
    return (member for name in ("allOf", "anyOf", "oneOf") for member in schema.get(name, ()))


def _format(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
