"""What every reader relies on. A document in which one of these is broken is refused by every verb."""

import difflib
import json
import keyword
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from openapi_spec_validator import OpenAPIV31SpecValidator

from . import renamed
from .expression import MISSING, walk
from .model import Document, Operation, resolve
from .navigate import schemas_at, words_at
from .parse import raw_operations
from .problem import Problem
from .source import Pointer, Source

SITUATIONS = (
    "no_credential",
    "wrong_credential",
    "wrong_scope",
    "unknown_id",
    "temporarily_unknown",
    "bad_parameter",
    "unknown_parameter",
    "wrong_method",
    "disabled",
    "empty_id",
    "not_served",
)
EXTENSIONS = (
    "x-job",
    "x-link-order",
    "x-starts-in",
    "x-scenario",
    "x-request",
    "x-coerces",
    "x-ignored-parameters",
    "x-invalid-examples",
    "x-unverified",
)


def before_parsing(source: Source) -> list[Problem]:
    """What would keep the document from being read at all."""
    data = source.data
    version = data.get("openapi")
    if not isinstance(version, str) or not re.fullmatch(r"3\.1\.\d+", version):
        return [_problem(source, ("openapi",), "", f"wanted OpenAPI 3.1, as `openapi: 3.1.1`, got {version!r}")]
    problems = [*_references(source), *_templates(source), *_operation_ids(source), *_extensions(source)]
    return problems or list(_specification(source))


def against_specification(source: Source) -> list[Problem]:
    """What the schema of OpenAPI 3.1 says, also of a document that is too odd for every other rule."""
    try:
        return list(_specification(source))
    except Exception as error:  # a document can be odd enough for the validator as well
        return [_problem(source, (), "", f"is not of the form of OpenAPI 3.1: {type(error).__name__}: {error}")]


def after_parsing(document: Document) -> list[Problem]:
    """What the document says that cannot hold."""
    problems = [problem for operation in document.operations for problem in _jobs(document, operation)]
    problems += [problem for operation in document.operations for problem in _links(document, operation)]
    problems += [problem for operation in document.operations for problem in _security(document, operation)]
    problems += _one_start_per_class(document)
    problems += _examples(document)
    return problems


def _problem(source: Source, pointer: Pointer, where: str, message: str) -> Problem:
    return Problem(source.path, source.line(pointer), where, message)


def _references(source: Source) -> Iterator[Problem]:
    def visit(node: Any, pointer: Pointer) -> Iterator[Problem]:
        if isinstance(node, Mapping):
            if isinstance(node.get("$ref"), str) and "example" not in pointer and "value" not in pointer:
                try:
                    resolve(source.data, node, pointer)
                except LookupError as error:
                    message = f"the reference {error}; point it at a component of this file"
                    yield _problem(source, (*pointer, "$ref"), _where(source, pointer), message)
            for key, child in node.items():
                yield from visit(child, (*pointer, key))
        elif isinstance(node, list):
            for index, child in enumerate(node):
                yield from visit(child, (*pointer, index))

    yield from visit(source.data, ())


def _templates(source: Source) -> Iterator[Problem]:
    """Paths whose parameters cannot be told from the rest."""
    for path in source.data.get("paths") or {}:
        rest = re.sub(r"\{[^{}]+\}", "", str(path))
        if "{" in rest or "}" in rest:
            message = f"the braces of the path {path} do not stand around names; write each parameter as {{name}}"
            yield _problem(source, ("paths", path), "", message)
        for name in re.findall(r"\{([^{}]*[:!\[\]][^{}]*)\}", str(path)):
            message = (
                f"the path parameter {name} has one of : ! [ ], which readers of templates take for more; rename it"
            )
            yield _problem(source, ("paths", path), "", message)


def _where(source: Source, pointer: Pointer) -> str:
    """The operationId, or the component, that a place belongs to."""
    if len(pointer) >= 3 and pointer[0] == "paths":
        operation = walk(source.data, [str(key) for key in pointer[:3]])
        name = operation.get("operationId") if isinstance(operation, Mapping) else None
        return str(name or f"{str(pointer[2]).upper()} {pointer[1]}")
    if len(pointer) >= 3 and pointer[0] == "components":
        return str(pointer[2])
    return "/".join(map(str, pointer[:1]))


