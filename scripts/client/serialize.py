"""Parameters as text, in the styles of OpenAPI that the generated code does not write itself."""

import datetime
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def text_of(value: Any) -> str:
    """Return a parameter as text: lists and objects in the style `simple`."""
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return text_of(value.value)
        case datetime.date():
            return value.isoformat()
        case list() | tuple():
            return ",".join(map(text_of, value))
        case _ if isinstance(fields := _fields(value), Mapping):
            return ",".join(f"{name},{text_of(child)}" for name, child in fields.items())
        case _:
            return "" if value is None else str(value)


def header_values(values: Mapping[str, Any]) -> dict[str, str]:
    """Return headers or cookies as text."""
    return {name: text_of(value) for name, value in values.items() if value is not None}


def query(params: Mapping[str, Any], styles: Mapping[str, tuple[str, bool]]) -> dict[str, Any]:
    """Return query parameters in their styles, each with whether it is exploded. The style `json` is the JSON text."""
    sent: dict[str, Any] = {}
    for name, value in params.items():
        style, explode = styles.get(name, ("", False))
        value = _fields(value) if style else value
        if style == "json":
            sent[name] = json.dumps(value, separators=(",", ":"))
        elif style and isinstance(value, Mapping):
            sent |= _object(name, value, style, explode)
        elif style and isinstance(value, list | tuple):
            items = [text_of(item) for item in value]
            sent[name] = items if explode else SEPARATORS.get(style, ",").join(items)
        else:
            sent[name] = text_of(value) if style else value
    return sent


def _object(name: str, value: Mapping[str, Any], style: str, explode: bool) -> dict[str, Any]:
    if style == "deepObject":
        return {f"{name}[{key}]": _repeated(child) for key, child in value.items()}
    if explode:
        return {key: _repeated(child) for key, child in value.items()}
    return {name: SEPARATORS.get(style, ",").join(f for key, child in value.items() for f in (key, text_of(child)))}


def _repeated(value: Any) -> Any:
    return [text_of(item) for item in value] if isinstance(value, list | tuple) else text_of(value)


def _fields(value: Any) -> Any:
    """Return a model as the dict of its fields, and other values as they are."""
    return value.to_dict() if hasattr(value, "to_dict") else value
