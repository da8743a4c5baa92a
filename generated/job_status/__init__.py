# Generated from openapi by `make generate`; do not edit.

"""Typed clients of APIs that run slow jobs.

- `AgentPlatform` and `AsyncAgentPlatform`: Agent Platform
- `AIForProcess` and `AsyncAIForProcess`: AI for Process
- `AIForService` and `AsyncAIForService`: AI for Service
- `OpenSearchFlowFramework` and `AsyncOpenSearchFlowFramework`: OpenSearch flow-framework

The modules that openapi-python-client has written are importable too, a sub-package per product.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._clients.agent_platform import AgentPlatform as AgentPlatform
    from ._clients.agent_platform import AsyncAgentPlatform as AsyncAgentPlatform
    from ._clients.ai_for_process import AIForProcess as AIForProcess
    from ._clients.ai_for_process import AsyncAIForProcess as AsyncAIForProcess
    from ._clients.ai_for_service import AIForService as AIForService
    from ._clients.ai_for_service import AsyncAIForService as AsyncAIForService
    from ._clients.opensearch_flow_framework import AsyncOpenSearchFlowFramework as AsyncOpenSearchFlowFramework
    from ._clients.opensearch_flow_framework import OpenSearchFlowFramework as OpenSearchFlowFramework
    from ._runtime.call import RawResponse as RawResponse
    from ._runtime.errors import ApiError as ApiError
    from ._runtime.errors import CallError as CallError
    from ._runtime.errors import Forbidden as Forbidden
    from ._runtime.errors import InvalidArgument as InvalidArgument
    from ._runtime.errors import JobError as JobError
    from ._runtime.errors import JobFailed as JobFailed
    from ._runtime.errors import JobNotStarted as JobNotStarted
    from ._runtime.errors import JobStatusError as JobStatusError
    from ._runtime.errors import JobTimedOut as JobTimedOut
    from ._runtime.errors import NotFound as NotFound
    from ._runtime.errors import RateLimited as RateLimited
    from ._runtime.errors import ServerError as ServerError
    from ._runtime.errors import TransportError as TransportError
    from ._runtime.errors import Unauthorized as Unauthorized
    from ._runtime.errors import UnexpectedAnswer as UnexpectedAnswer
    from ._runtime.errors import WaitSummary as WaitSummary
    from ._runtime.waiting.jobs import AsyncJob as AsyncJob
    from ._runtime.waiting.jobs import Job as Job
    from ._runtime.waiting.many import as_completed as as_completed
    from ._runtime.waiting.many import wait_all as wait_all
    from ._runtime.waiting.many_async import async_as_completed as async_as_completed
    from ._runtime.waiting.many_async import async_wait_all as async_wait_all
    from ._runtime.waiting.runs import RunMark as RunMark
    from ._runtime.waiting.watch import Outcome as Outcome

__version__ = "0.1.0"

__all__ = [
    "AIForProcess",
    "AIForService",
    "AgentPlatform",
    "ApiError",
    "AsyncAIForProcess",
    "AsyncAIForService",
    "AsyncAgentPlatform",
    "AsyncJob",
    "AsyncOpenSearchFlowFramework",
    "CallError",
    "Forbidden",
    "InvalidArgument",
    "Job",
    "JobError",
    "JobFailed",
    "JobNotStarted",
    "JobStatusError",
    "JobTimedOut",
    "NotFound",
    "OpenSearchFlowFramework",
    "Outcome",
    "RateLimited",
    "RawResponse",
    "RunMark",
    "ServerError",
    "TransportError",
    "Unauthorized",
    "UnexpectedAnswer",
    "WaitSummary",
    "__version__",
    "as_completed",
    "async_as_completed",
    "async_wait_all",
    "wait_all",
]

_HOMES = {
    "AIForProcess": "._clients.ai_for_process",
    "AIForService": "._clients.ai_for_service",
    "AgentPlatform": "._clients.agent_platform",
    "ApiError": "._runtime.errors",
    "AsyncAIForProcess": "._clients.ai_for_process",
    "AsyncAIForService": "._clients.ai_for_service",
    "AsyncAgentPlatform": "._clients.agent_platform",
    "AsyncJob": "._runtime.waiting.jobs",
    "AsyncOpenSearchFlowFramework": "._clients.opensearch_flow_framework",
    "CallError": "._runtime.errors",
    "Forbidden": "._runtime.errors",
    "InvalidArgument": "._runtime.errors",
    "Job": "._runtime.waiting.jobs",
    "JobError": "._runtime.errors",
    "JobFailed": "._runtime.errors",
    "JobNotStarted": "._runtime.errors",
    "JobStatusError": "._runtime.errors",
    "JobTimedOut": "._runtime.errors",
    "NotFound": "._runtime.errors",
    "OpenSearchFlowFramework": "._clients.opensearch_flow_framework",
    "Outcome": "._runtime.waiting.watch",
    "RateLimited": "._runtime.errors",
    "RawResponse": "._runtime.call",
    "RunMark": "._runtime.waiting.runs",
    "ServerError": "._runtime.errors",
    "TransportError": "._runtime.errors",
    "Unauthorized": "._runtime.errors",
    "UnexpectedAnswer": "._runtime.errors",
    "WaitSummary": "._runtime.errors",
    "as_completed": "._runtime.waiting.many",
    "async_as_completed": "._runtime.waiting.many_async",
    "async_wait_all": "._runtime.waiting.many_async",
    "wait_all": "._runtime.waiting.many",
}

if not TYPE_CHECKING:

    def __getattr__(name):
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
        return value

    def __dir__():
        return sorted([*globals(), *_HOMES])