def _operation_ids(source: Source) -> Iterator[Problem]:
    seen: dict[str, Pointer] = {}
    for path, _, method, pointer in raw_operations(source.data):
        name = walk(source.data, [*map(str, pointer), "operationId"])
        call = f"{method.upper()} {path}"
        if name is MISSING:
            yield _problem(source, pointer, call, "has no operationId; name it verb_noun, such as get_dock_status")
        elif (
            not isinstance(name, str)
            or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
            or keyword.iskeyword(name)
        ):
            message = (
                f"the operationId {name!r} is no snake_case name; it becomes a Python function, write it verb_noun"
            )
            yield _problem(source, (*pointer, "operationId"), call, message)
        elif name in seen:
            message = (
                f"the operationId {name} stands on line {source.line((*seen[name], 'operationId'))} too; rename one"
            )
            yield _problem(source, (*pointer, "operationId"), call, message)
        else:
            seen[name] = pointer
    if not seen and not list(raw_operations(source.data)):
        yield _problem(source, ("paths",), "", "describes no operation; a document needs at least one under paths")


def _extensions(source: Source) -> Iterator[Problem]:
    """The words of this project's own vocabulary, each in its place and of its form."""
    for _, _, _, pointer in raw_operations(source.data):
        raw = walk(source.data, map(str, pointer))
        if "x-job" in raw:
            if problems := list(_renamed_job_keys(source, raw["x-job"], (*pointer, "x-job"))):
                yield from problems
                continue
            for error in _job_schema().iter_errors(raw["x-job"]):
                place = (*pointer, "x-job", *error.instance_path)
                subject = "/".join(["x-job", *map(str, error.instance_path)])
                yield _problem(
                    source, place, _where(source, pointer), f"{subject}: {error.message}; see x-job.schema.json"
                )

    def visit(node: Any, pointer: Pointer) -> Iterator[Problem]:
        if isinstance(node, Mapping):
            for key, child in node.items():
                if pointer and pointer[-1] in {"value", "example", "default"}:
                    continue
                place = (*pointer, key)
                if key in renamed.EXTENSIONS:
                    message = f"{key} is now {renamed.EXTENSIONS[key]}; rename it"
                    yield _problem(source, place, _where(source, pointer), message)
                    continue
                meant = difflib.get_close_matches(str(key), EXTENSIONS, 1, 0.8)
                if meant and key not in EXTENSIONS and str(key).startswith("x-"):
                    message = f"{key} is no word of this project and would be passed over; {meant[0]} is, rename it"
                    yield _problem(source, place, _where(source, pointer), message)
                if key == "x-scenario" and child not in SITUATIONS:
                    message = f"x-scenario {child!r} is no situation; write one of {', '.join(SITUATIONS)}"
                    yield _problem(source, place, _where(source, pointer), message)
                elif key == "x-request" and not re.fullmatch(r"[A-Z]+ /\S*", str(child)):
                    message = f"x-request {child!r} is no request; write a method and a target, such as GET /jobs/1"
                    yield _problem(source, place, _where(source, pointer), message)
                elif key == "x-unverified" and child is not True:
                    message = f"x-unverified is true or absent, got {child!r}; remove it"
                    yield _problem(source, place, _where(source, pointer), message)
                elif key == "x-invalid-examples":
                    yield from _printed_form(source, child, place)
                elif key == "x-job" and not (len(pointer) == 3 and pointer[0] == "paths"):
                    message = "x-job stands on an operation only; move it beside operationId"
                    yield _problem(source, place, _where(source, pointer), message)
                elif key == "x-link-order":
                    links = node.get("links", {})
                    if not isinstance(child, list) or sorted(map(str, child)) != sorted(links):
                        message = f"x-link-order lists the links in the order they are tried; wanted {sorted(links)}, got {child!r}"
                        yield _problem(source, place, _where(source, pointer), message)
                yield from visit(child, place)
            if "content" in node and len(node.get("links", ())) > 1 and "x-link-order" not in node:
                message = f"has several links but no x-link-order; add x-link-order: [{', '.join(node['links'])}], links have no order"
                yield _problem(source, (*pointer, "links"), _where(source, pointer), message)
        elif isinstance(node, list):
            for index, child in enumerate(node):
                yield from visit(child, (*pointer, index))

    yield from visit(source.data, ())


