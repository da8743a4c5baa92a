# Generated from tests/golden by `make generate`; do not edit.

"""The trigger that waits for a job of any product."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .._provider import hook, trigger
from ..hooks.kiln import KilnHook


class JobTrigger(trigger.JobTrigger):
    """Wait for the job of a resume token; its state is the id of a connection and the token."""

    hooks: ClassVar[Mapping[str, type[hook.JobStatusHook[Any, Any]]]] = {
        "Kiln": KilnHook,
    }
