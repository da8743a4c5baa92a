"""Compare two generated packages: what a program that was written against the old one no longer finds, or finds new.

griffe reads them without importing them, and finds what was removed; types are compared here.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import griffe
from attrs import evolve, frozen

from .public import below, find, public_path, target
from .witness import Witness, witness_of_breakage, witness_of_type

REMOVED = griffe.BreakageKind.OBJECT_REMOVED
ASYNC = re.compile(r"\bAsync(?=[A-Z])|\basync_|(?<=\.)_client\.polling\.(?:tasks|threads)")
PHRASES = {REMOVED: "was removed"}
NUMBERS = {"bool": ("int", "float"), "int": ("float",)}
# A changed default changes what a call does, and breaks no program.
HARMLESS = frozenset({griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT})


@frozen
class Breakage:
    """A difference of two packages.

    Attributes:
        path: The object, as a user writes it below the package, such as `AgentPlatform.wait_for_dock_status`.
        home: The object, where it is defined, below the package.
        what: What has changed.
        parameter: The parameter of the function that has changed, in parentheses, or an empty string.
        old: The old signature or annotation, empty if that says nothing.
        new: The new one.
        is_harmless: Whether programs work as before.
        witness: A program that a type checker accepts before and rejects after, or None.
    """

    path: str
    home: str
    what: str
    parameter: str = ""
    old: str = ""
    new: str = ""
    is_harmless: bool = False
    witness: Witness | None = None

    @property
    def names(self) -> list[str]:
        """The names of the object and of what contains it, with that of its product; the parameter is the last one."""
        return re.findall(r"\w+", f"{self.home}.{self.path}{self.parameter}")

    def __str__(self) -> str:
        return f"{self.path}{self.parameter}{'' if self.what.startswith('was ') else ':'} {self.what}"


@frozen
class Difference:
    """What differs between two packages: what breaks, and the paths of what is new."""

    breakages: tuple[Breakage, ...]
    additions: tuple[str, ...]


def compare_packages(old: Path, new: Path, renamed: Mapping[str, str]) -> Difference:
    """Compare two generated packages.

    Args:
        old: The folder of the old package.
        new: The folder of the new package.
        renamed: The new name of each class that was renamed, by the old one.
    """
    before, after = _load(old), _load(new)
    found = [*_breakages(before, after), *_Types(before, after, renamed).compare()]
    back = griffe.find_breaking_changes(after, before)
    kinds = {REMOVED, griffe.BreakageKind.PARAMETER_REMOVED}
    added = {f"{one.path}{one.parameter}" for one in _once(_breakage(one, after) for one in back if one.kind in kinds)}
    return Difference(_once(found), tuple(sorted(added)))


def _once(found: Iterable[Breakage]) -> tuple[Breakage, ...]:
    """Return each breakage once: without the async twin of a sync class, and the module of a class."""
    kept: dict[tuple[str, str], Breakage] = {}
    for one in sorted(found, key=lambda one: (len(one.path), one.path)):
        kept.setdefault((ASYNC.sub("", f"{one.home}{one.parameter}"), one.what), one)
    modules = {one.home.rpartition(".")[0] for one in kept.values()}
    return tuple(one for one in kept.values() if one.home not in modules)


def _load(folder: Path) -> griffe.Module:
    loader = griffe.GriffeLoader(search_paths=[folder.parent], allow_inspection=False)
    loader.load(folder.name)
    loader.resolve_aliases(implicit=True, external=False)
    return loader.modules_collection.members[folder.name]


def _breakage(one: griffe.Breakage, root: griffe.Module) -> Breakage:
    """Return what griffe has found, with signatures."""
    changed = target(one.obj)
    old = new = ""
    if isinstance(changed, griffe.Function):
        before = find(root, below(one.obj.path))
        old = before.signature() or "" if isinstance(before, griffe.Function) else ""
        new = "" if one.kind is REMOVED else changed.signature() or ""
    elif one.kind is griffe.BreakageKind.CLASS_REMOVED_BASE:
        old, new = (", ".join(map(str, value)) for value in (one.old_value, one.new_value))
    value = one.old_value if isinstance(one.old_value, griffe.Parameter) else one.new_value
    return Breakage(
        public_path(one.obj, root),
        below(one.obj.canonical_path),
        PHRASES.get(one.kind, str(one.kind.value).lower()),
        f"({value.name})" if isinstance(value, griffe.Parameter) else "",
        old,
        new,
        is_harmless=one.kind in HARMLESS,
        witness=witness_of_breakage(one, root),
    )


def _breakages(before: griffe.Module, after: griffe.Module) -> Iterator[Breakage]:
    """Yield what griffe finds; a parameter that has another name and nothing else is one breakage."""
    found = list(griffe.find_breaking_changes(before, after))
    renamed = {id(one): two for one in found if (two := _new_name(one, found))}
    skipped = {id(two) for two in renamed.values()}
    for one in found:
        if id(one) in renamed:
            breakage = _breakage(one, before)
            yield evolve(breakage, what=f"parameter was renamed to {renamed[id(one)].new_value.name}")
        elif id(one) not in skipped:
            yield _breakage(one, before)


def _new_name(removed: griffe.Breakage, found: list[griffe.Breakage]) -> griffe.Breakage | None:
    """Return the parameter that was added in the place of a removed one, with its type."""
    if removed.kind is not griffe.BreakageKind.PARAMETER_REMOVED:
        return None
    old, function = removed.old_value, removed.obj
    for one in found:
        new = one.new_value
        is_added = one.kind is griffe.BreakageKind.PARAMETER_ADDED_REQUIRED and one.obj.path == function.path
        if is_added and new.kind is old.kind and str(new.annotation) == str(old.annotation):
            return one
    return None


class _Types:
    """Compare the annotations of two packages: of attributes, parameters and returned values."""

    def __init__(self, old: griffe.Module, new: griffe.Module, renamed: Mapping[str, str]) -> None:
        self._old, self._new, self._renamed = old, new, renamed
        self._seen: set[str] = set()
        self._found: list[Breakage] = []
        functions = [one for kind in _classes(old) for one in kind.functions.values() if one.is_public]
        self._sent = _reachable(old, (p.annotation for one in functions for p in one.parameters if p.name == "body"))
        self._received = _reachable(old, (one.returns for one in functions))
        self._strings = {one.name for root in (old, new) for one in _classes(root) if "StrEnum" in map(str, one.bases)}

    def compare(self) -> list[Breakage]:
        """Return the breakages."""
        self._members(self._old, self._new)
        return self._found

    def _members(self, old: Any, new: Any) -> None:
        for name, member in old.all_members.items():
            if not member.is_public or name not in new.all_members:
                continue
            before, after = target(member), target(new.all_members[name])
            if before.path in self._seen or before.is_alias or after.is_alias or before.kind != after.kind:
                continue
            self._seen.add(before.path)
            if before.is_class or before.is_module:
                self._members(before, after)
            elif before.is_attribute:
                self._attribute(before, after)
            elif before.is_function:
                self._function(before, after)

    def _attribute(self, old: griffe.Attribute, new: griffe.Attribute) -> None:
        values = str(old.value), str(new.value)
        if values[0] != values[1] and values[0] in _values(new.parent, self._strings):
            # No type shows that a member has the value of another one.
            self._add(old, f"changed its value to {values[1]}", values, None)
        if old.annotation is None or new.annotation is None:
            return
        removed, added = self._parts(old.annotation, new.annotation)
        is_sent = old.parent is not None and old.parent.name in self._sent
        types = (str(old.annotation), str(new.annotation))
        if added and (not is_sent or (old.parent is not None and old.parent.name in self._received)):
            self._add(old, "type of the attribute changed", types, witness_of_type(self._old, old, "read"))
        elif removed and is_sent:
            self._add(old, "type of the attribute is narrower", types, witness_of_type(self._old, old, "write"))
        elif is_sent and old.value is not None and new.value is None:
            self._add(old, "constructor argument became required", types, witness_of_type(self._old, old, "construct"))

    def _function(self, old: griffe.Function, new: griffe.Function) -> None:
        for one in old.parameters:
            changed = new.parameters[one.name].annotation if one.name in new.parameters else None
            if one.annotation is not None and changed is not None and self._parts(one.annotation, changed)[0]:
                types = (str(one.annotation), str(changed))
                witness = witness_of_type(self._old, old, "argument", parameter=one.name)
                self._add(old, "type of the parameter changed", types, witness, f"({one.name})")
        if old.overloads or new.overloads:
            self._overloads(old, new)
        elif old.returns is not None and new.returns is not None and self._parts(old.returns, new.returns)[1]:
            types = (str(old.returns), str(new.returns))
            self._add(old, "type of the returned value changed", types, witness_of_type(self._old, old, "result"))

    def _overloads(self, old: griffe.Function, new: griffe.Function) -> None:
        kept = {self._overload(one) for one in new.overloads or [new]}
        for one in old.overloads or [old]:
            if self._overload(one) not in kept:
                witness = witness_of_type(self._old, old, "result", overload=one)
                self._add(old, "one of its forms was removed", (one.signature() or "", ""), witness)

    def _overload(self, function: griffe.Function) -> str:
        types = [str(parameter.annotation) for parameter in function.parameters if parameter.required]
        return self._rename(f"{types} -> {function.returns}")

    def _rename(self, text: str) -> str:
        return re.sub(r"\w+", lambda found: self._renamed.get(found[0], found[0]), text)

    def _parts(self, old: Any, new: Any) -> tuple[set[str], set[str]]:
        """Return the alternatives of a type that the new one does not cover, and those that the old one does not."""
        before, after = alternatives(self._rename(str(old))), alternatives(str(new))
        removed = {one for one in before if not self._covers(after, one)}
        return removed, {one for one in after if not self._covers(before, one)}

    def _covers(self, types: set[str], one: str) -> bool:
        """Return whether a type is one of others, or a subclass of one, as a type checker sees it."""
        if one == "Any":
            return True
        wider = {one, "Any", "object", *NUMBERS.get(one, ()), *(("str",) if one in self._strings else ())}
        return bool(types & wider) or any(self._holds(other, one) for other in types)

    def _holds(self, wider: str, one: str) -> bool:
        """Return whether two types are the same container, and the content of one is covered by that of the other."""
        names, contents = zip(*(text.partition("[")[::2] for text in (wider, one)), strict=True)
        if names[0] != names[1] or not all(contents):
            return False
        return all(self._covers(alternatives(contents[0][:-1]), part) for part in alternatives(contents[1][:-1]))

    def _add(self, obj: Any, what: str, types: tuple[str, str], witness: Witness | None, parameter: str = "") -> None:
        path, home = public_path(obj, self._old), below(obj.canonical_path)
        self._found.append(Breakage(path, home, what, parameter, *types, witness=witness))


def _values(parent: Any, enums: Container[str]) -> list[str]:
    """Return the values of the members of an enum, or none of another class."""
    is_enum = parent is not None and parent.is_class and parent.name in enums
    return [str(one.value) for one in parent.attributes.values()] if is_enum else []


def alternatives(annotation: str) -> set[str]:
    """Return the alternatives of a union, each value of a `Literal` by itself."""
    found, depth, start = [], 0, 0
    for index, character in enumerate(annotation):
        depth += (character in "[(") - (character in "])")
        if character == "|" and not depth:
            found.append(annotation[start:index])
            start = index + 1
    found.append(annotation[start:])
    parts: set[str] = set()
    for one in (one.strip().strip("'\"") for one in found):
        literal = re.fullmatch(r"Literal\[(.*)\]", one)
        parts |= {value.strip() for value in literal[1].split(",")} if literal else {one}
    return parts


def _reachable(root: griffe.Module, annotations: Iterable[Any]) -> frozenset[str]:
    """Return the names of the classes that annotations contain, and of those in their attributes."""
    models = {one.name: one for one in _classes(root)}
    pending = [name for one in annotations for name in re.findall(r"\w+", str(one))]
    found: set[str] = set()
    while pending:
        name = pending.pop()
        if name in models and name not in found:
            found.add(name)
            annotated = (str(attribute.annotation) for attribute in models[name].attributes.values())
            pending += [part for one in annotated for part in re.findall(r"\w+", one)]
    return frozenset(found)


def _classes(module: griffe.Module) -> Iterator[griffe.Class]:
    for one in module.members.values():
        if isinstance(one, griffe.Module):
            yield from _classes(one)
        elif isinstance(one, griffe.Class):
            yield one
