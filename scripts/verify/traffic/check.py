"""Check recorded traffic: match, order and check the exchanges, and say what could not be checked."""

import math
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from attrs import Factory, define, evolve, frozen

from ...client.redaction import Redactor, learn_entry
from ...document import Document, Operation
from ...har.archive import Archive
from ...har.secrets import make_redactor
from ..checks.registry import ResponseCheck
from ..checks.request_validity import is_rejected_by_web_server, is_valid_request
from ..checks.responses import (
    ContentTypeConformance,
    MaxResponseTime,
    NotAServerError,
    ResponseHeadersConformance,
    StatusCodeConformance,
)
from ..exchange import Exchange
from ..jobs import reports_job
from ..observers import check_response
from ..result import Failure, Result
from ..session import OBSERVERS, Session
from ..target import UsageError, credential_names, make_target
from .entries import Entry, read_entry
from .matching import Key, Matcher
from .ordering import Row, Spool
from .starts import Starts
from .suggestion import listed, suggest
from .undocumented import Undocumented

MAX_LISTED = 5  # hosts or paths that a message lists
# The checks of a response whose body is not known.
BODILESS = (
    NotAServerError,
    StatusCodeConformance,
    ContentTypeConformance,
    ResponseHeadersConformance,
    MaxResponseTime,
)


@frozen
class TrafficReport:
    """The results, one per document and base URL, and the overlay that is suggested for each document."""

    results: list[Result]
    suggestions: dict[str, str]


@define
class _Api:
    """The traffic of one document at one base URL."""

    session: Session
    undocumented: Undocumented
    starts: Starts
    # The latest end of a poll of each job, in seconds since 1970.
    ends: dict[tuple[str, ...], float] = Factory(dict)
    accepted_credentials: set[tuple[str, ...]] = Factory(set)
    cut: Counter[str] = Factory(Counter)
    unordered: Counter[str] = Factory(Counter)
    without_response: Counter[str] = Factory(Counter)


def check_traffic(
    paths: Sequence[str],
    documents: Sequence[Document],
    environment: Mapping[str, str],
    base_url: str | None = None,
) -> TrafficReport:
    """Check the traffic in HTTP Archives against documents.

    Args:
        paths: `.har` and `.har.gz` files; `-` is standard input.
        documents: The documents whose operations may be in them.
        environment: The credentials that are redacted, as for other verifications.
        base_url: The base URL of the API, if the servers of the document do not say it.

    Raises:
        HarError: A file is not an archive.
        UsageError: No request belongs to an operation.
    """
    redactor = make_redactor(documents)
    matcher = Matcher(documents, base_url)
    count = 0
    with Spool() as spool:
        for path in paths:
            with Archive(path) as archive:
                for number, data in enumerate(archive.entries(), 1):
                    count += 1
                    match = matcher.match(data["request"]["method"], data["request"]["url"])
                    if match is not None:
                        learn_entry(redactor, data)
                        entry = read_entry(data, f"{archive.name}, entry {number}")
                        spool.add(match.key, match.operation.id, entry)
        by_stem = {document.stem: document for document in documents}
        apis: dict[Key, _Api] = {}
        for row in spool.rows():
            api = apis.get(row.key)
            if api is None:
                api = apis[row.key] = _make_api(by_stem[row.key[0]], row.key[1], environment, redactor)
            _check_row(api, row)
    ambiguous = [
        f"{times} {_requests(times)} could be of {' or '.join(stems)}; choose with --api"
        for stems, times in matcher.ambiguous.items()
    ]
    if not apis:
        raise UsageError("; ".join(ambiguous) or _nothing(matcher, count, documents))
    results = [_finish(api, matcher, key) for key, api in apis.items()]
    results[0].problems += ambiguous
    _add_others(results[0], matcher)
    for result in results:
        _redact(result, redactor)
    suggestions = {}
    for stem in dict.fromkeys(stem for stem, _ in apis):
        # One document may have traffic of several servers.
        undocumented = [api.undocumented for (name, _), api in apis.items() if name == stem]
        if text := suggest(by_stem[stem], undocumented):
            suggestions[stem] = redactor.values(text)
    return TrafficReport(results, suggestions)


