"""Edits of our documents, and the truth about each: whom it breaks, or that it is refused.

The columns are those of `compare`: code (a program written against the package), field (the calls of a client installed
before, against a server that has moved) and wait (what a wait returns or raises, or how often it polls).
"""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from ..paths import path_of

Change = tuple[str, str] | Callable[[Any], None]

AGENT, PROCESS, SERVICE, SEARCH = (
    "agent-platform",
    "ai-for-process",
    "ai-for-service",
    "opensearch-flow-framework",
)
STATUS_PATH = path_of(AGENT, "get_dock_status")
UNDEPLOY_PATH = path_of(PROCESS, "undeploy_model")


@frozen
class Edit:
    """An edit of a document.

    Attributes:
        name: What is edited.
        document: The stem of the document.
        edits: What is done: each occurrence of a string is replaced by another, or a function changes the data.
        breaks: The columns in which it breaks something.
        why: Why that is the truth.
        rule: The rule that reports it, empty if nothing is reported.
        refused: A part of the message of the documents' checks, if they refuse the edited document.
    """

    name: str
    document: str
    edits: tuple[Change, ...]
    breaks: frozenset[str]
    why: str
    rule: str = ""
    refused: str = ""

    def apply(self, folder: Path) -> None:
        """Edit the document in a folder."""
        path = folder / f"{self.document}.yaml"
        text = path.read_text(encoding="utf-8")
        for one in self.edits:
            before = text
            if callable(one):
                data = yaml.safe_load(text)
                one(data)
                text = json.dumps(data, indent=1)
            else:
                text = text.replace(*one)
            if text == before:
                raise LookupError(f"{self.name}: {one} changes nothing in {path.name}")
        path.write_text(text, encoding="utf-8")


def edit(name: str, document: str, breaks: str, why: str, *edits: Change, rule: str = "", refused: str = "") -> Edit:
    return Edit(name, document, edits, frozenset(breaks.split()), why, rule, refused)


def remove_undeployment(data: Any) -> None:
    del data["paths"][UNDEPLOY_PATH]
    del data["components"]["schemas"]["ModelUndeployment"]
    data["tags"] = data["tags"][:1]


def add_deployment(data: Any) -> None:
    added = copy.deepcopy(data["paths"][UNDEPLOY_PATH])
    added["post"]["operationId"] = "deploy_model"
    success = added["post"]["responses"]["200"]["content"]["application/json"]
    success["schema"]["$ref"] = "#/components/schemas/ModelDeployment"
    data["paths"][f"{UNDEPLOY_PATH}/deployment"] = added
    schemas = data["components"]["schemas"]
    schemas["ModelDeployment"] = copy.deepcopy(schemas["ModelUndeployment"])


def add_parameter(*, required: bool) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        (path,) = data["paths"].values()
        added = {"name": "region", "in": "query", "required": required, "description": "The region."}
        path["get"]["parameters"].append({**added, "schema": {"type": "string"}, "example": "eu"})

    return change


def remove_parameter(name: str) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for path in data["paths"].values():
            parameters = path["get"]["parameters"]
            path["get"]["parameters"] = [one for one in parameters if one.get("name") != name]

    return change


def move_security(data: Any) -> None:
    (path,) = data["paths"].values()
    path["get"]["security"] = data.pop("security")


def move_parameter(data: Any) -> None:
    (path,) = data["paths"].values()
    data["components"]["parameters"] = {"Dock": path["get"]["parameters"][0]}
    path["get"]["parameters"][0] = {"$ref": "#/components/parameters/Dock"}


def add_scheme(*, together: bool) -> Callable[[Any], None]:
    """Add a security scheme: one that is needed in addition, or one that is accepted as well."""

    def change(data: Any) -> None:
        added = {"type": "apiKey", "in": "header", "name": "x-tenant", "description": "The tenant."}
        data["components"]["securitySchemes"]["tenant"] = added
        data["security"] = [{"api_key": [], "tenant": []}] if together else [*data["security"], {"tenant": []}]

    return change


def add_fault(data: Any) -> None:
    (path,) = data["paths"].values()
    path["get"]["responses"]["500"] = {"description": "The server failed."}


def remove(*keys: str) -> Callable[[Any], None]:
    """Remove the part of a document at a path; `*` is the only key."""

    def change(data: Any) -> None:
        for key in keys[:-1]:
            data = next(iter(data.values())) if key == "*" else data[key]
        del data[keys[-1]]

    return change


STATES = "enum: [IN_PROGRESS, SUCCESS, FAILED]"
NOT_STARTED = "        notStarted: [NOT_STARTED]\n"
PERCENT = "        percentageComplete:\n          type: number\n"
RUN = "        run: [$response.body#/_id, $response.body#/requestedTime]\n"

