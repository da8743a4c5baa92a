"""Whatever is passed is either taken, and then works, or refused at once in words that name it and say what is wanted."""

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
from job_status import InvalidArgumentError, JobTimeoutError, as_completed, async_as_completed, async_wait_all, wait_all

from .hostile import HostileServer, hostile
from .products import AGENT, BOTH, PRODUCTS, asked_by, do, echo, in_time, mocked

TAKE, REFUSE, EITHER = "take", "refuse", "either"
VERBS: Final = r"\b(wants|wanted|holds|cannot|knows|pass|has|names)\b"


class Index:
    """A whole number of another library, such as `numpy.int64`."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __str__(self) -> str:
        return str(self.value)

    __repr__ = __str__


class Float(Index):
    """A number of another library, such as `numpy.float32`."""

    __index__ = None  # type: ignore[assignment]

    def __float__(self) -> float:
        return float(self.value)


class Word(str):
    """A text of another library, such as `numpy.str_`."""


class Name(str, enum.Enum):  # noqa: UP042 - the older form, whose str() is not its value
    """A text of an enumeration."""

    JOB = "ds-7"


class Whole(enum.IntEnum):
    """A number of an enumeration."""

    SEVEN = 7


class Strange:
    """A value that is nothing, and says it at length, such as a table."""

    def __repr__(self) -> str:
        return "strange\x1b[2J\n" * 10_000


@frozen
class Member:
    """A value, and what a reasonable user expects of it."""

    value: Any
    expected: str = REFUSE


def cases(members: dict[str, Any]) -> pytest.MarkDecorator:
    """Parametrizes a test by members; a plain value is to be refused."""
    told = {name: value if isinstance(value, Member) else Member(value) for name, value in members.items()}
    return pytest.mark.parametrize("member", told.values(), ids=told.keys())


def take(value: Any) -> Member:
    return Member(value, TAKE)


def either(value: Any) -> Member:
    return Member(value, EITHER)


def judged(member: Member, argument: str, use: Callable[[], Any]) -> None:
    """Uses a value: it works, or is refused as it should be. Nothing may hang."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        got = in_time(3, lambda: refused(use))
    if isinstance(got, InvalidArgumentError):
        assert member.expected != TAKE, f"refused: {got}"
        assert argument in str(got)
        assert re.search(VERBS, str(got))
        assert str(got).isprintable()
        assert len(str(got)) < 1000
    else:
        assert member.expected != REFUSE, f"taken, and gave {got!r}"
        assert got is not None


def refused(use: Callable[[], Any]) -> Any:
    """What something gives, or the refusal of an argument."""
    try:
        return use()
    except InvalidArgumentError as error:
        return error


# base_url


