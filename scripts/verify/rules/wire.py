"""What a request says once it is on the wire, where every value is a text."""

import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from ...document import MISSING, Document, Operation, Parameter
from ..exchange import Exchange, documented

# What HTTP lets a header hold, and a request target.
HEADER = re.compile(r"([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
TARGET = re.compile(r"([\x21\x23-\x24\x26-\x3b\x3d\x3f-\x5a\x5f\x61-\x7a\x7e]|%[0-9A-Fa-f]{2})*")
LONGEST = 2000  # characters of a target or a header that every web server takes


def read(document: Document, schema: Any, texts: Sequence[str]) -> Any:
    """The value that texts of a URL or a header are of, by the schema of their parameter."""
    schema = document.resolve(schema)
    if schema.get("type") == "array":
        return [read(document, schema.get("items", {}), [text]) for text in texts]
    kinds = schema.get("type", "string")
    kinds, text = ([kinds] if isinstance(kinds, str) else kinds), texts[-1]
    for member in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        value = read(document, member, texts)
        if value != text:
            return value
    if {"integer", "number", "boolean", "null"} & set(kinds):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if not isinstance(value, str | list | dict) and document.validator(schema).is_valid(value):
            return value
    return text


def is_valid(document: Document, operation: Operation, exchange: Exchange) -> bool:
    """Whether a request without content is one that the document allows, whatever it was drawn as."""
    if exchange.content or exchange.method != operation.method:
        return False
    path, query = _path(operation, exchange), urllib.parse.urlsplit(exchange.url).query
    given = urllib.parse.parse_qs(query, keep_blank_values=True)
    headers = {name.lower(): [value] for name, value in exchange.request_headers.items()}
    for parameter in operation.parameters:
        places: dict[str, Mapping[str, Sequence[str]]] = {"path": path or {}, "query": given, "header": headers}
        name = parameter.name.lower() if parameter.where == "header" else parameter.name
        texts = places.get(parameter.where, {}).get(name)
        if texts is None:
            if parameter.required:
                return False
        elif not _holds(document, parameter, texts):
            return False
    return path is not None


def is_refused_before_the_api(operation: Operation, exchange: Exchange) -> bool:
    """Whether a web server, and not the API, has refused what is no HTTP to it, in words of its own."""
    if exchange.status not in {400, 408, 413, 414, 431, 501}:
        return False
    response = documented(operation, exchange.status)
    described = {m.name.split(";")[0].strip().lower() for m in response.media_types} if response else set()
    if exchange.media_type in described:
        return False
    parts = urllib.parse.urlsplit(exchange.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    values = exchange.request_headers.values()
    return (
        not TARGET.fullmatch(target)
        or len(target) > LONGEST
        or any(not HEADER.fullmatch(value) or len(value) > LONGEST for value in values)
        or bool(re.search("%(00|0[aAdD]|7[fF]|[89a-fA-F][0-9a-fA-F])", target))
    )


def _path(operation: Operation, exchange: Exchange) -> dict[str, list[str]] | None:
    names = re.findall(r"\{([^{}]+)\}", operation.path)
    pattern = re.sub(r"\\\{[^{}]+\\\}", "([^/]+)", re.escape(operation.path))
    found = re.search(f"{pattern}$", urllib.parse.urlsplit(exchange.url).path)
    if found is None:
        return None
    return {name: [urllib.parse.unquote(text)] for name, text in zip(names, found.groups(), strict=True)}


def _holds(document: Document, parameter: Parameter, texts: Sequence[str]) -> bool:
    if texts[-1] in parameter.reads:
        return True
    value = read(document, parameter.schema, texts)
    return value is not MISSING and document.validator(parameter.schema).is_valid(value)
