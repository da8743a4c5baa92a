"""A server that simulates the documented APIs, with job lifecycles and fault injection."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import Simulator
    from .clock import ScaledClock, SimulatorClock, SteppingClock
    from .control import ControlledSimulator
    from .durations import JobDistribution
    from .settings import SimulatorSettings

__all__ = [
    "ControlledSimulator",
    "JobDistribution",
    "ScaledClock",
    "Simulator",
    "SimulatorClock",
    "SimulatorSettings",
    "SteppingClock",
]

# Imported on first use, so that the command installs its signal handlers before the slow imports.
_MODULES = {
    "ControlledSimulator": ".control",
    "JobDistribution": ".durations",
    "Simulator": ".app",
    "SimulatorSettings": ".settings",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, ".clock"), __name__), name)
