"""Adapter to the schemathesis engine, whose interface is not documented: pinned, and used only here.

The documented interface does not suffice, for two reasons. Only the recorder of the engine holds the requests that its
own checks send, which the coverage and the request limit count, and whether a passed check could have failed. And its
time limit does not interrupt a response that is received very slowly, so the engine runs in a thread that is abandoned.
"""

import copy
import json
import os
import queue
import threading
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import schemathesis
from attrs import evolve
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.core import EventStream
from schemathesis.engine.recorder import CheckNode, Interaction, ScenarioRecorder
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.generation.meta import REQUEST_SHAPE_PROBES, coverage_scenario
from schemathesis.transport.requests import REQUESTS_TRANSPORT

from .. import cli
from ..document import Document, Operation, Parameter, snake_case, walk
from ..document.expression import HEADER
from ..document.one_way import READ_ONLY, optional_in
from .checks import Finding
from .checks.generated_requests import GeneratedRequestCheck
from .checks.registry import ResponseCheck
from .checks.request_validity import (
    is_rejected_by_web_server,
    is_valid_request,
    parse_parameter,
)
from .exchange import Exchange, documented_response
from .interim_responses import interim_responses_skipped
from .jobs import kind_of, sent_parameters
from .local_constants import constants_kept, local_constants
from .network_errors import TOO_MANY, network_error, retry_delay
from .schemas import schema_of, schema_types
from .sender import RequestSender, TimeBudgetExceededError
from .session import Session
from .target import Target, is_loopback

# The default of schemathesis without QUERY: some servers close the connection on a method unknown to them.
METHODS = ("get", "put", "post", "delete", "patch", "options", "trace")
RETRIES = 2  # of requests without a response
# Links that schemathesis guesses in addition to the documented ones. By the types of responses it would link each of
# many similar operations with every other, which takes time and memory that grow with the square of their number.
INFERENCE = ("location-headers",)
# Checks that the session runs itself, cannot fail on these operations and yet count successes, or need two users.
DISABLED_CHECKS = (
    *(one.name for one in ResponseCheck.registered() if not one.any_request and one.name != "max_response_time"),
    *("ensure_resource_availability", "object_level_authorization", "use_after_free"),
)
# The checks of a response to a request that is malformed on purpose.
CHECKS_OF_SHAPE_PROBES = ("not_a_server_error", "max_response_time")
EXPECTED_STATUSES = ("2xx", "3xx", "401", "403", "404", "409", "410", "429", "5xx")


class SchemathesisOperation(Protocol):
    """The attributes that the adapter uses of schemathesis' operation."""

    definition: Any
    label: str


def run_schemathesis(session: Session, seed: int) -> None:
    """Run schemathesis on the target and count its checks, except those that could not have failed.

    The exchanges are published; the checks of responses are the session's own, and those of schemathesis are disabled.
    After a possible network error the request is resent; the first exchange is not checked if that succeeds.

    Raises:
        TimeBudgetExceededError: the verification has used up its time.
    """
    target, sender, result = session.target, session.sender, session.result
    if is_loopback(target.base_url):
        os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost,::1")
    _register_media_types(target)
    stream = from_schema(_schema(target, seed)).execute()
    for event in _events(stream, sender):
        limit_reached = max(sender.sent.values(), default=0) >= target.max_requests
        if limit_reached:
            stream.stop()
        if isinstance(event, events.ScenarioFinished):
            _count(session, event.recorder)
        elif isinstance(event, events.NonFatalError):
            # A request without a response is among the interactions too, and is resent from there.
            if not isinstance(event.value, OSError):
                where = f"{event.label}: " if event.label else ""
                result.problems.append(target.redact(f"schemathesis could not continue: {where}{event.info.format()}"))
        elif isinstance(event, events.FatalError):
            result.problems.append(target.redact(f"schemathesis ended: {event.exception}"))
        elif isinstance(event, events.EngineFinished):
            if limit_reached:
                result.notes.append(f"schemathesis was stopped at {target.max_requests} requests of one operation")
            elif event.stop_reason is not StopReason.COMPLETED:
                result.problems.append(f"schemathesis stopped early: {event.stop_reason.skip_explanation}")


