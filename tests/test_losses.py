"""Whatever the generator would lose in silence is refused before it runs, and nothing changes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.document import load
from scripts.generate import losses

from .conftest import ROOT

QUERY = """        - name: {name}
          in: {where}
{more}
      # No rate limit"""
PROPERTY = "        toolId:\n          type: string\n"


def parameter(name: str, where: str = "query", *more: str) -> tuple[str, str]:
    """A further parameter of the operation."""
    lines = more or ("schema: {type: string}",)
    text = QUERY.format(name=name, where=where, more="\n".join(f"          {line}" for line in lines))
    return "      # No rate limit", text


def schema(text: str) -> tuple[str, str]:
    """A further property of the status."""
    return PROPERTY, "        spoiled:\n" + "".join(f"          {line}\n" for line in text.splitlines()) + PROPERTY


# What is written, and what the message must say.
LOSSES = {
    "an object in the query": (*parameter("filter", "query", "schema: {type: object}"), "of type object is flattened"),
    "a uuid header that may be null": (
        *parameter("X-Request", "header", "schema: {anyOf: [{type: string, format: uuid}, {type: 'null'}]}"),
        "the header parameter X-Request of kind uuid",
    ),
    "oneOf beside additionalProperties": (
        *schema("type: object\nadditionalProperties: {type: string}\noneOf:\n  - required: [a]\n  - required: [b]"),
        "oneOf beside additionalProperties loses",
    ),
    "a property named as a method": (
        PROPERTY,
        "        to_dict: {type: string}\n" + PROPERTY,
        "hides a method of the model",
    ),
    "an operation named as a method": (
        "operationId: get_dock_status",
        "operationId: close",
        "hides a method of the client",
    ),
    "a parameter with content": (
        *parameter("filter", "query", "content: {application/json: {schema: {type: object}}}"),
        "the parameter filter has content and vanishes",
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
    "oneOf beside properties": (
        *schema("type: object\nproperties: {a: {type: string}}\noneOf:\n  - required: [a]\n  - required: [b]"),
        "oneOf beside properties loses the properties",
    ),
    "anyOf beside properties": (
        *schema("type: object\nproperties: {a: {type: string}}\nanyOf:\n  - required: [a]\n  - required: [b]"),
        "anyOf beside properties loses the properties",
    ),
    "allOf of scalars": (
        *schema("allOf:\n  - {type: string, minLength: 1}\n  - {type: string, maxLength: 9}"),
        "allOf of scalars becomes an empty object",
    ),
    "null beside enum": (
        *schema("type: [string, 'null']\nenum: [A, B, null]"),
        "a type list with null beside enum gives three classes",
    ),
    "additionalProperties: false": (
        *schema("type: object\nproperties: {a: {type: string}}\nadditionalProperties: false"),
        "makes the client drop unknown fields",
    ),
    "nullable": (*schema("type: string\nnullable: true"), "nullable is a word of OpenAPI 3.0"),
    "patternProperties": (*schema("type: object\npatternProperties: {'^a': {type: string}}"), "becomes a free map"),
    "enum words that give one member": (*schema("type: string\nenum: [Done, DONE]"), "give one member DONE"),
    "a boolean schema": (*schema("type: array\nitems: true"), "the generator knows no boolean schema"),
    "a component named as its property": (
        "    ErrorAnswer:\n      type: object\n",
        "    ErrorAnswer:\n      type: object\n      properties: {error_answer: {type: string}}\n",
        "has a property error_answer of its own name",
    ),
    "an answer in XML": (
        "          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/ErrorAnswer'",
        "          content:\n            application/xml:\n              schema:\n                $ref: '#/components/schemas/ErrorAnswer'",
        "an answer of type application/xml is dropped",
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_refused(copied: Callable[[str], Path], loss: str) -> None:
    before, after, wanted = LOSSES[loss]
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    problems = losses.problems(load(path))

    assert any(wanted in problem.message for problem in problems), [str(problem) for problem in problems]
    assert all(problem.line > 1 for problem in problems)


def test_an_error_answer_without_a_schema_is_refused(copied: Callable[[str], Path]) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("              schema:\n                $ref: '#/components/schemas/ErrorAnswer'\n", "", 1),
        "utf-8",
    )

    problems = losses.problems(load(path))

    assert any("the schema says nothing" in problem.message for problem in problems)


def test_a_path_item_behind_a_reference_is_refused(copied: Callable[[str], Path]) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "components:\n",
        "  /elsewhere:\n    $ref: '#/components/pathItems/Elsewhere'\ncomponents:\n  pathItems:\n    Elsewhere: {}\n",
        1,
    )
    path.write_text(text, encoding="utf-8")

    problems = losses.problems(load(path))

    assert any("a path item behind $ref vanishes" in problem.message for problem in problems)


def test_nothing_changes_when_a_document_is_refused(copied: Callable[[str], Path], tmp_path: Path) -> None:
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
