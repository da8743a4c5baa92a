# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""A client library for accessing AI for Service"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AuthenticatedClient as AuthenticatedClient
    from .client import Client as Client
    from .models import ErrorEntry as ErrorEntry
    from .models import ErrorList as ErrorList
    from .models import PublishedResource as PublishedResource
    from .models import PublishState as PublishState
    from .models import PublishStatus as PublishStatus
    from .models import PublishStatusState as PublishStatusState

__all__ = [
    "AuthenticatedClient",
    "Client",
    "ErrorEntry",
    "ErrorList",
    "PublishState",
    "PublishStatus",
    "PublishStatusState",
    "PublishedResource",
]

_HOMES = {
    "AuthenticatedClient": ".client",
    "Client": ".client",
    "ErrorEntry": ".models",
    "ErrorList": ".models",
    "PublishState": ".models",
    "PublishStatus": ".models",
    "PublishStatusState": ".models",
    "PublishedResource": ".models",
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
