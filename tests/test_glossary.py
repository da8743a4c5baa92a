"""Source, documentation and documents use the field's words: see `glossary.txt`."""

import pytest

from . import glossary

GLOSSARY = glossary.read()
FOLDERS = ("scripts", "generated", "docs", "openapi", "tests")
PAGES = ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml")


@pytest.mark.parametrize("root", [*FOLDERS, *PAGES])
def test_listed_words_are_not_used(root: str) -> None:
    files = glossary.files(root)
    found = [str(finding) for path in files for finding in glossary.findings(path, GLOSSARY)]

    assert files, root
    assert found == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def told(x): ...", ["told"]),
        ("class UnexpectedAnswer: ...", ["Answer"]),
        ("x = 'no answer in time'", ["answer"]),
        ("# It is none\n# of them.", ["is none of"]),
        ('"""What the server\n\nhas answered."""', ["answered"]),
        ("test_it_goes_on = 1", ["goes_on"]),
        ("# a lifecycle, a listener, a keyword, a restful API", []),
        ("x = 'text/plain'", []),
    ],
)
def test_words_are_found_in_identifiers_strings_and_comments(text: str, expected: list[str]) -> None:
    found = glossary.findings_in(glossary.ROOT / "example.py", text, GLOSSARY)

    assert [finding.found.replace("\n", " ") for finding in found] == expected


def test_vendor_data_of_a_document_is_not_searched() -> None:
    text = "description: The answer.\nexample:\n  message: no answer\nvalue: answer\nsummary: told\n"

    found = list(glossary.findings_in(glossary.ROOT / "example.yaml", text, GLOSSARY))
    assert [(finding.line, finding.found) for finding in found] == [(1, "answer"), (5, "told")]


def test_every_entry_says_what_to_use() -> None:
    assert len(GLOSSARY.forms) > 150
    assert all(GLOSSARY.forms.values())
