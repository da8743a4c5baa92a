"""Polls of jobs to their end."""

import time

from ...document import JobLifecycle, Operation
from ..exchange import Exchange
from ..jobs import kind_of, reports_job
from ..probe import Probe
from ..session import Session

MAX_POLLS = {"full": 24, "live": 10}  # of one job
POLL_INTERVAL = 0.2  # seconds between the first two polls of a job of a live server; at most ten times that
MAX_POLL_TIME = 12.0  # seconds of polling one job of a live server


def poll_known_jobs(session: Session) -> None:
    """Poll the jobs that are known to exist; one for each operation of a live server."""
    for operation in session.target.operations:
        if operation.job:
            for values in session.known_values(operation)[: None if session.is_full else 1]:
                with session.guarded("the lifecycle of a job", operation.id):
                    poll_job(session, operation, operation.job, values)


def poll_job(session: Session, operation: Operation, job: JobLifecycle, values: dict[str, str]) -> tuple[Exchange, ...]:
    """Poll a job until it has ended, with every value of its `detail` parameter; return the polls."""
    polls: list[Exchange] = []
    deadline = time.monotonic() + MAX_POLL_TIME
    count_of_views = len(job.detail.values) if job.detail else 1
    for count in range(MAX_POLLS[session.target.profile] // count_of_views):
        polls += _poll_views(session, operation, job, values)
        if kind_of(operation, polls[-1]) != "pending":
            break
        if not session.target.stepping:
            wait = POLL_INTERVAL * min(count + 1, 10)
            if time.monotonic() + wait > deadline:
                break
            time.sleep(wait)
    last = polls[-1]
    if session.target.stepping:
        session.check("ends", Probe(operation, last, tuple(polls[:-1])))
    if reports_job(operation, last) and kind_of(operation, last) != "pending" and session.is_full:
        # One more poll: a job that has ended must not change.
        polls += _poll_views(session, operation, job, values)
    return tuple(polls)


def _poll_views(session: Session, operation: Operation, job: JobLifecycle, values: dict[str, str]) -> list[Exchange]:
    """Poll once with every value of the `detail` parameter."""
    queries = [{job.detail.parameter: value} for value in job.detail.values] if job.detail else [{}]
    views = [session.call(operation, values, query) for query in queries]
    session.check("detail", Probe(operation, views[-1], tuple(views[:-1])))
    return views
