"""A start goes over a connection of its own, once and never again; and a token of an app is valid on a clock behind ours."""

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
from job_status.credentials import AppToken

from .hostile import Behaviour, HostileServer, answer, hostile, reset
from .products import BOTH

STARTED = b'{"modelId":"cm-1","dockStatusId":"ds-1"}'
SECRET = "a-client-secret-that-is-32-bytes-long"
KEYS: dict[str, Any] = {"api_key": "canary-key", "timeout": 2.0}


def good(head: bytes) -> bytes:
    """The answer to a request."""
    name = head.split(b" ")[1].rsplit(b"/", 1)[-1]
    if head.startswith(b"GET"):
        return answer(body=b'{"_id":"' + name + b'","status":"IN_PROGRESS"}')
    return answer(body=STARTED)


def is_read(head: bytes) -> bool:
    return head.startswith(b"GET")


class Limited:
    """Serves a kept connection so many times, and ends it just when the next request comes: its keep-alive limit."""

    def __init__(self, end: Callable[[socket.socket], None], served: int) -> None:
        self.end = end
        self.served = served
        self.counted: dict[int, int] = {}
        self.met: list[bytes] = []

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        """Answers, or ends the connection."""
        number = self.counted[id(connection)] = self.counted.get(id(connection), 0) + 1
        if number > self.served:
            self.met.append(head)
            self.end(connection)
        else:
            connection.sendall(good(head))


def end_cleanly(connection: socket.socket) -> None:
    connection.close()


