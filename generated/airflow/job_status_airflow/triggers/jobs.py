# Generated from openapi by `make generate`; do not edit.

"""The trigger that waits for a job of any product."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .._provider import hook, trigger
from ..hooks.agent_platform import AgentPlatformHook
from ..hooks.ai_for_process import AIForProcessHook
from ..hooks.ai_for_service import AIForServiceHook
from ..hooks.opensearch_flow_framework import OpenSearchFlowFrameworkHook


class JobTrigger(trigger.JobTrigger):
    """Wait for the job of a resume token; its state is the id of a connection and the token."""

    hooks: ClassVar[Mapping[str, type[hook.JobStatusHook[Any, Any]]]] = {
        "AgentPlatform": AgentPlatformHook,
        "AIForProcess": AIForProcessHook,
        "AIForService": AIForServiceHook,
        "OpenSearchFlowFramework": OpenSearchFlowFrameworkHook,
    }
