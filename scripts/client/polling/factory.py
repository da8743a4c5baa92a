"""Creation of jobs from the response of a start, or from a resume token."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import attrs
from attrs import field, frozen

from ..arguments import validate_id
from ..auth import redact_json
from ..call import Operation
from ..core import AsyncCore, SyncCore
from ..errors import InvalidArgumentError, JobFailedError, UnexpectedResponseError, WaitSummary
from ..expressions import BODY, CONSTANT, HEADER, Expression, get_path, to_pointer
from ..started import Origin, origin_of
from . import token as tokens
from .job import AsyncJob, Job
from .learned import AnySchedule
from .poller import PollOptions
from .spec import FINAL, NULL, JobSpec

J = TypeVar("J", bound="Job[Any] | AsyncJob[Any]")


DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@frozen(eq=False)
class Link:
    """A link in the response of a start: the job, where its parameters are, and the method that waits by id.

    Attributes:
        spec: The job.
        values: The name in the document, and the expression, of each parameter that names the job.
        method: The method.
        path: The path of the status operation in the document.
        arguments: The same of its other parameters, by keyword argument.
    """

    spec: JobSpec[Any]
    values: tuple[tuple[str, Expression], ...]
    method: str
    path: str
    arguments: Mapping[str, tuple[str, Expression]] = field(factory=dict)

    def evaluate(self, body: Any, origin: Origin | None, base_url: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the values of both, None for each that is missing.

        Raises:
            LookupError: The request, or the headers of the response, are not known.
            ValueError: It is not a URL of the status operation.
        """

        def value(parameter: tuple[str, Expression]) -> Any:
            name, (source, keys) = parameter
            if source == CONSTANT:
                return keys[0]
            if source == BODY:
                found = get_path(body, keys)
            elif origin is None:
                raise LookupError(_describe(source, keys))
            else:
                found = origin.evaluate(source, keys)
            if found in (None, "") or isinstance(found, dict | list):
                return None
            if source == HEADER and _is_url(keys[0], found):
                return _in_location(name, keys[0], found, self.path, base_url, origin)
            return parameters_of_url(self.path, found).get(name, found) if isinstance(found, str) else found

        return tuple(map(value, self.values)), {name: value(p) for name, p in self.arguments.items()}


@frozen(eq=False)
class Start:
    """A start operation, and the links in its response, in the order in which they are tried."""

    operation: Operation
    links: tuple[Link, ...]


def converter(cls: Any) -> Callable[[Any], Any]:
    """Return what creates an argument of a class, such as a model, a date or an enum, from JSON."""
    created: Callable[[Any], Any] = getattr(cls, "from_dict", getattr(cls, "fromisoformat", cls))
    return created


def keyword_id(build: Callable[..., dict[str, Any]], name: str) -> Callable[..., dict[str, Any]]:
    """Return a function that builds a request with the last positional argument as the keyword argument `name`."""
    return lambda *values, **arguments: build(*values[:-1], **{name: values[-1]}, **arguments)


Starts: TypeAlias = Mapping[type, Start]


def parameters_of_url(path: str, url: str) -> dict[str, str]:
    """Return the parameters in a URL, or in the end of its path such as `jobs/1`; empty if the path is another one.

    Args:
        path: The path in the document, such as `/api/jobs/{id}`.
        url: A URL, an absolute path, or the end of a path with at least one of its constant parts.
    """
    if "/" not in url:
        return {}
    parts = urllib.parse.urlsplit(url)
    template, given = path.strip("/").split("/"), parts.path.strip("/").split("/")
    is_whole = parts.scheme in DEFAULT_PORTS or parts.path.startswith("/")
    if len(given) < len(template) and is_whole:
        return {}
    if not is_whole and (len(given) > len(template) or all("{" in part for part in template[-len(given) :])):
        return {}
    found: dict[str, str] = {name: values[-1] for name, values in urllib.parse.parse_qs(parts.query).items()}
    for expected, value in zip(reversed(template), reversed(given), strict=False):
        before, _, rest = expected.partition("{")
        name, _, after = rest.partition("}")
        if not rest and expected != value:
            return {}
        if rest and not (value.startswith(before) and value.endswith(after) and len(value) > len(before + after)):
            return {}
        if rest:
            found[name] = urllib.parse.unquote(value[len(before) : len(value) - len(after)])
    return found


def _is_url(header: str, value: str) -> bool:
    """Return whether a header is a URL, absolute or relative, rather than an id."""
    is_location = header.lower().endswith("location") and "/" in value
    return is_location or value.startswith(("http://", "https://", "/", "."))


def _in_location(name: str, header: str, value: str, path: str, base_url: str, origin: Origin | None) -> str:
    """Return the parameter in the URL of a header, absolute or relative to the request.

    Raises:
        ValueError: It is not a URL of the status operation at the same origin.
    """
    url = urllib.parse.urljoin(origin.url if origin else base_url, value)
    if _origin_of_url(url) != _origin_of_url(base_url):
        problem = f"{header} is a URL of {_origin_of_url(url)}, expected one of {_origin_of_url(base_url)}"
        raise ValueError(f"{problem}; no credentials are sent elsewhere")
    found = (parameters_of_url(path, value) | parameters_of_url(path, url)).get(name)
    if found is None:
        raise ValueError(f"{header} is {value!r}, expected a URL like {path}")
    return found


