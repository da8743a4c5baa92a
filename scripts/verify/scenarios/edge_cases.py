"""Edge cases: unusual requests for a job that is known to exist. The check of the same name says what they show."""

import base64
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Unpack

from attrs import frozen

from ...document import Operation, walk
from ..exchange import Exchange
from ..jobs import id_parameter, is_read, reports_job
from ..probe import WITHOUT_CREDENTIAL, Probe, VariantProbe
from ..schemas import UNLIKE_TEXT, schema_types
from ..sender import Query, RequestChanges
from ..session import RequiredCredential, Session
from ..target import credential_location, near_misses

LONG = 1500  # characters of an id
UNKNOWN_PARAMETER = "x_unheard_of"
REPETITIONS = 8  # of a wrong credential
REPRESENTATIONS: tuple[Mapping[str, str], ...] = (
    {"accept-encoding": "identity"},
    {"accept-encoding": "gzip"},
    {"cache-control": "no-cache"},
    {"user-agent": "Mozilla/5.0"},
    {"accept-language": "de"},
)
Probes = Iterator[Probe]


@frozen
class EdgeCaseRequests:
    """Sends variants of the request of one operation for a job that is known to exist."""

    session: Session
    operation: Operation
    values: Mapping[str, str]

    def call(
        self, query: Query = None, *, values: Mapping[str, str] | None = None, **changes: Unpack[RequestChanges]
    ) -> Exchange:
        """Send the operation's request with changes."""
        return self.session.call(self.operation, values or self.values, query, documented=False, **changes)

    def read(self) -> Exchange:
        """Send the documented request."""
        return self.session.call(self.operation, self.values, plain=is_read(self.operation))

    def probe(self, exchange: Exchange, *others: Exchange) -> Probe:
        """Make a probe of an exchange."""
        return Probe(self.operation, exchange, others)

    def variant(self, exchange: Exchange, *others: Exchange, variant: str) -> Probe:
        """Make a probe of an exchange of which the request alone does not show what is unusual."""
        return VariantProbe(self.operation, exchange, others, variant=variant)

    @property
    def required_credentials(self) -> tuple[RequiredCredential, ...]:
        """The credentials that the operation requires."""
        return self.session.required_credentials(self.operation, self.values)


@frozen
class EdgeCase:
    """The edge cases of one check: at most `live` probes of a live server; writes only if `writes` is set."""

    check: str
    probes: Callable[[EdgeCaseRequests], Probes]
    live: int
    writes: bool = False


def request_edge_cases(session: Session, operation: Operation) -> None:
    """Send the edge cases of one operation; reserve some of the requests for schemathesis."""
    for values in session.known_values(operation)[:1]:
        requests = EdgeCaseRequests(session, operation, values)
        for edge_case in EDGE_CASES:
            limit = None if session.is_full else edge_case.live
            if limit == 0 or (not is_read(operation) and not edge_case.writes):
                continue
            if not session.has_requests_left(operation):
                session.result.notes.append(f"{operation.id}: no requests were left for {edge_case.check}")
                continue
            with session.guarded(edge_case.check, operation.id):
                for probe in itertools.islice(edge_case.probes(requests), limit):
                    session.check(edge_case.check, probe)


def _in_turns(probes: Callable[[EdgeCaseRequests, RequiredCredential], Probes]) -> Callable[[EdgeCaseRequests], Probes]:
    """Return the probes of each required credential, in turns: a live run sends the first ones only."""

    @functools.wraps(probes)
    def each(requests: EdgeCaseRequests) -> Probes:
        running = [probes(requests, required) for required in requests.required_credentials]
        while running:
            for one in list(running):
                probe = next(one, None)
                if probe is None:
                    running.remove(one)
                else:
                    yield probe

    return each


def _near_misses(requests: EdgeCaseRequests, required: RequiredCredential) -> Probes:
    """Change the credential in one character, or its case."""
    for changed in dict.fromkeys(changed for changed, _ in near_misses(required.value)):
        if changed and changed != required.value:
            yield requests.probe(requests.call(credentials=required.changed(changed)))


def _wrong_credentials(requests: EdgeCaseRequests, required: RequiredCredential) -> Probes:
    """Send no credential, wrong ones and parts of the valid one, also with HEAD, and one wrong one repeatedly."""
    key, value, others = required.key, required.value, dict(required.others)
    scheme = requests.session.target.document.security_schemes[key]
    user, _, password = value.partition(":")
    wrong: tuple[str, ...] = ("wrong", "null", "")
    if scheme.scheme == "basic":
        wrong = (f"{user}:wrong", f"{user}:", f"wrong:{password}", ":", "wrong:wrong", f"{user}:{password.swapcase()}")
    yield requests.probe(requests.call(credentials=others))
    for changed in wrong:
        if changed != value and (changed or scheme.type == "apiKey"):
            yield requests.probe(requests.call(credentials=required.changed(changed)))
    # A client cannot send a credential of these schemes that is empty.
    empty = ("", (scheme.scheme or "bearer").capitalize()) if scheme.type != "apiKey" else ()
    for headers in (*({"authorization": value} for value in empty), {"x-forwarded-for": "127.0.0.1"}):
        yield requests.probe(requests.call(credentials=others, headers=headers))
    if requests.operation.method == "GET":
        for credentials in (others, required.changed(wrong[0])):
            yield requests.probe(requests.call(credentials=credentials, method="HEAD"))
    for _ in range(REPETITIONS):
        yield requests.probe(requests.call(credentials=required.changed(wrong[0])))


