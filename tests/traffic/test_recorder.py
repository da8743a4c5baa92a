"""`record=` of a client writes an HTTP Archive that is complete after each exchange, without secrets."""

import asyncio
import json
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import harfile
import httpx
import pytest
from job_status import AgentPlatform, AIForService, AsyncAgentPlatform, InvalidArgumentError, JobStatusError

from scripts.document import load
from scripts.verify.traffic.check import check_traffic

from ..conftest import ROOT, Serve
from ..paths import path_of
from .archives import KEY, STATUS, checks, problems
from .faults import FAULTS, JOB, SECRET, STEM, Faulty


def transport(handle: Callable[[httpx.Request], httpx.Response] | None = None) -> httpx.MockTransport:
    return httpx.MockTransport(handle or (lambda request: httpx.Response(200, json={**STATUS, "status": "SUCCESS"})))


def entries(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["log"]["entries"]
    return found


def client(path: Any, handle: Callable[[httpx.Request], httpx.Response] | None = None, **options: Any) -> AgentPlatform:
    return AgentPlatform("https://host.invalid", api_key=KEY, http_transport=transport(handle), record=path, **options)


def test_archive_is_complete_after_each_exchange(tmp_path: Path) -> None:
    path = tmp_path / "traffic.har"
    with client(path) as api:
        assert json.loads(path.read_text())["log"]["entries"] == []
        api.get_dock_status("ds-1")
        assert len(entries(path)) == 1
        api.get_dock_status("ds-1")

    (first, second) = entries(path)
    assert first["request"]["url"] == "https://host.invalid" + path_of("agent-platform", "get_dock_status", "ds-1")
    assert {"name": "x-api-key", "value": "***"} in [
        {"name": pair["name"].lower(), "value": pair["value"]} for pair in first["request"]["headers"]
    ]
    assert json.loads(second["response"]["content"]["text"])["status"] == "SUCCESS"
    assert first["startedDateTime"] <= second["startedDateTime"]
    # As another library writes it.
    request = first["request"] | {
        name: [harfile.Record(**record) for record in first["request"][name]] for name in ("headers", "queryString")
    }
    assert harfile.Request(**request).asdict() == first["request"]


def test_failures_are_recorded_and_secrets_are_not(tmp_path: Path) -> None:
    path = tmp_path / "traffic.har"
    responses = iter([httpx.ConnectError(f"refused {KEY}"), httpx.Response(503, text=f"no {KEY}"), None])

    def handle(request: httpx.Request) -> httpx.Response:
        response = next(responses)
        if isinstance(response, Exception):
            raise response
        return response or httpx.Response(200, json={**STATUS, "status": "SUCCESS", "echo": KEY, "sessionToken": "abc"})

    with client(path, handle) as api:
        api.get_dock_status("ds-1")

    assert [entry["response"]["status"] for entry in entries(path)] == [0, 503, 200]
    assert "refused" in entries(path)[0]["response"]["_error"]
    assert KEY not in path.read_text()
    assert json.loads(entries(path)[2]["response"]["content"]["text"])["sessionToken"] == "***"
    assert path.stat().st_mode & 0o077 == 0


def test_async_client_and_wait(tmp_path: Path) -> None:
    path = tmp_path / "traffic.har"
    states = iter(["IN_PROGRESS", "IN_PROGRESS", "SUCCESS"])

    async def wait() -> None:
        def handle(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={**STATUS, "status": next(states)})

        async with AsyncAgentPlatform(
            "https://host.invalid", api_key=KEY, http_transport=transport(handle), record=path
        ) as api:
            await api.wait_for_dock_status("ds-1", schedule=[0, 0.01, 0.02])

    asyncio.run(wait())

    assert [json.loads(one["response"]["content"]["text"])["status"] for one in entries(path)] == [
        *("IN_PROGRESS", "IN_PROGRESS", "SUCCESS")
    ]


def poll(path: Path, count: int) -> None:
    with client(path) as api:
        for _ in range(count):
            api.get_dock_status("ds-1")


def test_threads_clients_and_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "traffic.har"
    context = multiprocessing.get_context("fork")
    workers = [threading.Thread(target=poll, args=(path, 20)) for _ in range(4)]
    processes = [context.Process(target=poll, args=(path, 20)) for _ in range(2)]
    for process in processes:
        process.start()
    for worker in workers:
        worker.start()
    for process in processes:
        process.join()
    for worker in workers:
        worker.join()

    assert len(entries(path)) == 120
    poll(path, 1)  # continues the file
    assert len(entries(path)) == 121


@pytest.mark.parametrize(
    "content", [b"mine", b'{"log": {"version": "1.2", "creator": {"name": "other"}, "entries": []}}']
)
def test_file_of_another_program_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "traffic.har"
    path.write_bytes(content)

    with pytest.raises(
        InvalidArgumentError, match=r"record= is .*traffic.har, which cannot be written: another program"
    ):
        client(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("path", ["", 5, b"", True, ["x"], "/nowhere/x.har", ".", "a\0b"])
def test_invalid_path_is_refused(path: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="record="):
        client(path)


def test_file_that_cannot_be_written_later_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with caplog.at_level(logging.WARNING, "job_status"), client(folder / "traffic.har") as api:
        (folder / "traffic.har").unlink()
        folder.rmdir()
        for _ in range(3):
            assert api.get_dock_status("ds-1").status == "SUCCESS"

    assert [record.getMessage().startswith("record=") for record in caplog.records] == [True]


def test_interrupted_call_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "traffic.har"

    def handle(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    with client(path, handle, max_retries=0) as api, pytest.raises((KeyboardInterrupt, JobStatusError)):
        api.get_dock_status("ds-1")

    assert entries(path)[0]["response"]["status"] == 0


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_recording_of_a_client_names_the_fault(serve: Serve, tmp_path: Path, fault: str | None) -> None:
    document = load(ROOT / "openapi" / f"{STEM}.yaml")
    path = tmp_path / "traffic.har"
    url = serve(Faulty(document, FAULTS[fault][0] if fault else None))
    with AIForService(f"{url}/{STEM}", jwt=SECRET, record=path) as api:
        for _ in range(40):
            api.get_publish_status(JOB)

    report = check_traffic([str(path)], [document], {})

    assert (problems(report), SECRET in path.read_text()) == ([], False)
    assert (FAULTS[fault][1] in checks(report)) if fault else checks(report) == set()
    if fault:
        source = document.path.read_text().splitlines()
        lines = {
            source[int(failure.clause.rpartition(":")[2]) - 1].strip()
            for failure in report.results[0].failures()
            if failure.check == FAULTS[fault][1]
        }
        assert any(line.startswith(FAULTS[fault][2].strip()) for line in lines), lines


FULL_DISK = """
import resource, signal, sys
import httpx
from job_status import AgentPlatform
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
body = {"id": "ds-1", "status": "SUCCESS", "jobType": "DEPLOY_MODEL", "completionPercentage": 100, "more": "x" * 5000}
transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
with AgentPlatform("https://host.invalid", api_key="k", http_transport=transport, record=sys.argv[1]) as api:
    for limit in (resource.RLIM_INFINITY, 9000, resource.RLIM_INFINITY):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            api.get_dock_status("ds-1")
        except Exception as error:
            print(error)
"""


def test_archive_stays_complete_on_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "traffic.har"
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generated")}

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert "cannot be written" in done.stderr, done.stdout + done.stderr
    assert len(entries(path)) == 2
