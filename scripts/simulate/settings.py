"""Settings of a simulator."""

from collections.abc import Mapping
from typing import TextIO

from attrs import define, field

from .clock import ScaledClock, SimulatorClock
from .durations import JobDistribution
from .faults import Fault


def _copy(environment: Mapping[str, str]) -> Mapping[str, str]:
    return dict(environment)


@define
class SimulatorSettings:
    """Settings of a simulator.

    Attributes:
        environment: the variables that set credentials and known ids, as they are when the settings are made.
        clock: the clock that drives the jobs.
        seed: the seed of ids, durations and faults.
        disabled: the file stems of the documents whose API is disabled.
        log_file: a file to write one line per request to.
        distribution: the durations and failures of jobs that are created without a timeline.
        enforce_limits: whether to enforce the documented rate limits.
        faults: the faults that are active from the start.
    """

    environment: Mapping[str, str] = field(factory=dict, converter=_copy, repr=False)
    clock: SimulatorClock = field(factory=ScaledClock)
    seed: int = 0
    disabled: frozenset[str] = frozenset()
    log_file: TextIO | None = None
    distribution: JobDistribution = field(factory=JobDistribution)
    enforce_limits: bool = False
    faults: tuple[Fault, ...] = ()
