"""Runtime expressions of OpenAPI, of the kind `$response.body#/a/b`."""

from collections.abc import Iterable
from typing import Any, Final

Keys = tuple[str, ...]

PREFIX: Final = "$response.body#"


class _Missing:
    """What `walk` returns where there is nothing."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False

    def __deepcopy__(self, memo: object) -> "_Missing":
        return self


MISSING: Final = _Missing()


def keys(expression: str) -> Keys:
    """The keys that an expression walks: `$response.body#/a/b` gives `("a", "b")`.

    Raises:
        ValueError: the expression does not point into the body of a response.
    """
    if not expression.startswith(PREFIX + "/"):
        raise ValueError(f"wanted an expression like {PREFIX}/status, got {expression!r}")
    return pointer_keys(expression.removeprefix(PREFIX))


def pointer_keys(pointer: str) -> Keys:
    """The keys of a JSON pointer: `/a~1b/c` gives `("a/b", "c")`."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def walk(value: Any, path: Iterable[str]) -> Any:
    """The value under `path`, or `MISSING`."""
    for key in path:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value
