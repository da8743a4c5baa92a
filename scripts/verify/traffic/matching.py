"""Match the requests of recorded traffic to operations: by server, path and method."""

import functools
import itertools
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from ...document import Document, Operation, walk

MAX_SERVERS = 10_000  # base URLs that the variables of one server make
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
    servers: frozenset[str]
    relative: frozenset[str]  # the paths of servers without a host

    def prefix(self, path: str) -> str | None:
        """Return what precedes the path of the operation in the path of a URL, or None if it is another path."""
        found = self.path.search(path)
        return path[: found.start()] if found else None


class Matcher:
    """Finds the operation of a request.

    The request is one to a server of the document: the given base URL or, without one, a server that the document
    lists. A request to another host belongs to the operation whose path its path ends with, if that has a constant
    part and no request is to a server of the document. The most constant path is taken. What is not certain is counted:
    `guessed` by base URL, `ambiguous` by origin and the documents that a request could belong to; `others` counts the
    requests of no operation by origin, and `methods` those with a method that no document has on the path.
    """

    def __init__(self, documents: Sequence[Document], base_url: str | None = None) -> None:
        routes = [_route(document, operation) for document in documents for operation in document.operations]
        self._routes = sorted(routes, key=lambda route: -route.constant)
        self._base = _normalized(base_url) if base_url else None
        self._certain: set[str] = set()  # documents with requests to their servers
        self.guessed: Counter[Key] = Counter()
        self.ambiguous: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.others: Counter[str] = Counter()
        self.methods: Counter[tuple[str, str, str]] = Counter()

    def match(self, method: str, url: str) -> Match | None:
        """Return the operation of a request, or None."""
        try:
            parts = urllib.parse.urlsplit(url)
            origin = _normalized(urllib.parse.urlunsplit((*parts[:2], "", "", "")))
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
            self.ambiguous[origin, stems] += 1
            return None
        if most == GUESSED:
            self.guessed[best[0].key] += 1
        else:
            self._certain.add(best[0].document.stem)
        return best[0]

    def finish(self) -> set[Key]:
        """Count the requests to other servers than those of a document as of no operation, and return these servers."""
        unlisted = {key for key in self.guessed if key[0] in self._certain}
        for key in unlisted:
            parts = urllib.parse.urlsplit(key[1])
            self.others[f"{parts.scheme}://{parts.netloc}"[:100]] += self.guessed.pop(key)
        for origin, stems in list(self.ambiguous):
            if self._certain.issuperset(stems):
                self.others[origin[:100]] += self.ambiguous.pop((origin, stems))
        return unlisted

    def _matches(self, origin: str, path: str) -> Iterator[tuple[int, Match]]:
        """Yield the operations whose path matches, and how certain it is that the server is that of the document."""
        for route in self._routes:
            prefix = route.prefix(path)
            if prefix is None:
                continue
            match = Match(route.document, route.operation, f"{origin}{prefix}".rstrip("/"))
            certainty = self._certainty(route, match)
            if certainty > GUESSED or (certainty == GUESSED and route.constant > 1):
                yield certainty, match

    def _certainty(self, route: _Route, match: Match) -> int:
        if self._base is not None:
            return LISTED if match.base_url == self._base else -1
        _, _, server = match.base_url.partition("//")
        if server in route.servers:
            return LISTED
        _, slash, path = server.partition("/")
        # As the simulator serves it.
        is_named = match.base_url.endswith(f"/{match.document.stem}") or f"{slash}{path}" in route.relative
        return NAMED if is_named else GUESSED


def _route(document: Document, operation: Operation) -> _Route:
    pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(operation.path))
    path_item = walk(document.data, [str(key) for key in operation.pointer[:-1]])
    listed = operation.raw.get("servers") or path_item.get("servers") or document.data.get("servers") or ()
    urls = [url for server in listed for url in _urls(server)]
    return _Route(
        document,
        operation,
        re.compile(f"{pattern}$"),
        len(re.sub(r"\{[^{}]+\}", "", operation.path)),
        frozenset(_normalized(url).partition("//")[2] for url in urls if "//" in url),
        frozenset(f"/{url.lstrip('./').rstrip('/')}" for url in urls if "//" not in url and url.strip("./")),
    )


def _urls(server: Mapping[str, Any]) -> Iterator[str]:
    """Yield the base URLs of a server: a variable is one of its enum, or its default."""
    url = str(server.get("url", ""))
    variables = {name: one for name, one in (server.get("variables") or {}).items() if f"{{{name}}}" in url}
    values = ([*(one.get("enum") or ()), one.get("default", "")] for one in variables.values())
    for chosen in itertools.islice(itertools.product(*values), MAX_SERVERS):
        filled = url
        for name, value in zip(variables, chosen, strict=True):
            filled = filled.replace(f"{{{name}}}", str(value))
        yield filled


@functools.lru_cache(maxsize=1024)
def _normalized(url: str) -> str:
    """Return a base URL with host and scheme in lower case, without user, default port and final slash."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # no request has it
        return url
    host = parts.netloc.rpartition("@")[2].lower()
    for scheme, port in (("http", ":80"), ("https", ":443")):
        host = host.removesuffix(port) if parts.scheme in {scheme, ""} else host
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
