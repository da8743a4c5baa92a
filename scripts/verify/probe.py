"""A deterministic probe of few requests: jobs followed to their end, starts to their jobs, and each situation once."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

from ..document import Job, Operation, Response, walk
from .calls import Caller
from .exchange import Exchange, documented
from .faults import TOO_MANY
from .preflight import known_values, resolved
from .result import Result
from .rules import conformance, life
from .rules.life import Lives
from .target import Target

READINGS = {"full": 24, "live": 10}  # at most, of one job
PACE = 0.2  # seconds from the first reading of such a job to the next; ten times that at most
PATIENCE = 12.0  # seconds of waiting for a job of a server whose clock is not ours


def probe(target: Target, caller: Caller, result: Result, lives: Lives) -> None:
    """Runs the whole probe on every operation of the target."""
    for operation in target.operations:
        if operation.job:
            for values in known_values(target, operation)[: None if target.profile == "full" else 1]:
                with result.guarded("the life of a job", operation.id):
                    follow(target, caller, result, lives, operation, operation.job, values)
    for operation in target.operations:
        if operation.is_start:
            started: set[str] = set()
            for values in known_values(target, operation):
                # Twice, so that the second has to be another job.
                for _ in range(2):
                    with result.guarded("start_resolves", operation.id):
                        _start(target, caller, result, lives, operation, values, started)
        with result.guarded("situations", operation.id):
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
    states = [walk(exchange.json, one.job.state) for one in (operation, *started) if one.job]
    return tuple(dict.fromkeys(state for state in states if isinstance(state, str)))


def follow(
    target: Target,
    caller: Caller,
    result: Result,
    lives: Lives,
    operation: Operation,
    job: Job,
    values: dict[str, str],
) -> list[Exchange]:
    """Reads a job until it has ended, under every value of its `detail` parameter; returns the readings."""
    readings: list[Exchange] = []
    deadline = time.monotonic() + PATIENCE
    queries = _queries(job)

    def read() -> None:
        for query in queries:
            exchange = caller.call(operation, values, query)
            record(target, result, operation, exchange)
            readings.append(exchange)
        judge_views(target, lives, operation, job, readings[-len(queries) :])

    for count in range(READINGS[target.profile] // len(queries)):
        read()
        state = walk(readings[-1].json, job.state)
        if not readings[-1].is_accepted or job.kinds.get(str(state)) != "pending":
            break
        if not target.stepping:
            wait = PACE * min(count + 1, 10)
            if time.monotonic() + wait > deadline:
                break
            time.sleep(wait)
    else:
        if target.stepping:
            state = walk(readings[-1].json, job.state)
            got = f"still {state}" if job.kinds.get(str(state)) == "pending" else ""
            lives.judge(operation, readings[-1], "ends", "pending", f"an end within {len(readings)} readings", got)
        return readings
    if target.stepping and readings[-1].is_accepted:
        lives.judge(operation, readings[-1], "ends", "pending", "an end", "")
    if readings[-1].is_accepted and target.profile == "full":
        # Once more: what has ended stays as it is.
        read()
    return readings


def judge_views(target: Target, lives: Lives, operation: Operation, job: Job, readings: list[Exchange]) -> None:
    """Each view contains the one before it; a narrow one tells nothing that the document shows in the wide one only."""
    if job.detail is None or any(not isinstance(reading.json, dict) for reading in readings):
        return
    name = job.detail.parameter
    for narrow, wide in itertools.pairwise(readings):
        got = life.views_differ(job, narrow.json, wide.json)
        lives.judge(operation, wide, "detail", "detail", f"all that the narrower {name} tells", got)
    for index, (reading, told) in enumerate(zip(readings, _shown(operation, job), strict=True)):
        word = str(walk(reading.json, job.state))
        here, wider = told.get(word), _shown(operation, job)[-1].get(word)
        if here is None or wider is None or here == wider:
            continue
        only_wide = wider - here
        extra = sorted(only_wide & reading.json.keys()) if index < len(readings) - 1 else []
        value = job.detail.values[index]
        got = f"{', '.join(extra)} with {name}={value}" if extra else ""
        lives.judge(operation, reading, "detail", "detail", f"nothing but {', '.join(sorted(here))}", got)
    last = readings[-1]
    word = str(walk(last.json, job.state))
    narrow_fields, wide_fields = (_shown(operation, job)[i].get(word, set()) for i in (0, -1))
    if only_wide := wide_fields - narrow_fields:
        got = f"none of them with {name}={job.detail.values[-1]}" if not only_wide & last.json.keys() else ""
        lives.judge(operation, last, "detail", "detail", f"also {', '.join(sorted(only_wide))}", got)


def _shown(operation: Operation, job: Job) -> list[dict[str, set[str]]]:
    """For each view, the fields that the document's examples show with each word of the state, where they show both."""
    chains: dict[tuple[str, str], list[set[str]]] = {}
    for _, example in operation.success.examples:
        if isinstance(example.value, dict) and example.when is None:
            identity = (str(walk(example.value, job.id)), str(walk(example.value, job.state)))
            chains.setdefault(identity, []).append(set(example.value))
    count = len(job.detail.values) if job.detail else 0
    shown: list[dict[str, set[str]]] = [{} for _ in range(count)]
    for (_, word), fields in chains.items():
        if len(fields) == count:
            for index, names in enumerate(sorted(fields, key=len)):
                shown[index][word] = names
    return shown


