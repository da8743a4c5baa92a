"""Changes of the document that several rows share."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from .document import OK, START, STATES, STATUS, Change, Json, edit

Document = dict[str, Any]


def at(document: Document, *path: str) -> Any:
    """Return the part of a document at a path of keys."""
    part: Any = document
    for key in path:
        part = part[key]
    return part


def sequence(*changes: Change) -> Callable[[Document], None]:
    """Return a change that applies several."""

    def change(document: Document) -> None:
        for each in changes:
            if callable(each):
                each(document)
            else:
                for path, value in each.items():
                    edit(document, path, value)

    return change


def operation_ids(start: str, status: str) -> Callable[[Document], None]:
    """Set both operationIds, and that of the link."""
    return sequence({"start operationId": start, "status operationId": status, "link operationId": status})


def renamed_component(old: str, new: str) -> Callable[[Document], None]:
    """Rename a component schema, with the references to it."""

    def renamed(node: Json) -> Json:
        if isinstance(node, dict):
            return {key: renamed(value) for key, value in node.items()}
        if isinstance(node, list):
            return [renamed(value) for value in node]
        return f"#/components/schemas/{new}" if node == f"#/components/schemas/{old}" else node

    def change(document: Document) -> None:
        document.update(renamed(document))
        schemas = document["components"]["schemas"]
        document["components"]["schemas"] = {new if name == old else name: schema for name, schema in schemas.items()}

    return change


def job_property(name: str, schema: Json, value: Json, *, required: bool = False) -> Callable[[Document], None]:
    """Add a property to the component `Job`, and its value to the examples."""

    def change(document: Document) -> None:
        component = document["components"]["schemas"]["Job"]
        component["properties"][name] = schema
        component["required"] += [name] if required else []
        for body in bodies(document):
            body[name] = deepcopy(value)

    return change


def bodies(document: Document) -> list[Any]:
    """Return the bodies of the examples of the status, one per state."""
    return [example["value"] for example in at(document, *STATUS, *OK, "examples").values()]


def each_body(function: Callable[[str, Document], Json]) -> Callable[[Document], None]:
    """Replace each example of the status by the result of a function of its state and its value."""

    def change(document: Document) -> None:
        for state, example in at(document, *STATUS, *OK, "examples").items():
            example["value"] = function(state, example["value"])

    return change


def states(states_by_name: Mapping[str, Json], schema: Json = None) -> Callable[[Document], None]:
    """Replace the four states by other values, with the schema of the state."""

    def change(document: Document) -> None:
        values = [states_by_name[state] for state in STATES]
        job = at(document, *STATUS, "x-job")
        for kind in ("pending", "success", "failure"):
            job[kind] = [states_by_name[state] for state in job[kind]]
        properties = document["components"]["schemas"]["Job"]["properties"]
        properties["status"] = {"enum": values} if schema is None else schema
        each_body(lambda state, body: {**body, "status": states_by_name[state]})(document)

    return change


def ids(values: Mapping[str, Json], schema: Json, unknown: Json) -> Callable[[Document], None]:
    """Replace the ids of the jobs and their schema: `queued`, `running`, `succeeded`, `failed` and `started`."""

    def change(document: Document) -> None:
        parameter = at(document, *STATUS, "parameters")[0]
        parameter["schema"] = dict(schema)
        for state in STATES:
            parameter["examples"][state]["value"] = values[state]
        parameter["examples"]["unknown"]["value"] = unknown
        for component in ("Job", "Started"):
            document["components"]["schemas"][component]["properties"]["id"] = dict(schema)
        each_body(lambda state, body: {**body, "id": values[state]})(document)
        edit(document, "accepted examples started value id", values["started"])

    return change


def without_examples(document: Document) -> None:
    """Remove all examples of parameters and bodies."""

    def remove(node: Json) -> None:
        for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            remove(value)
        if isinstance(node, dict):
            node.pop("examples", None)
            node.pop("example", None)

    remove(document)


def moved(path: str, *parameters: Json) -> Callable[[Document], None]:
    """Move the status operation to another path, with further parameters before that of the job."""

    def change(document: Document) -> None:
        item = document["paths"].pop("/jobs/{jobId}")
        document["paths"][path] = item
        item["get"]["parameters"][:0] = deepcopy(list(parameters))

    return change


def without_status(*names: str) -> Callable[[Document], None]:
    """Remove responses, by status, from both operations."""

    def change(document: Document) -> None:
        for operation in (at(document, *START), at(document, *STATUS)):
            for name in names:
                operation["responses"].pop(name, None)

    return change


def added_operation(method: str, path: str, **operation: Json) -> Callable[[Document], None]:
    """Add an operation that has nothing to do with jobs."""

    def change(document: Document) -> None:
        response = {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}}
        given = {"operationId": "other_call", "responses": {"200": response, "401": unauthorized()}, **operation}
        document["paths"].setdefault(path, {})[method] = deepcopy(given)

    return change


def unauthorized() -> Json:
    """Return a reference to the response 401."""
    return {"$ref": "#/components/responses/Unauthorized"}


def json_body(schema: Json, example: Json = None) -> Json:
    """Return a request body or response of JSON."""
    media_type = {"schema": schema} if example is None else {"schema": schema, "example": example}
    return {"description": "Data.", "content": {"application/json": media_type}}


def request_body(
    schema: Json, example: Json = None, media_type: str = "application/json"
) -> Callable[[Document], None]:
    """Give the start operation a body."""
    content = {"schema": schema} if example is None else {"schema": schema, "example": example}
    body = {"required": True, "content": {media_type: content}}
    return sequence(
        {"start requestBody": body, "start responses 400": {"$ref": "#/components/responses/Malformed"}, **MALFORMED}
    )


MALFORMED = {
    "responses Malformed": {
        "description": "The request is malformed.",
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "examples": {"bad_parameter": {"x-scenario": "bad_parameter", "value": {"message": "malformed"}}},
            }
        },
    }
}
