"""The tests take the paths of the project's documents from the documents."""

import re

import pytest

from .conftest import ROOT
from .paths import PARAMETER, TEMPLATES, id_in, operation_in, path_of, simulated_path

# Segments that other APIs and JSON pointers have too, apart from versions.
COMMON = re.compile(r"api|jobs|models|runs|state|status|tasks|v?[\d.]*")
# Files and folders about what one vendor has, which its document alone does not describe.
OF_A_VENDOR = {
    "live": "the other operations of OpenSearch, which create and delete workflows",
    "test_live.py": "the same, simulated",
    "test_documents.py": "what the pages of the vendors print",
    "test_recordings_simulated.py": "recorded requests to OpenSearch, of any operation",
}


def segments(template: str) -> set[str]:
    """Return the fixed segments of a path that only its own API has."""
    return {segment for segment in PARAMETER.sub("", template).split("/") if not COMMON.fullmatch(segment)}


FIXED = set().union(*map(segments, TEMPLATES.values()))
BY_HAND = re.compile(rf"(?<!/)/({'|'.join(map(re.escape, sorted(FIXED)))})(?![\w-])")


def test_no_test_has_a_path_by_hand() -> None:
    found = [
        f"{file}:{number}: {line.strip()}"
        for file in (ROOT / "tests").rglob("*.py")
        if file.relative_to(ROOT / "tests").parts[0] not in OF_A_VENDOR
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if BY_HAND.search(line)
    ]

    assert found == [], "take the path from tests/paths.py"


@pytest.mark.parametrize(("stem", "operation"), TEMPLATES)
def test_path_is_filled_and_recognized(stem: str, operation: str) -> None:
    template = path_of(stem, operation)
    values = ["a/b ü"] * len(PARAMETER.findall(template))

    assert BY_HAND.search(template) or not segments(template)
    assert (operation_in(template), operation_in(f"{template}/more")) == (operation, "")
    for target in (path_of(stem, operation, *values), f"{simulated_path(stem, operation, *values)}/?x=1".encode()):
        assert operation_in(target) == operation
        assert not values or id_in(target) == values[-1]
        assert PARAMETER.sub("a%2Fb%20%C3%BC", template) in str(target)
