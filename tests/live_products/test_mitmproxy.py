"""Archives that mitmproxy records between a client and the simulator, with and without faults."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from scripts.document import Document, load
from scripts.verify.traffic.check import check_traffic

from ..conftest import served
from ..paths import simulated_path
from ..traffic.archives import checks, problems
from ..traffic.faults import FAULTS, JOB, SECRET, STEM, Faulty
from .environments import ROOT, environment

POLLS = 30


def record(document: Document, fault: str | None, path: Path) -> None:
    """Record the polls of a job through mitmproxy."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with served(Faulty(document, FAULTS[fault][0] if fault else None)) as url:
        command = [str(environment("mitmproxy") / "bin" / "mitmdump"), "--mode", f"reverse:{url}"]
        command += ["--listen-host", "127.0.0.1", "--listen-port", str(port), "--set", f"hardump={path}"]
        command += ["--set", f"confdir={path.parent}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                _poll(f"http://127.0.0.1:{port}{simulated_path(STEM, 'get_publish_status', JOB)}")
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=30)


def _poll(url: str) -> None:
    with httpx.Client(headers={"auth": SECRET}, trust_env=False) as client:
        deadline = time.monotonic() + 60
        while True:
            try:
                client.get(url)
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline, "mitmproxy does not listen"
                time.sleep(0.1)
        for _ in range(POLLS):
            assert client.get(url).status_code == 200


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_archive_of_mitmproxy(tmp_path: Path, fault: str | None) -> None:
    document = load(ROOT / "openapi" / f"{STEM}.yaml")
    path = tmp_path / "traffic.har"

    record(document, fault, path)

    report = check_traffic([str(path)], [document], {})
    assert problems(report) == []
    assert (FAULTS[fault][1] in checks(report)) if fault else checks(report) == set()


if __name__ == "__main__":  # write the archives of tests/traffic/mitmproxy
    for name in (None, *FAULTS):
        record(load(ROOT / "openapi" / f"{STEM}.yaml"), name, Path(sys.argv[1]).resolve() / f"{name or 'clean'}.har")
