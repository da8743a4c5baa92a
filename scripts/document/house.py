"""The house style of this project's own documents. Other people's documents need not follow it."""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .check import EXTENSIONS, SITUATIONS
from .expression import walk
from .model import Document, Operation
from .navigate import subschemas
from .problem import Problem
from .source import Pointer

DOCUMENT_ORDER = ("openapi", "info", "externalDocs", "servers", "security", "tags", "paths", "components")
OPERATION_ORDER = ("operationId", "summary", "description", "externalDocs", "tags", "parameters", "x-job", "responses")
VERBS = ("get", "list", "create", "update", "delete", "start", "cancel", "provision", "deploy", "undeploy", "publish")
LITERAL = {"value", "example", "default", "enum", "as", "x-invalid-examples"}


def problems(document: Document) -> list[Problem]:
    """Where a document departs from the house style."""
    return [
        Problem(document.path, document.line(pointer), where, message)
        for rule in (_order, _operations, _names, _texts, _enums, _bodies, _references, _vocabulary)
        for pointer, where, message in rule(document)
    ]


Finding = tuple[Pointer, str, str]


def _order(document: Document) -> Iterator[Finding]:
    yield from _in_order(tuple(document.data), DOCUMENT_ORDER, (), "")
    for operation in document.operations:
        yield from _in_order(tuple(operation.raw), OPERATION_ORDER, operation.pointer, operation.id)


def _in_order(got: tuple[str, ...], wanted: tuple[str, ...], pointer: Pointer, where: str) -> Iterator[Finding]:
    known = [key for key in got if key in wanted]
    if known != sorted(known, key=wanted.index):
        yield (*pointer, known[0]), where, f"keys stand as {', '.join(known)}; wanted the order {', '.join(wanted)}"


def _operations(document: Document) -> Iterator[Finding]:
    for operation in document.operations:
        verb = operation.id.split("_")[0]
        if verb not in VERBS or "_" not in operation.id:
            message = f"an operationId is verb_noun with a verb of {', '.join(VERBS)}; got the verb {verb}"
            yield (*operation.pointer, "operationId"), operation.id, message
        if not operation.raw.get("externalDocs", {}).get("url"):
            yield operation.pointer, operation.id, "has no externalDocs; link the vendor's page, it is the evidence"
        tags = operation.raw.get("tags", [])
        declared = [tag["name"] for tag in document.data.get("tags", [])]
        if len(tags) != 1 or not re.fullmatch(r"[a-z][a-z_]*", tags[0]) or tags[0] not in declared:
            message = f"wanted one lower-case tag declared under tags, got {tags}; it is a folder of the client"
            yield (*operation.pointer, "tags"), operation.id, message
        for response in operation.responses:
            if response.status == "default":
                message = "the default answer hides undocumented statuses; describe each status by its number"
                yield response.pointer, operation.id, message


def _names(document: Document) -> Iterator[Finding]:
    for kind, entries in document.data.get("components", {}).items():
        wanted, pattern = "PascalCase", r"[A-Z][A-Za-z0-9]*"
        if kind == "securitySchemes":
            wanted, pattern = "snake_case", r"[a-z]+(_[a-z]+)*"
        for name in entries:
            if not re.fullmatch(pattern, name):
                yield ("components", kind, name), name, f"wanted a name in {wanted}; rename it and its references"


def _texts(document: Document) -> Iterator[Finding]:
    for node, pointer in _mappings(document.data, ()):
        text = node.get("description")
        if (
            isinstance(text, str)
            and "externalDocs" not in pointer
            and not re.fullmatch(r"[A-Z\d`].*[.]", text.strip(), re.S)
        ):
            message = f"a description starts with a capital and ends with a period, got {text[:60]!r}"
            yield (*pointer, "description"), "/".join(map(str, pointer[-2:])), message
    for operation in document.operations:
        for key in ("summary", "description"):
            if not operation.raw.get(key):
                yield operation.pointer, operation.id, f"has no {key}; it becomes the documentation of the call"
        if str(operation.raw.get("summary", "")).endswith("."):
            yield (*operation.pointer, "summary"), operation.id, "a summary is a title, without a period"


