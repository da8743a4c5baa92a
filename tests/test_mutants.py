"""Mutants: a sample of each kind is killed by its check, conforming variants cause no failure, and witnesses hold."""

import ast
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import evolve

from scripts.mutate.catalogue import MUTANTS
from scripts.mutate.catalogue import __all__ as MODULES
from scripts.mutate.frameworks.servers import FRAMEWORKS
from scripts.mutate.frameworks.tasks import TOKEN
from scripts.mutate.matrix import Catalogue, Matrix, MutantError, load_catalogue, run_matrix
from scripts.mutate.messages import unchanged
from scripts.mutate.mutant import Mutant
from scripts.mutate.reports import as_json, page, text
from scripts.mutate.runner import (
    Outcome,
    apis,
    choose_api,
    load_tasks,
    run_all_columns,
    run_conforming,
    run_mutant,
    run_variant,
)
from scripts.mutate.variants import VARIANTS
from scripts.verify.checks import CHECKS
from scripts.verify.run import verify
from scripts.verify.scenarios import polling
from scripts.verify.target import make_target

from .conftest import ROOT

# One per kind of fault; `make mutants` runs all of them.
SAMPLE = [
    *("never_ends", "unknown_once", "missing_field_is_filled", "narrow_view_shows_more_at_end", "ends_in_the_future"),
    *("start_reports_success_at_once", "any_password", "every_tenth_refusal_accepted_where_optional"),
    *("refusal_sticks_to_path", "refusal_has_the_job", "refused_start_starts", "head_needs_no_credential"),
    *("one_tag_for_all_bodies", "old_tag_matches", "allow_lists_the_refused_method", "redirects_to_itself"),
    *("compressed_is_stale", "retry_after_soon", "pending_is_cacheable_except_fields", "not_a_number"),
    *("sunset_before_deprecation", "unknown_parameter_adds_a_field", "default_differs_while_pending", "body_is_cut"),
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Load the mutants of the project."""
    return load_catalogue(ROOT / "openapi")


@pytest.mark.parametrize("name", SAMPLE)
def test_mutant_is_killed_by_its_check(catalogue: Catalogue, name: str) -> None:
    mutant = catalogue.mutants[name]
    api = choose_api(mutant, catalogue.apis, 1)
    assert api is not None

    outcome, _ = run_mutant(mutant, api, 1)

    assert outcome.verdict == "killed", outcome


@pytest.mark.parametrize("name", SAMPLE)
def test_mutant_is_killed_where_the_server_is_not_the_simulator(
    catalogue: Catalogue, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "MAX_POLL_TIME", 0.2)
    mutant = catalogue.mutants[name]
    api = choose_api(mutant, catalogue.apis, 2)
    assert api is not None

    outcome, _ = run_mutant(mutant, api, 1, stepping=False)

    assert outcome.verdict == "killed", outcome


def test_there_are_enough_mutants_of_each_kind(catalogue: Catalogue) -> None:
    kinds = [mutant.kind for mutant in catalogue.mutants.values()]

    assert len(kinds) >= 180
    assert sum(kind != "schema" for kind in kinds) >= 100
    assert kinds.count("lifecycle") >= 30
    assert kinds.count("http") + kinds.count("authentication") >= 30
    assert kinds.count("query") >= 12
    assert kinds.count("wire") >= 12


def test_every_mutant_expects_registered_checks_and_has_a_clause(catalogue: Catalogue) -> None:
    names = {check.name for check in CHECKS}

    for mutant in catalogue.mutants.values():
        assert mutant.expected <= names, mutant.id
        assert mutant.clause, mutant.id
        assert mutant.description, mutant.id
        assert any(map(mutant.needs, catalogue.apis)), mutant.id


def test_no_witness_holds_for_a_conforming_server(catalogue: Catalogue) -> None:
    logs = {api.document.stem: run_conforming(api.document, 1).log for api in catalogue.apis}

    held = [
        (mutant.id, api.document.stem)
        for mutant in catalogue.mutants.values()
        for api in catalogue.apis
        if mutant.needs(api) and mutant.witness(api, logs[api.document.stem])
    ]

    assert held == []


def test_mutant_that_never_acts_is_an_error(catalogue: Catalogue) -> None:
    idle = evolve(catalogue.mutants["never_ends"], make=lambda _: unchanged)

    outcome, _ = run_mutant(idle, catalogue.apis[0], 1)

    assert outcome.verdict == "no witness"
    assert not matrix_of([outcome]).is_passed


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_conforming_variant_causes_no_failure(catalogue: Catalogue, name: str) -> None:
    suitable = [api for api in catalogue.apis if VARIANTS[name][1](api)]

    assert run_variant(name, suitable[-1], 1).reported == ()


@pytest.mark.parametrize("name", sorted(FRAMEWORKS))
@pytest.mark.parametrize("seed", [None, 1])
def test_framework_causes_no_failure(name: str, seed: int | None) -> None:
    document = load_tasks()
    with FRAMEWORKS[name]() as url:
        target = make_target(document, url, {"TASKS_TOKEN": TOKEN}, profile="full", writes=True)
        result = verify(target, seed)

    assert [(failure.check, failure.got) for failure in result.failures()] == []
    assert result.status == 0, result.problems


def test_live_and_passive_columns_are_of_what_they_see(catalogue: Catalogue) -> None:
    def columns(name: str) -> tuple[bool, bool]:
        mutant = catalogue.mutants[name]
        api = choose_api(mutant, catalogue.apis, 1)
        assert api is not None
        outcome = run_all_columns(mutant, api, 1)
        return outcome.live, outcome.passive

    assert columns("another_id") == (True, True)
    assert columns("any_credential") == (True, False)
    assert columns("head_fails") == (False, False)


def matrix_of(outcomes: Sequence[Outcome], conforming: Sequence[Outcome] = ()) -> Matrix:
    """Make a matrix with one seed."""
    return Matrix({1: list(outcomes)}, list(conforming), [])


def test_reports_name_survivors_and_false_alarms() -> None:
    killed = Outcome("a", "http", "d", "RFC 1", "<b>", "killed", ("allow",), ("allow",), live=True)
    survived = Outcome("b", "wire", "d", "RFC 2", "x", "survived", ("caching",))
    alarm = Outcome("c", "conforming", "d", reported=("get_job head: 500\x1b",))
    matrix = matrix_of([killed, survived], [alarm])

    assert not matrix.is_passed
    assert "survived: b (d), expected caching, got nothing" in text(matrix)
    assert "false alarm: c: get_job head: 500\\x1b" in text(matrix)
    assert json.loads(as_json(matrix))["seeds"]["1"]["killed_percent"] == 50.0
    assert "&lt;b&gt;" in page(matrix)
    assert matrix_of([killed]).is_passed


def test_worst_seed_counts() -> None:
    killed = Outcome("a", "http", "d", verdict="killed")
    matrix = Matrix({1: [killed], 2: [evolve(killed, verdict="killed otherwise")], 3: [killed]}, [], [])

    assert matrix.worst_seed == 2
    assert [one.verdict for one in matrix.survivors] == ["killed otherwise"]


def test_mutants_of_a_folder_replace_those_of_the_project(tmp_path: Path) -> None:
    shown = (ROOT / "docs/verification.md").read_text(encoding="utf-8")
    source = shown.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "own.py").write_text(source, encoding="utf-8")
    before = list(MUTANTS)
    try:
        found = load_catalogue(ROOT / "openapi", tmp_path)
        outcome, _ = run_mutant(found.mutants["unknown_ids_fail"], found.apis[0], 1)

        assert len(found.mutants) == 1
        assert outcome.verdict == "killed"
    finally:
        MUTANTS[:] = before
    (tmp_path / "own.py").write_text("import no_such_module\n", encoding="utf-8")
    with pytest.raises(MutantError, match=r"own\.py: cannot be imported: ModuleNotFoundError"):
        load_catalogue(ROOT / "openapi", tmp_path)
    with pytest.raises(MutantError, match="expected Python files"):
        load_catalogue(ROOT / "openapi", tmp_path / "empty")


BROKEN = """
from scripts.mutate.mutant import mutant

def refuse(*_):
    raise ValueError("no such field")

@mutant("http", "allow", "a clause", refuse)
def witness_raises(api):
    \"\"\"A mutant whose witness raises.\"\"\"
    return conform

@mutant("http", "allow", "a clause", lambda api, log: True)
def mutation_raises(api):
    \"\"\"A mutant that raises.\"\"\"
    refuse()

@mutant("http", "allow", "a clause", lambda api, log: True, refuse)
def need_raises(api):
    \"\"\"A mutant whose requirement raises.\"\"\"

async def conform(request, serve):
    return await serve(request)
"""


def test_a_mutant_that_raises_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN, encoding="utf-8")
    before = list(MUTANTS)
    try:
        matrix = run_matrix(ROOT / "openapi", tmp_path, [1], 1, lambda _: None)
    finally:
        MUTANTS[:] = before

    assert {one.id: one.verdict for one in matrix.mutants[1]} == dict.fromkeys(
        ("witness_raises", "mutation_raises", "need_raises"), "error"
    )
    assert {one.reported for one in matrix.mutants[1]} == {("ValueError: no such field",)}
    assert "error: witness_raises (" in text(matrix)
    assert not matrix.is_passed


def test_mutants_with_one_name_are_refused(tmp_path: Path) -> None:
    before = list(MUTANTS)
    try:
        for name in ("one.py", "two.py"):
            (tmp_path / name).write_text(BROKEN, encoding="utf-8")
        with pytest.raises(MutantError, match="expected a name of its own for each mutant, got two witness_raises"):
            load_catalogue(ROOT / "openapi", tmp_path)
    finally:
        MUTANTS[:] = before


def test_witnesses_import_nothing_of_the_verification() -> None:
    registering = [name for name in MODULES if name != "MUTANTS"]
    assert len(registering) >= 9
    for name in ("mutant", "messages", "requirements", "schema", *registering):
        tree = ast.parse((ROOT / f"scripts/mutate/{name}.py").read_text(encoding="utf-8"))
        modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not any("verify" in module for module in modules), name


def test_every_document_has_a_mutant(catalogue: Catalogue) -> None:
    def documents(mutant: Mutant) -> set[str]:
        return {api.document.stem for api in apis(catalogue.documents) if mutant.needs(api)}

    schema = [mutant for mutant in catalogue.mutants.values() if mutant.kind == "schema"]
    stems = {api.document.stem for api in catalogue.apis}

    assert {mutant.id.split("_get_")[0].split("_start_")[0].split("_undeploy_")[0] for mutant in schema} == stems
    assert all(documents(catalogue.mutants[name]) for name in SAMPLE)
