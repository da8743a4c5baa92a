"""Tests of the simulator's stream of events, and of the commands and programs that its page shows."""

import asyncio
import contextlib
import html
import itertools
import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from attrs import frozen

from scripts.document import load
from scripts.simulate import ControlledSimulator, Simulator, SimulatorSettings, SteppingClock, events, jobs
from scripts.simulate.control import control_document
from scripts.simulate.remote import RunningSimulator, run_simulator
from scripts.simulate.socket_faults import server_config

from .conftest import ROOT, Serve
from .paths import simulated_path

API = "agent-platform"
DOCUMENT = ROOT / "openapi" / f"{API}.yaml"


@frozen
class Event:
    """An event of a stream."""

    id: str
    name: str
    data: dict[str, Any]


def parse(lines: Iterator[str]) -> Iterator[Event]:
    """Yield the events of a stream, each checked against the document of the control API."""
    document = control_document()
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif not line and "data" in fields:
            data = json.loads(fields["data"])
            schema = document.data["components"]["schemas"][fields["event"].capitalize()]
            document.validator(schema).validate(data)
            yield Event(fields["id"], fields["event"], data)
            fields = {}


@contextlib.contextmanager
def listening(url: str, last: str = "", **query: float) -> Iterator[Iterator[Event]]:
    """Open a stream."""
    headers = {"last-event-id": last} if last else {}
    with httpx.stream("GET", f"{url}/_simulator/events", params=query, headers=headers, timeout=10) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield parse(response.iter_lines())


def snapshot(url: str, last: str = "") -> Event:
    """Return the first event of a stream."""
    with listening(url, last, seconds=0) as stream:
        (only,) = stream
    return only


def until(stream: Iterator[Event], holds: Callable[[dict[str, Any]], bool]) -> Event:
    """Return the first event that satisfies a condition."""
    return next(event for event in stream if holds(event.data))


