"""The smallest overlay that makes a document true again, as far as recorded traffic shows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ...document import Document, load, walk
from ...document.source import Pointer
from .undocumented import Difference, Seen, Undocumented

# Keywords whose violation says nothing about a better one, so that a person has to decide.
UNDECIDED = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "contains", "dependentRequired"})
JSON_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
BODILESS = frozenset({"204", "205", "304"})  # statuses of responses without content
MAX_LISTED = 20  # differences of one kind that are listed


def listed(undocumented: Undocumented, operation_id: str) -> Iterator[str]:
    """Yield a line for each kind of difference of an operation from the document."""
    kinds: dict[str, list[str]] = {}
    for (kind, _, name), seen in undocumented.differences.get(operation_id, {}).items():
        if kind == "field":
            kinds.setdefault("fields", []).append(f"{seen.where} ({', '.join(sorted(seen.types))}, {_times(seen)})")
        elif kind in {"state", "status", "content type", "parameter"}:
            plural = {"status": "statuses", "parameter": "query parameters"}.get(kind, f"{kind}s")
            kinds.setdefault(plural, []).append(f"{name} ({_times(seen)})")
    for kind, found in kinds.items():
        more = f" and {len(found) - MAX_LISTED} more" if len(found) > MAX_LISTED else ""
        yield f"{operation_id}: {kind} that the document does not describe: {', '.join(found[:MAX_LISTED])}{more}"


def undecided(undocumented: Undocumented) -> Iterator[str]:
    """Yield what no overlay was suggested for, or what the suggested one has not changed."""
    for operation_id, differences in undocumented.differences.items():
        for (kind, _, name), seen in differences.items():
            what = f"query parameter {name}" if kind == "parameter" else f"{kind} {name}"
            yield f"{operation_id}: {what}{f' at {seen.where}' if kind != 'parameter' else ''} ({_times(seen)})"


def correct(document: Document, suggestion: str, folder: Path) -> Document:
    """Return a document with a suggested overlay, after the one that it has.

    Raises:
        DocumentError: The corrected document is invalid.
    """
    overlay = yaml.safe_load(suggestion)
    if existing := document.source.overlay:
        given = yaml.safe_load(existing.read_text(encoding="utf-8"))
        overlay = {**given, "actions": [*given["actions"], *overlay["actions"]]}
    copy = folder / document.path.name
    copy.write_bytes(document.path.read_bytes())
    suggestion_path(document, folder).write_text(yaml.safe_dump(overlay, sort_keys=False), encoding="utf-8")
    return load(copy)


def suggest(document: Document, seen_by_server: Sequence[Undocumented]) -> str:
    """Return an overlay as YAML, or an empty string if nothing has to change."""
    actions: list[tuple[str, dict[str, Any]]] = []
    for undocumented in seen_by_server:
        for operation_id, differences in undocumented.differences.items():
            for difference, seen in differences.items():
                actions += _actions(document, undocumented, operation_id, difference, seen)
    if not actions:
        return ""
    name = f"{document.stem}.overlay.yaml"
    existing = document.source.overlay
    place = f"append the actions to {existing.name}" if existing else f"save it as {name} next to {document.path.name}"
    head = (
        f"# Suggested from recorded traffic; {place}.\n"
        "overlay: 1.0.0\n"
        f"info: {{title: {_inline(f'What {document.stem} was seen to return')}, version: 1.0.0}}\n"
        "actions:\n"
    )
    return head + "".join(_action(comment, action) for comment, action in _merged(actions))


def suggestion_path(document: Document, folder: Path) -> Path:
    """Return the file of the suggestion for a document."""
    return folder / f"{document.stem}.overlay.yaml"


def _actions(
    document: Document, undocumented: Undocumented, operation_id: str, difference: Difference, seen: Seen
) -> Iterator[tuple[str, dict[str, Any]]]:
    kind, pointer, name = difference
    if kind == "field":
        schema = {"type": _type(seen.types)}
        yield f"{seen.where}, {_times(seen)}", {"target": json_path(pointer), "update": {"properties": {name: schema}}}
    elif kind == "state":
        if undocumented.followed[operation_id, name]:
            comment = f"{name} was followed by another state, so that it is no end"
        else:
            comment = f"{name} was the last state: if it ends the job, list it under success or failure instead"
        yield comment, {"target": json_path(pointer), "update": {"pending": [name]}}
    elif kind in {"status", "content type"}:
        names = {str(value) for value in seen.values.values()} - {""} if kind == "status" else {name}
        names = set() if kind == "status" and name in BODILESS else names
        content = {
            each: {"schema": {"type": "object"} if each.endswith(("/json", "+json")) else {}} for each in sorted(names)
        }
        response = {"description": "Seen in traffic.", **({"content": content} if content else {})}
        update = {name: response} if kind == "status" else content
        yield f"{kind} {name}, {_times(seen)}", {"target": json_path(pointer), "update": update}
    elif kind == "required":
        target = f"{json_path(pointer)}[?@ == {_quoted(name)}]"
        yield f"{seen.where} without {name}, {_times(seen)}", {"target": target, "remove": True}
    elif kind == "keyword":
        for action in _keyword(document, pointer, name, seen):
            yield f"{seen.where}, {_times(seen)}", action


def _keyword(document: Document, pointer: Pointer, name: str, seen: Seen) -> Iterator[dict[str, Any]]:
    schema = walk(document.data, [str(key) for key in pointer[:-1]])
    if name in UNDECIDED or not isinstance(schema, Mapping):
        return
    values = list(seen.values.values())
    if name == "type":
        before = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        added = [one for one in JSON_TYPES if one in seen.types and one not in before]
        # A list is appended to a list, and replaces a single type.
        update = added if isinstance(schema["type"], list) else [*before, *added]
        yield {"target": json_path(pointer[:-1]), "update": {"type": update}}
    elif name == "enum" and values:
        yield {"target": json_path(pointer), "update": values}
    elif name == "const" and values:
        yield {"target": json_path(pointer), "remove": True}
        yield {"target": json_path(pointer[:-1]), "update": {"enum": [schema["const"], *values]}}
    else:
        yield {"target": json_path(pointer), "remove": True}


def _merged(actions: list[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each action once, the updates of one target as one."""
    updates: dict[str, tuple[list[str], dict[str, Any]]] = {}
    removed: dict[str, str] = {}
    for comment, action in actions:
        if action.get("remove"):
            removed.setdefault(action["target"], comment)
            continue
        comments, merged = updates.setdefault(action["target"], ([], {"target": action["target"], "update": None}))
        comments.append(comment)
        merged["update"] = _combine(merged["update"], action["update"])
    for target, comment in removed.items():
        yield comment, {"target": target, "remove": True}
    for comments, merged in updates.values():
        yield "; ".join(dict.fromkeys(comments)), merged


def _combine(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: _combine(old.get(name), value) for name, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(one for one in new if one not in old)]
    return new


def _action(comment: str, action: dict[str, Any]) -> str:
    text = yaml.safe_dump(action, sort_keys=False, allow_unicode=True, width=1000)
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"  # {_one_line(comment)}\n  - {lines[4:]}"


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:300]


def _inline(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, default_style='"', width=1000).strip()


def _type(types: set[str]) -> Any:
    kinds = [one for one in JSON_TYPES if one in types and not (one == "integer" and "number" in types)]
    return kinds[0] if len(kinds) == 1 else kinds


def json_path(pointer: Pointer) -> str:
    """Return a pointer as a JSONPath, RFC 9535."""
    steps = []
    for key in pointer:
        is_name = isinstance(key, str) and re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", key)
        steps.append(f".{key}" if is_name else f"[{key}]" if isinstance(key, int) else f"[{_quoted(str(key))}]")
    return f"${''.join(steps)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + "'"


def _times(seen: Seen) -> str:
    return "once" if seen.count == 1 else f"{seen.count} times"
