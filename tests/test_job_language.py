"""What `x-job` and links can say: the states that responses report, and the messages for what cannot hold."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.document import MISSING, DocumentError, JobLifecycle, Message, load
from scripts.document.job import parse_job

LISTS: dict[str, Any] = {"pending": ["run"], "success": ["ok"], "failure": ["bad"]}
STATE: Any = "$response.body#/state"


def job(**keys: Any) -> JobLifecycle:
    """Return the lifecycle of an `x-job`."""
    return parse_job(keys if isinstance(keys.get("state"), list) else {"state": STATE, **LISTS, **keys})


GOOGLE = [
    {"when": {"$response.body#/done": False}, "is": "pending"},
    {"when": {"$response.body#/done": {"present": False}}, "is": "pending"},
    {"when": {"$response.body#/error": {"present": True}}, "is": "failure"},
    {"when": {"$response.body#/done": True}, "is": "success"},
]
GITHUB = [
    {
        "when": {"$response.body#/status": "completed", "$response.body#/conclusion": ["success", "skipped"]},
        "is": "success",
    },
    {"when": {"$response.body#/status": "completed", "$response.body#/conclusion": "neutral"}, "is": "partial"},
    {"when": {"$response.body#/status": "completed"}, "is": "failure"},
    {"when": {"$response.body#/status": {"present": True}}, "is": "pending"},
]
CODES = [
    {"when": {"$statusCode": 202}, "is": "pending"},
    {"when": {"$statusCode": [200, 303], "$response.header.X-Failed": {"present": True}}, "is": "failure"},
    {"when": {"$statusCode": [200, 303]}, "is": "success"},
]


@pytest.mark.parametrize(
    ("keys", "body", "status", "headers", "expected"),
    [
        ({}, {"state": "run"}, 200, {}, "run"),
        ({}, {"state": "new"}, 200, {}, "new"),
        ({}, {}, 200, {}, MISSING),
        ({}, {"state": {"name": "run"}}, 200, {}, MISSING),
        ({}, [], 200, {}, MISSING),
        ({"pending": [None]}, {"state": None}, 200, {}, "null"),
        ({"pending": [None]}, {}, 200, {}, "null"),
        ({"pending": [None]}, [], 200, {}, MISSING),
        ({"pending": [0, 1], "success": [2], "failure": [-1]}, {"state": 2}, 200, {}, "2"),
        ({"pending": [False], "success": [True], "failure": []}, {"state": True}, 200, {}, "true"),
        ({"state": "$response.body#/jobs/0/state"}, {"jobs": [{"state": "ok"}]}, 200, {}, "ok"),
        ({"state": GOOGLE}, {"name": "operations/1"}, 200, {}, "pending"),
        ({"state": GOOGLE}, {"done": False, "error": None}, 200, {}, "pending"),
        ({"state": GOOGLE}, {"done": True, "error": {"code": 3}}, 200, {}, "failure"),
        ({"state": GOOGLE}, {"done": True, "error": None}, 200, {}, "success"),
        ({"state": GOOGLE}, {"done": 1}, 200, {}, MISSING),
        ({"state": GITHUB}, {"status": "completed", "conclusion": "skipped"}, 200, {}, "success"),
        ({"state": GITHUB}, {"status": "completed", "conclusion": "neutral"}, 200, {}, "partial"),
        ({"state": GITHUB}, {"status": "completed", "conclusion": "timed_out"}, 200, {}, "failure"),
        ({"state": GITHUB}, {"status": "queued", "conclusion": None}, 200, {}, "pending"),
        ({"state": GITHUB}, {}, 200, {}, MISSING),
        ({"state": CODES}, MISSING, 202, {}, "pending"),
        ({"state": CODES}, MISSING, 303, {}, "success"),
        ({"state": CODES}, {}, 200, {"x-failed": "yes"}, "failure"),
        ({"state": CODES}, {}, 500, {}, MISSING),
    ],
)
def test_state_of_a_response(keys: Any, body: Any, status: int, headers: Any, expected: Any) -> None:
    assert job(**keys).state_of(body, status, headers) == expected


@pytest.mark.parametrize(
    ("progress", "body", "expected"),
    [
        ("$response.body#/p", {"p": 40}, 40.0),
        ({"at": "$response.body#/p", "of": 1}, {"p": 0.25}, 25.0),
        ({"at": "$response.body#/p", "of": "$response.body#/n"}, {"p": 3, "n": 4}, 75.0),
        ({"at": "$response.body#/p", "of": "$response.body#/n"}, {"p": 3, "n": 0}, None),
        ({"at": "$response.body#/p", "of": "$response.body#/n"}, {"p": 3}, None),
        ("$response.body#/p", {"p": "40"}, None),
        ("$response.body#/p", {"p": True}, None),
    ],
)
def test_progress_is_in_percent(progress: Any, body: Any, expected: float | None) -> None:
    found = job(progress=progress).progress

    assert found is not None
    assert found.percent(body) == expected


@pytest.mark.parametrize(
    ("match", "value", "expected"),
    [
        ("equal", "j-1", True),
        ("equal", "jobs/j-1", False),
        ("suffix", "j-1", True),
        ("suffix", "jobs/j-1", True),
        ("suffix", "https://h/v1/jobs/j-1/", True),
        ("suffix", "jobs/xj-1", False),
        ("equal", None, False),
        ("equal", True, False),
    ],
)
def test_id_equals_or_ends_with_the_parameter(match: str, value: Any, expected: bool) -> None:
    assert job(id={"at": "$response.body#/id", "match": match}).is_id(value, "j-1") is expected


def test_unknown_is_what_a_response_says() -> None:
    lifecycle = job(unknown={"$response.body#/success": False})

    assert lifecycle.is_unknown({"success": False})
    assert not lifecycle.is_unknown({"success": True})
    assert not job().is_unknown({"success": False})


def document(**changes: Any) -> dict[str, Any]:
    """Return a document with a start and a status operation; `changes` replace parts of it by name."""
    parts: dict[str, Any] = {
        "job": {"state": STATE, **LISTS, "id": "$response.body#/id"},
        "properties": {"id": {"type": "string"}, "state": {"type": "string", "enum": ["run", "ok", "bad"]}},
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "link": {"operationId": "getJob", "parameters": {"id": "$response.body#/id"}},
        "get": {},
        **changes,
    }
    schema = {"type": "object", "properties": parts["properties"]}
    content = {"application/json": {"schema": schema}}
    path = "/jobs/{id}" if any(parameter["in"] == "path" for parameter in parts["parameters"]) else "/jobs"
    headers = {"Location": {"schema": {"type": "string"}}}
    start = {
        "202": {"description": "Started.", "headers": headers, "content": content, "links": {"job": parts["link"]}}
    }
    return {
        "openapi": "3.1.1",
        "info": {"title": "Kiln", "version": "1"},
        "paths": {
            "/start": {"post": {"operationId": "startJob", "responses": start}},
            path: {
                "get": {
                    "operationId": "getJob",
                    "parameters": parts["parameters"],
                    "x-job": parts["job"],
                    "responses": {"200": {"description": "The job.", "content": content}},
                    **parts["get"],
                }
            },
        },
    }


def write(folder: Path, data: dict[str, Any]) -> Path:
    """Write a document."""
    path = folder / "kiln.json"
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
    return path


INTEGER = {"id": {"type": "string"}, "state": {"type": "integer"}}
BOOLEAN = {"id": {"type": "string"}, "state": {"type": "boolean"}}
QUERY = [{"name": "id", "in": "query", "required": True, "schema": {"type": "string"}}]
VERSION = {"name": "api-version", "in": "query", "required": True, "schema": {"type": "string"}}


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"job": {"state": STATE, **LISTS}},
    {"job": {"state": STATE, "pending": [0], "success": [1], "failure": [2]}, "properties": INTEGER},
    {"job": {"state": STATE, "pending": [False], "success": [True], "failure": []}, "properties": BOOLEAN},
    {"job": {"state": STATE, "pending": [None, "run"], "success": ["ok"], "failure": ["bad"]}},
    {"job": {"state": STATE, "pending": ["run"], "success": ["ok"], "partial": ["bad"], "failure": []}},
    {"properties": {"id": {"type": "string"}, "state": {"type": "string"}}},
    {
        "properties": {
            "id": {"type": "string"},
            "state": {"oneOf": [{"const": "run"}, {"const": "ok"}, {"const": "bad"}]},
        }
    },
    {"job": {"state": [{"when": {STATE: "run"}, "is": "pending"}, {"when": {STATE: "ok"}, "is": "success"}]}},
    {"parameters": QUERY},
    {
        "parameters": [*QUERY, VERSION],
        "job": {"state": STATE, **LISTS, "names": "id"},
        "link": {"operationId": "getJob", "parameters": {"id": "$response.body#/id", "api-version": "1"}},
    },
    {"link": {"operationId": "getJob", "parameters": {"id": "$response.header.Location"}}},
    {"link": {"operationId": "getJob", "parameters": {"path.id": "$response.body#/id"}}},
    {"link": {"operationRef": "#/paths/~1jobs~1{id}/get", "parameters": {"id": "$response.body#/id"}}},
    {"job": {"state": STATE, **LISTS, "unknown": {"$response.body#/id": {"present": False}}}},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_documents_that_are_accepted(tmp_path: Path, changes: dict[str, Any]) -> None:
    loaded = load(write(tmp_path, document(**changes)))

    start, status = loaded.operations
    assert status.job is not None
    assert status.job_parameter.name == "id"
    assert start.is_start
    message = Message({"id": "j-1"}, 202, {"location": "https://h/v1/jobs/j-1"})
    assert start.success.links[0].values(status, message) is not None
    assert loaded.warnings == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"job": {"state": STATE, "pending": ["run"], "success": ["ok"], "failure": []}}, "state bad is in no x-job list"),
        ({"job": {"state": STATE, **LISTS, "partial": ["ok"]}}, "state ok is in success and partial of x-job"),
        ({"job": {"state": STATE, "pending": ["run", "ok", "bad"], "success": [], "failure": []}}, "x-job/success"),
        ({"job": {"state": [{"when": {STATE: "run"}, "is": "pending"}]}}, "x-job has no state of success"),
        ({"job": {"state": [], **LISTS}}, "x-job/state"),
        ({"job": {"state": [{"when": {}, "is": "success"}]}}, "x-job/state"),
        ({"job": {"state": [{"when": {STATE: "ok"}, "is": "done"}]}}, "x-job/state"),
        ({"job": {"state": [{"when": {"$request.path.id": "ok"}, "is": "success"}]}}, "x-job/state"),
        ({"job": {"state": STATE, **LISTS, "names": "key"}}, "x-job names key, which is no path or query parameter"),
        ({"parameters": [VERSION, {**VERSION, "name": "tenant"}]}, "no parameter names the job; add names: to x-job"),
        ({"parameters": []}, "no parameter names the job"),
        ({"job": {"state": STATE, **LISTS, "progress": "$response.body#/id"}}, "is of type string, expected a number"),
        ({"job": {"state": "$response.body#/gone", **LISTS}}, "x-job state points to /gone"),
        ({"link": {"operationId": "getJob", "parameters": {}}}, "sets [], expected the required parameters ['id']"),
        ({"link": {"operationId": "getJob", "parameters": {"id": "$response.body#/gone"}}}, "takes id from $response.body#/gone"),
        ({"link": {"operationId": "getJob", "parameters": {"id": "$request.path.id"}}}, "expected a path parameter: it has none"),
        ({"link": {"operationId": "getJob", "parameters": {"id": "$request.body#/id"}}}, "is not in the schema of the request"),
        ({"link": {"operationId": "getJob", "parameters": {"id": "$url"}}}, "expected an expression such as"),
        ({"link": {"operationId": "getJob", "parameters": {"id": "j-{$response.body#/id}"}}}, "write the expression alone"),
        ({"link": {"operationId": "getGone", "parameters": {}}}, "getGone"),
        ({"link": {"operationId": "getJob", "parameters": {"id": "$response.header.X-Id"}}}, "add headers: X-Id to the response"),
        ({"get": {"requestBody": {"required": True, "content": {}}}}, "requires a request body"),
        (
            {
                "job": {"state": STATE, **LISTS, "progress": "$response.body#/part"},
                "properties": {"id": {}, "state": {"type": "string"}, "part": {"type": "number", "maximum": 1}},
            },
            "write {at: ..., of: 1}",
        ),
    ],
)  # fmt: skip
def test_documents_that_are_refused(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    path = write(tmp_path, document(**changes))

    with pytest.raises(DocumentError) as caught:
        load(path)

    assert expected in str(caught.value)
    assert all(str(problem).startswith(f"{path}:") for problem in caught.value.problems)


def test_status_that_is_an_array_is_refused(tmp_path: Path) -> None:
    data = document()
    media_type = data["paths"]["/jobs/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    media_type["schema"] = {"type": "array", "items": media_type["schema"]}
    data["paths"]["/jobs/{id}"]["get"]["x-job"] = {"state": "$response.body#/0/state", **LISTS}

    with pytest.raises(DocumentError, match="is an array at the top; expected an object"):
        load(write(tmp_path, data))


def test_link_to_an_operation_without_job_is_a_warning(tmp_path: Path) -> None:
    data = document()
    del data["paths"]["/jobs/{id}"]["get"]["x-job"]

    loaded = load(write(tmp_path, data))

    assert not loaded.operations[0].is_start
    assert "link job points to get_job, which has no x-job" in str(loaded.warnings[0])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("j-1", {"id": "j-1"}),
        ("/jobs/j-1", {"id": "j-1"}),
        ("https://host/base/jobs/j%2F1", {"id": "j/1"}),
        ("/jobs/j-1?api-version=2", {"id": "j-1"}),
        ("/other/j-1", {"id": "/other/j-1"}),
        (7, {"id": "7"}),
        ("", None),
        (None, None),
        ({}, None),
    ],
)
def test_url_of_the_status_gives_its_parameter(tmp_path: Path, value: Any, expected: Any) -> None:
    start, status = load(write(tmp_path, document())).operations

    assert start.success.links[0].values(status, Message({"id": value})) == expected
