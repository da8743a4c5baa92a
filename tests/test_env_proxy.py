"""The environment of a company network: its proxies, its certificates, and what is none of a client's business."""

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

from .hostile import HostileServer, answer, hostile
from .products import AGENT, BOTH, do, echo, mocked
from .test_client_errors import tls_server

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
OTHERS = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD", "NETRC")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing, whatever the machine's own says."""
    for name in (*PROXIES, *(name.lower() for name in PROXIES), *OTHERS):
        monkeypatch.delenv(name, raising=False)


class Network:
    """No network: what was looked up, and what a proxy was asked for."""

    def __init__(self, proxy: HostileServer) -> None:
        self.proxy = proxy
        self.looked_up: list[str] = []

    def way(self) -> str:
        """Which way the last request went."""
        if self.proxy.requests:
            return "proxy"
        return "direct" if self.looked_up else "none"


def behave(connection: socket.socket, head: bytes) -> None:
    """A proxy that answers plain requests itself, and opens no tunnel."""
    if head.startswith(b"CONNECT"):
        connection.sendall(answer(502, b"{}"))
    else:
        connection.sendall(answer())


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """A proxy on a loopback port; no other name than those of this machine is known."""
    plain = socket.getaddrinfo
    with hostile(behave) as proxy:
        network = Network(proxy)

        def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else str(host)
            if name in {"127.0.0.1", "::1", "localhost"}:
                return plain(host, *arguments, **options)
            network.looked_up.append(name)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        yield network


def ask(url: str, asynchronous: bool, **options: Any) -> Any:
    """What one call of a client that is made now gives, or that there was no answer."""
    told = {"timeout": 2.0, "max_retries": 0, **options}

    async def awaited() -> Any:
        async with AGENT.client(url, asynchronous=True, **told) as api:
            return await api.get_dock_status("ds-1")

    try:
        if asynchronous:
            return asyncio.run(awaited())
        with AGENT.client(url, **told) as api:
            return api.get_dock_status("ds-1")
    except (TransportError, ServerError) as error:
        return error


