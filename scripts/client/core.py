"""The internals of a client, sync and async: credentials, connections, and the drivers of calls."""

from __future__ import annotations

import inspect
import math
import os
import platform
import random
import ssl
import sys
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import attrs
import httpx
from attrs import field, frozen

from . import bounded, responses, retry
from .arguments import (
    parse_base_url,
    validate_count,
    validate_flag,
    validate_headers,
    validate_hooks,
    validate_id,
    validate_maximum,
    validate_seconds,
)
from .attempt import ATTEMPT, Attempt, begin
from .auth import CURRENT, Authenticator
from .call import (
    AUTHENTICATE,
    PLAIN_CALL,
    RENEW,
    TRANSPORT_ERRORS,
    Call,
    CallFailure,
    CallPolicy,
    Exchange,
    Operation,
    RawResponse,
    Settings,
    Step,
)
from .clock import LONGEST_SLEEP, SYSTEM_CLOCK, Clock, Latch
from .deadline import DEADLINE
from .errors import InvalidArgumentError, TransportError
from .poll_limit import LARGEST_MAXIMUM, Permit, PollLimit
from .rate_limit import RateLimiter
from .request_template import RequestTemplate
from .schemes import Scheme
from .transport import (
    IS_REUSED,
    ProxyChoice,
    Transports,
    async_transports,
    create_tls_context,
    proxy_secrets,
    resolve_proxy,
    sync_transports,
)

if TYPE_CHECKING:
    import asyncio

    import anyio

    from .limits_store import LimitsStore
    from .recorder import Recorder

# asyncio and anyio are imported when an async client is used: they would be half of the cost of an import.
T = TypeVar("T")
READ_ERRORS: Final = (responses.BodyTooLargeError, responses.DecodingError, *TRANSPORT_ERRORS)
# Statuses that say that a server cannot process more requests.
OVERLOAD_STATUSES: Final = frozenset({429, 502, 503, 504})
RETRY_PAUSES: Final = 0.002, 0.05  # seconds between two attempts to get a permit: the first, and the longest


@frozen
class Options:
    """The arguments of a client, except its credentials."""

    base_url: str
    timeout: float
    max_retries: int
    headers: Mapping[str, str] | None = field(repr=False)
    verify: ssl.SSLContext | str | bool
    proxy: str | httpx.Proxy | None = field(repr=False)
    http_transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None
    event_hooks: Mapping[str, list[Callable[..., Any]]] | None = field(repr=False)
    max_response_bytes: int
    trust_env: bool
    record: str | os.PathLike[str] | None
    max_in_flight: int
    limits_store: str | os.PathLike[str] | None = field(repr=False)  # a URL may contain a password


class WaitGroup(Protocol):
    """A wait for many jobs, which is woken up when a client of it is closed."""

    def wake(self) -> None:
        """End the jobs of closed clients."""


# Every client of the process, to give each new connections after a fork.
_cores: weakref.WeakSet[Core] = weakref.WeakSet()


