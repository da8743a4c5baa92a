# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

"""Agent Platform, as classes."""

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
from .._client.polling.spec import JobSpec as _JobSpec
from ..agent_platform.api.dock_status import get_dock_status as _op_get_dock_status
from ..agent_platform.models.dock_status import DockStatus

_OP_GET_DOCK_STATUS = _Operation("get_dock_status", "GET", ("dock_status_id",), reports=("_id",))
_SPEC_DOCK_STATUS = _JobSpec(
    api="AgentPlatform",
    operation=_OP_GET_DOCK_STATUS,
    request=_op_get_dock_status._get_kwargs,
    read=DockStatus.from_dict,
    id=("_id",),
    state=("status",),
    pending=("IN_PROGRESS",),
    success=("SUCCESS",),
    failure=("FAILED",),
)


class AgentPlatform(_Client):
    """Agent Platform: the status of import, export, deploy and undeploy jobs.

    Args:
        base_url: the base URL, such as `https://agent-platform.domain.ai`.
        api_key: the credential, or a callable that is asked for it before each request.
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

    Source: https://docs.kore.ai/agent-platform/apis
    """

    _schemes = (_Scheme("api_key", "key", "header", "x-api-key"),)
    _alternatives = (("api_key",),)

    def __init__(
        self,
        base_url: str,
        *,
        api_key: _Credential,
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
        )

    def get_dock_status(
        self, dock_status_id: str, *, timeout: float | None = None, headers: _Mapping[str, str] | None = None
    ) -> DockStatus:
        """Get the status of a job.

        Tracks an ongoing or completed job of a tool or model: import, export, deploy or undeploy. The
        status is final once it reads SUCCESS or FAILED.

        Args:
            dock_status_id: The dock status id that the start of the job has answered.
            timeout: seconds for the whole call, instead of the client's.
            headers: headers of this request, beside the client's.

        Returns:
            The job as it stands.

        Raises:
            ApiError (400): The request is malformed.
            UnauthorizedError: The API key is missing or unknown.
            ForbiddenError: The API key lacks the scope. Requests outside the key's scopes are rejected, how is
                not printed.
            NotFoundError: There is no such job. Dock statuses of a sister product expire, some after 15
                minutes.
            RateLimitError: Too many requests. No limit is documented for this product.
            UnexpectedResponseError: the answer is not what the document describes.
            TransportError: no answer came.

        Source: https://docs.kore.ai/agent-platform/apis/apis-list/get-dock-status
        """
        return (
            self._call(
                _OP_GET_DOCK_STATUS,
                _op_get_dock_status.sync_detailed,
                DockStatus,
                (dock_status_id,),
                {},
                timeout,
                headers,
            )
        ).parsed

    def get_dock_status_raw(
        self, dock_status_id: str, *, timeout: float | None = None, headers: _Mapping[str, str] | None = None
    ) -> _RawResponse[DockStatus]:
        """As `get_dock_status`, with the status, headers and body around the model."""
        return self._call(
            _OP_GET_DOCK_STATUS, _op_get_dock_status.sync_detailed, DockStatus, (dock_status_id,), {}, timeout, headers
        )

    def dock_status_job(
        self,
        dock_status_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: _Callable[[DockStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> _Job[DockStatus]:
        """The job of that id, to be waited for now or with others. Its time runs from here. See
        `wait_for_dock_status` for the arguments.
        """
        return _Job(
            self,
            _SPEC_DOCK_STATUS,
            (dock_status_id,),
            timeout=timeout,
            schedule=schedule,
            options=_options({}, headers, on_update, error_timeout=error_timeout),
        )

    def wait_for_dock_status(
        self,
        dock_status_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: _Callable[[DockStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> DockStatus:
        """Waits until the job reported by `get_dock_status` has ended.

        The state is final once it reads SUCCESS, FAILED. Words that are not known count as pending.

        Args:
            dock_status_id: The dock status id that the start of the job has answered.
            timeout: seconds until the wait is given up, None for no limit. The job goes on.
            on_update: called with the status and the progress, 0 to 100 or None, when either has changed.
            schedule: another schedule: due times in seconds after the beginning. The last gap repeats. An
                iterator serves one job.
            error_timeout: seconds of nothing but faults, such as 503 or no connection, that are borne.
            headers: headers of every request, beside the client's.

        Returns:
            The last status of a job that has ended well.

        Raises:
            JobFailedError: the job has ended badly.
            JobTimeoutError: the time is over; the job goes on.
            CallError: the API has refused, or could not be reached for too long.

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
        on_update: _Callable[[DockStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> _Job[DockStatus]:
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
        return _resume(_Job, self, (_SPEC_DOCK_STATUS,), token, timeout, schedule, _options({}, headers, on_update))


class AsyncAgentPlatform(_AsyncClient):
    """Agent Platform, async: the status of import, export, deploy and undeploy jobs.

    Args:
        base_url: the base URL, such as `https://agent-platform.domain.ai`.
        api_key: the credential, or a callable, also an async one, that is asked for it before each request.
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

    Source: https://docs.kore.ai/agent-platform/apis
    """

    _schemes = (_Scheme("api_key", "key", "header", "x-api-key"),)
    _alternatives = (("api_key",),)

    def __init__(
        self,
        base_url: str,
        *,
        api_key: _AsyncCredential,
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
        )

    async def get_dock_status(
        self, dock_status_id: str, *, timeout: float | None = None, headers: _Mapping[str, str] | None = None
    ) -> DockStatus:
        """Get the status of a job.

        Tracks an ongoing or completed job of a tool or model: import, export, deploy or undeploy. The
        status is final once it reads SUCCESS or FAILED.

        Args:
            dock_status_id: The dock status id that the start of the job has answered.
            timeout: seconds for the whole call, instead of the client's.
            headers: headers of this request, beside the client's.

        Returns:
            The job as it stands.

        Raises:
            ApiError (400): The request is malformed.
            UnauthorizedError: The API key is missing or unknown.
            ForbiddenError: The API key lacks the scope. Requests outside the key's scopes are rejected, how is
                not printed.
            NotFoundError: There is no such job. Dock statuses of a sister product expire, some after 15
                minutes.
            RateLimitError: Too many requests. No limit is documented for this product.
            UnexpectedResponseError: the answer is not what the document describes.
            TransportError: no answer came.

        Source: https://docs.kore.ai/agent-platform/apis/apis-list/get-dock-status
        """
        return (
            await self._call(
                _OP_GET_DOCK_STATUS,
                _op_get_dock_status.asyncio_detailed,
                DockStatus,
                (dock_status_id,),
                {},
                timeout,
                headers,
            )
        ).parsed

    async def get_dock_status_raw(
        self, dock_status_id: str, *, timeout: float | None = None, headers: _Mapping[str, str] | None = None
    ) -> _RawResponse[DockStatus]:
        """As `get_dock_status`, with the status, headers and body around the model."""
        return await self._call(
            _OP_GET_DOCK_STATUS,
            _op_get_dock_status.asyncio_detailed,
            DockStatus,
            (dock_status_id,),
            {},
            timeout,
            headers,
        )

    def dock_status_job(
        self,
        dock_status_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: _Callable[[DockStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> _AsyncJob[DockStatus]:
        """The job of that id, to be waited for now or with others. Its time runs from here. See
        `wait_for_dock_status` for the arguments.
        """
        return _AsyncJob(
            self,
            _SPEC_DOCK_STATUS,
            (dock_status_id,),
            timeout=timeout,
            schedule=schedule,
            options=_options({}, headers, on_update, error_timeout=error_timeout),
        )

    async def wait_for_dock_status(
        self,
        dock_status_id: str,
        *,
        timeout: float | None = 3600.0,
        on_update: _Callable[[DockStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> DockStatus:
        """Waits until the job reported by `get_dock_status` has ended.

        The state is final once it reads SUCCESS, FAILED. Words that are not known count as pending.

        Args:
            dock_status_id: The dock status id that the start of the job has answered.
            timeout: seconds until the wait is given up, None for no limit. The job goes on.
            on_update: called with the status and the progress, 0 to 100 or None, when either has changed.
            schedule: another schedule: due times in seconds after the beginning. The last gap repeats. An
                iterator serves one job.
            error_timeout: seconds of nothing but faults, such as 503 or no connection, that are borne.
            headers: headers of every request, beside the client's.

        Returns:
            The last status of a job that has ended well.

        Raises:
            JobFailedError: the job has ended badly.
            JobTimeoutError: the time is over; the job goes on.
            CallError: the API has refused, or could not be reached for too long.

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
        on_update: _Callable[[DockStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> _AsyncJob[DockStatus]:
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
            _AsyncJob, self, (_SPEC_DOCK_STATUS,), token, timeout, schedule, _options({}, headers, on_update)
        )
