# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

"""The sensors of AI for Process."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import conf

from .._provider import arguments, sensor
from ..hooks.ai_for_process import AIForProcessHook
from ..triggers import jobs


class AIForProcessDockStatusSensor(sensor.JobSensor):
    """Wait until the job reported by `get_dock_status` ends, and fail as soon as it fails. The last
    status, as JSON, is the result.

    Args:
        dock_status_id: The id of the dock status, as returned by the request that started the job.
        resume_token: The resume token of the job, instead of what names it.
        conn_id: The id of the connection.
        deferrable: Whether the task waits in the triggerer; by default as `[operators] default_deferrable`
            says.
        error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
            tolerated.
        kwargs: The arguments of every sensor.

    Source: https://docs.kore.ai/ai-for-process/apis/apis-list/get-dock-status
    """

    hook_class = AIForProcessHook
    trigger_class = jobs.JobTrigger
    call = arguments.Call("dock_status_job", parameters=("dock_status_id",), waits=("error_timeout",))
    documentation_url = "https://docs.kore.ai/ai-for-process/apis/apis-list/get-dock-status"
    template_fields = ("conn_id", "dock_status_id", "resume_token")

    def __init__(
        self,
        *,
        dock_status_id: str | None = None,
        resume_token: str | None = None,
        conn_id: str = AIForProcessHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        error_timeout: float = 120.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            conn_id=conn_id,
            deferrable=deferrable,
            resume_token=resume_token,
            **kwargs,
        )
        self.dock_status_id = dock_status_id
        self.error_timeout = error_timeout
