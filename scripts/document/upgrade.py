"""Versions of OpenAPI: which are read, and the upgrade of OpenAPI 3.0 and 3.2 to 3.1, in memory."""

import copy
import json
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any, Final

from .expression import MISSING, parse_pointer, walk
from .navigate import mappings, schema_roots, subschemas
from .source import Finding, Place, Source

# Documents of other kinds, by a key that they have.
OTHER_KINDS: Final = {
    "AsyncAPI": "asyncapi",
    "Arazzo": "arazzo",
    "an overlay": "overlay",
    "Swagger 1.2": "swaggerVersion",
    "an HTTP Archive": "log",
    "a GraphQL introspection": "__schema",
    "a JSON Schema": "$schema",
    "a Postman collection": "item",
}
CONVERTER: Final = "convert it to OpenAPI 3 first, for example with `npx swagger2openapi`"
LITERAL: Final = ("example", "examples", "value", "default", "const", "enum", "x-invalid-examples")
# Constructs that only OpenAPI 3.2 has, and that no tool here supports.
ONLY_IN_3_2: Final = ("itemSchema", "itemEncoding", "prefixEncoding", "additionalOperations")


def version_of(source: Source) -> str:
    """Return the minor version, such as `3.1`, or an empty string if it is not read."""
    found = re.fullmatch(r"(3\.[012])\.\d+(-\w+)?", str(source.data.get("openapi")))
    return found[1] if found else ""


def check_version(source: Source) -> Iterator[Finding]:
    """Find a version that is not read, and what only OpenAPI 3.2 has."""
    version = version_of(source)
    if "swagger" in source.data:
        yield ("swagger",), "", f"is Swagger {source.data['swagger']}, expected OpenAPI 3.0, 3.1 or 3.2; {CONVERTER}"
    elif "openapi" not in source.data and (kind := next((k for k in OTHER_KINDS if OTHER_KINDS[k] in source.data), "")):
        yield (OTHER_KINDS[kind],), "", f"is {kind}, expected OpenAPI 3.0, 3.1 or 3.2; describe the API in OpenAPI"
    elif not version:
        message = f"expected OpenAPI 3.0, 3.1 or 3.2, such as `openapi: 3.1.1`, got {source.data.get('openapi')!r}"
        yield ("openapi",), "", message
    elif version == "3.2":
        yield from _only_in_3_2(source.data)


def _only_in_3_2(data: dict[str, Any]) -> Iterator[Finding]:
    for key in ("$self",):
        if key in data:
            yield (key,), "", f"{key} of OpenAPI 3.2 is not supported; remove it"
    if "mediaTypes" in data.get("components", {}):
        message = "mediaTypes of OpenAPI 3.2 is not supported; write the media types where they are used"
        yield ("components", "mediaTypes"), "", message
    for path, item in (data.get("paths") or {}).items():
        if isinstance(item, dict) and "query" in item:
            yield ("paths", path, "query"), "", "the method QUERY of OpenAPI 3.2 is not supported; remove the operation"
    for node, pointer in mappings(data, skip=LITERAL):
        for key in ONLY_IN_3_2:
            if key in node and pointer[-1:] != ("properties",):
                yield (*pointer, key), "", f"{key} of OpenAPI 3.2 is not supported; describe it in another way"
        if node.get("in") == "querystring":
            message = "a parameter in querystring of OpenAPI 3.2 is not supported; describe query parameters"
            yield (*pointer, "in"), "", message


def upgrade(source: Source) -> None:
    """Change the data of a document of OpenAPI 3.0 or 3.2 into that of OpenAPI 3.1. Pointers stay valid."""
    version, data = version_of(source), source.data
    data["openapi"] = "3.1.1"
    for node, pointer in mappings(data, skip=LITERAL):
        if isinstance(node, dict) and isinstance(node.get("schema"), bool):
            node["schema"] = {} if node["schema"] else {"not": {}}
        if pointer[-2:-1] == ("links",) and isinstance(node.get("parameters"), dict):
            _write_constants(node["parameters"])
    if version == "3.0":
        seen: set[int] = set()
        for root, place in list(schema_roots(data)):
            for schema, _ in list(subschemas(root, place)):
                if id(schema) not in seen and isinstance(schema, dict):
                    seen.add(id(schema))
                    _upgrade_schema(schema)
    if version == "3.2":
        for node, _ in mappings(data, skip=LITERAL):
            for example in (node.get("examples") or {}).values() if isinstance(node.get("examples"), dict) else ():
                if isinstance(example, dict) and "dataValue" in example:
                    example["value"] = example.pop("dataValue")
            if "responses" in node and isinstance(node["responses"], dict):
                for response in node["responses"].values():
                    if isinstance(response, dict) and "$ref" not in response:
                        response.setdefault("description", response.pop("summary", ""))