def _renamed_job_keys(source: Source, job: Any, pointer: Pointer) -> Iterator[Problem]:
    """Former names of keys in `x-job`, each with the name to use."""
    if not isinstance(job, Mapping):
        return
    found = [((*pointer, key), key, renamed.JOB_KEYS[key]) for key in job if key in renamed.JOB_KEYS]
    mirrors = job.get("mirrors", job.get("agrees"))
    for index, mirror in enumerate(mirrors if isinstance(mirrors, list) else ()):
        if isinstance(mirror, Mapping):
            place = (*pointer, "mirrors" if "mirrors" in job else "agrees", index)
            found += [((*place, key), key, new) for key, new in renamed.MIRROR_KEYS.items() if key in mirror]
    for place, old, new in found:
        yield _problem(source, place, _where(source, pointer), f"x-job key {old} is now {new}; rename it")


def _printed_form(source: Source, samples: Any, pointer: Pointer) -> Iterator[Problem]:
    if not isinstance(samples, Mapping) or not samples:
        yield _problem(
            source, pointer, _where(source, pointer), "x-invalid-examples is a mapping of samples, each {reason, value}"
        )
        return
    for name, sample in samples.items():
        if not isinstance(sample, Mapping) or set(sample) != {"reason", "value"}:
            message = f"x-invalid-examples/{name} needs a reason and a value, and nothing else"
            yield _problem(source, (*pointer, name), _where(source, pointer), message)


