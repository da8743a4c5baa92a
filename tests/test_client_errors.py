"""Whatever a server or network does, a call ends within its time, in one family of errors."""

import asyncio
import gzip
import io
import json
import pickle
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from job_status import (
    AgentPlatform,
    ApiError,
    AsyncAgentPlatform,
    CallError,
    ForbiddenError,
    InvalidArgumentError,
    JobStatusError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    UnauthorizedError,
    UnexpectedResponseError,
)
from job_status.agent_platform.models import DockStatus

from .hostile import BODY, Behaviour, always, answer, hostile, reset

TIMEOUT = 0.6  # seconds a call may take here
SLACK = 1.5  # seconds this machine may be late
Run = Callable[..., DockStatus]


def sync_call(url: str, identifier: str = "ds-1", **options: Any) -> DockStatus:
    """One sync call with a client of its own."""
    with AgentPlatform(url, api_key="canary-key", **{"timeout": TIMEOUT, "max_retries": 0, **options}) as api:
        return api.get_dock_status(identifier)


def async_call(url: str, identifier: str = "ds-1", **options: Any) -> DockStatus:
    """One async call with a client of its own."""

    async def call() -> DockStatus:
        async with AsyncAgentPlatform(
            url, api_key="canary-key", **{"timeout": TIMEOUT, "max_retries": 0, **options}
        ) as api:
            return await api.get_dock_status(identifier)

    return asyncio.run(call())


BOTH = pytest.mark.parametrize("run", [sync_call, async_call], ids=["sync", "async"])


def trickle(head: bytes, endless: bytes, pause: float = 0.05) -> Behaviour:
    """Sends a head at once and then a few bytes now and then, for ever."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(endless)
            time.sleep(pause)

    return behave


def silence(connection: socket.socket, _: bytes) -> None:
    time.sleep(5)


def reset_at_once(connection: socket.socket, _: bytes) -> None:
    reset(connection)


def reset_in_the_body(connection: socket.socket, _: bytes) -> None:
    connection.sendall(answer()[:-20])
    time.sleep(0.05)
    reset(connection)


def close_at_once(connection: socket.socket, _: bytes) -> None:
    connection.close()


def endless_chunks(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    for _round in range(400):
        connection.sendall(block)


def bomb() -> bytes:
    """64 MB of blanks, packed to some 60 kB."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as out:
        for _ in range(64):
            out.write(b" " * (1 << 20))
    return packed.getvalue()


def encoded(body: bytes, encoding: str) -> bytes:
    return answer(200, body, f"Content-Encoding: {encoding}")


