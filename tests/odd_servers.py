"""Small servers that keep to their documents and to HTTP, each with a trait that is common and easily taken amiss.

A verification of any of them finds nothing: it ends with 0, except where `Member.blind` names the modes in which there
is nothing that it could judge.
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
NOT_LET_IN = "not let in", {"WWW-Authenticate": "Bearer"}
MALFORMED = rb"[^\x21-\x7e]|%00|%(?![0-9A-Fa-f]{2})"  # in the target of a request
Received = tuple[str, str, Mapping[str, str]]  # method, path, headers in lower case


@frozen
class Job:
    """A job that is queued for `pace` seconds, runs for twice as long, and ends as `end` says."""

    id: str
    created: float
    pace: float = 0.3
    end: str = "done"
    tenant: str = TENANT

    def told(self, now: float) -> dict[str, Any]:
        """What a reading tells."""
        steps = (now - self.created) / self.pace
        started, over = steps >= 1, steps >= 3
        state = self.end if over else "running" if started else "queued"
        progress = {"queued": None, "done": 100, "failed": 99}.get(state, min(99, int((steps - 1) * 50)))
        return {
            "id": self.id,
            "state": state,
            "progress": progress,
            "worker": "w-7" if started else None,
            "attempts": 1 if started else 0,
            "error": "no space left" if state == "failed" else None,
            "created_at": _moment(self.created),
            "started_at": _moment(self.created + self.pace) if started else None,
            "ended_at": _moment(self.created + 3 * self.pace) if over else None,
        }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class JobServer:
    """An ASGI application with jobs at `/jobs/{id}`, started by `POST /jobs`; `X-Key` lets in.

    It knows a job that is done, one that has failed and one that is under way. `requests` is everything that has come.
    """

    prefix: ClassVar[str] = "j-"  # of ids, before a number
    methods: ClassVar[tuple[str, ...]] = ("GET",)  # that a job has
    is_lister: ClassVar[bool] = False

    def __init__(self) -> None:
        self.requests: list[Received] = []
        now = time.time()
        known = (now - 3600, 1.0, "done"), (now - 3600, 1.0, "failed"), (now, 1.0, "done")
        jobs = [Job(f"{self.prefix}{n}", created, pace, end) for n, (created, pace, end) in enumerate(known, 1)]
        self.jobs = {job.id: job for job in jobs}
        self._numbers = itertools.count(4)
        # Each path has one route: of two, Starlette's Allow would name the methods of the first alone.
        routes = [
            Route("/jobs", self._jobs, methods=["GET", "POST"] if self.is_lister else ["POST"]),
            Route("/jobs/{id}", self._job, methods=list(self.methods)),
        ]
        if self.is_lister:
            routes.append(Route("/health", _health, methods=["GET"]))
        self._routed = Starlette(routes=routes, exception_handlers={HTTPException: _refused})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self._routed(scope, receive, send)
            return
        request = Request(scope)
        self.requests.append((request.method, scope["path"], dict(request.headers)))
        cookie = self.cookie(request)

        async def answer(message: Message) -> None:
            if cookie and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", cookie)]
            await send(message)

        await (self.before(request) or self._routed)(scope, receive, answer)

    def before(self, request: Request) -> Response | None:
        """An answer that is given before anything else is looked at."""
        return None

    def cookie(self, request: Request) -> bytes:
        """The cookie that the answer sets; empty for none."""
        return b""

    def admits(self, request: Request) -> bool:
        """Whether a request brings the credential that is wanted."""
        return request.headers.get("x-key") == KEY

    def tenant(self, request: Request) -> str:
        """Whose jobs a request is about."""
        return TENANT

    def is_id(self, text: str) -> bool:
        """Whether a text is of the form of an id."""
        return True

    def new_id(self) -> str:
        """The id of the next job."""
        return f"{self.prefix}{next(self._numbers)}"

    def shown(self, job: Job) -> dict[str, Any]:
        """What of a job is answered."""
        return job.told(time.time())

    def started(self, job: Job) -> dict[str, Any]:
        """What of a job is answered to its start."""
        return {"id": self.shown(job)["id"]}

    async def act(self, request: Request, job: Job) -> Response:
        """Does to a job what a method other than GET asks for."""
        raise HTTPException(405)

    async def _jobs(self, request: Request) -> Response:
        if not self.admits(request):
            raise HTTPException(401, *NOT_LET_IN)
        tenant = self.tenant(request)
        if request.method != "POST":
            limit = request.query_params.get("limit", "20")
            if not re.fullmatch(r"[1-9][0-9]?|100", limit):
                raise HTTPException(422, "limit is not from 1 to 100")
            own = [self.shown(job) for job in self.jobs.values() if job.tenant == tenant]
            return JSONResponse({"jobs": own[: int(limit)]})
        await _order(request)
        job = Job(self.new_id(), time.time(), tenant=tenant)
        self.jobs[job.id] = job
        return JSONResponse(self.started(job), 201)

    async def _job(self, request: Request) -> Response:
        if not self.admits(request):
            raise HTTPException(401, *NOT_LET_IN)
        tenant = self.tenant(request)
        name = request.path_params["id"]
        if not self.is_id(name):
            raise HTTPException(422, "id is malformed")
        job = self.jobs.get(name)
        if job is None or job.tenant != tenant:
            raise HTTPException(404, "no such job")
        return JSONResponse(self.shown(job)) if request.method in {"GET", "HEAD"} else await self.act(request, job)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # it is registered for this class alone
        raise error
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _order(request: Request) -> str:
    """The name that the body of a request gives to a job."""
    try:
        name = (await request.json())["name"]
    except (KeyError, TypeError, ValueError):
        name = None
    if not isinstance(name, str) or not name or "json" not in request.headers.get("content-type", ""):
        raise HTTPException(422, "the body has no name")
    return name


class Open(JobServer):
    """Lets everybody in, and looks at no credential."""

    def admits(self, request: Request) -> bool:
        return True


class OpenUnlessWrong(JobServer):
    """Lets in whoever brings the key or none."""

    def admits(self, request: Request) -> bool:
        return request.headers.get("x-key", KEY) == KEY


class Lister(JobServer):
    """Lists its jobs, and says how it is."""

    is_lister = True


class TenantInQuery(JobServer):
    """Wants `?tenant=` with every request."""

    def tenant(self, request: Request) -> str:
        if not (tenant := request.query_params.get("tenant")):
            raise HTTPException(422, "tenant is missing")
        return tenant

    def started(self, job: Job) -> dict[str, Any]:
        return {"id": job.id, "tenant": job.tenant}


class TenantInHeader(TenantInQuery):
    """Wants `X-Tenant` with every request."""

    def tenant(self, request: Request) -> str:
        if (tenant := request.headers.get("x-tenant")) is None:
            raise HTTPException(422, "X-Tenant is missing")
        return tenant


class Integers(JobServer):
    """Has ids that are integers."""

    prefix = ""

    def is_id(self, text: str) -> bool:
        return bool(re.fullmatch("-?(0|[1-9][0-9]*)", text))

    def shown(self, job: Job) -> dict[str, Any]:
        return {**super().shown(job), "id": int(job.id)}


class Sessions(JobServer):
    """Answers a key with a cookie that lets in as well."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: set[str] = set()

    def cookie(self, request: Request) -> bytes:
        if not super().admits(request) or self._has_session(request):
            return b""
        self.sessions.add(session := secrets.token_hex(8))
        return f"sid={session}; Path=/; HttpOnly".encode()

    def admits(self, request: Request) -> bool:
        return super().admits(request) or self._has_session(request)

    def _has_session(self, request: Request) -> bool:
        return request.cookies.get("sid") in self.sessions


