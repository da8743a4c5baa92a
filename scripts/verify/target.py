"""What is verified: a document against a server, with credentials and known ids."""

import base64
import ipaddress
import shlex
import ssl
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from attrs import frozen

from ..document import Document, Operation, SecurityScheme
from .exchange import Exchange

Profile = Literal["full", "live"]
UNSCOPED = "_WITHOUT_SCOPE"
REQUESTS: Mapping[Profile, int] = {"full": 250, "live": 45}  # of one operation, at most


@frozen
class Target:
    """A server, the document it is held to, and what is needed to be let in.

    `credentials` holds a value per scheme key, `unscoped` one that lacks the scope; `known` the ids per path parameter.
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

    def tls_context(self) -> ssl.SSLContext | bool:
        """What certificates are trusted: those in `ca_file` where one is named, else the usual ones."""
        return ssl.create_default_context(cafile=self.ca_file) if self.ca_file else True

    def redact(self, text: str) -> str:
        """A text with every credential replaced by the name of its environment variable."""
        for values, suffix in ((self.unscoped, UNSCOPED), (self.credentials, "")):
            for key, value in values.items():
                variable = "$" + self.document.environment_variable(key) + suffix
                shapes = [value, urllib.parse.quote(value, safe=""), base64.b64encode(value.encode()).decode()]
                shapes += value.split(":", 1)[1:] if self.document.security_schemes[key].scheme == "basic" else []
                for shape in sorted(shapes, key=len, reverse=True):
                    if len(shape) > 3 or shape == value:
                        text = text.replace(shape, variable)
        return text

    def replay(self, exchange: Exchange) -> str:
        """A shell command that sends the request again, with credentials as environment variables."""
        words = ["curl", "-s", "-i"]
        if exchange.method == "HEAD":
            words.append("--head")
        elif exchange.method != "GET":
            words += ["-X", exchange.method]
        skipped = {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"}
        for name, value in exchange.request_headers.items():
            if name.lower() in skipped or name.lower().startswith("x-schemathesis"):
                continue
            shown = self.redact(f"{name}: {value}")
            if name.lower() == "authorization" and value.lower().startswith("basic ") and "$" in shown:
                words += ["-u", f'"{shown[shown.index("$") :]}"']
            else:
                words += ["-H", f'"{_escaped(shown)}"' if "$" in shown else shlex.quote(shown)]
        url = self.redact(exchange.url)
        words.append(f'"{_escaped(url)}"' if "$" in url else shlex.quote(url))
        return " ".join(words)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")


def target(
    document: Document,
    base_url: str,
    environment: Mapping[str, str],
    *,
    profile: Profile,
    writes: bool,
    stepping: bool = False,
    ca_file: Path | None = None,
) -> Target:
    """A target whose credentials and known ids come from the environment, ids also from the document's examples."""
    known: dict[str, tuple[str, ...]] = {}
    named = set()
    for operation in document.operations:
        for parameter in operation.parameters_in("path"):
            value = environment.get(document.environment_variable(parameter.name))
            examples = tuple(map(str, parameter.known_values))
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
    )


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
