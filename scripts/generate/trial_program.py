"""A program that uses every part of a generated package once, and prints what does not work as JSON."""

import asyncio
import copy
import datetime
import importlib
import inspect
import json
import pkgutil
import sys
import types
import typing
import urllib.parse
import uuid
from collections.abc import Iterator
from enum import Enum
from typing import Any

import httpx

# A pointer into the document, a message, and the module in which an exception was raised, otherwise an empty string.
Finding = tuple[list[Any], str, str]


def main() -> int:
    """Try the package in the arguments, a folder and a name, with the plans on stdin."""
    sys.path.insert(0, sys.argv[1])
    found = []
    for number, plan in enumerate(json.load(sys.stdin)):
        for pointer, message, module in _try_package(plan):
            found.append({"document": number, "pointer": pointer, "message": message, "module": module})
    json.dump(found, sys.stdout)
    return 0


def _try_package(plan: dict[str, Any]) -> Iterator[Finding]:
    root = sys.argv[2]
    package = f"{root}.{plan['package']}"
    try:
        for info in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(info.name)
        clients = [getattr(importlib.import_module(root), name) for name in (plan["class"], "Async" + plan["class"])]
        models = importlib.import_module(f"{package}.models")
    except Exception as error:
        yield ["info", "title"], _message(error), ""
        return
    for model in plan["models"]:
        if hasattr(cls := getattr(models, model["class"], None), "from_dict"):
            yield from _try_model(cls, model)
    for operation in plan["operations"]:
        module = importlib.import_module(f"{package}.{operation['module']}")
        yield from _try_operation(module, clients, plan["credentials"], operation)


def _try_model(cls: Any, model: dict[str, Any]) -> Iterator[Finding]:
    """Check that a model returns the values it was created from."""
    try:
        got = cls.from_dict(copy.deepcopy(model["sample"])).to_dict()
    except Exception as error:
        yield model["pointer"], _message(error), cls.__module__
        return
    for name, value in model["sample"].items():
        if _normalized(got.get(name)) != _normalized(value):
            place = [*model["pointer"], "properties", name]
            yield place, f"the property {name!r}: expected {_short(value)}, got {_short(got.get(name))}", ""


def _normalized(value: Any) -> Any:
    """Return a value in which a time has one form, whether it ends in Z or in +00:00."""
    if isinstance(value, dict):
        return {key: _normalized(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_normalized(child) for child in value]
    try:
        return datetime.datetime.fromisoformat(value).isoformat() if isinstance(value, str) else value
    except ValueError:
        return value


def _try_operation(
    module: Any, clients: list[Any], credentials: dict[str, Any], operation: dict[str, Any]
) -> Iterator[Finding]:
    arguments = _arguments(module, operation)
    for client in clients:
        requests: list[httpx.Request] = []

        def respond(request: httpx.Request, requests: list[httpx.Request] = requests) -> httpx.Response:
            requests.append(request)
            content = json.dumps(operation["reply"]) if "reply" in operation else ""
            headers = {"content-type": operation["type"], **operation["headers"]}
            return httpx.Response(operation["status"], content=content, headers=headers)

        names = [operation["id"], f"{operation['id']}_raw"]
        names += [f"wait_for_{operation['noun']}"] if operation["noun"] else []
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in credentials.items()}
        for name in names:
            is_wait = name.startswith("wait_for_")
            passed = {**arguments, "timeout": 0.05} if is_wait and not operation["ends"] else arguments
            try:
                _call(client, values, httpx.MockTransport(respond), name, passed, operation["is_start"])
            except Exception as error:
                if is_wait and not operation["ends"] and isinstance(error, TimeoutError):
                    continue
                yield operation["pointer"], f"{name}: {_message(error)}", module.__name__
                return
        yield from _check_request(operation, arguments, requests[0])


def _call(
    cls: Any, credentials: dict[str, Any], transport: Any, name: str, arguments: dict[str, Any], is_start: bool
) -> None:
    # The result must not depend on the environment.
    client = cls("https://trial.invalid/base", **credentials, http_transport=transport, max_retries=0, trust_env=False)
    method = getattr(client, name)
    if not inspect.iscoroutinefunction(method):
        with client:
            _follow(client, method(**arguments), is_start)
        return

    async def called() -> None:
        async with client:
            _follow(client, await method(**arguments), is_start)

    asyncio.run(called())


def _follow(client: Any, started: Any, is_start: bool) -> None:
    """Create the job that a start operation has started. The response may contain none."""
    if is_start and hasattr(started, "to_dict"):
        try:
            client.job(started)
        except Exception as error:
            if type(error).__name__ not in {"UnexpectedResponseError", "JobFailedError"}:
                raise


def _arguments(module: Any, operation: dict[str, Any]) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(module.sync_detailed)
    except Exception:
        hints = {}
    made = {name: _converted(hints.get(name), value) for name, _, _, value, _ in operation["arguments"]}
    if operation["has_body"]:
        made["body"] = _request_body(hints.get("body"), operation["body"])
    return made


def _request_body(hint: Any, value: Any) -> Any:
    """Convert a JSON value to a request body. Files, and forms that contain files, are empty."""
    for kind in typing.get_args(hint) or (hint,):
        if kind is bytes:
            return b"trial"
    made = _converted(hint, value)
    if isinstance(value, dict) and made is value and hasattr(hint, "from_dict"):
        return hint.from_dict({})
    return made


def _converted(hint: Any, value: Any) -> Any:
    """Convert a JSON value to an argument with the given type hint."""
    for kind in typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,):
        if typing.get_origin(kind) is list and isinstance(value, list):
            return [_converted(typing.get_args(kind)[0], item) for item in value]
        try:
            if isinstance(kind, type) and issubclass(kind, Enum):
                return kind(value)
            if hasattr(kind, "from_dict") and isinstance(value, dict):
                return kind.from_dict(copy.deepcopy(value))
            if kind in (datetime.date, datetime.datetime) and isinstance(value, str):
                return kind.fromisoformat(value)
            if kind is uuid.UUID and isinstance(value, str):
                return uuid.UUID(value)
        except (TypeError, ValueError):
            continue
    return value


def _check_request(operation: dict[str, Any], arguments: dict[str, Any], request: httpx.Request) -> Iterator[Finding]:
    """Check that each argument is in the request, at the place given in the document."""
    for python, where, name, value, pointer in operation["arguments"]:
        if not isinstance(value, str | int) or not isinstance(arguments[python], str | int):
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if where == "path":
            found = urllib.parse.quote(text, safe="") in request.url.raw_path.decode().split("?")[0].split("/")
            found = found or urllib.parse.quote(text, safe="") in request.url.raw_path.decode()
        elif where == "query":
            found = text in request.url.params.get_list(name)
        elif where == "header":
            found = text in request.headers.get_list(name)
        else:
            found = f"{name}={text}" in request.headers.get("cookie", "")
        if not found:
            yield pointer, f"the {where} parameter {name} does not reach the request", ""


def _message(error: Exception) -> str:
    return f"{type(error).__name__}: {_short(str(error))}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."


if __name__ == "__main__":
    sys.exit(main())
