"""Untrusted text is escaped and truncated."""

import sys

import pytest

from scripts.printable import MAX_LENGTH, printable

UNSAFE = [
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


@pytest.mark.parametrize("text", UNSAFE, ids=ascii)
def test_unsafe_text_is_escaped_and_truncated(text: str) -> None:
    shown = printable(text)

    assert shown.isprintable()
    shown.encode()
    assert "##[" not in shown
    assert not shown.lstrip().startswith("::")
    assert len(shown) < MAX_LENGTH * 12


def test_every_code_point_is_printable() -> None:
    assert all(printable(chr(code)).isprintable() for code in range(sys.maxunicode + 1))


@pytest.mark.parametrize("text", ["", "plain", "Jürgen", "日本語", "a::b", "# [x]", "😀"])
def test_harmless_text_is_unchanged(text: str) -> None:
    assert printable(text) == text
