"""Sends the requests of the project's own probes."""

import asyncio
import contextlib
import http.cookiejar
import json
import re
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

import httpx

from .. import ending
from ..document import Operation
from .exchange import Exchange
from .faults import MOST_PAUSES, RESENT, Faults, fault, pause
from .target import Target, WrongCall, credential_place, is_loopback, written

LONGEST_ANSWER = 10_000_000  # bytes
LONGEST_PAUSE = 1.0  # seconds before a request with a fault is sent again
SETTING = {"accept": "application/json"}


Query = Mapping[str, Any] | None


class Changes(TypedDict, total=False):
    """How a request differs from the operation's own.

    `credentials` replaces those of the target, by scheme key; `path` the operation's own, with the same parameters in
    braces; `headers` are added; `content` is sent as it is.
    """

    credentials: Mapping[str, str]
    method: str
    headers: Mapping[str, str]
    path: str
    content: bytes


class AnswerTooLong(Exception):
    """The content of an answer is longer than any that a status can have."""


class OutOfTime(Exception):
    """The time that a verification may take is over."""


class Caller:
    """Calls operations of a target. Redirects are not followed; every answer is bounded in time and size.

    A request that meets what may be a fault of the network or of a gateway is sent again, as far as it may be: the
    exchange that is returned is then the one that tells what the server does. `faults` counts the others, `sent` every
    request by operation, those of others too where they are told of. No request is sent after `ends_at`.
    """

    def __init__(self, target: Target, timeout: float = 10.0, ends_at: float | None = None) -> None:
        self.target = target
        self.faults = Faults()
        self.sent: Counter[str] = Counter()
        self._timeout = timeout
        self.ends_at = ends_at
        # Is told of each answer that asks to wait.
        self.on_pause: Callable[[Exchange], None] = lambda _: None
        self._runner = asyncio.Runner()
        # Each request stands for itself: what a server has given with one answer is not sent with the next.
        nothing = http.cookiejar.CookieJar(policy=http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        try:
            self._client = httpx.AsyncClient(
                timeout=timeout,
                trust_env=not is_loopback(target.base_url),
                verify=target.tls_context(),
                cookies=nothing,
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            self._runner.close()
            raise WrongCall(target.redact(f"the proxies of the environment cannot be used: {error}")) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was cut off in the middle may not be closed in order.
        with contextlib.suppress(Exception) if error else contextlib.nullcontext():
            self._runner.run(self._client.aclose())
        self._runner.close()

    def call(
        self, operation: Operation, values: Mapping[str, str], query: Query = None, **changes: Unpack[Changes]
    ) -> Exchange:
        """Sends one request. `values` are those of its required parameters, by name.

        Raises:
            OutOfTime: the verification has taken as long as it may.
        """
        return self.send(*self._request(operation, values, query, changes))

    def call_at_once(self, operation: Operation, values: Mapping[str, str], count: int) -> list[Exchange]:
        """Sends one request several times without waiting for the answers, each once.

        Raises:
            OutOfTime: the verification has taken as long as it may.
        """
        request = self._request(operation, values, None, {})

        async def together() -> list[Exchange]:
            return await asyncio.gather(*(self._once(*request) for _ in range(count)))

        found = self._runner.run(together())
        for _ in range(MOST_PAUSES):
            waits = [seconds for exchange in found if (seconds := pause(exchange)) is not None]
            if not waits or not self._rest(max(waits)):
                break
            found = self._runner.run(together())
        return found

    def _request(
        self, operation: Operation, values: Mapping[str, str], query: Query, changes: Changes
    ) -> tuple[str, str, str, dict[str, str], bytes]:
        credentials, method = changes.get("credentials"), changes.get("method")
        url = self.target.base_url + changes.get("path", operation.path)
        parameters: dict[str, Any] = {}
        sent = dict(SETTING)
        cookies: list[str] = []
        for parameter in operation.required:
            value = values.get(parameter.name, next(iter(self.target.known.get(parameter.name, ())), ""))
            if parameter.where == "path":
                url = url.replace(f"{{{parameter.name}}}", urllib.parse.quote(value, safe=""))
            elif parameter.where == "query":
                parameters[parameter.name] = value
            elif parameter.where == "header":
                sent[parameter.name.lower()] = value
            else:
                cookies.append(f"{parameter.name}={value}")
        # A list is sent as a parameter repeated.
        parameters |= {
            name: [written(one) for one in value] if isinstance(value, list) else written(value)
            for name, value in (query or {}).items()
        }
        sent |= changes.get("headers", {})
        given = self.target.credentials if credentials is None else credentials
        way = self.target.way_in(operation) or ()
        for key in way if credentials is None else given:
            where, name, value = credential_place(self.target.document.security_schemes[key], given[key])
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
        if not content and operation.body and method is None:
            sent["content-type"] = "application/json"
            content = json.dumps(operation.body.examples[0].value).encode()
        return operation.id, method or operation.method, url, sent, content

    def send(
        self, operation_id: str, method: str, url: str, headers: Mapping[str, str], content: bytes = b""
    ) -> Exchange:
        """Sends one request as it is given, and again while it meets a fault and may be repeated.

        Raises:
            OutOfTime: the verification has taken as long as it may.
        """
        last = self._runner.run(self._once(operation_id, method, url, headers, content))
        for _ in range(MOST_PAUSES):
            # A refusal for now is no answer to what was asked: a start that it meets has not begun.
            if (seconds := pause(last)) is None or not self._rest(seconds):
                break
            self.faults.add(last)
            self.on_pause(last)
            last = self._runner.run(self._once(operation_id, method, url, headers, content))
        for attempt in range(RESENT):
            if not fault(last) or not self.may_repeat(operation_id, method):
                break
            time.sleep(min(0.05 * 4**attempt, LONGEST_PAUSE))
            again = self._runner.run(self._once(operation_id, method, url, headers, content))
            # A hang that comes again is the server's own, and too dear to be waited for more often.
            hangs = last.elapsed > 1.0 and again.elapsed > 1.0 and bool(fault(again))
            if not fault(again):
                self.faults.add(last)
            last = again
            if hangs:
                break
        return last

    def _rest(self, seconds: float) -> bool:
        """Waits as long as a server asks for; whether there was time for it."""
        if self.ends_at is not None and time.monotonic() + seconds > self.ends_at:
            return False
        time.sleep(seconds)
        return True

    @property
    def is_late(self) -> bool:
        """Whether the verification has taken as long as it may."""
        return self.ends_at is not None and time.monotonic() > self.ends_at

    def may_repeat(self, operation_id: str, method: str) -> bool:
        """Whether a request may be sent twice: reads within the limit, writes where the server is made for it."""
        if self.target.profile == "full" and self.target.writes:
            return True
        return method in {"GET", "HEAD", "OPTIONS"} and self.sent[operation_id] < self.target.most_requests

    async def _once(
        self, operation_id: str, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Exchange:
        ending.check()
        if self.is_late:
            raise OutOfTime
        self.sent[operation_id] += 1
        at, began = time.time(), time.monotonic()
        try:
            async with asyncio.timeout(self._time_left()):
                status, answered, body = await self._answer(method, url, headers, content)
        except TimeoutError:
            if self.is_late:
                raise OutOfTime from None
            reason = f"ReadTimeout: not all of it within {self._timeout:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, AnswerTooLong, UnicodeError) as error:
            reason = f"{type(error).__name__}: {error}"
        else:
            elapsed = time.monotonic() - began
            return Exchange(operation_id, method, url, headers, status, answered, body, elapsed, at=at, content=content)
        elapsed = time.monotonic() - began
        return Exchange(operation_id, method, url, headers, None, {}, b"", elapsed, reason, at, content)

    def _time_left(self) -> float:
        return self._timeout if self.ends_at is None else min(self._timeout, self.ends_at - time.monotonic() + 0.1)

    async def _answer(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        # httpx would write a percent sign that begins no escape as one that does.
        asked = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", url)
        extensions = {"target": _target(url)} if asked != url else {}
        chunks: list[bytes] = []
        length = 0
        async with self._client.stream(
            method, asked, headers=headers, content=content or None, extensions=extensions
        ) as response:
            async for chunk in response.aiter_bytes():
                chunks.append(chunk)
                length += len(chunk)
                if length > LONGEST_ANSWER:
                    raise AnswerTooLong(f"more than {LONGEST_ANSWER} bytes")
        answered = {name.lower(): value for name, value in response.headers.items()}
        return response.status_code, answered, b"".join(chunks)


def _target(url: str) -> bytes:
    parts = urllib.parse.urlsplit(url)
    return (parts.path + (f"?{parts.query}" if parts.query else "")).encode()
