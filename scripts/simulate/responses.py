"""Responses of a simulated API, built from the document's examples."""

import http
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ..document import MISSING, Example, MediaType, Message, Operation
from ..document import Response as DocumentedResponse
from .bodies import map_strings
from .conditions import Wish, granted_bodies
from .derived import DerivedResponses, Reply, main_media_type
from .example_templates import RequestParts, choose_example, render_example
from .faults import Fault
from .routing import RoutedRequest

DocumentedExample = tuple[DocumentedResponse, MediaType, Example]

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
HTML_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>{status} {phrase}</h1></body></html>\n"
)

# The documented statuses that suit a scenario without an example, the best one first.
PREFERRED: Mapping[str, tuple[str, ...]] = {
    "no_credential": ("401", "403"),
    "wrong_credential": ("401", "403"),
    "wrong_scope": ("403", "401"),
    "bad_parameter": ("400", "422"),
    "unsupported_media_type": ("415", "400", "422"),
    "unknown_id": ("404", "410"),
    "wrong_method": ("405",),
}
IMPLIED = frozenset({"no_credential", "wrong_credential", "unknown_id", "wrong_method", "empty_id"})
REJECTED_INPUT = frozenset({"bad_parameter", "unsupported_media_type"})
REJECTIONS = ("400", "404", "406", "415", "422")  # the statuses that can stand for it


def gateway_response(derived: DerivedResponses, operation: Operation, fault: Fault) -> Response:
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
    elif documented is not None and example is not None:
        response = render_body(derived, documented, example[0], example[1].value, fault.status)
    else:
        response = text_response(fault.status, phrase)
    if fault.retry_after is not None:
        response.headers["retry-after"] = f"{fault.retry_after:.3f}".rstrip("0").rstrip(".")
    return response


def scenario_response(routed: RoutedRequest, scenario: str, status: int) -> Response | None:
    """Return the documented response to a scenario, None if the document has none that fits.

    Without an example of the scenario it is the nearest documented response, with a body derived from its schema.
    """
    if routed.operation.scenario(scenario):
        parts = routed.parts()
        if found := choose_example(routed.document, routed.operation, scenario, parts):
            return _render_response(routed, found, status, parts)
    documented = _nearest_response(routed.operation, scenario)
    if documented is not None:
        return derived_response(routed.derived, documented, status)
    # `security` implies a 401 and a path with parameters a 404, even if the document lists neither: a response that
    # accepts such a request would be worse than an undocumented status. Any other rejection needs a documented one.
    return Response(status_code=status) if scenario in IMPLIED else None


def _nearest_response(operation: Operation, scenario: str) -> DocumentedResponse | None:
    # A status that reports the job says nothing about the request.
    reporting = operation.status_responses if operation.job else ()
    by_status = {one.status.upper(): one for one in operation.responses if one not in reporting}
    others = REJECTIONS if scenario in REJECTED_INPUT else ()
    preferred = (*PREFERRED.get(scenario, ()), "4XX", "DEFAULT", *others)
    return next((by_status[status] for status in preferred if status in by_status), None)


def derived_response(derived: DerivedResponses, documented: DocumentedResponse, status: int) -> Response:
    """Return a documented response with a derived body; `status` is the code of a range or of `default`."""
    media_type, body = derived.content(documented)
    return render_body(derived, documented, media_type, body, status)


def render_body(
    derived: DerivedResponses, documented: DocumentedResponse, media_type: MediaType | None, body: Any, status: int
) -> Response:
    """Return a documented response with a body and the documented headers."""
    code = int(documented.status) if documented.status.isdecimal() else status
    headers = derived.headers(documented)
    if media_type is None or code in {204, 205, 304}:
        return Response(status_code=code, headers=headers)
    if media_type.is_json:
        name = "application/json" if "*" in media_type.name else media_type.name
        return Response(ENCODER.encode(body), code, media_type=name, headers=headers)
    return Response(str(body), code, media_type=media_type.name, headers=headers)


def reply_response(routed: RoutedRequest, reply: Reply) -> Response:
    """Return a reply, without content if the document describes none."""
    media_type = main_media_type(reply.response)
    response = render_body(routed.derived, reply.response, media_type, reply.body, reply.status)
    response.headers.update(reply.headers)
    return response


def unknown_job_response(routed: RoutedRequest) -> Response:
    """Return the response to a request for a job that does not exist, which may be a 2xx with a body that says so."""
    operation = routed.operation
    if operation.job and operation.job.unknown and not operation.scenario("unknown_id"):
        for response in operation.status_responses:
            media_type, status = main_media_type(response), int(response.status) if response.status.isdecimal() else 200
            examples = [example.value for _, example in response.examples]
            wish, message = Wish(operation.job.unknown), Message(MISSING, status)
            for body, headers in granted_bodies(routed.document, media_type, examples, wish, message):
                return reply_response(routed, Reply(response, body, status, headers))
    return scenario_response(routed, "unknown_id", 404) or Response(status_code=404)


def example_response(routed: RoutedRequest, found: DocumentedExample) -> Response:
    """Return the response of an example, with the details of the actual request filled in."""
    return _render_response(routed, found, 400, routed.parts())


def find_example(operation: Operation, name: str) -> DocumentedExample | None:
    """Return the example of a name with its response, or None."""
    found = ((r, media_type, e) for r in operation.responses for media_type, e in r.examples if e.name == name)
    return next(found, None)


def _render_response(routed: RoutedRequest, found: DocumentedExample, status: int, parts: RequestParts) -> Response:
    documented, media_type, example = found
    rendered = render_example(routed.document, routed.operation, example, parts)
    body = _substitute_unknown_ids(routed.operation, rendered, routed.values)
    return render_body(routed.derived, documented, media_type, body, status)


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


def text_response(status: int, text: str) -> Response:
    """Return a plain-text response."""
    return Response(text, status, media_type="text/plain")
