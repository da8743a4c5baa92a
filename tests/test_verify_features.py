"""Documents with one feature each: a conforming server has no failure, nor has the simulator, and each fault is found."""

from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from attrs import evolve

from scripts.simulate import Simulator, SimulatorSettings, SteppingClock
from scripts.verify.local_simulator import synthetic_environment
from scripts.verify.preflight import preflight
from scripts.verify.result import Result
from scripts.verify.run import run_deterministic_checks, verify
from scripts.verify.session import Session
from scripts.verify.target import Profile, Target, make_target

from .conftest import served
from .feature_servers import (
    ENDS,
    ID,
    STATE_NAMES,
    TEXT,
    Call,
    Feature,
    FeatureServer,
    Reply,
    Returns,
    another_id,
    fault,
    has_field,
    is_status,
    object_schema,
    response,
)

BODY = "$response.body#/"
NULLABLE = {"type": ["string", "null"]}
BEARER = {"type": "http", "scheme": "bearer"}
OAUTH = {"type": "oauth2", "flows": {"password": {"tokenUrl": "/token", "scopes": {}}}}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
FORM = "application/x-www-form-urlencoded"
ORDER = object_schema(name={"type": "string", "minLength": 1, "pattern": "^[a-z]+$"})


def set_body(**fields: Any) -> Any:
    """Return a change of the fields of a body."""

    def change(reply: Reply) -> None:
        reply.body = {**reply.body, **fields}

    return change


def google(job_id: str, kind: str, poll: int) -> Any:
    ended = {"success": {"response": {"url": "/r"}}, "failure": {"error": {"message": "no"}}, "pending": {}}[kind]
    return {"name": f"operations/{job_id}", "done": kind != "pending", **ended}


def runs(job_id: str, kind: str, poll: int) -> Any:
    return {
        "id": job_id,
        "status": "in_progress" if kind == "pending" else "completed",
        "conclusion": None if kind == "pending" else kind,
    }


def accepted(job_id: str, kind: str, poll: int) -> Any:
    if kind == "pending":
        return Reply(202, None, {"retry-after": "0"})
    return Reply(200, {"outcome": kind})


def see_other(job_id: str, kind: str, poll: int) -> Any:
    if kind == "success":
        return Reply(303, None, {"location": f"/results/{job_id}"})
    return Reply(200, {"failed": kind == "failure"})


def in_header(job_id: str, kind: str, poll: int) -> Any:
    return Reply(200, {"id": job_id}, {"x-state": kind})


def share(job_id: str, kind: str, poll: int) -> Any:
    progress = 1 if kind == "success" else round(poll * 0.2, 1)
    return {"id": job_id, "state": STATE_NAMES[kind], "progress": progress}


def steps(job_id: str, kind: str, poll: int) -> Any:
    done = 8 if kind == "success" else poll
    return {"id": job_id, "state": STATE_NAMES[kind], "steps": {"done": done, "all": 8}}


def scalar(**values: Any) -> Any:
    """Return a status whose state is a scalar of JSON by kind."""
    return lambda job_id, kind, poll: {"id": job_id, "state": values[kind]}


def accepted_with(header: str) -> dict[str, Any]:
    """Return a start whose response has a header with the URL of the job."""
    headers = {header: {"required": True, "schema": TEXT}}
    return {"responses": {"202": {"description": "Accepted.", "headers": headers}}}


def with_queries(call: Call, reply: Reply) -> None:
    """Know a job of any id."""
    if reply.status == 404:
        reply.status, reply.body = 200, {"id": "j-1", "state": "done"}


def forgets(call: Call, reply: Reply) -> None:
    """Start no job."""
    if call.method == "POST" and reply.status in {201, 202}:
        reply.headers = {name: value.replace("j-", "none-") for name, value in reply.headers.items()}
        reply.body = {"id": "none"} if reply.body else reply.body


def knows_unknown(call: Call, reply: Reply) -> None:
    """Say that an unknown job has succeeded."""
    if isinstance(reply.body, dict) and reply.body.get("known") is False:
        reply.body = {"known": True, "id": "j-1", "state": "done"}


