"""The document of flow-framework, its client and the rules of verification are true to what real nodes have answered."""

import fnmatch
import functools
import json
import math
import re
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from job_status import InvalidArgumentError, OpenSearchFlowFramework, UnexpectedResponseError

from scripts.document import Document
from scripts.document import read as read_yaml
from scripts.document.parse import parse
from scripts.verify.recorded import Recorded, judge, read
from scripts.verify.result import Failure

from .conftest import ROOT
from .virtual import VirtualClock

FOLDER = ROOT / "tests" / "recordings"
FILES = sorted(FOLDER.glob("*.jsonl"))
DOCUMENT = ROOT / "openapi" / "opensearch-flow-framework.yaml"
EXCEPTIONS = read_yaml(FOLDER / "exceptions.yaml").data["exceptions"]


@functools.cache
def document(path: Path = DOCUMENT) -> Document:
    """The document as it stands, even where its own examples contradict it: the recordings are to say so."""
    return parse(read_yaml(path))


@functools.cache
def recorded(path: Path) -> tuple[Recorded, ...]:
    return tuple(read(path, document()))


def excepted(name: str, failure: Failure) -> bool:
    return any(
        failure.rule in exception["rules"] and any(fnmatch.fnmatch(name, pattern) for pattern in exception["names"])
        for exception in EXCEPTIONS
    )


def said(found: dict[str, list[Failure]]) -> dict[str, list[str]]:
    """What is wrong with each recording that no exception covers."""
    told = {
        name: [f"{failure.rule}: {failure.got}" for failure in failures if not excepted(name, failure)]
        for name, failures in found.items()
    }
    return {name: lines for name, lines in told.items() if lines}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_node_has_answered_keeps_the_document_and_passes_the_rules(path: Path) -> None:
    found = judge(document(), recorded(path))

    assert len(found) >= 15
    assert said(found) == {}


