"""What every generated client class is made of, sync and async.

The generated functions of a document do the typed work: they build a request and read an answer. Here they are given
a call of ours in place of their client, which sends the request within limits.
"""

from __future__ import annotations

import platform
import ssl
import sys
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import httpx

from . import answers, retries
from .arguments import check_headers, check_id, read_base_url, seconds
from .call import FAILURES, Call, Operation, RawResponse, Settings, failure, finished
from .clock import REAL, Clock
from .deadline import DEADLINE
from .errors import ApiError, InvalidArgument, JobStatusError, TransportError, UnexpectedAnswer
from .limits import Traffic
from .secrets import SENDING, Scheme, Signer
from .transport import POLLS, async_transport, context, sync_transport

if TYPE_CHECKING:
    import asyncio

    import anyio

# asyncio and anyio are imported by async clients when they are used: they would be half of the cost of an import.
T = TypeVar("T")


class _Common:
    """What sync and async clients share."""

    _schemes: ClassVar[tuple[Scheme, ...]] = ()
    _alternatives: ClassVar[tuple[tuple[str, ...], ...]] = ()
    _clock: ClassVar[Clock] = REAL

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
        root, origin, self._tls = read_base_url(base_url)
        self._signer = Signer(self._schemes, self._alternatives, credentials)
        if max_retries < 0:
            raise InvalidArgument(f"max_retries= wants 0 or more, got {max_retries}")
        self._max_answer_bytes = max_answer_bytes
        standard = {
            "Accept": "application/json",
            # A status is small; compression would cost more than it saves.
            "Accept-Encoding": "identity",
            "User-Agent": f"job-status (httpx {httpx.__version__}; Python {platform.python_version()})",
        }
        check_headers(headers)
        merged = httpx.Headers(standard)
        merged.update(headers)
        self._settings = Settings(
            root, origin, seconds(timeout), max_retries, merged.raw, retries.Budget(), self._clock, Traffic(self._clock)
        )
        hooks = dict(event_hooks or {})
        if unknown := sorted(set(hooks) - {"request", "response"}):
            raise InvalidArgument(f"event_hooks= knows request and response, got {', '.join(unknown)}")
        self._request_hooks = tuple(hooks.get("request", ()))
        self._response_hooks = tuple(hooks.get("response", ()))
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings.base_url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(f"{type(self).__name__} holds connections and credentials and is not pickled; make it anew")

    def _begin(
        self,
        send: Callable[[Call, Mapping[str, Any]], Any],
        operation: Operation,
        path_values: tuple[Any, ...],
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> Call:
        for name, value in zip(operation.path_parameters, path_values, strict=True):
            check_id(operation.id, name, value)
        check_headers(headers)
        return Call(self._settings, send, operation, path_values, timeout, headers)


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
        # How many polls of waits are under way at a time.
        self._gate = threading.BoundedSemaphore(POLLS)

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
        call = self._begin(self._send, operation, path_values, timeout, headers)
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
        return finished(call, parsed, model, failed)

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
            if call.foreign is error:
                raise
            failed = error
        except BaseException as error:
            call.foreign = error
            raise
        finally:
            DEADLINE.reset(token)
            SENDING.reset(sending)
        return failure(call, failed, response), None

    def _exchange(self, call: Call, request: httpx.Request) -> httpx.Response:
        """Sends one request; the body of the answer is still to be read."""
        if not (self._request_hooks or self._response_hooks):
            response = self._transport.handle_request(request)
            response.request = request
            return response
        shown = call.bare(request)
        _run(call, self._request_hooks, shown)
        response = self._transport.handle_request(request)
        response.request = shown
        try:
            _run(call, self._response_hooks, response)
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
        self._home: weakref.ref[Any] | None = None
        self._detached: set[asyncio.Task[Any]] = set()
        self._gate: anyio.Semaphore | None = None

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
            import asyncio

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
        call = self._begin(self._send, operation, path_values, timeout, headers)
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
        return finished(call, parsed, model, failed)

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
            attempt = self._attempt(call, call.prepare(kwargs, signature))
            if call.attached:
                self._settle_in()
                failure, response = await attempt
            else:
                failure, response = await self._detachable(attempt)
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
            import anyio

            await anyio.sleep(wait)

    async def _detachable(self, attempt: Coroutine[Any, Any, T]) -> T:
        """Runs an attempt so that a cancelled call leaves it: a cancelled request costs httpx a connection for good."""
        import asyncio

        loop = self._settle_in()
        if loop is None:
            return await _shielded(attempt)
        task = loop.create_task(attempt)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._leave(task)
            raise

    def _settle_in(self) -> asyncio.AbstractEventLoop | None:
        """The running loop, None where it is not asyncio's. The connections of another loop are let go."""
        import asyncio

        try:
            loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        home = loop or _other_home()
        if self._home is None or self._home() is not home:
            if self._home is not None:
                # The connections of another loop are of no use here, and cannot be closed from here.
                self._transport = self._make()
                self._detached.clear()
                self._gate = None
            self._home = weakref.ref(home)
        return loop

    def _poll_gate(self) -> anyio.Semaphore:
        """How many polls of waits are under way at a time."""
        import anyio

        self._settle_in()
        if self._gate is None:
            self._gate = anyio.Semaphore(POLLS)
        return self._gate

    def _leave(self, task: asyncio.Task[Any]) -> None:
        """Leaves a request to its end, which `aclose` waits for."""
        if not task.done():
            self._detached.add(task)
            task.add_done_callback(self._forget)

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
            if call.foreign is error:
                raise
            failed = error
        except BaseException as error:
            call.foreign = error
            raise
        finally:
            DEADLINE.reset(token)
            SENDING.reset(sending)
        return failure(call, failed, response), None

    async def _exchange(self, call: Call, request: httpx.Request) -> httpx.Response:
        """Sends one request; the body of the answer is still to be read."""
        if not (self._request_hooks or self._response_hooks):
            response = await self._transport.handle_async_request(request)
            response.request = request
            return response
        shown = call.bare(request)
        await _run_async(call, self._request_hooks, shown)
        response = await self._transport.handle_async_request(request)
        response.request = shown
        try:
            await _run_async(call, self._response_hooks, response)
        except BaseException:
            await response.aclose()
            raise
        return response


def _other_home() -> Any:
    """What stands for a run of another event loop than asyncio's: the token of trio's run."""
    lowlevel = sys.modules.get("trio.lowlevel")
    return lowlevel.current_trio_token() if lowlevel is not None else sys.modules[__name__]


async def _shielded(attempt: Coroutine[Any, Any, T]) -> T:
    """Runs an attempt to its end, whoever cancels: the way of event loops other than asyncio's."""
    import anyio

    got: list[T] = []
    with anyio.CancelScope(shield=True):
        got.append(await attempt)
    return got[0]


def _run(call: Call, hooks: tuple[Callable[..., Any], ...], subject: Any) -> None:
    """Runs hooks; what one raises is its own affair and is passed on as it is."""
    try:
        for hook in hooks:
            hook(subject)
    except BaseException as error:
        call.foreign = error
        raise


async def _run_async(call: Call, hooks: tuple[Callable[..., Any], ...], subject: Any) -> None:
    """Runs hooks; what one raises is its own affair and is passed on as it is."""
    try:
        for hook in hooks:
            await hook(subject)
    except BaseException as error:
        call.foreign = error
        raise