def _make_api(document: Document, base_url: str, environment: Mapping[str, str], redactor: Redactor) -> _Api:
    names = credential_names(document)
    credentials = {name: value for name, value in environment.items() if name in names}
    target = make_target(document, base_url, credentials, profile="live", writes=True, redactor=redactor)
    session = Session(target, observers=(*OBSERVERS, Undocumented))
    undocumented = next(observer for observer in session.observers if isinstance(observer, Undocumented))
    return _Api(session, undocumented, Starts(session))


def _check_row(api: _Api, row: Row) -> None:
    session, entry = api.session, row.entry
    document = session.target.document
    operation = document.operation(entry.exchange.operation_id)
    exchange = entry.exchange
    if exchange.status is None:
        api.without_response[operation.id] += 1
        return
    is_valid = _is_documented_request(document, operation, exchange)
    is_documented = is_valid and not is_rejected_by_web_server(operation, exchange)
    credentials = _credentials(document, exchange)
    # Recorders replace credentials, also wrong ones, by one text: a refusal may be that of another credential.
    is_refused = exchange.status in {401, 403}
    is_known = credentials in api.accepted_credentials and not is_refused
    is_plain = is_documented and is_known and not _is_selective(exchange)
    exchange = evolve(exchange, is_documented=is_documented, is_plain=is_plain)
    if entry.is_cut:
        api.cut[operation.id] += 1
        session.result.coverage[operation.id].add(exchange, ())
        if is_documented:
            checks = [check for check in ResponseCheck.registered() if isinstance(check, BODILESS)]
            check_response(session.target, session.result, exchange, checks)
        return
    if operation.job and reports_job(operation, exchange):
        api.accepted_credentials.add(credentials)
        if not _is_after(api, operation, exchange, entry):
            api.unordered[operation.id] += 1
            exchange = evolve(exchange, is_ordered=False)
    session.publish(exchange)
    with session.guarded("start_resolves", operation.id):
        api.starts.observe(exchange)


def _is_after(api: _Api, operation: Operation, exchange: Exchange, entry: Entry) -> bool:
    """Return whether a poll was certainly sent after the earlier ones of its job had ended."""
    values = api.session.target.job_values(exchange)
    if values is None:
        return True
    if math.isnan(exchange.at):
        return False
    key = (operation.id, *values.values())
    elapsed = 0.0 if math.isnan(exchange.elapsed) else exchange.elapsed
    # Of a time in whole seconds, the last millisecond of the second; the next poll has to be in a later one.
    end = exchange.at + elapsed if entry.has_fraction else max(exchange.at + elapsed, exchange.at + 0.001)
    last = api.ends.get(key, -math.inf)
    api.ends[key] = max(end, last)
    return exchange.at >= last


def _is_documented_request(document: Document, operation: Operation, exchange: Exchange) -> bool:
    """Return whether the document describes a request."""
    if not is_valid_request(document, operation, evolve(exchange, content=b"")):
        return False
    if not exchange.content:
        return True
    media_type = exchange.request_headers.get("content-type", "").partition(";")[0].strip().lower()
    body = next((one for one in operation.bodies if one.name.partition(";")[0].strip().lower() == media_type), None)
    if body is None:
        return False
    if not body.is_json:
        return True
    sent = evolve(exchange, body=exchange.content).json
    try:
        return bool(document.validator(body.schema).is_valid(sent))
    except (ValueError, TypeError):  # it is not JSON
        return False


def _is_selective(exchange: Exchange) -> bool:
    """Return whether headers select another representation than the plain status."""
    names = {"if-none-match", "if-modified-since", "if-match", "range"}
    accept = exchange.request_headers.get("accept", "*/*")
    return bool(names & exchange.request_headers.keys()) or not ("*/*" in accept or "json" in accept)


def _credentials(document: Document, exchange: Exchange) -> tuple[str, ...]:
    """Return what a request has where the document places credentials."""
    headers = exchange.request_headers
    found = []
    for scheme in document.security_schemes.values():
        if scheme.where == "header":
            found.append(headers.get(scheme.name.lower(), ""))
        elif scheme.where == "cookie":
            found.append(headers.get("cookie", ""))
        else:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(exchange.url).query)
            found.append("".join(query.get(scheme.name, ())))
    return tuple(found)


