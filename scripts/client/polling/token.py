"""Resume tokens: what another process needs to go on waiting. Plain JSON, versioned, without a secret."""

from __future__ import annotations

import json
from typing import Any, Final

from attrs import frozen

from ..errors import InvalidArgumentError
from .run_id import RunId

VERSION: Final = 1
SCALARS: Final = (str, int, float, bool, type(None))


@frozen
class Token:
    """A wait as another process can take it up. Moments are seconds since 1970.

    `polls`, `faults` and `elapsed` are how far it had come, `left` the seconds to its deadline when it was written.
    """

    api: str
    operation: str
    parameters: tuple[Any, ...]
    arguments: dict[str, Any]
    began: float
    deadline: float | None
    after_run: RunId | None
    run: RunId | None
    state: str | None
    not_started_timeout: float
    error_timeout: float
    polls: int = 0
    faults: int = 0
    elapsed: float = 0.0
    left: float | None = None


def written(token: Token) -> str:
    """A token as JSON."""
    arguments = {name: value for name, value in token.arguments.items() if isinstance(value, SCALARS)}
    return json.dumps(
        {
            "job_status": VERSION,
            "api": token.api,
            "operation": token.operation,
            "parameters": list(token.parameters),
            "arguments": arguments,
            "began": round(token.began, 3),
            "deadline": None if token.deadline is None else round(token.deadline, 3),
            "after_run": _run_written(token.after_run),
            "run": _run_written(token.run),
            "state": token.state,
            "not_started_timeout": token.not_started_timeout,
            "error_timeout": token.error_timeout,
            "polls": token.polls,
            "faults": token.faults,
            "elapsed": round(token.elapsed, 3),
            "left": None if token.left is None else round(token.left, 3),
        }
    )


def read(text: str, api: str) -> Token:
    """Reads a token of an API.

    Raises:
        InvalidArgumentError: it is no token, of another version or of another API. It says what was wanted and what came.
    """
    try:
        raw = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise InvalidArgumentError(f"resume wants a token as job.token() gives it, got {str(text)[:40]!r}") from None
    version = raw.get("job_status") if isinstance(raw, dict) else None
    if version != VERSION:
        got = "none" if version is None else repr(version)
        raise InvalidArgumentError(f"resume wants a token with job_status {VERSION}, got {got}")
    if raw.get("api") != api:
        raise InvalidArgumentError(
            f"the token is of {raw.get('api')!r}, and this is {api}; resume it with its own client"
        )
    return Token(
        api=api,
        operation=_field(raw, "operation", str),
        parameters=tuple(_scalars(raw, "parameters", _field(raw, "parameters", list))),
        arguments=dict(zip((a := _field(raw, "arguments", dict)), _scalars(raw, "arguments", a.values()), strict=True)),
        began=_seconds(raw, "began"),
        deadline=None if raw.get("deadline") is None else _seconds(raw, "deadline"),
        after_run=_run_read(raw, "after_run"),
        run=_run_read(raw, "run"),
        state=None,
        not_started_timeout=max(_seconds(raw, "not_started_timeout"), 0.0),
        error_timeout=max(_seconds(raw, "error_timeout"), 0.0),
        polls=_count(raw, "polls"),
        faults=_count(raw, "faults"),
        elapsed=max(_seconds(raw, "elapsed"), 0.0) if "elapsed" in raw else 0.0,
        left=None if raw.get("left") is None else _seconds(raw, "left"),
    )


def _count(raw: dict[str, Any], name: str) -> int:
    value = raw.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1e15:
        raise InvalidArgumentError(f"the token's {name} wants a count, got {str(value)[:40]!r}")
    return value


def _run_written(run: RunId | None) -> Any:
    return None if run is None else {"ids": list(run.ids), "moment": run.moment}


def _run_read(raw: dict[str, Any], name: str) -> RunId | None:
    value = raw.get(name)
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("ids"), list):
        raise InvalidArgumentError(f"the token's {name} wants null or an object with ids, got {str(value)[:40]!r}")
    return RunId(tuple(value["ids"]), None if value.get("moment") is None else _seconds(value, "moment"))


def _field(raw: dict[str, Any], name: str, kind: type) -> Any:
    value = raw.get(name)
    if not isinstance(value, kind):
        raise InvalidArgumentError(f"the token's {name} wants {kind.__name__}, got {str(value)[:40]!r}")
    return value


def _scalars(raw: dict[str, Any], name: str, values: Any) -> list[Any]:
    for value in values:
        if not isinstance(value, SCALARS):
            raise InvalidArgumentError(
                f"the token's {name} holds {type(value).__name__}, wanted texts, numbers or booleans"
            )
    return list(values)


def _seconds(raw: dict[str, Any], name: str) -> float:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        raise InvalidArgumentError(f"the token's {name} wants seconds, got {str(value)[:40]!r}")
    return float(value)
