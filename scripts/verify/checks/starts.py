"""Checks of the response that starts a job, together with the statuses of the started job."""

from collections.abc import Mapping
from typing import Any

from ...document import MISSING, Document, JobLifecycle, Operation, walk
from ..exchange import documented_response
from ..jobs import reports_job, started_operations, state_of
from ..network_errors import TOO_MANY
from ..probe import Probe, StartProbe
from .lifecycle import RANKS
from .registry import Check, Finding, Findings, excerpt, pointer_text, register, shorten


class StartCheck(Check):
    """A check of a start: the exchange of the probe is the start, the others are the polls of the started job."""

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        """Return whether the operation starts jobs."""
        return bool(started_operations(document, operation))


@register
class StartResolves(StartCheck):
    name = "start_resolves"
    description = "a started job has a status under the id in the start response"
    fix_server = "Return the id of the job in the start response, and make its status available at once."
    fix_document = "Correct the parameters of the link; describe a delay by the scenario `temporarily_unknown`."

    def check(self, probe: Probe) -> Findings:
        start = probe.exchange
        response = documented_response(probe.operation, start.status or 0)
        if not start.is_accepted or response is None or not response.links:
            return
        if not isinstance(probe, StartProbe):
            names = [str(value) for link in response.links for value in link.parameters.values()]
            names = [name.removeprefix("$response.body#") for name in names]
            yield Finding(f"the id of the started job at {' or '.join(dict.fromkeys(names))}", excerpt(start), response)
            return
        for poll in probe.others[:1]:
            if reports_job(probe.status_operation, poll):
                yield Finding()
            elif poll.status != TOO_MANY:
                got = f"{poll.status} {poll.body.decode(errors='replace')}"
                expected = f"{poll.operation_id} knows the started job {', '.join(probe.started)}"
                yield Finding(expected, got, response, poll)


@register
class StartIsNew(StartCheck):
    name = "start_is_new"
    description = "every start returns the id of a new job"
    fix_server = "Create a job, with an id of its own, for each start."
    fix_document = "If starts of one resource are one job, describe `run` of its status instead."

    def check(self, probe: StartProbe) -> Findings:
        got = f"{'/'.join(probe.started)} again" if probe.started in probe.existing else ""
        yield Finding("the id of a job that did not exist before", got)


@register
class StartKeepsItsKind(StartCheck):
    name = "start_keeps_its_kind"
    description = "immutable fields of a started job are as in the start response"
    fix_server = "Return in the start response what the status has."
    fix_document = "Remove the field from `immutable`."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return any(one.job and one.job.immutable for one in started_operations(document, operation))

    def check(self, probe: StartProbe) -> Findings:
        started, polls, job = probe.exchange.json, probe.others, probe.status_operation.job
        if job and job.immutable and polls and reports_job(probe.status_operation, polls[0]):
            last = polls[-1]
            if isinstance(started, dict) and isinstance(last.json, dict):
                got = _start_difference(started, last.json, job)
                yield Finding("the values in the start response", got, exchange=last)


def _start_difference(started: Mapping[str, Any], body: Mapping[str, Any], job: JobLifecycle) -> str:
    """Return the first immutable field that differs between a start response and a status; empty if none does."""
    for path in job.immutable:
        before, after = walk(started, path), walk(body, path)
        if MISSING not in (before, after) and before != after:
            return f"{pointer_text(path)} {shorten(after)}, although the start response has {shorten(before)}"
    return ""


@register
class StartState(StartCheck):
    name = "start_state"
    description = "the status of a started job does not contradict the state and progress in the start response"
    fix_server = "Report in the status at least what the start response has reported."
    fix_document = "Remove the state from the start response, or its property from the example."

    def check(self, probe: StartProbe) -> Findings:
        job = probe.status_operation.job
        polls = [poll for poll in probe.others if reports_job(probe.status_operation, poll)]
        if job is None or job.state is None or not polls:
            return
        started = job.state_of(probe.exchange.json)
        for poll in polls if isinstance(started, str) and job.is_final(started) else ():
            state = state_of(probe.status_operation, poll)
            got = "" if state == started else f"{state} after the start had returned {started}"
            yield Finding(f"{started}, as in the start response", got, exchange=poll)
        first = state_of(probe.status_operation, polls[0])
        if isinstance(started, str) and started in job.kinds and first in job.kinds:
            is_earlier = RANKS[job.kinds[first]] < RANKS[job.kinds[started]]
            got = f"{first} after the start had returned {started}" if is_earlier else ""
            yield Finding(f"{started} or later, as in the start response", got, exchange=polls[0])
        progress = [job.progress.percent(one.json) if job.progress else None for one in (probe.exchange, polls[0])]
        if progress[0] is not None and progress[1] is not None:
            got = f"{progress[1]:g} after {progress[0]:g}" if progress[1] < progress[0] else ""
            yield Finding(f"{progress[0]:g} or more, as in the start response", got, exchange=polls[0])


@register
class RefusedStart(StartCheck):
    name = "refused_start"
    description = "a refused start starts no job"
    clause = "RFC 9110, 15.5: a 4xx says that the request was not carried out"
    fix_server = "Start the job after all checks of the request, in one transaction."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return full and super().applies(document, operation, full=full)

    def check(self, probe: StartProbe) -> Findings:
        if probe.exchange.status and probe.exchange.status >= 400:
            got = f"{probe.exchange.status} with the job {'/'.join(probe.started)}" if probe.started else ""
            is_error = probe.exchange.status >= 500
            yield Finding(
                self.clause, got or (f"{probe.exchange.status} {excerpt(probe.exchange)}" if is_error else "")
            )
