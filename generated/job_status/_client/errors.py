# Generated from scripts/client/errors.py by `make generate`; do not edit.

"""Exceptions of this package, in one hierarchy.

JobStatusError
|- InvalidArgumentError          an argument cannot be sent (also a ValueError)
|- CallError                     a request was made and failed
   |- TransportError             no response: connection, TLS, name resolution, timeout
   |- UnexpectedResponseError    a response that the document does not describe: not JSON, another shape, too large
   |- ApiError                   the API returned a 4xx or 5xx
      |- UnauthorizedError       401
      |- ForbiddenError          403
      |- NotFoundError           404
      |- RateLimitError          429
      |- ServerError             5xx
|- JobError                      a wait ended without success
   |- JobFailedError             the job failed
   |- JobPartialError            the job ended, and succeeded in part (only with `raise_on_partial=True`)
   |- JobTimeoutError            the deadline passed (also a TimeoutError); the job keeps running
   |- JobNotStartedError         nobody has started the job

A `CallError` that ends a wait describes the progress of that wait in its attribute `wait`.
"""

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from attrs import field, frozen

from .sanitize import sanitize

if TYPE_CHECKING:
    import typing_extensions

    # The default is what type checkers assume in `except JobFailedError as error`.
    T_co = typing_extensions.TypeVar("T_co", covariant=True, default=Any)
else:
    T_co = TypeVar("T_co", covariant=True)

MAX_REASON: Final = 500  # characters


@frozen
class WaitSummary(Generic[T_co]):
    """The progress of a wait when it ended.

    Attributes:
        job: The operation and the parameters of the job, such as `get_dock_status ds-1`.
        elapsed: Seconds since the wait began.
        polls: Number of polls.
        failed_polls: Number of polls that returned no status of the job.
        last_error: The error of the last poll, or None if it returned a status.
        state: The last state of the job, or None if no status was received.
        progress: 0 to 100, or None if not reported.
        status: The last status as its typed model, or None if no status was received. Credentials that the server
            repeats are redacted.
        token: Resume token: any process can continue the wait with `api.resume(token)`.
    """

    job: str = field(converter=sanitize)
    elapsed: float
    polls: int
    failed_polls: int
    last_error: str | None
    state: str | None
    progress: float | None
    status: T_co | None = field(repr=False)
    token: str = field(repr=False)


class JobStatusError(Exception):
    """Base class of every exception of this package. Errors can be pickled and compared, and hold no credentials."""

    def __init__(self, message: str) -> None:
        message = sanitize(message)
        super().__init__(message)
        self.message = message

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.args == other.args and self.__dict__ == other.__dict__

    __hash__ = Exception.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, dict(self.__dict__))


def _restore(cls: type[JobStatusError], args: tuple[Any, ...], fields: dict[str, Any]) -> JobStatusError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(fields)
    return error


class InvalidArgumentError(JobStatusError, ValueError):
    """An argument that cannot be sent, such as an id that would reach another endpoint. Nothing was sent."""


class CallError(JobStatusError):
    """A request was made and failed.

    Attributes:
        operation: The operation, such as `get_dock_status`.
        method: The HTTP method.
        url: The URL, without credentials.
        attempts: Number of requests sent.
        elapsed: Seconds from the first request to the end of the last.
        wait: The progress of the wait that this error ended, or None for a plain call.
    """

    wait: WaitSummary[Any] | None = None
    operation: str
    method: str
    url: str
    attempts: int
    elapsed: float

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        method: str = "",
        url: str = "",
        attempts: int = 0,
        elapsed: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.method = method
        self.url = url
        self.attempts = attempts
        self.elapsed = elapsed


