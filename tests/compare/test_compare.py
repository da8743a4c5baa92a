"""`compare`: whom each change breaks, in the right column, and nobody where nobody is broken."""

import json
import lzma
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.compare.comparison import Comparison, compare_sides
from scripts.compare.side import open_side
from scripts.document import DocumentError

from ..conftest import ROOT
from . import edits
from .edits import AGENT, FIRST, MORE, PROCESS, SEARCH, SECOND, Edit

OPENAPI = ROOT / "openapi"
EDITS = [*FIRST, *SECOND, *MORE]
OVERLAY = ROOT / "tests/live_products/airflow/airflow.overlay.yaml"


def compare(old: Path, new: Path, aside: Path) -> Comparison:
    """Compare two versions as the command does."""
    folders = [aside / name for name in ("old-files", "new-files", "packages")]
    for folder in folders:
        folder.mkdir(parents=True)
    sides = [open_side(str(one), at, "openapi", "generated") for one, at in zip((old, new), folders, strict=False)]
    return compare_sides(sides[0], sides[1], folders[2])


def edited(folder: Path, edit: Edit | None = None) -> Path:
    """Return a copy of our documents with an edit."""
    shutil.copytree(OPENAPI, folder)
    if edit:
        edit.apply(folder)
    return folder


def broken(comparison: Comparison) -> set[str]:
    return {column for change in comparison.changes for column in change.breaks}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: str(edit.name))
def test_verdicts_of_an_edit(edit: Edit, tmp_path: Path) -> None:
    folder = edited(tmp_path / "openapi", edit)

    if edit.refused:
        with pytest.raises(DocumentError) as raised:
            compare(OPENAPI, folder, tmp_path)
        assert edit.refused in str(raised.value)
        assert re.search(r"\.yaml:\d+", str(raised.value))
        return
    comparison = compare(OPENAPI, folder, tmp_path)

    assert broken(comparison) == edit.breaks, edit.why
    rules = {change.rule for change in comparison.changes}
    assert edit.rule in rules if edit.rule else not rules
    for change in comparison.changes:
        assert all(verdict.why for verdict in change.verdicts.values() if verdict.level != "fine"), change
        for place in (change.old, change.new):
            assert place is None or (Path(place.file).is_file() and place.line >= 1)


def test_every_column_has_edits_that_break_it_alone() -> None:
    alone = {column for edit in EDITS for column in edit.breaks if len(edit.breaks) == 1}

    assert alone == {"code", "field", "wait"}


def shuffled(node: Any) -> Any:
    """Return a document with its keys in another order, and other descriptions."""
    if isinstance(node, dict):
        replaced = {"description": "something else", "summary": "something else"}
        pairs = sorted(node.items(), key=lambda item: str(item[0]), reverse=True)
        return {
            key: replaced[key] if key in replaced and isinstance(value, str) else shuffled(value)
            for key, value in pairs
        }
    return [shuffled(one) for one in node] if isinstance(node, list) else node


def test_order_comments_and_descriptions_are_no_change(tmp_path: Path) -> None:
    folder = tmp_path / "openapi"
    folder.mkdir()
    for path in OPENAPI.glob("*.yaml"):
        text = yaml.safe_dump(shuffled(yaml.safe_load(path.read_text(encoding="utf-8"))), sort_keys=False, width=1000)
        (folder / path.name).write_text(f"# another comment\n{text}", encoding="utf-8")

    assert compare(OPENAPI, folder, tmp_path).changes == ()


def test_same_tree_is_no_change(tmp_path: Path) -> None:
    assert compare(OPENAPI, OPENAPI, tmp_path).changes == ()


def test_a_document_that_was_removed_breaks_its_programs(tmp_path: Path) -> None:
    folder = edited(tmp_path / "openapi")
    (folder / f"{AGENT}.yaml").unlink()

    (change,) = compare(OPENAPI, folder, tmp_path).changes

    assert (change.rule, change.breaks) == ("document-removed", ["code"])


