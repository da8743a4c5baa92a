"""Names and schemas that a generator cannot use as they are give a typed client that behaves as the document says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from scripts.document import load_folder
from scripts.generate import build

from .test_names import document

pytestmark = pytest.mark.timeout(600)

FIRING = {"$ref": "#/components/schemas/Firing"}
HOT = {"id": "f-1", "state": "hot"}
GET = "api.get_firing('f-1')"


@frozen
class Case:
    """A document, a call of its client, the response to it, and what is expected.

    Attributes:
        parts: The arguments of `document`.
        call: The call, as source. `m` is the module of the models.
        reply: The status and the body of the response: JSON, bytes, or None for no body.
        value: An expression that holds for the returned `value`.
        sent: An expression that holds for the `request`.
        type: The type of the call, as source, or an empty string.
        typed: What has this type instead, as source.
    """

    parts: dict[str, Any]
    call: str = GET
    reply: tuple[int, Any] = (200, HOT)
    value: str = "value.state == 'hot'"
    sent: str = "True"
    type: str = ""
    typed: str = ""


def operation(**parts: Any) -> dict[str, Any]:
    """Return parts that add an operation `do_it` without a job."""
    responses = {"200": {"description": "It.", "content": {"application/json": {"schema": FIRING}}}}
    method = parts.pop("method", "get")
    path, schemas = parts.pop("path", "/it"), parts.pop("schemas", {})
    added = {"operationId": "do_it", "responses": responses, **parts}
    return {"paths": {path: {method: added}}, "schemas": schemas}


def returning(content: Any, schemas: dict[str, Any] | None = None, status: str = "200") -> dict[str, Any]:
    """Return parts that add an operation with this content, or JSON schema, as its success response."""
    content = content if any("/" in key for key in content) else {"application/json": {"schema": content}}
    return operation(responses={status: {"description": "It.", "content": content}}, schemas=schemas or {})


def taking(name: str, where: str = "query", schema: Any = None, **more: Any) -> dict[str, Any]:
    """Return parts that add an operation with a parameter."""
    parameter = {"name": name, "in": where, "required": where == "path", "schema": schema or {"type": "string"}, **more}
    if "content" in more:
        del parameter["schema"]
    return operation(path=f"/it/{{{name}}}" if where == "path" else "/it", parameters=[parameter])


def sending(media_type: str, schema: Any, *others: str) -> dict[str, Any]:
    """Return parts that add an operation with a request body."""
    content = {name: {"schema": schema} for name in (media_type, *others)}
    return operation(method="post", requestBody={"required": True, "content": content})


def query(name: str, python: str) -> Case:
    """Return a case with a query parameter of the job's operation, and the name of its argument."""
    parameters = [*document()["paths"]["/firings/{firing}"]["get"]["parameters"]]
    parameters.append({"name": name, "in": "query", "schema": {"type": "string"}})
    sent = f"request.url.params.get_list({name!r}) == ['x']"
    return Case(
        {"operation": {"parameters": parameters}}, f"api.get_firing('f-1', {python}='x')", sent=sent, type="m.Firing"
    )


def properties(*names: str, own: str = "Thing", **more: Any) -> dict[str, Any]:
    """Return parts that add an operation that returns an object with string properties."""
    thing = {"type": "object", "properties": {name: {"type": "string", **more} for name in names}}
    return returning({"$ref": f"#/components/schemas/{own}"}, {own: thing})


def named(identifier: str, method: str) -> Case:
    """Return a case with an operationId and the name of its method."""
    content = {"application/json": {"schema": FIRING}}
    extra = {"operationId": identifier, "responses": {"200": {"description": "It.", "content": content}}}
    call = f"api.{method}()"
    return Case({"paths": {"/it": {"get": extra}}}, call, sent="request.url.path == '/base/it'", type="m.Firing")


