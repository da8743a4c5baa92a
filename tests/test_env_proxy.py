"""Proxy and certificate settings of the environment, and credentials that the client must not read or disclose."""

import asyncio
import base64
import hashlib
import logging
import os
import pickle
import shutil
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest
import trustme
from cryptography import x509
from job_status import AgentPlatform, InvalidArgumentError, JobStatusError, ServerError, TransportError
from job_status._client import transport as transports

from .hostile import HostileServer, hostile, http_response
from .products import AGENT, BOTH, do, echo, mocked
from .test_client_errors import tls_server

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
OTHER_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD", "NETRC")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset the variables that configure proxies and certificates."""
    for name in (*PROXY_VARIABLES, *(name.lower() for name in PROXY_VARIABLES), *OTHER_VARIABLES):
        monkeypatch.delenv(name, raising=False)


class RequestRecorder:
    """Records the requests to a proxy and the host names that are looked up."""

    def __init__(self, proxy: HostileServer) -> None:
        self.proxy = proxy
        self.looked_up: list[str] = []

    def route(self) -> str:
        """Return the route of the last request: through the proxy, direct or none."""
        if self.proxy.requests:
            return "proxy"
        return "direct" if self.looked_up else "none"


def proxy_behaviour(connection: socket.socket, head: bytes) -> None:
    """Respond to plain requests like a proxy, and reject CONNECT with 502."""
    if head.startswith(b"CONNECT"):
        connection.sendall(http_response(502, b"{}"))
    else:
        connection.sendall(http_response())


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[RequestRecorder]:
    """Run a proxy on a loopback port; the look-up of any host name other than those of this machine fails."""
    original = socket.getaddrinfo
    with hostile(proxy_behaviour) as proxy:
        recorder = RequestRecorder(proxy)

        def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else str(host)
            if name in {"127.0.0.1", "::1", "localhost"}:
                return original(host, *arguments, **options)
            recorder.looked_up.append(name)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        yield recorder


def call(url: str, asynchronous: bool, **options: Any) -> Any:
    """Make one call with a new client; return its result, or the `TransportError` or `ServerError` that it raises."""
    settings = {"timeout": 2.0, "max_retries": 0, **options}

    async def awaited() -> Any:
        async with AGENT.client(url, asynchronous=True, **settings) as api:
            return await api.get_dock_status("ds-1")

    try:
        if asynchronous:
            return asyncio.run(awaited())
        with AGENT.client(url, **settings) as api:
            return api.get_dock_status("ds-1")
    except (TransportError, ServerError) as error:
        return error


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "proxy="])
@BOTH
def test_a_proxy_that_does_not_respond_is_named(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, variable: str
) -> None:
    proxy = "http://user:canary@127.0.0.1:1"
    options: dict[str, Any] = {"proxy": proxy} if variable == "proxy=" else {}
    if not options:
        monkeypatch.setenv(variable, proxy)
    error = call("http://status.corp.example", asynchronous, **options)

    assert isinstance(error, TransportError)
    place = f"from http://status.corp.example through the proxy 127.0.0.1:1 of {variable}"
    assert f"no response {place}: ConnectError" in str(error)
    assert "canary" not in str(error)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "proxy="])
