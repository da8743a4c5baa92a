"""A request that was sent and what came back."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import define

from ..document import MISSING, Operation, Response


@define(slots=False, frozen=True)
class Exchange:
    """One request and its answer. `status` is None where none came, and `error` then says why.

    Header names are in lower case. `at` is the moment at which it was sent, in seconds since 1970; `content` what was
    sent, `body` what came back.
    """

    operation_id: str
    method: str
    url: str
    request_headers: Mapping[str, str]
    status: int | None
    headers: Mapping[str, str]
    body: bytes
    elapsed: float
    error: str = ""
    at: float = 0.0
    content: bytes = b""

    @property
    def is_accepted(self) -> bool:
        """Whether the answer is a 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """The content type of the answer without its parameters, in lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or `MISSING` where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return MISSING


def documented(operation: Operation, status: int) -> Response | None:
    """The documented answer for a status, exact before range."""
    exact = next((response for response in operation.responses if response.status == str(status)), None)
    return exact or next((r for r in operation.responses if r.status.upper() == f"{status // 100}XX"), None)
