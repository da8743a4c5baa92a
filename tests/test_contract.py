"""The properties of `make verify`, one test per operation and rule."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.document import load_folder
from scripts.verify.coverage import Coverage
from scripts.verify.hosted import made_up_environment, simulator
from scripts.verify.result import Result
from scripts.verify.rules import RULES, applies
from scripts.verify.run import verify
from scripts.verify.target import target

from .conftest import ROOT

DOCUMENTS = load_folder(ROOT / "openapi")
OPERATIONS = [(document, operation) for document in DOCUMENTS for operation in document.operations]
JUDGED = [
    pytest.param(document.stem, operation.id, rule.name, id=f"{document.stem}-{operation.id}-{rule.name}")
    for document, operation in OPERATIONS
    for rule in RULES
    if applies(rule.name, document, operation, full=True)
]
EACH = [
    pytest.param(document.stem, operation.id, id=f"{document.stem}-{operation.id}")
    for document, operation in OPERATIONS
]


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Result]]:
    """One verification of a simulator started for the session."""
    environment = made_up_environment(DOCUMENTS)
    folder: Path = tmp_path_factory.mktemp("verify")
    with simulator(ROOT / "openapi", environment, 1, folder) as base:
        targets = [
            target(document, f"{base}/{document.stem}", environment, profile="full", writes=True, stepping=True)
            for document in DOCUMENTS
        ]
        yield {aimed.document.stem: verify(aimed, seed=1) for aimed in targets}


@pytest.mark.parametrize(("stem", "operation", "rule"), JUDGED)
def test_the_simulator_keeps(results: dict[str, Result], stem: str, operation: str, rule: str) -> None:
    tally = results[stem].tally(operation, rule)

    assert tally.failures == []
    assert tally.judged > 0, f"{rule} applies to {operation} and was never judged"


@pytest.mark.parametrize(("stem", "operation"), EACH)
def test_every_word_of_the_state_is_seen(results: dict[str, Result], stem: str, operation: str) -> None:
    coverage: Coverage = results[stem].coverage[operation]

    assert coverage.accepted >= 3
    assert set(coverage.required_words) <= coverage.seen_words
    assert coverage.required_words


@pytest.mark.parametrize("stem", [document.stem for document in DOCUMENTS])
def test_nothing_was_left_unjudged(results: dict[str, Result], stem: str) -> None:
    assert results[stem].problems == []
    assert results[stem].status == 0
