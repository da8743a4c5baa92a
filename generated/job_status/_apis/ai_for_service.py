# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""The client classes of AI for Service."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from .._client.base import AsyncClient, Client
from .._client.schemes import AsyncCredential, Credential, Scheme

if TYPE_CHECKING:
    from .._operations.ai_for_service import (
        _OP_GET_PUBLISH_STATUS,
        _SPEC_PUBLISH_STATUS,
        AsyncJob,
        Job,
        LearnedSchedule,
        PublishStatus,
        RawResponse,
        RunId,
        _build_get_publish_status,
        _resume,
        poll_options,
    )


def _load() -> None:
    from .._operations import ai_for_service as operations

    globals().update((name, getattr(operations, name)) for name in operations.__all__)


class AIForService(Client):
    """AI for Service: the status of publishing a bot.

    Args:
        base_url: The base URL, such as `https://platform.kore.ai`; by default that of the environment
            variable `AI_FOR_SERVICE_URL`.
        jwt: The credential, or a callable that returns it and is called before each request; by default
            that of `AI_FOR_SERVICE_JWT`.
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

    Source: https://docs.kore.ai/ai-for-service/apis/automation/api-list
    """

    _load = staticmethod(_load)
    _url_variable = "AI_FOR_SERVICE_URL"
    _schemes = (Scheme("jwt", "key", "header", "auth", "AI_FOR_SERVICE_JWT"),)
    _alternatives = (("jwt",),)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        jwt: Credential | None = None,
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
            {"jwt": jwt},
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

    def get_publish_status(
        self, bot_id: str, *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> PublishStatus:
        """Get the publish status of a bot.

        Returns the status of the current publish run of a bot, or of the last completed one. The status
        belongs to the bot: right after a publish request it may still report the previous run; compare
        `_id` and `requestedTime` to distinguish them. The states successful and failed are final. A
        successful run may still require the approval of an administrator.

        Args:
            bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The current status of the publish run.

        Raises:
            ApiError (400): There is no such bot. The status code is 400, not 404.
            UnauthorizedError: The JWT is missing, malformed or has an invalid signature, or it lacks the scope
                Bot Publish, Publish Status; the status code is 401 then too, not 403.
            ForbiddenError: Access is refused.
            NotFoundError: The path does not exist.
            ApiError (405): The method is not allowed.
            RateLimitError: Too many requests: more than 60 per minute or 1800 per hour per request id. The
                limits and messages are documented, the status code is not.
            ServerError: The server, or a gateway before it, failed (5xx).
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.

        Source: https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status
        """
        return (
            self._core.call(
                _OP_GET_PUBLISH_STATUS,
                _build_get_publish_status,
                PublishStatus.from_dict,
                (bot_id,),
                {},
                timeout,
                headers,
            )
        ).parsed

    def get_publish_status_raw(
        self, bot_id: str, *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> RawResponse[PublishStatus]:
        """Call `get_publish_status`, and return the status, headers and body together with the parsed body."""
        return self._core.call(
            _OP_GET_PUBLISH_STATUS, _build_get_publish_status, PublishStatus.from_dict, (bot_id,), {}, timeout, headers
        )

    def publish_status_job(
        self,
        bot_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[PublishStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        after_run: RunId | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Job[PublishStatus]:
        """Return a `Job` for an id, without polling, to wait for it alone or with others. Its timeout counts
        from here. See `wait_for_publish_status` for the arguments.
        """
        return Job(
            self._core,
            _SPEC_PUBLISH_STATUS,
            (bot_id,),
            timeout=timeout,
            schedule=schedule,
            options=poll_options({}, headers, on_update, after_run=after_run, error_timeout=error_timeout),
        )

    def wait_for_publish_status(
        self,
        bot_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[PublishStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        after_run: RunId | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> PublishStatus:
        """Wait until the job reported by `get_publish_status` ends, and return its last status.

        The final states are successful, failed. An unknown state is treated as pending.

        Args:
            bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
            timeout: Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            after_run: A run from `current_run()` of a job; that run and earlier ones are ignored.
            error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
                tolerated.
            headers: Headers of every request, in addition to the client's.

        Returns:
            The last status of a job that succeeded.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The deadline passed; the job keeps running.
            CallError: The API returned an error, or was unavailable for too long.

        Source: https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status
        """
        return self.publish_status_job(
            bot_id,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            after_run=after_run,
            error_timeout=error_timeout,
            headers=headers,
        ).wait()

    def resume(
        self,
        token: str,
        *,
        timeout: float | None = None,
        on_update: Callable[[PublishStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Job[PublishStatus]:
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
            Job, self._core, (_SPEC_PUBLISH_STATUS,), token, timeout, schedule, poll_options({}, headers, on_update)
        )


class AsyncAIForService(AsyncClient):
    """AI for Service, async: the status of publishing a bot.

    Args:
        base_url: The base URL, such as `https://platform.kore.ai`; by default that of the environment
            variable `AI_FOR_SERVICE_URL`.
        jwt: The credential, or a callable, sync or async, that returns it and is called before each
            request; by default that of `AI_FOR_SERVICE_JWT`.
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

    Source: https://docs.kore.ai/ai-for-service/apis/automation/api-list
    """

    _load = staticmethod(_load)
    _url_variable = "AI_FOR_SERVICE_URL"
    _schemes = (Scheme("jwt", "key", "header", "auth", "AI_FOR_SERVICE_JWT"),)
    _alternatives = (("jwt",),)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        jwt: AsyncCredential | None = None,
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
            {"jwt": jwt},
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

    async def get_publish_status(
        self, bot_id: str, *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> PublishStatus:
        """Get the publish status of a bot.

        Returns the status of the current publish run of a bot, or of the last completed one. The status
        belongs to the bot: right after a publish request it may still report the previous run; compare
        `_id` and `requestedTime` to distinguish them. The states successful and failed are final. A
        successful run may still require the approval of an administrator.

        Args:
            bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The current status of the publish run.

        Raises:
            ApiError (400): There is no such bot. The status code is 400, not 404.
            UnauthorizedError: The JWT is missing, malformed or has an invalid signature, or it lacks the scope
                Bot Publish, Publish Status; the status code is 401 then too, not 403.
            ForbiddenError: Access is refused.
            NotFoundError: The path does not exist.
            ApiError (405): The method is not allowed.
            RateLimitError: Too many requests: more than 60 per minute or 1800 per hour per request id. The
                limits and messages are documented, the status code is not.
            ServerError: The server, or a gateway before it, failed (5xx).
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.

        Source: https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status
        """
        return (
            await self._core.call(
                _OP_GET_PUBLISH_STATUS,
                _build_get_publish_status,
                PublishStatus.from_dict,
                (bot_id,),
                {},
                timeout,
                headers,
            )
        ).parsed

    async def get_publish_status_raw(
        self, bot_id: str, *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> RawResponse[PublishStatus]:
        """Call `get_publish_status`, and return the status, headers and body together with the parsed body."""
        return await self._core.call(
            _OP_GET_PUBLISH_STATUS, _build_get_publish_status, PublishStatus.from_dict, (bot_id,), {}, timeout, headers
        )

    def publish_status_job(
        self,
        bot_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[PublishStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        after_run: RunId | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[PublishStatus]:
        """Return a `Job` for an id, without polling, to wait for it alone or with others. Its timeout counts
        from here. See `wait_for_publish_status` for the arguments.
        """
        return AsyncJob(
            self._core,
            _SPEC_PUBLISH_STATUS,
            (bot_id,),
            timeout=timeout,
            schedule=schedule,
            options=poll_options({}, headers, on_update, after_run=after_run, error_timeout=error_timeout),
        )

    async def wait_for_publish_status(
        self,
        bot_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: Callable[[PublishStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        after_run: RunId | None = None,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> PublishStatus:
        """Wait until the job reported by `get_publish_status` ends, and return its last status.

        The final states are successful, failed. An unknown state is treated as pending.

        Args:
            bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
            timeout: Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            after_run: A run from `current_run()` of a job; that run and earlier ones are ignored.
            error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
                tolerated.
            headers: Headers of every request, in addition to the client's.

        Returns:
            The last status of a job that succeeded.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The deadline passed; the job keeps running.
            CallError: The API returned an error, or was unavailable for too long.

        Source: https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status
        """
        return await self.publish_status_job(
            bot_id,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            after_run=after_run,
            error_timeout=error_timeout,
            headers=headers,
        ).wait()

    def resume(
        self,
        token: str,
        *,
        timeout: float | None = None,
        on_update: Callable[[PublishStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[PublishStatus]:
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
            AsyncJob,
            self._core,
            (_SPEC_PUBLISH_STATUS,),
            token,
            timeout,
            schedule,
            poll_options({}, headers, on_update),
        )
