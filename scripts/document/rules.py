"""The rules that every document must satisfy, listed at the end. All commands refuse a document that violates one."""

import json
import keyword
import re
from collections.abc import Iterator
from typing import Final

from openapi_spec_validator import OpenAPIV31SpecValidator

from .expression import MISSING, walk
from .job_rules import check_job
from .keyword_rules import EXTENSIONS, SCENARIOS, check_keywords
from .model import Document, MediaType, Operation, Parameter, resolve
from .navigate import mappings, owner_of, schemas_at
from .parse import raw_operations
from .problem import Problem
from .source import Finding, Pointer, Source

__all__ = ["EXTENSIONS", "SCENARIOS", "check_document", "check_source", "check_specification"]


def check_source(source: Source) -> list[Problem]:
    """Return the problems that prevent the document from being parsed."""
    version = source.data.get("openapi")
    if not isinstance(version, str) or not re.fullmatch(r"3\.1\.\d+", version):
        message = f"expected OpenAPI 3.1, such as `openapi: 3.1.1`, got {version!r}"
        return source.problems([(("openapi",), "", message)])
    problems = source.problems(finding for rule in SOURCE_RULES for finding in rule(source))
    return problems or source.problems(_specification(source))


def check_specification(source: Source) -> list[Problem]:
    """Validate against the schema of OpenAPI 3.1. Works also when the document is too malformed for the other rules."""
    try:
        return source.problems(_specification(source))
    except Exception as error:  # a document can be too malformed for the validator as well
        return source.problems([((), "", f"is not valid OpenAPI 3.1: {type(error).__name__}: {error}")])


def check_document(document: Document) -> list[Problem]:
    """Return the inconsistencies of a parsed document."""
    findings = [f for rule in OPERATION_RULES for operation in document.operations for f in rule(document, operation)]
    findings += [finding for rule in DOCUMENT_RULES for finding in rule(document)]
    return document.source.problems(findings)


def _specification(source: Source) -> Iterator[Finding]:
    for error in OpenAPIV31SpecValidator(source.data).iter_errors():
        pointer = tuple(getattr(error, "absolute_path", ()))
        message = str(getattr(error, "message", error)).splitlines()[0]
        if named := re.match(r"(\".*\") does not match", message):
            # The invalid part is a key of the mapping, not the mapping.
            key = json.loads(named[1])
            pointer = (*pointer, key) if walk(source.data, [*map(str, pointer), key]) is not MISSING else pointer
        if len(message) > 300:
            message = message[:300] + " ..."
        yield pointer, "/".join(map(str, pointer)), f"{message} (OpenAPI 3.1); correct it"


def _references(source: Source) -> Iterator[Finding]:
    for node, pointer in mappings(source.data):
        if isinstance(node.get("$ref"), str) and "example" not in pointer and "value" not in pointer:
            try:
                resolve(source.data, node, pointer)
            except LookupError as error:
                message = f"the reference {error}; point it to a component of this file"
                yield (*pointer, "$ref"), owner_of(source.data, pointer), message


def _templates(source: Source) -> Iterator[Finding]:
    """Find paths whose parameters cannot be separated from the rest of the path."""
    for path in source.data.get("paths") or {}:
        rest = re.sub(r"\{[^{}]+\}", "", str(path))
        if "{" in rest or "}" in rest:
            message = f"the path {path} has unbalanced, nested or empty braces; write each parameter as {{name}}"
            yield ("paths", path), "", message
        for name in re.findall(r"\{([^{}]*[:!\[\]][^{}]*)\}", str(path)):
            message = "contains one of : ! [ ], which template parsers treat as syntax; rename it"
            yield ("paths", path), "", f"the path parameter {name} {message}"


def _operation_ids(source: Source) -> Iterator[Finding]:
    seen: dict[str, Pointer] = {}
    operations = list(raw_operations(source.data))
    for path, item, method, pointer in operations:
        name = item[method].get("operationId", MISSING)
        call, place = f"{method.upper()} {path}", (*pointer, "operationId")
        snake_case = isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
        if name is MISSING:
            yield pointer, call, "has no operationId; name it verb_noun, such as get_dock_status"
        elif not snake_case or keyword.iskeyword(name):
            message = "is not a snake_case name; it becomes a Python function, write it verb_noun"
            yield place, call, f"the operationId {name!r} {message}"
        elif name in seen:
            yield place, call, f"the operationId {name} is also used on line {source.line(seen[name])}; rename one"
        else:
            seen[name] = place
    if not operations:
        yield ("paths",), "", "has no operation; describe at least one under paths"


