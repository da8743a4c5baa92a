"""Verification of one target: preflight, then deterministic requests, then schemathesis."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import httpx
from attrs import evolve

from ..cli import SignalInterrupt
from ..document import Operation
from . import engine
from .exchange import Exchange
from .jobs import is_read
from .preflight import InconclusiveError, preflight
from .result import Result
from .scenarios.documented import request_scenarios
from .scenarios.edge_cases import request_edge_cases
from .scenarios.polling import poll_known_jobs, read_jobs_in_turn
from .scenarios.starts import start_jobs
from .sender import TimeBudgetExceededError
from .session import Session
from .target import Target

SECONDS = 300  # default maximum for one document
SECONDS_PER_OPERATION = 6  # if that is more
Show: TypeAlias = Callable[[str], object]  # what shows the step that is running


def default_seconds(target: Target) -> int:
    """Return the default maximum for a document."""
    return max(SECONDS, SECONDS_PER_OPERATION * len(target.operations))


def announcement(target: Target) -> str:
    """Return the line that is printed before the first request: the server, the operations and the request limit."""
    names = ", ".join(operation.id for operation in target.operations)
    methods = "reads and writes" if target.writes else "reads only"
    return (
        f"verifying {target.redact(target.base_url)} against {target.document.path} "
        f"({target.profile} profile, {methods}): {names}, at most {target.max_requests} requests each"
    )


def verify(
    target: Target,
    seed: int | None,
    seconds: int = SECONDS,
    transport: httpx.AsyncBaseTransport | None = None,
    show: Show = lambda _: None,
) -> Result:
    """Run every check on every operation of the target, for at most `seconds`.

    Without a seed, only the deterministic requests are sent, and `transport` may replace the network; `show` is called
    with each step. An interrupt at any time ends the verification with what it has found until then.
    """
    session = Session(target, seconds, transport=transport)
    try:
        with session:
            _verify_within(session, seed, seconds, show)
    except KeyboardInterrupt as error:
        reason = str(error) if isinstance(error, SignalInterrupt) else "stopped by SIGINT"
        session.result.problems.append(f"{reason}: only partly checked")
        session.result.stopped = error
    return session.result


def _verify_within(session: Session, seed: int | None, seconds: int, show: Show) -> None:
    target, result = session.target, session.result
    result.skipped_operations = tuple(
        f"{operation.id} is a {operation.method}; {_way_out(target, operation)}"
        for operation in target.document.operations
        if operation not in target.operations
    )
    if target.profile == "live" and not target.writes:
        result.notes.append("a live run sends reads only: no other method, no body, and few edge cases")
    try:
        session.target, exchanges = preflight(target, session.sender)
        run_deterministic_checks(session, exchanges, show)
        if seed is not None:
            show("generating requests")
            with session.guarded("schemathesis", "all operations"):
                engine.run_schemathesis(session, seed)
    except InconclusiveError as error:
        result.problems.append(str(error))
        return
    except TimeBudgetExceededError:
        result.problems.append(f"stopped after {seconds} s, only partly checked; increase --max-time")
    if session.sender.network_errors.seen:
        result.notes.append(str(session.sender.network_errors))
    if not target.stepping:
        result.needs_ends = session.is_full
        unmoved = dict(_unmoved_jobs(session))
        result.notes += unmoved.values()
        result.notes += [
            f"no end was seen of {operation_id} {'/'.join(values)}, {target.redact(state)} in the last poll"
            for (operation_id, *values), state in result.unended.items()
            if (operation_id, *values) not in unmoved
        ]
    for operation in target.operations:
        if not result.coverage[operation.id].accepted:
            hint = "" if session.known_values(operation) else "; it requires a known id"
            result.problems.append(f"{operation.id} never returned a 2xx, so it could not be checked{hint}")


def _way_out(target: Target, operation: Operation) -> str:
    if evolve(target, writes=True).may_call(operation):
        return "set ALLOW_WRITES=1 to send it"
    return "it could change or delete what exists, so it is sent to the simulator only"


def _unmoved_jobs(session: Session) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield key and warning of each known job that was pending and the same in every poll, if no other ended."""
    document, result = session.target.document, session.result
    for (operation_id, *values), entries in result.timelines.items():
        operation = document.operation(operation_id)
        has_seen_end = operation.job and any(map(operation.job.is_final, result.coverage[operation_id].seen_states))
        known = next((one for one in session.known_values(operation) if set(values) <= set(one.values())), None)
        pending = operation.job.pending if operation.job else ()
        polls = sum(entry.count for entry in entries)
        is_moving = polls < 2 or any(entry.changed or entry.state not in pending for entry in entries)
        if known is not None and not has_seen_end and not is_moving:
            names = " and ".join(document.environment_variable(name) for name in known)
            yield (
                (operation_id, *values),
                f"warning: {operation_id} returned {entries[0].state} in all {polls} polls of {'/'.join(values)} and "
                f"nothing changed, so no end was seen; verify again with {names} set to a job that moves or has ended",
            )


def run_deterministic_checks(session: Session, exchanges: Sequence[Exchange] = (), show: Show = lambda _: None) -> None:
    """Run the deterministic part alone: lifecycle of jobs, documented scenarios, and edge cases.

    `exchanges` are those of the preflight; `show` is called with each step.
    """
    show("polling and starting jobs")
    for exchange in exchanges:
        session.publish(evolve(exchange, is_plain=is_read(session.target.document.operation(exchange.operation_id))))
    if not session.is_full:
        session.narrow(exchanges)
    poll_and_start_jobs(session)
    for operation in session.target.operations:
        show(f"edge cases of {operation.id}")
        request_edge_cases(session, operation)
    session.compare()


def poll_and_start_jobs(session: Session) -> None:
    """Poll and start jobs, and request the documented scenarios."""
    poll_known_jobs(session)
    for operation in session.target.operations:
        start_jobs(session, operation)
        request_scenarios(session, operation)
    for operation in session.target.operations:
        if operation.job:
            read_jobs_in_turn(session, operation)
