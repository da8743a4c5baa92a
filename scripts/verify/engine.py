"""The one door to schemathesis. Its engine is not documented, so it is pinned and used nowhere else."""

import copy
import os
import queue
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.core import EventStream
from schemathesis.engine.recorder import CheckNode, Interaction, ScenarioRecorder
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.generation.meta import REQUEST_SHAPE_PROBES, coverage_scenario

from .. import ending
from ..document import Operation, snake_case
from ..document.model import resolve
from . import probe
from .calls import Caller, OutOfTime
from .exchange import Exchange, documented
from .faults import SLOW, TOO_MANY, fault, pause
from .result import Result
from .rules import RULES, applies, conformance, wire
from .target import Target, is_loopback

# What schemathesis would send, but for QUERY: servers hang up on a method that HTTP itself did not have.
METHODS = ("get", "put", "post", "delete", "patch", "options", "trace")
RETRIES = 2  # of requests that are not answered
# Checks that cannot fire on these operations and yet count successes, or that need two users.
VACUOUS = ("ensure_resource_availability", "object_level_authorization", "use_after_free")
# Checks that judge an answer whatever was asked.
OF_THE_ANSWER = tuple(rule.name for rule in RULES if rule.name.endswith("_conformance"))
NATURAL_REFUSALS = ("2xx", "3xx", "401", "403", "404", "409", "429", "5xx")


class Described(Protocol):
    """What the adapter needs of schemathesis' operation."""

    definition: Any
    label: str


def run(target: Target, caller: Caller, result: Result, seed: int) -> None:
    """Runs schemathesis on the target and counts its judgements, those left out that could not have failed.

    What may be the fault of a network is sent again by `caller`, and not judged where it is gone then.

    Raises:
        OutOfTime: the verification has taken as long as it may.
    """
    if is_loopback(target.base_url):
        os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost,::1")
    stream = from_schema(_schema(target, seed)).execute()
    for event in _in_time(stream, caller):
        spent = max(caller.sent.values(), default=0) >= target.most_requests
        if spent:
            stream.stop()
        if isinstance(event, events.ScenarioFinished):
            _count(target, caller, result, event.recorder)
        elif isinstance(event, events.NonFatalError):
            # A request without an answer stands among the interactions too, and is sent again there.
            if not isinstance(event.value, OSError):
                where = f"{event.label}: " if event.label else ""
                result.problems.append(target.redact(f"schemathesis could not go on: {where}{event.info.format()}"))
        elif isinstance(event, events.FatalError):
            result.problems.append(target.redact(f"schemathesis ended: {event.exception}"))
        elif isinstance(event, events.EngineFinished):
            if spent:
                result.notes.append(f"schemathesis was stopped at {target.most_requests} requests of one operation")
            elif event.stop_reason is not StopReason.COMPLETED:
                result.problems.append(f"schemathesis stopped early: {event.stop_reason.skip_explanation}")


def _in_time(stream: EventStream, caller: Caller) -> Iterator[events.EngineEvent]:
    """The events of a run, for as long as it may take.

    Its own limit of time would have it go on until then, and cannot end a request whose answer trickles; so it runs in
    a thread of its own, which is left behind.
    """
    told: queue.Queue[events.EngineEvent | BaseException | None] = queue.Queue(maxsize=1)

    def tell() -> None:
        try:
            for event in stream:
                told.put(event)
            told.put(None)
        except BaseException as error:
            told.put(error)

    threading.Thread(target=tell, daemon=True, name="schemathesis").start()
    while True:
        try:
            event = told.get(timeout=0.1)
        except queue.Empty:
            event = None
        else:
            if event is None:
                return
        ending.check()
        if caller.is_late:
            stream.stop()
            raise OutOfTime
        if isinstance(event, BaseException):
            raise event
        if event is not None:
            yield event


