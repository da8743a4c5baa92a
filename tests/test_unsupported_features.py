"""What a client lacks is a warning; for an operation that has to do with a job it is an error, and no file is changed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.document import DocumentError, Problem, load
from scripts.generate import build
from scripts.generate.generator import Refusal, run_generator
from scripts.generate.view import View

from .conftest import ROOT
from .test_any_names import operation, returning, taking
from .test_names import document

QUERY = """        - name: {name}
          in: {where}
          schema: {{type: string}}
      # No rate limit"""
INVALID_HEADER = ("      # No rate limit", QUERY.format(name="'a b'", where="header"))

# For each feature that is lost: the parts of a document whose operation has nothing to do with a job, and the message.
LOST: dict[str, tuple[dict[str, Any], str]] = {
    "a header that is no token": (taking("a b", "header"), "'a b' is not a valid name of a header; rename it"),
    "a cookie that is no token": (taking("a;b", "cookie"), "'a;b' is not a valid name of a cookie; rename it"),
    "callbacks": (
        operation(
            callbacks={"done": {"{$request.query.url}": {"post": {"responses": {"200": {"description": "It."}}}}}}
        ),
        "callbacks are not a part of the client",
    ),
    "a path with a query": (operation(path="/it?x=1"), "a path with ? or # cannot be requested; describe a parameter"),
    "a path with a fragment": (operation(path="/it#x"), "a path with ? or # cannot be requested; describe a parameter"),
}


def problems(parts: dict[str, Any], folder: Path) -> tuple[list[Problem], list[Problem]]:
    """Generate the package of a document; return its errors and warnings."""
    path = folder / "kiln.yaml"
    path.write_text(json.dumps(document(**parts), indent=1), encoding="utf-8")
    read = load(path)
    errors = View(read).unsupported.errors
    return errors, [] if errors else build((read,), folder / "out", "documents")


@pytest.mark.parametrize("feature", LOST)
def test_loss_is_a_warning_for_an_operation_without_a_job(feature: str, tmp_path: Path) -> None:
    parts, expected = LOST[feature]

    errors, warnings = problems(parts, tmp_path)

    assert errors == []
    assert any(expected in warning.message for warning in warnings), [str(warning) for warning in warnings]
    assert all(warning.line > 1 and warning.where for warning in warnings)


@pytest.mark.parametrize("where", ["header", "cookie"])
def test_loss_is_an_error_for_an_operation_with_a_job(where: str, tmp_path: Path) -> None:
    parameters = [*document()["paths"]["/firings/{firing}"]["get"]["parameters"]]
    parameters.append({"name": "a b", "in": where, "schema": {"type": "string"}})

    errors, _ = problems({"operation": {"parameters": parameters}}, tmp_path)

    assert [error.message for error in errors] == [f"'a b' is not a valid name of a {where}; rename it"]
    assert errors[0].line > 1
    assert errors[0].where == "get_firing"


@pytest.mark.parametrize("content", [{"text/plain": {}}, {"application/json": {"schema": {"type": "array"}}}])
def test_start_of_a_job_returns_an_object(content: dict[str, Any], tmp_path: Path) -> None:
    links = {"job": {"operationId": "get_firing", "parameters": {"firing": "$response.header.X-Id"}}}
    headers = {"X-Id": {"schema": {"type": "string"}}}
    response = {"description": "It.", "content": content, "links": links, "headers": headers}

    errors, _ = problems(operation(method="post", responses={"202": response}), tmp_path)

    assert [error.message.split(",")[0] for error in errors] == ["expected an object as the body of its successes"]


def test_operation_that_is_left_out_is_named(tmp_path: Path) -> None:
    _, warnings = problems(operation(path="/it#x"), tmp_path)

    assert [warning.where for warning in warnings] == ["do_it"]
    assert not list((tmp_path / "out").rglob("do_it.py"))
    assert "do_it" not in (tmp_path / "out/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (Refusal(("GET", "/it"), None, "refused"), "refused; the operation is left out of the client"),
        (Refusal(None, "Part", "refused"), "refused; the operation is left out of the client"),
        (Refusal(None, "Unused", "refused"), "refused; it is left out of the client"),
    ],
)
def test_what_the_generator_refuses_is_left_out(
    refusal: Refusal, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [refusal]

    def run(*arguments: Any) -> list[Refusal]:
        return run_generator(*arguments) or [refusals.pop() for _ in refusals[:1]]

    monkeypatch.setattr("scripts.generate.package.run_generator", run)
    part, whole = {"type": "object"}, {"type": "object", "properties": {"part": {"$ref": "#/components/schemas/Part"}}}
    schemas = {"Part": part, "Whole": whole, "Unused": part}

    errors, warnings = problems(returning({"$ref": "#/components/schemas/Whole"}, schemas), tmp_path)

    assert errors == []
    assert [warning.message for warning in warnings] == [message]
    assert bool(list((tmp_path / "out").rglob("do_it.py"))) == (refusal.component == "Unused")
    assert not list((tmp_path / "out").rglob(f"{str(refusal.component).lower()}.py"))


def test_document_is_refused_if_the_generator_refuses_its_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = Refusal(None, "Firing", "refused")
    monkeypatch.setattr("scripts.generate.package.run_generator", lambda *arguments: [refusal])

    with pytest.raises(DocumentError, match="Firing: refused; describe it in another way"):
        problems({}, tmp_path)


def test_webhooks_are_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "kiln.yaml"
    hook = {"post": {"operationId": "cooled", "responses": {"200": {"description": "It."}}}}
    path.write_text(json.dumps({**document(), "webhooks": {"cooled": hook}}, indent=1), encoding="utf-8")

    warnings = View(load(path)).unsupported.warnings

    assert [warning.message for warning in warnings] == ["webhooks are not a part of the client"]


def test_warnings_are_printed_and_the_package_is_generated(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "kiln.yaml").write_text(json.dumps(document(**taking("a b", "header")), indent=1), encoding="utf-8")

    command = [sys.executable, "-m", "scripts.generate", "--openapi", str(folder), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{folder}/kiln.yaml:")
    assert line.endswith("do_it: warning: 'a b' is not a valid name of a header; rename it")
    assert (tmp_path / "out/job_status/kiln/api/default/do_it.py").is_file()


def test_refused_document_changes_no_file(copied: Callable[[str], Path], tmp_path: Path) -> None:
    path = copied("agent-platform")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "scripts.generate", "--openapi", str(path.parent), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True)
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(*INVALID_HEADER, 1), encoding="utf-8")

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "'a b' is not a valid name of a header" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []
