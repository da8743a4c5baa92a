# Generated from scripts/airflow/sensor.py by `make generate`; do not edit.

"""The sensor that waits for a job, by polls of a worker or in the triggerer."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Final, cast

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    BaseSensorOperator,
    Context,
    PokeReturnValue,
)
from job_status._client.errors import (
    CallError,
    JobStatusError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
)

from .arguments import Call
from .hook import JobStatusHook
from .links import DocumentationLink
from .operators import defer_until_end, job_of
from .outcome import FAILED, SUCCESS, TIMED_OUT, Event, as_json
from .trigger import JobTrigger, detached

UNKNOWN_TIMEOUT: Final = 30.0  # seconds in which a job that has just been started may be unknown


class JobSensor(BaseSensorOperator):
    """Wait for a job that something else has started. It fails as soon as the job does, without a retry.

    Args:
        conn_id: The id of the connection.
        deferrable: Whether the task waits in the triggerer, where it occupies no worker and polls by the schedule of
            the client instead of `poke_interval`.
        resume_token: The resume token of the job, instead of the arguments that name it.

    Transient errors of polls are tolerated for `error_timeout` seconds, and in the mode `reschedule` until the sensor's
    timeout.
    """

    hook_class: ClassVar[type[JobStatusHook[Any, Any]]]
    trigger_class: ClassVar[type[JobTrigger]]
    call: ClassVar[Call]
    error_timeout: float
    documentation_url: ClassVar[str] = ""
    operator_extra_links = (DocumentationLink(),)

    def __init__(
        self,
        *,
        conn_id: str,
        deferrable: bool,
        resume_token: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.deferrable = deferrable
        self.resume_token = resume_token
        self._failing_since: float | None = None
        self._token = ""

    def execute(self, context: Context) -> Any:
        """Wait until the job ends, and return its last status as JSON."""
        if not self.deferrable:
            return super().execute(context)
        with self.hook_class(self.conn_id).get_conn() as api:
            token = job_of(self, self.call, api, self.timeout).token()
        return defer_until_end(self, self.trigger_class(self.conn_id, token), self.timeout)

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """Read the status once.

        Raises:
            AirflowFailException: The job has failed.
            AirflowException: Its status cannot be read.
        """
        with self.hook_class(self.conn_id).get_conn() as api:
            job = job_of(self, self.call, api, None)
            self._token = job.token()
            try:
                status = job.poll_once()
            except CallError as error:
                if not self._tolerates(error):
                    raise AirflowException(str(error)) from error
                self.log.warning("%s", error)
                return False
        self._failing_since = None
        outcome = job.outcome
        if not job.done or outcome is None:
            self.log.info("%s: %s", job.name, job.state)
            return False
        if isinstance(outcome.error, JobStatusError):
            raise AirflowFailException(str(outcome.error))
        return PokeReturnValue(True, as_json(status))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Return the last status, or fail, after the trigger has waited."""
        found = cast("Event", event)
        if found["result"] == SUCCESS:
            return found["status"]
        if found["result"] == TIMED_OUT:
            raise AirflowSensorTimeout(found["message"])
        raise (AirflowFailException if found["result"] == FAILED else AirflowException)(found["message"])

    def on_kill(self) -> None:
        """Log what is still running: a killed task ends only the wait."""
        if self._token:
            self.log.warning("%s", detached(self._token))

    def _tolerates(self, error: CallError) -> bool:
        """Return whether an error may be transient."""
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        if isinstance(error, NotFoundError):
            return not self.reschedule and now - self._failing_since < UNKNOWN_TIMEOUT
        is_transient = isinstance(error, TransportError | RateLimitError | ServerError)
        return is_transient and (self.reschedule or now - self._failing_since < self.error_timeout)
