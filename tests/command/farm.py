"""Two invented APIs for the command, and their server: the id of a job says which states it has."""

import json
from pathlib import Path
from typing import Any

from scripts.document import load_folder
from scripts.generate import build
from scripts.generate.distribution_names import choose_names

from ..any_job import TEXT, Reply, content, ok, parameter
from .test_command_any_document import Server

OBJECT = {"type": "object"}
RENDER = {"type": "object", "required": ["scene"], "properties": {"scene": TEXT, "frames": {"type": "integer"}}}
JOB = {"pending": ["queued"], "success": ["done"], "failure": ["crashed"], "notStarted": ["draft"]}
STATE = {"type": "object", "required": ["state"], "properties": {"state": TEXT, "fraction": {"type": "number"}}}


def responses(schema: Any, status: str = "200", **links: Any) -> dict[str, Any]:
    """Return the responses of an operation, with a link if there are arguments."""
    return {status: {"description": "Good.", **content(schema), **({"links": links} if links else {})}}


def start(name: str, links: dict[str, Any], *parameters: Any, body: Any = None) -> dict[str, Any]:
    """Return an operation that starts a job."""
    link = {"operationId": "get_" + name.rpartition("_")[2], "parameters": links}
    schema = {"type": "object", "required": ["job"], "properties": {"job": TEXT}}
    made = {"operationId": name, "parameters": list(parameters), "responses": responses(schema, "202", job=link)}
    return {**made, **({"requestBody": {"required": True, **content(body)}} if body else {})}


OPTION = {**parameter("priority", type="integer"), "required": False}
FARM: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Farm", "version": "1"},
    "paths": {
        "/farms/{farm}/renders": {
            "post": start(
                "start_render",
                {"farm": "$request.path.farm", "render": "$response.body#/job"},
                *(parameter("farm", "path"), OPTION),
                body=RENDER,
            ),
            "put": start(
                "replace_render",
                {"farm": "$request.path.farm", "render": "$response.body#/job"},
                *(parameter("farm", "path"), OPTION),
                body=RENDER,
            ),
        },
        "/farms/{farm}/renders/{render}": {
            "get": {
                "operationId": "get_render",
                "parameters": [
                    *(parameter("farm", "path"), parameter("render", "path")),
                    {**parameter("view", enum=["full", "brief"]), "required": False},
                    {**parameter("deep", type="boolean"), "required": False},
                ],
                "x-job": {**JOB, "state": "$response.body#/state"},
                "responses": responses(STATE),
            }
        },
        "/exports": {
            "post": start(
                "create_export",
                {"job": "$response.body#/job", "tenant": "$request.query.tenant"},
                parameter("tenant"),
            ),
            "get": {
                "operationId": "get_export",
                "parameters": [parameter("job"), parameter("tenant")],
                "x-job": {**JOB, "names": "job", "state": "$response.body#/state"},
                "responses": responses(STATE),
            },
        },
    },
}


def build_farm(documents: Path, target: Path) -> None:
    """Generate the distribution, whose command is `farm-jobs`."""
    (documents / "farm.json").write_text(json.dumps(FARM), encoding="utf-8")
    loaded = load_folder(documents)
    build(loaded, target, "tests", choose_names(loaded, "farm-jobs", "1.0", "9"))


class FarmServer(Server):
    """A server whose job `q~d` is queued, and then done; it starts jobs that are queued."""

    def __init__(self) -> None:
        super().__init__({}, "")

    def reply(self, method: str, target: str) -> Reply:
        """Return the reply to a request."""
        if method != "GET":
            return ok({"job": "q"}, 202)
        name = target.partition("job=")[2].partition("&")[0] or target.partition("?")[0].rpartition("/")[2]
        states = name.strip("-").split("~")
        state = states[min(self.polls[target], len(states) - 1)]
        self.polls[target] += 1
        return ok({"state": {"q": "queued", "d": "done", "c": "crashed", "n": "draft"}[state[:1]]})

    def sent(self, method: str) -> list[str]:
        """Return the targets of the requests with a method."""
        return [target for name, target, _, _ in self.requests if name == method]
