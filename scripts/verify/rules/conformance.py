"""Holds one answer to the document: its status, its type, its headers and its body."""

import json
from typing import Any

from ...document import MISSING, Operation, Response, walk
from ...document.source import Pointer
from ..exchange import Exchange, documented
from ..faults import SLOW, broken_off
from ..result import Failure, Result
from ..target import Target

SHOWN = 300


def clause(target: Target, operation: Operation, response: Response | None = None) -> str:
    """The file and line of the document that speaks of an operation, or of one of its answers."""
    document = target.document
    pointer = response.pointer if response else (*operation.pointer, "responses")
    return f"{document.path}:{document.line(pointer)}"


def failure(
    target: Target,
    rule: str,
    operation: Operation,
    exchange: Exchange,
    wanted: str,
    got: str,
    response: Response | None = None,
    place: Pointer | None = None,
) -> Failure:
    """A failure, with every credential taken out of its texts."""
    return Failure(
        rule=rule,
        operation_id=operation.id,
        wanted=target.redact_exchange(exchange, wanted),
        got=target.redact_exchange(exchange, shortened(got)),
        clause=f"{target.document.path}:{target.document.line(place)}"
        if place
        else clause(target, operation, response),
        replay=target.replay(exchange),
    )


def shortened(text: str) -> str:
    """At most a few hundred characters of a text."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ... ({len(text)} characters)"


def judge(target: Target, operation: Operation, exchange: Exchange, result: Result) -> None:
    """Counts the judgements of every rule that one answer allows; without an answer there is none but that it is late."""
    if exchange.status is None and "Timeout" not in exchange.error:
        problem = target.redact(f"{operation.id}: no answer to {exchange.method} {exchange.url}: {exchange.error}")
        if problem not in result.problems and not broken_off(exchange):
            result.problems.append(problem)
        return
    result.judge(operation.id, "max_response_time", broken(target, "max_response_time", operation, exchange))
    if exchange.status is None:
        return
    for rule in ("not_a_server_error", "status_code_conformance", "content_type_conformance"):
        result.judge(operation.id, rule, broken(target, rule, operation, exchange))
    response = documented(operation, exchange.status)
    if response is not None and response.headers:
        rule = "response_headers_conformance"
        result.judge(operation.id, rule, broken(target, rule, operation, exchange))
    if response is not None and response.media_types:
        rule = "response_schema_conformance"
        result.judge(operation.id, rule, broken(target, rule, operation, exchange))


def broken(target: Target, rule: str, operation: Operation, exchange: Exchange) -> Failure | None:
    """How an answer breaks one of the rules of this module, None where it does not."""
    status = exchange.status
    response = documented(operation, status or 0)

    def told(wanted: str, got: str) -> Failure:
        return failure(target, rule, operation, exchange, wanted, got, response)

    statuses = ", ".join(response.status for response in operation.responses)
    if rule == "max_response_time":
        late = exchange.status is None or exchange.elapsed > SLOW
        got = exchange.error or f"one after {exchange.elapsed:.1f} s"
        return told(f"an answer within {SLOW:g} s", got) if late else None
    if status is None:
        return None
    match rule:
        case "not_a_server_error" if status >= 500:
            return told("no server error", f"{status} {_excerpt(exchange)}")
        case "status_code_conformance" if response is None:
            return told(f"a documented status: {statuses}", f"{status} {_excerpt(exchange)}")
        case "content_type_conformance" if response is not None and response.media_types:
            names = [media_type.name.split(";")[0].strip().lower() for media_type in response.media_types]
            if exchange.media_type not in names:
                return told(
                    f"the content type {' or '.join(names)} for {status}", exchange.media_type or "no content type"
                )
        case "response_headers_conformance" if response is not None:
            for name, header in response.headers.items():
                value = exchange.headers.get(name.lower())
                if value is None and header.get("required"):
                    return told(f"the header {name} with {status}", "no such header")
                schema = header.get("schema", {})
                if value is not None and schema.get("type") in (None, "string"):
                    for error in target.document.validator(schema).iter_errors(value):
                        return told(f"a header {name} of its schema", f"{value!r}: {error.message}")
        case "response_schema_conformance" if response is not None and response.media_types:
            return _schema(target, operation, exchange, response)
    return None


def _schema(target: Target, operation: Operation, exchange: Exchange, response: Response) -> Failure | None:
    media_type = next(
        (m for m in response.media_types if m.name.lower() == exchange.media_type), response.media_types[0]
    )
    body: Any = exchange.json if media_type.is_json else exchange.body.decode(errors="replace")
    wanted = f"a body of the schema of {exchange.status}"
    rule = "response_schema_conformance"
    if body is MISSING:
        return failure(target, rule, operation, exchange, f"JSON with {exchange.status}", _excerpt(exchange), response)
    try:
        errors = list(target.document.validator(media_type.schema).iter_errors(body))
    except ValueError as unread:  # nested too deep, or half of a surrogate pair
        told = f"what no validator reads, {unread}: {_excerpt(exchange)}"
        return failure(target, rule, operation, exchange, wanted, told, response)
    if not errors:
        return None
    lines = []
    for error in errors[:3]:
        place = [str(key) for key in error.instance_path]
        value = walk(body, place) if place else body
        lines.append(f"/{'/'.join(place)} is {shortened(json.dumps(value, ensure_ascii=False))}: {error.message}")
    return failure(target, rule, operation, exchange, wanted, "; ".join(lines), response)


def _excerpt(exchange: Exchange) -> str:
    return shortened(exchange.body.decode(errors="replace").strip() or "(empty body)")
