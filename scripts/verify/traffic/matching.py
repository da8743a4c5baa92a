"""Match the requests of recorded traffic to operations: by server, path and method."""

import re
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import frozen

from ...document import Document, Operation

# How certain it is that a server is one of a document.
GUESSED, NAMED, LISTED = 0, 1, 2
Key = tuple[str, str]  # the stem of a document, and a base URL of it


@frozen
class Match:
    """An operation that a request belongs to, and the base URL that precedes its path."""

    document: Document
    operation: Operation
    base_url: str

    @property
    def key(self) -> Key:
        """The document and the base URL."""
        return self.document.stem, self.base_url


@frozen
class _Route:
    document: Document
    operation: Operation
    path: re.Pattern[str]
    constant: int  # characters of the path outside of parameters

    def prefix(self, path: str) -> str | None:
        """Return what precedes the path of the operation in the path of a URL, or None if it is another path."""
        found = self.path.search(path)
        return path[: found.start()] if found else None


class Matcher:
    """Finds the operation of a request.

    The request is one to a server of the document: the given base URL or, without one, a server that the document
    lists. A request to another host belongs to the operation whose path its path ends with, if that has a constant
    part. The most constant path is taken. What is not certain is counted: `guessed` by base URL, `ambiguous` by the
    documents that a request could belong to; `others` counts the requests of no operation by origin, and `methods`
    those with a method that no document has on the path.
    """

    def __init__(self, documents: Sequence[Document], base_url: str | None = None) -> None:
        routes = [_route(document, operation) for document in documents for operation in document.operations]
        self._routes = sorted(routes, key=lambda route: -route.constant)
        self._base = base_url.rstrip("/") if base_url else None
        self._servers = {document.stem: tuple(_servers(document)) for document in documents}
        self.guessed: Counter[Key] = Counter()
        self.ambiguous: Counter[tuple[str, ...]] = Counter()
        self.others: Counter[str] = Counter()
        self.methods: Counter[tuple[str, str, str]] = Counter()

    def match(self, method: str, url: str) -> Match | None:
        """Return the operation of a request, or None."""
        try:
            parts = urllib.parse.urlsplit(url)
            origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        except ValueError:
            self.others["an invalid URL"] += 1
            return None
        on_path = list(self._matches(origin, parts.path)) if parts.scheme in {"http", "https"} else []
        found = [(certainty, one) for certainty, one in on_path if one.operation.method == method.upper()]
        if not found:
            if on_path:
                _, other = on_path[0]
                self.methods[other.document.stem, method.upper()[:20], other.operation.path] += 1
            else:
                self.others[origin[:100]] += 1
            return None
        most = max(certainty for certainty, _ in found)
        best = [one for certainty, one in found if certainty == most]
        stems = tuple(sorted({one.document.stem for one in best}))
        if len(stems) > 1:
            self.ambiguous[stems] += 1
            return None
        if most == GUESSED:
            self.guessed[best[0].key] += 1
        return best[0]

    def _matches(self, origin: str, path: str) -> Iterator[tuple[int, Match]]:
        """Yield the operations whose path matches, and how certain it is that the server is that of the document."""
        for route in self._routes:
            prefix = route.prefix(path)
            if prefix is None:
                continue
            match = Match(route.document, route.operation, f"{origin}{prefix}".rstrip("/"))
            certainty = self._certainty(match)
            if certainty > GUESSED or (certainty == GUESSED and route.constant > 1):
                yield certainty, match

    def _certainty(self, match: Match) -> int:
        if self._base is not None:
            return LISTED if match.base_url == self._base else -1
        stem = match.document.stem
        if any(server.fullmatch(match.base_url) for server in self._servers[stem]):
            return LISTED
        # As the simulator serves it.
        return NAMED if match.base_url.endswith(f"/{stem}") else GUESSED


def _route(document: Document, operation: Operation) -> _Route:
    pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(operation.path))
    return _Route(document, operation, re.compile(f"{pattern}$"), len(re.sub(r"\{[^{}]+\}", "", operation.path)))


def _servers(document: Document) -> Iterator[re.Pattern[str]]:
    """Yield patterns of the base URLs that a document lists, http or https: a variable is one of its enum, or default.

    A host that is a variable without an enum may be any, so that the path decides.
    """
    for server in document.data.get("servers") or ():
        pattern = re.escape(str(server.get("url", "")).rstrip("/"))
        for name, variable in (server.get("variables") or {}).items():
            values = [re.escape(str(value)) for value in (*(variable.get("enum") or ()), variable.get("default", ""))]
            pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?:{'|'.join(values)})")
        yield re.compile(re.sub("^https?:", "https?:", pattern))
