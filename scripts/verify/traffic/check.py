"""Check recorded traffic: match, order and check the exchanges, and say what could not be checked."""

import math
import tempfile
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import Factory, define, evolve, frozen

from ...client.redaction import Redactor, learn_entry
from ...document import Document, DocumentError, Operation
from ...har.archive import Archive
from ...har.secrets import make_redactor
from ...printable import printable
from ..checks.registry import ResponseCheck
from ..checks.request_validity import is_rejected_by_web_server, is_valid_request
from ..checks.responses import (
    ContentTypeConformance,
    MaxResponseTime,
    NotAServerError,
    ResponseHeadersConformance,
    StatusCodeConformance,
)
from ..exchange import Exchange, documented_response
from ..jobs import reports_job
from ..observers import Observer, check_response
from ..result import Failure, Result
from ..session import OBSERVERS, Session
from ..target import Target, UsageError, credential_names, make_target
from .entries import Entry, read_entry
from .matching import Key, Matcher
from .ordering import Row, Spool
from .starts import Starts
from .suggestion import correct, listed, suggest, undecided
from .undocumented import Undocumented

MAX_LISTED = 5  # hosts or paths that a message lists
MAX_UNDECIDED = 20  # differences that are left to a person
# Responses of HTTP itself that headers of the request allow, whatever the API.
CONDITIONAL = {
    206: {"range"},
    304: {"if-none-match", "if-modified-since"},
    412: {"if-match", "if-none-match", "if-unmodified-since"},
    416: {"range"},
    417: {"expect"},
}
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
    local: Counter[str] = Factory(Counter)


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
                    # Also of other servers, such as that of a login: their secrets recur.
                    learn_entry(redactor, data)
                    match = matcher.match(data["request"]["method"], data["request"]["url"])
                    if match is not None:
                        entry = read_entry(data, f"{archive.name}, entry {number}")
                        spool.add(match.key, match.operation.id, entry, archive.name)
        by_stem = {document.stem: document for document in documents}
        apis: dict[Key, _Api] = {}
        others = matcher.finish()
        for row in spool.rows():
            if row.key in others:
                continue
            api = apis.get(row.key)
            if api is None:
                api = apis[row.key] = _make_api(by_stem[row.key[0]], row.key[1], environment, redactor)
            _check_row(api, row)
        duplicates = spool.duplicates
        suggestions = {}
        for stem in dict.fromkeys(stem for stem, _ in apis):
            # One document may have traffic of several servers. Of several that are guessed, any may be of another API.
            keys = [key for key in apis if key[0] == stem]
            keys = [key for key in keys if len(keys) == 1 or key not in matcher.guessed]
            if text := _suggest(by_stem[stem], {key: apis[key] for key in keys}, spool, redactor):
                suggestions[stem] = text
    ambiguous = [
        f"{times} {_requests(times)} could be of {' or '.join(stems)}; choose with --api"
        for (_, stems), times in matcher.ambiguous.items()
    ]
    if not apis:
        raise UsageError("; ".join(ambiguous) or _nothing(matcher, count, documents))
    results = [_finish(api, matcher, key) for key, api in apis.items()]
    results[0].problems += ambiguous
    if duplicates:
        results[0].notes.append(
            f"{duplicates} {_requests(duplicates)} of equal time and content: each was checked once"
        )
    _add_others(results[0], matcher)
    _add_absent(results, documents)
    for result in results:
        _redact(result, redactor)
    for stem, text in suggestions.items():
        suggestions[stem] = redactor.text(text)
    return TrafficReport(results, suggestions)


def _suggest(document: Document, apis: Mapping[Key, _Api], spool: Spool, redactor: Redactor) -> str:
    """Return the suggested overlay, tried on the traffic, or an empty string; note what it leaves to a person."""
    undocumented = [api.undocumented for api in apis.values()]
    text = suggest(document, undocumented)
    remaining = []
    if text:
        try:
            with tempfile.TemporaryDirectory(prefix="job-status-") as folder:
                corrected = correct(document, text, Path(folder))
        except (DocumentError, OSError) as error:
            reason = error.problems[0].message if isinstance(error, DocumentError) else error.strerror
            remaining, undocumented = [f"the suggested overlay cannot be applied as it is: {reason}"], []
        else:
            tried = {key: _make_api(corrected, key[1], {}, redactor, (Undocumented,)) for key in apis}
            for row in spool.rows():
                if row.key in tried:
                    _check_row(tried[row.key], row)
            undocumented = [api.undocumented for api in tried.values()]
    remaining += dict.fromkeys(line for one in undocumented for line in undecided(one))
    more = [f"and {len(remaining) - MAX_UNDECIDED} more"] if len(remaining) > MAX_UNDECIDED else []
    notes = [f"left to a person: {line}" for line in (*remaining[:MAX_UNDECIDED], *more)]
    for api in list(apis.values())[:1]:
        api.session.result.notes += notes
    return text and text + "".join(f"# {printable(note)}\n" for note in notes)


