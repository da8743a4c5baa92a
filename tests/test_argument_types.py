"""Arguments of many types and values: each works, or is rejected at once with a message that says what was expected."""

import asyncio
import decimal
import enum
import fractions
import itertools
import pathlib
import re
import shutil
import ssl
import subprocess
import time
import types
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import trustme
from attrs import frozen
from job_status import (
    InvalidArgumentError,
    JobTimeoutError,
    LearnedSchedule,
    as_completed,
    async_as_completed,
    async_wait_all,
    wait_all,
)

from .hostile import HostileServer, hostile
from .paths import id_in, path_of
from .products import AGENT, BOTH, PRODUCTS, do, echo, in_time, mocked

ACCEPT, REJECT, EITHER = "accept", "reject", "either"
VERBS: Final = r"\b(must|expects|expected|contains|cannot|pass|has|is)\b"


class IntegerLike:
    """An integer type of another library, such as `numpy.int64`."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __str__(self) -> str:
        return str(self.value)

    __repr__ = __str__


class FloatLike(IntegerLike):
    """A float type of another library, such as `numpy.float32`."""

    __index__ = None  # type: ignore[assignment]

    def __float__(self) -> float:
        return float(self.value)


class StrSubclass(str):
    """A subclass of `str`, such as `numpy.str_`."""


class StrMember(str, enum.Enum):  # noqa: UP042 - the older form, whose str() is not its value
    """A string enumeration."""

    JOB = "ds-7"


class IntMember(enum.IntEnum):
    """An integer enumeration."""

    SEVEN = 7


class UnsupportedObject:
    """An object of an unsupported type with a long, multi-line repr, such as a data frame."""

    def __repr__(self) -> str:
        return "unsupported\x1b[2J\n" * 10_000


@frozen
class Case:
    """A value to pass, and whether it must be accepted, must be rejected, or may be either."""

    value: Any
    expected: str = REJECT


def cases(values: dict[str, Any]) -> pytest.MarkDecorator:
    """Parametrize a test by cases; a value that is not a `Case` must be rejected."""
    cases_by_name = {name: value if isinstance(value, Case) else Case(value) for name, value in values.items()}
    return pytest.mark.parametrize("case", cases_by_name.values(), ids=cases_by_name.keys())


def accept(value: Any) -> Case:
    return Case(value, ACCEPT)


def either(value: Any) -> Case:
    return Case(value, EITHER)


def check_case(case: Case, argument: str, use: Callable[[], Any]) -> None:
    """Check that `use` accepts or rejects the value as the case expects, within three seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        result = in_time(3, lambda: result_or_rejection(use))
    if isinstance(result, InvalidArgumentError):
        assert case.expected != ACCEPT, f"rejected: {result}"
        assert argument in str(result)
        assert re.search(VERBS, str(result))
        assert str(result).isprintable()
        assert len(str(result)) < 1000
    else:
        assert case.expected != REJECT, f"accepted; returned {result!r}"
        assert result is not None


def result_or_rejection(use: Callable[[], Any]) -> Any:
    """Return the result of a call, or the `InvalidArgumentError` that it raises."""
    try:
        return use()
    except InvalidArgumentError as error:
        return error


# base_url


