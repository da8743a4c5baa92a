"""The page of the simulator, for browsers: one file, with the script page.js and the style sheet page.css."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..document import Document
from .app import Simulator
from .faults import EFFECTS, KINDS
from .snippets import credential_lines, curl_command, known_ids, python_program

HEADERS = {
    "cache-control": "no-store",
    # A policy in the page itself cannot forbid frames.
    "content-security-policy": "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "vary": "accept",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def prefers_page(request: Request) -> bool:
    """Return whether a request is that of a browser for a page, not one for JSON."""
    accepted = request.headers.get("accept", "").lower()
    return "text/html" in accepted and "application/json" not in accepted


def page_response(simulator: Simulator, request: Request) -> Response:
    """Return the page."""
    # Imported late: a simulator without a browser needs no templates.
    from ..pages import inline, page

    own = f"{request.scope['scheme']}://{request.headers.get('host', '')}"
    content = page(
        __package__,
        "simulator.html.jinja",
        styles=inline("page.css", __package__),
        script=inline("page.js", __package__),
        policy="connect-src 'self'",
        own=own,
        apis=[_describe_api(simulator, document, f"{own}/{document.stem}") for document in simulator.documents],
        effects=EFFECTS,
        kinds={field: [kind for kind in KINDS if field in KINDS[kind]] for kind in KINDS for field in KINDS[kind]},
    )
    return HTMLResponse(content, headers=HEADERS)


def _describe_api(simulator: Simulator, document: Document, base: str) -> dict[str, Any]:
    """Return what the template shows of an API."""
    operations = [
        {
            "operation": operation,
            "curl": curl_command(simulator, document, operation, base),
            "python": python_program(simulator, document, operation, base),
        }
        for operation in document.operations
    ]
    return {
        "document": document,
        "base": base,
        "credentials": credential_lines(simulator, document),
        "known": known_ids(simulator, document),
        "operations": operations,
    }
