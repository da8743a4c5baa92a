# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

"""The client classes of Kiln."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from .._client.base import AsyncClient, Client
from .._client.schemes import AsyncCredential, Credential, Scheme
from ..kiln.types import UNSET

if TYPE_CHECKING:
    from .._operations.kiln import (
        _OP_GET_FIRING,
        _OP_START_FIRING,
        _SPEC_FIRING,
        _STARTS,
        AsyncJob,
        Firing,
        Job,
        LearnedSchedule,
        Program,
        RawResponse,
        StartedFiring,
        Unset,
        _build_get_firing,
        _build_start_firing,
        _resume,
        follow,
        poll_options,
    )


def _load() -> None:
    from .._operations import kiln as operations

    globals().update((name, getattr(operations, name)) for name in operations.__all__)


class Kiln(Client):
    """Kiln: firing pottery.

    Args:
        base_url: The base URL, such as `https://kiln.example`; by default that of the environment variable
            `KILN_URL`.
        api_key: The credential, or a callable that returns it and is called before each request; by default
            that of `KILN_API_KEY`.
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
    """

    _load = staticmethod(_load)
    _url_variable = "KILN_URL"
    _schemes = (Scheme("api_key", "key", "header", "X-Key", "KILN_API_KEY"),)
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

    def start_firing(
        self, *, body: Program, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> StartedFiring:
        """Start a firing.

        Args:
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The started firing.

        Raises:
            ApiError (4XX): The request was refused.
            ServerError: The server, or a gateway before it, failed (5xx).
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.
        """
        return (
            self._core.call(
                _OP_START_FIRING, _build_start_firing, StartedFiring.from_dict, (), {"body": body}, timeout, headers
            )
        ).parsed

    def start_firing_raw(
        self, *, body: Program, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> RawResponse[StartedFiring]:
        """Call `start_firing`, and return the status, headers and body together with the parsed body."""
        return self._core.call(
            _OP_START_FIRING, _build_start_firing, StartedFiring.from_dict, (), {"body": body}, timeout, headers
        )

    def get_firing(
        self,
        firing_id: str,
        *,
        verbose: bool | Unset = UNSET,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Firing:
        """Get the status of a firing.

        Returns the state of the kiln.

        A firing takes several hours.

        Args:
            firing_id: The id of the firing.
            verbose: Whether to include the temperature.
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The status of the firing.

        Raises:
            ApiError (4XX): The request was refused.
            ServerError: The server, or a gateway before it, failed (5xx).
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.
        """
        return (
            self._core.call(
                _OP_GET_FIRING,
                _build_get_firing,
                Firing.from_dict,
                (firing_id,),
                {"verbose": verbose},
                timeout,
                headers,
            )
        ).parsed

    def get_firing_raw(
        self,
        firing_id: str,
        *,
        verbose: bool | Unset = UNSET,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawResponse[Firing]:
        """Call `get_firing`, and return the status, headers and body together with the parsed body."""
        return self._core.call(
            _OP_GET_FIRING, _build_get_firing, Firing.from_dict, (firing_id,), {"verbose": verbose}, timeout, headers
        )

    def firing_job(
        self,
        firing_id: str,
        *,
        verbose: bool | Unset = UNSET,
        timeout: float | None = 3600.0,
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Job[Firing]:
        """Return a `Job` for an id, without polling, to wait for it alone or with others. Its timeout counts
        from here. See `wait_for_firing` for the arguments.
        """
        return Job(
            self._core,
            _SPEC_FIRING,
            (firing_id,),
            timeout=timeout,
            schedule=schedule,
            options=poll_options({"verbose": verbose}, headers, on_update, error_timeout=error_timeout),
        )

    def wait_for_firing(
        self,
        firing_id: str,
        *,
        verbose: bool | Unset = UNSET,
        timeout: float | None = 3600.0,
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Firing:
        """Wait until the job reported by `get_firing` ends, and return its last status.

        The final states are DONE, CRACKED. An unknown state is treated as pending.

        Args:
            firing_id: The id of the firing.
            verbose: Whether to include the temperature.
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
        """
        return self.firing_job(
            firing_id,
            verbose=verbose,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            error_timeout=error_timeout,
            headers=headers,
        ).wait()

    def job(
        self,
        started: StartedFiring,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Job[Firing]:
        """Return a `Job` for a started job, without polling. Its timeout counts from here. See `wait` for the arguments."""
        return follow(
            Job,
            self._core,
            _STARTS,
            started,
            timeout,
            schedule,
            poll_options({}, headers, on_update, error_timeout=error_timeout),
        )

    def wait(
        self,
        started: StartedFiring,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Firing:
        """Wait for the job started by `start_firing`, and return its last status.

        The status is requested at least once, also if the start has already reported success.

        Args:
            started: The response of `start_firing`.
            timeout: Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
                tolerated.
            headers: Headers of every request, in addition to the client's.

        Returns:
            The last status of the job.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The deadline passed; the job keeps running.
            CallError: The API returned an error, or was unavailable for too long.
            UnexpectedResponseError: The response contains no id of a job.
        """
        return self.job(
            started,
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
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Job[Firing]:
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
        return _resume(Job, self._core, (_SPEC_FIRING,), token, timeout, schedule, poll_options({}, headers, on_update))


class AsyncKiln(AsyncClient):
    """Kiln, async: firing pottery.

    Args:
        base_url: The base URL, such as `https://kiln.example`; by default that of the environment variable
            `KILN_URL`.
        api_key: The credential, or a callable, sync or async, that returns it and is called before each
            request; by default that of `KILN_API_KEY`.
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
    """

    _load = staticmethod(_load)
    _url_variable = "KILN_URL"
    _schemes = (Scheme("api_key", "key", "header", "X-Key", "KILN_API_KEY"),)
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

    async def start_firing(
        self, *, body: Program, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> StartedFiring:
        """Start a firing.

        Args:
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The started firing.

        Raises:
            ApiError (4XX): The request was refused.
            ServerError: The server, or a gateway before it, failed (5xx).
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.
        """
        return (
            await self._core.call(
                _OP_START_FIRING, _build_start_firing, StartedFiring.from_dict, (), {"body": body}, timeout, headers
            )
        ).parsed

    async def start_firing_raw(
        self, *, body: Program, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> RawResponse[StartedFiring]:
        """Call `start_firing`, and return the status, headers and body together with the parsed body."""
        return await self._core.call(
            _OP_START_FIRING, _build_start_firing, StartedFiring.from_dict, (), {"body": body}, timeout, headers
        )

    async def get_firing(
        self,
        firing_id: str,
        *,
        verbose: bool | Unset = UNSET,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Firing:
        """Get the status of a firing.

        Returns the state of the kiln.

        A firing takes several hours.

        Args:
            firing_id: The id of the firing.
            verbose: Whether to include the temperature.
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The status of the firing.

        Raises:
            ApiError (4XX): The request was refused.
            ServerError: The server, or a gateway before it, failed (5xx).
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.
        """
        return (
            await self._core.call(
                _OP_GET_FIRING,
                _build_get_firing,
                Firing.from_dict,
                (firing_id,),
                {"verbose": verbose},
                timeout,
                headers,
            )
        ).parsed

    async def get_firing_raw(
        self,
        firing_id: str,
        *,
        verbose: bool | Unset = UNSET,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawResponse[Firing]:
        """Call `get_firing`, and return the status, headers and body together with the parsed body."""
        return await self._core.call(
            _OP_GET_FIRING, _build_get_firing, Firing.from_dict, (firing_id,), {"verbose": verbose}, timeout, headers
        )

    def firing_job(
        self,
        firing_id: str,
        *,
        verbose: bool | Unset = UNSET,
        timeout: float | None = 3600.0,
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[Firing]:
        """Return a `Job` for an id, without polling, to wait for it alone or with others. Its timeout counts
        from here. See `wait_for_firing` for the arguments.
        """
        return AsyncJob(
            self._core,
            _SPEC_FIRING,
            (firing_id,),
            timeout=timeout,
            schedule=schedule,
            options=poll_options({"verbose": verbose}, headers, on_update, error_timeout=error_timeout),
        )

    async def wait_for_firing(
        self,
        firing_id: str,
        *,
        verbose: bool | Unset = UNSET,
        timeout: float | None = 3600.0,
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Firing:
        """Wait until the job reported by `get_firing` ends, and return its last status.

        The final states are DONE, CRACKED. An unknown state is treated as pending.

        Args:
            firing_id: The id of the firing.
            verbose: Whether to include the temperature.
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
        """
        return await self.firing_job(
            firing_id,
            verbose=verbose,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            error_timeout=error_timeout,
            headers=headers,
        ).wait()

    def job(
        self,
        started: StartedFiring,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[Firing]:
        """Return a `Job` for a started job, without polling. Its timeout counts from here. See `wait` for the arguments."""
        return follow(
            AsyncJob,
            self._core,
            _STARTS,
            started,
            timeout,
            schedule,
            poll_options({}, headers, on_update, error_timeout=error_timeout),
        )

    async def wait(
        self,
        started: StartedFiring,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Firing:
        """Wait for the job started by `start_firing`, and return its last status.

        The status is requested at least once, also if the start has already reported success.

        Args:
            started: The response of `start_firing`.
            timeout: Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
                tolerated.
            headers: Headers of every request, in addition to the client's.

        Returns:
            The last status of the job.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The deadline passed; the job keeps running.
            CallError: The API returned an error, or was unavailable for too long.
            UnexpectedResponseError: The response contains no id of a job.
        """
        return await self.job(
            started,
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
        on_update: Callable[[Firing, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[Firing]:
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
            AsyncJob, self._core, (_SPEC_FIRING,), token, timeout, schedule, poll_options({}, headers, on_update)
        )
