"""Read the source that openapi-python-client has written."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import frozen

from ..document import Document, DocumentError, Operation, Parameter, Problem, snake_case
from ..document.source import Pointer
from .options import Option

CALLS = ("sync", "sync_detailed", "asyncio", "asyncio_detailed")


@frozen
class EndpointFunction:
    """A generated function that sends the request of an operation.

    Attributes:
        operation: The operation.
        module: Its module in the sub-package, such as `api.dock_status.get_dock_status`.
        positional: Its positional parameters, as source, by name.
        keywords: Its keyword-only parameters, as source, by name.
        model: The class of its success responses.
        imports: The import statements for its types, as source.
    """

    operation: Operation
    module: str
    positional: Mapping[str, str]
    keywords: Mapping[str, str]
    model: str
    imports: tuple[str, ...]

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters of the operation by Python name."""
        described = {parameter.name: parameter for parameter in self.operation.parameters}
        order = path_order(self.operation)
        order += [p.name for where in ("query", "header", "cookie") for p in self.operation.parameters_in(where)]
        names = (*self.positional, *self.keywords)
        return {python: described[name] for name, python in zip(order, names, strict=False)}

    @property
    def values(self) -> str:
        """The tuple of its positional arguments, as source."""
        return "(" + "".join(f"{name}, " for name in self.positional) + ")"

    @property
    def keyword_values(self) -> str:
        """The dict of its keyword arguments, as source."""
        return "{" + ", ".join(f"{name!r}: {name}" for name in self.keywords) + "}"

    def signature(self, options: Iterable[Option], model: str = "") -> str:
        """Return the parameters of a method that calls the function and has these options too, as source."""
        own = (*self.positional.values(), "*", *self.keywords.values())
        return ", ".join(["self", *own, *(option.parameter(model=model) for option in options)])


def path_order(operation: Operation) -> list[str]:
    """Return the path parameters in the order of the path, which is that of the generated function."""
    names = [parameter.name for parameter in operation.parameters_in("path")]
    return sorted(names, key=lambda name: operation.path.index(f"{{{name}}}"))