class TransportError(CallError):
    """No response was received: the connection, TLS, name resolution or the timeout failed.

    Attributes:
        reason: The kind of failure, an exception name of `httpx` such as `ConnectError` or `ReadTimeout`.
        timed_out: Whether the failure was a timeout.
    """

    reason: str
    timed_out: bool

    def __init__(self, message: str, *, reason: str = "", timed_out: bool = False, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.reason = reason
        self.timed_out = timed_out


class UnexpectedResponseError(CallError):
    """A response that the document does not describe: not JSON, another shape, a redirect, another job, too large.

    Attributes:
        status: The HTTP status code.
        request_id: The server's request id, or None if missing.
        retry_after: Seconds from the `Retry-After` header, or None if missing.
        excerpt: The beginning of the body, at most 500 characters.
    """

    status: int
    request_id: str | None
    retry_after: float | None
    excerpt: str

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        request_id: str | None = None,
        retry_after: float | None = None,
        excerpt: str = "",
        **fields: Any,
    ) -> None:
        super().__init__(message, **fields)
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.excerpt = excerpt


class ApiError(CallError):
    """The API returned an error: a 4xx or 5xx.

    Attributes:
        status: The HTTP status code.
        detail: The API's own error message, empty if missing.
        code: The API's own error code, or None if missing.
        request_id: The server's request id, or None if missing.
        retry_after: Seconds from the `Retry-After` header, for a 429 without it until the reset of the exhausted
            `RateLimit`, or None if missing.
        excerpt: The beginning of the body, at most 500 characters.
    """

    status: int
    detail: str
    code: str | None
    request_id: str | None
    retry_after: float | None
    excerpt: str

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        detail: str = "",
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        excerpt: str = "",
        **fields: Any,
    ) -> None:
        super().__init__(message, **fields)
        self.status = status
        self.detail = detail
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.excerpt = excerpt


class UnauthorizedError(ApiError):
    """401: the credential is missing or wrong or, with some APIs, lacks the scope."""


class ForbiddenError(ApiError):
    """403: the credential is valid but lacks permission."""


class NotFoundError(ApiError):
    """404: the id does not exist, no longer exists, or does not exist yet."""


class RateLimitError(ApiError):
    """429: too many requests. `retry_after` holds the seconds to pause, if the server sent them."""


class ServerError(ApiError):
    """5xx: the server, or a gateway before it, failed."""


class JobError(JobStatusError, Generic[T_co]):
    """A wait that ended without success.

    Attributes:
        wait: The progress of the wait. Its fields are also properties of the error.
    """

    wait: WaitSummary[T_co]

    def __init__(self, message: str, wait: WaitSummary[T_co]) -> None:
        super().__init__(message)
        self.wait = wait

    @property
    def status(self) -> T_co | None:
        """The last status as its typed model, or None if no status was received."""
        return self.wait.status

    @property
    def state(self) -> str | None:
        """The last state of the job, or None if no status was received."""
        return self.wait.state

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return self.wait.elapsed

    @property
    def polls(self) -> int:
        """Number of polls."""
        return self.wait.polls

    @property
    def token(self) -> str:
        """Resume token for `api.resume(token)`, in this process or another."""
        return self.wait.token


class _EndedError(JobError[T_co]):
    reason: str

    def __init__(self, message: str, wait: WaitSummary[T_co], reason: str = "") -> None:
        super().__init__(message, wait)
        self.reason = sanitize(reason, MAX_REASON)


class JobFailedError(_EndedError[T_co]):
    """The job failed.

    Attributes:
        reason: The API's reason, empty if it gives none.
    """


class JobPartialError(_EndedError[T_co]):
    """The job ended, and succeeded in part. Raised by waits with `raise_on_partial=True`.

    Attributes:
        reason: The API's reason, empty if it gives none.
    """


class JobTimeoutError(JobError[T_co], TimeoutError):
    """The deadline of the wait passed. The job keeps running; `api.resume(error.token, timeout=...)` continues."""


class JobNotStartedError(JobError[T_co]):
    """The job is in a state that it does not leave by itself. Start it, then wait again."""


def error_for(status: int) -> type[ApiError]:
    """Return the exception class of an HTTP status of 400 or above."""
    known: dict[int, type[ApiError]] = {
        401: UnauthorizedError,
        403: ForbiddenError,
        404: NotFoundError,
        429: RateLimitError,
    }
    return known.get(status, ServerError if status >= 500 else ApiError)
