"""The simulator serves any document: each response is documented and valid, although no example says what to send."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from attrs import frozen

from scripts.document import Document, Operation, Response, known_values, load, sample
from scripts.document.samples import sample_with
from scripts.simulate import JobDistribution, Simulator, SimulatorSettings, SteppingClock

STATES = {"type": "string", "enum": ["queued", "running", "done", "broken"]}
LISTS = {"pending": ["queued", "running"], "success": ["done"], "failure": ["broken"]}
JOB = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {"id": {"type": "string"}, "status": STATES, "note": {"type": "string", "maxLength": 4}},
}
X_JOB = {"id": "$response.body#/id", "state": "$response.body#/status", **LISTS}


def content(schema: Any, media_type: str = "application/json", **members: Any) -> dict[str, Any]:
    """Return a response with a body of a schema."""
    return {"description": "d", "content": {media_type: {"schema": schema}}, **members}


def api(
    job: Any = JOB,
    x_job: Any = X_JOB,
    *,
    id_schema: Any = None,
    started: Any = None,
    link: Any = "$response.body#/id",
    responses: Any = None,
    **others: Any,
) -> dict[str, Any]:
    """Return a document with a status operation and a start operation, both without examples."""
    start = started or content(job)
    start["links"] = {"job": {"operationId": "get_job", "parameters": {"id": link}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": id_schema or {"type": "string"}}
    get = {"operationId": "get_job", "parameters": [parameter], "responses": responses or {"200": content(job)}}
    post = {"operationId": "start_job", "responses": {others.pop("code", "202"): start}}
    paths = {"/jobs/{id}": {"get": get | {"x-job": x_job}}, "/jobs": {"post": post}}
    return {"openapi": "3.1.1", "info": {"title": "Any", "version": "1"}, "paths": paths, **others}


@frozen
class Served:
    """A simulated document. Each response to a request must be documented and valid."""

    document: Document
    simulator: Simulator

    def call(self, operation: Operation, path: str, implied: int | None = None, **options: Any) -> httpx.Response:
        """Send a request; check that the response is documented, or of the status that the document implies."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.simulator)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://host/{self.document.stem}") as client:
                return await client.request(operation.method, path, **options)

        response = asyncio.run(send())
        documented = documented_response(operation, response.status_code)
        assert documented or response.status_code == implied, f"{response.status_code} {response.text}"
        if documented:
            check_response(self.document, documented, response)
        return response

    def states(self, operation: Operation, url: str) -> list[str]:
        """Poll a job to its end; return its states."""
        assert operation.job
        seen: list[str] = []
        for _ in range(12):
            response = self.call(operation, url)
            body = response.json() if response.content else None
            seen.append(operation.job.state_of(body, response.status_code, dict(response.headers)))
            if operation.job.is_final(seen[-1]):
                break
        return seen


def documented_response(operation: Operation, status: int) -> Response | None:
    """Return the documented response for a status code."""
    by_status = {response.status.upper(): response for response in operation.responses}
    return by_status.get(str(status)) or by_status.get(f"{status // 100}XX") or by_status.get("DEFAULT")


def check_response(document: Document, documented: Response, response: httpx.Response) -> None:
    """Check content type, body and headers against the document."""
    for name, header in documented.headers.items():
        assert not header.get("required") or name in response.headers
    if not documented.media_types or response.status_code == 204:
        assert response.content == b""
        return
    content_type = response.headers["content-type"].partition(";")[0]
    media_type = next(m for m in documented.media_types if m.name in (content_type, "*/*"))
    body = response.json() if content_type.endswith("json") else response.text
    assert [error.message for error in document.validator(media_type.schema).iter_errors(body)] == []


def serve(tmp_path: Path, data: Mapping[str, Any], **settings: Any) -> Served:
    """Load a document and simulate it; the clock advances by one second per request."""
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    document = load(path)
    return Served(document, Simulator([document], SimulatorSettings(clock=SteppingClock(1.0), **settings)))