class Latin1Cookies(JobServer):
    """Sets a cookie in which stands a byte that is not ASCII."""

    def cookie(self, request: Request) -> bytes:
        return b"name=J\xfcrgen; Path=/"


class Bearers(JobServer):
    """Wants a bearer token."""

    def admits(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and token == KEY


class Resources(JobServer):
    """Answers a start with the job, as it is then."""

    def started(self, job: Job) -> dict[str, Any]:
        return self.shown(job)


class Partial(JobServer):
    """Can do more to a job than its document tells; `touched` is each attempt with the key, and whether there was a job."""

    methods = ("GET", "PUT", "PATCH", "DELETE")

    def __init__(self) -> None:
        super().__init__()
        self.touched: list[tuple[str, str, bool]] = []

    def before(self, request: Request) -> Response | None:
        if request.method in {"PUT", "PATCH", "DELETE", "TRACE"} and self.admits(request):
            name = request.scope["path"].removeprefix("/jobs/")
            self.touched.append((request.method, name, name in self.jobs))
        return None

    async def act(self, request: Request, job: Job) -> Response:
        if request.method == "DELETE":
            del self.jobs[job.id]
            return Response(status_code=204)
        await _order(request)
        return JSONResponse(self.shown(job))


class Fronted(JobServer):
    """Stands behind a web server that knows nothing of the API, and refuses what it takes for no HTTP; `turned_away` counts."""

    turned_away = 0

    def before(self, request: Request) -> Response | None:
        values = [value for _, value in request.headers.raw]
        target = request.scope["raw_path"] + b"?" + request.scope["query_string"]
        if not any(re.search(rb"[^\t\x20-\x7e]", value) for value in values) and not re.search(MALFORMED, target):
            return None
        self.turned_away += 1
        return PlainTextResponse("Invalid HTTP request received.", 400)


class RateLimited(JobServer):
    """Refuses every ninth request."""

    def before(self, request: Request) -> Response | None:
        if len(self.requests) % 9:
            return None
        return JSONResponse({"detail": "too many requests"}, 429, {"Retry-After": "1"})


class StartedOnly(JobServer):
    """Has no job until one is started, and ids that nobody foresees."""

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
          content: {application/json: {schema: {$ref: '#/components/schemas/%{answer}'}, examples: {a: {value: %{started}}}}}
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
          description: The job.
          content: {application/json: {schema: {$ref: '#/components/schemas/Task'}, examples: %{examples}}}
%{refusals}
        '404': {$ref: '#/components/responses/Unknown'}
%{invalid}
components:
  %{schemes}
  responses:
    Refused: {description: Not let in., content: {application/json: {schema: {$ref: '#/components/schemas/Refusal'}, examples: {%{strangers}wrong: {x-scenario: wrong_credential, value: {detail: not let in}}}}}}
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
        '200': {description: It is well., content: {application/json: {schema: {$ref: '#/components/schemas/Health'}, examples: {ok: {value: {status: ok}}}}}}
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
    is_lister: bool = False,
    answers_job: bool = False,
    refusals: Mapping[int, str] = REFUSED,
    starts: bool = True,
    knows: bool = True,
) -> str:
    """An OpenAPI document; without arguments that of `JobServer`. `refusals` are answers that every call can meet."""
    one, two, three, unknown = ("1", "2", "3", "0") if is_integer else ("j-1", "j-2", "j-3", "j-0")
    seen = {"queued": (three, 0), "running": (three, 90), "done": (one, 900), "failed": (two, 900)}
    told = {state: Job(name, 1e9, 60, state).told(1e9 + age) for state, (name, age) in seen.items()}
    shown = {state: re.sub("'id': '([0-9]+)'", r"'id': \1", _flow(job)) for state, job in told.items()}
    link = {"id": "$response.body#/id"}
    if is_tenanted := "required: true" in parameter:
        link[re.findall("name: ([^,]+)", parameter)[0]] = "$response.body#/tenant"
    known = f"done: {{value: {one}}}, failed: {{value: {two}}}, moving: {{value: {three}}}"
    text = DOCUMENT.substitute(
        title=title,
        security=security,
        schemes=f"securitySchemes: {{key: {{{scheme}}}}}" if scheme else "",
        parameter=parameter,
        listing=LISTING if is_lister else "",
        kind="integer" if is_integer else "string",
        known=known if knows else f"expired: {{value: {one}}}",
        unknown=unknown,
        answer="Task" if answers_job else "Started",
        started=shown["queued"] if answers_job else f"{{id: {three}{f', tenant: {TENANT}' if is_tenanted else ''}}}",
        link=_flow(link),
        examples=f"{{{', '.join(f'{state}: {{value: {job}}}' for state, job in shown.items())}}}",
        refusals="\n".join(
            f"        '{status}': {{$ref: '#/components/responses/{name}'}}" for status, name in refusals.items()
        ),
        invalid="        '422': {$ref: '#/components/responses/Invalid'}" if is_integer or is_tenanted else "",
        strangers="" if "{}" in security else "none: {x-scenario: no_credential, value: {detail: not let in}}, ",
    )
    if not starts:
        text = re.sub(r"(?s)  /jobs:\n.*?(?=  /jobs/)", "", text)
    return text.replace("components:\n", f"{HEALTH}components:\n", 1) if is_lister else text


