"""A short run of the clients that wait for many jobs in the benchmarks."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .bench import installed, waiting
from .bench.peers.waiting import VARIANTS
from .bench.server import PENDING, server


@pytest.fixture
def environment_of_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run the programs of peers in the environment of the project, which has the HTTP clients."""
    installed.stock_client.cache_clear()
    monkeypatch.setattr(installed, "BUILD", tmp_path)
    monkeypatch.setattr(installed, "python", lambda: Path(sys.executable))


@pytest.mark.usefixtures("environment_of_the_project")
def test_every_client_polls_at_the_rate_of_the_schedule() -> None:
    table = waiting.measure(0.01, 40, 1.0, 1, waiting.available(), 0.5)
    installed.stock_client.cache_clear()

    assert list(table.rows) == [name for name in VARIANTS if name in waiting.available()]
    for row in table.rows.values():
        # 20 polls are due in a second. A loaded machine does fewer, and late ones in addition.
        assert 0 < row["polls achieved"][0] < 60
        assert row["CPU time per poll"][0] > 0
        assert 0 <= row["late, median"][0] <= row["late, 99 %"][0]


def test_failing_program_of_a_peer_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installed, "python", lambda: Path(sys.executable))
    monkeypatch.setattr(installed, "stock_client", lambda: tmp_path)

    with pytest.raises(subprocess.CalledProcessError):
        installed.run("waiting", "no such client", "http://127.0.0.1:1", 1, 0, 1)


@pytest.mark.usefixtures("environment_of_the_project")
@pytest.mark.parametrize("client", ["job-status, async", "stock client, async", "httpx, threads"])
def test_client_that_stops_polling_has_no_figures(client: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Jobs that have ended are not polled."""
    with server(PENDING.replace("IN_PROGRESS", "SUCCESS")) as url, pytest.raises(subprocess.CalledProcessError):
        installed.run("waiting", client, url, 4, 0, 0.5, 2.5)

    assert re.search("the polls have ended|no poll in", capfd.readouterr().err)
