"""The flow-framework document, its client and the rules of verification agree with recorded responses of real nodes."""

import datetime
import fnmatch
import functools
import json
import math
import re
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import harfile
import httpx
import pytest
from job_status import InvalidArgumentError, OpenSearchFlowFramework, UnexpectedResponseError

from scripts.document import Document, read_file
from scripts.document.parse import parse_document
from scripts.verify.exchange import Exchange
from scripts.verify.recordings import Recording, check_recordings, read_recordings
from scripts.verify.result import Failure

from .conftest import ROOT
from .virtual_clock import VirtualClock

FOLDER = ROOT / "tests" / "recordings"
FILES = sorted(FOLDER.glob("*.har"))
DOCUMENT = ROOT / "openapi" / "opensearch-flow-framework.yaml"
EXCEPTIONS = read_file(FOLDER / "exceptions.yaml").data["exceptions"]


@functools.cache
def document(path: Path = DOCUMENT) -> Document:
    """Parse a document without validating its examples, so that the recordings find what they contradict."""
    return parse_document(read_file(path))


@functools.cache
def recordings(path: Path) -> tuple[Recording, ...]:
    return tuple(read_recordings(path, document()))


def har_entries(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a HAR file."""
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
    return entries


def without_extensions(value: Any) -> Any:
    """Return a part of a HAR file without the fields that extend the format."""
    if isinstance(value, dict):
        return {name: without_extensions(child) for name, child in value.items() if not name.startswith("_")}
    return [without_extensions(item) for item in value] if isinstance(value, list) else value


def is_excepted(name: str, failure: Failure) -> bool:
    return any(
        failure.check in exception["rules"] and any(fnmatch.fnmatch(name, pattern) for pattern in exception["names"])
        for exception in EXCEPTIONS
    )


def unexpected_failures(found: dict[str, list[Failure]]) -> dict[str, list[str]]:
    """Return the failures of each recording that no exception covers."""
    described = {
        name: [f"{failure.check}: {failure.got}" for failure in failures if not is_excepted(name, failure)]
        for name, failures in found.items()
    }
    return {name: lines for name, lines in described.items() if lines}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_responses_conform_to_the_document_and_pass_the_rules(path: Path) -> None:
    found = check_recordings(document(), recordings(path))

    assert len(found) >= 15
    assert unexpected_failures(found) == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recording_is_a_valid_har_file(path: Path) -> None:
    """Each entry is as harfile writes it, apart from extensions, whose names start with an underscore."""
    log = json.loads(path.read_text(encoding="utf-8"))["log"]

    assert log["version"] == harfile.HAR_VERSION
    for entry in without_extensions(log["entries"]):
        request, response = entry["request"], entry["response"]
        har_request = harfile.Request(
            **request
            | {name: [harfile.Record(**record) for record in request[name]] for name in ("headers", "queryString")}
            | {"postData": harfile.PostData(**request["postData"]) if "postData" in request else None}
        )
        har_response = harfile.Response(
            **response
            | {"headers": [harfile.Record(**record) for record in response["headers"]]}
            | {"content": harfile.Content(**response["content"])}
        )
        assert har_request.asdict() == request
        assert har_response.asdict() == response
        assert harfile.Timings(**entry["timings"]).asdict().items() >= entry["timings"].items()
        assert datetime.datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        assert entry.keys() == {"startedDateTime", "time", "request", "response", "cache", "timings"}


def test_every_exception_is_used() -> None:
    used = {
        (pattern, failure.check)
        for path in FILES
        for name, failures in check_recordings(document(), recordings(path)).items()
        for failure in failures
        for exception in EXCEPTIONS
        for pattern in exception["names"]
        if fnmatch.fnmatch(name, pattern) and failure.check in exception["rules"]
    }

    for exception in EXCEPTIONS:
        assert {rule for pattern, rule in used if pattern in exception["names"]} == set(exception["rules"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_client_parses_each_recorded_status_without_loss(path: Path) -> None:
    parsed = 0
    for recording in recordings(path):
        for exchange in recording.exchanges:
            if not exchange.is_accepted or exchange.method != "GET":
                continue
            transport = httpx.MockTransport(lambda _, exchange=exchange: httpx.Response(200, content=exchange.body))
            with OpenSearchFlowFramework("http://node", http_transport=transport) as api:
                try:
                    workflow_id = urllib.parse.unquote(exchange.url.partition("?")[0].split("/")[-2])
                    status = api.get_workflow_status(workflow_id, all_=True)
                except InvalidArgumentError:
                    assert workflow_id in {"", ".", ".."}, recording.name
                    continue
                except UnexpectedResponseError as error:
                    if "another job" in str(error):
                        assert exchange.json["workflow_id"] != workflow_id, recording.name
                        continue
                    # Not JSON, or a required field is missing: malformed index documents, and other representations.
                    assert {"workflow_id", "state"} - (
                        exchange.json if isinstance(exchange.json, dict) else {}
                    ).keys(), recording.name
                    continue
            parsed += 1
            assert status.to_dict() == exchange.json, recording.name
    assert parsed > 10


DATE_TIME = "type: string\n          format: date-time"


@pytest.mark.parametrize(
    ("old", "new", "field", "name"),
    [
        pytest.param(
            "provision_start_time:\n          type: integer\n          format: int64",
            f"provision_start_time:\n          {DATE_TIME}",
            "/provision_start_time",
            "c_completed_noop__all",
            id="times_are_date_times",
        ),
        pytest.param(
            "items:\n            $ref: '#/components/schemas/CreatedResource'",
            "items:\n            type: string",
            "/resources_created/0",
            "d_completed_create_index",
            id="resources_are_strings",
        ),
        pytest.param(
            "enum: [NOT_STARTED, IN_PROGRESS, DONE, FAILED]",
            "enum: [NOT_STARTED, IN_PROGRESS, COMPLETED, FAILED]",
            "/provisioning_progress",
            "c_completed_noop__all",
            id="progress_ends_with_completed",
        ),
        pytest.param(
            "required: [workflow_id, state]",
            "required: [workflow_id, state, provisioning_progress]",
            '"provisioning_progress" is a required property',
            "c_completed_noop",
            id="progress_is_always_required",
        ),
        pytest.param(
            "              - type: string\n              - type: object\n                additionalProperties:\n"
            "                  type: string\n",
            "              - type: integer\n",
            "/user_outputs",
            "q_outputs_strings__all",
            id="outputs_are_integers",
        ),
        pytest.param(
            "description: The user's backend roles.\n          items:\n            type: string",
            "description: The user's backend roles.\n          items:\n            type: integer",
            "/user/backend_roles/0",
            "q_user_full__all",
            id="backend_roles_are_integers",
        ),
    ],
)
def test_recording_contradicts_an_incorrect_schema(tmp_path: Path, old: str, new: str, field: str, name: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / DOCUMENT.name
    path.write_text(text.replace(old, new), encoding="utf-8")

    for file in FILES:
        if file.stem in {"2.19.5", "3.8.0"}:
            failures = check_recordings(document(path), recordings(file))[name]
            assert [failure.check for failure in failures if field in failure.got], name


def without_stack_frames(value: Any) -> Any:
    """Return a JSON body with only the first line of each stack trace."""
    if isinstance(value, dict):
        return {k: v.split("\n")[0] if k == "stack_trace" else without_stack_frames(v) for k, v in value.items()}
    return [without_stack_frames(item) for item in value] if isinstance(value, list) else value


def test_examples_are_recorded_responses_and_name_the_version() -> None:
    bodies = {
        (re.sub(r"\.(timelines|more)$", "", path.stem), json.dumps(without_stack_frames(exchange.json), sort_keys=True))
        for path in FILES
        for recording in recordings(path)
        for exchange in recording.exchanges
        if isinstance(exchange.json, dict)
    }
    responses = document().data["paths"][document().operations[0].path]["get"]["responses"]
    examples = [
        pair
        for response in responses.values()
        for content in response["content"].values()
        for pair in content["examples"].items()
    ]

    for name, example in examples:
        if example.get("x-unverified") or isinstance(example["value"], str):
            continue
        version = example["summary"].rpartition(", ")[2]
        assert (version, json.dumps(without_stack_frames(example["value"]), sort_keys=True)) in bodies, name


def replay_server(changes: list[Exchange], clock: VirtualClock) -> Callable[[httpx.Request], httpx.Response]:
    """Return a handler that replays a recorded history, starting at the current time of the clock."""
    started = clock.time

    def respond(_: httpx.Request) -> httpx.Response:
        current = [change for change in changes if change.at - changes[0].at <= clock.time - started][-1]
        return httpx.Response(200, json=current.json)

    return respond


HISTORIES = [
    pytest.param(history, id=f"{path.stem}-{history.name}")
    for path in FILES
    if "timelines" in path.name
    for history in recordings(path)
    if history.name in {"b_multi_step__all", "e_node_timeout__all", "e_two_noops__all", "g_reprovision_slow__all"}
]


@pytest.mark.parametrize("history", HISTORIES)
def test_wait_detects_the_recorded_end_promptly(history: Recording) -> None:
    changes = [change for change in history.exchanges if change.status == 200]
    if history.name == "g_reprovision_slow__all":
        changes = changes[1:]  # the first status is the end of the previous run
    last = changes[-1].json
    for _ in range(50):
        clock = VirtualClock()
        with clock.client_class(OpenSearchFlowFramework)(
            "http://node", http_transport=httpx.MockTransport(replay_server(changes, clock))
        ) as api:
            status = api.wait_for_workflow_status(last["workflow_id"], timeout=60)
        assert status.state == "COMPLETED"
        took = (last["provision_end_time"] - last["provision_start_time"]) / 1000
        delay = clock.time - took
        # The interval between two polls is at most sqrt(age of the job) + 0.25 seconds.
        assert -0.2 <= delay <= (1.0 if 2.9 < took < 3.1 else math.sqrt(took) + 0.25)


def test_each_documented_difference_has_a_recording() -> None:
    lines = DOCUMENT.with_suffix(".differences.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1:-1] for line in lines if line.startswith("| ") and not line.startswith("| subject")]
    names = {recording.name for path in FILES for recording in recordings(path)}

    assert len(rows) > 20
    for subject, *_, shown in rows:
        found = set(re.findall(r"`(\w+)`", shown))
        assert found <= names, subject
        assert found or shown.strip() == "source code", subject
