"""Observers of the published exchanges of a session: coverage, timelines, and the checks of every response."""

import urllib.parse
from collections.abc import Sequence
from typing import Any, Protocol

from ..document import MISSING, JobLifecycle, Operation
from .checks import Check, Finding, truncate
from .checks.http_standards import HttpCheck, ResourceCheck
from .checks.lifecycle import JobHistory, Poll, StaysKnown, StaysTheSame
from .checks.registry import ResponseCheck
from .exchange import Exchange
from .http_dates import retirement_dates
from .jobs import (
    describes_id,
    is_temporarily_unknown,
    message,
    named_values,
    reports_job,
    started_operations,
    state_of,
)
from .network_errors import TOO_MANY, body_error
from .probe import Probe
from .result import Failure, Result
from .target import Target
from .varying import VaryingMembers

STAYS_KNOWN, STAYS_THE_SAME = StaysKnown(), StaysTheSame()
MAX_COMPARISONS = 1000  # that are kept


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
        if exchange.status == TOO_MANY and self._target.redactor is None:
            self._result.add_problem(f"{operation.id} returned 429, too many requests; wait, and verify again")


class Retirements(TargetObserver):
    """Keeps what the server announces about the end of an operation. That is no failure."""

    subject = "deprecations and sunsets"

    def observe(self, exchange: Exchange) -> None:
        """Keep the dates of one response."""
        if dates := retirement_dates(exchange.headers):
            self._result.add_retirement(exchange.operation_id, dates)


class ResponseChecks(TargetObserver):
    """Checks the responses to documented requests against the document."""

    subject = "conformance to the document"

    def observe(self, exchange: Exchange) -> None:
        """Check one response. Without a response only a timeout is checked."""
        checks = [check for check in ResponseCheck.registered() if exchange.is_documented or check.any_request]
        if exchange.is_documented or exchange.status is not None:
            check_response(self._target, self._result, exchange, checks)