BASE_URLS: dict[str, Any] = {
    "a host": take("http://host"),
    "a slash at its end": take("http://host/"),
    "slashes at its end": either("http://host//"),
    "a port": take("http://host:8080"),
    "the port of http": take("http://host:80"),
    "a port with a nought": either("http://host:080"),
    "an empty port": either("http://host:"),
    "capitals": take("HTTP://HOST"),
    "https in capitals": take("HTTPS://host"),
    "a path": take("http://host/base/path"),
    "a path with a dot": either("http://host/a/../b"),
    "a path with a percent": take("http://host/a%20b"),
    "a path with a blank": either("http://host/a b"),
    "a path with letters": take("http://host/öfen"),
    "an underscore": take("http://my_service:8080"),
    "a dot at the end": take("http://host.example."),
    "a number": take("http://127.0.0.1:9200"),
    "a number of IPv6": take("http://[::1]:9200"),
    "letters": take("http://bücher.example"),
    "punycode": take("http://xn--bcher-kva.example"),
    "a label of 63 letters": take(f"http://{'a' * 63}.example"),
    "a text of another kind": take(Word("http://host")),
    "an httpx.URL": either(httpx.URL("http://host")),
    "nothing": None,
    "an empty text": "",
    "a blank": " ",
    "blanks before": either(" http://host"),
    "blanks behind": either("http://host "),
    "a line break behind": either("http://host\n"),
    "a return behind": either("http://host\r\n"),
    "a line break within": "http://ho\nst",
    "a tab within": "http://ho\tst",
    "a line break in the path": "http://host/a\nb",
    "a NUL": "http://host/\x00",
    "a separator of lines": "http://host\u2028",
    "a byte order mark": "\ufeffhttp://host",
    "half a character": "http://host/\ud800",
    "twice": "http://http://host",
    "twice with https": "https://https://host",
    "quoted": '"http://host"',
    "in brackets": "<http://host>",
    "no scheme": "host",
    "no scheme, but a port": "host:8080",
    "no scheme, but slashes": "//host",
    "one slash": "http:/host",
    "no slash": "http:host",
    "three slashes": "http:///host",
    "backslashes": "http:\\\\host",
    "a backslash behind": "http://host\\base",
    "no host": "http://",
    "no host, but a port": "http://:8080",
    "no host, but a path": "http:///base",
    "ftp": "ftp://host",
    "a file": "file:///etc/hosts",
    "ws": "ws://host",
    "a socket": "http+unix://%2Fvar%2Frun%2Fx.sock",
    "a port of letters": "http://host:port",
    "a port that is too large": "http://host:65536",
    "a port of nought": "http://host:0",
    "a port below nought": "http://host:-1",
    "a port of wide digits": "http://host:\uff18\uff10",
    "two ports": "http://host:80:80",
    "a variable": "$BASE_URL",
    "a host that is a variable": "http://$HOST",
    "a host in braces": "http://{host}",
    "a host in angles": "http://<host>",
    "a query": "http://host/?x=1",
    "an empty query": "http://host?",
    "a fragment": "http://host/#x",
    "an empty fragment": "http://host#",
    "a user": "http://user@host",
    "a user and password": "http://user:word@host",
    "an empty user": "http://@host",
    "a dot before": "http://.example",
    "only a dot": "http://.",
    "two dots": "http://a..b",
    "two dots at the end": "http://host..",
    "a label of 64 letters": f"http://{'a' * 64}.example",
    "a label of 70 letters": f"http://{'a' * 70}.example",
    "a host of 300 letters": "http://" + ".".join(["a" * 50] * 6),
    "an emoji": "http://😇/",
    "punycode of nothing": "http://xn--.invalid",
    "punycode of nonsense": "http://xn--zzzzzzzz99999.example",
    "a character without width": "http://exa\u200bmple.com",
    "a soft hyphen": "http://exa\u00admple.com",
    "a blank in the host": "http://ho st",
    "a percent in the host": either("http://ho%73t"),
    "a percent of NUL in the host": "http://host%00",
    "a star": either("http://*.example"),
    "a number that is too large": "http://256.256.256.256",
    "a number of IPv6 without brackets": "http://::1",
    "a bracket that is open": "http://[::1",
    "something in brackets": "http://[host]",
    "something behind brackets": "http://[::1]x",
    "a zone": either("http://[fe80::1%25eth0]"),
    "70 000 characters": "http://host/" + "x" * 70_000,
    "bytes": b"http://host",
    "a number alone": 8080,
    "true": True,
    "a path of a file": pathlib.Path("http://host"),
    "a list": ["http://host"],
    "a mapping": {"url": "http://host"},
    "a pair": ("host", 80),
    "a class": httpx.URL,
    "something strange": Strange(),
}


@cases(BASE_URLS)
@BOTH
def test_a_base_url_works_or_is_refused_at_once(asynchronous: bool, member: Member) -> None:
    seen: list[httpx.Request] = []

    def use() -> Any:
        api = AGENT.client(member.value, asynchronous=asynchronous, http_transport=mocked(AGENT, seen))
        # From here on, nothing is refused any more.
        try:
            do(asynchronous, lambda: api.get_dock_status("ds-1"))
            do(asynchronous, lambda: api.wait_for_dock_status("ds-1", timeout=0.5))
        except InvalidArgumentError as error:
            pytest.fail(f"refused too late: {error}")
        return api

    judged(member, "base_url=", use)
    if seen:
        wanted = httpx.URL(str(member.value).strip())
        assert (seen[0].url.host, seen[0].url.scheme) == (wanted.host, wanted.scheme)
        assert seen[0].url.path.endswith("/api/public/dock-status/ds-1")
        assert not seen[0].url.query


@cases({name: value for name, value in BASE_URLS.items() if not isinstance(value, Member)})
def test_a_refusal_of_a_base_url_says_what_came_and_no_secret(member: Member) -> None:
    with pytest.raises(InvalidArgumentError, match="base_url=") as caught:
        AGENT.client(member.value)

    assert len(str(caught.value)) < 400
    assert "word@" not in str(caught.value)
    assert str(caught.value).isprintable()


# The other arguments of a constructor


