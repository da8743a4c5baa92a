# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""The connection of AI for Service."""

from job_status import AIForService, AsyncAIForService
from job_status._commands import DISTRIBUTION

from .._provider import arguments, hook


class AIForServiceHook(hook.JobStatusHook[AIForService, AsyncAIForService]):
    """A connection of AI for Service: the host is the base URL, such as `https://platform.kore.ai`.

    Args:
        conn_id: The id of the connection.

    Source: https://docs.kore.ai/ai-for-service/apis/automation/api-list
    """

    default_conn_name = "job_status_ai_for_service_default"
    conn_type = "job_status_ai_for_service"
    hook_name = "AI for Service"
    product = hook.product_named(DISTRIBUTION, "AIForService")
    probe = hook.Probe(
        arguments.Call(method="publish_status_job", parameters=("bot_id",), options=()),
        {"bot_id": "st-a86a6717-340b-5830-a8b6-13b4aebxxxxx"},
    )
    client_class = AIForService
    async_client_class = AsyncAIForService
