"""A server that behaves as the documents say, from the documents alone."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .clock import Clock, RunningClock, SteppingClock
    from .control import Controlled
    from .draws import Draws
    from .server import Settings, Simulator, known_ids

__all__ = ["Clock", "Controlled", "Draws", "RunningClock", "Settings", "Simulator", "SteppingClock", "known_ids"]

# A command that imports little has its signals in hand early.
_HOMES = {
    "Controlled": ".control",
    "Draws": ".draws",
    "Settings": ".server",
    "Simulator": ".server",
    "known_ids": ".server",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, ".clock"), __name__), name)
