"""Mutants: what each changes in a conforming server, which rule that violates, and how a run proves that it did.

A mutant is a function with `@mutant` that gets an `Api` and returns a mutation. Its witness is a predicate on the log
of the run, which knows nothing of the verification: it holds only if the server has violated the rule in that run.
"""

import base64
import copy
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from attrs import Factory, define, field, frozen

from ..document import MISSING, Document, JobLifecycle, Keys, Operation, SecurityScheme, walk
from .messages import Exchange, Log, Mutation, Request, Response, Serve

Kind = Literal["lifecycle", "authentication", "http", "query", "wire", "schema"]
FINAL = frozenset({"success", "partial", "failure"})


@frozen
class Api:
    """The API that a mutant changes: one operation that reports a job, and one that starts it, if there is one."""

    document: Document
    operation: Operation
    start: Operation | None
    scheme: SecurityScheme | None
    credential: str

    @property
    def job(self) -> JobLifecycle:
        """The lifecycle of the job."""
        assert self.operation.job is not None  # noqa: S101 - see `apis`
        return self.operation.job

    @property
    def is_optional(self) -> bool:
        """Whether the document allows requests without a credential."""
        return any(not keys for keys in self.operation.security)

    def job_id(self, request: Request) -> str | None:
        """Return the id in a request for a status, or None for another request."""
        return self._id(self.operation, request) if request.method == self.operation.method else None

    def path_id(self, request: Request) -> str | None:
        """Return the id in the path of the status, with any method."""
        return self._id(self.operation, request)

    def is_start(self, request: Request) -> bool:
        """Return whether a request starts a job."""
        is_method = self.start is not None and request.method == self.start.method
        return is_method and self.start is not None and self._match(self.start, request) is not None

    def _match(self, operation: Operation, request: Request) -> re.Match[str] | None:
        pattern = re.sub(r"\\\{[^{}]+\\\}", "([^/]+)", re.escape(f"/{self.document.stem}{operation.path}"))
        return re.fullmatch(pattern, request.path)

    def _id(self, operation: Operation, request: Request) -> str | None:
        found = self._match(operation, request)
        return urllib.parse.unquote(found.groups()[-1]) if found and found.groups() else None

    def state(self, body: Any) -> Any:
        """Return the state in a status, or `MISSING`."""
        return self.job.state_of(body)

    def kind(self, body: Any) -> str | None:
        """Return the kind of the state in a status."""
        return self.job.kinds.get(self.state(body))

    def first(self, kind: str) -> str:
        """Return the first state of a kind."""
        return next(state for state, each in self.job.kinds.items() if each == kind)

    def has_credential(self, request: Request) -> bool:
        """Return whether a request has the valid credential where the scheme places it."""
        return self.scheme is None or request.header(self.credential_header) == self.credential_value

    @property
    def credential_header(self) -> str:
        """The name of the header with the credential, in lower case."""
        is_key = self.scheme is not None and self.scheme.type == "apiKey"
        return self.scheme.name.lower() if is_key and self.scheme else "authorization"

    @property
    def credential_value(self) -> str:
        """The value of the header with the credential."""
        if self.scheme is None or self.scheme.type == "apiKey":
            return self.credential
        if self.scheme.scheme == "basic":
            return "Basic " + base64.b64encode(self.credential.encode()).decode()
        return f"Bearer {self.credential}"

    def authorized(self, request: Request) -> Request:
        """Return a request with the valid credential."""
        return request.with_header(self.credential_header, self.credential_value)


@frozen
class Mutant:
    """A faulty server. `expected` are the checks of which at least one must fail."""

    id: str
    kind: Kind
    clause: str
    description: str
    expected: frozenset[str]
    make: Callable[[Api], Mutation]
    witness: Callable[[Api, Log], bool]
    needs: Callable[[Api], bool]


MUTANTS: list[Mutant] = []
Make = Callable[[Api], Mutation]
Witness = Callable[[Api, Log], bool]


def mutant(
    kind: Kind, expected: str, clause: str, witness: Witness, needs: Callable[[Api], bool] = lambda _: True
) -> Callable[[Make], Make]:
    """Register a function that makes a mutation; its name is the id, the first line of its docstring describes it."""

    def register(make: Make) -> Make:
        description = (make.__doc__ or "").strip().splitlines()[0].rstrip(".")
        checks = frozenset(expected.split())
        MUTANTS.append(Mutant(make.__name__, kind, clause, description, checks, make, witness, needs))
        return make

    return register


