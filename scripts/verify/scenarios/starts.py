"""Starts of jobs: each job is started twice and polled to its end."""

import itertools

from ...document import Operation
from ..exchange import documented_response, resolve_link
from ..probe import Probe, StartProbe
from ..session import Session
from .polling import poll_job


def start_jobs(session: Session, operation: Operation) -> None:
    """Start jobs with the known parameters, twice each: two starts must start two different jobs."""
    if operation.is_start:
        started: set[tuple[str, ...]] = set()
        for values in session.known_values(operation):
            for _ in range(2):
                with session.guarded("start_resolves", operation.id):
                    _start_and_poll(session, operation, values, started)


def _start_and_poll(
    session: Session, operation: Operation, values: dict[str, str], started: set[tuple[str, ...]]
) -> None:
    """Start a job and poll it under the id in the response; add it to those that were started."""
    exchange = session.call(operation, values)
    response = documented_response(operation, exchange.status or 0)
    if not exchange.is_accepted or response is None:
        return
    link, parameters = resolve_link(response, exchange.json)
    if link is None:
        session.check("start_resolves", Probe(operation, exchange))
        return
    status_operation = session.target.document.operation(link)
    if (job := status_operation.job) is None:
        return
    identity = tuple(parameters.values())
    known = itertools.product(*(session.target.known.get(name, ()) for name in parameters))
    existing = frozenset({*known, *started})
    probe = StartProbe(operation, exchange, job=job, started=identity, existing=existing)
    session.check("start_is_new", probe)
    started.add(identity)
    polls = poll_job(session, status_operation, job, parameters)
    probe = StartProbe(operation, exchange, polls, job=job, started=identity, existing=existing)
    session.check("start_resolves", probe)
    session.check("start_keeps_its_kind", probe)
    session.add_states(operation, polls, status_operation)
