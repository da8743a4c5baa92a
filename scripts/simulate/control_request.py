"""Requests to the control API and their errors."""

import asyncio
from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen
class ControlRequest:
    """A valid request: its JSON body, path parameters and query parameters.

    Attributes:
        last_event_id: the id of the event up to which the client knows what has happened, empty if it knows nothing.
        stopping: is set when the server stops.
    """

    body: Any
    values: Mapping[str, str]
    query: Mapping[str, Any]
    last_event_id: str
    stopping: asyncio.Event


class ControlRequestError(Exception):
    """A control request is invalid or not allowed. `status` is the HTTP status of the response."""

    def __init__(self, field: str, reason: str, status: int = 400) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.status = status
