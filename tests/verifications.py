"""Results of verifications of simulators with faults, for the tests of reports."""

import datetime

import httpx

from scripts.document import Document
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock
from scripts.simulate.faults import Fault
from scripts.verify.result import Result, Run
from scripts.verify.run import verify
from scripts.verify.target import make_target

from .conftest import ENVIRONMENT

RUN = Run(
    headline="8686 checks, 7 failed; seed 1, 11.1 s",
    origin="seed 1",
    command="job-status-tools verify --api agent-platform --url http://127.0.0.1:8765/agent-platform",
    version="0.1.0",
    date=datetime.datetime(2026, 11, 28, 9, 30, tzinfo=datetime.UTC),
    seconds=11.1,
)


def verified(document: Document, *faults: Fault) -> Result:
    """Verify a simulator with faults, without a network."""
    clock = SteppingClock(0.5)
    simulator = Simulator([document], SimulatorSettings(environment=ENVIRONMENT, clock=clock, faults=faults))
    url = f"http://simulator/{document.stem}"
    target = make_target(document, url, ENVIRONMENT, profile="full", writes=True, stepping=True)
    return verify(target, None, transport=httpx.ASGITransport(simulator))
