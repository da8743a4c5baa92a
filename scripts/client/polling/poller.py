"""One wait for one job: what each answer means for it, and when to ask again. It neither sends nor sleeps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

import httpx
from attrs import field, frozen

from .. import responses
from ..arguments import check_headers, read_id, seconds
from ..call import Call
from ..errors import (
    REASON,
    ApiError,
    CallError,
    InvalidArgumentError,
    JobFailedError,
    JobNotStartedError,
    JobStatusError,
    JobTimeoutError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    UnexpectedResponseError,
    WaitSummary,
)
from ..sanitize import WORD, shown
from . import token as tokens
from .run_id import RunId, moment
from .schedule import FLOOR, Steps, backoff, gap, spread
from .spec import JobSpec, walk

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
News: TypeAlias = tuple[T, float | None]
logger: Final = logging.getLogger("job_status")

TIMEOUT: Final = 3600.0  # seconds, unless told otherwise
NOT_STARTED_TIMEOUT: Final = 30.0
ERROR_TIMEOUT: Final = 120.0

STRANGE_TIMEOUT: Final = 30.0  # seconds of answers that are none of the API, before anything was read
MISS_TIMEOUT: Final = (
    30.0  # seconds of answers that there is no such job; a server that starts again says so for a while
)
SAMPLES: Final = 3  # polls, at least, from which it is told that something lasts
LAST_MARGIN: Final = 0.1  # seconds from the last poll to the deadline
LONGEST_PAUSE: Final = 86_400.0  # seconds, whatever a server asks for
PASSING: Final = frozenset({408, 425})  # statuses that say no more of a job than a 503

_unknown_words: set[tuple[str, str, str]] = set()


@frozen
class Options:
    """What a wait has been told. Most have been told nothing and share one."""

    arguments: tuple[tuple[str, Any], ...] = ()
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    on_update: Callable[[Any, float | None], Any] | None = None
    after_run: RunId | None = None
    pinned: RunId | None = None
    not_started_timeout: float = NOT_STARTED_TIMEOUT
    error_timeout: float = ERROR_TIMEOUT


DEFAULTS: Final = Options()


@frozen
class Outcome(Generic[T_co]):
    """How a wait has ended.

    Attributes:
        job: the job that was waited for.
        status: its last status, typed, where it has ended well; otherwise None.
        error: why it has not; None where it has. The error holds the last status.
    """

    job: Any
    status: T_co | None
    error: BaseException | None = None

    def result(self) -> T_co:
        """The last status of a job that has ended well.

        Raises:
            JobStatusError: it has not; or whatever `on_update` or a credential callable has raised.
        """
        if self.error is not None:
            raise self.error
        return self.status  # type: ignore[return-value]


class Streak:
    """Answers of one kind in a row: how many, and since when."""

    __slots__ = ("count", "since")

    def __init__(self) -> None:
        self.count = 0
        self.since = 0.0

    def add(self, now: float) -> None:
        """One more."""
        if not self.count:
            self.since = now
        self.count += 1

    def lasts(self, now: float, seconds: float) -> bool:
        """Whether it has gone on for so long. Two answers far apart say nothing of what lay between them."""
        return self.count >= (SAMPLES if seconds else 2) and now - self.since >= seconds


class Trouble:
    """Polls in a row that have brought no reading.

    `faults` are those for which the server has not said when to come back; `misses` say that there is no such job,
    `strange` ones are no answers of this API. `asked` is the pause that the last has asked for.
    """

    __slots__ = ("asked", "count", "faults", "last", "misses", "strange")

    def __init__(self) -> None:
        self.count = 0
        self.last = ""
        self.asked = 0.0
        self.faults, self.misses, self.strange = Streak(), Streak(), Streak()


class Poller(Generic[T_co]):
    """A wait for one job, from the moment it is made until its deadline.

    There can be very many of them, so each holds little: the last answer is kept as its bytes, and read at the end.
    """

    __slots__ = (
        "_began",
        "_busy",
        "_client",
        "_deadline",
        "_due",
        "_faults",
        "_idle_since",
        "_last",
        "_options",
        "_origin",
        "_outcome",
        "_plan",
        "_polls",
        "_steps",
        "_trouble",
        "_values",
    )

    def __init__(
        self,
        client: Any,
        plan: JobSpec[T_co],
        values: tuple[Any, ...],
        *,
        timeout: float | None = TIMEOUT,
        schedule: Iterable[float] | None = None,
        options: Options = DEFAULTS,
        under_way: bool = False,
        token: tokens.Token | None = None,
    ) -> None:
        named = zip(plan.operation.path_parameters, values, strict=True)
        values = tuple([read_id(plan.operation.id, name, value) for name, value in named])
        check_headers(options.headers)
        self._client = client
        self._plan = plan
        self._values = values
        self._options = options
        now = client._settings.clock.now()
        self._began: float = now
        # Where the job's own age is known, the schedule counts from its beginning.
        self._origin: float = now
        self._deadline: float | None = None if timeout is None else now + seconds(timeout)
        self._steps = None if schedule is None else Steps(schedule)
        self._polls = 0
        self._faults = 0
        self._trouble: Trouble | None = None
        self._idle_since: float | None = None
        self._last: bytes | None = None
        self._outcome: Outcome[T_co] | None = None
        self._busy = False
        try:
            self._request()
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise InvalidArgumentError(f"{plan.operation.id}: an argument cannot be sent: {told}") from None
        if token is not None:
            from_wall = now - client._settings.clock.wall()
            # A clock that has gone back makes nothing undone.
            self._began = self._origin = min(token.began + from_wall, now - token.elapsed)
            self._polls, self._faults = token.polls, token.faults
            if timeout is None and token.deadline is not None:
                left = token.deadline - token.began if token.left is None else token.left
                self._deadline = min(token.deadline + from_wall, now + max(left, 0.0))
            elif timeout is None:
                self._deadline = None
        self._due: float = now
        if self._steps is not None:
            self._due = self._began + self._steps.after(now - self._began if token else -1.0)
        elif under_way:
            self._due = now + gap(0.0)
        if self._deadline is not None:
            self._due = max(min(self._due, self._last_moment(self._deadline)), now)

    def __lt__(self, other: Poller[Any]) -> bool:
        return self._due < other._due

    def __repr__(self) -> str:
        ended = self._outcome
        told = "ended" if ended else "waiting"
        return f"<{type(self).__name__} {self.name}: {told}, {self._polls} polls>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(f"{type(self).__name__} holds a client and is not pickled; keep its token() and resume it")

    @property
    def name(self) -> str:
        """The operation and the job's parameters, such as `get_dock_status ds-1`."""
        return shown(" ".join([self._plan.operation.id, *map(str, self._values)]), 3 * WORD)

    @property
    def state(self) -> str | None:
        """The word of its state when it was last read, None before. It holds no credential, and nothing unprintable."""
        body = self._body()
        return None if body is None else shown(walk(body, self._plan.state), WORD)

    @property
    def outcome(self) -> Outcome[T_co] | None:
        """How the wait has ended, None while it has not."""
        return self._outcome

    def token(self) -> str:
        """A resume token: plain JSON without a secret. `api.resume(token)` goes on in any process, until the same deadline.

        Ask for it at any time: before the wait, to be safe against a crash, or from the error that has ended it.
        """
        clock = self._client._settings.clock
        now = clock.now()
        to_wall = clock.wall() - now
        body = self._body()
        pinned = self._pinned(body)
        return tokens.written(
            tokens.Token(
                api=self._plan.api,
                operation=self._plan.operation.id,
                parameters=self._values,
                arguments=dict(self._options.arguments),
                began=self._began + to_wall,
                deadline=None if self._deadline is None else self._deadline + to_wall,
                after_run=self._options.after_run,
                run=pinned,
                state=self.state,
                not_started_timeout=self._options.not_started_timeout,
                error_timeout=self._options.error_timeout,
                polls=self._polls,
                faults=self._faults,
                elapsed=max(now - self._began, 0.0),
                left=None if self._deadline is None else self._deadline - now,
            )
        )

    def _request(self) -> dict[str, Any]:
        """The request that asks about the job."""
        if self._options.after_run is not None:
            return self._widest_request()
        return self._plan.request(*self._values, **dict(self._options.arguments))

    def _widest_request(self) -> dict[str, Any]:
        """The request that has everything told: in a narrow view, runs cannot be told apart."""
        arguments = dict(self._options.arguments)
        if self._plan.widest is not None:
            arguments.update([self._plan.widest])
        return self._plan.request(*self._values, **arguments)

    def _next_call(self) -> Call:
        """The call of a poll. It is not tried again: the schedule sees to that."""
        client = self._client
        call = Call(client._settings, client._send, self._plan.operation, self._values, None, self._options.headers)
        call.max_retries = 0
        call.counted = True
        return call

    def _first_call(self) -> Call:
        """The call that takes the mark of a run."""
        if not self._plan.run:
            raise InvalidArgumentError(f"{self._plan.operation.id}: the document tells no runs of this job apart")
        client = self._client
        return Call(client._settings, client._send, self._plan.operation, self._values, None, self._options.headers)

    def _run_of(self, call: Call, response: httpx.Response) -> RunId:
        """The run that an answer reports."""
        try:
            body = self._plan.body(response.content)
        except ValueError as error:
            raise call.unexpected(f"the body is not JSON: {error}", response) from None
        if problem := self._plan.unfit(body, self._values):
            raise call.unexpected(problem, response)
        kept = call.masked(response.content)
        return self._plan.mark(body if kept is response.content else self._plan.body(kept))

    def _is_missing(self, misses: Streak, error: NotFoundError, now: float) -> bool:
        """Whether a job that is not found is not there, and not only not found for now."""
        misses.add(now)
        if self._plan.surely_unknown(error.status, error.detail):
            return misses.count >= SAMPLES
        return misses.lasts(now, MISS_TIMEOUT)

    def _no_run(self, error: NotFoundError) -> RunId:
        """The mark of a job that the API says it does not know; a 404 of something else says nothing of the job."""
        if not error.detail:
            raise error
        return RunId()

    def _claim(self) -> None:
        """Refuses a second wait for the same job at the same time."""
        if self._busy:
            raise InvalidArgumentError(f"{self.name} is being waited for already; make another job of the same id")
        self._busy = True

    def _limit(self, deadline: float) -> None:
        """Brings the deadline forward."""
        if self._deadline is None or deadline < self._deadline:
            self._deadline = deadline
            self._due = min(self._due, max(self._last_moment(deadline), self._began))

    def _unlimit(self, deadline: float | None) -> None:
        """Gives a wait that goes on its own deadline back."""
        if self._outcome is None:
            self._deadline = deadline

    def _turn(self, now: float) -> bool:
        """Whether the job is to be asked about now. Otherwise the wait has ended, or is due later."""
        # What was overdue when it was made, such as a token of yesterday, is read once all the same.
        if self._deadline is not None and now >= self._deadline and (self._polls or self._due <= self._deadline):
            self._time_out(now)
            return False
        if now < self._due:
            return False
        operation = self._plan.operation
        is_last = self._is_last_moment(now)
        free = self._client._settings.traffic.take(operation.id, self._values, operation.limits, heed=not is_last)
        if free is not None:
            self._put_off(free, now)
            return False
        return True

    def _patience(self, now: float) -> float:
        """Seconds that a poll may be put off because others of its client are under way."""
        return LONGEST_PAUSE if self._deadline is None else max(self._deadline - now, 0.0)

    def _give_up(self, now: float) -> None:
        """Ends a wait that has found no room for its last poll."""
        if self._outcome is None and self._deadline is not None and now >= self._deadline:
            self._time_out(now)

    def _learn(self, call: Call, answer: httpx.Response | JobStatusError, now: float) -> News[T_co] | None:
        """Takes what a poll has brought. Gives what there is to tell: status and progress, where they have changed."""
        if isinstance(answer, JobStatusError):
            self._faulted(answer, now)
            return None
        try:
            return self._heard(call, answer, now)
        except Exception as error:  # whatever a server can think of is an answer that cannot be read
            self._fail(call.unexpected(f"the answer cannot be read: {type(error).__name__}: {error}", answer), now)
            return None

    def _heard(self, call: Call, response: httpx.Response, now: float) -> News[T_co] | None:
        plan, content = self._plan, response.content
        pause = responses.retry_after(response.headers) or 0.0
        if content == self._last and not plan.not_started:
            # The same bytes say the same: the job is still pending.
            self._polls += 1
            self._trouble = None
            self._go_on(now, pause)
            return None
        try:
            body = plan.body(content)
        except ValueError as error:
            self._faulted(call.unexpected(f"the body is not JSON: {error}", response), now)
            return None
        if problem := plan.unfit(body, self._values):
            self._faulted(call.unexpected(problem, response), now)
            return None
        self._polls += 1
        self._trouble = None
        self._client._has_read = True
        # What is kept, and shown in errors and tokens, repeats no credential.
        kept = call.masked(content)
        shown = body if kept is content else plan.body(kept)
        before = self._body() if plan.run or self._options.on_update else None
        if not self._is_of_this_run(shown, before):
            self._go_on(now, pause)
            return None
        if self._last is None and plan.begun is not None:
            self._origin = min(self._origin, now - _age(walk(body, plan.begun), response.headers))
        self._last = kept
        news = self._news(body, shown, before)
        self._judge(call, response, body, now, pause)
        return news

    def _judge(self, call: Call, response: httpx.Response, body: Any, now: float, pause: float) -> None:
        """Ends the wait, or goes on with it, as the state says."""
        word = walk(body, self._plan.state)
        kind = self._plan.kind(word)
        if kind in {"success", "failure"} and self._tells_no_run(body):
            text = "%s: %s tells no run, so it is taken for a newer one than that of after_run="
            logger.warning(text, self.name, shown(word, WORD))
        if kind == "success":
            try:
                self._end(self._plan.read(body))
            except (TypeError, ValueError, KeyError, AttributeError) as error:
                told = f"the job has ended with {word}, and its body cannot be read: {type(error).__name__}: {error}"
                self._fail(call.unexpected(told, response), now)
            return
        if kind == "failure":
            self._fail(self._failure(now))
            return
        if kind == "notStarted":
            self._rest(word, now, pause)
            return
        self._idle_since = None
        if kind is None:
            self._note_unknown(call.redacted(word))
        self._go_on(now, pause)

    def _failure(self, now: float) -> JobFailedError:
        reason = shown(self._plan.why(self._body()), REASON)
        because = f": {reason}" if reason else ""
        if self._tells_no_run(self._body()):
            because += "; it tells no run, so it is taken for a newer one"
        summary = self._summary(now)
        message = f"{self.name}: {summary.state} after {summary.elapsed:.1f} s and {_polls(summary)}{because}"
        return JobFailedError(message, summary, reason)

    def _rest(self, word: str, now: float, pause: float) -> None:
        """Goes on for a while with a job that does not move by itself."""
        if self._idle_since is None:
            self._idle_since = now
        grace_ends = self._idle_since + self._options.not_started_timeout
        if now >= grace_ends:
            summary = self._summary(now)
            message = (
                f"{self.name}: {word} for {now - self._idle_since:.1f} s, a state that the job does not leave by "
                "itself; start it, and wait again"
            )
            self._fail(JobNotStartedError(message, summary))
            return
        self._go_on(now, pause)
        self._due = min(self._due, max(grace_ends, now + pause))

    def _faulted(self, error: Exception, now: float) -> None:
        """Takes a poll that has brought no reading: tolerated for a while, where it says nothing of the job."""
        self._polls += 1
        self._faults += 1
        if not _is_passing(error):
            self._fail(error, now)
            return
        trouble = self._trouble = self._trouble or Trouble()
        trouble.count += 1
        trouble.last = str(error)
        trouble.asked = (error.retry_after if isinstance(error, ApiError | UnexpectedResponseError) else None) or 0.0
        if trouble.asked:
            # A server that says when to come back is not out of order.
            trouble.faults, trouble.misses, trouble.strange = Streak(), Streak(), Streak()
            operation = self._plan.operation.id
            self._client._settings.traffic.hold(operation, self._values, now + min(trouble.asked, LONGEST_PAUSE))
            self._go_on(now, trouble.asked)
            return
        if self._is_over(trouble, error, now):
            self._fail(error, now)
            return
        self._go_on(now, 0.0, backoff(trouble.faults.count))
        if trouble.misses.count and self._steps is None:
            # Whoever asks about a job that is not there is to know it when the time for it is over.
            self._due = min(self._due, max(trouble.misses.since + MISS_TIMEOUT, now + FLOOR))

    def _is_over(self, trouble: Trouble, error: Exception, now: float) -> bool:
        """Whether faults have gone on for longer than they are borne."""
        patience = self._options.error_timeout
        trouble.faults.add(now)
        if isinstance(error, NotFoundError):
            trouble.misses.add(now)
        else:
            trouble.misses = Streak()
        # Nothing of this API has been read yet: more likely a wrong address than a bad moment.
        if isinstance(error, UnexpectedResponseError) and not self._client._has_read:
            trouble.strange.add(now)
        else:
            trouble.strange = Streak()
        if isinstance(error, NotFoundError) and self._plan.surely_unknown(error.status, error.detail):
            return trouble.misses.count >= SAMPLES
        return (
            trouble.faults.lasts(now, patience)
            or trouble.misses.lasts(now, min(patience, MISS_TIMEOUT))
            or trouble.strange.lasts(now, min(patience, STRANGE_TIMEOUT))
        )

    def _go_on(self, now: float, pause: float, least: float = 0.0) -> None:
        """Sets when the job is asked about next: not before the `pause` that a server has asked for.

        `least` seconds are our own wish, which the last poll before the deadline passes over.
        """
        if self._steps is not None:
            try:
                due = self._began + self._steps.after(now - self._began)
            except Exception as error:
                self._fail(error)
                return
        else:
            due = now + gap(now - self._origin)
        asked = now + spread(min(pause, LONGEST_PAUSE))
        self._settle(max(due, asked, now + least), now)

    def _put_off(self, earliest: float, now: float) -> None:
        """Waits until the documented limits have room."""
        if self._deadline is not None and earliest >= self._deadline:
            self._time_out(now)
        else:
            self._due = earliest

    def _settle(self, due: float, now: float) -> None:
        """Moves the last poll to just before the deadline, whatever pause a server has asked for; none comes after it."""
        deadline = self._deadline
        if deadline is not None and due > (last := self._last_moment(deadline)):
            # A reading that is hardly older than the last one would be is as good.
            due = last if last >= now + min(FLOOR, due - now) else deadline
        self._due = due

    def _is_last_moment(self, now: float) -> bool:
        return self._deadline is not None and now >= self._last_moment(self._deadline) - 1e-6

    def _last_moment(self, deadline: float) -> float:
        return deadline - min(LAST_MARGIN, 0.1 * max(deadline - self._began, 0.0))

    def _time_out(self, now: float) -> None:
        summary = self._summary(now)
        if summary.state is not None:
            progress = f" ({summary.progress:g} %)" if summary.progress is not None else ""
            told = f"still {summary.state}{progress}"
        elif self._polls > self._faults:
            told = "still reporting no newer run"
        else:
            told = "not read once"
        message = f"{self.name}: {told} after {summary.elapsed:.1f} s and {_polls(summary)}"
        if self._trouble:
            message += f", the last {self._trouble.count} of them in vain: {self._trouble.last}"
            if self._trouble.asked:
                message += f"; the server has asked to wait for {self._trouble.asked:g} s"
        goes_on = "the job goes on, " if summary.state is not None else ""
        self._fail(JobTimeoutError(f"{message}; {goes_on}api.resume(error.token, timeout=...) waits on", summary))

    def _fail(self, error: BaseException, now: float | None = None) -> None:
        """Ends the wait with an error."""
        if isinstance(error, CallError | InvalidArgumentError) and now is not None:
            summary = self._summary(now)
            if isinstance(error, CallError):
                error.wait = summary
            told = f" It read {summary.state} before." if summary.state is not None else ""
            note = f"This ended the wait for {self.name} after {summary.elapsed:.1f} s and {_polls(summary)}.{told}"
            error.add_note(note)
        self._outcome = Outcome(self, None, error.with_traceback(None))

    def _end(self, status: Any) -> None:
        """Ends the wait with success."""
        self._trouble = None
        self._outcome = Outcome(self, status)

    def _summary(self, now: float) -> WaitSummary:
        body = self._body()
        trouble = self._trouble
        return WaitSummary(
            job=self.name,
            elapsed=now - self._began,
            polls=self._polls,
            faults=self._faults,
            last_fault=trouble.last if trouble else None,
            state=self.state,
            progress=None if body is None else self._plan.percent(body),
            status=self._last_status(),
            token=self.token(),
        )

    def _body(self) -> Any:
        """The last reading of this run as JSON, None where there is none."""
        return None if self._last is None else self._plan.body(self._last)

    def _news(self, body: Any, shown: Any, before: Any) -> News[T_co] | None:
        """The status and progress to tell, None where they are as before or cannot be read."""
        if self._options.on_update is None:
            return None
        plan = self._plan
        told = (walk(shown, plan.state), plan.percent(shown))
        if before is not None and told == (walk(before, plan.state), plan.percent(before)):
            return None
        try:
            return plan.read(body), told[1]
        except (TypeError, ValueError, KeyError, AttributeError):
            return None

    def _pinned(self, before: Any) -> RunId | None:
        """The run that the wait is about, as far as it has been seen."""
        if not self._plan.run:
            return None
        return self._options.pinned if before is None else self._plan.mark(before)

    def _is_of_this_run(self, body: Any, before: Any) -> bool:
        """Whether a reading is of the run that is waited for, and not of one before it."""
        if not self._plan.run:
            return True
        run = self._plan.mark(body)
        mark = self._options.after_run
        if mark is not None and not run.is_known:
            # No run is told: so it is with a job that rests, and with one that has failed before its first run. One that
            # has ended is at least not the run of the mark, which would be told.
            return (
                self._plan.kind(walk(body, self._plan.state)) in {"notStarted", "success", "failure"}
                or not mark.is_known
            )
        if mark is not None and not run.is_newer_than(mark):
            return False
        pinned = self._pinned(before)
        return pinned is None or not run.is_older_than(pinned)

    def _tells_no_run(self, body: Any) -> bool:
        """Whether a newer run is wanted and this reading tells of none."""
        mark = self._options.after_run
        return mark is not None and mark.is_known and not self._plan.mark(body).is_known

    def _note_unknown(self, word: str) -> None:
        key = (self._plan.api, self._plan.operation.id, word)
        if key not in _unknown_words and len(_unknown_words) < 1000:
            _unknown_words.add(key)
            known = ", ".join((*self._plan.pending, *self._plan.success, *self._plan.failure, *self._plan.not_started))
            logger.warning("%s: the state %r is none of %s; it counts as pending", self.name, shown(word, WORD), known)

    def _last_status(self) -> T_co | None:
        """The last reading as a model, None where there is none or it cannot be read."""
        if self._last is None:
            return None
        try:
            return self._plan.read(self._plan.body(self._last))
        except (TypeError, ValueError, KeyError, AttributeError):
            return None


def _is_passing(error: Exception) -> bool:
    """Whether an error says nothing of the job, so that the next poll may bring a reading."""
    if isinstance(error, TransportError | RateLimitError | ServerError | UnexpectedResponseError | NotFoundError):
        return True
    return isinstance(error, ApiError) and error.status in PASSING


def _age(begun: Any, headers: httpx.Headers) -> float:
    """Seconds that a job has been under way, by the server's own clock; 0 where it cannot be told."""
    started, told = moment(begun), responses.date(headers.get("date", ""))
    return max(told.timestamp() - started, 0.0) if told is not None and started is not None else 0.0


def _polls(summary: WaitSummary) -> str:
    return f"{summary.polls} poll{'' if summary.polls == 1 else 's'}"
