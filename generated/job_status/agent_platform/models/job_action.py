# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

from enum import StrEnum


class JobAction(StrEnum):
    DEPLOY = "DEPLOY"
    EXPORT = "EXPORT"
    IMPORT = "IMPORT"
    UNDEPLOY = "UNDEPLOY"

    def __str__(self) -> str:
        return str(self.value)
