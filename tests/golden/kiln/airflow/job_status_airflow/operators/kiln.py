# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

"""The operators of Kiln."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import conf

from .._provider import arguments, operators
from ..hooks.kiln import KilnHook
from ..triggers import jobs


class KilnStartFiringOperator(operators.StartOperator):
    """Start a firing, and wait until its job ends. The last status, as JSON, is the result.

    Args:
        body: The body of the request, as JSON.
        conn_id: The id of the connection.
        deferrable: Whether the task waits in the triggerer; by default as `[operators] default_deferrable`
            says.
        wait_for_completion: Whether to wait for the job. If not, the task returns the response of the
            start.
        error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
            tolerated.
        kwargs: The arguments of every operator.
    """

    hook_class = KilnHook
    trigger_class = jobs.JobTrigger
    call = arguments.Call("start_firing", options=("body",), waits=("error_timeout",))
    documentation_url = ""
    template_fields = ("conn_id", "body")

    def __init__(
        self,
        *,
        body: Any,
        conn_id: str = KilnHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        wait_for_completion: bool = True,
        error_timeout: float = 120.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            conn_id=conn_id,
            deferrable=deferrable,
            wait_for_completion=wait_for_completion,
            **kwargs,
        )
        self.body = body
        self.error_timeout = error_timeout


class KilnFiringOperator(operators.WaitOperator):
    """Wait until the job reported by `get_firing` ends. The last status, as JSON, is the result.

    Args:
        firing_id: The id of the firing.
        verbose: Whether to include the temperature.
        resume_token: The resume token of the job, instead of what names it.
        conn_id: The id of the connection.
        deferrable: Whether the task waits in the triggerer; by default as `[operators] default_deferrable`
            says.
        error_timeout: Seconds of consecutive transient errors, such as 503 or no connection, that are
            tolerated.
        kwargs: The arguments of every operator.
    """

    hook_class = KilnHook
    trigger_class = jobs.JobTrigger
    call = arguments.Call("firing_job", parameters=("firing_id",), options=("verbose",), waits=("error_timeout",))
    documentation_url = ""
    template_fields = ("conn_id", "firing_id", "verbose", "resume_token")

    def __init__(
        self,
        *,
        firing_id: str | None = None,
        verbose: bool | str | None = None,
        resume_token: str | None = None,
        conn_id: str = KilnHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        error_timeout: float = 120.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            conn_id=conn_id,
            deferrable=deferrable,
            resume_token=resume_token,
            **kwargs,
        )
        self.firing_id = firing_id
        self.verbose = verbose
        self.error_timeout = error_timeout
