"""Text for GitHub, in which untrusted text has no effect: workflow commands of its runner, and cells of tables."""

from .printable import printable


def annotation(level: str, message: str, *, title: str, file: str = "", line: int = 0) -> str:
    """Return the workflow command that annotates a line of a file, or the run if no file is given.

    Args:
        level: `error`, `warning` or `notice`.
        message: The message.
        title: The title.
        file: The path of the file, relative to the repository.
        line: The line, counted from 1.
    """
    place = f"file={_property(file)},line={line}," if file else ""
    return f"::{level} {place}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return printable(text, None).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown_cell(text: str) -> str:
    """Return a string that Markdown shows as it is, in one cell of a table, and that mentions nobody."""
    shown = printable(text, None).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("@", "@\u200b")
    return "".join(f"\\{character}" if character in "`*_[]#" else character for character in shown)