# Edits whose truth was derived from the client at run time.
FIRST = (
    edit(
        "state added to pending",
        AGENT,
        "",
        "clients installed before treat an unknown state as pending",
        (STATES, "enum: [IN_PROGRESS, QUEUED, SUCCESS, FAILED]"),
        ("pending: [IN_PROGRESS]", "pending: [IN_PROGRESS, QUEUED]"),
        rule="state-added",
    ),
    edit(
        "state added to success",
        AGENT,
        "wait",
        "waits of clients installed before poll to their deadline; calls are as before",
        (STATES, "enum: [IN_PROGRESS, SUCCESS, FAILED, DONE]"),
        ("success: [SUCCESS]", "success: [SUCCESS, DONE]"),
        rule="state-added",
    ),
    edit(
        "state in no list",
        AGENT,
        "",
        "nothing is generated from a document that does not say what a state means",
        (STATES, "enum: [IN_PROGRESS, SUCCESS, FAILED, PAUSED]"),
        refused="PAUSED",
    ),
    edit(
        "optional field added",
        AGENT,
        "",
        "models keep unknown fields",
        (PERCENT, "        note:\n          type: string\n          description: A note.\n" + PERCENT),
        rule="property-added",
    ),
    edit(
        "optional field became required",
        AGENT,
        "",
        "the models are generated from a lenient view: the attribute can be UNSET all the same",
        (
            "type: object\n      description: The result of the job.",
            "type: object\n      required: [downloadUrl]\n      description: The result of the job.",
        ),
        rule="required",
    ),
    edit(
        "field renamed",
        AGENT,
        "code",
        "AttributeError; a client installed before has UNSET, which its program must expect",
        ("percentageComplete", "percentDone"),
        rule="property-renamed",
    ),
    edit(
        "fields of the same type renamed",
        AGENT,
        "code",
        "AttributeError, twice",
        ("        toolId:", "        theToolId:"),
        ("        modelId:", "        theModelId:"),
        ("#/toolId", "#/theToolId"),
        ("#/modelId", "#/theModelId"),
        rule="property-renamed",
    ),
    edit(
        "field retyped",
        AGENT,
        "code",
        "another type; a client installed before passes the value on as it comes",
        (PERCENT, PERCENT.replace("number", "string")),
        rule="type-changed",
    ),
    edit(
        "field nullable",
        AGENT,
        "code",
        "another type; a client installed before reads null as None",
        (PERCENT, PERCENT.replace("number", "[number, 'null']")),
        rule="nullable",
    ),
    edit(
        "description only",
        AGENT,
        "",
        "descriptions are no part of the contract",
        ("Get the status of a job", "Read a job"),
    ),
    edit(
        "operationId renamed",
        PROCESS,
        "code",
        "AttributeError",
        ("undeploy_model", "withdraw_model"),
        rule="operation-renamed",
    ),
    edit(
        "header of the key renamed",
        AGENT,
        "field",
        "401",
        ("name: x-api-key", "name: x-other-key"),
        rule="scheme-changed",
    ),
    edit("path changed", AGENT, "field", "404", (STATUS_PATH, f"/v2{STATUS_PATH}"), rule="path-changed"),
    edit(
        "notStarted to failure",
        SEARCH,
        "code wait",
        "not_started_timeout is gone, and the wait raises another error",
        (NOT_STARTED, ""),
        ("failure: [FAILED]\n        reason", "failure: [FAILED, NOT_STARTED]\n        reason"),
        rule="state-moved",
    ),
    edit(
        "notStarted to pending",
        SEARCH,
        "code wait",
        "not_started_timeout is gone, and the wait keeps polling where it raised",
        (NOT_STARTED, ""),
        ("pending: [PROVISIONING]", "pending: [PROVISIONING, NOT_STARTED]"),
        rule="state-moved",
    ),
    edit("run dropped", SERVICE, "code", "after_run= and current_run() are gone", (RUN, ""), rule="job-run-removed"),
    edit(
        "limits halved",
        SERVICE,
        "wait",
        "clients installed before may be throttled, new ones poll half as often",
        ("- requests: 60\n", "- requests: 30\n"),
        ("- requests: 1800\n", "- requests: 900\n"),
        rule="limits-tightened",
    ),
    edit(
        "key of the scheme renamed",
        AGENT,
        "code",
        "the keyword and the environment variable",
        ("api_key", "token"),
        rule="scheme-renamed",
    ),
    edit(
        "order of the links turned",
        PROCESS,
        "code wait",
        "wait(started) may follow another id, with the same signature",
        ("[by_dashed_id, by_camel_id]", "[by_camel_id, by_dashed_id]"),
        rule="link-order-changed",
    ),
    edit(
        "path parameter renamed",
        AGENT,
        "code",
        "TypeError on keywords, and the environment variable",
        ("dockStatusId", "dockId"),
        rule="parameter-renamed",
    ),
    edit("component renamed", AGENT, "code", "ImportError", ("JobResult", "JobOutcome"), rule="component-renamed"),
    edit(
        "value removed from an enum",
        AGENT,
        "code",
        "AttributeError; clients installed before know one value more",
        ("[IMPORT, EXPORT, DEPLOY, UNDEPLOY]", "[IMPORT, DEPLOY, UNDEPLOY]"),
        ("action: EXPORT", "action: IMPORT"),
        rule="value-removed",
    ),
)

