"""Faults of servers and networks: every call ends within its timeout, with a `JobStatusError`."""

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

from .hostile import BODY, Behaviour, always, hostile, http_response, reset
from .paths import path_of
from .products import aiohttp_transport, requested_id, ssl_context

TIMEOUT = 0.6  # of a call, in seconds
SLACK = 1.5  # seconds by which a call may exceed its timeout on a loaded machine
Run = Callable[..., DockStatus]


def sync_call(url: str, identifier: str = "ds-1", **options: Any) -> DockStatus:
    """Make one call with a new sync client."""
    with AgentPlatform(url, api_key="canary-key", **{"timeout": TIMEOUT, "max_retries": 0, **options}) as api:
        return api.get_dock_status(identifier)


def async_call(url: str, identifier: str = "ds-1", **options: Any) -> DockStatus:
    """Make one call with a new async client."""

    async def call() -> DockStatus:
        async with AsyncAgentPlatform(
            url, api_key="canary-key", **{"timeout": TIMEOUT, "max_retries": 0, **options}
        ) as api:
            return await api.get_dock_status(identifier)

    return asyncio.run(call())


def aiohttp_call(url: str, identifier: str = "ds-1", **options: Any) -> DockStatus:
    """Make one call with a new async client on the transport of httpx-aiohttp."""
    return async_call(url, identifier, http_transport=aiohttp_transport(), **options)


EVERY_TRANSPORT = pytest.mark.parametrize(
    "run", [sync_call, async_call, aiohttp_call], ids=["sync", "async", "aiohttp"]
)


