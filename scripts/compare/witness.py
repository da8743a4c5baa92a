"""A witness of a breakage: a few lines that a type checker accepts with the old package, and rejects with the new."""

from typing import Any

import griffe
from attrs import frozen

from .public import below, find, public_path

KIND = griffe.BreakageKind
KEYWORD = griffe.ParameterKind.keyword_only
VARIADIC = frozenset({griffe.ParameterKind.var_keyword, griffe.ParameterKind.var_positional})


@frozen
class Witness:
    """A program of a few lines."""

    imports: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def source(self) -> str:
        """The program as a module."""
        gap = ("", "") if len(self.lines) > 1 else ()
        return "\n".join((*self.imports, *gap, *self.lines)) + "\n"


def witness_of_breakage(one: griffe.Breakage, root: griffe.Module) -> Witness | None:
    """Return the witness of a breakage that griffe has found, None if a type checker does not see it."""
    if one.kind is KIND.OBJECT_REMOVED:
        return _of_removed(one.obj, root)
    if one.kind is KIND.CLASS_REMOVED_BASE:
        old = next((base for base in one.old_value if base not in one.new_value), None)
        if not isinstance(old, griffe.ExprName):
            return None
        name = one.obj.name
        lines = (f"def use(value: {name}) -> {old.name}:", "    return value")
        return Witness(_imports(_import(one.obj, root), old), lines)
    function = find(root, below(one.obj.path))
    if not isinstance(function, griffe.Function):
        return None
    if one.kind in {KIND.PARAMETER_CHANGED_REQUIRED, KIND.PARAMETER_ADDED_REQUIRED}:
        return _call(root, function)
    if one.kind in {KIND.PARAMETER_REMOVED, KIND.PARAMETER_CHANGED_KIND}:
        return _call(
            root, function, one.old_value, by_keyword=one.old_value.kind is not griffe.ParameterKind.positional_only
        )
    return None


def witness_of_type(
    root: griffe.Module, obj: Any, use: str, overload: griffe.Function | None = None, parameter: str = ""
) -> Witness | None:
    """Return the witness of a changed type.

    Args:
        root: The old package.
        obj: The attribute or the function, in the old package.
        use: What the program does: read, write or construct an attribute, or use the argument or result of a call.
        overload: The overload that was removed, if that is the change.
        parameter: The name of the argument.
    """
    if isinstance(obj, griffe.Function):
        if overload is not None:
            return _call(root, overload, owner=obj, returns=True)
        if use == "argument":
            return _call(root, obj, obj.parameters[parameter])
        return _call(root, obj, returns=True)
    owner, annotation = obj.parent, obj.annotation
    imports = _imports(_import(owner, root), annotation)
    if use == "read":
        return Witness(imports, (f"def use(value: {owner.name}) -> {annotation}:", f"    return value.{obj.name}"))
    if use == "write":
        head = f"def use(target: {owner.name}, value: {annotation}) -> None:"
        return Witness(imports, (head, f"    target.{obj.name} = value"))
    needed = [one for one in owner.attributes.values() if one.annotation is not None and one.value is None]
    arguments = ", ".join(f"{one.name}: {one.annotation}" for one in needed)
    call = ", ".join(f"{one.name}={one.name}" for one in needed)
    imports = _imports(_import(owner, root), *(one.annotation for one in needed))
    return Witness(imports, (f"def use({arguments}) -> {owner.name}:", f"    return {owner.name}({call})"))


def _of_removed(obj: Any, root: griffe.Module) -> Witness | None:
    owner = obj.parent
    if owner is None or not owner.is_class:
        return Witness((_import(obj, root),), (f"print({obj.name})",))
    if any("Enum" in str(base) for base in owner.bases):
        return Witness((_import(owner, root),), (f"print({owner.name}.{obj.name})",))
    return Witness((_import(owner, root),), (f"def use(value: {owner.name}) -> None:", f"    print(value.{obj.name})"))


def _call(
    root: griffe.Module,
    function: griffe.Function,
    extra: griffe.Parameter | None = None,
    *,
    owner: griffe.Function | None = None,
    by_keyword: bool = True,
    returns: bool = False,
) -> Witness | None:
    """Return a call with the required arguments, and one more."""
    method = owner or function
    kind = method.parent
    is_method = kind is not None and kind.is_class
    parameters = [one for one in function.parameters if one.required and one.kind not in VARIADIC]
    parameters = parameters[1:] if is_method and "staticmethod" not in method.labels else parameters
    if extra is not None and extra.name not in {one.name for one in parameters}:
        parameters.append(extra)
    if any(one.annotation is None for one in parameters):
        return None
    keyword = {one.name for one in parameters if one.kind is KEYWORD or (by_keyword and one is extra)}
    arguments = ", ".join(f"{one.name}={one.name}" if one.name in keyword else one.name for one in parameters)
    types = [f"{one.name}: {one.annotation}" for one in parameters]
    called = method.name
    if is_method and kind is not None:
        called = kind.name if method.name == "__init__" else f"api.{method.name}"
        types = types if method.name == "__init__" else [f"api: {kind.name}", *types]
    asynchronous = "async" in method.labels
    result = str(function.returns) if returns and function.returns is not None else "None"
    head = f"{'async ' if asynchronous else ''}def use({', '.join(types)}) -> {result}:"
    body = f"    {'return ' if returns else ''}{'await ' if asynchronous else ''}{called}({arguments})"
    used = [one.annotation for one in parameters] + ([function.returns] if returns else [])
    return Witness(_imports(_import(kind if is_method else method, root), *used), (head, body))


def _import(obj: Any, root: griffe.Module) -> str:
    """Return the import of a class, function or module by its public path."""
    above, _, name = f"{root.name}.{public_path(obj, root)}".rpartition(".")
    return f"from {above} import {name}"


def _imports(first: str, *annotations: Any) -> tuple[str, ...]:
    """Return the imports that annotations need, after that of the object itself."""
    found: dict[str, str] = {first.rpartition(" ")[2]: first}
    for annotation in annotations:
        for one in annotation.iterate(flat=True) if isinstance(annotation, griffe.Expr) else ():
            if isinstance(one, griffe.ExprName) and "." in one.canonical_path:
                module, _, name = one.canonical_path.rpartition(".")
                found.setdefault(one.name.partition(".")[0], _import_name(module, name, one.name))
    return tuple(sorted(found.values()))


def _import_name(module: str, name: str, used: str) -> str:
    return f"from {module} import {name}" if used == name else f"import {module}"