PLAIN, SECURE = "http://status.corp.example", "https://status.corp.example"
# The variables, {} standing for the proxy; the URL that is asked; and the way that the request goes.
WAYS: dict[str, tuple[dict[str, str], str, str]] = {
    "nothing is said": ({}, PLAIN, "direct"),
    "HTTP_PROXY": ({"HTTP_PROXY": "{}"}, PLAIN, "proxy"),
    "http_proxy": ({"http_proxy": "{}"}, PLAIN, "proxy"),
    "HTTPS_PROXY": ({"HTTPS_PROXY": "{}"}, SECURE, "proxy"),
    "https_proxy": ({"https_proxy": "{}"}, SECURE, "proxy"),
    "ALL_PROXY for http": ({"ALL_PROXY": "{}"}, PLAIN, "proxy"),
    "ALL_PROXY for https": ({"ALL_PROXY": "{}"}, SECURE, "proxy"),
    "all_proxy": ({"all_proxy": "{}"}, PLAIN, "proxy"),
    "HTTP_PROXY is not for https": ({"HTTP_PROXY": "{}"}, SECURE, "direct"),
    "HTTPS_PROXY is not for http": ({"HTTPS_PROXY": "{}"}, PLAIN, "direct"),
    "its own before ALL_PROXY": ({"HTTP_PROXY": "{}", "ALL_PROXY": "http://dead.example:1"}, PLAIN, "proxy"),
    "a small letter before a capital": ({"http_proxy": "{}", "HTTP_PROXY": "http://dead.example:1"}, PLAIN, "proxy"),
    "an empty one": ({"HTTP_PROXY": ""}, PLAIN, "direct"),
    "an empty small one": ({"HTTP_PROXY": "{}", "http_proxy": ""}, PLAIN, "direct"),
    "a slash at its end": ({"HTTP_PROXY": "{}/"}, PLAIN, "proxy"),
    "no scheme": ({"HTTP_PROXY": "127.0.0.1:{port}"}, PLAIN, "proxy"),
    "a name": ({"HTTP_PROXY": "localhost:{port}"}, PLAIN, "proxy"),
    "a user and password": ({"HTTP_PROXY": "http://user:word@127.0.0.1:{port}"}, PLAIN, "proxy"),
    "a CGI program": ({"HTTP_PROXY": "{}", "REQUEST_METHOD": "GET"}, PLAIN, "direct"),
    "NO_PROXY with the host": ({"HTTP_PROXY": "{}", "NO_PROXY": "status.corp.example"}, PLAIN, "direct"),
    "no_proxy": ({"HTTP_PROXY": "{}", "no_proxy": "status.corp.example"}, PLAIN, "direct"),
    "NO_PROXY with its domain": ({"HTTP_PROXY": "{}", "NO_PROXY": "corp.example"}, PLAIN, "direct"),
    "NO_PROXY with a dot": ({"HTTP_PROXY": "{}", "NO_PROXY": ".corp.example"}, PLAIN, "direct"),
    "NO_PROXY with a dot, and the host itself": (
        {"HTTP_PROXY": "{}", "NO_PROXY": ".status.corp.example"},
        PLAIN,
        "proxy",
    ),
    "NO_PROXY for https": ({"HTTPS_PROXY": "{}", "NO_PROXY": "corp.example"}, SECURE, "direct"),
    "NO_PROXY and ALL_PROXY": ({"ALL_PROXY": "{}", "NO_PROXY": "corp.example"}, SECURE, "direct"),
    "NO_PROXY with all": ({"HTTP_PROXY": "{}", "NO_PROXY": "*"}, PLAIN, "direct"),
    "NO_PROXY with all among others": ({"HTTP_PROXY": "{}", "NO_PROXY": "a.example, *"}, PLAIN, "direct"),
    "NO_PROXY with blanks": ({"HTTP_PROXY": "{}", "NO_PROXY": " a.example , corp.example "}, PLAIN, "direct"),
    "NO_PROXY with another": ({"HTTP_PROXY": "{}", "NO_PROXY": "other.example"}, PLAIN, "proxy"),
    "NO_PROXY with a part of a word": ({"HTTP_PROXY": "{}", "NO_PROXY": "orp.example"}, PLAIN, "proxy"),
    "NO_PROXY in capitals": ({"HTTP_PROXY": "{}", "NO_PROXY": "CORP.EXAMPLE"}, PLAIN, "direct"),
    "NO_PROXY with a scheme": ({"HTTP_PROXY": "{}", "NO_PROXY": "http://status.corp.example"}, PLAIN, "direct"),
    "NO_PROXY with another scheme": ({"HTTP_PROXY": "{}", "NO_PROXY": "https://status.corp.example"}, PLAIN, "proxy"),
    "NO_PROXY is empty": ({"HTTP_PROXY": "{}", "NO_PROXY": ""}, PLAIN, "proxy"),
    "NO_PROXY with commas": ({"HTTP_PROXY": "{}", "NO_PROXY": ",,"}, PLAIN, "proxy"),
    "NO_PROXY with networks": ({"HTTP_PROXY": "{}", "NO_PROXY": "[::1],10.0.0.0/8,fe80::/10"}, PLAIN, "proxy"),
    "NO_PROXY with nonsense": ({"HTTP_PROXY": "{}", "NO_PROXY": "[,://,a:b:c,%%"}, PLAIN, "proxy"),
    "another variable": ({"TRAVIS_APT_PROXY": "{}"}, PLAIN, "direct"),
    "ftp_proxy": ({"FTP_PROXY": "{}"}, PLAIN, "direct"),
}


