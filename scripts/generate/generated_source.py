"""Read the source that openapi-python-client has written."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import frozen
from openapi_python_client.strings import PythonIdentifier

from ..document import Operation, Parameter
from .operations import OperationView
from .options import Option
from .renames import FIELD
from .results import Result


@frozen
class EndpointFunction:
    """A generated function that sends the request of an operation.

    Attributes:
        view: The operation as the client has it.
        module: Its module in the sub-package, such as `api.dock_status.get_dock_status`.
        positional: Its positional parameters, and a query parameter that names the job, as source, by name.
        keyword_id: The name of that query parameter, which the generated function takes by keyword, or empty.
        keywords: Its keyword-only parameters, as source, by name.
        result: What its call returns.
        imports: The import statements for its types, as source.
    """

    view: OperationView
    module: str
    positional: Mapping[str, str]
    keywords: Mapping[str, str]
    result: Result
    imports: tuple[str, ...]
    keyword_id: str = ""

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.view.operation

    @property
    def name(self) -> str:
        """The name of the method that calls it."""
        return self.view.names.call

    @property
    def noun(self) -> str:
        """The name of the job that it reports, empty if it reports none."""
        return self.view.names.noun

    @property
    def model(self) -> str:
        """The type that its call returns, as source; for a job or its start, a class."""
        return self.result.type

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters of the operation by Python name."""
        return {argument.python: argument.parameter for argument in self.view.arguments}

    def argument(self, name: str) -> str:
        """Return the Python name of a parameter in the path or query."""
        return next(python for python, p in self.parameters.items() if p.name == name and p.where in {"path", "query"})

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
    names = [p.name for p in operation.parameters_in("path") if f"{{{p.name}}}" in operation.path]
    return sorted(names, key=lambda name: operation.path.index(f"{{{name}}}"))


def module_of(operation: Operation, package: Path) -> Path | None:
    """Return the generated module of an operation, or None if it is missing."""
    return next(iter(package.glob(f"api/*/{PythonIdentifier(operation.id, FIELD)}.py")), None)


def read_function(view: OperationView, result: Result, package: Path) -> EndpointFunction:
    """Read the generated function of an operation from the sub-package of its document."""
    operation, module = view.operation, module_of(view.operation, package)
    if module is None:
        raise LookupError(f"{operation.id} has no generated module")
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    arguments = functions["_get_kwargs"].args
    defaults = {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    typed = (*arguments.args, *arguments.kwonlyargs, *defaults.values())
    used = {node.id for root in typed for node in ast.walk(root) if isinstance(node, ast.Name)}
    imports = [line for name, line in _imports(tree, package.name) if name in used]
    imports += [f"from ..{package.name}.models.{home} import {name}" for name, home in result.models.items()]
    home = f"api.{module.parent.name}.{module.stem}"
    positional = {argument.arg: ast.unparse(argument) for argument in arguments.args}
    keywords = {argument.arg: ast.unparse(argument) for argument in arguments.kwonlyargs}
    keyword_id = ""
    if operation.job and operation.job_parameter.where == "query":
        keyword_id = next(a.python for a in view.arguments if a.parameter == operation.job_parameter)
        positional[keyword_id] = re.sub(r" \| (Unset|None)\b", "", keywords.pop(keyword_id))
        defaults.pop(keyword_id, None)
    build = f"_{'request' if keyword_id else 'build'}_{operation.id}"
    return EndpointFunction(
        view=view,
        module=home,
        positional=positional,
        keywords={
            name: f"{source} = {ast.unparse(defaults[name])}" if name in defaults else source
            for name, source in keywords.items()
        },
        result=result,
        imports=(*imports, f"from ..{package.name}.{home} import _get_kwargs as {build}"),
        keyword_id=keyword_id,
    )


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
