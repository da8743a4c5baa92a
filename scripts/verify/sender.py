"""HTTP client for the requests that the verification itself sends."""

import asyncio
import contextlib
import http.cookiejar
import re
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

import httpx

from .. import cli
from ..document import Operation
from .exchange import Exchange
from .jobs import is_read, sent_parameters
from .network_errors import MAX_RATE_LIMIT_RETRIES, MAX_RESENDS, NetworkErrors, network_error, retry_delay
from .request_bodies import request_body
from .target import Target, UsageError, credential_location, format_parameter, is_loopback

MAX_RESPONSE_BYTES = 10_000_000  # bytes
MAX_BACKOFF = 1.0  # seconds before a request is resent after a network error
CLOSE_SECONDS = 5.0  # seconds that connections may take to close after an interruption
DEFAULT_HEADERS = {"accept": "application/json"}


Query = Mapping[str, Any] | None


class RequestChanges(TypedDict, total=False):
    """Changes to the request that an operation documents.

    `credentials` replaces those of the target, by scheme key; `path` replaces the path template; `headers` are added;
    `content` is the raw body.
    """

    credentials: Mapping[str, str]
    method: str
    headers: Mapping[str, str]
    path: str
    content: bytes


class ResponseTooLargeError(Exception):
    """A response body is larger than `MAX_RESPONSE_BYTES`."""


class TimeBudgetExceededError(Exception):
    """The verification has used up the time that it was given."""


