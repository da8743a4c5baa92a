"""Small documents, each with one way in which an API reports a job, and what its server returns."""

import json
from collections.abc import Mapping
from typing import Any, Final

from attrs import Factory, frozen

Reply = tuple[int, Any, dict[str, str]]  # status, JSON body or None, headers
TEXT: Final = {"type": "string"}
LISTS: Final = {
    "state": "$response.body#/state",
    "pending": ["running"],
    "success": ["done"],
    "failure": ["failed"],
}
REPORT: Final = {"$ref": "#/components/schemas/Status"}  # the component of the case
NUMBER: Final = {"type": "integer"}
ERROR: Final = {"anyOf": [{"type": "object", "properties": {"message": TEXT}}, {"type": "null"}]}


@frozen
class Case:
    """A document, and what its server returns.

    Attributes:
        x_job: The content of `x-job`.
        replies: What the server returns by outcome: pending, success, failure, partial, unknown.
        properties: The schema of the properties of a status.
        path: The path of the status operation, for the job `j-1`.
        method: The method of the status operation.
        parameters: The parameters of the status operation, except those in the path.
        wait: The arguments of the wait by id.
        polled: The method and target of each poll.
        responses: The responses of the status operation, if there are others than 200 with a status.
        body: The request body of the status operation.
        state: The last state of a failure, as errors name it.
        reason: The reason of a failure.
    """

    x_job: dict[str, Any]
    replies: dict[str, Reply]
    properties: dict[str, Any] = Factory(lambda: {"id": TEXT, "state": TEXT})
    path: str = "/jobs/{id}"
    method: str = "get"
    parameters: tuple[dict[str, Any], ...] = ()
    wait: tuple[tuple[Any, ...], dict[str, Any]] = (("j-1",), {})
    polled: str = "GET /jobs/j-1"
    responses: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    state: str = "failed"
    reason: str = ""


def ok(body: Any, status: int = 200, **headers: str) -> Reply:
    """Return a reply; underscores in header names stand for hyphens."""
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}


def states(*values: Any, key: str = "state", **members: Any) -> dict[str, Reply]:
    """Return replies whose state is one of the values in the order pending, success, failure, partial."""
    kinds = ("pending", "success", "failure", "partial")
    return {kind: ok({**members, key: value}) for kind, value in zip(kinds, values, strict=False)}


def parameter(name: str, where: str = "query", **schema: Any) -> dict[str, Any]:
    """Return a required parameter."""
    return {"name": name, "in": where, "required": True, "schema": {"type": "string", **schema}}


def content(schema: Any) -> dict[str, Any]:
    """Return the content of a JSON body."""
    return {"content": {"application/json": {"schema": schema}}}


def operation(name: str, case: Case) -> tuple[str, dict[str, Any]]:
    """Return the path and the status operation of a case, named after it."""
    names = [part[1:-1] for part in case.path.split("/") if part.startswith("{")]
    in_path = [parameter(one, "path", **({"type": "integer"} if one == "number" else {})) for one in names]
    made: dict[str, Any] = {
        "operationId": f"get_{name}",
        "parameters": [*in_path, *case.parameters],
        "x-job": case.x_job,
        "responses": case.responses or {"200": {"description": "It.", **content(REPORT)}},
    }
    if case.body is not None:
        made["requestBody"] = content(case.body)
    # The component of each case has its name.
    text = json.dumps(made).replace(REPORT["$ref"], f"#/components/schemas/{name}")
    return f"/{name}{case.path}", {case.method: json.loads(text)}


