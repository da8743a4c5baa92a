"""Checks of responses to edge cases: a few unusual requests, such as those with malformed ids or undocumented queries.

Servers may respond to them in many ways. Checked is only what no server may do: fail with a server error, accept an
invalid credential, or return something false.
"""

import re
import urllib.parse
from abc import abstractmethod
from fnmatch import fnmatchcase
from typing import Any

from ...document import MISSING, Document, Operation
from ..exchange import Exchange, documented_response, leaves
from ..jobs import is_read, is_response_to_unknown_id, is_temporarily_unknown, kind_of, reports_job, state_of
from ..network_errors import TOO_MANY, body_error
from ..probe import WITHOUT_CREDENTIAL, Probe, VariantProbe
from .registry import Finding, Findings, ProbeCheck, excerpt, pointer_text, register, shorten
from .request_validity import is_rejected_by_web_server

# The request headers that select the form of a response, or nothing.
SELECTING = ("accept-encoding", "cache-control", "user-agent", "accept-language")


class EdgeCaseCheck(ProbeCheck):
    """A check of a response to an unusual read. The expectation is the clause."""

    compares = True

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        """Return whether the operation is a read."""
        return is_read(operation)

    def check(self, probe: Probe) -> Findings:
        """Yield the finding on the response, unless it is not of the API or has a check of its own."""
        exchange = probe.exchange
        if exchange.status == TOO_MANY or body_error(exchange) or is_rejected_by_web_server(probe.operation, exchange):
            return
        if (got := self.fault(probe)) is not None:
            yield Finding(self.clause, got)

    @abstractmethod
    def fault(self, probe: Probe) -> str | None:
        """Return what is wrong with the response: empty if nothing is, None if that cannot be decided."""


class CredentialCheck(EdgeCaseCheck):
    """A check that an invalid credential is rejected."""

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        """Return whether the operation requires a credential; a live server gets reads only."""
        return (full or is_read(operation)) and bool(operation.security) and all(operation.security)

    def fault(self, probe: Probe) -> str:
        """Return an acceptance or a server error; a server may not know HEAD."""
        exchange = probe.exchange
        if exchange.method == "HEAD" and exchange.status == 501:
            return ""
        is_accepted = exchange.is_accepted or reports_job(probe.operation, exchange)
        return _describe(exchange) if is_accepted or (exchange.status or 500) >= 500 else ""


@register
class NearMissCredential(CredentialCheck):
    name = "near_miss_credential"
    description = "an almost valid credential is rejected"
    clause = "RFC 9110, 11.4: only the exact credential is accepted"
    fix_server = "Compare the entire credential, with its case, in constant time."
    fix_document = "If several credentials are valid, give the verification one of which no variant is."


@register
class WrongCredential(CredentialCheck):
    name = "wrong_credential"
    description = "no credential, a wrong one and a part of one are rejected, each time"
    clause = "RFC 9110, 11.4 and 15.5.2: a request without the valid credential is rejected, with any method"
    fix_server = "Check the credential first, for every method and address, and respond with 401 or 403."
    fix_document = "Set `security: []` on an operation that is public."


@register
class AfterRefusal(EdgeCaseCheck):
    name = "after_refusal"
    description = "the valid credential is accepted after a wrong one was rejected"
    clause = "RFC 9110, 15.5.2: a refusal is about the credential of one request"
    fix_server = "Do not lock the client out, or cache the refusal, after one wrong credential."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return full and bool(operation.security) and all(operation.security)

    def fault(self, probe: Probe) -> str | None:
        """Check a request with the valid credential, if an earlier one was accepted."""
        if not (reports_job(probe.operation, probe.others[0]) or probe.others[0].is_accepted):
            return None
        is_refused = probe.exchange.status in {401, 403}
        return f"{_describe(probe.exchange)} with the valid credential" if is_refused else ""


@register
class CredentialElsewhere(CredentialCheck):
    name = "credential_elsewhere"
    description = "a credential in another location or scheme is rejected"
    clause = "OpenAPI 3.1, Security Scheme Object: a credential is only accepted where its scheme places it"
    fix_server = "Take the credential only from where its scheme places it."
    fix_document = "Add the second scheme as an alternative under `security`."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return is_read(operation) and super().applies(document, operation, full=full)


