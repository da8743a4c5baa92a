"""Mutants of schemas, derived from the documents: bodies that violate a schema in one place."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..document import MISSING, Document, Operation, Response, walk
from .messages import Exchange, Log, Mutation, Request
from .messages import Response as Sent
from .mutant import Api, Mutant, on_response

PER_RESPONSE = 16  # mutants of one documented response, at most
REACHED = ("no_credential", "wrong_credential", "unknown_id")  # scenarios of errors that every run causes
OTHERS: Mapping[type, Any] = {str: 17, int: "17", float: "17", bool: "true", list: {}, dict: []}


def schema_mutants(documents: tuple[Document, ...]) -> Iterator[Mutant]:
    """Yield the mutants of every response of an operation that reports or starts a job."""
    for document in documents:
        for operation in document.operations:
            if operation.job or operation.is_start:
                for response in operation.responses:
                    yield from _mutants(document, operation, response)


def _mutants(document: Document, operation: Operation, response: Response) -> Iterator[Mutant]:
    """Yield the mutants of one response: each place of its largest example, changed in each way that is invalid."""
    media_type = next((one for one in response.media_types if one.is_json), None)
    is_reached = response.is_success or any(e.scenario in REACHED for _, e in response.examples)
    examples = [e.value for _, e in response.examples if isinstance(e.value, dict)]
    if media_type is None or not is_reached or not examples:
        return
    validator = document.validator(media_type.schema)
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for example in sorted(examples, key=len, reverse=True):
        for path in _paths(example):
            for name in ("missing", "null", "type", "value", "list", "more"):
                body = changed(example, path, name)
                if body is not None and not validator.is_valid(body):
                    found.setdefault(f"{name} {'/'.join(re.sub('^[0-9]+$', '0', key) for key in path)}", (path, name))
    step = max(1, len(found) // PER_RESPONSE + (len(found) % PER_RESPONSE > 0))
    for label, (path, name) in list(found.items())[::step]:
        yield _mutant(document, operation, response, label, path, name)


def _paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of the value and of everything in it; of a list, only of its first item."""
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _paths(item, (*path, name))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*path, "0"))


def changed(body: Any, path: tuple[str, ...], name: str) -> Any:
    """Return a copy of a body that is changed at a path, or None if that is impossible."""
    value, made = walk(body, path), copy.deepcopy(body)
    if value is MISSING:
        return None
    if name == "more":
        if not isinstance(value, dict):
            return None
        walk(made, path)["x_unknown"] = 1
        return made
    new = {
        "missing": MISSING,
        "null": None,
        "type": OTHERS.get(type(value)),
        "value": f"{value}~" if isinstance(value, str) else value + 1e9 if isinstance(value, int | float) else None,
        "list": [value],
    }[name]
    if not path:
        return None if new is MISSING else new
    parent = walk(made, path[:-1])
    key: Any = int(path[-1]) if isinstance(parent, list) else path[-1]
    if new is MISSING:
        del parent[key]
    else:
        parent[key] = new
    return made


def _mutant(
    document: Document, operation: Operation, response: Response, label: str, path: tuple[str, ...], name: str
) -> Mutant:
    media_type = next(one for one in response.media_types if one.is_json)
    validator = document.validator(media_type.schema)

    def is_concerned(api: Api, request: Request) -> bool:
        return api.is_start(request) if operation.is_start else api.job_id(request) is not None

    def make(api: Api) -> Mutation:
        def change(request: Request, sent: Sent) -> Sent | None:
            if not is_concerned(api, request) or str(sent.status) != response.status:
                return None
            body = changed(sent.json, path, name)
            return None if body is None or validator.is_valid(body) else sent.with_json(body)

        return on_response(change)

    def is_invalid(api: Api, exchange: Exchange) -> bool:
        is_of_response = is_concerned(api, exchange.request) and str(exchange.sent.status) == response.status
        return is_of_response and exchange.sent.json is not MISSING and not validator.is_valid(exchange.sent.json)

    def witness(api: Api, log: Log) -> bool:
        return any(is_invalid(api, exchange) for exchange in log)

    pointer = json.dumps("/" + "/".join(path))
    return Mutant(
        id=f"{document.stem}_{operation.id}_{response.status}_{label.replace(' ', '_').replace('/', '_')}",
        kind="schema",
        clause=f"{document.path.name}:{document.line(response.pointer)}",
        description=f"{operation.id} {response.status}: {pointer} is changed: {name}",
        expected=frozenset({"response_schema_conformance"}),
        make=make,
        witness=witness,
        needs=lambda api: api.document is document and operation in (api.operation, api.start),
    )
