"""What a simulator was asked last."""

import email.utils
import itertools
from collections import deque
from collections.abc import Iterator

from attrs import frozen

KEPT = 1000  # requests


@frozen
class Entry:
    """A request and how it was answered; `status` is None where the connection was spoiled."""

    number: int
    at: float
    method: str
    target: str
    status: int | None
    faults: tuple[str, ...]


class Journal:
    """The last requests, numbered from 1."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._date = (-1, b"")

    def add(self, at: float, method: str, target: str, status: int | None, faults: tuple[str, ...]) -> None:
        """Notes a request."""
        self._entries.append(Entry(next(self._numbers), at, method, target, status, faults))

    def after(self, number: int) -> Iterator[Entry]:
        """The requests after that number."""
        return (entry for entry in self._entries if entry.number > number)

    def date(self, now: float) -> bytes:
        """The value of the Date header, made once a second."""
        if int(now) != self._date[0]:
            self._date = (int(now), email.utils.formatdate(now, usegmt=True).encode())
        return self._date[1]
