"""Plain names for what the modules of a document import, and the imports of one from the other.

Imports have an alias with a leading underscore, which no name of a document has. Where a document has no such name
either, the alias is dropped, so that signatures in `help()` and editors read `Job[DockStatus]`.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator

from .generated_source import rename_names


def drop_aliases(sources: Iterable[str]) -> tuple[str, ...]:
    """Return the source of modules that use each other's names without the aliases that they do not need."""
    sources = tuple(sources)
    trees = [ast.parse(source) for source in sources]
    aliases = {
        alias.asname: alias.name
        for node in (node for tree in trees for node in tree.body)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname == f"_{alias.name}"
    }
    taken = {name for tree in trees for name in _names(tree)} | set(dir(builtins))
    dropped = {alias: name for alias, name in aliases.items() if name not in taken}
    return tuple(
        re.sub(r"^(?:from|import) .*", _shorten, rename_names(source, dropped), flags=re.MULTILINE)
        for source in sources
    )


def connect(classes: str, operations: str, package: str) -> tuple[str, str]:
    """Return both modules of a document, with the names of the second that the first uses.

    The first imports them for type checkers, and those that it needs to define its classes, such as the default value
    of a parameter, at run time; the second lists them in `__all__`.
    """
    tree, other = ast.parse(classes), ast.parse(operations)
    imports = {alias.asname or alias.name: node for node in other.body for alias in _imported(node)}
    constants = {name.id for node in other.body for name in _assigned(node)}
    offered = {*imports, *constants} - {alias.asname or alias.name for node in tree.body for alias in _imported(node)}
    used = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & offered)
    needed = sorted({name for node in tree.body for name in _needed(node)} & imports.keys() & set(used))
    lines = [f"from .._operations.{package} import {name}" for name in used if name not in needed]
    first = next(node.lineno for node in tree.body if isinstance(node, ast.FunctionDef)) - 1
    rows = classes.splitlines(keepends=True)
    rows[first:first] = [
        *(f"{_import_of(imports[name], name)}\n" for name in needed),
        "from typing import TYPE_CHECKING\n",
        "if TYPE_CHECKING:\n" if lines else "",
        *(f"    {line}\n" for line in lines),
        "\n\n",
    ]
    exported = [name for name in used if name not in needed]
    return "".join(rows), f"{operations}\n__all__ = {exported!r}\n"


def _imported(node: ast.stmt) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []


def _assigned(node: ast.stmt) -> list[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target for target in targets if isinstance(target, ast.Name)]


def _needed(cls: ast.stmt) -> Iterator[str]:
    """Yield the names that the definition of a class evaluates, except its annotations."""
    if not isinstance(cls, ast.ClassDef):
        return
    for node in cls.body:
        parts: list[ast.expr | None] = [node.value] if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [*node.args.defaults, *node.args.kw_defaults, *node.decorator_list]
        yield from (name.id for part in parts if part for name in ast.walk(part) if isinstance(name, ast.Name))


def _import_of(node: ast.stmt, name: str) -> str:
    """Return the import of one name."""
    alias = next(alias for alias in _imported(node) if (alias.asname or alias.name) == name)
    renamed = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
    return (
        f"from {'.' * node.level}{node.module or ''} import {renamed}"
        if isinstance(node, ast.ImportFrom)
        else f"import {renamed}"
    )


def _shorten(statement: re.Match[str]) -> str:
    """Write `import x as x` as `import x`."""
    return re.sub(r"\b(\w+) as \1\b", r"\1", statement[0])


def _names(tree: ast.Module) -> set[str]:
    """Return every name in a module that could mean something else: variables, parameters, methods, other imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found
