"""Lifecycle checks: each fails for a server with one specific fault, and no other check does."""

from collections.abc import Callable
from typing import Any

import pytest

from scripts.document import Document
from scripts.mutate.catalogue import MUTANTS
from scripts.simulate import Simulator
from scripts.verify.checks import CHECKS
from scripts.verify.result import Result
from scripts.verify.run import poll_and_start_jobs
from scripts.verify.session import Session
from scripts.verify.target import UNSCOPED, make_target

from .conftest import ENVIRONMENT, Serve
from .faulty_responses import FaultyServer, OutgoingResponse
from .paths import operation_in

# The checks that find a mutant; each mutant is verified by `make mutants`.
EXPECTED = {check for mutant in MUTANTS for check in mutant.expected}

DOCK, UNDEPLOY, PUBLISH, WORKFLOW = "get_dock_status", "undeploy_model", "get_publish_status", "get_workflow_status"
PROCESS, SERVICE, SEARCH = "ai-for-process", "ai-for-service", "opensearch-flow-framework"


def send_requests(
    serve: Serve, simulator: Simulator, document: Document, change: Callable[[OutgoingResponse], None]
) -> Result:
    """Send the deterministic requests and return the result."""
    scoped = {f"{name}{UNSCOPED}": f"{value}-without-scope" for name, value in ENVIRONMENT.items()}
    url = f"{serve(FaultyServer(simulator, change))}/{document.stem}"
    environment = {**ENVIRONMENT, **scoped}
    target = make_target(document, url, environment, profile="full", writes=True, stepping=True)
    target = _without_scopes(target)
    with Session(target) as session:
        poll_and_start_jobs(session)
    return session.result


def _without_scopes(target: Any) -> Any:
    import attrs

    return attrs.evolve(target, unscoped={})


def changed_status(
    operation: str, change_body: Callable[[dict[str, Any], dict[str, Any]], None]
) -> Callable[[OutgoingResponse], None]:
    """Make a fault of the 200 responses of an operation. `change_body` is passed the body and a memory for each path."""
    memories: dict[str, dict[str, Any]] = {}

    def change(response: OutgoingResponse) -> None:
        if response.status == 200 and operation_in(response.path) == operation and response.method in {"GET", "POST"}:
            memory = memories.setdefault(response.path if response.method == "GET" else operation, {"polls": 0})
            memory["polls"] += 1
            change_body(response.body, memory)

    return change


def changes_final_state(body: dict[str, Any], memory: dict[str, Any]) -> None:
    if memory.get("ended"):
        body["status"] = "FAILED" if memory["ended"] == "SUCCESS" else "SUCCESS"
    elif body["status"] != "IN_PROGRESS":
        memory["ended"] = body["status"]


def restarts(body: dict[str, Any], memory: dict[str, Any]) -> None:
    if memory.get("ended"):
        body["status"] = "IN_PROGRESS"
    memory["ended"] = body["status"] != "IN_PROGRESS"


def returns_to_not_started(body: dict[str, Any], memory: dict[str, Any]) -> None:
    # Both views of the second poll.
    if body["state"] == "PROVISIONING" and memory["polls"] in {3, 4}:
        body["state"] = "NOT_STARTED"
        body.pop("provision_start_time", None)
        if "provisioning_progress" in body:
            body["provisioning_progress"] = "NOT_STARTED"


def never_ends(body: dict[str, Any], _: dict[str, Any]) -> None:
    body["status"] = "IN_PROGRESS"


def progress_falls(body: dict[str, Any], memory: dict[str, Any]) -> None:
    if body["status"] == "inprogress":
        body["percentageComplete"] = 50 - memory["polls"]


def succeeds_at_40_percent(body: dict[str, Any], _: dict[str, Any]) -> None:
    if body["status"] == "successful":
        body["percentageComplete"] = 40
    elif "percentageComplete" in body:
        body["percentageComplete"] = 20


def reports_100_percent_early(body: dict[str, Any], _: dict[str, Any]) -> None:
    if "percentageComplete" in body:
        body["percentageComplete"] = 100


def another_id(body: dict[str, Any], _: dict[str, Any]) -> None:
    body["_id"] = "ds-c65e0f15-d2bd-5a3f-9e1d-07f4b3c6a1e9"


def alternates_action(body: dict[str, Any], memory: dict[str, Any]) -> None:
    body["action"] = "EXPORT" if memory["polls"] % 2 else "IMPORT"


def loses_resources(body: dict[str, Any], memory: dict[str, Any]) -> None:
    if memory.get("had") and body.get("resources_created"):
        body["resources_created"] = []
    memory["had"] = memory.get("had") or bool(body.get("resources_created"))


def subtask_fails(body: dict[str, Any], _: dict[str, Any]) -> None:
    if body["status"] == "successful":
        body["statusSummary"][-1]["status"] = "FAILURE"


def ends_before_it_begins(body: dict[str, Any], _: dict[str, Any]) -> None:
    if "provision_end_time" in body:
        body["provision_end_time"] = body["provision_start_time"] - 1


def mirror_differs(body: dict[str, Any], _: dict[str, Any]) -> None:
    if body.get("provisioning_progress") == "IN_PROGRESS":
        body["provisioning_progress"] = "DONE"


