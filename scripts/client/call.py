"""One call under way: its request, its answer, its errors.

The generated functions of a document do the typed work: they build a request and read an answer. Here they are given
a client of ours, which sends the request within limits and hands back nothing but an answer that can be read.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, NoReturn, Self, TypeVar, cast

import httpx
from attrs import field, frozen

from . import responses, retry
from .arguments import seconds
from .auth import AuthParameters
from .clock import Clock
from .errors import ApiError, InvalidArgumentError, TransportError, UnexpectedResponseError, error_for
from .rate_limit import Limit, RateLimiter
from .sanitize import shown

T = TypeVar("T")
logger: Final = logging.getLogger("job_status")

LONGEST_PROBLEM: Final = 500  # characters
CONNECT_TIMEOUT: Final = 5.0  # seconds, within the timeout of the call
BODIES: Final = frozenset({"json", "content", "data", "files"})
FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)


@frozen
class Operation:
    """What the document says of an operation, as far as a call needs it.

    `reports` is where an answer repeats the id of the job that was asked for. `not_served` is the status and the beginning of the text by which a server says that it does not have this API.
    """

    id: str
    method: str
    path_parameters: tuple[str, ...]
    limits: tuple[Limit, ...] = ()
    not_served: tuple[int, str] | None = None
    reports: tuple[str, ...] = ()


@frozen
class Settings:
    """What a client has been told, as far as its calls need it."""

    base_url: str
    origin: str
    timeout: float
    max_retries: int
    headers: list[tuple[bytes, bytes]] = field(repr=False)
    budget: retry.Budget = field(repr=False)
    clock: Clock = field(repr=False)
    traffic: RateLimiter = field(repr=False)


@frozen
class RawResponse(Generic[T]):
    """An answer with everything around it.

    Attributes:
        status: the HTTP status.
        headers: the headers.
        content: the body, decoded.
        parsed: the body as its typed model.
        request_id: the server's id of the request, None where it gives none.
        attempts: how many requests were sent.
        elapsed: seconds from the first request to the end of the answer.
    """

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)
    parsed: T
    request_id: str | None
    attempts: int
    elapsed: float


class Call:
    """One call under way. To the generated code it is a client, and that client's httpx client."""

    __slots__ = (
        "attached",
        "attempts",
        "began",
        "counted",
        "deadline",
        "foreign",
        "headers",
        "max_retries",
        "operation",
        "response",
        "send",
        "settings",
        "signature",
        "url",
        "values",
    )

    raise_on_unexpected_status = False

    def __init__(
        self,
        settings: Settings,
        send: Callable[[Call, Mapping[str, Any]], Any],
        operation: Operation,
        values: tuple[Any, ...],
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> None:
        self.settings = settings
        self.send = send
        self.operation = operation
        self.values = values
        self.headers = headers
        self.began = time.monotonic()
        self.deadline = self.began + (settings.timeout if timeout is None else seconds(timeout))
        self.max_retries = settings.max_retries
        # Whether the first request has been counted against the documented limits already.
        self.counted = False
        # Whether an async call runs in a task that nobody cancels, so that it needs no other to be safe in.
        self.attached = False
        self.attempts = 0
        self.url = ""
        self.response: httpx.Response | None = None
        self.signature: AuthParameters | None = None
        # An exception of a callback, which is passed on as it is.
        self.foreign: BaseException | None = None

    def get_httpx_client(self) -> Self:
        """The generated code asks its client for the httpx client."""
        return self

    def get_async_httpx_client(self) -> AsyncSender:
        """The generated code asks its client for the httpx client."""
        return AsyncSender(self)

    def request(self, **kwargs: Any) -> httpx.Response:
        """Sends what the generated code has put together; the answer is a 2xx that has been read."""
        return cast("httpx.Response", self.send(self, kwargs))

    def fields(self) -> dict[str, Any]:
        """What every error of this call holds."""
        return {
            "operation": self.operation.id,
            "method": self.operation.method,
            "url": shown(self.redacted(self.url)),
            "attempts": self.attempts,
            "elapsed": time.monotonic() - self.began,
        }

    def redacted(self, text: str) -> str:
        """A text without the credentials of the call."""
        return self.signature.redact(text) if self.signature else text

    def masked(self, content: bytes) -> bytes:
        """A JSON body without the credentials of the call; the very same bytes where it holds none."""
        text = content.decode(json.detect_encoding(content), errors="replace")
        shown = self.redacted(text)
        return content if shown == text else shown.encode()

    def prepared(self, kwargs: Mapping[str, Any], signature: AuthParameters) -> httpx.Request:
        """As `prepare`.

        Raises:
            InvalidArgumentError: what was passed makes no request.
        """
        try:
            return self.prepare(kwargs, signature)
        except (TypeError, ValueError, OverflowError, httpx.InvalidURL) as error:
            told = f"{type(error).__name__}: {self.redacted(str(error))}"
        raise InvalidArgumentError(f"{self.operation.id}: an argument cannot be sent: {told}")

    def prepare(self, kwargs: Mapping[str, Any], signature: AuthParameters) -> httpx.Request:
        """The request of the next attempt, with its credentials."""
        self.signature = signature
        self.attempts += 1
        if self.operation.limits and not (self.counted and self.attempts == 1):
            self.settings.traffic.count(self.operation.id, self.values, self.operation.limits)
        left = max(self.deadline - time.monotonic(), 0.001)
        timeout = {"connect": min(CONNECT_TIMEOUT, left), "read": left, "write": left, "pool": left}
        headers = self.settings.headers
        if self.headers or "headers" in kwargs:
            merged = httpx.Headers(headers)
            merged.update(kwargs.get("headers"))
            merged.update(self.headers)
            headers = merged.raw
        params = kwargs.get("params")
        url = self.settings.base_url + kwargs["url"]
        if params:
            url += f"?{httpx.QueryParams(params)}"
        self.url = url
        query = signature.query()
        if query:
            url = str(httpx.URL(url).copy_merge_params(query))
        return httpx.Request(
            kwargs["method"],
            url,
            headers=[*headers, *signature.headers()],
            cookies=kwargs.get("cookies"),
            extensions={"timeout": timeout},
            **{key: kwargs[key] for key in BODIES & kwargs.keys()},
        )

    def bare(self, request: httpx.Request) -> httpx.Request:
        """The request as hooks see it: without its credentials."""
        hidden = {name.lower() for name, _ in self.signature.headers()} if self.signature else set()
        headers = [(name, value) for name, value in request.headers.raw if name.lower() not in hidden]
        return httpx.Request(
            request.method, self.url, headers=headers, stream=request.stream, extensions=request.extensions
        )

    def log(self, outcome: str) -> None:
        """One line per attempt, at DEBUG."""
        if logger.isEnabledFor(logging.DEBUG):
            elapsed = (time.monotonic() - self.began) * 1000
            logger.debug(
                "%s %s %s: %s, attempt %d, %.1f ms",
                self.operation.id,
                self.operation.method,
                shown(self.redacted(self.url)),
                shown(self.redacted(outcome)),
                self.attempts,
                elapsed,
            )

    def unanswered(self, error: BaseException) -> TransportError:
        """The error for a request that got no answer. The httpx error holds the request, so it is not kept."""
        timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
        reason = type(error).__name__
        text = self.redacted(" ".join(str(error).split()))[:300]
        what = "no answer in time" if timed_out else "no answer"
        message = f"{self.operation.id}: {what} from {self.settings.origin}: {reason}{f': {text}' if text else ''}"
        return TransportError(message, reason=reason, timed_out=timed_out, **self.fields())

    def refused(self, response: httpx.Response) -> ApiError:
        """The error for a 4xx or 5xx."""
        detail, code = responses.said(response.content, self.redacted)
        excerpt = responses.excerpt(response.content, self.redacted)
        status = response.status_code
        request_id = responses.request_id(response.headers, self.redacted)
        retry_after = responses.retry_after(response.headers)
        message = f"{self.operation.id}: {self.settings.origin} answers {status}"
        if detail or excerpt:
            message += f": {detail or excerpt[:200]}"
        if self.operation.not_served is not None:
            not_served, text = self.operation.not_served
            if status == not_served and detail.startswith(text):
                message += "; this server does not have the API"
        if request_id:
            message += f" (request id {request_id})"
        return error_for(status)(
            message,
            status=status,
            detail=detail,
            code=code,
            request_id=request_id,
            retry_after=retry_after,
            excerpt=excerpt,
            **self.fields(),
        )

    def unexpected(self, problem: str, response: httpx.Response | None) -> UnexpectedResponseError:
        """The error for an answer that is not what the document describes."""
        status = response.status_code if response is not None else 0
        headers = response.headers if response is not None else httpx.Headers()
        body = (
            response.content if response is not None and response.is_closed and hasattr(response, "_content") else b""
        )
        request_id = responses.request_id(headers, self.redacted)
        told = self.redacted(problem)[:LONGEST_PROBLEM]
        message = f"{self.operation.id}: {self.settings.origin} answers {status}: {told}"
        return UnexpectedResponseError(
            message,
            status=status,
            request_id=request_id,
            retry_after=responses.retry_after(headers),
            excerpt=responses.excerpt(body, self.redacted),
            **self.fields(),
        )

    def wait_before_retry(self, error: ApiError | TransportError) -> float | None:
        """Seconds until the next attempt, None where there is none."""
        status = error.status if isinstance(error, ApiError) else None
        if status is not None and status not in retry.STATUSES:
            return None
        if self.operation.method not in retry.IDEMPOTENT or self.attempts > self.max_retries:
            return None
        wait = retry.pause(self.attempts - 1, error.retry_after if isinstance(error, ApiError) else None)
        if time.monotonic() + wait >= self.deadline or not self.settings.budget.take():
            return None
        return wait

    def check(self, response: httpx.Response) -> ApiError | UnexpectedResponseError | None:
        """What is wrong with the status of an answer."""
        status = response.status_code
        if 200 <= status < 300:
            self.response = response
            self.settings.budget.give()
            return None
        if status >= 400:
            return self.refused(response)
        where = self.redacted(response.headers.get("location", ""))[:200]
        told = f"a redirect to {where!r}, and redirects are not followed" if where else "which is no answer to a call"
        return self.unexpected(told, response)

    def other_job(self, content: bytes) -> str:
        """Why an answer is not of the job that was asked for; empty where it is."""
        value = json.loads(content)
        for key in self.operation.reports:
            value = value.get(key) if isinstance(value, dict) else None
        if str(value) in map(str, self.values):
            return ""
        return f"/{'/'.join(self.operation.reports)} is {value!r}, which is another job"

    def fail(self, error: Exception | None) -> NoReturn:
        """Ends a call whose answer the generated code could not read, or read as something else."""
        if self.response is None:
            raise InvalidArgumentError(
                f"{self.operation.id}: an argument cannot be sent: {type(error).__name__}: {error}"
            )
        if error is None:
            told = "a status that the document does not describe as a success"
        elif isinstance(error, KeyError):
            told = f"the body lacks {error}"
        else:
            told = f"the body cannot be read: {type(error).__name__}: {self.redacted(str(error))[:200]}"
        raise self.unexpected(told, self.response)


class AsyncSender:
    """What the generated async code takes for its httpx client."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    async def request(self, **kwargs: Any) -> httpx.Response:
        """Sends what the generated code has put together; the answer is a 2xx that has been read."""
        return cast("httpx.Response", await self._call.send(self._call, kwargs))


def failure(
    call: Call, error: BaseException, response: httpx.Response | None
) -> TransportError | UnexpectedResponseError | ApiError:
    if isinstance(error, responses.TooLarge):
        return call.unexpected(f"too large: {error}", response)
    if isinstance(error, responses.Undecodable):
        if response is not None and response.status_code >= 400:
            return call.refused(responses.rebuilt(response, b""))
        return call.unexpected(str(error), response)
    return call.unanswered(error)


def finished(call: Call, parsed: Any, model: type[T], failed: Exception | None) -> RawResponse[T]:
    response = call.response
    if failed is not None or response is None or not isinstance(parsed, model):
        call.fail(failed)
    if call.operation.reports and (other := call.other_job(response.content)):
        raise call.unexpected(other, response)
    return RawResponse(
        status=response.status_code,
        headers=response.headers,
        content=response.content,
        parsed=parsed,
        request_id=responses.request_id(response.headers),
        attempts=call.attempts,
        elapsed=time.monotonic() - call.began,
    )