BASE_URLS: dict[str, Any] = {
    "host": accept("http://host"),
    "trailing slash": accept("http://host/"),
    "trailing slashes": either("http://host//"),
    "port": accept("http://host:8080"),
    "default port": accept("http://host:80"),
    "port with a leading zero": either("http://host:080"),
    "empty port": either("http://host:"),
    "uppercase": accept("HTTP://HOST"),
    "uppercase https": accept("HTTPS://host"),
    "path": accept("http://host/base/path"),
    "path with dot segments": either("http://host/a/../b"),
    "path with a percent-encoded character": accept("http://host/a%20b"),
    "path with a space": either("http://host/a b"),
    "path with a non-ASCII character": accept("http://host/öfen"),
    "host with an underscore": accept("http://my_service:8080"),
    "host with a trailing dot": accept("http://host.example."),
    "IPv4 address": accept("http://127.0.0.1:9200"),
    "IPv6 address": accept("http://[::1]:9200"),
    "non-ASCII host": accept("http://bücher.example"),
    "punycode": accept("http://xn--bcher-kva.example"),
    "label of 63 characters": accept(f"http://{'a' * 63}.example"),
    "str subclass": accept(StrSubclass("http://host")),
    "httpx.URL": either(httpx.URL("http://host")),
    "None": None,
    "empty string": "",
    "space": " ",
    "leading space": either(" http://host"),
    "trailing space": either("http://host "),
    "trailing newline": either("http://host\n"),
    "trailing CRLF": either("http://host\r\n"),
    "embedded newline": "http://ho\nst",
    "embedded tab": "http://ho\tst",
    "newline in the path": "http://host/a\nb",
    "NUL": "http://host/\x00",
    "line separator": "http://host\u2028",
    "byte order mark": "\ufeffhttp://host",
    "lone surrogate": "http://host/\ud800",
    "scheme twice": "http://http://host",
    "https scheme twice": "https://https://host",
    "quoted": '"http://host"',
    "in angle brackets": "<http://host>",
    "no scheme": "host",
    "no scheme, with a port": "host:8080",
    "no scheme, with slashes": "//host",
    "one slash after the scheme": "http:/host",
    "no slash after the scheme": "http:host",
    "three slashes after the scheme": "http:///host",
    "backslashes": "http:\\\\host",
    "backslash after the host": "http://host\\base",
    "no host": "http://",
    "no host, with a port": "http://:8080",
    "no host, with a path": "http:///base",
    "ftp": "ftp://host",
    "file scheme": "file:///etc/hosts",
    "ws": "ws://host",
    "unix socket": "http+unix://%2Fvar%2Frun%2Fx.sock",
    "non-numeric port": "http://host:port",
    "port out of range": "http://host:65536",
    "port zero": "http://host:0",
    "negative port": "http://host:-1",
    "port of full-width digits": "http://host:\uff18\uff10",
    "two ports": "http://host:80:80",
    "shell variable": "$BASE_URL",
    "shell variable as the host": "http://$HOST",
    "host in braces": "http://{host}",
    "host in angle brackets": "http://<host>",
    "query": "http://host/?x=1",
    "empty query": "http://host?",
    "fragment": "http://host/#x",
    "empty fragment": "http://host#",
    "user": "http://user@host",
    "user and password": "http://user:password@host",
    "empty user": "http://@host",
    "leading dot": "http://.example",
    "only a dot": "http://.",
    "empty label": "http://a..b",
    "two trailing dots": "http://host..",
    "label of 64 characters": f"http://{'a' * 64}.example",
    "label of 70 characters": f"http://{'a' * 70}.example",
    "host of 300 characters": "http://" + ".".join(["a" * 50] * 6),
    "emoji": "http://😇/",
    "empty punycode": "http://xn--.invalid",
    "invalid punycode": "http://xn--zzzzzzzz99999.example",
    "zero-width space": "http://exa\u200bmple.com",
    "soft hyphen": "http://exa\u00admple.com",
    "space in the host": "http://ho st",
    "percent-encoded character in the host": either("http://ho%73t"),
    "percent-encoded NUL in the host": "http://host%00",
    "wildcard host": either("http://*.example"),
    "invalid IPv4 address": "http://256.256.256.256",
    "IPv6 address without brackets": "http://::1",
    "unclosed bracket": "http://[::1",
    "host name in brackets": "http://[host]",
    "text after the brackets": "http://[::1]x",
    "IPv6 zone": either("http://[fe80::1%25eth0]"),
    "70,000 characters": "http://host/" + "x" * 70_000,
    "bytes": b"http://host",
    "int": 8080,
    "True": True,
    "pathlib.Path": pathlib.Path("http://host"),
    "list": ["http://host"],
    "dict": {"url": "http://host"},
    "tuple": ("host", 80),
    "class": httpx.URL,
    "unsupported object": UnsupportedObject(),
}


@cases(BASE_URLS)
@BOTH
def test_base_url(asynchronous: bool, case: Case) -> None:
    seen: list[httpx.Request] = []

    def use() -> Any:
        api = AGENT.client(case.value, asynchronous=asynchronous, http_transport=mocked(AGENT, seen))
        # An argument that the constructor accepts must not be rejected by a later call.
        try:
            do(asynchronous, lambda: api.get_dock_status("ds-1"))
            do(asynchronous, lambda: api.wait_for_dock_status("ds-1", timeout=0.5))
        except InvalidArgumentError as error:
            pytest.fail(f"rejected too late: {error}")
        return api

    check_case(case, "base_url=", use)
    if seen:
        expected = httpx.URL(str(case.value).strip())
        assert (seen[0].url.host, seen[0].url.scheme) == (expected.host, expected.scheme)
        assert seen[0].url.path.endswith(path_of("agent-platform", "get_dock_status", "ds-1"))
        assert not seen[0].url.query


@cases({name: value for name, value in BASE_URLS.items() if not isinstance(value, Case)})
def test_base_url_rejection_is_short_printable_and_without_the_password(case: Case) -> None:
    with pytest.raises(InvalidArgumentError, match="base_url=") as caught:
        AGENT.client(case.value)

    assert len(str(caught.value)) < 400
    assert "password@" not in str(caught.value)
    assert str(caught.value).isprintable()


# Other constructor arguments