def schema(described: Any, body: Any, value: str, schemas: dict[str, Any] | None = None) -> Case:
    """Return a case with a property `it` of an object that is returned."""
    thing = {"type": "object", "properties": {"it": described}}
    parts = returning({"$ref": "#/components/schemas/Thing"}, {"Thing": thing, **(schemas or {})})
    return Case(parts, "api.do_it()", (200, {"it": body}), f"value.to_dict() == { ({'it': body})!r} and ({value})")


def start(names: list[str], returned: Any, body: Any, value: str, typed: str, kind: str) -> Case:
    """Return a case with start operations that return a schema, of which the first one is called."""
    identifier = "$response.body#/id" if "$ref" in returned else "$response.body#"
    links = {"job": {"operationId": "get_firing", "parameters": {"firing": identifier}}}
    response = {"description": "It.", "content": {"application/json": {"schema": returned}}, "links": links}
    paths = {f"/{name}": {"post": {"operationId": f"start_{name}", "responses": {"200": response}}} for name in names}
    return Case({"paths": paths}, "api.start_one()", (200, body), value, type=kind, typed=typed)


CAT = {
    "type": "object",
    "required": ["kind", "legs"],
    "properties": {"kind": {"const": "cat"}, "legs": {"type": "integer"}},
}
DOG = {
    "type": "object",
    "required": ["kind", "tail"],
    "properties": {"kind": {"const": "dog"}, "tail": {"type": "string"}},
}
PETS = {"Cat": CAT, "Dog": DOG}
EITHER = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
STRINGS = {"type": "array", "items": {"type": "string"}}
POINT = {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}}
# A member for each way in which a model reads a member.
EVERY_KIND = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "perhaps": {"type": ["string", "null"]},
        "either": {"oneOf": [POINT, {"type": "string", "format": "date-time"}, {"type": "null"}]},
        "day": {"type": "string", "format": "date"},
        "points": {"type": "array", "items": POINT},
        "point": POINT,
        "letter": {"type": "string", "enum": ["a", "b"]},
    },
    "additionalProperties": POINT,
}
EVERY_VALUE = {
    "text": "a",
    "perhaps": None,
    "either": {"x": 1},
    "day": "2020-01-02",
    "points": [{"x": 2}],
    "point": {"y": 3},
    "letter": "b",
    "more": {"x": 4},
}

