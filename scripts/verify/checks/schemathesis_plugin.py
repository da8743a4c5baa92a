"""The checks of jobs and of HTTP as checks of schemathesis, for `st run` and for its pytest integration.

One line of schemathesis.toml adds them to any run; an operation with `x-job` gets the checks of the lifecycle:

    hooks = "job_status_tools.verify.checks.schemathesis_plugin"

Each can be switched off by its name, as in `[checks.caching] enabled = false`.
"""

import time
import urllib.parse
from typing import Any, ClassVar

import schemathesis

from ...document import MISSING
from ...document.job import JobLifecycle, parse_job
from ..exchange import Exchange, path_values
from ..jobs import job_values, reports
from .http_standards import HttpCheck
from .lifecycle import JobHistory, LifecycleCheck, Poll
from .registry import Finding

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class LifecycleAdapter:
    """A check of polls. It keeps the earlier polls of every job of the run."""

    check: ClassVar[LifecycleCheck]

    def __init__(self) -> None:
        self._histories: dict[tuple[str, ...], JobHistory] = {}
        self._last_end = 0.0

    def after_response(
        self, ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
    ) -> bool | None:
        """Check a poll against the earlier polls of the same job; return True if there was nothing to check."""
        exchange = _exchange(response, case)
        try:
            job = _job(case)
        except ValueError as error:
            raise AssertionError(f"x-job of {case.operation.label} is invalid: {error}") from error
        now = time.monotonic()
        overlaps = now - exchange.elapsed < self._last_end
        self._last_end = max(self._last_end, now)
        is_poll = job is not None and exchange.method == case.operation.method.upper()
        if exchange.method not in SAFE_METHODS and exchange.is_accepted and not is_poll:
            # A write may have restarted any job.
            self._histories.clear()
        if job is None or not is_poll or overlaps:  # the order of concurrent responses is unknown
            return True
        values = job_values(job.parameter, path_values(case.operation.full_path, exchange.url), exchange.url)
        if values is None or not reports(job, exchange):
            return True
        history = self._histories.setdefault((case.operation.label, *values.values()), JobHistory())
        query = urllib.parse.urlsplit(exchange.url).query
        has_id = exchange.is_accepted and exchange.json is not MISSING
        poll = Poll(job, exchange.json, values[job.parameter], query, exchange.status or 0, exchange.headers, has_id)
        findings = [finding for _, finding in history.observe(poll, (self.check,))]
        return _report(findings, f"x-job/{self.check.clause}: {self.check.description}")


class HttpAdapter:
    """A check of every response."""

    check: ClassVar[HttpCheck]

    def after_response(
        self, ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
    ) -> bool | None:
        """Check a response; return True if there was nothing to check."""
        try:
            job = _job(case)
        except ValueError:
            job = None  # reported by the checks of the lifecycle
        findings = list(self.check.check(_exchange(response, case), job))
        return _report(findings, self.check.description)


def _report(findings: list[Finding], requirement: str) -> bool | None:
    failed = [f"expected {finding.expected}\ngot {finding.got}" for finding in findings if finding.got]
    if failed:
        raise AssertionError("\n\n".join((requirement, *failed)))
    return None if findings else True


def _job(case: schemathesis.Case[Any]) -> JobLifecycle | None:
    """Return the parsed `x-job` of an operation, or None if it has none.

    Raises:
        ValueError: it is invalid.
    """
    raw = case.operation.definition.raw.get("x-job")
    if raw is None:
        return None
    in_path = [parameter.name for parameter in case.operation.path_parameters]
    in_query = [parameter.name for parameter in case.operation.query if parameter.is_required]
    try:
        job = parse_job(raw)
        return job.with_parameter(job.names or (in_path or in_query)[-1])
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _exchange(response: schemathesis.Response, case: schemathesis.Case[Any]) -> Exchange:
    request, elapsed = response.request, response.elapsed
    return Exchange(
        operation_id=case.operation.label,
        method=request.method or "GET",
        url=request.url or "",
        request_headers={name.lower(): str(value) for name, value in request.headers.items()},
        status=response.status_code,
        headers={name.lower(): values[0] for name, values in response.headers.items()},
        body=response.content,
        elapsed=elapsed,
        at=time.time() - elapsed,
    )


def _register(adapter: type, check: LifecycleCheck | HttpCheck) -> Any:
    """Register a class with the name of a check, which schemathesis shows."""
    members = {"check": check, "__doc__": f"{check.description}.", "__module__": __name__}
    return schemathesis.check(type(check.name, (adapter,), members))


for lifecycle_check in LifecycleCheck.registered():
    globals()[lifecycle_check.name] = _register(LifecycleAdapter, lifecycle_check)
for http_check in HttpCheck.registered():
    globals()[http_check.name] = _register(HttpAdapter, http_check)