def _finish(api: _Api, matcher: Matcher, key: Key) -> Result:
    """Add to the result what could not be checked, and what the document does not describe."""
    api.starts.finish()
    api.session.compare(may_send=False)
    result = api.session.result
    if times := matcher.guessed[key]:
        result.notes.append(
            f"{times} {_requests(times)} to {key[1]} {'is' if times == 1 else 'are'} taken for this API by the path "
            "alone; say --url to be certain"
        )
    for operation in result.operations:
        coverage = result.coverage[operation.id]
        if not coverage.requests:
            result.notes.append(f"{operation.id} is not in the traffic, and was not checked")
            continue
        result.notes += _fields(result, operation)
        result.notes += listed(api.undocumented, operation.id)
        if not coverage.accepted:
            result.add_problem(f"{operation.id} never returned a 2xx in the traffic, so it could not be checked")
    for counter, why in (
        (api.cut, "without the whole body, which the recorder has cut off: the body was not checked"),
        (api.unordered, "whose order is unknown, because requests overlap, or their times are missing or in whole "
         "seconds: the lifecycle of the job was not checked with them"),
    ):  # fmt: skip
        for operation_id, times in counter.items():
            result.add_problem(f"{operation_id}: {times} {'response' if times == 1 else 'responses'} {why}")
    for operation_id, times in api.without_response.items():
        result.notes.append(f"{operation_id}: {times} {_requests(times)} without a response, not checked")
    return result


def _fields(result: Result, operation: Operation) -> Iterator[str]:
    coverage = result.coverage[operation.id]
    for status, fields in coverage.fields.items():
        if fields and coverage.has_seen(status):
            unseen = coverage.unseen_fields(status)
            missing = f"; not seen {', '.join(unseen)}" if unseen else ""
            yield f"{operation.id}: {len(fields) - len(unseen)} of {len(fields)} fields of {status} seen{missing}"


def _add_others(result: Result, matcher: Matcher) -> None:
    if others := sum(matcher.others.values()):
        result.notes.append(f"{others} {_requests(others)} of no documented operation: {_most(matcher.others)}")
    if methods := sum(matcher.methods.values()):
        named = Counter({f"{method} {path}": times for (_, method, path), times in matcher.methods.items()})
        result.notes.append(f"{methods} {_requests(methods)} with a method that no document describes: {_most(named)}")


def _nothing(matcher: Matcher, count: int, documents: Sequence[Document]) -> str:
    stems = ", ".join(document.stem for document in documents)
    if not count:
        return "the traffic has no entries, so nothing could be checked"
    seen = _most(matcher.others) or ", ".join(sorted({f"{method} {path}" for _, method, path in matcher.methods}))
    return (
        f"none of the {count} {_requests(count)} in the traffic belongs to an operation of {stems}: {seen}; "
        "say the base URL of the API with --url"
    )


def _most(counter: Counter[str]) -> str:
    named = [f"{name} ({times})" for name, times in counter.most_common(MAX_LISTED)]
    return ", ".join(named) + (f" and {len(counter) - MAX_LISTED} more" if len(counter) > MAX_LISTED else "")


def _requests(count: int) -> str:
    return "request" if count == 1 else "requests"


def _redact(result: Result, redactor: Redactor) -> None:
    """Redact the secrets in what the observers do not redact themselves, such as the ids of jobs."""

    def redacted(failure: Failure) -> Failure:
        expected, got, replay = (redactor.values(part) for part in (failure.expected, failure.got, failure.replay))
        job = tuple(map(redactor.values, failure.job))
        return evolve(failure, expected=expected, got=got, replay=replay, job=job)

    for tally in result.tallies.values():
        tally.failures[:] = map(redacted, tally.failures)
    result.notes[:] = map(redactor.values, result.notes)
    result.problems[:] = map(redactor.values, result.problems)
    result.timelines = {
        tuple(map(redactor.values, key)): [
            evolve(entry, query=redactor.values(entry.query), state=redactor.values(entry.state)) for entry in entries
        ]
        for key, entries in result.timelines.items()
    }