def _events(stream: EventStream, sender: RequestSender) -> Iterator[events.EngineEvent]:
    """Yield the events of a run until the deadline.

    The engine runs in a daemon thread that is abandoned at the deadline, because its own time limit does not interrupt
    a response that is received very slowly.
    """
    received: queue.Queue[events.EngineEvent | BaseException | None] = queue.Queue(maxsize=1)
    constants = local_constants()

    def receive_events() -> None:
        try:
            with interim_responses_skipped(), constants_kept(constants):
                for event in stream:
                    received.put(event)
            received.put(None)
        except BaseException as error:
            received.put(error)

    threading.Thread(target=receive_events, daemon=True, name="schemathesis").start()
    while True:
        try:
            event = received.get(timeout=0.1)
        except queue.Empty:
            event = None
        else:
            if event is None:
                return
        cli.raise_if_stopped()
        if sender.is_out_of_time:
            stream.stop()
            raise TimeBudgetExceededError
        if isinstance(event, BaseException):
            raise event
        if event is not None:
            yield event


def _register_media_types(target: Target) -> None:
    """Let schemathesis send bodies of media types that it does not know as they are."""
    for media_type in (media_type for operation in target.operations for media_type in operation.bodies):
        essence = media_type.name.partition(";")[0].strip().lower()
        if REQUESTS_TRANSPORT.get_first_matching_media_type(essence) is None:
            REQUESTS_TRANSPORT.serializer(essence)(_as_it_is)


def _as_it_is(_: Any, value: Any) -> dict[str, Any]:
    if isinstance(value, bytes):
        return {"data": value}
    return {"data": (value if isinstance(value, str) else json.dumps(value)).encode(errors="replace")}


def _schema(target: Target, seed: int) -> Any:
    full = target.profile == "full"
    accepted_statuses = {*EXPECTED_STATUSES, *_documented_rejections(target)}
    dictionaries: dict[str, list[str]] = {}
    for operation in target.operations:
        for name, values in target.known[operation.id].items():
            if values:
                dictionaries.setdefault(snake_case(name), []).extend(values)
    settings: dict[str, Any] = {
        "seed": seed,
        "base-url": target.base_url,
        "max-redirects": 0,
        "request-timeout": 10,
        "request-retries": RETRIES if full else 0,
        "continue-on-failure": True,
        "generation": {"max-examples": 10 if full else 4, "database": "none", "no-shrink": True},
        "phases": {
            "stateful": {"enabled": full, "inference": {"algorithms": list(INFERENCE)}},
            "coverage": {"unexpected-methods": list(_unexpected_methods(target))},
        },
        "checks": {
            "positive_data_acceptance": {"expected-statuses": sorted(accepted_statuses)},
            **{name: {"enabled": False} for name in DISABLED_CHECKS},
        },
        # schemathesis rejects an empty mapping.
        **(
            {"auth": {"openapi": {key: _credential(target, key) for key in target.credentials}}}
            if target.credentials
            else {}
        ),
        "dictionaries": {name: {"values": list(dict.fromkeys(values))} for name, values in dictionaries.items()},
        "parameters": {
            f"{parameter.where}.{parameter.name}": {"dictionary": snake_case(parameter.name), "probability": 0.7}
            for operation in target.operations
            for parameter in sent_parameters(operation)
            if target.known[operation.id].get(parameter.name)
        },
    }
    if target.ca_file:
        settings["tls-verify"] = str(target.ca_file)
    if not full:
        # The coverage phase varies every parameter, which is too many requests for a live server.
        settings["phases"]["coverage"] = {"enabled": False}
        settings["checks"]["ignored_auth"] = {"enabled": False}
    config = SchemathesisConfig.from_dict(settings)
    if not full:
        config.projects.default.generation.update(modes=[GenerationMode.POSITIVE])
    return schemathesis.openapi.from_dict(_view(target), config=config)


def _unexpected_methods(target: Target) -> tuple[str, ...]:
    """Return the methods to send where the document has none: any to the simulator, else OPTIONS only.

    A document may describe a part of the API only, and an undocumented DELETE would delete something.
    """
    return METHODS if target.stepping else ("options",)


def _documented_rejections(target: Target) -> Iterator[str]:
    """Yield statuses that the document assigns to well-formed requests, such as 400 for an unknown bot."""
    for operation in target.operations:
        for when in ("unknown_id", "wrong_scope", "disabled"):
            if scenario := operation.scenario(when):
                status = scenario[0].status.lower()
                yield "4xx" if status == "default" else status


def _credential(target: Target, key: str) -> dict[str, str]:
    scheme, value = target.document.security_schemes[key], target.credentials[key]
    if scheme.type == "apiKey":
        return {"api_key": value}
    if scheme.scheme == "basic":
        user, _, password = value.partition(":")
        return {"username": user, "password": password}
    return {"bearer": value}


