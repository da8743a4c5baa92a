# Generated from scripts/airflow/operators.py by `make generate`; do not edit.

"""The operators: start a job and wait for it, or wait for the job of an id or of a resume token."""

from __future__ import annotations

import json
from abc import abstractmethod
from datetime import timedelta
from typing import Any, ClassVar, Final, NoReturn, cast

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowTaskTimeout,
    BaseOperator,
    Context,
)
from job_status._client.errors import ApiError, InvalidArgumentError, JobFailedError, JobStatusError
from job_status._client.polling.job import Job

from .arguments import Call
from .hook import JobStatusHook
from .links import DocumentationLink
from .outcome import ENDED, FAILED, SUCCESS, TIMED_OUT, Event, as_json, ended_with, succeeded
from .trigger import JobTrigger, detached

XCOM_KEY: Final = "resume_token"  # of the resume token, in XCom and in the state of a task
GRACE: Final = 60.0  # seconds after the deadline of a wait until Airflow ends a deferred task by itself


class JobOperator(BaseOperator):
    """What both operators share.

    Args:
        conn_id: The id of the connection.
        deferrable: Whether the task waits in the triggerer, where it occupies no worker.
    """

    hook_class: ClassVar[type[JobStatusHook[Any, Any]]]
    trigger_class: ClassVar[type[JobTrigger]]
    call: ClassVar[Call]
    documentation_url: ClassVar[str] = ""
    operator_extra_links = (DocumentationLink(),)

    def __init__(self, *, conn_id: str, deferrable: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.deferrable = deferrable
        self._job: Job[Any] | None = None

    def on_kill(self) -> None:
        """Log what is still running: a killed task ends only the wait."""
        if self._job is not None:
            self.log.warning("%s", detached(self._job.token()))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Return the last status, or fail, after the trigger has waited."""
        return self._finish(context, cast("Event", event))

    def _deadline(self) -> float | None:
        """Return the seconds until a deferred wait ends. Without deferral, the worker ends the task by itself."""
        if self.execution_timeout is None or not self.deferrable:
            return None
        return float(self.execution_timeout.total_seconds())

    def _wait(self, context: Context, job: Job[Any]) -> Any:
        """Wait for a job, in the triggerer or here."""
        if self.deferrable:
            defer_until_end(self, self.trigger_class(self.conn_id, job.token()), self._deadline())
        self._job = job
        try:
            event = succeeded(job.wait())
        except JobStatusError as error:
            event = ended_with(error)
        return self._finish(context, event)

    @abstractmethod
    def _finish(self, context: Context, event: Event) -> Any:
        """Return the last status, or fail as the event of the wait says."""


class WaitOperator(JobOperator):
    """Wait for a job that something else has started. A retry waits again; a failed job is not retried.

    Args:
        resume_token: The resume token of the job, instead of the arguments that name it.
    """

    def __init__(self, *, resume_token: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.resume_token = resume_token

    def execute(self, context: Context) -> Any:
        """Wait until the job ends, and return its last status as JSON."""
        with self.hook_class(self.conn_id).get_conn() as api:
            return self._wait(context, job_of(self, self.call, api, self._deadline()))

    def _finish(self, context: Context, event: Event) -> Any:
        if event["result"] == SUCCESS:
            return event["status"]
        if event["result"] == TIMED_OUT:
            raise AirflowTaskTimeout(event["message"])
        raise (AirflowFailException if event["result"] == FAILED else AirflowException)(event["message"])


class StartOperator(JobOperator):
    """Start a job, and wait until it ends.

    A retry after a failed job starts another one. A retry after anything else follows the job that an earlier attempt
    has started, where Airflow keeps the state of a task (3.3); otherwise there is no retry, since a second job could be
    started in addition to the first one.

    Args:
        wait_for_completion: Whether to wait for the job. If not, the task returns the response of the start.
    """

    def __init__(self, *, wait_for_completion: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.wait_for_completion = wait_for_completion

    def execute(self, context: Context) -> Any:
        """Start the job, wait until it ends, and return its last status as JSON.

        The resume token is in XCom as `resume_token`.
        """
        with self.hook_class(self.conn_id).get_conn() as api:
            started, store = None, _store(context)
            token = store.get(XCOM_KEY) if store is not None and self.wait_for_completion else None
            if token:
                self.log.info("Following the job that an earlier attempt has started: %s", token)
                job = self._resume(api, token)
            else:
                started = self._start(api)
                job = self._follow(api, started)
                if store is not None and self.wait_for_completion:
                    store.set(XCOM_KEY, job.token())
            context["ti"].xcom_push(key=XCOM_KEY, value=job.token())
            self.log.info("Started %s", job.name)
            return self._wait(context, job) if self.wait_for_completion else as_json(started)

    def _resume(self, api: Any, token: str) -> Job[Any]:
        try:
            job: Job[Any] = api.resume(token, timeout=self._deadline())
        except InvalidArgumentError as error:
            raise AirflowFailException(str(error)) from None
        return job

    def _start(self, api: Any) -> Any:
        method = getattr(api, self.call.method)
        positional, keywords = self.call.arguments(self, method)
        try:
            return method(*positional, **keywords)
        except ApiError as error:
            if error.status < 500:
                raise AirflowException(str(error)) from error
            raise AirflowFailException(f"{error}; no retry, since the job may have started") from error
        except InvalidArgumentError as error:
            raise AirflowFailException(str(error)) from error
        except JobStatusError as error:
            raise AirflowFailException(f"{error}; no retry, since the job may have started") from error

    def _follow(self, api: Any, started: Any) -> Job[Any]:
        try:
            job: Job[Any] = api.job(started, timeout=self._deadline(), **self.call.wait_options(self))
        except JobFailedError as error:
            raise AirflowException(str(error)) from error
        except JobStatusError as error:
            raise AirflowFailException(f"{error}; no retry, since the job may have started") from error
        return job

    def _wait(self, context: Context, job: Job[Any]) -> Any:
        try:
            return super()._wait(context, job)
        except AirflowTaskTimeout as error:  # of the worker, which ends a task by itself
            if _store(context) is not None:
                raise
            raise AirflowFailException(f"{error}; {detached(job.token())}") from None

    def _finish(self, context: Context, event: Event) -> Any:
        store = _store(context)
        if store is not None and event["result"] in ENDED:
            store.delete(XCOM_KEY)
        if event["result"] == SUCCESS:
            return event["status"]
        message = event["message"]
        if event["result"] in ENDED:
            raise AirflowException(message)
        message = f"{message}; {detached(event['token'])}" if event["token"] else message
        if store is None:
            raise AirflowFailException(message)
        raise AirflowTaskTimeout(message) if event["result"] == TIMED_OUT else AirflowException(message)


def defer_until_end(operator: Any, trigger: JobTrigger, seconds: float | None) -> NoReturn:
    """Defer a task until its trigger has waited. Airflow ends it some time after the deadline, if no triggerer runs."""
    timeout = None if seconds is None else timedelta(seconds=seconds + GRACE)
    operator.defer(trigger=trigger, method_name="execute_complete", timeout=timeout)
    raise AssertionError("defer() has returned")


def job_of(operator: Any, call: Call, api: Any, timeout: float | None) -> Job[Any]:
    """Return the handle of the job that an operator or a sensor names, by its arguments or by a resume token.

    Raises:
        AirflowFailException: It names no job, or the arguments are not valid.
    """
    given = [name for name in call.parameters if getattr(operator, name) is not None]
    if bool(operator.resume_token) == bool(given):
        raise AirflowFailException(f"expected either {', '.join(call.parameters)} or resume_token")
    try:
        if operator.resume_token:
            token = operator.resume_token  # parsed, if templates are rendered as native objects
            text = token if isinstance(token, str) else json.dumps(token)
            job: Job[Any] = api.resume(text, timeout=timeout)
            return job
        method = getattr(api, call.method)
        positional, keywords = call.arguments(operator, method)
        job = method(*positional, timeout=timeout, **keywords, **call.wait_options(operator))
    except InvalidArgumentError as error:
        raise AirflowFailException(str(error)) from error
    return job


def _store(context: Context) -> Any:
    """Return the state that a task keeps across its attempts, None before Airflow 3.3."""
    found: Any = context.get("task_state_store")
    return found
