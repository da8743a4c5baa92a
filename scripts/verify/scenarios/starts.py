"""Starts of jobs: each job is started twice and polled to its end."""

import itertools
import re
import uuid
from collections.abc import Iterator, Set

from attrs import evolve

from ...document import Message, Operation
from ...document.expression import BODY, HEADER
from ..exchange import Exchange, documented_response
from ..jobs import follow_link, message, named_values, reports_job, sent_parameters, started_operations
from ..probe import Probe, StartProbe
from ..sender import RequestChanges
from ..session import Session
from .polling import poll_job

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{2,199}")
CONFLICT = 409
IDEMPOTENCY_KEY = "idempotency-key"
MAX_CANDIDATES = 12  # strings of a refusal under which a job is looked for
HTTP_HEADERS = frozenset({"date", "server", "content-type", "content-length", "connection", "allow", "vary", "via"})


def start_jobs(session: Session, operation: Operation) -> None:
    """Start jobs with the known parameters, twice each: two starts must start two different jobs."""
    if started_operations(session.target.document, operation):
        started: set[tuple[str, ...]] = set()
        last: StartProbe | None = None
        for values in session.known_values(operation):
            for _ in range(2):
                with session.guarded("start_resolves", operation.id):
                    last = _start_and_poll(session, operation, values, started) or last
        if last is not None and session.is_full:
            with session.guarded("refused_start", operation.id):
                _start_refused(session, operation, session.known_values(operation)[0], last)


def _start_refused(session: Session, operation: Operation, values: dict[str, str], last: StartProbe) -> None:
    """Send starts that are refused, and poll the job that was started last: it must not change. Then start again."""
    changes: list[tuple[dict[str, str], RequestChanges]] = []
    if required := session.required_credentials(operation, values):
        changes.append((values, {"credentials": {}}))
        changes += [(values, {"credentials": one.changed("wrong:wrong")}) for one in required]
    if operation.bodies:
        changes.append((values, {"content": b"{", "headers": {"content-type": operation.bodies[0].name}}))
    for parameter in sent_parameters(operation):
        unknown = next((str(e.value) for e in parameter.examples if e.scenario == "unknown_id"), None)
        changes += [({**values, parameter.name: unknown}, {})] if unknown is not None else []
    for sent, change in changes:
        exchange = session.call(operation, sent, documented=False, **change)
        _check_refusal(session, operation, exchange, {*last.existing, last.started}, last)
    for _ in range(2 if changes else 0):
        parameters = dict(zip(last.names, last.started, strict=True))
        session.call(last.status_operation, parameters, plain=True)
    if required:
        session.check("after_refusal", Probe(operation, session.call(operation, values), (last.exchange,)))


def _check_refusal(
    session: Session,
    operation: Operation,
    exchange: Exchange,
    existing: Set[tuple[str, ...]],
    last: StartProbe | None = None,
) -> None:
    """Check that a refused start names no new job; after another start, also anywhere in the response.

    A 409 may name the job that is in the way.
    """
    if not session.is_full:
        return
    reporting = started_operations(session.target.document, operation)[0]
    announced = _announced(session, operation, reporting, message(operation, exchange))
    if exchange.status == CONFLICT and announced in existing:
        announced = ()
    if last is not None and not announced:
        announced = _hidden(session, exchange, last)
    probe = StartProbe(
        operation, exchange, status_operation=reporting, names=(), started=announced, existing=frozenset()
    )
    session.check("refused_start", probe)


def _announced(session: Session, operation: Operation, reporting: Operation, sent: Message) -> tuple[str, ...]:
    """Return the parameters of a job that a refusal names itself, as the response to a start does; else nothing."""
    if location := reporting.parameters_of_url(sent.headers.get("location", "")):
        return tuple(location.values())
    for response in operation.responses:
        is_named = any(value.source in (BODY, HEADER) for link in response.links for value in link.parameters.values())
        _, parameters = follow_link(session.target.document, response, sent)
        if response.is_success and is_named and set(parameters.values()) - named_values(sent):
            return tuple(parameters.values())
    return ()


