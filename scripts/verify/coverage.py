"""Coverage of a document by the exchanges of a verification."""

import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import Factory, define

from ..document import MISSING, Keys, Operation, fields_of
from .exchange import Exchange, documented_response
from .jobs import started_operations
from .schemas import schema_of
from .target import Target


@define
class Coverage:
    """Coverage of one operation: statuses, fields, parameter values and, for jobs, states.

    `fields` holds the documented fields by status, `values` the documented values of each query parameter, with None
    for an omitted optional parameter.
    """

    operation: Operation
    states: tuple[str, ...]
    required_states: tuple[str, ...]
    fields: Mapping[str, tuple[Keys, ...]]
    values: Mapping[str, tuple[Any, ...]]
    seen_states: set[str] = Factory(set)
    seen_statuses: set[int] = Factory(set)
    seen_fields: dict[str, set[Keys]] = Factory(dict)
    seen_values: dict[str, set[Any]] = Factory(dict)
    requests: int = 0
    accepted: int = 0

    @property
    def documented_statuses(self) -> tuple[str, ...]:
        """Return the documented statuses."""
        return tuple(response.status for response in self.operation.responses)

    def has_seen(self, status: str) -> bool:
        """Return whether a documented status, such as `404` or `4XX`, was seen."""
        responses = (documented_response(self.operation, seen) for seen in self.seen_statuses)
        return any(response is not None and response.status == status for response in responses)

    @property
    def unseen(self) -> tuple[str, ...]:
        """Return the documented statuses that were not seen."""
        return tuple(status for status in self.documented_statuses if not self.has_seen(status))

    def add(self, exchange: Exchange, states: tuple[str, ...]) -> None:
        """Count an exchange and the states that its response shows."""
        self.requests += 1
        self.accepted += exchange.is_accepted or bool(states)
        self.seen_states.update(states)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(exchange.url).query, keep_blank_values=True)
        for name, values in self.values.items():
            sent = query.get(name, [None])
            self.seen_values.setdefault(name, set()).update(value for value in values if _formatted(value) in sent)
        if exchange.status is None:
            return
        self.seen_statuses.add(exchange.status)
        response = documented_response(self.operation, exchange.status)
        if response is not None and exchange.json is not MISSING:
            self.seen_fields.setdefault(response.status, set()).update(_fields(exchange.json))

    def unseen_fields(self, status: str) -> tuple[str, ...]:
        """Return the documented response fields of a status that were not seen, as JSON pointers."""
        seen = self.seen_fields.get(status, set())
        return tuple("/" + "/".join(path) for path in self.fields[status] if not _is_seen(path, seen))

    def unseen_values(self, parameter: str) -> tuple[str, ...]:
        """Return the documented values of a parameter that were not sent."""
        seen = self.seen_values.get(parameter, set())
        return tuple(_formatted(value) or "left out" for value in self.values[parameter] if value not in seen)


def make_coverage(target: Target, operation: Operation) -> Coverage:
    """Make the empty coverage of an operation."""
    document = target.document
    fields = {
        response.status: tuple(
            dict.fromkeys(
                path
                for media_type in response.media_types
                if media_type.is_json
                for path in fields_of(document.data, media_type.schema)
            )
        )
        for response in operation.responses
    }
    values: dict[str, tuple[Any, ...]] = {}
    for parameter in operation.parameters_in("query"):
        schema = schema_of(document, parameter.schema)
        some = (False, True) if schema.get("type") == "boolean" else schema.get("enum", parameter.known_values)
        scalars = (value for value in some if not isinstance(value, dict | list))
        values[parameter.name] = (*(() if parameter.required else (None,)), *scalars)
    reporting = operation if operation.job else next(iter(started_operations(document, operation)), None)
    if reporting is None or (job := reporting.job) is None:
        return Coverage(operation, (), (), fields, values)
    required = tuple(state for state in job.states if state not in job.not_started)
    return Coverage(operation, job.states if operation.job else required, required, fields, values)


def _fields(value: Any, above: Keys = ()) -> Iterator[Keys]:
    """Yield the path of every field of a body."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield (*above, name)
            yield from _fields(child, (*above, name))
    elif isinstance(value, list):
        for child in value:
            yield from _fields(child, (*above, "[]"))


def _is_seen(path: Keys, seen: set[Keys]) -> bool:
    if "*" not in path:
        return path in seen
    return any(
        len(other) == len(path) and all(a in ("*", b) for a, b in zip(path, other, strict=True)) for other in seen
    )


def _formatted(value: Any) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