SCHEMAS: dict[str, Any] = {
    "string": {"type": "string"},
    "length": {"type": "string", "minLength": 20, "maxLength": 30},
    "short": {"type": "string", "maxLength": 2},
    "pattern": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
    "pattern and length": {"type": "string", "pattern": "^[a-z0-9-]+$", "minLength": 36, "maxLength": 36},
    "lookahead": {"type": "string", "pattern": r"^(?=.*\d)[a-z\d]{8,}$"},
    "property class": {"type": "string", "pattern": r"^\p{L}[\p{L}\d]{2,}$"},
    "alternation": {"type": "string", "pattern": "^(asc|desc)$"},
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "uuid": {"type": "string", "format": "uuid"},
    "uri": {"type": "string", "format": "uri"},
    "email": {"type": "string", "format": "email"},
    "ipv4": {"type": "string", "format": "ipv4"},
    "ipv6": {"type": "string", "format": "ipv6"},
    "hostname": {"type": "string", "format": "hostname"},
    "duration": {"type": "string", "format": "duration"},
    "byte": {"type": "string", "format": "byte"},
    "minimum": {"type": "integer", "minimum": 3600, "maximum": 2592000},
    "exclusive": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "negative": {"type": "integer", "maximum": -1},
    "multiple": {"type": "integer", "multipleOf": 25, "minimum": 26},
    "share": {"type": "number", "minimum": 0, "maximum": 1},
    "enum with null": {"enum": [None, "a"]},
    "const": {"const": {"a": [1]}},
    "nullable": {"type": ["null", "integer"]},
    "default": {"type": "string", "default": "usual"},
    "examples": {"type": "string", "examples": ["shown"]},
    "min items": {"type": "array", "items": {"type": "integer"}, "minItems": 3},
    "unique items": {"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": True},
    "no items": {"type": "array", "maxItems": 0},
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    "required": {"type": "object", "required": ["a"]},
    "closed": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    "max properties": {"type": "object", "properties": {"a": {}, "b": {}}, "maxProperties": 1, "required": ["b"]},
    "allOf": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["b"], "properties": {"b": {"const": 1}}}]},
    "allOf narrows": {"allOf": [{"type": "integer", "minimum": 3}, {"type": "number", "maximum": 4}]},
    "oneOf": {"oneOf": [{"$ref": "#/components/schemas/Base"}, {"type": "string"}]},
    "oneOf overlapping": {"oneOf": [{"type": "integer"}, {"type": "integer", "minimum": 5}, {"type": "string"}]},
    "anyOf null": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Base"}]},
    "anyOf required": {
        "type": "object",
        "properties": {"a": {}, "b": {}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "not": {"type": "string", "not": {"enum": ["sample"]}},
    "not required": {"type": "object", "properties": {"a": {"type": "string"}}, "not": {"required": ["a"]}},
    "if then": {
        "type": "object",
        "properties": {"a": {"enum": ["x", "y"]}},
        "required": ["a"],
        "if": {"properties": {"a": {"const": "x"}}},
        "then": {"required": ["b"], "properties": {"b": {"type": "integer"}}},
    },
    "recursive": {"$ref": "#/components/schemas/Tree"},
    "recursive list": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}, "minItems": 1},
    "unevaluated": {"allOf": [{"$ref": "#/components/schemas/Base"}], "unevaluatedProperties": False},
    "anything": {},
    "anything with a title": {"type": "object", "required": ["a"], "properties": {"a": {"title": "A"}}},
    "anything by reference": {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"$ref": "#/components/schemas/Anything"}},
    },
    "list of anything": {"type": "array", "items": {"$ref": "#/components/schemas/Anything"}, "minItems": 2},
    "list of anything with a title": {"type": "array", "items": {"title": "A"}, "minItems": 1},
}
COMPONENTS: dict[str, Any] = {
    "Anything": {},
    "Base": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "minLength": 9}}},
    "Tree": {
        "type": "object",
        "required": ["name", "children", "parent"],
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "parent": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]},
            "other": {"$ref": "#/components/schemas/Tree"},
        },
    },
}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Load a document whose components are referred to."""
    data = api(components={"schemas": COMPONENTS})
    path = tmp_path_factory.mktemp("schemas") / "any.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("name", SCHEMAS)
def test_sample_satisfies_schema(schemas: Document, name: str) -> None:
    value = sample(schemas, SCHEMAS[name])

    errors = schemas.validator(SCHEMAS[name]).iter_errors(value) if name != "anything" else ()
    assert [error.message for error in errors] == []
    assert sample(schemas, SCHEMAS[name]) == value


def test_sample_has_every_described_property(schemas: Document) -> None:
    assert set(sample(schemas, {"$ref": "#/components/schemas/Tree"})) == {"name", "children", "parent"}
    assert set(sample(schemas, JOB)) == {"id", "status", "note"}


def test_sample_with_fields(schemas: Document) -> None:
    schema = {"oneOf": [{"properties": {"kind": {"const": kind}, kind: {"type": "object"}}} for kind in "abc"]}

    made = sample_with(schemas, {"type": "object", **schema}, {("kind",): {"const": "b"}, ("x", "1"): {"const": 5}})

    assert (made["kind"], made["b"], made["x"][1]) == ("b", {}, 5)


# The documented statuses, the request, and the status of its response.
REJECTIONS: list[tuple[str, list[str], str, int]] = [
    ("400 of a bad parameter", ["400", "404", "422"], "bad query", 400),
    ("422 without 400", ["404", "422"], "bad query", 422),
    ("range", ["404", "4XX"], "bad query", 400),
    ("default", ["404", "default"], "bad query", 400),
    ("another 4xx", ["401", "404", "429"], "bad query", 404),
    ("nothing fits: accepted", ["401", "403", "429"], "bad query", 200),
    ("nothing documented: accepted", [], "bad query", 200),
    ("malformed id", ["422"], "malformed id", 422),
    ("malformed id is unknown", ["404"], "malformed id", 404),
    ("malformed id, nothing documented", [], "malformed id", 404),
    ("unknown id", ["400", "404"], "unknown id", 404),
    ("unknown id with 422 only", ["422"], "unknown id", 404),
    ("unknown id, range", ["4XX"], "unknown id", 404),
    ("unknown id, default", ["default"], "unknown id", 404),
    ("no credential", ["401", "404"], "no credential", 401),
    ("no credential with 403", ["403", "404"], "no credential", 403),
    ("no credential, default", ["default"], "no credential", 401),
    ("no credential, nothing documented", ["404"], "no credential", 401),
    ("method", ["405"], "method", 405),
    ("method, nothing documented", [], "method", 405),
]


@pytest.mark.parametrize(
    ("statuses", "request_of", "expected"), [row[1:] for row in REJECTIONS], ids=[r[0] for r in REJECTIONS]
)
def test_rejection_is_nearest_documented_response(
    tmp_path: Path, statuses: list[str], request_of: str, expected: int
) -> None:
    error = {
        "type": "object",
        "required": ["code", "detail"],
        "properties": {"code": {"type": "integer", "minimum": 100}},
    }
    responses = {"200": content(JOB), **{status: content(error) for status in statuses}}
    data = api(id_schema={"type": "integer"}, responses=responses)
    data["paths"]["/jobs/{id}"]["get"]["parameters"].append(
        {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    )
    data["security"] = [{"key": []}]
    data["components"] = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-key"}}}
    served = serve(tmp_path, data, environment={"ANY_KEY": "k"})
    get = served.document.operation("get_job")
    known = known_values(served.document, get.job_parameter)[0]
    headers = {} if request_of == "no credential" else {"x-key": "k"}
    path = {"bad query": f"/jobs/{known}?limit=x", "malformed id": "/jobs/a", "unknown id": "/jobs/987654"}.get(
        request_of, f"/jobs/{known}"
    )

    if request_of == "method":
        response = asyncio.run(_send(served, "PATCH", path, headers))
    else:
        response = served.call(get, path, expected, headers=headers)

    assert response.status_code == expected


async def _send(served: Served, method: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served.simulator), base_url="http://host/any") as client:
        return await client.request(method, path, headers=headers)


def test_response_has_required_headers(tmp_path: Path) -> None:
    headers = {
        "X-Count": {"required": True, "schema": {"type": "integer", "minimum": 10}},
        "X-Time": {"schema": {"type": "string"}},
        "X-Shown": {"schema": {"type": "string"}, "example": "shown"},
    }
    served = serve(tmp_path, api(responses={"200": content(JOB, headers=headers)}))
    get = served.document.operation("get_job")

    response = served.call(get, f"/jobs/{known_values(served.document, get.job_parameter)[0]}")

    assert int(response.headers["x-count"]) >= 10
    assert ("x-time" in response.headers, response.headers["x-shown"]) == (False, "shown")


ID_SCHEMAS: dict[str, Any] = {
    "string": {"type": "string"},
    "pattern": {"type": "string", "pattern": "^j-[0-9]+$"},
    "short pattern": {"type": "string", "pattern": "^[a-f]{2}[0-9]{2}$"},
    "uuid": {"type": "string", "format": "uuid"},
    "integer": {"type": "integer", "minimum": 1},
    "bounded integer": {"type": "integer", "minimum": 100, "maximum": 999},
    "length": {"type": "string", "minLength": 24, "maxLength": 24},
    "union": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^~[a-z]+$"}]},
    "reference": {"$ref": "#/components/schemas/Id"},
    "example": {"type": "string", "examples": ["job-0001"]},
}


@pytest.mark.parametrize("name", ID_SCHEMAS)
def test_ids_satisfy_schema(tmp_path: Path, name: str) -> None:
    schema = ID_SCHEMAS[name]
    job = {**JOB, "properties": {**JOB["properties"], "id": schema}}  # type: ignore[dict-item]
    components = {"schemas": {"Id": {"type": "string", "pattern": r"^[a-z]+(\.[a-z]+){3}$"}}}
    served = serve(tmp_path, api(job, id_schema=schema, components=components))
    get, start = (served.document.operation(one) for one in ("get_job", "start_job"))

    known = [str(value) for value in known_values(served.document, get.job_parameter)]
    started = [str(served.call(start, "/jobs").json()["id"]) for _ in range(40)]

    assert len({*known, *started}) == len(known) + 40
    for value in (*known, *started):
        assert str(served.call(get, f"/jobs/{value}").json()["id"]) == value


def with_fields(**properties: Any) -> dict[str, Any]:
    """Return the schema of a job whose state is in other fields than `status`."""
    return {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, **properties}}


def when(*rows: tuple[dict[str, Any], str]) -> dict[str, Any]:
    """Return an `x-job` whose state is a list of conditions."""
    return {"id": "$response.body#/id", "state": [{"when": test, "is": kind} for test, kind in rows]}


def at(path: str) -> str:
    """Return the expression of a path in the body."""
    return f"$response.body#{path}"


BOOLEAN = {"type": "boolean"}
TEXT = {"type": "string"}
ERROR = {"type": "object", "properties": {"message": TEXT}}
SHAPES: dict[str, tuple[Any, Any]] = {
    "string": (JOB, X_JOB),
    "no id": (with_fields(status=STATES), {"state": at("/status"), **LISTS}),
    "states of x-job alone": (with_fields(status=TEXT), X_JOB),
    "nested": (
        with_fields(
            data={"type": "object", "properties": {"attributes": {"type": "object", "properties": {"s": STATES}}}}
        ),
        {**X_JOB, "state": at("/data/attributes/s")},
    ),
    "in a list": (
        with_fields(jobs={"type": "array", "items": {"type": "object", "properties": {"state": STATES}}}),
        {**X_JOB, "state": at("/jobs/0/state")},
    ),
    "integers": (
        with_fields(status={"type": "integer", "enum": [1, 3, 10, 20]}),
        {**X_JOB, "pending": [1, 3], "success": [10], "failure": [20]},
    ),
    "boolean": (
        with_fields(ok=BOOLEAN),
        {**X_JOB, "state": at("/ok"), "pending": [], "success": [True], "failure": [False]},
    ),
    "null": (
        with_fields(end={"enum": ["good", "bad", None]}),
        {**X_JOB, "state": at("/end"), "pending": [None], "success": ["good"], "failure": ["bad"]},
    ),
    "partial": (
        with_fields(status={"enum": ["queued", "done", "half", "broken"]}),
        {**X_JOB, "pending": ["queued"], "partial": ["half"]},
    ),
    "many ends": (
        with_fields(status={"enum": ["queued", "done", "gone", "late", "broken"]}),
        {**X_JOB, "pending": ["queued"], "failure": ["gone", "late", "broken"]},
    ),
    "mirror": (
        with_fields(status=STATES, code={"enum": ["A", "B"]}),
        {**X_JOB, "mirrors": [{"at": at("/code"), "as": {"queued": "A", "running": "A", "done": "B", "broken": "B"}}]},
    ),
    "progress of 1": (
        with_fields(status=STATES, share={"type": "number", "minimum": 0, "maximum": 1}),
        {**X_JOB, "progress": {"at": at("/share"), "of": 1}},
    ),
    "progress n of m": (
        with_fields(status=STATES, n={"type": "integer"}, m={"type": "integer", "minimum": 40}),
        {**X_JOB, "progress": {"at": at("/n"), "of": at("/m")}},
    ),
    "subtasks": (
        with_fields(
            status=STATES,
            steps={"type": "array", "items": {"type": "object", "properties": {"s": {"enum": ["a", "ok"]}}}},
        ),
        {**X_JOB, "subtasks": {"items": at("/steps"), "state": "/s", "success": ["ok"]}},
    ),
    "timestamps": (
        with_fields(
            status=STATES, begun={"type": "string", "format": "date-time"}, ended={"type": ["integer", "null"]}
        ),
        {**X_JOB, "timestamps": [at("/begun"), at("/ended")]},
    ),
    "schema per state": (
        {
            "oneOf": [
                with_fields(status={"const": "queued"}),
                with_fields(status={"const": "running"}, worker=TEXT),
                {**with_fields(status={"const": "done"}, result={"type": "integer"}), "required": ["id", "result"]},
                {**with_fields(status={"const": "broken"}, error=ERROR), "required": ["id", "error"]},
            ]
        },
        X_JOB,
    ),
    "done and error": (
        with_fields(done=BOOLEAN, error=ERROR, response={"type": "object"}),
        when(
            ({at("/done"): False}, "pending"),
            ({at("/error"): {"present": True}}, "failure"),
            ({at("/done"): True}, "success"),
        ),
    ),
    "error before done": (
        with_fields(done=BOOLEAN, error=ERROR),
        when(
            ({at("/error"): {"present": True}}, "failure"),
            ({at("/done"): True}, "success"),
            ({at("/done"): {"present": True}}, "pending"),
        ),
    ),
    "status and conclusion": (
        with_fields(
            status={"enum": ["queued", "completed"]}, conclusion={"enum": ["success", "failure", "neutral", None]}
        ),
        when(
            ({at("/status"): "queued"}, "pending"),
            ({at("/status"): "completed", at("/conclusion"): "success"}, "success"),
            ({at("/status"): "completed", at("/conclusion"): "neutral"}, "partial"),
            ({at("/status"): "completed"}, "failure"),
        ),
    ),
    "fallback": (
        with_fields(status=TEXT, ended=BOOLEAN),
        when(
            ({at("/ended"): {"present": False}}, "pending"),
            ({at("/status"): ["good", "fine"]}, "success"),
            ({at("/status"): {"present": True}}, "failure"),
        ),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_jobs_end_in_success_and_failure(tmp_path: Path, name: str) -> None:
    job, x_job = SHAPES[name]
    started = content({"type": "object", "required": ["id"], "properties": {"id": TEXT}})
    served = serve(tmp_path, api(job, x_job, started=started))
    get, start = (served.document.operation(one) for one in ("get_job", "start_job"))
    assert get.job
    ids = list(known_values(served.document, get.job_parameter))

    known = [served.states(get, f"/jobs/{value}") for value in ids]
    begun = [served.states(get, f"/jobs/{served.call(start, '/jobs').json()['id']}") for _ in range(4)]

    for seen in (known, begun):
        ends = {get.job.kinds[states[-1]] for states in seen}
        assert ends == {"success", "failure", *(("partial",) if get.job.partial else ())}
    assert all(states[0] in get.job.pending for states in begun if get.job.pending)
    assert {states[-1] for states in known} == {*get.job.success, *get.job.partial, *get.job.failure}


def test_progress_counts_to_its_whole(tmp_path: Path) -> None:
    for name in ("progress of 1", "progress n of m"):
        served = serve(tmp_path, api(*SHAPES[name]))
        get = served.document.operation("get_job")
        assert get.job
        assert get.job.progress
        first = known_values(served.document, get.job_parameter)[0]
        bodies = [served.call(get, f"/jobs/{first}").json() for _ in range(5)]
        seen = [float(get.job.progress.percent(body) or 0) for body in bodies]
        assert seen == sorted(seen)
        assert seen[0] < seen[-1] == 100


def test_state_by_status_code(tmp_path: Path) -> None:
    code = "$statusCode"
    x_job = {
        "state": [
            {"when": {code: 202}, "is": "pending"},
            {"when": {code: 200}, "is": "success"},
            {"when": {code: 303}, "is": "failure"},
        ]
    }
    responses = {"202": {"description": "d"}, "200": content({"type": "object"}), "303": {"description": "d"}}
    served = serve(tmp_path, api(x_job=x_job, responses=responses))
    begun = served.call(served.document.operation("start_job"), "/jobs").json()["id"]
    get = served.document.operation("get_job")
    ids = known_values(served.document, get.job_parameter)

    assert [served.states(get, f"/jobs/{value}")[-1] for value in ids] == ["success", "failure"]
    assert served.call(get, f"/jobs/{ids[0]}").status_code == 200
    assert served.states(get, f"/jobs/{begun}")[-1] == "success"


@pytest.mark.parametrize(
    ("header", "media", "target"),
    [
        ("Location", None, "/jobs/{id}"),
        ("Operation-Location", None, "/jobs/{id}"),
        ("X-Job-Id", None, "/jobs/{id}"),
        ("Location", {"required": True, "schema": {"type": "string", "format": "uri"}}, "/jobs/{id}"),
        ("Location", {"schema": {"type": "string"}, "example": "/v1/jobs/j-1"}, "/jobs/{id}"),
        ("Location", None, "/job-status"),
    ],
)
def test_start_names_job_in_header(tmp_path: Path, header: str, media: Any, target: str) -> None:
    described = {header: media or {"schema": {"type": "string"}}}
    data = api(started={"description": "d", "headers": described}, link=f"$response.header.{header}")
    if target != "/jobs/{id}":
        data["paths"][target] = data["paths"].pop("/jobs/{id}")
        data["paths"][target]["get"]["parameters"][0]["in"] = "query"
    served = serve(tmp_path, data)
    get, start = (served.document.operation(one) for one in ("get_job", "start_job"))

    value = served.call(start, "/jobs").headers[header]
    url = re.sub(r"^(http://host)?/any", "", value) if "/" in value else f"/jobs/{value}"

    assert served.states(get, url)[-1] == "done"
    assert ("://" in value) == bool(media and "format" in media["schema"])


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string", "examples": ["jobs/j-1"]}, r"jobs/.+"),
        ({"type": "string", "format": "uri"}, r"http.*/jobs/.+|https://.*"),
        ({"type": "string"}, r".+"),
    ],
)
def test_id_that_ends_with_the_parameter(tmp_path: Path, schema: Any, shown: str) -> None:
    job = {**JOB, "properties": {**JOB["properties"], "id": schema}}  # type: ignore[dict-item]
    started = content({"type": "object", "required": ["key"], "properties": {"key": TEXT}})
    x_job = {**X_JOB, "id": {"at": at("/id"), "match": "suffix"}}
    served = serve(tmp_path, api(job, x_job, started=started, link=at("/key")))
    get, start = (served.document.operation(one) for one in ("get_job", "start_job"))

    key = served.call(start, "/jobs").json()["key"]
    found = served.call(get, f"/jobs/{key}").json()["id"]

    assert re.fullmatch(shown, found)
    assert get.job
    assert get.job.is_id(found, key)


def test_name_that_contains_the_id_is_kept_by_start_and_status(tmp_path: Path) -> None:
    """The name is the end of the status path, is tested by a condition, and must not become a URL of the simulator."""
    name = {"type": "string", "pattern": "^jobs/[a-z0-9-]+$"}
    job = {"type": "object", "required": ["name"], "properties": {"name": name, "done": {"type": "boolean"}}}
    x_job = {
        "id": {"at": at("/name"), "match": "suffix"},
        "state": [
            {"when": {at("/done"): True}, "is": "success"},
            {"when": {at("/name"): {"present": True}}, "is": "pending"},
        ],
    }
    served = serve(tmp_path, api(job, x_job, link=at("/name"), id_schema={"type": "string", "pattern": "^[a-z0-9-]+$"}))
    get, start = (served.document.operation(one) for one in ("get_job", "start_job"))

    names = [served.call(start, "/jobs").json()["name"] for _ in range(2)]

    assert names[0] != names[1]
    for shown in names:
        assert served.call(get, f"/{shown}").json()["name"] == shown


def test_job_parameter_in_query_of_post_operation(tmp_path: Path) -> None:
    data = api()
    operation = data["paths"].pop("/jobs/{id}")["get"]
    operation["parameters"] = [{"name": "id", "in": "query", "required": True, "schema": TEXT}]
    data["paths"]["/status"] = {"post": operation}
    served = serve(tmp_path, data)
    get, start = (served.document.operation(one) for one in ("get_job", "start_job"))

    assert get.method == "POST"
    assert served.states(get, f"/status?id={served.call(start, '/jobs').json()['id']}")[-1] == "done"
    assert served.call(get, "/status?id=unheard-of", 404).status_code == 404
    known = known_values(served.document, get.job_parameter)
    assert [served.states(get, f"/status?id={value}")[-1] for value in known] == ["done", "broken"]


@pytest.mark.parametrize("where", ["path", "query", "body"])
def test_job_named_by_request(tmp_path: Path, where: str) -> None:
    link = {"path": "$request.path.name", "query": "$request.query.name", "body": "$request.body#/name"}[where]
    data = api(link=link)
    start = data["paths"].pop("/jobs")["post"]
    url = {"path": "/run/{name}", "query": "/run", "body": "/run"}[where]
    data["paths"][url] = {"post": start}
    if where == "body":
        named = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
        start["requestBody"] = {"required": True, "content": {"application/json": {"schema": named}}}
    else:
        start["parameters"] = [{"name": "name", "in": where, "required": True, "schema": TEXT, "example": "mine"}]
    served = serve(tmp_path, data)
    get, begin = (served.document.operation(one) for one in ("get_job", "start_job"))

    options: dict[str, Any] = {"json": {"name": "mine"}} if where == "body" else {}
    served.call(begin, {"path": "/run/mine", "query": "/run?name=mine"}.get(where, "/run"), **options)

    assert served.states(get, "/jobs/mine")[-1] in {"done", "broken"}


def test_link_with_constant_and_parameters_of_the_request(tmp_path: Path) -> None:
    data = api()
    for path in ("/jobs/{id}", "/jobs"):
        item = data["paths"].pop(path)
        data["paths"][f"/teams/{{team}}{path}"] = item
        team = {"name": "team", "in": "path", "required": True, "schema": TEXT, "example": "blue"}
        item["parameters"] = [team]
    get = data["paths"]["/teams/{team}/jobs/{id}"]["get"]
    get["parameters"].append({"name": "api-version", "in": "query", "required": True, "schema": {"const": "1"}})
    response = data["paths"]["/teams/{team}/jobs"]["post"]["responses"]["202"]
    response["links"]["job"]["parameters"] |= {"team": "$request.path.team", "api-version": "1"}
    served = serve(tmp_path, data)
    status, start = (served.document.operation(one) for one in ("get_job", "start_job"))

    started = served.call(start, "/teams/blue/jobs").json()["id"]

    assert served.states(status, f"/teams/blue/jobs/{started}?api-version=1")[-1] == "done"


@pytest.mark.parametrize("example", [False, True])
def test_unknown_job_with_200(tmp_path: Path, example: bool) -> None:
    job = {"type": "object", "required": ["success"], "properties": {"success": BOOLEAN, "id": TEXT, "status": STATES}}
    data = api(job, {**X_JOB, "unknown": {at("/success"): False}})
    if example:
        media = data["paths"]["/jobs/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
        media["examples"] = {"none": {"value": {"success": False, "id": "unheard of"}}}
    served = serve(tmp_path, data)
    get = served.document.operation("get_job")
    assert get.job

    unknown = served.call(get, "/jobs/unheard-of")
    known = served.call(get, f"/jobs/{known_values(served.document, get.job_parameter)[0]}")

    assert (unknown.status_code, get.job.is_unknown(unknown.json())) == (200, True)
    assert (unknown.json().get("id") == "unheard of") == example
    assert not get.job.is_unknown(known.json())


BODY = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": TEXT,
        "count": {"type": "integer"},
        "tags": {"type": "array", "items": TEXT},
        "meta": {"type": "object"},
    },
    "additionalProperties": False,
}
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
# The described media types, the request, and the status of its response.
BODIES: list[tuple[list[str], dict[str, Any], int]] = [
    (["application/json"], {"json": {"name": "a"}}, 202),
    (["application/json"], {"json": {"count": 1}}, 422),
    (["application/json"], {"content": b"{", "headers": {"content-type": "application/json"}}, 422),
    (["application/json"], {}, 422),
    (["application/json"], {"content": b"a", "headers": {"content-type": "text/plain"}}, 415),
    (
        ["application/vnd.x+json"],
        {"content": b'{"name": "a"}', "headers": {"content-type": "application/vnd.x+json"}},
        202,
    ),
    (["*/*"], {"json": {"name": "a"}}, 202),
    ([FORM], {"data": {"name": "a", "count": "3", "tags": ["x", "y"], "meta[a]": "b"}}, 202),
    ([FORM], {"data": {"name": "a", "count": "x"}}, 422),
    ([FORM], {"data": {"count": "3"}}, 422),
    ([FORM], {"data": {"name": "a", "a member of meta": "b"}}, 202),
    ([FORM], {"json": {"name": "a"}}, 415),
    ([MULTIPART], {"files": {"name": (None, "a"), "count": (None, "3")}}, 202),
    ([MULTIPART], {"files": {"count": (None, "3")}}, 422),
    ([MULTIPART], {"files": {"name": (None, "a"), "other": (None, "3")}}, 422),
    (["application/json", FORM], {"json": {"name": "a"}}, 202),
    (["application/json", FORM], {"data": {"name": "a"}}, 202),
    (["application/json", FORM], {"data": {"count": "1"}}, 422),
]


@pytest.mark.parametrize(("media_types", "options", "expected"), BODIES)
def test_request_body_is_validated(
    tmp_path: Path, media_types: list[str], options: dict[str, Any], expected: int
) -> None:
    data = api()
    post = data["paths"]["/jobs"]["post"]
    post["requestBody"] = {"required": True, "content": {name: {"schema": BODY} for name in media_types}}
    post["responses"] |= {"415": content(ERROR), "422": content(ERROR)}
    served = serve(tmp_path, data)

    assert served.call(served.document.operation("start_job"), "/jobs", **options).status_code == expected


def test_invalid_body_is_accepted_if_no_response_rejects_it(tmp_path: Path) -> None:
    data = api()
    data["paths"]["/jobs"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": BODY}},
    }
    served = serve(tmp_path, data)

    assert served.call(served.document.operation("start_job"), "/jobs", json={"count": 1}).status_code == 202


@pytest.mark.parametrize(
    ("parameter", "query", "expected"),
    [
        ({"schema": {"type": ["integer", "null"]}}, "x=null", 200),
        ({"schema": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "x=5", 200),
        ({"schema": {"type": "array", "items": {"type": "integer"}}}, "x=1&x=2", 200),
        ({"schema": {"type": "array", "items": {"type": "integer"}}, "explode": False}, "x=1,2", 200),
        (
            {"schema": {"type": "array", "items": {"type": "integer"}}, "style": "pipeDelimited", "explode": False},
            "x=1|2",
            200,
        ),
        (
            {"schema": {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/N"}}, {"type": "null"}]}},
            "x=7",
            200,
        ),
        ({"schema": {"type": "array", "items": {"type": "integer"}}}, "x=a", 400),
        ({"schema": {"enum": [1, 2]}}, "x=2", 200),
        ({"schema": {"enum": [1, 2]}}, "x=3", 400),
        ({"schema": {"type": "object"}, "style": "deepObject", "required": True}, "x[a]=1", 200),
        ({"content": {"application/json": {"schema": {"type": "object"}}}}, 'x={"a": 1}', 200),
        ({"schema": {"type": "boolean"}}, "x=yes", 400),
        ({"schema": TEXT, "required": True}, "", 400),
    ],
)
def test_query_parameter(tmp_path: Path, parameter: Any, query: str, expected: int) -> None:
    data = api(
        responses={"200": content(JOB), "400": content(ERROR)}, components={"schemas": {"N": {"type": "integer"}}}
    )
    data["paths"]["/jobs/{id}"]["get"]["parameters"].append({"name": "x", "in": "query", **parameter})
    if parameter.get("required"):
        data["paths"]["/jobs"]["post"]["responses"]["202"]["links"]["job"]["parameters"]["x"] = "1"
    served = serve(tmp_path, data)
    get = served.document.operation("get_job")
    known = known_values(served.document, get.job_parameter)[0]

    assert served.call(get, f"/jobs/{known}?{query}").status_code == expected


OTHERS: dict[str, Any] = {
    "list": {"200": content({"type": "array", "items": JOB, "minItems": 2})},
    "health": {"200": content(TEXT, "text/plain")},
    "no content": {"204": {"description": "d"}},
    "wildcard": {"200": content({"type": "object"}, "*/*")},
    "several": {"200": content(JOB), "201": content(JOB)},
    "default alone": {"default": content(JOB)},
    "range": {"2XX": content(JOB)},
    "binary": {"200": content({"type": "string", "format": "binary"}, "application/octet-stream")},
    "example": {"200": content(JOB, "application/json")},
}


@pytest.mark.parametrize("name", OTHERS)
def test_operation_that_has_nothing_to_do_with_jobs(tmp_path: Path, name: str) -> None:
    data = api()
    data["paths"]["/other"] = {"get": {"operationId": "get_other", "responses": OTHERS[name]}}
    if name == "example":
        OTHERS[name]["200"]["content"]["application/json"]["example"] = {"id": "shown", "status": "done"}
    served = serve(tmp_path, data)

    response = served.call(served.document.operation("get_other"), "/other")

    assert name != "example" or response.json()["id"] == "shown"


def test_states_without_example_are_made_from_another_example(tmp_path: Path) -> None:
    data = api()
    shown = {"id": "j-1", "status": "running", "note": "own"}
    media = data["paths"]["/jobs/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    media["example"] = shown
    served = serve(tmp_path, data)
    get = served.document.operation("get_job")

    bodies = [served.call(get, "/jobs/j-1").json() for _ in range(6)]

    assert [body["status"] for body in bodies][-1] == "done"
    assert {json.dumps({**body, "status": ""}) for body in bodies} == {json.dumps({**shown, "status": ""})}


def test_ids_and_ends_depend_on_the_seed_alone(tmp_path: Path) -> None:
    runs = []
    for _ in range(2):
        served = serve(tmp_path, api(id_schema=ID_SCHEMAS["pattern"]), seed=3)
        start = served.document.operation("start_job")
        runs.append([served.call(start, "/jobs").json()["id"] for _ in range(5)])

    assert runs[0] == runs[1]


def test_share_of_failures_can_be_set(tmp_path: Path) -> None:
    served = serve(tmp_path, api(), distribution=JobDistribution(2.0, failures=0.0))
    get = served.document.operation("get_job")

    assert {served.states(get, f"/jobs/{v}")[-1] for v in known_values(served.document, get.job_parameter)} == {"done"}


def test_start_response_agrees_with_the_status(tmp_path: Path) -> None:
    job = with_fields(status=STATES, run={"type": "string", "format": "uuid"}, begun={"type": "integer"})
    x_job = {**X_JOB, "run": [at("/run")], "timestamps": [at("/begun")], "immutable": [at("/run"), at("/begun")]}
    served = serve(tmp_path, api(job, x_job))
    get, start = (served.document.operation(one) for one in ("get_job", "start_job"))

    for _ in range(3):
        started = served.call(start, "/jobs").json()
        for _ in range(5):
            status = served.call(get, f"/jobs/{started['id']}").json()
            assert (status["run"], status["begun"]) == (started["run"], started["begun"])


@pytest.mark.parametrize(("others", "is_open"), [([], False), ([{}], False), ([{}, {"key": []}], True)])
def test_operation_without_security_does_not_open_the_others(tmp_path: Path, others: Any, is_open: bool) -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "x-key"}
    responses = {"200": content(JOB), "401": content({"type": "object"})}
    data = api(responses=responses, security=[{"key": []}], components={"securitySchemes": {"key": scheme}})
    health = {"operationId": "get_health", "security": others, "responses": {"200": content({"type": "object"})}}
    data["paths"]["/health"] = {"get": health}
    data["paths"]["/jobs"]["post"]["responses"]["401"] = content({"type": "object"})
    served = serve(tmp_path, data)
    get = served.document.operation("get_job")
    known = known_values(served.document, get.job_parameter)[0]

    # A document that makes a credential optional anywhere has it so for all, as long as none is configured.
    assert served.call(get, f"/jobs/{known}").status_code == (200 if is_open else 401)
    assert served.call(served.document.operation("get_health"), "/health").status_code == 200
