# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""The sensors of AI for Service."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import conf

from .._provider import arguments, sensor
from ..hooks.ai_for_service import AIForServiceHook
from ..triggers import jobs


class AIForServicePublishStatusSensor(sensor.JobSensor):
    """Wait until the job reported by `get_publish_status` ends, and fail as soon as it fails. The last
    status, as JSON, is the result.

    Args:
        bot_id: Bot ID or Stream ID, found under General Settings of the App Builder.
        resume_token: The resume token of the job, instead of what names it.
        conn_id: The id of the connection.
        deferrable: Whether the task waits in the triggerer; by default as `[operators] default_deferrable`
            says.
        error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
            tolerated.
        kwargs: The arguments of every sensor.

    Source: https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status
    """

    hook_class = AIForServiceHook
    trigger_class = jobs.JobTrigger
    call = arguments.Call("publish_status_job", parameters=("bot_id",), waits=("error_timeout",))
    documentation_url = "https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status"
    template_fields = ("conn_id", "bot_id", "resume_token")

    def __init__(
        self,
        *,
        bot_id: str | None = None,
        resume_token: str | None = None,
        conn_id: str = AIForServiceHook.default_conn_name,
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
        self.bot_id = bot_id
        self.error_timeout = error_timeout
