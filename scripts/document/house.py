"""The house style of this project's own documents. Other documents need not follow it."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import attrs

from .expression import walk
from .keyword_rules import EXTENSIONS, SCENARIOS
from .model import Document, Operation
from .naming import is_name
from .navigate import LITERAL, mappings, subschemas
from .problem import Problem
from .source import Finding, Pointer

DOCUMENT_ORDER = ("openapi", "info", "externalDocs", "servers", "security", "tags", "paths", "components")
OPERATION_ORDER = ("operationId", "summary", "description", "externalDocs", "tags", "parameters", "x-job", "responses")
VERBS = ("get", "list", "create", "update", "delete", "start", "cancel", "provision", "deploy", "undeploy", "publish")


def check_style(document: Document) -> list[Problem]:
    """Return the violations of the house style, and what is only a warning in the documents of others."""
    rules = (_order, _operations, _names, _descriptions, _enums, _bodies, _references, _extensions)
    warnings = [attrs.evolve(warning, is_warning=False) for warning in document.warnings]
    return [*warnings, *document.source.problems(f for rule in rules for f in rule(document))]


def _order(document: Document) -> Iterator[Finding]:
    yield from _in_order(tuple(document.data), DOCUMENT_ORDER, (), "")
    for operation in document.operations:
        yield from _in_order(tuple(operation.raw), OPERATION_ORDER, operation.pointer, operation.id)


def _in_order(got: tuple[str, ...], expected: tuple[str, ...], pointer: Pointer, where: str) -> Iterator[Finding]:
    known = [key for key in got if key in expected]
    if known != sorted(known, key=expected.index):
        message = f"expected the key order {', '.join(expected)}, got {', '.join(known)}; reorder them"
        yield (*pointer, known[0]), where, message


def _operations(document: Document) -> Iterator[Finding]:
    for operation in document.operations:
        name = operation.operation_id
        if name.split("_")[0] not in VERBS or not is_name(name) or "_" not in name:
            expected = f"an operationId verb_noun with a verb of {', '.join(VERBS)}"
            message = f"expected {expected}, got {name or 'none'}; rename it"
            yield (*operation.pointer, "operationId"), operation.id, message
        if not operation.raw.get("externalDocs", {}).get("url"):
            yield operation.pointer, operation.id, "has no externalDocs; link the vendor's page that documents it"
        tags = operation.raw.get("tags", [])
        declared = [tag["name"] for tag in document.data.get("tags", [])]
        if len(tags) != 1 or not re.fullmatch(r"[a-z][a-z_]*", tags[0]) or tags[0] not in declared:
            message = f"expected one lower-case tag declared under tags, got {tags}; it becomes a module of the client"
            yield (*operation.pointer, "tags"), operation.id, message
        for response in operation.responses:
            if response.status == "default":
                message = "the default response hides undocumented status codes; describe each status code"
                yield response.pointer, operation.id, message


def _names(document: Document) -> Iterator[Finding]:
    for kind, entries in document.data.get("components", {}).items():
        case, pattern = "PascalCase", r"[A-Z][A-Za-z0-9]*"
        if kind == "securitySchemes":
            case, pattern = "snake_case", r"[a-z]+(_[a-z]+)*"
        for name in entries:
            if not re.fullmatch(pattern, name):
                yield ("components", kind, name), name, f"expected a name in {case}; rename it and its references"


def _descriptions(document: Document) -> Iterator[Finding]:
    for node, pointer in mappings(document.data, skip=(*LITERAL, "as")):
        text = node.get("description")
        if not isinstance(text, str) or "externalDocs" in pointer:
            continue
        if not re.fullmatch(r"[A-Z\d`].*[.]", text.strip(), re.S):
            rule = "a description starts with a capital letter and ends with a period"
            yield (*pointer, "description"), "/".join(map(str, pointer[-2:])), f"{rule}, got {text[:60]!r}; correct it"
    for operation in document.operations:
        for key in ("summary", "description"):
            if not operation.raw.get(key):
                yield operation.pointer, operation.id, f"has no {key}; add one, it becomes the docstring of the method"
        if str(operation.raw.get("summary", "")).endswith("."):
            yield (*operation.pointer, "summary"), operation.id, "a summary has no period at the end; remove it"


def _enums(document: Document) -> Iterator[Finding]:
    for name, schema in document.data.get("components", {}).get("schemas", {}).items():
        for node, pointer in subschemas(schema, ("components", "schemas", name)):
            if "enum" in node and len(pointer) > 3:
                yield pointer, name, "an inline enum gets a generated class name; move it to its own component"
            if len(pointer) > 3 and "properties" in node and not {"then", "if", "else"} & set(map(str, pointer)):
                yield pointer, name, "an inline object gets a generated class name; move it to its own component"
    for operation in document.operations:
        for response in operation.responses:
            for media_type in response.media_types:
                if "properties" in media_type.schema or "enum" in media_type.schema:
                    message = f"the schema of the {response.status} response is inline; move it to its own component"
                    yield media_type.pointer, operation.id, message


def _bodies(document: Document) -> Iterator[Finding]:
    for operation in document.operations:
        for response in operation.responses:
            for media_type in response.media_types:
                if not media_type.examples:
                    message = f"the {response.status} response has no example; add one, named after its scenario"
                    yield media_type.pointer, operation.id, message
        yield from _detail_levels(operation)


def _detail_levels(operation: Operation) -> Iterator[Finding]:
    """Check that of the examples of one job in one state each contains the next smaller one, as `detail` requires."""
    job = operation.job
    if job is None or job.detail is None:
        return
    by_state: dict[Any, list[Any]] = {}
    for response in operation.responses:
        for _, example in response.examples if response.is_success else ():
            by_state.setdefault((walk(example.value, job.id or ()), job.state_of(example.value)), []).append(example)
    for examples in by_state.values():
        ordered = sorted(examples, key=lambda example: len(example.value))
        for small, large in itertools.pairwise(ordered):
            if not small.value.items() <= large.value.items():
                message = f"does not contain every field of {small.name}, as x-job detail requires; correct one"
                yield large.pointer, operation.id, f"example {large.name} {message}"


def _references(document: Document) -> Iterator[Finding]:
    used = {
        node["$ref"] for node, _ in mappings(document.data, skip=(*LITERAL, "as")) if isinstance(node.get("$ref"), str)
    }
    for kind, entries in document.data.get("components", {}).items():
        for name in entries:
            if kind == "securitySchemes":
                if not any(name in alternative for o in document.operations for alternative in o.security):
                    yield ("components", kind, name), name, "no operation requires this scheme; remove it"
            elif f"#/components/{kind}/{name}" not in used:
                yield ("components", kind, name), name, "nothing refers to this component; remove it"


def _extensions(document: Document) -> Iterator[Finding]:
    for node, pointer in mappings(document.data, skip=(*LITERAL, "as")):
        for key in node:
            if isinstance(key, str) and key.startswith("x-") and key not in EXTENSIONS and pointer[-1:] != ("headers",):
                message = f"unknown keyword {key}; expected one of {', '.join(EXTENSIONS)}"
                yield (*pointer, key), "", message
    for operation in document.operations:
        for scenario in SCENARIOS:
            examples = [example for _, _, example in operation.scenarios(scenario)]
            requests = [example.request for example in examples]
            if len(examples) > 1 and (len(set(requests)) < len(requests) or not all(requests)):
                names = f"{examples[0].name} and {examples[1].name}"
                advice = "keep it on one, or give each an x-request of its own"
                message = f"two examples have the scenario {scenario}: {names}; {advice}"
                yield examples[1].pointer, operation.id, message