@register
class UnknownIds(EdgeCaseCheck):
    name = "unknown_ids"
    description = "an unknown or malformed id is rejected as documented"
    clause = "RFC 9110, 15.5 and 15.6: an error of the client is a 4xx"
    fix_server = "Respond with 404 to an unknown id, and with the documented 4xx to a malformed one."
    fix_document = (
        "Add the status to `responses`; for a 2xx that reports an unknown job, set `unknown` in `x-job` or "
        "`x-scenario: unknown_id`."
    )

    def fault(self, probe: Probe) -> str:
        if probe.exchange.status is None and re.search("%(?![0-9A-Fa-f]{2})", probe.exchange.url):
            return ""  # a server may close the connection at an invalid escape
        return _undocumented(probe, accepted=is_response_to_unknown_id(probe.operation, probe.exchange))


@register
class OddQueries(EdgeCaseCheck):
    name = "odd_queries"
    description = "an unusual query returns a documented status and no server error"
    clause = "RFC 9110, 15.5 and 15.6: an error of the client is a 4xx"
    fix_server = "Ignore unknown parameters or reject them with a documented 4xx; validate the known ones."
    fix_document = "Add the 400; `x-ignored-parameters` lists what the server accepts in addition."

    def fault(self, probe: Probe) -> str:
        if probe.others and probe.exchange.is_accepted and _content(probe.others[0]) == _content(probe.others[1]):
            difference = _difference(probe.others[0], probe.exchange)
            return f"{difference} than without the query" if difference else ""
        return _undocumented(probe, accepted=True)


@register
class Defaults(EdgeCaseCheck):
    name = "defaults"
    description = "an omitted parameter has its documented default"
    clause = "JSON Schema, 9.2: an omitted parameter has its default"
    fix_server = "Apply the documented default when the parameter is absent."
    fix_document = "Correct `default`, or remove it."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return is_read(operation) and any(
            document.resolve(parameter.schema).get("default") is not None
            for parameter in operation.parameters_in("query")
            if not parameter.required
        )

    def fault(self, probe: Probe) -> str | None:
        """Compare to a read with every default before and one after, unless the job has changed meanwhile."""
        before, after = probe.others
        if _content(before) != _content(after):
            return None
        query = probe.variant if isinstance(probe, VariantProbe) else ""
        difference = _difference(before, probe.exchange)
        return f"{difference} than with {query}" if difference else ""


@register
class Head(EdgeCaseCheck):
    name = "head"
    description = "HEAD returns the status of GET, or 405"
    clause = "RFC 9110, 9.3.2: HEAD is GET without the content"
    fix_server = "Respond to HEAD as to GET, without the content, or with 405."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return full and operation.method == "GET"

    def fault(self, probe: Probe) -> str:
        head, (get,) = probe.exchange, probe.others
        if head.status in {405, 501}:
            return ""
        if head.status != get.status:
            return f"{head.status}, but GET returned {get.status}"
        return (
            f"{head.media_type}, but GET returned {get.media_type}"
            if head.media_type not in ("", get.media_type)
            else ""
        )


@register
class Representations(EdgeCaseCheck):
    name = "representations"
    description = "headers that select the form of a response do not change its content"
    clause = "RFC 9110, 8.1 and 12.5: representations of one resource report the same state"
    fix_server = "Report the same state, whatever form of the response is requested."

    def fault(self, probe: Probe) -> str | None:
        """Compare to a read before and one after, unless the job has changed meanwhile; of a language, the state."""
        before, after = probe.others
        sent = probe.exchange.request_headers
        if _content(before) != _content(after) or not before.is_accepted or probe.exchange.status == 406:
            return None
        if "accept-language" in sent and probe.exchange.is_accepted:
            states = [state_of(probe.operation, exchange) for exchange in (before, probe.exchange)]
            return "" if states[0] == states[1] else f"the state {states[1]} instead of {states[0]}"
        difference = _difference(before, probe.exchange)
        changed = ", ".join(f"{name}: {sent[name]}" for name in SELECTING if name in sent)
        return f"{difference} with {changed}" if difference else ""