# Each fault: what the server does, and the error that a call ends in.
FAULTS: dict[str, tuple[Behaviour, type[CallError]]] = {
    "truncated JSON": (always(answer(body=BODY[:-9])), UnexpectedResponseError),
    "a list": (always(answer(body=b"[" + BODY + b"]")), UnexpectedResponseError),
    "null": (always(answer(body=b"null")), UnexpectedResponseError),
    "a string": (always(answer(body=b'"SUCCESS"')), UnexpectedResponseError),
    "a number": (always(answer(body=b"17")), UnexpectedResponseError),
    "an empty object": (always(answer(body=b"{}")), UnexpectedResponseError),
    "no state": (always(answer(body=b'{"_id": "ds-1"}')), UnexpectedResponseError),
    "an object in place of a list": (
        always(answer(body=b'{"_id": "ds-1", "status": "SUCCESS", "response": [1]}')),
        UnexpectedResponseError,
    ),
    "an empty body": (always(answer(body=b"")), UnexpectedResponseError),
    "an HTML page": (always(answer(body=b"<html>hello</html>", content_type="text/html")), UnexpectedResponseError),
    "bytes of no text": (always(answer(body=b"\xff\xfe\x00\x01" * 20)), UnexpectedResponseError),
    "nesting without end": (always(answer(body=b'{"_id":' * 200_000)), UnexpectedResponseError),
    "a deep list": (
        always(answer(body=b'{"_id":"d","status":' + b"[" * 100_000 + b"]" * 100_000 + b"}")),
        UnexpectedResponseError,
    ),
    "gzip that is none": (always(encoded(BODY, "gzip")), UnexpectedResponseError),
    "gzip cut short": (always(encoded(gzip.compress(BODY)[:-12], "gzip")), UnexpectedResponseError),
    "a gzip bomb": (always(encoded(bomb(), "gzip")), UnexpectedResponseError),
    "an encoding nobody asked for": (always(encoded(BODY, "br")), UnexpectedResponseError),
    "a body over the limit, announced": (
        always(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{"),
        UnexpectedResponseError,
    ),
    "a body over the limit, in chunks": (endless_chunks, UnexpectedResponseError),
    "encodings without end": (always(encoded(BODY, ", ".join(["gzip"] * 3000))), UnexpectedResponseError),
    "more after a compressed body": (
        always(encoded(gzip.compress(BODY) + b"x" * 9000, "gzip")),
        UnexpectedResponseError,
    ),
    "no content": (always(b"HTTP/1.1 204 No Content\r\n\r\n"), UnexpectedResponseError),
    "a redirect": (always(answer(302, b"", "Location: http://elsewhere.example/")), UnexpectedResponseError),
    "a redirect to nowhere": (always(answer(301, b"")), UnexpectedResponseError),
    "a reset": (reset_at_once, TransportError),
    "a reset in the body": (reset_in_the_body, TransportError),
    "a connection closed at once": (close_at_once, TransportError),
    "a body cut short": (always(answer()[:-5], then_close=True), TransportError),
    "no HTTP": (always(b"220 ready for mail\r\n", then_close=True), TransportError),
    "an endless status line": (always(b"HTTP/1.1 200 " + b"x" * 300_000, then_close=True), TransportError),
    "endless headers": (always(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 60_000, then_close=True), TransportError),
    "a broken chunk": (always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"), TransportError),
    "two lengths": (always(answer(200, BODY, "Content-Length: 3")), TransportError),
    "no answer in time": (silence, TransportError),
    "headers that trickle": (trickle(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"), TransportError),
    "a header that trickles": (trickle(b"HTTP/1.1 200 OK\r\nx: ", b"y"), TransportError),
    "a body that trickles": (trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b" "), TransportError),
    "chunks that trickle": (
        trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        TransportError,
    ),
    "interim answers without end": (trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), TransportError),
    "a switch of protocols": (always(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), TransportError),
}


@BOTH
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_its_error_and_in_time(run: Run, fault: str) -> None:
    behaviour, expected = FAULTS[fault]
    with hostile(behaviour) as server:
        began = time.monotonic()
        with pytest.raises(JobStatusError) as caught:
            run(server.url)
        took = time.monotonic() - began

    error = caught.value
    assert type(error) is expected, error
    assert took < TIMEOUT + SLACK
    assert isinstance(error, CallError)
    assert (error.operation, error.method, error.attempts) == ("get_dock_status", "GET", 1)
    assert error.url == f"{server.url}/api/public/dock-status/ds-1"
    assert str(error).startswith(f"get_dock_status: {'no answer' if expected is TransportError else server.url}")
    assert len(getattr(error, "excerpt", "")) <= 500
    assert error.__cause__ is None
    assert error.__context__ is None
    assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - our own


@BOTH
def test_a_compressed_answer_is_read(run: Run) -> None:
    for data in (
        encoded(gzip.compress(BODY), "gzip"),
        encoded(zlib.compress(BODY), "deflate"),
        encoded(zlib.compress(BODY)[2:-4], "deflate"),
    ):
        with hostile(always(data)) as server:
            assert run(server.url).status == "SUCCESS"


@BOTH
def test_the_time_of_a_timeout_is_told(run: Run) -> None:
    with hostile(silence) as server, pytest.raises(TransportError) as caught:
        run(server.url)

    assert caught.value.timed_out
    assert caught.value.reason == "ReadTimeout"
    assert TIMEOUT <= caught.value.elapsed < TIMEOUT + SLACK


@BOTH
def test_a_port_that_nobody_listens_on(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(TransportError) as caught:
        run(f"http://127.0.0.1:{port}")

    assert (caught.value.reason, caught.value.timed_out) == ("ConnectError", False)


@BOTH
def test_a_name_that_does_not_exist(run: Run) -> None:
    with pytest.raises(TransportError):
        run("http://no-such-host.invalid", timeout=5)


@BOTH
def test_a_listener_that_never_accepts(run: Run) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        time.sleep(0.1)
        with pytest.raises(TransportError) as caught:
            run(f"http://127.0.0.1:{full.getsockname()[1]}")
        for filler in fillers:
            filler.close()

    assert caught.value.timed_out


@BOTH
def test_a_server_that_does_not_read(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(TransportError) as caught:
            run(f"http://127.0.0.1:{deaf.getsockname()[1]}", headers={"x-long": "x" * 30_000_000})

    assert (caught.value.reason, caught.value.timed_out) == ("WriteTimeout", True)


def test_a_pool_that_is_full() -> None:
    with hostile(silence) as server, AgentPlatform(server.url, api_key="k", timeout=2, max_retries=0) as api:
        errors: list[Exception] = []

        def wait() -> None:
            try:
                api.get_dock_status("ds-1")
            except JobStatusError as error:
                errors.append(error)

        threads = [threading.Thread(target=wait) for _ in range(10)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        with pytest.raises(TransportError) as caught:
            api.get_dock_status("ds-1", timeout=0.3)
        for thread in threads:
            thread.join()

    assert caught.value.reason == "PoolTimeout"
    assert len(errors) == 10


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts."""
    return trustme.CA()


def tls_server(authority: trustme.CA, data: bytes) -> tuple[str, Callable[[], None]]:
    """An https server with a certificate of the authority; its URL, and how to stop it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listening.accept()
                with context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(65536)
                    connection.sendall(data)
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return f"https://localhost:{listening.getsockname()[1]}", listening.close


@BOTH
def test_a_certificate_that_nobody_trusts(run: Run, authority: trustme.CA, tmp_path: Path) -> None:
    url, stop = tls_server(authority, answer())
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    with pytest.raises(TransportError) as caught:
        run(url, timeout=5)
    trusted = run(url, timeout=5, verify=str(tmp_path / "ca.pem"))
    unchecked = run(url, timeout=5, verify=False)
    stop()

    assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value)
    assert trusted.status == unchecked.status == "SUCCESS"


@BOTH
def test_tls_to_a_server_of_plain_http(run: Run) -> None:
    with hostile(always(answer())) as server, pytest.raises(TransportError):
        run(server.url.replace("http:", "https:"))


KINDS: dict[int, type[ApiError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    429: RateLimitError,
}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_every_status_ends_as_documented(asynchronous: bool) -> None:
    def behave(connection: socket.socket, head: bytes) -> None:
        status = int(head.split(b" ")[1].rsplit(b"/", 1)[1])
        if status < 200:
            connection.sendall(f"HTTP/1.1 {status} Word\r\n\r\n".encode())
            connection.close()
        elif status in {204, 304}:
            connection.sendall(f"HTTP/1.1 {status} Word\r\nX-Request-Id: r-{status}\r\nRetry-After: 7\r\n\r\n".encode())
        else:
            connection.sendall(
                answer(status, BODY.replace(b"ds-1", b"%d" % status), f"X-Request-Id: r-{status}", "Retry-After: 7")
            )

    def expect(status: int, error: JobStatusError | None) -> None:
        if status == 200:
            assert error is None
            return
        if status < 200:
            assert isinstance(error, TransportError | UnexpectedResponseError), status
            return
        kind = (
            UnexpectedResponseError if status < 400 else KINDS.get(status, ServerError if status >= 500 else ApiError)
        )
        assert type(error) is kind, status
        assert isinstance(error, UnexpectedResponseError | ApiError)
        assert (error.status, error.request_id, error.retry_after) == (status, f"r-{status}", 7.0)

    def run_all(url: str) -> None:
        with AgentPlatform(url, api_key="k", timeout=5, max_retries=0) as api:
            for status in range(100, 600):
                try:
                    api.get_dock_status(str(status))
                except JobStatusError as error:
                    expect(status, error)
                else:
                    expect(status, None)

    async def run_all_async(url: str) -> None:
        async with AsyncAgentPlatform(url, api_key="k", timeout=5, max_retries=0) as api:
            for status in range(100, 600):
                try:
                    await api.get_dock_status(str(status))
                except JobStatusError as error:
                    expect(status, error)
                else:
                    expect(status, None)

    with hostile(behave) as server:
        if asynchronous:
            asyncio.run(run_all_async(server.url))
        else:
            run_all(server.url)


CONTENT_TYPES = [
    "application/json",
    "application/problem+json",
    "text/html",
    "text/plain",
    "application/xml",
    "application/octet-stream",
    "image/png",
    "",
    "nonsense",
    "application/json; charset=utf-16",
]


@BOTH
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_an_answer_is_read_by_what_it_is_not_by_what_it_is_called(run: Run, content_type: str) -> None:
    with hostile(always(answer(content_type=content_type))) as server:
        assert run(server.url).status == "SUCCESS"
    gateway = always(answer(502, b"<h1>Bad gateway</h1>", content_type=content_type))
    with hostile(gateway) as server, pytest.raises(ServerError) as caught:
        run(server.url)

    assert caught.value.excerpt == "<h1>Bad gateway</h1>"


# What vendors say when they refuse, and what a reader is told.
TOLD = {
    b'{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}': ("Invalid SDK credentials", "4002"),
    b'{"errors":[{"msg":"Missing app details","code":"ValidationError"}]}': ("Missing app details", "ValidationError"),
    b'{"error":"Fail to find workflow status of x"}': ("Fail to find workflow status of x", None),
    b'{"error":{"root_cause":[{"type":"a","reason":"b"}],"type":"illegal","reason":"Failed to parse"},"status":400}': (
        "Failed to parse",
        "illegal",
    ),
    b'{"success":false,"error":{"code":"E1","message":"no"}}': ("no", "E1"),
    b'{"message":"slow down"}': ("slow down", None),
    b'{"detail":[{"msg":"one"},{"msg":"two"}]}': ("one; two", None),
    b'{"errors":[]}': ("", None),
    b"[1,2]": ("", None),
    b"not json": ("", None),
}


@pytest.mark.parametrize("body", TOLD)
def test_the_vendor_s_own_message_is_read_into_the_error(body: bytes) -> None:
    with hostile(always(answer(400, body, "X-Request-Id: r-1"))) as server, pytest.raises(ApiError) as caught:
        sync_call(server.url)

    error = caught.value
    assert (error.detail, error.code) == TOLD[body]
    assert (error.detail or body.decode()) in str(error)
    assert str(error).endswith("(request id r-1)")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 23 Nov 2026 10:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("9" * 40, None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_by_the_server_s_clock(header: str, seconds: float | None) -> None:
    data = answer(429, b"{}", f"Retry-After: {header}", "Date: Mon, 23 Nov 2026 10:00:00 GMT")
    with hostile(always(data)) as server, pytest.raises(RateLimitError) as caught:
        sync_call(server.url)

    assert caught.value.retry_after == seconds


@BOTH
@pytest.mark.parametrize("identifier", ["", ".", "..", "a\nb", "a\x00b", "a\x7fb", "\ud800", "a\u2028b"])
def test_an_id_that_would_reach_elsewhere_is_refused_before_sending(run: Run, identifier: str) -> None:
    with hostile(always(answer())) as server:
        with pytest.raises(InvalidArgumentError, match=r"get_dock_status: dock_status_id .*; pass the id of a job"):
            run(server.url, identifier)

        assert server.requests == []


@pytest.mark.parametrize("identifier", ["a/b", "../x", "a%2Fb", "ü", "a b", "?x=1", "#f", "x" * 4000])
def test_any_other_id_reaches_the_endpoint_and_no_other(identifier: str) -> None:
    told = json.dumps({"_id": identifier, "status": "SUCCESS"}).encode()
    with hostile(always(answer(body=told))) as server:
        sync_call(server.url, identifier)
        target = server.requests[0].split(b" ")[1]

    assert target.startswith(b"/api/public/dock-status/")
    assert target.count(b"/") == 4
    assert b"?" not in target


@pytest.mark.parametrize(
    "url", ["", "example.ai", "ftp://x", "http://", "http://u:p@host", "http://h?x=1", "http://h:99999", "http://[::1"]
)
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^base_url= "):
        AgentPlatform(url, api_key="k")


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5"])
def test_a_timeout_that_is_none_is_refused(timeout: float) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout= wants a number of seconds above 0"):
        AgentPlatform("http://host", api_key="k", timeout=timeout)


def test_errors_are_one_family() -> None:
    for kind in (
        InvalidArgumentError,
        TransportError,
        UnexpectedResponseError,
        UnauthorizedError,
        ForbiddenError,
        NotFoundError,
        RateLimitError,
        ServerError,
    ):
        assert issubclass(kind, JobStatusError)
    assert issubclass(InvalidArgumentError, ValueError)


def test_errors_compare_by_type_and_content() -> None:
    one = NotFoundError("gone", status=404, operation="x")

    assert one == NotFoundError("gone", status=404, operation="x")
    assert one != NotFoundError("gone", status=404, operation="y")
    assert one != ForbiddenError("gone", status=404, operation="x")
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own


def test_an_error_of_a_callback_is_passed_on_as_it_is() -> None:
    def broken() -> str:
        raise KeyError("my own mistake")

    with (
        hostile(always(answer())) as server,
        AgentPlatform(server.url, api_key=broken) as api,
        pytest.raises(KeyError, match="my own mistake"),
    ):
        api.get_dock_status("ds-1")


def test_an_error_of_a_hook_is_passed_on_as_it_is() -> None:
    def full(_: object) -> None:
        raise OSError("my own disk is full")

    with hostile(always(answer())) as server, pytest.raises(OSError, match="my own disk is full"):
        sync_call(server.url, event_hooks={"response": [full]})


@pytest.mark.parametrize("headers", [{"X": "a\r\nb: c"}, {"Content-Length": "5"}, {"X": 5}, {"Host": "x"}])
def test_headers_that_cannot_be_sent_are_refused(headers: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="headers= "):
        AgentPlatform("http://h", api_key="k", headers=headers)
    with AgentPlatform("http://h", api_key="k") as api, pytest.raises(InvalidArgumentError, match="headers= "):
        api.get_dock_status("ds-1", headers=headers)


@pytest.mark.parametrize("width", range(470, 500, 3))
@pytest.mark.parametrize(
    "form",
    ["secret+of/mine==0123", "secret\\u002bof/mine==0123", "secret+of\\/mine==0123", "secret%2bof%2fmine%3d%3d0123"],
)
def test_a_credential_at_the_end_of_an_excerpt_is_masked_before_it_is_cut(width: int, form: str) -> None:
    body = b"x" * width + form.encode()
    with hostile(always(answer(500, body))) as server, pytest.raises(ServerError) as caught:
        AgentPlatform(server.url, api_key="secret+of/mine==0123", max_retries=0).get_dock_status("ds-1")

    assert "secret" not in caught.value.excerpt
    assert "secret" not in str(caught.value)