@pytest.mark.parametrize("path", ["/v3/{modelId}/withdrawal", "/{modelId}", "/withdraw/{modelId}"])
def test_edits_take_the_path_from_the_document(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = edited(tmp_path / "openapi")
    document = folder / f"{PROCESS}.yaml"
    document.write_text(document.read_text(encoding="utf-8").replace(edits.UNDEPLOY_PATH, path), encoding="utf-8")
    monkeypatch.setattr(edits, "UNDEPLOY_PATH", path)

    (edit,) = (one for one in SECOND if one.name == "11 operation added")
    edit.apply(folder)

    data = yaml.safe_load(document.read_text(encoding="utf-8"))
    assert data["paths"][path]["post"]["operationId"] == "undeploy_model"
    assert len(data["paths"]) == 3


# One edit of each rule. The order of links, and which credentials a client needs, are in no type.
WITNESSED = list(
    {
        edit.rule: edit
        for edit in EDITS
        if "code" in edit.breaks and edit.rule not in {"link-order-changed", "security-tightened"}
    }.values()
)


@pytest.fixture(scope="session")
def rejected(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, Path], set[str]]:
    """Return the files of a folder that mypy rejects with a package. Both versions have their own cache."""
    cache = tmp_path_factory.mktemp("mypy")

    def check(folder: Path, distribution: Path) -> set[str]:
        command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir"]
        command += [str(cache / distribution.name), "."]
        environment = {"MYPYPATH": str(distribution), "PATH": ""}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert not done.stderr, done.stderr
        return {line.partition(":")[0] for line in done.stdout.splitlines() if ": error:" in line}

    return check


@pytest.mark.parametrize("edit", WITNESSED, ids=lambda edit: str(edit.name))
def test_witnesses_pass_before_and_fail_after(
    edit: Edit, tmp_path: Path, rejected: Callable[[Path, Path], set[str]]
) -> None:
    comparison = compare(OPENAPI, edited(tmp_path / "openapi", edit), tmp_path)
    breakages = [one for change in comparison.changes for one in change.breakages if not one.is_harmless]
    sources = [one.witness.source for one in breakages if one.witness]
    folder = tmp_path / "witnesses"
    folder.mkdir()
    for number, source in enumerate(sources):
        (folder / f"witness_{number}.py").write_text(source, encoding="utf-8")

    assert len(sources) == len(breakages) > 0
    assert all(len(source.strip().splitlines()) <= 8 for source in sources)
    assert comparison.new.package
    assert rejected(folder, ROOT / "generated") == set()
    assert rejected(folder, comparison.new.package.parent) == {path.name for path in folder.glob("*.py")}


def history(version: str, folder: Path) -> Path:
    """Write the document that a version of Airflow ships, with the overlay that says how its runs end."""
    folder.mkdir()
    packed = ROOT / f"tests/compare/histories/airflow-{version}.yaml.xz"
    (folder / "airflow.yaml").write_bytes(lzma.decompress(packed.read_bytes()))
    shutil.copy(OVERLAY, folder)
    return folder


HISTORIES: dict[tuple[str, str], dict[tuple[str, str], str]] = {
    ("3.1.0", "3.2.0"): {
        ("operation-removed", "refresh"): "code field",
        ("operation-removed", "get_dag_reports"): "code field",
        ("type-changed", "TaskResponse.retry_exponential_backoff"): "code",
        ("nullable", "BackfillResponse.dag_run_conf"): "code",
        ("parameter-removed", "logout(next)"): "code",
        ("limit-tightened", "PoolBody.slots"): "field",
        ("property-added", "AssetEventResponse.partition_key"): "",
        ("property-added", "AssetResponse.watchers"): "",
    },
    ("3.2.0", "3.3.2"): {
        ("security-tightened", "logout"): "field",
        ("component-renamed", "DAGRunPatchStates"): "code",
        ("limit-tightened", "CreateAssetEventsBody.partition_key"): "field",
        ("optional", "DAGRunCollectionResponse.total_entries"): "code",
        ("value-added", "TaskInstanceState"): "",
    },
}


