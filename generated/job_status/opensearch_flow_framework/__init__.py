# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""A client library for accessing OpenSearch flow-framework"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AuthenticatedClient as AuthenticatedClient
    from .client import Client as Client
    from .models import CoreError as CoreError
    from .models import CoreErrorCause as CoreErrorCause
    from .models import CreatedResource as CreatedResource
    from .models import GetWorkflowStatusResponse400 as GetWorkflowStatusResponse400
    from .models import PluginError as PluginError
    from .models import ProvisioningProgress as ProvisioningProgress
    from .models import RouteError as RouteError
    from .models import WorkflowState as WorkflowState
    from .models import WorkflowStatus as WorkflowStatus
    from .models import WorkflowStatusState as WorkflowStatusState
    from .models import WorkflowStatusUserOutputs as WorkflowStatusUserOutputs
    from .models import WorkflowStatusUserOutputsAdditionalProperty as WorkflowStatusUserOutputsAdditionalProperty
    from .models import WorkflowUser as WorkflowUser

__all__ = [
    "AuthenticatedClient",
    "Client",
    "CoreError",
    "CoreErrorCause",
    "CreatedResource",
    "GetWorkflowStatusResponse400",
    "PluginError",
    "ProvisioningProgress",
    "RouteError",
    "WorkflowState",
    "WorkflowStatus",
    "WorkflowStatusState",
    "WorkflowStatusUserOutputs",
    "WorkflowStatusUserOutputsAdditionalProperty",
    "WorkflowUser",
]

_HOMES = {
    "AuthenticatedClient": ".client",
    "Client": ".client",
    "CoreError": ".models",
    "CoreErrorCause": ".models",
    "CreatedResource": ".models",
    "GetWorkflowStatusResponse400": ".models",
    "PluginError": ".models",
    "ProvisioningProgress": ".models",
    "RouteError": ".models",
    "WorkflowState": ".models",
    "WorkflowStatus": ".models",
    "WorkflowStatusState": ".models",
    "WorkflowStatusUserOutputs": ".models",
    "WorkflowStatusUserOutputsAdditionalProperty": ".models",
    "WorkflowUser": ".models",
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
