"""Verifies one target: first line first, then the probe, then schemathesis."""

import time
import urllib.parse

import attrs

from ..document import Operation
from ..ending import Stopped
from . import engine, probe
from .calls import Caller, OutOfTime
from .coverage import coverage
from .exchange import Exchange, documented
from .preflight import CannotJudge, known_values, preflight
from .result import Result
from .rules import conformance, oddities
from .rules.life import Lives
from .rules.protocol import Wire
from .target import Target
from .timelines import Timelines

SECONDS = 300  # that a verification of one document may take, unless more are given


def announce(target: Target) -> str:
    """What will be sent, said before the first request."""
    names = ", ".join(operation.id for operation in target.operations)
    methods = "reads and writes" if target.writes else "reads only"
    return (
        f"verifying {target.redact(target.base_url)} against {target.document.path} ({target.profile} profile, {methods}): "
        f"{names}, at most {target.most_requests} requests each"
    )


def verify(target: Target, seed: int, seconds: int = SECONDS) -> Result:
    """Runs every rule on every operation of the target, for so many seconds at most."""
    result = Result(target.document, target.base_url, target.operations)
    for operation in target.operations:
        result.coverage[operation.id] = coverage(target, operation)
    result.left_out = tuple(
        f"{operation.id} is a {operation.method}; set ALLOW_WRITES=1 to have it sent"
        for operation in target.document.operations
        if operation not in target.operations
    )
    if target.profile == "live" and not target.writes:
        result.notes.append("a live run sends reads only: no other method, no body, and few odd requests")
    ends_at = time.monotonic() + seconds
    with Caller(target, ends_at=ends_at) as caller:
        caller.on_pause = lambda exchange: _judge_pause(target, result, exchange)
        try:
            target, exchanges = preflight(target, caller)
            target = examine(target, caller, result, exchanges)
            with result.guarded("schemathesis", "all operations"):
                engine.run(target, caller, result, seed)
        except CannotJudge as error:
            result.problems.append(str(error))
            return result
        except OutOfTime:
            result.problems.append(f"stopped after {seconds} s with part of it judged; give it more with --max-time")
        except KeyboardInterrupt as error:
            told = str(error) if isinstance(error, Stopped) else "stopped by SIGINT"
            result.problems.append(f"{told}: only a part of it was judged")
            result.stopped = error
            return result
        if caller.faults.seen:
            result.notes.append(str(caller.faults))
    for operation in target.operations:
        if not result.coverage[operation.id].accepted:
            needed = "" if known_values(target, operation) else "; it needs a known id"
            result.problems.append(f"{operation.id} was never accepted, so it cannot be judged{needed}")
    return result


def _judge_pause(target: Target, result: Result, exchange: Exchange) -> None:
    """Holds a refusal for now to the document, where that has one."""
    operation = target.document.operation(exchange.operation_id)
    if documented(operation, exchange.status or 0) is not None:
        result.coverage[operation.id].saw(exchange, ())
        conformance.judge(target, operation, exchange, result)


def examine(
    target: Target, caller: Caller, result: Result, exchanges: list[tuple[Operation, Exchange]] | None = None
) -> Target:
    """Runs the deterministic part alone: the lives of jobs, each situation, and the odd requests.

    `exchanges` is what was read already; gives the target as schemathesis is to have it.
    """
    lives, wire = Lives(target, result), Wire(target, result)
    timelines = Timelines(target, result.timelines)

    def hear(exchange: Exchange) -> None:
        with result.guarded("the life of a job", exchange.operation_id):
            lives.hear(exchange)
            timelines.hear(exchange, lives.path_values(exchange))
        with result.guarded("the standards below the API", exchange.operation_id):
            wire.hear(exchange)

    result.hear = hear
    for operation, exchange in exchanges or ():
        probe.record(target, result, operation, exchange)
    if target.profile == "live":
        target = _narrowed(target, exchanges or [])
    probe.probe(target, caller, result, lives)
    for operation in target.operations:
        for values in known_values(target, operation)[:1]:
            oddities.probe(target, caller, result, operation, values)
    return target


def _narrowed(target: Target, exchanges: list[tuple[Operation, Exchange]]) -> Target:
    """The target with one known id per parameter, one that has answered, so that a live run stays small."""
    known = {name: values[:1] for name, values in target.known.items()}
    for operation, exchange in exchanges:
        names = [parameter.name for parameter in operation.parameters_in("path")]
        if exchange.is_accepted and len(names) == 1:
            known[names[0]] = tuple(
                v for v in target.known[names[0]] if urllib.parse.quote(v, safe="") in exchange.url
            )[:1]
    return attrs.evolve(target, known=known)
