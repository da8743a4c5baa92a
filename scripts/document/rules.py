"""The rules that every document must satisfy, listed at the end. All commands refuse a document that violates one."""

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from openapi_spec_validator import OpenAPIV31SpecValidator, OpenAPIV32SpecValidator
from openapi_spec_validator.validation.keywords import SchemaValidator

from .expression import BODY, HEADER, MISSING, REQUEST_BODY, Expression, parse_runtime_expression, walk
from .job_rules import check_job
from .keyword_rules import EXTENSIONS, SCENARIOS, check_keywords
from .model import RUNNING, Document, Example, MediaType, Operation, Parameter, Response
from .naming import raw_operations
from .navigate import LITERAL, describes, mappings, owner_of
from .problem import Problem
from .references import resolve
from .samples import sample, sample_body
from .schema_rules import check_schemas, invalid_defaults
from .source import Finding, Pointer, Source
from .upgrade import check_version

SAMPLED_IDS: Final = 100
__all__ = ["EXTENSIONS", "SCENARIOS", "check_document", "check_source", "check_specification"]


class _AnySchema(SchemaValidator):
    """Accepts every schema: `schema_rules` checks them, with their places and in a tenth of the time."""

    def __call__(self, *_: Any, **__: Any) -> Iterator[Any]:
        return iter(())


class _SpecificationValidator(OpenAPIV31SpecValidator):
    """The validator of OpenAPI, without schemas."""


_SpecificationValidator.keyword_validators = {**OpenAPIV31SpecValidator.keyword_validators, "schema": _AnySchema}


class _SpecificationValidator32(OpenAPIV32SpecValidator):
    """The validator of OpenAPI 3.2, without schemas."""


_SpecificationValidator32.keyword_validators = {**OpenAPIV32SpecValidator.keyword_validators, "schema": _AnySchema}


def check_source(source: Source) -> list[Problem]:
    """Return the problems that prevent the document from being upgraded to OpenAPI 3.1 and parsed."""
    if findings := list(check_version(source)):
        return source.problems(findings)
    return source.problems(finding for rule in SOURCE_RULES for finding in rule(source))


def check_specification(source: Source, version: str) -> tuple[list[Problem], list[Problem]]:
    """Return the violations of OpenAPI 3.1, or 3.2, and those that change nothing, such as a missing description.

    Works also when the document is too malformed for the other rules.
    """
    errors: list[Finding] = []
    harmless: list[Finding] = []
    try:
        errors.extend(check_schemas(source.data))
        for finding, is_harmless in _violations(source, version):
            (harmless if is_harmless else errors).append(finding)
    except Exception as error:  # a document can be too malformed for the validator as well
        reason = f"is not valid OpenAPI: {type(error).__name__}: {error}".splitlines()[0]
        errors = errors or [((), "", reason)]
    return source.problems(errors), source.problems(harmless)


def check_adopted(document: Document) -> tuple[list[Finding], list[Pointer]]:
    """Return what only documents of others may have, and the examples and defaults that must not be used."""
    findings = [
        (link, operation.id, message)
        for operation in document.operations
        for link, message in _links_without_job(document, operation)
    ]
    findings += [finding for operation in document.operations for finding in _own_servers(document, operation)]
    invalid: list[Pointer] = []
    for place, where, message in (*_invalid_examples(document), *invalid_defaults(document)):
        findings.append((place, where, message))
        invalid.append(place)
    return findings, invalid


def check_document(document: Document) -> list[Problem]:
    """Return the inconsistencies of a parsed document."""
    findings = [f for rule in OPERATION_RULES for operation in document.operations for f in rule(document, operation)]
    findings += [finding for rule in DOCUMENT_RULES for finding in rule(document)]
    return document.source.problems(findings)


def _violations(source: Source, version: str) -> Iterator[tuple[Finding, bool]]:
    """Yield the violations of the specification, and whether they change nothing, as a missing description does."""
    validator: Any = _SpecificationValidator(source.data)
    if version == "3.2":
        validator = _SpecificationValidator32({**source.data, "openapi": "3.2.0"})
    for error in validator.iter_errors():
        pointer = _pointer(source.data, getattr(error, "absolute_path", ()))
        message = str(getattr(error, "message", error)).splitlines()[0]
        is_harmless = message == "'description' is a required property" and pointer[-2:-1] == ("responses",)
        if named := re.match(r"(\".*\"|'.*') does not match", message):
            # The invalid part is a key of the mapping, not the mapping.
            key = named[1].strip("\"'")
            pointer = (*pointer, key) if walk(source.data, [*map(str, pointer), key]) is not MISSING else pointer
            is_harmless = pointer[:1] == ("components",) and len(pointer) <= 3
        if message.startswith("{"):
            message = "is not valid here: " + message
        if len(message) > 300:
            message = message[:300] + " ..."
        finding = pointer, "/".join(map(str, pointer)), f"{message} (OpenAPI); correct it"
        yield finding, is_harmless


