"""What `x-job` says: ids, states, conditions, progress, and further fields."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from ..changes import (
    Document,
    bodies,
    each_body,
    ids,
    job_property,
    moved,
    sequence,
    states,
    without_examples,
    without_status,
)
from ..document import REMOVED, STATES, Change
from ..row import refused, works

BODY = "$response.body#"
UUIDS = {state: f"6d4ad9a8-4c1e-4ec9-9e39-8d4c0c3f8f4{number}" for number, state in enumerate((*STATES, "started"))}
NUMBERS = {state: 100 + number for number, state in enumerate((*STATES, "started"))}
SAME = dict(zip(STATES, STATES, strict=True))


def named(prefix: str) -> dict[str, str]:
    """Return ids with a prefix."""
    return {state: f"{prefix}{number}" for state, number in NUMBERS.items()}


def in_query(document: Document) -> None:
    """Move the id to the query."""
    item = document["paths"].pop("/jobs/{jobId}")
    document["paths"]["/status"] = item
    item["get"]["parameters"][0]["in"] = "query"


def prefixed(prefix: str) -> Change:
    """Give the ids in the bodies of the status a prefix, which the path does not have."""
    return sequence(
        each_body(lambda _, body: {**body, "id": prefix + body["id"]}),
        {"x-job id": {"at": f"{BODY}/id", "match": "suffix"}},
    )


def conditions(*pairs: tuple[dict[str, Any], str]) -> Change:
    """Replace the state by conditions."""
    listed = [
        {"when": {BODY + key if key.startswith("/") else key: value for key, value in when.items()}, "is": kind}
        for when, kind in pairs
    ]
    return {"x-job state": listed, "x-job pending": REMOVED, "x-job success": REMOVED, "x-job failure": REMOVED}


def operation_body(state: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return an operation that is done, with an error or a response."""
    ended: dict[str, dict[str, Any]] = {"failed": {"error": {"message": "x"}}, "succeeded": {"response": {"size": 3}}}
    return {"id": body["id"], "done": state in ended, **ended.get(state, {})}


