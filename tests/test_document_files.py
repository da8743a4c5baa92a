"""How documents are read: versions of OpenAPI, YAML and JSON, overlays, and the names of operations."""

import json
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from scripts.document import DocumentError, load, load_files, load_folder, read_file
from scripts.document.naming import name_operations
from scripts.document.upgrade import upgrade

from .conftest import ROOT

DOCUMENT = """\
openapi: 3.1.1
info: {title: Kiln, version: '1'}
paths:
  /firings/{id}:
    get:
      operationId: get_firing
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      x-job:
        state: $response.body#/state
        pending: [firing]
        success: [fired]
        failure: [cracked]
      responses:
        '200':
          description: The firing.
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Firing'
components:
  schemas:
    Firing:
      type: object
      properties:
        state: {type: string, enum: [firing, fired, cracked]}
"""


def write(folder: Path, text: str, name: str = "kiln.yaml") -> Path:
    """Write a document."""
    path = folder / name
    path.write_bytes(text.encode())
    return path


def message(path: Path) -> str:
    """Return the message with which a document is refused."""
    with pytest.raises(DocumentError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.2", "3.2.0"])
def test_versions_are_read_as_3_1(tmp_path: Path, version: str) -> None:
    document = load(write(tmp_path, DOCUMENT.replace("3.1.1", version)))

    assert document.data["openapi"].startswith("3.1.")
    assert document.operations[0].job is not None


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        ("openapi: 3.3.0", "kiln.yaml:1: expected OpenAPI 3.0, 3.1 or 3.2, such as `openapi: 3.1.1`, got '3.3.0'"),
        ("openapi: 3.1", "got 3.1"),
        ("asyncapi: 3.0.0", "is AsyncAPI, expected OpenAPI 3.0, 3.1 or 3.2; describe the API in OpenAPI"),
        ("arazzo: 1.0.1", "is Arazzo, expected OpenAPI"),
        ("swaggerVersion: '1.2'", "is Swagger 1.2, expected OpenAPI"),
        ("item: []", "is a Postman collection, expected OpenAPI"),
        ("$schema: https://json-schema.org/draft/2020-12/schema", "is a JSON Schema, expected OpenAPI"),
        ("log: {entries: []}", "is an HTTP Archive, expected OpenAPI"),
        ("swagger: '2.0'", "is Swagger 2.0, expected OpenAPI 3.0, 3.1 or 3.2; convert it to OpenAPI 3 first"),
        ("openapi: 3.2.0\n$self: /kiln", "kiln.yaml:2: $self of OpenAPI 3.2 is not supported"),
    ],
)
def test_other_versions_are_refused_with_the_way_out(tmp_path: Path, replacement: str, expected: str) -> None:
    assert expected in message(write(tmp_path, DOCUMENT.replace("openapi: 3.1.1", replacement)))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    get:", "    query:\n      responses: {}\n    get:", "the method QUERY of OpenAPI 3.2 is not supported"),
        ("    get:", "    additionalOperations: {LINK: {}}\n    get:", "additionalOperations of OpenAPI 3.2"),
        (
            "              schema:\n",
            "              itemSchema: {}\n              schema:\n",
            "itemSchema of OpenAPI 3.2",
        ),
        ("in: path, required: true", "in: querystring", "a parameter in querystring of OpenAPI 3.2"),
    ],
)
def test_constructs_of_3_2_are_refused_by_name(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in message(write(tmp_path, DOCUMENT.replace("3.1.1", "3.2.0").replace(old, new)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        (
            {"type": "string", "enum": ["a"], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"$ref": "#/components/schemas/A", "nullable": True, "description": "An A."},
            {"description": "An A.", "anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]},
        ),
        (
            {"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": True},
            {"anyOf": [{"allOf": [{"$ref": "#/components/schemas/A"}]}, {"type": "null"}]},
        ),
        (
            {"oneOf": [{"type": "string"}], "nullable": True},
            {"oneOf": [{"type": "string"}, {"type": "null"}]},
        ),
        ({"minimum": 0, "exclusiveMinimum": True}, {"exclusiveMinimum": 0}),
        ({"maximum": 9, "exclusiveMaximum": False}, {"maximum": 9}),
        ({"type": "string", "example": "x"}, {"type": "string", "examples": ["x"]}),
        (
            {"type": "string", "format": "binary"},
            {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"},
        ),
        (
            {"type": "string", "format": "byte"},
            {"type": "string", "format": "byte", "contentEncoding": "base64"},
        ),
        (
            {"properties": {"example": {"type": "string", "nullable": True}}},
            {"properties": {"example": {"type": ["string", "null"]}}},
        ),
        (
            {"type": "array", "items": {"type": "integer", "nullable": True}},
            {"type": "array", "items": {"type": ["integer", "null"]}},
        ),
    ],
)
@pytest.mark.parametrize("place", ["component", "response"])
def test_schemas_of_3_0_are_upgraded(tmp_path: Path, place: str, before: Any, after: Any) -> None:
    data = json.loads(json.dumps({"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {}}))
    content = {"application/json": {"schema": before}}
    if place == "component":
        data["components"] = {"schemas": {"A": {"type": "object"}, "B": before}}
    else:
        data["paths"] = {"/x": {"get": {"responses": {"default": {"description": "X", "content": content}}}}}
    source = read_file(write(tmp_path, json.dumps(data), "t.json"))

    upgrade(source)

    if place == "component":
        assert source.data["components"]["schemas"]["B"] == after
    else:
        response = source.data["paths"]["/x"]["get"]["responses"]["default"]
        assert response["content"]["application/json"]["schema"] == after


def test_json_document_has_lines(tmp_path: Path) -> None:
    data = read_file(write(tmp_path, DOCUMENT)).data
    data["paths"]["/firings/{id}"]["get"]["x-job"]["state"] = "$response.body#/missing"
    data["info"]["description"] = "smile \U0001f600"
    text = json.dumps(data, indent="\t")
    path = write(tmp_path, text, "oven.json")
    line = next(number for number, row in enumerate(text.splitlines(), 1) if '"state": "$response' in row)

    assert f"oven.json:{line} get_firing: x-job state points to /missing" in message(path)


@pytest.mark.parametrize("suffix", [".yml", ".yaml"])
@pytest.mark.parametrize("form", ["BOM", "CRLF", "JSON in YAML", "flow"])
def test_forms_of_files(tmp_path: Path, suffix: str, form: str) -> None:
    data = read_file(write(tmp_path, DOCUMENT, "plain.yaml")).data
    text = {
        "BOM": "\ufeff" + DOCUMENT,
        "CRLF": DOCUMENT.replace("\n", "\r\n"),
        "JSON in YAML": json.dumps(data, indent=2),
        "flow": json.dumps(data),
    }[form]

    assert read_file(write(tmp_path, text, f"kiln{suffix}")).data == data


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 300))


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (BOMB, "k.yaml", "expands to more than"),
        (CHAIN, "k.yaml", "is nested more than 100 levels deep"),
        ("a: &a\n  b: *a\n", "k.yaml", "k.yaml:2: the alias *a refers to a part that contains it"),
        ("a: *b\n", "k.yaml", "the alias *b refers"),
        ("a: " + "[" * 20_000 + "]" * 20_000, "k.yaml", "k.yaml:1: is nested more than 100 levels deep"),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", "k.json", "is nested more than 100 levels deep"),
        ('{"a": ' + "[" * 200_000 + "]" * 200_000 + "}", "k.json", "is nested too deeply"),
        ("a: " + "9" * 10_000, "k.yaml", "k.yaml:1: the int '999"),
        ("a: 1e999", "k.yaml", "the float '1e999' cannot be read"),
        ("a: .inf", "k.yaml", "the float '.inf' cannot be read"),
        ("a: .nan", "k.yaml", "the float '.nan' cannot be read"),
        ('{"a": NaN}', "k.json", "NaN is not a number of JSON"),
        ('{"a": 1e999}', "k.json", "the number 1e999 is too large"),
        ('{"a": 1,\n "a": 2}', "k.json", "duplicate key 'a'; write each key once"),
        ('{"a": 1\n "b": 2}', "k.json", "k.json:2: is not JSON: "),
        ("a: 1\nb: 2\na: 3\n", "k.yaml", "k.yaml:3: is not YAML: found duplicate key 'a'"),
        ("a: !!python/object:os.system x", "k.yaml", "is not supported; remove it"),
        ("a: !mine x", "k.yaml", "the tag !mine is not supported"),
        ("a: 1\n---\nb: 2\n", "k.yaml", "k.yaml:2: contains several YAML documents"),
        ("? [a, b]\n: 1\n", "k.yaml", "a key is a mapping or a list"),
        ("", "k.yaml", "expected a mapping at the top, got nothing"),
        ("[1]", "k.yaml", "expected a mapping at the top, got list"),
        ("a: {<<: 7}", "k.yaml", "the merge key << expects a mapping"),
        ('{"a": "\\ud800"}', "k.json", "contains an unpaired surrogate"),
        ('a: "\\ud800"', "k.yaml", "k.yaml:1: "),
        ("\x00", "k.yaml", "is not YAML"),
        ("a: \xff".encode("latin-1").decode("latin-1"), "k.json", "is not JSON"),
    ],
)
def test_unreadable_file_is_one_line_in_time(tmp_path: Path, text: str, name: str, expected: str) -> None:
    began = time.monotonic()
    found = message(write(tmp_path, text, name))

    assert expected in found
    assert len(found.splitlines()) == 1
    assert len(found) < 400
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("yes", "yes", "reads as 'yes' in YAML 1.2 and as True in YAML 1.1; put it in quotes"),
        ("010", 10, "reads as 10 in YAML 1.2 and as 8 in YAML 1.1"),
        ("0o10", 8, "reads as 8 in YAML 1.2 and as '0o10'"),
        ("1_000", "1_000", "reads as '1_000' in YAML 1.2 and as 1000"),
        ("12:30:45", "12:30:45", "reads as '12:30:45' in YAML 1.2 and as 45045"),
        ("1e-05", 1e-05, "write 1.0e-05"),
        ("2026-11-27", "2026-11-27", "a bare timestamp is read as a date by some loaders"),
        ("true", True, ""),
        ("~", None, ""),
        ("0x1F", 31, ""),
        ("-1.5", -1.5, ""),
        ("'010'", "010", ""),
        ("|-\n  yes", "yes", ""),
        ("!!str 7", "7", ""),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, text: str, value: Any, expected: str) -> None:
    source = read_file(write(tmp_path, f"a: {text}\n"))

    assert (source.data["a"], type(source.data["a"])) == (value, type(value))
    differences = "\n".join(map(str, source.differences))
    assert (expected in differences) if expected else not differences


def test_aliases_and_merge_keys_are_copied(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: {c: 2}}\nother: {<<: *base, a: 3}\nlist: {<<: [*base, {d: 4}]}\n"
    data = read_file(write(tmp_path, text)).data

    assert data["other"] == {"a": 3, "b": {"c": 2}}
    assert data["list"] == {"a": 1, "b": {"c": 2}, "d": 4}
    data["other"]["b"]["c"] = 5
    assert data["base"]["b"]["c"] == 2


OVERLAY = """\
overlay: 1.0.0
info: {title: Jobs, version: '1'}
actions:
"""


def overlaid(folder: Path, actions: str, document: str = DOCUMENT) -> Path:
    """Write a document and an overlay of it; return the path of the document."""
    write(folder, OVERLAY + textwrap.indent(textwrap.dedent(actions), "  "), "kiln.overlay.yaml")
    return write(folder, document)


def test_overlay_adds_the_job_and_the_file_stays(tmp_path: Path) -> None:
    start, end = DOCUMENT.index("      x-job:"), DOCUMENT.index("      responses:")
    job = textwrap.dedent(DOCUMENT[start:end])
    actions = "- target: $.paths['/firings/{id}'].get\n  update:\n" + textwrap.indent(job, "    ")
    path = overlaid(tmp_path, actions, DOCUMENT[:start] + DOCUMENT[end:])
    before = path.read_bytes()

    document = load(path)

    assert document.operations[0].job is not None
    assert load_folder(tmp_path)[0].data == document.data
    assert path.read_bytes() == before


def test_problem_in_an_overlay_has_its_file_and_line(tmp_path: Path) -> None:
    path = overlaid(
        tmp_path,
        """\
        - target: $.paths['/firings/{id}'].get['x-job']
          update: {reason: $response.body#/nowhere}
        """,
    )

    assert "kiln.overlay.yaml:5 get_firing: x-job reason points to /nowhere" in message(path)


@pytest.mark.parametrize(
    ("actions", "pointer", "expected"),
    [
        ("- target: $.info\n  update: {title: Oven}", ("info", "title"), "Oven"),
        ("- target: $.info.title\n  update: Oven", ("info", "title"), "Oven"),
        ("- target: $..enum\n  update: lost", ("enum",), ["firing", "fired", "cracked", "lost"]),
        ("- target: $.components..state\n  update: {enum: [lost]}", ("enum",), ["firing", "fired", "cracked", "lost"]),
        ("- target: $..enum[0,2]\n  remove: true", ("enum",), ["fired"]),
        ("- target: $..enum[?@ == 'fired']\n  update: done", ("enum",), ["firing", "done", "cracked"]),
        ("- target: $\n  update: {x-note: hello}", ("x-note",), "hello"),
        (
            "- target: $.info\n  copy: $.components.schemas.Firing",
            ("info", "type"),
            "object",
        ),
    ],
)
def test_actions_of_overlays(tmp_path: Path, actions: str, pointer: tuple[str, ...], expected: Any) -> None:
    from scripts.document.overlay import apply_overlay

    path = overlaid(tmp_path, actions)
    source, unused = apply_overlay(read_file(path), tmp_path / "kiln.overlay.yaml")

    node: Any = source.data
    if pointer == ("enum",):
        node, pointer = node["components"]["schemas"]["Firing"]["properties"]["state"], ("enum",)
    for key in pointer:
        node = node[key]
    assert node == expected
    assert unused == []


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        ("overlay: 2.0.0\nactions: []", "kiln.overlay.yaml:1: expected Overlay 1.0 or 1.1"),
        (OVERLAY.rstrip() + " []", "expected a list of actions"),
        (OVERLAY + "  - {update: {}}", "kiln.overlay.yaml:4 action 1: has no target"),
        (OVERLAY + "  - {target: $.info}", "action 1: expected exactly one of update, remove and copy, got none"),
        (OVERLAY + "  - {target: $.info, update: {}, remove: true}", "got remove, update"),
        (OVERLAY + "  - {target: $.info, removes: true}", "expected exactly one of update, remove and copy"),
        (OVERLAY + "  - {target: '$.info[', update: {}}", "kiln.overlay.yaml:4 action 1: cannot be applied"),
        (OVERLAY + "  - {target: $.info, update: 7}", "the target is dict, and the update is int"),
        (OVERLAY + "  - {target: $, remove: true}", "the whole document cannot be removed"),
        (OVERLAY + "  - {target: $.info, copy: $.nothing}", "and $.nothing selects 0"),
    ],
)
def test_invalid_overlay_is_refused_with_its_line(tmp_path: Path, overlay: str, expected: str) -> None:
    write(tmp_path, overlay, "kiln.overlay.yaml")

    assert expected in message(write(tmp_path, DOCUMENT))


