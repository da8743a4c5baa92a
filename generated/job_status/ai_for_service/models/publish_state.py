# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

from enum import StrEnum


class PublishState(StrEnum):
    FAILED = "failed"
    INPROGRESS = "inprogress"
    SUCCESSFUL = "successful"

    def __str__(self) -> str:
        return str(self.value)