def _after_refusal(requests: EdgeCaseRequests, required: RequiredCredential) -> Probes:
    """Send a wrong credential between requests with the valid one."""
    current = requests.read()
    first = requests.session.first_reads.get(current.url, current)
    yield requests.probe(current, first)
    requests.call(credentials=required.changed("wrong:wrong"))
    for _ in range(2):
        yield requests.probe(requests.read(), first)


def _elsewhere(requests: EdgeCaseRequests, required: RequiredCredential) -> Probes:
    """Send the credential under another scheme or in another location.

    The first one is never in the URL, so the URLs of a live server, which it may log, stay free of it.
    """
    key, value = required.key, required.value
    schemes = requests.session.target.document.security_schemes
    scheme, encoded = schemes[key], base64.b64encode(value.encode()).decode()
    is_authorization = scheme.type == "apiKey" and scheme.where == "header" and scheme.name.lower() == "authorization"
    name = scheme.name if scheme.type == "apiKey" else "access_token"
    other_scheme = f"Bearer {value}" if scheme.type == "apiKey" else f"Basic {encoded}"
    if scheme.scheme == "basic":
        other_scheme = f"Bearer {encoded}"
    # Where an alternative scheme places the same value, it may be accepted.
    alternatives = {other for keys in requests.operation.security for other in keys}
    described = {_place(*credential_location(schemes[other], value)) for other in alternatives}
    places = [("header", "authorization", other_scheme), ("cookie", name, value), ("query", name, value)]
    if scheme.type != "apiKey" and scheme.scheme != "basic":
        # The same value without its scheme, and under another one.
        places += [("header", "authorization", value), ("header", "authorization", f"Basic {value}")]
    for where, field, sent in places[is_authorization:]:
        if _place(where, field, sent) not in described:
            headers = {"header": {field: sent}, "cookie": {"cookie": f"{field}={sent}"}}.get(where, {})
            query = {field: sent} if where == "query" else None
            yield requests.probe(requests.call(query, credentials=dict(required.others), headers=headers))


def _place(where: str, name: str, value: str) -> tuple[str, str, str]:
    return where, name.lower(), value


def _unknown_ids(requests: EdgeCaseRequests) -> Probes:
    """Send ids that are malformed, long, not ASCII, or similar to that of an existing job; then an invalid escape."""
    if (parameter := id_parameter(requests.operation)) is None:
        return
    name, known = parameter.name, requests.values[parameter.name]
    for unknown in ("Ünknøwn-☃", "x" * LONG, "%", "' OR 1=1--", "a b", "\x00", f"{known}x", known[:-1]):
        if not unknown:
            continue
        exchange = requests.call(values={**requests.values, name: unknown})
        # Sequential ids: the shorter one may be that of another job.
        if unknown != known[:-1] or not _is_another_job(requests.operation, exchange, unknown):
            yield requests.probe(exchange)
    if parameter.where == "path":
        yield requests.probe(requests.call(path=requests.operation.path.replace(f"{{{name}}}", "%zz")))


def _is_another_job(operation: Operation, exchange: Exchange, name: str) -> bool:
    job = operation.job
    if job is None or not reports_job(operation, exchange):
        return False
    return job.id is None or job.is_id(walk(exchange.json, job.id), name)


def _odd_queries(requests: EdgeCaseRequests) -> Probes:
    """Send query parameters that are unknown, long, not ASCII, repeated, of another type, empty, or in another case."""
    if requests.session.is_full:
        before, unknown, after = requests.read(), requests.call({UNKNOWN_PARAMETER: "1"}), requests.read()
        yield requests.probe(unknown, before, after)
    else:
        yield requests.probe(requests.call({UNKNOWN_PARAMETER: "1"}))
    queries: list[dict[str, Any]] = [{UNKNOWN_PARAMETER: text} for text in ("x" * LONG, "☃")]
    for parameter in requests.operation.parameters_in("query"):
        types = schema_types(requests.session.target.document, parameter.schema)
        queries += [{parameter.name: values} for values in (["true", "true"], ["false", "true"])]
        queries += [{parameter.name: "banana"}] if types and types <= UNLIKE_TEXT else []
        queries += [{parameter.name: ""}, {parameter.name.swapcase(): "true"}]
    for query in queries:
        yield requests.probe(requests.call(query))


