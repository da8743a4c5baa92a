"""Request bodies of the start, and schemas of the status."""

from ..changes import Document, bodies, each_body, job_property, request_body
from ..document import REMOVED
from ..row import refused, works

OPTIONS = {
    "type": "object",
    "required": ["model"],
    "properties": {"model": {"type": "string"}, "size": {"type": "integer", "minimum": 1}},
}
EXAMPLE = {"model": "m-1", "size": 2}
COMPONENT = {"schemas Options": OPTIONS}
REF = {"$ref": "#/components/schemas/Options"}
MORE = {"type": "object", "required": ["extra"], "properties": {"extra": {"type": "boolean"}}}
CAT = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cat"}, "age": {"type": "integer"}}}
DOG = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "dog"}, "name": {"type": "string"}}}
PETS = {"schemas Cat": CAT, "schemas Dog": DOG}
PET_REFS = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
DISCRIMINATOR = {
    "propertyName": "kind",
    "mapping": {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"},
}
FORM = "application/x-www-form-urlencoded"
NODE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
    },
}


ROWS = (
    works("body component", COMPONENT, request_body(REF, EXAMPLE)),
    works("body inline", request_body(OPTIONS, EXAMPLE)),
    works("body without example", COMPONENT, request_body(REF)),
    works("body optional", COMPONENT, request_body(REF, EXAMPLE), {"start requestBody required": False}),
    works("body by reference", COMPONENT, request_body(REF, EXAMPLE), lambda d: _shared_body(d)),
    works("body array of strings", request_body({"type": "array", "items": {"type": "string"}}, ["a", "b"])),
    works("body array of objects", COMPONENT, request_body({"type": "array", "items": REF}, [EXAMPLE])),
    works("body array inline", request_body({"type": "array", "items": OPTIONS}, [EXAMPLE])),
    works("body string", request_body({"type": "string"}, "go")),
    works("body without schema", {"start requestBody": {"content": {"application/json": {"example": {"a": 1}}}}}),
    works("body of any JSON", request_body({}, {"a": [1]})),
    works("body true schema", request_body(True, {"a": 1})),
    works("body allOf", COMPONENT, request_body({"allOf": [REF, MORE]}, {**EXAMPLE, "extra": True})),
    works("body allOf one reference", COMPONENT, request_body({"allOf": [REF]}, EXAMPLE)),
    works("body anyOf", PETS, request_body({"anyOf": PET_REFS}, {"kind": "cat", "age": 9})),
    works("body oneOf", PETS, request_body({"oneOf": PET_REFS}, {"kind": "dog", "name": "Rex"})),
    works("body oneOf inline", request_body({"oneOf": [CAT, DOG]}, {"kind": "dog", "name": "Rex"})),
    works(
        "body discriminator",
        PETS,
        request_body({"oneOf": PET_REFS, "discriminator": DISCRIMINATOR}, {"kind": "cat", "age": 9}),
    ),
    works(
        "body discriminator without mapping",
        PETS,
        request_body({"oneOf": PET_REFS, "discriminator": {"propertyName": "kind"}}, {"kind": "cat"}),
    ),
    works("body reference or null", COMPONENT, request_body({"anyOf": [REF, {"type": "null"}]}, EXAMPLE)),
    works("body no additional properties", request_body({**OPTIONS, "additionalProperties": False}, EXAMPLE)),
    works("body map", request_body({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1})),
    works(
        "body recursive",
        {"schemas Node": NODE},
        request_body({"$ref": "#/components/schemas/Node"}, {"name": "a", "children": [{"name": "b"}]}),
    ),
    works(
        "body formats",
        request_body(
            {
                "type": "object",
                "properties": {
                    "at": {"type": "string", "format": "date-time"},
                    "day": {"type": "string", "format": "date"},
                    "key": {"type": "string", "format": "uuid"},
                    "url": {"type": "string", "format": "uri"},
                },
            },
            {
                "at": "2026-01-01T00:00:00Z",
                "day": "2026-01-01",
                "key": "6d4ad9a8-4c1e-4ec9-9e39-8d4c0c3f8f44",
                "url": "https://example.com",
            },
        ),
    ),
    works(
        "body with defaults",
        request_body(
            {
                "type": "object",
                "properties": {
                    "size": {"type": "integer", "default": 3},
                    "mode": {"type": "string", "enum": ["a", "b"], "default": "a"},
                },
            },
            {"size": 1},
        ),
    ),
    works(
        "body read-only property",
        request_body(
            {
                "type": "object",
                "required": ["model"],
                "properties": {"model": {"type": "string"}, "id": {"type": "string", "readOnly": True}},
            },
            {"model": "m"},
        ),
    ),
    works(
        "body with limits",
        request_body(
            {
                "type": "object",
                "required": ["n"],
                "properties": {
                    "n": {"type": "integer", "minimum": 1, "maximum": 5, "multipleOf": 2},
                    "s": {"type": "string", "pattern": "^[a-z]{2,4}$"},
                },
            },
            {"n": 2, "s": "abc"},
        ),
    ),
    works("body form", request_body(OPTIONS, EXAMPLE, FORM)),
    works("body form component", COMPONENT, request_body(REF, EXAMPLE, FORM)),
    works("body multipart", request_body(OPTIONS, EXAMPLE, "multipart/form-data")),
    works(
        "body json or form",
        COMPONENT,
        request_body(REF, EXAMPLE),
        {f"start requestBody content {FORM}": {"schema": REF}},
    ),
    works(
        "body two json types",
        COMPONENT,
        request_body(REF, EXAMPLE),
        {"start requestBody content application/vnd.jobs+json": {"schema": REF, "example": EXAMPLE}},
    ),
    works("body json with charset", COMPONENT, request_body(REF, EXAMPLE, "application/json; charset=utf-8")),
    works("body vendor json", COMPONENT, request_body(REF, EXAMPLE, "application/vnd.jobs.v1+json")),
    works("body any media type", COMPONENT, request_body(REF, EXAMPLE, "*/*")),
    works("body text", request_body({"type": "string"}, "go", "text/plain")),
    works("body bytes", request_body({}, None, "application/octet-stream")),
    works(
        "body xml or json",
        COMPONENT,
        request_body(REF, EXAMPLE),
        {"start requestBody content application/xml": {"schema": REF}},
    ),
    works("body example against schema", request_body(OPTIONS, {"model": "m", "size": "big"}), warned="size"),
    works("status inline", lambda d: _inline(d)),
    works(
        "start response inline",
        {"accepted schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}},
    ),
    works("status allOf one reference", {"ok schema": {"allOf": [{"$ref": "#/components/schemas/Job"}]}}),
    works(
        "status allOf",
        {
            "ok schema": {
                "allOf": [
                    {"$ref": "#/components/schemas/Job"},
                    {"type": "object", "properties": {"host": {"type": "string"}}},
                ]
            }
        },
    ),
    works(
        "status property allOf one reference",
        job_property(
            "error", {"allOf": [{"$ref": "#/components/schemas/Error"}], "description": "Why."}, {"message": "x"}
        ),
    ),
    works("status no additional properties", {"Job additionalProperties": False}),
    works("status no unevaluated properties", {"Job unevaluatedProperties": False}),
    works(
        "status oneOf",
        {
            "schemas Batch": {
                "type": "object",
                "required": ["id", "status", "size"],
                "properties": {
                    "id": {"type": "string"},
                    "status": {"type": "string", "enum": ["queued", "running", "succeeded", "failed"]},
                    "size": {"type": "integer"},
                },
            },
            "Job not": {"required": ["size"]},
            "ok schema": {"oneOf": [{"$ref": "#/components/schemas/Job"}, {"$ref": "#/components/schemas/Batch"}]},
        },
    ),
    works("status nested", lambda d: _nested(d)),
    refused(
        "status array at the top",
        "array at the top",
        {
            "ok schema": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}, "minItems": 1},
            "x-job id": "$response.body#/0/id",
            "x-job state": "$response.body#/0/status",
        },
        each_body(lambda _, body: [body]),
    ),
    works(
        "status in a list",
        {
            "ok schema": {
                "type": "object",
                "required": ["jobs"],
                "properties": {"jobs": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Job"}}},
            },
            "x-job id": "$response.body#/jobs/0/id",
            "x-job state": "$response.body#/jobs/0/status",
        },
        each_body(lambda _, body: {"jobs": [body]}),
    ),
    works(
        "status component for the state",
        {
            "schemas State": {"type": "string", "enum": ["queued", "running", "succeeded", "failed"]},
            "state": {"$ref": "#/components/schemas/State"},
        },
    ),
    works(
        "status two json types",
        {"status responses 200 content application/vnd.jobs+json": {"schema": {"$ref": "#/components/schemas/Job"}}},
    ),
    works("status vendor json only", lambda d: _media_type(d, "application/vnd.jobs+json")),
    works("status any media type", lambda d: _media_type(d, "*/*")),
    works(
        "status json or xml",
        {"status responses 200 content application/xml": {"schema": {"$ref": "#/components/schemas/Job"}}},
    ),
    refused("status text only", "no JSON", lambda d: _media_type(d, "text/plain")),
    works(
        "property discriminator",
        PETS,
        job_property("pet", {"oneOf": PET_REFS, "discriminator": DISCRIMINATOR}, {"kind": "cat", "age": 9}),
    ),
    works("property union", job_property("value", {"type": ["string", "integer", "boolean", "null"]}, 3)),
    works(
        "property anyOf null",
        job_property("error", {"anyOf": [{"$ref": "#/components/schemas/Error"}, {"type": "null"}]}, None),
    ),
    works("property of any type", job_property("result", {}, {"a": [1, None]})),
    works(
        "property map of objects",
        job_property(
            "parts",
            {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Error"}},
            {"a": {"message": "x"}},
        ),
    ),
    works(
        "property recursive",
        {"schemas Node": NODE},
        job_property("tree", {"$ref": "#/components/schemas/Node"}, {"name": "a", "children": []}),
    ),
    works(
        "property inline object",
        job_property(
            "place",
            {
                "type": "object",
                "properties": {
                    "host": {"type": "string"},
                    "zone": {"type": "object", "properties": {"id": {"type": "integer"}}},
                },
            },
            {"host": "h", "zone": {"id": 1}},
        ),
    ),
    works(
        "property tuple",
        job_property(
            "pair",
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
            ["a", 1],
        ),
    ),
    works(
        "property date-time",
        job_property("created", {"type": "string", "format": "date-time"}, "2026-01-01T10:00:00Z", required=True),
    ),
    works("property unknown format", job_property("ip", {"type": "string", "format": "ipv4-cidr"}, "10.0.0.0/8")),
    works("property int64", job_property("bytes", {"type": "integer", "format": "int64"}, 9_000_000_000_000)),
    works("property pattern lookahead", job_property("code", {"type": "string", "pattern": "^(?!x)[a-z]+$"}, "abc")),
    works(
        "property patternProperties",
        job_property("labels", {"type": "object", "patternProperties": {"^x-": {"type": "string"}}}, {"x-a": "b"}),
    ),
    works(
        "property if then else",
        job_property(
            "range",
            {
                "type": "object",
                "properties": {"low": {"type": "integer"}},
                "if": {"required": ["low"]},
                "then": {"properties": {"low": {"minimum": 0}}},
            },
            {"low": 1},
        ),
    ),
    works(
        "property list of enums",
        job_property(
            "flags", {"type": "array", "uniqueItems": True, "items": {"type": "string", "enum": ["a", "b"]}}, ["a"]
        ),
    ),
    works("property write-only", {"Job properties secret": {"type": "string", "writeOnly": True}}),
    works("property deprecated", job_property("old", {"type": "string", "deprecated": True}, "x")),
    works("component without type", {"Job type": REMOVED}),
    works("component unused", {"schemas Unused": {"type": "object", "properties": {"a": {"not": {"type": "string"}}}}}),
    works(
        "component of a scalar",
        {"schemas Name": {"type": "string", "minLength": 1}},
        {"Job properties note": {"$ref": "#/components/schemas/Name"}},
    ),
    works(
        "component alias",
        {"schemas Alias": {"$ref": "#/components/schemas/Job"}, "ok schema": {"$ref": "#/components/schemas/Alias"}},
    ),
    works(
        "dynamic reference",
        {
            "schemas Tree": {
                "$dynamicAnchor": "node",
                "type": "object",
                "properties": {"next": {"$dynamicRef": "#node"}},
            }
        },
        job_property("tree", {"$ref": "#/components/schemas/Tree"}, {}),
    ),
)


def _shared_body(document: Document) -> None:
    body = document["paths"]["/jobs"]["post"]["requestBody"]
    document["components"]["requestBodies"] = {"Options": body}
    document["paths"]["/jobs"]["post"]["requestBody"] = {"$ref": "#/components/requestBodies/Options"}


def _inline(document: Document) -> None:
    schema = document["components"]["schemas"].pop("Job")
    document["paths"]["/jobs/{jobId}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = schema


def _nested(document: Document) -> None:
    state = document["components"]["schemas"]["Job"]["properties"].pop("status")
    document["components"]["schemas"]["Job"]["properties"]["state"] = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": state},
    }
    document["components"]["schemas"]["Job"]["required"] = ["id", "state"]
    document["paths"]["/jobs/{jobId}"]["get"]["x-job"]["state"] = "$response.body#/state/name"
    for body in bodies(document):
        body["state"] = {"name": body.pop("status")}


def _media_type(document: Document, name: str) -> None:
    content = document["paths"]["/jobs/{jobId}"]["get"]["responses"]["200"]["content"]
    content[name] = content.pop("application/json")
