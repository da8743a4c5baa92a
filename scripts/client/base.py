"""What every generated client class is made of, sync and async.

The generated functions of a document do the typed work: they build a request and read an answer. Here they are given
a call of ours in place of their client, which sends the request within limits.
"""

from __future__ import annotations

import inspect
import os
import platform
import ssl
import sys
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import attrs
import httpx

from . import responses, retry
from .arguments import check_headers, read_base_url, read_hooks, read_id, seconds, whole
from .auth import SENDING, Authenticator, Scheme
from .call import FAILURES, Call, Operation, RawResponse, Settings, failure, finished
from .clock import LONGEST, REAL, Clock, Door
from .deadline import DEADLINE
from .errors import ApiError, InvalidArgumentError, JobStatusError, TransportError, UnexpectedResponseError
from .rate_limit import RateLimiter
from .semaphore import Gate
from .transport import FRESH, POLLS, async_transport, context, passwords, read_proxy, sync_transport

if TYPE_CHECKING:
    import asyncio

    import anyio

# asyncio and anyio are imported by async clients when they are used: they would be half of the cost of an import.
T = TypeVar("T")


# Every client there is, to be begun anew in a process that is forked.
_everybody: weakref.WeakSet[_Common] = weakref.WeakSet()


def _in_a_forked_process() -> None:
    # Look-ups have threads, and threads are not there any more.
    if connecting := sys.modules.get(f"{__package__}.connect"):
        connecting._under_way.clear()
    for client in list(_everybody):
        client._begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_forked_process)


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
        verify: ssl.SSLContext | str | bool,
        proxy: str | httpx.Proxy | None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None,
        max_response_bytes: int,
        trust_env: bool,
    ) -> None:
        root, origin, tls = read_base_url(base_url)
        self._proxy = read_proxy(proxy, root, trust_env=trust_env)
        self._trust = context(verify, tls=tls or self._proxy is not None, trust_env=trust_env)
        self._signer = Authenticator(self._schemes, self._alternatives, credentials, passwords(self._proxy))
        self._max_response_bytes = whole(max_response_bytes, "max_response_bytes")
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
            root,
            origin,
            seconds(timeout),
            whole(max_retries, "max_retries"),
            merged.raw,
            retry.Budget(),
            self._clock,
            RateLimiter(self._clock),
        )
        hooks = read_hooks(event_hooks)
        self._request_hooks = hooks.get("request", ())
        self._response_hooks = hooks.get("response", ())
        self._closed = False
        # Whether an answer of this API has been read: then it is at no wrong address.
        self._has_read = False
        _everybody.add(self)

    def _begin_anew(self) -> None:
        """Lets go of what another process uses too: this one was forked from it."""
        self._settings = attrs.evolve(self._settings, budget=retry.Budget(), traffic=RateLimiter(self._clock))

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
        named = zip(operation.path_parameters, path_values, strict=True)
        values = tuple([read_id(operation.id, name, value) for name, value in named])
        check_headers(headers)
        return Call(self._settings, send, operation, values, timeout, headers)


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
        max_response_bytes: int,
        trust_env: bool,
    ) -> None:
        super().__init__(
            base_url,
            credentials,
            timeout,
            max_retries,
            headers,
            verify,
            proxy,
            event_hooks,
            max_response_bytes,
            trust_env,
        )
        if http_transport is not None and not isinstance(http_transport, httpx.BaseTransport):
            raise InvalidArgumentError(f"http_transport= wants an httpx transport, got {type(http_transport).__name__}")
        self._given = http_transport
        # Those who wait in front of it sleep until the client is closed.
        self._door = Door()
        # What is to be told of that beside them: the waits for many jobs.
        self._fleets: weakref.WeakSet[Any] = weakref.WeakSet()
        # How many polls of waits are under way at a time.
        self._gate = Gate(POLLS)
        self._connect()

    def _connect(self) -> None:
        """Takes new connections. Those that there were are left to the requests that still use them."""
        self._transport = self._given or sync_transport(self._trust, self._proxy)
        # A start is sent once: on a connection of its own it never meets one that the server is about to close.
        self._fresh = self._given or sync_transport(self._trust, self._proxy, FRESH)

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._gate = Gate(POLLS)
        self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections, and ends the waits that are under way. The client cannot be used afterwards."""
        self._closed = True
        self._door.open()
        for fleet in list(self._fleets):
            fleet.hurry()
        self._transport.close()
        self._fresh.close()

    def _rest(self, pause: float) -> None:
        """Sleeps before a poll, and no longer than the client is open."""
        clock = self._settings.clock
        if clock is REAL:
            self._door.wait(pause)
        else:
            clock.sleep(pause)

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
            parsed = function(*call.values, client=call, **arguments).parsed
        except JobStatusError:
            raise
        except Exception as error:
            if call.foreign is error:
                raise
            failed = error
        done = finished(call, parsed, model, failed)
        self._has_read = True
        return done

    def _send(self, call: Call, kwargs: Mapping[str, Any]) -> httpx.Response:
        renewed = False
        while True:
            if self._closed:
                raise InvalidArgumentError(
                    f"{call.operation.id}: the client is closed; make another, or call inside its with block"
                )
            try:
                signature = self._signer.sign()
            except BaseException as error:
                call.foreign = error
                raise
            failure, response = self._attempt(call, call.prepared(kwargs, signature))
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
            self._door.wait(wait)

    def _attempt(
        self, call: Call, request: httpx.Request
    ) -> tuple[TransportError | UnexpectedResponseError | ApiError | None, httpx.Response | None]:
        """Sends one request and reads the answer. Errors are made after the except block, so that they hold no other."""
        token = DEADLINE.set(call.deadline)
        sending = SENDING.set(call.signature)
        failed: BaseException
        response: httpx.Response | None = None
        try:
            response = self._exchange(call, request)
            try:
                if response.is_stream_consumed:
                    return None, responses.read_before(response, self._max_response_bytes)
                if responses.fits(response, self._max_response_bytes):
                    response.read()
                    return None, response
                body = responses.Body(response, self._max_response_bytes)
                for chunk in response.iter_raw():
                    body.add(chunk)
                return None, responses.rebuilt(response, body.whole())
            finally:
                response.close()
        except (responses.TooLarge, responses.Undecodable, *FAILURES) as error:
            if call.foreign is error:
                raise
            failed = error
        except BaseException as error:
            # An exception of a hook has come at a moment of ours; any other, such as one of a signal handler, may have
            # left a connection in between.
            if call.foreign is not error and self._given is None:
                self._connect()
            call.foreign = error
            raise
        finally:
            DEADLINE.reset(token)
            SENDING.reset(sending)
        return failure(call, failed, response), None

    def _exchange(self, call: Call, request: httpx.Request) -> httpx.Response:
        """Sends one request; the body of the answer is still to be read."""
        transport = self._transport if call.operation.method in retry.IDEMPOTENT else self._fresh
        if not (self._request_hooks or self._response_hooks):
            response = transport.handle_request(request)
            response.request = request
            return response
        shown = call.bare(request)
        _run(call, self._request_hooks, shown)
        response = transport.handle_request(request)
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
        max_response_bytes: int,
        trust_env: bool,
    ) -> None:
        super().__init__(
            base_url,
            credentials,
            timeout,
            max_retries,
            headers,
            verify,
            proxy,
            event_hooks,
            max_response_bytes,
            trust_env,
        )
        if http_transport is not None and not isinstance(http_transport, httpx.AsyncBaseTransport):
            raise InvalidArgumentError(
                f"http_transport= wants an async httpx transport, got {type(http_transport).__name__}"
            )
        self._given = http_transport
        self._home: weakref.ref[Any] | None = None
        self._detached: set[asyncio.Task[Any]] = set()
        self._gate: anyio.Semaphore | None = None
        self._closing: anyio.Event | None = None
        # What is to be told when it is closed: the waits for many jobs.
        self._fleets: weakref.WeakSet[Any] = weakref.WeakSet()
        self._connect()

    def _connect(self) -> None:
        """Takes new connections. Those that there were are left to the requests that still use them."""
        self._transport = self._given or async_transport(self._trust, self._proxy)
        # A start is sent once: on a connection of its own it never meets one that the server is about to close.
        self._fresh = self._given or async_transport(self._trust, self._proxy, FRESH)

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._home = None
        self._forget_the_loop()

    def _forget_the_loop(self) -> None:
        """Lets go of what belongs to another event loop: it is of no use here, and cannot be closed from here."""
        self._connect()
        self._detached.clear()
        self._gate = None
        self._closing = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections, once the requests of cancelled calls have come to their end; ends sleeping waits."""
        self._closed = True
        home: Any = self._home() if self._home else None
        closing = self._closing
        self._settle_in()
        if closing is not None:
            if closing is self._closing:
                closing.set()
            elif hasattr(home, "call_soon_threadsafe") and not home.is_closed():
                # What sleeps in another loop is woken there.
                home.call_soon_threadsafe(closing.set)
        for fleet in list(self._fleets):
            fleet.loop.call_soon_threadsafe(fleet.hurry)
        if self._detached:
            import asyncio

            await asyncio.gather(*self._detached, return_exceptions=True)
        await self._transport.aclose()
        await self._fresh.aclose()

    async def _rest(self, pause: float) -> None:
        """Sleeps before a poll, and no longer than the client is open."""
        clock = self._settings.clock
        if clock is REAL:
            await self._nap(pause)
        else:
            await clock.sleep_async(pause)

    async def _nap(self, pause: float) -> None:
        import anyio

        self._settle_in()
        if self._closing is None:
            self._closing = anyio.Event()
        with anyio.move_on_after(min(pause, LONGEST)):
            await self._closing.wait()

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
            parsed = (await function(*call.values, client=call, **arguments)).parsed
        except JobStatusError:
            raise
        except Exception as error:
            if call.foreign is error:
                raise
            failed = error
        done = finished(call, parsed, model, failed)
        self._has_read = True
        return done

    async def _send(self, call: Call, kwargs: Mapping[str, Any]) -> httpx.Response:
        renewed = False
        while True:
            if self._closed:
                raise InvalidArgumentError(
                    f"{call.operation.id}: the client is closed; make another, or call inside its with block"
                )
            try:
                signature = await self._signer.sign_async()
            except BaseException as error:
                call.foreign = error
                raise
            attempt = self._attempt(call, call.prepared(kwargs, signature))
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
            await self._nap(wait)

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
                self._forget_the_loop()
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
    ) -> tuple[TransportError | UnexpectedResponseError | ApiError | None, httpx.Response | None]:
        """Sends one request and reads the answer. Errors are made after the except block, so that they hold no other."""
        token = DEADLINE.set(call.deadline)
        sending = SENDING.set(call.signature)
        failed: BaseException
        response: httpx.Response | None = None
        try:
            response = await self._exchange(call, request)
            try:
                if response.is_stream_consumed:
                    return None, responses.read_before(response, self._max_response_bytes)
                if responses.fits(response, self._max_response_bytes):
                    await response.aread()
                    return None, response
                body = responses.Body(response, self._max_response_bytes)
                async for chunk in response.aiter_raw():
                    body.add(chunk)
                return None, responses.rebuilt(response, body.whole())
            finally:
                await response.aclose()
        except (responses.TooLarge, responses.Undecodable, *FAILURES) as error:
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
        transport = self._transport if call.operation.method in retry.IDEMPOTENT else self._fresh
        if not (self._request_hooks or self._response_hooks):
            response = await transport.handle_async_request(request)
            response.request = request
            return response
        shown = call.bare(request)
        await _run_async(call, self._request_hooks, shown)
        response = await transport.handle_async_request(request)
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
            told = hook(subject)
            if inspect.isawaitable(told):
                close = getattr(told, "close", None)
                if close:
                    close()
                raise InvalidArgumentError("event_hooks= has an async callable; a sync client wants one that returns")
    except BaseException as error:
        call.foreign = error
        raise


async def _run_async(call: Call, hooks: tuple[Callable[..., Any], ...], subject: Any) -> None:
    """Runs hooks; what one raises is its own affair and is passed on as it is."""
    try:
        for hook in hooks:
            told = hook(subject)
            if inspect.isawaitable(told):
                await told
    except BaseException as error:
        call.foreign = error
        raise
