# Generated from tests/golden by `make generate`; do not edit.

"""Typed clients of APIs that run slow jobs.

- `Kiln` and `AsyncKiln`: Kiln

The modules written by openapi-python-client can be imported too, from one sub-package per product.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._apis.kiln import AsyncKiln as AsyncKiln
    from ._apis.kiln import Kiln as Kiln
    from ._client.call import RawResponse as RawResponse
    from ._client.errors import ApiError as ApiError
    from ._client.errors import CallError as CallError
    from ._client.errors import ForbiddenError as ForbiddenError
    from ._client.errors import InvalidArgumentError as InvalidArgumentError
    from ._client.errors import JobError as JobError
    from ._client.errors import JobFailedError as JobFailedError
    from ._client.errors import JobNotStartedError as JobNotStartedError
    from ._client.errors import JobPartialError as JobPartialError
    from ._client.errors import JobStatusError as JobStatusError
    from ._client.errors import JobTimeoutError as JobTimeoutError
    from ._client.errors import NotFoundError as NotFoundError
    from ._client.errors import RateLimitError as RateLimitError
    from ._client.errors import ServerError as ServerError
    from ._client.errors import TransportError as TransportError
    from ._client.errors import UnauthorizedError as UnauthorizedError
    from ._client.errors import UnexpectedResponseError as UnexpectedResponseError
    from ._client.errors import WaitSummary as WaitSummary
    from ._client.polling.job import AsyncJob as AsyncJob
    from ._client.polling.job import Job as Job
    from ._client.polling.learned import LearnedSchedule as LearnedSchedule
    from ._client.polling.poller import Outcome as Outcome
    from ._client.polling.run_id import RunId as RunId
    from ._client.polling.tasks import async_as_completed as async_as_completed
    from ._client.polling.tasks import async_wait_all as async_wait_all
    from ._client.polling.threads import as_completed as as_completed
    from ._client.polling.threads import wait_all as wait_all

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "AsyncJob",
    "AsyncKiln",
    "CallError",
    "ForbiddenError",
    "InvalidArgumentError",
    "Job",
    "JobError",
    "JobFailedError",
    "JobNotStartedError",
    "JobPartialError",
    "JobStatusError",
    "JobTimeoutError",
    "Kiln",
    "LearnedSchedule",
    "NotFoundError",
    "Outcome",
    "RateLimitError",
    "RawResponse",
    "RunId",
    "ServerError",
    "TransportError",
    "UnauthorizedError",
    "UnexpectedResponseError",
    "WaitSummary",
    "__version__",
    "as_completed",
    "async_as_completed",
    "async_wait_all",
    "wait_all",
]

_HOMES = {
    "ApiError": "._client.errors",
    "AsyncJob": "._client.polling.job",
    "AsyncKiln": "._apis.kiln",
    "CallError": "._client.errors",
    "ForbiddenError": "._client.errors",
    "InvalidArgumentError": "._client.errors",
    "Job": "._client.polling.job",
    "JobError": "._client.errors",
    "JobFailedError": "._client.errors",
    "JobNotStartedError": "._client.errors",
    "JobPartialError": "._client.errors",
    "JobStatusError": "._client.errors",
    "JobTimeoutError": "._client.errors",
    "Kiln": "._apis.kiln",
    "LearnedSchedule": "._client.polling.learned",
    "NotFoundError": "._client.errors",
    "Outcome": "._client.polling.poller",
    "RateLimitError": "._client.errors",
    "RawResponse": "._client.call",
    "RunId": "._client.polling.run_id",
    "ServerError": "._client.errors",
    "TransportError": "._client.errors",
    "UnauthorizedError": "._client.errors",
    "UnexpectedResponseError": "._client.errors",
    "WaitSummary": "._client.errors",
    "as_completed": "._client.polling.threads",
    "async_as_completed": "._client.polling.tasks",
    "async_wait_all": "._client.polling.tasks",
    "wait_all": "._client.polling.threads",
}

if not TYPE_CHECKING:

    def __getattr__(name):
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
        return value

    def __dir__():
        return sorted([*globals(), *_HOMES])
