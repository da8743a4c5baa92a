"""Requests that no careful client sends, few of them, and what a server may make of them.

A healthy server has manners of its own. What is judged here is what none may do: fail, let in whom it must not, or
answer with something that is not so.
"""

import base64
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Unpack

from attrs import frozen

from ...document import MISSING, Operation, walk
from ..calls import Caller, Changes, Query
from ..exchange import Exchange, documented
from ..faults import TOO_MANY, broken_off
from ..result import Result
from ..target import LIVE_REQUESTS, Target, near_misses
from . import conformance, wire
from .protocol import judge

LONG = 1500  # characters of an id that no server gives
UNHEARD_OF = "x_unheard_of"
Finding = tuple[Exchange, str]  # what was sent and what is wrong with the answer; empty where nothing is


@frozen
class Asked:
    """One operation with the path values of something that is known to exist."""

    target: Target
    caller: Caller
    result: Result
    operation: Operation
    values: Mapping[str, str]

    def call(
        self, query: Query = None, *, values: Mapping[str, str] | None = None, **changes: Unpack[Changes]
    ) -> Exchange:
        """Sends the operation's own request, changed as it is told, and has the answer heard."""
        exchange = self.caller.call(self.operation, values or self.values, query, **changes)
        self.result.saw(exchange)
        return exchange

    def call_twice_at_once(self) -> list[Exchange]:
        """Sends the operation's own request two times, without waiting for the first answer.

        The answers are not heard: they have no order, in which a job's life could be read.
        """
        exchanges = self.caller.call_at_once(self.operation, self.values, 2)
        for exchange in exchanges:
            self.result.saw(exchange, heard=False)
        return exchanges


@frozen
class Oddity:
    """A rule's requests. Of a live server at most `live` of them are asked; writes are odd only where `writes` says so."""

    rule: str
    ask: Callable[[Asked], Iterator[Finding]]
    live: int
    writes: bool = False


def probe(target: Target, caller: Caller, result: Result, operation: Operation, values: Mapping[str, str]) -> None:
    """Sends the odd requests of one operation and judges their answers, as long as it leaves schemathesis its share."""
    asked = Asked(target, caller, result, operation, values)
    for oddity in ODDITIES:
        if operation.method != "GET" and not oddity.writes:
            continue
        if target.profile == "live" and caller.sent[operation.id] >= target.most_requests - LIVE_REQUESTS:
            result.notes.append(f"{operation.id}: no requests were left for {oddity.rule}")
            continue
        most = None if target.profile == "full" else oddity.live
        with result.guarded(oddity.rule, operation.id):
            for exchange, got in itertools.islice(oddity.ask(asked), most):
                # None tells anything of what was asked, and those of the API are judged on their own.
                if exchange.status == TOO_MANY or broken_off(exchange):
                    continue
                if wire.is_refused_before_the_api(operation, exchange):
                    continue
                judge(target, result, oddity.rule, operation, exchange, got)


def _near_misses(asked: Asked) -> Iterator[Finding]:
    """The credential with a character more, one less, and in another case. Nothing where none is asked for."""
    if not (way := _only_way(asked)):
        return
    key, value = way
    for changed in dict.fromkeys(changed for changed, _ in near_misses(value)):
        if changed and changed != value:
            yield _let_in(asked.call(credentials={key: changed}))


def _elsewhere(asked: Asked) -> Iterator[Finding]:
    """The right credential under another scheme or in another place; in the URL of no live server, which would log it."""
    if not (way := _only_way(asked)):
        return
    key, value = way
    scheme = asked.target.document.security_schemes[key]
    encoded = base64.b64encode(value.encode()).decode()
    named = scheme.name if scheme.type == "apiKey" else "access_token"
    authorization = {"bearer": f"Basic {encoded}", "basic": f"Bearer {encoded}"}.get(
        scheme.scheme if scheme.type == "http" else "bearer" if scheme.type != "apiKey" else "", f"Bearer {value}"
    )
    if not (scheme.type == "apiKey" and scheme.where == "header" and scheme.name.lower() == "authorization"):
        yield _let_in(asked.call(credentials={}, headers={"authorization": authorization}))
    if scheme.where != "query":
        yield _let_in(asked.call({named: value}, credentials={}))
    if scheme.where != "cookie":
        yield _let_in(asked.call(credentials={}, headers={"cookie": f"{named}={value}"}))