SECONDS: dict[str, Any] = {
    "a whole number": take(5),
    "a number": take(0.5),
    "a decimal": take(decimal.Decimal("5.5")),
    "a fraction": take(fractions.Fraction(11, 2)),
    "a whole number of another library": take(Index(5)),
    "a number of another library": take(Float(5)),
    "a number of an enumeration": take(Whole.SEVEN),
    "317 years": either(1e10),
    "31 000 years": either(1e12 - 1),
    "nought": 0,
    "below nought": -1,
    "a decimal of nought": decimal.Decimal(0),
    "a decimal that is none": decimal.Decimal("nan"),
    "a decimal without end": decimal.Decimal("inf"),
    "no number": float("nan"),
    "without end": float("inf"),
    "too large": 1e13,
    "a whole number too large for a float": 10**400,
    "a decimal too large for a float": decimal.Decimal("1e999"),
    "true": True,
    "false": False,
    "a text": "5",
    "an empty text": "",
    "bytes": b"5",
    "a list": [5],
    "a pair": (3, 5),
    "a complex number": 5 + 0j,
    "a difference of time": either(__import__("datetime").timedelta(seconds=5)),
    "a timeout of httpx": either(httpx.Timeout(5)),
    "a mapping": {},
    "a class": float,
    "something strange": Strange(),
}
COUNTS: dict[str, Any] = {
    "nought": take(0),
    "one": take(1),
    "many": take(10**30),
    "a whole number of another library": take(Index(2)),
    "a number of an enumeration": take(Whole.SEVEN),
    "nothing": None,
    "below nought": -1,
    "true": True,
    "false": False,
    "a half": 0.5,
    "a float": either(2.0),
    "no number": float("nan"),
    "without end": float("inf"),
    "a text": "2",
    "an empty text": "",
    "a decimal of a half": decimal.Decimal("0.5"),
    "a list": [],
    "a mapping": {},
    "something strange": Strange(),
}
SIZES: dict[str, Any] = {
    **COUNTS,
    "nought": either(0),
    "one": either(1),
    "a whole number of another library": take(Index(10_000)),
    "a number of an enumeration": either(Whole.SEVEN),
    "a float": either(2e6),
    "a text": "10000",
    "megabytes": "1MB",
    "a kilobyte": take(1000),
}
HEADERS: dict[str, Any] = {
    "none": take(None),
    "an empty mapping": take({}),
    "one": take({"x-team": "a"}),
    "a mapping of another kind": take(types.MappingProxyType({"x-team": "a"})),
    "headers of httpx": take(httpx.Headers({"x-team": "a"})),
    "texts of another kind": take({Word("x-team"): Word("a")}),
    "an empty value": take({"x-team": ""}),
    "pairs": either([("x-team", "a")]),
    "letters": either({"x-team": "ü"}),
    "a blank before a value": either({"x-team": " a"}),
    "a tab within": either({"x-team": "a\tb"}),
    "a text": "x-team: a",
    "an empty text": either(""),
    "bytes": b"x-team: a",
    "a list of texts": ["x-team"],
    "a set": {"x-team"},
    "a number": 7,
    "true": True,
    "a class": dict,
    "a number as a value": {"x-team": 1},
    "nothing as a value": {"x-team": None},
    "bytes as a value": {"x-team": b"a"},
    "a list as a value": {"x-team": ["a"]},
    "a number as a name": {1: "a"},
    "nothing as a name": {None: "a"},
    "bytes as a name": {b"x-team": "a"},
    "an empty name": {"": "a"},
    "a blank in a name": {"x team": "a"},
    "a colon in a name": {"x-team:": "a"},
    "brackets in a name": {"x(team)": "a"},
    "letters in a name": {"x-öfen": "a"},
    "a line break in a name": {"x\nteam": "a"},
    "a line break": {"x-team": "a\nb"},
    "a return and a line break": {"x-team": "a\r\nx-more: b"},
    "a NUL": {"x-team": "a\x00"},
    "DEL": {"x-team": "a\x7f"},
    "half a character": {"x-team": "\ud800"},
    "Host": {"Host": "other"},
    "Content-Length": {"Content-Length": "0"},
    "Transfer-Encoding": {"Transfer-Encoding": "chunked"},
    "Connection": {"Connection": "close"},
    "something strange": Strange(),
}


def a_hook(_: Any) -> None:
    """A hook of a sync client."""


async def an_async_hook(_: Any) -> None:
    """A hook of an async client."""


