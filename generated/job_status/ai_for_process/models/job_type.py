# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

from enum import StrEnum


class JobType(StrEnum):
    GUARDRAILS = "GUARDRAILS"
    MODELS = "MODELS"
    WORKFLOWS = "WORKFLOWS"

    def __str__(self) -> str:
        return str(self.value)
