"""Plain names for what a client module imports.

Imports have an alias with a leading underscore, which no name of a document has. Where a document has no such name
either, the alias is dropped, so that signatures in `help()` and editors read `Job[DockStatus]`.
"""

import ast
import builtins
import re

from .generated_source import rename_names


def drop_aliases(source: str) -> str:
    """Return the source of a module without the aliases that it does not need."""
    tree = ast.parse(source)
    aliases = {
        alias.asname: alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname == f"_{alias.name}"
    }
    taken = _names(tree) | set(dir(builtins))
    dropped = {alias: name for alias, name in aliases.items() if name not in taken}
    return re.sub(r"^(?:from|import) .*", _shorten, rename_names(source, dropped), flags=re.MULTILINE)


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