def document(title: str, cases: Mapping[str, Case], paths: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Return a document of cases and further paths."""
    schemas = {name: {"type": "object", "properties": case.properties} for name, case in cases.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": {**dict(operation(name, case) for name, case in cases.items()), **paths},
        "components": {"schemas": schemas},
    }


BY_CODE: Final = [
    {"when": {"$statusCode": 202}, "is": "pending"},
    {"when": {"$response.body#/error": {"present": True}}, "is": "failure"},
    {"when": {"$statusCode": [200, 303]}, "is": "success"},
]
GOOGLE: Final = [
    {"when": {"$response.body#/done": {"present": False}}, "is": "pending"},
    {"when": {"$response.body#/done": False}, "is": "pending"},
    {"when": {"$response.body#/error": {"present": True}}, "is": "failure"},
    {"when": {"$response.body#/done": True}, "is": "success"},
]
GITHUB: Final = [
    {"when": {"$response.body#/status": ["queued", "in_progress"]}, "is": "pending"},
    {"when": {"$response.body#/conclusion": ["success", "skipped"]}, "is": "success"},
    {"when": {"$response.body#/conclusion": "neutral"}, "is": "partial"},
    {"when": {"$response.body#/status": "completed"}, "is": "failure"},
]
CASES: Final = {
    "equal_id": Case({**LISTS, "id": "$response.body#/id"}, states("running", "done", "failed", id="j-1")),
    "no_id": Case(LISTS, states("running", "done", "failed")),
    "prefixed_id": Case(
        {**LISTS, "id": {"at": "$response.body#/id", "match": "suffix"}},
        states("running", "done", "failed", id="jobs/j-1"),
    ),
    "url_id": Case(
        {**LISTS, "id": {"at": "$response.body#/id", "match": "suffix"}},
        states("running", "done", "failed", id="https://elsewhere.example/v1/jobs/j-1/"),
    ),
    "integer_id": Case(
        {**LISTS, "id": "$response.body#/id"},
        states("running", "done", "failed", id=7),
        {"id": NUMBER, "state": TEXT},
        path="/jobs/{number}",
        wait=((7,), {}),
        polled="GET /jobs/7",
    ),
    "integer_state": Case(
        {"state": "$response.body#/state", "pending": [0, 1], "success": [2], "failure": [-1, 3]},
        states(1, 2, -1),
        {"state": {"type": "integer", "enum": [0, 1, 2, -1, 3]}},
        state="-1",
    ),
    "boolean_state": Case(
        {"state": "$response.body#/completed", "pending": [False], "success": [True], "failure": []},
        states(False, True, key="completed"),
        {"completed": {"type": "boolean"}},
    ),
    "null_state": Case(
        {"state": "$response.body#/state", "pending": [None, "running"], "success": ["done"], "failure": ["failed"]},
        states(None, "done", "failed"),
        {"state": {"type": ["string", "null"]}},
    ),
    "missing_state": Case(
        {"state": "$response.body#/end/state", "pending": [None], "success": ["done"], "failure": ["failed"]},
        {"pending": ok({}), **{k: ok({"end": {"state": s}}) for k, s in (("success", "done"), ("failure", "failed"))}},
        {"end": {"type": "object", "properties": {"state": TEXT}}},
    ),
    "done_and_error": Case(
        {"state": GOOGLE, "reason": "$response.body#/error/message"},
        {
            "pending": ok({"name": "operations/j-1"}),
            "success": ok({"done": True, "error": None, "response": {}}),
            "failure": ok({"done": True, "error": {"message": "no  quota"}}),
        },
        {"name": TEXT, "done": {"type": "boolean"}, "error": ERROR, "response": {"type": "object"}},
        state="failure",
        reason="no quota",
    ),
    "two_fields": Case(
        {"state": GITHUB, "id": "$response.body#/id"},
        {
            "pending": ok({"id": "j-1", "status": "queued", "conclusion": None}),
            "success": ok({"id": "j-1", "status": "completed", "conclusion": "success"}),
            "failure": ok({"id": "j-1", "status": "completed", "conclusion": "stale"}),
            "partial": ok({"id": "j-1", "status": "completed", "conclusion": "neutral"}),
        },
        {"id": TEXT, "status": TEXT, "conclusion": {"type": ["string", "null"]}},
        state="failure",
    ),
    "status_code": Case(
        {"state": BY_CODE, "reason": "$response.body#/error/message"},
        {
            "pending": ok(None, 202),
            "success": ok({"state": "any"}),
            "failure": ok({"error": {"message": "full"}}),
        },
        {"state": TEXT, "error": ERROR},
        responses={
            "202": {"description": "Not yet."},
            "200": {"description": "It.", **content(REPORT)},
            "303": {"description": "Ended."},
        },
        state="failure",
        reason="full",
    ),
    "redirect": Case(
        {
            "state": [
                *BY_CODE[1:2],
                {"when": {"$statusCode": 303}, "is": "success"},
                {"when": {"$statusCode": 200}, "is": "pending"},
            ]
        },
        {
            "pending": ok({"state": "any"}),
            "success": ok(None, 303, Location="/results/1"),
            "failure": ok({"error": {"message": "full"}}),
        },
        {"state": TEXT, "error": ERROR},
        responses={"200": {"description": "It.", **content(REPORT)}, "303": {"description": "Ended."}},
        state="failure",
    ),
    "no_body_at_all": Case(
        {
            "state": [
                {"when": {"$statusCode": 202}, "is": "pending"},
                {"when": {"$response.header.X-Result": "bad"}, "is": "failure"},
                {"when": {"$statusCode": 204}, "is": "success"},
            ]
        },
        {"pending": ok(None, 202), "success": ok(None, 204), "failure": ok(None, 204, X_Result="bad")},
        responses={"202": {"description": "Not yet."}, "204": {"description": "Ended."}},
        state="failure",
    ),
    "gone_is_done": Case(
        {
            "state": [
                {"when": {"$statusCode": 410}, "is": "success"},
                {"when": {"$response.body#/state": "stuck"}, "is": "failure"},
                {"when": {"$statusCode": 200}, "is": "pending"},
            ]
        },
        {
            "pending": ok({"state": "deleting"}),
            "success": ok({"message": "gone"}, 410),
            "failure": ok({"state": "stuck"}),
        },
        responses={
            "200": {"description": "It.", **content(REPORT)},
            "404": {"description": "Unknown."},
            "410": {"description": "Deleted.", **content({"type": "object", "properties": {"message": TEXT}})},
        },
        state="failure",
    ),
    "header_state": Case(
        {
            "state": [
                {"when": {"$response.header.X-State": "busy"}, "is": "pending"},
                {"when": {"$response.header.X-State": ["ok", "fine"]}, "is": "success"},
                {"when": {"$response.header.X-State": {"present": True}}, "is": "failure"},
            ]
        },
        {kind: ok({}, X_State=state) for kind, state in (("pending", "busy"), ("success", "fine"), ("failure", "bad"))},
        state="failure",
    ),
    "partial": Case({**LISTS, "partial": ["some"]}, states("running", "done", "failed", "some")),
    "unknown": Case(
        {**LISTS, "unknown": {"$response.body#/found": False}},
        {**states("running", "done", "failed"), "unknown": ok({"found": False, "message": "no run j-1"})},
        {"state": TEXT, "found": {"type": "boolean"}, "message": TEXT},
    ),
    "reasons": Case(
        {**LISTS, "reason": "$response.body#/errors"},
        states("running", "done", "failed", errors=["one", "two  three"]),
        {"state": TEXT, "errors": {"type": "array", "items": TEXT}},
        reason="one; two three",
    ),
    "query_id": Case(
        {**LISTS, "id": "$response.body#/id"},
        states("running", "done", "failed", id="j-1"),
        path="/run/info",
        parameters=(parameter("run-id"),),
        polled="GET /run/info?run-id=j-1",
    ),
    "query_id_of_a_path": Case(
        {**LISTS, "names": "run"},
        states("running", "done", "failed"),
        path="/projects/{project}/run",
        parameters=(
            {**parameter("run"), "required": False},
            {**parameter("verbose", type="boolean"), "required": False},
        ),
        wait=(("p", "j-1"), {"verbose": True}),
        polled="GET /projects/p/run?run=j-1&verbose=true",
    ),
    "first_of_two": Case(
        {**LISTS, "names": "id", "id": "$response.body#/id"},
        states("running", "done", "failed", id="j-1"),
        path="/jobs/{id}/steps/{step}",
        wait=(("j-1", "s"), {}),
        polled="GET /jobs/j-1/steps/s",
    ),
    "posted": Case(LISTS, states("running", "done", "failed"), method="post", polled="POST /jobs/j-1"),
    "posted_body": Case(
        LISTS,
        states("running", "done", "failed"),
        method="post",
        body={"type": "object", "required": ["fields"], "properties": {"fields": {"type": "array", "items": TEXT}}},
        wait=(("j-1",), {"body": {"fields": ["state"]}}),
        polled='POST /jobs/j-1 {"fields": ["state"]}',
    ),
    "version": Case(
        LISTS,
        states("running", "done", "failed"),
        parameters=(
            parameter("api-version", default="v1"),
            parameter("mode", const="full"),
            parameter("form", enum=["short"]),
            parameter("X-Tenant", "header", default="t-1"),
        ),
        polled="GET /jobs/j-1?api-version=v1&mode=full&form=short X-Tenant: t-1",
    ),
}
PROGRESS: Final[dict[str, tuple[Case, dict[str, Any]]]] = {
    "progress_of_number": (
        Case(
            {**LISTS, "progress": {"at": "$response.body#/part", "of": 1}},
            {},
            {"state": TEXT, "part": {"type": "number"}},
        ),
        {"part": 0.25},
    ),
    "progress_of_field": (
        Case(
            {**LISTS, "progress": {"at": "$response.body#/done", "of": "$response.body#/all"}},
            {},
            {"state": TEXT, "done": NUMBER, "all": NUMBER},
        ),
        {"done": 2, "all": 8},
    ),
}
