"""A document as its readers want it: operations with their parameters, answers, examples and jobs."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import jsonschema_rs
from attrs import Factory, frozen

from .expression import Keys, pointer_keys
from .job import Job
from .source import Pointer, Source

UNDER_WAY = ""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@frozen
class Example:
    """A named example. `when` is the situation of `x-scenario` that it answers, None for an ordinary one.

    `request` is the request that it answered, as a method and a target; empty where none is told.
    """

    name: str
    value: Any
    when: str | None
    pointer: Pointer
    request: str = ""


@frozen
class Printed:
    """A sample that a vendor prints although it cannot hold, with the reason."""

    name: str
    value: Any
    reason: str
    pointer: Pointer


@frozen
class Parameter:
    """A parameter of an operation. `where` is path, query, header or cookie.

    `reads` holds texts that the server takes for values although its schema does not have them.
    """

    name: str
    where: str
    required: bool
    schema: Any
    raw: Mapping[str, Any]
    examples: tuple[Example, ...]
    pointer: Pointer
    reads: Mapping[str, Any] = Factory(dict)

    @property
    def known_values(self) -> tuple[Any, ...]:
        """The example values that the document holds to exist."""
        return tuple(example.value for example in self.examples if example.when is None)


@frozen
class MediaType:
    """One representation of an answer."""

    name: str
    schema: Any
    examples: tuple[Example, ...]
    printed: tuple[Printed, ...]
    pointer: Pointer

    @property
    def is_json(self) -> bool:
        """Whether the representation is JSON."""
        essence = self.name.split(";")[0].strip().lower()
        return essence == "application/json" or essence.endswith("+json")


@frozen
class Link:
    """A link of an answer: the operation it leads to, and for each of its parameters the keys into the body."""

    name: str
    operation_id: str
    parameters: Mapping[str, Keys]
    pointer: Pointer


@frozen
class Response:
    """One documented answer of an operation. `status` is as written, such as `200` or `4XX`.

    `leaves` is the word of the state in which it leaves the job that its link leads to, None where there is no such job
    afterwards, and `UNDER_WAY` where nothing is said: the job then runs.
    """

    status: str
    media_types: tuple[MediaType, ...]
    headers: Mapping[str, Mapping[str, Any]]
    follow: tuple[Link, ...]
    raw: Mapping[str, Any]
    pointer: Pointer

    @property
    def leaves(self) -> str | None:
        """The word of the state in which the followed job is left."""
        word: str | None = self.raw.get("x-starts-in", UNDER_WAY)
        return word

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return self.status.startswith("2")

    @property
    def examples(self) -> tuple[tuple[MediaType, Example], ...]:
        """Every example, with the representation it belongs to."""
        return tuple((media_type, example) for media_type in self.media_types for example in media_type.examples)


@frozen
class SecurityScheme:
    """A security scheme. `key` names the constructor keyword and ends the name of the environment variable."""

    key: str
    type: str
    scheme: str
    where: str
    name: str


@frozen(slots=False)
class Operation:
    """An operation. `security` holds the alternatives, each a tuple of scheme keys; an empty one is no credential.

    `body` is the JSON that a request carries, None where it carries none.
    """

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    responses: tuple[Response, ...]
    security: tuple[tuple[str, ...], ...]
    job: Job | None
    body: MediaType | None
    raw: Mapping[str, Any]
    pointer: Pointer

    @property
    def is_start(self) -> bool:
        """Whether an answer of the operation leads to a job."""
        return any(response.follow for response in self.responses)

    @property
    def success(self) -> Response:
        """The first documented 2xx answer."""
        return next(response for response in self.responses if response.is_success)

    def parameters_in(self, where: str) -> tuple[Parameter, ...]:
        """The parameters in the path, query, header or cookie."""
        return self._by_place.get(where, ())

    @property
    def required(self) -> tuple[Parameter, ...]:
        """The parameters that no request can do without: those of the path first, in the order of the document."""
        return (*self.parameters_in("path"), *(p for p in self.parameters if p.required and p.where != "path"))

    @cached_property
    def _by_place(self) -> Mapping[str, tuple[Parameter, ...]]:
        places = dict.fromkeys(parameter.where for parameter in self.parameters)
        return {place: tuple(p for p in self.parameters if p.where == place) for place in places}

    def situation(self, when: str) -> tuple[Response, MediaType, Example] | None:
        """The first documented answer to a situation of `x-scenario`."""
        return next(iter(self.situations(when)), None)

    def situations(self, when: str) -> tuple[tuple[Response, MediaType, Example], ...]:
        """Every documented answer to a situation of `x-scenario`. Where there are several, they name their requests."""
        return tuple(
            (response, media_type, example)
            for response in self.responses
            for media_type, example in response.examples
            if example.when == when
        )

    @property
    def ignores(self) -> frozenset[str]:
        """Query parameters that the server takes and that are not described."""
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
        """The name of the file without its ending, such as `agent-platform`."""
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
        return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", self.title))

    def environment_variable(self, name: str) -> str:
        """The environment variable for a scheme key or parameter: `dockStatusId` gives `AGENT_PLATFORM_DOCK_STATUS_ID`."""
        return f"{self.package}_{snake_case(name)}".upper()

    def operation(self, operation_id: str) -> Operation:
        """The operation of that id."""
        return next(operation for operation in self.operations if operation.id == operation_id)

    def line(self, pointer: Pointer) -> int:
        """The line of a part of the document."""
        return self.source.line(pointer)

    def resolve(self, node: Any) -> Any:
        """What a node stands for, once its `$ref` is followed."""
        return resolve(self.data, node, ())[0]

    def validator(self, schema: Any) -> jsonschema_rs.Draft202012Validator:
        """A compiled validator for a schema of this document."""
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
    """`dockStatusId`, `dock-status-id` and `DockStatusID` all give `dock_status_id`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])|([a-z0-9])([A-Z])", r"\1\3_\2\4", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()


def resolve(data: Any, node: Any, pointer: Pointer) -> tuple[Any, Pointer]:
    """Follows local `$ref`s; returns the node and where it stands.

    Raises:
        LookupError: the reference is not local, leads nowhere or runs in a circle.
    """
    seen: set[str] = set()
    while isinstance(node, Mapping) and isinstance(reference := node.get("$ref"), str):
        if not reference.startswith("#/"):
            raise LookupError(f"{reference} leads out of the file")
        if reference in seen:
            raise LookupError(f"{reference} runs in a circle")
        seen.add(reference)
        node, pointer = data, ()
        for key in pointer_keys(reference):
            if not isinstance(node, Mapping) or key not in node:
                raise LookupError(f"{reference} leads nowhere")
            node, pointer = node[key], (*pointer, key)
    return node, pointer
