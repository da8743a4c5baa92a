# Generated from scripts/runtime/calls.py by `make generate`; do not edit.

"""Calls: what every generated client class is made of, sync and async.

The generated functions of a document do the typed work: they build a request and read an answer. Here they are given
a client of ours, which sends the request within limits and hands back nothing but an answer that can be read.
"""

import asyncio
import logging
import math
import platform
import ssl
import time
import urllib.parse
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, ClassVar, Final, Generic, NoReturn, Self, TypeVar

import anyio
import httpx
from attrs import field, frozen

from . import answers, retries
from .deadline import DEADLINE
from .errors import ApiError, InvalidArgument, JobStatusError, TransportError, UnexpectedAnswer, error_for
from .secrets import SENDING, Scheme, Signature, Signer
from .transport import async_transport, context, sync_transport

T = TypeVar("T")
logger: Final = logging.getLogger("job_status")

CONNECT_TIMEOUT: Final = 5.0  # seconds, within the timeout of the call
BODIES: Final = frozenset({"json", "content", "data", "files"})
FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


@frozen
class Operation:
    """What the document says of an operation, as far as a call needs it."""

    id: str
    method: str
    path_parameters: tuple[str, ...]


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
        "attempts",
        "began",
        "deadline",
        "foreign",
        "headers",
        "operation",
        "owner",
        "response",
        "signature",
        "url",
    )

    raise_on_unexpected_status = False

    def __init__(
        self,
        owner: "Client | AsyncClient",
        operation: Operation,
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> None:
        self.owner = owner
        self.operation = operation
        self.headers = headers
        self.began = time.monotonic()
        self.deadline = self.began + (owner._timeout if timeout is None else _seconds(timeout))
        self.attempts = 0
        self.url = ""
        self.response: httpx.Response | None = None
        self.signature: Signature | None = None
        # An exception of a callback, which is passed on as it is.
        self.foreign: BaseException | None = None

    def get_httpx_client(self) -> Self:
        """The generated code asks its client for the httpx client."""
        return self

    def get_async_httpx_client(self) -> "AsyncSender":
        """The generated code asks its client for the httpx client."""
        return AsyncSender(self)

    def request(self, **kwargs: Any) -> httpx.Response:
        """Sends what the generated code has put together; the answer is a 2xx that has been read."""
        owner = self.owner
        assert isinstance(owner, Client)  # noqa: S101 - the sync functions are given sync clients
        return owner._send(self, kwargs)

    def fields(self) -> dict[str, Any]:
        """What every error of this call holds."""
        return {
            "operation": self.operation.id,
            "method": self.operation.method,
            "url": self.redacted(self.url),
            "attempts": self.attempts,
            "elapsed": time.monotonic() - self.began,
        }

    def redacted(self, text: str) -> str:
        """A text without the credentials of the call."""
        return self.signature.redact(text) if self.signature else text

    def prepare(self, kwargs: Mapping[str, Any], signature: Signature) -> httpx.Request:
        """The request of the next attempt, with its credentials."""
        self.signature = signature
        self.attempts += 1
        left = max(self.deadline - time.monotonic(), 0.001)
        timeout = {"connect": min(CONNECT_TIMEOUT, left), "read": left, "write": left, "pool": left}
        owner = self.owner
        headers = owner._headers
        if self.headers or "headers" in kwargs:
            merged = httpx.Headers(headers)
            merged.update(kwargs.get("headers"))
            merged.update(self.headers)
            headers = merged.raw
        params = kwargs.get("params")
        url = owner._base_url + kwargs["url"]
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
                self.redacted(self.url),
                self.redacted(outcome),
                self.attempts,
                elapsed,
            )

    def unanswered(self, error: BaseException) -> TransportError:
        """The error for a request that got no answer. The httpx error holds the request, so it is not kept."""
        timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
        reason = type(error).__name__
        text = self.redacted(" ".join(str(error).split()))[:300]
        what = "no answer in time" if timed_out else "no answer"
        message = f"{self.operation.id}: {what} from {self.owner._origin}: {reason}{f': {text}' if text else ''}"
        return TransportError(message, reason=reason, timed_out=timed_out, **self.fields())

    def refused(self, response: httpx.Response) -> ApiError:
        """The error for a 4xx or 5xx."""
        detail, code = answers.said(response.content)
        detail = self.redacted(detail)
        excerpt = self.redacted(answers.excerpt(response.content))
        status = response.status_code
        request_id = answers.request_id(response.headers)
        retry_after = answers.retry_after(response.headers)
        message = f"{self.operation.id}: {self.owner._origin} answers {status}"
        if detail or excerpt:
            message += f": {detail or excerpt.splitlines()[0][:200]}"
        if request_id:
            message += f" (request id {self.redacted(request_id)})"
        return error_for(status)(
            message,
            status=status,
            detail=detail,
            code=code and self.redacted(code),
            request_id=request_id and self.redacted(request_id),
            retry_after=retry_after,
            excerpt=excerpt,
            **self.fields(),
        )

    def unexpected(self, problem: str, response: httpx.Response | None) -> UnexpectedAnswer:
        """The error for an answer that is not what the document describes."""
        status = response.status_code if response is not None else 0
        headers = response.headers if response is not None else httpx.Headers()
        body = (
            response.content if response is not None and response.is_closed and hasattr(response, "_content") else b""
        )
        request_id = answers.request_id(headers)
        message = f"{self.operation.id}: {self.owner._origin} answers {status}: {self.redacted(problem)}"
        return UnexpectedAnswer(
            message,
            status=status,
            request_id=request_id and self.redacted(request_id),
            retry_after=answers.retry_after(headers),
            excerpt=self.redacted(answers.excerpt(body)),
            **self.fields(),
        )

    def wait_before_retry(self, error: ApiError | TransportError) -> float | None:
        """Seconds until the next attempt, None where there is none."""
        owner = self.owner
        status = error.status if isinstance(error, ApiError) else None
        if status is not None and status not in retries.STATUSES:
            return None
        if self.operation.method not in retries.IDEMPOTENT or self.attempts > owner._max_retries:
            return None
        wait = retries.pause(self.attempts - 1, error.retry_after if isinstance(error, ApiError) else None)
        if time.monotonic() + wait >= self.deadline or not owner._budget.take():
            return None
        return wait

    def check(self, response: httpx.Response) -> ApiError | UnexpectedAnswer | None:
        """What is wrong with the status of an answer."""
        status = response.status_code
        if 200 <= status < 300:
            self.response = response
            self.owner._budget.give()
            return None
        if status >= 400:
            return self.refused(response)
        where = response.headers.get("location", "")[:200]
        told = f"a redirect to {where!r}, and redirects are not followed" if where else "which is no answer to a call"
        return self.unexpected(told, response)

    def fail(self, error: Exception | None) -> NoReturn:
        """Ends a call whose answer the generated code could not read, or read as something else."""
        if self.response is None:
            raise InvalidArgument(f"{self.operation.id}: an argument cannot be sent: {type(error).__name__}: {error}")
        if error is None:
            told = "a status that the document does not describe as a success"
        elif isinstance(error, KeyError):
            told = f"the body lacks {error}"
        else:
            told = f"the body cannot be read: {type(error).__name__}: {str(error)[:200]}"
        raise self.unexpected(told, self.response)


