"""Starts of jobs: each job is started twice and polled to its end."""

import itertools

from attrs import evolve

from ...document import Operation
from ..exchange import documented_response
from ..jobs import follow_link, message, named_values, started_operations
from ..probe import Probe, StartProbe
from ..session import Session
from .polling import poll_job


def start_jobs(session: Session, operation: Operation) -> None:
    """Start jobs with the known parameters, twice each: two starts must start two different jobs."""
    if started_operations(session.target.document, operation):
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
    response, request = documented_response(operation, exchange.status or 0), message(operation, exchange)
    if not exchange.is_accepted or response is None:
        return
    document = session.target.document
    reporting = {one.id for one in started_operations(document, operation)}
    if not any(link.operation_id in reporting for link in response.links):
        return
    status_operation, parameters = follow_link(document, response, request)
    if status_operation is None or (job := status_operation.job) is None:
        session.check("start_resolves", Probe(operation, exchange))
        return
    identity = tuple(parameters.values())
    known = itertools.product(*(session.target.known[status_operation.id].get(name, ()) for name in parameters))
    existing = frozenset({*known, *started})
    probe = StartProbe(operation, exchange, status_operation=status_operation, started=identity, existing=existing)
    # A request that names the job starts it again.
    if parameters[job.parameter] not in named_values(request):
        session.check("start_is_new", probe)
    started.add(identity)
    probe = evolve(probe, others=poll_job(session, status_operation, job, parameters))
    session.check("start_resolves", probe)
    session.check("start_keeps_its_kind", probe)
    session.add_states(operation, probe.others, status_operation)
