"""What recorded traffic has and the document does not know: fields, states, values, statuses, parameters."""

import json
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import Factory, define, frozen

from ...document import MISSING, Document, JobLifecycle, MediaType, Operation, Response
from ...document.references import resolve
from ...document.source import Pointer
from ..exchange import Exchange, documented_response
from ..jobs import reports
from ..observers import TargetObserver
from ..result import Result
from ..schemas import known_errors
from ..target import Target

BRANCHES = ("allOf", "anyOf", "oneOf")
CONDITIONS = ("if", "then", "else")
TYPES = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array", dict: "object"}
MAX_KINDS = 1000  # distinct differences that are kept for an operation
MAX_BRANCHES = 200  # schemas that describe one value

# The kind of a difference, the place in the document that would have to change, and a name or value there.
Difference = tuple[str, Pointer, str]


@define
class Seen:
    """How often a difference was seen: `types` are the JSON types of the values, `where` the place in the message."""

    where: str
    count: int = 0
    types: set[str] = Factory(set)
    values: dict[str, Any] = Factory(dict)


@frozen
class _Node:
    """The schemas that describe one value, with their pointers, and the nodes of its members, made when needed."""

    schemas: tuple[tuple[Mapping[str, Any], Pointer], ...]
    members: dict[str, "_Node | None"] = Factory(dict)
    is_open: bool = False


