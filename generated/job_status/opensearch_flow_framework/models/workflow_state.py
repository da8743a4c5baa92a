# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from enum import StrEnum


class WorkflowState(StrEnum):
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    NOT_STARTED = "NOT_STARTED"
    PROVISIONING = "PROVISIONING"

    def __str__(self) -> str:
        return str(self.value)
