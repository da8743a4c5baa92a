"""Observers of the published exchanges of a session: coverage, timelines, and the checks of every response."""

import urllib.parse
from collections.abc import Sequence
from typing import Protocol

from ..document import Operation, walk
from .checks import Check, Finding, checks_of, truncate
from .checks.http_standards import HttpCheck
from .checks.lifecycle import JobHistory, Poll
from .checks.registry import ResponseCheck
from .exchange import Exchange
from .network_errors import TOO_MANY, body_error
from .result import Failure, Result
from .target import Target


class Observer(Protocol):
    """Gets every exchange of a session. `subject` names it in a message if it cannot continue."""

    subject: str

    def observe(self, exchange: Exchange) -> None:
        """Handle one exchange."""


class TargetObserver:
    """An observer of the exchanges with a target, which adds what it finds to a result."""

    def __init__(self, target: Target, result: Result) -> None:
        self._target = target
        self._result = result

    def _add(self, check: Check, operation: Operation, exchange: Exchange, finding: Finding) -> None:
        add_finding(self._target, self._result, check, operation, exchange, finding)


class CoverageCounter(TargetObserver):
    """Counts what of the document the exchanges cover. A 429 response shows nothing: the verification is incomplete."""

    subject = "the coverage of the document"

    def observe(self, exchange: Exchange) -> None:
        """Count one exchange."""
        operation = self._target.document.operation(exchange.operation_id)
        self._result.coverage[operation.id].add(exchange, reported_states(self._target, operation, exchange))
        if exchange.status == TOO_MANY:
            self._result.add_problem(f"{operation.id} returned 429, too many requests; wait, and verify again")


class ResponseChecks(TargetObserver):
    """Checks the responses to documented requests against the document."""

    subject = "conformance to the document"

    def observe(self, exchange: Exchange) -> None:
        """Check one response. Without a response only a timeout is checked."""
        if exchange.is_documented:
            check_response(self._target, self._result, exchange, checks_of(ResponseCheck))


class LifecycleChecks(TargetObserver):
    """Checks every job that is polled in a session, also by schemathesis."""

    subject = "the lifecycle of a job"

    def __init__(self, target: Target, result: Result) -> None:
        super().__init__(target, result)
        self._histories: dict[tuple[str, ...], JobHistory] = {}

    def observe(self, exchange: Exchange) -> None:
        """Check a poll against the earlier polls of the same job."""
        operation = self._target.document.operation(exchange.operation_id)
        values = self.path_values(exchange)
        if operation.job is None or not exchange.is_accepted or values is None or exchange.method != operation.method:
            return
        if not exchange.is_ordered or not isinstance(exchange.json, dict):
            return
        history = self._histories.setdefault((operation.id, *values), JobHistory())
        poll = Poll(operation.job, exchange.json, values, urllib.parse.urlsplit(exchange.url).query)
        for check, finding in history.observe(poll):
            self._add(check, operation, exchange, finding)

    def forget(self) -> None:
        """Forget every job, because a request other than a read may have restarted them."""
        self._histories.clear()

    def path_values(self, exchange: Exchange) -> tuple[str, ...] | None:
        """Return the path parameters of a request, or None if its path is not that of the operation."""
        return self._target.path_values(exchange)


class HttpChecks(TargetObserver):
    """Checks each response against the standards below the API, also responses to schemathesis."""

    subject = "conformance to HTTP and JSON"

    def observe(self, exchange: Exchange) -> None:
        """Check one response."""
        if exchange.is_ordered:
            operation = self._target.document.operation(exchange.operation_id)
            for check in checks_of(HttpCheck):
                for finding in check.check(exchange, operation.job):
                    self._add(check, operation, exchange, finding)


def reported_states(target: Target, operation: Operation, exchange: Exchange) -> tuple[str, ...]:
    """Return the state in an accepted response, of the reported job or the started one, as a tuple of 0 or more."""
    if not exchange.is_accepted:
        return ()
    started = [target.document.operation(link.operation_id) for r in operation.responses for link in r.links]
    states = [walk(exchange.json, one.job.state) for one in (operation, *started) if one.job]
    return tuple(dict.fromkeys(state for state in states if isinstance(state, str)))


def check_response(target: Target, result: Result, exchange: Exchange, checks: Sequence[ResponseCheck]) -> None:
    """Run checks on one response. Without one it is a problem, unless it has timed out or its body is invalid."""
    operation = target.document.operation(exchange.operation_id)
    if exchange.status is None and "Timeout" not in exchange.error:
        if not body_error(exchange):
            problem = f"{operation.id}: no response to {exchange.method} {exchange.url}: {exchange.error}"
            result.add_problem(target.redact(problem))
        return
    for check in checks:
        for finding in check.check(target.document, operation, exchange):
            add_finding(target, result, check, operation, exchange, finding)


def add_finding(
    target: Target, result: Result, check: Check, operation: Operation, exchange: Exchange, finding: Finding
) -> None:
    """Count a finding, passed or failed."""
    failure = make_failure(target, check, operation, exchange, finding) if finding.got else None
    result.add_check(operation.id, check.name, failure)


def make_failure(target: Target, check: Check, operation: Operation, exchange: Exchange, finding: Finding) -> Failure:
    """Make a failure with the place in the document, and with all credentials redacted."""
    pointer = check.pointer(operation, finding)
    return Failure(
        check=check.name,
        operation_id=operation.id,
        expected=target.redact_exchange(exchange, finding.expected),
        got=target.redact_exchange(exchange, truncate(finding.got)),
        clause=f"{target.document.path}:{target.document.line(pointer)}",
        replay=target.replay(exchange),
    )