def _pointer(data: Any, path: Iterable[str | int]) -> Pointer:
    """Return the pointer of a path in which keys that are digits have become numbers."""
    found: list[str | int] = []
    for key in path:
        key = str(key) if isinstance(data, dict) else key
        found.append(key)
        data = walk(data, (str(key),))
    return tuple(found)


def _references(source: Source) -> Iterator[Finding]:
    for node, pointer in mappings(source.data, skip=LITERAL):
        if isinstance(node.get("$ref"), str):
            try:
                resolve(source.data, node, pointer)
            except LookupError as error:
                message = f"the reference {error}; point it to a component"
                yield (*pointer, "$ref"), owner_of(source.data, pointer), message


def _templates(source: Source) -> Iterator[Finding]:
    """Find paths whose parameters cannot be separated from the rest of the path."""
    seen: dict[str, str] = {}
    for path in source.data.get("paths") or {}:
        template = re.sub(r"\{[^{}]*\}", "{}", str(path))
        if (other := seen.setdefault(template, str(path))) != path:
            message = f"the path {path} is the path {other} on line {source.line(('paths', other))}; merge them"
            yield ("paths", path), "", message
        rest = re.sub(r"\{[^{}]+\}", "", str(path))
        if "{" in rest or "}" in rest:
            message = f"the path {path} has unbalanced, nested or empty braces; write each parameter as {{name}}"
            yield ("paths", path), "", message
        names = re.findall(r"\{([^{}]+)\}", str(path))
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield ("paths", path), "", f"the path {path} has the parameter {name} twice; give each another name"
        for name in re.findall(r"\{([^{}]*[:!\[\]][^{}]*)\}", str(path)):
            message = "contains one of : ! [ ], which template parsers treat as syntax; rename it"
            yield ("paths", path), "", f"the path parameter {name} {message}"


def _operation_ids(source: Source) -> Iterator[Finding]:
    seen: dict[str, Pointer] = {}
    names: dict[str, Pointer] = {}
    operations = list(raw_operations(source.data))
    for path, item, method, pointer in operations:
        identifier = item[method].get("operationId", MISSING)
        call, place = f"{method.upper()} {path}", (*pointer, "operationId")
        if identifier is not MISSING and not isinstance(identifier, str):
            yield place, call, f"the operationId {identifier!r} is a {type(identifier).__name__}, expected a string"
        elif isinstance(identifier, str) and identifier in seen:
            line = source.line(seen[identifier])
            yield place, call, f"the operationId {identifier} is also used on line {line}; rename one"
        elif isinstance(identifier, str) and identifier:
            seen[identifier] = place
        name = item[method].get("x-name")
        if isinstance(name, str) and name in names:
            message = f"the x-name {name} is also used on line {source.line(names[name])}; rename one"
            yield (*pointer, "x-name"), call, message
        elif isinstance(name, str):
            names[name] = (*pointer, "x-name")
        if not item[method].get("responses"):
            yield pointer, call, "has no response; describe at least one"
    if not operations:
        yield ("paths",), "", "has no operation; describe at least one under paths"


def _link_expressions(source: Source) -> Iterator[Finding]:
    for node, pointer in mappings(source.data, skip=LITERAL):
        if pointer[-2:-1] != ("links",) or not isinstance(node.get("parameters"), dict):
            continue
        if "server" in node:
            message = f"link {pointer[-1]} has a server, which is not supported; remove it, the job is at the same one"
            yield (*pointer, "server"), owner_of(source.data, pointer), message
        for name, value in node["parameters"].items():
            try:
                if isinstance(value, dict | list):
                    raise ValueError("expected an expression or a constant, got a list or mapping; write text")
                parse_runtime_expression(value)
            except ValueError as error:
                where = owner_of(source.data, pointer)
                yield (*pointer, "parameters", name), where, f"link {pointer[-1]} sets {name}: {error}"


