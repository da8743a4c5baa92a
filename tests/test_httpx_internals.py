"""The private attributes of httpx that the client uses exist in the installed versions."""

import socket

import httpcore
import httpx
import pytest
from job_status._client import httpx_internals
from job_status._client.network import AsyncDeadlineBackend, DeadlineBackend


def test_versions_are_the_known_ones() -> None:
    assert httpx.__version__.startswith(httpx_internals.KNOWN_HTTPX)
    assert httpcore.__version__.startswith(httpx_internals.KNOWN_HTTPCORE)


def test_network_backends_can_be_replaced() -> None:
    for transport, backend in (
        (httpx.HTTPTransport(), DeadlineBackend),
        (httpx.AsyncHTTPTransport(), AsyncDeadlineBackend),
    ):
        original = httpx_internals.connection_pool(transport)._network_backend
        assert hasattr(original, "connect_tcp")
        httpx_internals.replace_network_backend(transport, backend)
        assert isinstance(httpx_internals.connection_pool(transport)._network_backend, backend)


def test_connection_pool_can_be_replaced() -> None:
    class Pool:
        closed = False

        def close(self) -> None:
            self.closed = True

    transport, pool = httpx.HTTPTransport(), Pool()
    assert hasattr(transport, "_pool")
    httpx_internals.replace_connection_pool(transport, pool)
    transport.close()

    assert pool.closed


@pytest.mark.parametrize("server", ["silent", "sends", "closes"])
def test_socket_is_readable_when_the_server_has_closed_it(server: str) -> None:
    one, two = socket.socketpair()
    with one, two:
        if server == "sends":
            two.send(b"x")
        elif server == "closes":
            two.close()

        assert httpx_internals.is_readable(one) == (server != "silent")


def test_closed_socket_is_readable() -> None:
    one, two = socket.socketpair()
    one.close()
    two.close()

    assert httpx_internals.is_readable(one)


def test_socket_becomes_a_stream() -> None:
    one, two = socket.socketpair()
    with one, two:
        stream = httpx_internals.stream_of_socket(one)
        stream.write(b"ping")
        assert two.recv(4) == b"ping"


def test_environment_proxies_are_read() -> None:
    patterns = [httpx_internals.url_pattern("http://"), httpx_internals.url_pattern("all://*.host")]

    assert patterns[0].matches(httpx.URL("http://host"))
    assert patterns[1].matches(httpx.URL("https://a.host"))
    assert sorted([patterns[0], patterns[1]])
    assert isinstance(httpx_internals.environment_proxies(), dict)


def test_path_of_a_url_can_be_replaced() -> None:
    url = httpx_internals.with_path(httpx.URL("https://host:81/a?b"), "/c", "d=e")

    assert (str(url), url.raw_path) == ("https://host:81/c?d=e", b"/c?d=e")


def test_unread_body_is_recognized() -> None:
    assert httpx_internals.has_body(httpx.Response(200, content=b"x"))
    assert not httpx_internals.has_body(httpx.Response(200, stream=httpx.ByteStream(b"x")))
