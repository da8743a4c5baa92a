"""Documents with one feature each, servers that conform to them, and faults that one check must find.

Each server has a finished job `j-1`, a job `j-2` in progress that succeeds after a few polls, and a failed job `j-3`. A
feature says how the status of a job looks, where its id is in the request, and how a job is started.
"""

import itertools
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import Factory, define, evolve, field, frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from scripts.document import Document, load
from scripts.verify.checks.request_validity import parse_parameter

POLLS = 4  # until a job ends
ENDS = {"j-1": "success", "j-2": "success", "j-3": "failure"}
ID = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9._-]+$"}
TEXT = {"type": "string"}
NO_SUCH_JOB = {"detail": "no such job"}
LISTS = {"pending": ["queued"], "success": ["done"], "failure": ["failed"]}
STATE_NAMES = {"pending": "queued", "success": "done", "failure": "failed", "partial": "done_with_errors"}


@define
class Reply:
    """A response: status, JSON body (None for no body), and headers in lower case."""

    status: int
    body: Any = None
    headers: dict[str, str] = Factory(dict)


@frozen
class Call:
    """A request to the server, parsed."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


Status = Callable[[str, str, int], Any]  # id, kind of the state, number of the poll; a body or a `Reply`
Fault = Callable[[Call, Reply], None]


def plain_status(job_id: str, kind: str, poll: int) -> Any:
    """Return the status of the plainest job."""
    return {"id": job_id, "state": STATE_NAMES[kind]}


def object_schema(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object of which each property is required, unless its name ends with `_`."""
    required = [name for name in properties if not name.endswith("_")]
    named = {name.removesuffix("_"): schema for name, schema in properties.items()}
    return {"type": "object", "required": required, "properties": named}


@frozen
class Feature:
    """One feature: its `x-job` and the schemas and behaviour that go with it.

    `responses`, `parameters` and `status_operation` add to the operation that reports the job, `start` to the one that
    starts it, `paths` to the document. `rejects` is a rule that the schemas do not state; `faults` are changes of replies,
    each with the check that must fail.
    """

    name: str
    job: Mapping[str, Any] = field(factory=dict)
    schema: Mapping[str, Any] = Factory(lambda: object_schema(id=TEXT, state={"enum": ["queued", "done", "failed"]}))
    status: Status = plain_status
    path: str = "/jobs/{id}"
    method: str = "get"
    parameters: tuple[Mapping[str, Any], ...] = ({"name": "id", "in": "path", "schema": ID},)
    responses: Mapping[str, Any] = Factory(lambda: {"404": "unknown", "422": "invalid"})
    extra: Mapping[str, Any] = field(factory=dict)
    start: Mapping[str, Any] | None = field(factory=dict)
    start_path: str = "/jobs"
    link: Mapping[str, str] = Factory(lambda: {"id": "$response.body#/id"})
    started: Callable[[str, Call], Reply] = lambda job_id, _: Reply(201, {"id": job_id})
    paths: Mapping[str, Any] = field(factory=dict)
    unknown: Callable[[str], Reply] = lambda _: Reply(404, NO_SUCH_JOB)
    security: tuple[tuple[str, ...], ...] = ()
    schemes: Mapping[str, Any] = field(factory=dict)
    ends: Mapping[str, str] = Factory(lambda: ENDS)
    has_examples: bool = True
    rejects: Callable[[Call], bool] = lambda _: False
    faults: tuple[tuple[Fault, str], ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        parameters = [{**one, "required": one["in"] == "path" or one.get("required", False)} for one in self.parameters]
        if self.has_examples:
            known = {name: {"value": name} for name in self.ends}
            known["none"] = {"value": "j-0", "x-scenario": "unknown_id"}
            for one in parameters:
                if one["schema"] is ID:
                    one["examples"] = known
        status: dict[str, Any] = {
            "operationId": "get_job",
            "parameters": parameters,
            "x-job": {"id": "$response.body#/id", "state": "$response.body#/state", **LISTS, **self.job},
            "responses": {"200": response("The status.", self.schema), **_described(self.responses)},
            **self.extra,
        }
        status["x-job"] = {name: value for name, value in status["x-job"].items() if value is not None}
        if isinstance(status["x-job"]["state"], list):
            status["x-job"] = {name: value for name, value in status["x-job"].items() if name not in LISTS}
        paths: dict[str, Any] = {self.path: {self.method: status}, **self.paths}
        if self.start is not None:
            links = {"job": {"operationId": "get_job", "parameters": dict(self.link)}}
            paths[self.start_path] = {
                "post": {
                    "operationId": "start_job",
                    "responses": {
                        "201": {**response("Started.", object_schema(id_=TEXT)), "links": links},
                        **_described({"422": "invalid"}),
                    },
                    **self.start,
                }
            }
            made = paths[self.start_path]["post"]["responses"]
            for success in (one for status_code, one in made.items() if status_code.startswith("2")):
                success.setdefault("links", links)
        security: dict[str, Any] = (
            {"security": [{key: [] for key in keys} for keys in self.security]} if self.security else {}
        )
        return {
            "openapi": "3.1.1",
            "info": {"title": self.name.replace("-", " ").title(), "version": "1"},
            **security,
            "paths": paths,
            "components": {"securitySchemes": dict(self.schemes)},
        }

    def load(self, folder: Path) -> Document:
        """Write the document to a folder and load it."""
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(self.document()), encoding="utf-8")
        return load(path)