@register
class ConditionalRequests(EdgeCaseCheck):
    name = "conditional_requests"
    description = "a 304 is only returned to a condition that the current status satisfies"
    clause = "RFC 9110, 13.1.2 and 13.1.3: 304 means that the listed representation is current"
    fix_server = "Send 304 only if the validator in the condition is that of the current status."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return operation.method == "GET"

    def fault(self, probe: Probe) -> str:
        sent = probe.exchange.request_headers
        condition = next(f"{name}: {sent[name]}" for name in ("if-none-match", "if-modified-since") if name in sent)
        return f"304 to {condition}" if probe.exchange.status == 304 else _server_error(probe.exchange)


@register
class UnknownMethod(EdgeCaseCheck):
    name = "unknown_method"
    description = "a method that the document does not describe is rejected"
    clause = "RFC 9110, 15.5.6: a method that is not supported is a 405"
    fix_server = "Respond with 405 to a method that the resource does not support."
    fix_document = "Add the method as an operation, if it is meant to be there."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return full and is_read(operation)

    def fault(self, probe: Probe) -> str:
        exchange = probe.exchange
        if exchange.status == 501:
            return ""
        return f"{exchange.method}: {_describe(exchange)}" if exchange.is_accepted else _server_error(exchange)


@register
class PathForms(EdgeCaseCheck):
    name = "path_forms"
    description = "a variant of the path returns no other state and requires the credential"
    clause = "RFC 3986, 6.2.2: another path is another resource, and does not bypass authentication"
    fix_server = "Route only the documented path, and check the credential before the path is normalized."

    def fault(self, probe: Probe) -> str:
        if isinstance(probe, VariantProbe) and probe.variant == WITHOUT_CREDENTIAL:
            leaks = state_of(probe.operation, probe.exchange) is not MISSING
            return f"{_describe(probe.exchange)} {probe.variant}" if leaks else _server_error(probe.exchange)
        # The variant may be another id, which does not exist.
        return "" if is_response_to_unknown_id(probe.operation, probe.exchange) else _other_state(probe)


@register
class UndeclaredBody(EdgeCaseCheck):
    name = "undeclared_body"
    description = "an undocumented body is ignored or rejected"
    clause = "RFC 9110, 9.3.1: content without a defined meaning changes nothing, or is rejected with a 4xx"
    fix_server = "Ignore the content of a request that has no meaning, or reject it with a documented 4xx."
    fix_document = "Add the `requestBody`, if the server uses it."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return full and not operation.bodies

    def fault(self, probe: Probe) -> str:
        return _other_state(probe) if is_read(probe.operation) else _undocumented(probe, accepted=True)


@register
class Accept(EdgeCaseCheck):
    name = "accept"
    description = "any Accept returns a documented type, or 406"
    clause = "RFC 9110, 12.5.1: a response has an accepted type, or else any documented type, or is a 406"
    fix_server = "Send a documented media type, or 406, whatever `Accept` says."
    fix_document = "Add the media type under `content` of the response."

    def fault(self, probe: Probe) -> str | None:
        exchange, accept = probe.exchange, probe.exchange.request_headers["accept"]
        response = documented_response(probe.operation, exchange.status or 0)
        described = response.media_types if response else ()
        names = {media_type.name.split(";")[0].strip().lower() for media_type in described}
        has_success = any(one.is_success for one in probe.operation.responses)
        is_described = exchange.is_accepted or reports_job(probe.operation, exchange) or not has_success
        has_type = any(fnmatchcase(exchange.media_type, name) for name in names) or (
            response is not None and not names and not exchange.body
        )
        if (is_described and has_type) or (exchange.status == 406 and accept != "*/*"):
            return ""
        if exchange.status == 404 and probe.operation.job is None:
            return None  # there is no such resource, whatever is accepted
        return f"Accept: {accept} returned {exchange.media_type or 'no content type'} with {_describe(exchange)}"


@register
class ConcurrentReads(EdgeCaseCheck):
    name = "concurrent_reads"
    description = "two concurrent reads return the same"
    clause = "RFC 9110, 9.2.1: a read changes nothing, whatever is read concurrently"
    fix_server = "Look for state that requests share, such as a global variable or a connection used by two threads."

    def fault(self, probe: Probe) -> str | None:
        """Compare to a read before and one after, unless the job has changed meanwhile."""
        before, after = probe.others
        if _content(before) != _content(after):
            return None
        difference = _difference(before, probe.exchange)
        return f"{difference} in a concurrent read than before and after it" if difference else ""