class AsyncSender:
    """What the generated async code takes for its httpx client."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    async def request(self, **kwargs: Any) -> httpx.Response:
        """Sends what the generated code has put together; the answer is a 2xx that has been read."""
        owner = self._call.owner
        assert isinstance(owner, AsyncClient)  # noqa: S101 - the async functions are given async clients
        return await owner._send(self._call, kwargs)


class _Common:
    """What sync and async clients share."""

    _schemes: ClassVar[tuple[Scheme, ...]] = ()
    _alternatives: ClassVar[tuple[tuple[str, ...], ...]] = ()

    def __init__(
        self,
        base_url: str,
        credentials: Mapping[str, Any],
        timeout: float,
        max_retries: int,
        headers: Mapping[str, str] | None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None,
        max_answer_bytes: int,
    ) -> None:
        self._base_url, self._origin, self._tls = _base(base_url)
        self._signer = Signer(self._schemes, self._alternatives, credentials)
        self._timeout = _seconds(timeout)
        if max_retries < 0:
            raise InvalidArgument(f"max_retries= wants 0 or more, got {max_retries}")
        self._max_retries = max_retries
        self._max_answer_bytes = max_answer_bytes
        self._budget = retries.Budget()
        standard = {
            "Accept": "application/json",
            # A status is small; compression would cost more than it saves.
            "Accept-Encoding": "identity",
            "User-Agent": f"job-status (httpx {httpx.__version__}; Python {platform.python_version()})",
        }
        merged = httpx.Headers(standard)
        merged.update(headers)
        self._headers = merged.raw
        hooks = dict(event_hooks or {})
        if unknown := sorted(set(hooks) - {"request", "response"}):
            raise InvalidArgument(f"event_hooks= knows request and response, got {', '.join(unknown)}")
        self._request_hooks = tuple(hooks.get("request", ()))
        self._response_hooks = tuple(hooks.get("response", ()))
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base_url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(f"{type(self).__name__} holds connections and credentials and is not pickled; make it anew")

    def _begin(
        self,
        operation: Operation,
        path_values: tuple[Any, ...],
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> Call:
        for name, value in zip(operation.path_parameters, path_values, strict=True):
            _check_id(operation.id, name, value)
        return Call(self, operation, timeout, headers)  # type: ignore[arg-type]  # the two subclasses are all there are


def _seconds(timeout: float) -> float:
    if not (isinstance(timeout, int | float) and math.isfinite(timeout) and timeout > 0):
        raise InvalidArgument(f"timeout= wants a number of seconds above 0, got {timeout!r}")
    return float(timeout)


def _base(base_url: str) -> tuple[str, str, bool]:
    """The base URL without a slash at its end, its origin, and whether it is https."""
    try:
        parts = urllib.parse.urlsplit(base_url)
        port = parts.port
    except (ValueError, AttributeError, TypeError):
        raise InvalidArgument("base_url= wants a URL like https://host, got one that cannot be read") from None
    if parts.username or parts.password or "@" in parts.netloc:
        raise InvalidArgument("base_url= holds a user or password; pass credentials by their own keywords")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise InvalidArgument(f"base_url= wants a URL like https://host, got {base_url!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    origin = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    return base_url.rstrip("/"), origin, parts.scheme == "https"


def _check_id(operation: str, name: str, value: Any) -> None:
    """Refuses ids that would reach another endpoint, or none."""
    text = str(value)
    if value is None or text in {"", ".", ".."}:
        raise InvalidArgument(
            f"{operation}: {name} is {value!r}, which would reach another endpoint; pass the id of a job"
        )
    if not text.isprintable():
        problem = next(c for c in text if not c.isprintable())
        raise InvalidArgument(
            f"{operation}: {name} holds the unprintable character U+{ord(problem):04X}; pass the id of a job"
        )


class Client(_Common):
    """A sync client of one API: typed calls that end in a model or in a `JobStatusError`, within their time."""

    def __init__(
        self,
        base_url: str,
        credentials: Mapping[str, Any],
        *,
        timeout: float,
        max_retries: int,
        headers: Mapping[str, str] | None,
        verify: ssl.SSLContext | str | bool,
        proxy: str | httpx.Proxy | None,
        http_transport: httpx.BaseTransport | None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None,
        max_answer_bytes: int,
    ) -> None:
        super().__init__(base_url, credentials, timeout, max_retries, headers, event_hooks, max_answer_bytes)
        tls = context(verify, tls=self._tls or proxy is not None)
        self._transport = http_transport or sync_transport(tls, proxy)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections. The client cannot be used afterwards."""
        self._closed = True
        self._transport.close()

    def _call(
        self,
        operation: Operation,
        function: Callable[..., Any],
        model: type[T],
        path_values: tuple[Any, ...],
        arguments: Mapping[str, Any],
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> RawResponse[T]:
        call = self._begin(operation, path_values, timeout, headers)
        failed: Exception | None = None
        parsed: Any = None
        try:
            parsed = function(*path_values, client=call, **arguments).parsed
        except JobStatusError:
            raise
        except Exception as error:
            if call.foreign is error:
                raise
            failed = error
        return _finished(call, parsed, model, failed)

    def _send(self, call: Call, kwargs: Mapping[str, Any]) -> httpx.Response:
        if self._closed:
            raise InvalidArgument(
                f"{call.operation.id}: the client is closed; make another, or call inside its with block"
            )
        renewed = False
        while True:
            try:
                signature = self._signer.sign()
            except BaseException as error:
                call.foreign = error
                raise
            failure, response = self._attempt(call, call.prepare(kwargs, signature))
            if response is not None:
                failure = call.check(response)
                call.log(str(response.status_code))
                if failure is None:
                    return response
                if response.status_code == 401 and self._signer.can_renew and not renewed:
                    renewed = True
                    self._signer.renew()
                    continue
            assert failure is not None  # noqa: S101 - there is an answer or a failure
            if isinstance(failure, TransportError):
                call.log(failure.reason)
            wait = call.wait_before_retry(failure) if isinstance(failure, ApiError | TransportError) else None
            if wait is None:
                raise failure
            time.sleep(wait)

    def _attempt(
        self, call: Call, request: httpx.Request
    ) -> tuple[TransportError | UnexpectedAnswer | ApiError | None, httpx.Response | None]:
        """Sends one request and reads the answer. Errors are made after the except block, so that they hold no other."""
        token = DEADLINE.set(call.deadline)
        sending = SENDING.set(call.signature)
        failed: BaseException
        response: httpx.Response | None = None
        try:
            response = self._exchange(call, request)
            try:
                if answers.fits(response, self._max_answer_bytes):
                    response.read()
                    return None, response
                body = answers.Body(response, self._max_answer_bytes)
                for chunk in response.iter_raw():
                    body.add(chunk)
                return None, answers.rebuilt(response, body.whole())
            finally:
                response.close()
        except (answers.TooLarge, answers.Undecodable, *FAILURES) as error:
            failed = error
        except BaseException as error:
            call.foreign = error
            raise
        finally:
            DEADLINE.reset(token)
            SENDING.reset(sending)
        return _failure(call, failed, response), None

    def _exchange(self, call: Call, request: httpx.Request) -> httpx.Response:
        """Sends one request; the body of the answer is still to be read."""
        if not (self._request_hooks or self._response_hooks):
            response = self._transport.handle_request(request)
            response.request = request
            return response
        shown = call.bare(request)
        for hook in self._request_hooks:
            hook(shown)
        response = self._transport.handle_request(request)
        response.request = shown
        try:
            for hook in self._response_hooks:
                hook(response)
        except BaseException:
            response.close()
            raise
        return response


class AsyncClient(_Common):
    """An async client of one API: typed calls that end in a model or in a `JobStatusError`, within their time.

    It can be used from several event loops, one after the other.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Mapping[str, Any],
        *,
        timeout: float,
        max_retries: int,
        headers: Mapping[str, str] | None,
        verify: ssl.SSLContext | str | bool,
        proxy: str | httpx.Proxy | None,
        http_transport: httpx.AsyncBaseTransport | None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None,
        max_answer_bytes: int,
    ) -> None:
        super().__init__(base_url, credentials, timeout, max_retries, headers, event_hooks, max_answer_bytes)
        tls = context(verify, tls=self._tls or proxy is not None)

        def made() -> httpx.AsyncBaseTransport:
            return http_transport or async_transport(tls, proxy)

        self._make = made
        self._transport = made()
        self._loop: weakref.ref[asyncio.AbstractEventLoop] | None = None
        self._detached: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections, once the requests of cancelled calls have come to their end."""
        self._closed = True
        if self._detached:
            await asyncio.gather(*self._detached, return_exceptions=True)
        await self._transport.aclose()

    async def _call(
        self,
        operation: Operation,
        function: Callable[..., Awaitable[Any]],
        model: type[T],
        path_values: tuple[Any, ...],
        arguments: Mapping[str, Any],
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> RawResponse[T]:
        call = self._begin(operation, path_values, timeout, headers)
        failed: Exception | None = None
        parsed: Any = None
        try:
            parsed = (await function(*path_values, client=call, **arguments)).parsed
        except JobStatusError:
            raise
        except Exception as error:
            if call.foreign is error:
                raise
            failed = error
        return _finished(call, parsed, model, failed)

    async def _send(self, call: Call, kwargs: Mapping[str, Any]) -> httpx.Response:
        if self._closed:
            raise InvalidArgument(
                f"{call.operation.id}: the client is closed; make another, or call inside its with block"
            )
        renewed = False
        while True:
            try:
                signature = await self._signer.sign_async()
            except BaseException as error:
                call.foreign = error
                raise
            failure, response = await self._detachable(self._attempt(call, call.prepare(kwargs, signature)))
            if response is not None:
                failure = call.check(response)
                call.log(str(response.status_code))
                if failure is None:
                    return response
                if response.status_code == 401 and self._signer.can_renew and not renewed:
                    renewed = True
                    self._signer.renew()
                    continue
            assert failure is not None  # noqa: S101 - there is an answer or a failure
            if isinstance(failure, TransportError):
                call.log(failure.reason)
            wait = call.wait_before_retry(failure) if isinstance(failure, ApiError | TransportError) else None
            if wait is None:
                raise failure
            await anyio.sleep(wait)

    async def _detachable(self, attempt: Coroutine[Any, Any, T]) -> T:
        """Runs an attempt so that a cancelled call leaves it: a cancelled request costs httpx a connection for good."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            with anyio.CancelScope(shield=True):
                return await attempt
        if self._loop is None or self._loop() is not loop:
            if self._loop is not None:
                # The connections of another loop are of no use here, and cannot be closed from here.
                self._transport = self._make()
                self._detached.clear()
            self._loop = weakref.ref(loop)
        task = loop.create_task(attempt)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():
                self._detached.add(task)
                task.add_done_callback(self._forget)
            raise

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._detached.discard(task)
        if not task.cancelled():
            task.exception()

    async def _attempt(
        self, call: Call, request: httpx.Request
    ) -> tuple[TransportError | UnexpectedAnswer | ApiError | None, httpx.Response | None]:
        """Sends one request and reads the answer. Errors are made after the except block, so that they hold no other."""
        token = DEADLINE.set(call.deadline)
        sending = SENDING.set(call.signature)
        failed: BaseException
        response: httpx.Response | None = None
        try:
            response = await self._exchange(call, request)
            try:
                if answers.fits(response, self._max_answer_bytes):
                    await response.aread()
                    return None, response
                body = answers.Body(response, self._max_answer_bytes)
                async for chunk in response.aiter_raw():
                    body.add(chunk)
                return None, answers.rebuilt(response, body.whole())
            finally:
                await response.aclose()
        except (answers.TooLarge, answers.Undecodable, *FAILURES) as error:
            failed = error
        except BaseException as error:
            call.foreign = error
            raise
        finally:
            DEADLINE.reset(token)
            SENDING.reset(sending)
        return _failure(call, failed, response), None

    async def _exchange(self, call: Call, request: httpx.Request) -> httpx.Response:
        """Sends one request; the body of the answer is still to be read."""
        if not (self._request_hooks or self._response_hooks):
            response = await self._transport.handle_async_request(request)
            response.request = request
            return response
        shown = call.bare(request)
        for hook in self._request_hooks:
            await hook(shown)
        response = await self._transport.handle_async_request(request)
        response.request = shown
        try:
            for hook in self._response_hooks:
                await hook(response)
        except BaseException:
            await response.aclose()
            raise
        return response


def _failure(
    call: Call, error: BaseException, response: httpx.Response | None
) -> TransportError | UnexpectedAnswer | ApiError:
    if isinstance(error, answers.TooLarge):
        return call.unexpected(f"too large: {error}", response)
    if isinstance(error, answers.Undecodable):
        if response is not None and response.status_code >= 400:
            return call.refused(answers.rebuilt(response, b""))
        return call.unexpected(str(error), response)
    return call.unanswered(error)


def _finished(call: Call, parsed: Any, model: type[T], failed: Exception | None) -> RawResponse[T]:
    response = call.response
    if failed is not None or response is None or not isinstance(parsed, model):
        call.fail(failed)
    return RawResponse(
        status=response.status_code,
        headers=response.headers,
        content=response.content,
        parsed=parsed,
        request_id=answers.request_id(response.headers),
        attempts=call.attempts,
        elapsed=time.monotonic() - call.began,
    )