def run_body(state: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a run with a status and a conclusion."""
    conclusion = {"succeeded": "success", "failed": "failure"}.get(state)
    return {"id": body["id"], "status": "completed" if conclusion else "in_progress", "conclusion": conclusion}


OPERATION = {
    "Job": {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string"},
            "done": {"type": "boolean"},
            "error": {"$ref": "#/components/schemas/Error"},
            "response": {"type": "object", "additionalProperties": True},
        },
    }
}
RUN = {
    "Job": {
        "type": "object",
        "required": ["id", "status", "conclusion"],
        "properties": {
            "id": {"type": "string"},
            "status": {"type": "string", "enum": ["queued", "in_progress", "completed"]},
            "conclusion": {"type": ["string", "null"], "enum": ["success", "failure", "cancelled", None]},
        },
    }
}


def by_status(pending: str, ended: str) -> Change:
    """Let the HTTP status say whether a job has ended."""

    def change(document: Document) -> None:
        operation = document["paths"]["/jobs/{jobId}"]["get"]
        shown = operation["responses"].pop("200")
        examples = shown["content"]["application/json"]["examples"]
        for status, kept in ((pending, STATES[:2]), (ended, STATES[2:])):
            content = {
                "schema": {"$ref": "#/components/schemas/Job"},
                "examples": {state: examples[state] for state in kept},
            }
            operation["responses"][status] = {"description": "The job.", "content": {"application/json": content}}

    return change


def by_status_alone(pending: str, success: str, failure: str, content: dict[str, Any] | None = None) -> Change:
    """Let the HTTP status alone say how a job is; the responses have this content, or none."""
    codes = {pending: "pending", success: "success", failure: "failure"}

    def change(document: Document) -> None:
        responses = document["paths"]["/jobs/{jobId}"]["get"]["responses"]
        del responses["200"]
        for code in codes:
            responses[code] = {"description": "The job.", **({"content": deepcopy(content)} if content else {})}

    rows = conditions(*(({"$statusCode": int(code)}, kind) for code, kind in codes.items()))
    described = "id" in str(content)
    return sequence(change, rows, {} if described else {"x-job id": REMOVED})


def ended_by_status(success: str, failure: str) -> Change:
    """Let the body say that a job runs, and the status how it has ended, with a body that does not name the job."""
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return sequence(
        {
            f"status responses {success}": {"description": "Success."},
            f"status responses {failure}": {"description": "Failure.", "content": error},
        },
        conditions(
            ({"$statusCode": 200, "/status": {"present": True}}, "pending"),
            ({"$statusCode": int(success)}, "success"),
            ({"$statusCode": int(failure)}, "failure"),
        ),
        {"Job properties status enum": ["queued", "running"]},
        lambda d: _drop(d, "succeeded", "failed"),
    )


def listed_conditions(types: dict[str, str], parent: str = "") -> Change:
    """Let a list say how a job has ended, which is empty while it runs."""
    item = {"type": "object", "properties": {"type": {"type": "string"}}}
    schema: dict[str, Any] = {"type": "object", "properties": {"conditions": {"type": "array", "items": item}}}

    def body(state: str, before: dict[str, Any]) -> dict[str, Any]:
        found = {"conditions": [{"type": types[state]}] if state in types else []}
        return {"id": before["id"], **({parent: found} if parent else found)}

    properties = {parent: schema} if parent else schema["properties"]
    return sequence(
        {"Job required": ["id"], "Job properties": {"id": {"type": "string"}, **properties}}, each_body(body)
    )


def with_method(method: str) -> Callable[[Document], None]:
    """Report the job by another method."""

    def change(document: Document) -> None:
        item = document["paths"]["/jobs/{jobId}"]
        item[method] = item.pop("get")

    return change


def few_ids(schema: dict[str, Any], *values: Any) -> Change:
    """Let the schema of the id allow few values."""
    return ids(dict(zip((*STATES, "started"), values, strict=False)), schema, values[-1])


def listed(**values: object) -> dict[str, Any]:
    """Set keys of x-job."""
    return {f"x-job {key}": value for key, value in values.items()}


COUNTS = sequence(
    job_property("done", {"type": "integer", "minimum": 0}, 1),
    job_property("total", {"type": "integer", "minimum": 1}, 4),
)
UNKNOWN_200 = sequence(
    {
        "Job required": ["id"],
        "Job properties success": {"type": "boolean"},
        "status responses 404": REMOVED,
        "ok examples none": {"x-scenario": "unknown_id", "value": {"id": "j-404", "success": False}},
        "x-job unknown": {f"{BODY}/success": False},
    },
    each_body(lambda state, body: body if state == "none" else {**body, "success": True}),
)
CODES = (
    *(("204", code) for code in ("203", "400", "403", "408", "409", "410", "422", "423", "425", "500", "501", "507")),
    ("302", "500"),
    ("303", "422"),
)
TASK = {"path": "/tasks/{taskId}/jobs/{jobId}"}
TASK_ID = {"name": "taskId", "in": "path", "required": True, "schema": {"type": "string"}, "example": "t-1"}

ROWS = (
    works("id in a query parameter", in_query),
    works("id in a query parameter, named", listed(names="jobId"), in_query),
    works("id uuid", ids(UUIDS, {"type": "string", "format": "uuid"}, "6d4ad9a8-4c1e-4ec9-9e39-8d4c0c3f8f99")),
    works("id integer", ids(NUMBERS, {"type": "integer"}, 999)),
    works("id int64 with minimum", ids(NUMBERS, {"type": "integer", "format": "int64", "minimum": 1}, 999)),
    works(
        "id integer in the path, string in the body",
        ids(NUMBERS, {"type": "integer"}, 999),
        {"Job properties id": {"type": "string"}},
        each_body(lambda _, body: {**body, "id": str(body["id"])}),
    ),
    works("id with a pattern", ids(named("j-"), {"type": "string", "pattern": "^j-[0-9]+$"}, "j-404")),
    works(
        "id with a fixed length",
        ids(named("abcdefgh"), {"type": "string", "minLength": 11, "maxLength": 11}, "abcdefgh404"),
    ),
    works(
        "id of 24 hexadecimal digits",
        ids(
            {k: f"65a0f0c2e4b0a1b2c3d4e5f{n}" for n, k in enumerate((*STATES, "started"))},
            {"type": "string", "pattern": "^[0-9a-f]{24}$"},
            "65a0f0c2e4b0a1b2c3d4e5ff",
        ),
    ),
    works(
        "id with colon and plus", ids(named("manual__2026-01-01T00:00:00+00:00_"), {"type": "string"}, "manual__404")
    ),
    works("id with slashes", ids(named("a/b/"), {"type": "string"}, "a/b/404")),
    works("id with spaces and percent", ids(named("100% of "), {"type": "string"}, "100% of 404")),
    works("id not ASCII", ids(named("größe-"), {"type": "string"}, "größe-404")),
    *(
        refused(f"id {name}", "allows few values", few_ids(schema, *values), at="job:")
        for name, schema, values in (
            ("of an enum", {"type": "string", "enum": list("abcdez")}, "abcdez"),
            ("of an enum of numbers", {"enum": [1, 2, 3, 4, 5, 9]}, (1, 2, 3, 4, 5, 9)),
            ("of one digit", {"type": "integer", "minimum": 1, "maximum": 9}, (1, 2, 3, 4, 5, 9)),
            ("of two digits", {"type": "string", "pattern": "^[0-9]{2}$"}, ("11", "12", "13", "14", "15", "99")),
            ("of one letter", {"type": "string", "pattern": "^[a-h]$"}, "abcdeh"),
            ("boolean", {"type": "boolean"}, (True, False, True, False, True, False)),
        )
    ),
    refused(
        "id of an enum in the path alone",
        "allows few values",
        few_ids({"type": "string", "enum": list("abcdez")}, *"abcdez"),
        {"Job properties id": {"type": "string"}, "Started properties id": {"type": "string"}},
    ),
    works(
        "id of an enum of jobs that nothing starts",
        few_ids({"type": "string", "enum": list("abcdez")}, *"abcdez"),
        {"start responses 202 links": REMOVED},
    ),
    works("id of four digits", few_ids({"type": "integer", "minimum": 1, "maximum": 9999}, 1, 2, 3, 4, 5, 9)),
    works("id a multiple of ten", few_ids({"type": "integer", "multipleOf": 10}, 10, 20, 30, 40, 50, 990)),
    works("id number", few_ids({"type": "number"}, 1.5, 2.5, 3.5, 4.5, 5.5, 99.5)),
    works("id number or null", few_ids({"type": ["number", "null"]}, 1.5, 2, 3.5, 4.5, 5, 99.5)),
    works("id nullable in the body", {"Job properties id": {"type": ["string", "null"]}}),
    works(
        "id absent",
        listed(id=REMOVED),
        {"Job required": ["status"], "Job properties id": REMOVED},
        each_body(lambda _, body: {key: value for key, value in body.items() if key != "id"}),
    ),
    works("id not declared", listed(id=REMOVED)),
    works("id with a prefix", prefixed("jobs/")),
    works("id as a url", prefixed("https://example.com/api/jobs/")),
    works("id as an ARM path", prefixed("/subscriptions/s-1/providers/jobs/")),
    works(
        "id nested",
        {
            "Job properties meta": {"type": "object", "required": ["uid"], "properties": {"uid": {"type": "string"}}},
            "Job required": ["meta", "status"],
            "Job properties id": REMOVED,
            "x-job id": f"{BODY}/meta/uid",
        },
        each_body(lambda _, body: {"meta": {"uid": body["id"]}, "status": body["status"]}),
    ),
    works(
        "two path parameters",
        moved(TASK["path"], TASK_ID),
        {"paths /tasks/{taskId}/jobs": {}},
        lambda d: _start_below(d),
    ),
    works("job named by the first path parameter", lambda d: _named_first(d)),
    refused("names no parameter", "names", listed(names="nothing"), at="names"),
    refused("id suffix without at", "id", {"x-job id": {"match": "suffix"}}, at="id"),
    refused("id with an unknown match", "match", {"x-job id": {"at": f"{BODY}/id", "match": "prefix"}}),
    works(
        "states integer",
        states({"queued": 0, "running": 1, "succeeded": 2, "failed": -1}, {"type": "integer", "enum": [0, 1, 2, -1]}),
    ),
    works(
        "states integer without enum",
        states({"queued": 0, "running": 1, "succeeded": 2, "failed": -1}, {"type": "integer"}),
    ),
    works("state boolean", lambda d: _boolean(d)),
    works(
        "state null while running",
        states(
            {**SAME, "queued": None}, {"type": ["string", "null"], "enum": [None, "running", "succeeded", "failed"]}
        ),
    ),
    works("states of several types", states({"queued": None, "running": False, "succeeded": True, "failed": "error"})),
    works("state without enum", states(SAME, {"type": "string"})),
    works("state of any type", states(SAME, {})),
    works("states as oneOf const", states(SAME, {"oneOf": [{"const": state, "title": state} for state in STATES]})),
    works(
        "states as anyOf enums",
        states(
            SAME,
            {
                "anyOf": [
                    {"type": "string", "enum": ["queued", "running"]},
                    {"type": "string", "enum": ["succeeded", "failed"]},
                ]
            },
        ),
    ),
    works("state const by variant", lambda d: _variants(d)),
    works(
        "states with spaces and signs",
        states({"queued": "not started yet", "running": "In-Progress", "succeeded": "100%", "failed": '✗ failed: "x"'}),
    ),
    works(
        "states that differ by case",
        states({"queued": "Done", "running": "done", "succeeded": "DONE", "failed": "dONE"}),
    ),
    works("state empty text", states({**SAME, "queued": ""})),
    works("states like numbers", states({"queued": "0", "running": "1", "succeeded": "2", "failed": "3"})),
    works("states like booleans", states({"queued": "null", "running": "no", "succeeded": "true", "failed": "false"})),
    works("states optional", {"Job required": ["id"]}),
    works("state with a default", {"state default": "queued"}),
    works("40 states", lambda d: _many_states(d)),
    works(
        "only final states",
        {"state enum": ["succeeded", "failed"], "x-job pending": []},
        lambda d: _drop(d, "queued", "running"),
    ),
    works("state of the enum in no list, warned", {"state enum": [*STATES, "paused"], "x-job notStarted": ["paused"]}),
    refused("state in no list", "paused", {"state enum": [*STATES, "paused"]}, at="x-job"),
    refused("state in two lists", "running", listed(pending=["queued", "running"], success=["succeeded", "running"])),
    refused("state not in the enum", "lost", listed(failure=["failed", "lost"]), at="failure"),
    refused("no success state", "success", listed(success=[])),
    refused("state points nowhere", "/nothing", listed(state=f"{BODY}/nothing"), at="state"),
    refused("unknown key", "succes", {"x-job succes": ["succeeded"]}, at="x-job"),
    refused("x-job not a mapping", "x-job", {"status x-job": "yes"}, at="x-job"),
    refused("x-job with a list as state text", "pending", listed(pending="queued"), at="pending"),
    refused("expression misspelled", "response", listed(state="response.body#/status"), at="state"),
    works(
        "done and error",
        {"schemas Job": OPERATION["Job"]},
        each_body(operation_body),
        conditions(
            ({"/done": False}, "pending"), ({"/error": {"present": True}}, "failure"), ({"/done": True}, "success")
        ),
    ),
    works(
        "done absent while running",
        {"schemas Job": OPERATION["Job"]},
        each_body(lambda s, b: {k: v for k, v in operation_body(s, b).items() if k != "done" or v}),
        conditions(
            ({"/error": {"present": True}}, "failure"),
            ({"/done": True}, "success"),
            ({"/done": {"present": False}}, "pending"),
        ),
    ),
    works(
        "status and conclusion",
        {"schemas Job": RUN["Job"]},
        each_body(run_body),
        conditions(
            ({"/status": ["queued", "in_progress"]}, "pending"),
            ({"/conclusion": "success"}, "success"),
            ({"/conclusion": ["failure", "cancelled"]}, "failure"),
        ),
    ),
    works(
        "status and conclusion together",
        {"schemas Job": RUN["Job"]},
        each_body(run_body),
        conditions(
            ({"/status": ["queued", "in_progress"]}, "pending"),
            ({"/status": "completed", "/conclusion": "success"}, "success"),
            ({"/status": "completed"}, "failure"),
        ),
    ),
    works(
        "state by status code",
        by_status("202", "200"),
        conditions(
            ({"$statusCode": 202}, "pending"), ({"/status": "failed"}, "failure"), ({"$statusCode": 200}, "success")
        ),
    ),
    works(
        "state by status code and presence",
        by_status("202", "200"),
        conditions(
            ({"$statusCode": 202}, "pending"),
            ({"$statusCode": 200, "/status": "failed"}, "failure"),
            ({"$statusCode": 200}, "success"),
        ),
    ),
    works(
        "303 at the end",
        by_status("200", "303"),
        conditions(
            ({"$statusCode": 200}, "pending"),
            ({"$statusCode": 303, "/status": "failed"}, "failure"),
            ({"$statusCode": 303}, "success"),
        ),
    ),
    *(
        works(f"ended by status code {success} or {failure}", ended_by_status(success, failure))
        for success, failure in CODES
    ),
    *(
        works(f"state by status code alone {success} or {failure}", by_status_alone("202", success, failure))
        for success, failure in CODES
    ),
    works(
        "state by status code alone, with bodies",
        by_status_alone("202", "203", "422", {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}),
    ),
    works(
        "state by status code of a range",
        by_status_alone("202", "200", "422"),
        lambda d: _renamed_response(d, "422", "4XX"),
        without_status("401", "404"),
    ),
    works(
        "state by status code, and a response while it runs that does not name the job",
        by_status("202", "200"),
        conditions(
            ({"$statusCode": 202}, "pending"), ({"/status": "failed"}, "failure"), ({"$statusCode": 200}, "success")
        ),
        {"status responses 202 content application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    ),
    *(
        refused(
            f"state by status code {code}, which no response describes",
            "no response describes",
            conditions(
                ({"$statusCode": [200, code]}, "pending"),
                ({"/status": "failed"}, "failure"),
                ({"/note": "x"}, "success"),
            ),
            at="when",
        )
        for code in (203, 302, 500)
    ),
    *(
        refused(
            f"state by status code {code}, which says nothing about a job",
            "which says that the request",
            {f"status responses {code}": {"description": "An error."}},
            conditions(
                ({"$statusCode": [200, code]}, "pending"),
                ({"/status": "failed"}, "failure"),
                ({"/note": "x"}, "success"),
            ),
            at="when",
        )
        for code in (401, 404, 405, 429, 502, 503, 504)
    ),
    refused(
        "state by status code as text",
        "number",
        conditions(({"$statusCode": "200"}, "success"), ({"/status": "failed"}, "failure")),
        at="when",
    ),
    refused(
        "state by the status of an unknown id",
        "unknown",
        without_status("404"),
        {"status responses 410": {"$ref": "#/components/responses/Unknown"}},
        conditions(
            ({"$statusCode": 410}, "success"), ({"/status": "failed"}, "failure"), ({"$statusCode": 200}, "pending")
        ),
        at="state",
    ),
    refused(
        "state by the status of an unknown id without an example of it",
        "unknown",
        without_status("404"),
        {"status responses 410": {"description": "The job is gone."}},
        conditions(
            ({"$statusCode": 410}, "success"), ({"/status": "failed"}, "failure"), ({"$statusCode": 200}, "pending")
        ),
        at="state",
    ),
    refused(
        "unknown id that is reported as another job",
        "the id of another job",
        without_status("404"),
        {"ok examples none": {"x-scenario": "unknown_id", "value": {"id": "none", "status": "queued"}}},
        at="state",
    ),
    works(
        "unknown id that is reported as pending",
        without_status("404"),
        {"ok examples none": {"x-scenario": "unknown_id", "value": {"id": "j-404", "status": "queued"}}},
    ),
    works(
        "state in a map",
        {"Job properties attrs": {"type": "object", "additionalProperties": {"type": "string"}}},
        each_body(lambda state, body: {**body, "attrs": {"st": state}}),
        listed(state=f"{BODY}/attrs/st"),
    ),
    works(
        "state in a map of an enum",
        {"Job properties attrs": {"type": "object", "additionalProperties": {"enum": list(STATES)}}},
        each_body(lambda state, body: {**body, "attrs": {"st": state}}),
        listed(state=f"{BODY}/attrs/st"),
        without_examples,
    ),
    works(
        "state in a tuple",
        {"Job properties l": {"type": "array", "prefixItems": [{"type": "string", "enum": list(STATES)}]}},
        each_body(lambda state, body: {**body, "l": [state]}),
        listed(state=f"{BODY}/l/0"),
    ),
    works(
        "state in the second of a tuple",
        {"Job properties l": {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"enum": list(STATES)}}},
        each_body(lambda state, body: {**body, "l": [1, state]}),
        listed(state=f"{BODY}/l/1"),
    ),
    refused(
        "state in no part of a tuple",
        "no 2xx schema describes",
        listed(state=f"{BODY}/l/1"),
        {"Job properties l": {"type": "array", "prefixItems": [{"type": "string"}]}},
        at="state",
    ),
    works(
        "unknown by states of the enum",
        {"state enum": [*STATES, "unknown", "gone"], "status responses 404": REMOVED},
        listed(unknown={f"{BODY}/status": ["unknown", "gone"]}),
    ),
    works(
        "unknown by one state of the enum",
        {"state enum": [*STATES, "unknown"], "status responses 404": REMOVED},
        listed(unknown={f"{BODY}/status": "unknown"}),
    ),
    works(
        "state behind the index of a list",
        listed_conditions({"succeeded": "Complete", "failed": "Failed"}),
        conditions(
            ({"/conditions/0/type": "Failed"}, "failure"),
            ({"/conditions/0/type": ["Complete", "Ready"]}, "success"),
            ({"/id": {"present": True}}, "pending"),
        ),
    ),
    works(
        "state behind the index of a list in an object",
        listed_conditions({"succeeded": "Complete", "failed": "Failed"}, "detail"),
        conditions(
            ({"/detail/conditions/0/type": "Failed"}, "failure"),
            ({"/detail/conditions/0/type": ["Complete", "Ready"]}, "success"),
            ({"/id": {"present": True}}, "pending"),
        ),
    ),
    works(
        "state by the first of the errors",
        {"Job required": ["id"], "Job properties errors": {"type": "array", "items": {"type": "string"}}},
        {"Job properties done": {"type": "boolean"}},
        each_body(
            lambda s, b: {"id": b["id"], "done": s in {"succeeded", "failed"}, "errors": ["x"] if s == "failed" else []}
        ),
        conditions(
            ({"/errors/0": {"present": True}}, "failure"), ({"/done": True}, "success"), ({"/done": False}, "pending")
        ),
    ),
    *(
        refused(f"x-job on {method}", message, with_method(method), at="x-job")
        for method, message in (("head", "body"), ("delete", "GET or POST"), ("put", "GET or POST"))
    ),
    works(
        "conditions with partial",
        {"schemas Job": RUN["Job"]},
        each_body(run_body),
        conditions(
            ({"/status": ["queued", "in_progress"]}, "pending"),
            ({"/conclusion": "success"}, "success"),
            ({"/conclusion": "cancelled"}, "partial"),
            ({"/conclusion": "failure"}, "failure"),
        ),
    ),
    refused(
        "conditions without success",
        "success",
        conditions(({"/status": "failed"}, "failure"), ({"/status": {"present": True}}, "pending")),
    ),
    refused(
        "condition of an unknown kind",
        "is",
        conditions(({"/status": "failed"}, "lost"), ({"/status": "succeeded"}, "success")),
    ),
    refused(
        "condition points nowhere",
        "/nothing",
        conditions(({"/nothing": "failed"}, "failure"), ({"/status": "succeeded"}, "success")),
    ),
    works(
        "partial",
        {
            "state enum": [*STATES, "partly"],
            "x-job partial": ["partly"],
            "ok examples partly": {"value": {"id": "j-105", "status": "partly"}},
            "parameter examples partly": {"value": "j-105"},
        },
    ),
    works("partial without example", {"state enum": [*STATES, "partly"], "x-job partial": ["partly"]}),
    works(
        "not started",
        {
            "state enum": [*STATES, "draft"],
            "x-job notStarted": ["draft"],
            "ok examples draft": {"value": {"id": "j-105", "status": "draft"}},
            "parameter examples draft": {"value": "j-105"},
        },
    ),
    works("unknown job is 200", UNKNOWN_200),
    works(
        "progress in percent",
        job_property("percent", {"type": "integer", "minimum": 0, "maximum": 100}, 0),
        lambda d: _progress(d, "percent", 100),
        listed(progress=f"{BODY}/percent"),
    ),
    works(
        "progress of 1",
        job_property("share", {"type": "number", "minimum": 0, "maximum": 1}, 0),
        lambda d: _progress(d, "share", 1),
        listed(progress={"at": f"{BODY}/share", "of": 1}),
    ),
    works(
        "progress n of m",
        COUNTS,
        lambda d: _progress(d, "done", 4),
        listed(progress={"at": f"{BODY}/done", "of": f"{BODY}/total"}),
    ),
    works(
        "progress nullable",
        job_property("percent", {"type": ["integer", "null"], "minimum": 0, "maximum": 100}, None),
        listed(progress=f"{BODY}/percent"),
    ),
    refused(
        "progress is text",
        "progress",
        job_property("percent", {"type": "string"}, "50%"),
        listed(progress=f"{BODY}/percent"),
        at="progress",
    ),
    refused(
        "progress of nothing",
        "of",
        job_property("share", {"type": "number"}, 0),
        listed(progress={"at": f"{BODY}/share", "of": 0}),
    ),
    refused(
        "progress of 1 without of",
        "of: 1",
        job_property("share", {"type": "number", "minimum": 0, "maximum": 1}, 0),
        listed(progress=f"{BODY}/share"),
        at="progress",
    ),
    works("reason", job_property("error", {"type": ["string", "null"]}, None), listed(reason=f"{BODY}/error")),
    works(
        "reason nested",
        job_property("error", {"$ref": "#/components/schemas/Error"}, {"message": "x"}),
        listed(reason=f"{BODY}/error/message"),
    ),
    works(
        "reason in a list",
        job_property("errors", {"type": "array", "items": {"$ref": "#/components/schemas/Error"}}, [{"message": "x"}]),
        listed(reason=f"{BODY}/errors/0/message"),
    ),
    works(
        "reason is a list",
        job_property("errors", {"type": "array", "items": {"type": "string"}}, ["x", "y"]),
        listed(reason=f"{BODY}/errors"),
    ),
    works(
        "reason is an object",
        job_property("error", {"type": "object", "properties": {"code": {"type": "integer"}}}, {"code": 3}),
        listed(reason=f"{BODY}/error"),
    ),
    works("run", job_property("run", {"type": "string"}, "r-1"), listed(run=[f"{BODY}/run"])),
    works("timestamps", lambda d: _timestamps(d)),
    works(
        "timestamps in milliseconds",
        job_property("from", {"type": "integer"}, 1_767_225_600_000),
        job_property("to", {"type": ["integer", "null"]}, None),
        listed(timestamps=[f"{BODY}/from", f"{BODY}/to"]),
    ),
    works("immutable", job_property("owner", {"type": "string"}, "ann"), listed(immutable=[f"{BODY}/owner"])),
    works(
        "append only",
        job_property("log", {"type": "array", "items": {"type": "string"}}, ["a"]),
        listed(appendOnly=[f"{BODY}/log"]),
    ),
    works("subtasks", lambda d: _subtasks(d)),
    works("mirrors", lambda d: _mirrors(d)),
    works(
        "detail",
        {
            "status parameters +": {"name": "full", "in": "query", "schema": {"type": "boolean", "default": False}},
            "x-job detail": {"parameter": "full", "values": [False, True]},
        },
    ),
    works("limits", listed(limits=[{"requests": 1000, "per": 1}])),
    refused("limits of nothing", "limits", listed(limits=[{"requests": 0, "per": 1}]), at="requests"),
    works("two jobs in a document", lambda d: _second_job(d)),
    works("status by post", lambda d: _by_post(d)),
    works(
        "status by post with an optional body",
        lambda d: _by_post(d),
        {
            "paths /jobs/{jobId} post requestBody": {
                "content": {
                    "application/json": {
                        "schema": {"type": "object", "properties": {"full": {"type": "boolean"}}},
                        "example": {"full": True},
                    }
                }
            }
        },
    ),
    refused(
        "status by post that requires a body",
        "request body",
        lambda d: _by_post(d),
        {
            "paths /jobs/{jobId} post requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"type": "object", "properties": {"full": {"type": "boolean"}}},
                        "example": {"full": True},
                    }
                },
            }
        },
    ),
    works("no start operation", {"paths /jobs": REMOVED}),
    works("no example and no enum", states(SAME, {"type": "string"}), without_examples),
    works("no job at all", {"status x-job": REMOVED, "start responses 202 links": REMOVED}),
)


def _start_below(document: Document) -> None:
    document["paths"]["/tasks/{taskId}/jobs"] = document["paths"].pop("/jobs")
    start = document["paths"]["/tasks/{taskId}/jobs"]["post"]
    start["parameters"] = [dict(TASK_ID)]
    start["responses"]["202"]["links"]["job"]["parameters"] = {"taskId": "$request.path.taskId", "jobId": f"{BODY}/id"}


def _named_first(document: Document) -> None:
    item = document["paths"].pop("/jobs/{jobId}")
    document["paths"]["/jobs/{jobId}/parts/{part}"] = item
    item["get"]["parameters"].append(
        {"name": "part", "in": "path", "required": True, "schema": {"type": "string"}, "example": "all"}
    )
    item["get"]["x-job"]["names"] = "jobId"
    document["paths"]["/jobs"]["post"]["responses"]["202"]["links"]["job"]["parameters"]["part"] = "all"


def _boolean(document: Document) -> None:
    job = document["components"]["schemas"]["Job"]
    job["properties"]["status"] = {"type": "boolean"}
    job["properties"]["error"] = {"type": "string"}
    x_job = document["paths"]["/jobs/{jobId}"]["get"]["x-job"]
    x_job.update(pending=[False], success=[True], failure=[])
    each_body(lambda state, body: {**body, "status": state in {"succeeded", "failed"}})(document)


def _variants(document: Document) -> None:
    schemas = document["components"]["schemas"]
    for state in STATES:
        properties = {"id": {"type": "string"}, "note": {"type": "string"}, "status": {"const": state}}
        schemas[f"Job{state.title()}"] = {"type": "object", "required": ["id", "status"], "properties": properties}
    del schemas["Job"]
    content = document["paths"]["/jobs/{jobId}"]["get"]["responses"]["200"]["content"]["application/json"]
    content["schema"] = {"oneOf": [{"$ref": f"#/components/schemas/Job{state.title()}"} for state in STATES]}


def _many_states(document: Document) -> None:
    more = [f"stage_{number}" for number in range(36)]
    document["components"]["schemas"]["Job"]["properties"]["status"]["enum"] += more
    document["paths"]["/jobs/{jobId}"]["get"]["x-job"]["pending"] += more


def _drop(document: Document, *names: str) -> None:
    operation = document["paths"]["/jobs/{jobId}"]["get"]
    for name in names:
        del operation["parameters"][0]["examples"][name]
        del operation["responses"]["200"]["content"]["application/json"]["examples"][name]


def _renamed_response(document: Document, old: str, new: str) -> None:
    responses = document["paths"]["/jobs/{jobId}"]["get"]["responses"]
    responses[new] = responses.pop(old)


def _progress(document: Document, name: str, whole: float) -> None:
    each_body(lambda state, body: {**body, name: whole if state == "succeeded" else body[name]})(document)


def _timestamps(document: Document) -> None:
    time = {"type": "string", "format": "date-time"}
    for name in ("created", "started", "ended"):
        document["components"]["schemas"]["Job"]["properties"][name] = {**time, "type": ["string", "null"]}
    document["paths"]["/jobs/{jobId}"]["get"]["x-job"]["timestamps"] = [
        f"{BODY}/{name}" for name in ("created", "started", "ended")
    ]
    for body in bodies(document):
        body.update(created="2026-01-01T00:00:00Z", started="2026-01-01T00:00:01Z")
        body["ended"] = "2026-01-01T00:00:02Z" if body["status"] in {"succeeded", "failed"} else None


def _subtasks(document: Document) -> None:
    part = {
        "type": "object",
        "required": ["state"],
        "properties": {"state": {"type": "string", "enum": ["waiting", "ok", "bad"]}},
    }
    document["components"]["schemas"]["Part"] = part
    job_property("parts", {"type": "array", "items": {"$ref": "#/components/schemas/Part"}}, [])(document)
    outcome = {"succeeded": "ok", "failed": "bad"}
    each_body(lambda state, body: {**body, "parts": [{"state": outcome.get(state, "waiting")}]})(document)
    document["paths"]["/jobs/{jobId}"]["get"]["x-job"]["subtasks"] = {
        "items": f"{BODY}/parts",
        "state": "/state",
        "success": ["ok"],
    }


def _mirrors(document: Document) -> None:
    lights = dict(zip(STATES, ("grey", "amber", "green", "red"), strict=True))
    job_property("light", {"type": "string", "enum": list(lights.values())}, "")(document)
    each_body(lambda state, body: {**body, "light": lights[state]})(document)
    document["paths"]["/jobs/{jobId}"]["get"]["x-job"]["mirrors"] = [{"at": f"{BODY}/light", "as": lights}]


def _second_job(document: Document) -> None:
    item = deepcopy(document["paths"]["/jobs/{jobId}"])
    item["get"]["operationId"] = "get_export"
    document["paths"]["/exports/{jobId}"] = item


def _by_post(document: Document) -> None:
    item = document["paths"]["/jobs/{jobId}"]
    item["post"] = item.pop("get")