def _links(document: Document, operation: Operation) -> Iterator[Finding]:
    for response in operation.responses:
        if len(response.links) > 1 and "x-link-order" not in response.raw:
            order = ", ".join(link.name for link in response.links)
            message = f"has several links but no x-link-order; add x-link-order: [{order}], a mapping has no order"
            yield (*response.pointer, "links"), operation.id, message
        for link in response.links if response.status[0] == "3" else ():
            message = f"is on {response.status}, which a client does not get as the response of a start; describe a 2xx"
            yield link.pointer, operation.id, f"link {link.name} {message}"
        for link in response.links:
            target = next((other for other in document.operations if other.id == link.operation_id), None)
            if target is None or target.job is None:
                expected = ", ".join(other.id for other in document.operations if other.job) or "none has one yet"
                message = f"points to {link.operation_id}, expected an operation with x-job: {expected}"
                yield link.pointer, operation.id, f"link {link.name} {message}"
                continue
            if target.job.parameter not in {parameter.name for parameter in target.parameters}:
                continue
            if response.starts_in not in {None, RUNNING, *target.job.states}:
                expected = ", ".join(target.job.states)
                message = f"x-starts-in {response.starts_in} is no state of {target.id}; expected one of {expected}"
                yield (*response.pointer, "x-starts-in"), operation.id, message
            required = {target.job.parameter, *(p.name for p in target.parameters if p.required and not p.is_implied)}
            known = {parameter.name for parameter in target.parameters}
            if not required <= set(link.parameters) <= known:
                message = f"sets {sorted(link.parameters)}, expected the required parameters {sorted(required)}"
                yield link.pointer, operation.id, f"link {link.name} {message}"
            for name, expression in link.parameters.items():
                if message := _unknown_source(document, operation, response, expression):
                    yield link.pointer, operation.id, f"link {link.name} takes {name} from {expression}, {message}"
    if operation.job and operation.is_start:
        message = "has both x-job and links; x-job belongs to the operation that reports, links to the one that starts"
        yield operation.pointer, operation.id, message


def _path_parameters(document: Document, operation: Operation) -> Iterator[Finding]:
    """Find path parameters of jobs and starts that are written in another way than as they are."""
    for parameter in operation.parameters_in("path") if operation.job or operation.is_start else ():
        style = parameter.raw.get("style", "simple")
        schema = document.resolve(parameter.schema)
        kinds = schema.get("type", "string") if isinstance(schema, Mapping) else "string"
        if style != "simple":
            message = f"path parameter {parameter.name} has the style {style}, which is not supported; write simple"
            yield parameter.pointer, operation.id, message
        elif kinds in ("boolean", "array", "object"):
            message = f"path parameter {parameter.name} is of type {kinds}, expected a string or a number"
            yield parameter.pointer, operation.id, f"{message}; describe it as the string in the path"


def _own_servers(document: Document, operation: Operation) -> Iterator[Finding]:
    """Find operations at servers of their own: a client has one base URL."""
    item = document.data["paths"][operation.path]
    for owner, pointer in ((operation.raw, operation.pointer), (item, operation.pointer[:-1])):
        servers = owner.get("servers") if isinstance(owner, Mapping) else None
        if servers and servers != document.data.get("servers"):
            shown = ", ".join(str(one.get("url")) for one in servers if isinstance(one, Mapping))
            message = f"is at servers of its own, {shown}; a client calls it at its base URL like all others"
            way_out = "if it is not there, describe it in a document of its own"
            yield (*pointer, "servers"), operation.id, f"{message}; {way_out}"
            return


def _few_ids(document: Document, operation: Operation) -> Iterator[Finding]:
    """Find links to jobs of which each must have an id of its own, and whose ids are of a small set."""
    for link in (link for response in operation.responses for link in response.links):
        target = document.operations_by_id.get(link.operation_id)
        if target is None or target.job is None:
            continue
        expression = link.parameters.get(target.job.parameter)
        if expression and expression.source in {BODY, HEADER}:
            schema, source = target.job_parameter.schema, random.Random(0)  # noqa: S311 - samples, repeatable
            sampled = [sample(document, schema, source) for _ in range(SAMPLED_IDS)]
            is_known = MISSING not in sampled and all(map(document.validator(schema).is_valid, sampled))
            if is_known and len({repr(value) for value in sampled}) < 0.9 * SAMPLED_IDS:
                message = f"takes a new {expression} for each job, and {target.job.parameter} allows few values"
                yield link.pointer, operation.id, f"link {link.name} {message}; correct its schema, or remove the link"


def _links_without_job(document: Document, operation: Operation) -> Iterator[tuple[Pointer, str]]:
    for response in operation.responses:
        followed = {link.name for link in response.links}
        for name in response.raw.get("links", {}):
            if name not in followed:
                raw = document.resolve(response.raw["links"][name])
                target = raw.get("operationId", raw.get("operationRef"))
                message = f"link {name} points to {target}, which has no x-job, so that nothing waits for it; add x-job"
                yield (*response.pointer, "links", name), message


