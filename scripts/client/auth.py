"""Credentials, which appear in no repr, vars, pickle, log, error or traceback."""

import base64
import inspect
import json
import logging
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final

import httpx

from .encodings import encodings
from .errors import InvalidArgumentError
from .schemes import Scheme

MASK: Final = "***"
STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')  # in JSON
MAX_RECENT: Final = 16  # credentials of the last requests, which responses may repeat
SHORTEST_REDACTED: Final = 4  # characters; a shorter credential cannot be distinguished from ordinary text


class Secret:
    """A value that is not displayed."""

    __slots__ = ("_reveal",)

    def __init__(self, value: Any) -> None:
        self._reveal: Callable[[], Any] = lambda: value

    def reveal(self) -> Any:
        """Return the value."""
        return self._reveal()

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a credential cannot be pickled; create the client where it is needed")


class AuthParameters:
    """The headers and query parameters that authenticate a request. Logs, hooks and errors do not contain them."""

    __slots__ = ("_headers", "_merged", "_query", "values")

    def __init__(self, headers: list[tuple[bytes, bytes]], query: Mapping[str, str], values: tuple[str, ...]) -> None:
        self._headers = Secret(headers)
        self._merged: Secret | None = None
        self._query = Secret(query)
        self.values = Secret(values)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers to add."""
        found: list[tuple[bytes, bytes]] = self._headers.reveal()
        return found

    def merge(self, others: list[tuple[bytes, bytes]]) -> httpx.Headers:
        """Return the headers of a request: the other ones, which are those of the client, and these."""
        if self._merged is None:
            self._merged = Secret(httpx.Headers([*others, *self.headers()]))
        merged: httpx.Headers = self._merged.reveal()
        return merged

    def query(self) -> Mapping[str, str]:
        """Return the query parameters to add."""
        found: Mapping[str, str] = self._query.reveal()
        return found

    def redact(self, text: str) -> str:
        """Return the text with every form of the credentials masked, except very short ones."""
        for value in self.values.reveal():
            if len(value) >= SHORTEST_REDACTED and value in text:
                text = text.replace(value, MASK)
        return text

    def __repr__(self) -> str:
        return MASK


# The parameters of the request that is being sent, for the loggers below it.
CURRENT: Final[ContextVar[AuthParameters | None]] = ContextVar("job_status_auth_parameters", default=None)


class RedactingFilter(logging.Filter):
    """Redact credentials in httpcore's log records of our requests: they contain entire headers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Accept every record, with the credentials of the current request redacted."""
        parameters = CURRENT.get()
        if parameters is not None:
            record.msg, record.args = parameters.redact(record.getMessage()), ()
        return True


for _name in ("connection", "http11", "http2", "proxy", "socks"):
    logging.getLogger(f"httpcore.{_name}").addFilter(RedactingFilter())


