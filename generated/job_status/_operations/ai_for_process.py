# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

"""What the client classes of AI for Process use, once there is a client."""

from .._client.call import Operation, RawResponse
from .._client.polling.factory import Link, Start, Starts, follow
from .._client.polling.factory import resume as _resume
from .._client.polling.job import AsyncJob, Job, poll_options
from .._client.polling.learned import LearnedSchedule
from .._client.polling.spec import JobSpec
from ..ai_for_process.api.dock_status.get_dock_status import _get_kwargs as _build_get_dock_status
from ..ai_for_process.api.models.undeploy_model import _get_kwargs as _build_undeploy_model
from ..ai_for_process.models.dock_status import DockStatus
from ..ai_for_process.models.model_undeployment import ModelUndeployment

_OP_GET_DOCK_STATUS = Operation("get_dock_status", "GET", ("dock_status_id",), job_id=("_id",))
_OP_UNDEPLOY_MODEL = Operation("undeploy_model", "POST", ("model_id",), is_start=True)
_SPEC_DOCK_STATUS = JobSpec(
    api="AIForProcess",
    operation=_OP_GET_DOCK_STATUS,
    build=_build_get_dock_status,
    parse=DockStatus.from_dict,
    state=("status",),
    pending=("IN_PROGRESS",),
    success=("SUCCESS",),
    failure=("FAILED",),
)
_STARTS: Starts = {
    ModelUndeployment: Start(
        _OP_UNDEPLOY_MODEL,
        (
            Link(
                _SPEC_DOCK_STATUS,
                (("dockStatusId", ("response.body", ("dock-statusId",))),),
                "wait_for_dock_status",
                "/api/public/dock-status/{dockStatusId}",
            ),
            Link(
                _SPEC_DOCK_STATUS,
                (("dockStatusId", ("response.body", ("dockStatusId",))),),
                "wait_for_dock_status",
                "/api/public/dock-status/{dockStatusId}",
            ),
        ),
    ),
}

__all__ = [
    "_OP_GET_DOCK_STATUS",
    "_OP_UNDEPLOY_MODEL",
    "_SPEC_DOCK_STATUS",
    "_STARTS",
    "AsyncJob",
    "DockStatus",
    "Job",
    "LearnedSchedule",
    "ModelUndeployment",
    "RawResponse",
    "_build_get_dock_status",
    "_build_undeploy_model",
    "_resume",
    "follow",
    "poll_options",
]