def send_slowly(head: bytes, endless: bytes, pause: float = 0.05) -> Behaviour:
    """Return a behaviour that sends the head at once, then `endless` every `pause` seconds until it is disconnected."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(endless)
            time.sleep(pause)

    return behave


def silence(connection: socket.socket, _: bytes) -> None:
    time.sleep(5)


def reset_immediately(connection: socket.socket, _: bytes) -> None:
    reset(connection)


def reset_within_body(connection: socket.socket, _: bytes) -> None:
    connection.sendall(http_response()[:-20])
    time.sleep(0.05)
    reset(connection)


def close_immediately(connection: socket.socket, _: bytes) -> None:
    connection.close()


def endless_chunks(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    for _round in range(400):
        connection.sendall(block)


def gzip_bomb() -> bytes:
    """Return 64 MB of spaces, compressed to about 60 kB."""
    compressed = io.BytesIO()
    with gzip.GzipFile(fileobj=compressed, mode="wb") as out:
        for _ in range(64):
            out.write(b" " * (1 << 20))
    return compressed.getvalue()


def encoded(body: bytes, encoding: str) -> bytes:
    return http_response(200, body, f"Content-Encoding: {encoding}")


# The faults by name: the behaviour of the server, and the type of the error that is raised.
FAULTS: dict[str, tuple[Behaviour, type[CallError]]] = {
    "truncated JSON": (always(http_response(body=BODY[:-9])), UnexpectedResponseError),
    "JSON array": (always(http_response(body=b"[" + BODY + b"]")), UnexpectedResponseError),
    "JSON null": (always(http_response(body=b"null")), UnexpectedResponseError),
    "JSON string": (always(http_response(body=b'"SUCCESS"')), UnexpectedResponseError),
    "JSON number": (always(http_response(body=b"17")), UnexpectedResponseError),
    "empty JSON object": (always(http_response(body=b"{}")), UnexpectedResponseError),
    "missing state": (always(http_response(body=b'{"_id": "ds-1"}')), UnexpectedResponseError),
    "array instead of an object": (
        always(http_response(body=b'{"_id": "ds-1", "status": "SUCCESS", "response": [1]}')),
        UnexpectedResponseError,
    ),
    "empty body": (always(http_response(body=b"")), UnexpectedResponseError),
    "HTML page": (
        always(http_response(body=b"<html>hello</html>", content_type="text/html")),
        UnexpectedResponseError,
    ),
    "undecodable bytes": (always(http_response(body=b"\xff\xfe\x00\x01" * 20)), UnexpectedResponseError),
    "endlessly nested JSON": (always(http_response(body=b'{"_id":' * 200_000)), UnexpectedResponseError),
    "deeply nested list": (
        always(http_response(body=b'{"_id":"d","status":' + b"[" * 100_000 + b"]" * 100_000 + b"}")),
        UnexpectedResponseError,
    ),
    "invalid gzip": (always(encoded(BODY, "gzip")), UnexpectedResponseError),
    "truncated gzip": (always(encoded(gzip.compress(BODY)[:-12], "gzip")), UnexpectedResponseError),
    "gzip bomb": (always(encoded(gzip_bomb(), "gzip")), UnexpectedResponseError),
    "unsupported content encoding": (always(encoded(BODY, "br")), UnexpectedResponseError),
    "content-length over the limit": (
        always(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{"),
        UnexpectedResponseError,
    ),
    "chunked body over the limit": (endless_chunks, UnexpectedResponseError),
    "3000 content encodings": (always(encoded(BODY, ", ".join(["gzip"] * 3000))), UnexpectedResponseError),
    "data after a compressed body": (
        always(encoded(gzip.compress(BODY) + b"x" * 9000, "gzip")),
        UnexpectedResponseError,
    ),
    "204 without a body": (always(b"HTTP/1.1 204 No Content\r\n\r\n"), UnexpectedResponseError),
    "redirect": (always(http_response(302, b"", "Location: http://elsewhere.example/")), UnexpectedResponseError),
    "redirect without a location": (always(http_response(301, b"")), UnexpectedResponseError),
    "connection reset": (reset_immediately, TransportError),
    "connection reset within the body": (reset_within_body, TransportError),
    "connection closed immediately": (close_immediately, TransportError),
    "truncated body": (always(http_response()[:-5], then_close=True), TransportError),
    "not HTTP": (always(b"220 ready for mail\r\n", then_close=True), TransportError),
    "300 kB status line": (always(b"HTTP/1.1 200 " + b"x" * 300_000, then_close=True), TransportError),
    "60,000 headers": (always(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 60_000, then_close=True), TransportError),
    "invalid chunk size": (
        always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
        TransportError,
    ),
    "two content lengths": (always(http_response(200, BODY, "Content-Length: 3")), TransportError),
    "no response": (silence, TransportError),
    "headers sent slowly": (send_slowly(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"), TransportError),
    "header value sent slowly": (send_slowly(b"HTTP/1.1 200 OK\r\nx: ", b"y"), TransportError),
    "body sent slowly": (send_slowly(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b" "), TransportError),
    "chunks sent slowly": (
        send_slowly(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        TransportError,
    ),
    "endless interim responses": (send_slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), TransportError),
    "protocol switch": (always(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), TransportError),
}


# aiohttp itself rejects what the client would, and passes on what httpx rejects.
AIOHTTP_ERRORS: dict[str, type[CallError]] = {
    "3000 content encodings": TransportError,
    "protocol switch": UnexpectedResponseError,
}


@EVERY_TRANSPORT
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_raises_its_error_within_the_timeout(run: Run, fault: str) -> None:
    behaviour, expected = FAULTS[fault]
    if run is aiohttp_call:
        expected = AIOHTTP_ERRORS.get(fault, expected)
    with hostile(behaviour) as server:
        started = time.monotonic()
        with pytest.raises(JobStatusError) as caught:
            run(server.url)
        elapsed = time.monotonic() - started

    error = caught.value
    assert type(error) is expected, error
    assert elapsed < TIMEOUT + SLACK
    assert isinstance(error, CallError)
    assert (error.operation, error.method, error.attempts) == ("get_dock_status", "GET", 1)
    assert error.url == server.url + path_of("agent-platform", "get_dock_status", "ds-1")
    assert str(error).startswith(f"get_dock_status: {'no response' if expected is TransportError else server.url}")
    assert len(getattr(error, "excerpt", "")) <= 500
    assert error.__cause__ is None
    assert error.__context__ is None
    assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - our own


@EVERY_TRANSPORT
def test_compressed_response_is_decoded(run: Run) -> None:
    for data in (
        encoded(gzip.compress(BODY), "gzip"),
        encoded(zlib.compress(BODY), "deflate"),
        encoded(zlib.compress(BODY)[2:-4], "deflate"),
    ):
        with hostile(always(data)) as server:
            assert run(server.url).status == "SUCCESS"


@EVERY_TRANSPORT
def test_timeout_error_reports_elapsed_time(run: Run) -> None:
    with hostile(silence) as server, pytest.raises(TransportError) as caught:
        run(server.url)

    assert caught.value.timed_out
    assert caught.value.reason == "ReadTimeout"
    assert TIMEOUT <= caught.value.elapsed < TIMEOUT + SLACK


@EVERY_TRANSPORT
def test_connection_refused(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(TransportError) as caught:
        run(f"http://127.0.0.1:{port}")

    # httpx-aiohttp takes a refused connection for a timeout.
    expected = ("ConnectTimeout", True) if run is aiohttp_call else ("ConnectError", False)
    assert (caught.value.reason, caught.value.timed_out) == expected


@EVERY_TRANSPORT
def test_unknown_host(run: Run) -> None:
    with pytest.raises(TransportError):
        run("http://no-such-host.invalid", timeout=5)


@EVERY_TRANSPORT
def test_connect_timeout(run: Run) -> None:
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


@EVERY_TRANSPORT
def test_write_timeout(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(TransportError) as caught:
            run(f"http://127.0.0.1:{listener.getsockname()[1]}", headers={"x-long": "x" * 30_000_000})

    assert caught.value.timed_out
    assert caught.value.reason == ("ReadTimeout" if run is aiohttp_call else "WriteTimeout")


def test_pool_timeout() -> None:
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
    """Return a certificate authority that is not trusted by default."""
    return trustme.CA()


def tls_server(authority: trustme.CA, data: bytes) -> tuple[str, Callable[[], None]]:
    """Start an HTTPS server with a certificate of the authority; return its URL and a function that stops it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
                with context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(65536)
                    connection.sendall(data)
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return f"https://localhost:{listener.getsockname()[1]}", listener.close


