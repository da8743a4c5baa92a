"""Generate a value of a schema, with every described property."""

from collections.abc import Mapping
from typing import Any

from .expression import MISSING
from .model import Document

MAX_DEPTH = 4  # nested schemas
FORMATS = {
    "date-time": "2026-01-02T03:04:05+00:00",
    "date": "2026-01-02",
    "uuid": "5f0f6a1c-8f9e-4f0c-9b6a-1a2b3c4d5e6f",
    "binary": MISSING,
}
SCALARS: Mapping[str, Any] = {"integer": 7, "number": 1.5, "boolean": True, "string": "sample", "null": None}


def sample(document: Document, schema: Any, depth: int = 0) -> Any:
    """Return a value of a schema, or `MISSING` if none can be generated, as for a recursive schema."""
    schema = document.resolve(schema)
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return MISSING
    if "enum" in schema:
        return next((value for value in schema["enum"] if value is not None), MISSING)
    if "const" in schema:
        return schema["const"]
    for key in ("oneOf", "anyOf"):
        members = [member for member in schema.get(key, ()) if document.resolve(member).get("type") != "null"]
        if members:
            return sample(document, members[0], depth + 1)
    parts = [sample(document, member, depth + 1) for member in schema.get("allOf", ())]
    kind = schema.get("type", "object" if "properties" in schema else "")
    kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
    if kind == "array":
        item = sample(document, schema.get("items", {}), depth + 1)
        return [] if item is MISSING else [item]
    if kind == "object" or any(isinstance(part, dict) for part in parts):
        made = {name: sample(document, child, depth + 1) for name, child in schema.get("properties", {}).items()}
        whole = {name: value for part in (*parts, made) if isinstance(part, dict) for name, value in part.items()}
        return {name: value for name, value in whole.items() if value is not MISSING}
    if parts:
        return parts[0]
    return FORMATS.get(schema.get("format", ""), SCALARS[kind]) if kind in SCALARS else MISSING
