"""Rules that come from the standards below an API, each with the clause that it enforces."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..document import Operation, walk
from .calls import Caller
from .conformance import documented, failure, shortened
from .exchange import Exchange
from .result import Result
from .target import Target

# The clause of the standard that a rule enforces, beside the document's own.
CLAUSES: Mapping[str, str] = {
    "strict_json": "RFC 8259, 4 and 8.1: names are unique, the text is UTF-8 without a byte order mark",
    "caching": "RFC 9111, 5.2: what a cache may keep is served as fresh",
    "near_miss_credential": "RFC 9110, 11.4: a credential is accepted as it is, or not at all",
    "strange_ids": "RFC 9110, 15.5 and 15.6: what a client gets wrong is a 4xx",
    "odd_queries": "RFC 9110, 15.5 and 15.6: what a client gets wrong is a 4xx",
    "head": "RFC 9110, 9.3.2: HEAD is GET without the content",
}
LONG = 1500  # characters of an id that no server gives


class Wire:
    """Holds each answer to the standards below the API, whoever has asked for it."""

    def __init__(self, target: Target, result: Result) -> None:
        self._target = target
        self._result = result

    def hear(self, exchange: Exchange) -> None:
        """Judges one answer."""
        operation = self._target.document.operation(exchange.operation_id)
        if exchange.status is None or not exchange.body or exchange.method == "HEAD":
            return
        if exchange.media_type == "application/json" or exchange.media_type.endswith("+json"):
            judge(self._target, self._result, "strict_json", operation, exchange, _lax(exchange))
        if operation.job and exchange.is_accepted and isinstance(exchange.json, dict):
            state = walk(exchange.json, operation.job.state)
            if isinstance(state, str) and operation.job.kinds.get(state) == "pending":
                judge(self._target, self._result, "caching", operation, exchange, _kept(exchange, state))


def judge(target: Target, result: Result, rule: str, operation: Operation, exchange: Exchange, got: str) -> None:
    """Counts a judgement; empty `got` is none broken."""
    wanted = CLAUSES[rule]
    result.judge(operation.id, rule, failure(target, rule, operation, exchange, wanted, got) if got else None)


def _lax(exchange: Exchange) -> str:
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", exchange.headers.get("content-type", ""), re.IGNORECASE)
    if charset and charset[1].lower() not in {"utf-8", "utf8"}:
        return f"charset={charset[1]}"
    if exchange.body.startswith(b"\xef\xbb\xbf"):
        return "a byte order mark"
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice.append(next(name for name in names if names.count(name) > 1))
        return found

    try:
        json.loads(exchange.body, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return ""  # the schema rule says so
    return f"the name {twice[0]!r} twice in one object" if twice else ""


def _kept(exchange: Exchange, state: str) -> str:
    control = exchange.headers.get("cache-control", "").lower()
    age = re.search(r"(?:^|[\s,])(?:s-maxage|max-age)\s*=\s*\"?(\d+)", control)
    if "no-store" in control or "no-cache" in control or "private" in control:
        return ""
    if (age and int(age[1]) > 0) or "immutable" in control:
        return f"Cache-Control: {control} with {state}, which will not last"
    return ""


def probe(target: Target, caller: Caller, result: Result, operation: Operation, values: Mapping[str, str]) -> None:
    """Sends the odd requests of one operation that only reads, and judges their answers; few of them to a live server."""
    if operation.method != "GET":
        return
    full = target.profile == "full"
    for exchange in _near_misses(target, caller, operation, values):
        result.saw(exchange)
        got = f"{exchange.status} {_said(exchange)}" if exchange.is_accepted or (exchange.status or 500) >= 500 else ""
        judge(target, result, "near_miss_credential", operation, exchange, got)
    for exchange in itertools.islice(_strange_ids(caller, operation, values), None if full else 1):
        result.saw(exchange)
        judge(target, result, "strange_ids", operation, exchange, _undocumented(operation, exchange, accepted=False))
    for exchange in itertools.islice(_odd_queries(caller, operation, values), None if full else 1):
        result.saw(exchange)
        judge(target, result, "odd_queries", operation, exchange, _undocumented(operation, exchange, accepted=True))
    if full:
        honest = caller.call(operation, values)
        head = caller.call(operation, values, method="HEAD")
        result.saw(head)
        judge(target, result, "head", operation, head, _unlike(head, honest))


def _near_misses(target: Target, caller: Caller, operation: Operation, values: Mapping[str, str]) -> Iterator[Exchange]:
    """The credential with a character more, one less, and in another case. Nothing where none is asked for."""
    way = target.way_in(operation) or ()
    if len(way) != 1 or any(not alternative for alternative in operation.security):
        return
    key, value = way[0], target.credentials[way[0]]
    for changed in dict.fromkeys((f"{value}x", value[:-1], value.swapcase())):
        if changed and changed != value:
            yield caller.call(operation, values, credentials={key: changed})


def _strange_ids(caller: Caller, operation: Operation, values: Mapping[str, str]) -> Iterator[Exchange]:
    name = operation.parameters_in("path")[-1].name
    for strange in ("Ünknøwn-☃", "x" * LONG, "%", "' OR 1=1--", "a b"):
        yield caller.call(operation, {**values, name: strange})


def _odd_queries(caller: Caller, operation: Operation, values: Mapping[str, str]) -> Iterator[Exchange]:
    yield caller.call(operation, values, {"x_unheard_of": "1"})
    for parameter in operation.parameters_in("query")[:1]:
        yield caller.call(operation, values, {parameter.name: ["true", "true"]})


def _undocumented(operation: Operation, exchange: Exchange, *, accepted: bool) -> str:
    """Why an answer to an odd request is none that the document and the standard allow."""
    status = exchange.status
    if status is None:
        return exchange.error
    if status >= 500 or (exchange.is_accepted and not accepted) or 300 <= status < 400:
        return f"{status} {_said(exchange)}"
    # What a server before the API refuses, such as a URL that is too long, is no matter of the document.
    if documented(operation, status) is None and status not in {400, 404, 414, 431}:
        return f"{status}, which is not documented"
    return ""


def _unlike(head: Exchange, honest: Exchange) -> str:
    """How an answer to HEAD differs from that to GET; a server may also refuse it."""
    if head.status in {405, 501}:
        return ""
    if head.status != honest.status:
        return f"{head.status} where GET answers {honest.status}"
    if head.media_type != honest.media_type:
        return f"{head.media_type or 'no content type'} where GET answers {honest.media_type}"
    return ""


def _said(exchange: Exchange) -> str:
    return shortened(exchange.body.decode(errors="replace"))
