"""The first line: whether this server can be judged at all."""

import re
from collections.abc import Mapping
from typing import Any

import attrs

from ..document import Operation, Response, walk
from .calls import Caller
from .exchange import Exchange, documented
from .faults import broken_off
from .target import Target


class CannotJudge(Exception):
    """The server cannot be judged. The message is the one line that a reader needs."""


def preflight(target: Target, caller: Caller) -> tuple[Target, list[tuple[Operation, Exchange]]]:
    """Reads each known job once, until one answers for each operation; starts one where none is known and it may.

    Gives the target with what has been started, and what was sent.

    Raises:
        CannotJudge: the server does not answer, is another one, wants another credential, or knows none of the ids.
    """
    document = target.document
    for operation in target.operations:
        if target.way_in(operation) is None:
            variables = [document.environment_variable(key) for way in operation.security for key in way]
            raise CannotJudge(f"{operation.id} asks for a credential; set {' or '.join(variables)}")
    exchanges: list[tuple[Operation, Exchange]] = []
    for operation in target.operations:
        if operation.job is None:
            continue
        values = known_values(target, operation)
        if not values and (begun := _begun(target, caller, operation, exchanges)):
            target = _with(target, begun)
            values = [begun]
        if not values:
            names = [document.environment_variable(parameter.name) for parameter in operation.required]
            raise CannotJudge(
                f"{operation.id} needs a known id; set {' and '.join(names)}{_or_start(target, operation)}"
            )
        for index, given in enumerate(values):
            exchange = caller.call(operation, given)
            exchanges.append((operation, exchange))
            reason = _reason(target, operation, exchange)
            if not reason:
                break
            if index == len(values) - 1 or exchange.status is None:
                is_ours = exchange.status in {400, 404} and not names_of(operation) & target.named
                if is_ours and (begun := _begun(target, caller, operation, exchanges)):
                    target = _with(target, begun)
                    exchanges.append((operation, caller.call(operation, begun)))
                    break
                raise CannotJudge(target.redact(reason))
    return target, exchanges


def names_of(operation: Operation) -> set[str]:
    """The names of the parameters that no request of an operation can do without."""
    return {parameter.name for parameter in operation.required}


def _begun(
    target: Target, caller: Caller, operation: Operation, exchanges: list[tuple[Operation, Exchange]]
) -> dict[str, str]:
    """The parameters of a job that was started for the purpose; empty where none may be, or none could."""
    for start in target.operations:
        if not any(link.operation_id == operation.id for r in start.responses for link in r.follow):
            continue
        if target.way_in(start) is None:
            continue
        for values in known_values(target, start)[:1]:
            exchange = caller.call(start, values)
            exchanges.append((start, exchange))
            response = documented(start, exchange.status or 0)
            link, parameters = resolved(response, exchange.json) if response else (None, {})
            if link == operation.id:
                others = {name: target.known[name][0] for name in names_of(operation) if target.known.get(name)}
                return {**others, **parameters}
    return {}


def _with(target: Target, values: Mapping[str, str]) -> Target:
    """The target that knows this job alone."""
    return attrs.evolve(target, known={**target.known, **{name: (value,) for name, value in values.items()}})


def _or_start(target: Target, operation: Operation) -> str:
    starts = [
        o.id
        for o in target.document.operations
        for r in o.responses
        for link in r.follow
        if link.operation_id == operation.id
    ]
    return "" if target.writes or not starts else f", or ALLOW_WRITES=1 to have {starts[0]} start a job"


