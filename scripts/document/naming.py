"""Python names for the operations of a document, whatever their operationIds look like."""

import keyword
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .expression import parse_pointer, walk
from .source import Pointer

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# The verbs with which the names of status operations begin.
VERBS: Final = frozenset(
    ["get", "read", "retrieve", "fetch", "show", "describe", "query", "check", "poll", "find", "lookup"]
)


def snake_case(name: str) -> str:
    """Convert to snake case: `dockStatusId`, `dock-status-id` and `DockStatusID` all give `dock_status_id`."""
    name = name.replace("OAuth", "Oauth")
    name = re.sub(r"([A-Z]+)([A-Z][a-z])|([a-z0-9])([A-Z])", r"\1\3_\2\4", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()


def job_noun(name: str) -> str:
    """Return the name of the job in the name of its operation, or the entire name if the rest is not a name."""
    verb, _, rest = name.removesuffix("_by_id").partition("_")
    return rest if verb in VERBS and rest.isidentifier() else name


def raw_operations(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str, Pointer]]:
    """Yield the path, path item, method and pointer of each operation."""
    for path, item in (data.get("paths") or {}).items():
        if isinstance(item, Mapping):
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
                    yield path, item, method, ("paths", path, method)


def name_operations(data: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Give each operation its Python name as operationId, also in links. Return the operationIds as written.

    The name is the `x-name`, else the operationId in snake case, else it is made from the method and the path.
    """
    operations = [(path, method, item[method]) for path, item, method, _ in raw_operations(data)]
    written = {(path, method): _identifier(operation) for path, method, operation in operations}
    chosen = _without_fastapi_suffixes(written)
    reserved = {operation["x-name"] for _, _, operation in operations if "x-name" in operation}
    # A name that is already in snake case is kept; others make way for it.
    taken = reserved | {name for name in chosen.values() if is_name(name)}
    names: dict[str, str] = {}
    for path, method, operation in operations:
        name = operation.get("x-name") or chosen[path, method]
        if not is_name(name) or ("x-name" not in operation and name in reserved):
            name = _new_name(name or f"{method} {path}", taken)
            taken.add(name)
        names[written[path, method]] = operation["operationId"] = name
    for link in _links(data):
        if isinstance(link.get("operationId"), str):
            link["operationId"] = names.get(link["operationId"], link["operationId"])
        elif isinstance(reference := link.get("operationRef"), str) and reference.startswith("#/"):
            target = walk(data, parse_pointer(reference))
            if isinstance(target, dict):
                link["operationId"] = target.get("operationId")
    return written


def is_name(name: str) -> bool:
    """Return whether a name is a Python name in snake case."""
    return re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) is not None and not keyword.iskeyword(name)


def _identifier(operation: Mapping[str, Any]) -> str:
    identifier = operation.get("operationId", "")
    return identifier if isinstance(identifier, str) else ""


def _without_fastapi_suffixes(written: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Return the operationIds; if all are FastAPI's, which repeat path and method, the names of the functions."""
    suffixes = {(path, method): re.sub(r"\W", "_", path) + f"_{method}" for path, method in written}
    if not all(identifier.endswith(suffixes[place]) for place, identifier in written.items()):
        return dict(written)
    short = {place: identifier.removesuffix(suffixes[place]) for place, identifier in written.items()}
    counted = Counter(short.values())
    return {place: name if counted[name] == 1 else written[place] for place, name in short.items()}


def _new_name(identifier: str, taken: set[str]) -> str:
    base = snake_case(identifier)
    if not base or base[0].isdigit():
        base = f"operation_{base}".rstrip("_")
    if keyword.iskeyword(base):
        base += "_"
    made, number = base, 1
    while made in taken:
        number += 1
        made = f"{base.rstrip('_')}_{number}"
    return made


def _links(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every link object: those of responses and those of the components."""
    components = data.get("components", {})
    owners = [*components.get("responses", {}).values(), {"links": components.get("links", {})}]
    for _, item, method, _ in raw_operations(data):
        owners += (item[method].get("responses") or {}).values()
    seen: set[int] = set()
    for owner in owners:
        for link in owner.get("links", {}).values() if isinstance(owner, dict) else ():
            if isinstance(link, dict) and id(link) not in seen:
                seen.add(id(link))
                yield link