def fails_unknown(call: Call, reply: Reply) -> None:
    """Say that an unknown job, which the document shows as pending, has failed."""
    if is_status(call, reply) and reply.body["id"] not in {*ENDS, "j-10", "j-11", "j-12", "j-13"}:
        reply.body = {**reply.body, "state": "failed"}


def open_door(call: Call, reply: Reply) -> None:
    """Accept any credential."""
    if reply.status == 401:
        reply.status, reply.headers = 200, {}
        reply.body = {"id": call.path.rpartition("/")[2], "state": "done"}


STATES = {"enum": ["queued", "done", "failed"]}
PARTIAL_STATES = {"enum": list(STATE_NAMES.values())}
KNOWN_200 = {
    "oneOf": [
        object_schema(known={"const": True}, id=TEXT, state=STATES),
        object_schema(known={"const": False}),
    ]
}
FEATURES = (
    Feature(
        "plain", faults=((Returns(), "terminal_is_final"), (fault(another_id), "id_echo"), (forgets, "start_resolves"))
    ),
    Feature(
        "no-id",
        job={"id": None},
        schema=object_schema(state=STATES),
        status=lambda job_id, kind, poll: {"state": STATE_NAMES[kind]},
        faults=((Returns(), "terminal_is_final"), (with_queries, "unknown_ids")),
    ),
    Feature(
        "id-of-a-name",
        job={"id": {"at": f"{BODY}name", "match": "suffix"}, "state": f"{BODY}state"},
        schema=object_schema(name=TEXT, state=STATES),
        status=lambda job_id, kind, poll: {"name": f"projects/p/jobs/{job_id}", "state": STATE_NAMES[kind]},
        start={"responses": {"200": response("Started.", object_schema(name=TEXT)), "422": response("Invalid.", {})}},
        link={"id": f"{BODY}name"},
        started=lambda job_id, _: Reply(200, {"name": f"projects/p/jobs/{job_id}"}),
        faults=((fault(set_body(name="projects/p/jobs/j-99")), "id_echo"),),
    ),
    Feature(
        "done-and-error",
        job={
            "id": {"at": f"{BODY}name", "match": "suffix"},
            "state": [
                {"when": {f"{BODY}done": False}, "is": "pending"},
                {"when": {f"{BODY}error": {"present": True}}, "is": "failure"},
                {"when": {f"{BODY}done": True}, "is": "success"},
            ],
        },
        schema=object_schema(
            name=TEXT,
            done={"type": "boolean"},
            error_=object_schema(message=TEXT),
            response_=object_schema(url=TEXT),
        ),
        path="/operations/{id}",
        status=google,
        start={"responses": {"200": response("Started.", object_schema(name=TEXT)), "422": response("Invalid.", {})}},
        link={"id": f"{BODY}name"},
        started=lambda job_id, _: Reply(200, {"name": f"operations/{job_id}"}),
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "status-and-conclusion",
        job={
            "state": [
                {"when": {f"{BODY}status": ["queued", "in_progress"]}, "is": "pending"},
                {"when": {f"{BODY}status": "completed", f"{BODY}conclusion": "success"}, "is": "success"},
                {"when": {f"{BODY}status": "completed"}, "is": "failure"},
            ]
        },
        schema=object_schema(
            id=TEXT,
            status={"enum": ["queued", "in_progress", "completed"]},
            conclusion={"enum": ["success", "failure", None]},
        ),
        status=runs,
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "state-by-status-code",
        job={
            "id": None,
            "state": [
                {"when": {"$statusCode": 202}, "is": "pending"},
                {"when": {f"{BODY}outcome": "success"}, "is": "success"},
                {"when": {"$statusCode": 200}, "is": "failure"},
            ],
        },
        schema=object_schema(outcome={"enum": ["success", "failure"]}),
        status=accepted,
        responses={"202": {"description": "It runs."}, "404": "unknown", "422": "invalid"},
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "see-other",
        job={
            "id": None,
            "state": [
                {"when": {"$statusCode": 303}, "is": "success"},
                {"when": {f"{BODY}failed": True}, "is": "failure"},
                {"when": {"$statusCode": 200}, "is": "pending"},
            ],
        },
        schema=object_schema(failed={"type": "boolean"}),
        status=see_other,
        responses={"303": {"description": "It has succeeded."}, "404": "unknown", "422": "invalid"},
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "state-in-a-header",
        job={
            "state": [
                {"when": {"$response.header.X-State": kind}, "is": kind} for kind in ("pending", "success", "failure")
            ]
        },
        schema=object_schema(id=TEXT),
        status=in_header,
        extra={
            "responses": {
                "200": {
                    **response("The status.", object_schema(id=TEXT)),
                    "headers": {
                        "X-State": {"required": True, "schema": {"enum": ["pending", "success", "failure"]}},
                    },
                },
                "404": response("Unknown.", object_schema(detail=TEXT)),
                "422": response("Invalid.", object_schema(detail=TEXT)),
            }
        },
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "integer-states",
        job={"pending": [0], "success": [2], "failure": [3]},
        schema=object_schema(id=TEXT, state={"enum": [0, 2, 3]}),
        status=scalar(pending=0, success=2, failure=3),
        faults=((Returns(), "terminal_is_final"), (fault(set_body(state=9)), "response_schema_conformance")),
    ),
    Feature(
        "boolean-states",
        job={"pending": [False], "success": [True], "failure": []},
        schema=object_schema(id=TEXT, state={"type": "boolean"}),
        status=scalar(pending=False, success=True),
        ends={"j-1": "success", "j-2": "success"},
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "null-state",
        job={"pending": [None], "success": [0], "failure": [1]},
        schema=object_schema(id=TEXT, state={"enum": [None, 0, 1]}),
        status=scalar(pending=None, success=0, failure=1),
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "states-without-enum",
        schema=object_schema(id=TEXT, state=TEXT),
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "id-in-the-query",
        path="/job",
        parameters=({"name": "id", "in": "query", "required": True, "schema": ID},),
        faults=((Returns(), "terminal_is_final"), (fault(another_id), "id_echo"), (with_queries, "unknown_ids")),
    ),
    Feature(
        "id-in-one-of-two-queries",
        job={"names": "id"},
        path="/job",
        parameters=(
            {"name": "id", "in": "query", "required": True, "schema": ID},
            {"name": "tenant", "in": "query", "required": True, "schema": {"enum": ["acme"]}},
        ),
        link={"id": f"{BODY}id", "tenant": "acme"},
        faults=((Returns(), "terminal_is_final"), (fault(another_id), "id_echo")),
    ),
    Feature(
        "id-in-an-optional-query",
        job={"names": "id"},
        path="/job",
        parameters=(
            {"name": "id", "in": "query", "schema": ID},
            {"name": "wide", "in": "query", "schema": {"type": ["boolean", "null"]}},
        ),
        faults=((fault(another_id), "id_echo"),),
    ),
    Feature(
        "partial",
        job={"partial": ["done_with_errors"]},
        schema=object_schema(id=TEXT, state=PARTIAL_STATES),
        ends={**ENDS, "j-4": "partial"},
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "progress-of-one",
        job={"progress": {"at": f"{BODY}progress", "of": 1}},
        schema=object_schema(id=TEXT, state=STATES, progress={"type": "number", "minimum": 0, "maximum": 1}),
        status=share,
        faults=(
            (fault(set_body(progress=0.5), has_field(state="done")), "progress_matches_state"),
            (fault(set_body(progress=1), has_field(state="queued")), "progress_matches_state"),
        ),
    ),
    Feature(
        "progress-of-steps",
        job={"progress": {"at": f"{BODY}steps/done", "of": f"{BODY}steps/all"}},
        schema=object_schema(
            id=TEXT, state=STATES, steps=object_schema(done={"type": "integer"}, all={"type": "integer", "minimum": 1})
        ),
        status=steps,
        faults=(
            (fault(set_body(steps={"done": 7, "all": 8}), has_field(state="done")), "progress_matches_state"),
            (
                fault(lambda reply: reply.body["steps"].update(all=reply.body["steps"]["done"] ** 3 + 9)),
                "progress_never_falls",
            ),
        ),
    ),
    Feature(
        "progress-of-a-partial-success",
        job={"partial": ["done_with_errors"], "progress": f"{BODY}progress"},
        schema=object_schema(id=TEXT, state=PARTIAL_STATES, progress={"type": "integer", "minimum": 0, "maximum": 100}),
        status=lambda job_id, kind, poll: {
            "id": job_id,
            "state": STATE_NAMES[kind],
            "progress": 100 if kind in {"partial", "success"} else poll,
        },
        ends={**ENDS, "j-4": "partial"},
        faults=((fault(set_body(progress=50), has_field(state="done")), "progress_matches_state"),),
    ),
    Feature(
        "unknown-is-200",
        job={"unknown": {f"{BODY}known": False}},
        schema=KNOWN_200,
        status=lambda job_id, kind, poll: {"known": True, "id": job_id, "state": STATE_NAMES[kind]},
        unknown=lambda _: Reply(200, {"known": False}),
        responses={"422": "invalid"},
        faults=((knows_unknown, "unknown_ids"), (fault(another_id, has_field(known=True)), "id_echo")),
    ),
    Feature(
        "unknown-is-pending",
        parameters=(
            {
                "name": "id",
                "in": "path",
                "schema": ID,
                "examples": {"none": {"x-scenario": "unknown_id", "value": "j-0"}},
            },
        ),
        schema=object_schema(id=TEXT, state=STATES),
        unknown=lambda job_id: Reply(200, {"id": job_id, "state": "queued"}),
        extra={
            "responses": {
                "200": response(
                    "The status.",
                    object_schema(id=TEXT, state=STATES),
                    examples={
                        "none": {"x-scenario": "unknown_id", "value": {"id": "j-0", "state": "queued"}},
                        "one": {"value": {"id": "j-1", "state": "done"}},
                        "two": {"value": {"id": "j-2", "state": "queued"}},
                        "three": {"value": {"id": "j-3", "state": "failed"}},
                    },
                ),
                "422": response("Invalid.", object_schema(detail=TEXT)),
            }
        },
        faults=((fails_unknown, "unknown_ids"), (fault(another_id), "id_echo")),
    ),
    Feature("status-by-post", method="post", faults=((Returns(), "terminal_is_final"), (with_queries, "unknown_ids"))),
    Feature(
        "status-by-post-with-a-body",
        method="post",
        extra={
            "requestBody": {
                "content": {"application/json": {"schema": object_schema(fields={"type": "array", "items": TEXT})}},
            }
        },
        faults=((Returns(), "terminal_is_final"), (fault(another_id), "id_echo")),
    ),
    Feature(
        "location",
        link={"id": "$response.header.Location"},
        start=accepted_with("Location"),
        started=lambda job_id, _: Reply(202, None, {"location": f"/jobs/{job_id}"}),
        faults=((forgets, "start_resolves"),),
    ),
    Feature(
        "location-with-a-host-and-a-query",
        path="/job",
        parameters=(
            {"name": "id", "in": "query", "required": True, "schema": ID},
            {"name": "api-version", "in": "query", "required": True, "schema": {"const": "2026-01-01"}},
        ),
        job={"names": "id"},
        link={"id": "$response.header.Operation-Location", "api-version": "2026-01-01"},
        start=accepted_with("Operation-Location"),
        started=lambda job_id, call: Reply(
            202, None, {"operation-location": f"http://{call.headers['host']}/job?id={job_id}&api-version=2026-01-01"}
        ),
        faults=((Returns(), "terminal_is_final"),),
    ),
    Feature(
        "started-again",
        start_path="/jobs/{id}/retry",
        link={"id": "$request.path.id"},
        start={
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": ID, "example": "j-3"}],
            "responses": {
                "202": {"description": "Accepted."},
                "404": response("Unknown.", object_schema(detail=TEXT)),
                "422": response("Invalid.", {}),
            },
        },
        started=lambda job_id, _: Reply(202),
    ),
    Feature(
        "id-of-the-request",
        link={"id": "$request.body#/id"},
        start={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": object_schema(id={"const": "j-3"})}},
            },
            "responses": {"202": {"description": "Accepted."}, "422": response("Invalid.", {})},
        },
        started=lambda job_id, _: Reply(202),
    ),
    Feature(
        "lists-and-health",
        paths={
            "/jobs/all": {
                "get": {
                    "operationId": "list_jobs",
                    "responses": {"200": response("Jobs.", object_schema(items={"type": "array"}))},
                }
            },
            "/health": {"get": {"responses": {"200": response("Health.", {"type": "object"})}}},
        },
    ),
    Feature(
        "one-name-for-two-ids",
        paths={
            "/models/{id}": {
                "get": {
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"enum": ["m-1"]}, "example": "m-1"}
                    ],
                    "responses": {"200": response("A model.", {"type": "object"}), "422": response("Invalid.", {})},
                }
            }
        },
        faults=((fault(another_id), "id_echo"),),
    ),
    Feature(
        "two-bearer-schemes",
        security=(("oauth",), ("token",)),
        schemes={"oauth": OAUTH, "token": BEARER},
        responses={"401": "unauthorized", "404": "unknown", "422": "invalid"},
        start=None,
        faults=((open_door, "near_miss_credential"),),
    ),
    Feature(
        "key-or-bearer",
        security=(("key",), ("token",)),
        schemes={"key": KEY, "token": BEARER},
        start=None,
        faults=((open_door, "credential_elsewhere"),),
    ),
    Feature(
        "bearer-without-401",
        security=(("token",),),
        schemes={"token": BEARER},
        start=None,
        faults=((open_door, "near_miss_credential"),),
    ),
    Feature(
        "a-rule-that-no-schema-states",
        parameters=(
            {"name": "id", "in": "path", "schema": ID},
            {"name": "since", "in": "query", "schema": {"type": "string", "pattern": "^[0-9]{4}$"}},
            {"name": "until", "in": "query", "schema": {"type": "string", "pattern": "^[0-9]{4}$"}},
        ),
        rejects=lambda call: len({"since", "until"} & call.query.keys()) == 1,
    ),
    Feature("success-only", responses={}),
    Feature("default-only", responses={"default": "an error"}, faults=((with_queries, "unknown_ids"),)),
    Feature("range-only", responses={"4XX": "an error"}, faults=((with_queries, "unknown_ids"),)),
    Feature(
        "form",
        start={"requestBody": {"required": True, "content": {FORM: {"schema": ORDER}}}},
        faults=((forgets, "start_resolves"),),
    ),
    Feature(
        "form-or-json",
        start={
            "requestBody": {
                "required": True,
                "content": {FORM: {"schema": ORDER}, "application/json": {"schema": ORDER}},
            }
        },
        faults=((forgets, "start_resolves"),),
    ),
    Feature(
        "body-of-one-of-two",
        start={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "oneOf": [ORDER, object_schema(url={"type": "string", "pattern": "^https://[a-z]+$"})]
                        }
                    }
                },
            }
        },
        faults=((forgets, "start_resolves"),),
    ),
)
BY_NAME = {feature.name: feature for feature in FEATURES}
FAULTS = [(feature.name, index) for feature in FEATURES for index in range(len(feature.faults))]


