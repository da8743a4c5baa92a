"""Text of documents as docstrings in source."""

import re
import textwrap

from ..printable import printable


def one_line(text: str) -> str:
    """Return text on one line."""
    return " ".join(text.split())


def paragraphs(text: str) -> str:
    """Return text with each paragraph on one line."""
    return "\n\n".join(map(one_line, text.strip().split("\n\n")))


def docstring(text: str, indent: int = 0) -> str:
    """Return text as an indented docstring, with its paragraphs and sections wrapped.

    Paragraphs and sections are separated by empty lines. A section, such as Args, is a line that ends with a colon,
    followed by a line for each of its rows. Text of a document must be on one line.
    """
    parts = []
    for part in re.split(r"\n(?:[ ]*\n)+", text.strip()):
        head, *rows = map(str.strip, part.split("\n"))
        if head.endswith(":") and rows:
            rows = [textwrap.indent(_filled(row, hanging=True), "    ") for row in rows]
            parts.append("\n".join([head, *rows]))
        else:
            parts.append(head if head.startswith("Source: ") else _filled(part))
    return textwrap.indent(quoted("\n\n".join(parts) + "\n"), " " * indent) + "\n"


def quoted(text: str) -> str:
    """Return text as the literal of a docstring."""
    return f'"""{escaped(text)}"""'


def escaped(text: str) -> str:
    """Return text for a docstring. Nothing in it ends the literal; unprintable characters are escaped."""
    lines = [printable(line, None) if not line.isprintable() else line for line in text.split("\n")]
    return "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")


def _filled(text: str, *, hanging: bool = False) -> str:
    """Return text in lines of at most 100 characters."""
    indent = "    " if hanging else ""
    return textwrap.fill(one_line(text), 100, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