@register
class JobsApart(EdgeCaseCheck):
    name = "jobs_apart"
    description = "the status of a job is its own, whatever other job is polled before or concurrently"
    clause = "RFC 9110, 9.3.1: a response is about the requested resource alone"
    fix_server = "Look for state that jobs share: a cache whose key lacks the id, or a variable of the handler."
    fix_document = "If a property is the same for all jobs, give the examples of two jobs the same value."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return full and operation.job is not None

    def fault(self, probe: Probe) -> str | None:
        """Compare a read of a job to one before and one after, if these are equal, and to reads of other jobs."""
        operation, exchange = probe.operation, probe.exchange
        own, again, *neighbours = probe.others
        if exchange.status is None or not (reports_job(operation, own) and reports_job(operation, again)):
            return None
        if not reports_job(operation, exchange):
            return "" if is_temporarily_unknown(operation, exchange) else _describe(exchange)
        if kind_of(operation, own) in {None, "pending"}:
            return None
        expected, found, later = leaves(own.json), leaves(exchange.json), leaves(again.json)
        for path in {**expected, **found}:
            value = found.get(path, MISSING)
            # A clock does not return to an earlier value.
            if value != expected.get(path, MISSING) == later.get(path, MISSING):
                is_other = any(leaves(other.json).get(path, MISSING) == value for other in neighbours)
                return f"{pointer_text(path)} {shorten(value)}" + ", which is that of another job" * is_other
        return ""


def _other_state(probe: Probe) -> str:
    """Return a server error, or a state that differs from that of the documented requests before and after."""
    before, after = (state_of(probe.operation, exchange) for exchange in probe.others)
    # If the job has changed meanwhile, any state in between is possible.
    if state_of(probe.operation, probe.exchange) not in (MISSING, before) and after == before != MISSING:
        return f"{_describe(probe.exchange)}, but the documented request returned {after}"
    return _server_error(probe.exchange)


def _server_error(exchange: Exchange) -> str:
    return _describe(exchange) if exchange.status is None or exchange.status >= 500 else ""


def _content(exchange: Exchange) -> Any:
    return exchange.status, exchange.body if exchange.json is MISSING else _without_own_url(exchange)


def _without_own_url(exchange: Exchange) -> Any:
    """Return the body without links to itself, which repeat the query of the request."""
    parts = urllib.parse.urlsplit(exchange.url)
    own = {exchange.url, urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))}

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(child) for name, child in value.items()}
        if isinstance(value, list):
            return [without(child) for child in value]
        return "" if isinstance(value, str) and value in own else value

    return without(exchange.json)


def _difference(first: Exchange, second: Exchange) -> str:
    """Return what differs in the second response; empty if nothing differs or it is missing."""
    if _content(first) == _content(second) or second.status is None:
        return ""
    one, other = _without_own_url(first), _without_own_url(second)
    if first.status != second.status or not isinstance(one, dict) or not isinstance(other, dict):
        return _describe(second)
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return f"other {', '.join(names)}"


def _undocumented(probe: Probe, *, accepted: bool) -> str:
    """Return why the document and HTTP do not allow the response to an unusual request; empty if they do."""
    exchange, status = probe.exchange, probe.exchange.status
    is_accepted = exchange.is_accepted or reports_job(probe.operation, exchange)
    is_documented = status is not None and documented_response(probe.operation, status) is not None
    is_redirect = status is not None and 300 <= status < 400 and not is_accepted and not is_documented
    if status is None or status >= 500 or (is_accepted and not accepted) or is_redirect:
        return _describe(exchange)
    # A web server before the API may reject a request, such as one with a long URL, with an undocumented status.
    if not is_documented and status not in {400, 404, 414, 431}:
        return f"{status}, which is not documented"
    return ""


def _describe(exchange: Exchange) -> str:
    return f"no response: {exchange.error}" if exchange.status is None else f"{exchange.status} {excerpt(exchange)}"