def read_function(document: Document, operation: Operation, package: Path) -> EndpointFunction:
    """Read the generated function of an operation from the sub-package of its document.

    Raises:
        DocumentError: The function has no response model, or several.
    """
    module = next(iter(package.glob(f"api/*/{operation.id}.py")))
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    arguments = functions["sync_detailed"].args
    defaults = {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    keywords = [argument for argument in arguments.kwonlyargs if argument.arg != "client"]
    models = list(dict.fromkeys(_success_models(functions["_parse_response"], operation)))
    if len(models) != 1:
        message = (
            f"expected one component as the body of its successes, got {', '.join(models) or 'none'}; "
            "describe the 2xx response by one component of type object"
        )
        raise DocumentError([Problem(document.path, document.line(operation.pointer), operation.id, message)])
    typed = (*arguments.args, *keywords, *defaults.values())
    used = {node.id for root in typed for node in ast.walk(root) if isinstance(node, ast.Name)}
    imports = [line for name, line in _imports(tree, package.name) if name in {*used, *models}]
    home = f"api.{module.parent.name}.{operation.id}"
    return EndpointFunction(
        operation=operation,
        module=home,
        positional={argument.arg: ast.unparse(argument) for argument in arguments.args},
        keywords={
            argument.arg: ast.unparse(argument)
            + (f" = {ast.unparse(defaults[argument.arg])}" if argument.arg in defaults else "")
            for argument in keywords
        },
        model=models[0],
        imports=(*imports, f"from ..{package.name}.{home} import _get_kwargs as _build_{operation.id}"),
    )


def _success_models(parse: ast.FunctionDef, operation: Operation) -> Iterator[str]:
    """Yield the models that the generated code parses 2xx responses into."""
    statuses = {response.status for response in operation.responses if response.is_success}
    for node in parse.body:
        if isinstance(node, ast.If) and any(f"== {status}" in ast.unparse(node.test) for status in statuses):
            for call in ast.walk(node):
                function = call.func if isinstance(call, ast.Call) else None
                if isinstance(function, ast.Attribute) and function.attr == "from_dict":
                    yield ast.unparse(function.value)


def _imports(tree: ast.Module, package: str) -> Iterator[tuple[str, str]]:
    """Yield each imported name of a generated module, with the import as the module of the classes writes it."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            home = f"..{package}.{node.module}" if node.level else node.module
            for alias in node.names:
                yield alias.asname or alias.name, f"from {home} import {alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], f"import {alias.name}"


def own_names(target: Path) -> set[str]:
    """Return the names in the generated modules, except those of models: all that are defined or imported."""
    found: set[str] = set()
    for path in target.rglob("*.py"):
        is_model = path.parent.name == "models"
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and not (node.level and "models" in (node.module or "").split(".")):
                if not (is_model and node.level == 1):
                    found |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.ClassDef | ast.Assign) and not is_model:
                targets = node.targets if isinstance(node, ast.Assign) else [ast.Name(node.name)]
                found |= {one.id for one in targets if isinstance(one, ast.Name)}
    return found


def missing_parts(document: Document, models: Mapping[str, str], target: Path) -> Iterator[Problem]:
    """Yield a problem for each part of a document that is missing in its sub-package.

    `models` maps each component schema to its class.
    """
    for operation in document.operations:
        yield from _missing_calls(document, operation, target)
    yield from _missing_models(document, models, target)


def _missing_calls(document: Document, operation: Operation, target: Path) -> Iterator[Problem]:
    """Yield a problem for each part of an operation that is missing in the generated module."""

    def left_out(part: str, pointer: Pointer) -> Problem:
        message = f"openapi-python-client left out {part}; rename it, or describe it in another way"
        return Problem(document.path, document.line(pointer), operation.id, message)

    module = next(iter(target.glob(f"api/*/{operation.id}.py")), None)
    if module is None:
        yield left_out("the operation", operation.pointer)
        return
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for name in CALLS:
        if name not in functions:
            yield left_out(f"the call {name}", operation.pointer)
    if "sync_detailed" in functions:
        arguments = functions["sync_detailed"].args
        generated = {argument.arg.strip("_") for argument in (*arguments.args, *arguments.kwonlyargs)}
        for parameter in operation.parameters:
            name = snake_case(parameter.name)
            if not generated & {name, f"{name}_{parameter.where}", parameter.name}:
                yield left_out(f"the parameter {parameter.name}", parameter.pointer)


def _missing_models(document: Document, models: Mapping[str, str], target: Path) -> Iterator[Problem]:
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(target.glob("models/*.py")))
    for name, schema in document.data.get("components", {}).get("schemas", {}).items():
        if ("properties" in schema or "enum" in schema) and not re.search(rf"^class {models[name]}\b", written, re.M):
            line = document.line(("components", "schemas", name))
            message = "openapi-python-client left out the component; rename it, or describe it in another way"
            yield Problem(document.path, line, name, message)


def local_names(source: str, functions: tuple[str, ...] = ()) -> set[str]:
    """Return the names that the generated code defines or uses in a module, and in the given functions of its class."""
    tree = ast.parse(source)
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
            # Assignments of an empty dict or a copy are the generator's own; the others are those of the properties.
            values = [n for n in node.body if isinstance(n, ast.Assign | ast.AnnAssign)]
            found |= {
                t.id
                for n in values
                if isinstance(n.value, ast.Call | ast.Dict) and _is_own(n.value)
                for t in _targets(n)
            }
    return found


def _is_own(value: ast.expr) -> bool:
    """Return whether a value contains no property: `dict(src_dict)` or `{}`."""
    return isinstance(value, ast.Dict) or (isinstance(value, ast.Call) and ast.unparse(value.func) == "dict")


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target for target in targets if isinstance(target, ast.Name)]


def attributes(source: str) -> dict[str, str]:
    """Return the attribute of each property of a model."""
    found = {}
    # `field_dict["dockId"] = dock_id`, or `"dockId": dock_id` in the first update.
    for node in ast.walk(ast.parse(source)):
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            pairs = [(node.targets[0].slice, node.value)]
        elif isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        for name, value in pairs:
            if isinstance(name, ast.Constant) and isinstance(value, ast.Name):
                found[str(name.value)] = value.id
    return found


def rename_names(source: str, names: Mapping[str, str]) -> str:
    """Return source with names replaced where they are names, not within strings or comments, nor attributes."""
    lines = source.splitlines(keepends=True)
    previous = ""
    found: list[tuple[tuple[int, int], str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and token.string in names and previous != ".":
            found.append((token.start, token.string))
        previous = token.string
    for (row, column), name in reversed(found):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + names[name] + line[column + len(name) :]
    return "".join(lines)