def _after_fork() -> None:
    # Lookups run in threads, which do not exist in a forked process.
    if connect := sys.modules.get(f"{__package__}.connect"):
        connect.lookups.clear()
    for core in list(_cores):
        core.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Core:
    """The part that sync and async clients share."""

    def __init__(
        self,
        options: Options,
        credentials: Mapping[str, Any],
        schemes: tuple[Scheme, ...],
        alternatives: tuple[tuple[str, ...], ...],
        clock: Clock,
    ) -> None:
        base_url, origin, tls = parse_base_url(options.base_url)
        validate_flag(options.trust_env, "trust_env")
        self.custom_transport: Any = options.http_transport
        self.proxy: ProxyChoice | None = None
        self.tls_context: ssl.SSLContext | None = None
        if options.http_transport is None:
            self.proxy = resolve_proxy(options.proxy, base_url, trust_env=options.trust_env)
            self.tls_context = create_tls_context(
                options.verify, tls=tls or self.proxy is not None, trust_env=options.trust_env
            )
        else:
            _check_conflicts(options)
        self.authenticator = Authenticator(schemes, alternatives, credentials, proxy_secrets(self.proxy))
        self.max_response_bytes = validate_count(options.max_response_bytes, "max_response_bytes", least=1)
        self.recorder: Recorder | None = None
        if options.record is not None:
            from .recorder import Recorder

            self.recorder = Recorder(options.record, [scheme.name for scheme in schemes])
        standard = {
            "Accept": "application/json",
            # A status is small; compression would cost more than it saves.
            "Accept-Encoding": "identity",
            "User-Agent": f"job-status (httpx {httpx.__version__}; Python {platform.python_version()})",
        }
        self._limits_store: LimitsStore | None = None
        if options.limits_store is not None:
            from .limits_store import Guarded, open_store

            self._limits_store = Guarded(open_store(options.limits_store))
        validate_headers(options.headers)
        headers = httpx.Headers(standard)
        headers.update(options.headers)
        self.settings = Settings(
            base_url,
            origin,
            f" through {self.proxy}" if self.proxy else "",
            validate_seconds(options.timeout),
            validate_count(options.max_retries, "max_retries"),
            headers.raw,
            retry.RetryBudget(),
            clock,
            RateLimiter(clock, self._limits_store, base_url),
            RequestTemplate(base_url, headers.raw),
        )
        hooks = validate_hooks(options.event_hooks)
        self.request_hooks = hooks.get("request", ())
        self.response_hooks = hooks.get("response", ())
        self.transports: Transports
        self.is_closed = False
        # Whether a response of this API has been read: then the base URL is right.
        self.has_read = False
        self.max_in_flight = validate_maximum(options.max_in_flight, "max_in_flight", LARGEST_MAXIMUM)
        self.poll_limit = PollLimit(self.max_in_flight)
        # When it was last logged that polls are late.
        self.late_logged_at = -math.inf
        # The waits for many jobs that poll with this client.
        self.wait_groups: weakref.WeakSet[WaitGroup] = weakref.WeakSet()

    def after_fork(self) -> None:
        """Release what this process shares with the one that it was forked from."""
        limiter = RateLimiter(self.settings.clock, self._limits_store, self.settings.base_url)
        self.settings = attrs.evolve(self.settings, retry_budget=retry.RetryBudget(), rate_limiter=limiter)
        if self.recorder is not None:
            self.recorder.after_fork()
        # Their threads are not in this process, and one may have held a lock.
        self.wait_groups = weakref.WeakSet()
        self.poll_limit = PollLimit(self.max_in_flight)

    def new_call(
        self,
        operation: Operation,
        values: tuple[Any, ...],
        timeout: float | None,
        headers: Mapping[str, str] | None,
        policy: CallPolicy = PLAIN_CALL,
    ) -> Call:
        """Return a call with valid ids and headers."""
        named = zip(operation.parameters, values, strict=True)
        valid = tuple([validate_id(operation.id, name, value) for name, value in named])
        validate_headers(headers)
        return Call(self.settings, operation, valid, timeout, headers, policy)

    def record(self, request: httpx.Request, exchange: Exchange | None, began: float, start: float) -> None:
        """Record an attempt, without its `exchange` if it was interrupted."""
        if self.recorder is not None:
            failure, response = exchange or (None, None)
            error = str(failure) if failure else "" if exchange else "interrupted"
            secrets = self.authenticator.secrets.reveal()
            self.recorder.add(request, response, error, secrets, began, time.perf_counter() - start)

    def transport_of(self, call: Call) -> Any:
        """Return the transport of a call."""
        if not call.operation.is_idempotent:
            return self.transports.starts
        return self.transports.polls if call.policy.is_poll else self.transports.calls

    def measure(self, exchange: Exchange, started_at: float) -> Exchange:
        """Return the exchange of a poll, from which its client learns how many polls the server can do."""
        failure, response = exchange
        now = self.settings.clock.now()
        is_reused = response is not None and response.extensions.get(IS_REUSED, True)
        self.poll_limit.adaptive.add(
            now - started_at if is_reused else None,
            now,
            is_overloaded=isinstance(failure, TransportError)
            or (response is not None and response.status_code in OVERLOAD_STATUSES),
        )
        return exchange

    def check_open(self, call: Call) -> None:
        """Raise when the client is closed."""
        if self.is_closed:
            raise InvalidArgumentError(
                f"{call.operation.id}: the client is closed; create another, or call inside its with block"
            )

    def custom_failure(self, call: Call, error: BaseException, response: httpx.Response | None) -> CallFailure:
        """Return the error for what the user's transport raised.

        A failed assertion, such as one of a mock transport in a test, is not an error of a transport and is raised.
        """
        if not isinstance(error, Exception) or isinstance(error, AssertionError):
            raise error
        return call.exchange_failure(error, response)

    def check_custom_response(self, call: Call, response: Any) -> Exchange:
        """Return what the user's transport returned, or the error for it."""
        if not isinstance(response, httpx.Response):
            error = TypeError(f"the transport returned {type(response).__name__} instead of an httpx.Response")
            return self.custom_failure(call, error, None), None
        if response.history:
            problem = "the transport followed a redirect; disable that in the transport"
            return call.unexpected_response(problem, response), None
        return None, response


