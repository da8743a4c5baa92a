"""Arazzo 1.0.1: a workflow that waits for each job, and one for each way to start it and wait."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..document import Document, Expression, Link, Operation, Parameter, SecurityScheme
from .criteria import NotExpressibleError, criteria, polling_of

Steps = dict[str, Any]
# The input of each kind of credential, and how it is sent.
FORMATS = {"bearer": "Bearer {}", "basic": "Basic {}"}
PERMANENT = "$statusCode >= 400 && $statusCode < 500 && $statusCode != 429"


def arazzo(document: Document, source: str) -> dict[str, Any]:
    """Return the Arazzo document of an OpenAPI document.

    Args:
        document: The document.
        source: The URL of the document, relative to the Arazzo document.

    Raises:
        NotExpressibleError: No job of the document can be expressed.
    """
    sequences = [_wait(document, operation) for operation in document.operations if operation.job]
    sequences += [
        _start(document, operation, link, response.status)
        for operation in document.operations
        for response in operation.responses
        for link in response.links
        if link.operation_id in document.operations_by_id and document.operation(link.operation_id).job
    ]
    if not sequences:
        raise NotExpressibleError("no operation reports a job; add `x-job`")
    return {
        "arazzo": "1.0.1",
        "info": {"title": f"Jobs of {document.title}", "version": str(document.data["info"]["version"])},
        "sourceDescriptions": [{"name": _name(document), "url": source, "type": "openapi"}],
        "workflows": sequences,
    }


def _name(document: Document) -> str:
    return document.package


def _wait(document: Document, operation: Operation) -> Steps:
    """Return the workflow that polls a job until it has ended."""
    parameters = _sent(operation)
    schemes = _schemes(document, operation)
    values = {parameter.name: f"$inputs.{parameter.name}" for parameter in parameters}
    return {
        "workflowId": f"wait_for_{operation.id}",
        "summary": f"Poll {operation.operation_id} until the job has ended.",
        "inputs": _inputs(document, parameters, schemes, None),
        "steps": [_poll(operation, values, schemes)],
    }


def _start(document: Document, operation: Operation, link: Link, status: str) -> Steps:
    """Return the workflow that starts a job, and polls the one to which a link leads."""
    target = document.operation(link.operation_id)
    schemes = {**_schemes(document, operation), **_schemes(document, target)}
    parameters = _sent(operation)
    outputs = {name: str(expression) for name, expression in link.parameters.items() if _is_output(expression)}
    step: dict[str, Any] = {
        "stepId": "start",
        "operationId": operation.operation_id,
        "parameters": [
            *(_parameter(one, f"$inputs.{one.name}") for one in parameters),
            *_credentials(_schemes(document, operation)),
        ],
        "successCriteria": [{"condition": f"$statusCode == {status}"}],
        "outputs": outputs,
    }
    body = operation.body
    if body:
        step["requestBody"] = {"contentType": body.name, "payload": "$inputs.body"}
    values = {
        name: f"$steps.start.outputs.{name}" if name in outputs else _constant(expression, parameters)
        for name, expression in link.parameters.items()
    }
    return {
        "workflowId": f"{operation.id}_{link.name}",
        "summary": f"Call {operation.operation_id}, and poll {target.operation_id} until the job has ended.",
        "inputs": _inputs(document, parameters, schemes, body),
        "steps": [
            {key: value for key, value in step.items() if value},
            _poll(target, values, _schemes(document, target)),
        ],
    }


def _is_output(expression: Expression) -> bool:
    return expression.source.startswith("response.")


def _constant(expression: Expression, parameters: tuple[Parameter, ...]) -> Any:
    """Return a value that does not come from the response: one of the request, or a constant."""
    if expression.source.startswith("request.") and expression.keys[0] in {one.name for one in parameters}:
        return f"$inputs.{expression.keys[0]}"
    return expression.value if expression.source == "constant" else str(expression)


def _poll(operation: Operation, values: Mapping[str, Any], schemes: Mapping[str, SecurityScheme]) -> dict[str, Any]:
    """Return the step that polls a job: retried until a state is final."""
    job = operation.job
    if job is None:
        raise NotExpressibleError(f"{operation.id} reports no job")
    success = criteria(operation, ("success", "partial"))
    if len(success) != 1:
        raise NotExpressibleError(f"{operation.id}: success has {len(success)} forms, and a step has one")
    polling = polling_of(job)
    by_name = {parameter.name: parameter for parameter in operation.parameters}
    outputs = {"state": "$response.body#/" + "/".join(job.state)} if job.state else {}
    return {
        "stepId": "poll",
        "operationId": operation.operation_id,
        "parameters": [
            *(_parameter(by_name[name], value) for name, value in values.items()),
            *_credentials(schemes),
        ],
        "successCriteria": success[0],
        "onFailure": [
            *(
                {"name": f"failed_{number}", "type": "end", "criteria": one}
                for number, one in enumerate(criteria(operation, ("failure",)), 1)
            ),
            {"name": "refused", "type": "end", "criteria": [{"condition": PERMANENT}]},
            {
                "name": "pending",
                "type": "retry",
                "retryAfter": polling.interval,
                "retryLimit": polling.count,
            },
        ],
        **({"outputs": outputs} if outputs else {}),
    }


def _sent(operation: Operation) -> tuple[Parameter, ...]:
    """Return the parameters that a workflow sends: those that are required, and the one that names the job."""
    named = (operation.job_parameter,) if operation.job else ()
    return tuple({one.name: one for one in (*operation.required, *named) if not one.is_implied}.values())


def _parameter(parameter: Parameter, value: Any) -> dict[str, Any]:
    return {"name": parameter.name, "in": parameter.where, "value": value}


def _schemes(document: Document, operation: Operation) -> dict[str, SecurityScheme]:
    """Return the security schemes of the first alternative that a header, a cookie or the query can hold."""
    for alternative in operation.security:
        schemes = {key: document.security_schemes[key] for key in alternative}
        if all(scheme.type == "apiKey" or scheme.scheme in FORMATS for scheme in schemes.values()):
            return schemes
    return {}


def _credentials(schemes: Mapping[str, SecurityScheme]) -> Iterator[dict[str, Any]]:
    for key, scheme in schemes.items():
        value = f"$inputs.{key}"
        if scheme.type == "apiKey":
            yield {"name": scheme.name, "in": scheme.where, "value": value}
        else:
            yield {"name": "Authorization", "in": "header", "value": FORMATS[scheme.scheme].format(f"{{{value}}}")}


def _inputs(
    document: Document, parameters: tuple[Parameter, ...], schemes: Mapping[str, SecurityScheme], body: Any
) -> dict[str, Any]:
    """Return the JSON Schema of the inputs."""
    properties: dict[str, Any] = {}
    for parameter in parameters:
        schema = document.resolve(parameter.schema)
        kind = schema.get("type", "string") if isinstance(schema, Mapping) else "string"
        properties[parameter.name] = {"type": kind}
    if body is not None:
        properties["body"] = {"type": "object"}
    for key, scheme in schemes.items():
        properties[key] = {"type": "string"}
        if scheme.scheme == "basic":
            properties[key]["description"] = "User and password, joined by a colon, in Base64."
    return {"type": "object", "required": list(properties), "properties": properties}