SECONDS: dict[str, Any] = {
    "int": accept(5),
    "float": accept(0.5),
    "Decimal": accept(decimal.Decimal("5.5")),
    "Fraction": accept(fractions.Fraction(11, 2)),
    "integer of another library": accept(IntegerLike(5)),
    "float of another library": accept(FloatLike(5)),
    "IntEnum member": accept(IntMember.SEVEN),
    "317 years": either(1e10),
    "31,000 years": either(1e12 - 1),
    "zero": 0,
    "negative": -1,
    "Decimal zero": decimal.Decimal(0),
    "Decimal NaN": decimal.Decimal("nan"),
    "Decimal infinity": decimal.Decimal("inf"),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "too large": 1e13,
    "int too large for a float": 10**400,
    "Decimal too large for a float": decimal.Decimal("1e999"),
    "True": True,
    "False": False,
    "str": "5",
    "empty string": "",
    "bytes": b"5",
    "list": [5],
    "tuple": (3, 5),
    "complex": 5 + 0j,
    "timedelta": either(__import__("datetime").timedelta(seconds=5)),
    "httpx.Timeout": either(httpx.Timeout(5)),
    "dict": {},
    "class": float,
    "unsupported object": UnsupportedObject(),
}
COUNTS: dict[str, Any] = {
    "zero": accept(0),
    "one": accept(1),
    "10**30": accept(10**30),
    "integer of another library": accept(IntegerLike(2)),
    "IntEnum member": accept(IntMember.SEVEN),
    "None": None,
    "negative": -1,
    "True": True,
    "False": False,
    "0.5": 0.5,
    "float": either(2.0),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "str": "2",
    "empty string": "",
    "Decimal 0.5": decimal.Decimal("0.5"),
    "list": [],
    "dict": {},
    "unsupported object": UnsupportedObject(),
}
SIZES: dict[str, Any] = {
    **COUNTS,
    "zero": 0,
    "one": either(1),
    "integer of another library": accept(IntegerLike(10_000)),
    "IntEnum member": either(IntMember.SEVEN),
    "float": either(2e6),
    "str": "10000",
    "size with a unit": "1MB",
    "1000": accept(1000),
}
HEADERS: dict[str, Any] = {
    "None": accept(None),
    "empty dict": accept({}),
    "one header": accept({"x-team": "a"}),
    "MappingProxyType": accept(types.MappingProxyType({"x-team": "a"})),
    "httpx.Headers": accept(httpx.Headers({"x-team": "a"})),
    "str subclasses": accept({StrSubclass("x-team"): StrSubclass("a")}),
    "empty value": accept({"x-team": ""}),
    "list of pairs": either([("x-team", "a")]),
    "non-ASCII value": either({"x-team": "ü"}),
    "leading space in a value": either({"x-team": " a"}),
    "embedded tab": either({"x-team": "a\tb"}),
    "str": "x-team: a",
    "empty string": either(""),
    "bytes": b"x-team: a",
    "list of strings": ["x-team"],
    "set": {"x-team"},
    "int": 7,
    "True": True,
    "class": dict,
    "int as a value": {"x-team": 1},
    "None as a value": {"x-team": None},
    "bytes as a value": {"x-team": b"a"},
    "list as a value": {"x-team": ["a"]},
    "int as a name": {1: "a"},
    "None as a name": {None: "a"},
    "bytes as a name": {b"x-team": "a"},
    "empty name": {"": "a"},
    "space in a name": {"x team": "a"},
    "colon in a name": {"x-team:": "a"},
    "parentheses in a name": {"x(team)": "a"},
    "non-ASCII name": {"x-öfen": "a"},
    "newline in a name": {"x\nteam": "a"},
    "newline in a value": {"x-team": "a\nb"},
    "CRLF in a value": {"x-team": "a\r\nx-more: b"},
    "NUL": {"x-team": "a\x00"},
    "DEL": {"x-team": "a\x7f"},
    "lone surrogate": {"x-team": "\ud800"},
    "Host": {"Host": "other"},
    "Content-Length": {"Content-Length": "0"},
    "Transfer-Encoding": {"Transfer-Encoding": "chunked"},
    "Connection": {"Connection": "close"},
    "unsupported object": UnsupportedObject(),
}


def sync_hook(_: Any) -> None:
    """Do nothing, as a hook of a sync client."""


async def async_hook(_: Any) -> None:
    """Do nothing, as a hook of an async client."""


def hooks(asynchronous: bool) -> dict[str, Any]:
    """Return values for `event_hooks=`, by name."""
    hook, other = (async_hook, sync_hook) if asynchronous else (sync_hook, async_hook)
    return {
        "None": accept(None),
        "empty dict": accept({}),
        "empty list": accept({"request": []}),
        "one hook": accept({"request": [hook]}),
        "two hooks": accept({"request": [hook, hook], "response": [hook]}),
        "tuple": accept({"response": (hook,)}),
        "MappingProxyType": accept(types.MappingProxyType({"request": [hook]})),
        "hook instead of a list": either({"request": hook}),
        "None instead of a list": either({"request": None}),
        "hook instead of a dict": hook,
        "list instead of a dict": [hook],
        "str instead of a dict": "request",
        "int instead of a dict": 7,
        "str instead of a list": {"request": "print"},
        "int instead of a list": {"request": 7},
        "None in a list": {"request": [None]},
        "str in a list": {"response": ["print"]},
        "nested list": {"request": [[hook]]},
        "unknown event": {"before": [hook]},
        "int as an event": {1: [hook]},
        "None as an event": {None: [hook]},
        "capitalized event": {"Request": [hook]},
        "hook of the other client type": either({"request": [other]}) if asynchronous else {"request": [other]},
        "unsupported object": UnsupportedObject(),
    }


