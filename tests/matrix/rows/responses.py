"""Statuses, bodies of errors, security, servers, and examples that are missing."""

from ..changes import Document, bodies, sequence, without_examples, without_status
from ..document import REMOVED, STATES, Change
from ..row import refused, works

ERROR = {
    "description": "An error.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


def both(status: str, response: object) -> Change:
    """Add a response to both operations."""
    return {f"start responses {status}": response, f"status responses {status}": response}


def scheme(key: str, **values: object) -> Change:
    """Replace the security scheme."""
    return sequence({"components securitySchemes": {key: values}, "security": [{key: []}]})


def only_examples(*kept: str) -> Change:
    """Keep some examples of the status."""

    def change(document: Document) -> None:
        examples = document["paths"]["/jobs/{jobId}"]["get"]["responses"]["200"]["content"]["application/json"][
            "examples"
        ]
        for state in STATES:
            if state not in kept:
                del examples[state]

    return change


def error_content(media_type: str, value: object) -> Change:
    """Give 401 another media type."""
    example = {"x-scenario": "no_credential", "value": value}
    return {
        "responses Unauthorized content": {media_type: {"schema": {"type": "string"}, "examples": {"none": example}}}
    }


FLOW = {"clientCredentials": {"tokenUrl": "https://example.com/token", "scopes": {"read": "Read."}}}
NO_401 = without_status("401")

ROWS = (
    works("default for every error", without_status("401", "404"), both("default", ERROR)),
    works("4XX for every error", without_status("401", "404"), both("4XX", ERROR)),
    works("default next to 401", both("default", ERROR)),
    works("5XX", both("5XX", ERROR)),
    works("500 and 503", both("500", ERROR), both("503", ERROR)),
    works("no 401", NO_401),
    works("no 404", without_status("404")),
    works("no errors at all", without_status("401", "404")),
    works("403 documented", both("403", ERROR)),
    works("400 documented", both("400", ERROR)),
    works("422 documented", both("422", ERROR)),
    works("429 with retry-after", both("429", {**ERROR, "headers": {"Retry-After": {"schema": {"type": "integer"}}}})),
    works("410 for expired jobs", {"status responses 410": ERROR}),
    works("404 without body", {"responses Unknown": {"description": "Unknown."}}),
    works("401 without body", {"responses Unauthorized": {"description": "No token."}}),
    works("errors as text", error_content("text/plain", "no token")),
    works("errors as html", error_content("text/html", "<p>no token</p>")),
    works(
        "errors as problem json",
        {
            "responses Unauthorized content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Error"}}
            }
        },
    ),
    works("errors without examples", {"responses Unauthorized": ERROR, "responses Unknown": ERROR}),
    works(
        "errors without schema", {"responses Unauthorized": {"description": "No.", "content": {"application/json": {}}}}
    ),
    works(
        "error schema with required",
        {
            "schemas Error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "integer", "minimum": 100},
                    "message": {"type": "string", "minLength": 1},
                },
            },
            "responses Unauthorized": ERROR,
            "responses Unknown": ERROR,
        },
    ),
    works(
        "header www-authenticate",
        {"responses Unauthorized headers": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}},
    ),
    works(
        "required response header",
        {
            "status responses 200 headers": {
                "X-Request-Id": {"required": True, "schema": {"type": "string", "format": "uuid"}}
            }
        },
    ),
    works(
        "integer response header",
        {
            "status responses 200 headers": {
                "X-Remaining": {"required": True, "schema": {"type": "integer", "minimum": 0}}
            }
        },
    ),
    works(
        "status 200 and 206",
        {
            "status responses 206": {
                "description": "A part.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}},
            }
        },
    ),
    works("start 200", lambda d: _start_status(d, "200")),
    works("start 201", lambda d: _start_status(d, "201")),
    works("start 2XX", lambda d: _start_status(d, "2XX")),
    works("start default only", lambda d: _start_status(d, "default")),
    works("no security", {"security": REMOVED, "components securitySchemes": REMOVED}, NO_401),
    works("security key missing", {"security": REMOVED}, NO_401),
    works("security empty list", {"security": []}, NO_401),
    works("security optional", {"security": [{}, {"token": []}]}),
    works(
        "security per operation",
        {"security": REMOVED, "start security": [{"token": []}], "status security": [{"token": []}]},
    ),
    works(
        "security of the start only",
        {"security": REMOVED, "start security": [{"token": []}], "status responses 401": REMOVED},
    ),
    works(
        "two schemes, either",
        {"schemes key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "security": [{"token": []}, {"key": []}]},
    ),
    works(
        "two schemes, both",
        {"schemes key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "security": [{"token": [], "key": []}]},
    ),
    works("scheme unused", {"schemes key": {"type": "apiKey", "in": "header", "name": "X-Key"}}),
    works("scheme http basic", scheme("login", type="http", scheme="basic")),
    works("scheme http Bearer in capitals", scheme("token", type="http", scheme="Bearer", bearerFormat="JWT")),
    works("scheme api key in header", scheme("key", type="apiKey", **{"in": "header"}, name="X-Key")),
    works("scheme api key in query", scheme("key", type="apiKey", **{"in": "query"}, name="api_key")),
    works("scheme api key in cookie", scheme("key", type="apiKey", **{"in": "cookie"}, name="session")),
    works("scheme api key named Authorization", scheme("key", type="apiKey", **{"in": "header"}, name="Authorization")),
    works("scheme oauth2", scheme("oauth", type="oauth2", flows=FLOW), {"security": [{"oauth": ["read"]}]}),
    works(
        "scheme openIdConnect",
        scheme("oidc", type="openIdConnect", openIdConnectUrl="https://example.com/.well-known/openid-configuration"),
    ),
    refused("scheme mutualTLS", "mutualTLS", scheme("tls", type="mutualTLS")),
    refused("scheme http digest", "digest", scheme("login", type="http", scheme="digest")),
    refused("scheme not described", "key", {"security": [{"key": []}]}),
    works("server with a path", {"servers": [{"url": "https://example.com/api/v2"}]}),
    works("server relative", {"servers": [{"url": "/api/v2"}]}),
    works(
        "server with variables",
        {
            "servers": [
                {
                    "url": "https://{region}.example.com/{base}",
                    "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}, "base": {"default": "v1"}},
                }
            ]
        },
    ),
    works("servers of the path", {"paths /jobs servers": [{"url": "https://start.example.com"}]}),
    works("no examples at all", without_examples),
    works("no examples of bodies", {"ok examples": REMOVED, "accepted examples": REMOVED}),
    works("example of one state", only_examples("running")),
    works("examples of final states", only_examples("succeeded", "failed")),
    works("no example of a failure", only_examples("queued", "running", "succeeded")),
    works(
        "one example", {"ok examples": REMOVED, "ok example": {"id": "j-102", "status": "succeeded", "note": "done"}}
    ),
    works("schema example", {"ok examples": REMOVED, "Job example": {"id": "j-102", "status": "succeeded"}}),
    works(
        "property examples",
        {"ok examples": REMOVED, "Job properties id examples": ["j-102"], "Job properties note examples": ["hello"]},
    ),
    works("parameter without example", {"parameter examples": REMOVED}),
    works("parameter example", {"parameter examples": REMOVED, "parameter example": "j-102"}),
    works(
        "parameter schema example",
        {"parameter examples": REMOVED, "parameter schema": {"type": "string", "examples": ["j-102"]}},
    ),
    works("only required properties in examples", lambda d: _bare(d)),
    works("external example", {"accepted examples": {"away": {"externalValue": "https://example.com/started.json"}}}),
    works(
        "example by reference",
        {
            "components examples Done": {"value": {"id": "j-102", "status": "succeeded"}},
            "ok examples succeeded": {"$ref": "#/components/examples/Done"},
        },
    ),
    works("example against schema", {"ok examples failed value": {"id": "j-103", "status": "broken"}}, warned="failed"),
    works("example without required property", {"ok examples failed value": {"status": "failed"}}, warned="failed"),
    works("ids of examples differ from those of the parameter", {"parameter examples": {"one": {"value": "other-1"}}}),
    works(
        "property required, not in examples",
        {
            "ok examples": REMOVED,
            "Job properties owner": {"type": "string", "minLength": 3},
            "Job required": ["id", "status", "owner"],
        },
    ),
    works("parameters of the path item", lambda d: _path_item_parameters(d)),
    works(
        "parameter by reference",
        {
            "components parameters JobId": {
                "name": "jobId",
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "example": "j-102",
            },
            "status parameters": [{"$ref": "#/components/parameters/JobId"}],
        },
    ),
    works("response by reference", lambda d: _shared_response(d)),
    works("path with trailing slash", lambda d: _renamed_path(d, "/jobs/{jobId}/")),
    works("path with a suffix", lambda d: _renamed_path(d, "/jobs/{jobId}/status.json")),
    works("path with a prefix in the segment", lambda d: _renamed_path(d, "/jobs/job-{jobId}")),
    works("path with a colon verb", lambda d: _renamed_path(d, "/jobs/{jobId}:status")),
    refused("path parameter not described", "jobId", {"status parameters": []}),
    refused("path parameter not required", "required", {"parameter required": False}),
)


def _start_status(document: Document, status: str) -> None:
    responses = document["paths"]["/jobs"]["post"]["responses"]
    responses[status] = responses.pop("202")


def _bare(document: Document) -> None:
    for body in bodies(document):
        del body["note"]


def _path_item_parameters(document: Document) -> None:
    item = document["paths"]["/jobs/{jobId}"]
    item["parameters"] = item["get"].pop("parameters")


def _shared_response(document: Document) -> None:
    responses = document["paths"]["/jobs/{jobId}"]["get"]["responses"]
    document["components"]["responses"]["Job"] = responses["200"]
    responses["200"] = {"$ref": "#/components/responses/Job"}


def _renamed_path(document: Document, path: str) -> None:
    document["paths"][path] = document["paths"].pop("/jobs/{jobId}")
