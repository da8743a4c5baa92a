"""The document that every row of the matrix changes: a call that starts a job, and a call that reports it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Json = Any
STATES: Final = ("queued", "running", "succeeded", "failed")
IDS: Final = {"queued": "j-100", "running": "j-101", "succeeded": "j-102", "failed": "j-103"}
START: Final = ("paths", "/jobs", "post")
STATUS: Final = ("paths", "/jobs/{jobId}", "get")
OK: Final = ("responses", "200", "content", "application/json")
ACCEPTED: Final = ("responses", "202", "content", "application/json")
# The first part of the path of an edit, and the part of the document that it stands for.
PLACES: Final[Mapping[str, tuple[str | int, ...]]] = {
    "start": START,
    "status": STATUS,
    "x-job": (*STATUS, "x-job"),
    "parameter": (*STATUS, "parameters", 0),
    "ok": (*STATUS, *OK),
    "accepted": (*START, *ACCEPTED),
    "link": (*START, "responses", "202", "links", "job"),
    "schemas": ("components", "schemas"),
    "Job": ("components", "schemas", "Job"),
    "state": ("components", "schemas", "Job", "properties", "status"),
    "Started": ("components", "schemas", "Started"),
    "responses": ("components", "responses"),
    "schemes": ("components", "securitySchemes"),
}


class Removed:
    """The type of `REMOVED`."""


REMOVED: Final = Removed()
Edits = Mapping[str, Json]
Change = Edits | Callable[[dict[str, Any]], None]


def base_document() -> dict[str, Any]:
    """Return a new copy of the document."""

    def error(description: str, scenarios: Mapping[str, str]) -> Json:
        examples = {name: {"x-scenario": name, "value": {"message": text}} for name, text in scenarios.items()}
        schema = {"$ref": "#/components/schemas/Error"}
        return {"description": description, "content": {"application/json": {"schema": schema, "examples": examples}}}

    def example(state: str) -> Json:
        return {"value": {"id": IDS[state], "status": state, "note": state}}

    unauthorized, unknown = ({"$ref": f"#/components/responses/{name}"} for name in ("Unauthorized", "Unknown"))
    return {
        "openapi": "3.1.1",
        "info": {"title": "Jobs", "version": "1.0.0"},
        "security": [{"token": []}],
        "paths": {
            "/jobs": {
                "post": {
                    "operationId": "start_job",
                    "summary": "Start a job",
                    "responses": {
                        "202": {
                            "description": "The job has started.",
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": "#/components/schemas/Started"},
                                    "examples": {"started": {"value": {"id": "j-104"}}},
                                }
                            },
                            "links": {"job": {"operationId": "get_job", "parameters": {"jobId": "$response.body#/id"}}},
                        },
                        "401": dict(unauthorized),
                    },
                }
            },
            "/jobs/{jobId}": {
                "get": {
                    "operationId": "get_job",
                    "summary": "Get a job",
                    "parameters": [
                        {
                            "name": "jobId",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string"},
                            "examples": {
                                **{state: {"value": name} for state, name in IDS.items()},
                                "unknown": {"value": "j-404", "x-scenario": "unknown_id"},
                            },
                        }
                    ],
                    "x-job": {
                        "id": "$response.body#/id",
                        "state": "$response.body#/status",
                        "pending": ["queued", "running"],
                        "success": ["succeeded"],
                        "failure": ["failed"],
                    },
                    "responses": {
                        "200": {
                            "description": "The job.",
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": "#/components/schemas/Job"},
                                    "examples": {state: example(state) for state in STATES},
                                }
                            },
                        },
                        "401": dict(unauthorized),
                        "404": dict(unknown),
                    },
                }
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Unauthorized": error(
                    "No valid token.", {"no_credential": "no token", "wrong_credential": "unknown token"}
                ),
                "Unknown": error("No such job.", {"unknown_id": "no such job"}),
            },
            "schemas": {
                "Job": {
                    "type": "object",
                    "required": ["id", "status"],
                    "properties": {
                        "id": {"type": "string"},
                        "status": {"type": "string", "enum": list(STATES)},
                        "note": {"type": "string"},
                    },
                },
                "Started": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                "Error": {"type": "object", "properties": {"message": {"type": "string"}}},
            },
        },
    }


def apply(document: dict[str, Any], changes: tuple[Change, ...]) -> dict[str, Any]:
    """Apply edits and functions to a document, in order; return it."""
    for change in changes:
        if callable(change):
            change(document)
        else:
            for path, value in change.items():
                edit(document, path, value)
    return document


def edit(document: dict[str, Any], path: str, value: Json) -> None:
    """Set or remove the part of a document at a path.

    The parts of the path are separated by spaces; the first can be one of `PLACES`. Missing objects are created; the
    part `+` appends to a list, and `REMOVED` as value removes the part.
    """
    first, *rest = path.split(" ")
    parts: tuple[str | int, ...] = (*PLACES.get(first, (first,)), *rest)
    *parents, last = parts
    holder: Any = document
    for part in parents:
        holder = holder[int(part)] if isinstance(holder, list) else holder.setdefault(part, {})
    if last == "+":
        holder.append(value)
    elif isinstance(holder, list):
        holder[int(last)] = value
    elif isinstance(value, Removed):
        del holder[last]
    else:
        holder[last] = value
