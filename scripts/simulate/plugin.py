"""The pytest fixture of the simulator. The installed tools register it; others name this module in `pytest_plugins`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .document_folder import default_document_folder
from .remote import RunningSimulator, run_simulator

OPTION = "job_status_documents"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that names the folder of documents."""
    parser.addini(OPTION, "the folder of OpenAPI documents that job_status_simulator simulates", type="string")


@pytest.fixture(scope="session")
def job_status_documents(pytestconfig: pytest.Config) -> Path:
    """Return the folder of documents that `job_status_simulator` simulates.

    It is the setting `job_status_documents`, relative to the root folder of the tests; without it `openapi` in the
    current folder if there is one, otherwise the documents of the tools. A fixture of this name overrides it.

    Raises:
        pytest.UsageError: The setting names no folder.
    """
    setting = str(pytestconfig.getini(OPTION) or "")
    if not setting:
        return default_document_folder()
    folder = pytestconfig.rootpath / setting
    if not folder.is_dir():
        raise pytest.UsageError(f"{OPTION}: expected a folder of OpenAPI documents, got {folder}")
    return folder


@pytest.fixture
def job_status_simulator(job_status_documents: Path) -> Iterator[RunningSimulator]:
    """Run a simulator of every document on a free loopback port. Its clock is paused; use `advance` or `run_at`.

    `base_url(api)` and `credentials[api]` are for the client; `create_job`, `fault` and `advance` are for the test.
    """
    with run_simulator(job_status_documents, speed=0) as simulator:
        yield simulator
