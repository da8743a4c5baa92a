# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

"""What the client classes of Kiln use, once there is a client."""

from .._client.call import Operation, RawResponse
from .._client.polling.factory import Link, Start, Starts, follow
from .._client.polling.factory import resume as _resume
from .._client.polling.job import AsyncJob, Job, poll_options
from .._client.polling.learned import LearnedSchedule
from .._client.polling.spec import JobSpec
from ..kiln.api.firing.get_firing import _get_kwargs as _build_get_firing
from ..kiln.api.firing.start_firing import _get_kwargs as _build_start_firing
from ..kiln.models.firing import Firing
from ..kiln.models.program import Program
from ..kiln.models.started_firing import StartedFiring
from ..kiln.types import Unset

_OP_START_FIRING = Operation("start_firing", "POST", (), successes=("202",), is_start=True)
_OP_GET_FIRING = Operation("get_firing", "GET", ("firing_id",), job_id=("id",))
_SPEC_FIRING = JobSpec(
    api="Kiln",
    operation=_OP_GET_FIRING,
    build=_build_get_firing,
    parse=Firing.from_dict,
    state=("state",),
    pending=("HOT",),
    success=("DONE",),
    failure=("CRACKED",),
)
_STARTS: Starts = {
    StartedFiring: Start(
        _OP_START_FIRING,
        (Link(_SPEC_FIRING, (("firingId", ("response.body", ("id",))),), "wait_for_firing", "/firings/{firingId}"),),
    ),
}

__all__ = [
    "_OP_GET_FIRING",
    "_OP_START_FIRING",
    "_SPEC_FIRING",
    "_STARTS",
    "AsyncJob",
    "Firing",
    "Job",
    "LearnedSchedule",
    "Program",
    "RawResponse",
    "StartedFiring",
    "Unset",
    "_build_get_firing",
    "_build_start_firing",
    "_resume",
    "follow",
    "poll_options",
]
