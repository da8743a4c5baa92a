# Generated from scripts/client/errors.py by `make generate`; do not edit.

"""Everything that can go wrong, in one family.

JobStatusError
|- InvalidArgumentError       what was passed cannot be sent (also a ValueError)
|- CallError             a call was made and failed
   |- TransportError     no answer came: connection, TLS, name, timeout
   |- UnexpectedResponseError   an answer that is not what the document describes: not JSON, another shape, too large
   |- ApiError           the API has refused: a 4xx or 5xx
      |- UnauthorizedError    401
      |- ForbiddenError       403
      |- NotFoundError        404
      |- RateLimitError     429
      |- ServerError     5xx
|- JobError              a wait has ended, and not with success
   |- JobFailedError          the job has ended badly
   |- JobTimeoutError        the time is over and the job goes on
   |- JobNotStartedError      the job does not move by itself, and nobody has started it

A `CallError` that ends a wait holds in `wait` how far the wait had come.
"""

from typing import Any, Final

from attrs import field, frozen

from .sanitize import shown

REASON: Final = 500  # characters


@frozen
class WaitSummary:
    """How far a wait had come.

    Attributes:
        job: the operation and the job's parameters, such as `get_dock_status ds-1`.
        elapsed: seconds since the wait began.
        polls: how often the job was asked about.
        faults: how many of those polls brought no reading of the job.
        last_fault: what the last poll met, None where it brought a reading.
        state: the last word of the job's state, None where none was read.
        progress: 0 to 100, None where none was told.
        status: the last reading as its typed model, None where there was none. Credentials that it repeats are masked.
        token: a resume token: any process can go on waiting with `api.resume(token)`.
    """

    job: str = field(converter=shown)
    elapsed: float
    polls: int
    faults: int
    last_fault: str | None
    state: str | None
    progress: float | None
    status: Any = field(repr=False)
    token: str = field(repr=False)


class JobStatusError(Exception):
    """Anything that this package raises. Errors can be pickled and compared, and hold no credential."""

    def __init__(self, message: str) -> None:
        message = shown(message)
        super().__init__(message)
        self.message = message

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.args == other.args and self.__dict__ == other.__dict__

    __hash__ = Exception.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, dict(self.__dict__))


def _restored(kind: type[JobStatusError], args: tuple[Any, ...], fields: dict[str, Any]) -> JobStatusError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(fields)
    return error


class InvalidArgumentError(JobStatusError, ValueError):
    """What was passed cannot be sent: an id that would reach another endpoint, a URL that is none. Nothing was sent."""


class CallError(JobStatusError):
    """A call that was made and failed.

    Attributes:
        operation: the operation, such as `get_dock_status`.
        method: the HTTP method.
        url: the URL, without credentials.
        attempts: how many requests were sent.
        elapsed: seconds from the first to the end of the last.
        wait: how far a wait had come that this has ended, None for a call of its own.
    """

    wait: WaitSummary | None = None
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
    """No answer came: the connection, TLS, the name or the time failed.

    Attributes:
        reason: what failed, a word of `httpx` such as `ConnectError` or `ReadTimeout`.
        timed_out: whether it was the time.
    """

    reason: str
    timed_out: bool

    def __init__(self, message: str, *, reason: str = "", timed_out: bool = False, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.reason = reason
        self.timed_out = timed_out


class UnexpectedResponseError(CallError):
    """An answer that is not what the document describes: not JSON, another shape, a redirect, too large.

    Attributes:
        status: the HTTP status.
        request_id: the server's id of the request, None where it gives none.
        retry_after: seconds that the server asks to wait, None where it does not.
        excerpt: the beginning of the body, at most 500 characters.
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
    """The API has refused: a 4xx or 5xx.

    Attributes:
        status: the HTTP status.
        detail: what the API itself says, empty where it says nothing that can be read.
        code: the API's own code, None where it gives none.
        request_id: the server's id of the request, None where it gives none.
        retry_after: seconds that the server asks to wait, None where it does not.
        excerpt: the beginning of the body, at most 500 characters.
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
    """401: the credential is missing, wrong or, with some APIs, lacks the scope."""


class ForbiddenError(ApiError):
    """403: the credential is known and may not do this."""


class NotFoundError(ApiError):
    """404: there is nothing under this id, or not any more, or not yet."""


class RateLimitError(ApiError):
    """429: too many requests. `retry_after` says how long to wait, where the server says it."""


class ServerError(ApiError):
    """5xx: the server or something before it has failed."""


class JobError(JobStatusError):
    """A wait that has ended, and not with success.

    Attributes:
        wait: how far it had come; its fields stand on the error too.
    """

    wait: WaitSummary

    def __init__(self, message: str, wait: WaitSummary) -> None:
        super().__init__(message)
        self.wait = wait

    @property
    def status(self) -> Any:
        """The last reading as its typed model, None where there was none."""
        return self.wait.status

    @property
    def state(self) -> str | None:
        """The last word of the job's state, None where none was read."""
        return self.wait.state

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return self.wait.elapsed

    @property
    def polls(self) -> int:
        """How often the job was asked about."""
        return self.wait.polls

    @property
    def token(self) -> str:
        """A resume token, for `api.resume(token)` in any process."""
        return self.wait.token


class JobFailedError(JobError):
    """The job has ended badly.

    Attributes:
        reason: what the API says of it, empty where it says nothing.
    """

    reason: str

    def __init__(self, message: str, wait: WaitSummary, reason: str = "") -> None:
        super().__init__(message, wait)
        self.reason = shown(reason, REASON)


class JobTimeoutError(JobError):
    """The time is over. The job goes on; `api.resume(error.token, timeout=...)` goes on waiting."""


class JobNotStartedError(JobError):
    """The job rests in a state that it does not leave by itself. Start it, and wait again."""


def error_for(status: int) -> type[ApiError]:
    """The class of error for a status of 400 or above."""
    known: dict[int, type[ApiError]] = {
        401: UnauthorizedError,
        403: ForbiddenError,
        404: NotFoundError,
        429: RateLimitError,
    }
    return known.get(status, ServerError if status >= 500 else ApiError)