def test_action_without_effect_is_a_warning(tmp_path: Path) -> None:
    document = load(overlaid(tmp_path, "- target: $.paths['/gone'].get\n  update: {summary: Gone}"))

    assert [str(warning) for warning in document.warnings] == [
        f"{tmp_path}/kiln.overlay.yaml:4 action 1: warning: "
        "$.paths['/gone'].get selects nothing in kiln.yaml; correct it, or remove the action"
    ]


def test_second_overlay_of_a_document_is_refused(tmp_path: Path) -> None:
    write(tmp_path, DOCUMENT)
    write(tmp_path, OVERLAY, "kiln.overlay.yaml")
    write(tmp_path, "{}", "kiln.overlay.json")

    with pytest.raises(
        DocumentError, match=r"kiln\.overlay\.json:1: is a second overlay, next to \S+kiln\.overlay\.yaml"
    ):
        load_folder(tmp_path)


def test_overlay_of_no_document_is_refused(tmp_path: Path) -> None:
    write(tmp_path, DOCUMENT)
    write(tmp_path, OVERLAY, "oven.overlay.yaml")

    with pytest.raises(DocumentError, match=r"oven\.overlay\.yaml:1: is an overlay of no document"):
        load_folder(tmp_path)


def test_one_document_of_a_folder_is_loaded(tmp_path: Path) -> None:
    path = write(tmp_path, DOCUMENT)
    write(tmp_path, "[]", "other.yaml")

    assert [document.path for document in load_folder(path)] == [path]
    with pytest.raises(DocumentError, match=r"other\.yaml:1: expected a mapping"):
        load_folder(tmp_path)