def said(variables: dict[str, str], proxy: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the variables, with the proxy's URL in place."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(proxy.url, port=proxy.port))


@pytest.mark.parametrize("case", WAYS)
@BOTH
def test_the_proxies_of_the_environment_are_used_as_httpx_uses_them(
    monkeypatch: pytest.MonkeyPatch, network: Network, asynchronous: bool, case: str
) -> None:
    variables, url, way = WAYS[case]
    said(variables, network.proxy, monkeypatch)
    ask(url, asynchronous)

    assert network.way() == way
    if way == "proxy":
        target = network.proxy.requests[0].split(b" ")[1]
        assert target.startswith(b"status.corp.example:443" if url == SECURE else PLAIN.encode())


@pytest.mark.parametrize("case", [case for case, (_, _, way) in WAYS.items() if way == "proxy"])
@BOTH
def test_trust_env_false_leaves_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch, network: Network, asynchronous: bool, case: str
) -> None:
    variables, url, _ = WAYS[case]
    said(variables, network.proxy, monkeypatch)
    ask(url, asynchronous, trust_env=False)

    assert network.way() == "direct"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.2", "localhost."])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
@BOTH
def test_no_proxy_of_the_environment_stands_before_this_machine(
    monkeypatch: pytest.MonkeyPatch, network: Network, asynchronous: bool, host: str, variable: str
) -> None:
    monkeypatch.setenv(variable, network.proxy.url)
    with hostile(echo(AGENT)) as server:
        ask(f"http://{host}:{server.port}", asynchronous)

    assert network.proxy.requests == []


@BOTH
def test_a_proxy_that_was_passed_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, network: Network, asynchronous: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://dead.example:1")
    monkeypatch.setenv("NO_PROXY", "*")
    for url in (PLAIN, "http://127.0.0.1:9"):
        assert ask(url, asynchronous, proxy=network.proxy.url).status == "SUCCESS"

    assert network.looked_up == []


@BOTH
def test_a_wait_goes_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, network: Network, asynchronous: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", network.proxy.url)
    api = AGENT.client(PLAIN, asynchronous=asynchronous)

    assert do(asynchronous, lambda: api.wait_for_dock_status("ds-1", timeout=1)).status == "SUCCESS"


@BOTH
def test_a_transport_of_one_s_own_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, network: Network, asynchronous: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", network.proxy.url)

    assert ask(PLAIN, asynchronous, http_transport=mocked(AGENT)).status == "SUCCESS"
    assert network.way() == "none"


UNUSABLE = (
    "ftp://proxy.example",
    "gopher://x",
    "http://",
    "http://h:99999",
    "http://a b",
    "http://[::1",
    "socks9://h:1",
)


@pytest.mark.parametrize("value", UNUSABLE)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@BOTH
def test_a_proxy_of_the_environment_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(InvalidArgumentError, match=f"(?i){variable}.*wants"):
        AGENT.client(PLAIN, asynchronous=asynchronous)
    AGENT.client(PLAIN, asynchronous=asynchronous, trust_env=False)


@pytest.mark.parametrize("value", UNUSABLE)
@BOTH
def test_a_proxy_of_the_environment_that_is_not_for_us_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    monkeypatch.setenv("HTTP_PROXY", value)
    with hostile(echo(AGENT)) as server:
        assert ask(server.url, asynchronous).status == "SUCCESS"


# Credentials that are nobody's business


@pytest.mark.parametrize("where", ["NETRC", "HOME"])
@BOTH
def test_no_netrc_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asynchronous: bool, where: str) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login canary-user password canary-word\nmachine 127.0.0.1 login u password canary-word\n")
    netrc.chmod(0o600)
    monkeypatch.setenv(where, str(netrc if where == "NETRC" else tmp_path))
    with hostile(echo(AGENT)) as server:
        ask(server.url, asynchronous)
        sent = b"".join(server.requests).lower()

    assert b"authorization" not in sent
    assert b"canary-word" not in sent


CANARY = "canary-pass"
FORMS = (CANARY, "canary%2Dpass", base64.b64encode(f"user:{CANARY}".encode()).decode())