def reachable(target: Target, caller: Caller, operation: Operation) -> None:
    """Whether there is a server of the product that lets us in, told from a reading of something that need not exist.

    Raises:
        CannotJudge: it does not answer, is another one, or wants another credential.
    """
    if target.way_in(operation) is None:
        variables = [target.document.environment_variable(key) for way in operation.security for key in way]
        raise CannotJudge(f"{operation.id} asks for a credential; set {' or '.join(variables)}")
    values = {parameter.name: "does-not-exist" for parameter in operation.parameters_in("path")}
    exchange = caller.call(operation, values)
    unknown = operation.situation("unknown_id")
    absent = operation.situation("not_served")
    is_unknown = exchange.status == 404 or bool(unknown and unknown[0].status == str(exchange.status))
    if is_unknown and not (absent and _alike(exchange.json, absent[2].value)):
        return
    disabled = operation.situation("disabled")
    if disabled and _same(exchange, disabled[2].value):
        raise CannotJudge(f"{target.redact(target.base_url)} says that the API is disabled")
    if reason := _reason(target, operation, exchange):
        raise CannotJudge(target.redact(reason))


def known_values(target: Target, operation: Operation) -> list[dict[str, str]]:
    """The sets of values of the required parameters under which something is known to exist."""
    names = [parameter.name for parameter in operation.required]
    if not all(target.known.get(name) for name in names):
        return []
    count = max((len(target.known[name]) for name in names), default=1)
    return [{name: target.known[name][min(i, len(target.known[name]) - 1)] for name in names} for i in range(count)]


def _reason(target: Target, operation: Operation, exchange: Exchange) -> str | None:
    """Why an answer to a known id means that nothing can be judged."""
    document, status = target.document, exchange.status
    said = f"{target.base_url} answers {status}"
    if broken_off(exchange):
        return None  # it answers, and not truly: that is judged
    if status is None:
        return f"{target.base_url} does not answer: {exchange.error}"
    if exchange.media_type == "text/html":
        return f"{said} with an HTML page; this is not the API, or something stands before it"
    if 300 <= status < 400:
        where = exchange.headers.get("location", "nowhere")
        return f"{said} and redirects to {where}; redirects are not followed, name that base URL"
    if status == 429:
        return f"{said} to {operation.id}: it has had too many requests; wait, and verify again"
    absent = operation.situation("not_served")
    if absent and absent[0].status == str(status) and _alike(exchange.json, absent[2].value):
        return f"{said} to {operation.id}: this server does not have the API: {exchange.body.decode(errors='replace')}"
    wrong = operation.situation("wrong_credential")
    if status in {401, 403} or (wrong and wrong[0].status == str(status) and _same(exchange, wrong[2].value)):
        variables = [document.environment_variable(key) for key in target.way_in(operation) or ()]
        way_out = f"another credential is wanted in {' and '.join(variables)}" if variables else "it wants a credential"
        return f"{said} to {operation.id}: {way_out}"
    unknown = operation.situation("unknown_id")
    if status == 404 or (unknown and unknown[0].status == str(status) and status >= 400):
        names = [parameter.name for parameter in operation.required]
        variables = [document.environment_variable(name) for name in names]
        fault = (
            "the known id has expired" if set(names) & target.named else "it knows none of the document's example ids"
        )
        return (
            f"{said} to {operation.id}: {fault}, or it is another API, or the base URL lacks a path; "
            f"name a job that exists in {' and '.join(variables)}{_or_start(target, operation)}"
        )
    return None


def _alike(body: object, sample: object) -> bool:
    """Whether a body is a sample, up to what stands in brackets, which repeats the request."""
    if isinstance(body, dict) and isinstance(sample, dict):
        return body.keys() == sample.keys() and all(_alike(body[name], sample[name]) for name in sample)
    if isinstance(body, str) and isinstance(sample, str):
        return re.sub(r"\[[^\]]*\]", "[]", body) == re.sub(r"\[[^\]]*\]", "[]", sample)
    return body == sample


def _same(exchange: Exchange, value: object) -> bool:
    return bool(exchange.json == value)


def resolved(response: Response, body: Any) -> tuple[str | None, dict[str, str]]:
    """The operation that the first resolving link leads to, and its parameters."""
    for link in response.follow:
        values = {name: walk(body, path) for name, path in link.parameters.items()}
        if all(isinstance(value, str | int) and value != "" for value in values.values()):
            return link.operation_id, {name: str(value) for name, value in values.items()}
    return None, {}
