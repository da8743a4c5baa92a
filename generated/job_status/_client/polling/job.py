# Generated from scripts/client/polling/job.py by `make generate`; do not edit.

"""Jobs as their user holds them: one to wait for, sync or async."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import httpx

from ..arguments import seconds, told
from ..call import Call
from ..errors import InvalidArgumentError, JobStatusError, NotFoundError
from .detach import detached
from .poller import DEFAULTS, ERROR_TIMEOUT, NOT_STARTED_TIMEOUT, News, Options, Poller, Streak
from .run_id import RunId
from .schedule import backoff

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

OnUpdate: TypeAlias = Callable[[T, float | None], object]

_shared: Final[dict[Options, Options]] = {}


def options(
    arguments: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    on_update: Callable[[Any, float | None], Any] | None = None,
    *,
    after_run: RunId | None = None,
    not_started_timeout: float = NOT_STARTED_TIMEOUT,
    error_timeout: float = ERROR_TIMEOUT,
) -> Options:
    """What a wait has been told. The same words are kept once, however many jobs were told them."""
    not_started_timeout = seconds(not_started_timeout, "not_started_timeout", or_none_at_all=True)
    error_timeout = seconds(error_timeout, "error_timeout", or_none_at_all=True)
    if on_update is not None and not callable(on_update):
        raise InvalidArgumentError(f"on_update= wants a callable of status and progress, got {told(on_update)}")
    if after_run is not None and not isinstance(after_run, RunId):
        raise InvalidArgumentError(f"after_run= wants the mark that current_run() gives, got {told(after_run)}")
    made = Options(tuple(arguments.items()), headers, on_update, after_run, None, not_started_timeout, error_timeout)
    if made == DEFAULTS:
        return DEFAULTS
    if headers is None and on_update is None and after_run is None and len(_shared) < 256:
        try:
            return _shared.setdefault(made, made)
        except TypeError:  # an argument that cannot be a key
            return made
    return made


class Job(Poller[T_co]):
    """A job to wait for. Its time runs from the moment this is made.

    A client makes it: `api.<noun>_job(id)`, `api.job(started)` or `api.resume(token)`. Wait for one with `wait`, for
    many with `wait_all` or `as_completed`.
    """

    __slots__ = ()

    def wait(self) -> T_co:
        """Waits until the job has ended.

        Returns:
            Its last status.

        Raises:
            JobFailedError: it has ended badly.
            JobTimeoutError: the time is over; the job goes on.
            JobNotStartedError: it rests in a state that it does not leave by itself.
            CallError: the API has refused, or could not be reached for too long.
        """
        self._claim()
        clock = self._client._settings.clock
        try:
            while self._outcome is None:
                delay = self._due - clock.now()
                if delay > 0 and not self._client._closed:
                    self._client._rest(delay)
                    continue
                permit = self._client._gate.permit(self._patience(clock.now()), self._client._door)
                if (permit is None or not self._turn(clock.now())) and not self._client._closed:
                    permit = None
                    self._give_up(clock.now())
                    continue
                call, answer = self._ask()
                permit = None
                self._tell(self._learn(call, answer, clock.now()))
        except BaseException as error:
            detached(error, [self])
            raise
        finally:
            permit = None
            self._busy = False
        return self._outcome.result()

    def current_run(self) -> RunId:
        """The run that is reported now, to wait for a newer one with `after_run=`. Take it before you start a run.

        Raises:
            InvalidArgumentError: the document tells no runs of this job apart.
            CallError: the API has refused or has not answered.
        """
        misses, clock = Streak(), self._client._settings.clock
        while True:
            call = self._first_call()
            try:
                return self._run_of(call, self._client._send(call, self._widest_request()))
            except NotFoundError as error:
                if self._is_missing(misses, error, clock.now()):
                    return self._no_run(error)
            self._client._rest(backoff(misses.count))

    def _ask(self) -> tuple[Call, httpx.Response | JobStatusError]:
        """Sends one poll."""
        call = self._next_call()
        try:
            return call, self._client._send(call, self._request())
        except JobStatusError as error:
            return call, error

    def _tell(self, news: News[Any] | None) -> None:
        if news is None or self._options.on_update is None:
            return
        told = self._options.on_update(*news)
        if inspect.isawaitable(told):
            close = getattr(told, "close", None)
            if close:
                close()
            raise InvalidArgumentError("on_update= is an async callable; a sync client wants one that returns")


class AsyncJob(Poller[T_co]):
    """A job to wait for, async. Its time runs from the moment this is made.

    A client makes it: `api.<noun>_job(id)`, `api.job(started)` or `api.resume(token)`. Wait for one with `wait`, for
    many with `async_wait_all` or `async_as_completed`.
    """

    __slots__ = ()

    async def wait(self) -> T_co:
        """Waits until the job has ended. A wait that is cancelled leaves the job, and no connection is lost.

        Returns:
            Its last status.

        Raises:
            JobFailedError: it has ended badly.
            JobTimeoutError: the time is over; the job goes on.
            JobNotStartedError: it rests in a state that it does not leave by itself.
            CallError: the API has refused, or could not be reached for too long.
        """
        self._claim()
        clock = self._client._settings.clock
        try:
            while self._outcome is None:
                delay = self._due - clock.now()
                if delay > 0 and not self._client._closed:
                    await self._client._rest(delay)
                    continue
                async with self._client._poll_gate():
                    if not self._turn(clock.now()) and not self._client._closed:
                        continue
                    call, answer = await self._ask()
                await self._tell(self._learn(call, answer, clock.now()))
        except BaseException as error:
            detached(error, [self])
            raise
        finally:
            self._busy = False
        return self._outcome.result()

    async def current_run(self) -> RunId:
        """The run that is reported now, to wait for a newer one with `after_run=`. Take it before you start a run.

        Raises:
            InvalidArgumentError: the document tells no runs of this job apart.
            CallError: the API has refused or has not answered.
        """
        misses, clock = Streak(), self._client._settings.clock
        while True:
            call = self._first_call()
            try:
                return self._run_of(call, await self._client._send(call, self._widest_request()))
            except NotFoundError as error:
                if self._is_missing(misses, error, clock.now()):
                    return self._no_run(error)
            await self._client._rest(backoff(misses.count))

    async def _ask(self, *, attached: bool = False) -> tuple[Call, httpx.Response | JobStatusError]:
        """Sends one poll. `attached`: in a task that nobody cancels."""
        call = self._next_call()
        call.attached = attached
        try:
            return call, await self._client._send(call, self._request())
        except JobStatusError as error:
            return call, error

    async def _tell(self, news: News[Any] | None) -> None:
        if news is not None and self._options.on_update is not None:
            told = self._options.on_update(*news)
            if inspect.isawaitable(told):
                await told