def test_overlay_stands_for_its_document(tmp_path: Path) -> None:
    path = overlaid(tmp_path, "- {target: $.info, update: {title: Oven}}")
    overlay = tmp_path / "kiln.overlay.yaml"

    (document,) = load_files([overlay, path])

    assert (document.path, document.data["info"]["title"]) == (path, "Oven")
    overlay.write_text(OVERLAY + "  - {update: {}}", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"kiln\.overlay\.yaml:4 action 1: has no target"):
        load_files([overlay])


def test_files_that_are_no_documents_are_refused_together(tmp_path: Path) -> None:
    files = [write(tmp_path, DOCUMENT, name) for name in ("notes.md", "none.overlay.yaml")]

    with pytest.raises(DocumentError) as caught:
        load_files([*files, tmp_path / "absent.yaml"])

    assert [problem.message[:21] for problem in caught.value.problems] == [
        "cannot be read: [Errn",
        "is an overlay of no d",
        "expected a document, ",
    ]


@pytest.mark.parametrize(
    ("operation_id", "expected"),
    [
        ("get_firing", "get_firing"),
        ("getFiring", "get_firing"),
        ("Firings_Show", "firings_show"),
        ("firings/get-one", "firings_get_one"),
        ("Get firing (v2)", "get_firing_v2"),
        ("read_firing_firings__id__get", "read_firing"),
        ("class", "class_"),
        ("2fast", "operation_2fast"),
        ("", "get_firings_id"),
        (None, "get_firings_id"),
        ("日本", "operation"),
    ],
)
def test_names_of_operations(operation_id: str | None, expected: str) -> None:
    operation = {} if operation_id is None else {"operationId": operation_id}
    data: dict[str, Any] = {"paths": {"/firings/{id}": {"get": operation}}}

    written = name_operations(data)

    assert operation["operationId"] == expected
    assert written == {("/firings/{id}", "get"): operation_id or ""}


