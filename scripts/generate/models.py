"""Changes to the models that openapi-python-client writes.

All products share one `types.py`, and so one `UNSET`; models are importable from the package of their product; their
type hints can be evaluated at run time; an attribute whose name differs from its JSON name says so; exceptions end in
`Error`.
"""

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from openapi_python_client.strings import PythonIdentifier

from ..document import snake_case
from .docstrings import escaped, one_line
from .generated_source import attributes
from .generator import GenerationError
from .renames import FIELD
from .rendering import render
from .view import View

TYPE_CHECKING_BLOCK = re.compile(r"^if TYPE_CHECKING:\n((?:    .*\n)+)\n*", re.MULTILINE)
TYPE_CHECKING_IMPORT = re.compile(r"^from typing import TYPE_CHECKING(?:, (.*))?\n", re.MULTILINE)
LINE_LENGTH = 120


def finish(package: Path, products: Iterable[str]) -> None:
    """Change the models of all products of a package.

    Raises:
        GenerationError: openapi-python-client has written different `types.py`.
    """
    folders = [package / product for product in products]
    _share_types(package, folders)
    for folder in folders:
        _rename_exception(folder)
        for path in sorted((folder / "models").glob("*.py")):
            if path.stem != "__init__":
                text = _evaluable(path.read_text(encoding="utf-8"))
                path.write_text(_with_json_names(text), encoding="utf-8", newline="\n")
        _export_models(folder)


def _share_types(package: Path, folders: list[Path]) -> None:
    """Move the types of the products to the package, and re-export them from each product."""
    sources = {(folder / "types.py").read_text(encoding="utf-8") for folder in folders}
    if len(sources) > 1:
        raise GenerationError("openapi-python-client has written different types.py; is it the pinned version?")
    for text in sources:
        (package / "types.py").write_text(text, encoding="utf-8", newline="\n")
        names = _exported(text)
        rows = "".join(f"    {name!r},\n" for name in names)
        reexport = (
            f'"""Types shared by all products."""\n\nfrom ..types import {", ".join(names)}\n\n__all__ = [\n{rows}]\n'
        )
        for folder in folders:
            (folder / "types.py").write_text(reexport, encoding="utf-8", newline="\n")


SCALAR = '''\
from __future__ import annotations


class {name}({base}):
    """What a start operation returns."""

    @classmethod
    def from_dict(cls, body: {base}) -> {name}:
        """Return the value of a JSON body."""
        return cls(body)

    def to_dict(self) -> {base}:
        """Return the JSON body."""
        return {base}(self)
'''
SUBCLASS = '''\
from .{home} import {base}


class {name}({base}):
    """The {base} that a start operation returns."""
'''


def add_own_classes(view: View, folder: Path) -> None:
    """Write the classes that openapi-python-client has not: each start operation returns one of its own."""
    added = {}
    for key, name in view.classes.items():
        component = view.schemas.components[key]
        if component.is_scalar:
            text = SCALAR.format(name=name, base={"string": "str", "integer": "int"}[component.flat["type"]])
        elif component.subclass_of:
            base = view.classes[component.subclass_of]
            text = SUBCLASS.format(name=name, base=base, home=PythonIdentifier(base, FIELD))
        else:
            continue
        added[name] = PythonIdentifier(name, FIELD)
        (folder / "models" / f"{added[name]}.py").write_text(text, encoding="utf-8", newline="\n")
    export(folder, added)


def export(folder: Path, added: Mapping[str, str]) -> None:
    """Export more names from the models of a product, each from its module."""
    if added:
        path = folder / "models" / "__init__.py"
        text = path.read_text(encoding="utf-8")
        imports = "".join(f"from .{home} import {name}\n" for name, home in added.items())
        rows = "".join(f'    "{name}",\n' for name in sorted([*_exported(text), *added]))
        text = f"{text.partition('__all__')[0]}{imports}\n__all__ = (\n{rows})\n"
        path.write_text(text, encoding="utf-8", newline="\n")


def _rename_exception(folder: Path) -> None:
    """Give the exception of openapi-python-client the suffix that exceptions have here."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = r"\bUnexpectedStatus\b" if path == folder / "errors.py" else r"(?<=\berrors\.)UnexpectedStatus\b"
        renamed = re.sub(name, "UnexpectedStatusError", text)
        if renamed != text:
            path.write_text(renamed, encoding="utf-8", newline="\n")


def _exported(text: str) -> list[str]:
    """Return the names in the `__all__` of a module."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return sorted(ast.literal_eval(node.value))
    return []


def _evaluable(text: str) -> str:
    """Import the models that type hints refer to, at the end of the module: models may refer to each other."""
    block = TYPE_CHECKING_BLOCK.search(text)
    if block is None:
        return text
    text = TYPE_CHECKING_BLOCK.sub("", text)
    text = TYPE_CHECKING_IMPORT.sub(lambda found: f"from typing import {found[1]}\n" if found[1] else "", text)
    statements = ast.parse(textwrap.dedent(block[1])).body
    imports = "".join(map(_late_import, statements))
    return f"{text.rstrip()}\n\n\n# Imported last, because models may refer to each other.\n{imports}"


def _late_import(statement: ast.stmt) -> str:
    line = f"{ast.unparse(statement)}  # noqa: E402"
    if len(line) <= LINE_LENGTH:
        return f"{line}\n"
    line = ast.unparse(statement)
    start, names = line.split(" import ")
    rows = "".join(f"    {name},\n" for name in names.split(", "))
    return f"{start} import (  # noqa: E402\n{rows})\n"


def _with_json_names(text: str) -> str:
    """Add the JSON name to the docstring of each attribute whose name is not simply that name in snake case."""
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    names = {attribute: name for name, attribute in attributes(text).items() if attribute != snake_case(name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for row, after in zip(node.body, [*node.body[1:], None], strict=True):
                name = _attribute(row)
                if name not in names:
                    continue
                note = escaped(one_line(f"In JSON: `{names[name]}`."))
                is_documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                last = ((after if after and is_documented else row).end_lineno or 0) - 1
                if is_documented:
                    lines[last] = lines[last].rstrip().removesuffix('"""').rstrip() + f' {note} """\n'
                else:
                    lines[last] += f'    """ {note} """\n'
    return "".join(lines)


def _attribute(node: ast.stmt) -> str:
    is_attribute = isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    return node.target.id if is_attribute else ""  # type: ignore[attr-defined]


def _export_models(folder: Path) -> None:
    """Export the models and the clients of a product from its package, imported when they are used."""
    models = folder / "models" / "__init__.py"
    homes = dict.fromkeys(_exported(models.read_text(encoding="utf-8")), ".models") if models.is_file() else {}
    homes |= dict.fromkeys(_exported((folder / "__init__.py").read_text(encoding="utf-8")), ".client")
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")), clean=False)
    text = render(
        "product_init.py.jinja",
        description=docstring or "",
        homes=dict(sorted(homes.items())),
        exported=sorted(homes),
        version="",
    )
    (folder / "__init__.py").write_text(text, encoding="utf-8", newline="\n")