def environment(feature: Feature) -> dict[str, str]:
    stem = feature.name.replace("-", "_").upper()
    return {f"{stem}_{key}".upper(): "secret-token" for key in feature.schemes}


def reported(result: Result) -> list[str]:
    found = [f"{f.operation_id} {f.check}: expected {f.expected}, got {f.got} ({f.replay})" for f in result.failures()]
    return [*found, *result.problems]


def target_of(feature: Feature, folder: Path, url: str, profile: Profile, *, writes: bool) -> Target:
    return make_target(feature.load(folder), url, environment(feature), profile=profile, writes=writes)


@pytest.fixture(autouse=True)
def fast_polls() -> Any:
    """Poll without pauses: the jobs of these servers move with each poll."""
    with mock.patch("scripts.verify.scenarios.polling.POLL_INTERVAL", 0.001):
        yield


@pytest.mark.parametrize("name", BY_NAME)
def test_conforming_server_has_no_failures(name: str, tmp_path: Path) -> None:
    feature = BY_NAME[name]
    application = FeatureServer(feature, feature.load(tmp_path))

    with served(application) as url:
        result = verify(target_of(feature, tmp_path, url, "full", writes=True), 1)

    assert reported(result) == []
    assert result.coverage["get_job"].seen_states >= set(result.coverage["get_job"].required_states)