def call_and_wait(server: HostileServer, asynchronous: bool, **options: Any) -> Any:
    """Create a client, wait for a job and make a call with it."""

    async def awaited() -> Any:
        async with AGENT.client(server.url, asynchronous=True, **options) as api:
            await api.wait_for_dock_status("ds-1", timeout=1)
            return await api.get_dock_status("ds-1")

    if asynchronous:
        return asyncio.run(awaited())
    with AGENT.client(server.url, **options) as api:
        api.wait_for_dock_status("ds-1", timeout=1)
        return api.get_dock_status("ds-1")


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    """Run a server that reports the state SUCCESS for every id."""
    with hostile(echo(AGENT)) as running:
        yield running


@cases({**SECONDS, "None": either(None)})
@BOTH
def test_client_timeout(server: HostileServer, asynchronous: bool, case: Case) -> None:
    check_case(case, "timeout=", lambda: call_and_wait(server, asynchronous, timeout=case.value))


@cases(COUNTS)
@BOTH
def test_max_retries(server: HostileServer, asynchronous: bool, case: Case) -> None:
    check_case(case, "max_retries=", lambda: call_and_wait(server, asynchronous, max_retries=case.value))


@cases(SIZES)
@BOTH
def test_max_response_bytes(server: HostileServer, asynchronous: bool, case: Case) -> None:
    def use() -> Any:
        api = AGENT.client(server.url, asynchronous=asynchronous, max_response_bytes=case.value)
        if case.expected == ACCEPT:
            return do(asynchronous, lambda: api.get_dock_status("ds-1"))
        return api

    check_case(case, "max_response_bytes=", use)


FLAGS: dict[str, Any] = {
    "True": accept(True),
    "False": accept(False),
    "None": None,
    "zero": 0,
    "one": 1,
    "str": "no",
    "empty string": "",
    "list": [],
    "class": bool,
    "unsupported object": UnsupportedObject(),
}


@cases(FLAGS)
@BOTH
def test_trust_env(asynchronous: bool, case: Case) -> None:
    check_case(case, "trust_env=", lambda: AGENT.client("http://h", asynchronous=asynchronous, trust_env=case.value))


@cases(HEADERS)
@BOTH
def test_client_headers(server: HostileServer, asynchronous: bool, case: Case) -> None:
    check_case(case, "headers=", lambda: call_and_wait(server, asynchronous, headers=case.value))


