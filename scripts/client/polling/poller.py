"""The state machine of one wait: what each response means, and when to poll next. Performs no I/O and never sleeps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast

import httpx
from attrs import field, frozen

from .. import responses
from ..arguments import validate_headers, validate_id, validate_seconds
from ..auth import Authenticator
from ..call import Call, CallFailure, CallPolicy, Settings
from ..errors import (
    MAX_REASON,
    ApiError,
    CallError,
    InvalidArgumentError,
    JobError,
    JobFailedError,
    JobNotStartedError,
    JobPartialError,
    JobStatusError,
    JobTimeoutError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    UnexpectedResponseError,
    WaitSummary,
)
from ..expressions import get_path
from ..poll_limit import PollLimit
from ..sanitize import MAX_TOKEN, sanitize
from . import token as tokens
from .learned import AnySchedule, LearnedSchedule
from .run_id import RunId, parse_timestamp
from .schedule import (
    DEFAULT_SCHEDULE,
    SHORTEST_INTERVAL,
    AgeSchedule,
    EarlierStart,
    Schedule,
    add_jitter,
    error_backoff,
)
from .spec import FINAL, JobSpec

if TYPE_CHECKING:
    from .job import AsyncJob, Job

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
# The status and its progress, for `on_update=`.
Update: TypeAlias = tuple[T, float | None]
logger: Final = logging.getLogger("job_status")

TIMEOUT: Final = 3600.0  # seconds, the default of `timeout=`
NOT_STARTED_TIMEOUT: Final = 30.0
ERROR_TIMEOUT: Final = 120.0

# Seconds of responses that are not of this API, before any of this API was read: the base URL is probably wrong.
WRONG_SERVER_TIMEOUT: Final = 30.0
NOT_FOUND_TIMEOUT: Final = 30.0  # seconds of 404; a restarting server returns it for a while
MIN_CONSECUTIVE: Final = 3  # polls from which a condition counts as lasting
GAP_SHARE: Final = 2 / 3  # of such a duration, which one gap between two polls shows at most
LAST_POLL_MARGIN: Final = 0.1  # seconds from the last poll to the deadline
LATE: Final = 1.0  # seconds by which a poll may be late however short its interval
LATE_LOG_INTERVAL: Final = 60.0  # seconds between two lines about late polls
MAX_SERVER_PAUSE: Final = 86_400.0  # seconds, whatever a server requests
TRANSIENT_STATUSES: Final = frozenset({408, 425})  # they say as little about a job as a 503
POLL: Final = CallPolicy(retries=0, is_poll=True)
DETACHED_POLL: Final = CallPolicy(retries=0, is_poll=True, is_detached=True)
NO_SPAN: Final[AbstractContextManager[Any]] = nullcontext()
# What a model raises for a body that it cannot represent.
PARSE_ERRORS: Final = (TypeError, ValueError, KeyError, AttributeError)

_logged_states: set[tuple[str, str, str]] = set()


class ClientCore(Protocol):
    """What polling needs of a client."""

    @property
    def settings(self) -> Settings:
        """The settings of the client."""

    @property
    def authenticator(self) -> Authenticator:
        """The credentials of the client."""

    def check_open(self, call: Call) -> None:
        """Raise `InvalidArgumentError` when the client is closed."""

    is_closed: bool
    has_read: bool
    poll_limit: PollLimit
    late_logged_at: float


@frozen
class PollOptions:
    """The arguments of a wait, except its schedule and timeout. Waits with equal options share one instance."""

    arguments: tuple[tuple[str, Any], ...] = ()
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    on_update: Callable[[Any, float | None], Any] | None = None
    after_run: RunId | None = None
    current_run: RunId | None = None
    not_started_timeout: float = NOT_STARTED_TIMEOUT
    error_timeout: float = ERROR_TIMEOUT
    raise_on_partial: bool = False


DEFAULT_OPTIONS: Final = PollOptions()


@frozen
class Outcome(Generic[T_co]):
    """How a wait ended.

    Attributes:
        job: The job.
        status: Its last status, typed, if it succeeded, at least in part, else None.
        error: The exception if it did not succeed, else None. It holds the last status.
        partial: Whether it succeeded in part only.
        lateness: By how many seconds a poll of it after the first was late at most, 0 if by less than a second. Polls
            are late if the polls in flight, `max_rate=` or the processor limit them.
    """

    job: Job[T_co] | AsyncJob[T_co]
    status: T_co | None
    error: BaseException | None = None
    partial: bool = False
    lateness: float = 0.0

    def result(self) -> T_co:
        """Return the last status of a job that succeeded.

        Raises:
            JobStatusError: The job did not succeed; or whatever `on_update` or a credential callable has raised.
        """
        if self.error is not None:
            raise self.error
        return self.status  # type: ignore[return-value]


class _Report(bytes):
    """The body of a status whose state is not in its body alone."""

    state: str


class Streak:
    """Consecutive responses of one kind: their number, how long they have lasted, and the longest gap between two."""

    __slots__ = ("count", "gap", "last_at", "seconds")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = self.gap = self.last_at = 0.0

    def add(self, now: float) -> None:
        """Add one."""
        gap = now - self.last_at if self.count else 0.0
        self.seconds += gap
        self.gap = max(self.gap, gap)
        self.last_at = now
        self.count += 1

    def left(self, seconds: float) -> float:
        """Return the seconds until the streak has lasted so long.

        One gap counts for a part of them only: in a long one, as in a process that was stopped, nothing was seen.
        """
        return seconds - self.seconds + max(self.gap - GAP_SHARE * seconds, 0.0)

    def lasts(self, seconds: float) -> bool:
        """Return whether the streak has lasted so long. Two responses do not show that."""
        return self.count >= (MIN_CONSECUTIVE if seconds else 2) and self.left(seconds) <= 0


class ErrorStreak:
    """Consecutive polls without a status of the job, and the pause that the server requested last.

    Attributes:
        pause: The seconds of that pause, if it delays the next poll, else 0.
        count: Number of polls.
        last: The message of the last error.
        errors: Those polls, except the responses of a busy server that says when to come back.
        not_found: Those that returned 404.
        wrong_server: Those whose response is not of this API.
    """

    __slots__ = ("count", "errors", "last", "not_found", "pause", "wrong_server")

    def __init__(self) -> None:
        self.count = 0
        self.pause = 0.0
        self.last = ""
        self.reset()

    def reset(self) -> None:
        """Start the streaks again."""
        self.errors, self.not_found, self.wrong_server = Streak(), Streak(), Streak()


class Poller(Generic[T_co]):
    """One wait for one job, from its creation to its deadline.

    There can be very many of them, so each is small: the last response is kept as bytes and parsed at the end.

    Attributes:
        core: The client.
        spec: The lifecycle of the job.
        values: The values of the parameters that name it.
        options: The arguments of the wait.
        next_poll_at: When the job is to be polled next.
        deadline: When the wait ends, or None.
        outcome: How the wait ended, or None.
        lateness: By how many seconds a poll after the first was late at most, 0 if by less than a second.
        waiter: The handle of the job while it is being waited for, else None.
    """

    __slots__ = (
        "_errors",
        "_failed_polls",
        "_last",
        "_not_started_since",
        "_polls",
        "_schedule",
        "_started_at",
        "core",
        "deadline",
        "lateness",
        "next_poll_at",
        "options",
        "outcome",
        "spec",
        "values",
        "waiter",
    )

    def __init__(
        self,
        core: ClientCore,
        spec: JobSpec[T_co],
        values: tuple[Any, ...],
        *,
        timeout: float | None = TIMEOUT,
        schedule: AnySchedule | None = None,
        options: PollOptions = DEFAULT_OPTIONS,
        just_started: bool = False,
        token: tokens.Token | None = None,
    ) -> None:
        named = zip(spec.operation.parameters, values, strict=True)
        values = tuple([validate_id(spec.operation.id, name, value) for name, value in named])
        validate_headers(options.headers)
        self.core = core
        self.spec = spec
        self.values = values
        self.options = options
        clock = core.settings.clock
        now = clock.now()
        self._started_at: float = now
        self.deadline: float | None = None if timeout is None else now + validate_seconds(timeout)
        self._schedule: Schedule | AgeSchedule = DEFAULT_SCHEDULE
        if isinstance(schedule, LearnedSchedule):
            self._schedule = schedule.plan(spec.api, spec.operation.id) or DEFAULT_SCHEDULE
        elif schedule is not None:
            self._schedule = Schedule(schedule)
        self._polls = 0
        self._failed_polls = 0
        self._errors: ErrorStreak | None = None
        self._not_started_since: float | None = None
        self._last: bytes | None = None
        self.lateness = 0.0
        self.outcome: Outcome[T_co] | None = None
        self.waiter: Any = None
        try:
            self.build_request()
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise InvalidArgumentError(f"{spec.operation.id}: an argument cannot be sent: {problem}") from None
        if token is not None:
            to_monotonic = now - clock.wall()
            # A wall clock that was set back undoes nothing.
            self._started_at = min(token.started_at + to_monotonic, now - token.elapsed)
            self._polls, self._failed_polls = token.polls, token.failed_polls
            if timeout is None and token.deadline is not None:
                remaining = token.deadline - token.started_at if token.remaining is None else token.remaining
                self.deadline = min(token.deadline + to_monotonic, now + max(remaining, 0.0))
            elif timeout is None:
                self.deadline = None
        self.next_poll_at: float = now
        if isinstance(self._schedule, Schedule):
            self.next_poll_at = self._started_at + self._schedule.next_after(now - self._started_at if token else -1.0)
        elif just_started or (self._schedule is not DEFAULT_SCHEDULE and token is None):
            self.next_poll_at = now + self._schedule.interval(0.0)
        if self.deadline is not None:
            self.next_poll_at = max(min(self.next_poll_at, self._last_poll_at(self.deadline)), now)

    def __lt__(self, other: Poller[Any]) -> bool:
        return self.next_poll_at < other.next_poll_at

    @property
    def name(self) -> str:
        """The operation and the parameters of the job, such as `get_dock_status ds-1`."""
        return sanitize(" ".join([self.spec.operation.id, *map(str, self.values)]), 3 * MAX_TOKEN)

    @property
    def is_finished(self) -> bool:
        """Whether the wait has ended."""
        return self.outcome is not None

    @property
    def has_ended(self) -> bool:
        """Whether the job itself has ended, as far as it is known."""
        return self.outcome is not None and isinstance(self.outcome.error, JobFailedError | JobPartialError | None)

    @property
    def next_poll_in(self) -> float | None:
        """Seconds until the next poll is due, or None if the wait is over."""
        now = self.core.settings.clock.now()
        is_over = self.deadline is not None and self.deadline <= max(self.next_poll_at, now)
        return None if is_over or self.outcome is not None else max(self.next_poll_at - now, 0.0)

    @property
    def polls(self) -> int:
        """Number of polls."""
        return self._polls

    @property
    def failed_polls(self) -> int:
        """Number of polls without a status of the job."""
        return self._failed_polls

    @property
    def last_content(self) -> bytes | None:
        """The last status response, without credentials, or None before the first."""
        return self._last

    @property
    def state(self) -> str | None:
        """The last state, or None before the first status. It is printable and contains no credentials."""
        state = self._last_state(self._body())
        return None if state is None else sanitize(state, MAX_TOKEN)

    def token(self) -> str:
        """Return the resume token."""
        clock = self.core.settings.clock
        now = clock.now()
        to_wall = clock.wall() - now
        return tokens.dumps(
            tokens.Token(
                api=self.spec.api,
                operation=self.spec.operation.id,
                parameters=self.values,
                arguments=dict(self.options.arguments),
                started_at=self._started_at + to_wall,
                deadline=None if self.deadline is None else self.deadline + to_wall,
                after_run=self.options.after_run,
                run=self._current_run(self._body()),
                state=self.state,
                not_started_timeout=self.options.not_started_timeout,
                error_timeout=self.options.error_timeout,
                raise_on_partial=self.options.raise_on_partial,
                polls=self._polls,
                failed_polls=self._failed_polls,
                elapsed=max(now - self._started_at, 0.0),
                remaining=None if self.deadline is None else self.deadline - now,
                trace=self.traceparent,
            )
        )

    @property
    def traceparent(self) -> str | None:
        """The context of the span of this wait, or None; see `tracing`."""
        return None

    # What a driver calls.

    def acquire(self, waiter: object) -> None:
        """Reserve the job for one wait, by the handle of the job.

        Raises:
            InvalidArgumentError: Another waits for it already.
        """
        self.reserve(waiter)

    def in_span(self) -> AbstractContextManager[Any]:
        """Return the context of a poll; see `tracing`."""
        return NO_SPAN

    def reserve(self, waiter: object) -> None:
        """Reserve the job for one poll, by the handle of the job.

        Raises:
            InvalidArgumentError: Another waits for it already.
        """
        if self.waiter is not None:
            raise InvalidArgumentError(f"{self.name} is being waited for already; create another job with the same id")
        self.waiter = waiter

    def release(self) -> None:
        """Allow another wait."""
        self.waiter = None

    def limit(self, deadline: float) -> None:
        """Move the deadline forward."""
        if self.deadline is None or deadline < self.deadline:
            self.deadline = deadline
            self.next_poll_at = min(self.next_poll_at, max(self._last_poll_at(deadline), self._started_at))

    def restore_deadline(self, deadline: float | None) -> None:
        """Restore the deadline of a wait that has not ended."""
        if not self.is_finished:
            self.deadline = deadline

    def should_poll(self, now: float) -> bool:
        """Return whether the job is to be polled now. If not, the wait has ended, or the next poll is later."""
        self.expire(now)
        if self.is_finished or now < self.next_poll_at:
            return False
        operation = self.spec.operation
        heed_server = not (self.deadline is not None and now >= self._last_poll_at(self.deadline) - 1e-6)
        allowed_at = self.core.settings.rate_limiter.acquire(
            operation.id, self.values, operation.limits, heed_server=heed_server
        )
        if allowed_at is None:
            self._note_lateness(now)
            return True
        if self.deadline is not None and allowed_at >= self.deadline:
            self._time_out(now)
        else:
            self.next_poll_at = allowed_at
        return False

    @property
    def _allows_late_poll(self) -> bool:
        """Whether the deadline had passed when the wait was created, as that of an old token: it allows one poll."""
        return self.deadline is not None and self.next_poll_at > self.deadline

    def expire(self, now: float) -> None:
        """End the wait if its deadline has passed, unless that allows one poll."""
        if not self._allows_late_poll:
            self.check_deadline(now)

    def _note_lateness(self, now: float) -> None:
        """Keep by how much a poll is late, and log it, at most once a minute per client, if that is an interval.

        The first poll has no interval before it: very many jobs may start together. A lateness of less than a second is
        not kept: there may be very many jobs.
        """
        lateness = now - self.next_poll_at
        if lateness <= LATE or not self._polls:
            return
        self.lateness = max(self.lateness, lateness)
        planned = self._schedule.interval(self.next_poll_at - self._started_at)
        if lateness > planned and now - self.core.late_logged_at >= LATE_LOG_INTERVAL:
            self.core.late_logged_at = now
            limit = self.core.poll_limit
            logger.warning(
                "%s: a poll is %.1f s late, with an interval of %.1f s; %d polls of this client are in flight, at most "
                "%d: the server, max_in_flight=, max_rate= or the processor limits them",
                self.name,
                lateness,
                planned,
                limit.in_use,
                limit.adaptive.value,
            )

    def seconds_to_deadline(self, now: float) -> float:
        """Return how long a poll may wait for other polls of its client."""
        if self._allows_late_poll:
            return self.core.settings.timeout
        return MAX_SERVER_PAUSE if self.deadline is None else max(self.deadline - now, 0.0)

    def check_deadline(self, now: float) -> None:
        """End a wait whose last poll could not be sent in time."""
        if not self.is_finished and self.deadline is not None and now >= self.deadline:
            self._time_out(now)

    def build_request(self) -> dict[str, Any]:
        """Return the request of a poll."""
        if self.options.after_run is not None:
            return self.build_full_request()
        return self.spec.build(*self.values, **dict(self.options.arguments))

    def build_full_request(self) -> dict[str, Any]:
        """Return the request of the complete response: a partial one does not identify the run."""
        arguments = dict(self.options.arguments)
        if self.spec.full_view is not None:
            arguments.update([self.spec.full_view])
        return self.spec.build(*self.values, **arguments)

    def new_call(self, policy: CallPolicy = POLL) -> Call:
        """Return the call of a poll. It is not retried: the schedule repeats it."""
        return Call(self.core.settings, self.spec.operation, self.values, None, self.options.headers, policy)

    def handle_result(self, call: Call, result: httpx.Response | JobStatusError, now: float) -> Update[T_co] | None:
        """Process the result of a poll. Return the status and progress if either has changed."""
        if isinstance(result, JobStatusError):
            self._handle_error(call, result, now)
            return None
        try:
            return self._handle_response(call, result, now)
        except Exception as error:  # a server may send anything
            problem = f"the response cannot be processed: {type(error).__name__}: {error}"
            self.fail(call.unexpected_response(problem, result), now)
            return None

    def fail(self, error: BaseException, now: float | None = None) -> None:
        """End the wait with an exception."""
        if isinstance(error, CallError | InvalidArgumentError) and now is not None:
            summary = self._summary(now)
            if isinstance(error, CallError):
                error.wait = summary
            last = f" The last state was {summary.state}." if summary.state is not None else ""
            note = f"This ended the wait for {self.name} after {summary.elapsed:.1f} s and {_polls(summary)}.{last}"
            error.add_note(note)
        partial = isinstance(error, JobPartialError)
        self.outcome = Outcome(self.waiter, None, error.with_traceback(None), partial, self.lateness)

    def end_closed(self) -> None:
        """End the wait if its client is closed."""
        try:
            self.core.check_open(self.new_call())
        except InvalidArgumentError as error:
            self.fail(error, self.core.settings.clock.now())

    # One status, for `poll_once()`.

    def single_call(self) -> Call:
        """Return the call of a poll that the schedule does not repeat, so that it is retried like any call."""
        if self.outcome is not None and not self.has_ended:
            self._reopen()
        return self.new_call(CallPolicy())

    @contextmanager
    def single_poll(self, call: Call) -> Iterator[None]:
        """Schedule the next poll also after an error of a single one, for engines that pause by themselves."""
        try:
            yield
        except CallError as error:
            pause = error.retry_after or 0.0 if isinstance(error, ApiError | UnexpectedResponseError) else 0.0
            self._schedule_next(self.core.settings.clock.now(), pause or call.rate_limit_reset, error_backoff(1))
            raise

    def handle_single(self, call: Call, response: httpx.Response, now: float) -> tuple[T_co, Update[T_co] | None]:
        """Process the response of a single poll. Return the status, and the status and progress if either has changed.

        Raises:
            CallError: It is no status of the job.
        """
        body, _, error = self._read(call, response)
        if error is not None:
            raise error
        update = self.handle_result(call, response, now)
        try:
            status = self._parse(body)
        except PARSE_ERRORS as problem:
            self._reopen()
            raise call.unexpected_response(f"the body cannot be parsed: {problem}", response) from None
        if self.outcome is not None and not isinstance(self.outcome.error, JobError | None):
            failed = self.outcome.error
            self._reopen()
            raise failed
        if self.outcome is not None and isinstance(self.outcome.error, JobNotStartedError):
            # A later wait gives the job time to start again.
            self.outcome = self._not_started_since = None
        return status, update

    def _reopen(self) -> None:
        """Let a later wait continue, and read the last response again, also if that is repeated."""
        self.outcome = self._last = None

    def final_status(self) -> T_co:
        """Return the status with which the job has ended."""
        error = self.outcome.error if self.outcome else None
        status = self.outcome.status if self.outcome else None
        return cast("T_co", error.status if isinstance(error, JobError) else status)

    # The current run, for `current_run()`.

    def run_call(self) -> Call:
        """Return the call that reads the current run.

        Raises:
            InvalidArgumentError: The document does not identify runs.
        """
        if not self.spec.run:
            raise InvalidArgumentError(f"{self.spec.operation.id}: the document does not identify runs of this job")
        return self.new_call(CallPolicy())

    def parse_run(self, call: Call, response: httpx.Response) -> RunId:
        """Return the run that a response reports."""
        body, _, error = self._read(call, response)
        if error is not None:
            raise error
        redacted = call.redact_json(response.content)
        return self.spec.run_id(body if redacted is response.content else self.spec.load(redacted))

    def is_missing(self, streak: Streak, error: NotFoundError, now: float) -> bool:
        """Count a 404, and return whether the job does not exist rather than being temporarily not found."""
        streak.add(now)
        if self.spec.is_definitely_unknown(error.status, error.detail):
            return streak.count >= MIN_CONSECUTIVE
        return streak.lasts(NOT_FOUND_TIMEOUT)

    # What a response means.

    def _handle_response(self, call: Call, response: httpx.Response, now: float) -> Update[T_co] | None:
        spec, content = self.spec, response.content
        pause = responses.retry_after(response.headers) or call.rate_limit_reset
        if content == self._last and not spec.not_started and not spec.conditions:
            # The same bytes: the job is still pending.
            self._polls += 1
            self._errors = None
            self._schedule_next(now, pause)
            return None
        body, state, error = self._read(call, response)
        if error is not None:
            self._handle_error(call, error, now)
            return None
        self._polls += 1
        self._errors = None
        self.core.has_read = True
        # Errors and tokens repeat what is kept, so it contains no credentials.
        redacted = b"" if body is None else call.redact_json(content)
        visible = body if body is None or redacted is content else spec.load(redacted)
        is_logged = logger.isEnabledFor(logging.INFO)
        before = self._body() if spec.run or self.options.on_update or is_logged else None
        if not self._is_expected_run(visible, before, state):
            self._schedule_next(now, pause)
            return None
        if self._last is None and spec.requested_at is not None:
            age = _age(get_path(body, spec.requested_at), response.headers)
            ahead = age - (now - self._started_at)
            if ahead > 0 and isinstance(self._schedule, AgeSchedule):
                self._schedule = EarlierStart(self._schedule, ahead)
        previous = None
        if before is not None and self._last is not None:
            previous = (self._last_state(before), spec.get_progress(before))
        self._last = redacted
        if spec.conditions:
            self._last = _Report(redacted)
            self._last.state = state
        if is_logged and (current := (self._last_state(visible), spec.get_progress(visible))) != previous:
            self._log_change(*current)
        update = self._update(body, visible, previous)
        self._apply_state(call, response, body, state, now, pause)
        return update

    def _read(self, call: Call, response: httpx.Response) -> tuple[Any, str, CallFailure | None]:
        """Return the body of a response, None if it has none, and the state; or the error if it is no status."""
        spec, status, body = self.spec, response.status_code, None
        has_body = not spec.conditions or spec.has_body(status, response.content)
        if has_body:
            try:
                body = spec.load(response.content)
            except ValueError as error:
                return None, "", call.unexpected_response(f"the body is not JSON: {error}", response)
        if spec.operation.no_such_job and (missing := call.no_such_job(response, body)):
            return None, "", missing
        state = spec.state_of(body, status, response.headers)
        if (problem := spec.mismatch(body, state, self.values, has_body=has_body)) or state is None:
            return None, "", call.unexpected_response(problem or "it reports no state", response)
        return body, state, None

    def _apply_state(
        self, call: Call, response: httpx.Response, body: Any, state: str, now: float, pause: float
    ) -> None:
        """End or continue the wait according to the state."""
        kind = self.spec.kind(state)
        if kind == "pending":
            self._not_started_since = None
            self._schedule_next(now, pause)
        elif kind in FINAL:
            self._end(call, response, body, state, now)
        elif kind == "notStarted":
            self._handle_not_started(state, now, pause)
        else:
            self._not_started_since = None
            self._log_unknown_state(call.redact(state))
            self._schedule_next(now, pause)

    def _end(self, call: Call, response: httpx.Response, body: Any, state: str, now: float) -> None:
        """End the wait with a final state."""
        kind = self.spec.kind(state)
        if self._lacks_run(body):
            text = "%s: %s identifies no run, so it is taken for a later run than that of after_run="
            logger.warning(text, self.name, sanitize(state, MAX_TOKEN))
        if kind == "failure" or (kind == "partial" and self.options.raise_on_partial):
            self.fail(self._job_error(JobFailedError if kind == "failure" else JobPartialError, now))
            return
        try:
            status = self._parse(body)
        except PARSE_ERRORS as error:
            problem = f"the job ended with {state}, and its body cannot be parsed: {type(error).__name__}: {error}"
            self.fail(call.unexpected_response(problem, response), now)
            return
        self._errors = None
        self.outcome = Outcome(self.waiter, status, partial=kind == "partial", lateness=self.lateness)

    def _parse(self, body: Any) -> T_co:
        """Return a status as a model; None for a response without a body, which the type then includes."""
        return cast("T_co", None) if body is None else self.spec.parse(body)

    def _job_error(
        self, cls: type[JobFailedError[T_co] | JobPartialError[T_co]], now: float
    ) -> JobFailedError[T_co] | JobPartialError[T_co]:
        reason = sanitize(self.spec.failure_reason(self._body()), MAX_REASON)
        details = f": {reason}" if reason else ""
        if self._lacks_run(self._body()):
            details += "; it identifies no run, so it is taken for a later one"
        summary = self._summary(now)
        message = f"{self.name}: {summary.state} after {summary.elapsed:.1f} s and {_polls(summary)}{details}"
        return cls(message, summary, reason)

    def _handle_not_started(self, state: str, now: float, pause: float) -> None:
        """Continue for a limited time while nobody has started the job."""
        if self._not_started_since is None:
            self._not_started_since = now
        ends_at = self._not_started_since + self.options.not_started_timeout
        if now >= ends_at:
            message = (
                f"{self.name}: {state} for {now - self._not_started_since:.1f} s; the job has not been started, "
                "start it and wait again"
            )
            self.fail(JobNotStartedError(message, self._summary(now)))
            return
        self._schedule_next(now, pause)
        self.next_poll_at = min(self.next_poll_at, max(ends_at, now + pause))

    def _handle_error(self, call: Call, error: Exception, now: float) -> None:
        """Tolerate a poll without a status for a limited time, if its error says nothing about the job."""
        self._polls += 1
        self._failed_polls += 1
        if not _is_transient(error):
            self.fail(error, now)
            return
        streak = self._errors = self._errors or ErrorStreak()
        streak.count += 1
        streak.last = str(error)
        pause = error.retry_after or 0.0 if isinstance(error, ApiError | UnexpectedResponseError) else 0.0
        if pause:
            until = now + min(pause, MAX_SERVER_PAUSE)
            self.core.settings.rate_limiter.defer(self.spec.operation.id, self.values, until)
        if pause and _is_busy(error):
            streak.reset()
            self._schedule_next(now, pause)
            return
        if self._has_lasted(streak, error, now):
            self.fail(error, now)
            return
        # An exhausted rate limit does not say that the server is in order, unless it is the error itself.
        pause = pause or call.rate_limit_reset
        self._schedule_next(now, pause, error_backoff(streak.errors.count))
        if streak.not_found.count and isinstance(self._schedule, AgeSchedule):
            # The wait for a job that does not exist ends as soon as the time for it is over.
            left = min(streak.not_found.left(NOT_FOUND_TIMEOUT), NOT_FOUND_TIMEOUT / 2)
            self.next_poll_at = min(self.next_poll_at, now + max(left, SHORTEST_INTERVAL, pause))

    def _has_lasted(self, streak: ErrorStreak, error: Exception, now: float) -> bool:
        """Return whether errors have lasted longer than they are tolerated."""
        timeout = self.options.error_timeout
        streak.errors.add(now)
        if isinstance(error, NotFoundError):
            streak.not_found.add(now)
        else:
            streak.not_found = Streak()
        # Before any response of this API: the base URL is more likely wrong than the server out of order.
        if isinstance(error, UnexpectedResponseError) and not self.core.has_read:
            streak.wrong_server.add(now)
        else:
            streak.wrong_server = Streak()
        if isinstance(error, NotFoundError) and self.spec.is_definitely_unknown(error.status, error.detail):
            return streak.not_found.count >= MIN_CONSECUTIVE
        return (
            streak.errors.lasts(timeout)
            or streak.not_found.lasts(min(timeout, NOT_FOUND_TIMEOUT))
            or streak.wrong_server.lasts(min(timeout, WRONG_SERVER_TIMEOUT))
        )

    # When to poll next.

    def _schedule_next(self, now: float, server_pause: float, own_pause: float = 0.0) -> None:
        """Schedule the next poll, after the pause that the server requested and after our own.

        The last poll before the deadline skips `own_pause`.
        """
        elapsed = now - self._started_at
        if isinstance(self._schedule, AgeSchedule):
            due = now + self._schedule.interval(elapsed)
        else:
            try:
                due = self._started_at + self._schedule.next_after(elapsed)
            except Exception as error:
                self.fail(error)
                return
        earliest = now + add_jitter(min(server_pause, MAX_SERVER_PAUSE))
        if earliest > due or self._errors:
            self._errors = self._errors or ErrorStreak()
            self._errors.pause = server_pause if earliest > due else 0.0
        self._clamp_to_deadline(max(due, earliest, now + own_pause), now)

    def _clamp_to_deadline(self, due: float, now: float) -> None:
        """Move a poll that would be late to just before the deadline, whatever the server requested."""
        deadline = self.deadline
        if deadline is not None and due > (last := self._last_poll_at(deadline)):
            # A status that is hardly older than the last one would be is as good.
            due = last if last >= now + min(SHORTEST_INTERVAL, due - now) else deadline
        self.next_poll_at = due

    def _last_poll_at(self, deadline: float) -> float:
        return deadline - min(LAST_POLL_MARGIN, 0.1 * max(deadline - self._started_at, 0.0))

    def _time_out(self, now: float) -> None:
        summary = self._summary(now)
        if summary.state is not None:
            progress = f" ({summary.progress:g} %)" if summary.progress is not None else ""
            problem = f"still {summary.state}{progress} after {_polls(summary)}"
        elif self._polls > self._failed_polls:
            problem = f"no later run reported in {_polls(summary)}"
        else:
            problem = f"no status received in {_polls(summary)}"
        details = ""
        if self._errors and self._errors.count:
            count = "" if self._errors.count == self._polls else f"{self._errors.count} failed, "
            details = f" ({count}last error: {self._errors.last})"
        if self._errors and self._errors.pause:
            details += f"; the server requested a pause of {self._errors.pause:g} s"
        may = "may still be running"
        if summary.state is not None:
            has_started = self.spec.kind(summary.state) != "notStarted"
            may = "is still running" if has_started else "has not been started"
        message = (
            f"{self.name}: timed out after {summary.elapsed:.1f} s: {problem}{details}. "
            f"The job {may}; continue with api.resume(error.token, timeout=...)."
        )
        self.fail(JobTimeoutError(message, summary))

    # The last status.

    def _summary(self, now: float) -> WaitSummary[T_co]:
        body = self._body()
        return WaitSummary(
            job=self.name,
            elapsed=now - self._started_at,
            polls=self._polls,
            failed_polls=self._failed_polls,
            last_error=self._errors.last if self._errors and self._errors.count else None,
            state=self.state,
            progress=None if body is None else self.spec.get_progress(body),
            status=self._last_status(),
            token=self.token(),
        )

    def _body(self) -> Any:
        """Return the last status of this run as JSON, or None before the first, or if it has no body."""
        return self.spec.load(self._last) if self._last else None

    def _last_state(self, body: Any) -> str | None:
        """Return the state of the last status, whose body is given, or None before the first."""
        last = self._last
        return last.state if isinstance(last, _Report) else None if last is None else self.spec.state_of(body)

    def _last_status(self) -> T_co | None:
        """Return the last status as a model, or None if missing or unparsable."""
        try:
            return self._parse(self._body())
        except PARSE_ERRORS:
            return None

    def _update(self, body: Any, visible: Any, previous: tuple[str | None, float | None] | None) -> Update[T_co] | None:
        """Return the status and progress, or None if they equal the previous ones, not requested, or unparsable."""
        if self.options.on_update is None:
            return None
        current = (self._last_state(visible), self.spec.get_progress(visible))
        if current == previous:
            return None
        try:
            return self._parse(body), current[1]
        except PARSE_ERRORS:
            return None

    def _current_run(self, before: Any) -> RunId | None:
        """Return the run that the wait is about, as far as it is known."""
        if not self.spec.run:
            return None
        return self.options.current_run if before is None else self.spec.run_id(before)

    def _is_expected_run(self, body: Any, before: Any, state: str) -> bool:
        """Return whether a status is of the expected run, and not of an earlier one."""
        if not self.spec.run:
            return True
        run = self.spec.run_id(body)
        after_run = self.options.after_run
        if after_run is not None and not run.is_known:
            # No run is reported for a job that has not been started, or that failed before its first run. A final
            # state is at least not of the run in `after_run`, which would be reported.
            return (kind := self.spec.kind(state)) == "notStarted" or kind in FINAL or not after_run.is_known
        if after_run is not None and not run.is_newer_than(after_run):
            return False
        current = self._current_run(before)
        return current is None or not run.is_older_than(current)

    def _lacks_run(self, body: Any) -> bool:
        """Return whether a later run is expected and this status identifies no run."""
        after_run = self.options.after_run
        return after_run is not None and after_run.is_known and not self.spec.run_id(body).is_known

    def _log_change(self, state: str | None, progress: float | None) -> None:
        """Log a state, or a progress, that differs from the last one."""
        shown = "" if progress is None else f", {progress:g} %"
        logger.info("%s: %s%s", self.name, sanitize(state, MAX_TOKEN), shown)

    def _log_unknown_state(self, state: str) -> None:
        key = (self.spec.api, self.spec.operation.id, state)
        if key not in _logged_states and len(_logged_states) < 1000:
            _logged_states.add(key)
            known = ", ".join(self.spec.states)
            shown = sanitize(state, MAX_TOKEN)
            logger.warning("%s: unknown state %r, treated as pending; documented: %s", self.name, shown, known)


def _is_transient(error: Exception) -> bool:
    """Return whether an error says nothing about the job, so that the next poll may succeed."""
    if isinstance(error, TransportError | UnexpectedResponseError | NotFoundError):
        return True
    return _is_busy(error)


def _is_busy(error: Exception) -> bool:
    """Return whether a server says that it is busy: with a pause it is in order, whereas an unknown job stays so."""
    if isinstance(error, RateLimitError | ServerError):
        return True
    return isinstance(error, ApiError) and error.status in TRANSIENT_STATUSES


def _age(requested_at: Any, headers: httpx.Headers) -> float:
    """Return the age of a job in seconds, by the server's own clock; 0 if unknown."""
    began, date = parse_timestamp(requested_at), responses.parse_date(headers.get("date", ""))
    return max(date.timestamp() - began, 0.0) if date is not None and began is not None else 0.0


def _polls(summary: WaitSummary[Any]) -> str:
    return f"{summary.polls} poll{'' if summary.polls == 1 else 's'}"