@define
class Poll:
    """One successful poll of a job that a mutation may change: `body` in place, or `response`.

    `memory` is kept per job, `shared` for the run; `number` counts the polls of the job, `after_end` those after the
    first one that reported its end.
    """

    request: Request
    response: Response
    body: dict[str, Any]
    job_id: str
    kind: str | None
    memory: dict[str, Any]
    shared: dict[str, Any]
    number: int = 0
    after_end: int = -1

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self.kind in FINAL


def on_status(api: Api, change: Callable[[Poll], Response | None]) -> Mutation:
    """Return a mutation of the responses that report a job; `change` may change the body in place."""
    memories: dict[str, dict[str, Any]] = {}
    shared: dict[str, Any] = {}

    async def mutation(request: Request, serve: Serve) -> Response:
        response, job_id = await serve(request), api.job_id(request)
        if job_id is None or not response.is_success or not isinstance(response.json, dict):
            return response
        memory = memories.setdefault(job_id, {"polls": 0, "ended": -1})
        memory["polls"] += 1
        body = copy.deepcopy(response.json)
        kind = api.kind(body)
        if kind in FINAL:
            memory["ended"] += 1
        poll = Poll(request, response, body, job_id, kind, memory, shared, memory["polls"], memory["ended"])
        changed = change(poll)
        if changed is not None:
            return changed
        return response if poll.body == response.json else response.with_json(poll.body)

    return mutation


def on_response(change: Callable[[Request, Response], Response | None]) -> Mutation:
    """Return a mutation of any response."""

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        return change(request, response) or response

    return mutation


def on_request(change: Callable[[Request], Request | Response]) -> Mutation:
    """Return a mutation that changes a request before the server gets it, or responds itself."""

    async def mutation(request: Request, serve: Serve) -> Response:
        changed = change(request)
        return changed if isinstance(changed, Response) else await serve(changed)

    return mutation


def put(body: Any, path: Keys, value: Any) -> None:
    """Set or, with `MISSING`, remove the value at a path of an object."""
    for key in path[:-1]:
        body = body.setdefault(key, {}) if isinstance(body, dict) else body[int(key)]
    if value is MISSING:
        body.pop(path[-1], None)
    else:
        body[path[-1]] = value


# Parts of witnesses.


@frozen
class Report:
    """A status as it was sent, and as the conforming server has returned it."""

    job_id: str
    request: Request
    sent: Any
    conforming: Any
    exchange: Exchange


def reports(api: Api, log: Log) -> Iterator[Report]:
    """Yield every status that was sent."""
    for exchange in log:
        job_id = api.job_id(exchange.request)
        if job_id is not None and exchange.sent.is_success and isinstance(exchange.sent.json, dict):
            conforming = exchange.conforming.json if exchange.conforming else MISSING
            yield Report(job_id, exchange.request, exchange.sent.json, conforming, exchange)


def by_job(api: Api, log: Log) -> Mapping[str, list[Report]]:
    """Return the statuses of each job, in order."""
    found: dict[str, list[Report]] = {}
    for report in reports(api, log):
        found.setdefault(report.job_id, []).append(report)
    return found


def some_report(test: Callable[[Api, Report], bool]) -> Witness:
    """Return a witness: one status satisfies a test."""
    return lambda api, log: any(test(api, report) for report in reports(api, log))


def some_pair(test: Callable[[Api, Report, Report], bool]) -> Witness:
    """Return a witness: an earlier and a later status of one job satisfy a test."""

    def witness(api: Api, log: Log) -> bool:
        jobs = by_job(api, log).values()
        return any(
            test(api, first, second) for seen in jobs for index, second in enumerate(seen) for first in seen[:index]
        )

    return witness


def some_exchange(test: Callable[[Api, Exchange], bool]) -> Witness:
    """Return a witness: one exchange satisfies a test."""
    return lambda api, log: any(test(api, exchange) for exchange in log)


def differs(path: Callable[[Api], Keys]) -> Callable[[Api, Report], bool]:
    """Return a test: the value at a path is not that of the conforming server."""
    return lambda api, report: walk(report.sent, path(api)) != walk(report.conforming, path(api))


@define
class Counter:
    """Counts calls."""

    count: int = field(default=0)
    seen: dict[str, int] = Factory(dict)

    def next(self) -> int:
        """Return the number of this call, from 1."""
        self.count += 1
        return self.count
