# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

"""The connection of Agent Platform."""

from job_status import AgentPlatform, AsyncAgentPlatform
from job_status._commands import DISTRIBUTION

from .._provider import arguments, hook


class AgentPlatformHook(hook.JobStatusHook[AgentPlatform, AsyncAgentPlatform]):
    """A connection of Agent Platform: the host is the base URL, such as
    `https://agent-platform.domain.ai`.

    Args:
        conn_id: The id of the connection.

    Source: https://docs.kore.ai/agent-platform/apis
    """

    default_conn_name = "job_status_agent_platform_default"
    conn_type = "job_status_agent_platform"
    hook_name = "Agent Platform"
    product = hook.product_named(DISTRIBUTION, "AgentPlatform")
    probe = hook.Probe(
        arguments.Call(method="dock_status_job", parameters=("dock_status_id",), options=()),
        {"dock_status_id": "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8"},
    )
    client_class = AgentPlatform
    async_client_class = AsyncAgentPlatform
