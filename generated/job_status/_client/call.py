# Generated from scripts/client/call.py by `make generate`; do not edit.

"""One call: its request, attempts, response and errors. Performs no I/O; `core.py` drives it, sync and async."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

import httpx
from attrs import field, frozen

from . import httpx_internals, responses, retry
from .arguments import validate_seconds
from .auth import Authenticator, AuthParameters, redact_json
from .clock import Clock
from .errors import (
    ApiError,
    InvalidArgumentError,
    NotFoundError,
    TransportError,
    UnexpectedResponseError,
    error_for,
)
from .expressions import Tests, all_hold, get_path, to_pointer
from .poll_limit import Permit
from .rate_limit import Limit, RateLimiter
from .readers import Reader
from .request_template import RequestTemplate
from .retirement import RetirementLog
from .sanitize import sanitize
from .started import Origin, remember

T = TypeVar("T")
logger: Final = logging.getLogger("job_status")

MAX_PROBLEM: Final = 500  # characters
TOO_MANY_REQUESTS: Final = 429
CONNECT_TIMEOUT: Final = 5.0  # seconds, within the timeout of the call
# The headers, in lower case, by which a server announces something about the requests to come.
ANNOUNCEMENTS: Final = frozenset({b"deprecation", b"sunset", b"ratelimit", b"ratelimit-remaining"})
COOKIE: Final = b"cookie"
UUID: Final = re.compile("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
BODY_KEYWORDS: Final = frozenset({"json", "content", "data", "files"})
# What a transport raises when a request fails.
TRANSPORT_ERRORS: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)

CallFailure: TypeAlias = TransportError | UnexpectedResponseError | ApiError
Exchange: TypeAlias = tuple[CallFailure | None, httpx.Response | None]


@frozen
class Operation:
    """An operation of the document.

    Attributes:
        id: Its operationId.
        method: Its HTTP method.
        parameters: The names of its path parameters, and of a query parameter that names the job.
        limits: Its documented rate limits.
        not_served: Status and beginning of the message by which a server says that it does not have this API.
        job_id: Where a response repeats the id of the requested job.
        job_id_is_suffix: Whether it only ends with that id, as `jobs/{id}` or a URL does.
        job_parameter: The position of the parameter that names the job.
        no_such_job: What a response says if the job does not exist, if that is no 404.
        successes: The documented success statuses, such as `200` or `2XX`, and those that report the job.
        is_read: Whether it changes nothing whatever its method, so that it can be repeated.
        is_start: Whether it starts a job.
    """

    id: str
    method: str
    parameters: tuple[str, ...]
    limits: tuple[Limit, ...] = ()
    not_served: tuple[int, str] | None = None
    job_id: tuple[str, ...] = ()
    job_id_is_suffix: bool = False
    job_parameter: int = -1
    no_such_job: Tests = ()
    successes: tuple[str, ...] = ("200",)
    is_read: bool = False
    is_start: bool = False

    def is_success(self, status: int) -> bool:
        """Return whether the document describes a status as a success, or as a report of the job."""
        return str(status) in self.successes or f"{status // 100}XX" in self.successes

    @property
    def is_idempotent(self) -> bool:
        """Whether a request can be repeated. A start cannot, whatever its method: another job could begin."""
        return self.is_read or (not self.is_start and self.method in retry.IDEMPOTENT_METHODS)

    def other_job(self, value: Any, values: tuple[Any, ...]) -> str:
        """Return why the id in a body is not that of the job that the values of the parameters name, or empty."""
        text, job = str(value), str(values[self.job_parameter])
        if UUID.fullmatch(job):  # RFC 9562, section 4: the case of its digits has no meaning
            text, job = text.lower(), job.lower()
        if text == job or (self.job_id_is_suffix and text.rstrip("/").endswith(f"/{job}")):
            return ""
        return f"{to_pointer(self.job_id)} is {value!r}, which is another job"


@frozen
class Settings:
    """The settings of a client that its calls and polls need. `route` names its proxy for messages, if it has one."""

    base_url: str
    origin: str
    route: str
    timeout: float
    max_retries: int
    headers: list[tuple[bytes, bytes]] = field(repr=False)
    retry_budget: retry.RetryBudget = field(repr=False)
    clock: Clock = field(repr=False)
    rate_limiter: RateLimiter = field(repr=False)
    template: RequestTemplate = field(repr=False)
    retirement_log: RetirementLog = field(factory=RetirementLog, repr=False)


@frozen
class CallPolicy:
    """How a call is sent.

    Attributes:
        retries: Maximum number of retries, or None for that of the client.
        is_poll: Whether it is a poll of a wait, which has counted it against the documented limits already, and limits
            the number of polls in flight.
        is_detached: Whether an async call runs in a task that is never cancelled.
    """

    retries: int | None = None
    is_poll: bool = False
    is_detached: bool = False


PLAIN_CALL: Final = CallPolicy()


@frozen
class RawResponse(Generic[T]):
    """A response with its status, headers and body.

    Attributes:
        status: The HTTP status code.
        headers: The headers.
        content: The decoded body.
        parsed: The body as its typed model.
        request_id: The server's request id, or None if missing.
        attempts: Number of requests sent.
        elapsed: Seconds from the first request to the end of the response.
    """

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)
    parsed: T
    request_id: str | None
    attempts: int
    elapsed: float


class _AuthStep:
    """A step that concerns the credentials."""

    __slots__ = ()


AUTHENTICATE: Final = _AuthStep()  # supply the authentication parameters of the next attempt
RENEW: Final = _AuthStep()  # renew the credentials
# A request to send, seconds to pause, or what to do with the credentials.
Step: TypeAlias = httpx.Request | float | _AuthStep


class Call:
    """One call: its deadline, its attempts, and the content of its errors.

    `rate_limit_reset` is the number of seconds until the rate limit is reset that the last response reports as
    exhausted, 0 if it reports none.
    """

    __slots__ = (
        "attempts",
        "auth",
        "deadline",
        "headers",
        "operation",
        "permit",
        "policy",
        "rate_limit_reset",
        "settings",
        "started_at",
        "url",
        "values",
    )

    def __init__(
        self,
        settings: Settings,
        operation: Operation,
        values: tuple[Any, ...],
        timeout: float | None,
        headers: Mapping[str, str] | None,
        policy: CallPolicy = PLAIN_CALL,
    ) -> None:
        self.settings = settings
        self.operation = operation
        self.values = values
        self.headers = headers
        self.policy = policy
        self.started_at = time.monotonic()
        self.deadline = self.started_at + (settings.timeout if timeout is None else validate_seconds(timeout))
        self.attempts = 0
        self.rate_limit_reset = 0.0
        self.url = ""
        self.auth: AuthParameters | None = None
        # The permit of an async poll until its request is sent, which then holds it.
        self.permit: Permit | None = None

    def take_permit(self) -> Permit | None:
        """Return the permit, which the caller holds from then on."""
        permit, self.permit = self.permit, None
        return permit

    def build(self, build: Callable[..., dict[str, Any]], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request as the generated code builds it.

        Raises:
            InvalidArgumentError: An argument cannot be sent.
        """
        try:
            return build(*self.values, **arguments)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        raise InvalidArgumentError(f"{self.operation.id}: an argument cannot be sent: {problem}")

    def attempts_of(
        self, request: Mapping[str, Any], authenticator: Authenticator
    ) -> Generator[Step, Any, httpx.Response]:
        """Yield the steps of this call: authenticate, send, pause. Return the successful response.

        A driver sends back what each step produces: the authentication parameters, the result of the exchange, or
        nothing. Retries, the renewal of rejected credentials and logging happen here and nowhere else.

        Raises:
            ApiError: The API returned an error that is not retried.
            UnexpectedResponseError: The response is neither a success nor an error of the API.
            TransportError: No response was received.
            InvalidArgumentError: The request cannot be sent.
        """
        renewed = False
        while True:
            parameters: AuthParameters = yield AUTHENTICATE
            exchange: Exchange = yield self.prepare(request, parameters)
            failure, response = exchange
            if response is not None:
                self.notice_announcements(response.headers)
                failure = self.check_status(response)
                self.log(str(response.status_code))
                if failure is None:
                    return response
                if response.status_code == 401 and authenticator.can_renew and not renewed:
                    renewed = True
                    yield RENEW
                    continue
            elif isinstance(failure, TransportError):
                self.log(failure.reason)
            assert failure is not None  # noqa: S101 - an exchange has a response or a failure
            pause = self.retry_pause(failure)
            # The request of a response holds credentials, which a traceback must not show.
            del parameters, exchange, response
            if pause is None:
                raise failure
            yield pause

    def notice_announcements(self, headers: httpx.Headers) -> None:
        """Keep when an exhausted rate limit is reset, and log that the operation is deprecated or has a sunset."""
        names = {name.lower() for name, _ in headers.raw}
        if names.isdisjoint(ANNOUNCEMENTS):
            return
        self.rate_limit_reset = responses.rate_limit_reset(headers)
        self.settings.retirement_log.log(self.operation.id, headers, self.redact)

    def parse(
        self, response: httpx.Response, parse: Callable[[Any], T], request: Mapping[str, Any] | None = None
    ) -> RawResponse[T]:
        """Return the response with its typed model. The links of a start operation may refer to its request.

        Raises:
            NotFoundError: The response says that the job does not exist.
            UnexpectedResponseError: The status is not a documented success, the body cannot be parsed, or it is about
                another job.
        """
        parsed, problem = self._parse(response, parse)
        if isinstance(problem, NotFoundError):
            raise problem
        if problem:
            raise self.unexpected_response(problem, response)
        if self.operation.is_start:
            response_line = response.status_code, response.headers
            remember(parsed, Origin(self.operation, self.url, self.values, request or {}, *response_line))
        return RawResponse(
            status=response.status_code,
            headers=response.headers,
            content=response.content,
            parsed=cast("T", parsed),
            request_id=responses.request_id(response.headers),
            attempts=self.attempts,
            elapsed=time.monotonic() - self.started_at,
        )

    def _parse(self, response: httpx.Response, parse: Callable[[Any], T]) -> tuple[T | None, str | NotFoundError]:
        """Return the model, or why there is no model.

        A function of its own: the body may repeat credentials, and must not be a local variable where an error is
        raised.
        """
        if not self.operation.is_success(response.status_code):
            return None, "a status that the document does not describe as a success"
        try:
            create: Callable[[Any], T] = parse
            if isinstance(parse, Reader):
                body, create = parse.read(response)
            else:
                body = response.json()
            if self.operation.no_such_job and (missing := self.no_such_job(response, body)):
                return None, missing
            parsed = create(body)
            problem, path = "", self.operation.job_id
            if path and body is not None:
                problem = self.operation.other_job(get_path(body, path), self.values)
        except KeyError as error:
            return None, f"the body lacks {error}"
        except Exception as error:
            return None, f"the body cannot be parsed: {type(error).__name__}: {self.redact(str(error))[:200]}"
        return (None, problem) if problem else (parsed, "")

    def no_such_job(self, response: httpx.Response, body: Any) -> NotFoundError | None:
        """Return the error for a success that says that the job does not exist, or None."""
        if not all_hold(self.operation.no_such_job, body, response.status_code, response.headers):
            return None
        return cast("NotFoundError", self.api_error(response, NotFoundError))

    def redact(self, text: str) -> str:
        """Return the text without the credentials of the call."""
        return self.auth.redact(text) if self.auth else text

    def redact_json(self, content: bytes) -> bytes:
        """Return a JSON body without the credentials of the call; the same object if it contains none."""
        text = content.decode(json.detect_encoding(content), errors="replace")
        redacted = redact_json(text, self.redact)
        return content if redacted == text else redacted.encode()

    def prepare(self, request: Mapping[str, Any], auth: AuthParameters) -> httpx.Request:
        """Return the httpx request of the next attempt.

        Raises:
            InvalidArgumentError: The arguments do not form a valid request.
        """
        try:
            return self._prepare(request, auth)
        except (TypeError, ValueError, OverflowError, httpx.InvalidURL) as error:
            problem = f"{type(error).__name__}: {self.redact(str(error))}"
        raise InvalidArgumentError(f"{self.operation.id}: an argument cannot be sent: {problem}")

    def _prepare(self, request: Mapping[str, Any], auth: AuthParameters) -> httpx.Request:
        self.auth = auth
        self.attempts += 1
        self.rate_limit_reset = 0.0
        if self.operation.limits and not (self.policy.is_poll and self.attempts == 1):
            self.settings.rate_limiter.count(self.operation.id, self.values, self.operation.limits)
        left = max(self.deadline - time.monotonic(), 0.001)
        timeout = {"connect": min(CONNECT_TIMEOUT, left), "read": left, "write": left, "pool": left}
        headers = self.settings.headers
        if self.headers or "headers" in request:
            merged = httpx.Headers(headers)
            merged.update(request.get("headers"))
            merged.update(self.headers)
            headers = merged.raw
        params = request.get("params")
        url_query = str(httpx.QueryParams(params)) if params else ""
        url = self.settings.base_url + request["url"]
        if params:
            url += f"?{url_query}"
        self.url = url
        if not self.headers:
            prepared = self.settings.template.request(request, url_query, auth, timeout)
            if prepared is not None:
                return prepared
        query = auth.query()
        if query:
            url = str(httpx.URL(url).copy_merge_params(query))
        return httpx.Request(
            request["method"],
            url,
            headers=_join_cookies([*headers, *auth.headers()], request.get("cookies") or {}),
            extensions={"timeout": timeout},
            **{key: request[key] for key in BODY_KEYWORDS & request.keys()},
        )

    def without_credentials(self, request: httpx.Request) -> httpx.Request:
        """Return the request that event hooks receive."""
        secret_names = {name.lower() for name, _ in self.auth.headers()} if self.auth else set()
        headers = [(name, value) for name, value in request.headers.raw if name.lower() not in secret_names]
        return httpx.Request(
            request.method, self.url, headers=headers, stream=request.stream, extensions=request.extensions
        )

    def log(self, outcome: str) -> None:
        """Log one attempt at DEBUG."""
        if logger.isEnabledFor(logging.DEBUG):
            elapsed = (time.monotonic() - self.started_at) * 1000
            logger.debug(
                "%s %s %s: %s, attempt %d, %.1f ms",
                self.operation.id,
                self.operation.method,
                sanitize(self.redact(self.url)),
                sanitize(self.redact(outcome)),
                self.attempts,
                elapsed,
            )

    def retry_pause(self, error: CallFailure) -> float | None:
        """Return the seconds until the next attempt, or None for no further attempt."""
        if isinstance(error, UnexpectedResponseError):
            return None
        if isinstance(error, ApiError) and error.status not in retry.RETRYABLE_STATUSES:
            return None
        retries = self.settings.max_retries if self.policy.retries is None else self.policy.retries
        if not self.operation.is_idempotent or self.attempts > retries:
            return None
        retry_after = error.retry_after if isinstance(error, ApiError) else None
        pause = retry.backoff(self.attempts - 1, retry_after or self.rate_limit_reset or None)
        if time.monotonic() + pause >= self.deadline or not self.settings.retry_budget.take():
            return None
        return pause

    def check_status(self, response: httpx.Response) -> ApiError | UnexpectedResponseError | None:
        """Return the error for the status of a response, or None for a 2xx or one that reports the job."""
        status = response.status_code
        if 200 <= status < 300 or self.operation.is_success(status):
            self.settings.retry_budget.refill()
            return None
        if status >= 400:
            return self.api_error(response)
        location = self.redact(response.headers.get("location", ""))[:200]
        problem = f"a redirect to {location!r}; redirects are not followed" if location else "not a final response"
        return self.unexpected_response(problem, response)

    def exchange_failure(self, error: BaseException, response: httpx.Response | None) -> CallFailure:
        """Return the error for an exchange that raised. It does not refer to the request, which holds credentials."""
        if isinstance(error, responses.BodyTooLargeError):
            return self.unexpected_response(f"too large: {error}", response)
        if isinstance(error, responses.DecodingError):
            if response is not None and response.status_code >= 400:
                return self.api_error(responses.with_body(response, b""))
            return self.unexpected_response(str(error), response)
        return self.transport_error(error)

    def transport_error(self, error: BaseException) -> TransportError:
        """Return the error for a request without a response."""
        timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
        reason = type(error).__name__
        text = self.redact(" ".join(str(error).split()))[:300]
        problem = "no response in time" if timed_out else "no response"
        place = f"{self.settings.origin}{self.settings.route}"
        message = f"{self.operation.id}: {problem} from {place}: {reason}{f': {text}' if text else ''}"
        if "CERTIFICATE_VERIFY_FAILED" in text:
            message += "; trust its authority with verify= or SSL_CERT_FILE"
        return TransportError(message, reason=reason, timed_out=timed_out, **self._fields())

    def api_error(self, response: httpx.Response, cls: type[ApiError] | None = None) -> ApiError:
        """Return the error for a 4xx or 5xx, or one of the given class."""
        detail, code = responses.error_detail(response.content, self.redact)
        excerpt = responses.excerpt(response.content, self.redact)
        status = response.status_code
        retry_after = responses.retry_after(response.headers)
        if status == TOO_MANY_REQUESTS:
            retry_after = responses.rate_limit_reset(response.headers) or retry_after
        request_id = responses.request_id(response.headers, self.redact)
        message = f"{self.operation.id}: {self.settings.origin} returned {status}"
        if detail or excerpt:
            message += f": {detail or excerpt[:200]}"
        if cls is not None:
            message += ", which says that there is no such job"
        if self.operation.not_served is not None:
            not_served, text = self.operation.not_served
            if status == not_served and detail.startswith(text):
                message += "; this server does not have the API"
        if request_id:
            message += f" (request id {request_id})"
        return (cls or error_for(status))(
            message,
            status=status,
            detail=detail,
            code=code,
            request_id=request_id,
            retry_after=retry_after,
            excerpt=excerpt,
            **self._fields(),
        )

    def unexpected_response(self, problem: str, response: httpx.Response | None) -> UnexpectedResponseError:
        """Return the error for a response that the document does not describe."""
        status = response.status_code if response is not None else 0
        headers = response.headers if response is not None else httpx.Headers()
        body = b""
        if response is not None and response.is_closed and httpx_internals.has_body(response):
            body = response.content
        message = f"{self.operation.id}: {self.settings.origin} returned {status}: {self.redact(problem)[:MAX_PROBLEM]}"
        return UnexpectedResponseError(
            message,
            status=status,
            request_id=responses.request_id(headers, self.redact),
            retry_after=responses.retry_after(headers),
            excerpt=responses.excerpt(body, self.redact),
            **self._fields(),
        )

    def _fields(self) -> dict[str, Any]:
        return {
            "operation": self.operation.id,
            "method": self.operation.method,
            "url": sanitize(self.redact(self.url)),
            "attempts": self.attempts,
            "elapsed": time.monotonic() - self.started_at,
        }


def _join_cookies(headers: list[tuple[bytes, bytes]], cookies: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers with one `Cookie`: that of the credentials, and the cookie parameters."""
    given = [value for name, value in headers if name.lower() == COOKIE]
    found = [*given, *(f"{name}={value}".encode() for name, value in cookies.items())]
    if len(found) == len(given) < 2:
        return headers
    others = [(name, value) for name, value in headers if name.lower() != COOKIE]
    return [*others, (b"Cookie", b"; ".join(found))]
