"""The start of a job: links, parameters, and responses without a body."""

from copy import deepcopy

from ..changes import Document, request_body, sequence
from ..document import REMOVED, Change
from ..row import refused, works

BODY = "$response.body#"
VERSION = {"name": "api-version", "in": "query", "required": True, "schema": {"type": "string", "enum": ["2026-01-01"]}}
TENANT = {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}, "example": "t-1"}
LOCATION = {"required": True, "schema": {"type": "string"}, "example": "/jobs/j-104"}
OPERATION_LOCATION = {
    "required": True,
    "schema": {"type": "string", "format": "uri"},
    "example": "https://example.com/jobs/j-104?api-version=2026-01-01",
}


def by_header(name: str, header: object, *, body: bool) -> Change:
    """Let a header of the start name the job."""

    def change(document: Document) -> None:
        response = document["paths"]["/jobs"]["post"]["responses"]["202"]
        response["headers"] = {name: header}
        response["links"]["job"]["parameters"]["jobId"] = f"$response.header.{name}"
        if not body:
            del response["content"]
            del document["components"]["schemas"]["Started"]

    return change


def named_by_request(document: Document) -> None:
    """Start a job whose id is in the path of the start."""
    document["paths"]["/jobs/{jobId}/start"] = document["paths"].pop("/jobs")
    start = document["paths"]["/jobs/{jobId}/start"]["post"]
    start["parameters"] = [
        {"name": "jobId", "in": "path", "required": True, "schema": {"type": "string"}, "example": "j-100"}
    ]
    start["responses"]["202"]["links"]["job"]["parameters"]["jobId"] = "$request.path.jobId"
    start["responses"]["404"] = {"$ref": "#/components/responses/Unknown"}


def second_link(document: Document) -> None:
    """Add a second status operation, and a link to it."""
    item = deepcopy(document["paths"]["/jobs/{jobId}"])
    item["get"]["operationId"] = "get_export"
    document["paths"]["/exports/{jobId}"] = item
    response = document["paths"]["/jobs"]["post"]["responses"]["202"]
    document["components"]["schemas"]["Started"]["properties"]["export"] = {"type": "string"}
    response["links"]["export"] = {"operationId": "get_export", "parameters": {"jobId": f"{BODY}/export"}}


