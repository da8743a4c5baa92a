"""Polls of jobs to their end."""

import time
from collections.abc import Mapping
from typing import Any

from ...document import JobLifecycle, Operation, fields_of, walk
from ..exchange import Exchange
from ..jobs import kind_of, reports_job
from ..probe import Probe, ViewsProbe
from ..session import Session

MAX_POLLS = {"full": 24, "live": 10}  # of one job
POLL_INTERVAL = 0.2  # seconds between the first two polls of a job of a live server; at most ten times that
MAX_JOBS = 3  # that are read in turn
IN_TURN = {2: (0, 0, 1, 1, 0), 3: (0, 0, 1, 1, 2, 2, 0, 2, 1, 0)}  # each job after each job, by their number
FORMS: tuple[Mapping[str, str], ...] = ({}, {"accept-encoding": "identity"})  # the headers of polls, alternately
MAX_POLL_TIME = 12.0  # seconds of polling one job of a live server


def poll_known_jobs(session: Session) -> None:
    """Poll the jobs that are known to exist; one for each operation of a live server."""
    for operation in session.target.operations:
        if operation.job:
            for values in session.known_values(operation)[: None if session.is_full else 1]:
                with session.guarded("the lifecycle of a job", operation.id):
                    poll_job(session, operation, operation.job, values)


def read_jobs_in_turn(session: Session, operation: Operation) -> None:
    """Read up to three jobs in turn, so that each follows each, and then concurrently."""
    jobs = session.known_values(operation)[:MAX_JOBS]
    if not session.is_full or len(jobs) < 2:
        return
    with session.guarded("jobs_apart", operation.id):
        order, detail = IN_TURN[len(jobs)], operation.job.detail if operation.job else None
        widest = {detail.parameter: detail.values[-1]} if detail else {}
        reads = [session.call(operation, jobs[number], widest, plain=True) for number in order]
        own = {number: reads[index + 1] for index, number in enumerate(order[1:]) if order[index] == number}
        followed = [(order[index + 1], reads[index + 1], [own[number]]) for index, number in enumerate(order[:-1])]
        others = [(number, [own[other] for other in own if other != number]) for number in own]
        for _ in range(2):
            concurrent = session.call_concurrently(operation, jobs, widest)
            followed += [(number, concurrent[number], neighbours) for number, neighbours in others]
        # The first read may have values of the other job too.
        again = {
            number: [session.call(operation, jobs[number], widest, plain=True) for _ in range(2)] for number in own
        }
        for number, exchange, neighbours in followed:
            session.check("jobs_apart", Probe(operation, exchange, (own[number], again[number][1], *neighbours)))


def poll_job(session: Session, operation: Operation, job: JobLifecycle, values: dict[str, str]) -> tuple[Exchange, ...]:
    """Poll a job until it has ended, with every value of its `detail` parameter; return the polls."""
    polls: list[Exchange] = []
    deadline = time.monotonic() + MAX_POLL_TIME
    count_of_views = len(job.detail.values) if job.detail else 1
    for count in range(MAX_POLLS[session.target.profile] // count_of_views):
        polls += _poll_views(session, operation, job, values, count)
        if kind_of(operation, polls[-1]) != "pending":
            break
        if not session.target.stepping:
            wait = POLL_INTERVAL * min(count + 1, 10)
            if time.monotonic() + wait > deadline:
                break
            time.sleep(wait)
    last = polls[-1]
    if session.target.stepping or (session.is_full and _ends_in_document(operation, job, values)):
        session.check("ends", Probe(operation, last, tuple(polls[:-1])))
    elif kind_of(operation, last) == "pending":
        session.add_unended(operation, values, last)
    if reports_job(operation, last) and kind_of(operation, last) != "pending" and session.is_full:
        # More polls, in each form: a job that has ended must not change.
        for count in range(len(FORMS)):
            polls += _poll_views(session, operation, job, values, count)
    return tuple(polls)


def _ends_in_document(operation: Operation, job: JobLifecycle, values: dict[str, str]) -> bool:
    """Return whether an example of the document shows the end of a job."""
    bodies = [example.value for _, example in operation.success.examples if example.scenario is None]
    own = [body for body in bodies if job.id and job.is_id(walk(body, job.id), values[job.parameter])]
    return any(job.is_final(str(job.state_of(body))) for body in own)


def _poll_views(
    session: Session, operation: Operation, job: JobLifecycle, values: dict[str, str], count: int
) -> list[Exchange]:
    """Poll once with every value of the `detail` parameter, in the form that the number of the poll selects.

    In every second poll, the parameter is omitted where its default has the same meaning.
    """
    headers = FORMS[count % len(FORMS)]
    queries: list[dict[str, Any]] = [{}]
    if job.detail:
        name = job.detail.parameter
        default = next((p.schema.get("default") for p in operation.parameters_in("query") if p.name == name), None)
        queries = [{} if count % 2 and value == default else {name: value} for value in job.detail.values]
    views = [session.call(operation, values, query, plain=True, headers=headers) for query in queries]
    schemas = [media_type.schema for media_type in operation.success.media_types]
    described = {keys[0] for schema in schemas for keys in fields_of(session.target.document.data, schema)}
    session.check("detail", ViewsProbe(operation, views[-1], tuple(views[:-1]), described=frozenset(described)))
    return views
