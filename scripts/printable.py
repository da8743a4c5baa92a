"""Escape and truncate untrusted text: of a server, a document or the environment."""

MAX_LENGTH = 300  # characters


def printable(text: object, max_length: int | None = MAX_LENGTH) -> str:
    """Return the text in one line, with unprintable characters escaped, truncated after `max_length` characters.

    Workflow commands of GitHub Actions are escaped too: `##[...]` anywhere, `::` at the beginning.

    Args:
        text: The text, or an object with a string representation.
        max_length: The limit, in characters; None for no limit.
    """
    shown = text if isinstance(text, str) else str(text)
    if max_length is not None and len(shown) > max_length:
        shown = f"{shown[:max_length]} ... ({len(shown)} characters)"
    if not shown.isprintable():
        shown = "".join(character if character.isprintable() else _escaped(character) for character in shown)
    shown = shown.replace("##[", "#\\x23[")
    head = len(shown) - len(shown.lstrip())
    return f"{shown[:head]}\\x3a{shown[head + 1 :]}" if shown.startswith("::", head) else shown


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
