"""What is verified: a document against a server, with credentials and known ids."""

import base64
import ipaddress
import re
import shlex
import ssl
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import httpx
from attrs import frozen

from ..document import MISSING, Document, Operation, SecurityScheme, sample
from ..printable import printable
from .exchange import Exchange

Profile = Literal["full", "live"]


class WrongCall(ValueError):
    """What the verification was called with cannot be used. The message says what was wanted."""


UNSCOPED = "_WITHOUT_SCOPE"
DOLLAR = "\ue000"  # a dollar of our own, in a text that may hold dollars of others
HIDDEN = "***"  # where a credential stood that nobody has named
REQUESTS: Mapping[Profile, int] = {"full": 250, "live": 45}  # of one operation, at most
LIVE_REQUESTS = 16  # of those the ones that are left to schemathesis, about


@frozen
class Target:
    """A server, the document it is held to, and what is needed to be let in.

    `credentials` holds a value per scheme key, `unscoped` one that lacks the scope; `known` the values of the parameters
    that a request cannot do without. `recorded` where nothing is sent, and the requests are those of others.
    """

    document: Document
    base_url: str
    profile: Profile
    writes: bool
    credentials: Mapping[str, str]
    unscoped: Mapping[str, str]
    known: Mapping[str, tuple[str, ...]]
    named: frozenset[str]
    stepping: bool = False
    ca_file: Path | None = None
    recorded: bool = False
    proxy_passwords: tuple[str, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that may be called."""
        return tuple(operation for operation in self.document.operations if self.writes or operation.method == "GET")

    @property
    def most_requests(self) -> int:
        """How many requests of one operation may be sent."""
        return REQUESTS[self.profile]

    def way_in(self, operation: Operation) -> tuple[str, ...] | None:
        """The scheme keys of the first alternative that can be satisfied, None where there is none."""
        ways = operation.security or ((),)
        return next((way for way in ways if way and all(key in self.credentials for key in way)), None) or (
            () if any(not way for way in ways) else None
        )

    def path_values(self, exchange: Exchange) -> tuple[str, ...] | None:
        """The path parameters that a request was made with, None where it went elsewhere."""
        path = urllib.parse.urlsplit(self.base_url).path + self.document.operation(exchange.operation_id).path
        pattern = re.sub(r"\\\{[^{}]+\\\}", "([^/]+)", re.escape(path))
        found = re.fullmatch(pattern, urllib.parse.urlsplit(exchange.url).path)
        return tuple(urllib.parse.unquote(value) for value in found.groups()) if found else None

    def tls_context(self) -> ssl.SSLContext | bool:
        """What certificates are trusted: those in `ca_file` where one is named, else the usual ones."""
        if self.ca_file is None:
            return True
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise WrongCall(f"{self.ca_file} holds no certificates that can be read: {error}") from error

    def redact(self, text: str) -> str:
        """A text fit to be printed: control characters escaped, and every credential replaced by what a shell makes it of.

        What was derived from a credential, such as the one with a character less, is replaced as well.
        """
        return self._redacted(text).replace(DOLLAR, "$")

    def _redacted(self, text: str) -> str:
        """As `redact`, with the dollars of its own marked, so that they can be told from those of others."""
        text = text.replace(DOLLAR, "?")
        for values, suffix in ((self.unscoped, UNSCOPED), (self.credentials, "")):
            for key, value in values.items():
                name = self.document.environment_variable(key) + suffix
                is_basic = self.document.security_schemes[key].scheme == "basic"
                for derived, command in near_misses(value, name):
                    text = _replaced(text, derived, command, name, is_basic=is_basic)
        for password in self.proxy_passwords:
            text = text.replace(password, HIDDEN)
        # The dollars of our own are no letters that can be printed.
        return DOLLAR.join(printable(part, None) for part in text.split(DOLLAR))

    def redact_exchange(self, exchange: Exchange, text: str) -> str:
        """A text about an exchange, as `redact`, and without the credential of the request, whoever has made it."""
        for value in sorted(self._of_others(exchange), key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return self.redact(text)

    def _of_others(self, exchange: Exchange) -> Iterator[str]:
        """The credentials of a recorded request, told by the places where the schemes have them."""
        if not self.recorded:
            return
        cookies = dict(
            pair.strip().partition("=")[::2] for pair in exchange.request_headers.get("cookie", "").split(";")
        )
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(exchange.url).query, keep_blank_values=True))
        for scheme in self.document.security_schemes.values():
            places = {"header": exchange.request_headers, "query": query, "cookie": cookies}
            named = scheme.name.lower() if scheme.where == "header" else scheme.name
            value = places[scheme.where].get(named, "")
            for shown in (value, value.partition(" ")[2], urllib.parse.quote(value, safe="")):
                if len(shown) > 3:
                    yield shown

    def replay(self, exchange: Exchange) -> str:
        """A shell command that sends the request again, with credentials as environment variables."""
        others = sorted(self._of_others(exchange), key=len, reverse=True)

        def redacted(text: str) -> str:
            for value in others:
                text = text.replace(value, HIDDEN)
            return self._redacted(text)

        words = ["curl", "-s", "-i"]
        if exchange.method == "HEAD":
            words.append("--head")
        elif exchange.method != "GET":
            words += ["-X", exchange.method]
        if "gzip" in exchange.request_headers.get("accept-encoding", ""):
            words.append("--compressed")
        for name, value in exchange.request_headers.items():
            # What curl finds out by itself.
            if name.lower() in {"connection", "content-length", "host", "transfer-encoding"}:
                continue
            shown = redacted(f"{name}: {value}")
            if name.lower() == "authorization" and value.lower().startswith("basic ") and DOLLAR in shown:
                words += ["-u", _quoted(shown[shown.index(DOLLAR) :])]
            else:
                words += ["-H", _quoted(shown)]
        if exchange.content:
            words += ["--data-raw", _quoted(redacted(exchange.content.decode(errors="replace")))]
        words.append(_quoted(redacted(exchange.url)))
        return " ".join(words)


def near_misses(value: str, variable: str = "") -> tuple[tuple[str, str], ...]:
    """A credential, and what is nearly it: with a character more, in another case, and with one less.

    Each with what a shell makes it of from the environment variable that holds it.
    """
    return (
        (f"{value}x", f"{DOLLAR}{{{variable}}}x"),
        (value, f"{DOLLAR}{variable}"),
        (value.swapcase(), f"{DOLLAR}(tr a-zA-Z A-Za-z <<<{DOLLAR}{variable})"),
        (value[:-1], f"{DOLLAR}{{{variable}%?}}"),
    )


def _replaced(text: str, value: str, command: str, name: str, *, is_basic: bool) -> str:
    shapes = [value, urllib.parse.quote(value, safe=""), base64.b64encode(value.encode()).decode(), repr(value)[1:-1]]
    shapes += value.split(":", 1)[1:] if is_basic else []
    for shape in sorted(dict.fromkeys(shapes), key=len, reverse=True):
        if len(shape) > 3 or (shape == value and command == f"{DOLLAR}{name}" and shape):
            # The name of a variable ends where a letter or a digit does not follow.
            text = re.sub(
                re.escape(shape) + r"(?=\w)", lambda _: command.replace(f"{DOLLAR}{name}", f"{DOLLAR}{{{name}}}"), text
            )
            text = text.replace(shape, command)
    return text


def _quoted(text: str) -> str:
    """A word of a shell command, in which our own dollars alone are expanded."""
    if DOLLAR not in text:
        return shlex.quote(text)
    escaped = re.sub(r'[\\"`$]', lambda found: f"\\{found[0]}", text)
    return f'"{escaped.replace(DOLLAR, "$")}"'


def base_url(given: str) -> str:
    """A URL under which the paths of a document stand.

    Raises:
        WrongCall: it is none.
    """
    shown = printable(re.sub(r"//[^/@]*@", "//***@", given))
    if not given.isprintable() or " " in given:
        raise WrongCall(f"--url holds a blank or a character that cannot be seen: {shown}")
    try:
        parts = urllib.parse.urlsplit(given)
        url = httpx.URL(given)
        # A name that is written in its encoded form is decoded only when it is asked for.
        port, encoded = parts.port, url.raw_host.decode() if url.host else ""
    except (ValueError, UnicodeError, httpx.InvalidURL) as error:
        raise WrongCall(f"--url {shown} is no URL: {error}") from None
    if parts.scheme not in {"http", "https"} or not encoded:
        raise WrongCall(f"--url wants a base URL like https://host, got {shown}")
    if "@" in parts.netloc:
        raise WrongCall("--url holds a user or a password; name the credential in the environment instead")
    if parts.query or parts.fragment or given.endswith(("?", "#")):
        raise WrongCall(f"--url {shown} ends in a query or a fragment; name the part before it")
    host = parts.hostname or ""
    if port == 0 or (":" not in host and any(not 1 <= len(label) <= 63 for label in encoded.rstrip(".").split("."))):
        raise WrongCall(f"--url {shown} names no host and port that there can be")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def target(
    document: Document,
    base_url: str,
    environment: Mapping[str, str],
    *,
    profile: Profile,
    writes: bool,
    stepping: bool = False,
    ca_file: Path | None = None,
    recorded: bool = False,
) -> Target:
    """A target whose credentials and known ids come from the environment, ids also from the document's examples."""
    for key in document.security_schemes:
        for variable in (document.environment_variable(key), document.environment_variable(key) + UNSCOPED):
            if not environment.get(variable, "").isprintable():
                raise WrongCall(f"{variable} holds a line break or another control character; set it without")
        scheme, value = document.security_schemes[key], environment.get(document.environment_variable(key), "")
        if scheme.scheme != "basic" and scheme.where != "query" and not value.isascii():
            odd = next(letter for letter in value if not letter.isascii())
            raise WrongCall(
                f"{document.environment_variable(key)} holds {odd!r}, which no header can carry; set another"
            )
    known: dict[str, tuple[str, ...]] = {}
    named = set()
    for operation in document.operations:
        for parameter in operation.required:
            value = environment.get(document.environment_variable(parameter.name), "")
            if not value.isprintable():
                variable = document.environment_variable(parameter.name)
                raise WrongCall(f"{variable} holds a line break or another control character; set it without")
            examples = tuple(map(written, parameter.known_values))
            if not examples and parameter.where != "path":
                made = sample(document, parameter.schema)
                examples = () if made is MISSING else (written(made),)
            if value:
                named.add(parameter.name)
            known[parameter.name] = (
                tuple(dict.fromkeys([value, *(examples if stepping else ())])) if value else examples
            )
    variables = {key: document.environment_variable(key) for key in document.security_schemes}
    return Target(
        document=document,
        base_url=base_url.rstrip("/"),
        profile=profile,
        writes=writes,
        credentials={key: environment[name] for key, name in variables.items() if environment.get(name)},
        unscoped={
            key: environment[name + UNSCOPED] for key, name in variables.items() if environment.get(name + UNSCOPED)
        },
        known=known,
        named=frozenset(named),
        stepping=stepping,
        ca_file=ca_file,
        recorded=recorded,
        proxy_passwords=tuple(_proxy_passwords(environment)),
    )


def _proxy_passwords(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and "@" in value:
            password = value.rpartition("@")[0].rpartition("/")[2].partition(":")[2]
            yield from (form for form in {password, urllib.parse.unquote(password)} if len(form) > 3)


def written(value: object) -> str:
    """A value of a parameter as a URL or a header has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def credential_place(scheme: SecurityScheme, value: str) -> tuple[str, str, str]:
    """Where a credential goes: header, query or cookie, its name there, and its value there."""
    if scheme.type == "apiKey":
        return scheme.where, scheme.name, value
    if scheme.scheme == "basic":
        return "header", "Authorization", "Basic " + base64.b64encode(value.encode()).decode()
    return "header", "Authorization", f"Bearer {value}"


def is_loopback(base_url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urllib.parse.urlsplit(base_url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