def _flow(value: Mapping[str, Any]) -> str:
    """A mapping of texts, numbers and nothing, in YAML."""
    return repr(dict(value)).replace("None", "null")


@frozen
class Member:
    """A server and its document. `blind` holds the modes in which a verification has nothing to judge, and says so."""

    stem: str
    document: str
    serve: Callable[[], JobServer]
    environment: Mapping[str, str]
    blind: frozenset[str]


def _member(stem: str, serve: Callable[[], JobServer], *, blind: frozenset[str] = frozenset(), **odd: Any) -> Member:
    named = {f"{stem.replace('-', '_').upper()}_KEY": KEY}
    is_open = "{}" in odd.get("security", "") or not odd.get("scheme", API_KEY)
    return Member(stem, document(stem.replace("-", " ").title(), **odd), serve, {} if is_open else named, blind)


IN_QUERY = f"{{name: tenant, in: query, required: true, schema: {{type: string, minLength: 1}}, example: {TENANT}}}"
IN_HEADER = f"{{name: X-Tenant, in: header, required: true, schema: {{type: string}}, example: {TENANT}}}"
TRACED = "{name: X-Trace, in: header, schema: {type: string}}"
MEMBERS = (
    _member("no-security", Open, security="", scheme="", refusals={}),
    _member("empty-security", Open, security="security: [{}]", scheme="", refusals={}),
    _member("optional-security", OpenUnlessWrong, security="security: [{}, {key: []}]"),
    _member("lists-and-health", Lister, is_lister=True),
    _member("required-query", TenantInQuery, parameter=IN_QUERY),
    _member("required-header", TenantInHeader, parameter=IN_HEADER),
    _member("integer-id", Integers, is_integer=True),
    _member("session-cookie", Sessions),
    _member("latin1-cookie", Latin1Cookies),
    _member("oauth2", Bearers, scheme=OAUTH2),
    _member("openid-connect", Bearers, scheme=OPENID),
    _member("start-answers-resource", Resources, answers_job=True),
    _member("partial", Partial, starts=False),
    _member("web-server-400", Fronted, parameter=TRACED),
    _member("rate-limited", RateLimited, refusals={401: "Refused", 429: "TooMany"}),
    _member("started-only", StartedOnly, knows=False, blind=frozenset({"reads"})),
)
