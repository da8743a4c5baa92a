"""OpenAPI versions, and what only one of them has."""

import json

from ..changes import Document, added_operation, job_property, json_body, unauthorized
from ..document import REMOVED, STATES
from ..row import refused, works

V30 = {"openapi": "3.0.3"}
V32 = {"openapi": "3.2.0"}


def path_item(document: Document) -> None:
    """Write the status operation as a component."""
    item = document["paths"]["/jobs/{jobId}"]
    document["components"]["pathItems"] = {"J": item}
    document["paths"]["/jobs/{jobId}"] = {"$ref": "#/components/pathItems/J"}


def listed_in_path_item(document: Document) -> None:
    """List a state that does not exist, in a component."""
    document["paths"]["/jobs/{jobId}"]["get"]["x-job"]["failure"] = ["failed", "lost"]
    path_item(document)


ROWS = (
    works("openapi 3.1.1"),
    works("openapi 3.1.0", {"openapi": "3.1.0"}),
    works("openapi 3.1.2", {"openapi": "3.1.2"}),
    works("openapi 3.0.0", {"openapi": "3.0.0"}),
    works("openapi 3.0.4", {"openapi": "3.0.4"}),
    works(
        "3.1 reference by anchor",
        {"schemas S": {"$anchor": "st", "type": "string", "enum": list(STATES)}, "state": {"$ref": "#st"}},
    ),
    works(
        "3.1 reference by an anchor within a component",
        {"Job $defs": {"S": {"$anchor": "st", "type": "string", "enum": list(STATES)}}, "state": {"$ref": "#st"}},
    ),
    refused("3.1 reference by an anchor that does not exist", "#st", {"state": {"$ref": "#st"}}, at="#st"),
    *(
        works(
            f"reference to the file itself{name}",
            {
                "ok schema": {
                    "$ref": f"{start}reference-to-the-file-itself{name.replace(' ', '-')}.yaml#/components/schemas/Job"
                }
            },
        )
        for name, start in (("", ""), (" too", "./"))
    ),
    works("path item of the components", path_item),
    works("path item of the components with more", path_item, {"paths /jobs/{jobId} summary": "A job."}),
    refused(
        "path item of the components with an unknown state",
        "lost",
        listed_in_path_item,
        at="failure",
    ),
    works("3.0 nullable", V30, job_property("ended", {"type": "string", "nullable": True}, None, required=True)),
    works(
        "3.0 nullable enum", V30, job_property("mood", {"type": "string", "nullable": True, "enum": ["ok", None]}, None)
    ),
    works(
        "3.0 nullable reference",
        V30,
        job_property("error", {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Error"}]}, None),
    ),
    works(
        "3.0 exclusiveMinimum",
        V30,
        job_property("share", {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 9}, 0.5),
    ),
    works("3.0 schema example", V30, job_property("kind", {"type": "string", "example": "fast"}, "fast")),
    works(
        "3.0 binary download",
        V30,
        added_operation(
            "get",
            "/file",
            responses={
                "200": {
                    "description": "The file.",
                    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                },
                "401": unauthorized(),
            },
        ),
    ),
    works("3.1 type list with null", job_property("ended", {"type": ["string", "null"]}, None, required=True)),
    works("3.1 const", job_property("kind", {"const": "job"}, "job")),
    works("3.1 webhooks", {"webhooks ended post": {"responses": {"200": {"description": "Received."}}}}),
    works(
        "3.1 reference with description",
        {
            "Job properties status": {"$ref": "#/components/schemas/State", "description": "The state."},
            "schemas State": {"type": "string", "enum": ["queued", "running", "succeeded", "failed"]},
        },
    ),
    works("openapi 3.2.0", V32),
    works("3.2 nested tags", V32, {"tags": [{"name": "all"}, {"name": "jobs", "parent": "all", "kind": "nav"}]}),
    refused(
        "3.2 query method",
        "query",
        V32,
        {"paths /search query": {"operationId": "search", "responses": {"200": json_body({"type": "object"})}}},
        at="query",
    ),
    refused(
        "3.2 additionalOperations",
        "additionalOperations",
        V32,
        {
            "paths /search additionalOperations COPY": {
                "operationId": "copy_all",
                "responses": {"200": json_body({"type": "object"})},
            }
        },
        at="additionalOperations",
    ),
    refused(
        "3.2 itemSchema",
        "itemSchema",
        V32,
        {"ok": {"itemSchema": {"$ref": "#/components/schemas/Job"}}},
        at="itemSchema",
    ),
    refused(
        "3.2 querystring parameter",
        "querystring",
        V32,
        {
            "start parameters": [
                {"name": "q", "in": "querystring", "content": {"application/json": {"schema": {"type": "object"}}}}
            ]
        },
    ),
    refused(
        "swagger 2.0",
        "2.0",
        encode=lambda document: json.dumps({"swagger": "2.0", "info": document["info"], "paths": {}}),
        suffix=".json",
    ),
    refused("no version", "openapi", {"openapi": REMOVED}),
    refused("version as number", "3.1", {"openapi": 3.1}, at="openapi"),
    refused("version 4", "4.0.0", {"openapi": "4.0.0"}, at="openapi"),
    refused("no info", "info", {"info": REMOVED}),
    refused("no paths", "no operation", {"paths": REMOVED}),
)