def _write_constants(parameters: dict[str, Any]) -> None:
    """Write the constants of a link as text: the schema of OpenAPI knows no others, the specification does."""
    for name, value in parameters.items():
        parameters[name] = value if isinstance(value, str) else json.dumps(value)


def normalize_references(source: Source) -> Iterator[Finding]:
    """Write each reference within the file as a JSON pointer to its target. Yield those to no or several components.

    References by anchor, by the name of the file, and percent-encoded pointers are replaced; so is the reference of a
    path to its path item, by a copy.
    """
    dynamic, anchors = (_anchors(source.data, keyword) for keyword in ("$dynamicAnchor", "$anchor"))
    for node, pointer in list(mappings(source.data, skip=LITERAL)):
        if not isinstance(node, dict):
            continue
        if "$dynamicRef" in node:
            found = dynamic.get(str(node["$dynamicRef"]).removeprefix("#"), [])
            if len(found) == 1:
                del node["$dynamicRef"]
                node["$ref"] = found[0]
            else:
                message = f"the reference {node['$dynamicRef']} is not to exactly one component; write $ref to one"
                yield (*pointer, "$dynamicRef"), "", message
        for key in ("$ref", "operationRef"):
            if isinstance(reference := node.get(key), str):
                node[key] = _normal(source, reference, anchors)
    _inline_path_items(source.data, source.root)


def _anchors(data: dict[str, Any], keyword: str) -> dict[str, list[str]]:
    """Return the references to the component schemas, and the parts of them, that have an anchor."""
    found: dict[str, list[str]] = {}
    schemas = data.get("components", {}).get("schemas")
    for node, pointer in mappings(schemas, ("components", "schemas"), LITERAL) if isinstance(schemas, dict) else ():
        if isinstance(node.get(keyword), str):
            keys = (str(key).replace("~", "~0").replace("/", "~1") for key in pointer)
            found.setdefault(node[keyword], []).append("#/" + "/".join(keys))
    return found


def _normal(source: Source, reference: str, anchors: dict[str, list[str]]) -> str:
    file, mark, fragment = reference.partition("#")
    if mark and file.removeprefix("./") == source.path.name:
        reference = f"#{fragment}"
    if not reference.startswith("#"):
        return reference
    if len(found := anchors.get(fragment, [])) == 1:
        return found[0]
    decoded = urllib.parse.unquote(fragment)
    is_encoded = walk(source.data, parse_pointer(fragment)) is MISSING is not walk(source.data, parse_pointer(decoded))
    return f"#{decoded}" if is_encoded else reference


def _inline_path_items(data: dict[str, Any], root: Place) -> None:
    paths: dict[str, Any] = data["paths"] if isinstance(data.get("paths"), dict) else {}
    for path, item in paths.items():
        reference = item.get("$ref") if isinstance(item, dict) else None
        if isinstance(reference, str) and reference.startswith("#/components/pathItems/"):
            name = parse_pointer(reference)[-1]
            target = walk(data, ("components", "pathItems", name))
            if isinstance(target, dict):
                paths[path] = copy.deepcopy(target) | {key: value for key, value in item.items() if key != "$ref"}
                place = root.children["components"].children["pathItems"].children[name]
                root.children["paths"].children[path] = place


def _upgrade_schema(schema: dict[str, Any]) -> None:
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(exclusive), bool):
            is_exclusive = schema.pop(exclusive)
            if is_exclusive and bound in schema:
                schema[exclusive] = schema.pop(bound)
    if "example" in schema:
        schema.setdefault("examples", [schema.pop("example")])
    if schema.get("format") == "binary":
        schema.setdefault("contentMediaType", "application/octet-stream")
    elif schema.get("format") == "byte":
        schema.setdefault("contentEncoding", "base64")
    is_nullable = schema.pop("nullable", False) is True
    if "$ref" in schema:
        # OpenAPI 3.0 ignores what stands next to a $ref, but documents mean it when they write nullable.
        for key in [
            key for key in schema if key not in {"$ref", "description", "summary"} and not key.startswith("x-")
        ]:
            del schema[key]
    if is_nullable:
        _allow_null(schema)


def _allow_null(schema: dict[str, Any]) -> None:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"].append(None)
        return
    for key in ("anyOf", "oneOf"):
        if key in schema:
            schema[key].append({"type": "null"})
            return
    moved = {key: schema.pop(key) for key in ("$ref", "allOf", "enum") if key in schema}
    if moved:
        schema["anyOf"] = [moved, {"type": "null"}]
