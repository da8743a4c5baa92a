# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""Contains all the data models used in inputs/outputs"""

from .error_entry import ErrorEntry
from .error_list import ErrorList
from .publish_state import PublishState
from .publish_status import PublishStatus, PublishStatusState
from .published_resource import PublishedResource

__all__ = (
    "ErrorEntry",
    "ErrorList",
    "PublishState",
    "PublishStatus",
    "PublishStatusState",
    "PublishedResource",
)