@pytest.mark.parametrize("versions", HISTORIES, ids="-".join)
def test_history_of_airflow(versions: tuple[str, str], tmp_path: Path) -> None:
    old, new = (history(version, tmp_path / version) for version in versions)

    comparison = compare(old, new, tmp_path)

    found = {(change.rule, change.subject): " ".join(change.breaks) for change in comparison.changes}
    expected = HISTORIES[versions]
    assert {key: found.get(key) for key in expected} == expected
    # The runs end as before: the states did not change.
    assert "wait" not in broken(comparison)


def test_history_of_opensearch(tmp_path: Path) -> None:
    """What 3.8.0 reports and 2.19.5 does not, as the recordings show, is new and breaks nobody."""
    since = ("all_shared_principals", "user_requested_tenant_access")

    def without(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: without(value) for key, value in node.items() if key not in since}
        return [without(one) for one in node] if isinstance(node, list) else node

    earlier = edited(tmp_path / "earlier")
    path = earlier / f"{SEARCH}.yaml"
    path.write_text(json.dumps(without(yaml.safe_load(path.read_text(encoding="utf-8")))), encoding="utf-8")

    forward = compare(earlier, OPENAPI, tmp_path / "forward")
    assert {(change.rule, change.subject.rpartition(".")[2]) for change in forward.changes} == {
        ("property-added", name) for name in since
    }
    assert broken(forward) == set()

    back = compare(OPENAPI, earlier, tmp_path / "back")
    assert {change.rule for change in back.changes} == {"property-removed"}
    assert broken(back) == {"code"}


def document_with(schema: dict[str, Any], use: str) -> dict[str, Any]:
    """Return a document with a schema in the response or the request body of an operation."""
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    operation: dict[str, Any] = {"operationId": "send_thing", "responses": {"200": {"description": "Done."}}}
    if use == "response":
        operation["responses"]["200"]["content"] = media
    else:
        operation["requestBody"] = {"content": media}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1.0.0"},
        "servers": [{"url": "https://things.example"}],
        "paths": {"/things": {"post": operation}},
        "components": {"schemas": {"Thing": {"type": "object", "properties": {"value": schema}}}},
    }


STRING, NUMBER, INTEGER = ({"type": name} for name in ("string", "number", "integer"))
NULLABLE = {"anyOf": [STRING, {"type": "null"}]}
# The old and the new schema of a property, and what breaks if it is received, and if it is sent.
SCHEMAS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "the same written differently": ({"type": ["string", "null"]}, NULLABLE, "", ""),
    "one form in allOf": (STRING, {"allOf": [STRING]}, "", ""),
    "nullable": (STRING, NULLABLE, "code", ""),
    "not nullable": (NULLABLE, STRING, "", "code field"),
    "a second form": (STRING, {"anyOf": [STRING, INTEGER]}, "code", ""),
    "a form less": ({"anyOf": [STRING, INTEGER]}, STRING, "", "code field"),
    "number to integer": (NUMBER, INTEGER, "", "code field"),
    "any value": (STRING, {}, "", ""),
    "no longer any value": ({}, STRING, "", "field"),
    "integer to number": (INTEGER, NUMBER, "code", ""),
    "shorter": (STRING, {"type": "string", "maxLength": 5}, "", "field"),
    "longer": ({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9}, "", ""),
    "pattern": (STRING, {"type": "string", "pattern": "^a"}, "", "field"),
    "list of values": (STRING, {"type": "string", "enum": ["a", "b"]}, "", "field"),
    "a value more": ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}, "", ""),
    "items": ({"type": "array", "items": STRING}, {"type": "array", "items": NUMBER}, "code", "code field"),
    "title and example": (STRING, {"type": "string", "title": "A", "examples": ["x"], "description": "B"}, "", ""),
}


@pytest.mark.parametrize("use", ["response", "request"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_follow_from_their_direction(name: str, use: str, tmp_path: Path) -> None:
    old, new, received, sent = SCHEMAS[name]
    for version, schema in (("old", old), ("new", new)):
        (tmp_path / version).mkdir()
        (tmp_path / version / "things.json").write_text(json.dumps(document_with(schema, use)), encoding="utf-8")

    comparison = compare(tmp_path / "old", tmp_path / "new", tmp_path / "aside")

    assert broken(comparison) == set((received if use == "response" else sent).split()), comparison.changes