@EVERY_TRANSPORT
def test_untrusted_certificate(run: Run, authority: trustme.CA, tmp_path: Path) -> None:
    url, stop = tls_server(authority, http_response())
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    with pytest.raises(TransportError) as caught:
        run(url, timeout=5)
    if run is aiohttp_call:  # certificates belong to the transport
        trusted = async_call(url, timeout=5, http_transport=aiohttp_transport(ssl_context(tmp_path / "ca.pem")))
        unverified = async_call(url, timeout=5, http_transport=aiohttp_transport(False))
    else:
        trusted = run(url, timeout=5, verify=str(tmp_path / "ca.pem"))
        unverified = run(url, timeout=5, verify=False)
    stop()

    assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value)
    assert trusted.status == unverified.status == "SUCCESS"


@EVERY_TRANSPORT
def test_https_to_an_http_server(run: Run) -> None:
    with hostile(always(http_response())) as server, pytest.raises(TransportError):
        run(server.url.replace("http:", "https:"))


ERROR_TYPES: dict[int, type[ApiError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    429: RateLimitError,
}


def respond_with_requested_status(connection: socket.socket, head: bytes) -> None:
    """Respond with the status that the id in the path names."""
    status = int(requested_id(head))
    if status < 200:
        connection.sendall(f"HTTP/1.1 {status} Reason\r\n\r\n".encode())
        connection.close()
    elif status in {204, 304}:
        connection.sendall(f"HTTP/1.1 {status} Reason\r\nX-Request-Id: r-{status}\r\nRetry-After: 7\r\n\r\n".encode())
    else:
        connection.sendall(
            http_response(status, BODY.replace(b"ds-1", b"%d" % status), f"X-Request-Id: r-{status}", "Retry-After: 7")
        )


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_every_http_status_maps_to_its_error(asynchronous: bool) -> None:
    def check(status: int, error: JobStatusError | None) -> None:
        if status == 200:
            assert error is None
            return
        if status < 200:
            assert isinstance(error, TransportError | UnexpectedResponseError), status
            return
        expected = (
            UnexpectedResponseError
            if status < 400
            else ERROR_TYPES.get(status, ServerError if status >= 500 else ApiError)
        )
        assert type(error) is expected, status
        assert isinstance(error, UnexpectedResponseError | ApiError)
        assert (error.status, error.request_id, error.retry_after) == (status, f"r-{status}", 7.0)

    def run_all(url: str) -> None:
        with AgentPlatform(url, api_key="k", timeout=5, max_retries=0) as api:
            for status in range(100, 600):
                try:
                    api.get_dock_status(str(status))
                except JobStatusError as error:
                    check(status, error)
                else:
                    check(status, None)

    async def run_all_async(url: str) -> None:
        async with AsyncAgentPlatform(url, api_key="k", timeout=5, max_retries=0) as api:
            for status in range(100, 600):
                try:
                    await api.get_dock_status(str(status))
                except JobStatusError as error:
                    check(status, error)
                else:
                    check(status, None)

    with hostile(respond_with_requested_status) as server:
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


@EVERY_TRANSPORT
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_content_type_is_ignored(run: Run, content_type: str) -> None:
    with hostile(always(http_response(content_type=content_type))) as server:
        assert run(server.url).status == "SUCCESS"
    gateway = always(http_response(502, b"<h1>Bad gateway</h1>", content_type=content_type))
    with hostile(gateway) as server, pytest.raises(ServerError) as caught:
        run(server.url)

    assert caught.value.excerpt == "<h1>Bad gateway</h1>"


# Error bodies of vendors, and the detail and code that are read from them.
ERROR_BODIES = {
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


@pytest.mark.parametrize("body", ERROR_BODIES)
def test_error_contains_vendor_message_and_code(body: bytes) -> None:
    with hostile(always(http_response(400, body, "X-Request-Id: r-1"))) as server, pytest.raises(ApiError) as caught:
        sync_call(server.url)

    error = caught.value
    assert (error.detail, error.code) == ERROR_BODIES[body]
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
def test_retry_after_is_parsed_relative_to_the_date_header(header: str, seconds: float | None) -> None:
    data = http_response(429, b"{}", f"Retry-After: {header}", "Date: Mon, 23 Nov 2026 10:00:00 GMT")
    with hostile(always(data)) as server, pytest.raises(RateLimitError) as caught:
        sync_call(server.url)

    assert caught.value.retry_after == seconds


@EVERY_TRANSPORT
@pytest.mark.parametrize("identifier", ["", ".", "..", "a\nb", "a\x00b", "a\x7fb", "\ud800", "a\u2028b"])
def test_unsafe_id_is_rejected_before_sending(run: Run, identifier: str) -> None:
    with hostile(always(http_response())) as server:
        with pytest.raises(InvalidArgumentError, match=r"get_dock_status: dock_status_id .*; pass the id of a job"):
            run(server.url, identifier)

        assert server.requests == []


@pytest.mark.parametrize("identifier", ["a/b", "../x", "a%2Fb", "ü", "a b", "?x=1", "#f", "x" * 4000])
def test_id_is_escaped_in_the_path(identifier: str) -> None:
    body = json.dumps({"_id": identifier, "status": "SUCCESS"}).encode()
    with hostile(always(http_response(body=body))) as server:
        sync_call(server.url, identifier)
        target = server.requests[0].split(b" ")[1]

    assert target.decode() == path_of("agent-platform", "get_dock_status", identifier)


@pytest.mark.parametrize(
    "url", ["", "example.ai", "ftp://x", "http://", "http://u:p@host", "http://h?x=1", "http://h:99999", "http://[::1"]
)
def test_invalid_base_url_is_rejected(url: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^base_url= "):
        AgentPlatform(url, api_key="k")


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5"])
def test_invalid_timeout_is_rejected(timeout: float) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout= must be a number of seconds above 0"):
        AgentPlatform("http://host", api_key="k", timeout=timeout)


def test_errors_are_subclasses_of_job_status_error() -> None:
    for error_type in (
        InvalidArgumentError,
        TransportError,
        UnexpectedResponseError,
        UnauthorizedError,
        ForbiddenError,
        NotFoundError,
        RateLimitError,
        ServerError,
    ):
        assert issubclass(error_type, JobStatusError)
    assert issubclass(InvalidArgumentError, ValueError)


def test_errors_compare_by_type_and_content() -> None:
    one = NotFoundError("gone", status=404, operation="x")

    assert one == NotFoundError("gone", status=404, operation="x")
    assert one != NotFoundError("gone", status=404, operation="y")
    assert one != ForbiddenError("gone", status=404, operation="x")
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own


def test_exception_of_a_credential_callable_propagates() -> None:
    def raise_key_error() -> str:
        raise KeyError("my own mistake")

    with (
        hostile(always(http_response())) as server,
        AgentPlatform(server.url, api_key=raise_key_error) as api,
        pytest.raises(KeyError, match="my own mistake"),
    ):
        api.get_dock_status("ds-1")


def test_exception_of_an_event_hook_propagates() -> None:
    def raise_os_error(_: object) -> None:
        raise OSError("my own disk is full")

    with hostile(always(http_response())) as server, pytest.raises(OSError, match="my own disk is full"):
        sync_call(server.url, event_hooks={"response": [raise_os_error]})


@pytest.mark.parametrize("headers", [{"X": "a\r\nb: c"}, {"Content-Length": "5"}, {"X": 5}, {"Host": "x"}])
def test_invalid_headers_are_rejected(headers: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="headers= "):
        AgentPlatform("http://h", api_key="k", headers=headers)
    with AgentPlatform("http://h", api_key="k") as api, pytest.raises(InvalidArgumentError, match="headers= "):
        api.get_dock_status("ds-1", headers=headers)


@pytest.mark.parametrize("width", range(470, 500, 3))
@pytest.mark.parametrize(
    "encoded_secret",
    ["secret+of/mine==0123", "secret\\u002bof/mine==0123", "secret+of\\/mine==0123", "secret%2bof%2fmine%3d%3d0123"],
)
def test_credential_is_redacted_before_the_excerpt_is_truncated(width: int, encoded_secret: str) -> None:
    body = b"x" * width + encoded_secret.encode()
    with hostile(always(http_response(500, body))) as server, pytest.raises(ServerError) as caught:
        AgentPlatform(server.url, api_key="secret+of/mine==0123", max_retries=0).get_dock_status("ds-1")

    assert "secret" not in caught.value.excerpt
    assert "secret" not in str(caught.value)