def _make_api(
    document: Document,
    base_url: str,
    environment: Mapping[str, str],
    redactor: Redactor,
    observers: Sequence[Callable[[Target, Result], Observer]] = (*OBSERVERS, Undocumented),
) -> _Api:
    names = credential_names(document)
    credentials = {name: value for name, value in environment.items() if name in names}
    target = make_target(document, base_url, credentials, profile="live", writes=True, redactor=redactor)
    session = Session(target, observers=observers)
    undocumented = next(observer for observer in session.observers if isinstance(observer, Undocumented))
    return _Api(session, undocumented, Starts(session))


def _check_row(api: _Api, row: Row) -> None:
    session, entry = api.session, row.entry
    document = session.target.document
    operation = document.operation(entry.exchange.operation_id)
    exchange = entry.exchange
    if exchange.status is None or entry.is_local:
        counter = api.without_response if exchange.status is None else api.local
        counter[operation.id] += 1
        return
    is_valid = _is_documented_request(document, operation, exchange)
    is_documented = (
        is_valid and not is_rejected_by_web_server(operation, exchange) and not _is_of_http(operation, exchange)
    )
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
    # A response of unknown duration may be one that is older than any later response. A time in whole seconds may be
    # that of the end of the second.
    end = math.inf if math.isnan(entry.duration) else exchange.at + entry.duration + (0 if entry.has_fraction else 1)
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
        return bool(document.validator(body.schema, of_request=True).is_valid(sent))
    except (ValueError, TypeError):  # it is not JSON
        return False


def _is_of_http(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a header allows a response that any server may give, and the document does not describe it."""
    allowing = CONDITIONAL.get(exchange.status or 0, set())
    return (
        bool(allowing & exchange.request_headers.keys())
        and documented_response(operation, exchange.status or 0) is None
    )


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
        unread = api.without_response[operation.id] + api.local[operation.id]
        if not coverage.requests and not unread:
            result.notes.append(f"{operation.id} is not in the traffic, and was not checked")
            continue
        result.notes += _fields(result, operation)
        result.notes += listed(api.undocumented, operation.id)
        if not coverage.accepted:
            result.add_problem(f"{operation.id} never returned a 2xx in the traffic, so it could not be checked")
        elif not any(tally.checked for (name, _), tally in result.tallies.items() if name == operation.id):
            result.add_problem(f"{operation.id}: no check can be run on any of the requests in the traffic")
    for counter, why in (
        (api.cut, "without the whole body, which the recorder has cut off: the body was not checked"),
        (api.unordered, "whose order is unknown, because requests overlap, or their times or durations are missing or "
         "in whole seconds: the lifecycle of the job was not checked with them"),
    ):  # fmt: skip
        for operation_id, times in counter.items():
            result.add_problem(f"{operation_id}: {times} {'response' if times == 1 else 'responses'} {why}")
    for counter, which in (
        (api.without_response, "without a response"),
        (api.local, "that the client responded to itself, as from a cache"),
    ):
        for operation_id, times in counter.items():
            result.notes.append(f"{operation_id}: {times} {_requests(times)} {which}, not checked")
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


def _add_absent(results: Sequence[Result], documents: Sequence[Document]) -> None:
    """Add what of the documents is not in the traffic, of any server."""
    stems = {result.document.stem for result in results}
    seen = {
        (result.document.stem, operation_id)
        for result in results
        for operation_id, coverage in result.coverage.items()
        if coverage.requests
    }
    if absent := [document.stem for document in documents if document.stem not in stems]:
        results[0].notes.append(f"nothing of {', '.join(absent)} is in the traffic")
    results[0].absent = [
        f"{document.stem}: {operation.id} is not in the traffic"
        for document in documents
        for operation in document.operations
        if (document.stem, operation.id) not in seen
    ]


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
        expected, got, replay = (redactor.text(part) for part in (failure.expected, failure.got, failure.replay))
        job = tuple(map(redactor.text, failure.job))
        return evolve(failure, expected=expected, got=got, replay=replay, job=job)

    for tally in result.tallies.values():
        tally.failures[:] = map(redacted, tally.failures)
    result.base_url = redactor.text(result.base_url)
    result.notes[:] = map(redactor.text, result.notes)
    result.problems[:] = map(redactor.text, result.problems)
    result.timelines = {
        tuple(map(redactor.text, key)): [
            evolve(entry, query=redactor.text(entry.query), state=redactor.text(entry.state)) for entry in entries
        ]
        for key, entries in result.timelines.items()
    }