def _origin_of_url(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or DEFAULT_PORTS.get(parts.scheme, 0)}"


def _describe(source: str, keys: tuple[Any, ...]) -> str:
    """Return an expression as messages show it."""
    if source == BODY:
        return to_pointer(keys)
    return f"${source}" + (f"#{to_pointer(keys)}" if source.endswith("body") else "".join(f".{key}" for key in keys))


def follow(
    cls: type[J],
    core: SyncCore | AsyncCore,
    starts: Starts,
    started: Any,
    timeout: float | None,
    schedule: AnySchedule | None,
    options: PollOptions,
) -> J:
    """Return the job that a start operation has started.

    Raises:
        InvalidArgumentError: `started` is not the response of a start operation.
        JobFailedError: The response reports a failure and no job.
        UnexpectedResponseError: The response contains no id of a job.
    """
    origin = origin_of(started)
    start = starts.get(type(started))
    if start is None:
        expected = " or ".join(f"the {model.__name__} returned by {s.operation.id}()" for model, s in starts.items())
        methods = " or ".join(dict.fromkeys(f"{link.method}(id)" for s in starts.values() for link in s.links))
        got = type(started).__name__
        raise InvalidArgumentError(f"wait() expects {expected}, got {got}. To wait by id, use {methods}.")
    body = started.to_dict()
    for link in start.links:
        spec = link.spec
        try:
            values, arguments = link.evaluate(body, origin, core.settings.base_url)
        except LookupError as missing:
            problem = f"{type(started).__name__} is a copy, or was not returned by a call, so that {missing} is missing"
            raise InvalidArgumentError(f"wait(): the {problem}; use {link.method}(id)") from None
        except ValueError as error:
            raise _unexpected_start(core, start, body, f"contains no job: {error}") from None
        if None in values or None in arguments.values():
            continue
        try:
            for name, value in zip(spec.operation.parameters, values, strict=True):
                validate_id(spec.operation.id, name, value)
            arguments = dict(spec.converted(arguments))
        except Exception as error:  # a converter may raise anything
            problem = f"contains an id that cannot be requested: {error}"
            raise _unexpected_start(core, start, body, problem) from None
        if arguments:
            options = attrs.evolve(options, arguments=(*options.arguments, *arguments.items()))
        has_ended = _kind(spec, body) in FINAL
        return cls(core, spec, values, timeout=timeout, schedule=schedule, options=options, just_started=not has_ended)
    spec = start.links[0].spec
    redact = core.authenticator.redact
    if _kind(spec, body) == "failure":
        state = spec.state_of(body)
        status = type(started).from_dict(json.loads(redact_json(json.dumps(body), redact)))
        reason = redact(spec.failure_reason(body))
        summary = WaitSummary(start.operation.id, 0.0, 0, 0, None, state, None, status, "")
        message = f"{start.operation.id}: {state}, and the response contains no job id{f': {reason}' if reason else ''}"
        raise JobFailedError(message, summary, reason)
    expected = " or ".join(_describe(*expression) for link in start.links for _, expression in link.values)
    raise _unexpected_start(core, start, body, f"contains no job id: {expected} is missing")


def _kind(spec: JobSpec[Any], body: Any) -> str | None:
    """Return the kind of the state that the response of a start reports, None if it reports none."""
    state = spec.state_of(body)
    # A start that does not report the state says nothing about the job.
    return None if state is None or state == NULL else spec.kind(state)


def _unexpected_start(core: SyncCore | AsyncCore, start: Start, body: Any, problem: str) -> UnexpectedResponseError:
    redact = core.authenticator.redact
    excerpt = redact(json.dumps(body))[:500]
    name = start.operation.id
    return UnexpectedResponseError(f"{name}: the response {redact(problem)}", operation=name, excerpt=excerpt)


def resume(
    cls: type[J],
    core: SyncCore | AsyncCore,
    specs: tuple[JobSpec[Any], ...],
    text: str,
    timeout: float | None,
    schedule: AnySchedule | None,
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
    if len(token.parameters) != len(spec.operation.parameters):
        names = ", ".join(spec.operation.parameters)
        raise InvalidArgumentError(
            f"the token's parameters must have a value for each of {names}, got {len(token.parameters)}"
        )
    try:
        arguments = spec.converted(token.arguments)
    except Exception as error:  # a converter may raise anything
        raise InvalidArgumentError(f"the token's arguments cannot be sent: {error}") from None
    resumed = attrs.evolve(
        options,
        arguments=arguments,
        after_run=token.after_run,
        current_run=token.run,
        not_started_timeout=token.not_started_timeout,
        error_timeout=token.error_timeout,
        raise_on_partial=token.raise_on_partial,
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
