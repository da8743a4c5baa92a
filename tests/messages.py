"""The messages about documents, collected from the source of the rooms that check them."""

import ast
from collections.abc import Iterator

from .conftest import ROOT

ROOMS = ("scripts/document", "scripts/generate")
VARIABLES = {"message", "reason", "advice", "same"}
RAISED = {"_InvalidError", "ValueError", "LookupError", "GenerationError", "Problem", "DocumentError"}


def text_of(node: ast.AST) -> str:
    """Return a string expression as text, with an ellipsis for each part that varies; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return ""


def strings(node: ast.AST) -> Iterator[str]:
    """Yield the messages that an expression can be: those of a tuple, of both branches of a condition, of a call."""
    if isinstance(node, ast.Tuple):
        for element in node.elts:
            yield from strings(element)
    elif isinstance(node, ast.IfExp):
        yield from (*strings(node.body), *strings(node.orelse))
    elif isinstance(node, ast.Call):
        for argument in node.args:
            yield from strings(argument)
    elif text := text_of(node):
        yield text


def messages(source: str) -> Iterator[str]:
    """Yield the messages of a module in the order of their lines."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        found_here: Iterator[str] = iter(())
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found_here = strings(node.value) if isinstance(target, ast.Name) and target.id in VARIABLES else found_here
        elif (isinstance(node, ast.Yield) and node.value is not None) or (
            isinstance(node, ast.Return)
            and node.value is not None
            and isinstance(node.value, ast.Constant | ast.JoinedStr)
        ):
            found_here = strings(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
            found_here = strings(node)
        found += [(node.lineno, text) for text in found_here]  # type: ignore[attr-defined]
    rows: list[str] = []
    for _, text in sorted(found, key=lambda one: one[0]):
        row = " ".join(text.split())
        if rows and row.startswith((";", ",")):
            rows[-1] += row  # a message is made of two strings
        elif row not in rows and row.count(" ") >= 3 and len(row.replace("…", "")) >= 18:
            rows.append(row)
    yield from rows


def page() -> str:
    """Return the page that lists every message, under what its module is about."""
    lines = [
        "# Messages about documents",
        "",
        "Every message of `lint`, and of `generate` about a document, names the file, the line and the operation or component, and ends with what to do. `…` stands for a part that varies. [A document of your own](a-document-of-your-own.md) explains the keys.",
    ]
    for room in ROOMS:
        for path in sorted((ROOT / room).glob("*.py")):
            source = path.read_text(encoding="utf-8")
            rows = list(messages(source))
            if rows:
                title = (ast.get_docstring(ast.parse(source)) or path.stem).splitlines()[0].rstrip(".")
                lines += ["", f"## {title}", "", *(f"- {row.replace('|', chr(92) + '|')}" for row in rows)]
    return "\n".join(lines) + "\n"
