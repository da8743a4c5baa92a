"""Request bodies of the start, and schemas of the status."""

from collections.abc import Callable

from ..changes import Document, bodies, each_body, job_property, request_body, sequence, without_examples
from ..document import REMOVED, Change
from ..row import refused, works

OPTIONS = {
    "type": "object",
    "required": ["model"],
    "properties": {"model": {"type": "string"}, "size": {"type": "integer", "minimum": 1}},
}
EXAMPLE = {"model": "m-1", "size": 2}
COMPONENT = {"schemas Options": OPTIONS}
REF = {"$ref": "#/components/schemas/Options"}
SIZE = {"size": {"type": "integer", "minimum": 1}}
READ_ONLY = {
    "type": "object",
    "required": ["id", "model"],
    "properties": {"id": {"type": "string", "readOnly": True}, "model": {"type": "string"}},
}
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

DERIVED = {
    "contains const": {"type": "array", "contains": {"const": "x"}},
    "contains of an object": {"type": "array", "contains": {"type": "object", "required": ["a"]}},
    "contains and items": {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 100}},
    "contains twice": {"type": "array", "contains": {"type": "integer"}, "minContains": 3},
    "contains after a prefix": {"type": "array", "prefixItems": [{"type": "boolean"}], "contains": {"const": "x"}},
    "property names": {"type": "object", "propertyNames": {"pattern": "^x-[a-z]+$"}, "minProperties": 1},
    "many property names": {"type": "object", "propertyNames": {"pattern": "^[a-z]{3}$"}, "minProperties": 4},
    "property names of an enum": {"type": "object", "propertyNames": {"enum": ["a", "b"]}, "minProperties": 2},
    "pattern properties only": {
        "type": "object",
        "patternProperties": {"^x-[a-z]+$": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 2,
    },
    "pattern properties not at the start": {
        "type": "object",
        "patternProperties": {"[0-9]$": {"type": "integer"}},
        "minProperties": 2,
    },
}
NOT_DERIVED = {
    "an object in itself": {"$ref": "#/components/schemas/Job"},
    "two million items": {"type": "array", "minItems": 2_000_000},
    "two million properties": {"type": "object", "minProperties": 2_000_000},
    "a billion letters": {"type": "string", "minLength": 1_000_000_000},
    "a list of what nothing is": {"type": "array", "minItems": 1, "items": False},
    "nothing": {"not": {}},
}
LARGE_PATTERNS = {
    "of a large class": {"type": "string", "pattern": r"^\p{Lu}{1,500}$"},
    "of a million letters": {"type": "string", "pattern": "^a{1000000}$"},
    "of a property name": {"type": "object", "patternProperties": {"^a{1000000}$": {"type": "string"}}},
}
DIAMONDS = {
    "allOf": lambda ref: {"allOf": [ref, ref]},
    "anyOf": lambda ref: {"anyOf": [ref, ref]},
    "oneOf in allOf": lambda ref: {"allOf": [{"oneOf": [ref, {"type": "null"}]}, ref]},
    "if": lambda ref: {"if": ref, "then": ref},
}


def diamonds(count: int, make: Callable[[dict[str, str]], object]) -> Change:
    """Let each of a number of components combine the next one twice."""
    refs = [{"$ref": f"#/components/schemas/C{number}"} for number in range(count + 1)]
    components = {f"schemas C{number}": make(refs[number + 1]) for number in range(count)}
    return sequence({**components, f"schemas C{count}": {"type": "object"}, "Job allOf": [refs[0]]})


def list_form(items: object, **keywords: object) -> dict[str, object]:
    """Return the schema of a form with a required list."""
    values = {"type": "array", "items": items, **keywords}
    return {"type": "object", "required": ["values"], "properties": {"values": values}}


ROWS = (
    works("body component", COMPONENT, request_body(REF, EXAMPLE)),
    works("body inline", request_body(OPTIONS, EXAMPLE)),
    works("body without example", COMPONENT, request_body(REF)),
    works("body optional", COMPONENT, request_body(REF, EXAMPLE), {"start requestBody required": False}),
    works("body by reference", COMPONENT, request_body(REF, EXAMPLE), lambda d: _shared_body(d)),
    works("body array of strings", request_body({"type": "array", "items": {"type": "string"}}, ["a", "b"])),
    works("body array of objects", COMPONENT, request_body({"type": "array", "items": REF}, [EXAMPLE])),
    *(
        works(f"form with a required list of {name} as {media}", request_body(list_form(schema), media_type=media))
        for name, schema in {
            "files": {"type": "string", "format": "binary"},
            "text": {"type": "string"},
            "numbers": {"type": "integer"},
        }.items()
        for media in ("multipart/form-data", FORM)
        if (name, media) != ("files", FORM)
    ),
    works(
        "form with a required list that is not empty",
        request_body(list_form({"type": "string"}, minItems=1), media_type="multipart/form-data"),
    ),
    works(
        "form with a required list by reference",
        {"schemas Options": list_form({"type": "string"})},
        request_body({"allOf": [REF]}, media_type="multipart/form-data"),
    ),
    *(
        works(
            f"derived body with {name}",
            {"Job properties more": schema, "Job required": ["id", "status", "more"]},
            without_examples,
        )
        for name, schema in DERIVED.items()
    ),
    *(
        refused(
            f"no derived body with {name}",
            "can be derived",
            {"Job properties more": schema, "Job required": ["id", "status", "more"]},
            without_examples,
            at="application/json",
            isolated=True,
        )
        for name, schema in NOT_DERIVED.items()
    ),
    works(
        "body that cannot be derived, with examples",
        {"Job properties more": {"type": "array", "minItems": 1, "items": {"not": {}}}},
    ),
    *(
        refused(f"pattern {name}", "pattern", {"Job properties more": schema}, *changes, at="^")
        for name, schema in LARGE_PATTERNS.items()
        for name, changes in ((name, ()), (f"{name} without examples", (without_examples,)))
    ),
    works("pattern of a long text", job_property("more", {"type": "string", "pattern": "^[a-z]{1,2000}$"}, "abc")),
    *(
        refused(f"schemas combined exponentially by {name}", "combines more than", diamonds(25, make), isolated=True)
        for name, make in DIAMONDS.items()
    ),
    works("schemas combined 127 times", diamonds(6, DIAMONDS["allOf"])),
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
    works("body read-only required", request_body(READ_ONLY, {"model": "m"})),
    works(
        "body read-only required by a branch",
        {"schemas Given": READ_ONLY},
        request_body(
            {"allOf": [{"$ref": "#/components/schemas/Given"}, {"required": ["id", "size"], "properties": SIZE}]},
            {"model": "m", "size": 3},
        ),
    ),
    works(
        "body read-only behind a reference",
        {"schemas Id": {"type": "string", "readOnly": True}},
        request_body(
            {"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/components/schemas/Id"}, **SIZE}}
        ),
    ),
    works(
        "body of the job with both directions",
        without_examples,
        request_body({"$ref": "#/components/schemas/Job"}),
        {
            "Job properties id readOnly": True,
            "Job properties status readOnly": True,
            "Job properties secret": {"type": "string", "writeOnly": True},
            "Job required": ["id", "status", "secret"],
        },
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
    works(
        "property write-only required",
        {"Job properties secret": {"type": "string", "writeOnly": True}, "Job required": ["id", "status", "secret"]},
    ),
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