@cache
def _job_schema() -> jsonschema_rs.Draft202012Validator:
    text = Path(__file__).with_name("x-job.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text))


def _specification(source: Source) -> Iterator[Problem]:
    for error in OpenAPIV31SpecValidator(source.data).iter_errors():
        pointer = tuple(getattr(error, "absolute_path", ()))
        message = str(getattr(error, "message", error)).splitlines()[0]
        if named := re.match(r"(\".*\") does not match", message):
            # What is wrong is a name in the mapping, not the mapping.
            key = json.loads(named[1])
            pointer = (*pointer, key) if walk(source.data, [*map(str, pointer), key]) is not MISSING else pointer
        if len(message) > 300:
            message = message[:300] + " ..."
        yield _problem(source, pointer, "/".join(map(str, pointer)), f"{message} (OpenAPI 3.1); correct it")


def _jobs(document: Document, operation: Operation) -> Iterator[Problem]:
    job = operation.job
    if job is None:
        return

    def problem(message: str, *place: str | int) -> Problem:
        return Problem(document.path, document.line((*operation.pointer, "x-job", *place)), operation.id, message)

    schemas = [m.schema for r in operation.responses if r.is_success for m in r.media_types if m.is_json]
    if not schemas:
        yield problem("has x-job but no JSON answer with a 2xx status; describe the answer that reports the job")
        return
    for name, expressions in job.expressions().items():
        for path in expressions:
            if not any(any(schemas_at(document.data, schema, path)) for schema in schemas):
                message = f"x-job {name} points at /{'/'.join(path)}, which no 2xx schema describes; correct it or add the property"
                yield problem(message, name)
    words = {word for schema in schemas for word in words_at(document.data, schema, job.state)}
    if not words:
        yield problem(f"the state /{'/'.join(job.state)} has no enum; list the words that the vendor prints", "state")
        return
    lists = {"pending": job.pending, "success": job.success, "failure": job.failure, "notStarted": job.not_started}
    for word in sorted(words):
        homes = [name for name, entries in lists.items() if word in entries]
        if not homes:
            yield problem(f"state {word} is in no x-job list; add it to pending, success, failure or notStarted")
        elif len(homes) > 1:
            yield problem(f"state {word} is in {' and '.join(homes)} of x-job; keep it in one", homes[1])
    for name, entries in lists.items():
        for word in entries:
            if word not in words:
                message = (
                    f"x-job {name} names {word}, which the state's enum lacks; wanted one of {', '.join(sorted(words))}"
                )
                yield problem(message, name)
    shown = {walk(example.value, job.state) for r in operation.responses for _, example in r.examples if r.is_success}
    for word in sorted(words - shown):
        yield problem(f"no example shows the state {word}; add one to the 2xx answer, the simulator speaks in examples")
    for index, mirror in enumerate(job.mirrors):
        others = {word for schema in schemas for word in words_at(document.data, schema, mirror.at)}
        if missing := sorted(words - set(mirror.words)):
            yield problem(
                f"x-job mirrors says nothing of {', '.join(missing)}; add what goes with it", "mirrors", index
            )
        for word, other in mirror.words.items():
            if word not in words or (others and other not in others):
                message = f"x-job mirrors pairs {word} with {other}, and one of them is in no enum; correct the pair"
                yield problem(message, "mirrors", index, "as", word)
    if job.detail:
        parameter = next((p for p in operation.parameters_in("query") if p.name == job.detail.parameter), None)
        if parameter is None:
            message = (
                f"x-job detail names the query parameter {job.detail.parameter}, which the operation lacks; describe it"
            )
            yield problem(message, "detail")
        else:
            for value in job.detail.values:
                if not document.validator(parameter.schema).is_valid(value):
                    message = f"x-job detail gives {parameter.name} the value {value!r}, which its schema refuses; correct one"
                    yield problem(message, "detail", "values")


def _links(document: Document, operation: Operation) -> Iterator[Problem]:
    ids = {other.id: other for other in document.operations}
    for response in operation.responses:
        for link in response.follow:

            def problem(message: str, place: Pointer = link.pointer) -> Problem:
                return Problem(document.path, document.line(place), operation.id, message)

            target = ids.get(link.operation_id)
            if target is None or target.job is None:
                wanted = ", ".join(other.id for other in document.operations if other.job) or "none has one yet"
                yield problem(
                    f"link {link.name} leads to {link.operation_id}, wanted an operation with x-job: {wanted}"
                )
                continue
            wanted_names = {parameter.name for parameter in target.parameters if parameter.required}
            if set(link.parameters) != wanted_names:
                message = f"link {link.name} sets {sorted(link.parameters)}, wanted the required parameters {sorted(wanted_names)}"
                yield problem(message)
            for name, path in link.parameters.items():
                if not any(any(schemas_at(document.data, m.schema, path)) for m in response.media_types):
                    yield problem(
                        f"link {link.name} takes {name} from /{'/'.join(path)}, which the answer's schema lacks"
                    )
    if operation.job and operation.is_start:
        message = "reports a job and starts one; give x-job to the operation that reports, links to the one that starts"
        yield Problem(document.path, document.line(operation.pointer), operation.id, message)


def _security(document: Document, operation: Operation) -> Iterator[Problem]:
    for name in sorted({key for way in operation.security for key in way} - set(document.security_schemes)):
        known = ", ".join(document.security_schemes) or "none is described"
        message = f"asks for the security scheme {name}, which is not described; wanted one of {known}"
        yield Problem(document.path, document.line(operation.pointer), operation.id, message)


def _one_start_per_class(document: Document) -> Iterator[Problem]:
    """`wait(started)` finds its link by the class of what it is given."""
    owners: dict[str, str] = {}
    for operation in document.operations:
        for response in operation.responses:
            for media_type in response.media_types if response.follow else ():
                reference = media_type.schema.get("$ref", f"inline in {operation.id}")
                if owners.setdefault(reference, operation.id) != operation.id:
                    message = (
                        f"answers {reference.rsplit('/', 1)[-1]} as {owners[reference]} does, so what it starts could "
                        "not be told apart; give each start operation a component of its own"
                    )
                    yield Problem(document.path, document.line(media_type.pointer), operation.id, message)


def _examples(document: Document) -> Iterator[Problem]:
    seen: set[Pointer] = set()
    for operation in document.operations:
        bodies = [(media_type.schema, example) for r in operation.responses for media_type, example in r.examples]
        bodies += [(parameter.schema, example) for parameter in operation.parameters for example in parameter.examples]
        if operation.body is not None:
            bodies += [(operation.body.schema, example) for example in operation.body.examples]
            if not operation.body.examples:
                message = "the body of the request has no example; add one, the verification has to send something"
                yield Problem(document.path, document.line(operation.body.pointer), operation.id, message)
        for schema, example in bodies:
            if example.pointer in seen:
                continue
            seen.add(example.pointer)
            for error in document.validator(schema).iter_errors(example.value):
                at = "/".join(map(str, error.instance_path))
                message = (
                    f"example {example.name}{f' at /{at}' if at else ''}: {error.message}; correct it, or the schema"
                )
                yield Problem(document.path, document.line(example.pointer), operation.id, message)
        for response in operation.responses:
            for media_type in response.media_types:
                for sample in media_type.printed:
                    if sample.pointer not in seen and document.validator(media_type.schema).is_valid(sample.value):
                        message = f"x-invalid-examples {sample.name} satisfies the schema; move it to examples, it is an ordinary one"
                        yield Problem(document.path, document.line(sample.pointer), operation.id, message)
                    seen.add(sample.pointer)
