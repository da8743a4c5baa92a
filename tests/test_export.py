"""`job-status-tools export`: Arazzo documents and Speakeasy overlays that say how jobs end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from scripts.document import Document, load, load_folder
from scripts.export.arazzo import arazzo
from scripts.export.criteria import NotExpressibleError, criteria, literal
from scripts.export.speakeasy import speakeasy

from .conftest import ROOT

SCHEMA = jsonschema_rs.Draft202012Validator(json.loads((ROOT / "tests/schemas/arazzo-1.0.json").read_text("utf-8")))
OURS = load_folder(ROOT / "openapi")


def valid(data: dict[str, Any]) -> list[str]:
    return [f"{list(error.instance_path)}: {error.message}" for error in SCHEMA.iter_errors(data)]


def kiln(folder: Path, job: dict[str, Any], *, state: Any = None, security: Any = None, start: Any = None) -> Document:
    """Return a document with a job, and a start of it if `start` has the links of its response."""
    properties = {"id": {"type": "string"}, "state": state or {"type": "string", "enum": ["hot", "cold", "broken"]}}
    body = {"application/json": {"schema": {"type": "object", "required": ["id", "state"], "properties": properties}}}
    parameter = {"name": "kiln", "in": "path", "required": True, "schema": {"type": "string"}}
    paths: dict[str, Any] = {
        "/kilns/{kiln}": {
            "get": {
                "operationId": "getKiln",
                "parameters": [parameter],
                "responses": {"200": {"description": "The kiln.", "content": body}},
                "x-job": {"state": "$response.body#/state", **job},
            }
        }
    }
    if start:
        paths["/kilns"] = {
            "post": {
                "operationId": "heat",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"202": {"description": "Heating.", "content": body, **start}},
            }
        }
    data = {
        "openapi": "3.1.0",
        "info": {"title": "Kilns", "version": "2.0.0"},
        "servers": [{"url": "https://kilns.example"}],
        "paths": paths,
    }
    if security:
        data |= {"components": {"securitySchemes": security}, "security": [{key: [] for key in security}]}
    path = folder / "kilns.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return load(path)


PLAIN = {"pending": ["hot"], "success": ["cold"], "failure": ["broken"]}


@pytest.mark.parametrize("document", OURS, ids=lambda document: str(document.stem))
def test_our_documents_are_valid_arazzo(document: Document) -> None:
    data = arazzo(document, f"../openapi/{document.path.name}")

    assert valid(data) == []
    jobs = {f"wait_for_{operation.id}" for operation in document.operations if operation.job}
    assert jobs <= {workflow["workflowId"] for workflow in data["workflows"]}


@pytest.mark.parametrize("document", OURS, ids=lambda document: str(document.stem))
def test_speakeasy_overlay_applies_to_our_documents(document: Document, tmp_path: Path) -> None:
    (tmp_path / document.path.name).write_bytes(document.path.read_bytes())
    overlay = tmp_path / f"{document.stem}.overlay.yaml"
    overlay.write_text(yaml.safe_dump(speakeasy(document)), encoding="utf-8")

    changed = load(tmp_path / document.path.name)

    (polled,) = (one for one in changed.operations if "x-speakeasy-polling" in one.raw)
    (entry,) = polled.raw["x-speakeasy-polling"]
    assert polled.job
    assert {state for state in polled.job.success if state in str(entry["successCriteria"])} == set(polled.job.success)
    assert {state for state in polled.job.failure if state in str(entry["failureCriteria"])} == set(polled.job.failure)
    assert changed.warnings == []


def test_intervals_follow_the_rate_limits(tmp_path: Path) -> None:
    limited = kiln(tmp_path, {**PLAIN, "limits": [{"requests": 2, "per": 15}, {"requests": 100, "per": 60}]})
    free = kiln(tmp_path, PLAIN)

    steps = [arazzo(one, "kilns.yaml")["workflows"][0]["steps"][0]["onFailure"][-1] for one in (limited, free)]
    assert [(step["retryAfter"], step["retryLimit"]) for step in steps] == [(8, 450), (2, 1800)]


SHAPES: dict[str, tuple[dict[str, Any], Any, list[Any], list[Any]]] = {
    "one state": (
        PLAIN,
        None,
        [["$response.body#/state == 'cold'"]],
        [["$response.body#/state == 'broken'"]],
    ),
    "several states": (
        {"pending": ["hot"], "success": ["cold", "a.b"], "failure": ["broken"]},
        {"type": "string", "enum": ["hot", "cold", "a.b", "broken"]},
        [[r"^(cold|a\.b)$"]],
        [["$response.body#/state == 'broken'"]],
    ),
    "partly": (
        {"pending": ["hot"], "success": ["cold"], "partial": ["warm"], "failure": ["broken"]},
        {"type": "string", "enum": ["hot", "cold", "warm", "broken"]},
        [["^(cold|warm)$"]],
        [["$response.body#/state == 'broken'"]],
    ),
    "booleans": (
        {"pending": [False], "success": [True], "failure": []},
        {"type": "boolean"},
        [["$response.body#/state == true"]],
        [],
    ),
    "numbers": (
        {"pending": [1], "success": [10], "failure": [20, 30]},
        {"type": "integer", "enum": [1, 10, 20, 30]},
        [["$response.body#/state == 10"]],
        [["$response.body#/state == 20"], ["$response.body#/state == 30"]],
    ),
    "a quote": (
        {"pending": ["hot"], "success": ["it's cold"], "failure": ["broken"]},
        {"type": "string", "enum": ["hot", "it's cold", "broken"]},
        [["$response.body#/state == 'it''s cold'"]],
        [["$response.body#/state == 'broken'"]],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_states_become_criteria(name: str, tmp_path: Path) -> None:
    job, state, success, failure = SHAPES[name]
    document = kiln(tmp_path, job, state=state)
    operation = document.operations[0]

    def conditions(kinds: tuple[Any, ...]) -> list[list[str]]:
        found = criteria(operation, kinds)
        assert all(one[0] == {"condition": "$statusCode == 200"} for one in found)
        return [[criterion["condition"] for criterion in one[1:]] for one in found]

    assert conditions(("success", "partial")) == success
    assert conditions(("failure",)) == failure
    assert valid(arazzo(document, "kilns.yaml")) == []


def test_conditional_states_become_criteria_in_their_order(tmp_path: Path) -> None:
    state = [
        {"when": {"$response.body#/state": "broken"}, "is": "failure"},
        {"when": {"$response.body#/id": {"present": True}, "$response.body#/state": ["cold", "done"]}, "is": "success"},
        {"when": {"$response.body#/id": {"present": True}}, "is": "pending"},
    ]
    document = kiln(tmp_path, {"state": state})

    (success,) = criteria(document.operations[0], ("success",))
    assert [one["condition"] for one in success] == [
        "$response.body#/state != 'broken'",
        "$response.body#/id != null",
        "($response.body#/state == 'cold' || $response.body#/state == 'done')",
    ]
    assert valid(arazzo(document, "kilns.yaml")) == []


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "http", "scheme": "bearer"}, ("Authorization", "header", "Bearer {$inputs.key}")),
        ({"type": "http", "scheme": "basic"}, ("Authorization", "header", "Basic {$inputs.key}")),
        ({"type": "apiKey", "in": "query", "name": "token"}, ("token", "query", "$inputs.key")),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, ("sid", "cookie", "$inputs.key")),
    ],
)
def test_credentials_are_inputs(scheme: dict[str, str], expected: tuple[str, ...], tmp_path: Path) -> None:
    data = arazzo(kiln(tmp_path, PLAIN, security={"key": scheme}), "kilns.yaml")

    (workflow,) = data["workflows"]
    assert "key" in workflow["inputs"]["required"]
    sent = workflow["steps"][0]["parameters"][-1]
    assert (sent["name"], sent["in"], sent["value"]) == expected
    assert valid(data) == []


def test_starts_follow_each_link(tmp_path: Path) -> None:
    links = {
        "by_id": {"operationId": "getKiln", "parameters": {"kiln": "$response.body#/id"}},
        "by_header": {"operationId": "getKiln", "parameters": {"kiln": "$response.header.Location"}},
    }
    location = {"Location": {"schema": {"type": "string"}}}
    start = {"links": links, "headers": location, "x-link-order": ["by_id", "by_header"]}
    data = arazzo(kiln(tmp_path, PLAIN, start=start), "kilns.yaml")

    workflows = {workflow["workflowId"]: workflow["steps"] for workflow in data["workflows"]}
    assert set(workflows) == {"wait_for_get_kiln", "heat_by_id", "heat_by_header"}
    first, poll = workflows["heat_by_header"]
    assert first["outputs"] == {"kiln": "$response.header.Location"}
    assert first["successCriteria"] == [{"condition": "$statusCode == 202"}]
    assert first["requestBody"]["payload"] == "$inputs.body"
    assert poll["parameters"][0]["value"] == "$steps.start.outputs.kiln"
    assert valid(data) == []


def test_what_cannot_be_expressed_is_an_error(tmp_path: Path) -> None:
    several = kiln(tmp_path, {"pending": [1], "success": [2, 3], "failure": [4]}, state={"type": "integer"})

    with pytest.raises(NotExpressibleError, match="get_kiln: success has 2 forms"):
        arazzo(several, "kilns.yaml")
    with pytest.raises(NotExpressibleError, match="get_kiln: the end has several forms"):
        speakeasy(several)


def test_literals_are_escaped() -> None:
    assert [literal(value) for value in ("a'b", True, None, 3)] == ["'a''b'", "true", "null", "3"]


def export(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts", "export", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_command_writes_both_formats_and_keeps_other_files(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("mine", encoding="utf-8")

    done = export("--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert export("--out", tmp_path, "--format", "speakeasy").returncode == 0
    assert export("--out", tmp_path).returncode == 0

    names = {path.name for path in tmp_path.iterdir()}
    stems = [document.stem for document in OURS]
    assert names == {"mine.yaml", *(f"{stem}.arazzo.yaml" for stem in stems)} | {
        f"{stem}.speakeasy.overlay.yaml" for stem in stems
    }
    written = yaml.safe_load((tmp_path / f"{stems[0]}.arazzo.yaml").read_text(encoding="utf-8"))
    source = tmp_path / written["sourceDescriptions"][0]["url"]
    assert source.resolve() == OURS[0].path.resolve()

    (tmp_path / f"{stems[0]}.arazzo.yaml").write_text("mine: too\n", encoding="utf-8")
    done = export("--out", tmp_path)
    assert done.returncode == 2
    assert "would replace files that it has not written" in done.stderr
    assert (tmp_path / f"{stems[0]}.arazzo.yaml").read_text(encoding="utf-8") == "mine: too\n"


def test_command_names_the_document_that_cannot_be_exported(tmp_path: Path) -> None:
    kiln(tmp_path, {"pending": [1], "success": [2, 3], "failure": [4]}, state={"type": "integer"})

    done = export("--openapi", tmp_path, "--out", tmp_path / "out")

    assert done.returncode == 1
    assert f"{tmp_path / 'kilns.yaml'}: get_kiln: success has 2 forms" in done.stderr
    assert not (tmp_path / "out").exists()
