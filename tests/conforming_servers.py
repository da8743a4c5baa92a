"""Small servers that conform to their documents and to HTTP, each with a common trait that can cause false positives.

Verification of each exits with 0, except in the modes of `ServerCase.inconclusive`, in which it can check nothing.
"""

import itertools
import re
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from string import Template
from typing import Any, ClassVar

from attrs import frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

KEY = "a-Key-of-Nobody"
TENANT = "acme"
UNAUTHORIZED = "unauthorized", {"WWW-Authenticate": "Bearer"}
MALFORMED = rb"[^\x21-\x7e]|%00|%(?![0-9A-Fa-f]{2})"  # in the target of a request
Received = tuple[str, str, Mapping[str, str]]  # method, path, headers in lower case


@frozen
class ServedJob:
    """A job that is queued for `pace` seconds, runs for twice as long, and ends in the state `end`."""

    id: str
    created: float
    pace: float = 0.3
    end: str = "done"
    tenant: str = TENANT

    def status(self, now: float) -> dict[str, Any]:
        """Return the status at a time, in seconds since 1970."""
        steps = (now - self.created) / self.pace
        has_started, has_ended = steps >= 1, steps >= 3
        state = self.end if has_ended else "running" if has_started else "queued"
        progress = {"queued": None, "done": 100, "failed": 99}.get(state, min(99, int((steps - 1) * 50)))
        return {
            "id": self.id,
            "state": state,
            "progress": progress,
            "worker": "w-7" if has_started else None,
            "attempts": 1 if has_started else 0,
            "error": "no space left" if state == "failed" else None,
            "created_at": _timestamp(self.created),
            "started_at": _timestamp(self.created + self.pace) if has_started else None,
            "ended_at": _timestamp(self.created + 3 * self.pace) if has_ended else None,
        }


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class JobServer:
    """An ASGI application with jobs at `/jobs/{id}`, started by `POST /jobs`, and an API key in `X-Key`.

    It begins with one job that is done, one that has failed and one in progress. `requests` are all received requests.
    """

    prefix: ClassVar[str] = "j-"  # of job ids, before a number
    methods: ClassVar[tuple[str, ...]] = ("GET",)  # of `/jobs/{id}`
    has_list: ClassVar[bool] = False

    def __init__(self) -> None:
        self.requests: list[Received] = []
        now = time.time()
        initial = (now - 3600, 1.0, "done"), (now - 3600, 1.0, "failed"), (now, 1.0, "done")
        jobs = [ServedJob(f"{self.prefix}{n}", created, pace, end) for n, (created, pace, end) in enumerate(initial, 1)]
        self.jobs = {job.id: job for job in jobs}
        self._numbers = itertools.count(4)
        # One route per path: with two, Starlette's Allow header would list only the methods of the first.
        routes = [
            Route("/jobs", self._jobs, methods=["GET", "POST"] if self.has_list else ["POST"]),
            Route("/jobs/{id}", self._job, methods=list(self.methods)),
        ]
        if self.has_list:
            routes.append(Route("/health", _health, methods=["GET"]))
        self._router = Starlette(routes=routes, exception_handlers={HTTPException: _error_response})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        request = Request(scope)
        self.requests.append((request.method, scope["path"], dict(request.headers)))
        cookie = self.cookie(request)

        async def send_with_cookie(message: Message) -> None:
            if cookie and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", cookie)]
            await send(message)

        await (self.early_response(request) or self._router)(scope, receive, send_with_cookie)

    def early_response(self, request: Request) -> Response | None:
        """Return a response that replaces normal processing, or None."""
        return None

    def cookie(self, request: Request) -> bytes:
        """Return the value of the response's Set-Cookie header, or empty bytes for no header."""
        return b""

    def is_authorized(self, request: Request) -> bool:
        """Return whether a request has the required credential."""
        return request.headers.get("x-key") == KEY

    def tenant(self, request: Request) -> str:
        """Return the tenant whose jobs a request accesses."""
        return TENANT

    def is_id(self, text: str) -> bool:
        """Return whether a string has the format of a job id."""
        return True

    def new_id(self) -> str:
        """Return an id for a new job."""
        return f"{self.prefix}{next(self._numbers)}"

    def status_body(self, job: ServedJob) -> dict[str, Any]:
        """Return the body of the status response."""
        return job.status(time.time())

    def start_body(self, job: ServedJob) -> dict[str, Any]:
        """Return the body of the response to the start of a job."""
        return {"id": self.status_body(job)["id"]}

    async def write(self, request: Request, job: ServedJob) -> Response:
        """Handle a request that changes a job."""
        raise HTTPException(405)

    async def _jobs(self, request: Request) -> Response:
        if not self.is_authorized(request):
            raise HTTPException(401, *UNAUTHORIZED)
        tenant = self.tenant(request)
        if request.method != "POST":
            limit = request.query_params.get("limit", "20")
            if not re.fullmatch(r"[1-9][0-9]?|100", limit):
                raise HTTPException(422, "expected a limit from 1 to 100")
            jobs = [self.status_body(job) for job in self.jobs.values() if job.tenant == tenant]
            return JSONResponse({"jobs": jobs[: int(limit)]})
        await _requested_name(request)
        job = ServedJob(self.new_id(), time.time(), tenant=tenant)
        self.jobs[job.id] = job
        return JSONResponse(self.start_body(job), 201)

    async def _job(self, request: Request) -> Response:
        if not self.is_authorized(request):
            raise HTTPException(401, *UNAUTHORIZED)
        tenant = self.tenant(request)
        name = request.path_params["id"]
        if not self.is_id(name):
            raise HTTPException(422, "id is malformed")
        job = self.jobs.get(name)
        if job is None or job.tenant != tenant:
            raise HTTPException(404, "no such job")
        if request.method in {"GET", "HEAD"}:
            return JSONResponse(self.status_body(job))
        return await self.write(request, job)