def test_names_of_fastapi_are_those_of_the_functions() -> None:
    identifiers = {"/a": "list_a_a_get", "/a/{b_c}": "read_a_a__b_c__get", "/d": "read_d_d_get", "/e": "read_d_e_get"}
    data: dict[str, Any] = {"paths": {path: {"get": {"operationId": name}} for path, name in identifiers.items()}}

    name_operations(data)

    names = [item["get"]["operationId"] for item in data["paths"].values()]
    assert names == ["list_a", "read_a", "read_d_d_get", "read_d_e_get"]


def test_names_of_operations_do_not_collide() -> None:
    identifiers = ["getJob", "get_job", "GetJob", "get-job", None]
    data: dict[str, Any] = {
        "paths": {f"/{n}": {"get": {} if name is None else {"operationId": name}} for n, name in enumerate(identifiers)}
    }

    name_operations(data)

    names = [item["get"]["operationId"] for item in data["paths"].values()]
    assert names == ["get_job_2", "get_job", "get_job_3", "get_job_4", "get_4"]


def test_x_name_is_the_name(tmp_path: Path) -> None:
    text = DOCUMENT.replace("      operationId: get_firing\n", "      operationId: a/b\n      x-name: look_up\n")

    operation = load(write(tmp_path, text)).operations[0]

    assert (operation.id, operation.operation_id) == ("look_up", "a/b")