CASES = {
    # Parameters.
    **{
        f"parameter {name}": query(name, f"{name}_")
        for name in (
            *(
                "timeout",
                "headers",
                "client",
                "self",
                "schedule",
                "on_update",
                "error_timeout",
                "url",
                "params",
                "kwargs",
            ),
            *("response", "quote", "cast", "errors", "httpx", "cookies", "body"),
        )
    },
    "parameter x-name": Case(
        taking("Q", **{"x-name": "search"}), "api.do_it(search='x')", sent="str(request.url).endswith('/it?Q=x')"
    ),
    "parameters with one Python name": Case(
        operation(
            parameters=[
                {"name": name, "in": "query", "schema": {"type": "string"}}
                for name in ("job_id", "jobId", "job-id", "job.id")
            ]
        ),
        "api.do_it(job_id='1', jobId='2', jobid='3', job_id_query='4')",
        sent="dict(request.url.params) == {'job_id': '1', 'jobId': '2', 'job-id': '3', 'job.id': '4'}",
    ),
    "parameter in path and query": Case(
        operation(
            path="/it/{id}",
            parameters=[
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "id", "in": "query", "schema": {"type": "string"}},
            ],
        ),
        "api.do_it('1', id_query='2')",
        sent="str(request.url).endswith('/it/1?id=2')",
    ),
    "path parameter with dots": Case(taking("a.b", "path"), "api.do_it('1')", sent="request.url.path == '/base/it/1'"),
    "nullable path parameter": Case(
        taking("a", "path", {"type": ["string", "null"]}), "api.do_it('1')", sent="request.url.path == '/base/it/1'"
    ),
    "boolean path parameter": Case(
        taking("a", "path", {"type": "boolean"}), "api.do_it('true')", sent="request.url.path == '/base/it/true'"
    ),
    "form array": Case(taking("a", schema=STRINGS), "api.do_it(a=['1', '2'])", sent="request.url.query == b'a=1&a=2'"),
    "joined array": Case(
        taking("a", schema=STRINGS, explode=False), "api.do_it(a=['1', '2'])", sent="request.url.params['a'] == '1,2'"
    ),
    "pipes": Case(
        taking("a", schema=STRINGS, style="pipeDelimited", explode=False),
        "api.do_it(a=['1', '2'])",
        sent="request.url.params['a'] == '1|2'",
    ),
    "form object": Case(
        taking("a", schema=POINT), "api.do_it(a=m.DoItA(x=1, y=2))", sent="request.url.query == b'x=1&y=2'"
    ),
    "joined object": Case(
        taking("a", schema=POINT, explode=False), "api.do_it(a={'x': 1})", sent="request.url.params['a'] == 'x,1'"
    ),
    "deepObject": Case(
        taking("a", schema=POINT, style="deepObject", explode=True),
        "api.do_it(a={'x': 1, 'y': True})",
        sent="dict(request.url.params) == {'a[x]': '1', 'a[y]': 'true'}",
    ),
    "parameter with content": Case(
        taking("a", content={"application/json": {"schema": POINT}}),
        "api.do_it(a={'x': 1})",
        sent="request.url.params['a'] == '{\"x\":1}'",
    ),
    "headers of other types": Case(
        operation(
            parameters=[
                {"name": "X-List", "in": "header", "schema": STRINGS},
                {"name": "X-Day", "in": "header", "schema": {"type": "string", "format": "date"}},
                {
                    "name": "X-Uuid",
                    "in": "header",
                    "schema": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]},
                },
                {"name": "X-Flag", "in": "header", "schema": {"type": "boolean"}},
                {"name": "X-N", "in": "header", "schema": {"type": ["integer", "null"]}},
                {"name": "Authorization", "in": "header", "schema": {"type": "string"}},
            ]
        ),
        "api.do_it(x_list=['1', '2'], x_day=datetime.date(2020, 1, 2), x_uuid=uuid.UUID(int=0), x_flag=True, x_n=5)",
        sent="[request.headers[n] for n in ('x-list', 'x-day', 'x-uuid', 'x-flag', 'x-n')]"
        " == ['1,2', '2020-01-02', '00000000-0000-0000-0000-000000000000', 'true', '5']",
    ),
    "cookie": Case(
        taking("c", "cookie", {"type": "integer"}), "api.do_it(c=5)", sent="request.headers['cookie'] == 'c=5'"
    ),
    "query with a body": Case(
        {
            "paths": {
                "/it": {
                    "post": {
                        "operationId": "do_it",
                        "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                        "requestBody": {"content": {"application/json": {"schema": POINT}}},
                        "responses": {
                            "200": {"description": "It.", "content": {"application/json": {"schema": FIRING}}}
                        },
                    }
                }
            }
        },
        "api.do_it(q='1', body=m.DoItBody(x=1))",
        sent="request.url.query == b'q=1' and json.loads(request.content) == {'x': 1}",
    ),
    # Operations.
    "operation wait": named("wait", "wait_"),
    "operation job": named("job", "job_"),
    "operation resume": named("resume", "resume_"),
    "operation close": named("close", "close_"),
    "operation list": named("list", "list_"),
    "operation import": named("import", "import_"),
    "operation of a raw call": named("get_firing_raw", "get_firing_raw_"),
    "operation of a wait": named("wait_for_firing", "wait_for_firing"),
    "operation of a job": named("firing_job", "firing_job"),
    "operation in camelCase": named("getIt", "get_it"),
    "operation with slashes": named("its/get-it", "its_get_it"),
    "tags": Case(operation(tags=["../x", "y"]), "api.do_it()"),
    # Properties.
    **{
        f"property {name}": Case(
            properties(name, "other"),
            "api.do_it()",
            (200, {name: "x", "other": "y", "new": 1}),
            f"value.{python} == 'x' and value.to_dict() == { ({'other': 'y', name: 'x', 'new': 1})!r}",
        )
        for name, python in (
            ("thing", "thing_"),
            ("to_dict", "to_dict_"),
            ("from_dict", "from_dict_"),
            ("d", "d_"),
            ("cls", "cls_"),
            ("additional_properties", "additional_properties_"),
            ("additional_keys", "additional_keys_"),
            ("self", "self_"),
            ("field_dict", "field_dict_"),
            ("src_dict", "src_dict_"),
            ("cast", "cast_"),
            ("prop", "prop_"),
            ("class", "class_"),
            ("type", "type_"),
            ("@type", "type_"),
            ("a\u202eb", "ab"),
            ("", "field_"),
        )
    },
    "property x-name": Case(
        properties("Q", **{"x-name": "question"}), "api.do_it()", (200, {"Q": "x"}), "value.question == 'x'"
    ),
    "properties with one Python name": Case(
        properties("a-b", "a_b", "aB"),
        "api.do_it()",
        (200, {"a-b": "1", "a_b": "2", "aB": "3"}),
        "value.to_dict() == {'a-b': '1', 'a_b': '2', 'aB': '3'} and value.a_b == '1'",
    ),
    "property of a list": schema(
        {
            "type": "object",
            "properties": {"line": {"type": "array", "items": POINT}, "line_item": POINT, "line_item_data": POINT},
        },
        {"line": [{"x": 1}], "line_item": {"y": 2}, "line_item_data": {"x": 3}},
        "value.it.line_item_.y == 2",
    ),
    # Components.
    "component names": Case(
        returning(
            {"$ref": "#/components/schemas/io.k8s.Job-1"},
            {"io.k8s.Job-1": {**POINT, "title": "T"}, "io_k8s_Job_1": POINT},
        ),
        "api.do_it()",
        (200, {"x": 1}),
        "value.x == 1",
        type="m.IoK8SJob1",
    ),
    **{
        f"component {name}": Case(
            returning({"$ref": f"#/components/schemas/{name}"}, {name: {**EVERY_KIND, "title": "T"}}),
            "api.do_it()",
            (200, EVERY_VALUE),
            f"value.to_dict() == {EVERY_VALUE!r}",
            type=f"m.{python}",
        )
        for name, python in (
            ("d", "DModel"),
            ("D", "DModel"),
            ("Cast", "CastModel"),
            ("isoparse", "IsoparseModel"),
            ("src_dict", "SrcDictModel"),
            ("SrcDict", "SrcDictModel"),
            ("Cls", "ClsModel"),
            ("additional_properties", "AdditionalPropertiesModel"),
            ("PropName", "PropNameModel"),
            ("prop_dict", "PropDictModel"),
            ("Datetime", "Datetime"),
            ("Dict", "Dict"),
            ("Isinstance", "Isinstance"),
        )
    },
    "component x-name": Case(
        returning({"$ref": "#/components/schemas/thing"}, {"thing": {**POINT, "x-name": "Place"}}),
        "api.do_it()",
        (200, {"x": 1}),
        "value.x == 1",
        type="m.Place",
    ),
    "inline class of the name of a component": schema(
        {"type": "object", "properties": {"x": {"type": "integer"}}},
        {"x": 1},
        "value.it.x == 1",
        {"ThingIt": {"type": "object"}},
    ),
    # Schemas.
    "additionalProperties false": schema(
        {**POINT, "additionalProperties": False}, {"x": 1, "z": 2}, "value.it['z'] == 2"
    ),
    "allOf of one reference": schema(
        {"allOf": [{"$ref": "#/components/schemas/Cat"}], "description": "It."},
        {"legs": 9},
        "isinstance(value.it, m.Cat)",
        PETS,
    ),
    "allOf of scalars": schema(
        {"allOf": [{"type": "string", "minLength": 1}, {"maxLength": 9}]}, "x", "value.it == 'x'"
    ),
    "allOf of references": schema(
        {"allOf": EITHER}, {"legs": 9, "tail": "t"}, "value.it.legs == 9 and value.it.tail == 't'", PETS
    ),
    "oneOf of references": schema({"oneOf": EITHER}, {"kind": "dog", "tail": "t"}, "value.it.tail == 't'", PETS),
    "discriminator": schema(
        {"oneOf": EITHER, "discriminator": {"propertyName": "kind"}},
        {"kind": "dog", "tail": "t"},
        "value.it.tail == 't'",
        PETS,
    ),
    "oneOf with properties": schema(
        {**POINT, "oneOf": [{"required": ["x"]}, {"required": ["y"]}]}, {"x": 1}, "value.it.x == 1"
    ),
    "anyOf with properties and additionalProperties": schema(
        {**POINT, "additionalProperties": {"type": "string"}, "anyOf": [{"properties": {"z": {"type": "string"}}}]},
        {"x": 1, "z": "z", "other": "o"},
        "value.it.z == 'z' and value.it['other'] == 'o'",
    ),
    "object or null or string": schema(
        {"anyOf": [POINT, {"type": "null"}, {"type": "string"}]}, "x", "value.it == 'x'"
    ),
    "types with an object": schema({**POINT, "type": ["object", "null"]}, {"x": 1}, "value.it.x == 1"),
    "lists or a string": schema(
        {"anyOf": [STRINGS, {"type": "array", "items": POINT}, {"type": "string"}]}, ["a"], "value.it == ['a']"
    ),
    "boolean items": schema({"type": "array", "items": True}, [1, "a", None], "value.it == [1, 'a', None]"),
    "boolean properties": schema(
        {"type": "object", "properties": {"a": True, "b": False}}, {"a": [1]}, "value.it.a == [1]"
    ),
    "empty schema": schema({}, {"a": [1]}, "value.it == {'a': [1]}"),
    "prefixItems": schema(
        {"type": "array", "prefixItems": [{"type": "string"}, POINT]}, ["a", {"x": 1}], "value.it[0] == 'a'"
    ),
    "patternProperties": schema(
        {"type": "object", "patternProperties": {"^a": POINT}}, {"ab": {"x": 1}}, "value.it['ab'] == {'x': 1}"
    ),
    "dict of objects": schema(
        {"type": "object", "additionalProperties": POINT}, {"a": {"x": 1}}, "value.it['a'].x == 1"
    ),
    "enum with null": schema({"type": ["string", "null"], "enum": ["A", "B", None]}, None, "repr(value.it) == 'None'"),
    "enum value": schema({"type": ["string", "null"], "enum": ["A", "B", None]}, "A", "value.it is m.ThingIt.A"),
    "unknown enum value": schema({"type": "string", "enum": ["A", "B"]}, "C", "value.it == 'C'"),
    "enum of several types": schema({"enum": ["a", 1, None, True]}, 1, "value.it == 1"),
    "enum members with one name": schema(
        {"type": "string", "enum": ["Done", "DONE", "done", "", "a b", "a-b"]}, "done", "value.it == 'done'"
    ),
    "enum of booleans": schema({"type": "boolean", "enum": [True]}, True, "value.it is True"),
    "constants": schema({"oneOf": [{"const": "a"}, {"const": "b"}]}, "b", "value.it is m.ThingIt.B"),
    "constant": schema({"const": "a"}, "new", "value.it == 'new'"),
    "nested reference": schema({"$ref": "#/components/schemas/Cat/properties/legs"}, 9, "value.it == 9", PETS),
    "alias": schema(
        {"$ref": "#/components/schemas/Alias"},
        {"legs": 9},
        "isinstance(value.it, m.Cat)",
        {**PETS, "Alias": {"$ref": "#/components/schemas/Cat"}},
    ),
    "recursive object": schema(
        {"$ref": "#/components/schemas/Node"},
        {"next": {"next": {}}},
        "value.it.next_.next_ is not None",
        {"Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}},
    ),
    "recursive list": schema(
        {"$ref": "#/components/schemas/Tree"},
        [[[]]],
        "value.it == [[[]]]",
        {"Tree": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    ),
    "JSON value": schema(
        {"$ref": "#/components/schemas/Json"},
        {"a": [1, None]},
        "True",
        {
            "Json": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "number"},
                    {"type": "null"},
                    {"type": "array", "items": {"$ref": "#/components/schemas/Json"}},
                    {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Json"}},
                ]
            }
        },
    ),
    "defaults": schema(
        {
            "type": "object",
            "properties": {
                "a": {"type": "string", "format": "date", "default": "2020-01-01"},
                "b": {"$ref": "#/components/schemas/State", "default": "hot"},
                "c": {"type": "array", "items": {}, "default": []},
                "d": {"type": "object", "default": {}},
            },
        },
        {"a": "x"},
        "value.it.a == 'x'",
    ),
    # Responses.
    "no body": Case(
        operation(responses={"204": {"description": "Done."}}),
        "api.do_it()",
        (204, None),
        "repr(value) == 'None'",
        type="None",
    ),
    "body or no body": Case(
        operation(
            responses={
                "200": {"description": "It.", "content": {"application/json": {"schema": FIRING}}},
                "204": {"description": "Done."},
            }
        ),
        "api.do_it()",
        (204, None),
        "repr(value) == 'None'",
        type="m.Firing | None",
    ),
    "several bodies": Case(
        operation(
            responses={
                "200": {"description": "It.", "content": {"application/json": {"schema": FIRING}}},
                "2XX": {"description": "It.", "content": {"application/json": {"schema": POINT}}},
            }
        ),
        "api.do_it()",
        (202, {"x": 1}),
        "value.x == 1",
        type="m.Firing | m.DoItResponse2Xx",
    ),
    "default response": Case(
        operation(responses={"default": {"description": "It.", "content": {"application/json": {"schema": FIRING}}}}),
        "api.do_it()",
        (201, HOT),
    ),
    "inline object": Case(returning(POINT), "api.do_it()", (200, {"x": 1}), "value.x == 1", type="m.DoItResponse200"),
    "inline anyOf": Case(
        returning({"anyOf": [POINT, CAT]}),
        "api.do_it()",
        (200, {"legs": 1}),
        "value.legs == 1",
        type="m.DoItResponse200",
    ),
    "list": Case(
        returning({"type": "array", "items": FIRING}),
        "api.do_it()",
        (200, [HOT]),
        "value[0].state == 'hot'",
        type="list[m.Firing]",
    ),
    "list of inline objects": Case(
        returning({"type": "array", "items": POINT}),
        "api.do_it()",
        (200, [{"x": 1}]),
        "value[0].x == 1",
        type="list[m.DoItResponse200Item]",
    ),
    "list of strings": Case(returning(STRINGS), "api.do_it()", (200, ["a"]), "value == ['a']", type="list[str]"),
    "string": Case(returning({"type": "string"}), "api.do_it()", (200, "a"), "value == 'a'", type="str"),
    "nullable": Case(
        returning({"anyOf": [FIRING, {"type": "null"}]}),
        "api.do_it()",
        (200, None),
        "repr(value) == 'None'",
        type="m.Firing | None",
    ),
    "any": Case(returning({"application/json": {}}), "api.do_it()", (200, [1]), "value == [1]", type="Any"),
    "text": Case(
        returning({"text/csv": {"schema": {"type": "string"}}}),
        "api.do_it()",
        (200, b"a,b"),
        "value == 'a,b'",
        type="str",
    ),
    "bytes": Case(returning({"image/png": {}}), "api.do_it()", (200, b"\x89"), "value == b'\\x89'", type="bytes"),
    **{
        f"media type {media_type}": Case(returning({media_type: {"schema": FIRING}}), "api.do_it()", type="m.Firing")
        for media_type in ("*/*", "application/*", "application/problem+json", "application/json; charset=UTF-8")
    },
    "several media types": Case(
        returning(
            {
                "text/csv": {"schema": {"type": "string"}},
                "application/xml": {},
                "application/hal+json": {"schema": FIRING},
            }
        ),
        "api.do_it()",
        type="m.Firing",
    ),
    # Starts.
    "start that returns the id alone": start(
        ["one"], {"type": "string"}, "f-9", "value == 'f-9'", "api.wait(api.start_one())", "m.Firing"
    ),
    "start that returns the number of the job alone": start(
        ["one"], {"type": "integer"}, 9, "value == 9 and type(value) is m.StartOneResponse", "", "m.StartOneResponse"
    ),
    "starts that return the same component": start(
        ["one", "two"],
        FIRING,
        HOT,
        "isinstance(value, m.Firing) and type(value) is m.StartOneFiring",
        "",
        "m.StartOneFiring",
    ),
    # Request bodies.
    "inline request body": Case(
        sending("application/json", POINT),
        "api.do_it(body=m.DoItBody(x=1))",
        sent="json.loads(request.content) == {'x': 1}",
    ),
    "list as a request body": Case(
        sending("application/json", {"type": "array", "items": POINT}),
        "api.do_it(body=[m.DoItBodyItem(x=1)])",
        sent="json.loads(request.content) == [{'x': 1}]",
    ),
    "any request body": Case(
        sending("application/json", {}), "api.do_it(body=[1])", sent="json.loads(request.content) == [1]"
    ),
    "several request media types": Case(
        sending("application/x-www-form-urlencoded", POINT, "application/json"),
        "api.do_it(body=m.DoItBody(x=1))",
        sent="json.loads(request.content) == {'x': 1}",
    ),
    "JSON of a vendor": Case(
        sending("application/vnd.x+json", POINT),
        "api.do_it(body=m.DoItBody(x=1))",
        sent="json.loads(request.content) == {'x': 1} and request.headers['content-type'] == 'application/vnd.x+json'",
    ),
    "form": Case(
        sending("application/x-www-form-urlencoded", POINT),
        "api.do_it(body=m.DoItBody(x=1))",
        sent="request.content == b'x=1' and request.headers['content-type'] == 'application/x-www-form-urlencoded'",
    ),
    "multipart": Case(
        sending("multipart/form-data", {"type": "object", "properties": {"f": {"type": "string", "format": "binary"}}}),
        "api.do_it(body=m.DoItBody(f=types.File(payload=io.BytesIO(b'abc'), file_name='n')))",
        sent="b'abc' in request.content and request.headers['content-type'].startswith('multipart/form-data')",
    ),
    "other request body": Case(
        sending("text/csv", {"type": "string"}),
        "api.do_it(body=b'a,b')",
        sent="request.content == b'a,b' and request.headers['content-type'] == 'text/csv'",
    ),
}
SCHEMES = {
    "api-key": ({"type": "apiKey", "in": "header", "name": "X-Key"}, "api_key='secret'", "x-key", "secret"),
    "api.key": ({"type": "apiKey", "in": "header", "name": "X-Key"}, "api_key='secret'", "x-key", "secret"),
    "OAuth2PasswordBearer": (
        {"type": "oauth2", "flows": {"password": {"tokenUrl": "/t", "scopes": {}}}},
        "oauth2_password_bearer='secret'",
        "authorization",
        "Bearer secret",
    ),
    "oidc": (
        {"type": "openIdConnect", "openIdConnectUrl": "https://x.invalid"},
        "oidc='secret'",
        "authorization",
        "Bearer secret",
    ),
    "timeout": ({"type": "http", "scheme": "Bearer"}, "timeout_='secret'", "authorization", "Bearer secret"),
    "named": (
        {"type": "http", "scheme": "basic", "x-name": "login"},
        "login=('u', 'p')",
        "authorization",
        "Basic dTpw",
    ),
}
PROGRAM = """
import asyncio, datetime, importlib, io, json, sys, uuid
import httpx
cases, package = json.load(sys.stdin), importlib.import_module(sys.argv[1])
from job_status import types
failed = {}
for name, case in cases.items():
    m = importlib.import_module(f"job_status.{case['package']}.models")
    for prefix in ("", "Async"):
        requests = []
        def respond(request):
            requests.append(request)
            status, kind, body = case["reply"]
            content = b"" if kind == "none" else bytes(body) if kind == "bytes" else json.dumps(body).encode()
            headers = {"json": {"content-type": "application/json"}}.get(kind, {})
            return httpx.Response(status, content=content, headers=headers)
        try:
            make = getattr(package, prefix + case["class"])
            options = eval(f"dict({case['credentials']})")
            transport = httpx.MockTransport(respond)
            api = make("https://kiln.invalid/base", http_transport=transport, trust_env=False, **options)
            value = eval(case["call"])
            if prefix:
                async def call(value=value, api=api):
                    async with api:
                        return await value
                value = asyncio.run(call())
            request = requests[0]
            for key in ("value", "sent"):
                if not eval(case[key]):
                    failed[name] = f"{prefix} {key}: {case[key]}, got {value!r}, {request!r} {request.headers!r}"
        except BaseException as error:
            failed[name] = f"{prefix} {type(error).__name__}: {error}"
json.dump(failed, sys.stdout)
"""