def last_request(data: dict[str, Any]) -> int:
    """Return the number of the last request of an event, 0 if it has none."""
    return int(data["requests"][-1]["number"]) if data.get("requests") else 0


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Run a simulator with a paused clock."""
    with run_simulator(ROOT / "openapi", speed=0) as started:
        yield started


def poll(simulator: RunningSimulator, job: dict[str, Any], count: int = 1) -> None:
    """Send polls of a job."""
    with httpx.Client(headers={"x-api-key": simulator.credentials[API]["api_key"]}) as client:
        for _ in range(count):
            assert client.get(simulator.url + job["path"]).status_code == 200


# The stream


def test_snapshot_has_everything(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API, after=[[0, "IN_PROGRESS"], [4, "SUCCESS"]])
    simulator.fault("status", status=503, api="ai-for-process")
    simulator.enforce_limits()
    poll(simulator, job)
    simulator.advance(1)
    found = snapshot(simulator.url).data

    assert found["jobs"][-1] == {
        "api": API,
        "operation": "get_dock_status",
        "id": job["id"],
        "path": job["path"],
        "state": "IN_PROGRESS",
        "kind": "pending",
        "progress": 0.25,
        "started": simulator.now() - 1,
        "after": [[0, "IN_PROGRESS"], [4, "SUCCESS"]],
    }
    assert found["job_count"] == len(found["jobs"]) == len(simulator.jobs())
    assert (found["resumed"], found["limits"], found["fault_count"]) == (False, {"enforced": True}, 1)
    assert found["faults"] == simulator.faults()
    assert found["requests"] == simulator.requests()
    assert found["clock"] == {"now": simulator.now(), "speed": 0}


def test_snapshot_does_not_start_jobs(simulator: RunningSimulator) -> None:
    first = snapshot(simulator.url).data
    simulator.advance(100)

    assert {job["started"] for job in first["jobs"]} == {None}
    assert [job["state"] for job in snapshot(simulator.url).data["jobs"]] == [job["state"] for job in first["jobs"]]


def test_change_has_what_is_new_alone(simulator: RunningSimulator) -> None:
    with listening(simulator.url) as stream:
        before = next(stream).data["job_count"]
        job = simulator.create_job(api=API, after=[[0, "IN_PROGRESS"], [4, "SUCCESS"]])
        created = next(stream)
        poll(simulator, job, 2)
        requested = until(stream, lambda data: last_request(data) == 2)
        simulator.advance(4)
        ended = next(stream)
        number = simulator.fault("status", status=503, times=1)
        injected = next(stream)
        simulator.clear_faults(number)
        removed = next(stream)
        simulator.enforce_limits()
        limited = next(stream)

    assert {created.name, requested.name, ended.name, injected.name, removed.name, limited.name} == {"change"}
    assert created.data.keys() == {"jobs", "job_count"}
    assert (created.data["jobs"][0]["id"], created.data["job_count"]) == (job["id"], before + 1)
    assert requested.data.keys() == {"requests"}
    assert ended.data.keys() == {"clock", "jobs"}
    assert [(one["id"], one["state"], one["progress"]) for one in ended.data["jobs"]] == [(job["id"], "SUCCESS", 1)]
    assert (injected.data["faults"][0]["status"], injected.data["fault_count"]) == (503, 1)
    assert removed.data == {"faults": [], "fault_count": 0}
    assert limited.data == {"limits": {"enforced": True}}


def test_affected_request_changes_its_fault(simulator: RunningSimulator) -> None:
    simulator.fault("status", status=503)
    with listening(simulator.url) as stream:
        next(stream)
        httpx.get(simulator.url + simulated_path(API, "get_dock_status", "x"))
        change = next(stream).data

    assert (change["requests"][0]["status"], change["requests"][0]["faults"]) == (503, ["status"])
    assert change["faults"][0]["met"] == 1


def test_deleted_job_is_removed(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API)
    with listening(simulator.url) as stream:
        next(stream)
        simulator.simulator.jobs.of(API, "get_dock_status").set_state(job["parameters"], None, 0)
        change = next(stream).data

    assert change["removed"] == [{"operation": "get_dock_status", "path": job["path"]}]
    assert "jobs" not in change


def test_new_run_is_a_change_although_its_state_is_the_same(simulator: RunningSimulator) -> None:
    timeline = [[0, "IN_PROGRESS"], [4, "SUCCESS"]]
    first = simulator.create_job(api=API, id="ds-again", after=timeline)
    simulator.create_job(api=API, id="ds-other", after=timeline)
    with listening(simulator.url) as stream:
        next(stream)
        simulator.create_job(api=API, id="ds-again", after=timeline)
        change = next(stream).data

    assert [job["path"] for job in change["jobs"]] == [first["path"]]
    assert snapshot(simulator.url).data["jobs"][-1]["id"] == "ds-again"


def test_each_request_arrives_once_whatever_the_rate(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API)
    numbers: list[int] = []
    with listening(simulator.url) as stream:
        next(stream)
        for burst in (1, 40, 3, 80, 7):
            poll(simulator, job, burst)
            while len(numbers) < simulator.simulator.request_log.last:
                numbers += [one["number"] for one in next(stream).data["requests"]]

    assert numbers == list(range(1, 132))


def test_event_has_no_request_that_is_later_than_its_look() -> None:
    simulator = Simulator([load(DOCUMENT)])
    watcher = events.Watcher(simulator)
    looks = [watcher._take_look()]
    for _ in range(3):
        for _ in range(2):
            scope = {"raw_path": b"/x", "query_string": b"", "method": "GET"}
            simulator.request_log.add(0.0, scope, 404, [])
        looks.append(watcher._take_look())
    # A reader can be late: until it compares two looks, more requests have arrived.
    sent = b"".join(watcher._change(known, look) for known, look in itertools.pairwise(looks))
    found = parse(iter(sent.decode().split("\n")))

    assert [[one["number"] for one in event.data["requests"]] for event in found] == [[1, 2], [3, 4], [5, 6]]


def test_stream_resumes_without_loss_or_duplicates(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API)
    with listening(simulator.url) as stream:
        next(stream)
        poll(simulator, job, 5)
        last = until(stream, lambda data: last_request(data) == 5)
    poll(simulator, job, 6)
    resumed = snapshot(simulator.url, last.id)

    assert resumed.data["resumed"]
    assert [one["number"] for one in resumed.data["requests"]] == list(range(6, 12))
    again = snapshot(simulator.url, resumed.id).data
    assert (again["resumed"], again["requests"]) == (True, [])


def test_stream_that_cannot_resume_begins_again(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API)
    poll(simulator, job, 2)
    first = snapshot(simulator.url)
    run, resets, _ = first.id.split("-")
    unknown = ["x", f"{run}-{resets}-3", f"{run}-7-1", f"00000000-{resets}-1", f"{run}-{resets}-{'9' * 40}", "%00"]
    for last in unknown:
        found = snapshot(simulator.url, last).data
        assert (found["resumed"], len(found["requests"])) == (False, 2)
    simulator.reset()

    assert not snapshot(simulator.url, first.id).data["resumed"]


def test_stream_that_has_lost_requests_begins_again(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.simulate.request_log.MAX_REQUESTS", 10)
    simulator.reset()
    job = simulator.create_job(api=API)
    poll(simulator, job)
    first = snapshot(simulator.url)
    with listening(simulator.url) as stream:
        next(stream)
        poll(simulator, job, 10)
        until(stream, lambda data: last_request(data) == 11)
    complete = snapshot(simulator.url, first.id)
    poll(simulator, job)
    incomplete = snapshot(simulator.url, first.id)

    assert (complete.data["resumed"], len(complete.data["requests"])) == (True, 10)
    assert (incomplete.data["resumed"], len(incomplete.data["requests"])) == (False, 10)


def test_reset_sends_a_snapshot(simulator: RunningSimulator) -> None:
    simulator.create_job(api=API, id="ds-mine")
    simulator.advance(5)
    with listening(simulator.url) as stream:
        first = next(stream)
        simulator.reset()
        second = next(stream)

    assert (second.name, second.data["resumed"], second.data["run"]) == ("snapshot", False, first.data["run"])
    assert "ds-mine" in {job["id"] for job in first.data["jobs"]} - {job["id"] for job in second.data["jobs"]}
    assert second.data["clock"]["now"] == first.data["clock"]["now"] - 5


def test_clock_that_runs_is_no_change_and_one_that_is_moved_is() -> None:
    with run_simulator(ROOT / "openapi", speed=50) as simulator, listening(simulator.url) as stream:
        next(stream)
        simulator.run_at(70)
        simulator.create_job(api=API)
        first = until(stream, lambda data: "jobs" in data or "clock" in data).data
        if "jobs" not in first:
            assert "clock" not in until(stream, lambda data: "jobs" in data).data

    assert first["clock"]["speed"] == 70


def test_limits_that_are_set_and_set_back_between_two_looks_are_a_change() -> None:
    simulator = Simulator([load(DOCUMENT)])
    watcher = events.Watcher(simulator)
    known = watcher._take_look()
    simulator.rate_limiter.enforce(True)
    simulator.rate_limiter.enforce(False)
    change = watcher._change(known, watcher._take_look())

    assert json.loads(change.split(b"data: ")[1]) == {"limits": {"enforced": False}}


def test_clock_that_steps_changes_with_each_request(serve: Serve) -> None:
    clock = SteppingClock(2.0)
    url = serve(ControlledSimulator(Simulator([load(DOCUMENT)], SimulatorSettings(clock=clock))))
    with listening(url) as stream:
        assert next(stream).data["clock"].keys() == {"now"}
        httpx.get(url + simulated_path(API, "get_dock_status", "x"))
        assert next(stream).data["clock"] == {"now": clock.now()}


def test_stream_redacts_credentials(serve: Serve) -> None:
    environment = {"AGENT_PLATFORM_API_KEY": "canary-key", "FREIGHT_PORTAL_KEY": "canary/other"}
    documents = [load(DOCUMENT), load(ROOT / "tests/vendors/freight.yaml")]
    url = serve(ControlledSimulator(Simulator(documents, SimulatorSettings(environment=environment))))
    with listening(url) as stream:
        next(stream)
        httpx.get(url + "/freight/nope?portal-key=canary%2Fother&a=canary-key")
        change = next(stream).data

    assert change["requests"][0]["target"] == "/freight/nope?portal-key=***&a=***"
    assert "canary" not in json.dumps(snapshot(url).data)
    page = httpx.get(f"{url}/_simulator/").text
    assert "canary" not in page
    assert "$AGENT_PLATFORM_API_KEY" in page


def test_jobs_and_faults_of_an_event_are_bounded(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MAX_RECENT_JOBS", 20)
    monkeypatch.setattr(events, "MAX_FAULTS", 5)
    numbers = [simulator.fault("reset", share=0) for _ in range(8)]
    created = simulator.create_jobs(300, api=API)
    with listening(simulator.url) as stream:
        first = next(stream).data
        simulator.create_job(api=API, id="ds-last")
        change = next(stream).data

    assert [job["id"] for job in first["jobs"]] == [job["id"] for job in created[-20:]]
    assert first["job_count"] == len(simulator.jobs(limit=1000)) - 1 >= 300
    assert [fault["number"] for fault in first["faults"]] == numbers[-5:]
    assert first["fault_count"] == 8
    assert [job["path"] for job in change["removed"]] == [created[-20]["path"]]


def test_many_streams_receive_the_same(simulator: RunningSimulator) -> None:
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(listening(simulator.url)) for _ in range(20)]
        assert len({next(stream).id for stream in streams}) == 1
        job = simulator.create_job(api=API)
        poll(simulator, job)
        found = [until(stream, lambda data: "requests" in data).data for stream in streams]

    assert all(one["requests"] == found[0]["requests"] for one in found)


def test_reader_that_is_too_slow_does_not_delay_the_simulator(simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API, id="ds-slow")
    address = ("127.0.0.1", int(simulator.url.rpartition(":")[2]))
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    with slow, listening(simulator.url) as quick:
        slow.connect(address)
        slow.sendall(b"GET /_simulator/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        next(quick)
        # Targets that are long fill the buffers of the connection that nobody reads.
        for burst in range(1, 13):
            with httpx.Client() as client:
                for _ in range(60):
                    client.get(f"{simulator.url}{job['path']}?{'x' * 4000}")
            event = until(quick, lambda data, last=burst * 60: last_request(data) == last)  # type: ignore[misc]
            assert event.name == "change"


def test_quiet_stream_has_a_heartbeat(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.3)
    with httpx.stream("GET", f"{simulator.url}/_simulator/events?seconds=5") as response:
        comment = next(line for line in response.iter_lines() if line.startswith(":"))

    assert comment == ": nothing new"


def test_stream_ends_after_its_seconds(simulator: RunningSimulator) -> None:
    with listening(simulator.url, seconds=0.3) as stream:
        assert [event.name for event in stream] == ["snapshot"]


def test_stream_of_a_client_that_has_left_ends() -> None:
    async def count() -> tuple[int, int]:
        simulator = Simulator([load(DOCUMENT)])
        application = ControlledSimulator(simulator)
        server = uvicorn.Server(server_config(application))
        with socket.create_server(("127.0.0.1", 0)) as listening_socket:
            task = asyncio.create_task(server.serve(sockets=[listening_socket]))
            while not server.started:
                await asyncio.sleep(0.01)
            port = listening_socket.getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /_simulator/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            await reader.readuntil(b"event: snapshot")
            during = len(server.server_state.tasks)
            writer.close()
            for _ in range(500):
                if not server.server_state.tasks:
                    break
                await asyncio.sleep(0.01)
            after = len(server.server_state.tasks)
            server.should_exit = True
            await task
        return during, after

    assert asyncio.run(count()) == (1, 0)


def test_server_stops_promptly_with_open_streams() -> None:
    command = [sys.executable, "-m", "scripts.simulate", "--port", "0", "--openapi", str(ROOT / "openapi")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().split()[1]
    lines = [process.stdout.readline() for _ in range(2)]
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(listening(url)) for _ in range(3)]
        for stream in streams:
            next(stream)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        remainders = [list(stream) for stream in streams]
        _, errors = process.communicate(timeout=20)
        took = time.monotonic() - began

    assert lines[1] == f"page: {url}/_simulator/\n"
    assert (process.returncode, errors, remainders) == (0, "", [[], [], []])
    # Without an orderly end, uvicorn cancels the streams after two seconds, and their readers see an error.
    assert took < 15


def test_nothing_is_compared_while_no_stream_is_open(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    take_look = events.Watcher._take_look

    def counted(watcher: events.Watcher) -> Any:
        looks.append(time.monotonic())
        return take_look(watcher)

    monkeypatch.setattr(events.Watcher, "_take_look", counted)
    job = simulator.create_job(api=API)
    poll(simulator, job, 20)
    assert looks == []
    snapshot(simulator.url)

    assert len(looks) == 1


# The commands and programs of the page


def snippets(page: str, kind: str) -> list[str]:
    """Return the commands or the programs of the page."""
    found = re.findall(rf'id="{kind}-[0-9-]+">\s*<pre[^>]*><code>(.*?)</code>', page, re.DOTALL)
    return [html.unescape(one).strip() for one in found]


def test_commands_of_the_page_are_those_that_the_simulator_prints(simulator: RunningSimulator) -> None:
    from scripts.simulate.command import _describe_api

    printed = [
        line.strip()
        for document in simulator.simulator.documents
        for line in _describe_api(simulator.simulator, document, f"{simulator.url}/{document.stem}")
        if line.startswith("  curl")
    ]
    shown = snippets(httpx.get(f"{simulator.url}/_simulator/").text, "curl")

    assert shown == printed
    assert len(shown) == 5
    for command in shown:
        done = subprocess.run(
            [*shlex.split(command), "-w", " %{http_code}"], capture_output=True, text=True, check=True, timeout=20
        )
        assert done.stdout.endswith((" 200", " 202")), command


def test_programs_of_the_page_run(tmp_path: Path) -> None:
    with run_simulator(ROOT / "openapi", speed=50) as simulator:
        programs = snippets(httpx.get(f"{simulator.url}/_simulator/").text, "python")
        assert len(programs) == 5
        for program in programs:
            (tmp_path / "program.py").write_text(program, encoding="utf-8")
            command = [sys.executable, str(tmp_path / "program.py")]
            environment = {"PYTHONPATH": str(ROOT / "generated")}
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path
            )
            # A job may fail; then the last line names the exception of the client.
            last = done.stderr.strip().splitlines()[-1:]
            assert done.returncode == 0 or "JobFailedError" in last[0], done.stderr


def test_control_document_describes_the_events() -> None:
    schemas = control_document().data["components"]["schemas"]

    assert {"Snapshot", "Change", "WatchedJob"} <= schemas.keys()
    assert control_document().operation("get_events").success.media_types[0].name == "text/event-stream"
