# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

from enum import StrEnum


class JobType(StrEnum):
    GUARDRAILS = "GUARDRAILS"
    MODELS = "MODELS"
    TOOLS = "TOOLS"

    def __str__(self) -> str:
        return str(self.value)
