"""Documents with features that the generator does not support are refused, and no file is changed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.document import load
from scripts.generate import unsupported

from .conftest import ROOT

QUERY = """        - name: {name}
          in: {where}
{more}
      # No rate limit"""
PROPERTY = "        toolId:\n          type: string\n"


def parameter(name: str, where: str = "query", *more: str) -> tuple[str, str]:
    """Return a replacement that adds a parameter to the operation."""
    lines = more or ("schema: {type: string}",)
    text = QUERY.format(name=name, where=where, more="\n".join(f"          {line}" for line in lines))
    return "      # No rate limit", text


def schema(text: str) -> tuple[str, str]:
    """Return a replacement that adds a property to the status."""
    return PROPERTY, "        added:\n" + "".join(f"          {line}\n" for line in text.splitlines()) + PROPERTY


# For each unsupported feature: a replacement (before, after) and a part of the expected message.
UNSUPPORTED = {
    "an object in the query": (*parameter("filter", "query", "schema: {type: object}"), "of type object is flattened"),
    "a nullable uuid header": (
        *parameter("X-Request", "header", "schema: {anyOf: [{type: string, format: uuid}, {type: 'null'}]}"),
        "the header parameter X-Request of kind uuid",
    ),
    "oneOf with additionalProperties": (
        *schema("type: object\nadditionalProperties: {type: string}\noneOf:\n  - required: [a]\n  - required: [b]"),
        "oneOf together with additionalProperties makes the client ignore the additionalProperties",
    ),
    "a property with the name of a method": (
        PROPERTY,
        "        to_dict: {type: string}\n" + PROPERTY,
        "hides a method of the model",
    ),
    "an operation with the name of a method": (
        "operationId: get_dock_status",
        "operationId: close",
        "hides a method of the client",
    ),
    "a parameter with content": (
        *parameter("filter", "query", "content: {application/json: {schema: {type: object}}}"),
        "the parameter filter has content and is ignored",
    ),
    "a parameter named response": (*parameter("response"), "a parameter named response breaks the generated code"),
    "a parameter named kwargs": (*parameter("kwargs"), "a parameter named kwargs breaks"),
    "a parameter named params": (*parameter("params"), "a parameter named params breaks"),
    "deepObject": (
        *parameter("filter", "query", "style: deepObject", "schema: {type: object}"),
        "style of the parameter filter is ignored",
    ),
    "explode": (
        *parameter("ids", "query", "explode: false", "schema: {type: array, items: {type: string}}"),
        "explode of the parameter ids is ignored",
    ),
    "a uuid header": (
        *parameter("X-Request", "header", "schema: {type: string, format: uuid}"),
        "the header parameter X-Request of kind uuid fails when the call is made",
    ),
    "oneOf with properties": (
        *schema("type: object\nproperties: {a: {type: string}}\noneOf:\n  - required: [a]\n  - required: [b]"),
        "oneOf together with properties makes the client ignore the properties",
    ),
    "anyOf with properties": (
        *schema("type: object\nproperties: {a: {type: string}}\nanyOf:\n  - required: [a]\n  - required: [b]"),
        "anyOf together with properties makes the client ignore the properties",
    ),
    "allOf of scalars": (
        *schema("allOf:\n  - {type: string, minLength: 1}\n  - {type: string, maxLength: 9}"),
        "allOf of scalars becomes an empty object",
    ),
    "null with enum": (
        *schema("type: [string, 'null']\nenum: [A, B, null]"),
        "an enum whose type list contains null becomes three classes",
    ),
    "additionalProperties: false": (
        *schema("type: object\nproperties: {a: {type: string}}\nadditionalProperties: false"),
        "makes the client drop unknown fields",
    ),
    "nullable": (*schema("type: string\nnullable: true"), "nullable is a keyword of OpenAPI 3.0"),
    "patternProperties": (
        *schema("type: object\npatternProperties: {'^a': {type: string}}"),
        "patternProperties is ignored, any property is allowed",
    ),
    "enum values with the same member name": (
        *schema("type: string\nenum: [Done, DONE]"),
        "have the same member name DONE",
    ),
    "a boolean schema": (*schema("type: array\nitems: true"), "the generator does not support boolean schemas"),
    "a component with a property of its name": (
        "    ErrorResponse:\n      type: object\n",
        "    ErrorResponse:\n      type: object\n      properties: {error_response: {type: string}}\n",
        "has a property error_response with its own name",
    ),
    "an XML response": (
        "          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/ErrorResponse'",
        "          content:\n            application/xml:\n              schema:\n                $ref: '#/components/schemas/ErrorResponse'",
        "a response of type application/xml is ignored",
    ),
}


@pytest.mark.parametrize("feature", UNSUPPORTED)
def test_unsupported_feature_is_refused(copied: Callable[[str], Path], feature: str) -> None:
    before, after, expected = UNSUPPORTED[feature]
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    problems = unsupported.problems(load(path))

    assert any(expected in problem.message for problem in problems), [str(problem) for problem in problems]
    assert all(problem.line > 1 for problem in problems)


def test_error_response_without_a_schema_is_refused(copied: Callable[[str], Path]) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("              schema:\n                $ref: '#/components/schemas/ErrorResponse'\n", "", 1),
        "utf-8",
    )

    problems = unsupported.problems(load(path))

    assert any("the schema is empty" in problem.message for problem in problems)


def test_referenced_path_item_is_refused(copied: Callable[[str], Path]) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "components:\n",
        "  /elsewhere:\n    $ref: '#/components/pathItems/Elsewhere'\ncomponents:\n  pathItems:\n    Elsewhere: {}\n",
        1,
    )
    path.write_text(text, encoding="utf-8")

    problems = unsupported.problems(load(path))

    assert any("a path item behind $ref is ignored" in problem.message for problem in problems)


def test_refused_document_changes_no_file(copied: Callable[[str], Path], tmp_path: Path) -> None:
    path = copied("agent-platform")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "scripts.generate", "--openapi", str(path.parent), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True)
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(*parameter("kwargs"), 1), encoding="utf-8")

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "a parameter named kwargs breaks" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []
