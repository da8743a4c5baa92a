# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""The sensors of OpenSearch flow-framework."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import conf

from .._provider import arguments, sensor
from ..hooks.opensearch_flow_framework import OpenSearchFlowFrameworkHook
from ..triggers import jobs


class OpenSearchFlowFrameworkWorkflowStatusSensor(sensor.JobSensor):
    """Wait until the job reported by `get_workflow_status` ends, and fail as soon as it fails. The last
    status, as JSON, is the result.

    Args:
        workflow_id: The id of the workflow.
        all_: Whether to return all fields. If false, the response has only workflow_id, error, state and
            resources_created.
        pretty: Whether to indent the response.
        human: Whether to format numbers for humans. The status has no such numbers.
        error_trace: Whether errors of the core include the stack trace.
        resume_token: The resume token of the job, instead of what names it.
        conn_id: The id of the connection.
        deferrable: Whether the task waits in the triggerer; by default as `[operators] default_deferrable`
            says.
        not_started_timeout: Seconds until `JobNotStartedError` while nobody has started the job.
        error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
            tolerated.
        kwargs: The arguments of every sensor.

    Source: https://docs.opensearch.org/latest/automating-workflows/api/get-workflow-status/
    """

    hook_class = OpenSearchFlowFrameworkHook
    trigger_class = jobs.JobTrigger
    call = arguments.Call(
        "workflow_status_job",
        parameters=("workflow_id",),
        options=("all_", "pretty", "human", "error_trace"),
        waits=("not_started_timeout", "error_timeout"),
    )
    documentation_url = "https://docs.opensearch.org/latest/automating-workflows/api/get-workflow-status/"
    template_fields = ("conn_id", "workflow_id", "all_", "pretty", "human", "error_trace", "resume_token")

    def __init__(
        self,
        *,
        workflow_id: str | None = None,
        all_: bool | str | None = None,
        pretty: bool | str | None = None,
        human: bool | str | None = None,
        error_trace: bool | str | None = None,
        resume_token: str | None = None,
        conn_id: str = OpenSearchFlowFrameworkHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        not_started_timeout: float = 30.0,
        error_timeout: float = 120.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            conn_id=conn_id,
            deferrable=deferrable,
            resume_token=resume_token,
            **kwargs,
        )
        self.workflow_id = workflow_id
        self.all_ = all_
        self.pretty = pretty
        self.human = human
        self.error_trace = error_trace
        self.not_started_timeout = not_started_timeout
        self.error_timeout = error_timeout