def test_every_exception_is_needed() -> None:
    met = {
        (pattern, failure.rule)
        for path in FILES
        for name, failures in judge(document(), recorded(path)).items()
        for failure in failures
        for exception in EXCEPTIONS
        for pattern in exception["names"]
        if fnmatch.fnmatch(name, pattern) and failure.rule in exception["rules"]
    }

    for exception in EXCEPTIONS:
        assert {rule for pattern, rule in met if pattern in exception["names"]} == set(exception["rules"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_client_reads_each_recorded_status_without_loss(path: Path) -> None:
    read_well = 0
    for one in recorded(path):
        for exchange in one.exchanges:
            if not exchange.is_accepted or exchange.method != "GET":
                continue
            transport = httpx.MockTransport(lambda _, told=exchange: httpx.Response(200, content=told.body))
            with OpenSearchFlowFramework("http://node", http_transport=transport) as api:
                try:
                    asked = urllib.parse.unquote(exchange.url.partition("?")[0].split("/")[-2])
                    status = api.get_workflow_status(asked, all_=True)
                except InvalidArgumentError:
                    assert asked in {"", ".", ".."}, one.name
                    continue
                except UnexpectedResponseError as error:
                    if "another job" in str(error):
                        assert exchange.json["workflow_id"] != asked, one.name
                        continue
                    # No JSON, or without what a waiter needs: documents written by hand, and other representations.
                    assert {"workflow_id", "state"} - (
                        exchange.json if isinstance(exchange.json, dict) else {}
                    ).keys(), one.name
                    continue
            read_well += 1
            assert status.to_dict() == exchange.json, one.name
    assert read_well > 10


DATE_TIME = "type: string\n          format: date-time"


@pytest.mark.parametrize(
    ("old", "new", "field", "name"),
    [
        pytest.param(
            "provision_start_time:\n          type: integer\n          format: int64",
            f"provision_start_time:\n          {DATE_TIME}",
            "/provision_start_time",
            "c_completed_noop__all",
            id="times are date-times",
        ),
        pytest.param(
            "items:\n            $ref: '#/components/schemas/CreatedResource'",
            "items:\n            type: string",
            "/resources_created/0",
            "d_completed_create_index",
            id="resources are strings",
        ),
        pytest.param(
            "enum: [NOT_STARTED, IN_PROGRESS, DONE, FAILED]",
            "enum: [NOT_STARTED, IN_PROGRESS, COMPLETED, FAILED]",
            "/provisioning_progress",
            "c_completed_noop__all",
            id="progress ends as the state does",
        ),
        pytest.param(
            "required: [workflow_id, state]",
            "required: [workflow_id, state, provisioning_progress]",
            '"provisioning_progress" is a required property',
            "c_completed_noop",
            id="every view has the progress",
        ),
        pytest.param(
            "              - type: string\n              - type: object\n                additionalProperties:\n"
            "                  type: string\n",
            "              - type: integer\n",
            "/user_outputs",
            "q_outputs_strings__all",
            id="outputs are numbers",
        ),
        pytest.param(
            "description: The user's backend roles.\n          items:\n            type: string",
            "description: The user's backend roles.\n          items:\n            type: integer",
            "/user/backend_roles/0",
            "q_user_full__all",
            id="backend roles are numbers",
        ),
    ],
)
def test_a_wrong_claim_is_refuted_by_field_and_recording(
    tmp_path: Path, old: str, new: str, field: str, name: str
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / DOCUMENT.name
    path.write_text(text.replace(old, new), encoding="utf-8")

    for file in FILES:
        if file.stem in {"2.19.5", "3.8.0"}:
            failures = judge(document(path), recorded(file))[name]
            assert [failure.rule for failure in failures if field in failure.got], name


def cut(value: Any) -> Any:
    """A body whose stack traces end with their first line."""
    if isinstance(value, dict):
        return {k: v.split("\n")[0] if k == "stack_trace" else cut(v) for k, v in value.items()}
    return [cut(item) for item in value] if isinstance(value, list) else value


def test_the_examples_are_recorded_answers_and_name_the_version() -> None:
    bodies = {
        (re.sub(r"\.(timelines|more)$", "", path.stem), json.dumps(cut(exchange.json), sort_keys=True))
        for path in FILES
        for one in recorded(path)
        for exchange in one.exchanges
        if isinstance(exchange.json, dict)
    }
    answers = document().data["paths"][document().operations[0].path]["get"]["responses"]
    examples = [
        pair
        for answer in answers.values()
        for content in answer["content"].values()
        for pair in content["examples"].items()
    ]

    for name, example in examples:
        if example.get("x-unverified") or isinstance(example["value"], str):
            continue
        version = example["summary"].rpartition(", ")[2]
        assert (version, json.dumps(cut(example["value"]), sort_keys=True)) in bodies, name


def replayed(changes: list[dict[str, Any]], clock: VirtualClock) -> Callable[[httpx.Request], httpx.Response]:
    """A server that tells a recorded history again, from the moment at which the clock stands."""
    began = clock.time
    first = changes[0]["t_ms"]

    def answer(_: httpx.Request) -> httpx.Response:
        passed = (clock.time - began) * 1000
        told = [change for change in changes if change["t_ms"] - first <= passed][-1]
        return httpx.Response(told["status"], json=json.loads(told["body_text"]))

    return answer


HISTORIES = [
    pytest.param(history, id=f"{path.stem}-{history['name']}")
    for path in FILES
    if "timelines" in path.name
    for history in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    if history["name"] in {"b_multi_step__all", "e_node_timeout__all", "e_two_noops__all", "g_reprovision_slow__all"}
]


@pytest.mark.parametrize("history", HISTORIES)
def test_a_wait_notices_the_recorded_end_within_a_second_of_three(history: dict[str, Any]) -> None:
    changes = [change for change in history["changes"] if change["status"] == 200]
    if history["name"] == "g_reprovision_slow__all":
        changes = changes[1:]  # what it shows first is the end of the run before
    last = json.loads(changes[-1]["body_text"])
    for _ in range(50):
        clock = VirtualClock()
        with clock.timed(OpenSearchFlowFramework)(
            "http://node", http_transport=httpx.MockTransport(replayed(changes, clock))
        ) as api:
            status = api.wait_for_workflow_status(last["workflow_id"], timeout=60)
        assert status.state == "COMPLETED"
        took = (last["provision_end_time"] - last["provision_start_time"]) / 1000
        late = clock.time - took
        # A poll is no further from the one before than the square root of the job's age, and a quarter.
        assert -0.2 <= late <= (1.0 if 2.9 < took < 3.1 else math.sqrt(took) + 0.25)


def test_each_difference_is_shown_by_a_recording() -> None:
    lines = DOCUMENT.with_suffix(".differences.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1:-1] for line in lines if line.startswith("| ") and not line.startswith("| about")]
    names = {one.name for path in FILES for one in recorded(path)}

    assert len(rows) > 20
    for about, *_, shown in rows:
        found = set(re.findall(r"`(\w+)`", shown))
        assert found <= names, about
        assert found or shown.strip() == "source", about
