"""Operations that have nothing to do with jobs: what is unusual in them is a warning at most."""

from typing import Any

from ..changes import Document, added_operation, json_body, moved, unauthorized, without_examples
from ..document import Change
from ..row import Row, refused, works

OK = json_body({"type": "object"})
JOB_ID = {"name": "jobId", "in": "path", "required": True, "schema": {"type": "string"}}
FILE = {
    "description": "The file.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


def other(name: str, method: str = "get", path: str = "/others", warned: str = "", **operation: Any) -> Row:
    """Return a row with one more operation."""
    return works(f"other: {name}", added_operation(method, path, **operation), warned=warned)


def responding(**responses: Any) -> dict[str, Any]:
    """Return the responses of an operation, with 401."""
    return {"responses": {**{key.removeprefix("_"): value for key, value in responses.items()}, "401": unauthorized()}}


def body(media_type: str, schema: Any, **more: Any) -> dict[str, Any]:
    """Return a request body."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema, **more}}}}


def query(**parameter: Any) -> dict[str, Any]:
    """Return a query parameter."""
    return {"parameters": [{"name": "q", "in": "query", **parameter}]}


def _region_last(document: Document) -> None:
    """Declare the region after the job, and let the start name one."""
    region = {"name": "region", "in": "path", "required": True, "schema": {"type": "string"}, "example": "eu"}
    document["paths"]["/regions/{region}/jobs/{jobId}"]["get"]["parameters"].append(region)
    links = document["paths"]["/jobs"]["post"]["responses"]["202"]["links"]
    links["job"]["parameters"]["region"] = "eu"


def _renamed(path: str) -> Change:
    """Move the status operation to another path."""

    def rename(document: Document) -> None:
        document["paths"][path] = document["paths"].pop("/jobs/{jobId}")

    return rename


def _ids(schema: Any) -> Change:
    """Describe the ids in bodies, and not the parameter."""
    return {"Job properties id": schema, "Started properties id": schema}


ROWS = (
    other("list", "get", "/jobs"),
    other(
        "list with pages",
        parameters=[
            {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}}
            for name in ("page", "size")
        ],
    ),
    other(
        "delete without body",
        "delete",
        "/others/{x}",
        parameters=[{"name": "x", "in": "path", "required": True, "schema": {"type": "string"}}],
        **responding(_204={"description": "Gone."}),
    ),
    other(
        "cancel",
        "post",
        "/jobs/{jobId}/cancel",
        parameters=[{"name": "jobId", "in": "path", "required": True, "schema": {"type": "string"}}],
    ),
    other(
        "path parameter without example",
        "get",
        "/others/{x}",
        parameters=[{"name": "x", "in": "path", "required": True, "schema": {"type": "string"}}],
    ),
    other("download", **responding(_200=FILE)),
    other(
        "upload",
        "post",
        **body(
            "multipart/form-data", {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        ),
    ),
    other("upload of bytes", "put", **body("application/octet-stream", {"type": "string", "format": "binary"})),
    other(
        "xml response",
        **responding(_200={"description": "XML.", "content": {"application/xml": {"schema": {"type": "object"}}}}),
    ),
    other(
        "text response",
        **responding(_200={"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}}),
    ),
    other(
        "event stream",
        **responding(_200={"description": "Events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}),
    ),
    other(
        "redirect only",
        **responding(_302={"description": "Elsewhere.", "headers": {"Location": {"schema": {"type": "string"}}}}),
    ),
    other("no success response", **responding()),
    other("default response only", responses={"default": OK}),
    other("response without content", **responding(_200={"description": "Nothing."})),
    other(
        "array response", **responding(_200=json_body({"type": "array", "items": {"$ref": "#/components/schemas/Job"}}))
    ),
    other("string response", **responding(_200=json_body({"type": "string"}))),
    other("boolean response", **responding(_200=json_body({"type": "boolean"}))),
    other(
        "map response", **responding(_200=json_body({"type": "object", "additionalProperties": {"type": "integer"}}))
    ),
    other(
        "oneOf response",
        **responding(
            _200=json_body({"oneOf": [{"$ref": "#/components/schemas/Job"}, {"$ref": "#/components/schemas/Error"}]})
        ),
    ),
    other(
        "discriminator",
        **responding(
            _200=json_body(
                {
                    "oneOf": [{"$ref": "#/components/schemas/Job"}, {"$ref": "#/components/schemas/Error"}],
                    "discriminator": {"propertyName": "id"},
                }
            )
        ),
    ),
    other("not", **responding(_200=json_body({"not": {"type": "string"}}))),
    other(
        "recursive array",
        **responding(
            _200=json_body(
                {"type": "array", "items": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}}
            )
        ),
    ),
    other(
        "several success responses",
        **responding(
            _200=OK, _201=json_body({"type": "array", "items": {"type": "string"}}), _204={"description": "Nothing."}
        ),
    ),
    other(
        "no operationId",
        "get",
        "/things/{a}/parts",
        operationId="",
        parameters=[{"name": "a", "in": "path", "required": True, "schema": {"type": "string"}}],
    ),
    other("deprecated", deprecated=True),
    other(
        "deepObject",
        **query(
            style="deepObject",
            schema={"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}},
        ),
    ),
    other(
        "pipe delimited",
        **query(style="pipeDelimited", explode=False, schema={"type": "array", "items": {"type": "string"}}),
    ),
    other(
        "space delimited",
        **query(style="spaceDelimited", explode=False, schema={"type": "array", "items": {"type": "string"}}),
    ),
    other("parameter content", **query(content={"application/json": {"schema": {"type": "object"}}})),
    other("allowReserved", **query(allowReserved=True, schema={"type": "string"})),
    other(
        "matrix style",
        "get",
        "/others/{x}",
        parameters=[{"name": "x", "in": "path", "required": True, "style": "matrix", "schema": {"type": "string"}}],
    ),
    other(
        "label style",
        "get",
        "/others/{x}",
        parameters=[
            {
                "name": "x",
                "in": "path",
                "required": True,
                "style": "label",
                "schema": {"type": "array", "items": {"type": "string"}},
            }
        ],
    ),
    other("object in a query", **query(schema={"type": "object", "properties": {"a": {"type": "integer"}}})),
    other(
        "header array",
        parameters=[{"name": "X-Tags", "in": "header", "schema": {"type": "array", "items": {"type": "string"}}}],
    ),
    other("cookie", parameters=[{"name": "c", "in": "cookie", "required": True, "schema": {"type": "string"}}]),
    other(
        "ignored headers",
        parameters=[
            {"name": name, "in": "header", "schema": {"type": "string"}}
            for name in ("Accept", "Content-Type", "Authorization")
        ],
    ),
    other("head", "head"),
    other("options", "options"),
    other("trace", "trace"),
    other("get with a body", **body("application/json", {"type": "object"})),
    other(
        "delete with a body",
        "delete",
        **body(
            "application/json",
            {"type": "object", "properties": {"ids": {"type": "array", "items": {"type": "string"}}}},
        ),
    ),
    other(
        "callbacks",
        "post",
        callbacks={"ended": {"{$request.body#/url}": {"post": {"responses": {"200": {"description": "Received."}}}}}},
    ),
    other("no security", security=[]),
    other("pattern of ECMA 262", **query(schema={"type": "string", "pattern": "^\\p{L}+$"})),
    other("default against schema", **query(schema={"type": "integer", "default": "many"})),
    other("enum with null", **query(schema={"type": ["string", "null"], "enum": ["a", None]})),
    other("enum of several types", **query(schema={"enum": ["a", 1, True]})),
    other(
        "enum of 2000 values", **query(schema={"type": "string", "enum": [f"value-{number}" for number in range(2000)]})
    ),
    other(
        "body of alternatives",
        "post",
        **body("application/json", {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}),
    ),
    other(
        "body without example",
        "post",
        **body(
            "application/json",
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "minLength": 2}}},
        ),
    ),
    other("body xml", "post", **body("application/xml", {"type": "object"})),
    other(
        "long path",
        "get",
        "/a/{b}/c/{d}/e/{f}/g/{h}",
        parameters=[
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": "x"}
            for name in "bdfh"
        ],
    ),
    other(
        "path with a fragment of text",
        "get",
        "/files/{name}.{format}",
        parameters=[
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": "x"}
            for name in ("name", "format")
        ],
    ),
    other("status range 2XX", **responding(_2XX=OK)),
    other(
        "example against schema",
        **responding(_200=json_body({"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": "text"})),
    ),
    works("30 operations", lambda d: _many(d)),
    refused(
        "other: path twice",
        "path",
        added_operation(
            "get",
            "/jobs/{id}",
            parameters=[{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        ),
    ),
    refused("other: another scheme", "extra", added_operation("get", "/others", security=[{"token": [], "extra": []}])),
    refused(
        "other: not a regular expression",
        "regex",
        added_operation("get", "/others", **query(schema={"type": "string", "pattern": "["})),
        at="pattern",
    ),
    works("job parameter declared before the region", moved("/regions/{region}/jobs/{jobId}"), _region_last),
    refused("other: one parameter twice in a path", "twice", added_operation("get", "/others/{x}/{x}")),
    works(
        "status at a server of its own",
        {"status servers": [{"url": "https://status.example.com/v2"}]},
        warned="servers of its own",
    ),
    works(
        "start at a server of its own",
        {"paths /jobs servers": [{"url": "https://start.example.com"}]},
        warned="servers of its own",
    ),
    other("server of its own", servers=[{"url": "https://files.example.com"}], warned="servers of its own"),
    works("ids of a format in the body alone", without_examples, _ids({"type": "string", "format": "uuid"})),
    works("ids of a pattern in the body alone", without_examples, _ids({"type": "string", "pattern": "^job-[0-9]+$"})),
    other("custom method", "post", "/jobs/{jobId}:cancel", parameters=[JOB_ID]),
    works(
        "job at a custom method",
        _renamed("/jobs/{jobId}:status"),
        added_operation("get", "/jobs/{jobId}", parameters=[JOB_ID]),
    ),
    works("path that is not ASCII", _renamed("/aufträge/{jobId}")),
    works(
        "header parameters that OpenAPI ignores",
        {
            "status parameters +": {
                "name": "Authorization",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
            }
        },
        {
            "status parameters +": {
                "name": "Content-Type",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
            }
        },
    ),
    works(
        "x-name that is the operationId of another",
        {"status operationId": "v2.read", "status x-name": "get_it", "link operationId": "v2.read"},
        added_operation("get", "/others", operationId="get_it"),
        names=("get_it", "get_it_2"),
    ),
    refused("other: braces", "braces", added_operation("get", "/others/{x")),
)


def _many(document: Document) -> None:
    for number in range(30):
        added_operation("get", f"/others/{number}", operationId=f"get_other_{number}")(document)