def _view(target: Target) -> dict[str, Any]:
    """Return the document with the callable operations only and the known ids as examples of their parameters."""
    # Where a branch of allOf requires a read-only property of another one, schemathesis finds a contradiction.
    data: dict[str, Any] = copy.deepcopy(optional_in(target.document.data, target.document.data, READ_ONLY))
    allowed = {(operation.path, operation.method.lower()) for operation in target.operations}
    for path, item in list(data["paths"].items()):
        for method in [name for name in item if name in {"get", "put", "post", "delete", "patch"}]:
            if (path, method) not in allowed:
                del item[method]
        if not any((path, method) in allowed for method in item):
            del data["paths"][path]
    for item in data["paths"].values():
        item.pop("parameters", None)
    _remove_urls(target.document, target.operations, data)
    for operation in target.operations:
        raw = data["paths"][operation.path][operation.method.lower()]
        raw["parameters"] = [
            _with_examples(target, parameter, target.known[operation.id].get(parameter.name, ()))
            for parameter in operation.parameters
        ]
    return data


def _remove_urls(document: Document, operations: Sequence[Operation], data: dict[str, Any]) -> None:
    """Remove the links to operations that are not called, or with a URL or longer name, which would be sent whole."""
    sent = {None, *(operation.id for operation in operations)}
    for response in (response for operation in operations for response in operation.responses):
        links = walk(data, map(str, response.pointer)).get("links", {})
        for name in [name for name, link in links.items() if document.resolve(link).get("operationId") not in sent]:
            del links[name]
        for link in response.links:
            reported = document.operations_by_id.get(link.operation_id)
            is_longer = reported and reported.job and reported.job.id_match == "suffix"
            if is_longer or any(value.source == HEADER for value in link.parameters.values()):
                links.pop(link.name, None)


def _with_examples(target: Target, parameter: Parameter, known: Sequence[str]) -> dict[str, Any]:
    """Return the description of a parameter with its known values as examples."""
    if not known:
        return dict(parameter.raw)
    values = [parse_parameter(target.document, parameter.schema, [value]) for value in known]
    examples = {f"known_{index}": {"value": value} for index, value in enumerate(values)}
    return {name: value for name, value in parameter.raw.items() if name != "example"} | {"examples": examples}


def _count(session: Session, recorder: ScenarioRecorder) -> None:
    target, sender = session.target, session.sender
    operations = {operation.id: operation for operation in target.operations}
    for case_id, node in recorder.cases.items():
        case = node.value
        operation = operations[_raw(case.operation)["operationId"]]
        interaction = recorder.interactions.get(case_id)
        if interaction is None:
            continue
        exchange = _to_exchange(operation, interaction)
        sender.sent[operation.id] += 1
        rate_limited = retry_delay(exchange) is not None
        if rate_limited:
            sender.on_rate_limit(exchange)
        if network_error(exchange) or rate_limited:
            resent = _resend(sender, exchange)
            if not network_error(resent) and resent.status != TOO_MANY:
                sender.network_errors.add(exchange)
                # It was sent after requests that are not yet counted, so it is out of order.
                session.publish(evolve(resent, is_documented=False, is_ordered=False))
                continue
            if resent.status is None:
                session.publish(resent)
                continue
        # The HTTP client resolves a value such as `..`, so that the request goes to another path.
        is_checked = target.path_values(exchange) is not None and not is_rejected_by_web_server(operation, exchange)
        is_shape_probe = coverage_scenario(case) in REQUEST_SHAPE_PROBES
        # A check has sent the request and checks the response itself.
        is_sent_by_check = node.parent_id is not None and node.transition is None
        is_documented = is_checked and not is_shape_probe and not is_sent_by_check
        session.publish(evolve(exchange, is_documented=is_documented))
        if is_checked:
            if is_shape_probe:
                session.check_response(exchange, CHECKS_OF_SHAPE_PROBES)
            for check_node in recorder.checks.get(case_id, ()):
                _add_check(session, operation, case, exchange, check_node)


def _resend(sender: RequestSender, exchange: Exchange) -> Exchange:
    """Send the same request again, if it may be repeated; else return the given exchange."""
    if retry_delay(exchange) is None and not sender.may_repeat(exchange.operation_id, exchange.method):
        return exchange
    added = {"host", "content-length", "transfer-encoding", "connection"}
    headers = {name: value for name, value in exchange.request_headers.items() if name.lower() not in added}
    return sender.send(exchange.operation_id, exchange.method, exchange.url, headers, exchange.content)


