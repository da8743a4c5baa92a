# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

from enum import StrEnum


class JobState(StrEnum):
    FAILED = "FAILED"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"

    def __str__(self) -> str:
        return str(self.value)
