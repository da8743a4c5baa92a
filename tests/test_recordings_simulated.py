"""Tests that the simulator responds as real OpenSearch nodes did to the same requests in the same scenarios."""

import asyncio
import fnmatch
import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from scripts.document import MISSING, Document, read_file
from scripts.simulate import Simulator, SimulatorSettings
from scripts.simulate.clock import SteppingClock
from scripts.simulate.faults import Fault

from . import test_recordings
from .test_recordings import FOLDER, har_entries

STEM = "opensearch-flow-framework"
FILES = [path for path in test_recordings.FILES if "timelines" not in path.name]
DIFFERENT = read_file(FOLDER / "different.yaml").data["different"]
# Patterns of recording names, each with the document's example for the scenario of the recording.
EXAMPLES = {
    "o_disabled*": "disabled",
    "u_tenant_disabled*": "disabled",
    "*state_index*": "unreadable",
    "w_startup_after_*_1": "unreadable",
    "v_inflight_breaker_body": "breaker",
    "x_parent_breaker*": "parent_breaker",
    "x_kill_3*": "unreadable",
    "x_term_3*": "unreadable",
    "u_tenant_missing_header_unknown_id": "no_tenant",
    "u_tenant_empty_header": "empty_tenant",
    "u_tenant_other*": "other_tenant",
    "u_tenant_doc_without_tenant": "other_tenant",
    "u_tenant_two_headers": "other_tenant",
    "t_vanilla_*": "no_plugin",
    "q_*": "unreadable_state",
}
STATUS = re.compile(r"/_plugins/_flow_framework/workflow/([^/?]+)/_status")


@frozen
class RecordedExchange:
    """A recorded exchange of any operation. `target` is the request target; `body` is the parsed JSON, or None."""

    name: str
    method: str
    target: str
    request_headers: list[tuple[bytes, bytes]]
    content: bytes
    status: int
    headers: dict[str, str]
    text: str
    body: Any

    @property
    def requested_id(self) -> str | None:
        """Return the id in the path of a status request."""
        found = STATUS.match(self.target)
        return urllib.parse.unquote(found[1]) if found else None

    @property
    def reported_status(self) -> Any:
        """Return the body if it is a status of a workflow, or None."""
        return self.body if self.status == 200 and isinstance(self.body, dict) and "state" in self.body else None


def exchanges(path: Path) -> Iterator[RecordedExchange]:
    """Yield the recorded exchanges of a file."""
    for entry in har_entries(path):
        request, response = entry["request"], entry["response"]
        text = "" if "encoding" in response["content"] else response["content"]["text"]
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        yield RecordedExchange(
            entry["_name"],
            request["method"],
            entry.get("_target") or request["url"].removeprefix("http://127.0.0.1:9200"),
            [(header["name"].lower().encode(), header["value"].encode()) for header in request["headers"]],
            request.get("postData", {}).get("text", "").encode(),
            response["status"],
            {header["name"].lower(): header["value"] for header in response["headers"]},
            text,
            body,
        )


def recorded_statuses(path: Path) -> dict[str, Any]:
    """Return the first recorded status response of each id."""
    known: dict[str, Any] = {}
    for recorded in exchanges(path):
        if recorded.reported_status:
            known.setdefault(recorded.requested_id or "", recorded.reported_status)
    return known