async def _error_response(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # the handler is registered for HTTPException only
        raise error
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _requested_name(request: Request) -> str:
    """Return the name in the body of a start request."""
    try:
        name = (await request.json())["name"]
    except (KeyError, TypeError, ValueError):
        name = None
    if not isinstance(name, str) or not name or "json" not in request.headers.get("content-type", ""):
        raise HTTPException(422, "expected a JSON body with a name")
    return name


class Unsecured(JobServer):
    """A server that ignores credentials."""

    def is_authorized(self, request: Request) -> bool:
        return True


class OptionalKey(JobServer):
    """A server that accepts the right key or no key, and rejects a wrong one."""

    def is_authorized(self, request: Request) -> bool:
        return request.headers.get("x-key", KEY) == KEY


class ListAndHealth(JobServer):
    """A server that also has a list of its jobs and a health check."""

    has_list = True


class TenantInQuery(JobServer):
    """A server that requires `?tenant=` in every request."""

    def tenant(self, request: Request) -> str:
        if not (tenant := request.query_params.get("tenant")):
            raise HTTPException(422, "tenant is missing")
        return tenant

    def start_body(self, job: ServedJob) -> dict[str, Any]:
        return {"id": job.id, "tenant": job.tenant}


class TenantInHeader(TenantInQuery):
    """A server that requires `X-Tenant` in every request."""

    def tenant(self, request: Request) -> str:
        if (tenant := request.headers.get("x-tenant")) is None:
            raise HTTPException(422, "X-Tenant is missing")
        return tenant


class IntegerIds(JobServer):
    """A server whose job ids are integers."""

    prefix = ""

    def is_id(self, text: str) -> bool:
        return bool(re.fullmatch("-?(0|[1-9][0-9]*)", text))

    def status_body(self, job: ServedJob) -> dict[str, Any]:
        return {**super().status_body(job), "id": int(job.id)}


class SessionCookies(JobServer):
    """A server that sets a session cookie, which it then accepts in place of the key."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: set[str] = set()

    def cookie(self, request: Request) -> bytes:
        if not super().is_authorized(request) or self._has_session(request):
            return b""
        self.sessions.add(session := secrets.token_hex(8))
        return f"sid={session}; Path=/; HttpOnly".encode()

    def is_authorized(self, request: Request) -> bool:
        return super().is_authorized(request) or self._has_session(request)

    def _has_session(self, request: Request) -> bool:
        return request.cookies.get("sid") in self.sessions


class Latin1Cookies(JobServer):
    """A server that sets a cookie with a byte outside ASCII."""

    def cookie(self, request: Request) -> bytes:
        return b"name=J\xfcrgen; Path=/"


class BearerTokens(JobServer):
    """A server that requires a bearer token."""

    def is_authorized(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and token == KEY


class StartReturnsJob(JobServer):
    """A server whose response to a start is the complete status of the job."""

    def start_body(self, job: ServedJob) -> dict[str, Any]:
        return self.status_body(job)


class UndocumentedMethods(JobServer):
    """A server with methods that its document does not describe.

    `undocumented_writes` are the authorized requests with such a method: method, job id, and whether the job existed.
    """

    methods = ("GET", "PUT", "PATCH", "DELETE")

    def __init__(self) -> None:
        super().__init__()
        self.undocumented_writes: list[tuple[str, str, bool]] = []

    def early_response(self, request: Request) -> Response | None:
        if request.method in {"PUT", "PATCH", "DELETE", "TRACE"} and self.is_authorized(request):
            name = request.scope["path"].removeprefix("/jobs/")
            self.undocumented_writes.append((request.method, name, name in self.jobs))
        return None

    async def write(self, request: Request, job: ServedJob) -> Response:
        if request.method == "DELETE":
            del self.jobs[job.id]
            return Response(status_code=204)
        await _requested_name(request)
        return JSONResponse(self.status_body(job))


class BehindWebServer(JobServer):
    """A server behind a web server that rejects malformed HTTP with its own error page; `rejected` counts these."""

    rejected = 0

    def early_response(self, request: Request) -> Response | None:
        values = [value for _, value in request.headers.raw]
        target = request.scope["raw_path"] + b"?" + request.scope["query_string"]
        if not any(re.search(rb"[^\t\x20-\x7e]", value) for value in values) and not re.search(MALFORMED, target):
            return None
        self.rejected += 1
        return PlainTextResponse("Invalid HTTP request received.", 400)


class RateLimited(JobServer):
    """A server that rejects every ninth request with 429."""

    def early_response(self, request: Request) -> Response | None:
        if len(self.requests) % 9:
            return None
        return JSONResponse({"detail": "too many requests"}, 429, {"Retry-After": "1"})


class StartedOnly(JobServer):
    """A server that begins without jobs and gives new jobs random ids."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs.clear()

    def new_id(self) -> str:
        return str(uuid.uuid4())


class _Document(Template):
    delimiter = "%"


DOCUMENT = _Document("""\
openapi: 3.1.0
info: {title: %{title}, version: '1'}
%{security}
paths:
  /jobs:
%{listing}
    post:
      operationId: start_job
      parameters: [%{parameter}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Order'}, examples: {a: {value: {name: a}}}}}
      responses:
        '201':
          description: Started.
          content: {application/json: {schema: {$ref: '#/components/schemas/%{start_schema}'}, examples: {a: {value: %{started}}}}}
          links: {task: {operationId: get_job, parameters: %{link}}}
          x-link-order: [task]
%{refusals}
        '422': {$ref: '#/components/responses/Invalid'}
  /jobs/{id}:
    get:
      operationId: get_job
      parameters: [{name: id, in: path, required: true, schema: {type: %{kind}}, examples: {%{known}, unknown: {value: %{unknown}, x-scenario: unknown_id}}}, %{parameter}]
      x-job:
        id: $response.body#/id
        state: $response.body#/state
        pending: [queued, running]
        success: [done]
        failure: [failed]
        progress: $response.body#/progress
        reason: $response.body#/error
        timestamps: [$response.body#/created_at, $response.body#/started_at, $response.body#/ended_at]
        immutable: [$response.body#/created_at]
      responses:
        '200':
          description: The status of the job.
          content: {application/json: {schema: {$ref: '#/components/schemas/Task'}, examples: %{examples}}}
%{refusals}
        '404': {$ref: '#/components/responses/Unknown'}
%{invalid}
components:
  %{schemes}
  responses:
    Refused: {description: Unauthorized., content: {application/json: {schema: {$ref: '#/components/schemas/Refusal'}, examples: {%{no_credential}wrong: {x-scenario: wrong_credential, value: {detail: unauthorized}}}}}}
    Unknown: {description: No such job., content: {application/json: {schema: {$ref: '#/components/schemas/Refusal'}, examples: {unknown: {x-scenario: unknown_id, value: {detail: no such job}}}}}}
    Invalid: {description: Malformed., content: {application/json: {schema: {$ref: '#/components/schemas/Refusal'}, examples: {bad: {x-scenario: bad_parameter, value: {detail: malformed}}}}}}
    TooMany: {description: Too many requests., headers: {Retry-After: {required: true, schema: {type: string}}}, content: {application/json: {schema: {$ref: '#/components/schemas/Refusal'}}}}
  schemas:
    Order: {type: object, required: [name], properties: {name: {type: string, minLength: 1}}}
    Started: {type: object, required: [id], properties: {id: {type: %{kind}}, tenant: {type: string}}}
    Phase: {type: string, enum: [queued, running, done, failed]}
    Refusal: {type: object, required: [detail], properties: {detail: {type: string}}}
    TaskList: {type: object, required: [jobs], properties: {jobs: {type: array, items: {$ref: '#/components/schemas/Task'}}}}
    Health: {type: object, required: [status], properties: {status: {type: string}}}
    Task:
      type: object
      required: [id, state, progress, worker, attempts, error, created_at, started_at, ended_at]
      properties:
        id: {type: %{kind}}
        state: {$ref: '#/components/schemas/Phase'}
        progress: {type: [integer, 'null'], minimum: 0, maximum: 100}
        worker: {type: [string, 'null']}
        attempts: {type: integer, minimum: 0}
        error: {type: [string, 'null']}
        created_at: {type: string, format: date-time}
        started_at: {type: [string, 'null'], format: date-time}
        ended_at: {type: [string, 'null'], format: date-time}
""")
LISTING = """\
    get:
      operationId: list_jobs
      parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100, default: 20}}]
      responses:
        '200': {description: Jobs., content: {application/json: {schema: {$ref: '#/components/schemas/TaskList'}, examples: {none: {value: {jobs: []}}}}}}
        '401': {$ref: '#/components/responses/Refused'}
        '422': {$ref: '#/components/responses/Invalid'}"""
HEALTH = """\
  /health:
    get:
      operationId: get_health
      security: []
      responses:
        '200': {description: Healthy., content: {application/json: {schema: {$ref: '#/components/schemas/Health'}, examples: {ok: {value: {status: ok}}}}}}
"""
REFUSED = {401: "Refused"}
API_KEY = "type: apiKey, in: header, name: X-Key"
OPENID = "type: openIdConnect, openIdConnectUrl: 'https://id.example/.well-known/openid-configuration'"
OAUTH2 = "type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://id.example/token', scopes: {}}}"


def document(
    title: str,
    *,
    security: str = "security: [{key: []}]",
    scheme: str = API_KEY,
    parameter: str = "",
    is_integer: bool = False,
    has_list: bool = False,
    start_returns_job: bool = False,
    refusals: Mapping[int, str] = REFUSED,
    has_start: bool = True,
    has_known_jobs: bool = True,
) -> str:
    """Return an OpenAPI document, without arguments that of `JobServer`.

    Args:
        refusals: the error responses of every operation, as names of components by HTTP status.
        has_start: whether the document has the operation that starts a job.
        has_known_jobs: whether the document has the ids of existing jobs as examples.
    """
    one, two, three, unknown = ("1", "2", "3", "0") if is_integer else ("j-1", "j-2", "j-3", "j-0")
    jobs = {"queued": (three, 0), "running": (three, 90), "done": (one, 900), "failed": (two, 900)}
    statuses = {state: ServedJob(name, 1e9, 60, state).status(1e9 + age) for state, (name, age) in jobs.items()}
    examples = {state: re.sub("'id': '([0-9]+)'", r"'id': \1", _flow(status)) for state, status in statuses.items()}
    link = {"id": "$response.body#/id"}
    if is_tenanted := "required: true" in parameter:
        link[re.findall("name: ([^,]+)", parameter)[0]] = "$response.body#/tenant"
    known = f"done: {{value: {one}}}, failed: {{value: {two}}}, in_progress: {{value: {three}}}"
    text = DOCUMENT.substitute(
        title=title,
        security=security,
        schemes=f"securitySchemes: {{key: {{{scheme}}}}}" if scheme else "",
        parameter=parameter,
        listing=LISTING if has_list else "",
        kind="integer" if is_integer else "string",
        known=known if has_known_jobs else f"expired: {{value: {one}}}",
        unknown=unknown,
        start_schema="Task" if start_returns_job else "Started",
        started=examples["queued"]
        if start_returns_job
        else f"{{id: {three}{f', tenant: {TENANT}' if is_tenanted else ''}}}",
        link=_flow(link),
        examples=f"{{{', '.join(f'{state}: {{value: {status}}}' for state, status in examples.items())}}}",
        refusals="\n".join(
            f"        '{status}': {{$ref: '#/components/responses/{name}'}}" for status, name in refusals.items()
        ),
        invalid="        '422': {$ref: '#/components/responses/Invalid'}" if is_integer or is_tenanted else "",
        no_credential="" if "{}" in security else "none: {x-scenario: no_credential, value: {detail: unauthorized}}, ",
    )
    if not has_start:
        text = re.sub(r"(?s)  /jobs:\n.*?(?=  /jobs/)", "", text)
    return text.replace("components:\n", f"{HEALTH}components:\n", 1) if has_list else text


def _flow(value: Mapping[str, Any]) -> str:
    """Return a mapping of strings, numbers and None as YAML in flow style."""
    return repr(dict(value)).replace("None", "null")


@frozen
class ServerCase:
    """A server and its document. `inconclusive` are the modes in which verification reports that it can check nothing."""

    stem: str
    document: str
    make_server: Callable[[], JobServer]
    environment: Mapping[str, str]
    inconclusive: frozenset[str]


def _case(
    stem: str, make_server: Callable[[], JobServer], *, inconclusive: frozenset[str] = frozenset(), **options: Any
) -> ServerCase:
    credentials = {f"{stem.replace('-', '_').upper()}_KEY": KEY}
    needs_none = "{}" in options.get("security", "") or not options.get("scheme", API_KEY)
    text = document(stem.replace("-", " ").title(), **options)
    return ServerCase(stem, text, make_server, {} if needs_none else credentials, inconclusive)


IN_QUERY = f"{{name: tenant, in: query, required: true, schema: {{type: string, minLength: 1}}, example: {TENANT}}}"
IN_HEADER = f"{{name: X-Tenant, in: header, required: true, schema: {{type: string}}, example: {TENANT}}}"
TRACED = "{name: X-Trace, in: header, schema: {type: string}}"
CASES = (
    _case("no-security", Unsecured, security="", scheme="", refusals={}),
    _case("empty-security", Unsecured, security="security: [{}]", scheme="", refusals={}),
    _case("optional-security", OptionalKey, security="security: [{}, {key: []}]"),
    _case("lists-and-health", ListAndHealth, has_list=True),
    _case("required-query", TenantInQuery, parameter=IN_QUERY),
    _case("required-header", TenantInHeader, parameter=IN_HEADER),
    _case("integer-id", IntegerIds, is_integer=True),
    _case("session-cookie", SessionCookies),
    _case("latin1-cookie", Latin1Cookies),
    _case("oauth2", BearerTokens, scheme=OAUTH2),
    _case("openid-connect", BearerTokens, scheme=OPENID),
    _case("start-returns-job", StartReturnsJob, start_returns_job=True),
    _case("undocumented-methods", UndocumentedMethods, has_start=False),
    _case("web-server-400", BehindWebServer, parameter=TRACED),
    _case("rate-limited", RateLimited, refusals={401: "Refused", 429: "TooMany"}),
    _case("started-only", StartedOnly, has_known_jobs=False, inconclusive=frozenset({"reads"})),
)
