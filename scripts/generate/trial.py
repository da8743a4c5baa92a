"""A program of its own: uses every part of a written package once, and prints what does not work as JSON."""

import ast
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

Finding = tuple[list[Any], str]  # the pointer into the document, and what is wrong there


def main() -> int:
    """Tries the package in the folder that is named, as stdin says."""
    sys.path.insert(0, sys.argv[1])
    found = []
    for number, plan in enumerate(json.load(sys.stdin)):
        for pointer, message in _tried(plan):
            found.append({"document": number, "pointer": pointer, "message": message})
    json.dump(found, sys.stdout)
    return 0


def _tried(plan: dict[str, Any]) -> Iterator[Finding]:
    package = f"job_status.{plan['package']}"
    try:
        for info in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(info.name)
        kinds = [
            getattr(importlib.import_module("job_status"), name) for name in (plan["class"], "Async" + plan["class"])
        ]
        models = importlib.import_module(f"{package}.models")
    except Exception as error:
        yield ["info", "title"], _told(error)
        return
    tried = [(getattr(models, model["class"], None), model) for model in plan["models"]]
    kinds_of_models = [(kind, model) for kind, model in tried if hasattr(kind, "from_dict")]
    for kind, model in kinds_of_models:
        yield from _model(kind, model)
    for operation in plan["operations"]:
        module = importlib.import_module(f"{package}.{operation['module']}")
        yield from _operation(module, kinds, plan["credentials"], operation)


def _own_names(module: Any, functions: tuple[str, ...] = ()) -> set[str]:
    """What the generator binds in a module, and in these functions of its class: names that no word may have."""
    tree = ast.parse(inspect.getsource(module))
    found = set()
    for top in tree.body:
        if isinstance(top, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in top.names}
        elif isinstance(top, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(top.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            kinds = node.args[1:] if node.func.id == "isinstance" else []
            found |= {node.func.id, *(kind.id for kind in kinds if isinstance(kind, ast.Name))}
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot):
            found |= {other.id for other in node.comparators if isinstance(other, ast.Name)}
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            found |= {argument.arg for argument in node.args.args}
            # The first assignments are the generator's; those after them are of the properties, or repeat the name.
            values = [n for n in node.body if isinstance(n, ast.Assign | ast.AnnAssign)]
            found |= {
                t.id
                for n in values
                if isinstance(n.value, ast.Call | ast.Dict) and _is_own(n.value)
                for t in _targets(n)
            }
    return found


def _is_own(value: ast.expr) -> bool:
    """Whether a value is made of no property: `dict(src_dict)` and `{}`."""
    return isinstance(value, ast.Dict) or (isinstance(value, ast.Call) and ast.unparse(value.func) == "dict")


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target for target in targets if isinstance(target, ast.Name)]


def _properties(kind: Any) -> dict[str, str]:
    """The attribute of each property: the one that the value of that property alone is put into."""
    found = {}
    tree = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
    # `field_dict["dockId"] = dock_id`, or `"dockId": dock_id` in the first update.
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Name)
            and isinstance(node.targets[0], ast.Subscript)
        ):
            if isinstance(key := node.targets[0].slice, ast.Constant):
                found[str(key.value)] = node.value.id
        elif isinstance(node, ast.Dict):
            for name, value in zip(node.keys, node.values, strict=True):
                if isinstance(name, ast.Constant) and isinstance(value, ast.Name):
                    found[str(name.value)] = value.id
    return found


def _model(kind: Any, model: dict[str, Any]) -> Iterator[Finding]:
    """Whether a model gives back what it was given."""
    try:
        got = kind.from_dict(copy.deepcopy(model["sample"])).to_dict()
    except Exception as error:
        own = _own_names(sys.modules[kind.__module__], ("from_dict", "to_dict"))
        met = [name for name, attribute in _properties(kind).items() if attribute in own]
        for name in met:
            yield [*model["pointer"], "properties", name], f"the property {name!r} meets a name of the generated code"
        if not met:
            yield model["pointer"], _told(error)
        return
    for name, value in model["sample"].items():
        if got.get(name) != value:
            place = [*model["pointer"], "properties", name]
            yield place, f"the property {name!r} reads {_short(value)} and gives back {_short(got.get(name))}"


def _operation(
    module: Any, kinds: list[Any], credentials: dict[str, Any], operation: dict[str, Any]
) -> Iterator[Finding]:
    arguments = _arguments(module, operation)
    for kind in kinds:
        requests: list[httpx.Request] = []

        def answer(request: httpx.Request, requests: list[httpx.Request] = requests) -> httpx.Response:
            requests.append(request)
            body = _of_the_job(operation)
            return httpx.Response(
                operation["status"], content=json.dumps(body), headers={"content-type": operation["type"]}
            )

        names = [operation["id"], f"{operation['id']}_raw"]
        names += [f"wait_for_{operation['noun']}"] if operation["noun"] else []
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in credentials.items()}
        for name in names:
            taken = {k: v for k, v in arguments.items() if k != "body"} if name.startswith("wait_for_") else arguments
            try:
                _call(kind, given, httpx.MockTransport(answer), name, taken)
            except Exception as error:
                own = _own_names(module)
                met = [(pointer, word) for python, _, word, _, pointer in operation["arguments"] if python in own]
                for pointer, word in met:
                    yield pointer, f"the parameter {word!r} meets a name of the generated code"
                if not met:
                    yield operation["pointer"], f"{name}: {_told(error)}"
                return
        yield from _arrived(operation, arguments, requests[0])


def _call(kind: Any, credentials: dict[str, Any], transport: Any, name: str, arguments: dict[str, Any]) -> None:
    # Nothing of the surroundings counts: what is written is the same everywhere.
    made = kind("https://trial.invalid/base", **credentials, http_transport=transport, max_retries=0, trust_env=False)
    method = getattr(made, name)
    if not inspect.iscoroutinefunction(method):
        with made:
            method(**arguments)
        return

    async def called() -> None:
        async with made:
            await method(**arguments)

    asyncio.run(called())


def _of_the_job(operation: dict[str, Any]) -> Any:
    """The answer, of the job that is asked for."""
    body = copy.deepcopy(operation["reply"])
    values = [value for _, where, _, value, _ in operation["arguments"] if where == "path"]
    holder = body
    for key in operation["id_path"][:-1]:
        holder = holder.get(key) if isinstance(holder, dict) else None
    if (
        operation["id_path"]
        and isinstance(holder, dict)
        and str(holder.get(operation["id_path"][-1])) not in map(str, values)
    ):
        holder[operation["id_path"][-1]] = values[-1]
    return body


def _arguments(module: Any, operation: dict[str, Any]) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(module._get_kwargs)
    except Exception:
        hints = {}
    made = {name: _typed(hints.get(name), value) for name, _, _, value, _ in operation["arguments"]}
    if operation["has_body"]:
        made["body"] = _typed(hints.get("body"), operation["body"])
    return made


def _typed(hint: Any, value: Any) -> Any:
    """A value as an argument of this type takes it."""
    for kind in typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,):
        if typing.get_origin(kind) is list and isinstance(value, list):
            return [_typed(typing.get_args(kind)[0], item) for item in value]
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


def _arrived(operation: dict[str, Any], arguments: dict[str, Any], request: httpx.Request) -> Iterator[Finding]:
    """Whether each argument stands in the request where the document has it."""
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
            yield pointer, f"the {where} parameter {name} does not reach the request"


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {_short(str(error))}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."


if __name__ == "__main__":
    sys.exit(main())
