"""A server that behaves as the documents say. No operation is known to it by name."""

import copy
import json
import random
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from attrs import define, field, frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..document import MISSING, Document, Operation, walk
from ..document import Response as Described
from .clock import Clock, WallClock
from .credentials import Credential, credentials, verdict
from .jobs import Lives, put
from .parameters import BadParameter, UnknownParameter, check_body, check_headers, check_path, read_query


@frozen
class Route:
    """One path of one document, with the operation for each method."""

    document: Document
    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]

    @property
    def allow(self) -> str:
        """The value of the Allow header."""
        return ", ".join(sorted(self.operations))


@define
class Settings:
    """How a simulator is set up.

    `environment` names credentials and known ids, `disabled` the documents whose API is switched off.
    """

    environment: Mapping[str, str] = field(factory=dict)
    clock: Clock = field(factory=WallClock)
    seed: int = 0
    disabled: frozenset[str] = frozenset()
    request_log: TextIO | None = None


class Simulator:
    """An ASGI application that serves every document under its own name."""

    def __init__(self, documents: Iterable[Document], settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.documents = tuple(documents)
        self.credentials: dict[str, dict[str, Credential]] = {}
        self.known: dict[str, dict[str, list[str]]] = {}
        self._lives: dict[tuple[str, str], Lives] = {}
        self._routes: dict[str, list[Route]] = {}
        source = random.Random(self.settings.seed)  # noqa: S311 - made-up ids, repeatable
        for document in self.documents:
            self.credentials[document.stem] = credentials(document, self.settings.environment)
            self.known[document.stem] = known = known_ids(document, self.settings.environment)
            self._routes[document.stem] = list(_routes(document))
            for operation in document.operations:
                if operation.job:
                    lives = Lives(operation, source)
                    lives.seed(known)
                    self._lives[document.stem, operation.id] = lives

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"wanted an http request, got {scope['type']}")
        request = Request(scope, receive)
        self.settings.clock.request()
        response = await self._answer(request)
        if scope["method"] == "HEAD":
            response.body = b""
        if self.settings.request_log is not None:
            query = scope["query_string"].decode("latin-1")
            target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
            print(scope["method"], target, response.status_code, file=self.settings.request_log, flush=True)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        raw_path = request.scope["raw_path"].decode("latin-1")
        stem, _, rest = raw_path.lstrip("/").partition("/")
        for route in self._routes.get(stem, ()):
            match = route.pattern.fullmatch("/" + rest)
            if match:
                return await self._serve(route, match.groupdict(), request)
        served = ", ".join(f"/{name}" for name in self._routes)
        return _text(404, f"nothing is served under {raw_path}; this simulator serves {served}")

    async def _serve(self, route: Route, raw_values: Mapping[str, str], request: Request) -> Response:
        document, method = route.document, request.method
        operation = route.operations.get(method)
        if operation is None:
            return self._other_method(route, method, raw_values, request)
        judged = verdict(operation, self.credentials[document.stem], request)
        if judged in {"no_credential", "wrong_credential"}:
            return _situation(operation, judged, 401, {})
        names = [parameter.name for parameter in operation.parameters_in("path")]
        try:
            values = {
                name: urllib.parse.unquote(value, errors="strict")
                for name, value in zip(names, raw_values.values(), strict=True)
            }
        except UnicodeDecodeError:
            return _situation(operation, "bad_parameter", 400, {})
        try:
            check_path(document, operation, values)
            check_headers(document, operation, request)
            query = read_query(document, operation, request)
            await check_body(document, operation, request)
        except BadParameter:
            return _situation(operation, "bad_parameter", 400, values)
        except UnknownParameter:
            if operation.situation("unknown_parameter"):
                return _situation(operation, "unknown_parameter", 400, values)
            query = {}
        if document.stem in self.settings.disabled and operation.situation("disabled"):
            return _situation(operation, "disabled", 403, values)
        if judged == "wrong_scope":
            return _situation(operation, "wrong_scope", 403, values)
        return (
            self._report(document, operation, values, query)
            if operation.job
            else self._act(document, operation, values)
        )

    def _other_method(self, route: Route, method: str, raw_values: Mapping[str, str], request: Request) -> Response:
        allow = {"Allow": route.allow}
        if method == "OPTIONS":
            return Response(status_code=200, media_type="text/plain", headers=allow)
        operation = next(iter(route.operations.values()))
        response = _situation(operation, "wrong_method", 405, {})
        response.headers.update(allow)
        return response

    def _report(
        self, document: Document, operation: Operation, values: Mapping[str, str], query: Mapping[str, Any]
    ) -> Response:
        lives = self._lives[document.stem, operation.id]
        view = query.get(lives.job.views.parameter) if lives.job.views else None
        body = lives.read(values, view, self.settings.clock.now())
        if not body:
            return _situation(operation, "unknown_id", 404, values)
        return _json(operation.success, body)

    def _act(self, document: Document, operation: Operation, values: Mapping[str, str]) -> Response:
        """Answers an operation that reports no job: with its example, and with a new job where it starts one."""
        known = self.known[document.stem]
        if any(value not in known.get(name, ()) for name, value in values.items()):
            return _situation(operation, "unknown_id", 404, values)
        response = operation.success
        examples = [example for media_type, example in response.examples if media_type.is_json and example.when is None]
        if not examples:
            return _json(response, {})
        own = [example for example in examples if set(values.values()) & set(map(str, example.value.values()))]
        chosen = own[0] if own else self._unfinished(document, operation, examples)
        body = _echo(operation, copy.deepcopy(chosen.value), values)
        for link in response.follow:
            lives = self._lives[document.stem, link.operation_id]
            first = link.parameters[lives.id_parameter]
            current = walk(body, first)
            if current is MISSING:
                continue
            fresh = lives.new_id(str(current))
            put(body, first, int(fresh) if isinstance(current, int) else fresh)
            lives.start({name: str(walk(body, path)) for name, path in link.parameters.items()}, body)
            break
        return _json(response, body)

    def _unfinished(self, document: Document, operation: Operation, examples: list[Any]) -> Any:
        """The first example whose job is still under way, so that there is something to wait for."""
        for link in operation.success.follow:
            job = self._lives[document.stem, link.operation_id].job
            for example in examples:
                if walk(example.value, job.state) in job.pending:
                    return example
        return examples[0]