def _defaults(requests: EdgeCaseRequests) -> Probes:
    """Omit the optional parameters, between two reads with every default."""
    document = requests.session.target.document
    schemas = {p.name: document.resolve(p.schema) for p in requests.operation.parameters_in("query") if not p.required}
    defaults = {name: schema["default"] for name, schema in schemas.items() if schema.get("default") is not None}
    if defaults:
        before, omitted, after = requests.call(defaults), requests.read(), requests.call(defaults)
        query = "&".join(f"{name}={str(value).lower()}" for name, value in defaults.items())
        yield requests.variant(omitted, before, after, variant=query)


def _representations(requests: EdgeCaseRequests) -> Probes:
    """Change the headers that select the form of a response, or nothing."""
    before = requests.read()
    for headers in REPRESENTATIONS:
        exchange, after = requests.call(headers=headers), requests.read()
        yield requests.probe(exchange, before, after)
        before = after


def _conditional(requests: EdgeCaseRequests) -> Probes:
    """Send preconditions that only another status satisfies."""
    current = requests.read()
    first = requests.session.first_reads.get(current.url, current)
    conditions = {"if-none-match": f'"{UNKNOWN_PARAMETER}"', "if-modified-since": "Sat, 01 Jan 2000 00:00:00 GMT"}
    for name, value in conditions.items():
        yield requests.probe(requests.call(headers={name: value}), current)
    for name, validator in (("if-none-match", "etag"), ("if-modified-since", "last-modified")):
        value = first.headers.get(validator, "")
        if value and value != current.headers.get(validator):
            yield requests.probe(requests.call(headers={name: value}), current)


def _unknown_methods(requests: EdgeCaseRequests) -> Probes:
    """Send methods that the document does not describe, to the simulator only."""
    target, path = requests.session.target, requests.operation.path
    described = {other.method for other in target.document.operations if other.path == path}
    if target.stepping:
        for method in ("DELETE", "PATCH"):
            if method not in described:
                yield requests.probe(requests.call(method=method))


def _head(requests: EdgeCaseRequests) -> Probes:
    """Send GET, then HEAD."""
    if requests.operation.method != "GET":
        return
    get = requests.read()
    yield requests.probe(requests.call(method="HEAD"), get)


def _path_forms(requests: EdgeCaseRequests) -> Probes:
    """Send the path with a trailing slash and in another case, with the credential and without."""
    path = requests.operation.path
    before = requests.read()
    for form in (f"{path}/", re.sub(r"[^{}]+(?=\{|$)", lambda literal: literal[0].swapcase(), path)):
        exchange, after = requests.call(path=form), requests.read()
        yield requests.probe(exchange, before, after)
        if requests.required_credentials:
            yield requests.variant(requests.call(path=form, credentials={}), variant=WITHOUT_CREDENTIAL)
        before = after


def _undeclared_body(requests: EdgeCaseRequests) -> Probes:
    """Send a body that the document does not describe."""
    if requests.operation.bodies:
        return
    changes: RequestChanges = {"content": b'{"x_unheard_of": 1}', "headers": {"content-type": "application/json"}}
    if is_read(requests.operation):
        before, exchange, after = requests.read(), requests.call(**changes), requests.read()
        yield requests.probe(exchange, before, after)
    else:
        yield requests.probe(requests.call(**changes))


def _accept(requests: EdgeCaseRequests) -> Probes:
    """Accept any type, and only an unknown type."""
    for accept in ("*/*", "application/vnd.unheard-of"):
        yield requests.probe(requests.call(headers={"accept": accept}))


def _concurrent(requests: EdgeCaseRequests) -> Probes:
    """Read twice concurrently, between two other reads."""
    before = requests.read()
    concurrent = requests.session.call_concurrently(requests.operation, [requests.values] * 2)
    after = requests.read()
    for exchange in concurrent:
        yield requests.probe(exchange, before, after)


EDGE_CASES = (
    EdgeCase("near_miss_credential", _in_turns(_near_misses), live=3, writes=True),
    EdgeCase("wrong_credential", _in_turns(_wrong_credentials), live=2, writes=True),
    EdgeCase("after_refusal", _in_turns(_after_refusal), live=0),
    EdgeCase("credential_elsewhere", _in_turns(_elsewhere), live=1),
    EdgeCase("unknown_ids", _unknown_ids, live=1),
    EdgeCase("odd_queries", _odd_queries, live=1),
    EdgeCase("defaults", _defaults, live=1),
    EdgeCase("representations", _representations, live=0),
    EdgeCase("conditional_requests", _conditional, live=0),
    EdgeCase("unknown_method", _unknown_methods, live=0),
    EdgeCase("head", _head, live=0),
    EdgeCase("path_forms", _path_forms, live=1),
    EdgeCase("undeclared_body", _undeclared_body, live=0, writes=True),
    EdgeCase("accept", _accept, live=1),
    EdgeCase("concurrent_reads", _concurrent, live=2),
)
