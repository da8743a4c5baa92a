"""A deterministic probe of few requests: jobs followed to their end, starts to their jobs, and each situation once."""

import time
from collections.abc import Iterator
from typing import Any

from ..document import MISSING, Job, Operation, Response, walk
from . import conformance
from .calls import Caller
from .exchange import Exchange
from .preflight import known_values
from .result import Result
from .target import Target

READINGS = {"full": 24, "live": 16}  # at most, of one job
PATIENCE = 12.0  # seconds of waiting for a job of a server whose clock is not ours


def probe(target: Target, caller: Caller, result: Result) -> None:
    """Runs the whole probe on every operation of the target."""
    for operation in target.operations:
        if operation.job:
            for values in known_values(target, operation)[: None if target.profile == "full" else 1]:
                follow(target, caller, result, operation, operation.job, values)
    for operation in target.operations:
        if operation.is_start:
            for values in known_values(target, operation):
                _start(target, caller, result, operation, values)
        for exchange, wanted in _situations(target, caller, operation):
            _judge_situation(target, result, operation, exchange, wanted)


def record(target: Target, result: Result, operation: Operation, exchange: Exchange) -> None:
    """Counts an exchange and judges it by every rule for single answers."""
    result.saw(exchange, words(target, operation, exchange))
    conformance.judge(target, operation, exchange, result)


def words(target: Target, operation: Operation, exchange: Exchange) -> tuple[str, ...]:
    """The word of the state that an accepted answer shows, of the job it reports or the one it starts."""
    if not exchange.is_accepted:
        return ()
    started = [target.document.operation(link.operation_id) for r in operation.responses for link in r.follow]
    states = {walk(exchange.json, one.job.state) for one in (operation, *started) if one.job}
    return tuple(str(state) for state in states if state is not MISSING)


def follow(
    target: Target, caller: Caller, result: Result, operation: Operation, job: Job, values: dict[str, str]
) -> list[Exchange]:
    """Reads a job until it has ended, under every value of its `views` parameter; returns the readings."""
    readings = []
    deadline = time.monotonic() + PATIENCE
    queries = _queries(job)
    for count in range(READINGS[target.profile] // len(queries)):
        for query in queries:
            exchange = caller.call(operation, values, query)
            record(target, result, operation, exchange)
            readings.append(exchange)
        state = walk(readings[-1].json, job.state)
        if not readings[-1].is_accepted or job.kinds.get(str(state)) != "pending":
            break
        if not target.stepping:
            wait = min(0.2 * (count + 1), 2.0)
            if time.monotonic() + wait > deadline:
                break
            time.sleep(wait)
    return readings


def _queries(job: Job) -> list[dict[str, Any]]:
    return [{job.views.parameter: value} for value in job.views.values] if job.views else [{}]


def _start(target: Target, caller: Caller, result: Result, operation: Operation, values: dict[str, str]) -> None:
    """Starts a job and follows it: the link that resolves must lead to a status that exists."""
    exchange = caller.call(operation, values)
    record(target, result, operation, exchange)
    if not exchange.is_accepted or exchange.status is None:
        return
    response = conformance.documented(operation, exchange.status)
    if response is None or not response.follow:
        return
    rule = "start_resolves"

    def broken(wanted: str, got: str, sent: Exchange = exchange) -> None:
        found = conformance.failure(target, rule, operation, sent, wanted, got, response)
        result.judge(operation.id, rule, found)

    link, parameters = resolved(response, exchange.json)
    if link is None:
        names = " or ".join("/" + "/".join(path) for link in response.follow for path in link.parameters.values())
        broken(f"the id of the started job at {names}", conformance.shortened(exchange.body.decode(errors="replace")))
        return
    status_operation = target.document.operation(link)
    job = status_operation.job
    if job is None:
        return
    readings = follow(target, caller, result, status_operation, job, parameters)
    if readings[0].is_accepted:
        result.judge(operation.id, rule)
    else:
        told = f"{readings[0].status} {readings[0].body.decode(errors='replace')}"
        broken(f"{status_operation.id} knows the started job {', '.join(parameters.values())}", told, readings[0])
    coverage = result.coverage[operation.id]
    for reading in readings:
        coverage.seen_words.update(words(target, status_operation, reading))


def resolved(response: Response, body: Any) -> tuple[str | None, dict[str, str]]:
    """The operation that the first resolving link leads to, and its parameters."""
    for link in response.follow:
        values = {name: walk(body, path) for name, path in link.parameters.items()}
        if all(isinstance(value, str | int) and value != "" for value in values.values()):
            return link.operation_id, {name: str(value) for name, value in values.items()}
    return None, {}


def _situations(target: Target, caller: Caller, operation: Operation) -> Iterator[tuple[Exchange, Response]]:
    """Brings about each documented situation that can be brought about from outside."""
    found = known_values(target, operation)
    if not found:
        return
    values = found[0]
    way = target.way_in(operation) or ()

    def wanted(when: str) -> Response | None:
        situation = operation.situation(when)
        return situation[0] if situation else None

    if way and (response := wanted("no_credential")):
        yield caller.call(operation, values, credentials={}), response
    if way and (response := wanted("wrong_credential")):
        wrong = {key: "wrong:wrong" if _is_basic(target, key) else "wrong" for key in way}
        yield caller.call(operation, values, credentials=wrong), response
    if way and all(key in target.unscoped for key in way) and (response := wanted("wrong_scope")):
        yield caller.call(operation, values, credentials={key: target.unscoped[key] for key in way}), response
    if response := wanted("unknown_id"):
        for parameter in operation.parameters_in("path"):
            unknown = next((str(e.value) for e in parameter.examples if e.when == "unknown_id"), None)
            if unknown is not None:
                yield caller.call(operation, {**values, parameter.name: unknown}), response
    if response := wanted("bad_parameter"):
        for parameter in operation.parameters_in("query"):
            if target.document.resolve(parameter.schema).get("type") in {"boolean", "integer", "number"}:
                yield caller.call(operation, values, {parameter.name: "banana"}), response
                break
    if response := wanted("unknown_parameter"):
        yield caller.call(operation, values, {"no_such_parameter": "1"}), response
    if target.profile == "full" and (response := wanted("wrong_method")):
        described = {other.method for other in target.document.operations if other.path == operation.path}
        method = next(name for name in ("PUT", "DELETE", "PATCH", "POST") if name not in described)
        yield caller.call(operation, values, method=method), response


def _is_basic(target: Target, key: str) -> bool:
    return target.document.security_schemes[key].scheme == "basic"


def _judge_situation(
    target: Target, result: Result, operation: Operation, exchange: Exchange, wanted: Response
) -> None:
    record(target, result, operation, exchange)
    optional = any(not way for way in operation.security)
    if optional and exchange.is_accepted and wanted.status == "401":
        return  # a server that asks for no credential, as the document allows
    matches = conformance.documented(operation, exchange.status or 0) is wanted
    found = None
    if not matches:
        got = f"{exchange.status} {conformance.shortened(exchange.body.decode(errors='replace'))}".strip()
        got = got if exchange.status is not None else exchange.error
        description = wanted.raw.get("description", "").split(".")[0]
        wanted_text = f"{wanted.status}: {description}"
        found = conformance.failure(target, "situations", operation, exchange, wanted_text, got, wanted)
    result.judge(operation.id, "situations", found)
