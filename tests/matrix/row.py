"""A row of the matrix: a feature, the document that has it, and what is expected."""

import json
import re
import zlib
from collections.abc import Callable
from typing import Any, Final

import yaml
from attrs import field, frozen

from .document import Change, apply, base_document

MAX_SECONDS: Final = 20.0  # for a refusal


def to_yaml(document: Any) -> str:
    """Write a document as YAML."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=200)


@frozen(eq=False)
class Row:
    """One document, which is the base document with changes.

    Attributes:
        name: the feature, which becomes the file stem and the title.
        changes: what is changed in the base document.
        refused: a part of the message with which `lint` refuses the document; empty if everything works.
        at: a part of the line that the refusal names.
        warned: a part of a warning of `lint` about the document; empty if none is expected.
        encode: makes the content of the file from the document; None for JSON or YAML, by the suffix.
        suffix: of the file name.
        overlay: the text of the overlay file, empty for none.
        isolated: run `lint` in a process of limited time and memory.
        names: generated names that the client must have, such as `start_job`.
    """

    name: str
    changes: tuple[Change, ...] = ()
    refused: str = ""
    at: str = ""
    warned: str = ""
    encode: Callable[[dict[str, Any]], str | bytes] | None = None
    suffix: str = ".yaml"
    overlay: str = ""
    isolated: bool = False
    names: tuple[str, ...] = ()
    group: str = field(default="", kw_only=True)

    @property
    def stem(self) -> str:
        """The file stem of the document: the name in lower case, with dashes, and distinct."""
        plain = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        stem = plain if re.fullmatch(r"[a-z0-9 ]+", self.name) else f"{plain}-{zlib.crc32(self.name.encode()):x}"
        return f"with-{stem}" if stem[0].isdecimal() else stem

    @property
    def package(self) -> str:
        """The Python package of the document."""
        return self.stem.replace("-", "_")

    def content(self) -> bytes:
        """Return the content of the document's file."""
        document = base_document()
        document["info"]["title"] = self.stem.replace("-", " ")
        encode = self.encode or (json.dumps if self.suffix == ".json" else to_yaml)
        made = encode(apply(document, self.changes))
        return made if isinstance(made, bytes) else made.encode()


def works(name: str, *changes: Change, **options: Any) -> Row:
    """Return a row that goes the whole way."""
    return Row(name, changes, **options)


def refused(name: str, message: str, *changes: Change, **options: Any) -> Row:
    """Return a row that `lint` refuses with a message that contains a string."""
    return Row(name, changes, message, **options)