def _raw(operation: SchemathesisOperation) -> Mapping[str, Any]:
    raw: Mapping[str, Any] = operation.definition.raw
    return raw


def _to_exchange(operation: Operation, interaction: Interaction) -> Exchange:
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
        error="" if response else "no response",
        at=interaction.timestamp,
        content=request.body or b"",
    )


def _add_check(session: Session, operation: Operation, case: Case[Any], exchange: Exchange, node: CheckNode) -> None:
    target = session.target
    check = next((check for check in GeneratedRequestCheck.registered() if check.name == node.name), None)
    if check is None or exchange.status == TOO_MANY:
        return
    if node.name == "negative_data_rejection" and is_valid_request(target.document, operation, exchange):
        return  # a string such as "3" in place of an integer: the same characters in a URL
    if node.name in {"negative_data_rejection", "missing_required_header"} and not _describes_rejection(operation):
        return  # the document has no response to an invalid request
    if node.name == "negative_data_rejection" and exchange.content and not _is_json_request(exchange):
        return  # a form has no types: a string in place of a list is the same characters
    if node.name == "positive_data_acceptance" and _may_be_rejected(target, operation, exchange):
        return
    if node.failure_info is None or (node.name == "allow_header_conformance" and _allows_more(target, exchange)):
        if check.applies(target.document, operation, full=session.is_full) and _could_fail(node.name, case, exchange):
            session.add(check, operation, exchange, Finding())
        return
    message = " ".join(str(node.failure_info.failure.message).split())
    got = f"{exchange.status} to {exchange.method} {exchange.url}; {message}"
    response = documented_response(operation, exchange.status or 0)
    session.add(check, operation, exchange, Finding(check.description, got, response))


# The statuses with which a server may reject the content of a request.
REJECTIONS = frozenset({"DEFAULT", "4XX", "400", "404", "406", "415", "422", "428"})


def _is_json_request(exchange: Exchange) -> bool:
    headers = {name.lower(): value for name, value in exchange.request_headers.items()}
    essence = headers.get("content-type", "").partition(";")[0].strip().lower()
    return essence in {"application/json", "text/json"} or essence.endswith("+json")


def _describes_rejection(operation: Operation) -> bool:
    """Return whether the document has a response that can reject the content of a request."""
    reporting = operation.status_responses if operation.job else ()
    return any(one.status.upper() in REJECTIONS for one in operation.responses if one not in reporting)


def _may_be_rejected(target: Target, operation: Operation, exchange: Exchange) -> bool:
    """Return whether a documented rejection may be due to a rule that no schema states, such as an end after a start.

    The values of a parameter of a fixed set, such as an enum, obey no further rule. The simulator has no rules.
    """
    if not exchange.is_accepted and kind_of(operation, exchange) is not None:
        return True  # it reports a job
    is_documented = documented_response(operation, exchange.status or 0) is not None
    if target.stepping or not is_documented or exchange.status not in {400, 412, 422}:
        return False
    free = [parameter for parameter in operation.parameters if not _has_fixed_values(target, operation, parameter)]
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(exchange.url).query, keep_blank_values=True)
    headers = {name.lower() for name in exchange.request_headers}
    return bool(exchange.content) or any(
        parameter.where == "path" or parameter.name in query or parameter.name.lower() in headers for parameter in free
    )


def _has_fixed_values(target: Target, operation: Operation, parameter: Parameter) -> bool:
    schema = schema_of(target.document, parameter.schema)
    is_known = parameter.name in target.known[operation.id]
    return is_known or bool({"enum", "const"} & schema.keys()) or schema_types(target.document, schema) == {"boolean"}


def _allows_more(target: Target, exchange: Exchange) -> bool:
    """Return whether Allow names the documented methods and others: the document may describe a part of the API."""
    path = target.document.operation(exchange.operation_id).path
    described = {other.method for other in target.document.operations if other.path == path}
    allowed = {method.strip().upper() for method in exchange.headers.get("allow", "").split(",")}
    return not target.stepping and described <= allowed


def _could_fail(name: str, case: Case[Any], exchange: Exchange) -> bool:
    """Return whether a passed check could have failed on this case; only then it is counted."""
    shape_probe = coverage_scenario(case) in REQUEST_SHAPE_PROBES
    mode = case.meta.generation.mode if case.meta else None
    match name:
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
