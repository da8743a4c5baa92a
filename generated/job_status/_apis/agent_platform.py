# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

"""The client classes of Agent Platform."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from .._client.base import AsyncClient, Client
from .._client.schemes import AsyncCredential, Credential, Scheme

if TYPE_CHECKING:
    from .._operations.agent_platform import (
        _OP_GET_DOCK_STATUS,
        _SPEC_DOCK_STATUS,
        AsyncJob,
        DockStatus,
        Job,
        LearnedSchedule,
        RawResponse,
        _build_get_dock_status,
        _resume,
        poll_options,
    )


def _load() -> None:
    from .._operations import agent_platform as operations

    globals().update((name, getattr(operations, name)) for name in operations.__all__)


class AgentPlatform(Client):
    """Agent Platform: the status of import, export, deploy and undeploy jobs.

    Args:
        base_url: The base URL, such as `https://agent-platform.domain.ai`; by default that of the
            environment variable `AGENT_PLATFORM_URL`.
        api_key: The credential, or a callable that returns it and is called before each request; by default
            that of `AGENT_PLATFORM_API_KEY`.
        timeout: Seconds for a call, including its retries.
        max_retries: How often an idempotent call is retried after a connection error or 429, 502, 503, 504.
        headers: Headers of every request.
        verify: True to trust the certificates of the system and of certifi, the path of a file or folder of
            certificates, an SSL context, or False to disable verification.
        proxy: The URL of a proxy, instead of that of the environment.
        http_transport: An httpx transport to use instead of the built-in one. Configure TLS and proxies in
            it: passing `verify` or `proxy` too is an error.
        event_hooks: Event hooks as in httpx. The requests passed to them contain no credentials.
        max_response_bytes: Maximum size of a response body; a larger one is an error.
        trust_env: Whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and the
            variables of the base URL and the credentials are used.
        record: The path of an HTTP Archive, HAR 1.2, to which each request and response is appended, with
            secrets redacted.
        max_in_flight: Maximum number of polls in flight, up to 1000. Below it, their number adapts to the
            demand and to the latency of the server.
        limits_store: The path of a file, or a Redis URL, by which processes with the same credential share
            the documented limits.

    Source: https://docs.kore.ai/agent-platform/apis
    """

    _load = staticmethod(_load)
    _url_variable = "AGENT_PLATFORM_URL"
    _schemes = (Scheme("api_key", "key", "header", "x-api-key", "AGENT_PLATFORM_API_KEY"),)
    _alternatives = (("api_key",),)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: Credential | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | str | bool = True,
        proxy: str | httpx.Proxy | None = None,
        http_transport: httpx.BaseTransport | None = None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None = None,
        max_response_bytes: int = 10_000_000,
        trust_env: bool = True,
        record: str | os.PathLike[str] | None = None,
        max_in_flight: int = 200,
        limits_store: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(
            base_url,
            {"api_key": api_key},
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
            verify=verify,
            proxy=proxy,
            http_transport=http_transport,
            event_hooks=event_hooks,
            max_response_bytes=max_response_bytes,
            trust_env=trust_env,
            record=record,
            max_in_flight=max_in_flight,
            limits_store=limits_store,
        )

    def get_dock_status(
        self, dock_status_id: str, *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> DockStatus:
        """Get the status of a job.

        Returns the status of an ongoing or completed job of a tool or model: import, export, deploy or
        undeploy. The states SUCCESS and FAILED are final.

        Args:
            dock_status_id: The id of the dock status, as returned by the request that started the job.
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The current status of the job.

        Raises:
            ApiError (400): The request is malformed.
            UnauthorizedError: The API key is missing or unknown.
            ForbiddenError: The API key lacks the scope. Kore.ai says that such requests are rejected, but not
                with which response.
            NotFoundError: There is no such job. Dock statuses of a related product expire, some after 15
                minutes.
            RateLimitError: Too many requests. No rate limit is documented for this product.
            ServerError: The server, or a gateway before it, failed (5xx).
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.

        Source: https://docs.kore.ai/agent-platform/apis/apis-list/get-dock-status
        """
        return (
            self._core.call(
                _OP_GET_DOCK_STATUS,
                _build_get_dock_status,
                DockStatus.from_dict,
                (dock_status_id,),
                {},
                timeout,
                headers,
            )
        ).parsed

    def get_dock_status_raw(
        self, dock_status_id: str, *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> RawResponse[DockStatus]:
        """Call `get_dock_status`, and return the status, headers and body together with the parsed body."""
        return self._core.call(
            _OP_GET_DOCK_STATUS, _build_get_dock_status, DockStatus.from_dict, (dock_status_id,), {}, timeout, headers
        )

    def dock_status_job(
        self,
        dock_status_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[DockStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Job[DockStatus]:
        """Return a `Job` for an id, without polling, to wait for it alone or with others. Its timeout counts
        from here. See `wait_for_dock_status` for the arguments.
        """
        return Job(
            self._core,
            _SPEC_DOCK_STATUS,
            (dock_status_id,),
            timeout=timeout,
            schedule=schedule,
            options=poll_options({}, headers, on_update, error_timeout=error_timeout),
        )

    def wait_for_dock_status(
        self,
        dock_status_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[DockStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> DockStatus:
        """Wait until the job reported by `get_dock_status` ends, and return its last status.

        The final states are SUCCESS, FAILED. An unknown state is treated as pending.

        Args:
            dock_status_id: The id of the dock status, as returned by the request that started the job.
            timeout: Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
                tolerated.
            headers: Headers of every request, in addition to the client's.

        Returns:
            The last status of a job that succeeded.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The deadline passed; the job keeps running.
            CallError: The API returned an error, or was unavailable for too long.

        Source: https://docs.kore.ai/agent-platform/apis/apis-list/get-dock-status
        """
        return self.dock_status_job(
            dock_status_id,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            error_timeout=error_timeout,
            headers=headers,
        ).wait()

    def resume(
        self,
        token: str,
        *,
        timeout: float | None = None,
        on_update: Callable[[DockStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Job[DockStatus]:
        """Return the job of a resume token, with its start, its run and its deadline.

        Args:
            token: The result of `token()` of a job, in this process or another, or the `token` of an exception.
            timeout: Seconds from now, instead of the deadline of the token.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            headers: Headers of every request, in addition to the client's.

        Raises:
            InvalidArgumentError: It is not a token of this API.
        """
        return _resume(
            Job, self._core, (_SPEC_DOCK_STATUS,), token, timeout, schedule, poll_options({}, headers, on_update)
        )


class AsyncAgentPlatform(AsyncClient):
    """Agent Platform, async: the status of import, export, deploy and undeploy jobs.

    Args:
        base_url: The base URL, such as `https://agent-platform.domain.ai`; by default that of the
            environment variable `AGENT_PLATFORM_URL`.
        api_key: The credential, or a callable, sync or async, that returns it and is called before each
            request; by default that of `AGENT_PLATFORM_API_KEY`.
        timeout: Seconds for a call, including its retries.
        max_retries: How often an idempotent call is retried after a connection error or 429, 502, 503, 504.
        headers: Headers of every request.
        verify: True to trust the certificates of the system and of certifi, the path of a file or folder of
            certificates, an SSL context, or False to disable verification.
        proxy: The URL of a proxy, instead of that of the environment.
        http_transport: An httpx transport to use instead of the built-in one. Configure TLS and proxies in
            it: passing `verify` or `proxy` too is an error.
        event_hooks: Event hooks as in httpx. The requests passed to them contain no credentials.
        max_response_bytes: Maximum size of a response body; a larger one is an error.
        trust_env: Whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and the
            variables of the base URL and the credentials are used.
        record: The path of an HTTP Archive, HAR 1.2, to which each request and response is appended, with
            secrets redacted.
        max_in_flight: Maximum number of polls in flight, up to 1000. Below it, their number adapts to the
            demand and to the latency of the server.
        limits_store: The path of a file, or a Redis URL, by which processes with the same credential share
            the documented limits.

    Source: https://docs.kore.ai/agent-platform/apis
    """

    _load = staticmethod(_load)
    _url_variable = "AGENT_PLATFORM_URL"
    _schemes = (Scheme("api_key", "key", "header", "x-api-key", "AGENT_PLATFORM_API_KEY"),)
    _alternatives = (("api_key",),)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: AsyncCredential | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | str | bool = True,
        proxy: str | httpx.Proxy | None = None,
        http_transport: httpx.AsyncBaseTransport | None = None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None = None,
        max_response_bytes: int = 10_000_000,
        trust_env: bool = True,
        record: str | os.PathLike[str] | None = None,
        max_in_flight: int = 200,
        limits_store: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(
            base_url,
            {"api_key": api_key},
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
            verify=verify,
            proxy=proxy,
            http_transport=http_transport,
            event_hooks=event_hooks,
            max_response_bytes=max_response_bytes,
            trust_env=trust_env,
            record=record,
            max_in_flight=max_in_flight,
            limits_store=limits_store,
        )

    async def get_dock_status(
        self, dock_status_id: str, *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> DockStatus:
        """Get the status of a job.

        Returns the status of an ongoing or completed job of a tool or model: import, export, deploy or
        undeploy. The states SUCCESS and FAILED are final.

        Args:
            dock_status_id: The id of the dock status, as returned by the request that started the job.
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The current status of the job.

        Raises:
            ApiError (400): The request is malformed.
            UnauthorizedError: The API key is missing or unknown.
            ForbiddenError: The API key lacks the scope. Kore.ai says that such requests are rejected, but not
                with which response.
            NotFoundError: There is no such job. Dock statuses of a related product expire, some after 15
                minutes.
            RateLimitError: Too many requests. No rate limit is documented for this product.
            ServerError: The server, or a gateway before it, failed (5xx).
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.

        Source: https://docs.kore.ai/agent-platform/apis/apis-list/get-dock-status
        """
        return (
            await self._core.call(
                _OP_GET_DOCK_STATUS,
                _build_get_dock_status,
                DockStatus.from_dict,
                (dock_status_id,),
                {},
                timeout,
                headers,
            )
        ).parsed

    async def get_dock_status_raw(
        self, dock_status_id: str, *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> RawResponse[DockStatus]:
        """Call `get_dock_status`, and return the status, headers and body together with the parsed body."""
        return await self._core.call(
            _OP_GET_DOCK_STATUS, _build_get_dock_status, DockStatus.from_dict, (dock_status_id,), {}, timeout, headers
        )

    def dock_status_job(
        self,
        dock_status_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[DockStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[DockStatus]:
        """Return a `Job` for an id, without polling, to wait for it alone or with others. Its timeout counts
        from here. See `wait_for_dock_status` for the arguments.
        """
        return AsyncJob(
            self._core,
            _SPEC_DOCK_STATUS,
            (dock_status_id,),
            timeout=timeout,
            schedule=schedule,
            options=poll_options({}, headers, on_update, error_timeout=error_timeout),
        )

    async def wait_for_dock_status(
        self,
        dock_status_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[DockStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> DockStatus:
        """Wait until the job reported by `get_dock_status` ends, and return its last status.

        The final states are SUCCESS, FAILED. An unknown state is treated as pending.

        Args:
            dock_status_id: The id of the dock status, as returned by the request that started the job.
            timeout: Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
                tolerated.
            headers: Headers of every request, in addition to the client's.

        Returns:
            The last status of a job that succeeded.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The deadline passed; the job keeps running.
            CallError: The API returned an error, or was unavailable for too long.

        Source: https://docs.kore.ai/agent-platform/apis/apis-list/get-dock-status
        """
        return await self.dock_status_job(
            dock_status_id,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            error_timeout=error_timeout,
            headers=headers,
        ).wait()

    def resume(
        self,
        token: str,
        *,
        timeout: float | None = None,
        on_update: Callable[[DockStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[DockStatus]:
        """Return the job of a resume token, with its start, its run and its deadline.

        Args:
            token: The result of `token()` of a job, in this process or another, or the `token` of an exception.
            timeout: Seconds from now, instead of the deadline of the token.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            headers: Headers of every request, in addition to the client's.

        Raises:
            InvalidArgumentError: It is not a token of this API.
        """
        return _resume(
            AsyncJob, self._core, (_SPEC_DOCK_STATUS,), token, timeout, schedule, poll_options({}, headers, on_update)
        )
