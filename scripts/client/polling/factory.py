"""Creation of jobs from the response of a start, or from a resume token."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

import attrs
from attrs import frozen

from ..arguments import validate_id
from ..core import AsyncCore, SyncCore
from ..errors import InvalidArgumentError, JobFailedError, UnexpectedResponseError, WaitSummary
from . import token as tokens
from .job import AsyncJob, Job
from .poller import PollOptions
from .spec import JobSpec, Keys, get_path, to_pointer

J = TypeVar("J", bound="Job[Any] | AsyncJob[Any]")


@frozen(eq=False)
class Link:
    """A link in the response of a start: the job, where its path parameters are, and the method that waits by id."""

    spec: JobSpec[Any]
    parameters: tuple[Keys, ...]
    method: str


@frozen(eq=False)
class Start:
    """The links in the response of a start operation, in the order in which they are tried."""

    operation: str
    links: tuple[Link, ...]


Starts: TypeAlias = Mapping[type, Start]


def follow(
    cls: type[J],
    core: SyncCore | AsyncCore,
    starts: Starts,
    started: Any,
    timeout: float | None,
    schedule: Iterable[float] | None,
    options: PollOptions,
) -> J:
    """Return the job that a start operation has started.

    Raises:
        InvalidArgumentError: `started` is not the response of a start operation.
        JobFailedError: The response reports a failure and no job.
        UnexpectedResponseError: The response contains no id of a job.
    """
    start = starts.get(type(started))
    if start is None:
        expected = " or ".join(f"the {model.__name__} returned by {s.operation}()" for model, s in starts.items())
        methods = " or ".join(dict.fromkeys(f"{link.method}(id)" for s in starts.values() for link in s.links))
        got = type(started).__name__
        raise InvalidArgumentError(f"wait() expects {expected}, got {got}. To wait by id, use {methods}.")
    body = started.to_dict()
    for link in start.links:
        values = tuple(get_path(body, path) for path in link.parameters)
        if all(value not in (None, "") and not isinstance(value, dict | list) for value in values):
            state = get_path(body, link.spec.state)
            has_ended = isinstance(state, str) and link.spec.kind(state) in {"success", "failure"}
            for name, value in zip(link.spec.operation.path_parameters, values, strict=True):
                try:
                    validate_id(link.spec.operation.id, name, value)
                except InvalidArgumentError as error:
                    problem = f"contains an id that cannot be requested: {error}"
                    raise _unexpected_start(core, start, body, problem) from None
            return cls(
                core,
                link.spec,
                values,
                timeout=timeout,
                schedule=schedule,
                options=options,
                just_started=not has_ended,
            )
    spec = start.links[0].spec
    state = get_path(body, spec.state)
    redact = core.authenticator.redact
    if isinstance(state, str) and spec.kind(state) == "failure":
        status = type(started).from_dict(json.loads(redact(json.dumps(body))))
        reason = redact(spec.failure_reason(body))
        summary = WaitSummary(start.operation, 0.0, 0, 0, None, state, None, status, "")
        message = f"{start.operation}: {state}, and the response contains no job id{f': {reason}' if reason else ''}"
        raise JobFailedError(message, summary, reason)
    expected = " or ".join(to_pointer(path) for link in start.links for path in link.parameters)
    raise _unexpected_start(core, start, body, f"contains no job id: {expected} is missing")


def _unexpected_start(core: SyncCore | AsyncCore, start: Start, body: Any, problem: str) -> UnexpectedResponseError:
    redact = core.authenticator.redact
    excerpt = redact(json.dumps(body))[:500]
    return UnexpectedResponseError(
        f"{start.operation}: the response {redact(problem)}", operation=start.operation, excerpt=excerpt
    )


def resume(
    cls: type[J],
    core: SyncCore | AsyncCore,
    specs: tuple[JobSpec[Any], ...],
    text: str,
    timeout: float | None,
    schedule: Iterable[float] | None,
    options: PollOptions,
) -> J:
    """Return the job of a resume token, with its start, its run and, unless `timeout` is given, its deadline.

    Raises:
        InvalidArgumentError: It is not a token of this API.
    """
    token = tokens.loads(text, specs[0].api)
    spec = next((spec for spec in specs if spec.operation.id == token.operation), None)
    if spec is None:
        known = ", ".join(spec.operation.id for spec in specs)
        problem = f"the token is of {token.operation[:80]!r}, which reports no job of this API"
        raise InvalidArgumentError(f"{problem}; expected {known}")
    if len(token.parameters) != len(spec.operation.path_parameters):
        names = ", ".join(spec.operation.path_parameters)
        raise InvalidArgumentError(
            f"the token's parameters must have a value for each of {names}, got {len(token.parameters)}"
        )
    resumed = attrs.evolve(
        options,
        arguments=tuple(token.arguments.items()),
        after_run=token.after_run,
        current_run=token.run,
        not_started_timeout=token.not_started_timeout,
        error_timeout=token.error_timeout,
    )
    return cls(
        core,
        spec,
        token.parameters,
        timeout=timeout,
        schedule=schedule,
        options=resumed,
        token=token,
    )
