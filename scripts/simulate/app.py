"""A server that behaves as the documents say. It contains no code for any particular API."""

import json
import math
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..document import MISSING, Document, JobLifecycle, Kind
from .clock import http_date
from .credentials import authenticate, load_credentials
from .derived import Reply
from .faults import Fault, FaultInjector, corrupt_status
from .jobs import Version
from .parameters import (
    InvalidParameterError,
    QueryParser,
    UnknownParameterError,
    check_header_parameters,
    check_path_parameters,
    parse_query,
)
from .rate_limiter import SimulatedRateLimiter
from .redaction import Redactor
from .request_bodies import UnsupportedMediaTypeError, parse_body
from .request_log import RequestLog
from .responses import (
    example_response,
    find_example,
    gateway_response,
    reply_response,
    scenario_response,
    text_response,
    unknown_job_response,
)
from .routing import DocumentRoute, RoutedRequest, Router, decode_ids, document_routes
from .settings import SimulatorSettings
from .socket_faults import apply_socket_faults
from .store import JobStore

# A stage responds to a request, or returns None to pass it to the next stage.
Stage = Callable[[RoutedRequest], Awaitable[Response | None]]


class Simulator:
    """An ASGI application that serves every document under its file stem."""

    def __init__(self, documents: Iterable[Document], settings: SimulatorSettings | None = None) -> None:
        self.settings = settings or SimulatorSettings()
        self.documents = tuple(documents)
        self.credentials = {d.stem: load_credentials(d, self.settings.environment) for d in self.documents}
        self._redactor = Redactor(one for credentials in self.credentials.values() for one in credentials.values())
        self._routers = {d.stem: Router(document_routes(d)) for d in self.documents}
        self._queries = QueryParser()
        self.resets = -1  # the start is a reset as well
        # The order decides which response a request gets that has several faults at once.
        self.stages: tuple[Stage, ...] = (
            self.inject_gateway_fault,
            self.check_credential,
            self.check_parameters,
            self.check_disabled,
            self.check_scope,
            self.inject_example,
            self.check_id,
            self.serve_job,
        )
        self.reset()

    def reset(self) -> None:
        """Restore the initial jobs, faults and limits, and clear the request log."""
        settings = self.settings
        self.resets += 1
        self.faults = FaultInjector(settings.seed)
        for fault in settings.faults:
            self.faults.add(fault)
        self.rate_limiter = SimulatedRateLimiter(settings.enforce_limits)
        self.request_log = RequestLog(self._redactor, settings.log_file)
        self.jobs = JobStore(self.documents, settings.environment, settings.seed, settings.distribution)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"expected an http request, got {scope['type']}")
        clock = self.settings.clock
        clock.on_request()
        found = self._route(Request(scope, receive))
        faults = found.faults if isinstance(found, RoutedRequest) else []
        try:
            response = await self._run_stages(found) if isinstance(found, RoutedRequest) else found
        except ClientDisconnect:
            self.request_log.add(clock.now(), scope, None, faults)
            return
        kind = _kind(found, response) if self.request_log.has_file else None
        if scope["method"] == "HEAD":
            response.body = b""
        if isinstance(found, RoutedRequest):
            response.headers.update(self.rate_limiter.headers(found.api, found.operation, found.ids, clock.now()))
        response.raw_headers.append((b"date", http_date(int(clock.now()))))
        is_closed = faults and await apply_socket_faults(faults, scope, response, receive)
        self.request_log.add(
            clock.now(), scope, None if is_closed else response.status_code, faults, None if is_closed else kind
        )
        if not is_closed:
            await response(scope, receive, send)

    def _route(self, request: Request) -> RoutedRequest | Response:
        """Return the request with its operation and faults, or the response if no operation matches."""
        raw_path = request.scope["raw_path"].decode("latin-1")
        stem, _, rest = raw_path.lstrip("/").partition("/")
        target = self._redactor.redact_names("/" + rest, request.scope["query_string"].decode("latin-1"))
        router = self._routers.get(stem)
        if router and (found := router.find("/" + rest)):
            route, raw_ids = found
            operation = route.operations.get(request.method)
            if operation is None:
                return _method_not_allowed(route, request, target)
            ids, is_decodable = decode_ids(raw_ids)
            faults = self.faults.apply(stem, operation, ids)
            return RoutedRequest(route.derived, operation, request, target, ids, is_decodable, faults)
        for route in router.routes if router else ():
            for operation in route.operations.values():
                routed = RoutedRequest(route.derived, operation, request, target)
                if operation.scenario("not_served") and (response := scenario_response(routed, "not_served", 404)):
                    return response
        served = ", ".join(f"/{name}" for name in self._routers)
        return text_response(404, f"unknown path {raw_path}; this simulator serves {served}")

    async def _run_stages(self, routed: RoutedRequest) -> Response:
        for stage in self.stages:
            if (response := await stage(routed)) is not None:
                return response
        raise RuntimeError(f"{routed.operation.id}: expected a response of the last stage, got none")

    async def inject_gateway_fault(self, routed: RoutedRequest) -> Response | None:
        """Respond as a gateway before the API: to a status fault, above a rate limit, or if the API is not served."""
        operation, now = routed.operation, self.settings.clock.now()
        if fault := routed.fault("status"):
            return gateway_response(routed.derived, operation, fault)
        if operation.job and (wait := self.rate_limiter.acquire(routed.api, operation, routed.ids, now)):
            fault = Fault("status", status=429, retry_after=math.ceil(wait))
            return gateway_response(routed.derived, operation, fault)
        if (fault := routed.fault("example")) and (example := find_example(operation, str(fault.value))):
            return example_response(routed, example) if example[2].scenario == "not_served" else None
        return None

    async def check_credential(self, routed: RoutedRequest) -> Response | None:
        """Reject a missing or wrong credential."""
        routed.authentication = authenticate(routed.operation, self.credentials[routed.api], routed.request)
        if routed.fault("expired"):
            routed.authentication = "wrong_credential"
        if routed.authentication in {"no_credential", "wrong_credential"}:
            return scenario_response(routed, routed.authentication, 401)
        return None

    async def check_parameters(self, routed: RoutedRequest) -> Response | None:
        """Reject an invalid path, header, query or body, and unknown query parameters if the document says so.

        An invalid part that no documented response rejects is treated as absent.
        """
        operation = routed.operation
        if not routed.is_decodable:
            return scenario_response(routed, "bad_parameter", 400) or scenario_response(routed, "unknown_id", 404)
        names = (parameter.name for parameter in operation.parameters_in("path"))
        routed.values = dict(zip(names, routed.ids, strict=True))
        try:
            await self._parse_request(routed)
        except UnsupportedMediaTypeError:
            response = scenario_response(routed, "unsupported_media_type", 415)
        except InvalidParameterError:
            response = scenario_response(routed, "bad_parameter", 400)
        except UnknownParameterError:
            scenario = operation.scenario("unknown_parameter")
            response = scenario_response(routed, "unknown_parameter", 400) if scenario else None
        else:
            return None
        routed.query = parse_query(routed.document, operation, routed.request, lenient=True)
        return response

    async def _parse_request(self, routed: RoutedRequest) -> None:
        document, operation, request = routed.document, routed.operation, routed.request
        if not routed.has_empty_id:
            check_path_parameters(document, operation, routed.values)
        check_header_parameters(document, operation, request)
        routed.query = self._queries.parse(document, operation, request)
        routed.body = await parse_body(document, operation, request)

    async def check_disabled(self, routed: RoutedRequest) -> Response | None:
        """Reject a request to a disabled API."""
        if routed.api in self.settings.disabled and routed.operation.scenario("disabled"):
            return scenario_response(routed, "disabled", 403)
        return None

    async def check_scope(self, routed: RoutedRequest) -> Response | None:
        """Reject a credential without the scope."""
        return scenario_response(routed, "wrong_scope", 403) if routed.authentication == "wrong_scope" else None

    async def inject_example(self, routed: RoutedRequest) -> Response | None:
        """Respond with the error example that a fault names."""
        fault = routed.fault("example")
        example = find_example(routed.operation, str(fault.value)) if fault else None
        return example_response(routed, example) if example else None

    async def check_id(self, routed: RoutedRequest) -> Response | None:
        """Reject an empty id, and any id if a fault says so."""
        if routed.has_empty_id:
            return scenario_response(routed, "empty_id", 404)
        return unknown_job_response(routed) if routed.fault("unknown_id") else None

    async def serve_job(self, routed: RoutedRequest) -> Response:
        """Respond with the status of a job, or start or change one."""
        operation, now = routed.operation, self.settings.clock.now()
        if operation.job is None:
            base = f"{routed.request.url.scheme}://{routed.request.url.netloc}/{routed.api}"
            reply = self.jobs.act(routed.api, operation, routed.message(), base, now)
        else:
            reply = self._job_status(routed, operation.job, now)
        response = unknown_job_response(routed) if reply is None else reply_response(routed, reply)
        if content_type := routed.fault("content_type"):
            response.headers["content-type"] = str(content_type.value or "text/html")
        return response

    def _job_status(self, routed: RoutedRequest, spec: JobLifecycle, now: float) -> Reply | None:
        """Return the status of a job with the faults applied, or None if the job does not exist."""
        view = routed.query.get(spec.detail.parameter) if spec.detail else None
        version: Version = (
            "previous" if routed.fault("stale") else "initial" if routed.fault("backwards") else "current"
        )
        values = dict(routed.values)
        if spec.parameter not in values:
            values[spec.parameter] = routed.request.query_params.get(spec.parameter, "")
        found = self.jobs.of(routed.api, routed.operation.id).status(values, view, now, version)
        if found is None:
            return None
        state = next(iter(spec.expressions()["state"]), ("state",))
        for fault in routed.faults:
            corrupt_status(found.body, fault, state)
        return Reply(found.response, found.body, found.status, found.headers)


def _kind(found: RoutedRequest | Response, response: Response) -> Kind | None:
    """Return the kind of the state of a job in a response, None if it reports none."""
    spec = found.operation.job if isinstance(found, RoutedRequest) else None
    status = response.status_code
    if spec is None or not (200 <= status < 300 or status in spec.status_codes):
        return None
    try:
        body = json.loads(bytes(response.body)) if response.body else None
    except ValueError:
        return None
    state: Any = (
        MISSING if spec.is_unknown(body, status, response.headers) else spec.state_of(body, status, response.headers)
    )
    return None if state is MISSING else spec.kinds.get(state, "pending")


def _method_not_allowed(route: DocumentRoute, request: Request, target: str) -> Response:
    allow = {"Allow": route.allow}
    if request.method == "OPTIONS":
        return Response(status_code=200, media_type="text/plain", headers=allow)
    operation = next(iter(route.operations.values()))
    routed = RoutedRequest(route.derived, operation, request, target)
    response = scenario_response(routed, "wrong_method", 405) or Response(status_code=405)
    response.headers.update(allow)
    return response
