# Generated from scripts/client/polling/tracing.py by `make generate`; do not edit.

"""One OpenTelemetry span per wait, in programs that have imported OpenTelemetry (the extra `otel`)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, TypeVar

import httpx
from opentelemetry import trace
from opentelemetry.trace import Span, SpanContext, Status, StatusCode, TraceFlags

from ..call import Call
from ..errors import JobFailedError, JobNotStartedError, JobPartialError, JobStatusError, JobTimeoutError
from ..sanitize import sanitize
from . import token as tokens
from .poller import Poller, Update

T_co = TypeVar("T_co", covariant=True)
logger: Final = logging.getLogger("job_status")
TRACEPARENT: Final = re.compile(tokens.TRACEPARENT)
# The outcome of a wait, by the class of its error. A subclass comes before its base.
OUTCOMES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (JobFailedError, "failure"),
    (JobPartialError, "partial"),
    (JobTimeoutError, "timeout"),
    (JobNotStartedError, "not_started"),
    (BaseException, "error"),
)
_logged_errors: Final[set[type[Exception]]] = set()


@contextmanager
def _without_errors() -> Iterator[None]:
    """Log what a tracer raises, each class of exception once: the wait does not depend on it."""
    try:
        yield
    except Exception as error:
        if type(error) not in _logged_errors:
            _logged_errors.add(type(error))
            logger.warning("OpenTelemetry failed, and spans are missing: %s: %s", type(error).__name__, sanitize(error))


class TracedPoller(Poller[T_co]):
    """A wait with a span, from its start to its end. An exception of the tracer does not end the wait.

    The span is a child of the current one, or of that of the wait that a token resumes. It has an event for each change
    of the state; the spans of its requests, if there are any, are its children.
    """

    __slots__ = ("_context", "_is_resumed", "_span", "_state")

    def __init__(self, *arguments: Any, token: tokens.Token | None = None, **options: Any) -> None:
        super().__init__(*arguments, token=token, **options)
        self._span: Span | None = None
        self._state: str | None = None
        self._is_resumed = token is not None
        # That of the last span of this wait, in this process or another.
        self._context = _context_of(token.trace) if token is not None else None

    @property
    def traceparent(self) -> str | None:
        """The context of the span for other processes, in the format of the W3C."""
        found = self._context
        if found is None or not found.is_valid:
            return None
        return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"

    def acquire(self, waiter: object) -> None:
        """Reserve the job for one wait, and start its span."""
        super().acquire(waiter)
        if self.outcome is not None:
            return
        try:
            with _without_errors():
                self._start_span()
        except BaseException:
            super().release()
            raise

    def _start_span(self) -> None:
        parent = None
        if self._context is not None and self._context.is_valid:
            parent = trace.set_span_in_context(trace.NonRecordingSpan(self._context))
        self._span = trace.get_tracer("job_status").start_span(
            f"wait {self.spec.operation.id}",
            parent,
            attributes={
                "job_status.api": self.spec.api,
                "job_status.operation": self.spec.operation.id,
                "job_status.job": self.name,
                "job_status.is_resumed": self._is_resumed,
            },
        )
        self._context = self._span.get_span_context()
        self._is_resumed = True

    def release(self) -> None:
        """Allow another wait, and end the span of one that was left."""
        super().release()
        self._end_span()

    def in_span(self) -> AbstractContextManager[Any]:
        """Make the span the current one, for the spans of requests."""
        if self._span is None:
            return super().in_span()
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def handle_result(self, call: Call, result: httpx.Response | JobStatusError, now: float) -> Update[T_co] | None:
        """Process the result of a poll, and add a change of the state to the span."""
        before = self.last_content
        update = super().handle_result(call, result, now)
        if self._span is not None and self.last_content is not before and (state := self.state) != self._state:
            self._state = state
            with _without_errors():
                self._span.add_event("state", {"job_status.state": state or ""})
        self._end_span(is_left=False)
        return update

    def fail(self, error: BaseException, now: float | None = None) -> None:
        """End the wait with an exception, and its span."""
        super().fail(error, now)
        self._end_span(is_left=False)

    def _end_span(self, *, is_left: bool = True) -> None:
        span, outcome = self._span, self.outcome
        if span is None or (outcome is None and not is_left):
            return
        self._span = None
        error = None if outcome is None else outcome.error
        kind = "partial" if outcome is not None and outcome.partial else "success"
        with _without_errors():
            if outcome is None:
                kind = "stopped"
            elif error is not None:
                kind = next(name for cls, name in OUTCOMES if isinstance(error, cls))
                span.set_status(Status(StatusCode.ERROR, sanitize(error)))
            span.set_attributes(dict(self._attributes(kind)))
            span.end()

    def _attributes(self, kind: str) -> Iterator[tuple[str, str | int]]:
        yield "job_status.outcome", kind
        yield "job_status.polls", self.polls
        yield "job_status.failed_polls", self.failed_polls
        if (state := self.state) is not None:
            yield "job_status.state", state


def _context_of(traceparent: str | None) -> SpanContext | None:
    """Return the context of a span of another process, or None."""
    match = TRACEPARENT.fullmatch(traceparent or "")
    if match is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
