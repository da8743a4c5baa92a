# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

"""What the client classes of Agent Platform use, once there is a client."""

from .._client.call import Operation, RawResponse
from .._client.polling.factory import resume as _resume
from .._client.polling.job import AsyncJob, Job, poll_options
from .._client.polling.learned import LearnedSchedule
from .._client.polling.spec import JobSpec
from ..agent_platform.api.dock_status.get_dock_status import _get_kwargs as _build_get_dock_status
from ..agent_platform.models.dock_status import DockStatus

_OP_GET_DOCK_STATUS = Operation("get_dock_status", "GET", ("dock_status_id",), job_id=("_id",))
_SPEC_DOCK_STATUS = JobSpec(
    api="AgentPlatform",
    operation=_OP_GET_DOCK_STATUS,
    build=_build_get_dock_status,
    parse=DockStatus.from_dict,
    state=("status",),
    pending=("IN_PROGRESS",),
    success=("SUCCESS",),
    failure=("FAILED",),
)

__all__ = [
    "_OP_GET_DOCK_STATUS",
    "_SPEC_DOCK_STATUS",
    "AsyncJob",
    "DockStatus",
    "Job",
    "LearnedSchedule",
    "RawResponse",
    "_build_get_dock_status",
    "_resume",
    "poll_options",
]