def _only_way(asked: Asked) -> tuple[str, str] | None:
    """The key and value of the one credential that the operation insists on."""
    way = asked.target.way_in(asked.operation) or ()
    if len(way) != 1 or any(not alternative for alternative in asked.operation.security):
        return None
    return way[0], asked.target.credentials[way[0]]


def _let_in(exchange: Exchange) -> Finding:
    return exchange, _answer(exchange) if exchange.is_accepted or (exchange.status or 500) >= 500 else ""


def _strange_ids(asked: Asked) -> Iterator[Finding]:
    """Ids that are malformed, long, of other letters, or nearly those of a job that exists."""
    if not asked.operation.parameters_in("path"):
        return
    name = asked.operation.parameters_in("path")[-1].name
    known = asked.values[name]
    for strange in ("Ünknøwn-☃", "x" * LONG, "%", "' OR 1=1--", "a b", "\x00", f"{known}x", known[:-1]):
        if strange:
            exchange = asked.call(values={**asked.values, name: strange})
            yield exchange, _undocumented(asked, exchange, accepted=False)
    # An escape that is none. A server may also hang up.
    path = asked.operation.path.replace(f"{{{name}}}", "%zz")
    exchange = asked.call(path=path)
    yield exchange, _undocumented(asked, exchange, accepted=False) if exchange.status is not None else ""


def _odd_queries(asked: Asked) -> Iterator[Finding]:
    """Parameters that are unheard of, repeated, of another type, empty, or in another case."""
    queries: list[dict[str, Any]] = [{UNHEARD_OF: "1"}]
    for parameter in asked.operation.parameters_in("query"):
        kind = asked.target.document.resolve(parameter.schema).get("type")
        queries += [{parameter.name: values} for values in (["true", "true"], ["false", "true"])]
        queries += [{parameter.name: "banana"}] if kind in {"boolean", "integer", "number"} else []
        queries += [{parameter.name: ""}, {parameter.name.swapcase(): "true"}]
    for query in queries:
        exchange = asked.call(query)
        yield exchange, _undocumented(asked, exchange, accepted=True)


def _defaults(asked: Asked) -> Iterator[Finding]:
    """A reading without any optional parameter against one that names every default."""
    document = asked.target.document
    schemas = {p.name: document.resolve(p.schema) for p in asked.operation.parameters_in("query") if not p.required}
    named = {name: schema["default"] for name, schema in schemas.items() if schema.get("default") is not None}
    if not named:
        return
    before, absent, after = asked.call(named), asked.call(), asked.call(named)
    if _told(before) == _told(after):
        changed = _changed(before, absent)
        query = "&".join(f"{name}={str(value).lower()}" for name, value in named.items())
        yield absent, f"{changed} unlike with {query}" if changed else ""


def _head(asked: Asked) -> Iterator[Finding]:
    """HEAD, beside GET; a server may also refuse it."""
    honest, head = asked.call(), asked.call(method="HEAD")
    if head.status in {405, 501}:
        yield head, ""
    elif head.status != honest.status:
        yield head, f"{head.status} where GET answers {honest.status}"
    elif head.media_type not in ("", honest.media_type):
        yield head, f"{head.media_type} where GET answers {honest.media_type}"
    else:
        yield head, ""


def _path_forms(asked: Asked) -> Iterator[Finding]:
    """The path with a slash behind it and in another case, with the credential and without."""
    path = asked.operation.path
    forms = [f"{path}/", re.sub(r"[^{}]+(?=\{|$)", lambda literal: literal[0].swapcase(), path)]
    honest = asked.call()
    for form in forms:
        exchange = asked.call(path=form)
        yield exchange, _otherwise(asked, exchange, honest)
        if _only_way(asked):
            exchange = asked.call(path=form, credentials={})
            leaks = exchange.is_accepted and _state(asked, exchange) is not MISSING
            yield exchange, f"{_answer(exchange)} without a credential" if leaks else _failed(exchange)


def _undeclared_body(asked: Asked) -> Iterator[Finding]:
    """A body where the document has none."""
    if asked.operation.body is not None:
        return
    sent: Changes = {"content": b'{"x_unheard_of": 1}', "headers": {"content-type": "application/json"}}
    if asked.operation.method == "GET":
        honest = asked.call()
        exchange = asked.call(**sent)
        yield exchange, _otherwise(asked, exchange, honest)
    else:
        exchange = asked.call(**sent)
        yield exchange, _undocumented(asked, exchange, accepted=True)


