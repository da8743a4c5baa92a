"""The lenient view of a document, from which the client is generated: unexpected values do not break parsing."""

import copy
from collections.abc import Mapping
from typing import Any

from ..document import Document, Keys
from ..document.model import resolve


def lenient(document: Document) -> dict[str, Any]:
    """Return a lenient copy of the document.

    Only what a job needs stays required: the path to its id and state. Dates may also be any string, enums any value of
    their type, a constant any value of its type. Parameters, paths and names are unchanged.
    """
    data = copy.deepcopy(document.data)
    needed = _needed(document)
    enums = {
        f"#/components/schemas/{name}": schema
        for name, schema in data.get("components", {}).get("schemas", {}).items()
        if isinstance(schema, Mapping) and "enum" in schema
    }
    for name, schema in data.get("components", {}).get("schemas", {}).items():
        if f"#/components/schemas/{name}" not in enums:
            _open(schema, enums, needed.get(("components", "schemas", name), {}))
    for operation in document.operations:
        raw = data["paths"][operation.path][operation.method.lower()]
        for status, entry in raw["responses"].items():
            response, _ = resolve(data, entry, ())
            for media_type in response.get("content", {}).values():
                schema = media_type.get("schema", {})
                if "$ref" not in schema:
                    _open(schema, enums, needed.get((operation.id, status), {}))
    return data


def with_class_names(view: dict[str, Any], classes: Mapping[str, str]) -> dict[str, Any]:
    """Return a view whose component schemas have the names of their classes, and no titles, which also name classes."""
    references = {
        f"#/components/schemas/{old.replace('~', '~0').replace('/', '~1')}": new for old, new in classes.items()
    }

    def visit(node: Any, literal: bool = False) -> Any:
        if isinstance(node, list):
            return [visit(child, literal) for child in node]
        if not isinstance(node, dict) or literal:
            return node
        renamed = {}
        for key, child in node.items():
            if key == "$ref" and child in references:
                renamed[key] = f"#/components/schemas/{references[child]}"
            elif key != "title" or not isinstance(child, str):
                renamed[key] = visit(child, key in {"value", "example", "default", "const", "enum"})
        return renamed

    view = {**visit(view), "info": view["info"]}
    if schemas := view.get("components", {}).get("schemas"):
        view["components"]["schemas"] = {classes[name]: schema for name, schema in schemas.items()}
    return view


Enums = Mapping[str, Mapping[str, Any]]
Needed = dict[tuple[str, ...], dict[Keys, set[str]]]


def _needed(document: Document) -> Needed:
    """Return the properties that a job needs for each schema, by the path of the object that has them."""
    found: Needed = {}
    for operation in document.operations:
        if operation.job is None:
            continue
        for response in operation.responses:
            for media_type in response.media_types if response.is_success else ():
                for path in (operation.job.id, operation.job.state):
                    _require(document, media_type.schema, path, (operation.id, response.status), found)
    return found


def _require(document: Document, schema: Any, path: Keys, home: tuple[str, ...], found: Needed) -> None:
    inner: Keys = ()
    for key in path:
        if "$ref" in schema:
            schema, pointer = resolve(document.data, schema, ())
            home, inner = tuple(map(str, pointer)), ()
        found.setdefault(home, {}).setdefault(inner, set()).add(key)
        schema = schema.get("properties", {}).get(key, {})
        inner = (*inner, key)


def _open(schema: Any, enums: Enums, needed: Mapping[Keys, set[str]], path: Keys = ()) -> None:
    if not isinstance(schema, dict):
        return
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if name in needed.get(path, set())]
    for keyword in ("if", "then", "else", "not", "unevaluatedProperties"):
        schema.pop(keyword, None)
    if "const" in schema:
        schema["type"] = _type_of(schema.pop("const"))
    for name, child in schema.get("properties", {}).items():
        schema["properties"][name] = _widened(child, enums)
        _open(child, enums, needed, (*path, name))
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            child = schema[keyword]
            schema[keyword] = _widened(child, enums)
            _open(child, enums, needed, (*path, "*"))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for child in schema.get(keyword, ()):
            _open(child, enums, needed, path)


def _widened(schema: Any, enums: Enums) -> Any:
    if schema.get("$ref") in enums:
        enum = enums[schema["$ref"]]
        text = schema.get("description", enum.get("description", ""))
        return {"anyOf": [{"$ref": schema["$ref"]}, {"type": enum.get("type", "string")}], "description": text}
    if schema.get("type") == "string" and schema.get("format") in {"date-time", "date", "uuid"}:
        return {"anyOf": [schema, {"type": "string"}], "description": schema.get("description", "")}
    return schema


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "string"
