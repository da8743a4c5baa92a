"""`job-status-tools export`: Arazzo documents and Speakeasy overlays that say how jobs end."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from scripts.document import Document, load, load_folder
from scripts.export.arazzo import arazzo
from scripts.export.criteria import NotExpressibleError, criteria, literal, status_condition
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


BEARER = {"type": "http", "scheme": "bearer"}
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
        [["$response.body#/state == 20 || $response.body#/state == 30"]],
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
        (BEARER, ("Authorization", "header", "Bearer {$inputs.key}")),
        ({"type": "http", "scheme": "basic"}, ("Authorization", "header", "Basic {$inputs.key}")),
        ({"type": "apiKey", "in": "query", "name": "token"}, ("token", "query", "$inputs.key")),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, ("sid", "cookie", "$inputs.key")),
        (
            {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://kilns.example/t", "scopes": {}}}},
            ("Authorization", "header", "Bearer {$inputs.key}"),
        ),
        (
            {"type": "openIdConnect", "openIdConnectUrl": "https://kilns.example/oidc"},
            ("Authorization", "header", "Bearer {$inputs.key}"),
        ),
    ],
)
def test_credentials_are_inputs(scheme: dict[str, Any], expected: tuple[str, ...], tmp_path: Path) -> None:
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


def changed(document: Document, change: Callable[[dict[str, Any]], object]) -> Document:
    """Return the document with a change of its data."""
    data = yaml.safe_load(document.path.read_text(encoding="utf-8"))
    change(data)
    document.path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return load(document.path)


@pytest.mark.parametrize("key", ["a/b", "a~b", "~1", "a b.c"])
def test_names_of_fields_are_escaped_in_pointers(key: str, tmp_path: Path) -> None:
    pointer = key.replace("~", "~0").replace("/", "~1")
    document = kiln(tmp_path, PLAIN)

    def rename(data: dict[str, Any]) -> None:
        operation = data["paths"]["/kilns/{kiln}"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        schema["properties"][key] = schema["properties"].pop("state")
        schema["required"] = ["id", key]
        operation["x-job"]["state"] = f"$response.body#/{pointer}"

    poll = arazzo(changed(document, rename), "kilns.yaml")["workflows"][0]["steps"][0]
    assert poll["successCriteria"][1]["condition"] == f"$response.body#/{pointer} == 'cold'"
    assert poll["outputs"] == {"state": f"$response.body#/{pointer}"}


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        ("200", "$statusCode == 200"),
        ("2XX", "$statusCode >= 200 && $statusCode < 300"),
        ("5XX", "$statusCode >= 500 && $statusCode < 600"),
        ("default", "$statusCode >= 200 && $statusCode < 300"),
    ],
)
def test_ranges_of_statuses_are_conditions(status: str, condition: str) -> None:
    assert status_condition(status) == condition


def test_names_of_workflows_and_inputs_differ_and_need_no_escape(tmp_path: Path) -> None:
    link = {"operationId": "getKiln", "parameters": {"kiln": "$response.body#/id"}}
    document = kiln(tmp_path, PLAIN, start={"links": {"get status.now": link}}, security={"body": BEARER})

    def change(data: dict[str, Any]) -> None:
        start = data["paths"]["/kilns"]["post"]
        start["responses"]["2XX"] = start["responses"]["202"]
        schema = {"type": "string"}
        start["parameters"] = [
            {"name": "x.y z", "in": "header", "required": True, "schema": schema},
            {"name": "x_y_z", "in": "query", "required": True, "schema": schema},
            {"name": "version", "in": "query", "required": True, "schema": {"type": "string", "const": "2"}},
        ]

    data = arazzo(changed(document, change), "kilns.yaml")

    ids = [workflow["workflowId"] for workflow in data["workflows"]]
    assert ids == ["wait_for_get_kiln", "heat_get_status_now", "heat_get_status_now_2"]
    first, second = (workflow["steps"][0] for workflow in data["workflows"][1:])
    assert second["successCriteria"] == [{"condition": "$statusCode >= 200 && $statusCode < 300"}]
    assert {one["name"]: one["value"] for one in first["parameters"]} == {
        "x.y z": "$inputs.x_y_z",
        "x_y_z": "$inputs.x_y_z_2",
        "version": "2",
        "Authorization": "Bearer {$inputs.body_2}",
    }
    assert first["requestBody"]["payload"] == "$inputs.body"
    assert data["workflows"][1]["inputs"]["required"] == ["x_y_z", "x_y_z_2", "body", "body_2"]
    assert valid(data) == []


def test_conditions_that_are_alternatives_are_one_criterion(tmp_path: Path) -> None:
    state = [
        {"when": {"$response.body#/state": "cold"}, "is": "success"},
        {"when": {"$response.body#/state": "done", "$response.body#/id": {"present": True}}, "is": "success"},
        {"when": {"$response.body#/state": "broken"}, "is": "failure"},
        {"when": {"$response.body#/state": "hot"}, "is": "pending"},
    ]
    document = kiln(tmp_path, {"state": state}, state={"type": "string", "enum": ["cold", "done", "broken", "hot"]})
    condition = "($response.body#/state == 'cold') || ($response.body#/id != null && $response.body#/state == 'done')"

    assert arazzo(document, "kilns.yaml")["workflows"][0]["steps"][0]["successCriteria"] == [{"condition": condition}]
    (action,) = speakeasy(document)["actions"]
    polling = action["update"]["x-speakeasy-polling"][0]
    assert polling["successCriteria"] == [{"condition": condition}]
    assert [one["condition"] for one in polling["failureCriteria"]] == [
        "$response.body#/state != 'cold'",
        "(($response.body#/id == null) || ($response.body#/state != 'done'))",
        "$response.body#/state == 'broken'",
    ]


def without_job(data: dict[str, Any]) -> None:
    del data["paths"]["/kilns/{kiln}"]["get"]["x-job"]


def test_document_without_jobs_is_an_error(tmp_path: Path) -> None:
    document = changed(kiln(tmp_path, PLAIN), without_job)

    for export_of in (lambda one: arazzo(one, "kilns.yaml"), speakeasy):
        with pytest.raises(NotExpressibleError, match="no operation reports a job; add `x-job`"):
            export_of(document)


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
    changed(kiln(tmp_path, PLAIN), without_job)

    done = export("--openapi", tmp_path, "--out", tmp_path / "out")

    assert done.returncode == 1
    assert f"{tmp_path / 'kilns.yaml'}: no operation reports a job" in done.stderr
    assert not (tmp_path / "out").exists()
