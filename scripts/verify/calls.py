"""Sends the requests of the project's own probes."""

import re
import time
import urllib.parse
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from ..document import Operation
from .exchange import Exchange
from .faults import RESENT, Faults, fault
from .target import Target, credential_place, is_loopback

LONGEST_PAUSE = 1.0  # seconds before a request with a fault is sent again
SETTING = {"accept": "application/json"}


class OutOfTime(Exception):
    """The time that a verification may take is over."""


class Caller:
    """Calls operations of a target. Redirects are not followed and every answer is bounded in time.

    A request that meets what may be a fault of the network or of a gateway is sent again, as far as it may be: the
    exchange that is returned is then the one that tells what the server does. `faults` counts the others.
    """

    def __init__(self, target: Target, timeout: float = 10.0, ends_at: float | None = None) -> None:
        self.target = target
        self.faults = Faults()
        self._ends_at = ends_at
        self._client = httpx.Client(
            timeout=timeout, trust_env=not is_loopback(target.base_url), verify=target.tls_context()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def call(
        self,
        operation: Operation,
        path_values: Mapping[str, str],
        query: Mapping[str, Any] | None = None,
        *,
        credentials: Mapping[str, str] | None = None,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
        content: bytes | None = None,
    ) -> Exchange:
        """Sends one request.

        `credentials` replaces those of the target, by scheme key; `path` the operation's own, with the same
        parameters in braces; `headers` are added; `content` is sent as it is.

        Raises:
            OutOfTime: the verification has taken as long as it may.
        """
        url = self.target.base_url + (path or operation.path)
        for name, value in path_values.items():
            url = url.replace(f"{{{name}}}", urllib.parse.quote(value, safe=""))
        # A list is sent as a parameter repeated.
        parameters: dict[str, Any] = {
            name: [_text(one) for one in value] if isinstance(value, list) else _text(value)
            for name, value in (query or {}).items()
        }
        sent = {**SETTING, **(headers or {})}
        cookies: list[str] = []
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
        if content is None and operation.body and method is None:
            sent["content-type"] = "application/json"
            content = httpx.Request("POST", url, json=operation.body.examples[0].value).content
        return self.send(operation.id, method or operation.method, url, sent, content)

    def send(
        self, operation_id: str, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Exchange:
        """Sends one request as it is given, and again while it meets a fault.

        Raises:
            OutOfTime: the verification has taken as long as it may.
        """
        last = self._once(operation_id, method, url, headers, content)
        for attempt in range(RESENT if self.may_repeat(method) else 0):
            if not fault(last):
                break
            time.sleep(min(0.05 * 4**attempt, LONGEST_PAUSE))
            again = self._once(operation_id, method, url, headers, content)
            # A hang that comes again is the server's own, and too dear to be waited for more often.
            hangs = last.elapsed > 1.0 and again.elapsed > 1.0 and bool(fault(again))
            if not fault(again):
                self.faults.add(last)
            last = again
            if hangs:
                break
        return last

    @property
    def is_late(self) -> bool:
        """Whether the verification has taken as long as it may."""
        return self._ends_at is not None and time.monotonic() > self._ends_at

    def may_repeat(self, method: str) -> bool:
        """Whether a request may be sent twice: reads always, writes where the server is made for it."""
        return method in {"GET", "HEAD", "OPTIONS"} or (self.target.profile == "full" and self.target.writes)

    def _once(
        self, operation_id: str, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Exchange:
        if self.is_late:
            raise OutOfTime
        at, began = time.time(), time.monotonic()
        # httpx would write a percent sign that begins no escape as one that does.
        raw = re.search(r"%(?![0-9A-Fa-f]{2})", url)
        extensions = {"target": _target(url)} if raw else {}
        asked = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", url) if raw else url
        try:
            response = self._client.request(method, asked, headers=headers, content=content, extensions=extensions)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"{type(error).__name__}: {error}"
            elapsed = time.monotonic() - began
            return Exchange(operation_id, method, url, headers, None, {}, b"", elapsed, reason, at)
        return Exchange(
            operation_id,
            method,
            url,
            headers,
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            response.content,
            time.monotonic() - began,
            at=at,
        )


def _target(url: str) -> bytes:
    parts = urllib.parse.urlsplit(url)
    return (parts.path + (f"?{parts.query}" if parts.query else "")).encode()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