def _links(document: Document, operation: Operation) -> Iterator[Finding]:
    for response in operation.responses:
        for link in response.links:
            target = next((other for other in document.operations if other.id == link.operation_id), None)
            if target is None or target.job is None:
                expected = ", ".join(other.id for other in document.operations if other.job) or "none has one yet"
                message = f"points to {link.operation_id}, expected an operation with x-job: {expected}"
                yield link.pointer, operation.id, f"link {link.name} {message}"
                continue
            required = {parameter.name for parameter in target.parameters if parameter.required}
            if set(link.parameters) != required:
                message = f"sets {sorted(link.parameters)}, expected the required parameters {sorted(required)}"
                yield link.pointer, operation.id, f"link {link.name} {message}"
            for name, path in link.parameters.items():
                if not any(any(schemas_at(document.data, m.schema, path)) for m in response.media_types):
                    message = f"takes {name} from /{'/'.join(path)}, which is not in the response's schema"
                    yield link.pointer, operation.id, f"link {link.name} {message}"
    if operation.job and operation.is_start:
        message = "has both x-job and links; x-job belongs to the operation that reports, links to the one that starts"
        yield operation.pointer, operation.id, message


def _security(document: Document, operation: Operation) -> Iterator[Finding]:
    required = {key for alternative in operation.security for key in alternative}
    for name in sorted(required - set(document.security_schemes)):
        described = ", ".join(document.security_schemes) or "none, there are no security schemes"
        message = f"requires the security scheme {name}, which is not described; expected one of {described}"
        yield operation.pointer, operation.id, message


def _distinct_start_schemas(document: Document) -> Iterator[Finding]:
    """Check that each start operation has its own response schema: `wait(started)` selects the link by class."""
    owners: dict[str, str] = {}
    for operation in document.operations:
        for response in operation.responses:
            for media_type in response.media_types if response.links else ():
                reference = media_type.schema.get("$ref", f"inline in {operation.id}")
                if owners.setdefault(reference, operation.id) != operation.id:
                    same = f"returns {reference.rsplit('/', 1)[-1]}, as {owners[reference]} does"
                    advice = "give each start operation its own component"
                    message = f"{same}, so the client could not distinguish their jobs; {advice}"
                    yield media_type.pointer, operation.id, message


def _examples(document: Document) -> Iterator[Finding]:
    seen: set[Pointer] = set()
    for operation in document.operations:
        media_types = [media_type for response in operation.responses for media_type in response.media_types]
        bodies = [operation.body] if operation.body else []
        owners: list[MediaType | Parameter] = [*media_types, *operation.parameters, *bodies]
        if operation.body and not operation.body.examples:
            message = "the request body has no example; add one, the verification sends it"
            yield operation.body.pointer, operation.id, message
        for schema, example in ((owner.schema, example) for owner in owners for example in owner.examples):
            if example.pointer in seen:
                continue
            seen.add(example.pointer)
            for error in document.validator(schema).iter_errors(example.value):
                at = f" at /{'/'.join(map(str, error.instance_path))}" if error.instance_path else ""
                message = f"example {example.name}{at}: {error.message}; correct it, or the schema"
                yield example.pointer, operation.id, message
        for schema, invalid in ((owner.schema, invalid) for owner in media_types for invalid in owner.invalid_examples):
            if invalid.pointer not in seen and document.validator(schema).is_valid(invalid.value):
                message = f"x-invalid-examples {invalid.name} satisfies the schema; move it to examples"
                yield invalid.pointer, operation.id, message
            seen.add(invalid.pointer)


SOURCE_RULES: Final = (_references, _templates, _operation_ids, check_keywords)
OPERATION_RULES: Final = (check_job, _links, _security)
DOCUMENT_RULES: Final = (_distinct_start_schemas, _examples)
