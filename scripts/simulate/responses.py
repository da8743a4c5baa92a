"""Responses of a simulated API, built from the document's examples."""

import http
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ..document import Example, MediaType, Operation
from ..document import Response as DocumentedResponse
from .bodies import map_strings
from .example_templates import RequestParts, choose_example, render_example
from .faults import Fault
from .routing import RoutedRequest

DocumentedExample = tuple[DocumentedResponse, MediaType, Example]

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
HTML_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>{status} {phrase}</h1></body></html>\n"
)


def gateway_response(operation: Operation, fault: Fault) -> Response:
    """Return the response of a gateway before the API: the documented one for the status, or else a generic one."""
    try:
        phrase = http.HTTPStatus(fault.status).phrase
    except ValueError:
        phrase = "Unknown"
    documented = next((r for r in operation.responses if r.status == str(fault.status)), None)
    example = documented.examples[0] if documented and documented.examples else None
    if fault.status in {204, 304}:
        response = Response(status_code=fault.status)
    elif fault.html:
        response = Response(HTML_PAGE.format(status=fault.status, phrase=phrase), fault.status, media_type="text/html")
    elif documented is not None and example is not None and example[0].is_json:
        response = json_response(documented, example[1].value, fault.status)
    elif example is not None:
        response = Response(str(example[1].value), fault.status, media_type=example[0].name)
    else:
        response = text_response(fault.status, phrase)
    if fault.retry_after is not None:
        response.headers["retry-after"] = f"{fault.retry_after:.3f}".rstrip("0").rstrip(".")
    return response


def scenario_response(routed: RoutedRequest, scenario: str, status: int) -> Response:
    """Return the documented response to a scenario, or an empty response with `status` if it has no example."""
    parts = routed.parts()
    found = choose_example(routed.document, routed.operation, scenario, parts)
    return Response(status_code=status) if found is None else _render_response(routed, found, status, parts)


def example_response(routed: RoutedRequest, found: DocumentedExample) -> Response:
    """Return the response of an example, with the details of the actual request filled in."""
    return _render_response(routed, found, 400, routed.parts())


def find_example(operation: Operation, name: str) -> DocumentedExample | None:
    """Return the example of a name with its response, or None."""
    found = ((r, media_type, e) for r in operation.responses for media_type, e in r.examples if e.name == name)
    return next(found, None)


def _render_response(routed: RoutedRequest, found: DocumentedExample, status: int, parts: RequestParts) -> Response:
    documented, media_type, example = found
    # A range such as 4XX leaves the choice to the server.
    code = int(documented.status) if documented.status.isdecimal() else status
    rendered = render_example(routed.document, routed.operation, example, parts)
    body = _substitute_unknown_ids(routed.operation, rendered, routed.values)
    if media_type.is_json:
        return json_response(documented, body, code)
    return Response(str(body), code, media_type=media_type.name, headers=_example_headers(documented))


def _substitute_unknown_ids(operation: Operation, body: Any, values: Mapping[str, str]) -> Any:
    """Replace the document's sample ids in the strings of an error body with those of the request."""
    samples = {
        str(example.value): values[parameter.name]
        for parameter in operation.parameters_in("path")
        if parameter.name in values
        for example in parameter.examples
        if example.scenario == "unknown_id"
    }

    def replace_samples(text: str) -> str:
        for sample, value in samples.items():
            text = text.replace(sample, value)
        return text

    return map_strings(body, replace_samples)


def _example_headers(documented: DocumentedResponse) -> dict[str, str]:
    return {name: str(header["example"]) for name, header in documented.headers.items() if "example" in header}


def json_response(documented: DocumentedResponse, body: Any, status: int | None = None) -> Response:
    """Return a JSON response with the documented media type, headers and, unless given, status."""
    media_type = next((m.name for m in documented.media_types if m.is_json), "application/json")
    text = ENCODER.encode(body)
    code = status or (int(documented.status) if documented.status.isdecimal() else 200)
    return Response(text, code, media_type=media_type, headers=_example_headers(documented))


def text_response(status: int, text: str) -> Response:
    """Return a plain-text response."""
    return Response(text, status, media_type="text/plain")
