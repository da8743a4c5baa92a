"""Sends the requests of the project's own probes."""

import time
import urllib.parse
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from ..document import Operation
from .exchange import Exchange
from .target import Target, credential_place, is_loopback


class Caller:
    """Calls operations of a target. Redirects are not followed and every answer is bounded in time."""

    def __init__(self, target: Target, timeout: float = 10.0) -> None:
        self.target = target
        self._client = httpx.Client(timeout=timeout, trust_env=not is_loopback(target.base_url))

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
    ) -> Exchange:
        """Sends one request. `credentials` replaces those of the target, by scheme key."""
        url = self.target.base_url + operation.path
        for name, value in path_values.items():
            url = url.replace(f"{{{name}}}", urllib.parse.quote(value, safe=""))
        headers = {"accept": "application/json"}
        # A list is sent as a parameter repeated.
        parameters: dict[str, Any] = {
            name: [_text(one) for one in value] if isinstance(value, list) else _text(value)
            for name, value in (query or {}).items()
        }
        cookies: list[str] = []
        given = self.target.credentials if credentials is None else credentials
        way = self.target.way_in(operation) or ()
        for key in way if credentials is None else given:
            where, name, value = credential_place(self.target.document.security_schemes[key], given[key])
            if where == "header":
                headers[name.lower()] = value
            elif where == "query":
                parameters[name] = value
            else:
                cookies.append(f"{name}={value}")
        if cookies:
            headers["cookie"] = "; ".join(cookies)
        if parameters:
            url += "?" + urllib.parse.urlencode(parameters, doseq=True)
        sent = method or operation.method
        body = operation.body.examples[0].value if operation.body and method is None else None
        if body is not None:
            headers["content-type"] = "application/json"
        began = time.monotonic()
        try:
            response = self._client.request(sent, url, headers=headers, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"{type(error).__name__}: {error}"
            return Exchange(operation.id, sent, url, headers, None, {}, b"", time.monotonic() - began, reason)
        return Exchange(
            operation.id,
            sent,
            url,
            headers,
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            response.content,
            time.monotonic() - began,
        )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