def test_reference_to_another_file_names_a_bundler(tmp_path: Path) -> None:
    text = DOCUMENT.replace("'#/components/schemas/Firing'", "'firing.yaml#/Firing'")

    assert "points outside this file; bundle the files first, as `redocly bundle` does" in message(
        write(tmp_path, text)
    )


SCHEMA_ERRORS = {
    "an unknown type": ("{type: strin}", "type: ", True),
    "an invalid pattern": ("{type: string, pattern: '['}", "pattern: ", True),
    "a pattern of ECMA 262": ("{type: string, pattern: '^\\p{L}+$'}", "", True),
    "a default that is not allowed": ("{type: integer, default: many}", "the default 'many'", False),
    "a default that is allowed": ("{type: integer, default: 7}", "", False),
}


@pytest.mark.parametrize("case", SCHEMA_ERRORS)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.1"])
def test_schema_has_the_line_to_correct(tmp_path: Path, case: str, version: str) -> None:
    schema, expected, is_error = SCHEMA_ERRORS[case]
    text = DOCUMENT.replace("3.1.1", version) + f"        extra:\n          oneOf:\n            - {schema}\n"
    path = write(tmp_path, text)
    line = len(text.splitlines())

    if not expected:
        assert load(path).warnings == []
    elif is_error:
        assert f"kiln.yaml:{line} Firing: " in message(path)
        assert expected in message(path)
    else:
        document = load(path)
        assert str(document.warnings[0]).startswith(f"{path}:{line} Firing: warning: {expected}")
        assert "default" not in document.data["components"]["schemas"]["Firing"]["properties"]["extra"]["oneOf"][0]


