"""Credentials that do not show: not in repr, vars, pickles, logs, errors or tracebacks."""

import base64
import html
import inspect
import logging
import urllib.parse
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

from .errors import InvalidArgumentError

MASK: Final = "***"
SHORTEST: Final = 4  # characters of a credential that is masked in texts

Credential: TypeAlias = str | Callable[[], str]
AsyncCredential: TypeAlias = str | Callable[[], str | Awaitable[str]]
BasicCredential: TypeAlias = tuple[str, str] | Callable[[], tuple[str, str]]
AsyncBasicCredential: TypeAlias = tuple[str, str] | Callable[[], tuple[str, str] | Awaitable[tuple[str, str]]]


class Secret:
    """Holds a value that must not be shown."""

    __slots__ = ("_reveal",)

    def __init__(self, value: Any) -> None:
        self._reveal: Callable[[], Any] = lambda: value

    def reveal(self) -> Any:
        """The value."""
        return self._reveal()

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a credential is not pickled; make the client anew where it is needed")


class Scheme:
    """A security scheme of the document: the keyword it is given by, and where its credential goes."""

    __slots__ = ("keyword", "kind", "name", "where")

    def __init__(self, keyword: str, kind: str, where: str, name: str) -> None:
        self.keyword = keyword
        self.kind = kind  # "key", "bearer" or "basic"
        self.where = where  # "header", "query" or "cookie"
        self.name = name


class AuthParameters:
    """What a request is signed with: headers and query parameters that no log, hook or error gets to see."""

    __slots__ = ("_headers", "_query", "values")

    def __init__(self, headers: list[tuple[bytes, bytes]], query: Mapping[str, str], values: tuple[str, ...]) -> None:
        self._headers = Secret(headers)
        self._query = Secret(query)
        self.values = Secret(values)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers to add."""
        found: list[tuple[bytes, bytes]] = self._headers.reveal()
        return found

    def query(self) -> Mapping[str, str]:
        """The query parameters to add."""
        found: Mapping[str, str] = self._query.reveal()
        return found

    def redact(self, text: str) -> str:
        """The text with every form of the credentials masked, those too short to be told from words left."""
        for value in self.values.reveal():
            if len(value) >= SHORTEST and value in text:
                text = text.replace(value, MASK)
        return text

    def __repr__(self) -> str:
        return MASK


# The signature of the request that is being sent, for the loggers below it.
SENDING: Final[ContextVar[AuthParameters | None]] = ContextVar("job_status_sending", default=None)


class Masking(logging.Filter):
    """Masks credentials in what httpcore logs of our requests: it shows whole headers, and servers echo."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass, with the credentials of the request masked."""
        signature = SENDING.get()
        if signature is not None:
            record.msg, record.args = signature.redact(record.getMessage()), ()
        return True


for _name in ("connection", "http11", "http2", "proxy", "socks"):
    logging.getLogger(f"httpcore.{_name}").addFilter(Masking())


