"""Text for GitHub, in which untrusted text has no effect: workflow commands of its runner, and cells of tables."""

from typing import Final

from .printable import printable

# A backslash before a character that is escaped would undo that.
MARKDOWN: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", "\\": "&#92;", "|": "\\|", "@": "@\u200b", **{one: f"\\{one}" for one in "`*_[]#"}}
)


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
    return printable(text, None).translate(MARKDOWN)
