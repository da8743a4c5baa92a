# Generated from scripts/client/sanitize.py by `make generate`; do not edit.

"""Shows text of others: of a server, a proxy, an argument. It stays on its line and does nothing there."""

from typing import Any, Final

LONGEST: Final = 1000  # characters of a message
WORD: Final = 100  # of a state, a code, an id


def shown(text: Any, most: int = LONGEST) -> str:
    """A text with what cannot be seen or encoded escaped, and cut after so many characters.

    What a runner of GitHub Actions would obey is broken: `##[...]` anywhere, `::` at the beginning.
    """
    told = (text if isinstance(text, str) else str(text))[: most + 1]
    if not told.isprintable():
        told = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in told)
    if "##[" in told:
        told = told.replace("##[", "#\\x23[")
    if told.lstrip().startswith("::"):
        told = f"\\x3a{told.lstrip()[1:]}"
    return told if len(told) <= most else f"{told[: most - 3]}..."
