"""A server that behaves as the documents say, from the documents alone."""

from .clock import Clock, SteppingClock, WallClock
from .server import Settings, Simulator, known_ids

__all__ = ["Clock", "Settings", "Simulator", "SteppingClock", "WallClock", "known_ids"]
