# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""What the client classes of AI for Service use, once there is a client."""

from .._client.call import Operation, RawResponse
from .._client.polling.factory import resume as _resume
from .._client.polling.job import AsyncJob, Job, poll_options
from .._client.polling.learned import LearnedSchedule
from .._client.polling.run_id import RunId
from .._client.polling.spec import JobSpec
from ..ai_for_service.api.publish.get_publish_status import _get_kwargs as _build_get_publish_status
from ..ai_for_service.models.publish_status import PublishStatus

_OP_GET_PUBLISH_STATUS = Operation(
    "get_publish_status", "GET", ("bot_id",), ((60, 60.0), (1800, 3600.0)), job_id=("streamId",)
)
_SPEC_PUBLISH_STATUS = JobSpec(
    api="AIForService",
    operation=_OP_GET_PUBLISH_STATUS,
    build=_build_get_publish_status,
    parse=PublishStatus.from_dict,
    state=("status",),
    pending=("inprogress",),
    success=("successful",),
    failure=("failed",),
    progress=("percentageComplete",),
    reason=("error",),
    run=(("_id",), ("requestedTime",)),
    requested_at=("requestedTime",),
)

__all__ = [
    "_OP_GET_PUBLISH_STATUS",
    "_SPEC_PUBLISH_STATUS",
    "AsyncJob",
    "Job",
    "LearnedSchedule",
    "PublishStatus",
    "RawResponse",
    "RunId",
    "_build_get_publish_status",
    "_resume",
    "poll_options",
]