def hooks(asynchronous: bool) -> dict[str, Any]:
    """Shapes of event_hooks."""
    hook, other = (an_async_hook, a_hook) if asynchronous else (a_hook, an_async_hook)
    return {
        "none": take(None),
        "an empty mapping": take({}),
        "an empty list": take({"request": []}),
        "one": take({"request": [hook]}),
        "two": take({"request": [hook, hook], "response": [hook]}),
        "a tuple": take({"response": (hook,)}),
        "a mapping of another kind": take(types.MappingProxyType({"request": [hook]})),
        "a hook without a list": either({"request": hook}),
        "nothing in place of a list": either({"request": None}),
        "a hook alone": hook,
        "a list alone": [hook],
        "a text alone": "request",
        "a number alone": 7,
        "a text in place of a list": {"request": "print"},
        "a number in place of a list": {"request": 7},
        "nothing in a list": {"request": [None]},
        "a text in a list": {"response": ["print"]},
        "a list in a list": {"request": [[hook]]},
        "an unknown event": {"before": [hook]},
        "a number as an event": {1: [hook]},
        "nothing as an event": {None: [hook]},
        "an event in capitals": {"Request": [hook]},
        "the hook of another kind of client": either({"request": [other]}) if asynchronous else {"request": [other]},
        "something strange": Strange(),
    }


def used(server: HostileServer, asynchronous: bool, **options: Any) -> Any:
    """Makes a client, and a call and a wait with it."""

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
    """A server that answers SUCCESS to every id."""
    with hostile(echo(AGENT)) as running:
        yield running


@cases({**SECONDS, "nothing": either(None)})
@BOTH
def test_timeout_of_a_client(server: HostileServer, asynchronous: bool, member: Member) -> None:
    judged(member, "timeout=", lambda: used(server, asynchronous, timeout=member.value))


@cases(COUNTS)
@BOTH
def test_max_retries(server: HostileServer, asynchronous: bool, member: Member) -> None:
    judged(member, "max_retries=", lambda: used(server, asynchronous, max_retries=member.value))


@cases(SIZES)
@BOTH
def test_max_answer_bytes(server: HostileServer, asynchronous: bool, member: Member) -> None:
    def use() -> Any:
        api = AGENT.client(server.url, asynchronous=asynchronous, max_response_bytes=member.value)
        if member.expected == TAKE:
            return do(asynchronous, lambda: api.get_dock_status("ds-1"))
        return api

    judged(member, "max_response_bytes=", use)


@cases(HEADERS)
@BOTH
def test_headers_of_a_client(server: HostileServer, asynchronous: bool, member: Member) -> None:
    judged(member, "headers=", lambda: used(server, asynchronous, headers=member.value))


