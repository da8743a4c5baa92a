"""Answers of a simulated server, in the document's own examples."""

import http
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ..document import MISSING, Document, Example, Keys, MediaType, Operation
from ..document import Response as Described
from .echoes import Asked, chosen, said, texts_changed
from .faults import Fault
from .jobs import put

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
PAGE = "<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>{status} {word}</h1></body></html>\n"


def gateway(operation: Operation, fault: Fault) -> Response:
    """An answer that is not the API's: as the document has it, where it has that status, or as gateways answer."""
    try:
        word = http.HTTPStatus(fault.status).phrase
    except ValueError:
        word = "Unknown"
    described = next((r for r in operation.responses if r.status == str(fault.status)), None)
    example = described.examples[0] if described and described.examples else None
    if fault.status in {204, 304}:
        response = Response(status_code=fault.status)
    elif fault.html:
        response = Response(PAGE.format(status=fault.status, word=word), fault.status, media_type="text/html")
    elif described is not None and example is not None and example[0].is_json:
        response = in_json(described, example[1].value, fault.status)
    elif example is not None:
        response = Response(str(example[1].value), fault.status, media_type=example[0].name)
    else:
        response = in_text(fault.status, word)
    if fault.retry_after is not None:
        response.headers["retry-after"] = f"{fault.retry_after:.3f}".rstrip("0").rstrip(".")
    return response


def situation(
    document: Document, operation: Operation, when: str, status: int, request: Asked, values: Mapping[str, str]
) -> Response:
    """The documented answer to a situation, or the bare status where the document has none."""
    found = chosen(document, operation, when, request)
    return (
        Response(status_code=status)
        if found is None
        else as_documented(document, operation, found, status, request, values)
    )


def as_documented(
    document: Document,
    operation: Operation,
    found: tuple[Described, MediaType, Example],
    status: int,
    request: Asked,
    values: Mapping[str, str],
) -> Response:
    """A documented answer, speaking of the request that came."""
    described, media_type, taken = found
    # A range such as 4XX leaves the choice to the server.
    code = int(described.status) if described.status.isdecimal() else status
    body = _inside(operation, said(document, operation, taken, request), values)
    if media_type.is_json:
        return in_json(described, body, code)
    return Response(str(body), code, media_type=media_type.name, headers=_described_headers(described))


def _inside(operation: Operation, body: Any, values: Mapping[str, str]) -> Any:
    """Replaces the sample ids of the document inside the texts of an error by those of the request."""
    samples = {
        str(example.value): values[parameter.name]
        for parameter in operation.parameters_in("path")
        if parameter.name in values
        for example in parameter.examples
        if example.when == "unknown_id"
    }

    def swap(text: str) -> str:
        for sample, value in samples.items():
            text = text.replace(sample, value)
        return text

    return texts_changed(body, swap)


def _described_headers(described: Described) -> dict[str, str]:
    return {name: str(header["example"]) for name, header in described.headers.items() if "example" in header}


def in_json(described: Described, body: Any, status: int | None = None) -> Response:
    """A body as the described answer carries it."""
    media_type = next((m.name for m in described.media_types if m.is_json), "application/json")
    text = ENCODER.encode(body)
    code = status or (int(described.status) if described.status.isdecimal() else 200)
    return Response(text, code, media_type=media_type, headers=_described_headers(described))


def in_text(status: int, text: str) -> Response:
    """A plain text."""
    return Response(text, status, media_type="text/plain")


def spoil(body: Any, fault: Fault, state: Keys) -> None:
    """Spoils one field of a reading: the state, where no other is named."""
    path = tuple(fault.field.strip("/").split("/")) if fault.field else state
    if fault.kind == "unknown_word":
        put(body, state, fault.value or "UNHEARD_OF")
    elif fault.kind == "unknown_field":
        put(body, path if fault.field else ("unheardOf",), True if fault.value is None else fault.value)
    elif fault.kind == "missing_field":
        put(body, path, MISSING)
    elif fault.kind == "null":
        put(body, path, None)
