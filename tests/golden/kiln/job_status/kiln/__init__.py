# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

"""A client library for accessing Kiln"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AuthenticatedClient as AuthenticatedClient
    from .client import Client as Client
    from .models import Firing as Firing
    from .models import FiringState as FiringState
    from .models import Program as Program
    from .models import Refusal as Refusal
    from .models import StartedFiring as StartedFiring
    from .models import State as State

__all__ = [
    "AuthenticatedClient",
    "Client",
    "Firing",
    "FiringState",
    "Program",
    "Refusal",
    "StartedFiring",
    "State",
]

_HOMES = {
    "AuthenticatedClient": ".client",
    "Client": ".client",
    "Firing": ".models",
    "FiringState": ".models",
    "Program": ".models",
    "Refusal": ".models",
    "StartedFiring": ".models",
    "State": ".models",
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
