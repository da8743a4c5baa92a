"""Preflight requests: they find out whether the server can be checked at all."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs

from ..document import Operation
from .checks.http_standards import MAX_HOPS, normalized, redirect_target
from .exchange import Exchange, documented_response
from .jobs import follow_link, id_parameter, is_unknown, message, reports_job, sent_parameters, started_operations
from .network_errors import body_error
from .sender import RequestSender
from .target import Target


class InconclusiveError(Exception):
    """The server cannot be checked. The message is one line with the reason and the way out."""


def preflight(target: Target, sender: RequestSender) -> tuple[Target, list[Exchange]]:
    """Poll the known jobs of each operation until one responds; start a job if none is known and writes are allowed.

    Returns the target, including a started job, and the exchanges.

    Raises:
        InconclusiveError: the server does not respond, is not the documented one, rejects the credential, or knows
            none of the ids.
    """
    document = target.document
    for operation in target.operations:
        if target.security_requirement(operation) is None:
            variables = [document.environment_variable(key) for keys in operation.security for key in keys]
            raise InconclusiveError(f"{operation.id} requires a credential; set {' or '.join(variables)}")
    exchanges: list[Exchange] = []
    for operation in target.operations:
        if operation.job is None:
            continue
        values = known_values(target, operation)
        if not values and (started := _start_job(target, sender, operation, exchanges)):
            target = _with_job(target, operation, started)
            values = [started]
        if not values:
            names = [document.environment_variable(name) for name in sent_names(operation)]
            raise InconclusiveError(
                f"{operation.id} requires a known id; set {' and '.join(names)}{_or_start(target, operation)}"
            )
        for index, given in enumerate(values):
            exchange = sender.call(operation, given)
            exchanges.append(exchange)
            if hops := _redirect_loop(sender, exchange):
                exchanges += hops
                break
            reason = _inconclusive_reason(target, operation, exchange)
            if not reason:
                break
            if index == len(values) - 1 or exchange.status is None:
                is_rejected = exchange.status in {400, 404} or is_unknown(operation, exchange)
                is_example = is_rejected and not target.configured & set(sent_names(operation))
                if is_example and (started := _start_job(target, sender, operation, exchanges)):
                    target = _with_job(target, operation, started)
                    exchanges.append(sender.call(operation, started))
                    break
                raise InconclusiveError(target.redact(reason))
    return target, exchanges


def _redirect_loop(sender: RequestSender, exchange: Exchange) -> list[Exchange]:
    """Follow redirects within an origin; return the exchanges if they lead to a URL again, which is a failed check."""
    seen, hops = [normalized(exchange.url)], [exchange]
    for _ in range(MAX_HOPS):
        target = redirect_target(hops[-1])
        if target in seen:
            return hops[1:]
        if target is None or urlsplit(target)[:2] != urlsplit(seen[0])[:2] or exchange.method != "GET":
            return []
        seen.append(target)
        hops.append(sender.send(exchange.operation_id, "GET", target, exchange.request_headers))
    return []


def sent_names(operation: Operation) -> tuple[str, ...]:
    """Return the names of the parameters of every request."""
    return tuple(parameter.name for parameter in sent_parameters(operation))


def _start_job(
    target: Target, sender: RequestSender, operation: Operation, exchanges: list[Exchange]
) -> dict[str, str]:
    """Start a job and return the parameters of its status operation; empty if no start is allowed or succeeds."""
    for start in target.operations:
        if operation not in started_operations(target.document, start):
            continue
        if target.security_requirement(start) is None:
            continue
        for values in known_values(target, start)[:1]:
            exchange = sender.call(start, values)
            exchanges.append(exchange)
            response = documented_response(start, exchange.status or 0)
            request = message(start, exchange)
            linked, parameters = follow_link(target.document, response, request) if response else (None, {})
            if linked is operation:
                others = {name: values[0] for name, values in target.known[operation.id].items() if values}
                return {**others, **parameters}
    return {}


def _with_job(target: Target, operation: Operation, job: Mapping[str, str]) -> Target:
    """Return the target with this job as the only known one of the operation, and of others with the same."""
    before, known = target.known[operation.id], dict(target.known)
    for operation_id, values in target.known.items():
        same = {name: (value,) for name, value in job.items() if name in values and values[name] == before.get(name)}
        known[operation_id] = {**values, **same}
    return attrs.evolve(target, known=known)


def _or_start(target: Target, operation: Operation) -> str:
    document = target.document
    starts = [one.id for one in document.operations if operation in started_operations(document, one)]
    return "" if target.writes or not starts else f", or ALLOW_WRITES=1 to have {starts[0]} start a job"


def check_reachable(target: Target, sender: RequestSender, operation: Operation) -> None:
    """Check with a poll of a job that need not exist that the documented server responds and accepts the credential.

    Raises:
        InconclusiveError: it does not respond, is not the documented one, or rejects the credential.
    """
    if target.security_requirement(operation) is None:
        variables = [target.document.environment_variable(key) for keys in operation.security for key in keys]
        raise InconclusiveError(f"{operation.id} requires a credential; set {' or '.join(variables)}")
    named = id_parameter(operation)
    values = {one.name: "does-not-exist" for one in (*operation.parameters_in("path"), *((named,) if named else ()))}
    exchange = sender.call(operation, values)
    unknown_id = operation.scenario("unknown_id")
    not_served = operation.scenario("not_served")
    is_documented = bool(unknown_id and unknown_id[0].status == str(exchange.status))
    if (exchange.status == 404 or is_documented or is_unknown(operation, exchange)) and not (
        not_served and _matches_sample(exchange.json, not_served[2].value)
    ):
        return
    disabled = operation.scenario("disabled")
    if disabled and exchange.json == disabled[2].value:
        raise InconclusiveError(f"{target.redact(target.base_url)} reports that the API is disabled")
    if reason := _inconclusive_reason(target, operation, exchange):
        raise InconclusiveError(target.redact(reason))


def known_values(target: Target, operation: Operation) -> list[dict[str, str]]:
    """Return the sets of required parameters for which a job is known to exist."""
    known = target.known[operation.id]
    if not all(known.values()):
        return []
    count = max(map(len, known.values()), default=1)
    return [{name: values[min(i, len(values) - 1)] for name, values in known.items()} for i in range(count)]


def _inconclusive_reason(target: Target, operation: Operation, exchange: Exchange) -> str | None:
    """Return why the response to a known id shows that the server cannot be checked, or None."""
    document, status = target.document, exchange.status
    returned = f"{target.base_url} returned {status}"
    if body_error(exchange):
        return None  # a failed check of the headers, but the server can be checked
    if status is None:
        return f"{target.base_url} does not respond: {exchange.error}"
    if exchange.media_type == "text/html":
        return f"{returned} with an HTML page; expected the API; check the base URL, or a proxy or login page before it"
    if (
        300 <= status < 400
        and not reports_job(operation, exchange)
        and redirect_target(exchange) != normalized(exchange.url)
    ):
        location = exchange.headers.get("location", "nowhere")
        return f"{returned} and redirects to {location}; redirects are not followed, pass that base URL"
    if status == 429:
        return f"{returned} to {operation.id}: too many requests; wait, and verify again"
    not_served = operation.scenario("not_served")
    if not_served and not_served[0].status == str(status) and _matches_sample(exchange.json, not_served[2].value):
        body = exchange.body.decode(errors="replace")
        return f"{returned} to {operation.id}: this server does not have the API: {body}"
    wrong = operation.scenario("wrong_credential")
    if status in {401, 403} or (wrong and wrong[0].status == str(status) and exchange.json == wrong[2].value):
        variables = [document.environment_variable(key) for key in target.security_requirement(operation) or ()]
        way_out = f"set a valid credential in {' and '.join(variables)}" if variables else "a credential is required"
        return f"{returned} to {operation.id}: {way_out}"
    unknown_id = operation.scenario("unknown_id")
    is_documented = bool(unknown_id and unknown_id[0].status == str(status) and status >= 400)
    if is_unknown(operation, exchange) or ((status == 404 or is_documented) and not reports_job(operation, exchange)):
        names = sent_names(operation)
        variables = [document.environment_variable(name) for name in names]
        cause = (
            "the known id has expired"
            if set(names) & target.configured
            else "it knows none of the document's example ids"
        )
        return (
            f"{returned} to {operation.id}: {cause}, or it is another API, or the base URL lacks a path; "
            f"set the id of an existing job in {' and '.join(variables)}{_or_start(target, operation)}"
        )
    return None


def _matches_sample(body: object, sample: object) -> bool:
    """Return whether a body equals a sample, except for text in brackets, which repeats parts of the request."""
    if isinstance(body, dict) and isinstance(sample, dict):
        return body.keys() == sample.keys() and all(_matches_sample(body[name], sample[name]) for name in sample)
    if isinstance(body, str) and isinstance(sample, str):
        return re.sub(r"\[[^\]]*\]", "[]", body) == re.sub(r"\[[^\]]*\]", "[]", sample)
    return body == sample
