"""A program that waits for jobs with generated clients: plans on stdin, the failure of each row on stdout."""

import asyncio
import contextlib
import datetime
import enum
import importlib
import inspect
import io
import json
import re
import sys
import traceback
import types
import typing
import uuid
from collections.abc import Callable
from typing import Any

import attrs

OPTIONS = frozenset(
    [
        "timeout",
        "headers",
        "on_update",
        "schedule",
        "error_timeout",
        "not_started_timeout",
        "after_run",
        "raise_on_partial",
    ]
)
CLIENT_OPTIONS = frozenset(
    [
        "base_url",
        "timeout",
        "max_retries",
        "headers",
        "verify",
        "proxy",
        "http_transport",
        "event_hooks",
        "max_response_bytes",
        "trust_env",
        "record",
        "max_in_flight",
        "limits_store",
    ]
)
SCHEDULE = [number * 0.002 for number in range(1, 500)]  # seconds; the clock of the simulator moves with each request
TIMEOUT = 20.0


def main() -> int:
    """Run the plans on stdin with the distribution in the folder in the arguments."""
    sys.path.insert(0, sys.argv[1])
    found = {}
    for plan in json.load(sys.stdin):
        reason = ""
        for asynchronous in (False, True):
            try:
                reason = reason or check(plan, asynchronous)
            except Exception as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{'/'.join(last.filename.split('/')[-3:])}:{last.lineno}"
                reason = f"{'async: ' if asynchronous else ''}{type(error).__name__}: {str(error)[:500]} at {where}"
        found[plan["row"]] = reason
    json.dump(found, sys.stdout)
    return 0


def check(plan: dict[str, Any], asynchronous: bool) -> str:
    """Start a job and wait for it, and wait for a job of each final state. Return what fails."""
    root = importlib.import_module("job_status")
    cls = client_class(root, plan["package"], asynchronous)
    missing = [name for name in plan["names"] if not hasattr(cls, name)]
    if missing:
        return f"the client has no {', '.join(missing)}; it has {', '.join(n for n in dir(cls) if n[0] != '_')}"
    schemes = [name for name in inspect.signature(cls).parameters if name not in CLIENT_OPTIONS]
    values = [tuple(value) if isinstance(value, list) else value for value in plan["credentials"]]
    if len(schemes) != len(values):
        return f"expected {len(values)} credentials, got the arguments {schemes}"

    async def with_async_client() -> str:
        async with cls(plan["url"], **dict(zip(schemes, values, strict=True))) as api:
            return await asyncio.to_thread(run, api, root, plan, True, asyncio.get_running_loop())

    if asynchronous:
        return asyncio.run(with_async_client())
    with cls(plan["url"], **dict(zip(schemes, values, strict=True))) as api:
        return run(api, root, plan, False, None)


def client_class(root: Any, package: str, asynchronous: bool) -> Any:
    """Return the class of the client of a document, which the package exports."""
    module = importlib.import_module(f"job_status._apis.{package}")
    defined = [name for name, cls in vars(module).items() if getattr(cls, "__module__", "") == module.__name__]
    name = next(name for name in defined if f"Async{name}" in defined)
    return getattr(root, f"Async{name}" if asynchronous else name)