class Undocumented(TargetObserver):
    """Counts the differences of every response and request from the document, by operation."""

    subject = "what the document does not describe"

    def __init__(self, target: Target, result: Result) -> None:
        super().__init__(target, result)
        self.differences: dict[str, dict[Difference, Seen]] = {}
        # The states that the document does not name, with whether another state came after it.
        self.followed: Counter[tuple[str, str]] = Counter()
        self._nodes: dict[int, _Node] = {}
        self._last: dict[tuple[str, ...], str] = {}

    def observe(self, exchange: Exchange) -> None:
        """Count the differences of one exchange."""
        document = self._target.document
        operation = document.operation(exchange.operation_id)
        if exchange.status is None:
            return
        if exchange.is_documented:
            self._add_parameters(operation, exchange)
            self._add_response(operation, exchange)
        if operation.job and reports(operation.job, exchange):
            self._add_state(operation, operation.job, exchange)

    def _count(self, operation: Operation, difference: Difference, where: str, value: Any) -> None:
        kinds = self.differences.setdefault(operation.id, {})
        if difference not in kinds and len(kinds) >= MAX_KINDS:
            return
        seen = kinds.setdefault(difference, Seen(where))
        seen.count += 1
        seen.types.add("null" if value is None else TYPES.get(type(value), "string"))
        if isinstance(value, str | int | float) and len(seen.values) < 20:
            seen.values.setdefault(json.dumps(value), value)

    def _add_parameters(self, operation: Operation, exchange: Exchange) -> None:
        known = {parameter.name for parameter in operation.parameters_in("query")}
        known |= set(operation.raw.get("x-ignored-parameters", ()))
        known |= {scheme.name for scheme in self._target.document.security_schemes.values() if scheme.where == "query"}
        for name in urllib.parse.parse_qs(urllib.parse.urlsplit(exchange.url).query, keep_blank_values=True):
            if name not in known:
                self._count(operation, ("parameter", operation.pointer, name), "query", "")

    def _add_response(self, operation: Operation, exchange: Exchange) -> None:
        status = exchange.status or 0
        response = documented_response(operation, status)
        if response is None:
            self._count(operation, ("status", (*operation.pointer, "responses"), str(status)), "", exchange.media_type)
            return
        media_type = _media_type(response, exchange)
        if media_type is None:
            if response.media_types and exchange.media_type:
                place = (*response.pointer, "content")
                self._count(operation, ("content type", place, exchange.media_type), str(status), "")
            return
        if not media_type.is_json or exchange.json is MISSING:
            return
        refused: set[tuple[str, ...]] = set()
        validator = self._target.document.validator(media_type.schema)
        try:
            errors = [] if validator.is_valid(exchange.json) else list(validator.iter_errors(exchange.json))
            for error in known_errors(_leaves(errors), exchange):
                refused |= self._add_violation(operation, response, media_type, error, status)
        except ValueError:  # nested too deeply
            pass
        for keys, place, value in self._unknown_members(self._root(media_type.schema, response, media_type), exchange):
            if keys not in refused:
                self._count(operation, ("field", place, keys[-1]), f"{status} /{'/'.join(keys)}", value)

    def _add_violation(
        self, operation: Operation, response: Response, media_type: MediaType, error: Any, status: int
    ) -> set[tuple[str, ...]]:
        """Count one error of a response; return the paths of the fields that a closed schema refuses."""
        pointer = tuple(error.schema_path)
        if pointer[:2] == ("allOf", 0):
            pointer = (*response.pointer, "content", media_type.name, "schema", *pointer[2:])
        details = error.kind.as_dict()
        where = f"{status} /{'/'.join(map(str, error.instance_path))}"
        # The schema, and the keyword that is violated.
        if pointer[-1:] == ("required",):
            self._count(operation, ("required", pointer, str(details.get("property", ""))), where, error.instance)
        elif pointer[-1:] in {("additionalProperties",), ("unevaluatedProperties",)}:
            above = tuple("[]" if isinstance(key, int) else key for key in error.instance_path)
            for name in details.get("unexpected", ()):
                where = f"{status} /{'/'.join((*above, name))}"
                self._count(operation, ("field", pointer[:-1], name), where, error.instance[name])
            return {(*above, name) for name in details.get("unexpected", ())}
        else:
            self._count(operation, ("keyword", pointer, str(pointer[-1])), where, error.instance)
        return set()

    def _add_state(self, operation: Operation, job: JobLifecycle, exchange: Exchange) -> None:
        state = job.state_of(exchange.json, exchange.status or 0, exchange.headers)
        values = self._target.job_values(exchange)
        if not isinstance(state, str):
            return
        if state not in job.kinds:
            self._count(operation, ("state", (*operation.pointer, "x-job"), state), "", state)
        if values is None or not exchange.is_ordered:
            return
        key = (operation.id, *values.values())
        if self._last.get(key, state) != state:
            self.followed[operation.id, self._last[key]] += 1
        self._last[key] = state

    # Fields

    def _root(self, schema: Any, response: Response, media_type: MediaType) -> _Node:
        node = self._nodes.get(id(schema))
        if node is None:
            pointer = (*response.pointer, "content", media_type.name, "schema")
            node = self._nodes[id(schema)] = self._node([(schema, pointer)])
        return node

    def _node(self, schemas: list[tuple[Any, Pointer]]) -> _Node:
        """Return the node of schemas, with all that they combine."""
        data: Document = self._target.document
        flat: list[tuple[Mapping[str, Any], Pointer]] = []
        waiting, seen = list(reversed(schemas)), set()
        while waiting and len(flat) < MAX_BRANCHES:
            schema, pointer = waiting.pop()
            schema, pointer = resolve(data.data, schema, pointer)
            if not isinstance(schema, Mapping) or pointer in seen:
                continue
            seen.add(pointer)
            flat.append((schema, pointer))
            parts = [
                (branch, (*pointer, name, index))
                for name in BRANCHES
                for index, branch in enumerate(schema.get(name, ()))
            ]
            parts += [(schema[name], (*pointer, name)) for name in CONDITIONS if name in schema]
            waiting += reversed(parts)
        return _Node(tuple(flat), is_open=not any("properties" in schema for schema, _ in flat))

    def _member(self, node: _Node, name: str) -> _Node | None:
        """Return the node of a member of an object, or None if no schema describes it."""
        if name not in node.members:
            found = [
                (schema["properties"][name], (*pointer, "properties", name))
                for schema, pointer in node.schemas
                if name in schema.get("properties", {})
            ]
            found += [
                (child, (*pointer, "patternProperties", pattern))
                for schema, pointer in node.schemas
                for pattern, child in schema.get("patternProperties", {}).items()
                if _is_found(pattern, name)
            ]
            if not found:
                found = [
                    (schema["additionalProperties"], (*pointer, "additionalProperties"))
                    for schema, pointer in node.schemas
                    if isinstance(schema.get("additionalProperties"), Mapping) and schema["additionalProperties"]
                ]
            node.members[name] = self._node(found) if found else None
        return node.members[name]

    def _items(self, node: _Node) -> _Node:
        # A name that no member has.
        if "" not in node.members:
            found = [
                (schema["items"], (*pointer, "items"))
                for schema, pointer in node.schemas
                if isinstance(schema.get("items"), Mapping)
            ]
            node.members[""] = self._node(found)
        return node.members[""] or node

    def _unknown_members(self, root: _Node, exchange: Exchange) -> Iterator[tuple[tuple[str, ...], Pointer, Any]]:
        waiting: list[tuple[_Node, Any, tuple[str, ...]]] = [(root, exchange.json, ())]
        while waiting:
            node, value, path = waiting.pop()
            if isinstance(value, list):
                items = self._items(node)
                waiting += [(items, item, (*path, "[]")) for item in value if isinstance(item, dict | list)]
            elif isinstance(value, dict):
                for name, child in value.items():
                    if (member := self._member(node, name)) is not None:
                        if isinstance(child, dict | list):
                            waiting.append((member, child, (*path, name)))
                    elif not node.is_open:
                        pointer = next(pointer for schema, pointer in node.schemas if "properties" in schema)
                        yield (*path, name), pointer, child


def _leaves(errors: Iterable[Any]) -> Iterator[Any]:
    """Yield errors; in the place of one about alternatives, those of the alternative that is most like the value.

    That is one of the type of the value, and of these the one with the fewest errors.
    """
    for error in errors:
        alternatives = error.kind.as_dict().get("context") or [[]]
        root = list(error.instance_path)

        def difference(alternative: list[Any], root: list[Any] = root) -> tuple[bool, int]:
            is_other = any(one.schema_path[-1:] == ["type"] and one.instance_path == root for one in alternative)
            return is_other, len(alternative)

        if nearest := min(alternatives, key=difference):
            yield from _leaves(nearest)
        else:
            yield error


def _is_found(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def _media_type(response: Response, exchange: Exchange) -> MediaType | None:
    names = ((m, m.name.split(";")[0].strip().lower()) for m in response.media_types)
    return next((m for m, name in names if name in {exchange.media_type, "*/*"}), None)
