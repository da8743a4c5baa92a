"""The generated provider for Apache Airflow, as far as it can be tested without Airflow; the rest: `make test-airflow`."""

import ast
import importlib.util
import json
import sys
import tomllib
import warnings
from pathlib import Path
from typing import Any

import job_status
import pytest
from job_status._client.errors import WaitSummary

from scripts.airflow import outcome
from scripts.document import load
from scripts.generate import __main__ as command
from scripts.generate import build
from scripts.generate.distribution_names import choose_names

from .conftest import ROOT

KILN = ROOT / "tests" / "golden" / "kiln.yaml"
PROVIDER = ROOT / "generated" / "airflow" / "job_status_airflow"


def generated(folder: Path, *replaced: tuple[str, str], name: str = "", **options: Any) -> Path:
    """Generate the packages of the kiln's document, with some text replaced; return the folder of the provider."""
    text = KILN.read_text(encoding="utf-8")
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    path = folder / "kiln.yaml"
    path.write_text(text, encoding="utf-8")
    documents = (load(path),)
    build(documents, folder / "out", "documents", choose_names(documents, name, "", "0.1.0"), **options)
    return folder / "out" / "airflow"


def info(package: Path) -> dict[str, Any]:
    """Return the description of a provider."""
    spec = importlib.util.spec_from_file_location("provider_info", package / "get_provider_info.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.get_provider_info()
    return found


def classes(path: Path) -> dict[str, ast.ClassDef]:
    """Return the classes of a module."""
    return {one.name: one for one in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(one, ast.ClassDef)}


def constructor(cls: ast.ClassDef) -> tuple[set[str], set[str]]:
    """Return the arguments of a class's constructor, and the attributes that it assigns."""
    (init,) = (one for one in cls.body if isinstance(one, ast.FunctionDef) and one.name == "__init__")
    targets = (one.targets[0] for one in init.body if isinstance(one, ast.Assign))
    return {one.arg for one in init.args.kwonlyargs}, {one.attr for one in targets if isinstance(one, ast.Attribute)}


def literal(cls: ast.ClassDef, name: str) -> Any:
    """Return an attribute of a class that is a literal."""
    (found,) = (one for one in cls.body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == name)
    return ast.literal_eval(found.value)


def test_every_product_has_a_connection_an_operator_and_a_sensor() -> None:
    described = info(PROVIDER)
    modules = {stem.stem.replace("-", "_") for stem in (ROOT / "openapi").glob("*.yaml")}

    assert {one["connection-type"] for one in described["connection-types"]} == {f"job_status_{m}" for m in modules}
    for kind in ("hooks", "operators", "sensors"):
        named = {name for row in described[kind] for name in row["python-modules"]}
        assert named == {f"job_status_airflow.{kind}.{module}" for module in modules}
        assert all(classes(PROVIDER / kind / f"{module}.py") for module in modules)


def test_template_fields_are_arguments() -> None:
    """Airflow assigns an expanded argument by its name, and renders the attribute of the same name."""
    for kind in ("operators", "sensors"):
        for path in sorted((PROVIDER / kind).glob("[a-z]*.py")):
            for cls in classes(path).values():
                arguments, assigned = constructor(cls)
                assert set(literal(cls, "template_fields")) <= arguments, cls.name
                assert assigned <= arguments, cls.name


def test_name_gives_the_names_of_the_provider(tmp_path: Path) -> None:
    folder = generated(tmp_path, name="kiln-client")
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["name"] == "airflow-provider-kiln-client"
    assert "kiln-client==1" in project["dependencies"]
    assert project["entry-points"]["apache_airflow_provider"] == {
        "provider_info": "kiln_client_airflow.get_provider_info:get_provider_info"
    }
    assert info(folder / "kiln_client_airflow")["connection-types"][0]["connection-type"] == "kiln_client_kiln"
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    assert not any("import job_status" in source or "from job_status" in source for source in sources)
    assert any("from kiln_client._client.errors import" in source for source in sources)


def test_argument_with_a_name_of_airflow_gets_another(tmp_path: Path) -> None:
    folder = generated(tmp_path, ("firingId", "dag_id"), ("name: verbose", "name: resume_token"))
    cls = classes(folder / "job_status_airflow" / "sensors" / "kiln.py")["KilnFiringSensor"]
    arguments, _ = constructor(cls)

    assert {"dag_id_", "resume_token_", "resume_token"} <= arguments
    assert "dag_id" not in arguments
    assert "{'dag_id_': 'dag_id', 'resume_token_': 'resume_token'}" in ast.unparse(cls)


def test_title_is_escaped(tmp_path: Path) -> None:
    folder = generated(tmp_path, ("title: Kiln", "title: 'Kiln \\.d \"'"))

    for path in sorted(folder.rglob("kiln*.py")):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile(path.read_bytes(), path.name, "exec")


def test_provider_can_be_left_out(tmp_path: Path) -> None:
    assert not generated(tmp_path, with_provider=False).exists()


def test_option_leaves_out_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    documents, out = tmp_path / "documents", tmp_path / "out"
    documents.mkdir()
    (documents / "kiln.yaml").write_bytes(KILN.read_bytes())

    def run(*options: str) -> int:
        monkeypatch.setattr(sys, "argv", ["generate", "--openapi", str(documents), "--out", str(out), *options])
        return command.main()

    assert run("--no-airflow") == 0
    assert not (out / "airflow").exists()
    assert run("--no-airflow", "--check") == 0
    assert run("--check") == 1
    assert "airflow/pyproject.toml: is missing" in capsys.readouterr().err


def summary() -> WaitSummary[Any]:
    """Return the progress of a wait."""
    return WaitSummary("get_firing f-1", 1.0, 2, 0, None, "HOT", None, None, "t-1")


@pytest.mark.parametrize(
    ("error", "result", "token"),
    [
        (job_status.JobFailedError("cracked", summary(), "cracked"), "failed", ""),
        (job_status.JobPartialError("in part", summary(), "in part"), "failed", ""),
        (job_status.JobTimeoutError("too long", summary()), "timed_out", "t-1"),
        (job_status.JobNotStartedError("idle", summary()), "unknown", "t-1"),
        (job_status.NotFoundError("gone"), "gone", ""),
        (job_status.UnauthorizedError("no key"), "unknown", ""),
        (job_status.TransportError("no route"), "unknown", ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_event_says_how_the_wait_ended(error: job_status.JobStatusError, result: str, token: str) -> None:
    event = outcome_of(error)

    assert (event["result"], event["token"], event["message"]) == (result, token, str(error))
    assert json.loads(json.dumps(event)) == event


def outcome_of(error: job_status.JobStatusError) -> outcome.Event:
    """Return the event of an error, by the copy that knows the client's exceptions."""
    spec = importlib.util.spec_from_file_location("provider_outcome", PROVIDER / "_provider" / "outcome.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: outcome.Event = module.ended_with(error)
    return found
