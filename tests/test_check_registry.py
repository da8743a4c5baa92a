"""The registry of checks: each describes itself; checks do not send, and scenarios do not check."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.document import Document
from scripts.verify.checks import CHECKS, Check, applies
from scripts.verify.checks.http_standards import HttpCheck
from scripts.verify.checks.lifecycle import LifecycleCheck
from scripts.verify.checks.registry import ProbeCheck, ResponseCheck, register
from scripts.verify.checks.responses import DocumentedResponseCheck
from scripts.verify.scenarios.edge_cases import EDGE_CASES

from .conftest import ROOT

VERIFY = ROOT / "scripts/verify"


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the modules of the package that a module of one of its subpackages imports from outside the subpackage."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            yield from [node.module] if node.module else [alias.name for alias in node.names]


def test_every_check_describes_itself() -> None:
    names = [check.name for check in CHECKS]

    assert len(names) == len(set(names))
    assert all(check.description and not check.description.endswith(".") for check in CHECKS)
    assert all(sentences.endswith(".") for check in CHECKS for sentences in (check.fix_server, check.fix_document))
    assert {edge_case.check for edge_case in EDGE_CASES} <= set(names)


def test_check_applies_by_its_name(documents: dict[str, Document]) -> None:
    document = documents["ai-for-process"]

    assert applies("start_resolves", document, document.operation("undeploy_model"), full=True)
    assert not applies("start_resolves", document, document.operation("get_dock_status"), full=True)
    assert not applies("head", document, document.operation("get_dock_status"), full=False)


@pytest.mark.parametrize("path", sorted((VERIFY / "checks").glob("*.py")), ids=lambda path: str(path.stem))
def test_checks_neither_send_nor_know_the_session(path: Path) -> None:
    assert set(imported_modules(path)) <= {"exchange", "http_dates", "jobs", "network_errors", "probe", "schemas"}


@pytest.mark.parametrize("path", sorted((VERIFY / "scenarios").glob("*.py")), ids=lambda path: str(path.stem))
def test_scenarios_do_not_check(path: Path) -> None:
    assert not {module.split(".")[0] for module in imported_modules(path)} & {"checks", "observers", "result"}


@pytest.mark.parametrize("kind", [ResponseCheck, ProbeCheck, HttpCheck, LifecycleCheck, DocumentedResponseCheck])
def test_check_that_leaves_a_method_open_cannot_be_registered(kind: type[Check]) -> None:
    before = list(CHECKS)
    unfinished = type("Unfinished", (kind,), {"name": "unfinished", "description": "nothing is checked"})

    with pytest.raises(TypeError, match="abstract method"):
        register(unfinished)

    assert before == CHECKS


def test_registered_checks_are_those_of_the_kind() -> None:
    kinds = (ResponseCheck, ProbeCheck, HttpCheck, LifecycleCheck)

    assert [len(kind.registered()) > 1 for kind in kinds] == [True] * len(kinds)
    assert Check.registered() == CHECKS
    assert {check.name for check in HttpCheck.registered()} < {check.name for check in CHECKS}
