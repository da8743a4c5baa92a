"""Rules of `compare` that follow from two documents alone: what each edit of a small document breaks, and what not."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.compare.change import Both, Change, Place
from scripts.compare.operations import compare_documents
from scripts.document import load

from .test_compare import compare

BASE = yaml.safe_load("""
openapi: 3.1.0
info: {title: Foundry, version: '1'}
servers: [{url: 'https://foundry.example/v2'}]
security: [{api_key: []}]
paths:
  /casts:
    post:
      operationId: start_cast
      summary: Start a cast.
      parameters:
        - {name: X-Mode, in: header, schema: {type: string}}
        - {name: priority, in: query, schema: {type: integer, default: 5}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/CastRequest'}}}
      responses:
        2XX: {description: Started., content: {application/json: {schema: {$ref: '#/components/schemas/Started'}}}}
  /casts/{castId}:
    get:
      operationId: get_cast
      summary: Get a cast.
      parameters:
        - {name: castId, in: path, required: true, schema: {type: string}}
        - {name: verbose, in: query, schema: {type: boolean}}
      x-job:
        id: {at: $response.body#/id, match: suffix}
        state:
          - {when: {$response.body#/phase: [HOT, COLD]}, is: pending}
          - {when: {$response.body#/phase: SOLID, $response.body#/percent: {present: true}}, is: success}
          - {when: {$response.body#/phase: CRACKED}, is: failure}
        unknown: {$response.body#/why: nothing, $response.body#/percent: 0}
        run: [$response.body#/number, $response.body#/begun]
        timestamps: [$response.body#/begun, $response.body#/ended]
        detail: {parameter: verbose, values: [false, true]}
        limits: [{requests: 10, per: 10}]
      responses:
        '200': {description: Found., content: {application/json: {schema: {$ref: '#/components/schemas/Cast'}}}}
components:
  securitySchemes:
    api_key: {type: apiKey, in: query, name: Key}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://f.example/t', scopes: {read: r, write: w}}}}
  schemas:
    CastRequest:
      type: object
      required: [alloy]
      properties:
        alloy: {type: string, enum: [bronze, iron]}
        note: {type: string, default: none}
    Started: {type: object, properties: {id: {type: string}}}
    Cast:
      type: object
      required: [id, phase]
      properties:
        id: {type: string}
        phase: {type: string, enum: [HOT, COLD, SOLID, CRACKED]}
        percent: {type: number}
        why: {type: string}
        number: {type: integer}
        begun: {type: string, format: date-time}
        ended: {type: string, format: date-time}
""")
Apply = Callable[[Any], object]


def at(*keys: str | int) -> Callable[[Any], Any]:
    def find(data: Any) -> Any:
        for key in keys:
            data = data[key]
        return data

    return find


start, read = at("paths", "/casts", "post"), at("paths", "/casts/{castId}", "get")
job, sent = at("paths", "/casts/{castId}", "get", "x-job"), at("components", "schemas", "CastRequest")
schemes, alloy = at("components", "securitySchemes"), at("components", "schemas", "CastRequest", "properties", "alloy")
STATE = ("paths", "/casts/{castId}", "get", "x-job", "state")
schemas, sent_properties = at("components", "schemas"), at("components", "schemas", "CastRequest", "properties")
MADE = {"type": "string", "readOnly": True}
TEXT = {"$ref": "#/components/schemas/Text"}
IF_NOTE = {"if": {"required": ["note"]}, "then": {"required": ["colour"]}}
note = at("components", "schemas", "CastRequest", "properties", "note")


def put(part: Callable[[Any], Any], **values: Any) -> Apply:
    """Set keys of a part of the document; None removes one."""

    def apply(data: Any) -> None:
        for key, value in values.items():
            name = key.replace("__", "-")
            if value is None:
                del part(data)[name]
            else:
                part(data)[name] = value

    return apply


def turned(part: Callable[[Any], Any], key: str | int) -> Apply:
    """Write the keys, or the items, of a part in another order."""

    def apply(data: Any) -> None:
        value = part(data)[key]
        part(data)[key] = dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]

    return apply


def respell(old: str, new: str) -> Apply:
    """Replace a name everywhere in the document."""

    def apply(data: Any) -> None:
        text = yaml.safe_dump(data, sort_keys=False)
        assert old in text
        data |= yaml.safe_load(text.replace(old, new))

    return apply


def in_paths(prefix: str, url: str) -> Apply:
    return lambda data: data.update(
        servers=[{"url": url}], paths={f"{prefix}{path}": item for path, item in data["paths"].items()}
    )


def parameter(**values: Any) -> Apply:
    return lambda data: start(data)["parameters"].append({"name": "region", "in": "query", "required": True, **values})


def limits(*pairs: tuple[int, int]) -> Apply:
    return lambda data: job(data).update(limits=[{"requests": count, "per": per} for count, per in pairs])


def scopes(*names: str) -> Apply:
    return lambda data: data.update(security=[{"oauth": list(names)}])


def status(old: str, new: str) -> Apply:
    def apply(data: Any) -> None:
        responses = start(data)["responses"]
        responses[new] = responses.pop(old)

    return apply


def renamed(data: Any) -> None:
    data["paths"]["/pours"] = data["paths"].pop("/casts")
    data["paths"]["/pours"]["post"]["operationId"] = "begin_pour"


def untouched(data: Any) -> None:
    """Edit nothing."""


# What is done to both versions, what is done to the new one, the columns that break, and the rules that say so.
CASES: dict[str, tuple[Apply, Apply, str, str]] = {
    "keys of a condition": (untouched, turned(at(*STATE, 1), "when"), "", ""),
    "values of a condition": (
        untouched,
        turned(at(*STATE, 0, "when"), "$response.body#/phase"),
        "",
        "",
    ),
    "keys of unknown": (untouched, turned(job, "unknown"), "", ""),
    "fields of the run": (untouched, turned(job, "run"), "", ""),
    "rows of conditions": (untouched, turned(job, "state"), "wait", "state-conditions-changed"),
    "suffix to equal": (untouched, put(job, id="$response.body#/id"), "", "job-id-changed"),
    "equal to suffix": (
        put(job, id="$response.body#/id"),
        put(job, id={"at": "$response.body#/id", "match": "suffix"}),
        "field wait",
        "job-id-changed",
    ),
    "first time": (untouched, turned(job, "timestamps"), "", "job-timestamps-changed"),
    "other times": (untouched, put(job, timestamps=["$response.body#/begun"]), "", "job-check-changed"),
    "detail dropped": (untouched, put(job, detail=None), "wait", "job-detail-removed"),
    "detail and run dropped": (untouched, put(job, detail=None, run=None), "", "job-detail-removed job-run-removed"),
    "smaller bursts": (untouched, limits((1, 1)), "wait", "limits-tightened"),
    "bursts of two": (untouched, limits((2, 2)), "wait", "limits-tightened"),
    "one of two limits": (
        limits((1, 1), (100, 1000)),
        limits((1, 5), (200, 1000)),
        "wait",
        "limits-tightened",
    ),
    "larger bursts": (limits((1, 1)), limits((10, 10)), "", "limits-relaxed"),
    "twice as often": (untouched, limits((20, 10)), "", "limits-relaxed"),
    "half as often": (untouched, limits((5, 10)), "wait", "limits-tightened"),
    "limits dropped": (untouched, put(job, limits=None), "", "limits-relaxed"),
    "limits added": (put(job, limits=None), limits((1, 1)), "wait", "limits-tightened"),
    "limits that follow from others": (untouched, limits((10, 10), (1000, 1000)), "", "limits-rewritten"),
    "path parameter respelled": (untouched, respell("castId", "cast_id"), "", "parameter-renamed"),
    "path parameter renamed": (untouched, respell("castId", "pourId"), "code", "parameter-renamed"),
    "query parameter respelled": (
        respell("verbose", "isLong"),
        respell("isLong", "is_long"),
        "",
        "job-detail-changed parameter-renamed",
    ),
    "scheme respelled": (untouched, respell("api_key", "apiKey"), "", "scheme-renamed"),
    "scheme renamed": (untouched, respell("api_key", "token"), "code", "scheme-renamed"),
    "header in lower case": (untouched, respell("X-Mode", "x-mode"), "", ""),
    "key in a query in lower case": (
        untouched,
        put(at("components", "securitySchemes", "api_key"), name="key"),
        "field",
        "scheme-changed",
    ),
    "key in a header in lower case": (
        put(at("components", "securitySchemes", "api_key"), **{"in": "header"}),
        put(at("components", "securitySchemes", "api_key"), name="key"),
        "",
        "",
    ),
    "scope added": (scopes("read"), scopes("read", "write"), "field", "scopes-tightened"),
    "scope dropped": (scopes("read", "write"), scopes("read"), "", "scopes-relaxed"),
    "scopes in another order": (scopes("read", "write"), scopes("write", "read"), "", ""),
    "range to status": (untouched, status("2XX", "202"), "", "success-added"),
    "status to range": (status("2XX", "202"), status("202", "2XX"), "field", "success-added"),
    "status to status": (status("2XX", "202"), status("202", "201"), "field", "success-added"),
    "base path in the paths": (untouched, in_paths("/v2", "https://foundry.example"), "code", "server-changed"),
    "base path moved and changed": (
        untouched,
        in_paths("/v3", "https://foundry.example"),
        "field",
        "path-changed server-changed",
    ),
    "other base path": (untouched, in_paths("", "https://foundry.example/v3"), "field", "server-changed"),
    "other paths": (untouched, in_paths("/v2", "https://foundry.example/v2"), "field", "path-changed"),
    "operation and path renamed": (untouched, renamed, "field", "operation-renamed path-changed"),
    "required parameter with one value": (
        untouched,
        parameter(schema={"type": "string", "enum": ["eu"]}),
        "field",
        "parameter-added",
    ),
    "required parameter with a default": (
        untouched,
        parameter(schema={"type": "string", "default": "eu"}),
        "field",
        "parameter-added",
    ),
    "parameter deprecated": (
        untouched,
        lambda data: start(data)["parameters"][1].update(deprecated=True),
        "",
        "deprecated",
    ),
    "property deprecated": (untouched, put(note, deprecated=True), "", "deprecated"),
    "default of a parameter": (
        untouched,
        lambda data: start(data)["parameters"][1]["schema"].update(default=7),
        "",
        "default-changed",
    ),
    "default of a property": (untouched, put(note, default="some"), "", "default-changed"),
    "default of a property dropped": (untouched, put(note, default=None), "", "default-changed"),
    "dependentRequired": (untouched, put(sent, dependentRequired={"note": ["colour"]}), "field", "schema-changed"),
    "if and then": (
        untouched,
        put(sent, **{"if": {"required": ["note"]}, "then": {"required": ["colour"]}}),
        "field",
        "schema-changed",
    ),
    "not": (untouched, put(sent, **{"not": {"required": ["colour"]}}), "field", "schema-changed"),
    "not dropped": (put(sent, **{"not": {"required": ["x"]}}), put(sent, **{"not": None}), "", "schema-changed"),
    "second if in allOf": (
        put(sent, allOf=[IF_NOTE, {"if": {"required": ["x"]}, "then": {"required": ["y"]}}]),
        lambda data: sent(data)["allOf"][0]["then"]["required"].append("z"),
        "field",
        "schema-changed",
    ),
    "second not in allOf": (
        put(sent, allOf=[{"not": {"required": ["x"]}}, {"not": {"required": ["y"]}}]),
        lambda data: sent(data)["allOf"][0]["not"].update(required=["z"]),
        "field",
        "schema-changed",
    ),
    "limit of the first branch": (
        put(note, allOf=[{"maxLength": 10}, {"maxLength": 100}]),
        lambda data: note(data)["allOf"][0].update(maxLength=5),
        "field",
        "limit-tightened",
    ),
    "limit of a branch that another exceeds": (
        put(note, allOf=[{"maxLength": 10}, {"maxLength": 100}]),
        lambda data: note(data)["allOf"][1].update(maxLength=50),
        "",
        "",
    ),
    "value removed in a branch": (
        put(alloy, allOf=[{"enum": ["bronze", "iron"]}, {"description": "The metal."}]),
        lambda data: alloy(data)["allOf"][0].update(enum=["bronze"]),
        "field",
        "value-removed",
    ),
    "limit next to a reference": (
        lambda data: (schemas(data).update(Text={"type": "string"}), put(sent_properties, note=TEXT)(data)),
        lambda data: sent_properties(data)["note"].update(maxLength=3),
        "field",
        "limit-tightened",
    ),
    "null removed from the values": (
        put(note, type=["string", "null"], default=None, enum=["a", None]),
        put(note, enum=["a"]),
        "field",
        "not-nullable",
    ),
    "required and read-only": (
        untouched,
        lambda data: (put(sent_properties, made=dict(MADE))(data), sent(data)["required"].append("made")),
        "",
        "property-added",
    ),
    "required and read-only no more": (
        lambda data: (put(sent_properties, made=dict(MADE))(data), sent(data)["required"].append("made")),
        put(at("components", "schemas", "CastRequest", "properties", "made"), readOnly=None),
        "field",
        "required schema-changed",
    ),
    "recursion begins": (
        untouched,
        put(at("components", "schemas", "Started"), additionalProperties={"$ref": "#/components/schemas/Started"}),
        "",
        "property-added type-changed",
    ),
    "propertyNames": (untouched, put(sent, propertyNames={"pattern": "^a"}), "field", "schema-changed"),
    "description in a keyword": (
        put(sent, propertyNames={"pattern": "^a"}),
        put(sent, propertyNames={"pattern": "^a", "description": "x"}),
        "",
        "",
    ),
    "alternatives next to properties": (
        untouched,
        put(sent, anyOf=[{"required": ["note"]}, {"required": ["colour"]}]),
        "field",
        "schema-changed",
    ),
    "constraint next to alternatives": (
        put(note, type=None, default=None, anyOf=[{"type": "string"}, {"type": "integer"}]),
        put(note, **{"not": {"const": "a"}}),
        "field",
        "schema-changed",
    ),
    "unevaluatedProperties": (untouched, put(sent, unevaluatedProperties=False), "field", "limit-tightened"),
    "additionalProperties refused": (
        put(sent, additionalProperties={"type": "string"}),
        put(sent, additionalProperties=False),
        "field",
        "limit-tightened",
    ),
    "additionalProperties allowed": (
        put(sent, additionalProperties=False),
        put(sent, additionalProperties={"type": "string"}),
        "",
        "limit-relaxed",
    ),
    "property required that is not described": (
        untouched,
        put(sent, required=["alloy", "colour"]),
        "field",
        "required",
    ),
    "items": (put(note, type="array", default=None), put(note, items={"type": "string"}), "field", "type-changed"),
    "values with a description each": (
        untouched,
        lambda data: sent(data)["properties"].update(
            alloy={"oneOf": [{"const": "bronze", "title": "Bronze"}, {"const": "iron"}]}
        ),
        "",
        "",
    ),
    "one value less, with a description each": (
        untouched,
        lambda data: sent(data)["properties"].update(alloy={"oneOf": [{"const": "bronze"}]}),
        "field",
        "value-removed",
    ),
}

# Two operations, parameters, properties, each with a twin of the same type: what changes places, no type shows.
TWINS = yaml.safe_load("""
/ores:
  get:
    operationId: get_ores
    parameters:
      - {name: a, in: query, x-name: first, schema: {type: string}}
      - {name: b, in: query, x-name: second, schema: {type: string}}
    responses: {'200': {description: Found., content: {application/json: {schema: {$ref: '#/components/schemas/Twin'}}}}}
/slags:
  get:
    operationId: get_slags
    responses: {'200': {description: Found., content: {application/json: {schema: {$ref: '#/components/schemas/Twin'}}}}}
/pots/{plant}/{pot}:
  get:
    operationId: get_pot
    parameters:
      - {name: plant, in: path, required: true, schema: {type: string}}
      - {name: pot, in: path, required: true, schema: {type: string}}
    x-job: {state: $response.body#/heat, names: pot, pending: [hot], success: [cold], failure: [cracked]}
    responses: {'200': {description: Found., content: {application/json: {schema: {$ref: '#/components/schemas/Pot'}}}}}
/molds/{plant}/{mold}:
  get:
    operationId: get_mold
    parameters:
      - {name: plant, in: path, required: true, schema: {type: string}}
      - {name: mold, in: path, required: true, schema: {type: string}}
    responses: {'200': {description: Found., content: {application/json: {schema: {$ref: '#/components/schemas/Twin'}}}}}
""")
TWIN = yaml.safe_load("""
type: object
properties: {a: {type: string, x-name: left}, b: {type: string, x-name: right}}
""")
LINKED = {"plant": "$response.body#/id", "pot": "$response.body#/kind"}


def twins(data: Any) -> None:
    """Add the twins."""
    data["paths"].update(copy.deepcopy(TWINS))
    schemas(data)["Twin"] = copy.deepcopy(TWIN)
    schemas(data)["Pot"] = {"type": "object", "properties": {"heat": {"type": "string"}}}
    schemas(data)["Started"]["properties"]["kind"] = {"type": "string"}
    start(data)["responses"]["2XX"]["links"] = {"pot": {"operationId": "get_pot", "parameters": dict(LINKED)}}


def swapped(old: str, new: str) -> Apply:
    """Let two names change places, everywhere in the document."""

    def apply(data: Any) -> None:
        text = yaml.safe_dump(data, sort_keys=False)
        assert all(name in text for name in (old, new))
        data |= yaml.safe_load(text.replace(old, "\0").replace(new, old).replace("\0", new))

    return apply


def simple(data: Any) -> None:
    """Let one field be the state of the job."""
    put(job, state="$response.body#/phase", pending=["HOT", "COLD"], success=["SOLID"], failure=["CRACKED"])(data)


def alternatives(*schemas_of_them: Any, **others: Any) -> Apply:
    return put(sent_properties, note={"anyOf": list(schemas_of_them), **others})


TWIN_OF, WIDE = {"$ref": "#/components/schemas/Twin"}, {"$ref": "#/components/schemas/Wide"}


def cats_and_dogs(data: Any) -> None:
    """Let two components add to a third one."""
    twins(data)
    for name in ("Cat", "Dog"):
        schemas(data)[name] = {"allOf": [TWIN_OF], "properties": {name[0].lower(): {"type": "string"}}}
        sent_properties(data)[name.lower()] = {"$ref": f"#/components/schemas/{name}"}


def with_component(reference: Any) -> Apply:
    """Let a property be one of two components."""

    def apply(data: Any) -> None:
        twins(data)
        schemas(data)["Wide"] = {"type": "object"}
        sent_properties(data)["note"] = reference

    return apply


cast = at("components", "schemas", "Cast")
phase = at("components", "schemas", "Cast", "properties", "phase")
link = at("paths", "/casts", "post", "responses", "2XX", "links", "pot")
URL = "https://foundry.example/v2"
CASES |= {
    "operationIds swapped": (twins, swapped("get_ores", "get_slags"), "code", "operation-renamed"),
    "names of parameters swapped": (twins, swapped("first", "second"), "code", "name-reused"),
    "names of properties swapped": (twins, swapped("left", "right"), "code", "name-reused schema-changed"),
    "name kept for another property": (
        twins,
        lambda data: schemas(data)["Twin"]["properties"].update(c=schemas(data)["Twin"]["properties"].pop("a")),
        "",
        "property-renamed",
    ),
    "parameters of a path swapped": (twins, respell("{plant}/{mold}", "{mold}/{plant}"), "field", "path-order-changed"),
    "parameters of a link swapped": (
        twins,
        lambda data: link(data)["parameters"].update(plant=LINKED["pot"], pot=LINKED["plant"]),
        "wait",
        "link-changed",
    ),
    "parameter of a link renamed": (twins, respell("plant", "factory"), "code", "parameter-renamed"),
    "state optional": (
        simple,
        lambda data: cast(data)["required"].remove("phase"),
        "wait",
        "job-state-optional optional",
    ),
    "state null": (
        simple,
        lambda data: phase(data).update(type=["string", "null"], enum=[*phase(data)["enum"], None]),
        "wait",
        "job-state-optional nullable",
    ),
    "field of a condition optional": (
        untouched,
        lambda data: cast(data)["required"].remove("phase"),
        "wait",
        "job-state-optional optional",
    ),
    "id optional": (
        untouched,
        lambda data: cast(data)["required"].remove("id"),
        "field wait",
        "job-id-optional optional",
    ),
    "id null": (
        untouched,
        lambda data: cast(data)["properties"].update(id={"type": ["string", "null"]}),
        "field wait",
        "job-id-optional nullable",
    ),
    "another field optional": (
        put(cast, required=["id", "phase", "percent"]),
        lambda data: cast(data)["required"].remove("percent"),
        "wait",  # a success needs it
        "job-state-optional optional",
    ),
    "condition divided": (
        untouched,
        lambda data: (
            job(data)["state"].append(
                {
                    **job(data)["state"][0],
                    "when": {"$response.body#/phase": job(data)["state"][0]["when"]["$response.body#/phase"].pop()},
                }
            )
            or job(data)["state"].insert(1, job(data)["state"].pop())
        ),
        "",
        "",
    ),
    "pending value more": (
        untouched,
        lambda data: job(data)["state"][0]["when"]["$response.body#/phase"].append("WARM"),
        "",
        "state-conditions-changed",
    ),
    "pending row that hides a success": (
        untouched,
        lambda data: job(data)["state"][0]["when"]["$response.body#/phase"].append("SOLID"),
        "wait",
        "state-conditions-changed",
    ),
    "host in capitals, default port": (
        untouched,
        put(at("servers", 0), url="HTTPS://Foundry.example:443/v2"),
        "",
        "",
    ),
    "default of a variable written out": (
        put(at("servers", 0), url="https://{host}/v2", variables={"host": {"default": "foundry.example"}}),
        lambda data: data.update(servers=[{"url": URL}]),
        "",
        "",
    ),
    "another default of a variable": (
        put(at("servers", 0), url="https://{host}/v2", variables={"host": {"default": "foundry.example"}}),
        put(at("servers", 0, "variables", "host"), default="forge.example"),
        "field",
        "server-changed",
    ),
    "explode of a single value": (
        untouched,
        lambda data: start(data)["parameters"][1].update(explode=False),
        "",
        "",
    ),
    "explode of a list": (
        lambda data: start(data)["parameters"][1].update(schema={"type": "array", "items": {"type": "string"}}),
        lambda data: start(data)["parameters"][1].update(explode=False),
        "field",
        "parameter-style",
    ),
    "parameter with a media type": (
        lambda data: start(data)["parameters"][1].update(
            content={"application/json": {"schema": start(data)["parameters"][1].pop("schema")}}
        ),
        lambda data: start(data)["parameters"][1]["content"]["application/json"].update(schema={"type": "boolean"}),
        "field",
        "default-changed type-changed",
    ),
    "media type of a parameter": (
        lambda data: (
            start(data)["parameters"][1].update(content={"application/json": {"schema": {"type": "object"}}})
            or start(data)["parameters"][1].pop("schema")
        ),
        lambda data: start(data)["parameters"][1].update(content={"application/xml": {"schema": {"type": "object"}}}),
        "field",
        "parameter-style",
    ),
    "property that nothing satisfies": (
        put(sent_properties, extra=True),
        put(sent_properties, extra=False),
        "field",
        "schema-changed",
    ),
    "property that anything satisfies": (
        put(sent_properties, extra=False),
        put(sent_properties, extra=True),
        "",
        "schema-changed",
    ),
    "alternatives in another order": (
        alternatives({"type": "string"}, {"type": "integer"}),
        lambda data: note(data)["anyOf"].reverse(),
        "",
        "",
    ),
    "alternatives next to properties in another order": (
        put(sent, anyOf=[{"required": ["note"]}, {"required": ["colour"]}]),
        lambda data: sent(data)["anyOf"].reverse(),
        "",
        "",
    ),
    "dependentRequired in another order": (
        put(sent, dependentRequired={"note": ["colour", "size"]}),
        put(sent, dependentRequired={"note": ["size", "colour"]}),
        "",
        "",
    ),
    "first items of a keyword in another order": (
        put(note, default=None, **{"not": {"prefixItems": [{"type": "string"}, {"type": "integer"}]}}),
        lambda data: note(data)["not"]["prefixItems"].reverse(),
        "field",
        "schema-changed",
    ),
    "types as alternatives": (
        put(sent_properties, note={"type": ["string", "integer"], "maxLength": 9}),
        alternatives({"type": "string", "maxLength": 9}, {"type": "integer"}),
        "",
        "",
    ),
    "types as alternatives, one narrower": (
        put(sent_properties, note={"type": ["string", "integer"], "maxLength": 9}),
        alternatives({"type": "string", "maxLength": 5}, {"type": "integer"}),
        "field",
        "limit-tightened",
    ),
    "pattern of properties relaxed": (
        put(sent, patternProperties={"^x": {"type": "string", "maxLength": 5}}),
        put(sent, patternProperties={"^x": {"type": "string", "maxLength": 9}}),
        "",
        "limit-relaxed",
    ),
    "pattern of properties tightened": (
        put(sent, patternProperties={"^x": {"type": "string", "maxLength": 5}}),
        put(sent, patternProperties={"^x": {"type": "string", "maxLength": 4}}),
        "field",
        "limit-tightened",
    ),
    "pattern of properties added": (
        untouched,
        put(sent, patternProperties={"^x": {"type": "string"}}),
        "field",
        "type-changed",
    ),
    "first items relaxed": (
        put(sent_properties, note={"type": "array", "prefixItems": [{"type": "integer", "minimum": 1}]}),
        put(sent_properties, note={"type": "array", "prefixItems": [{"type": "integer"}]}),
        "",
        "limit-relaxed",
    ),
    "first items tightened": (
        put(sent_properties, note={"type": "array", "prefixItems": [{"type": "integer"}]}),
        put(sent_properties, note={"type": "array", "prefixItems": [{"type": "integer", "minimum": 1}]}),
        "field",
        "limit-tightened",
    ),
    "what stands next to a component in allOf": (
        cats_and_dogs,
        lambda data: schemas(data)["Dog"].update(required=["d"]),
        "field",
        "required",
    ),
    "property renamed where others are refused": (
        put(sent, additionalProperties=False),
        lambda data: sent_properties(data).update(remark=sent_properties(data).pop("note")),
        "field",
        "property-renamed",
    ),
    "all of anything": (put(sent_properties, note={"allOf": [True]}), untouched, "", ""),
    "component replaced by a wider one": (
        with_component(TWIN_OF),
        put(sent_properties, note={"$ref": "#/components/schemas/Wide"}),
        "",
        "type-changed",
    ),
    "component replaced by a narrower one": (
        with_component(WIDE),
        lambda data: (
            put(sent_properties, note=TWIN_OF)(data),
            put(at("components", "schemas", "Twin"), required=["a"])(data),
        ),
        "field",
        "required type-changed",
    ),
}


def compared(both: Apply, new: Apply, folder: Path) -> list[Change]:
    documents = []
    data = copy.deepcopy(BASE)
    both(data)
    for version, edit in (("old", untouched), ("new", new)):
        edit(data)
        (folder / version).mkdir()
        (folder / version / "foundry.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        documents.append(load(folder / version / "foundry.yaml"))
    return compare_documents(Both(documents[0], documents[1], str, str))


@pytest.mark.parametrize("name", CASES)
def test_what_an_edit_breaks(name: str, tmp_path: Path) -> None:
    both, new, breaks, rules = CASES[name]

    found = compared(both, new, tmp_path)

    assert {column for change in found for column in change.breaks} == set(breaks.split()), found
    assert {change.rule for change in found} == set(rules.split())
    assert all(one.why for change in found for one in change.verdicts.values() if one.level != "fine")


def test_conditions_of_very_many_combinations_are_compared(tmp_path: Path) -> None:
    names = [f"field{number}" for number in range(12)]

    def extend(data: Any) -> None:
        cast(data)["properties"].update({name: {"type": "integer"} for name in names})
        job(data)["state"][0]["when"].update({f"$response.body#/{name}": list(range(8)) for name in names})

    def shorten(data: Any) -> None:
        job(data)["state"][2]["when"]["$response.body#/field0"] = [1]

    def hide(data: Any) -> None:
        job(data)["state"][0]["when"]["$response.body#/phase"].append("SOLID")

    for folder in ("same", "other", "hidden"):
        (tmp_path / folder).mkdir()
    assert compared(extend, turned(at(*STATE, 0), "when"), tmp_path / "same") == []
    assert [change.breaks for change in compared(extend, hide, tmp_path / "hidden")] == [["wait"]]
    assert {change.rule for change in compared(extend, shorten, tmp_path / "other")} == {"state-conditions-changed"}


ENDLESS: dict[str, Any] = {
    "properties": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/T", "minProperties": 1}}},
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/T", "minItems": 1}},
    "allOf": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/T"}, {"minItems": 1}]}},
    "others": {"type": "object", "additionalProperties": {"allOf": [{"$ref": "#/components/schemas/T"}]}},
    "patterns": {"type": "object", "patternProperties": {"^x": {"$ref": "#/components/schemas/T"}}},
    "first items": {"type": "array", "prefixItems": [{"$ref": "#/components/schemas/T"}]},
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_schema_that_refers_to_itself_ends(name: str, tmp_path: Path) -> None:
    def refer(data: Any) -> None:
        schemas(data)["T"] = ENDLESS[name]
        sent_properties(data)["tree"] = {"$ref": "#/components/schemas/T"}

    def begin(data: Any) -> None:
        schemas(data)["T"] = {"type": ENDLESS[name]["type"]}
        sent_properties(data)["tree"] = {"$ref": "#/components/schemas/T"}

    for folder, before, after in (("same", refer, untouched), ("begun", begin, refer)):
        (tmp_path / folder).mkdir()
        assert bool(compared(before, after, tmp_path / folder)) == (folder == "begun")


@pytest.mark.parametrize("mark", ["readOnly", "writeOnly"])
@pytest.mark.parametrize("first", ["sent", "received"])
def test_the_order_of_operations_decides_no_verdict(mark: str, first: str, tmp_path: Path) -> None:
    def use(data: Any) -> None:
        schemas(data)["User"] = {
            "type": "object",
            "required": ["pw"],
            "properties": {"pw": {"type": "string", mark: True}},
        }
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}
        success = {"description": "Found."}
        items = {
            "sent": {
                "post": {"operationId": "set_user", "requestBody": {"content": content}, "responses": {"204": success}}
            },
            "received": {"get": {"operationId": "get_user", "responses": {"200": {**success, "content": content}}}},
        }
        for name in (first, *({"sent", "received"} - {first})):
            data["paths"][f"/users/{name}"] = items[name]

    def rename(data: Any) -> None:
        schemas(data)["User"].update(
            required=["secret"], properties={"secret": schemas(data)["User"]["properties"]["pw"]}
        )

    found = compared(use, rename, tmp_path)

    assert {column for change in found for column in change.breaks} == ({"field"} if mark == "writeOnly" else set())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (turned(job, "state"), lambda data: job(data)["state"].pop()),
        (put(sent, **{"not": {"required": ["x"]}}), put(sent, **{"not": {"required": ["y"]}})),
        (put(job, immutable=["$response.body#/begun"]), put(job, immutable=["$response.body#/ended"])),
        (
            alternatives({"type": "string"}, {"type": "object", "required": ["a"]}),
            alternatives({"type": "string"}, {"type": "object", "required": ["b"]}),
        ),
    ],
)
def test_an_accepted_change_accepts_no_other_one_of_the_same_place(first: Apply, second: Apply, tmp_path: Path) -> None:
    fingerprints = []
    for name, edit in (("first", first), ("second", second), ("again", first)):
        (tmp_path / name).mkdir()
        fingerprints.append({change.fingerprint for change in compared(untouched, edit, tmp_path / name)})

    assert fingerprints[0] == fingerprints[2]
    assert fingerprints[0] - fingerprints[1]
    assert fingerprints[1] - fingerprints[0]


BOUNDS = {"minimum": 1, "minLength": 1, "minItems": 1, "minProperties": 1, "maximum": -1, "maxLength": -1}


@pytest.mark.parametrize("keyword", BOUNDS)
@pytest.mark.parametrize(("old", "new"), [(0, 1), (1, 2), (None, 1), (1, 0), (1, None), (None, 0), (0, None)])
def test_bounds_of_zero_and_one_are_bounds(keyword: str, old: int | None, new: int | None, tmp_path: Path) -> None:
    absent = 0 if keyword in ("minLength", "minItems", "minProperties") else -100 * BOUNDS[keyword]
    before, after = (absent if one is None else one for one in (old, new))
    rules = (
        {"limit-tightened" if (after - before) * BOUNDS[keyword] > 0 else "limit-relaxed"} if before != after else {}
    )

    def part(value: int | None) -> Apply:
        limit = {} if value is None else {keyword: value}
        return lambda data: sent(data)["properties"].update(note={"type": "string", **limit})

    assert {change.rule for change in compared(part(old), part(new), tmp_path)} == set(rules)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ({}, {"uniqueItems": False}, ""),
        ({}, {"uniqueItems": True}, "limit-tightened"),
        ({"multipleOf": 0.5}, {"multipleOf": 0.25}, "limit-relaxed"),
        ({"multipleOf": 0.3}, {"multipleOf": 0.1}, "limit-relaxed"),
        ({"multipleOf": 0.5}, {"multipleOf": 1}, "limit-tightened"),
        ({"multipleOf": 1}, {}, "limit-relaxed"),
        ({"pattern": "a"}, {"pattern": "b"}, "limit-tightened"),
    ],
)
def test_other_limits(old: dict[str, Any], new: dict[str, Any], rule: str, tmp_path: Path) -> None:
    found = compared(
        lambda data: note(data).update(old),
        lambda data: [note(data).pop(key) for key in old] + [note(data).update(new)],
        tmp_path,
    )

    assert [change.rule for change in found] == ([rule] if rule else [])


def test_a_clause_of_an_overlay_has_its_file(tmp_path: Path) -> None:
    documents = []
    for version, alloys in (("old", "[bronze, iron]"), ("new", "[bronze]")):
        (tmp_path / version).mkdir()
        path = tmp_path / version / "foundry.yaml"
        path.write_text(yaml.safe_dump(BASE, sort_keys=False), encoding="utf-8")
        path.with_name("foundry.overlay.yaml").write_text(
            "overlay: 1.0.0\ninfo: {title: A, version: '1'}\nactions:\n"
            "  - target: $.components.schemas.CastRequest.properties.alloy.enum\n    remove: true\n"
            "  - target: $.components.schemas.CastRequest.properties.alloy\n"
            f"    update:\n      enum: {alloys}\n",
            encoding="utf-8",
        )
        documents.append(load(path))

    (change,) = compare_documents(Both(documents[0], documents[1], str, str))

    assert str(change.old) == f"{tmp_path}/old/foundry.overlay.yaml:8"
    assert str(change.new) == f"{tmp_path}/new/foundry.overlay.yaml:8"


def test_what_was_removed_has_a_place_in_the_new_document(tmp_path: Path) -> None:
    changes = compared(untouched, lambda data: data["paths"].pop("/casts"), tmp_path)
    (removed,) = (change for change in changes if change.rule == "operation-removed")

    assert (removed.new, removed.above) == (None, Place(f"{tmp_path}/new/foundry.yaml", 9))


def test_each_difference_of_the_package_is_listed_under_its_cause(tmp_path: Path) -> None:
    data = copy.deepcopy(BASE)
    for version in ("old", "new"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "foundry.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        read(data)["parameters"][1]["schema"] = {"type": "string"}
        job(data).pop("detail", None)
        job(data).pop("run", None)
        del start(data)["parameters"][1:]
        start(data)["responses"]["2XX"]["content"]["application/json"]["schema"] = {"type": "string"}
        note(data)["type"] = "integer"
        note(data).pop("default", None)

    changes = compare(tmp_path / "old", tmp_path / "new", tmp_path / "aside").changes

    causes = {(one.path, one.parameter): change.subject for change in changes for one in change.breakages}
    assert not [change for change in changes if change.rule.startswith("package-")]
    assert causes["Foundry.get_cast", "(verbose)"] == "get_cast(verbose)"
    assert causes["Foundry.start_cast", "(priority)"] == "start_cast(priority)"
    assert all(change.old or change.new for change in changes)


def test_a_member_of_an_enum_that_gets_the_value_of_another_one_breaks_programs(tmp_path: Path) -> None:
    data = copy.deepcopy(BASE)
    put(alloy, **{"x-enum-varnames": ["SOFT", "HARD"]})(data)
    for version in ("old", "new"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "foundry.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        alloy(data)["x-enum-varnames"].reverse()

    changes = compare(tmp_path / "old", tmp_path / "new", tmp_path / "aside").changes

    broken = {str(one) for change in changes if "code" in change.breaks for one in change.breakages}
    assert any("SOFT: changed its value to 'iron'" in one for one in broken), broken
    assert any("HARD: changed its value to 'bronze'" in one for one in broken), broken
