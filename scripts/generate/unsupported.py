"""Features of documents that openapi-python-client ignores silently or generates wrong code for.

Found by experiments with the pinned version.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..document import Document, Problem, snake_case, subschemas
from ..document.model import METHODS, resolve
from ..document.source import Pointer
from . import options
from .identifiers import BUILTINS, CLIENT_NAMES, collisions

Finding = tuple[Pointer, str]

SCALARS = {"string", "integer", "number", "boolean", "null"}
LOCALS = ("response", "kwargs", "params")
MODEL_METHODS = ("to_dict", "from_dict", "additional_properties", "additional_keys")
WAY_OUT = "rename it, or leave it out if it is optional; it cannot be one of"
# The arguments of a call, and of a wait, in addition to the parameters of the operation.
OWN = ("client", "self", *(option.name for option in options.CALL_OPTIONS))
WAITS_OWN = tuple(name for name in options.WAIT_OPTION if name not in OWN)
REFERENCE = re.compile(r"#/components/(schemas|responses|parameters|requestBodies|headers|links|examples)/[^/]+")


def problems(document: Document) -> list[Problem]:
    """Return a problem for each feature of a document that the client would not support, with a way to avoid it."""
    return [
        Problem(document.path, document.line(pointer), _owner(document, pointer), message)
        for rule in (_paths, _operations, _parameters, _responses, _references, _schemas, _components)
        for pointer, message in rule(document)
    ]


def _owner(document: Document, pointer: Pointer) -> str:
    for operation in document.operations:
        if pointer[: len(operation.pointer)] == operation.pointer:
            return operation.id
    return str(pointer[2]) if pointer[:1] == ("components",) and len(pointer) > 2 else "/".join(map(str, pointer))


def _paths(document: Document) -> Iterator[Finding]:
    for path, item in document.data["paths"].items():
        if "$ref" in item:
            yield ("paths", path, "$ref"), "a path item behind $ref is ignored by the client; write the path item here"
        for method in METHODS:
            if "callbacks" in item.get(method, {}):
                yield (
                    ("paths", path, method, "callbacks"),
                    "callbacks are ignored by the client; describe them elsewhere",
                )
    if "webhooks" in document.data:
        yield ("webhooks",), "webhooks are ignored by the client; move them to another document"


def _parameters(document: Document) -> Iterator[Finding]:
    for operation in document.operations:
        for where in ("path", "query", "header", "cookie"):
            places = {parameter.name: parameter.pointer for parameter in operation.parameters_in(where)}
            for name, other in collisions(places):
                yield places[name], f"the parameters {name!r} and {other!r} have the same Python name; rename one"
        for parameter in operation.parameters:
            at, name = parameter.pointer, parameter.name
            schema = document.resolve(parameter.schema)
            types = schema.get("type") if isinstance(schema, Mapping) else None
            if parameter.where in {"header", "cookie"} and not re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", name):
                yield at, f"{name!r} is not a valid name of a {parameter.where}; rename it"
            if "content" in parameter.raw:
                yield at, f"the parameter {name} has content and is ignored by the client; give it a schema instead"
            if snake_case(name) in LOCALS:
                message = f"a parameter named {name} breaks the generated code; {WAY_OUT} {', '.join(LOCALS)}"
                yield at, message
            own = (*OWN, *WAITS_OWN) if operation.job else OWN
            if snake_case(name) in own:
                yield at, f"a parameter named {name} collides with an argument of the call; {WAY_OUT} {', '.join(own)}"
            for key in ("style", "explode", "allowReserved"):
                if key in parameter.raw and parameter.raw[key] != _default(parameter.where, parameter.raw, key):
                    yield (*at, key), f"{key} of the parameter {name} is ignored by the client; remove it"
            if parameter.where == "query" and "object" in _types(document, schema):
                yield at, f"the query parameter {name} of type object is flattened by the client; describe its fields"
            unsupported_types = {"uuid", "date", "date-time", "array"} & _types(document, schema)
            if parameter.where == "header" and unsupported_types:
                kind = sorted(unsupported_types)[0]
                message = (
                    f"the header parameter {name} of kind {kind} fails when the call is made; describe it as a string"
                )
                yield at, message
            if parameter.where == "path" and ("." in name or (isinstance(types, list) and "null" in types)):
                message = f"the path parameter {name} makes the client ignore the operation"
                yield at, f"{message}; rename it without dots, and remove null from its type"


def _types(document: Document, schema: Any) -> set[str]:
    """Return every type and format that a schema allows, including those of referenced and combined schemas."""
    schema = document.resolve(schema)
    if not isinstance(schema, Mapping):
        return set()
    named = schema.get("type", [])
    found = {*([named] if isinstance(named, str) else named), schema.get("format", "")}
    for key in ("anyOf", "oneOf", "allOf"):
        for member in schema.get(key, ()):
            found |= _types(document, member)
    return found


def _default(where: str, raw: Mapping[str, Any], key: str) -> Any:
    if key == "style":
        return "form" if where in {"query", "cookie"} else "simple"
    if key == "explode":
        return where in {"query", "cookie"}
    return False


def _operations(document: Document) -> Iterator[Finding]:
    ids = {operation.id for operation in document.operations}
    for operation in document.operations:
        at = (*operation.pointer, "operationId")
        if operation.id in CLIENT_NAMES:
            yield at, f"an operation named {operation.id} hides a method of the client; rename it verb_noun"
        if operation.id in BUILTINS:
            yield at, f"an operation named {operation.id} hides a Python builtin; rename it verb_noun"
        if operation.id.removesuffix("_raw") in ids - {operation.id}:
            yield at, f"{operation.id} is the name of the raw form of {operation.id.removesuffix('_raw')}; rename it"


def _responses(document: Document) -> Iterator[Finding]:
    for operation in document.operations:
        for response in operation.responses:
            if not re.fullmatch(r"[1-5](\d\d|XX)|default", response.status):
                yield response.pointer, f"the status {response.status!r} is ignored by the client; write 200 or 2XX"
            if len(response.media_types) > 1:
                names = ", ".join(media_type.name for media_type in response.media_types)
                yield response.pointer, f"the client reads only one of several media types ({names}); describe one"
            for media_type in response.media_types:
                if not media_type.is_json and not re.match(r"text/|application/octet-stream", media_type.name):
                    message = f"a response of type {media_type.name} is ignored by the client; describe JSON or text"
                    yield media_type.pointer, message
                elif media_type.is_json and _is_any(document, media_type.schema):
                    message = "the schema is empty, so the client would ignore the response; add a type or a reference"
                    yield media_type.pointer, message
            if response.is_success and not response.media_types:
                yield response.pointer, "a success response without a body gives the call no result; describe the body"


def _is_any(document: Document, schema: Any) -> bool:
    schema = document.resolve(schema)
    keywords = {"type", "properties", "enum", "const", "allOf", "anyOf", "oneOf", "additionalProperties"}
    return not isinstance(schema, Mapping) or not keywords & set(schema)


def _references(document: Document) -> Iterator[Finding]:
    def visit(node: Any, pointer: Pointer) -> Iterator[Finding]:
        if isinstance(node, Mapping):
            reference = node.get("$ref")
            if isinstance(reference, str) and not REFERENCE.fullmatch(reference) and pointer[:1] != ("paths",):
                yield (*pointer, "$ref"), f"{reference} is not supported by the generator; refer to a component"
            for key, child in node.items():
                if key not in {"value", "example", "default"}:
                    yield from visit(child, (*pointer, key))
        elif isinstance(node, list):
            for index, child in enumerate(node):
                yield from visit(child, (*pointer, index))

    yield from visit(document.data, ())


def _roots(document: Document) -> Iterator[tuple[Any, Pointer]]:
    for name, schema in document.data.get("components", {}).get("schemas", {}).items():
        yield schema, ("components", "schemas", name)
    for operation in document.operations:
        for parameter in operation.parameters:
            yield parameter.schema, (*parameter.pointer, "schema")
        for response in operation.responses:
            for media_type in response.media_types:
                yield media_type.schema, (*media_type.pointer, "schema")


def _schemas(document: Document) -> Iterator[Finding]:
    for root, place in _roots(document):
        for node, pointer in subschemas(root, place):
            if "if" in map(str, pointer) or "not" in map(str, pointer) or "then" in map(str, pointer):
                continue  # conditions never reach the generator
            for rule in _SCHEMA_RULES:
                if message := rule(document, node):
                    yield pointer, message
            for name, other in collisions(node.get("properties", {})):
                message = (
                    f"the properties {name!r} and {other!r} have the same Python name; leave one out of the schema"
                )
                yield (*pointer, "properties", name), message
            yield from _enum_members(node, pointer)


def _members(document: Document, node: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [resolve(document.data, member, ())[0] for member in node.get(key, ())]


def _combination_with_properties(document: Document, node: Mapping[str, Any]) -> str | None:
    for key in ("oneOf", "anyOf"):
        for other in ("properties", "additionalProperties"):
            if key in node and other in node:
                return f"{key} together with {other} makes the client ignore the {other}; use if/then for the condition"
    return None


def _all_of_scalars(document: Document, node: Mapping[str, Any]) -> str | None:
    members = _members(document, node, "allOf")
    if members and any(member.get("type") in SCALARS for member in members):
        return "allOf of scalars becomes an empty object; merge its members into one schema"
    return None


def _null_with_enum(document: Document, node: Mapping[str, Any]) -> str | None:
    if "enum" in node and isinstance(node.get("type"), list) and "null" in node["type"]:
        way_out = "write anyOf: [{$ref: the enum}, {type: 'null'}]"
        return f"an enum whose type list contains null becomes three classes; {way_out}"
    return None


def _closed(document: Document, node: Mapping[str, Any]) -> str | None:
    if node.get("additionalProperties") is False:
        return "additionalProperties: false makes the client drop unknown fields; write unevaluatedProperties: false"
    return None


def _boolean_schema(document: Document, node: Mapping[str, Any]) -> str | None:
    children = [*node.get("properties", {}).values(), *(node[key] for key in ("items", "not") if key in node)]
    children += [member for key in ("allOf", "anyOf", "oneOf") for member in node.get(key, ())]
    if any(isinstance(child, bool) for child in children):
        return "the generator does not support boolean schemas; write a type"
    return None


def _unknown_keywords(document: Document, node: Mapping[str, Any]) -> str | None:
    for key, advice in (
        ("nullable", "is a keyword of OpenAPI 3.0 and is ignored in 3.1; write type: [..., 'null']"),
        ("patternProperties", "is ignored, any property is allowed; describe additionalProperties"),
        ("prefixItems", "is ignored, the order is lost; describe items"),
        ("discriminator", "is ignored; the members must be distinguishable by their properties"),
    ):
        if key in node:
            return f"{key} {advice}"
    return None


def _enum_members(node: Mapping[str, Any], pointer: Pointer) -> Iterator[Finding]:
    values = node.get("enum", ())
    if len({type(value) for value in values}) > 1:
        yield pointer, f"an enum of several types {list(values)} is ignored; keep strings or integers"
        return
    seen: dict[str, Any] = {}
    for index, value in enumerate(values):
        member = re.sub(r"[^A-Z0-9]+", "_", str(value).upper()).strip("_")
        if seen.setdefault(member, value) != value and "x-enum-varnames" not in node:
            message = (
                f"the enum values {seen[member]!r} and {value!r} have the same member name {member}; keep one of them"
            )
            yield (*pointer, "enum", index), message


_SCHEMA_RULES: tuple[Callable[[Document, Mapping[str, Any]], str | None], ...] = (
    _combination_with_properties,
    _all_of_scalars,
    _null_with_enum,
    _closed,
    _boolean_schema,
    _unknown_keywords,
)


def _components(document: Document) -> Iterator[Finding]:
    for name, schema in document.data.get("components", {}).get("schemas", {}).items():
        at: Pointer = ("components", "schemas", name)
        folded = snake_case(name)
        for child in schema.get("properties", {}) if isinstance(schema, Mapping) else ():
            if snake_case(child) in MODEL_METHODS:
                message = (
                    f"a property {child} hides a method of the model; leave it out of the schema, "
                    "then it is in additional_properties"
                )
                yield (*at, "properties", child), message
            if snake_case(child) == folded:
                message = f"{name} has a property {child} with its own name, which breaks the type hints"
                yield (*at, "properties", child), f"{message}; rename the component"
