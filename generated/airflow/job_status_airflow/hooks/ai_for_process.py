# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

"""The connection of AI for Process."""

from job_status import AIForProcess, AsyncAIForProcess
from job_status._commands import DISTRIBUTION

from .._provider import arguments, hook


class AIForProcessHook(hook.JobStatusHook[AIForProcess, AsyncAIForProcess]):
    """A connection of AI for Process: the host is the base URL, such as
    `https://ai-for-process.domain.ai`.

    Args:
        conn_id: The id of the connection.

    Source: https://docs.kore.ai/ai-for-process/apis/apis
    """

    default_conn_name = "job_status_ai_for_process_default"
    conn_type = "job_status_ai_for_process"
    hook_name = "AI for Process"
    product = hook.product_named(DISTRIBUTION, "AIForProcess")
    probe = hook.Probe(
        arguments.Call(method="dock_status_job", parameters=("dock_status_id",), options=()),
        {"dock_status_id": "ds-24c1d3e3-04fc-5ab5-a1d3-c19f0b6e2a78"},
    )
    client_class = AIForProcess
    async_client_class = AsyncAIForProcess