def adds_field_to_narrow_view(response: OutgoingResponse) -> None:
    if response.status == 200 and operation_in(response.path) == WORKFLOW:
        response.body.setdefault(
            "provisioning_progress",
            {"PROVISIONING": "IN_PROGRESS", "COMPLETED": "DONE"}.get(response.body["state"], response.body["state"]),
        )


def omits_fields(body: dict[str, Any], _: dict[str, Any]) -> None:
    for name in ("provisioning_progress", "provision_start_time", "provision_end_time"):
        body.pop(name, None)


def another_run(body: dict[str, Any], memory: dict[str, Any]) -> None:
    body["_id"] = f"ds-0b7e52c4-1d9f-5a63-8c20-{memory['polls']:012d}"


def same_job(body: dict[str, Any], memory: dict[str, Any]) -> None:
    name = "dock-statusId" if "dock-statusId" in body else "dockStatusId"
    body[name] = memory.setdefault("first", body[name])


def changes_model(body: dict[str, Any], _: dict[str, Any]) -> None:
    if body["jobType"] == "MODELS":
        body["modelId"] = "cm-77a9e0db-e1c9-5d7c-8b06-000000000000"


# The document, the check, and the fault; then the other checks that fail too, with the reason.
FAULTS: list[tuple[str, str, Callable[[OutgoingResponse], None], set[str]]] = [
    # The start response has a state, too; and what alternates differs while other jobs are polled at the same time.
    (PROCESS, "terminal_is_final", changed_status(DOCK, changes_final_state), {"start_state"}),
    (PROCESS, "terminal_is_final", changed_status(DOCK, restarts), {"start_state", "jobs_apart"}),
    (SEARCH, "never_backwards", changed_status(WORKFLOW, returns_to_not_started), set()),
    (PROCESS, "ends", changed_status(DOCK, never_ends), {"start_state"}),
    (SERVICE, "progress_never_falls", changed_status(PUBLISH, progress_falls), set()),
    (SERVICE, "progress_matches_state", changed_status(PUBLISH, succeeds_at_40_percent), set()),
    (SERVICE, "progress_matches_state", changed_status(PUBLISH, reports_100_percent_early), set()),
    # The id in the status is not that of the request; the other fields are unchanged.
    (PROCESS, "id_echo", changed_status(DOCK, another_id), set()),
    # The alternating field differs from the start response too.
    (PROCESS, "immutable", changed_status(DOCK, alternates_action), {"start_keeps_its_kind", "jobs_apart"}),
    (SEARCH, "append_only", changed_status(WORKFLOW, loses_resources), {"detail"}),
    (SERVICE, "subtasks", changed_status(PUBLISH, subtask_fails), set()),
    (SEARCH, "timestamps_in_order", changed_status(WORKFLOW, ends_before_it_begins), set()),
    (SEARCH, "mirrors", changed_status(WORKFLOW, mirror_differs), set()),
    (SEARCH, "detail", adds_field_to_narrow_view, set()),
    (SEARCH, "detail", changed_status(WORKFLOW, omits_fields), set()),
    (SERVICE, "run", changed_status(PUBLISH, another_run), set()),
    # The existing job differs from the one that the start response describes.
    (
        PROCESS,
        "start_is_new",
        changed_status(UNDEPLOY, same_job),
        {"start_resolves", "start_keeps_its_kind", "start_state"},
    ),
    (PROCESS, "start_keeps_its_kind", changed_status(DOCK, changes_model), set()),
]


@pytest.mark.parametrize(
    ("stem", "check", "change", "others"),
    FAULTS,
    ids=[f"{check}-{index}" for index, (_, check, _, _) in enumerate(FAULTS)],
)
def test_fault_fails_its_check_and_no_other(
    documents: dict[str, Document],
    simulator: Simulator,
    serve: Serve,
    stem: str,
    check: str,
    change: Callable[[OutgoingResponse], None],
    others: set[str],
) -> None:
    result = send_requests(serve, simulator, documents[stem], change)

    found = list(result.failures())
    assert check in {failure.check for failure in found}
    # A status that alternates is also one between two that are the same.
    assert {failure.check for failure in found} <= {check, *others, "stays_the_same"}
    first = next(failure for failure in found if failure.check == check)
    assert first.clause.startswith(str(documents[stem].path))
    assert first.expected
    assert first.got
    assert first.replay.startswith("curl ")


@pytest.mark.parametrize("stem", ["agent-platform", PROCESS, SERVICE, SEARCH])
def test_conforming_server_has_no_failures(
    documents: dict[str, Document], simulator: Simulator, serve: Serve, stem: str
) -> None:
    result = send_requests(serve, simulator, documents[stem], lambda response: None)

    assert list(result.failures()) == []


def test_failure_has_the_line_of_its_clause(documents: dict[str, Document], simulator: Simulator, serve: Serve) -> None:
    document = documents[SERVICE]
    found = next(send_requests(serve, simulator, document, changed_status(PUBLISH, subtask_fails)).failures())

    path, _, line = found.clause.rpartition(":")
    assert document.path.read_text(encoding="utf-8").splitlines()[int(line) - 1].strip() == "subtasks:"
    assert path == str(document.path)


def test_every_lifecycle_check_has_a_fault() -> None:
    names = [check.name for check in CHECKS]

    assert set(names[names.index("id_echo") :]) <= {check for _, check, _, _ in FAULTS} | EXPECTED
