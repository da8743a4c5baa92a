"""A server that behaves as the documents say, from the documents alone."""

from .clock import Clock, RunningClock, SteppingClock
from .control import Controlled
from .draws import Draws
from .server import Settings, Simulator, known_ids

__all__ = ["Clock", "Controlled", "Draws", "RunningClock", "Settings", "Simulator", "SteppingClock", "known_ids"]
