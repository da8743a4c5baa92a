"""Parsing and validation of request bodies: JSON, forms and text."""

import email.parser
import email.policy
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from starlette.requests import Request

from ..document import Document, Operation
from .parameters import InvalidParameterError, parse_scalar, schema_types

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
SCALARS = frozenset({"string", "integer", "number", "boolean"})
Field = tuple[str, str]  # name and value


class UnsupportedMediaTypeError(InvalidParameterError):
    """The body has a media type that the document does not describe. The message is its name."""


async def parse_body(document: Document, operation: Operation, request: Request) -> Any:
    """Return the parsed body, or None if it is absent or the document describes none.

    Raises:
        UnsupportedMediaTypeError: the document does not describe the media type.
        InvalidParameterError: the body is missing although required, malformed, or does not match its schema.
    """
    described = document.resolve(operation.raw.get("requestBody"))
    if not described:
        return None
    body = await request.body()
    header = request.headers.get("content-type", "")
    given, content = essence(header), described.get("content", {})
    has_fields = not given or _is_json(given) or given in {FORM, MULTIPART}
    if not body and has_fields:  # empty text and empty bytes are a body
        if not described.get("required"):
            return None
        if given != FORM:  # a form without fields is empty
            raise InvalidParameterError("body")
    # A body without a media type is of the first described one.
    name = next((name for name in content if not given or fnmatchcase(given, essence(name))), None)
    if name is None:
        raise UnsupportedMediaTypeError(given)
    schema = content[name].get("schema", {})
    given = given or essence(name)
    if given == FORM:
        pairs = urllib.parse.parse_qsl(_decode(body), keep_blank_values=True)
        return _parse_form(document, schema, pairs, may_spread=True)
    if given == MULTIPART:
        return _parse_form(document, schema, _multipart_fields(header, body))
    if _is_json(given):
        return _parse_json(document, schema, body)
    text = body.decode(errors="replace")
    if document.resolve(schema).get("type") == "string" and not document.validator(schema, of_request=True).is_valid(
        text
    ):
        raise InvalidParameterError("body")
    return text


def essence(media_type: str) -> str:
    """Return a media type in lower case without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise InvalidParameterError("body") from None


def _parse_json(document: Document, schema: Any, body: bytes) -> Any:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidParameterError("body") from None
    if not document.validator(schema, of_request=True).is_valid(value):
        raise InvalidParameterError("body")
    return value


def _multipart_fields(header: str, body: bytes) -> Iterator[Field]:
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(f"content-type: {header}\r\n\r\n".encode() + body)
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        yield str(name or ""), payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def _parse_form(document: Document, schema: Any, fields: Iterable[Field], *, may_spread: bool = False) -> Any:
    """Return the fields of a form as the schema types them.

    How a form writes nested values is not defined well enough to reject one: `a[b]=c`, JSON, or, if `may_spread`, each
    property of the value as a field.
    """
    properties = _properties(document, schema)
    objects = {name for name, described in properties.items() if "object" in schema_types(document, described)}
    objects &= set(properties) if may_spread else set()
    value: dict[str, Any] = {}
    nested: set[str] = set()
    for name, text in fields:
        top, *keys = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        described = properties.get(top, {})
        types = schema_types(document, described)
        items = document.resolve(described).get("items", {}) if "array" in types else {}
        if "array" in types and not any(keys) and schema_types(document, items) & SCALARS:
            value.setdefault(top, []).append(parse_scalar(document, items, text))
        elif top not in properties and objects:
            value |= dict.fromkeys(objects - value.keys(), text)
            nested |= objects
        elif any(keys) or not types & SCALARS:
            value[top] = text
            nested.add(top)
        else:
            value[top] = parse_scalar(document, described, text)
    for name in _required_names(document, schema) - value.keys():
        if schema_types(document, properties.get(name, {})) == {"array"}:
            value[name] = []  # an empty list has no field
    for error in document.validator(schema, of_request=True).iter_errors(value):
        if not error.instance_path or error.instance_path[0] not in nested:
            raise InvalidParameterError("body")
    return value


def _required_names(document: Document, schema: Any) -> set[str]:
    """Return the names of the properties that a schema and all that it combines require."""
    schema = document.resolve(schema)
    return set(schema.get("required", ())).union(*(_required_names(document, m) for m in schema.get("allOf", ())))


def _properties(document: Document, schema: Any) -> dict[str, Any]:
    """Return the properties that a schema and its combinations describe."""
    schema = document.resolve(schema)
    found: dict[str, Any] = {}
    for member in (m for name in ("allOf", "oneOf", "anyOf") for m in schema.get(name, ())):
        found |= _properties(document, member)
    found |= schema.get("properties", {})
    return found
