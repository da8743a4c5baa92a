# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

"""A client library for accessing Agent Platform"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AuthenticatedClient as AuthenticatedClient
    from .client import Client as Client
    from .models import DockStatus as DockStatus
    from .models import DockStatusState as DockStatusState
    from .models import ErrorResponse as ErrorResponse
    from .models import JobAction as JobAction
    from .models import JobResult as JobResult
    from .models import JobState as JobState
    from .models import JobType as JobType

__all__ = [
    "AuthenticatedClient",
    "Client",
    "DockStatus",
    "DockStatusState",
    "ErrorResponse",
    "JobAction",
    "JobResult",
    "JobState",
    "JobType",
]

_HOMES = {
    "AuthenticatedClient": ".client",
    "Client": ".client",
    "DockStatus": ".models",
    "DockStatusState": ".models",
    "ErrorResponse": ".models",
    "JobAction": ".models",
    "JobResult": ".models",
    "JobState": ".models",
    "JobType": ".models",
}

if not TYPE_CHECKING:

    def __getattr__(name):
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
        return value

    def __dir__():
        return sorted([*globals(), *_HOMES])
