"""The handles of jobs, sync and async, and the outcome of a wait."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

import httpx

from ..arguments import validate_seconds
from ..call import Call, CallPolicy
from ..core import AsyncCore, SyncCore
from ..errors import InvalidArgumentError, JobStatusError, NotFoundError
from ..poll_limit import Permit
from ..sanitize import describe
from .detach import note_detached
from .learned import AnySchedule
from .poller import (
    DEFAULT_OPTIONS,
    ERROR_TIMEOUT,
    NOT_STARTED_TIMEOUT,
    POLL,
    TIMEOUT,
    Outcome,
    Poller,
    PollOptions,
    Streak,
    Update,
)
from .run_id import RunId
from .schedule import error_backoff
from .spec import JobSpec
from .token import Token

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

OnUpdate: TypeAlias = Callable[[T, float | None], object]

# By the options and the types of their arguments: True equals 1, and is sent otherwise.
_shared_options: Final[dict[tuple[PollOptions, tuple[type, ...]], PollOptions]] = {}


def poll_options(
    arguments: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    on_update: Callable[[Any, float | None], Any] | None = None,
    *,
    after_run: RunId | None = None,
    not_started_timeout: float = NOT_STARTED_TIMEOUT,
    error_timeout: float = ERROR_TIMEOUT,
    raise_on_partial: bool = False,
) -> PollOptions:
    """Validate the arguments of a wait. Equal ones share one instance, however many jobs there are.

    Raises:
        InvalidArgumentError: An argument is invalid.
    """
    not_started_timeout = validate_seconds(not_started_timeout, "not_started_timeout", allow_zero=True)
    error_timeout = validate_seconds(error_timeout, "error_timeout", allow_zero=True)
    if on_update is not None and not callable(on_update):
        raise InvalidArgumentError(f"on_update= must be a callable of status and progress, got {describe(on_update)}")
    if after_run is not None and not isinstance(after_run, RunId):
        raise InvalidArgumentError(f"after_run= must be a RunId from current_run(), got {describe(after_run)}")
    options = PollOptions(
        tuple(arguments.items()),
        headers,
        on_update,
        after_run,
        None,
        not_started_timeout,
        error_timeout,
        bool(raise_on_partial),
    )
    if options == DEFAULT_OPTIONS:
        return DEFAULT_OPTIONS
    if headers is None and on_update is None and after_run is None and len(_shared_options) < 256:
        try:
            return _shared_options.setdefault((options, tuple(map(type, arguments.values()))), options)
        except TypeError:  # an argument that is not hashable
            return options
    return options


def _poller_class() -> type[Poller[Any]]:
    """Return the class of waits: one with spans in a program that has imported OpenTelemetry."""
    if sys.modules.get("opentelemetry.trace") is None:
        return Poller
    from .tracing import TracedPoller

    return TracedPoller


class _Handle(Generic[T_co]):
    """What sync and async handles share. Internals have a name of the form `__x__`, to keep `dir(job)` short."""

    __slots__ = ("__poller__",)

    def __init__(
        self,
        core: Any,
        spec: JobSpec[T_co],
        values: tuple[Any, ...],
        *,
        timeout: float | None = TIMEOUT,
        schedule: AnySchedule | None = None,
        options: PollOptions = DEFAULT_OPTIONS,
        just_started: bool = False,
        token: Token | None = None,
    ) -> None:
        cls: type[Poller[T_co]] = _poller_class()
        self.__poller__ = cls(
            core,
            spec,
            values,
            timeout=timeout,
            schedule=schedule,
            options=options,
            just_started=just_started,
            token=token,
        )

    def __repr__(self) -> str:
        poller = self.__poller__
        state = "finished" if poller.is_finished else "pending"
        return f"<{type(self).__name__} {poller.name}: {state}, {poller.polls} polls>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(f"{type(self).__name__} holds a client and cannot be pickled; keep its token() and resume it")

    @property
    def name(self) -> str:
        """The operation and the parameters of the job, such as `get_dock_status ds-1`."""
        return self.__poller__.name

    @property
    def state(self) -> str | None:
        """The last state, or None before the first status. It is printable and contains no credentials."""
        return self.__poller__.state

    @property
    def outcome(self) -> Outcome[T_co] | None:
        """How the wait ended, or None while it has not."""
        return self.__poller__.outcome

    @property
    def done(self) -> bool:
        """Whether the job has ended, successfully or not, as far as it is known."""
        return self.__poller__.has_ended

    @property
    def partial(self) -> bool:
        """Whether the job has ended and succeeded in part only."""
        outcome = self.__poller__.outcome
        return outcome is not None and outcome.partial

    @property
    def next_poll_in(self) -> float | None:
        """Seconds until the next poll is due, by the schedule, pauses that the server has requested, and the deadline.

        None if the wait is over: the job has ended, its deadline has passed, or a poll before it is not worthwhile.
        `wait` then returns or raises. For programs that pause by themselves between calls of `poll_once`.
        """
        return self.__poller__.next_poll_in

    def token(self) -> str:
        """Return a resume token: JSON without secrets. `api.resume(token)` continues in any process.

        It keeps the deadline. Take it at any time: before the wait, to be safe against a crash, or from the error that
        ended the wait.
        """
        return self.__poller__.token()


class Job(_Handle[T_co]):
    """A job to wait for. Its timeout counts from the creation of this handle.

    Created by a client: `api.<noun>_job(id)`, `api.job(started)` or `api.resume(token)`. Wait for one job with `wait`,
    for many with `wait_all` or `as_completed`.
    """

    __slots__ = ()

    @property
    def __core__(self) -> SyncCore:
        core: Any = self.__poller__.core
        return core  # type: ignore[no-any-return]

    def wait(self) -> T_co:
        """Wait until the job ends, and return its last status.

        Returns:
            The last status, typed.

        Raises:
            JobFailedError: The job failed.
            JobPartialError: The job succeeded in part, and `raise_on_partial=True`.
            JobTimeoutError: The deadline passed; the job keeps running.
            JobNotStartedError: Nobody has started the job.
            CallError: The API returned an error, or was unavailable for too long.
        """
        poller, core = self.__poller__, self.__core__
        clock = core.settings.clock
        poller.acquire(self)
        try:
            while poller.outcome is None:
                delay = poller.next_poll_at - clock.now()
                if delay > 0 and not core.is_closed:
                    core.sleep(delay)
                    continue
                permit = core.acquire_poll(poller.seconds_to_deadline(clock.now()))
                if (permit is None or not poller.should_poll(clock.now())) and not core.is_closed:
                    permit = None
                    poller.check_deadline(clock.now())
                    continue
                call, result = poll(self)
                permit = None
                notify(self, poller.handle_result(call, result, clock.now()))
        except BaseException as error:
            note_detached(error, [poller])
            raise
        finally:
            permit = None
            poller.release()
        return poller.outcome.result()

    def poll_once(self) -> T_co:
        """Read the status once, now, and return it. `done` and `outcome` then say whether and how the job has ended.

        A failed job is no exception here. A job that has ended is not read again. The schedule and the deadline of the
        handle do not apply; a later `wait` continues.

        Returns:
            The status, typed. If it is of an earlier run than the expected one, `done` stays false.

        Raises:
            CallError: The API returned an error or no response, or its response is no status of the job.
            InvalidArgumentError: The job is being waited for, or the client is closed.
        """
        poller, core = self.__poller__, self.__core__
        poller.reserve(self)
        try:
            if poller.has_ended:
                return poller.final_status()
            call = poller.single_call()
            with poller.single_poll(call):
                response = core.send(call, poller.build_request())
                status, update = poller.handle_single(call, response, core.settings.clock.now())
            notify(self, update)
            return status
        finally:
            poller.release()

    def current_run(self) -> RunId:
        """Return the run that is reported now, to wait for a later one with `after_run=`. Call it before starting one.

        Raises:
            InvalidArgumentError: The document does not identify runs of this job.
            CallError: The API returned an error or no response.
        """
        poller, core = self.__poller__, self.__core__
        streak, clock = Streak(), core.settings.clock
        while True:
            call = poller.run_call()
            try:
                return poller.parse_run(call, core.send(call, poller.build_full_request()))
            except NotFoundError as error:
                if poller.is_missing(streak, error, clock.now()):
                    return _no_run(error)
            core.sleep(error_backoff(streak.count))


def poll(job: Job[Any]) -> tuple[Call, httpx.Response | JobStatusError]:
    """Send one poll."""
    poller = job.__poller__
    call = poller.new_call()
    try:
        with poller.in_span():
            return call, job.__core__.send(call, poller.build_request())
    except JobStatusError as error:
        return call, error


def notify(job: Job[Any], update: Update[Any] | None) -> None:
    """Call `on_update=`."""
    on_update = job.__poller__.options.on_update
    if update is None or on_update is None:
        return
    result = on_update(*update)
    if inspect.isawaitable(result):
        close = getattr(result, "close", None)
        if close:
            close()
        raise InvalidArgumentError("on_update= is an async callable; a sync client needs a sync one")


class AsyncJob(_Handle[T_co]):
    """A job to wait for, async. Its timeout counts from the creation of this handle.

    Created by a client: `api.<noun>_job(id)`, `api.job(started)` or `api.resume(token)`. Wait for one job with `wait`,
    for many with `async_wait_all` or `async_as_completed`.
    """

    __slots__ = ()

    @property
    def __core__(self) -> AsyncCore:
        core: Any = self.__poller__.core
        return core  # type: ignore[no-any-return]

    async def wait(self) -> T_co:
        """Wait until the job ends, and return its last status. Cancelling the wait leaks no connection.

        Returns:
            The last status, typed.

        Raises:
            JobFailedError: The job failed.
            JobPartialError: The job succeeded in part, and `raise_on_partial=True`.
            JobTimeoutError: The deadline passed; the job keeps running.
            JobNotStartedError: Nobody has started the job.
            CallError: The API returned an error, or was unavailable for too long.
        """
        poller, core = self.__poller__, self.__core__
        clock = core.settings.clock
        poller.acquire(self)
        try:
            while poller.outcome is None:
                delay = poller.next_poll_at - clock.now()
                if delay > 0 and not core.is_closed:
                    await core.sleep(delay)
                    continue
                permit = await core.acquire_poll(poller.seconds_to_deadline(clock.now()))
                if (permit is None or not poller.should_poll(clock.now())) and not core.is_closed:
                    permit = None
                    core.wake_waiting()
                    poller.check_deadline(clock.now())
                    continue
                request = poll_async(self, POLL, permit)
                permit = None
                call, result = await request
                await notify_async(self, poller.handle_result(call, result, clock.now()))
        except BaseException as error:
            note_detached(error, [poller])
            raise
        finally:
            poller.release()
        return poller.outcome.result()

    async def poll_once(self) -> T_co:
        """Read the status once, now, and return it; see `Job.poll_once`."""
        poller, core = self.__poller__, self.__core__
        poller.reserve(self)
        try:
            if poller.has_ended:
                return poller.final_status()
            call = poller.single_call()
            with poller.single_poll(call):
                response = await core.send(call, poller.build_request())
                status, update = poller.handle_single(call, response, core.settings.clock.now())
            await notify_async(self, update)
            return status
        finally:
            poller.release()

    async def current_run(self) -> RunId:
        """Return the run that is reported now, to wait for a later one with `after_run=`. Call it before starting one.

        Raises:
            InvalidArgumentError: The document does not identify runs of this job.
            CallError: The API returned an error or no response.
        """
        poller, core = self.__poller__, self.__core__
        streak, clock = Streak(), core.settings.clock
        while True:
            call = poller.run_call()
            try:
                return poller.parse_run(call, await core.send(call, poller.build_full_request()))
            except NotFoundError as error:
                if poller.is_missing(streak, error, clock.now()):
                    return _no_run(error)
            await core.sleep(error_backoff(streak.count))


async def poll_async(
    job: AsyncJob[Any], policy: CallPolicy, permit: Permit | None
) -> tuple[Call, httpx.Response | JobStatusError]:
    """Send one poll. Its permit is released when the request has ended, or is not sent."""
    poller, core = job.__poller__, job.__core__
    call = poller.new_call(policy)
    call.permit, permit = permit, None
    try:
        with poller.in_span():
            return call, await core.send(call, poller.build_request())
    except JobStatusError as error:
        return call, error
    finally:
        call.permit = None
        core.wake_waiting()


async def notify_async(job: AsyncJob[Any], update: Update[Any] | None) -> None:
    """Call `on_update=`, which may be async."""
    on_update = job.__poller__.options.on_update
    if update is not None and on_update is not None:
        result = on_update(*update)
        if inspect.isawaitable(result):
            await result


def _no_run(error: NotFoundError) -> RunId:
    """Return the run of a job that the API says it does not know; a 404 of something else says nothing about it."""
    if not error.detail and error.status == 404:
        raise error
    return RunId()