def end_in_the_middle(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    connection.close()


def end_for_a_timeout(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.close()


ENDS: dict[str, Callable[[socket.socket], None]] = {
    "reset": reset,
    "closed": end_cleanly,
    "closed in a line": end_in_the_middle,
    "closed with a 408": end_for_a_timeout,
}

# What is done before the start: each a list of methods with their argument.
BEFORE: dict[str, list[tuple[str, str]]] = {
    "a read": [("get_dock_status", "ds-0")],
    "three reads": [("get_dock_status", "ds-0")] * 3,
    "a start": [("undeploy_model", "cm-0")],
    "a read and a start": [("get_dock_status", "ds-0"), ("undeploy_model", "cm-0")],
    "a start and a read": [("undeploy_model", "cm-0"), ("get_dock_status", "ds-0")],
    "three starts": [("undeploy_model", "cm-0")] * 3,
}


def use(url: str, asynchronous: bool, calls: list[tuple[str, str]], **options: Any) -> Any:
    """Makes calls with one client, and gives what the last returns."""

    async def awaited() -> Any:
        async with AsyncAIForProcess(url, **{**KEYS, **options}) as api:
            for method, name in calls:
                last = await getattr(api, method)(name)
            return last

    if asynchronous:
        return asyncio.run(awaited())
    with AIForProcess(url, **{**KEYS, **options}) as api:
        for method, name in calls:
            last = getattr(api, method)(name)
        return last


def starts(server: HostileServer) -> int:
    """How many starts have reached a server."""
    return sum(not is_read(head) for head in server.requests)


@pytest.mark.parametrize("method", ["undeploy_model", "undeploy_model_raw"])
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("end", ENDS)
@BOTH
def test_a_start_never_meets_the_end_of_a_kept_connection(
    asynchronous: bool, end: str, before: str, method: str
) -> None:
    limited = Limited(ENDS[end], served=len(BEFORE[before]))
    with hostile(limited) as server:
        started = use(server.url, asynchronous, [*BEFORE[before], (method, "cm-1")])

        assert starts(server) == sum(name == "undeploy_model" for name, _ in BEFORE[before]) + 1

    assert getattr(started, "parsed", started).model_id == "cm-1"
    assert all(is_read(head) for head in limited.met)


@BOTH
def test_a_start_after_a_pause_never_meets_the_closing_of_an_idle_connection(asynchronous: bool) -> None:
    """The server closes what is idle for 50 ms; starts come around that moment."""

    def behave(connection: socket.socket, head: bytes) -> None:
        connection.sendall(good(head))
        connection.settimeout(0.05)

    async def awaited(url: str) -> None:
        async with AsyncAIForProcess(url, **KEYS) as api:
            for pause in range(8):
                await api.get_dock_status("ds-0")
                await asyncio.sleep(0.045 + pause / 800)
                await api.undeploy_model("cm-1")

    def plainly(url: str) -> None:
        with AIForProcess(url, **KEYS) as api:
            for pause in range(8):
                api.get_dock_status("ds-0")
                time.sleep(0.045 + pause / 800)
                api.undeploy_model("cm-1")

    with hostile(behave) as server:
        if asynchronous:
            asyncio.run(awaited(server.url))
        else:
            plainly(server.url)

        assert starts(server) == 8


@pytest.mark.parametrize("reads", [0, 1, 5])
@BOTH
def test_reads_go_on_over_one_connection_beside_a_start(asynchronous: bool, reads: int) -> None:
    calls = [("get_dock_status", "ds-0")] * reads
    with hostile(lambda connection, head: connection.sendall(good(head))) as server:
        use(server.url, asynchronous, [*calls, ("undeploy_model", "cm-1"), *calls])

        assert server.connections == (2 if reads else 1)


def answer_a_read_and_end(end: Callable[[socket.socket], None]) -> Behaviour:
    def behave(connection: socket.socket, head: bytes) -> None:
        if is_read(head):
            connection.sendall(good(head))
        else:
            end(connection)

    return behave


def answer_503(connection: socket.socket) -> None:
    connection.sendall(answer(503, b"{}", "Retry-After: 0"))


def answer_html(connection: socket.socket) -> None:
    connection.sendall(answer(200, b"<html>"))


REFUSALS: dict[str, tuple[Callable[[socket.socket], None], type[Exception]]] = {
    "reset": (reset, TransportError),
    "closed": (end_cleanly, TransportError),
    "closed in a line": (end_in_the_middle, TransportError),
    "a 503": (answer_503, ServerError),
    "a page": (answer_html, UnexpectedResponseError),
}


@pytest.mark.parametrize("before", [0, 1], ids=["first", "after a read"])
@pytest.mark.parametrize("refusal", REFUSALS)
@BOTH
def test_a_start_that_fails_is_not_sent_again(asynchronous: bool, refusal: str, before: int) -> None:
    end, error = REFUSALS[refusal]
    with hostile(answer_a_read_and_end(end)) as server:
        with pytest.raises(error):
            use(server.url, asynchronous, [("get_dock_status", "ds-0")] * before + [("undeploy_model", "cm-1")])

        assert starts(server) == 1


# The token of an app


def minted(**options: Any) -> AppToken:
    """A token of an app."""
    return AppToken("cs-1", SECRET, sub="me", **options)


@pytest.mark.parametrize("behind", [0, 1, 2, 30, 59])
@pytest.mark.parametrize("lifetime", [2, 60, 300, 86_400])
def test_a_token_is_valid_on_a_server_whose_clock_is_behind(
    monkeypatch: pytest.MonkeyPatch, lifetime: float, behind: float
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    claims = jwt.decode(minted(lifetime=lifetime)(), SECRET, algorithms=["HS256"], options={"verify_iat": False})

    assert claims["iat"] <= now - behind
    assert claims["iat"] >= now - 61
    assert now + lifetime - 1 <= claims["exp"] <= now + lifetime


@pytest.mark.parametrize("behind", [2, 30, 59])
def test_a_server_without_leeway_takes_the_token(behind: float) -> None:
    told: list[str] = []

    def behave(connection: socket.socket, head: bytes) -> None:
        line = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"auth:"))
        claims = jwt.decode(line.split(b":", 1)[1].strip(), SECRET, algorithms=["HS256"], options={"verify_iat": False})
        if claims["iat"] > time.time() - behind:
            told.append("not yet valid")
            connection.sendall(answer(401, b'{"errors":[{"msg":"The token is not yet valid","code":4002}]}'))
        else:
            connection.sendall(answer(body=b'{"streamId":"st-1","status":"successful"}'))

    with hostile(behave) as server, AIForService(server.url, jwt=minted(), timeout=2) as api:
        assert api.get_publish_status("st-1").status == "successful"

    assert told == []


def test_claims_of_one_s_own_do_not_bring_the_moment_forward() -> None:
    claims = jwt.decode(minted(claims={"iat": 2**40})(), SECRET, algorithms=["HS256"])

    assert claims["iat"] <= time.time() - 59