class LifecycleChecks(TargetObserver):
    """Checks every job that is polled in a session, also by schemathesis."""

    subject = "the lifecycle of a job"

    def __init__(self, target: Target, result: Result) -> None:
        super().__init__(target, result)
        self._histories: dict[tuple[str, ...], JobHistory] = {}
        # The jobs by each of the values that identify them.
        self._jobs: dict[str, set[tuple[str, ...]]] = {}
        # The responses since the last status that did not report a job.
        self._missing: dict[tuple[str, ...], list[Exchange]] = {}
        # The last responses to each plain request, once the job has ended.
        self._reads: dict[str, list[Exchange]] = {}
        self.varying = VaryingMembers()
        # What is checked once the varying members are known.
        self.comparisons: list[tuple[StaysTheSame, Probe]] = []

    def observe(self, exchange: Exchange) -> None:
        """Check a poll against the earlier polls of the same job."""
        operation = self._target.document.operation(exchange.operation_id)
        if exchange.is_accepted and operation.job is None and exchange.method not in {"GET", "HEAD", "OPTIONS"}:
            self._forget_restarted(operation, exchange)
        values = self._target.job_values(exchange)
        if operation.job is None or values is None:
            return
        if not exchange.is_ordered:
            # What holds without the earlier polls is checked.
            is_poll = self._target.redactor is not None or exchange.is_documented
            if is_poll and reports_job(operation, exchange):
                self._check_poll(operation, operation.job, exchange, values[operation.job.parameter], JobHistory())
            return
        key = (operation.id, *values.values())
        if exchange.is_plain and key in self._histories and exchange.status != TOO_MANY:
            self._check_known(operation, exchange, key)
        if not reports_job(operation, exchange):
            return
        if exchange.is_plain:
            self.varying.learn(operation, exchange)
            self._compare_reads(operation, operation.job, exchange)
        history = self._histories.setdefault(key, JobHistory())
        for value in values.values():
            self._jobs.setdefault(value, set()).add(key)
        self._check_poll(operation, operation.job, exchange, values[operation.job.parameter], history)

    def _check_poll(
        self, operation: Operation, job: JobLifecycle, exchange: Exchange, job_id: str, history: JobHistory
    ) -> None:
        query = urllib.parse.urlsplit(exchange.url).query
        status = exchange.status or 0
        has_id = describes_id(self._target.document, operation, status)
        poll = Poll(job, exchange.json, job_id, query, status, exchange.headers, has_id)
        for check, finding in history.observe(poll):
            self._add(check, operation, exchange, finding)

    def _check_known(self, operation: Operation, exchange: Exchange, key: tuple[str, ...]) -> None:
        """Check that a job is still reported. On a live server it may be deleted, so it counts once it is back."""
        if not reports_job(operation, exchange) and not is_temporarily_unknown(operation, exchange):
            self._missing.setdefault(key, []).append(exchange)
        if reports_job(operation, exchange) or self._target.profile == "full":
            for missing in self._missing.pop(key, ()):
                for finding in STAYS_KNOWN.check(missing):
                    self._add(STAYS_KNOWN, operation, missing, finding)
            self._result.add_check(operation.id, STAYS_KNOWN.name)

    def _compare_reads(self, operation: Operation, job: JobLifecycle, exchange: Exchange) -> None:
        """Compare the last but one response to the same request to its neighbours, once the job has ended."""
        state = job.state_of(exchange.json, exchange.status or 0, exchange.headers)
        reads = self._reads.setdefault(exchange.url, [])
        reads.append(exchange)
        if not job.is_final(str(state)) and len(reads) == 1:
            reads.clear()
        elif len(reads) == 3:
            before, middle, after = (read.json for read in reads)
            probe = Probe(operation, reads[1], (reads[0], reads[2]))
            if middle not in (before, after) and len(self.comparisons) < MAX_COMPARISONS:
                self.comparisons.append((STAYS_THE_SAME, probe))
            elif before == after:
                self._result.add_check(operation.id, STAYS_THE_SAME.name)
            del reads[0]

    def forget(self) -> None:
        """Forget every job, because a request other than a read may have restarted them."""
        self._histories.clear()

    def _forget_restarted(self, operation: Operation, exchange: Exchange) -> None:
        """Forget the jobs that a write names and may have restarted, unless their runs are identified."""
        for value in named_values(message(operation, exchange)):
            for key in self._jobs.get(value, ()):
                if key in self._histories and not self._histories[key].run:
                    del self._histories[key]


class HttpChecks(TargetObserver):
    """Checks each response against the standards below the API, also responses to schemathesis."""

    subject = "conformance to HTTP and JSON"

    def __init__(self, target: Target, result: Result) -> None:
        super().__init__(target, result)
        self._memories: dict[str, dict[Any, Any]] = {}

    def observe(self, exchange: Exchange) -> None:
        """Check one response."""
        if exchange.is_ordered:
            operation = self._target.document.operation(exchange.operation_id)
            for check in HttpCheck.registered():
                memory = self._memories.setdefault(check.name, {})
                findings = (
                    check.compare(exchange, operation.job, memory)
                    if isinstance(check, ResourceCheck)
                    else check.check(exchange, operation.job)
                )
                for finding in findings:
                    self._add(check, operation, exchange, finding)


def reported_states(target: Target, operation: Operation, exchange: Exchange) -> tuple[str, ...]:
    """Return the state in a response, of the reported job or the started one, as a tuple of 0 or more."""
    states = [state_of(operation, exchange)]
    if exchange.is_accepted:
        # A start response may have the field of the state. Conditions are about responses of the status operation only.
        started = [one.job for one in started_operations(target.document, operation)]
        states += [job.state_of(exchange.json) for job in started if job and job.state]
    return tuple(dict.fromkeys(state for state in states if state is not MISSING))


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
    values = target.job_values(exchange) if exchange.is_ordered else None
    return Failure(
        check=check.name,
        operation_id=operation.id,
        expected=target.redact(finding.expected),
        got=target.redact(truncate(finding.got)),
        clause=f"{target.document.path}:{target.document.line(pointer)}",
        replay=target.replay(exchange),
        job=() if values is None else (operation.id, *values.values()),
        at=exchange.at,
    )
