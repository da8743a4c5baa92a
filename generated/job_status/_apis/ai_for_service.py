# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""AI for Service, as classes."""

from __future__ import annotations

import ssl as _ssl
from collections.abc import Callable as _Callable
from collections.abc import Iterable as _Iterable
from collections.abc import Mapping as _Mapping
from typing import Any as _Any

import httpx as _httpx

from .._client.auth import AsyncCredential as _AsyncCredential
from .._client.auth import Credential as _Credential
from .._client.auth import Scheme as _Scheme
from .._client.base import AsyncClient as _AsyncClient
from .._client.base import Client as _Client
from .._client.call import Operation as _Operation
from .._client.call import RawResponse as _RawResponse
from .._client.polling.factory import resume as _resume
from .._client.polling.job import AsyncJob as _AsyncJob
from .._client.polling.job import Job as _Job
from .._client.polling.job import options as _options
from .._client.polling.run_id import RunId as _RunId
from .._client.polling.spec import JobSpec as _JobSpec
from ..ai_for_service.api.publish import get_publish_status as _op_get_publish_status
from ..ai_for_service.models.publish_status import PublishStatus

_OP_GET_PUBLISH_STATUS = _Operation(
    "get_publish_status", "GET", ("bot_id",), ((60, 60.0), (1800, 3600.0)), reports=("streamId",)
)
_SPEC_PUBLISH_STATUS = _JobSpec(
    api="AIForService",
    operation=_OP_GET_PUBLISH_STATUS,
    request=_op_get_publish_status._get_kwargs,
    read=PublishStatus.from_dict,
    id=("streamId",),
    state=("status",),
    pending=("inprogress",),
    success=("successful",),
    failure=("failed",),
    progress=("percentageComplete",),
    reason=("error",),
    run=(("_id",), ("requestedTime",)),
    begun=("requestedTime",),
)


