"""Makes jobs out of what a client was given: the answer of a start, or a resume token."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

import attrs
from attrs import frozen

from ..arguments import read_id
from ..errors import InvalidArgumentError, JobFailedError, UnexpectedResponseError, WaitSummary
from . import token as tokens
from .poller import Options, Poller
from .spec import JobSpec, Keys, pointer, walk

W = TypeVar("W", bound=Poller[Any])


@frozen(eq=False)
class Link:
    """A link of a start's answer: the job it leads to, and where the answer holds each of its path parameters."""

    plan: JobSpec[Any]
    parameters: tuple[Keys, ...]


@frozen(eq=False)
class Start:
    """What the answer of a start operation leads to: its links, in the order in which they are tried."""

    operation: str
    links: tuple[Link, ...]


Starts: TypeAlias = Mapping[type, Start]


def follow(
    kind: type[W],
    client: Any,
    starts: Starts,
    started: Any,
    timeout: float | None,
    schedule: Iterable[float] | None,
    options: Options,
) -> W:
    """The job that a start has begun.

    Raises:
        InvalidArgumentError: this is no answer of a start operation.
        JobFailedError: the answer tells a failure and names no job.
        UnexpectedResponseError: the answer names no job.
    """
    start = starts.get(type(started))
    if start is None:
        wanted = " or ".join(f"the {cls.__name__} that {known.operation} returns" for cls, known in starts.items())
        raise InvalidArgumentError(
            f"wait wants {wanted}, got {type(started).__name__}; for an id there is wait_for_<noun>"
        )
    body = started.to_dict()
    for link in start.links:
        values = tuple(walk(body, path) for path in link.parameters)
        if all(value not in (None, "") and not isinstance(value, dict | list) for value in values):
            word = walk(body, link.plan.state)
            ended = isinstance(word, str) and link.plan.kind(word) in {"success", "failure"}
            for name, value in zip(link.plan.operation.path_parameters, values, strict=True):
                try:
                    read_id(link.plan.operation.id, name, value)
                except InvalidArgumentError as error:
                    raise _unfollowable(
                        client, start, body, f"names a job that cannot be asked about: {error}"
                    ) from None
            return kind(
                client, link.plan, values, timeout=timeout, schedule=schedule, options=options, under_way=not ended
            )
    plan = start.links[0].plan
    word = walk(body, plan.state)
    if isinstance(word, str) and plan.kind(word) == "failure":
        masked = client._signer.redact(json.dumps(body))
        status = type(started).from_dict(json.loads(masked))
        reason = client._signer.redact(plan.why(body))
        summary = WaitSummary(start.operation, 0.0, 0, 0, None, word, None, status, "")
        message = f"{start.operation}: {word}, and the answer names no job{f': {reason}' if reason else ''}"
        raise JobFailedError(message, summary, reason)
    wanted = " or ".join(pointer(path) for link in start.links for path in link.parameters)
    raise _unfollowable(client, start, body, f"names no job to wait for: it lacks {wanted}")


def _unfollowable(client: Any, start: Start, body: Any, problem: str) -> UnexpectedResponseError:
    masked = client._signer.redact
    excerpt = masked(json.dumps(body))[:500]
    return UnexpectedResponseError(
        f"{start.operation}: the answer {masked(problem)}", operation=start.operation, excerpt=excerpt
    )


def resume(
    kind: type[W],
    client: Any,
    plans: tuple[JobSpec[Any], ...],
    text: str,
    timeout: float | None,
    schedule: Iterable[float] | None,
    options: Options,
) -> W:
    """The job of a resume token, with its beginning, its run and, unless there is another timeout, its deadline.

    Raises:
        InvalidArgumentError: it is no token of this API.
    """
    token = tokens.read(text, plans[0].api)
    plan = next((plan for plan in plans if plan.operation.id == token.operation), None)
    if plan is None:
        known = ", ".join(plan.operation.id for plan in plans)
        raise InvalidArgumentError(
            f"the token is of {token.operation[:80]!r}, which reports no job here; wanted {known}"
        )
    if len(token.parameters) != len(plan.operation.path_parameters):
        wanted = ", ".join(plan.operation.path_parameters)
        raise InvalidArgumentError(
            f"the token's parameters want a value for each of {wanted}, got {len(token.parameters)}"
        )
    told = attrs.evolve(
        options,
        arguments=tuple(token.arguments.items()),
        after_run=token.after_run,
        pinned=token.run,
        not_started_timeout=token.not_started_timeout,
        error_timeout=token.error_timeout,
    )
    return kind(client, plan, token.parameters, timeout=timeout, schedule=schedule, options=told, token=token)
