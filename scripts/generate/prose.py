"""Puts text of documents into source, where it stays text."""

import textwrap
from collections.abc import Sequence

from ..printable import printable


def sentence(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def docstring(title: str, text: str = "", sections: Sequence[tuple[str, str]] = (), url: str = "") -> str:
    """A docstring of a title, paragraphs, sections such as Args, and its source."""
    parts = [filled(title)]
    if text:
        parts.append("\n\n".join(filled(paragraph) for paragraph in text.strip().split("\n\n")))
    for name, body in sections:
        if body:
            rows = "\n".join(filled(row, hanging=True) for row in body.splitlines())
            parts.append(f"{name}:\n{indented(rows)}")
    if url:
        parts.append(f"Source: {url}")
    return quoted("\n\n".join(parts) + "\n")


def quoted(text: str) -> str:
    """A text as the literal of a docstring. Nothing in it ends the literal, and what cannot be seen is escaped."""
    lines = [printable(line, None) if not line.isprintable() else line for line in text.split("\n")]
    inside = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{inside}"""'


def filled(text: str, *, hanging: bool = False) -> str:
    """A text in lines of 100 characters."""
    options = {"width": 100, "break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(" ".join(text.split()), subsequent_indent="    " if hanging else "", **options)  # type: ignore[arg-type]


def indented(text: str, spaces: int = 4) -> str:
    """A text with every line indented."""
    return textwrap.indent(text.rstrip("\n"), " " * spaces)
