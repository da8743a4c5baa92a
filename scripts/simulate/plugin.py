"""The pytest fixture of the simulator. The installed tools register it; others name this module in `pytest_plugins`."""

from collections.abc import Iterator

import pytest

from .document_folder import default_document_folder
from .remote import RunningSimulator, run_simulator


@pytest.fixture
def job_status_simulator() -> Iterator[RunningSimulator]:
    """Run a simulator of every document on a free loopback port. Its clock is paused; use `advance` or `run_at`.

    `base_url(api)` and `credentials[api]` are for the client; `create_job`, `fault` and `advance` are for the test.
    """
    with run_simulator(default_document_folder(), speed=0) as simulator:
        yield simulator
