"""Tests that `make verify` passes against the simulator, one test per operation and rule."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.document import load_folder
from scripts.verify.checks import CHECKS, applies
from scripts.verify.coverage import Coverage
from scripts.verify.local_simulator import run_simulator, synthetic_environment
from scripts.verify.result import Result
from scripts.verify.run import verify
from scripts.verify.target import make_target

from .conftest import ROOT

DOCUMENTS = load_folder(ROOT / "openapi")
OPERATIONS = [(document, operation) for document in DOCUMENTS for operation in document.operations]
# Checks of what a server may send and the simulator does not: redirects, and these headers.
UNPROMPTED = {"redirects", "retirement", "retry_after", "validators", "vary"}
RULES_BY_OPERATION = [
    pytest.param(document.stem, operation.id, rule.name, id=f"{document.stem}-{operation.id}-{rule.name}")
    for document, operation in OPERATIONS
    for rule in CHECKS
    if applies(rule.name, document, operation, full=True)
]
OPERATION_IDS = [
    pytest.param(document.stem, operation.id, id=f"{document.stem}-{operation.id}")
    for document, operation in OPERATIONS
]


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Result]]:
    """One verification of a simulator started for the session."""
    environment = synthetic_environment(DOCUMENTS)
    folder: Path = tmp_path_factory.mktemp("verify")
    with run_simulator(ROOT / "openapi", environment, 1, folder) as base:
        targets = [
            make_target(document, f"{base}/{document.stem}", environment, profile="full", writes=True, stepping=True)
            for document in DOCUMENTS
        ]
        yield {each.document.stem: verify(each, seed=1) for each in targets}


@pytest.mark.parametrize(("stem", "operation", "rule"), RULES_BY_OPERATION)
def test_simulator_passes_rule(results: dict[str, Result], stem: str, operation: str, rule: str) -> None:
    tally = results[stem].tally(operation, rule)

    assert tally.failures == []
    assert (tally.checked > 0) != (rule in UNPROMPTED), f"{rule}: {operation} was checked {tally.checked} times"


@pytest.mark.parametrize(("stem", "operation"), OPERATION_IDS)
def test_every_state_is_covered(results: dict[str, Result], stem: str, operation: str) -> None:
    coverage: Coverage = results[stem].coverage[operation]

    assert coverage.accepted >= 3
    assert set(coverage.required_states) <= coverage.seen_states
    assert coverage.required_states


@pytest.mark.parametrize("stem", [document.stem for document in DOCUMENTS])
def test_every_rule_was_checked(results: dict[str, Result], stem: str) -> None:
    assert results[stem].problems == []
    assert results[stem].status == 0