@pytest.mark.parametrize("shape", hooks(False))
@BOTH
def test_event_hooks(server: HostileServer, asynchronous: bool, shape: str) -> None:
    value = hooks(asynchronous)[shape]
    case = value if isinstance(value, Case) else Case(value)
    check_case(case, "event_hooks=", lambda: call_and_wait(server, asynchronous, event_hooks=case.value))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a folder with valid and invalid certificate files."""
    folder = tmp_path_factory.mktemp("certificates")
    trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
    (folder / "hashed").mkdir()
    openssl = shutil.which("openssl")
    if openssl is not None:
        command = [openssl, "x509", "-noout", "-hash", "-in", str(folder / "ca.pem")]
        name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        shutil.copy(folder / "ca.pem", folder / "hashed" / f"{name}.0")
    (folder / "none").mkdir()
    (folder / "empty.pem").write_text("")
    (folder / "invalid.pem").write_bytes(b"\x00\x01garbage")
    (folder / "truncated.pem").write_text((folder / "ca.pem").read_text()[:200])
    return folder


VERIFY: dict[str, Any] = {
    "True": accept(lambda _: True),
    "False": accept(lambda _: False),
    "SSLContext": accept(lambda _: ssl.create_default_context()),
    "file": accept(lambda folder: str(folder / "ca.pem")),
    "Path of a file": accept(lambda folder: folder / "ca.pem"),
    "folder": accept(lambda folder: str(folder / "hashed")),
    "Path of a folder": accept(lambda folder: folder / "hashed"),
    "missing file": lambda folder: str(folder / "missing.pem"),
    "Path of a missing file": lambda folder: folder / "missing.pem",
    "missing folder": lambda folder: str(folder / "missing" / ""),
    "empty file": lambda folder: str(folder / "empty.pem"),
    "invalid certificate": lambda folder: str(folder / "invalid.pem"),
    "truncated certificate": lambda folder: str(folder / "truncated.pem"),
    "NUL": lambda folder: "ca\x00.pem",
    "long path": lambda _: "x" * 5000,
    "surrogate": lambda _: "\ud800",
    "folder without hashed names": accept(lambda folder: folder),
    "folder without certificates": lambda folder: folder / "none",
    "root folder": lambda _: "/",
    "None": lambda _: None,
    "empty string": lambda _: "",
    "not a path": lambda _: "true",
    "zero": lambda _: 0,
    "one": lambda _: 1,
    "bytes": lambda folder: bytes(folder / "ca.pem"),
    "list": lambda _: [],
    "class": lambda _: ssl.SSLContext,
    "unsupported object": lambda _: UnsupportedObject(),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@cases(VERIFY)
@BOTH
def test_verify(certificates: Path, asynchronous: bool, case: Case, scheme: str) -> None:
    value = case.value(certificates)
    check_case(case, "verify=", lambda: AGENT.client(f"{scheme}://host", asynchronous=asynchronous, verify=value))


@cases({name: VERIFY[name] for name in VERIFY if "missing" in name or name in {"invalid certificate", "empty file"}})
def test_verify_rejection_names_the_path(certificates: Path, case: Case) -> None:
    value = case.value(certificates)
    with pytest.raises(InvalidArgumentError, match="verify=") as caught:
        AGENT.client("https://host", verify=value)

    assert str(value) in str(caught.value)


PROXIES: dict[str, Any] = {
    "None": accept(lambda _: None),
    "URL": accept(lambda url: url),
    "URL with a trailing slash": accept(lambda url: f"{url}/"),
    "str subclass": accept(lambda url: StrSubclass(url)),
    "httpx.Proxy": accept(lambda url: httpx.Proxy(url)),
    "httpx.URL": either(lambda url: httpx.URL(url)),
    "user and password": accept(lambda url: url.replace("://", "://user:password@")),
    "no scheme": either(lambda url: url.removeprefix("http://")),
    "socks5": lambda _: "socks5://127.0.0.1:1080",
    "socks5h": lambda _: "socks5h://127.0.0.1:1080",
    "ftp": lambda _: "ftp://x",
    "not a URL": lambda _: "garbage",
    "empty string": lambda _: "",
    "space": lambda _: " ",
    "trailing newline": either(lambda url: f"{url}\n"),
    "embedded newline": lambda _: "http://ho\nst:1",
    "no host": lambda _: "http://",
    "port out of range": lambda _: "http://h:99999",
    "non-numeric port": lambda _: "http://h:port",
    "space in the host": lambda _: "http://ho st",
    "empty label": lambda _: "http://a..b:1",
    "unclosed bracket": lambda _: "http://[::1",
    "dict with URL prefixes as keys": lambda url: {"http://": url},
    "dict with schemes as keys": lambda url: {"http": url},
    "list": lambda url: [url],
    "bytes": lambda url: url.encode(),
    "int": lambda _: 3128,
    "True": lambda _: True,
    "False": lambda _: False,
    "tuple": lambda _: ("127.0.0.1", 3128),
    "class": lambda _: httpx.Proxy,
    "unsupported object": lambda _: UnsupportedObject(),
}


@cases(PROXIES)
@BOTH
def test_proxy(server: HostileServer, asynchronous: bool, case: Case) -> None:
    value = case.value(server.url)
    check_case(case, "proxy=", lambda: call_and_wait(server, asynchronous, proxy=value))


TRANSPORTS: dict[str, Callable[[bool], Any]] = {
    "str": lambda _: "http",
    "int": lambda _: 7,
    "True": lambda _: True,
    "class": lambda _: httpx.MockTransport,
    "httpx client": lambda asynchronous: httpx.AsyncClient() if asynchronous else httpx.Client(),
    "transport of the other client type": lambda asynchronous: (
        httpx.HTTPTransport() if asynchronous else httpx.AsyncHTTPTransport()
    ),
    "function": lambda _: print,
    "unsupported object": lambda _: UnsupportedObject(),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@BOTH
def test_http_transport_of_wrong_type_is_rejected(server: HostileServer, asynchronous: bool, transport: str) -> None:
    with pytest.raises(InvalidArgumentError, match=rf"http_transport=.*{VERBS}"):
        AGENT.client(server.url, asynchronous=asynchronous, http_transport=TRANSPORTS[transport](asynchronous))


CREDENTIALS: dict[str, Any] = {
    "str": accept("k"),
    "str subclass": accept(StrSubclass("k")),
    "callable": accept(lambda: "k"),
    "None": None,
    "empty string": "",
    "space": " ",
    "leading space": " k",
    "trailing newline": "k\n",
    "embedded newline": "a\nb",
    "non-ASCII character": "schlüssel",
    "lone surrogate": "\ud800",
    "NUL": "a\x00",
    "bytes": b"k",
    "int": 7,
    "True": True,
    "list": ["k"],
    "tuple": ("a", "k"),
    "dict": {"key": "k"},
    "callable a sync one None": lambda: None,
    "callable a sync one an empty string": lambda: "",
    "callable a sync one bytes": lambda: b"k",
    "callable a sync one an int": lambda: 7,
    "callable a sync one a newline": lambda: "k\n",
    "class": dict,
    "unsupported object": UnsupportedObject(),
}
METHODS = ("call", "raw", "wait", "wait_all", "as_completed")


def get_status(method: str, asynchronous: bool, api: Any, identifier: Any = "ds-1", **options: Any) -> Any:
    """Get the status of a job by a call or a wait."""
    if method == "call":
        return do(asynchronous, lambda: api.get_dock_status(identifier, **options))
    if method == "raw":
        return do(asynchronous, lambda: api.get_dock_status_raw(identifier, **options)).parsed
    if method == "wait":
        return do(asynchronous, lambda: api.wait_for_dock_status(identifier, **options))
    jobs = [api.dock_status_job(identifier, **options)]
    if method == "wait_all":
        outcomes = do(True, lambda: async_wait_all(jobs)) if asynchronous else wait_all(jobs)
        return outcomes[0].result()
    if not asynchronous:
        return next(as_completed(jobs)).result()

    async def first() -> Any:
        (outcome,) = [outcome async for outcome in async_as_completed(jobs)]
        return outcome.result()

    return asyncio.run(first())


EACH_METHOD = pytest.mark.parametrize("method", METHODS)
EACH_WAIT = pytest.mark.parametrize("method", ["wait", "wait_all", "as_completed"])


@EACH_METHOD
@cases(CREDENTIALS)
@BOTH
def test_credentials(server: HostileServer, asynchronous: bool, case: Case, method: str) -> None:
    check_case(
        case,
        "api_key=",
        lambda: get_status(
            method, asynchronous, AGENT.client(server.url, asynchronous=asynchronous, api_key=case.value)
        ),
    )


# Arguments of calls and waits


IDS: dict[str, Any] = {
    "str": accept("ds-7"),
    "str subclass": accept(StrSubclass("ds-7")),
    "str enumeration member": accept(StrMember.JOB),
    "UUID": accept(uuid.UUID(int=7)),
    "int": accept(7),
    "integer of another library": accept(IntegerLike(7)),
    "IntEnum member": accept(IntMember.SEVEN),
    "non-ASCII": accept("öfen"),
    "slash": accept("a/b"),
    "embedded space": accept("a b"),
    "4,000 characters": accept("x" * 4000),
    "None": None,
    "empty string": "",
    "space": either(" "),
    "trailing space": either("ds-7 "),
    "one dot": ".",
    "two dots": "..",
    "trailing newline": "ds-7\n",
    "NUL": "\x00",
    "lone surrogate": "\ud800",
    "zero-width space": either("a\u200bb"),
    "70,000 characters": "x" * 70_000,
    "30,000 non-ASCII characters": "ü" * 30_000,
    "1,000,000 characters": "x" * 1_000_000,
    "bytes": b"ds-7",
    "bytearray": bytearray(b"ds-7"),
    "True": True,
    "False": False,
    "float": either(7.5),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "int of 5,000 digits": 10**5000,
    "list": ["ds-7"],
    "tuple": ("ds-7",),
    "dict": {"id": "ds-7"},
    "set": {"ds-7"},
    "Decimal NaN": decimal.Decimal("nan"),
    "class": uuid.UUID,
    "function": str,
    "iterator": iter(["ds-7"]),
    "unsupported object": UnsupportedObject(),
}


def expected_id(value: Any) -> str:
    """Return the id that must be sent for a value."""
    return str(value.value if isinstance(value, enum.Enum) else value)


@EACH_METHOD
@cases(IDS)
@BOTH
def test_ids(asynchronous: bool, case: Case, method: str) -> None:
    seen: list[httpx.Request] = []
    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=mocked(AGENT, seen))

    check_case(case, "dock_status_id", lambda: get_status(method, asynchronous, api, case.value, timeout=1))
    if seen:
        assert id_in(seen[0].url.raw_path) == expected_id(case.value)


@cases({name: IDS[name] for name in ("UUID", "integer of another library", "str enumeration member")})
@BOTH
def test_resume_token_keeps_converted_id(asynchronous: bool, case: Case) -> None:
    seen: list[httpx.Request] = []
    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=mocked(AGENT, seen))
    token = api.dock_status_job(case.value).token()

    do(asynchronous, api.resume(token).wait)
    assert id_in(seen[0].url.raw_path) == expected_id(case.value)


@EACH_METHOD
@cases({**SECONDS, "None": accept(None)})
@BOTH
def test_call_timeout(server: HostileServer, asynchronous: bool, case: Case, method: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    check_case(case, "timeout=", lambda: get_status(method, asynchronous, api, timeout=case.value))


@EACH_METHOD
@cases(HEADERS)
@BOTH
def test_call_headers(server: HostileServer, asynchronous: bool, case: Case, method: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    check_case(case, "headers=", lambda: get_status(method, asynchronous, api, headers=case.value, timeout=1))


ERROR_TIMEOUTS: dict[str, Any] = {
    **SECONDS,
    "zero": accept(0),
    "Decimal zero": accept(decimal.Decimal(0)),
    "None": None,
}


@EACH_WAIT
@cases(ERROR_TIMEOUTS)
@BOTH
def test_error_timeout(server: HostileServer, asynchronous: bool, case: Case, method: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    check_case(case, "error_timeout=", lambda: get_status(method, asynchronous, api, error_timeout=case.value))


@cases(ERROR_TIMEOUTS)
def test_not_started_timeout(case: Case) -> None:
    search = PRODUCTS[3]
    api = search.client("http://host", http_transport=mocked(search))
    check_case(
        case, "not_started_timeout=", lambda: api.wait_for_workflow_status("w-1", not_started_timeout=case.value)
    )


@EACH_WAIT
@cases(
    {
        "None": accept(None),
        "callable": accept(lambda *_: None),
        "int": 7,
        "str": "print",
        "list": [print],
        "True": True,
        "dict": {},
        "unsupported object": UnsupportedObject(),
    }
)
@BOTH
def test_on_update(server: HostileServer, asynchronous: bool, case: Case, method: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    check_case(case, "on_update=", lambda: get_status(method, asynchronous, api, on_update=case.value))


SCHEDULES: dict[str, Any] = {
    "None": accept(lambda: None),
    "one time": accept(lambda: [0]),
    "three times": accept(lambda: [0, 0.1, 0.5]),
    "tuple": accept(lambda: (0, 1)),
    "range": accept(lambda: range(5)),
    "itertools.count": accept(lambda: itertools.count(0, 5)),
    "iterator": accept(lambda: iter([0, 1])),
    "Decimals": accept(lambda: [decimal.Decimal("0.01"), decimal.Decimal("0.5")]),
    "Fractions": accept(lambda: [fractions.Fraction(1, 100), fractions.Fraction(1, 2)]),
    "numbers of another library": accept(lambda: [FloatLike(0), IntegerLike(1)]),
    "learned": accept(lambda: LearnedSchedule.from_durations([0.2])),
    "class of a learned one": lambda: LearnedSchedule,
    "negative": lambda: [-1],
    "NaN": lambda: [float("nan")],
    "infinity": lambda: [float("inf")],
    "too large for a float": lambda: [10**400],
    "list of str": lambda: ["5"],
    "None in a list": lambda: [None],
    "True in a list": either(lambda: [True]),
    "tuples in a list": lambda: [(0, 1)],
    "decreasing": lambda: [0.02, 0.01],
    "not increasing": lambda: [0.01, 0.01],
    "empty": list,
    "int": lambda: 5,
    "str": lambda: "abc",
    "digits": lambda: "123",
    "bytes": either(lambda: b"\x00\x01"),
    "True": lambda: True,
    "function": lambda: print,
    "class": lambda: list,
    "dict": either(lambda: {0: "a", 1: "b"}),
    "unsupported object": lambda: UnsupportedObject(),
    "unsupported object in a list": lambda: [UnsupportedObject()],
}


@EACH_WAIT
@cases(SCHEDULES)
@BOTH
def test_schedule(asynchronous: bool, case: Case, method: str) -> None:
    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=pending_then_success())
    check_case(case, "schedule=", lambda: get_status(method, asynchronous, api, schedule=case.value(), timeout=2))


def pending_then_success() -> httpx.MockTransport:
    """Return a transport that reports a job as pending once and then as successful, so that two polls are made."""
    count = itertools.count()

    def handle(request: httpx.Request) -> httpx.Response:
        state = AGENT.success if next(count) else AGENT.pending
        return httpx.Response(200, content=AGENT.body(id_in(request.url.raw_path), state))

    return httpx.MockTransport(handle)


DISTANT_POLLS: dict[str, list[float]] = {
    "317 years": [1e10],
    "31,000 years": [1e12],
    "1e18 seconds": [1e18],
    "largest float": [1.7e308],
    "now, then in 317 years": [0, 1e10],
    "one day": [86_400],
}


@pytest.mark.parametrize("timeout", [0.3, 3600, None])
@pytest.mark.parametrize("due", DISTANT_POLLS)
@EACH_WAIT
@BOTH
def test_distant_poll_does_not_block_the_timeout(
    asynchronous: bool, method: str, due: str, timeout: float | None
) -> None:
    """A wait ends at its timeout if that is short; otherwise it keeps waiting until its client is closed."""
    pending = httpx.MockTransport(lambda request: httpx.Response(200, content=AGENT.body("ds-1", AGENT.pending)))
    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=pending)
    options: dict[str, Any] = {"schedule": DISTANT_POLLS[due], "timeout": timeout}
    if timeout == 0.3:
        with pytest.raises((JobTimeoutError, InvalidArgumentError), match=r"still|no status received|schedule= must"):
            in_time(1.5, lambda: get_status(method, asynchronous, api, **options))
        return
    try:
        result = in_time(0.4, lambda: result_or_rejection(lambda: get_status(method, asynchronous, api, **options)))
    except pytest.fail.Exception:
        return
    assert isinstance(result, InvalidArgumentError)
    assert "schedule= must" in str(result)


@pytest.mark.parametrize("due", DISTANT_POLLS)
@BOTH
def test_distant_poll_does_not_delay_other_jobs(asynchronous: bool, due: str) -> None:
    """While the poll of `near` is in flight, the poll of `far` is the only one that is scheduled."""
    count = itertools.count()

    def handle(request: httpx.Request) -> httpx.Response:
        time.sleep(0.2)
        state = AGENT.success if next(count) else AGENT.pending
        return httpx.Response(200, content=AGENT.body("near", state))

    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=httpx.MockTransport(handle))

    def jobs() -> list[Any]:
        far = api.dock_status_job("far", schedule=DISTANT_POLLS[due][-1:], timeout=None)
        return [far, api.dock_status_job("near", schedule=[0, 0.4], timeout=None)]

    async def first() -> Any:
        outcomes = async_as_completed(jobs())
        async for outcome in outcomes:
            await outcomes.aclose()
            return outcome
        return None

    result = in_time(
        2, lambda: result_or_rejection(lambda: asyncio.run(first()) if asynchronous else next(as_completed(jobs())))
    )

    if isinstance(result, InvalidArgumentError):
        assert "schedule= must" in str(result)
    else:
        assert result.job.name == "get_dock_status near"


RATES: dict[str, Any] = {
    "None": accept(None),
    "1000": accept(1000),
    "0.5": accept(0.5),
    "Decimal": accept(decimal.Decimal(100)),
    "Fraction": accept(fractions.Fraction(100, 3)),
    "integer of another library": accept(IntegerLike(100)),
    "float of another library": accept(FloatLike(100)),
    "1e300": accept(1e300),
    "one in 317 years": accept(1e-10),
    "smallest float": either(5e-324),
    "1e-300": accept(1e-300),
    "zero": 0,
    "negative": -1,
    "NaN": float("nan"),
    "infinity": either(float("inf")),
    "too large for a float": 10**400,
    "True": True,
    "False": False,
    "str": "5",
    "list": [5],
    "complex": 1j,
    "class": float,
    "unsupported object": UnsupportedObject(),
}


@pytest.mark.parametrize("common_timeout", [None, 0.6], ids=["timeout per job", "common timeout"])
@cases(RATES)
@BOTH
def test_max_rate(server: HostileServer, asynchronous: bool, case: Case, common_timeout: float | None) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)

    def use() -> Any:
        jobs = [api.dock_status_job(f"ds-{number}", timeout=0.6) for number in range(3)]
        if asynchronous:
            return do(True, lambda: async_wait_all(jobs, max_rate=case.value, timeout=common_timeout))
        return wait_all(jobs, max_rate=case.value, timeout=common_timeout)

    check_case(case, "max_rate=", lambda: in_time(2, use))


@cases({**SECONDS, "None": accept(None)})
@BOTH
def test_wait_all_timeout(server: HostileServer, asynchronous: bool, case: Case) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)

    def use() -> Any:
        jobs = [api.dock_status_job(f"ds-{number}") for number in range(3)]
        if asynchronous:
            return do(True, lambda: async_wait_all(jobs, timeout=case.value))
        return wait_all(jobs, timeout=case.value)

    check_case(case, "timeout=", use)


def job_lists(api: Any, other: Any) -> dict[str, Any]:
    """Return values to pass as the jobs of `wait_all`, by name; `other` is async if `api` is sync, and vice versa."""
    return {
        "generator": accept(api.dock_status_job(f"ds-{number}") for number in range(3)),
        "dict with jobs as keys": accept({api.dock_status_job("ds-1"): 1}),
        "set": accept({api.dock_status_job("ds-1"), api.dock_status_job("ds-2")}),
        "job instead of a list": api.dock_status_job("ds-1"),
        "dict with jobs as values": {"a": api.dock_status_job("ds-1")},
        "list of ids": ["ds-1"],
        "str": "ds-1",
        "int": 7,
        "None": None,
        "None in a list": [api.dock_status_job("ds-1"), None],
        "sync and async jobs mixed": [api.dock_status_job("ds-1"), other.dock_status_job("ds-2")],
        "nested list": [[api.dock_status_job("ds-1")]],
        "client": api,
        "method": api.dock_status_job,
        "unsupported object": UnsupportedObject(),
        "list of unsupported objects": [UnsupportedObject()],
    }


@pytest.mark.parametrize("shape", job_lists(AGENT.client("http://h"), AGENT.client("http://h", asynchronous=True)))
@BOTH
def test_jobs(server: HostileServer, asynchronous: bool, shape: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    value = job_lists(api, AGENT.client(server.url, asynchronous=not asynchronous))[shape]
    case = value if isinstance(value, Case) else Case(value)
    check_case(
        case,
        "expected",
        lambda: do(True, lambda: async_wait_all(case.value)) if asynchronous else wait_all(case.value),
    )