def test_a_socks_proxy_is_refused_by_the_name_of_its_setting(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    options: dict[str, Any] = {"proxy": "socks5://host:1"} if variable == "proxy=" else {}
    if not options:
        monkeypatch.setenv(variable, "socks5://host:1")
    with pytest.raises(InvalidArgumentError, match=f"^{variable} is a SOCKS proxy"):
        AGENT.client("https://status.corp.example", **options).get_dock_status("ds-1")


LOOPBACK = ["localhost", "a.localhost", "127.0.0.1", "127.9.8.7", "127.1", "2130706433", "0x7f000001"]
LOOPBACK += ["[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "0.0", "0", "[::]", "ip6-localhost", "LOCALHOST"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_of_a_loopback_address_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with AGENT.client(f"http://{host}:8080") as api:
        assert api._core.proxy is None


@pytest.mark.parametrize(
    "host", ["128.0.0.1", "1", "[::2]", "[::ffff:128.0.0.1]", "localhost.example", "127.0.0.1.nip"]
)
def test_other_hosts_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with AGENT.client(f"http://{host}:8080") as api:
        assert str(api._core.proxy) == "the proxy 127.0.0.1:1 of ALL_PROXY"


HTTP_URL, HTTPS_URL = "http://status.corp.example", "https://status.corp.example"
# The variables, with {} for the URL of the proxy; the URL of the request; and the expected route.
ROUTES: dict[str, tuple[dict[str, str], str, str]] = {
    "no variables": ({}, HTTP_URL, "direct"),
    "HTTP_PROXY": ({"HTTP_PROXY": "{}"}, HTTP_URL, "proxy"),
    "http_proxy": ({"http_proxy": "{}"}, HTTP_URL, "proxy"),
    "HTTPS_PROXY": ({"HTTPS_PROXY": "{}"}, HTTPS_URL, "proxy"),
    "https_proxy": ({"https_proxy": "{}"}, HTTPS_URL, "proxy"),
    "ALL_PROXY for http": ({"ALL_PROXY": "{}"}, HTTP_URL, "proxy"),
    "ALL_PROXY for https": ({"ALL_PROXY": "{}"}, HTTPS_URL, "proxy"),
    "all_proxy": ({"all_proxy": "{}"}, HTTP_URL, "proxy"),
    "HTTP_PROXY is not for https": ({"HTTP_PROXY": "{}"}, HTTPS_URL, "direct"),
    "HTTPS_PROXY is not for http": ({"HTTPS_PROXY": "{}"}, HTTP_URL, "direct"),
    "HTTP_PROXY overrides ALL_PROXY": ({"HTTP_PROXY": "{}", "ALL_PROXY": "http://dead.example:1"}, HTTP_URL, "proxy"),
    "lowercase overrides uppercase": ({"http_proxy": "{}", "HTTP_PROXY": "http://dead.example:1"}, HTTP_URL, "proxy"),
    "empty HTTP_PROXY": ({"HTTP_PROXY": ""}, HTTP_URL, "direct"),
    "empty http_proxy overrides HTTP_PROXY": ({"HTTP_PROXY": "{}", "http_proxy": ""}, HTTP_URL, "direct"),
    "trailing slash": ({"HTTP_PROXY": "{}/"}, HTTP_URL, "proxy"),
    "address without a scheme": ({"HTTP_PROXY": "127.0.0.1:{port}"}, HTTP_URL, "proxy"),
    "host name without a scheme": ({"HTTP_PROXY": "localhost:{port}"}, HTTP_URL, "proxy"),
    "user and password": ({"HTTP_PROXY": "http://user:password@127.0.0.1:{port}"}, HTTP_URL, "proxy"),
    "CGI program": ({"HTTP_PROXY": "{}", "REQUEST_METHOD": "GET"}, HTTP_URL, "direct"),
    "NO_PROXY with the host": ({"HTTP_PROXY": "{}", "NO_PROXY": "status.corp.example"}, HTTP_URL, "direct"),
    "no_proxy": ({"HTTP_PROXY": "{}", "no_proxy": "status.corp.example"}, HTTP_URL, "direct"),
    "NO_PROXY with the domain": ({"HTTP_PROXY": "{}", "NO_PROXY": "corp.example"}, HTTP_URL, "direct"),
    "NO_PROXY with a leading dot": ({"HTTP_PROXY": "{}", "NO_PROXY": ".corp.example"}, HTTP_URL, "direct"),
    "NO_PROXY with a leading dot and the host itself": (
        {"HTTP_PROXY": "{}", "NO_PROXY": ".status.corp.example"},
        HTTP_URL,
        "proxy",
    ),
    "NO_PROXY for https": ({"HTTPS_PROXY": "{}", "NO_PROXY": "corp.example"}, HTTPS_URL, "direct"),
    "NO_PROXY and ALL_PROXY": ({"ALL_PROXY": "{}", "NO_PROXY": "corp.example"}, HTTPS_URL, "direct"),
    "NO_PROXY with *": ({"HTTP_PROXY": "{}", "NO_PROXY": "*"}, HTTP_URL, "direct"),
    "NO_PROXY with * among others": ({"HTTP_PROXY": "{}", "NO_PROXY": "a.example, *"}, HTTP_URL, "direct"),
    "NO_PROXY with spaces": ({"HTTP_PROXY": "{}", "NO_PROXY": " a.example , corp.example "}, HTTP_URL, "direct"),
    "NO_PROXY with another host": ({"HTTP_PROXY": "{}", "NO_PROXY": "other.example"}, HTTP_URL, "proxy"),
    "NO_PROXY with a part of a label": ({"HTTP_PROXY": "{}", "NO_PROXY": "orp.example"}, HTTP_URL, "proxy"),
    "NO_PROXY in uppercase": ({"HTTP_PROXY": "{}", "NO_PROXY": "CORP.EXAMPLE"}, HTTP_URL, "direct"),
    "NO_PROXY with a scheme": ({"HTTP_PROXY": "{}", "NO_PROXY": "http://status.corp.example"}, HTTP_URL, "direct"),
    "NO_PROXY with another scheme": (
        {"HTTP_PROXY": "{}", "NO_PROXY": "https://status.corp.example"},
        HTTP_URL,
        "proxy",
    ),
    "empty NO_PROXY": ({"HTTP_PROXY": "{}", "NO_PROXY": ""}, HTTP_URL, "proxy"),
    "NO_PROXY with only commas": ({"HTTP_PROXY": "{}", "NO_PROXY": ",,"}, HTTP_URL, "proxy"),
    "NO_PROXY with networks": ({"HTTP_PROXY": "{}", "NO_PROXY": "[::1],10.0.0.0/8,fe80::/10"}, HTTP_URL, "proxy"),
    "NO_PROXY with invalid entries": ({"HTTP_PROXY": "{}", "NO_PROXY": "[,://,a:b:c,%%"}, HTTP_URL, "proxy"),
    "unrelated variable": ({"TRAVIS_APT_PROXY": "{}"}, HTTP_URL, "direct"),
    "ftp_proxy": ({"FTP_PROXY": "{}"}, HTTP_URL, "direct"),
}


def set_variables(variables: dict[str, str], proxy: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables, with the URL of the proxy filled in."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(proxy.url, port=proxy.port))


@pytest.mark.parametrize("case", ROUTES)
@BOTH
def test_proxy_variables(
    monkeypatch: pytest.MonkeyPatch, recorder: RequestRecorder, asynchronous: bool, case: str
) -> None:
    variables, url, route = ROUTES[case]
    set_variables(variables, recorder.proxy, monkeypatch)
    call(url, asynchronous)

    assert recorder.route() == route
    if route == "proxy":
        target = recorder.proxy.requests[0].split(b" ")[1]
        assert target.startswith(b"status.corp.example:443" if url == HTTPS_URL else HTTP_URL.encode())


@pytest.mark.parametrize("case", [case for case, (_, _, route) in ROUTES.items() if route == "proxy"])
@BOTH
def test_trust_env_false_ignores_proxy_variables(
    monkeypatch: pytest.MonkeyPatch, recorder: RequestRecorder, asynchronous: bool, case: str
) -> None:
    variables, url, _ = ROUTES[case]
    set_variables(variables, recorder.proxy, monkeypatch)
    call(url, asynchronous, trust_env=False)

    assert recorder.route() == "direct"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.2", "localhost."])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
@BOTH
def test_loopback_hosts_bypass_proxy_variables(
    monkeypatch: pytest.MonkeyPatch, recorder: RequestRecorder, asynchronous: bool, host: str, variable: str
) -> None:
    monkeypatch.setenv(variable, recorder.proxy.url)
    with hostile(echo(AGENT)) as server:
        call(f"http://{host}:{server.port}", asynchronous)

    assert recorder.proxy.requests == []


@BOTH
def test_proxy_argument_overrides_proxy_variables(
    monkeypatch: pytest.MonkeyPatch, recorder: RequestRecorder, asynchronous: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://dead.example:1")
    monkeypatch.setenv("NO_PROXY", "*")
    for url in (HTTP_URL, "http://127.0.0.1:9"):
        assert call(url, asynchronous, proxy=recorder.proxy.url).status == "SUCCESS"

    assert recorder.looked_up == []


@BOTH
def test_wait_uses_proxy_variables(
    monkeypatch: pytest.MonkeyPatch, recorder: RequestRecorder, asynchronous: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", recorder.proxy.url)
    api = AGENT.client(HTTP_URL, asynchronous=asynchronous)

    assert do(asynchronous, lambda: api.wait_for_dock_status("ds-1", timeout=1)).status == "SUCCESS"


@BOTH
def test_custom_transport_overrides_proxy_variables(
    monkeypatch: pytest.MonkeyPatch, recorder: RequestRecorder, asynchronous: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", recorder.proxy.url)

    assert call(HTTP_URL, asynchronous, http_transport=mocked(AGENT)).status == "SUCCESS"
    assert recorder.route() == "none"


UNUSABLE_PROXIES = (
    "ftp://proxy.example",
    "gopher://x",
    "http://",
    "http://h:99999",
    "http://a b",
    "http://[::1",
    "socks9://h:1",
)


@pytest.mark.parametrize("value", UNUSABLE_PROXIES)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@BOTH
def test_unusable_proxy_variable_is_rejected_by_name(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(InvalidArgumentError, match=f"(?i){variable}.*must be"):
        AGENT.client(HTTP_URL, asynchronous=asynchronous)
    AGENT.client(HTTP_URL, asynchronous=asynchronous, trust_env=False)


@pytest.mark.parametrize("value", UNUSABLE_PROXIES)
@BOTH
def test_unusable_proxy_variable_is_ignored_for_a_loopback_host(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    monkeypatch.setenv("HTTP_PROXY", value)
    with hostile(echo(AGENT)) as server:
        assert call(server.url, asynchronous).status == "SUCCESS"


# Credentials


@pytest.mark.parametrize("where", ["NETRC", "HOME"])
@BOTH
def test_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asynchronous: bool, where: str) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(
        "default login canary-user password canary-password\nmachine 127.0.0.1 login u password canary-password\n"
    )
    netrc.chmod(0o600)
    monkeypatch.setenv(where, str(netrc if where == "NETRC" else tmp_path))
    with hostile(echo(AGENT)) as server:
        call(server.url, asynchronous)
        sent = b"".join(server.requests).lower()

    assert b"authorization" not in sent
    assert b"canary-password" not in sent


CANARY = "canary-pass"
ENCODED_CANARIES = (CANARY, "canary%2Dpass", base64.b64encode(f"user:{CANARY}".encode()).decode())


def repeat_credentials(connection: socket.socket, head: bytes) -> None:
    """Respond with 407 and repeat the head of the request and the credentials."""
    body = head + b" user:canary-pass@proxy canary-pass " + ENCODED_CANARIES[2].encode()
    connection.sendall(http_response(407, body, f"X-Request-Id: {CANARY}", content_type="text/plain"))


def close_connection(connection: socket.socket, head: bytes) -> None:
    connection.close()


def is_redacted(text: str) -> bool:
    return not any(canary in text for canary in ENCODED_CANARIES)


@pytest.mark.parametrize("source", ["proxy=", "httpx.Proxy", "HTTP_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("behaviour", [repeat_credentials, close_connection])
@BOTH
def test_proxy_password_is_redacted_in_errors_and_logs(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    asynchronous: bool,
    behaviour: Any,
    scheme: str,
    source: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    with hostile(behaviour) as server:
        proxy = f"http://user:{CANARY}@127.0.0.1:{server.port}"
        options: dict[str, Any] = {"max_retries": 0, "timeout": 2.0}
        if source == "proxy=":
            options["proxy"] = proxy
        elif source == "httpx.Proxy":
            options["proxy"] = httpx.Proxy(f"http://127.0.0.1:{server.port}", auth=("user", CANARY))
        else:
            monkeypatch.setenv(source.replace("HTTP_", f"{scheme.upper()}_"), proxy)
        api = AGENT.client(f"{scheme}://status.corp.example", asynchronous=asynchronous, **options)
        with pytest.raises(JobStatusError) as caught:
            do(asynchronous, lambda: api.get_dock_status("ds-1"))
        assert server.requests, "the proxy received no request"

    error = caught.value
    shown = [str(error), repr(error), repr(vars(error)), repr(api), *traceback.format_exception(error)]
    assert is_redacted("\n".join(shown))
    assert is_redacted(pickle.dumps(error).decode("latin-1"))
    assert is_redacted(caplog.text)


@pytest.mark.parametrize("scheme", ["ftp", "socks9", "htp"])
@pytest.mark.parametrize("source", ["proxy=", "HTTP_PROXY"])
@BOTH
def test_password_of_an_unusable_proxy_is_redacted(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, source: str, scheme: str
) -> None:
    value = f"{scheme}://user:{CANARY}@127.0.0.1:9"
    options = {"proxy": value} if source == "proxy=" else {}
    if source != "proxy=":
        monkeypatch.setenv(source, value)

    with pytest.raises(InvalidArgumentError, match=f"{source}.*must be") as caught:
        AGENT.client(HTTP_URL, asynchronous=asynchronous, **options)
    assert is_redacted("\n".join([repr(caught.value), *traceback.format_exception(caught.value)]))


# Certificates


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return a private certificate authority."""
    return trustme.CA()


@pytest.fixture(autouse=True)
def cleared_context_caches() -> Iterator[None]:
    """Clear the caches of TLS contexts before and after each test."""
    for function in (transports.default_context, transports.create_tls_context):
        getattr(function, "cache_clear", lambda: None)()
    yield
    for function in (transports.default_context, transports.create_tls_context):
        getattr(function, "cache_clear", lambda: None)()


@contextmanager
def https_server(authority: trustme.CA) -> Iterator[str]:
    """Run an HTTPS server with a certificate of the authority; yield its URL."""
    url, stop = tls_server(authority, http_response())
    try:
        yield url
    finally:
        stop()


def hashed_folder(folder: Path, *certificates: Path) -> Path:
    """Create a folder of certificates as OpenSSL expects it: each is named by the hash of its subject in lower case."""
    folder.mkdir()
    for certificate in certificates:
        subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
        lower_case_name = x509.Name([x509.NameAttribute(part.oid, str(part.value).lower()) for part in subject])
        parts = lower_case_name.public_bytes()[2:]  # without the tag and the length of the sequence around them
        name = hashlib.sha1(parts, usedforsecurity=False).digest()[3::-1].hex()
        shutil.copy(certificate, folder / f"{name}.0")
    return folder


def write_pem(authority: trustme.CA, folder: Path, name: str = "ca.pem") -> Path:
    """Write the certificate of an authority to a PEM file; return its path."""
    authority.cert_pem.write_to_path(folder / name)
    return folder / name


def add_to_system_store(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """Add a certificate to the system store that Python loads."""
    paths = ssl.get_default_verify_paths()
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths._replace(openssl_cafile=str(certificate)))


def certificates(context: ssl.SSLContext) -> set[bytes]:
    return set(context.get_ca_certs(binary_form=True))


def client_context(**options: Any) -> ssl.SSLContext:
    """Return the TLS context of a new client of an HTTPS server."""
    with AgentPlatform("https://host", api_key="k", **options) as api:
        context: ssl.SSLContext = api._core.transports.calls._pool.shared.factory._tls_context
        return context


@BOTH
def test_system_authorities_are_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool
) -> None:
    add_to_system_store(monkeypatch, write_pem(authority, tmp_path))
    with https_server(authority) as url:
        assert getattr(call(url, asynchronous), "status", None) == "SUCCESS"


def test_system_and_certifi_authorities_are_trusted_together() -> None:
    system = ssl.create_default_context()
    bundle = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bundle.load_verify_locations(certifi.where())

    assert certificates(client_context()) >= certificates(system) | certificates(bundle)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@BOTH
def test_certificate_variable_sets_trusted_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool, variable: str
) -> None:
    certificate = write_pem(authority, tmp_path)
    path = certificate if variable == "SSL_CERT_FILE" else hashed_folder(tmp_path / "certs", certificate)
    with https_server(authority) as url:
        before = call(url, asynchronous)
        monkeypatch.setenv(variable, str(path))
        after = call(url, asynchronous)
        untrusted_env = call(url, asynchronous, trust_env=False)

    assert "CERTIFICATE_VERIFY_FAILED" in str(before)
    assert getattr(after, "status", None) == "SUCCESS"
    assert "CERTIFICATE_VERIFY_FAILED" in str(untrusted_env)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_variables_that_are_not_trusted_have_no_effect_now_or_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, variable: str
) -> None:
    certificate = write_pem(authority, tmp_path)
    path = certificate if variable == "SSL_CERT_FILE" else hashed_folder(tmp_path / "certs", certificate)
    with https_server(authority) as url:
        monkeypatch.setenv(variable, str(path))
        first = call(url, False, trust_env=False)
        monkeypatch.delenv(variable)
        second = call(url, False)

    for outcome in (first, second):
        assert "CERTIFICATE_VERIFY_FAILED" in str(outcome)
        assert str(outcome).endswith("; trust its authority with verify= or SSL_CERT_FILE")


def test_a_certificate_file_that_is_replaced_is_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA
) -> None:
    path = write_pem(trustme.CA(), tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with https_server(authority) as url:
        before = call(url, False)
        os.utime(write_pem(authority, tmp_path), (1, 1))
        after = call(url, False)

    assert "CERTIFICATE_VERIFY_FAILED" in str(before)
    assert getattr(after, "status", None) == "SUCCESS"


@pytest.mark.parametrize("place", ["verify=", "SSL_CERT_DIR"])
def test_certificates_of_a_folder_are_found_without_hashed_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, place: str
) -> None:
    folder = tmp_path / "certs"
    (folder / "deeper").mkdir(parents=True)
    write_pem(authority, folder, "ours.crt")
    write_pem(trustme.CA(), folder, "another.pem")
    (folder / "README").write_text("no certificate", encoding="utf-8")
    options: dict[str, Any] = {"verify": folder} if place == "verify=" else {}
    if place == "SSL_CERT_DIR":
        monkeypatch.setenv(place, f"{tmp_path / 'missing'}{os.pathsep}{folder}")
    with https_server(authority) as url:
        assert getattr(call(url, False, **options), "status", None) == "SUCCESS"


@BOTH
def test_certificate_variables_are_combined(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool
) -> None:
    second = trustme.CA()
    monkeypatch.setenv("SSL_CERT_FILE", str(write_pem(authority, tmp_path)))
    monkeypatch.setenv(
        "SSL_CERT_DIR", str(hashed_folder(tmp_path / "certs", write_pem(second, tmp_path, "second.pem")))
    )
    for one in (authority, second):
        with https_server(one) as url:
            assert getattr(call(url, asynchronous), "status", None) == "SUCCESS"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@BOTH
def test_certificate_variable_replaces_system_and_certifi_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool, variable: str
) -> None:
    other = trustme.CA()
    certificate = write_pem(other, tmp_path)
    path = certificate if variable == "SSL_CERT_FILE" else hashed_folder(tmp_path / "certs", certificate)
    monkeypatch.setenv(variable, str(path))
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
    monkeypatch.setattr(certifi, "where", lambda: str(bundle))
    with https_server(authority) as url:
        assert "CERTIFICATE_VERIFY_FAILED" in str(call(url, asynchronous))


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("value", ["missing", "file and folder swapped", "no certificates"])
@BOTH
def test_certificate_variable_without_certificates_is_rejected_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asynchronous: bool, variable: str, value: str
) -> None:
    path = tmp_path / "certificates"
    if value == "file and folder swapped":
        if variable == "SSL_CERT_DIR":
            path.write_text("")
        else:
            path.mkdir()
    elif value == "no certificates":
        path.write_text("no certificate")
    monkeypatch.setenv(variable, str(path))

    with pytest.raises(InvalidArgumentError, match=f"{variable}.*{path}"):
        AGENT.client("https://host", asynchronous=asynchronous)
    AGENT.client("http://host", asynchronous=asynchronous)
    AGENT.client("https://host", asynchronous=asynchronous, trust_env=False)


@BOTH
def test_verify_argument_overrides_certificate_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool
) -> None:
    certificate = write_pem(authority, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(write_pem(trustme.CA(), tmp_path, "other.pem")))
    values: list[Callable[[], Any]] = [
        lambda: str(certificate),
        lambda: certificate,
        lambda: ssl.create_default_context(cafile=certificate),
        lambda: False,
    ]
    with https_server(authority) as url:
        for verify in values:
            assert getattr(call(url, asynchronous, verify=verify()), "status", None) == "SUCCESS"


def test_clients_share_a_tls_context_per_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA
) -> None:
    first = client_context()
    monkeypatch.setenv("SSL_CERT_FILE", str(write_pem(authority, tmp_path)))
    second = client_context()

    assert second is not first
    assert client_context() is second
    monkeypatch.delenv("SSL_CERT_FILE")
    assert client_context() is first


def test_environment_fixture_unsets_the_variables() -> None:
    assert not [name for name in os.environ if name.upper() in {*PROXY_VARIABLES, *OTHER_VARIABLES}]
