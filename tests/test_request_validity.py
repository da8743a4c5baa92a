"""A malformed request that a web server before the API rejects shows nothing about the API."""

import pytest

from scripts.document import Document
from scripts.verify.checks.request_validity import is_rejected_by_web_server
from scripts.verify.exchange import Exchange

from .paths import simulated_path

URL = "http://127.0.0.1:8080" + simulated_path("agent-platform", "get_dock_status", "ds-1")


def rejected(headers: dict[str, str], documents: dict[str, Document], url: str = URL, status: int = 400) -> bool:
    """Return whether a text/plain response with a status counts as that of a web server."""
    operation = documents["agent-platform"].operation("get_dock_status")
    body = b"Invalid HTTP request received."
    exchange = Exchange(operation.id, "GET", url, headers, status, {"content-type": "text/plain"}, body, 0.1)
    return is_rejected_by_web_server(operation, exchange)


@pytest.mark.parametrize(
    "headers",
    [
        {"transfer-encoding": "K;2\tX"},
        {"Transfer-Encoding": ""},
        {"Content-Length": "-1"},
        {"content-length": "1, 2"},
        {"Host": "another.example"},
        {"x": "a\x01b"},
        {"x": "a" * 2001},
    ],
    ids=repr,
)
def test_malformed_header_is_that_of_the_web_server(headers: dict[str, str], documents: dict[str, Document]) -> None:
    assert rejected(headers, documents)
    assert not rejected(headers, documents, status=200)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "wrong"},
        {"Transfer-Encoding": "Chunked"},
        {"Content-Length": "0", "Host": "127.0.0.1:8080", "Connection": "keep-alive"},
    ],
    ids=repr,
)
def test_well_formed_request_is_that_of_the_api(headers: dict[str, str], documents: dict[str, Document]) -> None:
    assert not rejected(headers, documents)


@pytest.mark.parametrize("suffix", ["%00", "%0d%0a", "%FF", "?a=" + "b" * 2000, "|"])
def test_malformed_target_is_that_of_the_web_server(suffix: str, documents: dict[str, Document]) -> None:
    assert rejected({}, documents, URL + suffix)