@pytest.mark.parametrize("name", BY_NAME)
def test_live_reads_have_no_failures(name: str, tmp_path: Path) -> None:
    feature = BY_NAME[name]
    application = FeatureServer(feature, feature.load(tmp_path))

    with served(application) as url:
        result = verify(target_of(feature, tmp_path, url, "live", writes=False), 1)

    assert reported(result) == []
    assert result.coverage["get_job"].accepted
    path = feature.path.partition("{")[0]
    assert all(call.method in {"GET", "HEAD", "OPTIONS"} or call.path.startswith(path) for call in application.calls)


@pytest.mark.parametrize("has_examples", [True, False], ids=["examples", "no-examples"])
@pytest.mark.parametrize("name", BY_NAME)
def test_simulator_has_no_failures(name: str, has_examples: bool, tmp_path: Path) -> None:
    feature = evolve(BY_NAME[name], has_examples=has_examples)
    document = feature.load(tmp_path)
    settings = synthetic_environment([document])
    simulator = Simulator([document], SimulatorSettings(environment=settings, clock=SteppingClock(1.0), seed=1))

    with served(simulator) as url:
        target = make_target(document, f"{url}/{name}", settings, profile="full", writes=True, stepping=True)
        result = verify(target, 1)

    assert reported(result) == []
    assert result.coverage["get_job"].accepted