def _enums(document: Document) -> Iterator[Finding]:
    for name, schema in document.data.get("components", {}).get("schemas", {}).items():
        for node, pointer in subschemas(schema, ("components", "schemas", name)):
            if "enum" in node and len(pointer) > 3:
                yield pointer, name, "an enum is a component of its own, its words get a class; move it and refer to it"
            if len(pointer) > 3 and "properties" in node and not {"then", "if", "else"} & set(map(str, pointer)):
                yield pointer, name, "an inline object gets an invented class name; make it a component"
    for operation in document.operations:
        for response in operation.responses:
            for media_type in response.media_types:
                if "properties" in media_type.schema or "enum" in media_type.schema:
                    message = f"the {response.status} answer is described inline; make its schema a component"
                    yield media_type.pointer, operation.id, message


def _bodies(document: Document) -> Iterator[Finding]:
    for operation in document.operations:
        for response in operation.responses:
            for media_type in response.media_types:
                if not media_type.examples:
                    message = f"the {response.status} answer has no example; add one, named after its situation"
                    yield media_type.pointer, operation.id, message
        yield from _chains(operation)


def _chains(operation: Operation) -> Iterator[Finding]:
    """Under `detail`, the examples of one job in one state are the readings under the values of the parameter."""
    job = operation.job
    if job is None or job.detail is None:
        return
    readings: dict[Any, list[Any]] = {}
    for response in operation.responses:
        for _, example in response.examples if response.is_success else ():
            readings.setdefault((walk(example.value, job.id), walk(example.value, job.state)), []).append(example)
    for examples in readings.values():
        ordered = sorted(examples, key=lambda example: len(example.value))
        for small, large in itertools.pairwise(ordered):
            if not small.value.items() <= large.value.items():
                message = (
                    f"example {large.name} does not contain {small.name}, though x-job detail says each reading does"
                )
                yield large.pointer, operation.id, message


def _references(document: Document) -> Iterator[Finding]:
    used = {node["$ref"] for node, _ in _mappings(document.data, ()) if isinstance(node.get("$ref"), str)}
    for kind, entries in document.data.get("components", {}).items():
        for name in entries:
            if kind == "securitySchemes":
                if not any(name in alternative for o in document.operations for alternative in o.security):
                    yield ("components", kind, name), name, "no operation asks for this scheme; remove it"
            elif f"#/components/{kind}/{name}" not in used:
                yield ("components", kind, name), name, "nothing refers to this component; remove it"


def _vocabulary(document: Document) -> Iterator[Finding]:
    for node, pointer in _mappings(document.data, ()):
        for key in node:
            if isinstance(key, str) and key.startswith("x-") and key not in EXTENSIONS and pointer[-1:] != ("headers",):
                message = f"{key} is no word of this project; the words are {', '.join(EXTENSIONS)}"
                yield (*pointer, key), "", message
    for operation in document.operations:
        for when in SITUATIONS:
            answers = [example for r in operation.responses for _, example in r.examples if example.when == when]
            requests = [example.request for example in answers]
            if len(answers) > 1 and (len(set(requests)) < len(requests) or not all(requests)):
                message = f"two examples answer {when}: {answers[0].name} and {answers[1].name}; mark one, or name the request of each in x-request"
                yield answers[1].pointer, operation.id, message


def _mappings(node: Any, pointer: Pointer) -> Iterator[tuple[Mapping[str, Any], Pointer]]:
    """Every mapping of the document that is not a literal value, with its place."""
    if isinstance(node, Mapping):
        yield node, pointer
        for key, child in node.items():
            if key not in LITERAL:
                yield from _mappings(child, (*pointer, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _mappings(child, (*pointer, index))