def _check_conflicts(options: Options) -> None:
    for name, given in (("verify", options.verify is not True), ("proxy", options.proxy is not None)):
        if given:
            raise InvalidArgumentError(
                f"{name}= has no effect together with http_transport=; configure it in the transport"
            )


class SyncCore(Core):
    """The internals of a sync client."""

    def __init__(
        self,
        options: Options,
        credentials: Mapping[str, Any],
        schemes: tuple[Scheme, ...],
        alternatives: tuple[tuple[str, ...], ...],
        clock: Clock,
    ) -> None:
        super().__init__(options, credentials, schemes, alternatives, clock)
        if not isinstance(self.custom_transport, httpx.BaseTransport | None):
            got = type(self.custom_transport).__name__
            raise InvalidArgumentError(f"http_transport= must be an httpx.BaseTransport, got {got}")
        # Threads that sleep before a poll or a retry wake up when the client is closed.
        self.closed = Latch()
        self.connect()
        _cores.add(self)

    def connect(self) -> None:
        """Create new connection pools. Requests in flight keep their connections of the old ones."""
        if self.tls_context is None:
            self.transports = Transports(*3 * (self.custom_transport,))
        else:
            self.transports = sync_transports(self.tls_context, self.proxy)

    def after_fork(self) -> None:
        """Release what this process shares with the one that it was forked from."""
        super().after_fork()
        self.connect()

    def close(self) -> None:
        """Close the connections and end the waits."""
        self.is_closed = True
        # Waits that queue for a permit get one, and then end.
        self.poll_limit = PollLimit(self.max_in_flight)
        self.closed.set()
        for group in list(self.wait_groups):
            group.wake()
        for transport in self.transports.each():
            transport.close()

    def sleep(self, seconds: float) -> None:
        """Sleep before a poll, until the client is closed at the latest."""
        clock = self.settings.clock
        if clock is SYSTEM_CLOCK:
            self.closed.wait(seconds)
        else:
            clock.sleep(seconds)

    def acquire_poll(self, seconds: float) -> Permit | None:
        """Return the permit of a poll, or None if none is free within `seconds` or the client is closed."""
        clock = self.settings.clock
        permit = self.poll_limit.acquire(clock.now())
        if permit is not None:
            return permit
        ends_at = time.monotonic() + seconds
        claim = self.poll_limit.claim()
        pause, longest = RETRY_PAUSES
        while True:
            permit = self.poll_limit.acquire(clock.now(), claim)
            left = ends_at - time.monotonic()
            if permit is not None or left <= 0 or self.is_closed:
                return permit
            # Jitter, so that two threads that try at the same time do not do so again.
            self.closed.wait(min(pause * random.uniform(0.5, 1), left))  # noqa: S311 - jitter
            pause = min(2 * pause, longest)

    def call(
        self,
        operation: Operation,
        build: Callable[..., dict[str, Any]],
        parse: Callable[[Any], T],
        path_values: tuple[Any, ...],
        arguments: Mapping[str, Any],
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> RawResponse[T]:
        """Make one typed call."""
        call = self.new_call(operation, path_values, timeout, headers)
        request = call.build(build, arguments)
        parsed = call.parse(self.send(call, request), parse, request)
        self.has_read = True
        return parsed

    def send(self, call: Call, request: Mapping[str, Any]) -> httpx.Response:
        """Drive the attempts of a call, and return its successful response."""
        steps = call.attempts_of(request, self.authenticator)
        result: Any = None
        while True:
            step: Step | None = None  # a traceback must not show a request with credentials
            try:
                step = steps.send(result)
            except StopIteration as finished:
                response: httpx.Response = finished.value
                return response
            if step is AUTHENTICATE:
                self.check_open(call)
                result = self.authenticator.parameters()
            elif step is RENEW:
                result = self.authenticator.renew()  # type: ignore[func-returns-value]
            elif isinstance(step, httpx.Request):
                started_at = self.settings.clock.now()
                result = self._attempt(call, step) if self.recorder is None else self._recorded(call, step)
                if call.policy.is_poll:
                    result = self.measure(result, started_at)
            else:
                result = self.closed.wait(step)  # type: ignore[arg-type, func-returns-value]

    def _recorded(self, call: Call, request: httpx.Request) -> Exchange:
        began, start = time.time(), time.perf_counter()
        try:
            exchange = self._attempt(call, request)
        except BaseException:
            self.record(request, None, began, start)
            raise
        self.record(request, exchange, began, start)
        return exchange

    def _attempt(self, call: Call, request: httpx.Request) -> Exchange:
        """Send one request and read the response."""
        deadline = DEADLINE.set(call.deadline)
        auth = CURRENT.set(call.auth)
        in_hook = False
        try:
            visible = request
            if self.request_hooks or self.response_hooks:
                visible = call.without_credentials(request)
                in_hook = True
                _run_hooks(self.request_hooks, visible)
                in_hook = False
            failure, response = self._open(call, request)
            if response is None:
                return failure, None
            response.request = visible
            if self.response_hooks:
                in_hook = True
                try:
                    _run_hooks(self.response_hooks, response)
                except BaseException:
                    response.close()
                    raise
                in_hook = False
            return self._read(call, response)
        except BaseException:
            # An exception of a signal handler, for example, may have left a connection in any state.
            if not in_hook and self.custom_transport is None:
                self.connect()
            raise
        finally:
            DEADLINE.reset(deadline)
            CURRENT.reset(auth)

    # Errors are created after the except blocks, so that they do not refer to the exception of the transport.

    def _open(self, call: Call, request: httpx.Request) -> Exchange:
        """Send a request and return the response with its body unread."""
        transport = self.transport_of(call)
        failed: BaseException
        if self.custom_transport is not None:
            return self._open_custom(call, transport, request)
        try:
            return None, transport.handle_request(request)
        except TRANSPORT_ERRORS as error:
            failed = error
        if isinstance(failed, httpx.ConnectError):
            self.check_open(call)
        return call.exchange_failure(failed, None), None

    def _open_custom(self, call: Call, transport: httpx.BaseTransport, request: httpx.Request) -> Exchange:
        """Send a request through the user's transport, and read the response unless hooks come before that."""
        opened: list[httpx.Response] = []

        def exchange() -> Any:
            response = transport.handle_request(request)
            if not isinstance(response, httpx.Response):
                return response
            opened.append(response)
            if self.response_hooks or response.history:
                return response
            response.request = request
            return self._read_body(response)

        error, response = bounded.run(exchange, call.deadline)
        failure: CallFailure | None
        if error is not None:
            failure = self.custom_failure(call, error, opened[0] if opened else None)
        else:
            failure, response = self.check_custom_response(call, response)
        if failure is not None:
            bounded.close(*opened)
            return failure, None
        return None, response

    def _read(self, call: Call, response: httpx.Response) -> Exchange:
        """Read the body of a response."""
        failed: BaseException
        if self.custom_transport is not None and not response.is_stream_consumed:
            error, read = bounded.run(lambda: self._read_body(response), call.deadline)
            if read is not None:
                return None, read
            bounded.close(response)
            return self.custom_failure(call, error or TypeError("the transport returned no body"), response), None
        try:
            return None, self._read_body(response)
        except READ_ERRORS as error:
            failed = error
        return call.exchange_failure(failed, response), None

    def _read_body(self, response: httpx.Response) -> httpx.Response:
        try:
            if response.is_stream_consumed:
                return responses.check_consumed(response, self.max_response_bytes)
            if responses.is_small_and_plain(response, self.max_response_bytes):
                response.read()
                return response
            reader = responses.BodyReader(response, self.max_response_bytes)
            for chunk in response.iter_raw():
                reader.add(chunk)
            return responses.with_body(response, reader.body())
        finally:
            response.close()


class AsyncCore(Core):
    """The internals of an async client. It can be used from several event loops, one after the other."""

    def __init__(
        self,
        options: Options,
        credentials: Mapping[str, Any],
        schemes: tuple[Scheme, ...],
        alternatives: tuple[tuple[str, ...], ...],
        clock: Clock,
    ) -> None:
        super().__init__(options, credentials, schemes, alternatives, clock)
        if not isinstance(self.custom_transport, httpx.AsyncBaseTransport | None):
            got = type(self.custom_transport).__name__
            raise InvalidArgumentError(f"http_transport= must be an httpx.AsyncBaseTransport, got {got}")
        self.detached: set[asyncio.Task[Any]] = set()
        self._loop: weakref.ref[Any] | None = None
        # What waits for a permit, the longest first: called once when one may be free.
        self._waiting: OrderedDict[Callable[[], None], None] = OrderedDict()
        self._closed: anyio.Event | None = None
        self._measures_pass = False
        self.connect()
        _cores.add(self)

    def connect(self) -> None:
        """Create new connection pools. Requests in flight keep their connections of the old ones."""
        if self.tls_context is None:
            self.transports = Transports(*3 * (self.custom_transport,))
        else:
            self.transports = async_transports(self.tls_context, self.proxy)

    def after_fork(self) -> None:
        """Release what this process shares with the one that it was forked from."""
        super().after_fork()
        self._loop = None
        self._unbind_loop()

    def _unbind_loop(self) -> None:
        """Release what belongs to another event loop: it is of no use here and cannot be closed from here."""
        self.connect()
        self.detached.clear()
        self.poll_limit = PollLimit(self.max_in_flight)
        self._waiting.clear()
        self._closed = None
        self._measures_pass = False

    async def close(self) -> None:
        """Close the connections once the requests of cancelled calls have ended, and end the waits."""
        self.is_closed = True
        bound, loop = self._loop, self._loop() if self._loop else None
        sleeping = [*self._waiting, *([self._closed.set] if self._closed else [])]
        self.bind_loop()
        # Waits that queue for a permit get one, and then end.
        self.poll_limit = PollLimit(self.max_in_flight)
        for wake in sleeping:
            if bound is self._loop:
                wake()
            elif loop is not None and hasattr(loop, "call_soon_threadsafe") and not loop.is_closed():
                # Tasks that sleep in another loop are woken up there.
                loop.call_soon_threadsafe(wake)
        for group in list(self.wait_groups):
            group.wake()
        try:
            if self.detached:
                import asyncio

                await asyncio.wait(self.detached)
        finally:
            for transport in self.transports.each():
                await transport.aclose()

    async def sleep(self, seconds: float) -> None:
        """Sleep before a poll, until the client is closed at the latest."""
        clock = self.settings.clock
        if clock is SYSTEM_CLOCK:
            await self._sleep_until_closed(seconds)
        else:
            await clock.sleep_async(seconds)

    async def _sleep_until_closed(self, seconds: float) -> None:
        import anyio

        if self.is_closed:
            return
        self.bind_loop()
        if self._closed is None:
            self._closed = anyio.Event()
        with anyio.move_on_after(min(seconds, LONGEST_SLEEP)):
            await self._closed.wait()

    async def acquire_poll(self, seconds: float) -> Permit | None:
        """Return the permit of a poll, first come first served, or None if none is free within `seconds`."""
        import anyio

        self.bind_loop()
        clock = self.settings.clock
        permit = self.poll_limit.acquire(clock.now())
        if permit is not None:
            return permit
        claim: Permit | None = self.poll_limit.claim()
        if not self._waiting:
            permit = self.poll_limit.acquire(clock.now(), claim)
        event = anyio.Event()
        try:
            with anyio.move_on_after(seconds):
                while permit is None:
                    event = anyio.Event()
                    self._waiting[event.set] = None
                    await event.wait()
                    permit = self.poll_limit.acquire(clock.now(), claim)
        finally:
            self._waiting.pop(event.set, None)
            claim = None
            if permit is None:
                self.wake_waiting()
        return permit

    def call_when_free(self, wake: Callable[[], None]) -> None:
        """Call a function once, when a permit may be free."""
        self._waiting.setdefault(wake)

    def forget(self, wake: Callable[[], None]) -> None:
        """Do not call a function that `call_when_free` was given."""
        self._waiting.pop(wake, None)

    def wake_waiting(self) -> None:
        """Wake as many waits as there are free permits. Called whenever a permit has been released or is not used."""
        if not self._waiting:
            return
        free = self.poll_limit.free
        while self._waiting and free > 0:
            wake, _ = self._waiting.popitem(last=False)
            wake()
            free -= 1

    async def call(
        self,
        operation: Operation,
        build: Callable[..., dict[str, Any]],
        parse: Callable[[Any], T],
        path_values: tuple[Any, ...],
        arguments: Mapping[str, Any],
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> RawResponse[T]:
        """Make one typed call."""
        call = self.new_call(operation, path_values, timeout, headers)
        request = call.build(build, arguments)
        parsed = call.parse(await self.send(call, request), parse, request)
        self.has_read = True
        return parsed

    async def send(self, call: Call, request: Mapping[str, Any]) -> httpx.Response:
        """Drive the attempts of a call, and return its successful response."""
        steps = call.attempts_of(request, self.authenticator)
        result: Any = None
        while True:
            step: Step | None = None  # a traceback must not show a request with credentials
            try:
                step = steps.send(result)
            except StopIteration as finished:
                response: httpx.Response = finished.value
                return response
            if step is AUTHENTICATE:
                self.check_open(call)
                if self.authenticator.is_fixed:
                    result = self.authenticator.parameters()
                else:
                    result = await _in_time(call, self.authenticator.parameters_async(), "a credential")
            elif step is RENEW:
                await _in_time(call, self.authenticator.renew_async(), "the renewal of a credential")
                result = None
            elif not isinstance(step, httpx.Request):
                await self._sleep_until_closed(step)  # type: ignore[arg-type]
                result = None
            elif call.policy.is_detached:
                self.bind_loop()
                result = await self._recorded(call, step, call.take_permit())
            else:
                result = await self._run_detachable(self._recorded(call, step, call.take_permit()))

    async def _run_detachable(self, attempt: Coroutine[Any, Any, T]) -> T:
        """Run an attempt that a cancelled call leaves running once it has begun, since a connection would leak."""
        import asyncio

        loop, state = self.bind_loop(), Attempt()
        token = ATTEMPT.set(state)
        try:
            if loop is None:
                return await _run_shielded(attempt, state)
            task = loop.create_task(attempt)
        finally:
            ATTEMPT.reset(token)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self.detach(task)
            if not state.has_begun:
                task.cancel()
            raise

    def bind_loop(self) -> asyncio.AbstractEventLoop | None:
        """Return the running asyncio loop, or None for another kind. Connections of an earlier loop are released."""
        import asyncio

        try:
            running: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        loop = running or _other_loop()
        if self._loop is None or self._loop() is not loop:
            if self._loop is not None:
                self._unbind_loop()
            self._loop = weakref.ref(loop)
        return running

    def detach(self, task: asyncio.Task[Any]) -> None:
        """Leave a request running; `close` waits for it."""
        if not task.done():
            self.detached.add(task)
            task.add_done_callback(self._discard)

    def _discard(self, task: asyncio.Task[Any]) -> None:
        self.detached.discard(task)
        if not task.cancelled():
            task.exception()

    async def _recorded(self, call: Call, request: httpx.Request, permit: Permit | None) -> Exchange:
        if self.recorder is None:
            return await self._attempt(call, request, permit)
        began, start = time.time(), time.perf_counter()
        try:
            exchange = await self._attempt(call, request, permit)
        except BaseException:
            attempt = ATTEMPT.get()
            if attempt is None or attempt.has_begun:
                self.record(request, None, began, start)
            raise
        self.record(request, exchange, began, start)
        return exchange

    async def _attempt(self, call: Call, request: httpx.Request, permit: Permit | None) -> Exchange:
        """Send one request and read the response. A poll holds its permit until then, even if its wait is cancelled."""
        if not call.policy.is_poll:
            return await self._exchange(call, request)
        started_at = self.settings.clock.now()
        try:
            exchange = self.measure(await self._exchange(call, request), started_at)
            self._measure_pass()
            return exchange
        finally:
            del permit
            self.wake_waiting()

    def _measure_pass(self) -> None:
        """Measure the pass of the event loop that begins now, unless it is being measured, for the limit on polls."""
        loop: Any = self._loop() if self._loop else None
        if self._measures_pass or not hasattr(loop, "call_soon"):
            return
        self._measures_pass = True
        clock, limit = self.settings.clock, self.poll_limit.adaptive
        began = clock.now()

        def end() -> None:
            limit.add_pass(clock.now() - began)
            if limit is self.poll_limit.adaptive:  # not of another loop by now
                self._measures_pass = False

        loop.call_soon(end)

    async def _exchange(self, call: Call, request: httpx.Request) -> Exchange:
        deadline = DEADLINE.set(call.deadline)
        auth = CURRENT.set(call.auth)
        try:
            visible = request
            if self.request_hooks or self.response_hooks:
                visible = call.without_credentials(request)
                await _in_time(call, _run_hooks_async(self.request_hooks, visible), "a request hook")
            failure, response = await self._open(call, request)
            if response is None:
                return failure, None
            response.request = visible
            try:
                if self.response_hooks:
                    await _in_time(call, _run_hooks_async(self.response_hooks, response), "a response hook")
            except BaseException:
                await response.aclose()
                raise
            return await self._read(call, response)
        finally:
            DEADLINE.reset(deadline)
            CURRENT.reset(auth)

    # Errors are created after the except blocks, so that they do not refer to the exception of the transport.

    async def _open(self, call: Call, request: httpx.Request) -> Exchange:
        """Send a request and return the response with its body unread."""
        transport = self.transport_of(call)
        failed: BaseException
        if self.custom_transport is not None:
            begin()
            error, opened = await bounded.run_async(lambda: transport.handle_async_request(request), call.deadline)
            if error is not None:
                return self.custom_failure(call, error, None), None
            failure, response = self.check_custom_response(call, opened)
            if failure is not None and isinstance(opened, httpx.Response):
                await opened.aclose()
            return failure, response
        try:
            return None, await transport.handle_async_request(request)
        except TRANSPORT_ERRORS as error:
            failed = error
        if isinstance(failed, httpx.ConnectError):
            self.check_open(call)
        return call.exchange_failure(failed, None), None

    async def _read(self, call: Call, response: httpx.Response) -> Exchange:
        """Read the body of a response."""
        failed: BaseException
        if self.custom_transport is not None:
            error, read = await bounded.run_async(lambda: self._read_body(response), call.deadline)
            if read is not None:
                return None, read
            return self.custom_failure(call, error or TypeError("the transport returned no body"), response), None
        try:
            return None, await self._read_body(response)
        except READ_ERRORS as error:
            failed = error
        return call.exchange_failure(failed, response), None

    async def _read_body(self, response: httpx.Response) -> httpx.Response:
        try:
            if response.is_stream_consumed:
                return responses.check_consumed(response, self.max_response_bytes)
            if responses.is_small_and_plain(response, self.max_response_bytes):
                await response.aread()
                return response
            reader = responses.BodyReader(response, self.max_response_bytes)
            async for chunk in response.aiter_raw():
                reader.add(chunk)
            return responses.with_body(response, reader.body())
        finally:
            await response.aclose()


def _other_loop() -> Any:
    """Return an object that identifies the run of an event loop other than asyncio's: the token of trio's run."""
    lowlevel = sys.modules.get("trio.lowlevel")
    return lowlevel.current_trio_token() if lowlevel is not None else sys.modules[__name__]


async def _run_shielded(attempt: Coroutine[Any, Any, T], state: Attempt) -> T:
    """Run an attempt to its end despite cancellation once it has begun, in event loops other than asyncio's."""
    import anyio

    results: list[T] = []
    with anyio.CancelScope() as state.scope:
        results.append(await attempt)
    return results[0]


async def _in_time(call: Call, awaited: Coroutine[Any, Any, T], what: str) -> T:
    """Await what the caller has passed to the client, until the deadline of the call.

    Raises:
        TransportError: It has not returned in time.
    """
    import anyio

    with anyio.move_on_after(max(call.deadline - time.monotonic(), 0.0)):
        return await awaited
    raise call.transport_error(TimeoutError(f"{what} did not return in time"))


def _run_hooks(hooks: tuple[Callable[..., Any], ...], subject: Any) -> None:
    for hook in hooks:
        result = hook(subject)
        if inspect.isawaitable(result):
            close = getattr(result, "close", None)
            if close:
                close()
            raise InvalidArgumentError("event_hooks= has an async callable; a sync client needs a sync one")


async def _run_hooks_async(hooks: tuple[Callable[..., Any], ...], subject: Any) -> None:
    for hook in hooks:
        result = hook(subject)
        if inspect.isawaitable(result):
            await result
