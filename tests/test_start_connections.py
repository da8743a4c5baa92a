"""Starts use a new connection and are not retried; app tokens are valid on servers whose clock is behind."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from job_status import (
    AIForProcess,
    AIForService,
    AsyncAIForProcess,
    ServerError,
    TransportError,
    UnexpectedResponseError,
)
from job_status._client.call import Operation
from job_status.credentials import AppToken

from .hostile import Behaviour, HostileServer, hostile, http_response, reset
from .products import AGENT, EACH, requested_id

STARTED = b'{"modelId":"cm-1","dockStatusId":"ds-1"}'
SECRET = "a-client-secret-that-is-32-bytes-long"
KEYS: dict[str, Any] = {"api_key": "canary-key", "timeout": 2.0}


def valid_response(head: bytes) -> bytes:
    """Return the response to a request: a pending dock status, or the response of a start."""
    if head.startswith(b"GET"):
        return http_response(body=AGENT.body(requested_id(head), "IN_PROGRESS"))
    return http_response(body=STARTED)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH", "GET"])
def test_no_method_makes_a_start_repeatable(method: str) -> None:
    assert not Operation("heat", method, (), is_start=True).is_idempotent
    assert Operation("heat", method, (), is_read=True).is_idempotent


def is_get(head: bytes) -> bool:
    return head.startswith(b"GET")


class LimitedKeepAlive:
    """A behaviour that ends a keep-alive connection on the first request after `served` ones."""

    def __init__(self, disconnect: Callable[[socket.socket], None], served: int) -> None:
        self.disconnect = disconnect
        self.served = served
        self.served_counts: dict[int, int] = {}
        self.dropped: list[bytes] = []

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        """Respond, or end the connection."""
        number = self.served_counts[id(connection)] = self.served_counts.get(id(connection), 0) + 1
        if number > self.served:
            self.dropped.append(head)
            self.disconnect(connection)
        else:
            connection.sendall(valid_response(head))


def close(connection: socket.socket) -> None:
    connection.close()


def close_in_status_line(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    connection.close()


def close_with_408(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.close()


DISCONNECTS: dict[str, Callable[[socket.socket], None]] = {
    "reset": reset,
    "closed": close,
    "closed in status line": close_in_status_line,
    "closed with 408": close_with_408,
}

# Calls before the start, as methods with their argument.
EARLIER_CALLS: dict[str, list[tuple[str, str]]] = {
    "read": [("get_dock_status", "ds-0")],
    "three reads": [("get_dock_status", "ds-0")] * 3,
    "start": [("undeploy_model", "cm-0")],
    "read, start": [("get_dock_status", "ds-0"), ("undeploy_model", "cm-0")],
    "start, read": [("undeploy_model", "cm-0"), ("get_dock_status", "ds-0")],
    "three starts": [("undeploy_model", "cm-0")] * 3,
}


def make_calls(url: str, asynchronous: bool, calls: list[tuple[str, str]], **options: Any) -> Any:
    """Make calls with one client; return the result of the last."""

    async def call_async() -> Any:
        async with AsyncAIForProcess(url, **{**KEYS, **options}) as api:
            for method, name in calls:
                last = await getattr(api, method)(name)
            return last

    if asynchronous:
        return asyncio.run(call_async())
    with AIForProcess(url, **{**KEYS, **options}) as api:
        for method, name in calls:
            last = getattr(api, method)(name)
        return last


def count_starts(server: HostileServer) -> int:
    """Return the number of starts that reached a server."""
    return sum(not is_get(head) for head in server.requests)


@pytest.mark.parametrize("method", ["undeploy_model", "undeploy_model_raw"])
@pytest.mark.parametrize("earlier", EARLIER_CALLS)
@pytest.mark.parametrize("disconnect", DISCONNECTS)
@EACH
def test_start_does_not_reuse_a_connection_that_the_server_drops(
    asynchronous: bool, disconnect: str, earlier: str, method: str
) -> None:
    keep_alive = LimitedKeepAlive(DISCONNECTS[disconnect], served=len(EARLIER_CALLS[earlier]))
    with hostile(keep_alive) as server:
        started = make_calls(server.url, asynchronous, [*EARLIER_CALLS[earlier], (method, "cm-1")])

        assert count_starts(server) == sum(name == "undeploy_model" for name, _ in EARLIER_CALLS[earlier]) + 1

    assert getattr(started, "parsed", started).model_id == "cm-1"
    assert all(is_get(head) for head in keep_alive.dropped)


@EACH
def test_start_does_not_reuse_an_idle_connection(asynchronous: bool) -> None:
    """The server closes connections that are idle for 50 ms; starts are sent around that time."""

    def behave(connection: socket.socket, head: bytes) -> None:
        connection.sendall(valid_response(head))
        connection.settimeout(0.05)

    async def call_async(url: str) -> None:
        async with AsyncAIForProcess(url, **KEYS) as api:
            for pause in range(8):
                await api.get_dock_status("ds-0")
                await asyncio.sleep(0.045 + pause / 800)
                await api.undeploy_model("cm-1")

    def call_sync(url: str) -> None:
        with AIForProcess(url, **KEYS) as api:
            for pause in range(8):
                api.get_dock_status("ds-0")
                time.sleep(0.045 + pause / 800)
                api.undeploy_model("cm-1")

    with hostile(behave) as server:
        if asynchronous:
            asyncio.run(call_async(server.url))
        else:
            call_sync(server.url)

        assert count_starts(server) == 8


@pytest.mark.parametrize("reads", [0, 1, 5])
@EACH
def test_reads_share_one_connection_apart_from_the_start(asynchronous: bool, reads: int) -> None:
    calls = [("get_dock_status", "ds-0")] * reads
    with hostile(lambda connection, head: connection.sendall(valid_response(head))) as server:
        make_calls(server.url, asynchronous, [*calls, ("undeploy_model", "cm-1"), *calls])

        assert server.connections == (2 if reads else 1)


def fail_starts(fail: Callable[[socket.socket], None]) -> Behaviour:
    """Return a behaviour that responds to GET requests, and calls `fail` for starts."""

    def behave(connection: socket.socket, head: bytes) -> None:
        if is_get(head):
            connection.sendall(valid_response(head))
        else:
            fail(connection)

    return behave


def respond_503(connection: socket.socket) -> None:
    connection.sendall(http_response(503, b"{}", "Retry-After: 0"))


def respond_html(connection: socket.socket) -> None:
    connection.sendall(http_response(200, b"<html>"))


FAILURES: dict[str, tuple[Callable[[socket.socket], None], type[Exception]]] = {
    "reset": (reset, TransportError),
    "closed": (close, TransportError),
    "closed in status line": (close_in_status_line, TransportError),
    "503": (respond_503, ServerError),
    "html": (respond_html, UnexpectedResponseError),
}


@pytest.mark.parametrize("earlier", [0, 1], ids=["first request", "after a read"])
@pytest.mark.parametrize("failure", FAILURES)
@EACH
def test_failed_start_is_not_retried(asynchronous: bool, failure: str, earlier: int) -> None:
    fail, error = FAILURES[failure]
    with hostile(fail_starts(fail)) as server:
        with pytest.raises(error):
            make_calls(server.url, asynchronous, [("get_dock_status", "ds-0")] * earlier + [("undeploy_model", "cm-1")])

        assert count_starts(server) == 1


# App tokens


def app_token(**options: Any) -> AppToken:
    """Return an app token."""
    return AppToken("cs-1", SECRET, sub="me", **options)


@pytest.mark.parametrize("behind_seconds", [0, 1, 2, 30, 59])
@pytest.mark.parametrize("lifetime", [2, 60, 300, 86_400])
def test_token_times_allow_for_server_clock_behind(
    monkeypatch: pytest.MonkeyPatch, lifetime: float, behind_seconds: float
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    claims = jwt.decode(app_token(lifetime=lifetime)(), SECRET, algorithms=["HS256"], options={"verify_iat": False})

    assert claims["iat"] <= now - behind_seconds
    assert claims["iat"] >= now - 61
    assert now + lifetime - 1 <= claims["exp"] <= now + lifetime


@pytest.mark.parametrize("behind_seconds", [2, 30, 59])
def test_token_is_accepted_by_server_without_leeway(behind_seconds: float) -> None:
    rejections: list[str] = []

    def behave(connection: socket.socket, head: bytes) -> None:
        line = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"auth:"))
        claims = jwt.decode(line.split(b":", 1)[1].strip(), SECRET, algorithms=["HS256"], options={"verify_iat": False})
        if claims["iat"] > time.time() - behind_seconds:
            rejections.append("not yet valid")
            connection.sendall(http_response(401, b'{"errors":[{"msg":"The token is not yet valid","code":4002}]}'))
        else:
            connection.sendall(http_response(body=b'{"streamId":"st-1","status":"successful"}'))

    with hostile(behave) as server, AIForService(server.url, jwt=app_token(), timeout=2) as api:
        assert api.get_publish_status("st-1").status == "successful"

    assert rejections == []


def test_custom_claims_cannot_set_a_later_iat() -> None:
    claims = jwt.decode(app_token(claims={"iat": 2**40})(), SECRET, algorithms=["HS256"])

    assert claims["iat"] <= time.time() - 59
