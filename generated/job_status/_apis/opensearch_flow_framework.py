# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""OpenSearch flow-framework, as classes."""

from __future__ import annotations

import ssl as _ssl
from collections.abc import Callable as _Callable
from collections.abc import Iterable as _Iterable
from collections.abc import Mapping as _Mapping
from typing import Any as _Any

import httpx as _httpx

from .._client.auth import AsyncBasicCredential as _AsyncBasicCredential
from .._client.auth import BasicCredential as _BasicCredential
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
from ..opensearch_flow_framework.api.workflow import get_workflow_status as _op_get_workflow_status
from ..opensearch_flow_framework.models.workflow_status import WorkflowStatus
from ..opensearch_flow_framework.types import Unset

_OP_GET_WORKFLOW_STATUS = _Operation(
    "get_workflow_status",
    "GET",
    ("workflow_id",),
    not_served=(400, "no handler found for uri "),
    reports=("workflow_id",),
)
_SPEC_WORKFLOW_STATUS = _JobSpec(
    api="OpenSearchFlowFramework",
    operation=_OP_GET_WORKFLOW_STATUS,
    request=_op_get_workflow_status._get_kwargs,
    read=WorkflowStatus.from_dict,
    id=("workflow_id",),
    state=("state",),
    pending=("PROVISIONING",),
    success=("COMPLETED",),
    failure=("FAILED",),
    not_started=("NOT_STARTED",),
    reason=("error",),
    run=(("provision_start_time",),),
    begun=("provision_start_time",),
    unknown=(404, "Fail to find workflow status of "),
    widest=("all_", True),
)


