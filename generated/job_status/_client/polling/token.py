# Generated from scripts/client/polling/token.py by `make generate`; do not edit.

"""Resume tokens: the state of a wait as JSON, with a version and without secrets."""

from __future__ import annotations

import enum
import json
import re
import uuid
from typing import Any, Final

from attrs import frozen

from ..errors import InvalidArgumentError
from .run_id import RunId

VERSION: Final = 1
# The context of a span, as the W3C defines it: version 00, trace, span and flags.
TRACEPARENT: Final = "00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})"
SCALARS: Final = str | int | float | bool | None


@frozen
class Token:
    """The state of a wait that another process can resume. Times are seconds since 1970.

    `polls`, `failed_polls` and `elapsed` are the progress of the wait, `remaining` the seconds to its deadline when the
    token was written, `trace` the context of its span.
    """

    api: str
    operation: str
    parameters: tuple[Any, ...]
    arguments: dict[str, Any]
    started_at: float
    deadline: float | None
    after_run: RunId | None
    run: RunId | None
    state: str | None
    not_started_timeout: float
    error_timeout: float
    raise_on_partial: bool = False
    polls: int = 0
    failed_polls: int = 0
    elapsed: float = 0.0
    remaining: float | None = None
    trace: str | None = None


def dumps(token: Token) -> str:
    """Return a token as JSON."""
    plain = {name: _plain(value) for name, value in token.arguments.items()}
    arguments = {name: value for name, value in plain.items() if isinstance(value, SCALARS | dict | list)}
    return json.dumps(
        {
            "job_status": VERSION,
            "api": token.api,
            "operation": token.operation,
            "parameters": list(token.parameters),
            "arguments": arguments,
            "started_at": round(token.started_at, 3),
            "deadline": None if token.deadline is None else round(token.deadline, 3),
            "after_run": _dump_run(token.after_run),
            "run": _dump_run(token.run),
            "state": token.state,
            "not_started_timeout": token.not_started_timeout,
            "error_timeout": token.error_timeout,
            **({"raise_on_partial": True} if token.raise_on_partial else {}),
            "polls": token.polls,
            "failed_polls": token.failed_polls,
            "elapsed": round(token.elapsed, 3),
            "remaining": None if token.remaining is None else round(token.remaining, 3),
            **({"trace": token.trace} if token.trace else {}),
        }
    )


def _plain(value: Any) -> Any:
    """Return an argument as JSON, from which its converter makes it again."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    for convert in ("to_dict", "isoformat"):
        if hasattr(value, convert):
            return getattr(value, convert)()
    return value.value if isinstance(value, enum.Enum) else str(value) if isinstance(value, uuid.UUID) else value


def loads(text: str, api: str) -> Token:
    """Parse a token of an API.

    Raises:
        InvalidArgumentError: It is not a token, has another version, or is of another API.
    """
    try:
        raw = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise InvalidArgumentError(f"resume() expects a token from job.token(), got {str(text)[:40]!r}") from None
    version = raw.get("job_status") if isinstance(raw, dict) else None
    if version != VERSION:
        got = "none" if version is None else repr(version)
        raise InvalidArgumentError(f"resume() expects a token with job_status {VERSION}, got {got}")
    if raw.get("api") != api:
        raise InvalidArgumentError(
            f"the token is of {raw.get('api')!r}, and this is {api}; resume it with its own client"
        )
    arguments = _field(raw, "arguments", dict)
    single = (one for value in arguments.values() for one in (value if isinstance(value, list) else [value]))
    _scalars(raw, "arguments", [value for value in single if not isinstance(value, dict)])
    return Token(
        api=api,
        operation=_field(raw, "operation", str),
        parameters=tuple(_scalars(raw, "parameters", _field(raw, "parameters", list))),
        arguments=arguments,
        started_at=_seconds(raw, "started_at"),
        deadline=None if raw.get("deadline") is None else _seconds(raw, "deadline"),
        after_run=_load_run(raw, "after_run"),
        run=_load_run(raw, "run"),
        state=None,
        not_started_timeout=max(_seconds(raw, "not_started_timeout"), 0.0),
        error_timeout=max(_seconds(raw, "error_timeout"), 0.0),
        raise_on_partial=raw.get("raise_on_partial") is True,
        polls=_count(raw, "polls"),
        failed_polls=_count(raw, "failed_polls"),
        elapsed=max(_seconds(raw, "elapsed"), 0.0) if "elapsed" in raw else 0.0,
        remaining=None if raw.get("remaining") is None else _seconds(raw, "remaining"),
        trace=_trace(raw),
    )


def _trace(raw: dict[str, Any]) -> str | None:
    value = raw.get("trace")
    if value is not None and not (isinstance(value, str) and re.fullmatch(TRACEPARENT, value)):
        raise InvalidArgumentError(f"the token's trace must be a W3C traceparent, got {str(value)[:40]!r}")
    return value


def _count(raw: dict[str, Any], name: str) -> int:
    value = raw.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1e15:
        raise InvalidArgumentError(f"the token's {name} must be a count, got {str(value)[:40]!r}")
    return value


def _dump_run(run: RunId | None) -> Any:
    return None if run is None else {"ids": list(run.ids), "requested_at": run.requested_at}


def _load_run(raw: dict[str, Any], name: str) -> RunId | None:
    value = raw.get(name)
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("ids"), list):
        raise InvalidArgumentError(f"the token's {name} must be null or an object with ids, got {str(value)[:40]!r}")
    requested_at = None if value.get("requested_at") is None else _seconds(value, "requested_at")
    return RunId(tuple(value["ids"]), requested_at)


def _field(raw: dict[str, Any], name: str, kind: type) -> Any:
    value = raw.get(name)
    if not isinstance(value, kind):
        raise InvalidArgumentError(f"the token's {name} must be of type {kind.__name__}, got {str(value)[:40]!r}")
    return value


def _scalars(raw: dict[str, Any], name: str, values: Any) -> list[Any]:
    for value in values:
        if not isinstance(value, SCALARS):
            raise InvalidArgumentError(
                f"the token's {name} must contain strings, numbers or booleans, got {type(value).__name__}"
            )
    return list(values)


def _seconds(raw: dict[str, Any], name: str) -> float:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        raise InvalidArgumentError(f"the token's {name} must be seconds, got {str(value)[:40]!r}")
    return float(value)
