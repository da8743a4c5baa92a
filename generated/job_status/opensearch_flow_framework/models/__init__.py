# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""Contains all the data models used in inputs/outputs"""

from .core_error import CoreError
from .core_error_cause import CoreErrorCause
from .created_resource import CreatedResource
from .get_workflow_status_response_400 import GetWorkflowStatusResponse400
from .plugin_error import PluginError
from .provisioning_progress import ProvisioningProgress
from .route_error import RouteError
from .workflow_state import WorkflowState
from .workflow_status import WorkflowStatus, WorkflowStatusState
from .workflow_status_user_outputs import WorkflowStatusUserOutputs
from .workflow_status_user_outputs_additional_property import WorkflowStatusUserOutputsAdditionalProperty
from .workflow_user import WorkflowUser

__all__ = (
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
)