ROWS = (
    *(
        works(
            f"link by operationRef {reference}",
            {"link operationId": REMOVED, "link operationRef": reference},
        )
        for reference in (
            "#/paths/~1jobs~1%7BjobId%7D/get",
            "#/paths/~1jobs~1%7bjobId%7d/get",
            "#/paths/~1jobs~1{jobId}/get",
            "#/paths/%7E1jobs%7E1%7BjobId%7D/get",
        )
    ),
    *(
        works(
            f"link with the constant {value!r}",
            {
                "link parameters api": value,
                "status parameters +": {"name": "api", "in": "query", "required": True, "schema": {"enum": [value]}},
            },
        )
        for value in (3, 1.5, True, "v1")
    ),
    *(
        refused(f"link with the constant {value!r}", "write text", {"link parameters jobId": value}, at="jobId")
        for value in ([1], {"a": 1})
    ),
    refused("link with a server", "server", {"link server": {"url": "https://example.com"}}, at="server"),
    works("link by path of the request", named_by_request),
    works("link by path of the request, no body", named_by_request, lambda d: _no_body(d)),
    works(
        "link by query of the request",
        {
            "start parameters": [
                {"name": "name", "in": "query", "required": True, "schema": {"type": "string"}, "example": "j-104"}
            ],
            "link parameters jobId": "$request.query.name",
        },
    ),
    works(
        "link by body of the request",
        request_body(
            {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}, {"name": "j-104"}
        ),
        {"link parameters jobId": "$request.body#/name"},
    ),
    works(
        "link by header of the request",
        {
            "start parameters": [
                {"name": "X-Job", "in": "header", "required": True, "schema": {"type": "string"}, "example": "j-104"}
            ],
            "link parameters jobId": "$request.header.X-Job",
        },
    ),
    works("link by location", by_header("Location", LOCATION, body=True)),
    works("link by location, no body", by_header("Location", LOCATION, body=False)),
    works(
        "link by absolute location",
        by_header("Location", {**LOCATION, "example": "https://example.com/jobs/j-104"}, body=False),
    ),
    works(
        "link by header with the id",
        by_header("X-Job-Id", {"required": True, "schema": {"type": "string"}, "example": "j-104"}, body=True),
    ),
    works(
        "link by header with the id, no body",
        by_header("X-Job-Id", {"required": True, "schema": {"type": "string"}, "example": "j-104"}, body=False),
    ),
    works(
        "operation location with api version",
        by_header("Operation-Location", OPERATION_LOCATION, body=False),
        {"status parameters +": VERSION, "start parameters": [VERSION], "link parameters api-version": "2026-01-01"},
    ),
    works("link with a constant", {"status parameters +": VERSION, "link parameters api-version": "2026-01-01"}),
    works(
        "link with a constant from the request",
        {
            "status parameters +": VERSION,
            "start parameters": [VERSION],
            "link parameters api-version": "$request.query.api-version",
        },
    ),
    works("required query parameter that the link does not set", {"status parameters +": VERSION}),
    works(
        "required header of both",
        {
            "status parameters +": TENANT,
            "start parameters": [TENANT],
            "link parameters X-Tenant": "$request.header.X-Tenant",
        },
    ),
    works("required header as a constant", {"status parameters +": TENANT, "link parameters X-Tenant": "t-1"}),
    works(
        "optional query parameters",
        {
            "status parameters +": {
                "name": "expand",
                "in": "query",
                "schema": {"type": "array", "items": {"type": "string"}},
            }
        },
    ),
    works(
        "required integer query parameter",
        {
            "start parameters": [
                {
                    "name": "size",
                    "in": "query",
                    "required": True,
                    "schema": {"type": "integer", "minimum": 1, "maximum": 9},
                    "example": 3,
                }
            ]
        },
    ),
    works(
        "required boolean query parameter",
        {
            "start parameters": [
                {"name": "force", "in": "query", "required": True, "schema": {"type": "boolean"}, "example": True}
            ]
        },
    ),
    works(
        "required enum query parameter",
        {
            "start parameters": [
                {
                    "name": "mode",
                    "in": "query",
                    "required": True,
                    "schema": {"type": "string", "enum": ["fast", "slow"]},
                    "example": "fast",
                }
            ]
        },
    ),
    works(
        "required array query parameter",
        {
            "start parameters": [
                {
                    "name": "tag",
                    "in": "query",
                    "required": True,
                    "schema": {"type": "array", "items": {"type": "string"}},
                    "example": ["a", "b"],
                }
            ]
        },
    ),
    works(
        "query array with commas",
        {
            "start parameters": [
                {
                    "name": "tag",
                    "in": "query",
                    "explode": False,
                    "schema": {"type": "array", "items": {"type": "string"}},
                    "example": ["a", "b"],
                }
            ]
        },
    ),
    works(
        "query deepObject",
        {
            "start parameters": [
                {
                    "name": "filter",
                    "in": "query",
                    "style": "deepObject",
                    "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
                    "example": {"a": "b"},
                }
            ]
        },
    ),
    works(
        "query as JSON content",
        {
            "start parameters": [
                {
                    "name": "filter",
                    "in": "query",
                    "content": {"application/json": {"schema": {"type": "object"}, "example": {"a": 1}}},
                }
            ]
        },
    ),
    works(
        "cookie parameter",
        {"start parameters": [{"name": "session", "in": "cookie", "schema": {"type": "string"}, "example": "s"}]},
    ),
    works(
        "date-time query parameter",
        {
            "start parameters": [
                {
                    "name": "since",
                    "in": "query",
                    "schema": {"type": "string", "format": "date-time"},
                    "example": "2026-01-01T00:00:00Z",
                }
            ]
        },
    ),
    works(
        "uuid path parameter of the start",
        lambda d: _start_for(d, {"type": "string", "format": "uuid"}, "6d4ad9a8-4c1e-4ec9-9e39-8d4c0c3f8f44"),
    ),
    works("integer path parameter of the start", lambda d: _start_for(d, {"type": "integer"}, 7)),
    works("enum path parameter of the start", lambda d: _start_for(d, {"type": "string", "enum": ["a", "b"]}, "a")),
    works(
        "parameter without schema", {"start parameters": [{"name": "x", "in": "query", "schema": {}, "example": "a"}]}
    ),
    works(
        "id nested in the start",
        {
            "Started": {
                "type": "object",
                "required": ["job"],
                "properties": {"job": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}},
            },
            "accepted examples started value": {"job": {"id": "j-104"}},
            "link parameters jobId": f"{BODY}/job/id",
        },
    ),
    works(
        "id in a list of the start",
        {
            "Started": {
                "type": "object",
                "required": ["jobs"],
                "properties": {"jobs": {"type": "array", "minItems": 1, "items": {"type": "string"}}},
            },
            "accepted examples started value": {"jobs": ["j-104"]},
            "link parameters jobId": f"{BODY}/jobs/0",
        },
    ),
    works(
        "start returns the id alone",
        {
            "accepted schema": {"type": "string"},
            "accepted examples started value": "j-104",
            "link parameters jobId": BODY,
        },
    ),
    works(
        "start returns the job",
        {
            "accepted schema": {"$ref": "#/components/schemas/Job"},
            "accepted examples started value": {"id": "j-104", "status": "queued"},
        },
    ),
    works(
        "start returns an integer id",
        {"Started properties id": {"type": "integer"}, "accepted examples started value": {"id": 104}},
    ),
    works("start by put", lambda d: _method(d, "put")),
    works("start by patch", lambda d: _method(d, "patch")),
    works("start by delete", lambda d: _method(d, "delete")),
    works("start by get", lambda d: _method(d, "get")),
    works("link by operationRef", {"link operationId": REMOVED, "link operationRef": "#/paths/~1jobs~1{jobId}/get"}),
    works("link in components", lambda d: _shared_link(d)),
    works("link name hostile", lambda d: _renamed_link(d)),
    works("link parameter qualified", {"link parameters": {"path.jobId": f"{BODY}/id"}}),
    works("links on two statuses", lambda d: _second_status(d)),
    works("two links in order", second_link, {"start responses 202 x-link-order": ["export", "job"]}),
    works(
        "link to an operation without job",
        sequence({"link operationId": "start_job", "link parameters": {}}),
        warned="",
    ),
    refused("two links without order", "x-link-order", second_link),
    refused(
        "x-link-order on the operation",
        "x-link-order",
        second_link,
        {"start x-link-order": ["job", "export"]},
        at="x-link-order",
    ),
    refused("link order names no link", "other", {"start responses 202 x-link-order": ["other"]}),
    refused("link to nothing", "get_jab", {"link operationId": "get_jab"}),
    refused("link without the id", "jobId", {"link parameters": {}}),
    refused("link with an unknown parameter", "other", {"link parameters other": "x"}),
    refused("link to a missing field", "/identifier", {"link parameters jobId": f"{BODY}/identifier"}),
    refused("link to a missing header", "Location", {"link parameters jobId": "$response.header.Location"}),
    refused("link with an unknown expression", "$response.cookie", {"link parameters jobId": "$response.cookie.id"}),
    refused("x-job and links together", "links", lambda d: _both(d)),
    works("two starts of one job", lambda d: _second_start(d, "Launched")),
    works("two starts with one component", lambda d: _second_start(d, "Started")),
    works("starts in a state", {"start responses 202 x-starts-in": "running"}),
    refused("starts in no state", "gone", {"start responses 202 x-starts-in": "gone"}, at="x-starts-in"),
)


