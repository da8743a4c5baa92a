"""Verification of conforming servers reports no failures and sends no requests that it must not send."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.document import Document, load
from scripts.verify.run import verify
from scripts.verify.target import Profile, make_target

from .conforming_servers import CASES, BehindWebServer, UndocumentedMethods
from .conftest import served

MODES: dict[str, tuple[Profile, bool]] = {"reads": ("live", False), "writes": ("live", True), "full": ("full", True)}
BY_STEM = {case.stem: case for case in CASES}
# The "writes" mode sends only requests that the other modes send too, except for the start of a job.
RUNS = [(stem, mode) for stem in BY_STEM for mode in ("reads", "full")] + [
    ("started-only", "writes"),
    ("rate-limited", "writes"),
]


@pytest.mark.parametrize(("stem", "mode"), RUNS)
def test_conforming_server_has_no_failures(stem: str, mode: str, tmp_path: Path) -> None:
    case = BY_STEM[stem]
    profile, writes = MODES[mode]
    (tmp_path / f"{stem}.yaml").write_text(case.document, encoding="utf-8")
    application = case.make_server()

    with served(application) as url:
        goal = make_target(load(tmp_path / f"{stem}.yaml"), url, case.environment, profile=profile, writes=writes)
        result = verify(goal, 1)

    reported = [
        f"{found.check}: expected {found.expected}, got {found.got}" for found in result.failures()
    ] + result.problems
    assert result.status == (2 if mode in case.inconclusive else 0), reported
    sent = {method for method, _, _ in application.requests}
    assert sent <= {"GET", "HEAD", "OPTIONS", *(["POST"] if writes else [])}
    if isinstance(application, UndocumentedMethods):
        assert application.undocumented_writes == []
    if isinstance(application, BehindWebServer) and mode == "full":
        assert application.rejected
    if mode == "reads":
        assert any("reads only" in note for note in result.notes) or result.status == 2
    else:
        assert not any("reads only" in note for note in result.notes)


def test_verification_starts_a_job_if_no_job_id_is_known_and_writes_are_allowed(tmp_path: Path) -> None:
    case = BY_STEM["started-only"]
    (tmp_path / "started-only.yaml").write_text(case.document, encoding="utf-8")

    with served(case.make_server()) as url:
        document = load(tmp_path / "started-only.yaml")
        without_writes = verify(make_target(document, url, case.environment, profile="live", writes=False), 1)
        with_writes = verify(make_target(document, url, case.environment, profile="live", writes=True), 1)

    assert "ALLOW_WRITES=1 to have start_job start a job" in without_writes.problems[0]
    assert with_writes.tally("get_job", "id_echo").checked
    assert with_writes.coverage["get_job"].seen_states


IN_BODY = {"content": {"application/json": {"schema": {"type": "object", "properties": {"id": {"type": "string"}}}}}}
NAME = {"content": {"application/json": {"schema": {"type": "object", "properties": {"name": {"type": "string"}}}}}}
IN_QUERY = [{"name": "id", "in": "query", "required": True, "schema": {"type": "string"}, "example": "j-1"}]
LINK = {"operationId": "get_job", "parameters": {"id": "$response.body#/id"}}
LINKED = {"202": {"description": "x", **IN_BODY, "links": {"job": LINK}}}
# Path, method and other members of an operation, and whether a server other than the simulator gets it.
WRITES: dict[str, tuple[str, str, dict[str, Any], bool]] = {
    "delete": ("/jobs/{id}", "delete", {}, False),
    "delete of all": ("/jobs", "delete", {}, False),
    "delete that is a job": ("/jobs/{id}", "delete", {"responses": LINKED}, False),
    "delete of its result": ("/jobs/{id}/result", "delete", {}, False),
    "delete by query": ("/one", "delete", {"parameters": IN_QUERY}, False),
    "replace": ("/jobs/{id}", "put", {}, False),
    "replace all": ("/jobs", "put", {}, False),
    "update": ("/jobs/{id}", "patch", {}, False),
    "cancel": ("/jobs/{id}/cancel", "post", {}, False),
    "cancel by query": ("/cancel", "post", {"parameters": IN_QUERY}, False),
    "cancel by body": ("/cancel_one", "post", {"requestBody": IN_BODY}, False),
    "repeat": ("/jobs/{id}/again", "post", {"responses": LINKED}, True),
    "begin by put": ("/begin", "put", {"responses": LINKED}, True),
    "create": ("/notes", "post", {"requestBody": NAME}, True),
    "create nothing": ("/notes", "post", {}, True),
}


def with_writes(document: str, folder: Path, *names: str) -> Document:
    """Return a document with more operations that write."""
    data = yaml.safe_load(document)
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "example": "j-1"}
    for number, (path, method, members, _) in enumerate(WRITES[name] for name in names):
        operation = {"operationId": f"write_{number}", "responses": {"204": {"description": "x"}}, **members}
        if "{id}" in path:
            operation["parameters"] = [parameter]
        data["paths"].setdefault(path, {})[method] = operation
    responses = data["paths"]["/jobs/{id}"]["get"]["responses"]
    responses["200"]["links"] = {"next": {"operationId": "write_0", "parameters": {"id": "$response.body#/id"}}}
    file = folder / "openid-connect.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return load(file)


@pytest.mark.parametrize("name", WRITES)
def test_write_is_sent_unless_it_can_change_what_exists(name: str, tmp_path: Path) -> None:
    document = with_writes(BY_STEM["openid-connect"].document, tmp_path, name)

    def may_call(*, writes: bool, stepping: bool) -> bool:
        url = "http://127.0.0.1:9"
        target = make_target(document, url, {}, profile="full", writes=writes, stepping=stepping)
        return document.operation("write_0") in target.operations

    assert may_call(writes=True, stepping=False) is WRITES[name][-1]
    assert may_call(writes=True, stepping=True)
    assert not may_call(writes=False, stepping=False)


@pytest.mark.parametrize("mode", ["writes", "full"])
@pytest.mark.parametrize("known", ["j-1", ""])
def test_no_write_reaches_a_job_that_exists(known: str, mode: str, tmp_path: Path) -> None:
    case = BY_STEM["openid-connect"]
    harmful = [name for name, (*_, is_sent) in WRITES.items() if not is_sent and "that is" not in name]
    document = with_writes(case.document, tmp_path, *harmful)
    application = case.make_server()
    profile, writes = MODES[mode]

    with served(application) as url:
        environment = {**case.environment, "OPENID_CONNECT_ID": known}
        result = verify(make_target(document, url, environment, profile=profile, writes=writes), 1)

    sent = {(method, path) for method, path, _ in application.requests if method not in {"GET", "HEAD", "OPTIONS"}}
    assert sent == {("POST", "/jobs")}
    assert result.status == 0, result.problems
    assert len(result.skipped_operations) == len(harmful)
    assert all("sent to the simulator only" in line for line in result.skipped_operations)
