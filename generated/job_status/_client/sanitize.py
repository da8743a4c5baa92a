# Generated from scripts/client/sanitize.py by `make generate`; do not edit.

"""Display of untrusted text: from a server, a proxy or an argument. It stays on one line and has no effect there."""

from typing import Any, Final

MAX_MESSAGE: Final = 1000  # characters
MAX_TOKEN: Final = 100  # characters of a state, a code or an id


def sanitize(text: Any, limit: int = MAX_MESSAGE) -> str:
    """Return text with unprintable characters escaped, truncated to `limit` characters.

    Workflow commands of a GitHub Actions runner are broken up: `##[...]` anywhere, `::` at the beginning.
    """
    shown = (text if isinstance(text, str) else str(text))[: limit + 1]
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    if "##[" in shown:
        shown = shown.replace("##[", "#\\x23[")
    if shown.lstrip().startswith("::"):
        shown = f"\\x3a{shown.lstrip()[1:]}"
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


def describe(value: Any) -> str:
    """Return the short repr of an argument, or its type if it has no usable repr."""
    try:
        return sanitize(repr(value), 60)
    except Exception:  # an object of another library may raise anything
        return type(value).__name__