def _accept(asked: Asked) -> Iterator[Finding]:
    """A client that takes anything, and one that takes nothing that there is."""
    for taken in ("*/*", "application/vnd.unheard-of"):
        exchange = asked.call(headers={"accept": taken})
        response = documented(asked.operation, exchange.status or 0)
        described = response.media_types if response else ()
        names = {media_type.name.split(";")[0].strip().lower() for media_type in described}
        refused = exchange.status == 406 and taken != "*/*"
        wrong = not exchange.is_accepted or exchange.media_type not in names
        told = f"{exchange.media_type or 'no content type'} with {_answer(exchange)}"
        yield exchange, f"Accept: {taken} answered with {told}" if wrong and not refused else ""


def _identity(asked: Asked) -> Iterator[Finding]:
    """A client that takes content only as it is; that the answer is so is judged with every answer."""
    yield asked.call(headers={"accept-encoding": "identity"}), ""


def _concurrent(asked: Asked) -> Iterator[Finding]:
    """Two readings at once of a job that stands still, against one before and one after them."""
    before, at_once, after = asked.call(), asked.call_twice_at_once(), asked.call()
    if _told(before) == _told(after):
        for exchange in at_once:
            changed = _changed(before, exchange)
            yield exchange, f"{changed} beside another reading, unlike before and after it" if changed else ""


def _otherwise(asked: Asked, exchange: Exchange, honest: Exchange) -> str:
    """How an answer fails, or tells another state of the job than honest readings before and after it did."""
    state = _state(asked, exchange)
    if exchange.is_accepted and state not in (MISSING, _state(asked, honest)):
        after = _state(asked, asked.call())
        # A job that has moved on meanwhile may have told any word on its way.
        if after == _state(asked, honest) != MISSING:
            return f"{_answer(exchange)} where the described request is told {after}"
    return _failed(exchange)


def _failed(exchange: Exchange) -> str:
    return _answer(exchange) if exchange.status is None or exchange.status >= 500 else ""


def _state(asked: Asked, exchange: Exchange) -> Any:
    job = asked.operation.job
    return walk(exchange.json, job.state) if job and isinstance(exchange.json, dict) else MISSING


def _told(exchange: Exchange) -> Any:
    return exchange.status, exchange.body if exchange.json is MISSING else exchange.json


def _changed(one: Exchange, other: Exchange) -> str:
    """What of an answer differs from another; empty where nothing does."""
    if _told(one) == _told(other) or other.status is None:
        return ""
    if one.status != other.status or not isinstance(one.json, dict) or not isinstance(other.json, dict):
        return _answer(other)
    names = [name for name in {**one.json, **other.json} if one.json.get(name) != other.json.get(name)]
    return f"other {', '.join(names)}"


def _undocumented(asked: Asked, exchange: Exchange, *, accepted: bool) -> str:
    """Why an answer to an odd request is none that the document and the standard allow."""
    status = exchange.status
    if status is None or status >= 500 or (exchange.is_accepted and not accepted) or 300 <= status < 400:
        return _answer(exchange)
    # What a server before the API refuses, such as a URL that is too long, is no matter of the document.
    if documented(asked.operation, status) is None and status not in {400, 404, 414, 431}:
        return f"{status}, which is not documented"
    return ""


def _answer(exchange: Exchange) -> str:
    if exchange.status is None:
        return f"no answer: {exchange.error}"
    return f"{exchange.status} {conformance.shortened(exchange.body.decode(errors='replace'))}"


ODDITIES = (
    Oddity("near_miss_credential", _near_misses, live=3),
    Oddity("credential_elsewhere", _elsewhere, live=1),
    Oddity("strange_ids", _strange_ids, live=1),
    Oddity("odd_queries", _odd_queries, live=1),
    Oddity("defaults", _defaults, live=1),
    Oddity("truthful_headers", _identity, live=1),
    Oddity("head", _head, live=0),
    Oddity("path_forms", _path_forms, live=1),
    Oddity("undeclared_body", _undeclared_body, live=0, writes=True),
    Oddity("accept", _accept, live=1),
    Oddity("concurrent_readings", _concurrent, live=2),
)
