"""Runtime expressions of OpenAPI, of the kind `$response.body#/a/b`."""

from collections.abc import Iterable
from typing import Any, Final

Keys = tuple[str, ...]

PREFIX: Final = "$response.body#"


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False

    def __deepcopy__(self, memo: object) -> "_Missing":
        return self


MISSING: Final = _Missing()


def parse_expression(expression: str) -> Keys:
    """Return the keys of an expression: `$response.body#/a/b` gives `("a", "b")`.

    Raises:
        ValueError: The expression does not point into a response body.
    """
    if not expression.startswith(PREFIX + "/"):
        raise ValueError(f"expected an expression such as {PREFIX}/status, got {expression!r}")
    return parse_pointer(expression.removeprefix(PREFIX))


def parse_pointer(pointer: str) -> Keys:
    """Return the keys of a JSON pointer: `/a~1b/c` gives `("a/b", "c")`."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def walk(value: Any, path: Iterable[str]) -> Any:
    """Return the value at `path`, or `MISSING`."""
    for key in path:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value