# Edits of a maintainer: mistakes, which are refused with their line, and changes.
SECOND = (
    edit(
        "01 state added and listed",
        AGENT,
        "",
        "as an unknown state, it counts as pending",
        (STATES, "enum: [QUEUED, IN_PROGRESS, SUCCESS, FAILED]"),
        ("pending: [IN_PROGRESS]", "pending: [QUEUED, IN_PROGRESS]"),
        rule="state-added",
    ),
    edit(
        "02 state added, not listed",
        AGENT,
        "",
        "refused",
        (STATES, "enum: [QUEUED, IN_PROGRESS, SUCCESS, FAILED]"),
        refused="QUEUED",
    ),
    edit(
        "03 value removed", PROCESS, "code", "JobAction has no such attribute", ("EXPORT, ", ""), rule="value-removed"
    ),
    edit(
        "04 optional field",
        AGENT,
        "",
        "models keep unknown fields",
        (PERCENT, "        size:\n          type: integer\n          description: The size.\n" + PERCENT),
        rule="property-added",
    ),
    edit(
        "05 required field",
        AGENT,
        "",
        "clients installed before keep it as an additional property",
        ("required: [_id, jobType, action, status]", "required: [_id, jobType, action, status, size]"),
        (PERCENT, "        size:\n          type: integer\n          description: The size.\n" + PERCENT),
        ("status: IN_PROGRESS", "status: IN_PROGRESS\n                    size: 1"),
        ("status: SUCCESS", "status: SUCCESS\n                    size: 1"),
        ("status: FAILED", "status: FAILED\n                    size: 1"),
        rule="property-added",
    ),
    edit(
        "06 field renamed",
        SERVICE,
        "code",
        "AttributeError",
        ("countOfDockStatuses", "dockStatusCount"),
        rule="property-renamed",
    ),
    edit(
        "07 field retyped",
        PROCESS,
        "code",
        "another type",
        ("          type: number\n", "          type: string\n"),
        rule="type-changed",
    ),
    edit(
        "08 field nullable",
        PROCESS,
        "code",
        "another type",
        ("          type: number\n", "          type: [number, 'null']\n"),
        rule="nullable",
    ),
    edit(
        "09 operation renamed",
        PROCESS,
        "code",
        "AttributeError",
        ("operationId: undeploy_model", "operationId: stop_model"),
        rule="operation-renamed",
    ),
    edit(
        "10 operation removed",
        PROCESS,
        "code field",
        "its methods are gone, and those of clients installed before get 404; the wait for the status is as before",
        remove_undeployment,
        rule="operation-removed",
    ),
    edit("11 operation added", PROCESS, "", "something new", add_deployment, rule="operation-added"),
    edit(
        "12 header renamed",
        PROCESS,
        "field",
        "401; the argument is still api_key=",
        ("name: x-api-key", "name: x-token"),
        rule="scheme-changed",
    ),
    edit(
        "13 error 404 removed",
        AGENT,
        "",
        "NotFoundError follows from the status code, documented or not",
        remove("paths", "*", "get", "responses", "404"),
        rule="error-removed",
    ),
    edit(
        "14 path changed",
        PROCESS,
        "field",
        "404",
        (UNDEPLOY_PATH, f"/v2{UNDEPLOY_PATH}"),
        rule="path-changed",
    ),
    edit(
        "15 no success left",
        AGENT,
        "",
        "refused",
        ("success: [SUCCESS]\n        failure: [FAILED]", "success: []\n        failure: [FAILED, SUCCESS]"),
        refused="success",
    ),
    edit(
        "16 success state renamed, not in the enum",
        AGENT,
        "",
        "refused",
        ("success: [SUCCESS]", "success: [DONE]"),
        refused="DONE",
    ),
    edit("17 key of x-job misspelt", AGENT, "", "refused", ("immutable:", "imutable:"), refused="imutable"),
    edit(
        "18 pointer misspelt",
        AGENT,
        "",
        "refused",
        ("state: $response.body#/status", "state: $response.body#/statuss"),
        refused="statuss",
    ),
    edit("19 YAML broken", AGENT, "", "refused", ("openapi: 3.1.1", "openapi: [3.1.1"), refused="agent-platform.yaml"),
    edit(
        "20 description only",
        SEARCH,
        "",
        "descriptions are no part of the contract",
        ("summary: ", "summary: Now "),
    ),
)