class Authenticator:
    """Signs requests with the credentials that a client was given, values or callables asked before each request."""

    __slots__ = ("_credentials", "_fixed", "_others", "_schemes", "latest")

    def __init__(
        self,
        schemes: Iterable[Scheme],
        alternatives: tuple[tuple[str, ...], ...],
        given: Mapping[str, Any],
        others: Iterable[str] = (),
    ) -> None:
        named = {keyword for keyword, value in given.items() if value is not None}
        satisfied = [way for way in alternatives if set(way) <= named]
        if alternatives and not satisfied:
            ways = " or ".join(" and ".join(f"{keyword}=" for keyword in way) for way in alternatives)
            raise InvalidArgumentError(f"the API asks for a credential; pass {ways}")
        chosen = max(satisfied, key=len, default=())
        self._schemes = tuple(scheme for scheme in schemes if scheme.keyword in chosen)
        self._credentials = Secret({keyword: given[keyword] for keyword in chosen})
        # Secrets that are no credential of the API, such as a proxy's password.
        self._others = Secret(frozenset(form for other in others for form in {other, *_quoted(other)}))
        # What the last request was signed with, to mask it where an answer has repeated it.
        self.latest: AuthParameters | None = None
        # A Secret is a source of values, and never of its own accord shown: the fixed signature is made once.
        self._fixed = (
            None if any(callable(given[keyword]) for keyword in chosen) else self._signed(self._credentials.reveal())
        )

    def sign(self) -> AuthParameters:
        """A signature for the next request."""
        if self._fixed is not None:
            return self._fixed
        values = {}
        for keyword, credential in self._credentials.reveal().items():
            value = credential() if callable(credential) else credential
            if inspect.isawaitable(value):
                close = getattr(value, "close", None)
                if close:
                    close()
                raise InvalidArgumentError(
                    f"{keyword}= is an async callable; a sync client wants one that returns the value"
                )
            values[keyword] = value
        return self._signed(values)

    async def sign_async(self) -> AuthParameters:
        """A signature for the next request; callables may be async."""
        if self._fixed is not None:
            return self._fixed
        values = {}
        for keyword, credential in self._credentials.reveal().items():
            value = credential() if callable(credential) else credential
            values[keyword] = await value if inspect.isawaitable(value) else value
        return self._signed(values)

    def redact(self, text: str) -> str:
        """The text with the credentials of the last request masked."""
        return self.latest.redact(text) if self.latest else text

    @property
    def can_renew(self) -> bool:
        """Whether a credential can be made anew when it is refused."""
        return any(hasattr(credential, "renew") for credential in self._credentials.reveal().values())

    def renew(self) -> None:
        """Has the credentials that can be made anew forget what they hold."""
        for credential in self._credentials.reveal().values():
            if hasattr(credential, "renew"):
                credential.renew()

    def _signed(self, values: Mapping[str, Any]) -> AuthParameters:
        headers: list[tuple[bytes, bytes]] = []
        cookies: list[str] = []
        query: dict[str, str] = {}
        shown: set[str] = set(self._others.reveal())
        for scheme in self._schemes:
            text, parts = _text(scheme, values[scheme.keyword])
            shown.update(parts)
            if scheme.where == "header":
                headers.append((scheme.name.encode(), text.encode()))
            elif scheme.where == "query":
                query[scheme.name] = text
            else:
                cookies.append(f"{scheme.name}={text}")
        if cookies:
            headers.append((b"Cookie", "; ".join(cookies).encode()))
        self.latest = AuthParameters(headers, query, tuple(sorted(shown, key=len, reverse=True)))
        return self.latest

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a credential is not pickled; make the client anew where it is needed")


def _text(scheme: Scheme, value: Any) -> tuple[str, set[str]]:
    """What goes over the wire, and every form of the credential that a text could hold."""
    if scheme.kind == "basic":
        if not (isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value)):
            raise InvalidArgumentError(f"{scheme.keyword}= wants (user, password), got {type(value).__name__}")
        user, password = value
        if ":" in user:
            raise InvalidArgumentError(
                f"{scheme.keyword}= has a user with a colon, which basic authentication cannot carry"
            )
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
        return f"Basic {encoded}", {password, encoded, *_quoted(password)}
    if not isinstance(value, str) or not value:
        got = "an empty text" if value == "" else type(value).__name__
        raise InvalidArgumentError(f"{scheme.keyword}= wants a text, got {got}")
    if not (value.isascii() and value.isprintable()) or value != value.strip():
        # The value itself stays out of the message.
        raise InvalidArgumentError(
            f"{scheme.keyword}= holds a line break, a blank at an end or a character that no header can carry"
        )
    text = f"Bearer {value}" if scheme.kind == "bearer" else value
    return text, {value, *_quoted(value)}


def _quoted(value: str) -> set[str]:
    """The forms in which an answer can repeat a credential: as it is in a URL, in JSON, in HTML and in a repr."""

    def escaped(form: str) -> str:
        return "".join(c if c.isalnum() else form.format(ord(c)) for c in value)

    quoted = urllib.parse.quote(value, safe="")
    lowered = "".join(c if c.isalnum() else urllib.parse.quote(c, safe="").lower() for c in value)
    forms = {quoted, lowered, urllib.parse.quote_plus(value), repr(value)[1:-1], value.replace("/", "\\/")}
    forms |= {value.replace("+", escape) for escape in ("\\u002b", "\\u002B", "&#43;", "&#x2b;", "&#x2B;")}
    forms |= {escaped("\\u{:04x}"), escaped("\\u{:04X}"), escaped("&#{};"), escaped("&#x{:x};"), html.escape(value)}
    return forms
