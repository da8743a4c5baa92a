# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""What the client classes of OpenSearch flow-framework use, once there is a client."""

from .._client.call import Operation, RawResponse
from .._client.polling.factory import resume as _resume
from .._client.polling.job import AsyncJob, Job, poll_options
from .._client.polling.learned import LearnedSchedule
from .._client.polling.run_id import RunId
from .._client.polling.spec import JobSpec
from ..opensearch_flow_framework.api.workflow.get_workflow_status import _get_kwargs as _build_get_workflow_status
from ..opensearch_flow_framework.models.workflow_status import WorkflowStatus
from ..opensearch_flow_framework.types import Unset

_OP_GET_WORKFLOW_STATUS = Operation(
    "get_workflow_status",
    "GET",
    ("workflow_id",),
    not_served=(400, "no handler found for uri "),
    job_id=("workflow_id",),
)
_SPEC_WORKFLOW_STATUS = JobSpec(
    api="OpenSearchFlowFramework",
    operation=_OP_GET_WORKFLOW_STATUS,
    build=_build_get_workflow_status,
    parse=WorkflowStatus.from_dict,
    state=("state",),
    pending=("PROVISIONING",),
    success=("COMPLETED",),
    failure=("FAILED",),
    not_started=("NOT_STARTED",),
    reason=("error",),
    run=(("provision_start_time",),),
    requested_at=("provision_start_time",),
    unknown=(404, "Fail to find workflow status of "),
    full_view=("all_", True),
)

__all__ = [
    "_OP_GET_WORKFLOW_STATUS",
    "_SPEC_WORKFLOW_STATUS",
    "AsyncJob",
    "Job",
    "LearnedSchedule",
    "RawResponse",
    "RunId",
    "Unset",
    "WorkflowStatus",
    "_build_get_workflow_status",
    "_resume",
    "poll_options",
]
