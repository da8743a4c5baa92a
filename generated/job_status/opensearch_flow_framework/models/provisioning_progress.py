# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from enum import StrEnum


class ProvisioningProgress(StrEnum):
    DONE = "DONE"
    FAILED = "FAILED"
    IN_PROGRESS = "IN_PROGRESS"
    NOT_STARTED = "NOT_STARTED"

    def __str__(self) -> str:
        return str(self.value)
