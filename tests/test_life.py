"""The rules of a job's life bite: each has a server that lies in that one point, and no other rule names it."""

from collections.abc import Callable
from typing import Any

import pytest

from scripts.document import Document
from scripts.simulate import Simulator
from scripts.verify import probe
from scripts.verify.calls import Caller
from scripts.verify.coverage import coverage
from scripts.verify.result import Result
from scripts.verify.rules import RULES
from scripts.verify.rules.life import Lives
from scripts.verify.target import UNSCOPED, target

from .conftest import ENVIRONMENT, Serve
from .lies import Answer, Lie

DOCK, UNDEPLOY, PUBLISH, WORKFLOW = "/dock-status/", "/undeploy", "/publish/status", "/_status"
PROCESS, SERVICE, SEARCH = "ai-for-process", "ai-for-service", "opensearch-flow-framework"


def probed(serve: Serve, simulator: Simulator, document: Document, change: Callable[[Answer], None]) -> Result:
    """What the deterministic probe finds."""
    scoped = {f"{name}{UNSCOPED}": f"{value}-without-scope" for name, value in ENVIRONMENT.items()}
    url = f"{serve(Lie(simulator, change))}/{document.stem}"
    environment = {**ENVIRONMENT, **scoped}
    aimed = target(document, url, environment, profile="full", writes=True, stepping=True)
    aimed = _without_scopes(aimed)
    result = Result(document, url, aimed.operations)
    for operation in aimed.operations:
        result.coverage[operation.id] = coverage(aimed, operation)
    lives = Lives(aimed, result)
    result.hear = lives.hear
    with Caller(aimed) as caller:
        probe.probe(aimed, caller, result, lives)
    return result


def _without_scopes(aimed: Any) -> Any:
    import attrs

    return attrs.evolve(aimed, unscoped={})


def lies_about(path: str, tell: Callable[[dict[str, Any], dict[str, Any]], None]) -> Callable[[Answer], None]:
    """A lie about accepted answers to a path. `tell` is given the body and what it has remembered of that path."""
    memory: dict[str, dict[str, Any]] = {}

    def change(answer: Answer) -> None:
        if answer.status == 200 and path in answer.path and answer.method in {"GET", "POST"}:
            remembered = memory.setdefault(answer.path if answer.method == "GET" else path, {"readings": 0})
            remembered["readings"] += 1
            tell(answer.body, remembered)

    return change


def flips(body: dict[str, Any], memory: dict[str, Any]) -> None:
    if memory.get("ended"):
        body["status"] = "FAILED" if memory["ended"] == "SUCCESS" else "SUCCESS"
    elif body["status"] != "IN_PROGRESS":
        memory["ended"] = body["status"]


def starts_again(body: dict[str, Any], memory: dict[str, Any]) -> None:
    if memory.get("ended"):
        body["status"] = "IN_PROGRESS"
    memory["ended"] = body["status"] != "IN_PROGRESS"


def rests_again(body: dict[str, Any], memory: dict[str, Any]) -> None:
    # The pair of views at the second reading.
    if body["state"] == "PROVISIONING" and memory["readings"] in {3, 4}:
        body["state"] = "NOT_STARTED"
        body.pop("provision_start_time", None)
        if "provisioning_progress" in body:
            body["provisioning_progress"] = "NOT_STARTED"


def never_ends(body: dict[str, Any], _: dict[str, Any]) -> None:
    body["status"] = "IN_PROGRESS"


def falls(body: dict[str, Any], memory: dict[str, Any]) -> None:
    if body["status"] == "inprogress":
        body["percentageComplete"] = 50 - memory["readings"]


def done_at_forty(body: dict[str, Any], _: dict[str, Any]) -> None:
    if body["status"] == "successful":
        body["percentageComplete"] = 40
    elif "percentageComplete" in body:
        body["percentageComplete"] = 20


def full_before_the_end(body: dict[str, Any], _: dict[str, Any]) -> None:
    if "percentageComplete" in body:
        body["percentageComplete"] = 100


def another_id(body: dict[str, Any], _: dict[str, Any]) -> None:
    body["_id"] = "ds-c65e0f15-d2bd-5a3f-9e1d-07f4b3c6a1e9"


def wavers(body: dict[str, Any], memory: dict[str, Any]) -> None:
    body["action"] = "EXPORT" if memory["readings"] % 2 else "IMPORT"


def loses_resources(body: dict[str, Any], memory: dict[str, Any]) -> None:
    if memory.get("had") and body.get("resources_created"):
        body["resources_created"] = []
    memory["had"] = memory.get("had") or bool(body.get("resources_created"))


def fails_in_part(body: dict[str, Any], _: dict[str, Any]) -> None:
    if body["status"] == "successful":
        body["statusSummary"][-1]["status"] = "FAILURE"


def ends_before_it_begins(body: dict[str, Any], _: dict[str, Any]) -> None:
    if "provision_end_time" in body:
        body["provision_end_time"] = body["provision_start_time"] - 1


def disagrees(body: dict[str, Any], _: dict[str, Any]) -> None:
    if body.get("provisioning_progress") == "IN_PROGRESS":
        body["provisioning_progress"] = "DONE"


