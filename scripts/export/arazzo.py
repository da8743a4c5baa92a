"""Arazzo 1.0.1: a workflow that waits for each job, and one for each way to start it and wait."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from attrs import field, frozen

from ..document import Document, Expression, Link, Operation, Parameter, SecurityScheme
from ..document.expression import BODY
from .criteria import NotExpressibleError, combined, criteria, polling_of, status_condition

Steps = dict[str, Any]
Schemes = Mapping[str, SecurityScheme]
# How each kind of credential is sent in a header.
FORMATS = {"bearer": "Bearer {}", "basic": "Basic {}"}
TOKENS = {"oauth2", "openIdConnect"}  # the types of schemes whose credential is a bearer token
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
    ids = _names(sequence["workflowId"] for sequence in sequences)
    return {
        "arazzo": "1.0.1",
        "info": {"title": f"Jobs of {document.title}", "version": str(document.data["info"]["version"])},
        "sourceDescriptions": [{"name": document.package, "url": source, "type": "openapi"}],
        "workflows": [{**sequence, "workflowId": name} for sequence, name in zip(sequences, ids, strict=True)],
    }


@frozen
class _Inputs:
    """The inputs of a workflow: its parameters, `body` if it has one, and its credentials.

    Attributes:
        parameters: The parameters, by name.
        schemes: The security schemes, by key.
        has_body: Whether a request has a body.
        names: The name of each input, by its kind and the name in the document; it needs no escape in an expression.
    """

    parameters: Mapping[str, Parameter]
    schemes: Schemes
    has_body: bool
    names: Mapping[tuple[str, str], str] = field(init=False)

    @names.default
    def _names_default(self) -> Mapping[tuple[str, str], str]:
        keys = [("parameter", name) for name in self.parameters]
        keys += [("body", "body")] if self.has_body else []
        keys += [("scheme", key) for key in self.schemes]
        return dict(zip(keys, _names(name for _, name in keys), strict=True))

    def parameter(self, name: str) -> str:
        """Return the expression of a parameter."""
        return f"$inputs.{self.names['parameter', name]}"

    def credential(self, key: str) -> str:
        """Return the expression of a credential."""
        return f"$inputs.{self.names['scheme', key]}"

    def schema(self, document: Document) -> dict[str, Any]:
        """Return the JSON Schema of the inputs."""
        properties: dict[str, Any] = {}
        for (kind, key), name in self.names.items():
            properties[name] = {"type": "object" if kind == "body" else "string"}
            if kind == "parameter":
                schema = document.resolve(self.parameters[key].schema)
                properties[name] = {"type": schema.get("type", "string") if isinstance(schema, Mapping) else "string"}
            elif kind == "scheme" and self.schemes[key].scheme == "basic":
                properties[name]["description"] = "User and password, joined by a colon, in Base64."
        return {"type": "object", "required": list(properties), "properties": properties}


def _names(names: Iterable[str]) -> list[str]:
    """Return each name without characters that an expression would need to escape, and different from the others."""
    found: list[str] = []
    for name in names:
        found.append(_unused(re.sub(r"[^A-Za-z0-9_-]+", "_", name), found))
    return found


def _unused(name: str, taken: Container[str]) -> str:
    return name if name not in taken else next(one for n in count(2) if (one := f"{name}_{n}") not in taken)


def _wait(document: Document, operation: Operation) -> Steps:
    """Return the workflow that polls a job until it has ended."""
    schemes = _schemes(document, operation)
    inputs = _Inputs(_sent(operation), schemes, has_body=False)
    values = {name: inputs.parameter(name) for name in inputs.parameters}
    return {
        "workflowId": f"wait_for_{operation.id}",
        "summary": f"Poll {operation.operation_id} until the job has ended.",
        "inputs": inputs.schema(document),
        "steps": [_poll(operation, values, schemes, inputs)],
    }


def _start(document: Document, operation: Operation, link: Link, status: str) -> Steps:
    """Return the workflow that starts a job, and polls the one to which a link leads."""
    target = document.operation(link.operation_id)
    own, polled = _schemes(document, operation), _schemes(document, target)
    body = operation.body
    inputs = _Inputs(_sent(operation), {**own, **polled}, has_body=body is not None)
    received = [name for name, expression in link.parameters.items() if _is_output(expression)]
    outputs = dict(zip(received, _names(received), strict=True))
    step: dict[str, Any] = {
        "stepId": "start",
        "operationId": operation.operation_id,
        "parameters": [
            *_parameters(operation, {name: inputs.parameter(name) for name in inputs.parameters}),
            *_credentials(own, inputs),
        ],
        "successCriteria": [{"condition": status_condition(status)}],
        "outputs": {output: str(link.parameters[name]) for name, output in outputs.items()},
    }
    if body:
        step["requestBody"] = {"contentType": body.name, "payload": f"$inputs.{inputs.names['body', 'body']}"}
    values = {
        name: f"$steps.start.outputs.{outputs[name]}" if name in outputs else _constant(expression, inputs)
        for name, expression in link.parameters.items()
    }
    return {
        "workflowId": f"{operation.id}_{link.name}",
        "summary": f"Call {operation.operation_id}, and poll {target.operation_id} until the job has ended.",
        "inputs": inputs.schema(document),
        "steps": [{key: value for key, value in step.items() if value}, _poll(target, values, polled, inputs)],
    }


def _is_output(expression: Expression) -> bool:
    return expression.source.startswith("response.")


def _constant(expression: Expression, inputs: _Inputs) -> Any:
    """Return a value that does not come from the response: one of the request, or a constant."""
    if expression.source.startswith("request.") and expression.keys[0] in inputs.parameters:
        return inputs.parameter(expression.keys[0])
    return expression.value if expression.source == "constant" else str(expression)


def _poll(operation: Operation, values: Mapping[str, Any], schemes: Schemes, inputs: _Inputs) -> dict[str, Any]:
    """Return the step that polls a job: retried until a state is final."""
    job = operation.job
    if job is None:
        raise NotExpressibleError(f"{operation.id} reports no job")
    polling = polling_of(job)
    outputs = {"state": str(Expression(BODY, job.state))} if job.state else {}
    return {
        "stepId": "poll",
        "operationId": operation.operation_id,
        "parameters": [*_parameters(operation, values), *_credentials(schemes, inputs)],
        "successCriteria": combined(criteria(operation, ("success", "partial"))),
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


def _sent(operation: Operation) -> dict[str, Parameter]:
    """Return the parameters that are inputs: those that are required, and the one that names the job."""
    named = (operation.job_parameter,) if operation.job else ()
    return {one.name: one for one in (*operation.required, *named) if not one.is_implied}


def _parameters(operation: Operation, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a step: those with a value, and the required ones that have one in the document."""
    by_name = {parameter.name: parameter for parameter in operation.parameters}
    implied = {one.name: one.implied for one in operation.required if one.is_implied and one.name not in values}
    for name, value in {**values, **implied}.items():
        yield {"name": name, "in": by_name[name].where, "value": value}


def _schemes(document: Document, operation: Operation) -> Schemes:
    """Return the security schemes of the first alternative that a header, a cookie or the query can hold."""
    for alternative in operation.security:
        schemes = {key: document.security_schemes[key] for key in alternative}
        if all(one.type in {"apiKey", *TOKENS} or one.scheme in FORMATS for one in schemes.values()):
            return schemes
    return {}


def _credentials(schemes: Schemes, inputs: _Inputs) -> Iterator[dict[str, Any]]:
    for key, scheme in schemes.items():
        value = inputs.credential(key)
        if scheme.type == "apiKey":
            yield {"name": scheme.name, "in": scheme.where, "value": value}
        else:
            form = FORMATS["bearer" if scheme.type in TOKENS else scheme.scheme]
            yield {"name": "Authorization", "in": "header", "value": form.format(f"{{{value}}}")}
