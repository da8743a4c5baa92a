"""`docs/messages.md` lists every message about documents: `UPDATE_GOLDEN=1 python -m pytest tests/test_messages.py`."""

import os

from .conftest import ROOT
from .messages import messages, page

PAGE = ROOT / "docs" / "messages.md"


def test_page_lists_every_message() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(page(), encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page()


def test_messages_are_collected_from_every_place() -> None:
    source = """
def rule():
    message = f"the first {x} of all the messages"
    message += f"; do the {y}"
    yield (1, "paths"), "owner", f"the second {x} of all messages"
    raise ValueError("the third of all the messages")
"""

    assert list(messages(source)) == [
        "the first … of all the messages; do the …",
        "the second … of all messages",
        "the third of all the messages",
    ]
