"""A server that behaves as the documents say. No operation is known to it by name."""

import asyncio
import copy
import math
import random
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from attrs import define, field, frozen
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..document import MISSING, UNDER_WAY, Document, Example, MediaType, Operation, walk
from ..document import Response as Described
from . import wire
from .answers import as_documented, gateway, in_json, in_text, situation, spoil
from .clock import Clock, RunningClock
from .credentials import credentials, verdict
from .draws import Draws
from .echoes import Asked, asked, texts_changed
from .faults import Fault, Faults
from .jobs import Lives, put
from .journal import Journal
from .limits import Limits
from .parameters import BadParameter, UnknownParameter, check_headers, check_path, read_body, read_query

REMEMBERED = 1024  # queries


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

    `environment` names credentials and known ids, `disabled` the documents whose API is switched off, `draws` how long
    jobs take where nobody says it. With `enforce_limits`, more requests than a document allows are refused.
    """

    environment: Mapping[str, str] = field(factory=dict)
    clock: Clock = field(factory=RunningClock)
    seed: int = 0
    disabled: frozenset[str] = frozenset()
    request_log: TextIO | None = None
    draws: Draws = field(factory=Draws)
    enforce_limits: bool = False
    faults: tuple[Fault, ...] = ()


@define
class Exchange:
    """A request on its way through the simulator, its path below the name of the document, and what befalls it."""

    request: Request
    path: str = ""
    faults: list[Fault] = field(factory=list)

    def fault(self, kind: str) -> Fault | None:
        """The first fault of a kind."""
        for fault in self.faults:
            if fault.kind == kind:
                return fault
        return None


class Simulator:
    """An ASGI application that serves every document under its own name."""

    def __init__(self, documents: Iterable[Document], settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.documents = tuple(documents)
        self.credentials = {d.stem: credentials(d, self.settings.environment) for d in self.documents}
        self.known = {d.stem: known_ids(d, self.settings.environment) for d in self.documents}
        self._routes = {d.stem: list(routes(d)) for d in self.documents}
        self.lives: dict[tuple[str, str], Lives] = {}
        # Credentials are masked wherever they turn up, also in requests that lead nowhere.
        schemes = [scheme for d in self.documents for scheme in d.security_schemes.values()]
        self._secret_names = frozenset(scheme.name for scheme in schemes if scheme.where == "query")
        self._secret_values = tuple(
            form
            for held in self.credentials.values()
            for credential in held.values()
            for named in credential.named_values
            for value in (named, *named.split(":", 1)[1:])
            for form in {value, urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value)}
        )
        self._queries: dict[tuple[str, str, bytes], Mapping[str, Any] | Exception] = {}
        self.begin()

    def begin(self) -> None:
        """Begins anew: jobs, faults, limits and the requests that were seen are as at the start."""
        source = random.Random(self.settings.seed)  # noqa: S311 - made-up ids, repeatable
        self.faults = Faults(self.settings.seed)
        for fault in self.settings.faults:
            self.faults.add(fault)
        self.limits = Limits(self.settings.enforce_limits)
        self.journal = Journal()
        for document in self.documents:
            for operation in document.operations:
                if operation.job:
                    lives = Lives(operation, source, self.settings.draws)
                    lives.seed(self.known_of(document, operation))
                    self.lives[document.stem, operation.id] = lives

    def known_of(self, document: Document, operation: Operation) -> dict[str, list[str]]:
        """For each path parameter of an operation the values that exist from the start."""
        return known_ids_of(document, operation, self.settings.environment)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"wanted an http request, got {scope['type']}")
        exchange = Exchange(Request(scope, receive))
        self.settings.clock.request()
        try:
            response = await self._answer(exchange)
        except ClientDisconnect:
            self._note(exchange, None)
            return
        if scope["method"] == "HEAD":
            response.body = b""
        response.raw_headers.append((b"date", self.journal.date(self.settings.clock.now())))
        spoiled = exchange.faults and await self._spoil(exchange, response, receive)
        self._note(exchange, None if spoiled else response.status_code)
        if not spoiled:
            await response(scope, receive, send)

    async def _spoil(self, exchange: Exchange, response: Response, receive: Receive) -> bool:
        """Lets the wire go wrong; whether it did, and nothing is left to be sent."""
        if late := exchange.fault("latency"):
            await asyncio.sleep(late.seconds)
        scope = exchange.request.scope
        if exchange.fault("reset"):
            wire.reset(scope)
        elif exchange.fault("truncate"):
            wire.truncate(scope, response)
        elif slow := exchange.fault("trickle"):
            await wire.trickle(scope, response, slow.seconds)
        else:
            return False
        while (await receive())["type"] != "http.disconnect":
            pass
        return True

    def _note(self, exchange: Exchange, status: int | None) -> None:
        scope = exchange.request.scope
        target = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            target += "?" + masked(scope["query_string"].decode("latin-1"), self._secret_names)
        for value in self._secret_values:
            target = target.replace(value, "***")
        kinds = tuple(fault.kind for fault in exchange.faults)
        self.journal.add(self.settings.clock.now(), scope["method"], target, status, kinds)
        if self.settings.request_log is not None:
            print(scope["method"], target, status or "-", file=self.settings.request_log, flush=True)

    async def _answer(self, exchange: Exchange) -> Response:
        raw_path = exchange.request.scope["raw_path"].decode("latin-1")
        stem, _, rest = raw_path.lstrip("/").partition("/")
        for route in self._routes.get(stem, ()):
            match = route.pattern.fullmatch("/" + rest)
            if match:
                exchange.path = "/" + rest
                return await self._serve(route, match.groupdict(), exchange)
        for route in self._routes.get(stem, ()):
            for operation in route.operations.values():
                if operation.situation("not_served"):
                    exchange.path = "/" + rest
                    return self._situation(route.document, operation, "not_served", 404, exchange, {})
        served = ", ".join(f"/{name}" for name in self._routes)
        return in_text(404, f"nothing is served under {raw_path}; this simulator serves {served}")

    async def _serve(self, route: Route, raw_values: Mapping[str, str], exchange: Exchange) -> Response:
        document, request = route.document, exchange.request
        operation = route.operations.get(request.method)
        if operation is None:
            return self._other_method(route, request.method, exchange)
        names = [parameter.name for parameter in operation.parameters_in("path")]
        readable, decoded = True, list(raw_values.values())
        if any("%" in value for value in decoded):
            try:
                decoded = [urllib.parse.unquote(value, errors="strict") for value in decoded]
            except UnicodeDecodeError:
                readable = False
        exchange.faults = self.faults.due(document.stem, operation, decoded)
        if refused := self._refused(document, operation, decoded, exchange):
            return refused
        told = exchange.fault("example")
        named = _named(operation, str(told.value)) if told else None
        if named and named[2].when == "not_served":
            return as_documented(document, operation, named, 400, self._asked(document, operation, exchange), {})
        judged = verdict(operation, self.credentials[document.stem], request)
        if exchange.fault("expired"):
            judged = "wrong_credential"
        if judged in {"no_credential", "wrong_credential"}:
            return self._situation(document, operation, judged, 401, exchange, {})
        values = dict(zip(names, decoded, strict=True))
        if not readable:
            return self._situation(document, operation, "bad_parameter", 400, exchange, {})
        empty = "" in decoded and operation.situation("empty_id")
        try:
            if not empty:
                check_path(document, operation, values)
            check_headers(document, operation, request)
            query = self._query(document, operation, request)
            await read_body(document, operation, request)
        except BadParameter:
            return self._situation(document, operation, "bad_parameter", 400, exchange, values)
        except UnknownParameter:
            if operation.situation("unknown_parameter"):
                return self._situation(document, operation, "unknown_parameter", 400, exchange, values)
            query = {}
        if document.stem in self.settings.disabled and operation.situation("disabled"):
            return self._situation(document, operation, "disabled", 403, exchange, values)
        if judged == "wrong_scope":
            return self._situation(document, operation, "wrong_scope", 403, exchange, values)
        if named:
            return as_documented(document, operation, named, 400, self._asked(document, operation, exchange), values)
        if empty:
            return self._situation(document, operation, "empty_id", 404, exchange, values)
        if exchange.fault("unknown_id"):
            return self._situation(document, operation, "unknown_id", 404, exchange, values)
        response = (
            self._report(document, operation, values, query, exchange)
            if operation.job
            else self._act(document, operation, values, exchange)
        )
        if wrong := exchange.fault("content_type"):
            response.headers["content-type"] = str(wrong.value or "text/html")
        return response

    def _query(self, document: Document, operation: Operation, request: Request) -> Mapping[str, Any]:
        """As `read_query`; what the same query has been read as is remembered."""
        key = (operation.id, document.stem, request.scope["query_string"])
        known = self._queries.get(key)
        if known is None:
            if len(self._queries) >= REMEMBERED:
                self._queries.clear()
            try:
                known = read_query(document, operation, request)
            except (BadParameter, UnknownParameter) as error:
                known = error
            self._queries[key] = known
        if isinstance(known, Exception):
            raise known.with_traceback(None)
        return known

    def _refused(self, document: Document, operation: Operation, ids: list[str], exchange: Exchange) -> Response | None:
        """What something before the API answers: a gateway that is down, a limit that is reached."""
        fault = exchange.fault("status")
        if fault is not None:
            return gateway(operation, fault)
        if operation.job and (wait := self.limits.wait(document.stem, operation, ids, self.settings.clock.now())):
            return gateway(operation, Fault("status", status=429, retry_after=math.ceil(wait)))
        return None

    def _situation(
        self,
        document: Document,
        operation: Operation,
        when: str,
        status: int,
        exchange: Exchange,
        values: Mapping[str, str],
    ) -> Response:
        return situation(document, operation, when, status, self._asked(document, operation, exchange), values)

    def _asked(self, document: Document, operation: Operation, exchange: Exchange) -> Asked:
        query = exchange.request.scope["query_string"].decode("latin-1")
        target = exchange.path + (f"?{masked(query, self._secret_names)}" if query else "")
        return asked(document, operation, exchange.request.method, target)

    def _other_method(self, route: Route, method: str, exchange: Exchange) -> Response:
        allow = {"Allow": route.allow}
        if method == "OPTIONS":
            return Response(status_code=200, media_type="text/plain", headers=allow)
        operation = next(iter(route.operations.values()))
        response = self._situation(route.document, operation, "wrong_method", 405, exchange, {})
        response.headers.update(allow)
        return response

    def _report(
        self,
        document: Document,
        operation: Operation,
        values: Mapping[str, str],
        query: Mapping[str, Any],
        exchange: Exchange,
    ) -> Response:
        lives = self.lives[document.stem, operation.id]
        view = query.get(lives.job.detail.parameter) if lives.job.detail else None
        now = self.settings.clock.now()
        if exchange.fault("stale"):
            body = lives.read_stale(values, view, now)
        elif exchange.fault("backwards"):
            body = lives.read_backwards(values, view, now)
        else:
            body = lives.read(values, view, now)
        if not body:
            return self._situation(document, operation, "unknown_id", 404, exchange, values)
        for fault in exchange.faults:
            spoil(body, fault, lives.job.state)
        return in_json(operation.success, body)

    def _act(self, document: Document, operation: Operation, values: Mapping[str, str], exchange: Exchange) -> Response:
        """Answers an operation that reports no job: with its example, and with a new job where it starts one."""
        known = self.known_of(document, operation)
        if any(
            value not in known.get(name, ()) and not self._is_job(document, name, value)
            for name, value in values.items()
        ):
            return self._situation(document, operation, "unknown_id", 404, exchange, values)
        response = operation.success
        examples = [example for media_type, example in response.examples if media_type.is_json and example.when is None]
        if not examples:
            return in_json(response, {})
        own = [example for example in examples if set(values.values()) & set(map(str, example.value.values()))]
        chosen = own[0] if own else self._unfinished(document, operation, examples)
        body = _echo(operation, copy.deepcopy(chosen.value), values)
        for link in response.follow:
            lives = self.lives[document.stem, link.operation_id]
            first = link.parameters[lives.id_parameter]
            current = walk(body, first)
            if current is MISSING:
                continue
            if lives.id_parameter in values:
                # It acts on a job that there is.
                put(body, first, lives.typed_id(values[lives.id_parameter]))
                lives.leave(values, response.leaves, self.settings.clock.now())
                break
            fresh = lives.new_id(str(current))
            put(body, first, int(fresh) if isinstance(current, int) else fresh)
            started = {name: str(walk(body, path)) for name, path in link.parameters.items()}
            if response.leaves == UNDER_WAY:
                lives.start(started, body)
            else:
                lives.leave(started, response.leaves, self.settings.clock.now())
            break
        return in_json(response, body)

    def _is_job(self, document: Document, name: str, value: str) -> bool:
        """Whether a path parameter names a job that an operation of the document reports."""
        return any(
            lives.id_parameter == name and lives.has(value)
            for (stem, _), lives in self.lives.items()
            if stem == document.stem
        )

    def _unfinished(self, document: Document, operation: Operation, examples: list[Any]) -> Any:
        """The first example whose job is still under way, so that there is something to wait for."""
        for link in operation.success.follow:
            job = self.lives[document.stem, link.operation_id].job
            for example in examples:
                if walk(example.value, job.state) in job.pending:
                    return example
        return examples[0]


def known_ids(document: Document, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """For each path parameter the values that exist from the start: those of the environment, then the examples."""
    known: dict[str, list[str]] = {}
    for operation in document.operations:
        for name, values in known_ids_of(document, operation, environment).items():
            known[name] = list(dict.fromkeys([*known.get(name, ()), *values]))
    return known


def known_ids_of(document: Document, operation: Operation, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """As `known_ids`, for one operation: the same name can stand for another thing elsewhere."""
    known: dict[str, list[str]] = {}
    for parameter in operation.parameters_in("path"):
        named = environment.get(document.environment_variable(parameter.name))
        known[parameter.name] = list(dict.fromkeys([*([named] if named else []), *map(str, parameter.known_values)]))
    if operation.job and known and not known[last := list(known)[-1]]:
        known[last] = [f"simulated-{last}"]
    return known


def routes(document: Document) -> Iterator[Route]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in document.operations:
        paths.setdefault(operation.path, {})[operation.method] = operation

    # What is written out goes before what is a parameter, segment by segment.
    def concrete_first(path: str) -> list[bool]:
        return ["{" in segment for segment in path.split("/")]

    for path, operations in sorted(paths.items(), key=lambda entry: concrete_first(entry[0])):
        pattern, count = "", 0
        segment = "[^/]*" if any(o.situation("empty_id") for o in operations.values()) else "[^/]+"
        for part in re.split(r"(\{[^{}]+\})", path):
            if part.startswith("{"):
                pattern, count = f"{pattern}(?P<p{count}>{segment})", count + 1
            else:
                pattern += re.escape(part)
        yield Route(document, re.compile(pattern.removesuffix("/") + "/*"), operations)


def masked(query: str, secret: frozenset[str]) -> str:
    """A query with the values of its credentials masked."""
    if not secret:
        return query
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(
        f"{name}=***" if urllib.parse.unquote_plus(name) in secret else f"{name}{sign}{value}"
        for name, sign, value in pairs
    )


def _echo(operation: Operation, body: Any, values: Mapping[str, str]) -> Any:
    """Puts the request's own ids where an example holds one of the document's."""
    swaps = {
        str(sample): values[parameter.name]
        for parameter in operation.parameters_in("path")
        if parameter.name in values
        for sample in (example.value for example in parameter.examples)
    }

    return texts_changed(body, lambda text: swaps.get(text, text))


def _named(operation: Operation, name: str) -> tuple[Described, MediaType, Example] | None:
    """The answer whose example has a name."""
    for response in operation.responses:
        for media_type, one in response.examples:
            if one.name == name:
                return response, media_type, one
    return None