def known_ids(document: Document, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """For each path parameter the values that exist from the start: those of the environment, then the examples."""
    known: dict[str, list[str]] = {}
    for operation in document.operations:
        for parameter in operation.parameters_in("path"):
            named = environment.get(document.environment_variable(parameter.name))
            values = [named] if named else []
            known[parameter.name] = list(dict.fromkeys([*values, *map(str, parameter.known_values)]))
        if operation.job:
            parameter = operation.parameters_in("path")[-1]
            if not known[parameter.name]:
                known[parameter.name] = [f"simulated-{parameter.name}"]
    return known


def _routes(document: Document) -> Iterator[Route]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in document.operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    for path, operations in paths.items():
        pattern, count = "", 0
        for part in re.split(r"(\{[^{}]+\})", path):
            if part.startswith("{"):
                pattern, count = f"{pattern}(?P<p{count}>[^/]+)", count + 1
            else:
                pattern += re.escape(part)
        yield Route(document, re.compile(pattern.removesuffix("/") + "/*"), operations)


def _echo(operation: Operation, body: Any, values: Mapping[str, str]) -> Any:
    """Puts the request's own ids where an example holds one of the document's."""
    swaps = {
        str(sample): values[parameter.name]
        for parameter in operation.parameters_in("path")
        if parameter.name in values
        for sample in (example.value for example in parameter.examples)
    }

    def visit(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: visit(child) for key, child in node.items()}
        if isinstance(node, list):
            return [visit(child) for child in node]
        return swaps.get(node, node) if isinstance(node, str) else node

    return visit(body)


def _situation(operation: Operation, when: str, status: int, values: Mapping[str, str]) -> Response:
    """The documented answer to a situation, or the bare status where the document has none."""
    found = operation.situation(when)
    if found is None:
        return Response(status_code=status)
    described, media_type, example = found
    # A range such as 4XX leaves the choice to the server.
    code = int(described.status) if described.status.isdecimal() else status
    if media_type.is_json:
        return _json(described, _inside(operation, example.value, values), code)
    return Response(str(example.value), code, media_type=media_type.name, headers=_described_headers(described))


def _inside(operation: Operation, body: Any, values: Mapping[str, str]) -> Any:
    """Replaces the sample ids of the document inside the texts of an error by those of the request."""
    samples = {
        str(example.value): values[parameter.name]
        for parameter in operation.parameters_in("path")
        if parameter.name in values
        for example in parameter.examples
        if example.when == "unknown_id"
    }

    def visit(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: visit(child) for key, child in node.items()}
        if isinstance(node, list):
            return [visit(child) for child in node]
        if isinstance(node, str):
            for sample, value in samples.items():
                node = node.replace(sample, value)
        return node

    return visit(body)


def _described_headers(described: Described) -> dict[str, str]:
    return {name: str(header["example"]) for name, header in described.headers.items() if "example" in header}


def _json(described: Described, body: Any, status: int | None = None) -> Response:
    media_type = next((m.name for m in described.media_types if m.is_json), "application/json")
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    code = status or (int(described.status) if described.status.isdecimal() else 200)
    return Response(text, code, media_type=media_type, headers=_described_headers(described))


def _text(status: int, text: str) -> Response:
    return Response(text, status, media_type="text/plain")
