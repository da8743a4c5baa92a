"""Requests to the control API and their errors."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen
class ControlRequest:
    """A valid request: its JSON body, path parameters and query parameters."""

    body: Any
    values: Mapping[str, str]
    query: Mapping[str, Any]


class ControlRequestError(Exception):
    """A control request is invalid or not allowed. `status` is the HTTP status of the response."""

    def __init__(self, field: str, reason: str, status: int = 400) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.status = status