def reply(case: Case) -> list[Any]:
    """Return the response of a case as JSON."""
    status, body = case.reply
    if isinstance(body, bytes):
        return [status, "bytes", list(body)]
    return [status, "json" if body is not None or "null" in json.dumps(case.parts) else "none", body]


@pytest.fixture(scope="module")
def all_cases() -> dict[str, Case]:
    """Return every case, with those of the security schemes."""
    found = dict(CASES)
    for key, (scheme, _, header, text) in SCHEMES.items():
        sent = f"request.headers[{header!r}] == {text!r}"
        found[f"scheme {key}"] = Case({"schemes": {key: scheme}, "security": [{key: []}]}, sent=sent)
    return found


@pytest.fixture(scope="module")
def package(all_cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate one package for the documents of all cases."""
    folder = tmp_path_factory.mktemp("any-names")
    (folder / "openapi").mkdir()
    for index, (name, case) in enumerate(all_cases.items()):
        data = document(title=f"Kiln {index}", **case.parts)
        (folder / f"openapi/kiln-{index}.yaml").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        assert name
    build(load_folder(folder / "openapi"), folder / "out", "openapi")
    return folder


def test_calls_send_and_return_what_the_document_says(package: Path, all_cases: dict[str, Case]) -> None:
    plans = {}
    for index, (name, case) in enumerate(all_cases.items()):
        credentials = SCHEMES[name.removeprefix("scheme ")][1] if name.startswith("scheme ") else ""
        plans[name] = {
            "package": f"kiln_{index}",
            "class": f"Kiln{index}",
            "call": case.call,
            "reply": reply(case),
            "value": case.value,
            "sent": case.sent,
            "credentials": credentials,
        }
    command = [sys.executable, "-c", PROGRAM, "job_status"]
    done = subprocess.run(
        command, cwd=package / "out", input=json.dumps(plans), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    failed = json.loads(done.stdout)
    assert not failed, "\n".join(f"{name}: {reason}" for name, reason in failed.items())


def test_clients_are_typed(package: Path, all_cases: dict[str, Case]) -> None:
    lines = ["from typing import Any, assert_type", "import job_status"]
    for index, case in enumerate(all_cases.values()):
        if case.type:
            home = f"m{index}"
            lines.append(f"import job_status.kiln_{index}.models as {home}")
            lines.append(f"def call_{index}(api: job_status.Kiln{index}) -> None:")
            call, kind = (text.replace("m.", f"{home}.") for text in (case.typed or case.call, case.type))
            lines.append(f"    assert_type({call}, {kind})")
    (package / "out/typed.py").write_text("\n".join(lines) + "\n", encoding="utf-8")

    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(package / "cache"),
        "-p",
        "job_status",
        "-m",
        "typed",
    ]
    done = subprocess.run(command, cwd=package / "out", capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