def _queries(job: Job) -> list[dict[str, Any]]:
    return [{job.detail.parameter: value} for value in job.detail.values] if job.detail else [{}]


def _start(
    target: Target,
    caller: Caller,
    result: Result,
    lives: Lives,
    operation: Operation,
    values: dict[str, str],
    started: set[str],
) -> None:
    """Starts a job and follows it: the link that resolves must lead to a status that exists."""
    exchange = caller.call(operation, values)
    record(target, result, operation, exchange)
    if not exchange.is_accepted or exchange.status is None:
        return
    response = documented(operation, exchange.status)
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
    identity = "/".join(parameters.values())
    known = all(value in target.known.get(name, ()) for name, value in parameters.items())
    got = f"{identity} again" if known or identity in started else ""
    lives.judge(operation, exchange, "start_is_new", None, "the id of a job that was not there before", got)
    started.add(identity)
    readings = follow(target, caller, result, lives, status_operation, job, parameters)
    if readings[0].is_accepted:
        result.judge(operation.id, rule)
        if job.immutable and isinstance(exchange.json, dict) and isinstance(readings[-1].json, dict):
            got = life.same_kind(exchange.json, readings[-1].json, job)
            lives.judge(operation, readings[-1], "start_keeps_its_kind", None, "what its start has told", got)
    elif readings[0].status != TOO_MANY:
        told = f"{readings[0].status} {readings[0].body.decode(errors='replace')}"
        broken(f"{status_operation.id} knows the started job {', '.join(parameters.values())}", told, readings[0])
    coverage = result.coverage[operation.id]
    for reading in readings:
        coverage.seen_words.update(words(target, status_operation, reading))


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
        for parameter in operation.required:
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
    # Elsewhere the method may be one that the server has, and the document only does not tell of.
    if target.stepping and (response := wanted("wrong_method")):
        described = {other.method for other in target.document.operations if other.path == operation.path}
        method = next(name for name in ("PUT", "DELETE", "PATCH", "POST") if name not in described)
        yield caller.call(operation, values, method=method), response


def _is_basic(target: Target, key: str) -> bool:
    return target.document.security_schemes[key].scheme == "basic"


def _judge_situation(
    target: Target, result: Result, operation: Operation, exchange: Exchange, wanted: Response
) -> None:
    record(target, result, operation, exchange)
    if exchange.status is None or (exchange.status == TOO_MANY and wanted.status != str(TOO_MANY)):
        return
    optional = any(not way for way in operation.security)
    if optional and exchange.is_accepted and wanted.status == "401":
        return  # a server that asks for no credential, as the document allows
    matches = documented(operation, exchange.status or 0) is wanted
    found = None
    if not matches:
        got = f"{exchange.status} {conformance.shortened(exchange.body.decode(errors='replace'))}".strip()
        description = wanted.raw.get("description", "").split(".")[0]
        wanted_text = f"{wanted.status}: {description}"
        found = conformance.failure(target, "situations", operation, exchange, wanted_text, got, wanted)
    result.judge(operation.id, "situations", found)
