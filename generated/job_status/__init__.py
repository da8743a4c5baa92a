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
    from ._runtime.errors import JobStatusError as JobStatusError
    from ._runtime.errors import NotFound as NotFound
    from ._runtime.errors import RateLimited as RateLimited
    from ._runtime.errors import ServerError as ServerError
    from ._runtime.errors import TransportError as TransportError
    from ._runtime.errors import Unauthorized as Unauthorized
    from ._runtime.errors import UnexpectedAnswer as UnexpectedAnswer

__version__ = "0.1.0"

__all__ = [
    "AIForProcess",
    "AIForService",
    "AgentPlatform",
    "ApiError",
    "AsyncAIForProcess",
    "AsyncAIForService",
    "AsyncAgentPlatform",
    "AsyncOpenSearchFlowFramework",
    "CallError",
    "Forbidden",
    "InvalidArgument",
    "JobStatusError",
    "NotFound",
    "OpenSearchFlowFramework",
    "RateLimited",
    "RawResponse",
    "ServerError",
    "TransportError",
    "Unauthorized",
    "UnexpectedAnswer",
    "__version__",
]

_HOMES = {
    "AIForProcess": "._clients.ai_for_process",
    "AIForService": "._clients.ai_for_service",
    "AgentPlatform": "._clients.agent_platform",
    "ApiError": "._runtime.errors",
    "AsyncAIForProcess": "._clients.ai_for_process",
    "AsyncAIForService": "._clients.ai_for_service",
    "AsyncAgentPlatform": "._clients.agent_platform",
    "AsyncOpenSearchFlowFramework": "._clients.opensearch_flow_framework",
    "CallError": "._runtime.errors",
    "Forbidden": "._runtime.errors",
    "InvalidArgument": "._runtime.errors",
    "JobStatusError": "._runtime.errors",
    "NotFound": "._runtime.errors",
    "OpenSearchFlowFramework": "._clients.opensearch_flow_framework",
    "RateLimited": "._runtime.errors",
    "RawResponse": "._runtime.call",
    "ServerError": "._runtime.errors",
    "TransportError": "._runtime.errors",
    "Unauthorized": "._runtime.errors",
    "UnexpectedAnswer": "._runtime.errors",
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