def run(api: Any, root: Any, plan: dict[str, Any], asynchronous: bool, loop: Any) -> str:
    """Make the calls of a plan."""

    def call(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        if not asynchronous:
            return function(*arguments, **options)

        async def awaited() -> Any:
            return await function(*arguments, **options)

        return asyncio.run_coroutine_threadsafe(awaited(), loop).result()

    for start in plan["starts"]:
        method = getattr(api, start["method"])
        started = call(method, **arguments_of(method, start["arguments"], start["body"]))
        with contextlib.suppress(root.JobFailedError):
            call(api.wait, started, timeout=TIMEOUT, schedule=SCHEDULE)
    for wait in plan["waits"]:
        method = getattr(api, wait["method"])
        arguments = wait["calls"][asynchronous]
        values = arguments_of(method, arguments, None)
        handle = method(**values, timeout=TIMEOUT, schedule=SCHEDULE)
        shown = f"{'async ' if asynchronous else ''}{wait['method']}({arguments}) {wait['kind']}"
        try:
            call(handle.wait)
            kind = "partial" if handle.partial else "success"
        except root.JobFailedError:
            kind = "failure"
        if kind != wait["kind"]:
            return f"{shown}: expected {wait['kind']}, got {kind} {handle.state!r}"
        if kind == "partial":
            try:
                call(method(**values, timeout=TIMEOUT, schedule=SCHEDULE, raise_on_partial=True).wait)
                return f"{shown}: expected JobPartialError with raise_on_partial=True, got no exception"
            except root.JobPartialError:
                pass
        if str(handle.state) != wait["state"]:
            return f"{shown}: expected the state {wait['state']!r}, got {handle.state!r}"
    return ""


def arguments_of(method: Callable[..., Any], values: dict[str, Any], body: Any) -> dict[str, Any]:
    """Return the arguments of a method by their Python names, from values by their names in the document."""
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(method).parameters.items()
        if name not in OPTIONS and name != "body"
    }
    # An optional parameter of the same name does not hide a required one.
    optional_first = sorted(parameters, key=lambda name: parameters[name].default is inspect.Parameter.empty)
    by_name = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in optional_first}
    found, rest = {}, {}
    for name, value in values.items():
        plain = re.sub(r"[^a-z0-9]", "", name.lower())
        if plain in by_name:
            found[by_name.pop(plain)] = value
        else:
            rest[name] = value
    required = [n for n, p in parameters.items() if p.default is inspect.Parameter.empty and n not in found]
    found.update(zip(required, rest.values(), strict=True))
    if body is not None:
        found["body"] = body
    hints = typing.get_type_hints(method)
    made = {name: converted(hints.get(name), value) for name, value in found.items()}
    if isinstance(made.get("body"), dict) and hasattr(hints.get("body"), "from_dict"):
        made["body"] = form(hints["body"], made["body"])
    return made


def form(cls: Any, value: dict[str, Any]) -> Any:
    """Return a form with files: one for each field of files, whatever its value in JSON."""
    hints, found = typing.get_type_hints(cls), {}
    for name in (one.name for one in attrs.fields(cls) if one.init):
        if file := next((kind for kind in members(hints[name]) if getattr(kind, "__name__", "") == "File"), None):
            made = file(payload=io.BytesIO(b"data"), file_name="data.bin")
            found[name] = [made] if any(typing.get_origin(one) is list for one in members(hints[name])) else made
        elif name in value:
            found[name] = converted(hints[name], value[name])
    return cls(**found)


def members(hint: Any) -> list[Any]:
    """Return a type hint, and the ones in it."""
    return [hint, *(inner for one in typing.get_args(hint) for inner in members(one))]


def converted(hint: Any, value: Any) -> Any:
    """Convert a JSON value to an argument with the given type hint."""
    for kind in typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,):
        if typing.get_origin(kind) is list and isinstance(value, list):
            return [converted(typing.get_args(kind)[0], item) for item in value]
        try:
            if isinstance(kind, type) and issubclass(kind, enum.Enum):
                return kind(value)
            if hasattr(kind, "from_dict") and isinstance(value, dict):
                return kind.from_dict(value)
            if kind in (datetime.date, datetime.datetime) and isinstance(value, str):
                return kind.fromisoformat(value)
            if kind is uuid.UUID and isinstance(value, str):
                return uuid.UUID(value)
            if kind is bytes and isinstance(value, str):
                return value.encode()
            if kind in (int, float) and isinstance(value, str):
                return kind(value)
        except (TypeError, ValueError):
            continue
    return value


if __name__ == "__main__":
    sys.exit(main())
