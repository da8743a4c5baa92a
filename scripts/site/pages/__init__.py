"""What is written by hand: the front page, and the introductions of the pages that are written from code."""

from importlib.resources import files


def introduction(name: str) -> str:
    """Return the text at the top of a page."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