def leaks(answer: Answer) -> None:
    if answer.status == 200 and WORKFLOW in answer.path:
        answer.body.setdefault(
            "provisioning_progress",
            {"PROVISIONING": "IN_PROGRESS", "COMPLETED": "DONE"}.get(answer.body["state"], answer.body["state"]),
        )


def holds_back(body: dict[str, Any], _: dict[str, Any]) -> None:
    for name in ("provisioning_progress", "provision_start_time", "provision_end_time"):
        body.pop(name, None)


def another_run(body: dict[str, Any], memory: dict[str, Any]) -> None:
    body["_id"] = f"ds-0b7e52c4-1d9f-5a63-8c20-{memory['readings']:012d}"


def same_job(body: dict[str, Any], memory: dict[str, Any]) -> None:
    name = "dock-statusId" if "dock-statusId" in body else "dockStatusId"
    body[name] = memory.setdefault("first", body[name])


def of_another_kind(body: dict[str, Any], _: dict[str, Any]) -> None:
    if body["jobType"] == "MODELS":
        body["modelId"] = "cm-77a9e0db-e1c9-5d7c-8b06-000000000000"


# The document, the rule, and the lie; then the other rules that cannot but name it too, with the reason.
LIES: list[tuple[str, str, Callable[[Answer], None], set[str]]] = [
    (PROCESS, "terminal_is_final", lies_about(DOCK, flips), set()),
    (PROCESS, "terminal_is_final", lies_about(DOCK, starts_again), set()),
    (SEARCH, "never_backwards", lies_about(WORKFLOW, rests_again), set()),
    (PROCESS, "ends", lies_about(DOCK, never_ends), set()),
    (SERVICE, "progress_never_falls", lies_about(PUBLISH, falls), set()),
    (SERVICE, "progress_tells_the_end", lies_about(PUBLISH, done_at_forty), set()),
    (SERVICE, "progress_tells_the_end", lies_about(PUBLISH, full_before_the_end), set()),
    # The start's link leads to a status of another job, so its kind differs as well.
    (PROCESS, "id_echo", lies_about(DOCK, another_id), set()),
    # What wavers disagrees with the start too.
    (PROCESS, "immutable", lies_about(DOCK, wavers), {"start_keeps_its_kind"}),
    (SEARCH, "append_only", lies_about(WORKFLOW, loses_resources), {"detail"}),
    (SERVICE, "subtasks", lies_about(PUBLISH, fails_in_part), set()),
    (SEARCH, "timestamps_in_order", lies_about(WORKFLOW, ends_before_it_begins), set()),
    (SEARCH, "mirrors", lies_about(WORKFLOW, disagrees), set()),
    (SEARCH, "detail", leaks, set()),
    (SEARCH, "detail", lies_about(WORKFLOW, holds_back), set()),
    (SERVICE, "run", lies_about(PUBLISH, another_run), set()),
    # A job that is there already has ended, so its start tells another state; the kinds agree.
    (PROCESS, "start_is_new", lies_about(UNDEPLOY, same_job), {"start_resolves", "start_keeps_its_kind"}),
    (PROCESS, "start_keeps_its_kind", lies_about(DOCK, of_another_kind), set()),
]


@pytest.mark.parametrize(
    ("stem", "rule", "change", "others"), LIES, ids=[f"{rule}-{index}" for index, (_, rule, _, _) in enumerate(LIES)]
)
def test_each_rule_of_a_job_s_life_names_the_lie_that_breaks_it_and_no_other_does(
    documents: dict[str, Document],
    simulator: Simulator,
    serve: Serve,
    stem: str,
    rule: str,
    change: Callable[[Answer], None],
    others: set[str],
) -> None:
    result = probed(serve, simulator, documents[stem], change)

    found = list(result.failures())
    assert rule in {failure.rule for failure in found}
    assert {failure.rule for failure in found} <= {rule, *others}
    first = next(failure for failure in found if failure.rule == rule)
    assert first.clause.startswith(str(documents[stem].path))
    assert first.wanted
    assert first.got
    assert first.replay.startswith("curl ")


@pytest.mark.parametrize("stem", ["agent-platform", PROCESS, SERVICE, SEARCH])
def test_an_honest_server_breaks_none_of_them(
    documents: dict[str, Document], simulator: Simulator, serve: Serve, stem: str
) -> None:
    result = probed(serve, simulator, documents[stem], lambda answer: None)

    assert list(result.failures()) == []


def test_a_failure_points_at_the_line_of_its_clause(
    documents: dict[str, Document], simulator: Simulator, serve: Serve
) -> None:
    document = documents[SERVICE]
    found = next(probed(serve, simulator, document, lies_about(PUBLISH, fails_in_part)).failures())

    path, _, line = found.clause.rpartition(":")
    assert document.path.read_text(encoding="utf-8").splitlines()[int(line) - 1].strip() == "subtasks:"
    assert path == str(document.path)


def test_every_rule_of_a_job_s_life_has_a_liar() -> None:
    names = [rule.name for rule in RULES]

    assert set(names[names.index("start_is_new") :]) == {rule for _, rule, _, _ in LIES}
