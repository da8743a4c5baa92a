"""Shows text of others: of a server, a document, the environment. It stays on its line and does nothing there."""

SHOWN = 300  # characters


def printable(text: object, most: int | None = SHOWN) -> str:
    """A text with what cannot be seen or encoded escaped, cut after so many characters; None leaves its length.

    What a runner of GitHub Actions would obey is broken: `##[...]` anywhere, `::` at the beginning.
    """
    shown = text if isinstance(text, str) else str(text)
    if most is not None and len(shown) > most:
        shown = f"{shown[:most]} ... ({len(shown)} characters)"
    if not shown.isprintable():
        shown = "".join(letter if letter.isprintable() else _escaped(letter) for letter in shown)
    shown = shown.replace("##[", "#\\x23[")
    head = len(shown) - len(shown.lstrip())
    return f"{shown[:head]}\\x3a{shown[head + 1 :]}" if shown.startswith("::", head) else shown


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
