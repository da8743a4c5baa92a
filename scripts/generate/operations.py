"""The operations of a document as its client has them: arguments, one request body, and the body of each response."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen
from openapi_python_client import strings

from ..document import Document, MediaType, Operation, Parameter, Response
from . import options
from .credentials import requirements
from .identifiers import OperationNames, operation_names
from .renames import python_names
from .schemas import Schema, Schemas
from .unsupported import UnsupportedFeatures, has_job, is_start

WHERE = ("path", "query", "header", "cookie")
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
NO_BODY = frozenset({"204", "205", "304"})
# Names in the generated functions.
FUNCTION_NAMES = frozenset(
    {
        *("self", "client", "url", "body", "headers", "cookies", "params", "kwargs", "response", "quote", "cast"),
        *("errors", "httpx", "isoparse", "serialize"),
        *(option.name for option in options.CALL_OPTIONS),
    }
)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
ANY: Schema = {}
BYTES: Schema = {"type": "string", "format": "binary"}


@frozen
class Argument:
    """A parameter of an operation as an argument of its call.

    Attributes:
        parameter: The parameter.
        python: The name of the argument.
        schema: Its simple schema.
        style: The style and explode that the generated code does not write itself, or None.
    """

    parameter: Parameter
    python: str
    schema: Schema
    style: tuple[str, bool] | None


@frozen
class Body:
    """A body.

    Attributes:
        form: `json`, `fields` (of a form), `text`, `bytes` or `none`.
        media_type: Its media type.
        schema: Its simple schema.
        name: The media type as the document describes it.
    """

    form: str
    media_type: str
    schema: Schema
    name: str = ""


@frozen
class OperationView:
    """An operation as the client has it.

    Attributes:
        operation: The operation.
        names: The names of its methods.
        arguments: Its parameters.
        request: Its request body, or None.
        responses: The body of each response, by status.
    """

    operation: Operation
    names: OperationNames
    arguments: tuple[Argument, ...]
    request: Body | None
    responses: Mapping[str, Body]

    @property
    def successes(self) -> Mapping[str, Body]:
        """The body of each success response, by status; that of `default` if no other is described."""
        reporting = {response.status for response in self.operation.status_responses}
        found = {status: body for status, body in self.responses.items() if status in reporting}
        return found or {status: body for status, body in self.responses.items() if status == "default"}

    @property
    def model(self) -> str | None:
        """The key of the component of its first success response."""
        return next((body.schema.get("$ref") for body in self.successes.values()), None)

    @property
    def schemas(self) -> list[Schema]:
        """All its simple schemas."""
        bodies = [*self.responses.values(), *([self.request] if self.request else [])]
        return [argument.schema for argument in self.arguments] + [body.schema for body in bodies]


@frozen
class OperationReader:
    """Read the operations of a document. What the client lacks is recorded in `unsupported`."""

    document: Document
    schemas: Schemas
    unsupported: UnsupportedFeatures

    def read(self) -> list[OperationView]:
        """Return the operations of the client."""
        names = operation_names(self.document)
        found = [self._operation(operation, names[operation.id]) for operation in self.document.operations]
        return self._with_own_models([one for one in found if one])

    def _operation(self, operation: Operation, names: OperationNames) -> OperationView | None:
        if "callbacks" in operation.raw:
            pointer = (*operation.pointer, "callbacks")
            self.unsupported.add(operation, pointer, "callbacks are not a part of the client", is_error=False)
        if reason := self._impossible(operation):
            self.unsupported.add(
                operation, operation.pointer, f"{reason}; otherwise the client is without the operation"
            )
            return None
        responses = {one.status: self._response(operation, one) for one in operation.responses}
        one = OperationView(
            operation=operation,
            names=names,
            arguments=tuple(self._arguments(operation)),
            request=self._request(operation),
            responses=responses,
        )
        return self._with_model(one) if has_job(self.document, operation) else one

    def _impossible(self, operation: Operation) -> str:
        """Return why an operation cannot be called, and what to do, or an empty string."""
        if "?" in operation.path or "#" in operation.path:
            return "a path with ? or # cannot be requested; describe a parameter in the query"
        if not requirements(self.document, operation):
            schemes = ", ".join(dict.fromkeys(key for keys in operation.security for key in keys))
            return (
                f"the client cannot send credentials of {schemes}; describe an API key, basic or bearer authentication"
            )
        return ""

    def _response(self, operation: Operation, response: Response) -> Body:
        name = f"{strings.pascal_case(operation.id)}Response{response.status.capitalize()}"
        media_types = sorted(response.media_types, key=lambda media_type: not is_json(media_type))
        if not media_types or response.status in NO_BODY:
            return Body("none", "", ANY)
        media_type = media_types[0]
        if is_json(media_type):
            schema = self.schemas.simplify(media_type.schema, name, (*media_type.pointer, "schema"))
            return Body("json", "application/json", schema)
        if media_type.name.startswith("text/"):
            return Body("text", "text/plain", {"type": "string"})
        return Body("bytes", "application/octet-stream", BYTES)

    def _with_model(self, one: OperationView) -> OperationView:
        """Return an operation that has to do with a job with one object as the body of all its successes."""
        operation, successes = one.operation, one.successes
        schemas = [body.schema for body in successes.values() if body.form == "json"]
        first = next((r for r in operation.responses if r.status in successes), operation.responses[0])
        if not schemas or any(schema != schemas[0] for schema in schemas):
            described = [r for r in operation.responses if r.status in successes]
            raws = [m.schema for response in described for m in response.media_types if is_json(m)]
            name = f"{strings.pascal_case(operation.id)}Response"
            united = {"anyOf": raws} if raws else {"type": "object"}
            schemas = [self.schemas.simplify(united, name, (*first.pointer, "content"))]
        # A null, or anything else, is not the status of a job.
        schema = next((member for member in schemas[0].get("anyOf", ()) if "$ref" in member), schemas[0])
        if schema.get("type") in {"string", "integer"} and is_start(self.document, operation):
            # The id alone, of which there is nothing else to read.
            name = f"{strings.pascal_case(operation.id)}Response"
            schema = {"$ref": self.schemas.scalar(schema["type"], name, first.pointer)}
        component = self.schemas.components.get(schema.get("$ref", ""))
        is_object = component is not None and not component.is_enum
        if not is_object or any(body.form in {"text", "bytes"} for body in successes.values()):
            message = (
                "expected an object as the body of its successes, because it reports or starts a job; describe one"
            )
            self.unsupported.add(operation, first.pointer, message)
        reference = {"$ref": schema.get("$ref")}
        return evolve(
            one, responses={**one.responses, **{s: evolve(b, schema=reference) for s, b in successes.items()}}
        )

    def _with_own_models(self, operations: list[OperationView]) -> list[OperationView]:
        """Give each start that returns the same component as another one a subclass: the class selects the job."""
        starts = [one for one in operations if is_start(self.document, one.operation)]
        shared = Counter(one.model for one in starts)
        found = []
        for one in operations:
            key = one.model if one in starts else None
            if key in self.schemas.components and shared[key] > 1:
                component = self.schemas.components[key]
                name = f"{strings.pascal_case(one.operation.id)}{component.base}"
                own = {"$ref": self.schemas.subclass(key, name, component.pointer)}
                changed = {s: evolve(b, schema=own) for s, b in one.responses.items() if b.schema == {"$ref": key}}
                one = evolve(one, responses={**one.responses, **changed})
            found.append(one)
        return found

    def _request(self, operation: Operation) -> Body | None:
        if not operation.bodies:
            return None
        media_type = min(operation.bodies, key=lambda body: _preference(body.name))
        name, pointer = media_type.name, (*media_type.pointer, "schema")
        essence = name.split(";")[0].strip().lower()
        schema = self.schemas.simplify(media_type.schema, f"{strings.pascal_case(operation.id)}Body", pointer)
        if is_json(media_type):
            return Body("json", "application/json" if "*" in name else name, schema, name)
        component = self.schemas.components.get(schema.get("$ref", ""))
        if essence in FORMS and component and not component.is_enum:
            return Body("fields", name, schema, name)
        return Body("bytes", name, BYTES, name)

    def _arguments(self, operation: Operation) -> Iterator[Argument]:
        own = FUNCTION_NAMES | (options.WAIT_OPTION.keys() if operation.job else set())
        parameters = [p for where in WHERE for p in self._sent(operation, where)]
        named = [(p.name, p.raw.get("x-name"), p.where) for p in parameters]
        for parameter, python in zip(parameters, python_names(named, own), strict=True):
            name = strings.pascal_case(operation.id) + strings.pascal_case(parameter.name)
            schema, style = self._serialized(parameter, name)
            yield Argument(parameter, python, schema, style)

    def _sent(self, operation: Operation, where: str) -> list[Parameter]:
        """Return the parameters of one place."""
        parameters = list(operation.parameters_in(where))
        if where == "path":
            return [p for p in parameters if f"{{{p.name}}}" in operation.path]
        if where == "query":
            return parameters
        for parameter in parameters:
            if not TOKEN.fullmatch(parameter.name):
                message = f"{parameter.name!r} is not a valid name of a {where}; rename it"
                self.unsupported.add(operation, parameter.pointer, message)
        return [p for p in parameters if TOKEN.fullmatch(p.name)]

    def _with_default(self, parameter: Parameter) -> Any:
        """Return the schema of a parameter; the only value of a required one is its default."""
        schema = self.document.resolve(parameter.schema)
        values = (schema.get("enum") or [schema.get("const")]) if isinstance(schema, Mapping) else []
        if parameter.where == "path" or not parameter.required or len(values) != 1 or values[0] is None:
            return parameter.schema
        kept = {key: value for key, value in schema.items() if key != "enum"}
        return {**kept, "const": values[0], "default": values[0]}

    def _serialized(self, parameter: Parameter, name: str) -> tuple[Schema, tuple[str, bool] | None]:
        """Return the simple schema of a parameter, and its style if the generated code does not write it."""
        raw, where = parameter.raw, parameter.where
        content = raw.get("content") or {}
        if content:
            return ANY, ("json" if is_json_name(next(iter(content))) else "form", False)
        schema = self.schemas.simplify(self._with_default(parameter), name, (*parameter.pointer, "schema"))
        schema = {key: value for key, value in schema.items() if key != "example"}
        kinds = self.schemas.kinds(schema)
        if where == "path":
            return schema if kinds <= {"string", "integer", "number", "uuid"} else {"type": "string"}, None
        if where != "query":
            is_typed = kinds <= {"string", "integer", "number", "boolean", "null"}
            return schema if is_typed else ANY, None if kinds <= {"string"} else ("simple", False)
        style = raw.get("style", "form")
        explode = raw.get("explode", style == "form")
        is_plain = style == "form" and explode
        if kinds & {"object", "any"} and not (kinds == {"object"} and is_plain):
            return ANY, (style, explode)
        is_nested = {"object", "any", "array"} & self.schemas.kinds(schema.get("items", {"type": "string"}))
        return schema, None if "array" not in kinds or (is_plain and not is_nested) else (style, explode)


def is_json(media_type: MediaType) -> bool:
    """Return whether a media type, or range of media types, is read as JSON."""
    return is_json_name(media_type.name)


def is_json_name(name: str) -> bool:
    """Return whether the name of a media type, or range of media types, is one that is read as JSON."""
    essence = name.split(";")[0].strip().lower()
    return essence in {"application/json", "*/*", "application/*", "text/json"} or essence.endswith("+json")


def _preference(name: str) -> int:
    """Return the rank of a media type of a request body: JSON, then forms, then others."""
    essence = name.split(";")[0].strip().lower()
    order = ("application/json", *FORMS)
    return 0 if is_json_name(name) else order.index(essence) if essence in order else len(order)
