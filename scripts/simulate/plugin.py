"""The pytest fixture of the simulator. The installed tools bring it along; elsewhere name this module in `pytest_plugins`."""

from collections.abc import Iterator

import pytest

from .folders import default_documents
from .remote import Running, running


@pytest.fixture
def job_status_simulator() -> Iterator[Running]:
    """A simulator of every document on a free loopback port, whose clock moves only when it is told to.

    `base_url(api)` and `credentials[api]` are for the client; `create_job`, `fault` and `advance` are for the test.
    """
    with running(default_documents(), speed=0) as simulator:
        yield simulator