class Authenticator:
    """Authenticate requests with the credentials of a client: values, or callables called before each request."""

    __slots__ = ("_credentials", "_fixed", "_others", "_recent", "_schemes", "latest")

    def __init__(
        self,
        schemes: tuple[Scheme, ...],
        alternatives: tuple[tuple[str, ...], ...],
        credentials: Mapping[str, Any],
        other_secrets: Iterable[str] = (),
    ) -> None:
        given = {keyword for keyword, value in credentials.items() if value is not None}
        satisfied = [keywords for keywords in alternatives if set(keywords) <= given]
        if alternatives and not satisfied:
            options = " or ".join(" and ".join(f"{keyword}=" for keyword in keywords) for keywords in alternatives)
            variables = {scheme.keyword: scheme.variable for scheme in schemes}
            names = " or ".join(" and ".join(variables[keyword] for keyword in keywords) for keywords in alternatives)
            also = f", or set {names}" if any(variables.values()) else ""
            raise InvalidArgumentError(f"the API requires a credential; pass {options}{also}")
        chosen = max(satisfied, key=len, default=())
        self._schemes = tuple(scheme for scheme in schemes if scheme.keyword in chosen)
        self._credentials = Secret({keyword: credentials[keyword] for keyword in chosen})
        # Secrets that are not credentials of the API, such as the password of a proxy.
        self._others = Secret(frozenset(form for other in other_secrets for form in {other, *encodings(other)}))
        # The parameters of the last requests, to redact them in a response that repeats them.
        self.latest: AuthParameters | None = None
        self._recent: deque[AuthParameters] = deque(maxlen=MAX_RECENT)
        # Without callables the parameters never change, and are built once.
        self._fixed = (
            None
            if any(callable(credentials[keyword]) for keyword in chosen)
            else self._build({keyword: Secret(credentials[keyword]) for keyword in chosen})
        )

    def parameters(self) -> AuthParameters:
        """Return the parameters of the next request."""
        if self._fixed is not None:
            return self._fixed
        values = {}
        for keyword, credential in self._credentials.reveal().items():
            values[keyword] = Secret(credential() if callable(credential) else credential)
            if _close_awaitable(values[keyword].reveal()):
                raise InvalidArgumentError(f"{keyword}= is an async callable; a sync client needs a sync one")
        return self._build(values)

    async def parameters_async(self) -> AuthParameters:
        """Return the parameters of the next request; callables may be async."""
        if self._fixed is not None:
            return self._fixed
        values = {}
        for keyword, credential in self._credentials.reveal().items():
            values[keyword] = Secret(credential() if callable(credential) else credential)
            if inspect.isawaitable(values[keyword].reveal()):
                values[keyword] = Secret(await values[keyword].reveal())
        return self._build(values)

    @property
    def is_fixed(self) -> bool:
        """Whether the parameters never change."""
        return self._fixed is not None

    @property
    def secrets(self) -> Secret:
        """Every form of the credentials of the last requests, the longest first."""
        forms = {form for parameters in self._recent for form in parameters.values.reveal()}
        return Secret(tuple(sorted(forms, key=len, reverse=True)))

    def redact(self, text: str) -> str:
        """Return the text with the credentials of the last requests masked: a response may be of an earlier one."""
        for parameters in self._recent:
            text = parameters.redact(text)
        return text

    @property
    def can_renew(self) -> bool:
        """Whether a rejected credential can be renewed."""
        return any(hasattr(credential, "renew") for credential in self._credentials.reveal().values())

    def renew(self) -> None:
        """Discard the cached values of token providers."""
        for keyword, credential in self._credentials.reveal().items():
            if hasattr(credential, "renew") and _close_awaitable(credential.renew()):
                raise InvalidArgumentError(f"{keyword}= has an async renew; a sync client needs a sync one")

    async def renew_async(self) -> None:
        """Discard the cached values of token providers, whose `renew` may be async."""
        for credential in self._credentials.reveal().values():
            renewed = credential.renew() if hasattr(credential, "renew") else None
            if inspect.isawaitable(renewed):
                await renewed

    def _build(self, values: Mapping[str, Secret]) -> AuthParameters:
        headers: list[tuple[bytes, bytes]] = []
        cookies: list[str] = []
        query: dict[str, str] = {}
        secret_forms: set[str] = set(self._others.reveal())
        for scheme in self._schemes:
            text, forms, problem = _serialize(scheme, values[scheme.keyword])
            if problem:
                # A traceback that shows local variables must not show the other credentials either.
                del headers, cookies, query, secret_forms, text, forms
                raise InvalidArgumentError(f"{scheme.keyword}= {problem}")
            secret_forms.update(forms)
            if scheme.location == "header":
                headers.append((scheme.name.encode(), text.encode()))
            elif scheme.location == "query":
                query[scheme.name] = text
            else:
                cookies.append(f"{scheme.name}={text}")
        if cookies:
            headers.append((b"Cookie", "; ".join(cookies).encode()))
        self.latest = AuthParameters(headers, query, tuple(sorted(secret_forms, key=len, reverse=True)))
        if not any(self.latest.values.reveal() == recent.values.reveal() for recent in self._recent):
            self._recent.append(self.latest)
        return self.latest

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a credential cannot be pickled; create the client where it is needed")


def redact_json(text: str, redact: Callable[[str], str]) -> str:
    """Return JSON without credentials. Where one such as 1234 stands in a number, only strings are redacted."""
    redacted = redact(text)
    if redacted != text:
        try:
            json.loads(redacted)
        except ValueError:
            return STRING.sub(lambda found: redact(found[0]), text)
    return redacted


def _is_unicode(text: str) -> bool:
    """Return whether a string has no surrogates, such as those of a variable in another encoding."""
    return not re.search("[\ud800-\udfff]", text)


def _close_awaitable(value: Any) -> bool:
    """Return whether a value has to be awaited, after closing it: a coroutine that is not would warn."""
    if not inspect.isawaitable(value):
        return False
    if close := getattr(value, "close", None):
        close()
    return True


def _serialize(scheme: Scheme, credential: Secret) -> tuple[str, set[str], str]:
    """Return the text that is sent, and every form of the credential that a response could contain; or the problem.

    Raises nothing: a traceback that shows local variables would show the credential.
    """
    value = credential.reveal()
    if scheme.kind == "basic":
        if not (isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value)):
            return "", set(), f"must be (user, password), got {type(value).__name__}"
        user, password = value
        if ":" in user:
            return "", set(), "has a user with a colon, which basic authentication cannot represent"
        if not all(map(_is_unicode, value)):
            return "", set(), "contains a character that UTF-8 cannot represent"
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
        return f"Basic {encoded}", {password, encoded, *encodings(password)}, ""
    if not isinstance(value, str) or not value:
        got = "an empty string" if value == "" else type(value).__name__
        return "", set(), f"must be a string, got {got}"
    if not (value.isascii() and value.isprintable()) or value != value.strip():
        problem = "a line break, a leading or trailing space or a character that a header cannot contain"
        return "", set(), f"contains {problem}"
    text = f"Bearer {value}" if scheme.kind == "bearer" else value
    return text, {value, *encodings(value)}, ""
