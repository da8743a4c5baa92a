"""Enums whose members have different names."""

from openapi_python_client import strings

from .schemas import Schema


def rendered(flat: Schema) -> Schema:
    """Return an enum as openapi-python-client reads it, with names of its members if its own are not valid."""
    values = flat["enum"]
    listed = flat.get("x-enum-varnames")
    given = listed if isinstance(listed, list) and len(listed) == len(values) else None
    names = [strings.snake_case(str(name)).upper() for name in given or map(_usual, range(len(values)), values)]
    described: Schema = {"type": flat["type"], "enum": values}
    if len(set(names)) == len(names) and all(map(str.isidentifier, names)):
        return {**described, **({"x-enum-varnames": given} if given else {})}
    unique: list[str] = []
    for index, name in enumerate(names):
        made = name if name.isidentifier() else f"VALUE_{index}"
        unique.append(made if made not in unique else f"{made}_{index}")
    return {**described, "x-enum-varnames": unique}


def _usual(index: int, value: str | int) -> str:
    """Return the name that openapi-python-client gives to a member."""
    if isinstance(value, int):
        return f"VALUE_NEGATIVE_{-value}" if value < 0 else f"VALUE_{value}"
    return value if value and value[0].isalpha() else f"VALUE_{index}"
