# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

"""Contains all the data models used in inputs/outputs"""

from .dock_status import DockStatus, DockStatusState
from .error_response import ErrorResponse
from .job_action import JobAction
from .job_result import JobResult
from .job_state import JobState
from .job_type import JobType
from .model_undeployment import ModelUndeployment

__all__ = (
    "DockStatus",
    "DockStatusState",
    "ErrorResponse",
    "JobAction",
    "JobResult",
    "JobState",
    "JobType",
    "ModelUndeployment",
)
