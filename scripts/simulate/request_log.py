"""The most recent requests to a simulator, without their credentials."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TextIO

from attrs import frozen
from starlette.types import Scope

from ..document import Kind
from .faults import Fault
from .redaction import Redactor

MAX_REQUESTS = 1000


@frozen
class LoggedRequest:
    """A request and its outcome, with `status=None` if the connection was closed without a complete response."""

    number: int
    at: float
    method: str
    target: str
    status: int | None
    faults: tuple[str, ...]


class RequestLog:
    """The most recent requests, numbered from 1.

    Args:
        redactor: removes credentials from the targets.
        file: a file to write one line per request to, or None.
    """

    def __init__(self, redactor: Redactor, file: TextIO | None) -> None:
        self._redactor = redactor
        self._file = file
        self._requests: deque[LoggedRequest] = deque(maxlen=MAX_REQUESTS)
        self._numbers = itertools.count(1)

    @property
    def has_file(self) -> bool:
        """Whether the requests are written to a file, with the kinds of the states of jobs."""
        return self._file is not None

    def add(
        self, at: float, scope: Scope, status: int | None, faults: Iterable[Fault], kind: Kind | None = None
    ) -> None:
        """Append a request; `kind` is that of the state of a job that the response reports."""
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        target = self._redactor.redact_values(self._redactor.redact_names(path, query))
        kinds = tuple(fault.kind for fault in faults)
        self._requests.append(LoggedRequest(next(self._numbers), at, scope["method"], target, status, kinds))
        if self._file is not None:
            print(scope["method"], target, status or "-", f"{at:.3f}", kind or "-", file=self._file, flush=True)

    def __len__(self) -> int:
        """Return the number of requests that it has."""
        return len(self._requests)

    @property
    def last(self) -> int:
        """The number of the last request, 0 without any."""
        return self._requests[-1].number if self._requests else 0

    def after(self, number: int) -> Iterator[LoggedRequest]:
        """Yield the requests with a higher number."""
        return (request for request in self._requests if request.number > number)
