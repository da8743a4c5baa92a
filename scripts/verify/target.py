"""The server under verification, with its document, credentials and known ids."""

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

from ..client.redaction import Redactor
from ..document import Document, Operation, Parameter, SecurityScheme, known_values
from ..printable import printable
from .exchange import Exchange, path_values
from .jobs import changes_nothing_existing, id_parameter, is_read, job_values, sent_parameters

Profile = Literal["full", "live"]
KnownValues = Mapping[str, tuple[str, ...]]


class UsageError(ValueError):
    """An argument or environment variable cannot be used. The message says what was expected."""


# Headers whose values a replay of a recorded request shows; others may be secret, whatever they are called.
SHOWN_HEADERS = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "cache-control", "content-type", "range", "user-agent"),
        *("if-match", "if-modified-since", "if-none-match", "if-unmodified-since"),
    }
)
UNSCOPED = "_WITHOUT_SCOPE"
DOLLAR = "\ue000"  # marks a dollar sign that is to be expanded by the shell, as opposed to one in untrusted text
REDACTED = "***"  # replaces a credential that has no environment variable
REQUESTS: Mapping[Profile, int] = {"full": 250, "live": 45}  # per operation, at most
LIVE_REQUESTS = 16  # of these, the share reserved for schemathesis, approximately


