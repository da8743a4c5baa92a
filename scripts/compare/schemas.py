"""Compare the schemas of two versions of a document: what may be sent, and what may be received."""

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal

from attrs import Factory, define

from ..document.one_way import READ_ONLY, WRITE_ONLY, is_marked
from ..document.source import Pointer
from .change import FINE, Both, Change, Verdict, breaks, changes
from .nodes import (
    LIMITS,
    OTHER_LIMITS,
    OTHERS,
    Node,
    Schema,
    forms_by_type,
    forms_of,
    has_null,
    node_of,
    properties_of,
    types_of,
    values_of,
)
from .pairing import ANNOTATIONS, content, pair, pair_renamed, reused_names

Direction = Literal["request", "response"]
# The value of a limit that allows all that its absence allows.
FREE = {"minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False}
LISTS_OF_SCHEMAS = ("patternProperties", "prefixItems")
OTHER_RULES = ("$defs", "const", "default", "enum", "items", "properties", "required", "type")
COMPARED = {*LIMITS, *OTHER_LIMITS, *LISTS_OF_SCHEMAS, *OTHER_RULES}
# Keywords that refuse no request.
SAYING = {"readOnly", "writeOnly", "discriminator"}
RAW = "a client installed before passes the value on as it comes, of another type than annotated"


@define
class SchemaComparison:
    """Compare schemas, each pair of places once, in both directions in which it is used.

    `states` are the identities of the schemas of states; `renamed` is the new name of each component that was renamed,
    by the old one.
    """

    both: Both
    states: frozenset[int] = frozenset()
    renamed: dict[str, str] = Factory(dict)
    _found: dict[tuple[str, str, str], tuple[set[Direction], Change, dict[Direction, Verdict]]] = Factory(dict)
    _seen: set[tuple[Pointer, Pointer, Direction]] = Factory(set)
    _active: set[tuple[str, ...]] = Factory(set)
    _replacing: frozenset[tuple[str, str]] = frozenset()

    def compare(self, old: Any, new: Any, places: tuple[Pointer, Pointer], subject: str, direction: Direction) -> None:
        """Compare two schemas that describe the same value."""
        before = node_of(self.both.old.data, old, places[0], subject)
        after = node_of(self.both.new.data, new, places[1], subject)
        if self._is_replaced(before, after, subject, direction):
            return
        if (before.pointer, after.pointer, direction) in self._seen:
            return
        self._seen.add((before.pointer, after.pointer, direction))
        # A schema that refers to itself has no end where each of its levels has a place of its own.
        written = (*(json.dumps(one.schema, sort_keys=True, default=str) for one in (before, after)), direction)
        if written in self._active:
            return
        self._active.add(written)
        self._compare(before, after, direction)
        self._active.remove(written)

    def _compare(self, before: Node, after: Node, direction: Direction) -> None:
        forms = forms_of(self.both.old.data, before), forms_of(self.both.new.data, after)
        self._null(before, after, direction)
        self._default(before, after, direction)
        if before not in forms[0] and after not in forms[1]:
            self._limits(before, after, direction)
            self._rest(before, after, direction)
        if len(forms[0]) != len(forms[1]):
            forms = forms_by_type(before, forms[0]), forms_by_type(after, forms[1])
        if len(forms[0]) == len(forms[1]) == 1:
            one, two = forms[0][0], forms[1][0]
            if not self._is_replaced(one, two, before.subject, direction):
                self._form(one, two, direction)
        else:
            self._forms(before, after, forms, direction)

    def _form(self, before: Node, after: Node, direction: Direction) -> None:
        """Compare two schemas without alternatives."""
        self._types(before, after, direction)
        self._values(before, after, direction)
        self._limits(before, after, direction)
        self._properties(before, after, direction)
        self._rest(before, after, direction)
        if types_of(before.schema) == types_of(after.schema) and ("items" in before.schema or "items" in after.schema):
            items = before.schema.get("items", {}), after.schema.get("items", {})
            pointers = ((*before.pointer, "items"), (*after.pointer, "items"))
            self.compare(*items, pointers, f"{before.subject}[]", direction)

    def _rest(self, before: Node, after: Node, direction: Direction) -> None:
        """Report the keywords that no rule compares, such as `if`, if they say something else than before."""
        old, new = (
            {
                key: content(side.data, {key: value}, sort=True)
                for key, value in node.schema.items()
                if _is_other(node, key)
            }
            for side, node in ((self.both.old, before), (self.both.new, after))
        )
        for keyword in LISTS_OF_SCHEMAS:
            self._parts(keyword, before, after, direction)
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        if changed:
            refuses = new.keys() & set(changed) - SAYING
            refused = breaks(f"a request that does not satisfy the new {', '.join(sorted(refuses))} is refused")
            message = f"{before.subject}: {', '.join(changed)} changed"
            names = tuple(str(node.schema["x-name"]) for node in (before, after) if "x-name" in node.schema)
            self._add(
                "schema-changed",
                (before, after),
                message,
                direction,
                names=names,
                request=refused if refuses - {"x-name"} else FINE,
                content=json.dumps([[side.get(key) for key in changed] for side in (old, new)]),
                keys=((changed[0],), (changed[0],)),
            )

    def _parts(self, keyword: str, before: Node, after: Node, direction: Direction) -> None:
        """Compare the schemas of the properties by their patterns, and of the first items by their places."""
        old, new = (_listed_schemas(node.schema.get(keyword)) for node in (before, after))
        for key in dict.fromkeys((*old, *new)):
            pointers = ((*before.pointer, keyword, key), (*after.pointer, keyword, key))
            self.compare(old.get(key, True), new.get(key, True), pointers, f"{before.subject}.{key}", direction)

    def _default(self, before: Node, after: Node, direction: Direction) -> None:
        old, new = (json.dumps(node.schema.get("default"), default=str) for node in (before, after))
        if old != new:
            shown = ["none" if value == "null" else value for value in (old, new)]
            message = f"default of {before.subject} was {shown[0]}, and is {shown[1]}"
            another = changes("a request without the value has another effect")
            keys: tuple[Pointer, Pointer] = (("default",), ("default",))
            self._add("default-changed", (before, after), message, direction, request=another, keys=keys)

    @property
    def changes(self) -> list[Change]:
        """The changes found so far, with their verdict for installed clients."""
        found = []
        for directions, change, verdicts in self._found.values():
            for direction in sorted(directions):
                if (verdict := verdicts.get(direction, FINE)).level != "fine" and change.field.level != "breaks":
                    change.field = verdict
            found.append(change)
        return found

    def _add(
        self,
        rule: str,
        nodes: tuple[Node, Node],
        message: str,
        direction: Direction,
        *,
        request: Verdict = FINE,
        response: Verdict = FINE,
        code: Verdict = FINE,
        names: tuple[str, ...] = (),
        is_new: bool = False,
        content: str = "",
        keys: tuple[Pointer | None, Pointer | None] = ((), ()),
        subject: str = "",
    ) -> None:
        before, after = nodes
        subject = subject or before.subject
        places = [
            None if key is None else (*node.pointer, *key) for node, key in zip((before, after), keys, strict=True)
        ]
        known = (rule, subject, f"{message}{content}")
        if known not in self._found:
            parts = re.findall(r"[^.()\[\]]+", subject)
            # An inline schema is a class that is named after its place.
            own = (*names, *parts, *("".join(parts[: count + 1]) for count in range(1, len(parts))))
            change = self.both.change(
                rule, subject, message, *places, names=own, code=code, is_new=is_new, content=content
            )
            self._found[known] = (set(), change, {})
        directions, _, verdicts = self._found[known]
        directions.add(direction)
        verdicts.setdefault(direction, request if direction == "request" else response)

    def _is_replaced(self, before: Node, after: Node, subject: str, direction: Direction) -> bool:
        """Note a component that has another name; return whether it is another component, with nothing to compare."""
        names = (before.component, after.component)
        if not all(names) or names[0] == names[1] or self.renamed.get(names[0]) == names[1]:
            return False
        data = (self.both.old.data, self.both.new.data)
        old, new = (one.get("components", {}).get("schemas", {}) for one in data)
        is_equal = content(data[0], before.schema) == content(data[1], after.schema)
        if names[0] in new or names[1] in old:
            if not is_equal:
                message = f"{subject} was {names[0]}, and is {names[1]}"
                is_wider = not self._refuses(before, after, subject)
                self._changed_type(before, after, message, direction, is_wider=is_wider)
            return True
        self.renamed[names[0]] = names[1]
        message = f"component {names[0]} was renamed to {names[1]}"
        nodes = (Node(before.schema, before.pointer, names[0]), after)
        self._add("component-renamed", nodes, message, "response", names=(names[1],))
        return is_equal

    def _refuses(self, before: Node, after: Node, subject: str) -> bool:
        """Return whether a request that satisfies one component may be refused by another one in its place."""
        names = (before.component, after.component)
        if names in self._replacing:
            return False  # they contain each other: what else they say decides
        aside = SchemaComparison(self.both, self.states, dict(self.renamed), replacing=self._replacing | {names})
        pointers = (before.pointer, after.pointer)
        aside.compare(dict(before.schema), dict(after.schema), pointers, subject, "request")
        return any("field" in one.breaks for one in aside.changes)

    def _null(self, before: Node, after: Node, direction: Direction) -> None:
        old, new = has_null(self.both.old.data, before), has_null(self.both.new.data, after)
        if old == new:
            return
        message = f"{before.subject} {'can be null' if new else 'is never null any more'}"
        self._add(
            "nullable" if new else "not-nullable",
            (before, after),
            message,
            direction,
            request=FINE if new else breaks("a request with null is refused"),
            response=changes("the value can be None in a client installed before") if new else FINE,
        )

    def _types(self, before: Node, after: Node, direction: Direction) -> None:
        old, new = types_of(before.schema), types_of(after.schema)
        if old != new:
            message = f"{before.subject} was {_listed(old)}, and is {_listed(new)}"
            # Each integer is a number.
            had, has = (one | ({"integer"} if "number" in one else set()) for one in (old, new))
            is_wider, is_narrower = not new or (old and had < has), not old or (new and has < had)
            self._changed_type(
                before, after, message, direction, is_wider=bool(is_wider), is_narrower=bool(is_narrower)
            )

    def _changed_type(
        self,
        before: Node,
        after: Node,
        message: str,
        direction: Direction,
        *,
        is_wider: bool = False,
        is_narrower: bool = False,
    ) -> None:
        refused = breaks("a request with a value of the former type is refused")
        self._add(
            "type-changed",
            (before, after),
            message,
            direction,
            request=FINE if is_wider else refused,
            response=FINE if is_narrower else changes(RAW),
        )

    def _forms(self, before: Node, after: Node, forms: tuple[list[Node], list[Node]], direction: Direction) -> None:
        """Compare the alternatives of `oneOf` and `anyOf`; a schema without them is the only one."""
        contents = {id(one): content(self.both.old.data, one.schema) for one in forms[0]}
        contents |= {id(one): content(self.both.new.data, one.schema) for one in forms[1]}
        pairs = pair(
            *forms,
            lambda one: one.component or None,
            lambda one: contents[id(one)],
            lambda one: None if one.component else tuple(sorted(types_of(one.schema))),
        )
        for one, two in pairs.both:
            if self._is_replaced(one, two, before.subject, direction):
                continue
            if (one.pointer, two.pointer, direction) not in self._seen or one.pointer == before.pointer:
                self._seen.add((one.pointer, two.pointer, direction))
                self._form(one, two, direction)
        refused = breaks("a request of this form is refused")
        for one in pairs.removed:
            message = f"{before.subject} is never {_form_name(one)} any more"
            subject, what = before.subject, contents[id(one)]
            self._add("form-removed", (one, after), message, direction, request=refused, subject=subject, content=what)
        for one in pairs.added:
            message = f"{before.subject} can be {_form_name(one)}"
            nodes, keys, raw, what = (before, one), (None, ()), changes(RAW), contents[id(one)]
            self._add("form-added", nodes, message, direction, response=raw, is_new=True, keys=keys, content=what)

    def _values(self, before: Node, after: Node, direction: Direction) -> None:
        old, new = values_of(before.schema), values_of(after.schema)
        is_state = {id(before.schema), id(after.schema)} <= self.states
        if old == new or (is_state and direction == "response"):
            return
        if old is None or new is None:
            rule, message = ("values-listed", "is one of a list") if old is None else ("values-free", "is any value")
            names = tuple(map(str, new or old or ()))
            refused = breaks("a request with a value that is not in the list is refused") if old is None else FINE
            full = f"{before.subject} {message} now: {', '.join(names)}"
            self._add(rule, (before, after), full, direction, request=refused, names=names)
            return
        for value in (one for one in old if one not in new):
            refused = breaks(f"a request with {value} is refused", f"send another value than {value}")
            message = f"{before.subject}: the value {value} was removed"
            keys: tuple[Pointer, Pointer] = (("enum", old.index(value)), ("enum",))
            self._add(
                "value-removed", (before, after), message, direction, request=refused, names=(str(value),), keys=keys
            )
        for value in (one for one in new if one not in old):
            message = f"{before.subject}: the value {value} was added"
            keys = (("enum",), ("enum", new.index(value)))
            self._add("value-added", (before, after), message, direction, names=(str(value),), is_new=True, keys=keys)

    def _limits(self, before: Node, after: Node, direction: Direction) -> None:
        for keyword in (*LIMITS, *OTHER_LIMITS):
            self._additional(keyword, before, after, direction)
            old, new = _limit(before.schema, keyword), _limit(after.schema, keyword)
            if old == new:
                continue
            is_tighter = _is_tighter(keyword, old, new)
            shown = ["none" if value is None else value for value in (old, new)]
            message = f"{before.subject}: {keyword} was {shown[0]}, and is {shown[1]}"
            refused = breaks(f"a request that is outside the new {keyword} is refused", "send values within it")
            self._add(
                "format-changed" if keyword == "format" else "limit-tightened" if is_tighter else "limit-relaxed",
                (before, after),
                message,
                direction,
                request=refused if is_tighter else FINE,
                response=changes(RAW) if keyword == "format" else FINE,
                keys=((keyword,), (keyword,)),
            )

    def _additional(self, keyword: str, before: Node, after: Node, direction: Direction) -> None:
        old, new = before.schema.get(keyword, True), after.schema.get(keyword, True)
        if keyword in OTHERS and old is not False and new is not False and (old, new) != (True, True):
            pointers = ((*before.pointer, keyword), (*after.pointer, keyword))
            self.compare(old, new, pointers, f"{before.subject}.*", direction)

    def _properties(self, before: Node, after: Node, direction: Direction) -> None:
        old, new = properties_of(before), properties_of(after)
        data = (self.both.old.data, self.both.new.data)
        contents = {
            id(node): content(one, node.schema) for one, nodes in zip(data, (old, new), strict=True) for node in nodes
        }
        pairs = pair_renamed(pair(old, new, _key), lambda node: contents[id(node)], lambda node: str(_key(node)))
        # A request may leave out what is read-only, and a response what is write-only.
        mark = READ_ONLY if direction == "request" else WRITE_ONLY
        marked = [
            {_key(node) for node in nodes if is_marked(node.schema, one, mark)}
            for one, nodes in zip(data, (old, new), strict=True)
        ]
        required = [
            set(node.schema.get("required", ())) - left_out
            for node, left_out in zip((before, after), marked, strict=True)
        ]
        is_closed = any(after.schema.get(keyword) is False for keyword in OTHERS)
        for one, two in pairs.both:
            pointers = (one.pointer, two.pointer)
            if _key(one) != _key(two):
                self._renamed(one, two, direction, is_refused=is_closed or _key(two) in required[1])
            else:
                self._required(one, two, direction, (_key(one) in required[0], _key(two) in required[1]))
            self._deprecated(one, two, direction)
            self.compare(one.schema, two.schema, pointers, one.subject, direction)
        named = [(one, two, _given_name(one), _given_name(two)) for one, two in pairs.both]
        for reused in reused_names(named):
            message = (
                f"the name {reused.name} of {before.subject} was {_key(reused.before)}, and is {_key(reused.after)}"
            )
            code = breaks(f"{reused.name} is {_key(reused.after)} now, with the type it has", f"use {reused.other}")
            nodes = (reused.before, reused.after)
            self._add("name-reused", nodes, message, direction, code=code, names=(reused.name,), subject=before.subject)
        known = {_key(node) for node in (*old, *new)}
        for key in sorted(required[1] - required[0] - known):
            lacks = breaks(f"a request without {key} is refused")
            message = f"{before.subject}.{key} is required now"
            self._add("required", (before, after), message, direction, request=lacks, subject=f"{before.subject}.{key}")
        for one in pairs.removed:
            ignored = f"{_key(one)} is not in the document any more"
            self._add(
                "property-removed",
                (one, after),
                f"{one.subject} was removed",
                direction,
                request=breaks(f"a request with {_key(one)} is refused") if is_closed else changes(ignored),
                response=changes(f"the attribute of {_key(one)} is UNSET in a client installed before"),
            )
        for one in pairs.added:
            is_required = _key(one) in required[1]
            self._add(
                "property-added",
                (before, one),
                f"{one.subject} was added{', and is required' if is_required else ''}",
                direction,
                request=breaks(f"a request without {_key(one)} is refused") if is_required else FINE,
                is_new=True,
                keys=(None, ()),
                subject=one.subject,
            )

    def _renamed(self, one: Node, two: Node, direction: Direction, *, is_refused: bool) -> None:
        refused = breaks(f"a request with {_key(one)} instead of {_key(two)} is refused")
        self._add(
            "property-renamed",
            (one, two),
            f"{one.subject} was renamed to {_key(two)}",
            direction,
            request=refused if is_refused else changes(f"the server may ignore {_key(one)}"),
            response=changes(f"the attribute of {_key(one)} is UNSET in a client installed before"),
            names=(str(_key(two)),),
        )

    def _deprecated(self, one: Node, two: Node, direction: Direction) -> None:
        if two.schema.get("deprecated") and not one.schema.get("deprecated"):
            message = f"{one.subject} is deprecated now"
            self._add("deprecated", (one, two), message, direction, keys=(None, ("deprecated",)))

    def _required(self, one: Node, two: Node, direction: Direction, required: tuple[bool, bool]) -> None:
        was, now = required
        if was == now:
            return
        message = f"{one.subject} is {'required now' if now else 'optional now'}"
        lacks = breaks(f"a request without {_key(one)} is refused") if now else FINE
        self._add("required" if now else "optional", (one, two), message, direction, request=lacks)


def _key(node: Node) -> Any:
    return node.pointer[-1]


def _given_name(node: Node) -> str:
    return str(node.schema.get("x-name", _key(node)))


def _form_name(node: Node) -> str:
    return node.component or _listed(types_of(node.schema))


def _listed_schemas(found: Any) -> Mapping[Any, Any]:
    """Return schemas by their names, or by their places in a list."""
    return found if isinstance(found, Mapping) else dict(enumerate(found or ()))


def _is_other(node: Node, key: str) -> bool:
    """Return whether no rule compares a keyword of a schema. Properties may hide the alternatives next to them."""
    if key in ("oneOf", "anyOf"):
        return "properties" in node.schema
    return key == "x-name" or not (key in COMPARED or key in ANNOTATIONS or key.startswith("x-"))


def _limit(schema: Schema, keyword: str) -> Any:
    """Return the value of a keyword that limits values, None if it limits nothing, or is compared as a schema."""
    value = schema.get(keyword)
    is_free = value is not False if keyword in OTHERS else value == FREE.get(keyword)
    return None if is_free else value


def _is_tighter(keyword: str, old: Any, new: Any) -> bool:
    """Return whether a limit refuses a value that it allowed before."""
    if old is None or new is None:
        return new is not None
    if keyword == "multipleOf":
        return bool(Fraction(str(old)) % Fraction(str(new)))
    return keyword not in LIMITS or bool((new > old) == LIMITS[keyword])


def _listed(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "any value"