def _schema(target: Target, seed: int) -> Any:
    full = target.profile == "full"
    refusals = {*NATURAL_REFUSALS, *_documented_refusals(target)}
    settings: dict[str, Any] = {
        "seed": seed,
        "base-url": target.base_url,
        "max-redirects": 0,
        "request-timeout": 10,
        "request-retries": RETRIES if full else 0,
        "continue-on-failure": True,
        "generation": {"max-examples": 10 if full else 4, "database": "none", "no-shrink": True},
        "phases": {
            "stateful": {"enabled": full},
            "coverage": {"unexpected-methods": list(_unexpected_methods(target))},
        },
        "checks": {
            "max_response_time": SLOW,
            "positive_data_acceptance": {"expected-statuses": sorted(refusals)},
            **{name: {"enabled": False} for name in VACUOUS},
        },
        # It wants at least one where it is told of any.
        **(
            {"auth": {"openapi": {key: _credential(target, key) for key in target.credentials}}}
            if target.credentials
            else {}
        ),
        "dictionaries": {snake_case(name): {"values": list(values)} for name, values in target.known.items() if values},
        "parameters": {
            f"{parameter.where}.{parameter.name}": {"dictionary": snake_case(parameter.name), "probability": 0.7}
            for operation in target.operations
            for parameter in operation.required
            if target.known.get(parameter.name)
        },
    }
    if target.ca_file:
        settings["tls-verify"] = str(target.ca_file)
    if not full:
        # It varies every parameter, which is too much to ask of a live server.
        settings["phases"]["coverage"] = {"enabled": False}
        settings["checks"]["ignored_auth"] = {"enabled": False}
    config = SchemathesisConfig.from_dict(settings)
    if not full:
        config.projects.default.generation.update(modes=[GenerationMode.POSITIVE])
    return schemathesis.openapi.from_dict(_view(target), config=config)


def _unexpected_methods(target: Target) -> tuple[str, ...]:
    """Methods that are sent where the document has none of them: to a server that is made for it, any.

    Elsewhere a document may tell a part of what there is, and DELETE would do what it says.
    """
    return METHODS if target.stepping else ("options",)


def _documented_refusals(target: Target) -> Iterator[str]:
    """Statuses that a well-formed request can meet by the document's own word, such as 400 for an unknown bot."""
    for operation in target.operations:
        for when in ("unknown_id", "wrong_scope", "disabled"):
            if situation := operation.situation(when):
                yield situation[0].status


def _credential(target: Target, key: str) -> dict[str, str]:
    scheme, value = target.document.security_schemes[key], target.credentials[key]
    if scheme.type == "apiKey":
        return {"api_key": value}
    if scheme.scheme == "basic":
        user, _, password = value.partition(":")
        return {"username": user, "password": password}
    return {"bearer": value}


def _view(target: Target) -> dict[str, Any]:
    """The document with the operations that may be called, and the known ids as examples of their parameters."""
    data = copy.deepcopy(target.document.data)
    allowed = {(operation.path, operation.method.lower()) for operation in target.operations}
    for path, item in list(data["paths"].items()):
        for method in [name for name in item if name in {"get", "put", "post", "delete", "patch"}]:
            if (path, method) not in allowed:
                del item[method]
        if not any((path, method) in allowed for method in item):
            del data["paths"][path]
    for operation in target.operations:
        raw = data["paths"][operation.path][operation.method.lower()]
        for entry in (*raw.get("parameters", ()), *data["paths"][operation.path].get("parameters", ())):
            parameter, _ = resolve(data, entry, ())
            if parameter.get("required") and target.known.get(parameter["name"]):
                parameter.pop("example", None)
                values = target.known[parameter["name"]]
                parameter["examples"] = {
                    f"known_{index}": {"value": wire.read(target.document, parameter.get("schema", {}), [value])}
                    for index, value in enumerate(values)
                }
    return data


def _count(target: Target, caller: Caller, result: Result, recorder: ScenarioRecorder) -> None:
    operations = {operation.id: operation for operation in target.operations}
    for case_id, node in recorder.cases.items():
        case = node.value
        operation = operations[_raw(case.operation)["operationId"]]
        interaction = recorder.interactions.get(case_id)
        if interaction is None:
            continue
        exchange = _exchange(operation, interaction)
        caller.sent[operation.id] += 1
        asked_to_wait = pause(exchange) is not None
        if asked_to_wait:
            caller.on_pause(exchange)
        if fault(exchange) or asked_to_wait:
            again = _again(caller, exchange, interaction)
            if not fault(again) and again.status != TOO_MANY:
                caller.faults.add(exchange)
                # It was sent after others that are yet to be counted, so it has no place in the order of the readings.
                result.saw(again, probe.words(target, operation, again), heard=False)
                continue
            if again.status is None:
                probe.record(target, result, operation, again)
                continue
        result.saw(exchange, probe.words(target, operation, exchange))
        if target.path_values(exchange) is None:
            # A value such as `..`, which its HTTP client has taken for a step up: the request went elsewhere.
            continue
        for check in recorder.checks.get(case_id, ()):
            _judge(target, result, operation, case, exchange, check)