# More members of each kind.
MORE = (
    edit(
        "success state renamed",
        AGENT,
        "code wait",
        "the member of the enum, and waits of clients installed before poll to their deadline",
        ("SUCCESS", "DONE"),
        rule="state-renamed",
    ),
    edit(
        "pending state renamed",
        AGENT,
        "code",
        "the member of the enum; an unknown state counts as pending",
        ("IN_PROGRESS", "RUNNING"),
        rule="state-renamed",
    ),
    edit(
        "state added to failure",
        AGENT,
        "wait",
        "waits of clients installed before poll to their deadline",
        (STATES, "enum: [IN_PROGRESS, SUCCESS, FAILED, LOST]"),
        ("failure: [FAILED]", "failure: [FAILED, LOST]"),
        rule="state-added",
    ),
    edit(
        "state added to notStarted",
        AGENT,
        "wait",
        "waits of clients installed before poll to their deadline",
        (STATES, "enum: [IN_PROGRESS, SUCCESS, FAILED, WAITING]"),
        ("failure: [FAILED]", "failure: [FAILED]\n        notStarted: [WAITING]"),
        rule="state-added",
    ),
    edit(
        "pending to success",
        SEARCH,
        "wait",
        "the wait returns where it kept polling",
        (
            "pending: [PROVISIONING]\n        success: [COMPLETED]\n",
            "pending: []\n        success: [COMPLETED, PROVISIONING]\n",
        ),
        rule="state-moved",
    ),
    edit(
        "value of another enum added that is named like a state",
        AGENT,
        "",
        "unknown values are read as strings; states and actions are apart",
        ("[IMPORT, EXPORT, DEPLOY, UNDEPLOY]", "[IMPORT, EXPORT, DEPLOY, UNDEPLOY, SUCCESS]"),
        rule="value-added",
    ),
    edit(
        "success to partial",
        AGENT,
        "wait",
        "the wait can raise where it returned",
        (STATES, "enum: [IN_PROGRESS, SUCCESS, FAILED, DONE]"),
        ("success: [SUCCESS]", "success: [DONE]\n        partial: [SUCCESS]"),
        rule="state-moved",
    ),
    edit("order of the states", AGENT, "", "the order means nothing", (STATES, "enum: [FAILED, SUCCESS, IN_PROGRESS]")),
    edit(
        "limits doubled",
        SERVICE,
        "",
        "new clients may poll more often",
        ("- requests: 60\n", "- requests: 120\n"),
        ("- requests: 1800\n", "- requests: 3600\n"),
        rule="limits-relaxed",
    ),
    edit(
        "limits added",
        AGENT,
        "wait",
        "clients installed before may be throttled",
        ("        failure: [FAILED]\n", "        failure: [FAILED]\n        limits: [{requests: 1, per: 10}]\n"),
        rule="limits-tightened",
    ),
    edit(
        "progress dropped",
        SERVICE,
        "",
        "on_update gets no progress",
        ("        progress: $response.body#/percentageComplete\n", ""),
        rule="job-progress-removed",
    ),
    edit(
        "reason dropped",
        SERVICE,
        "",
        "the message of a failure has no reason",
        ("        reason: $response.body#/error\n", ""),
        rule="job-reason-removed",
    ),
    edit(
        "id elsewhere",
        SERVICE,
        "code field wait",
        "clients installed before refuse the response as that of another job; of the two fields, the other is optional now",
        ("id: $response.body#/streamId", "id: $response.body#/_id"),
        rule="job-id-changed",
    ),
    edit(
        "check of x-job dropped",
        AGENT,
        "",
        "only the verification reads it",
        (
            "        immutable:\n          [$response.body#/_id, $response.body#/toolId, $response.body#/modelId, $response.body#/jobType, $response.body#/action]\n",
            "",
        ),
        rule="job-check-changed",
    ),
    edit(
        "link removed",
        PROCESS,
        "wait",
        "a start with the camel spelling has no job",
        ("[by_dashed_id, by_camel_id]", "[by_dashed_id]"),
        remove("paths", UNDEPLOY_PATH, "post", "responses", "200", "links", "by_camel_id"),
        rule="link-removed",
    ),
    edit(
        "link to another field",
        PROCESS,
        "wait",
        "wait(started) takes another id",
        ("dockStatusId: $response.body#/dock-statusId", "dockStatusId: $response.body#/modelId"),
        rule="link-changed",
    ),
    edit(
        "link renamed",
        PROCESS,
        "",
        "its name means nothing",
        ("by_camel_id", "by_id_of_the_table"),
        rule="link-renamed",
    ),
    edit(
        "base path changed",
        AGENT,
        "field",
        "the address is not documented any more",
        ("url: https://{host}", "url: https://{host}/v2"),
        rule="server-changed",
    ),
    edit(
        "method changed",
        PROCESS,
        "field",
        "405",
        ("    post:\n      operationId: undeploy_model", "    put:\n      operationId: undeploy_model"),
        rule="method-changed",
    ),
    edit(
        "scheme in the query",
        AGENT,
        "field",
        "401",
        ("in: header\n      # The page", "in: query\n      # The page"),
        rule="scheme-changed",
    ),
    edit(
        "no credential needed",
        AGENT,
        "",
        "clients installed before send one, which is allowed",
        ("security:\n  - api_key: []", "security:\n  - {}\n  - api_key: []"),
        rule="security-relaxed",
    ),
    edit(
        "required query parameter added",
        AGENT,
        "code field",
        "TypeError, and 400 for clients installed before",
        add_parameter(required=True),
        rule="parameter-added",
    ),
    edit(
        "optional query parameter added",
        AGENT,
        "",
        "something new",
        add_parameter(required=False),
        rule="parameter-added",
    ),
    edit(
        "optional query parameter removed",
        SEARCH,
        "code",
        "TypeError; a server ignores what it does not know, or says so",
        remove_parameter("human"),
        rule="parameter-removed",
    ),
    edit(
        "parameter longer",
        AGENT,
        "field",
        "a request with a short value is refused",
        ("            minLength: 1\n", "            minLength: 10\n"),
        rule="limit-tightened",
    ),
    edit(
        "success is 202",
        PROCESS,
        "field",
        "UnexpectedResponseError in clients installed before",
        ("'200':\n          description: The undeployment", "'202':\n          description: The undeployment"),
        rule="success-added",
    ),
    edit(
        "tag renamed",
        AGENT,
        "code",
        "the module of the function",
        ("dock_status]", "status]"),
        ("name: dock_status", "name: status"),
        rule="tag-changed",
    ),
    edit(
        "title changed",
        AGENT,
        "code",
        "the name of the class",
        ("title: Agent Platform", "title: Agent Cloud"),
        rule="title-changed",
    ),
    edit(
        "deprecated",
        AGENT,
        "",
        "it works until it is removed",
        ("      operationId: get_dock_status\n", "      operationId: get_dock_status\n      deprecated: true\n"),
        rule="deprecated",
    ),
    edit(
        "examples changed",
        AGENT,
        "",
        "examples are no part of the contract",
        ("toolId: a-8c50d1be-6f2e-5a91-8d7c-b3e0f42a80c6", "toolId: a-1"),
    ),
    edit(
        "enum became free text",
        AGENT,
        "code",
        "the class of the values is gone",
        ("enum: [TOOLS, MODELS, GUARDRAILS]", "minLength: 1"),
        rule="values-free",
    ),
    edit(
        "field removed",
        SERVICE,
        "code",
        "AttributeError; clients installed before have UNSET",
        remove("components", "schemas", "PublishStatus", "properties", "countOfDockStatuses"),
        rule="property-removed",
    ),
    edit("security written at the operation", AGENT, "", "it is the same", move_security),
    edit("parameter written as a component", AGENT, "", "it is the same", move_parameter),
    edit(
        "documented error added",
        AGENT,
        "",
        "the client raises the error of its status code, documented or not",
        add_fault,
        rule="error-added",
    ),
    edit("version of the document", AGENT, "", "it says nothing about the API", ("version: 1.0.0", "version: 7.0.0")),
    edit(
        "second credential needed",
        AGENT,
        "code field",
        "TypeError, and 401 for clients installed before",
        add_scheme(together=True),
        rule="security-tightened",
    ),
    edit(
        "another credential accepted as well",
        AGENT,
        "",
        "clients installed before send one that is accepted",
        add_scheme(together=False),
        rule="security-relaxed",
    ),
)