def repeating(connection: socket.socket, head: bytes) -> None:
    """A proxy that refuses, and repeats all that it was sent and knows."""
    page = head + b" user:canary-pass@proxy canary-pass " + FORMS[2].encode()
    connection.sendall(answer(407, page, f"X-Request-Id: {CANARY}", content_type="text/plain"))


def closing(connection: socket.socket, head: bytes) -> None:
    connection.close()


def hidden(text: str) -> bool:
    return not any(form in text for form in FORMS)


@pytest.mark.parametrize("source", ["proxy=", "httpx.Proxy", "HTTP_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("reaction", [repeating, closing])
@BOTH
def test_the_password_of_a_proxy_is_in_no_error_and_no_log(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    asynchronous: bool,
    reaction: Any,
    scheme: str,
    source: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    with hostile(reaction) as server:
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
        assert server.requests, "the proxy was not asked"

    error = caught.value
    shown = [str(error), repr(error), repr(vars(error)), repr(api), *traceback.format_exception(error)]
    assert hidden("\n".join(shown))
    assert hidden(pickle.dumps(error).decode("latin-1"))
    assert hidden(caplog.text)


@pytest.mark.parametrize("scheme", ["ftp", "socks9", "htp"])
@pytest.mark.parametrize("source", ["proxy=", "HTTP_PROXY"])
@BOTH
def test_the_password_of_a_proxy_that_cannot_be_used_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, asynchronous: bool, source: str, scheme: str
) -> None:
    value = f"{scheme}://user:{CANARY}@127.0.0.1:9"
    options = {"proxy": value} if source == "proxy=" else {}
    if source != "proxy=":
        monkeypatch.setenv(source, value)

    with pytest.raises(InvalidArgumentError, match=f"{source}.*wants") as caught:
        AGENT.client(PLAIN, asynchronous=asynchronous, **options)
    assert hidden("\n".join([repr(caught.value), *traceback.format_exception(caught.value)]))


# Certificates


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of a company."""
    return trustme.CA()


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No TLS context is kept from one test to the next."""
    for function in (transports.shared_context, transports.context):
        getattr(function, "cache_clear", lambda: None)()
    yield
    for function in (transports.shared_context, transports.context):
        getattr(function, "cache_clear", lambda: None)()


@contextmanager
def company(authority: trustme.CA) -> Iterator[str]:
    """A server with a certificate of the company; its URL."""
    url, stop = tls_server(authority, answer())
    try:
        yield url
    finally:
        stop()


def hashed(folder: Path, *certificates: Path) -> Path:
    """A folder of certificates as OpenSSL wants it: each named by its subject, in lower case, hashed."""
    folder.mkdir()
    for certificate in certificates:
        subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
        plain = x509.Name([x509.NameAttribute(part.oid, str(part.value).lower()) for part in subject])
        parts = plain.public_bytes()[2:]  # without the tag and the length of the sequence around them
        name = hashlib.sha1(parts, usedforsecurity=False).digest()[3::-1].hex()
        shutil.copy(certificate, folder / f"{name}.0")
    return folder


def pem(authority: trustme.CA, folder: Path, name: str = "ca.pem") -> Path:
    """The certificate of an authority as a file."""
    authority.cert_pem.write_to_path(folder / name)
    return folder / name


def system_store(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """Puts a certificate into the store of the system, as far as Python can see."""
    plain = ssl.SSLContext.set_default_verify_paths

    def load(context: ssl.SSLContext) -> None:
        plain(context)
        context.load_verify_locations(certificate)

    monkeypatch.setattr(ssl.SSLContext, "set_default_verify_paths", load)


def names(context: ssl.SSLContext) -> set[bytes]:
    return set(context.get_ca_certs(binary_form=True))


def trusted(**options: Any) -> ssl.SSLContext:
    """The context that a client of https shakes hands with."""
    with AgentPlatform("https://host", api_key="k", **options) as api:
        pool: Any = api._transport
        context: ssl.SSLContext = pool._pool._ssl_context
        return context


@BOTH
def test_an_authority_of_the_system_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool
) -> None:
    system_store(monkeypatch, pem(authority, tmp_path))
    with company(authority) as url:
        assert getattr(ask(url, asynchronous), "status", None) == "SUCCESS"


def test_the_system_and_certifi_are_trusted_together() -> None:
    system = ssl.create_default_context()
    bundle = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bundle.load_verify_locations(certifi.where())

    assert names(trusted()) >= names(system) | names(bundle)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@BOTH
def test_a_variable_names_the_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool, variable: str
) -> None:
    certificate = pem(authority, tmp_path)
    place = certificate if variable == "SSL_CERT_FILE" else hashed(tmp_path / "certs", certificate)
    with company(authority) as url:
        before = ask(url, asynchronous)
        monkeypatch.setenv(variable, str(place))
        after = ask(url, asynchronous)
        untrusting = ask(url, asynchronous, trust_env=False)

    assert "CERTIFICATE_VERIFY_FAILED" in str(before)
    assert getattr(after, "status", None) == "SUCCESS"
    assert "CERTIFICATE_VERIFY_FAILED" in str(untrusting)


@BOTH
def test_both_variables_hold_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool
) -> None:
    second = trustme.CA()
    monkeypatch.setenv("SSL_CERT_FILE", str(pem(authority, tmp_path)))
    monkeypatch.setenv("SSL_CERT_DIR", str(hashed(tmp_path / "certs", pem(second, tmp_path, "second.pem"))))
    for one in (authority, second):
        with company(one) as url:
            assert getattr(ask(url, asynchronous), "status", None) == "SUCCESS"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@BOTH
