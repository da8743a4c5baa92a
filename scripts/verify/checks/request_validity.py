"""Validity of sent requests, with parameter values parsed from the strings in the URL and the headers."""

import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from ...document import MISSING, Document, Operation, Parameter
from ..exchange import Exchange, documented_response
from ..schemas import UNLIKE_TEXT, schema_of, schema_types

# The characters that HTTP allows in a header value and in a request target.
HEADER = re.compile(r"([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
TARGET = re.compile(r"([\x21\x23-\x24\x26-\x3b\x3d\x3f-\x5a\x5f\x61-\x7a\x7e]|%[0-9A-Fa-f]{2})*")
MAX_LENGTH = 2000  # characters of a target or a header that every web server accepts


def parse_parameter(document: Document, schema: Any, strings: Sequence[str]) -> Any:
    """Parse the strings of a parameter in a URL or a header according to its schema."""
    schema, types, string = schema_of(document, schema), schema_types(document, schema), strings[-1]
    if types == {"array"}:
        return [parse_parameter(document, schema.get("items", {}), [string]) for string in strings]
    for member in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        value = parse_parameter(document, member, strings)
        if value != string:
            return value
    if types & UNLIKE_TEXT:
        try:
            value = json.loads(string)
        except (ValueError, RecursionError):
            return string
        if not isinstance(value, str | list | dict) and document.validator(schema).is_valid(value):
            return value
    return string


def is_valid_request(document: Document, operation: Operation, exchange: Exchange) -> bool:
    """Return whether a request without a body is valid by the document, even if it was generated as an invalid one."""
    if exchange.content or exchange.method != operation.method:
        return False
    path, query = _path(operation, exchange), urllib.parse.urlsplit(exchange.url).query
    query_values = urllib.parse.parse_qs(query, keep_blank_values=True)
    headers = {name.lower(): [value] for name, value in exchange.request_headers.items()}
    for parameter in operation.parameters:
        places: dict[str, Mapping[str, Sequence[str]]] = {"path": path or {}, "query": query_values, "header": headers}
        name = parameter.name.lower() if parameter.where == "header" else parameter.name
        strings = places.get(parameter.where, {}).get(name)
        if strings is None:
            if parameter.required:
                return False
        elif not _is_valid_parameter(document, parameter, strings):
            return False
    return path is not None


def is_rejected_by_web_server(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a web server before the API has rejected a malformed request with a response of its own."""
    if exchange.status not in {400, 408, 413, 414, 431, 501}:
        return False
    response = documented_response(operation, exchange.status)
    described = {m.name.split(";")[0].strip().lower() for m in response.media_types} if response else set()
    if exchange.media_type in described:
        return False
    parts = urllib.parse.urlsplit(exchange.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    values = exchange.request_headers.values()
    return (
        not TARGET.fullmatch(target)
        or len(target) > MAX_LENGTH
        or any(not HEADER.fullmatch(value) or len(value) > MAX_LENGTH for value in values)
        or bool(re.search("%(00|0[aAdD]|7[fF]|[89a-fA-F][0-9a-fA-F])", target))
        or _is_framing_invalid(exchange.request_headers, parts.netloc)
    )


def _is_framing_invalid(headers: Mapping[str, str], host: str) -> bool:
    """Return whether a generated header replaces one that says where the request ends or which host it is for."""
    values = {name.lower(): value for name, value in headers.items()}
    return (
        values.get("transfer-encoding", "chunked").lower() != "chunked"
        or not re.fullmatch("[0-9]+", values.get("content-length", "0"))
        or values.get("host", host).lower() != host.rpartition("@")[2].lower()
    )


def _path(operation: Operation, exchange: Exchange) -> dict[str, list[str]] | None:
    names = operation.path_names
    pattern = re.sub(r"\\\{[^{}]+\\\}", "([^/]+)", re.escape(operation.path))
    found = re.search(f"{pattern}$", urllib.parse.urlsplit(exchange.url).path)
    if found is None:
        return None
    return {name: [urllib.parse.unquote(string)] for name, string in zip(names, found.groups(), strict=True)}


def _is_valid_parameter(document: Document, parameter: Parameter, strings: Sequence[str]) -> bool:
    if strings[-1] in parameter.coerces:
        return True
    value = parse_parameter(document, parameter.schema, strings)
    return value is not MISSING and document.validator(parameter.schema).is_valid(value)
