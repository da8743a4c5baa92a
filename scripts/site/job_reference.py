"""`docs/x-job.md`: every key of `x-job`, from its JSON Schema and from the checks that it defines.

A property of the schema has its meaning in `description`, YAML to show in `examples`, and what the client and the
simulator do with it in `x-client` and `x-simulator`.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

import yaml

from .. import document
from ..verify.checks import CHECKS
from .pages import introduction

NAMES: Final = {"expression": "an expression", "states": "a list of strings, integers, booleans or null"}
PLURALS: Final = {"string": "strings", "integer": "integers", "boolean": "booleans", "object": "objects"}
SIMPLE: Final = {"string": "a string", "integer": "an integer", "number": "a number", "boolean": "true or false"}


def job_reference() -> str:
    """Return the page."""
    schema = json.loads((files(document) / "x-job.schema.json").read_text(encoding="utf-8"))
    lines = [introduction("x-job.md"), *_table(schema)]
    for name, rule in schema["properties"].items():
        lines += _key(name, rule, schema)
    lines += ["## Conditions", "", *_conditions(schema)]
    return "\n".join(lines) + "\n"


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | value | required | default |"
    yield "|---|---|---|---|"
    for name, rule in schema["properties"].items():
        link = f"[`{name}`](#{name.lower()})"
        yield f"| {link} | {_type(rule, schema)} | {_required(name, schema)} | {_default(rule)} |"
    yield ""


def _key(name: str, rule: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"## `{name}`"
    yield ""
    yield rule["description"]
    yield ""
    yield f"- **Value**: {_type(rule, schema)}. **Required**: {_required(name, schema)}. **Default**: {_default(rule)}."
    yield f"- **Client**: {rule['x-client']}"
    yield f"- **Simulator**: {rule['x-simulator']}"
    if checks := [check.name for check in CHECKS if check.clause == name]:
        yield f"- **Checks**: {', '.join(f'[`{check}`](checks.md#{check})' for check in checks)}."
    yield ""
    yield from _fields(rule, schema)
    for index, example in enumerate(rule["examples"]):
        yield from ["or", ""] if index else []
        yield from ["```yaml", _yaml({name: example}), "```", ""]


def _fields(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of the fields of an object, or of the objects in a list."""
    described = next((one for one in _alternatives(rule) if "properties" in one), None)
    if described is None:
        return
    yield "| field | value | required | default | meaning |"
    yield "|---|---|---|---|---|"
    for name, field in described["properties"].items():
        is_required = "yes" if name in described.get("required", []) else "no"
        yield f"| `{name}` | {_type(field, schema)} | {is_required} | {_default(field)} | {field['description']} |"
    yield ""


def _alternatives(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the schema, those that it lets choose from, and those of the items."""
    yield rule
    for one in rule.get("oneOf", []):
        yield from _alternatives(one)
    if "items" in rule:
        yield from _alternatives(rule["items"])


def _conditions(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "Where the state is a list of conditions, there are no lists of states; the first that holds decides."
    yield f"{schema['$defs']['tests']['description']} The name of the state is then its kind, such as `failure`."
    yield ""
    yield "```yaml"
    yield _yaml({"state": schema["properties"]["state"]["examples"][-1]})
    yield "```"


def _type(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return what a value may be, as the page says it."""
    if "$ref" in rule:
        name = rule["$ref"].rpartition("/")[2]
        return NAMES.get(name) or _type(schema["$defs"][name], schema)
    if "oneOf" in rule:
        return ", or ".join(_type(one, schema) for one in rule["oneOf"])
    if "enum" in rule:
        return " or ".join(f"`{value}`" for value in rule["enum"])
    if isinstance(kind := rule.get("type"), list):
        return " or ".join(SIMPLE[one] for one in kind)
    if kind == "array":
        items = rule["items"]
        kinds = items.get("type", [])
        plurals = [PLURALS[one] for one in ([kinds] if isinstance(kinds, str) else kinds)] or ["expressions"]
        return f"a list of {', '.join(plurals[:-1])}{' or ' if plurals[:-1] else ''}{plurals[-1]}"
    return "an object" if kind == "object" else SIMPLE[str(kind)]


def _required(name: str, schema: Mapping[str, Any]) -> str:
    if name in schema["required"]:
        return "yes"
    return "yes, unless `state` is a list of conditions" if name in schema["then"]["required"] else "no"


def _default(rule: Mapping[str, Any]) -> str:
    return f"`{json.dumps(rule['default'])}`" if "default" in rule else "none"


def _yaml(value: Any) -> str:
    """Return a value as YAML, in the flow style that documents use."""
    ((name, content),) = value.items()
    flow = yaml.safe_dump(content, default_flow_style=True, sort_keys=False, width=10_000).strip()
    return f"{name}: {flow.removesuffix('...').strip()}"
