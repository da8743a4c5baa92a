"""The project's documents, and the messages for invalid documents."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.document import Document, DocumentError, Source, house, load, read_file, renamed
from scripts.document.problem import Problem

from .conftest import ROOT

Copied = Callable[[str], Path]


def test_documents_follow_the_house_style(documents: dict[str, Document]) -> None:
    problems = [str(problem) for document in documents.values() for problem in house.check_style(document)]

    assert problems == []


def test_all_operations_are_described(documents: dict[str, Document]) -> None:
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
def test_environment_variable_names(documents: dict[str, Document], stem: str, name: str, variable: str) -> None:
    assert documents[stem].environment_variable(name) == variable


def test_line_numbers(documents: dict[str, Document]) -> None:
    document = documents["agent-platform"]
    lines = document.path.read_text(encoding="utf-8").splitlines()
    operation = document.operations[0]

    assert lines[document.line((*operation.pointer, "operationId")) - 1].strip() == "operationId: get_dock_status"


def test_undeployment_requires_exactly_one_spelling_of_the_id(documents: dict[str, Document]) -> None:
    document = documents["ai-for-process"]
    validator = document.validator({"$ref": "#/components/schemas/ModelUndeployment"})
    body = {"modelId": "cm-1", "jobType": "MODELS", "action": "UNDEPLOY", "status": "SUCCESS"}

    assert validator.is_valid({**body, "dock-statusId": "ds-1"})
    assert validator.is_valid({**body, "dockStatusId": "ds-1"})
    assert not validator.is_valid(body)
    assert not validator.is_valid({**body, "dock-statusId": "ds-1", "dockStatusId": "ds-1"})
    assert not validator.is_valid({**body, "dockStatusId": ""})


# For each invalid document: the original, a replacement (before, after) and a part of the expected message.
INVALID = {
    "a duplicate key": (
        "agent-platform",
        "      summary: Get the status of a job",
        "      summary: Get the status of a job\n      summary: Again",
        "write each key once",
    ),
    "a tab": ("agent-platform", "      summary: Get", "\t  summary: Get", "is not YAML"),
    "a duplicate operationId": (
        "ai-for-process",
        "operationId: undeploy_model",
        "operationId: get_dock_status",
        "the operationId get_dock_status is also used on line",
    ),
    "an unknown key of x-job": ("agent-platform", "        pending: [", "        waiting: [", "x-job: "),
    "an invalid expression": (
        "agent-platform",
        "state: $response.body#/status",
        "state: $.status",
        "x-job/state: ",
    ),
    "an expression without a schema": (
        "agent-platform",
        "state: $response.body#/status",
        "state: $response.body#/state",
        "x-job state points to /state, which no 2xx schema describes",
    ),
    "a state in no list": (
        "agent-platform",
        "enum: [IN_PROGRESS, SUCCESS, FAILED]",
        "enum: [IN_PROGRESS, PAUSED, SUCCESS, FAILED]",
        "get_dock_status: state PAUSED is in no x-job list; add it to pending, success, partial, failure or notStarted",
    ),
    "a state in two lists": (
        "agent-platform",
        "failure: [FAILED]",
        "failure: [FAILED, SUCCESS]",
        "state SUCCESS is in success and failure of x-job; keep it in one",
    ),
    "a state that is not in the enum": (
        "agent-platform",
        "pending: [IN_PROGRESS]",
        "pending: [IN_PROGRESS, QUEUED]",
        "x-job pending lists QUEUED, which is not in the state's enum",
    ),
    "a valid example in x-invalid-examples": (
        "agent-platform",
        "action: IIMPORT",
        "action: IMPORT",
        "x-invalid-examples action_with_a_stray_letter satisfies the schema; move it to examples",
    ),
    "an unknown scenario": (
        "agent-platform",
        "x-scenario: unknown_id",
        "x-scenario: unknown",
        "unknown x-scenario 'unknown'; write one of",
    ),
    "x-unverified: false": (
        "agent-platform",
        "x-unverified: true",
        "x-unverified: false",
        "x-unverified must be true or absent",
    ),
    "a reference to a missing component": (
        "agent-platform",
        "$ref: '#/components/schemas/JobType'",
        "$ref: '#/components/schemas/JobTypes'",
        "the reference #/components/schemas/JobTypes does not exist",
    ),
    "a reference to another file": (
        "agent-platform",
        "$ref: '#/components/schemas/JobType'",
        "$ref: 'types.yaml#/JobType'",
        "points outside this file",
    ),
    "links without x-link-order": (
        "ai-for-process",
        "          x-link-order: [by_dashed_id, by_camel_id]\n",
        "",
        "add x-link-order: [by_dashed_id, by_camel_id]",
    ),
    "x-link-order without one of the links": (
        "ai-for-process",
        "x-link-order: [by_dashed_id, by_camel_id]",
        "x-link-order: [by_dashed_id]",
        "x-link-order lists every link",
    ),
    "a link with an expression without a schema": (
        "ai-for-process",
        "dockStatusId: $response.body#/dockStatusId",
        "dockStatusId: $response.body#/dockId",
        "link by_camel_id takes dockStatusId from $response.body#/dockId, which is not in the schema of the response",
    ),
    "detail without its parameter": (
        "opensearch-flow-framework",
        "          parameter: all\n",
        "          parameter: every\n",
        "x-job detail names the query parameter every",
    ),
    "mirrors without one of the states": (
        "opensearch-flow-framework",
        "              COMPLETED: DONE\n",
        "",
        "x-job mirrors has no value for COMPLETED",
    ),
    "a misspelled keyword": (
        "agent-platform",
        "              x-scenario: unknown_id",
        "              x-scenarios: unknown_id",
        "unknown keyword x-scenarios would be ignored; rename it to x-scenario",
    ),
    "x-jobs": (
        "agent-platform",
        "      x-job:\n",
        "      x-jobs:\n",
        "unknown keyword x-jobs would be ignored; rename it to x-job",
    ),
    "parameters of null": (
        "agent-platform",
        "      parameters:\n        - name: dockStatusId",
        "      parameters: null\n      x-remainder:\n        - name: dockStatusId",
        'get/parameters: null is not of type "array"',
    ),
    "a security scheme that is not described": (
        "agent-platform",
        "security:\n  - api_key: []",
        "security:\n  - token: []",
        "requires the security scheme token, which is not described",
    ),
    "a $dynamicRef": (
        "agent-platform",
        "$ref: '#/components/schemas/JobType'",
        "$dynamicRef: '#nowhere'",
        "the reference #nowhere is not to exactly one component",
    ),
    "not OpenAPI": ("agent-platform", "      tags: [dock_status]", "      tags: 7", "(OpenAPI)"),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_document_is_refused_with_file_and_line(copied: Copied, case: str) -> None:
    stem, before, after, expected = INVALID[case]
    path = copied(stem)
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(DocumentError) as caught:
        load(path)

    first = caught.value.problems[0]
    assert expected in str(caught.value)
    assert str(first).startswith(f"{path}:{first.line}")


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("a state in no list", "x-job:"),
        ("a state that is not in the enum", "pending: [IN_PROGRESS, QUEUED]"),
        ("an unknown scenario", "x-scenario: unknown"),
        ("a reference to a missing component", "$ref: '#/components/schemas/JobTypes'"),
    ],
)
def test_problem_has_the_line_to_correct(copied: Copied, case: str, line: str) -> None:
    stem, before, after, _ = INVALID[case]
    path = copied(stem)
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")

    with pytest.raises(DocumentError) as caught:
        load(path)

    reported = path.read_text(encoding="utf-8").splitlines()[caught.value.problems[0].line - 1]
    assert reported.strip() == line


# What documents of others may contain, and ours may not.
WARNINGS = {
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
    "an example that violates its schema": (
        "agent-platform",
        "                    action: EXPORT",
        "                    action: EXPORTED",
        "example success at /action",
    ),
    "a link to an operation without a job": (
        "ai-for-process",
        "              operationId: get_dock_status\n              description: The job, with the id as spelled in the table.",
        "              operationId: undeploy_model\n              description: The job, with the id as spelled in the table.",
        "points to undeploy_model, which has no x-job, so that nothing waits for it",
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_warning_about_a_document_is_a_violation_of_the_house_style(copied: Copied, case: str) -> None:
    stem, before, after, expected = WARNINGS[case]
    path = copied(stem)
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    document = load(path)

    assert expected in "\n".join(map(str, document.warnings))
    assert {warning.message for warning in document.warnings} <= {p.message for p in house.check_style(document)}


@pytest.mark.parametrize(
    ("case", "line"), [("an unquoted status", "429:"), ("an example that violates its schema", "success:")]
)
def test_warning_has_the_line_to_correct(copied: Copied, case: str, line: str) -> None:
    stem, before, after, _ = WARNINGS[case]
    path = copied(stem)
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")

    reported = path.read_text(encoding="utf-8").splitlines()[load(path).warnings[0].line - 1]

    assert reported.strip() == line


# Violations of the house style, which is not required of other documents.
STYLE_VIOLATIONS = {
    "a summary with a period": (
        "summary: Get the status of a job",
        "summary: Get the status of a job.",
        "a summary has no period at the end",
    ),
    "an operation without externalDocs": (
        "      externalDocs:\n        description: Get Dock Status API\n        url: https://docs.kore.ai/agent-platform/apis/apis-list/get-dock-status\n",
        "",
        "link the vendor's page",
    ),
    "an unknown verb": ("operationId: get_dock_status", "operationId: fetch_dock_status", "got fetch_dock_status"),
    "an operationId in camel case": ("operationId: get_dock_status", "operationId: getStatus", "got getStatus"),
    "no operationId": ("      operationId: get_dock_status\n", "", "expected an operationId verb_noun"),
    "a component in snake case": ("JobResult", "job_result", "expected a name in PascalCase"),
    "a scheme in camel case": ("api_key", "apiKey", "expected a name in snake_case"),
    "an unknown extension": (
        "      tags: [dock_status]",
        "      x-internal: true\n      tags: [dock_status]",
        "unknown keyword x-internal",
    ),
    "an unused component": (
        "    ErrorResponse:\n",
        "    Orphan:\n      type: object\n      description: Alone.\n    ErrorResponse:\n",
        "nothing refers to this component",
    ),
    "keys out of order": (
        "      operationId: get_dock_status\n      summary: Get the status of a job\n",
        "      summary: Get the status of a job\n      operationId: get_dock_status\n",
        "expected the key order operationId, summary",
    ),
}


@pytest.mark.parametrize("case", STYLE_VIOLATIONS)
def test_house_style_violation_is_reported(copied: Copied, case: str) -> None:
    before, after, expected = STYLE_VIOLATIONS[case]
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")

    problems = house.check_style(load(path))

    assert any(expected in problem.message for problem in problems), [str(problem) for problem in problems]


def test_all_problems_are_reported_at_once(copied: Copied) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    changed = text.replace("failure: [FAILED]", "failure: []").replace("$response.body#/_id", "$response.body#/id", 1)
    assert changed != text
    path.write_text(changed.replace("- api_key: []", "- token: []"), encoding="utf-8")

    with pytest.raises(DocumentError) as caught:
        load(path)

    assert len(caught.value.problems) == 2


def test_yaml_1_1_and_1_2_loaders_agree_on_all_documents() -> None:
    sources: list[Source] = [read_file(path) for path in sorted((ROOT / "openapi").glob("*.yaml"))]

    assert [source.differences for source in sources] == [()] * 4


def test_problem_message_has_file_line_and_operation() -> None:
    problem = Problem(
        Path("openapi/x.yaml"), 41, "get_dock_status", "state PAUSED is in no x-job list; add it to pending"
    )

    assert str(problem) == "openapi/x.yaml:41 get_dock_status: state PAUSED is in no x-job list; add it to pending"


def test_unverified_error_responses_are_marked(documents: dict[str, Document]) -> None:
    for stem in ("ai-for-process", "agent-platform"):
        for operation in documents[stem].operations:
            errors = [response for response in operation.responses if not response.is_success]
            assert sorted(response.status for response in errors) == ["400", "401", "403", "404", "429"]
            assert all(response.raw.get("x-unverified") for response in errors)


def test_second_publish_path_is_mentioned_in_a_comment() -> None:
    text = (ROOT / "openapi" / "ai-for-service.yaml").read_text(encoding="utf-8")

    assert re.search(r"#.*/api/1\.1/public/bot/\{\{BotID\}\}/publish/status/", text)


@pytest.mark.parametrize(("old", "new"), sorted(renamed.EXTENSIONS.items()))
def test_renamed_extension_is_refused_with_the_new_name(copied: Copied, old: str, new: str) -> None:
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
def test_renamed_key_of_x_job_is_refused_with_the_new_name(copied: Copied, old: str, new: str) -> None:
    path = copied("agent-platform")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("        failure: [FAILED]", f"        failure: [FAILED]\n        {old}: []", 1), "utf-8"
    )

    with pytest.raises(DocumentError) as caught:
        load(path)
    assert f"get_dock_status: x-job key {old} is now {new}; rename it" in str(caught.value)
    assert "additional" not in str(caught.value).lower()


def test_renamed_key_of_a_mirror_is_refused_with_the_new_name(copied: Copied) -> None:
    path = copied("opensearch-flow-framework")
    text = path.read_text(encoding="utf-8")
    assert "- at: $response.body" in text
    path.write_text(text.replace("- at: $response.body", "- with: $response.body", 1), "utf-8")

    with pytest.raises(DocumentError, match="x-job key with is now at; rename it"):
        load(path)


def test_example_of_a_second_request_body_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "kiln.yaml"
    path.write_text(
        """\
openapi: 3.1.1
info: {title: Kiln, version: '1'}
paths:
  /firings:
    post:
      operationId: start_firing
      requestBody:
        content:
          text/plain:
            schema: {type: string}
          application/json:
            schema: {type: object, required: [clay], properties: {clay: {type: string}}}
            examples:
              wrong:
                value: {clay: 7}
      responses:
        '200': {description: Started.}
""",
        encoding="utf-8",
    )

    operation = load_or_problems(path)
    assert any(f"{path}:13" in line or f"{path}:14" in line or f"{path}:15" in line for line in operation), operation


def load_or_problems(path: Path) -> list[str]:
    """Return the problems and warnings of a document."""
    try:
        return list(map(str, load(path).warnings))
    except DocumentError as error:
        return str(error).splitlines()
