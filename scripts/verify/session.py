"""Session: one verification of one target, with its budget of time and requests, and the observers of its exchanges."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import Any, Self, Unpack

import httpx
from attrs import evolve, frozen

from ..document import Operation
from .checks import CHECKS, Check, Finding
from .checks.registry import ResponseCheck
from .coverage import make_coverage
from .exchange import Exchange, documented_response
from .jobs import reports_job, state_of
from .observers import (
    CoverageCounter,
    HttpChecks,
    LifecycleChecks,
    Observer,
    ResponseChecks,
    Retirements,
    add_finding,
    check_response,
    reported_states,
)
from .preflight import known_values
from .probe import Probe
from .result import Result
from .sender import Query, RequestChanges, RequestSender, TimeBudgetExceededError
from .target import LIVE_REQUESTS, Target
from .timelines import Timelines
from .varying import VaryingMembers

REPETITIONS = 6  # of a read that differs from another, to learn what differs by itself
OBSERVERS: Sequence[Callable[[Target, Result], Observer]] = (
    CoverageCounter,
    LifecycleChecks,
    Timelines,
    HttpChecks,
    ResponseChecks,
    Retirements,
)


@frozen
class RequiredCredential:
    """A credential that an operation requires: the key of its scheme, its value, and the other ones by key."""

    key: str
    value: str
    others: Mapping[str, str]

    def changed(self, value: str) -> dict[str, str]:
        """Return the credentials of a request with another value of this one."""
        return {**self.others, self.key: value}


class Session:
    """Sends requests to a target and publishes each exchange to the observers, which fill the result.

    A session that only publishes, such as that of recordings, need not be entered as a context manager.
    """

    sender: RequestSender

    def __init__(
        self,
        target: Target,
        seconds: float | None = None,
        observers: Sequence[Callable[[Target, Result], Observer]] = OBSERVERS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.target = target
        profile = target.profile if target.redactor is None else "recorded"
        self.result = Result(target.document, target.base_url, target.operations, profile)
        self.result.coverage = {operation.id: make_coverage(target, operation) for operation in target.operations}
        self.observers = [make(target, self.result) for make in observers]
        # The first accepted plain request for each URL.
        self.first_reads: dict[str, Exchange] = {}
        # The operations that have refused a request without a credential, and those that got such requests.
        self._enforced: set[str] = set()
        self._probed: set[str] = set()
        self._comparisons: list[tuple[Any, Probe]] = []
        self._transport = transport
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def __enter__(self) -> Self:
        self.sender = RequestSender(self.target, deadline=self._deadline, transport=self._transport)
        self.sender.on_rate_limit = self._check_rate_limit
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with suppress(TimeBudgetExceededError):
                self.compare(may_send=error is None)
            self.compare(may_send=False)
        finally:
            self.sender.__exit__(kind, error, trace)

    @property
    def is_full(self) -> bool:
        """Return whether the profile is full, as opposed to live."""
        return self.target.profile == "full"

    def call(
        self,
        operation: Operation,
        values: Mapping[str, str],
        query: Query = None,
        *,
        documented: bool = True,
        plain: bool = False,
        **changes: Unpack[RequestChanges],
    ) -> Exchange:
        """Send the request of an operation and publish the exchange; `plain` as in `Exchange.is_plain`.

        Raises:
            TimeBudgetExceededError: the verification has used up its time.
        """
        exchange = self.sender.call(operation, values, query, **changes)
        if changes.get("credentials") == {} and exchange.status in {401, 403}:
            self._enforced.add(operation.id)
        return self.publish(evolve(exchange, is_documented=documented, is_plain=plain))

    def call_concurrently(
        self, operation: Operation, jobs: Sequence[Mapping[str, str]], query: Query = None
    ) -> tuple[Exchange, ...]:
        """Send the request of an operation for several jobs concurrently; publish the exchanges, without an order."""
        exchanges = self.sender.call_concurrently(operation, jobs, query)
        return tuple(self.publish(evolve(exchange, is_ordered=False)) for exchange in exchanges)

    def publish(self, exchange: Exchange) -> Exchange:
        """Pass an exchange to every observer, and return it."""
        if exchange.is_plain and exchange.is_accepted and self.target.redactor is None:
            self.first_reads.setdefault(exchange.url, exchange)
        for observer in self.observers:
            with self.guarded(observer.subject, exchange.operation_id):
                observer.observe(exchange)
        return exchange

    def check(self, name: str, probe: Probe) -> None:
        """Run the check with a name on a probe, and count its findings; one that compares is run by `compare`."""
        check: Any = next(check for check in CHECKS if check.name == name)
        if check.compares and probe.others:
            self._comparisons.append((check, probe))
            return
        for finding in check.check(probe):
            self.add(check, probe.operation, finding.exchange or probe.exchange, finding)

    def compare(self, *, may_send: bool = True) -> None:
        """Run the checks that compare responses, now that the members are known that vary by themselves.

        If one fails, its first read is repeated before, to learn about more of these members.

        Raises:
            TimeBudgetExceededError: the verification has used up its time.
        """
        lifecycle = next((one for one in self.observers if isinstance(one, LifecycleChecks)), None)
        varying = lifecycle.varying if lifecycle else VaryingMembers()
        kept: list[tuple[Any, Probe]] = [*self._comparisons, *(lifecycle.comparisons if lifecycle else ())]
        if may_send:
            failed: dict[str, Probe] = {}
            for check, probe in kept:
                with self.guarded(check.name, probe.operation.id):
                    if any(finding.got for finding in check.check(varying.without(probe))):
                        failed[probe.operation.id] = probe
            for probe in failed.values():
                self._repeat(probe, varying)
        self._comparisons.clear()
        if lifecycle:
            lifecycle.comparisons.clear()
        for check, probe in kept:
            with self.guarded(check.name, probe.operation.id):
                for finding in check.check(varying.without(probe)):
                    self.add(check, probe.operation, probe.exchange, finding)

    def _repeat(self, probe: Probe, varying: VaryingMembers) -> None:
        operation = probe.operation
        for read in [read for read in (*probe.others, probe.exchange) if read.is_plain][:1] * REPETITIONS:
            if self.is_full or self.sender.sent[operation.id] < self.target.max_requests:
                sent = self.sender.send(operation.id, read.method, read.url, read.request_headers, read.content)
                varying.learn(operation, self.publish(sent), has_ended=True)

    def add(self, check: Check, operation: Operation, exchange: Exchange, finding: Finding) -> None:
        """Count a finding."""
        add_finding(self.target, self.result, check, operation, exchange, finding)

    def check_response(self, exchange: Exchange, names: Sequence[str]) -> None:
        """Run some of the checks of responses to documented requests on a response to another request."""
        checks = [check for check in ResponseCheck.registered() if check.name in names]
        check_response(self.target, self.result, exchange, checks)

    def forget_jobs(self) -> None:
        """Forget the earlier polls of every job, because a request other than a read may have restarted them."""
        for observer in self.observers:
            if isinstance(observer, LifecycleChecks):
                observer.forget()

    def guarded(self, check: str, operation_id: str) -> AbstractContextManager[None]:
        """Confine an unexpected exception of a check to this check, which is then reported as inconclusive."""
        return self.result.guarded(check, operation_id)

    def add_states(self, operation: Operation, polls: Sequence[Exchange], status_operation: Operation) -> None:
        """Count the states of a started job as states that the starting operation has led to."""
        seen = self.result.coverage[operation.id].seen_states
        seen.update(state for poll in polls for state in reported_states(self.target, status_operation, poll))

    def add_unended(self, operation: Operation, values: Mapping[str, str], last: Exchange) -> None:
        """Count a job that was pending in its last poll."""
        self.result.unended[(operation.id, *values.values())] = str(state_of(operation, last))

    def has_requests_left(self, operation: Operation) -> bool:
        """Return whether a live server may get more requests, apart from those reserved for schemathesis."""
        return self.is_full or self.sender.sent[operation.id] < self.target.max_requests - LIVE_REQUESTS

    def required_credentials(self, operation: Operation, values: Mapping[str, str]) -> tuple[RequiredCredential, ...]:
        """Return the credentials that the operation requires, each of them."""
        keys = self.target.security_requirement(operation) or ()
        if not keys or not self.requires_credential(operation, values):
            return ()
        credentials = {key: self.target.credentials[key] for key in keys}
        return tuple(
            RequiredCredential(key, value, {other: credentials[other] for other in keys if other != key})
            for key, value in credentials.items()
        )

    def requires_credential(self, operation: Operation, values: Mapping[str, str]) -> bool:
        """Return whether the operation requires a credential.

        If the document makes it optional, the server requires it if it has ever refused a request without one.
        """
        if not all(operation.security) and operation.id not in self._probed:
            self._probed.add(operation.id)
            # One has a query of its own, so that no cache has the response to another request.
            for query in ({}, {"x_unheard_of": "1"}, {}):
                if operation.id not in self._enforced:
                    self.call(operation, values, query, documented=False, credentials={})
        return all(operation.security) or operation.id in self._enforced

    def known_values(self, operation: Operation) -> list[dict[str, str]]:
        """Return the sets of required parameters for which a job is known to exist."""
        return known_values(self.target, operation)

    def narrow(self, exchanges: Sequence[Exchange]) -> None:
        """Keep one known id per parameter, one that was accepted, to keep a live run small."""
        known = {
            operation_id: {name: some[:1] for name, some in values.items()}
            for operation_id, values in self.target.known.items()
        }
        for exchange in exchanges:
            operation = self.target.document.operation(exchange.operation_id)
            if reports_job(operation, exchange) and (values := self.target.job_values(exchange)):
                known[operation.id] |= {name: (value,) for name, value in values.items()}
        self.target = evolve(self.target, known=known)

    def _check_rate_limit(self, exchange: Exchange) -> None:
        """Check a 429 response, after which the request is resent, if the document describes one."""
        operation = self.target.document.operation(exchange.operation_id)
        if documented_response(operation, exchange.status or 0) is not None:
            self.result.coverage[operation.id].add(exchange, ())
            check_response(self.target, self.result, exchange, ResponseCheck.registered())