class RequestSender:
    """Sends requests to operations of a target, without following redirects, with a limit on time and response size.

    A request that fails with a possible network or gateway error is resent if it may be repeated; the last exchange is
    returned and `network_errors` counts the ones before it. `sent` counts all requests by operation, including those of
    schemathesis. No request is sent after `deadline`, a value of `time.monotonic()`. `transport` replaces the network.
    """

    def __init__(
        self,
        target: Target,
        timeout: float = 10.0,
        deadline: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.target = target
        self.network_errors = NetworkErrors()
        self.sent: Counter[str] = Counter()
        self._timeout = timeout
        self._has_network = transport is None
        self.deadline = deadline
        # Called with each 429 response that has a short Retry-After.
        self.on_rate_limit: Callable[[Exchange], None] = lambda _: None
        self._runner = asyncio.Runner()
        # Requests are independent: cookies set by one response are not sent with the next request.
        no_cookies = http.cookiejar.CookieJar(policy=http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        try:
            self._client = httpx.AsyncClient(
                timeout=timeout,
                trust_env=transport is None and not is_loopback(target.base_url),
                transport=transport,
                verify=target.tls_context(),
                cookies=no_cookies,
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            self._runner.close()
            raise UsageError(target.redact(f"the proxies of the environment cannot be used: {error}")) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, Exception):
            self._close(*([] if error is None else [Exception]))
            return
        # A signal may have interrupted a request at a point where it holds a lock for which closing waits forever.
        closing = threading.Thread(target=self._close, args=[BaseException], daemon=True, name="close")
        closing.start()
        closing.join(CLOSE_SECONDS)

    def _close(self, *suppressed: type[BaseException]) -> None:
        # After an error or a signal, closing may fail: a connection, or the loop of an interrupted request.
        closings: tuple[Callable[[], None], ...] = (lambda: self._runner.run(self._client.aclose()), self._runner.close)
        for close in closings:
            with contextlib.suppress(*suppressed):
                close()

    def call(
        self, operation: Operation, values: Mapping[str, str], query: Query = None, **changes: Unpack[RequestChanges]
    ) -> Exchange:
        """Send the request of an operation. `values` holds its required parameters by name.

        Raises:
            TimeBudgetExceededError: the verification has used up its time.
        """
        return self.send(*self._request(operation, values, query, changes))

    def call_concurrently(
        self, operation: Operation, jobs: Sequence[Mapping[str, str]], query: Query = None
    ) -> list[Exchange]:
        """Send the request of an operation for several jobs concurrently.

        Raises:
            TimeBudgetExceededError: the verification has used up its time.
        """
        requests = [self._request(operation, values, query, {}) for values in jobs]

        async def send_all() -> list[Exchange]:
            return await asyncio.gather(*(self._once(*request) for request in requests))

        exchanges = self._runner.run(send_all())
        for _ in range(MAX_RATE_LIMIT_RETRIES):
            delays = [seconds for exchange in exchanges if (seconds := retry_delay(exchange)) is not None]
            if not delays or not self._sleep(max(delays)):
                break
            exchanges = self._runner.run(send_all())
        for attempt in range(MAX_RESENDS if self._has_network else 0):
            if not any(map(network_error, exchanges)):
                break
            time.sleep(min(0.05 * 4**attempt, MAX_BACKOFF))
            # All requests again, because a fault of the server may need the others; each counts once it succeeds.
            for number, again in enumerate(self._runner.run(send_all())):
                if network_error(exchanges[number]):
                    if not network_error(again):
                        self.network_errors.add(exchanges[number])
                    exchanges[number] = again
        return exchanges

    def _request(
        self, operation: Operation, values: Mapping[str, str], query: Query, changes: RequestChanges
    ) -> tuple[str, str, str, dict[str, str], bytes]:
        credentials, method = changes.get("credentials"), changes.get("method")
        url = self.target.base_url + changes.get("path", operation.path)
        parameters: dict[str, Any] = {}
        sent = dict(DEFAULT_HEADERS)
        cookies: list[str] = []
        for parameter in sent_parameters(operation):
            known = self.target.known[operation.id].get(parameter.name, ())
            value = values.get(parameter.name, next(iter(known), ""))
            if parameter.where == "path":
                url = url.replace(f"{{{parameter.name}}}", urllib.parse.quote(value, safe=""))
            elif parameter.where == "query":
                parameters[parameter.name] = value
            elif parameter.where == "header":
                sent[parameter.name.lower()] = value
            else:
                cookies.append(f"{parameter.name}={value}")
        # A list is sent as a repeated parameter.
        parameters |= {
            name: [format_parameter(item) for item in value] if isinstance(value, list) else format_parameter(value)
            for name, value in (query or {}).items()
        }
        sent |= changes.get("headers", {})
        given = self.target.credentials if credentials is None else credentials
        scheme_keys = self.target.security_requirement(operation) or ()
        for key in scheme_keys if credentials is None else given:
            where, name, value = credential_location(self.target.document.security_schemes[key], given[key])
            if where == "header":
                sent[name.lower()] = value
            elif where == "query":
                parameters[name] = value
            else:
                cookies.append(f"{name}={value}")
        if cookies:
            sent["cookie"] = "; ".join(cookies)
        if parameters:
            url += "?" + urllib.parse.urlencode(parameters, doseq=True)
        content = changes.get("content", b"")
        if not content and method is None:
            media_type, content = request_body(self.target.document, operation)
            sent |= {"content-type": media_type} if content else {}
        return operation.id, method or operation.method, url, sent, content

    def send(
        self, operation_id: str, method: str, url: str, headers: Mapping[str, str], content: bytes = b""
    ) -> Exchange:
        """Send one request, and resend it after a network error if it may be repeated.

        Raises:
            TimeBudgetExceededError: the verification has used up its time.
        """
        last = self._runner.run(self._once(operation_id, method, url, headers, content))
        for _ in range(MAX_RATE_LIMIT_RETRIES):
            # A 429 says nothing about the operation, and a start that was rejected with it has not started a job.
            if (seconds := retry_delay(last)) is None or not self._sleep(seconds):
                break
            self.network_errors.add(last)
            self.on_rate_limit(last)
            last = self._runner.run(self._once(operation_id, method, url, headers, content))
        for attempt in range(MAX_RESENDS):
            if not self._has_network or not network_error(last) or not self.may_repeat(operation_id, method):
                break
            time.sleep(min(0.05 * 4**attempt, MAX_BACKOFF))
            again = self._runner.run(self._once(operation_id, method, url, headers, content))
            # A hang that occurs twice is caused by the server; more attempts would cost too much time.
            hangs = last.elapsed > 1.0 and again.elapsed > 1.0 and bool(network_error(again))
            if not network_error(again):
                self.network_errors.add(last)
            last = again
            if hangs:
                break
        return last

    def _sleep(self, seconds: float) -> bool:
        """Sleep, unless the deadline comes first; return whether it has slept."""
        if self.deadline is not None and time.monotonic() + seconds > self.deadline:
            return False
        time.sleep(seconds)
        return True

    @property
    def is_out_of_time(self) -> bool:
        """Return whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def may_repeat(self, operation_id: str, method: str) -> bool:
        """Return whether a request may be resent: any to a server that may be written to, else reads in the limit."""
        if self.target.profile == "full" and self.target.writes:
            return True
        operation = self.target.document.operation(operation_id)
        is_safe = method in {"GET", "HEAD", "OPTIONS"} or (method == operation.method and is_read(operation))
        return is_safe and self.sent[operation_id] < self.target.max_requests

    async def _once(
        self, operation_id: str, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Exchange:
        cli.raise_if_stopped()
        if self.is_out_of_time:
            raise TimeBudgetExceededError
        self.sent[operation_id] += 1
        at, began = time.time(), time.monotonic()
        try:
            async with asyncio.timeout(self._time_left()):
                status, response_headers, body = await self._receive(method, url, headers, content)
        except TimeoutError:
            if self.is_out_of_time:
                raise TimeBudgetExceededError from None
            reason = f"ReadTimeout: no complete response within {self._timeout:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, ResponseTooLargeError, UnicodeError) as error:
            reason = f"{type(error).__name__}: {error}"
        else:
            elapsed = time.monotonic() - began
            return Exchange(
                operation_id, method, url, headers, status, response_headers, body, elapsed, at=at, content=content
            )
        elapsed = time.monotonic() - began
        return Exchange(operation_id, method, url, headers, None, {}, b"", elapsed, reason, at, content)

    def _time_left(self) -> float:
        return self._timeout if self.deadline is None else min(self._timeout, self.deadline - time.monotonic() + 0.1)

    async def _receive(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        # httpx would escape a percent sign that does not start an escape.
        escaped = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", url)
        extensions = {"target": _request_target(url)} if escaped != url else {}
        chunks: list[bytes] = []
        length = 0
        async with self._client.stream(
            method, escaped, headers=headers, content=content or None, extensions=extensions
        ) as response:
            async for chunk in response.aiter_bytes():
                chunks.append(chunk)
                length += len(chunk)
                if length > MAX_RESPONSE_BYTES:
                    raise ResponseTooLargeError(f"more than {MAX_RESPONSE_BYTES} bytes")
        response_headers = {name.lower(): value for name, value in response.headers.items()}
        return response.status_code, response_headers, b"".join(chunks)


def _request_target(url: str) -> bytes:
    parts = urllib.parse.urlsplit(url)
    return (parts.path + (f"?{parts.query}" if parts.query else "")).encode()
