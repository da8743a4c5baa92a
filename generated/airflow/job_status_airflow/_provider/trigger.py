# Generated from scripts/airflow/trigger.py by `make generate`; do not edit.

"""The trigger that waits for a job: its whole state is the id of a connection and a resume token."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from airflow.providers.common.compat.sdk import AirflowException
from airflow.triggers.base import BaseTrigger, TriggerEvent
from job_status._client.errors import InvalidArgumentError, JobStatusError

from .clients import shared_client
from .hook import JobStatusHook
from .outcome import UNKNOWN, Event, ended_with, succeeded


class JobTrigger(BaseTrigger):
    """Wait for the job of a resume token, until its end or the deadline in the token.

    Any number of triggerers may run it, one after the other or at the same time: it only reads, and all get the same
    event.

    Args:
        conn_id: The id of the connection.
        token: The resume token.
    """

    hooks: ClassVar[Mapping[str, type[JobStatusHook[Any, Any]]]]

    def __init__(self, conn_id: str, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.conn_id = conn_id
        self.token = token

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the path of the class, and its arguments."""
        cls = type(self)
        return f"{cls.__module__}.{cls.__qualname__}", {"conn_id": self.conn_id, "token": self.token}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event: how the wait ended."""
        yield TriggerEvent(dict(await self._wait()))  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Log what is still running: a task that is marked or cleared ends only the wait."""
        self.log.warning("%s", detached(self.token))

    async def _wait(self) -> Event:
        try:
            async with shared_client(self._hook()) as api:
                return succeeded(await api.resume(self.token).wait())
        except JobStatusError as error:
            return ended_with(error)
        except AirflowException as error:  # of the connection
            return Event(result=UNKNOWN, message=str(error), status=None, token=self.token)

    def _hook(self) -> JobStatusHook[Any, Any]:
        """Return the hook of the token's API.

        Raises:
            InvalidArgumentError: It is not a token of this provider's APIs.
        """
        try:
            return self.hooks[json.loads(self.token)["api"]](self.conn_id)
        except (ValueError, TypeError, KeyError):
            known = ", ".join(self.hooks)
            raise InvalidArgumentError(f"expected a resume token of {known}, got {str(self.token)[:40]!r}") from None


def detached(token: str) -> str:
    """Return what is still running when a wait ends without the job, and how it can be followed."""
    try:
        state = json.loads(token)
        name = " ".join([str(state["operation"]), *map(str, state["parameters"])])
    except (ValueError, TypeError, KeyError):
        name = "the job"
    return f"{name}: the wait ends here, and the job keeps running; follow it with resume_token={token!r}"
