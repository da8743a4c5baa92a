"""The documents say what they should, and whatever is wrong with a document is said clearly."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.document import Document, DocumentError, Source, house, load, read, renamed
from scripts.document.problem import Problem

from .conftest import ROOT

Copied = Callable[[str], Path]


def test_every_document_keeps_the_house_style(documents: dict[str, Document]) -> None:
    problems = [str(problem) for document in documents.values() for problem in house.problems(document)]

    assert problems == []


def test_the_five_operations_are_described(documents: dict[str, Document]) -> None:
    operations = {(stem, operation.id) for stem, document in documents.items() for operation in document.operations}

    assert operations == {
        ("agent-platform", "get_dock_status"),
        ("ai-for-process", "get_dock_status"),
        ("ai-for-process", "undeploy_model"),
        ("ai-for-service", "get_publish_status"),
        ("opensearch-flow-framework", "get_workflow_status"),
    }


def test_class_names_come_from_titles(documents: dict[str, Document]) -> None:
    assert [document.class_name for document in documents.values()] == [
        "AgentPlatform",
        "AIForProcess",
        "AIForService",
        "OpenSearchFlowFramework",
    ]


@pytest.mark.parametrize(
    ("stem", "name", "variable"),
    [
        ("ai-for-process", "api_key", "AI_FOR_PROCESS_API_KEY"),
        ("ai-for-process", "modelId", "AI_FOR_PROCESS_MODEL_ID"),
        ("agent-platform", "dockStatusId", "AGENT_PLATFORM_DOCK_STATUS_ID"),
        ("ai-for-service", "botId", "AI_FOR_SERVICE_BOT_ID"),
        ("opensearch-flow-framework", "workflow_id", "OPENSEARCH_FLOW_FRAMEWORK_WORKFLOW_ID"),
    ],
)
def test_environment_variables_are_named_after_document_and_parameter(
    documents: dict[str, Document], stem: str, name: str, variable: str
) -> None:
    assert documents[stem].environment_variable(name) == variable


def test_a_line_is_the_line_in_the_file(documents: dict[str, Document]) -> None:
    document = documents["agent-platform"]
    lines = document.path.read_text(encoding="utf-8").splitlines()
    operation = document.operations[0]

    assert lines[document.line((*operation.pointer, "operationId")) - 1].strip() == "operationId: get_dock_status"


def test_both_spellings_of_the_undeploy_id_are_right_and_none_or_two_is_wrong(documents: dict[str, Document]) -> None:
    document = documents["ai-for-process"]
    validator = document.validator({"$ref": "#/components/schemas/ModelUndeployment"})
    body = {"modelId": "cm-1", "jobType": "MODELS", "action": "UNDEPLOY", "status": "SUCCESS"}

    assert validator.is_valid({**body, "dock-statusId": "ds-1"})
    assert validator.is_valid({**body, "dockStatusId": "ds-1"})
    assert not validator.is_valid(body)
    assert not validator.is_valid({**body, "dock-statusId": "ds-1", "dockStatusId": "ds-1"})
    assert not validator.is_valid({**body, "dockStatusId": ""})


# Each slip: the document, what stands there, what is written instead, and what the message must say.
SLIPS = {
    "an unquoted no": (
        "agent-platform",
        "summary: Get the status of a job",
        "summary: no",
        "reads as 'no' in YAML 1.2",
    ),
    "a bare timestamp": (
        "ai-for-service",
        "requestedTime: '2022-07-29T08:04:48.731Z'",
        "requestedTime: 2022-07-29T08:04:48.731Z",
        "a bare timestamp is read as a date by some loaders",
    ),
    "an unquoted status": ("agent-platform", "        '429':", "        429:", "write '429' in quotes"),
    "a key twice": (
        "agent-platform",
        "      summary: Get the status of a job",
        "      summary: Get the status of a job\n      summary: Again",
        "write each key once",
    ),
    "a tab": ("agent-platform", "      summary: Get", "\t  summary: Get", "is not YAML"),
    "OpenAPI 3.0": ("agent-platform", "openapi: 3.1.1", "openapi: 3.0.3", "wanted OpenAPI 3.1"),
    "no operationId": (
        "agent-platform",
        "      operationId: get_dock_status\n",
        "",
        "has no operationId; name it verb_noun",
    ),
    "an operationId of the same name": (
        "ai-for-process",
        "operationId: undeploy_model",
        "operationId: get_dock_status",
        "the operationId get_dock_status stands on line",
    ),
    "an operationId in camel case": (
        "agent-platform",
        "operationId: get_dock_status",
        "operationId: getDockStatus",
        "'getDockStatus' is no snake_case name",
    ),
    "an unknown word of x-job": ("agent-platform", "        pending: [", "        waiting: [", "x-job: "),
    "an expression that is none": (
        "agent-platform",
        "state: $response.body#/status",
        "state: $.status",
        "x-job/state: ",
    ),
    "an expression into nothing": (
        "agent-platform",
        "state: $response.body#/status",
        "state: $response.body#/state",
        "x-job state points at /state, which no 2xx schema describes",
    ),
    "a state in no list": (
        "agent-platform",
        "enum: [IN_PROGRESS, SUCCESS, FAILED]",
        "enum: [IN_PROGRESS, PAUSED, SUCCESS, FAILED]",
        "get_dock_status: state PAUSED is in no x-job list; add it to pending, success, failure or notStarted",
    ),
    "a state in two lists": (
        "agent-platform",
        "failure: [FAILED]",
        "failure: [FAILED, SUCCESS]",
        "state SUCCESS is in success and failure of x-job; keep it in one",
    ),
    "a word that the enum lacks": (
        "agent-platform",
        "pending: [IN_PROGRESS]",
        "pending: [IN_PROGRESS, QUEUED]",
        "x-job pending names QUEUED, which the state's enum lacks",
    ),
    "an example that breaks its schema": (
        "agent-platform",
        "                    action: EXPORT",
        "                    action: EXPORTED",
        "example success at /action",
    ),
    "a printed sample that holds": (
        "agent-platform",
        "action: IIMPORT",
        "action: IMPORT",
        "x-invalid-examples action_with_a_stray_letter satisfies the schema; move it to examples",
    ),
    "an unknown situation": (
        "agent-platform",
        "x-scenario: unknown_id",
        "x-scenario: unknown",
        "x-scenario 'unknown' is no situation",
    ),
    "x-unverified: false": (
        "agent-platform",
        "x-unverified: true",
        "x-unverified: false",
        "x-unverified is true or absent",
    ),
    "a reference into nothing": (
        "agent-platform",
        "$ref: '#/components/schemas/JobType'",
        "$ref: '#/components/schemas/JobTypes'",
        "the reference #/components/schemas/JobTypes leads nowhere",
    ),
    "a reference out of the file": (
        "agent-platform",
        "$ref: '#/components/schemas/JobType'",
        "$ref: 'types.yaml#/JobType'",
        "leads out of the file",
    ),
    "links without an order": (
        "ai-for-process",
        "          x-link-order: [by_dashed_id, by_camel_id]\n",
        "",
        "add x-link-order: [by_dashed_id, by_camel_id]",
    ),
    "an order that lacks a link": (
        "ai-for-process",
        "x-link-order: [by_dashed_id, by_camel_id]",
        "x-link-order: [by_dashed_id]",
        "x-link-order lists the links",
    ),
    "a link from nowhere": (
        "ai-for-process",
        "dockStatusId: $response.body#/dockStatusId",
        "dockStatusId: $response.body#/dockId",
        "link by_camel_id takes dockStatusId from /dockId, which the answer's schema lacks",
    ),
    "a link to an operation without a job": (
        "ai-for-process",
        "              operationId: get_dock_status\n              description: The job, under the spelling of the printed table.",
        "              operationId: undeploy_model\n              description: The job, under the spelling of the printed table.",
        "wanted an operation with x-job: get_dock_status",
    ),
    "a view by no parameter": (
        "opensearch-flow-framework",
        "          parameter: all\n",
        "          parameter: every\n",
        "x-job detail names the query parameter every",
    ),
    "an agreement that leaves a word out": (
        "opensearch-flow-framework",
        "              COMPLETED: DONE\n",
        "",
        "x-job mirrors says nothing of COMPLETED",
    ),
    "a word that is nearly ours": (
        "agent-platform",
        "              x-scenario: unknown_id",
        "              x-scenarios: unknown_id",
        "x-scenario is, rename it",
    ),
    "x-jobs": ("agent-platform", "      x-job:\n", "      x-jobs:\n", "x-job is, rename it"),
    "parameters that are none": (
        "agent-platform",
        "      parameters:\n        - name: dockStatusId",
        "      parameters: null\n      x-remainder:\n        - name: dockStatusId",
        "is not of the form of OpenAPI 3.1",
    ),
    "a security scheme that is not described": (
        "agent-platform",
        "security:\n  - api_key: []",
        "security:\n  - token: []",
        "asks for the security scheme token, which is not described",
    ),
    "a $dynamicRef": (
        "agent-platform",
        "$ref: '#/components/schemas/JobType'",
        "$dynamicRef: '#nowhere'",
        "OpenAPI 3.1",
    ),
    "not OpenAPI": ("agent-platform", "      tags: [dock_status]", "      tags: 7", "(OpenAPI 3.1)"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_refused_with_its_file_and_line(copied: Copied, slip: str) -> None:
    stem, before, after, wanted = SLIPS[slip]
    path = copied(stem)
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(DocumentError) as caught:
        load(path)

    first = caught.value.problems[0]
    assert wanted in str(caught.value)
    assert str(first).startswith(f"{path}:{first.line}")


@pytest.mark.parametrize(
    ("slip", "stands"),
    [
        ("an unquoted status", "429:"),
        ("a state in no list", "x-job:"),
        ("a word that the enum lacks", "pending: [IN_PROGRESS, QUEUED]"),
        ("an example that breaks its schema", "success:"),
        ("an unknown situation", "x-scenario: unknown"),
        ("a reference into nothing", "$ref: '#/components/schemas/JobTypes'"),
        ("an operationId in camel case", "operationId: getDockStatus"),
    ],
)
def test_the_line_of_a_slip_is_the_line_to_mend(copied: Copied, slip: str, stands: str) -> None:
    stem, before, after, _ = SLIPS[slip]
    path = copied(stem)
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")

    with pytest.raises(DocumentError) as caught:
        load(path)

    line = path.read_text(encoding="utf-8").splitlines()[caught.value.problems[0].line - 1]
    assert line.strip() == stands


# Departures from the house style alone, which other people's documents may make.
DEPARTURES = {
    "a summary with a period": (
        "summary: Get the status of a job",
        "summary: Get the status of a job.",
        "without a period",
    ),
    "an operation without evidence": (
        "      externalDocs:\n        description: Get Dock Status API\n        url: https://docs.kore.ai/agent-platform/apis/apis-list/get-dock-status\n",
        "",
        "link the vendor's page",
    ),
    "a verb of its own": ("operationId: get_dock_status", "operationId: fetch_dock_status", "got the verb fetch"),
    "a component in snake case": ("JobResult", "job_result", "wanted a name in PascalCase"),
    "a scheme in camel case": ("api_key", "apiKey", "wanted a name in snake_case"),
    "a word of another vocabulary": (
        "      tags: [dock_status]",
        "      x-internal: true\n      tags: [dock_status]",
        "x-internal is no word",
    ),
    "a component that nothing refers to": (
        "    ErrorAnswer:\n",
        "    Orphan:\n      type: object\n      description: Alone.\n    ErrorAnswer:\n",
        "nothing refers to this component",
    ),
    "keys out of order": (
        "      operationId: get_dock_status\n      summary: Get the status of a job\n",
        "      summary: Get the status of a job\n      operationId: get_dock_status\n",
        "wanted the order operationId, summary",
    ),
}


@pytest.mark.parametrize("departure", DEPARTURES)
def test_a_departure_from_the_house_style_is_named(copied: Copied, departure: str) -> None:
    before, after, wanted = DEPARTURES[departure]
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")

    problems = house.problems(load(path))

    assert any(wanted in problem.message for problem in problems), [str(problem) for problem in problems]


def test_every_problem_of_a_document_is_told_at_once(copied: Copied) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("action: EXPORT", "action: X").replace("jobType: TOOLS", "jobType: Y", 1), encoding="utf-8"
    )

    with pytest.raises(DocumentError) as caught:
        load(path)

    assert len(caught.value.problems) == 2


def test_two_loaders_read_every_document_alike() -> None:
    sources: list[Source] = [read(path) for path in sorted((ROOT / "openapi").glob("*.yaml"))]

    assert len(sources) == 4


def test_a_problem_reads_where_what_and_the_way_out() -> None:
    problem = Problem(
        Path("openapi/x.yaml"), 41, "get_dock_status", "state PAUSED is in no x-job list; add it to pending"
    )

    assert str(problem) == "openapi/x.yaml:41 get_dock_status: state PAUSED is in no x-job list; add it to pending"


def test_assumptions_are_marked_where_nobody_has_seen_an_answer(documents: dict[str, Document]) -> None:
    for stem in ("ai-for-process", "agent-platform"):
        for operation in documents[stem].operations:
            errors = [response for response in operation.responses if not response.is_success]
            assert sorted(response.status for response in errors) == ["400", "401", "403", "404", "429"]
            assert all(response.raw.get("x-unverified") for response in errors)


def test_the_variants_of_the_publish_path_are_recorded() -> None:
    text = (ROOT / "openapi" / "ai-for-service.yaml").read_text(encoding="utf-8")

    assert re.search(r"#.*/api/1\.1/public/bot/\{\{BotID\}\}/publish/status/", text)


@pytest.mark.parametrize(("old", "new"), sorted(renamed.EXTENSIONS.items()))
def test_a_former_extension_is_refused_with_the_name_to_use(copied: Copied, old: str, new: str) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("              x-scenario: unknown_id", f"              {old}: unknown_id", 1), "utf-8"
    )
    line = next(n for n, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if f"{old}:" in row)

    with pytest.raises(DocumentError) as caught:
        load(path)
    assert f"{path}:{line} get_dock_status: {old} is now {new}; rename it" in str(caught.value)


@pytest.mark.parametrize(("old", "new"), sorted(renamed.JOB_KEYS.items()))
def test_a_former_key_of_x_job_is_refused_with_the_name_to_use(copied: Copied, old: str, new: str) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("        failure: [FAILED]", f"        failure: [FAILED]\n        {old}: []", 1), "utf-8"
    )

    with pytest.raises(DocumentError) as caught:
        load(path)
    assert f"get_dock_status: x-job key {old} is now {new}; rename it" in str(caught.value)
    assert "additional" not in str(caught.value).lower()


def test_a_former_key_of_a_mirror_is_refused_with_the_name_to_use(copied: Copied) -> None:
    path = copied("opensearch-flow-framework")
    text = path.read_text(encoding="utf-8")
    assert "- at: $response.body" in text
    path.write_text(text.replace("- at: $response.body", "- with: $response.body", 1), "utf-8")

    with pytest.raises(DocumentError, match="x-job key with is now at; rename it"):
        load(path)