@frozen
class Target:
    """A server, the document it is checked against, and the credentials and ids to use.

    `credentials` holds a value per scheme key and `unscoped` one that lacks the required scope. `known` holds values of
    the parameters of every request by operation and name, `configured` the names of those that the environment sets.
    `stepping` is true if the server is the simulator, whose clock advances with each request, `redactor` redacts
    the secrets in recorded exchanges; no request is sent then.
    """

    document: Document
    base_url: str
    profile: Profile
    writes: bool
    credentials: Mapping[str, str]
    unscoped: Mapping[str, str]
    known: Mapping[str, KnownValues]
    configured: frozenset[str]
    stepping: bool = False
    ca_file: Path | None = None
    redactor: Redactor | None = None
    proxy_passwords: tuple[str, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Return the operations that may be called."""
        return tuple(filter(self.may_call, self.document.operations))

    def may_call(self, operation: Operation) -> bool:
        """Return whether an operation may be called: of a server other than the simulator, none that harms what exists.

        To check recorded traffic, none is called.
        """
        is_harmless = self.stepping or self.redactor is not None or changes_nothing_existing(self.document, operation)
        return is_read(operation) or (self.writes and is_harmless)

    @property
    def max_requests(self) -> int:
        """Return the maximum number of requests per operation."""
        return REQUESTS[self.profile]

    def security_requirement(self, operation: Operation) -> tuple[str, ...] | None:
        """Return the scheme keys of the first alternative whose credentials are known, or None if none is satisfied."""
        alternatives = operation.security or ((),)
        satisfied = (keys for keys in alternatives if keys and all(key in self.credentials for key in keys))
        return next(satisfied, None) or (() if any(not keys for keys in alternatives) else None)

    def path_values(self, exchange: Exchange) -> tuple[str, ...] | None:
        """Return the values of the path parameters of a request, or None if its path is not that of the operation."""
        values = self._path_values(self.document.operation(exchange.operation_id), exchange)
        return None if values is None else tuple(values.values())

    def job_values(self, exchange: Exchange) -> dict[str, str] | None:
        """Return the parameters of a request that identify its job, or None if the request is about no job."""
        operation = self.document.operation(exchange.operation_id)
        if operation.job is None or exchange.method != operation.method:
            return None
        return job_values(operation.job.parameter, self._path_values(operation, exchange), exchange.url)

    def _path_values(self, operation: Operation, exchange: Exchange) -> dict[str, str] | None:
        return path_values(urllib.parse.urlsplit(self.base_url).path + operation.path, exchange.url)

    def tls_context(self) -> ssl.SSLContext | bool:
        """Return a context that trusts the certificates in `ca_file`, or True for the default ones."""
        if self.ca_file is None:
            return True
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise UsageError(f"{self.ca_file} holds no certificates that can be read: {error}") from error

    def redact(self, text: str) -> str:
        """Return text that is safe to print: control characters escaped, credentials replaced by shell expressions.

        Values derived from a credential, such as one without its last character, are replaced too.
        """
        return self._redacted(text).replace(DOLLAR, "$")

    def _redacted(self, text: str) -> str:
        """Redact as `redact` does, but leave `DOLLAR` in the place of the dollar signs of the shell expressions."""
        text = text.replace(DOLLAR, "?")
        for values, suffix in ((self.unscoped, UNSCOPED), (self.credentials, "")):
            for key, value in values.items():
                name = self.document.environment_variable(key) + suffix
                is_basic = self.document.security_schemes[key].scheme == "basic"
                others = wrong_passwords(value, name) if is_basic else ()
                for derived, command in (*others, *near_misses(value, name)):
                    text = _replaced(text, derived, command, name, is_basic=is_basic)
        for password in self.proxy_passwords:
            text = text.replace(password, REDACTED)
        if self.redactor is not None:
            text = self.redactor.text(text)
        # DOLLAR is not printable and would be escaped.
        return DOLLAR.join(printable(part, None) for part in text.split(DOLLAR))

    def replay(self, exchange: Exchange) -> str:
        """Return a shell command that repeats the request, with credentials as environment variables."""
        command = ["curl", "-s", "-i"]
        if exchange.method == "HEAD":
            command.append("--head")
        elif exchange.method != "GET":
            command += ["-X", exchange.method]
        if "gzip" in exchange.request_headers.get("accept-encoding", ""):
            command.append("--compressed")
        for name, value in exchange.request_headers.items():
            # curl sets these itself.
            if name.lower() in {"connection", "content-length", "host", "transfer-encoding"}:
                continue
            shown = self._redacted(f"{name}: {value}")
            if self.redactor is not None and DOLLAR not in shown:
                is_shown = name in SHOWN_HEADERS or name in self._header_names(exchange.operation_id)
                kept = self.redactor.header(name, value) if is_shown else REDACTED
                shown = self._redacted(f"{name}: {kept}")
            if name.lower() == "authorization" and value.lower().startswith("basic ") and DOLLAR in shown:
                command += ["-u", _quoted(shown[shown.index(DOLLAR) :])]
            else:
                command += ["-H", _quoted(shown)]
        if exchange.content:
            command += ["--data-raw", _quoted(self._redacted(exchange.content.decode(errors="replace")))]
        command.append(_quoted(self._redacted(exchange.url if self.redactor is None else self._recorded_url(exchange))))
        # Where a recorded request is from follows as a comment.
        return " ".join([*command, *(["#", exchange.origin] if exchange.origin else [])])

    def _header_names(self, operation_id: str) -> frozenset[str]:
        """Return the headers that the document describes for an operation, in lower case."""
        return frozenset(one.name.lower() for one in self.document.operation(operation_id).parameters_in("header"))

    def _recorded_url(self, exchange: Exchange) -> str:
        """Return the URL of a recorded request without the values of parameters that the document does not describe."""
        path, mark, query = exchange.url.partition("?")
        known = {one.name for one in self.document.operation(exchange.operation_id).parameters_in("query")}
        pairs = (pair.partition("=") for pair in query.partition("#")[0].split("&"))
        shown = [
            f"{name}{sign}{value if urllib.parse.unquote_plus(name) in known or not value else REDACTED}"
            for name, sign, value in pairs
        ]
        return f"{path}{mark}{'&'.join(shown)}"


def near_misses(value: str, variable: str = "") -> tuple[tuple[str, str], ...]:
    """Return a credential and almost valid variants of it: one character more, less or different, and other case.

    Each comes with the shell expression that yields it from the environment variable.
    """
    return (
        (f"{value}x", f"{DOLLAR}{{{variable}}}x"),
        (value, f"{DOLLAR}{variable}"),
        (value.swapcase(), f"{DOLLAR}(tr a-zA-Z A-Za-z <<<{DOLLAR}{variable})"),
        (value[:-1], f"{DOLLAR}{{{variable}%?}}"),
        (f"{value[:-1]}~", f"{DOLLAR}{{{variable}%?}}~"),
        (f"x{value}", f"x{DOLLAR}{{{variable}}}"),
    )


def wrong_passwords(value: str, variable: str) -> tuple[tuple[str, str], ...]:
    """Return credentials with a part of a valid one: its password with another user, and in another case."""
    user, _, password = value.partition(":")
    shown = f"{DOLLAR}{{{variable}#*:}}"
    return (f"wrong:{password}", f"wrong:{shown}"), (f"{user}:{password.swapcase()}", f"{DOLLAR}{{{variable}}}")


def _replaced(text: str, value: str, command: str, name: str, *, is_basic: bool) -> str:
    shapes = [value, urllib.parse.quote(value, safe=""), base64.b64encode(value.encode()).decode(), repr(value)[1:-1]]
    shapes += value.split(":", 1)[1:] if is_basic else []
    for shape in sorted(dict.fromkeys(shapes), key=len, reverse=True):
        if len(shape) > 3 or (shape == value and command == f"{DOLLAR}{name}" and shape):
            # The name of a variable needs braces if a letter, digit or underscore follows.
            text = re.sub(
                re.escape(shape) + r"(?=\w)", lambda _: command.replace(f"{DOLLAR}{name}", f"{DOLLAR}{{{name}}}"), text
            )
            text = text.replace(shape, command)
    return text


def _quoted(text: str) -> str:
    """Quote an argument of a shell command such that only the dollar signs marked by `DOLLAR` are expanded."""
    if DOLLAR not in text:
        return shlex.quote(text)
    escaped = re.sub(r'[\\"`$]', lambda found: f"\\{found[0]}", text)
    return f'"{escaped.replace(DOLLAR, "$")}"'


def parse_base_url(given: str) -> str:
    """Check and normalize the base URL to which the paths of a document are appended.

    Raises:
        UsageError: the URL is not a base URL of a server.
    """
    shown = printable(re.sub(r"//[^/@]*@", "//***@", given))
    if not given.isprintable() or " " in given:
        raise UsageError(
            f"--url: expected no whitespace and no unprintable characters, got {shown or 'an empty string'}"
        )
    try:
        parts = urllib.parse.urlsplit(given)
        url = httpx.URL(given)
        # httpx decodes an internationalized host lazily, so errors in it appear only here.
        port, encoded = parts.port, url.raw_host.decode() if url.host else ""
    except (ValueError, UnicodeError, httpx.InvalidURL) as error:
        raise UsageError(f"--url: expected a base URL like https://host, got {shown}: {error}") from None
    if parts.scheme not in {"http", "https"} or not encoded:
        raise UsageError(f"--url: expected a base URL like https://host, got {shown or 'an empty string'}")
    if "@" in parts.netloc:
        raise UsageError("--url holds a user or a password; set the credential in the environment instead")
    if parts.query or parts.fragment or given.endswith(("?", "#")):
        raise UsageError(f"--url: expected no query and no fragment, got {shown}; pass the part before it")
    host = parts.hostname or ""
    if port == 0 or (":" not in host and any(not 1 <= len(label) <= 63 for label in encoded.rstrip(".").split("."))):
        raise UsageError(f"--url: expected a valid host and port, got {shown or 'an empty string'}")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def make_target(
    document: Document,
    base_url: str,
    environment: Mapping[str, str],
    *,
    profile: Profile,
    writes: bool,
    stepping: bool = False,
    ca_file: Path | None = None,
    redactor: Redactor | None = None,
) -> Target:
    """Make a target with credentials and known ids from the environment, or ids from the document's examples.

    `redactor` is that of recorded exchanges.

    Raises:
        UsageError: a variable holds a value that cannot be sent.
    """
    for key in document.security_schemes:
        for variable in (document.environment_variable(key), document.environment_variable(key) + UNSCOPED):
            if not environment.get(variable, "").isprintable():
                raise UsageError(
                    f"{variable} holds a line break or another control character; set it to a value without one"
                )
        scheme, value = document.security_schemes[key], environment.get(document.environment_variable(key), "")
        if scheme.scheme != "basic" and scheme.where != "query" and not value.isascii():
            invalid = next(letter for letter in value if not letter.isascii())
            raise UsageError(
                f"{document.environment_variable(key)} holds {invalid!r}, which is not allowed in a header; "
                "set another value"
            )
    known: dict[str, dict[str, tuple[str, ...]]] = {}
    configured = set()
    for operation in document.operations:
        known[operation.id] = {}
        for parameter in sent_parameters(operation):
            value = environment.get(document.environment_variable(parameter.name), "")
            if not value.isprintable():
                variable = document.environment_variable(parameter.name)
                raise UsageError(
                    f"{variable} holds a line break or another control character; set it to a value without one"
                )
            if value:
                configured.add(parameter.name)
            of_document = () if value and not stepping else _values(document, operation, parameter, stepping=stepping)
            known[operation.id][parameter.name] = tuple(dict.fromkeys([*([value] if value else ()), *of_document]))
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
        configured=frozenset(configured),
        stepping=stepping,
        ca_file=ca_file,
        redactor=redactor,
        proxy_passwords=tuple(_proxy_passwords(environment)),
    )


def _values(document: Document, operation: Operation, parameter: Parameter, *, stepping: bool) -> Iterator[str]:
    """Return the values that exist by the document: only the simulator knows those of a path without an example."""
    may_be_generated = parameter.where != "path" and parameter != id_parameter(operation)
    known = known_values(document, parameter) if stepping or may_be_generated else parameter.known_values
    return map(format_parameter, known)


def _proxy_passwords(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and "@" in value:
            password = value.rpartition("@")[0].rpartition("/")[2].partition(":")[2]
            yield from (form for form in {password, urllib.parse.unquote(password)} if len(form) > 3)


def credential_names(document: Document) -> frozenset[str]:
    """Return the environment variables of the credentials of a document."""
    names = map(document.environment_variable, document.security_schemes)
    return frozenset(form for name in names for form in (name, name + UNSCOPED))


def format_parameter(value: object) -> str:
    """Format the value of a parameter for a URL or a header."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def credential_location(scheme: SecurityScheme, value: str) -> tuple[str, str, str]:
    """Return where a credential is sent (header, query or cookie), its name there, and its value there."""
    if scheme.type == "apiKey":
        return scheme.where, scheme.name, value
    if scheme.scheme == "basic":
        return "header", "Authorization", "Basic " + base64.b64encode(value.encode()).decode()
    return "header", "Authorization", f"Bearer {value}"


def is_loopback(base_url: str) -> bool:
    """Return whether a URL points to this machine."""
    host = urllib.parse.urlsplit(base_url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