class OpenSearchFlowFramework(_Client):
    """OpenSearch flow-framework: the status of provisioning a workflow.

    Args:
        base_url: the base URL, such as `http://localhost:9200`.
        basic_auth: (user, password), or a callable that is asked for it before each request.
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

    Source: https://docs.opensearch.org/latest/automating-workflows/api/index/
    """

    _schemes = (_Scheme("basic_auth", "basic", "header", "Authorization"),)
    _alternatives = (("basic_auth",), ())

    def __init__(
        self,
        base_url: str,
        *,
        basic_auth: _BasicCredential | None = None,
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
            {"basic_auth": basic_auth},
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

    def get_workflow_status(
        self,
        workflow_id: str,
        *,
        all_: bool | Unset = False,
        pretty: bool | Unset = False,
        human: bool | Unset = False,
        error_trace: bool | Unset = False,
        timeout: float | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> WorkflowStatus:
        """Get the status of a workflow.

        Monitors the provisioning of a workflow until it is complete. The state is final once it reads
        COMPLETED or FAILED, as long as nobody deprovisions meanwhile: a deprovisioning during a
        provisioning reads NOT_STARTED, or COMPLETED where it is refused, and the provisioning goes on
        unseen until it writes COMPLETED or FAILED. Otherwise NOT_STARTED moves only when somebody asks to
        provision. A node that stops while it provisions leaves PROVISIONING for good, and so do as many
        provisionings at once as the plugin has threads for, 8 unless set otherwise: they wait for each
        other until the node is started again. Decide by `state` alone: an `error` can stand beside any
        state.

        Args:
            workflow_id: The workflow.
            all_: Whether to return every field. Otherwise the answer holds workflow_id, error, state and
                resources_created.
            pretty: Whether to indent the answer.
            human: Whether to write numbers for people. The status has none that change.
            error_trace: Whether an error of the core carries its stack trace.
            timeout: seconds for the whole call, instead of the client's.
            headers: headers of this request, beside the client's.

        Returns:
            The workflow as it stands.

        Raises:
            ApiError (400): A parameter cannot be read or is not known, both told by the core; or the plugin
                refuses (an empty tenant, or before 3.0 a workflow of another backend role).
            UnauthorizedError: The credentials are missing or wrong. Told by the security plugin, in plain text.
            ForbiddenError: The plugin is disabled, the user lacks the permission, or the workflow belongs to
                another tenant.
            NotFoundError: There is no such workflow, or the state index could not be read: closed, blocked,
                missing or, for a second after a restart, not yet there. It does not prove that the workflow is
                gone.
            ApiError (405): The method is not allowed.
            ApiError (406): The request has a body without a type or of a type that the core does not read.
            RateLimitError: A breaker of the core has tripped: that of requests under way, for requests with a
                body, or that of the whole heap, for any request to a node that is short of it.
            ServerError: The stored state cannot be read. Before 2.19 answered with 400.
            ServerError: The security plugin has not started yet.
            UnexpectedResponseError: the answer is not what the document describes.
            TransportError: no answer came.

        Source: https://docs.opensearch.org/latest/automating-workflows/api/get-workflow-status/
        """
        return (
            self._call(
                _OP_GET_WORKFLOW_STATUS,
                _op_get_workflow_status.sync_detailed,
                WorkflowStatus,
                (workflow_id,),
                {"all_": all_, "pretty": pretty, "human": human, "error_trace": error_trace},
                timeout,
                headers,
            )
        ).parsed

    def get_workflow_status_raw(
        self,
        workflow_id: str,
        *,
        all_: bool | Unset = False,
        pretty: bool | Unset = False,
        human: bool | Unset = False,
        error_trace: bool | Unset = False,
        timeout: float | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> _RawResponse[WorkflowStatus]:
        """As `get_workflow_status`, with the status, headers and body around the model."""
        return self._call(
            _OP_GET_WORKFLOW_STATUS,
            _op_get_workflow_status.sync_detailed,
            WorkflowStatus,
            (workflow_id,),
            {"all_": all_, "pretty": pretty, "human": human, "error_trace": error_trace},
            timeout,
            headers,
        )

    def workflow_status_job(
        self,
        workflow_id: str,
        *,
        all_: bool | Unset = False,
        pretty: bool | Unset = False,
        human: bool | Unset = False,
        error_trace: bool | Unset = False,
        timeout: float | None = 3600.0,
        on_update: _Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        after_run: _RunId | None = None,
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> _Job[WorkflowStatus]:
        """The job of that id, to be waited for now or with others. Its time runs from here. See
        `wait_for_workflow_status` for the arguments.
        """
        return _Job(
            self,
            _SPEC_WORKFLOW_STATUS,
            (workflow_id,),
            timeout=timeout,
            schedule=schedule,
            options=_options(
                {"all_": all_, "pretty": pretty, "human": human, "error_trace": error_trace},
                headers,
                on_update,
                after_run=after_run,
                not_started_timeout=not_started_timeout,
                error_timeout=error_timeout,
            ),
        )

    def wait_for_workflow_status(
        self,
        workflow_id: str,
        *,
        all_: bool | Unset = False,
        pretty: bool | Unset = False,
        human: bool | Unset = False,
        error_trace: bool | Unset = False,
        timeout: float | None = 3600.0,
        on_update: _Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        after_run: _RunId | None = None,
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> WorkflowStatus:
        """Waits until the job reported by `get_workflow_status` has ended.

        The state is final once it reads COMPLETED, FAILED. Words that are not known count as pending.

        Args:
            workflow_id: The workflow.
            all_: Whether to return every field. Otherwise the answer holds workflow_id, error, state and
                resources_created.
            pretty: Whether to indent the answer.
            human: Whether to write numbers for people. The status has none that change.
            error_trace: Whether an error of the core carries its stack trace.
            timeout: seconds until the wait is given up, None for no limit. The job goes on.
            on_update: called with the status and the progress, 0 to 100 or None, when either has changed.
            schedule: another schedule: due times in seconds after the beginning. The last gap repeats. An
                iterator serves one job.
            after_run: the mark of a run, as `current_run()` of a job gives it; that run and those before it do
                not count.
            not_started_timeout: seconds that a job may rest in a state that it does not leave by itself.
            error_timeout: seconds of nothing but faults, such as 503 or no connection, that are borne.
            headers: headers of every request, beside the client's.

        Returns:
            The last status of a job that has ended well.

        Raises:
            JobFailedError: the job has ended badly.
            JobTimeoutError: the time is over; the job goes on.
            JobNotStartedError: it rests in a state that it does not leave by itself.
            CallError: the API has refused, or could not be reached for too long.

        Source: https://docs.opensearch.org/latest/automating-workflows/api/get-workflow-status/
        """
        return self.workflow_status_job(
            workflow_id,
            all_=all_,
            pretty=pretty,
            human=human,
            error_trace=error_trace,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            after_run=after_run,
            not_started_timeout=not_started_timeout,
            error_timeout=error_timeout,
            headers=headers,
        ).wait()

    def resume(
        self,
        token: str,
        *,
        timeout: float | None = None,
        on_update: _Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> _Job[WorkflowStatus]:
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
        return _resume(_Job, self, (_SPEC_WORKFLOW_STATUS,), token, timeout, schedule, _options({}, headers, on_update))


class AsyncOpenSearchFlowFramework(_AsyncClient):
    """OpenSearch flow-framework, async: the status of provisioning a workflow.

    Args:
        base_url: the base URL, such as `http://localhost:9200`.
        basic_auth: (user, password), or a callable, also an async one, that is asked for it before each
            request.
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

    Source: https://docs.opensearch.org/latest/automating-workflows/api/index/
    """

    _schemes = (_Scheme("basic_auth", "basic", "header", "Authorization"),)
    _alternatives = (("basic_auth",), ())

    def __init__(
        self,
        base_url: str,
        *,
        basic_auth: _AsyncBasicCredential | None = None,
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
            {"basic_auth": basic_auth},
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

    async def get_workflow_status(
        self,
        workflow_id: str,
        *,
        all_: bool | Unset = False,
        pretty: bool | Unset = False,
        human: bool | Unset = False,
        error_trace: bool | Unset = False,
        timeout: float | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> WorkflowStatus:
        """Get the status of a workflow.

        Monitors the provisioning of a workflow until it is complete. The state is final once it reads
        COMPLETED or FAILED, as long as nobody deprovisions meanwhile: a deprovisioning during a
        provisioning reads NOT_STARTED, or COMPLETED where it is refused, and the provisioning goes on
        unseen until it writes COMPLETED or FAILED. Otherwise NOT_STARTED moves only when somebody asks to
        provision. A node that stops while it provisions leaves PROVISIONING for good, and so do as many
        provisionings at once as the plugin has threads for, 8 unless set otherwise: they wait for each
        other until the node is started again. Decide by `state` alone: an `error` can stand beside any
        state.

        Args:
            workflow_id: The workflow.
            all_: Whether to return every field. Otherwise the answer holds workflow_id, error, state and
                resources_created.
            pretty: Whether to indent the answer.
            human: Whether to write numbers for people. The status has none that change.
            error_trace: Whether an error of the core carries its stack trace.
            timeout: seconds for the whole call, instead of the client's.
            headers: headers of this request, beside the client's.

        Returns:
            The workflow as it stands.

        Raises:
            ApiError (400): A parameter cannot be read or is not known, both told by the core; or the plugin
                refuses (an empty tenant, or before 3.0 a workflow of another backend role).
            UnauthorizedError: The credentials are missing or wrong. Told by the security plugin, in plain text.
            ForbiddenError: The plugin is disabled, the user lacks the permission, or the workflow belongs to
                another tenant.
            NotFoundError: There is no such workflow, or the state index could not be read: closed, blocked,
                missing or, for a second after a restart, not yet there. It does not prove that the workflow is
                gone.
            ApiError (405): The method is not allowed.
            ApiError (406): The request has a body without a type or of a type that the core does not read.
            RateLimitError: A breaker of the core has tripped: that of requests under way, for requests with a
                body, or that of the whole heap, for any request to a node that is short of it.
            ServerError: The stored state cannot be read. Before 2.19 answered with 400.
            ServerError: The security plugin has not started yet.
            UnexpectedResponseError: the answer is not what the document describes.
            TransportError: no answer came.

        Source: https://docs.opensearch.org/latest/automating-workflows/api/get-workflow-status/
        """
        return (
            await self._call(
                _OP_GET_WORKFLOW_STATUS,
                _op_get_workflow_status.asyncio_detailed,
                WorkflowStatus,
                (workflow_id,),
                {"all_": all_, "pretty": pretty, "human": human, "error_trace": error_trace},
                timeout,
                headers,
            )
        ).parsed

    async def get_workflow_status_raw(
        self,
        workflow_id: str,
        *,
        all_: bool | Unset = False,
        pretty: bool | Unset = False,
        human: bool | Unset = False,
        error_trace: bool | Unset = False,
        timeout: float | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> _RawResponse[WorkflowStatus]:
        """As `get_workflow_status`, with the status, headers and body around the model."""
        return await self._call(
            _OP_GET_WORKFLOW_STATUS,
            _op_get_workflow_status.asyncio_detailed,
            WorkflowStatus,
            (workflow_id,),
            {"all_": all_, "pretty": pretty, "human": human, "error_trace": error_trace},
            timeout,
            headers,
        )

    def workflow_status_job(
        self,
        workflow_id: str,
        *,
        all_: bool | Unset = False,
        pretty: bool | Unset = False,
        human: bool | Unset = False,
        error_trace: bool | Unset = False,
        timeout: float | None = 3600.0,
        on_update: _Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        after_run: _RunId | None = None,
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> _AsyncJob[WorkflowStatus]:
        """The job of that id, to be waited for now or with others. Its time runs from here. See
        `wait_for_workflow_status` for the arguments.
        """
        return _AsyncJob(
            self,
            _SPEC_WORKFLOW_STATUS,
            (workflow_id,),
            timeout=timeout,
            schedule=schedule,
            options=_options(
                {"all_": all_, "pretty": pretty, "human": human, "error_trace": error_trace},
                headers,
                on_update,
                after_run=after_run,
                not_started_timeout=not_started_timeout,
                error_timeout=error_timeout,
            ),
        )

    async def wait_for_workflow_status(
        self,
        workflow_id: str,
        *,
        all_: bool | Unset = False,
        pretty: bool | Unset = False,
        human: bool | Unset = False,
        error_trace: bool | Unset = False,
        timeout: float | None = 3600.0,
        on_update: _Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        after_run: _RunId | None = None,
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        headers: _Mapping[str, str] | None = None,
    ) -> WorkflowStatus:
        """Waits until the job reported by `get_workflow_status` has ended.

        The state is final once it reads COMPLETED, FAILED. Words that are not known count as pending.

        Args:
            workflow_id: The workflow.
            all_: Whether to return every field. Otherwise the answer holds workflow_id, error, state and
                resources_created.
            pretty: Whether to indent the answer.
            human: Whether to write numbers for people. The status has none that change.
            error_trace: Whether an error of the core carries its stack trace.
            timeout: seconds until the wait is given up, None for no limit. The job goes on.
            on_update: called with the status and the progress, 0 to 100 or None, when either has changed.
            schedule: another schedule: due times in seconds after the beginning. The last gap repeats. An
                iterator serves one job.
            after_run: the mark of a run, as `current_run()` of a job gives it; that run and those before it do
                not count.
            not_started_timeout: seconds that a job may rest in a state that it does not leave by itself.
            error_timeout: seconds of nothing but faults, such as 503 or no connection, that are borne.
            headers: headers of every request, beside the client's.

        Returns:
            The last status of a job that has ended well.

        Raises:
            JobFailedError: the job has ended badly.
            JobTimeoutError: the time is over; the job goes on.
            JobNotStartedError: it rests in a state that it does not leave by itself.
            CallError: the API has refused, or could not be reached for too long.

        Source: https://docs.opensearch.org/latest/automating-workflows/api/get-workflow-status/
        """
        return await self.workflow_status_job(
            workflow_id,
            all_=all_,
            pretty=pretty,
            human=human,
            error_trace=error_trace,
            timeout=timeout,
            on_update=on_update,
            schedule=schedule,
            after_run=after_run,
            not_started_timeout=not_started_timeout,
            error_timeout=error_timeout,
            headers=headers,
        ).wait()

    def resume(
        self,
        token: str,
        *,
        timeout: float | None = None,
        on_update: _Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: _Iterable[float] | None = None,
        headers: _Mapping[str, str] | None = None,
    ) -> _AsyncJob[WorkflowStatus]:
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
            _AsyncJob, self, (_SPEC_WORKFLOW_STATUS,), token, timeout, schedule, _options({}, headers, on_update)
        )