def _unknown_source(document: Document, operation: Operation, response: Response, expression: Expression) -> str:
    """Return why an expression has no value in a response of an operation, or an empty string."""
    source, path = expression.source, expression.keys
    if source == BODY:
        bodies = response.media_types
    elif source == REQUEST_BODY:
        bodies = operation.bodies
    elif source == HEADER:
        described = {name.lower() for name in response.headers}
        return "" if path[0].lower() in described else f"which is not described; add headers: {path[0]} to the response"
    elif source.startswith("request."):
        place = source.removeprefix("request.")
        names = [parameter.name for parameter in operation.parameters_in(place)]
        return "" if path[0] in names else f"expected a {place} parameter: {', '.join(names) or 'it has none'}"
    else:
        return ""
    if any(describes(document.data, media_type.schema, path) for media_type in bodies):
        return ""
    return f"which is not in the schema of the {'request' if source == REQUEST_BODY else 'response'}"


def _supported_security(document: Document, operation: Operation) -> Iterator[Finding]:
    schemes = document.security_schemes
    unsupported = {
        key: scheme.scheme or scheme.type
        for key, scheme in schemes.items()
        if scheme.type == "mutualTLS" or (scheme.type == "http" and scheme.scheme not in {"basic", "bearer"})
    }
    if not (operation.job or operation.is_start):
        return  # the client leaves it out, with a warning
    if all(any(key in unsupported for key in alternative) for alternative in operation.security):
        used = {key for alternative in operation.security for key in alternative if key in unsupported}
        for key in sorted(used):
            message = f"requires the security scheme {key} of type {unsupported[key]}, which is not supported"
            message += "; describe another alternative, or none: a certificate is part of the TLS settings of a client"
            yield operation.pointer, operation.id, message


def _security(document: Document, operation: Operation) -> Iterator[Finding]:
    required = {key for alternative in operation.security for key in alternative}
    for name in sorted(required - set(document.security_schemes)):
        described = ", ".join(document.security_schemes) or "none, there are no security schemes"
        message = f"requires the security scheme {name}, which is not described; expected one of {described}"
        yield operation.pointer, operation.id, message


def _invalid_examples(document: Document) -> Iterator[Finding]:
    """Find examples that violate their schema. Those of a scenario are this project's own, and an error elsewhere."""
    for owner, example, operation in _distinct_examples(document):
        validator = document.validator(owner.schema, of_request=any(owner is body for body in operation.bodies))
        for error in validator.iter_errors(example.value):
            at = f" at /{'/'.join(map(str, error.instance_path))}" if error.instance_path else ""
            message = f"example {example.name}{at}: {error.message}; correct it, or the schema"
            yield example.pointer, operation.id, message
            break


def _underivable_bodies(document: Document, operation: Operation) -> Iterator[Finding]:
    """Find responses about jobs for which the simulator has no body: no valid example, and none can be made."""
    for response in operation.responses if operation.job or operation.is_start else ():
        for media_type in response.media_types:
            if media_type.is_json and sample_body(document, media_type) is MISSING:
                message = f"no body of the {response.status} response can be derived from its schema"
                yield media_type.pointer, operation.id, f"{message}; add an example, or correct the schema"


def _scenario_examples(document: Document) -> Iterator[Finding]:
    scenarios = {example.pointer for _, example, _ in _distinct_examples(document) if example.scenario is not None}
    yield from (finding for finding in _invalid_examples(document) if finding[0] in scenarios)


def _distinct_examples(document: Document) -> Iterator[tuple[MediaType | Parameter, Example, Operation]]:
    seen: set[Pointer] = set()
    for operation in document.operations:
        media_types = [media_type for response in operation.responses for media_type in response.media_types]
        owners: list[MediaType | Parameter] = [*media_types, *operation.parameters, *operation.bodies]
        for owner in owners:
            for example in owner.examples:
                if example.pointer not in seen:
                    seen.add(example.pointer)
                    yield owner, example, operation


def _valid_invalid_examples(document: Document) -> Iterator[Finding]:
    seen: set[Pointer] = set()
    for operation in document.operations:
        for media_type in (media_type for response in operation.responses for media_type in response.media_types):
            for invalid in media_type.invalid_examples:
                if invalid.pointer not in seen and document.validator(media_type.schema).is_valid(invalid.value):
                    message = f"x-invalid-examples {invalid.name} satisfies the schema; move it to examples"
                    yield invalid.pointer, operation.id, message
                seen.add(invalid.pointer)


SOURCE_RULES: Final = (_references, _link_expressions, _templates, _operation_ids, check_keywords)
OPERATION_RULES: Final = (
    check_job,
    _links,
    _path_parameters,
    _security,
    _supported_security,
    _few_ids,
    _underivable_bodies,
)
DOCUMENT_RULES: Final = (_scenario_examples, _valid_invalid_examples)
