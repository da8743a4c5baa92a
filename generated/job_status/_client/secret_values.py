# Generated from scripts/client/secret_values.py by `make generate`; do not edit.

"""Secrets that are known by value, however many."""

from __future__ import annotations

import re
from typing import Final

from .encodings import encodings

SHORTEST: Final = 4  # characters of a secret that is redacted wherever it occurs; a shorter one only in its place


class SecretValues:
    """Replaces values in every form in which a message can repeat them.

    The cost of a string depends on its length, not on the number of values. They are found by their first characters,
    and kept as hashes, so that a long one takes no more memory than a short one.
    """

    def __init__(self) -> None:
        self._hashes: set[int] = set()
        self._lengths: dict[str, set[int]] = {}
        self._starts: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """Add a value of at least `SHORTEST` characters."""
        if hash(value) in self._hashes:
            return
        for form in encodings(value):
            self._hashes.add(hash(form))
            self._lengths.setdefault(form[:SHORTEST], set()).add(len(form))
        self._starts = None

    def replace(self, text: str, replacement: str) -> str:
        """Return text with the values replaced, those that overlap by one replacement."""
        if not self._lengths:
            return text
        if self._starts is None:
            self._starts = self._compiled()
        parts: list[str] = []
        written = end = 0
        for found in self._starts.finditer(text):
            at = found.start()
            lengths = self._lengths.get(text[at : at + SHORTEST], ())
            longest = max((one for one in lengths if hash(text[at : at + one]) in self._hashes), default=0)
            if not longest:
                continue
            if at >= end:
                parts += [text[written:at], replacement]
            written = end = max(end, at + longest)
        return "".join([*parts, text[written:]]) if parts else text

    def _compiled(self) -> re.Pattern[str]:
        """Return a pattern of the first two characters of all forms."""
        seconds: dict[str, set[str]] = {}
        for head in self._lengths:
            seconds.setdefault(head[0], set()).add(head[1])
        branches = (f"{re.escape(one)}[{re.escape(''.join(sorted(others)))}]" for one, others in seconds.items())
        return re.compile(f"(?={'|'.join(branches)})")