def prepare_simulator(document: Document, recorded: RecordedExchange, known: dict[str, Any]) -> Simulator:
    """Return a simulator in the scenario in which a request was recorded."""
    simulator = Simulator([document], SimulatorSettings(clock=SteppingClock(0.0), environment={}))
    name = recorded.name
    for pattern, example in EXAMPLES.items():
        if fnmatch.fnmatch(name, pattern) and recorded.status != 200:
            simulator.faults.add(Fault("example", value=example))
            break
    job, status, missing = recorded.requested_id, recorded.reported_status, recorded.status == 404
    store = simulator.jobs.of(STEM, "get_workflow_status")
    if job and not missing and (status := status or known.get(job)) and status["state"] in store.job_spec.states:
        schema = document.data["components"]["schemas"]["WorkflowStatus"]["properties"]
        fields = {field: status.get(field, MISSING) for field in schema if field not in {"workflow_id", "state"}}
        if "provisioning_progress" not in status and "provision_start_time" not in status:
            # The brief view does not show the fields that only the full view has.
            fields = {field: fields[field] for field in ("error", "resources_created")}
        # Timestamps come from the clock, except for a second provisioning, which shows the end of the first one.
        reprovisioned = name.startswith(("g_", "x_reprovision_running"))
        fixed = tuple((f, v) for f, v in fields.items() if v is MISSING or reprovisioned or not _is_time(f))
        store.create({"workflow_id": job}, ((0.0, status["state"]),), None, 1.8e9, fixed)
    return simulator


def _is_time(field: str) -> bool:
    return field in {"provision_start_time", "provision_end_time"}


def send_request(simulator: Simulator, recorded: RecordedExchange) -> tuple[int | None, dict[str, str], bytes]:
    """Send a recorded request to the simulator; return the status, headers and body of the response."""
    path, _, query = recorded.target.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": recorded.method,
        "path": f"/{STEM}{urllib.parse.unquote(path)}",
        "raw_path": f"/{STEM}{path}".encode(),
        "query_string": query.encode(),
        "headers": recorded.request_headers,
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": recorded.content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(simulator(scope, receive, send))
    response_headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], response_headers, b"".join(message.get("body", b"") for message in sent[1:])


def normalize(value: Any, key: str = "") -> Any:
    """Return a body without the parts that differ between nodes: timestamps, and the lines of a stack trace."""
    if isinstance(value, dict):
        return {name: normalize(child, name) for name, child in sorted(value.items())}
    if isinstance(value, list):
        return [normalize(child) for child in value]
    if _is_time(key) and isinstance(value, int):
        return "a time"
    return value.split("\n")[0] if key == "stack_trace" else value


def difference(document: Document, recorded: RecordedExchange, known: dict[str, Any]) -> str:
    """Describe how the simulator's response differs from the recorded one; return an empty string if it does not."""
    status, headers, body = send_request(prepare_simulator(document, recorded, known), recorded)
    if status != recorded.status:
        return f"{status}, recorded {recorded.status}"
    for name in ("content-type", "allow"):
        if (headers.get(name) or "").lower() != (recorded.headers.get(name) or "").lower():
            return f"{name}: {headers.get(name)}, recorded {recorded.headers.get(name)}"
    if recorded.body is None:
        return "" if body.decode() == recorded.text else f"{body.decode()!r}, recorded {recorded.text!r}"
    simulated, expected = normalize(json.loads(body or b"null")), normalize(recorded.body)
    return "" if simulated == expected else f"{json.dumps(simulated)}, recorded {json.dumps(expected)}"


def is_known_difference(name: str) -> bool:
    """Return whether `different.yaml` lists a recording."""
    return any(fnmatch.fnmatch(name, pattern) for entry in DIFFERENT for pattern in entry["names"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_simulator_responds_as_recorded(documents: dict[str, Document], path: Path) -> None:
    known = recorded_statuses(path)
    found = {
        recorded.name: difference(documents[STEM], recorded, known)
        for recorded in exchanges(path)
        if not is_known_difference(recorded.name)
    }

    assert {name: found_difference for name, found_difference in found.items() if found_difference} == {}


@pytest.mark.parametrize("entry", DIFFERENT, ids=lambda entry: entry["names"][0])
def test_known_differences_still_differ(documents: dict[str, Document], entry: dict[str, Any]) -> None:
    assert entry["reason"]
    for pattern in entry["names"]:
        found = [
            difference(documents[STEM], recorded, known)
            for path in FILES
            for known in [recorded_statuses(path)]
            for recorded in exchanges(path)
            if fnmatch.fnmatch(recorded.name, pattern)
        ]
        assert found, pattern
        assert any(found), f"{pattern}: expected a difference, got none; remove it from different.yaml"