def test_a_variable_takes_the_place_of_the_system_and_of_certifi(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool, variable: str
) -> None:
    other = trustme.CA()
    certificate = pem(other, tmp_path)
    place = certificate if variable == "SSL_CERT_FILE" else hashed(tmp_path / "certs", certificate)
    monkeypatch.setenv(variable, str(place))
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
    monkeypatch.setattr(certifi, "where", lambda: str(bundle))
    with company(authority) as url:
        assert "CERTIFICATE_VERIFY_FAILED" in str(ask(url, asynchronous))


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("value", ["/nowhere/at-all", "a folder where a file belongs", "no certificates"])
@BOTH
def test_a_variable_that_names_no_certificates_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asynchronous: bool, variable: str, value: str
) -> None:
    place = tmp_path / "certificates"
    if value.startswith("a folder"):
        if variable == "SSL_CERT_DIR":
            place.write_text("")
        else:
            place.mkdir()
    elif value == "no certificates":
        place.write_text("no certificate")
    monkeypatch.setenv(variable, str(place))

    with pytest.raises(InvalidArgumentError, match=f"{variable}.*{place}"):
        AGENT.client("https://host", asynchronous=asynchronous)
    AGENT.client("http://host", asynchronous=asynchronous)
    AGENT.client("https://host", asynchronous=asynchronous, trust_env=False)


@BOTH
def test_what_was_passed_goes_before_a_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, asynchronous: bool
) -> None:
    certificate = pem(authority, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem(trustme.CA(), tmp_path, "other.pem")))
    made: list[Callable[[], Any]] = [
        lambda: str(certificate),
        lambda: certificate,
        lambda: ssl.create_default_context(cafile=certificate),
        lambda: False,
    ]
    with company(authority) as url:
        for verify in made:
            assert getattr(ask(url, asynchronous, verify=verify()), "status", None) == "SUCCESS"


def test_clients_of_one_environment_share_a_context_and_those_of_another_do_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA
) -> None:
    first = trusted()
    monkeypatch.setenv("SSL_CERT_FILE", str(pem(authority, tmp_path)))
    second = trusted()

    assert second is not first
    assert trusted() is second
    monkeypatch.delenv("SSL_CERT_FILE")
    assert trusted() is first


def test_the_environment_of_the_tests_says_nothing() -> None:
    assert not [name for name in os.environ if name.upper() in {*PROXIES, *OTHERS}]
