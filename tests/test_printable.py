"""Text of others is shown on its line, cut, and does nothing there."""

import sys

import pytest

from scripts.printable import SHOWN, printable

TEXTS = [
    *(
        chr(code)
        for code in (*range(32), *range(127, 160), 0xAD, 0x200B, 0x200E, 0x202A, 0x202E, 0x2028, 0x2066, 0x2069)
    ),
    *(chr(code) for code in (0xD800, 0xDFFF, 0xFEFF, 0xFFF9, 0xE0001, 0xFFFF, 0x10FFFF)),
    "\x1b[2J\x1b[31mred",
    "line\r\n::error::forged",
    "::error::forged",
    "  ::set-output name=a::b",
    "##[add-mask]a",
    "some ##[command] inside",
    "tab\tand\x00nul",
    "x" * 10_000,
]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_every_text_is_inert(text: str) -> None:
    shown = printable(text)

    assert shown.isprintable()
    shown.encode()
    assert "##[" not in shown
    assert not shown.lstrip().startswith("::")
    assert len(shown) < SHOWN * 12


def test_every_letter_there_is_can_be_printed() -> None:
    assert all(printable(chr(code)).isprintable() for code in range(sys.maxunicode + 1))


@pytest.mark.parametrize("text", ["", "plain", "Jürgen", "日本語", "a::b", "# [x]", "😀"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert printable(text) == text