class AIForService(_Client):
    """AI for Service: the status of publishing a bot.

    Args:
        base_url: the base URL, such as `https://platform.kore.ai`.
        jwt: the credential, or a callable that is asked for it before each request.
        timeout: seconds for a whole call, its retries included.
        max_retries: how often an idempotent call is tried again after a connection error or 429, 502, 503,
            504.
        headers: headers of every request.
        verify: True for the system's trust and certifi's, the path of a file or folder of certificates, a
            context, or False for no check at all.
        proxy: the URL of a proxy, instead of that of the environment.
        http_transport: an httpx transport in place of the built-in one.
        event_hooks: hooks of httpx; the requests they see hold no credential.
        max_response_bytes: a larger answer is refused.
        trust_env: whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR
            count.

    Source: https://docs.kore.ai/ai-for-service/apis/automation/api-list
    """

    _schemes = (_Scheme("jwt", "key", "header", "auth"),)
    _alternatives = (("jwt",),)

    def __init__(
        self,
        base_url: str,
        *,
        jwt: _Credential,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: _Mapping[str, str] | None = None,
        verify: _ssl.SSLContext | str | bool = True,
        proxy: str | _httpx.Proxy | None = None,
        http_transport: _httpx.BaseTransport | None = None,
        event_hooks: _Mapping[str, list[_Callable[..., _Any]]] | None = None,
        max_response_bytes: int = 10_000_000,
        trust_env: bool = True,
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
        )

    def get_publish_status(
        self, bot_id: str, *, timeout: float | None = None, headers: _Mapping[str, str] | None = None
    ) -> PublishStatus:
        """Get the publish status of a bot.

        Reports the publish run of a bot, or the last completed one. The status is keyed by the bot: right
        after a publish request it may still report the run before, which `_id` and `requestedTime` tell
        apart. The status is final once it reads successful or failed. A successful run can still await an
        administrator's approval.

        Args:
            bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
            timeout: seconds for the whole call, instead of the client's.
            headers: headers of this request, beside the client's.

        Returns:
            The publish run as it stands.

        Raises:
            ApiError (400): There is no such bot. Answered with 400, not 404.
            UnauthorizedError: The JWT is missing, malformed, wrongly signed or, also answered with 401 and not
                403, lacks the scope Bot Publish, Publish Status.
            ForbiddenError: Access is refused.
            NotFoundError: There is nothing under this path.
            ApiError (405): The method is not allowed.
            RateLimitError: Too many requests, 60 a minute or 1800 an hour per request id. The limits and
                messages are documented, the status code is not.
            UnexpectedResponseError: the answer is not what the document describes.
            TransportError: no answer came.

        Source: https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status
        """
        return (
            self._call(
                _OP_GET_PUBLISH_STATUS,
                _op_get_publish_status.sync_detailed,
                PublishStatus,
                (bot_id,),
                {},
                timeout,
                headers,
            )
        ).parsed

    def get_publish_status_raw(
        self, bot_id: str, *, timeout: float | None = None, headers: _Mapping[str, str] | None = None
    ) -> _RawResponse[PublishStatus]:
        """As `get_publish_status`, with the status, headers and body around the model."""
        return self._call(
            _OP_GET_PUBLISH_STATUS, _op_get_publish_status.sync_detailed, PublishStatus, (bot_id,), {}, timeout, headers
        )

    def publish_status_job(
        self,
        bot_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: _Callable[[PublishStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        after_run: _RunId | None = None,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> _Job[PublishStatus]:
        """The job of that id, to be waited for now or with others. Its time runs from here. See
        `wait_for_publish_status` for the arguments.
        """
        return _Job(
            self,
            _SPEC_PUBLISH_STATUS,
            (bot_id,),
            timeout=timeout,
            schedule=schedule,
            options=_options({}, headers, on_update, after_run=after_run, error_timeout=error_timeout),
        )

    def wait_for_publish_status(
        self,
        bot_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: _Callable[[PublishStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        after_run: _RunId | None = None,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> PublishStatus:
        """Waits until the job reported by `get_publish_status` has ended.

        The state is final once it reads successful, failed. Words that are not known count as pending.

        Args:
            bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
            timeout: seconds until the wait is given up, None for no limit. The job goes on.
            on_update: called with the status and the progress, 0 to 100 or None, when either has changed.
            schedule: another schedule: due times in seconds after the beginning. The last gap repeats. An
                iterator serves one job.
            after_run: the mark of a run, as `current_run()` of a job gives it; that run and those before it do
                not count.
            error_timeout: seconds of nothing but faults, such as 503 or no connection, that are borne.
            headers: headers of every request, beside the client's.

        Returns:
            The last status of a job that has ended well.

        Raises:
            JobFailedError: the job has ended badly.
            JobTimeoutError: the time is over; the job goes on.
            CallError: the API has refused, or could not be reached for too long.

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
        on_update: _Callable[[PublishStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> _Job[PublishStatus]:
        """The job of a resume token: with its beginning, its run and its deadline.

        Args:
            token: what `token()` of a job has given, in this process or another, or the `token` of an error.
            timeout: seconds from now, instead of the token's deadline.
            on_update: called with the status and the progress, 0 to 100 or None, when either has changed.
            schedule: another schedule: due times in seconds after the beginning. The last gap repeats. An
                iterator serves one job.
            headers: headers of every request, beside the client's.

        Raises:
            InvalidArgumentError: it is no token of this API.
        """
        return _resume(_Job, self, (_SPEC_PUBLISH_STATUS,), token, timeout, schedule, _options({}, headers, on_update))


class AsyncAIForService(_AsyncClient):
    """AI for Service, async: the status of publishing a bot.

    Args:
        base_url: the base URL, such as `https://platform.kore.ai`.
        jwt: the credential, or a callable, also an async one, that is asked for it before each request.
        timeout: seconds for a whole call, its retries included.
        max_retries: how often an idempotent call is tried again after a connection error or 429, 502, 503,
            504.
        headers: headers of every request.
        verify: True for the system's trust and certifi's, the path of a file or folder of certificates, a
            context, or False for no check at all.
        proxy: the URL of a proxy, instead of that of the environment.
        http_transport: an httpx transport in place of the built-in one.
        event_hooks: hooks of httpx; the requests they see hold no credential.
        max_response_bytes: a larger answer is refused.
        trust_env: whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR
            count.

    Source: https://docs.kore.ai/ai-for-service/apis/automation/api-list
    """

    _schemes = (_Scheme("jwt", "key", "header", "auth"),)
    _alternatives = (("jwt",),)

    def __init__(
        self,
        base_url: str,
        *,
        jwt: _AsyncCredential,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: _Mapping[str, str] | None = None,
        verify: _ssl.SSLContext | str | bool = True,
        proxy: str | _httpx.Proxy | None = None,
        http_transport: _httpx.AsyncBaseTransport | None = None,
        event_hooks: _Mapping[str, list[_Callable[..., _Any]]] | None = None,
        max_response_bytes: int = 10_000_000,
        trust_env: bool = True,
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
        )

    async def get_publish_status(
        self, bot_id: str, *, timeout: float | None = None, headers: _Mapping[str, str] | None = None
    ) -> PublishStatus:
        """Get the publish status of a bot.

        Reports the publish run of a bot, or the last completed one. The status is keyed by the bot: right
        after a publish request it may still report the run before, which `_id` and `requestedTime` tell
        apart. The status is final once it reads successful or failed. A successful run can still await an
        administrator's approval.

        Args:
            bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
            timeout: seconds for the whole call, instead of the client's.
            headers: headers of this request, beside the client's.

        Returns:
            The publish run as it stands.

        Raises:
            ApiError (400): There is no such bot. Answered with 400, not 404.
            UnauthorizedError: The JWT is missing, malformed, wrongly signed or, also answered with 401 and not
                403, lacks the scope Bot Publish, Publish Status.
            ForbiddenError: Access is refused.
            NotFoundError: There is nothing under this path.
            ApiError (405): The method is not allowed.
            RateLimitError: Too many requests, 60 a minute or 1800 an hour per request id. The limits and
                messages are documented, the status code is not.
            UnexpectedResponseError: the answer is not what the document describes.
            TransportError: no answer came.

        Source: https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status
        """
        return (
            await self._call(
                _OP_GET_PUBLISH_STATUS,
                _op_get_publish_status.asyncio_detailed,
                PublishStatus,
                (bot_id,),
                {},
                timeout,
                headers,
            )
        ).parsed

    async def get_publish_status_raw(
        self, bot_id: str, *, timeout: float | None = None, headers: _Mapping[str, str] | None = None
    ) -> _RawResponse[PublishStatus]:
        """As `get_publish_status`, with the status, headers and body around the model."""
        return await self._call(
            _OP_GET_PUBLISH_STATUS,
            _op_get_publish_status.asyncio_detailed,
            PublishStatus,
            (bot_id,),
            {},
            timeout,
            headers,
        )

    def publish_status_job(
        self,
        bot_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: _Callable[[PublishStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        after_run: _RunId | None = None,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> _AsyncJob[PublishStatus]:
        """The job of that id, to be waited for now or with others. Its time runs from here. See
        `wait_for_publish_status` for the arguments.
        """
        return _AsyncJob(
            self,
            _SPEC_PUBLISH_STATUS,
            (bot_id,),
            timeout=timeout,
            schedule=schedule,
            options=_options({}, headers, on_update, after_run=after_run, error_timeout=error_timeout),
        )

    async def wait_for_publish_status(
        self,
        bot_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: _Callable[[PublishStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        after_run: _RunId | None = None,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> PublishStatus:
        """Waits until the job reported by `get_publish_status` has ended.

        The state is final once it reads successful, failed. Words that are not known count as pending.

        Args:
            bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
            timeout: seconds until the wait is given up, None for no limit. The job goes on.
            on_update: called with the status and the progress, 0 to 100 or None, when either has changed.
            schedule: another schedule: due times in seconds after the beginning. The last gap repeats. An
                iterator serves one job.
            after_run: the mark of a run, as `current_run()` of a job gives it; that run and those before it do
                not count.
            error_timeout: seconds of nothing but faults, such as 503 or no connection, that are borne.
            headers: headers of every request, beside the client's.

        Returns:
            The last status of a job that has ended well.

        Raises:
            JobFailedError: the job has ended badly.
            JobTimeoutError: the time is over; the job goes on.
            CallError: the API has refused, or could not be reached for too long.

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
        on_update: _Callable[[PublishStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> _AsyncJob[PublishStatus]:
        """The job of a resume token: with its beginning, its run and its deadline.

        Args:
            token: what `token()` of a job has given, in this process or another, or the `token` of an error.
            timeout: seconds from now, instead of the token's deadline.
            on_update: called with the status and the progress, 0 to 100 or None, when either has changed.
            schedule: another schedule: due times in seconds after the beginning. The last gap repeats. An
                iterator serves one job.
            headers: headers of every request, beside the client's.

        Raises:
            InvalidArgumentError: it is no token of this API.
        """
        return _resume(
            _AsyncJob, self, (_SPEC_PUBLISH_STATUS,), token, timeout, schedule, _options({}, headers, on_update)
        )