@pytest.mark.parametrize("shape", hooks(False))
@BOTH
def test_event_hooks(server: HostileServer, asynchronous: bool, shape: str) -> None:
    value = hooks(asynchronous)[shape]
    member = value if isinstance(value, Member) else Member(value)
    judged(member, "event_hooks=", lambda: used(server, asynchronous, event_hooks=member.value))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates in several forms."""
    folder = tmp_path_factory.mktemp("certificates")
    trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
    (folder / "hashed").mkdir()
    openssl = shutil.which("openssl")
    if openssl is not None:
        told = [openssl, "x509", "-noout", "-hash", "-in", str(folder / "ca.pem")]
        name = subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()
        shutil.copy(folder / "ca.pem", folder / "hashed" / f"{name}.0")
    (folder / "empty.pem").write_text("")
    (folder / "garbage.pem").write_bytes(b"\x00\x01garbage")
    (folder / "half.pem").write_text((folder / "ca.pem").read_text()[:200])
    return folder


VERIFY: dict[str, Any] = {
    "true": take(lambda _: True),
    "false": take(lambda _: False),
    "a context": take(lambda _: ssl.create_default_context()),
    "a file": take(lambda folder: str(folder / "ca.pem")),
    "a path": take(lambda folder: folder / "ca.pem"),
    "a folder": take(lambda folder: str(folder / "hashed")),
    "a path of a folder": take(lambda folder: folder / "hashed"),
    "a file that is not there": lambda folder: str(folder / "nowhere.pem"),
    "a path that is not there": lambda folder: folder / "nowhere.pem",
    "a folder that is not there": lambda folder: str(folder / "nowhere" / ""),
    "an empty file": lambda folder: str(folder / "empty.pem"),
    "garbage": lambda folder: str(folder / "garbage.pem"),
    "half a certificate": lambda folder: str(folder / "half.pem"),
    "a NUL": lambda folder: "ca\x00.pem",
    "nothing": lambda _: None,
    "an empty text": lambda _: "",
    "a word": lambda _: "true",
    "nought": lambda _: 0,
    "one": lambda _: 1,
    "bytes": lambda folder: bytes(folder / "ca.pem"),
    "a list": lambda _: [],
    "a class": lambda _: ssl.SSLContext,
    "something strange": lambda _: Strange(),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@cases(VERIFY)
@BOTH
def test_verify(certificates: Path, asynchronous: bool, member: Member, scheme: str) -> None:
    value = member.value(certificates)
    judged(member, "verify=", lambda: AGENT.client(f"{scheme}://host", asynchronous=asynchronous, verify=value))


@cases({name: VERIFY[name] for name in VERIFY if "not there" in name or name in {"garbage", "an empty file"}})
def test_a_refusal_of_verify_names_the_path(certificates: Path, member: Member) -> None:
    value = member.value(certificates)
    with pytest.raises(InvalidArgumentError, match="verify=") as caught:
        AGENT.client("https://host", verify=value)

    assert str(value) in str(caught.value)


PROXIES: dict[str, Any] = {
    "none": take(lambda _: None),
    "a URL": take(lambda url: url),
    "a URL with a slash": take(lambda url: f"{url}/"),
    "a text of another kind": take(lambda url: Word(url)),
    "a proxy of httpx": take(lambda url: httpx.Proxy(url)),
    "a URL of httpx": either(lambda url: httpx.URL(url)),
    "a user and password": take(lambda url: url.replace("://", "://user:word@")),
    "no scheme": either(lambda url: url.removeprefix("http://")),
    "socks, which needs another package": lambda _: "socks5://127.0.0.1:1080",
    "socks5h": lambda _: "socks5h://127.0.0.1:1080",
    "ftp": lambda _: "ftp://x",
    "garbage": lambda _: "garbage",
    "an empty text": lambda _: "",
    "a blank": lambda _: " ",
    "a line break behind": either(lambda url: f"{url}\n"),
    "a line break within": lambda _: "http://ho\nst:1",
    "no host": lambda _: "http://",
    "a port that is too large": lambda _: "http://h:99999",
    "a port of letters": lambda _: "http://h:port",
    "a blank in the host": lambda _: "http://ho st",
    "two dots": lambda _: "http://a..b:1",
    "a bracket that is open": lambda _: "http://[::1",
    "a mapping": lambda url: {"http://": url},
    "a mapping of requests": lambda url: {"http": url},
    "a list": lambda url: [url],
    "bytes": lambda url: url.encode(),
    "a number": lambda _: 3128,
    "true": lambda _: True,
    "false": lambda _: False,
    "a pair": lambda _: ("127.0.0.1", 3128),
    "a class": lambda _: httpx.Proxy,
    "something strange": lambda _: Strange(),
}


@cases(PROXIES)
@BOTH
def test_proxy(server: HostileServer, asynchronous: bool, member: Member) -> None:
    value = member.value(server.url)
    judged(member, "proxy=", lambda: used(server, asynchronous, proxy=value))


TRANSPORTS: dict[str, Callable[[bool], Any]] = {
    "a text": lambda _: "http",
    "a number": lambda _: 7,
    "true": lambda _: True,
    "a class": lambda _: httpx.MockTransport,
    "a client of httpx": lambda asynchronous: httpx.AsyncClient() if asynchronous else httpx.Client(),
    "a transport of the other kind": lambda asynchronous: (
        httpx.HTTPTransport() if asynchronous else httpx.AsyncHTTPTransport()
    ),
    "a function": lambda _: print,
    "something strange": lambda _: Strange(),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@BOTH
def test_what_is_no_transport_is_refused(server: HostileServer, asynchronous: bool, transport: str) -> None:
    with pytest.raises(InvalidArgumentError, match=rf"http_transport=.*{VERBS}"):
        AGENT.client(server.url, asynchronous=asynchronous, http_transport=TRANSPORTS[transport](asynchronous))


CREDENTIALS: dict[str, Any] = {
    "a text": take("k"),
    "a text of another kind": take(Word("k")),
    "a callable": take(lambda: "k"),
    "nothing": None,
    "an empty text": "",
    "a blank": " ",
    "a blank before": " k",
    "a line break behind": "k\n",
    "a line break within": "a\nb",
    "a letter": "schlüssel",
    "half a character": "\ud800",
    "a NUL": "a\x00",
    "bytes": b"k",
    "a number": 7,
    "true": True,
    "a list": ["k"],
    "a pair": ("a", "k"),
    "a mapping": {"key": "k"},
    "a callable of nothing": lambda: None,
    "a callable of an empty text": lambda: "",
    "a callable of bytes": lambda: b"k",
    "a callable of a number": lambda: 7,
    "a callable of a line break": lambda: "k\n",
    "a class": dict,
    "something strange": Strange(),
}
WAYS = ("call", "raw", "wait", "wait_all", "as_completed")


def by(way: str, asynchronous: bool, api: Any, identifier: Any = "ds-1", **options: Any) -> Any:
    """Asks about a job in one of the ways."""
    if way == "call":
        return do(asynchronous, lambda: api.get_dock_status(identifier, **options))
    if way == "raw":
        return do(asynchronous, lambda: api.get_dock_status_raw(identifier, **options)).parsed
    if way == "wait":
        return do(asynchronous, lambda: api.wait_for_dock_status(identifier, **options))
    jobs = [api.dock_status_job(identifier, **options)]
    if way == "wait_all":
        outcomes = do(True, lambda: async_wait_all(jobs)) if asynchronous else wait_all(jobs)
        return outcomes[0].result()
    if not asynchronous:
        return next(as_completed(jobs)).result()

    async def first() -> Any:
        (outcome,) = [outcome async for outcome in async_as_completed(jobs)]
        return outcome.result()

    return asyncio.run(first())


EVERY_WAY = pytest.mark.parametrize("way", WAYS)
WAITS = pytest.mark.parametrize("way", ["wait", "wait_all", "as_completed"])


@EVERY_WAY
@cases(CREDENTIALS)
@BOTH
def test_credentials(server: HostileServer, asynchronous: bool, member: Member, way: str) -> None:
    judged(
        member,
        "api_key=",
        lambda: by(way, asynchronous, AGENT.client(server.url, asynchronous=asynchronous, api_key=member.value)),
    )


# The arguments of calls and waits


IDS: dict[str, Any] = {
    "a text": take("ds-7"),
    "a text of another kind": take(Word("ds-7")),
    "a text of an enumeration": take(Name.JOB),
    "a UUID": take(uuid.UUID(int=7)),
    "a whole number": take(7),
    "a whole number of another library": take(Index(7)),
    "a number of an enumeration": take(Whole.SEVEN),
    "letters": take("öfen"),
    "a slash": take("a/b"),
    "a blank within": take("a b"),
    "4 000 characters": take("x" * 4000),
    "nothing": None,
    "an empty text": "",
    "a blank": either(" "),
    "a blank behind": either("ds-7 "),
    "a dot": ".",
    "two dots": "..",
    "a line break behind": "ds-7\n",
    "a NUL": "\x00",
    "half a character": "\ud800",
    "a character without width": either("a\u200bb"),
    "70 000 characters": "x" * 70_000,
    "30 000 letters": "ü" * 30_000,
    "a million characters": "x" * 1_000_000,
    "bytes": b"ds-7",
    "a byte array": bytearray(b"ds-7"),
    "true": True,
    "false": False,
    "a float": either(7.5),
    "no number": float("nan"),
    "without end": float("inf"),
    "5 000 digits": 10**5000,
    "a list": ["ds-7"],
    "a pair": ("ds-7",),
    "a mapping": {"id": "ds-7"},
    "a set": {"ds-7"},
    "a decimal that is none": decimal.Decimal("nan"),
    "a class": uuid.UUID,
    "a function": str,
    "an iterator": iter(["ds-7"]),
    "something strange": Strange(),
}


def text_of(value: Any) -> str:
    """The id that is to be sent for a value."""
    return str(value.value if isinstance(value, enum.Enum) else value)


@EVERY_WAY
@cases(IDS)
@BOTH
def test_ids(asynchronous: bool, member: Member, way: str) -> None:
    seen: list[httpx.Request] = []
    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=mocked(AGENT, seen))

    judged(member, "dock_status_id", lambda: by(way, asynchronous, api, member.value, timeout=1))
    if seen:
        assert asked_by(seen[0].url.raw_path) == text_of(member.value)


@cases({name: IDS[name] for name in ("a UUID", "a whole number of another library", "a text of an enumeration")})
@BOTH
def test_the_token_of_such_an_id_is_read_again(asynchronous: bool, member: Member) -> None:
    seen: list[httpx.Request] = []
    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=mocked(AGENT, seen))
    token = api.dock_status_job(member.value).token()

    do(asynchronous, api.resume(token).wait)
    assert asked_by(seen[0].url.raw_path) == text_of(member.value)


@EVERY_WAY
@cases({**SECONDS, "nothing": take(None)})
@BOTH
def test_timeout_of_a_call(server: HostileServer, asynchronous: bool, member: Member, way: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    judged(member, "timeout=", lambda: by(way, asynchronous, api, timeout=member.value))


@EVERY_WAY
@cases(HEADERS)
@BOTH
def test_headers_of_a_call(server: HostileServer, asynchronous: bool, member: Member, way: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    judged(member, "headers=", lambda: by(way, asynchronous, api, headers=member.value, timeout=1))


GRACES: dict[str, Any] = {
    **SECONDS,
    "nought": take(0),
    "a decimal of nought": take(decimal.Decimal(0)),
    "nothing": None,
}


@WAITS
@cases(GRACES)
@BOTH
def test_fault_timeout(server: HostileServer, asynchronous: bool, member: Member, way: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    judged(member, "error_timeout=", lambda: by(way, asynchronous, api, error_timeout=member.value))


@cases(GRACES)
def test_start_grace(member: Member) -> None:
    search = PRODUCTS[3]
    api = search.client("http://host", http_transport=mocked(search))
    judged(
        member, "not_started_timeout=", lambda: api.wait_for_workflow_status("w-1", not_started_timeout=member.value)
    )


@WAITS
@cases(
    {
        "none": take(None),
        "a callable": take(lambda *_: None),
        "a number": 7,
        "a text": "print",
        "a list": [print],
        "true": True,
        "a mapping": {},
        "something strange": Strange(),
    }
)
@BOTH
def test_on_update(server: HostileServer, asynchronous: bool, member: Member, way: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    judged(member, "on_update=", lambda: by(way, asynchronous, api, on_update=member.value))


POLLS: dict[str, Any] = {
    "none": take(lambda: None),
    "one": take(lambda: [0]),
    "some": take(lambda: [0, 0.1, 0.5]),
    "a pair": take(lambda: (0, 1)),
    "a range": take(lambda: range(5)),
    "a count": take(lambda: itertools.count(0, 5)),
    "an iterator": take(lambda: iter([0, 1])),
    "decimals": take(lambda: [decimal.Decimal("0.01"), decimal.Decimal("0.5")]),
    "fractions": take(lambda: [fractions.Fraction(1, 100), fractions.Fraction(1, 2)]),
    "numbers of another library": take(lambda: [Float(0), Index(1)]),
    "below nought": lambda: [-1],
    "no number": lambda: [float("nan")],
    "without end": lambda: [float("inf")],
    "too large for a float": lambda: [10**400],
    "texts": lambda: ["5"],
    "nothing in a list": lambda: [None],
    "true in a list": either(lambda: [True]),
    "pairs in a list": lambda: [(0, 1)],
    "falling": lambda: [0.02, 0.01],
    "standing still": lambda: [0.01, 0.01],
    "nothing at all": list,
    "a number": lambda: 5,
    "a text": lambda: "abc",
    "digits": lambda: "123",
    "bytes": either(lambda: b"\x00\x01"),
    "true": lambda: True,
    "a function": lambda: print,
    "a class": lambda: list,
    "a mapping": either(lambda: {0: "a", 1: "b"}),
    "something strange": lambda: Strange(),
    "something strange in a list": lambda: [Strange()],
}


@WAITS
@cases(POLLS)
@BOTH
def test_poll(asynchronous: bool, member: Member, way: str) -> None:
    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=pending_then_success())
    judged(member, "schedule=", lambda: by(way, asynchronous, api, schedule=member.value(), timeout=0.6))


def pending_then_success() -> httpx.MockTransport:
    """A job that is pending once, so that two due times are asked for."""
    count = itertools.count()

    def handle(request: httpx.Request) -> httpx.Response:
        state = AGENT.success if next(count) else AGENT.pending
        return httpx.Response(200, content=AGENT.body(asked_by(request.url.raw_path), state))

    return httpx.MockTransport(handle)


FAR: dict[str, list[float]] = {
    "317 years": [1e10],
    "31 000 years": [1e12],
    "an age": [1e18],
    "the end of all floats": [1.7e308],
    "now, and in 317 years": [0, 1e10],
    "a day": [86_400],
}


@pytest.mark.parametrize("timeout", [0.3, 3600, None])
@pytest.mark.parametrize("due", FAR)
@WAITS
@BOTH
def test_a_due_time_that_is_far_does_not_hang_or_break(
    asynchronous: bool, way: str, due: str, timeout: float | None
) -> None:
    """With a short time the wait ends by it. With a long one it is under way until its client is closed."""
    pending = httpx.MockTransport(lambda request: httpx.Response(200, content=AGENT.body("ds-1", AGENT.pending)))
    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=pending)
    job: dict[str, Any] = {"schedule": FAR[due], "timeout": timeout}
    if timeout == 0.3:
        with pytest.raises((JobTimeoutError, InvalidArgumentError), match=r"still|not read once|schedule= wants"):
            in_time(1.5, lambda: by(way, asynchronous, api, **job))
        return
    try:
        got = in_time(0.4, lambda: refused(lambda: by(way, asynchronous, api, **job)))
    except pytest.fail.Exception:
        return
    assert isinstance(got, InvalidArgumentError)
    assert "schedule= wants" in str(got)


@pytest.mark.parametrize("due", FAR)
@BOTH
def test_a_due_time_that_is_far_holds_up_nobody_else(asynchronous: bool, due: str) -> None:
    """The far one is the only one left to be waited for while the near one is being asked about."""
    count = itertools.count()

    def handle(request: httpx.Request) -> httpx.Response:
        time.sleep(0.2)
        state = AGENT.success if next(count) else AGENT.pending
        return httpx.Response(200, content=AGENT.body("near", state))

    api = AGENT.client("http://host", asynchronous=asynchronous, http_transport=httpx.MockTransport(handle))

    def jobs() -> list[Any]:
        far = api.dock_status_job("far", schedule=FAR[due][-1:], timeout=None)
        return [far, api.dock_status_job("near", schedule=[0, 0.4], timeout=None)]

    async def first() -> Any:
        outcomes = async_as_completed(jobs())
        async for outcome in outcomes:
            await outcomes.aclose()
            return outcome
        return None

    got = in_time(2, lambda: refused(lambda: asyncio.run(first()) if asynchronous else next(as_completed(jobs()))))

    if isinstance(got, InvalidArgumentError):
        assert "schedule= wants" in str(got)
    else:
        assert got.job.name == "get_dock_status near"


RATES: dict[str, Any] = {
    "none": take(None),
    "many": take(1000),
    "a half": take(0.5),
    "a decimal": take(decimal.Decimal(100)),
    "a fraction": take(fractions.Fraction(100, 3)),
    "a whole number of another library": take(Index(100)),
    "a number of another library": take(Float(100)),
    "very many": take(1e300),
    "one in 317 years": take(1e-10),
    "the least": either(5e-324),
    "little": take(1e-300),
    "nought": 0,
    "below nought": -1,
    "no number": float("nan"),
    "without end": either(float("inf")),
    "too large for a float": 10**400,
    "true": True,
    "false": False,
    "a text": "5",
    "a list": [5],
    "a complex number": 1j,
    "a class": float,
    "something strange": Strange(),
}


@pytest.mark.parametrize("together", [None, 0.6], ids=["each its own time", "a time for all"])
@cases(RATES)
@BOTH
def test_max_rate(server: HostileServer, asynchronous: bool, member: Member, together: float | None) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)

    def use() -> Any:
        jobs = [api.dock_status_job(f"ds-{number}", timeout=0.6) for number in range(3)]
        if asynchronous:
            return do(True, lambda: async_wait_all(jobs, max_rate=member.value, timeout=together))
        return wait_all(jobs, max_rate=member.value, timeout=together)

    judged(member, "max_rate=", lambda: in_time(2, use))


@cases({**SECONDS, "nothing": take(None)})
@BOTH
def test_timeout_of_many(server: HostileServer, asynchronous: bool, member: Member) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)

    def use() -> Any:
        jobs = [api.dock_status_job(f"ds-{number}") for number in range(3)]
        if asynchronous:
            return do(True, lambda: async_wait_all(jobs, timeout=member.value))
        return wait_all(jobs, timeout=member.value)

    judged(member, "timeout=", use)


def job_lists(api: Any, other: Any) -> dict[str, Any]:
    """What can stand in the place of jobs; `other` is a client of the other kind."""
    return {
        "a generator": take(api.dock_status_job(f"ds-{number}") for number in range(3)),
        "a mapping by job": take({api.dock_status_job("ds-1"): 1}),
        "a set": take({api.dock_status_job("ds-1"), api.dock_status_job("ds-2")}),
        "one job": api.dock_status_job("ds-1"),
        "a mapping of jobs": {"a": api.dock_status_job("ds-1")},
        "ids": ["ds-1"],
        "a text": "ds-1",
        "a number": 7,
        "nothing": None,
        "nothing in a list": [api.dock_status_job("ds-1"), None],
        "a job of the other kind": [api.dock_status_job("ds-1"), other.dock_status_job("ds-2")],
        "a list in a list": [[api.dock_status_job("ds-1")]],
        "a client": api,
        "the method": api.dock_status_job,
        "something strange": Strange(),
        "strange things": [Strange()],
    }


@pytest.mark.parametrize("shape", job_lists(AGENT.client("http://h"), AGENT.client("http://h", asynchronous=True)))
@BOTH
def test_jobs(server: HostileServer, asynchronous: bool, shape: str) -> None:
    api = AGENT.client(server.url, asynchronous=asynchronous)
    value = job_lists(api, AGENT.client(server.url, asynchronous=not asynchronous))[shape]
    member = value if isinstance(value, Member) else Member(value)
    judged(
        member,
        "wanted",
        lambda: do(True, lambda: async_wait_all(member.value)) if asynchronous else wait_all(member.value),
    )
