"""Interim responses, such as 103 Early Hints, which Python's HTTP client takes for the final ones."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CONTINUE = 100  # skipped by the client itself


@contextmanager
def interim_responses_skipped() -> Iterator[None]:
    """Let `http.client`, which schemathesis uses, skip interim responses, as RFC 9110, 15.2 requires of clients."""
    cls: Any = http.client.HTTPResponse
    read = cls._read_status

    def read_status(response: Any) -> Any:
        while True:
            line = read(response)
            if not CONTINUE < line[1] < 200 or line[1] == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return line
            http.client.parse_headers(response.fp)

    cls._read_status = read_status
    try:
        yield
    finally:
        cls._read_status = read
