"""What published documents of other vendors contain, and those of this project do not."""

from typing import Any

from ..changes import Document, added_operation, request_body, sequence, without_examples
from ..document import REMOVED, Change
from ..row import refused, works

KEY = {"schemes key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
TEXT = {"schema": {"type": "string"}}
IDEMPOTENCY = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}


def first(method: str, path: str, **operation: Any) -> Change:
    """Add an operation before the others."""

    def move(document: Document) -> None:
        document["paths"] = {path: document["paths"].pop(path), **document["paths"]}

    return sequence(added_operation(method, path, **operation), move)


def header(name: str, **described: Any) -> Change:
    """Describe a header of the status."""
    return {f"status responses 200 headers {name}": described}


def _redirected(document: Document) -> None:
    """Respond to a start with 303."""
    responses = document["paths"]["/jobs"]["post"]["responses"]
    started = responses.pop("202")
    started["links"]["job"]["parameters"]["jobId"] = "$response.header.Location"
    started["headers"] = {"Location": {"required": True, "schema": {"type": "string"}}}
    responses["303"] = started


def _failure_is_422(document: Document) -> None:
    """Report a failed job with 422, which says nothing about a malformed id then."""
    get = document["paths"]["/jobs/{jobId}"]["get"]
    content = get["responses"]["200"]["content"]
    for status in ("202", "422"):
        get["responses"][status] = {"description": "A job.", "content": content}
    lists = ("pending", "success", "failure")
    job = {key: value for key, value in get["x-job"].items() if key not in lists}
    kinds = {202: "pending", 200: "success", 422: "failure"}
    get["x-job"] = {**job, "state": [{"when": {"$statusCode": code}, "is": kind} for code, kind in kinds.items()]}


def _integer_ids(document: Document) -> None:
    """Make ids integers."""
    schemas = document["components"]["schemas"]
    document["paths"]["/jobs/{jobId}"]["get"]["parameters"][0]["schema"] = {"type": "integer"}
    for name in ("Job", "Started"):
        schemas[name]["properties"]["id"] = {"type": "integer"}


def _two_fields(document: Document) -> None:
    """Let the state consist of two optional fields, next to an optional id."""
    schema = document["components"]["schemas"]["Job"]
    schema["properties"] |= {
        "owner": {"type": "string"},
        "phase": {"type": "string", "enum": ["run", "end"]},
        "result": {"type": "string", "enum": ["ok", "part", "bad"]},
    }
    del schema["properties"]["status"], schema["required"]
    body = "$response.body#/"
    document["paths"]["/jobs/{jobId}"]["get"]["x-job"] = {
        "id": f"{body}id",
        "state": [
            {"when": {f"{body}phase": "run"}, "is": "pending"},
            {"when": {f"{body}phase": "end", f"{body}result": "ok"}, "is": "success"},
            {"when": {f"{body}phase": "end"}, "is": "failure"},
        ],
    }


ROWS = (
    works(
        "security of a login before the others",
        {"schemes login": {"type": "http", "scheme": "basic"}},
        first("post", "/login", security=[{"login": []}]),
    ),
    works(
        "security of start and status differs",
        KEY,
        {"start security": [{"key": []}], "status security": [{"token": []}]},
    ),
    works(
        "security with one alternative for both",
        KEY,
        {"start security": [{"key": []}, {"token": []}], "status security": [{"token": []}]},
    ),
    works(
        "conflict next to a required header",
        {"start responses 409": {"description": "Busy."}, "start parameters": [IDEMPOTENCY]},
    ),
    works(
        "unusual 4xx next to a typed query",
        {
            "start responses 480": {"description": "No."},
            "start parameters": [{"name": "size", "in": "query", "schema": {"type": "integer"}}],
        },
    ),
    works("failure is 422", without_examples, _integer_ids, _failure_is_422),
    works("header Content-Length with an example", header("Content-Length", schema={"type": "integer"}, example=348)),
    works("header Content-Encoding with an example", header("Content-Encoding", **TEXT, example="gzip")),
    works("header Transfer-Encoding with an example", header("Transfer-Encoding", **TEXT, example="chunked")),
    works("header Date with an example", header("Date", **TEXT, example="Mon, 01 Jan 2024 00:00:00 GMT")),
    works("header ETag with an example", header("ETag", **TEXT, example='"33a64df5"')),
    works("header of a media type", header("X-J", required=True, content={"application/json": TEXT})),
    works("header Retry-After without an example", header("Retry-After", required=True, **TEXT)),
    works("integer id next to a state of two fields", without_examples, _integer_ids, _two_fields),
    works(
        "pattern of the id in the body only",
        without_examples,
        {"Job properties id": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}},
    ),
    works("body of lines of JSON", request_body({"type": "string"}, None, "application/x-ndjson")),
    works("body of a ZIP file", request_body({"type": "string", "format": "binary"}, None, "application/zip")),
    refused("link on a redirect", "describe a 2xx", _redirected, at="job"),
    refused("path style of the job", "write simple", {"parameter style": "label"}, at="name"),
    refused(
        "path parameter of the job is a boolean",
        "expected a string or a number",
        without_examples,
        {"parameter schema": {"type": "boolean"}, "Job properties id": REMOVED, "x-job id": REMOVED},
        at="name",
    ),
)
