# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""The client classes of OpenSearch flow-framework."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from .._client.base import AsyncClient, Client
from .._client.schemes import AsyncBasicCredential, BasicCredential, Scheme

if TYPE_CHECKING:
    from .._operations.opensearch_flow_framework import (
        _OP_GET_WORKFLOW_STATUS,
        _SPEC_WORKFLOW_STATUS,
        AsyncJob,
        Job,
        LearnedSchedule,
        RawResponse,
        RunId,
        Unset,
        WorkflowStatus,
        _build_get_workflow_status,
        _resume,
        poll_options,
    )


def _load() -> None:
    from .._operations import opensearch_flow_framework as operations

    globals().update((name, getattr(operations, name)) for name in operations.__all__)


class OpenSearchFlowFramework(Client):
    """OpenSearch flow-framework: the status of provisioning a workflow.

    Args:
        base_url: The base URL, such as `http://localhost:9200`; by default that of the environment variable
            `OPENSEARCH_FLOW_FRAMEWORK_URL`.
        basic_auth: (user, password), or a callable that returns it and is called before each request; by
            default that of `OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH`, as user:password.
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

    Source: https://docs.opensearch.org/latest/automating-workflows/api/index/
    """

    _load = staticmethod(_load)
    _url_variable = "OPENSEARCH_FLOW_FRAMEWORK_URL"
    _schemes = (Scheme("basic_auth", "basic", "header", "Authorization", "OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH"),)
    _alternatives = (("basic_auth",), ())

    def __init__(
        self,
        base_url: str | None = None,
        *,
        basic_auth: BasicCredential | None = None,
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
            record=record,
            max_in_flight=max_in_flight,
            limits_store=limits_store,
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
        headers: Mapping[str, str] | None = None,
    ) -> WorkflowStatus:
        """Get the status of a workflow.

        Returns the status of the provisioning of a workflow. The states COMPLETED and FAILED are final,
        unless the workflow is deprovisioned during the provisioning: the state is then NOT_STARTED, or
        COMPLETED if the deprovisioning is refused, and the provisioning continues in the background until
        it sets COMPLETED or FAILED. Otherwise NOT_STARTED changes only when the workflow is provisioned. If
        a node stops during a provisioning, the state stays PROVISIONING forever. The same happens to
        concurrent provisionings if there are as many as the plugin has threads, 8 by default: they block
        each other until the node is restarted. Use only `state` to decide: an `error` can be present in any
        state.

        Args:
            workflow_id: The id of the workflow.
            all_: Whether to return all fields. If false, the response has only workflow_id, error, state and
                resources_created.
            pretty: Whether to indent the response.
            human: Whether to format numbers for humans. The status has no such numbers.
            error_trace: Whether errors of the core include the stack trace.
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The current status of the workflow.

        Raises:
            ApiError (400): A parameter is invalid or unknown, as an error of the core; or the plugin refuses
                the request (an empty tenant, or before 3.0 a workflow of another backend role).
            UnauthorizedError: The credentials are missing or wrong. The response is plain text of the security
                plugin.
            ForbiddenError: The plugin is disabled, the user lacks the permission, or the workflow belongs to
                another tenant.
            NotFoundError: There is no such workflow, or the state index is unavailable: closed, blocked,
                missing or, for a second after a restart, not yet loaded. The response does not prove that the
                workflow has been deleted.
            ApiError (405): The method is not allowed.
            ApiError (406): The request has a body whose content type is missing or not supported by the core.
            RateLimitError: A circuit breaker of the core has tripped: that of in-flight requests, for requests
                with a body, or the parent breaker, for any request to a node that is low on heap memory.
            ServerError: The stored state cannot be parsed. Before 2.19 the status code is 400.
            ServerError: The security plugin has not started yet.
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.

        Source: https://docs.opensearch.org/latest/automating-workflows/api/get-workflow-status/
        """
        return (
            self._core.call(
                _OP_GET_WORKFLOW_STATUS,
                _build_get_workflow_status,
                WorkflowStatus.from_dict,
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
        headers: Mapping[str, str] | None = None,
    ) -> RawResponse[WorkflowStatus]:
        """Call `get_workflow_status`, and return the status, headers and body together with the parsed body."""
        return self._core.call(
            _OP_GET_WORKFLOW_STATUS,
            _build_get_workflow_status,
            WorkflowStatus.from_dict,
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
        on_update: Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        after_run: RunId | None = None,
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> Job[WorkflowStatus]:
        """Return a `Job` for an id, without polling, to wait for it alone or with others. Its timeout counts
        from here. See `wait_for_workflow_status` for the arguments.
        """
        return Job(
            self._core,
            _SPEC_WORKFLOW_STATUS,
            (workflow_id,),
            timeout=timeout,
            schedule=schedule,
            options=poll_options(
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
        on_update: Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        after_run: RunId | None = None,
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> WorkflowStatus:
        """Wait until the job reported by `get_workflow_status` ends, and return its last status.

        The final states are COMPLETED, FAILED. An unknown state is treated as pending.

        Args:
            workflow_id: The id of the workflow.
            all_: Whether to return all fields. If false, the response has only workflow_id, error, state and
                resources_created.
            pretty: Whether to indent the response.
            human: Whether to format numbers for humans. The status has no such numbers.
            error_trace: Whether errors of the core include the stack trace.
            timeout: Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            after_run: A run from `current_run()` of a job; that run and earlier ones are ignored.
            not_started_timeout: Seconds until `JobNotStartedError` while nobody has started the job.
            error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
                tolerated.
            headers: Headers of every request, in addition to the client's.

        Returns:
            The last status of a job that succeeded.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The deadline passed; the job keeps running.
            JobNotStartedError: Nobody has started the job.
            CallError: The API returned an error, or was unavailable for too long.

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
        on_update: Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Job[WorkflowStatus]:
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
            Job, self._core, (_SPEC_WORKFLOW_STATUS,), token, timeout, schedule, poll_options({}, headers, on_update)
        )


class AsyncOpenSearchFlowFramework(AsyncClient):
    """OpenSearch flow-framework, async: the status of provisioning a workflow.

    Args:
        base_url: The base URL, such as `http://localhost:9200`; by default that of the environment variable
            `OPENSEARCH_FLOW_FRAMEWORK_URL`.
        basic_auth: (user, password), or a callable, sync or async, that returns it and is called before
            each request; by default that of `OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH`, as user:password.
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

    Source: https://docs.opensearch.org/latest/automating-workflows/api/index/
    """

    _load = staticmethod(_load)
    _url_variable = "OPENSEARCH_FLOW_FRAMEWORK_URL"
    _schemes = (Scheme("basic_auth", "basic", "header", "Authorization", "OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH"),)
    _alternatives = (("basic_auth",), ())

    def __init__(
        self,
        base_url: str | None = None,
        *,
        basic_auth: AsyncBasicCredential | None = None,
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
            record=record,
            max_in_flight=max_in_flight,
            limits_store=limits_store,
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
        headers: Mapping[str, str] | None = None,
    ) -> WorkflowStatus:
        """Get the status of a workflow.

        Returns the status of the provisioning of a workflow. The states COMPLETED and FAILED are final,
        unless the workflow is deprovisioned during the provisioning: the state is then NOT_STARTED, or
        COMPLETED if the deprovisioning is refused, and the provisioning continues in the background until
        it sets COMPLETED or FAILED. Otherwise NOT_STARTED changes only when the workflow is provisioned. If
        a node stops during a provisioning, the state stays PROVISIONING forever. The same happens to
        concurrent provisionings if there are as many as the plugin has threads, 8 by default: they block
        each other until the node is restarted. Use only `state` to decide: an `error` can be present in any
        state.

        Args:
            workflow_id: The id of the workflow.
            all_: Whether to return all fields. If false, the response has only workflow_id, error, state and
                resources_created.
            pretty: Whether to indent the response.
            human: Whether to format numbers for humans. The status has no such numbers.
            error_trace: Whether errors of the core include the stack trace.
            timeout: Seconds for the call, instead of the client's `timeout`.
            headers: Headers of this request, in addition to the client's.

        Returns:
            The current status of the workflow.

        Raises:
            ApiError (400): A parameter is invalid or unknown, as an error of the core; or the plugin refuses
                the request (an empty tenant, or before 3.0 a workflow of another backend role).
            UnauthorizedError: The credentials are missing or wrong. The response is plain text of the security
                plugin.
            ForbiddenError: The plugin is disabled, the user lacks the permission, or the workflow belongs to
                another tenant.
            NotFoundError: There is no such workflow, or the state index is unavailable: closed, blocked,
                missing or, for a second after a restart, not yet loaded. The response does not prove that the
                workflow has been deleted.
            ApiError (405): The method is not allowed.
            ApiError (406): The request has a body whose content type is missing or not supported by the core.
            RateLimitError: A circuit breaker of the core has tripped: that of in-flight requests, for requests
                with a body, or the parent breaker, for any request to a node that is low on heap memory.
            ServerError: The stored state cannot be parsed. Before 2.19 the status code is 400.
            ServerError: The security plugin has not started yet.
            UnexpectedResponseError: The OpenAPI document does not describe the response.
            TransportError: No response was received.

        Source: https://docs.opensearch.org/latest/automating-workflows/api/get-workflow-status/
        """
        return (
            await self._core.call(
                _OP_GET_WORKFLOW_STATUS,
                _build_get_workflow_status,
                WorkflowStatus.from_dict,
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
        headers: Mapping[str, str] | None = None,
    ) -> RawResponse[WorkflowStatus]:
        """Call `get_workflow_status`, and return the status, headers and body together with the parsed body."""
        return await self._core.call(
            _OP_GET_WORKFLOW_STATUS,
            _build_get_workflow_status,
            WorkflowStatus.from_dict,
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
        on_update: Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        after_run: RunId | None = None,
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[WorkflowStatus]:
        """Return a `Job` for an id, without polling, to wait for it alone or with others. Its timeout counts
        from here. See `wait_for_workflow_status` for the arguments.
        """
        return AsyncJob(
            self._core,
            _SPEC_WORKFLOW_STATUS,
            (workflow_id,),
            timeout=timeout,
            schedule=schedule,
            options=poll_options(
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
        on_update: Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        after_run: RunId | None = None,
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        headers: Mapping[str, str] | None = None,
    ) -> WorkflowStatus:
        """Wait until the job reported by `get_workflow_status` ends, and return its last status.

        The final states are COMPLETED, FAILED. An unknown state is treated as pending.

        Args:
            workflow_id: The id of the workflow.
            all_: Whether to return all fields. If false, the response has only workflow_id, error, state and
                resources_created.
            pretty: Whether to indent the response.
            human: Whether to format numbers for humans. The status has no such numbers.
            error_trace: Whether errors of the core include the stack trace.
            timeout: Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.
            on_update: Called with the status and the progress, 0 to 100 or None, whenever either changes.
            schedule: Due times of the polls in seconds after the start of the wait, instead of the default
                schedule; the last interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.
            after_run: A run from `current_run()` of a job; that run and earlier ones are ignored.
            not_started_timeout: Seconds until `JobNotStartedError` while nobody has started the job.
            error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
                tolerated.
            headers: Headers of every request, in addition to the client's.

        Returns:
            The last status of a job that succeeded.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The deadline passed; the job keeps running.
            JobNotStartedError: Nobody has started the job.
            CallError: The API returned an error, or was unavailable for too long.

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
        on_update: Callable[[WorkflowStatus, float | None], object] | None = None,
        schedule: Iterable[float] | LearnedSchedule | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncJob[WorkflowStatus]:
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
            (_SPEC_WORKFLOW_STATUS,),
            token,
            timeout,
            schedule,
            poll_options({}, headers, on_update),
        )