def _no_body(document: Document) -> None:
    response = document["paths"]["/jobs/{jobId}/start"]["post"]["responses"]["202"]
    del response["content"]
    del document["components"]["schemas"]["Started"]


def _start_for(document: Document, schema: object, value: object) -> None:
    document["paths"]["/models/{model}/jobs"] = document["paths"].pop("/jobs")
    parameter = {"name": "model", "in": "path", "required": True, "schema": schema, "example": value}
    document["paths"]["/models/{model}/jobs"]["post"]["parameters"] = [parameter]
    document["paths"]["/models/{model}/jobs"]["post"]["responses"]["404"] = {"$ref": "#/components/responses/Unknown"}


def _method(document: Document, method: str) -> None:
    item = document["paths"]["/jobs"]
    item[method] = item.pop("post")


def _shared_link(document: Document) -> None:
    links = document["paths"]["/jobs"]["post"]["responses"]["202"]["links"]
    document["components"]["links"] = {"Job": links["job"]}
    links["job"] = {"$ref": "#/components/links/Job"}


def _renamed_link(document: Document) -> None:
    links = document["paths"]["/jobs"]["post"]["responses"]["202"]["links"]
    links["Get the job's status"] = links.pop("job")


def _second_status(document: Document) -> None:
    responses = document["paths"]["/jobs"]["post"]["responses"]
    responses["200"] = deepcopy(responses["202"])


def _both(document: Document) -> None:
    response = document["paths"]["/jobs/{jobId}"]["get"]["responses"]["200"]
    response["links"] = {"job": {"operationId": "get_job", "parameters": {"jobId": f"{BODY}/id"}}}


def _second_start(document: Document, component: str) -> None:
    schemas = document["components"]["schemas"]
    schemas[component] = deepcopy(schemas["Started"])
    item = deepcopy(document["paths"]["/jobs"])
    item["post"]["operationId"] = "launch_job"
    item["post"]["responses"]["202"]["content"]["application/json"]["schema"] = {
        "$ref": f"#/components/schemas/{component}"
    }
    document["paths"]["/launches"] = item