@pytest.mark.parametrize(
    ("status", "other"),
    [
        ({"anyOf": [{"$ref": "#/components/schemas/Status"}, {}]}, {}),
        ({"allOf": [{"$ref": "#/components/schemas/Other"}]}, {"oneOf": [{"$ref": "#/components/schemas/Status"}]}),
        (
            {"anyOf": [{"allOf": [{"$ref": "#/components/schemas/Other"}]}, {}]},
            {"oneOf": [{}, {"anyOf": [{"$ref": "#/components/schemas/Status"}]}]},
        ),
    ],
)
def test_schema_that_contains_itself_is_named(tmp_path: Path, status: Any, other: Any) -> None:
    data = load(ROOT / "openapi" / "agent-platform.yaml").data
    (item,) = data["paths"].values()
    body = {"type": "object", "properties": {"state": {"type": "string"}}, **status}
    job = {"state": "$response.body#/state", "pending": ["a"], "success": ["b"], "failure": ["c"]}
    success = {
        "description": "Found.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}},
    }
    item["get"] |= {"x-job": job, "responses": {"200": success}}
    path = tmp_path / "endless.json"
    schemas = {"Status": body, "Other": {"properties": {"child": {"$ref": "#/components/schemas/Other"}}, **other}}
    data["components"] = {"schemas": schemas, "securitySchemes": data["components"]["securitySchemes"]}
    path.write_text(json.dumps(data, indent=1, default=str), encoding="utf-8")

    with pytest.raises(DocumentError) as raised:
        load(path)

    assert "Status: contains itself in allOf, anyOf, oneOf, not or $ref" in str(raised.value)
    assert "RecursionError" not in str(raised.value)


def test_dynamic_reference_to_one_component_is_followed(tmp_path: Path) -> None:
    text = DOCUMENT + "        next: {$dynamicRef: '#node'}\n    Node: {$dynamicAnchor: node, type: object}\n"

    properties = load(write(tmp_path, text)).data["components"]["schemas"]["Firing"]["properties"]

    assert properties["next"] == {"$ref": "#/components/schemas/Node"}


def test_paths_that_differ_only_by_parameter_names_are_refused(tmp_path: Path) -> None:
    text = DOCUMENT.replace("  /firings/{id}:", "  /firings/{key}: {}\n  /firings/{id}:")

    assert "kiln.yaml:5: the path /firings/{id} is the path /firings/{key} on line 4" in message(write(tmp_path, text))


@pytest.mark.parametrize("scheme", ["{type: mutualTLS}", "{type: http, scheme: digest}"])
def test_unsupported_scheme_is_refused_unless_there_is_another(tmp_path: Path, scheme: str) -> None:
    text = DOCUMENT + f"  securitySchemes:\n    key: {scheme}\n"

    assert "requires the security scheme key" in message(write(tmp_path, text + "security: [{key: []}]\n"))
    assert load(write(tmp_path, text + "security: [{key: []}, {}]\n")).warnings == []