def _hidden(session: Session, exchange: Exchange, last: StartProbe) -> tuple[str, ...]:
    """Return the parameters of a job that a string anywhere in a refusal names, and that has a status; else nothing."""
    operation, job = last.status_operation, last.status_operation.job
    if job is None or exchange.status is None or not 400 <= exchange.status < 500:
        return ()
    known = {*itertools.chain(*last.existing), *last.started, *named_values(message(last.operation, exchange))}
    found = [one for one in dict.fromkeys(_strings(exchange)) if one not in known and one not in exchange.url]
    for candidate in found[:MAX_CANDIDATES]:
        values = {**dict(zip(last.names, last.started, strict=True)), job.parameter: candidate}
        other = {**values, job.parameter: f"{candidate[:-1]}{'0' if candidate[-1] != '0' else '1'}"}
        # A server that reports any id as a job says nothing about this one.
        if _reports(session, operation, values) and not _reports(session, operation, other):
            return tuple(values.values())
    return ()


def _reports(session: Session, operation: Operation, values: dict[str, str]) -> bool:
    return reports_job(operation, session.call(operation, values, documented=False))


def _strings(exchange: Exchange) -> Iterator[str]:
    """Yield what can be the id of a job in a response: each string of that form, and the parts of longer ones."""
    headers = [value for name, value in exchange.headers.items() if name not in HTTP_HEADERS]
    parts = [exchange.body.decode(errors="replace"), *headers]
    yield from (found for part in parts for found in ID.findall(part) if not found.isalpha())


def _fresh_keys(session: Session, operation: Operation, number: int) -> dict[str, str]:
    """Return a new idempotency key, if the operation takes one: a server returns the same job for the same key."""
    document, fresh = session.target.document, str(uuid.uuid5(uuid.NAMESPACE_URL, f"{operation.id} {number}"))
    for parameter in operation.parameters_in("header"):
        if parameter.name.lower() == IDEMPOTENCY_KEY:
            is_valid = document.validator(parameter.schema).is_valid
            forms = (fresh, fresh.replace("-", "")[:16])
            return {IDEMPOTENCY_KEY: next((key for key in forms if is_valid(key)), fresh)}
    return {}


def _start_and_poll(
    session: Session, operation: Operation, values: dict[str, str], started: set[tuple[str, ...]]
) -> StartProbe | None:
    """Start a job and poll it under the id in the response; add it to those that were started."""
    exchange = session.call(operation, values, headers=_fresh_keys(session, operation, len(started)))
    response, request = documented_response(operation, exchange.status or 0), message(operation, exchange)
    if not exchange.is_accepted or response is None:
        _check_refusal(session, operation, exchange, started)
        return None
    document = session.target.document
    reporting = {one.id for one in started_operations(document, operation)}
    if not any(link.operation_id in reporting for link in response.links):
        return None
    status_operation, parameters = follow_link(document, response, request)
    if status_operation is None or (job := status_operation.job) is None:
        session.check("start_resolves", Probe(operation, exchange))
        return None
    identity = tuple(parameters.values())
    known = itertools.product(*(session.target.known[status_operation.id].get(name, ()) for name in parameters))
    existing = frozenset({*known, *started})
    probe = StartProbe(
        operation,
        exchange,
        status_operation=status_operation,
        names=tuple(parameters),
        started=identity,
        existing=existing,
    )
    # A request that names the job starts it again.
    if parameters[job.parameter] not in named_values(request):
        session.check("start_is_new", probe)
    started.add(identity)
    probe = evolve(probe, others=poll_job(session, status_operation, job, parameters))
    session.check("start_resolves", probe)
    session.check("start_keeps_its_kind", probe)
    session.check("start_state", probe)
    session.add_states(operation, probe.others, status_operation)
    return probe