def _again(caller: Caller, exchange: Exchange, interaction: Interaction) -> Exchange:
    """The same request once more, as far as it may be repeated."""
    if pause(exchange) is None and not caller.may_repeat(exchange.operation_id, exchange.method):
        return exchange
    added = {"host", "content-length", "transfer-encoding", "connection"}
    headers = {name: value for name, value in exchange.request_headers.items() if name.lower() not in added}
    return caller.send(exchange.operation_id, exchange.method, exchange.url, headers, exchange.content)


def _raw(operation: Described) -> Mapping[str, Any]:
    raw: Mapping[str, Any] = operation.definition.raw
    return raw


def _exchange(operation: Operation, interaction: Interaction) -> Exchange:
    request, response = interaction.request, interaction.response
    return Exchange(
        operation_id=operation.id,
        method=request.method,
        url=request.uri,
        request_headers={name: values[0] for name, values in request.headers.items()},
        status=response.status_code if response else None,
        headers={name.lower(): values[0] for name, values in response.headers.items()} if response else {},
        body=response.content if response else b"",
        elapsed=response.elapsed if response else 0.0,
        error="" if response else "no answer",
        at=interaction.timestamp,
        content=request.body or b"",
    )


def _judge(
    target: Target, result: Result, operation: Operation, case: Case[Any], exchange: Exchange, check: CheckNode
) -> None:
    known = {rule.name for rule in RULES if rule.by_schemathesis}
    full = target.profile == "full"
    info = check.failure_info
    if exchange.status == TOO_MANY and check.name not in OF_THE_ANSWER:
        return
    if check.name == "negative_data_rejection" and wire.is_valid(target.document, operation, exchange):
        return  # a text that is none of an integer, such as "3", is one in a URL
    if wire.is_refused_before_the_api(operation, exchange):
        return
    if check.name == "allow_header_conformance" and not target.stepping:
        # A document may tell a part of what there is: Allow then names more than it describes.
        described = {other.method for other in target.document.operations if other.path == operation.path}
        named = {method.strip().upper() for method in exchange.headers.get("allow", "").split(",")}
        if described <= named:
            result.judge(operation.id, check.name)
            return
    if info is None:
        if (
            check.name in known
            and applies(check.name, target.document, operation, full=full)
            and _could_fail(check.name, target, operation, case, exchange)
        ):
            result.judge(operation.id, check.name)
        return
    found = conformance.broken(target, check.name, operation, exchange)
    if found is None:
        response = documented(operation, exchange.status or 0)
        said = " ".join(str(info.failure.message).split())
        got = f"{exchange.status} to {exchange.method} {exchange.url}; {said}"
        says = next((rule.says for rule in RULES if rule.name == check.name), info.failure.title)
        found = conformance.failure(target, check.name, operation, exchange, says, got, response)
    result.judge(operation.id, check.name, found)


def _could_fail(name: str, target: Target, operation: Operation, case: Case[Any], exchange: Exchange) -> bool:
    """Whether a check that has passed could have failed on this case: only then is it a judgement."""
    scenario = coverage_scenario(case)
    shape_probe = scenario in REQUEST_SHAPE_PROBES
    response = documented(operation, exchange.status or 0)
    mode = case.meta.generation.mode if case.meta else None
    match name:
        case "status_code_conformance":
            return not shape_probe
        case "content_type_conformance" | "response_schema_conformance":
            return not shape_probe and response is not None and bool(response.media_types)
        case "response_headers_conformance":
            return not shape_probe and response is not None and bool(response.headers)
        case "negative_data_rejection":
            return not shape_probe and mode is not None and mode.is_negative
        case "positive_data_acceptance":
            return not shape_probe and mode is not None and mode.is_positive
        case "unsupported_method":
            return shape_probe and exchange.method != "OPTIONS"
        case "allow_header_conformance":
            return exchange.method == "OPTIONS"
        case "ignored_auth":
            return exchange.is_accepted or exchange.status in {401, 403}
        case _:
            return True
