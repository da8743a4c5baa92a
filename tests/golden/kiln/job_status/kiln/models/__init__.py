# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

"""Contains all the data models used in inputs/outputs"""

from .firing import Firing, FiringState
from .program import Program
from .refusal import Refusal
from .started_firing import StartedFiring
from .state import State

__all__ = (
    "Firing",
    "FiringState",
    "Program",
    "Refusal",
    "StartedFiring",
    "State",
)
