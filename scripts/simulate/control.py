"""The control API under `/_simulator`: jobs, faults, clock, limits and requests of a running simulator."""

import json
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from ..document import Document, Operation, load
from .access import refusal
from .app import Simulator
from .control_operations import ControlOperations
from .control_request import ControlRequest, ControlRequestError
from .page import page_response, prefers_page
from .parameters import InvalidParameterError, UnknownParameterError, check_path_parameters, parse_query
from .routing import Router, document_routes
from .socket_faults import get_stopping

ROOT = "/_simulator"
MAX_BODY_BYTES = 1 << 20


@cache
def control_document() -> Document:
    """Return the document of the control API."""
    with as_file(files(__package__) / "control.yaml") as path:
        return load(path)


class ControlledSimulator:
    """An ASGI application: a simulator with its control API and its page.

    Both accept requests from this machine only, unless `open_to_all` is true, and none from web pages of other origins.
    """

    def __init__(self, simulator: Simulator, *, open_to_all: bool = False) -> None:
        self.simulator = simulator
        self.open_to_all = open_to_all
        self._document = control_document()
        self._router = Router(document_routes(self._document))
        self._operations = ControlOperations(simulator)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        path = scope.get("raw_path", b"").decode("latin-1")
        if path != ROOT and not path.startswith(ROOT + "/"):
            await self.simulator(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._respond(path, request)
        except ControlRequestError as error:
            response = _error_response(error.status, error.field, error.reason)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _respond(self, path: str, request: Request) -> Response:
        if reason := refusal(request, open_to_all=self.open_to_all):
            raise ControlRequestError("", reason, 403)
        if request.method in {"GET", "HEAD"} and (path == f"{ROOT}/" or (path == ROOT and prefers_page(request))):
            return page_response(self.simulator, request)
        found = self._router.find(path)
        if found is None:
            served = ", ".join(sorted({operation.path for operation in self._document.operations}))
            raise ControlRequestError("", f"unknown path {path[:200]}; the control API serves {served}", 404)
        route, ids = found
        operation = route.operations.get(request.method)
        if operation is None:
            response = _error_response(405, "", f"expected one of the methods {route.allow}, got {request.method}")
            response.headers["allow"] = route.allow
            return response
        return await self._call_operation(operation, ids, request)

    async def _call_operation(self, operation: Operation, ids: tuple[str, ...], request: Request) -> Response:
        """Validate a request, call the method of `ControlOperations` of its operationId, and return its result."""
        names = (parameter.name for parameter in operation.parameters_in("path"))
        values = dict(zip(names, ids, strict=True))
        try:
            check_path_parameters(self._document, operation, values)
            query = parse_query(self._document, operation, request)
        except InvalidParameterError as error:
            raise ControlRequestError(str(error), "is missing or invalid") from None
        except UnknownParameterError as error:
            known = ", ".join(parameter.name for parameter in operation.parameters_in("query")) or "none"
            reason = f"is not a parameter of {operation.id}, which takes {known}"
            raise ControlRequestError(str(error), reason) from None
        body = await self._read_body(operation, request)
        last_event_id, stopping = request.headers.get("last-event-id", ""), get_stopping(request.scope)
        result = getattr(self._operations, operation.id)(ControlRequest(body, values, query, last_event_id, stopping))
        if isinstance(result, Response):
            return result
        status = int(operation.success.status)
        return Response(status_code=status) if result is None else JSONResponse(result, status)

    async def _read_body(self, operation: Operation, request: Request) -> Any:
        if operation.body is None:
            return None
        raw = b""
        try:
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > MAX_BODY_BYTES:
                    raise ControlRequestError("", f"the body is larger than {MAX_BODY_BYTES} bytes", 413)
        except ClientDisconnect:
            raise ControlRequestError("", "the client disconnected before the end of the body") from None
        try:
            body = json.loads(raw)
            # Data that cannot be serialized is rejected as well: NaN, infinity, unpaired surrogates.
            json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise ControlRequestError("", f"the body is not JSON: {str(error)[:200]}") from None
        for problem in self._document.validator(operation.body.schema).iter_errors(body):
            raise ControlRequestError("/".join(map(str, problem.instance_path)), problem.message[:300])
        return body


def _error_response(status: int, field: str, reason: str) -> Response:
    return JSONResponse({"errors": [{"field": field, "reason": reason}]}, status)
