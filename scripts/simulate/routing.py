"""Routes of a document, and requests to its operations."""

import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define, field, frozen
from starlette.requests import Request

from ..document import Document, Message, Operation
from .credentials import AuthResult
from .derived import DerivedResponses
from .example_templates import RequestParts, parse_request_parts
from .faults import Fault, find_fault

PARAMETER: Final = re.compile(r"\{[^{}]+\}")
MARK: Final = "\0"  # stands for a parameter
UNQUOTED: Final = "".join(chr(code) for code in range(128) if chr(code) != " ")  # what a path has as it is


@frozen
class DocumentRoute:
    """One path of one document, with its operation for each method.

    Attributes:
        derived: the responses of the document without examples.
        segments: the segments of the path, each as text if it is constant, as a pattern if it has parameters.
        pattern: the pattern of the entire path, with a group for each parameter.
        operations: the operation for each method.
    """

    derived: DerivedResponses
    segments: tuple[str | re.Pattern[str], ...]
    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]

    @property
    def allow(self) -> str:
        """Return the value of the Allow header."""
        return ", ".join(sorted(self.operations))


@define
class RoutedRequest:
    """A request to an operation, with the faults that apply to it and what the stages have found out about it.

    Attributes:
        derived: the responses of the document without examples.
        target: the path below the name of the document, with the query, without credentials.
        ids: the path parameters, decoded unless `is_decodable` is false.
        faults: the faults that apply.
        authentication: the result of the check of the credential.
        values: the path parameters by name, once the credential is accepted.
        query: the query parameters by name, once they are accepted.
        body: the body, once it is accepted, None if it is absent.
    """

    derived: DerivedResponses
    operation: Operation
    request: Request
    target: str
    ids: tuple[str, ...] = ()
    is_decodable: bool = True
    faults: list[Fault] = field(factory=list)
    authentication: AuthResult = "no_credential"
    values: Mapping[str, str] = field(factory=dict)
    query: Mapping[str, Any] = field(factory=dict)
    body: Any = None

    @property
    def document(self) -> Document:
        """Return the document of the operation."""
        return self.derived.document

    @property
    def api(self) -> str:
        """Return the file stem of the document."""
        return self.document.stem

    @property
    def has_empty_id(self) -> bool:
        """Return whether a path parameter is empty and the document says what happens then."""
        return "" in self.ids and self.operation.scenario("empty_id") is not None

    def fault(self, kind: str) -> Fault | None:
        """Return the first fault of a kind that applies, or None."""
        return find_fault(self.faults, kind) if self.faults else None

    def message(self) -> Message:
        """Return the request as the expressions of links refer to it."""
        return Message(path=self.values, query=self.query, request_headers=self.request.headers, request_body=self.body)

    def parts(self) -> RequestParts:
        """Return the parts of the request that an error message can quote."""
        return parse_request_parts(self.document, self.operation, self.request.method, self.target)


def decode_ids(raw: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Return the percent-decoded path parameters and True, or the raw ones and False if they cannot be decoded."""
    if not any("%" in value for value in raw):
        return raw, True
    try:
        return tuple(urllib.parse.unquote(value, errors="strict") for value in raw), True
    except UnicodeDecodeError:
        return raw, False


def document_routes(document: Document) -> Iterator[DocumentRoute]:
    """Yield the routes of a document, paths with more literal text before those with less."""
    derived = DerivedResponses(document)
    paths: dict[str, dict[str, Operation]] = {}
    for operation in document.operations:
        paths.setdefault(operation.path, {})[operation.method] = operation

    def literal_first(path: str) -> list[tuple[bool, int]]:
        segments = path.split("/")
        return [("{" in one, -len(PARAMETER.sub("", one)) if "{" in one else 0) for one in segments]

    for path, operations in sorted(paths.items(), key=lambda item: literal_first(item[0])):
        value = "[^/]*" if any(o.scenario("empty_id") for o in operations.values()) else "[^/]+"
        # A parameter is one segment or a part of one, also if its name contains a slash.
        segments = urllib.parse.quote(PARAMETER.sub(MARK, path), safe=UNQUOTED).removesuffix("/").split("/")
        patterns = [f"({value})".join(map(re.escape, segment.split(MARK))) for segment in segments]
        parts = (re.compile(p) if MARK in segment else segment for p, segment in zip(patterns, segments, strict=True))
        yield DocumentRoute(derived, tuple(parts), re.compile("/".join(patterns) + "/*"), operations)


@define
class _Node:
    """The routes that begin with the same segments.

    Attributes:
        constant: the nodes of the next segment by its text, if that is constant.
        variable: those of the next segment by its pattern, if that has parameters.
        routes: the routes that end here, by their place in the order of precedence.
    """

    constant: dict[str, "_Node"] = field(factory=dict)
    variable: dict[re.Pattern[str], "_Node"] = field(factory=dict)
    routes: list[int] = field(factory=list)

    def child(self, segment: str | re.Pattern[str]) -> "_Node":
        """Return the node of a next segment, new if it is the first one."""
        children: dict[Any, _Node] = self.constant if isinstance(segment, str) else self.variable
        return children.setdefault(segment, _Node())

    def matching(self, segments: list[str], position: int = 0) -> Iterator[int]:
        """Yield the places of the routes that the rest of the segments of a path match."""
        if self.routes and not any(segments[position:]):  # a path may end in slashes
            yield from self.routes
        if position == len(segments):
            return
        segment = segments[position]
        if (found := self.constant.get(segment)) is not None:
            yield from found.matching(segments, position + 1)
        for pattern, child in self.variable.items():
            if pattern.fullmatch(segment):
                yield from child.matching(segments, position + 1)


class Router:
    """Finds the route of a path by its segments, so that the number of routes costs nothing."""

    def __init__(self, routes: Iterable[DocumentRoute]) -> None:
        self.routes = tuple(routes)
        self._root = _Node()
        for place, route in enumerate(self.routes):
            node = self._root
            for segment in route.segments:
                node = node.child(segment)
            node.routes.append(place)

    def find(self, path: str) -> tuple[DocumentRoute, tuple[str, ...]] | None:
        """Return the first route, by the order of precedence, that matches a path, and the raw path parameters."""
        place = min(self._root.matching(path.split("/")), default=None)
        if place is None:
            return None
        route = self.routes[place]
        match = route.pattern.fullmatch(path)
        return (route, match.groups()) if match else None
