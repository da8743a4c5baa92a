"""The simulator answers as real nodes of OpenSearch have answered to the same requests in the same situations."""

import asyncio
import fnmatch
import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.document import MISSING, Document
from scripts.document import read as read_yaml
from scripts.simulate import Settings, Simulator
from scripts.simulate.clock import SteppingClock
from scripts.simulate.faults import Fault

from .conftest import ROOT

STEM = "opensearch-flow-framework"
FOLDER = ROOT / "tests" / "recordings"
FILES = [path for path in sorted(FOLDER.glob("*.jsonl")) if "timelines" not in path.name]
DIFFERENT = read_yaml(FOLDER / "different.yaml").data["different"]
# The example of the document that tells of a situation, by the names of the recordings.
SITUATIONS = {
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


def exchanges(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def named(entry: dict[str, Any]) -> str | None:
    """The id that a request asks for."""
    found = STATUS.match(entry["request"]["path"])
    return urllib.parse.unquote(found[1]) if found else None


def told(path: Path) -> dict[str, Any]:
    """What is known of each id from the readings that name it: its last state."""
    known: dict[str, Any] = {}
    for entry in exchanges(path):
        body = entry["response"].get("body")
        if entry["response"].get("status") == 200 and isinstance(body, dict) and "state" in body:
            known.setdefault(named(entry) or "", body)
    return known


def situated(document: Document, entry: dict[str, Any], known: dict[str, Any]) -> Simulator:
    """A simulator in the situation in which a request was recorded."""
    simulator = Simulator([document], Settings(clock=SteppingClock(0.0), environment={}))
    name = entry["name"]
    for pattern, example in SITUATIONS.items():
        if fnmatch.fnmatch(name, pattern) and entry["response"].get("status") != 200:
            simulator.faults.add(Fault("example", value=example))
            break
    job = named(entry)
    body = entry["response"].get("body")
    reading = body if entry["response"].get("status") == 200 and isinstance(body, dict) and "state" in body else None
    gone = entry["response"].get("status") == 404
    lives = simulator.lives[STEM, "get_workflow_status"]
    if job and not gone and (reading := reading or known.get(job)) and reading["state"] in lives.job.words:
        schema = document.data["components"]["schemas"]["WorkflowStatus"]["properties"]
        told = {field: reading.get(field, MISSING) for field in schema if field not in {"workflow_id", "state"}}
        if "provisioning_progress" not in reading and "provision_start_time" not in reading:
            # The narrow view says nothing of the fields that only the wide one has.
            told = {field: told[field] for field in ("error", "resources_created")}
        # Moments are the clock's; but for a second provisioning, which shows the end of the first.
        again = name.startswith(("g_", "x_reprovision_running"))
        ordered = tuple((f, value) for f, value in told.items() if value is MISSING or again or not _is_time(f))
        lives.create({"workflow_id": job}, ((0.0, reading["state"]),), None, 1.8e9, ordered)
    return simulator


def _is_time(field: str) -> bool:
    return field in {"provision_start_time", "provision_end_time"}


def asked(simulator: Simulator, request: dict[str, Any]) -> tuple[int | None, dict[str, str], bytes]:
    """What the simulator answers to a request that is sent as it was recorded."""
    path, _, query = request["path"].partition("?")
    body = (request.get("body") or "").encode()
    headers = [(name.lower().encode(), value.encode()) for name, value in (request.get("headers") or {}).items()]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request["method"],
        "path": f"/{STEM}{urllib.parse.unquote(path)}",
        "raw_path": f"/{STEM}{path}".encode(),
        "query_string": query.encode(),
        "headers": headers,
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(simulator(scope, receive, send))
    answered = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


def plain(value: Any, key: str = "") -> Any:
    """A body up to what differs from node to node: ids and times, and the lines of a stack trace."""
    if isinstance(value, dict):
        return {name: plain(child, name) for name, child in sorted(value.items())}
    if isinstance(value, list):
        return [plain(child) for child in value]
    if _is_time(key) and isinstance(value, int):
        return "a time"
    return value.split("\n")[0] if key == "stack_trace" else value


def difference(document: Document, entry: dict[str, Any], known: dict[str, Any]) -> str:
    """How the simulator's answer differs from the recorded one; empty where it does not."""
    recorded = entry["response"]
    status, headers, body = asked(situated(document, entry, known), entry["request"])
    if status != recorded["status"]:
        return f"{status}, recorded {recorded['status']}"
    there = {name.lower(): value for name, value in recorded["headers"].items()}
    for name in ("content-type", "allow"):
        if (headers.get(name) or "").lower() != (there.get(name) or "").lower():
            return f"{name}: {headers.get(name)}, recorded {there.get(name)}"
    text = recorded.get("body_text") or ""
    if recorded.get("body") is None:
        return "" if body.decode() == text else f"{body.decode()!r}, recorded {text!r}"
    mine, theirs = plain(json.loads(body or b"null")), plain(recorded["body"])
    return "" if mine == theirs else f"{json.dumps(mine)}, recorded {json.dumps(theirs)}"


def excused(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for entry in DIFFERENT for pattern in entry["names"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_simulator_answers_as_the_node_did(documents: dict[str, Document], path: Path) -> None:
    known = told(path)
    found = {
        entry["name"]: difference(documents[STEM], entry, known)
        for entry in exchanges(path)
        if not excused(entry["name"])
    }

    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("entry", DIFFERENT, ids=lambda entry: entry["names"][0])
def test_what_is_left_different_is_so(documents: dict[str, Document], entry: dict[str, Any]) -> None:
    assert entry["reason"]
    for pattern in entry["names"]:
        found = [
            difference(documents[STEM], recorded, known)
            for path in FILES
            for known in [told(path)]
            for recorded in exchanges(path)
            if fnmatch.fnmatch(recorded["name"], pattern)
        ]
        assert found, pattern
        assert any(found), f"{pattern} is not different any more"