def response(description: str, schema: Any, **more: Any) -> dict[str, Any]:
    """Return a documented JSON response."""
    return {"description": description, "content": {"application/json": {"schema": schema, **more}}}


def _described(responses: Mapping[str, Any]) -> dict[str, Any]:
    refusal = object_schema(detail=TEXT)
    return {status: response(one, refusal) if isinstance(one, str) else one for status, one in responses.items()}


class FeatureServer:
    """An ASGI application that conforms to the document of a feature, except for one fault if it is given."""

    def __init__(self, feature: Feature, document: Document, fault: Fault | None = None) -> None:
        self.feature = feature
        self.fault = fault
        self.calls: list[Call] = []
        self.polls = {
            job_id: POLLS if end == "failure" or job_id == "j-1" else 0 for job_id, end in feature.ends.items()
        }
        self.ends = dict(feature.ends)
        self._numbers = itertools.count(10)
        self._document = document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        raw_path = scope["raw_path"].decode("latin-1").partition("?")[0]
        query = dict(urllib.parse.parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        call = Call(request.method, raw_path, query, dict(request.headers), await request.body())
        self.calls.append(call)
        reply = self._reply(call)
        if self.fault:
            self.fault(call, reply)
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        headers = ({"content-type": "application/json"} if content else {}) | reply.headers
        await Response(content, reply.status, headers)(scope, receive, send)

    def _reply(self, call: Call) -> Reply:
        operations = [(one, _match(one.path, call.path)) for one in self._document.operations]
        found = {one.method: (one, values) for one, values in operations if values is not None}
        if not found:
            return Reply(404, {"detail": "no such path"})
        if call.method not in found:
            return Reply(405, {"detail": "another method"}, {"allow": ", ".join(found)})
        operation, values = found[call.method]
        if not self._is_authorized(call):
            return Reply(401, {"detail": "unauthorized"}, {"www-authenticate": "Bearer"})
        for parameter in operation.parameters:
            given = {"path": values, "query": call.query}[parameter.where]
            value = given.get(parameter.name)
            if value is None and not parameter.required:
                continue
            if value is None or not self._is_valid(parameter.schema, value):
                is_id = operation.job and parameter.name == operation.job.parameter and value is not None
                is_malformed = not is_id or any(response.status == "422" for response in operation.responses)
                return (
                    Reply(422, {"detail": f"{parameter.name} is malformed"})
                    if is_malformed
                    else self._unknown(str(value))
                )
        if operation.bodies and not self._has_valid_body(call, operation):
            return Reply(422, {"detail": "the body is malformed"})
        if self.feature.rejects(call):
            return Reply(422, {"detail": "these values do not go together"})
        if operation.job:
            latest = next(iter(self.polls))
            return self._status({**call.query, **values}.get(operation.job.parameter, latest))
        if operation.id == "start_job":
            return self._start(call, values)
        return Reply(200, {"items": []})

    def _is_authorized(self, call: Call) -> bool:
        if not self.feature.security or () in self.feature.security:
            return True
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        keys = {key for keys in self.feature.security for key in keys}
        accepts_bearer = any(self.feature.schemes[key]["type"] != "apiKey" for key in keys)
        accepts_key = any(self.feature.schemes[key]["type"] == "apiKey" for key in keys)
        return (accepts_bearer and (scheme.lower(), token) == ("bearer", "secret-token")) or (
            accepts_key and call.headers.get("x-key") == "secret-token"
        )

    def _is_valid(self, schema: Any, text: str) -> bool:
        return self._document.validator(schema).is_valid(parse_parameter(self._document, schema, [text]))

    def _has_valid_body(self, call: Call, operation: Any) -> bool:
        essence = call.headers.get("content-type", "").partition(";")[0]
        if not call.body and not operation.raw["requestBody"].get("required"):
            return True
        media_type = next((one for one in operation.bodies if one.name == essence), None)
        if media_type is None:
            return False
        try:
            text = call.body.decode()
            value = (
                dict(urllib.parse.parse_qsl(text, keep_blank_values=True)) if "form" in essence else json.loads(text)
            )
        except ValueError:
            return False
        return self._document.validator(media_type.schema).is_valid(value)

    def _status(self, job_id: str) -> Reply:
        if job_id not in self.polls:
            return self._unknown(job_id)
        self.polls[job_id] += 1
        poll = min(self.polls[job_id], POLLS)
        kind = self.ends[job_id] if poll == POLLS else "pending"
        made = self.feature.status(job_id, kind, poll)
        return evolve(made, headers=dict(made.headers)) if isinstance(made, Reply) else Reply(200, made)

    def _unknown(self, job_id: str) -> Reply:
        return self.feature.unknown(job_id)

    def _start(self, call: Call, values: Mapping[str, str]) -> Reply:
        job_id = values.get("id", f"j-{next(self._numbers)}")
        if job_id not in self.polls and "id" in values:
            return Reply(404, NO_SUCH_JOB)
        self.polls[job_id], self.ends[job_id] = 0, "success"
        return self.feature.started(job_id, call)


def _match(template: str, path: str) -> dict[str, str] | None:
    names = re.findall(r"\{([^{}]+)\}", template)
    found = re.fullmatch(re.sub(r"\\\{[^{}]+\\\}", "([^/]+)", re.escape(template)), path)
    return dict(zip(names, map(urllib.parse.unquote, found.groups()), strict=True)) if found else None


# The faults.


def is_status(call: Call, reply: Reply) -> bool:
    """Return whether a reply reports a job."""
    is_about_jobs = re.match("/(jobs?|operations)(?!s$)", call.path) and call.path != "/jobs"
    return bool(is_about_jobs) and call.method in {"GET", "POST"} and reply.status in {200, 202, 303}


def fault(change: Callable[[Reply], None], when: Callable[[Reply], bool] = lambda _: True) -> Fault:
    """Make a fault of the replies that report a job, of those for which `when` is true."""

    def changed(call: Call, reply: Reply) -> None:
        if is_status(call, reply) and when(reply):
            change(reply)

    changed.__name__ = change.__name__
    return changed


def has_field(**fields: Any) -> Callable[[Reply], bool]:
    """Return a predicate for a body with these fields."""
    return lambda reply: isinstance(reply.body, dict) and fields.items() <= reply.body.items()


class Returns:
    """A fault: once a job has ended, every second poll of it returns an earlier reply."""

    __name__ = "returns_to_pending"

    def __init__(self, *, start: str = "/jobs") -> None:
        self._first: dict[str, Reply] = {}
        self._count: dict[str, int] = {}
        self._start = start

    def __call__(self, call: Call, reply: Reply) -> None:
        """Change a reply."""
        if not is_status(call, reply):
            return
        key = call.path + str(sorted(call.query.items()))
        first = self._first.setdefault(key, evolve(reply))
        self._count[key] = self._count.get(key, 0) + 1
        if self._count[key] > POLLS and self._count[key] % 2:
            reply.status, reply.body, reply.headers = first.status, first.body, first.headers


def another_id(reply: Reply) -> None:
    """Return the id of another job."""
    reply.body = {**reply.body, "id": "j-99"}


def other_name(reply: Reply) -> None:
    """Return another name that ends with the letters of the id, but not with a slash and the id."""
    reply.body = {**reply.body, "id": reply.body["id"].replace("/", "/x")}
