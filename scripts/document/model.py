"""The model of a document: operations with their parameters, responses, examples and jobs."""

import re
import urllib.parse
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import jsonschema_rs
from attrs import Factory, frozen

from .expression import MISSING, Expression, Message
from .job import JobLifecycle, state_name
from .naming import snake_case
from .one_way import READ_ONLY, WRITE_ONLY, has_mark, optional_in
from .problem import Problem
from .references import reachable, resolve
from .source import Pointer, Source

RUNNING = ""  # `Response.starts_in` of a response without `x-starts-in`


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
    def is_implied(self) -> bool:
        """Whether it has only one value, or a default, so that nobody needs to set it."""
        schema = self.schema if isinstance(self.schema, Mapping) else {}
        return "default" in schema or "const" in schema or len(schema.get("enum", ())) == 1

    @property
    def implied(self) -> Any:
        """The value that it has if nobody sets it; None if it is not implied."""
        schema = self.schema if self.is_implied else {}
        return schema.get("default", schema.get("const", *schema.get("enum", ())[:1]))

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
        return essence in {"application/json", "application/*", "*/*"} or essence.endswith("+json")


@frozen
class Link:
    """A link of a response: the target operation and, for each of its parameters, where its value is."""

    name: str
    operation_id: str
    parameters: Mapping[str, Expression]
    pointer: Pointer

    def values(self, target: "Operation", message: Message) -> dict[str, str] | None:
        """Return the parameters of the target for a response, or None if one is missing.

        A value that is the URL of the target, such as `Location`, gives the parameter in the URL; of a longer name of
        the job, such as `jobs/{id}`, the id is the last segment.
        """
        longer = target.job.parameter if target.job and target.job.id_match == "suffix" else None
        found: dict[str, str] = {}
        for name, expression in self.parameters.items():
            value = expression.evaluate(message)
            if value is MISSING or value is None or value == "" or isinstance(value, dict | list):
                return None
            text = value if isinstance(value, str) else state_name(value)
            if "/" in text:
                last = text.rstrip("/").rpartition("/")[2] if name == longer else text
                text = target.parameters_of_url(text).get(name, last)
            found[name] = text
        return found


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

    `id` is its Python name, `operation_id` its operationId as written. `security` holds the alternatives, each a tuple
    of scheme keys; an empty tuple means no credential. `bodies` are the media types of the request body, `body` is the
    first JSON one, or None.
    """

    id: str
    operation_id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    responses: tuple[Response, ...]
    security: tuple[tuple[str, ...], ...]
    job: JobLifecycle | None
    bodies: tuple[MediaType, ...]
    raw: Mapping[str, Any]
    pointer: Pointer

    @property
    def body(self) -> MediaType | None:
        """The JSON request body, or None."""
        return next((body for body in self.bodies if body.is_json), None)

    @property
    def path_names(self) -> list[str]:
        """The names of the parameters in the path, in their order."""
        return re.findall(r"\{([^{}]+)\}", self.path)

    @property
    def is_start(self) -> bool:
        """Whether a response of the operation links to a job."""
        return any(response.links for response in self.responses)

    @property
    def success(self) -> Response:
        """The first documented 2xx response."""
        return next(response for response in self.responses if response.is_success)

    @property
    def status_responses(self) -> tuple[Response, ...]:
        """The responses that report the job: 2xx, and those whose status code its state depends on."""
        described = self.responses_by_status
        tested = self.job.status_codes if self.job else ()
        codes = {str(code) if str(code) in described else f"{str(code)[0]}XX" for code in tested}
        return tuple(r for r in self.responses if r.is_success or r.status.upper() in codes)

    @property
    def job_parameter(self) -> Parameter:
        """The parameter whose value names the job that the operation reports."""
        name = self.job.parameter if self.job else ""
        return next(parameter for parameter in self.parameters if parameter.name == name)

    @cached_property
    def responses_by_status(self) -> Mapping[str, Response]:
        """The responses by status, in upper case, such as `200`, `4XX` and `DEFAULT`."""
        return {response.status.upper(): response for response in self.responses}

    def parameters_of_url(self, url: str) -> dict[str, str]:
        """Return the path and query parameters of a URL of this operation; empty if it is another URL.

        The end of its path is enough if a part of it is constant, such as `jobs/1`.
        """
        parts, template = urllib.parse.urlsplit(url), self.path
        path = parts.path
        if not parts.scheme and not path.startswith("/"):
            segments = template.strip("/").split("/")[-len(path.strip("/").split("/")) :]
            path, template = f"/{path}", "/".join(["", *segments])
            if all("{" in segment for segment in segments):
                return {}
        pattern = re.sub(r"\\\{([^{}]+)\\\}", "([^/]+)", re.escape(template))
        found = re.search(f"{pattern}/?$", path)
        if found is None:
            return {}
        names = re.findall(r"\{([^{}]+)\}", template)
        query = {name: values[-1] for name, values in urllib.parse.parse_qs(parts.query).items()}
        return query | dict(zip(names, map(urllib.parse.unquote, found.groups()), strict=True))

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
    warnings: list[Problem] = Factory(list)

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
        return re.sub(r"\W+", "_", self.stem).lower()

    @property
    def class_name(self) -> str:
        """The name of its client class: `AI for Service` gives `AIForService`."""
        return "".join(part[0].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", self.title))

    def environment_variable(self, name: str) -> str:
        """Return the variable of a scheme or parameter: `dockStatusId` gives `AGENT_PLATFORM_DOCK_STATUS_ID`."""
        return f"{self.package}_{snake_case(name)}".upper()

    def operation(self, operation_id: str) -> Operation:
        """Return the operation with this id."""
        return self.operations_by_id[operation_id]

    @cached_property
    def operations_by_id(self) -> Mapping[str, Operation]:
        """The operations by id."""
        return {operation.id: operation for operation in self.operations}

    def line(self, pointer: Pointer) -> int:
        """Return the line of a part of the document."""
        return self.source.line(pointer)

    def resolve(self, node: Any) -> Any:
        """Return the node that a `$ref` refers to, or the node itself if it has none."""
        return resolve(self.data, node, ())[0]

    def validator(self, schema: Any, *, of_request: bool = False) -> jsonschema_rs.Draft202012Validator:
        """Return a compiled, cached validator for a schema of this document, of responses unless `of_request`."""
        return self._validator(schema, READ_ONLY if of_request else WRITE_ONLY)

    @cached_property
    def _marks(self) -> Mapping[str, bool]:
        return {mark: has_mark(self.data, mark) for mark in (READ_ONLY, WRITE_ONLY)}

    @cached_property
    def _validator(self) -> Callable[[Any, str], jsonschema_rs.Draft202012Validator]:
        cache: dict[tuple[str, int | str], tuple[Any, jsonschema_rs.Draft202012Validator]] = {}

        def compiled(schema: Any, optional: str) -> jsonschema_rs.Draft202012Validator:
            # Many responses refer to few components.
            is_reference = isinstance(schema, dict) and schema.keys() == {"$ref"}
            key = optional, str(schema["$ref"]) if is_reference else id(schema)
            entry = cache.get(key)
            if entry is None:
                root = {**reachable(self.data, schema), "allOf": [schema]}
                if self._marks[optional]:
                    root = optional_in(root, self.data, optional)
                entry = cache[key] = (schema, jsonschema_rs.Draft202012Validator(root, validate_formats=True))
            return entry[1]

        return compiled