@pytest.mark.parametrize(("name", "index"), FAULTS, ids=lambda value: str(value))
def test_fault_is_found(name: str, index: int, tmp_path: Path) -> None:
    feature = BY_NAME[name]
    changed, check = feature.faults[index]

    with served(FeatureServer(feature, feature.load(tmp_path), changed)) as url:
        target = target_of(feature, tmp_path, url, "full", writes=True)
        with Session(target) as session:
            session.target, exchanges = preflight(target, session.sender)
            run_deterministic_checks(session, exchanges)

    assert check in {failure.check for failure in session.result.failures()}, reported(session.result)


@pytest.mark.parametrize(
    ("unmoved", "warned"),
    [({"j-1": "pending"}, True), ({"j-1": "success"}, False), ({"j-1": "pending", "j-2": "success"}, False)],
    ids=["pending", "ended", "one-ended"],
)
def test_known_job_that_never_moves_is_a_warning(unmoved: dict[str, str], warned: bool, tmp_path: Path) -> None:
    feature = evolve(BY_NAME["plain"], ends=unmoved, start=None)

    with served(FeatureServer(feature, feature.load(tmp_path))) as url:
        target = target_of(feature, tmp_path, url, "full", writes=False)
        result = verify(target, 1)

    assert reported(result) == []
    warnings = [note for note in result.notes if note.startswith("warning: ")]
    assert len(warnings) == warned
    assert all("get_job returned queued in all" in one for one in warnings)
    assert all("PLAIN_ID set to a job that moves or has ended" in one for one in warnings)


def test_rejection_of_a_value_of_a_fixed_set_is_a_failure(tmp_path: Path) -> None:
    parameters = (*BY_NAME["plain"].parameters, {"name": "wide", "in": "query", "schema": {"type": "boolean"}})
    feature = evolve(BY_NAME["plain"], parameters=parameters, rejects=lambda call: call.query.get("wide") == "true")

    with served(FeatureServer(feature, feature.load(tmp_path))) as url:
        result = verify(target_of(feature, tmp_path, url, "full", writes=True), 1)

    assert {failure.check for failure in result.failures()} == {"positive_data_acceptance"}
