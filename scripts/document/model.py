"""The model of a document: operations with their parameters, responses, examples and jobs."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import jsonschema_rs
from attrs import Factory, frozen

from .expression import Keys, parse_pointer
from .job import JobLifecycle
from .source import Pointer, Source

RUNNING = ""  # `Response.starts_in` of a response without `x-starts-in`
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@frozen
class Example:
    """A named example.

    `scenario` is its `x-scenario`, None for an ordinary example. `request` is its `x-request`, the method and target of
    the request that it responds to, empty if not given.
    """

    name: str
    value: Any
    scenario: str | None
    pointer: Pointer
    request: str = ""


@frozen
class InvalidExample:
    """An example of `x-invalid-examples`: the vendor documents it, but it violates the schema. `reason` explains it."""

    name: str
    value: Any
    reason: str
    pointer: Pointer


@frozen
class Parameter:
    """A parameter of an operation. `where` is path, query, header or cookie.

    `coerces` maps strings that the schema does not allow to the values that the server converts them to.
    """

    name: str
    where: str
    required: bool
    schema: Any
    raw: Mapping[str, Any]
    examples: tuple[Example, ...]
    pointer: Pointer
    coerces: Mapping[str, Any] = Factory(dict)

    @property
    def known_values(self) -> tuple[Any, ...]:
        """The values of the ordinary examples, which exist on the server."""
        return tuple(example.value for example in self.examples if example.scenario is None)


@frozen
class MediaType:
    """One media type of a response or request body."""

    name: str
    schema: Any
    examples: tuple[Example, ...]
    invalid_examples: tuple[InvalidExample, ...]
    pointer: Pointer

    @property
    def is_json(self) -> bool:
        """Whether the media type is JSON."""
        essence = self.name.split(";")[0].strip().lower()
        return essence == "application/json" or essence.endswith("+json")


@frozen
class Link:
    """A link of a response: the target operation and, for each of its parameters, the keys into the response body."""

    name: str
    operation_id: str
    parameters: Mapping[str, Keys]
    pointer: Pointer


@frozen
class Response:
    """One documented response of an operation.

    `status` is the status code as written, such as `200` or `4XX`. `links` is in the order of `x-link-order`.
    """

    status: str
    media_types: tuple[MediaType, ...]
    headers: Mapping[str, Mapping[str, Any]]
    links: tuple[Link, ...]
    raw: Mapping[str, Any]
    pointer: Pointer

    @property
    def starts_in(self) -> str | None:
        """The state of the linked job after this response, as `x-starts-in` gives it.

        None if the job is deleted, `RUNNING` if the keyword is absent: the job then runs.
        """
        state: str | None = self.raw.get("x-starts-in", RUNNING)
        return state

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return self.status.startswith("2")

    @property
    def examples(self) -> tuple[tuple[MediaType, Example], ...]:
        """Every example, with its media type."""
        return tuple((media_type, example) for media_type in self.media_types for example in media_type.examples)


@frozen
class SecurityScheme:
    """A security scheme. Its `key` is the keyword argument of the client and the suffix of the environment variable."""

    key: str
    type: str
    scheme: str
    where: str
    name: str


@frozen(slots=False)
class Operation:
    """An operation.

    `security` holds the alternatives, each a tuple of scheme keys; an empty tuple means no credential. `body` is the
    JSON request body, or None.
    """

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    responses: tuple[Response, ...]
    security: tuple[tuple[str, ...], ...]
    job: JobLifecycle | None
    body: MediaType | None
    raw: Mapping[str, Any]
    pointer: Pointer

    @property
    def is_start(self) -> bool:
        """Whether a response of the operation links to a job."""
        return any(response.links for response in self.responses)

    @property
    def success(self) -> Response:
        """The first documented 2xx response."""
        return next(response for response in self.responses if response.is_success)

    def parameters_in(self, where: str) -> tuple[Parameter, ...]:
        """Return the parameters in the path, query, header or cookie."""
        return self._by_place.get(where, ())

    @property
    def required(self) -> tuple[Parameter, ...]:
        """The required parameters: those of the path first, then the others, in document order."""
        return (*self.parameters_in("path"), *(p for p in self.parameters if p.required and p.where != "path"))

    @cached_property
    def _by_place(self) -> Mapping[str, tuple[Parameter, ...]]:
        places = dict.fromkeys(parameter.where for parameter in self.parameters)
        return {place: tuple(p for p in self.parameters if p.where == place) for place in places}

    def scenario(self, name: str) -> tuple[Response, MediaType, Example] | None:
        """Return the first documented response to a scenario, or None."""
        return next(iter(self.scenarios(name)), None)

    def scenarios(self, name: str) -> tuple[tuple[Response, MediaType, Example], ...]:
        """Return every documented response to a scenario. If there are several, each example has an `x-request`."""
        return tuple(
            (response, media_type, example)
            for response in self.responses
            for media_type, example in response.examples
            if example.scenario == name
        )

    @property
    def ignored_parameters(self) -> frozenset[str]:
        """Query parameters that the server accepts and the document does not describe: `x-ignored-parameters`."""
        return frozenset(self.raw.get("x-ignored-parameters", ()))


@attrs.define(slots=False)
class Document:
    """An OpenAPI document with its jobs."""

    source: Source
    title: str
    security_schemes: Mapping[str, SecurityScheme]
    operations: tuple[Operation, ...]

    @cached_property
    def stem(self) -> str:
        """The file name without its suffix, such as `agent-platform`."""
        return self.source.path.stem

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path

    @property
    def data(self) -> dict[str, Any]:
        """The whole document as plain data."""
        return self.source.data

    @property
    def package(self) -> str:
        """The name of its Python package, such as `agent_platform`."""
        return self.stem.replace("-", "_")

    @property
    def class_name(self) -> str:
        """The name of its client class: `AI for Service` gives `AIForService`."""
        return "".join(part[0].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", self.title))

    def environment_variable(self, name: str) -> str:
        """Return the variable of a scheme or parameter: `dockStatusId` gives `AGENT_PLATFORM_DOCK_STATUS_ID`."""
        return f"{self.package}_{snake_case(name)}".upper()

    def operation(self, operation_id: str) -> Operation:
        """Return the operation with this id."""
        return next(operation for operation in self.operations if operation.id == operation_id)

    def line(self, pointer: Pointer) -> int:
        """Return the line of a part of the document."""
        return self.source.line(pointer)

    def resolve(self, node: Any) -> Any:
        """Return the node that a `$ref` refers to, or the node itself if it has none."""
        return resolve(self.data, node, ())[0]

    def validator(self, schema: Any) -> jsonschema_rs.Draft202012Validator:
        """Return a compiled, cached validator for a schema of this document."""
        return self._validator(schema)

    @cached_property
    def _validator(self) -> Callable[[Any], jsonschema_rs.Draft202012Validator]:
        cache: dict[int, tuple[Any, jsonschema_rs.Draft202012Validator]] = {}

        def compiled(schema: Any) -> jsonschema_rs.Draft202012Validator:
            entry = cache.get(id(schema))
            if entry is None:
                root = {"components": self.data.get("components", {}), "allOf": [schema]}
                entry = cache[id(schema)] = (schema, jsonschema_rs.Draft202012Validator(root, validate_formats=True))
            return entry[1]

        return compiled


def snake_case(name: str) -> str:
    """Convert to snake case: `dockStatusId`, `dock-status-id` and `DockStatusID` all give `dock_status_id`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])|([a-z0-9])([A-Z])", r"\1\3_\2\4", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()


def resolve(data: Any, node: Any, pointer: Pointer) -> tuple[Any, Pointer]:
    """Follow local `$ref`s and return the node with its pointer.

    Raises:
        LookupError: The reference is not local, its target does not exist, or it is circular.
    """
    seen: set[str] = set()
    while isinstance(node, Mapping) and isinstance(reference := node.get("$ref"), str):
        if not reference.startswith("#/"):
            raise LookupError(f"{reference} points outside this file")
        if reference in seen:
            raise LookupError(f"{reference} is circular")
        seen.add(reference)
        node, pointer = data, ()
        for key in parse_pointer(reference):
            if not isinstance(node, Mapping) or key not in node:
                raise LookupError(f"{reference} does not exist")
            node, pointer = node[key], (*pointer, key)
    return node, pointer
